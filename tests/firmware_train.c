/* Three cells learn to name what they saw first: folded passes of
 * firmware_passes.c or, with PLANNED, a plan's; loss and optimiser are the
 * library's. One hash of logits, gradients and what the weights become. */
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

enum { STEPS = 12, CELLS = 3, BATCH = 2 };

#include "firmware.h"
#include "firmware_folded.h"

rnn_real weights[CELLS][TRAIN_PARAMS], grads[CELLS][TRAIN_PARAMS];
rnn_real keep[CELLS][TRAIN_KEEP], scratch[TRAIN_SCRATCH];
rnn_real logits[CELLS * TRAIN_O], dlogits[CELLS][TRAIN_O];
rnn_seq seq;
int add;

static const size_t sizes[CELLS] = {
    RNN_PARAMS(NET_TRAIN(TANH)), RNN_PARAMS(NET_TRAIN(GRU)),
    RNN_PARAMS(NET_TRAIN(LSTM))};

#ifdef PLANNED
static const rnn_cell cells[CELLS] = {RNN_CELL_TANH, RNN_CELL_GRU,
                                      RNN_CELL_LSTM};
static rnn_net net[CELLS];
static rnn_work work[CELLS];
static rnn_status status;

static int begin(void)
{
    static const rnn_most most = {.steps = TRAIN_T, .train = 1,
                                  .packed = RNN_PACK_NONE};
    static rnn_real memory[CELLS][4000];
    rnn_model m = {.wiring = RNN_WIRING_N_TO_1, .input_size = TRAIN_I,
                   .hidden_size = TRAIN_H, .output_size = TRAIN_O};
    int i;

    for (i = 0; i < CELLS; i++) {
        m.cell = cells[i];
        work[i].params = weights[i];
        work[i].params_len = sizes[i];
        work[i].grads = grads[i];
        work[i].grads_len = sizes[i];
        work[i].logits = logits + i * TRAIN_O;
        work[i].dlogits = dlogits[i];
        work[i].logits_len = work[i].dlogits_len = TRAIN_O;
        if (rnn_plan(&net[i], &m, &most) != RNN_OK ||
            rnn_bind(&net[i], &work[i], memory[i], 4000) != RNN_OK)
            return 1;
    }
    return 0;
}

void folded_FORWARD(void)
{
    int i;

    for (i = 0; i < CELLS && !status; i++)
        status = rnn_forward(&net[i], &work[i], &seq);
}

void folded_BACKWARD(void)
{
    rnn_flow flow = {.accumulate = add};
    int i;

    for (i = 0; i < CELLS && !status; i++)
        status = rnn_backward(&net[i], &work[i], &seq, &flow);
}
#else
static const rnn_status status = RNN_OK;

static int begin(void)
{
    return 0;
}
#endif

/* The steps of sequence n: numbers of both signs, the first a class. */
static int set_steps(rnn_real *in, int n)
{
    int i;

    for (i = 0; i < TRAIN_T * TRAIN_I; i++)
        in[i] = (rnn_real)((i + n) * 11 % 17 - 8) / (rnn_real)16;
    for (i = 0; i < TRAIN_I; i++)
        in[i] = i == n % TRAIN_I ? 2 : 0;
    return n % TRAIN_I;
}

/* One sequence through all cells; of a batch, gradients add up. */
static int pass(int n, uint32_t *hash)
{
    static rnn_real in[TRAIN_T * TRAIN_I];
    const int label = set_steps(in, n);
    rnn_real loss;
    int i;

    seq.steps = TRAIN_T;
    seq.batch = 1;
    seq.x = in;
    measured(folded_FORWARD);
    for (i = 0; i < CELLS; i++) {
        if (rnn_cross_entropy_rows(logits + i * TRAIN_O, 1, TRAIN_O, &label,
                                   NULL, dlogits[i], &loss, NULL) != RNN_OK)
            return 1;
        *hash = hash_reals(*hash, logits + i * TRAIN_O, TRAIN_O);
    }
    measured(folded_BACKWARD);
    return status != RNN_OK;
}

static int run(uint32_t *hash)
{
    rnn_optimizer opt;
    int step, i;
    size_t j;

    for (i = 0; i < CELLS; i++)
        for (j = 0; j < sizes[i]; j++)
            weights[i][j] = W1((long)j + 100 * i);
    if (begin() ||
        rnn_optimizer_init(&opt, RNN_OPT_SGD, (rnn_real)0.25, NULL) != RNN_OK)
        return 1;
    for (step = 1; step <= STEPS; step++) {
        for (add = 0; add < BATCH; add++)
            if (pass(BATCH * step + add, hash))
                return step;
        for (i = 0; i < CELLS; i++) {
            *hash = hash_reals(*hash, grads[i], (int)sizes[i]);
            if (rnn_optimizer_step_array(&opt, weights[i], grads[i], NULL,
                                         sizes[i], NULL) != RNN_OK)
                return step;
            *hash = hash_reals(*hash, weights[i], (int)sizes[i]);
        }
    }
    return 0;
}
