/* The calls of rnn.h that belong to no plan: blocks, losses of any rows, what
 * training and sampling need, files. Each try_... is one case of fuzz_api.c. */
#ifndef FUZZ_BLOCKS_H
#define FUZZ_BLOCKS_H

#include "fuzz_api.h"

static rnn_real infinity(void)
{
    return (rnn_real)HUGE_VAL;
}

/* What is no learning rate. */
static rnn_real no_rate(void)
{
    return chance(30) ? negative() : chance(50) ? not_a_number() : infinity();
}

/* ---- linear and embedding ------------------------------------------------ */

typedef struct linear_case {
    rnn_linear l;
    rnn_seq s;
    const rnn_real *params, *dy, *before;
    size_t n, in, out; /* numbers of params, of x with its gaps, of y */
    int dx, back;      /* what is wanted; without back, dy is dz */
} linear_case;

static void open_linear(const linear_case *c, rnn_linear_pass *p)
{
    memset(p, 0, sizeof *p);
    p->seq = &c->s;
    p->params = c->params;
    p->y = room(c->out);
    p->dy = copy_of(c->dy, c->out);
    p->dx = c->dx ? room(c->in) : NULL;
    p->grads = copy_of(c->before, c->n);
    p->params_len = c->n;
    p->y_len = c->out;
    p->dx_len = c->in;
}

/* What all three calls refuse. */
static void no_linear(const rnn_linear *l, const rnn_linear_pass *p,
                      const rnn_run *run)
{
    DO(BAD, rnn_linear_forward(l, p, run));
    DO(BAD, rnn_linear_backward(l, p, run));
    DO(BAD, rnn_linear_grads(l, p, run));
}

static void linear_array_faults(const linear_case *c, const rnn_linear_pass *o)
{
    rnn_linear_pass p = *o;

    p.params_len--;
    no_linear(&c->l, &p, NULL);
    p = *o;
    p.y_len--;
    no_linear(&c->l, &p, NULL);
    p = *o;
    p.params = NULL;
    DO(BAD, rnn_linear_forward(&c->l, &p, NULL));
    DO(BAD, rnn_linear_backward(&c->l, &p, NULL));
    p = *o;
    p.y = NULL;
    DO(BAD, rnn_linear_forward(&c->l, &p, NULL));
    DO(BAD, rnn_linear_backward(&c->l, &p, NULL));
    p = *o;
    p.dy = NULL;
    DO(BAD, rnn_linear_backward(&c->l, &p, NULL));
    DO(BAD, rnn_linear_grads(&c->l, &p, NULL));
    p = *o;
    p.grads = NULL;
    DO(BAD, rnn_linear_grads(&c->l, &p, NULL));
    p = *o;
    p.dx_len--;
    if (p.dx)
        DO(BAD, rnn_linear_backward(&c->l, &p, NULL));
    p.dx = o->grads;
    if (c->s.ids)
        DO(BAD, rnn_linear_backward(&c->l, &p, NULL));
}

static void linear_faults(const linear_case *c)
{
    const rnn_linear *l = &c->l;
    rnn_seq s = c->s;
    rnn_linear_pass o, p;
    rnn_linear bad = *l;
    size_t n = 0;

    open_linear(c, &o);
    p = o;
    p.seq = &s;
    if (break_seq(&s, s.ids ? l->input_size : 0))
        no_linear(l, &p, NULL);
    switch (test_below(4)) {
    case 0: bad.input_size = bad_size(); break;
    case 1: bad.output_size = bad_size(); break;
    case 2: bad.input_size = bad.output_size = INT_MAX; break;
    default: bad.activation = (rnn_fn)bad_id(RNN_FN_EXP);
    }
    DO(sizeof(size_t) > 4 && bad.output_size == INT_MAX ? EITHER : BAD,
       rnn_linear_size(&bad, &n, NULL));
    no_linear(&bad, &o, NULL);
    s = c->s;
    s.steps = s.batch = INT_MAX; /* more than there can be */
    no_linear(l, &p, NULL);
    DO(BAD, rnn_linear_size(NULL, &n, NULL));
    DO(BAD, rnn_linear_size(l, NULL, NULL));
    no_linear(NULL, &o, NULL);
    no_linear(l, NULL, NULL);
    no_linear(l, &o, bad_run());
    p.seq = NULL;
    no_linear(l, &p, NULL);
    linear_array_faults(c, &o);
}

static void run_linear(const linear_case *c, rnn_linear_pass *p)
{
    open_linear(c, p);
    DO(GOOD, rnn_linear_forward(&c->l, p, some_run()));
    if (c->back)
        DO(GOOD, rnn_linear_backward(&c->l, p, some_run()));
    DO(GOOD, rnn_linear_grads(&c->l, p, some_run()));
}

static void try_linear(void)
{
    linear_case c;
    rnn_linear_pass a, b;
    const rnn_real *p, *q;
    size_t rows;

    memset(&c, 0, sizeof c);
    c.l.input_size = between(1, 20);
    c.l.output_size = chance(5) ? between(60, 300) : between(1, 20);
    c.l.activation = (rnn_fn)test_below(4);
    c.l.no_bias = chance(30);
    draw_seq(&c.s, between(1, 5), between(1, 9), c.l.input_size, chance(50), 1);
    c.dx = !c.s.ids && chance(60);
    c.back = c.dx || chance(80);
    DO(GOOD, rnn_linear_size(&c.l, &c.n, NULL));
    HOLDS(c.n ==
          RNN_LINEAR_PARAMS(c.l.input_size, c.l.output_size, !c.l.no_bias));
    rows = (size_t)c.s.steps * (size_t)c.s.batch;
    c.out = rows * (size_t)c.l.output_size;
    c.in = extent(&c.s) * (size_t)c.l.input_size;
    c.params = reals(c.n, 0.5);
    c.dy = reals(c.out, 1);
    c.before = reals(c.n, 1);
    set_kind(0, INPUT);
    linear_faults(&c);
    run_linear(&c, &a);
    FINITE(a.y, c.out);
    FINITE(a.grads, c.n);
    run_linear(&c, &b);
    HOLDS(same(a.y, b.y, c.out) && same(a.dy, b.dy, c.out) &&
          same(a.grads, b.grads, c.n));
    if (!c.dx)
        return;
    p = gather(&c.s, a.dx, (size_t)c.l.input_size);
    q = gather(&c.s, b.dx, (size_t)c.l.input_size);
    FINITE(p, rows * (size_t)c.l.input_size);
    HOLDS(same(p, q, rows * (size_t)c.l.input_size));
}

/* ---- attention ----------------------------------------------------------- */

typedef struct look_case {
    rnn_attention att;
    rnn_seq source, seq;
    const rnn_real *params, *dcontext, *dattn, *before;
    size_t n, keys, work, weights, context, h, s; /* how many numbers */
    int scores, dh, ds;                           /* what is wanted   */
} look_case;

static void open_look(const look_case *c, rnn_attention_pass *p)
{
    memset(p, 0, sizeof *p);
    p->params = c->params;
    p->source = &c->source;
    p->seq = &c->seq;
    p->keys = room(c->keys);
    p->attn = room(c->weights);
    p->context = room(c->context);
    p->scores = c->scores ? room(c->weights) : NULL;
    p->dcontext = c->dcontext;
    p->dattn = c->dattn;
    p->dh = c->dh ? room(c->h) : NULL;
    p->ds = c->ds ? room(c->s) : NULL;
    p->grads = copy_of(c->before, c->n);
    p->work = room(c->work);
    p->params_len = c->n;
    p->keys_len = c->keys;
    p->work_len = c->work;
    p->attn_len = c->weights;
    p->context_len = c->context;
    p->dh_len = c->h;
    p->ds_len = c->s;
}

/* One thing wrong with a pass. */
static int break_pass(const look_case *c, rnn_attention_pass *p, rnn_seq *s)
{
    *s = chance(50) ? c->source : c->seq;
    switch (test_below(8)) {
    case 0: p->source = NULL; return 1;
    case 1: p->seq = NULL; return 1;
    case 2: p->work = NULL; return 1;
    case 3: p->work_len--; return c->work > 0;
    case 4:
        s->step_stride = (size_t)s->batch;
        s->row_stride = 1;
        break;
    case 5:
        s->batch++; /* than the other has */
        s->lengths = NULL;
        break;
    default:
        if (!break_seq(s, 0))
            return 0;
    }
    if (s->x == c->source.x || (!s->x && chance(50)))
        p->source = s;
    else
        p->seq = s;
    return 1;
}

/* What all three calls refuse, or forward and backward. */
static void no_look(const rnn_attention *a, const rnn_attention_pass *p,
                    const rnn_run *run, int grads)
{
    DO(BAD, rnn_attention_forward(a, p, run));
    DO(BAD, rnn_attention_backward(a, p, run));
    if (grads)
        DO(BAD, rnn_attention_grads(a, p, run));
}

static void look_array_faults(const look_case *c, const rnn_attention_pass *o)
{
    const rnn_attention *a = &c->att;
    rnn_attention_pass p = *o;

    p.keys_len--;
    no_look(a, &p, NULL, 0);
    p = *o;
    p.attn_len--;
    no_look(a, &p, NULL, 0);
    p = *o;
    p.context_len--;
    no_look(a, &p, NULL, 0);
    p = *o;
    p.attn = NULL;
    no_look(a, &p, NULL, 0);
    p = *o;
    p.context = NULL;
    p.dcontext = NULL;
    no_look(a, &p, NULL, 0);
    p = *o;
    p.dh_len--;
    if (p.dh)
        DO(BAD, rnn_attention_backward(a, &p, NULL));
    p = *o;
    p.ds_len--;
    if (p.ds)
        DO(BAD, rnn_attention_backward(a, &p, NULL));
    if (!c->n)
        return;
    p = *o;
    p.params_len--;
    no_look(a, &p, NULL, 1);
    p = *o;
    p.params = NULL;
    p.grads = NULL;
    no_look(a, &p, NULL, 1);
}

static void look_faults(const look_case *c)
{
    const rnn_attention *a = &c->att;
    rnn_attention_pass o, p;
    rnn_seq s;
    size_t n = 0;

    open_look(c, &o);
    p = o;
    if (break_pass(c, &p, &s))
        no_look(a, &p, NULL, 1);
    no_look(NULL, &o, NULL, 1);
    no_look(a, NULL, NULL, 1);
    no_look(a, &o, bad_run(), 1);
    look_array_faults(c, &o);
    DO(BAD, rnn_attention_sizes(a, bad_size(), 1, 1, &n, &n, &n, NULL));
    DO(BAD, rnn_attention_sizes(a, 1, bad_size(), 1, &n, &n, &n, NULL));
    DO(BAD, rnn_attention_sizes(a, 1, 1, bad_size(), &n, &n, &n, NULL));
    DO(BAD, rnn_attention_sizes(a, 1, 1, 1, NULL, &n, &n, NULL));
    DO(BAD, rnn_attention_sizes(NULL, 1, 1, 1, &n, &n, &n, NULL));
}

/* Descriptions of attention that cannot be. */
static void bad_attention(const rnn_attention *att)
{
    rnn_attention a = *att;
    size_t n = 0;

    switch (test_below(5)) {
    case 0: a.score = (rnn_score)bad_id(RNN_SCORES); break;
    case 1: a.score = RNN_SCORE_NONE; break;
    case 2: a.query_size = bad_size(); break;
    case 3: a.key_size = bad_size(); break;
    default:
        if (a.score == RNN_SCORE_ADDITIVE)
            a.size = bad_size();
        else if (a.score >= RNN_SCORE_DOT)
            a.key_size++;
        else
            a.key_size = 0;
    }
    DO(BAD, rnn_attention_sizes(&a, 1, 1, 1, &n, &n, &n, NULL));
}

static void run_look(const look_case *c, rnn_attention_pass *o)
{
    open_look(c, o);
    DO(GOOD, rnn_attention_forward(&c->att, o, some_run()));
    DO(GOOD, rnn_attention_backward(&c->att, o, some_run()));
    DO(GOOD, rnn_attention_grads(&c->att, o, some_run()));
}

static void draw_look(look_case *c)
{
    const int T = between(1, 5), S = between(1, 6), B = between(1, 5);
    rnn_attention *a = &c->att;
    size_t K, Q, rows = (size_t)T * (size_t)B;

    memset(c, 0, sizeof *c);
    a->score = (rnn_score)between(1, RNN_SCORES - 1);
    a->query_size = some_size(chance(10));
    a->key_size =
        a->score >= RNN_SCORE_DOT ? a->query_size : some_size(chance(10));
    a->size = a->score == RNN_SCORE_ADDITIVE ? some_size(chance(10)) : 0;
    K = (size_t)a->key_size;
    Q = (size_t)a->query_size;
    DO(GOOD, rnn_attention_sizes(a, S, T, B, &c->n, &c->keys, &c->work, NULL));
    draw_seq(&c->source, S, B, a->key_size, 0, 0);
    draw_seq(&c->seq, T, B, a->query_size, 0, 0);
    c->weights = rows * (size_t)S;
    c->context = rows * K;
    c->h = (size_t)S * (size_t)B * K;
    c->s = rows * Q;
    c->params = reals(c->n, 0.5);
    c->before = reals(c->n, 1);
    c->dcontext = spread_reals(&c->seq, reals(c->context, 1), K, 0);
    c->dattn = chance(50)
                   ? spread_reals(&c->seq, reals(c->weights, 1), (size_t)S, 0)
                   : NULL;
    c->scores = chance(50);
    c->dh = chance(70);
    c->ds = chance(70);
    set_kind(0, INPUT);
}

static void try_attention(void)
{
    look_case c;
    rnn_attention_pass a, b;

    draw_look(&c);
    bad_attention(&c.att);
    look_faults(&c);
    run_look(&c, &a);
    run_look(&c, &b);
    FINITE(a.attn, c.weights);
    FINITE(a.context, c.context);
    FINITE(a.grads, c.n);
    HOLDS(same(a.attn, b.attn, c.weights));
    HOLDS(same(a.context, b.context, c.context));
    HOLDS(same(a.grads, b.grads, c.n));
    if (c.scores)
        HOLDS(same(a.scores, b.scores, c.weights));
    if (c.dh) {
        FINITE(a.dh, c.h);
        HOLDS(same(a.dh, b.dh, c.h));
    }
    if (c.ds) {
        FINITE(a.ds, c.s);
        HOLDS(same(a.ds, b.ds, c.s));
    }
}

/* ---- weights of 8 bits --------------------------------------------------- */

#define INT8(n, m)                                                             \
    RNN_INT8_##n((m)->cell, (m)->input_size, (m)->embedding_size,              \
                 (m)->hidden_size, (m)->num_layers, 1, !(m)->no_bias,          \
                 (m)->output_size)

/* Arrays of exact size. */
static void open_int8(const rnn_model *m, rnn_int8_room *to)
{
    const int behind = chance(75);

    memset(to, 0, sizeof *to);
    to->weights_len = INT8(WEIGHTS, m);
    to->factors_len = INT8(FACTORS, m);
    to->biases_len = INT8(BIASES, m);
    to->shifts_len = INT8(SHIFTS, m);
    to->weights = new_block(to->weights_len, OUTPUT, behind)->p;
    to->factors =
        (int16_t *)new_block(to->factors_len * sizeof(int16_t), OUTPUT, behind)
            ->p;
    to->biases =
        (int32_t *)new_block(to->biases_len * sizeof(int32_t), OUTPUT, behind)
            ->p;
    to->shifts = new_block(to->shifts_len, OUTPUT, behind)->p;
}

static void draw_int8(rnn_model *m)
{
    static const rnn_cell cells[] = {RNN_CELL_TANH, RNN_CELL_GRU,
                                     RNN_CELL_LSTM};

    memset(m, 0, sizeof *m);
    m->cell = cells[test_below(3)];
    m->wiring = chance(50) ? RNN_WIRING_N_TO_N : RNN_WIRING_N_TO_1;
    m->input = (rnn_input)test_below(RNN_INPUTS);
    m->input_size = between(1, 9);
    m->embedding_size = m->input == RNN_INPUT_EMBEDDING ? between(1, 9) : 0;
    m->hidden_size = between(1, 20);
    m->num_layers = between(1, 3);
    m->no_bias = chance(30);
    m->output_size = between(1, 9);
}

static void int8_faults(const rnn_model *m, const rnn_real *params, size_t n,
                        rnn_real unit, const rnn_int8_room *to)
{
    rnn_model bad = *m;
    rnn_int8_room small = *to;

    switch (test_below(4)) {
    case 0: bad.cell = RNN_CELL_RELU; break;
    case 1: bad.bidirectional = 1; break;
    case 2: bad.hidden_size = bad_size(); break;
    default: bad.wiring = RNN_WIRING_1_TO_N; break;
    }
    DO(BAD, rnn_quantize(&bad, params, n, unit, to, NULL));
    DO(BAD, rnn_quantize(m, params, n - 1, unit, to, NULL));
    DO(BAD, rnn_quantize(m, params, n, unit > 0 ? -unit : 1, to, NULL));
    switch (test_below(4)) {
    case 0: small.weights_len--; break;
    case 1: small.factors_len--; break;
    case 2: small.biases_len--; break;
    default: small.shifts_len--; break;
    }
    DO(BAD, rnn_quantize(m, params, n, unit, &small, NULL));
}

/* The same parameters give the same arrays, of which every byte is written. */
static void try_int8(void)
{
    rnn_model m;
    rnn_net net;
    rnn_int8_room a, b;
    const rnn_real *params;
    rnn_real unit;
    rnn_why why;
    rnn_status st;

    draw_int8(&m);
    if (DO(GOOD, rnn_plan(&net, &m, NULL)))
        return;
    params = reals(net.sizes.params, 0.5);
    unit = m.input == RNN_INPUT_DENSE ? (rnn_real)between(1, 99) / 32768 : 0;
    open_int8(&m, &a);
    open_int8(&m, &b);
    int8_faults(&m, params, net.sizes.params, unit, &a);
    memset(a.weights, 0x11, a.weights_len);
    memset(b.weights, 0x77, b.weights_len);
    st = DO(special ? EITHER : GOOD,
            rnn_quantize(&m, params, net.sizes.params, unit, &a, &why));
    if (st)
        return;
    DO(GOOD, rnn_quantize(&m, params, net.sizes.params, unit, &b, &why));
    HOLDS(memcmp(a.weights, b.weights, a.weights_len) == 0);
    HOLDS(memcmp(a.factors, b.factors, a.factors_len * sizeof *a.factors) == 0);
    HOLDS(memcmp(a.biases, b.biases, a.biases_len * sizeof *a.biases) == 0);
    HOLDS(memcmp(a.shifts, b.shifts, a.shifts_len) == 0);
}

/* ---- losses of any rows -------------------------------------------------- */

enum { NO_LOSS, ENTROPY, SIGMOID, SQUARES, LOSSES };

typedef struct loss_case {
    int kind, O;
    size_t rows;
    const rnn_real *x, *wanted;
    const int *targets;
} loss_case;

static rnn_status call_loss(const loss_case *c, const rnn_loss *rule,
                            rnn_real *dx, rnn_real *loss, const rnn_run *run)
{
    switch (c->kind) {
    case ENTROPY:
        return rnn_cross_entropy_rows(c->x, c->rows, c->O, c->targets, rule, dx,
                                      loss, run);
    case SIGMOID:
        return rnn_sigmoid_cross_entropy_rows(c->x, c->rows, c->O, c->wanted,
                                              rule, dx, loss, run);
    default:
        return rnn_squared_error_rows(c->x, c->rows, c->O, c->wanted, rule, dx,
                                      loss, run);
    }
}

/* How rows come together; the rest of them is drawn. */
static void draw_loss(rnn_loss *rule, int kind, size_t rows, int O)
{
    rnn_real *w;
    size_t i;

    memset(rule, 0, sizeof *rule);
    if (chance(50)) {
        w = room(rows);
        for (i = 0; i < rows; i++)
            w[i] = (rnn_real)test_below(4) / 2;
        rule->weights = w;
    }
    if (kind == ENTROPY && chance(30)) {
        w = room((size_t)O);
        for (i = 0; i < (size_t)O; i++)
            w[i] = (rnn_real)between(1, 8) / 4;
        rule->class_weights = w;
    }
    if (kind == ENTROPY && chance(30))
        rule->smoothing = (rnn_real)test_below(9) / 10;
    rule->n = chance(50) ? (rnn_real)between(1, 9) : 0;
}

/* One thing about it made wrong. */
static int break_loss(rnn_loss *rule, int kind)
{
    switch (test_below(4)) {
    case 0: rule->n = negative(); return 1;
    case 1: rule->smoothing = chance(50) ? negative() : 1; return 1;
    case 2: rule->smoothing = infinity(); return 1;
    default: rule->smoothing = (rnn_real)0.1; return kind != ENTROPY;
    }
}

/* The targets of a loss, time-major; values in [0, 1] do for both. */
static void draw_targets(int **ids, rnn_real **wanted, size_t rows, int O)
{
    size_t i;

    *ids = test_ids(rows, O);
    *wanted = test_reals(rows * (size_t)O, 1);
    for (i = 0; i < rows * (size_t)O; i++)
        (*wanted)[i] = (*wanted)[i] * (*wanted)[i];
}

static void loss_faults(const loss_case *c, const rnn_loss *rule)
{
    rnn_real *dx = room(c->rows * (size_t)c->O), *loss = room(1);
    rnn_loss bad = *rule;
    loss_case d = *c;
    size_t i;
    int *ids;

    if (break_loss(&bad, c->kind))
        DO(BAD, call_loss(c, &bad, dx, loss, NULL));
    bad = *rule;
    bad.n = infinity();
    DO(BAD, call_loss(c, &bad, dx, loss, NULL));
    d.O = bad_size();
    DO(BAD, call_loss(&d, rule, dx, loss, NULL));
    d = *c;
    d.x = NULL;
    DO(BAD, call_loss(&d, rule, dx, loss, NULL));
    d = *c;
    d.targets = NULL;
    d.wanted = NULL;
    DO(BAD, call_loss(&d, rule, dx, loss, NULL));
    DO(BAD, call_loss(c, rule, dx, loss, bad_run()));
    d = *c;
    d.rows = (size_t)-1 / 2;
    d.O = 3;
    DO(BAD, call_loss(&d, rule, dx, loss, NULL));
    if (c->kind != ENTROPY || !c->rows)
        return;
    i = (size_t)test_below((int)c->rows);
    ids = (int *)copy(c->targets, c->rows * sizeof *ids);
    ids[i] = bad_id(c->O);
    d = *c;
    d.targets = ids;
    if (!rule->weights || rule->weights[i] > 0)
        DO(BAD, call_loss(&d, rule, dx, loss, NULL));
}

/* Where a weight is 0, nothing is read. */
static void hide_rows(loss_case *c, const rnn_loss *rule)
{
    rnn_seq all; /* with lengths that say what is there */
    size_t i;
    int *there = test_ids(c->rows, 1);

    memset(&all, 0, sizeof all);
    all.steps = 1;
    all.batch = (int)c->rows;
    for (i = 0; i < c->rows; i++)
        there[i] = !rule->weights || rule->weights[i] > 0;
    all.lengths = there;
    if (!c->rows)
        return;
    c->x = spread_reals(&all, c->x, (size_t)c->O, 0);
    c->wanted = spread_reals(&all, c->wanted, (size_t)c->O, 0);
    c->targets = spread_ids(&all, c->targets, 0);
}

static void draw_loss_case(loss_case *c, rnn_loss *rule)
{
    int *ids;
    rnn_real *wanted;

    memset(c, 0, sizeof *c);
    c->kind = between(ENTROPY, SQUARES);
    c->O = chance(5) ? between(50, 300) : between(1, 20);
    c->rows = (size_t)test_below(40);
    draw_loss(rule, c->kind, c->rows, c->O);
    draw_targets(&ids, &wanted, c->rows, c->O);
    c->targets = ids;
    c->wanted = wanted;
    c->x = reals(c->rows * (size_t)c->O, 4);
    hide_rows(c, rule);
    set_kind(0, INPUT);
}

static void try_loss(void)
{
    rnn_loss rule, kept;
    loss_case c;
    rnn_real *loss, *again, *values, *dx, *other;
    size_t n;
    int want;

    draw_loss_case(&c, &rule);
    n = c.rows * (size_t)c.O;
    loss_faults(&c, &rule);
    loss = room(1);
    again = room(1);
    dx = room(n);
    other = room(n);
    values = room(c.rows);
    kept = rule;
    kept.values = values;
    want = special ? EITHER | MAY_WRITE : GOOD;
    DO(want, call_loss(&c, &rule, dx, loss, some_run()));
    DO(want, call_loss(&c, &kept, other, again, some_run()));
    HOLDS(same(loss, again, 1) && same(dx, other, n));
    FINITE(loss, 1);
    FINITE(dx, n);
    FINITE(values, c.rows);
    if (rule.n > 0 || !rule.class_weights) {
        DO(special ? EITHER | MAY_WRITE : GOOD,
           rnn_mean(values, rule.weights, c.rows, rule.n, again, some_run()));
        HOLDS(same(loss, again, 1));
    }
    DO(want, call_loss(&c, &rule, NULL, NULL, some_run()));
    if (!rule.weights || special) { /* in place: dx is x */
        rnn_real *x = copy_of(c.x, n);
        c.x = x;
        DO(want, call_loss(&c, &rule, x, loss, some_run()));
        HOLDS(same(x, dx, n));
    }
    if (c.rows)
        DO(BAD, rnn_mean(values, NULL, c.rows, negative(), again, NULL));
    DO(BAD, rnn_mean(NULL, NULL, c.rows, 0, again, NULL));
    DO(BAD, rnn_mean(values, NULL, c.rows, 0, NULL, NULL));
    DO(BAD, rnn_mean(values, NULL, c.rows, 0, again, bad_run()));
}

/* ---- vectors and random numbers ------------------------------------------ */

/* Whether each row has a softmax. */
static int rows_possible(const rnn_real *x, size_t rows, int O)
{
    size_t i;
    int j;

    for (i = 0; i < rows; i++) {
        rnn_real most = -infinity();
        for (j = 0; j < O; j++, x++) {
            if (*x != *x)
                return 0;
            most = *x > most ? *x : most;
        }
        if (!all_finite(&most, 1))
            return 0;
    }
    return 1;
}

static void try_vectors(void)
{
    const size_t rows = (size_t)test_below(9);
    const int O = chance(10) ? between(20, 200) : between(1, 20);
    const size_t n = rows * (size_t)O;
    const rnn_real *x = reals(n, 4);
    rnn_real *y = room(n), *z = room(n);
    const rnn_fn f = (rnn_fn)test_below(7);
    int want;

    DO(GOOD, rnn_map(f, n, x, y, some_run()));
    memcpy(z, x, n * sizeof *z);
    DO(GOOD, rnn_map(f, n, z, z, some_run()));
    HOLDS(same(y, z, n));
    if (f < RNN_FN_LOG)
        FINITE(y, n);
    DO(BAD, rnn_map((rnn_fn)bad_id(RNN_FN_SQRT + 1), n, x, y, NULL));
    DO(BAD, rnn_map(f, n, NULL, y, NULL));
    DO(BAD, rnn_map(f, n, x, NULL, NULL));
    DO(BAD, rnn_map(f, n, x, y, bad_run()));
    want = rows_possible(x, rows, O) ? GOOD : BAD;
    DO(want, rnn_softmax(x, rows, O, y, some_run()));
    memcpy(z, x, n * sizeof *z);
    DO(want, rnn_softmax(z, rows, O, z, some_run()));
    HOLDS(want == BAD || (same(y, z, n) && all_finite(y, n)));
    DO(BAD, rnn_softmax(NULL, rows, O, y, NULL));
    DO(BAD, rnn_softmax(x, rows, O, NULL, NULL));
    DO(BAD, rnn_softmax(x, rows, bad_size(), y, NULL));
    DO(BAD, rnn_softmax(x, (size_t)-1 / 2, 9, y, NULL));
    DO(BAD, rnn_softmax(x, rows, O, y, bad_run()));
}

/* A generator is a key and a counter: what it draws follows from them. */
static void try_random(void)
{
    rnn_rng a, b;
    uint32_t word[2], next;
    int i;

    rnn_rng_seed(&a, (uint32_t)test_next());
    a.count[0] = chance(50) ? 0xfffffff0u : (uint32_t)test_next();
    a.count[1] = chance(30) ? 0xffffffffu : 0;
    for (i = 0; i < 20; i++) {
        const rnn_real u = rnn_uniform(&a), x = rnn_normal(&a);
        HOLDS(u >= 0 && u < 1 && all_finite(&x, 1) && x < 7 && x > -7);
        b = a;
        next = rnn_rng_next(&a);
        HOLDS(rnn_rng_next(&b) == next && !memcmp(&a, &b, sizeof a));
    }
    rnn_threefry(a.key, a.count, word);
    rnn_threefry(b.key, b.count, b.count);
    HOLDS(!memcmp(word, b.count, sizeof word));
}

/* ---- clipping, optimisers, learning rates -------------------------------- */

static void try_clipping(void)
{
    const size_t n = (size_t)test_below(90);
    rnn_real *g = reals(n, chance(20) ? 1e30 : chance(20) ? 1e-30 : 1);
    const rnn_real limit = (rnn_real)test_below(9) / 8;
    rnn_real *a, *b, *norm = room(2);
    int finite, want;

    if (n && chance(25))
        g[test_below((int)n)] = chance(50) ? infinity() : not_a_number();
    finite = all_finite(g, n);
    want = finite ? GOOD : BAD;
    a = copy_of(g, n);
    b = copy_of(g, n);
    /* the norm is written with RNN_E_NOT_FINITE */
    DO(want | MAY_WRITE, rnn_clip_grad_norm(a, n, limit, norm, some_run()));
    DO(want, rnn_clip_grad_norm(b, n, limit, NULL, some_run()));
    HOLDS(same(a, b, n) && (finite || same(a, g, n)) &&
          (!finite || special || all_finite(norm, 1)));
    memcpy(a, g, n * sizeof *a);
    memcpy(b, g, n * sizeof *b);
    DO(want | MAY_WRITE, rnn_clip_grad_max(a, n, limit, norm + 1, some_run()));
    DO(want, rnn_clip_grad_max(b, n, limit, NULL, some_run()));
    HOLDS(same(a, b, n) && (finite || same(a, g, n)) &&
          (!finite || all_finite(norm + 1, 1)));
    memcpy(a, g, n * sizeof *a);
    memcpy(b, g, n * sizeof *b);
    DO(GOOD, rnn_clip_grad_value(a, n, limit, some_run()));
    DO(GOOD, rnn_clip_grad_value(b, n, limit, some_run()));
    HOLDS(same(a, b, n));
    DO(BAD, rnn_clip_grad_norm(a, n, negative(), norm, NULL));
    DO(BAD, rnn_clip_grad_norm(NULL, n, limit, norm, NULL));
    DO(BAD, rnn_clip_grad_norm(a, n, limit, norm, bad_run()));
    DO(BAD, rnn_clip_grad_max(a, n, negative(), norm, NULL));
    DO(BAD, rnn_clip_grad_max(NULL, n, limit, norm, NULL));
    DO(BAD, rnn_clip_grad_value(a, n, negative(), NULL));
    DO(BAD, rnn_clip_grad_value(NULL, n, limit, NULL));
    DO(BAD, rnn_clip_grad_value(a, n, limit, bad_run()));
}

/* An optimiser of any kind with any of its options. */
static void draw_optimizer(rnn_optimizer *o)
{
    DO(GOOD, rnn_optimizer_init(o, (rnn_optimizer_kind)test_below(6),
                                (rnn_real)0.1, NULL));
    if (o->kind == RNN_OPT_SGD || o->kind == RNN_OPT_RMSPROP)
        o->momentum = (rnn_real)test_below(2) / 2;
    if (o->kind == RNN_OPT_SGD && o->momentum > 0 && chance(50))
        o->nesterov = 1;
    else if (o->kind == RNN_OPT_SGD)
        o->dampening = (rnn_real)test_below(2) / 4;
    o->centered = o->kind == RNN_OPT_RMSPROP && chance(50);
    o->amsgrad = o->kind >= RNN_OPT_ADAM && chance(50);
    o->weight_decay = (rnn_real)test_below(2) / 8;
    if (o->kind == RNN_OPT_ADAGRAD) {
        o->lr_decay = (rnn_real)test_below(2) / 8;
        o->initial = (rnn_real)test_below(2);
    }
}

/* One thing about it made wrong. */
static void break_optimizer(rnn_optimizer *o)
{
    switch (test_below(15)) {
    case 13:
        o->kind = RNN_OPT_ADAM;
        o->momentum = (rnn_real)0.5;
        break;
    case 14:
        o->kind = (rnn_optimizer_kind)test_below(RNN_OPT_ADAM);
        o->amsgrad = 1;
        break;
    case 0: o->kind = (rnn_optimizer_kind)bad_id(RNN_OPTIMIZERS); break;
    case 1: o->lr = negative(); break;
    case 2: o->weight_decay = negative(); break;
    case 3: o->momentum = negative(); break;
    case 4: o->eps = negative(); break;
    case 5: o->lr_decay = negative(); break;
    case 6: o->initial = negative(); break;
    case 7: o->rho = chance(50) ? negative() : (rnn_real)1.5; break;
    case 8: o->beta1 = chance(50) ? negative() : 1; break;
    case 9: o->beta2 = chance(50) ? negative() : infinity(); break;
    case 10:
        o->nesterov = 1;
        o->momentum = 0;
        break;
    case 11:
        o->nesterov = 1;
        o->momentum = (rnn_real)0.5;
        o->dampening = (rnn_real)0.5;
        break;
    default: o->beta1 = not_a_number(); break;
    }
}

/* A number of it that is infinite or, where any is taken, none. */
static void odd_optimizer(rnn_optimizer *o)
{
    rnn_real *const at[] = {&o->lr, &o->weight_decay, &o->momentum, &o->eps,
                            &o->lr_decay, &o->initial};

    if (chance(30))
        o->dampening = chance(50) ? not_a_number() : infinity();
    else
        *at[test_below(6)] = infinity();
}

static void optimizer_faults(const rnn_optimizer *o, rnn_real *p,
                             const rnn_real *g, rnn_real *m, size_t n)
{
    rnn_optimizer *bad = (rnn_optimizer *)new_block(sizeof *bad, OUTPUT, 1)->p;
    size_t *k = (size_t *)new_block(sizeof *k, OUTPUT, 1)->p;

    *bad = *o;
    *k = 0;
    break_optimizer(bad);
    DO(BAD, rnn_optimizer_moments(bad, k, NULL));
    DO(BAD, rnn_optimizer_moments(o, NULL, NULL));
    DO(BAD, rnn_optimizer_begin(bad, NULL));
    DO(BAD, rnn_optimizer_step_array(bad, p, g, m, n, NULL));
    bad->step++;
    DO(BAD, rnn_optimizer_range(bad, p, g, m, n, 0, n, NULL));
    *bad = *o;
    DO(BAD, rnn_optimizer_init(bad, (rnn_optimizer_kind)bad_id(RNN_OPTIMIZERS),
                               1, NULL));
    DO(BAD, rnn_optimizer_step_array(NULL, p, g, m, n, NULL));
    DO(BAD, rnn_optimizer_step_array(bad, NULL, g, m, n, NULL));
    DO(BAD, rnn_optimizer_step_array(bad, p, NULL, m, n, NULL));
    DO(BAD, rnn_optimizer_step_array(bad, p, g, m, n, bad_run()));
    DO(GOOD, rnn_optimizer_moments(bad, k, NULL));
    if (*k)
        DO(BAD, rnn_optimizer_step_array(bad, p, g, NULL, n, NULL));
    if (!bad->step)
        DO(BAD, rnn_optimizer_range(bad, p, g, m, n, 0, n, NULL));
    bad->step++;
    DO(BAD, rnn_optimizer_range(bad, p, g, m, n, n + 1, 0, NULL));
    DO(BAD, rnn_optimizer_range(bad, p, g, m, n, n, 1, NULL));
    DO(BAD, rnn_optimizer_range(bad, p, g, m, n, 1, (size_t)-1, NULL));
    bad->step = 0xffffffffu;
    DO(BAD, rnn_optimizer_begin(bad, NULL));
    DO(BAD, rnn_optimizer_step_array(bad, p, g, m, n, NULL));
    *bad = *o;
    odd_optimizer(bad);
    DO(BAD, rnn_optimizer_moments(bad, k, NULL));
}

/* The same step, cut into ranges that come in any order. */
static void step_in_ranges(rnn_optimizer *o, rnn_real *p, const rnn_real *g,
                           rnn_real *m, size_t n)
{
    size_t a = (size_t)test_below((int)n + 1);
    size_t b = a + (size_t)test_below((int)(n - a) + 1);

    DO(GOOD, rnn_optimizer_begin(o, NULL));
    DO(GOOD, rnn_optimizer_range(o, p, g, m, n, b, n - b, some_run()));
    DO(GOOD, rnn_optimizer_range(o, p, g, m, n, 0, a, some_run()));
    DO(GOOD, rnn_optimizer_range(o, p, g, m, n, a, b - a, some_run()));
}

static void try_optimizer(void)
{
    const size_t n = (size_t)between(1, 90);
    const rnn_real *start = reals(n, 1), *g = reals(n, 1);
    rnn_optimizer *o = (rnn_optimizer *)new_block(sizeof *o, OUTPUT, 1)->p, q;
    rnn_real *p = copy_of(start, n), *r = copy_of(start, n), *m, *l;
    size_t k = 0;
    int i;

    draw_optimizer(o);
    DO(GOOD, rnn_optimizer_moments(o, &k, NULL));
    HOLDS(k <= 3);
    m = room(k * n);
    l = room(k * n);
    if (chance(20))
        optimizer_faults(o, p, g, room(3 * n), n);
    q = *o;
    for (i = 0; i < 3; i++) {
        DO(GOOD, rnn_optimizer_step_array(o, p, g, m, n, some_run()));
        step_in_ranges(&q, r, g, l, n);
        HOLDS(same(p, r, n) && same(m, l, k * n));
        HOLDS(!memcmp(o, &q, sizeof q));
        FINITE(p, n);
    }
}

static void try_schedule(void)
{
    rnn_schedule s;
    rnn_real *lr = room(1), last = 0;
    uint32_t t;

    memset(&s, 0, sizeof s);
    s.kind = (rnn_schedule_kind)test_below(RNN_SCHEDULES);
    s.base = (rnn_real)0.1;
    s.gamma = (rnn_real)0.9;
    s.least = (rnn_real)0.01;
    s.warmup = (uint32_t)test_below(9);
    s.every = (uint32_t)between(1, 9);
    tidy_schedule(&s);
    for (t = 0; t < 40; t++) {
        DO(GOOD, rnn_schedule_lr(&s, t, lr, NULL));
        HOLDS(*lr > 0 && *lr <= (rnn_real)0.100001);
        HOLDS(t <= s.warmup || *lr <= last); /* it falls from there */
        last = *lr;
    }
    DO(GOOD, rnn_schedule_lr(&s, (uint32_t)test_next(), lr, NULL));
    HOLDS(all_finite(lr, 1) && *lr >= 0);
    DO(BAD, rnn_schedule_lr(NULL, 1, lr, NULL));
    DO(BAD, rnn_schedule_lr(&s, 1, NULL, NULL));
    if (s.kind == RNN_SCHEDULE_STEP || s.kind == RNN_SCHEDULE_COSINE) {
        s.every = 0;
        DO(BAD, rnn_schedule_lr(&s, 1, lr, NULL));
    }
    s.every = 1;
    switch (test_below(7)) {
    case 0: s.base = no_rate(); break;
    case 1:
        s.kind = RNN_SCHEDULE_CONSTANT;
        s.least = s.gamma = 0;
        break; /* every */
    case 2:
        s.kind = RNN_SCHEDULE_COSINE;
        s.gamma = 1;
        break;
    case 3:
        s.kind = RNN_SCHEDULE_STEP;
        s.least = 1;
        break;
    case 4: s.gamma = no_rate(); break;
    default: s.least = no_rate();
    }
    DO(BAD, rnn_schedule_lr(&s, (uint32_t)test_below(50), lr, NULL));
    s.kind = (rnn_schedule_kind)bad_id(RNN_SCHEDULES);
    DO(BAD, rnn_schedule_lr(&s, 1, lr, NULL));
}

static void try_plateau(void)
{
    rnn_plateau *p = (rnn_plateau *)new_block(sizeof *p, OUTPUT, 1)->p, q;
    rnn_real *lr = room(1), last;
    int i;

    memset(p, 0, sizeof *p);
    p->patience = test_below(4);
    p->cooldown = test_below(4);
    p->factor = (rnn_real)test_below(2) / 2;
    p->threshold = (rnn_real)test_below(2) / 8;
    p->least = (rnn_real)test_below(2) / 16;
    *lr = 1;
    for (i = 0; i < 20; i++) {
        last = *lr;
        DO(GOOD, rnn_plateau_step(p, (rnn_real)test_number(), lr, NULL));
        HOLDS(*lr > 0 && *lr <= last && *lr >= p->least);
    }
    q = *p;
    switch (test_below(4)) {
    case 0: p->factor = chance(50) ? negative() : 1; break;
    case 1: p->threshold = chance(50) ? negative() : 1; break;
    case 2: p->patience = -between(1, 9); break;
    default: p->cooldown = -between(1, 9);
    }
    DO(BAD, rnn_plateau_step(p, 1, lr, NULL));
    *p = q;
    DO(BAD, rnn_plateau_step(NULL, 1, lr, NULL));
    DO(BAD, rnn_plateau_step(p, 1, NULL, NULL));
    p->least = chance(50) ? no_rate() : p->least;
    *lr = no_rate();
    DO(BAD, rnn_plateau_step(p, odd_number(), lr, NULL));
}

/* ---- sampling ------------------------------------------------------------ */

static void draw_sampling(rnn_sampling *rule, int O)
{
    rule->temperature =
        chance(20) ? (rnn_real)1e-30 : (rnn_real)test_below(9) / 4;
    rule->top_k = rule->temperature > 0 ? test_below(O + 3) : 0;
    rule->top_p = rule->temperature <= 0 ? 0
                  : chance(20)           ? (rnn_real)1e-9
                                         : (rnn_real)test_below(9) / 8;
}

static void break_sampling(rnn_sampling *rule)
{
    switch (test_below(5)) {
    case 0: rule->temperature = negative(); break;
    case 4:
        rule->temperature = 0;
        rule->top_k = 1;
        break;
    case 1: rule->top_k = chance(50) ? INT_MIN : -between(1, 9); break;
    case 2: rule->top_p = negative(); break;
    default: rule->top_p = chance(50) ? (rnn_real)1.5 : infinity();
    }
}

/* What was cut off is not drawn: of equals the first is likelier. */
static void check_drawn(const rnn_real *x, int O, const rnn_sampling *rule,
                        int id)
{
    int i, above = 0;

    if (!(id >= 0 && id < O) || !all_finite(x + id, 1))
        return;
    for (i = 0; i < O; i++)
        above += x[i] > x[id] || (x[i] >= x[id] && i < id);
    HOLDS(!rule->top_k || above < rule->top_k);
    HOLDS(rule->temperature > 0 || above == 0);
}

static void sample_faults(const rnn_real *x, int O, const rnn_sampling *rule,
                          rnn_rng *rng, rnn_real *work, int *id)
{
    rnn_sampling bad = *rule;

    break_sampling(&bad);
    DO(BAD, rnn_sample(x, O, &bad, rng, work, id, NULL));
    DO(BAD, rnn_sample(NULL, O, rule, rng, work, id, NULL));
    DO(BAD, rnn_sample(x, bad_size(), rule, rng, work, id, NULL));
    DO(BAD, rnn_sample(x, O, NULL, rng, work, id, NULL));
    DO(BAD, rnn_sample(x, O, rule, NULL, work, id, NULL));
    DO(BAD, rnn_sample(x, O, rule, rng, work, NULL, NULL));
    if ((rule->top_k > 0 && rule->top_k < O) ||
        (rule->top_p > 0 && rule->top_p < 1))
        DO(BAD, rnn_sample(x, O, rule, rng, NULL, id, NULL));
    DO(BAD, rnn_greedy(NULL, O, id, NULL));
    DO(BAD, rnn_greedy(x, O, NULL, NULL));
    DO(BAD, rnn_greedy(x, bad_size(), id, NULL));
    bad = *rule;
    bad.temperature = infinity();
    DO(BAD, rnn_sample(x, O, &bad, rng, work, id, NULL));
}

static void try_sampling(void)
{
    const int O = chance(5) ? between(100, 400) : between(1, 40);
    const int minus = chance(20), all = minus && chance(10);
    rnn_real *x = test_reals((size_t)O, 5), *work = room((size_t)O);
    rnn_rng *rng = (rnn_rng *)new_block(sizeof *rng, OUTPUT, 1)->p;
    int *id = int_room(1), i, nan = 0, possible = 0, want;
    rnn_sampling rule;
    rnn_status st;

    spice(x, (size_t)O);
    for (i = 0; i < O; i++) {
        if (all || (minus && chance(50)))
            x[i] = -infinity();
        nan |= x[i] != x[i];
        possible |= x[i] > -infinity();
    }
    want = nan || !possible ? BAD : GOOD;
    block_of(x)->kind = INPUT;
    rnn_rng_seed(rng, (uint32_t)test_next());
    draw_sampling(&rule, O);
    sample_faults(x, O, &rule, rng, work, id);
    for (i = 0; i < 3; i++) {
        st = DO(want, rnn_sample(x, O, &rule, rng, work, id, NULL));
        if (!st)
            check_drawn(x, O, &rule, *id);
        HOLDS(st || (*id >= 0 && *id < O));
    }
    st = DO(want, rnn_greedy(x, O, id, NULL));
    HOLDS(st || *id == greatest(x, (size_t)O));
}

/* ---- files --------------------------------------------------------------- */

typedef struct bytes {
    unsigned char *p;
    size_t n;
} bytes;

static bytes byte_room(size_t n)
{
    bytes b;

    b.n = n;
    b.p = new_block(n, OUTPUT, chance(75))->p;
    memset(b.p, 0x5a, n);
    return b;
}

/* Whether n bytes at p lie in a file. */
static int inside(bytes f, const unsigned char *p, size_t n)
{
    return p >= f.p && p <= f.p + f.n && n <= (size_t)(f.p + f.n - p);
}

/* Everything that a file lists lies in it. */
static void list_file(bytes f)
{
    const unsigned char *k, *v;
    unsigned char text[16];
    size_t pos = 0, n = 0, sum = 0, kn, vn, len = 0;
    rnn_st_tensor t, u;
    rnn_st st;

    if (DO(EITHER, rnn_st_open(f.p, f.n, &st, NULL)))
        return;
    while (rnn_st_next(&st, &pos, &t) == RNN_OK) {
        HOLDS(inside(f, t.data, t.size) && inside(f, t.name, t.name_len));
        HOLDS(rnn_st_dtype_name(t.dtype) != NULL);
        HOLDS(rnn_st_unescape(t.name, t.name_len, NULL, 0) <= t.name_len);
        sum += t.size;
        n++;
    }
    HOLDS(n == st.tensors && sum == st.data_len);
    for (pos = 0; !rnn_st_meta_next(&st, &pos, &k, &kn, &v, &vn);)
        HOLDS(inside(f, k, kn) && inside(f, v, vn));
    DO(EITHER, rnn_st_meta(&st, "cell", text, sizeof text, &len));
    DO(EITHER, rnn_st_find(&st, "out.bias", &u));
    DO(BAD, rnn_st_meta(&st, NULL, text, sizeof text, &len));
    DO(BAD, rnn_st_meta(&st, "cell", text, sizeof text, NULL));
    DO(BAD, rnn_st_find(&st, NULL, &u));
    DO(BAD, rnn_st_find(&st, "no such tensor", &u));
    DO(BAD, rnn_st_find(&st, "out.bias", NULL));
    DO(BAD, rnn_st_next(&st, NULL, &u));
    DO(BAD, rnn_st_next(NULL, &pos, &u));
    DO(BAD, rnn_st_meta_next(&st, NULL, &k, &kn, &v, &vn));
    DO(BAD, rnn_st_meta_next(NULL, &pos, &k, &kn, &v, &vn));
    DO(BAD, rnn_st_open(f.p, f.n, NULL, NULL));
    DO(BAD, rnn_st_open(NULL, f.n, &st, NULL));
}

/* A file cut short, with a bit of another value, or both. */
static void spoil_file(bytes f, const rnn_model *m, const rnn_real *params,
                       size_t n)
{
    const size_t at = (size_t)test_next() % f.n;
    const int cut = chance(50), flip = !cut || chance(30);
    const size_t left = cut ? (size_t)test_next() % f.n : f.n;
    bytes b = byte_room(left), text = byte_room(4);
    rnn_real *p = room(n);
    rnn_model *back = (rnn_model *)new_block(sizeof *back, OUTPUT, 1)->p;
    size_t len = 0, i, off = 0;
    rnn_status st;

    memset(back, 0, sizeof *back);
    memcpy(b.p, f.p, left);
    if (flip && at < left)
        b.p[at] = (unsigned char)(b.p[at] ^ 1 << test_below(8));
    block_of(b.p)->kind = INPUT;
    DO(EITHER, rnn_load_description(b.p, left, back, text.p, 4, &len, NULL));
    st =
        DO(cut ? BAD : EITHER, rnn_load_params(b.p, left, m, p, n, NULL, NULL));
    for (i = 0; !st && i < n; i++)
        off += !same(p + i, params + i, 1);
    HOLDS(off <= 1); /* all as it was but for one number */
    list_file(b);
}

static void load_faults(bytes f, const rnn_model *m, size_t n, bytes words)
{
    rnn_real *p = room(n);
    rnn_model *back = (rnn_model *)new_block(sizeof *back, OUTPUT, 1)->p;
    rnn_model other = *m;
    size_t len = 0;

    memset(back, 0, sizeof *back);
    DO(BAD, rnn_load_params(f.p, f.n, m, p, n - 1, NULL, NULL));
    DO(BAD, rnn_load_params(f.p, f.n, m, NULL, n, NULL, NULL));
    DO(BAD, rnn_load_params(f.p, f.n, NULL, p, n, NULL, NULL));
    DO(BAD, rnn_load_params(NULL, f.n, m, p, n, NULL, NULL));
    DO(BAD, rnn_load_description(f.p, f.n, NULL, NULL, 0, NULL, NULL));
    DO(BAD, rnn_load_description(NULL, f.n, back, NULL, 0, NULL, NULL));
    if (words.n)
        DO(BAD, rnn_load_description(f.p, f.n, back, byte_room(words.n - 1).p,
                                     words.n - 1, &len, NULL));
    if (chance(50))
        other.input_size++;
    else
        other.cell = (rnn_cell)((other.cell + 1) % RNN_CELLS);
    other.hand_over = 0;
    DO(BAD, rnn_load_params(f.p, f.n, &other, room(2 * n + 1000), 2 * n + 1000,
                            NULL, NULL));
}

/* To disk and back, where a program may write. */
static void store(bytes f)
{
    char path[64];
    size_t n = 0;
    bytes b = byte_room(f.n);

    sprintf(path, "/tmp/fuzz_api.%ld", (long)getpid());
    if (rnn_write_file(path, f.p, f.n, NULL))
        return;
    DO(GOOD, rnn_read_file(path, NULL, 0, &n, NULL));
    HOLDS(n == f.n);
    DO(BAD, rnn_read_file(path, b.p, f.n - 1, &n, NULL));
    DO(GOOD, rnn_read_file(path, b.p, f.n, &n, NULL));
    HOLDS(n == f.n && !memcmp(b.p, f.p, n));
    DO(GOOD, rnn_write_file(path, f.p, f.n / 2, NULL));
    DO(GOOD, rnn_read_file(path, b.p, f.n, &n, NULL));
    HOLDS(n == f.n / 2 && !memcmp(b.p, f.p, n));
    DO(BAD, rnn_read_file(path, b.p, f.n, NULL, NULL));
    DO(BAD, rnn_read_file(NULL, b.p, f.n, &n, NULL));
    DO(BAD, rnn_write_file(NULL, f.p, f.n, NULL));
    DO(BAD, rnn_write_file(path, NULL, f.n, NULL));
    DO(BAD, rnn_write_file("/nowhere/at/all", f.p, f.n, NULL));
    (void)remove(path);
    DO(BAD, rnn_read_file(path, b.p, f.n, &n, NULL));
}

/* The checkpoint of a model, in a block of exactly its size. */
static bytes save_model(const rnn_model *m, const rnn_real *params, size_t n,
                        bytes words)
{
    const rnn_beside beside = {words.p, words.n, NULL, 0};
    size_t len = 0, again = 0;
    bytes f;

    DO(GOOD, rnn_save(m, chance(50) ? params : NULL, n, &beside, NULL, 0, &len,
                      NULL));
    f = byte_room(len);
    DO(BAD, rnn_save(m, params, n, &beside, f.p,
                     chance(50) ? len - 1 : (size_t)test_next() % len, &again,
                     NULL));
    DO(BAD, rnn_save(m, params, n - 1, &beside, f.p, len, &again, NULL));
    DO(BAD, rnn_save(m, NULL, n, &beside, f.p, len, &again, NULL));
    DO(BAD, rnn_save(m, params, n, &beside, f.p, len, NULL, NULL));
    DO(BAD, rnn_save(NULL, params, n, &beside, f.p, len, &again, NULL));
    DO(GOOD, rnn_save(m, params, n, &beside, f.p, len, &again, NULL));
    HOLDS(len == again);
    block_of(f.p)->kind = INPUT;
    return f;
}

/* A model saved loads as it was, and is saved again to the same bytes. */
static void try_file(const rnn_model *m, const rnn_real *params, size_t n)
{
    rnn_beside beside = {NULL, 0, NULL, 0};
    bytes words = byte_room((size_t)test_below(20)), f, again;
    unsigned char *text;
    rnn_real *p = room(n);
    rnn_model back;
    size_t len = 0;

    if (chance(50)) {
        words.p = NULL;
        words.n = 0;
    }
    beside.vocabulary = words.p;
    beside.vocabulary_len = words.n;
    f = save_model(m, params, n, words);
    text = byte_room(words.n).p;
    if (DO(GOOD,
           rnn_load_description(f.p, f.n, &back, text, words.n, &len, NULL)) ||
        DO(GOOD,
           rnn_load_params(f.p, f.n, chance(50) ? &back : m, p, n, NULL, NULL)))
        return;
    HOLDS(len == words.n && (!len || !memcmp(text, words.p, len)));
    HOLDS(same(params, p, n));
    again = byte_room(f.n);
    DO(GOOD, rnn_save(&back, p, n, &beside, again.p, f.n, &len, NULL));
    HOLDS(len == f.n && !memcmp(f.p, again.p, len));
    load_faults(f, m, n, words);
    list_file(f);
    spoil_file(f, m, params, n);
    spoil_file(f, m, params, n);
    if (chance(3))
        store(f);
}

#endif
