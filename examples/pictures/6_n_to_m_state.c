/* 6_n_to_m_state: an encoder, and a decoder that starts from what it says.
 *
 *                                        y1     y2     y3
 *                                        ^      ^      ^
 *     h0 --> h1 --> h2 --> h3 --> h4 =c> s1 --> s2 --> s3
 *            ^      ^      ^      ^
 *            x1     x2     x3     x4
 *
 *     h_t = tanh(U x_t + W h_(t-1) + b)     c = h_N = s_0
 *     s_t = tanh(W' s_(t-1) + b')           y_t = softmax(V s_t + c')
 *
 *     U  enc.weight_ih_l0   W  enc.weight_hh_l0   b  enc.bias_ih_l0, _hh_l0
 *                           W' dec.weight_hh_l0   b' dec.bias_ih_l0, _hh_l0
 *     V  out.weight         c' out.bias
 *
 * So N inputs become M outputs, and c is all that the decoder ever learns of
 * them. 四百二十一 becomes 421 and END; 1 in 9 of 1 ... 999 is for the test. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>

enum { TEN = 10, HUNDRED, SYMBOLS, N = 5, END = 10, OUT, M = 4 };
enum { B = 100, H = 48, ITERATIONS = 2000 };

static const char *const symbols[SYMBOLS] = {
    "零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百"};
static rnn_real memory[300000];
static int from[N * B], from_len[B], to[M * B], to_len[B], said[M * B];

static const rnn_model model = {
    .wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_TANH, .output_size = OUT,
    .context = RNN_CONTEXT_LAST, .feed = RNN_FEED_STATE, /* c = h_N = s_0 */
    .input = RNN_INPUT_ONE_HOT, .input_size = SYMBOLS, .hidden_size = H};
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

/* A number as row b, in numerals and in digits. */
static void put(int number, int b)
{
    int n = 0, m = 0, k, digit;

    for (k = 100; k > 0; k /= 10) {
        digit = number / k % 10;
        if ((digit && (k != 10 || number > 19)) || /* 十三, but 四百一十三 */
            (k == 10 && number > 100 && number % 10)) /* 四百零五 */
            from[n++ * B + b] = digit;
        if (digit && k > 1)
            from[n++ * B + b] = k == 10 ? TEN : HUNDRED;
        if (number >= k)
            to[m++ * B + b] = digit;
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
    rnn_real loss, u;
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
            do {
                u = rnn_uniform(&rng);
                n = 1 + (int)(u * u * 999); /* short ones often */
            } while (n % 9 == 4);           /* and these never  */
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
            printf("%s", symbols[from[k]]);
        for (k = b; b % 17 == 0 && k < to_len[b] * B; k += B)
            printf("%s%c", k == b ? " = " : "", "0123456789\n"[said[k]]);
    }
    printf("%d of %d numbers right that were not learned\n", right, B);
    return right < B * 95 / 100;
}
