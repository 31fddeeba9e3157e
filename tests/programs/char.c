/* A char-level model: it learns from the first nine tenths of a text, says how
 * it does on the rest, and writes a line of its own, inside the loop. */
#include "rnn_next.h"
#include <stdio.h>
#include <stdlib.h>

enum { T = 50, B = 16, V = 256, H = 128, STEPS = 2000, MOST = 1 << 20 };

int main(int argc, char **argv)
{
    const rnn_model model = {.cell = RNN_CELL_LSTM, .input = RNN_INPUT_ONE_HOT,
                             .input_size = V, .hidden_size = H,
                             .output_size = V};
    const rnn_most most = {.steps = T, .batch = B, .tokens = 80, .train = 1,
                           .moments = 2};
    static unsigned char bytes[MOST];
    static int text[MOST], line[80], count;
    static rnn_real h[B * H], c[B * H], h1[H], c1[H], *memory;
    rnn_state carried = {h, c, B * H}, own = {h1, c1, H};
    rnn_seq seq = {.steps = T, .batch = B, .step_stride = 1, .first = &carried,
                   .last = &carried}, held;
    rnn_written out = {.ids = line, .ids_len = 80, .counts = &count};
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    const rnn_sampling half = {.temperature = 0.5f};
    const rnn_writing how = {.begin = '\n', .end = '\n', .max_tokens = 80,
                             .sampling = &half, .rngs = &rng};
    rnn_real loss = 0, valid = 0;
    size_t n = 0, i;
    int k, st = argc < 2 || rnn_read_file(argv[1], bytes, MOST, &n);

    for (i = 0; i < n && i < MOST; i++)
        text[i] = bytes[i];
    rnn_rng_seed(&rng, 1);
    if (st || n < 20000 || (st = rnn_plan(&net, &model, &most)) ||
        !(memory = malloc(net.sizes.all * sizeof *memory)) ||
        (st = rnn_bind(&net, &work, memory, net.sizes.all)) ||
        (st = rnn_init_params(&net, &work, &rng)) ||
        (st = rnn_init_forget_bias(&net, &work, 1)) ||
        (st = rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.002f)))
        return fprintf(stderr, "char TEXT: %d\n", st), 1;
    seq.row_stride = (ptrdiff_t)(n / 10 * 9 / B); /* B streams side by side */
    for (k = 0; k < STEPS; k++) {
        seq.ids = text + (size_t)k * T % ((size_t)seq.row_stride - T);
        if ((st = rnn_forward(&net, &work, &seq)) ||
            (st = rnn_cross_entropy(&net, &work, &seq, seq.ids + 1, NULL,
                                    &loss)) ||
            (st = rnn_backward(&net, &work, &seq, NULL)) ||
            (st = rnn_clip_grad_norm(work.grads, net.sizes.params, 5, NULL,
                                     NULL)) ||
            (st = rnn_optimizer_step(&adam, &net, &work)))
            break;
        held = seq; /* the rest of the text, from zeros */
        held.ids = text + n / 10 * 9;
        held.row_stride = (ptrdiff_t)(n / 10 / B);
        held.first = held.last = NULL;
        if (k % 100 == 0 &&
            ((st = rnn_infer(&net, &work, &held)) ||
             (st = rnn_cross_entropy(&net, &work, &held, held.ids + 1, NULL,
                                     &valid)) ||
             (st = rnn_generate(&net, &work, &how, &own, &out)) ||
             printf("%d: %.3f, %.3f: ", k, (double)loss, (double)valid) < 0))
            break;
        for (i = 0; k % 100 == 0 && i < (size_t)count; i++)
            printf("%c%s", line[i], i + 1 < (size_t)count ? "" : "\n");
    }
    free(memory);
    return st != 0;
}
