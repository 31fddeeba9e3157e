/* Sizes: the macros of [API-SIZES] against plans; plans against the calls, with
 * not a number to spare, and for less than the most; and sizes from every
 * corner of int: a status, never a crash; where they are accepted, they are
 * what exact arithmetic in long double says. */
#include <limits.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "tidy.h"

#define LEN(a) ((int)(sizeof(a) / sizeof *(a)))
enum { STAMP = 16, LINE = 15 }; /* numbers in front of packed; what an array at
                                   a cache line takes besides */

/* ---- the macros --------------------------------------------------------- */

/* They dimension static arrays. */
#define NET RNN_CELL_LSTM, 3, 0, 4, 2, 2, 1, 5
#define TABLE RNN_CELL_GRU, 3, 2, 4, 2, 1, 1, 5
static rnn_real a1[RNN_PARAMS(NET)];
static rnn_real a2[RNN_STATE(3, NET)];
static rnn_real a3[RNN_LOGITS(5, 3, NET)];
static rnn_real a4[RNN_PACKED(TABLE)];
static rnn_real a5[RNN_KEEP(5, 3, NET) + RNN_KEEP_DROPOUT(5, 3, NET)];
static rnn_real a6[RNN_SCRATCH_TRAIN(5, 3, TABLE)];
static rnn_real a7[RNN_LINEAR_PARAMS(3, 5, 1)];
static rnn_real a8[RNN_SCRATCH_INFER(5, 3, NET)];
static rnn_real a9[RNN_SCRATCH_STEP(3, TABLE)];
static rnn_real b1[RNN_TRAIN(5, 3, 2, NET)];
static rnn_real b2[RNN_INFER(5, 3, NET)];
static rnn_real b3[RNN_LOGITS(5, 3, RNN_CELL_TANH, 3, 0, 4, 2, 2, 1, 0)];

static void check_arrays(void)
{
    a1[0] = a2[0] = a3[0] = a4[0] = a5[0] = a6[0] = a7[0] = a8[0] = 1;
    a9[0] = b1[0] = b2[0] = b3[0] = a1[0];
    CHECK(LEN(a1) == 736 + 45 && LEN(a2) == 48 && LEN(a3) == 75 &&
          LEN(a7) == 20 && LEN(b3) == 120, "by hand");
    CHECK(LEN(b1) == 4 * LEN(a1) + 2 * LEN(a3) + (int)RNN_PACKED(NET) +
                     (int)RNN_KEEP(5, 3, NET) +
                     (int)RNN_SCRATCH_TRAIN(5, 3, NET) + 8 * LINE &&
          LEN(b2) == LEN(a3) + LEN(a8) + 2 * LINE, "sums");
    CHECK(LEN(a4) + LEN(a5) + LEN(a6) + LEN(a9) > 0 &&
          a2[0] + a3[0] + a4[0] + a5[0] + a6[0] + a7[0] > 0 &&
          a8[0] + a9[0] + b1[0] + b2[0] + b3[0] > 0, "arrays");
}

/* One description. */
typedef struct grid {
    int cell, I, H, L, D, bias, T, B, E, O, drop, last, moments;
} grid;

#define GRID                                                                   \
    g->cell, g->I, g->E, g->H, g->L, g->D, g->bias, g->O
#define WHERE                                                                  \
    "cell %d I %d E %d H %d L %d D %d bias %d O %d T %d B %d drop %d last %d", \
        GRID, g->T, g->B, g->drop, g->last

static void describe(const grid *g, rnn_model *m, rnn_most *most)
{
    memset(m, 0, sizeof *m);
    memset(most, 0, sizeof *most);
    m->wiring = g->last ? RNN_WIRING_N_TO_1 : RNN_WIRING_N_TO_N;
    m->cell = (rnn_cell)g->cell;
    m->input = g->E ? RNN_INPUT_EMBEDDING : RNN_INPUT_ONE_HOT;
    m->input_size = g->I;
    m->embedding_size = g->E;
    m->hidden_size = g->H;
    m->num_layers = g->L;
    m->bidirectional = g->D == 2;
    m->no_bias = !g->bias;
    m->output_size = g->O;
    m->dropout = g->drop & 1 ? (rnn_real)0.5 : 0;
    m->dropout_last = g->drop & 2 ? (rnn_real)0.5 : 0;
    most->steps = g->T;
    most->batch = g->B;
    most->train = 1;
    most->moments = g->moments;
}

/* Training: exact but for what N vs 1 has beside N vs N, and dropout. */
static void check_train(const grid *g)
{
    const size_t last = (size_t)g->B * (size_t)(g->D * g->H);
    const size_t spare = g->last ? 0 : last;
    const size_t layers = (size_t)g->L;
    const size_t masks =
        (g->drop & 1 ? layers - 1 : 0) + (g->drop & 2 && !g->last ? 1u : 0u);
    const size_t drops = RNN_KEEP_DROPOUT(g->T, g->B, GRID);
    const size_t steps = g->last ? (size_t)g->T : 1;
    const size_t logits = RNN_LOGITS(g->T, g->B, GRID);
    size_t params = RNN_PARAMS(GRID), scratch, room, all, lines;
    rnn_model m;
    rnn_most most;
    rnn_net net;
    const rnn_sizes *z = &net.sizes;

    describe(g, &m, &most);
    CHECK(!rnn_plan(&net, &m, &most) && z->params == params &&
              z->moments == (size_t)g->moments * params &&
              z->state == RNN_STATE(g->B, GRID) &&
              z->logits == logits / steps && z->source_state == 0 &&
              z->memory == 0 && z->ints == 0,
          WHERE);
    CHECK(z->packed == RNN_PACKED(GRID) &&
              z->keep + spare ==
                  RNN_KEEP(g->T, g->B, GRID) + drops / layers * masks &&
              drops / layers * layers == drops,
          WHERE);
    scratch = RNN_SCRATCH_TRAIN(g->T, g->B, GRID);
    room = RNN_SCRATCH_INFER(g->T, g->B, GRID);
    CHECK(z->scratch <= scratch &&
              scratch - z->scratch <= (layers + 1) * last + (size_t)g->O &&
              room <= scratch,
          WHERE);
    all = RNN_TRAIN(g->T, g->B, g->moments, GRID) + drops;
    lines = g->moments ? 8 * LINE : 7 * LINE;
    CHECK(z->all <= all && z->all == lines + 2 * params + z->moments +
                                         z->packed + 2 * z->logits + z->keep +
                                         z->scratch,
          WHERE);
}

/* With keep_every: the expressions bound the plan, closely. */
static void check_every(const grid *g)
{
    rnn_model m;
    rnn_most most;
    rnn_net net;
    int k;

    describe(g, &m, &most);
    for (k = 2; k <= g->T && g->D == 1; k++) {
        const size_t last = (size_t)g->B * (size_t)g->H;
        const size_t layers = (size_t)g->L;
        const size_t masks = (g->drop & 1 ? layers - 1 : 0) +
                             (g->drop & 2 && !g->last ? 1u : 0u);
        const size_t drops = RNN_KEEP_DROPOUT(k, g->B, GRID) / layers * masks;
        const size_t keep = RNN_KEEP_EVERY(k, g->T, g->B, GRID) + drops;
        const size_t scratch = RNN_SCRATCH_EVERY(k, g->B, GRID);

        most.keep_every = k;
        CHECK(!rnn_plan(&net, &m, &most) && net.sizes.keep <= keep &&
                  keep - net.sizes.keep <= (2 * layers + 1) * last,
              WHERE);
        CHECK(net.sizes.scratch <= scratch &&
                  scratch - net.sizes.scratch <=
                      (3 * layers + 2) * last + (size_t)g->O,
              WHERE);
    }
}

/* Using it: bound with weights and packed of the caller's. */
static void check_infer(const grid *g)
{
    const size_t last = (size_t)g->B * (size_t)(g->D * g->H);
    const size_t head = (size_t)(g->D * g->H * g->O);
    const size_t scratch = RNN_SCRATCH_INFER(g->T, g->B, GRID);
    rnn_model m;
    rnn_most most;
    rnn_net net;
    const rnn_sizes *z = &net.sizes;

    describe(g, &m, &most);
    most.train = most.moments = 0;
    CHECK(!rnn_plan(&net, &m, &most) && z->params == RNN_PARAMS(GRID) &&
              z->keep == 0 && z->moments == 0 && /* no transposes */
              2 * z->packed + head == RNN_PACKED(GRID) + STAMP &&
              z->scratch <= scratch &&
              scratch - z->scratch <= last + (size_t)g->O,
          WHERE);
    CHECK(z->logits + z->scratch + 2 * LINE <= RNN_INFER(g->T, g->B, GRID) &&
              z->all ==
                  4 * LINE + z->params + z->packed + z->logits + z->scratch,
          WHERE);
    CHECK(z->step == RNN_SCRATCH_STEP(g->B, GRID) && z->step <= z->scratch,
          WHERE);
    most.packed = RNN_PACK_BF16;
    CHECK(!rnn_plan(&net, &m, &most) && z->packed == RNN_PACKED_BF16(GRID) &&
              z->scratch <= scratch + RNN_SCRATCH_BF16 &&
              z->step <= RNN_SCRATCH_STEP(g->B, GRID) + RNN_SCRATCH_BF16,
          WHERE);
    most.packed = RNN_PACK_NONE;
    CHECK(!rnn_plan(&net, &m, &most) && z->packed == 0 &&
              z->all == 3 * LINE + z->params + z->logits + z->scratch,
          WHERE);
    most.train = 1;
    CHECK(!rnn_plan(&net, &m, &most) && z->packed == 0 &&
              z->scratch <= RNN_SCRATCH_TRAIN(g->T, g->B, GRID),
          WHERE);
}

static void check_grid(void)
{
    static const int I[] = {1, 3, 7}, H[] = {1, 2, 5, 16}, T[] = {1, 4};
    static const int B[] = {1, 3}, E[] = {0, 1, 6}, O[] = {1, 5, 0};
    grid g, wide = {RNN_CELL_LSTM, 3, 0, 2, 2, 1, 3, 2, 0, 5, 0, 0, 1};
    int k;

    for (k = 0; k < RNN_CELLS * 3 * 4 * 3 * 2 * 2 * 2 * 2 * 3 * 3 * 8; k++) {
        int n = k;
        g.cell = n % RNN_CELLS;
        g.I = I[(n /= RNN_CELLS) % 3];
        g.H = H[(n /= 3) % 4];
        g.L = 1 + (n /= 4) % 3;
        g.D = 1 + (n /= 3) % 2;
        g.bias = (n /= 2) % 2;
        g.T = T[(n /= 2) % 2];
        g.B = B[(n /= 2) % 2];
        g.E = E[(n /= 2) % 3];
        g.O = O[(n /= 3) % 3];
        g.drop = (n /= 3) % 4;
        g.last = n / 4;
        g.moments = k % 4;
        if (g.drop & 1 && g.L == 1)
            continue; /* there is nothing between */
        check_train(&g);
        check_every(&g);
        if (!g.drop)
            check_infer(&g);
    }
    /* layers that have room for copies of other factors, few and many */
    for (k = 0; k < 3 * 2 * 2; k++) {
        wide.H = 255 + k % 3;
        wide.last = k / 3 % 2;
        wide.L = k / 6 ? 7 : 2;
        check_train(&wide);
        check_infer(&wide);
    }
    for (k = 0; k < 3 * 3 * 2; k++) {
        rnn_linear lin = {0};
        size_t n = 0;
        lin.input_size = I[k % 3];
        lin.output_size = I[k / 3 % 3];
        lin.no_bias = k / 9;
        CHECK(!rnn_linear_size(&lin, &n, NULL) &&
                  n == RNN_LINEAR_PARAMS(I[k % 3], I[k / 3 % 3], 1 - k / 9),
              "linear %d", k);
    }
}

/* ---- calls --------------------------------------------------------------- */

/* Any model, with at most so many steps of a source; it may not fit itself. */
static void draw_model(rnn_model *m, int source_steps)
{
    static const int feeds[] = {0, RNN_FEED_STATE, RNN_FEED_FIRST,
                                RNN_FEED_EACH, RNN_FEED_STATE | RNN_FEED_EACH};

    memset(m, 0, sizeof *m);
    m->wiring = (rnn_wiring)test_below(RNN_WIRINGS);
    m->cell = (rnn_cell)test_below(RNN_CELLS);
    m->input = (rnn_input)test_below(RNN_INPUTS);
    m->input_size = 1 + test_below(4);
    m->embedding_size = 1 + test_below(3);
    m->hidden_size = 1 + test_below(6);
    m->num_layers = 1 + test_below(2);
    m->bidirectional = test_below(4) == 0;
    m->no_bias = test_below(4) == 0;
    m->output_size = test_below(5);
    m->dropout = test_below(2) ? (rnn_real)0.5 : 0;
    m->dropout_last = test_below(2) ? (rnn_real)0.25 : 0;
    m->target = (rnn_input)test_below(RNN_INPUTS);
    m->target_size = m->output_size + test_below(2);
    m->target_embedding_size = 1 + test_below(3);
    m->context = (rnn_context)test_below(RNN_CONTEXTS);
    m->source_steps = source_steps;
    m->context_size = test_below(2) ? m->hidden_size : 0;
    m->feed = (unsigned)feeds[test_below(5)];
    m->hand_over = test_below(2) ? 0 : (unsigned)test_below(4);
    m->attention = (rnn_score)test_below(RNN_SCORES);
    m->attention_size = 1 + test_below(3);
    m->head_context = test_below(2);
    m->num_sources = test_below(3);
}

/* What one run reads: of T steps, S of a source, B rows, R of a step. */
typedef struct input {
    int T, S, B, R, tokens, sources, from[12];
    rnn_seq seq, source[2];
    rnn_flow flow, flows[2];
    rnn_real *params, *d, *h, *c, *x;
    int *ids;
} input;

/* RNN_KEEP_LEAST takes no more than any k; with many steps, far less than all
 * of them. */
static void check_least(int i)
{
    rnn_model m;
    rnn_most most;
    rnn_net net, all;
    size_t n;
    int k;

    memset(&most, 0, sizeof most);
    most.steps = 1 + i % 16;
    most.source_steps = 7;
    most.batch = 2;
    most.train = 1;
    most.keep_every = RNN_KEEP_LEAST;
    do
        draw_model(&m, 7);
    while (rnn_plan(&net, &m, &most));
    n = net.sizes.keep + net.sizes.scratch;
    CHECK(net.most.keep_every >= 1, "least is %d", net.most.keep_every);
    for (k = 1; k <= 17; k++) {
        most.keep_every = k;
        CHECK(!rnn_plan(&all, &m, &most) &&
                  n <= all.sizes.keep + all.sizes.scratch &&
                  (k != net.most.keep_every ||
                   n == all.sizes.keep + all.sizes.scratch),
              "least %d: %d", i, k);
    }
    m = (rnn_model){0};
    m.cell = RNN_CELL_LSTM;
    m.input_size = m.hidden_size = m.output_size = 32;
    most.steps = 10000;
    most.keep_every = RNN_KEEP_LEAST;
    CHECK(!rnn_plan(&net, &m, &most), "10,000 steps");
    most.keep_every = 0;
    CHECK(!rnn_plan(&all, &m, &most) &&
              net.sizes.keep + net.sizes.scratch <
                  (all.sizes.keep + all.sizes.scratch) / 30,
          "10,000 steps: %d of %d", (int)net.sizes.keep, (int)all.sizes.keep);
}

/* Everything that a run has written, one number after the other. */
static rnn_real *record[2];
static size_t records;
enum { MOST_RECORDS = 20000, OUT = 400 };

static void note(int run, const rnn_real *p, size_t n)
{
    MUST(records + n <= MOST_RECORDS, "no room");
    if (records + n <= MOST_RECORDS && n)
        memcpy(record[run] + records, p, n * sizeof *p);
    records += n;
}

static void note_ints(int run, const int *p, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        const rnn_real x = (rnn_real)p[i];
        note(run, &x, 1);
    }
}

static void some_seq(rnn_seq *q, int steps, int batch, int width, int below)
{
    const size_t n = (size_t)(steps * batch);
    int *lengths = test_ids((size_t)batch, steps + 1);

    memset(q, 0, sizeof *q);
    q->steps = steps;
    q->batch = batch;
    q->lengths = test_below(2) ? lengths : NULL;
    q->x = test_reals(n * (size_t)width, 1);
    q->ids = test_ids(n, below);
}

/* z: of a plan for exactly these. */
static void some_input(input *in, const rnn_model *m, const rnn_sizes *z)
{
    const int decoder =
        m->wiring == RNN_WIRING_1_TO_N || m->wiring == RNN_WIRING_N_TO_M;
    const int width = decoder ? m->target_size : m->input_size;
    int i;

    in->params = test_reals(z->params, 1);
    in->d = test_reals(z->logits, 1);
    in->h = test_reals(z->state, 1);
    in->c = test_reals(z->state, 1);
    some_seq(&in->seq, in->T, in->B, width, width ? width : 1);
    memset(&in->flow, 0, sizeof in->flow);
    memset(in->flows, 0, sizeof in->flows);
    in->seq.hn = test_reals(z->state, 0);
    in->seq.cn = RNN_HAS_C(m->cell) ? test_reals(z->state, 0) : NULL;
    in->flow.dhn = in->h;
    in->flow.dcn = RNN_HAS_C(m->cell) ? in->c : NULL;
    in->flow.dh0 = test_reals(z->state, 0);
    in->flow.dc0 = RNN_HAS_C(m->cell) ? test_reals(z->state, 0) : NULL;
    if (!decoder && m->input == RNN_INPUT_DENSE)
        in->flow.dx = test_reals((size_t)(in->T * in->B * width), 0);
    in->sources = !decoder ? 0 : m->num_sources ? m->num_sources : 1;
    for (i = 0; i < in->sources; i++) {
        rnn_seq *s = &in->source[i];
        some_seq(s, in->S, in->B, m->input_size, m->input_size);
        if (m->wiring == RNN_WIRING_1_TO_N)
            s->lengths = NULL;
        in->flows[i].dx =
            m->input != RNN_INPUT_DENSE
                ? NULL
                : test_reals((size_t)(in->S * in->B * m->input_size), 0);
        say_seq(s, NULL, 1);
        say_flow(&in->flows[i]);
        s->state_len = z->state; /* of rnn_encode's */
    }
    say_seq(&in->seq, NULL, 1);
    say_flow(&in->flow);
    if (in->sources) {
        in->seq.source = in->source;
        in->flow.source = in->flows;
    }
    in->x = test_reals((size_t)(in->R * width), 1);
    in->ids = test_ids((size_t)in->R, width ? width : 1);
    for (i = 0; i < in->R; i++)
        in->from[i] = test_below(in->B);
}

/* Steps, where the model has them. */
static void run_steps(int run, const rnn_net *net, rnn_work *w, const input *in,
                      size_t Y)
{
    const rnn_model *m = &net->model;
    const size_t layers =
        (size_t)(m->decoder_layers ? m->decoder_layers : m->num_layers);
    const size_t state = layers * (size_t)m->hidden_size;
    const size_t R = (size_t)in->R, B = (size_t)in->B;
    rnn_real *h = (rnn_real *)test_memory(state * R * sizeof *h);
    rnn_real *c = (rnn_real *)test_memory(state * R * sizeof *c);
    rnn_real *attn = test_reals((size_t)(in->sources * in->S) * R, 0);
    rnn_real scores[12];
    int ids[OUT], counts[12] = {0};
    rnn_writing how;
    rnn_row row;
    rnn_status st;

    if (in->sources) {
        MUST(!rnn_encode(net, w, in->source, h, c), "encode");
        note(run, h, state * B);
        note(run, c, RNN_HAS_C(m->cell) ? state * B : 0);
    }
    memset(ids, 0, sizeof ids);
    memset(&how, 0, sizeof how);
    how.rows = in->B;
    how.max_tokens = in->tokens;
    how.end = -1;
    how.width = in->R / in->B;
    how.ids_len = OUT;
    how.counts_len = 12;
    how.state_len = state * R;
    if (in->sources && in->tokens) {
        st = rnn_beam_search(net, w, &how, h, c, ids, counts, scores);
        CHECK(!st || !m->output_size || m->target == RNN_INPUT_DENSE ||
                  m->target_size < m->output_size,
              "beam: %d", (int)st);
        if (!st) {
            note(run, scores, B);
            note_ints(run, counts, B);
            note_ints(run, ids, B * (size_t)in->tokens);
        }
    }
    st = rnn_generate(net, w, &how, h, c, ids, counts, NULL);
    if (!st) {
        note(run, h, state * B);
        note_ints(run, ids, B * (size_t)in->tokens);
    }
    memset(&row, 0, sizeof row);
    row.rows = in->R;
    row.x = in->x;
    row.ids = in->ids;
    row.from = in->from;
    row.attn = in->sources && m->attention ? attn : NULL;
    say_row(&row, h, c);
    memset(h, 0, state * R * sizeof *h);
    memset(c, 0, state * R * sizeof *c);
    for (; row.t < 2; row.t++) {
        MUST(!rnn_step(net, w, &row, h, c), "step");
        note(run, w->logits, R * Y);
        note(run, h, state * R);
        if (row.attn)
            note(run, attn, (size_t)(in->sources * in->S) * R);
    }
}

/* All calls of a plan; Y numbers come out of a row. */
static void run_all(int run, const rnn_net *net, rnn_work *w, const input *in,
                    size_t Y)
{
    const rnn_model *m = &net->model;
    const int n_to_1 = m->wiring == RNN_WIRING_N_TO_1;
    const size_t rows = (size_t)(n_to_1 ? in->B : in->T * in->B);
    const size_t n = net->sizes.params;
    size_t i,
        state = net->sizes.state / (size_t)net->most.batch * (size_t)in->B;
    int k;

    memcpy(w->params, in->params, n * sizeof *in->params);
    records = 0;
    MUST(!rnn_forward(net, w, &in->seq), "forward");
    note(run, w->logits, rows * Y);
    note(run, in->seq.hn, state);
    memcpy(w->dlogits, in->d, rows * Y * sizeof *in->d);
    for (i = 0; i < n; i++)
        w->grads[i] = (rnn_real)run; /* to be overwritten */
    MUST(!rnn_backward(net, w, &in->seq, &in->flow), "backward");
    note(run, w->grads, n);
    note(run, in->flow.dh0, state);
    if (RNN_HAS_C(m->cell))
        note(run, in->flow.dc0, state);
    if (in->flow.dx)
        note(run, in->flow.dx, (size_t)(in->T * in->B * m->input_size));
    for (k = 0; k < in->sources; k++)
        if (in->flows[k].dx)
            note(run, in->flows[k].dx, (size_t)(in->S * in->B * m->input_size));
    for (k = 0; k < 2; k++) {
        if (k && net->sizes.packed)
            MUST(!rnn_pack(net, w), "pack");
        MUST(!rnn_infer(net, w, &in->seq), "infer");
        note(run, w->logits, rows * Y);
    }
    if (in->sources || !m->bidirectional)
        run_steps(run, net, w, in, Y);
}

/* Each array in a block of its own, not a number longer than the plan says. */
static void set_alone(const rnn_net *net, rnn_work *w)
{
    const rnn_sizes *z = &net->sizes;

    w->params = test_reals(w->params_len = z->params, 0);
    w->grads = test_reals(w->grads_len = z->params, 0);
    w->packed = test_reals(w->packed_len = z->packed, 9);
    w->logits = test_reals(w->logits_len = z->logits, 9);
    w->dlogits = test_reals(w->dlogits_len = z->logits, 9);
    w->keep = test_reals(w->keep_len = z->keep, 9);
    w->scratch = test_reals(w->scratch_len = z->scratch, 9);
    w->memory = test_reals(w->memory_len = z->memory, 9);
}

/* A plan for exactly what is asked, all its arrays in one memory, gives the
 * bits of one for more, whose arrays lie apart. */
static void check_run(int i)
{
    rnn_model m;
    rnn_most less, most;
    rnn_net net[2];
    rnn_work w[2];
    input in;
    size_t n = 0, out;
    int k, more;

    memset(&less, 0, sizeof less);
    less.steps = 1 + test_below(4);
    less.batch = 1 + test_below(3);
    less.source_steps = 1 + test_below(4);
    less.rows = less.batch * (1 + test_below(2));
    less.tokens = test_below(4);
    less.train = 1;
    less.packed = test_below(2) ? RNN_PACK_NONE : RNN_PACK_FLOAT;
    do
        draw_model(&m, less.source_steps);
    while (rnn_plan(&net[0], &m, &less));
    if (m.wiring == RNN_WIRING_1_TO_N)
        less.source_steps = 1;
    most = less;
    more = test_below(64);
    most.steps += more & 1 ? 2 : 0;
    most.batch += more & 2 ? 1 : 0;
    most.rows += more & 4 ? 3 : 0;
    most.tokens += more & 8 ? 2 : 0;
    if (m.wiring != RNN_WIRING_1_TO_N)
        most.source_steps += more & 16 ? 3 : 0;
    most.packed = more & 32 ? RNN_PACK_NONE : RNN_PACK_FLOAT;
    MUST(!rnn_plan(&net[1], &m, &most), "a larger plan");
    in.T = less.steps;
    in.B = less.batch;
    in.S = less.source_steps;
    in.R = less.rows;
    in.tokens = less.tokens;
    some_input(&in, &m, &net[0].sizes);
    out = (size_t)(m.wiring == RNN_WIRING_N_TO_1 ? in.B : in.T * in.B);
    out = out > (size_t)in.R ? out : (size_t)in.R;
    memset(w, 0, sizeof w);
    for (k = 0; k < 2; k++) {
        w[k].ints_len = net[k].sizes.ints;
        w[k].ints = (int *)test_memory(w[k].ints_len * sizeof(int));
        record[k] = test_reals(MOST_RECORDS, 0);
        if (k)
            set_alone(&net[k], &w[k]);
        MUST(!rnn_bind(&net[k], &w[k],
                       k ? NULL : test_reals(net[k].sizes.all, 9),
                       k ? 0 : net[k].sizes.all),
             "bind");
        run_all(k, &net[k], &w[k], &in, net[0].sizes.logits / out);
        MUST(!k || n == records, "%lu numbers, not %lu", (unsigned long)n,
             (unsigned long)records);
        n = records;
    }
    CHECK(memcmp(record[0], record[1], n * sizeof *record[0]) == 0,
          "run %d: wiring %d cell %d, more %d", i, m.wiring, m.cell, more);
    test_free();
}

/* Calls of one work with other steps and rows every time, beside a plan for
 * exactly these. */
static void check_turns(int i)
{
    static const char *const name[] = {"forward", "infer", "encode"};
    rnn_model m;
    rnn_most less, most;
    rnn_net net[2];
    rnn_work w[2];
    input in;
    size_t n[2], state;
    int k, j, way;

    memset(&most, 0, sizeof most);
    most.steps = most.batch = most.source_steps = 4;
    most.train = 1;
    do
        draw_model(&m, most.source_steps);
    while (rnn_plan(&net[0], &m, &most));
    memset(w, 0, sizeof w);
    set_alone(&net[0], &w[0]);
    MUST(!rnn_bind(&net[0], &w[0], NULL, 0), "bind");
    for (j = 0; j < 12; j++) {
        less = most;
        in.T = less.steps = 1 + test_below(4);
        in.B = in.R = less.batch = 3 + test_below(2);
        in.S = less.source_steps =
            m.wiring == RNN_WIRING_1_TO_N ? 1 : 1 + test_below(4);
        way = test_below(m.wiring >= RNN_WIRING_1_TO_N ? 3 : 2);
        MUST(!rnn_plan(&net[1], &m, &less), "a plan");
        memset(&w[1], 0, sizeof w[1]);
        set_alone(&net[1], &w[1]);
        MUST(!rnn_bind(&net[1], &w[1], NULL, 0), "bind");
        some_input(&in, &m, &net[1].sizes);
        state = net[1].sizes.state;
        for (k = 0; k < 2; k++) {
            record[k] = test_reals(MOST_RECORDS, 0);
            records = 0;
            memcpy(w[k].params, in.params,
                   net[1].sizes.params * sizeof *in.params);
            MUST(!(way == 0 ? rnn_forward(&net[k], &w[k], &in.seq)
                   : way == 1
                       ? rnn_infer(&net[k], &w[k], &in.seq)
                       : rnn_encode(&net[k], &w[k], in.source, in.h, in.c)),
                 "%s", name[way]);
            if (way < 2)
                note(k, w[k].logits, net[1].sizes.logits);
            else
                note(k, in.h, state);
            n[k] = records;
        }
        CHECK(n[0] == n[1] &&
                  !memcmp(record[0], record[1], n[0] * sizeof *record[0]),
              "turn %d: %s, wiring %d", i, name[way], m.wiring);
    }
    test_free();
}

/* A plan for more of anything is in nothing smaller. */
static void check_growth(int i)
{
    static rnn_net net, more;
    rnn_model m;
    rnn_most n, base;
    const size_t *was = (const size_t *)&net.sizes;
    const size_t *is = (const size_t *)&more.sizes;
    size_t f;
    int k;

    memset(&base, 0, sizeof base);
    base.steps = 1 + test_below(9);
    base.batch = 1 + test_below(9);
    base.source_steps = 1 + test_below(9);
    base.rows = 1 + test_below(9);
    base.tokens = test_below(5);
    base.moments = test_below(3);
    base.train = test_below(2);
    do
        draw_model(&m, base.source_steps);
    while (rnn_plan(&net, &m, &base));
    CHECK((net.sizes.source_state > 0) == (m.wiring == RNN_WIRING_N_TO_M),
          "growth %d: states of a source", i);
    for (k = 0; k < 7; k++) {
        n = base;
        switch (k) {
        case 0: n.steps++; break;
        case 1: n.batch++; break;
        case 2: n.source_steps++; break;
        case 3: n.rows++; break;
        case 4: n.tokens++; break;
        case 5: n.moments++; break;
        default: n.train = 1; break;
        }
        MUST(!rnn_plan(&more, &m, &n), "a larger plan");
        for (f = 0; f < sizeof net.sizes / sizeof *was; f++)
            CHECK(is[f] >= was[f], "growth %d: size %d is less with %d more", i,
                  (int)f, k);
        CHECK(k > 1 || !base.train || more.sizes.keep > net.sizes.keep,
              "growth %d: no more", i);
        CHECK(k != 5 || more.sizes.all == net.sizes.all + net.sizes.params +
                                              (base.moments ? 0 : LINE),
              "growth %d: moments", i);
    }
    n = base;
    n.packed = RNN_PACK_NONE;
    MUST(!rnn_plan(&more, &m, &n), "a tight plan");
    CHECK(more.sizes.packed == 0 && net.sizes.packed > 0 &&
              more.sizes.scratch <= net.sizes.scratch &&
              more.sizes.keep == net.sizes.keep,
          "growth %d: tight", i);
}

/* ---- corners of int ------------------------------------------------------ */

/* A stack alone, and with a table and a head. */
static void stack_corners(void)
{
    static const int v[] = {1, 46341, 65536, 1 << 29, INT_MAX};
    rnn_model m = {0};
    rnn_most most = {0};
    rnn_net net;
    rnn_status st;
    long double p, limit = (long double)PTRDIFF_MAX / sizeof(rnn_real);
    int i;

    for (i = 0; i < 5 * 5 * 5 * 5 * 2; i++) {
        memset(&m, 0, sizeof m);
        m.cell = i % 2 ? RNN_CELL_LSTM : RNN_CELL_TANH;
        m.input_size = v[i % 5];
        m.hidden_size = v[i / 5 % 5];
        m.num_layers = v[i / 25 % 5];
        m.no_bias = 1;
        most.steps = v[i / 125 % 5];
        most.batch = 1;
        most.train = i / 625 % 2;
        st = rnn_plan(&net, &m, &most);
        p = (long double)RNN_GATES(m.cell) * m.hidden_size *
            ((long double)m.input_size + m.hidden_size +
             2.0L * m.hidden_size * (m.num_layers - 1.0L));
        CHECK(st == RNN_OK || st == RNN_E_SIZE, "corner %d: %d", i, (int)st);
        CHECK(st || (p <= limit && p >= (long double)net.sizes.params &&
                     p <= (long double)net.sizes.params &&
                     (long double)net.sizes.all <= limit),
              "corner %d: params", i);
        CHECK(p <= limit || st == RNN_E_SIZE, "corner %d: too large", i);
        most.batch = INT_MAX;
        st = rnn_plan(&net, &m, &most);
        CHECK(!st || st == RNN_E_SIZE, "corner %d: batch", i);
        m.input = RNN_INPUT_EMBEDDING;
        m.embedding_size = v[i / 125 % 5];
        m.output_size = v[i / 625 % 5];
        most.batch = most.steps;
        most.steps = 1;
        st = rnn_plan(&net, &m, &most);
        CHECK(!st || st == RNN_E_SIZE, "corner %d: model", i);
    }
}

/* Corners of int: the first few are small, the last but one wraps if cubed. */
static int corner(int few)
{
    static const int v[] = {1, 3, 46341, 65536, INT_MAX, 1 << 22, 1 << 28};

    return v[test_below(few)];
}

/* Parameters by exact arithmetic. */
static long double count_stack(const rnn_model *m, long double n, long double D,
                               long double in)
{
    const long double G = RNN_GATES(m->cell), L = m->num_layers;
    const long double P = m->cell == RNN_CELL_LSTM_PEEPHOLE ? 3 : 0;

    return G * n * D * (in + n + 2 + (L - 1) * (D * n + n + 2)) + P * n * D * L;
}

static long double count_params(const rnn_model *m)
{
    const long double D = m->bidirectional ? 2 : 1, K = D * m->hidden_size;
    const long double n = m->num_sources == 2 ? 2 : 1;
    const long double R =
        n * K * (m->context == RNN_CONTEXT_ALL ? m->source_steps : 1);
    const long double C = m->context_size, A_ = m->attention_size;
    const long double H = m->decoder_hidden_size, E = m->embedding_size;
    long double sum =
        count_stack(m, H, 1, m->target_embedding_size + C + n * K);

    sum += n * (count_stack(m, m->hidden_size, D, E) + m->input_size * E);
    sum += n * A_ * (H + K + 1) + C * (R + 1);
    sum += (long double)m->target_size * m->target_embedding_size;
    return sum + m->output_size * (H + n * K + 1);
}

static int equal(long double exact, size_t n)
{
    return exact <= (long double)n && exact >= (long double)n;
}

/* Every size of a description at random corners: RNN_OK with the very number
 * of parameters, and room for what must be kept, or RNN_E_SIZE; never RNN_OK
 * where they exceed an array. */
static void model_corners(void)
{
    const long double limit = (long double)PTRDIFF_MAX / sizeof(rnn_real);
    rnn_model model = {0}, *m = &model;
    int i, good = 0, large = 0;

    for (i = 0; i < 20000; i++) {
        const int few = i % 5 ? i % 3 ? 4 : 2 : 7, many = i % 3 ? few : 7;
        long double p, kept, K, S, T, B, rows, paths, layer;
        rnn_most most = {0};
        rnn_status st;
        rnn_net net;
        const rnn_sizes *z = &net.sizes;

        most.source_steps = corner(many);
        most.steps = corner(many);
        most.batch = corner(many);
        most.rows = corner(many);
        most.tokens = corner(few);
        most.train = test_below(4) != 0;
        most.packed = test_below(4) == 0;
        most.moments = test_below(3);
        m->wiring = RNN_WIRING_N_TO_M;
        m->input = m->target = RNN_INPUT_EMBEDDING;
        m->feed = RNN_FEED_EACH;
        m->attention = RNN_SCORE_ADDITIVE;
        m->head_context = 1;
        m->cell = (rnn_cell)test_below(RNN_CELLS);
        m->bidirectional = test_below(2);
        m->num_sources = 1 + test_below(2);
        m->context = (rnn_context)test_below(RNN_CONTEXTS);
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
        tidy(m);
        st = rnn_plan(&net, m, &most);
        p = count_params(m);
        K = (long double)m->hidden_size * (m->bidirectional ? 2 : 1) *
            m->num_sources;
        S = most.source_steps, T = most.steps, B = most.batch;
        rows = most.rows;
        paths = rows * 3 * most.tokens;
        kept =
            B * (S * K + T * S * m->num_sources + T * m->decoder_hidden_size);
        CHECK(st == RNN_OK || st == RNN_E_SIZE, "corner %d: %d", i, (int)st);
        if (st) {
            CHECK(p + kept + paths + rows * (S + m->output_size) > 1e6L,
                  "corner %d: refused", i);
            large++;
            continue;
        }
        good++;
        CHECK(p <= limit && equal(p, z->params) &&
                  equal(p * most.moments, z->moments),
              "corner %d: params", i);
        CHECK((most.train ? kept <= (long double)z->keep : !z->keep) &&
                  (long double)z->all <= limit &&
                  equal((T * B > rows ? T * B : rows) * m->output_size,
                        z->logits),
              "corner %d: arrays", i);
        layer = (K + m->target_embedding_size + m->context_size +
                 m->decoder_hidden_size) *
                m->decoder_hidden_size * RNN_GATES(m->cell) *
                (most.train ? 2 : 1);
        CHECK(
            (most.packed ? !z->packed : layer <= (long double)z->packed) &&
                z->step <= z->scratch && (long double)z->memory >= B * S * K &&
                equal(B * m->decoder_hidden_size * m->num_layers, z->state) &&
                equal(B * K / m->num_sources * m->num_layers, z->source_state),
            "corner %d: more arrays", i);
        CHECK(paths <= (long double)z->ints &&
                  z->ints <= (size_t)PTRDIFF_MAX / sizeof(int) &&
                  rows * (S + m->output_size) <=
                      (long double)(z->scratch + z->logits),
              "corner %d: a beam", i);
        CHECK(equal((long double)z->params * (1 + most.moments + most.train) +
                        z->packed + z->logits * (1 + (size_t)most.train) +
                        z->keep + z->scratch + z->memory +
                        LINE * (3 + most.train * 3 + (z->moments > 0) +
                                (z->packed > 0) + (z->memory > 0)),
                    z->all),
              "corner %d: all", i);
    }
    CHECK(good > 100 && large > 100, "%d fit, %d do not", good, large);
}

/* The constant expressions for decoders bound what a plan says, and closely
 * where a model uses all that its arguments name. */
#define DECODER                                                                \
    m.cell, m.input_size, m.embedding_size, m.hidden_size, m.num_layers,       \
        D, !m.no_bias, m.output_size, m.target_size, m.target_embedding_size,  \
        m.decoder_hidden_size, m.decoder_layers, X, Z, m.context_size, R,      \
        A_, N
static void decoder_bounds(void)
{
    int i, good = 0;

    for (i = 0; i < 40000; i++) {
        const int given = test_below(4) == 0, D = given ? 1 : 1 + test_below(2);
        const int N = given ? 1 : 1 + test_below(2);
        int X, Z, R, A_, K, C, S, T, B;
        rnn_model m;
        rnn_most most;
        rnn_net net;
        const rnn_sizes *z = &net.sizes;
        size_t drop;

        memset(&m, 0, sizeof m);
        memset(&most, 0, sizeof most);
        m.wiring = given ? RNN_WIRING_1_TO_N : RNN_WIRING_N_TO_M;
        m.cell = (rnn_cell)test_below(RNN_CELLS);
        m.input = (rnn_input)test_below(RNN_INPUTS);
        m.input_size = 1 + test_below(9);
        m.embedding_size =
            m.input == RNN_INPUT_EMBEDDING ? 1 + test_below(9) : 0;
        m.hidden_size = given ? 0 : 1 + test_below(9);
        m.num_layers = given ? 0 : 1 + test_below(3);
        m.bidirectional = D == 2;
        m.no_bias = test_below(2);
        m.output_size = test_below(4) ? 1 + test_below(9) : 0;
        m.target = (rnn_input)test_below(RNN_INPUTS);
        m.target_size = test_below(4) ? 1 + test_below(9) : 0;
        m.target_embedding_size =
            m.target_size && m.target == RNN_INPUT_EMBEDDING ? 1 + test_below(9)
                                                             : 0;
        m.decoder_hidden_size = 1 + test_below(9);
        m.decoder_layers = 1 + test_below(3);
        m.context =
            given ? RNN_CONTEXT_LAST : (rnn_context)test_below(RNN_CONTEXTS);
        m.source_steps = m.context == RNN_CONTEXT_ALL ? 1 + test_below(4) : 0;
        m.feed = (unsigned)test_below(6);
        m.attention =
            given ? RNN_SCORE_NONE : (rnn_score)test_below(RNN_SCORES);
        m.attention_size =
            m.attention == RNN_SCORE_ADDITIVE ? 1 + test_below(9) : 0;
        m.context_size = test_below(2) ? m.feed & RNN_FEED_STATE
                                             ? m.decoder_hidden_size
                                             : 1 + test_below(9)
                                       : 0;
        m.head_context = test_below(2);
        m.num_sources = N;
        m.dropout = m.dropout_last = (rnn_real)(test_below(2) * 0.5);
        tidy(&m);
        if (given)
            m.hidden_size = m.num_layers = 0;
        most.steps = T = 1 + test_below(5);
        most.batch = B = 1 + test_below(4);
        most.source_steps = S = given ? 1 : 1 + test_below(5);
        most.train = 1;
        most.moments = test_below(3);
        if (rnn_plan(&net, &m, &most) != RNN_OK)
            continue;
        good++;
        K = N * D * m.hidden_size;
        R = given ? m.embedding_size ? m.embedding_size : m.input_size
                  : K * (m.source_steps ? m.source_steps : 1);
        if (!m.feed && (m.attention || m.hand_over) && !m.head_context)
            R = 0;
        A_ = m.attention == RNN_SCORE_NONE ? 0
             : m.attention_size            ? m.attention_size
                                           : m.decoder_hidden_size;
        C = m.context_size ? m.context_size : R;
        X = (m.feed & (RNN_FEED_FIRST | RNN_FEED_EACH) ? C : 0) +
            (m.attention ? K : 0);
        Z = m.head_context ? m.attention ? K : C : 0;
        drop = RNN_DECODER_KEEP_DROPOUT(S, T, B, DECODER);
        CHECK(z->params <= RNN_DECODER_PARAMS(DECODER) &&
                  (m.attention > RNN_SCORE_ADDITIVE ||
                   z->params == RNN_DECODER_PARAMS(DECODER)),
              "decoder %d: %d parameters, not %d", i, (int)z->params,
              (int)RNN_DECODER_PARAMS(DECODER));
        CHECK(z->state <= RNN_DECODER_STATE(B, DECODER) &&
                  z->source_state <= RNN_DECODER_STATE(B, DECODER) &&
                  z->packed <= RNN_DECODER_PACKED(DECODER) &&
                  z->memory <= RNN_DECODER_MEMORY(S, B, DECODER) &&
                  z->logits == RNN_DECODER_LOGITS(T, B, DECODER),
              "decoder %d: state, packed, memory", i);
        CHECK(z->keep <= RNN_DECODER_KEEP(S, T, B, DECODER) + drop &&
                  RNN_DECODER_KEEP(S, T, B, DECODER) <= 3 * z->keep,
              "decoder %d: keep %d of %d", i, (int)z->keep,
              (int)RNN_DECODER_KEEP(S, T, B, DECODER));
        CHECK(z->step <= RNN_DECODER_SCRATCH_STEP(S, B, DECODER),
              "decoder %d: step", i);
        CHECK(z->all <=
                  RNN_DECODER_TRAIN(S, T, B, most.moments, DECODER) + drop,
              "decoder %d: all", i);
        CHECK(z->scratch <= RNN_DECODER_SCRATCH_TRAIN(S, T, B, DECODER) ||
                  z->scratch <= RNN_DECODER_SCRATCH_INFER(S, T, B, DECODER),
              "decoder %d: scratch %d", i, (int)z->scratch);
        for (most.keep_every = 2; most.keep_every <= 5; most.keep_every++) {
            const int k = most.keep_every;
            drop = RNN_DECODER_KEEP_DROPOUT(k < S && D == 1 ? k : S, k, B,
                                            DECODER);
            CHECK(!rnn_plan(&net, &m, &most) &&
                      z->keep <=
                          RNN_DECODER_KEEP_EVERY(k, S, T, B, DECODER) + drop &&
                      z->scratch <=
                          RNN_DECODER_SCRATCH_EVERY(k, S, T, B, DECODER),
                  "decoder %d every %d: keep %d of %d, scratch %d", i, k,
                  (int)z->keep,
                  (int)RNN_DECODER_KEEP_EVERY(k, S, T, B, DECODER),
                  (int)z->scratch);
        }
        most.keep_every = 0;
        most.train = most.moments = 0;
        CHECK(!rnn_plan(&net, &m, &most) &&
                  z->all - z->params - z->packed - 2 * LINE <=
                      RNN_DECODER_INFER(S, T, B, DECODER) &&
                  z->scratch <= RNN_DECODER_SCRATCH_INFER(S, T, B, DECODER),
              "decoder %d: infer", i);
        most.packed = RNN_PACK_BF16;
        CHECK(!rnn_plan(&net, &m, &most) &&
                  z->packed <= RNN_DECODER_PACKED_BF16(DECODER) &&
                  z->scratch <= RNN_DECODER_SCRATCH_INFER(S, T, B, DECODER) +
                                    RNN_SCRATCH_BF16,
              "decoder %d: halves", i);
    }
    CHECK(good > 1000, "%d decoders", good);
}

/* The same of the block alone, whose sizes are few. */
static void attention_corners(void)
{
    rnn_attention att = {0};
    const long double most = (long double)PTRDIFF_MAX / sizeof(rnn_real);
    int i;

    for (i = 0; i < 5000; i++) {
        const int few = i % 5 ? i % 3 ? 4 : 2 : 7, many = i % 3 ? few : 7;
        const int s = corner(many), t = corner(many), b = corner(many);
        long double Q, K, n, p, rows = (long double)s * b;
        size_t got[3] = {7, 7, 7};
        rnn_status st;

        att.score = (rnn_score)(RNN_SCORE_ADDITIVE + test_below(2));
        att.query_size = corner(few);
        att.key_size = corner(few);
        att.size = att.score == RNN_SCORE_ADDITIVE ? corner(few) : 0;
        Q = att.query_size;
        K = att.key_size;
        n = att.score == RNN_SCORE_ADDITIVE ? att.size : Q;
        p = att.score == RNN_SCORE_ADDITIVE ? n * (Q + K + 1) : K * Q;
        st =
            rnn_attention_sizes(&att, s, t, b, &got[0], &got[1], &got[2], NULL);
        if (st) {
            CHECK(st == RNN_E_SIZE && got[0] + got[1] + got[2] == 21 &&
                      p + rows * (n + K) +
                              (long double)t * b * (s + Q + K + n) >
                          1e6L,
                  "attention, corner %d: %d", i, (int)st);
            continue;
        }
        CHECK(p <= most && p >= (long double)got[0] &&
                  p <= (long double)got[0] && rows * n <= (long double)got[1] &&
                  rows * n >= (long double)got[1] &&
                  (long double)got[2] >= (long double)got[1] &&
                  (long double)got[2] >= 2.0L * t * b * n &&
                  (long double)got[2] <= most,
              "attention, corner %d", i);
    }
}

/* argv[1] is the seed of the corners. */
int main(int argc, char **argv)
{
    int i;

    test_seed(argc, argv);
    check_arrays();
    check_grid();
    for (i = 0; i < 600; i++)
        check_run(i);
    for (i = 0; i < 100; i++)
        check_turns(i);
    for (i = 0; i < 1000; i++)
        check_growth(i);
    for (i = 0; i < 200; i++)
        check_least(i);
    stack_corners();
    model_corners();
    decoder_bounds();
    attention_corners();
    test_unused();
    return test_end();
}
