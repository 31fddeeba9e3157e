/* A job is one description, a stack alone or a model of any wiring, with all
 * that a step of training and an inference read: sequences of the target and of
 * the sources, parameters, upstream gradients or the targets of a loss.
 *
 *     make_job(&j, &wish);               job_make.h: draws one
 *     run_job(&j, &plain, &r);           forward, backward, gradients, infer
 *     run_job(&j, &w, &s);               the same in another way: struct how
 *     check_same(&j, &r, &s, "parts");   all that both have, bit for bit
 *
 * Results are named arrays of shape (outer, rows, width): y, hn, "hn 1" of
 * source 1, "infer y" of the inference, ... So the rows and steps of one job's
 * results compare with those of another (job_make.h: take_rows is the job of
 * some rows, take_results are their results). A stream is what goes on one step
 * at a time: a decoder after its encoder, or any job of one direction. NaNs are
 * all equal.
 *
 * The library's calls on a job are here, in call_... and run_... . */
#ifndef JOB_H
#define JOB_H

#include <math.h>

#include "test.h"
#include "each.h"

enum { GUARD = 4, RESULTS = 64, ANY = -1 };
/* whose steps an array has: those of sequence i are TARGET + i */
enum { SHARED = -1, ONCE, TARGET, SOURCE };

static const rnn_real rubbish = (rnn_real)-7.25e11;
static int kernels[RNN_KERNELS], kernel_count;

typedef struct array { /* one output, between guards or of exact size */
    char name[24];
    rnn_real *p;
    size_t outer, rows, width;
    int along, across; /* whose steps outer and width count; SHARED: not of
                          rows, as gradients are                             */
    int guarded;
} array;

typedef struct results {
    array a[RESULTS];
    int count;
    const char *phase; /* what names begin with: "" or "infer " */
    rnn_net net;       /* of training                           */
    rnn_work work;
    rnn_run run;
    int *own;          /* own_ids                               */
} results;

typedef struct how {            /* the ways to run a job that must not matter */
    int kernel, parts;
    int shift, guarded, tight;  /* shift: buffers begin one number later     */
    int more;                   /* the plan is for so many more of each      */
    int alias, dirty;           /* hn is h0, dlogits logits; dirty: rubbish in
                                   padding and for targets of weight 0       */
    rnn_real fill;              /* what lies in outputs and work before      */
    const rnn_work *work;       /* of a job of this size before; or NULL     */
    int half;                   /* packed as BF16: for use alone             */
    int every;                  /* keep_every                                */
} how;

static const how plain = {.kernel = RNN_KERNEL_AUTO, .fill = 3};
static const how in_c = {.kernel = RNN_KERNEL_PORTABLE, .fill = 3};

typedef struct job {
    rnn_model model;         /* output_size 0: the stack alone               */
    rnn_sizes sizes;         /* of a plan for these steps and rows           */
    rnn_seq seq[3];          /* of the target, of sources; hn, cn unused     */
    rnn_flow flow[3];        /* dhn, dcn of each                             */
    size_t I[3], L[3], H[3]; /* of each: width; layers and directions, hidden
                                size of its stack                            */
    int alone, decoder, given, lstm, sources, feed, uses_c;
    int both;                /* the stack in front of the head: directions   */
    size_t T, B, Y, O;       /* Y: steps of the output, O: its width         */
    size_t K, C, Z;          /* encoder's states; c; what the head reads of
                                them                                         */
    const rnn_real *params, *before, *up; /* before: in grads                */
    int loss;                /* 1: backward gets its gradient, 0: up         */
    const int *targets;
    const rnn_real *weights;
} job;

static rnn_real not_a_number(void)
{
    const rnn_real zero = 0;
    return zero / zero;
}

/* n times +0, in exact memory */
static rnn_real *zeros(size_t n)
{
    return (rnn_real *)test_memory(n * sizeof(rnn_real));
}

static void *copy(const void *from, size_t bytes)
{
    return from ? memcpy(test_memory(bytes), from, bytes) : NULL;
}

/* The first of the greatest. */
static int greatest(const rnn_real *x, size_t n)
{
    size_t i, best = 0;

    for (i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return (int)best;
}

static size_t length_of(const rnn_seq *s, size_t b)
{
    return (size_t)(s->lengths ? s->lengths[b] : s->steps);
}

#define MUST_OK(call)                                                          \
    do {                                                                       \
        rnn_status st_ = (call);                                               \
        MUST(st_ == RNN_OK, "%s: %s", #call, rnn_status_text(st_));            \
    } while (0)

/* ---- comparing ----------------------------------------------------------- */

static const char *describe(const job *j)
{
    static char s[400];
    const rnn_model *m = &j->model;

    sprintf(s,
            "wiring %d cell %d input %d I %d E %d H %d L %d both %d O %d; "
            "target %d %d %d H %d L %d; context %d N %d C %d feed %d hand %d "
            "attention %d A %d head %d sources %d; T %d B %d S %d %d",
            m->wiring, m->cell, m->input, m->input_size, m->embedding_size,
            m->hidden_size, m->num_layers, m->bidirectional, m->output_size,
            m->target, m->target_size, m->target_embedding_size,
            m->decoder_hidden_size, m->decoder_layers, m->context,
            m->source_steps, m->context_size, m->feed, m->hand_over,
            m->attention, m->attention_size, m->head_context, m->num_sources,
            j->seq[0].steps, j->seq[0].batch, j->seq[1].steps, j->seq[2].steps);
    return s;
}

static int same(const rnn_real *a, const rnn_real *b, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0 &&
            !(a[i] != a[i] && b[i] != b[i]))
            return 0;
    return 1;
}

static const array *find(const results *r, const char *name)
{
    int i;

    for (i = 0; i < r->count; i++)
        if (strcmp(r->a[i].name, name) == 0)
            return &r->a[i];
    return NULL;
}

/* The numbers of that result, or NULL. */
static rnn_real *numbers(const results *r, const char *name)
{
    const array *a = find(r, name);
    return a ? a->p : NULL;
}

static size_t array_size(const array *a)
{
    return a->outer * a->rows * a->width;
}

static void check_guards(const job *j, const results *r, const char *what)
{
    int i, k, good;

    for (i = 0; i < r->count; i++) {
        const rnn_real *p = r->a[i].p, *end = p + array_size(&r->a[i]);
        for (good = 1, k = 0; k < GUARD && r->a[i].guarded; k++)
            good &= same(p - 1 - k, &rubbish, 1) && same(end + k, &rubbish, 1);
        CHECK(good, "%s: around %s; %s", what, r->a[i].name, describe(j));
    }
}

/* Everything that both have is the same; b wrote nothing beside it. */
static void check_same(const job *j, const results *a, const results *b,
                       const char *what)
{
    int i, met = 0;

    check_guards(j, b, what);
    for (i = 0; i < a->count; i++) {
        const array *p = &a->a[i], *q = find(b, p->name);
        if (!q || strstr(p->name, "work"))
            continue;
        met++;
        CHECK(array_size(p) == array_size(q) && same(p->p, q->p, array_size(p)),
              "%s: %s; %s", what, p->name, describe(j));
    }
    MUST(met > 1, "%s: nothing to compare", what);
    if (a->own && b->own)
        CHECK(memcmp(a->own, b->own, j->T * j->B * sizeof *a->own) == 0,
              "%s: own tokens; %s", what, describe(j));
}

static void short_by_one(const job *j, rnn_status st, const char *what)
{
    CHECK(st == RNN_E_BUFFER, "%s shorter by one gives %d; %s", what, (int)st,
          describe(j));
}

/* ---- outputs and inputs -------------------------------------------------- */

/* A name of source i; of the target itself, 0, as it is. */
static const char *of(const char *name, int i)
{
    static char s[24];

    if (!i)
        return name;
    sprintf(s, "%.16s %d", name, i);
    return s;
}

/* An output full of w->fill: of exact size or between guards. */
static rnn_real *output(results *r, const how *w, const char *name, int along,
                        size_t outer, size_t rows, size_t width)
{
    const size_t guard = w->guarded ? GUARD : 0, n = outer * rows * width;
    const size_t all = (size_t)w->shift + guard + n + guard;
    array *a = &r->a[r->count++];
    size_t i;

    MUST(r->count < RESULTS, "too many results");
    memset(a, 0, sizeof *a);
    sprintf(a->name, "%.6s%.16s", r->phase ? r->phase : "", name);
    a->p = zeros(all) + (size_t)w->shift + guard;
    for (i = 0; i < n; i++)
        a->p[i] = w->fill;
    for (i = 0; i < guard; i++)
        a->p[n + i] = *(a->p - 1 - i) = rubbish;
    a->outer = outer;
    a->rows = rows;
    a->width = width;
    a->along = along;
    a->guarded = w->guarded;
    return a->p;
}

static rnn_real *work_of(results *r, const how *w, size_t n)
{
    return output(r, w, "work", SHARED, 1, 1, n);
}

/* A copy of an input, exact at its end, with shift off alignment. */
static const rnn_real *input(const how *w, const rnn_real *p, size_t n)
{
    return p && w->shift
               ? (rnn_real *)memcpy(zeros(n + 1) + 1, p, n * sizeof *p)
               : p;
}

/* A result that is a copy of what lies in work. */
static void keep(results *r, const char *name, const rnn_real *p, int along,
                 size_t outer, size_t rows, size_t width, int across)
{
    if (!p || !width)
        return;
    memcpy(output(r, &plain, name, along, outer, rows, width), p,
           outer * rows * width * sizeof *p);
    r->a[r->count - 1].across = across;
}

/* Rubbish where a sequence of width I has ended. */
static void soil(rnn_seq *s, size_t I)
{
    const size_t B = (size_t)s->batch, rows = (size_t)s->steps * B;
    rnn_real *x = (rnn_real *)copy(s->x, rows * I * sizeof *x);
    int *ids = (int *)copy(s->ids, rows * sizeof *ids);
    size_t i, k;

    for (i = 0; i < rows; i++) {
        if (i / B < length_of(s, i % B))
            continue;
        for (k = 0; x && k < I; k++)
            x[i * I + k] = k % 2 ? (rnn_real)1e30 : not_a_number();
        if (ids)
            ids[i] = i % 2 ? -5 : 1 << 30;
    }
    s->x = x;
    s->ids = ids;
}

/* ---- what follows from a description ------------------------------------- */

static int longest_source(const job *j)
{
    return j->sources == 2 && j->seq[2].steps > j->seq[1].steps
               ? j->seq[2].steps
               : j->seq[1].steps;
}

/* Then the sizes are exact; else they are those of the longer source. */
static int equal_steps(const job *j)
{
    return j->sources < 2 || j->seq[1].steps == j->seq[2].steps;
}

/* The plan of a job, or of `more` than it has. */
static rnn_most most_of(const job *j, int train, int more)
{
    rnn_most n;

    memset(&n, 0, sizeof n);
    n.steps = j->seq[0].steps + more;
    n.batch = j->seq[0].batch + more;
    n.source_steps = j->given ? 0 : longest_source(j) + more;
    n.train = train;
    return n;
}

/* What follows from the description and the sequences. */
static void finish_job(job *j)
{
    const rnn_model *m = &j->model;
    const int layers = m->hand_over & RNN_HAND_LAYERS;
    const size_t E =
        (size_t)(m->input == RNN_INPUT_EMBEDDING ? m->embedding_size
                                                 : m->input_size);
    rnn_most most;
    rnn_net net;
    size_t D, R;
    int i, L = m->num_layers, H = m->hidden_size;
    char why[160];

    j->alone = !m->output_size;
    j->decoder = m->wiring >= RNN_WIRING_1_TO_N;
    j->given = m->wiring == RNN_WIRING_1_TO_N;
    j->lstm = RNN_HAS_C(m->cell) != 0;
    j->both = m->bidirectional && !j->decoder;
    j->sources = !j->decoder ? 0 : m->num_sources == 2 ? 2 : 1;
    if (j->decoder && m->decoder_layers)
        L = m->decoder_layers;
    if (j->decoder && m->decoder_hidden_size)
        H = m->decoder_hidden_size;
    j->T = (size_t)j->seq[0].steps;
    j->B = (size_t)j->seq[0].batch;
    most = most_of(j, 1, 0);
    if (rnn_plan(&net, m, &most) != RNN_OK)
        MUST(0, "%s", rnn_why_text(&net.why, why, sizeof why));
    j->sizes = net.sizes;
    D = j->both ? 2 : 1;
    j->I[0] = (size_t)(j->decoder ? m->target_size : m->input_size);
    j->H[0] = (size_t)H;
    j->L[0] = (size_t)(L ? L : 1) * D;
    j->Y = m->wiring == RNN_WIRING_N_TO_1 ? 1 : j->T;
    j->O = j->alone ? D * j->H[0] : (size_t)m->output_size;
    D = m->bidirectional ? 2 : 1;
    for (i = 1; i <= j->sources; i++) {
        j->I[i] = (size_t)m->input_size;
        j->H[i] = (size_t)m->hidden_size;
        j->L[i] = j->given ? 0 : D * (size_t)m->num_layers;
    }
    j->K = (size_t)m->hidden_size * D;
    j->feed = m->feed || m->attention || layers || !j->decoder
                  ? (int)m->feed
                  : (int)RNN_FEED_STATE;
    if (layers)
        j->feed &= ~(int)RNN_FEED_STATE;
    j->uses_c = j->feed || (m->head_context && !m->attention);
    R = j->given ? E : j->K * (size_t)j->sources;
    if (m->context == RNN_CONTEXT_ALL)
        R *= (size_t)m->source_steps;
    j->C = !j->uses_c ? 0 : m->context_size ? (size_t)m->context_size : R;
    j->Z = !m->head_context ? 0
           : m->attention   ? j->K * (size_t)j->sources
                            : j->C;
}

/* f(x W + b) of the rows of a sequence, of width I, into O numbers. */
static rnn_real *linear_of(const rnn_real *params, size_t I, size_t O, int f,
                           const rnn_seq *rows)
{
    rnn_linear_pass pass;
    rnn_linear lin;
    rnn_seq seq = *rows;

    say_seq(&seq, NULL, 1);
    memset(&pass, 0, sizeof pass);
    memset(&lin, 0, sizeof lin);
    lin.input_size = (int)I;
    lin.output_size = (int)O;
    lin.activation = (rnn_fn)f;
    pass.seq = &seq;
    pass.params = params;
    pass.params_len = (I + 1) * O;
    pass.y_len = (size_t)rows->steps * (size_t)rows->batch * O;
    pass.y = zeros(pass.y_len);
    MUST_OK(rnn_linear_forward(&lin, &pass, NULL));
    return pass.y;
}

/* ---- running them -------------------------------------------------------- */

static void set_run(rnn_run *run, const how *w)
{
    memset(run, 0, sizeof *run);
    run->kernel = (rnn_kernel)w->kernel;
    run->parts = w->parts;
    run->each = w->parts % 3 ? each_shuffled : NULL;
}

/* A plan, and a work of exactly its sizes. */
static void open_work(const job *j, const how *w, results *r,
                      const rnn_most *most, rnn_net *net, rnn_work *work)
{
    const rnn_work *old = w->work;
    rnn_most n = *most;
    const rnn_sizes *z = &net->sizes;

    n.keep_every = w->every;
    n.packed = w->half    ? RNN_PACK_BF16
               : w->tight ? RNN_PACK_NONE
                          : RNN_PACK_FLOAT;
    MUST_OK(rnn_plan(net, &j->model, &n));
    memset(work, 0, sizeof *work);
    work->weights = input(w, j->params, z->params);
    work->weights_len = j->sizes.params;
    work->packed = old ? old->packed : work_of(r, w, z->packed);
    work->keep = old ? old->keep : work_of(r, w, z->keep);
    work->scratch = old ? old->scratch : work_of(r, w, z->scratch);
    work->memory = work_of(r, w, z->memory);
    work->logits = work_of(r, w, z->logits);
    work->grads = n.train ? work_of(r, w, z->params) : NULL;
    work->dlogits = n.train ? work->logits : NULL; /* they may share a place */
    work->ints = z->ints ? test_ids(z->ints, 1000) : NULL;
    work->ints_len = z->ints;
    work->packed_len = z->packed;
    work->keep_len = z->keep;
    work->scratch_len = z->scratch;
    work->memory_len = z->memory;
    work->logits_len = work->dlogits_len = z->logits;
    work->grads_len = z->params;
    MUST_OK(rnn_bind(net, work, NULL, 0));
}

/* What comes out of a call, as a result of the job's own shape; `more` may have
 * been asked for. */
static rnn_real *take_y(const rnn_work *work, rnn_real *y, size_t n)
{
    return (rnn_real *)memcpy(y, work->logits, n * sizeof *y);
}

/* An output for a final state of sequence i, and where it starts. */
static rnn_real *open_state(const job *j, const how *w, results *r,
                            const char *name, int i, const rnn_real **from)
{
    const size_t n = j->L[i] * j->B * j->H[i];
    rnn_real *to = output(r, w, of(name, i), ONCE, j->L[i], j->B, j->H[i]);

    *from = *from && w->alias ? (rnn_real *)memcpy(to, *from, n * sizeof *to)
                              : input(w, *from, n);
    return to;
}

/* A job's sequences from `first` on, with outputs in r. */
/* The lengths of sequence i's arrays: exact. */
static void say_lengths(const job *j, int i, rnn_seq *s)
{
    const size_t rows = (size_t)s->steps * j->B;

    s->x_len = rows * j->I[i];
    s->ids_len = s->own_ids_len = rows;
    s->state_len = j->L[i] * j->B * j->H[i];
}

/* The sources for rnn_encode, which writes the decoder's h and c. */
static rnn_seq *for_encode(const job *j, rnn_seq *source)
{
    if (source->state_len < j->sizes.state)
        source->state_len = j->sizes.state;
    return source;
}

static void open_seqs(const job *j, const how *w, results *r, int first,
                      rnn_seq *seq)
{
    int i;

    for (i = first; i <= j->sources; i++) {
        rnn_seq *s = &seq[i];
        *s = j->seq[i];
        if (w->dirty)
            soil(s, j->I[i]);
        say_lengths(j, i, s);
        s->x = input(w, s->x, (size_t)s->steps * j->B * j->I[i]);
        if (!j->L[i])
            continue;
        s->hn = open_state(j, w, r, "hn", i, &s->h0);
        if (j->lstm)
            s->cn = open_state(j, w, r, "cn", i, &s->c0);
    }
    if (first == 0)
        seq[0].source = j->sources ? seq + 1 : NULL;
}

static rnn_real *open_y(const job *j, const how *w, results *r)
{
    return output(r, w, "y", j->Y < j->T ? ONCE : TARGET, j->Y, j->B, j->O);
}

/* What the view of a model shows, as results. */
static void keep_view(const job *j, const rnn_seq *seq, results *r)
{
    rnn_view v;
    int i;

    MUST_OK(rnn_view_model(&r->net, &r->work, seq, &v));
    CHECK((v.h0 != NULL) == j->decoder && (v.c != NULL) == j->uses_c &&
              (v.c0 != NULL) == (j->decoder && j->lstm),
          "view; %s", describe(j));
    keep(r, "h0", v.h0, ONCE, j->L[0], j->B, j->H[0], ONCE);
    keep(r, "c0", v.c0, ONCE, j->L[0], j->B, j->H[0], ONCE);
    keep(r, "c", v.c, ONCE, 1, j->B, j->C, ONCE);
    for (i = 1; i <= j->sources; i++) {
        const size_t S = (size_t)j->seq[i].steps;
        keep(r, of("memory", i), v.source[i - 1].memory, TARGET + i, S, j->B,
             j->K, ONCE);
        keep(r, of("attention", i), v.source[i - 1].attention, TARGET, j->T,
             j->B, S, TARGET + i);
        keep(r, of("context", i), v.source[i - 1].context, TARGET, j->T, j->B,
             j->K, ONCE);
    }
}

/* The loss of logits y; gives its gradient. */
static rnn_real *run_loss(const job *j, const how *w, results *r,
                          const rnn_real *y)
{
    const size_t rows = j->Y * j->B, n = rows * j->O;
    const int along = r->a[r->count - 1].along, O = (int)j->O;
    int *targets = (int *)copy(j->targets, rows * sizeof *targets);
    rnn_real *values = output(r, w, "losses", along, j->Y, j->B, 1);
    rnn_real *d = output(r, w, "dlogits", along, j->Y, j->B, j->O);
    rnn_real *loss = output(r, w, "loss", SHARED, 1, 1, 1);
    rnn_loss rule = {0};
    size_t i;

    for (i = 0; i < rows && w->dirty; i++)
        if (j->weights[i] <= 0)
            targets[i] = i % 2 ? -1 : 1 << 30;
    if (w->alias)
        y = (rnn_real *)memcpy(d, y, n * sizeof *d);
    rule.weights = j->weights;
    rule.n = 3;
    rule.smoothing = (rnn_real)0.1;
    rule.values = values;
    MUST_OK(
        rnn_cross_entropy_rows(y, rows, O, targets, &rule, d, loss, &r->run));
    return d;
}

/* Forward, and the loss if there is one, into r; gives what backward gets. */
static const rnn_real *run_forward(const job *j, const how *w, results *r,
                                   rnn_seq *seq)
{
    const rnn_most most = most_of(j, 1, w->more);
    const rnn_real *d = j->up;
    rnn_seq of_y = j->seq[0];
    rnn_real *y;
    size_t i;

    memset(r, 0, sizeof *r);
    open_work(j, w, r, &most, &r->net, &r->work);
    set_run(&r->run, w);
    r->work.run = &r->run;
    open_seqs(j, w, r, 0, seq);
    y = open_y(j, w, r);
    if (seq[0].own_rate > 0) {
        seq[0].own_ids = r->own = test_ids(j->T * j->B, 1);
        for (i = 0; i < j->T * j->B; i++)
            r->own[i] = -1;
    }
    MUST_OK(rnn_forward(&r->net, &r->work, seq));
    take_y(&r->work, y, j->Y * j->B * j->O);
    if (j->loss)
        d = run_loss(j, w, r, y);
    keep_view(j, seq, r);
    if (w->dirty && j->model.wiring != RNN_WIRING_N_TO_1) {
        of_y.x = d;
        of_y.ids = NULL;
        soil(&of_y, j->O);
        d = of_y.x;
    }
    return d;
}

/* Backward after it; grads begin as `before`; NULL: as anything. */
static void run_backward(const job *j, const how *w, results *r,
                         const rnn_seq *seq, const rnn_real *d,
                         const rnn_real *before)
{
    rnn_real *grads = output(r, w, "grads", SHARED, 1, 1, j->sizes.params);
    rnn_flow flow[3];
    int i;

    if (before)
        memcpy(grads, before, j->sizes.params * sizeof *grads);
    r->work.grads = grads;
    if (w->alias)
        memcpy(r->work.logits, d, j->Y * j->B * j->O * sizeof *d);
    else
        r->work.dlogits = (rnn_real *)d;
    memcpy(flow, j->flow, sizeof flow);
    for (i = 0; i <= j->sources; i++) {
        rnn_flow *f = &flow[i];
        if (seq[i].x)
            f->dx = output(r, w, of("dx", i), TARGET + i, (size_t)seq[i].steps,
                           j->B, j->I[i]);
        if (j->L[i])
            f->dh0 = output(r, w, of("dh0", i), ONCE, j->L[i], j->B, j->H[i]);
        if (j->L[i] && j->lstm)
            f->dc0 = output(r, w, of("dc0", i), ONCE, j->L[i], j->B, j->H[i]);
        f->dx_len = seq[i].x_len;
        f->state_len = seq[i].state_len;
    }
    flow[0].source = j->sources ? flow + 1 : NULL;
    flow[0].accumulate = before != NULL;
    MUST_OK(rnn_backward(&r->net, &r->work, seq, flow));
}

/* With packed weights or without. */
static void run_infer(const job *j, const how *w, results *r)
{
    const rnn_most most = most_of(j, 0, w->more);
    how fresh = *w;
    rnn_work work;
    rnn_net net;
    rnn_real *y;
    rnn_seq seq[3];
    rnn_run run;

    fresh.work = NULL;
    r->phase = "infer ";
    open_work(j, &fresh, r, &most, &net, &work);
    set_run(&run, w);
    work.run = &run;
    open_seqs(j, w, r, 0, seq);
    y = open_y(j, w, r);
    if (w->half || (!w->tight && !w->dirty))
        MUST_OK(rnn_pack(&net, &work));
    MUST_OK(rnn_infer(&net, &work, seq));
    take_y(&work, y, j->Y * j->B * j->O);
}

static void run_train(const job *j, const how *w, results *r)
{
    rnn_seq seq[3];
    const rnn_real *d = run_forward(j, w, r, seq);

    run_backward(j, w, r, seq, d, j->before);
}

static void run_job(const job *j, const how *w, results *r)
{
    run_train(j, w, r);
    run_infer(j, w, r);
}

/* ---- one step at a time -------------------------------------------------- */

typedef struct stream { /* what steps go on from; stays where it is */
    const job *j;
    rnn_seq seq[3];     /* encoded sources, after the target's place */
    rnn_real *h, *c;    /* where they start                         */
    rnn_net net;
    rnn_work work;
    rnn_run run;
} stream;

typedef struct turn { /* one step of some rows */
    int t, rows;
    const int *from, *ids;
    const rnn_real *x;
    const unsigned char *fresh;
    rnn_real *h, *c, *y, *attn;
} turn;

/* A stack's y is the last layer of h. */
static rnn_status call_step(stream *s, const turn *p)
{
    const job *j = s->j;
    const size_t rows = (size_t)p->rows;
    rnn_row row;
    int i;

    memset(&row, 0, sizeof row);
    row.rows = p->rows;
    row.x_len = rows * j->I[0];
    row.state_len = j->L[0] * rows * j->H[0];
    for (i = 1; i <= j->sources; i++)
        row.attn_len += rows * (size_t)j->seq[i].steps;
    row.x = p->x;
    row.ids = p->ids;
    row.fresh = p->fresh;
    row.t = p->t;
    row.from = p->from;
    row.attn = p->attn;
    s->work.logits = p->y;
    return rnn_step(&s->net, &s->work, &row, p->h, p->c);
}

/* A step of all rows, which goes on in the stream's own states. */
static turn open_turn(const job *j, const stream *s, rnn_real *y)
{
    turn p;

    memset(&p, 0, sizeof p);
    p.rows = (int)j->B;
    p.h = s->h;
    p.c = s->c;
    p.y = y;
    return p;
}

/* One row of states (L, rows, H), from or to an array of other rows. */
static void copy_row(const job *j, rnn_real *to, size_t to_rows, size_t to_row,
                     const rnn_real *from, size_t rows, size_t row)
{
    const size_t H = j->H[0];
    size_t l;

    for (l = 0; l < j->L[0] && from; l++)
        memcpy(to + (l * to_rows + to_row) * H, from + (l * rows + row) * H,
               H * sizeof *to);
}

/* Where nothing is handed to a state, the caller's stay. */
static void set_states(const job *j, rnn_real *h, rnn_real *c)
{
    const int layers = j->model.hand_over & RNN_HAND_LAYERS;
    const int cell = j->model.hand_over & RNN_HAND_CELL;
    const size_t n = j->B * j->H[0];
    size_t l;

    for (l = 0; l < j->L[0]; l++) {
        if (j->seq[0].h0 && !layers && !(l == 0 && j->feed & RNN_FEED_STATE))
            memcpy(h + l * n, j->seq[0].h0 + l * n, n * sizeof *h);
        if (j->seq[0].c0 && !(cell && (layers || l == 0)))
            memcpy(c + l * n, j->seq[0].c0 + l * n, n * sizeof *c);
    }
}

/* A job's stream, with all that it writes in r; for steps of so many rows, and
 * searches of so many tokens. */
static void open_stream_of(const job *j, const how *w, results *r, stream *s,
                           size_t rows, int tokens)
{
    rnn_most most = most_of(j, 0, w->more);
    how clear = *w;

    memset(s, 0, sizeof *s);
    s->j = j;
    r->phase = "infer ";
    most.steps = 0;
    most.rows = (int)rows + w->more;
    most.tokens = tokens;
    if (!j->decoder)
        clear.fill = 0; /* else encode writes them */
    s->h = work_of(r, &clear, j->sizes.state);
    s->c = j->lstm ? work_of(r, &clear, j->sizes.state) : NULL;
    open_work(j, w, r, &most, &s->net, &s->work);
    set_run(&s->run, w);
    s->work.run = &s->run;
    if (w->half || (!w->tight && !w->dirty && test_below(2)))
        MUST_OK(rnn_pack(&s->net, &s->work));
    if (j->decoder) {
        open_seqs(j, w, r, 1, s->seq);
        MUST_OK(rnn_encode(&s->net, &s->work, for_encode(j, s->seq + 1), s->h,
                           s->c));
    }
    set_states(j, s->h, s->c);
}

static void open_stream(const job *j, const how *w, results *r, stream *s)
{
    open_stream_of(j, w, r, s, j->B, 0);
}

/* Helpers that a program may leave unused. */
static void job_unused(void)
{
    (void)call_step;
    (void)check_same;
    (void)copy_row;
    (void)equal_steps;
    (void)open_stream_of;
    (void)greatest;
    (void)job_unused;
    (void)linear_of;
    (void)numbers;
    (void)open_stream;
    (void)open_turn;
    (void)run_job;
    (void)short_by_one;
    test_unused();
}

#endif
