/* sentiment: a network that reads what someone thought of something.
 *
 *                                                     Y    good or bad?
 *                                                     ^
 *    h1 -> h2 -> h3 -> h4 -> h5 -> h6 -> h7 -> ... -> hN
 *    ^     ^     ^     ^     ^     ^     ^            ^
 *    the   food  was   not   bad   but   the   ...    slow
 *
 * This is the article's N vs 1, on its own example, the sentiment of a
 * sentence. The sentences come from a small grammar below, in which no word
 * tells much by itself: a negation turns round what follows, and may itself be
 * negated; "anything but" turns round, "nothing but" does not; of two clauses
 * that disagree the one after "but" counts, or the one that "although" does not
 * begin. So "the food was good but the room was bad" and "the food was bad but
 * the room was good" have the same words and opposite senses.
 *
 * In every sentence that is tested, but two that are shown, a negation meets a
 * word before which it never stands in what is learnt: the network must have
 * understood both by themselves. That order counts is measured, too: a second
 * network gets the words of a sentence all at once, as how often each occurs,
 * in a sequence of a single step. It is as wide and learns as long from the
 * same sentences.
 *
 * The program prints lines of progress (iteration, cross-entropy, time left) of
 * both, what the network would say after each word of some sentences, what it
 * gets wrong or is least sure of, and the share that is right. It takes a few
 * seconds on one core; sentiment --help lists the options. */

#include "example.h"

/* ---- the grammar -------------------------------------------------------- */

enum { BAD, GOOD };
static const char *const senses[] = {"bad", "good"};

static const char *const things[] = {
    "the food", "the service", "the film", "the story", "the room", "the view",
    "the music", "the book", "the hotel", "the acting", "the end"};
enum { THINGS = sizeof things / sizeof *things };

/* Phrases, NULL after the last; of two rows, those of BAD and of GOOD. */
static const char *const qualities[2][12] = {
    {"bad", "awful", "boring", "dull", "poor", "terrible", "ugly", "weak",
     "dreadful", "disappointing", "annoying", NULL},
    {"good", "great", "lovely", "nice", "clever", "wonderful", "beautiful",
     "brilliant", "excellent", "charming", "delightful", NULL}};
static const char *const feelings[2][4] = {
    {"hated", "disliked", "regretted", NULL},
    {"liked", "loved", "enjoyed", NULL}};
static const char *const as_it_is[] = {
    "", "", "very", "really", "quite", "rather", "so", "nothing but", NULL};
static const char *const turned[] = {
    "not", "not very", "never", "hardly", "far from", "anything but", NULL};
static const char *const doubts[] = {
    "i do not think that", "i would not say that", "i cannot say that",
    "it is not true that", "i doubt that", NULL};
static const char *const claims[] = {
    "everybody says that", "i would say that", "i do not doubt that",
    "it is true that", "i think that", NULL};

typedef struct sentence {
    char text[500]; /* a blank before each word */
    int sense;
    unsigned things; /* a bit for each that is spoken of */
    int apart; /* how many negations meet a word that they meet only in tests */
} sentence;

static void say(sentence *s, const char *text)
{
    if (*text)
        strcat(strcat(s->text, " "), text);
}

/* Returns which. */
static int say_one_of(sentence *s, const char *const *phrases, rnn_rng *rng)
{
    int n = 0, i;

    while (phrases[n])
        n++;
    i = below(rng, n);
    say(s, phrases[i]);
    return i;
}

/* A sentence does not speak twice of one. */
static void say_thing(sentence *s, rnn_rng *rng)
{
    int i;

    do
        i = below(rng, THINGS);
    while (s->things >> i & 1);
    s->things |= 1u << i;
    say(s, things[i]);
}

/* A clause of that sense. */
static void say_clause(sentence *s, int sense, rnn_rng *rng)
{
    const int form = below(rng, 10), turn = below(rng, 2);
    const int word = turn ? !sense : sense; /* the sense of the word itself */
    int how = -1, what;

    if (form < 2) {
        say(s, turn ? "i never" : "i");
        say_one_of(s, feelings[word], rng);
        say_thing(s, rng);
        return;
    }
    if (form == 2)
        say(s, turn ? "nothing about" : "everything about");
    say_thing(s, rng);
    say(s, "was");
    if (form == 3) {
        say(s, turn ? "less" : "more");
        say_one_of(s, qualities[word], rng);
        say(s, "than");
        say_one_of(s, qualities[!word], rng);
        return;
    }
    if (form > 3)
        how = say_one_of(s, turn ? turned : as_it_is, rng);
    what = say_one_of(s, qualities[word], rng);
    s->apart += turn && how >= 0 && (how + what) % 4 == 0;
}

/* A clause, or two that agree. */
static void say_side(sentence *s, int sense, rnn_rng *rng)
{
    say_clause(s, sense, rng);
    if (below(rng, 4) == 0) {
        say(s, "and");
        say_clause(s, sense, rng);
    }
}

static void make_sentence(sentence *s, rnn_rng *rng)
{
    const int sense = s->sense = below(rng, 2), form = below(rng, 8);

    s->text[0] = 0;
    s->things = 0;
    s->apart = 0;
    switch (form) {
    case 0:
        say_side(s, sense, rng);
        return;
    case 1:
        say_one_of(s, claims, rng);
        say_clause(s, sense, rng);
        return;
    case 2:
        say_one_of(s, doubts, rng);
        say_clause(s, !sense, rng);
        return;
    case 3:
        say(s, "although");
        say_side(s, !sense, rng);
        say(s, ",");
        say_side(s, sense, rng);
        return;
    case 4:
        say_side(s, sense, rng);
        say(s, "although");
        say_side(s, !sense, rng);
        return;
    case 5:
        say_one_of(s, claims, rng);
        break;
    }
    say_side(s, !sense, rng);
    say(s, "but");
    say_side(s, sense, rng);
}

/* ---- the corpus --------------------------------------------------------- */

/* of all sentences the first are tested, of those the first are SHOWN */
enum { SHOWN = 3, TESTED = 1000,
#ifndef LEARNT
LEARNT=10000,
#endif
ALL = TESTED + LEARNT, BATCH = 50, MOST = 40 };

static const sentence shown[SHOWN] = {
    {" the food was good but the room was bad", BAD, 0, 0},
    {" the food was bad but the room was good", GOOD, 0, 0},
    {" i do not think that the end was anything but dull", BAD, 0, 0}};

typedef struct corpus {
    words vocabulary;
    int ids[ALL][MOST], lengths[ALL], sense[ALL]; /* of ids, -1 after them */
} corpus;

static void put_sentence(corpus *c, int i, const sentence *s)
{
    const char *p = s->text, *end;
    int n = 0;

    memset(c->ids[i], -1, sizeof c->ids[i]);
    for (; *p && n < MOST; p = end) {
        end = p + 1 + strcspn(p + 1, " ");
        c->ids[i][n++] = word(&c->vocabulary, p + 1, (size_t)(end - p) - 1);
    }
    c->lengths[i] = n;
    c->sense[i] = s->sense;
}

/* No two sentences that are tested are alike, nor is one of them learnt. */
static corpus *make_corpus(rnn_rng *rng)
{
    corpus *c = (corpus *)zeros(1, sizeof *c);
    sentence s;
    int i;

    for (i = 0; i < SHOWN; i++)
        put_sentence(c, i, &shown[i]);
    while (i < ALL) {
        do
            make_sentence(&s, rng);
        while ((s.apart > 0) != (i < TESTED));
        put_sentence(c, i, &s);
        i += !is_among(c->ids[i], c->ids, (size_t)(i < TESTED ? i : TESTED),
                       sizeof c->ids[i]);
    }
    check_apart(c->ids[TESTED], ALL - TESTED, c->ids, TESTED, sizeof *c->ids);
    return c;
}

/* Sentences as the two networks read them: word by word, and all at once. */
typedef struct batch {
    int ids[MOST * BATCH], lengths[BATCH], sense[BATCH];
    rnn_real counts[BATCH * WORDS];
    rnn_seq in_order, at_once;
    goal want;
} batch;

/* Sentence i of the corpus as a row of the batch. */
static void put_row(batch *b, int row, const corpus *c, int i)
{
    rnn_real *counts = b->counts + row * c->vocabulary.count;
    int k;

    memset(counts, 0, (size_t)c->vocabulary.count * sizeof *counts);
    for (k = 0; k < c->lengths[i]; k++) {
        b->ids[k * BATCH + row] = c->ids[i][k];
        counts[c->ids[i][k]] += 1;
    }
    b->lengths[row] = c->lengths[i];
    b->sense[row] = c->sense[i];
}

static batch *open_batch(void)
{
    batch *b = (batch *)zeros(1, sizeof *b);

    b->in_order.steps = MOST;
    b->at_once.steps = 1;
    b->in_order.batch = b->at_once.batch = BATCH;
    b->in_order.ids = b->ids;
    b->in_order.lengths = b->lengths;
    b->at_once.x = b->counts;
    b->want.ids = b->sense;
    return b;
}

/* ---- learning and testing ----------------------------------------------- */

static trainer train(const rnn_model *model, const rnn_seq *seq, batch *b,
                     const corpus *c, const options *o)
{
    trainer t = open_trainer(model, 0, seq->steps, BATCH, o, 0.01);
    int row;

    while (go_on(&t)) {
        for (row = 0; row < BATCH; row++)
            put_row(b, row, c, TESTED + below(&t.rng, ALL - TESTED));
        learn(&t, seq, &b->want);
    }
    return t;
}

/* The share of held-out sentences that is right; sure (TESTED) becomes the
 * probability of the right answer. */
static double test(trainer *t, const rnn_seq *seq, batch *b, const corpus *c,
                   rnn_real *sure)
{
    int i, row, good = 0, of = 0;

    for (i = 0; i < TESTED; i += BATCH) {
        for (row = 0; row < BATCH; row++)
            put_row(b, row, c, i + row);
        predict(t, seq);
        good += right(t, seq, &b->want, &of);
        check(rnn_softmax(t->out, BATCH, 2, t->out, NULL), "softmax");
        for (row = 0; row < BATCH; row++)
            sure[i + row] = t->out[row * 2 + b->sense[row]];
    }
    return good / (double)of;
}

/* The held-out sentences of which it is least sure, wrong ones first. */
static void show_worst(const corpus *c, rnn_real *sure)
{
    int n, i, k, worst;

    puts("\nThe six of which it is least sure, and what it says:\n");
    for (n = 0; n < 6; n++) {
        for (worst = 0, i = 1; i < TESTED; i++)
            worst = sure[i] < sure[worst] ? i : worst;
        i = sure[worst] < 0.5 ? !c->sense[worst] : c->sense[worst];
        printf("  %-5s", senses[i]);
        for (k = 0; k < c->lengths[worst]; k++)
            printf(" %s", c->vocabulary.text[c->ids[worst][k]]);
        puts(i == c->sense[worst] ? "" : "   (wrong)");
        sure[worst] = 2; /* has been shown */
    }
}

/* What it would say if the sentence ended here: after every word. */
static void show_thought(const trainer *t, const corpus *c, int i)
{
    rnn_real *h = reals(t->sizes.state), *state = NULL, p[2];
    int k;

    if (t->model.cell == RNN_LSTM)
        state = reals(t->sizes.state);
    puts("\n                  bad            good");
    for (k = 0; k < c->lengths[i]; k++) {
        check(rnn_step(&t->model, t->params, 1, NULL, &c->ids[i][k], h, state,
                       p, t->work, t->work_len, NULL), "a step");
        check(rnn_softmax(p, 1, 2, p, NULL), "softmax");
        fputs("  ", stdout);
        put(c->vocabulary.text[c->ids[i][k]], 16);
        put_bar((double)p[GOOD], 19);
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    options o = {1, RNN_GRU, 32, 1500};
    const option own[] = {OPTIONS_END};
    rnn_real *sure = reals(TESTED);
    rnn_model model = {0};
    batch *b = open_batch();
    double in_order, at_once;
    rnn_rng rng;
    trainer t;
    corpus *c;
    int i;

    read_options(argc, argv,
                 "sentiment learns to say whether a sentence is for something "
                 "or against it.\n", &o, own);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    c = make_corpus(&rng);
    printf("%d sentences to learn, %d to test; %d words\n\nall at once: ",
           ALL - TESTED, TESTED, c->vocabulary.count);
    model.wiring = RNN_N_TO_1;
    model.cell = o.cell;
    model.hidden_size = o.hidden;
    model.output_size = 2;
    model.input = RNN_DENSE;
    model.input_size = c->vocabulary.count;
    t = train(&model, &b->at_once, b, c, &o);
    at_once = test(&t, &b->at_once, b, c, sure);
    fputs("\nword by word: ", stdout);
    model.input = RNN_EMBEDDING;
    model.embedding_size = 16;
    t = train(&model, &b->in_order, b, c, &o);
    in_order = test(&t, &b->in_order, b, c, sure);
    puts("\nWhat it thinks after each word:");
    for (i = 0; i < SHOWN; i++)
        show_thought(&t, c, i);
    show_worst(c, sure);
    printf("\nof %d, right: all at once %.3f, word by word %.3f\n", TESTED,
           at_once, in_order);
    return result("sentiment_accuracy", in_order, '>', 0.95);
}
