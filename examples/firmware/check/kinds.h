/* The models of check_export.sh: name, that of macros, cell, input, I, E, H, L,
 * no_bias, O, wiring. STEPS are for RNN_DEFINE_STEP, the others are not. */
#define STEPS(X)                                                               \
    X(plain, PLAIN, TANH, DENSE, 3, 0, 5, 1, 0, 4, N_TO_1)                     \
    X(relu, RELU, RELU, ONE_HOT, 7, 0, 4, 2, 0, 7, N_TO_N)                     \
    X(table, TABLE, GRU, EMBEDDING, 9, 4, 6, 2, 0, 3, N_TO_1)                  \
    X(before, BEFORE, GRU_RESET_BEFORE, DENSE, 2, 0, 5, 1, 1, 1, N_TO_N)       \
    X(stack, STACK, LSTM, DENSE, 40, 0, 3, 2, 0, 0, N_TO_N)                    \
    X(peep, PEEP, LSTM_PEEPHOLE, ONE_HOT, 5, 0, 9, 3, 1, 5, N_TO_N)            \
    X(wide, WIDE, LSTM, DENSE, 300, 0, 2, 1, 0, 2, N_TO_N)
#define OTHERS(X)                                                              \
    X(both, BOTH, GRU, DENSE, 2, 0, 3, 1, 0, 2, N_TO_1)                        \
    X(pairs, PAIRS, LSTM, EMBEDDING, 8, 3, 4, 1, 0, 6, N_TO_M)
