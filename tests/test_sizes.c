/* Sizes, and what every call says to wrong arguments: the macros of
 * [API-SIZES] against the functions, and statuses with nothing written. */
#include <limits.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#define LEN(a) ((int)(sizeof(a) / sizeof *(a)))

/* ---- the macros --------------------------------------------------------- */

/* They dimension static arrays. */
static rnn_real a1[RNN_STACK_PARAMS(RNN_LSTM, 3, 4, 2, 2, 1)];
static rnn_real a2[RNN_STACK_STATE(4, 2, 2, 3)];
static rnn_real a3[RNN_STACK_TRAIN_TIGHT(RNN_GRU, 4, 2, 2, 5, 3)];
static rnn_real a4[RNN_STACK_TRAIN(RNN_GRU_RESET_BEFORE, 3, 4, 2, 2, 5, 3) +
                   RNN_STACK_TRAIN_DROPOUT(4, 2, 5, 3)];
static rnn_real a5[RNN_STACK_INFER(RNN_TANH, 4, 2, 2, 5, 3)];
static rnn_real a6[RNN_STACK_STEP(RNN_RELU, 4, 3)];
static rnn_real a7[RNN_LINEAR_PARAMS(3, 5, 1)];
static rnn_real a8[RNN_MODEL_PARAMS(RNN_LSTM, 3, 2, 4, 2, 2, 1, 5)];
static rnn_real a9[RNN_MODEL_OUTPUT(5, 3, 2)];
static rnn_real b1[RNN_MODEL_TRAIN_TIGHT(RNN_LSTM, 2, 4, 2, 2, 5, 3)];
static rnn_real b2[RNN_MODEL_TRAIN(RNN_LSTM, 3, 2, 4, 2, 2, 5, 3, 5)];
static rnn_real b3[RNN_MODEL_INFER(RNN_GRU, 2, 4, 2, 2, 5, 3)];
static rnn_real b4[RNN_MODEL_STEP(RNN_GRU, 2, 4, 3)];

static void check_arrays(void)
{
    a1[0] = a2[0] = a3[0] = a4[0] = a5[0] = a6[0] = a7[0] = a8[0] = 1;
    a9[0] = b1[0] = b2[0] = b3[0] = b4[0] = a1[0];
    CHECK(LEN(a1) == 736 && LEN(a7) == 20 && LEN(a9) == 30, "by hand");
    CHECK(LEN(a2) + LEN(a3) + LEN(a4) + LEN(a5) + LEN(a6) > 0 &&
          LEN(a8) + LEN(b1) + LEN(b2) + LEN(b3) + LEN(b4) > 0 &&
          b4[0] > 0 && a2[0] + a3[0] + a4[0] + a5[0] + a6[0] + a7[0] > 0 &&
          a8[0] + a9[0] + b1[0] + b2[0] + b3[0] > 0, "arrays");
}

/* One description: of the stack, and of the model around it. */
typedef struct grid {
    int cell, I, H, L, D, bias, T, B, E, O, drop;
} grid;

static void check_stack(const grid *g)
{
    rnn_stack s = {0};
    rnn_sizes z;
    size_t masks = 0;
    rnn_status st;

    s.cell = g->cell;
    s.input_size = g->I;
    s.hidden_size = g->H;
    s.num_layers = g->L;
    s.bidirectional = g->D == 2;
    s.no_bias = !g->bias;
    s.dropout = g->drop & 1 ? (rnn_real)0.5 : 0;
    s.dropout_last = g->drop & 2 ? (rnn_real)0.5 : 0;
    if (g->drop & 1)
        masks += (size_t)g->L - 1;
    if (g->drop & 2)
        masks++;
    masks *= RNN_STACK_TRAIN_DROPOUT(g->H, g->D, g->T, g->B);
    st = rnn_stack_sizes(&s, g->T, g->B, &z);
    CHECK(!st && z.params == RNN_STACK_PARAMS(g->cell, g->I, g->H, g->L, g->D,
                                              g->bias) &&
          z.state == RNN_STACK_STATE(g->H, g->L, g->D, g->B) &&
          z.output == RNN_MODEL_OUTPUT(g->T, g->B, g->D * g->H) &&
          z.train == masks + RNN_STACK_TRAIN(g->cell, g->I, g->H, g->L, g->D,
                                             g->T, g->B) &&
          z.train_tight == masks + RNN_STACK_TRAIN_TIGHT(g->cell, g->H, g->L,
                                                         g->D, g->T, g->B) &&
          z.infer == RNN_STACK_INFER(g->cell, g->H, g->L, g->D, g->T, g->B) &&
          z.step == RNN_STACK_STEP(g->cell, g->H, g->B),
          "stack: cell %d I %d H %d L %d D %d bias %d T %d B %d drop %d",
          g->cell, g->I, g->H, g->L, g->D, g->bias, g->T, g->B, g->drop);
}

static void check_model(const grid *g)
{
    rnn_model m = {0};
    rnn_sizes z;
    size_t masks = 0;
    rnn_status st;

    m.cell = g->cell;
    m.input = g->E ? RNN_EMBEDDING : RNN_ONE_HOT;
    m.input_size = g->I;
    m.embedding_size = g->E;
    m.hidden_size = g->H;
    m.num_layers = g->L;
    m.bidirectional = g->D == 2;
    m.no_bias = !g->bias;
    m.output_size = g->O;
    m.dropout_last = g->drop & 2 ? (rnn_real)0.5 : 0;
    if (g->drop & 2)
        masks = RNN_STACK_TRAIN_DROPOUT(g->H, g->D, g->T, g->B);
    st = rnn_model_sizes(&m, 0, g->T, g->B, &z);
    CHECK(!st && z.params == RNN_MODEL_PARAMS(g->cell, g->I, g->E, g->H, g->L,
                                              g->D, g->bias, g->O) &&
          z.state == RNN_STACK_STATE(g->H, g->L, g->D, g->B) &&
          z.output == RNN_MODEL_OUTPUT(g->T, g->B, g->O) &&
          z.train == masks + RNN_MODEL_TRAIN(g->cell, g->I, g->E, g->H, g->L,
                                             g->D, g->T, g->B, g->O) &&
          z.train_tight == masks + RNN_MODEL_TRAIN_TIGHT(g->cell, g->E, g->H,
                                                   g->L, g->D, g->T, g->B) &&
          z.infer == RNN_MODEL_INFER(g->cell, g->E, g->H, g->L, g->D, g->T,
                                     g->B) &&
          z.step == RNN_MODEL_STEP(g->cell, g->E, g->H, g->B),
          "model: cell %d I %d E %d H %d L %d D %d bias %d T %d B %d O %d",
          g->cell, g->I, g->E, g->H, g->L, g->D, g->bias, g->T, g->B, g->O);
}

static void check_grid(void)
{
    static const int I[] = {1, 3, 7}, H[] = {1, 2, 5, 16}, T[] = {1, 4};
    static const int B[] = {1, 3}, E[] = {0, 1, 6}, O[] = {1, 5};
    int k;

    for (k = 0; k < 5 * 3 * 4 * 3 * 2 * 2 * 2 * 2 * 3 * 2 * 4; k++) {
        grid g;
        int n = k;
        g.cell = n % RNN_CELLS;
        g.I = I[(n /= 5) % 3];
        g.H = H[(n /= 3) % 4];
        g.L = 1 + (n /= 4) % 3;
        g.D = 1 + (n /= 3) % 2;
        g.bias = (n /= 2) % 2;
        g.T = T[(n /= 2) % 2];
        g.B = B[(n /= 2) % 2];
        g.drop = (n /= 2) % 4;
        g.E = E[(n /= 4) % 3];
        g.O = O[(n /= 3) % 2];
        if (g.E == 0 && g.O == 1)
            check_stack(&g);
        check_model(&g);
    }
    for (k = 0; k < 3 * 3 * 2; k++) {
        rnn_linear lin = {0};
        size_t n = 0;
        lin.input_size = I[k % 3];
        lin.output_size = I[k / 3 % 3];
        lin.no_bias = k / 9;
        CHECK(!rnn_linear_size(&lin, &n) &&
              n == RNN_LINEAR_PARAMS(I[k % 3], I[k / 3 % 3], 1 - k / 9),
              "linear %d", k);
    }
}

/* ---- everything that a call may write, and a pattern in it -------------- */

enum { T = 3, B = 2, I = 5, H = 4, O = 6, ROOM = 4096, N = 512 };

static struct memory {
    rnn_real y[N], work[ROOM], params[ROOM], grads[ROOM], moments[3 * ROOM];
    rnn_real h[N], c[N], dx[N], dh0[N], dc0[N], values[N], loss;
    rnn_sizes sizes;
    rnn_stack stack;
    rnn_view view;
    rnn_tensor tensor;
    rnn_optimizer opt;
    rnn_plateau plateau;
    rnn_rng rng;
    size_t size;
    int ids[N], count;
} mem, old;

static rnn_real x[N], dy[N];
static int ids[T * B], lengths[B], targets[T * B];
static rnn_stack stack, bad_stack;
static rnn_model model, bad_model;
static rnn_seq seq;
static rnn_run run;
static rnn_flow flow;
static rnn_linear lin;
static rnn_schedule plan;
static rnn_sampling how;
static rnn_sizes room;

static rnn_real test_nan(void)
{
    const uint32_t bits = 0x7fc00000u;
    float f;

    memcpy(&f, &bits, sizeof f);
    return (rnn_real)f;
}

/* What arguments are when they are right. */
static void reset(void)
{
    static const rnn_stack s = {RNN_LSTM, I, H, 2, 0, 0, 0, 0};
    static const rnn_model m = {0, RNN_LSTM, RNN_EMBEDDING, I, 3, H, 2, 0, 0,
                                O, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                0};
    static const rnn_linear l = {I, O, RNN_FN_TANH, 0};
    static const rnn_sampling p = {1, 2, (rnn_real)0.5};
    static const rnn_schedule a = {RNN_STEP, 1, 1, 0, 0, 1};
    static const rnn_plateau q = {0};
    int i;

    memset(&mem, 0x2a, sizeof mem);
    stack = s;
    model = m;
    lin = l;
    how = p;
    plan = a;
    mem.plateau = q;
    rnn_optimizer_init(&mem.opt, RNN_ADAM, 1);
    memset(&run, 0, sizeof run);
    memset(&seq, 0, sizeof seq);
    memset(&flow, 0, sizeof flow);
    seq.steps = T;
    seq.batch = B;
    seq.lengths = lengths;
    seq.x = x;
    seq.hn = mem.h;
    seq.cn = mem.c;
    for (i = 0; i < T * B; i++)
        ids[i] = targets[i] = i % I;
    for (i = 0; i < B; i++)
        lengths[i] = T;
    flow.dh0 = mem.dh0;
    flow.dc0 = mem.dc0;
    memcpy(&old, &mem, sizeof mem);
}

static int untouched(void)
{
    return !memcmp(&mem, &old, sizeof mem);
}

static void verdict(int line, const char *what, rnn_status want, rnn_status st)
{
    CHECK(st == want, "line %d: %s gives %d, not %d", line, what, (int)st,
          (int)want);
    if (want)
        CHECK(untouched(), "line %d: %s has written", line, what);
    reset();
}

/* The call gives that status, and writes nothing if it is not RNN_OK; then
 * arguments are reset. */
#define BAD(want, call)                                                        \
    (memcpy(&old, &mem, sizeof mem), verdict(__LINE__, #call, want, call))
#define ARG(call) BAD(RNN_E_ARG, call)
#define GOOD(call) BAD(RNN_OK, call)

/* ---- calls on a sequence ------------------------------------------------ */

enum { STACK_CALLS = 5, MODEL_CALLS = 9, LINEAR_CALLS = 12, SEQ_CALLS = 14 };

/* Call k, with a work shorter by `less` than it may be. */
static rnn_status call(int k, size_t less)
{
    rnn_real *w = mem.work, *p = mem.params, *g = mem.grads;
    const size_t n =
        (k == 1 || k == 6 ? room.infer : room.train_tight) - less;

    switch (k) {
    case 0: return rnn_stack_forward(&stack, p, &seq, mem.y, w, n, &run);
    case 1: return rnn_stack_infer(&stack, p, &seq, mem.y, w, n, &run);
    case 2:
        return rnn_stack_backward(&stack, p, &seq, dy, &flow, w, n, &run);
    case 3: return rnn_stack_grads(&stack, &seq, w, n, g, &run);
    case 4: return rnn_stack_view(&stack, &seq, w, n, 0, 0, &mem.view);
    case 5: return rnn_forward(&model, p, &seq, mem.y, w, n, &run);
    case 6: return rnn_infer(&model, p, &seq, mem.y, w, n, &run);
    case 7: return rnn_backward(&model, p, &seq, dy, &flow, g, w, n, &run);
    case 8: return rnn_grads(&model, &seq, dy, g, w, n, &run);
    case 9: return rnn_linear_forward(&lin, p, &seq, mem.y, &run);
    case 10:
        return rnn_linear_backward(&lin, p, &seq, x, mem.y, mem.dx, &run);
    case 11: return rnn_linear_grads(&lin, &seq, dy, g, &run);
    case 12: return rnn_embedding_forward(I, 3, p, &seq, mem.y, &run);
    default: return rnn_embedding_grads(I, 3, &seq, dy, g, &run);
    }
}

/* What a call of that kind reads; room for its work. */
static void set(int k)
{
    if (k >= STACK_CALLS && k < MODEL_CALLS)
        rnn_model_sizes(&model, 0, T, B, &room);
    else
        rnn_stack_sizes(&stack, T, B, &room);
    if ((k >= STACK_CALLS && k < MODEL_CALLS) || k >= LINEAR_CALLS) {
        seq.x = NULL;
        seq.ids = ids;
    }
}

static void one_seq(int k)
{
    const int tokens = (k >= STACK_CALLS && k < MODEL_CALLS) ||
                       k >= LINEAR_CALLS;

    set(k), seq.steps = 0, BAD(RNN_E_SIZE, call(k, 0));
    set(k), seq.steps = -1, BAD(RNN_E_SIZE, call(k, 0));
    set(k), seq.batch = 0, BAD(RNN_E_SIZE, call(k, 0));
    set(k), seq.batch = INT_MIN, BAD(RNN_E_SIZE, call(k, 0));
    if (k < MODEL_CALLS) {
        set(k), seq.steps = seq.batch = INT_MAX, seq.lengths = NULL;
        BAD(RNN_E_SIZE, call(k, 0));
        set(k), BAD(RNN_E_BUFFER, call(k, 1));
    }
    if (k == 4) { /* the view reads no numbers and runs nothing */
        set(k), GOOD(call(k, 0));
        return;
    }
    set(k), lengths[1] = -1, BAD(RNN_E_LENGTH, call(k, 0));
    set(k), lengths[0] = T + 1, BAD(RNN_E_LENGTH, call(k, 0));
    set(k), lengths[0] = INT_MAX, BAD(RNN_E_LENGTH, call(k, 0));
    set(k), seq.x = NULL, seq.ids = NULL, ARG(call(k, 0));
    seq.x = NULL;
    seq.ids = ids;
    flow.dx = NULL;
    set(k), ids[T * B - 1] = I, BAD(RNN_E_ID, call(k, 0));
    seq.x = NULL;
    seq.ids = ids;
    set(k), ids[0] = -1, BAD(RNN_E_ID, call(k, 0));
    set(k), run.part = 1, ARG(call(k, 0));
    set(k), run.part = -1, ARG(call(k, 0));
    set(k), run.parts = -1, ARG(call(k, 0));
    set(k), run.parts = run.part = INT_MAX, ARG(call(k, 0));
    set(k), run.kernel = -1, ARG(call(k, 0));
    set(k), run.kernel = RNN_KERNEL_WASM + 1, ARG(call(k, 0));
    /* in padding no token is read */
    if (tokens)
        ids[T * B - 1] = -7;
    lengths[1] = T - 1;
    set(k), GOOD(call(k, 0));
    set(k), lengths[0] = lengths[1] = 0, GOOD(call(k, 0));
    set(k), GOOD(call(k, 0));
}

static void check_seqs(void)
{
    int k;

    for (k = 0; k < SEQ_CALLS; k++)
        one_seq(k);
#ifdef __x86_64__
    /* what this build has not is said, not run */
    for (k = 0; k < SEQ_CALLS; k++) {
        rnn_status st;
        set(k), run.kernel = RNN_KERNEL_AVX512;
        st = call(k, 0);
        CHECK(!st || (st == RNN_E_UNSUPPORTED && untouched()), "kernel");
        reset();
    }
#endif
}

/* Every field of a stack and of a model. */
static void bad_fields(int kind, rnn_status want)
{
    int k;

    bad_stack = stack;
    bad_model = model;
    for (k = 0; k < MODEL_CALLS; k++) {
        if ((kind == 0 && k >= STACK_CALLS) || (kind == 1 && k < STACK_CALLS))
            continue;
        set(k);
        stack = bad_stack;
        model = bad_model;
        room.train_tight = room.infer = ROOM;
        if (k == 4 && stack.input_size == 0) /* a decoder that reads nothing */
            GOOD(call(k, 0));
        else
            BAD(want, call(k, 0));
    }
    if (kind != 1) {
        stack = bad_stack;
        BAD(want, rnn_stack_sizes(&bad_stack, T, B, &mem.sizes));
        BAD(want, rnn_stack_tensor(&bad_stack, 0, &mem.tensor));
        BAD(want, rnn_init_stack(&bad_stack, mem.params, ROOM, &mem.rng));
        BAD(want, rnn_init_forget_bias(&bad_stack, mem.params, 1));
        BAD(want, rnn_stack_step(&bad_stack, mem.params, B, x, NULL, mem.h,
                                 mem.c, mem.work, ROOM, NULL));
    }
    if (kind != 0) {
        BAD(want, rnn_model_sizes(&bad_model, 0, T, B, &mem.sizes));
        BAD(want, rnn_model_tensor(&bad_model, 0, &mem.tensor));
        BAD(want, rnn_init_params(&bad_model, mem.params, ROOM, &mem.rng));
        BAD(want, rnn_optimizer_step_model(&mem.opt, &bad_model, mem.params,
                                           dy, mem.moments, NULL));
        BAD(want, rnn_step(&bad_model, mem.params, B, NULL, ids, mem.h, mem.c,
                           mem.y, mem.work, ROOM, NULL));
        BAD(want, rnn_generate(&bad_model, mem.params, mem.h, mem.c, 0, &how,
                               &mem.rng, -1, mem.ids, 4, &mem.count, mem.work,
                               ROOM, NULL));
    }
}

/* set the field in both, or in the model alone */
#define BOTH(f, v, want) (stack.f = model.f = (v), bad_fields(2, want))
#define MODEL(f, v, want) (model.f = (v), bad_fields(1, want))
#define STACK(f, v, want) (stack.f = (v), bad_fields(0, want))

static void check_fields(void)
{
    static const int bad[] = {0, -1, INT_MIN};
    const rnn_real nan = test_nan();
    int i;

    for (i = 0; i < 3; i++) {
        BOTH(hidden_size, bad[i], RNN_E_SIZE);
        STACK(input_size, bad[i], RNN_E_SIZE);
        MODEL(input_size, bad[i], RNN_E_SIZE);
        MODEL(embedding_size, bad[i], RNN_E_SIZE);
        MODEL(output_size, bad[i], RNN_E_SIZE);
    }
    BOTH(num_layers, -1, RNN_E_SIZE);
    BOTH(num_layers, INT_MIN, RNN_E_SIZE);
    BOTH(cell, -1, RNN_E_ARG);
    BOTH(cell, RNN_CELLS, RNN_E_ARG);
    BOTH(cell, INT_MAX, RNN_E_ARG);
    BOTH(dropout, -1, RNN_E_ARG);
    BOTH(dropout, 1, RNN_E_ARG);
    BOTH(dropout, nan, RNN_E_ARG);
    BOTH(dropout_last, -1, RNN_E_ARG);
    BOTH(dropout_last, 1, RNN_E_ARG);
    BOTH(dropout_last, nan, RNN_E_ARG);
    MODEL(wiring, RNN_N_TO_M + 1, RNN_E_ARG);
    MODEL(wiring, -1, RNN_E_ARG);
    MODEL(input, -1, RNN_E_ARG);
    MODEL(input, RNN_EMBEDDING + 1, RNN_E_ARG);
    /* too large */
    stack.input_size = model.output_size = INT_MAX;
    BOTH(hidden_size, INT_MAX, RNN_E_SIZE);
    stack.num_layers = stack.input_size = INT_MAX;
    model.num_layers = model.input_size = INT_MAX;
    BOTH(hidden_size, INT_MAX, RNN_E_SIZE);
    model.embedding_size = INT_MAX;
    MODEL(input_size, INT_MAX, RNN_E_SIZE);
    stack.bidirectional = model.bidirectional = 1;
    BOTH(hidden_size, INT_MAX, RNN_E_SIZE);
}

/* Sizes from every corner of int: a status, never a crash; where the sizes
 * are accepted, they are what exact arithmetic in long double says. */
static void check_corners(void)
{
    static const int v[] = {1, 46341, 65536, 1 << 29, INT_MAX};
    rnn_sizes z;
    rnn_status st, st2;
    long double p, most = (long double)PTRDIFF_MAX / sizeof(rnn_real);
    int i;

    for (i = 0; i < 5 * 5 * 5 * 5 * 2; i++) {
        stack.cell = i % 2 ? RNN_LSTM : RNN_TANH;
        stack.input_size = v[i % 5];
        stack.hidden_size = v[i / 5 % 5];
        stack.num_layers = v[i / 25 % 5];
        stack.no_bias = 1;
        st = rnn_stack_sizes(&stack, v[i / 125 % 5], 1, &z);
        p = (long double)RNN_GATES(stack.cell) * stack.hidden_size *
            ((long double)stack.input_size + stack.hidden_size +
             2.0L * stack.hidden_size * (stack.num_layers - 1.0L));
        CHECK(st == RNN_OK || st == RNN_E_SIZE, "corner %d: %d", i, (int)st);
        CHECK(st || (p <= most && p >= (long double)z.params &&
                     p <= (long double)z.params), "corner %d: params", i);
        CHECK(p <= most || st == RNN_E_SIZE, "corner %d: too large", i);
        st = rnn_stack_sizes(&stack, v[i / 125 % 5], INT_MAX, &z);
        CHECK(!st || st == RNN_E_SIZE, "corner %d: batch", i);
        model.hidden_size = stack.hidden_size;
        model.num_layers = stack.num_layers;
        model.input_size = stack.input_size;
        model.embedding_size = v[i / 125 % 5];
        model.output_size = v[i / 625 % 5];
        st2 = rnn_model_sizes(&model, 0, 1, v[i / 125 % 5], &z);
        CHECK(!st2 || st2 == RNN_E_SIZE, "corner %d: model", i);
    }
    reset();
}

/* ---- NULL, call by call -------------------------------------------------- */

static void null_stack(void)
{
    rnn_real *w = mem.work, *p = mem.params, *h = mem.h, *c = mem.c;
    const rnn_stack *s = &stack;
    const rnn_seq *q = &seq;

    ARG(rnn_stack_sizes(NULL, T, B, &mem.sizes));
    ARG(rnn_stack_sizes(s, T, B, NULL));
    BAD(RNN_E_SIZE, rnn_stack_sizes(s, 0, B, &mem.sizes));
    BAD(RNN_E_SIZE, rnn_stack_sizes(s, T, -1, &mem.sizes));
    BAD(RNN_E_SIZE, rnn_stack_sizes(s, INT_MAX, INT_MAX, &mem.sizes));
    ARG(rnn_stack_forward(NULL, p, q, mem.y, w, ROOM, NULL));
    ARG(rnn_stack_forward(s, NULL, q, mem.y, w, ROOM, NULL));
    ARG(rnn_stack_forward(s, p, NULL, mem.y, w, ROOM, NULL));
    ARG(rnn_stack_forward(s, p, q, mem.y, NULL, ROOM, NULL));
    ARG(rnn_stack_infer(NULL, p, q, mem.y, w, ROOM, NULL));
    ARG(rnn_stack_infer(s, NULL, q, mem.y, w, ROOM, NULL));
    ARG(rnn_stack_infer(s, p, NULL, mem.y, w, ROOM, NULL));
    ARG(rnn_stack_infer(s, p, q, mem.y, NULL, ROOM, NULL));
    GOOD(rnn_stack_forward(s, p, q, NULL, w, ROOM, NULL));
    ARG(rnn_stack_backward(NULL, p, q, dy, &flow, w, ROOM, NULL));
    ARG(rnn_stack_backward(s, NULL, q, dy, &flow, w, ROOM, NULL));
    ARG(rnn_stack_backward(s, p, NULL, dy, &flow, w, ROOM, NULL));
    ARG(rnn_stack_backward(s, p, q, dy, &flow, NULL, ROOM, NULL));
    seq.ids = ids, flow.dx = mem.dx;
    ARG(rnn_stack_backward(s, p, q, dy, &flow, w, ROOM, NULL));
    GOOD(rnn_stack_backward(s, p, q, NULL, NULL, w, ROOM, NULL));
    ARG(rnn_stack_grads(NULL, q, w, ROOM, mem.grads, NULL));
    ARG(rnn_stack_grads(s, NULL, w, ROOM, mem.grads, NULL));
    ARG(rnn_stack_grads(s, q, NULL, ROOM, mem.grads, NULL));
    ARG(rnn_stack_grads(s, q, w, ROOM, NULL, NULL));
    ARG(rnn_stack_view(NULL, q, w, ROOM, 0, 0, &mem.view));
    ARG(rnn_stack_view(s, NULL, w, ROOM, 0, 0, &mem.view));
    ARG(rnn_stack_view(s, q, NULL, ROOM, 0, 0, &mem.view));
    ARG(rnn_stack_view(s, q, w, ROOM, 0, 0, NULL));
    ARG(rnn_stack_view(s, q, w, ROOM, 2, 0, &mem.view));
    ARG(rnn_stack_view(s, q, w, ROOM, -1, 0, &mem.view));
    ARG(rnn_stack_view(s, q, w, ROOM, 0, 1, &mem.view));
    ARG(rnn_stack_view(s, q, w, ROOM, 0, -1, &mem.view));
    ARG(rnn_stack_step(NULL, p, B, x, NULL, h, c, w, ROOM, NULL));
    ARG(rnn_stack_step(s, NULL, B, x, NULL, h, c, w, ROOM, NULL));
    ARG(rnn_stack_step(s, p, B, NULL, NULL, h, c, w, ROOM, NULL));
    ARG(rnn_stack_step(s, p, B, x, NULL, NULL, c, w, ROOM, NULL));
    ARG(rnn_stack_step(s, p, B, x, NULL, h, NULL, w, ROOM, NULL));
    ARG(rnn_stack_step(s, p, B, x, NULL, h, c, NULL, ROOM, NULL));
    BAD(RNN_E_SIZE, rnn_stack_step(s, p, 0, x, NULL, h, c, w, ROOM, NULL));
    BAD(RNN_E_BUFFER, rnn_stack_step(s, p, B, x, NULL, h, c, w,
                                     RNN_STACK_STEP(RNN_LSTM, H, B) - 1,
                                     NULL));
    ids[1] = I;
    BAD(RNN_E_ID, rnn_stack_step(s, p, B, NULL, ids, h, c, w, ROOM, NULL));
    stack.bidirectional = 1;
    ARG(rnn_stack_step(s, p, B, x, NULL, h, c, w, ROOM, NULL));
    stack.cell = RNN_GRU;
    GOOD(rnn_stack_step(s, p, B, x, NULL, h, NULL, w, ROOM, NULL));
    ARG(rnn_stack_tensor(NULL, 0, &mem.tensor));
    ARG(rnn_stack_tensor(s, 0, NULL));
    ARG(rnn_stack_tensor(s, -1, &mem.tensor));
    BAD(RNN_E_END, rnn_stack_tensor(s, 8, &mem.tensor));
    BAD(RNN_E_END, rnn_stack_tensor(s, INT_MAX, &mem.tensor));
}

static void null_model(void)
{
    rnn_real *w = mem.work, *p = mem.params, *h = mem.h, *c = mem.c;
    rnn_real *y = mem.y, *g = mem.grads;
    const rnn_model *m = &model;
    const rnn_seq *q = &seq;
    const size_t step = RNN_MODEL_STEP(RNN_LSTM, 3, H, B);

#define IDS() (seq.x = NULL, seq.ids = ids)
    ARG(rnn_model_sizes(NULL, 0, T, B, &mem.sizes));
    ARG(rnn_model_sizes(m, 0, T, B, NULL));
    BAD(RNN_E_SIZE, rnn_model_sizes(m, 0, -1, B, &mem.sizes));
    BAD(RNN_E_SIZE, rnn_model_sizes(m, 0, T, 0, &mem.sizes));
    BAD(RNN_E_SIZE, rnn_model_sizes(m, 0, INT_MAX, INT_MAX, &mem.sizes));
    ARG(rnn_model_stack(NULL, &mem.stack));
    ARG(rnn_model_stack(m, NULL));
    IDS(), ARG(rnn_forward(NULL, p, q, y, w, ROOM, NULL));
    IDS(), ARG(rnn_forward(m, NULL, q, y, w, ROOM, NULL));
    IDS(), ARG(rnn_forward(m, p, NULL, y, w, ROOM, NULL));
    IDS(), ARG(rnn_forward(m, p, q, NULL, w, ROOM, NULL));
    IDS(), ARG(rnn_forward(m, p, q, y, NULL, ROOM, NULL));
    IDS(), ARG(rnn_infer(NULL, p, q, y, w, ROOM, NULL));
    IDS(), ARG(rnn_infer(m, NULL, q, y, w, ROOM, NULL));
    IDS(), ARG(rnn_infer(m, p, NULL, y, w, ROOM, NULL));
    IDS(), ARG(rnn_infer(m, p, q, NULL, w, ROOM, NULL));
    IDS(), ARG(rnn_infer(m, p, q, y, NULL, ROOM, NULL));
    IDS(), ARG(rnn_backward(NULL, p, q, dy, NULL, g, w, ROOM, NULL));
    IDS(), ARG(rnn_backward(m, NULL, q, dy, NULL, g, w, ROOM, NULL));
    IDS(), ARG(rnn_backward(m, p, NULL, dy, NULL, g, w, ROOM, NULL));
    IDS(), ARG(rnn_backward(m, p, q, NULL, NULL, g, w, ROOM, NULL));
    IDS(), ARG(rnn_backward(m, p, q, dy, NULL, g, NULL, ROOM, NULL));
    IDS(), run.parts = 2; /* the threads must meet before the gradients */
    ARG(rnn_backward(m, p, q, dy, NULL, g, w, ROOM, &run));
    IDS(), flow.dx = mem.dx;
    ARG(rnn_backward(m, p, q, dy, &flow, g, w, ROOM, NULL));
    IDS(), GOOD(rnn_backward(m, p, q, dy, NULL, NULL, w, ROOM, NULL));
    IDS(), ARG(rnn_grads(NULL, q, dy, g, w, ROOM, NULL));
    IDS(), ARG(rnn_grads(m, NULL, dy, g, w, ROOM, NULL));
    IDS(), ARG(rnn_grads(m, q, NULL, g, w, ROOM, NULL));
    IDS(), ARG(rnn_grads(m, q, dy, NULL, w, ROOM, NULL));
    IDS(), ARG(rnn_grads(m, q, dy, g, NULL, ROOM, NULL));
    ARG(rnn_step(NULL, p, B, NULL, ids, h, c, y, w, ROOM, NULL));
    ARG(rnn_step(m, NULL, B, NULL, ids, h, c, y, w, ROOM, NULL));
    ARG(rnn_step(m, p, B, x, NULL, h, c, y, w, ROOM, NULL));
    ARG(rnn_step(m, p, B, NULL, ids, NULL, c, y, w, ROOM, NULL));
    ARG(rnn_step(m, p, B, NULL, ids, h, NULL, y, w, ROOM, NULL));
    ARG(rnn_step(m, p, B, NULL, ids, h, c, NULL, w, ROOM, NULL));
    ARG(rnn_step(m, p, B, NULL, ids, h, c, y, NULL, ROOM, NULL));
    BAD(RNN_E_SIZE, rnn_step(m, p, -1, NULL, ids, h, c, y, w, ROOM, NULL));
    BAD(RNN_E_BUFFER, rnn_step(m, p, B, NULL, ids, h, c, y, w, step - 1,
                               NULL));
    GOOD(rnn_step(m, p, B, NULL, ids, h, c, y, w, step, NULL));
    ids[1] = I;
    BAD(RNN_E_ID, rnn_step(m, p, B, NULL, ids, h, c, y, w, ROOM, NULL));
    model.input = RNN_ONE_HOT, ids[0] = -1;
    BAD(RNN_E_ID, rnn_step(m, p, B, NULL, ids, h, c, y, w, ROOM, NULL));
    model.input = RNN_DENSE;
    ARG(rnn_step(m, p, B, NULL, ids, h, c, y, w, ROOM, NULL));
    model.bidirectional = 1;
    ARG(rnn_step(m, p, B, NULL, ids, h, c, y, w, ROOM, NULL));
    run.part = 3;
    ARG(rnn_step(m, p, B, NULL, ids, h, c, y, w, ROOM, &run));
    ARG(rnn_model_tensor(NULL, 0, &mem.tensor));
    ARG(rnn_model_tensor(m, 0, NULL));
    ARG(rnn_model_tensor(m, -1, &mem.tensor));
    BAD(RNN_E_END, rnn_model_tensor(m, 11, &mem.tensor));
    BAD(RNN_E_END, rnn_model_tensor(m, INT_MAX, &mem.tensor));
}

static void null_linear(void)
{
    rnn_real *p = mem.params, *y = mem.y, *g = mem.grads;
    const rnn_seq *q = &seq;
    size_t *n = &mem.size;
    static const int bad[] = {0, -1, INT_MIN};
    int i;

    for (i = 0; i < 3; i++) {
        lin.input_size = bad[i], BAD(RNN_E_SIZE, rnn_linear_size(&lin, n));
        lin.output_size = bad[i], BAD(RNN_E_SIZE, rnn_linear_size(&lin, n));
        lin.output_size = bad[i], BAD(RNN_E_SIZE, call(9, 0));
        BAD(RNN_E_SIZE, rnn_embedding_forward(bad[i], 3, p, q, y, NULL));
        BAD(RNN_E_SIZE, rnn_embedding_grads(I, bad[i], q, dy, g, NULL));
    }
    lin.input_size = lin.output_size = INT_MAX;
    BAD(RNN_E_SIZE, rnn_linear_size(&lin, n));
    BAD(RNN_E_SIZE, rnn_embedding_forward(INT_MAX, INT_MAX, p, q, y, NULL));
    lin.activation = -1, ARG(rnn_linear_size(&lin, n));
    lin.activation = RNN_FN_EXP, ARG(rnn_linear_size(&lin, n));
    lin.activation = RNN_FN_EXP, ARG(call(9, 0));
    ARG(rnn_linear_size(NULL, n));
    ARG(rnn_linear_size(&lin, NULL));
    ARG(rnn_linear_forward(NULL, p, q, y, NULL));
    ARG(rnn_linear_forward(&lin, NULL, q, y, NULL));
    ARG(rnn_linear_forward(&lin, p, NULL, y, NULL));
    ARG(rnn_linear_forward(&lin, p, q, NULL, NULL));
    ARG(rnn_linear_backward(NULL, p, q, x, y, mem.dx, NULL));
    ARG(rnn_linear_backward(&lin, NULL, q, x, y, mem.dx, NULL));
    ARG(rnn_linear_backward(&lin, p, NULL, x, y, mem.dx, NULL));
    ARG(rnn_linear_backward(&lin, p, q, NULL, y, mem.dx, NULL));
    ARG(rnn_linear_backward(&lin, p, q, x, NULL, mem.dx, NULL));
    GOOD(rnn_linear_backward(&lin, p, q, x, y, NULL, NULL));
    ARG(rnn_linear_grads(NULL, q, dy, g, NULL));
    ARG(rnn_linear_grads(&lin, NULL, dy, g, NULL));
    ARG(rnn_linear_grads(&lin, q, NULL, g, NULL));
    ARG(rnn_linear_grads(&lin, q, dy, NULL, NULL));
    IDS(), ARG(rnn_embedding_forward(I, 3, NULL, q, y, NULL));
    IDS(), ARG(rnn_embedding_forward(I, 3, p, NULL, y, NULL));
    IDS(), ARG(rnn_embedding_forward(I, 3, p, q, NULL, NULL));
    IDS(), ARG(rnn_embedding_grads(I, 3, NULL, dy, g, NULL));
    IDS(), ARG(rnn_embedding_grads(I, 3, q, NULL, g, NULL));
    IDS(), ARG(rnn_embedding_grads(I, 3, q, dy, NULL, NULL));
}

static void null_loss(void)
{
    const size_t n = T * B;
    rnn_real *v = mem.values, *d = mem.dx, *l = &mem.loss;
    rnn_run *r = &run;
    const rnn_real nan = test_nan();

#define XENT(x, o, t, n, e) rnn_cross_entropy(x, T * B, o, t, NULL, n, e, v,   \
                                              d, l, r)
    GOOD(XENT(x, O, targets, 0, 0));
    ARG(XENT(NULL, O, targets, 0, 0));
    ARG(XENT(x, O, NULL, 0, 0));
    ARG(XENT(x, O, targets, -1, 0));
    ARG(XENT(x, O, targets, nan, 0));
    ARG(XENT(x, O, targets, 0, -1));
    ARG(XENT(x, O, targets, 0, 1));
    ARG(XENT(x, O, targets, 0, nan));
    BAD(RNN_E_SIZE, XENT(x, 0, targets, 0, 0));
    BAD(RNN_E_SIZE, XENT(x, -1, targets, 0, 0));
    targets[5] = O, BAD(RNN_E_ID, XENT(x, O, targets, 0, 0));
    targets[0] = -1, BAD(RNN_E_ID, XENT(x, O, targets, 0, 0));
    BAD(RNN_E_SIZE, rnn_cross_entropy(x, (size_t)-1, O, targets, NULL, 0, 0, v,
                                      d, l, r));
    run.parts = 2, ARG(XENT(x, O, targets, 1, 0));
    run.parts = 2, l = NULL, ARG(XENT(x, O, targets, 0, 0));
    run.parts = 2, GOOD(XENT(x, O, targets, 1, 0));
    l = &mem.loss;
    run.part = 1, ARG(XENT(x, O, targets, 0, 0));
#define TWO(f)                                                                 \
    do {                                                                       \
        GOOD(f(x, n, O, dy, NULL, 0, v, d, l, r));                             \
        ARG(f(NULL, n, O, dy, NULL, 0, v, d, l, r));                           \
        ARG(f(x, n, O, NULL, NULL, 0, v, d, l, r));                            \
        ARG(f(x, n, O, dy, NULL, -1, v, d, l, r));                             \
        BAD(RNN_E_SIZE, f(x, n, 0, dy, NULL, 0, v, d, l, r));                  \
        BAD(RNN_E_SIZE, f(x, (size_t)-1, O, dy, NULL, 0, v, d, l, r));         \
        run.parts = 2, ARG(f(x, n, O, dy, NULL, 1, v, d, l, r));               \
        run.kernel = 9, ARG(f(x, n, O, dy, NULL, 0, v, d, l, r));              \
        GOOD(f(x, n, O, dy, NULL, 0, NULL, NULL, NULL, r));                    \
    } while (0)
    TWO(rnn_sigmoid_cross_entropy);
    TWO(rnn_squared_error);
    ARG(rnn_mean(NULL, NULL, n, 0, l, r));
    ARG(rnn_mean(x, NULL, n, 0, NULL, r));
    ARG(rnn_mean(x, NULL, n, -1, l, r));
    run.parts = -2, ARG(rnn_mean(x, NULL, n, 0, l, r));
    ARG(rnn_softmax(NULL, n, O, d, r));
    ARG(rnn_softmax(x, n, O, NULL, r));
    BAD(RNN_E_SIZE, rnn_softmax(x, n, 0, d, r));
    BAD(RNN_E_SIZE, rnn_softmax(x, (size_t)-1, INT_MAX, d, r));
    run.parts = -2, ARG(rnn_softmax(x, n, O, d, r));
    ARG(rnn_map(RNN_FN_EXP, n, NULL, mem.y, r));
    ARG(rnn_map(RNN_FN_EXP, n, x, NULL, r));
    ARG(rnn_map(-1, n, x, mem.y, r));
    ARG(rnn_map(RNN_FN_SQRT + 1, n, x, mem.y, r));
    run.kernel = 9, ARG(rnn_map(RNN_FN_EXP, n, x, mem.y, r));
}

static void null_train(void)
{
    rnn_real *p = mem.params, *g = mem.grads, *m = mem.moments;
    rnn_real *norm = &mem.loss;
    rnn_optimizer *o = &mem.opt;
    const size_t stack_n = RNN_STACK_PARAMS(RNN_LSTM, I, H, 2, 1, 1);
    const size_t model_n = RNN_MODEL_PARAMS(RNN_LSTM, I, 3, H, 2, 1, 1, O);
    const rnn_real nan = test_nan();

    ARG(rnn_init_params(NULL, p, ROOM, &mem.rng));
    ARG(rnn_init_params(&model, NULL, ROOM, &mem.rng));
    ARG(rnn_init_params(&model, p, ROOM, NULL));
    BAD(RNN_E_BUFFER, rnn_init_params(&model, p, model_n - 1, &mem.rng));
    GOOD(rnn_init_params(&model, p, model_n, &mem.rng));
    ARG(rnn_init_stack(NULL, p, ROOM, &mem.rng));
    ARG(rnn_init_stack(&stack, NULL, ROOM, &mem.rng));
    ARG(rnn_init_stack(&stack, p, ROOM, NULL));
    BAD(RNN_E_BUFFER, rnn_init_stack(&stack, p, stack_n - 1, &mem.rng));
    GOOD(rnn_init_stack(&stack, p, stack_n, &mem.rng));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(NULL, p, 0, 1, &mem.rng));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, NULL, 0, 1, &mem.rng));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, 0, 1, NULL));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, -1, 1, &mem.rng));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, RNN_INIT_IDENTITY + 1, 1, &mem.rng));
    ARG(rnn_init_forget_bias(NULL, p, 1));
    ARG(rnn_init_forget_bias(&stack, NULL, 1));
    stack.no_bias = 1, ARG(rnn_init_forget_bias(&stack, p, 1));
    stack.cell = RNN_GRU, ARG(rnn_init_forget_bias(&stack, p, 1));
    ARG(rnn_clip_grad_norm(NULL, 9, 1, norm, &run));
    ARG(rnn_clip_grad_norm(g, 9, -1, norm, &run));
    ARG(rnn_clip_grad_norm(g, 9, nan, norm, &run));
    run.parts = 2, ARG(rnn_clip_grad_norm(g, 9, 1, norm, &run));
    ARG(rnn_clip_grad_max(NULL, 9, 1, norm, &run));
    ARG(rnn_clip_grad_max(g, 9, -1, norm, &run));
    run.parts = 2, ARG(rnn_clip_grad_max(g, 9, 1, norm, &run));
    ARG(rnn_clip_grad_value(NULL, 9, 1, &run));
    ARG(rnn_clip_grad_value(g, 9, nan, &run));
    run.kernel = 7, ARG(rnn_clip_grad_value(g, 9, 1, &run));
    g[3] = nan, BAD(RNN_E_NOT_FINITE, rnn_clip_grad_norm(g, 9, 1, NULL, NULL));
    g[3] = nan, BAD(RNN_E_NOT_FINITE, rnn_clip_grad_max(g, 9, 1, NULL, NULL));
    ARG(rnn_optimizer_init(NULL, RNN_SGD, 1));
    ARG(rnn_optimizer_init(o, -1, 1));
    ARG(rnn_optimizer_init(o, RNN_ADAMW + 1, 1));
    ARG(rnn_optimizer_moments(NULL, &mem.size));
    ARG(rnn_optimizer_moments(o, NULL));
    ARG(rnn_optimizer_begin(NULL));
    mem.opt.step = 0xffffffffu, BAD(RNN_E_SIZE, rnn_optimizer_begin(o));
    mem.opt.step = 0xffffffffu;
    BAD(RNN_E_SIZE, rnn_optimizer_step(o, p, g, m, 9, NULL));
    ARG(rnn_optimizer_step(NULL, p, g, m, 9, &run));
    ARG(rnn_optimizer_step(o, NULL, g, m, 9, &run));
    ARG(rnn_optimizer_step(o, p, NULL, m, 9, &run));
    ARG(rnn_optimizer_step(o, p, g, NULL, 9, &run));
    run.parts = -1, ARG(rnn_optimizer_step(o, p, g, m, 9, &run));
    ARG(rnn_optimizer_range(o, p, g, m, 9, 0, 9, &run)); /* not begun */
    mem.opt.step = 1;
    BAD(RNN_E_SIZE, rnn_optimizer_range(o, p, g, m, 9, 10, 0, &run));
    mem.opt.step = 1;
    BAD(RNN_E_SIZE, rnn_optimizer_range(o, p, g, m, 9, 1, (size_t)-1, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(NULL, p, g, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, NULL, g, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, p, NULL, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, p, g, NULL, 9, 0, 9, &run));
    ARG(rnn_optimizer_step_model(NULL, &model, p, g, m, &run));
    ARG(rnn_optimizer_step_model(o, NULL, p, g, m, &run));
    ARG(rnn_optimizer_step_model(o, &model, NULL, g, m, &run));
    ARG(rnn_optimizer_step_model(o, &model, p, NULL, m, &run));
    ARG(rnn_optimizer_step_model(o, &model, p, g, NULL, &run));
    run.part = 9, ARG(rnn_optimizer_step_model(o, &model, p, g, m, &run));
    GOOD(rnn_optimizer_step_model(o, &model, p, g, m, &run));
}

#define OPT(f, v)                                                              \
    do {                                                                       \
        mem.opt.f = (v), ARG(rnn_optimizer_moments(&mem.opt, &mem.size));      \
        mem.opt.f = (v), ARG(rnn_optimizer_begin(&mem.opt));                   \
        mem.opt.f = (v), ARG(rnn_optimizer_step(&mem.opt, mem.params, dy,      \
                                                mem.moments, 9, NULL));        \
        mem.opt.f = (v), mem.opt.step = 1;                                     \
        ARG(rnn_optimizer_range(&mem.opt, mem.params, dy, mem.moments, 9, 0,   \
                                9, NULL));                                     \
        mem.opt.f = (v);                                                       \
        ARG(rnn_optimizer_step_model(&mem.opt, &model, mem.params, dy,         \
                                     mem.moments, NULL));                      \
    } while (0)

static void check_optimizer(void)
{
    const rnn_real nan = test_nan();

    OPT(kind, -1);
    OPT(kind, RNN_ADAMW + 1);
    OPT(lr, -1);
    OPT(lr, nan);
    OPT(weight_decay, -1);
    OPT(weight_decay, nan);
    OPT(momentum, -1);
    OPT(momentum, nan);
    OPT(eps, -1);
    OPT(eps, nan);
    OPT(lr_decay, -1);
    OPT(lr_decay, nan);
    OPT(initial, -1);
    OPT(initial, nan);
    OPT(rho, -1);
    OPT(rho, 2);
    OPT(rho, nan);
    OPT(beta1, -1);
    OPT(beta1, 1);
    OPT(beta1, nan);
    OPT(beta2, -1);
    OPT(beta2, 1);
    OPT(beta2, nan);
    OPT(nesterov, 1); /* without momentum */
    mem.opt.nesterov = 1;
    mem.opt.momentum = mem.opt.dampening = (rnn_real)0.5;
    ARG(rnn_optimizer_begin(&mem.opt));
}

static void check_schedule(void)
{
    const rnn_real nan = test_nan();
    rnn_real *lr = &mem.loss;

    GOOD(rnn_schedule_lr(&plan, 0, lr));
    GOOD(rnn_schedule_lr(&plan, 0xffffffffu, lr));
    ARG(rnn_schedule_lr(NULL, 0, lr));
    ARG(rnn_schedule_lr(&plan, 0, NULL));
    plan.kind = -1, ARG(rnn_schedule_lr(&plan, 0, lr));
    plan.kind = RNN_COSINE + 1, ARG(rnn_schedule_lr(&plan, 0, lr));
    plan.every = 0, ARG(rnn_schedule_lr(&plan, 0, lr));
    plan.every = 0, plan.kind = RNN_COSINE, ARG(rnn_schedule_lr(&plan, 0, lr));
    GOOD(rnn_plateau_step(&mem.plateau, 1, lr));
    ARG(rnn_plateau_step(NULL, 1, lr));
    ARG(rnn_plateau_step(&mem.plateau, 1, NULL));
#define ARG_PLATEAU(f, v)                                                      \
    mem.plateau.f = (v), ARG(rnn_plateau_step(&mem.plateau, 1, lr))
    ARG_PLATEAU(factor, -1);
    ARG_PLATEAU(factor, 1);
    ARG_PLATEAU(factor, nan);
    ARG_PLATEAU(threshold, -1);
    ARG_PLATEAU(threshold, 1);
    ARG_PLATEAU(threshold, nan);
    ARG_PLATEAU(patience, -1);
    ARG_PLATEAU(cooldown, INT_MIN);
}

static rnn_status generate(const rnn_sampling *s, int max, size_t len, int id)
{
    return rnn_generate(&model, mem.params, mem.h, mem.c, id, s, &mem.rng, -1,
                        mem.ids, max, &mem.count, mem.work, len, &run);
}

/* A field of rnn_sampling is wrong. */
static void bad_sampling(void)
{
    rnn_sampling s = how;

    ARG(rnn_sample(x, O, &s, &mem.rng, mem.work, mem.ids));
    ARG(generate(&s, 4, ROOM, 0));
}

static void check_sampling(void)
{
    const rnn_real nan = test_nan();
    const size_t len = RNN_MODEL_STEP(RNN_LSTM, 3, H, 1) + 2 * O;
    static rnn_real some[3];
    rnn_real *w = mem.work;
    rnn_rng *r = &mem.rng;
    int *id = mem.ids;

    how.temperature = -1, bad_sampling();
    how.temperature = nan, bad_sampling();
    how.top_k = -1, bad_sampling();
    how.top_p = -1, bad_sampling();
    how.top_p = 2, bad_sampling();
    how.top_p = nan, bad_sampling();
    GOOD(rnn_sample(x, O, &how, r, w, id));
    ARG(rnn_sample(NULL, O, &how, r, w, id));
    ARG(rnn_sample(x, O, NULL, r, w, id));
    ARG(rnn_sample(x, O, &how, NULL, w, id));
    ARG(rnn_sample(x, O, &how, r, NULL, id));
    ARG(rnn_sample(x, O, &how, r, w, NULL));
    how.top_k = 0, how.top_p = 0, GOOD(rnn_sample(x, O, &how, r, NULL, id));
    BAD(RNN_E_SIZE, rnn_sample(x, 0, &how, r, w, id));
    some[1] = nan, BAD(RNN_E_NOT_FINITE, rnn_sample(some, 3, &how, r, w, id));
    BAD(RNN_E_NOT_FINITE, rnn_greedy(some, 3, id));
    ARG(rnn_greedy(NULL, O, id));
    ARG(rnn_greedy(x, O, NULL));
    BAD(RNN_E_SIZE, rnn_greedy(x, -1, id));
    memset(mem.params, 0, sizeof mem.params);
    memset(mem.h, 0, sizeof mem.h);
    memset(mem.c, 0, sizeof mem.c);
    GOOD(generate(&how, 4, len, 0));
    BAD(RNN_E_BUFFER, generate(&how, 4, len - 1, 0));
    ARG(generate(&how, -1, ROOM, 0));
    ARG(generate(NULL, 4, ROOM, 0));
    BAD(RNN_E_ID, generate(&how, 4, ROOM, I));
    BAD(RNN_E_ID, generate(&how, 4, ROOM, -1));
    run.parts = -1, ARG(generate(&how, 4, ROOM, 0));
    model.input = RNN_DENSE, ARG(generate(&how, 4, ROOM, 0));
    model.bidirectional = 1, ARG(generate(&how, 4, ROOM, 0));
#define GENERATE(p, h, c, r, ids, count, w)                                    \
    ARG(rnn_generate(&model, p, h, c, 0, &how, r, -1, ids, 4, count, w, ROOM,  \
                     NULL))
    GENERATE(NULL, mem.h, mem.c, r, id, &mem.count, w);
    GENERATE(mem.params, NULL, mem.c, r, id, &mem.count, w);
    GENERATE(mem.params, mem.h, NULL, r, id, &mem.count, w);
    GENERATE(mem.params, mem.h, mem.c, NULL, id, &mem.count, w);
    GENERATE(mem.params, mem.h, mem.c, r, NULL, &mem.count, w);
    GENERATE(mem.params, mem.h, mem.c, r, id, NULL, w);
    GENERATE(mem.params, mem.h, mem.c, r, id, &mem.count, NULL);
}

static void check_texts(void)
{
    int i, j;

    for (i = 1; i >= -11; i--)
        CHECK(rnn_status_text((rnn_status)i) != NULL, "text %d", i);
    for (i = 0; i >= -10; i--)
        for (j = i - 1; j >= -10; j--)
            CHECK(strcmp(rnn_status_text((rnn_status)i),
                         rnn_status_text((rnn_status)j)), "texts %d %d", i, j);
}

int main(void)
{
    check_arrays();
    check_grid();
    reset();
    check_seqs();
    check_fields();
    check_corners();
    null_stack();
    null_model();
    null_linear();
    null_loss();
    null_train();
    check_optimizer();
    check_schedule();
    check_sampling();
    check_texts();
    test_unused();
    return test_end();
}
