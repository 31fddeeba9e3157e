/* An encoder-decoder with attention learns to turn numbers around ("1 2 3" to
 * "3 2 1"), lengths 1 to N, and is then read by beam search. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 10, END = 10, V = 11, N = 8, T = N + 1, B = 32, STEPS = 1500,
       WIDTH = 4 };

static int from[N * B], in[T * B], want[T * B], from_len[B], to_len[B];

/* B pairs; END begins and ends what the decoder reads and writes. */
static void draw(void)
{
    int b, t, n;
    for (b = 0; b < B; b++) {
        n = from_len[b] = 1 + rand() % N;
        to_len[b] = n + 1;
        for (t = 0; t < n; t++)
            from[t * B + b] = rand() % DIGITS;
        for (t = 0; t <= n; t++)
            want[t * B + b] = t < n ? from[(n - 1 - t) * B + b] : END;
        for (t = 0; t <= n; t++)
            in[t * B + b] = t ? want[(t - 1) * B + b] : END;
    }
}

int main(void)
{
    const rnn_model model = {
        .wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_GRU,
        .input = RNN_INPUT_EMBEDDING, .input_size = DIGITS,
        .embedding_size = 16, .hidden_size = 32, .bidirectional = 1,
        .target = RNN_INPUT_EMBEDDING, .target_size = V,
        .target_embedding_size = 16, .decoder_hidden_size = 48,
        .output_size = V, .context_size = 48, .feed = RNN_FEED_STATE,
        .attention = RNN_SCORE_ADDITIVE, .attention_size = 32,
        .head_context = 1};
    const rnn_most most = {.steps = T, .batch = B, .source_steps = N,
                           .rows = WIDTH * B, .tokens = N, .train = 1,
                           .moments = 2};
    const rnn_seq source = {.steps = N, .batch = B, .ids = from,
                            .ids_len = N * B, .lengths = from_len,
                            .state_len = B * 48};
    const rnn_seq seq = {.steps = T, .batch = B, .ids = in, .ids_len = T * B, .lengths = to_len,
                         .targets_len = T * B, .source = &source};
    const rnn_writing how = {.begin = END, .end = END, .max_tokens = N,
                             .width = WIDTH, .ids_len = B * N, .counts_len = B,
                             .state_len = B * 48};
    static rnn_real h[B * 48];
    static int ids[B * N], counts[B];
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss = 0, *memory = NULL;
    rnn_status st;
    int k, t;

    rnn_rng_seed(&rng, 1);
    if ((st = rnn_plan(&net, &model, &most)) ||
        !(memory = malloc(net.sizes.all * sizeof *memory)) ||
        !(work.ints = malloc((work.ints_len = net.sizes.ints) * sizeof(int))) ||
        (st = rnn_bind(&net, &work, memory, net.sizes.all)) ||
        (st = rnn_init_params(&model, work.params, work.params_len, &rng,
                              &work.why)) ||
        (st = rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.003f, &work.why)))
        return printf("%s\n", rnn_status_text(st)), 1;
    for (k = 0; k < STEPS && !st; k++) {
        draw();
        if (!(st = rnn_forward(&net, &work, &seq)) &&
            !(st = rnn_cross_entropy(&net, &work, &seq, want, NULL, &loss)) &&
            !(st = rnn_backward(&net, &work, &seq, NULL)) &&
            !(st = rnn_clip_grad_norm(work.grads, work.grads_len, 5, NULL,
                                      NULL)))
            st = rnn_optimizer_step(&adam, &net, &work);
    }
    draw();
    if (!st && !(st = rnn_encode(&net, &work, &source, h, NULL)))
        st = rnn_beam_search(&net, &work, &how, h, NULL, ids, counts, NULL);
    for (k = 0; k < 5 && !st; k++) {
        for (t = 0; t < from_len[k]; t++)
            printf("%d ", from[t * B + k]);
        for (t = 0; t < counts[k]; t++)
            printf("%s%d", t ? " " : "-> ", ids[k * N + t]);
        printf("\n");
    }
    printf("loss %.4f: %s\n", (double)loss, rnn_status_text(st));
    free(work.ints);
    free(memory);
    return st != RNN_OK;
}
