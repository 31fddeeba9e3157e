/* pairs.h: sources, and the tokens that are to come out of them.
 *
 *   batches   open_pairs, add_source, set_rows, put_source, put_target
 *   a model   attention_model
 *   decoding  open_decoder, decode, said, is_right, share_right, looks
 */
#ifndef PAIRS_H
#define PAIRS_H

#include "pictures.h"
#include "training.h"

/* ---- pairs: sources, and the tokens that are to come out ---------------- */

/* The token that ends a target, and that stands before its first. */
enum { END = 0 };

/* A batch as a network with a decoder reads it: time-major, its rows padded to
 * the longest. The right tokens are `after`, up to END; the decoder reads those
 * `before` each of them (teacher forcing). Sources are tokens, or numbers of
 * the example's own in source[0].x. */
typedef struct pairs {
    int batch, sources;                   /* rows; one source or two        */
    int source_steps[RNN_MAX_SOURCES];    /* of a source, at most           */
    int steps;                            /* of a target, at most           */
    int *ids[RNN_MAX_SOURCES];            /* (source_steps, batch)          */
    int *source_lengths[RNN_MAX_SOURCES]; /* (batch)                        */
    int *before, *after, *lengths;        /* (steps, batch), (batch)        */
    rnn_seq source[RNN_MAX_SOURCES], target;
    goal want;
} pairs;

/* open_pairs adds the first. */
static inline void add_source(pairs *p, int steps)
{
    const int k = p->sources++;

    p->source[k].steps = p->source_steps[k] = steps;
    p->source[k].batch = p->batch;
    p->source[k].ids = p->ids[k] = ints((size_t)(steps * p->batch));
    p->source[k].ids_len = (size_t)(steps * p->batch);
    p->source_lengths[k] = ints((size_t)p->batch);
}

/* Sources and targets have at most so many steps, END counted. */
static inline pairs *open_pairs(int batch, int source_steps, int steps)
{
    pairs *p = (pairs *)zeros(1, sizeof *p);

    p->batch = p->target.batch = batch;
    p->steps = steps;
    add_source(p, source_steps);
    p->target.source = p->source;
    p->target.ids = p->before = ints((size_t)(steps * batch));
    p->want.ids = p->after = ints((size_t)(steps * batch));
    p->target.ids_len = p->want.len = (size_t)(steps * batch);
    p->lengths = ints((size_t)batch);
    return p;
}

/* How many rows are put next: at most as many as it was opened for. */
static inline void set_rows(pairs *p, int rows)
{
    int k;

    p->batch = p->target.batch = rows;
    for (k = 0; k < p->sources; k++)
        p->source[k].batch = rows;
}

/* The tokens of a row's source: as many as there can be, or up to -1. */
static inline void put_source(pairs *p, int k, int row, const int *ids)
{
    int n;

    for (n = 0; n < p->source_steps[k] && ids[n] >= 0; n++)
        p->ids[k][n * p->batch + row] = ids[n];
    set_length(&p->source[k], p->source_lengths[k], row, n);
}

/* The tokens of a row's target, up to END. */
static inline void put_target(pairs *p, int row, const int *ids)
{
    int n = 0;

    do {
        p->before[n * p->batch + row] = n ? ids[n - 1] : END;
        p->after[n * p->batch + row] = ids[n];
    } while (ids[n++] != END && n < p->steps);
    set_length(&p->target, p->lengths, row, n);
}

/* The encoder-decoder with attention of Bahdanau, Cho & Bengio (2014), small:
 * an encoder of both directions, a head that reads [s_i; c_i], and tables of 32
 * numbers for each of so many tokens that it reads and writes. */
static inline rnn_model attention_model(const options *o, int reads, int writes)
{
    rnn_model model = {0};

    model.wiring = RNN_WIRING_N_TO_M;
    model.cell = (rnn_cell)o->cell;
    model.input = model.target = RNN_INPUT_EMBEDDING;
    model.input_size = reads;
    model.target_size = model.output_size = writes;
    model.embedding_size = model.target_embedding_size = 32;
    model.hidden_size = model.attention_size = o->hidden;
    model.bidirectional = 1;
    model.attention = RNN_SCORE_ADDITIVE;
    model.head_context = 1;
    return model;
}

/* ---- decoding: what comes out of a source ------------------------------- */

typedef struct decoder {
    rnn_net net;         /* the model, planned for decoding                  */
    rnn_work work;       /* with the trainer's weights                       */
    pairs *p;
    rnn_writing how;     /* a width above 1: by beam search; with sampling
                            and rngs (batch): drawn                          */
    int *ids, *counts;   /* (batch, steps): what it says, then END, then -1;
                            (batch): how many tokens before END              */
    rnn_real *attention; /* a_ij, without a beam: see looks                  */
    rnn_real *h, *c, *scores;
    int *by_step;
} decoder;

/* Of a network that has learnt all it will. how.width may be less later, but
 * not more. */
static inline decoder *open_decoder(const trainer *t, pairs *p, int width)
{
    const size_t B = (size_t)p->batch, steps = (size_t)p->steps * B;
    const int *n = p->source_steps;
    decoder *d = (decoder *)zeros(1, sizeof *d);
    rnn_most most = {0};

    most.batch = p->batch;
    most.source_steps = n[0] > n[1] ? n[0] : n[1];
    most.rows = p->batch * width;
    most.tokens = p->steps;
    d->work.weights = t->work.params;
    d->work.weights_len = t->work.params_len;
    open_work(&d->net, &d->work, &t->net.model, &most);
    check(rnn_pack(&d->net, &d->work), &d->work.why, "packing");
    d->work.ints_len = d->net.sizes.ints;
    d->work.ints = ints(d->work.ints_len);
    d->p = p;
    d->how.begin = d->how.end = END;
    d->how.max_tokens = p->steps;
    d->how.width = width;
    d->how.ids_len = steps;
    d->how.counts_len = B;
    d->how.attn_len = steps * (size_t)(n[0] + n[1]);
    d->how.state_len = p->source[0].state_len = d->net.sizes.state;
    d->h = reals(d->net.sizes.state);
    d->c = reals(d->net.sizes.state);
    d->scores = reals(B);
    d->attention = reals(steps * (size_t)(n[0] + n[1]));
    d->ids = ints(steps);
    d->by_step = ints(steps);
    d->counts = ints(B);
    return d;
}

static inline int *said(const decoder *d, int row)
{
    return d->ids + row * d->how.max_tokens;
}

/* What the network makes of each row's source: the likeliest token at every
 * step, one drawn, or the likeliest sequence that a beam finds. */
static inline void decode(decoder *d)
{
    int row, i;

    check(rnn_encode(&d->net, &d->work, d->p->source, d->h, d->c), &d->work.why,
          "encoding");
    if (d->how.width > 1)
        check(rnn_beam_search(&d->net, &d->work, &d->how, d->h, d->c, d->ids,
                              d->counts, d->scores),
              &d->work.why, "a beam");
    else
        check(rnn_generate(&d->net, &d->work, &d->how, d->h, d->c, d->by_step,
                           d->counts, d->attention),
              &d->work.why, "decoding");
    for (row = 0; row < d->p->batch; row++)
        for (i = 0; i < d->how.max_tokens; i++)
            if (i >= d->counts[row])
                said(d, row)[i] = i == d->counts[row] ? END : -1;
            else if (d->how.width == 1)
                said(d, row)[i] = d->by_step[i * d->p->batch + row];
}

/* Whether a row says what it should, up to END. */
static inline int is_right(const decoder *d, int row, const int *want)
{
    const int *ids = said(d, row);

    for (; *ids == *want; ids++, want++)
        if (*want == END)
            return 1;
    return 0;
}

/* Of n sources (n, source_steps) and targets (n, steps), whole batches: the
 * share that comes out right, to the last token. */
static inline double share_right(decoder *d, const int *sources,
                                 const int *targets, int n)
{
    const pairs *p = d->p;
    int i, row, good = 0;

    for (i = 0; i < n; i += p->batch) {
        for (row = 0; row < p->batch; row++)
            put_source(d->p, 0, row, sources + (i + row) * p->source_steps[0]);
        decode(d);
        for (row = 0; row < p->batch; row++)
            good += is_right(d, row, targets + (i + row) * p->steps);
    }
    return good / (double)n;
}

/* How much each token that a row says looks at each step of a source: a_ij,
 * still without names. */
static inline heat looks(const decoder *d, int k, int row)
{
    const pairs *p = d->p;
    heat m = {0};
    int i;

    m.rows = d->counts[row];
    m.cols = p->source_lengths[k][row];
    m.col_step = 1;
    m.values = d->attention + row * p->source[k].steps;
    for (i = 0; i < p->sources; i++) {
        m.values += i < k ? p->batch * p->source[i].steps : 0;
        m.row_step += p->batch * p->source[i].steps;
    }
    return m;
}

#endif
