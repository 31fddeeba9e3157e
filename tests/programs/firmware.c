/* A microcontroller's step, from a description that the compiler knows: weights
 * in flash, 64 numbers of state, no plan, no heap, no libc. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"

#define NET RNN_CELL_LSTM, 3, 0, 32, 1, 1, 1, 4 /* cell I E H L D bias O */

extern const rnn_real weights[RNN_PARAMS(NET)]; /* of an exported checkpoint */
extern int read_sensor(rnn_real x[3]);
extern void show(const rnn_real logits[4]);

RNN_DEFINE_STEP(step, NET)

int main(void)
{
    static rnn_real h[RNN_STATE(1, NET)], c[RNN_STATE(1, NET)], x[3], logits[4];
    static rnn_real scratch[RNN_SCRATCH_STEP(1, NET)];

    while (read_sensor(x)) {
        step(weights, x, NULL, h, c, logits, scratch);
        show(logits);
    }
    return 0;
}
