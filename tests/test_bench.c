/* What the benchmarks time is right: the checksums of rows of bench_line.h,
 * computed once as bench.c does and once by a naive route through other public
 * calls on the portable kernel.
 *
 *   outputs    one row and one step at a time, each direction of each layer a
 *              model of its own
 *   gradients  one step at a time, from the last to the first, with the least
 *              work; of x by a linear block from the gradients of the gates
 *   models     one token at a time; of an encoder-decoder the gradients in
 *              three parts, the last first
 *
 *     build/test_bench [seed [row]]      the row's checksum alone, as bench
 *                                        prints it: 'lstm train 96 40 8 20' */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "bench_rows.h"
#include "test.h"

static const rnn_run plain = {RNN_KERNEL_PORTABLE, 0, NULL, NULL, NULL};

static void must(rnn_status st, const char *what)
{
    MUST(st == RNN_OK, "%s: %s", what, rnn_status_text(st));
}

static void copy(rnn_real *to, const rnn_real *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

/* Plans for passes of `steps` steps of `batch` rows with the least memory, and
 * binds to weights from `at` of the row's on and to its gradients of them. */
static void open_naive(const bench_row *r, const rnn_model *model, size_t at,
                       int steps, int batch, int train, rnn_net *net,
                       rnn_work *work)
{
    rnn_most most;

    memset(&most, 0, sizeof most);
    most.steps = steps;
    most.batch = batch;
    most.source_steps = r->line.S;
    most.train = train;
    most.packed = RNN_PACK_NONE;
    must(rnn_plan(net, model, &most), "a plan");
    memset(work, 0, sizeof *work);
    work->weights = r->work.params + at;
    work->weights_len = net->sizes.params;
    work->grads = train ? r->work.grads + at : NULL;
    work->grads_len = net->sizes.params;
    work->run = &plain;
    must(rnn_bind(net, work, test_reals(net->sizes.all, 0), net->sizes.all),
         "bind");
}

/* ---- a layer, one direction, one step ------------------------------------ */

/* One direction of one layer as a model of its own. Its states are arrays of
 * T + 1 times (B, H): in the order in which it reads, [0] before the first. */
typedef struct single {
    rnn_model model;
    size_t T, B, H, in, gates, kept; /* gates, kept: G*H, K*H        */
    size_t at;                       /* offset in params             */
    int reverse;
    const rnn_real *x;               /* (T, B, in)                   */
    rnn_real *h, *c, *dz;            /* dz (T, B, G*H)               */
} single;

static size_t step_of(const single *s, size_t i)
{
    return s->reverse ? s->T - 1 - i : i;
}

static int valid(const bench_row *r, size_t t, size_t b)
{
    return !r->lengths || t < (size_t)r->lengths[b];
}

/* All rows, each alone; y (T, B, width) gets its H numbers. */
static void naive_forward(const bench_row *r, single *s, rnn_real *y,
                          size_t width)
{
    const size_t H = s->H, state = s->B * H;
    rnn_net net;
    rnn_work work;
    rnn_row row;
    size_t b, i, t;

    open_naive(r, &s->model, s->at, 1, 1, 0, &net, &work);
    memset(&row, 0, sizeof row);
    for (b = 0; b < s->B; b++) {
        for (i = 0; i < s->T; i++) {
            rnn_real *h = s->h + (i + 1) * state + b * H;
            rnn_real *c = s->c + (i + 1) * state + b * H;
            copy(h, h - state, H);
            copy(c, c - state, H);
            t = step_of(s, i);
            if (!valid(r, t, b))
                continue;
            row.x = s->x + (t * s->B + b) * s->in;
            row.x_len = s->in;
            row.state_len = H;
            must(rnn_step(&net, &work, &row, h,
                          RNN_HAS_C(s->model.cell) ? c : NULL),
                 "a step");
            copy(y + (t * s->B + b) * width, h, H);
        }
    }
}

/* dz of the gates, in the order of the weights: GRU's n is the view's last
 * block, behind q. */
static void copy_gates(const single *s, const rnn_real *kept, rnn_real *dz)
{
    const size_t H = s->H, first = s->kept > s->gates ? 2 * H : s->gates;

    copy(dz, kept, first);
    copy(dz + first, kept + s->kept - (s->gates - first), s->gates - first);
}

/* From dy (T, B, width) and the gradients of the last states, which become
 * those of the first, to dz and grads. */
static void naive_backward(bench_row *r, single *s, const rnn_real *dy,
                           size_t width, rnn_real *dh, rnn_real *dc)
{
    const size_t B = s->B, H = s->H, state = B * H;
    rnn_real *dh0 = test_reals(state, 0), *dc0 = test_reals(state, 0);
    int *lengths = (int *)test_memory(B * sizeof *lengths);
    rnn_flow flow = {NULL, NULL, NULL, NULL, NULL, NULL, 1, 0, 0, 0};
    rnn_seq seq;
    rnn_net net;
    rnn_work work;
    rnn_layer_view view;
    size_t i, b, t;

    open_naive(r, &s->model, s->at, 1, (int)B, 1, &net, &work);
    memset(&seq, 0, sizeof seq);
    seq.steps = 1;
    seq.batch = (int)B;
    seq.lengths = lengths;
    flow.dhn = dh;
    flow.dh0 = dh0;
    if (RNN_HAS_C(s->model.cell)) {
        flow.dcn = dc;
        flow.dc0 = dc0;
    }
    for (i = s->T; i-- > 0;) {
        t = step_of(s, i);
        for (b = 0; b < B; b++)
            lengths[b] = valid(r, t, b);
        seq.x = s->x + t * B * s->in;
        seq.x_len = B * s->in;
        seq.state_len = flow.state_len = state;
        seq.h0 = s->h + i * state;
        if (RNN_HAS_C(s->model.cell))
            seq.c0 = s->c + i * state;
        must(rnn_forward(&net, &work, &seq), "forward");
        for (b = 0; b < B; b++)
            copy(work.dlogits + b * H, dy + (t * B + b) * width, H);
        must(rnn_backward(&net, &work, &seq, &flow), "backward");
        must(rnn_view_layer(&net, &work, &seq, 0, 0, 0, &view), "view");
        for (b = 0; b < B; b++)
            if (lengths[b])
                copy_gates(s, view.gates + b * s->kept,
                           s->dz + (t * B + b) * s->gates);
        copy(dh, dh0, state);
        copy(dc, dc0, state);
    }
}

/* dx (T, B, in) of a layer, from dz of its directions side by side. */
static void naive_dx(const bench_row *r, const single *s, int directions,
                     rnn_real *dx)
{
    const size_t gates = s->gates, in = s->in, all = gates * (size_t)directions;
    const size_t rows = s->T * s->B;
    rnn_real *w = test_reals(in * all, 0), *dz = test_reals(rows * all, 0);
    rnn_linear lin = {0, 0, RNN_FN_IDENTITY, 1};
    rnn_linear_pass pass = {0};
    rnn_seq seq = r->seq;
    size_t i, d;

    lin.input_size = (int)in;
    lin.output_size = (int)all;
    for (d = 0; d < (size_t)directions; d++) {
        for (i = 0; i < in; i++)
            copy(w + i * all + d * gates, r->work.params + s[d].at + i * gates,
                 gates);
        for (i = 0; i < rows; i++)
            copy(dz + i * all + d * gates, s[d].dz + i * gates, gates);
    }
    pass.seq = &seq;
    pass.params = w;
    pass.y = pass.dy = dz;
    pass.dx = dx;
    seq.x = dx; /* there, but not read */
    seq.x_len = pass.dx_len = rows * in;
    say_linear(&pass);
    must(rnn_linear_backward(&lin, &pass, &plain), "dx");
}

/* ---- layers of such directions ------------------------------------------- */

static size_t open_single(const bench_row *r, single *s, int layer, int reverse,
                          size_t at, const rnn_real *x)
{
    const bench_line *l = &r->line;
    rnn_net net;

    s->model = r->model;
    s->model.num_layers = 1;
    s->model.bidirectional = 0;
    s->model.input_size = layer ? l->D * l->H : l->I;
    s->reverse = reverse;
    s->T = (size_t)l->T;
    s->B = (size_t)l->B;
    s->H = (size_t)l->H;
    s->in = (size_t)s->model.input_size;
    s->gates = (size_t)l->G * s->H;
    s->kept = (l->G == 1 ? 1u : 4u) * s->H;
    s->at = at;
    s->x = x;
    s->h = test_reals((s->T + 1) * s->B * s->H, 0);
    s->c = test_reals((s->T + 1) * s->B * s->H, 0);
    s->dz = test_reals(s->T * s->B * s->gates, 0);
    must(rnn_plan(&net, &s->model, NULL), "a plan");
    return at + net.sizes.params;
}

/* The results of a row that has just been opened. */
static void naive_layers(bench_row *r)
{
    const bench_line *l = &r->line;
    const size_t width = (size_t)l->D * (size_t)l->H;
    const size_t rows = (size_t)l->T * (size_t)l->B;
    const size_t state = (size_t)l->B * (size_t)l->H;
    single s[2][2];
    rnn_real *y[2], *dh = test_reals(state, 0), *dc = test_reals(state, 0);
    rnn_real *dx;
    const rnn_real *x = r->x, *dy = r->work.dlogits;
    size_t at = 0;
    int k, d;

    for (k = 0; k < l->L; k++, x = y[k - 1]) {
        y[k] = k + 1 == l->L ? r->work.logits : test_reals(rows * width, 0);
        for (d = 0; d < l->D; d++) {
            single *one = &s[k][d];
            const size_t which = (size_t)(k * l->D + d) * state;
            at = open_single(r, one, k, d, at, x);
            copy(one->h, r->h0 + which, state);
            copy(one->c, r->c0 + which, state);
            naive_forward(r, one, y[k] + (size_t)d * one->H, width);
            copy(r->hn + which, one->h + one->T * state, state);
            copy(r->cn + which, one->c + one->T * state, state);
        }
    }
    for (k = l->L; r->train && k-- > 0; dy = dx) {
        for (d = 0; d < l->D; d++) {
            single *one = &s[k][d];
            const size_t which = (size_t)(k * l->D + d) * state;
            copy(dh, r->dhn + which, state);
            copy(dc, r->dcn + which, state);
            naive_backward(r, one, dy + (size_t)d * one->H, width, dh, dc);
            copy(r->dh0 + which, dh, state);
            copy(r->dc0 + which, dc, state);
        }
        dx = k ? test_reals(rows * width, 0) : r->dx;
        naive_dx(r, s[k], l->D, dx);
    }
}

/* Streaming: the calls as one sequence whose x stays the same. */
static void naive_stream(bench_row *r)
{
    const size_t n = (size_t)r->line.B * (size_t)r->line.I;
    const size_t calls = (size_t)r->calls;
    rnn_real *x = test_reals(calls * n, 0);
    rnn_net net;
    rnn_work work;
    size_t t;

    open_naive(r, &r->model, 0, r->calls, r->line.B, 0, &net, &work);
    for (t = 0; t < calls; t++)
        copy(x + t * n, r->x, n);
    r->seq.x = x;
    r->seq.x_len = calls * n;
    r->seq.steps = r->calls;
    must(rnn_infer(&net, &work, &r->seq), "infer");
}

/* ---- a training step of a model ------------------------------------------ */

static void naive_loss(bench_row *r)
{
    const size_t rows = (size_t)r->line.T * (size_t)r->line.B;

    must(rnn_cross_entropy_rows(r->work.logits, rows, r->model.output_size,
                                r->targets, NULL, r->work.dlogits, &r->loss,
                                &plain),
         "loss");
}

/* max_norm / (norm + 1e-6) of all, then Adam, each parameter alone */
static void naive_update(bench_row *r)
{
    const rnn_work *w = &r->work;
    const size_t n = r->net.sizes.params;
    size_t i;

    must(rnn_clip_grad_norm(w->grads, n, 5, &r->norm, &plain), "clip");
    must(rnn_optimizer_begin(&r->adam, NULL), "Adam");
    for (i = 0; i < n; i++)
        must(rnn_optimizer_range(&r->adam, w->params, w->grads, w->moments, n,
                                 i, 1, &plain),
             "Adam");
}

static void naive_charlm(bench_row *r)
{
    const size_t T = (size_t)r->line.T, B = (size_t)r->line.B;
    const size_t H = (size_t)r->line.H, L = (size_t)r->line.L;
    const size_t O = (size_t)r->model.output_size, state = r->net.sizes.state;
    rnn_real *h = test_reals((T + 1) * state, 0), *c;
    rnn_real *one_h = test_reals(L * H, 0), *one_c = test_reals(L * H, 0);
    rnn_real *d[4];
    const int lstm = RNN_HAS_C(r->model.cell) != 0;
    rnn_flow flow = {NULL, NULL, NULL, NULL, NULL, NULL, 1, 0, 0, 0};
    rnn_seq seq;
    rnn_row row;
    rnn_net net;
    rnn_work work;
    size_t t, b, k;

    c = test_reals((T + 1) * state, 0);
    for (k = 0; k < 4; k++)
        d[k] = test_reals(state, 0);
    open_naive(r, &r->model, 0, 1, (int)B, 1, &net, &work);
    memset(&row, 0, sizeof row);
    row.rows = 1;
    row.state_len = L * H;
    for (b = 0; b < B; b++) {
        memset(one_h, 0, L * H * sizeof *one_h);
        memset(one_c, 0, L * H * sizeof *one_c);
        for (t = 0; t < T; t++) {
            row.ids = r->seq.ids + t * B + b;
            must(rnn_step(&net, &work, &row, one_h,
                          RNN_HAS_C(r->model.cell) ? one_c : NULL),
                 "a step");
            copy(r->work.logits + (t * B + b) * O, work.logits, O);
            for (k = 0; k < L; k++) {
                copy(h + (t + 1) * state + (k * B + b) * H, one_h + k * H, H);
                copy(c + (t + 1) * state + (k * B + b) * H, one_c + k * H, H);
            }
        }
    }
    naive_loss(r);
    memset(&seq, 0, sizeof seq);
    seq.steps = 1;
    seq.batch = (int)B;
    for (t = T; t-- > 0;) {
        seq.ids = r->seq.ids + t * B;
        seq.ids_len = B;
        seq.state_len = flow.state_len = state;
        seq.h0 = h + t * state;
        seq.c0 = lstm ? c + t * state : NULL;
        flow.dhn = d[t & 1];
        flow.dcn = lstm ? d[2 + (t & 1)] : NULL;
        flow.dh0 = d[!(t & 1)];
        flow.dc0 = lstm ? d[2 + !(t & 1)] : NULL;
        must(rnn_forward(&net, &work, &seq), "forward");
        copy(work.dlogits, r->work.dlogits + t * B * O, B * O);
        must(rnn_backward(&net, &work, &seq, &flow), "backward");
    }
}

/* Column b of (T, B) ids. */
static int *column(const int *ids, size_t T, size_t B, size_t b)
{
    int *p = (int *)test_memory(T * sizeof *p);
    size_t t;

    for (t = 0; t < T; t++)
        p[t] = ids[t * B + b];
    return p;
}

/* The logits of one row: its source encoded, then its tokens one by one. */
static void naive_decode(bench_row *r, size_t b)
{
    const size_t T = (size_t)r->line.T, B = (size_t)r->line.B;
    const size_t O = (size_t)r->model.output_size;
    rnn_real *h, *c;
    rnn_seq source = r->source;
    rnn_row row;
    rnn_net net;
    rnn_work work;
    size_t t;

    open_naive(r, &r->model, 0, 1, 1, 0, &net, &work);
    h = test_reals(net.sizes.state, 0);
    c = test_reals(net.sizes.state, 0);
    source.batch = 1;
    source.ids = column(r->source.ids, (size_t)r->line.S, B, b);
    source.ids_len = (size_t)r->line.S;
    source.state_len = net.sizes.state;
    if (!RNN_HAS_C(r->model.cell))
        c = NULL;
    must(rnn_encode(&net, &work, &source, h, c), "encode");
    memset(&row, 0, sizeof row);
    row.state_len = net.sizes.state;
    for (t = 0; t < T; t++) {
        row.t = (int)t;
        row.ids = r->seq.ids + t * B + b;
        must(rnn_step(&net, &work, &row, h, c), "a step");
        copy(r->work.logits + (t * B + b) * O, work.logits, O);
    }
}

static void last_first(void *team, int n, void (*task)(void *arg, int i),
                       void *arg)
{
    (void)team;
    while (n-- > 0)
        task(arg, n);
}

static void naive_attention(bench_row *r)
{
    static const rnn_run three = {RNN_KERNEL_PORTABLE, 3, last_first, NULL, NULL};
    rnn_net net;
    rnn_work work;
    size_t b;

    for (b = 0; b < (size_t)r->line.B; b++)
        naive_decode(r, b);
    naive_loss(r);
    open_naive(r, &r->model, 0, r->line.T, r->line.B, 1, &net, &work);
    work.run = &three;
    must(rnn_forward(&net, &work, &r->seq), "forward");
    copy(work.dlogits, r->work.dlogits, net.sizes.logits);
    must(rnn_backward(&net, &work, &r->seq, NULL), "backward");
}

/* ---- both routes --------------------------------------------------------- */

static uint32_t naive(const bench_line *l)
{
    static bench_row r;
    uint32_t hash;
    int k;

    must(bench_row_open(&r, l, 0), l->op);
    memset(r.work.logits, 0, r.net.sizes.logits * sizeof *r.work.logits);
    if (r.train)
        memset(r.work.grads, 0, r.net.sizes.params * sizeof *r.work.grads);
    if (bench_has(l, "stream"))
        naive_stream(&r);
    else if (!r.tokens)
        naive_layers(&r);
    for (k = 0; r.tokens && k < r.calls; k++) {
        memset(r.work.grads, 0, r.net.sizes.params * sizeof *r.work.grads);
        if (bench_has(l, "charlm"))
            naive_charlm(&r);
        else
            naive_attention(&r);
        naive_update(&r);
    }
    hash = bench_row_hash(&r);
    bench_row_close(&r);
    test_free();
    return hash;
}

static uint32_t timed(const bench_line *l)
{
    static bench_row r;
    rnn_run run = {RNN_KERNEL_AUTO, 0, NULL, NULL, NULL};
    uint32_t hash;
    int k;

    must(bench_row_open(&r, l, 1), l->op);
    for (k = 0; k < r.calls; k++)
        bench_row_call(&r, &run);
    must(r.status, l->op);
    hash = bench_row_hash(&r);
    bench_row_close(&r);
    return hash;
}

static void check(const char *cell, const char *op, int H, int I, int B, int T)
{
    bench_line l;
    char text[120];
    uint32_t a, b;

    sprintf(text, "%s %s %d %d %d %d", cell, op, H, I, B, T);
    MUST(bench_read(&l, text), "no row: %s", text);
    a = timed(&l);
    b = naive(&l);
    CHECK(a == b, "%s: %08lx, naively %08lx", text, (unsigned long)a,
          (unsigned long)b);
}

/* ---- the checksum and the operations themselves -------------------------- */

/* The checksum changes with the last bit of the last of n numbers. */
static void check_hashed(const bench_row *r, rnn_real *p, size_t n,
                         const char *name)
{
    const uint32_t before = bench_row_hash(r);
    unsigned char *low = (unsigned char *)(p + n - 1);

    *low ^= 1u;
    CHECK(bench_row_hash(r) != before, "%s: %s is not in the checksum",
          r->line.op, name);
    *low ^= 1u;
    CHECK(bench_row_hash(r) == before, "%s: %s", r->line.op, name);
}

static void check_hash(void)
{
    static bench_row r;
    bench_line l;

    MUST(bench_read(&l, "lstm train 5 3 2 4"), "no row");
    must(bench_row_open(&r, &l, 0), "train");
    check_hashed(&r, r.work.logits, r.net.sizes.logits, "y");
    check_hashed(&r, r.hn, r.net.sizes.state, "hn");
    check_hashed(&r, r.cn, r.net.sizes.state, "cn");
    check_hashed(&r, r.dx, 4 * 2 * 3, "dx");
    check_hashed(&r, r.dh0, r.net.sizes.state, "dh0");
    check_hashed(&r, r.dc0, r.net.sizes.state, "dc0");
    check_hashed(&r, r.work.grads, r.net.sizes.params, "grads");
    bench_row_close(&r);
    MUST(bench_read(&l, "gru charlm_L2 5 3 2 4"), "no row");
    must(bench_row_open(&r, &l, 0), "charlm_L2");
    check_hashed(&r, &r.loss, 1, "loss");
    check_hashed(&r, &r.norm, 1, "norm");
    check_hashed(&r, r.work.logits, r.net.sizes.logits, "logits");
    check_hashed(&r, r.work.grads, r.net.sizes.params, "grads");
    check_hashed(&r, r.work.moments, r.net.sizes.moments, "moments");
    check_hashed(&r, r.work.params, r.net.sizes.params, "params");
    bench_row_close(&r);
}

/* Two more calls leave what the checksum was of: nothing adds up, and begin
 * brings back all that a call changes. */
static void check_again(const char *text)
{
    static bench_row r;
    rnn_run run = {RNN_KERNEL_AUTO, 0, NULL, NULL, NULL};
    bench_line l;
    uint32_t h[2];
    int i, k;

    MUST(bench_read(&l, text), "no row: %s", text);
    must(bench_row_open(&r, &l, 0), text);
    for (i = 0; i < 2; i++) {
        bench_row_begin(&r);
        for (k = 0; k < r.calls; k++)
            bench_row_call(&r, &run);
        h[i] = bench_row_hash(&r);
    }
    CHECK(h[0] == h[1], "%s: %08lx, then %08lx", text, (unsigned long)h[0],
          (unsigned long)h[1]);
    bench_row_close(&r);
}

static void check_flops(const char *text, double flops)
{
    bench_line l;

    MUST(bench_read(&l, text), "no row: %s", text);
    CHECK(bench_flops(&l) == flops, "%s: %.0f operations, not %.0f", text,
          bench_flops(&l), flops);
}

/* 2 T B G H (I + H) forward, three times that with backward */
static void check_operations(void)
{
    check_flops("rnn stream 64 64 1 1", 2. * 64 * 128);
    check_flops("gru infer 64 64 1 128", 2. * 128 * 3 * 64 * 128);
    check_flops("lstm train 128 128 16 50", 6. * 50 * 16 * 4 * 128 * 256);
    check_flops("lstm train_bi 8 5 3 4", 6. * 12 * 2 * 4 * 8 * (5 + 8));
    check_flops("gru train_bi_L2 8 5 3 4",
                6. * 12 * 2 * 3 * 8 * (5 + 8 + 16 + 8));
    check_flops("rnn train_lengths 1 1 2 4", 6. * (4 + 2) * 2);
    check_flops("lstm charlm_L2 128 65 50 50",
                6. * 2500 * (4 * 128 * (65 + 128 + 256) + 128 * 65));
    check_flops("gru attention 4 3 2 5",
                6. * 10 *
                        (3 * 4 * (3 + 4) + 4 * 4 + 4 * 4 + 5 * (4 + 4) +
                         3 * 4 * (3 + 4 + 4) + 4 * 1000) +
                    6. * 2 * 4 * 4);
}

int main(int argc, char **argv)
{
    static const char *const cell[] = {"rnn", "gru", "gru_reset_before",
                                       "lstm"};
    static const char *const op[] = {
        "train", "infer", "train_bi", "infer_bi", "train_bi_L2", "train_L2",
        "train_lengths", "train_bi_lengths", "train_bi_L2_lengths",
        "charlm_L1", "charlm_L2", "attention", "attention_bi"};
    bench_line l;
    size_t c, i;

    if (argc > 2) {
        if (!bench_read(&l, argv[2])) {
            printf("no row: %s\n", argv[2]);
            return 2;
        }
        printf("%s %08lx\n", argv[2], (unsigned long)naive(&l));
        return test_failed != 0;
    }
    test_seed(argc, argv);
    for (c = 0; c < 4; c++) {
        check(cell[c], "train", 64, 64, 1, 128); /* a row of the grid */
        check(cell[c], "infer", 64, 64, 1, 128);
        check(cell[c], "stream", 64, 64, 1, 1);
        check(cell[c], "stream", 1 + test_below(40), 1 + test_below(40),
              1 + test_below(4), 1);
        for (i = 0; i < sizeof op / sizeof *op; i++)
            check(cell[c], op[i], 1 + test_below(20), 1 + test_below(20),
                  1 + test_below(9), 1 + test_below(9));
    }
    check("lstm", "train", 33, 17, 7, 12);
    check_hash();
    check_again("lstm train_bi_L2 9 8 3 5");
    check_again("gru stream 9 8 3 1");
    check_again("lstm charlm_L1 9 8 3 5");
    check_again("rnn attention 6 5 3 4");
    check_operations();
    test_unused();
    return test_end();
}
