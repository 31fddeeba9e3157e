/* For check_export.sh: headers that export --int8 has made of some of kinds.h,
 * in one program. Their self-checks must find the desk's bits, of which there
 * is one set. Ends with the number of what is wrong. */
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_WHY
#define RNN_NO_FILES
#include "../../../rnn.h"

#include "plain.h"
#include "stack.h"
#include "table.h"
#include "wide.h"

#include "board.h"

static int wrong;

#define OUTPUTS_(cell, I, E, H, L, D, bias, O) O
#define OUTPUTS(...) OUTPUTS_(__VA_ARGS__)

#define STEP(lower, upper)                                                     \
    RNN_DEFINE_STEP_INT8(lower##_step, upper##_NET)                            \
                                                                               \
    static void try_##lower(void)                                              \
    {                                                                          \
        static int16_t h[RNN_STATE(1, upper##_NET)];                           \
        static int32_t c[RNN_STATE(1, upper##_NET)];                           \
        static int32_t logits[RNN_LOGITS(1, 1, upper##_NET)];                  \
        static int32_t scratch[RNN_INT8_SCRATCH(upper##_NET)];                 \
        const int first = lower##_check(                                       \
            lower##_step, h, RNN_HAS_C(lower##_model.cell) ? c : NULL,         \
            OUTPUTS(upper##_NET) ? logits : NULL, scratch);                    \
                                                                               \
        if (first) {                                                           \
            board_write(#lower ": other bits at step ");                       \
            board_number(first);                                               \
            board_put('\n');                                                   \
            wrong++;                                                           \
        }                                                                      \
    }
STEP(plain, PLAIN)
STEP(stack, STACK)
STEP(table, TABLE)
STEP(wide, WIDE)

int main(void)
{
    try_plain();
    try_stack();
    try_table();
    try_wide();
    return wrong;
}
