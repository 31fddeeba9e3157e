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
 * same batches, which are of sentences of about one length.
 *
 * The program prints lines of progress (iteration, cross-entropy, time left) of
 * both, what the network would say after each word of some sentences, what it
 * gets wrong or is least sure of, and the share that is right. It takes a few
 * seconds on one core; sentiment --help lists the options. */

#include "pictures.h"
#include "training.h"
#include "batches.h"

/* ---- the grammar -------------------------------------------------------- */

enum { BAD, GOOD };
static const char *const sense_names[] = {"bad", "good"};

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
    char text[500];
    int sense;
    unsigned things; /* a bit for each that is spoken of */
    int apart; /* how many negations meet a word that they meet only in tests */
} sentence;

static void say(sentence *s, const char *text)
{
    if (*text && *s->text)
        strcat(s->text, " ");
    strcat(s->text, text);
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

/* s is a side and c a clause of the sentence's sense, S and C of the other; q
 * is a claim, d a doubt. */
static const char *const forms[] = {
    "s", "q c", "d C", "although S , s", "s although S", "q S but s",
    "S but s", "S but s"};
enum { FORMS = sizeof forms / sizeof *forms };

static void make_sentence(sentence *s, rnn_rng *rng)
{
    const int sense = below(rng, 2);
    const char *form = forms[below(rng, FORMS)];
    char text[10];

    memset(s, 0, sizeof *s);
    s->sense = sense;
    for (; *form; form += strspn(form, " ")) {
        sscanf(form, "%9s", text);
        form += strlen(text);
        if (strchr("sS", *text))
            say_side(s, *text == 's' ? sense : !sense, rng);
        else if (strchr("cC", *text))
            say_clause(s, *text == 'c' ? sense : !sense, rng);
        else if (strchr("qd", *text))
            say_one_of(s, *text == 'q' ? claims : doubts, rng);
        else
            say(s, text);
    }
}

/* ---- the corpus --------------------------------------------------------- */

/* of all sentences the first are tested, of those the first are SHOWN */
enum { SHOWN = 3, TESTED = 1000, ALL = 11000, BATCH = 50, MOST = 40,
       WIDTH = 2 };

static const sentence shown[SHOWN] = {
    {"the food was good but the room was bad", BAD, 0, 0},
    {"the food was bad but the room was good", GOOD, 0, 0},
    {"i do not think that the end was anything but dull", BAD, 0, 0}};

static words vocabulary;
static int ids[ALL][MOST], lengths[ALL]; /* -1 after a sentence's words */
static int sense_of[ALL];

static void put_sentence(int i, const sentence *s)
{
    lengths[i] = read_words(ids[i], MOST, &vocabulary, s->text);
    sense_of[i] = s->sense;
}

/* No two sentences that are tested are alike, nor is one of them learnt. */
static void make_corpus(rnn_rng *rng)
{
    sentence s;
    int i;

    for (i = 0; i < SHOWN; i++)
        put_sentence(i, &shown[i]);
    while (i < ALL) {
        do
            make_sentence(&s, rng);
        while ((s.apart > 0) != (i < TESTED));
        put_sentence(i, &s);
        i += !is_among(ids[i], ids, (size_t)(i < TESTED ? i : TESTED),
                       sizeof *ids);
    }
    check_apart(ids[TESTED], ALL - TESTED, ids, TESTED, sizeof *ids);
}

/* Sentences as the two networks read them: word by word, and all at once. */
typedef struct batch {
    int ids[MOST * BATCH], lengths[BATCH], sense[BATCH];
    rnn_real counts[BATCH * WORDS];
    rnn_seq in_order, at_once;
    goal want;
} batch;

static batch *open_batch(void)
{
    batch *b = (batch *)zeros(1, sizeof *b);

    b->at_once.steps = 1;
    b->in_order.ids = b->ids;
    b->in_order.lengths = b->lengths;
    b->at_once.x = b->counts;
    b->in_order.ids_len = MOST * BATCH;
    b->at_once.x_len = BATCH * WORDS;
    b->want.ids = b->sense;
    b->want.len = BATCH;
    return b;
}

/* n sentences, from number `first` on those of which rows says which. */
static void put_batch(batch *b, int first, const int *rows, int n)
{
    const int W = vocabulary.count;
    int row, i, k;

    b->in_order.batch = b->at_once.batch = n;
    memset(b->counts, 0, (size_t)(n * W) * sizeof *b->counts);
    for (row = 0; row < n; row++) {
        i = first + rows[row];
        set_length(&b->in_order, b->lengths, row, lengths[i]);
        for (k = 0; k < lengths[i]; k++) {
            b->ids[k * n + row] = ids[i][k];
            b->counts[row * W + ids[i][k]] += 1;
        }
        b->sense[row] = sense_of[i];
    }
}

/* ---- learning and testing ----------------------------------------------- */

/* seq is of the batch: either network's. */
static trainer *train(const rnn_model *model, const rnn_seq *seq, batch *b,
                      batches *from, const options *o)
{
    trainer *t = open_trainer(model, 0, MOST, BATCH, o, 0.01);
    const int *rows;
    int n;

    begin_epoch(from, 1);
    while (go_on(t)) {
        n = any_batch(from, &rows);
        put_batch(b, TESTED, rows, n);
        must(t, rnn_forward(&t->net, &t->work, seq), "forward");
        loss_of(t, seq, &b->want);
        must(t, rnn_backward(&t->net, &t->work, seq, NULL), "backward");
        update(t);
    }
    return t;
}

/* The share of held-out sentences that is right; sure (TESTED) becomes the
 * probability of the right answer. */
static double test(trainer *t, const rnn_seq *seq, batch *b, batches *from,
                   rnn_real *sure)
{
    int n, row, good = 0, of = 0;
    const int *rows;
    rnn_real *p;

    begin_epoch(from, 0);
    while ((n = next_batch(from, &rows)) > 0) {
        put_batch(b, 0, rows, n);
        p = predict(t, seq);
        good += right(t, seq, &b->want, &of);
        check(rnn_softmax(p, (size_t)n, 2, p, NULL), NULL, "softmax");
        for (row = 0; row < n; row++)
            sure[rows[row]] = p[row * 2 + b->sense[row]];
    }
    return good / (double)of;
}

/* The held-out sentences of which it is least sure, wrong ones first. */
static void show_worst(rnn_real *sure)
{
    char text[500];
    int n, i, worst, wrong;

    puts("\nThe six of which it is least sure, and what it says:\n");
    for (n = 0; n < 6; n++) {
        for (worst = 0, i = 1; i < TESTED; i++)
            worst = sure[i] < sure[worst] ? i : worst;
        wrong = (double)sure[worst] < 0.5;
        printf("  %-5s %s%s\n", sense_names[sense_of[worst] ^ wrong],
               spell(text, &vocabulary, ids[worst], MOST),
               wrong ? "   (wrong)" : "");
        sure[worst] = 2; /* has been shown */
    }
}

/* What it would say if the sentence ended here: after every word. */
static void show_thought(trainer *t, int i)
{
    rnn_real *h = reals(t->net.sizes.state), *c = reals(t->net.sizes.state);
    rnn_real *p = t->work.logits;
    rnn_row one = {0};
    int k;

    one.rows = 1;
    one.state_len = t->net.sizes.state;
    puts("\n                  bad            good");
    for (k = 0; k < MOST && ids[i][k] >= 0; k++) {
        one.ids = &ids[i][k];
        check(rnn_step(&t->net, &t->work, &one, h, c), &t->work.why, "a step");
        check(rnn_softmax(p, 1, 2, p, NULL), NULL, "softmax");
        fputs("  ", stdout);
        put(vocabulary.text[ids[i][k]], 16);
        put_bar((double)p[GOOD], 19);
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_GRU, 32, 1500};
    const option own[] = {OPTIONS_END};
    rnn_real *sure = reals(TESTED);
    rnn_model model = {0};
    batch *b = open_batch();
    batches *learnt, *tested;
    double in_order, at_once;
    rnn_rng rng;
    trainer *t;
    int i;

    read_options(argc, argv,
                 "sentiment learns to say whether a sentence is for something "
                 "or against it.\n",
                 &o, own);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    make_corpus(&rng);
    learnt = open_batches(lengths + TESTED, ALL - TESTED, BATCH, WIDTH, o.seed);
    tested = open_batches(lengths, TESTED, BATCH, WIDTH, o.seed);
    printf("%d sentences to learn, %d to test; %d words\n", ALL - TESTED,
           TESTED, vocabulary.count);
    put_padding(learnt, "words");
    fputs("\nall at once: ", stdout);
    model.wiring = RNN_WIRING_N_TO_1;
    model.cell = (rnn_cell)o.cell;
    model.hidden_size = o.hidden;
    model.output_size = 2;
    model.input = RNN_INPUT_DENSE;
    model.input_size = vocabulary.count;
    t = train(&model, &b->at_once, b, learnt, &o);
    at_once = test(t, &b->at_once, b, tested, sure);
    fputs("\nword by word: ", stdout);
    model.input = RNN_INPUT_EMBEDDING;
    model.embedding_size = 16;
    t = train(&model, &b->in_order, b, learnt, &o);
    in_order = test(t, &b->in_order, b, tested, sure);
    puts("\nWhat it thinks after each word:");
    for (i = 0; i < SHOWN; i++)
        show_thought(t, i);
    show_worst(sure);
    printf("\nof %d, right: all at once %.3f, word by word %.3f\n", TESTED,
           at_once, in_order);
    return result("sentiment_accuracy", in_order, '>', 0.95);
}
