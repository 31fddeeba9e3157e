/* 1_single_layer: before anything recurs, one layer.
 *
 *        y            y = f(W x + b)
 *        ^
 *        |            one arrow: times W, plus b, through f
 *        x
 *
 *     W  weight, stored [in][out]: params[i * OUT + o]
 *     b  bias, behind it:          params[IN * OUT + o]
 *     f  sigmoid, so that each y is between 0 and 1
 *
 * x is a picture of 5 by 5 points in which one of four letters stands, one
 * point in eight turned over; y says for each letter whether it is there. After
 * learning, the weights of each output are a picture, too: # where ink speaks
 * for its letter, which is T, L, X or O, - where it speaks against it. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 5, IN = SIDE * SIDE, OUT = 4, BATCH = 50, ITERATIONS = 500 };
enum { PARAMS = IN * OUT + OUT };

static const char *const letters[OUT] = {
    "#####  #    #    #    #  ", "#    #    #    #    #####",
    "#   # # #   #   # # #   #", " ### #   ##   ##   # ### "};
static rnn_real x[BATCH * IN], y[BATCH * OUT], dy[BATCH * OUT];
static rnn_real wanted[BATCH * OUT];
static rnn_real params[PARAMS], grads[PARAMS], moments[2 * PARAMS];

static int stop(const rnn_why *why)
{
    char text[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, text, sizeof text));
    return 1;
}

static void draw(rnn_rng *rng)
{
    int b, i, letter;

    for (b = 0; b < BATCH; b++) {
        letter = (int)(rnn_uniform(rng) * OUT);
        for (i = 0; i < IN; i++)
            x[b * IN + i] =
                (letters[letter][i] == '#') != (rnn_uniform(rng) < 0.125f);
        for (i = 0; i < OUT; i++)
            wanted[b * OUT + i] = i == letter;
    }
}

int main(int argc, char **argv)
{
    const rnn_linear layer = {.input_size = IN, .output_size = OUT,
                              .activation = RNN_FN_SIGMOID};
    const rnn_seq seq = {.steps = 1, .batch = BATCH, .x = x,
                         .x_len = BATCH * IN};
    const rnn_linear_pass pass = {.seq = &seq, .params = params, .y = y,
                                  .dy = dy, .grads = grads,
                                  .params_len = PARAMS,
                                  .y_len = BATCH * OUT};
    rnn_why why = {0};
    const rnn_run run = {.why = &why}; /* where a call says why it refuses */
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss, w;
    int k, row, o, i, got, want, right = 0;

    rnn_rng_seed(&rng, argc > 1 ? (uint32_t)atoi(argv[1]) : 1);
    if (rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.02f, &why))
        return stop(&why);
    for (k = 1; k <= ITERATIONS; k++) { /* W and b begin at 0 */
        draw(&rng);
        memset(grads, 0, sizeof grads);
        if (rnn_linear_forward(&layer, &pass, &run) ||  /* y          */
            rnn_squared_error_rows(y, BATCH, OUT, wanted, NULL, dy, &loss,
                                   &run) ||             /* L, dL/dy   */
            rnn_linear_backward(&layer, &pass, &run) || /* dy: by f'  */
            rnn_linear_grads(&layer, &pass, &run) ||    /* dL/dW, db  */
            rnn_optimizer_step_array(&adam, params, grads, moments, PARAMS,
                                     &run))             /* W, b       */
            return stop(&why);
        if (k % 100 == 0)
            printf("iteration %d, loss %.4f\n", k, (double)loss);
    }
    for (row = 0; row < SIDE; row++, printf("\n"))
        for (o = 0; o < OUT; o++, printf("     "))
            for (i = row * SIDE; i < (row + 1) * SIDE; i++) {
                w = params[i * OUT + o];
                putchar(w > 0.8f ? '#' : w < -0.8f ? '-' : '.');
            }
    for (k = 0; k < 20; k++) {
        draw(&rng);
        if (rnn_linear_forward(&layer, &pass, &run))
            return stop(&why);
        for (i = 0; i < BATCH; i++) {
            if (rnn_greedy(y + i * OUT, OUT, &got, &why) ||
                rnn_greedy(wanted + i * OUT, OUT, &want, &why))
                return stop(&why);
            right += got == want;
        }
    }
    printf("%d of %d new pictures right\n", right, 20 * BATCH);
    return right < 900;
}
