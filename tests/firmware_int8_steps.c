/* Steps of int8 networks, in a file of their own as those of
 * firmware_folded.c. */
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

#include "firmware_int8.h"

RNN_DEFINE_STEP_INT8(step_tanh, NET_TANH)
RNN_DEFINE_STEP_INT8(step_gru, NET_GRU)
RNN_DEFINE_STEP_INT8(step_lstm, NET_LSTM)

void folded_INT8_TANH(void)
{
    step_tanh(&whole, xs, NULL, hs, NULL, outs, room);
}

void folded_INT8_GRU(void)
{
    step_gru(&whole, xs, NULL, hs, NULL, outs, room);
}

void folded_INT8_LSTM(void)
{
    step_lstm(&whole, xs, NULL, hs, cs, outs, room);
}
