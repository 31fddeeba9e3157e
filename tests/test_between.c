/* What changes between two calls that belong together: the tokens that a model
 * has read itself, lengths of sources that are in memory, where dropout of a
 * source begins, gradients that a step has used. Each is refused, with nothing
 * read or written out of bounds.
 *
 *     test_between [SEED]
 */
#ifdef RNN_I_IMPLEMENTED /* make's tests: the library is a checking build */
#define CHECKED 1
#else
#define CHECKED 0
#endif
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "why.h"

enum { T = 4, S = 5, B = 2, V = 6, H = 3 };

static rnn_model model;
static rnn_net net;
static rnn_work work;
static rnn_seq seq, source;
static rnn_flow flow;
static int ids[T * B], words[S * B], lengths[B], own[T * B], targets[T * B];
static rnn_real *h;

#define CALL(call, ...) SAYS(&work.why, call, __VA_ARGS__)
#define WELL(call) GOOD(&work.why, call)
#define FORWARD() rnn_forward(&net, &work, &seq)
#define LOSS() rnn_cross_entropy(&net, &work, &seq, targets, NULL, NULL)
#define BACKWARD() rnn_backward(&net, &work, &seq, &flow)

/* An encoder-decoder of two layers with attention and dropout. */
static void begin(void)
{
    const rnn_most most = {
        .steps = T, .batch = B, .source_steps = S, .train = 1, .moments = 2};
    rnn_rng rng;
    int i;

    test_free();
    memset(&model, 0, sizeof model);
    memset(&work, 0, sizeof work);
    memset(&seq, 0, sizeof seq);
    memset(&source, 0, sizeof source);
    memset(&flow, 0, sizeof flow);
    model.wiring = RNN_WIRING_N_TO_M;
    model.input = model.target = RNN_INPUT_ONE_HOT;
    model.input_size = model.target_size = model.output_size = V;
    model.hidden_size = H;
    model.num_layers = 2;
    model.dropout = (rnn_real)0.5;
    model.attention = RNN_SCORE_DOT;
    MUST(!rnn_plan(&net, &model, &most), "plan");
    WELL(rnn_bind(&net, &work, test_reals(net.sizes.all, 1), net.sizes.all));
    rnn_rng_seed(&rng, 1);
    MUST(!rnn_init_params(&model, work.params, work.params_len, &rng, NULL),
         "init");
    h = test_reals(net.sizes.state, 0);
    for (i = 0; i < T * B; i++)
        ids[i] = targets[i] = i % V;
    for (i = 0; i < S * B; i++)
        words[i] = i % V;
    for (i = 0; i < B; i++)
        lengths[i] = S - 1 - i;
    source.steps = S;
    source.batch = seq.batch = B;
    source.ids = words;
    source.lengths = lengths;
    seq.steps = T;
    seq.ids = ids;
    seq.source = &source;
    seq.ids_len = seq.targets_len = T * B;
    source.ids_len = S * B;
    source.state_len = net.sizes.state;
}

/* Tokens that forward has drawn index a gradient of the table's rows. */
static void check_own_ids(void)
{
    static const int bad[] = {1000000, V, -1};
    int i, old;

    begin();
    seq.own_rate = (rnn_real)0.5;
    seq.own_ids = own;
    seq.own_ids_len = T * B;
    for (i = 0; i < 3; i++) {
        WELL(FORWARD());
        WELL(LOSS());
        old = own[3];
        own[3] = bad[i];
        CALL(BACKWARD(), RNN_E_ID,
             "own_ids: %d at step 1 of row 1, and there are 0 to %d", bad[i],
             V - 1);
        own[3] = (old + 1) % V; /* could be: a checking build alone finds it */
        if (CHECKED) {
            CALL(BACKWARD(), RNN_E_ORDER,
                 "x or ids have changed since rnn_forward");
            own[3] = old;
        }
        WELL(BACKWARD());
    }
    seq.own_sample = 2;
    CALL(FORWARD(), RNN_E_ARG, "own_sample is 2: 1 is the most");
    seq.own_sample = 0;
    source.own_rate = (rnn_real)NAN;
    CALL(FORWARD(), RNN_E_ARG,
         "own_rate of source 0 is not 0: only a target has it");
}

/* Steps read lengths of the sources, of the caller's array. */
static void check_lengths(void)
{
    static const int other[] = {1000000, -5, 2};
    rnn_row row = {.rows = B, .ids = ids};
    rnn_writing how = {.end = -1, .max_tokens = 1, .rows = B};
    int i, out[B], counts[B];

    begin();
    row.state_len = how.state_len = net.sizes.state;
    how.ids_len = how.counts_len = B;
    CALL(rnn_step(&net, &work, &row, h, NULL), RNN_E_ORDER,
         "memory is empty: rnn_encode comes before a decoder's steps");
    for (i = 0; i < 3; i++) {
        const int old = lengths[0];
        WELL(rnn_encode(&net, &work, &source, h, NULL));
        WELL(rnn_step(&net, &work, &row, h, NULL));
        lengths[0] = other[i];
        CALL(rnn_step(&net, &work, &row, h, NULL), RNN_E_ORDER,
             "lengths of source 0 have changed since rnn_encode");
        lengths[0] = old;
        WELL(rnn_step(&net, &work, &row, h, NULL));
    }
    how.length_power = (rnn_real)NAN;
    CALL(rnn_generate(&net, &work, &how, h, NULL, out, counts, NULL), RNN_E_ARG,
         "length_power is NaN: no finite number");
}

/* The masks of a source count its own steps. */
static void check_first_step(void)
{
    begin();
    WELL(FORWARD());
    WELL(LOSS());
    source.first_step = 9;
    CALL(BACKWARD(), RNN_E_ORDER,
         "keep holds a pass with other steps, batch, lengths, strides, fresh, "
         "seed, first_step, first_row or own_rate");
    source.first_step = 0;
    WELL(BACKWARD());
}

/* Where arrays begin in keep depends on where in a line that lies: what has been
 * copied elsewhere is refused, also behind another kind of pass, which lays out
 * its arrays anew. */
static void check_moved_keep(void)
{
    rnn_real *old, *elsewhere;
    size_t off;

    begin();
    old = work.keep;
    elsewhere = test_reals(work.keep_len + 16, 0);
    off = (16 + 8 - (size_t)((uintptr_t)elsewhere / sizeof *old % 16)) % 16;
    WELL(FORWARD());
    WELL(LOSS());
    memcpy(elsewhere + off, old, work.keep_len * sizeof *old);
    work.keep = elsewhere + off;
    CHECK(BACKWARD() == RNN_E_ORDER, "moved");
    work.keep = old;
    WELL(rnn_encode(&net, &work, &source, h, NULL));
    work.keep = elsewhere + off;
    CHECK(BACKWARD() == RNN_E_ORDER, "moved, and laid out anew");
    work.keep = old;
    WELL(BACKWARD());
}

/* Adding to what a step has used already is forgetting to clear it, which a
 * checking build finds; other numbers there, or zeros, are the caller's. */
static void check_accumulate(void)
{
    rnn_optimizer opt;
    int i;

    begin();
    MUST(!rnn_optimizer_init(&opt, RNN_OPT_ADAM, (rnn_real)0.01, NULL), "adam");
    for (i = 0; i < 4; i++) { /* twice what is there, then a step */
        flow.accumulate = 0;
        WELL(FORWARD());
        WELL(LOSS());
        WELL(BACKWARD());
        flow.accumulate = 1;
        WELL(FORWARD());
        WELL(LOSS());
        WELL(BACKWARD());
        WELL(rnn_optimizer_step(&opt, &net, &work));
        WELL(FORWARD());
        WELL(LOSS());
        if (CHECKED)
            CALL(BACKWARD(), RNN_E_ORDER,
                 "accumulate is 1, but a step has used what is in grads: the "
                 "first pass after it overwrites");
        if (i == 1)
            memset(work.grads, 0, work.grads_len * sizeof *work.grads);
        else if (i == 2)
            work.grads[1] += 1;
        else
            flow.frozen = i == 3, flow.accumulate = i == 3;
        WELL(BACKWARD());
        flow.frozen = 0;
    }
    flow.accumulate = 0;
    WELL(FORWARD());
    WELL(LOSS());
    WELL(BACKWARD());
    memset(work.grads, 0, work.grads_len * sizeof *work.grads);
    WELL(rnn_optimizer_step(&opt, &net, &work)); /* of zeros, which stay */
    flow.accumulate = 1;
    WELL(FORWARD());
    WELL(LOSS());
    WELL(BACKWARD());
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_own_ids();
    check_lengths();
    check_first_step();
    check_moved_keep();
    check_accumulate();
    test_free();
    kinds_unused();
    return test_end();
}
