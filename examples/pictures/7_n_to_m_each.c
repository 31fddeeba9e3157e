/* 7_n_to_m_each: an encoder, and a decoder that reads c at every step.
 *
 *                                       y1     y2     y3
 *                                       ^      ^      ^
 *     h0 --> h1 --> h2 --> h3    s0 --> s1 --> s2 --> s3
 *            ^      ^      ^ \          ^      ^      ^
 *            x1     x2     x3 `-- q --> c -----+------+
 *
 *     h_t = tanh(U x_t + W h_(t-1) + b)     c = q(h_N) = tanh(Q h_N + p)
 *     s_t = tanh(U' c + W' s_(t-1) + b')    y_t = softmax(V s_t + c')
 *
 *     U  enc.weight_ih_l0   W  enc.weight_hh_l0   b  enc.bias_ih_l0, _hh_l0
 *     Q  bridge.weight      p  bridge.bias
 *     U' dec.weight_ih_l0   W' dec.weight_hh_l0   b' dec.bias_ih_l0, _hh_l0
 *     V  out.weight         c' out.bias
 *
 * The other place where c can go in, and the second way to make it (the first
 * is c = h_N, in 6_n_to_m_state.c; the third, RNN_CONTEXT_ALL, reads all h_t).
 * Digits become Roman numerals: 4 2 1 is C D X X I and END. One in
 * nine of the numbers 1 to 999 is never learned, to be tested with. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>

enum { N = 3, M = 13, DIGITS = 10, END = 7, OUT, C = 32 };
enum { B = 100, H = 48, ITERATIONS = 1500 };

static rnn_real memory[500000];
static int from[N * B], from_len[B], to[M * B], to_len[B], said[M * B];

static const rnn_model model = {
    .wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_TANH, .output_size = OUT,
    .context = RNN_CONTEXT_LAST, .context_size = C, /* c = q(h_N)     */
    .feed = RNN_FEED_EACH,                          /* c at each step */
    .input = RNN_INPUT_ONE_HOT, .input_size = DIGITS, .hidden_size = H};
static const rnn_most most = {.steps = M, .source_steps = N, .batch = B,
                              .train = 1, .moments = 2};
static const rnn_seq source = {.steps = N, .batch = B, .ids = from,
                               .ids_len = N * B, .lengths = from_len};
static const rnn_seq seq = {.steps = M, .batch = B, .lengths = to_len,
                            .source = &source, .targets_len = M * B};

static int stop(const rnn_why *why)
{
    char text[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, text, sizeof text));
    return 1;
}

/* A number as row b, in digits and in Roman numerals. */
static void put(int number, int b)
{
    static const char *const of[] = {"",  "0",  "00",  "000",  "01",
                                     "1", "10", "100", "1000", "02"};
    const char *p;
    int n = 0, m = 0, k, place = 4;

    for (k = 100; k > 0; k /= 10, place -= 2)
        if (number >= k) {
            from[n++ * B + b] = number / k % 10;
            for (p = of[number / k % 10]; *p; p++)
                to[m++ * B + b] = place + *p - '0';
        }
    to[m++ * B + b] = END;
    from_len[b] = n;
    to_len[b] = m;
}

int main(int argc, char **argv)
{
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss;
    int k, b, n, good, right = 0;

    rnn_rng_seed(&rng, argc > 1 ? (uint32_t)atoi(argv[1]) : 1);
    if (rnn_plan(&net, &model, &most))
        return stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.005f, &work.why))
        return stop(&work.why);
    for (k = 1; k <= ITERATIONS; k++) {
        for (b = 0; b < B; b++) {
            do
                n = 1 + (int)(rnn_uniform(&rng) * 999);
            while (n % 9 == 4); /* these are never learned */
            put(n, b);
        }
        if (rnn_forward(&net, &work, &seq) || /* h, s, y */
            rnn_cross_entropy(&net, &work, &seq, to, NULL, &loss) || /* L */
            rnn_backward(&net, &work, &seq, NULL) || /* dL/dU, ... */
            rnn_optimizer_step(&adam, &net, &work))  /* U, ... */
            return stop(&work.why);
        if (k % 500 == 0)
            printf("iteration %d, loss %.4f\n", k, (double)loss);
    }
    for (b = 0; b < B; b++)
        put(13 + 9 * b, b);
    if (rnn_infer(&net, &work, &seq))
        return stop(&work.why);
    for (k = 0; k < M * B; k++)
        if (rnn_greedy(work.logits + k * OUT, OUT, &said[k], &work.why))
            return stop(&work.why);
    for (b = 0; b < B; b++, right += good) {
        for (good = 1, k = b; k < to_len[b] * B; k += B)
            good &= said[k] == to[k];
        for (k = b; b % 17 == 0 && k < from_len[b] * B; k += B)
            printf("%d", from[k]);
        for (k = b; b % 17 == 0 && k < to_len[b] * B; k += B)
            printf("%s%c", k == b ? " = " : "", "IVXLCDM\n"[said[k]]);
    }
    printf("%d of %d numbers right that were not learned\n", right, B);
    return right < B * 95 / 100;
}
