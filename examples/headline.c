/* headline: a network that reads a report and writes its headline.
 *
 *                        mayor  opens  bridge  in    Lyon   y_i
 *                        ^      ^      ^       ^     ^
 *        s0 -----------> s1 --> s2 --> s3 ---> s4 -> s5     decoder: s_i reads
 *                        ^      ^      ^       ^     ^      y_(i-1) and c_i
 *                        c1     c2     c3      c4    c5     c_i = sum a_ij h_j
 *                        looking at h1 ... hN
 *
 *        h1 <-> h2 <-> h3 <-> h4 <-> ... <-> hN             encoder
 *        ^      ^      ^      ^              ^
 *        the    people of     Lyon    ...    .
 *
 * This is the article's N vs M with attention as a summary: up to thirty words
 * go in, at most six come out. "The people of Lyon have a new bridge. It rained
 * all day in Rome. The mayor opened it on Monday." becomes "mayor opens bridge
 * in Lyon": what matters stands anywhere in the report and in another order, a
 * word may have to be changed, and most of what is there is left out. One
 * sentence of each report does not matter at all, though it, too, speaks of
 * mayors, bridges and towns.
 *
 * Reports are made from the patterns below. The headlines of those that are
 * tested are never learnt, from no report: the network must put together who
 * did what and where, as it has not seen them together.
 *
 * The program makes new reports for every iteration. It prints lines of
 * progress (iteration, cross-entropy of a word, time left), some reports with
 * the headlines that it writes, the share that is right to the last word, and
 * the weights a_ij of one headline, which it also draws in headline.svg beside
 * the program. It takes about ten seconds on one core; headline --help lists
 * the options. */

#include "pairs.h"

/* ---- patterns ----------------------------------------------------------- */

/* A capital in a pattern stands for one of these, the same for the same. */
static const struct slot {
    char name;
    const char *texts[13];
} slots[] = {
    {'P', {"Lyon", "Rome", "Oslo", "Turin", "Vienna", "Madrid", "Leeds",
           "Bergen", "Paris", "Prague", "Athens", "Cork"}},
    {'Q', {"Lyon", "Rome", "Oslo", "Turin", "Vienna", "Madrid", "Leeds",
           "Bergen", "Paris", "Prague", "Athens", "Cork"}},
    {'N', {"two", "three", "four", "five", "six", "seven", "eight", "nine",
           "twelve", "thirty"}},
    {'M', {"two", "three", "four", "five", "six", "seven", "eight", "nine",
           "twelve", "thirty"}},
    {'D', {"on Monday", "on Tuesday", "on Friday", "on Sunday", "last night",
           "this morning", "yesterday", "in the evening"}},
    {'W', {"mayor", "minister", "king", "president", "bishop"}},
    {'T', {"bridge", "school", "museum", "library", "station", "theatre",
           "castle", "market"}},
    {'C', {"fire", "flood", "storm", "landslide"}},
    {'S', {"paintings", "statues", "coins", "violins", "clocks", "crowns"}},
    {'K', {"nurses", "miners", "drivers", "teachers", "pilots", "cooks"}},
};
enum { PLACE, OTHER_PLACE, NUMBER, OTHER_NUMBER, /* the first four */
       SLOTS = sizeof slots / sizeof *slots };

static const struct kind {
    const char *headline, *reports[4];
} kinds[] = {
    {"W opens T in P",
     {"D the W of P opened a new T .",
      "P has built a T . it was opened D by the W .",
      "the people of P have a new T . the W opened it D ."}},
    {"W closes T in P",
     {"the T of P is empty now . D the W closed it .",
      "D the W of P said that the T must close .",
      "nobody came to the T of P . so the W closed it D ."}},
    {"W of Q visits P",
     {"D the W of Q came to P .",
      "P had a guest D . it was the W of Q .",
      "the W of Q left home D . he is in P now ."}},
    {"C destroys T in P",
     {"a C came to P D . nothing is left of the T .",
      "P has lost its T . there was a C D .",
      "D the T of P fell in a C ."}},
    {"C damages T in P",
     {"a C came to P D . most of the T was saved .",
      "P will repair its T . there was a C D .",
      "D the T of P almost fell in a C ."}},
    {"C kills N in P",
     {"a C came to P D . N people died .",
      "D N people of P lost their lives in a C .",
      "P buries N people . they died in a C D ."}},
    {"C injures N in P",
     {"a C came to P D . N people were hurt .",
      "D N people of P were hurt in a C .",
      "N people are in hospital . they were in P D when a C came ."}},
    {"P beats Q N to M",
     {"P met Q D . P had N goals and Q had M .",
      "Q met P D . Q had M goals and P had N .",
      "Q lost to P D . it was N goals to M ."}},
    {"thieves steal N S in P",
     {"thieves came to the T of P D . they took N S .",
      "D N S were stolen from the T of P .",
      "the T of P misses N S . it was open D ."}},
    {"N K strike in P",
     {"the K of P stopped work D . there are N of them .",
      "D N K of P stopped work .",
      "N K stand in the street . they did not work in P D ."}},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* what does not matter */
static const char *const asides[] = {
    "it rained all day in P .",
    "the last C was N years ago .",
    "N people had come to watch .",
    "the W of P was not there .",
    "a new T will be opened in P next year .",
    "the road from P to Q was closed .",
    "the K of P knew nothing of it .",
    "the S of P are worth more .",
    "long ago N men of P built the T ."};
enum { ASIDES = sizeof asides / sizeof *asides };

/* Which text each slot has: two places, the greater number first. */
static void draw(int *facts, rnn_rng *rng)
{
    int i, n;

    do
        for (i = 0; i < SLOTS; i++) {
            for (n = 0; slots[i].texts[n]; n++)
                ;
            facts[i] = below(rng, n);
        }
    while (facts[PLACE] == facts[OTHER_PLACE] ||
           facts[NUMBER] <= facts[OTHER_NUMBER]);
}

/* A pattern, filled in. */
static void fill(char *text, const char *pattern, const int *facts)
{
    int i;

    for (*text = 0; *pattern; pattern++) {
        for (i = 0; i < SLOTS && slots[i].name != *pattern; i++)
            ;
        text += i < SLOTS ? sprintf(text, "%s", slots[i].texts[facts[i]])
                          : sprintf(text, "%c", *pattern);
    }
}

/* What does not matter, of another place, comes first, last or in between. */
static void make_report(char *report, char *headline, rnn_rng *rng)
{
    const struct kind *kind = &kinds[below(rng, KINDS)];
    int facts[SLOTS], others[SLOTS], where = below(rng, 3), at;
    char news[300], aside[100];

    draw(facts, rng);
    do
        draw(others, rng);
    while (others[PLACE] == facts[PLACE]);
    fill(headline, kind->headline, facts);
    fill(news, kind->reports[below(rng, 3)], facts);
    fill(aside, asides[below(rng, ASIDES)], others);
    at = where == 0 ? 0 : (int)strlen(news);
    if (where == 1)
        at = (int)strcspn(news, ".") + 1;
    sprintf(report, "%.*s%s%s%s%s", at, news, at ? " " : "", aside,
            at ? "" : " ", news + at);
}

/* ---- as words ----------------------------------------------------------- */

enum { TESTED = 500, BATCH = 50, REPORT = 30, HEADLINE = 7 };
static words reads, writes; /* vocabularies; word 0 ends a headline */

static void make_item(int *report, int *headline, rnn_rng *rng)
{
    char text[500], title[100];

    make_report(text, title, rng);
    read_words(report, REPORT, &reads, text);
    read_words(headline, HEADLINE, &writes, strcat(title, " ."));
}

/* What is learnt has no headline that is tested. */
static void make_batch(pairs *p, int (*tested)[HEADLINE], rnn_rng *rng)
{
    int report[REPORT], headline[HEADLINE], row;

    for (row = 0; row < BATCH; row++) {
        do
            make_item(report, headline, rng);
        while (is_among(headline, tested, TESTED, sizeof headline));
        check_apart(headline, 1, tested, TESTED, sizeof headline);
        put_source(p, 0, row, report);
        put_target(p, row, headline);
    }
}

/* ---- writing headlines -------------------------------------------------- */

/* Report and headline of row 0; its network's headline stays in *d. */
static void show(decoder *d, const int *report, const int *headline)
{
    char text[500];

    put_source(d->p, 0, 0, report);
    decode(d);
    printf("\n  %s\n", spell(text, &reads, report, REPORT));
    printf("    = %s%s\n", spell(text, &writes, said(d, 0), d->counts[0]),
           is_right(d, 0, headline) ? "" : "   (wrong)");
}

/* The weights a_ij of the headline shown last. The report is too long to lie on
 * the terminal, so there it stands. */
static void show_attention(const decoder *d, const int *report)
{
    heat lying = looks(d, 0, 0), standing;

    lying.title = "What each word of the headline looks at in the report: a_ij";
    lying.row_names = names(&writes, said(d, 0), lying.rows);
    lying.col_names = names(&reads, report, lying.cols);
    standing = turn_heat(&lying);
    putchar('\n');
    put_heat(&standing);
    svg_heat("headline", &lying);
}

int main(int argc, char **argv)
{
    static int reports[TESTED][REPORT], headlines[TESTED][HEADLINE];
    options o = {1, RNN_CELL_GRU, 64, 1000};
    const option none[] = {OPTIONS_END};
    pairs *p = open_pairs(BATCH, REPORT, HEADLINE);
    double exact;
    rnn_model model;
    rnn_rng rng;
    trainer *t;
    decoder *d;
    int i;

    read_options(argc, argv,
                 "headline learns to put a report into a headline, and shows "
                 "which words of\nthe report each word of the headline looks "
                 "at.\n",
                 &o, none);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    word(&writes, ".", 1); /* END */
    read_words(reports[0], REPORT, &reads,
               "the people of Lyon have a new bridge . it rained all day in "
               "Rome . the mayor opened it on Monday .");
    read_words(headlines[0], HEADLINE, &writes, "mayor opens bridge in Lyon .");
    for (i = 1; i < TESTED; i++)
        make_item(reports[i], headlines[i], &rng);
    model = attention_model(&o, reads.count, writes.count);
    t = open_trainer(&model, REPORT, HEADLINE, BATCH, &o, 0.005);
    while (go_on(t)) {
        make_batch(p, headlines, &rng);
        must(t, rnn_forward(&t->net, &t->work, &p->target), "forward");
        loss_of(t, &p->target, &p->want);
        must(t, rnn_backward(&t->net, &t->work, &p->target, NULL), "backward");
        update(t);
    }
    d = open_decoder(t, p, 1);
    puts("\nReports with headlines that it has not learnt:");
    for (i = 1; i < 13; i++)
        show(d, reports[i], headlines[i]);
    exact = share_right(d, reports[0], headlines[0], TESTED);
    printf("\nof %d, right to the last word: %.3f\n", TESTED, exact);
    show(d, reports[0], headlines[0]);
    show_attention(d, reports[0]);
    return result("headline_exact", exact, '>', 0.95);
}
