/* What the calls of a plan say to wrong arguments: a status, with nothing
 * written; and what they take. First a model N vs N, then one with all parts,
 * whose decoder has calls of its own: descriptions, plans and the arrays bound
 * to them, the order of calls, sequences and their sources, steps, and what
 * writes tokens. Calls without a plan are test_no_plan's.
 *
 *     test_arguments */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "arguments.h"

/* ---- a plan, and what is tied to it -------------------------------------- */

/* Every call of a plan: without one, without a work, with a work that was never
 * bound, or was to another plan. */
static void check_bound(void)
{
    int k;

    for (k = FORWARD; k < plan_calls(); k++) {
        NUL(k, net), NUL(k, work);
        TRY(k, RNN_E_ORDER, memset(&work, 0, sizeof work));
        TRY(k, RNN_E_ORDER, set_arrays(&work, &net));
        TRY(k, RNN_E_ORDER, mem.net = net, a.net = &mem.net);
        TRY(k, RNN_E_ARG, run.parts = -1);
        TRY(k, RNN_E_ARG, run.parts = INT_MIN);
        TRY(k, RNN_E_ARG, run.kernel = (rnn_kernel)-1);
        TRY(k, RNN_E_ARG, run.kernel = RNN_KERNELS);
        TRY(k, RNN_OK, a.run = NULL);
        TRY(k, RNN_OK, run.parts = 3);
        TRY(k, RNN_OK, AS_IT_IS);
    }
}

static rnn_status planned(void)
{
    tidy(&model);
    return rnn_plan(&mem.net, &model, &most);
}

#define MOST(want, ...) (__VA_ARGS__, BAD(want, planned()))

static void check_plan(void)
{
    static const int bad[] = {-1, INT_MIN}, every[] = {-2, INT_MIN};
    int i;

    ARG(rnn_plan(NULL, &model, &most));
    ARG(rnn_plan(&mem.net, NULL, &most));
    GOOD(rnn_plan(&mem.net, &model, NULL));
    for (i = 0; i < 2; i++) {
        MOST(RNN_E_SIZE, most.steps = bad[i]);
        MOST(RNN_E_SIZE, most.batch = bad[i]);
        MOST(RNN_E_SIZE, most.source_steps = bad[i]);
        MOST(RNN_E_SIZE, most.rows = bad[i]);
        MOST(RNN_E_SIZE, most.tokens = bad[i]);
        MOST(RNN_E_SIZE, most.moments = bad[i]);
        MOST(RNN_E_SIZE, most.keep_every = every[i]);
        MOST(RNN_E_ARG, most.packed = (rnn_packing)bad[i]);
    }
    MOST(RNN_E_ARG, most.packed = (rnn_packing)(RNN_PACK_BF16 + 1));
    MOST(RNN_E_ARG, most.packed = RNN_PACK_BF16, most.train = 1);
    MOST(RNN_OK, most.packed = RNN_PACK_BF16, most.train = 0);
    MOST(RNN_E_ARG, most.packed = INT_MAX);
    MOST(RNN_OK, most.packed = RNN_PACK_NONE);
    MOST(RNN_OK, most.keep_every = 1);
    MOST(RNN_OK, most.keep_every = 2);
    MOST(RNN_OK, most.keep_every = INT_MAX);
    MOST(RNN_OK, most.keep_every = RNN_KEEP_LEAST);
    /* too large */
    MOST(RNN_E_SIZE, most.steps = most.batch = INT_MAX);
    MOST(RNN_E_SIZE, most.rows = INT_MAX, model.output_size = INT_MAX);
    model.hidden_size = model.context_size = 1 << 27;
    MOST(RNN_E_SIZE, most.moments = INT_MAX);
    if (whole) {
        MOST(RNN_E_SIZE, most.source_steps = most.batch = INT_MAX);
        MOST(RNN_E_SIZE, most.tokens = most.rows = INT_MAX);
    }
    /* what zeros mean */
    memset(&most, 0, sizeof most);
    CHECK(planned() == RNN_OK && mem.net.most.steps == 1 &&
              mem.net.most.batch == 1 && mem.net.most.source_steps == 1 &&
              mem.net.most.rows == 1 && mem.net.most.train == 0,
          "zeros");
    memset(&most, 0, sizeof most);
    most.batch = 7;
    CHECK(planned() == RNN_OK && mem.net.most.rows == 7, "rows of a batch");
    reset();
}

#define ARRAYS 9

/* Array i of a work and its length; returns how long the plan wants it. */
static size_t array(int i, rnn_real ***p, size_t **len)
{
    const rnn_sizes *z = &net.sizes;

    switch (i) {
    case 0: *p = &work.params, *len = &work.params_len; return z->params;
    case 1: *p = &work.grads, *len = &work.grads_len; return z->params;
    case 2: *p = &work.moments, *len = &work.moments_len; return z->moments;
    case 3: *p = &work.packed, *len = &work.packed_len; return z->packed;
    case 4: *p = &work.logits, *len = &work.logits_len; return z->logits;
    case 5: *p = &work.dlogits, *len = &work.dlogits_len; return z->logits;
    case 6: *p = &work.keep, *len = &work.keep_len; return z->keep;
    case 7: *p = &work.memory, *len = &work.memory_len; return z->memory;
    default: *p = &work.scratch, *len = &work.scratch_len; return z->scratch;
    }
}

enum { LINE = 15 }; /* what an array at a cache line may take besides */

/* An array that is set is long enough, or bind says so; one that is not gets
 * its place in a memory that is. */
static void check_array(int i)
{
    rnn_real **p, *at = mem.work;
    size_t *len, n;

    set_arrays(&work, &net);
    n = array(i, &p, &len);
    MUST(n || (i == 7 && !whole), "array %d is empty", i);
    if (n == 0)
        return;
    *len = n - 1; /* each call says whether scratch is enough */
    BAD(i == 8 ? RNN_OK : RNN_E_BUFFER, rnn_bind(&net, &work, at, ROOM));
    set_arrays(&work, &net);
    *p = NULL;
    *len = 0;
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, at, n + LINE - 1));
    set_arrays(&work, &net);
    *p = NULL;
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, NULL, n + LINE));
    set_arrays(&work, &net);
    *p = NULL;
    CHECK(!rnn_bind(&net, &work, at, n + LINE) && *len == n && *p >= at &&
              *p <= at + LINE && (size_t)*p / sizeof **p % 16 == 0,
          "array %d in its place", i);
    reset();
}

static void check_bind(void)
{
    static rnn_net none; /* zeros */
    rnn_real **p, *q;
    size_t *len, n, all = net.sizes.all, used = 0;
    int i;

    ARG(rnn_bind(NULL, &work, mem.work, ROOM));
    ARG(rnn_bind(&net, NULL, mem.work, ROOM));
    remember();
    CHECK(rnn_bind(&none, &work, mem.work, ROOM) && untouched(), "no plan");
    reset();
    for (i = 0; i < ARRAYS; i++)
        check_array(i);
    set_arrays(&work, &net);
    work.weights = mem.params, work.weights_len = net.sizes.params - 1;
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, NULL, 0));
    set_arrays(&work, &net);
    work.weights = mem.params, work.weights_len = net.sizes.params;
    work.params = NULL;
    CHECK(!rnn_bind(&net, &work, NULL, 0) && !work.params, "constant weights");
    reset();
    /* all in one memory, one behind the other */
    MUST(all < 4 * ROOM, "no room");
    memset(&work, 0, sizeof work);
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, mem.work, all - 1));
    memset(&work, 0, sizeof work);
    BAD(RNN_E_BUFFER, rnn_bind(&net, &work, NULL, all));
    memset(&work, 0, sizeof work);
    CHECK(!rnn_bind(&net, &work, mem.work + 1, all), "one memory");
    for (i = 0; i < ARRAYS; i++) {
        n = array(i, &p, &len);
        used += n ? n + LINE : 0;
        q = n ? *p : NULL;
        CHECK(*p == q && *len == n &&
                  (!q || (q > mem.work && q + n <= mem.work + 1 + all)),
              "array %d in the memory", i);
    }
    CHECK(used == all && work.weights == work.params && !work.ints,
          "%lu numbers of %lu", (unsigned long)used, (unsigned long)all);
    reset();
}

/* The least length, of scratch or of ints, with which call k does not say that
 * it is too short. Behind it nothing is written. */
static size_t least(int k, size_t *len)
{
    size_t low = 0, n = *len, half, i;
    rnn_status st;

    while (low < n) {
        half = low + (n - low) / 2;
        if (k >= STEP) /* encode has needs of its own */
            ready(k);
        inputs(k);
        memset(ints, 0x55, sizeof ints);
        *len = half;
        remember();
        st = call(k);
        CHECK(st != RNN_E_BUFFER || untouched(), "call %d: %lu, written", k,
              (unsigned long)half);
        for (i = work.ints_len; i < ROOM && ints[i] == 0x55555555;)
            i++;
        CHECK(i == ROOM &&
                  memcmp(mem.scratch + work.scratch_len,
                         old.scratch + work.scratch_len,
                         (ROOM - work.scratch_len) * sizeof *mem.scratch) == 0,
              "call %d: behind %lu numbers", k, (unsigned long)half);
        if (st == RNN_E_BUFFER)
            low = half + 1;
        else
            n = half;
        reset();
    }
    return n;
}

/* Each call says whether scratch is enough; what is enough for all is the
 * plan's. */
static void check_scratch(void)
{
    const size_t all = net.sizes.scratch, step = net.sizes.step;
    size_t n, greatest = 0;
    int k;

    for (k = FORWARD; k < plan_calls(); k++) {
        if (k == PACK)
            continue;
        n = least(k, &work.scratch_len);
        CHECK(n > 0, "call %d: no scratch", k);
        CHECK(n <= (k == STEP || k == GENERATE ? step : all),
              "call %d: %lu of scratch", k, (unsigned long)n);
        greatest = n > greatest ? n : greatest;
    }
    CHECK(greatest == all, "%lu of scratch, %lu used", (unsigned long)all,
          (unsigned long)greatest);
    n = whole ? least(BEAM, &work.ints_len) : 1;
    CHECK(n > 0 && (!whole || n <= net.sizes.ints), "%lu ints",
          (unsigned long)n);
    /* most rows: what the plan says of a step */
    for (k = 0; k < 2; k++) {
        ready(STEP);
        row.rows = ROWS;
        row.from = from;
        work.scratch_len = step - (size_t)k;
        BAD(k ? RNN_E_BUFFER : RNN_OK, call(STEP));
    }
}

/* Copies of weights: whose they are and where they lie. */
static void check_pack(void)
{
    static rnn_net other;
    static rnn_work there;
    const int reads = whole ? ENCODE : INFER;
    int k;

    ALONE(PACK, RNN_E_ARG, most.packed = RNN_PACK_NONE);
    TRY(PACK, RNN_E_ARG, work.packed = NULL);
    for (k = INFER; k <= reads; k += ENCODE - INFER) {
        TRY(k, RNN_OK, (void)!rnn_pack(&net, &work));
        TRY(k, RNN_E_ORDER, (void)!rnn_pack(&net, &work),
            memcpy(mem.moved, mem.packed, sizeof mem.packed),
            work.packed = mem.moved);
        TRY(k, RNN_OK, (void)!rnn_pack(&net, &work),
            (void)!rnn_bind(&net, &work, NULL, 0));
        FIRST(k, RNN_OK, mem.packed[0] = 1); /* what was there before bind */
        /* another plan packs at the same place: of the same sizes */
        most.tokens++;
        MUST(!rnn_plan(&other, &model, &most), "another plan");
        set_arrays(&there, &other);
        MUST(!rnn_bind(&other, &there, NULL, 0), "another work");
        TRY(k, RNN_E_ORDER, (void)!rnn_pack(&other, &there));
    }
    /* training makes its own */
    TRY(FORWARD, RNN_OK, (void)!rnn_pack(&net, &work));
    TRY(BACKWARD, RNN_OK, (void)!rnn_pack(&net, &work));
}

/* ---- what must come first ------------------------------------------------ */

/* What backward and the views must find as forward has had it. */
static void check_same(int k)
{
    const rnn_status want = RNN_E_ORDER;

    ALONE(k, want, AS_IT_IS);
    THEN(k, want, seq.lengths = NULL, seq.steps = T - 1);
    THEN(k, want, lengths[0] = lengths[1] = T - 1, seq.steps = T - 1);
    THEN(k, want, seq.lengths = NULL,
         (seq.batch = 1, source[0].batch = source[1].batch = 1));
    TRY(k, want, lengths[1] = T - 1);
    TRY(k, want, lengths[0] = 0);
    THEN(k, want, lengths[1] = T - 1, seq.lengths = NULL);
    TRY(k, RNN_OK, seq.lengths = NULL); /* the same */
    TRY(k, want, seq.seed[0]++);
    TRY(k, want, seq.seed[1]--);
    TRY(k, want, seq.first_step++);
    TRY(k, want, seq.first_row = 9);
    TRY(k, want, seq.fresh = fresh, fresh[1] = 1);
    TRY(k, RNN_OK, seq.fresh = fresh);
    TRY(k, want, (void)!rnn_bind(&net, &work, NULL, 0));
    /* calls that were refused have not come between */
    TRY(k, RNN_OK, seq.steps = 0, (void)!rnn_forward(&net, &work, &seq),
        seq.steps = T);
    TRY(k, RNN_OK, flow.dx = mem.dx[0],
        (void)!rnn_backward(&net, &work, &seq, &flow), flow.dx = NULL);
    TRY(k, RNN_OK, seq.seed[0]++, (void)!rnn_backward(&net, &work, &seq, &flow),
        seq.seed[0]--);
    TRY(k, k == BACKWARD ? want : RNN_OK,
        (void)!rnn_backward(&net, &work, &seq, &flow)); /* is a second time */
    if (!whole)
        return;
    TRY(k, want, source_lengths[1][0]--);
    TRY(k, want, source_lengths[0][1] = 0);
    THEN(k, want, source[1].lengths = NULL, source[1].steps = S - 1);
    THEN(k, want, source_lengths[1][0] = source_lengths[1][1] = S - 1,
         source[1].steps = S - 1);
    TRY(k, want, source[1].fresh = fresh, fresh[0] = 1);
    TRY(k, want, seq.own_rate = 1, seq.own_ids = mem.own);
    THEN(k, want, (seq.own_rate = 1, seq.own_ids = mem.own), seq.own_rate = 0);
    THEN(k, RNN_OK, (seq.own_rate = 1, seq.own_ids = mem.own), AS_IT_IS);
}

/* Another plan has been in the same arrays. */
static void check_other_plan(int k)
{
    static rnn_net other;
    static rnn_work there;
    int i;

    for (i = 0; i < 3; i++) {
        ready(k);
        if (i < 2)
            most.tokens++;
        else
            model.dropout = (rnn_real)0.5;
        MUST(!rnn_plan(&other, &model, &most), "another plan");
        set_arrays(&there, &other);
        MUST(!rnn_bind(&other, &there, NULL, 0) &&
                 (!i || !rnn_forward(&other, &there, &seq)),
             "another work");
        BAD(RNN_E_ORDER, call(k));
    }
    ready(k);
    most.tokens++;
    MUST(!rnn_plan(&other, &model, &most) && !rnn_bind(&other, &work, NULL, 0),
         "the same work");
    BAD(RNN_E_ORDER, call(k)); /* by the first plan */
}

static void check_order(void)
{
    int k;

    for (k = BACKWARD; k <= VIEW_LAYER; k++) {
        check_same(k);
        check_other_plan(k);
    }
    /* a plan without training */
    for (k = FORWARD; k < plan_calls(); k++)
        if (k == FORWARD || (k >= BACKWARD && k <= VIEW_LAYER))
            ALONE(k, RNN_E_ARG, most.train = 0);
        else
            FIRST(k, RNN_OK, most.train = 0);
    if (!whole)
        return;
    /* a decoder that has read nothing */
    for (k = STEP; k <= BEAM; k += k == GENERATE ? BEAM - GENERATE : 1) {
        ALONE(k, RNN_E_ORDER, AS_IT_IS);
        inputs(k), (void)!rnn_forward(&net, &work, &seq);
        (void)!rnn_infer(&net, &work, &seq);
        BAD(RNN_E_ORDER, call(k));
        inputs(k), words[0][0] = -1;
        (void)!rnn_encode(&net, &work, source, mem.h, mem.c); /* is refused */
        BAD(RNN_E_ORDER, call(k));
        TRY(k, RNN_E_ORDER, (void)!rnn_bind(&net, &work, NULL, 0));
        TRY(k, RNN_OK, words[0][0] = -1,
            (void)!rnn_encode(&net, &work, source, mem.h, mem.c));
        TRY(k, RNN_OK, inputs(FORWARD), (void)!rnn_forward(&net, &work, &seq),
            (void)!rnn_infer(&net, &work, &seq),
            (void)!rnn_backward(&net, &work, &seq, &flow));
    }
}

/* ---- sequences ----------------------------------------------------------- */

/* Sequences of a plan: no more than it has, and what its model reads. */
static void check_planned_seq(int k)
{
    check_seq(k);
    /* more than the plan's */
    TRY(k, RNN_E_SIZE, seq.steps = T + 1);
    TRY(k, RNN_E_SIZE, seq.steps = T + 1, seq.lengths = NULL);
    TRY(k, RNN_E_SIZE, seq.batch = B + 1);
    TRY(k, RNN_E_SIZE, seq.batch = B + 1, seq.lengths = NULL);
    /* and less */
    FIRST(k, RNN_OK, seq.steps = 1, seq.batch = 1, seq.lengths = NULL);
    /* numbers in place of tokens */
    FIRST(k, RNN_OK, model.input = RNN_INPUT_DENSE);
    THEN(k, RNN_E_ARG, model.input = RNN_INPUT_DENSE, seq.x = NULL);
    THEN(k, RNN_E_ARG, model.input = RNN_INPUT_DENSE, read_ids());
    THEN(k, RNN_E_SIZE, model.input = RNN_INPUT_DENSE,
         (seq.steps = seq.batch = INT_MAX, seq.lengths = NULL));
    THEN(k, RNN_E_ID, model.input = RNN_INPUT_ONE_HOT, tokens[0] = I);
    /* states in place of logits */
    FIRST(k, RNN_OK, model.output_size = 0);
    FIRST(k, RNN_OK, model.wiring = RNN_WIRING_N_TO_1);
}

/* A description that cannot be: told by all that read one. */
static void bad_fields(rnn_status want)
{
    rnn_model *m = &bad_model;

    bad_model = model;
    BAD(want, rnn_plan(&mem.net, m, &most));
    BAD(want, rnn_plan(&mem.net, m, NULL));
    BAD(want, rnn_model_tensor(m, 0, &mem.tensor, NULL));
    BAD(want, rnn_init_params(m, mem.params, ROOM, mem.rng, NULL));
    BAD(want, rnn_init_forget_bias(m, mem.params, ROOM, 1, NULL));
}

#define MODEL(f, v, want) (model.f = (v), bad_fields(want))

static void check_fields(void)
{
    static const int bad[] = {0, -1, INT_MIN};
    const rnn_real nan = not_a_number();
    int i;

    for (i = 0; i < 3; i++) {
        MODEL(hidden_size, bad[i], RNN_E_SIZE);
        MODEL(input_size, bad[i], RNN_E_SIZE);
        MODEL(embedding_size, bad[i], RNN_E_SIZE);
        model.input = RNN_INPUT_DENSE;
        MODEL(input_size, bad[i], RNN_E_SIZE);
    }
    MODEL(output_size, -1, RNN_E_SIZE);
    MODEL(output_size, INT_MIN, RNN_E_SIZE);
    MODEL(num_layers, -1, RNN_E_SIZE);
    MODEL(num_layers, INT_MIN, RNN_E_SIZE);
    MODEL(cell, (rnn_cell)-1, RNN_E_ARG);
    MODEL(cell, RNN_CELLS, RNN_E_ARG);
    MODEL(cell, INT_MAX, RNN_E_ARG);
    MODEL(dropout, -1, RNN_E_ARG);
    MODEL(dropout, 1, RNN_E_ARG);
    MODEL(dropout, nan, RNN_E_ARG);
    MODEL(dropout_last, -1, RNN_E_ARG);
    MODEL(dropout_last, 1, RNN_E_ARG);
    MODEL(dropout_last, nan, RNN_E_ARG);
    MODEL(wiring, RNN_WIRINGS, RNN_E_ARG);
    MODEL(wiring, (rnn_wiring)-1, RNN_E_ARG);
    MODEL(input, (rnn_input)-1, RNN_E_ARG);
    MODEL(input, RNN_INPUTS, RNN_E_ARG);
    /* too large */
    model.output_size = INT_MAX;
    MODEL(hidden_size, INT_MAX, RNN_E_SIZE);
    model.num_layers = model.input_size = INT_MAX;
    MODEL(hidden_size, INT_MAX, RNN_E_SIZE);
    model.embedding_size = INT_MAX;
    MODEL(input_size, INT_MAX, RNN_E_SIZE);
    model.bidirectional = 1;
    MODEL(hidden_size, INT_MAX, RNN_E_SIZE);
}

/* ---- a plain model ------------------------------------------------------- */

static void null_model(void)
{
    const rnn_model *m = &model;

    TRY(BACKWARD, RNN_E_ARG, flow.dx = mem.dx[0]);
    TRY(BACKWARD, RNN_OK, a.flow = NULL);
    TRY(BACKWARD, RNN_OK, flow.frozen = 1);
    NUL(VIEW, view), NUL(VIEW_LAYER, layer_view);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = 1); /* there is no encoder */
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = -1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.layer = 2);
    TRY(VIEW_LAYER, RNN_E_ARG, a.layer = -1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.direction = 1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.direction = -1);
    TRY(VIEW_LAYER, RNN_OK, a.layer = 1);
    THEN(VIEW_LAYER, RNN_OK, model.bidirectional = 1, a.direction = 1);
    ALONE(ENCODE, RNN_E_ARG, AS_IT_IS);
    ALONE(BEAM, RNN_E_ARG, AS_IT_IS);
    NUL(STEP, row), NUL(STEP, h), NUL(STEP, c);
    TRY(STEP, RNN_E_ARG, row.ids = NULL);
    TRY(STEP, RNN_E_ARG, row.ids = NULL, row.x = x);
    TRY(STEP, RNN_E_SIZE, row.rows = -1);
    TRY(STEP, RNN_E_SIZE, row.rows = INT_MIN);
    TRY(STEP, RNN_E_SIZE, row.rows = ROWS + 1);
    TRY(STEP, RNN_E_SIZE, row.rows = INT_MAX);
    TRY(STEP, RNN_OK, row.rows = 1);
    TRY(STEP, RNN_OK, row.rows = 0); /* the plan's */
    TRY(STEP, RNN_E_ID, row.rows = 0, tokens[ROWS - 1] = I);
    TRY(STEP, RNN_E_ARG, row.t = -1);
    TRY(STEP, RNN_OK, row.fresh = fresh);
    TRY(STEP, RNN_E_ID, tokens[1] = I);
    FIRST(STEP, RNN_E_ID, model.input = RNN_INPUT_ONE_HOT, tokens[0] = -1);
    FIRST(STEP, RNN_E_ARG, model.input = RNN_INPUT_DENSE);
    FIRST(STEP, RNN_OK, model.input = RNN_INPUT_DENSE, row.x = x);
    FIRST(STEP, RNN_E_ARG, model.bidirectional = 1);
    FIRST(STEP, RNN_OK, model.cell = RNN_CELL_GRU, a.c = NULL);
    FIRST(STEP, RNN_OK, model.wiring = RNN_WIRING_N_TO_1);
    FIRST(STEP, RNN_OK, model.output_size = 0);
    ARG(rnn_model_tensor(NULL, 0, &mem.tensor, NULL));
    ARG(rnn_model_tensor(m, 0, NULL, NULL));
    ARG(rnn_model_tensor(m, -1, &mem.tensor, NULL));
    BAD(RNN_E_END, rnn_model_tensor(m, 11, &mem.tensor, NULL));
    BAD(RNN_E_END, rnn_model_tensor(m, INT_MAX, &mem.tensor, NULL));
}

static void null_generate(void)
{
    const rnn_real nan = not_a_number();

    TRY(GENERATE, RNN_E_ARG, draw.temperature = -1);
    TRY(GENERATE, RNN_E_ARG, draw.temperature = nan);
    TRY(GENERATE, RNN_E_ARG, draw.top_k = -1);
    TRY(GENERATE, RNN_E_ARG, draw.top_p = -1);
    TRY(GENERATE, RNN_E_ARG, draw.top_p = 2);
    TRY(GENERATE, RNN_E_ARG, draw.top_p = nan);
    FIRST(GENERATE, RNN_OK, model.output_size = I - 1);
    FIRST(GENERATE, RNN_E_ID, model.output_size = I + 1);
    FIRST(GENERATE, RNN_E_ARG, model.output_size = 0);
    FIRST(GENERATE, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_1);
    FIRST(GENERATE, RNN_E_ARG, model.input = RNN_INPUT_DENSE);
    FIRST(GENERATE, RNN_E_ARG, model.bidirectional = 1);
    FIRST(GENERATE, RNN_OK, model.cell = RNN_CELL_TANH, a.c = NULL);
    TRY(GENERATE, RNN_E_SIZE, how.rows = ROWS + 1);
    TRY(GENERATE, RNN_E_SIZE, how.rows = INT_MAX);
    TRY(GENERATE, RNN_OK, how.rows = ROWS);
    TRY(GENERATE, RNN_OK, how.rows = 0);                /* one */
    TRY(GENERATE, RNN_OK, how.max_tokens = 2 * TOKENS); /* for ever */
}

/* ---- a model with all parts ---------------------------------------------- */

/* Sequences and their sources, for every call that reads them. */
static void check_sources(void)
{
    int k;

    for (k = FORWARD; k < LINEAR; k++) {
        if (k >= PACK && k != ENCODE)
            continue;
        TRY(k, RNN_E_SIZE, source[1].steps = 0);
        TRY(k, RNN_E_SIZE, source[0].steps = -1);
        TRY(k, RNN_E_SIZE, source[1].batch = 0);
        TRY(k, RNN_E_ARG, source[1].batch = B + 1);
        TRY(k, RNN_E_LENGTH, source_lengths[1][1] = -1);
        TRY(k, RNN_E_LENGTH, source_lengths[0][0] = S + 1);
        TRY(k, RNN_E_ID, words[1][S * B - 1] = I);
        TRY(k, RNN_E_ID, words[0][0] = -1);
        TRY(k, RNN_E_ARG, source[1].ids = NULL);
        ALONE(k, RNN_E_ARG, model.input = RNN_INPUT_DENSE); /* without x */
        /* more than the plan's */
        TRY(k, RNN_E_SIZE, source[0].steps = S + 1);
        TRY(k, RNN_E_SIZE, source[1].steps = S + 1, source[1].lengths = NULL);
        TRY(k, RNN_E_SIZE, source[0].batch = source[1].batch = B + 1,
            seq.batch = B + 1);
        /* padding is not read */
        FIRST(k, RNN_OK, source_lengths[1][1] = S - 1,
              words[1][S * B - 1] = -9);
        FIRST(k, RNN_OK, source_lengths[1][0] = source_lengths[1][1] = 0);
    }
    EACH(FORWARD, PACK, RNN_E_ARG, seq.source = NULL);
    EACH(FORWARD, PACK, RNN_E_SIZE, seq.steps = 0);
    EACH(FORWARD, PACK, RNN_E_SIZE, seq.steps = -1);
    EACH(FORWARD, PACK, RNN_E_SIZE, seq.steps = T + 1);
    EACH(FORWARD, PACK, RNN_E_SIZE, seq.batch = B + 1);
    EACH(FORWARD, PACK, RNN_E_LENGTH, lengths[1] = T + 1);
    EACH(FORWARD, PACK, RNN_E_LENGTH, lengths[0] = -1);
    EACH(FORWARD, PACK, RNN_E_ID, tokens[T * B - 1] = O);
    EACH(FORWARD, PACK, RNN_E_ARG, seq.ids = NULL);
    EACH_FIRST(FORWARD, PACK, RNN_OK, lengths[1] = T - 1,
               tokens[T * B - 1] = O);
}

/* Scheduled sampling. */
static void own(double rate)
{
    seq.own_rate = (rnn_real)rate;
    seq.own_ids = mem.own;
}

static void check_rate(void)
{
    const double nan = (double)not_a_number();
    int k;

    EACH(FORWARD, PACK, RNN_OK, own(0));
    for (k = FORWARD; k < PACK; k++) {
        TRY(k, RNN_E_ARG, own(-0.1));
        TRY(k, RNN_E_ARG, own(nan));
        if (k == INFER) { /* has none */
            TRY(k, RNN_OK, own(0.5));
            continue;
        }
        FIRST(k, RNN_OK, own(0.5));
        FIRST(k, RNN_OK, own(1));
        TRY(k, RNN_E_ARG, own(1.1));
        TRY(k, RNN_E_ARG, own(0.5), seq.own_ids = NULL);
        ALONE(k, RNN_E_ARG, own(0.5), model.target_size = 0);
        ALONE(k, RNN_E_ARG, own(0.5), model.output_size = 0);
        /* more outputs than tokens */
        ALONE(k, RNN_E_ARG, own(0.5), model.target_size = O - 1,
              tokens[O - 1] = 0);
        ALONE(k, RNN_E_ARG, own(0.5), model.wiring = RNN_WIRING_N_TO_N);
        ALONE(k, RNN_E_ARG, own(0.5), model.target = RNN_INPUT_DENSE);
    }
}

#define WHOLE(field, value, want) (model.field = (value), bad_fields(want))

static void check_whole_fields(void)
{
    static const int bad[] = {-1, INT_MIN};
    int i;

    WHOLE(wiring, (rnn_wiring)-1, RNN_E_ARG);
    WHOLE(wiring, RNN_WIRINGS, RNN_E_ARG);
    WHOLE(cell, RNN_CELLS, RNN_E_ARG);
    WHOLE(input, RNN_INPUTS, RNN_E_ARG);
    WHOLE(target, (rnn_input)-1, RNN_E_ARG);
    WHOLE(target, RNN_INPUTS, RNN_E_ARG);
    WHOLE(context, (rnn_context)-1, RNN_E_ARG);
    WHOLE(context, RNN_CONTEXTS, RNN_E_ARG);
    WHOLE(context, RNN_CONTEXT_ALL, RNN_E_SIZE); /* of 0 steps */
    WHOLE(feed, (unsigned)-1, RNN_E_ARG);
    WHOLE(feed, RNN_FEED_FIRST | RNN_FEED_EACH, RNN_E_ARG);
    WHOLE(feed, 8, RNN_E_ARG);
    WHOLE(hand_over, (unsigned)-1, RNN_E_ARG);
    WHOLE(hand_over, 4, RNN_E_ARG);
    WHOLE(attention, (rnn_score)-1, RNN_E_ARG);
    WHOLE(attention, RNN_SCORES, RNN_E_ARG);
    WHOLE(attention_size, 0, RNN_E_SIZE);
    WHOLE(num_sources, -1, RNN_E_ARG);
    WHOLE(num_sources, RNN_MAX_SOURCES + 1, RNN_E_ARG);
    WHOLE(dropout, 1, RNN_E_ARG);
    WHOLE(dropout_last, -1, RNN_E_ARG);
    WHOLE(input_size, 0, RNN_E_SIZE);
    model.decoder_hidden_size = H;
    WHOLE(hidden_size, 0, RNN_E_SIZE);
    WHOLE(embedding_size, 0, RNN_E_SIZE);
    WHOLE(target_embedding_size, 0, RNN_E_SIZE);
    for (i = 0; i < 2; i++) {
        WHOLE(output_size, bad[i], RNN_E_SIZE);
        WHOLE(target_size, bad[i], RNN_E_SIZE);
        WHOLE(decoder_hidden_size, bad[i], RNN_E_SIZE);
        WHOLE(decoder_layers, bad[i], RNN_E_SIZE);
        WHOLE(context_size, bad[i], RNN_E_SIZE);
        WHOLE(num_layers, bad[i], RNN_E_SIZE);
        WHOLE(attention_size, bad[i], RNN_E_SIZE);
    }
    /* sizes that do not fit each other */
    WHOLE(context_size, 0, RNN_E_ARG);
    WHOLE(context_size, H + 1, RNN_E_ARG);
    WHOLE(decoder_hidden_size, H + 1, RNN_E_ARG);
    WHOLE(hand_over, RNN_HAND_CELL, RNN_E_ARG);
    WHOLE(hand_over, RNN_HAND_LAYERS, RNN_E_ARG);
    model.num_sources = 1, model.decoder_layers = 1;
    WHOLE(hand_over, RNN_HAND_LAYERS, RNN_E_ARG);
    model.bidirectional = 1;
    WHOLE(attention, RNN_SCORE_DOT, RNN_E_ARG);
    model.bidirectional = 1;
    WHOLE(attention, RNN_SCORE_SCALED_DOT, RNN_E_ARG);
    WHOLE(feed, 0, RNN_E_ARG); /* a q that nothing reads */
    /* too large */
    model.decoder_hidden_size = H;
    WHOLE(hidden_size, INT_MAX, RNN_E_SIZE);
    model.feed = RNN_FEED_EACH;
    WHOLE(decoder_hidden_size, INT_MAX, RNN_E_SIZE);
    model.feed = RNN_FEED_EACH;
    WHOLE(context_size, INT_MAX, RNN_E_SIZE);
    WHOLE(target_embedding_size, INT_MAX, RNN_E_SIZE);
    model.context = RNN_CONTEXT_ALL;
    WHOLE(source_steps, INT_MAX, RNN_E_SIZE);
}

/* 1 vs N from one source, of that many steps. */
static void from_one(int steps)
{
    model.wiring = RNN_WIRING_1_TO_N;
    model.attention = RNN_SCORE_NONE;
    model.context = RNN_CONTEXT_LAST;
    model.num_sources = 1;
    source[0].steps = steps;
    source[0].lengths = NULL;
}

/* 1 vs N has no encoder to describe; a plain model has no decoder. */
static void check_wirings(void)
{
    int k;

    for (k = 0; k < 6; k++) {
        model.wiring = RNN_WIRING_1_TO_N;
        model.attention = k == 0 ? RNN_SCORE_ADDITIVE : RNN_SCORE_NONE;
        model.head_context = 0;
        model.hand_over = k == 1 ? RNN_HAND_CELL : 0;
        model.context = k == 2 ? RNN_CONTEXT_MEAN : RNN_CONTEXT_LAST;
        model.bidirectional = k == 3;
        model.num_sources = k == 4;
        model.attention_size = 0;
        model.num_layers = 0;
        BAD(k == 5 ? RNN_OK : RNN_E_ARG, rnn_plan(&mem.net, &model, &most));
    }
    EACH_FIRST(FORWARD, LINEAR, RNN_OK, from_one(1), row.attn = NULL,
               a.attn = NULL, flows[0].dh0 = flows[0].dc0 = NULL);
    for (k = FORWARD; k < LINEAR; k++) {
        if (k >= PACK && k != ENCODE)
            continue;
        /* a source of one step, whole */
        ALONE(k, RNN_E_ARG, from_one(S));
        ALONE(k, RNN_E_ARG, from_one(1), source[0].lengths = source_lengths[0],
              source_lengths[0][0] = source_lengths[0][1] = 1);
        /* RNN_CONTEXT_ALL: no row may be longer */
        ALONE(k, RNN_E_LENGTH, model.context = RNN_CONTEXT_ALL,
              model.source_steps = S - 1);
        FIRST(k, RNN_OK, model.context = RNN_CONTEXT_ALL,
              model.source_steps = S);
    }
    ALONE(ENCODE, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_N);
    ALONE(ENCODE, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_1);
    ALONE(BEAM, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_N);
    ALONE(BEAM, RNN_E_ARG, model.wiring = RNN_WIRING_N_TO_1);
    TRY(BACKWARD, RNN_E_ARG, flow.dx = mem.dx[0]); /* of tokens */
    TRY(BACKWARD, RNN_E_ARG, flows[1].dx = mem.dx[1]);
    TRY(BACKWARD, RNN_OK, flow.source = NULL);
}

static void null_decoder(void)
{
    const double nan = (double)not_a_number();
    int k;

    for (k = STEP; k < LINEAR; k++)
        NUL(k, h), NUL(k, c);
    NUL(ENCODE, source);
    TRY(ENCODE, RNN_E_SIZE, source[0].batch = B + 1, source[1].batch = B + 1);
    FIRST(ENCODE, RNN_OK, model.cell = RNN_CELL_GRU, a.c = NULL);
    TRY(ENCODE, RNN_OK, source[0].batch = source[1].batch = 1);
    NUL(GENERATE, how), NUL(GENERATE, out), NUL(GENERATE, counts);
    NUL(BEAM, how), NUL(BEAM, out), NUL(BEAM, counts);
    TRY(BEAM, RNN_OK, a.scores = NULL);
    TRY(BEAM, RNN_E_ARG, work.ints = NULL);
    TRY(BEAM, RNN_E_BUFFER, work.ints_len = 0);
    NUL(STEP, row);
    TRY(STEP, RNN_OK, row.attn = NULL);
    TRY(STEP, RNN_OK, row.t = INT_MAX);
    TRY(STEP, RNN_OK, row.from = from, row.rows = 3);
    TRY(STEP, RNN_OK, row.from = from, row.rows = 1);
    TRY(STEP, RNN_OK, row.from = from, row.rows = 0); /* the plan's */
    TRY(STEP, RNN_E_ARG, row.ids = NULL);
    TRY(STEP, RNN_E_ARG, row.t = -1);
    TRY(STEP, RNN_E_ARG, row.rows = 3);
    TRY(STEP, RNN_E_ARG, row.rows = 1);
    TRY(STEP, RNN_E_ARG, row.rows = 0);
    TRY(STEP, RNN_E_SIZE, row.from = from, row.rows = ROWS + 1);
    TRY(STEP, RNN_E_SIZE, row.from = from, row.rows = -1);
    TRY(STEP, RNN_E_SIZE, row.rows = INT_MIN);
#define THREE row.from = from, row.rows = 3
    TRY(STEP, RNN_E_ARG, THREE, from[2] = B);
    TRY(STEP, RNN_E_ARG, THREE, from[0] = -1);
    TRY(STEP, RNN_E_ID, THREE, tokens[2] = O);
    TRY(STEP, RNN_E_ID, THREE, tokens[0] = -1);
    /* sources of fewer rows have been read */
    THEN(STEP, RNN_E_ARG, source[0].batch = source[1].batch = 1, AS_IT_IS);
    THEN(STEP, RNN_E_ARG, source[0].batch = source[1].batch = 1,
         (THREE, from[2] = 1));
    THEN(STEP, RNN_OK, source[0].batch = source[1].batch = 1, row.rows = 1);
    FIRST(STEP, RNN_E_ARG, model.target = RNN_INPUT_DENSE);
    FIRST(STEP, RNN_OK, model.target_size = 0, row.ids = NULL);
    FIRST(STEP, RNN_OK, model.cell = RNN_CELL_TANH, a.c = NULL);
    TRY(GENERATE, RNN_OK, how.sampling = NULL, how.rngs = NULL, a.attn = NULL);
    TRY(GENERATE, RNN_E_ARG, how.rngs = NULL);
    TRY(GENERATE, RNN_E_ARG, draw.temperature = -1);
    TRY(GENERATE, RNN_E_ARG, draw.temperature = (rnn_real)nan);
    TRY(GENERATE, RNN_E_ARG, draw.top_k = -1);
    TRY(GENERATE, RNN_E_ARG, draw.top_p = 2);
    TRY(BEAM, RNN_OK, how.sampling = NULL, how.rngs = NULL);
    FIRST(BEAM, RNN_OK, model.cell = RNN_CELL_TANH, a.c = NULL);
    for (k = GENERATE; k <= BEAM; k += BEAM - GENERATE) {
        TRY(k, RNN_OK, how.max_tokens = 0);
        TRY(k, RNN_OK, how.end = -9); /* none */
        /* not read */
        FIRST(k, RNN_OK, model.target_size = 0, how.begin = -9);
    }
    NUL(VIEW, view), NUL(VIEW_LAYER, layer_view);
    TRY(VIEW_LAYER, RNN_OK, a.which = 2);
    TRY(VIEW_LAYER, RNN_OK, a.which = 1, a.layer = 1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = 3);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = -1);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = 1, a.layer = 2);
    TRY(VIEW_LAYER, RNN_E_ARG, a.which = 1, a.direction = 1);
    FIRST(VIEW_LAYER, RNN_E_ARG, from_one(1), a.which = 1);
}

/* Logits that are no numbers: sequences are not written. */
static void check_not_finite(void)
{
    int k;

    for (k = 0; k < 2; k++) {
        mem.params[net.sizes.params - 1] =
            k ? (rnn_real)HUGE_VAL : not_a_number();
        ready(BEAM);
        remember();
        CHECK(call(BEAM) == RNN_E_NOT_FINITE, "beam, logit %d", k);
        CHECK(memcmp(mem.ids, old.ids, sizeof mem.ids) == 0 &&
                  memcmp(mem.counts, old.counts, sizeof mem.counts) == 0 &&
                  memcmp(mem.scores, old.scores, sizeof mem.scores) == 0,
              "beam, logit %d: has written", k);
        if (k == 0)
            CHECK(call(GENERATE) == RNN_E_NOT_FINITE && mem.counts[0] == 0,
                  "generate, NaN");
        reset();
    }
}

/* Of rnn_generate and rnn_beam_search alike. */
#define WRITING(want, ...)                                                     \
    do {                                                                       \
        FIRST(GENERATE, want, __VA_ARGS__);                                    \
        FIRST(BEAM, want, __VA_ARGS__);                                        \
    } while (0)

static void check_writings(void)
{
    const rnn_real nan = not_a_number();

    WRITING(RNN_OK, AS_IT_IS);
    WRITING(RNN_E_ID, how.begin = -1);
    WRITING(RNN_E_ID, how.begin = O);
    WRITING(RNN_E_ID, how.end = O);
    WRITING(RNN_E_ID, how.end = INT_MAX);
    WRITING(RNN_E_ARG, how.min_tokens = -1);
    WRITING(RNN_E_ARG, how.min_tokens = TOKENS + 1);
    WRITING(RNN_E_ARG, how.max_tokens = -1);
    WRITING(RNN_E_ARG, how.rows = -1);
    WRITING(RNN_E_ID, model.output_size = O + 1);
    WRITING(RNN_E_ARG, model.output_size = 0);
    WRITING(RNN_E_ARG, model.target = RNN_INPUT_DENSE);
    /* nothing but the end, and not yet */
    WRITING(RNN_E_ARG, model.output_size = 1, how.min_tokens = 1);
    WRITING(RNN_OK, model.output_size = 1);
    TRY(BEAM, RNN_E_ARG, how.width = 0);
    TRY(BEAM, RNN_E_ARG, how.width = -1);
    TRY(BEAM, RNN_E_ARG, how.best = -1);
    TRY(BEAM, RNN_E_ARG, how.best = WIDTH + 1);
    TRY(BEAM, RNN_OK, how.best = WIDTH);
    TRY(BEAM, RNN_E_ARG, how.length_power = -1);
    TRY(BEAM, RNN_E_ARG, how.length_power = nan);
    /* more than the plan's */
    TRY(BEAM, RNN_E_SIZE, how.width = WIDTH + 1);
    TRY(BEAM, RNN_E_SIZE, how.width = INT_MAX);
    TRY(BEAM, RNN_E_SIZE, how.max_tokens = TOKENS + 1);
    TRY(BEAM, RNN_E_SIZE, how.max_tokens = INT_MAX);
    FIRST(BEAM, RNN_E_SIZE, most.tokens = 0);
    TRY(GENERATE, RNN_OK, how.max_tokens = TOKENS + 1);
    /* one source may have the rows of two */
    FIRST(BEAM, RNN_OK, source[0].batch = source[1].batch = 1, how.width = ROWS,
          how.rows = 0);
    TRY(BEAM, RNN_E_ARG, how.rows = B + 1);
    TRY(GENERATE, RNN_E_ARG, how.rows = B + 1);
}

/* ---- all of them --------------------------------------------------------- */

/* What a plan of any model has. */
static void check_calls(void)
{
    int k;

    check_bound();
    check_plan();
    check_bind();
    check_scratch();
    check_pack();
    check_order();
    for (k = FORWARD; k < plan_calls(); k++)
        check_kernels(k);
}

int main(void)
{
    int k;

    open_rooms(0);
    check_calls();
    for (k = FORWARD; k < PACK; k++)
        check_planned_seq(k);
    check_fields();
    null_model();
    null_generate();
    open_rooms(1);
    check_calls();
    check_sources();
    check_rate();
    check_whole_fields();
    check_wirings();
    null_decoder();
    check_not_finite();
    check_writings();
    arguments_unused();
    return test_end();
}
