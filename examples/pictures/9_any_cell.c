/* 9_any_cell: from outside every cell looks the same.
 *
 *                                         Y     Y = V h_N + c'
 *                                         ^
 *     h0 --> h1 --> h2 --> h3 --> ... --> hN    h_t = cell(x_t, h_(t-1))
 *            ^      ^      ^             ^
 *            x1     x2     x3    ...     xN     this is 3_n_to_1.c again
 *
 *     tanh, relu   h_t = f(U x_t + W h_(t-1) + b)
 *     gru          U, W, b have three blocks of rows, for r, z and n;
 *                  h_t = (1 - z) n + z h_(t-1)
 *     lstm         four, i f g o, and a second state beside h:
 *                  c_t = f c_(t-1) + i g     h_t = o tanh(c_t)
 *
 *     U  rnn.weight_ih_l0   W  rnn.weight_hh_l0   b  rnn.bias_ih_l0, _hh_l0
 *
 * What differs is what a cell can hold. x_t is a value and a mark, 0 or 1; Y
 * should be the value that was marked, which a gate that stays open, or relu,
 * hands on as it is; tanh bends it at every step until nothing is left. From
 * line to line of what is printed only model.cell changes. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { T = 20, B = 50, H = 16, ITERATIONS = 1500 };

static const char *const names[] = {"tanh", "relu", "gru", "gru_reset_before",
                                    "lstm", "lstm_peephole"};
static rnn_real memory[500000], x[T * B * 2], marked[B];

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
            x[(t * B + b) * 2] = 2 * rnn_uniform(rng) - 1;
            x[(t * B + b) * 2 + 1] = t == mark;
        }
        marked[b] = x[(mark * B + b) * 2];
    }
}

/* The error after learning, of new sequences, or below 0. */
static double learn(rnn_cell cell, uint32_t seed)
{
    const rnn_model model = {.wiring = RNN_WIRING_N_TO_1, .cell = cell,
                             .input_size = 2, .hidden_size = H,
                             .output_size = 1};
    const rnn_most most = {.steps = T, .batch = B, .train = 1, .moments = 2};
    const rnn_seq seq = {.steps = T, .batch = B, .x = x,
                         .x_len = T * B * 2, .targets_len = B};
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss = 0;
    double error = 0;
    int k;

    rnn_rng_seed(&rng, seed);
    if (rnn_plan(&net, &model, &most))
        return -stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.01f, &work.why))
        return -stop(&work.why);
    for (k = 0; k < ITERATIONS; k++) {
        draw(&rng);
        if (rnn_forward(&net, &work, &seq) || /* h, Y */
            rnn_squared_error(&net, &work, &seq, marked, NULL, &loss) ||
            rnn_backward(&net, &work, &seq, NULL) || /* dL/dU, ... */
            rnn_clip_grad_norm(work.grads, work.grads_len, 1, NULL, NULL) ||
            rnn_optimizer_step(&adam, &net, &work)) /* U, ... */
            return -stop(&work.why);
    }
    for (k = 0; k < 20; k++) {
        draw(&rng);
        if (rnn_infer(&net, &work, &seq) ||
            rnn_squared_error(&net, &work, &seq, marked, NULL, &loss))
            return -stop(&work.why);
        error += (double)loss / 20;
    }
    printf("%-17s %5lu parameters, error %.3f\n", names[cell],
           (unsigned long)net.sizes.params, sqrt(error));
    return sqrt(error);
}

int main(int argc, char **argv)
{
    const uint32_t seed = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
    int cell, good = 1;
    double error;

    printf("who always says 0:               error %.3f\n", sqrt(1 / 3.0));
    for (cell = RNN_CELL_TANH; cell < RNN_CELLS; cell++) {
        error = learn((rnn_cell)cell, seed);
        good &= error >= 0 && error < (cell >= RNN_CELL_GRU ? 0.1 : 1);
    }
    return !good;
}
