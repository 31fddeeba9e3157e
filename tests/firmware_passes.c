/* Passes that the compiler folds, for tests/firmware_train.c; as
 * firmware_folded.c has steps. */
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

#include "firmware_folded.h"

#define PASSES(name, net)                                                      \
    RNN_DEFINE_FORWARD(forward_##name, RNN_WIRING_N_TO_1, net)                 \
    RNN_DEFINE_BACKWARD(backward_##name, RNN_WIRING_N_TO_1, net)
PASSES(TANH, NET_TRAIN(TANH))
PASSES(GRU, NET_TRAIN(GRU))
PASSES(LSTM, NET_TRAIN(LSTM))
PASSES(wide_tanh, NET_TANH)
PASSES(wide_gru, NET_GRU)
PASSES(wide_lstm, NET_LSTM)

void folded_FORWARD(void)
{
    forward_TANH(weights[0], &seq, keep[0], logits);
    forward_GRU(weights[1], &seq, keep[1], logits + TRAIN_O);
    forward_LSTM(weights[2], &seq, keep[2], logits + 2 * TRAIN_O);
}

void folded_BACKWARD(void)
{
    backward_TANH(weights[0], &seq, dlogits[0], keep[0], grads[0], scratch,
                  add);
    backward_GRU(weights[1], &seq, dlogits[1], keep[1], grads[1], scratch, add);
    backward_LSTM(weights[2], &seq, dlogits[2], keep[2], grads[2], scratch,
                  add);
}

const folded_passes folded_ALL[3] = {
    {forward_wide_tanh, backward_wide_tanh},
    {forward_wide_gru, backward_wide_gru},
    {forward_wide_lstm, backward_wide_lstm}};
