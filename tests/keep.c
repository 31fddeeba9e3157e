/* What keep_every gives and costs: for settings of it the memory of a training
 * pass, keep and scratch without what a loss has, and the time of forward and
 * backward, of one long sequence.
 *
 *     build/keep [STEPS HIDDEN ROUNDS]        10000 128 5
 *
 * Settings take turns, and the time is the median of the rounds, also as a
 * ratio to that of keeping every state. The last column says whether all
 * gradients have the bits of that one. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_time.h"

enum { WAYS = 6, MOST_ROUNDS = 99 };

typedef struct way {
    int every;
    rnn_net net;
    rnn_work work;
    double time[MOST_ROUNDS];
} way;

static way ways[WAYS];

static void must(rnn_status st)
{
    if (st) {
        printf("%s\n", rnn_status_text(st));
        exit(1);
    }
}

static void *memory(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p) {
        printf("out of memory\n");
        exit(1);
    }
    return p;
}

static void open_way(way *w, const rnn_model *m, int steps, int every)
{
    rnn_most most = {0};
    rnn_rng rng;

    rnn_rng_seed(&rng, 1);
    most.steps = steps;
    most.train = 1;
    most.keep_every = every;
    must(rnn_plan(&w->net, m, &most));
    must(rnn_bind(&w->net, &w->work,
                  (rnn_real *)memory(w->net.sizes.all, sizeof(rnn_real)),
                  w->net.sizes.all));
    must(rnn_init_params(m, w->work.params, w->work.params_len, &rng, NULL));
    w->every = w->net.most.keep_every;
}

static double train(way *w, const rnn_seq *seq, const int *targets)
{
    double began = bench_now();

    must(rnn_forward(&w->net, &w->work, seq));
    must(rnn_cross_entropy(&w->net, &w->work, seq, targets, NULL, NULL));
    must(rnn_backward(&w->net, &w->work, seq, NULL));
    return bench_now() - began;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_size);
    return x[n / 2];
}

static void table(int cell, int steps, int hidden, int rounds, const int *ids)
{
    static const char *const names[] = {"tanh", "relu", "gru",
                                        "gru_reset_before", "lstm"};
    const int every[WAYS] = {0, RNN_KEEP_LEAST, 10, 100, 1000, steps / 2};
    rnn_model m = {0};
    rnn_seq seq = {0};
    double all = 0;
    int i, r;

    m.cell = (rnn_cell)cell;
    m.input = RNN_INPUT_ONE_HOT;
    m.input_size = m.output_size = 64;
    m.hidden_size = hidden;
    seq.steps = steps;
    seq.batch = 1;
    seq.ids = ids;
    seq.ids_len = seq.targets_len = (size_t)steps;
    for (i = 0; i < WAYS; i++)
        open_way(&ways[i], &m, steps, every[i]);
    for (r = 0; r < rounds; r++)
        for (i = 0; i < WAYS; i++)
            ways[i].time[r] = train(&ways[i], &seq, ids + 1);
    printf("%s, %d units, %d steps of one row\n"
           "  keep_every   keep, KB   scratch, KB         ms   ratio   bits\n",
           names[cell], hidden, steps);
    for (i = 0; i < WAYS; i++) {
        const rnn_sizes *z = &ways[i].net.sizes;
        const double t = median(ways[i].time, rounds);
        const int same = !memcmp(ways[i].work.grads, ways[0].work.grads,
                                 z->params * sizeof *ways[0].work.grads);
        all = i ? all : t;
        printf("  %6d%s%13.0f%14.0f%11.1f%8.2f   %s\n", ways[i].every,
               every[i] == RNN_KEEP_LEAST ? " least" : "      ",
               (double)(z->keep * sizeof(rnn_real)) / 1024,
               (double)(z->scratch * sizeof(rnn_real)) / 1024, 1e3 * t, t / all,
               same ? "same" : "OTHER");
    }
    for (i = 0; i < WAYS; i++)
        memset(&ways[i], 0, sizeof ways[i]);
}

int main(int argc, char **argv)
{
    const int steps = argc > 1 ? atoi(argv[1]) : 10000;
    const int hidden = argc > 2 ? atoi(argv[2]) : 128;
    const int rounds = argc > 3 ? atoi(argv[3]) : 5;
    int *ids, i;

    if (steps < 4 || hidden < 1 || rounds < 1 || rounds > MOST_ROUNDS) {
        printf("build/keep [STEPS HIDDEN ROUNDS]\n");
        return 2;
    }
    ids = (int *)memory((size_t)steps + 1, sizeof *ids);
    for (i = 0; i <= steps; i++)
        ids[i] = (int)((unsigned)i * 2654435761u >> 7 & 63u);
    table(RNN_CELL_TANH, steps, hidden, rounds, ids);
    table(RNN_CELL_GRU, steps, hidden, rounds, ids);
    table(RNN_CELL_LSTM, steps, hidden, rounds, ids);
    free(ids);
    return 0;
}
