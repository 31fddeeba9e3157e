/* Properties of N vs 1 and of the wirings with a decoder, bit for bit (NaNs
 * equal). A model is its blocks, one after the other; what it computes does not
 * depend on the batch, on threads, kernels, the length of work, on what lies in
 * padding or on whether it goes one step at a time. Greedy, drawn and beam
 * decoding are loops over a step. Last, what every call says to wrong
 * arguments.
 *
 * A job is one description with all that its calls read; its results are arrays
 * of shape (outer, rows, width), so that rows and steps of one job's results
 * compare with those of another. */
#include <limits.h>
#include <math.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

enum { GUARD = 4, KERNELS = 4, RESULTS = 32 };
enum { ONCE, TARGET, SOURCE }; /* whose steps: SOURCE + i of source i */

static const rnn_real rubbish = (rnn_real)-7.25e11;
static int kernels[KERNELS], kernel_count;

typedef struct array {
    const char *name;
    rnn_real *p;
    size_t outer, rows, width;
    int along, across; /* whose steps outer and width count                  */
    int shared;        /* gradients and work: not of rows                    */
    int guarded;
} array;

typedef struct results {
    array a[RESULTS];
    int count;
    int *own;                   /* own_ids                                   */
} results;

typedef struct how {            /* the ways to run a job that must not matter */
    int kernel, parts, columns; /* columns: the parts of weight gradients    */
    int shift, guarded, tight;  /* shift: buffers begin one number later     */
    rnn_real fill;              /* what lies in outputs and work before      */
} how;

typedef struct job {
    rnn_model model;
    rnn_stack stack, encoder;
    rnn_sizes sizes;
    rnn_seq seq, source[2];     /* hn, cn unused                             */
    int decoder, given, lstm, sources, feed, uses_c;
    size_t T, B, O, I, X, L, H; /* X: of the target; L, H: of its stack      */
    size_t Q, K, C, Z;          /* Q: layers and directions of an encoder, K:
                                   its states; c; what the head reads of it  */
    const rnn_real *params, *before, *up, *dhn, *dcn, *dhn2[2], *dcn2[2];
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

    sprintf(s, "wiring %d cell %d input %d I %d E %d H %d L %d both %d O %d; "
            "target %d %d %d H %d L %d; context %d N %d C %d feed %d hand %d "
            "attention %d A %d head %d sources %d; T %d B %d S %d %d",
            m->wiring, m->cell, m->input, m->input_size, m->embedding_size,
            m->hidden_size, m->num_layers, m->bidirectional, m->output_size,
            m->target, m->target_size, m->target_embedding_size,
            m->decoder_hidden_size, m->decoder_layers, m->context,
            m->source_steps, m->context_size, m->feed, m->hand_over,
            m->attention, m->attention_size, m->head_context, m->num_sources,
            j->seq.steps, j->seq.batch, j->source[0].steps, j->source[1].steps);
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

static size_t array_size(const array *a)
{
    return a->outer * a->rows * a->width;
}

static int guards_stand(const results *r)
{
    int i, k;

    for (i = 0; i < r->count; i++)
        for (k = 0; k < GUARD && r->a[i].guarded; k++)
            if (!same(r->a[i].p + array_size(&r->a[i]) + k, &rubbish, 1))
                return 0;
    return 1;
}

/* Everything that both have is the same. */
static void check_same(const job *j, const results *a, const results *b,
                       const char *what)
{
    int i, met = 0;

    CHECK(guards_stand(a) && guards_stand(b), "%s: past an output; %s", what,
          describe(j));
    for (i = 0; i < a->count; i++) {
        const array *p = &a->a[i], *q = find(b, p->name);
        if (!q || strcmp(p->name, "work") == 0)
            continue;
        met++;
        CHECK(array_size(p) == array_size(q) &&
              same(p->p, q->p, array_size(p)), "%s: %s; %s", what, p->name,
              describe(j));
    }
    MUST(met > 1, "%s: nothing to compare", what);
    if (a->own && b->own)
        CHECK(memcmp(a->own, b->own, j->T * j->B * sizeof *a->own) == 0,
              "%s: own tokens; %s", what, describe(j));
}

/* An output full of w->fill: of exact size, or in front of a guard. */
static array *output(results *r, const how *w, const char *name, size_t outer,
                     size_t rows, size_t width)
{
    const size_t n = (size_t)w->shift + outer * rows * width;
    const size_t all = n + (w->guarded ? GUARD : 0);
    rnn_real *p = (rnn_real *)test_memory(all * sizeof *p);
    array *a = &r->a[r->count++];
    size_t i;

    MUST(r->count < RESULTS, "too many results");
    for (i = 0; i < all; i++)
        p[i] = i < n ? w->fill : rubbish;
    memset(a, 0, sizeof *a);
    a->name = name;
    a->p = p + w->shift;
    a->outer = outer;
    a->rows = rows;
    a->width = width;
    a->guarded = w->guarded;
    return a;
}

static rnn_real *work_of(results *r, const how *w, size_t n)
{
    array *a = output(r, w, "work", 1, 1, n);

    a->shared = 1;
    return a->p;
}

/* A copy of an input, exact at its end, with shift off alignment. */
static const rnn_real *input(const how *w, const rnn_real *p, size_t n)
{
    rnn_real *copy;

    if (!p || !w->shift)
        return p;
    copy = zeros(n + 1) + 1;
    memcpy(copy, p, n * sizeof *p);
    return copy;
}

/* A result that is a copy of what lies in work. */
static void keep(results *r, const char *name, const rnn_real *p, size_t outer,
                 size_t rows, size_t width, int along, int across)
{
    static const how plain;
    array *a;

    if (!p || !width)
        return;
    a = output(r, &plain, name, outer, rows, width);
    memcpy(a->p, p, outer * rows * width * sizeof *p);
    a->along = along;
    a->across = across;
}

/* ---- making jobs --------------------------------------------------------- */

/* mostly small, sometimes wider than a vector or two */
static int some_size(void)
{
    return 1 + test_below(test_below(9) ? 7 : 37);
}

/* Sizes that fit where context and states enter the decoder. */
static void fit_sizes(rnn_model *m)
{
    const int given = m->wiring == RNN_1_TO_N, D = m->bidirectional ? 2 : 1;
    const int layers = m->hand_over & RNN_HAND_LAYERS;
    const int hand = layers ||
                     (m->hand_over & RNN_HAND_CELL && m->cell == RNN_LSTM);
    const int dot = m->attention >= RNN_DOT;
    int feed = m->feed, R, H;

    if (dot && hand)
        m->num_sources = 1;
    R = given ? m->input == RNN_EMBEDDING ? m->embedding_size : m->input_size
              : m->hidden_size * D * (m->num_sources == 2 ? 2 : 1);
    m->decoder_hidden_size = dot ? m->hidden_size * D
                             : hand ? R : test_below(2) ? some_size() : 0;
    H = m->decoder_hidden_size ? m->decoder_hidden_size : m->hidden_size;
    if (layers)
        m->decoder_layers = test_below(2) ? m->num_layers : 0;
    if (!feed && !m->attention && !layers)
        feed = RNN_AS_STATE;
    if (m->context == RNN_ALL)
        R *= m->source_steps;
    m->context_size = 0;
    if (feed & RNN_AS_STATE && !layers) {
        if (R != H && (dot || hand || R > 40 || test_below(2)))
            m->context_size = H;
        else
            m->decoder_hidden_size = R;
    } else if (feed & ~(int)RNN_AS_STATE ||
               (m->head_context && !m->attention)) {
        m->context_size = test_below(2) ? some_size() : 0;
    }
}

static void make_decoder(rnn_model *m, int attention, int context, int N)
{
    static const int feeds[] = {0, RNN_AS_STATE, RNN_AT_FIRST, RNN_AT_EACH,
                                RNN_AS_STATE | RNN_AT_FIRST,
                                RNN_AS_STATE | RNN_AT_EACH};

    m->target = test_below(3);
    m->target_size = test_below(4) ? some_size() : 0;
    if (m->target == RNN_EMBEDDING)
        m->target_embedding_size = some_size();
    m->decoder_layers = test_below(3);
    m->feed = feeds[test_below(6)];
    m->head_context = test_below(2);
    if (m->wiring == RNN_N_TO_M) {
        m->bidirectional = test_below(2);
        m->attention = attention;
        m->attention_size = attention == RNN_ADDITIVE ? some_size() : 0;
        m->context = context;
        m->source_steps = context == RNN_ALL ? N : 0;
        m->hand_over = test_below(4);
        m->num_sources = test_below(3);
    }
    fit_sizes(m);
}

/* Lengths up to steps, the longest at most `most`; or NULL. */
static const int *some_lengths(int steps, int batch, int most)
{
    int *n = test_ids((size_t)batch, most + 1);

    if (most == steps && test_below(2))
        return NULL;
    n[test_below(batch)] = test_below(3) ? most : 0;
    return n;
}

/* What follows from the description and the sequences. */
static void finish_job(job *j)
{
    const rnn_model *m = &j->model;
    const int layers = m->hand_over & RNN_HAND_LAYERS;
    int S = j->source[0].steps;
    size_t R;

    j->decoder = m->wiring >= RNN_1_TO_N;
    j->given = m->wiring == RNN_1_TO_N;
    j->lstm = m->cell == RNN_LSTM;
    j->sources = !j->decoder ? 0 : m->num_sources == 2 ? 2 : 1;
    if (j->sources == 2 && j->source[1].steps > S)
        S = j->source[1].steps;
    MUST_OK(rnn_model_sizes(m, S, j->seq.steps, j->seq.batch, &j->sizes));
    MUST_OK(rnn_model_stack(m, &j->stack));
    if (j->decoder && !j->given)
        MUST_OK(rnn_model_encoder(m, &j->encoder));
    j->T = (size_t)j->seq.steps;
    j->B = (size_t)j->seq.batch;
    j->O = (size_t)m->output_size;
    j->I = (size_t)m->input_size;
    j->X = (size_t)(j->decoder ? m->target_size : m->input_size);
    j->H = (size_t)j->stack.hidden_size;
    j->L = (size_t)(j->stack.num_layers ? j->stack.num_layers : 1) *
           (j->stack.bidirectional ? 2u : 1u);
    j->K = (size_t)m->hidden_size * (m->bidirectional ? 2u : 1u);
    j->Q = (size_t)m->num_layers * (m->bidirectional ? 2u : 1u);
    j->feed = m->feed || m->attention || layers || !j->decoder
                  ? m->feed : (int)RNN_AS_STATE;
    if (layers)
        j->feed &= ~(int)RNN_AS_STATE;
    j->uses_c = j->feed || (m->head_context && !m->attention);
    R = j->given ? (size_t)(m->input == RNN_EMBEDDING ? m->embedding_size
                                                      : m->input_size)
                 : j->K * (size_t)j->sources;
    if (m->context == RNN_ALL)
        R *= (size_t)m->source_steps;
    j->C = !j->uses_c ? 0 : m->context_size ? (size_t)m->context_size : R;
    j->Z = !m->head_context ? 0
           : m->attention   ? j->K * (size_t)j->sources
                            : j->C;
}

/* The numbers of a job whose model and steps are set. */
static void fill_job(job *j, double scale)
{
    const rnn_model *m = &j->model;
    const size_t states = j->Q * j->B * (size_t)m->hidden_size;
    int i;

    j->params = test_reals(j->sizes.params, scale);
    j->before = test_reals(j->sizes.params, 1);
    j->up = test_reals(j->sizes.output, 1);
    if (j->decoder ? m->target != RNN_DENSE : m->input != RNN_DENSE)
        j->seq.ids = j->X ? test_ids(j->T * j->B, (int)j->X) : NULL;
    else
        j->seq.x = j->X ? test_reals(j->T * j->B * j->X, 1) : NULL;
    if (test_below(2)) {
        j->seq.h0 = test_reals(j->sizes.state, 1);
        j->dhn = test_reals(j->sizes.state, 1);
        j->seq.c0 = j->lstm ? test_reals(j->sizes.state, 1) : NULL;
        j->dcn = j->lstm ? test_reals(j->sizes.state, 1) : NULL;
    }
    for (i = 0; i < j->sources; i++) {
        rnn_seq *s = &j->source[i];
        const size_t rows = (size_t)s->steps * j->B;
        if (m->input == RNN_DENSE)
            s->x = test_reals(rows * j->I, 1);
        else
            s->ids = test_ids(rows, m->input_size);
        if (j->given || test_below(2))
            continue;
        s->h0 = test_reals(states, 1);
        j->dhn2[i] = test_reals(states, 1);
        s->c0 = j->lstm ? test_reals(states, 1) : NULL;
        j->dcn2[i] = j->lstm ? test_reals(states, 1) : NULL;
    }
}

static void make_job(job *j, int wiring, int cell, int attention, int context,
                     int dropout)
{
    const int T = 1 + test_below(5), B = 1 + test_below(test_below(5) ? 4 : 9);
    const int S = wiring == RNN_1_TO_N ? 1 : 1 + test_below(6);
    const int N = S + test_below(3) - (S > 1);
    rnn_model *m = &j->model;
    int i;

    memset(j, 0, sizeof *j);
    m->wiring = wiring;
    m->cell = cell;
    m->input = test_below(3);
    m->input_size = some_size();
    if (m->input == RNN_EMBEDDING)
        m->embedding_size = some_size();
    m->hidden_size = some_size();
    m->num_layers = 1 + test_below(2);
    m->no_bias = test_below(3) == 0;
    m->output_size = some_size();
    if (dropout) {
        m->dropout = (rnn_real)0.3;
        m->dropout_last = (rnn_real)0.4;
    }
    if (wiring >= RNN_1_TO_N)
        make_decoder(m, attention, context, N);
    else
        m->bidirectional = test_below(2);
    j->seq.steps = T;
    j->seq.batch = B;
    j->seq.lengths = some_lengths(T, B, T);
    j->seq.seed[0] = (uint32_t)test_next();
    j->seq.seed[1] = 5;
    j->seq.first_step = 1000000;
    j->seq.first_row = 77;
    for (i = 0; i < 2; i++) {
        j->source[i].steps = i && test_below(3) == 0 && S > 1 ? S - 1 : S;
        j->source[i].batch = B;
        if (wiring == RNN_N_TO_M)
            j->source[i].lengths = some_lengths(
                j->source[i].steps, B,
                context == RNN_ALL && N < j->source[i].steps
                    ? N : j->source[i].steps);
    }
    finish_job(j);
    fill_job(j, 0.6);
}

/* ---- running them -------------------------------------------------------- */

/* The k-th of n parts, in an order that no thread can rely on. */
static int shuffled(int k, int n)
{
    return n % 2 ? (k * 2 + 1) % n : n - 1 - k;
}

static void set_run(rnn_run *run, int kernel, int k, int parts)
{
    memset(run, 0, sizeof *run);
    run->kernel = kernel;
    run->parts = parts;
    run->part = parts ? shuffled(k, parts) : 0;
}

#define EACH_PART(k, run, w, parts)                                            \
    for ((k) = 0; (k) < ((parts) ? (parts) : 1) &&                             \
                  (set_run((run), (w)->kernel, (k), (parts)), 1); (k)++)

static size_t length_of(const rnn_seq *s, size_t b)
{
    return (size_t)(s->lengths ? s->lengths[b] : s->steps);
}

/* A job's sequences, with outputs in r. */
static void open_seqs(const job *j, const how *w, results *r, rnn_seq *seq,
                      rnn_seq *source)
{
    static const char *const hn[] = {"hn 1", "hn 2"}, *const cn[] = {"cn 1",
                                                                     "cn 2"};
    const size_t H = (size_t)j->model.hidden_size;
    int i;

    *seq = j->seq;
    seq->x = input(w, seq->x, j->T * j->B * j->X);
    seq->h0 = input(w, seq->h0, j->sizes.state);
    seq->hn = output(r, w, "hn", j->L, j->B, j->H)->p;
    if (j->lstm)
        seq->cn = output(r, w, "cn", j->L, j->B, j->H)->p;
    for (i = 0; i < j->sources; i++) {
        source[i] = j->source[i];
        source[i].x = input(w, source[i].x,
                            (size_t)source[i].steps * j->B * j->I);
        if (j->given)
            continue;
        source[i].hn = output(r, w, hn[i], j->Q, j->B, H)->p;
        if (j->lstm)
            source[i].cn = output(r, w, cn[i], j->Q, j->B, H)->p;
    }
    seq->source = j->sources ? source : NULL;
}

static rnn_real *open_logits(const job *j, const how *w, results *r)
{
    const int one = j->model.wiring == RNN_N_TO_1;
    array *a = output(r, w, "logits", one ? 1 : j->T, j->B, j->O);

    a->along = one ? ONCE : TARGET;
    return a->p;
}

/* What the view shows, as results. */
static void keep_view(const job *j, const rnn_seq *seq, const rnn_real *work,
                      size_t len, results *r)
{
    static const char *const names[2][3] = {
        {"memory 1", "attention 1", "context 1"},
        {"memory 2", "attention 2", "context 2"}};
    rnn_model_view v;
    int i;

    MUST_OK(rnn_view_model(&j->model, seq, work, len, &v));
    CHECK((v.h0 != NULL) == j->decoder && (v.c != NULL) == j->uses_c &&
          (v.c0 != NULL) == (j->decoder && j->lstm), "view; %s", describe(j));
    keep(r, "h0", v.h0, j->L, j->B, j->H, ONCE, ONCE);
    keep(r, "c0", v.c0, j->L, j->B, j->H, ONCE, ONCE);
    keep(r, "c", v.c, 1, j->B, j->C, ONCE, ONCE);
    for (i = 0; i < j->sources; i++) {
        const size_t S = (size_t)j->source[i].steps;
        keep(r, names[i][0], v.source[i].memory, S, j->B, j->K, SOURCE + i,
             ONCE);
        keep(r, names[i][1], v.source[i].attention, j->T, j->B, S, TARGET,
             SOURCE + i);
        keep(r, names[i][2], v.source[i].context, j->T, j->B, j->K, TARGET,
             ONCE);
    }
}

/* The gradients that leave a backward pass. */
static void open_flow(const job *j, const how *w, results *r, rnn_flow *flow,
                      rnn_flow *source)
{
    static const char *const names[2][3] = {{"dx 1", "dh0 1", "dc0 1"},
                                            {"dx 2", "dh0 2", "dc0 2"}};
    const size_t H = (size_t)j->model.hidden_size;
    array *a;
    int i;

    memset(flow, 0, sizeof *flow);
    memset(source, 0, 2 * sizeof *source);
    flow->dhn = j->dhn;
    flow->dcn = j->dcn;
    flow->dh0 = output(r, w, "dh0", j->L, j->B, j->H)->p;
    if (j->lstm)
        flow->dc0 = output(r, w, "dc0", j->L, j->B, j->H)->p;
    if (j->seq.x) {
        a = output(r, w, "dx", j->T, j->B, j->X);
        a->along = TARGET;
        flow->dx = a->p;
    }
    for (i = 0; i < j->sources; i++) {
        source[i].dhn = j->dhn2[i];
        source[i].dcn = j->dcn2[i];
        if (j->source[i].x) {
            a = output(r, w, names[i][0], (size_t)j->source[i].steps, j->B,
                       j->I);
            a->along = SOURCE + i;
            source[i].dx = a->p;
        }
        if (j->given)
            continue;
        source[i].dh0 = output(r, w, names[i][1], j->Q, j->B, H)->p;
        if (j->lstm)
            source[i].dc0 = output(r, w, names[i][2], j->Q, j->B, H)->p;
    }
    flow->source = j->sources ? source : NULL;
}

static void run_backward(const job *j, const how *w, results *r,
                         const rnn_real *params, const rnn_seq *seq,
                         rnn_real *work, size_t len)
{
    array *grads = output(r, w, "grads", 1, 1, j->sizes.params);
    rnn_flow flow, source[2];
    const int alone = w->parts < 2 && w->columns < 2;
    rnn_run run;
    int k;

    grads->shared = 1;
    memcpy(grads->p, j->before, j->sizes.params * sizeof *grads->p);
    open_flow(j, w, r, &flow, source);
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_backward(&j->model, params, seq, j->up, &flow,
                             alone ? grads->p : NULL, work, len, &run));
    if (alone)
        return;
    EACH_PART(k, &run, w, w->columns)
        MUST_OK(rnn_grads(&j->model, seq, j->up, grads->p, work, len, &run));
}

/* One step of training. */
static void run_train(const job *j, const how *w, results *r)
{
    const size_t len = w->tight ? j->sizes.train_tight : j->sizes.train;
    const rnn_real *params = input(w, j->params, j->sizes.params);
    rnn_real *work, *logits;
    rnn_seq seq, source[2];
    rnn_run run;
    size_t i;
    int k;

    memset(r, 0, sizeof *r);
    work = work_of(r, w, len);
    open_seqs(j, w, r, &seq, source);
    logits = open_logits(j, w, r);
    if (seq.own_rate > 0) {
        r->own = test_ids(j->T * j->B, 1);
        for (i = 0; i < j->T * j->B; i++)
            r->own[i] = -1;
        seq.own_ids = r->own;
    }
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_forward(&j->model, params, &seq, logits, work, len, &run));
    keep_view(j, &seq, work, len, r);
    run_backward(j, w, r, params, &seq, work, len);
}

static void run_infer(const job *j, const how *w, results *r)
{
    const rnn_real *params = input(w, j->params, j->sizes.params);
    rnn_real *work, *logits;
    rnn_seq seq, source[2];
    rnn_run run;
    int k;

    memset(r, 0, sizeof *r);
    work = work_of(r, w, j->sizes.infer);
    open_seqs(j, w, r, &seq, source);
    logits = open_logits(j, w, r);
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_infer(&j->model, params, &seq, logits, work,
                          j->sizes.infer, &run));
}

/* ---- encode, then one step at a time ------------------------------------- */

typedef struct stream {       /* an encoded source, and a decoder on it */
    rnn_seq source[2];
    rnn_real *memory, *h, *c; /* h, c: where the decoder starts         */
    rnn_real *work;           /* of a step of all rows                  */
    size_t memory_len, step;
    int S;
} stream;

/* Then the sizes are exact; else they are those of the longer source. */
static int equal_steps(const job *j)
{
    return j->sources < 2 || j->source[0].steps == j->source[1].steps;
}

static int greater_steps(const job *j)
{
    return j->sources == 2 && j->source[1].steps > j->source[0].steps
               ? j->source[1].steps
               : j->source[0].steps;
}

/* Where the model says nothing of a state, the caller's stay. */
static void set_states(const job *j, rnn_real *h, rnn_real *c)
{
    const int layers = j->model.hand_over & RNN_HAND_LAYERS;
    const int cell = j->model.hand_over & RNN_HAND_CELL;
    const size_t n = j->B * j->H;
    size_t l;

    for (l = 0; l < j->L; l++) {
        if (j->seq.h0 && !layers && !(l == 0 && j->feed & RNN_AS_STATE))
            memcpy(h + l * n, j->seq.h0 + l * n, n * sizeof *h);
        if (j->seq.c0 && !(cell && (layers || l == 0)))
            memcpy(c + l * n, j->seq.c0 + l * n, n * sizeof *c);
    }
}

static void run_encode(const job *j, const how *w, results *r, stream *s)
{
    const rnn_real *params = input(w, j->params, j->sizes.params);
    results inner;
    rnn_real *work;
    rnn_sizes one;
    rnn_run run;
    rnn_seq seq;
    int k;

    memset(&inner, 0, sizeof inner);
    s->S = greater_steps(j);
    MUST_OK(rnn_model_sizes(&j->model, s->S, 1, j->seq.batch, &one));
    s->memory_len = one.memory;
    s->step = one.step;
    s->memory = work_of(r, w, one.memory);
    s->h = work_of(r, w, one.state);
    s->c = j->lstm ? work_of(r, w, one.state) : NULL;
    s->work = work_of(r, w, one.step);
    work = work_of(r, w, one.infer);
    open_seqs(j, w, &inner, &seq, s->source);
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_encode(&j->model, params, s->source,
                           one.memory ? s->memory : NULL, one.memory, s->h,
                           s->c, work, one.infer, &run));
    for (k = 0; k < inner.count; k++) /* the encoders' hn and cn */
        if (strchr(inner.a[k].name, ' '))
            r->a[r->count++] = inner.a[k];
    set_states(j, s->h, s->c);
}

/* Rows of step t, with a token of its own where a row has ended. */
static void step_input(const job *j, size_t t, rnn_real *x, int *ids)
{
    size_t b, i;

    for (b = 0; b < j->B; b++) {
        const int valid = t < length_of(&j->seq, b);
        for (i = 0; j->seq.x && i < j->X; i++)
            x[b * j->X + i] = valid ? j->seq.x[(t * j->B + b) * j->X + i] : 0;
        if (j->seq.ids)
            ids[b] = valid ? j->seq.ids[t * j->B + b] : 0;
    }
}

/* Rows of h at their ends. */
static void keep_states(const job *j, size_t steps, const rnn_real *h,
                        rnn_real *hn)
{
    size_t b, l;

    for (b = 0; b < j->B && h; b++)
        for (l = 0; l < j->L && length_of(&j->seq, b) == steps; l++)
            memcpy(hn + (l * j->B + b) * j->H, h + (l * j->B + b) * j->H,
                   j->H * sizeof *h);
}

static void run_steps(const job *j, const how *w, results *r)
{
    static const char *const names[] = {"attention 1", "attention 2"};
    const rnn_real *bias = j->params + j->sizes.params - j->O;
    rnn_real *all, *logits, *hn, *cn = NULL, *x = NULL, *attn = NULL;
    int *ids = test_ids(j->B, 1), i, k;
    size_t t, b, weights = 0;
    array *a[2] = {NULL, NULL};
    rnn_run run;
    stream s;

    memset(r, 0, sizeof *r);
    run_encode(j, w, r, &s);
    all = open_logits(j, w, r);
    hn = output(r, w, "hn", j->L, j->B, j->H)->p;
    if (j->lstm)
        cn = output(r, w, "cn", j->L, j->B, j->H)->p;
    for (i = 0; i < j->sources && j->model.attention; i++) {
        const size_t S = (size_t)j->source[i].steps;
        static const how plain;
        a[i] = output(r, &plain, names[i], j->T, j->B, S);
        weights += j->B * S;
    }
    logits = work_of(r, w, j->B * j->O);
    if (weights)
        attn = work_of(r, w, weights);
    if (j->seq.x)
        x = zeros(j->B * j->X);
    keep_states(j, 0, s.h, hn);
    keep_states(j, 0, s.c, cn);
    for (t = 0; t < j->T; t++) {
        const rnn_real *from = attn;
        step_input(j, t, x, ids);
        EACH_PART(k, &run, w, w->parts)
            MUST_OK(rnn_decode_step(&j->model, j->params, s.source, s.memory,
                                    s.memory_len, (int)t, (int)j->B, NULL, x,
                                    j->seq.ids ? ids : NULL, s.h, s.c, logits,
                                    attn, s.work, s.step, &run));
        for (b = 0; b < j->B; b++)
            memcpy(all + (t * j->B + b) * j->O,
                   t < length_of(&j->seq, b) ? logits + b * j->O : bias,
                   j->O * sizeof *all);
        for (i = 0; i < 2 && a[i]; from += j->B * a[i]->width, i++)
            for (b = 0; b < j->B; b++)
                if (t < length_of(&j->seq, b))
                    memcpy(a[i]->p + (t * j->B + b) * a[i]->width,
                           from + b * a[i]->width,
                           a[i]->width * sizeof *from);
        keep_states(j, t + 1, s.h, hn);
        keep_states(j, t + 1, s.c, cn);
    }
}

/* ---- rows of a job ------------------------------------------------------- */

/* Rows index[0 .. count - 1] of an array (outer, rows, bytes). */
static void *take(const void *from, size_t outer, size_t rows, size_t bytes,
                  const int *index, size_t count)
{
    unsigned char *to;
    size_t o, i;

    if (!from)
        return NULL;
    to = (unsigned char *)test_memory(outer * count * bytes);
    for (o = 0; o < outer; o++)
        for (i = 0; i < count; i++)
            memcpy(to + (o * count + i) * bytes,
                   (const unsigned char *)from +
                       (o * rows + (size_t)index[i]) * bytes, bytes);
    return to;
}

#define TAKE(type, from, outer, width)                                         \
    ((type *)take((from), (outer), j->B, (width) * sizeof(type), index, count))

/* The first steps of rows of a sequence; I: the width of its x. */
static void take_seq(const job *j, rnn_seq *s, const int *index, size_t count,
                     int steps, size_t I, size_t states)
{
    size_t i;
    int all = 1;
    int *lengths = TAKE(int, s->lengths, 1, 1);

    for (i = 0; i < count && lengths; i++)
        all &= lengths[i] == steps;
    s->lengths = all ? NULL : lengths;
    s->steps = steps;
    s->batch = (int)count;
    s->x = TAKE(rnn_real, s->x, (size_t)steps, I);
    s->ids = TAKE(int, s->ids, (size_t)steps, 1);
    s->h0 = TAKE(rnn_real, s->h0, 1, states);
    s->c0 = TAKE(rnn_real, s->c0, 1, states);
}

/* Of an array (outer, B, H) of states. */
#define TAKE_STATES(p, outer, H) ((p) = TAKE(rnn_real, p, outer, H))

/* The job of some of the rows, for the first `steps` steps of each sequence:
 * of the target, of the sources. */
static void take_rows(const job *j, job *k, const int *index, size_t count,
                      const int *steps)
{
    const size_t H = (size_t)j->model.hidden_size;
    int i;

    *k = *j;
    k->seq.first_row = j->seq.first_row + (uint32_t)index[0];
    k->seq.h0 = k->seq.c0 = NULL;
    take_seq(j, &k->seq, index, count, steps[0], j->X, 0);
    k->seq.h0 = TAKE(rnn_real, j->seq.h0, j->L, j->H);
    k->seq.c0 = TAKE(rnn_real, j->seq.c0, j->L, j->H);
    TAKE_STATES(k->dhn, j->L, j->H);
    TAKE_STATES(k->dcn, j->L, j->H);
    k->up = TAKE(rnn_real, j->up,
                 j->model.wiring == RNN_N_TO_1 ? 1 : (size_t)steps[0], j->O);
    for (i = 0; i < j->sources; i++) {
        rnn_seq *s = &k->source[i];
        s->h0 = s->c0 = NULL;
        take_seq(j, s, index, count, steps[1 + i], j->I, 0);
        s->h0 = TAKE(rnn_real, j->source[i].h0, j->Q, H);
        s->c0 = TAKE(rnn_real, j->source[i].c0, j->Q, H);
        TAKE_STATES(k->dhn2[i], j->Q, H);
        TAKE_STATES(k->dcn2[i], j->Q, H);
    }
    finish_job(k);
}

/* Those rows and steps of all results that have rows. */
static void take_results(const job *j, const results *r, results *s,
                         const int *index, size_t count, const int *steps)
{
    int i;

    memset(s, 0, sizeof *s);
    s->own = TAKE(int, r->own, (size_t)steps[0], 1);
    for (i = 0; i < r->count; i++) {
        array a = r->a[i];
        size_t o, width;
        rnn_real *p;
        if (a.shared)
            continue;
        if (a.along)
            a.outer = (size_t)steps[a.along - TARGET];
        width = a.across ? (size_t)steps[a.across - TARGET] : a.width;
        p = TAKE(rnn_real, a.p, a.outer, a.width);
        for (o = 0; o < a.outer * count; o++)
            memmove(p + o * width, p + o * a.width, width * sizeof *p);
        a.p = p;
        a.rows = count;
        a.width = width;
        a.guarded = 0;
        s->a[s->count++] = a;
    }
}

/* ---- properties of a job ------------------------------------------------- */

static void check_ways(const job *j, const results *r)
{
    static const int parts[] = {1, 2, 3, 5, 40};
    results s;
    how w;
    int k;

    for (k = 0; k < kernel_count; k++) {
        memset(&w, 0, sizeof w);
        w.kernel = kernels[k];
        w.shift = test_below(2);
        w.guarded = 1;
        w.fill = test_below(2) ? rubbish : not_a_number();
        run_train(j, &w, &s);
        check_same(j, r, &s, "kernel");
    }
    for (k = 0; k < 5; k++) {
        w.kernel = kernels[test_below(kernel_count)];
        w.parts = parts[k];
        w.columns = parts[test_below(5)];
        w.shift = test_below(2);
        w.guarded = test_below(2);
        w.tight = test_below(2);
        run_train(j, &w, &s);
        check_same(j, r, &s, "parts");
    }
    memset(&w, 0, sizeof w);
    w.tight = 1;
    w.fill = not_a_number();
    run_train(j, &w, &s);
    check_same(j, r, &s, "tight work");
}

/* Two steps of training in one work, one after the other. */
static void check_twice(const job *j, const results *r)
{
    static const how plain;
    rnn_real *work;
    results s[2];
    int k;

    for (k = 0; k < 2; k++) {
        rnn_real *logits;
        rnn_seq seq, source[2];
        memset(&s[k], 0, sizeof s[k]);
        work = k ? s[0].a[0].p : work_of(&s[0], &plain, j->sizes.train);
        open_seqs(j, &plain, &s[k], &seq, source);
        logits = open_logits(j, &plain, &s[k]);
        if (seq.own_rate > 0)
            seq.own_ids = s[k].own = test_ids(j->T * j->B, 1);
        MUST_OK(rnn_forward(&j->model, j->params, &seq, logits, work,
                            j->sizes.train, NULL));
        keep_view(j, &seq, work, j->sizes.train, &s[k]);
        run_backward(j, &plain, &s[k], j->params, &seq, work, j->sizes.train);
    }
    s[0].own = s[1].own = NULL; /* elsewhere; on padding they differ */
    check_same(j, &s[0], &s[1], "twice");
    check_same(j, r, &s[1], "once");
}

/* Inference, and one step at a time, on every kernel and in parts. */
static void check_paths(const job *j, const results *r)
{
    results s;
    how w;
    int k;

    if (j->model.dropout > 0)
        return;
    for (k = 0; k < kernel_count; k++) {
        memset(&w, 0, sizeof w);
        w.kernel = kernels[k];
        w.parts = test_below(3) ? 0 : 1 + test_below(4);
        w.shift = test_below(2);
        w.guarded = test_below(2);
        w.fill = not_a_number();
        run_infer(j, &w, &s);
        check_same(j, r, &s, "infer");
        if (!j->decoder)
            continue;
        run_steps(j, &w, &s);
        check_same(j, r, &s, "one step at a time");
    }
}

static void check_rows(const job *j, const results *r)
{
    static const how plain;
    int *index = test_ids(j->B, 1), steps[3], i, k, b;
    results s, t;
    job one;

    steps[0] = j->seq.steps;
    steps[1] = j->source[0].steps;
    steps[2] = j->source[1].steps;
    for (b = 0; b < (int)j->B; b++) {
        int least[3];
        take_rows(j, &one, &b, 1, steps);
        run_train(&one, &plain, &s);
        take_results(j, r, &t, &b, 1, steps);
        check_same(&one, &t, &s, "row alone");
        for (i = 0; i < 3; i++) { /* without its padding */
            least[i] = (int)length_of(i ? &j->source[i - 1] : &j->seq,
                                      (size_t)b);
            if (least[i] == 0)
                least[i] = 1;
        }
        if (memcmp(least, steps, sizeof steps) == 0)
            continue;
        take_rows(j, &one, &b, 1, least);
        run_train(&one, &plain, &s);
        take_results(j, r, &t, &b, 1, least);
        check_same(&one, &t, &s, "row without its padding");
    }
    k = test_below((int)j->B); /* neighbours: dropout stays with the place */
    for (b = k; b < (int)j->B; b++)
        index[b - k] = b;
    take_rows(j, &one, index, (size_t)(b - k), steps);
    run_train(&one, &plain, &s);
    take_results(j, r, &t, index, (size_t)(b - k), steps);
    check_same(&one, &t, &s, "some rows");
    if (j->model.dropout > 0 || j->seq.own_rate > 0)
        return;
    for (b = 0; b < (int)j->B; b++)
        index[b] = (int)j->B - 1 - b;
    take_rows(j, &one, index, j->B, steps);
    run_train(&one, &plain, &s);
    take_results(j, r, &t, index, j->B, steps);
    check_same(&one, &t, &s, "rows in another order");
}

/* Rubbish where a sequence of width I has ended. */
static void soil(rnn_seq *s, size_t I)
{
    const size_t B = (size_t)s->batch, rows = (size_t)s->steps * B;
    rnn_real *x = NULL;
    int *ids = NULL;
    size_t i, k;

    if (s->x)
        x = (rnn_real *)memcpy(test_memory(rows * I * sizeof *x), s->x,
                               rows * I * sizeof *x);
    if (s->ids)
        ids = (int *)memcpy(test_memory(rows * sizeof *ids), s->ids,
                            rows * sizeof *ids);
    for (i = 0; i < rows; i++) {
        if (i / B < length_of(s, i % B))
            continue;
        for (k = 0; x && k < I; k++)
            x[i * I + k] = not_a_number();
        if (ids)
            ids[i] = i % 2 ? -5 : 1 << 30;
    }
    s->x = x;
    s->ids = ids;
}

/* Padding is not read, and what comes out there is what the header says. */
static void check_padding(const job *j, const results *r)
{
    const rnn_real zero = 0, *bias = j->params + j->sizes.params - j->O;
    static const char *const names[] = {
        "dx", "dx 1", "dx 2", "attention 1", "attention 2", "context 1",
        "context 2", "memory 1", "memory 2"};
    job dirty = *j;
    results s;
    how w;
    size_t i, k, n;
    int q;

    soil(&dirty.seq, j->X);
    for (q = 0; q < j->sources; q++)
        soil(&dirty.source[q], j->I);
    if (j->model.wiring != RNN_N_TO_1) {
        rnn_seq up = j->seq;
        up.x = j->up;
        soil(&up, j->O);
        dirty.up = up.x;
    }
    memset(&w, 0, sizeof w);
    w.parts = test_below(3);
    run_train(&dirty, &w, &s);
    check_same(j, r, &s, "rubbish in padding");
    for (q = 0; q < 9; q++) {
        const array *a = find(r, names[q]);
        const rnn_seq *of = !a || a->along == TARGET
                                ? &j->seq : &j->source[a->along - SOURCE];
        for (i = n = 0; a && i < a->outer * j->B; i++)
            for (k = 0; k < a->width && i / j->B >= length_of(of, i % j->B);
                 k++)
                n += !same(a->p + i * a->width + k, &zero, 1);
        CHECK(n == 0, "%s on padding; %s", names[q], describe(j));
    }
    if (j->model.wiring == RNN_N_TO_1)
        return;
    for (i = n = 0; i < j->T * j->B; i++)
        if (i / j->B >= length_of(&j->seq, i % j->B))
            n += !same(find(r, "logits")->p + i * j->O, bias, j->O);
    CHECK(n == 0, "logits on padding; %s", describe(j));
}

/* Weights are 0 where the source has ended, and their sum is 1 unless there is
 * nothing to look at. */
static void check_weights(const job *j, const results *r)
{
    static const char *const names[] = {"attention 1", "attention 2"};
    size_t i, k, bad;
    int q;

    for (q = 0; q < j->sources && j->model.attention; q++) {
        const array *a = find(r, names[q]);
        for (i = bad = 0; i < j->T * j->B; i++) {
            const size_t b = i % j->B;
            const size_t n = i / j->B < length_of(&j->seq, b)
                                 ? length_of(&j->source[q], b) : 0;
            double sum = 0;
            for (k = 0; k < a->width; k++) {
                const rnn_real p = a->p[i * a->width + k];
                bad += k < n ? !(p >= 0 && p <= 1) : p < 0 || p > 0;
                sum += (double)p;
            }
            bad += n ? !(fabs(sum - 1) < 1e-6) : sum > 0;
        }
        CHECK(bad == 0, "weights; %s", describe(j));
    }
}

static void short_by_one(const job *j, rnn_status st, const char *what)
{
    CHECK(st == RNN_E_BUFFER, "%s shorter by one gives %d; %s", what, (int)st,
          describe(j));
}

/* The sizes are the least that the calls accept; that they do not write past
 * them, exact memory shows. */
static void check_least(const job *j)
{
    static const how plain;
    const rnn_model *m = &j->model;
    rnn_real *work = zeros(j->sizes.train), *y = work;
    rnn_seq seq, source[2];
    rnn_model_view v;
    results r;
    rnn_sizes one;
    stream s;

    if (!equal_steps(j))
        return;
    CHECK(j->sizes.train_tight <= j->sizes.train &&
          j->sizes.infer <= j->sizes.train_tight, "sizes; %s", describe(j));
    memset(&r, 0, sizeof r);
    open_seqs(j, &plain, &r, &seq, source);
    seq.own_rate = 0;
    short_by_one(j, rnn_forward(m, j->params, &seq, y, work,
                                j->sizes.train_tight - 1, NULL), "forward");
    short_by_one(j, rnn_infer(m, j->params, &seq, y, work,
                              j->sizes.infer - 1, NULL), "infer");
    short_by_one(j, rnn_view_model(m, &seq, work, j->sizes.train_tight - 1,
                                   &v), "view");
    if (!j->decoder)
        return;
    run_encode(j, &plain, &r, &s);
    MUST_OK(rnn_model_sizes(m, s.S, 1, j->seq.batch, &one));
    short_by_one(j, rnn_encode(m, j->params, s.source, s.memory, one.memory,
                               s.h, s.c, work, one.infer - 1, NULL), "encode");
    short_by_one(j, rnn_decode_step(m, j->params, s.source, s.memory,
                                    one.memory, 0, j->seq.batch, NULL,
                                    j->seq.x, j->seq.ids, s.h, s.c, y, NULL,
                                    work, one.step - 1, NULL), "step");
    if (one.memory)
        short_by_one(j, rnn_encode(m, j->params, s.source, s.memory,
                                   one.memory - 1, s.h, s.c, work, one.infer,
                                   NULL), "memory");
}

/* ---- a model is its blocks ----------------------------------------------- */

typedef struct encoded {
    rnn_real *y[2], *hn[2], *cn[2]; /* of each encoder */
    rnn_real *c, *h, *s;            /* of the decoder: c, its states over
                                       all steps, those before each step     */
} encoded;

static size_t offset_of(const job *j, const char *name)
{
    rnn_tensor t;
    int i;

    for (i = 0; rnn_model_tensor(&j->model, i, &t) == RNN_OK; i++)
        if (strcmp(t.name, name) == 0)
            return t.offset;
    return 0;
}

static void check_numbers(const job *j, const results *r, const char *name,
                          const rnn_real *p)
{
    const array *a = find(r, name);

    if (a)
        CHECK(same(a->p, p, array_size(a)), "blocks: %s; %s", name,
              describe(j));
}

/* What a stack reads of a sequence, as numbers, 0 on padding. */
static rnn_real *read_rows(const job *j, int kind, size_t I, size_t E,
                           const char *table, const rnn_seq *s)
{
    const size_t width = kind == RNN_EMBEDDING ? E : I, B = j->B;
    const rnn_real *rows = j->params + offset_of(j, table);
    rnn_real *x = zeros((size_t)s->steps * B * width);
    size_t i;

    for (i = 0; i < (size_t)s->steps * B && width; i++) {
        rnn_real *to = x + i * width;
        if (i / B >= length_of(s, i % B))
            continue;
        if (kind == RNN_DENSE)
            memcpy(to, s->x + i * width, width * sizeof *to);
        else if (kind == RNN_ONE_HOT)
            to[s->ids[i]] = 1;
        else
            memcpy(to, rows + (size_t)s->ids[i] * E, E * sizeof *to);
    }
    return x;
}

static void encoder_blocks(const job *j, encoded *e, int i)
{
    static const char *const weights[] = {"enc.weight_ih_l0",
                                          "enc2.weight_ih_l0"};
    static const char *const tables[] = {"emb_src.weight", "emb_src2.weight"};
    const size_t states = j->Q * j->B * (size_t)j->model.hidden_size;
    rnn_seq s = j->source[i];
    rnn_sizes z;

    s.x = read_rows(j, j->model.input, j->I, (size_t)j->model.embedding_size,
                    tables[i], &s);
    s.ids = NULL;
    MUST_OK(rnn_stack_sizes(&j->encoder, s.steps, s.batch, &z));
    e->y[i] = zeros(z.output);
    s.hn = e->hn[i] = zeros(states);
    s.cn = e->cn[i] = j->lstm ? zeros(states) : NULL;
    MUST_OK(rnn_stack_infer(&j->encoder, j->params + offset_of(j, weights[i]),
                            &s, e->y[i], zeros(z.infer), z.infer,
                            NULL));
}

/* Layer l's final states, both directions side by side, into column `at` of
 * rows of `width`. */
static void put_states(const job *j, const rnn_real *from, size_t l,
                       rnn_real *to, size_t width, size_t at)
{
    const size_t H = (size_t)j->model.hidden_size, D = j->K / H;
    size_t b, d;

    for (b = 0; b < j->B; b++)
        for (d = 0; d < D; d++)
            memcpy(to + b * width + at + d * H,
                   from + ((l * D + d) * j->B + b) * H, H * sizeof *to);
}

/* r of source i, into column `at` of rows of width R. */
static void summary_blocks(const job *j, const encoded *e, int i, rnn_real *r,
                           size_t R, size_t at)
{
    const size_t K = j->K;
    size_t b, n, k, t;

    if (j->model.context == RNN_LAST)
        put_states(j, e->hn[i], (size_t)j->model.num_layers - 1, r, R, at);
    for (b = 0; b < j->B && j->model.context != RNN_LAST; b++) {
        n = length_of(&j->source[i], b);
        for (t = 0; t < n; t++)
            for (k = 0; k < K; k++) {
                const rnn_real h = e->y[i][(t * j->B + b) * K + k];
                if (j->model.context == RNN_ALL)
                    r[b * R + at + t * K + k] = h;
                else
                    r[b * R + at + k] += h;
            }
        for (k = 0; k < K && j->model.context == RNN_MEAN; k++)
            r[b * R + at + k] *= 1 / (rnn_real)(n ? n : 1);
    }
}

static rnn_real *context_blocks(const job *j, const encoded *e)
{
    const size_t most = (size_t)(j->model.source_steps + 1) * j->K * 2 + j->I;
    rnn_real *r = zeros(j->B * most), *c;
    rnn_linear q;
    rnn_seq flat;
    size_t R;
    int i;

    if (j->given) {
        R = (size_t)(j->model.input == RNN_EMBEDDING ? j->model.embedding_size
                                                     : j->model.input_size);
        r = read_rows(j, j->model.input, j->I, R, "emb_src.weight",
                      &j->source[0]);
    } else {
        const size_t each = j->K * (size_t)(j->model.context == RNN_ALL
                                                ? j->model.source_steps : 1);
        R = each * (size_t)j->sources;
        for (i = 0; i < j->sources; i++)
            summary_blocks(j, e, i, r, R, each * (size_t)i);
    }
    if (!j->model.context_size)
        return r;
    memset(&q, 0, sizeof q);
    memset(&flat, 0, sizeof flat);
    q.input_size = (int)R;
    q.output_size = j->model.context_size;
    q.activation = RNN_FN_TANH;
    flat.steps = 1;
    flat.batch = (int)j->B;
    flat.x = r;
    c = zeros(j->B * j->C);
    MUST_OK(rnn_linear_forward(&q, j->params + offset_of(j, "bridge.weight"),
                               &flat, c, NULL));
    return c;
}

/* The states at which the decoder starts. */
static void start_blocks(const job *j, const encoded *e, rnn_real *h,
                         rnn_real *c)
{
    const int layers = j->model.hand_over & RNN_HAND_LAYERS;
    const int cell = j->model.hand_over & RNN_HAND_CELL;
    const size_t top = (size_t)j->model.num_layers - 1, n = j->B * j->H;
    size_t l, at;
    int i;

    if (j->seq.h0)
        memcpy(h, j->seq.h0, j->sizes.state * sizeof *h);
    if (j->seq.c0)
        memcpy(c, j->seq.c0, j->sizes.state * sizeof *c);
    if (j->feed & RNN_AS_STATE)
        memcpy(h, e->c, n * sizeof *h);
    for (i = 0, at = 0; i < j->sources && !j->given; i++, at += j->K)
        for (l = 0; l < (layers ? j->L : 1); l++) {
            if (layers)
                put_states(j, e->hn[i], l, h + l * n, j->H, at);
            if (cell && c)
                put_states(j, e->cn[i], layers ? l : top, c + l * n, j->H, at);
        }
}

/* [token; c; contexts], as far as the decoder reads them. */
static rnn_real *decoder_input(const job *j, const results *r,
                               const encoded *e)
{
    const size_t width = (size_t)j->stack.input_size;
    const size_t X = j->X && j->model.target == RNN_EMBEDDING
                         ? (size_t)j->model.target_embedding_size : j->X;
    const rnn_real *token = read_rows(j, j->model.target, j->X, X,
                                      j->given ? "emb.weight"
                                               : "emb_tgt.weight", &j->seq);
    rnn_real *x = zeros(j->T * j->B * (width ? width : 1));
    size_t i;
    int k;

    for (i = 0; i < j->T * j->B && width; i++) {
        rnn_real *to = x + i * width;
        memcpy(to, token + i * X, X * sizeof *to);
        to += X;
        if (j->feed & RNN_AT_EACH || (j->feed & RNN_AT_FIRST && i < j->B))
            memcpy(to, e->c + i % j->B * j->C, j->C * sizeof *to);
        if (j->feed & (RNN_AT_EACH | RNN_AT_FIRST))
            to += j->C;
        for (k = 0; k < j->sources && j->model.attention; k++, to += j->K)
            memcpy(to, find(r, k ? "context 2" : "context 1")->p + i * j->K,
                   j->K * sizeof *to);
    }
    return x;
}

/* The decoder as a stack over all steps. One that reads nothing is a stack
 * that reads a 0. */
static void decoder_blocks(const job *j, const results *r, encoded *e)
{
    rnn_stack stack = j->stack;
    const size_t n = j->B * j->H;
    const size_t none = stack.input_size ? 0 : RNN_GATES(stack.cell) * j->H;
    const size_t at = offset_of(j, none ? j->given ? "rnn.weight_hh_l0"
                                                   : "dec.weight_hh_l0"
                                        : j->given ? "rnn.weight_ih_l0"
                                                   : "dec.weight_ih_l0");
    rnn_real *params = zeros(none + j->sizes.params - at);
    rnn_real *h0 = zeros(j->sizes.state), *hn = zeros(
        j->sizes.state), *c0 = NULL, *cn = NULL;
    rnn_seq s = j->seq;
    rnn_sizes z;

    memcpy(params + none, j->params + at,
           (j->sizes.params - at) * sizeof *params);
    if (none)
        stack.input_size = 1;
    if (j->lstm) {
        c0 = zeros(j->sizes.state);
        cn = zeros(j->sizes.state);
    }
    start_blocks(j, e, h0, c0);
    check_numbers(j, r, "h0", h0);
    check_numbers(j, r, "c0", c0);
    s.x = decoder_input(j, r, e);
    s.ids = NULL;
    s.h0 = h0;
    s.c0 = c0;
    s.hn = hn;
    s.cn = cn;
    MUST_OK(rnn_stack_sizes(&stack, s.steps, s.batch, &z));
    e->h = zeros(z.output);
    MUST_OK(rnn_stack_infer(&stack, params, &s, e->h, zeros(z.infer),
                            z.infer, NULL));
    check_numbers(j, r, "hn", hn);
    check_numbers(j, r, "cn", cn);
    e->s = zeros(j->T * n);
    memcpy(e->s, h0 + (j->L - 1) * n, n * sizeof *e->s);
    memcpy(e->s + n, e->h, (j->T - 1) * n * sizeof *e->s);
}

/* Where source i is looked at from the states before each step. */
static void attention_blocks(const job *j, const results *r, const encoded *e,
                             int i)
{
    const size_t S = (size_t)j->source[i].steps;
    rnn_real *attn = zeros(j->T * j->B * S);
    rnn_real *context = zeros(j->T * j->B * j->K);
    rnn_seq source = j->source[i], s = j->seq;
    size_t params, keys, work, at;
    rnn_attention a;

    memset(&a, 0, sizeof a);
    a.score = j->model.attention;
    a.query_size = (int)j->H;
    a.key_size = (int)j->K;
    a.size = j->model.attention_size;
    at = offset_of(j, a.score == RNN_ADDITIVE ? i ? "att2.W" : "att.W"
                                              : i ? "att2.U" : "att.U");
    source.x = e->y[i];
    s.x = e->s;
    MUST_OK(rnn_attention_sizes(&a, source.steps, s.steps, s.batch, &params,
                                &keys, &work));
    MUST_OK(rnn_attention_forward(&a, params ? j->params + at : NULL, &source,
                                  &s, zeros(keys), keys, attn, context,
                                  NULL, zeros(work), work, NULL));
    check_numbers(j, r, i ? "attention 2" : "attention 1", attn);
    check_numbers(j, r, i ? "context 2" : "context 1", context);
}

static void head_blocks(const job *j, const results *r, const encoded *e)
{
    const size_t W = j->H + j->Z;
    rnn_real *x = zeros(j->T * j->B * W), *to = x;
    rnn_real *logits = zeros(j->sizes.output);
    rnn_seq s = j->seq;
    rnn_linear head;
    size_t i;
    int k;

    for (i = 0; i < j->T * j->B; i++) {
        memcpy(to, e->h + i * j->H, j->H * sizeof *to);
        to += j->H;
        for (k = 0; k < j->sources && j->Z && j->model.attention; k++) {
            memcpy(to, find(r, k ? "context 2" : "context 1")->p + i * j->K,
                   j->K * sizeof *to);
            to += j->K;
        }
        if (j->Z && !j->model.attention) {
            memcpy(to, e->c + i % j->B * j->C, j->C * sizeof *to);
            to += j->C;
        }
    }
    memset(&head, 0, sizeof head);
    head.input_size = (int)W;
    head.output_size = (int)j->O;
    s.x = x;
    s.ids = NULL;
    MUST_OK(rnn_linear_forward(&head, j->params + offset_of(j, "out.weight"),
                               &s, logits, NULL));
    check_numbers(j, r, "logits", logits);
}

static void check_blocks(const job *j, const results *r)
{
    encoded e;
    int i;

    if (j->model.dropout > 0 || !j->decoder)
        return;
    memset(&e, 0, sizeof e);
    for (i = 0; i < j->sources && !j->given; i++) {
        encoder_blocks(j, &e, i);
        check_numbers(j, r, i ? "memory 2" : "memory 1", e.y[i]);
        check_numbers(j, r, i ? "hn 2" : "hn 1", e.hn[i]);
        check_numbers(j, r, i ? "cn 2" : "cn 1", e.cn[i]);
    }
    if (j->uses_c) {
        e.c = context_blocks(j, &e);
        check_numbers(j, r, "c", e.c);
    }
    decoder_blocks(j, r, &e);
    for (i = 0; i < j->sources && j->model.attention; i++)
        attention_blocks(j, r, &e, i);
    head_blocks(j, r, &e);
}

/* N vs 1: the head of the last valid state, [forward's last; reverse's first],
 * and what rnn_step gives at a row's end. */
static void check_last(const job *j, const results *r)
{
    const size_t D = j->stack.bidirectional ? 2 : 1, top = j->L - D;
    const rnn_real *logits = find(r, "logits")->p;
    const rnn_real *hn = find(r, "hn")->p;
    rnn_real *h = zeros(j->B * D * j->H), *c = NULL;
    rnn_real *y = zeros(j->sizes.output);
    rnn_real *x = zeros(j->B * j->X);
    rnn_real *work = zeros(j->sizes.step);
    int *ids = test_ids(j->B, 1);
    rnn_linear head;
    rnn_seq flat;
    size_t b, d, t;

    if (j->model.wiring != RNN_N_TO_1 || j->model.dropout > 0)
        return;
    for (b = 0; b < j->B; b++)
        for (d = 0; d < D; d++)
            memcpy(h + (b * D + d) * j->H,
                   hn + ((top + d) * j->B + b) * j->H, j->H * sizeof *h);
    memset(&head, 0, sizeof head);
    memset(&flat, 0, sizeof flat);
    head.input_size = (int)(D * j->H);
    head.output_size = (int)j->O;
    flat.steps = 1;
    flat.batch = (int)j->B;
    flat.x = h;
    MUST_OK(rnn_linear_forward(&head, j->params + offset_of(j, "out.weight"),
                               &flat, y, NULL));
    CHECK(same(logits, y, j->sizes.output), "head of the last state; %s",
          describe(j));
    if (D == 2)
        return;
    h = zeros(j->sizes.state);
    if (j->seq.h0)
        memcpy(h, j->seq.h0, j->sizes.state * sizeof *h);
    if (j->lstm)
        c = zeros(j->sizes.state);
    if (j->seq.c0)
        memcpy(c, j->seq.c0, j->sizes.state * sizeof *c);
    for (t = 0; t < j->T; t++) {
        step_input(j, t, x, ids);
        MUST_OK(rnn_step(&j->model, j->params, (int)j->B, j->seq.x ? x : NULL,
                         j->seq.ids ? ids : NULL, h, c, y, work, j->sizes.step,
                         NULL));
        for (b = 0; b < j->B; b++)
            if (length_of(&j->seq, b) == t + 1)
                CHECK(same(y + b * j->O, logits + b * j->O, j->O),
                      "step %d is not the sequence; %s", (int)t, describe(j));
    }
}

/* Back through the same mask: the stack's own backward pass from the gradient
 * of the last state. */
static void check_masked_back(const job *j, const results *r)
{
    static const how plain;
    const rnn_real keep = 1 / (1 - j->model.dropout_last), zero = 0;
    const rnn_real *y = find(r, "logits")->p;
    rnn_real *d = zeros(j->sizes.state);
    rnn_real *params = (rnn_real *)j->params, *work;
    rnn_flow flow, none[2];
    rnn_seq seq, source[2];
    rnn_sizes z;
    results s;
    size_t i;

    for (i = 0; i < j->sizes.state; i++)
        d[i] = same(y + i, &zero, 1) ? 0 : j->up[i] * keep;
    memset(&s, 0, sizeof s);
    MUST_OK(rnn_stack_sizes(&j->stack, j->seq.steps, j->seq.batch, &z));
    work = zeros(z.train);
    open_seqs(j, &plain, &s, &seq, source);
    open_flow(j, &plain, &s, &flow, none);
    flow.dhn = d;
    flow.dcn = NULL;
    MUST_OK(rnn_stack_forward(&j->stack, params, &seq, NULL, work, z.train,
                              NULL));
    MUST_OK(rnn_stack_backward(&j->stack, params, &seq, NULL, &flow, work,
                               z.train, NULL));
    check_same(j, r, &s, "back through the mask");
}

/* N vs 1 with dropout_last: a head that is the identity shows the masked last
 * state: each unit 0, as often as is asked, or divided by 1 - p. */
static void check_mask(void)
{
    enum { ROWS = 400, UNITS = 10 };
    static const how plain;
    const double p = 0.3, n = (double)ROWS * UNITS;
    job j;
    results r, s;
    rnn_real *params;
    const rnn_real *h, *y;
    size_t i, b, zeros = 0, bad = 0;

    memset(&j, 0, sizeof j);
    j.model.wiring = RNN_N_TO_1;
    j.model.cell = RNN_LSTM;
    j.model.input_size = 2;
    j.model.hidden_size = UNITS;
    j.model.num_layers = 1;
    j.model.output_size = UNITS;
    j.seq.steps = 3;
    j.seq.batch = ROWS;
    j.seq.lengths = test_ids(ROWS, 3);
    j.seq.seed[0] = (uint32_t)test_next();
    for (i = 0; i < ROWS; i++)
        ((int *)j.seq.lengths)[i]++;
    j.model.dropout_last = (rnn_real)p;
    finish_job(&j);
    fill_job(&j, 0.6);
    j.dhn = j.dcn = NULL;
    params = (rnn_real *)j.params + offset_of(&j, "out.weight");
    for (i = 0; i < UNITS * UNITS + UNITS; i++)
        params[i] = i < UNITS * UNITS && i / UNITS == i % UNITS;
    run_train(&j, &plain, &r);
    h = find(&r, "hn")->p;
    y = find(&r, "logits")->p;
    for (b = 0; b < ROWS; b++)
        for (i = b * UNITS; i < (b + 1) * UNITS; i++) {
            const double kept = (double)h[i] / (1 - p);
            if (same(y + i, params + UNITS * UNITS, 1))
                zeros++;
            else
                bad += !(fabs((double)y[i] - kept) <= 1e-6 * fabs(kept));
        }
    check_masked_back(&j, &r);
    CHECK(bad == 0, "kept units");
    CHECK(fabs((double)zeros - n * p) < 5 * sqrt(n * p * (1 - p)),
          "%d of %d dropped", (int)zeros, ROWS * UNITS);
    j.seq.seed[1]++;
    run_train(&j, &plain, &s);
    CHECK(!same(y, find(&s, "logits")->p, (size_t)ROWS * UNITS),
          "another seed");
    run_infer(&j, &plain, &s);
    CHECK(same(h, find(&s, "logits")->p, (size_t)ROWS * UNITS), "infer drops");
    test_free();
}

/* Two encoders with the same weights, on the same source, have masks of their
 * own. */
static void check_two_masks(void)
{
    static const how plain;
    rnn_real *params;
    size_t from, to;
    results r;
    job j;

    memset(&j, 0, sizeof j);
    j.model.wiring = RNN_N_TO_M;
    j.model.input_size = j.model.output_size = 3;
    j.model.hidden_size = 9;
    j.model.num_layers = 2;
    j.model.num_sources = 2;
    j.model.context = RNN_MEAN;
    j.model.feed = RNN_AT_EACH;
    j.seq.steps = 1;
    j.source[0].steps = j.source[1].steps = 4;
    j.seq.batch = j.source[0].batch = j.source[1].batch = 3;
    j.seq.seed[0] = (uint32_t)test_next();
    finish_job(&j);
    fill_job(&j, 0.6);
    j.source[1] = j.source[0];
    params = (rnn_real *)j.params;
    from = offset_of(&j, "enc.weight_ih_l0");
    to = offset_of(&j, "enc2.weight_ih_l0");
    memcpy(params + to, params + from, (to - from) * sizeof *params);
    run_train(&j, &plain, &r);
    CHECK(same(find(&r, "memory 1")->p, find(&r, "memory 2")->p, 4 * 3 * 9),
          "two encoders alike");
    j.model.dropout = (rnn_real)0.5;
    finish_job(&j);
    run_train(&j, &plain, &r);
    CHECK(!same(find(&r, "memory 1")->p, find(&r, "memory 2")->p, 4 * 3 * 9),
          "two encoders with the same masks");
    test_free();
}

/* Wide layers, whose large products go through copies where work has room. */
static void check_wide(int attention)
{
    job j;
    results r, s;
    how w;
    int k;

    memset(&j, 0, sizeof j);
    j.model.wiring = RNN_N_TO_M;
    j.model.cell = RNN_GRU;
    j.model.input_size = 260;
    j.model.hidden_size = 256;
    j.model.num_layers = 1;
    j.model.output_size = 258;
    j.model.target_size = 3;
    j.model.attention = attention;
    j.model.attention_size = 256;
    j.model.head_context = 1;
    j.seq.steps = j.source[0].steps = 7;
    j.seq.batch = j.source[0].batch = 8;
    finish_job(&j);
    fill_job(&j, 0.1);
    memset(&w, 0, sizeof w);
    w.tight = 1;
    run_train(&j, &w, &r);
    for (k = 0; k < 3; k++) {
        w.tight = 0;
        w.guarded = 1;
        w.shift = k == 1;
        w.parts = w.columns = k;
        run_train(&j, &w, &s);
        check_same(&j, &r, &s, "wide");
    }
    test_free();
}

/* ---- hypotheses ---------------------------------------------------------- */

/* One row of states (L, rows, H), from or to an array of one row. */
static void copy_row(const job *j, rnn_real *to, size_t to_rows, size_t to_row,
                     const rnn_real *from, size_t rows, size_t row)
{
    size_t l;

    for (l = 0; l < j->L && from; l++)
        memcpy(to + (l * to_rows + to_row) * j->H,
               from + (l * rows + row) * j->H, j->H * sizeof *to);
}

/* Several hypotheses name their rows of the source, in any order and any
 * number of times; each goes on as it does alone. */
static void check_hypotheses(const job *j)
{
    const size_t R = 1 + (size_t)test_below(8), n = j->L * j->H;
    const int *from = test_ids(R, (int)j->B);
    rnn_real *h = zeros(R * n), *c = j->lstm ? zeros(R * n) : NULL;
    rnn_real *h1 = zeros(R * n), *c1 = j->lstm ? zeros(R * n) : NULL, *work;
    rnn_real *y = zeros(R * j->O), *attn = NULL, *attn1 = NULL, *row;
    size_t k, S[2] = {0, 0};
    rnn_sizes one, all;
    rnn_real y1[64];
    rnn_run run;
    results r;
    stream s;
    how w;
    int t, p;

    memset(&r, 0, sizeof r);
    memset(&w, 0, sizeof w);
    w.kernel = kernels[test_below(kernel_count)];
    w.parts = test_below(4);
    w.fill = not_a_number();
    run_encode(j, &w, &r, &s);
    MUST_OK(rnn_model_sizes(&j->model, s.S, 1, (int)R, &all));
    MUST_OK(rnn_model_sizes(&j->model, s.S, 1, 1, &one));
    if (j->model.attention && test_below(3)) {
        for (p = 0; p < j->sources; p++)
            S[p] = (size_t)j->source[p].steps;
        attn = zeros(R * (S[0] + S[1]));
        attn1 = zeros(S[0] + S[1]);
    }
    for (k = 0; k < R; k++) {
        copy_row(j, h, R, k, s.h, j->B, (size_t)from[k]);
        copy_row(j, c, R, k, s.c, j->B, (size_t)from[k]);
        copy_row(j, h1 + k * n, 1, 0, s.h, j->B, (size_t)from[k]);
        copy_row(j, c ? c1 + k * n : NULL, 1, 0, s.c, j->B, (size_t)from[k]);
    }
    for (t = 0; t < 3; t++) {
        const rnn_real *x = j->seq.x ? test_reals(R * j->X, 1) : NULL;
        const int *ids = j->seq.ids ? test_ids(R, (int)j->X) : NULL;
        work = work_of(&r, &w, all.step);
        EACH_PART(p, &run, &w, w.parts)
            MUST_OK(rnn_decode_step(&j->model, j->params, s.source, s.memory,
                                    s.memory_len, t, (int)R, from, x, ids, h,
                                    c, y, attn, work, all.step, &run));
        for (k = 0; k < R; k++) {
            MUST_OK(rnn_decode_step(&j->model, j->params, s.source, s.memory,
                                    s.memory_len, t, 1, from + k,
                                    x ? x + k * j->X : NULL,
                                    ids ? ids + k : NULL, h1 + k * n,
                                    c ? c1 + k * n : NULL, y1, attn1, work,
                                    one.step, NULL));
            CHECK(same(y1, y + k * j->O, j->O), "hypothesis %d; %s", (int)k,
                  describe(j));
            if (attn)
                CHECK(same(attn1, attn + k * S[0], S[0]) &&
                      same(attn1 + S[0], attn + R * S[0] + k * S[1], S[1]),
                      "a hypothesis's weights; %s", describe(j));
        }
    }
    row = zeros(n);
    for (k = 0; k < R; k++) {
        copy_row(j, row, 1, 0, h, R, k);
        CHECK(same(row, h1 + k * n, n), "h; %s", describe(j));
        copy_row(j, row, 1, 0, c, R, k);
        CHECK(!c || same(row, c1 + k * n, n), "c; %s", describe(j));
    }
    CHECK(guards_stand(&r), "past an output; %s", describe(j));
}

/* ---- the block of attention ---------------------------------------------- */

typedef struct look {
    job j; /* source[0].x: h, seq.x: s; I: K, X: Q */
    rnn_attention a;
    size_t A, keys, work;
    const rnn_real *params, *before, *dcontext, *dattn;
} look;

static void make_look(look *l)
{
    job *j = &l->j;
    const int T = 1 + test_below(6), S = 1 + test_below(9);
    size_t params;

    memset(l, 0, sizeof *l);
    l->a.score = RNN_ADDITIVE + test_below(4);
    l->a.query_size = some_size();
    l->a.key_size = l->a.score >= RNN_DOT ? l->a.query_size : some_size();
    l->a.size = l->a.score == RNN_ADDITIVE ? some_size() : 0;
    j->model.attention = l->a.score;
    j->model.attention_size = l->a.size;
    j->X = (size_t)l->a.query_size;
    j->I = (size_t)l->a.key_size;
    l->A = (size_t)(l->a.size ? l->a.size : l->a.query_size);
    j->seq.steps = T;
    j->source[0].steps = S;
    j->seq.batch = j->source[0].batch = 1 + test_below(6);
    j->T = (size_t)T;
    j->B = (size_t)j->seq.batch;
    j->seq.lengths = some_lengths(T, (int)j->B, T);
    j->source[0].lengths = some_lengths(S, (int)j->B, S);
    j->seq.x = test_reals(j->T * j->B * j->X, 1);
    j->source[0].x = test_reals((size_t)S * j->B * j->I, 1);
    MUST_OK(rnn_attention_sizes(&l->a, S, T, (int)j->B, &params, &l->keys,
                                &l->work));
    j->sizes.params = params;
    l->params = test_reals(params, 1);
    l->before = test_reals(params, 1);
    l->dcontext = test_reals(j->T * j->B * j->I, 1);
    l->dattn = test_below(2) ? test_reals(j->T * j->B * (size_t)S, 1) : NULL;
}

static rnn_real *steps_output(results *r, const how *w, const char *name,
                              int along, size_t outer, size_t rows,
                              size_t width, int across)
{
    array *a = output(r, w, name, outer, rows, width);

    a->along = along;
    a->across = across;
    return a->p;
}

static void run_look(const look *l, const how *w, results *r)
{
    const job *j = &l->j;
    const size_t S = (size_t)j->source[0].steps, T = j->T, B = j->B;
    const rnn_real *params = input(w, l->params, j->sizes.params);
    rnn_real *keys, *work, *attn, *context, *scores, *dh, *ds, *grads;
    rnn_run run;
    int k;

    memset(r, 0, sizeof *r);
    keys = work_of(r, w, l->keys);
    work = work_of(r, w, l->work);
    attn = steps_output(r, w, "attn", TARGET, T, B, S, SOURCE);
    scores = steps_output(r, w, "scores", TARGET, T, B, S, SOURCE);
    context = steps_output(r, w, "context", TARGET, T, B, j->I, ONCE);
    dh = steps_output(r, w, "dh", SOURCE, S, B, j->I, ONCE);
    ds = steps_output(r, w, "ds", TARGET, T, B, j->X, ONCE);
    grads = work_of(r, w, j->sizes.params);
    r->a[r->count - 1].name = "grads";
    memcpy(grads, l->before, j->sizes.params * sizeof *grads);
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_attention_forward(&l->a, params, &j->source[0], &j->seq,
                                      keys, l->keys, attn, context, scores,
                                      work, l->work, &run));
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_attention_backward(&l->a, params, &j->source[0], &j->seq,
                                       keys, l->keys, attn, l->dcontext,
                                       l->dattn, dh, ds, work, l->work, &run));
    EACH_PART(k, &run, w, w->columns)
        MUST_OK(rnn_attention_grads(&l->a, &j->source[0], &j->seq, work,
                                    l->work, grads, &run));
}

/* e of a query and a state, in double */
static double score_of(const look *l, const rnn_real *s, const rnn_real *h)
{
    const size_t Q = l->j.X, K = l->j.I, A = l->A;
    const int additive = l->a.score == RNN_ADDITIVE;
    const rnn_real *u = l->params + (additive ? Q * A : 0), *v = u + K * A;
    double e = 0;
    size_t a, i;

    for (a = 0; a < A; a++) {
        double q = additive ? 0 : (double)s[a], k = 0;
        for (i = 0; additive && i < Q; i++)
            q += (double)s[i] * (double)l->params[i * A + a];
        for (i = 0; l->a.score <= RNN_GENERAL && i < K; i++)
            k += (double)h[i] * (double)u[i * A + a];
        if (l->a.score >= RNN_DOT)
            k = (double)h[a];
        e += additive ? (double)v[a] * tanh(q + k) : q * k;
    }
    return l->a.score == RNN_SCALED_DOT ? e / sqrt((double)Q) : e;
}

/* Scores, weights and context are what the equations say, 0 on padding. */
static void check_equations(const look *l, const results *r)
{
    const job *j = &l->j;
    const size_t S = (size_t)j->source[0].steps, B = j->B, K = j->I;
    const rnn_real *h = j->source[0].x, *e = find(r, "scores")->p;
    const rnn_real *a = find(r, "attn")->p, *c = find(r, "context")->p;
    size_t i, k, n, b, bad = 0;

    for (i = 0; i < j->T * B; i++, e += S, a += S, c += K) {
        double sum = 0, max = -HUGE_VAL;
        b = i % B;
        n = i / B < length_of(&j->seq, b) ? length_of(&j->source[0], b) : 0;
        for (k = 0; k < n; k++) {
            const double x = score_of(l, j->seq.x + i * j->X,
                                      h + (k * B + b) * K);
            bad += !(fabs(x - (double)e[k]) < 1e-5 * (1 + fabs(x)));
            max = x > max ? x : max;
        }
        for (k = 0; k < n; k++)
            sum += exp((double)e[k] - max);
        for (k = 0; k < S; k++) {
            const double p = k < n ? exp((double)e[k] - max) / sum : 0;
            bad += k < n ? !(fabs(p - (double)a[k]) < 1e-6)
                         : a[k] < 0 || a[k] > 0 || e[k] < 0 || e[k] > 0;
        }
        for (k = 0; k < K; k++) {
            double x = 0;
            size_t t;
            for (t = 0; t < n; t++)
                x += (double)a[t] * (double)h[(t * B + b) * K + k];
            bad += !(fabs(x - (double)c[k]) < 1e-5);
        }
    }
    CHECK(bad == 0, "attention's equations; %s", describe(j));
}

static void check_look(const look *l)
{
    static const int parts[] = {0, 1, 2, 3, 5, 40};
    look one = *l;
    const job *j = &l->j;
    int steps[2], k, b;
    rnn_seq up = j->seq;
    results r, s, t;
    how w;

    memset(&w, 0, sizeof w);
    w.kernel = RNN_KERNEL_PORTABLE;
    run_look(l, &w, &r);
    check_equations(l, &r);
    for (k = 0; k < kernel_count + 6; k++) {
        w.kernel = kernels[k < kernel_count ? k : test_below(kernel_count)];
        w.parts = k < kernel_count ? 0 : parts[k - kernel_count];
        w.columns = parts[test_below(6)];
        w.shift = test_below(2);
        w.guarded = test_below(2);
        w.fill = test_below(2) ? rubbish : not_a_number();
        run_look(l, &w, &s);
        check_same(j, &r, &s, "attention");
    }
    soil(&one.j.seq, j->X);
    soil(&one.j.source[0], j->I);
    up.ids = NULL;
    up.x = l->dcontext;
    soil(&up, j->I);
    one.dcontext = up.x;
    run_look(&one, &w, &s);
    check_same(j, &r, &s, "attention, rubbish in padding");
    steps[0] = j->seq.steps;
    steps[1] = j->source[0].steps;
    memset(&w, 0, sizeof w);
    for (b = 0; b < (int)j->B; b++) {
        const int *index = &b;
        const size_t count = 1;
        one = *l;
        take_seq(j, &one.j.seq, index, 1, steps[0], j->X, 0);
        take_seq(j, &one.j.source[0], index, 1, steps[1], j->I, 0);
        one.j.B = 1;
        one.dcontext = TAKE(rnn_real, l->dcontext, j->T, j->I);
        one.dattn = TAKE(rnn_real, l->dattn, j->T, (size_t)steps[1]);
        MUST_OK(rnn_attention_sizes(&l->a, steps[1], steps[0], 1,
                                    &one.j.sizes.params, &one.keys,
                                    &one.work));
        run_look(&one, &w, &s);
        take_results(j, &r, &t, index, 1, steps);
        check_same(&one.j, &t, &s, "attention, row alone");
    }
}

/* ---- scheduled sampling -------------------------------------------------- */

/* Two tokens whose logits are always equal. */
static void tie(job *j)
{
    rnn_real *v = (rnn_real *)j->params + offset_of(j, "out.weight");
    const size_t a = (size_t)test_below((int)j->O);
    const size_t b = (size_t)test_below((int)j->O);
    size_t i;

    for (i = 0; i <= j->H + j->Z; i++) /* the bias too */
        v[i * j->O + a] = v[i * j->O + b];
}

/* A job whose decoder reads tokens, its own among them; or, if `none`, perhaps
 * nothing. */
static void make_token_job(job *j, int dropout, int none, double scale)
{
    do {
        make_job(j, RNN_1_TO_N + test_below(2), test_below(RNN_CELLS),
                 test_below(RNN_SCORES), test_below(RNN_CONTEXTS), dropout);
    } while (!(j->X ? j->model.target != RNN_DENSE : none));
    if (j->X && j->model.target_size < 3)
        j->model.target_size += 3;
    j->model.output_size =
        2 + test_below(j->X ? j->model.target_size - 1 : 6);
    j->seq.ids = NULL;
    j->seq.x = NULL;
    j->source[0].ids = j->source[1].ids = NULL;
    finish_job(j);
    fill_job(j, scale);
    if (test_below(10) == 0)
        tie(j);
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

/* Every token that was read is the given one or, after the first, the model's
 * own. */
static void check_tokens(const job *j, const results *r)
{
    const rnn_real *logits = find(r, "logits")->p;
    size_t i, bad = 0;

    for (i = 0; i < j->T * j->B; i++) {
        const int id = r->own[i], given = id == j->seq.ids[i];
        int own = 0;
        if (i / j->B >= length_of(&j->seq, i % j->B))
            own = id == -1; /* padding: not written */
        else if (i < j->B || j->seq.own_rate < (rnn_real)1e-9)
            own = given;
        else if (j->seq.own_sample)
            own = (id >= 0 && id < (int)j->O) || (given && j->seq.own_rate < 1);
        else
            own = id == greatest(logits + (i - j->B) * j->O, j->O) ||
                  (given && j->seq.own_rate < 1);
        bad += !own;
    }
    CHECK(bad == 0, "%d tokens are neither given nor own; rate %g; %s",
          (int)bad, (double)j->seq.own_rate, describe(j));
}

static void check_own(int round)
{
    static const double rates[] = {1e-30, 0.3, 0.8, 1};
    static const how plain = {RNN_KERNEL_PORTABLE, 0, 0, 0, 0, 0, 0};
    job j, given;
    results r, s;

    make_token_job(&j, round / 8 % 2, 0, 1);
    j.seq.own_rate = (rnn_real)rates[round % 4];
    j.seq.own_sample = round / 4 % 2;
    run_train(&j, &plain, &r);
    check_tokens(&j, &r);
    check_ways(&j, &r);
    check_twice(&j, &r);
    check_rows(&j, &r);
    check_padding(&j, &r);
    given = j;
    given.seq.own_rate = 0;
    if (round % 4) /* rate 1e-30 is teacher forcing by another way */
        given.seq.ids = r.own;
    run_train(&given, &plain, &s);
    check_same(&j, &r, &s, "the tokens that were read, as given");
    given.seq.ids = j.seq.ids;
    run_infer(&given, &plain, &r);
    run_infer(&j, &plain, &s);
    check_same(&j, &r, &s, "infer has no tokens of its own");
}

/* Where the model's own token was read: logits are the head's bias alone, whose
 * greatest is token 0, which is never given. */
static const int *own_places(job *j, const rnn_real *bias)
{
    static const how plain;
    rnn_real *params;
    results r;
    size_t i;

    finish_job(j);
    fill_job(j, 1);
    params = zeros(j->sizes.params);
    memcpy(params + j->sizes.params - j->O, bias, j->O * sizeof *bias);
    j->params = params;
    for (i = 0; i < j->T * j->B; i++)
        ((int *)j->seq.ids)[i] = 1 + test_below((int)j->O - 1);
    run_train(j, &plain, &r);
    return r.own;
}

/* Own tokens come as often as is asked; which they are depends on seed, step
 * and row alone; drawn ones follow the softmax, each by itself. */
static void check_rates(void)
{
    enum { STEPS = 21, ROWS = 1000, V = 4 };
    static const rnn_real peak[V] = {1, 0, 0, 0};
    const double rate = 0.35, n = (STEPS - 1) * ROWS;
    double p[V], sum = 0, pairs = 0, again = 0;
    rnn_real *bias = test_reals(V, 1.5);
    const int *a, *b, *c;
    int count[V] = {0, 0, 0, 0}, bad = 0, differ = 0, t, i;
    job j;

    memset(&j, 0, sizeof j);
    j.model.wiring = RNN_1_TO_N;
    j.model.input_size = j.model.hidden_size = j.model.num_layers = 1;
    j.model.target = RNN_ONE_HOT;
    j.model.output_size = j.model.target_size = V;
    j.source[0].steps = 1;
    j.seq.steps = STEPS;
    j.source[0].batch = j.seq.batch = ROWS;
    j.seq.own_rate = (rnn_real)rate;
    j.seq.seed[0] = (uint32_t)test_next();
    a = own_places(&j, peak);
    for (i = ROWS; i < STEPS * ROWS; i++)
        count[0] += a[i] == 0;
    CHECK(fabs(count[0] - n * rate) < 5 * sqrt(n * rate * (1 - rate)),
          "%d of %g own tokens at rate %g", count[0], n, rate);
    j.seq.steps -= 3;
    j.seq.first_step = 3;
    j.seq.first_row = 7;
    b = own_places(&j, peak);
    j.seq.seed[1]++;
    c = own_places(&j, peak);
    for (t = 1; t < STEPS - 3; t++)
        for (i = 0; i < ROWS - 7; i++) {
            bad += (b[t * ROWS + i] == 0) != (a[(t + 3) * ROWS + i + 7] == 0);
            differ += (b[t * ROWS + i] == 0) != (c[t * ROWS + i] == 0);
        }
    CHECK(bad == 0, "choices depend on where a batch begins");
    CHECK(differ > 0, "choices do not depend on the seed");

    j.seq.steps = STEPS;
    j.seq.own_rate = 1;
    j.seq.own_sample = 1;
    a = own_places(&j, bias);
    for (i = 0; i < V; i++)
        sum += p[i] = exp((double)bias[i]);
    count[0] = 0;
    for (i = ROWS; i < STEPS * ROWS; i++) {
        count[a[i]]++;
        again += i >= 2 * ROWS && a[i] == a[i - ROWS];
    }
    for (i = 0; i < V; i++) {
        p[i] /= sum;
        pairs += p[i] * p[i];
        CHECK(fabs(count[i] - n * p[i]) < 5 * sqrt(n * p[i] * (1 - p[i])),
              "token %d drawn %d times of %g, p %g", i, count[i], n, p[i]);
    }
    CHECK(fabs(again - (n - ROWS) * pairs) < 6 * sqrt(n * pairs),
          "%g tokens after their like, not %g", again, (n - ROWS) * pairs);
    test_free();
}

/* ---- greedy and drawn decoding ------------------------------------------- */

typedef struct decoded {
    int *ids, *counts;
    rnn_real *attn, *h, *c;
    rnn_rng *rngs;
} decoded;

/* How many weights a step of all rows has. */
static size_t weights_of(const job *j)
{
    size_t n = 0;
    int i;

    for (i = 0; i < j->sources && j->model.attention; i++)
        n += j->B * (size_t)j->source[i].steps;
    return n;
}

/* Room for what comes out; the encoded source. */
static void open_decoded(const job *j, const rnn_decoding *d,
                         const rnn_rng *rng, stream *s, decoded *o)
{
    static const how plain;
    const size_t n = (size_t)d->max_steps * j->B;
    results r;
    size_t i;

    memset(&r, 0, sizeof r);
    memset(o, 0, sizeof *o);
    run_encode(j, &plain, &r, s);
    o->ids = test_ids(n, 1);
    o->counts = test_ids(j->B, 1);
    for (i = 0; i < n; i++)
        o->ids[i] = -1;
    if (weights_of(j))
        o->attn = zeros((size_t)d->max_steps * weights_of(j));
    o->h = s->h;
    o->c = s->c;
    o->rngs = (rnn_rng *)test_memory(j->B * sizeof *rng);
    memcpy(o->rngs, rng, j->B * sizeof *rng);
}

static void run_decode(const job *j, int kernel, const rnn_decoding *d,
                       const rnn_sampling *draw, const rnn_rng *rng,
                       decoded *o)
{
    rnn_real *work;
    size_t len;
    rnn_run run;
    stream s;

    memset(&run, 0, sizeof run);
    run.kernel = kernel;
    open_decoded(j, d, rng, &s, o);
    len = s.step + (j->B + 1) * j->O;
    work = zeros(len);
    if (equal_steps(j))
        short_by_one(j, rnn_decode(&j->model, j->params, s.source, s.memory,
                                   s.memory_len, d, draw, o->rngs, o->h, o->c,
                                   o->ids, o->counts, o->attn, work, len - 1,
                                   &run), "decode's work");
    MUST_OK(rnn_decode(&j->model, j->params, s.source, s.memory, s.memory_len,
                       d, draw, o->rngs, o->h, o->c, o->ids, o->counts,
                       o->attn, work, len, &run));
}

/* The loop over rnn_decode_step that it stands for. */
static void decode_loop(const job *j, const rnn_decoding *d,
                        const rnn_sampling *draw, const rnn_rng *rng,
                        decoded *o)
{
    rnn_real *logits = zeros(j->B * j->O), *sorted = zeros(j->O);
    int *last = test_ids(j->B, 1), t, id, left = (int)j->B;
    const size_t weights = weights_of(j);
    size_t b;
    stream s;

    open_decoded(j, d, rng, &s, o);
    for (b = 0; b < j->B; b++) {
        last[b] = d->begin;
        o->counts[b] = d->max_steps;
    }
    for (t = 0; t < d->max_steps && left; t++) {
        MUST_OK(rnn_decode_step(&j->model, j->params, s.source, s.memory,
                                s.memory_len, t, (int)j->B, NULL, NULL, last,
                                o->h, o->c, logits,
                                weights ? o->attn + (size_t)t * weights : NULL,
                                s.work, s.step, NULL));
        for (b = 0; b < j->B; b++) {
            rnn_real *x = logits + b * j->O;
            if (o->counts[b] < d->max_steps)
                continue;
            if (d->end >= 0 && t < d->min_steps)
                x[d->end] = -(rnn_real)HUGE_VAL;
            id = greatest(x, j->O);
            if (draw)
                MUST_OK(rnn_sample(x, (int)j->O, draw, o->rngs + b, sorted,
                                   &id));
            if (id == d->end) {
                o->counts[b] = t;
                left--;
            } else {
                o->ids[(size_t)t * j->B + b] = last[b] = id;
            }
        }
    }
}

/* Row b of one is row k of the other, as far as it goes. */
static void check_decoded(const job *j, const decoded *o, size_t b,
                          const job *l, const decoded *p, size_t k,
                          const rnn_decoding *d, const char *what)
{
    const int n = o->counts[b];
    size_t t, i, bad = 0, from = 0, from2 = 0;
    int q;

    CHECK(n == p->counts[k] && n >= 0 && n <= d->max_steps &&
          (n >= d->min_steps || d->end < 0), "%s: count %d, %d; %s", what, n,
          p->counts[k], describe(j));
    if (n != p->counts[k])
        return;
    for (t = 0; t < (size_t)n; t++)
        bad += o->ids[t * j->B + b] != p->ids[t * l->B + k] ||
               o->ids[t * j->B + b] == d->end;
    CHECK(bad == 0, "%s: ids; %s", what, describe(j));
    bad = 0;
    for (t = 0; o->attn && t < (size_t)d->max_steps && t <= (size_t)n; t++) {
        from = t * weights_of(j);
        from2 = t * weights_of(l);
        for (q = 0; q < j->sources; q++) {
            const size_t S = (size_t)j->source[q].steps;
            bad += !same(o->attn + from + b * S, p->attn + from2 + k * S, S);
            from += j->B * S;
            from2 += l->B * S;
        }
    }
    CHECK(bad == 0, "%s: weights; %s", what, describe(j));
    for (i = 0; i < j->L && n == d->max_steps; i++) {
        bad += !same(o->h + (i * j->B + b) * j->H,
                     p->h + (i * l->B + k) * j->H, j->H);
        if (o->c)
            bad += !same(o->c + (i * j->B + b) * j->H,
                         p->c + (i * l->B + k) * j->H, j->H);
    }
    CHECK(bad == 0 && memcmp(o->rngs + b, p->rngs + k, sizeof *o->rngs) == 0,
          "%s: states; %s", what, describe(j));
}

static void make_decoding(const job *j, rnn_decoding *d)
{
    memset(d, 0, sizeof *d);
    d->begin = j->X ? test_below((int)j->X) : -3;
    d->end = test_below((int)j->O + 1) - 1;
    d->max_steps = test_below(3) ? test_below(9) : test_below(2);
    d->min_steps = test_below(2) ? 0 : test_below(d->max_steps + 1);
}

/* How often rows ended, and did not: both must be met. */
static int rows_ended, rows_cut;

static void check_decode(int round)
{
    job j, one;
    rnn_decoding d;
    rnn_sampling draw;
    const rnn_sampling *how_drawn = round % 3 ? &draw : NULL;
    rnn_rng *rng;
    decoded o, p;
    int steps[3], k;
    size_t i;

    make_token_job(&j, 0, 1, 1.5);
    make_decoding(&j, &d);
    memset(&draw, 0, sizeof draw);
    draw.temperature = (rnn_real)(test_below(4) ? 1 : 0);
    draw.top_k = test_below(2) ? 0 : 1 + test_below((int)j.O);
    draw.top_p = (rnn_real)(test_below(2) ? 0 : 0.8);
    rng = (rnn_rng *)test_memory(j.B * sizeof *rng);
    for (i = 0; i < j.B; i++)
        rnn_rng_seed(rng + i, (uint32_t)test_next());
    decode_loop(&j, &d, how_drawn, rng, &p);
    for (k = 0; k < kernel_count; k++) {
        run_decode(&j, kernels[k], &d, how_drawn, rng, &o);
        for (i = 0; i < j.B; i++)
            check_decoded(&j, &o, i, &j, &p, i, &d, "loop");
    }
    steps[0] = j.seq.steps;
    steps[1] = j.source[0].steps;
    steps[2] = j.source[1].steps;
    for (k = 0; k < (int)j.B; k++) {
        take_rows(&j, &one, &k, 1, steps);
        run_decode(&one, RNN_KERNEL_AUTO, &d, how_drawn, rng + k, &p);
        check_decoded(&j, &o, (size_t)k, &one, &p, 0, &d, "row alone");
        rows_ended += o.counts[k] < d.max_steps;
        rows_cut += o.counts[k] == d.max_steps;
    }
}

/* ---- beam search --------------------------------------------------------- */

enum { LONGEST = 5, PATHS = 300 };

typedef struct path {
    int tokens[LONGEST], n, ended, taken;
    double p, score;
} path;

typedef struct beams {
    int *ids, *counts;
    rnn_real *scores;
} beams;

static void run_beam(const job *j, int kernel, const rnn_decoding *d, beams *o)
{
    static const how plain;
    const size_t best = (size_t)(d->best ? d->best : 1);
    rnn_real *work;
    size_t len, ints;
    rnn_run run;
    results r;
    stream s;
    int *room;

    memset(&r, 0, sizeof r);
    memset(&run, 0, sizeof run);
    run.kernel = kernel;
    run_encode(j, &plain, &r, &s);
    MUST_OK(rnn_beam_sizes(&j->model, s.S, (int)j->B, d, &len, &ints));
    work = test_reals(len, 1);
    room = test_ids(ints, 1000);
    o->ids = test_ids(j->B * best * (size_t)d->max_steps, 1);
    o->counts = test_ids(j->B * best, 1);
    o->scores = zeros(j->B * best);
    if (equal_steps(j)) {
        short_by_one(j, rnn_beam_search(&j->model, j->params, s.source,
                                        s.memory, s.memory_len, d, s.h, s.c,
                                        o->ids, o->counts, o->scores, work,
                                        len - 1, room, ints, &run),
                     "beam's work");
        short_by_one(j, rnn_beam_search(&j->model, j->params, s.source,
                                        s.memory, s.memory_len, d, s.h, s.c,
                                        o->ids, o->counts, o->scores, work,
                                        len, room, ints - 1, &run),
                     "beam's ints");
    }
    MUST_OK(rnn_beam_search(&j->model, j->params, s.source, s.memory,
                            s.memory_len, d, s.h, s.c, o->ids, o->counts,
                            o->scores, work, len, room, ints, &run));
}

/* log p of every token after those of a path, of row b of the source. */
static void log_p(const job *j, const stream *s, int b, int begin,
                  const path *a, double *p)
{
    rnn_real h[256], c[256], y[64];
    double sum = 0, max;
    size_t i;
    int t;

    copy_row(j, h, 1, 0, s->h, j->B, (size_t)b);
    copy_row(j, c, 1, 0, s->c, j->B, (size_t)b);
    for (t = 0; t <= a->n; t++)
        MUST_OK(rnn_decode_step(&j->model, j->params, s->source, s->memory,
                                s->memory_len, t, 1, &b, NULL,
                                t ? &a->tokens[t - 1] : &begin, h, c, y, NULL,
                                s->work, s->step, NULL));
    max = (double)y[greatest(y, j->O)];
    for (i = 0; i < j->O; i++)
        sum += exp((double)y[i] - max);
    for (i = 0; i < j->O; i++)
        p[i] = (double)y[i] - max - log(sum);
}

static int by_p(const void *a, const void *b)
{
    const double p = ((const path *)a)->p, q = ((const path *)b)->p;
    return (p < q) - (p > q);
}

static int by_score(const void *a, const void *b)
{
    const double p = ((const path *)a)->score, q = ((const path *)b)->score;
    return (p < q) - (p > q);
}

/* Beam search by definition, in double: the finished paths, best first, in
 * done; how many. *gap: by how much the nearest choice was made. */
static int search(const job *j, const stream *s, int b, const rnn_decoding *d,
                  path *done, double *gap)
{
    static path live[PATHS], next[PATHS];
    int n = 0, alive = d->max_steps > 0, t, i, k;
    double p[64];

    memset(live, 0, sizeof *live);
    *gap = 1;
    if (!alive) {
        memset(done, 0, sizeof *done);
        return 1;
    }
    for (t = 0; t < d->max_steps && alive; t++) {
        const int room = d->width - n;
        int count = 0;
        for (i = 0; i < alive; i++) {
            log_p(j, s, b, d->begin, &live[i], p);
            for (k = 0; k < (int)j->O; k++) {
                path *to = &next[count];
                if (k == d->end && t < d->min_steps)
                    continue;
                *to = live[i];
                to->p += p[k];
                to->ended = k == d->end;
                if (!to->ended)
                    to->tokens[to->n++] = k;
                count++;
                MUST(count < PATHS, "too many paths");
            }
        }
        qsort(next, (size_t)count, sizeof *next, by_p);
        if (count > room && room > 0 &&
            next[room - 1].p - next[room].p < *gap)
            *gap = next[room - 1].p - next[room].p;
        for (alive = i = 0; i < count && i < room; i++)
            if (next[i].ended || t + 1 == d->max_steps)
                done[n++] = next[i];
            else
                live[alive++] = next[i];
    }
    for (i = 0; i < n; i++)
        done[i].score = done[i].p / pow(done[i].n + done[i].ended,
                                        (double)d->length_power);
    qsort(done, (size_t)n, sizeof *done, by_score);
    return n;
}

/* The sequences of row b are those of the search, best first. */
static void check_found(const job *j, const rnn_decoding *d, int b,
                        const beams *o, path *done, int n)
{
    const int best = d->best ? d->best : 1;
    int r, i, k, bad = 0;

    for (r = 0; r < best; r++) {
        const int out = b * best + r, count = o->counts[out];
        const int *ids = o->ids + out * d->max_steps;
        if (r >= n) {
            bad += count != -1;
            continue;
        }
        for (i = 0; i < n; i++) {
            for (k = 0; k < count && done[i].n == count &&
                        done[i].tokens[k] == ids[k]; k++)
                ;
            if (k == count && done[i].n == count && !done[i].taken)
                break;
        }
        if (i == n) {
            bad++;
            continue;
        }
        done[i].taken = 1;
        bad += !(fabs(done[i].score - (double)o->scores[out]) <
                 1e-4 * (1 + fabs(done[i].score)));
        bad += !(fabs(done[r].score - (double)o->scores[out]) <
                 1e-4 * (1 + fabs(done[r].score)));
        bad += r > 0 && !(o->scores[out] <= o->scores[out - 1]);
    }
    CHECK(bad == 0, "beam of row %d: width %d best %d of %d, steps %d to %d, "
          "end %d, power %g; %s", b, d->width, best, n, d->min_steps,
          d->max_steps, d->end, (double)d->length_power, describe(j));
}

/* All that a row found, as in the whole batch; so too on any kernel. */
static void check_alike(const job *j, const rnn_decoding *d, const beams *o,
                        size_t b, const beams *p, size_t k, const char *what)
{
    const size_t best = (size_t)(d->best ? d->best : 1);
    const size_t max = (size_t)d->max_steps;
    size_t r, bad = 0;

    for (r = 0; r < best; r++) {
        const int n = o->counts[b * best + r];
        bad += n != p->counts[k * best + r] ||
               !same(o->scores + b * best + r, p->scores + k * best + r, 1);
        if (n > 0)
            bad += memcmp(o->ids + (b * best + r) * max,
                          p->ids + (k * best + r) * max,
                          (size_t)n * sizeof *o->ids) != 0;
    }
    CHECK(bad == 0, "beam, %s; %s", what, describe(j));
}

/* Width 1 is greedy. */
static void check_narrow(const job *j, const rnn_decoding *whole)
{
    rnn_decoding d = *whole;
    rnn_rng *rng = (rnn_rng *)test_memory(j->B * sizeof *rng);
    size_t b, bad = 0;
    int t;
    decoded o;
    beams p;

    d.width = 1;
    d.best = test_below(2);
    run_decode(j, RNN_KERNEL_AUTO, &d, NULL, rng, &o);
    run_beam(j, RNN_KERNEL_AUTO, &d, &p);
    for (b = 0; b < j->B; b++) {
        bad += o.counts[b] != p.counts[b];
        for (t = 0; t < o.counts[b] && o.counts[b] == p.counts[b]; t++)
            bad += o.ids[(size_t)t * j->B + b] !=
                   p.ids[b * (size_t)d.max_steps + (size_t)t];
    }
    CHECK(bad == 0, "width 1 is not greedy; %s", describe(j));
}

static int beams_clear, beams_near; /* searches without, and with, near ties */

static void check_beam(int round)
{
    static const double powers[] = {0, 1, 0.6, 2};
    static const how plain;
    static path done[PATHS];
    job j, one;
    rnn_decoding d;
    beams o, p;
    results r;
    stream s;
    int b, n, k, steps[3];
    double gap;

    do {
        test_free();
        make_token_job(&j, 0, 1, 1.2);
    } while (j.O > 4);
    make_decoding(&j, &d);
    d.max_steps = round % 16 ? 1 + test_below(j.O > 3 ? 4 : LONGEST) : 0;
    d.min_steps = test_below(2) ? 0 : test_below(d.max_steps + 1);
    d.length_power = (rnn_real)powers[round % 4];
    check_narrow(&j, &d);
    d.width = round % 3 ? 2 + test_below(7) : PATHS; /* or everything */
    d.best = test_below(3) ? 1 + test_below(d.width) : 0;
    run_beam(&j, RNN_KERNEL_PORTABLE, &d, &o);
    memset(&r, 0, sizeof r);
    run_encode(&j, &plain, &r, &s);
    for (b = 0; b < (int)j.B; b++) {
        n = search(&j, &s, b, &d, done, &gap);
        beams_clear += gap > 1e-4;
        beams_near += !(gap > 1e-4);
        if (gap > 1e-4)
            check_found(&j, &d, b, &o, done, n);
    }
    for (k = 1; k < kernel_count; k++) {
        run_beam(&j, kernels[k], &d, &p);
        for (b = 0; b < (int)j.B; b++)
            check_alike(&j, &d, &o, (size_t)b, &p, (size_t)b, "kernel");
    }
    steps[0] = j.seq.steps;
    steps[1] = j.source[0].steps;
    steps[2] = j.source[1].steps;
    for (b = 0; b < (int)j.B; b++) {
        take_rows(&j, &one, &b, 1, steps);
        run_beam(&one, RNN_KERNEL_AUTO, &d, &p);
        check_alike(&j, &d, &o, (size_t)b, &p, 0, "row alone");
    }
}

/* ---- wrong arguments: all that a call may write, and a pattern in it ----- */

enum { T = 3, S = 4, B = 2, I = 5, H = 4, O = 6, A = 3, ROOM = 8192, N = 512 };

static struct memory {
    rnn_real y[N], work[ROOM], grads[ROOM], memory[ROOM], h[N], c[N], attn[N];
    rnn_real hn[2][N], cn[2][N], dx[2][N], dh0[2][N], dc0[2][N], scores[N];
    rnn_real keys[N], context[N], dh[N], ds[N];
    rnn_sizes sizes;
    rnn_stack stack;
    rnn_tensor tensor;
    rnn_model_view view;
    rnn_rng rng[B];
    size_t sized[3];
    int ids[N], counts[N], own[N], ints[ROOM];
} mem, old;

static rnn_real params[ROOM], x[N], up[N];
/* with room for a row more than there are */
static int tokens[T * (B + 1)], words[2][S * (B + 1)];
static int lengths[2][B + 1], target_lengths[B + 1], from[B + 1];
static rnn_model model;
static rnn_seq seq, source[2];
static rnn_flow flow, flows[2];
static rnn_run run;
static rnn_decoding d;
static rnn_sampling draw;
static rnn_attention att;
static rnn_sizes room, room1;
static size_t beam_work, beam_ints, att_keys, att_work;

/* A model with all parts: two sources, tables, q, attention, c at every step
 * and in the head. */
static void set_model(void)
{
    memset(&model, 0, sizeof model);
    model.wiring = RNN_N_TO_M;
    model.cell = RNN_LSTM;
    model.input = model.target = RNN_EMBEDDING;
    model.input_size = I;
    model.hidden_size = H;
    model.num_layers = 2;
    model.output_size = model.target_size = O;
    model.embedding_size = model.target_embedding_size = 3;
    model.context = RNN_MEAN;
    model.context_size = H;
    model.feed = RNN_AS_STATE | RNN_AT_EACH;
    model.attention = RNN_ADDITIVE;
    model.attention_size = A;
    model.head_context = 1;
    model.num_sources = 2;
}

/* What arguments are when they are right. */
static void reset(void)
{
    int i, k;

    memset(&mem, 0x2a, sizeof mem);
    memset(&run, 0, sizeof run);
    memset(&seq, 0, sizeof seq);
    memset(&flow, 0, sizeof flow);
    memset(flows, 0, sizeof flows);
    memset(source, 0, sizeof source);
    memset(&d, 0, sizeof d);
    set_model();
    for (i = 0; i < 2; i++) {
        source[i].steps = S;
        source[i].batch = B;
        source[i].lengths = lengths[i];
        source[i].ids = words[i];
        source[i].hn = mem.hn[i];
        source[i].cn = mem.cn[i];
        flows[i].dh0 = mem.dh0[i];
        flows[i].dc0 = mem.dc0[i];
        for (k = 0; k < S * B; k++)
            words[i][k] = k % I;
        for (k = 0; k < B; k++)
            lengths[i][k] = S;
    }
    seq.steps = T;
    seq.batch = B;
    seq.lengths = target_lengths;
    seq.ids = tokens;
    seq.source = source;
    flow.source = flows;
    for (k = 0; k < T * B; k++)
        tokens[k] = k % O;
    for (k = 0; k < B; k++) {
        target_lengths[k] = T;
        rnn_rng_seed(&mem.rng[k], 1);
    }
    for (k = 0; k < 3; k++)
        from[k] = k % B;
    d.max_steps = 3;
    d.width = 2;
    draw.temperature = 1;
    draw.top_k = 2;
    draw.top_p = (rnn_real)0.5;
    att.score = RNN_ADDITIVE;
    att.query_size = H;
    att.key_size = I;
    att.size = I + 1;
}

static void verdict(int line, const char *what, rnn_status want, rnn_status st)
{
    CHECK(st == want, "line %d: %s gives %d, not %d", line, what, (int)st,
          (int)want);
    if (want)
        CHECK(memcmp(&mem, &old, sizeof mem) == 0, "line %d: %s has written",
              line, what);
    reset();
}

/* The call gives that status, and writes nothing if it is not RNN_OK; then
 * arguments are reset. */
#define BAD(want, call)                                                        \
    (memcpy(&old, &mem, sizeof mem), verdict(__LINE__, #call, want, call))
#define ARG(call) BAD(RNN_E_ARG, call)
#define GOOD(call) BAD(RNN_OK, call)

enum { FORWARD, INFER, BACKWARD, GRADS, VIEW, ENCODE, STEP, DECODE, BEAM,
       CALLS };

/* Call k with the right buffers, `work` shorter by that many numbers. */
static rnn_status call(int k, size_t less)
{
    rnn_real *w = mem.work;
    const size_t len = room.train_tight - less, n = room1.memory;
    const size_t step = room1.step - less, chars = (B + 1) * O;

    switch (k) {
    case FORWARD:
        return rnn_forward(&model, params, &seq, mem.y, w, len, &run);
    case INFER:
        return rnn_infer(&model, params, &seq, mem.y, w, room.infer - less,
                         &run);
    case BACKWARD:
        return rnn_backward(&model, params, &seq, up, &flow, mem.grads, w, len,
                            &run);
    case GRADS:
        return rnn_grads(&model, &seq, up, mem.grads, w, len, &run);
    case VIEW: return rnn_view_model(&model, &seq, w, len, &mem.view);
    case ENCODE:
        return rnn_encode(&model, params, source, mem.memory, n, mem.h, mem.c,
                          w, room1.infer - less, &run);
    case STEP:
        return rnn_decode_step(&model, params, source, mem.memory, n, 0, B,
                               NULL, NULL, tokens, mem.h, mem.c, mem.y,
                               mem.attn, w, step, &run);
    case DECODE:
        return rnn_decode(&model, params, source, mem.memory, n, &d, &draw,
                          mem.rng, mem.h, mem.c, mem.ids, mem.counts, mem.attn,
                          w, step + chars, &run);
    default:
        return rnn_beam_search(&model, params, source, mem.memory, n, &d,
                               mem.h, mem.c, mem.ids, mem.counts, mem.scores,
                               w, beam_work - less, mem.ints, beam_ints, &run);
    }
}

/* Calls first to end - 1 with arguments that `set` makes wrong. */
#define CALLS_BAD(first, end, want, set)                                       \
    do {                                                                       \
        int k_;                                                                \
        for (k_ = (first); k_ < (end); k_++)                                   \
            set, BAD(want, call(k_, 0));                                       \
    } while (0)

/* Sequences, parts and lengths of work, for every call that reads them. */
static void check_calls(void)
{
    int k;

    CALLS_BAD(0, CALLS, RNN_OK, (void)0);
    for (k = 0; k < CALLS; k++)
        BAD(RNN_E_BUFFER, call(k, 1));
    CALLS_BAD(0, CALLS, RNN_E_SIZE, source[1].steps = 0);
    CALLS_BAD(0, CALLS, RNN_E_SIZE, source[0].steps = -1);
    for (k = 0; k < CALLS; k++) {
        if (k == VIEW) /* reads no numbers */
            continue;
        source[1].batch = 0, BAD(RNN_E_SIZE, call(k, 0));
        source[1].batch = B + 1, ARG(call(k, 0));
        lengths[1][1] = -1, BAD(RNN_E_LENGTH, call(k, 0));
        lengths[0][0] = S + 1, BAD(RNN_E_LENGTH, call(k, 0));
        words[1][S * B - 1] = I, BAD(RNN_E_ID, call(k, 0));
        words[0][0] = -1, BAD(RNN_E_ID, call(k, 0));
        source[1].ids = NULL, ARG(call(k, 0));
        model.input = RNN_DENSE, ARG(call(k, 0)); /* without x */
        run.part = 1, ARG(call(k, 0));
        run.part = -1, ARG(call(k, 0));
        run.parts = -1, ARG(call(k, 0));
        run.kernel = -1, ARG(call(k, 0));
        run.kernel = RNN_KERNEL_WASM + 1, ARG(call(k, 0));
        /* padding is not read */
        lengths[1][1] = S - 1, words[1][S * B - 1] = -9, GOOD(call(k, 0));
        lengths[1][0] = lengths[1][1] = 0, GOOD(call(k, 0));
    }
    CALLS_BAD(FORWARD, ENCODE, RNN_E_ARG, seq.source = NULL);
    CALLS_BAD(FORWARD, ENCODE, RNN_E_SIZE, seq.steps = 0);
    CALLS_BAD(FORWARD, ENCODE, RNN_E_SIZE, seq.steps = -1);
    CALLS_BAD(FORWARD, VIEW, RNN_E_ARG, seq.batch = B + 1);
    CALLS_BAD(FORWARD, VIEW, RNN_E_LENGTH, target_lengths[1] = T + 1);
    CALLS_BAD(FORWARD, VIEW, RNN_E_LENGTH, target_lengths[0] = -1);
    CALLS_BAD(FORWARD, VIEW, RNN_E_ID, tokens[T * B - 1] = O);
    CALLS_BAD(FORWARD, VIEW, RNN_E_ARG, seq.ids = NULL);
    CALLS_BAD(FORWARD, VIEW, RNN_OK,
              (target_lengths[1] = T - 1, tokens[T * B - 1] = O));
    run.parts = 2, ARG(call(BACKWARD, 0)); /* with grads */
    run.parts = 2, ARG(call(DECODE, 0));
    run.parts = 2, ARG(call(BEAM, 0));
}

/* Scheduled sampling. */
static void check_rate(void)
{
    const rnn_real nan = not_a_number();
    int k;

#define OWN(rate) (seq.own_rate = (rnn_real)(rate), seq.own_ids = mem.own)
    CALLS_BAD(FORWARD, VIEW, RNN_OK, OWN(0));
    for (k = FORWARD; k < VIEW; k++) {
        OWN(-0.1), ARG(call(k, 0));
        OWN(nan), ARG(call(k, 0));
        if (k == INFER) { /* has none */
            OWN(0.5), GOOD(call(k, 0));
            continue;
        }
        OWN(1.1), ARG(call(k, 0));
        OWN(0.5), seq.own_ids = NULL, ARG(call(k, 0));
        OWN(0.5), model.target_size = 0, ARG(call(k, 0));
        /* more outputs than tokens */
        OWN(0.5), model.target_size = O - 1, tokens[O - 1] = 0;
        ARG(call(k, 0));
        OWN(0.5), model.wiring = RNN_N_TO_N, tokens[O - 1] = 0;
        ARG(call(k, 0));
    }
    OWN(0.5), GOOD(call(FORWARD, 0));
    OWN(1), GOOD(call(FORWARD, 0));
    OWN(0.5), model.target = RNN_DENSE, seq.x = x, ARG(call(FORWARD, 0));
}

/* A description that cannot be, told by every call; but of tokens and their
 * number decoding says that the one is not below the other. */
static void bad_model(int decoding, rnn_status want)
{
    const rnn_model bad = model;
    rnn_model *m = &model;

    CALLS_BAD(0, decoding ? CALLS : DECODE, want, model = bad);
    model = bad, BAD(want, rnn_model_sizes(m, S, T, B, &mem.sizes));
    model = bad, BAD(want, rnn_model_tensor(m, 0, &mem.tensor));
    model = bad, BAD(want, rnn_init_params(m, mem.grads, ROOM, mem.rng));
    if (decoding)
        model = bad, BAD(want, rnn_beam_sizes(m, S, B, &d, &mem.sized[0],
                                              &mem.sized[1]));
    reset();
}

#define MODEL(field, value, want) (model.field = (value), bad_model(1, want))
#define TOKENS(field, value)                                                   \
    (model.field = (value), bad_model(0, RNN_E_SIZE))

static void check_fields(void)
{
    static const int bad[] = {-1, INT_MIN};
    int i;

    MODEL(wiring, -1, RNN_E_ARG);
    MODEL(wiring, RNN_N_TO_M + 1, RNN_E_ARG);
    MODEL(cell, RNN_CELLS, RNN_E_ARG);
    MODEL(input, RNN_EMBEDDING + 1, RNN_E_ARG);
    MODEL(target, -1, RNN_E_ARG);
    MODEL(target, RNN_EMBEDDING + 1, RNN_E_ARG);
    MODEL(context, -1, RNN_E_ARG);
    MODEL(context, RNN_ALL + 1, RNN_E_ARG);
    MODEL(context, RNN_ALL, RNN_E_SIZE); /* of 0 steps */
    MODEL(feed, -1, RNN_E_ARG);
    MODEL(feed, RNN_AT_FIRST | RNN_AT_EACH, RNN_E_ARG);
    MODEL(feed, 8, RNN_E_ARG);
    MODEL(hand_over, -1, RNN_E_ARG);
    MODEL(hand_over, 4, RNN_E_ARG);
    MODEL(attention, -1, RNN_E_ARG);
    MODEL(attention, RNN_SCALED_DOT + 1, RNN_E_ARG);
    MODEL(attention_size, 0, RNN_E_SIZE);
    MODEL(num_sources, -1, RNN_E_ARG);
    MODEL(num_sources, RNN_MAX_SOURCES + 1, RNN_E_ARG);
    MODEL(dropout, 1, RNN_E_ARG);
    MODEL(dropout_last, -1, RNN_E_ARG);
    MODEL(input_size, 0, RNN_E_SIZE);
    model.decoder_hidden_size = H;
    MODEL(hidden_size, 0, RNN_E_SIZE);
    TOKENS(output_size, 0);
    MODEL(embedding_size, 0, RNN_E_SIZE);
    MODEL(target_embedding_size, 0, RNN_E_SIZE);
    for (i = 0; i < 2; i++) {
        TOKENS(target_size, bad[i]);
        MODEL(decoder_hidden_size, bad[i], RNN_E_SIZE);
        MODEL(decoder_layers, bad[i], RNN_E_SIZE);
        MODEL(context_size, bad[i], RNN_E_SIZE);
        MODEL(num_layers, bad[i], RNN_E_SIZE);
        MODEL(attention_size, bad[i], RNN_E_SIZE);
    }
    /* sizes that do not fit each other */
    MODEL(context_size, 0, RNN_E_ARG);
    MODEL(context_size, H + 1, RNN_E_ARG);
    MODEL(decoder_hidden_size, H + 1, RNN_E_ARG);
    MODEL(hand_over, RNN_HAND_CELL, RNN_E_ARG);
    MODEL(hand_over, RNN_HAND_LAYERS, RNN_E_ARG);
    model.num_sources = 1, model.decoder_layers = 1;
    MODEL(hand_over, RNN_HAND_LAYERS, RNN_E_ARG);
    model.bidirectional = 1;
    MODEL(attention, RNN_DOT, RNN_E_ARG);
    model.bidirectional = 1;
    MODEL(attention, RNN_SCALED_DOT, RNN_E_ARG);
    MODEL(feed, 0, RNN_E_ARG); /* a q that nothing reads */
    /* too large */
    model.decoder_hidden_size = H;
    MODEL(hidden_size, INT_MAX, RNN_E_SIZE);
    model.feed = RNN_AT_EACH;
    MODEL(decoder_hidden_size, INT_MAX, RNN_E_SIZE);
    model.feed = RNN_AT_EACH;
    MODEL(context_size, INT_MAX, RNN_E_SIZE);
    MODEL(target_embedding_size, INT_MAX, RNN_E_SIZE);
    model.context = RNN_ALL;
    MODEL(source_steps, INT_MAX, RNN_E_SIZE);
}

/* 1 vs N has no encoder to describe; a plain model has no decoder. */
static void check_wirings(void)
{
    int k;

    for (k = 0; k < 6; k++) {
        set_model();
        model.wiring = RNN_1_TO_N;
        model.attention = k == 0 ? RNN_ADDITIVE : RNN_NO_ATTENTION;
        model.head_context = 0;
        model.hand_over = k == 1 ? RNN_HAND_CELL : 0;
        model.context = k == 2 ? RNN_MEAN : RNN_LAST;
        model.bidirectional = k == 3;
        model.num_sources = k == 4 ? 2 : 1;
        BAD(k == 5 ? RNN_OK : RNN_E_ARG,
            rnn_model_sizes(&model, 0, T, B, &mem.sizes));
    }
    for (k = 0; k < 5; k++) {
        model.wiring = RNN_1_TO_N;
        model.attention = model.context = 0;
        model.num_sources = 1;
        source[0].steps = 1;
        source[0].lengths = NULL;
        seq.lengths = NULL;
        flows[0].dh0 = flows[0].dc0 = NULL;
        GOOD(call(k, 0));
    }
    model.wiring = RNN_1_TO_N, ARG(rnn_model_encoder(&model, &mem.stack));
    model.wiring = RNN_N_TO_1, ARG(rnn_model_encoder(&model, &mem.stack));
    GOOD(rnn_model_encoder(&model, &mem.stack));
    ARG(rnn_model_encoder(NULL, &mem.stack));
    ARG(rnn_model_encoder(&model, NULL));
    model.target = 3, ARG(rnn_model_encoder(&model, &mem.stack));
    model.input_size = 0, BAD(RNN_E_SIZE, rnn_model_encoder(&model,
                                                            &mem.stack));
    model.target = 3, ARG(rnn_model_stack(&model, &mem.stack));
    model.context_size = 1, ARG(rnn_model_stack(&model, &mem.stack));
    for (k = ENCODE; k < CALLS; k++) {
        model.wiring = RNN_N_TO_N, ARG(call(k, 0));
        model.wiring = RNN_N_TO_1, ARG(call(k, 0));
        /* RNN_ALL: no row may be longer */
        model.context = RNN_ALL, model.source_steps = S - 1;
        BAD(RNN_E_LENGTH, call(k, 0));
    }
    ARG(rnn_step(&model, params, B, NULL, tokens, mem.h, mem.c, mem.y,
                 mem.work, ROOM, NULL));
    flow.dx = mem.dx[0], ARG(call(BACKWARD, 0)); /* of tokens */
    flows[1].dx = mem.dx[1], ARG(call(BACKWARD, 0));
    /* a source of one step, whole */
    model.wiring = RNN_1_TO_N, model.attention = model.context = 0;
    model.num_sources = 1, ARG(call(INFER, 0));
    model.wiring = RNN_1_TO_N, model.attention = model.context = 0;
    model.num_sources = 1, source[0].steps = lengths[0][0] = lengths[0][1] = 1;
    ARG(call(INFER, 0));
}

static void null_encode(void)
{
    const size_t n = room1.memory;
    rnn_real *w = mem.work, *m = mem.memory, *h = mem.h, *c = mem.c;

#define ENC(model, params, source, memory, n, h, c, work)                      \
    rnn_encode(model, params, source, memory, n, h, c, work, ROOM, &run)
    ARG(ENC(NULL, params, source, m, n, h, c, w));
    ARG(ENC(&model, NULL, source, m, n, h, c, w));
    ARG(ENC(&model, params, NULL, m, n, h, c, w));
    ARG(ENC(&model, params, source, NULL, n, h, c, w));
    ARG(ENC(&model, params, source, m, n, NULL, c, w));
    ARG(ENC(&model, params, source, m, n, h, NULL, w));
    ARG(ENC(&model, params, source, m, n, h, c, NULL));
    BAD(RNN_E_BUFFER, ENC(&model, params, source, m, n - 1, h, c, w));
    BAD(RNN_E_BUFFER, ENC(&model, params, source, m, 0, h, c, w));
    model.cell = RNN_GRU, GOOD(ENC(&model, params, source, m, n, h, NULL, w));
    model.attention = model.head_context = 0;
    model.feed = RNN_AS_STATE, model.context = RNN_LAST;
    BAD(RNN_E_BUFFER, ENC(&model, params, source, NULL, 0, h, c, w));
}

static void null_step(void)
{
    const size_t n = room1.memory;
    rnn_real *w = mem.work, *m = mem.memory, *h = mem.h, *c = mem.c;
    rnn_real *y = mem.y;

#define DEC(model, params, source, m, n, t, rows, from, ids, h, c, y, w)       \
    rnn_decode_step(model, params, source, m, n, t, rows, from, NULL, ids, h,  \
                    c, y, NULL, w, ROOM, &run)
#define DEC3(t, rows, from, ids)                                               \
    DEC(&model, params, source, m, n, t, rows, from, ids, h, c, y, w)
    ARG(DEC(NULL, params, source, m, n, 0, B, NULL, tokens, h, c, y, w));
    ARG(DEC(&model, NULL, source, m, n, 0, B, NULL, tokens, h, c, y, w));
    ARG(DEC(&model, params, NULL, m, n, 0, B, NULL, tokens, h, c, y, w));
    ARG(DEC(&model, params, source, NULL, n, 0, B, NULL, tokens, h, c, y, w));
    ARG(DEC(&model, params, source, m, n, 0, B, NULL, tokens, NULL, c, y, w));
    ARG(DEC(&model, params, source, m, n, 0, B, NULL, tokens, h, NULL, y, w));
    ARG(DEC(&model, params, source, m, n, 0, B, NULL, tokens, h, c, NULL, w));
    ARG(DEC(&model, params, source, m, n, 0, B, NULL, tokens, h, c, y, NULL));
    BAD(RNN_E_BUFFER, DEC(&model, params, source, m, n - 1, 0, B, NULL, tokens,
                          h, c, y, w));
    GOOD(DEC3(0, B, NULL, tokens));
    GOOD(DEC3(INT_MAX, B, NULL, tokens));
    GOOD(DEC3(0, 3, from, tokens));
    GOOD(DEC3(0, 1, from, tokens));
    ARG(DEC3(0, B, NULL, NULL));
    ARG(DEC3(-1, B, NULL, tokens));
    ARG(DEC3(0, 3, NULL, tokens));
    ARG(DEC3(0, 1, NULL, tokens));
    BAD(RNN_E_SIZE, DEC3(0, 0, from, tokens));
    BAD(RNN_E_SIZE, DEC3(0, -1, from, tokens));
    BAD(RNN_E_SIZE, DEC3(0, INT_MIN, NULL, tokens));
    from[2] = B, ARG(DEC3(0, 3, from, tokens));
    from[0] = -1, ARG(DEC3(0, 3, from, tokens));
    tokens[2] = O, BAD(RNN_E_ID, DEC3(0, 3, from, tokens));
    tokens[0] = -1, BAD(RNN_E_ID, DEC3(0, 3, from, tokens));
    model.target = RNN_DENSE, ARG(DEC3(0, B, NULL, tokens));
    model.target_size = 0, GOOD(DEC3(0, B, NULL, NULL));
    model.cell = RNN_TANH;
    GOOD(DEC(&model, params, source, m, n, 0, B, NULL, tokens, h, NULL, y, w));
}

static void null_decode(void)
{
    const size_t n = room1.memory;
    rnn_real *w = mem.work, *m = mem.memory, *h = mem.h, *c = mem.c;
    const rnn_real nan = not_a_number();
    int *ids = mem.ids, *counts = mem.counts;

#define GET(model, params, source, m, n, d, rngs, h, c, ids, counts, w)        \
    rnn_decode(model, params, source, m, n, d, &draw, rngs, h, c, ids, counts, \
               NULL, w, ROOM, &run)
    ARG(GET(NULL, params, source, m, n, &d, mem.rng, h, c, ids, counts, w));
    ARG(GET(&model, NULL, source, m, n, &d, mem.rng, h, c, ids, counts, w));
    ARG(GET(&model, params, NULL, m, n, &d, mem.rng, h, c, ids, counts, w));
    ARG(GET(&model, params, source, NULL, n, &d, mem.rng, h, c, ids, counts,
            w));
    ARG(GET(&model, params, source, m, n, NULL, mem.rng, h, c, ids, counts, w));
    ARG(GET(&model, params, source, m, n, &d, NULL, h, c, ids, counts, w));
    ARG(GET(&model, params, source, m, n, &d, mem.rng, NULL, c, ids, counts,
            w));
    ARG(GET(&model, params, source, m, n, &d, mem.rng, h, NULL, ids, counts,
            w));
    ARG(GET(&model, params, source, m, n, &d, mem.rng, h, c, NULL, counts, w));
    ARG(GET(&model, params, source, m, n, &d, mem.rng, h, c, ids, NULL, w));
    ARG(GET(&model, params, source, m, n, &d, mem.rng, h, c, ids, counts,
            NULL));
    BAD(RNN_E_BUFFER, GET(&model, params, source, m, n - 1, &d, mem.rng, h, c,
                          ids, counts, w));
    GOOD(rnn_decode(&model, params, source, m, n, &d, NULL, NULL, h, c, ids,
                    counts, NULL, w, room1.step + (B + 1) * O, NULL));
    draw.temperature = -1, ARG(call(DECODE, 0));
    draw.temperature = nan, ARG(call(DECODE, 0));
    draw.top_k = -1, ARG(call(DECODE, 0));
    draw.top_p = 2, ARG(call(DECODE, 0));
    d.max_steps = 0, GOOD(call(DECODE, 0));
    d.end = -9, GOOD(call(DECODE, 0)); /* none */
    model.target_size = 0, d.begin = -9, GOOD(call(DECODE, 0)); /* not read */
}

/* Of rnn_decode, rnn_beam_search and rnn_beam_sizes alike. */
#define DECODING(set, want)                                                    \
    do {                                                                       \
        CALLS_BAD(DECODE, CALLS, want, set);                                   \
        set, BAD(want, rnn_beam_sizes(&model, S, B, &d, &mem.sized[0],         \
                                      &mem.sized[1]));                         \
    } while (0)
#define BEAM_ALONE(set, want)                                                  \
    do {                                                                       \
        set, BAD(want, call(BEAM, 0));                                         \
        set, BAD(want, rnn_beam_sizes(&model, S, B, &d, &mem.sized[0],         \
                                      &mem.sized[1]));                         \
    } while (0)

static void check_decodings(void)
{
    const rnn_real nan = not_a_number();

    DECODING((void)0, RNN_OK);
    DECODING(d.begin = -1, RNN_E_ID);
    DECODING(d.begin = O, RNN_E_ID);
    DECODING(d.end = O, RNN_E_ID);
    DECODING(d.end = INT_MAX, RNN_E_ID);
    DECODING(d.min_steps = -1, RNN_E_ARG);
    DECODING(d.min_steps = 4, RNN_E_ARG);
    DECODING(d.max_steps = -1, RNN_E_ARG);
    DECODING(model.output_size = O + 1, RNN_E_ID);
    DECODING(model.target = RNN_DENSE, RNN_E_ARG);
    BEAM_ALONE(d.width = 0, RNN_E_ARG);
    BEAM_ALONE(d.width = -1, RNN_E_ARG);
    BEAM_ALONE(d.best = -1, RNN_E_ARG);
    BEAM_ALONE(d.best = 3, RNN_E_ARG);
    BEAM_ALONE(d.length_power = -1, RNN_E_ARG);
    BEAM_ALONE(d.length_power = nan, RNN_E_ARG);
    BEAM_ALONE(d.width = INT_MAX, RNN_E_ARG);
    BEAM_ALONE((d.width = INT_MAX / B, d.max_steps = INT_MAX), RNN_E_SIZE);
    ARG(rnn_beam_sizes(NULL, S, B, &d, &mem.sized[0], &mem.sized[1]));
    ARG(rnn_beam_sizes(&model, S, B, NULL, &mem.sized[0], &mem.sized[1]));
    ARG(rnn_beam_sizes(&model, S, B, &d, NULL, &mem.sized[1]));
    ARG(rnn_beam_sizes(&model, S, B, &d, &mem.sized[0], NULL));
    ARG(rnn_beam_sizes(&model, S, 0, &d, &mem.sized[0], &mem.sized[1]));
    BAD(RNN_E_SIZE, rnn_beam_sizes(&model, 0, B, &d, &mem.sized[0],
                                   &mem.sized[1]));
    model.wiring = RNN_N_TO_N;
    ARG(rnn_beam_sizes(&model, S, B, &d, &mem.sized[0], &mem.sized[1]));
}

static void null_beam(void)
{
    const size_t n = room1.memory;
    rnn_real *w = mem.work, *m = mem.memory, *h = mem.h, *c = mem.c;
    rnn_real *s = mem.scores, bias;
    int *ids = mem.ids, *counts = mem.counts, *ints = mem.ints, k;

#define FIND(model, params, source, m, n, d, h, c, ids, counts, s, w, ints)    \
    rnn_beam_search(model, params, source, m, n, d, h, c, ids, counts, s, w,   \
                    beam_work, ints, beam_ints, &run)
    ARG(FIND(NULL, params, source, m, n, &d, h, c, ids, counts, s, w, ints));
    ARG(FIND(&model, NULL, source, m, n, &d, h, c, ids, counts, s, w, ints));
    ARG(FIND(&model, params, NULL, m, n, &d, h, c, ids, counts, s, w, ints));
    ARG(FIND(&model, params, source, NULL, n, &d, h, c, ids, counts, s, w,
             ints));
    ARG(FIND(&model, params, source, m, n, NULL, h, c, ids, counts, s, w,
             ints));
    ARG(FIND(&model, params, source, m, n, &d, NULL, c, ids, counts, s, w,
             ints));
    ARG(FIND(&model, params, source, m, n, &d, h, NULL, ids, counts, s, w,
             ints));
    ARG(FIND(&model, params, source, m, n, &d, h, c, NULL, counts, s, w, ints));
    ARG(FIND(&model, params, source, m, n, &d, h, c, ids, NULL, s, w, ints));
    ARG(FIND(&model, params, source, m, n, &d, h, c, ids, counts, NULL, w,
             ints));
    ARG(FIND(&model, params, source, m, n, &d, h, c, ids, counts, s, NULL,
             ints));
    ARG(FIND(&model, params, source, m, n, &d, h, c, ids, counts, s, w, NULL));
    BAD(RNN_E_BUFFER, FIND(&model, params, source, m, n - 1, &d, h, c, ids,
                           counts, s, w, ints));
    BAD(RNN_E_BUFFER, rnn_beam_search(&model, params, source, m, n, &d, h, c,
                                      ids, counts, s, w, beam_work, ints,
                                      beam_ints - 1, &run));
    d.max_steps = 0, GOOD(call(BEAM, 0));
    model.cell = RNN_TANH;
    GOOD(FIND(&model, params, source, m, n, &d, h, NULL, ids, counts, s, w,
              ints));
    /* logits that are no numbers: sequences are not written */
    for (k = 0; k < 2; k++) {
        rnn_real *last = params + room.params - 1;
        bias = *last;
        *last = k ? (rnn_real)HUGE_VAL : not_a_number();
        memcpy(&old, &mem, sizeof mem);
        CHECK(call(BEAM, 0) == RNN_E_NOT_FINITE, "beam, logit %d", k);
        CHECK(memcmp(mem.ids, old.ids, sizeof mem.ids) == 0 &&
              memcmp(mem.counts, old.counts, sizeof mem.counts) == 0 &&
              memcmp(mem.scores, old.scores, sizeof mem.scores) == 0,
              "beam, logit %d: has written", k);
        if (k == 0)
            CHECK(call(DECODE, 0) == RNN_E_NOT_FINITE, "decode, NaN");
        *last = bias;
        reset();
    }
}

static void null_view(void)
{
    rnn_real *w = mem.work;

    ARG(rnn_view_model(NULL, &seq, w, ROOM, &mem.view));
    ARG(rnn_view_model(&model, NULL, w, ROOM, &mem.view));
    ARG(rnn_view_model(&model, &seq, NULL, ROOM, &mem.view));
    ARG(rnn_view_model(&model, &seq, w, ROOM, NULL));
    GOOD(rnn_view_model(&model, &seq, w, ROOM, &mem.view));
}

/* ---- wrong arguments of attention ---------------------------------------- */

enum { LOOK, BACK, SUM, LOOKS };

static rnn_status look_at(int k, size_t less)
{
    source[0].x = x;
    seq.x = x;
    switch (k) {
    case LOOK:
        return rnn_attention_forward(&att, params, &source[0], &seq, mem.keys,
                                     att_keys, mem.attn, mem.context,
                                     mem.scores, mem.work, att_work - less,
                                     &run);
    case BACK:
        return rnn_attention_backward(&att, params, &source[0], &seq, mem.keys,
                                      att_keys, mem.attn, up, up, mem.dh,
                                      mem.ds, mem.work, att_work - less, &run);
    default:
        return rnn_attention_grads(&att, &source[0], &seq, mem.work,
                                   att_work - less, mem.grads, &run);
    }
}

#define LOOKS_BAD(want, set)                                                   \
    do {                                                                       \
        int k_;                                                                \
        for (k_ = 0; k_ < LOOKS; k_++)                                         \
            set, BAD(want, look_at(k_, 0));                                    \
        set, BAD(want, rnn_attention_sizes(&att, source[0].steps, seq.steps,   \
                                           seq.batch, &mem.sized[0],           \
                                           &mem.sized[1], &mem.sized[2]));     \
    } while (0)

static void check_attention_fields(void)
{
    int k;

    LOOKS_BAD(RNN_OK, (void)0);
    LOOKS_BAD(RNN_E_ARG, att.score = RNN_NO_ATTENTION);
    LOOKS_BAD(RNN_E_ARG, att.score = -1);
    LOOKS_BAD(RNN_E_ARG, att.score = RNN_SCALED_DOT + 1);
    LOOKS_BAD(RNN_E_ARG, att.score = RNN_DOT); /* Q is not K */
    LOOKS_BAD(RNN_E_ARG, att.score = RNN_SCALED_DOT);
    LOOKS_BAD(RNN_E_SIZE, att.query_size = 0);
    LOOKS_BAD(RNN_E_SIZE, att.key_size = -1);
    LOOKS_BAD(RNN_E_SIZE, att.size = 0);
    LOOKS_BAD(RNN_OK, (att.score = RNN_GENERAL, att.size = -1));
    LOOKS_BAD(RNN_E_SIZE, source[0].steps = 0);
    LOOKS_BAD(RNN_E_SIZE, seq.steps = -1);
    LOOKS_BAD(RNN_E_SIZE, seq.batch = 0);
    LOOKS_BAD(RNN_E_SIZE, seq.batch = source[0].batch = seq.steps = INT_MAX);
    LOOKS_BAD(RNN_E_SIZE, att.size = att.query_size = INT_MAX);
    for (k = 0; k < LOOKS; k++) {
        BAD(RNN_E_BUFFER, look_at(k, 1));
        source[0].batch = 1, ARG(look_at(k, 0));
        lengths[0][1] = S + 1, BAD(RNN_E_LENGTH, look_at(k, 0));
        target_lengths[0] = -1, BAD(RNN_E_LENGTH, look_at(k, 0));
        run.part = 2, ARG(look_at(k, 0));
        run.kernel = 9, ARG(look_at(k, 0));
        lengths[0][0] = 0, target_lengths[1] = 0, GOOD(look_at(k, 0));
    }
    att_keys--;
    BAD(RNN_E_BUFFER, look_at(LOOK, 0));
    BAD(RNN_E_BUFFER, look_at(BACK, 0));
    att_keys++;
}

static void null_attention(void)
{
    rnn_seq *s = &source[0], *q = &seq;
    rnn_real *k = mem.keys, *a = mem.attn, *c = mem.context, *w = mem.work;
    size_t *n = mem.sized;

#define AT(att, params, s, q, k, a, c, w)                                      \
    (source[0].x = seq.x = x,                                                  \
     rnn_attention_forward(att, params, s, q, k, att_keys, a, c, NULL, w,      \
                           att_work, &run))
#define TA(att, params, s, q, k, a, up, w)                                     \
    (source[0].x = seq.x = x,                                                  \
     rnn_attention_backward(att, params, s, q, k, att_keys, a, up, NULL, NULL, \
                            NULL, w, att_work, &run))
    ARG(rnn_attention_sizes(NULL, S, T, B, n, n + 1, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, NULL, n + 1, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, n, NULL, n + 2));
    ARG(rnn_attention_sizes(&att, S, T, B, n, n + 1, NULL));
    GOOD(AT(&att, params, s, q, k, a, c, w));
    ARG(AT(NULL, params, s, q, k, a, c, w));
    ARG(AT(&att, NULL, s, q, k, a, c, w));
    ARG(AT(&att, params, NULL, q, k, a, c, w));
    ARG(AT(&att, params, s, NULL, k, a, c, w));
    ARG(AT(&att, params, s, q, NULL, a, c, w));
    ARG(AT(&att, params, s, q, k, NULL, c, w));
    ARG(AT(&att, params, s, q, k, a, NULL, w));
    ARG(AT(&att, params, s, q, k, a, c, NULL));
    att.score = RNN_DOT, att.query_size = I;
    GOOD(AT(&att, NULL, s, q, k, a, c, w)); /* has no parameters */
    GOOD(TA(&att, params, s, q, k, a, up, w));
    ARG(TA(NULL, params, s, q, k, a, up, w));
    ARG(TA(&att, NULL, s, q, k, a, up, w));
    ARG(TA(&att, params, NULL, q, k, a, up, w));
    ARG(TA(&att, params, s, NULL, k, a, up, w));
    ARG(TA(&att, params, s, q, NULL, a, up, w));
    ARG(TA(&att, params, s, q, k, NULL, up, w));
    ARG(TA(&att, params, s, q, k, a, NULL, w));
    ARG(TA(&att, params, s, q, k, a, up, NULL));
    s->x = NULL, q->x = x;
    ARG(rnn_attention_forward(&att, params, s, q, k, att_keys, a, c, NULL, w,
                              att_work, &run));
    s->x = x, q->x = NULL;
    ARG(rnn_attention_forward(&att, params, s, q, k, att_keys, a, c, NULL, w,
                              att_work, &run));
    ARG(rnn_attention_grads(NULL, s, q, w, att_work, mem.grads, &run));
    ARG(rnn_attention_grads(&att, NULL, q, w, att_work, mem.grads, &run));
    ARG(rnn_attention_grads(&att, s, NULL, w, att_work, mem.grads, &run));
    s->x = q->x = x;
    ARG(rnn_attention_grads(&att, s, q, NULL, att_work, mem.grads, &run));
    s->x = q->x = x;
    ARG(rnn_attention_grads(&att, s, q, w, att_work, NULL, &run));
}

static void check_arguments(void)
{
    size_t n;

    reset();
    MUST_OK(rnn_model_sizes(&model, S, T, B, &room));
    MUST_OK(rnn_model_sizes(&model, S, 1, B, &room1));
    MUST_OK(rnn_beam_sizes(&model, S, B, &d, &beam_work, &beam_ints));
    MUST_OK(rnn_attention_sizes(&att, S, T, B, &n, &att_keys, &att_work));
    MUST(room.train < ROOM && room.params < ROOM && beam_work < ROOM &&
         beam_ints < ROOM && att_work < ROOM, "no room");
    check_calls();
    check_rate();
    check_fields();
    check_wirings();
    null_encode();
    null_step();
    null_decode();
    check_decodings();
    null_beam();
    null_view();
    check_attention_fields();
    null_attention();
}

/* ---- sizes from every corner of int -------------------------------------- */

/* Corners of int: the first few are small, the last but one wraps if cubed. */
static int corner(int few)
{
    static const int v[] = {1, 3, 46341, 65536, INT_MAX, 1 << 22, 1 << 28};

    return v[test_below(few)];
}

/* Parameters by exact arithmetic. */
static long double count_stack(const rnn_stack *s)
{
    const long double G = RNN_GATES(s->cell), n = s->hidden_size;
    const long double D = s->bidirectional ? 2 : 1;
    const long double L = s->num_layers ? s->num_layers : 1;

    return G * n * D * (s->input_size + n + 2 + (L - 1) * (D * n + n + 2));
}

static long double count_params(const rnn_model *m)
{
    const long double D = m->bidirectional ? 2 : 1, K = D * m->hidden_size;
    const long double n = m->num_sources == 2 ? 2 : 1;
    const long double R = n * K * (m->context == RNN_ALL ? m->source_steps : 1);
    const long double C = m->context_size, A_ = m->attention_size;
    rnn_stack enc, dec;
    long double sum;

    memset(&enc, 0, sizeof enc);
    enc.cell = m->cell;
    enc.input_size = m->embedding_size;
    enc.hidden_size = m->hidden_size;
    enc.num_layers = m->num_layers;
    enc.bidirectional = m->bidirectional;
    dec = enc;
    dec.bidirectional = 0;
    dec.hidden_size = m->decoder_hidden_size;
    dec.input_size = 0;
    sum = count_stack(&dec) + RNN_GATES(dec.cell) * (long double)
          dec.hidden_size * (m->target_embedding_size + C + n * K);
    sum += n * (count_stack(&enc) + (long double)m->input_size *
                                    m->embedding_size);
    sum += n * A_ * (dec.hidden_size + K + 1) + C * (R + 1);
    sum += (long double)m->target_size * m->target_embedding_size;
    return sum + m->output_size * (dec.hidden_size + n * K + 1);
}

/* Every size of a description at random corners: RNN_OK with the very number
 * of parameters, and room for what must be kept, or RNN_E_SIZE; never RNN_OK
 * where they exceed an array. */
static void check_corners(void)
{
    const long double most = (long double)PTRDIFF_MAX / sizeof(rnn_real);
    rnn_model *m = &model;
    int i, good = 0, large = 0;

    for (i = 0; i < 20000; i++) {
        const int few = i % 5 ? i % 3 ? 4 : 2 : 7, many = i % 3 ? few : 7;
        const int s = corner(many), t = corner(many), b = corner(many);
        long double p, kept, K;
        size_t work, ints;
        rnn_status st;
        rnn_sizes z;

        set_model();
        m->feed = RNN_AT_EACH;
        m->cell = test_below(RNN_CELLS);
        m->bidirectional = test_below(2);
        m->num_sources = 1 + test_below(2);
        m->context = test_below(RNN_CONTEXTS);
        m->input_size = corner(few);
        m->embedding_size = corner(few);
        m->hidden_size = corner(few);
        m->num_layers = corner(few);
        m->output_size = m->target_size = corner(few);
        m->target_embedding_size = corner(few);
        m->decoder_hidden_size = corner(few);
        m->context_size = corner(few);
        m->attention_size = corner(few);
        m->source_steps = corner(few);
        st = rnn_model_sizes(m, s, t, b, &z);
        p = count_params(m);
        K = (long double)m->hidden_size * (m->bidirectional ? 2 : 1) *
            m->num_sources;
        kept = (long double)b * ((long double)s * K +
                                 (long double)t * s * m->num_sources +
                                 (long double)t * m->decoder_hidden_size);
        CHECK(st == RNN_OK || st == RNN_E_SIZE, "corner %d: %d", i, (int)st);
        if (st) {
            CHECK(p + kept > 1e6L, "corner %d: refused", i);
            large++;
            continue;
        }
        good++;
        CHECK(p <= most && p >= (long double)z.params &&
              p <= (long double)z.params, "corner %d: params", i);
        CHECK(kept <= (long double)z.train_tight && z.train_tight <= z.train &&
              (long double)z.train <= most &&
              (long double)z.output <= most, "corner %d: work", i);
        CHECK((long double)z.memory >= (long double)b * s * K &&
              z.memory <= z.infer && z.infer <= z.train_tight,
              "corner %d: memory", i);
        d.max_steps = corner(few);
        d.width = corner(few);
        st = rnn_beam_sizes(m, s, b, &d, &work, &ints);
        p = (long double)b * d.width;
        CHECK(st == RNN_OK || st == RNN_E_SIZE || p > INT_MAX,
              "corner %d: beam", i);
        CHECK(st || (p * m->output_size <= (long double)work &&
                     p * 3 * d.max_steps <= (long double)ints),
              "corner %d: beam's sizes", i);
    }
    CHECK(good > 100 && large > 100, "%d fit, %d do not", good, large);
    reset();
}

/* The same of the block alone, whose sizes are few. */
static void attention_corners(void)
{
    const long double most = (long double)PTRDIFF_MAX / sizeof(rnn_real);
    int i;

    for (i = 0; i < 5000; i++) {
        const int few = i % 5 ? i % 3 ? 4 : 2 : 7, many = i % 3 ? few : 7;
        const int s = corner(many), t = corner(many), b = corner(many);
        long double Q, K, n, p, rows = (long double)s * b;
        size_t got[3] = {7, 7, 7};
        rnn_status st;

        att.score = RNN_ADDITIVE + test_below(2);
        att.query_size = corner(few);
        att.key_size = corner(few);
        att.size = corner(few);
        Q = att.query_size;
        K = att.key_size;
        n = att.score == RNN_ADDITIVE ? att.size : Q;
        p = att.score == RNN_ADDITIVE ? n * (Q + K + 1) : K * Q;
        st = rnn_attention_sizes(&att, s, t, b, &got[0], &got[1], &got[2]);
        if (st) {
            CHECK(st == RNN_E_SIZE && got[0] + got[1] + got[2] == 21 &&
                  p + rows * (n + K) + (long double)t * b * (s + Q + K + n) >
                      1e6L, "attention, corner %d: %d", i, (int)st);
            continue;
        }
        CHECK(p <= most && p >= (long double)got[0] &&
              p <= (long double)got[0] && rows * n <= (long double)got[1] &&
              rows * n >= (long double)got[1] &&
              (long double)got[2] >= (long double)got[1] &&
              (long double)got[2] >= 2.0L * t * b * n &&
              (long double)got[2] <= most, "attention, corner %d", i);
    }
    reset();
}

/* ---- all ----------------------------------------------------------------- */

/* How often each value of a field was met. */
static int met[12][6];

static void count_fields(const rnn_model *m)
{
    const int field[12] = {m->wiring, m->cell, m->input, m->num_layers,
                           m->bidirectional, m->target_size ? m->target : 3,
                           m->context, m->feed, m->hand_over, m->attention,
                           m->num_sources, m->head_context};
    int i;

    for (i = 0; i < 12; i++)
        met[i][field[i]]++;
}

static void check_met(void)
{
    static const int first[12] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    static const int end[12] = {4, 5, 3, 3, 2, 4, 3, 6, 4, 5, 3, 2};
    int i, k;

    for (i = 0; i < 12; i++)
        for (k = first[i]; k < end[i]; k++)
            CHECK(met[i][k] > 0, "field %d is never %d", i, k);
}

static void check_jobs(void)
{
    static const how plain = {RNN_KERNEL_PORTABLE, 0, 0, 0, 0, 0, 0};
    int i;

    for (i = 0; i < 900; i++) {
        job j;
        results r;
        make_job(&j, RNN_N_TO_1 + i % 4 % 3, i / 4 % RNN_CELLS,
                 i / (4 * RNN_CELLS) % RNN_SCORES,
                 i / (4 * RNN_CELLS * RNN_SCORES) % RNN_CONTEXTS,
                 test_below(3) == 0);
        count_fields(&j.model);
        run_train(&j, &plain, &r);
        check_ways(&j, &r);
        check_twice(&j, &r);
        check_paths(&j, &r);
        check_rows(&j, &r);
        check_padding(&j, &r);
        check_weights(&j, &r);
        check_least(&j);
        check_blocks(&j, &r);
        check_last(&j, &r);
        if (j.decoder)
            check_hypotheses(&j);
        test_free();
    }
    check_met();
}

static void find_kernels(void)
{
    int k;

    for (k = RNN_KERNEL_PORTABLE; k <= RNN_KERNELS; k++) {
        rnn_real one = 1;
        rnn_run r = {0, 0, 0, NULL, NULL};
        r.kernel = k == RNN_KERNELS ? (int)RNN_KERNEL_AUTO : k;
        if (rnn_map(RNN_FN_EXP, 1, &one, &one, &r) == RNN_OK)
            kernels[kernel_count++] = r.kernel;
    }
    printf("%d kernels\n", kernel_count);
}

int main(int argc, char **argv)
{
    int i;

    test_seed(argc, argv);
    find_kernels();
    check_jobs();
    check_mask();
    check_two_masks();
    check_wide(RNN_NO_ATTENTION);
    check_wide(RNN_ADDITIVE);
    for (i = 0; i < 300; i++) {
        look l;
        make_look(&l);
        check_look(&l);
        test_free();
    }
    for (i = 0; i < 160; i++) {
        check_own(i);
        test_free();
    }
    check_rates();
    for (i = 0; i < 600; i++) {
        check_decode(i);
        test_free();
    }
    CHECK(rows_ended > 99 && rows_cut > 99, "%d rows ended, %d did not",
          rows_ended, rows_cut);
    for (i = 0; i < 240; i++) {
        check_beam(i);
        test_free();
    }
    CHECK(beams_near < beams_clear / 4, "%d of %d beams are not compared",
          beams_near, beams_near + beams_clear);
    check_arguments();
    check_corners();
    attention_corners();
    test_unused();
    return test_end();
}
