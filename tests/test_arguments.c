/* What every call says to wrong arguments: a status, with nothing written; and
 * what it takes. First a stack, a model N vs N and all that is no network, then
 * a model with all parts, whose decoder has calls of its own, and attention.
 *
 * A call has a number and gets all its arguments from a: they are right after
 * reset, and a check makes some of them wrong. */
#include <limits.h>
#include <math.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

/* ---- everything that a call may write, and a pattern in it --------------- */

enum { T = 3, S = 4, B = 2, I = 5, H = 4, O = 6, A = 3, ROOM = 8192, N = 128 };

static struct memory {
    rnn_real params[ROOM], grads[ROOM], work[ROOM], moments[3 * ROOM];
    rnn_real memory[ROOM], h[N], c[N], hn[2][N], cn[2][N], y[N], values[N];
    rnn_real dx[2][N], dh0[2][N], dc0[2][N], attn[N], scores[N], loss;
    rnn_real keys[N], context[N], dh[N], ds[N];
    rnn_sizes sizes;
    rnn_stack stack;
    rnn_view view;
    rnn_model_view model_view;
    rnn_tensor tensor;
    rnn_optimizer opt;
    rnn_plateau plateau;
    rnn_rng rng[B];
    size_t sized[3];
    int ids[N], counts[N], own[N], ints[ROOM];
} mem, old;

/* with room for a row more than there are */
static int tokens[T * (B + 1)], lengths[B + 1], targets[T * B], from[B + 1];
static int words[2][S * (B + 1)], source_lengths[2][B + 1];
static rnn_real x[N], dy[N];
static rnn_stack stack, bad_stack;
static rnn_model model, bad_model;
static rnn_seq seq, source[2];
static rnn_flow flow, flows[2];
static rnn_run run;
static rnn_linear lin;
static rnn_attention att;
static rnn_schedule plan;
static rnn_sampling draw;
static rnn_decoding d;
static rnn_sizes stack_room, room, room1; /* room1: of one step */
static size_t beam_work, beam_ints, att_keys, att_work;
static int whole; /* whether the model is one with all parts */
static int called;

static struct arguments {
    const rnn_stack *stack;
    const rnn_model *model;
    const rnn_linear *lin;
    const rnn_attention *att;
    const rnn_real *params, *x, *d, *z; /* z: linear's output                */
    const rnn_seq *seq, *source;
    const rnn_flow *flow;
    const rnn_run *run;
    const rnn_decoding *how;
    const rnn_sampling *draw;
    const int *ids, *from;
    rnn_rng *rngs;
    rnn_view *view;
    rnn_model_view *model_view;
    rnn_real *y, *work, *grads, *h, *c, *memory, *keys, *attn, *context;
    rnn_real *scores, *dx, *dh, *ds;
    int *out, *counts, *ints, rows, t, layer, direction, vocabulary, width;
    size_t memory_len, keys_len, ints_len;
    size_t less, more; /* than the least work */
} a;

static rnn_real not_a_number(void)
{
    return (rnn_real)HUGE_VAL - (rnn_real)HUGE_VAL;
}

/* Tokens into an LSTM of two layers, which writes tokens. */
static void set_plain(void)
{
    memset(&model, 0, sizeof model);
    model.cell = RNN_LSTM;
    model.input = RNN_EMBEDDING;
    model.input_size = I;
    model.embedding_size = 3;
    model.hidden_size = H;
    model.num_layers = 2;
    model.output_size = O;
}

/* A model with all parts: two sources, tables, q, attention, c at every step
 * and in the head. */
static void set_whole(void)
{
    set_plain();
    model.wiring = RNN_N_TO_M;
    model.target = RNN_EMBEDDING;
    model.target_size = O;
    model.target_embedding_size = 3;
    model.context = RNN_MEAN;
    model.context_size = H;
    model.feed = RNN_AS_STATE | RNN_AT_EACH;
    model.attention = RNN_ADDITIVE;
    model.attention_size = A;
    model.head_context = 1;
    model.num_sources = 2;
}

static void reset_source(int i)
{
    int k;

    source[i].steps = S;
    source[i].batch = B;
    source[i].lengths = source_lengths[i];
    source[i].ids = words[i];
    source[i].hn = mem.hn[i];
    source[i].cn = mem.cn[i];
    flows[i].dh0 = mem.dh0[i];
    flows[i].dc0 = mem.dc0[i];
    for (k = 0; k < S * B; k++)
        words[i][k] = k % I;
    for (k = 0; k < B; k++)
        source_lengths[i][k] = S;
}

static void reset_arguments(void)
{
    static const struct arguments none;

    a = none;
    a.stack = &stack;
    a.model = &model;
    a.lin = &lin;
    a.att = &att;
    a.params = mem.params;
    a.x = x;
    a.d = dy;
    a.z = x;
    a.seq = &seq;
    a.source = source;
    a.flow = &flow;
    a.run = &run;
    a.how = &d;
    a.draw = &draw;
    a.ids = tokens;
    a.rngs = mem.rng;
    a.view = &mem.view;
    a.model_view = &mem.model_view;
    a.y = mem.y;
    a.work = mem.work;
    a.grads = mem.grads;
    a.h = mem.h;
    a.c = mem.c;
    a.memory = mem.memory;
    a.keys = mem.keys;
    a.attn = mem.attn;
    a.context = mem.context;
    a.scores = mem.scores;
    a.dx = mem.dx[0];
    a.dh = mem.dh;
    a.ds = mem.ds;
    a.out = mem.ids;
    a.counts = mem.counts;
    a.ints = mem.ints;
    a.rows = B;
    a.vocabulary = I;
    a.width = 3;
    a.memory_len = room1.memory;
    a.keys_len = att_keys;
    a.ints_len = beam_ints;
}

/* What arguments are when they are right. */
static void reset(void)
{
    static const rnn_stack s = {RNN_LSTM, I, H, 2, 0, 0, 0, 0};
    static const rnn_linear l = {I, O, RNN_FN_TANH, 0};
    static const rnn_attention e = {RNN_ADDITIVE, H, I, I + 1};
    static const rnn_sampling p = {1, 2, (rnn_real)0.5};
    static const rnn_schedule r = {RNN_STEP, 1, 1, 0, 0, 1};
    static const rnn_plateau q = {0};
    int i;

    memset(&mem, 0x2a, sizeof mem);
    memset(&run, 0, sizeof run);
    memset(&seq, 0, sizeof seq);
    memset(&flow, 0, sizeof flow);
    memset(flows, 0, sizeof flows);
    memset(source, 0, sizeof source);
    memset(&d, 0, sizeof d);
    stack = s;
    lin = l;
    att = e;
    draw = p;
    plan = r;
    d.max_steps = 3;
    d.width = 2;
    mem.plateau = q;
    rnn_optimizer_init(&mem.opt, RNN_ADAM, 1);
    for (i = 0; i < T * B; i++)
        tokens[i] = targets[i] = i % I;
    for (i = 0; i < B; i++) {
        lengths[i] = T;
        rnn_rng_seed(&mem.rng[i], 1);
    }
    for (i = 0; i <= B; i++)
        from[i] = i % B;
    seq.steps = T;
    seq.batch = B;
    seq.lengths = lengths;
    reset_arguments();
    if (whole) {
        set_whole();
        reset_source(0);
        reset_source(1);
        seq.source = source;
        flow.source = flows;
        return;
    }
    set_plain();
    seq.hn = mem.h;
    seq.cn = mem.c;
    flow.dh0 = mem.dh0[0];
    flow.dc0 = mem.dc0[0];
}

static int untouched(void)
{
    return !memcmp(&mem, &old, sizeof mem);
}

static void verdict(int line, const char *what, rnn_status want, rnn_status st)
{
    CHECK(st == want, "line %d: %s gives %d, not %d; last call %d", line, what,
          (int)st, (int)want, called);
    if (want)
        CHECK(untouched(), "line %d: %s has written; last call %d", line, what,
              called);
    reset();
}

/* The call gives that status, and writes nothing if it is not RNN_OK; then
 * arguments are reset. */
#define BAD(want, call)                                                        \
    (memcpy(&old, &mem, sizeof mem), verdict(__LINE__, #call, want, call))
#define ARG(call) BAD(RNN_E_ARG, call)
#define GOOD(call) BAD(RNN_OK, call)

/* ---- the calls on sequences ---------------------------------------------- */

enum {
    STACK_FORWARD, STACK_INFER, STACK_BACKWARD, STACK_GRADS, STACK_VIEW,
    FORWARD, INFER, BACKWARD, GRADS,   /* of any model                       */
    VIEW, ENCODE, STEP, DECODE, BEAM,  /* of one with a decoder              */
    LINEAR, LINEAR_BACK, LINEAR_GRADS, /* of no network                      */
    TABLE, TABLE_GRADS,
    STACK_STEP, MODEL_STEP,            /* of one step, without a sequence    */
    LOOK, LOOK_BACK, LOOK_GRADS,       /* of attention                       */
    CALLS
};

static rnn_status call(int k)
{
    rnn_real *const w = a.work;
    const rnn_seq *const q = a.seq;
    const size_t infer = (k == STACK_INFER ? stack_room : room).infer - a.less;
    const size_t n = (k < FORWARD ? stack_room : room).train_tight - a.less;
    const size_t step = room1.step + a.more - a.less, look = att_work - a.less;

    called = k;
    switch (k) {
    case STACK_FORWARD:
        return rnn_stack_forward(a.stack, a.params, q, a.y, w, n, a.run);
    case STACK_INFER:
        return rnn_stack_infer(a.stack, a.params, q, a.y, w, infer, a.run);
    case STACK_BACKWARD:
        return rnn_stack_backward(a.stack, a.params, q, a.d, a.flow, w, n,
                                  a.run);
    case STACK_GRADS:
        return rnn_stack_grads(a.stack, q, w, n, a.grads, a.run);
    case STACK_VIEW:
        return rnn_stack_view(a.stack, q, w, n, a.layer, a.direction, a.view);
    case FORWARD:
        return rnn_forward(a.model, a.params, q, a.y, w, n, a.run);
    case INFER: return rnn_infer(a.model, a.params, q, a.y, w, infer, a.run);
    case BACKWARD:
        return rnn_backward(a.model, a.params, q, a.d, a.flow, a.grads, w, n,
                            a.run);
    case GRADS: return rnn_grads(a.model, q, a.d, a.grads, w, n, a.run);
    case VIEW: return rnn_view_model(a.model, q, w, n, a.model_view);
    case ENCODE:
        return rnn_encode(a.model, a.params, a.source, a.memory, a.memory_len,
                          a.h, a.c, w, room1.infer - a.less, a.run);
    case STEP:
        return rnn_decode_step(a.model, a.params, a.source, a.memory,
                               a.memory_len, a.t, a.rows, a.from, NULL, a.ids,
                               a.h, a.c, a.y, a.attn, w, step, a.run);
    case DECODE:
        return rnn_decode(a.model, a.params, a.source, a.memory, a.memory_len,
                          a.how, a.draw, a.rngs, a.h, a.c, a.out, a.counts,
                          a.attn, w, step + (B + 1) * O, a.run);
    case BEAM:
        return rnn_beam_search(a.model, a.params, a.source, a.memory,
                               a.memory_len, a.how, a.h, a.c, a.out, a.counts,
                               a.scores, w, beam_work - a.less, a.ints,
                               a.ints_len, a.run);
    case LINEAR: return rnn_linear_forward(a.lin, a.params, q, a.y, a.run);
    case LINEAR_BACK:
        return rnn_linear_backward(a.lin, a.params, q, a.z, a.y, a.dx, a.run);
    case LINEAR_GRADS: return rnn_linear_grads(a.lin, q, a.d, a.grads, a.run);
    case TABLE:
        return rnn_embedding_forward(a.vocabulary, a.width, a.params, q, a.y,
                                     a.run);
    case TABLE_GRADS:
        return rnn_embedding_grads(a.vocabulary, a.width, q, a.d, a.grads,
                                   a.run);
    case STACK_STEP:
        return rnn_stack_step(a.stack, a.params, a.rows, a.x, a.ids, a.h, a.c,
                              w, stack_room.step - a.less, a.run);
    case MODEL_STEP:
        return rnn_step(a.model, a.params, a.rows, a.x, a.ids, a.h, a.c, a.y, w,
                        step, a.run);
    case LOOK:
        return rnn_attention_forward(a.att, a.params, a.source, q, a.keys,
                                     a.keys_len, a.attn, a.context, a.scores,
                                     w, look, a.run);
    case LOOK_BACK:
        return rnn_attention_backward(a.att, a.params, a.source, q, a.keys,
                                      a.keys_len, a.attn, a.d, a.x, a.dh, a.ds,
                                      w, look, a.run);
    default:
        return rnn_attention_grads(a.att, a.source, q, w, look, a.grads, a.run);
    }
}

/* Whether a call, of the plain model, reads tokens. */
static int reads_tokens(int k)
{
    return (k >= FORWARD && k <= BEAM) || k == TABLE || k == TABLE_GRADS ||
           k == MODEL_STEP;
}

/* Inputs of the kind that call k reads. */
static void ready(int k)
{
    const int ids = reads_tokens(k);

    seq.x = ids ? NULL : x;
    seq.ids = ids ? tokens : NULL;
    if (k == STACK_STEP)
        a.ids = NULL;
    if (k == MODEL_STEP)
        a.x = NULL;
    if (k >= LOOK)
        source[0].x = x;
}

/* Call k with what the last argument, an expression, makes of its own. */
#define TRY(k, want, ...) (ready(k), __VA_ARGS__, BAD(want, call(k)))
#define NUL(k, argument) TRY(k, RNN_E_ARG, a.argument = NULL)
#define AS_IT_IS (void)0

/* Calls first to end - 1 so. */
#define EACH(first, end, want, ...)                                            \
    do {                                                                       \
        int k_;                                                                \
        for (k_ = (first); k_ < (end); k_++)                                   \
            TRY(k_, want, __VA_ARGS__);                                        \
    } while (0)

/* ---- a stack, a plain model, linear and table ---------------------------- */

static int of_plain(int k)
{
    return k < VIEW || (k >= LINEAR && k <= TABLE_GRADS);
}

static void read_ids(void)
{
    seq.x = NULL;
    seq.ids = tokens;
}

static void check_seq(int k)
{
    TRY(k, RNN_E_SIZE, seq.steps = 0);
    TRY(k, RNN_E_SIZE, seq.steps = -1);
    TRY(k, RNN_E_SIZE, seq.batch = 0);
    TRY(k, RNN_E_SIZE, seq.batch = INT_MIN);
    if (k < VIEW) {
        TRY(k, RNN_E_SIZE, seq.steps = seq.batch = INT_MAX, seq.lengths = NULL);
        TRY(k, RNN_E_BUFFER, a.less = 1);
    }
    TRY(k, RNN_OK, AS_IT_IS);
    if (k == STACK_VIEW) /* reads no numbers and runs nothing */
        return;
    TRY(k, RNN_E_LENGTH, lengths[1] = -1);
    TRY(k, RNN_E_LENGTH, lengths[0] = T + 1);
    TRY(k, RNN_E_LENGTH, lengths[0] = INT_MAX);
    TRY(k, RNN_E_ARG, seq.x = NULL, seq.ids = NULL);
    TRY(k, RNN_E_ID, read_ids(), tokens[T * B - 1] = I);
    TRY(k, RNN_E_ID, read_ids(), tokens[0] = -1);
    TRY(k, RNN_E_ARG, run.part = 1);
    TRY(k, RNN_E_ARG, run.part = -1);
    TRY(k, RNN_E_ARG, run.parts = -1);
    TRY(k, RNN_E_ARG, run.parts = run.part = INT_MAX);
    TRY(k, RNN_E_ARG, run.kernel = -1);
    TRY(k, RNN_E_ARG, run.kernel = RNN_KERNELS);
    /* in padding no token is read */
    TRY(k, RNN_OK, lengths[1] = T - 1, tokens[T * B - 1] = -7);
    TRY(k, RNN_OK, lengths[0] = lengths[1] = 0);
}

/* What this build or this machine has not is said, not run. */
static void check_kernels(int k)
{
    rnn_status st;
    int i;

    for (i = 0; i < RNN_KERNELS; i++) {
        ready(k);
        run.kernel = i;
        memcpy(&old, &mem, sizeof mem);
        st = call(k);
        CHECK(!st || (st == RNN_E_UNSUPPORTED && untouched()), "kernel %d", i);
        reset();
    }
}

/* Every field of a stack (kind 0), of a model (1) or of both (2). */
static void bad_fields(int kind, rnn_status want)
{
    rnn_real *p = mem.params;
    int k;

    bad_stack = stack;
    bad_model = model;
    for (k = kind == 1 ? FORWARD : 0; k < (kind ? VIEW : FORWARD); k++) {
        const int reads = k != STACK_VIEW || bad_stack.input_size;
        /* a decoder may read nothing */
        TRY(k, reads ? want : RNN_OK, stack = bad_stack, model = bad_model);
    }
    if (kind != 1) {
        BAD(want, rnn_stack_sizes(&bad_stack, T, B, &mem.sizes));
        BAD(want, rnn_stack_tensor(&bad_stack, 0, &mem.tensor));
        BAD(want, rnn_init_stack(&bad_stack, p, ROOM, mem.rng));
        BAD(want, rnn_init_forget_bias(&bad_stack, p, 1));
        TRY(STACK_STEP, want, a.stack = &bad_stack);
    }
    if (kind != 0) {
        BAD(want, rnn_model_sizes(&bad_model, 0, T, B, &mem.sizes));
        BAD(want, rnn_model_tensor(&bad_model, 0, &mem.tensor));
        BAD(want, rnn_init_params(&bad_model, p, ROOM, mem.rng));
        BAD(want, rnn_optimizer_step_model(&mem.opt, &bad_model, p, dy,
                                           mem.moments, NULL));
        BAD(want, rnn_generate(&bad_model, p, mem.h, mem.c, 0, &draw, mem.rng,
                               -1, mem.ids, 4, mem.counts, mem.work, ROOM,
                               NULL));
        TRY(MODEL_STEP, want, a.model = &bad_model);
    }
}

#define BOTH(f, v, want) (stack.f = model.f = (v), bad_fields(2, want))
#define MODEL(f, v, want) (model.f = (v), bad_fields(1, want))
#define STACK(f, v, want) (stack.f = (v), bad_fields(0, want))

static void check_fields(void)
{
    static const int bad[] = {0, -1, INT_MIN};
    const rnn_real nan = not_a_number();
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
    MODEL(wiring, RNN_WIRINGS, RNN_E_ARG);
    MODEL(wiring, -1, RNN_E_ARG);
    MODEL(input, -1, RNN_E_ARG);
    MODEL(input, RNN_INPUTS, RNN_E_ARG);
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

static void null_stack(void)
{
    const rnn_stack *s = &stack;
    int k;

    ARG(rnn_stack_sizes(NULL, T, B, &mem.sizes));
    ARG(rnn_stack_sizes(s, T, B, NULL));
    BAD(RNN_E_SIZE, rnn_stack_sizes(s, 0, B, &mem.sizes));
    BAD(RNN_E_SIZE, rnn_stack_sizes(s, T, -1, &mem.sizes));
    BAD(RNN_E_SIZE, rnn_stack_sizes(s, INT_MAX, INT_MAX, &mem.sizes));
    for (k = STACK_FORWARD; k < FORWARD; k++) {
        NUL(k, stack), NUL(k, seq), NUL(k, work);
        if (k < STACK_GRADS)
            NUL(k, params);
        TRY(k, RNN_OK, a.run = NULL);
    }
    TRY(STACK_FORWARD, RNN_OK, a.y = NULL);
    TRY(STACK_INFER, RNN_OK, a.y = NULL);
    TRY(STACK_BACKWARD, RNN_E_ARG, read_ids(), flow.dx = mem.dx[0]);
    TRY(STACK_BACKWARD, RNN_OK, a.d = NULL, a.flow = NULL);
    NUL(STACK_GRADS, grads);
    NUL(STACK_VIEW, view);
    TRY(STACK_VIEW, RNN_E_ARG, a.layer = 2);
    TRY(STACK_VIEW, RNN_E_ARG, a.layer = -1);
    TRY(STACK_VIEW, RNN_E_ARG, a.direction = 1);
    TRY(STACK_VIEW, RNN_E_ARG, a.direction = -1);
    NUL(STACK_STEP, stack), NUL(STACK_STEP, params), NUL(STACK_STEP, x);
    NUL(STACK_STEP, h), NUL(STACK_STEP, c), NUL(STACK_STEP, work);
    TRY(STACK_STEP, RNN_OK, AS_IT_IS);
    TRY(STACK_STEP, RNN_E_SIZE, a.rows = 0);
    TRY(STACK_STEP, RNN_E_BUFFER, a.less = 1);
    TRY(STACK_STEP, RNN_E_ID, a.x = NULL, a.ids = tokens, tokens[1] = I);
    TRY(STACK_STEP, RNN_E_ARG, stack.bidirectional = 1);
    TRY(STACK_STEP, RNN_OK, stack.cell = RNN_GRU, a.c = NULL);
    ARG(rnn_stack_tensor(NULL, 0, &mem.tensor));
    ARG(rnn_stack_tensor(s, 0, NULL));
    ARG(rnn_stack_tensor(s, -1, &mem.tensor));
    BAD(RNN_E_END, rnn_stack_tensor(s, 8, &mem.tensor));
    BAD(RNN_E_END, rnn_stack_tensor(s, INT_MAX, &mem.tensor));
}

static void null_model(void)
{
    const rnn_model *m = &model;
    int k;

    ARG(rnn_model_sizes(NULL, 0, T, B, &mem.sizes));
    ARG(rnn_model_sizes(m, 0, T, B, NULL));
    BAD(RNN_E_SIZE, rnn_model_sizes(m, 0, -1, B, &mem.sizes));
    BAD(RNN_E_SIZE, rnn_model_sizes(m, 0, T, 0, &mem.sizes));
    BAD(RNN_E_SIZE, rnn_model_sizes(m, 0, INT_MAX, INT_MAX, &mem.sizes));
    ARG(rnn_model_stack(NULL, &mem.stack));
    ARG(rnn_model_stack(m, NULL));
    for (k = FORWARD; k < VIEW; k++) {
        NUL(k, model), NUL(k, seq), NUL(k, work);
        if (k < GRADS)
            NUL(k, params);
        TRY(k, RNN_OK, a.run = NULL);
    }
    NUL(FORWARD, y), NUL(INFER, y), NUL(BACKWARD, d), NUL(GRADS, d);
    /* the threads must meet before the gradients */
    TRY(BACKWARD, RNN_E_ARG, run.parts = 2);
    TRY(BACKWARD, RNN_E_ARG, flow.dx = mem.dx[0]);
    TRY(BACKWARD, RNN_OK, a.grads = NULL, a.flow = NULL);
    NUL(GRADS, grads);
    NUL(MODEL_STEP, model), NUL(MODEL_STEP, params), NUL(MODEL_STEP, h);
    NUL(MODEL_STEP, c), NUL(MODEL_STEP, y), NUL(MODEL_STEP, work);
    TRY(MODEL_STEP, RNN_E_ARG, a.x = x, a.ids = NULL);
    TRY(MODEL_STEP, RNN_E_SIZE, a.rows = -1);
    TRY(MODEL_STEP, RNN_E_BUFFER, a.less = 1);
    TRY(MODEL_STEP, RNN_OK, a.run = NULL);
    TRY(MODEL_STEP, RNN_E_ID, tokens[1] = I);
    TRY(MODEL_STEP, RNN_E_ID, model.input = RNN_ONE_HOT, tokens[0] = -1);
    TRY(MODEL_STEP, RNN_E_ARG, model.input = RNN_DENSE);
    TRY(MODEL_STEP, RNN_E_ARG, model.bidirectional = 1);
    TRY(MODEL_STEP, RNN_E_ARG, run.part = 3);
    ARG(rnn_model_tensor(NULL, 0, &mem.tensor));
    ARG(rnn_model_tensor(m, 0, NULL));
    ARG(rnn_model_tensor(m, -1, &mem.tensor));
    BAD(RNN_E_END, rnn_model_tensor(m, 11, &mem.tensor));
    BAD(RNN_E_END, rnn_model_tensor(m, INT_MAX, &mem.tensor));
}

static void null_linear(void)
{
    static const int bad[] = {0, -1, INT_MIN};
    size_t *n = mem.sized;
    int i, k;

    for (i = 0; i < 3; i++) {
        lin.input_size = bad[i], BAD(RNN_E_SIZE, rnn_linear_size(&lin, n));
        lin.output_size = bad[i], BAD(RNN_E_SIZE, rnn_linear_size(&lin, n));
        TRY(LINEAR, RNN_E_SIZE, lin.output_size = bad[i]);
        TRY(TABLE, RNN_E_SIZE, a.vocabulary = bad[i]);
        TRY(TABLE_GRADS, RNN_E_SIZE, a.width = bad[i]);
    }
    lin.input_size = lin.output_size = INT_MAX;
    BAD(RNN_E_SIZE, rnn_linear_size(&lin, n));
    TRY(TABLE, RNN_E_SIZE, a.vocabulary = a.width = INT_MAX);
    lin.activation = -1, ARG(rnn_linear_size(&lin, n));
    lin.activation = RNN_FN_EXP, ARG(rnn_linear_size(&lin, n));
    TRY(LINEAR, RNN_E_ARG, lin.activation = RNN_FN_EXP);
    ARG(rnn_linear_size(NULL, n));
    ARG(rnn_linear_size(&lin, NULL));
    for (k = LINEAR; k <= TABLE_GRADS; k++) {
        NUL(k, seq);
        TRY(k, RNN_OK, a.run = NULL);
    }
    NUL(LINEAR, lin), NUL(LINEAR, params), NUL(LINEAR, y);
    NUL(LINEAR_BACK, lin), NUL(LINEAR_BACK, params);
    NUL(LINEAR_BACK, z), NUL(LINEAR_BACK, y);
    TRY(LINEAR_BACK, RNN_OK, a.dx = NULL);
    NUL(LINEAR_GRADS, lin), NUL(LINEAR_GRADS, d), NUL(LINEAR_GRADS, grads);
    NUL(TABLE, params), NUL(TABLE, y);
    NUL(TABLE_GRADS, d), NUL(TABLE_GRADS, grads);
}

/* ---- losses, training, sampling ------------------------------------------ */

static void null_loss(void)
{
    const size_t n = T * B;
    rnn_real *v = mem.values, *to = mem.dx[0], *l = &mem.loss;
    rnn_run *r = &run;
    const rnn_real nan = not_a_number();

#define XENT(x, o, t, n, e) rnn_cross_entropy(x, T * B, o, t, NULL, n, e, v,   \
                                              to, l, r)
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
                                      to, l, r));
    run.parts = 2, ARG(XENT(x, O, targets, 1, 0));
    run.parts = 2, l = NULL, ARG(XENT(x, O, targets, 0, 0));
    run.parts = 2, GOOD(XENT(x, O, targets, 1, 0));
    l = &mem.loss;
    run.part = 1, ARG(XENT(x, O, targets, 0, 0));
#define TWO(f)                                                                 \
    do {                                                                       \
        GOOD(f(x, n, O, dy, NULL, 0, v, to, l, r));                            \
        ARG(f(NULL, n, O, dy, NULL, 0, v, to, l, r));                          \
        ARG(f(x, n, O, NULL, NULL, 0, v, to, l, r));                           \
        ARG(f(x, n, O, dy, NULL, -1, v, to, l, r));                            \
        BAD(RNN_E_SIZE, f(x, n, 0, dy, NULL, 0, v, to, l, r));                 \
        BAD(RNN_E_SIZE, f(x, (size_t)-1, O, dy, NULL, 0, v, to, l, r));        \
        run.parts = 2, ARG(f(x, n, O, dy, NULL, 1, v, to, l, r));              \
        run.kernel = 9, ARG(f(x, n, O, dy, NULL, 0, v, to, l, r));             \
        GOOD(f(x, n, O, dy, NULL, 0, NULL, NULL, NULL, r));                    \
    } while (0)
    TWO(rnn_sigmoid_cross_entropy);
    TWO(rnn_squared_error);
    ARG(rnn_mean(NULL, NULL, n, 0, l, r));
    ARG(rnn_mean(x, NULL, n, 0, NULL, r));
    ARG(rnn_mean(x, NULL, n, -1, l, r));
    run.parts = -2, ARG(rnn_mean(x, NULL, n, 0, l, r));
    ARG(rnn_softmax(NULL, n, O, to, r));
    ARG(rnn_softmax(x, n, O, NULL, r));
    BAD(RNN_E_SIZE, rnn_softmax(x, n, 0, to, r));
    BAD(RNN_E_SIZE, rnn_softmax(x, (size_t)-1, INT_MAX, to, r));
    run.parts = -2, ARG(rnn_softmax(x, n, O, to, r));
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
    const rnn_real nan = not_a_number();

    ARG(rnn_init_params(NULL, p, ROOM, mem.rng));
    ARG(rnn_init_params(&model, NULL, ROOM, mem.rng));
    ARG(rnn_init_params(&model, p, ROOM, NULL));
    BAD(RNN_E_BUFFER, rnn_init_params(&model, p, model_n - 1, mem.rng));
    GOOD(rnn_init_params(&model, p, model_n, mem.rng));
    ARG(rnn_init_stack(NULL, p, ROOM, mem.rng));
    ARG(rnn_init_stack(&stack, NULL, ROOM, mem.rng));
    ARG(rnn_init_stack(&stack, p, ROOM, NULL));
    BAD(RNN_E_BUFFER, rnn_init_stack(&stack, p, stack_n - 1, mem.rng));
    GOOD(rnn_init_stack(&stack, p, stack_n, mem.rng));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(NULL, p, 0, 1, mem.rng));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, NULL, 0, 1, mem.rng));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, 0, 1, NULL));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, -1, 1, mem.rng));
    rnn_stack_tensor(&stack, 0, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, RNN_INIT_IDENTITY + 1, 1, mem.rng));
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
    ARG(rnn_optimizer_moments(NULL, mem.sized));
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
        mem.opt.f = (v), ARG(rnn_optimizer_moments(&mem.opt, mem.sized));      \
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
    const rnn_real nan = not_a_number();

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
    const rnn_real nan = not_a_number();
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
    return rnn_generate(&model, mem.params, mem.h, mem.c, id, s, mem.rng, -1,
                        mem.ids, max, mem.counts, mem.work, len, &run);
}

/* A field of rnn_sampling is wrong. */
static void bad_sampling(void)
{
    rnn_sampling s = draw;

    ARG(rnn_sample(x, O, &s, mem.rng, mem.work, mem.ids));
    ARG(generate(&s, 4, ROOM, 0));
}

static void check_sampling(void)
{
    const rnn_real nan = not_a_number();
    const size_t len = RNN_MODEL_STEP(RNN_LSTM, 3, H, 1) + 2 * O;
    static rnn_real some[3];
    rnn_real *w = mem.work;
    rnn_rng *r = mem.rng;
    int *id = mem.ids;

    draw.temperature = -1, bad_sampling();
    draw.temperature = nan, bad_sampling();
    draw.top_k = -1, bad_sampling();
    draw.top_p = -1, bad_sampling();
    draw.top_p = 2, bad_sampling();
    draw.top_p = nan, bad_sampling();
    GOOD(rnn_sample(x, O, &draw, r, w, id));
    ARG(rnn_sample(NULL, O, &draw, r, w, id));
    ARG(rnn_sample(x, O, NULL, r, w, id));
    ARG(rnn_sample(x, O, &draw, NULL, w, id));
    ARG(rnn_sample(x, O, &draw, r, NULL, id));
    ARG(rnn_sample(x, O, &draw, r, w, NULL));
    draw.top_k = 0, draw.top_p = 0, GOOD(rnn_sample(x, O, &draw, r, NULL, id));
    BAD(RNN_E_SIZE, rnn_sample(x, 0, &draw, r, w, id));
    some[1] = nan, BAD(RNN_E_NOT_FINITE, rnn_sample(some, 3, &draw, r, w, id));
    BAD(RNN_E_NOT_FINITE, rnn_greedy(some, 3, id));
    ARG(rnn_greedy(NULL, O, id));
    ARG(rnn_greedy(x, O, NULL));
    BAD(RNN_E_SIZE, rnn_greedy(x, -1, id));
    memset(mem.params, 0, sizeof mem.params);
    memset(mem.h, 0, sizeof mem.h);
    memset(mem.c, 0, sizeof mem.c);
    GOOD(generate(&draw, 4, len, 0));
    BAD(RNN_E_BUFFER, generate(&draw, 4, len - 1, 0));
    ARG(generate(&draw, -1, ROOM, 0));
    ARG(generate(NULL, 4, ROOM, 0));
    BAD(RNN_E_ID, generate(&draw, 4, ROOM, I));
    BAD(RNN_E_ID, generate(&draw, 4, ROOM, -1));
    run.parts = -1, ARG(generate(&draw, 4, ROOM, 0));
    model.input = RNN_DENSE, ARG(generate(&draw, 4, ROOM, 0));
    model.bidirectional = 1, ARG(generate(&draw, 4, ROOM, 0));
#define GENERATE(p, h, c, r, ids, count, w)                                    \
    ARG(rnn_generate(&model, p, h, c, 0, &draw, r, -1, ids, 4, count, w, ROOM, \
                     NULL))
    GENERATE(NULL, mem.h, mem.c, r, id, mem.counts, w);
    GENERATE(mem.params, NULL, mem.c, r, id, mem.counts, w);
    GENERATE(mem.params, mem.h, NULL, r, id, mem.counts, w);
    GENERATE(mem.params, mem.h, mem.c, NULL, id, mem.counts, w);
    GENERATE(mem.params, mem.h, mem.c, r, NULL, mem.counts, w);
    GENERATE(mem.params, mem.h, mem.c, r, id, NULL, w);
    GENERATE(mem.params, mem.h, mem.c, r, id, mem.counts, NULL);
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

/* ---- a model with all parts ---------------------------------------------- */

#define EACH_OF_MODEL(want, ...) EACH(FORWARD, LINEAR, want, __VA_ARGS__)

/* Sequences, parts and lengths of work, for every call that reads them. */
static void check_sources(void)
{
    int k;

    EACH_OF_MODEL(RNN_OK, AS_IT_IS);
    EACH_OF_MODEL(RNN_E_BUFFER, a.less = 1);
    EACH_OF_MODEL(RNN_E_SIZE, source[1].steps = 0);
    EACH_OF_MODEL(RNN_E_SIZE, source[0].steps = -1);
    for (k = FORWARD; k < LINEAR; k++) {
        if (k == VIEW) /* reads no numbers */
            continue;
        TRY(k, RNN_E_SIZE, source[1].batch = 0);
        TRY(k, RNN_E_ARG, source[1].batch = B + 1);
        TRY(k, RNN_E_LENGTH, source_lengths[1][1] = -1);
        TRY(k, RNN_E_LENGTH, source_lengths[0][0] = S + 1);
        TRY(k, RNN_E_ID, words[1][S * B - 1] = I);
        TRY(k, RNN_E_ID, words[0][0] = -1);
        TRY(k, RNN_E_ARG, source[1].ids = NULL);
        TRY(k, RNN_E_ARG, model.input = RNN_DENSE); /* without x */
        TRY(k, RNN_E_ARG, run.part = 1);
        TRY(k, RNN_E_ARG, run.part = -1);
        TRY(k, RNN_E_ARG, run.parts = -1);
        TRY(k, RNN_E_ARG, run.kernel = -1);
        TRY(k, RNN_E_ARG, run.kernel = RNN_KERNELS);
        /* padding is not read */
        TRY(k, RNN_OK, source_lengths[1][1] = S - 1, words[1][S * B - 1] = -9);
        TRY(k, RNN_OK, source_lengths[1][0] = source_lengths[1][1] = 0);
    }
    EACH(FORWARD, ENCODE, RNN_E_ARG, seq.source = NULL);
    EACH(FORWARD, ENCODE, RNN_E_SIZE, seq.steps = 0);
    EACH(FORWARD, ENCODE, RNN_E_SIZE, seq.steps = -1);
    EACH(FORWARD, VIEW, RNN_E_ARG, seq.batch = B + 1);
    EACH(FORWARD, VIEW, RNN_E_LENGTH, lengths[1] = T + 1);
    EACH(FORWARD, VIEW, RNN_E_LENGTH, lengths[0] = -1);
    EACH(FORWARD, VIEW, RNN_E_ID, tokens[T * B - 1] = O);
    EACH(FORWARD, VIEW, RNN_E_ARG, seq.ids = NULL);
    EACH(FORWARD, VIEW, RNN_OK, lengths[1] = T - 1, tokens[T * B - 1] = O);
    TRY(BACKWARD, RNN_E_ARG, run.parts = 2); /* with grads */
    TRY(DECODE, RNN_E_ARG, run.parts = 2);
    TRY(BEAM, RNN_E_ARG, run.parts = 2);
}

/* Scheduled sampling. */
static void own(double rate)
{
    seq.own_rate = (rnn_real)rate;
    seq.own_ids = mem.own;
}

static void check_rate(void)
{
    const double nan = (double)not_a_number();
    int k;

    EACH(FORWARD, VIEW, RNN_OK, own(0));
    for (k = FORWARD; k < VIEW; k++) {
        TRY(k, RNN_E_ARG, own(-0.1));
        TRY(k, RNN_E_ARG, own(nan));
        if (k == INFER) { /* has none */
            TRY(k, RNN_OK, own(0.5));
            continue;
        }
        TRY(k, RNN_E_ARG, own(1.1));
        TRY(k, RNN_E_ARG, own(0.5), seq.own_ids = NULL);
        TRY(k, RNN_E_ARG, own(0.5), model.target_size = 0);
        /* more outputs than tokens */
        TRY(k, RNN_E_ARG, own(0.5), model.target_size = O - 1,
            tokens[O - 1] = 0);
        TRY(k, RNN_E_ARG, own(0.5), model.wiring = RNN_N_TO_N,
            tokens[O - 1] = 0);
    }
    TRY(FORWARD, RNN_OK, own(0.5));
    TRY(FORWARD, RNN_OK, own(1));
    TRY(FORWARD, RNN_E_ARG, own(0.5), model.target = RNN_DENSE, seq.x = x);
}

/* A description that cannot be, told by every call; but of tokens and their
 * number decoding says that the one is not below the other. */
static void bad_whole(int decoding, rnn_status want)
{
    rnn_model *m = &bad_model;

    bad_model = model;
    EACH(FORWARD, decoding ? LINEAR : DECODE, want, a.model = m);
    BAD(want, rnn_model_sizes(m, S, T, B, &mem.sizes));
    BAD(want, rnn_model_tensor(m, 0, &mem.tensor));
    BAD(want, rnn_init_params(m, mem.grads, ROOM, mem.rng));
    if (decoding)
        BAD(want, rnn_beam_sizes(m, S, B, &d, mem.sized, mem.sized + 1));
}

#define WHOLE(field, value, want) (model.field = (value), bad_whole(1, want))
#define OF_TOKENS(field, value)                                                \
    (model.field = (value), bad_whole(0, RNN_E_SIZE))

static void check_whole_fields(void)
{
    static const int bad[] = {-1, INT_MIN};
    int i;

    WHOLE(wiring, -1, RNN_E_ARG);
    WHOLE(wiring, RNN_WIRINGS, RNN_E_ARG);
    WHOLE(cell, RNN_CELLS, RNN_E_ARG);
    WHOLE(input, RNN_INPUTS, RNN_E_ARG);
    WHOLE(target, -1, RNN_E_ARG);
    WHOLE(target, RNN_INPUTS, RNN_E_ARG);
    WHOLE(context, -1, RNN_E_ARG);
    WHOLE(context, RNN_CONTEXTS, RNN_E_ARG);
    WHOLE(context, RNN_ALL, RNN_E_SIZE); /* of 0 steps */
    WHOLE(feed, -1, RNN_E_ARG);
    WHOLE(feed, RNN_AT_FIRST | RNN_AT_EACH, RNN_E_ARG);
    WHOLE(feed, 8, RNN_E_ARG);
    WHOLE(hand_over, -1, RNN_E_ARG);
    WHOLE(hand_over, 4, RNN_E_ARG);
    WHOLE(attention, -1, RNN_E_ARG);
    WHOLE(attention, RNN_SCORES, RNN_E_ARG);
    WHOLE(attention_size, 0, RNN_E_SIZE);
    WHOLE(num_sources, -1, RNN_E_ARG);
    WHOLE(num_sources, RNN_MAX_SOURCES + 1, RNN_E_ARG);
    WHOLE(dropout, 1, RNN_E_ARG);
    WHOLE(dropout_last, -1, RNN_E_ARG);
    WHOLE(input_size, 0, RNN_E_SIZE);
    model.decoder_hidden_size = H;
    WHOLE(hidden_size, 0, RNN_E_SIZE);
    OF_TOKENS(output_size, 0);
    WHOLE(embedding_size, 0, RNN_E_SIZE);
    WHOLE(target_embedding_size, 0, RNN_E_SIZE);
    for (i = 0; i < 2; i++) {
        OF_TOKENS(target_size, bad[i]);
        WHOLE(decoder_hidden_size, bad[i], RNN_E_SIZE);
        WHOLE(decoder_layers, bad[i], RNN_E_SIZE);
        WHOLE(context_size, bad[i], RNN_E_SIZE);
        WHOLE(num_layers, bad[i], RNN_E_SIZE);
        WHOLE(attention_size, bad[i], RNN_E_SIZE);
    }
    /* sizes that do not fit each other */
    WHOLE(context_size, 0, RNN_E_ARG);
    WHOLE(context_size, H + 1, RNN_E_ARG);
    WHOLE(decoder_hidden_size, H + 1, RNN_E_ARG);
    WHOLE(hand_over, RNN_HAND_CELL, RNN_E_ARG);
    WHOLE(hand_over, RNN_HAND_LAYERS, RNN_E_ARG);
    model.num_sources = 1, model.decoder_layers = 1;
    WHOLE(hand_over, RNN_HAND_LAYERS, RNN_E_ARG);
    model.bidirectional = 1;
    WHOLE(attention, RNN_DOT, RNN_E_ARG);
    model.bidirectional = 1;
    WHOLE(attention, RNN_SCALED_DOT, RNN_E_ARG);
    WHOLE(feed, 0, RNN_E_ARG); /* a q that nothing reads */
    /* too large */
    model.decoder_hidden_size = H;
    WHOLE(hidden_size, INT_MAX, RNN_E_SIZE);
    model.feed = RNN_AT_EACH;
    WHOLE(decoder_hidden_size, INT_MAX, RNN_E_SIZE);
    model.feed = RNN_AT_EACH;
    WHOLE(context_size, INT_MAX, RNN_E_SIZE);
    WHOLE(target_embedding_size, INT_MAX, RNN_E_SIZE);
    model.context = RNN_ALL;
    WHOLE(source_steps, INT_MAX, RNN_E_SIZE);
}

/* 1 vs N from one source, of that many steps. */
static void from_one(int steps)
{
    model.wiring = RNN_1_TO_N;
    model.attention = model.context = 0;
    model.num_sources = 1;
    source[0].steps = steps;
}

/* 1 vs N has no encoder to describe; a plain model has no decoder. */
static void check_wirings(void)
{
    rnn_model *m = &model;
    int k;

    for (k = 0; k < 6; k++) {
        model.wiring = RNN_1_TO_N;
        model.attention = k == 0 ? RNN_ADDITIVE : RNN_NO_ATTENTION;
        model.head_context = 0;
        model.hand_over = k == 1 ? RNN_HAND_CELL : 0;
        model.context = k == 2 ? RNN_MEAN : RNN_LAST;
        model.bidirectional = k == 3;
        model.num_sources = k == 4 ? 2 : 1;
        BAD(k == 5 ? RNN_OK : RNN_E_ARG,
            rnn_model_sizes(m, 0, T, B, &mem.sizes));
    }
    EACH(FORWARD, ENCODE, RNN_OK, from_one(1), source[0].lengths = NULL,
         seq.lengths = NULL, flows[0].dh0 = flows[0].dc0 = NULL);
    model.wiring = RNN_1_TO_N, ARG(rnn_model_encoder(m, &mem.stack));
    model.wiring = RNN_N_TO_1, ARG(rnn_model_encoder(m, &mem.stack));
    GOOD(rnn_model_encoder(m, &mem.stack));
    ARG(rnn_model_encoder(NULL, &mem.stack));
    ARG(rnn_model_encoder(m, NULL));
    model.target = RNN_INPUTS, ARG(rnn_model_encoder(m, &mem.stack));
    model.input_size = 0, BAD(RNN_E_SIZE, rnn_model_encoder(m, &mem.stack));
    model.target = RNN_INPUTS, ARG(rnn_model_stack(m, &mem.stack));
    model.context_size = 1, ARG(rnn_model_stack(m, &mem.stack));
    EACH(ENCODE, LINEAR, RNN_E_ARG, model.wiring = RNN_N_TO_N);
    EACH(ENCODE, LINEAR, RNN_E_ARG, model.wiring = RNN_N_TO_1);
    /* RNN_ALL: no row may be longer */
    EACH(ENCODE, LINEAR, RNN_E_LENGTH, model.context = RNN_ALL,
         model.source_steps = S - 1);
    TRY(MODEL_STEP, RNN_E_ARG, AS_IT_IS);
    TRY(BACKWARD, RNN_E_ARG, flow.dx = mem.dx[0]); /* of tokens */
    TRY(BACKWARD, RNN_E_ARG, flows[1].dx = mem.dx[1]);
    /* a source of one step, whole */
    TRY(INFER, RNN_E_ARG, from_one(S));
    TRY(INFER, RNN_E_ARG, from_one(1),
        source_lengths[0][0] = source_lengths[0][1] = 1);
}

static void null_decoder(void)
{
    const double nan = (double)not_a_number();
    int k;

    for (k = ENCODE; k < LINEAR; k++) {
        NUL(k, model), NUL(k, params), NUL(k, source), NUL(k, memory);
        NUL(k, h), NUL(k, c), NUL(k, work);
        TRY(k, RNN_E_BUFFER, a.memory_len--);
        TRY(k, RNN_OK, a.run = NULL);
    }
    NUL(STEP, y);
    NUL(DECODE, how), NUL(DECODE, rngs), NUL(DECODE, out), NUL(DECODE, counts);
    NUL(BEAM, how), NUL(BEAM, out), NUL(BEAM, counts);
    NUL(BEAM, scores), NUL(BEAM, ints);
    TRY(BEAM, RNN_E_BUFFER, a.ints_len--);
    TRY(ENCODE, RNN_E_BUFFER, a.memory_len = 0);
    TRY(ENCODE, RNN_OK, model.cell = RNN_GRU, a.c = NULL);
    TRY(ENCODE, RNN_E_BUFFER, model.attention = model.head_context = 0,
        model.feed = RNN_AS_STATE, model.context = RNN_LAST, a.memory = NULL,
        a.memory_len = 0);
    TRY(STEP, RNN_OK, a.attn = NULL);
    TRY(STEP, RNN_OK, a.t = INT_MAX);
    TRY(STEP, RNN_OK, a.from = from, a.rows = 3, a.more = room1.step);
    TRY(STEP, RNN_OK, a.from = from, a.rows = 1);
    NUL(STEP, ids);
    TRY(STEP, RNN_E_ARG, a.t = -1);
    TRY(STEP, RNN_E_ARG, a.rows = 3, a.more = room1.step);
    TRY(STEP, RNN_E_ARG, a.rows = 1);
    TRY(STEP, RNN_E_SIZE, a.from = from, a.rows = 0);
    TRY(STEP, RNN_E_SIZE, a.from = from, a.rows = -1);
    TRY(STEP, RNN_E_SIZE, a.rows = INT_MIN);
#define THREE a.from = from, a.rows = 3, a.more = room1.step
    TRY(STEP, RNN_E_ARG, THREE, from[2] = B);
    TRY(STEP, RNN_E_ARG, THREE, from[0] = -1);
    TRY(STEP, RNN_E_ID, THREE, tokens[2] = O);
    TRY(STEP, RNN_E_ID, THREE, tokens[0] = -1);
    TRY(STEP, RNN_E_ARG, model.target = RNN_DENSE);
    TRY(STEP, RNN_OK, model.target_size = 0, a.ids = NULL);
    TRY(STEP, RNN_OK, model.cell = RNN_TANH, a.c = NULL);
    TRY(DECODE, RNN_OK, a.draw = NULL, a.rngs = NULL, a.attn = NULL,
        a.run = NULL);
    TRY(DECODE, RNN_E_ARG, draw.temperature = -1);
    TRY(DECODE, RNN_E_ARG, draw.temperature = (rnn_real)nan);
    TRY(DECODE, RNN_E_ARG, draw.top_k = -1);
    TRY(DECODE, RNN_E_ARG, draw.top_p = 2);
    TRY(DECODE, RNN_OK, d.max_steps = 0);
    TRY(DECODE, RNN_OK, d.end = -9); /* none */
    TRY(DECODE, RNN_OK, model.target_size = 0, d.begin = -9); /* not read */
    TRY(BEAM, RNN_OK, d.max_steps = 0);
    TRY(BEAM, RNN_OK, model.cell = RNN_TANH, a.c = NULL);
    NUL(VIEW, model), NUL(VIEW, seq), NUL(VIEW, work), NUL(VIEW, model_view);
}

/* Logits that are no numbers: sequences are not written. */
static void check_not_finite(void)
{
    int k;

    for (k = 0; k < 2; k++) {
        mem.params[room.params - 1] = k ? (rnn_real)HUGE_VAL : not_a_number();
        memcpy(&old, &mem, sizeof mem);
        CHECK(call(BEAM) == RNN_E_NOT_FINITE, "beam, logit %d", k);
        CHECK(memcmp(mem.ids, old.ids, sizeof mem.ids) == 0 &&
              memcmp(mem.counts, old.counts, sizeof mem.counts) == 0 &&
              memcmp(mem.scores, old.scores, sizeof mem.scores) == 0,
              "beam, logit %d: has written", k);
        if (k == 0)
            CHECK(call(DECODE) == RNN_E_NOT_FINITE, "decode, NaN");
        reset();
    }
}

/* Of rnn_decode, rnn_beam_search and rnn_beam_sizes alike; of the last two. */
#define BEAM_ALONE(want, ...)                                                  \
    do {                                                                       \
        size_t *n_ = mem.sized;                                                \
        TRY(BEAM, want, __VA_ARGS__);                                          \
        __VA_ARGS__, BAD(want, rnn_beam_sizes(&model, S, B, &d, n_, n_ + 1));  \
    } while (0)
#define DECODING(want, ...)                                                    \
    do {                                                                       \
        TRY(DECODE, want, __VA_ARGS__);                                        \
        BEAM_ALONE(want, __VA_ARGS__);                                         \
    } while (0)

static void check_decodings(void)
{
    const rnn_real nan = not_a_number();
    size_t *n = mem.sized;

    DECODING(RNN_OK, AS_IT_IS);
    DECODING(RNN_E_ID, d.begin = -1);
    DECODING(RNN_E_ID, d.begin = O);
    DECODING(RNN_E_ID, d.end = O);
    DECODING(RNN_E_ID, d.end = INT_MAX);
    DECODING(RNN_E_ARG, d.min_steps = -1);
    DECODING(RNN_E_ARG, d.min_steps = 4);
    DECODING(RNN_E_ARG, d.max_steps = -1);
    DECODING(RNN_E_ID, model.output_size = O + 1);
    DECODING(RNN_E_ARG, model.target = RNN_DENSE);
    BEAM_ALONE(RNN_E_ARG, d.width = 0);
    BEAM_ALONE(RNN_E_ARG, d.width = -1);
    BEAM_ALONE(RNN_E_ARG, d.best = -1);
    BEAM_ALONE(RNN_E_ARG, d.best = 3);
    BEAM_ALONE(RNN_E_ARG, d.length_power = -1);
    BEAM_ALONE(RNN_E_ARG, d.length_power = nan);
    BEAM_ALONE(RNN_E_ARG, d.width = INT_MAX);
    BEAM_ALONE(RNN_E_SIZE, d.width = INT_MAX / B, d.max_steps = INT_MAX);
    ARG(rnn_beam_sizes(NULL, S, B, &d, n, n + 1));
    ARG(rnn_beam_sizes(&model, S, B, NULL, n, n + 1));
    ARG(rnn_beam_sizes(&model, S, B, &d, NULL, n + 1));
    ARG(rnn_beam_sizes(&model, S, B, &d, n, NULL));
    ARG(rnn_beam_sizes(&model, S, 0, &d, n, n + 1));
    BAD(RNN_E_SIZE, rnn_beam_sizes(&model, 0, B, &d, n, n + 1));
    model.wiring = RNN_N_TO_N;
    ARG(rnn_beam_sizes(&model, S, B, &d, n, n + 1));
}

/* ---- attention alone ----------------------------------------------------- */

/* All its calls, and its sizes. */
#define LOOKS(want, ...)                                                       \
    do {                                                                       \
        size_t *n_ = mem.sized;                                                \
        EACH(LOOK, CALLS, want, __VA_ARGS__);                                  \
        __VA_ARGS__, BAD(want, rnn_attention_sizes(                            \
                                   &att, source[0].steps, seq.steps,           \
                                   seq.batch, n_, n_ + 1, n_ + 2));            \
    } while (0)

static void check_attention(void)
{
    size_t *n = mem.sized;
    int k;

    LOOKS(RNN_OK, AS_IT_IS);
    LOOKS(RNN_E_ARG, att.score = RNN_NO_ATTENTION);
    LOOKS(RNN_E_ARG, att.score = -1);
    LOOKS(RNN_E_ARG, att.score = RNN_SCORES);
    LOOKS(RNN_E_ARG, att.score = RNN_DOT); /* Q is not K */
    LOOKS(RNN_E_ARG, att.score = RNN_SCALED_DOT);
    LOOKS(RNN_E_SIZE, att.query_size = 0);
    LOOKS(RNN_E_SIZE, att.key_size = -1);
    LOOKS(RNN_E_SIZE, att.size = 0);
    LOOKS(RNN_OK, att.score = RNN_GENERAL, att.size = -1);
    LOOKS(RNN_E_SIZE, source[0].steps = 0);
    LOOKS(RNN_E_SIZE, seq.steps = -1);
    LOOKS(RNN_E_SIZE, seq.batch = 0);
    LOOKS(RNN_E_SIZE, seq.batch = source[0].batch = seq.steps = INT_MAX);
    LOOKS(RNN_E_SIZE, att.size = att.query_size = INT_MAX);
    for (k = LOOK; k < CALLS; k++) {
        TRY(k, RNN_E_BUFFER, a.less = 1);
        TRY(k, RNN_E_ARG, source[0].batch = 1);
        TRY(k, RNN_E_LENGTH, source_lengths[0][1] = S + 1);
        TRY(k, RNN_E_LENGTH, lengths[0] = -1);
        TRY(k, RNN_E_ARG, run.part = 2);
        TRY(k, RNN_E_ARG, run.kernel = RNN_KERNELS + 2);
        TRY(k, RNN_OK, source_lengths[0][0] = 0, lengths[1] = 0);
        NUL(k, att), NUL(k, source), NUL(k, seq), NUL(k, work);
        if (k == LOOK_GRADS)
            continue;
        TRY(k, RNN_E_BUFFER, a.keys_len--);
        NUL(k, params), NUL(k, keys), NUL(k, attn);
    }
    NUL(LOOK, context), NUL(LOOK_BACK, d), NUL(LOOK_GRADS, grads);
    TRY(LOOK, RNN_OK, a.scores = NULL);
    /* has no parameters */
    TRY(LOOK, RNN_OK, att.score = RNN_DOT, att.query_size = I, a.params = NULL);
    TRY(LOOK_BACK, RNN_OK, a.x = a.dh = a.ds = NULL);
    TRY(LOOK, RNN_E_ARG, source[0].x = NULL);
    TRY(LOOK, RNN_E_ARG, seq.x = NULL);
    ARG(rnn_attention_sizes(NULL, S, T, B, n, n + 1, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, NULL, n + 1, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, n, NULL, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, n, n + 1, NULL));
}

/* The least room of all calls; then everything is right. */
static void open_rooms(int all_parts)
{
    size_t n;

    whole = all_parts;
    reset();
    MUST(!rnn_stack_sizes(&stack, T, B, &stack_room) &&
         !rnn_model_sizes(&model, S, T, B, &room) &&
         !rnn_model_sizes(&model, S, 1, B, &room1) &&
         !rnn_attention_sizes(&att, S, T, B, &n, &att_keys, &att_work) &&
         (!whole || !rnn_beam_sizes(&model, S, B, &d, &beam_work, &beam_ints)),
         "sizes");
    MUST(room.train < ROOM && room.params < ROOM && beam_work < ROOM &&
         beam_ints < ROOM && att_work < ROOM, "no room");
    reset();
}

int main(void)
{
    int k;

    open_rooms(0);
    for (k = 0; k < CALLS; k++)
        if (of_plain(k)) {
            check_seq(k);
            check_kernels(k);
        }
    check_fields();
    null_stack();
    null_model();
    null_linear();
    null_loss();
    null_train();
    check_optimizer();
    check_schedule();
    check_sampling();
    check_texts();
    open_rooms(1);
    check_sources();
    check_rate();
    check_whole_fields();
    check_wirings();
    null_decoder();
    check_not_finite();
    check_decodings();
    check_attention();
    test_unused();
    return test_end();
}
