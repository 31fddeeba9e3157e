/* Loops that do nothing but multiply and add, or read, on each kind of vectors
 * that this machine has: what bench_peak.c and bench.c take for its limits. With
 * intrinsics for x86-64 and aarch64; elsewhere as well as the compiler does. */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#elif defined(__GNUC__) && defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <stddef.h>

static volatile float sink;

#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define EACH12(DO) EACH(DO) DO(8) DO(9) DO(10) DO(11)

#define SUM8(ADD)                                                              \
    ADD(ADD(ADD(r0, r1), ADD(r2, r3)), ADD(ADD(r4, r5), ADD(r6, r7)))

/* Three functions: n times 12 independent r = r a + b; n times r += w x with
 * the n blocks of 8 vectors of w, x changing from block to block; the same with
 * a sum in place of the product. FMA(a, b, c) is a b + c. */
#define LOOPS(NAME, TARGET, VEC, LANES, SET, LOAD, STORE, FMA, ADD)            \
    TARGET static void NAME##_fma(long n)                                      \
    {                                                                          \
        const VEC a = SET(0.999f), b = SET(0.001f);                            \
        float out[LANES];                                                      \
        VEC EACH12(NAME##_DECLARE) last = b;                                   \
        while (n-- > 0) {                                                      \
            EACH12(NAME##_FMA)                                                 \
        }                                                                      \
        last = ADD(ADD(ADD(r8, r9), ADD(r10, r11)), last);                     \
        STORE(out, ADD(SUM8(ADD), last));                                      \
        sink = out[0];                                                         \
    }                                                                          \
    TARGET static void NAME##_product(const float *w, long n)                  \
    {                                                                          \
        float x[64], out[LANES];                                               \
        VEC EACH(NAME##_DECLARE) b = SET(0.5f);                                \
        long i;                                                                \
        for (i = 0; i < 64; i++)                                               \
            x[i] = 0.001f * (float)i;                                          \
        for (i = 0; i < n; i++, w += 8 * LANES) {                              \
            b = SET(x[i & 63]);                                                \
            EACH(NAME##_PRODUCT)                                               \
        }                                                                      \
        STORE(out, ADD(SUM8(ADD), b));                                         \
        sink = out[0];                                                         \
    }                                                                          \
    TARGET static void NAME##_read(const float *w, long n)                     \
    {                                                                          \
        float out[LANES];                                                      \
        VEC EACH(NAME##_DECLARE) b = SET(0.5f);                                \
        long i;                                                                \
        for (i = 0; i < n; i++, w += 8 * LANES) {                              \
            EACH(NAME##_READ)                                                  \
        }                                                                      \
        STORE(out, ADD(SUM8(ADD), b));                                         \
        sink = out[0];                                                         \
    }

#if defined(__GNUC__) && defined(__x86_64__)

#define WIDE_DECLARE(k) r##k = _mm512_set1_ps(0.01f * k),
#define WIDE_FMA(k) r##k = _mm512_fmadd_ps(r##k, a, b);
#define WIDE_PRODUCT(k)                                                        \
    r##k = _mm512_fmadd_ps(_mm512_load_ps(w + 16 * k), b, r##k);
#define WIDE_READ(k) r##k = _mm512_add_ps(_mm512_load_ps(w + 16 * k), r##k);
LOOPS(WIDE, __attribute__((target("avx512f"))), __m512, 16, _mm512_set1_ps,
      _mm512_load_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_add_ps)

#define NARROW_DECLARE(k) r##k = _mm256_set1_ps(0.01f * k),
#define NARROW_FMA(k) r##k = _mm256_fmadd_ps(r##k, a, b);
#define NARROW_PRODUCT(k)                                                      \
    r##k = _mm256_fmadd_ps(_mm256_load_ps(w + 8 * k), b, r##k);
#define NARROW_READ(k) r##k = _mm256_add_ps(_mm256_load_ps(w + 8 * k), r##k);
LOOPS(NARROW, __attribute__((target("avx2,fma"))), __m256, 8, _mm256_set1_ps,
      _mm256_load_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_add_ps)

#elif defined(__GNUC__) && defined(__aarch64__)

#define NEON_DECLARE(k) r##k = vdupq_n_f32(0.01f * k),
#define NEON_FMA(k) r##k = vfmaq_f32(b, r##k, a);
#define NEON_PRODUCT(k) r##k = vfmaq_f32(r##k, vld1q_f32(w + 4 * k), b);
#define NEON_READ(k) r##k = vaddq_f32(vld1q_f32(w + 4 * k), r##k);
LOOPS(NEON, , float32x4_t, 4, vdupq_n_f32, vld1q_f32, vst1q_f32, vfmaq_f32,
      vaddq_f32)

#endif

#define PLAIN_SET(x) (x)
#define PLAIN_STORE(p, x) ((p)[0] = (x))
#define PLAIN_ADD(x, y) ((x) + (y))
#define PLAIN_DECLARE(k) r##k = 0.01f * k,
#define PLAIN_FMA(k) r##k = r##k * a + b;
#define PLAIN_PRODUCT(k) r##k = w[k] * b + r##k;
#define PLAIN_READ(k) r##k = w[k] + r##k;
LOOPS(PLAIN, , float, 1, PLAIN_SET, , PLAIN_STORE, , PLAIN_ADD)

typedef struct kind {
    const char *name;
    int lanes;
    void (*fma)(long);
    void (*product)(const float *, long), (*read)(const float *, long);
} kind;

/* Those that this machine has, the widest first; the portable one is last. */
static int kinds(kind *k)
{
    static const kind plain = {"portable", 1, PLAIN_fma, PLAIN_product,
                               PLAIN_read};
    int n = 0;

#if defined(__GNUC__) && defined(__x86_64__)
    static const kind wide = {"avx512", 16, WIDE_fma, WIDE_product, WIDE_read};
    static const kind narrow = {"avx2", 8, NARROW_fma, NARROW_product,
                                NARROW_read};

    if (__builtin_cpu_supports("avx512f"))
        k[n++] = wide;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        k[n++] = narrow;
#elif defined(__GNUC__) && defined(__aarch64__)
    static const kind neon = {"neon", 4, NEON_fma, NEON_product, NEON_read};

    k[n++] = neon;
#endif
    k[n++] = plain;
    return n;
}

#endif
