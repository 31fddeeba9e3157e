/* What one core of this machine can do at most, as a peer of bench.c. A row of
 * bench_line.h gets two lines:
 *
 *   limit      the time of its multiplications and additions, if nothing but
 *              registers is touched; of stream, if every weight is read once,
 *              in order, and multiplied once
 *   products   the time of its matrix products alone, as rnn.h makes them: the
 *              calls of the product kernel in one pass are written down, and
 *              called again, without the functions of cells, the copies of
 *              weights and all that lies in between
 *
 *     build/bench_peak                       tables of speed and of reading
 *     build/bench_peak [--kernel auto|avx2|avx512|neon] [--shift N]
 *                      [--reps N] [--each] 'lstm train 128 128 16 50' ...
 *
 * shift is that of bench.c. With --each the products of one shape get a line
 * too: rows, columns, terms and rounds of their sums, how many there are, their
 * time in a pass and GFLOP/s. They are written down where a call chooses its
 * kernels when it runs, on x86-64 and aarch64. */

/* rnn.h's product kernels get another name where they are defined, and what
 * its tables of kernels name is ours: a macro with a parameter replaces what
 * stands in front of a parenthesis alone. */
struct rnn_i_product;
#if defined(__GNUC__) && defined(__x86_64__)
#define RECORDS 1
static void rnn_i_avx2_product(const struct rnn_i_product *p);
static void rnn_i_avx512_product(const struct rnn_i_product *p);
#define rnn_i_avx2_product(p) avx2_product(p)
#define rnn_i_avx512_product(p) avx512_product(p)
#elif defined(__GNUC__) && defined(__aarch64__)
#define RECORDS 1
static void rnn_i_neon_product(const struct rnn_i_product *p);
#define rnn_i_neon_product(p) neon_product(p)
#else
#define RECORDS 0
#endif

#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include "bench_loops.h"
#include "bench_rows.h"
#include "bench_time.h"

enum { LONGEST = 1 << 24 }; /* floats: 64 MB */

static int reps = 9, kernel, each;
static size_t shift;

/* ---- measuring ----------------------------------------------------------- */

static float *weights; /* of 64-byte alignment */

typedef struct job {
    void (*alone)(long);
    void (*loop)(const float *, long);
    long n;
} job;

static void call(void *what, long times)
{
    const job *j = (const job *)what;

    while (times-- > 0)
        if (j->loop)
            j->loop(weights, j->n);
        else
            j->alone(j->n);
}

static bench_stat measure(void (*alone)(long),
                          void (*loop)(const float *, long), long n)
{
    job j;

    j.alone = alone;
    j.loop = loop;
    j.n = n;
    return bench_measure(NULL, call, &j, reps);
}

/* seconds of one fused multiply-add of one number */
static bench_stat fma_time(const kind *k)
{
    const double each = 1e6 * 12 * k->lanes;
    bench_stat s = measure(k->fma, NULL, 1000000);

    s.median /= each;
    s.least /= each;
    s.most /= each;
    return s;
}

/* `floats` numbers in whole blocks */
static bench_stat stream_time(const kind *k, void (*loop)(const float *, long),
                              double floats)
{
    const double blocks = floats / (8.0 * k->lanes);

    return measure(NULL, loop, (long)(blocks < 1 ? 1 : blocks));
}

static void limit(const kind *k, const bench_line *l)
{
    const double fmas = bench_flops(l) / 2;
    bench_stat s;

    if (bench_has(l, "stream") && fmas <= LONGEST) {
        s = stream_time(k, k->product, fmas);
    } else {
        s = fma_time(k);
        s.median *= fmas;
        s.least *= fmas;
        s.most *= fmas;
    }
    bench_print("limit", l, 1, &s, "-");
}

/* ---- the products of a row ----------------------------------------------- */

#if RECORDS
typedef struct written {
    rnn_i_product p;
    void (*kernel)(const rnn_i_product *);
} written;

static written *list;
static size_t listed, places;
static int writes;
static const rnn_i_product *alike; /* what is called again, or NULL for all */

static void write_down(const rnn_i_product *p,
                       void (*product)(const rnn_i_product *))
{
    if (writes && listed == places) {
        places = places ? 2 * places : 1024;
        list = (written *)realloc(list, places * sizeof *list);
        if (!list) {
            printf("out of memory\n");
            exit(2);
        }
    }
    if (writes) {
        list[listed].p = *p;
        list[listed++].kernel = product;
    }
    product(p);
}

#ifdef __x86_64__
#undef rnn_i_avx2_product
#undef rnn_i_avx512_product
static void rnn_i_avx2_product(const rnn_i_product *p)
{
    write_down(p, avx2_product);
}

static void rnn_i_avx512_product(const rnn_i_product *p)
{
    write_down(p, avx512_product);
}
#else
#undef rnn_i_neon_product
static void rnn_i_neon_product(const rnn_i_product *p)
{
    write_down(p, neon_product);
}
#endif

static int same_shape(const rnn_i_product *a, const rnn_i_product *b)
{
    return a->m == b->m && a->n == b->n && a->k == b->k && a->o == b->o &&
           a->a_k == b->a_k && a->b_rows == b->b_rows && a->start == b->start;
}

/* Sums of weight gradients grow from call to call, and what a product reads are
 * numbers of the pass: none becomes infinite, or too small to be normal. */
static void again(void *nothing, long times)
{
    size_t i;

    (void)nothing;
    while (times-- > 0)
        for (i = 0; i < listed; i++)
            if (!alike || same_shape(alike, &list[i].p))
                list[i].kernel(&list[i].p);
}

static void each_shape(void)
{
    size_t i, j, n;

    for (i = 0; i < listed; i++) {
        const rnn_i_product *p = &list[i].p;
        double s, flops = 2.0 * (double)p->m * (double)p->n;
        for (j = 0; j < i && !same_shape(p, &list[j].p);)
            j++;
        if (j < i)
            continue;
        for (n = 0; j < listed; j++)
            n += same_shape(p, &list[j].p);
        alike = p;
        s = bench_measure(NULL, again, NULL, reps).median;
        flops *= (double)p->k * (double)p->o * (double)n;
        printf("  %lu x %lu, %lu terms, %lu rounds%s%s: %lu, %.4g ms, "
               "%.1f GFLOP/s\n",
               (unsigned long)p->m, (unsigned long)p->n, (unsigned long)p->k,
               (unsigned long)p->o, p->a_k != 1 ? ", turned" : "",
               p->b_rows ? ", strips" : "", (unsigned long)n, s * 1e3,
               flops / s * 1e-9);
    }
    alike = NULL;
}

static void products(const bench_line *l)
{
    static bench_row r;
    rnn_run run = {0, 0, NULL, NULL, NULL};
    bench_stat s;

    run.kernel = (rnn_kernel)kernel;
    if (bench_row_open(&r, l, shift) == RNN_OK) {
        bench_row_call(&r, &run);
        listed = 0;
        writes = 1;
        bench_row_call(&r, &run);
        writes = 0;
    }
    if (r.status) {
        printf("%s %s: %s\n", l->cell, l->op, rnn_status_text(r.status));
    } else if (listed) {
        s = bench_measure(NULL, again, NULL, reps);
        bench_print("products", l, 1, &s, "-");
        if (each)
            each_shape();
    }
    bench_row_close(&r);
}
#else
static void products(const bench_line *l)
{
    (void)l;
}
#endif

static void tables(void)
{
    static const char *const cell[] = {"rnn", "gru", "lstm"};
    kind all[3];
    bench_line l;
    bench_stat s;
    char text[80];
    const int n = kinds(all);
    int i, c, H;
    long kb;

    for (i = 0; i < n; i++) {
        s = fma_time(&all[i]);
        printf("fma %s %.1f GFLOP/s\n", all[i].name, 2e-9 / s.median);
        fflush(stdout);
    }
    for (kb = 32; kb <= LONGEST / 256; kb *= 4) {
        s = stream_time(&all[0], all[0].read, 256.0 * (double)kb);
        printf("read %ld KB %.1f GB/s\n", kb, 1024e-9 * (double)kb / s.median);
        fflush(stdout);
    }
    for (H = 64; H <= 1024; H *= 2)
        for (c = 0; c < 3; c++) {
            sprintf(text, "%s stream %d %d 1 1", cell[c], H, H);
            if (bench_read(&l, text))
                limit(&all[0], &l);
        }
}

/* Rows after options; how many, or -1 */
static int rows(int argc, char **argv, const kind *all, int n)
{
    bench_line l;
    int i, k, count = 0;

    for (i = 1; i < argc; i++) {
        const char *a = argv[i], *value = argv[i + 1];
        if (strcmp(a, "--each") == 0) {
            each = 1;
        } else if (a[0] == '-' && !value) {
            return -1;
        } else if (strcmp(a, "--reps") == 0) {
            reps = atoi(argv[++i]);
        } else if (strcmp(a, "--shift") == 0) {
            shift = (size_t)atoi(argv[++i]) % 16;
        } else if (strcmp(a, "--kernel") == 0) {
            kernel = bench_kernel(argv[++i]);
        } else if (!bench_read(&l, a) || kernel < 0) {
            printf("no row: %s\n", a);
            return -1;
        } else {
            for (k = 0; k + 1 < n && kernel; k++)
                if (bench_kernel(all[k].name) == kernel)
                    break;
            limit(&all[k], &l);
            products(&l);
            count++;
        }
    }
    return kernel < 0 ? -1 : count;
}

int main(int argc, char **argv)
{
    char *memory = (char *)malloc((LONGEST + 16) * sizeof *weights);
    kind all[3];
    int n, count;
    long k;

    if (!memory)
        return 2;
    memory += 64 - (size_t)((uintptr_t)memory % 64);
    weights = (float *)(void *)memory; /* stays: the program ends with it */
    for (k = 0; k < LONGEST; k++)
        weights[k] = 0.001f * (float)(k & 255);
    bench_pin(0);
    n = kinds(all);
    count = rows(argc, argv, all, n);
    if (count == 0)
        tables();
    return count < 0 ? 2 : 0;
}
