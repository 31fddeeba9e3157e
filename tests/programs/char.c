/* A char-level model: it learns from the first nine tenths of a text, says how
 * it does on the rest, and writes a line of its own, inside the loop. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>

enum { T = 50, B = 16, V = 256, H = 128, STEPS = 2000, MOST = 1 << 20 };

int main(int argc, char **argv)
{
    const rnn_model model = {.cell = RNN_CELL_LSTM, .input = RNN_INPUT_ONE_HOT,
                             .input_size = V, .hidden_size = H,
                             .output_size = V};
    const rnn_most most = {.steps = T, .batch = B, .train = 1, .moments = 2};
    const rnn_sampling half = {.temperature = 0.5f};
    static unsigned char bytes[MOST];
    static int text[MOST], line[80];
    static rnn_real h[B * H], c[B * H], own_h[H], own_c[H], *memory;
    rnn_seq seq = {.steps = T, .batch = B, .step_stride = 1, .h0 = h, .c0 = c,
                   .hn = h, .cn = c, .state_len = sizeof h / sizeof *h},
            held = {.steps = T, .batch = B,
                   .step_stride = 1}; /* the rest of the text, from zeros */
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    const rnn_writing how = {.begin = '\n', .end = '\n', .max_tokens = 80,
                             .sampling = &half, .rngs = &rng, .ids_len = 80,
                             .counts_len = 1,
                             .state_len = sizeof own_h / sizeof *own_h};
    rnn_real loss = 0, valid = 0;
    size_t n = 0, i, at;
    int k, j, count = 0;
    int st = argc < 2 || rnn_read_file(argv[1], bytes, MOST, &n, &work.why);

    for (i = 0; i < n; i++)
        text[i] = bytes[i];
    rnn_rng_seed(&rng, 1);
    if (st || n < 20000 || (st = rnn_plan(&net, &model, &most)) ||
        !(memory = malloc(net.sizes.all * sizeof *memory)) ||
        (st = rnn_bind(&net, &work, memory, net.sizes.all)) ||
        (st = rnn_init_params(&model, work.params, work.params_len, &rng,
                              &work.why)) ||
        (st = rnn_init_forget_bias(&model, work.params, work.params_len, 1,
                                   &work.why)) ||
        (st = rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.002f, &work.why)))
        return fprintf(stderr, "char TEXT: %d\n", st), 1;
    seq.row_stride = n / 10 * 9 / B; /* B streams side by side */
    held.row_stride = n / 10 / B;
    held.ids = text + n / 10 * 9;
    held.ids_len = n - n / 10 * 9;
    held.targets_len = held.ids_len - 1;
    for (k = 0; k < STEPS; k++) {
        at = (size_t)k * T % (seq.row_stride - T);
        seq.ids = text + at;
        seq.ids_len = n - at;
        seq.targets_len = n - at - 1;
        if ((st = rnn_forward(&net, &work, &seq)) ||
            (st = rnn_cross_entropy(&net, &work, &seq, seq.ids + 1, NULL,
                                    &loss)) ||
            (st = rnn_backward(&net, &work, &seq, NULL)) ||
            (st = rnn_clip_grad_norm(work.grads, work.grads_len, 5, NULL,
                                     NULL)) ||
            (st = rnn_optimizer_step(&adam, &net, &work)))
            break;
        if (k % 100)
            continue;
        if ((st = rnn_infer(&net, &work, &held)) ||
            (st = rnn_cross_entropy(&net, &work, &held, held.ids + 1, NULL,
                                    &valid)) ||
            (st = rnn_generate(&net, &work, &how, own_h, own_c, line, &count,
                               NULL)))
            break;
        printf("%d: %.3f, %.3f: ", k, (double)loss, (double)valid);
        for (j = 0; j < count; j++)
            putchar(line[j]);
        printf("\n");
    }
    free(memory);
    return st != 0;
}
