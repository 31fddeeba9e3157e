/* Corners to which the grids and the draws of other programs do not come:
 *
 *   sizes          the longest buffers and layers, and those that are longer
 *   bit for bit    products large in one way and small in another; the gradient
 *                  of a table beside that of a layer
 *   beams          tokens that are alike, the end alone, no token at all
 *
 * It runs in float and, for coverage, in double. */
#include <limits.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

/* ---- sizes --------------------------------------------------------------- */

/* The longest buffer is of PTRDIFF_MAX bytes. A smoothing out of range stops
 * the call after its sizes are checked, before it reads. */
static void check_longest(void)
{
    const size_t most = (size_t)PTRDIFF_MAX / sizeof(rnn_real);
    rnn_real x = 0;
    int target = 0;
    rnn_loss how = {0};
    rnn_status fits, too_long;

    how.smoothing = 2;
    fits = rnn_cross_entropy_rows(&x, most, 1, &target, &how, NULL, NULL, NULL);
    too_long = rnn_cross_entropy_rows(&x, most + 1, 1, &target, &how, NULL,
                                      NULL, NULL);
    CHECK(fits == RNN_E_ARG, "the longest buffer: %d", (int)fits);
    CHECK(too_long == RNN_E_SIZE, "one number more: %d", (int)too_long);
}

/* Both directions of a layer are side by side in what the next one reads, and
 * so are the parts of what a decoder reads: too wide for an int. */
static void check_too_wide(void)
{
    rnn_model m = {0};
    rnn_net net;

    m.input_size = m.output_size = 1;
    m.hidden_size = INT_MAX / 2 + 1;
    m.bidirectional = 1;
    CHECK(rnn_plan(&net, &m, NULL) == RNN_E_SIZE, "two directions");
    memset(&m, 0, sizeof m);
    m.wiring = RNN_WIRING_1_TO_N;
    m.feed = RNN_FEED_EACH;
    m.input_size = m.hidden_size = 1;
    m.context_size = INT_MAX;
    m.target = RNN_INPUT_EMBEDDING;
    m.target_size = m.output_size = 2;
    m.target_embedding_size = INT_MAX;
    CHECK(rnn_plan(&net, &m, NULL) == RNN_E_SIZE, "a token and c");
    memset(&m, 0, sizeof m);
    m.wiring = RNN_WIRING_N_TO_M;
    m.feed = RNN_FEED_STATE;
    m.input_size = m.target_size = m.output_size = 1;
    m.hidden_size = INT_MAX / 3 + 1;
    CHECK(sizeof(rnn_real) > 4 || sizeof(size_t) < 8 ||
              rnn_plan(&net, &m, NULL) == RNN_OK,
          "twice that fits");
}

/* Sizes that no memory has: of a linear block, a table, a model, a beam. */
static void check_too_many(void)
{
    rnn_linear lin = {1, 1, RNN_FN_IDENTITY, 0};
    rnn_linear_pass pass = {0};
    rnn_seq seq = {0};
    rnn_model m = {0};
    rnn_most most = {0};
    rnn_net net;
    rnn_real x = 0, y = 0, params[4] = {0};
    int id = 0;

    seq.steps = seq.batch = INT_MAX;
    seq.x = &x;
    pass.seq = &seq;
    pass.params = params;
    pass.y = &y;
    pass.params_len = pass.y_len = (size_t)-1;
    CHECK(rnn_linear_forward(&lin, &pass, NULL) == RNN_E_SIZE,
          "linear, its input");
    lin.output_size = 2;
    seq.batch = INT_MAX / 2;
    CHECK(rnn_linear_forward(&lin, &pass, NULL) == RNN_E_SIZE,
          "linear, its output");
    seq.ids = &id;
    CHECK(rnn_linear_forward(&lin, &pass, NULL) == RNN_E_SIZE,
          "a table's output");
    pass.seq = NULL;
    CHECK(rnn_linear_forward(&lin, &pass, NULL) == RNN_E_ARG,
          "linear, no sequence");

    m.cell = RNN_CELL_TANH;
    m.input_size = m.hidden_size = 1;
    m.output_size = 1 << 26; /* T*B*H would be a buffer, T*B*O is none */
    most.steps = most.batch = 1 << 20;
    CHECK(rnn_plan(&net, &m, &most) == RNN_E_SIZE, "logits");
    m.output_size = 1;
    CHECK(sizeof(size_t) < 8 || rnn_plan(&net, &m, &most) == RNN_OK,
          "one logit");
    m.wiring = RNN_WIRING_1_TO_N;
    most.steps = most.batch = 1;
    most.rows = 1 << 30;
    most.tokens = INT_MAX;
    CHECK(rnn_plan(&net, &m, &most) == RNN_E_SIZE, "the paths of a beam");
    most.tokens = 1;
    CHECK(sizeof(size_t) < 8 || rnn_plan(&net, &m, &most) == RNN_OK,
          "a wide beam");

    /* what a model reads */
    memset(&m, 0, sizeof m);
    memset(&most, 0, sizeof most);
    m.input_size = INT_MAX;
    m.hidden_size = m.output_size = 1;
    CHECK(sizeof(size_t) < 8 || rnn_plan(&net, &m, &most) == RNN_OK, "wide x");
    most.steps = most.batch = 46341;
    CHECK(rnn_plan(&net, &m, &most) == RNN_E_SIZE, "x");
    m.input = RNN_INPUT_ONE_HOT; /* there are tokens, and no array of T*B*I */
    CHECK(sizeof(size_t) < 8 || rnn_plan(&net, &m, &most) == RNN_OK, "tokens");
    m.input = RNN_INPUT_DENSE;
    most.steps = most.batch = 1;
    most.rows = INT_MAX;
    CHECK(rnn_plan(&net, &m, &most) == RNN_E_SIZE, "x of a step");
    m.wiring = RNN_WIRING_N_TO_M;
    most.rows = 0;
    CHECK(sizeof(size_t) < 8 || rnn_plan(&net, &m, &most) == RNN_OK,
          "a wide source");
    most.source_steps = most.batch = 46341;
    CHECK(rnn_plan(&net, &m, &most) == RNN_E_SIZE, "a source");
}

enum { STAMP = 16 }; /* numbers in front of packed */

/* The copies of a layer's weights, as RNN_PACKED counts them. */
static size_t copies(size_t input, size_t hidden)
{
    return (RNN_PACKED(RNN_CELL_GRU, input, 0, hidden, 1, 1, 0, 0) - STAMP) / 2;
}

/* Narrow layers: packed holds a copy of the weights of each layer, in training
 * two and one of the head's, in an encoder-decoder, too; and memory c alone. */
static void check_copies(void)
{
    rnn_model m = {0};
    rnn_most most = {0};
    rnn_net net;
    const rnn_sizes *z = &net.sizes;
    const size_t once = copies(3, 4) + copies(2, 4);

    m.wiring = RNN_WIRING_N_TO_M;
    m.cell = RNN_CELL_GRU;
    m.input_size = 3;
    m.hidden_size = 4;
    m.target_size = m.output_size = 2;
    m.feed = RNN_FEED_STATE;
    m.no_bias = 1;
    most.steps = most.batch = 2;
    most.source_steps = 3;
    MUST(rnn_plan(&net, &m, &most) == RNN_OK, "plan");
    CHECK(z->packed == STAMP + once, "%lu copied of %lu",
          (unsigned long)z->packed, (unsigned long)z->params);
    CHECK(z->memory == 2 * 4, "memory is c alone: %lu",
          (unsigned long)z->memory);
    most.train = 1;
    MUST(rnn_plan(&net, &m, &most) == RNN_OK, "plan");
    CHECK(z->packed == STAMP + 2 * once + 4 * 2, "%lu copied of %lu",
          (unsigned long)z->packed, (unsigned long)z->params);
}

/* ---- bit for bit --------------------------------------------------------- */

static int same(const rnn_real *a, const rnn_real *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

/* Products large in one way and small in another, with room for copies: the
 * bits of plain C. */
static void check_products(void)
{
    enum { T = 4, B = 64, I = 48, H = 64 };
    rnn_model m = {0};
    rnn_most most = {0};
    rnn_net net;
    rnn_work work = {0};
    rnn_seq seq = {0};
    rnn_flow flow = {0};
    rnn_run run = {0, 0, NULL, NULL, NULL};
    rnn_rng rng;
    rnn_real *dy, *y[3], *dx[2], *grads[2];
    size_t n;
    int k, bad = 0;

    m.cell = RNN_CELL_LSTM;
    m.input_size = I;
    m.hidden_size = H;
    most.steps = T;
    most.batch = B;
    most.train = 1;
    MUST(rnn_plan(&net, &m, &most) == RNN_OK, "plan");
    n = net.sizes.logits;
    dy = test_reals(n, 1);
    work.dlogits = dy;
    work.dlogits_len = n;
    work.run = &run;
    MUST(rnn_bind(&net, &work, test_reals(net.sizes.all, 0), net.sizes.all) ==
             RNN_OK,
         "bind");
    rnn_rng_seed(&rng, 1);
    MUST(rnn_init_params(&m, work.params, net.sizes.params, &rng, NULL) ==
             RNN_OK,
         "init");
    seq.steps = T;
    seq.batch = B;
    seq.x = test_reals(T * B * I, 1);
    seq.x_len = flow.dx_len = T * B * I;
    for (k = 0; k < 2; k++) {
        run.kernel = k ? RNN_KERNEL_PORTABLE : RNN_KERNEL_AUTO;
        y[k] = test_reals(n, 0);
        dx[k] = test_reals(T * B * I, 0);
        grads[k] = test_reals(net.sizes.params, 0);
        flow.dx = dx[k];
        bad |= rnn_forward(&net, &work, &seq);
        memcpy(y[k], work.logits, n * sizeof *y[k]);
        bad |= rnn_backward(&net, &work, &seq, &flow);
        memcpy(grads[k], work.grads, net.sizes.params * sizeof *grads[k]);
    }
    y[2] = work.logits;
    bad |= rnn_pack(&net, &work);
    bad |= rnn_infer(&net, &work, &seq);
    CHECK(!bad, "a status");
    CHECK(same(y[0], y[1], n) && same(y[0], y[2], n), "outputs");
    CHECK(same(dx[0], dx[1], T * B * I), "gradients of x");
    CHECK(same(grads[0], grads[1], net.sizes.params), "gradients of weights");
    test_free();
}

/* A linear block that reads tokens is a table, and its gradient that of one that
 * reads the same tokens as one-hot rows, bit for bit: the same sums in the same
 * order. */
static void check_table(void)
{
    enum { T = 9, B = 5, V = 3, E = 4 };
    rnn_linear table = {V, E, RNN_FN_IDENTITY, 1};
    rnn_linear_pass pass[2];
    rnn_real *x = test_reals(T * B * V, 0);
    rnn_seq seq[2] = {{0}};
    int *ids = test_ids(T * B, V), i, k;

    memset(pass, 0, sizeof pass);
    for (k = 0; k < 2; k++) {
        seq[k].steps = T;
        seq[k].batch = B;
        pass[k].seq = &seq[k];
        pass[k].params = k ? pass[0].params : test_reals(V * E, 1);
        pass[k].dy = k ? pass[0].dy : test_reals(T * B * E, 1);
        pass[k].grads = test_reals(V * E, 0);
        pass[k].y = test_reals(T * B * E, 0);
    }
    seq[0].ids = ids;
    seq[1].x = x;
    for (i = 0; i < T * B; i++)
        x[i * V + ids[i]] = 1;
    for (k = 0; k < 2; k++) {
        say_seq(&seq[k], NULL, 1);
        say_linear(&pass[k]);
        MUST(rnn_linear_forward(&table, &pass[k], NULL) == RNN_OK &&
                 rnn_linear_grads(&table, &pass[k], NULL) == RNN_OK,
             "a table");
    }
    for (i = 0; i < T * B; i++)
        CHECK(same(pass[0].y + i * E, pass[0].params + ids[i] * E, E), "row %d",
              i);
    CHECK(same(pass[0].y, pass[1].y, T * B * E), "rows");
    CHECK(same(pass[0].grads, pass[1].grads, V * E), "gradients");
    test_free();
}

/* ---- beams --------------------------------------------------------------- */

/* 1 vs N whose every logit is its bias; c is one zero. */
typedef struct fixed {
    rnn_model m;
    rnn_seq source;
    rnn_net net;
    rnn_work work;
    rnn_real x[1], h[1];
} fixed;

static void fixed_begin(fixed *f, const rnn_real *bias, int outputs)
{
    rnn_most most = {0};
    const rnn_sizes *z = &f->net.sizes;

    memset(f, 0, sizeof *f);
    f->m.wiring = RNN_WIRING_1_TO_N;
    f->m.cell = RNN_CELL_TANH;
    f->m.input_size = f->m.hidden_size = 1;
    f->m.output_size = outputs;
    f->source.steps = f->source.batch = 1;
    f->source.x = f->x;
    f->source.x_len = f->source.state_len = 1;
    most.tokens = 2;
    MUST(rnn_plan(&f->net, &f->m, &most) == RNN_OK, "plan");
    f->work.ints_len = z->ints;
    f->work.ints = (int *)test_memory(z->ints * sizeof(int));
    memset(f->work.ints, 0x55, z->ints * sizeof(int));
    MUST(rnn_bind(&f->net, &f->work, test_reals(z->all, 0), z->all) == RNN_OK,
         "bind");
    memset(f->work.params, 0, z->params * sizeof *f->work.params);
    f->work.params[0] = 1; /* of W_hh: V is 0, so no logit depends on it */
    memcpy(f->work.params + z->params - outputs, bias,
           (size_t)outputs * sizeof *bias);
    MUST(rnn_encode(&f->net, &f->work, &f->source, f->h, NULL) == RNN_OK,
         "encode");
}

static rnn_status beam(fixed *f, const rnn_writing *how, int *ids, int *counts,
                       rnn_real *scores)
{
    return rnn_beam_search(&f->net, &f->work, how, f->h, NULL, ids, counts,
                           scores);
}

/* Ties, the end alone, and no token at all. */
static void check_beams(void)
{
    static const rnn_real equal[2] = {0, (rnn_real)1e-30}, one[1] = {0};
    static const rnn_real later[3] = {-50, 0, (rnn_real)1e-30};
    rnn_writing d = {0};
    rnn_real scores[2] = {-1, -1};
    int ids[2] = {-1, -1}, counts[2] = {-2, -2};
    fixed f;

    fixed_begin(&f, equal, 2);
    d.end = -1;
    d.width = 1;
    d.ids_len = d.counts_len = 2;
    d.state_len = 1;
    d.max_tokens = 2;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_OK && counts[0] == 2 &&
              ids[0] == 1 && ids[1] == 1,
          "probabilities that round to the same: the greater logit");
    d.max_tokens = 0;
    d.length_power = 1;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_OK && counts[0] == 0 &&
              scores[0] == 0,
          "no token: %d, %g", counts[0], (double)scores[0]);
    test_free();

    fixed_begin(&f, later, 3);
    d.max_tokens = 1;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_OK && ids[0] == 2,
          "the same after a worse one");
    test_free();

    fixed_begin(&f, one, 1);
    d.end = 0;
    d.max_tokens = 2;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_OK && counts[0] == 0,
          "nothing but the end");
    d.min_tokens = 1;
    CHECK(beam(&f, &d, ids, counts, scores) == RNN_E_ARG,
          "nothing but the end, and not yet");
    test_free();
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_longest();
    check_too_wide();
    check_too_many();
    check_copies();
    check_products();
    check_table();
    check_beams();
    test_unused();
    return test_end();
}
