/* Steps that the compiler folds, in a file of their own: tests/firmware.sh
 * measures what a program pays for one in code, stack and instructions. The
 * linker takes the one that is called. */
#ifdef __AVR__ /* its constants are in RAM, unless they are told otherwise */
#include <avr/pgmspace.h>
#define RNN_WEIGHT(p) pgm_read_float(p)
#endif
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

#include "firmware_folded.h"

RNN_DEFINE_STEP(step, NET_STEP)
RNN_DEFINE_STEP(step_tanh, NET_TANH)
RNN_DEFINE_STEP(step_gru, NET_GRU)
RNN_DEFINE_STEP(step_lstm, NET_LSTM)

void folded_STEP(void)
{
    step(params, x, NULL, h, c, logits, scratch);
}

void folded_TANH(void)
{
    step_tanh(params, x, NULL, h, NULL, logits, scratch);
}

void folded_GRU(void)
{
    step_gru(params, x, NULL, h, NULL, logits, scratch);
}

void folded_LSTM(void)
{
    step_lstm(params, x, NULL, h, c, logits, scratch);
}
