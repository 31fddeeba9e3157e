/* Every cell in every wiring: forward, gradients, three steps of an optimiser,
 * one hash. It fits into the memory of a micro:bit, 16 KB with all stacks, and
 * tests/firmware.sh compares its line with the desk's. PART 1 or 2: half of the
 * wirings, where flash is short. */
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

enum { I = 2, H = 5, O = 2, A = 2, T = 3, S = 2, B = 2, ROOM = 2200 };

static const rnn_model models[] = {
#if !defined(PART) || PART == 1
    {.wiring = RNN_WIRING_N_TO_N, .num_layers = 2},
    {.wiring = RNN_WIRING_N_TO_1, .input = RNN_INPUT_ONE_HOT,
     .bidirectional = 1},
    /* c as the state, and as an input of every step */
    {.wiring = RNN_WIRING_1_TO_N, .context_size = H,
     .target = RNN_INPUT_ONE_HOT, .target_size = O},
    {.wiring = RNN_WIRING_1_TO_N, .feed = RNN_FEED_EACH},
#endif
#if !defined(PART) || PART == 2
    {.wiring = RNN_WIRING_N_TO_M, .input = RNN_INPUT_ONE_HOT,
     .target = RNN_INPUT_ONE_HOT, .target_size = O},
    {.wiring = RNN_WIRING_N_TO_M, .feed = RNN_FEED_EACH, .target_size = O,
     .context = RNN_CONTEXT_MEAN},
    {.wiring = RNN_WIRING_N_TO_M, .target = RNN_INPUT_ONE_HOT,
     .target_size = O, .attention = RNN_SCORE_ADDITIVE, .attention_size = A,
     .head_context = 1},
#endif
};
enum { MODELS = sizeof models / sizeof models[0], STEPS = RNN_CELLS * MODELS };

#include "firmware.h"

static rnn_real room[ROOM], x[T * B * I], y[T * B * O];
static rnn_net net;
static rnn_work work;
static rnn_seq seq, source;

/* Numbers between -2 and 2, exact in float; tokens; one row ends early. */
static void set_sequences(const rnn_model *m)
{
    static const int lengths[B] = {T, T - 1}, source_lengths[B] = {S - 1, S};
    static const int ids[T * B] = {0, 1, 1, 1, 0, 0};
    static const rnn_seq none; /* all zero */
    const int decoder = m->wiring >= RNN_WIRING_1_TO_N;
    int i;

    for (i = 0; i < T * B * I; i++)
        x[i] = (rnn_real)(i * 11 % 17 - 8) / (rnn_real)4;
    for (i = 0; i < T * B * O; i++)
        y[i] = (rnn_real)(i * 7 % 13 - 6) / (rnn_real)4;
    seq = source = none;
    seq.steps = T;
    seq.batch = source.batch = B;
    seq.lengths = lengths;
    seq.x = decoder ? y : x;
    seq.ids = source.ids = ids;
    seq.source = &source;
    source.x = x;
    source.steps = m->wiring == RNN_WIRING_N_TO_M ? S : 1;
    source.lengths = source.steps == S ? source_lengths : NULL;
}

/* One pass forward and back; its numbers go into the hash. */
static int pass(uint32_t *hash)
{
    static const int labels[T * B] = {1, 0, 1, 1, 0, 1};
    rnn_real loss;

    if (rnn_forward(&net, &work, &seq) != RNN_OK)
        return 1;
    *hash = hash_reals(*hash, work.logits, (int)net.sizes.logits);
    if (rnn_cross_entropy(&net, &work, &seq, labels, NULL, &loss) != RNN_OK ||
        rnn_backward(&net, &work, &seq, NULL) != RNN_OK)
        return 1;
    *hash = hash_reals(*hash, &loss, 1);
    *hash = hash_reals(*hash, work.grads, (int)net.sizes.params);
    return 0;
}

/* As many moments as there is room for: Adam has two, SGD with momentum one. */
static int plan(const rnn_model *m, int *moments)
{
    rnn_most most = {.steps = T, .batch = B, .source_steps = S, .train = 1,
                     .moments = 3, .packed = RNN_PACK_NONE};

    do {
        *moments = --most.moments;
        if (*moments < 0 || rnn_plan(&net, m, &most) != RNN_OK)
            return 1;
    } while (net.sizes.all > ROOM);
    return 0;
}

static int train(const rnn_model *m, uint32_t *hash)
{
    static const rnn_work none; /* all zero */
    rnn_optimizer opt;
    rnn_rng rng;
    int k, moments;

    work = none;
    rnn_rng_seed(&rng, 1);
    if (plan(m, &moments) || rnn_bind(&net, &work, room, ROOM) != RNN_OK ||
        rnn_init_params(m, work.params, work.params_len, &rng, NULL) !=
            RNN_OK ||
        rnn_optimizer_init(&opt, moments == 2 ? RNN_OPT_ADAM : RNN_OPT_SGD,
                           (rnn_real)0.05, NULL) != RNN_OK)
        return 1;
    opt.momentum = moments == 1 ? (rnn_real)0.9 : 0;
    set_sequences(m);
    for (k = 0; k < 3; k++)
        if (pass(hash) || rnn_optimizer_step(&opt, &net, &work) != RNN_OK)
            return 1;
    *hash = hash_reals(*hash, work.params, (int)net.sizes.params);
    return 0;
}

static int run(uint32_t *hash)
{
    rnn_model m;
    int cell, i, step = 0;

    for (i = 0; i < MODELS; i++)
        for (cell = 0; cell < RNN_CELLS; cell++) {
            step++;
            m = models[i];
            m.cell = (rnn_cell)cell;
            m.input_size = I;
            m.hidden_size = H;
            m.output_size = O;
            if (train(&m, hash))
                return step;
        }
    return 0;
}
