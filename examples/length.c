/* length: how long a sequence fits into one vector.
 *
 *                d    c    b    a    .    y_i, the source from its end
 *                ^    ^    ^    ^    ^
 *          c --> s1 > s2 > s3 > s4 > s5   decoder: s_i reads y_(i-1)
 *          ^
 *          |     c = h_N     c = q(h_N)     c = q(h_1 ... h_N)
 *          |     or, anew at every step, c_i = sum_j a_ij h_j
 *          |
 *     h1 > h2 > h3 > h4                   encoder
 *     ^    ^    ^    ^
 *     a    b    c    d                    x_j, any symbols
 *
 * This is the article's claim about N vs M: whatever a single c is made of, its
 * size is a bottleneck, and what does not fit is lost when the source is long;
 * attention, which takes another c_i for every word, has no such limit. To see
 * it nothing must be guessable, so the sources are random symbols and the
 * target is the same symbols backwards. That order is kind to c = h_N: what it
 * has read last it has to say first (Sutskever, Vinyals & Le 2014 turn their
 * sources round for this). Twice the units or four times the updates move the
 * fall some symbols to the right, and do not take it away. (20 symbols are but
 * 60 bits: the limit is what a network learns to keep in 32 numbers, not what
 * could be kept there.)
 *
 * Four ways to make the context, the same hidden size, the same number of
 * updates, five seeds each: twenty networks. They learn from sequences of all
 * lengths up to 20, drawn as they go, and are tested on sequences that none has
 * seen; then they read what they have written, not what is right. The program
 * prints two lines for every network, how the mean of the seeds depends on the
 * length, and what one network of each kind makes of one long sequence; the
 * curves are drawn in length.svg beside the program. It takes about 40 seconds
 * on one core; length --help lists the options. */

#include "pairs.h"

/* Symbols are 1 ... SYMBOLS. Tested are the lengths FIRST, FIRST + 2, ... */
enum { SYMBOLS = 8, FIRST = 4, LONGEST = 100, BATCH = 50, TESTS = 200,
       LENGTHS = (LONGEST - FIRST) / 2 + 1 };
static int longest = 20; /* that are learnt, at most LONGEST: even */

enum { LAST, Q_LAST, Q_ALL, ATTENTION, KINDS };
static const char *const kinds[] = {"c = h_N", "c = q(h_N)",
                                    "c = q(h_1..h_N)", "attention"};

/* A sequence as an item: symbols, -1 after them. */
typedef int item[LONGEST];

static void make_item(item x, int n, rnn_rng *rng)
{
    int j;

    memset(x, -1, sizeof(item));
    for (j = 0; j < n; j++)
        x[j] = 1 + below(rng, SYMBOLS);
}

static void put_item(pairs *p, int row, const int *x, int n)
{
    int back[LONGEST + 1], i;

    for (i = 0; i < n; i++)
        back[i] = x[n - 1 - i];
    back[n] = END;
    put_source(p, 0, row, x);
    put_target(p, row, back);
}

static int tested_lengths(void)
{
    return (longest - FIRST) / 2 + 1;
}

/* The tests of a length, or NULL. */
static item *tests_of(item *tests, int n)
{
    return n < FIRST || n % 2 ? NULL : tests + (n - FIRST) / 2 * TESTS;
}

/* New sequences of n symbols, none of which is tested. */
static void make_batch(pairs *p, int n, item *tests, rnn_rng *rng)
{
    item *apart = tests_of(tests, n), x;
    int row;

    for (row = 0; row < BATCH; row++) {
        do
            make_item(x, n, rng);
        while (apart && is_among(x, apart, TESTS, sizeof(item)));
        if (apart)
            check_apart(x, 1, apart, TESTS, sizeof(item));
        put_item(p, row, x, n);
    }
}

static rnn_model make_model(const options *o, int kind)
{
    rnn_model model = {0};

    model.wiring = RNN_WIRING_N_TO_M;
    model.cell = (rnn_cell)o->cell;
    model.input = model.target = RNN_INPUT_ONE_HOT;
    model.input_size = model.target_size = model.output_size = SYMBOLS + 1;
    model.hidden_size = o->hidden;
    model.feed = RNN_FEED_STATE; /* with attention too: s_0 = h_N */
    if (kind == Q_LAST || kind == Q_ALL)
        model.context_size = o->hidden;
    if (kind == Q_ALL) {
        model.context = RNN_CONTEXT_ALL;
        model.source_steps = longest;
    }
    if (kind == ATTENTION) {
        model.attention = RNN_SCORE_ADDITIVE;
        model.attention_size = o->hidden;
    }
    return model;
}

/* ---- testing ------------------------------------------------------------ */

/* What the network makes of row 0, as letters. */
static void keep_text(char *text, const decoder *d)
{
    int i;

    for (i = 0; i < d->counts[0]; i++)
        text[i] = (char)('a' + said(d, 0)[i] - 1);
    text[i] = 0;
}

/* The share of the symbols that are right in their places, for one length. */
static double test(decoder *d, item *tests, int n)
{
    int i, row, k, good = 0;

    for (k = TESTS - BATCH; k >= 0; k -= BATCH) {
        item *x = tests_of(tests, n) + k;

        for (row = 0; row < BATCH; row++)
            put_item(d->p, row, x[row], n);
        decode(d);
        for (row = 0; row < BATCH; row++)
            for (i = 0; i < n; i++)
                good += said(d, row)[i] == x[row][n - 1 - i];
    }
    return good / (double)(TESTS * n);
}

/* ---- twenty networks ---------------------------------------------------- */

typedef struct outcome {
    rnn_real lengths[LENGTHS], share[KINDS][LENGTHS]; /* the seeds' mean */
    char text[KINDS][LONGEST + 2];
} outcome;

/* Trains one network of `seeds` alike, and adds what it can do to *all. */
static void run(outcome *all, int kind, int seeds, const options *o, pairs *p,
                item *tests)
{
    const rnn_model model = make_model(o, kind);
    double share = 0;
    decoder *d;
    trainer *t;
    int k;

    printf("%-15s  seed %d: ", kinds[kind], o->seed);
    t = open_trainer(&model, longest, longest + 1, BATCH, o, 0.01);
    for (k = 0; k < t->iterations; k++) {
        make_batch(p, 1 + below(&t->rng, longest), tests, &t->rng);
        must(t, rnn_forward(&t->net, &t->work, &p->target), "forward");
        loss_of(t, &p->target, &p->want);
        must(t, rnn_backward(&t->net, &t->work, &p->target, NULL), "backward");
        update(t);
    }
    d = open_decoder(t, p, 1);
    for (k = 0; k < tested_lengths(); k++) {
        share = test(d, tests, FIRST + 2 * k);
        all->share[kind][k] += (rnn_real)(share / seeds);
    }
    keep_text(all->text[kind], d); /* of the longest that is tested first */
    printf("%17slength %d: %.3f of the symbols right\n", "", longest, share);
    fflush(stdout);
}

/* A row for every length, a column for every kind; x is what the texts have to
 * turn round. */
static void show(const outcome *all, const int *x)
{
    int k, kind;

    printf("\nThe share of symbols right, mean of the seeds:\n\n  length");
    for (kind = 0; kind < KINDS; kind++)
        printf("  %15s", kinds[kind]);
    for (k = 0; k < tested_lengths(); k++) {
        printf("\n  %6d", FIRST + 2 * k);
        for (kind = 0; kind < KINDS; kind++)
            printf("  %15.3f", (double)all->share[kind][k]);
    }
    puts("\n\nAnd one long sequence, by the last network of each kind:\n");
    printf("  %-15s  ", "right");
    for (k = longest - 1; k >= 0; k--)
        putchar('a' + x[k] - 1);
    putchar('\n');
    for (kind = 0; kind < KINDS; kind++)
        printf("  %-15s  %s\n", kinds[kind], all->text[kind]);
    putchar('\n');
}

static void draw(const outcome *all)
{
    curve curves[KINDS];
    int kind;

    for (kind = 0; kind < KINDS; kind++) {
        curves[kind].name = kinds[kind];
        curves[kind].count = tested_lengths();
        curves[kind].x = all->lengths;
        curves[kind].y = all->share[kind];
        curves[kind].noisy = 0;
    }
    svg_plot("length", "Symbols of a sequence that are said back rightly",
             "length of the sequence, symbols", "share that is right", curves,
             KINDS);
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_GRU, 32, 2500};
    int seeds = 5, kind, k, last;
    const option own[] = {{"--seeds", WHOLE, &seeds, 1, 1000, NULL,
                           "networks of each kind, from --seed on"},
                          {"--longest", WHOLE, &longest, FIRST, LONGEST, NULL,
                           "symbols of the longest source: even"},
                          OPTIONS_END};
    outcome *all = (outcome *)zeros(1, sizeof *all);
    item *tests;
    pairs *p;
    rnn_rng rng;

    read_options(argc, argv,
                 "length says sequences backwards, through one context or "
                 "through attention,\nand shows how long they may be.\n",
                 &o, own);
    if (longest % 2)
        die("--longest %d is odd", longest);
    last = tested_lengths() - 1;
    tests = (item *)zeros((size_t)tested_lengths() * TESTS, sizeof *tests);
    p = open_pairs(BATCH, longest, longest + 1);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    for (k = 0; k < tested_lengths() * TESTS; k++)
        make_item(tests[k], FIRST + k / TESTS * 2, &rng);
    for (k = 0; k < tested_lengths(); k++)
        all->lengths[k] = (rnn_real)(FIRST + 2 * k);
    for (k = 0; k < seeds; k++) {
        for (kind = 0; kind < KINDS; kind++)
            run(all, kind, seeds, &o, p, tests);
        o.seed = o.seed < 2147483647 ? o.seed + 1 : 0;
    }
    show(all, *tests_of(tests, longest));
    draw(all);
    result("length_one_context", (double)all->share[LAST][last], '<', 0.6);
    return result("length_attention", (double)all->share[ATTENTION][last], '>',
                  0.95);
}
