/* rnn_map against libm, its edges, its lengths and its kernels; the random
 * generator against Random123's known answers and its distributions. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "each.h"
#include "ulp.h"

enum { BLOCK = 1024 };

static uint32_t bits_of(float x)
{
    uint32_t b;

    memcpy(&b, &x, sizeof b);
    return b;
}

/* The same bits, where all NaNs are one. */
static int same(float a, float b)
{
    return bits_of(a) == bits_of(b) || (a != a && b != b);
}

/* Whether this machine has a kernel. */
static int has_kernel(int kernel)
{
    rnn_run run = {0, 0, NULL, NULL, NULL};
    float x = 0;
    rnn_status st;

    run.kernel = (rnn_kernel)kernel;
    st = rnn_map(RNN_FN_EXP, 1, &x, &x, &run);
    MUST(st == RNN_OK || (st == RNN_E_UNSUPPORTED && kernel > 1),
         "kernel %d: status %d", kernel, st);
    return st == RNN_OK;
}

/* ---- accuracy ------------------------------------------------------------ */

/* f of n patterns from b on, a stride apart: the error of the plain kernel,
 * and whether all others give its bits. */
static void measure(int f, uint32_t b, uint32_t stride, size_t n,
                    const int *kernels, ulp_worst *worst, long *differ)
{
    float x[BLOCK] = {0}, y[BLOCK], z[BLOCK];
    rnn_run run = {RNN_KERNEL_PORTABLE, 0, NULL, NULL, NULL};
    size_t i;

    for (i = 0; i < n; i++, b += stride)
        x[i] = ulp_float(b);
    MUST(rnn_map((rnn_fn)f, n, x, y, &run) == RNN_OK, "map");
    ulp_compare(f, n, x, y, worst);
    for (run.kernel = 0; run.kernel < RNN_KERNELS; run.kernel++) {
        if (!kernels[run.kernel])
            continue;
        MUST(rnn_map((rnn_fn)f, n, x, z, &run) == RNN_OK, "map");
        for (i = 0; i < n; i++)
            differ[run.kernel] += !same(y[i], z[i]);
    }
}

/* Where something changes: results overflow, become subnormal or saturate;
 * the argument is reduced by another multiple; signs and kinds of numbers. */
static const float corners[] = {
    0.0f, -0.0f, 1e-45f, 1.17549435e-38f, 2.3509887e-38f, 1e-20f, 5.96e-8f,
    1.19e-7f, 2.44e-4f, 0.173286795f, 0.34657359f, 0.5f, 0.625f, 0.70710678f,
    1.0f, 1.03972077f, 1.41421356f, 1.73286795f, 2.0f, 3.0f, 3.46573590f, 4.0f,
    8.66433976f, 9.0109133f, 10.0f, 16.0f, 16.6355323f, 17.3286795f, 18.0f,
    20.0f, 87.3365448f, 88.0f, 88.3762626f, 88.7228394f, 89.0f, 89.5f,
    103.278929f, 103.972084f, 104.0f, 110.0f, 1e4f, 8388608.0f, 16777216.0f,
    1e19f, 1e30f, 1.70141173e38f, 3.40282347e38f};

static void check_accuracy(void)
{
    enum { CORNERS = sizeof corners / sizeof corners[0] };
    const uint32_t stride = 4099, start = (uint32_t)test_below(4099);
    int kernels[RNN_KERNELS], i, k, sign;

    for (k = 0; k < RNN_KERNELS; k++)
        kernels[k] = has_kernel(k);
    for (i = 0; i < ULP_FUNCTIONS; i++) {
        const struct ulp_function *u = &ulp_functions[i];
        ulp_worst worst = {0, 0};
        long differ[RNN_KERNELS] = {0};
        uint64_t b;

        for (b = start; b < (uint64_t)1 << 32; b += stride * BLOCK) {
            uint64_t n = (((uint64_t)1 << 32) - b + stride - 1) / stride;
            measure(u->f, (uint32_t)b, stride, n < BLOCK ? (size_t)n : BLOCK,
                    kernels, &worst, differ);
        }
        for (k = 0; k < CORNERS; k++)
            for (sign = 0; sign < 2; sign++)
                measure(u->f,
                        bits_of(corners[k]) - BLOCK / 2 +
                            ((uint32_t)sign << 31),
                        1, BLOCK, kernels, &worst, differ);
        CHECK(worst.ulp <= u->allowed, "%s: %.3f ulp at 0x%08lx = %.9g",
              u->name, worst.ulp, (unsigned long)worst.at,
              (double)ulp_float(worst.at));
        for (k = 0; k < RNN_KERNELS; k++)
            if (kernels[k])
                CHECK(!differ[k], "%s: kernel %d differs %ld times", u->name, k,
                      differ[k]);
    }
}

/* ---- edges --------------------------------------------------------------- */

/* f of x as one number and inside vectors, on every kernel. */
static void check_edge(int f, float x, float want, const char *what)
{
    rnn_run run = {0, 0, NULL, NULL, NULL};
    float in[19], out[19];
    int i, bad = 0;

    for (run.kernel = 0; run.kernel < RNN_KERNELS; run.kernel++) {
        if (!has_kernel((int)run.kernel))
            continue;
        for (i = 0; i < 19; i++)
            in[i] = i == 3 || i == 18 ? x : 0.5f;
        MUST(rnn_map((rnn_fn)f, 19, in, out, &run) == RNN_OK, "map");
        bad += !same(out[3], want) || !same(out[18], want);
        MUST(rnn_map((rnn_fn)f, 1, &x, out, &run) == RNN_OK, "map");
        bad += !same(out[0], want);
    }
    CHECK(!bad, "%s", what);
}

static void check_edges(void)
{
    static const struct {
        int f;
        float x, y;
        const char *what;
    } edges[] = {
        {RNN_FN_EXP, 0.0f, 1, "exp 0"},
        {RNN_FN_EXP, -0.0f, 1, "exp -0"},
        {RNN_FN_EXP, 1e-45f, 1, "exp of the least number"},
        {RNN_FN_EXP, -104, 0, "exp -104"},
        {RNN_FN_EXP, -3e38f, 0, "exp -3e38"},
        {RNN_FN_EXP, -103.97f, 1e-45f, "exp -103.97"},
        {RNN_FN_TANH, 0.0f, 0.0f, "tanh 0"},
        {RNN_FN_TANH, -0.0f, -0.0f, "tanh -0"},
        {RNN_FN_TANH, 20, 1, "tanh 20"},
        {RNN_FN_TANH, -20, -1, "tanh -20"},
        {RNN_FN_TANH, 3e38f, 1, "tanh 3e38"},
        {RNN_FN_TANH, -3e38f, -1, "tanh -3e38"},
        {RNN_FN_TANH, 1e-30f, 1e-30f, "tanh 1e-30"},
        {RNN_FN_SIGMOID, 0.0f, 0.5f, "sigmoid 0"},
        {RNN_FN_SIGMOID, -0.0f, 0.5f, "sigmoid -0"},
        {RNN_FN_SIGMOID, 3e38f, 1, "sigmoid 3e38"},
        {RNN_FN_SIGMOID, -3e38f, 0, "sigmoid -3e38"},
        {RNN_FN_LOG, 1, 0, "log 1"},
        {RNN_FN_SQRT, 0.0f, 0.0f, "sqrt 0"},
        {RNN_FN_SQRT, -0.0f, -0.0f, "sqrt -0"},
        {RNN_FN_SQRT, 4, 2, "sqrt 4"},
        {RNN_FN_RELU, 3, 3, "relu 3"},
        {RNN_FN_RELU, -3, 0, "relu -3"},
        {RNN_FN_RELU, 1e-45f, 1e-45f, "relu of the least number"},
        {RNN_FN_IDENTITY, -3, -3, "identity"}};
    const float inf = (float)HUGE_VAL, nan = inf - inf;
    const float minus_nan = -nan;
    size_t i;
    int f;

    for (i = 0; i < sizeof edges / sizeof edges[0]; i++)
        check_edge(edges[i].f, edges[i].x, edges[i].y, edges[i].what);
    check_edge(RNN_FN_EXP, 89, inf, "exp 89");
    check_edge(RNN_FN_EXP, 3e38f, inf, "exp 3e38");
    check_edge(RNN_FN_EXP, inf, inf, "exp infinity");
    check_edge(RNN_FN_EXP, -inf, 0, "exp -infinity");
    check_edge(RNN_FN_TANH, inf, 1, "tanh infinity");
    check_edge(RNN_FN_TANH, -inf, -1, "tanh -infinity");
    check_edge(RNN_FN_SIGMOID, inf, 1, "sigmoid infinity");
    check_edge(RNN_FN_SIGMOID, -inf, 0, "sigmoid -infinity");
    check_edge(RNN_FN_LOG, 0.0f, -inf, "log 0");
    check_edge(RNN_FN_LOG, -0.0f, -inf, "log -0");
    check_edge(RNN_FN_LOG, -1, nan, "log -1");
    check_edge(RNN_FN_LOG, -1e-45f, nan, "log of the least negative number");
    check_edge(RNN_FN_LOG, -inf, nan, "log -infinity");
    check_edge(RNN_FN_LOG, inf, inf, "log infinity");
    check_edge(RNN_FN_SQRT, -1, nan, "sqrt -1");
    check_edge(RNN_FN_SQRT, -1e-45f, nan, "sqrt of the least negative number");
    check_edge(RNN_FN_SQRT, -inf, nan, "sqrt -infinity");
    check_edge(RNN_FN_SQRT, inf, inf, "sqrt infinity");
    check_edge(RNN_FN_RELU, inf, inf, "relu infinity");
    check_edge(RNN_FN_RELU, -inf, 0, "relu -infinity");
    for (f = RNN_FN_IDENTITY; f <= RNN_FN_SQRT; f++) {
        check_edge(f, nan, nan, "NaN");
        check_edge(f, minus_nan, nan, "-NaN");
        check_edge(f, ulp_float(0x7f800001u), nan, "signalling NaN");
    }
}

/* Any length, any alignment, in place; for one thread, whatever parts there
 * are; arguments that are wrong. */
static void check_lengths(void)
{
    static const int wrong[3][2] = {{0, -1}, {-1, 1}, {RNN_KERNELS, 1}};
    rnn_run run = {0, 0, each_shuffled, NULL, NULL};
    rnn_real *x, *y, *z, one[2] = {1, 7};
    size_t n;
    int f, tasks = 0, bad = 0;

    run.team = &tasks;
    for (n = 0; n < 70; n++)
        for (f = RNN_FN_IDENTITY; f <= RNN_FN_SQRT; f++) {
            /* one number in front, so that vectors are out of step */
            x = test_reals(n + 1, 20);
            y = test_reals(n + 1, 1);
            z = test_reals(n + 1, 1);
            run.parts = 0;
            for (run.kernel = 0; run.kernel < RNN_KERNELS; run.kernel++) {
                if (!has_kernel((int)run.kernel))
                    continue;
                z[0] = y[0];
                MUST(rnn_map((rnn_fn)f, n, x + 1, y + 1, &run) == RNN_OK,
                     "map");
                if (run.kernel)
                    bad += memcmp(y, z, (n + 1) * sizeof *y) != 0;
                memcpy(z, y, (n + 1) * sizeof *y);
            }
            run.kernel = 0;
            run.parts = 1 + test_below(5);
            MUST(rnn_map((rnn_fn)f, n, x + 1, x + 1, &run) == RNN_OK,
                 "in place");
            bad += memcmp(x + 1, y + 1, n * sizeof *y) != 0;
            test_free();
        }
    CHECK(!bad && !tasks, "lengths: %d differ, %d tasks", bad, tasks);
    CHECK(rnn_map((rnn_fn)-1, 1, one, one + 1, NULL) == RNN_E_ARG &&
              one[1] == 7,
          "f");
    CHECK(rnn_map(RNN_FN_SQRT + 1, 1, one, one + 1, NULL) == RNN_E_ARG &&
              one[1] == 7,
          "f");
    CHECK(rnn_map(RNN_FN_EXP, 1, NULL, one + 1, NULL) == RNN_E_ARG, "no x");
    CHECK(rnn_map(RNN_FN_EXP, 1, one, NULL, NULL) == RNN_E_ARG, "no y");
    for (f = 0; f < 3; f++) {
        run.kernel = (rnn_kernel)wrong[f][0];
        run.parts = wrong[f][1];
        CHECK(rnn_map(RNN_FN_EXP, 1, one, one + 1, &run) == RNN_E_ARG &&
                  one[1] == 7,
              "%d parts, kernel %d", run.parts, run.kernel);
    }
}

/* Every kernel is here or is not; a machine has those of one family at most,
 * and plain C. */
static void check_kernels(void)
{
    rnn_run run = {0, 0, NULL, NULL, NULL};
    rnn_status st[RNN_KERNELS];
    rnn_real x = 0;
    int k;

    for (run.kernel = 0; run.kernel < RNN_KERNELS; run.kernel++) {
        st[run.kernel] = rnn_map(RNN_FN_EXP, 1, &x, &x, &run);
        CHECK(st[run.kernel] == RNN_OK || st[run.kernel] == RNN_E_UNSUPPORTED,
              "kernel %d: %d", run.kernel, (int)st[run.kernel]);
    }
    CHECK(st[RNN_KERNEL_NEON] || (st[RNN_KERNEL_AVX2] && st[RNN_KERNEL_AVX512]),
          "two families");
    CHECK(st[RNN_KERNEL_AVX2] == RNN_OK || st[RNN_KERNEL_AVX512],
          "AVX-512 without AVX2");
    CHECK(st[RNN_KERNEL_PORTABLE] == RNN_OK, "plain C");
    for (k = -1; k < 100; k += 100) {
        run.kernel = (rnn_kernel)k;
        CHECK(rnn_map(RNN_FN_EXP, 1, &x, &x, &run) == RNN_E_ARG, "kernel %d",
              k);
    }
}

/* ---- random bits --------------------------------------------------------- */

/* Random123's kat_vectors for threefry2x32 with 20 rounds. */
static void check_known_answers(void)
{
    static const uint32_t known[3][6] = {
        {0, 0, 0, 0, 0x6b200159u, 0x99ba4efeu},
        {0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x1cb996fcu,
         0xbb002be7u},
        {0x13198a2eu, 0x03707344u, 0x243f6a88u, 0x85a308d3u, 0xc4923a9cu,
         0x483df7a0u}}; /* key, counter, result */
    uint32_t out[2], two[2];
    int i;

    for (i = 0; i < 3; i++) {
        rnn_threefry(known[i], known[i] + 2, out);
        CHECK(out[0] == known[i][4] && out[1] == known[i][5],
              "known answer %d: %08lx %08lx", i, (unsigned long)out[0],
              (unsigned long)out[1]);
    }
    two[0] = known[2][2];
    two[1] = known[2][3];
    rnn_threefry(known[2], two, two);
    CHECK(two[0] == out[0] && two[1] == out[1], "out in counter");
}

/* Number i of a stream is word i mod 2 of block i / 2, also beyond 2^32 and
 * around the end of the counter; a copy goes on alike. */
static void check_stream(void)
{
    static const uint32_t starts[5][2] = {{0, 0},
                                          {0xfffffffcu, 0},
                                          {0xfffffffdu, 6},
                                          {0xffffffffu, 0x7fffffffu},
                                          {0xfffffffbu, 0xffffffffu}};
    uint32_t out[2], block[2];
    uint64_t i;
    rnn_rng rng, copy;
    int k, j, bad;

    rnn_rng_seed(&rng, 77);
    CHECK(rng.count[0] == 0 && rng.count[1] == 0, "a seed starts at 0");
    for (k = 0; k < 5; k++) {
        rng.count[0] = starts[k][0];
        rng.count[1] = starts[k][1];
        i = (uint64_t)starts[k][1] << 32 | starts[k][0];
        for (bad = 0, j = 0; j < 10; j++, i++) {
            copy = rng;
            block[0] = (uint32_t)(i >> 1 & 0xffffffffu);
            block[1] = (uint32_t)(i >> 33);
            rnn_threefry(rng.key, block, out);
            bad += rnn_rng_next(&rng) != out[i & 1];
            bad += rng.count[0] != (uint32_t)((i + 1) & 0xffffffffu);
            bad += rng.count[1] != (uint32_t)((i + 1) >> 32);
            bad += rnn_rng_next(&copy) != out[i & 1];
        }
        CHECK(!bad, "stream from %08lx %08lx", (unsigned long)starts[k][1],
              (unsigned long)starts[k][0]);
    }
    rnn_rng_seed(&rng, 5);
    rnn_rng_seed(&copy, 6);
    for (bad = 0, j = 0; j < 64; j++)
        bad += rnn_rng_next(&rng) == rnn_rng_next(&copy);
    CHECK(!bad, "two seeds share %d numbers of 64", bad);
}

/* The counter's carry: number 2^32 + k of a stream is the block that the
 * counter names, as for every other number. */
static void check_carry(void)
{
    static const uint32_t half[2] = {0x80000000u, 0}, top[2] = {0, 1};
    uint32_t out[2];
    rnn_rng rng;

    rnn_rng_seed(&rng, 5);
    CHECK(rng.key[0] == 5 && rng.key[1] == 0 && rng.count[0] == 0 &&
              rng.count[1] == 0,
          "a seed");
    rng.count[0] = 0xffffffffu;
    (void)rnn_rng_next(&rng);
    CHECK(rng.count[0] == 0 && rng.count[1] == 1, "carry: %lu %lu",
          (unsigned long)rng.count[0], (unsigned long)rng.count[1]);
    rnn_threefry(rng.key, half, out);
    CHECK(rnn_rng_next(&rng) == out[0] && rnn_rng_next(&rng) == out[1],
          "the block after it");
    rng.count[0] = 0;
    rng.count[1] = 2;
    rnn_threefry(rng.key, top, out);
    CHECK(rnn_rng_next(&rng) == out[0], "the high word");
    rnn_rng_seed(NULL, 1);
    CHECK(rnn_rng_next(NULL) == 0, "no generator");
}

/* What every machine must draw. The normal numbers use log, so the two
 * arithmetics may differ in a last bit; in these eight they do not. */
static void check_stored(void)
{
    static const uint32_t next[4] = {0xb435a7fau, 0x96eb2785u, 0x0ec66872u,
                                     0x2d84e7b1u};
    static const uint32_t uniform[4] = {0x3c25ba40u, 0x3f002fd5u, 0x3f6d3492u,
                                        0x3f5f4350u};
    static const uint32_t normal[8] = {0xbe8fb958u, 0x400f1823u, 0xbcb605acu,
                                       0xbf87efcau, 0x3e6996dbu, 0x3f9d421fu,
                                       0x3ede54f4u, 0x3f92a209u};
    rnn_rng rng;
    int i;

    rnn_rng_seed(&rng, 1);
    for (i = 0; i < 4; i++) {
        uint32_t b = rnn_rng_next(&rng);
        CHECK(b == next[i], "next %d: 0x%08lx", i, (unsigned long)b);
    }
    for (i = 0; i < 4; i++) {
        uint32_t b = bits_of(rnn_uniform(&rng));
        CHECK(b == uniform[i], "uniform %d: 0x%08lx", i, (unsigned long)b);
    }
    for (i = 0; i < 8; i++) {
        uint32_t b = bits_of(rnn_normal(&rng));
        CHECK(b == normal[i], "normal %d: 0x%08lx", i, (unsigned long)b);
    }
}

/* ---- distributions ------------------------------------------------------- */

static void check_uniform(uint32_t seed)
{
    enum { N = 1 << 20, BUCKETS = 1024 };
    static long count[BUCKETS], pairs[BUCKETS];
    double sum = 0, squares = 0, chi = 0, chi2 = 0, u, last = 0, lag = 0;
    const double each = (double)N / BUCKETS, limit = BUCKETS + 6 * 45.3;
    rnn_rng rng;
    long i;
    int bad = 0;

    rnn_rng_seed(&rng, seed);
    for (i = 0; i < N; i++) {
        u = (double)rnn_uniform(&rng);
        bad += !(u >= 0 && u < 1) || floor(u * 16777216) != u * 16777216;
        if (bad)
            break;
        sum += u;
        squares += (u - 0.5) * (u - 0.5);
        lag += (u - 0.5) * (last - 0.5);
        count[(int)(u * BUCKETS)]++;
        pairs[(int)(u * 32) * 32 + (int)(last * 32)]++;
        last = u;
    }
    CHECK(!bad, "not in [0, 1), or not a multiple of 2^-24");
    for (i = 0; i < BUCKETS; i++) {
        chi += ((double)count[i] - each) * ((double)count[i] - each) / each;
        chi2 += ((double)pairs[i] - each) * ((double)pairs[i] - each) / each;
    }
    /* six standard deviations of each statistic */
    CHECK(fabs(sum / N - 0.5) < 6 * 0.2887 / 1024, "mean %g", sum / N);
    CHECK(fabs(squares / N - 1 / 12.) < 6 * 0.0745 / 1024, "variance %g",
          squares / N);
    CHECK(fabs(lag / N) < 6 * 0.0833 / 1024, "lag %g", lag / N);
    CHECK(chi < limit && chi > 2 * BUCKETS - limit, "chi square %g", chi);
    CHECK(chi2 < limit && chi2 > 2 * BUCKETS - limit, "pairs %g", chi2);
}

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* Phi, the normal distribution */
static double phi(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752);
}

static void check_normal(uint32_t seed)
{
    enum { N = 1 << 20 };
    rnn_real *x = test_reals(N, 0);
    double m[4] = {0, 0, 0, 0}, worst = 0, chi = 0, d;
    long tail[3] = {0, 0, 0}, count[64], i;
    rnn_rng rng;
    int k;

    rnn_rng_seed(&rng, seed);
    memset(count, 0, sizeof count);
    for (i = 0; i < N; i++) {
        double v;
        x[i] = rnn_normal(&rng);
        v = (double)x[i];
        m[0] += v;
        m[1] += v * v;
        m[2] += v * v * v;
        m[3] += v * v * v * v;
        tail[0] += v > 3;
        tail[1] += v < -3;
        tail[2] += fabs(v) > 4;
        k = (int)(phi(v) * 64);
        count[k > 63 ? 63 : k]++;
    }
    /* six standard deviations: sqrt(1), sqrt(2), sqrt(15), sqrt(96) over
     * sqrt(N) = 1024 */
    for (k = 0; k < 4; k++) {
        static const double moment[4] = {0, 1, 0, 3};
        static const double deviation[4] = {1, 1.41421, 3.87298, 9.79796};
        CHECK(fabs(m[k] / N - moment[k]) < 6 * deviation[k] / 1024,
              "moment %d: %g", k + 1, m[k] / N);
    }
    /* 1415.5 beyond 3 on each side, 66.4 beyond 4 on both */
    CHECK(labs(tail[0] - 1415) < 6 * 38 && labs(tail[1] - 1415) < 6 * 38 &&
              labs(tail[2] - 66) < 6 * 8,
          "tails %ld %ld %ld", tail[0], tail[1], tail[2]);
    for (k = 0; k < 64; k++)
        chi += ((double)count[k] - N / 64.) * ((double)count[k] - N / 64.) /
               (N / 64.);
    CHECK(chi < 63 + 6 * 11.3 && chi > 63 - 5.5 * 11.3, "chi square %g", chi);
    /* Kolmogorov and Smirnov: sqrt(N) D is above 2.5 once in 10^5 times */
    qsort(x, N, sizeof *x, by_size);
    for (i = 0; i < N; i += 7) {
        d = fabs(phi((double)x[i]) - ((double)i + 0.5) / N);
        worst = d > worst ? d : worst;
    }
    CHECK(1024 * worst < 2.5, "quantiles are off by %g", worst);
    test_free();
}

/* A normal number is the quantile of one draw u, at (u + 1/2) / 2^32: checked
 * for many u, and in both far tails. */
static void check_quantile(uint32_t seed)
{
    rnn_rng rng, before;
    double worst = 0, v, p, e;
    uint32_t u, least = 0xffffffffu, most = 0;
    long i;

    rnn_rng_seed(&rng, seed);
    for (i = 0; i < 1L << 20; i++) {
        before = rng;
        u = rnn_rng_next(&before);
        least = u < least ? u : least;
        most = u > most ? u : most;
        v = (double)rnn_normal(&rng);
        MUST(before.count[0] == rng.count[0], "more than one draw");
        /* of the two tails the one that is small, for its digits */
        p = ((u >> 31 ? (double)(0xffffffffu - u) : (double)u) + 0.5) /
            4294967296.;
        e = fabs(phi(u >> 31 ? -v : v) - p) / 0.3989422804014327 *
            exp(v * v / 2);
        worst = e > worst ? e : worst;
    }
    CHECK(worst < 1.5e-6, "a quantile is off by %g", worst);
    MUST(least < 65536 && most > 0xffff0000u, "the tails were not seen");
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_accuracy();
    check_edges();
    check_lengths();
    check_kernels();
    check_known_answers();
    check_stream();
    check_carry();
    check_stored();
    check_uniform((uint32_t)test_next());
    check_normal((uint32_t)test_next());
    check_quantile((uint32_t)test_next());
    test_unused();
    return test_end();
}
