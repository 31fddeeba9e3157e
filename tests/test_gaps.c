/* What breaking the header line by line (mutate.py) and counting the lines that
 * run (coverage.sh) found unwatched by the other tests: ends of ranges, rare
 * branches, arguments that are NULL. Section by section as in the header.
 *
 *     test_gaps [SEED [all]]     all: also what takes seconds */
#include <limits.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#define LEN(a) (sizeof(a) / sizeof *(a))

static rnn_real infinite(void)
{
    const rnn_real zero = 0;
    return 1 / zero;
}

static int same(const rnn_real *a, const rnn_real *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

/* ---- [BASE] ------------------------------------------------------------- */

/* The longest buffer is of PTRDIFF_MAX bytes. A smoothing out of range stops
 * the call after its sizes are checked, before it reads. */
static void check_longest(void)
{
    const size_t most = (size_t)PTRDIFF_MAX / sizeof(rnn_real);
    rnn_real x = 0;
    int target = 0;
    rnn_status fits = rnn_cross_entropy(&x, most, 1, &target, NULL, 1, 2, NULL,
                                        NULL, NULL, NULL);
    rnn_status too_long = rnn_cross_entropy(&x, most + 1, 1, &target, NULL, 1,
                                            2, NULL, NULL, NULL, NULL);

    CHECK(fits == RNN_E_ARG, "the longest buffer: %d", (int)fits);
    CHECK(too_long == RNN_E_SIZE, "one number more: %d", (int)too_long);
}

/* ---- [SELECT] ----------------------------------------------------------- */

/* A machine has the kernels of one family at most. */
static void check_kernels(void)
{
    static const int sets[] = {RNN_KERNEL_AVX2, RNN_KERNEL_AVX512,
                               RNN_KERNEL_NEON};
    rnn_run run = {0, 0, 0, NULL, NULL};
    rnn_status st[3];
    rnn_real x = 0;
    int i;

    for (i = 0; i < 3; i++) {
        run.kernel = sets[i];
        st[i] = rnn_map(RNN_FN_EXP, 1, &x, &x, &run);
        CHECK(st[i] == RNN_OK || st[i] == RNN_E_UNSUPPORTED, "kernel %d: %d",
              sets[i], (int)st[i]);
    }
    CHECK(st[2] || (st[0] && st[1]), "two families");
    CHECK(st[0] == RNN_OK || st[1], "AVX-512 without AVX2");
    run.kernel = RNN_KERNEL_PORTABLE;
    CHECK(rnn_map(RNN_FN_EXP, 1, &x, &x, &run) == RNN_OK, "plain C");
    for (i = -1; i < 100; i += 100) {
        run.kernel = i;
        CHECK(rnn_map(RNN_FN_EXP, 1, &x, &x, &run) == RNN_E_ARG, "kernel %d",
              i);
    }
}

/* ---- [RANDOM] ----------------------------------------------------------- */

/* The counter's carry: number 2^32 + k of a stream is the block that the
 * counter names, as for every other number. */
static void check_carry(void)
{
    static const uint32_t half[2] = {0x80000000u, 0}, top[2] = {0, 1};
    uint32_t out[2];
    rnn_rng rng;

    rnn_rng_seed(&rng, 5);
    CHECK(rng.key[0] == 5 && rng.key[1] == 0 && rng.count[0] == 0 &&
          rng.count[1] == 0, "a seed");
    rng.count[0] = 0xffffffffu;
    (void)rnn_rng_next(&rng);
    CHECK(rng.count[0] == 0 && rng.count[1] == 1, "carry: %lu %lu",
          (unsigned long)rng.count[0], (unsigned long)rng.count[1]);
    rnn_threefry(rng.key, half, out);
    CHECK(rnn_rng_next(&rng) == out[0] && rnn_rng_next(&rng) == out[1],
          "the block after it");
    rng.count[0] = 0;
    rng.count[1] = 2;
    rnn_threefry(rng.key, top, out);
    CHECK(rnn_rng_next(&rng) == out[0], "the high word");
    rnn_rng_seed(NULL, 1);
    CHECK(rnn_rng_next(NULL) == 0, "no generator");
}

/* Both directions of a layer are side by side in what the next one reads, and
 * so are the parts of what a decoder reads: too wide for an int. */
static void check_too_wide(void)
{
    rnn_stack s = {0};
    rnn_model m = {0};
    rnn_sizes z;

    s.input_size = 1;
    s.hidden_size = INT_MAX / 2 + 1;
    s.bidirectional = 1;
    CHECK(rnn_stack_sizes(&s, 1, 1, &z) == RNN_E_SIZE, "two directions");
    m.wiring = RNN_1_TO_N;
    m.feed = RNN_AT_EACH;
    m.input_size = m.hidden_size = 1;
    m.context_size = INT_MAX;
    m.target = RNN_EMBEDDING;
    m.target_size = m.output_size = 2;
    m.target_embedding_size = INT_MAX;
    CHECK(rnn_model_sizes(&m, 1, 1, 1, &z) == RNN_E_SIZE, "a token and c");
    memset(&m, 0, sizeof m);
    m.wiring = RNN_N_TO_M;
    m.feed = RNN_AS_STATE;
    m.input_size = m.target_size = m.output_size = 1;
    m.hidden_size = INT_MAX / 3 + 1;
    CHECK(sizeof(rnn_real) > 4 || sizeof(size_t) < 8 ||
          rnn_model_sizes(&m, 1, 1, 1, &z) == RNN_OK, "twice that fits");
}

/* Narrow layers: what train has beyond train_tight is two copies of each layer's
 * weights and one of the head's, in an encoder-decoder, too. */
static void check_copies(void)
{
    rnn_model m = {0};
    rnn_sizes z;

    m.wiring = RNN_N_TO_M;
    m.cell = RNN_GRU;
    m.input_size = 3;
    m.hidden_size = 4;
    m.target_size = m.output_size = 2;
    m.feed = RNN_AS_STATE;
    m.no_bias = 1;
    MUST(rnn_model_sizes(&m, 3, 2, 2, &z) == RNN_OK, "sizes");
    CHECK(z.train - z.train_tight ==
              2 * (RNN_STACK_COPIES(RNN_GRU, 3, 4, 1, 1) +
                   RNN_STACK_COPIES(RNN_GRU, 2, 4, 1, 1)) + 4 * 2,
          "%lu copied of %lu", (unsigned long)(z.train - z.train_tight),
          (unsigned long)z.params);
    CHECK(z.memory == 2 * 4, "memory is c alone: %lu", (unsigned long)z.memory);
}

/* ---- [LINEAR] [EMBEDDING] [MODEL] [BEAM]: sizes that no memory has ------- */

static void check_too_many(void)
{
    rnn_linear lin = {1, 1, RNN_IDENTITY, 0};
    rnn_seq seq = {0};
    rnn_model m = {0};
    rnn_decoding d = {0};
    rnn_sizes sizes;
    rnn_real x = 0, y = 0, params[2] = {0, 0};
    size_t work, ints;
    int id = 0;

    seq.steps = seq.batch = INT_MAX;
    seq.x = &x;
    CHECK(rnn_linear_forward(&lin, params, &seq, &y, NULL) == RNN_E_SIZE,
          "linear, its input");
    lin.output_size = 2;
    seq.batch = INT_MAX / 2;
    CHECK(rnn_linear_forward(&lin, params, &seq, &y, NULL) == RNN_E_SIZE,
          "linear, its output");
    CHECK(rnn_linear_forward(&lin, params, NULL, &y, NULL) == RNN_E_ARG,
          "linear, no sequence");
    seq.ids = &id;
    CHECK(rnn_embedding_forward(1, 2, params, &seq, &y, NULL) == RNN_E_SIZE,
          "a table's output");
    CHECK(rnn_embedding_forward(1, 1, params, NULL, &y, NULL) == RNN_E_ARG,
          "a table, no sequence");

    m.cell = RNN_TANH;
    m.input_size = m.hidden_size = 1;
    m.output_size = 1 << 26; /* T*B*H would be a buffer, T*B*O is none */
    CHECK(rnn_model_sizes(&m, 0, 1 << 20, 1 << 20, &sizes) == RNN_E_SIZE,
          "logits");
    m.output_size = 1;
    CHECK(sizeof(size_t) < 8 ||
          rnn_model_sizes(&m, 0, 1 << 20, 1 << 20, &sizes) == RNN_OK,
          "one logit");
    m.wiring = RNN_1_TO_N;
    d.width = 1 << 30;
    d.end = -1;
    d.max_steps = INT_MAX;
    CHECK(rnn_beam_sizes(&m, 1, 1, &d, &work, &ints) == RNN_E_SIZE,
          "the paths of a beam");
    d.max_steps = 1;
    CHECK(sizeof(size_t) < 8 ||
          rnn_beam_sizes(&m, 1, 1, &d, &work, &ints) == RNN_OK, "a wide beam");
}

/* ---- [STACK] ------------------------------------------------------------ */

/* No dy is a dy of zeros, also where dropout would mask it. */
static void check_no_dy(void)
{
    enum { T = 3, B = 2, I = 2, H = 3 };
    rnn_stack s = {0};
    rnn_seq seq = {0};
    rnn_flow flow = {0};
    rnn_sizes z;
    rnn_real *params, *work, *dx[2], *grads[2], *dhn, *zeros;
    int k, bad = 0;

    s.cell = RNN_GRU;
    s.input_size = I;
    s.hidden_size = H;
    s.num_layers = 2;
    s.dropout = s.dropout_last = (rnn_real)0.5;
    MUST(rnn_stack_sizes(&s, T, B, &z) == RNN_OK, "sizes");
    params = test_reals(z.params, 0.5);
    work = test_reals(z.train, 0);
    dhn = test_reals(z.state, 1);
    zeros = test_reals(z.output, 0);
    seq.steps = T;
    seq.batch = B;
    seq.x = test_reals(T * B * I, 1);
    flow.dhn = dhn;
    for (k = 0; k < 2; k++) {
        dx[k] = test_reals(T * B * I, 0);
        grads[k] = test_reals(z.params, 0);
        flow.dx = dx[k];
        bad |= rnn_stack_forward(&s, params, &seq, NULL, work, z.train, NULL);
        bad |= rnn_stack_backward(&s, params, &seq, k ? zeros : NULL, &flow,
                                  work, z.train, NULL);
        bad |= rnn_stack_grads(&s, &seq, work, z.train, grads[k], NULL);
    }
    CHECK(!bad, "a status");
    CHECK(same(dx[0], dx[1], T * B * I) && same(grads[0], grads[1], z.params),
          "no dy is not a dy of zeros");
    test_free();
}

/* Products large in one way and small in another, with room for copies: the
 * bits of plain C. */
static void check_products(void)
{
    enum { T = 4, B = 64, I = 48, H = 64 };
    rnn_stack s = {0};
    rnn_seq seq = {0};
    rnn_flow flow = {0};
    rnn_run run = {0, 0, 0, NULL, NULL};
    rnn_sizes z;
    rnn_real *params, *work, *dy, *y[2], *dx[2], *grads[2];
    int k, bad = 0;

    s.cell = RNN_LSTM;
    s.input_size = I;
    s.hidden_size = H;
    MUST(rnn_stack_sizes(&s, T, B, &z) == RNN_OK, "sizes");
    params = test_reals(z.params, 0.1);
    work = test_reals(z.train, 0);
    dy = test_reals(z.output, 1);
    seq.steps = T;
    seq.batch = B;
    seq.x = test_reals(T * B * I, 1);
    for (k = 0; k < 2; k++) {
        run.kernel = k ? RNN_KERNEL_PORTABLE : RNN_KERNEL_AUTO;
        y[k] = test_reals(z.output, 0);
        dx[k] = test_reals(T * B * I, 0);
        grads[k] = test_reals(z.params, 0);
        flow.dx = dx[k];
        bad |= rnn_stack_forward(&s, params, &seq, y[k], work, z.train, &run);
        bad |= rnn_stack_backward(&s, params, &seq, dy, &flow, work, z.train,
                                  &run);
        bad |= rnn_stack_grads(&s, &seq, work, z.train, grads[k], &run);
    }
    CHECK(!bad, "a status");
    CHECK(same(y[0], y[1], z.output), "outputs");
    CHECK(same(dx[0], dx[1], T * B * I), "gradients of x");
    CHECK(same(grads[0], grads[1], z.params), "gradients of weights");
    test_free();
}

/* ---- [ATTENTION] [MODEL] ------------------------------------------------ */

/* A table's gradient is that of a layer that reads the same tokens one-hot, bit
 * for bit: the same sums in the same order. */
static void check_table(void)
{
    enum { T = 9, B = 5, V = 3, E = 4 };
    rnn_linear lin = {V, E, RNN_IDENTITY, 1};
    rnn_real *dy = test_reals(T * B * E, 1);
    rnn_real *a = test_reals(V * E, 0), *b = test_reals(V * E, 0);
    rnn_seq seq = {0};

    seq.steps = T;
    seq.batch = B;
    seq.ids = test_ids(T * B, V);
    MUST(rnn_embedding_grads(V, E, &seq, dy, a, NULL) == RNN_OK &&
         rnn_linear_grads(&lin, &seq, dy, b, NULL) == RNN_OK, "gradients");
    CHECK(memcmp(a, b, V * E * sizeof *a) == 0, "a table and a layer");
    test_free();
}

/* Scores without parameters need none, backward as well as forward. */
static void check_no_params(void)
{
    enum { S = 3, T = 2, B = 2, K = 2 };
    rnn_attention att = {RNN_DOT, K, K, 0};
    rnn_seq source = {0}, seq = {0};
    size_t params, keys, work;
    rnn_real *k, *a, *c, *w, *dh, *one = NULL;
    rnn_status st;

    source.steps = S;
    seq.steps = T;
    source.batch = seq.batch = B;
    source.x = test_reals(S * B * K, 1);
    seq.x = test_reals(T * B * K, 1);
    st = rnn_attention_sizes(&att, S, T, B, &params, &keys, &work);
    CHECK(!st && params == 0, "dot has no parameters");
    k = test_reals(keys, 0);
    w = test_reals(work, 0);
    a = test_reals(T * B * S, 0);
    c = test_reals(T * B * K, 0);
    dh = test_reals(S * B * K, 0);
    CHECK(rnn_attention_forward(&att, NULL, &source, &seq, k, keys, a, c, NULL,
                                w, work, NULL) == RNN_OK, "forward");
    CHECK(rnn_attention_backward(&att, NULL, &source, &seq, k, keys, a, c, NULL,
                                 dh, NULL, w, work, NULL) == RNN_OK &&
          dh[0] != 0, "backward");
    att.score = RNN_ADDITIVE;
    att.size = 1;
    MUST(!rnn_attention_sizes(&att, S, T, B, &params, &keys, &work), "sizes");
    k = test_reals(keys, 0);
    w = test_reals(work, 0);
    one = test_reals(params, 1);
    CHECK(rnn_attention_forward(&att, one, &source, &seq, k, keys, a, c, NULL,
                                w, work, NULL) == RNN_OK, "forward");
    CHECK(rnn_attention_backward(&att, NULL, &source, &seq, k, keys, a, c, NULL,
                                 dh, NULL, w, work, NULL) == RNN_E_ARG,
          "additive without parameters");
    test_free();
}

/* What is given in place of a source has no encoder. */
static void check_no_encoder(void)
{
    rnn_model m = {0};
    rnn_stack s;

    m.input_size = m.hidden_size = m.output_size = 2;
    CHECK(rnn_model_encoder(&m, &s) == RNN_E_ARG, "N vs N");
    m.wiring = RNN_1_TO_N;
    CHECK(rnn_model_encoder(&m, &s) == RNN_E_ARG, "1 vs N");
    m.wiring = RNN_N_TO_M;
    CHECK(rnn_model_encoder(&m, &s) == RNN_OK && s.input_size == 2, "N vs M");
}

/* ---- [LOSS] ------------------------------------------------------------- */

static void check_infinite(void)
{
    const rnn_real far = sizeof(rnn_real) == 4 ? (rnn_real)1e15
                                               : (rnn_real)1e150;
    rnn_real l[2] = {1, 0}, x[1], t[1] = {0}, weight[1], value, loss = 0;

    l[1] = infinite();
    CHECK(rnn_mean(l, NULL, 2, 0, &loss, NULL) == RNN_E_NOT_FINITE &&
          loss == l[1], "the mean of an infinity");
    x[0] = far; /* its square, 1e30, is a number; a thousand times that 1e27 */
    weight[0] = far;
    CHECK(rnn_squared_error(x, 1, 1, t, weight, 1, &value, NULL, &loss,
                            NULL) == RNN_E_NOT_FINITE &&
          value == far * far && loss == l[1], "a sum that overflows");
}

/* ---- [TRAIN] ------------------------------------------------------------ */

static void check_identity(void)
{
    rnn_tensor t = {"", 4, 0, 0, 2, 0, 4}, bad;
    rnn_real p[12], sum = 0;
    rnn_rng rng;
    size_t i;

    rnn_rng_seed(&rng, 1);
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_IDENTITY, 3, &rng) == RNN_OK &&
          p[0] == 3 && p[1] == 0 && p[2] == 3 && p[3] == 0,
          "a vector: a block's first");
    t.cols = 3; /* two blocks of [2][3], stored transposed */
    t.transposed = 1;
    t.size = 12;
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_IDENTITY, 3, &rng) == RNN_OK,
          "wide blocks");
    for (i = 0; i < 12; i++)
        sum += p[i];
    CHECK(p[0] == 3 && p[5] == 3 && p[2] == 3 && p[7] == 3 && sum == 12,
          "their diagonals");
    t.rows = 3; /* one block of [3][2] */
    t.cols = 2;
    t.size = 6;
    t.fan = 3;
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_IDENTITY, 3, &rng) == RNN_OK &&
          p[0] == 3 && p[4] == 3 && p[1] == 0 && p[2] == 0 && p[3] == 0 &&
          p[5] == 0, "a tall block's diagonal");
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_ORTHOGONAL, 1, NULL) == RNN_E_ARG,
          "no generator");
    bad = t;
    bad.rows = 0;
    CHECK(rnn_init_tensor(&bad, p, RNN_INIT_CONSTANT, 1, &rng) == RNN_E_ARG,
          "no row");
    bad = t;
    bad.cols = -1;
    CHECK(rnn_init_tensor(&bad, p, RNN_INIT_CONSTANT, 1, &rng) == RNN_E_ARG,
          "columns below 0");
}

static void check_clip_run(void)
{
    rnn_run run = {2, 2, 0, NULL, NULL};
    rnn_real g[2] = {3, 4}, norm = -1;

    CHECK(rnn_clip_grad_norm(g, 2, 1, &norm, &run) == RNN_E_ARG && norm == -1 &&
          g[0] == 3, "part 2 of 2");
    run.part = 0;
    CHECK(rnn_clip_grad_max(g, 2, 1, &norm, &run) == RNN_E_ARG && norm == -1 &&
          g[0] == 3, "two parts of a norm");
}

/* ---- [SCHEDULES] -------------------------------------------------------- */

/* A threshold of a tenth: 0.91 of the best is no progress, 0.89 is. */
static void check_threshold(void)
{
    rnn_plateau p = {0};
    rnn_real lr = 1;

    p.threshold = (rnn_real)0.1;
    p.factor = (rnn_real)0.5;
    CHECK(rnn_plateau_step(&p, 1, &lr) == RNN_OK && lr == 1, "first");
    CHECK(rnn_plateau_step(&p, (rnn_real)0.91, &lr) == RNN_OK &&
          lr == (rnn_real)0.5, "no progress");
    CHECK(rnn_plateau_step(&p, (rnn_real)0.89, &lr) == RNN_OK &&
          lr == (rnn_real)0.5 && p.best == (rnn_real)0.89, "progress");
}

/* ---- [SAMPLE] ----------------------------------------------------------- */

static void check_sampling(void)
{
    static const rnn_real logits[3] = {1, 2, 0}, alike[4] = {0, 0, 0, 0};
    rnn_sampling how = {1, 0, 1};
    rnn_real work[4];
    rnn_rng rng;
    int id = -1, k, most = 0;

    rnn_rng_seed(&rng, 3);
    for (k = 0; k < 200; k++) {
        CHECK(rnn_sample(logits, 3, &how, &rng, NULL, &id) == RNN_OK,
              "top_p of 1 needs no work");
        most = id > most ? id : most;
    }
    CHECK(most == 2 && rng.count[0] == 200, "top_p of 1 cuts nothing");
    how.top_p = (rnn_real)0.5;
    for (k = most = 0; k < 200; k++) {
        CHECK(rnn_sample(alike, 4, &how, &rng, work, &id) == RNN_OK, "half");
        most = id > most ? id : most;
    }
    CHECK(most == 1, "two of four alike are a half");
    how.top_p = 1;
    how.top_k = 3;
    for (k = most = 0; k < 200; k++) {
        CHECK(rnn_sample(alike, 4, &how, &rng, work, &id) == RNN_OK, "three");
        most = id > most ? id : most;
    }
    CHECK(most == 2, "three of four, and all that they share");
    how.top_k = 0;
    rnn_rng_seed(&rng, 3);
    how.temperature = (rnn_real)1e-39; /* a subnormal: its inverse is too far */
    if (sizeof(rnn_real) == 4)
        CHECK(rnn_sample(logits, 3, &how, &rng, NULL, &id) == RNN_OK &&
              id == 1 && rng.count[0] == 0, "hardly any temperature");
}

/* A token that the model cannot read, after one that it could: what was
 * written is said, and the status. */
static void check_generate(void)
{
    enum { I = 2, O = 3, H = 1, MAX = 4 };
    rnn_model m = {0};
    rnn_sampling greedy = {0, 0, 0};
    rnn_rng rng;
    rnn_sizes z;
    rnn_real *params, *work, h[H] = {0};
    int ids[MAX] = {-5, -5, -5, -5}, count = -1;
    rnn_status st;

    m.cell = RNN_TANH;
    m.input = RNN_ONE_HOT;
    m.input_size = I;
    m.output_size = O;
    m.hidden_size = H;
    rnn_rng_seed(&rng, 1);
    MUST(rnn_model_sizes(&m, 0, 1, 1, &z) == RNN_OK, "sizes");
    params = test_reals(z.params, 0);
    params[z.params - 1] = 1; /* the bias of token 2 */
    work = test_reals(z.step + 2 * O, 0);
    st = rnn_generate(&m, params, h, NULL, 0, &greedy, &rng, -1, ids, MAX,
                      &count, work, z.step + 2 * O, NULL);
    CHECK(st == RNN_E_ID && count == 1 && ids[0] == 2 && ids[1] == -5,
          "status %d, count %d", (int)st, count);
    count = -1;
    st = rnn_generate(&m, params, h, NULL, 2, &greedy, &rng, -1, ids, MAX,
                      &count, work, z.step + 2 * O, NULL);
    CHECK(st == RNN_E_ID && count == -1, "the first token");
    test_free();
}

/* ---- [DECODE] [BEAM] ---------------------------------------------------- */

/* 1 vs N whose every logit is its bias; c is one zero. */
typedef struct fixed {
    rnn_model m;
    rnn_seq source;
    rnn_sizes z;
    rnn_real *params, *memory, *work, x[1], h[1];
} fixed;

static void fixed_begin(fixed *f, const rnn_real *bias, int outputs)
{
    memset(f, 0, sizeof *f);
    f->m.wiring = RNN_1_TO_N;
    f->m.cell = RNN_TANH;
    f->m.input_size = f->m.hidden_size = 1;
    f->m.output_size = outputs;
    f->source.steps = f->source.batch = 1;
    f->source.x = f->x;
    MUST(rnn_model_sizes(&f->m, 1, 1, 1, &f->z) == RNN_OK, "sizes");
    f->params = test_reals(f->z.params, 0);
    memcpy(f->params + f->z.params - outputs, bias,
           (size_t)outputs * sizeof *bias);
    f->memory = test_reals(f->z.memory, 0);
    f->work = test_reals(f->z.infer, 0);
    MUST(rnn_encode(&f->m, f->params, &f->source, f->memory, f->z.memory, f->h,
                    NULL, f->work, f->z.infer, NULL) == RNN_OK, "encode");
}

static rnn_status beam(fixed *f, const rnn_decoding *d, int *ids, int *counts,
                       rnn_real *scores)
{
    size_t work, ints;
    rnn_status st = rnn_beam_sizes(&f->m, 1, 1, d, &work, &ints);
    int *queue;

    if (st)
        return st;
    queue = (int *)test_memory(ints * sizeof(int));
    memset(queue, 0x55, ints * sizeof(int));
    return rnn_beam_search(&f->m, f->params, &f->source, f->memory, f->z.memory,
                           d, f->h, NULL, ids, counts, scores,
                           test_reals(work, 0), work, queue, ints, NULL);
}

static void check_decoding(void)
{
    static const rnn_real equal[2] = {0, (rnn_real)1e-30}, one[1] = {0};
    static const rnn_real later[3] = {-50, 0, (rnn_real)1e-30};
    rnn_decoding d = {0};
    rnn_real scores[2] = {-1, -1};
    int ids[2] = {-1, -1}, counts[2] = {-2, -2};
    fixed f;

    fixed_begin(&f, equal, 2);
    d.end = -1;
    d.width = 1;
    d.max_steps = 2;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_OK && counts[0] == 2 &&
          ids[0] == 1 && ids[1] == 1,
          "probabilities that round to the same: the greater logit");
    d.max_steps = 0;
    d.length_power = 1;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_OK && counts[0] == 0 &&
          scores[0] == 0, "no token: %d, %g", counts[0], (double)scores[0]);
    test_free();

    fixed_begin(&f, later, 3);
    d.max_steps = 1;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_OK && ids[0] == 2,
          "the same after a worse one");
    test_free();

    fixed_begin(&f, one, 1);
    d.end = 0;
    d.max_steps = 2;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_OK && counts[0] == 0,
          "nothing but the end");
    d.min_steps = 1;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_E_ARG,
          "nothing but the end, and not yet");
    test_free();
}

/* ---- [FILES] ------------------------------------------------------------ */

/* A string of JSON: as far as it is right, what it means. */
static void check_text(const char *json, size_t len, const char *want)
{
    unsigned char out[20];
    unsigned char *copy = (unsigned char *)test_memory(len);
    size_t n;

    memcpy(copy, json, len);
    n = rnn_st_unescape(copy, len, out, sizeof out);
    CHECK(n == strlen(want) && memcmp(out, want, n) == 0, "%s: %lu bytes", json,
          (unsigned long)n);
}

static void check_texts(void)
{
    static const struct {
        const char *json, *want;
    } texts[] = {
        {"a\\u0062c", "abc"},
        {"a\\ud83d\\ude00", "a\xf0\x9f\x98\x80"},
        {"a\\ud800\\udc00", "a\xf0\x90\x80\x80"},
        {"a\\udbff\\udfff", "a\xf4\x8f\xbf\xbf"},
        {"a\\udbff", "a"},                 /* half a pair, and the end  */
        {"a\\udbffxxxxxx", "a"},           /* or no escape              */
        {"a\\udbff\\nxxxx", "a"},          /* or another                */
        {"a\\udbff\\u00zz", "a"},          /* or no number              */
        {"a\\udbff\\udbff", "a"},          /* or a first half again     */
        {"a\\udbff\\ue000", "a"},
        {"a\\udc00", "a"},                 /* the second half alone     */
        {"a\\udfff", "a"},
        {"a\\ue000", "a\xee\x80\x80"},
        {"a\\ud7ff", "a\xed\x9f\xbf"},
        {"a\\u00", "a"},
        {"a\\x", "a"},
        {"a\\", "a"},
        {"a\"b", "a"},
        {"a\x1f", "a"},
        {"a ", "a "},
        {"a\x80", "a"},
        {"a\xc1\xbf", "a"},
        {"a\xc2\x80", "a\xc2\x80"},
        {"a\xc2", "a"},                    /* cut off                   */
        {"a\xc2z", "a"},
        {"a\xe2\x82", "a"},
        {"a\xf5\x80\x80\x80", "a"},
    };
    unsigned i;

    for (i = 0; i < LEN(texts); i++)
        check_text(texts[i].json, strlen(texts[i].json), texts[i].want);
    CHECK(rnn_st_unescape(NULL, 3, NULL, 0) == 0, "no string");
    CHECK(rnn_st_unescape((const unsigned char *)"", 0, NULL, 0) == 0,
          "an empty string");
    test_free();
}

/* A file: the 8 bytes of its length, JSON, data. */
typedef struct file {
    unsigned char *p;
    size_t n;
} file;

static file file_of(const char *json, size_t data)
{
    const size_t n = strlen(json);
    file f;
    int k;

    f.n = 8 + n + data;
    f.p = (unsigned char *)test_memory(f.n);
    for (k = 0; k < 8 && k < (int)sizeof n; k++)
        f.p[k] = (unsigned char)(n >> 8 * k & 255u);
    memcpy(f.p + 8, json, n);
    return f;
}

static void check_listing(void)
{
    static const char json[] =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]},"
        "\"b\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[1,2]},"
        "\"__metadata__\":{\"k\":\"v\"}}";
    const file f = file_of(json, 2);
    const unsigned char *k, *v;
    const char *why = NULL;
    unsigned char out[4];
    rnn_st st;
    rnn_st_tensor t;
    size_t pos = 0, kn, vn, n;

    CHECK(rnn_st_open(NULL, 8, &st, &why) == RNN_E_ARG && why, "no bytes");
    CHECK(rnn_st_open(f.p, f.n, NULL, NULL) == RNN_E_ARG, "nowhere");
    CHECK(rnn_st_open(f.p, f.n, &st, NULL) == RNN_OK && st.tensors == 2,
          "a file");
    CHECK(rnn_st_next(NULL, &pos, &t) == RNN_E_ARG &&
          rnn_st_next(&st, NULL, &t) == RNN_E_ARG &&
          rnn_st_next(&st, &pos, NULL) == RNN_E_ARG && pos == 0, "next");
    CHECK(rnn_st_find(&st, NULL, &t) == RNN_E_ARG, "no name");
    CHECK(rnn_st_find(&st, "\"", &t) == RNN_E_END, "a name that no file has");
    CHECK(rnn_st_meta_next(NULL, &pos, &k, &kn, &v, &vn) == RNN_E_ARG &&
          rnn_st_meta_next(&st, NULL, &k, &kn, &v, &vn) == RNN_E_ARG &&
          rnn_st_meta_next(&st, &pos, NULL, &kn, &v, &vn) == RNN_E_ARG &&
          rnn_st_meta_next(&st, &pos, &k, NULL, &v, &vn) == RNN_E_ARG &&
          rnn_st_meta_next(&st, &pos, &k, &kn, NULL, &vn) == RNN_E_ARG &&
          rnn_st_meta_next(&st, &pos, &k, &kn, &v, NULL) == RNN_E_ARG &&
          pos == 0, "next of metadata");
    CHECK(rnn_st_meta(&st, NULL, out, 4, &n) == RNN_E_ARG &&
          rnn_st_meta(&st, "k", out, 4, NULL) == RNN_E_ARG, "metadata");
    CHECK(rnn_st_next(&st, &pos, &t) == RNN_OK && t.name[0] == 'a', "first");
    /* what follows is a tensor, no entry of metadata */
    CHECK(rnn_st_meta_next(&st, &pos, &k, &kn, &v, &vn) == RNN_E_END,
          "a place that is not in metadata");
    pos = st.json_len + 1;
    CHECK(rnn_st_next(&st, &pos, &t) == RNN_E_END, "a place beyond the end");
    test_free();
}

/* As many tensors as a file may have, and one more; entries of its metadata
 * likewise. */
static void check_most(int metadata)
{
    const size_t room = RNN_ST_MAX_TENSORS * 60u + 200u;
    char *json = (char *)test_memory(room), *to;
    int more, i;

    for (more = 0; more < 2; more++) {
        const char *why = NULL;
        rnn_status st;
        rnn_st open;
        file f;

        to = json + sprintf(json, metadata ? "{\"__metadata__\":{" : "{");
        for (i = 0; i < RNN_ST_MAX_TENSORS + more; i++)
            to += sprintf(to, metadata
                                  ? "%s\"%x\":\"\""
                                  : "%s\"%x\":{\"dtype\":\"U8\",\"shape\":[0],"
                                    "\"data_offsets\":[0,0]}",
                          i ? "," : "", (unsigned)i);
        sprintf(to, metadata ? "}}" : "}");
        f = file_of(json, 0);
        st = rnn_st_open(f.p, f.n, &open, &why);
        CHECK(more ? st == RNN_E_FORMAT && why : st == RNN_OK,
              "%s, %d more than the most: %d", metadata ? "keys" : "tensors",
              more, (int)st);
    }
    test_free();
}

static rnn_model small_model(void)
{
    rnn_model m = {0};

    m.cell = RNN_GRU;
    m.input_size = 2;
    m.hidden_size = 3;
    m.output_size = 2;
    m.dropout_last = (rnn_real)0.5;
    return m;
}

/* A checkpoint in which one piece of the header's text is another. */
static file changed(const file *f, const char *from, const char *to)
{
    const size_t n = (size_t)f->p[0] | (size_t)f->p[1] << 8;
    char *json = (char *)test_memory(n + strlen(to) + 1), *at;
    file g;

    memcpy(json, f->p + 8, n);
    at = strstr(json, from);
    MUST(at, "%s is not there", from);
    if (at) {
        memmove(at + strlen(to), at + strlen(from),
                strlen(at + strlen(from)) + 1);
        memcpy(at, to, strlen(to));
    }
    g = file_of(json, f->n - 8 - n);
    memcpy(g.p + g.n - (f->n - 8 - n), f->p + 8 + n, f->n - 8 - n);
    return g;
}

static void check_save(void)
{
    static const struct {
        const char *from, *to;
    } edits[] = {
        {"\"n_to_n\"", "\"n_to_n\\u0000\""},
        {"\"n_to_n\"", "\"n_to_\""},
        {"\"0.5000000\"", "\"0.500000:\""},
        {"\"0.5000000\"", "\"0.50000/0\""},
        {"\"0.5000000\"", "\"0.500000\""},
        {"\"0.5000000\"", "\"1.5000000\""},
        {"\"0.5000000\"", "\"0,5000000\""},
    };
    rnn_model m = small_model(), loaded, none = {0};
    rnn_sizes z;
    rnn_real *params, *copy;
    const char *why;
    unsigned char words[4] = {9, 9, 9, 9};
    size_t n = 0, k;
    unsigned i;
    file f;

    MUST(rnn_model_sizes(&m, 0, 1, 1, &z) == RNN_OK, "sizes");
    params = test_reals(z.params, 1);
    for (k = 0; k < z.params; k++)
        params[k] = (rnn_real)(float)params[k]; /* as a file keeps it */
    copy = test_reals(z.params, 0);
    CHECK(rnn_save(&none, params, NULL, 0, NULL, 0, &n) == RNN_E_SIZE &&
          rnn_save(NULL, params, NULL, 0, NULL, 0, &n) == RNN_E_ARG &&
          rnn_save(&m, params, NULL, 0, NULL, 0, NULL) == RNN_E_ARG &&
          rnn_save(&m, NULL, NULL, 0, words, 4, &n) == RNN_E_ARG && n == 0,
          "bad arguments");
    CHECK(rnn_save(&m, NULL, (const unsigned char *)"xyz", 3, NULL, 0, &n) ==
              RNN_OK && n > 500, "its length");
    f.n = n;
    f.p = (unsigned char *)test_memory(n);
    f.p[200] = f.p[n - 1] = 77;
    CHECK(rnn_save(&m, params, (const unsigned char *)"xyz", 3, f.p, 200, &n) ==
              RNN_E_BUFFER && n == f.n && f.p[200] == 77, "too short by far");
    CHECK(rnn_save(&m, params, (const unsigned char *)"xyz", 3, f.p, f.n - 1,
                   &n) == RNN_E_BUFFER && f.p[f.n - 1] == 77, "by one byte");
    CHECK(rnn_save(&m, params, (const unsigned char *)"xyz", 3, f.p, f.n, &n) ==
              RNN_OK && n == f.n, "just right");

    CHECK(rnn_load_model(f.p, f.n, NULL, NULL, 0, NULL, &why) == RNN_E_ARG,
          "no model");
    CHECK(rnn_load_model(f.p, f.n, NULL, NULL, 0, NULL, NULL) == RNN_E_ARG,
          "no reason wanted");
    CHECK(rnn_load_model(f.p, f.n, &loaded, NULL, 0, &k, NULL) == RNN_OK &&
          k == 3, "a vocabulary's length");
    CHECK(rnn_load_model(f.p, f.n, &loaded, words, 2, &k, NULL) ==
              RNN_E_BUFFER && words[0] == 9, "no room for it");
    CHECK(rnn_load_model(f.p, f.n, &loaded, words, 3, NULL, NULL) == RNN_OK &&
          memcmp(words, "xyz\t", 4) == 0, "room for it");
    CHECK(loaded.cell == m.cell && loaded.dropout_last == m.dropout_last &&
          loaded.dropout == 0, "the model");

    CHECK(rnn_load(f.p, f.n, &none, copy, z.params, &why) == RNN_E_SIZE &&
          rnn_load(f.p, f.n, &m, NULL, z.params, &why) == RNN_E_ARG && why,
          "no model, or nowhere");
    CHECK(rnn_load(f.p, f.n, &m, copy, z.params - 1, NULL) == RNN_E_BUFFER &&
          copy[0] == 0, "too short");
    CHECK(rnn_load(f.p, f.n, &m, copy, z.params, NULL) == RNN_OK &&
          same(params, copy, z.params), "the parameters");
    for (i = 0; i < LEN(edits); i++) {
        const file g = changed(&f, edits[i].from, edits[i].to);

        why = NULL;
        CHECK(rnn_load_model(g.p, g.n, &loaded, NULL, 0, NULL, &why) ==
                  RNN_E_MISMATCH && why, "%s", edits[i].to);
    }
    test_free();
}

/* The greatest probability of dropout is one still when it is read back. */
static void check_near_one(void)
{
    rnn_model m = small_model(), loaded;
    rnn_sizes z;
    rnn_real *params;
    size_t n;
    file f;
    rnn_status st;

    m.dropout = sizeof(rnn_real) == 4 ? (rnn_real)0.99999994
                                      : (rnn_real)0.9999999999;
    MUST(rnn_model_sizes(&m, 0, 1, 1, &z) == RNN_OK, "sizes");
    params = test_reals(z.params, 1);
    MUST(rnn_save(&m, params, NULL, 0, NULL, 0, &n) == RNN_OK, "length");
    f.p = (unsigned char *)test_memory(n);
    f.n = n;
    MUST(rnn_save(&m, params, NULL, 0, f.p, n, &n) == RNN_OK, "save");
    st = rnn_load_model(f.p, f.n, &loaded, NULL, 0, NULL, NULL);
    CHECK(st == RNN_OK && loaded.dropout > (rnn_real)0.9999998 &&
          loaded.dropout < 1, "dropout near 1: %d", (int)st);
    test_free();
}

static void check_load_stack(void)
{
    rnn_stack s = {0}, none = {0};
    rnn_real p[4] = {0};
    const char *why = NULL;
    file f = file_of("{}", 0);

    s.input_size = s.hidden_size = 1;
    CHECK(rnn_load_stack(f.p, f.n, &none, p, 4, &why) == RNN_E_SIZE &&
          rnn_load_stack(f.p, f.n, &s, NULL, 4, &why) == RNN_E_ARG && why,
          "no stack, or nowhere");
    why = NULL;
    CHECK(rnn_load_stack(f.p, f.n, &s, p, 3, &why) == RNN_E_BUFFER && why,
          "too short");
    CHECK(rnn_load_stack(f.p, f.n, &s, p, 4, &why) == RNN_E_MISMATCH,
          "nothing in it");
    test_free();
}

/* ---- [STDIO] ------------------------------------------------------------ */

static void check_disk(void)
{
    enum { LONGEST = 1019 }; /* with .tmp and its end 1024 */
    char *path = (char *)test_memory(40001);
    unsigned char byte = 7;
    FILE *left;
    size_t n = 5;

    CHECK(rnn_read_file(NULL, &byte, 1, &n) == RNN_E_ARG &&
          rnn_read_file("x", &byte, 1, NULL) == RNN_E_ARG && n == 5,
          "read: no path, no length");
    CHECK(rnn_read_file(".", &byte, 1, &n) == RNN_E_UNSUPPORTED && n == 5,
          "read a folder");
    CHECK(rnn_write_file(NULL, &byte, 1) == RNN_E_ARG &&
          rnn_write_file("x", NULL, 1) == RNN_E_ARG,
          "write: no path, no bytes");
    CHECK(rnn_write_file(".", &byte, 1) == RNN_E_UNSUPPORTED,
          "write over a folder");
    left = fopen("..tmp", "rb");
    CHECK(!left, "what was half written is still there");
    if (left)
        fclose(left);
    memset(path, 'x', 40000);
    memcpy(path, "no/such/", 8);
    CHECK(rnn_write_file(path, &byte, 1) == RNN_E_SIZE, "a very long path");
    path[LONGEST + 1] = 0;
    CHECK(rnn_write_file(path, &byte, 1) == RNN_E_SIZE, "one letter too long");
    path[LONGEST] = 0;
    CHECK(rnn_write_file(path, &byte, 1) == RNN_E_UNSUPPORTED,
          "the longest path");
    test_free();
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_longest();
    check_kernels();
    check_carry();
    check_copies();
    check_too_wide();
    check_too_many();
    check_no_dy();
    check_products();
    check_table();
    check_no_params();
    check_no_encoder();
    check_infinite();
    check_identity();
    check_clip_run();
    check_threshold();
    check_sampling();
    check_generate();
    check_decoding();
    check_texts();
    check_listing();
    if (argc > 2)
        check_most(0);
    check_most(1);
    check_save();
    check_near_one();
    check_load_stack();
    check_disk();
    test_unused();
    return test_end();
}
