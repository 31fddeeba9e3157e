/* 4_one_to_n: one input, at the first step alone; a sequence out.
 *
 *            y1     y2     y3     y4      y_t = softmax(V h_t + c)
 *            ^      ^      ^      ^
 *     h0 --> h1 --> h2 --> h3 --> h4      h_1 = tanh(U x + W h_0 + b)
 *            ^                            h_t = tanh(W h_(t-1) + b)
 *            x
 *
 *     U  rnn.weight_ih_l0     b  rnn.bias_ih_l0 + rnn.bias_hh_l0
 *     W  rnn.weight_hh_l0     V  out.weight     c  out.bias
 *
 * From a category to music: x says which of four old tunes (one-hot), y_t is
 * its note t. After the first step there is no input: which tune it is, and how
 * far it has got, both live in h alone. Nothing is held back for a test here:
 * the question is whether 14 steps can come out of one x. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 14, TUNES = 4, NOTES = 7, H = 24, ITERATIONS = 600 };

static const char *const names[TUNES] = {"Twinkle, twinkle", "Frere Jacques",
                                         "Ode to Joy", "Mary had a lamb"};
static const char *const tunes[TUNES] = {"CCGGAAGFFEEDDC", "CDECCDECEFGEFG",
                                         "EEFGGFEDCCDEED", "EDCDEEEDDDEGGE"};
static const char notes[NOTES + 1] = "CDEFGAB";
static const int x[TUNES] = {0, 1, 2, 3};
static rnn_real memory[40000];
static int wanted[T * TUNES]; /* note t of tune b: wanted[t * TUNES + b] */

static const rnn_model model = {
    .wiring = RNN_WIRING_1_TO_N, .feed = RNN_FEED_FIRST, /* where x goes */
    .cell = RNN_CELL_TANH, .input = RNN_INPUT_ONE_HOT, .input_size = TUNES,
    .hidden_size = H, .output_size = NOTES};
static const rnn_most most = {.steps = T, .batch = TUNES, .train = 1,
                              .moments = 2};
static const rnn_seq source = {.steps = 1, .batch = TUNES, .ids = x,
                               .ids_len = TUNES};
static const rnn_seq seq = {.steps = T, .batch = TUNES, .source = &source,
                            .targets_len = T * TUNES};

static int stop(const rnn_why *why)
{
    char text[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, text, sizeof text));
    return 1;
}

int main(int argc, char **argv)
{
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss;
    int k, b, t, said, right = 0;

    for (k = 0; k < T * TUNES; k++)
        wanted[k] = (int)(strchr(notes, tunes[k % TUNES][k / TUNES]) - notes);
    rnn_rng_seed(&rng, argc > 1 ? (uint32_t)atoi(argv[1]) : 1);
    if (rnn_plan(&net, &model, &most))
        return stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.01f, &work.why))
        return stop(&work.why);
    for (k = 1; k <= ITERATIONS; k++) {
        if (rnn_forward(&net, &work, &seq) || /* h, y */
            rnn_cross_entropy(&net, &work, &seq, wanted, NULL, &loss) || /* L */
            rnn_backward(&net, &work, &seq, NULL) || /* dL/dU, ... */
            rnn_optimizer_step(&adam, &net, &work))  /* U, ... */
            return stop(&work.why);
        if (k % 100 == 0)
            printf("iteration %d, loss %.4f\n", k, (double)loss);
    }
    if (rnn_infer(&net, &work, &seq))
        return stop(&work.why);
    for (b = 0; b < TUNES; b++, printf("\n"))
        for (printf("  %-17s", names[b]), t = 0; t < T; t++) {
            k = t * TUNES + b;
            if (rnn_greedy(work.logits + k * NOTES, NOTES, &said, &work.why))
                return stop(&work.why);
            printf(" %c", notes[said]);
            right += said == wanted[k];
        }
    printf("%d of %d notes right\n", right, T * TUNES);
    return right < T * TUNES;
}
