/* Steps and passes that the compiler folds, of every cell, against those of a
 * plan, bit for bit. In plain C: that the other kernels have its bits is
 * test_kernels' matter, and this file compiles in a third of the time. */
#define RNN_NO_SIMD
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

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

static rnn_model fixed_model(int cell, int input, int E, int H, int L, int bias,
                             int O)
{
    rnn_model m;

    memset(&m, 0, sizeof m);
    m.cell = (rnn_cell)cell;
    m.input = (rnn_input)input;
    m.input_size = FIXED_I;
    m.embedding_size = E;
    m.hidden_size = H;
    m.num_layers = L;
    m.no_bias = !bias;
    m.output_size = O;
    return m;
}

static void same_steps(fixed_step *f, int cell, int input, int E, int H, int L,
                       int bias, int O)
{
    const rnn_model m = fixed_model(cell, input, E, H, L, bias, O);
    const size_t state = (size_t)(L * H);
    rnn_real *h[2], *c[2], *in = test_reals(FIXED_I, 1), *memory, *logits;
    rnn_net net;
    rnn_work work;
    rnn_row row;
    int t, id, k, bad = 0;

    memset(&work, 0, sizeof work);
    memset(&row, 0, sizeof row);
    MUST(rnn_plan(&net, &m, NULL) == RNN_OK, "plan");
    work.params = test_reals(net.sizes.params, 0.7);
    work.params_len = net.sizes.params;
    memory = test_reals(net.sizes.all, 1);
    MUST(rnn_bind(&net, &work, memory, net.sizes.all) == RNN_OK, "bind");
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
    rnn_real *grads, *dlogits, *logits, *hn[2], *cn[2], *kept, *scratch,
        *memory;
    rnn_net net;
    rnn_work work;
    rnn_seq seq;
    rnn_flow flow;
    int k, bad = 0;

    memset(&work, 0, sizeof work);
    memset(&seq, 0, sizeof seq);
    memset(&flow, 0, sizeof flow);
    MUST(rnn_plan(&net, m, &most) == RNN_OK, "plan");
    work.params = test_reals(net.sizes.params, 0.7);
    work.params_len = net.sizes.params;
    memory = test_reals(net.sizes.all, 1);
    MUST(rnn_bind(&net, &work, memory, net.sizes.all) == RNN_OK, "bind");
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

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    fixed_steps();
    fixed_passes();
    test_unused();
    return test_end();
}
