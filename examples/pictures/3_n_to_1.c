/* 3_n_to_1: a sequence in, one answer out.
 *
 *                                 Y       Y = softmax(V h_4 + c)
 *                                 ^
 *     h0 --> h1 --> h2 --> h3 --> h4      h_t = tanh(U x_t + W h_(t-1) + b)
 *            ^      ^      ^      ^
 *            x1     x2     x3     x4
 *
 *     U  rnn.weight_ih_l0     b  rnn.bias_ih_l0 + rnn.bias_hh_l0
 *     W  rnn.weight_hh_l0     V  out.weight     c  out.bias
 *
 * x_t is a word (one-hot), Y whether the sentence is kind: "not" turns what
 * follows around, and what comes behind "but" counts. Sentences are of unequal
 * length; h_4 is the last state of each. One in five is not learned, to be
 * tested with; one of these is then read, and after each word the network says
 * what it would answer if the sentence ended there. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>

enum { THE, FILM, MUSIC, END, WAS, NOT, VERY, BUT, GOOD, GREAT, DULL, BAD,
       WORDS };
enum { T = 13, B = 100, H = 16, ITERATIONS = 600 };

static const char *const words[] = {"the", "film", "music", "end", "was",
                                    "not", "very", "but", "good", "great",
                                    "dull", "bad"};
static rnn_real memory[100000], h[H];
static int ids[T * B], lengths[B], kind[B];
static const rnn_model model = {
    .wiring = RNN_WIRING_N_TO_1, .cell = RNN_CELL_TANH, .output_size = 2,
    .input = RNN_INPUT_ONE_HOT, .input_size = WORDS, .hidden_size = H};
static const rnn_most most = {.steps = T, .batch = B, .train = 1,
                              .moments = 2};
static const rnn_seq seq = {.steps = T, .batch = B, .lengths = lengths,
                            .ids = ids, .ids_len = T * B, .targets_len = B};

static int stop(const rnn_why *why)
{
    char text[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, text, sizeof text));
    return 1;
}

/* Clause n of 48, behind what row b has. */
static void say(int b, int n)
{
    const int all[] = {BUT, THE, FILM + n % 3, WAS, NOT, VERY, GOOD + n / 12};
    const int put[] = {lengths[b] > 0, 1, 1, 1, n / 3 % 2, n / 6 % 2, 1};
    int i;

    for (i = 0; i < 7; i++)
        if (put[i])
            ids[lengths[b]++ * B + b] = all[i];
    kind[b] = (n / 12 < 2) != put[4];
}

/* B sentences of one clause or two: of those that are learned or not. */
static void draw(int learned, rnn_rng *rng)
{
    int b, n;

    for (b = 0; b < B; b++) {
        do
            n = (int)(rnn_rng_next(rng) % (48 * 49));
        while ((n % 5 != 0) != learned);
        lengths[b] = 0;
        say(b, n % 48);
        if (n >= 48)
            say(b, n / 48 - 1);
    }
}

int main(int argc, char **argv)
{
    rnn_row row = {.rows = 1, .state_len = H};
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss, p[2];
    int k, b, right = 0;

    rnn_rng_seed(&rng, argc > 1 ? (uint32_t)atoi(argv[1]) : 1);
    if (rnn_plan(&net, &model, &most))
        return stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.01f, &work.why))
        return stop(&work.why);
    for (k = 1; k <= ITERATIONS; k++) {
        draw(1, &rng);
        if (rnn_forward(&net, &work, &seq) || /* h, Y */
            rnn_cross_entropy(&net, &work, &seq, kind, NULL, &loss) || /* L */
            rnn_backward(&net, &work, &seq, NULL) || /* dL/dU, ... */
            rnn_optimizer_step(&adam, &net, &work))  /* U, ... */
            return stop(&work.why);
        if (k % 100 == 0)
            printf("iteration %d, loss %.4f\n", k, (double)loss);
    }
    draw(0, &rng);
    if (rnn_infer(&net, &work, &seq))
        return stop(&work.why);
    for (b = 0; b < B; b++)
        right += (work.logits[2 * b + 1] > work.logits[2 * b]) == kind[b];
    for (lengths[0] = k = 0; k < 2; k++) /* two clauses as row 0 */
        say(0, k ? 8 : 3);
    for (k = 0; k < lengths[0]; k++) {
        row.ids = &ids[k * B];
        if (rnn_step(&net, &work, &row, h, NULL) ||
            rnn_softmax(work.logits, 1, 2, p, NULL))
            return stop(&work.why);
        printf("  %-6s %5.1f %% kind\n", words[*row.ids], 100 * (double)p[1]);
    }
    printf("%d of %d sentences right that were not learned\n", right, B);
    return right < B * 95 / 100;
}
