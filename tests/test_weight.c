/* RNN_WEIGHT: a folded step reads each of its parameters by it, and nothing
 * else. Here they lie in an array with their signs turned, as if in a flash
 * that has instructions of its own, so that whatever is read past it is wrong.
 */
#define RNN_WEIGHT(p) (-*(p))
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_FILES
#include "../rnn.h"

#include "test.h"

enum { I = 5, H = 7, STEPS = 5 };

typedef void folded(const rnn_real *params, const rnn_real *x, const int *id,
                    rnn_real *h, rnn_real *c, rnn_real *logits,
                    rnn_real *scratch);

/* two layers; a table; no biases and no head; 20 units, a tile and a rest */
#define CELLS(DO)                                                              \
    DO(TANH)                                                                   \
    DO(RELU)                                                                   \
    DO(GRU)                                                                    \
    DO(GRU_RESET_BEFORE)                                                       \
    DO(LSTM)
#define STEP(cell)                                                             \
    RNN_DEFINE_STEP(deep_##cell, RNN_CELL_##cell, I, 0, H, 2, 1, 1, 3)         \
    RNN_DEFINE_STEP(read_##cell, RNN_CELL_##cell, I, 4, H, 1, 1, 1, 2)         \
    RNN_DEFINE_STEP(bare_##cell, RNN_CELL_##cell, I, 0, 20, 1, 1, 0, 0)
CELLS(STEP)

static void same(folded *f, rnn_model m, int has_c)
{
    const size_t state = (size_t)(m.num_layers * m.hidden_size);
    const rnn_real *x = test_reals(I, 1);
    rnn_real *far_away, *h[2], *c[2], *logits = test_reals(4, 1), *memory;
    rnn_net net;
    rnn_work work;
    rnn_row row;
    size_t i;
    int t, k, bad = 0;

    memset(&work, 0, sizeof work);
    memset(&row, 0, sizeof row);
    MUST(rnn_plan(&net, &m, NULL) == RNN_OK, "plan");
    work.params = test_reals(net.sizes.params, 0.7);
    work.params_len = net.sizes.params;
    memory = test_reals(net.sizes.all, 1);
    MUST(rnn_bind(&net, &work, memory, net.sizes.all) == RNN_OK, "bind");
    far_away = test_reals(net.sizes.params, 1);
    for (i = 0; i < net.sizes.params; i++)
        far_away[i] = -work.params[i];
    for (k = 0; k < 2; k++) {
        h[k] = (rnn_real *)test_memory(state * sizeof *h[k]);
        c[k] = (rnn_real *)test_memory(state * sizeof *c[k]);
    }
    for (t = 0; t < STEPS; t++) {
        row.x = m.input == RNN_INPUT_DENSE ? x : NULL;
        row.ids = m.input == RNN_INPUT_DENSE ? NULL : &t;
        MUST(rnn_step(&net, &work, &row, h[0], has_c ? c[0] : NULL) == RNN_OK,
             "step");
        f(far_away, row.x, &t, h[1], has_c ? c[1] : NULL, logits,
          test_reals(net.sizes.step, 1));
        bad += memcmp(h[0], h[1], state * sizeof *h[0]) != 0;
        bad += memcmp(c[0], c[1], state * sizeof *c[0]) != 0;
        bad += m.output_size &&
               memcmp(logits, work.logits,
                      (size_t)m.output_size * sizeof *logits) != 0;
    }
    CHECK(bad == 0, "cell %d, input %d", m.cell, m.input);
    test_free();
}

static rnn_model model(rnn_cell cell, rnn_input input, int units, int layers,
                       int outputs)
{
    rnn_model m;

    memset(&m, 0, sizeof m);
    m.cell = cell;
    m.input = input;
    m.input_size = I;
    m.embedding_size = input == RNN_INPUT_EMBEDDING ? 4 : 0;
    m.hidden_size = units;
    m.num_layers = layers;
    m.output_size = outputs;
    m.no_bias = outputs == 0;
    return m;
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
#define SAME(cell)                                                             \
    same(deep_##cell, model(RNN_CELL_##cell, RNN_INPUT_DENSE, H, 2, 3),        \
         RNN_HAS_C(RNN_CELL_##cell) != 0);                                     \
    same(deep_##cell, model(RNN_CELL_##cell, RNN_INPUT_ONE_HOT, H, 2, 3),      \
         RNN_HAS_C(RNN_CELL_##cell) != 0);                                     \
    same(read_##cell, model(RNN_CELL_##cell, RNN_INPUT_EMBEDDING, H, 1, 2),    \
         RNN_HAS_C(RNN_CELL_##cell) != 0);                                     \
    same(bare_##cell, model(RNN_CELL_##cell, RNN_INPUT_DENSE, 20, 1, 0),       \
         RNN_HAS_C(RNN_CELL_##cell) != 0);
    CELLS(SAME)
    test_unused();
    return test_end();
}
