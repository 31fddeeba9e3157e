/* Steps of one cell, their bits those of the desk, then some with numbers that
 * nobody hopes for: how many instructions a step takes shall depend on none.
 * CELL is the cell's name; the step is firmware_folded.c's or, with PLANNED, by
 * a plan. */
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

enum { STEPS = 32 };

#include "firmware.h"
#include "firmware_folded.h"

#define NET JOIN(NET_, CELL)
enum { PARAMS = RNN_PARAMS(NET), STATE = RNN_STATE(1, NET),
       LOGITS = RNN_LOGITS(1, 1, NET) };

#ifdef __AVR__
#include <avr/pgmspace.h>
#else
#define PROGMEM
#endif
const rnn_real params[] PROGMEM = {CELL_WEIGHTS};

/* a division by zero unless there are enough */
enum { ALL_WEIGHTS = 1 / (sizeof params / sizeof params[0] >= PARAMS) };

rnn_real x[SIZE], logits[LOGITS], h[STATE], c[STATE];
rnn_real scratch[RNN_SCRATCH_STEP(1, NET)];

#ifdef PLANNED
static const rnn_model model = {.cell = JOIN(RNN_CELL_, CELL),
                                .input_size = SIZE, .hidden_size = SIZE,
                                .output_size = LOGITS};
static rnn_net net;
static rnn_work work;
static rnn_status status;

static int begin(void)
{
    static const rnn_most most = {.packed = RNN_PACK_NONE};

    work.weights = params;
    work.weights_len = PARAMS;
    work.logits = logits;
    work.logits_len = LOGITS;
    work.scratch = scratch;
    work.scratch_len = sizeof scratch / sizeof *scratch;
    return rnn_plan(&net, &model, &most) != RNN_OK ||
           rnn_bind(&net, &work, NULL, 0) != RNN_OK;
}

static void step(void)
{
    static const rnn_row row = {.x = x};
    const int has_c = RNN_HAS_C(JOIN(RNN_CELL_, CELL)) != 0;

    status = rnn_step(&net, &work, &row, h, has_c ? c : NULL);
}
#else
enum { status = 0 };

static int begin(void)
{
    return 0;
}

#define step JOIN(folded_, CELL)
#endif

/* x of step t, of both signs, at most 4; 0 now and then */
static void set_x(int t, uint32_t *state)
{
    static const rnn_real scales[8] = {
        (rnn_real)(1.0 / 512), 0, (rnn_real)1e-6, (rnn_real)(1.0 / 4096),
        (rnn_real)(1.0 / 1024), (rnn_real)1e-9, (rnn_real)(1.0 / 600),
        (rnn_real)(1.0 / 65536)};
    int i;

    for (i = 0; i < SIZE; i++) {
        *state = *state * 1664525u + 1013904223u;
        x[i] = (rnn_real)((int)(*state >> 20) - 2048) * scales[t % 8];
    }
}

/* What has no part in the hash, since subnormal numbers are 0 on some targets:
 * huge, tiny, infinite and none. */
static void extremes(void)
{
    static const rnn_real huge = (rnn_real)1e30, tiny = (rnn_real)1e-42;
    rnn_real all[8];
    int t, i;

    all[0] = all[5] = huge;
    all[1] = tiny;
    all[2] = -huge;
    all[3] = huge * huge;
    all[4] = 0;
    all[6] = -all[3];
    all[7] = all[3] - all[3];
    for (t = 0; t < 8; t++) {
        for (i = 0; i < SIZE; i++)
            x[i] = all[i & t];
        measured(step);
        for (i = 0; i < SIZE; i++)
            h[i] = c[i] = 0;
    }
}

static int run(uint32_t *hash)
{
    uint32_t state = 1;
    int t;

    if (begin())
        return 1;
    for (t = 1; t <= STEPS; t++) {
        set_x(t, &state);
        measured(step);
        if (status)
            return t;
        *hash = hash_reals(*hash, logits, LOGITS);
        *hash = hash_reals(*hash, h, STATE);
        *hash = hash_reals(*hash, c, STATE);
    }
    extremes();
    return 0;
}
