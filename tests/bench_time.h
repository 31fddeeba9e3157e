/* How the benchmarks measure: the median of some samples, each long enough for
 * the clock, on processors that the threads are bound to. A sample during
 * which a thread of ours waited for its processor is measured again, as far as
 * that ends. C and C++; binding and waiting are Linux's, with _GNU_SOURCE. */
#ifndef BENCH_TIME_H
#define BENCH_TIME_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__linux__) && defined(_GNU_SOURCE)
#include <dirent.h>
#include <sched.h>
#define BENCH_LINUX 1
#else
#define BENCH_LINUX 0
#endif

#include "bench_line.h"

enum { BENCH_SAMPLES = 1024 };

typedef struct bench_stat {
    double median, least, most; /* seconds of one call      */
    int samples, clean, tried;
} bench_stat;

typedef struct bench_sample {
    double time, waited;
} bench_sample;

static inline double bench_now(void)
{
#ifdef CLOCK_MONOTONIC
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#else
    return (double)clock() / CLOCKS_PER_SEC;
#endif
}

/* Seconds that all threads of this process have waited for a processor; how
 * many threads that are. */
static inline double bench_waited(int *threads)
{
    double sum = 0;

    *threads = 1;
#if BENCH_LINUX
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *e;
    unsigned long long ran, waited;
    char path[300];
    FILE *f;

    *threads = 0;
    while (tasks && (e = readdir(tasks)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", e->d_name);
        f = fopen(path, "r");
        if (!f)
            continue;
        ++*threads;
        if (fscanf(f, "%llu %llu", &ran, &waited) == 2)
            sum += 1e-9 * (double)waited;
        fclose(f);
    }
    if (tasks)
        closedir(tasks);
#endif
    return sum;
}

/* Binds the calling thread to the k-th of the processors that the process had
 * when the first thread was bound. */
static inline void bench_pin(int k)
{
#if BENCH_LINUX
    static cpu_set_t all;
    static int count;
    cpu_set_t one;
    size_t cpu;

    if (!count && sched_getaffinity(0, sizeof all, &all) == 0)
        count = CPU_COUNT(&all);
    if (!count)
        return;
    k %= count;
    for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && k-- == 0)
            break;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
#else
    (void)k;
#endif
}

static inline int bench_by_waited(const void *a, const void *b)
{
    const double x = ((const bench_sample *)a)->waited;
    const double y = ((const bench_sample *)b)->waited;
    return (x > y) - (x < y);
}

static inline int bench_by_time(const void *a, const void *b)
{
    const double x = ((const bench_sample *)a)->time;
    const double y = ((const bench_sample *)b)->time;
    return (x > y) - (x < y);
}

/* One sample: seconds of n calls. One thread's waiting can be taken off; what
 * it did to the caches cannot. */
static inline bench_sample bench_take(void (*begin)(void *),
                                      void (*call)(void *, long), void *what,
                                      long n)
{
    bench_sample s;
    double start;
    int threads;

    if (begin)
        begin(what);
    s.waited = bench_waited(&threads);
    start = bench_now();
    call(what, n);
    s.time = bench_now() - start;
    s.waited = bench_waited(&threads) - s.waited;
    if (threads == 1 && s.waited < s.time)
        s.time -= s.waited;
    s.waited /= s.time;
    return s;
}

/* call(what, n) makes n calls; begin(what), or NULL, brings back the state that
 * a sample starts from. A sample lasts 25 ms or more and is clean if less than
 * 1 % of it was waiting. Without `reps` clean ones after 8 times as many, or
 * after 20 seconds, the least disturbed are taken. */
static inline bench_stat bench_measure(void (*begin)(void *),
                                       void (*call)(void *, long), void *what,
                                       int reps)
{
    static bench_sample s[BENCH_SAMPLES];
    const double enough = 0.025;
    bench_stat r = {0, 0, 0, 0, 0, 0};
    double time = 0, start;
    long n = 1;

    while (time < enough) {
        if (time > 0)
            n = (long)((double)n *
                       (time * 20 < enough ? 20 : 1.1 * enough / time)) +
                1;
        time = bench_take(begin, call, what, n).time;
    }
    reps = reps < 1 ? 1 : reps > BENCH_SAMPLES / 8 ? BENCH_SAMPLES / 8 : reps;
    start = bench_now();
    while (r.clean < reps && r.tried < 8 * reps &&
           (r.tried < reps || bench_now() - start < 20)) {
        s[r.tried] = bench_take(begin, call, what, n);
        r.clean += s[r.tried++].waited < 0.01;
    }
    r.samples = r.tried < reps ? r.tried : reps;
    qsort(s, (size_t)r.tried, sizeof *s, bench_by_waited);
    qsort(s, (size_t)r.samples, sizeof *s, bench_by_time);
    r.median = (s[(r.samples - 1) / 2].time + s[r.samples / 2].time) / 2;
    r.median /= (double)n;
    r.least = s[0].time / (double)n;
    r.most = s[r.samples - 1].time / (double)n;
    return r;
}

/* The next row that a peer is told to measure, from argv[*i] on, and --reps N
 * where it comes before one: 1; 0 at the end; -1, said aloud, if it is none. */
static inline int bench_next_row(int argc, char **argv, int *i, int *reps,
                                 bench_line *l)
{
    for (; *i + 1 < argc && strcmp(argv[*i], "--reps") == 0; *i += 2)
        *reps = atoi(argv[*i + 1]);
    if (*i >= argc)
        return 0;
    if (bench_read(l, argv[(*i)++]))
        return 1;
    printf("no row: %s\n", argv[*i - 1]);
    return -1;
}

static inline void bench_print(const char *name, const bench_line *l,
                               int threads, const bench_stat *r,
                               const char *checksum)
{
    printf("%s %s %s %d %d %d %d %d %.6g %.2f %s", name, l->cell, l->op, l->H,
           l->I, l->B, l->T, threads, r->median * 1e3,
           bench_flops(l) / r->median * 1e-9, checksum);
    if (bench_has(l, "charlm"))
        printf(" kchars/s=%.1f", (double)l->T * l->B / r->median * 1e-3);
    printf(" clean=%d/%d min=%.6g max=%.6g\n", r->clean, r->tried,
           r->least * 1e3, r->most * 1e3);
    fflush(stdout);
}

#endif
