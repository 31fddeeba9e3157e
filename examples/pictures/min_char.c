/* min_char: learns to write from a text, character by character.
 *
 *            e      l      l      o       y_t = softmax(V h_t + c)
 *            ^      ^      ^      ^
 *     h0 --> h1 --> h2 --> h3 --> h4      h_t = tanh(U x_t + W h_(t-1) + b)
 *            ^      ^      ^      ^
 *            h      e      l      l       x_t: one-hot, a character
 *
 *     U  rnn.weight_ih_l0     b  rnn.bias_ih_l0 + rnn.bias_hh_l0
 *     W  rnn.weight_hh_l0     V  out.weight     c  out.bias
 *
 *     min_char [FILE [ITERATIONS [SEED]]]
 *
 * As Karpathy's min-char-rnn.py (2015): 100 units, 25 characters at a time, h
 * carried on, gradients of their sum cut to [-5, 5], Adagrad. It prints the loss,
 * in nats a character, and what the network writes when it reads its own. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 25, H = 100, MOST = 1 << 22, SAMPLE = 200, EVERY = 4000 };

static unsigned char bytes[MOST], byte_of[256];
static int text[MOST], id_of[256], said[SAMPLE];
static rnn_real memory[1 << 19], h[H], own_h[H];

static int stop(const rnn_why *why)
{
    char reason[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, reason, sizeof reason));
    return 1;
}

/* SAMPLE characters behind id, from state h on. */
static rnn_status sample(rnn_net *net, rnn_work *work, int id, rnn_rng *rng)
{
    const rnn_sampling as = {.temperature = 1};
    const rnn_writing how = {.begin = id, .end = -1, .max_tokens = SAMPLE,
                             .sampling = &as, .rngs = rng, .ids_len = SAMPLE,
                             .counts_len = 1, .state_len = H};
    int i, count;
    rnn_status st;

    memcpy(own_h, h, sizeof h);
    st = rnn_generate(net, work, &how, own_h, NULL, said, &count, NULL);
    for (i = 0; i < SAMPLE && !st; i++)
        putchar(byte_of[said[i]]);
    putchar('\n');
    return st;
}

int main(int argc, char **argv)
{
    const int iterations = argc > 2 ? atoi(argv[2]) : 20000;
    rnn_model model = {.wiring = RNN_WIRING_N_TO_N, .cell = RNN_CELL_TANH,
                       .input = RNN_INPUT_ONE_HOT, .hidden_size = H};
    const rnn_most most = {.steps = T, .batch = 1, .train = 1, .moments = 1};
    rnn_seq seq = {.steps = T, .batch = 1, .ids_len = T, .targets_len = T,
                   .h0 = h, .hn = h, .state_len = H};
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adagrad;
    rnn_rng rng;
    rnn_real loss;
    double smooth = 0;
    size_t n, i, at;
    int k, V = 0;

    if (rnn_read_file(argc > 1 ? argv[1] : "examples/text.txt", bytes, MOST, &n,
                      &work.why))
        return stop(&work.why);
    if (n <= T)
        return puts("a text of more than 25 characters is wanted");
    for (i = 0; i < n; i++) { /* a character's id is when it came first */
        if (id_of[bytes[i]] == 0)
            byte_of[V] = bytes[i], id_of[bytes[i]] = ++V;
        text[i] = id_of[bytes[i]] - 1;
    }
    model.input_size = model.output_size = V;
    rnn_rng_seed(&rng, argc > 3 ? (uint32_t)atoi(argv[3]) : 1);
    if (rnn_plan(&net, &model, &most))
        return stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adagrad, RNN_OPT_ADAGRAD, 0.1f, &work.why))
        return stop(&work.why);
    for (k = 0, at = n; k <= iterations; k++, at += T) {
        if (at + T >= n) /* from the beginning of the text */
            memset(h, 0, sizeof h), at = 0;
        seq.ids = text + at;
        if (rnn_forward(&net, &work, &seq) ||
            rnn_cross_entropy(&net, &work, &seq, seq.ids + 1, NULL, &loss) ||
            rnn_backward(&net, &work, &seq, NULL) ||
            rnn_clip_grad_value(work.grads, work.grads_len, 5.0f / T, NULL) ||
            rnn_optimizer_step(&adagrad, &net, &work))
            return stop(&work.why);
        smooth = k ? 0.999 * smooth + 0.001 * (double)loss : (double)loss;
        if (k % EVERY == 0) {
            printf("---- iteration %d, loss %.3f\n", k, smooth);
            if (sample(&net, &work, text[at + T], &rng))
                return stop(&work.why);
        }
    }
    return argc < 3 && smooth > log(V) / 2; /* not learned it is log V */
}
