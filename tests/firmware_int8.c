/* Steps of one int8 cell, which the target makes itself from the floats in its
 * flash: the arrays and the steps have the bits of the desk, and these are the
 * same with fma and without. CELL is the cell's name. */
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

enum { STEPS = 32 };

#include "firmware.h"
#include "firmware_int8.h"

#define NET JOIN(NET_, CELL)
#define step JOIN(folded_INT8_, CELL)
enum { PARAMS = RNN_PARAMS(NET), STATE = RNN_STATE(1, NET),
       LOGITS = RNN_LOGITS(1, 1, NET), WEIGHTS = RNN_INT8_WEIGHTS(NET),
       FACTORS = RNN_INT8_FACTORS(NET), BIASES = RNN_INT8_BIASES(NET),
       SHIFTS = RNN_INT8_SHIFTS(NET) };

const rnn_real params[] = {CELL_WEIGHTS};

/* a division by zero unless there are enough */
enum { ALL_WEIGHTS = 1 / (sizeof params / sizeof params[0] >= PARAMS) };

/* weights begin at a word */
static union {
    uint32_t word;
    uint8_t bytes[WEIGHTS];
} packed;
static int16_t factors[FACTORS];
static int32_t biases[BIASES];
static uint8_t shifts[SHIFTS];
const rnn_int8 whole = {packed.bytes, factors, biases, shifts};
int16_t xs[SIZE], hs[STATE];
int32_t cs[STATE], outs[LOGITS], room[RNN_INT8_SCRATCH(NET)];

static int begin(uint32_t *hash)
{
    static const rnn_int8_room to = {packed.bytes, factors, biases, shifts,
                                     WEIGHTS, FACTORS, BIASES, SHIFTS};
    rnn_model model = {.cell = JOIN(RNN_CELL_, CELL), .input_size = SIZE,
                       .hidden_size = SIZE, .output_size = LOGITS};
    int i;

    (void)hash_reals;
    if (rnn_quantize(&model, params, PARAMS, (rnn_real)4 / (rnn_real)32768, &to,
                     NULL) != RNN_OK)
        return 1;
    for (i = 0; i < WEIGHTS; i++)
        *hash = hash_word(*hash, packed.bytes[i]);
    for (i = 0; i < FACTORS; i++)
        *hash = hash_word(*hash, (uint32_t)factors[i]);
    for (i = 0; i < BIASES; i++)
        *hash = hash_word(*hash, (uint32_t)biases[i]);
    return 0;
}

/* x of step t, of both signs, from nearly 0 to the largest */
static void set_x(int t, uint32_t *state)
{
    static const int parts[8] = {1, 32767, 8, 2, 4, 128, 1, 32};
    int i;

    for (i = 0; i < SIZE; i++) {
        *state = *state * 1664525u + 1013904223u;
        xs[i] = (int16_t)(((int32_t)(*state >> 16) - 32768) / parts[t % 8]);
    }
}

static int run(uint32_t *hash)
{
    uint32_t state = 1;
    int t, i;

    if (begin(hash))
        return 1;
    for (t = 1; t <= STEPS; t++) {
        if (t <= STEPS / 2)
            set_x(t, &state);
        else /* as far as it goes */
            for (i = 0; i < SIZE; i++)
                xs[i] = (int16_t)(t % 3 ? 32767 : -32768);
        measured(step);
        for (i = 0; i < LOGITS; i++)
            *hash = hash_word(*hash, (uint32_t)outs[i]);
        for (i = 0; i < STATE; i++) {
            *hash = hash_word(*hash, (uint32_t)hs[i]);
            *hash = hash_word(*hash, (uint32_t)cs[i]);
        }
    }
    return 0;
}
