/* Decoders against what they are made of, bit for bit: a model is its blocks,
 * one after the other; hypotheses go on as each does alone; attention is a
 * block of its own, and what the equations say; scheduled sampling reads the
 * model's own tokens; greedy and drawn decoding are loops over a step. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "job_make.h"

/* Weights are 0 where the source has ended, and their sum is 1 unless there is
 * nothing to look at. */
static void check_weights(const job *j, const results *r)
{
    size_t i, k, bad;
    int q;

    for (q = 1; q <= j->sources && j->model.attention; q++) {
        const array *a = find(r, of("attention", q));
        for (i = bad = 0; i < j->T * j->B; i++) {
            const size_t b = i % j->B;
            const size_t n = i / j->B < length_of(&j->seq[0], b)
                                 ? length_of(&j->seq[q], b)
                                 : 0;
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

/* ---- a model is its blocks ----------------------------------------------- */

typedef struct encoded {
    rnn_real *y[3], *hn[3], *cn[3]; /* of each encoder                       */
    rnn_real *c, *h, *s;            /* of the decoder: c, its states over
                                       all steps, those before each step     */
} encoded;

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
    const size_t width = kind == RNN_INPUT_EMBEDDING ? E : I, B = j->B;
    const rnn_real *rows =
        j->params +
        (kind == RNN_INPUT_EMBEDDING && width ? offset_of(j, table) : 0);
    rnn_real *x = zeros((size_t)s->steps * B * width);
    size_t i;

    for (i = 0; i < (size_t)s->steps * B && width; i++) {
        rnn_real *to = x + i * width;
        if (i / B >= length_of(s, i % B))
            continue;
        if (kind == RNN_INPUT_DENSE)
            memcpy(to, s->x + i * width, width * sizeof *to);
        else if (kind == RNN_INPUT_ONE_HOT)
            to[s->ids[i]] = 1;
        else
            memcpy(to, rows + (size_t)s->ids[i] * E, E * sizeof *to);
    }
    return x;
}

/* A stack over a sequence, as a model without a head; its states go where seq
 * says. */
static rnn_real *stack_of(const rnn_model *stack, const rnn_real *params,
                          const rnn_seq *seq)
{
    rnn_seq said = *seq;
    rnn_most most;
    rnn_net net;
    rnn_work work;

    say_seq(&said, NULL, 1);
    memset(&most, 0, sizeof most);
    most.steps = seq->steps;
    most.batch = seq->batch;
    MUST_OK(rnn_plan(&net, stack, &most));
    memset(&work, 0, sizeof work);
    work.weights = params;
    work.weights_len = net.sizes.params;
    MUST_OK(rnn_bind(&net, &work, zeros(net.sizes.all), net.sizes.all));
    MUST_OK(rnn_infer(&net, &work, &said));
    return work.logits;
}

/* The description of such a stack. */
static rnn_model stack_model(const job *j, size_t reads)
{
    rnn_model m;

    memset(&m, 0, sizeof m);
    m.cell = j->model.cell;
    m.input_size = (int)reads;
    m.hidden_size = j->model.hidden_size;
    m.num_layers = j->model.num_layers;
    m.bidirectional = j->model.bidirectional;
    m.no_bias = j->model.no_bias;
    return m;
}

static void encoder_blocks(const job *j, encoded *e, int i)
{
    static const char *const weights[] = {"enc.weight_ih_l0",
                                          "enc2.weight_ih_l0"};
    static const char *const tables[] = {"emb_src.weight", "emb_src2.weight"};
    const size_t states = j->L[i] * j->B * j->H[i];
    const size_t E = (size_t)j->model.embedding_size;
    const rnn_model encoder =
        stack_model(j, j->model.input == RNN_INPUT_EMBEDDING ? E : j->I[i]);
    rnn_seq s = j->seq[i];

    s.x = read_rows(j, (int)j->model.input, j->I[i], E, tables[i - 1], &s);
    s.ids = NULL;
    s.hn = e->hn[i] = zeros(states);
    s.cn = e->cn[i] = j->lstm ? zeros(states) : NULL;
    e->y[i] = stack_of(&encoder, j->params + offset_of(j, weights[i - 1]), &s);
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

    if (j->model.context == RNN_CONTEXT_LAST)
        put_states(j, e->hn[i], (size_t)j->model.num_layers - 1, r, R, at);
    for (b = 0; b < j->B && j->model.context != RNN_CONTEXT_LAST; b++) {
        n = length_of(&j->seq[i], b);
        for (t = 0; t < n; t++)
            for (k = 0; k < K; k++) {
                const rnn_real h = e->y[i][(t * j->B + b) * K + k];
                if (j->model.context == RNN_CONTEXT_ALL)
                    r[b * R + at + t * K + k] = h;
                else
                    r[b * R + at + k] += h;
            }
        for (k = 0; k < K && j->model.context == RNN_CONTEXT_MEAN; k++)
            r[b * R + at + k] *= 1 / (rnn_real)(n ? n : 1);
    }
}

static rnn_real *context_blocks(const job *j, const encoded *e)
{
    const rnn_model *m = &j->model;
    const size_t each =
        j->K * (size_t)(m->context == RNN_CONTEXT_ALL ? m->source_steps : 1);
    size_t R = each * (size_t)j->sources;
    rnn_real *r = zeros(j->B * R);
    rnn_seq flat;
    int i;

    if (j->given) {
        R = (size_t)(m->input == RNN_INPUT_EMBEDDING ? m->embedding_size
                                                     : m->input_size);
        r = read_rows(j, (int)m->input, j->I[1], R, "emb_src.weight",
                      &j->seq[1]);
    }
    for (i = 1; i <= j->sources && !j->given; i++)
        summary_blocks(j, e, i, r, R, each * (size_t)(i - 1));
    if (!m->context_size)
        return r;
    memset(&flat, 0, sizeof flat);
    flat.steps = 1;
    flat.batch = (int)j->B;
    flat.x = r;
    return linear_of(j->params + offset_of(j, "bridge.weight"), R, j->C,
                     RNN_FN_TANH, &flat);
}

/* The states at which the decoder starts. */
static void start_blocks(const job *j, const encoded *e, rnn_real *h,
                         rnn_real *c)
{
    const int layers = j->model.hand_over & RNN_HAND_LAYERS;
    const int cell = j->model.hand_over & RNN_HAND_CELL;
    const size_t top = (size_t)j->model.num_layers - 1, n = j->B * j->H[0];
    size_t l, at;
    int i;

    if (j->seq[0].h0)
        memcpy(h, j->seq[0].h0, j->sizes.state * sizeof *h);
    if (j->seq[0].c0)
        memcpy(c, j->seq[0].c0, j->sizes.state * sizeof *c);
    if (j->feed & RNN_FEED_STATE)
        memcpy(h, e->c, n * sizeof *h);
    for (i = 1, at = 0; i <= j->sources && !j->given; i++, at += j->K)
        for (l = 0; l < (layers ? j->L[0] : 1); l++) {
            if (layers)
                put_states(j, e->hn[i], l, h + l * n, j->H[0], at);
            if (cell && c)
                put_states(j, e->cn[i], layers ? l : top, c + l * n, j->H[0],
                           at);
        }
}

/* How wide a token is as the decoder reads it. */
static size_t token_width(const job *j)
{
    return j->I[0] && j->model.target == RNN_INPUT_EMBEDDING
               ? (size_t)j->model.target_embedding_size
               : j->I[0];
}

/* [token; c; contexts], as far as the decoder reads them. */
static rnn_real *decoder_input(const job *j, const results *r, const encoded *e,
                               size_t width)
{
    const size_t X = token_width(j);
    const rnn_real *token =
        read_rows(j, (int)j->model.target, j->I[0], X,
                  j->given ? "emb.weight" : "emb_tgt.weight", &j->seq[0]);
    rnn_real *x = zeros(j->T * j->B * (width ? width : 1));
    size_t i;
    int k;

    for (i = 0; i < j->T * j->B && width; i++) {
        rnn_real *to = x + i * width;
        memcpy(to, token + i * X, X * sizeof *to);
        to += X;
        if (j->feed & RNN_FEED_EACH || (j->feed & RNN_FEED_FIRST && i < j->B))
            memcpy(to, e->c + i % j->B * j->C, j->C * sizeof *to);
        if (j->feed & (RNN_FEED_EACH | RNN_FEED_FIRST))
            to += j->C;
        for (k = 1; k <= j->sources && j->model.attention; k++, to += j->K)
            memcpy(to, numbers(r, of("context", k)) + i * j->K,
                   j->K * sizeof *to);
    }
    return x;
}

/* The decoder as a stack over all steps. One that reads nothing is a stack
 * that reads a 0. */
static void decoder_blocks(const job *j, const results *r, encoded *e)
{
    static const char *const weights[2][2] = {
        {"dec.weight_ih_l0", "dec.weight_hh_l0"},
        {"rnn.weight_ih_l0", "rnn.weight_hh_l0"}};
    const size_t n = j->B * j->H[0], state = j->sizes.state;
    const size_t reads =
        token_width(j) +
        (j->feed & (RNN_FEED_EACH | RNN_FEED_FIRST) ? j->C : 0) +
        (j->model.attention ? j->K * (size_t)j->sources : 0);
    const size_t none = reads ? 0 : RNN_GATES(j->model.cell) * j->H[0];
    rnn_model stack = stack_model(j, reads ? reads : 1);
    const size_t at = offset_of(j, weights[j->given][none > 0]);
    rnn_real *params = zeros(none + j->sizes.params - at);
    rnn_real *h0 = zeros(state), *c0 = j->lstm ? zeros(state) : NULL;
    rnn_seq s = j->seq[0];

    memcpy(params + none, j->params + at,
           (j->sizes.params - at) * sizeof *params);
    stack.hidden_size = (int)j->H[0];
    stack.num_layers = (int)j->L[0];
    stack.bidirectional = 0;
    start_blocks(j, e, h0, c0);
    check_numbers(j, r, "h0", h0);
    check_numbers(j, r, "c0", c0);
    s.x = decoder_input(j, r, e, reads);
    s.ids = NULL;
    s.h0 = h0;
    s.c0 = c0;
    s.hn = zeros(state);
    s.cn = j->lstm ? zeros(state) : NULL;
    e->h = stack_of(&stack, params, &s);
    check_numbers(j, r, "hn", s.hn);
    check_numbers(j, r, "cn", s.cn);
    e->s = zeros(j->T * n);
    memcpy(e->s, h0 + (j->L[0] - 1) * n, n * sizeof *e->s);
    memcpy(e->s + n, e->h, (j->T - 1) * n * sizeof *e->s);
}

/* Where source i is looked at from the states before each step. */
static void attention_blocks(const job *j, const results *r, const encoded *e,
                             int i)
{
    static const char *const names[2][2] = {{"att.W", "att.U"},
                                            {"att2.W", "att2.U"}};
    const size_t S = (size_t)j->seq[i].steps;
    rnn_seq source = j->seq[i], s = j->seq[0];
    size_t keys, work, at;
    rnn_attention a;
    rnn_attention_pass pass;

    memset(&a, 0, sizeof a);
    a.score = j->model.attention;
    a.query_size = (int)j->H[0];
    a.key_size = (int)j->K;
    a.size = j->model.attention_size;
    source.x = e->y[i];
    s.x = e->s;
    say_seq(&source, NULL, 1);
    say_seq(&s, NULL, 1);
    memset(&pass, 0, sizeof pass);
    MUST_OK(rnn_attention_sizes(&a, source.steps, s.steps, s.batch,
                                &pass.params_len, &keys, &work, NULL));
    if (pass.params_len) {
        at = offset_of(j, names[i - 1][a.score != RNN_SCORE_ADDITIVE]);
        pass.params = j->params + at;
    }
    pass.source = &source;
    pass.seq = &s;
    pass.keys = zeros(pass.keys_len = keys);
    pass.work = zeros(pass.work_len = work);
    pass.attn = zeros(pass.attn_len = j->T * j->B * S);
    pass.context = zeros(pass.context_len = j->T * j->B * j->K);
    MUST_OK(rnn_attention_forward(&a, &pass, NULL));
    check_numbers(j, r, of("attention", i), pass.attn);
    check_numbers(j, r, of("context", i), pass.context);
}

static void head_blocks(const job *j, const results *r, const encoded *e)
{
    const size_t W = j->H[0] + j->Z;
    rnn_real *x = zeros(j->T * j->B * W), *to = x;
    rnn_seq s = j->seq[0];
    size_t i;
    int k;

    for (i = 0; i < j->T * j->B; i++) {
        memcpy(to, e->h + i * j->H[0], j->H[0] * sizeof *to);
        to += j->H[0];
        for (k = 1; k <= j->sources && j->Z && j->model.attention; k++) {
            memcpy(to, numbers(r, of("context", k)) + i * j->K,
                   j->K * sizeof *to);
            to += j->K;
        }
        if (j->Z && !j->model.attention) {
            memcpy(to, e->c + i % j->B * j->C, j->C * sizeof *to);
            to += j->C;
        }
    }
    s.x = x;
    s.ids = NULL;
    check_numbers(j, r, "y",
                  linear_of(j->params + offset_of(j, "out.weight"), W, j->O,
                            RNN_FN_IDENTITY, &s));
}

static void check_blocks(const job *j, const results *r)
{
    encoded e;
    int i;

    if (j->model.dropout > 0 || j->model.dropout_last > 0)
        return;
    memset(&e, 0, sizeof e);
    for (i = 1; i <= j->sources && !j->given; i++) {
        encoder_blocks(j, &e, i);
        check_numbers(j, r, of("memory", i), e.y[i]);
        check_numbers(j, r, of("hn", i), e.hn[i]);
        check_numbers(j, r, of("cn", i), e.cn[i]);
    }
    if (j->uses_c) {
        e.c = context_blocks(j, &e);
        check_numbers(j, r, "c", e.c);
    }
    decoder_blocks(j, r, &e);
    for (i = 1; i <= j->sources && j->model.attention; i++)
        attention_blocks(j, r, &e, i);
    head_blocks(j, r, &e);
}

/* ---- hypotheses ---------------------------------------------------------- */

/* Several hypotheses name their rows of the source, in any order and any
 * number of times; each goes on as it does alone. */
static void check_hypotheses(const job *j)
{
    const size_t R = 1 + (size_t)test_below(8), n = j->L[0] * j->H[0];
    const size_t S1 = (size_t)j->seq[1].steps;
    const size_t S2 = j->sources == 2 ? (size_t)j->seq[2].steps : 0;
    const int *from = test_ids(R, (int)j->B);
    rnn_real *h1 = zeros(R * n), *c1 = j->lstm ? zeros(R * n) : NULL, *row;
    results r;
    stream s;
    turn p, q;
    how w = plain;
    size_t k;
    int t;

    memset(&r, 0, sizeof r);
    w.kernel = kernels[test_below(kernel_count)];
    w.parts = test_below(4);
    w.guarded = test_below(2);
    w.fill = not_a_number();
    open_stream_of(j, &w, &r, &s, R, 0);
    p = open_turn(j, &s, work_of(&r, &w, R * j->O));
    q = open_turn(j, &s, zeros(j->O));
    p.rows = (int)R;
    p.from = from;
    p.h = zeros(R * n);
    p.c = j->lstm ? zeros(R * n) : NULL;
    q.rows = 1;
    if (j->model.attention && test_below(3)) {
        p.attn = work_of(&r, &w, R * (S1 + S2));
        q.attn = zeros(S1 + S2);
    }
    for (k = 0; k < R; k++) {
        copy_row(j, p.h, R, k, s.h, j->B, (size_t)from[k]);
        copy_row(j, p.c, R, k, s.c, j->B, (size_t)from[k]);
        copy_row(j, h1 + k * n, 1, 0, s.h, j->B, (size_t)from[k]);
        copy_row(j, c1 ? c1 + k * n : NULL, 1, 0, s.c, j->B, (size_t)from[k]);
    }
    for (t = 0; t < 3; t++) {
        p.t = q.t = t;
        p.x = j->seq[0].x ? test_reals(R * j->I[0], 1) : NULL;
        p.ids = j->seq[0].ids ? test_ids(R, (int)j->I[0]) : NULL;
        MUST_OK(call_step(&s, &p));
        for (k = 0; k < R; k++) {
            q.from = from + k;
            q.x = p.x ? p.x + k * j->I[0] : NULL;
            q.ids = p.ids ? p.ids + k : NULL;
            q.h = h1 + k * n;
            q.c = c1 ? c1 + k * n : NULL;
            MUST_OK(call_step(&s, &q));
            CHECK(same(q.y, p.y + k * j->O, j->O), "hypothesis %d; %s", (int)k,
                  describe(j));
            if (p.attn)
                CHECK(same(q.attn, p.attn + k * S1, S1) &&
                          same(q.attn + S1, p.attn + R * S1 + k * S2, S2),
                      "a hypothesis's weights; %s", describe(j));
        }
    }
    row = zeros(n);
    for (k = 0; k < R; k++) {
        copy_row(j, row, 1, 0, p.h, R, k);
        CHECK(same(row, h1 + k * n, n), "h; %s", describe(j));
        copy_row(j, row, 1, 0, p.c, R, k);
        CHECK(!c1 || same(row, c1 + k * n, n), "c; %s", describe(j));
    }
    check_guards(j, &r, "hypotheses");
}

/* ---- the block of attention ---------------------------------------------- */

typedef struct look {
    job j; /* seq[1].x: h, seq[0].x: s; of widths K and Q */
    rnn_attention a;
    size_t A, keys, work;
    const rnn_real *params, *before, *dcontext, *dattn;
} look;

/* The sizes of a look and of what it makes. */
static void finish_look(look *l)
{
    job *j = &l->j;

    j->T = (size_t)j->seq[0].steps;
    j->B = (size_t)j->seq[0].batch;
    MUST_OK(rnn_attention_sizes(&l->a, j->seq[1].steps, j->seq[0].steps,
                                j->seq[0].batch, &j->sizes.params, &l->keys,
                                &l->work, NULL));
}

static void make_look(look *l)
{
    job *j = &l->j;
    int i;

    memset(l, 0, sizeof *l);
    l->a.score = (rnn_score)(RNN_SCORE_ADDITIVE +
                             test_below(RNN_SCORES - RNN_SCORE_ADDITIVE));
    l->a.query_size = some_size(0);
    l->a.key_size =
        l->a.score >= RNN_SCORE_DOT ? l->a.query_size : some_size(0);
    l->a.size = l->a.score == RNN_SCORE_ADDITIVE ? some_size(0) : 0;
    l->A = (size_t)(l->a.size ? l->a.size : l->a.query_size);
    j->model.attention = l->a.score;
    j->model.attention_size = l->a.size;
    j->sources = 1;
    j->I[0] = (size_t)l->a.query_size;
    j->I[1] = (size_t)l->a.key_size;
    j->seq[0].steps = 1 + test_below(6);
    j->seq[1].steps = 1 + test_below(9);
    j->seq[0].batch = j->seq[1].batch = 1 + test_below(6);
    finish_look(l);
    for (i = 0; i < 2; i++) {
        rnn_seq *s = &j->seq[i];
        if (test_below(2))
            s->lengths = some_lengths(s->batch, s->steps);
        s->x = test_reals((size_t)s->steps * j->B * j->I[i], 1);
        say_seq(s, NULL, 1);
    }
    l->params = test_reals(j->sizes.params, 1);
    l->before = test_reals(j->sizes.params, 1);
    l->dcontext = test_reals(j->T * j->B * j->I[1], 1);
    if (test_below(2))
        l->dattn = test_reals(j->T * j->B * (size_t)j->seq[1].steps, 1);
}

static void run_look(const look *l, const how *w, results *r)
{
    const job *j = &l->j;
    const rnn_seq *source = &j->seq[1];
    const size_t S = (size_t)source->steps, T = j->T, B = j->B;
    const size_t K = j->I[1], Q = j->I[0], params = j->sizes.params;
    rnn_attention_pass pass;
    rnn_run run;

    set_run(&run, w);
    memset(r, 0, sizeof *r);
    memset(&pass, 0, sizeof pass);
    pass.attn = output(r, w, "attn", TARGET, T, B, S);
    pass.scores = output(r, w, "scores", TARGET, T, B, S);
    r->a[0].across = r->a[1].across = SOURCE;
    pass.context = output(r, w, "context", TARGET, T, B, K);
    pass.dh = output(r, w, "dh", SOURCE, S, B, K);
    pass.ds = output(r, w, "ds", TARGET, T, B, Q);
    pass.grads = output(r, w, "grads", SHARED, 1, 1, params);
    pass.keys = work_of(r, w, l->keys);
    pass.work = work_of(r, w, l->work);
    memcpy(pass.grads, l->before, params * sizeof *pass.grads);
    pass.params = input(w, l->params, params);
    pass.dcontext = l->dcontext;
    pass.dattn = l->dattn;
    pass.source = source;
    pass.seq = j->seq;
    pass.params_len = params;
    pass.keys_len = l->keys;
    pass.work_len = l->work;
    pass.attn_len = T * B * S;
    pass.context_len = T * B * K;
    pass.dh_len = S * B * K;
    pass.ds_len = T * B * Q;
    MUST_OK(rnn_attention_forward(&l->a, &pass, &run));
    MUST_OK(rnn_attention_backward(&l->a, &pass, &run));
    MUST_OK(rnn_attention_grads(&l->a, &pass, &run));
}

/* e of a query and a state, in double */
static double score_of(const look *l, const rnn_real *s, const rnn_real *h)
{
    const size_t Q = l->j.I[0], K = l->j.I[1], A = l->A;
    const int additive = l->a.score == RNN_SCORE_ADDITIVE;
    const rnn_real *u = l->params + (additive ? Q * A : 0), *v = u + K * A;
    double e = 0;
    size_t a, i;

    for (a = 0; a < A; a++) {
        double q = additive ? 0 : (double)s[a], k = 0;
        for (i = 0; additive && i < Q; i++)
            q += (double)s[i] * (double)l->params[i * A + a];
        for (i = 0; l->a.score <= RNN_SCORE_GENERAL && i < K; i++)
            k += (double)h[i] * (double)u[i * A + a];
        if (l->a.score >= RNN_SCORE_DOT)
            k = (double)h[a];
        e += additive ? (double)v[a] * tanh(q + k) : q * k;
    }
    return l->a.score == RNN_SCORE_SCALED_DOT ? e / sqrt((double)Q) : e;
}

/* Scores, weights and context are what the equations say, 0 on padding. */
static void check_equations(const look *l, const results *r)
{
    const job *j = &l->j;
    const size_t S = (size_t)j->seq[1].steps, B = j->B, K = j->I[1];
    const rnn_real *h = j->seq[1].x, *e = numbers(r, "scores");
    const rnn_real *a = numbers(r, "attn"), *c = numbers(r, "context");
    size_t i, k, n, b, bad = 0;

    for (i = 0; i < j->T * B; i++, e += S, a += S, c += K) {
        double sum = 0, max = -HUGE_VAL;
        b = i % B;
        n = i / B < length_of(&j->seq[0], b) ? length_of(&j->seq[1], b) : 0;
        for (k = 0; k < n; k++) {
            const double x =
                score_of(l, j->seq[0].x + i * j->I[0], h + (k * B + b) * K);
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
    rnn_seq up = j->seq[0];
    results r, s, t;
    how w;
    int k, b, i;

    run_look(l, &in_c, &r);
    check_equations(l, &r);
    for (k = 0; k < kernel_count + 6; k++) {
        w = some_how();
        if (k < kernel_count)
            w.kernel = kernels[k];
        w.parts = k < kernel_count ? 0 : parts[k - kernel_count];
        run_look(l, &w, &s);
        check_same(j, &r, &s, "attention");
    }
    soil(&one.j.seq[0], j->I[0]);
    soil(&one.j.seq[1], j->I[1]);
    up.x = l->dcontext;
    soil(&up, j->I[1]);
    one.dcontext = up.x;
    run_look(&one, &w, &s);
    check_same(j, &r, &s, "attention, rubbish in padding");
    for (b = 0; b < (int)j->B; b++) {
        const int *index = &b;
        const size_t count = 1;
        one = *l;
        for (i = 0; i < 2; i++)
            take_seq(j, &one.j, i, index, count, j->seq[i].steps);
        finish_look(&one);
        one.dcontext = TAKE(rnn_real, l->dcontext, j->T, j->I[1]);
        one.dattn = TAKE(rnn_real, l->dattn, j->T, (size_t)j->seq[1].steps);
        run_look(&one, &plain, &s);
        take_results(j, &r, &t, index, count, NULL);
        check_same(&one.j, &t, &s, "attention, row alone");
    }
}

/* ---- scheduled sampling -------------------------------------------------- */

/* Every token that was read is the given one or, after the first, the model's
 * own. */
static void check_tokens(const job *j, const results *r)
{
    const rnn_seq *s = &j->seq[0];
    const rnn_real *y = numbers(r, "y");
    size_t i, bad = 0;

    for (i = 0; i < j->T * j->B; i++) {
        const int id = r->own[i], given = id == s->ids[i];
        int good;
        if (i / j->B >= length_of(s, i % j->B))
            good = id == -1; /* padding: not written */
        else if (i < j->B || s->own_rate < (rnn_real)1e-9)
            good = given;
        else if (s->own_sample)
            good = (id >= 0 && id < (int)j->O) || (given && s->own_rate < 1);
        else
            good = id == greatest(y + (i - j->B) * j->O, j->O) ||
                   (given && s->own_rate < 1);
        bad += !good;
    }
    CHECK(bad == 0, "%d tokens are neither given nor own; rate %g; %s",
          (int)bad, (double)s->own_rate, describe(j));
}

static void check_own(int round)
{
    job j, given;
    results r, s;

    make_own_job(&j, round);
    run_job(&j, &in_c, &r);
    check_tokens(&j, &r);
    given = j;
    given.seq[0].own_rate = 0;
    memset(&s, 0, sizeof s);
    run_infer(&given, &plain, &s);
    check_same(&j, &r, &s, "infer has no tokens of its own");
    if (round % 4) /* rate 1e-30 is teacher forcing by another way */
        given.seq[0].ids = r.own;
    run_train(&given, &plain, &s);
    check_same(&j, &r, &s, "the tokens that were read, as given");
}

/* Where the model's own token was read: logits are the head's bias alone, whose
 * greatest is token 0, which is never given. */
static const int *own_places(job *j, const rnn_real *bias)
{
    rnn_real *params;
    rnn_seq seq[3];
    results r;
    size_t i;

    finish_job(j);
    fill_job(j, 1);
    params = zeros(j->sizes.params);
    memcpy(params + j->sizes.params - j->O, bias, j->O * sizeof *bias);
    j->params = params;
    for (i = 0; i < j->T * j->B; i++)
        ((int *)j->seq[0].ids)[i] = 1 + test_below((int)j->O - 1);
    run_forward(j, &plain, &r, seq);
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
    j.model.wiring = RNN_WIRING_1_TO_N;
    j.model.input_size = j.model.hidden_size = j.model.num_layers = 1;
    j.model.target = RNN_INPUT_ONE_HOT;
    j.model.output_size = j.model.target_size = V;
    j.seq[1].steps = 1;
    j.seq[0].steps = STEPS;
    j.seq[1].batch = j.seq[0].batch = ROWS;
    j.seq[0].own_rate = (rnn_real)rate;
    j.seq[0].seed[0] = (uint32_t)test_next();
    a = own_places(&j, peak);
    for (i = ROWS; i < STEPS * ROWS; i++)
        count[0] += a[i] == 0;
    CHECK(fabs(count[0] - n * rate) < 5 * sqrt(n * rate * (1 - rate)),
          "%d of %g own tokens at rate %g", count[0], n, rate);
    j.seq[0].steps -= 3;
    j.seq[0].first_step = 3;
    j.seq[0].first_row = 7;
    b = own_places(&j, peak);
    j.seq[0].seed[1]++;
    c = own_places(&j, peak);
    for (t = 1; t < STEPS - 3; t++)
        for (i = 0; i < ROWS - 7; i++) {
            bad += (b[t * ROWS + i] == 0) != (a[(t + 3) * ROWS + i + 7] == 0);
            differ += (b[t * ROWS + i] == 0) != (c[t * ROWS + i] == 0);
        }
    CHECK(bad == 0, "choices depend on where a batch begins");
    CHECK(differ > 0, "choices do not depend on the seed");

    j.seq[0].steps = STEPS;
    j.seq[0].own_rate = 1;
    j.seq[0].own_sample = 1;
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

    for (i = 1; i <= j->sources && j->model.attention; i++)
        n += j->B * (size_t)j->seq[i].steps;
    return n;
}

/* Room for what comes out; the encoded source. */
static void open_decoded(const job *j, const how *w, const rnn_writing *d,
                         const rnn_rng *rng, stream *s, decoded *o)
{
    const size_t n = (size_t)d->max_tokens * j->B;
    results r;
    size_t i;

    memset(&r, 0, sizeof r);
    memset(o, 0, sizeof *o);
    open_stream(j, w, &r, s);
    o->ids = test_ids(n, 1);
    o->counts = test_ids(j->B, 1);
    for (i = 0; i < n; i++)
        o->ids[i] = -1;
    if (weights_of(j))
        o->attn = zeros((size_t)d->max_tokens * weights_of(j));
    o->h = s->h;
    o->c = s->c;
    o->rngs = (rnn_rng *)test_memory(j->B * sizeof *rng);
    memcpy(o->rngs, rng, j->B * sizeof *rng);
}

static void run_decode(const job *j, int kernel, const rnn_writing *d,
                       const rnn_rng *rng, decoded *o)
{
    rnn_writing own = *d;
    how w = some_how();
    stream s;

    w.kernel = kernel;
    w.dirty = w.alias = 0;
    open_decoded(j, &w, d, rng, &s, o);
    own.rngs = o->rngs;
    say_writing(&own, s.h, s.c, o->ids, o->counts, o->attn);
    MUST_OK(rnn_generate(&s.net, &s.work, &own, s.h, s.c, o->ids, o->counts,
                         o->attn));
}

/* The loop over rnn_step that it stands for. */
static void decode_loop(const job *j, const rnn_writing *d, const rnn_rng *rng,
                        decoded *o)
{
    rnn_real *sorted = zeros(j->O);
    int *last = test_ids(j->B, 1), t, id, left = (int)j->B;
    const size_t weights = weights_of(j);
    size_t b;
    stream s;
    turn p;

    open_decoded(j, &plain, d, rng, &s, o);
    p = open_turn(j, &s, zeros(j->B * j->O));
    p.ids = last;
    for (b = 0; b < j->B; b++) {
        last[b] = d->begin;
        o->counts[b] = d->max_tokens;
    }
    for (t = 0; t < d->max_tokens && left; t++) {
        p.t = t;
        p.attn = weights ? o->attn + (size_t)t * weights : NULL;
        MUST_OK(call_step(&s, &p));
        for (b = 0; b < j->B; b++) {
            rnn_real *x = p.y + b * j->O;
            if (o->counts[b] < d->max_tokens)
                continue;
            if (d->end >= 0 && t < d->min_tokens)
                x[d->end] = -(rnn_real)HUGE_VAL;
            id = greatest(x, j->O);
            if (d->sampling)
                MUST_OK(rnn_sample(x, (int)j->O, d->sampling, o->rngs + b,
                                   sorted, &id, NULL));
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
                          const rnn_writing *d, const char *what)
{
    const int n = o->counts[b];
    size_t t, i, bad = 0, from = 0, from2 = 0;
    int q;

    CHECK(n == p->counts[k] && n >= 0 && n <= d->max_tokens &&
          (n >= d->min_tokens || d->end < 0), "%s: count %d, %d; %s", what, n,
          p->counts[k], describe(j));
    if (n != p->counts[k])
        return;
    for (t = 0; t < (size_t)n; t++)
        bad += o->ids[t * j->B + b] != p->ids[t * l->B + k] ||
               o->ids[t * j->B + b] == d->end;
    CHECK(bad == 0, "%s: ids; %s", what, describe(j));
    bad = 0;
    for (t = 0; o->attn && t < (size_t)d->max_tokens && t <= (size_t)n; t++) {
        from = t * weights_of(j);
        from2 = t * weights_of(l);
        for (q = 1; q <= j->sources; q++) {
            const size_t S = (size_t)j->seq[q].steps;
            bad += !same(o->attn + from + b * S, p->attn + from2 + k * S, S);
            from += j->B * S;
            from2 += l->B * S;
        }
    }
    CHECK(bad == 0, "%s: weights; %s", what, describe(j));
    for (i = 0; i < j->L[0] && n == d->max_tokens; i++) {
        bad += !same(o->h + (i * j->B + b) * j->H[0],
                     p->h + (i * l->B + k) * j->H[0], j->H[0]);
        if (o->c)
            bad += !same(o->c + (i * j->B + b) * j->H[0],
                         p->c + (i * l->B + k) * j->H[0], j->H[0]);
    }
    CHECK(bad == 0 && memcmp(o->rngs + b, p->rngs + k, sizeof *o->rngs) == 0,
          "%s: states; %s", what, describe(j));
}

/* How often rows ended, and did not: both must be met. */
static int rows_ended, rows_cut;

static void check_decode(int round)
{
    job j, one;
    rnn_writing d;
    rnn_sampling draw;
    rnn_rng *rng;
    decoded o, p;
    size_t i;
    int k;

    make_token_job(&j, 0, 1, 1.5);
    make_writing(&j, &d);
    memset(&draw, 0, sizeof draw);
    draw.temperature = (rnn_real)(test_below(4) ? 1 : 0);
    if (draw.temperature > 0) {
        draw.top_k = test_below(2) ? 0 : 1 + test_below((int)j.O);
        draw.top_p = (rnn_real)(test_below(2) ? 0 : 0.8);
    }
    d.sampling = round % 3 ? &draw : NULL;
    rng = (rnn_rng *)test_memory(j.B * sizeof *rng);
    for (i = 0; i < j.B; i++)
        rnn_rng_seed(rng + i, (uint32_t)test_next());
    decode_loop(&j, &d, rng, &p);
    for (k = 0; k < kernel_count; k++) {
        run_decode(&j, kernels[k], &d, rng, &o);
        for (i = 0; i < j.B; i++)
            check_decoded(&j, &o, i, &j, &p, i, &d, "loop");
    }
    for (k = 0; k < (int)j.B; k++) {
        take_rows(&j, &one, &k, 1, NULL);
        run_decode(&one, RNN_KERNEL_AUTO, &d, rng + k, &p);
        check_decoded(&j, &o, (size_t)k, &one, &p, 0, &d, "row alone");
        rows_ended += o.counts[k] < d.max_tokens;
        rows_cut += o.counts[k] == d.max_tokens;
    }
}

/* ---- all ----------------------------------------------------------------- */

/* A model with a decoder, of every cell, score and context in turn. */
static void check_model(int round)
{
    wish o = free_wish;
    rnn_seq seq[3];
    results r;
    job j;

    o.wiring = round % 2 ? RNN_WIRING_1_TO_N : RNN_WIRING_N_TO_M;
    o.cell = round / 2 % RNN_CELLS;
    o.attention = round / (2 * RNN_CELLS) % RNN_SCORES;
    o.context = round / (2 * RNN_CELLS * RNN_SCORES) % RNN_CONTEXTS;
    o.dropout = test_below(3) == 0;
    make_job(&j, &o);
    run_forward(&j, &in_c, &r, seq);
    check_weights(&j, &r);
    check_blocks(&j, &r);
    check_hypotheses(&j);
}

/* Wide layers, whose large products go through copies where work has room. */
static void check_wide(int attention)
{
    job j;
    results r, s;
    how w = plain;
    int k;

    memset(&j, 0, sizeof j);
    j.model.wiring = RNN_WIRING_N_TO_M;
    j.model.cell = RNN_CELL_GRU;
    j.model.input_size = 260;
    j.model.hidden_size = 256;
    j.model.num_layers = 1;
    j.model.output_size = 258;
    j.model.target_size = 3;
    j.model.attention = (rnn_score)attention;
    j.model.attention_size = attention == RNN_SCORE_ADDITIVE ? 256 : 0;
    j.model.head_context = 1;
    j.seq[0].steps = j.seq[1].steps = 7;
    j.seq[0].batch = j.seq[1].batch = 8;
    finish_job(&j);
    fill_job(&j, 0.1);
    w.tight = 1;
    run_train(&j, &w, &r);
    for (k = 0; k < 3; k++) {
        w.tight = 0;
        w.guarded = 1;
        w.shift = k == 1;
        w.parts = k;
        run_train(&j, &w, &s);
        check_same(&j, &r, &s, "wide");
    }
    test_free();
}

static void check_attention(int round)
{
    look l;

    (void)round;
    make_look(&l);
    check_look(&l);
}

static void repeat(int rounds, void (*check)(int round))
{
    int i;

    for (i = 0; i < rounds; i++, test_free())
        check(i);
}

int main(int argc, char **argv)
{
    open_jobs(argc, argv);
    repeat(450, check_model);
    check_wide(RNN_SCORE_NONE);
    check_wide(RNN_SCORE_ADDITIVE);
    repeat(300, check_attention);
    repeat(160, check_own);
    check_rates();
    repeat(600, check_decode);
    CHECK(rows_ended > 99 && rows_cut > 99, "%d rows ended, %d did not",
          rows_ended, rows_cut);
    job_make_unused();
    return test_end();
}
