/* One step of an LSTM at a time, as firmware runs it: the weights are constants
 * in flash, all memory is static and dimensioned by the header's macros, and
 * neither a C library nor libm is linked. tests/firmware.sh builds it and
 * compares its line with the desk's. */
#define RNN_IMPLEMENTATION
#define RNN_NO_FILES
#include "../rnn.h"

enum { I = 8, H = 16, O = 4, STEPS = 32 };
enum { PARAMS = RNN_MODEL_PARAMS(RNN_LSTM, I, 0, H, 1, 1, 1, O),
       WORK = RNN_MODEL_STEP(RNN_LSTM, 0, H, 1) };

#include "firmware.h"

static const rnn_model model = {.cell = RNN_LSTM, .input_size = I,
                                .hidden_size = H, .output_size = O};

static const rnn_real params[] = {
    W256(0), W256(256), W256(512), W256(768), W256(1024), W256(1280), W64(1536),
    W64(1600), W64(1664), W4(1728)};

/* a division by zero unless there are as many as the macro says */
enum { ALL_WEIGHTS = 1 / (sizeof params / sizeof params[0] == PARAMS) };

static rnn_real h[RNN_STACK_STATE(H, 1, 1, 1)], c[RNN_STACK_STATE(H, 1, 1, 1)];
static rnn_real x[I], logits[O], work[WORK];

static int run(uint32_t *hash)
{
    uint32_t state = 1;
    int t, i, id;

    for (t = 1; t <= STEPS; t++) {
        for (i = 0; i < I; i++) {
            state = state * 1664525u + 1013904223u;
            x[i] = (rnn_real)((int)(state >> 20) - 2048) / (rnn_real)512;
        }
        if (rnn_step(&model, params, 1, x, NULL, h, c, logits, work, WORK,
                     NULL) != RNN_OK ||
            rnn_greedy(logits, O, &id) != RNN_OK)
            return t;
        *hash = hash_reals(*hash, logits, O);
        *hash = hash_reals(*hash, h, H);
        *hash = hash_reals(*hash, c, H);
        *hash = hash_word(*hash, (uint32_t)id);
    }
    return 0;
}
