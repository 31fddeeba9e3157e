/* The networks whose steps firmware_folded.c has, and their passes
 * firmware_passes.c; and the arrays of the program that these are linked with.
 * SIZE is smaller where memory is. */
#ifndef FIRMWARE_FOLDED_H
#define FIRMWARE_FOLDED_H

#ifndef SIZE
#define SIZE 32
#endif
/* a cell's own name in another */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
/* weights for any cell of SIZE: as many as LSTM has, or more */
#if SIZE == 32
#define CELL_WEIGHTS                                                           \
    W1024(0), W1024(1024), W1024(2048), W1024(3072), W1024(4096), W1024(5120), \
        W1024(6144), W1024(7168), W256(8192), W256(8448)
#else
#define CELL_WEIGHTS W256(0), W256(256), W256(512)
#endif

#define NET_STEP RNN_CELL_LSTM, 8, 0, 16, 1, 1, 1, 4
#define NET_TANH RNN_CELL_TANH, SIZE, 0, SIZE, 1, 1, 1, 4
#define NET_GRU RNN_CELL_GRU, SIZE, 0, SIZE, 1, 1, 1, 4
#define NET_LSTM RNN_CELL_LSTM, SIZE, 0, SIZE, 1, 1, 1, 4

extern const rnn_real params[];
extern rnn_real x[], h[], c[], logits[], scratch[];

/* of three cells, N vs 1; sizes are LSTM's, the largest */
enum { TRAIN_I = 3, TRAIN_H = 5, TRAIN_O = 3, TRAIN_T = 5 };
#define NET_TRAIN(cell)                                                        \
    RNN_CELL_##cell, TRAIN_I, 0, TRAIN_H, 1, 1, 1, TRAIN_O
enum {
    TRAIN_PARAMS = RNN_PARAMS(NET_TRAIN(LSTM)),
    TRAIN_KEEP = RNN_FOLDED_KEEP(TRAIN_T, NET_TRAIN(LSTM)),
    TRAIN_SCRATCH = RNN_FOLDED_SCRATCH(NET_TRAIN(LSTM))
};

extern rnn_real weights[][TRAIN_PARAMS], grads[][TRAIN_PARAMS];
extern rnn_real keep[][TRAIN_KEEP], dlogits[][TRAIN_O];
extern rnn_seq seq;
extern int add;

/* One step from x, h and c to h, c and logits. */
void folded_STEP(void);
void folded_TANH(void);
void folded_GRU(void);
void folded_LSTM(void);

/* Passes of TANH, GRU and LSTM over seq; backward adds to gradients if `add`
 * says so. */
void folded_FORWARD(void);
void folded_BACKWARD(void);

/* Passes of the three cells of SIZE, of which the code is measured. */
typedef struct folded_passes {
    void (*forward)(const rnn_real *params, const rnn_seq *s, rnn_real *kept,
                    rnn_real *to);
    void (*backward)(const rnn_real *params, const rnn_seq *s,
                     const rnn_real *dto, rnn_real *kept, rnn_real *dparams,
                     rnn_real *room, int adds);
} folded_passes;
extern const folded_passes folded_ALL[3];

#endif
