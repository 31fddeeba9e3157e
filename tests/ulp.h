/* How far exp, tanh, sigmoid, log and sqrt of rnn_map are from the truth.
 *
 * The truth is libm's in double. An error is counted in ulp, units in the last
 * place, of the float next to the truth: 2^-149 where that is subnormal, and
 * 2^104 at the upper end, where infinity counts as 2^128. A NaN in the wrong
 * place, or none where one belongs, is an infinite error. */
#ifndef ULP_H
#define ULP_H

#include <math.h>
#include <string.h>

enum { ULP_FUNCTIONS = 5 };

static const struct ulp_function {
    const char *name;
    int f;
    double allowed; /* ulp; sqrt is correctly rounded */
} ulp_functions[ULP_FUNCTIONS] = {{"exp", RNN_FN_EXP, 2},
                                  {"tanh", RNN_FN_TANH, 2},
                                  {"sigmoid", RNN_FN_SIGMOID, 2},
                                  {"log", RNN_FN_LOG, 2},
                                  {"sqrt", RNN_FN_SQRT, 0.5}};

typedef struct ulp_worst {
    double ulp;  /* the greatest error so far */
    uint32_t at; /* the bits of its x         */
} ulp_worst;

static float ulp_float(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static double ulp_truth(int f, double x)
{
    switch (f) {
    case RNN_FN_EXP: return exp(x);
    case RNN_FN_TANH: return tanh(x);
    case RNN_FN_SIGMOID: return 1 / (1 + exp(-x));
    case RNN_FN_LOG: return log(x);
    default: return sqrt(x);
    }
}

/* The size of an ulp at the truth t, 0 <= t <= 2^128. */
static double ulp_size(double t)
{
    uint64_t b;
    double u;

    if (t < 1.1754943508222875e-38) /* 2^-126; just below it an ulp is alike */
        return 1.401298464324817e-45;
    if (t >= 3.3895313892515355e+38) /* 2^128 - 2^120: 2^127's ulp is right */
        return 2.028240960365167e+31;
    /* the nearest float of t may be the next power of two: half an ulp on top
     * of t, then the power of two at or below that */
    memcpy(&b, &t, sizeof b);
    b += (uint64_t)1 << 28;
    b = (b & (uint64_t)0x7ff << 52) - ((uint64_t)23 << 52);
    memcpy(&u, &b, sizeof u);
    return u;
}

static double ulp_error(int f, float x, float y)
{
    const double top = 3.402823669209385e+38; /* 2^128 */
    double t = ulp_truth(f, (double)x), v = (double)y, d;

    if (t != t || v != v)
        return t != t && v != v ? 0 : HUGE_VAL;
    if (fabs(t) >= top || fabs(v) >= top) { /* beyond all floats */
        t = t > top ? top : t < -top ? -top : t;
        v = v > top ? top : v < -top ? -top : v;
    }
    d = fabs(v - t);
    return d > 0 ? d / ulp_size(fabs(t)) : 0;
}

/* y[i] = f(x[i]) for n numbers: updates the worst. */
static void ulp_compare(int f, size_t n, const float *x, const float *y,
                        ulp_worst *worst)
{
    size_t i;
    double e;

    for (i = 0; i < n; i++) {
        e = ulp_error(f, x[i], y[i]);
        if (e > worst->ulp) {
            worst->ulp = e;
            memcpy(&worst->at, x + i, sizeof worst->at);
        }
    }
}

#endif
