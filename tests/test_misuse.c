/* Mistakes of a program that calls in a wrong order, or with something else
 * than before. Each gives a status and leaves the gradients alone, and what was
 * meant can then be done; or it does no harm: the gradients have the bits of a
 * forward pass with backward behind it. First an N vs N with dropout, then a
 * decoder with attention.
 *
 * Not seen, and silently wrong:
 *
 *   - what forward has read is something else in backward: x, ids, own_ids,
 *     weights; so with weights after rnn_pack, and with the lengths of sources
 *     after rnn_encode
 *   - arrays of a work that have been exchanged since rnn_bind, and a plan that
 *     has been made anew where it lies
 *   - an optimiser whose momentum or amsgrad is switched on after its first
 *     step, or whose first step left elements out
 *   - an enumerator of another list in a description: attention =
 *     RNN_CONTEXT_ALL; compilers warn
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

enum { T = 5, S = 4, B = 3, V = 6, H = 7, WIDTH = 2, TOKENS = 4 };

static rnn_model model;
static rnn_most most;
static rnn_net net;
static rnn_work work;
static rnn_seq seq, source;
static rnn_writing how;
static rnn_row row;
static rnn_real *want, *h, *c;
static int *ids, *words, *labels, lengths[B], source_lengths[B];
static int out[B * TOKENS], counts[B];
static rnn_real scores[B], *attn;

static rnn_real not_a_number(void)
{
    static const rnn_real zero = 0;

    return zero / zero;
}

static void fill(rnn_real *p, size_t n, rnn_real value)
{
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = value;
}

static int same(const rnn_real *p, const rnn_real *q, size_t n)
{
    return memcmp(p, q, n * sizeof *p) == 0;
}

/* A pass, and the gradient of its loss. Before it grads are no numbers. */
static void forward(void)
{
    fill(work.grads, net.sizes.params, not_a_number());
    MUST(!rnn_forward(&net, &work, &seq) &&
             !rnn_cross_entropy(&net, &work, &seq, labels, NULL, NULL),
         "forward");
}

/* Those of parameters are right. */
static void check_right(int line)
{
    const rnn_status st = rnn_backward(&net, &work, &seq, NULL);

    CHECK(!st && same(work.grads, want, net.sizes.params),
          "line %d: status %d, gradients", line, (int)st);
}

/* That status, and gradients still are no numbers. */
static void check_order(int line, rnn_status st)
{
    size_t i, n = 0;

    for (i = 0; i < net.sizes.params; i++)
        n += work.grads[i] != work.grads[i];
    CHECK(st == RNN_E_ORDER && n == net.sizes.params, "line %d: status %d",
          line, (int)st);
}

/* A mistake between forward and backward, then what was meant; and back. */
#define ORDER(mistake, back)                                                   \
    (forward(), (mistake),                                                     \
     check_order(__LINE__, rnn_backward(&net, &work, &seq, NULL)), (back),     \
     check_right(__LINE__))
/* A call between forward and backward, which may fail. */
#define HARMLESS(want, call)                                                   \
    do {                                                                       \
        forward();                                                             \
        CHECK((call) == (want), "%s", #call);                                  \
        check_right(__LINE__);                                                 \
    } while (0)

static void bind(rnn_work *w)
{
    memset(w, 0, sizeof *w);
    w->ints = (int *)test_memory(net.sizes.ints * sizeof(int));
    w->ints_len = net.sizes.ints;
    MUST(!rnn_bind(&net, w, test_reals(net.sizes.all, 1), net.sizes.all),
         "bind");
    memcpy(w->params, test_reals(net.sizes.params, 1),
           net.sizes.params * sizeof *w->params);
}

/* Everything of a model, and its gradient without a mistake. */
static void begin(void)
{
    rnn_rng rng;
    int i;

    memset(&most, 0, sizeof most);
    most.steps = T;
    most.source_steps = S;
    most.batch = B;
    most.rows = B * WIDTH;
    most.tokens = TOKENS;
    most.train = 1;
    MUST(!rnn_plan(&net, &model, &most), "plan");
    bind(&work);
    rnn_rng_seed(&rng, 1);
    MUST(!rnn_init_params(&model, work.params, net.sizes.params, &rng, NULL),
         "init");
    memset(&seq, 0, sizeof seq);
    memset(&source, 0, sizeof source);
    memset(&how, 0, sizeof how);
    memset(&row, 0, sizeof row);
    ids = test_ids(T * B, V);
    words = test_ids(S * B, V);
    labels = test_ids(T * B, V);
    for (i = 0; i < B; i++) {
        lengths[i] = T;
        source_lengths[i] = S;
    }
    seq.steps = T;
    seq.batch = B;
    seq.ids = ids;
    seq.lengths = lengths;
    seq.seed[0] = 4;
    if (model.wiring == RNN_WIRING_N_TO_M)
        seq.source = &source;
    source.steps = S;
    source.batch = B;
    source.ids = words;
    source.lengths = source_lengths;
    how.max_tokens = TOKENS;
    how.end = -1;
    how.rows = B;
    how.width = WIDTH;
    row.rows = B;
    row.ids = labels;
    h = test_reals(net.sizes.state, 1);
    c = test_reals(net.sizes.state, 1);
    attn = test_reals(TOKENS * B * S, 0);
    want = test_reals(net.sizes.params, 0);
    say_seq(&seq, labels, sizeof *labels);
    say_seq(&source, NULL, 1);
    seq.state_len = source.state_len = net.sizes.state;
    row.attn_len = TOKENS * B * S;
    say_row(&row, h, c);
    say_writing(&how, h, c, NULL, NULL, attn);
    how.ids_len = B * TOKENS;
    how.counts_len = B;
    forward();
    MUST(!rnn_backward(&net, &work, &seq, NULL), "backward");
    memcpy(want, work.grads, net.sizes.params * sizeof *want);
}

/* ---- a status ------------------------------------------------------------ */

/* What both models have in common. */
static void check_mistakes(void)
{
    rnn_model no_dropout = model;
    rnn_net other;
    rnn_work empty;

    forward(), check_right(__LINE__);
    fill(work.grads, net.sizes.params, not_a_number());
    check_order(__LINE__, rnn_backward(&net, &work, &seq, NULL)); /* twice */
    ORDER(seq.seed[0] = 5, seq.seed[0] = 4);
    ORDER(seq.first_step += T, seq.first_step = 0);
    ORDER(seq.first_row = 1, seq.first_row = 0);
    ORDER((seq.step_stride = 1, seq.row_stride = T),
          (seq.step_stride = seq.row_stride = 0));
    ORDER((seq.step_stride = B - 1, seq.row_stride = 1),
          (seq.step_stride = seq.row_stride = 0));
    ORDER(lengths[1] = 2, lengths[1] = T);
    ORDER((seq.steps = T - 1, seq.lengths = NULL),
          (seq.steps = T, seq.lengths = lengths));
    /* by a plan that this work was not made for */
    no_dropout.dropout = 0;
    MUST(!rnn_plan(&other, &no_dropout, &most), "another plan");
    forward();
    check_order(__LINE__, rnn_backward(&other, &work, &seq, NULL));
    check_right(__LINE__);
    no_dropout.dropout = model.dropout;
    no_dropout.dropout_last = (rnn_real)0.125;
    MUST(!rnn_plan(&other, &no_dropout, &most), "one more plan");
    CHECK(other.id != net.id, "plans of another dropout_last are told apart");
    /* in a work that no forward has filled */
    bind(&empty);
    forward();
    check_order(__LINE__, rnn_backward(&net, &empty, &seq, NULL));
    check_right(__LINE__);
}

/* ---- no harm ------------------------------------------------------------- */

static rnn_status infer(int steps, int batch)
{
    rnn_seq less = seq, words_of = source;

    less.steps = steps;
    less.batch = words_of.batch = batch;
    less.lengths = NULL;
    less.ids = labels;
    if (seq.source)
        less.source = &words_of;
    return rnn_infer(&net, &work, &less);
}

/* The loss of a pass over so many steps. */
static rnn_status loss_of(int steps)
{
    rnn_seq less = seq;

    less.steps = steps;
    less.lengths = NULL;
    return rnn_cross_entropy(&net, &work, &less, ids, NULL, NULL);
}

static rnn_status with_strides(size_t step, size_t row_stride)
{
    rnn_seq strided = seq;

    strided.step_stride = step;
    strided.row_stride = row_stride;
    return rnn_infer(&net, &work, &strided);
}

/* One step writes logits, which are then of no sequence. */
static rnn_status loss_of_step(void)
{
    MUST(!infer(1, B) && !rnn_step(&net, &work, &row, h, c), "step");
    return loss_of(1);
}

/* Another forward pass of this plan, in a work of its own. */
static rnn_status elsewhere(void)
{
    rnn_work there;
    rnn_seq less = seq;

    less.steps = T - 1;
    less.lengths = NULL;
    bind(&there);
    return rnn_forward(&net, &there, &less);
}

static rnn_status refused(rnn_status (*call)(const rnn_net *net, rnn_work *work,
                                             const rnn_seq *seq))
{
    const int id = ids[3];
    rnn_status st;

    ids[3] = V;
    st = call(&net, &work, &seq);
    ids[3] = id;
    return st;
}

static rnn_status nothing(void)
{
    return RNN_OK;
}

static void check_harmless(void)
{
    rnn_run run = {0, 3, NULL, NULL, NULL};
    rnn_flow flow = {0};
    size_t i, n = net.sizes.params;
    rnn_real *copy = test_reals(n, 0);

    HARMLESS(RNN_OK, infer(T, B));
    HARMLESS(RNN_OK, infer(2, 1));
    HARMLESS(RNN_OK, (infer(T, B), loss_of(T))); /* validation */
    HARMLESS(RNN_E_ORDER, loss_of(2));
    HARMLESS(RNN_E_ORDER, (infer(2, B), loss_of(T)));
    HARMLESS(RNN_E_SIZE, loss_of(T + 1));
    HARMLESS(RNN_E_ARG, with_strides(0, T));
    HARMLESS(RNN_E_ARG, with_strides(1, 0));
    HARMLESS(RNN_OK, rnn_pack(&net, &work));
    HARMLESS(RNN_OK, ((void)!rnn_pack(&net, &work), infer(T, B)));
    HARMLESS(RNN_OK, elsewhere());
    HARMLESS(RNN_E_ID, refused(rnn_forward));
    HARMLESS(RNN_E_ID, refused(rnn_infer));
    HARMLESS(RNN_OK, (fill(work.scratch, net.sizes.scratch, not_a_number()),
                      nothing()));
    HARMLESS(RNN_OK,
             (fill(work.logits, net.sizes.logits, not_a_number()), nothing()));
    HARMLESS(RNN_OK, (seq.lengths = NULL, nothing())); /* all are T */
    seq.lengths = lengths;
    /* another number of parts, another kernel */
    HARMLESS(RNN_OK, (work.run = &run, nothing()));
    run.kernel = RNN_KERNEL_PORTABLE;
    HARMLESS(rnn_map(RNN_FN_IDENTITY, 0, want, copy, &run),
             rnn_map(RNN_FN_IDENTITY, 0, want, copy, &run));
    work.run = NULL;
    /* gradients are added only where that is asked for */
    flow.accumulate = 1;
    forward();
    fill(work.grads, n, 1);
    MUST(!rnn_backward(&net, &work, &seq, &flow), "backward");
    for (i = 0; i < n; i++)
        copy[i] = work.grads[i] - want[i];
    for (i = 0; i < n && test_close((double)copy[i], 1, 1e-4, 0); i++)
        ;
    CHECK(i == n, "added to what was there");
    flow.accumulate = 0;
    flow.frozen = 1;
    forward();
    fill(work.grads, n, 1);
    fill(copy, n, 1);
    CHECK(!rnn_backward(&net, &work, &seq, &flow) && same(work.grads, copy, n),
          "left alone");
}

static void scale(rnn_real *p, size_t n, rnn_real by)
{
    size_t i;

    for (i = 0; i < n; i++)
        p[i] *= by;
}

/* Copies that rnn_pack has made are no longer read once a forward pass has made
 * its own: weights may have changed since. */
static void check_copies(void)
{
    const size_t n = B * V; /* of the first step */
    rnn_real *before = test_reals(n, 0);

    MUST(!rnn_pack(&net, &work), "pack");
    forward();
    check_right(__LINE__);
    scale(work.params, net.sizes.params, 2);
    MUST(!infer(T, B), "infer");
    memcpy(before, work.logits, n * sizeof *before);
    MUST(!rnn_pack(&net, &work) && !infer(T, B), "packed");
    CHECK(same(before, work.logits, n), "old copies");
    scale(work.params, net.sizes.params, (rnn_real)0.5);
}

/* Gradients of logits on padding are not read. */
static void check_padding(void)
{
    size_t n = net.sizes.params, i;
    rnn_real *grads = test_reals(n, 0);
    int k, j;

    lengths[1] = 2;
    lengths[2] = 0;
    for (k = 0; k < 2; k++) {
        forward();
        for (j = 0; j < T * B; j++)
            if (j / B >= lengths[j % B])
                fill(work.dlogits + j * V, V, k ? not_a_number() : 0);
        MUST(!rnn_backward(&net, &work, &seq, NULL), "backward");
        if (!k)
            memcpy(grads, work.grads, n * sizeof *grads);
    }
    for (i = 0; i < n && work.grads[i] - work.grads[i] == 0;)
        i++;
    CHECK(i == n && same(grads, work.grads, n), "gradients on padding");
    lengths[1] = lengths[2] = T;
}

static void check_plain(void)
{
    memset(&model, 0, sizeof model);
    model.cell = RNN_CELL_LSTM;
    model.input = RNN_INPUT_EMBEDDING;
    model.embedding_size = 4;
    model.input_size = model.output_size = V;
    model.hidden_size = H;
    model.num_layers = 2;
    model.dropout = (rnn_real)0.3;
    begin();
    check_mistakes();
    check_harmless();
    check_copies();
    check_padding();
    HARMLESS(RNN_OK, rnn_step(&net, &work, &row, h, c));
    HARMLESS(RNN_E_ORDER, loss_of_step());
    HARMLESS(RNN_OK, rnn_generate(&net, &work, &how, h, c, out, counts, NULL));
    HARMLESS(RNN_E_ARG, rnn_encode(&net, &work, &seq, h, c));
    test_free();
}

/* ---- a decoder ----------------------------------------------------------- */

static rnn_status encode(void)
{
    rnn_seq other = source;

    other.ids = labels;
    other.lengths = NULL;
    return rnn_encode(&net, &work, &other, h, c);
}

/* A decoder writes on from what encode has read, whatever has been trained. */
static void check_memory(void)
{
    rnn_real *before = test_reals(net.sizes.logits, 0);
    rnn_real *h2 = test_reals(net.sizes.state, 0);
    rnn_real *c2 = test_reals(net.sizes.state, 0);
    rnn_real *looks = test_reals(TOKENS * B * S, 0);
    int k;

    for (k = 0; k < 2; k++) {
        MUST(!encode(), "encode");
        if (k) {
            forward();
            check_right(__LINE__);
            MUST(!infer(2, 1), "infer");
        }
        memcpy(h2, h, net.sizes.state * sizeof *h);
        memcpy(c2, c, net.sizes.state * sizeof *c);
        CHECK(!rnn_step(&net, &work, &row, h2, c2), "step");
        CHECK(!k || same(before, work.logits, B * V), "a memory was lost");
        memcpy(before, work.logits, B * V * sizeof *before);
    }
    /* what a step was given to write, the next does not */
    row.attn = attn;
    MUST(!rnn_step(&net, &work, &row, h2, c2), "step");
    memcpy(looks, attn, TOKENS * B * S * sizeof *looks);
    row.attn = NULL;
    MUST(!rnn_step(&net, &work, &row, h2, c2), "step");
    CHECK(same(looks, attn, TOKENS * B * S), "attention of the step before");
}

static void check_decoder(void)
{
    memset(&model, 0, sizeof model);
    model.wiring = RNN_WIRING_N_TO_M;
    model.cell = RNN_CELL_LSTM;
    model.input = model.target = RNN_INPUT_EMBEDDING;
    model.input_size = model.target_size = model.output_size = V;
    model.embedding_size = model.target_embedding_size = 4;
    model.hidden_size = H;
    model.num_layers = 2;
    model.attention = RNN_SCORE_ADDITIVE;
    model.attention_size = 5;
    model.feed = RNN_FEED_STATE | RNN_FEED_EACH;
    model.head_context = 1;
    model.dropout = (rnn_real)0.3;
    begin();
    check_mistakes();
    ORDER(source_lengths[2] = 1, source_lengths[2] = S);
    check_harmless();
    check_copies();
    check_padding();
    HARMLESS(RNN_E_ORDER, rnn_step(&net, &work, &row, h, c));
    HARMLESS(RNN_OK, encode());
    HARMLESS(RNN_OK, rnn_step(&net, &work, &row, h, c));
    row.attn = attn;
    HARMLESS(RNN_OK, rnn_step(&net, &work, &row, h, c));
    HARMLESS(RNN_OK, rnn_generate(&net, &work, &how, h, c, out, counts, attn));
    HARMLESS(RNN_OK,
             rnn_beam_search(&net, &work, &how, h, c, out, counts, scores));
    check_memory();
    test_free();
}

/* ---- parameters ---------------------------------------------------------- */

/* The bias of forget gates is of a whole model: no other number changes. */
static void check_forget_bias(void)
{
    const rnn_model *m = &model;
    rnn_real *params, *p;
    rnn_tensor t;
    rnn_rng rng;
    rnn_net n;
    int i, wrong = 0, found = 0;
    size_t k;

    MUST(!rnn_plan(&n, m, NULL), "plan");
    params = test_reals(n.sizes.params, 1);
    p = test_reals(n.sizes.params, 1);
    rnn_rng_seed(&rng, 1);
    MUST(!rnn_init_params(m, params, n.sizes.params, &rng, NULL), "init");
    memcpy(p, params, n.sizes.params * sizeof *p);
    CHECK(rnn_init_forget_bias(m, p, n.sizes.params - 1, 1, NULL) ==
                  RNN_E_BUFFER &&
              same(p, params, n.sizes.params),
          "too short");
    MUST(!rnn_init_forget_bias(m, p, n.sizes.params, 1, NULL), "forget bias");
    for (i = 0; rnn_model_tensor(m, i, &t, NULL) == RNN_OK; i++)
        for (k = 0; k < t.size; k++) {
            const rnn_real now = p[t.offset + k], was = params[t.offset + k];
            const int forget =
                strstr(t.name, ".bias_") != NULL && k >= H && k < 2 * H;
            const int of_hh = strstr(t.name, ".bias_hh") != NULL;
            found += forget;
            wrong += forget ? now != (rnn_real)!of_hh : now != was;
        }
    CHECK(found == 2 * 2 * 2 * H && !wrong, "%d of %d forget biases wrong",
          wrong, found);
    test_free();
}

/* Which block of the first bias it sets, of each cell; -1: none. */
static void check_forget_gates(void)
{
    int cell, k;

    for (cell = 0; cell < RNN_CELLS; cell++) {
        const int gate =
            cell == RNN_CELL_LSTM || cell == RNN_CELL_LSTM_PEEPHOLE ? 1 : -1;
        rnn_real *p;
        rnn_model m;
        rnn_tensor t;
        rnn_net n;
        int wrong = 0;

        memset(&m, 0, sizeof m);
        m.cell = (rnn_cell)cell;
        m.input_size = 1;
        m.hidden_size = H;
        MUST(!rnn_plan(&n, &m, NULL), "plan");
        p = test_reals(n.sizes.params, 0);
        memset(p, 0, n.sizes.params * sizeof *p);
        CHECK(rnn_init_forget_bias(&m, p, n.sizes.params, 1, NULL) ==
                  (gate < 0 ? RNN_E_ARG : RNN_OK),
              "cell %d", cell);
        MUST(rnn_model_tensor(&m, 2, &t, NULL) == RNN_OK, "bias_ih_l0");
        for (k = 0; k < t.rows; k++)
            wrong += p[t.offset + (size_t)k] != (rnn_real)(k / H == gate);
        CHECK(!wrong, "cell %d: %d of its biases", cell, wrong);
        test_free();
    }
}

int main(void)
{
    check_plain();
    check_decoder();
    check_forget_bias();
    check_forget_gates();
    test_unused();
    return test_end();
}
