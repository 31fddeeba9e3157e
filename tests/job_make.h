/* Makes jobs (job.h): drawn ones, and from a job that of some of its rows. */
#ifndef JOB_MAKE_H
#define JOB_MAKE_H

#include "job.h"
#include "tidy.h"

/* ---- making jobs --------------------------------------------------------- */

typedef struct wish { /* what a job is to be; the rest is drawn */
    int wiring, cell, alone, dropout, attention, context;
    int large;                /* sizes up to 70, else small, for many jobs   */
    int input, lengths, loss; /* or ANY: drawn too                           */
} wish;

static const wish free_wish = {0, 0, 0, 0, 0, 0, 0, ANY, ANY, ANY};

static int wished(int value, int n)
{
    return value == ANY ? test_below(n) : value;
}

/* mostly small, sometimes wider than a vector or two */
static int some_size(int large)
{
    return 1 + (large ? test_below(test_below(6) ? 20 : 70)
                      : test_below(test_below(9) ? 7 : 37));
}

/* Sizes that fit where context and states enter the decoder. */
static void fit_sizes(rnn_model *m, int large)
{
    const int given = m->wiring == RNN_WIRING_1_TO_N,
              D = m->bidirectional ? 2 : 1;
    const int layers = m->hand_over & RNN_HAND_LAYERS;
    const int hand =
        layers || (m->hand_over & RNN_HAND_CELL && RNN_HAS_C(m->cell));
    const int dot = m->attention >= RNN_SCORE_DOT;
    int feed = (int)m->feed, R, H;

    if (dot && hand)
        m->num_sources = 1;
    R = given ? m->input == RNN_INPUT_EMBEDDING ? m->embedding_size
                                                : m->input_size
              : m->hidden_size * D * (m->num_sources == 2 ? 2 : 1);
    m->decoder_hidden_size = dot             ? m->hidden_size * D
                             : hand          ? R
                             : test_below(2) ? some_size(large)
                                             : 0;
    H = m->decoder_hidden_size ? m->decoder_hidden_size : m->hidden_size;
    if (layers)
        m->decoder_layers = test_below(2) ? m->num_layers : 0;
    if (!feed && !m->attention && !layers)
        feed = RNN_FEED_STATE;
    if (m->context == RNN_CONTEXT_ALL)
        R *= m->source_steps;
    m->context_size = 0;
    if (feed & RNN_FEED_STATE && !layers) {
        if (R != H && (dot || hand || R > 40 || test_below(2)))
            m->context_size = H;
        else
            m->decoder_hidden_size = R;
    } else if (feed & ~(int)RNN_FEED_STATE ||
               (m->head_context && !m->attention)) {
        m->context_size = test_below(2) ? some_size(large) : 0;
    }
}

static void make_decoder(rnn_model *m, const wish *o, int N)
{
    static const int feeds[] = {0,
                                RNN_FEED_STATE,
                                RNN_FEED_FIRST,
                                RNN_FEED_EACH,
                                RNN_FEED_STATE | RNN_FEED_FIRST,
                                RNN_FEED_STATE | RNN_FEED_EACH};

    m->target = (rnn_input)test_below(RNN_INPUTS);
    m->target_size = test_below(4) ? some_size(o->large) : 0;
    if (m->target == RNN_INPUT_EMBEDDING)
        m->target_embedding_size = some_size(o->large);
    m->decoder_layers = test_below(3);
    m->feed = (unsigned)feeds[test_below(6)];
    m->head_context = test_below(2);
    if (m->wiring == RNN_WIRING_N_TO_M) {
        m->attention = (rnn_score)o->attention;
        m->attention_size =
            o->attention == RNN_SCORE_ADDITIVE ? some_size(o->large) : 0;
        m->context = (rnn_context)o->context;
        m->source_steps = o->context == RNN_CONTEXT_ALL ? N : 0;
        m->hand_over = (unsigned)test_below(4);
        m->num_sources = test_below(3);
    }
    fit_sizes(m, o->large);
}

/* The numbers of sequence i: inputs of that kind, and perhaps states and what
 * flows back into them. */
static void fill_seq(job *j, int i, int kind)
{
    rnn_seq *s = &j->seq[i];
    const size_t rows = (size_t)s->steps * j->B;
    const size_t n = j->L[i] * j->B * j->H[i];

    s->x = j->I[i] && kind == RNN_INPUT_DENSE ? test_reals(rows * j->I[i], 1)
                                              : NULL;
    s->ids = j->I[i] && kind != RNN_INPUT_DENSE ? test_ids(rows, (int)j->I[i])
                                                : NULL;
    s->h0 = s->c0 = j->flow[i].dhn = j->flow[i].dcn = NULL;
    if (!n || test_below(3) == 0)
        return;
    s->h0 = test_reals(n, 1);
    j->flow[i].dhn = test_reals(n, 1);
    if (j->lstm) {
        s->c0 = test_reals(n, 1);
        j->flow[i].dcn = test_reals(n, 1);
    }
}

/* The targets of a loss, with weights, 0 on padding. */
static void fill_loss(job *j)
{
    const int padded = j->model.wiring != RNN_WIRING_N_TO_1;
    const size_t rows = j->Y * j->B;
    rnn_real *weights = zeros(rows);
    size_t i;

    j->targets = test_ids(rows, (int)j->O);
    for (i = 0; i < rows; i++)
        weights[i] = padded && i / j->B >= length_of(&j->seq[0], i % j->B)
                         ? 0
                         : (rnn_real)test_below(4);
    j->weights = weights;
}

/* The numbers of a job whose model and steps are set. */
static void fill_job(job *j, double scale)
{
    int i;

    j->params = test_reals(j->sizes.params, scale);
    j->before = test_reals(j->sizes.params, 1);
    j->up = test_reals(j->Y * j->B * j->O, 1);
    fill_seq(j, 0, j->decoder ? (int)j->model.target : (int)j->model.input);
    for (i = 1; i <= j->sources; i++)
        fill_seq(j, i, (int)j->model.input);
    if (j->loss)
        fill_loss(j);
}

/* Lengths up to `most`, of some row that or 0. */
static const int *some_lengths(int batch, int most)
{
    int *n = test_ids((size_t)batch, most + 1);

    n[test_below(batch)] = test_below(3) ? most : 0;
    return n;
}

static void make_job(job *j, const wish *o)
{
    const int T = 1 + test_below(6), both = test_below(2);
    const int B = 1 + test_below(test_below(4) ? 5 : o->large ? 17 : 9);
    const int S = o->wiring == RNN_WIRING_1_TO_N ? 1 : 1 + test_below(6);
    const int N = S + test_below(3) - (S > 1);
    rnn_model *m = &j->model;
    int i;

    memset(j, 0, sizeof *j);
    m->wiring = (rnn_wiring)o->wiring;
    m->cell = (rnn_cell)o->cell;
    m->input = (rnn_input)wished(o->input, RNN_INPUTS);
    m->input_size = some_size(o->large);
    if (m->input == RNN_INPUT_EMBEDDING)
        m->embedding_size = some_size(o->large);
    m->hidden_size = some_size(o->large);
    m->num_layers = 1 + test_below(o->large ? 3 : 2);
    m->bidirectional = o->wiring == RNN_WIRING_1_TO_N ? 0 : both;
    m->no_bias = test_below(3) == 0;
    m->output_size = o->alone ? 0 : some_size(o->large);
    if (o->dropout) {
        m->dropout = (rnn_real)0.3;
        m->dropout_last = (rnn_real)0.4;
    }
    if (o->wiring >= RNN_WIRING_1_TO_N)
        make_decoder(m, o, N);
    tidy(m);
    for (i = 0; i < 3; i++) {
        rnn_seq *s = &j->seq[i];
        int most;
        s->steps = most = i == 0                                  ? T
                          : i == 2 && test_below(3) == 0 && S > 1 ? S - 1
                                                                  : S;
        s->batch = B;
        if (i > 0 && o->wiring != RNN_WIRING_N_TO_M)
            continue;
        if (i > 0 && o->context == RNN_CONTEXT_ALL && N < most)
            most = N;
        if (most < s->steps || wished(o->lengths, 2))
            s->lengths = some_lengths(B, most);
    }
    j->seq[0].seed[0] = (uint32_t)test_next();
    j->seq[0].seed[1] = 5;
    j->seq[0].first_step = 1000000;
    j->seq[0].first_row = 77;
    finish_job(j);
    j->loss = !o->alone && wished(o->loss, 2);
    fill_job(j, o->large ? 0.5 : 0.6);
}

static size_t offset_of(const job *j, const char *name)
{
    rnn_tensor t;
    int i;

    for (i = 0; rnn_model_tensor(&j->model, i, &t, NULL) == RNN_OK; i++)
        if (strcmp(t.name, name) == 0)
            return t.offset;
    MUST(0, "no tensor %s", name);
    return 0;
}

/* Two tokens whose logits are always equal. */
static void tie(job *j)
{
    rnn_real *v = (rnn_real *)j->params + offset_of(j, "out.weight");
    const size_t a = (size_t)test_below((int)j->O);
    const size_t b = (size_t)test_below((int)j->O);
    size_t i;

    for (i = 0; i <= j->H[0] + j->Z; i++) /* the bias too */
        v[i * j->O + a] = v[i * j->O + b];
}

/* A job whose decoder reads tokens, its own among them; or, if `none`, perhaps
 * nothing. */
static void make_token_job(job *j, int dropout, int none, double scale)
{
    wish o = free_wish;

    o.dropout = dropout;
    do {
        o.wiring = RNN_WIRING_1_TO_N + test_below(2);
        o.cell = test_below(RNN_CELLS);
        o.attention = test_below(RNN_SCORES);
        o.context = test_below(RNN_CONTEXTS);
        make_job(j, &o);
    } while (!(j->I[0] ? j->model.target != RNN_INPUT_DENSE : none));
    if (j->I[0] && j->model.target_size < 3)
        j->model.target_size += 3;
    j->model.output_size =
        2 + test_below(j->I[0] ? j->model.target_size - 1 : 6);
    finish_job(j);
    fill_job(j, scale);
    if (test_below(10) == 0)
        tie(j);
}

/* One of a few rates at which it reads its own tokens, the likeliest or drawn,
 * with dropout or without. */
static void make_own_job(job *j, int round)
{
    static const double rates[] = {1e-30, 0.3, 0.8, 1};

    make_token_job(j, round / 8 % 2, 0, 1);
    j->seq[0].own_rate = (rnn_real)rates[round % 4];
    j->seq[0].own_sample = round / 4 % 2;
}

/* How a decoder of tokens begins and ends: anything that is allowed. */
static void make_writing(const job *j, rnn_writing *d)
{
    memset(d, 0, sizeof *d);
    d->begin = j->I[0] ? test_below((int)j->I[0]) : -3;
    d->end = test_below((int)j->O + 1) - 1;
    d->max_tokens = test_below(3) ? test_below(9) : test_below(2);
    d->min_tokens = test_below(2) ? 0 : test_below(d->max_tokens + 1);
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
                       (o * rows + (size_t)index[i]) * bytes,
                   bytes);
    return to;
}

#define TAKE(type, from, outer, width)                                         \
    ((type *)take((from), (outer), j->B, (width) * sizeof(type), index, count))

/* The first steps of rows of sequence i. */
static void take_seq(const job *j, job *k, int i, const int *index,
                     size_t count, int steps)
{
    const rnn_seq *from = &j->seq[i];
    rnn_seq *s = &k->seq[i];
    int *lengths = TAKE(int, from->lengths, 1, 1);
    int all = test_below(2) || steps < from->steps;
    size_t b;

    for (b = 0; b < count && lengths; b++)
        all &= lengths[b] == steps;
    s->lengths = all ? NULL : lengths;
    s->steps = steps;
    s->batch = (int)count;
    s->x = TAKE(rnn_real, from->x, (size_t)steps, j->I[i]);
    s->ids = TAKE(int, from->ids, (size_t)steps, 1);
    s->h0 = TAKE(rnn_real, from->h0, j->L[i], j->H[i]);
    s->c0 = TAKE(rnn_real, from->c0, j->L[i], j->H[i]);
    k->flow[i].dhn = TAKE(rnn_real, j->flow[i].dhn, j->L[i], j->H[i]);
    k->flow[i].dcn = TAKE(rnn_real, j->flow[i].dcn, j->L[i], j->H[i]);
}

/* The job of some of the rows, for the first steps of each sequence; steps
 * NULL: all. */
static void take_rows(const job *j, job *k, const int *index, size_t count,
                      const int *steps)
{
    size_t Y = j->Y;
    int i;

    *k = *j;
    for (i = 0; i <= j->sources; i++)
        take_seq(j, k, i, index, count, steps ? steps[i] : j->seq[i].steps);
    k->seq[0].first_row = j->seq[0].first_row + (uint32_t)index[0];
    if (steps && j->model.wiring != RNN_WIRING_N_TO_1)
        Y = (size_t)steps[0];
    k->up = TAKE(rnn_real, j->up, Y, j->O);
    k->targets = TAKE(int, j->targets, Y, 1);
    k->weights = TAKE(rnn_real, j->weights, Y, 1);
    finish_job(k);
}

/* Those rows and steps of all results that have rows. */
static void take_results(const job *j, const results *r, results *s,
                         const int *index, size_t count, const int *steps)
{
    int i;

    memset(s, 0, sizeof *s);
    s->own = TAKE(int, r->own, steps ? (size_t)steps[0] : j->T, 1);
    for (i = 0; i < r->count; i++) {
        array a = r->a[i];
        size_t o, width = a.width;
        rnn_real *p;
        if (a.along == SHARED)
            continue;
        if (steps && a.along)
            a.outer = (size_t)steps[a.along - TARGET];
        if (steps && a.across)
            width = (size_t)steps[a.across - TARGET];
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

/* ---- ways to run them ---------------------------------------------------- */

/* A program's start: its seed, and all kernels of this machine, plain C first,
 * what is chosen by itself last. */
static void open_jobs(int argc, char **argv)
{
    int k;

    test_seed(argc, argv);
    for (k = 1; k <= RNN_KERNELS; k++) {
        rnn_real one = 1;
        rnn_run run = {0, 0, NULL, NULL, NULL};
        rnn_status st;
        run.kernel = k == RNN_KERNELS ? (int)RNN_KERNEL_AUTO : (rnn_kernel)k;
        st = rnn_map(RNN_FN_EXP, 1, &one, &one, &run);
        CHECK(st == RNN_OK ||
                  (st == RNN_E_UNSUPPORTED && run.kernel > RNN_KERNEL_PORTABLE),
              "kernel %d", run.kernel);
        if (st == RNN_OK)
            kernels[kernel_count++] = (int)run.kernel;
    }
    printf("%d kernels\n", kernel_count);
}

/* Everything of `how` that matters to all, drawn. */
static how some_how(void)
{
    static const int parts[] = {0, 1, 2, 3, 5, 7, 40};
    how w;

    memset(&w, 0, sizeof w);
    w.kernel = kernels[test_below(kernel_count)];
    w.parts = parts[test_below(7)];
    w.shift = test_below(2);
    w.guarded = test_below(4) > 0;
    w.tight = test_below(2);
    w.every = test_below(2) ? 0 : test_below(6) - 1;
    w.more = test_below(3);
    w.alias = test_below(2);
    w.dirty = test_below(2);
    w.fill = test_below(2) ? rubbish : not_a_number();
    return w;
}

/* Helpers that a program may leave unused. */
static void job_make_unused(void)
{
    (void)job_make_unused;
    (void)make_writing;
    (void)make_own_job;
    (void)make_token_job;
    (void)offset_of;
    (void)open_jobs;
    (void)some_how;
    (void)take_results;
    (void)take_rows;
    job_unused();
}

#endif
