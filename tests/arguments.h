/* What the two tests of wrong arguments share: everything that a call may
 * write, a model N vs N or one with all parts, and the calls. A call has a
 * number and gets all its arguments from a: they are right after reset, and a
 * check makes some of them wrong:
 *
 *     NUL(STEP, row);                              without an argument
 *     TRY(STEP, RNN_E_ARG, row.t = -1);            with another one
 *     FIRST(STEP, RNN_OK, model.output_size = 0);  in another plan
 *
 * The call must give that status, with nothing written if it refuses. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <limits.h>
#include <math.h>
#include <stddef.h>

#include "test.h"
#include "tidy.h"

/* ---- everything that a call may write, and a pattern in it --------------- */

enum { T = 3, S = 4, B = 2, I = 5, H = 4, O = 6, A = 3, ROOM = 8192, N = 128 };
enum { WIDTH = 2, TOKENS = 3, ROWS = B * WIDTH, MOMENTS = 2 };

static struct memory {
    rnn_real params[ROOM], grads[ROOM], moments[3 * ROOM], packed[ROOM];
    rnn_real keep[ROOM], scratch[ROOM], memory[ROOM], moved[ROOM];
    rnn_real logits[N], dlogits[N], h[N], c[N], hn[2][N], cn[2][N], y[N];
    rnn_real values[N], dx[2][N], dh0[2][N], dc0[2][N], attn[N], scores[N];
    rnn_real keys[N], context[N], dh[N], ds[N], work[4 * ROOM], loss;
    rnn_net net;
    rnn_view view;
    rnn_layer_view layer_view;
    rnn_tensor tensor;
    rnn_optimizer opt;
    rnn_plateau plateau;
    rnn_rng rng[ROWS];
    size_t sized[3];
    int ids[N], counts[N], own[N];
} mem, old;

/* with room for a row or a step more than there are */
static int tokens[(T + 1) * (B + 1)], lengths[B + 1], targets[T * B];
static int words[2][(S + 1) * (B + 1)], source_lengths[2][B + 1], from[ROWS];
static int ints[ROOM]; /* of a beam search: dead, so that all may write it */
static unsigned char fresh[B + 1];
static rnn_real x[N], dy[N];
static rnn_model model, bad_model;
static rnn_most most;
static rnn_net net;
static rnn_work work, old_work;
static rnn_row row;
static rnn_seq seq, source[2];
static rnn_flow flow, flows[2];
static rnn_run run;
static rnn_linear lin;
static rnn_attention att;
static rnn_schedule plan;
static rnn_sampling draw;
static rnn_writing how;
static size_t att_params, att_keys, att_work;
static int whole; /* whether the model is one with all parts */
static int called;

static struct arguments {
    const rnn_net *net;
    rnn_work *work;
    const rnn_linear *lin;
    const rnn_attention *att;
    rnn_linear_pass linear;
    rnn_attention_pass look;
    const rnn_seq *seq, *source;
    const rnn_flow *flow;
    const rnn_row *row;
    const rnn_writing *how;
    const rnn_run *run;
    rnn_view *view;
    rnn_layer_view *layer_view;
    rnn_real *h, *c, *attn, *scores;
    int *out, *counts, which, layer, direction;
    int no_pass; /* 1: a block gets none */
} a;

static rnn_real not_a_number(void)
{
    return (rnn_real)HUGE_VAL - (rnn_real)HUGE_VAL;
}

/* Tokens into an LSTM of two layers, which writes tokens. */
static void set_plain(void)
{
    memset(&model, 0, sizeof model);
    model.cell = RNN_CELL_LSTM;
    model.input = RNN_INPUT_EMBEDDING;
    model.input_size = model.output_size = I;
    model.embedding_size = 3;
    model.hidden_size = H;
    model.num_layers = 2;
}

/* A model with all parts: two sources, tables, q, attention, c at every step
 * and in the head. */
static void set_whole(void)
{
    set_plain();
    model.wiring = RNN_WIRING_N_TO_M;
    model.target = RNN_INPUT_EMBEDDING;
    model.target_size = model.output_size = O;
    model.target_embedding_size = 3;
    model.context = RNN_CONTEXT_MEAN;
    model.context_size = H;
    model.feed = RNN_FEED_STATE | RNN_FEED_EACH;
    model.attention = RNN_SCORE_ADDITIVE;
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
    for (k = 0; k < (S + 1) * (B + 1); k++)
        words[i][k] = k % I;
    for (k = 0; k < B; k++)
        source_lengths[i][k] = S;
}

/* The arrays of blocks alone, of lin and att as reset leaves them. */
static void reset_passes(void)
{
    rnn_linear_pass *l = &a.linear;
    rnn_attention_pass *p = &a.look;

    l->params = p->params = mem.params;
    l->grads = p->grads = mem.grads;
    l->y = mem.y;
    l->dy = mem.values;
    l->dx = mem.dx[0];
    l->params_len = (I + 1) * O;
    l->y_len = T * B * O;
    l->dx_len = T * B * I;
    p->keys = mem.keys;
    p->attn = mem.attn;
    p->context = mem.context;
    p->scores = mem.scores;
    p->dcontext = dy;
    p->dattn = x;
    p->dh = mem.dh;
    p->ds = mem.ds;
    p->work = mem.work;
    p->params_len = att_params;
    p->keys_len = att_keys;
    p->work_len = att_work;
    p->attn_len = T * B * S;
    p->context_len = T * B * I;
    p->dh_len = S * B * I;
    p->ds_len = T * B * H;
}

static void reset_arguments(void)
{
    static struct arguments none;

    a = none;
    a.net = &net;
    a.work = &work;
    a.lin = &lin;
    a.att = &att;
    a.seq = &seq;
    a.source = source;
    a.flow = &flow;
    a.row = &row;
    a.how = &how;
    a.run = &run;
    a.view = &mem.view;
    a.layer_view = &mem.layer_view;
    a.h = mem.h;
    a.c = mem.c;
    a.attn = mem.attn;
    a.scores = mem.scores;
    a.out = mem.ids;
    a.counts = mem.counts;
    reset_passes();
}

/* Arrays of the caller's, each as long as the plan says. */
static void set_arrays(rnn_work *w, const rnn_net *of)
{
    const rnn_sizes *z = &of->sizes;

    memset(w, 0, sizeof *w);
    w->params = mem.params, w->params_len = z->params;
    w->grads = mem.grads, w->grads_len = z->params;
    w->moments = mem.moments, w->moments_len = z->moments;
    w->packed = mem.packed, w->packed_len = z->packed;
    w->logits = mem.logits, w->logits_len = z->logits;
    w->dlogits = mem.dlogits, w->dlogits_len = z->logits;
    w->keep = mem.keep, w->keep_len = z->keep;
    w->scratch = mem.scratch, w->scratch_len = z->scratch;
    w->memory = mem.memory, w->memory_len = z->memory;
    w->ints = ints, w->ints_len = z->ints;
}

/* The plan and the work of what model and most are now. */
static void again(void)
{
    tidy(&model);
    MUST(!rnn_plan(&net, &model, &most), "plan; last call %d", called);
    MUST(net.sizes.params < ROOM && net.sizes.packed < ROOM &&
             net.sizes.keep < ROOM && net.sizes.scratch < ROOM &&
             net.sizes.memory < ROOM && net.sizes.logits < N &&
             net.sizes.ints < ROOM,
         "no room");
    if (!RNN_HAS_C(model.cell)) {
        seq.cn = source[0].cn = source[1].cn = NULL;
        flow.dc0 = flows[0].dc0 = flows[1].dc0 = NULL;
    }
    set_arrays(&work, &net);
    MUST(!rnn_bind(&net, &work, NULL, 0), "bind; last call %d", called);
}

#define LEN(array) (sizeof(array) / sizeof *(array))

/* How long the arrays are. */
static void say_all(void)
{
    int i;

    seq.x_len = LEN(x);
    seq.ids_len = LEN(tokens);
    seq.targets_len = LEN(targets);
    seq.own_ids_len = LEN(mem.own);
    seq.state_len = flow.state_len = row.state_len = how.state_len = N;
    flow.dx_len = row.x_len = row.attn_len = N;
    how.ids_len = how.counts_len = how.attn_len = N;
    for (i = 0; i < 2; i++) {
        source[i].x_len = LEN(x);
        source[i].ids_len = LEN(words[i]);
        source[i].state_len = flows[i].state_len = flows[i].dx_len = N;
    }
}

/* What arguments are when they are right. */
static void reset(void)
{
    static const rnn_linear l = {I, O, RNN_FN_TANH, 0};
    static const rnn_attention e = {RNN_SCORE_ADDITIVE, H, I, I + 1};
    static const rnn_sampling p = {1, 2, (rnn_real)0.5};
    static const rnn_schedule r = {RNN_SCHEDULE_STEP, 1, 1, 0, 0, 1};
    static const rnn_plateau q = {0};
    int i;

    memset(&mem, 0x2a, sizeof mem);
    memset(&run, 0, sizeof run);
    memset(&seq, 0, sizeof seq);
    memset(&flow, 0, sizeof flow);
    memset(flows, 0, sizeof flows);
    memset(source, 0, sizeof source);
    memset(&row, 0, sizeof row);
    memset(&how, 0, sizeof how);
    memset(&most, 0, sizeof most);
    memset(fresh, 0, sizeof fresh);
    lin = l;
    att = e;
    draw = p;
    plan = r;
    most.steps = T;
    most.batch = B;
    most.source_steps = S;
    most.rows = ROWS;
    most.tokens = TOKENS;
    most.train = 1;
    most.moments = MOMENTS;
    row.rows = B;
    row.ids = tokens;
    how.max_tokens = TOKENS;
    how.width = WIDTH;
    how.rows = B;
    how.sampling = &draw;
    how.rngs = mem.rng;
    mem.plateau = q;
    (void)!rnn_optimizer_init(&mem.opt, RNN_OPT_ADAM, 1, NULL);
    for (i = 0; i < (T + 1) * (B + 1); i++)
        tokens[i] = i % I;
    for (i = 0; i < T * B; i++)
        targets[i] = i % I;
    for (i = 0; i < B; i++)
        lengths[i] = T;
    for (i = 0; i < ROWS; i++) {
        rnn_rng_seed(&mem.rng[i], 1);
        from[i] = i % B;
    }
    seq.steps = T;
    seq.batch = B;
    seq.lengths = lengths;
    say_all();
    reset_arguments();
    if (whole) {
        set_whole();
        reset_source(0);
        reset_source(1);
        seq.source = source;
        flow.source = flows;
        row.attn = mem.attn;
    } else {
        set_plain();
        seq.hn = mem.h;
        seq.cn = mem.c;
        flow.dh0 = mem.dh0[0];
        flow.dc0 = mem.dc0[0];
    }
    again();
}

static void remember(void)
{
    memcpy(&old, &mem, sizeof mem);
    memcpy(&old_work, &work, sizeof work);
}

/* Nothing is written, and a work's arrays are what they were. */
static int untouched(void)
{
    old.net.why = mem.net.why; /* but the reason */
    return !memcmp(&mem, &old, sizeof mem) &&
           !memcmp(&work, &old_work, offsetof(rnn_work, run));
}

static void verdict(const char *file, int line, const char *what,
                    rnn_status want, rnn_status st)
{
    CHECK(st == want, "%s:%d: %s gives %d, not %d; last call %d", file, line,
          what, (int)st, (int)want, called);
    if (want)
        CHECK(untouched(), "%s:%d: %s has written; last call %d", file, line,
              what, called);
    reset();
}

/* The call gives that status, and writes nothing if it is not RNN_OK; then
 * arguments are reset. */
#define BAD(want, call)                                                        \
    (remember(), verdict(__FILE__, __LINE__, #call, want, call))
#define ARG(call) BAD(RNN_E_ARG, call)
#define GOOD(call) BAD(RNN_OK, call)

/* ---- the calls ----------------------------------------------------------- */

enum {
    FORWARD, INFER, BACKWARD, VIEW, VIEW_LAYER, /* of sequences              */
    PACK, STEP, GENERATE,
    ENCODE, BEAM,                      /* of a decoder alone                 */
    LINEAR, LINEAR_BACK, LINEAR_GRADS, /* of no network                      */
    LOOK, LOOK_BACK, LOOK_GRADS,       /* of attention                       */
    CALLS
};

/* The passes of blocks alone, or NULL if there is none. */
static const rnn_linear_pass *linear_of(void)
{
    a.linear.seq = a.seq;
    return a.no_pass ? NULL : &a.linear;
}

static const rnn_attention_pass *look_of(void)
{
    a.look.seq = a.seq;
    a.look.source = a.source;
    return a.no_pass ? NULL : &a.look;
}

static rnn_status call(int k)
{
    const rnn_net *const n = a.net;
    rnn_work *const w = a.work;
    const rnn_seq *const q = a.seq;

    called = k;
    if (w)
        w->run = a.run;
    switch (k) {
    case FORWARD: return rnn_forward(n, w, q);
    case INFER: return rnn_infer(n, w, q);
    case BACKWARD: return rnn_backward(n, w, q, a.flow);
    case VIEW: return rnn_view_model(n, w, q, a.view);
    case VIEW_LAYER:
        return rnn_view_layer(n, w, q, a.which, a.layer, a.direction,
                              a.layer_view);
    case PACK: return rnn_pack(n, w);
    case STEP: return rnn_step(n, w, a.row, a.h, a.c);
    case GENERATE:
        return rnn_generate(n, w, a.how, a.h, a.c, a.out, a.counts, a.attn);
    case ENCODE: return rnn_encode(n, w, a.source, a.h, a.c);
    case BEAM:
        return rnn_beam_search(n, w, a.how, a.h, a.c, a.out, a.counts,
                               a.scores);
    case LINEAR: return rnn_linear_forward(a.lin, linear_of(), a.run);
    case LINEAR_BACK: return rnn_linear_backward(a.lin, linear_of(), a.run);
    case LINEAR_GRADS: return rnn_linear_grads(a.lin, linear_of(), a.run);
    case LOOK: return rnn_attention_forward(a.att, look_of(), a.run);
    case LOOK_BACK: return rnn_attention_backward(a.att, look_of(), a.run);
    default: return rnn_attention_grads(a.att, look_of(), a.run);
    }
}

/* Inputs of the kind that call k reads. */
static void inputs(int k)
{
    const int dense = whole ? model.target == RNN_INPUT_DENSE
                            : model.input == RNN_INPUT_DENSE;
    const int ids = k < LINEAR && !dense;

    seq.x = ids ? NULL : x;
    seq.ids = ids ? tokens : NULL;
    if (k >= LOOK)
        source[0].x = x;
}

/* The same, and the call that comes before k. */
static void ready(int k)
{
    inputs(k);
    if (k == BACKWARD || k == VIEW || k == VIEW_LAYER)
        MUST(!rnn_forward(&net, &work, &seq), "forward before %d", k);
    if (whole && (k == STEP || k == GENERATE || k == BEAM))
        MUST(!rnn_encode(&net, &work, source, mem.h, mem.c), "encode before %d",
             k);
}

/* Call k with what the last argument, an expression, makes of its own: after
 * what comes first; or before it, in a plan of its own; or without it. */
#define TRY(k, want, ...) (ready(k), __VA_ARGS__, BAD(want, call(k)))
#define FIRST(k, want, ...)                                                    \
    (__VA_ARGS__, again(), ready(k), BAD(want, call(k)))
#define ALONE(k, want, ...)                                                    \
    (__VA_ARGS__, again(), inputs(k), BAD(want, call(k)))
/* one in each place */
#define THEN(k, want, before, after)                                           \
    (before, again(), ready(k), after, BAD(want, call(k)))
#define NUL(k, argument) TRY(k, RNN_E_ARG, a.argument = NULL)
#define AS_IT_IS (void)0

/* Calls first to end - 1 so. */
#define EACH(first, end, want, ...)                                            \
    do {                                                                       \
        int k_;                                                                \
        for (k_ = (first); k_ < (end); k_++)                                   \
            TRY(k_, want, __VA_ARGS__);                                        \
    } while (0)
#define EACH_FIRST(first, end, want, ...)                                      \
    do {                                                                       \
        int k_;                                                                \
        for (k_ = (first); k_ < (end); k_++)                                   \
            FIRST(k_, want, __VA_ARGS__);                                      \
    } while (0)

/* The calls that a plan of the model has. */
static int plan_calls(void)
{
    return whole ? LINEAR : ENCODE;
}

/* ---- what both check ----------------------------------------------------- */

/* What this build or this machine has not is said, not run. */
static void check_kernels(int k)
{
    rnn_status st;
    int i;

    for (i = 0; i < RNN_KERNELS; i++) {
        ready(k);
        run.kernel = (rnn_kernel)i;
        remember();
        st = call(k);
        CHECK(!st || (st == RNN_E_UNSUPPORTED && untouched()), "kernel %d", i);
        reset();
    }
}

static void read_ids(void)
{
    seq.x = NULL;
    seq.ids = tokens;
}

/* What every call that reads a sequence says of it. */
static void check_seq(int k)
{
    NUL(k, seq);
    TRY(k, RNN_E_SIZE, seq.steps = 0);
    TRY(k, RNN_E_SIZE, seq.steps = -1);
    TRY(k, RNN_E_SIZE, seq.batch = 0);
    TRY(k, RNN_E_SIZE, seq.batch = INT_MIN);
    TRY(k, RNN_OK, AS_IT_IS);
    TRY(k, RNN_E_LENGTH, lengths[1] = -1);
    TRY(k, RNN_E_LENGTH, lengths[0] = T + 1);
    TRY(k, RNN_E_LENGTH, lengths[0] = INT_MAX);
    TRY(k, RNN_E_ARG, seq.x = NULL, seq.ids = NULL);
    TRY(k, RNN_E_ID, read_ids(), tokens[T * B - 1] = I);
    TRY(k, RNN_E_ID, read_ids(), tokens[0] = -1);
    TRY(k, RNN_E_ARG, run.parts = -1);
    TRY(k, RNN_E_ARG, run.kernel = (rnn_kernel)-1);
    TRY(k, RNN_E_ARG, run.kernel = RNN_KERNELS);
    /* in padding no token is read */
    FIRST(k, RNN_OK, lengths[1] = T - 1, tokens[T * B - 1] = -7);
    FIRST(k, RNN_OK, lengths[0] = lengths[1] = 0);
}

/* What attention alone needs; then everything is right. */
static void open_rooms(int all_parts)
{
    whole = all_parts;
    reset();
    MUST(!rnn_attention_sizes(&att, S, T, B, &att_params, &att_keys, &att_work,
                              NULL) &&
             att_work < ROOM && att_keys < N,
         "no room");
    reset();
}

/* Helpers that a program may leave unused. */
static void arguments_unused(void)
{
    (void)arguments_unused;
    (void)check_seq;
    (void)plan_calls;
    test_unused();
}

#endif
