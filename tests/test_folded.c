/* Steps and passes that the compiler folds, of every cell, against those of a
 * plan, bit for bit. In plain C: that the other kernels have its bits is
 * test_kernels' matter, and this file compiles in a third of the time. */
#define RNN_NO_SIMD
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include <math.h>

static int differ(const rnn_real *a, const rnn_real *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) != 0;
}

typedef void fixed_step(const rnn_real *params, const rnn_real *x,
                        const int *id, rnn_real *h, rnn_real *c,
                        rnn_real *logits, rnn_real *scratch);

enum { FIXED_I = 5, FIXED_H = 7 };

typedef void fixed_forward(const rnn_real *params, const rnn_seq *seq,
                           rnn_real *keep, rnn_real *logits);
typedef void fixed_backward(const rnn_real *params, const rnn_seq *seq,
                            const rnn_real *dlogits, rnn_real *keep,
                            rnn_real *grads, rnn_real *scratch, int add);

/* Of every cell a deep one with a head, one that reads a table, and one without
 * head and biases: the step, and passes of wirings. */
#define FIXED_PASSES(name, wiring, ...)                                        \
    RNN_DEFINE_FORWARD(name##_f, wiring, __VA_ARGS__)                          \
    RNN_DEFINE_BACKWARD(name##_b, wiring, __VA_ARGS__)
#define FIXED_DEEP FIXED_I, 0, FIXED_H, 2, 1, 1, 3
#define FIXED_READ FIXED_I, 4, FIXED_H, 1, 1, 1, 2
#define FIXED_BARE FIXED_I, 0, 33, 1, 1, 0, 0
#define FIXED(a, cell, ...)                                                    \
    RNN_DEFINE_STEP(deep_##cell, RNN_CELL_##cell, FIXED_DEEP)                  \
    RNN_DEFINE_STEP(read_##cell, RNN_CELL_##cell, FIXED_READ)                  \
    RNN_DEFINE_STEP(bare_##cell, RNN_CELL_##cell, FIXED_BARE)                  \
    FIXED_PASSES(deep_##cell##_n, RNN_WIRING_N_TO_N, RNN_CELL_##cell,          \
                 FIXED_DEEP)                                                   \
    FIXED_PASSES(deep_##cell##_1, RNN_WIRING_N_TO_1, RNN_CELL_##cell,          \
                 FIXED_DEEP)                                                   \
    FIXED_PASSES(read_##cell##_n, RNN_WIRING_N_TO_N, RNN_CELL_##cell,          \
                 FIXED_READ)                                                   \
    FIXED_PASSES(bare_##cell##_n, RNN_WIRING_N_TO_N, RNN_CELL_##cell,          \
                 FIXED_BARE)                                                   \
    FIXED_PASSES(bare_##cell##_1, RNN_WIRING_N_TO_1, RNN_CELL_##cell,          \
                 FIXED_BARE)
RNN_I_CELLS(FIXED, 0)
#undef FIXED

static rnn_model fixed_model(rnn_cell cell, rnn_input input, int E, int H,
                             int L, int bias, int O)
{
    rnn_model m;

    memset(&m, 0, sizeof m);
    m.cell = cell;
    m.input = input;
    m.input_size = FIXED_I;
    m.embedding_size = E;
    m.hidden_size = H;
    m.num_layers = L;
    m.no_bias = !bias;
    m.output_size = O;
    return m;
}

/* A plan of m and its memory, all numbers drawn anew. */
static void planned(rnn_net *net, rnn_work *work, const rnn_model *m,
                    const rnn_most *most)
{
    memset(work, 0, sizeof *work);
    MUST(rnn_plan(net, m, most) == RNN_OK, "plan");
    work->params = test_reals(net->sizes.params, 0.7);
    work->params_len = net->sizes.params;
    MUST(rnn_bind(net, work, test_reals(net->sizes.all, 1), net->sizes.all) ==
             RNN_OK,
         "bind");
}

static void same_steps(fixed_step *f, rnn_cell cell, rnn_input input, int E,
                       int H, int L, int bias, int O)
{
    const rnn_model m = fixed_model(cell, input, E, H, L, bias, O);
    const size_t state = (size_t)(L * H);
    rnn_real *h[2], *c[2], *in = test_reals(FIXED_I, 1), *logits;
    rnn_net net;
    rnn_work work;
    rnn_row row;
    int t, id, k, bad = 0;

    memset(&row, 0, sizeof row);
    planned(&net, &work, &m, NULL);
    for (k = 0; k < 2; k++) {
        h[k] = (rnn_real *)test_memory(state * sizeof *in);
        c[k] = (rnn_real *)test_memory(state * sizeof *in);
    }
    logits = O ? test_reals((size_t)O, 0) : NULL;
    row.x = in;
    row.ids = &id;
    for (t = 0; t < 5; t++) {
        id = t;
        in[t] = -in[t];
        MUST(rnn_step(&net, &work, &row, h[0], c[0]) == RNN_OK, "step");
        f(work.weights, input == RNN_INPUT_DENSE ? in : NULL, &id, h[1],
          RNN_HAS_C(cell) ? c[1] : NULL, logits, test_reals(net.sizes.step, 1));
        bad += differ(h[0], h[1], state) + differ(c[0], c[1], state) != 0;
        bad += O && differ(logits, work.logits, (size_t)O) != 0;
    }
    CHECK(bad == 0, "cell %d, input %d: a folded step", cell, input);
    test_free();
}

/* Both passes over 6 steps against the plan's, with states that come in and go
 * out; twice, the second time onto the gradients of the first. */
#define NET                                                                    \
    m->cell, m->input_size, m->embedding_size, m->hidden_size, m->num_layers,  \
        1, !m->no_bias, m->output_size
static void same_passes(fixed_forward *f, fixed_backward *b, const rnn_model *m)
{
    enum { STEPS = 6 };
    static const int ids[STEPS] = {4, 0, 2, 2, 4, 1};
    const size_t L = (size_t)m->num_layers, state = L * (size_t)m->hidden_size;
    const int has_c = RNN_HAS_C(m->cell) != 0;
    const rnn_most most = {.train = 1, .steps = STEPS};
    rnn_real *grads, *dlogits, *logits, *hn[2], *cn[2], *kept, *scratch;
    rnn_net net;
    rnn_work work;
    rnn_seq seq;
    rnn_flow flow;
    int k, bad = 0;

    memset(&seq, 0, sizeof seq);
    memset(&flow, 0, sizeof flow);
    planned(&net, &work, m, &most);
    grads = test_reals(net.sizes.params, 1);
    dlogits = test_reals(net.sizes.logits, 1);
    logits = test_reals(net.sizes.logits, 1);
    kept = test_reals(RNN_FOLDED_KEEP(STEPS, NET), 1);
    seq.steps = STEPS;
    seq.batch = 1;
    if (m->input == RNN_INPUT_DENSE)
        seq.x = test_reals(STEPS * FIXED_I, 1);
    else
        seq.ids = ids;
    seq.h0 = test_reals(state, 1);
    seq.c0 = has_c ? test_reals(state, 1) : NULL;
    for (k = 0; k < 2; k++) {
        hn[k] = test_reals(state, 1);
        cn[k] = test_reals(state, 1);
    }
    scratch = test_reals(RNN_FOLDED_SCRATCH(NET), 1);
    for (k = 0; k < 2; k++) {
        flow.accumulate = k;
        seq.hn = hn[0];
        seq.cn = has_c ? cn[0] : NULL;
        MUST(rnn_forward(&net, &work, &seq) == RNN_OK, "forward");
        if (m->output_size)
            memcpy(work.dlogits, dlogits, net.sizes.logits * sizeof *dlogits);
        else
            work.dlogits = dlogits;
        MUST(rnn_backward(&net, &work, &seq, &flow) == RNN_OK, "backward");
        seq.hn = hn[1];
        seq.cn = has_c ? cn[1] : NULL;
        f(work.params, &seq, kept, logits);
        bad += differ(hn[0], hn[1], state) != 0;
        bad += has_c && differ(cn[0], cn[1], state) != 0;
        bad += m->output_size &&
               differ(logits, work.logits, net.sizes.logits) != 0;
        b(work.params, &seq, dlogits, kept, grads, scratch, k);
        bad += differ(grads, work.grads, net.sizes.params) != 0;
    }
    CHECK(bad == 0, "cell %d, wiring %d, input %d: folded passes", m->cell,
          m->wiring, m->input);
    test_free();
}

#undef NET

/* The passes of a network with such an input. */
#define SAME_PASSES(name, cell, way, how, input, E, H, L, bias, O)             \
    m = fixed_model(RNN_CELL_##cell, input, E, H, L, bias, O);                 \
    m.wiring = how;                                                            \
    same_passes(name##_##cell##way##_f, name##_##cell##way##_b, &m);

static void fixed_passes(void)
{
    rnn_model m;

#define DEEP(cell, input)                                                      \
    SAME_PASSES(deep, cell, _n, RNN_WIRING_N_TO_N, input, 0, FIXED_H, 2, 1, 3) \
    SAME_PASSES(deep, cell, _1, RNN_WIRING_N_TO_1, input, 0, FIXED_H, 2, 1, 3)
#define FIXED(a, cell, ...)                                                    \
    DEEP(cell, RNN_INPUT_DENSE)                                                \
    DEEP(cell, RNN_INPUT_ONE_HOT)                                              \
    SAME_PASSES(read, cell, _n, RNN_WIRING_N_TO_N, RNN_INPUT_EMBEDDING, 4,     \
                FIXED_H, 1, 1, 2)                                              \
    SAME_PASSES(bare, cell, _n, RNN_WIRING_N_TO_N, RNN_INPUT_DENSE, 0, 33, 1,  \
                0, 0)                                                          \
    SAME_PASSES(bare, cell, _1, RNN_WIRING_N_TO_1, RNN_INPUT_DENSE, 0, 33, 1,  \
                0, 0)
    RNN_I_CELLS(FIXED, 0)
#undef FIXED
#undef DEEP
}

static void fixed_steps(void)
{
#define FIXED(a, cell, ...)                                                    \
    same_steps(deep_##cell, RNN_CELL_##cell, RNN_INPUT_DENSE, 0, FIXED_H, 2,   \
               1, 3);                                                          \
    same_steps(deep_##cell, RNN_CELL_##cell, RNN_INPUT_ONE_HOT, 0, FIXED_H, 2, \
               1, 3);                                                          \
    same_steps(read_##cell, RNN_CELL_##cell, RNN_INPUT_EMBEDDING, 4, FIXED_H,  \
               1, 1, 2);                                                       \
    same_steps(bare_##cell, RNN_CELL_##cell, RNN_INPUT_DENSE, 0, 33, 1, 0, 0);
    RNN_I_CELLS(FIXED, 0)
#undef FIXED
}

/* Encoders and decoders against a plan's: from each source a start and five
 * steps, with weights of attention and without. */
enum { PAIR_S = 6, PAIR_V = 4 };
typedef struct pair {
    void (*encode)(const rnn_real *params, const rnn_seq *source,
                   rnn_real *memory, rnn_real *h, rnn_real *c,
                   rnn_real *scratch);
    void (*decode)(const rnn_real *params, const rnn_real *memory, int steps,
                   const rnn_row *row, rnn_real *h, rnn_real *c,
                   rnn_real *logits, rnn_real *scratch);
} pair;

static int same_decoder(const pair *f, const rnn_net *net, rnn_work *work,
                        const rnn_seq *source, rnn_real *memory,
                        rnn_real *scratch)
{
    const rnn_model *m = &net->model;
    const size_t O = (size_t)m->output_size, state = net->sizes.state;
    const int has_c = RNN_HAS_C(m->cell) != 0;
    rnn_real *h[2], *c[2], *attn[2];
    rnn_real *logits = O ? test_reals(O, 0) : NULL;
    rnn_real *x = test_reals(PAIR_V, 1);
    int k, t, id = 1, bad = 0;
    rnn_row row;

    memset(&row, 0, sizeof row);
    for (k = 0; k < 2; k++) {
        h[k] = test_reals(state, 1);
        c[k] = test_reals(state, 1);
        attn[k] = test_reals(PAIR_S, 1);
    }
    MUST(rnn_encode(net, work, source, h[0], has_c ? c[0] : NULL) == RNN_OK,
         "encode");
    f->encode(work->weights, source, memory, h[1], has_c ? c[1] : NULL,
              scratch);
    for (t = 0; t < 5; t++, id = t % PAIR_V) {
        bad += differ(h[0], h[1], state);
        bad += has_c && differ(c[0], c[1], state);
        row.x = m->target == RNN_INPUT_DENSE ? x : NULL;
        row.ids = row.x ? NULL : &id;
        row.t = t;
        row.attn = m->attention && t % 2 ? attn[0] : NULL;
        MUST(rnn_step(net, work, &row, h[0], c[0]) == RNN_OK, "step");
        row.attn = row.attn ? attn[1] : NULL;
        f->decode(work->weights, memory, source->steps, &row, h[1],
                  has_c ? c[1] : NULL, logits, scratch);
        bad += O && differ(logits, work->logits, O);
        bad += row.attn && differ(attn[0], attn[1], (size_t)source->steps);
        x[t % PAIR_V] = -x[t % PAIR_V];
    }
    return bad;
}

#define NET(n)                                                                 \
    m->cell, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9],       \
        n[10], n[11], n[12], n[13], n[14], n[15], n[16]
static void same_pairs(const pair *f, const rnn_model *m, const int *n)
{
    static const int ids[PAIR_S] = {4, 0, 2, 2, 4, 1};
    const rnn_most most = {.source_steps = PAIR_S};
    const size_t memory = RNN_DECODER_MEMORY(PAIR_S, 1, NET(n));
    const size_t scratch = RNN_FOLDED_SCRATCH_DECODER(PAIR_S, NET(n));
    rnn_seq source;
    rnn_net net;
    rnn_work work;
    int steps, bad = 0;

    memset(&source, 0, sizeof source);
    planned(&net, &work, m, &most);
    source.batch = 1;
    if (m->input == RNN_INPUT_DENSE)
        source.x = test_reals(PAIR_S * FIXED_I, 1);
    else
        source.ids = ids;
    for (steps = 1; steps <= PAIR_S; steps += PAIR_S - 1) {
        source.steps = steps;
        bad += same_decoder(f, &net, &work, &source,
                            m->attention ? test_reals(memory, 1) : NULL,
                            test_reals(scratch, 1));
        source.h0 = test_reals((size_t)(m->num_layers * m->hidden_size), 1);
        source.c0 =
            RNN_HAS_C(m->cell)
                ? test_reals((size_t)(m->num_layers * m->hidden_size), 1)
                : NULL;
    }
    CHECK(bad == 0, "cell %d, score %d, hand %u: folded encoder and decoder",
          m->cell, m->attention, m->hand_over);
    test_free();
}

/* A cell's: attention with tables on both sides, all states handed over; two
 * layers to one, wider one, through Q, without biases; two dot products from
 * zeros, without a head; a U alone, through Q; h_N as it is, perhaps c. */
#define PAIR_SEES(cell) cell, FIXED_I, 4, 7, 1, 1, 1, 3,                       \
    PAIR_V, 3, 7, 1, 7, 7, 0, 0, 6, 1
#define PAIR_WIDE(cell) cell, FIXED_I, 0, 7, 2, 1, 0, 3,                       \
    PAIR_V, 0, 9, 1, 0, 0, 9, 7, 0, 1
#define PAIR_DOTS(cell) cell, FIXED_I, 0, 7, 1, 1, 1, 0,                       \
    PAIR_V, 0, 7, 2, 7, 7, 0, 0, 7, 1
#define PAIR_KEYS(cell) cell, FIXED_I, 0, 7, 2, 1, 1, 3,                       \
    PAIR_V, 0, 5, 1, 7, 0, 5, 7, 5, 1
#define PAIR_LAST(cell) cell, FIXED_I, 0, 7, 2, 1, 1, 3,                       \
    PAIR_V, 0, 7, 1, 0, 0, 0, 7, 0, 1
#define PAIR_NUMBERS(...) PAIR_NUMBERS_(__VA_ARGS__)
#define PAIR_NUMBERS_(cell, ...) __VA_ARGS__
#define PAIR_HAND(c) ((c) ? RNN_HAND_CELL : 0)
#define PAIR_HANDS(c) (RNN_HAND_LAYERS | PAIR_HAND(c))
#define PAIR(name, score, hand, ...)                                           \
    RNN_DEFINE_ENCODE(name##_e, score, hand, __VA_ARGS__)                      \
    RNN_DEFINE_DECODE(name##_d, score, hand, __VA_ARGS__)                      \
    static const pair name = {name##_e, name##_d};
#define FIXED(a, cell, text, G, K, c, ...)                                     \
    PAIR(sees_##cell, RNN_SCORE_ADDITIVE, PAIR_HANDS(c),                       \
         PAIR_SEES(RNN_CELL_##cell))
RNN_I_CELLS(FIXED, 0)
#undef FIXED
/* how the two are tied together does not depend on the cell, but for its c */
PAIR(wide, RNN_SCORE_NONE, 0, PAIR_WIDE(RNN_CELL_GRU))
PAIR(dots, RNN_SCORE_DOT, 0, PAIR_DOTS(RNN_CELL_LSTM))
PAIR(scaled, RNN_SCORE_SCALED_DOT, 0, PAIR_DOTS(RNN_CELL_TANH))
PAIR(keys, RNN_SCORE_GENERAL, 0, PAIR_KEYS(RNN_CELL_LSTM))
PAIR(last, RNN_SCORE_NONE, 0, PAIR_LAST(RNN_CELL_TANH))
PAIR(last_c, RNN_SCORE_NONE, RNN_HAND_CELL, PAIR_LAST(RNN_CELL_LSTM))
PAIR(hands, RNN_SCORE_ADDITIVE, RNN_HAND_LAYERS, PAIR_SEES(RNN_CELL_LSTM))

/* The description of a decoder from its numbers. */
static rnn_model pair_model(rnn_score score, unsigned hand, rnn_cell cell,
                            const int *n)
{
    rnn_model m = fixed_model(cell,
                              n[1]            ? RNN_INPUT_EMBEDDING
                              : score || hand ? RNN_INPUT_ONE_HOT
                                              : RNN_INPUT_DENSE,
                              n[1], n[2], n[3], n[5], n[6]);

    m.wiring = RNN_WIRING_N_TO_M;
    m.target_size = n[7];
    m.target_embedding_size = n[8];
    m.target = n[8]    ? RNN_INPUT_EMBEDDING
               : score ? RNN_INPUT_ONE_HOT
                       : RNN_INPUT_DENSE;
    m.decoder_hidden_size = n[9];
    m.decoder_layers = n[10];
    m.head_context = n[12] != 0;
    m.context_size = n[13];
    m.attention = score;
    m.attention_size = score == RNN_SCORE_ADDITIVE ? n[15] : 0;
    m.hand_over = hand;
    if (n[14])
        m.feed = RNN_FEED_STATE;
    return m;
}

#define SAME_PAIR(name, score, hand, cell, ...)                                \
    do {                                                                       \
        static const int numbers[] = {__VA_ARGS__};                            \
        const rnn_model m = pair_model(score, hand, cell, numbers);            \
        same_pairs(&name, &m, numbers);                                        \
    } while (0)
#define SAME_PAIRS(...) SAME_PAIR(__VA_ARGS__)

static void fixed_pairs(void)
{
#define FIXED(a, cell, text, G, K, c, ...)                                     \
    SAME_PAIRS(sees_##cell, RNN_SCORE_ADDITIVE, PAIR_HANDS(c),                 \
               PAIR_SEES(RNN_CELL_##cell));
    RNN_I_CELLS(FIXED, 0)
#undef FIXED
    SAME_PAIRS(wide, RNN_SCORE_NONE, 0, PAIR_WIDE(RNN_CELL_GRU));
    SAME_PAIRS(dots, RNN_SCORE_DOT, 0, PAIR_DOTS(RNN_CELL_LSTM));
    SAME_PAIRS(scaled, RNN_SCORE_SCALED_DOT, 0, PAIR_DOTS(RNN_CELL_TANH));
    SAME_PAIRS(keys, RNN_SCORE_GENERAL, 0, PAIR_KEYS(RNN_CELL_LSTM));
    SAME_PAIRS(last, RNN_SCORE_NONE, 0, PAIR_LAST(RNN_CELL_TANH));
    SAME_PAIRS(last_c, RNN_SCORE_NONE, RNN_HAND_CELL, PAIR_LAST(RNN_CELL_LSTM));
    SAME_PAIRS(hands, RNN_SCORE_ADDITIVE, RNN_HAND_LAYERS,
               PAIR_SEES(RNN_CELL_LSTM));
}

/* Beams by folded steps against the plan's: several ends, lengths, powers. */
RNN_DEFINE_BEAM(sees_beam, sees_LSTM_d, PAIR_SEES(RNN_CELL_LSTM))
RNN_DEFINE_BEAM(last_beam, last_d, PAIR_LAST(RNN_CELL_TANH))
enum { BEAM_WIDTH = 5, BEAM_MAX = 6 };
typedef rnn_status fixed_search(const rnn_real *params, const rnn_real *memory,
                                int steps, const rnn_writing *how,
                                rnn_search *s);

static int same_search(fixed_search *f, const rnn_net *net, rnn_work *work,
                       const rnn_real *memory, int steps, rnn_search *s)
{
    rnn_writing how;
    rnn_real scores[2][BEAM_WIDTH];
    int ids[2][BEAM_WIDTH * BEAM_MAX], counts[2][BEAM_WIDTH], i, j, bad = 0;

    for (i = 0; i < 24; i++) {
        memset(&how, 0, sizeof how);
        how.width = 1 + i % BEAM_WIDTH;
        how.best = 1 + i % how.width;
        how.end = i % 4 - 1;
        how.max_tokens = i % (BEAM_MAX + 1);
        how.min_tokens = how.max_tokens > i % 3 ? i % 3 : 0;
        how.length_power = (rnn_real)(i % 2);
        s->ids = ids[0];
        s->counts = counts[0];
        s->scores = scores[0];
        bad += rnn_beam_search(net, work, &how, s->h, s->c, ids[1], counts[1],
                               scores[1]) !=
               f(work->weights, memory, steps, &how, s);
        bad += memcmp(counts[0], counts[1],
                      (size_t)how.best * sizeof *counts[0]) != 0;
        bad += differ(scores[0], scores[1], (size_t)how.best);
        for (j = 0; j < how.best; j++)
            bad +=
                counts[0][j] > 0 &&
                memcmp(ids[0] + j * how.max_tokens, ids[1] + j * how.max_tokens,
                       (size_t)counts[0][j] * sizeof *ids[0]) != 0;
    }
    return bad;
}

static void same_beams(const pair *f, fixed_search *search, const rnn_model *m,
                       const int *n)
{
    static int ids[PAIR_S] = {4, 0, 2, 2, 4, 1};
    const rnn_most most = {.source_steps = PAIR_S, .rows = BEAM_WIDTH,
                           .tokens = BEAM_MAX};
    rnn_seq source;
    rnn_net net;
    rnn_work work;
    rnn_search s;
    rnn_real *memory = test_reals(RNN_DECODER_MEMORY(PAIR_S, 1, NET(n)), 1);
    rnn_real *h, *c;
    int i, bad = 0;

    memset(&work, 0, sizeof work);
    memset(&source, 0, sizeof source);
    MUST(rnn_plan(&net, m, &most) == RNN_OK, "plan");
    work.params = test_reals(net.sizes.params, 1.5);
    work.params_len = net.sizes.params;
    work.ints_len = net.sizes.ints;
    work.ints = (int *)test_memory(net.sizes.ints * sizeof(int));
    MUST(rnn_bind(&net, &work, test_reals(net.sizes.all, 1), net.sizes.all) ==
             RNN_OK,
         "bind");
    h = test_reals(net.sizes.state, 1);
    c = RNN_HAS_C(m->cell) ? test_reals(net.sizes.state, 1) : NULL;
    s.h = h;
    s.c = c;
    s.scratch =
        test_reals(RNN_FOLDED_SCRATCH_BEAM(BEAM_WIDTH, PAIR_S, NET(n)), 1);
    s.ints = (int *)test_memory(RNN_FOLDED_INTS_BEAM(BEAM_WIDTH, BEAM_MAX) *
                                sizeof(int));
    source.steps = PAIR_S;
    source.batch = 1;
    source.ids = ids;
    for (i = 0; i < PAIR_S; i++) {
        ids[i] = (ids[i] + i) % FIXED_I;
        MUST(rnn_encode(&net, &work, &source, h, c) == RNN_OK, "encode");
        f->encode(work.weights, &source, memory, h, c, s.scratch);
        bad += same_search(search, &net, &work, memory, PAIR_S, &s);
    }
    work.params[net.sizes.params - 1] = (rnn_real)INFINITY;
    bad += search(work.weights, memory, PAIR_S,
                  &(rnn_writing){.width = 2, .end = 0, .max_tokens = 3},
                  &s) != RNN_E_NOT_FINITE;
    CHECK(bad == 0, "cell %d, score %d: a folded search", m->cell,
          m->attention);
    test_free();
}

#undef NET

static void fixed_beams(void)
{
    static const int sees[] = {PAIR_NUMBERS(PAIR_SEES(0))};
    static const int ends[] = {PAIR_NUMBERS(PAIR_LAST(0))};
    rnn_model m =
        pair_model(RNN_SCORE_ADDITIVE, PAIR_HANDS(1), RNN_CELL_LSTM, sees);

    same_beams(&sees_LSTM, sees_beam, &m, sees);
    m = pair_model(RNN_SCORE_NONE, 0, RNN_CELL_TANH, ends);
    m.input = m.target = RNN_INPUT_ONE_HOT;
    same_beams(&last, last_beam, &m, ends);
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    fixed_steps();
    fixed_passes();
    fixed_pairs();
    fixed_beams();
    test_unused();
    return test_end();
}
