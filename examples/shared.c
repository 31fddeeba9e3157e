/* shared: a library of functions on handles, for languages that load one.
 *
 *     make shared        build/librnn.so; examples/rnn.py is one that loads it
 *
 * A checkpoint becomes a handle, planned for at most so many steps and rows;
 * all else are arrays of floats and ints in the shapes of rnn.h: x (T, B, I) or
 * ids (T, B), h and c (L*D, B, H), results (T, B, O), of N vs 1 (B, O). What can
 * refuse returns 0 or a status below 0, and share_why says why. A handle is for
 * one thread at a time. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

typedef struct shared {
    rnn_net net;
    rnn_work work;
    rnn_real *memory;
    rnn_why why; /* of what has no work */
    char text[200];
} shared;

/* What the functions below are told of a model. */
enum { WIRING, CELL_HAS_C, TOKENS, INPUTS, SOURCE_TOKENS, SOURCE_INPUTS,
       LAYERS, UNITS, OUTPUTS, SOURCES, FACTS };

/* Why the last call on a handle refused. */
EXPORT const char *share_why(shared *s)
{
    const rnn_why *w = s->work.why.status  ? &s->work.why
                       : s->net.why.status ? &s->net.why
                                           : &s->why;

    return rnn_why_text(w, s->text, sizeof s->text);
}

EXPORT void share_close(shared *s)
{
    if (s)
        free(s->memory);
    free(s);
}

static rnn_status load(shared *s, const unsigned char *file, size_t len,
                       const rnn_most *most)
{
    rnn_model model;
    rnn_status st =
        rnn_load_description(file, len, &model, NULL, 0, NULL, &s->why);

    if (!st)
        st = rnn_plan(&s->net, &model, most);
    if (st)
        return st;
    s->memory = (rnn_real *)malloc(s->net.sizes.all * sizeof *s->memory);
    if (!s->memory)
        return s->why.status = RNN_E_BUFFER;
    st = rnn_bind(&s->net, &s->work, s->memory, s->net.sizes.all);
    if (!st)
        st = rnn_load_params(file, len, &s->net.model, s->work.params,
                             s->work.params_len, NULL, &s->work.why);
    return st ? st : rnn_pack(&s->net, &s->work);
}

/* The checkpoint in file (len bytes, which may go afterwards) at work for so
 * much at most. *out is a handle even where it refuses, to ask why, or NULL
 * where there is no memory. */
EXPORT int share_open(const unsigned char *file, size_t len, int steps,
                      int batch, int source_steps, shared **out)
{
    rnn_most most = {0};

    *out = (shared *)calloc(1, sizeof **out);
    if (!*out)
        return RNN_E_BUFFER;
    most.steps = steps;
    most.batch = batch;
    most.source_steps = source_steps;
    return load(*out, file, len, &most);
}

/* out[FACTS]: the sizes of the arrays that go in and come out. */
EXPORT void share_facts(const shared *s, int *out)
{
    const rnn_model *m = &s->net.model;
    const int decoder =
        m->wiring == RNN_WIRING_1_TO_N || m->wiring == RNN_WIRING_N_TO_M;
    const size_t rows =
        (size_t)s->net.most.batch *
        (m->wiring == RNN_WIRING_N_TO_1 ? 1 : (size_t)s->net.most.steps);
    const int layers = m->num_layers ? m->num_layers : 1;

    out[WIRING] = (int)m->wiring;
    out[CELL_HAS_C] = RNN_HAS_C(m->cell) ? 1 : 0;
    out[SOURCE_TOKENS] = m->input != RNN_INPUT_DENSE;
    out[SOURCE_INPUTS] = m->input_size;
    out[TOKENS] = decoder ? m->target != RNN_INPUT_DENSE : out[SOURCE_TOKENS];
    out[INPUTS] = decoder ? m->target_size : m->input_size;
    out[LAYERS] = !decoder            ? layers * (1 + m->bidirectional)
                  : m->decoder_layers ? m->decoder_layers
                                      : layers;
    out[UNITS] = decoder && m->decoder_hidden_size ? m->decoder_hidden_size
                                                   : m->hidden_size;
    out[OUTPUTS] = (int)(s->net.sizes.logits / rows);
    out[SOURCES] = !decoder ? 0 : m->num_sources ? m->num_sources : 1;
}

/* What share_infer and share_write read of a source, or of the sequences.
 * `sources` is an array of two, of which a model reads as many as it has. */
typedef struct share_rows {
    int steps, batch;
    const float *x;
    const int *ids, *lengths;
} share_rows;

static void put_rows(rnn_seq *seq, const share_rows *r)
{
    memset(seq, 0, sizeof *seq);
    seq->steps = r->steps;
    seq->batch = r->batch;
    seq->x = r->x;
    seq->ids = r->ids;
    seq->lengths = r->lengths;
}

/* rnn_infer. h and c go in and come out; c is NULL of cells that have none, and
 * both may be. A decoder reads `rows`, the right tokens before those asked for,
 * after the sources. */
EXPORT int share_infer(shared *s, const share_rows *rows,
                       const share_rows *sources, float *h, float *c,
                       float *out, size_t out_len)
{
    rnn_seq seq, source[RNN_MAX_SOURCES];
    int i;

    put_rows(&seq, rows);
    for (i = 0; sources && i < RNN_MAX_SOURCES; i++)
        put_rows(&source[i], &sources[i]);
    seq.source = sources ? source : NULL;
    seq.h0 = seq.hn = h;
    seq.c0 = seq.cn = c;
    s->work.logits = out;
    s->work.logits_len = out_len;
    return rnn_infer(&s->net, &s->work, &seq);
}

/* rnn_step of the plan's rows: h and c go on. */
EXPORT int share_step(shared *s, const float *x, const int *ids, float *h,
                      float *c, float *out, size_t out_len)
{
    rnn_row row = {0};

    row.x = x;
    row.ids = ids;
    s->work.logits = out;
    s->work.logits_len = out_len;
    return rnn_step(&s->net, &s->work, &row, h, c);
}

/* rnn_encode and a greedy rnn_generate: ids (max_tokens, B), counts (B). room
 * takes the logits of one step, room_len of them. */
EXPORT int share_write(shared *s, const share_rows *sources, int begin, int end,
                       int max_tokens, float *h, float *c, float *room,
                       size_t room_len, int *ids, int *counts)
{
    rnn_seq source[RNN_MAX_SOURCES];
    rnn_writing how = {0};
    rnn_status st;
    int i;

    for (i = 0; sources && i < RNN_MAX_SOURCES; i++)
        put_rows(&source[i], &sources[i]);
    how.begin = begin;
    how.end = end;
    how.max_tokens = max_tokens;
    s->work.logits = room;
    s->work.logits_len = room_len;
    st = rnn_encode(&s->net, &s->work, sources ? source : NULL, h, c);
    if (st)
        return st;
    return rnn_generate(&s->net, &s->work, &how, h, c, ids, counts, NULL);
}
