/* What a build with RNN_CHECK finds, mistake by mistake, as a new user makes
 * them: numbers that nobody has written, what has changed between two calls,
 * arrays of the wrong length. Each is refused with its reason, and what was
 * meant goes through.
 *
 *     test_check [SEED]
 */
#define RNN_IMPLEMENTATION
#define RNN_CHECK
#include "../rnn.h"
#include "why.h"

enum { T = 4, B = 3, I = 2, H = 3, L = 2, O = 5 };

static rnn_model model;
static rnn_net net;
static rnn_work work;
static rnn_seq seq;
static rnn_flow flow;
static rnn_optimizer opt;
static int ids[T * B], lengths[B], targets[T * B];
static rnn_real x[T * B * I], h[L * B * H], c[L * B * H];

/* NaN, as memory of rnn_bind's has where nobody has written. */
static rnn_real nothing(void)
{
    return (rnn_real)NAN;
}

#define CALL(call, ...) SAYS(&work.why, call, __VA_ARGS__)
#define WELL(call) GOOD(&work.why, call)
#define FORWARD() rnn_forward(&net, &work, &seq)
#define LOSS() rnn_cross_entropy(&net, &work, &seq, targets, NULL, NULL)
#define BACKWARD() rnn_backward(&net, &work, &seq, &flow)
#define STEP() rnn_optimizer_step(&opt, &net, &work)

/* All but parameters: an LSTM of two layers over tokens, or numbers. */
static void begin(rnn_wiring wiring, rnn_input input)
{
    const rnn_most most = {.steps = T, .batch = B, .train = 1, .moments = 2};
    int i;

    test_free();
    memset(&model, 0, sizeof model);
    memset(&work, 0, sizeof work);
    memset(&seq, 0, sizeof seq);
    memset(&flow, 0, sizeof flow);
    model.wiring = wiring;
    model.cell = RNN_CELL_LSTM;
    model.input = input;
    model.input_size = input == RNN_INPUT_DENSE ? I : O;
    model.hidden_size = H;
    model.num_layers = L;
    model.output_size = O;
    MUST(!rnn_plan(&net, &model, &most), "plan");
    WELL(rnn_bind(&net, &work, test_reals(net.sizes.all, 1), net.sizes.all));
    MUST(!rnn_optimizer_init(&opt, RNN_OPT_ADAM, (rnn_real)0.01, NULL), "adam");
    for (i = 0; i < T * B * I; i++)
        x[i] = (rnn_real)test_number();
    for (i = 0; i < L * B * H; i++)
        h[i] = c[i] = (rnn_real)test_number();
    for (i = 0; i < T * B; i++)
        ids[i] = targets[i] = i % O;
    for (i = 0; i < B; i++)
        lengths[i] = T - i;
    seq.steps = T;
    seq.batch = B;
    seq.lengths = lengths;
    seq.x = input == RNN_INPUT_DENSE ? x : NULL;
    seq.ids = input == RNN_INPUT_DENSE ? NULL : ids;
    seq.x_len = T * B * I;
    seq.ids_len = seq.targets_len = T * B;
    seq.state_len = flow.state_len = L * B * H;
}

/* The same with parameters. */
static void begin_well(rnn_wiring wiring, rnn_input input)
{
    rnn_rng rng;

    begin(wiring, input);
    rnn_rng_seed(&rng, 3);
    MUST(!rnn_init_params(&model, work.params, work.params_len, &rng, NULL),
         "init");
}

static int same(const rnn_real *p, const rnn_real *q, size_t n)
{
    return memcmp(p, q, n * sizeof *p) == 0;
}

/* ---- what nobody has written --------------------------------------------- */

static void check_params(void)
{
    const rnn_row row = {.rows = B, .ids = ids, .state_len = L * B * H};
    size_t i;

    begin(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    CALL(FORWARD(), RNN_E_NOT_FINITE,
         "params: number 0 is NaN: has it been written?");
    CALL(rnn_infer(&net, &work, &seq), RNN_E_NOT_FINITE,
         "params: number 0 is NaN: has it been written?");
    CALL(rnn_step(&net, &work, &row, h, c), RNN_E_NOT_FINITE,
         "params: number 0 is NaN: has it been written?");
    for (i = 0; i < work.params_len; i++)
        work.params[i] = 0;
    CALL(FORWARD(), RNN_E_ORDER,
         "params are all 0: rnn_init_params, or load them");
    CALL(rnn_step(&net, &work, &row, h, c), RNN_E_ORDER,
         "params are all 0: rnn_init_params, or load them");
    work.params[i - 1] = 1;
    WELL(FORWARD());
    WELL(rnn_step(&net, &work, &row, h, c));
    work.params[i - 1] = nothing(); /* the last one alone */
    CALL(FORWARD(), RNN_E_NOT_FINITE,
         "params: number %d is NaN: has it been written?", (int)i - 1);
}

static void check_inputs(void)
{
    unsigned char fresh[B] = {1, 0, 0};
    const int end = (T - 1) * B * I; /* of the last step, rows 1, 2: padding */

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_DENSE);
    x[end + I] = x[end + 2 * I + 1] = nothing();
    WELL(FORWARD());
    x[end + 1] = nothing();
    CALL(FORWARD(), RNN_E_NOT_FINITE,
         "x: number %d is NaN: has it been written?", end + 1);
    x[end + 1] = 1;
    seq.h0 = h;
    seq.c0 = c;
    WELL(FORWARD());
    h[L * B * H - 1] = nothing();
    CALL(FORWARD(), RNN_E_NOT_FINITE,
         "h0: number %d is NaN: has it been written?", L * B * H - 1);
    h[L * B * H - 1] = 0;
    c[0] = nothing();
    CALL(rnn_infer(&net, &work, &seq), RNN_E_NOT_FINITE,
         "c0: number 0 is NaN: has it been written?");
    h[0] = nothing();
    seq.fresh = fresh; /* row 0 starts from zeros, whatever they hold */
    WELL(rnn_infer(&net, &work, &seq));
}

/* No loss before backward; gradients of states; grads that are added to. */
static void check_entering(rnn_wiring wiring)
{
    const size_t padding = wiring == RNN_WIRING_N_TO_1 ? 0 : T * B * O - 1;
    int i;

    begin_well(wiring, RNN_INPUT_ONE_HOT);
    WELL(FORWARD());
    CALL(BACKWARD(), RNN_E_NOT_FINITE,
         "dlogits: number 0 is NaN: has it been written?");
    WELL(LOSS());
    if (padding) {
        work.dlogits[padding] = nothing(); /* is not read */
    } else {
        work.dlogits[B * O - 1] = nothing();
        CALL(BACKWARD(), RNN_E_NOT_FINITE,
             "dlogits: number %d is NaN: has it been written?", B * O - 1);
        work.dlogits[B * O - 1] = 0;
    }
    flow.dhn = h;
    flow.dcn = c;
    c[5] = nothing();
    CALL(BACKWARD(), RNN_E_NOT_FINITE,
         "dcn: number 5 is NaN: has it been written?");
    c[5] = 0;
    h[L * B * H - 1] = nothing();
    CALL(BACKWARD(), RNN_E_NOT_FINITE,
         "dhn: number %d is NaN: has it been written?", L * B * H - 1);
    h[L * B * H - 1] = 0;
    flow.accumulate = 1;
    CALL(BACKWARD(), RNN_E_NOT_FINITE,
         "grads: number 0 is NaN: has it been written?");
    for (i = 0; i < (int)work.grads_len; i++)
        work.grads[i] = 0;
    WELL(BACKWARD());
    WELL(FORWARD());
    WELL(LOSS());
    work.grads[3] = nothing();
    flow.frozen = 1; /* is not written either */
    WELL(BACKWARD());
    WELL(FORWARD());
    WELL(LOSS());
    flow.frozen = flow.accumulate = 0;
    WELL(BACKWARD());
}

/* A first step that leaves an element out; gradients from nowhere. */
static void check_optimizer(void)
{
    const size_t n = net.sizes.params;
    rnn_real *before, *m;
    rnn_optimizer was;

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    WELL(FORWARD());
    WELL(LOSS());
    WELL(BACKWARD());
    before = (rnn_real *)test_memory(n * sizeof *before);
    memcpy(before, work.params, n * sizeof *before);
    was = opt;
    work.grads[n - 1] = nothing();
    CALL(STEP(), RNN_E_NOT_FINITE,
         "grads: number %d is NaN: has it been written?", (int)n - 1);
    CHECK(same(before, work.params, n) && opt.step == was.step,
          "a step that is refused changes nothing");
    work.grads[n - 1] = 0;
    WELL(STEP());
    m = work.moments;
    m[2 * n - 1] = nothing(); /* as if the first step had left it out */
    WELL(FORWARD());
    WELL(LOSS());
    WELL(BACKWARD());
    CALL(STEP(), RNN_E_NOT_FINITE,
         "moments: number %d is NaN: has it been written?", (int)n - 1);
    m[2 * n - 1] = 0;
    WELL(STEP());
    m[0] = nothing();
    SAYS(&why,
         rnn_optimizer_step_array(&opt, work.params, work.grads, m, n, &run),
         RNN_E_NOT_FINITE, "moments: number 0 is NaN: has it been written?");
    work.grads[2] = nothing();
    SAYS(&why,
         rnn_optimizer_range(&opt, work.params, work.grads, m, n, 1, 2, &run),
         RNN_E_NOT_FINITE, "grads: number 1 is NaN: has it been written?");
}

/* A loss that was left out, or was of another pass, from the second time on. */
static void check_stale(rnn_wiring wiring)
{
    static const char old[] =
        "dlogits are those of an earlier pass: no loss since rnn_forward";

    begin_well(wiring, RNN_INPUT_ONE_HOT);
    WELL(FORWARD());
    WELL(LOSS());
    WELL(BACKWARD());
    WELL(FORWARD());
    CALL(BACKWARD(), RNN_E_ORDER, "%s", old);
    WELL(rnn_infer(&net, &work, &seq));
    WELL(LOSS()); /* that of an infer */
    CALL(BACKWARD(), RNN_E_ORDER, "%s", old);
    WELL(FORWARD());
    WELL(LOSS());
    WELL(FORWARD()); /* the loss of the pass before */
    CALL(BACKWARD(), RNN_E_ORDER, "%s", old);
    WELL(LOSS()); /* the same numbers, but new */
    WELL(BACKWARD());
    WELL(FORWARD());
    work.dlogits[0] += 1; /* a gradient of the caller's own */
    WELL(BACKWARD());
}

/* The caller's own gradients may stay as they are. */
static void check_own_gradients(void)
{
    size_t i;

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    for (i = 0; i < work.dlogits_len; i++)
        work.dlogits[i] = 1;
    WELL(FORWARD());
    WELL(BACKWARD());
    WELL(FORWARD());
    WELL(BACKWARD());
}

/* Other arrays in place of those that were bound: in any build. */
static void check_arrays(void)
{
    rnn_work was;

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    was = work;
    work.logits_len = T * B * O - 1;
    CALL(FORWARD(), RNN_E_BUFFER, "logits has room for %d: %d are needed",
         T * B * O - 1, T * B * O);
    work.logits = NULL;
    CALL(rnn_infer(&net, &work, &seq), RNN_E_ARG, "logits is NULL");
    work = was;
    work.weights_len--;
    CALL(FORWARD(), RNN_E_BUFFER, "weights has room for %d: %d are needed",
         (int)net.sizes.params - 1, (int)net.sizes.params);
    work = was;
    work.dlogits_len = 1;
    CALL(FORWARD(), RNN_E_BUFFER, "dlogits has room for 1: %d are needed",
         T * B * O);
    work = was;
    WELL(FORWARD());
    WELL(LOSS());
    work.grads_len--;
    CALL(BACKWARD(), RNN_E_BUFFER, "grads has room for %d: %d are needed",
         (int)net.sizes.params - 1, (int)net.sizes.params);
    work.grads = NULL;
    CALL(BACKWARD(), RNN_E_ARG, "grads is NULL");
    flow.frozen = 1; /* it is left alone */
    WELL(BACKWARD());
    work = was;
    flow.frozen = 0;
    WELL(FORWARD());
    work.logits_len = 2;
    CALL(LOSS(), RNN_E_BUFFER, "logits has room for 2: %d are needed",
         T * B * O);
    work = was;
    WELL(FORWARD());
    work.dlogits_len = 3;
    CALL(LOSS(), RNN_E_BUFFER, "dlogits has room for 3: %d are needed",
         T * B * O);
    work = was;
    WELL(FORWARD());
    WELL(LOSS());
    WELL(BACKWARD());
    work.grads_len = 4;
    CALL(STEP(), RNN_E_BUFFER, "grads has room for 4: %d are needed",
         (int)net.sizes.params);
}

/* Whether two of T steps of B rows have one place. */
static int meet(size_t step, size_t row)
{
    int seen[128] = {0}, t, b, two = 0;

    for (t = 0; t < T; t++)
        for (b = 0; b < B; b++)
            two |= seen[(size_t)t * step + (size_t)b * row]++;
    return two != 0;
}

/* Where steps of x may have one place, those of dx may not: in any build. */
static void check_overlap(void)
{
    size_t s, r;
    int found[2] = {0, 0};
    rnn_real *in, *dx;

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_DENSE);
    in = test_reals(64 * I, 1);
    dx = test_reals(64 * I, 1);
    seq.x = in;
    seq.x_len = flow.dx_len = 64 * I;
    seq.targets_len = 64;
    flow.dx = dx;
    for (s = 1; s < 10; s++)
        for (r = 1; r < 10; r++) {
            static int many[64];
            const int two = meet(s, r);
            found[two]++;
            seq.step_stride = s;
            seq.row_stride = r;
            WELL(FORWARD());
            WELL(rnn_cross_entropy(&net, &work, &seq, many, NULL, NULL));
            if (two)
                CALL(BACKWARD(), RNN_E_ARG,
                     "dx is wanted, but with a step_stride of %d and a "
                     "row_stride of %d steps overlap",
                     (int)s, (int)r);
            else
                WELL(BACKWARD());
        }
    CHECK(found[0] > 20 && found[1] > 20, "%d, %d", found[0], found[1]);
}

/* ---- what changed between forward and backward --------------------------- */

static void check_changed(void)
{
    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    WELL(FORWARD());
    WELL(LOSS());
    ids[1]++;
    CALL(BACKWARD(), RNN_E_ORDER, "x or ids have changed since rnn_forward");
    ids[1]--;
    ids[(T - 1) * B + 1]++; /* padding */
    work.params[7] += 1;
    CALL(BACKWARD(), RNN_E_ORDER, "params have changed since rnn_forward");
    work.params[7] -= 1;
    WELL(FORWARD());
    WELL(LOSS());
    WELL(BACKWARD());
    begin_well(RNN_WIRING_N_TO_1, RNN_INPUT_DENSE);
    WELL(FORWARD());
    WELL(LOSS());
    x[0] += 1;
    CALL(BACKWARD(), RNN_E_ORDER, "x or ids have changed since rnn_forward");
}

/* What rnn_plan and rnn_bind have left, written by the caller. */
static void check_tied(void)
{
    static const char written[] = "net is not as rnn_plan has left it: model "
                                  "or most has been written";
    static const char *const names[] = {"params", "keep", "scratch",
                                        "work.memory"};
    rnn_real **const arrays[] = {&work.params, &work.keep, &work.scratch,
                                 &work.memory};
    rnn_real *other;
    int i;

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    other = test_reals(net.sizes.all, 1);
    for (i = 0; i < 4; i++) {
        rnn_real *const was = *arrays[i];
        *arrays[i] = other;
        CALL(FORWARD(), RNN_E_ORDER,
             "%s points elsewhere since rnn_bind: bind again", names[i]);
        *arrays[i] = was;
        WELL(FORWARD());
    }
    net.model.hidden_size--;
    CALL(FORWARD(), RNN_E_ORDER, "%s", written);
    net.model.hidden_size++;
    net.most.batch++;
    CALL(rnn_infer(&net, &work, &seq), RNN_E_ORDER, "%s", written);
    net.most.batch--;
    WELL(FORWARD());
}

/* Parameters that change behind copies of them: until they are packed again. */
static void check_packed(void)
{
    static const char old[] = "packed has been moved, is of another plan, or "
                              "of weights that have changed: rnn_pack";
    const rnn_row row = {.rows = B, .ids = ids, .state_len = L * B * H};

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    WELL(rnn_pack(&net, &work));
    WELL(rnn_infer(&net, &work, &seq));
    WELL(rnn_step(&net, &work, &row, h, c));
    work.params[5] += 1;
    CALL(rnn_infer(&net, &work, &seq), RNN_E_ORDER, "%s", old);
    CALL(rnn_step(&net, &work, &row, h, c), RNN_E_ORDER, "%s", old);
    WELL(rnn_pack(&net, &work));
    WELL(rnn_infer(&net, &work, &seq));
    WELL(rnn_step(&net, &work, &row, h, c));
}

/* Other parameters, bound in place of the first: what rnn_bind has made of
 * weights follows them, what the caller has does not. In any build. */
static void check_bound_again(void)
{
    rnn_real *other, *first;
    size_t i;

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    first = work.params;
    other = test_reals(net.sizes.params, 1);
    work.params = other;
    WELL(rnn_bind(&net, &work, NULL, 0));
    CHECK(work.weights == other, "weights follow params");
    WELL(FORWARD());
    WELL(LOSS());
    WELL(BACKWARD());
    memcpy(first, other, net.sizes.params * sizeof *first);
    WELL(STEP());
    for (i = 0; i < net.sizes.params && same(first + i, other + i, 1); i++)
        ;
    CHECK(i < net.sizes.params && work.weights == work.params, "a step");
    work.weights = first; /* the caller's own */
    WELL(rnn_bind(&net, &work, NULL, 0));
    CHECK(work.weights == first, "weights of the caller stay");
    work.weights = other;
    work.params = first;
    WELL(rnn_bind(&net, &work, NULL, 0));
    CHECK(work.weights == other, "and those that once were the library's");
    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    work.grads_len = 1;
    SAYS(&work.why, rnn_bind(&net, &work, NULL, 0), RNN_E_BUFFER,
         "grads has room for 1: %d are needed", (int)net.sizes.params);
    CHECK(work.weights == work.params, "what is refused changes nothing");
}

/* Parameters that change behind an encoder: its memory is of the old ones. */
static void check_encoded(void)
{
    const rnn_most most = {.steps = T, .batch = B, .source_steps = T};
    const rnn_row row = {.rows = B, .ids = ids, .state_len = L * B * H};
    rnn_rng rng;

    begin(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    model.wiring = RNN_WIRING_N_TO_M;
    model.target = RNN_INPUT_ONE_HOT;
    model.target_size = O;
    model.attention = RNN_SCORE_DOT;
    MUST(!rnn_plan(&net, &model, &most), "plan");
    memset(&work, 0, sizeof work);
    WELL(rnn_bind(&net, &work, test_reals(net.sizes.all, 1), net.sizes.all));
    rnn_rng_seed(&rng, 3);
    MUST(!rnn_init_params(&model, work.params, work.params_len, &rng, NULL),
         "init");
    seq.ids = NULL;
    CALL(rnn_encode(&net, &work, &seq, h, c), RNN_E_ARG,
         "ids of source is NULL: tokens are read here");
    seq.ids = ids;
    WELL(rnn_encode(&net, &work, &seq, h, c));
    WELL(rnn_step(&net, &work, &row, h, c));
    work.params[3] += 1;
    CALL(rnn_step(&net, &work, &row, h, c), RNN_E_ORDER,
         "params have changed since rnn_encode");
    WELL(rnn_encode(&net, &work, &seq, h, c));
    WELL(rnn_step(&net, &work, &row, h, c));
}

/* ---- lengths ------------------------------------------------------------- */

/* test_why has each of them; here what people do. */
static void check_lengths(void)
{
    rnn_row row = {.rows = B, .ids = ids};

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    seq.h0 = h;
    seq.state_len = B * H; /* one layer's */
    CALL(FORWARD(), RNN_E_BUFFER,
         "each of h0, c0, hn, cn has room for %d: %d are needed", B * H,
         L * B * H);
    seq.state_len = 0;
    CALL(FORWARD(), RNN_E_ARG,
         "the length of each of h0, c0, hn, cn is 0, not said: %d are needed",
         L * B * H);
    seq.h0 = NULL;
    WELL(FORWARD());
    seq.targets_len = B; /* one a sequence, as of N vs 1 */
    CALL(LOSS(), RNN_E_BUFFER, "targets has room for %d: %d are needed", B,
         T * B);
    seq.targets_len = T * B;
    WELL(LOSS());
    CALL(rnn_step(&net, &work, &row, h, c), RNN_E_ARG,
         "the length of each of h, c is 0, not said: %d are needed", L * B * H);
    work.moments_len--;
    WELL(BACKWARD());
    CALL(STEP(), RNN_E_BUFFER, "moments has room for %d: %d are needed",
         2 * (int)net.sizes.params - 1, 2 * (int)net.sizes.params);
}

/* Arrays of a work that are the same memory, or meet in one number. */
static void check_meeting(void)
{
    rnn_real *p;
    size_t n;

    begin(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    n = net.sizes.params;
    p = test_reals(3 * n, 0);
    memset(&work, 0, sizeof work);
    work.params = work.grads = p;
    work.params_len = work.grads_len = n;
    CALL(rnn_bind(&net, &work, test_reals(net.sizes.all, 0), net.sizes.all),
         RNN_E_ARG, "params and grads overlap");
    work.grads = p + n - 1;
    CALL(rnn_bind(&net, &work, test_reals(net.sizes.all, 0), net.sizes.all),
         RNN_E_ARG, "params and grads overlap");
    work.grads = p + n;
    work.keep = p;
    work.keep_len = 3 * n;
    if (net.sizes.keep < 3 * n)
        CALL(rnn_bind(&net, &work, test_reals(net.sizes.all, 0), net.sizes.all),
             RNN_E_ARG, "params and keep overlap");
    work.keep = NULL;
    WELL(rnn_bind(&net, &work, test_reals(net.sizes.all, 0), net.sizes.all));
}

/* Scratch may be shorter than a plan's, if no call wants more. */
static void check_short_scratch(void)
{
    const rnn_most most = {.steps = T, .batch = B};
    rnn_row row = {.rows = B, .ids = ids, .state_len = L * B * H};
    rnn_real *block;

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    MUST(!rnn_plan(&net, &model, &most), "plan");
    MUST(net.sizes.step < net.sizes.scratch, "a step wants less");
    block = test_reals(net.sizes.step + net.sizes.logits, 0);
    work.scratch = block;
    work.scratch_len = net.sizes.step;
    work.logits = block + net.sizes.step;
    work.logits_len = net.sizes.logits;
    WELL(rnn_bind(&net, &work, NULL, 0));
    WELL(rnn_step(&net, &work, &row, h, c));
    work.logits--;
    CALL(rnn_bind(&net, &work, NULL, 0), RNN_E_ARG,
         "logits and scratch overlap");
}

/* Weights of a loss: those of padding are not read. */
static void check_weights(void)
{
    rnn_loss how = {.weights_len = T * B};
    rnn_real *w;

    begin_well(RNN_WIRING_N_TO_N, RNN_INPUT_ONE_HOT);
    w = test_reals(T * B, 1);
    how.weights = w;
    WELL(FORWARD());
    w[3 * B + 2] = nothing(); /* row 2 has 2 steps */
    WELL(rnn_cross_entropy(&net, &work, &seq, targets, &how, NULL));
    w[1 * B + 2] = nothing();
    CALL(rnn_cross_entropy(&net, &work, &seq, targets, &how, NULL),
         RNN_E_NOT_FINITE, "weights: number %d is infinite or NaN", 1 * B + 2);
    how.padding = 2;
    CALL(rnn_cross_entropy(&net, &work, &seq, targets, &how, NULL), RNN_E_ARG,
         "padding is 2: 1 is the most");
}

/* ---- blocks alone -------------------------------------------------------- */

#define OF(call, ...) SAYS(&why, call, __VA_ARGS__)
#define FAIR(call) GOOD(&why, call)

static void check_linear(void)
{
    const rnn_linear lin = {I, O, RNN_FN_TANH, 0};
    rnn_linear_pass pass = {.seq = &seq};
    rnn_real *w, *dy;

    begin(RNN_WIRING_N_TO_N, RNN_INPUT_DENSE); /* which sets seq */
    w = test_reals((I + 1) * O, 1);
    dy = test_reals(T * B * O, 1);
    pass.params = w;
    pass.dy = dy;
    pass.y = test_reals(T * B * O, 0);
    pass.grads = test_reals((I + 1) * O, 0);
    say_linear(&pass);
    seq.x_len = 0;
    OF(rnn_linear_forward(&lin, &pass, &run), RNN_E_ARG,
       "the length of x is 0, not said: %d are needed", T * B * I);
    seq.x_len = T * B * I;
    x[2 * I] = nothing(); /* of row 2, which has 2 steps */
    OF(rnn_linear_forward(&lin, &pass, &run), RNN_E_NOT_FINITE,
       "x: number %d is NaN: has it been written?", 2 * I);
    x[2 * I] = 0;
    x[(3 * B + 2) * I] = nothing(); /* padding */
    w[1] = nothing();
    OF(rnn_linear_forward(&lin, &pass, &run), RNN_E_NOT_FINITE,
       "params: number 1 is NaN: has it been written?");
    w[1] = 0;
    FAIR(rnn_linear_forward(&lin, &pass, &run));
    dy[3] = nothing();
    OF(rnn_linear_backward(&lin, &pass, &run), RNN_E_NOT_FINITE,
       "dy: number 3 is NaN: has it been written?");
    OF(rnn_linear_grads(&lin, &pass, &run), RNN_E_NOT_FINITE,
       "dy: number 3 is NaN: has it been written?");
    dy[3] = 0;
    dy[(3 * B + 2) * O] = nothing(); /* padding */
    FAIR(rnn_linear_backward(&lin, &pass, &run));
    pass.grads[4] = nothing();
    OF(rnn_linear_grads(&lin, &pass, &run), RNN_E_NOT_FINITE,
       "grads: number 4 is NaN: has it been written?");
    pass.grads[4] = 0;
    FAIR(rnn_linear_grads(&lin, &pass, &run));
}

/* Keys and queries are x of two sequences, both of T steps. */
static void check_attention(void)
{
    const rnn_attention att = {RNN_SCORE_GENERAL, I, I, 0};
    rnn_real *w = test_reals(I * I, 1), *dc = test_reals(T * B * I, 1);
    rnn_real *da = test_reals(T * B * T, 1);
    rnn_seq source = seq;
    rnn_attention_pass pass = {.source = &source, .seq = &seq, .params = w};
    size_t n[3];

    MUST(!rnn_attention_sizes(&att, T, T, B, n, n + 1, n + 2, NULL), "sizes");
    pass.keys = test_reals(n[1], 0);
    pass.work = test_reals(n[2], 0);
    pass.attn = test_reals(T * B * T, 0);
    pass.context = test_reals(T * B * I, 0);
    pass.dcontext = dc;
    pass.dattn = da;
    pass.grads = test_reals(I * I, 0);
    say_look(&pass);
    source.x = test_reals(T * B * I, 1);
    source.x_len = 0;
    OF(rnn_attention_forward(&att, &pass, &run), RNN_E_ARG,
       "the length of x of source is 0, not said: %d are needed", T * B * I);
    source.x_len = T * B * I;
    w[2] = nothing();
    OF(rnn_attention_forward(&att, &pass, &run), RNN_E_NOT_FINITE,
       "params: number 2 is NaN: has it been written?");
    w[2] = 0;
    pass.attn[0] = nothing(); /* no forward */
    OF(rnn_attention_backward(&att, &pass, &run), RNN_E_NOT_FINITE,
       "attn: number 0 is NaN: has it been written?");
    FAIR(rnn_attention_forward(&att, &pass, &run));
    da[1 * T + 3] = nothing();           /* of row 1, which has 3 states */
    da[(2 * B + 2) * T + 0] = nothing(); /* of row 2, which has 2 steps */
    da[(1 * B + 1) * T + 2] = nothing();
    OF(rnn_attention_backward(&att, &pass, &run), RNN_E_NOT_FINITE,
       "dattn: number %d is NaN: has it been written?", (1 * B + 1) * T + 2);
    da[(1 * B + 1) * T + 2] = 0;
    dc[0] = nothing();
    OF(rnn_attention_backward(&att, &pass, &run), RNN_E_NOT_FINITE,
       "dcontext: number 0 is NaN: has it been written?");
    dc[0] = 0;
    FAIR(rnn_attention_backward(&att, &pass, &run));
    pass.grads[1] = nothing();
    OF(rnn_attention_grads(&att, &pass, &run), RNN_E_NOT_FINITE,
       "grads: number 1 is NaN: has it been written?");
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_params();
    check_inputs();
    check_entering(RNN_WIRING_N_TO_N);
    check_entering(RNN_WIRING_N_TO_1);
    check_optimizer();
    check_stale(RNN_WIRING_N_TO_N);
    check_stale(RNN_WIRING_N_TO_1);
    check_own_gradients();
    check_arrays();
    check_overlap();
    check_changed();
    check_tied();
    check_packed();
    check_bound_again();
    check_encoded();
    check_lengths();
    check_meeting();
    check_short_scratch();
    check_weights();
    check_linear();
    check_attention();
    test_free();
    kinds_unused();
    return test_end();
}
