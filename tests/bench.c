/* How fast rnn.h is here: one row after another of bench_line.h, pinned, each
 * the median of some samples, with the checksum of what was computed.
 *
 *     build/bench                     the whole grid, some minutes
 *     build/bench --filter ' lstm '   rows with this text in them; a row is
 *                                     matched with a blank at either end
 *     build/bench 'lstm train 96 40 8 20'      any row at all
 *
 *   --list       the rows alone
 *   --threads N  that many, if compiled with -fopenmp
 *   --pairs N    one thread and all of them in turns, N times: how much
 *                quicker they are, and the median, least and most of that;
 *                before the rows the same of arithmetic alone, and before a
 *                stream of reading its weights alone: all that there is to have
 *   --kernel K   auto, portable, avx2 or avx512
 *   --reps N     samples, 9 unless given
 *   --shift N    arrays begin N numbers past the beginning of a cache line:
 *                those that rnn_bind finds a place for, as one memory
 *   --slopes     how time and memory grow, as slopes on logarithmic axes
 *
 * A checksum is of the bits of outputs, states and gradients (of a model: the
 * loss, gradients and parameters after two steps). It must be the same for one
 * thread and for several, before the timing and after it, on every kernel and
 * machine; build/test_bench computes it in another way. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <math.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "bench_loops.h"
#include "bench_rows.h"
#include "bench_time.h"

enum { MOST_PAIRS = 100 };

static const char *filter = "";
static int threads = 1, kernel, reps = 9, pairs, list, failures;
static size_t shift;

/* ---- calls --------------------------------------------------------------- */

/* n calls of a row by one thread */
static void call_alone(void *row, long n)
{
    rnn_run run = {0, 0, NULL, NULL, NULL};

    run.kernel = (rnn_kernel)kernel;
    while (n-- > 0)
        bench_row_call((bench_row *)row, &run);
}

#ifdef _OPENMP
static void each(void *team, int n, void (*task)(void *arg, int i), void *arg)
{
    int i;

    (void)team;
#pragma omp parallel for schedule(static) num_threads(n)
    for (i = 0; i < n; i++)
        task(arg, i);
}

/* n calls by all threads */
static void call_shared(void *row, long n)
{
    rnn_run run = {0, 0, each, NULL, NULL};

    run.kernel = kernel;
    run.parts = threads;
    while (n-- > 0)
        bench_row_call((bench_row *)row, &run);
}
#endif

static void call(void *row, long n)
{
#ifdef _OPENMP
    if (threads > 1) {
        call_shared(row, n);
        return;
    }
#endif
    call_alone(row, n);
}

/* Thread k on the k-th processor. */
static void pin(void)
{
    bench_pin(0);
#ifdef _OPENMP
    if (threads > 1) {
#pragma omp parallel num_threads(threads)
        bench_pin(omp_get_thread_num());
    }
#endif
}

static uint32_t checksum(bench_row *r, void (*how)(void *, long))
{
    bench_row_begin(r);
    how(r, r->calls);
    return bench_row_hash(r);
}

/* ---- rows ---------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How much quicker all threads are than one. */
static void measure_pairs(const char *text, void (*begin)(void *),
                          void (*alone)(void *, long),
                          void (*shared)(void *, long), void *what)
{
    double ratio[MOST_PAIRS], one, all;
    int k;

    for (k = 0; k < pairs; k++) {
        one = bench_measure(begin, alone, what, reps).median;
        all = bench_measure(begin, shared, what, reps).median;
        ratio[k] = one / all;
    }
    qsort(ratio, (size_t)pairs, sizeof *ratio, by_size);
    printf("pairs %s %d quicker=%.2f min=%.2f max=%.2f\n", text, threads,
           (ratio[(pairs - 1) / 2] + ratio[pairs / 2]) / 2, ratio[0],
           ratio[pairs - 1]);
    fflush(stdout);
}

/* What threads share that do nothing else: without w multiplications and
 * additions, else reading of so many blocks from w on. */
typedef struct chore {
    kind all[3];
    const float *w;
    long blocks;
} chore;

static void do_chore(void *what, int task)
{
    const chore *c = (const chore *)what;
    const long each = c->blocks / threads;

    if (c->w)
        c->all[0].read(c->w + task * each * 8 * c->all[0].lanes, each);
    else
        c->all[0].fma(100000);
}

static void chore_alone(void *what, long n)
{
    int i;

    while (n-- > 0)
        for (i = 0; i < threads; i++)
            do_chore(what, i);
}

static void chore_shared(void *what, long n)
{
    while (n-- > 0)
#ifdef _OPENMP
        each(NULL, threads, do_chore, what);
#else
        do_chore(what, 0);
#endif
}

/* of a row, how quickly its weights are read; NULL: arithmetic */
static void measure_chore(bench_row *r)
{
    static chore c;
    const size_t n = r ? r->net.sizes.params : 0;
    char text[40] = "arithmetic";

    (void)kinds(c.all);
    c.w = NULL;
    if (r) { /* from a cache line on */
        c.w = (const float *)bench_memory(r, n + 16, sizeof *c.w) +
              (16 - r->shift) % 16;
        c.blocks = (long)(n / 8) / c.all[0].lanes;
        sprintf(text, "reading %lu KB", (unsigned long)(n / 256));
    }
    measure_pairs(text, NULL, chore_alone, chore_shared, &c);
}

static void measure(const bench_line *l)
{
    static bench_row r;
    bench_stat stat;
    uint32_t before, after;
    char text[16], row_text[120];

    if (bench_row_open(&r, l, shift) == RNN_OK) {
        before = checksum(&r, call_alone);
        if (threads > 1 && checksum(&r, call) != before) {
            printf("%d threads compute something else\n", threads);
            failures++;
        }
        if (!r.status && pairs) {
            sprintf(row_text, "%s %s %d %d %d %d", l->cell, l->op, l->H, l->I,
                    l->B, l->T);
            if (r.streams)
                measure_chore(&r);
            measure_pairs(row_text, bench_row_begin, call_alone, call, &r);
        } else if (!r.status) {
            stat = bench_measure(bench_row_begin, call, &r, reps);
            /* what the last call left, where no call depends on another */
            after = r.calls > 1 ? checksum(&r, call) : bench_row_hash(&r);
            if (after != before) {
                printf("the last call computed something else\n");
                failures++;
            }
            sprintf(text, "%08lx", (unsigned long)before);
            bench_print("rnn.h", l, threads, &stat, text);
        }
    }
    if (r.status) {
        printf("%s %s: %s\n", l->cell, l->op, rnn_status_text(r.status));
        failures++;
    }
    bench_row_close(&r);
}

static void row(const char *cell, const char *op, int H, int I, int B, int T)
{
    bench_line l;
    char text[120];

    sprintf(text, " %s %s %d %d %d %d ", cell, op, H, I, B, T);
    if (!strstr(text, filter) || !bench_read(&l, text))
        return;
    if (list)
        printf("%s %s %d %d %d %d\n", cell, op, H, I, B, T);
    else
        measure(&l);
}

static void grid(void)
{
    static const char *const cell[] = {"rnn", "gru", "gru_reset_before",
                                       "lstm"};
    static const int layer[][3] = {{64, 1, 128},  {128, 16, 50}, {128, 50, 50},
                                   {256, 32, 64}, {512, 64, 64},
                                   {1024, 64, 32}};
    static const int chars[][3] = {{1, 128, 1},  {1, 128, 50}, {1, 256, 50},
                                   {1, 512, 50}, {2, 128, 50}, {2, 512, 50}};
    static const char *const pass[] = {"train", "infer"};
    static const char *const more[] = {"train_bi", "infer_bi", "train_bi_L2",
                                       "train_lengths"};
    size_t p, i, c;
    int H;

    for (p = 0; p < 2; p++)
        for (i = 0; i < 6; i++)
            for (c = 0; c < 4; c++)
                row(cell[c], pass[p], layer[i][0], layer[i][0], layer[i][1],
                    layer[i][2]);
    for (H = 64; H <= 1024; H *= 2)
        for (c = 0; c < 4; c++)
            row(cell[c], "stream", H, H, 1, 1);
    for (p = 0; p < 4; p++)
        for (i = 2; i < 4; i++)
            for (c = 0; c < 4; c++)
                row(cell[c], more[p], layer[i][0], layer[i][0], layer[i][1],
                    layer[i][2]);
    for (i = 0; i < 6; i++)
        for (c = 0; c < 4; c++)
            row(cell[c], chars[i][0] == 1 ? "charlm_L1" : "charlm_L2",
                chars[i][1], 65, chars[i][2], 50);
    for (c = 0; c < 4; c++) {
        row(cell[c], "attention", 256, 256, 32, 30);
        row(cell[c], "attention_bi", 256, 256, 32, 30);
    }
}

/* ---- slopes -------------------------------------------------------------- */

/* The size of `axis` in a row, to be changed. */
static int *axis_of(bench_line *l, char axis)
{
    return axis == 'T'   ? &l->T
           : axis == 'B' ? &l->B
           : axis == 'S' ? &l->S
                         : &l->H;
}

/* Least squares of y against x. */
static double slope(const double *x, const double *y, int n)
{
    double mx = 0, my = 0, xx = 0, xy = 0;
    int i;

    for (i = 0; i < n; i++) {
        mx += x[i] / n;
        my += y[i] / n;
    }
    for (i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xy / xx;
}

/* Time and memory of a row whose axis doubles four times; square: I is H. */
static void slope_row(const char *text, char axis)
{
    enum { POINTS = 5 };
    static bench_row r;
    double x[POINTS], time[POINTS], memory[POINTS];
    bench_line l;
    bench_stat s;
    int k, from = 0;

    if (!strstr(text, filter) || !bench_read(&l, text))
        return;
    for (k = 0; k < POINTS; k++) {
        if (k)
            *axis_of(&l, axis) *= 2;
        else
            from = *axis_of(&l, axis);
        if (axis == 'H')
            l.I = l.H;
        x[k] = log((double)*axis_of(&l, axis));
        if (bench_row_open(&r, &l, shift) != RNN_OK) {
            printf("%s: %s\n", text, rnn_status_text(r.status));
            failures++;
            bench_row_close(&r);
            return;
        }
        s = bench_measure(bench_row_begin, call, &r, reps);
        time[k] = log(s.median);
        memory[k] = log((double)r.work_len);
        bench_row_close(&r);
    }
    printf("slope %s %s, %c from %d to %d: time %.2f memory %.2f\n", l.cell,
           l.op, axis, from, *axis_of(&l, axis), slope(x, time, POINTS),
           slope(x, memory, POINTS));
    fflush(stdout);
}

static void slopes(void)
{
    slope_row(" rnn train 128 128 16 16 ", 'T');
    slope_row(" gru train 128 128 16 16 ", 'T');
    slope_row(" lstm train 128 128 16 16 ", 'T');
    slope_row(" lstm train 128 128 8 32 ", 'B');
    slope_row(" lstm train 64 64 16 32 ", 'H');
    slope_row(" lstm infer 128 128 16 16 ", 'T');
    slope_row(" lstm stream 64 64 1 1 ", 'H');
    slope_row(" lstm stream 128 128 1 1 ", 'B');
    slope_row(" gru attention 64 64 16 8 ", 'S');
    slope_row(" gru attention_bi 64 64 16 8 ", 'S');
    slope_row(" gru attention 64 64 16 8 ", 'T');
}

/* ---- the command line ---------------------------------------------------- */

static int usage(void)
{
    printf("usage: bench [--threads N] [--pairs N] [--filter TEXT] [--kernel "
           "auto|portable|avx2|avx512]\n             [--reps N] [--shift N] "
           "[--list] [--slopes] ['cell op H I B T' ...]\n");
    return 2;
}

int main(int argc, char **argv)
{
    bench_line l;
    int i, slope_rows = 0, given = 0;

    for (i = 1; i < argc; i++) {
        const char *a = argv[i], *value = argv[i + 1];
        if (a[0] != '-') {
            given = 1;
        } else if (strcmp(a, "--list") == 0) {
            list = 1;
        } else if (strcmp(a, "--slopes") == 0) {
            slope_rows = 1;
        } else if (!value) {
            return usage();
        } else {
            i++;
            if (strcmp(a, "--threads") == 0)
                threads = atoi(value);
            else if (strcmp(a, "--pairs") == 0)
                pairs = atoi(value);
            else if (strcmp(a, "--filter") == 0)
                filter = value;
            else if (strcmp(a, "--kernel") == 0)
                kernel = bench_kernel(value);
            else if (strcmp(a, "--reps") == 0)
                reps = atoi(value);
            else if (strcmp(a, "--shift") == 0)
                shift = (size_t)atoi(value) % 16;
            else
                return usage();
        }
    }
    if (threads < 1 || threads > BENCH_THREADS || kernel < 0 || reps < 1 ||
        pairs < 0 || pairs > MOST_PAIRS)
        return usage();
#ifndef _OPENMP
    if (threads > 1) {
        printf("more than one thread needs -fopenmp\n");
        return 2;
    }
#endif
    pin();
    if (pairs)
        measure_chore(NULL);
    for (i = 1; i < argc && given; i++) {
        if (argv[i][0] == '-') {
            i += strcmp(argv[i], "--list") && strcmp(argv[i], "--slopes");
        } else if (!bench_read(&l, argv[i])) {
            printf("no row: %s\n", argv[i]);
            return 2;
        } else {
            measure(&l);
        }
    }
    if (slope_rows)
        slopes();
    else if (!given)
        grid();
    return failures != 0;
}
