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
    int tokens;          /* whether there is a head, with loss and Adam    */
    int calls;           /* after how many calls the checksum is           */
    size_t shift;        /* arrays begin so many numbers past a cache line */
    rnn_model model;
    rnn_net net;
    rnn_work work;
    size_t work_len;     /* what a call needs beside weights and results   */
    rnn_seq seq, source;
    rnn_row step;
    rnn_flow flow;
    rnn_optimizer adam;
    rnn_real *fresh;                            /* params at the beginning */
    rnn_real *x, *h0, *c0, *dhn, *dcn;          /* what enters             */
    rnn_real *hn, *cn, *dx, *dh0, *dc0;         /* what leaves             */
    rnn_real *values, loss, norm;
    int *lengths, *targets;
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
static inline void bench_fill(bench_row *r, rnn_real *p, size_t n,
                              rnn_real scale)
{
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = (rnn_real)((long)bench_next(r) - 8388608l) *
               (scale / (rnn_real)8388608);
}

static inline rnn_real *bench_reals(bench_row *r, size_t n, rnn_real scale)
{
    rnn_real *p = (rnn_real *)bench_memory(r, n, sizeof *p);

    if (scale > 0)
        bench_fill(r, p, n, scale);
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

/* Which of rnn.h's kernels a command line means, or -1. */
static inline int bench_kernel(const char *name)
{
    static const char *const names[] = {"auto", "portable", "avx2", "avx512",
                                        "neon"};
    int k;

    for (k = 0; k < 5; k++)
        if (strcmp(name, names[k]) == 0)
            return k;
    return -1;
}

/* ---- what is common to all rows ------------------------------------------ */

static inline int bench_cell(const bench_line *l)
{
    return strcmp(l->cell, "rnn") == 0    ? (int)RNN_CELL_TANH
           : strcmp(l->cell, "gru") == 0  ? (int)RNN_CELL_GRU
           : strcmp(l->cell, "lstm") == 0 ? (int)RNN_CELL_LSTM
                                          : (int)RNN_CELL_GRU_RESET_BEFORE;
}

static inline void bench_describe(bench_row *r)
{
    const bench_line *l = &r->line;
    rnn_model *m = &r->model;

    m->cell = (rnn_cell)bench_cell(l);
    m->hidden_size = l->H;
    m->num_layers = l->L;
    m->bidirectional = l->D == 2;
    m->input_size = l->I;
    if (bench_has(l, "charlm")) {
        m->input = RNN_INPUT_ONE_HOT;
        m->output_size = l->I;
    }
    if (!bench_has(l, "attention"))
        return;
    m->wiring = RNN_WIRING_N_TO_M;
    m->input = m->target = RNN_INPUT_EMBEDDING;
    m->input_size = m->target_size = m->output_size = BENCH_TOKENS;
    m->embedding_size = m->target_embedding_size = l->I;
    m->context_size = m->attention_size = l->H;
    m->feed = RNN_FEED_STATE;
    m->attention = RNN_SCORE_ADDITIVE;
}

/* The plan; all of its arrays but those that are set are in one memory. */
static inline void bench_plan(bench_row *r)
{
    const rnn_sizes *z = &r->net.sizes;
    rnn_most most;

    memset(&most, 0, sizeof most);
    most.steps = r->line.T;
    most.batch = r->line.B;
    most.source_steps = r->line.S;
    most.train = r->train;
    most.moments = r->tokens ? 2 : 0;
    if (bench_has(&r->line, "_bf16"))
        most.packed = RNN_PACK_BF16;
    bench_must(r, rnn_plan(&r->net, &r->model, &most));
    if (r->status)
        return;
    if (r->train && !r->tokens) { /* no loss makes them anew at every call */
        r->work.dlogits = bench_reals(r, z->logits, 0);
        r->work.dlogits_len = z->logits;
    }
    bench_must(r,
               rnn_bind(&r->net, &r->work, bench_reals(r, z->all, 0), z->all));
    r->work_len =
        z->packed + (r->streams ? z->step : z->keep + z->scratch + z->memory);
}

/* ---- a layer ------------------------------------------------------------- */

static inline void bench_open_layer(bench_row *r)
{
    const bench_line *l = &r->line;
    const size_t n = (size_t)l->T * (size_t)l->B * (size_t)l->I;
    const size_t states = r->net.sizes.state;
    rnn_real size = 1; /* about 1 / sqrt H, as PyTorch's weights */
    int b;

    while (size * size * (rnn_real)l->H > 1)
        size = size / 2;
    bench_fill(r, r->work.params, r->net.sizes.params, size);
    r->x = bench_reals(r, n, 0.5f);
    r->h0 = bench_reals(r, states, 0.125f);
    r->c0 = bench_reals(r, states, 0.125f);
    r->hn = bench_reals(r, states, 0);
    r->cn = bench_reals(r, states, 0);
    if (bench_has(l, "_lengths")) {
        r->lengths = (int *)bench_memory(r, (size_t)l->B, sizeof(int));
        for (b = 0; b < l->B; b++)
            r->lengths[b] = bench_length(l, b);
    }
    r->seq.x = r->step.x = r->x;
    r->seq.x_len = r->flow.dx_len = n;
    r->step.x_len = (size_t)l->B * (size_t)l->I;
    r->seq.state_len = r->step.state_len = r->flow.state_len = states;
    r->seq.lengths = r->lengths;
    r->seq.h0 = r->h0;
    r->seq.hn = r->hn;
    if (RNN_HAS_C(r->model.cell)) {
        r->seq.c0 = r->c0;
        r->seq.cn = r->cn;
    }
    if (!r->train) {
        bench_must(r, rnn_pack(&r->net, &r->work)); /* they stay as they are */
        return;
    }
    bench_fill(r, r->work.dlogits, r->net.sizes.logits, 0.0078125f);
    r->dhn = bench_reals(r, states, 0.0078125f);
    r->dcn = bench_reals(r, states, 0.0078125f);
    r->dx = bench_reals(r, n, 0);
    r->dh0 = bench_reals(r, states, 0);
    r->dc0 = bench_reals(r, states, 0);
    r->flow.dhn = r->dhn;
    r->flow.dx = r->dx;
    r->flow.dh0 = r->dh0;
    if (RNN_HAS_C(r->model.cell)) {
        r->flow.dcn = r->dcn;
        r->flow.dc0 = r->dc0;
    }
}

/* ---- a model ------------------------------------------------------------- */

static inline void bench_open_model(bench_row *r)
{
    const bench_line *l = &r->line;
    const size_t rows = (size_t)l->T * (size_t)l->B;
    const size_t params = r->net.sizes.params;
    rnn_rng rng;

    r->fresh = bench_reals(r, params, 0);
    r->values = bench_reals(r, rows, 0);
    r->seq.ids = bench_ids(r, rows, r->model.output_size);
    r->targets = bench_ids(r, rows, r->model.output_size);
    r->seq.ids_len = r->seq.targets_len = rows;
    if (r->model.wiring == RNN_WIRING_N_TO_M) {
        r->source.steps = l->S;
        r->source.batch = l->B;
        r->source.ids =
            bench_ids(r, (size_t)l->S * (size_t)l->B, r->model.input_size);
        r->source.ids_len = (size_t)l->S * (size_t)l->B;
        r->seq.source = &r->source;
    }
    rnn_rng_seed(&rng, 1);
    bench_must(r, rnn_init_params(&r->model, r->fresh, params, &rng, NULL));
}

/* ---- any row ------------------------------------------------------------- */

/* The state from which a sample and a checksum start. */
static inline void bench_row_begin(void *row)
{
    bench_row *r = (bench_row *)row;
    const rnn_sizes *z = &r->net.sizes;

    if (r->tokens) {
        memcpy(r->work.params, r->fresh, z->params * sizeof(rnn_real));
        bench_must(r, rnn_optimizer_init(&r->adam, RNN_OPT_ADAM, 0.002f, NULL));
    } else if (!r->train) {
        memcpy(r->hn, r->h0, z->state * sizeof(rnn_real));
        memcpy(r->cn, r->c0, z->state * sizeof(rnn_real));
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
    if (!r->status) {
        bench_describe(r);
        bench_plan(r);
    }
    if (!r->status && r->tokens)
        bench_open_model(r);
    else if (!r->status)
        bench_open_layer(r);
    if (!r->status)
        bench_row_begin(r);
    return r->status;
}

static inline void bench_row_close(bench_row *r)
{
    while (r->blocks)
        free(r->block[--r->blocks]);
}

static inline void bench_call_layer(bench_row *r)
{
    if (r->streams) {
        bench_must(r, rnn_step(&r->net, &r->work, &r->step, r->hn, r->cn));
    } else if (!r->train) {
        bench_must(r, rnn_infer(&r->net, &r->work, &r->seq));
    } else {
        bench_must(r, rnn_forward(&r->net, &r->work, &r->seq));
        bench_must(r, rnn_backward(&r->net, &r->work, &r->seq, &r->flow));
    }
}

static inline void bench_call_model(bench_row *r)
{
    const size_t n = r->net.sizes.params;
    rnn_work *w = &r->work;
    rnn_loss how = {0};

    how.values = r->values;
    how.values_len = r->seq.targets_len;
    bench_must(r, rnn_forward(&r->net, w, &r->seq));
    bench_must(
        r, rnn_cross_entropy(&r->net, w, &r->seq, r->targets, &how, &r->loss));
    bench_must(r, rnn_backward(&r->net, w, &r->seq, NULL));
    bench_must(r, rnn_clip_grad_norm(w->grads, n, 5, &r->norm, w->run));
    bench_must(r, rnn_optimizer_step_array(&r->adam, w->params, w->grads,
                                           w->moments, n, w->run));
}

/* One call, in run's parts. */
static inline void bench_row_call(bench_row *r, const rnn_run *run)
{
    r->work.run = run;
    if (r->tokens)
        bench_call_model(r);
    else
        bench_call_layer(r);
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

/* Of all results, as they are after r->calls calls; of a stream, the state. */
static inline uint32_t bench_row_hash(const bench_row *r)
{
    const rnn_sizes *z = &r->net.sizes;
    const rnn_work *w = &r->work;
    const size_t c = RNN_HAS_C(r->model.cell) ? z->state : 0;
    uint32_t h = 0;

    if (r->tokens) {
        h = bench_hash(h, &r->loss, 1);
        h = bench_hash(h, &r->norm, 1);
        h = bench_hash(h, w->logits, z->logits);
        h = bench_hash(h, w->grads, z->params);
        h = bench_hash(h, w->moments, z->moments);
        return bench_hash(h, w->params, z->params);
    }
    h = bench_hash(h, r->streams ? NULL : w->logits, z->logits);
    h = bench_hash(h, r->hn, z->state);
    h = bench_hash(h, r->cn, c);
    h = bench_hash(h, r->dx,
                   (size_t)r->line.T * (size_t)r->line.B * (size_t)r->line.I);
    h = bench_hash(h, r->dh0, z->state);
    h = bench_hash(h, r->dc0, c);
    return bench_hash(h, r->train ? w->grads : NULL, z->params);
}

#endif
