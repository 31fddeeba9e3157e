/* One hash of everything that computes: forwards, gradients, losses,
 * optimisers, random numbers, samples, for all cells and on every kernel.
 *
 *     build/test_hash           prints hash fma=1 0123456789abcdef
 *     build/test_hash check     compares it with the value below
 *
 * The two values, with fma and without, are the same for every compiler, flag
 * and machine. They change only when the arithmetic of rnn.h does. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdio.h>
#include <string.h>

#if RNN_FMA
#define EXPECTED "5892a6475b25219a"
#else
#define EXPECTED "4e637757970a1b42"
#endif

enum { T = 5, B = 3, I = 5, H = 19, O = 7, E = 6, L = 2 };
/* E above I: no other input needs more room */
enum { P = RNN_MODEL_PARAMS(RNN_LSTM, I, E, H, L, 2, 1, O),
       S = RNN_STACK_STATE(H, L, 2, B),
       W = RNN_MODEL_TRAIN(RNN_LSTM, I, E, H, L, 2, T, B, O) +
           RNN_STACK_TRAIN_DROPOUT(H, 2, T, B) * L };

static rnn_real params[P], grads[P], moments[3 * P], work[W];
static rnn_real x[T * B * I], dx[T * B * I], h0[S], c0[S], hn[S], cn[S];
static rnn_real dh0[S], dc0[S], up[S], logits[T * B * O], targets[T * B * O];
static rnn_real d[T * B * O], nll[T * B], weights[T * B];
static int ids[T * B], labels[T * B];
static unsigned long state;
static uint32_t hash[2]; /* FNV-1a of 64 bits: low, high */
static int failures;

/* from -1 to 1, exact in float */
static rnn_real number(void)
{
    state = (state * 1103515245u + 12345u) & 0x7fffffffu;
    return (rnn_real)((long)(state >> 8) - 4194304l) * (rnn_real)(1.0 / 4194304);
}

static void fill(rnn_real *p, size_t n, int half)
{
    size_t i;
    for (i = 0; i < n; i++)
        p[i] = half ? number() * (rnn_real)0.5 : number();
}

/* times 0x100000001b3 = 2^40 + 0x1b3, in two words of 32 bits */
static void hash_byte(unsigned byte)
{
    uint32_t low = hash[0] ^ byte, high = hash[1];
    uint32_t carry = (low >> 16) * 0x1b3u + ((low & 0xffffu) * 0x1b3u >> 16);
    hash[0] = low * 0x1b3u;
    hash[1] = high * 0x1b3u + (carry >> 16) + (low << 8);
}

static void hash_reals(const rnn_real *p, size_t n)
{
    uint32_t b;
    size_t i;
    int k;
    for (i = 0; i < n; i++) {
        memcpy(&b, p + i, sizeof b);
        if (p[i] != p[i])
            b = 0x7fc00000u; /* all NaNs are one */
        for (k = 0; k < 4; k++)
            hash_byte((unsigned)(b >> 8 * k & 255u));
    }
}

static void must(rnn_status st, int line)
{
    if (st != RNN_OK) {
        printf("line %d: %s\n", line, rnn_status_text(st));
        failures++;
    }
}
#define MUST(call) must(call, __LINE__)

static void hash_model(int cell, int input, int both, const int *lengths,
                       int dropout, const rnn_run *run)
{
    rnn_model model;
    rnn_seq seq;
    rnn_flow flow;
    rnn_sizes s;
    rnn_real loss = 0;

    memset(&model, 0, sizeof model);
    model.cell = cell;
    model.input = input;
    model.input_size = I;
    model.embedding_size = input == RNN_EMBEDDING ? E : 0;
    model.hidden_size = H;
    model.num_layers = L;
    model.bidirectional = both;
    model.output_size = O;
    model.dropout = model.dropout_last = dropout ? (rnn_real)0.25 : 0;
    MUST(rnn_model_sizes(&model, 0, T, B, &s));
    fill(params, s.params, 1);
    fill(grads, s.params, 0);
    fill(x, T * B * I, 0);
    fill(h0, s.state, 0);
    fill(c0, s.state, 0);
    fill(up, s.state, 0);
    memset(&seq, 0, sizeof seq);
    seq.steps = T;
    seq.batch = B;
    seq.lengths = lengths;
    seq.x = x;
    seq.ids = ids;
    seq.h0 = h0;
    seq.c0 = c0;
    seq.hn = hn;
    seq.cn = cn;
    seq.seed[0] = 3;
    memset(&flow, 0, sizeof flow);
    flow.dhn = flow.dcn = up;
    flow.dx = input == RNN_DENSE ? dx : NULL;
    flow.dh0 = dh0;
    flow.dc0 = dc0;
    MUST(rnn_forward(&model, params, &seq, logits, work, W, run));
    hash_reals(logits, s.output);
    hash_reals(hn, s.state);
    if (cell == RNN_LSTM)
        hash_reals(cn, s.state);
    MUST(rnn_cross_entropy(logits, T * B, O, labels, weights, 0,
                           (rnn_real)0.1, nll, d, &loss, run));
    hash_reals(nll, T * B);
    hash_reals(&loss, 1);
    hash_reals(d, s.output);
    MUST(rnn_backward(&model, params, &seq, d, &flow, grads, work, W, run));
    hash_reals(grads, s.params);
    hash_reals(dh0, s.state);
    if (cell == RNN_LSTM)
        hash_reals(dc0, s.state);
    if (flow.dx)
        hash_reals(dx, T * B * I);
    MUST(rnn_infer(&model, params, &seq, logits, work, W, run));
    hash_reals(logits, s.output);
    MUST(rnn_clip_grad_norm(grads, s.params, (rnn_real)0.5, &loss, run));
    hash_reals(&loss, 1);
    hash_reals(grads, s.params);
}

static void hash_training(const rnn_run *run)
{
    enum { N = 150 };
    rnn_optimizer o;
    rnn_real loss = 0;
    int kind, k;

    for (kind = RNN_SGD; kind <= RNN_ADAMW; kind++) {
        MUST(rnn_optimizer_init(&o, kind, (rnn_real)0.01));
        o.momentum = (rnn_real)0.9;
        o.amsgrad = o.centered = 1;
        o.weight_decay = (rnn_real)0.01;
        fill(params, N, 0);
        for (k = 0; k < 5; k++) {
            fill(grads, N, 0);
            MUST(rnn_optimizer_step(&o, params, grads, moments, N, run));
        }
        hash_reals(params, N);
    }
    fill(targets, T * B * O, 1);
    fill(logits, T * B * O, 0);
    MUST(rnn_sigmoid_cross_entropy(logits, T * B, O, targets, weights, 0, nll,
                                   d, &loss, run));
    hash_reals(d, T * B * O);
    hash_reals(&loss, 1);
    MUST(rnn_squared_error(logits, T * B, O, targets, weights, 0, nll, d, &loss,
                           run));
    hash_reals(d, T * B * O);
    hash_reals(&loss, 1);
    MUST(rnn_softmax(logits, T * B, O, d, run));
    hash_reals(d, T * B * O);
    MUST(rnn_clip_grad_max(d, T * B * O, (rnn_real)0.3, &loss, run));
    MUST(rnn_clip_grad_value(d, T * B * O, (rnn_real)0.1, run));
    hash_reals(d, T * B * O);
}

static void hash_functions(const rnn_run *run)
{
    static const rnn_real edge[6] = {0, (rnn_real)1e30, (rnn_real)-1e30,
                                     (rnn_real)88.5, (rnn_real)-87, 1};
    int f, i;

    for (f = RNN_IDENTITY; f <= RNN_FN_SQRT; f++) {
        for (i = 0; i < T * B * O; i++)
            logits[i] = i < 6 ? edge[i] : number() * (rnn_real)(i % 30);
        MUST(rnn_map(f, T * B * O, logits, d, run));
        hash_reals(d, T * B * O);
    }
}

static void hash_random(void)
{
    rnn_sampling how = {1, 0, 0};
    rnn_tensor t;
    rnn_rng rng;
    rnn_real v;
    int i, id;

    rnn_rng_seed(&rng, 42);
    for (i = 0; i < 200; i++) {
        v = rnn_normal(&rng);
        hash_reals(&v, 1);
        v = rnn_uniform(&rng);
        hash_reals(&v, 1);
    }
    for (i = 0; i < 40; i++) {
        how.top_k = i % 3 ? 0 : 4;
        how.top_p = i % 2 ? (rnn_real)0.7 : 0;
        fill(logits, O, 0);
        MUST(rnn_sample(logits, O, &how, &rng, d, &id));
        hash_byte((unsigned)id);
    }
    memset(&t, 0, sizeof t);
    t.rows = 12;
    t.cols = 9;
    t.fan = 4;
    t.size = 108;
    for (i = RNN_INIT_DEFAULT; i <= RNN_INIT_IDENTITY; i++) {
        MUST(rnn_init_tensor(&t, params, i, (rnn_real)1.5, &rng));
        hash_reals(params, t.size);
    }
}

static void hash_all(const rnn_run *run)
{
    static const int lengths[B] = {3, 0, T};
    int cell, i;

    state = 1;
    hash[0] = 0x84222325u;
    hash[1] = 0xcbf29ce4u;
    for (i = 0; i < T * B; i++) {
        ids[i] = (i * 7 + 3) % I;
        labels[i] = (i * 5 + 1) % O;
        weights[i] = i % 4 ? (rnn_real)(i % 3) * (rnn_real)0.5 : 1;
    }
    for (cell = RNN_TANH; cell <= RNN_LSTM; cell++) {
        hash_model(cell, RNN_DENSE, 0, NULL, 0, run);
        hash_model(cell, RNN_ONE_HOT, 1, lengths, 0, run);
        hash_model(cell, RNN_EMBEDDING, 1, lengths, 1, run);
    }
    hash_training(run);
    hash_functions(run);
    hash_random();
}

int main(int argc, char **argv)
{
    char best[20], text[20];
    rnn_run run = {0, 0, 0};
    int kernel, good;

    (void)argv;

    hash_all(NULL);
    sprintf(best, "%08lx%08lx", (unsigned long)hash[1],
            (unsigned long)hash[0]);
    printf("hash fma=%d %s\n", RNN_FMA, best);
    for (kernel = RNN_KERNEL_PORTABLE; kernel <= RNN_KERNEL_AVX512; kernel++) {
        rnn_real one = 1;
        run.kernel = kernel;
        if (rnn_map(RNN_FN_EXP, 1, &one, &one, &run) == RNN_E_UNSUPPORTED)
            continue;
        hash_all(&run);
        sprintf(text, "%08lx%08lx", (unsigned long)hash[1],
                (unsigned long)hash[0]);
        if (strcmp(text, best) != 0) {
            printf("kernel %d: hash %s\n", kernel, text);
            failures++;
        }
    }
    if (argc < 2)
        return failures != 0;
    good = failures == 0 && strcmp(best, EXPECTED) == 0;
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}
