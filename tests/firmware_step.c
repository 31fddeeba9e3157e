/* One step of an LSTM at a time, as firmware runs it: the weights are constants
 * in flash, all memory is static and dimensioned by the header's macros, and
 * neither a C library nor libm is linked. With FOLDED the step is the one of
 * firmware_folded.c: no plan and no status, the same bits. tests/firmware.sh
 * builds it and compares its line with the desk's. */
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

enum { I = 8, H = 16, O = 4, STEPS = 32 };
#define NET RNN_CELL_LSTM, I, 0, H, 1, 1, 1, O /* NET_STEP */
enum { PARAMS = RNN_PARAMS(NET) };

#include "firmware.h"
#include "firmware_folded.h"

const rnn_real params[] = {
    W256(0), W256(256), W256(512), W256(768), W256(1024), W256(1280), W64(1536),
    W64(1600), W64(1664), W4(1728)};

/* a division by zero unless there are as many as the macro says */
enum { ALL_WEIGHTS = 1 / (sizeof params / sizeof params[0] == PARAMS) };

rnn_real x[I], logits[RNN_LOGITS(1, 1, NET)];
rnn_real h[RNN_STATE(1, NET)], c[RNN_STATE(1, NET)];
rnn_real scratch[RNN_SCRATCH_STEP(1, NET)];

#ifdef FOLDED
static int begin(void)
{
    return 0;
}

static int step(void)
{
    folded_STEP();
    return 0;
}
#else
static const rnn_model model = {.cell = RNN_CELL_LSTM, .input_size = I,
                                .hidden_size = H, .output_size = O};
static rnn_net net;
static rnn_work work;

static int begin(void)
{
    static const rnn_most most = {.packed = RNN_PACK_NONE};

    work.weights = params;
    work.weights_len = PARAMS;
    work.logits = logits;
    work.logits_len = sizeof logits / sizeof *logits;
    work.scratch = scratch;
    work.scratch_len = sizeof scratch / sizeof *scratch;
    return rnn_plan(&net, &model, &most) != RNN_OK ||
           rnn_bind(&net, &work, NULL, 0) != RNN_OK;
}

static int step(void)
{
    static const rnn_row row = {.x = x};

    return rnn_step(&net, &work, &row, h, c) != RNN_OK;
}
#endif

static int run(uint32_t *hash)
{
    uint32_t state = 1;
    int t, i, id;

    if (begin())
        return 1;
    for (t = 1; t <= STEPS; t++) {
        for (i = 0; i < I; i++) {
            state = state * 1664525u + 1013904223u;
            x[i] = (rnn_real)((int)(state >> 20) - 2048) / (rnn_real)512;
        }
        if (step() || rnn_greedy(logits, O, &id, NULL) != RNN_OK)
            return t;
        *hash = hash_reals(*hash, logits, O);
        *hash = hash_reals(*hash, h, H);
        *hash = hash_reals(*hash, c, H);
        *hash = hash_word(*hash, (uint32_t)id);
    }
    return 0;
}
