/* single.h: y = f(Wx + b) alone, which says on which side of a line a point
 * lies. W, b and the loss are few enough to be looked at one by one.
 *
 * Plain gradient descent over all points at every update. */

#ifndef SINGLE_H
#define SINGLE_H

#include "live.h"

enum { POINTS = 48, GRID = 25 };

static struct single {
    rnn_linear lin;
    rnn_optimizer sgd;
    rnn_real params[3], grads[3]; /* W, b */
    rnn_real x[POINTS * 2], targets[POINTS], y[POINTS], dy[POINTS];
    rnn_real at[GRID * GRID * 2], field[GRID * GRID]; /* y all over the plane */
    rnn_real shown[2], shown_y;
    uint32_t trace;
    int updates;
    rnn_real loss, right;
} single;

/* From -1 to 1. */
static rnn_real either_side(rnn_rng *rng)
{
    return rnn_uniform(rng) * 2 - 1;
}

/* Points on both sides of a line, not too near to it; y is to be 1 on one side,
 * and on the other -1, or 0 where f has no negative values. */
static void make_points(rnn_rng *rng)
{
    const rnn_real low = single.lin.activation == RNN_FN_RELU ||
                                 single.lin.activation == RNN_FN_SIGMOID
                             ? 0
                             : -1;
    rnn_real *x = single.x, a, b, c, side;
    int i;

    do {
        a = either_side(rng);
        b = either_side(rng);
    } while (a * a + b * b < (rnn_real)0.3);
    c = either_side(rng) / 4;
    for (i = 0; i < POINTS; i++, x += 2) {
        do {
            x[0] = either_side(rng);
            x[1] = either_side(rng);
            side = a * x[0];
            side += b * x[1];
            side += c;
        } while (side * side < (rnn_real)0.01);
        single.targets[i] = side > 0 ? 1 : low;
    }
    for (i = 0; i < GRID * GRID; i++) {
        single.at[2 * i] = (rnn_real)(i % GRID * 2) / (GRID - 1) - 1;
        single.at[2 * i + 1] = (rnn_real)(i / GRID * 2) / (GRID - 1) - 1;
    }
}

static rnn_status open_single(int f, rnn_real lr, uint32_t seed)
{
    rnn_rng rng;

    clear(&single, sizeof single);
    single.lin.input_size = 2;
    single.lin.output_size = 1;
    single.lin.activation = (rnn_fn)f;
    single.trace = 2166136261u;
    rnn_rng_seed(&rng, seed);
    make_points(&rng);
    single.params[0] = either_side(&rng);
    single.params[1] = either_side(&rng);
    single.shown[0] = (rnn_real)0.5;
    single.shown[1] = (rnn_real)0.25;
    return rnn_optimizer_init(&single.sgd, RNN_OPT_SGD, lr, NULL);
}

/* y of n points. */
static rnn_status run_single(rnn_seq *seq, rnn_linear_pass *pass, int n,
                             const rnn_real *x, rnn_real *y)
{
    static const rnn_seq none;
    static const rnn_linear_pass nothing;

    *seq = none;
    *pass = nothing;
    seq->steps = 1;
    seq->batch = n;
    seq->x = x;
    seq->x_len = (size_t)(2 * n);
    pass->seq = seq;
    pass->params = single.params;
    pass->params_len = 3;
    pass->y = y;
    pass->y_len = (size_t)n;
    return rnn_linear_forward(&single.lin, pass, NULL);
}

static rnn_status learn_single(void)
{
    rnn_linear_pass pass;
    rnn_seq seq;
    rnn_status st = run_single(&seq, &pass, POINTS, single.x, single.y);
    const rnn_real middle = single.lin.activation == RNN_FN_RELU ||
                                    single.lin.activation == RNN_FN_SIGMOID
                                ? (rnn_real)0.5
                                : 0;
    int i, right = 0;

    for (i = 0; i < POINTS; i++)
        right += (single.y[i] > middle) == (single.targets[i] > middle);
    single.right = (rnn_real)right / POINTS;
    if (!st)
        st = rnn_squared_error_rows(single.y, POINTS, 1, single.targets, NULL,
                                    single.dy, &single.loss, NULL);
    pass.dy = single.dy;
    pass.grads = single.grads;
    clear(single.grads, sizeof single.grads);
    if (!st)
        st = rnn_linear_backward(&single.lin, &pass, NULL);
    if (!st)
        st = rnn_linear_grads(&single.lin, &pass, NULL);
    if (!st)
        st = rnn_optimizer_step_array(&single.sgd, single.params, single.grads,
                                      NULL, 3, NULL);
    return st;
}

static rnn_status show_single(void)
{
    rnn_linear_pass pass;
    rnn_seq seq;
    rnn_status st =
        run_single(&seq, &pass, GRID * GRID, single.at, single.field);

    if (!st)
        st = run_single(&seq, &pass, 1, single.shown, &single.shown_y);
    return st;
}

#endif
