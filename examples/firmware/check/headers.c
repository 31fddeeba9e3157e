/* For check_export.sh: all the headers that export has made of kinds.h, in one
 * program. Their self-checks must find the desk's bits; on a desk, in whose
 * current folder the checkpoints are, descriptions and weights must be those of
 * the files, bit for bit. Ends with the number of what is wrong. */
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_WHY
#if !__STDC_HOSTED__
#define RNN_NO_FILES
#endif
#include "../../../rnn.h"

#include "before.h"
#include "both.h"
#include "pairs.h"
#include "peep.h"
#include "plain.h"
#include "relu.h"
#include "stack.h"
#include "table.h"
#include "wide.h"

#include "board.h"
#include "kinds.h"

static int wrong;

static void report(const char *name, const char *what, int where)
{
    board_write(name);
    board_write(what);
    board_number(where);
    board_put('\n');
    wrong++;
}

#define OUTPUTS_(cell, I, E, H, L, D, bias, O) O
#define OUTPUTS(...) OUTPUTS_(__VA_ARGS__)

#define STEP(lower, upper, ...)                                                \
    RNN_DEFINE_STEP(lower##_step, upper##_NET)                                 \
                                                                               \
    static void try_##lower(void)                                              \
    {                                                                          \
        static rnn_real h[RNN_STATE(1, upper##_NET)];                          \
        static rnn_real c[RNN_STATE(1, upper##_NET)];                          \
        static rnn_real logits[RNN_LOGITS(1, 1, upper##_NET)];                 \
        static rnn_real scratch[RNN_SCRATCH_STEP(1, upper##_NET)];             \
        const int first = lower##_check(                                       \
            lower##_step, h, RNN_HAS_C(lower##_model.cell) ? c : NULL,         \
            OUTPUTS(upper##_NET) ? logits : NULL, scratch);                    \
                                                                               \
        if (first)                                                             \
            report(#lower, ": other bits at step ", first);                    \
    }
STEPS(STEP)

#if __STDC_HOSTED__
#include <string.h>

static void compare(const char *name, const char *path, const rnn_model *model,
                    const rnn_real *params, size_t n, const rnn_real *extra)
{
    static unsigned char bytes[1 << 18];
    static rnn_real weights[1 << 16], mean[6];
    rnn_model in_file;
    rnn_st st;
    size_t len;

    if (rnn_read_file(path, bytes, sizeof bytes, &len, NULL) ||
        rnn_load_description(bytes, len, &in_file, NULL, 0, NULL, NULL) ||
        rnn_load_params(bytes, len, model, weights, n, NULL, NULL) ||
        rnn_st_open(bytes, len, &st, NULL) ||
        rnn_load_tensor(&st, "own.mean", mean, 6, NULL))
        report(name, ": its file is refused ", 0);
    else if (memcmp(&in_file, model, sizeof in_file) != 0)
        report(name, ": another description ", 0);
    else if (memcmp(weights, params, n * sizeof *params) != 0)
        report(name, ": other weights than these ", (int)n);
    else if (memcmp(mean, extra, sizeof mean) != 0)
        report(name, ": another mean ", 0);
}

#define COMPARE(lower, ...)                                                    \
    compare(#lower, #lower ".safetensors", &lower##_model, lower##_params,     \
            sizeof lower##_params / sizeof *lower##_params, lower##_own_mean);
#else
#define COMPARE(lower, ...)
#endif

#define TRY(lower, ...) try_##lower();

int main(void)
{
    STEPS(TRY)
    STEPS(COMPARE)
    OTHERS(COMPARE)
    return wrong;
}
