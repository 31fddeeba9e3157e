/* adding: a network that remembers two numbers through a long sequence.
 *
 *                                   Y            the sum of the marked numbers
 *                                   ^
 *    0 ->  h1 ->  h2 ->  ...  ->   hT            the last state alone is asked
 *          ^      ^                ^
 *          x1     x2    ...        xT            x_t = (a number, a mark)
 *
 *    numbers  0.31  0.84  0.07  0.55  0.92  ...  0.18
 *    marks    0     1     0     0     1     ...  0       Y = 0.84 + 0.92
 *
 * This is the article's N vs 1, on a problem made to be hard (Hochreiter &
 * Schmidhuber 1997; Le, Jaitly & Hinton 2015): one mark is in the first half of
 * the sequence and one in the second, so what was marked first must outlast
 * everything after it, and the error must find its way back as far. Whoever
 * always answers 1 has a mean squared error of 1/6. A tanh network stays there;
 * GRU and LSTM leave it, and so does a ReLU network whose recurrent weights
 * begin as the identity.
 *
 * The program makes new sequences for every iteration, prints lines of progress
 * (iteration, mean squared error, time left), some answers to sequences that it
 * has not learnt from, and their mean squared error; the curve of learning is
 * drawn in adding.svg beside the program. It takes about ten seconds on one
 * core; adding --help lists the options. */

#include "pictures.h"
#include "training.h"

enum { BATCH = 50, TESTS = 1000 }; /* sequences; TESTS is whole batches */

/* A sequence as an item: x (T, 2), numbers and marks. Returns the sum. */
static rnn_real make_sequence(rnn_real *x, int steps, rnn_rng *rng)
{
    const int half = steps / 2;
    int first = below(rng, half), second = half + below(rng, steps - half), t;

    for (t = 0; t < steps; t++) {
        x[2 * t] = rnn_uniform(rng);
        x[2 * t + 1] = t == first || t == second;
    }
    return x[2 * first] + x[2 * second];
}

/* Sequences as the network reads them: time-major. */
typedef struct batch {
    rnn_real *x, *sums; /* (T, BATCH, 2), (BATCH) */
    rnn_seq seq;
    goal want;
} batch;

static batch open_batch(int steps)
{
    batch b = {0};

    b.seq.x = b.x = reals((size_t)steps * BATCH * 2);
    b.seq.x_len = (size_t)steps * BATCH * 2;
    b.want.values = b.sums = reals(BATCH);
    b.want.len = BATCH;
    b.seq.steps = steps;
    b.seq.batch = BATCH;
    return b;
}

static void put_row(batch *b, int row, const rnn_real *x, rnn_real sum)
{
    int t;

    for (t = 0; t < b->seq.steps; t++)
        memcpy(b->x + (t * BATCH + row) * 2, x + 2 * t, 2 * sizeof *x);
    b->sums[row] = sum;
}

/* What is learnt has never been seen, and what is tested is never learnt. */
static void make_batch(batch *b, const rnn_real *tests, rnn_real *x,
                       rnn_rng *rng)
{
    const size_t size = 2 * (size_t)b->seq.steps * sizeof *x;
    int row;

    for (row = 0; row < BATCH; row++) {
        rnn_real sum = make_sequence(x, b->seq.steps, rng);

        check_apart(x, 1, tests, TESTS, size);
        put_row(b, row, x, sum);
    }
}

/* The mean squared error over all tests; the first few are shown. */
static double test(trainer *t, batch *b, const rnn_real *tests,
                   const rnn_real *sums)
{
    const int steps = b->seq.steps;
    double mse = 0;
    int i, row;

    puts("\nIt has never seen these:\n\n  the sum  its answer");
    for (i = 0; i < TESTS; i += BATCH) {
        for (row = 0; row < BATCH; row++)
            put_row(b, row, tests + (i + row) * steps * 2, sums[i + row]);
        predict(t, &b->seq);
        mse += loss_of(t, &b->seq, &b->want);
        for (row = 0; i == 0 && row < 8; row++)
            printf("  %7.3f  %10.3f\n", (double)sums[row],
                   (double)t->work.logits[row]);
    }
    mse /= (double)(TESTS / BATCH);
    printf("\nmean squared error over %d: %.5f; of always answering 1: %.5f\n",
           TESTS, mse, 1 / 6.0);
    return mse;
}

/* The curve of learning; its first peaks are cut off at 0.4. */
static void draw(const trainer *t)
{
    rnn_real *always = reals((size_t)t->done), *loss = reals((size_t)t->done);
    const rnn_real most = (rnn_real)0.4;
    curve curves[2] = {{"the network", 0, NULL, NULL, 1},
                       {"always 1", 0, NULL, NULL, 0}};
    int i;

    for (i = 0; i < t->done; i++) {
        always[i] = (rnn_real)(1 / 6.0);
        loss[i] = t->losses[i] < most ? t->losses[i] : most;
    }
    curves[0].count = curves[1].count = t->done;
    curves[0].y = loss;
    curves[1].y = always;
    svg_plot("adding", "The sum of two marked numbers among many", "iterations",
             "mean squared error", curves, 2);
}

/* First weights that remember for longer than the trainer's: biases of forget
 * gates, and recurrent weights that keep a state's length, times `gain`. */
static void begin_otherwise(trainer *t, double open, double gain)
{
    const rnn_model *model = &t->net.model;
    rnn_real *params = t->work.params;
    rnn_tensor w;
    int k;

    if (RNN_HAS_C(model->cell))
        check(rnn_init_forget_bias(model, params, t->work.params_len,
                                   (rnn_real)open, &why),
              &why, "forget gates");
    for (k = 0; gain > 0 && rnn_model_tensor(model, k, &w, NULL) == RNN_OK; k++)
        if (strstr(w.name, "weight_hh"))
            check(rnn_init_tensor(&w, params, RNN_INIT_ORTHOGONAL,
                                  (rnn_real)gain, &t->rng, &why),
                  &why, "orthogonal weights");
}

static double learn_all(trainer *t, batch *b)
{
    const size_t size = 2 * (size_t)b->seq.steps;
    rnn_real *x = reals(size), *tests = reals(size * TESTS);
    rnn_real *sums = reals(TESTS);
    int i;

    for (i = 0; i < TESTS; i++)
        sums[i] =
            make_sequence(tests + (size_t)i * size, b->seq.steps, &t->rng);
    while (go_on(t)) {
        make_batch(b, tests, x, &t->rng);
        must(t, rnn_forward(&t->net, &t->work, &b->seq), "forward");
        loss_of(t, &b->seq, &b->want);
        must(t, rnn_backward(&t->net, &t->work, &b->seq, NULL), "backward");
        update(t);
    }
    if (t->done > 0)
        draw(t);
    return test(t, b, tests, sums);
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_GRU, 64, 2000};
    double lr = 0.005, open = 1, gain = 0, mse;
    int length = 50;
    const option own[] = {
        {"--length", WHOLE, &length, 2, 10000, NULL,
         "steps of a sequence: longer is harder"},
        {"--lr", REAL, &lr, 1e-6, 1, NULL, "learning rate, at first"},
        {"--open", REAL, &open, -10, 10, NULL,
         "bias of an LSTM's forget gates, at first"},
        {"--orthogonal", REAL, &gain, 0, 10, NULL,
         "recurrent weights begin orthogonal, times that; 0: as PyTorch's, of "
         "relu as the identity"},
        OPTIONS_END};
    rnn_model model = {0};
    trainer *t;
    batch b;

    read_options(argc, argv,
                 "adding learns to add the two marked numbers of a long "
                 "sequence,\nand so to remember.\n",
                 &o, own);
    model.wiring = RNN_WIRING_N_TO_1;
    model.cell = (rnn_cell)o.cell;
    model.input = RNN_INPUT_DENSE;
    model.input_size = 2;
    model.hidden_size = o.hidden;
    model.output_size = 1;
    t = open_trainer(&model, 0, length, BATCH, &o, lr);
    begin_otherwise(t, open, gain);
    b = open_batch(length);
    mse = learn_all(t, &b);
    printf("T %d, %s, %d units, %lu parameters, lr %g, %d iterations: "
           "mse %.5f, %.1f seconds of processor\n",
           length, cell_names[o.cell], o.hidden,
           (unsigned long)t->net.sizes.params, lr, o.iterations, mse,
           (double)clock() / CLOCKS_PER_SEC);
    return result("adding_mse", mse, '<', 0.01);
}
