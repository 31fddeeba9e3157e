/* Sizes: the macros of [API-SIZES] against the functions, and sizes from every
 * corner of int: a status, never a crash; where they are accepted, they are
 * what exact arithmetic in long double says. */
#include <limits.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#define LEN(a) ((int)(sizeof(a) / sizeof *(a)))

/* ---- the macros --------------------------------------------------------- */

/* They dimension static arrays. */
static rnn_real a1[RNN_STACK_PARAMS(RNN_LSTM, 3, 4, 2, 2, 1)];
static rnn_real a2[RNN_STACK_STATE(4, 2, 2, 3)];
static rnn_real a3[RNN_STACK_TRAIN_TIGHT(RNN_GRU, 4, 2, 2, 5, 3)];
static rnn_real a4[RNN_STACK_TRAIN(RNN_GRU_RESET_BEFORE, 3, 4, 2, 2, 5, 3) +
                   RNN_STACK_TRAIN_DROPOUT(4, 2, 5, 3)];
static rnn_real a5[RNN_STACK_INFER(RNN_TANH, 4, 2, 2, 5, 3)];
static rnn_real a6[RNN_STACK_STEP(RNN_RELU, 4, 3)];
static rnn_real a7[RNN_LINEAR_PARAMS(3, 5, 1)];
static rnn_real a8[RNN_MODEL_PARAMS(RNN_LSTM, 3, 2, 4, 2, 2, 1, 5)];
static rnn_real a9[RNN_MODEL_OUTPUT(5, 3, 2)];
static rnn_real b1[RNN_MODEL_TRAIN_TIGHT(RNN_LSTM, 2, 4, 2, 2, 5, 3)];
static rnn_real b2[RNN_MODEL_TRAIN(RNN_LSTM, 3, 2, 4, 2, 2, 5, 3, 5)];
static rnn_real b3[RNN_MODEL_INFER(RNN_GRU, 2, 4, 2, 2, 5, 3)];
static rnn_real b4[RNN_MODEL_STEP(RNN_GRU, 2, 4, 3)];

static void check_arrays(void)
{
    a1[0] = a2[0] = a3[0] = a4[0] = a5[0] = a6[0] = a7[0] = a8[0] = 1;
    a9[0] = b1[0] = b2[0] = b3[0] = b4[0] = a1[0];
    CHECK(LEN(a1) == 736 && LEN(a7) == 20 && LEN(a9) == 30, "by hand");
    CHECK(LEN(a2) + LEN(a3) + LEN(a4) + LEN(a5) + LEN(a6) > 0 &&
          LEN(a8) + LEN(b1) + LEN(b2) + LEN(b3) + LEN(b4) > 0 &&
          b4[0] > 0 && a2[0] + a3[0] + a4[0] + a5[0] + a6[0] + a7[0] > 0 &&
          a8[0] + a9[0] + b1[0] + b2[0] + b3[0] > 0, "arrays");
}

/* One description: of the stack, and of the model around it. */
typedef struct grid {
    int cell, I, H, L, D, bias, T, B, E, O, drop;
} grid;

static void check_stack(const grid *g)
{
    rnn_stack s = {0};
    rnn_sizes z;
    size_t masks = 0;
    rnn_status st;

    s.cell = g->cell;
    s.input_size = g->I;
    s.hidden_size = g->H;
    s.num_layers = g->L;
    s.bidirectional = g->D == 2;
    s.no_bias = !g->bias;
    s.dropout = g->drop & 1 ? (rnn_real)0.5 : 0;
    s.dropout_last = g->drop & 2 ? (rnn_real)0.5 : 0;
    if (g->drop & 1)
        masks += (size_t)g->L - 1;
    if (g->drop & 2)
        masks++;
    masks *= RNN_STACK_TRAIN_DROPOUT(g->H, g->D, g->T, g->B);
    st = rnn_stack_sizes(&s, g->T, g->B, &z);
    CHECK(!st && z.params == RNN_STACK_PARAMS(g->cell, g->I, g->H, g->L, g->D,
                                              g->bias) &&
          z.state == RNN_STACK_STATE(g->H, g->L, g->D, g->B) &&
          z.output == RNN_MODEL_OUTPUT(g->T, g->B, g->D * g->H) &&
          z.train == masks + RNN_STACK_TRAIN(g->cell, g->I, g->H, g->L, g->D,
                                             g->T, g->B) &&
          z.train_tight == masks + RNN_STACK_TRAIN_TIGHT(g->cell, g->H, g->L,
                                                         g->D, g->T, g->B) &&
          z.infer == RNN_STACK_INFER(g->cell, g->H, g->L, g->D, g->T, g->B) &&
          z.step == RNN_STACK_STEP(g->cell, g->H, g->B),
          "stack: cell %d I %d H %d L %d D %d bias %d T %d B %d drop %d",
          g->cell, g->I, g->H, g->L, g->D, g->bias, g->T, g->B, g->drop);
}

static void check_model(const grid *g)
{
    rnn_model m = {0};
    rnn_sizes z;
    size_t masks = 0;
    rnn_status st;

    m.cell = g->cell;
    m.input = g->E ? RNN_EMBEDDING : RNN_ONE_HOT;
    m.input_size = g->I;
    m.embedding_size = g->E;
    m.hidden_size = g->H;
    m.num_layers = g->L;
    m.bidirectional = g->D == 2;
    m.no_bias = !g->bias;
    m.output_size = g->O;
    m.dropout_last = g->drop & 2 ? (rnn_real)0.5 : 0;
    if (g->drop & 2)
        masks = RNN_STACK_TRAIN_DROPOUT(g->H, g->D, g->T, g->B);
    st = rnn_model_sizes(&m, 0, g->T, g->B, &z);
    CHECK(!st && z.params == RNN_MODEL_PARAMS(g->cell, g->I, g->E, g->H, g->L,
                                              g->D, g->bias, g->O) &&
          z.state == RNN_STACK_STATE(g->H, g->L, g->D, g->B) &&
          z.output == RNN_MODEL_OUTPUT(g->T, g->B, g->O) &&
          z.train == masks + RNN_MODEL_TRAIN(g->cell, g->I, g->E, g->H, g->L,
                                             g->D, g->T, g->B, g->O) &&
          z.train_tight == masks + RNN_MODEL_TRAIN_TIGHT(g->cell, g->E, g->H,
                                                   g->L, g->D, g->T, g->B) &&
          z.infer == RNN_MODEL_INFER(g->cell, g->E, g->H, g->L, g->D, g->T,
                                     g->B) &&
          z.step == RNN_MODEL_STEP(g->cell, g->E, g->H, g->B),
          "model: cell %d I %d E %d H %d L %d D %d bias %d T %d B %d O %d",
          g->cell, g->I, g->E, g->H, g->L, g->D, g->bias, g->T, g->B, g->O);
}

static void check_grid(void)
{
    static const int I[] = {1, 3, 7}, H[] = {1, 2, 5, 16}, T[] = {1, 4};
    static const int B[] = {1, 3}, E[] = {0, 1, 6}, O[] = {1, 5};
    int k;

    for (k = 0; k < RNN_CELLS * 3 * 4 * 3 * 2 * 2 * 2 * 2 * 3 * 2 * 4; k++) {
        grid g;
        int n = k;
        g.cell = n % RNN_CELLS;
        g.I = I[(n /= RNN_CELLS) % 3];
        g.H = H[(n /= 3) % 4];
        g.L = 1 + (n /= 4) % 3;
        g.D = 1 + (n /= 3) % 2;
        g.bias = (n /= 2) % 2;
        g.T = T[(n /= 2) % 2];
        g.B = B[(n /= 2) % 2];
        g.drop = (n /= 2) % 4;
        g.E = E[(n /= 4) % 3];
        g.O = O[(n /= 3) % 2];
        if (g.E == 0 && g.O == 1)
            check_stack(&g);
        check_model(&g);
    }
    for (k = 0; k < 3 * 3 * 2; k++) {
        rnn_linear lin = {0};
        size_t n = 0;
        lin.input_size = I[k % 3];
        lin.output_size = I[k / 3 % 3];
        lin.no_bias = k / 9;
        CHECK(!rnn_linear_size(&lin, &n) &&
              n == RNN_LINEAR_PARAMS(I[k % 3], I[k / 3 % 3], 1 - k / 9),
              "linear %d", k);
    }
}

/* ---- corners of int ------------------------------------------------------ */

/* A stack, and a model around it. */
static void stack_corners(void)
{
    static const int v[] = {1, 46341, 65536, 1 << 29, INT_MAX};
    rnn_stack stack = {0};
    rnn_model model = {0};
    rnn_sizes z;
    rnn_status st, st2;
    long double p, most = (long double)PTRDIFF_MAX / sizeof(rnn_real);
    int i;

    model.cell = RNN_LSTM;
    model.input = RNN_EMBEDDING;
    for (i = 0; i < 5 * 5 * 5 * 5 * 2; i++) {
        stack.cell = i % 2 ? RNN_LSTM : RNN_TANH;
        stack.input_size = v[i % 5];
        stack.hidden_size = v[i / 5 % 5];
        stack.num_layers = v[i / 25 % 5];
        stack.no_bias = 1;
        st = rnn_stack_sizes(&stack, v[i / 125 % 5], 1, &z);
        p = (long double)RNN_GATES(stack.cell) * stack.hidden_size *
            ((long double)stack.input_size + stack.hidden_size +
             2.0L * stack.hidden_size * (stack.num_layers - 1.0L));
        CHECK(st == RNN_OK || st == RNN_E_SIZE, "corner %d: %d", i, (int)st);
        CHECK(st || (p <= most && p >= (long double)z.params &&
                     p <= (long double)z.params), "corner %d: params", i);
        CHECK(p <= most || st == RNN_E_SIZE, "corner %d: too large", i);
        st = rnn_stack_sizes(&stack, v[i / 125 % 5], INT_MAX, &z);
        CHECK(!st || st == RNN_E_SIZE, "corner %d: batch", i);
        model.hidden_size = stack.hidden_size;
        model.num_layers = stack.num_layers;
        model.input_size = stack.input_size;
        model.embedding_size = v[i / 125 % 5];
        model.output_size = v[i / 625 % 5];
        st2 = rnn_model_sizes(&model, 0, 1, v[i / 125 % 5], &z);
        CHECK(!st2 || st2 == RNN_E_SIZE, "corner %d: model", i);
    }
}

/* Corners of int: the first few are small, the last but one wraps if cubed. */
static int corner(int few)
{
    static const int v[] = {1, 3, 46341, 65536, INT_MAX, 1 << 22, 1 << 28};

    return v[test_below(few)];
}

/* Parameters by exact arithmetic. */
static long double count_stack(const rnn_stack *s)
{
    const long double G = RNN_GATES(s->cell), n = s->hidden_size;
    const long double D = s->bidirectional ? 2 : 1;
    const long double L = s->num_layers ? s->num_layers : 1;

    return G * n * D * (s->input_size + n + 2 + (L - 1) * (D * n + n + 2));
}

static long double count_params(const rnn_model *m)
{
    const long double D = m->bidirectional ? 2 : 1, K = D * m->hidden_size;
    const long double n = m->num_sources == 2 ? 2 : 1;
    const long double R = n * K * (m->context == RNN_ALL ? m->source_steps : 1);
    const long double C = m->context_size, A_ = m->attention_size;
    rnn_stack enc, dec;
    long double sum;

    memset(&enc, 0, sizeof enc);
    enc.cell = m->cell;
    enc.input_size = m->embedding_size;
    enc.hidden_size = m->hidden_size;
    enc.num_layers = m->num_layers;
    enc.bidirectional = m->bidirectional;
    dec = enc;
    dec.bidirectional = 0;
    dec.hidden_size = m->decoder_hidden_size;
    dec.input_size = 0;
    sum = count_stack(&dec) + RNN_GATES(dec.cell) * (long double)
          dec.hidden_size * (m->target_embedding_size + C + n * K);
    sum += n * (count_stack(&enc) + (long double)m->input_size *
                                    m->embedding_size);
    sum += n * A_ * (dec.hidden_size + K + 1) + C * (R + 1);
    sum += (long double)m->target_size * m->target_embedding_size;
    return sum + m->output_size * (dec.hidden_size + n * K + 1);
}

/* Every size of a description at random corners: RNN_OK with the very number
 * of parameters, and room for what must be kept, or RNN_E_SIZE; never RNN_OK
 * where they exceed an array. */
static void model_corners(void)
{
    const long double most = (long double)PTRDIFF_MAX / sizeof(rnn_real);
    rnn_decoding d = {0};
    rnn_model model = {0}, *m = &model;
    int i, good = 0, large = 0;

    for (i = 0; i < 20000; i++) {
        const int few = i % 5 ? i % 3 ? 4 : 2 : 7, many = i % 3 ? few : 7;
        const int s = corner(many), t = corner(many), b = corner(many);
        long double p, kept, K;
        size_t work, ints;
        rnn_status st;
        rnn_sizes z;

        m->wiring = RNN_N_TO_M;
        m->input = m->target = RNN_EMBEDDING;
        m->feed = RNN_AT_EACH;
        m->attention = RNN_ADDITIVE;
        m->head_context = 1;
        m->cell = test_below(RNN_CELLS);
        m->bidirectional = test_below(2);
        m->num_sources = 1 + test_below(2);
        m->context = test_below(RNN_CONTEXTS);
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
        st = rnn_model_sizes(m, s, t, b, &z);
        p = count_params(m);
        K = (long double)m->hidden_size * (m->bidirectional ? 2 : 1) *
            m->num_sources;
        kept = (long double)b * ((long double)s * K +
                                 (long double)t * s * m->num_sources +
                                 (long double)t * m->decoder_hidden_size);
        CHECK(st == RNN_OK || st == RNN_E_SIZE, "corner %d: %d", i, (int)st);
        if (st) {
            CHECK(p + kept > 1e6L, "corner %d: refused", i);
            large++;
            continue;
        }
        good++;
        CHECK(p <= most && p >= (long double)z.params &&
              p <= (long double)z.params, "corner %d: params", i);
        CHECK(kept <= (long double)z.train_tight && z.train_tight <= z.train &&
              (long double)z.train <= most &&
              (long double)z.output <= most, "corner %d: work", i);
        CHECK((long double)z.memory >= (long double)b * s * K &&
              z.memory <= z.infer && z.infer <= z.train_tight,
              "corner %d: memory", i);
        d.max_steps = corner(few);
        d.width = corner(few);
        st = rnn_beam_sizes(m, s, b, &d, &work, &ints);
        p = (long double)b * d.width;
        CHECK(st == RNN_OK || st == RNN_E_SIZE || p > INT_MAX,
              "corner %d: beam", i);
        CHECK(st || (p * m->output_size <= (long double)work &&
                     p * 3 * d.max_steps <= (long double)ints),
              "corner %d: beam's sizes", i);
    }
    CHECK(good > 100 && large > 100, "%d fit, %d do not", good, large);
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

        att.score = RNN_ADDITIVE + test_below(2);
        att.query_size = corner(few);
        att.key_size = corner(few);
        att.size = corner(few);
        Q = att.query_size;
        K = att.key_size;
        n = att.score == RNN_ADDITIVE ? att.size : Q;
        p = att.score == RNN_ADDITIVE ? n * (Q + K + 1) : K * Q;
        st = rnn_attention_sizes(&att, s, t, b, &got[0], &got[1], &got[2]);
        if (st) {
            CHECK(st == RNN_E_SIZE && got[0] + got[1] + got[2] == 21 &&
                  p + rows * (n + K) + (long double)t * b * (s + Q + K + n) >
                      1e6L, "attention, corner %d: %d", i, (int)st);
            continue;
        }
        CHECK(p <= most && p >= (long double)got[0] &&
              p <= (long double)got[0] && rows * n <= (long double)got[1] &&
              rows * n >= (long double)got[1] &&
              (long double)got[2] >= (long double)got[1] &&
              (long double)got[2] >= 2.0L * t * b * n &&
              (long double)got[2] <= most, "attention, corner %d", i);
    }
}

/* argv[1] is the seed of the corners. */
int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_arrays();
    check_grid();
    stack_corners();
    model_corners();
    attention_corners();
    test_unused();
    return test_end();
}
