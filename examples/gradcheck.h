/* gradcheck.h: are these gradients those of this loss?
 *
 * A loss of your own, or a network of your own around the library's, has
 * gradients that you wrote by hand. What they should be is the limit of
 *
 *     dL/dw = (L(w + s) - L(w - s)) / 2s
 *
 * so two more forward passes try one of them:
 *
 *     gradcheck g = {loss, arg};        double loss(void *arg): the forward pass
 *     check_model(&g, &net, &work);     and the loss, nothing that is random
 *     check_array(&g, "x", x, dx, T * B, I);
 *     if (g.wrong) ...
 *
 * A line is printed for each tensor: how many of its gradients were tried, the
 * worst one's error, in shares of the tensor's largest, and where it stands.
 *
 * The quotient has an error of its own: of rounding, about EPS L / s, which is
 * allowed for, and of curvature, about s^2. Their sum is least where s is about
 * the cube root of EPS, and then far less in double than in float: a term that
 * is small among others shows in a build with RNN_DOUBLE alone. */
#ifndef GRADCHECK_H
#define GRADCHECK_H

#include "base.h"

#ifdef RNN_DOUBLE
#define GRADCHECK_STEP 7.62939453125e-6 /* 2^-17 */
#define GRADCHECK_EPS 2.3e-16
#define GRADCHECK_BOUND 1e-6
#else
#define GRADCHECK_STEP 0.0078125 /* 2^-7 */
#define GRADCHECK_EPS 1.2e-7
#define GRADCHECK_BOUND 1e-2
#endif

typedef struct gradcheck {
    double (*loss)(void *arg); /* of the numbers as they stand now           */
    void *arg;
    int most;     /* of a tensor, spread over it, so many are tried; 0: 50   */
    double bound; /* an error above it is wrong; 0: GRADCHECK_BOUND          */
    int tried, wrong;      /* gradients; tensors with a wrong one            */
    double worst;          /* error                                          */
    char where[80];        /* of the worst, "out.bias [3]"                   */
} gradcheck;

/* The quotient at *w, whose value comes back as it was. */
static inline double quotient(const gradcheck *g, rnn_real *w, double step)
{
    const rnn_real old = *w;
    double up, down;

    *w = (rnn_real)((double)old + step);
    step = (double)*w; /* as it was rounded */
    up = g->loss(g->arg);
    *w = (rnn_real)((double)old - (step - (double)old));
    step -= (double)*w;
    down = g->loss(g->arg);
    *w = old;
    return (up - down) / step;
}

static inline double bound_of(const gradcheck *g)
{
    return g->bound > 0 ? g->bound : GRADCHECK_BOUND;
}

/* How far dw is from what the loss says, in shares of scale and of what the
 * rounding of a loss comes to. Where ReLU's corner or another lies between the
 * two passes, the quotient of a smaller step is nearer the truth. */
static inline double error_at(const gradcheck *g, rnn_real *w, double dw,
                              double scale)
{
    const double s = GRADCHECK_STEP * (size_of((double)*w) + 0.5);
    const double noise =
        4 * GRADCHECK_EPS * size_of(g->loss(g->arg)) / s / bound_of(g);
    const double error = size_of(quotient(g, w, s) - dw) / (scale + noise);
    const double nearer =
        size_of(quotient(g, w, s / 8) - dw) / (scale + 8 * noise);

    if (!(error <= 1e30)) /* NaN, or infinity */
        return 1e30;
    return nearer < error ? nearer : error;
}

/* The gradient of the tensor that is tried i-th of n, of `size` of them: spread
 * evenly, but not in steps that a matrix's width might be. */
static inline size_t tried_at(size_t i, size_t n, size_t size)
{
    return i * size / n + i * 7919 % (size / n);
}

/* One tensor: w holds its numbers, dw their gradients. */
static inline void check_tensor(gradcheck *g, const rnn_tensor *t, rnn_real *w,
                                const rnn_real *dw)
{
    const size_t most = g->most ? (size_t)g->most : 50;
    const size_t n = t->size < most ? t->size : most;
    double worst = 0, scale = 1e-30, error;
    size_t i, k, at = 0;
    char where[32];

    for (i = 0; i < t->size; i++)
        if (size_of((double)dw[i]) > scale)
            scale = size_of((double)dw[i]);
    for (k = 0; k < n; k++) {
        i = tried_at(k, n, t->size);
        error = error_at(g, w + i, (double)dw[i], scale);
        if (error > worst)
            worst = error, at = i;
    }
    place_in(where, t, at);
    printf("%-22s %5lu of %-7lu %8.1e  %-12s%s\n", t->name, (unsigned long)n,
           (unsigned long)t->size, worst, worst > 0 ? where : "",
           worst > bound_of(g) ? "  WRONG" : "");
    g->tried += (int)n;
    g->wrong += worst > bound_of(g);
    if (worst > g->worst) {
        g->worst = worst;
        sprintf(g->where, "%s %s", t->name, where);
    }
}

/* An array that is not the model's: x, h0, the weights of a layer of yours;
 * (rows, cols), or a vector where cols is 0. */
static inline void check_array(gradcheck *g, const char *name, rnn_real *w,
                               const rnn_real *dw, int rows, int cols)
{
    rnn_tensor t = {0};

    sprintf(t.name, "%.*s", (int)sizeof t.name - 1, name);
    t.rows = rows;
    t.cols = cols;
    t.size = (size_t)rows * (size_t)(cols ? cols : 1);
    check_tensor(g, &t, w, dw);
}

/* All of a model's, after rnn_backward. The loss may change work->grads: they
 * are copied. */
static inline void check_model(gradcheck *g, const rnn_net *net, rnn_work *work)
{
    rnn_real *grads = reals(work->grads_len);
    rnn_tensor t;
    int i;

    memcpy(grads, work->grads, work->grads_len * sizeof *grads);
    for (i = 0; rnn_model_tensor(&net->model, i, &t, &why) == RNN_OK; i++)
        check_tensor(g, &t, work->params + t.offset, grads + t.offset);
}

#endif
