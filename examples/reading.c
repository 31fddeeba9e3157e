/* reading: a network that reads a story and answers questions about it.
 *
 *                                 in     the    garden   y_i
 *                                 ^      ^      ^
 *                s0 ------------> s1 --> s2 --> s3       decoder: s_i reads
 *                ^                ^      ^      ^        y_(i-1), k, c_i, d_i
 *                k = tanh(Q r+b)  c1 d1  c2 d2  c3 d3
 *                ^                ^      ^      ^
 *        +-------+-------+        looking at g and q
 *        |               |
 *        g1 <-> ... <-> gN       q1 <-> ... <-> qM       two encoders
 *        ^              ^        ^              ^
 *        Tom    ...     .        where  ...     ?
 *
 * This is the article's reading comprehension: story and question are encoded
 * separately, each by a network of its own, and one decoder answers. What it
 * starts from and keeps in sight is k, made of the means r of both encoders'
 * states; so its first look at the story already knows the question. For every
 * word it looks at both: c_i is the mean of the g_j weighted by a_ij, and d_i
 * that of the q_j by weights of their own.
 *
 * A story is three to six sentences about who goes where, takes what and leaves
 * it. Where is the ball? Whoever is to know must find out who took it, and
 * where that one went with it, if it was not left behind; and "she" is whoever
 * the sentence before was about. The answer is one to three words.
 *
 * The program makes new stories for every iteration, none of those that it is
 * tested on. It prints lines of progress (iteration, cross-entropy of a word of
 * the answer, time left), how many answers are right, by the kind of question,
 * of all, and if each question is asked of another story; some stories with
 * questions and answers; and for one of them how much each word of the answer
 * looks at each word of the question, and at each sentence. It takes about half
 * a minute on one core; reading --help lists the options. */

#include "pairs.h"

/* ---- stories ------------------------------------------------------------ */

/* how one is called, and called again; to a place, and at it */
static const char *const people[][2] = {
    {"Mary", "She"}, {"Tom", "He"}, {"Anna", "She"}, {"Peter", "He"}};
static const char *const places[][2] = {
    {"to the kitchen", "in the kitchen"}, {"to the garden", "in the garden"},
    {"to the river", "at the river"},     {"to the market", "at the market"},
    {"to school", "at school"},           {"home", "at home"}};
static const char *const things[] = {"the ball", "the book", "the letter",
                                     "the apple"};
enum { PEOPLE = 4, PLACES = 6, THINGS = 4, NONE = -1 };

enum { GO, TAKE, LEAVE, VERBS };
static const char *const verbs[][3] = {
    {"went", "walked", "ran"}, {"took", "found", "got"},
    {"left", "dropped", "hid"}};

/* What is so at some point of a story, as far as it says; NONE is also the
 * thing in an empty hand, and the holder of what lies somewhere. */
typedef struct world {
    int at[PEOPLE], holds[PEOPLE];    /* a place, a thing  */
    int lies[THINGS], holder[THINGS]; /* a place, a person */
} world;

/* Somebody does something, if that can be: a hand holds one thing, and things
 * stay where they are left. Returns what it is done to, or NULL. */
static const char *act(world *w, int who, int verb, int what)
{
    const int here = w->at[who], mine = w->holds[who];

    if (verb == GO && what != here) {
        w->at[who] = what;
        if (mine != NONE)
            w->lies[mine] = what;
        return places[what][0];
    }
    if (verb == TAKE && here != NONE && mine == NONE &&
        w->holder[what] == NONE &&
        (w->lies[what] == NONE || w->lies[what] == here)) {
        w->holds[who] = what;
        w->holder[what] = who;
        w->lies[what] = here;
        return things[what];
    }
    if (verb == LEAVE && mine != NONE) {
        w->holds[who] = w->holder[mine] = NONE;
        return things[mine];
    }
    return NULL;
}

/* Of two or three people and two things. */
static void make_story(world *w, char *text, rnn_rng *rng)
{
    const int sentences = 3 + below(rng, 4), cast = 2 + below(rng, 2);
    const int first = below(rng, PEOPLE), thing = below(rng, THINGS);
    int n = 0, last = NONE, who, verb, what;
    const char *object;

    memset(w, NONE, sizeof *w);
    for (*text = 0; n < sentences; n += object != NULL) {
        who = (first + below(rng, cast)) % PEOPLE;
        verb = below(rng, VERBS);
        what =
            verb == GO ? below(rng, PLACES) : (thing + below(rng, 2)) % THINGS;
        object = act(w, who, verb, what);
        if (object) {
            sprintf(text + strlen(text), "%s %s %s . ",
                    people[who][who == last], verbs[verb][below(rng, 3)],
                    object);
            last = who;
        }
    }
}

enum { WHERE, WHAT_HAS, WHERE_THING, WHO_HAS, KINDS };

static void make_question(char *text, int kind, int who, int thing)
{
    if (kind == WHAT_HAS)
        sprintf(text, "what does %s have ?", people[who][0]);
    else
        sprintf(text, "%s %s ?", kind == WHO_HAS ? "who has" : "where is",
                kind == WHERE ? people[who][0] : things[thing]);
}

/* The answer, if the story says it, else NULL. */
static const char *answer(const world *w, int kind, int who, int thing)
{
    const int person = kind == WHERE || kind == WHAT_HAS;
    const int place = person ? w->at[who] : w->lies[thing];

    if (place == NONE)
        return NULL;
    if (kind == WHAT_HAS)
        return w->holds[who] == NONE ? "nothing" : things[w->holds[who]];
    if (kind == WHO_HAS)
        return w->holder[thing] == NONE ? "nobody"
                                        : people[w->holder[thing]][0];
    return places[place][1];
}

/* ---- as words ----------------------------------------------------------- */

enum { STORY = 36, QUESTION = 5, ANSWER = 4, TESTED = 512, BATCH = 32 };
static words reads, writes; /* vocabularies; word 0 is the full stop */

typedef struct item {
    int question[QUESTION], answer[ANSWER], kind;
} item;

/* A story, and a question that it answers. */
static void make_item(int *story, item *it, rnn_rng *rng)
{
    char text[400];
    const char *end;
    int who, thing;
    world w;

    make_story(&w, text, rng);
    read_words(story, STORY, &reads, text);
    do {
        it->kind = below(rng, KINDS);
        who = below(rng, PEOPLE);
        thing = below(rng, THINGS);
        end = answer(&w, it->kind, who, thing);
    } while (!end);
    make_question(text, it->kind, who, thing);
    read_words(it->question, QUESTION, &reads, text);
    sprintf(text, "%s .", end);
    read_words(it->answer, ANSWER, &writes, text);
}

static void put_item(pairs *p, int row, const int *story, const item *it)
{
    put_source(p, 0, row, story);
    put_source(p, 1, row, it->question);
    put_target(p, row, it->answer);
}

/* What is learnt has no story that is tested. */
static void make_batch(pairs *p, int (*tested)[STORY], rnn_rng *rng)
{
    int story[STORY], row;
    item it;

    for (row = 0; row < BATCH; row++) {
        do
            make_item(story, &it, rng);
        while (is_among(story, tested, TESTED, sizeof story));
        check_apart(story, 1, tested, TESTED, sizeof story);
        put_item(p, row, story, &it);
    }
}

/* ---- answering ---------------------------------------------------------- */

/* The share of right answers; of each kind, good of so many. With other = 1
 * each question is asked of the next item's story. */
static double test(decoder *d, int (*stories)[STORY], const item *tests,
                   int other, int *good, int *of)
{
    int i, row, ok, all = 0;

    memset(good, 0, KINDS * sizeof *good);
    memset(of, 0, KINDS * sizeof *of);
    for (i = 0; i < TESTED; i++) {
        for (row = i; i % BATCH == 0 && row < i + BATCH; row++)
            put_item(d->p, row - i, stories[(row + other) % TESTED],
                     &tests[row]);
        if (i % BATCH == 0)
            decode(d);
        ok = is_right(d, i % BATCH, tests[i].answer);
        all += ok;
        good[tests[i].kind] += ok;
        of[tests[i].kind]++;
    }
    return all / (double)TESTED;
}

/* The words from one stop to the next. */
static int sentence(const int *story)
{
    int n = 0;

    while (story[n++] != END)
        ;
    return n;
}

/* A story, two sentences on a line, a question and what stays in row 0 of *d,
 * its answer. */
static void show(decoder *d, const int *story, const item *it)
{
    char text[100];
    int i, n, sentences = 0;

    put_item(d->p, 0, story, it);
    decode(d);
    for (i = 0; i < d->p->source_lengths[0][0]; i += n, sentences++) {
        n = sentence(story + i);
        printf("%s%s", sentences % 2 ? " " : "\n  ",
               spell(text, &reads, story + i, n));
    }
    printf("\n    %s", spell(text, &reads, it->question, QUESTION));
    printf(" - %s%s\n", spell(text, &writes, said(d, 0), d->counts[0]),
           is_right(d, 0, it->answer) ? "" : "   (wrong)");
}

/* Of what was shown last: how much each word of the answer looks at each word
 * of the question, and at each sentence, the sum of its words' weights. */
static void show_attention(const decoder *d, const int *story, const item *it)
{
    const char *told[STORY];
    rnn_real sums[STORY * ANSWER] = {0}, *sum = sums;
    heat told_to = looks(d, 0, 0), asked = looks(d, 1, 0), m = {0};
    int i, j, end;

    asked.title = "Which words of the question each word of the answer looks "
                  "at:";
    asked.row_names = names(&writes, said(d, 0), asked.rows);
    asked.col_names = names(&reads, it->question, asked.cols);
    m.title = "and which sentences of the story:";
    m.cols = asked.rows;
    m.row_step = ANSWER;
    m.col_step = 1;
    m.values = sums;
    m.row_names = told;
    m.col_names = asked.row_names;
    for (j = 0; j < told_to.cols; sum += ANSWER) {
        end = j + sentence(story + j);
        told[m.rows++] =
            spell((char *)zeros(100, 1), &reads, story + j, end - j);
        for (; j < end; j++)
            for (i = 0; i < m.cols; i++)
                sum[i] += (rnn_real)heat_at(&told_to, i, j);
    }
    putchar('\n');
    put_heat(&asked);
    put_heat(&m);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {
        "where is Mary?", "what does Mary have?", "where is the ball?",
        "who has the ball?"};
    static item tests[TESTED];
    static int stories[TESTED][STORY];
    options o = {1, RNN_CELL_GRU, 64, 4000};
    const option none[] = {OPTIONS_END};
    int good[KINDS], of[KINDS], i;
    pairs *p = open_pairs(BATCH, STORY, ANSWER);
    double own, other;
    rnn_model model;
    rnn_rng rng;
    trainer *t;
    decoder *d;

    read_options(argc, argv,
                 "reading learns to answer questions about stories, and shows "
                 "which sentences\neach word of an answer looks at.\n",
                 &o, none);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    add_source(p, QUESTION);
    word(&reads, ".", 1);
    word(&writes, ".", 1);
    for (i = 0; i < TESTED; i++)
        make_item(stories[i], &tests[i], &rng);
    model = attention_model(&o, reads.count, writes.count);
    model.num_sources = 2;
    model.context_size = o.hidden;
    model.context = RNN_CONTEXT_MEAN;
    model.feed = RNN_FEED_STATE | RNN_FEED_EACH;
    t = open_trainer(&model, STORY, ANSWER, BATCH, &o, 0.003);
    while (go_on(t)) {
        make_batch(p, stories, &rng);
        must(t, rnn_forward(&t->net, &t->work, &p->target), "forward");
        loss_of(t, &p->target, &p->want);
        must(t, rnn_backward(&t->net, &t->work, &p->target, NULL), "backward");
        update(t);
    }
    d = open_decoder(t, p, 1);
    other = test(d, stories, tests, 1, good, of);
    own = test(d, stories, tests, 0, good, of);
    puts("\nright, by the kind of question:\n");
    for (i = 0; i < KINDS; i++)
        printf("  %-22s%4d of %d\n", kinds[i], good[i], of[i]);
    printf("\nof all %.3f; asked of another story %.3f\n", own, other);
    puts("\nStories that it has not learnt:");
    for (i = 0; i < 6; i++)
        show(d, stories[i], &tests[i]);
    while (tests[i].kind != WHERE_THING)
        i++;
    show(d, stories[i], &tests[i]);
    show_attention(d, stories[i], &tests[i]);
    return result("reading_exact", own, '>', 0.95);
}
