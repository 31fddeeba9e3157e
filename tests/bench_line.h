/* A row of the benchmarks, as every program that measures one reads it:
 *
 *     cell op H I B T          lstm train 128 128 16 50
 *
 *   cell        rnn (tanh), gru, gru_reset_before, lstm
 *   train       forward and backward of a layer over T steps of B rows:
 *               outputs, last states; gradients of x, of the first states and
 *               of the weights, overwritten; weights are packed within
 *   infer       forward alone; weights are fixed, and packed before
 *   stream      one step of one row, its state carried on
 *   charlm_L1   a training step of a char model of one layer, I symbols: head,
 *               cross-entropy, backward, clipping, Adam; charlm_L2: two layers
 *   attention   the same of an encoder-decoder: sources and targets of T tokens
 *               out of 1000, tables of I numbers, additive attention of size H,
 *               tanh(Q h_N + q) as the decoder's first state
 *
 * _bi in a name means both directions (of the encoder), _L2 two layers, _lengths
 * that the rows end at different steps, from T down, and _bf16 weights packed in
 * half the bytes, which infer and stream take. What is printed
 * is the name of the program, the row, then
 *
 *     threads median_ms gflops checksum
 *
 * and how the samples went. C and C++. */
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include <stdio.h>
#include <string.h>

enum { BENCH_TOKENS = 1000 };

typedef struct bench_line {
    char cell[24], op[24];
    int H, I, B, T;
    int S;       /* steps of the source: T, unless changed afterwards */
    int G, L, D; /* gates, layers, directions, as cell and op say     */
} bench_line;

static inline int bench_has(const bench_line *l, const char *word)
{
    return strstr(l->op, word) != NULL;
}

/* Whether text is a row. */
static inline int bench_read(bench_line *l, const char *text)
{
    const int most = 1 << 16;

    memset(l, 0, sizeof *l);
    if (sscanf(text, " %23s %23s %d %d %d %d", l->cell, l->op, &l->H, &l->I,
               &l->B, &l->T) != 6)
        return 0;
    l->S = l->T;
    l->G = strcmp(l->cell, "rnn") == 0       ? 1
           : strcmp(l->cell, "lstm") == 0    ? 4
           : strncmp(l->cell, "gru", 3) == 0 ? 3
                                             : 0;
    l->L = bench_has(l, "_L2") ? 2 : 1;
    l->D = bench_has(l, "_bi") ? 2 : 1;
    return l->G && l->H > 0 && l->I > 0 && l->B > 0 && l->T > 0 &&
           l->H < most && l->I < most && l->B < most && l->T < most;
}

/* Valid steps of row b. Nobody sorts sequences, so neither do these come in
 * order. */
static inline int bench_length(const bench_line *l, int b)
{
    if (!bench_has(l, "_lengths"))
        return l->T;
    return l->T - (int)((long)(7 * b % l->B) * l->T / l->B);
}

/* Every layer and direction: 2 G H (in + H) at each of n steps. */
static inline double bench_stack_flops(const bench_line *l, double n)
{
    double in = l->I, f = 0;
    int k;

    for (k = 0; k < l->L; k++) {
        f += 2 * n * l->G * l->H * l->D * (in + l->H);
        in = (double)l->D * l->H;
    }
    return f;
}

/* Backward counts as two forwards; a one-hot input as a product. */
static inline double bench_flops(const bench_line *l)
{
    const double H = l->H, B = l->B, K = (double)l->D * l->H;
    double n = 0, s, f;
    int b;

    for (b = 0; b < l->B; b++)
        n += bench_length(l, b);
    if (bench_has(l, "attention")) {
        s = (double)l->S * B;
        f = bench_stack_flops(l, s);
        f += 2 * s * K * H + 2 * B * K * H;          /* U, Q    */
        f += 2 * n * H * H + 2 * n * l->S * (H + K); /* W, v, c */
        f += 2 * n * l->G * H * (l->I + K + H);      /* decoder */
        f += 2 * n * H * BENCH_TOKENS;               /* head    */
    } else {
        f = bench_stack_flops(l, n);
        if (bench_has(l, "charlm"))
            f += 2 * n * H * l->I;
    }
    return bench_has(l, "infer") || bench_has(l, "stream") ? f : 3 * f;
}

#endif
