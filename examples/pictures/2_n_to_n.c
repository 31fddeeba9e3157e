/* 2_n_to_n: the classic recurrent network, as many outputs as inputs.
 *
 *            y1     y2     y3     y4      y_t = softmax(V h_t + c)
 *            ^      ^      ^      ^
 *     h0 --> h1 --> h2 --> h3 --> h4      h_t = tanh(U x_t + W h_(t-1) + b)
 *            ^      ^      ^      ^
 *            x1     x2     x3     x4      the same U, W, b, V, c at each step
 *
 *     U  rnn.weight_ih_l0     b  rnn.bias_ih_l0 + rnn.bias_hh_l0
 *     W  rnn.weight_hh_l0     V  out.weight     c  out.bias
 *
 * It learns to add. x_t is two bits, one of each number, the lowest first; y_t
 * is the bit of their sum, for which h must carry the one. It learns with
 * numbers of 8 bits; since every step uses the same parameters, it adds numbers
 * of any length, and is tested with 24. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>

enum { T = 8, LONG = 24, B = 32, H = 8, ITERATIONS = 1000 };

static rnn_real memory[40000];
static rnn_real x[LONG * B * 2];
static int sum[LONG * B];

static const rnn_model model = {
    .wiring = RNN_WIRING_N_TO_N, .cell = RNN_CELL_TANH, .input_size = 2,
    .hidden_size = H, .output_size = 2};
static const rnn_most most = {.steps = LONG, .batch = B, .train = 1,
                              .moments = 2};

static int stop(const rnn_why *why)
{
    char text[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, text, sizeof text));
    return 1;
}

/* B pairs of numbers, and the bits of their sums. */
static void draw(int steps, rnn_rng *rng)
{
    int b, t, k, carry;

    for (b = 0; b < B; b++)
        for (carry = t = 0; t < steps; t++) {
            k = t * B + b; /* step t of row b */
            x[2 * k] = (rnn_real)(rnn_rng_next(rng) & 1);
            x[2 * k + 1] = (rnn_real)(rnn_rng_next(rng) & 1);
            carry += (int)x[2 * k] + (int)x[2 * k + 1];
            sum[k] = carry & 1;
            carry >>= 1;
        }
}

int main(int argc, char **argv)
{
    rnn_seq seq = {.steps = T, .batch = B, .x = x, .x_len = LONG * B * 2,
                   .targets_len = LONG * B};
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss;
    int k, t, said[LONG * B], right = 0;

    rnn_rng_seed(&rng, argc > 1 ? (uint32_t)atoi(argv[1]) : 1);
    if (rnn_plan(&net, &model, &most))
        return stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.01f, &work.why))
        return stop(&work.why);
    for (k = 1; k <= ITERATIONS; k++) {
        draw(T, &rng);
        if (rnn_forward(&net, &work, &seq) ||                         /* h, y */
            rnn_cross_entropy(&net, &work, &seq, sum, NULL, &loss) || /* L */
            rnn_backward(&net, &work, &seq, NULL) || /* dL/dU, ... */
            rnn_optimizer_step(&adam, &net, &work))  /* U, ... */
            return stop(&work.why);
        if (k % 200 == 0)
            printf("iteration %d, loss %.4f\n", k, (double)loss);
    }
    draw(seq.steps = LONG, &rng);
    if (rnn_infer(&net, &work, &seq))
        return stop(&work.why);
    for (k = 0; k < LONG * B; k++) {
        if (rnn_greedy(work.logits + 2 * k, 2, &said[k], &work.why))
            return stop(&work.why);
        right += said[k] == sum[k];
    }
    /* as on paper: the lowest bit, which came first, at the right */
    for (k = 0; k < 3; k++, printf("\n"))
        for (printf(k < 2 ? "      " : "said: "), t = LONG - 1; t >= 0; t--)
            printf(" %d", k < 2 ? (int)x[2 * t * B + k] : said[t * B]);
    printf("%d of %d bits right in sums of %d bits\n", right, LONG * B, LONG);
    return right < LONG * B * 99 / 100;
}
