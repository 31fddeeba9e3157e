/* What every call says to wrong arguments: a status, with nothing written; and
 * what it takes. First a model N vs N and all that is no network, then a model
 * with all parts, whose decoder has calls of its own, and attention.
 *
 * A call has a number and gets all its arguments from a: they are right after
 * reset, and a check makes some of them wrong. */
#include <limits.h>
#include <math.h>
#include <stddef.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

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
static size_t att_keys, att_work;
static int whole; /* whether the model is one with all parts */
static int called;

static struct arguments {
    const rnn_net *net;
    rnn_work *work;
    const rnn_linear *lin;
    const rnn_attention *att;
    const rnn_real *params, *x, *d, *z; /* z: linear's output                */
    const rnn_seq *seq, *source;
    const rnn_flow *flow;
    const rnn_row *row;
    const rnn_writing *how;
    const rnn_run *run;
    rnn_view *view;
    rnn_layer_view *layer_view;
    rnn_real *y, *grads, *h, *c, *keys, *attn, *context;
    rnn_real *scores, *dx, *dh, *ds, *room;
    int *out, *counts, which, layer, direction, vocabulary, width;
    size_t keys_len;
    size_t less; /* than the least room of attention */
    int no_pass; /* 1: attention gets none           */
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

static void reset_arguments(void)
{
    static struct arguments none;

    a = none;
    a.net = &net;
    a.work = &work;
    a.lin = &lin;
    a.att = &att;
    a.params = mem.params;
    a.x = x;
    a.d = dy;
    a.z = x;
    a.seq = &seq;
    a.source = source;
    a.flow = &flow;
    a.row = &row;
    a.how = &how;
    a.run = &run;
    a.view = &mem.view;
    a.layer_view = &mem.layer_view;
    a.y = mem.y;
    a.grads = mem.grads;
    a.h = mem.h;
    a.c = mem.c;
    a.keys = mem.keys;
    a.attn = mem.attn;
    a.context = mem.context;
    a.scores = mem.scores;
    a.dx = mem.dx[0];
    a.dh = mem.dh;
    a.ds = mem.ds;
    a.room = mem.work;
    a.out = mem.ids;
    a.counts = mem.counts;
    a.vocabulary = I;
    a.width = 3;
    a.keys_len = att_keys;
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
    MUST(!rnn_plan(&net, &model, &most), "plan; last call %d", called);
    MUST(net.sizes.params < ROOM && net.sizes.packed < ROOM &&
         net.sizes.keep < ROOM && net.sizes.scratch < ROOM &&
         net.sizes.memory < ROOM && net.sizes.logits < N &&
         net.sizes.ints < ROOM, "no room");
    set_arrays(&work, &net);
    MUST(!rnn_bind(&net, &work, NULL, 0), "bind; last call %d", called);
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
    (void)!rnn_optimizer_init(&mem.opt, RNN_OPT_ADAM, 1);
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
    return !memcmp(&mem, &old, sizeof mem) &&
           !memcmp(&work, &old_work, offsetof(rnn_work, run));
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
#define BAD(want, call) (remember(), verdict(__LINE__, #call, want, call))
#define ARG(call) BAD(RNN_E_ARG, call)
#define GOOD(call) BAD(RNN_OK, call)

/* ---- the calls ----------------------------------------------------------- */

enum {
    FORWARD, INFER, BACKWARD, VIEW, VIEW_LAYER, /* of sequences              */
    PACK, STEP, GENERATE,
    ENCODE, BEAM,                      /* of a decoder alone                 */
    LINEAR, LINEAR_BACK, LINEAR_GRADS, /* of no network                      */
    TABLE, TABLE_GRADS,
    LOOK, LOOK_BACK, LOOK_GRADS,       /* of attention                       */
    CALLS
};

/* Attention's arguments as a pass, or NULL if there is none. */
static const rnn_attention_pass *look_of(rnn_attention_pass *l)
{
    memset(l, 0, sizeof *l);
    l->params = a.params;
    l->source = a.source;
    l->seq = a.seq;
    l->keys = a.keys;
    l->attn = a.attn;
    l->context = a.context;
    l->scores = a.scores;
    l->work = a.room;
    l->keys_len = a.keys_len;
    l->work_len = att_work - a.less;
    return a.no_pass ? NULL : l;
}

static rnn_status call(int k)
{
    const rnn_net *const n = a.net;
    rnn_work *const w = a.work;
    const rnn_seq *const q = a.seq;
    rnn_attention_pass l;

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
    case LOOK: return rnn_attention_forward(a.att, look_of(&l), a.run);
    case LOOK_BACK:
        return rnn_attention_backward(a.att, look_of(&l), a.d, a.x, a.dh, a.ds,
                                      a.run);
    default: return rnn_attention_grads(a.att, look_of(&l), a.grads, a.run);
    }
}

/* Inputs of the kind that call k reads. */
static void inputs(int k)
{
    const int dense = whole ? model.target == RNN_INPUT_DENSE
                            : model.input == RNN_INPUT_DENSE;
    const int ids = k < LINEAR ? !dense : k == TABLE || k == TABLE_GRADS;

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
        MUST(!rnn_encode(&net, &work, source, mem.h, mem.c),
             "encode before %d", k);
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

/* ---- a plan, and what is tied to it -------------------------------------- */

/* Every call of a plan: without one, without a work, with a work that was never
 * bound, or was to another plan. */
static void check_bound(void)
{
    int k;

    for (k = FORWARD; k < plan_calls(); k++) {
        NUL(k, net), NUL(k, work);
        TRY(k, RNN_E_ORDER, memset(&work, 0, sizeof work));
        TRY(k, RNN_E_ORDER, set_arrays(&work, &net));
        TRY(k, RNN_E_ORDER, mem.net = net, a.net = &mem.net);
        TRY(k, RNN_E_ARG, run.parts = -1);
        TRY(k, RNN_E_ARG, run.parts = INT_MIN);
        TRY(k, RNN_E_ARG, run.kernel = (rnn_kernel)-1);
        TRY(k, RNN_E_ARG, run.kernel = RNN_KERNELS);
        TRY(k, RNN_OK, a.run = NULL);
        TRY(k, RNN_OK, run.parts = 3);
        TRY(k, RNN_OK, AS_IT_IS);
    }
}

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

static rnn_status planned(void)
{
    return rnn_plan(&mem.net, &model, &most);
}

#define MOST(want, ...) (__VA_ARGS__, BAD(want, planned()))

static void check_plan(void)
{
    static const int bad[] = {-1, INT_MIN};
    int i;

    ARG(rnn_plan(NULL, &model, &most));
    ARG(rnn_plan(&mem.net, NULL, &most));
    GOOD(rnn_plan(&mem.net, &model, NULL));
    for (i = 0; i < 2; i++) {
        MOST(RNN_E_SIZE, most.steps = bad[i]);
        MOST(RNN_E_SIZE, most.batch = bad[i]);
        MOST(RNN_E_SIZE, most.source_steps = bad[i]);
        MOST(RNN_E_SIZE, most.rows = bad[i]);
        MOST(RNN_E_SIZE, most.tokens = bad[i]);
        MOST(RNN_E_SIZE, most.moments = bad[i]);
        MOST(RNN_E_SIZE, most.keep_every = bad[i]);
        MOST(RNN_E_ARG, most.packed = (rnn_packing)bad[i]);
    }
    MOST(RNN_E_ARG, most.packed = RNN_PACK_NONE + 1);
    MOST(RNN_E_ARG, most.packed = INT_MAX);
    MOST(RNN_OK, most.packed = RNN_PACK_NONE);
    MOST(RNN_OK, most.keep_every = 1);
    MOST(RNN_E_UNSUPPORTED, most.keep_every = 2);
    MOST(RNN_E_UNSUPPORTED, most.keep_every = INT_MAX);
    /* too large */
    MOST(RNN_E_SIZE, most.steps = most.batch = INT_MAX);
    MOST(RNN_E_SIZE, most.rows = INT_MAX, model.output_size = INT_MAX);
    model.hidden_size = model.context_size = 1 << 27;
    MOST(RNN_E_SIZE, most.moments = INT_MAX);
    if (whole) {
        MOST(RNN_E_SIZE, most.source_steps = most.batch = INT_MAX);
        MOST(RNN_E_SIZE, most.tokens = most.rows = INT_MAX);
    }
    /* what zeros mean */
    memset(&most, 0, sizeof most);
    CHECK(planned() == RNN_OK && mem.net.most.steps == 1 &&
          mem.net.most.batch == 1 && mem.net.most.source_steps == 1 &&
          mem.net.most.rows == 1 && mem.net.most.train == 0, "zeros");
    memset(&most, 0, sizeof most);
    most.batch = 7;
    most.train = -5;
    CHECK(planned() == RNN_OK && mem.net.most.rows == 7 &&
          mem.net.most.train == 1, "rows of a batch, and a truth");
    reset();
}

#define ARRAYS 9

/* Array i of a work and its length; returns how long the plan wants it. */
static size_t array(int i, rnn_real ***p, size_t **len)
{
    const rnn_sizes *z = &net.sizes;

    switch (i) {
    case 0: *p = &work.params, *len = &work.params_len; return z->params;
    case 1: *p = &work.grads, *len = &work.grads_len; return z->params;
    case 2: *p = &work.moments, *len = &work.moments_len; return z->moments;
    case 3: *p = &work.packed, *len = &work.packed_len; return z->packed;
    case 4: *p = &work.logits, *len = &work.logits_len; return z->logits;
    case 5: *p = &work.dlogits, *len = &work.dlogits_len; return z->logits;
    case 6: *p = &work.keep, *len = &work.keep_len; return z->keep;
    case 7: *p = &work.memory, *len = &work.memory_len; return z->memory;
    default: *p = &work.scratch, *len = &work.scratch_len; return z->scratch;
    }
}

enum { LINE = 15 }; /* what an array at a cache line may take besides */

/* An array that is set is long enough, or bind says so; one that is not gets
 * its place in a memory that is. */
static void check_array(int i)
{
    rnn_real **p, *at = mem.work;
    size_t *len, n;

    set_arrays(&work, &net);
    n = array(i, &p, &len);
    MUST(n || (i == 7 && !whole), "array %d is empty", i);
    if (n == 0)
        return;
    *len = n - 1; /* each call says whether scratch is enough */
    BAD(i == 8 ? RNN_OK : RNN_E_BUFFER, rnn_bind(&net, &work, at, ROOM));
    set_arrays(&work, &net);
    *p = NULL;
    *len = 0;
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, at, n + LINE - 1));
    set_arrays(&work, &net);
    *p = NULL;
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, NULL, n + LINE));
    set_arrays(&work, &net);
    *p = NULL;
    CHECK(!rnn_bind(&net, &work, at, n + LINE) && *len == n && *p >= at &&
              *p <= at + LINE && (size_t)*p / sizeof **p % 16 == 0,
          "array %d in its place", i);
    reset();
}

static void check_bind(void)
{
    static rnn_net none; /* zeros */
    rnn_real **p, *q;
    size_t *len, n, all = net.sizes.all, used = 0;
    int i;

    ARG(rnn_bind(NULL, &work, mem.work, ROOM));
    ARG(rnn_bind(&net, NULL, mem.work, ROOM));
    remember();
    CHECK(rnn_bind(&none, &work, mem.work, ROOM) && untouched(), "no plan");
    reset();
    for (i = 0; i < ARRAYS; i++)
        check_array(i);
    set_arrays(&work, &net);
    work.weights = mem.params, work.weights_len = net.sizes.params - 1;
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, NULL, 0));
    set_arrays(&work, &net);
    work.weights = mem.params, work.weights_len = net.sizes.params;
    work.params = NULL;
    CHECK(!rnn_bind(&net, &work, NULL, 0) && !work.params, "constant weights");
    reset();
    /* all in one memory, one behind the other */
    MUST(all < 4 * ROOM, "no room");
    memset(&work, 0, sizeof work);
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, mem.work, all - 1));
    memset(&work, 0, sizeof work);
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, NULL, all));
    memset(&work, 0, sizeof work);
    CHECK(!rnn_bind(&net, &work, mem.work + 1, all), "one memory");
    for (i = 0; i < ARRAYS; i++) {
        n = array(i, &p, &len);
        used += n ? n + LINE : 0;
        q = n ? *p : NULL;
        CHECK(*p == q && *len == n && (!q || (q > mem.work && q + n <=
                                              mem.work + 1 + all)),
              "array %d in the memory", i);
    }
    CHECK(used == all && work.weights == work.params && !work.ints,
          "%lu numbers of %lu", (unsigned long)used, (unsigned long)all);
    reset();
}

/* The least length, of scratch or of ints, with which call k does not say that
 * it is too short. Behind it nothing is written. */
static size_t least(int k, size_t *len)
{
    size_t low = 0, n = *len, half, i;
    rnn_status st;

    while (low < n) {
        half = low + (n - low) / 2;
        if (k >= STEP) /* encode has needs of its own */
            ready(k);
        inputs(k);
        memset(ints, 0x55, sizeof ints);
        *len = half;
        remember();
        st = call(k);
        CHECK(st != RNN_E_BUFFER || untouched(), "call %d: %lu, written", k,
              (unsigned long)half);
        for (i = work.ints_len; i < ROOM && ints[i] == 0x55555555;)
            i++;
        CHECK(i == ROOM && memcmp(mem.scratch + work.scratch_len,
                                  old.scratch + work.scratch_len,
                                  (ROOM - work.scratch_len) *
                                      sizeof *mem.scratch) == 0,
              "call %d: behind %lu numbers", k, (unsigned long)half);
        if (st == RNN_E_BUFFER)
            low = half + 1;
        else
            n = half;
        reset();
    }
    return n;
}

/* Each call says whether scratch is enough; what is enough for all is the
 * plan's. */
static void check_scratch(void)
{
    const size_t all = net.sizes.scratch, step = net.sizes.step;
    size_t n, greatest = 0;
    int k;

    for (k = FORWARD; k < plan_calls(); k++) {
        if (k == PACK)
            continue;
        n = least(k, &work.scratch_len);
        CHECK(n > 0, "call %d: no scratch", k);
        CHECK(n <= (k == STEP || k == GENERATE ? step : all),
              "call %d: %lu of scratch", k, (unsigned long)n);
        greatest = n > greatest ? n : greatest;
    }
    CHECK(greatest == all, "%lu of scratch, %lu used", (unsigned long)all,
          (unsigned long)greatest);
    n = whole ? least(BEAM, &work.ints_len) : 1;
    CHECK(n > 0 && (!whole || n <= net.sizes.ints), "%lu ints",
          (unsigned long)n);
    /* most rows: what the plan says of a step */
    for (k = 0; k < 2; k++) {
        ready(STEP);
        row.rows = ROWS;
        row.from = from;
        work.scratch_len = step - (size_t)k;
        BAD(k ? RNN_E_BUFFER : RNN_OK, call(STEP));
    }
}

/* Copies of weights: whose they are and where they lie. */
static void check_pack(void)
{
    static rnn_net other;
    static rnn_work there;
    const int reads = whole ? ENCODE : INFER;
    int k;

    ALONE(PACK, RNN_E_ARG, most.packed = RNN_PACK_NONE);
    TRY(PACK, RNN_E_ARG, work.packed = NULL);
    for (k = INFER; k <= reads; k += ENCODE - INFER) {
        TRY(k, RNN_OK, (void)!rnn_pack(&net, &work));
        TRY(k, RNN_E_ORDER, (void)!rnn_pack(&net, &work),
            memcpy(mem.moved, mem.packed, sizeof mem.packed),
            work.packed = mem.moved);
        TRY(k, RNN_OK, (void)!rnn_pack(&net, &work),
            (void)!rnn_bind(&net, &work, NULL, 0));
        FIRST(k, RNN_OK, mem.packed[0] = 1); /* what was there before bind */
        /* another plan packs at the same place: of the same sizes */
        most.tokens++;
        MUST(!rnn_plan(&other, &model, &most), "another plan");
        set_arrays(&there, &other);
        MUST(!rnn_bind(&other, &there, NULL, 0), "another work");
        TRY(k, RNN_E_ORDER, (void)!rnn_pack(&other, &there));
    }
    /* training makes its own */
    TRY(FORWARD, RNN_OK, (void)!rnn_pack(&net, &work));
    TRY(BACKWARD, RNN_OK, (void)!rnn_pack(&net, &work));
}

/* ---- what must come first ------------------------------------------------ */

/* What backward and the views must find as forward has had it. */
static void check_same(int k)
{
    const rnn_status want = RNN_E_ORDER;

    ALONE(k, want, AS_IT_IS);
    THEN(k, want, seq.lengths = NULL, seq.steps = T - 1);
    THEN(k, want, lengths[0] = lengths[1] = T - 1, seq.steps = T - 1);
    THEN(k, want, seq.lengths = NULL,
         (seq.batch = 1, source[0].batch = source[1].batch = 1));
    TRY(k, want, lengths[1] = T - 1);
    TRY(k, want, lengths[0] = 0);
    THEN(k, want, lengths[1] = T - 1, seq.lengths = NULL);
    TRY(k, RNN_OK, seq.lengths = NULL); /* the same */
    TRY(k, want, seq.seed[0]++);
    TRY(k, want, seq.seed[1]--);
    TRY(k, want, seq.first_step++);
    TRY(k, want, seq.first_row = 9);
    TRY(k, want, seq.fresh = fresh, fresh[1] = 1);
    TRY(k, RNN_OK, seq.fresh = fresh);
    TRY(k, want, (void)!rnn_bind(&net, &work, NULL, 0));
    /* calls that were refused have not come between */
    TRY(k, RNN_OK, seq.steps = 0, (void)!rnn_forward(&net, &work, &seq),
        seq.steps = T);
    TRY(k, RNN_OK, flow.dx = mem.dx[0],
        (void)!rnn_backward(&net, &work, &seq, &flow),
        flow.dx = NULL);
    TRY(k, RNN_OK, seq.seed[0]++, (void)!rnn_backward(&net, &work, &seq, &flow),
        seq.seed[0]--);
    TRY(k, k == BACKWARD ? want : RNN_OK,
        (void)!rnn_backward(&net, &work, &seq, &flow)); /* is a second time */
    if (!whole)
        return;
    TRY(k, want, source_lengths[1][0]--);
    TRY(k, want, source_lengths[0][1] = 0);
    THEN(k, want, source[1].lengths = NULL, source[1].steps = S - 1);
    THEN(k, want, source_lengths[1][0] = source_lengths[1][1] = S - 1,
         source[1].steps = S - 1);
    TRY(k, want, source[1].fresh = fresh, fresh[0] = 1);
    TRY(k, want, seq.own_rate = 1, seq.own_ids = mem.own);
    THEN(k, want, (seq.own_rate = 1, seq.own_ids = mem.own), seq.own_rate = 0);
    THEN(k, RNN_OK, (seq.own_rate = 1, seq.own_ids = mem.own), AS_IT_IS);
}

/* Another plan has been in the same arrays. */
static void check_other_plan(int k)
{
    static rnn_net other;
    static rnn_work there;
    int i;

    for (i = 0; i < 3; i++) {
        ready(k);
        if (i < 2)
            most.tokens++;
        else
            model.dropout = (rnn_real)0.5;
        MUST(!rnn_plan(&other, &model, &most), "another plan");
        set_arrays(&there, &other);
        MUST(!rnn_bind(&other, &there, NULL, 0) &&
             (!i || !rnn_forward(&other, &there, &seq)), "another work");
        BAD(RNN_E_ORDER, call(k));
    }
    ready(k);
    most.tokens++;
    MUST(!rnn_plan(&other, &model, &most) &&
         !rnn_bind(&other, &work, NULL, 0), "the same work");
    BAD(RNN_E_ORDER, call(k)); /* by the first plan */
}

static void check_order(void)
{
    int k;

    for (k = BACKWARD; k <= VIEW_LAYER; k++) {
        check_same(k);
        check_other_plan(k);
    }
    /* a plan without training */
    for (k = FORWARD; k < plan_calls(); k++)
        if (k == FORWARD || (k >= BACKWARD && k <= VIEW_LAYER))
            ALONE(k, RNN_E_ARG, most.train = 0);
        else
            FIRST(k, RNN_OK, most.train = 0);
    if (!whole)
        return;
    /* a decoder that has read nothing */
    for (k = STEP; k <= BEAM; k += k == GENERATE ? BEAM - GENERATE : 1) {
        ALONE(k, RNN_E_ORDER, AS_IT_IS);
        inputs(k), (void)!rnn_forward(&net, &work, &seq);
        (void)!rnn_infer(&net, &work, &seq);
        BAD(RNN_E_ORDER, call(k));
        inputs(k), words[0][0] = -1;
        (void)!rnn_encode(&net, &work, source, mem.h, mem.c); /* is refused */
        BAD(RNN_E_ORDER, call(k));
        TRY(k, RNN_E_ORDER, (void)!rnn_bind(&net, &work, NULL, 0));
        TRY(k, RNN_OK, words[0][0] = -1,
            (void)!rnn_encode(&net, &work, source, mem.h, mem.c));
        TRY(k, RNN_OK, inputs(FORWARD), (void)!rnn_forward(&net, &work, &seq),
            (void)!rnn_infer(&net, &work, &seq),
            (void)!rnn_backward(&net, &work, &seq, &flow));
    }
}

/* ---- sequences ----------------------------------------------------------- */

static int of_sequence(int k)
{
    return k < PACK || (k >= LINEAR && k <= TABLE_GRADS);
}

static void read_ids(void)
{
    seq.x = NULL;
    seq.ids = tokens;
}

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
    if (k >= LINEAR)
        return;
    /* more than the plan's */
    TRY(k, RNN_E_SIZE, seq.steps = T + 1);
    TRY(k, RNN_E_SIZE, seq.steps = T + 1, seq.lengths = NULL);
    TRY(k, RNN_E_SIZE, seq.batch = B + 1);
    TRY(k, RNN_E_SIZE, seq.batch = B + 1, seq.lengths = NULL);
    /* and less */
    FIRST(k, RNN_OK, seq.steps = 1, seq.batch = 1, seq.lengths = NULL);
    /* numbers in place of tokens */
    FIRST(k, RNN_OK, model.input = RNN_INPUT_DENSE);
    THEN(k, RNN_E_ARG, model.input = RNN_INPUT_DENSE, seq.x = NULL);
    THEN(k, RNN_E_ARG, model.input = RNN_INPUT_DENSE, read_ids());
    THEN(k, RNN_E_SIZE, model.input = RNN_INPUT_DENSE,
         (seq.steps = seq.batch = INT_MAX, seq.lengths = NULL));
    THEN(k, RNN_E_ID, model.input = RNN_INPUT_ONE_HOT, tokens[0] = I);
    /* states in place of logits */
    FIRST(k, RNN_OK, model.output_size = 0);
    FIRST(k, RNN_OK, model.wiring = RNN_WIRING_N_TO_1);
}

/* A description that cannot be: told by all that read one. */
static void bad_fields(rnn_status want)
{
    rnn_model *m = &bad_model;

    bad_model = model;
    BAD(want, rnn_plan(&mem.net, m, &most));
    BAD(want, rnn_plan(&mem.net, m, NULL));
    BAD(want, rnn_model_tensor(m, 0, &mem.tensor));
    BAD(want, rnn_init_params(m, mem.params, ROOM, mem.rng));
    BAD(want, rnn_init_forget_bias(m, mem.params, ROOM, 1));
}

#define MODEL(f, v, want) (model.f = (v), bad_fields(want))

static void check_fields(void)
{
    static const int bad[] = {0, -1, INT_MIN};
    const rnn_real nan = not_a_number();
    int i;

    for (i = 0; i < 3; i++) {
        MODEL(hidden_size, bad[i], RNN_E_SIZE);
        MODEL(input_size, bad[i], RNN_E_SIZE);
        MODEL(embedding_size, bad[i], RNN_E_SIZE);
        model.input = RNN_INPUT_DENSE;
        MODEL(input_size, bad[i], RNN_E_SIZE);
    }
    MODEL(output_size, -1, RNN_E_SIZE);
    MODEL(output_size, INT_MIN, RNN_E_SIZE);
    MODEL(num_layers, -1, RNN_E_SIZE);
    MODEL(num_layers, INT_MIN, RNN_E_SIZE);
    MODEL(cell, (rnn_cell)-1, RNN_E_ARG);
    MODEL(cell, RNN_CELLS, RNN_E_ARG);
    MODEL(cell, INT_MAX, RNN_E_ARG);
    MODEL(dropout, -1, RNN_E_ARG);
    MODEL(dropout, 1, RNN_E_ARG);
    MODEL(dropout, nan, RNN_E_ARG);
    MODEL(dropout_last, -1, RNN_E_ARG);
    MODEL(dropout_last, 1, RNN_E_ARG);
    MODEL(dropout_last, nan, RNN_E_ARG);
    MODEL(wiring, RNN_WIRINGS, RNN_E_ARG);
    MODEL(wiring, (rnn_wiring)-1, RNN_E_ARG);
    MODEL(input, (rnn_input)-1, RNN_E_ARG);
    MODEL(input, RNN_INPUTS, RNN_E_ARG);
    /* too large */
    model.output_size = INT_MAX;
    MODEL(hidden_size, INT_MAX, RNN_E_SIZE);
    model.num_layers = model.input_size = INT_MAX;
    MODEL(hidden_size, INT_MAX, RNN_E_SIZE);
    model.embedding_size = INT_MAX;
    MODEL(input_size, INT_MAX, RNN_E_SIZE);
    model.bidirectional = 1;
    MODEL(hidden_size, INT_MAX, RNN_E_SIZE);
}

/* ---- a plain model, linear and table ------------------------------------- */

static void null_model(void)
{
    const rnn_model *m = &model;

    TRY(BACKWARD, RNN_E_ARG, flow.dx = mem.dx[0]);
    TRY(BACKWARD, RNN_OK, a.flow = NULL);
    TRY(BACKWARD, RNN_OK, flow.frozen = 1);
    NUL(VIEW, view), NUL(VIEW_LAYER, layer_view);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = 1); /* there is no encoder */
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = -1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.layer = 2);
    TRY(VIEW_LAYER, RNN_E_ARG, a.layer = -1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.direction = 1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.direction = -1);
    TRY(VIEW_LAYER, RNN_OK, a.layer = 1);
    THEN(VIEW_LAYER, RNN_OK, model.bidirectional = 1, a.direction = 1);
    ALONE(ENCODE, RNN_E_ARG, AS_IT_IS);
    ALONE(BEAM, RNN_E_ARG, AS_IT_IS);
    NUL(STEP, row), NUL(STEP, h), NUL(STEP, c);
    TRY(STEP, RNN_E_ARG, row.ids = NULL);
    TRY(STEP, RNN_E_ARG, row.ids = NULL, row.x = x);
    TRY(STEP, RNN_E_SIZE, row.rows = -1);
    TRY(STEP, RNN_E_SIZE, row.rows = INT_MIN);
    TRY(STEP, RNN_E_SIZE, row.rows = ROWS + 1);
    TRY(STEP, RNN_E_SIZE, row.rows = INT_MAX);
    TRY(STEP, RNN_OK, row.rows = 1);
    TRY(STEP, RNN_OK, row.rows = 0); /* the plan's */
    TRY(STEP, RNN_E_ID, row.rows = 0, tokens[ROWS - 1] = I);
    TRY(STEP, RNN_E_ARG, row.t = -1);
    TRY(STEP, RNN_OK, row.fresh = fresh);
    TRY(STEP, RNN_E_ID, tokens[1] = I);
    FIRST(STEP, RNN_E_ID, model.input = RNN_INPUT_ONE_HOT, tokens[0] = -1);
    FIRST(STEP, RNN_E_ARG, model.input = RNN_INPUT_DENSE);
    FIRST(STEP, RNN_OK, model.input = RNN_INPUT_DENSE, row.x = x);
    FIRST(STEP, RNN_E_ARG, model.bidirectional = 1);
    FIRST(STEP, RNN_OK, model.cell = RNN_CELL_GRU, a.c = NULL);
    FIRST(STEP, RNN_OK, model.wiring = RNN_WIRING_N_TO_1);
    FIRST(STEP, RNN_OK, model.output_size = 0);
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
    lin.activation = (rnn_fn)-1, ARG(rnn_linear_size(&lin, n));
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
    rnn_real *to = mem.dx[0], *l = &mem.loss;
    rnn_run *r = &run;
    rnn_loss loss;
    const rnn_real nan = not_a_number();

#define HOW (memset(&loss, 0, sizeof loss), loss.values = mem.values, &loss)
#define SAID(field, value)                                                     \
    (memset(&loss, 0, sizeof loss), loss.field = (value), &loss)
#define XENT(x, o, t, how) rnn_cross_entropy_rows(x, n, o, t, how, to, l, r)
    GOOD(XENT(x, O, targets, NULL));
    GOOD(XENT(x, O, targets, HOW));
    ARG(XENT(NULL, O, targets, HOW));
    ARG(XENT(x, O, NULL, HOW));
    ARG(XENT(x, O, targets, SAID(n, -1)));
    ARG(XENT(x, O, targets, SAID(n, nan)));
    ARG(XENT(x, O, targets, SAID(smoothing, -1)));
    ARG(XENT(x, O, targets, SAID(smoothing, 1)));
    ARG(XENT(x, O, targets, SAID(smoothing, nan)));
    BAD(RNN_E_SIZE, XENT(x, 0, targets, HOW));
    BAD(RNN_E_SIZE, XENT(x, -1, targets, HOW));
    targets[5] = O, BAD(RNN_E_ID, XENT(x, O, targets, HOW));
    targets[0] = -1, BAD(RNN_E_ID, XENT(x, O, targets, HOW));
    BAD(RNN_E_SIZE, rnn_cross_entropy_rows(x, (size_t)-1, O, targets, HOW, to,
                                           l, r));
    run.parts = 2, GOOD(XENT(x, O, targets, HOW));
    run.parts = -1, ARG(XENT(x, O, targets, HOW));
    run.kernel = (rnn_kernel)-1, ARG(XENT(x, O, targets, HOW));
#define TWO(f)                                                                 \
    do {                                                                       \
        GOOD(f(x, n, O, dy, NULL, to, l, r));                                  \
        GOOD(f(x, n, O, dy, HOW, to, l, r));                                   \
        ARG(f(NULL, n, O, dy, HOW, to, l, r));                                 \
        ARG(f(x, n, O, NULL, HOW, to, l, r));                                  \
        ARG(f(x, n, O, dy, SAID(n, -1), to, l, r));                            \
        ARG(f(x, n, O, dy, SAID(smoothing, (rnn_real)0.1), to, l, r));         \
        ARG(f(x, n, O, dy, SAID(class_weights, dy), to, l, r));                \
        BAD(RNN_E_SIZE, f(x, n, 0, dy, HOW, to, l, r));                        \
        BAD(RNN_E_SIZE, f(x, (size_t)-1, O, dy, HOW, to, l, r));               \
        run.parts = 2, GOOD(f(x, n, O, dy, HOW, to, l, r));                    \
        run.parts = -1, ARG(f(x, n, O, dy, HOW, to, l, r));                    \
        run.kernel = 9, ARG(f(x, n, O, dy, HOW, to, l, r));                    \
        GOOD(f(x, n, O, dy, NULL, NULL, NULL, r));                             \
    } while (0)
    TWO(rnn_sigmoid_cross_entropy_rows);
    TWO(rnn_squared_error_rows);
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
    ARG(rnn_map((rnn_fn)-1, n, x, mem.y, r));
    ARG(rnn_map(RNN_FN_SQRT + 1, n, x, mem.y, r));
    run.kernel = 9, ARG(rnn_map(RNN_FN_EXP, n, x, mem.y, r));
}

static void null_train(void)
{
    rnn_real *p = mem.params, *g = mem.grads, *m = mem.moments;
    rnn_real *norm = &mem.loss;
    rnn_optimizer *o = &mem.opt;
    const size_t n = RNN_PARAMS(RNN_CELL_LSTM, I, 3, H, 2, 1, 1, I);
    const rnn_real nan = not_a_number();

    ARG(rnn_init_params(NULL, p, ROOM, mem.rng));
    ARG(rnn_init_params(&model, NULL, ROOM, mem.rng));
    ARG(rnn_init_params(&model, p, ROOM, NULL));
    BAD(RNN_E_BUFFER, rnn_init_params(&model, p, n - 1, mem.rng));
    GOOD(rnn_init_params(&model, p, n, mem.rng));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor);
    ARG(rnn_init_tensor(NULL, p, 0, 1, mem.rng));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, NULL, 0, 1, mem.rng));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, 0, 1, NULL));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, (rnn_init_rule)-1, 1, mem.rng));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor);
    ARG(rnn_init_tensor(&mem.tensor, p, RNN_INIT_IDENTITY + 1, 1, mem.rng));
    ARG(rnn_init_forget_bias(NULL, p, ROOM, 1));
    ARG(rnn_init_forget_bias(&model, NULL, ROOM, 1));
    BAD(RNN_E_BUFFER, rnn_init_forget_bias(&model, p, n - 1, 1));
    GOOD(rnn_init_forget_bias(&model, p, n, 1));
    model.no_bias = 1, ARG(rnn_init_forget_bias(&model, p, ROOM, 1));
    model.cell = RNN_CELL_GRU, ARG(rnn_init_forget_bias(&model, p, ROOM, 1));
    ARG(rnn_clip_grad_norm(NULL, 9, 1, norm, &run));
    ARG(rnn_clip_grad_norm(g, 9, -1, norm, &run));
    ARG(rnn_clip_grad_norm(g, 9, nan, norm, &run));
    run.parts = -2, ARG(rnn_clip_grad_norm(g, 9, 1, norm, &run));
    ARG(rnn_clip_grad_max(NULL, 9, 1, norm, &run));
    ARG(rnn_clip_grad_max(g, 9, -1, norm, &run));
    run.parts = -2, ARG(rnn_clip_grad_max(g, 9, 1, norm, &run));
    ARG(rnn_clip_grad_value(NULL, 9, 1, &run));
    ARG(rnn_clip_grad_value(g, 9, nan, &run));
    run.kernel = 7, ARG(rnn_clip_grad_value(g, 9, 1, &run));
    g[3] = nan, BAD(RNN_E_NOT_FINITE, rnn_clip_grad_norm(g, 9, 1, NULL, NULL));
    g[3] = nan, BAD(RNN_E_NOT_FINITE, rnn_clip_grad_max(g, 9, 1, NULL, NULL));
    ARG(rnn_optimizer_init(NULL, RNN_OPT_SGD, 1));
    ARG(rnn_optimizer_init(o, (rnn_optimizer_kind)-1, 1));
    ARG(rnn_optimizer_init(o, RNN_OPT_ADAMW + 1, 1));
    ARG(rnn_optimizer_moments(NULL, mem.sized));
    ARG(rnn_optimizer_moments(o, NULL));
    ARG(rnn_optimizer_begin(NULL));
    mem.opt.step = 0xffffffffu, BAD(RNN_E_SIZE, rnn_optimizer_begin(o));
    mem.opt.step = 0xffffffffu;
    BAD(RNN_E_SIZE, rnn_optimizer_step_array(o, p, g, m, 9, NULL));
    ARG(rnn_optimizer_step_array(NULL, p, g, m, 9, &run));
    ARG(rnn_optimizer_step_array(o, NULL, g, m, 9, &run));
    ARG(rnn_optimizer_step_array(o, p, NULL, m, 9, &run));
    ARG(rnn_optimizer_step_array(o, p, g, NULL, 9, &run));
    run.parts = -1, ARG(rnn_optimizer_step_array(o, p, g, m, 9, &run));
    ARG(rnn_optimizer_range(o, p, g, m, 9, 0, 9, &run)); /* not begun */
    mem.opt.step = 1;
    BAD(RNN_E_SIZE, rnn_optimizer_range(o, p, g, m, 9, 10, 0, &run));
    mem.opt.step = 1;
    BAD(RNN_E_SIZE, rnn_optimizer_range(o, p, g, m, 9, 1, (size_t)-1, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(NULL, p, g, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, NULL, g, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, p, NULL, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, p, g, NULL, 9, 0, 9, &run));
    ARG(rnn_optimizer_step(NULL, &net, &work));
    ARG(rnn_optimizer_step(o, NULL, &work));
    ARG(rnn_optimizer_step(o, &net, NULL));
    work.grads = NULL, ARG(rnn_optimizer_step(o, &net, &work));
    work.params = NULL, ARG(rnn_optimizer_step(o, &net, &work));
    work.moments = NULL, ARG(rnn_optimizer_step(o, &net, &work));
    work.moments_len--, BAD(RNN_E_BUFFER, rnn_optimizer_step(o, &net, &work));
    mem.net = net, BAD(RNN_E_ORDER, rnn_optimizer_step(o, &mem.net, &work));
    work.run = &run, run.parts = -9;
    ARG(rnn_optimizer_step(o, &net, &work));
    GOOD(rnn_optimizer_step(o, &net, &work));
}

#define OPT(f, v)                                                              \
    do {                                                                       \
        mem.opt.f = (v), ARG(rnn_optimizer_moments(&mem.opt, mem.sized));      \
        mem.opt.f = (v), ARG(rnn_optimizer_begin(&mem.opt));                   \
        mem.opt.f = (v);                                                       \
        ARG(rnn_optimizer_step_array(&mem.opt, mem.params, dy, mem.moments, 9, \
                                     NULL));                                   \
        mem.opt.f = (v), mem.opt.step = 1;                                     \
        ARG(rnn_optimizer_range(&mem.opt, mem.params, dy, mem.moments, 9, 0,   \
                                9, NULL));                                     \
        mem.opt.f = (v);                                                       \
        ARG(rnn_optimizer_step(&mem.opt, &net, &work));                        \
    } while (0)

static void check_optimizer(void)
{
    const rnn_real nan = not_a_number();

    OPT(kind, (rnn_optimizer_kind)-1);
    OPT(kind, RNN_OPT_ADAMW + 1);
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
    plan.kind = (rnn_schedule_kind)-1, ARG(rnn_schedule_lr(&plan, 0, lr));
    plan.kind = RNN_SCHEDULE_COSINE + 1, ARG(rnn_schedule_lr(&plan, 0, lr));
    plan.every = 0, ARG(rnn_schedule_lr(&plan, 0, lr));
    plan.every = 0, plan.kind = RNN_SCHEDULE_COSINE,
    ARG(rnn_schedule_lr(&plan, 0, lr));
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

/* A field of rnn_sampling is wrong. */
static void bad_sampling(void)
{
    const rnn_sampling s = draw;

    ARG(rnn_sample(x, O, &s, mem.rng, mem.work, mem.ids));
    TRY(GENERATE, RNN_E_ARG, draw = s);
}

static void check_sampling(void)
{
    const rnn_real nan = not_a_number();
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
    FIRST(GENERATE, RNN_OK, model.output_size = I - 1);
    FIRST(GENERATE, RNN_E_ID, model.output_size = I + 1);
    FIRST(GENERATE, RNN_E_ARG, model.output_size = 0);
    FIRST(GENERATE, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_1);
    FIRST(GENERATE, RNN_E_ARG, model.input = RNN_INPUT_DENSE);
    FIRST(GENERATE, RNN_E_ARG, model.bidirectional = 1);
    FIRST(GENERATE, RNN_OK, model.cell = RNN_CELL_TANH, a.c = NULL);
    TRY(GENERATE, RNN_E_SIZE, how.rows = ROWS + 1);
    TRY(GENERATE, RNN_E_SIZE, how.rows = INT_MAX);
    TRY(GENERATE, RNN_OK, how.rows = ROWS);
    TRY(GENERATE, RNN_OK, how.rows = 0); /* one */
    TRY(GENERATE, RNN_OK, how.max_tokens = 2 * TOKENS); /* for ever */
}

static void check_texts(void)
{
    int i, j;

    for (i = 1; i >= -12; i--)
        CHECK(rnn_status_text((rnn_status)i) != NULL, "text %d", i);
    for (i = 0; i >= -11; i--)
        for (j = i - 1; j >= -11; j--)
            CHECK(strcmp(rnn_status_text((rnn_status)i),
                         rnn_status_text((rnn_status)j)), "texts %d %d", i, j);
}

/* ---- a model with all parts ---------------------------------------------- */

/* Sequences and their sources, for every call that reads them. */
static void check_sources(void)
{
    int k;

    for (k = FORWARD; k < LINEAR; k++) {
        if (k >= PACK && k != ENCODE)
            continue;
        TRY(k, RNN_E_SIZE, source[1].steps = 0);
        TRY(k, RNN_E_SIZE, source[0].steps = -1);
        TRY(k, RNN_E_SIZE, source[1].batch = 0);
        TRY(k, RNN_E_ARG, source[1].batch = B + 1);
        TRY(k, RNN_E_LENGTH, source_lengths[1][1] = -1);
        TRY(k, RNN_E_LENGTH, source_lengths[0][0] = S + 1);
        TRY(k, RNN_E_ID, words[1][S * B - 1] = I);
        TRY(k, RNN_E_ID, words[0][0] = -1);
        TRY(k, RNN_E_ARG, source[1].ids = NULL);
        ALONE(k, RNN_E_ARG, model.input = RNN_INPUT_DENSE); /* without x */
        /* more than the plan's */
        TRY(k, RNN_E_SIZE, source[0].steps = S + 1);
        TRY(k, RNN_E_SIZE, source[1].steps = S + 1, source[1].lengths = NULL);
        TRY(k, RNN_E_SIZE, source[0].batch = source[1].batch = B + 1,
            seq.batch = B + 1);
        /* padding is not read */
        FIRST(k, RNN_OK, source_lengths[1][1] = S - 1,
              words[1][S * B - 1] = -9);
        FIRST(k, RNN_OK, source_lengths[1][0] = source_lengths[1][1] = 0);
    }
    EACH(FORWARD, PACK, RNN_E_ARG, seq.source = NULL);
    EACH(FORWARD, PACK, RNN_E_SIZE, seq.steps = 0);
    EACH(FORWARD, PACK, RNN_E_SIZE, seq.steps = -1);
    EACH(FORWARD, PACK, RNN_E_SIZE, seq.steps = T + 1);
    EACH(FORWARD, PACK, RNN_E_SIZE, seq.batch = B + 1);
    EACH(FORWARD, PACK, RNN_E_LENGTH, lengths[1] = T + 1);
    EACH(FORWARD, PACK, RNN_E_LENGTH, lengths[0] = -1);
    EACH(FORWARD, PACK, RNN_E_ID, tokens[T * B - 1] = O);
    EACH(FORWARD, PACK, RNN_E_ARG, seq.ids = NULL);
    EACH_FIRST(FORWARD, PACK, RNN_OK, lengths[1] = T - 1,
               tokens[T * B - 1] = O);
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

    EACH(FORWARD, PACK, RNN_OK, own(0));
    for (k = FORWARD; k < PACK; k++) {
        TRY(k, RNN_E_ARG, own(-0.1));
        TRY(k, RNN_E_ARG, own(nan));
        if (k == INFER) { /* has none */
            TRY(k, RNN_OK, own(0.5));
            continue;
        }
        FIRST(k, RNN_OK, own(0.5));
        FIRST(k, RNN_OK, own(1));
        TRY(k, RNN_E_ARG, own(1.1));
        TRY(k, RNN_E_ARG, own(0.5), seq.own_ids = NULL);
        ALONE(k, RNN_E_ARG, own(0.5), model.target_size = 0);
        ALONE(k, RNN_E_ARG, own(0.5), model.output_size = 0);
        /* more outputs than tokens */
        ALONE(k, RNN_E_ARG, own(0.5), model.target_size = O - 1,
              tokens[O - 1] = 0);
        ALONE(k, RNN_E_ARG, own(0.5), model.wiring = RNN_WIRING_N_TO_N);
        ALONE(k, RNN_E_ARG, own(0.5), model.target = RNN_INPUT_DENSE);
    }
}

#define WHOLE(field, value, want) (model.field = (value), bad_fields(want))

static void check_whole_fields(void)
{
    static const int bad[] = {-1, INT_MIN};
    int i;

    WHOLE(wiring, (rnn_wiring)-1, RNN_E_ARG);
    WHOLE(wiring, RNN_WIRINGS, RNN_E_ARG);
    WHOLE(cell, RNN_CELLS, RNN_E_ARG);
    WHOLE(input, RNN_INPUTS, RNN_E_ARG);
    WHOLE(target, (rnn_input)-1, RNN_E_ARG);
    WHOLE(target, RNN_INPUTS, RNN_E_ARG);
    WHOLE(context, (rnn_context)-1, RNN_E_ARG);
    WHOLE(context, RNN_CONTEXTS, RNN_E_ARG);
    WHOLE(context, RNN_CONTEXT_ALL, RNN_E_SIZE); /* of 0 steps */
    WHOLE(feed, (unsigned)-1, RNN_E_ARG);
    WHOLE(feed, RNN_FEED_FIRST | RNN_FEED_EACH, RNN_E_ARG);
    WHOLE(feed, 8, RNN_E_ARG);
    WHOLE(hand_over, (unsigned)-1, RNN_E_ARG);
    WHOLE(hand_over, 4, RNN_E_ARG);
    WHOLE(attention, (rnn_score)-1, RNN_E_ARG);
    WHOLE(attention, RNN_SCORES, RNN_E_ARG);
    WHOLE(attention_size, 0, RNN_E_SIZE);
    WHOLE(num_sources, -1, RNN_E_ARG);
    WHOLE(num_sources, RNN_MAX_SOURCES + 1, RNN_E_ARG);
    WHOLE(dropout, 1, RNN_E_ARG);
    WHOLE(dropout_last, -1, RNN_E_ARG);
    WHOLE(input_size, 0, RNN_E_SIZE);
    model.decoder_hidden_size = H;
    WHOLE(hidden_size, 0, RNN_E_SIZE);
    WHOLE(embedding_size, 0, RNN_E_SIZE);
    WHOLE(target_embedding_size, 0, RNN_E_SIZE);
    for (i = 0; i < 2; i++) {
        WHOLE(output_size, bad[i], RNN_E_SIZE);
        WHOLE(target_size, bad[i], RNN_E_SIZE);
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
    WHOLE(attention, RNN_SCORE_DOT, RNN_E_ARG);
    model.bidirectional = 1;
    WHOLE(attention, RNN_SCORE_SCALED_DOT, RNN_E_ARG);
    WHOLE(feed, 0, RNN_E_ARG); /* a q that nothing reads */
    /* too large */
    model.decoder_hidden_size = H;
    WHOLE(hidden_size, INT_MAX, RNN_E_SIZE);
    model.feed = RNN_FEED_EACH;
    WHOLE(decoder_hidden_size, INT_MAX, RNN_E_SIZE);
    model.feed = RNN_FEED_EACH;
    WHOLE(context_size, INT_MAX, RNN_E_SIZE);
    WHOLE(target_embedding_size, INT_MAX, RNN_E_SIZE);
    model.context = RNN_CONTEXT_ALL;
    WHOLE(source_steps, INT_MAX, RNN_E_SIZE);
}

/* 1 vs N from one source, of that many steps. */
static void from_one(int steps)
{
    model.wiring = RNN_WIRING_1_TO_N;
    model.attention = RNN_SCORE_NONE;
    model.context = RNN_CONTEXT_LAST;
    model.num_sources = 1;
    source[0].steps = steps;
    source[0].lengths = NULL;
}

/* 1 vs N has no encoder to describe; a plain model has no decoder. */
static void check_wirings(void)
{
    int k;

    for (k = 0; k < 6; k++) {
        model.wiring = RNN_WIRING_1_TO_N;
        model.attention = k == 0 ? RNN_SCORE_ADDITIVE : RNN_SCORE_NONE;
        model.head_context = 0;
        model.hand_over = k == 1 ? RNN_HAND_CELL : 0;
        model.context = k == 2 ? RNN_CONTEXT_MEAN : RNN_CONTEXT_LAST;
        model.bidirectional = k == 3;
        model.num_sources = k == 4 ? 2 : 1;
        BAD(k == 5 ? RNN_OK : RNN_E_ARG,
            rnn_plan(&mem.net, &model, &most));
    }
    EACH_FIRST(FORWARD, LINEAR, RNN_OK, from_one(1), row.attn = NULL,
               a.attn = NULL, flows[0].dh0 = flows[0].dc0 = NULL);
    for (k = FORWARD; k < LINEAR; k++) {
        if (k >= PACK && k != ENCODE)
            continue;
        /* a source of one step, whole */
        ALONE(k, RNN_E_ARG, from_one(S));
        ALONE(k, RNN_E_ARG, from_one(1), source[0].lengths = source_lengths[0],
              source_lengths[0][0] = source_lengths[0][1] = 1);
        /* RNN_CONTEXT_ALL: no row may be longer */
        ALONE(k, RNN_E_LENGTH, model.context = RNN_CONTEXT_ALL,
              model.source_steps = S - 1);
        FIRST(k, RNN_OK, model.context = RNN_CONTEXT_ALL,
              model.source_steps = S);
    }
    ALONE(ENCODE, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_N);
    ALONE(ENCODE, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_1);
    ALONE(BEAM, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_N);
    ALONE(BEAM, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_1);
    TRY(BACKWARD, RNN_E_ARG, flow.dx = mem.dx[0]); /* of tokens */
    TRY(BACKWARD, RNN_E_ARG, flows[1].dx = mem.dx[1]);
    TRY(BACKWARD, RNN_OK, flow.source = NULL);
}

static void null_decoder(void)
{
    const double nan = (double)not_a_number();
    int k;

    for (k = STEP; k < LINEAR; k++)
        NUL(k, h), NUL(k, c);
    NUL(ENCODE, source);
    TRY(ENCODE, RNN_E_SIZE, source[0].batch = B + 1, source[1].batch = B + 1);
    FIRST(ENCODE, RNN_OK, model.cell = RNN_CELL_GRU, a.c = NULL);
    TRY(ENCODE, RNN_OK, source[0].batch = source[1].batch = 1);
    NUL(GENERATE, how), NUL(GENERATE, out), NUL(GENERATE, counts);
    NUL(BEAM, how), NUL(BEAM, out), NUL(BEAM, counts);
    TRY(BEAM, RNN_OK, a.scores = NULL);
    TRY(BEAM, RNN_E_ARG, work.ints = NULL);
    TRY(BEAM, RNN_E_BUFFER, work.ints_len = 0);
    NUL(STEP, row);
    TRY(STEP, RNN_OK, row.attn = NULL);
    TRY(STEP, RNN_OK, row.t = INT_MAX);
    TRY(STEP, RNN_OK, row.from = from, row.rows = 3);
    TRY(STEP, RNN_OK, row.from = from, row.rows = 1);
    TRY(STEP, RNN_OK, row.from = from, row.rows = 0); /* the plan's */
    TRY(STEP, RNN_E_ARG, row.ids = NULL);
    TRY(STEP, RNN_E_ARG, row.t = -1);
    TRY(STEP, RNN_E_ARG, row.rows = 3);
    TRY(STEP, RNN_E_ARG, row.rows = 1);
    TRY(STEP, RNN_E_ARG, row.rows = 0);
    TRY(STEP, RNN_E_SIZE, row.from = from, row.rows = ROWS + 1);
    TRY(STEP, RNN_E_SIZE, row.from = from, row.rows = -1);
    TRY(STEP, RNN_E_SIZE, row.rows = INT_MIN);
#define THREE row.from = from, row.rows = 3
    TRY(STEP, RNN_E_ARG, THREE, from[2] = B);
    TRY(STEP, RNN_E_ARG, THREE, from[0] = -1);
    TRY(STEP, RNN_E_ID, THREE, tokens[2] = O);
    TRY(STEP, RNN_E_ID, THREE, tokens[0] = -1);
    /* sources of fewer rows have been read */
    THEN(STEP, RNN_E_ARG, source[0].batch = source[1].batch = 1, AS_IT_IS);
    THEN(STEP, RNN_E_ARG, source[0].batch = source[1].batch = 1,
         (THREE, from[2] = 1));
    THEN(STEP, RNN_OK, source[0].batch = source[1].batch = 1, row.rows = 1);
    FIRST(STEP, RNN_E_ARG, model.target = RNN_INPUT_DENSE);
    FIRST(STEP, RNN_OK, model.target_size = 0, row.ids = NULL);
    FIRST(STEP, RNN_OK, model.cell = RNN_CELL_TANH, a.c = NULL);
    TRY(GENERATE, RNN_OK, how.sampling = NULL, how.rngs = NULL, a.attn = NULL);
    TRY(GENERATE, RNN_E_ARG, how.rngs = NULL);
    TRY(GENERATE, RNN_E_ARG, draw.temperature = -1);
    TRY(GENERATE, RNN_E_ARG, draw.temperature = (rnn_real)nan);
    TRY(GENERATE, RNN_E_ARG, draw.top_k = -1);
    TRY(GENERATE, RNN_E_ARG, draw.top_p = 2);
    TRY(BEAM, RNN_OK, how.sampling = NULL, how.rngs = NULL);
    FIRST(BEAM, RNN_OK, model.cell = RNN_CELL_TANH, a.c = NULL);
    for (k = GENERATE; k <= BEAM; k += BEAM - GENERATE) {
        TRY(k, RNN_OK, how.max_tokens = 0);
        TRY(k, RNN_OK, how.end = -9); /* none */
        /* not read */
        FIRST(k, RNN_OK, model.target_size = 0, how.begin = -9);
    }
    NUL(VIEW, view), NUL(VIEW_LAYER, layer_view);
    TRY(VIEW_LAYER, RNN_OK, a.which = 2);
    TRY(VIEW_LAYER, RNN_OK, a.which = 1, a.layer = 1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = 3);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = -1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = 1, a.layer = 2);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = 1, a.direction = 1);
    FIRST(VIEW_LAYER, RNN_E_ARG, from_one(1), a.which = 1);
}

/* Logits that are no numbers: sequences are not written. */
static void check_not_finite(void)
{
    int k;

    for (k = 0; k < 2; k++) {
        mem.params[net.sizes.params - 1] = k ? (rnn_real)HUGE_VAL
                                             : not_a_number();
        ready(BEAM);
        remember();
        CHECK(call(BEAM) == RNN_E_NOT_FINITE, "beam, logit %d", k);
        CHECK(memcmp(mem.ids, old.ids, sizeof mem.ids) == 0 &&
              memcmp(mem.counts, old.counts, sizeof mem.counts) == 0 &&
              memcmp(mem.scores, old.scores, sizeof mem.scores) == 0,
              "beam, logit %d: has written", k);
        if (k == 0)
            CHECK(call(GENERATE) == RNN_E_NOT_FINITE && mem.counts[0] == 0,
                  "generate, NaN");
        reset();
    }
}

/* Of rnn_generate and rnn_beam_search alike. */
#define WRITING(want, ...)                                                     \
    do {                                                                       \
        FIRST(GENERATE, want, __VA_ARGS__);                                    \
        FIRST(BEAM, want, __VA_ARGS__);                                        \
    } while (0)

static void check_writings(void)
{
    const rnn_real nan = not_a_number();

    WRITING(RNN_OK, AS_IT_IS);
    WRITING(RNN_E_ID, how.begin = -1);
    WRITING(RNN_E_ID, how.begin = O);
    WRITING(RNN_E_ID, how.end = O);
    WRITING(RNN_E_ID, how.end = INT_MAX);
    WRITING(RNN_E_ARG, how.min_tokens = -1);
    WRITING(RNN_E_ARG, how.min_tokens = TOKENS + 1);
    WRITING(RNN_E_ARG, how.max_tokens = -1);
    WRITING(RNN_E_ARG, how.rows = -1);
    WRITING(RNN_E_ID, model.output_size = O + 1);
    WRITING(RNN_E_ARG, model.output_size = 0);
    WRITING(RNN_E_ARG, model.target = RNN_INPUT_DENSE);
    /* nothing but the end, and not yet */
    WRITING(RNN_E_ARG, model.output_size = 1, how.min_tokens = 1);
    WRITING(RNN_OK, model.output_size = 1);
    TRY(BEAM, RNN_E_ARG, how.width = 0);
    TRY(BEAM, RNN_E_ARG, how.width = -1);
    TRY(BEAM, RNN_E_ARG, how.best = -1);
    TRY(BEAM, RNN_E_ARG, how.best = WIDTH + 1);
    TRY(BEAM, RNN_OK, how.best = WIDTH);
    TRY(BEAM, RNN_E_ARG, how.length_power = -1);
    TRY(BEAM, RNN_E_ARG, how.length_power = nan);
    /* more than the plan's */
    TRY(BEAM, RNN_E_SIZE, how.width = WIDTH + 1);
    TRY(BEAM, RNN_E_SIZE, how.width = INT_MAX);
    TRY(BEAM, RNN_E_SIZE, how.max_tokens = TOKENS + 1);
    TRY(BEAM, RNN_E_SIZE, how.max_tokens = INT_MAX);
    FIRST(BEAM, RNN_E_SIZE, most.tokens = 0);
    TRY(GENERATE, RNN_OK, how.max_tokens = TOKENS + 1);
    /* one source may have the rows of two */
    FIRST(BEAM, RNN_OK, source[0].batch = source[1].batch = 1,
          how.width = ROWS);
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
    LOOKS(RNN_E_ARG, att.score = RNN_SCORE_NONE);
    LOOKS(RNN_E_ARG, att.score = (rnn_score)-1);
    LOOKS(RNN_E_ARG, att.score = RNN_SCORES);
    LOOKS(RNN_E_ARG, att.score = RNN_SCORE_DOT); /* Q is not K */
    LOOKS(RNN_E_ARG, att.score = RNN_SCORE_SCALED_DOT);
    LOOKS(RNN_E_SIZE, att.query_size = 0);
    LOOKS(RNN_E_SIZE, att.key_size = -1);
    LOOKS(RNN_E_SIZE, att.size = 0);
    LOOKS(RNN_OK, att.score = RNN_SCORE_GENERAL, att.size = -1);
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
        TRY(k, RNN_E_ARG, run.parts = -2);
        TRY(k, RNN_E_ARG, run.kernel = RNN_KERNELS + 2);
        TRY(k, RNN_OK, source_lengths[0][0] = 0, lengths[1] = 0);
        NUL(k, att), NUL(k, source), NUL(k, seq), NUL(k, room);
        if (k == LOOK_GRADS)
            continue;
        TRY(k, RNN_E_BUFFER, a.keys_len--);
        NUL(k, params), NUL(k, keys), NUL(k, attn);
    }
    NUL(LOOK, context), NUL(LOOK_BACK, d), NUL(LOOK_GRADS, grads);
    TRY(LOOK, RNN_OK, a.scores = NULL);
    for (k = LOOK; k <= LOOK_GRADS; k++)
        TRY(k, RNN_E_ARG, a.no_pass = 1);
    /* has no parameters */
    TRY(LOOK, RNN_OK, att.score = RNN_SCORE_DOT, att.query_size = I,
        a.params = NULL);
    TRY(LOOK_BACK, RNN_OK, a.x = a.dh = a.ds = NULL);
    TRY(LOOK, RNN_E_ARG, source[0].x = NULL);
    TRY(LOOK, RNN_E_ARG, seq.x = NULL);
    TRY(LOOK, RNN_E_ARG, seq.row_stride = 2);
    TRY(LOOK, RNN_E_ARG, source[0].step_stride = 1);
    ARG(rnn_attention_sizes(NULL, S, T, B, n, n + 1, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, NULL, n + 1, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, n, NULL, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, n, n + 1, NULL));
}

/* What attention alone needs; then everything is right. */
static void open_rooms(int all_parts)
{
    size_t n;

    whole = all_parts;
    reset();
    MUST(!rnn_attention_sizes(&att, S, T, B, &n, &att_keys, &att_work) &&
         att_work < ROOM && att_keys < N, "no room");
    reset();
}

/* What a plan of any model has. */
static void check_calls(void)
{
    int k;

    check_bound();
    check_plan();
    check_bind();
    check_scratch();
    check_pack();
    check_order();
    for (k = FORWARD; k < plan_calls(); k++)
        check_kernels(k);
}

int main(void)
{
    int k;

    open_rooms(0);
    check_calls();
    for (k = 0; k < CALLS; k++)
        if (of_sequence(k))
            check_seq(k);
    for (k = LINEAR; k < LOOK; k++)
        check_kernels(k);
    check_fields();
    null_model();
    null_linear();
    null_loss();
    null_train();
    check_optimizer();
    check_schedule();
    check_sampling();
    check_texts();
    open_rooms(1);
    check_calls();
    check_sources();
    check_rate();
    check_whole_fields();
    check_wirings();
    null_decoder();
    check_not_finite();
    check_writings();
    check_attention();
    test_unused();
    return test_end();
}
