/* The rows of bench_line.h by way of rnn.h, which is included before: their
 * buffers, one call, and the checksum of its results. bench.c measures them,
 * test_bench.c computes the same another way. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_line.h"

enum { BENCH_THREADS = 64, BENCH_BLOCKS = 32 };

typedef struct bench_row {
    bench_line line;
    rnn_status status;   /* the first that was not RNN_OK                  */
    int train;           /* whether there is a backward pass               */
    int streams;         /* whether it is one step, which goes on          */
    int tokens;          /* whether there is a model, with loss and Adam   */
    int calls;           /* after how many calls the checksum is           */
    size_t shift;        /* buffers begin so many numbers past a cache line */
    rnn_stack stack;
    rnn_model model;
    rnn_sizes sizes;
    size_t work_len;
    rnn_seq seq, source;
    rnn_flow flow;
    rnn_optimizer adam[BENCH_THREADS]; /* a copy for each thread           */
    rnn_real *params, *grads, *moments, *work, *fresh;
    rnn_real *x, *h0, *c0, *dhn, *dcn, *dy;     /* what enters             */
    rnn_real *y, *hn, *cn, *dx, *dh0, *dc0;     /* what leaves             */
    rnn_real *logits, *values, loss, norm;      /* logits become dlogits   */
    int *lengths, *ids, *targets, *source_ids;
    void *block[BENCH_BLOCKS];
    int blocks;
    uint32_t random;
} bench_row;

static inline void bench_must(bench_row *r, rnn_status st)
{
    if (st && !r->status)
        r->status = st;
}

/* ---- memory and numbers -------------------------------------------------- */

/* n objects, from the beginning of a cache line on, but for the shift */
static inline void *bench_memory(bench_row *r, size_t n, size_t size)
{
    const size_t line = 64;
    char *p = (char *)malloc(n * size + r->shift * size + line);

    if (!p || r->blocks == BENCH_BLOCKS) {
        printf("out of memory\n");
        exit(2);
    }
    r->block[r->blocks++] = p;
    p += line - (size_t)((uintptr_t)p % line) + r->shift * size;
    memset(p, 0, n * size);
    return p;
}

static inline uint32_t bench_next(bench_row *r)
{
    r->random = (r->random * 1664525u + 1013904223u) & 0xffffffffu;
    return r->random >> 8;
}

/* n numbers between -scale and scale; exact if scale is a power of two */
static inline rnn_real *bench_reals(bench_row *r, size_t n, rnn_real scale)
{
    rnn_real *p = (rnn_real *)bench_memory(r, n, sizeof *p);
    size_t i;

    for (i = 0; scale > 0 && i < n; i++)
        p[i] = (rnn_real)((long)bench_next(r) - 8388608l) *
               (scale / (rnn_real)8388608);
    return p;
}

static inline int *bench_ids(bench_row *r, size_t n, int limit)
{
    int *p = (int *)bench_memory(r, n, sizeof *p);
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = (int)(bench_next(r) % (uint32_t)limit);
    return p;
}

/* ---- a layer ------------------------------------------------------------- */

static inline int bench_cell(const bench_line *l)
{
    return strcmp(l->cell, "rnn") == 0    ? (int)RNN_TANH
           : strcmp(l->cell, "gru") == 0  ? (int)RNN_GRU
           : strcmp(l->cell, "lstm") == 0 ? (int)RNN_LSTM
                                          : (int)RNN_GRU_RESET_BEFORE;
}

static inline void bench_open_stack(bench_row *r)
{
    const bench_line *l = &r->line;
    rnn_real size = 1; /* about 1 / sqrt H, as PyTorch's weights */
    size_t states;
    int b;

    r->stack.cell = bench_cell(l);
    r->stack.input_size = l->I;
    r->stack.hidden_size = l->H;
    r->stack.num_layers = l->L;
    r->stack.bidirectional = l->D == 2;
    bench_must(r, rnn_stack_sizes(&r->stack, l->T, l->B, &r->sizes));
    if (r->status)
        return;
    while (size * size * (rnn_real)l->H > 1)
        size = size / 2;
    states = r->sizes.state;
    r->work_len = r->train                  ? r->sizes.train
                  : r->streams              ? r->sizes.step
                                            : r->sizes.infer_packed;
    r->params = bench_reals(r, r->sizes.params, size);
    r->work = bench_reals(r, r->work_len, 0);
    r->x = bench_reals(r, (size_t)l->T * (size_t)l->B * (size_t)l->I, 0.5f);
    r->h0 = bench_reals(r, states, 0.125f);
    r->c0 = bench_reals(r, states, 0.125f);
    r->hn = bench_reals(r, states, 0);
    r->cn = bench_reals(r, states, 0);
    r->y = bench_reals(r, r->sizes.output, 0);
    if (bench_has(l, "_lengths")) {
        r->lengths = (int *)bench_memory(r, (size_t)l->B, sizeof(int));
        for (b = 0; b < l->B; b++)
            r->lengths[b] = bench_length(l, b);
    }
    r->seq.x = r->x;
    r->seq.lengths = r->lengths;
    r->seq.h0 = r->h0;
    r->seq.c0 = r->c0;
    r->seq.hn = r->hn;
    r->seq.cn = r->cn;
    if (!r->train)
        return;
    r->grads = bench_reals(r, r->sizes.params, 0);
    r->dy = bench_reals(r, r->sizes.output, 0.0078125f);
    r->dhn = bench_reals(r, states, 0.0078125f);
    r->dcn = bench_reals(r, states, 0.0078125f);
    r->dx = bench_reals(r, (size_t)l->T * (size_t)l->B * (size_t)l->I, 0);
    r->dh0 = bench_reals(r, states, 0);
    r->dc0 = bench_reals(r, states, 0);
    r->flow.dhn = r->dhn;
    r->flow.dcn = r->dcn;
    r->flow.dx = r->dx;
    r->flow.dh0 = r->dh0;
    r->flow.dc0 = r->dc0;
}

/* ---- a model ------------------------------------------------------------- */

static inline void bench_describe(bench_row *r)
{
    const bench_line *l = &r->line;
    rnn_model *m = &r->model;

    m->cell = bench_cell(l);
    m->hidden_size = l->H;
    m->num_layers = l->L;
    m->bidirectional = l->D == 2;
    if (bench_has(l, "charlm")) {
        m->input = RNN_ONE_HOT;
        m->input_size = m->output_size = l->I;
        return;
    }
    m->wiring = RNN_N_TO_M;
    m->input = m->target = RNN_EMBEDDING;
    m->input_size = m->target_size = m->output_size = BENCH_TOKENS;
    m->embedding_size = m->target_embedding_size = l->I;
    m->context_size = m->attention_size = l->H;
    m->feed = RNN_AS_STATE;
    m->attention = RNN_ADDITIVE;
}

static inline void bench_open_model(bench_row *r)
{
    const bench_line *l = &r->line;
    const size_t rows = (size_t)l->T * (size_t)l->B;
    rnn_rng rng;

    bench_describe(r);
    bench_must(r, rnn_model_sizes(&r->model, l->S, l->T, l->B, &r->sizes));
    if (r->status)
        return;
    r->work_len = r->sizes.train;
    r->params = bench_reals(r, r->sizes.params, 0);
    r->fresh = bench_reals(r, r->sizes.params, 0);
    r->grads = bench_reals(r, r->sizes.params, 0);
    r->moments = bench_reals(r, 2 * r->sizes.params, 0);
    r->work = bench_reals(r, r->work_len, 0);
    r->logits = bench_reals(r, r->sizes.output, 0);
    r->values = bench_reals(r, rows, 0);
    r->ids = bench_ids(r, rows, r->model.output_size);
    r->targets = bench_ids(r, rows, r->model.output_size);
    r->seq.ids = r->ids;
    if (r->model.wiring == RNN_N_TO_M) {
        r->source_ids = bench_ids(r, (size_t)l->S * (size_t)l->B,
                                  r->model.input_size);
        r->source.steps = l->S;
        r->source.batch = l->B;
        r->source.ids = r->source_ids;
        r->seq.source = &r->source;
    }
    rnn_rng_seed(&rng, 1);
    bench_must(r, rnn_init_params(&r->model, r->fresh, r->sizes.params, &rng));
}

/* ---- any row ------------------------------------------------------------- */

/* The state from which a sample and a checksum start. */
static inline void bench_row_begin(void *row)
{
    bench_row *r = (bench_row *)row;
    const size_t bytes = r->sizes.state * sizeof(rnn_real);
    int i;

    if (r->tokens) {
        memcpy(r->params, r->fresh, r->sizes.params * sizeof(rnn_real));
        for (i = 0; i < BENCH_THREADS; i++)
            bench_must(r, rnn_optimizer_init(&r->adam[i], RNN_ADAM, 0.002f));
    } else if (!r->train) {
        memcpy(r->hn, r->h0, bytes);
        memcpy(r->cn, r->c0, bytes);
    }
}

static inline rnn_status bench_row_open(bench_row *r, const bench_line *l,
                                        size_t shift)
{
    memset(r, 0, sizeof *r);
    r->line = *l;
    r->shift = shift;
    r->random = 1;
    r->tokens = bench_has(l, "charlm") || bench_has(l, "attention");
    r->train = r->tokens || bench_has(l, "train");
    r->streams = bench_has(l, "stream");
    r->calls = r->streams ? 4 : r->tokens ? 2 : 1;
    r->seq.steps = l->T;
    r->seq.batch = l->B;
    if (!r->train && !bench_has(l, "infer") && !r->streams)
        r->status = RNN_E_UNSUPPORTED;
    else if (r->tokens)
        bench_open_model(r);
    else
        bench_open_stack(r);
    if (!r->status)
        bench_row_begin(r);
    return r->status;
}

static inline void bench_row_close(bench_row *r)
{
    while (r->blocks)
        free(r->block[--r->blocks]);
}

/* All threads of a call meet; without OpenMP there is one. */
static inline void bench_meet(const rnn_run *run)
{
    if (run->parts > 1) {
#ifdef _OPENMP
#pragma omp barrier
#endif
    }
}

/* This thread's share of grads = 0. */
static inline void bench_clear(const bench_row *r, const rnn_run *run)
{
    const size_t parts = run->parts > 0 ? (size_t)run->parts : 1;
    const size_t each = r->sizes.params / parts, p = (size_t)run->part;
    const size_t end = p + 1 == parts ? r->sizes.params : (p + 1) * each;

    memset(r->grads + p * each, 0, (end - p * each) * sizeof *r->grads);
}

static inline void bench_call_stack(bench_row *r, const rnn_run *run)
{
    if (r->streams) {
        bench_must(r, rnn_stack_step(&r->stack, r->params, r->line.B, r->x,
                                     NULL, r->hn,
                                     r->stack.cell == RNN_LSTM ? r->cn : NULL,
                                     r->work, r->work_len, run));
    } else if (!r->train) {
        bench_must(r, rnn_stack_infer(&r->stack, r->params, &r->seq, r->y,
                                      r->work, r->work_len, run));
    } else {
        bench_clear(r, run);
        bench_must(r, rnn_stack_forward(&r->stack, r->params, &r->seq, r->y,
                                        r->work, r->work_len, run));
        bench_meet(run);
        bench_must(r, rnn_stack_backward(&r->stack, r->params, &r->seq, r->dy,
                                         &r->flow, r->work, r->work_len, run));
        bench_meet(run);
        bench_must(r, rnn_stack_grads(&r->stack, &r->seq, r->work, r->work_len,
                                      r->grads, run));
    }
}

/* Threads share everything but the mean of the losses and the norm. */
static inline void bench_call_model(bench_row *r, const rnn_run *run)
{
    const size_t rows = (size_t)r->line.T * (size_t)r->line.B;
    const rnn_real n = (rnn_real)rows;
    rnn_run alone = *run;

    alone.part = alone.parts = 0;
    bench_clear(r, run);
    bench_must(r, rnn_forward(&r->model, r->params, &r->seq, r->logits,
                              r->work, r->work_len, run));
    bench_meet(run);
    bench_must(r, rnn_cross_entropy(r->logits, rows, r->model.output_size,
                                    r->targets, NULL, n, 0, r->values,
                                    r->logits, NULL, run));
    bench_meet(run);
    bench_must(r, rnn_backward(&r->model, r->params, &r->seq, r->logits, NULL,
                               NULL, r->work, r->work_len, run));
    bench_meet(run);
    bench_must(r, rnn_grads(&r->model, &r->seq, r->logits, r->grads, r->work,
                            r->work_len, run));
    bench_meet(run);
    if (run->part == 0) {
        bench_must(r, rnn_mean(r->values, NULL, rows, n, &r->loss, &alone));
        bench_must(r, rnn_clip_grad_norm(r->grads, r->sizes.params, 5,
                                         &r->norm, &alone));
    }
    bench_meet(run);
    bench_must(r, rnn_optimizer_step(&r->adam[run->part], r->params, r->grads,
                                     r->moments, r->sizes.params, run));
}

/* One call by thread run->part of run->parts, all of which make it at once. */
static inline void bench_row_call(bench_row *r, const rnn_run *run)
{
    if (r->tokens)
        bench_call_model(r, run);
    else
        bench_call_stack(r, run);
    bench_meet(run);
}

/* ---- the checksum -------------------------------------------------------- */

/* h, then the bits of n numbers; p may be NULL */
static inline uint32_t bench_hash(uint32_t h, const rnn_real *p, size_t n)
{
    uint32_t w;
    size_t i;

    for (i = 0; p && i < n; i++) {
        memcpy(&w, p + i, sizeof w);
        h = ((h ^ w) * 0x9e3779b1u) & 0xffffffffu;
        h ^= h >> 15;
    }
    return h;
}

/* Of all results, as they are after r->calls calls. */
static inline uint32_t bench_row_hash(const bench_row *r)
{
    const rnn_sizes *s = &r->sizes;
    const size_t states = s->state;
    const size_t c = r->stack.cell == RNN_LSTM ? states : 0;
    uint32_t h = 0;

    if (r->tokens) {
        h = bench_hash(h, &r->loss, 1);
        h = bench_hash(h, &r->norm, 1);
        h = bench_hash(h, r->logits, s->output);
        h = bench_hash(h, r->grads, s->params);
        h = bench_hash(h, r->moments, 2 * s->params);
        return bench_hash(h, r->params, s->params);
    }
    h = bench_hash(h, r->y, s->output);
    h = bench_hash(h, r->hn, states);
    h = bench_hash(h, r->cn, c);
    h = bench_hash(h, r->dx, (size_t)r->line.T * (size_t)r->line.B *
                                 (size_t)r->line.I);
    h = bench_hash(h, r->dh0, states);
    h = bench_hash(h, r->dc0, c);
    return bench_hash(h, r->grads, s->params);
}

#endif
