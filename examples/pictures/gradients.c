/* gradients: a stack by hand, a loss of one's own, a look inside.
 *
 *                                 L(h_N)        a loss of our own
 *                                 ^ |
 *     h0 --> h1 --> h2 --> ... -> hN v dL/dh_N  goes into rnn_backward
 *            ^      ^             ^
 *            x1     x2    ...     xN   dL/dx_t  comes out of it
 *
 * With output_size 0 there is no head: the states h_t come out, and their
 * gradients, which we write, go back. U, W, b are weight_ih_l0, weight_hh_l0,
 * bias_ih_l0 + bias_hh_l0. The cell is a GRU of one unit, h_t =
 * (1 - z) n + z h_(t-1), so that all of it can be printed. x_t is a value and a
 * mark, 0 or 1; h_N should be the value that was marked:
 *     L = 1/B sum log cosh(h_N - value)     dL/dh_N = 1/B tanh(h_N - value)
 * One sequence is shown: gate z is 0 at the mark, where h takes n, and 1 where
 * h stays; and dh_N/d value_t says that h_N has read the marked value alone. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 10, MARK = 3, B = 32, ITERATIONS = 4000 };

static const rnn_model model = {
    .wiring = RNN_WIRING_N_TO_N, .cell = RNN_CELL_GRU, .input_size = 2,
    .hidden_size = 1}; /* output_size is 0 */
static const rnn_most most = {.steps = T, .batch = B, .train = 1,
                              .moments = 2};
static rnn_real memory[40000], x[T * B * 2], dx[T * B * 2], marked[B];
static const rnn_seq seq = {.steps = T, .batch = B, .x = x,
                            .x_len = T * B * 2};

static int stop(const rnn_why *why)
{
    char text[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, text, sizeof text));
    return 1;
}

static void draw(rnn_rng *rng)
{
    int b, t, mark;

    for (b = 0; b < B; b++) {
        mark = (int)(rnn_uniform(rng) * T);
        for (t = 0; t < T; t++) {
            x[(t * B + b) * 2] = 1.6f * rnn_uniform(rng) - 0.8f;
            x[(t * B + b) * 2 + 1] = t == mark;
        }
        marked[b] = x[(mark * B + b) * 2];
    }
}

/* Of the states h (T, B, 1): the loss, and its gradient. */
static double log_cosh(const rnn_real *h, rnn_real *dh)
{
    double d, sum = 0;
    int b, last = (T - 1) * B;

    memset(dh, 0, T * B * sizeof *dh);
    for (b = 0; b < B; b++) {
        d = (double)h[last + b] - (double)marked[b];
        sum += log(cosh(d)) / B;
        dh[last + b] = (rnn_real)(tanh(d) / B);
    }
    return sum;
}

int main(int argc, char **argv)
{
    const rnn_flow flow = {.dx = dx, .dx_len = T * B * 2, .frozen = 1};
    rnn_layer_view look;
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    double loss = 0;
    int k, t;

    rnn_rng_seed(&rng, argc > 1 ? (uint32_t)atoi(argv[1]) : 1);
    if (rnn_plan(&net, &model, &most))
        return stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.02f, &work.why))
        return stop(&work.why);
    for (k = 1; k <= ITERATIONS; k++) {
        draw(&rng);
        if (rnn_forward(&net, &work, &seq))
            return stop(&work.why);
        loss = log_cosh(work.logits, work.dlogits);
        if (rnn_backward(&net, &work, &seq, NULL) ||
            rnn_optimizer_step(&adam, &net, &work))
            return stop(&work.why);
    }
    for (t = 0; t < T; t++)
        x[t * B * 2 + 1] = t == MARK; /* of row 0, which is shown */
    if (rnn_forward(&net, &work, &seq) ||
        rnn_view_layer(&net, &work, &seq, 0, 0, 0, &look))
        return stop(&work.why);
    puts("  t  value  mark     r     z      n      h");
    for (t = 0; t < T; t++) { /* gates are r z q n */
        const rnn_real *g = look.gates + t * B * 4, *row = x + t * B * 2;
        printf("%3d  %5.2f  %4.0f  %4.2f  %4.2f  %5.2f  %5.2f\n", t + 1,
               (double)row[0], (double)row[1], (double)g[0], (double)g[1],
               (double)g[3], (double)look.h[t * B]);
    }
    memset(work.dlogits, 0, T * B * sizeof *work.dlogits);
    work.dlogits[(T - 1) * B] = 1; /* of h_N itself, and of row 0 alone */
    if (rnn_backward(&net, &work, &seq, &flow)) /* dx alone: frozen */
        return stop(&work.why);
    for (printf("dh_N/d value_t:"), t = 0; t < T; t++)
        printf(" %.3f", (double)dx[t * B * 2]);
    printf("\nloss %.5f\n", loss);
    return loss > 0.002;
}
