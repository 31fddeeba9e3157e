/* The networks whose steps firmware_folded.c has, and the arrays of the program
 * that it is linked with. SIZE is smaller where memory is. */
#ifndef FIRMWARE_FOLDED_H
#define FIRMWARE_FOLDED_H

#ifndef SIZE
#define SIZE 32
#endif
#define NET_STEP RNN_CELL_LSTM, 8, 0, 16, 1, 1, 1, 4
#define NET_TANH RNN_CELL_TANH, SIZE, 0, SIZE, 1, 1, 1, 4
#define NET_GRU RNN_CELL_GRU, SIZE, 0, SIZE, 1, 1, 1, 4
#define NET_LSTM RNN_CELL_LSTM, SIZE, 0, SIZE, 1, 1, 1, 4

extern const rnn_real params[];
extern rnn_real x[], h[], c[], logits[], scratch[];

/* One step from x, h and c to h, c and logits. */
void folded_STEP(void);
void folded_TANH(void);
void folded_GRU(void);
void folded_LSTM(void);

#endif
