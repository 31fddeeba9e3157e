/* One hash of everything that computes: forwards, gradients, losses,
 * optimisers, random numbers, samples, decoding, for all cells and wirings and
 * on every kernel.
 *
 *     build/test_hash           prints hash fma=1 0123456789abcdef
 *     build/test_hash check     compares it with the value below
 *
 * The two values, with fma and without, are the same for every compiler, flag
 * and machine. They change only when the arithmetic of rnn.h does. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdio.h>
#include <string.h>

/* The cells and kinds of optimiser that are in the line since it was first
 * printed. What came later has a line of its own: add its two values. */
enum { FIRST_CELLS = RNN_CELL_LSTM + 1, FIRST_OPTIMIZERS = RNN_OPT_ADAMW + 1 };
static const char *const expected[RNN_CELLS - FIRST_CELLS + 1] = {
#if RNN_FMA
    "3814771e8a69f221", "ed59a36cfbef742d"
#else
    "a1d59c958e371ed6", "341ce7d794e87d6a"
#endif
};

enum { T = 5, B = 3, I = 5, H = 19, O = 7, E = 6, L = 2 };
/* of the other wirings: steps of a source, states, attention, decoding */
enum { SOURCE = 4, H2 = 9, A = 6, MAX = 5, WIDTH = 3, BEST = 2 };
/* E above I: no other input needs more room */
#define NET RNN_CELL_LSTM_PEEPHOLE, I, E, H, L, 2, 1, O
enum { P = RNN_PARAMS(NET), S = RNN_STATE(B, NET),
       W = RNN_TRAIN(T, B, 0, NET) + RNN_KEEP_DROPOUT(T, B, NET) };

static rnn_net net;
static rnn_work work;
static rnn_real params[P], grads[P], moments[3 * P], room[W];
static rnn_real x[T * B * I], dx[T * B * I], h0[S], c0[S], hn[S], cn[S];
static rnn_real dh0[S], dc0[S], up[S], logits[T * B * O], targets[T * B * O];
static rnn_real d[T * B * O], nll[T * B], weights[T * B];
static int ids[T * B], labels[T * B], ints[1000];
static unsigned long state;
static uint32_t hash[2]; /* FNV-1a of 64 bits: low, high */
static int failures;

/* from -1 to 1, exact in float */
static rnn_real number(void)
{
    state = (state * 1103515245u + 12345u) & 0x7fffffffu;
    return (rnn_real)((long)(state >> 8) - 4194304l) *
           (rnn_real)(1.0 / 4194304);
}

static void fill(rnn_real *p, size_t n, int half)
{
    size_t i;
    for (i = 0; i < n; i++)
        p[i] = half ? number() * (rnn_real)0.5 : number();
}

/* times 0x100000001b3 = 2^40 + 0x1b3, in two words of 32 bits */
static void hash_byte(unsigned byte)
{
    uint32_t low = hash[0] ^ byte, high = hash[1];
    uint32_t carry = (low >> 16) * 0x1b3u + ((low & 0xffffu) * 0x1b3u >> 16);
    hash[0] = low * 0x1b3u;
    hash[1] = high * 0x1b3u + (carry >> 16) + (low << 8);
}

static void hash_reals(const rnn_real *p, size_t n)
{
    uint32_t b;
    size_t i;
    int k;
    for (i = 0; i < n; i++) {
        memcpy(&b, p + i, sizeof b);
        if (p[i] != p[i])
            b = 0x7fc00000u; /* all NaNs are one */
        for (k = 0; k < 4; k++)
            hash_byte((unsigned)(b >> 8 * k & 255u));
    }
}

static void must(rnn_status st, int line)
{
    if (st != RNN_OK) {
        printf("line %d: %s\n", line, rnn_status_text(st));
        failures++;
    }
}
#define MUST(call) must(call, __LINE__)

static void must_fit(size_t n, size_t space, int line)
{
    if (n > space) {
        printf("line %d: %lu numbers do not fit\n", line, (unsigned long)n);
        failures++;
    }
}
#define FITS(n, array) must_fit((n), sizeof(array) / sizeof *(array), __LINE__)

static void bind(const rnn_run *run)
{
    memset(&work, 0, sizeof work);
    work.params = params;
    work.grads = grads;
    work.logits = logits;
    work.dlogits = d;
    work.params_len = work.grads_len = P;
    work.logits_len = work.dlogits_len = T * B * O;
    work.ints = ints;
    work.ints_len = sizeof ints / sizeof *ints;
    work.run = run;
    MUST(rnn_bind(&net, &work, room, W));
}

static rnn_loss weighted(void)
{
    rnn_loss how;

    memset(&how, 0, sizeof how);
    how.weights = weights;
    how.values = nll;
    how.weights_len = how.values_len = T * B;
    return how;
}

static void hash_model(int cell, int input, int both, const int *lengths,
                       int dropout, const rnn_run *run)
{
    rnn_model model;
    rnn_seq seq;
    rnn_flow flow;
    rnn_sizes s;
    rnn_most most;
    rnn_loss how;
    rnn_real loss = 0;

    memset(&model, 0, sizeof model);
    model.cell = (rnn_cell)cell;
    model.input = (rnn_input)input;
    model.input_size = I;
    model.embedding_size = input == RNN_INPUT_EMBEDDING ? E : 0;
    model.hidden_size = H;
    model.num_layers = L;
    model.bidirectional = both;
    model.output_size = O;
    model.dropout = dropout && L > 1 ? (rnn_real)0.25 : 0;
    model.dropout_last = dropout ? (rnn_real)0.25 : 0;
    memset(&most, 0, sizeof most);
    most.steps = T;
    most.batch = B;
    most.train = 1;
    MUST(rnn_plan(&net, &model, &most));
    bind(run);
    s = net.sizes;
    fill(params, s.params, 1);
    fill(grads, s.params, 0);
    fill(x, T * B * I, 0);
    fill(h0, s.state, 0);
    fill(c0, s.state, 0);
    fill(up, s.state, 0);
    memset(&seq, 0, sizeof seq);
    seq.steps = T;
    seq.batch = B;
    seq.lengths = lengths;
    seq.x = x;
    seq.ids = ids;
    seq.h0 = h0;
    seq.c0 = RNN_HAS_C(cell) ? c0 : NULL;
    seq.hn = hn;
    seq.cn = RNN_HAS_C(cell) ? cn : NULL;
    seq.seed[0] = 3;
    memset(&flow, 0, sizeof flow);
    flow.dhn = up;
    flow.dcn = RNN_HAS_C(cell) ? up : NULL;
    flow.dx = input == RNN_INPUT_DENSE ? dx : NULL;
    flow.dh0 = dh0;
    flow.dc0 = RNN_HAS_C(cell) ? dc0 : NULL;
    flow.accumulate = 1;
    seq.x_len = flow.dx_len = T * B * I;
    seq.ids_len = seq.targets_len = T * B;
    seq.state_len = flow.state_len = S;
    MUST(rnn_forward(&net, &work, &seq));
    hash_reals(logits, T * B * O);
    hash_reals(hn, s.state);
    if (RNN_HAS_C(cell))
        hash_reals(cn, s.state);
    how = weighted();
    how.smoothing = (rnn_real)0.1;
    how.padding = 1; /* its weights say what counts */
    MUST(rnn_cross_entropy(&net, &work, &seq, labels, &how, &loss));
    hash_reals(nll, T * B);
    hash_reals(&loss, 1);
    hash_reals(d, T * B * O);
    MUST(rnn_backward(&net, &work, &seq, &flow));
    hash_reals(grads, s.params);
    hash_reals(dh0, s.state);
    if (RNN_HAS_C(cell))
        hash_reals(dc0, s.state);
    if (flow.dx)
        hash_reals(dx, T * B * I);
    MUST(rnn_infer(&net, &work, &seq));
    hash_reals(logits, T * B * O);
    MUST(rnn_clip_grad_norm(grads, s.params, (rnn_real)0.5, &loss, run));
    hash_reals(&loss, 1);
    hash_reals(grads, s.params);
}

/* The wirings other than N vs N; cells and sizes are set below. H2 and 2 * H2
 * are the states of one and of two directions. */
static const rnn_model wirings[] = {
    {.wiring = RNN_WIRING_N_TO_1, .input = RNN_INPUT_ONE_HOT,
     .bidirectional = 1, .num_layers = 2, .dropout = (rnn_real)0.25,
     .dropout_last = (rnn_real)0.5},
    {.wiring = RNN_WIRING_N_TO_1, .input = RNN_INPUT_DENSE},
    {.wiring = RNN_WIRING_1_TO_N, .feed = RNN_FEED_FIRST, .head_context = 1},
    {.wiring = RNN_WIRING_1_TO_N, .input = RNN_INPUT_EMBEDDING,
     .target = RNN_INPUT_ONE_HOT, .target_size = O, .context_size = H2,
     .num_layers = 2, .feed = RNN_FEED_STATE | RNN_FEED_EACH,
     .dropout = (rnn_real)0.25},
    {.wiring = RNN_WIRING_N_TO_M, .context = RNN_CONTEXT_MEAN,
     .context_size = 7, .bidirectional = 1, .feed = RNN_FEED_EACH,
     .target_size = O, .dropout_last = (rnn_real)0.25},
    {.wiring = RNN_WIRING_N_TO_M, .input = RNN_INPUT_ONE_HOT,
     .context = RNN_CONTEXT_ALL, .source_steps = SOURCE, .feed = RNN_FEED_FIRST,
     .target = RNN_INPUT_ONE_HOT, .target_size = O, .head_context = 1,
     .no_bias = 1},
    {.wiring = RNN_WIRING_N_TO_M, .input = RNN_INPUT_EMBEDDING,
     .bidirectional = 1, .num_layers = 2, .decoder_hidden_size = 2 * H2,
     .hand_over = RNN_HAND_CELL | RNN_HAND_LAYERS,
     .target = RNN_INPUT_EMBEDDING, .target_size = O,
     .target_embedding_size = E, .dropout = (rnn_real)0.25},
    {.wiring = RNN_WIRING_N_TO_M, .input = RNN_INPUT_EMBEDDING,
     .bidirectional = 1, .target = RNN_INPUT_EMBEDDING, .target_size = O,
     .target_embedding_size = E, .attention = RNN_SCORE_ADDITIVE,
     .attention_size = A, .head_context = 1},
    {.wiring = RNN_WIRING_N_TO_M, .input = RNN_INPUT_ONE_HOT,
     .bidirectional = 1, .context_size = H2,
     .feed = RNN_FEED_STATE | RNN_FEED_EACH, .decoder_layers = 2,
     .target = RNN_INPUT_ONE_HOT, .target_size = O,
     .attention = RNN_SCORE_GENERAL},
    {.wiring = RNN_WIRING_N_TO_M, .target_size = O, .attention = RNN_SCORE_DOT,
     .feed = RNN_FEED_STATE, .hand_over = RNN_HAND_CELL},
    {.wiring = RNN_WIRING_N_TO_M, .target = RNN_INPUT_ONE_HOT, .target_size = O,
     .attention = RNN_SCORE_SCALED_DOT, .head_context = 1,
     .dropout_last = (rnn_real)0.25},
    {.wiring = RNN_WIRING_N_TO_M, .input = RNN_INPUT_ONE_HOT, .num_sources = 2,
     .context_size = H2, .feed = RNN_FEED_STATE, .target = RNN_INPUT_EMBEDDING,
     .target_size = O, .target_embedding_size = E,
     .attention = RNN_SCORE_ADDITIVE, .attention_size = A}};
enum { WIRINGS = sizeof wirings / sizeof wirings[0] };

static rnn_seq source[2];
static rnn_real source_x[2][SOURCE * B * I], source_dx[2][SOURCE * B * I];
static rnn_real source_h0[2][S], source_c0[2][S], source_hn[2][S];
static rnn_real source_cn[2][S], source_dh0[2][S], source_dc0[2][S];
static rnn_real attn[MAX * 2 * B * SOURCE];
static rnn_real scores[B * BEST], y[T * B * O];
static int source_ids[2][SOURCE * B], y_ids[T * B], own[T * B];
static int out_ids[B * BEST * MAX], counts[B * BEST];

static void hash_int(int v)
{
    int k;
    for (k = 0; k < 4; k++)
        hash_byte((unsigned)((uint32_t)v >> 8 * k & 255u));
}

/* Numbers and tokens of every sequence; the second source is one shorter. */
static void set_sequences(const rnn_model *m, const rnn_sizes *s, rnn_seq *seq)
{
    static const int lengths[2][B] = {{SOURCE, 0, 2}, {1, SOURCE - 1, 3}};
    static const int target_lengths[B] = {T, 3, 0};
    const size_t encoder = s->source_state;
    const int lstm = RNN_HAS_C(m->cell) != 0;
    int i, j;

    fill(params, s->params, 1);
    fill(grads, s->params, 0);
    fill(x, T * B * I, 0);
    fill(y, T * B * O, 0);
    fill(h0, s->state, 0);
    fill(c0, s->state, 0);
    fill(up, s->state, 0);
    memset(seq, 0, sizeof *seq);
    memset(source, 0, sizeof source);
    seq->steps = T;
    seq->batch = B;
    seq->lengths = target_lengths;
    seq->x = m->wiring == RNN_WIRING_N_TO_1 ? x : y;
    seq->ids = m->wiring == RNN_WIRING_N_TO_1 ? ids : y_ids;
    if (m->wiring == RNN_WIRING_N_TO_1 ||
        !(m->feed & RNN_FEED_STATE || m->hand_over)) {
        seq->h0 = h0;
        seq->c0 = lstm ? c0 : NULL;
    }
    seq->hn = hn;
    seq->cn = lstm ? cn : NULL;
    seq->seed[0] = 3;
    seq->source = source;
    seq->x_len = (size_t)T * B * (m->wiring == RNN_WIRING_N_TO_1 ? I : O);
    seq->ids_len = seq->own_ids_len = T * B;
    seq->state_len = S;
    for (i = 0; i < 2; i++) {
        rnn_seq *q = &source[i];
        q->x_len = SOURCE * B * I;
        q->ids_len = SOURCE * B;
        q->state_len = S;
        for (j = 0; j < SOURCE * B; j++)
            source_ids[i][j] = (j * 7 + i + 2) % I;
        fill(source_x[i], SOURCE * B * I, 0);
        q->batch = B;
        q->x = source_x[i];
        q->ids = source_ids[i];
        q->steps = 1;
        if (m->wiring != RNN_WIRING_N_TO_M)
            continue;
        FITS(encoder, source_h0[i]);
        q->steps = SOURCE - i;
        q->lengths = lengths[i];
        fill(source_h0[i], encoder, 0);
        fill(source_c0[i], encoder, 0);
        q->h0 = source_h0[i];
        q->c0 = lstm ? source_c0[i] : NULL;
        q->hn = source_hn[i];
        q->cn = lstm ? source_cn[i] : NULL;
    }
}

/* The training step. */
static void hash_backward(const rnn_model *m, const rnn_sizes *s,
                          const rnn_seq *seq, size_t rows, const rnn_run *run)
{
    const int n_to_m = m->wiring == RNN_WIRING_N_TO_M,
              lstm = RNN_HAS_C(m->cell) != 0;
    const int dense = m->input == RNN_INPUT_DENSE;
    rnn_flow flow, from[2];
    rnn_loss how;
    rnn_real loss = 0;
    int i;

    memset(&flow, 0, sizeof flow);
    memset(from, 0, sizeof from);
    flow.accumulate = 1;
    flow.dhn = up;
    flow.dcn = lstm ? up : NULL;
    flow.dh0 = dh0;
    flow.dc0 = lstm ? dc0 : NULL;
    flow.source = from;
    flow.dx_len = T * B * I;
    flow.state_len = S;
    if (m->wiring == RNN_WIRING_N_TO_1)
        flow.dx = dense ? dx : NULL;
    else if (m->target_size && m->target == RNN_INPUT_DENSE)
        flow.dx = targets, flow.dx_len = T * B * O;
    for (i = 0; i < 2 && m->wiring != RNN_WIRING_N_TO_1; i++) {
        from[i].dx = dense ? source_dx[i] : NULL;
        from[i].dx_len = SOURCE * B * I;
        from[i].state_len = S;
        if (n_to_m) {
            from[i].dhn = source_h0[i];
            from[i].dh0 = source_dh0[i];
            from[i].dcn = lstm ? source_h0[i] : NULL;
            from[i].dc0 = lstm ? source_dc0[i] : NULL;
        }
    }
    how = weighted();
    MUST(rnn_cross_entropy_rows(logits, rows, O, labels, &how, d, &loss, run));
    hash_reals(&loss, 1);
    MUST(rnn_backward(&net, &work, seq, &flow));
    hash_reals(grads, s->params);
    hash_reals(dh0, s->state);
    if (lstm)
        hash_reals(dc0, s->state);
    if (flow.dx)
        hash_reals(flow.dx, (size_t)T * B * (flow.dx == dx ? I : O));
    for (i = 0; i < (m->num_sources ? m->num_sources : 1); i++) {
        if (from[i].dx)
            hash_reals(from[i].dx, (size_t)source[i].steps * B * I);
        if (!n_to_m)
            continue;
        hash_reals(source_hn[i], s->source_state);
        hash_reals(source_dh0[i], s->source_state);
        if (lstm) {
            hash_reals(source_cn[i], s->source_state);
            hash_reals(source_dc0[i], s->source_state);
        }
    }
}

/* A step of N vs 1 or of a decoder, with what it reads as numbers. */
static void hash_steps(const rnn_model *m, const rnn_sizes *s)
{
    const int n_to_1 = m->wiring == RNN_WIRING_N_TO_1;
    rnn_row row;

    memset(&row, 0, sizeof row);
    row.rows = B;
    row.x_len = (size_t)B * (n_to_1 ? I : O);
    row.state_len = S;
    row.attn_len = sizeof attn / sizeof *attn;
    for (; row.t < T; row.t++) {
        row.x = n_to_1 ? x + row.t * B * I : y + row.t * B * O;
        row.ids = (n_to_1 ? ids : y_ids) + row.t * B;
        row.attn = m->attention ? attn : NULL;
        MUST(rnn_step(&net, &work, &row, hn, cn));
        hash_reals(logits, B * O);
        hash_reals(hn, s->state);
    }
}

/* Greedy, drawn, and by beam. */
static void hash_decoding(const rnn_model *m, const rnn_sizes *s)
{
    static const rnn_sampling draw = {(rnn_real)0.75, 5, (rnn_real)0.9};
    const size_t looks =
        m->attention
            ? (size_t)B * (size_t)(source[0].steps +
                                   (m->num_sources > 1 ? source[1].steps : 0))
            : 0;
    rnn_writing how;
    rnn_rng rng[B];
    int way, b, i, least;

    FITS((size_t)MAX * looks, attn);
    memset(&how, 0, sizeof how);
    how.begin = 1;
    how.end = 2;
    how.min_tokens = 1;
    how.max_tokens = MAX;
    how.rngs = rng;
    how.width = WIDTH;
    how.best = BEST;
    how.length_power = (rnn_real)0.5;
    how.ids_len = B * BEST * MAX;
    how.counts_len = B * BEST;
    how.state_len = S;
    how.attn_len = sizeof attn / sizeof *attn;
    for (way = 0; way < 3; way++) {
        for (b = 0; b < B; b++)
            rnn_rng_seed(&rng[b], (uint32_t)b);
        MUST(rnn_encode(&net, &work, source, hn, cn));
        hash_reals(hn, s->state);
        if (way == 2) {
            MUST(rnn_beam_search(&net, &work, &how, hn, cn, out_ids, counts,
                                 scores));
            for (b = 0; b < B * BEST; b++) {
                hash_int(counts[b]);
                hash_reals(scores + b, 1);
                for (i = 0; i < counts[b]; i++)
                    hash_int(out_ids[b * MAX + i]);
            }
            continue;
        }
        how.sampling = way ? &draw : NULL;
        MUST(rnn_generate(&net, &work, &how, hn, cn, out_ids, counts, attn));
        for (b = 0, least = MAX; b < B; b++) {
            least = counts[b] < least ? counts[b] : least;
            hash_int(counts[b]);
            for (i = 0; i < counts[b]; i++)
                hash_int(out_ids[i * B + b]);
        }
        hash_reals(attn, (size_t)least * looks); /* until a row ends */
    }
}

static void hash_wiring(const rnn_model *wiring, int cell, const rnn_run *run)
{
    rnn_model m = *wiring;
    const int decoder = m.wiring >= RNN_WIRING_1_TO_N;
    const int tokens = m.target_size && m.target != RNN_INPUT_DENSE;
    const size_t rows = decoder ? T * B : B;
    rnn_seq seq;
    rnn_most most;
    rnn_sizes s;

    m.cell = (rnn_cell)cell;
    if (!RNN_HAS_C(cell))
        m.hand_over &= ~(unsigned)RNN_HAND_CELL;
    m.input_size = I;
    m.embedding_size = m.input == RNN_INPUT_EMBEDDING ? E : 0;
    m.hidden_size = H2;
    m.output_size = O;
    memset(&most, 0, sizeof most);
    most.steps = T;
    most.batch = B;
    most.source_steps = SOURCE;
    most.rows = B * WIDTH;
    most.tokens = MAX;
    most.train = 1;
    MUST(rnn_plan(&net, &m, &most));
    bind(run);
    s = net.sizes;
    FITS(s.state, h0);
    set_sequences(&m, &s, &seq);
    if (tokens) { /* half of the tokens are the model's own */
        seq.own_rate = (rnn_real)0.5;
        seq.own_sample = cell % 2;
        seq.own_ids = own;
    }
    memset(own, 0, sizeof own);
    MUST(rnn_forward(&net, &work, &seq));
    hash_reals(logits, rows * O);
    hash_reals(hn, s.state);
    if (RNN_HAS_C(cell))
        hash_reals(cn, s.state);
    if (tokens) {
        int i;
        for (i = 0; i < T * B; i++)
            if (i / B < seq.lengths[i % B])
                hash_int(own[i]);
    }
    hash_backward(&m, &s, &seq, rows, run);
    seq.own_rate = 0;
    MUST(rnn_infer(&net, &work, &seq));
    hash_reals(logits, rows * O);
    if (decoder)
        MUST(rnn_encode(&net, &work, source, hn, cn));
    if (decoder || !m.bidirectional)
        hash_steps(&m, &s);
    if (decoder && (tokens || !m.target_size))
        hash_decoding(&m, &s);
}

static void hash_training(const rnn_run *run)
{
    rnn_loss how;
    enum { N = 150 };
    rnn_optimizer o;
    rnn_real loss = 0;
    int kind, k;

    for (kind = 0; kind < FIRST_OPTIMIZERS; kind++) {
        MUST(rnn_optimizer_init(&o, (rnn_optimizer_kind)kind, (rnn_real)0.01,
                                NULL));
        if (kind == RNN_OPT_SGD || kind == RNN_OPT_RMSPROP)
            o.momentum = (rnn_real)0.9;
        o.amsgrad = kind == RNN_OPT_ADAM || kind == RNN_OPT_ADAMW;
        o.centered = kind == RNN_OPT_RMSPROP;
        o.weight_decay = (rnn_real)0.01;
        fill(params, N, 0);
        for (k = 0; k < 5; k++) {
            fill(grads, N, 0);
            MUST(rnn_optimizer_step_array(&o, params, grads, moments, N, run));
        }
        hash_reals(params, N);
    }
    how = weighted();
    fill(targets, T * B * O, 1);
    fill(logits, T * B * O, 0);
    MUST(rnn_sigmoid_cross_entropy_rows(logits, T * B, O, targets, &how, d,
                                        &loss, run));
    hash_reals(d, T * B * O);
    hash_reals(&loss, 1);
    MUST(
        rnn_squared_error_rows(logits, T * B, O, targets, &how, d, &loss, run));
    hash_reals(d, T * B * O);
    hash_reals(&loss, 1);
    MUST(rnn_softmax(logits, T * B, O, d, run));
    hash_reals(d, T * B * O);
    MUST(rnn_clip_grad_max(d, T * B * O, (rnn_real)0.3, &loss, run));
    MUST(rnn_clip_grad_value(d, T * B * O, (rnn_real)0.1, run));
    hash_reals(d, T * B * O);
}

static void hash_functions(const rnn_run *run)
{
    static const rnn_real edge[6] = {0, (rnn_real)1e30, (rnn_real)-1e30,
                                     (rnn_real)88.5, (rnn_real)-87, 1};
    int f, i;

    for (f = RNN_FN_IDENTITY; f <= RNN_FN_SQRT; f++) {
        for (i = 0; i < T * B * O; i++)
            logits[i] = i < 6 ? edge[i] : number() * (rnn_real)(i % 30);
        MUST(rnn_map((rnn_fn)f, T * B * O, logits, d, run));
        hash_reals(d, T * B * O);
    }
}

static void hash_random(void)
{
    rnn_sampling how = {1, 0, 0};
    rnn_tensor t;
    rnn_rng rng;
    rnn_real v;
    int i, id;

    rnn_rng_seed(&rng, 42);
    for (i = 0; i < 200; i++) {
        v = rnn_normal(&rng);
        hash_reals(&v, 1);
        v = rnn_uniform(&rng);
        hash_reals(&v, 1);
    }
    for (i = 0; i < 40; i++) {
        how.top_k = i % 3 ? 0 : 4;
        how.top_p = i % 2 ? (rnn_real)0.7 : 0;
        fill(logits, O, 0);
        MUST(rnn_sample(logits, O, &how, &rng, d, &id, NULL));
        hash_byte((unsigned)id);
    }
    memset(&t, 0, sizeof t);
    t.rows = 12;
    t.cols = 9;
    t.fan = 4;
    t.size = 108;
    for (i = RNN_INIT_DEFAULT; i <= RNN_INIT_IDENTITY; i++) {
        MUST(rnn_init_tensor(&t, params, (rnn_init_rule)i, (rnn_real)1.5, &rng,
                             NULL));
        hash_reals(params, t.size);
    }
}

/* Line 0: the first cells and all the rest; line 1 and on: a further cell. */
static void hash_line(int line, const rnn_run *run)
{
    static const int lengths[B] = {3, 0, T};
    const int first = line ? FIRST_CELLS + line - 1 : 0;
    const int last = line ? first : FIRST_CELLS - 1;
    int cell, i;

    state = 1;
    hash[0] = 0x84222325u;
    hash[1] = 0xcbf29ce4u;
    for (i = 0; i < T * B; i++) {
        ids[i] = (i * 7 + 3) % I;
        y_ids[i] = (i * 3 + 2) % O;
        labels[i] = (i * 5 + 1) % O;
        weights[i] = i % 4 ? (rnn_real)(i % 3) * (rnn_real)0.5 : 1;
    }
    for (cell = first; cell <= last; cell++) {
        hash_model(cell, RNN_INPUT_DENSE, 0, NULL, 0, run);
        hash_model(cell, RNN_INPUT_ONE_HOT, 1, lengths, 0, run);
        hash_model(cell, RNN_INPUT_EMBEDDING, 1, lengths, 1, run);
        for (i = 0; i < WIRINGS; i++)
            hash_wiring(&wirings[i], cell, run);
    }
    if (line)
        return;
    hash_training(run);
    hash_functions(run);
    hash_random();
}

static void spell(char text[20])
{
    sprintf(text, "%08lx%08lx", (unsigned long)hash[1], (unsigned long)hash[0]);
}

int main(int argc, char **argv)
{
    char best[20], text[20];
    rnn_run run = {0, 0, NULL, NULL, NULL};
    int line, kernel, good = 1;

    (void)argv;

    for (line = 0; line <= RNN_CELLS - FIRST_CELLS; line++) {
        hash_line(line, NULL);
        spell(best);
        if (line)
            printf("hash of cell %d fma=%d %s\n", FIRST_CELLS + line - 1,
                   RNN_FMA, best);
        else
            printf("hash fma=%d %s\n", RNN_FMA, best);
        good &= expected[line] && strcmp(best, expected[line]) == 0;
        for (kernel = RNN_KERNEL_PORTABLE; kernel < RNN_KERNELS; kernel++) {
            rnn_real one = 1;
            run.kernel = (rnn_kernel)kernel;
            if (rnn_map(RNN_FN_EXP, 1, &one, &one, &run) == RNN_E_UNSUPPORTED)
                continue;
            hash_line(line, &run);
            spell(text);
            if (strcmp(text, best) != 0) {
                printf("kernel %d: hash %s\n", kernel, text);
                failures++;
            }
        }
    }
    if (argc < 2)
        return failures != 0;
    good &= failures == 0;
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}
