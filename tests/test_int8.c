/* Steps in whole numbers: what rnn_quantize and RNN_DEFINE_STEP_INT8 compute
 * against the formulas of [INT8], written here once more in int64_t, to the
 * bit, from PyTorch's tensors and with no look at how arrays are laid out;
 * against the float model; at the extremes, where each number that is promised
 * to fit 32 bits is seen to; sizes; and what rnn_quantize refuses.
 *
 *     test_int8 [SEED] */
#include <limits.h>
#include <math.h>

#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "why.h"

typedef void int8_step(const rnn_int8 *q, const int16_t *x, const int *id,
                       int16_t *h, int32_t *c, int32_t *logits,
                       int32_t *scratch);

/* name, cell, input, I, E, H, L, bias, O */
#define NETS(X)                                                                \
    X(tanh_dense, TANH, DENSE, 32, 0, 32, 1, 1, 4)                             \
    X(tanh_odd, TANH, DENSE, 1, 0, 1, 2, 1, 1)                                 \
    X(tanh_bare, TANH, DENSE, 7, 0, 5, 1, 0, 0)                                \
    X(tanh_hot, TANH, ONE_HOT, 9, 0, 6, 2, 1, 9)                               \
    X(tanh_table, TANH, EMBEDDING, 5, 3, 4, 1, 1, 3)                           \
    X(gru_dense, GRU, DENSE, 32, 0, 32, 1, 1, 4)                               \
    X(gru_odd, GRU, DENSE, 3, 0, 13, 2, 1, 6)                                  \
    X(gru_bare, GRU, DENSE, 2, 0, 33, 1, 0, 0)                                 \
    X(gru_hot, GRU, ONE_HOT, 61, 0, 24, 2, 1, 61)                              \
    X(gru_hot_bare, GRU, ONE_HOT, 600, 0, 3, 1, 0, 2)                          \
    X(gru_table, GRU, EMBEDDING, 20, 11, 7, 2, 0, 7)                           \
    X(lstm_dense, LSTM, DENSE, 32, 0, 32, 1, 1, 4)                             \
    X(lstm_odd, LSTM, DENSE, 5, 0, 11, 2, 1, 3)                                \
    X(lstm_four, LSTM, DENSE, 6, 0, 10, 2, 1, 8)                               \
    X(lstm_bare, LSTM, DENSE, 65, 0, 17, 1, 0, 0)                              \
    X(lstm_hot, LSTM, ONE_HOT, 26, 0, 29, 2, 0, 26)                            \
    X(lstm_table, LSTM, EMBEDDING, 40, 16, 20, 1, 1, 40)                       \
    X(tanh_most, TANH, DENSE, 511, 0, 511, 1, 1, 2)                            \
    X(gru_most, GRU, DENSE, 511, 0, 257, 1, 1, 1)                              \
    X(lstm_most, LSTM, DENSE, 257, 0, 511, 1, 1, 5)

#define STEP(name, cell, input, I, E, H, L, bias, O)                           \
    RNN_DEFINE_STEP_INT8(name, RNN_CELL_##cell, I, E, H, L, 1, bias, O)
NETS(STEP)

typedef struct net_case {
    const char *name;
    rnn_model model;
    int8_step *step;
    size_t params, weights, factors, biases, shifts, scratch;
} net_case;

#define OF(cell, I, E, H, L, bias, O)                                          \
    RNN_PARAMS(cell, I, E, H, L, 1, bias, O),                                  \
        RNN_INT8_WEIGHTS(cell, I, E, H, L, 1, bias, O),                        \
        RNN_INT8_FACTORS(cell, I, E, H, L, 1, bias, O),                        \
        RNN_INT8_BIASES(cell, I, E, H, L, 1, bias, O),                         \
        RNN_INT8_SHIFTS(cell, I, E, H, L, 1, bias, O),                         \
        RNN_INT8_SCRATCH(cell, I, E, H, L, 1, bias, O)
#define CASE(name, cell, input, I, E, H, L, bias, O)                           \
    {#name,                                                                    \
     {RNN_WIRING_N_TO_N, RNN_CELL_##cell, RNN_INPUT_##input, I, E, H, L, 0,    \
      !bias, O, 0, 0, RNN_INPUT_DENSE, 0, 0, 0, 0, RNN_CONTEXT_LAST, 0, 0, 0,  \
      0, RNN_SCORE_NONE, 0, 0, 0},                                             \
     name,                                                                     \
     OF(RNN_CELL_##cell, I, E, H, L, bias, O)},
static const net_case nets[] = {NETS(CASE)};
enum { NET_CASES = LEN(nets) };

/* ---- the formulas, once more --------------------------------------------- */

/* A number that is promised to fit 32 bits. */
static int64_t fits(int64_t v)
{
    MUST(v >= INT32_MIN && v <= INT32_MAX, "%ld does not fit", (long)v);
    return v;
}

/* 2^n v, floor of it and a half; exact in double */
static int64_t nearest(double v, int n)
{
    return (int64_t)floor(ldexp(v, n) + 0.5);
}

/* v >> n, by division */
static int64_t down(int64_t v, int n)
{
    const int64_t d = (int64_t)1 << n;

    return v >= 0 ? v / d : -((-v + d - 1) / d);
}

static int64_t table(int k)
{
    return (int64_t)floor(32767 * tanh(k / 32.0) + 0.5);
}

static int64_t naive_tanh(int64_t z)
{
    const int64_t size = z < 0 ? -z : z, y = size < 24575 ? size : 24575;
    const int k = (int)(y / 128);
    const int64_t a = table(k), b = table(k + 1);
    const int64_t t = a + down((b - a) * (y % 128) + 64, 7);

    return z < 0 ? -t : t;
}

static int64_t naive_sigmoid(int64_t z)
{
    return down(naive_tanh(z) + 32768, 1);
}

static int naive_e(int in)
{
    int e = 8;

    while (1 << (e - 7) < in)
        e++;
    return e;
}

/* A matrix, its product's e, and a vector of biases; NULL: there is none. */
typedef struct naive_matrix {
    rnn_tensor of;
    const rnn_real *w;
    int in, e;
    rnn_real unit, *s; /* unit 2^(12+e); s of each row */
} naive_matrix;

/* A layer or a head of G gates of H. */
typedef struct naive_layer {
    naive_matrix m[2]; /* of x (in 0 of a head), of h */
    rnn_tensor b[2];
    int bias[2], G, H, r, cell; /* cell -1: a head */
} naive_layer;

static const rnn_real *naive_params;

/* The tensor of this name; 0 if there is none. */
static int naive_tensor(const rnn_model *model, const char *name, int l,
                        rnn_tensor *t)
{
    char whole[60];
    int i;

    snprintf(whole, sizeof whole, "%s%s%.0d",
             model->output_size || model->embedding_size
                 ? strchr(name, '.') ? "" : "rnn."
                 : "",
             name, l);
    if (!strchr(name, '.') && !l)
        strcat(whole, "0");
    for (i = 0; rnn_model_tensor(model, i, t, NULL) == RNN_OK; i++)
        if (strcmp(t->name, whole) == 0)
            return 1;
    return 0;
}

static void naive_set(naive_matrix *m, int in, rnn_real unit, int hot)
{
    volatile rnn_real v = unit * (rnn_real)(1 << 12);

    m->w = naive_params;
    m->in = in;
    m->e = naive_e(in);
    v *= (rnn_real)(1 << m->e);
    m->unit = hot ? 16 : v;
}

static rnn_real naive_weight(const naive_matrix *m, int row, int i)
{
    return m->w[m->of.offset + (size_t)i * (size_t)m->of.rows + (size_t)row];
}

static rnn_real naive_scale(const naive_matrix *m, int row)
{
    volatile rnn_real most = 0;
    int i;

    for (i = 0; i < m->in; i++) {
        const rnn_real w = naive_weight(m, row, i);
        most = w > most ? w : -w > most ? -w : most;
    }
    most /= 127;
    return most;
}

static void naive_scales(naive_matrix *m)
{
    int row;

    m->s = test_reals((size_t)m->of.rows, 0);
    for (row = 0; m->in && row < m->of.rows; row++)
        m->s[row] = naive_scale(m, row);
}

static int64_t naive_w8(const naive_matrix *m, int row, int i)
{
    const rnn_real s = m->s[row];
    volatile rnn_real q = s > 0 ? naive_weight(m, row, i) / s : 0;

    return (int64_t)floor((double)q + 0.5);
}

static int is_halved(const naive_layer *a, int row)
{
    const int g = row / a->H;

    return (a->cell == RNN_CELL_LSTM && g != 2) ||
           (a->cell == RNN_CELL_GRU && g != 2);
}

/* without 2^r */
static double naive_factor(const naive_layer *a, int k, int row)
{
    volatile rnn_real m = a->m[k].s[row] * a->m[k].unit;

    return is_halved(a, row) ? (double)m / 2 : (double)m;
}

/* The bias of a row; parts 1: x's alone, 2: h's alone, 3: both. */
static double naive_bias(const naive_layer *a, int row, int parts)
{
    volatile rnn_real sum = 0, x = 0, h = 0;

    if (a->bias[0] && parts & 1)
        x = naive_params[a->b[0].offset + (size_t)row];
    if (a->bias[1] && parts & 2)
        h = naive_params[a->b[1].offset + (size_t)row];
    sum = x + h;
    return (double)sum * (is_halved(a, row) ? 2048 : 4096);
}

static int has_apart(const naive_layer *a, int row)
{
    return a->cell == RNN_CELL_GRU && row / a->H == 2;
}

static void naive_fit(naive_layer *a)
{
    const int rows = a->G * a->H;
    int j, k, good;

    for (a->r = 20; a->r > 0; a->r--) {
        good = 1;
        for (j = 0; j < rows; j++) {
            for (k = 0; k < 2; k++)
                if (a->m[k].in)
                    good &= ldexp(naive_factor(a, k, j), a->r) <= 16383;
            for (k = has_apart(a, j) ? 1 : 3; k <= 3; k++)
                if (!has_apart(a, j) || k < 3)
                    good &=
                        fabs(ldexp(naive_bias(a, j, k), a->r)) <= 536870912.0;
        }
        if (good)
            return;
    }
}

static void naive_open(const rnn_model *model, int l, rnn_real x_unit,
                       naive_layer *a)
{
    const int L = model->num_layers, H = model->hidden_size;
    const int hot = l == 0 && model->input == RNN_INPUT_ONE_HOT;
    const int in = l                       ? H
                   : model->embedding_size ? model->embedding_size
                                           : model->input_size;
    int good;

    memset(a, 0, sizeof *a);
    naive_set(&a->m[1], H, (rnn_real)1 / 32768, 0);
    if (l == L) {
        a->G = 1;
        a->H = model->output_size;
        a->cell = -1;
        good = naive_tensor(model, "out.weight", 0, &a->m[1].of);
        a->bias[1] = naive_tensor(model, "out.bias", 0, &a->b[1]);
        good &= a->bias[1];
    } else {
        a->H = H;
        a->cell = (int)model->cell;
        a->G = a->cell == RNN_CELL_LSTM ? 4 : a->cell == RNN_CELL_GRU ? 3 : 1;
        naive_set(&a->m[0], in, l ? (rnn_real)1 / 32768 : x_unit, hot);
        good = naive_tensor(model, "weight_ih_l", l, &a->m[0].of);
        good &= naive_tensor(model, "weight_hh_l", l, &a->m[1].of);
        a->bias[0] = naive_tensor(model, "bias_ih_l", l, &a->b[0]);
        a->bias[1] = naive_tensor(model, "bias_hh_l", l, &a->b[1]);
        good &= a->bias[0] == !model->no_bias && a->bias[1] == a->bias[0];
    }
    MUST(good, "tensors of layer %d", l);
    naive_scales(&a->m[0]);
    naive_scales(&a->m[1]);
    naive_fit(a);
}

/* (S >> e) m of a row of part k; of a token 256 w8 m */
static int64_t naive_part(const naive_layer *a, int k, int row,
                          const int16_t *x, int id)
{
    const naive_matrix *m = &a->m[k];
    const int64_t f = nearest(naive_factor(a, k, row), a->r);
    int64_t sum = 0;
    int i;

    MUST(f >= 0 && f <= 16383, "factor %ld", (long)f);
    if (!x)
        return fits(256 * naive_w8(m, row, id) * f);
    for (i = 0; i < m->in; i++)
        fits(sum -= 128 * (int64_t)x[i]);
    for (i = 0; i < m->in; i++)
        fits(sum += x[i] * (naive_w8(m, row, i) + 128));
    return fits(down(sum, m->e) * f);
}

/* z of a row; parts as above */
static int64_t naive_z(const naive_layer *a, int row, int parts,
                       const int16_t *x, int id, const int16_t *h)
{
    int64_t z =
        nearest(naive_bias(a, row, parts), a->r) + ((int64_t)1 << (a->r - 1));

    if (parts & 1 && a->m[0].in)
        fits(z += naive_part(a, 0, row, x, id));
    if (parts & 2)
        fits(z += naive_part(a, 1, row, h, 0));
    return down(z, a->r);
}

static int64_t within(int64_t v, int64_t most)
{
    return v > most ? most : v < -most ? -most : v;
}

static void naive_unit(const naive_layer *a, int j, const int16_t *x, int id,
                       const int16_t *h, int16_t *to, int32_t *c)
{
    const int H = a->H;
    int64_t i, f, g, o, r, u, n, q;

    if (a->cell == RNN_CELL_TANH) {
        *to = (int16_t)naive_tanh(naive_z(a, j, 3, x, id, h));
    } else if (a->cell == RNN_CELL_GRU) {
        r = naive_sigmoid(naive_z(a, j, 3, x, id, h));
        u = naive_sigmoid(naive_z(a, H + j, 3, x, id, h));
        q = within(naive_z(a, 2 * H + j, 2, x, id, h), 65535);
        n = naive_z(a, 2 * H + j, 1, x, id, h);
        n = naive_tanh(fits(n + down(fits(r * q), 15)));
        *to = (int16_t)(n + down(fits(u * (h[j] - n) + 16384), 15));
    } else {
        i = naive_sigmoid(naive_z(a, j, 3, x, id, h));
        f = naive_sigmoid(naive_z(a, H + j, 3, x, id, h));
        g = naive_tanh(naive_z(a, 2 * H + j, 3, x, id, h));
        o = naive_sigmoid(naive_z(a, 3 * H + j, 3, x, id, h));
        n = fits(2 * f * down(c[j], 16));
        fits(n += down(fits(f * (c[j] - 65536 * down(c[j], 16))), 15));
        fits(n += down(fits(i * g + 16), 5));
        c[j] = (int32_t)within(n, (int64_t)1 << 29);
        *to = (int16_t)down(fits(o * naive_tanh(down(c[j], 13)) + 16384), 15);
    }
}

enum { MOST = 512 };

static void naive_step(const rnn_model *model, const naive_layer *a,
                       const int16_t *x, int id, int16_t *h, int32_t *c,
                       int32_t *logits)
{
    int16_t now[MOST];
    const int L = model->num_layers, H = model->hidden_size;
    int l, j;

    for (l = 0; l < L; l++, h += H, c = c ? c + H : NULL) {
        for (j = 0; j < H; j++)
            naive_unit(&a[l], j, x, id, h, &now[j], c);
        for (j = 0; j < H; j++)
            h[j] = now[j];
        x = h;
    }
    for (j = 0; j < model->output_size; j++)
        logits[j] = (int32_t)naive_z(&a[L], j, 2, NULL, 0, h - H);
}

/* ---- a network in whole numbers, and its arrays -------------------------- */

typedef struct made {
    rnn_int8_room room;
    rnn_int8 q;
    int16_t *h, *x;
    int32_t *c, *logits, *scratch;
} made;

/* Arrays of exactly the sizes of the macros, full of `mark`. */
static void make(const net_case *n, int mark, made *a)
{
    const size_t state = (size_t)(n->model.num_layers * n->model.hidden_size);
    const int has_c = n->model.cell == RNN_CELL_LSTM;

    a->room.weights_len = n->weights;
    a->room.factors_len = n->factors;
    a->room.biases_len = n->biases;
    a->room.shifts_len = n->shifts;
    a->room.weights = (uint8_t *)test_memory(n->weights);
    a->room.factors = (int16_t *)test_memory(n->factors * 2);
    a->room.biases = (int32_t *)test_memory(n->biases * 4);
    a->room.shifts = (uint8_t *)test_memory(n->shifts);
    memset(a->room.weights, mark, n->weights);
    memset(a->room.factors, mark, n->factors * 2);
    memset(a->room.biases, mark, n->biases * 4);
    memset(a->room.shifts, mark, n->shifts);
    a->q.weights = a->room.weights;
    a->q.factors = a->room.factors;
    a->q.biases = a->room.biases;
    a->q.shifts = a->room.shifts;
    a->h = (int16_t *)test_memory(state * 2);
    a->c = has_c ? (int32_t *)test_memory(state * 4) : NULL;
    a->x = (int16_t *)test_memory((size_t)n->model.input_size * 2);
    a->logits = n->model.output_size
                    ? (int32_t *)test_memory((size_t)n->model.output_size * 4)
                    : NULL;
    a->scratch = (int32_t *)test_memory(n->scratch * 4);
}

static int is_dense(const net_case *n)
{
    return n->model.input == RNN_INPUT_DENSE;
}

static rnn_real unit_of(const net_case *n)
{
    return is_dense(n) ? (rnn_real)4 / 32768 : 0;
}

/* Every number of every array is written, and two calls write the same. */
static void check_written(const net_case *n, const rnn_real *params)
{
    made a[2];
    int i;

    for (i = 0; i < 2; i++) {
        make(n, i ? 0x5a : 0xa5, &a[i]);
        GOOD(&why, rnn_quantize(&n->model, params, n->params, unit_of(n),
                                &a[i].room, &why));
    }
    CHECK(!memcmp(a[0].q.weights, a[1].q.weights, n->weights) &&
              !memcmp(a[0].q.factors, a[1].q.factors, n->factors * 2) &&
              !memcmp(a[0].q.biases, a[1].q.biases, n->biases * 4) &&
              !memcmp(a[0].q.shifts, a[1].q.shifts, n->shifts),
          "%s: not all is written", n->name);
}

/* ---- to the bit ---------------------------------------------------------- */

/* how states, x and weights are made */
enum { PLAIN, WIDE, SMALL, SATURATED, ALL_HIGH, ALL_LOW, WAYS };

static int16_t some_x(int way)
{
    const int v = (int)(test_next() >> 16 & 0xffff) - 32768;

    return (int16_t)(way == ALL_HIGH  ? 32767
                     : way == ALL_LOW ? -32768
                     : way == PLAIN   ? v / 4
                                      : v);
}

static rnn_real *make_params(const net_case *n, int way)
{
    const double scale = way == PLAIN   ? 0.5
                         : way == WIDE  ? exp(4 * test_number())
                         : way == SMALL ? 1.0 / 2000 /* r is 20 */
                                        : 1.75;
    rnn_real *p = test_reals(n->params, scale);
    size_t i;

    for (i = 0; i < n->params && way >= SATURATED; i++)
        p[i] = (rnn_real)(way == SATURATED && p[i] < 0 ? -scale : scale);
    for (i = 0; i < n->params && way == PLAIN; i += 11)
        p[i] = 0; /* and a column that is 0, below */
    return p;
}

/* The row of a table as x, by its formula. */
static rnn_real naive_table(const net_case *n, int id, int16_t *x)
{
    const int E = n->model.embedding_size, I = n->model.input_size;
    volatile rnn_real unit = 0, v;
    rnn_tensor t;
    int i;

    MUST(naive_tensor(&n->model, "emb.weight", 0, &t), "a table");
    for (i = 0; i < I * E; i++) {
        v = naive_params[t.offset + (size_t)i];
        v = v < 0 ? -v : v;
        unit = v > unit ? v : unit;
    }
    unit /= 32767;
    for (i = 0; i < E; i++) {
        v = naive_params[t.offset + (size_t)(id * E + i)] / unit;
        x[i] = (int16_t)floor((double)v + 0.5);
    }
    return unit;
}

/* Steps of both; returns how many numbers differ. */
static int differences(const net_case *n, const naive_layer *a, int way,
                       int steps)
{
    const rnn_model *m = &n->model;
    const int H = m->hidden_size, state = m->num_layers * H;
    const int O = m->output_size, has_c = m->cell == RNN_CELL_LSTM;
    int16_t h[2 * MOST], row[MOST];
    int32_t c[2 * MOST], logits[MOST];
    int t, i, id, bad = 0;
    made b;

    make(n, 0, &b);
    if (rnn_quantize(m, naive_params, n->params, unit_of(n), &b.room, NULL))
        return -1;
    for (i = 0; i < state; i++) {
        h[i] = b.h[i] = way == PLAIN ? (int16_t)0 : some_x(way);
        c[i] = way < ALL_HIGH   ? 0
               : way == ALL_LOW ? -((int32_t)1 << 29)
                                : (int32_t)1 << 29;
        if (has_c)
            b.c[i] = c[i];
    }
    for (t = 0; t < steps; t++) {
        id = is_dense(n) ? 0 : test_below(m->input_size);
        for (i = 0; i < m->input_size && is_dense(n); i++)
            b.x[i] = some_x(way == WIDE && t % 3 ? PLAIN : way);
        if (m->embedding_size)
            (void)naive_table(n, id, row);
        naive_step(m, a,
                   is_dense(n)         ? b.x
                   : m->embedding_size ? row
                                       : NULL,
                   id, h, c, logits);
        n->step(&b.q, is_dense(n) ? b.x : NULL, is_dense(n) ? NULL : &id, b.h,
                b.c, b.logits, b.scratch);
        for (i = 0; i < state; i++)
            bad += h[i] != b.h[i] || (has_c && c[i] != b.c[i]);
        for (i = 0; i < O; i++)
            bad += logits[i] != b.logits[i];
    }
    return bad;
}

static void check_bits(const net_case *n)
{
    naive_layer a[3];
    int16_t row[MOST];
    int way, l, bad;

    for (way = PLAIN; way < WAYS; way++) {
        const int large = n->model.hidden_size > 100;
        rnn_real unit = unit_of(n), *p = make_params(n, way);
        const int L = n->model.num_layers;
        naive_params = p;
        if (n->model.embedding_size)
            unit = naive_table(n, 0, row);
        if (way == PLAIN) /* a column of zeros */
            for (l = 0, naive_open(&n->model, 0, unit, a); l < a->m[1].in; l++)
                p[a->m[1].of.offset + (size_t)(l * a->m[1].of.rows)] = 0;
        for (l = 0; l < L + !!n->model.output_size; l++)
            naive_open(&n->model, l, unit, &a[l]);
        bad = differences(n, a, way, large ? 1 : 6);
        CHECK(bad == 0, "%s, way %d: %d numbers differ", n->name, way, bad);
        if (way < ALL_HIGH && !large)
            check_written(n, p);
    }
}

/* ---- against floats ------------------------------------------------------ */

static double float_h, float_logits;

/* Both models over steps; notes the largest errors, of h where it is at most 1,
 * of logits where their weights are at most 1 / sqrt H. */
static void follow_float(const net_case *n)
{
    const rnn_model *m = &n->model;
    const int state = m->num_layers * m->hidden_size, O = m->output_size;
    const double scale = 1 / sqrt((double)m->hidden_size);
    rnn_real *p = test_reals(n->params, scale), *h, *c, *x, *memory;
    const size_t all = n->params +
                       RNN_LOGITS(1, 1, RNN_CELL_LSTM, 1, 0, MOST, 1, 1, 1, 0) +
                       8000;
    rnn_row row;
    rnn_net net;
    rnn_work work;
    made b;
    int t, i, id;

    memset(&row, 0, sizeof row);
    memset(&work, 0, sizeof work);
    h = test_reals((size_t)state, 0);
    c = test_reals((size_t)state, 0);
    x = test_reals((size_t)m->input_size, 0);
    memory = test_reals(all, 0);
    make(n, 0, &b);
    work.weights = p;
    work.weights_len = n->params;
    if (rnn_plan(&net, m, NULL) || rnn_bind(&net, &work, memory, all) ||
        rnn_pack(&net, &work) ||
        rnn_quantize(m, p, n->params, unit_of(n), &b.room, NULL)) {
        CHECK(0, "%s: no float model", n->name);
        return;
    }
    for (t = 0; t < 50; t++) {
        id = is_dense(n) ? 0 : test_below(m->input_size);
        for (i = 0; i < m->input_size && is_dense(n); i++) {
            b.x[i] = some_x(PLAIN);
            x[i] = (rnn_real)b.x[i] * unit_of(n);
        }
        row.x = is_dense(n) ? x : NULL;
        row.ids = is_dense(n) ? NULL : &id;
        MUST(!rnn_step(&net, &work, &row, h,
                       m->cell == RNN_CELL_LSTM ? c : NULL),
             "%s: step", n->name);
        n->step(&b.q, is_dense(n) ? b.x : NULL, is_dense(n) ? NULL : &id, b.h,
                b.c, b.logits, b.scratch);
        for (i = 0; i < state; i++)
            float_h = fmax(float_h, fabs(b.h[i] / 32768.0 - (double)h[i]));
        for (i = 0; i < O; i++)
            float_logits = fmax(float_logits, fabs(b.logits[i] / 4096.0 -
                                                   (double)work.logits[i]));
    }
}

/* ---- what is refused ----------------------------------------------------- */

static const net_case *find(const char *name)
{
    int i;

    for (i = 0; i < NET_CASES; i++)
        if (strcmp(nets[i].name, name) == 0)
            return &nets[i];
    CHECK(0, "no net %s", name);
    return nets;
}

/* Says why, and writes nothing. */
#define NO(...)                                                                \
    do {                                                                       \
        const rnn_real unit_ = x_unit;                                         \
        SAID(rnn_quantize(&m, p, params_len, unit_, &b.room, &why),            \
             __VA_ARGS__);                                                     \
        CHECK(untouched(n, &b), "line %d: something is written", __LINE__);    \
        m = n->model, x_unit = unit_of(n), params_len = n->params;             \
        make(n, 0x5a, &b);                                                     \
    } while (0)

static int untouched(const net_case *n, const made *b)
{
    size_t i;
    int bad = 0;

    for (i = 0; i < n->weights; i++)
        bad += b->q.weights[i] != 0x5a;
    for (i = 0; i < n->factors; i++)
        bad += b->q.factors[i] != 0x5a5a;
    for (i = 0; i < n->biases; i++)
        bad += b->q.biases[i] != 0x5a5a5a5a;
    for (i = 0; i < n->shifts; i++)
        bad += b->q.shifts[i] != 0x5a;
    return !bad;
}

static void check_descriptions(void)
{
    const net_case *n = find("lstm_odd");
    const rnn_real *p = test_reals(n->params, 1);
    rnn_model m = n->model;
    rnn_real x_unit = unit_of(n);
    size_t params_len = n->params;
    made b;

    make(n, 0x5a, &b);
    m.cell = RNN_CELL_RELU;
    NO(RNN_E_UNSUPPORTED, "cell is 1, but int8 has tanh, GRU and LSTM alone");
    m.cell = RNN_CELL_GRU_RESET_BEFORE;
    NO(RNN_E_UNSUPPORTED, "cell is 3, but int8 has tanh, GRU and LSTM alone");
    m.cell = RNN_CELL_LSTM_PEEPHOLE;
    NO(RNN_E_UNSUPPORTED, "cell is 5, but int8 has tanh, GRU and LSTM alone");
    m.wiring = RNN_WIRING_1_TO_N;
    m.context_size = m.hidden_size;
    NO(RNN_E_UNSUPPORTED, "wiring is 2, but int8 has no decoder");
    m.bidirectional = 1;
    NO(RNN_E_UNSUPPORTED, "bidirectional is 1, but int8 has one direction");
    m.hidden_size = 0;
    NO(RNN_E_SIZE, "hidden_size is 0: 1 is the least");
    m.hidden_size = 512;
    NO(RNN_E_SIZE, "hidden_size is 512: 511 is the most");
    m.input_size = 512;
    NO(RNN_E_SIZE, "input_size is 512: 511 is the most");
    m.input = RNN_INPUT_EMBEDDING;
    m.embedding_size = 512;
    NO(RNN_E_SIZE, "embedding_size is 512: 511 is the most");
    m.input = RNN_INPUT_ONE_HOT;
    NO(RNN_E_ARG, "x_unit is 0.00012207, but tokens have no unit");
    x_unit = 0;
    NO(RNN_E_ARG, "x_unit is 0: it must be above 0");
    x_unit = -1;
    NO(RNN_E_ARG, "x_unit is -1: 0 is the least");
    x_unit = (rnn_real)NAN;
    NO(RNN_E_ARG, "x_unit is NaN: no finite number");
    x_unit = (rnn_real)INFINITY;
    NO(RNN_E_ARG, "x_unit is infinity: no finite number");
}

static void check_arrays(void)
{
    const net_case *n = find("lstm_odd");
    rnn_real *numbers = test_reals(n->params, 1);
    const rnn_real *p = numbers;
    rnn_model m = n->model;
    rnn_real x_unit = unit_of(n);
    size_t params_len = n->params;
    made b;

    make(n, 0x5a, &b);
#define SHORT(name, wants)                                                     \
    b.room.name##_len--;                                                       \
    NO(RNN_E_BUFFER, #name " has room for %lu: %lu are needed",                \
       (unsigned long)(wants) - 1, (unsigned long)(wants));                    \
    b.room.name = NULL;                                                        \
    NO(RNN_E_ARG, #name " is NULL")
    SHORT(weights, n->weights);
    SHORT(factors, n->factors);
    SHORT(biases, n->biases);
    SHORT(shifts, n->shifts);
    params_len--;
    NO(RNN_E_BUFFER, "params has room for %lu: %lu are needed",
       (unsigned long)n->params - 1, (unsigned long)n->params);
    p = NULL;
    NO(RNN_E_ARG, "params is NULL");
    p = numbers;
    SAID(rnn_quantize(NULL, p, n->params, x_unit, &b.room, &why), RNN_E_ARG,
         "model is NULL");
    SAID(rnn_quantize(&m, p, n->params, x_unit, NULL, &why), RNN_E_ARG,
         "to is NULL");
    CHECK(rnn_quantize(&m, p, n->params, x_unit, NULL, NULL) == RNN_E_ARG,
          "without a reason");
}

/* Too large, or no numbers at all. */
static void check_numbers(void)
{
    const net_case *n = find("lstm_odd");
    rnn_real *p = test_reals(n->params, 1), old;
    rnn_model m = n->model;
    rnn_real x_unit = unit_of(n);
    size_t params_len = n->params, last = n->params - 1;
    rnn_tensor t;
    made b;

    make(n, 0x5a, &b);
#define WITH(i, v, ...)                                                        \
    old = p[i];                                                                \
    p[i] = (rnn_real)(v);                                                      \
    NO(__VA_ARGS__);                                                           \
    p[i] = old
    WITH(0, NAN, RNN_E_NOT_FINITE, "params: number 0 is not finite");
    WITH(last, -INFINITY, RNN_E_NOT_FINITE, "params: number %lu is not finite",
         (unsigned long)last);
    WITH(0, 1e30, RNN_E_UNSUPPORTED,
         "layer (block 0): numbers are too large for 16 bits");
    WITH(last, 1e30, RNN_E_UNSUPPORTED,
         "the head (block 2): numbers are too large for 16 bits");
    MUST(naive_tensor(&n->model, "bias_hh_l", 1, &t), "a bias");
    WITH(t.offset, -1e6, RNN_E_UNSUPPORTED,
         "layer (block 1): numbers are too large for 16 bits");
    MUST(naive_tensor(&n->model, "weight_hh_l", 1, &t), "a weight");
    WITH(t.offset, -1e30, RNN_E_UNSUPPORTED,
         "layer (block 1): numbers are too large for 16 bits");
    x_unit = (rnn_real)1e30;
    NO(RNN_E_UNSUPPORTED, "layer (block 0): numbers are too large for 16 bits");
    /* what just fits, and dropout, which is not read */
    m.dropout = m.dropout_last = (rnn_real)0.5;
    GOOD(&why, rnn_quantize(&m, p, n->params, x_unit, &b.room, &why));
    m = n->model;
    m.wiring = RNN_WIRING_N_TO_1;
    GOOD(&why, rnn_quantize(&m, p, n->params, x_unit, &b.room, &why));
}

int main(int argc, char **argv)
{
    int i, k;

    test_seed(argc, argv);
    for (k = 0; k < 193; k++)
        MUST(rnn_i_int8_tab[k] == table(k), "tab[%d]", k);
    for (i = 0; i < NET_CASES; i++) {
        check_bits(&nets[i]);
        if (nets[i].model.hidden_size < 100)
            follow_float(&nets[i]);
        test_free();
    }
    printf("largest error of h %.4f, of logits %.4f\n", float_h, float_logits);
    CHECK(float_h <= 0.012, "h is off by %f", float_h);
    CHECK(float_logits <= 0.008, "logits are off by %f", float_logits);
    check_descriptions();
    check_arrays();
    check_numbers();
    (void)run;
    kinds_unused();
    test_free();
    return test_end();
}
