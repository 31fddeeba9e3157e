/* A trial of fuzz_api.c: a job of job.h with what its calls may be asked for
 * besides; and a pass, one of the ways to run it: a plan, arrays of exactly its
 * sizes, sequences as they may lie in memory. */
#ifndef FUZZ_TRIAL_H
#define FUZZ_TRIAL_H

#include "fuzz_blocks.h"

/* ---- what is tried ------------------------------------------------------- */

enum { ARRAYS = 9, BEHIND = 15 /* numbers of a cache line, but one */ };

typedef struct trial {
    job j;
    const unsigned char *fresh[3];
    int kind; /* of loss */
    rnn_loss rule;
    const int *targets;
    const rnn_real *wanted, *up; /* up: gradients where there is no loss */
    int accumulate, frozen, no_flow;
    unsigned wants; /* which outputs: bits of what is not NULL */
    int width, tokens;
    rnn_optimizer opt;
    size_t moments;
    int drops; /* forward is not infer: dropout, or tokens of its own */
    int half;  /* parameters have eight bits, so BF16 copies change none */
} trial;
static trial now;

typedef struct pass { /* a plan, its work, and what a step of training has */
    rnn_net *net;
    rnn_work *work;
    rnn_run *run;
    rnn_seq seq[3];
    rnn_flow flow[3];
    rnn_loss rule;
    const int *targets;
    const rnn_real *wanted;
    rnn_real *y, *d, *loss; /* copies of logits and dlogits */
    int train, tight, carried; /* carried: hn is h0 */
} pass;

/* How wide a row of logits is, and how many numbers they are. */
static size_t out_width(void)
{
    return now.j.O + (now.j.alone ? now.j.Z : 0);
}

static size_t out_size(void)
{
    return now.j.Y * now.j.B * out_width();
}

/* ---- drawing ------------------------------------------------------------- */

static void spice_job(const job *j)
{
    int i;

    spice(j->params, j->sizes.params);
    for (i = 0; i <= j->sources; i++)
        spice(j->seq[i].x, (size_t)j->seq[i].steps * j->B * j->I[i]);
}

/* So wide, with so many rows, that products read copies of their factors. */
static void widen(job *j)
{
    rnn_model *m = &j->model;
    rnn_seq *s = &j->seq[0];

    m->num_layers = 1;
    m->bidirectional = 0;
    m->dropout = 0;
    m->hidden_size = between(256, 258);
    s->steps = between(4, 6);
    s->batch = between(52, 66);
    s->lengths = chance(25) ? some_lengths(s->batch, s->steps) : NULL;
}

/* One row at least is not empty: a mean over nothing is refused. */
static void have_some(rnn_seq *s)
{
    int *n = (int *)(uintptr_t)s->lengths, b = 0;

    while (n && b < s->batch && !n[b])
        b++;
    if (n && b == s->batch)
        n[0] = s->steps;
}

static void draw_job(job *j)
{
    wish o = free_wish;

    o.wiring = test_below(RNN_WIRINGS);
    o.cell = test_below(RNN_CELLS);
    o.alone = chance(10);
    o.dropout = chance(25);
    o.attention = chance(60) ? test_below(RNN_SCORES) : RNN_SCORE_NONE;
    o.context = test_below(RNN_CONTEXTS);
    o.large = chance(8);
    make_job(j, &o);
    tidy(&j->model);
    if (o.wiring == RNN_WIRING_N_TO_N && test_below(400) == 0)
        widen(j);                           /* seconds */
    if (chance(35) && j->model.output_size) /* then it can write */
        j->model.output_size =
            1 + test_below(j->decoder && j->I[0] ? j->model.target_size
                                                 : j->model.input_size);
    have_some(&j->seq[0]);
    finish_job(j);
    fill_job(j, j->model.hidden_size > 200 ? 0.03 : 0.6);
    spice_job(j);
}

/* Parameters become the nearest numbers that half the bytes hold. */
static void halve(const job *j)
{
    uint32_t b;
    size_t i;

    for (i = 0; i < j->sizes.params; i++) {
        rnn_real *p = (rnn_real *)j->params + i;
        if (*p != *p)
            continue;
        memcpy(&b, p, sizeof b);
        b = (b + 0x7fffu + (b >> 16 & 1u)) & 0xffff0000u;
        memcpy(p, &b, sizeof b);
    }
}

/* Rows that start from zeros. */
static void draw_fresh(void)
{
    const job *j = &now.j;
    size_t b;
    int i;

    for (i = 0; i <= j->sources; i++) {
        unsigned char *p;
        now.fresh[i] = NULL;
        if (!j->L[i] || chance(70))
            continue;
        p = (unsigned char *)test_memory(j->B);
        for (b = 0; b < j->B; b++)
            p[b] = (unsigned char)test_below(2);
        now.fresh[i] = p;
    }
}

/* Whether the model gives out tokens that it can read. */
static int writes(void)
{
    const job *j = &now.j;
    const int kind = j->decoder ? (int)j->model.target : (int)j->model.input;

    return !j->alone && !j->both && j->model.wiring != RNN_WIRING_N_TO_1 &&
           (j->I[0] ? kind != RNN_INPUT_DENSE && j->O <= j->I[0] : j->decoder);
}

static void draw_trial(void)
{
    static const double rates[] = {0.3, 0.8, 1};
    job *j = &now.j;
    int *ids;
    rnn_real *wanted;

    memset(&now, 0, sizeof now);
    draw_job(j);
    now.half = chance(15);
    if (now.half)
        halve(j);
    draw_fresh();
    now.kind = j->alone ? NO_LOSS : test_below(LOSSES);
    if (now.kind != NO_LOSS)
        draw_loss(&now.rule, now.kind, j->Y * j->B, (int)j->O);
    now.rule.padding = chance(20);
    draw_targets(&ids, &wanted, j->Y * j->B, (int)j->O);
    now.targets = ids;
    now.wanted = wanted;
    now.up = reals(out_size(), 1);
    now.accumulate = chance(30);
    now.frozen = chance(8);
    now.no_flow = chance(10);
    if (now.no_flow)
        now.accumulate = now.frozen = 0;
    now.wants = (unsigned)test_next();
    now.width = between(1, 3);
    now.tokens = j->decoder && writes() ? test_below(7) : 0;
    draw_optimizer(&now.opt);
    DO(GOOD, rnn_optimizer_moments(&now.opt, &now.moments, NULL));
    if (j->decoder && j->I[0] && writes() && chance(35)) {
        j->seq[0].own_rate = (rnn_real)rates[test_below(3)];
        j->seq[0].own_sample = chance(50);
    }
    now.drops = j->model.dropout > 0 || j->model.dropout_last > 0 ||
                j->seq[0].own_rate > 0;
    set_kind(0, INPUT);
}

/* Whether output `bit` of sequence i is wanted. */
static int wants(int i, int bit)
{
    return (int)(now.wants >> (5 * i + bit) & 1);
}

/* ---- sizes --------------------------------------------------------------- */

#define PLAIN_NET                                                              \
    m->cell, m->input_size, m->embedding_size, m->hidden_size, L,              \
        m->bidirectional ? 2 : 1, !m->no_bias, m->output_size

/* [API-SIZES] is never less than what a plan says. */
static void check_plain_macros(const rnn_net *net)
{
    const rnn_model *m = &net->model;
    const rnn_sizes *z = &net->sizes;
    const rnn_most *n = &net->most;
    const int T = n->steps, B = n->batch, L = m->num_layers ? m->num_layers : 1;
    const size_t drop = m->dropout > 0 || m->dropout_last > 0
                            ? RNN_KEEP_DROPOUT(T, B, PLAIN_NET)
                            : 0;

    HOLDS(z->params == RNN_PARAMS(PLAIN_NET));
    HOLDS(z->state == RNN_STATE(B, PLAIN_NET));
    HOLDS(z->packed <= RNN_PACKED(PLAIN_NET));
    HOLDS(z->keep <= RNN_KEEP(T, B, PLAIN_NET) + drop);
    HOLDS(z->step <= RNN_SCRATCH_STEP(n->rows, PLAIN_NET));
    if (n->rows > B)
        return;
    HOLDS(z->logits <= RNN_LOGITS(T, B, PLAIN_NET));
    HOLDS(z->scratch <= RNN_SCRATCH_TRAIN(T, B, PLAIN_NET));
    HOLDS(z->all <= RNN_TRAIN(T, B, n->moments, PLAIN_NET) + drop);
    HOLDS(n->train || z->scratch <= RNN_SCRATCH_INFER(T, B, PLAIN_NET));
    HOLDS(n->train || n->moments ||
          z->all <=
              RNN_INFER(T, B, PLAIN_NET) + z->params + z->packed + 2 * BEHIND);
}

#define DECODER_NET                                                            \
    m->cell, m->input_size, m->embedding_size, (j->given ? 0 : m->hidden_size),\
        (j->given ? 0 : m->num_layers), D, !m->no_bias, m->output_size,        \
        m->target_size, m->target_embedding_size, (int)j->H[0], (int)j->L[0],  \
        X, Z, m->context_size, R, A, N

static void check_decoder_macros(const job *j, const rnn_net *net)
{
    const rnn_model *m = &net->model;
    const rnn_sizes *z = &net->sizes;
    const rnn_most *n = &net->most;
    const int T = n->steps, B = n->batch, S = n->source_steps, N = j->sources;
    const int D = m->bidirectional ? 2 : 1, Z = (int)j->Z, C = (int)j->C;
    const int K = j->given ? 0 : (int)j->K * N;
    const int E = m->embedding_size ? m->embedding_size : m->input_size;
    const int each = m->source_steps ? m->source_steps : 1;
    const int R = !j->uses_c ? 0 : j->given ? E : K * each;
    const int A = m->attention == RNN_SCORE_NONE ? 0
                  : m->attention_size            ? m->attention_size
                                                 : (int)j->H[0];
    const int X = (j->feed & ~RNN_FEED_STATE ? C : 0) + (m->attention ? K : 0);
    const size_t drop = RNN_DECODER_KEEP_DROPOUT(S, T, B, DECODER_NET);

    HOLDS(z->params <= RNN_DECODER_PARAMS(DECODER_NET));
    HOLDS(z->state <= RNN_DECODER_STATE(B, DECODER_NET));
    HOLDS(z->source_state <= RNN_DECODER_STATE(B, DECODER_NET));
    HOLDS(z->packed <= RNN_DECODER_PACKED(DECODER_NET));
    HOLDS(z->memory <= RNN_DECODER_MEMORY(S, B, DECODER_NET));
    HOLDS(z->keep <= RNN_DECODER_KEEP(S, T, B, DECODER_NET) + drop);
    HOLDS(z->step <= RNN_DECODER_SCRATCH_STEP(S, n->rows, DECODER_NET));
    if (n->rows > B || n->tokens)
        return;
    HOLDS(z->logits <= RNN_DECODER_LOGITS(T, B, DECODER_NET));
    HOLDS(z->all <= RNN_DECODER_TRAIN(S, T, B, n->moments, DECODER_NET) + drop);
    HOLDS(n->train ||
          z->scratch <= RNN_DECODER_SCRATCH_INFER(S, T, B, DECODER_NET));
}

/* ---- a plan and its arrays ----------------------------------------------- */

static rnn_work *new_work(void)
{
    block *b = new_block(sizeof(rnn_work), OUTPUT, 1);

    memset(b->p, 0, b->n);
    b->held = offsetof(rnn_work, run); /* the rest is the library's */
    return (rnn_work *)b->p;
}

static rnn_net *new_net(void)
{
    block *b = new_block(sizeof(rnn_net), OUTPUT, 1);

    memset(b->p, 0, b->n);
    b->held = offsetof(rnn_net, why); /* a refusal says why */
    return (rnn_net *)b->p;
}

static void open_plan(pass *p)
{
    const int more = chance(75) ? 0 : between(1, 2);
    rnn_most most = most_of(&now.j, p->train, more);

    most.rows = most.batch * now.width;
    most.tokens = now.tokens;
    most.moments = p->train ? (int)now.moments : 0;
    most.packed = p->tight                              ? RNN_PACK_NONE
                  : now.half && !p->train && chance(60) ? RNN_PACK_BF16
                                                        : RNN_PACK_FLOAT;
    most.keep_every = test_below(6) - 1;
    p->net = new_net();
    p->work = new_work();
    p->run = (rnn_run *)new_block(sizeof(rnn_run), INPUT, 1)->p;
    draw_run(p->run);
    DO(GOOD, rnn_plan(p->net, &now.j.model, &most));
    block_of(p->net)->kind = INPUT;
    if (most.packed == RNN_PACK_BF16)
        return; /* test_sizes has their sizes */
    if (now.j.decoder)
        check_decoder_macros(&now.j, p->net);
    else
        check_plain_macros(p->net);
}

/* Array i of a work and its length; returns what the plan wants. */
static size_t slot(const rnn_net *net, rnn_work *w, int i, rnn_real ***at,
                   size_t **len)
{
    const rnn_sizes *z = &net->sizes;
    const size_t train = net->most.train != 0;

    switch (i) {
    case 0: *at = &w->params, *len = &w->params_len; return z->params;
    case 1: *at = &w->grads, *len = &w->grads_len; return train * z->params;
    case 2: *at = &w->moments, *len = &w->moments_len; return z->moments;
    case 3: *at = &w->packed, *len = &w->packed_len; return z->packed;
    case 4: *at = &w->logits, *len = &w->logits_len; return z->logits;
    case 5: *at = &w->dlogits, *len = &w->dlogits_len; return train * z->logits;
    case 6: *at = &w->keep, *len = &w->keep_len; return z->keep;
    case 7: *at = &w->memory, *len = &w->memory_len; return z->memory;
    default: *at = &w->scratch, *len = &w->scratch_len; return z->scratch;
    }
}

/* Everything that bind refuses; n numbers are what its memory needs. */
static void bind_faults(const rnn_net *net, rnn_work *w, rnn_real *memory,
                        size_t n)
{
    const int i = test_below(ARRAYS - 1); /* scratch is each call's */
    rnn_net *none = new_net();
    rnn_real **at;
    size_t *len;

    DO(BAD, rnn_bind(NULL, w, memory, n));
    DO(BAD, rnn_bind(net, NULL, memory, n));
    DO(BAD, rnn_bind(none, w, memory, n));
    if (n) {
        DO(BAD, rnn_bind(net, w, memory, n - 1));
        DO(BAD, rnn_bind(net, w, NULL, n));
    }
    if (w->weights) {
        w->weights_len--;
        DO(BAD, rnn_bind(net, w, memory, n));
        w->weights_len++;
    }
    if (!slot(net, w, i, &at, &len) || !*at || (i == 0 && w->weights))
        return;
    --*len;
    DO(BAD, rnn_bind(net, w, memory, n));
    ++*len;
}

/* Some arrays are the caller's, of exactly the plan's sizes, the others go into
 * one memory of exactly what they need. */
static void open_work_of(pass *p)
{
    rnn_work *w = p->work;
    const int own = chance(60) ? 100 : chance(50) ? 0 : 50;
    rnn_real *memory, **at;
    size_t *len, n, all = 0;
    int i;

    if (!p->train || chance(30)) {
        w->weights = now.j.params;
        w->weights_len = p->net->sizes.params;
    }
    for (i = w->weights != NULL; i < ARRAYS; i++) {
        n = slot(p->net, w, i, &at, &len);
        if (n && chance(own)) {
            *at = room(n);
            *len = n;
        } else {
            all += n ? n + BEHIND : 0;
        }
    }
    if (p->net->sizes.ints) {
        w->ints = int_room(p->net->sizes.ints);
        w->ints_len = p->net->sizes.ints;
        block_of(w->ints)->kind = DEAD;
    }
    memory = room(all);
    if (chance(15))
        bind_faults(p->net, w, memory, all);
    DO(GOOD, rnn_bind(p->net, w, memory, all));
    HOLDS(own > 0 || w->weights == now.j.params || all == p->net->sizes.all);
    if (w->params)
        memcpy(w->params, now.j.params, p->net->sizes.params * sizeof *memory);
    w->run = p->run;
}

/* ---- sequences, as a pass has them --------------------------------------- */

static void open_seq(pass *p, int i)
{
    const job *j = &now.j;
    const size_t n = j->L[i] * j->B * j->H[i];
    rnn_seq *s = &p->seq[i];
    rnn_flow *f = &p->flow[i];

    *s = j->seq[i];
    draw_strides(s);
    s->fresh = now.fresh[i];
    s->x = spread_reals(s, s->x, j->I[i], 0);
    s->ids = spread_ids(s, s->ids, 0);
    if (j->L[i] && wants(i, 0))
        s->hn = room(n);
    if (j->L[i] && j->lstm && wants(i, 1))
        s->cn = room(n);
    s->x_len = said(s->x, sizeof *s->x);
    s->ids_len = said(s->ids, sizeof *s->ids);
    s->state_len = chance(70) ? n : 0;
    *f = j->flow[i];
    if (!p->train)
        return;
    if (s->x && wants(i, 2))
        f->dx = room(extent(s) * j->I[i]);
    if (j->L[i] && wants(i, 3))
        f->dh0 = room(n);
    if (j->L[i] && j->lstm && wants(i, 4))
        f->dc0 = room(n);
    f->dx_len = said(f->dx, sizeof *f->dx);
    f->state_len = chance(70) ? n : 0;
}

static void open_pass(pass *p, int train)
{
    const job *j = &now.j;
    int i;

    memset(p, 0, sizeof *p);
    p->train = train;
    p->tight = chance(30);
    open_plan(p);
    open_work_of(p);
    for (i = 0; i <= j->sources; i++)
        open_seq(p, i);
    if (j->sources) {
        p->seq[0].source = p->seq + 1;
        p->flow[0].source = p->flow + 1;
    }
    if (j->seq[0].own_rate > 0 && train)
        p->seq[0].own_ids = int_room(j->T * j->B);
    p->seq[0].own_ids_len = said(p->seq[0].own_ids, sizeof(int));
    if (!train)
        p->seq[0].own_rate = 0;
    p->flow[0].accumulate = now.accumulate;
    p->flow[0].frozen = now.frozen;
    if (now.no_flow)
        memset(p->flow, 0, sizeof p->flow);
    p->rule = now.rule;
    p->loss = room(1);
}

#endif
