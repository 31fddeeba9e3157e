/* 5_one_to_n_each: one input, read again at every step; a sequence out.
 *
 *            y1     y2     y3     y4      y_t = softmax(V h_t + c)
 *            ^      ^      ^      ^
 *     h0 --> h1 --> h2 --> h3 --> h4      h_t = tanh(U x + W h_(t-1) + b)
 *            ^      ^      ^      ^
 *            +------+------+------+
 *            x
 *
 *     U  rnn.weight_ih_l0     b  rnn.bias_ih_l0 + rnn.bias_hh_l0
 *     W  rnn.weight_hh_l0     V  out.weight     c  out.bias
 *
 * From a picture to its caption: x is a drawing of a digit, 3 by 5 points with
 * noise on each; y_t is letter t of its name, and END behind the last. As x is
 * there at each step, h need only know how many letters it has written. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 15, T = 6, B = 50, H = 32, END = 26, ITERATIONS = 2000 };
enum { OUT = END + 1 }; /* the letters, and END */

static const char *const drawn[] = {
    "#### ## ## ####", " #  #  #  #  # ", "###  #####  ###", "###  ####  ####",
    "# ## ####  #  #", "####  ###  ####", "####  #### ####", "###  #  #  #  #",
    "#### ##### ####", "#### ####  ####"};
static const char *const names[] = {"zero", "one", "two",   "three", "four",
                                    "five", "six", "seven", "eight", "nine"};
static rnn_real memory[100000], x[B * POINTS];
static int wanted[T * B], lengths[B];

static const rnn_model model = {
    .wiring = RNN_WIRING_1_TO_N, .feed = RNN_FEED_EACH, /* where x goes */
    .cell = RNN_CELL_TANH, .input_size = POINTS, .hidden_size = H,
    .output_size = OUT};
static const rnn_most most = {.steps = T, .batch = B, .train = 1,
                              .moments = 2};
static const rnn_seq source = {.steps = 1, .batch = B, .x = x,
                               .x_len = B * POINTS};
static const rnn_seq seq = {.steps = T, .batch = B, .lengths = lengths,
                            .source = &source, .targets_len = T * B};

static int stop(const rnn_why *why)
{
    char text[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, text, sizeof text));
    return 1;
}

static void draw(rnn_rng *rng)
{
    int b, i, digit;

    for (b = 0; b < B; b++) {
        digit = (int)(rnn_uniform(rng) * 10);
        for (i = 0; i < POINTS; i++)
            x[b * POINTS + i] = (drawn[digit][i] == '#' ? 1.0f : 0.0f) +
                                0.15f * rnn_normal(rng);
        lengths[b] = (int)strlen(names[digit]) + 1;
        for (i = 0; i < lengths[b]; i++)
            wanted[i * B + b] =
                i < lengths[b] - 1 ? names[digit][i] - 'a' : END;
    }
}

int main(int argc, char **argv)
{
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss, v;
    int k, b, t, i, said[T * B] = {0}, good, right = 0;

    rnn_rng_seed(&rng, argc > 1 ? (uint32_t)atoi(argv[1]) : 1);
    if (rnn_plan(&net, &model, &most))
        return stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.01f, &work.why))
        return stop(&work.why);
    for (k = 1; k <= ITERATIONS; k++) {
        draw(&rng);
        if (rnn_forward(&net, &work, &seq) || /* h, y */
            rnn_cross_entropy(&net, &work, &seq, wanted, NULL, &loss) || /* L */
            rnn_backward(&net, &work, &seq, NULL) ||            /* dL/dU, ... */
            rnn_optimizer_step(&adam, &net, &work)) /* U, ... */
            return stop(&work.why);
        if (k % 500 == 0)
            printf("iteration %d, loss %.4f\n", k, (double)loss);
    }
    draw(&rng);
    if (rnn_infer(&net, &work, &seq))
        return stop(&work.why);
    for (b = 0; b < B; b++, right += good)
        for (good = 1, t = 0; t < lengths[b]; t++) {
            k = t * B + b;
            if (rnn_greedy(work.logits + k * OUT, OUT, &said[k], &work.why))
                return stop(&work.why);
            good &= said[k] == wanted[k];
        }
    for (t = 0; t < 5; t++, printf("\n")) /* the first five, and below names */
        for (b = 0; b < 5; b++, printf("     "))
            for (i = t * 3; i < t * 3 + 3; i++) {
                v = x[b * POINTS + i];
                putchar(" .+#"[(v > 0.25f) + (v > 0.5f) + (v > 0.75f)]);
            }
    for (b = 0; b < 5; b++)
        for (t = 0; t < 8; t++)
            putchar(t < lengths[b] - 1 ? 'a' + said[t * B + b] : ' ');
    printf("\n%d of %d new drawings named rightly\n", right, B);
    return right < B * 95 / 100;
}
