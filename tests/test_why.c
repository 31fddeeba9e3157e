/* Why calls refuse: for every text that the library has, a call that gets it,
 * word for word; that its status is the one returned, that no placeholder is
 * left in it, and that it is cut to whatever room there is. A call that
 * succeeds leaves no reason. Those of files are test_why_files'.
 *
 *     test_why [SEED]
 */
#ifdef RNN_I_IMPLEMENTED /* make's tests: the library is a checking build */
#define CHECKED 1
#else
#define CHECKED 0
#endif
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "why.h"

/* ---- descriptions -------------------------------------------------------- */

/* A model of each wiring to which nothing need be added. */
static const rnn_model wired[RNN_WIRINGS] = {
    {.cell = RNN_CELL_LSTM, .input_size = 3, .hidden_size = 4,
     .output_size = 5},
    {.wiring = RNN_WIRING_N_TO_1, .cell = RNN_CELL_GRU, .input_size = 3,
     .hidden_size = 4, .output_size = 5},
    {.wiring = RNN_WIRING_1_TO_N, .cell = RNN_CELL_LSTM, .input_size = 4,
     .hidden_size = 4, .output_size = 5},
    {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_LSTM,
     .input = RNN_INPUT_ONE_HOT, .input_size = 5, .hidden_size = 4,
     .output_size = 5, .target = RNN_INPUT_ONE_HOT, .target_size = 5}};

static rnn_net planned;

static rnn_status plan(const rnn_model *m)
{
    return rnn_plan(&planned, m, NULL);
}

/* A plan of the model `m`, in which these fields are set, is refused. */
#define PLAN(wiring, set, ...)                                                 \
    (m = wired[wiring], (set), SAYS(&planned.why, plan(&m), __VA_ARGS__))

/* What the header says of a field: whether a wiring reads it. */
static int is_read(const char *key, int wiring)
{
    static const char *const of_n_to_m[] = {
        "context", "source_steps", "hand_over", "attention",
        "attention_size", "num_sources"};
    size_t i;

    if (wiring == RNN_WIRING_N_TO_M)
        return 1;
    for (i = 0; i < LEN(of_n_to_m); i++)
        if (!strcmp(key, of_n_to_m[i]))
            return 0;
    if (!strcmp(key, "bidirectional"))
        return wiring != RNN_WIRING_1_TO_N;
    for (i = 0; strcmp(key, fields[i].key) != 0;)
        i++;
    return i < PLAIN_FIELDS || wiring == RNN_WIRING_1_TO_N;
}

/* Every field that a wiring does not read; the two of dropout all read. */
static void check_unread(void)
{
    rnn_model m;
    int w, i, count = 0;

    for (w = 0; w < RNN_WIRINGS; w++)
        for (i = 0; i < FIELDS; i++) {
            if (is_read(fields[i].key, w))
                continue;
            count++;
            m = wired[w];
            set_field(&m, i, 1);
            SAYS(&planned.why, plan(&m), RNN_E_ARG,
                 "%s is 1: a model of wiring %s does not read it",
                 fields[i].key, wirings[w]);
        }
    MUST(count == 14 + 14 + 7, "%d fields are not read", count);
}

/* The greatest value of a field: of those that count something, any int. */
static int most_of(int i)
{
    static const struct {
        const char *key;
        int most;
    } small[] = {{"bidirectional", 1}, {"no_bias", 1}, {"feed", 7},
                 {"hand_over", 3}, {"head_context", 1}, {"num_sources", 2}};
    size_t k;
    int n = 0;

    for (k = 0; k < LEN(small); k++)
        if (!strcmp(small[k].key, fields[i].key))
            return small[k].most;
    while (fields[i].names && fields[i].names[n])
        n++;
    return n ? n - 1 : INT_MAX;
}

/* Below and above what a field can be, in a model that reads all. */
static void check_ranges(void)
{
    rnn_model m;
    int i;

    for (i = 0; i < FIELDS; i++) {
        const int most = most_of(i),
                  least = !strcmp(fields[i].key, "input_size");
        const rnn_status st = most == INT_MAX ? RNN_E_SIZE : RNN_E_ARG;
        m = wired[RNN_WIRING_N_TO_M];
        set_field(&m, i, -1);
        SAYS(&planned.why, plan(&m), st, "%s is -1: %d is the least",
             fields[i].key, least);
        set_field(&m, i, INT_MIN);
        SAYS(&planned.why, plan(&m), st, "%s is %d: %d is the least",
             fields[i].key, INT_MIN, least);
        if (most == INT_MAX)
            continue;
        set_field(&m, i, most + 1);
        SAYS(&planned.why, plan(&m), st, "%s is %d: %d is the most",
             fields[i].key, most + 1, most);
    }
}

/* Fields that contradict one another. */
static void check_contradictions(void)
{
    rnn_model m;

    PLAN(0, m.hidden_size = 0, RNN_E_SIZE, "hidden_size is 0: 1 is the least");
    PLAN(0, m.embedding_size = 3, RNN_E_ARG,
         "embedding_size is 3, but input is no embedding");
    PLAN(1, m.input = RNN_INPUT_EMBEDDING, RNN_E_SIZE,
         "embedding_size is 0: 1 is the least");
    PLAN(0, m.bidirectional = 2, RNN_E_ARG,
         "bidirectional is 2: 1 is the most");
    PLAN(0, m.dropout = (rnn_real)0.5, RNN_E_ARG,
         "dropout is between layers, and there is one: dropout_last is behind "
         "the last");
    PLAN(0, m.dropout = (rnn_real)NAN, RNN_E_ARG,
         "dropout is NaN: no finite number");
    PLAN(0, m.dropout_last = (rnn_real)HUGE_VAL, RNN_E_ARG,
         "dropout_last is infinity: no finite number");
    PLAN(3, m.dropout_last = (rnn_real)-HUGE_VAL, RNN_E_ARG,
         "dropout_last is -infinity: no finite number");
    PLAN(2, m.decoder_hidden_size = 7, RNN_E_ARG,
         "hidden_size is 4, but decoder_hidden_size is 7, and there is one "
         "stack");
    PLAN(2, (m.num_layers = 3, m.decoder_layers = 2), RNN_E_ARG,
         "num_layers is 3, but decoder_layers is 2, and there is one stack");
    PLAN(3, (m.target = RNN_INPUT_DENSE, m.target_embedding_size = 2),
         RNN_E_ARG,
         "target_embedding_size is 2, but the decoder reads no embedding");
    PLAN(2, m.target_embedding_size = 2, RNN_E_ARG,
         "target_embedding_size is 2, but the decoder reads no embedding");
    PLAN(3, m.target = RNN_INPUT_EMBEDDING, RNN_E_SIZE,
         "target_embedding_size is 0: 1 is the least");
    PLAN(3, m.target_size = 0, RNN_E_ARG, "target is 1, but target_size is 0");
    PLAN(3, m.source_steps = 3, RNN_E_ARG,
         "source_steps is 3, but context is not all");
    PLAN(3, m.context = RNN_CONTEXT_ALL, RNN_E_SIZE,
         "source_steps is 0: 1 is the least");
    PLAN(3, (m.cell = RNN_CELL_GRU, m.hand_over = RNN_HAND_CELL), RNN_E_ARG,
         "hand_over is 1, with RNN_HAND_CELL, but the cell has no c");
    SAYS(&planned.why, plan(NULL), RNN_E_ARG, "model is NULL");
    CHECK(rnn_plan(NULL, &m, NULL) == RNN_E_ARG, "no net");
}

/* What the context, attention and states of a decoder are together. */
static void check_decoders(void)
{
    rnn_model m;

    PLAN(3, m.feed = RNN_FEED_FIRST | RNN_FEED_EACH, RNN_E_ARG,
         "feed is 6: of FIRST and EACH there can be one");
    PLAN(3, (m.attention = RNN_SCORE_DOT, m.context = RNN_CONTEXT_MEAN),
         RNN_E_ARG, "context is 1, but nothing reads c: set feed");
    PLAN(3, (m.attention = RNN_SCORE_DOT, m.context_size = 4), RNN_E_ARG,
         "context_size is 4, but nothing reads c: set feed");
    PLAN(3, (m.hand_over = RNN_HAND_LAYERS, m.context_size = 4), RNN_E_ARG,
         "context_size is 4, but nothing reads c: set feed");
    PLAN(3, (m.attention = RNN_SCORE_DOT, m.attention_size = 3), RNN_E_ARG,
         "attention_size is 3, but attention has no size");
    PLAN(3, m.attention_size = 3, RNN_E_ARG,
         "attention_size is 3, but attention has no size");
    PLAN(3, m.attention = RNN_SCORE_ADDITIVE, RNN_E_SIZE,
         "attention_size is 0: 1 is the least");
    PLAN(3, m.decoder_hidden_size = 6, RNN_E_ARG,
         "the context, 4 numbers, is the state of a decoder of 6: set "
         "context_size to that, or another feed");
    PLAN(2, m.input_size = 3, RNN_E_ARG,
         "the context, 3 numbers, is the state of a decoder of 4: set "
         "context_size to that, or another feed");
    PLAN(3, (m.hand_over = RNN_HAND_LAYERS, m.decoder_layers = 2), RNN_E_ARG,
         "hand_over: 1 layers to a decoder of 2");
    PLAN(3, (m.hand_over = RNN_HAND_LAYERS, m.decoder_hidden_size = 6),
         RNN_E_ARG, "hand_over: states of 4 numbers to a decoder of 6");
    PLAN(3,
         (m.hand_over = RNN_HAND_CELL, m.decoder_hidden_size = 6,
          m.context_size = 6),
         RNN_E_ARG, "hand_over: states of 4 numbers to a decoder of 6");
    PLAN(3, (m.attention = RNN_SCORE_DOT, m.decoder_hidden_size = 6), RNN_E_ARG,
         "attention compares a query of 6 numbers with keys of 4: this score "
         "has no weights between them");
}

/* Sizes beyond the machine's, and of what a plan is for. */
static void check_sizes(void)
{
    static const char *const counts_of[] = {"steps", "batch", "source_steps",
                                            "rows", "tokens", "moments"};
    rnn_model m;
    rnn_most most;
    size_t i;

    PLAN(0, m.hidden_size = INT_MAX, RNN_E_SIZE,
         "a stack with a hidden_size of 2147483647 is too large for this "
         "machine");
    PLAN(0,
         (m.input = RNN_INPUT_EMBEDDING,
          m.input_size = m.embedding_size = INT_MAX),
         RNN_E_SIZE, "the model is too large for this machine");
    PLAN(3, (m.context_size = INT_MAX, m.feed = RNN_FEED_EACH), RNN_E_SIZE,
         "the decoder would read more than 2147483647 numbers");
#define MOST(field, value, ...)                                                \
    (memset(&most, 0, sizeof most), most.field = (value),                      \
     SAYS(&planned.why, rnn_plan(&planned, &wired[0], &most), __VA_ARGS__))
    for (i = 0; i < LEN(counts_of); i++) {
        memset(&most, 0, sizeof most);
        *(i == 0   ? &most.steps
          : i == 1 ? &most.batch
          : i == 2 ? &most.source_steps
          : i == 3 ? &most.rows
          : i == 4 ? &most.tokens
                   : &most.moments) = -5;
        SAYS(&planned.why, rnn_plan(&planned, &wired[0], &most), RNN_E_SIZE,
             "%s is -5: 0 is the least", counts_of[i]);
    }
    MOST(train, 2, RNN_E_ARG, "train is 2: 1 is the most");
    MOST(packed, (rnn_packing)3, RNN_E_ARG, "packed is 3: 2 is the most");
    MOST(train, (most.packed = RNN_PACK_BF16, 1), RNN_E_ARG,
         "train is 1, but RNN_PACK_BF16 is for use alone");
    MOST(keep_every, -2, RNN_E_SIZE, "keep_every is -2: -1 is the least");
    most.keep_every = 0;
    most.steps = most.batch = INT_MAX;
    SAYS(&planned.why, rnn_plan(&planned, &wired[0], &most), RNN_E_SIZE,
         "the arrays of 2147483647 steps of 2147483647 rows are too large for "
         "this machine");
    for (i = 0; i < RNN_WIRINGS; i++)
        GOOD(&planned.why, plan(&wired[i]));
    for (i = 0; i < KINDS; i++)
        GOOD(&planned.why, plan(&kinds[i].model));
#undef MOST
}

/* ---- a work, and its calls ----------------------------------------------- */

enum { T = 4, B = 3, ROWS = 6 };

typedef struct job {
    rnn_net net;
    rnn_work work;
    rnn_seq seq, source[RNN_MAX_SOURCES];
    rnn_row row;
    rnn_writing how;
    rnn_real *h, *c;
    int *tokens, *words, *counts;
} job;

/* A model, bound, with all that its calls read. */
static job *open_job_every(const rnn_model *m, int every)
{
    const rnn_most most = {T, B, T, ROWS, 4, 1, 2, RNN_PACK_FLOAT, every};
    job *j = (job *)test_memory(sizeof *j);
    int i;

    MUST(!rnn_plan(&j->net, m, &most), "plan: %s", reason(&j->net.why));
    j->work.ints = (int *)test_memory(j->net.sizes.ints * sizeof(int));
    j->work.ints_len = j->net.sizes.ints;
    GOOD(&j->work.why,
         rnn_bind(&j->net, &j->work, test_reals(j->net.sizes.all, 0.5),
                  j->net.sizes.all));
    memcpy(j->work.params, test_reals(j->net.sizes.params, 0.5),
           j->net.sizes.params * sizeof *j->work.params);
    j->seq.steps = T;
    j->seq.batch = B;
    j->seq.x = test_reals(T * B * 8, 1);
    j->seq.ids = j->tokens = test_ids(T * B, 5);
    say_seq(&j->seq, NULL, 1);
    j->seq.own_ids_len = j->seq.targets_len = T * B;
    j->seq.state_len = 4 * 2 * ROWS * 8;
    for (i = 0; i < RNN_MAX_SOURCES; i++)
        j->source[i] = j->seq;
    if (m->wiring == RNN_WIRING_1_TO_N)
        j->source[0].steps = 1;
    j->seq.source = j->source;
    j->h = test_reals(4 * 2 * ROWS * 8, 1);
    j->c = test_reals(4 * 2 * ROWS * 8, 1);
    j->words = test_ids(ROWS * 8, 1);
    j->counts = test_ids(ROWS, 1);
    j->row.rows = B;
    j->row.x = j->seq.x;
    j->row.ids = j->seq.ids;
    j->how.end = -1;
    j->how.max_tokens = 3;
    j->how.rows = B;
    j->how.width = 2;
    say_row(&j->row, j->h, j->c);
    j->row.attn_len = j->how.attn_len = T * B * ROWS;
    say_writing(&j->how, j->h, j->c, j->words, j->counts, NULL);
    return j;
}

static job *open_job(const rnn_model *m)
{
    return open_job_every(m, 0);
}

#define CALL(j, ...) SAYS(&(j)->work.why, __VA_ARGS__)
#define WELL(j, call) GOOD(&(j)->work.why, call)
#define FORWARD(j) rnn_forward(&(j)->net, &(j)->work, &(j)->seq)
#define BACKWARD(j, flow) rnn_backward(&(j)->net, &(j)->work, &(j)->seq, flow)
#define STEP(j) rnn_step(&(j)->net, &(j)->work, &(j)->row, (j)->h, (j)->c)
#define ENCODE(j) rnn_encode(&(j)->net, &(j)->work, (j)->source, (j)->h, (j)->c)
#define GENERATE(j)                                                            \
    rnn_generate(&(j)->net, &(j)->work, &(j)->how, (j)->h, (j)->c, (j)->words, \
                 (j)->counts, NULL)
#define BEAM(j)                                                                \
    rnn_beam_search(&(j)->net, &(j)->work, &(j)->how, (j)->h, (j)->c,          \
                    (j)->words, (j)->counts, NULL)
#define LOSS(j, how) rnn_cross_entropy(&(j)->net, &(j)->work, &(j)->seq,       \
                                       (j)->tokens, how, NULL)

/* A value for the time of one refusal. */
#define WITH(type, place, value, then)                                         \
    do {                                                                       \
        type old_ = place;                                                     \
        place = value;                                                         \
        then;                                                                  \
        place = old_;                                                          \
    } while (0)

/* Arrays that are too short, and works that are tied to no plan. */
static void check_bind(void)
{
    rnn_net other;
    rnn_work w;
    job *j = open_job(&wired[RNN_WIRING_N_TO_M]);
    const rnn_sizes *z = &j->net.sizes;
    rnn_real one[1] = {0};

    memset(&w, 0, sizeof w);
    memset(&other, 0, sizeof other);
    SAYS(&w.why, rnn_bind(NULL, &w, one, 1), RNN_E_ARG, "net is NULL");
    SAYS(&w.why, rnn_bind(&other, &w, one, 1), RNN_E_ORDER,
         "net has not been planned");
    CHECK(rnn_bind(&other, NULL, one, 1) == RNN_E_ARG, "no work");
    SAYS(&w.why, rnn_bind(&j->net, &w, one, 1), RNN_E_BUFFER,
         "rnn_bind's memory has room for 1: %lu are needed",
         (unsigned long)z->all);
    SAYS(&w.why, rnn_bind(&j->net, &w, NULL, z->all), RNN_E_BUFFER,
         "rnn_bind's memory has room for 0: %lu are needed",
         (unsigned long)z->all);
#define SHORT(array, size)                                                     \
    do {                                                                       \
        memset(&w, 0, sizeof w);                                               \
        w.array = one;                                                         \
        w.array##_len = (size)-1;                                              \
        SAYS(&w.why, rnn_bind(&j->net, &w, one, 1), RNN_E_BUFFER,              \
             #array " has room for %lu: %lu are needed",                       \
             (unsigned long)(size)-1, (unsigned long)(size));                  \
    } while (0)
    SHORT(weights, z->params);
    SHORT(params, z->params);
    SHORT(grads, z->params);
    SHORT(moments, z->moments);
    SHORT(packed, z->packed);
    SHORT(logits, z->logits);
    SHORT(dlogits, z->logits);
    SHORT(keep, z->keep);
    SHORT(memory, z->memory);
#undef SHORT
    SAYS(&w.why, rnn_forward(&j->net, &w, &j->seq), RNN_E_ORDER,
         "work is not bound to this plan: rnn_bind");
    CALL(j, rnn_forward(NULL, &j->work, &j->seq), RNN_E_ARG, "net is NULL");
    WITH(uint32_t, j->net.id, j->net.id + 1,
         CALL(j, FORWARD(j), RNN_E_ORDER,
              "work is not bound to this plan: rnn_bind"));
    CHECK(rnn_forward(&j->net, NULL, &j->seq) == RNN_E_ARG, "no work");
    test_free();
}

/* Kernels and threads that cannot be, of a work and of a block. */
static void check_runs(void)
{
    job *j = open_job(&wired[0]);
    rnn_run bad = {0, 0, NULL, NULL, &why};
    rnn_real x[2] = {0, 0};

    j->work.run = &bad;
    bad.parts = -1;
    CALL(j, FORWARD(j), RNN_E_ARG, "run->parts is -1: 1 is the least");
    SAID(rnn_map(RNN_FN_TANH, 2, x, x, &bad), RNN_E_ARG,
         "run->parts is -1: 1 is the least");
    bad.parts = 0;
    bad.kernel = (rnn_kernel)RNN_KERNELS;
    CALL(j, FORWARD(j), RNN_E_ARG, "run->kernel is %d: %d is the most",
         RNN_KERNELS, RNN_KERNELS - 1);
    bad.kernel = (rnn_kernel)-1;
    SAID(rnn_map(RNN_FN_TANH, 2, x, x, &bad), RNN_E_ARG,
         "run->kernel is -1: 0 is the least");
    bad.kernel = RNN_KERNEL_HELIUM;
    if (rnn_map(RNN_FN_TANH, 2, x, x, &bad))
        CALL(j, FORWARD(j), RNN_E_UNSUPPORTED,
             "run->kernel is %d, which this machine has not",
             (int)RNN_KERNEL_HELIUM);
    bad.kernel = RNN_KERNEL_AUTO;
    WELL(j, FORWARD(j));
    SAID(rnn_map(RNN_FN_TANH, 2, NULL, x, &run), RNN_E_ARG, "x is NULL");
    SAID(rnn_map(RNN_FN_TANH, 2, x, NULL, &run), RNN_E_ARG, "y is NULL");
    SAID(rnn_map((rnn_fn)7, 2, x, x, &run), RNN_E_ARG, "f is 7: 6 is the most");
    SAID(rnn_map((rnn_fn)-1, 2, x, x, &run), RNN_E_ARG,
         "f is -1: 0 is the least");
    GOOD(&why, rnn_map(RNN_FN_TANH, 2, x, x, &run));
    test_free();
}

/* Sequences: their sizes, lengths, strides and tokens. */
static void check_sequences(void)
{
    rnn_model m = wired[0];
    int lengths[B] = {1, 9, 2};
    job *j;

    m.input = RNN_INPUT_ONE_HOT;
    m.input_size = 5;
    j = open_job(&m);
    CALL(j, rnn_forward(&j->net, &j->work, NULL), RNN_E_ARG, "seq is NULL");
#define SEQ(field, value, ...)                                                 \
    WITH(int, j->seq.field, value, CALL(j, FORWARD(j), __VA_ARGS__))
    SEQ(steps, 9, RNN_E_SIZE, "seq.steps is 9: the plan is for 4");
    SEQ(batch, 9, RNN_E_SIZE, "seq.batch is 9: the plan is for 3");
    SEQ(steps, 0, RNN_E_SIZE, "seq.steps is 0: 1 is the least");
    SEQ(steps, -7, RNN_E_SIZE, "seq.steps is -7: 1 is the least");
    SEQ(batch, 0, RNN_E_SIZE, "seq.batch is 0: 1 is the least");
#undef SEQ
    j->seq.lengths = lengths;
    CALL(j, FORWARD(j), RNN_E_LENGTH, "seq.lengths has 9 for row 1");
    lengths[1] = -1;
    CALL(j, FORWARD(j), RNN_E_LENGTH, "seq.lengths has -1 for row 1");
    j->seq.lengths = NULL;
    WITH(size_t, j->seq.step_stride, 3,
         CALL(j, FORWARD(j), RNN_E_ARG,
              "seq has a step_stride of 3 and a row_stride of 0: with one goes "
              "the other"));
    WITH(size_t, j->seq.row_stride, 2,
         CALL(j, FORWARD(j), RNN_E_ARG,
              "seq has a step_stride of 0 and a row_stride of 2: with one goes "
              "the other"));
    j->tokens[1 * B + 2] = 7;
    CALL(j, FORWARD(j), RNN_E_ID,
         "ids: 7 at step 1 of row 2, and there are 0 to 4");
    j->tokens[1 * B + 2] = -1;
    CALL(j, FORWARD(j), RNN_E_ID,
         "ids: -1 at step 1 of row 2, and there are 0 to 4");
    j->seq.ids = NULL;
    CALL(j, FORWARD(j), RNN_E_ARG, "ids is NULL: tokens are read here");
    j = open_job(&wired[RNN_WIRING_N_TO_1]);
    j->seq.x = NULL;
    CALL(j, FORWARD(j), RNN_E_ARG, "x is NULL: numbers are read here");
    j->row.x = NULL;
    CALL(j, STEP(j), RNN_E_ARG, "x is NULL: numbers are read here");
    test_free();
}

/* States of cells that have none, and steps without. */
static void check_states(void)
{
    const rnn_real *s;
    rnn_real *to;
    rnn_flow flow;
    job *j = open_job(&wired[RNN_WIRING_N_TO_1]); /* GRU */

    s = to = j->c;
    memset(&flow, 0, sizeof flow);
    WITH(const rnn_real *, j->seq.c0, s,
         CALL(j, FORWARD(j), RNN_E_ARG,
              "c0 is given, but these cells have no c"));
    WITH(rnn_real *, j->seq.cn, to,
         CALL(j, rnn_infer(&j->net, &j->work, &j->seq), RNN_E_ARG,
              "cn is given, but these cells have no c"));
    WELL(j, FORWARD(j));
    memset(j->work.dlogits, 0, j->work.dlogits_len * sizeof(rnn_real));
    WITH(const rnn_real *, flow.dcn, s,
         CALL(j, BACKWARD(j, &flow), RNN_E_ARG,
              "dcn is given, but these cells have no c"));
    WITH(rnn_real *, flow.dc0, to,
         CALL(j, BACKWARD(j, &flow), RNN_E_ARG,
              "dc0 is given, but these cells have no c"));
    WELL(j, BACKWARD(j, &flow));
    WITH(rnn_real *, j->h, NULL, CALL(j, STEP(j), RNN_E_ARG, "h is NULL"));
    WITH(rnn_real *, j->c, NULL, WELL(j, STEP(j)));
    j = open_job(&wired[RNN_WIRING_N_TO_N]); /* LSTM */
    j->seq.c0 = s;
    WELL(j, FORWARD(j));
    WITH(rnn_real *, j->c, NULL, CALL(j, STEP(j), RNN_E_ARG, "c is NULL"));
    CALL(j, rnn_step(&j->net, &j->work, NULL, j->h, j->c), RNN_E_ARG,
         "row is NULL");
    WITH(int, j->row.t, -1,
         CALL(j, STEP(j), RNN_E_ARG, "row.t is -1: 0 is the least"));
    WITH(int, j->row.rows, ROWS + 1,
         CALL(j, STEP(j), RNN_E_SIZE, "rows is 7: 6 is the most"));
    WITH(int, j->row.rows, -1,
         CALL(j, STEP(j), RNN_E_SIZE, "rows is -1: 1 is the least"));
    WELL(j, STEP(j));
    test_free();
}

/* Backward, and looking at a pass. */
static void check_order(void)
{
    rnn_model m = wired[0];
    rnn_layer_view layer;
    rnn_view view;
    rnn_flow flow;
    job *j;

    memset(&flow, 0, sizeof flow);
    m.input = RNN_INPUT_ONE_HOT;
    m.input_size = 5;
    j = open_job(&m);
    CALL(j, BACKWARD(j, NULL), RNN_E_ORDER,
         "keep is empty: there was no forward pass");
    WITH(int, j->seq.past, 1,
         CALL(j, FORWARD(j), RNN_E_ARG, "seq.past is 1: 0 is the most"));
    WELL(j, FORWARD(j));
    WELL(j, LOSS(j, NULL));
    flow.accumulate = 2;
    CALL(j, BACKWARD(j, &flow), RNN_E_ARG, "accumulate is 2: 1 is the most");
    flow.accumulate = 0;
    flow.frozen = -1;
    CALL(j, BACKWARD(j, &flow), RNN_E_ARG, "frozen is -1: 0 is the least");
    flow.frozen = 0;
    flow.dx = j->c;
    CALL(j, BACKWARD(j, &flow), RNN_E_ARG,
         "dx is wanted, but the input is no numbers");
    WITH(int, j->seq.steps, T - 1,
         CALL(j, BACKWARD(j, NULL), RNN_E_ORDER,
              "keep holds a pass with other steps, batch, lengths, strides, "
              "fresh, seed, first_step, first_row or own_rate"));
#define LAYER(which, l, d)                                                     \
    rnn_view_layer(&j->net, &j->work, &j->seq, which, l, d, &layer)
    CALL(j, LAYER(1, 0, 0), RNN_E_ARG, "which is 1: 0 is the most");
    CALL(j, LAYER(-1, 0, 0), RNN_E_ARG, "which is -1: 0 is the least");
    CALL(j, LAYER(0, 3, 0), RNN_E_ARG, "layer is 3: 0 is the most");
    CALL(j, LAYER(0, 0, 1), RNN_E_ARG, "direction is 1: 0 is the most");
    WELL(j, LAYER(0, 0, 0));
    CALL(j, rnn_view_model(&j->net, &j->work, &j->seq, NULL), RNN_E_ARG,
         "view is NULL");
    WELL(j, rnn_view_model(&j->net, &j->work, &j->seq, &view));
    WELL(j, BACKWARD(j, NULL));
    CALL(j, BACKWARD(j, NULL), RNN_E_ORDER,
         "keep is used up: backward has been there");
    j = open_job_every(&m, T - 1);
    WELL(j, FORWARD(j));
    CALL(j, LAYER(0, 0, 0), RNN_E_UNSUPPORTED,
         "with keep_every = 3 most states of this stack are not there");
    WELL(j, rnn_view_model(&j->net, &j->work, &j->seq, &view));
    WITH(int, j->seq.steps, T - 1, WELL(j, FORWARD(j)));
    WITH(int, j->seq.steps, T - 1, WELL(j, LAYER(0, 0, 0)));
#undef LAYER
    test_free();
}

/* Plans for something else, and arrays that moved or shrank. */
static void check_places(void)
{
    rnn_most most = {T, B, 0, 0, 0, 0, 0, RNN_PACK_NONE, 0};
    job *j = open_job(&wired[0]);
    rnn_real *old = j->work.packed;
    const rnn_real *weights = j->work.params;

    WITH(size_t, j->work.scratch_len, j->net.sizes.step - 1,
         CALL(j, (j->row.rows = 0, STEP(j)), RNN_E_BUFFER,
              "scratch has room for %lu: %lu are needed",
              (unsigned long)j->net.sizes.step - 1,
              (unsigned long)j->net.sizes.step));
    WITH(size_t, j->work.keep_len, 1,
         CALL(j, FORWARD(j), RNN_E_BUFFER,
              "keep has room for 1: %lu are needed",
              (unsigned long)j->net.sizes.keep));
    WELL(j, rnn_pack(&j->net, &j->work));
    j->work.packed = test_reals(j->net.sizes.packed, 0);
    memcpy(j->work.packed, old, j->net.sizes.packed * sizeof *old);
    CALL(j, STEP(j), RNN_E_ORDER,
         "packed has been moved, is of another plan, or of weights that have "
         "changed: rnn_pack");
    CALL(j, FORWARD(j), RNN_E_ORDER, "packed has been moved since rnn_bind");
    CALL(j, rnn_pack(&j->net, &j->work), RNN_E_ORDER,
         "packed has been moved since rnn_bind");
    j->work.packed = old;
    WELL(j, FORWARD(j));
    MUST(!rnn_plan(&j->net, &wired[0], &most), "plan for use alone");
    memset(&j->work, 0, sizeof j->work);
    j->work.weights = weights;
    j->work.weights_len = j->net.sizes.params;
    WELL(j, rnn_bind(&j->net, &j->work, test_reals(j->net.sizes.all, 0),
                     j->net.sizes.all));
    CALL(j, FORWARD(j), RNN_E_ARG, "the plan is not for training: train is 0");
    CALL(j, rnn_pack(&j->net, &j->work), RNN_E_ARG,
         "packed: the plan has none, or it is NULL");
    WELL(j, rnn_infer(&j->net, &j->work, &j->seq));
    test_free();
}

/* ---- decoders ------------------------------------------------------------ */

/* Sources of a decoder. */
static void check_sources(void)
{
    rnn_model m = wired[RNN_WIRING_N_TO_M];
    static const int lengths[B] = {1, 1, 1};
    job *j = open_job(&m);

    WITH(const rnn_seq *, j->seq.source, NULL,
         CALL(j, FORWARD(j), RNN_E_ARG, "seq.source is NULL"));
    CALL(j, rnn_encode(&j->net, &j->work, NULL, j->h, j->c), RNN_E_ARG,
         "source is NULL");
#define SOURCE(field, value, ...)                                              \
    WITH(int, j->source[0].field, value, CALL(j, __VA_ARGS__))
    SOURCE(batch, 2, FORWARD(j), RNN_E_ARG,
           "source has 2 rows, another source or the target has 3");
    SOURCE(batch, 9, ENCODE(j), RNN_E_SIZE, "batch is 9: 3 is the most");
    SOURCE(steps, 9, ENCODE(j), RNN_E_SIZE, "source.steps is 9: 4 is the most");
    WITH(const rnn_real *, j->source[0].c0, j->c, WELL(j, ENCODE(j)));
    m.context = RNN_CONTEXT_ALL;
    m.source_steps = 3;
    m.context_size = 4;
    j = open_job(&m);
    CALL(j, FORWARD(j), RNN_E_LENGTH,
         "source has 4 steps in a row: the context holds 3");
    m.cell = RNN_CELL_TANH;
    j = open_job(&m);
    j->source[0].steps = 3;
    WITH(const rnn_real *, j->source[0].c0, j->c,
         CALL(j, FORWARD(j), RNN_E_ARG,
              "c0 of source is given, but these cells have no c"));
    WELL(j, FORWARD(j));
    j = open_job(&wired[RNN_WIRING_1_TO_N]);
    SOURCE(steps, 2, FORWARD(j), RNN_E_ARG,
           "source has 2 steps, or lengths: 1 vs N reads one step");
    WITH(const int *, j->source[0].lengths, lengths,
         CALL(j, FORWARD(j), RNN_E_ARG,
              "source has 1 steps, or lengths: 1 vs N reads one step"));
    WELL(j, FORWARD(j));
    j = open_job(&wired[0]);
    CALL(j, ENCODE(j), RNN_E_ARG,
         "model has no decoder: there is nothing to encode for");
#undef SOURCE
    test_free();
}

/* Scheduled sampling. */
static void check_own(void)
{
    rnn_model m = wired[RNN_WIRING_N_TO_M];
    job *j = open_job(&m);

    j->seq.own_rate = (rnn_real)0.5;
    CALL(j, FORWARD(j), RNN_E_ARG, "own_ids is NULL, and own_rate is not 0");
    j->seq.own_ids = j->words;
    WELL(j, FORWARD(j));
    j->seq.own_rate = (rnn_real)NAN;
    CALL(j, FORWARD(j), RNN_E_ARG, "own_rate is NaN: no finite number");
    m.target_size = 3;
    j = open_job(&m);
    j->seq.ids = j->words; /* zeros */
    j->seq.own_rate = 1;
    j->seq.own_ids = j->words;
    CALL(j, FORWARD(j), RNN_E_ARG,
         "own_rate is not 0: 5 tokens come out, 3 can be read");
    j = open_job(&wired[0]);
    j->seq.own_rate = 1;
    j->seq.own_ids = j->words;
    CALL(j, FORWARD(j), RNN_E_ARG,
         "own_rate is not 0: it needs a decoder that reads tokens and gives "
         "some out");
    test_free();
}

/* Steps of a decoder, and of a model that has none. */
static void check_steps(void)
{
    rnn_model m = wired[0];
    static const int from[ROWS] = {0, 1, 2, 2, 5, 0}, below[1] = {-1};
    job *j = open_job(&wired[RNN_WIRING_N_TO_M]);

    CALL(j, STEP(j), RNN_E_ORDER,
         "memory is empty: rnn_encode comes before a decoder's steps");
    CALL(j, GENERATE(j), RNN_E_ORDER,
         "memory is empty: rnn_encode comes before a decoder's steps");
    WITH(size_t, j->work.memory_len, 1,
         CALL(j, ENCODE(j), RNN_E_BUFFER,
              "memory has room for 1: %lu are needed",
              (unsigned long)j->net.sizes.memory));
    WELL(j, ENCODE(j));
    WELL(j, STEP(j));
    WITH(int, j->how.rows, 2,
         CALL(j, GENERATE(j), RNN_E_ARG,
              "rows is 2, and a decoder has those of its sources, 3"));
    WITH(int, j->how.rows, 3, WELL(j, GENERATE(j)));
    j->row.rows = ROWS;
    CALL(j, STEP(j), RNN_E_ARG,
         "from is NULL, and there are 6 rows, but 3 sources");
    j->row.from = from;
    CALL(j, STEP(j), RNN_E_ARG, "from is 5: 2 is the most");
    j->row.rows = 1;
    j->row.from = below;
    CALL(j, STEP(j), RNN_E_ARG, "from is -1: 0 is the least");
    j->row.from = from;
    j->tokens[0] = 6;
    CALL(j, STEP(j), RNN_E_ID,
         "ids: 6 at step 0 of row 0, and there are 0 to 4");
    m.bidirectional = 1;
    j = open_job(&m);
    CALL(j, STEP(j), RNN_E_ARG,
         "a model with bidirectional = 1 has no steps: it reads the end first");
    test_free();
}

/* Writing: a field of it for the time of one refusal. */
#define HOW(field, value, ...)                                                 \
    WITH(int, j->how.field, value, CALL(j, GENERATE(j), __VA_ARGS__))

static void check_writing(void)
{
    static const char no_tokens[] = "model writes no tokens: N vs 1, without a "
                                    "head, or it reads numbers";
    rnn_model m = wired[0];
    job *j;

    m.input = RNN_INPUT_ONE_HOT;
    m.input_size = 5;
    j = open_job(&m);
    CALL(j,
         rnn_generate(&j->net, &j->work, NULL, j->h, j->c, j->words, j->counts,
                      NULL),
         RNN_E_ARG, "how is NULL");
    HOW(min_tokens, -1, RNN_E_ARG, "min_tokens is -1: 0 is the least");
    HOW(min_tokens, 4, RNN_E_ARG, "max_tokens is 3: 4 is the least");
    HOW(rows, -1, RNN_E_ARG, "rows is -1: 0 is the least");
    HOW(rows, 7, RNN_E_SIZE, "rows is 7: 6 is the most");
    HOW(end, 9, RNN_E_ID, "end is 9: 4 is the most");
    HOW(begin, 5, RNN_E_ID, "begin is 5: 4 is the most");
    HOW(begin, -1, RNN_E_ID, "begin is -1: 0 is the least");
    WITH(int *, j->words, NULL, CALL(j, GENERATE(j), RNN_E_ARG, "ids is NULL"));
    WITH(int *, j->counts, NULL,
         CALL(j, GENERATE(j), RNN_E_ARG, "counts is NULL"));
    WELL(j, GENERATE(j));
    m.input_size = 4;
    j = open_job(&m);
    CALL(j, GENERATE(j), RNN_E_ID, "model gives out 5 tokens, and reads 4");
    m.input_size = 5;
    m.output_size = 1;
    j = open_job(&m);
    j->how.end = 0;
    HOW(min_tokens, 1, RNN_E_ARG, "min_tokens is 1, but end is the only token");
    m.output_size = 0;
    j = open_job(&m);
    CALL(j, GENERATE(j), RNN_E_ARG, "%s", no_tokens);
    j = open_job(&wired[RNN_WIRING_N_TO_N]);
    CALL(j, GENERATE(j), RNN_E_ARG, "%s", no_tokens);
    j = open_job(&wired[RNN_WIRING_N_TO_1]);
    CALL(j, GENERATE(j), RNN_E_ARG, "%s", no_tokens);
    test_free();
}

/* Sampling, and logits from which nothing can be taken. */
static void check_sampling(void)
{
    rnn_model m = wired[0];
    rnn_sampling how = {1, 0, 0};
    rnn_rng rngs[B];
    job *j;
    int i;

    m.input = RNN_INPUT_ONE_HOT;
    m.input_size = 5;
    j = open_job(&m);
    for (i = 0; i < B; i++)
        rnn_rng_seed(&rngs[i], (uint32_t)i);
    j->how.sampling = &how;
    CALL(j, GENERATE(j), RNN_E_ARG, "rng, or rngs, is NULL");
    j->how.rngs = rngs;
    WELL(j, GENERATE(j));
    how.temperature = (rnn_real)HUGE_VAL;
    CALL(j, GENERATE(j), RNN_E_ARG,
         "temperature is infinity: no finite number");
    how.temperature = (rnn_real)NAN;
    CALL(j, GENERATE(j), RNN_E_ARG, "temperature is NaN: no finite number");
    how.temperature = 1;
    how.top_k = -1;
    CALL(j, GENERATE(j), RNN_E_ARG, "top_k is -1: 0 is the least");
    how.top_k = 0;
    how.top_p = (rnn_real)NAN;
    CALL(j, GENERATE(j), RNN_E_ARG, "top_p is NaN: no finite number");
    how.top_p = 0;
    for (i = 0; i < 5; i++) /* out.bias ends params */
        j->work.params[j->net.sizes.params - 5 + (size_t)i] =
            (rnn_real)-HUGE_VAL;
    CALL(j, GENERATE(j), RNN_E_NOT_FINITE,
         "logits: all 5 are -infinity, so nothing is possible");
    j->how.sampling = NULL;
    CALL(j, GENERATE(j), RNN_E_NOT_FINITE,
         "logits: all 5 are -infinity, so nothing is possible");
    j->work.params[j->net.sizes.params - 2] = (rnn_real)NAN;
    CALL(j, GENERATE(j), RNN_E_NOT_FINITE, "logits: number 3 is NaN");
    test_free();
}

static void check_beams(void)
{
    job *j = open_job(&wired[0]);
    int i;

    CALL(j, BEAM(j), RNN_E_ARG, "model has no decoder: beams are for decoders");
    j = open_job(&wired[RNN_WIRING_N_TO_M]);
    CALL(j, BEAM(j), RNN_E_ORDER, "memory is empty: rnn_encode comes before");
    WELL(j, ENCODE(j));
#undef HOW
#define HOW(field, value, ...)                                                 \
    WITH(int, j->how.field, value, CALL(j, BEAM(j), __VA_ARGS__))
    HOW(width, 0, RNN_E_ARG, "width is 0: 1 is the least");
    HOW(width, 3, RNN_E_SIZE, "width is 3: 2 is the most");
    HOW(best, 3, RNN_E_ARG, "best is 3: 2 is the most");
    HOW(best, -1, RNN_E_ARG, "best is -1: 0 is the least");
    HOW(max_tokens, 5, RNN_E_SIZE, "max_tokens is 5: 4 is the most");
    WITH(rnn_real, j->how.length_power, (rnn_real)HUGE_VAL,
         CALL(j, BEAM(j), RNN_E_ARG,
              "length_power is infinity: no finite number"));
    WITH(int *, j->counts, NULL, CALL(j, BEAM(j), RNN_E_ARG, "counts is NULL"));
    WITH(int *, j->words, NULL, CALL(j, BEAM(j), RNN_E_ARG, "ids is NULL"));
    WITH(int *, j->work.ints, NULL,
         CALL(j, BEAM(j), RNN_E_ARG, "ints is NULL"));
    WELL(j, BEAM(j));
    /* end alone is possible, and not yet allowed */
    for (i = 0; i < 4; i++)
        j->work.params[j->net.sizes.params - 5 + (size_t)i] =
            (rnn_real)-HUGE_VAL;
    j->how.end = 4;
    j->how.min_tokens = 1;
    WELL(j, ENCODE(j));
    CALL(j, BEAM(j), RNN_E_NOT_FINITE,
         "logits leave no sequence possible for source 0");
    j->work.params[j->net.sizes.params - 1] = (rnn_real)-HUGE_VAL;
    WELL(j, ENCODE(j));
    CALL(j, BEAM(j), RNN_E_NOT_FINITE,
         "logits of step 0 are NaN, infinite or all -infinity");
    test_free();
}

/* The room that a refused search says that it needs: with one less of `len` it
 * is refused, with so much it runs. */
static void check_room(job *j, const char *name, size_t *len)
{
    const char *at;
    unsigned long need;

    CHECK(BEAM(j) == RNN_E_BUFFER, "%s", name);
    at = strchr(reason(&j->work.why), ':');
    need = at ? strtoul(at + 1, NULL, 10) : 0;
    CHECK(need > *len, "%s", reason(&j->work.why));
    *len = (size_t)need - 1;
    CALL(j, BEAM(j), RNN_E_BUFFER, "%s has room for %lu: %lu are needed", name,
         need - 1, need);
    ++*len;
    WELL(j, BEAM(j));
}

/* A search that has the arrays of its steps, and not its own. */
static void check_beam_room(void)
{
    job *j = open_job(&wired[RNN_WIRING_N_TO_M]);

    j->how.max_tokens = 4;
    WELL(j, ENCODE(j));
    WITH(size_t, j->work.scratch_len, j->net.sizes.step,
         check_room(j, "scratch", &j->work.scratch_len));
    WITH(size_t, j->work.ints_len, 1, check_room(j, "ints", &j->work.ints_len));
    test_free();
}

/* ---- losses, optimisers -------------------------------------------------- */

static void check_losses(void)
{
    static const int none[B] = {0, 0, 0}, fewer[B] = {1, 1, 1};
    const rnn_real class_weights[5] = {1, 1, 1, 1, 1};
    const rnn_real negative[5] = {1, 1, 1, 1, -1};
    rnn_loss how = {0};
    job *j = open_job(&wired[0]);

    CALL(j, LOSS(j, NULL), RNN_E_ORDER,
         "logits are not those of a pass over sequences");
    WELL(j, FORWARD(j));
    WITH(int, j->seq.steps, 2,
         CALL(j, LOSS(j, NULL), RNN_E_ORDER,
              "logits are those of a pass of 4 steps of 3 rows"));
    WITH(const int *, j->seq.lengths, none,
         CALL(j, LOSS(j, NULL), RNN_E_LENGTH,
              "lengths are all 0: a mean over nothing"));
    WITH(
        const int *, j->seq.lengths, fewer,
        CALL(j, LOSS(j, NULL), RNN_E_ORDER,
             "lengths are not those of the pass: weights of 0 leave out more"));
    WITH(int *, j->tokens, NULL,
         CALL(j, LOSS(j, NULL), RNN_E_ARG, "targets is NULL"));
    WITH(int, j->tokens[2 * B + 1], 5,
         CALL(j, LOSS(j, NULL), RNN_E_ID,
              "targets: 5 at step 2 of row 1, and there are 0 to 4"));
    how.n = (rnn_real)HUGE_VAL;
    CALL(j, LOSS(j, &how), RNN_E_ARG, "n is infinity: no finite number");
    how.n = 0;
    how.smoothing = (rnn_real)NAN;
    CALL(j, LOSS(j, &how), RNN_E_ARG, "smoothing is NaN: no finite number");
    how.smoothing = (rnn_real)0.5;
    j->seq.targets_len *= 5; /* numbers */
    CALL(j, rnn_squared_error(&j->net, &j->work, &j->seq, j->seq.x, &how, NULL),
         RNN_E_ARG, "smoothing: cross-entropy alone has it");
    how.class_weights = negative;
    CALL(j, LOSS(j, &how), RNN_E_ARG, "class_weights is -1: 0 is the least");
    how.class_weights = class_weights;
    CALL(j,
         rnn_sigmoid_cross_entropy(&j->net, &j->work, &j->seq, j->seq.x, &how,
                                   NULL),
         RNN_E_ARG, "class_weights: cross-entropy alone has it");
    j->seq.targets_len = T * B;
    WELL(j, LOSS(j, &how));
    j->work.logits[3] = (rnn_real)NAN;
    CALL(j, LOSS(j, NULL), RNN_E_NOT_FINITE,
         "the loss of a row is infinite or NaN");
    test_free();
}

/* The same of rows, and other sums over them. */
static void check_rows(void)
{
    const rnn_real huge = (rnn_real)3e38, inf = (rnn_real)HUGE_VAL;
    rnn_real x[6] = {0, 1, 2, 3, 4, 5}, l[2] = {huge, huge}, to[6];
    int ids[2] = {1, 3};

#define ROWS_OF(x, n, O, ids)                                                  \
    rnn_cross_entropy_rows(x, n, O, ids, NULL, NULL, to, &run)
    SAID(ROWS_OF(NULL, 2, 3, ids), RNN_E_ARG, "x is NULL");
    SAID(ROWS_OF(x, 2, 3, NULL), RNN_E_ARG, "targets is NULL");
    SAID(ROWS_OF(x, 2, 0, ids), RNN_E_SIZE,
         "outputs are 0, of 2 rows: none, or too many");
    SAID(ROWS_OF(x, 2, 3, ids), RNN_E_ID,
         "targets: 3 at step 0 of row 1, and there are 0 to 2");
    GOOD(&why, ROWS_OF(x, 1, 3, ids));
#undef ROWS_OF
    SAID(rnn_squared_error_rows(l, 2, 1, x, NULL, NULL, to, &run),
         RNN_E_NOT_FINITE, "the loss of a row is infinite or NaN");
    SAID(rnn_mean(NULL, NULL, 2, 0, to, &run), RNN_E_ARG, "l is NULL");
    SAID(rnn_mean(x, NULL, 2, 0, NULL, &run), RNN_E_ARG, "mean is NULL");
    SAID(rnn_mean(x, NULL, 2, -inf, to, &run), RNN_E_ARG,
         "n is -infinity: no finite number");
    SAID(rnn_mean(l, NULL, 2, 0, to, &run), RNN_E_NOT_FINITE,
         "the mean is infinity");
    GOOD(&why, rnn_mean(x, NULL, 2, 0, to, &run));
    SAID(rnn_softmax(NULL, 2, 3, to, &run), RNN_E_ARG, "logits is NULL");
    SAID(rnn_softmax(x, 2, 3, NULL, &run), RNN_E_ARG, "p is NULL");
    SAID(rnn_softmax(x, 2, 0, to, &run), RNN_E_SIZE,
         "outputs is 0: 1 is the least");
    SAID(rnn_softmax(x, (size_t)1 << (sizeof(size_t) * 8 - 3), 3, to, &run),
         RNN_E_SIZE, "logits of %ld rows of 3 are too large",
         (long)((size_t)1 << (sizeof(size_t) * 8 - 3)));
    x[4] = (rnn_real)NAN;
    SAID(rnn_softmax(x, 2, 3, to, &run), RNN_E_NOT_FINITE,
         "logits: number 1 is NaN"); /* of the second row */
    x[3] = x[4] = x[5] = -inf;
    SAID(rnn_softmax(x, 2, 3, to, &run), RNN_E_NOT_FINITE,
         "logits: all 3 are -infinity, so nothing is possible");
    GOOD(&why, rnn_softmax(x, 1, 3, to, &run));
}

/* ---- lengths of arrays --------------------------------------------------- */

/* One length of a call's arrays. */
static void check_len(job *j, size_t *len, size_t wants, const char *name,
                      rnn_status (*call)(job *j))
{
    const size_t old = *len;

    *len = wants;
    WELL(j, call(j));
    *len = wants - 1;
    if (*len)
        CALL(j, call(j), RNN_E_BUFFER, "%s has room for %lu: %lu are needed",
             name, (unsigned long)(wants - 1), (unsigned long)wants);
    *len = 0;
    if (CHECKED)
        CALL(j, call(j), RNN_E_ARG,
             "the length of %s is 0, not said: %lu are needed", name,
             (unsigned long)wants);
    else
        WELL(j, call(j));
    *len = old;
}

static rnn_flow flow_of, from_of[2]; /* one for each source */
static rnn_loss loss_of;
static rnn_real attn_of[1024];

static rnn_status infer(job *j)
{
    return rnn_infer(&j->net, &j->work, &j->seq);
}

static rnn_status forward(job *j)
{
    return FORWARD(j);
}

static rnn_status back(job *j)
{
    MUST(!FORWARD(j), "forward");
    memset(j->work.dlogits, 0, j->work.dlogits_len * sizeof(rnn_real));
    return BACKWARD(j, &flow_of);
}

static rnn_status lose(job *j)
{
    MUST(!infer(j), "infer");
    return LOSS(j, &loss_of);
}

static rnn_status lose_numbers(job *j)
{
    MUST(!infer(j), "infer");
    return rnn_squared_error(&j->net, &j->work, &j->seq, j->seq.x, &loss_of,
                             NULL);
}

static rnn_status step(job *j)
{
    return STEP(j);
}

static rnn_status encode(job *j)
{
    return ENCODE(j);
}

static rnn_status generate(job *j)
{
    return rnn_generate(&j->net, &j->work, &j->how, j->h, j->c, j->words,
                        j->counts, j->net.model.attention ? attn_of : NULL);
}

static rnn_status beam(job *j)
{
    return BEAM(j);
}

/* Numbers into an LSTM of two layers, batch-first: the last row of x ends it;
 * of a loss, too. */
static void check_pass_lens(void)
{
    const rnn_model m = {.cell = RNN_CELL_LSTM, .input_size = 2,
                         .hidden_size = 3, .num_layers = 2, .output_size = 5};
    const size_t state = 2 * B * 3;
    job *j = open_job(&m);
    rnn_seq *q = &j->seq;
    rnn_real *h = test_reals(state, 1), *w = test_reals(T * B, 0);

    memset(&flow_of, 0, sizeof flow_of);
    memset(&loss_of, 0, sizeof loss_of);
    check_len(j, &q->x_len, T * B * 2, "x", infer);
    j->tokens = test_ids(2 * 6 + T, 5);
    q->step_stride = 1;
    q->row_stride = 6;
    check_len(j, &q->x_len, (2 * 6 + T) * 2, "x", infer);
    check_len(j, &q->targets_len, 2 * 6 + T, "targets", lose);
    q->step_stride = q->row_stride = 0;
    check_len(j, &q->targets_len, T * B, "targets", lose);
    q->targets_len = T * B * 5;
    check_len(j, &q->targets_len, T * B * 5, "targets", lose_numbers);
    loss_of.weights = w;
    loss_of.values = w;
    loss_of.values_len = T * B;
    check_len(j, &loss_of.weights_len, T * B, "weights", lose);
    loss_of.weights_len = T * B;
    check_len(j, &loss_of.values_len, T * B, "values", lose);
    q->hn = h;
    check_len(j, &q->state_len, state, "each of h0, c0, hn, cn", infer);
    q->hn = NULL;
    q->c0 = h;
    check_len(j, &q->state_len, state, "each of h0, c0, hn, cn", infer);
    q->c0 = NULL;
    flow_of.dx = test_reals(T * B * 2, 0);
    flow_of.dx_len = T * B * 2;
    check_len(j, &flow_of.dx_len, T * B * 2, "dx", back);
    flow_of.dc0 = h;
    check_len(j, &flow_of.state_len, state, "each of dhn, dcn, dh0, dc0", back);
    check_len(j, &j->row.x_len, B * 2, "x", step);
    check_len(j, &j->row.state_len, state, "each of h, c", step);
    test_free();
}

/* A decoder with attention, and tokens. */
static void check_decoder_lens(void)
{
    rnn_model m = wired[RNN_WIRING_N_TO_M];
    size_t state, source_state;
    job *j;

    m.input = RNN_INPUT_DENSE;
    m.embedding_size = 0;
    m.target = RNN_INPUT_ONE_HOT;
    m.target_size = m.output_size = 5;
    m.target_embedding_size = 0;
    m.attention = RNN_SCORE_ADDITIVE;
    m.attention_size = 2;
    m.num_sources = 2;
    j = open_job(&m);
    state = j->net.sizes.state / (size_t)j->net.most.batch * B;
    source_state = j->net.sizes.source_state;
    memset(&flow_of, 0, sizeof flow_of);
    memset(from_of, 0, sizeof from_of);
    check_len(j, &j->seq.ids_len, T * B, "ids", infer);
    check_len(j, &j->source[1].x_len, T * B * (size_t)m.input_size,
              "x of source[1]", infer);
    j->source[0].hn = test_reals(source_state, 0);
    check_len(j, &j->source[0].state_len, source_state,
              "each of h0, c0, hn, cn of source[0]", infer);
    j->source[0].hn = NULL;
    flow_of.source = from_of;
    MUST(!FORWARD(j) && !LOSS(j, NULL), "a pass");
    from_of[0].frozen = 1;
    CALL(j, BACKWARD(j, &flow_of), RNN_E_ARG,
         "flow.source's accumulate or frozen is set: the target's flow says it "
         "for all");
    from_of[0].frozen = 0;
    from_of[0].accumulate = 1;
    CALL(j, BACKWARD(j, &flow_of), RNN_E_ARG,
         "flow.source's accumulate or frozen is set: the target's flow says it "
         "for all");
    from_of[0].accumulate = 0;
    from_of[0].dx = test_reals(T * B * 8, 0);
    check_len(j, &from_of[0].dx_len, T * B * (size_t)m.input_size,
              "dx of source[0]", back);
    j->seq.own_rate = 1;
    j->seq.own_ids = test_ids(T * B, 1);
    check_len(j, &j->seq.own_ids_len, T * B, "own_ids", forward);
    check_len(j, &j->source[0].state_len, state, "each of h, c", encode);
    MUST(!ENCODE(j), "encode");
    j->row.attn = attn_of;
    check_len(j, &j->row.attn_len, 2 * T * B, "attn", step);
    check_len(j, &j->how.ids_len, 3 * B, "ids", generate);
    check_len(j, &j->how.counts_len, B, "counts", generate);
    check_len(j, &j->how.state_len, state, "each of h, c", generate);
    check_len(j, &j->how.attn_len, 3 * 2 * T * B, "attn", generate);
    j->how.best = 2;
    check_len(j, &j->how.ids_len, 2 * 3 * B, "ids", beam);
    check_len(j, &j->how.counts_len, 2 * B, "counts", beam);
    check_len(j, &j->how.state_len, state, "each of h, c", beam);
    test_free();
}

/* Clipping, and the numbers of an optimiser. */
static void check_optimizers(void)
{
    rnn_real g[2] = {1, 2}, p[2] = {0, 0}, inf = (rnn_real)HUGE_VAL;
    rnn_optimizer o, zero, half;

    memset(&zero, 0, sizeof zero);
    memset(&half, 0, sizeof half);
    SAID(rnn_clip_grad_norm(NULL, 2, 1, NULL, &run), RNN_E_ARG,
         "grads is NULL");
    SAID(rnn_clip_grad_value(g, 2, (rnn_real)NAN, &run), RNN_E_ARG,
         "the limit is NaN: no finite number");
    SAID(rnn_clip_grad_max(g, 2, -inf, NULL, &run), RNN_E_ARG,
         "the limit is -infinity: no finite number");
    GOOD(&why, rnn_clip_grad_norm(g, 2, inf, NULL, &run));
    g[1] = -inf;
    SAID(rnn_clip_grad_norm(g, 2, 1, NULL, &run), RNN_E_NOT_FINITE,
         "a gradient is infinity");
    g[1] = 2;
    MUST(!rnn_optimizer_init(&o, RNN_OPT_SGD, (rnn_real)0.1, NULL), "init");
#define STEP_ARRAY(o) rnn_optimizer_step_array(o, p, g, NULL, 2, &run)
#define NUMBER(field, value, text)                                             \
    WITH(rnn_real, o.field, value,                                             \
         SAID(STEP_ARRAY(&o), RNN_E_ARG,                                       \
              #field " is " text ": no finite number"))
    NUMBER(lr, -inf, "-infinity");
    NUMBER(lr, (rnn_real)NAN, "NaN");
    NUMBER(weight_decay, inf, "infinity");
    NUMBER(momentum, (rnn_real)NAN, "NaN");
    NUMBER(eps, inf, "infinity");
    NUMBER(lr_decay, -inf, "-infinity");
    NUMBER(initial, inf, "infinity");
    NUMBER(rho, inf, "infinity");
    NUMBER(beta1, (rnn_real)NAN, "NaN");
    NUMBER(beta2, inf, "infinity");
    NUMBER(dampening, inf, "infinity");
#undef NUMBER
    o.nesterov = 1;
    SAID(STEP_ARRAY(&o), RNN_E_ARG, "momentum is 0, but nesterov is 1");
    o.momentum = o.dampening = (rnn_real)0.5;
    SAID(STEP_ARRAY(&o), RNN_E_ARG, "dampening is 0.5, but nesterov is 1");
    o.nesterov = 0;
    o.momentum = o.dampening = 0;
    WITH(rnn_optimizer_kind, o.kind, (rnn_optimizer_kind)9,
         SAID(STEP_ARRAY(&o), RNN_E_ARG, "kind is 9: 5 is the most"));
    WITH(int, o.nesterov, 2,
         SAID(STEP_ARRAY(&o), RNN_E_ARG, "nesterov is 2: 1 is the most"));
    WITH(int, o.centered, -1,
         SAID(STEP_ARRAY(&o), RNN_E_ARG, "centered is -1: 0 is the least"));
    WITH(int, o.amsgrad, 2,
         SAID(STEP_ARRAY(&o), RNN_E_ARG, "amsgrad is 2: 1 is the most"));
    half.kind = RNN_OPT_ADAM;
    half.lr = 1;
    SAID(STEP_ARRAY(&half), RNN_E_ORDER,
         "opt has no constants of its kind: rnn_optimizer_init");
    SAID(STEP_ARRAY(&zero), RNN_E_ORDER,
         "opt has no constants of its kind: rnn_optimizer_init");
    SAID(STEP_ARRAY(NULL), RNN_E_ARG, "opt is NULL");
    WITH(uint32_t, o.step, 0xffffffffu,
         SAID(STEP_ARRAY(&o), RNN_E_SIZE, "step is the last number"));
    GOOD(&why, STEP_ARRAY(&o));
#undef STEP_ARRAY
}

/* Steps of an optimiser: its arrays, and its order. */
static void check_optimizer_steps(void)
{
    rnn_work work = {0};
    rnn_net net;
    rnn_most used = {0};
    rnn_real g[2] = {1, 2}, p[2] = {0, 0}, moments[6];
    job *j = open_job(&wired[0]);
    rnn_optimizer o;
    size_t few = 2 * j->net.sizes.params;

    MUST(!rnn_optimizer_init(&o, RNN_OPT_ADAM, (rnn_real)0.1, NULL), "init");
    SAID(rnn_optimizer_range(&o, p, g, moments, 2, 0, 2, &run), RNN_E_ARG,
         "opt has begun no step: rnn_optimizer_begin");
    SAID(rnn_optimizer_step_array(&o, NULL, g, moments, 2, &run), RNN_E_ARG,
         "params is NULL");
    SAID(rnn_optimizer_step_array(&o, p, NULL, moments, 2, &run), RNN_E_ARG,
         "grads is NULL");
    SAID(rnn_optimizer_step_array(&o, p, g, NULL, 2, &run), RNN_E_ARG,
         "moments is NULL");
    CALL(j, rnn_optimizer_step(&o, &j->net, &j->work), RNN_E_ORDER,
         "grads are not new: no rnn_backward since the last step");
    WELL(j, FORWARD(j));
    WELL(j, LOSS(j, NULL));
    WELL(j, BACKWARD(j, NULL));
    WITH(size_t, j->work.moments_len, few - 1,
         CALL(j, rnn_optimizer_step(&o, &j->net, &j->work), RNN_E_BUFFER,
              "moments has room for %lu: %lu are needed",
              (unsigned long)few - 1, (unsigned long)few));
    CALL(j, rnn_optimizer_step(NULL, &j->net, &j->work), RNN_E_ARG,
         "opt is NULL");
    WITH(int, o.amsgrad, 1,
         CALL(j, rnn_optimizer_step(&o, &j->net, &j->work), RNN_E_BUFFER,
              "the plan has 2 arrays of moments, this optimiser keeps 3"));
    WELL(j, rnn_optimizer_step(&o, &j->net, &j->work));
    SAID(rnn_optimizer_range(&o, p, g, moments, 2, 1, 2, &run), RNN_E_SIZE,
         "count, 2, goes beyond the end of 2");
    o.amsgrad = 1;
    SAID(rnn_optimizer_step_array(&o, p, g, moments, 2, &run), RNN_E_ORDER,
         "opt keeps 3 moments, and 2 since its first step");
    used.train = used.moments = 0;
    MUST(!rnn_plan(&net, &wired[0], &used), "plan");
    MUST(!rnn_bind(&net, &work, test_reals(net.sizes.all, 1), net.sizes.all),
         "bind");
    SAYS(&work.why, rnn_optimizer_step(&o, &net, &work), RNN_E_ARG,
         "the plan is not for training: train is 0");
    test_free();
}

/* ---- blocks -------------------------------------------------------------- */

/* A block of 2 numbers, or tokens, to 3, over 3 steps; its pass. */
static void open_linear(rnn_seq *seq, rnn_linear_pass *p)
{
    memset(seq, 0, sizeof *seq);
    memset(p, 0, sizeof *p);
    seq->steps = 3;
    seq->batch = 1;
    seq->x = test_reals(6, 1);
    p->seq = seq;
    p->params = test_reals(9, 1);
    p->y = test_reals(9, 0);
    p->dy = test_reals(9, 1);
    p->dx = test_reals(6, 0);
    p->grads = test_reals(9, 0);
    say_seq(seq, NULL, 1);
    say_linear(p);
}

static void check_linear(void)
{
    rnn_linear lin = {2, 3, RNN_FN_TANH, 0};
    rnn_linear_pass pass;
    rnn_seq seq;

    open_linear(&seq, &pass);
#define LINEAR(...)                                                            \
    SAID(rnn_linear_forward(&lin, &pass, &run), __VA_ARGS__)
    SAID(rnn_linear_forward(NULL, &pass, &run), RNN_E_ARG, "lin is NULL");
    SAID(rnn_linear_forward(&lin, NULL, &run), RNN_E_ARG, "pass is NULL");
    WITH(rnn_fn, lin.activation, RNN_FN_EXP,
         LINEAR(RNN_E_ARG, "activation is 4: 3 is the most"));
    WITH(int, lin.input_size, 0,
         LINEAR(RNN_E_SIZE, "input_size is 0: 1 is the least"));
    WITH(int, lin.output_size, -1,
         LINEAR(RNN_E_SIZE, "output_size is -1: 1 is the least"));
    WITH(
        rnn_linear, lin, ((rnn_linear){INT_MAX, INT_MAX, RNN_FN_TANH, 0}),
        LINEAR(RNN_E_SIZE,
               "lin of 2147483647 x 2147483647 is too large for this machine"));
    WITH(int, lin.no_bias, 2, LINEAR(RNN_E_ARG, "no_bias is 2: 1 is the most"));
    WITH(const rnn_seq *, pass.seq, NULL, LINEAR(RNN_E_ARG, "seq is NULL"));
    WITH(size_t, seq.x_len, 5,
         LINEAR(RNN_E_BUFFER, "x has room for 5: 6 are needed"));
    seq.batch = INT_MAX;
    seq.steps = INT_MAX;
    LINEAR(RNN_E_SIZE,
           "seq of 2147483647 steps of 2147483647 rows is too large for this "
           "machine");
    seq.batch = 1;
    seq.steps = 3;
    GOOD(&why, rnn_linear_forward(&lin, &pass, &run));
#undef LINEAR
    test_free();
}

/* The arrays of its three calls. */
static void check_linear_arrays(void)
{
    const rnn_linear lin = {2, 3, RNN_FN_TANH, 0};
    const int ids[3] = {0, 1, 2};
    rnn_linear_pass pass;
    rnn_seq seq;

    open_linear(&seq, &pass);
#define OF(name, ...) SAID(rnn_linear_##name(&lin, &pass, &run), __VA_ARGS__)
#define NONE(of, name)                                                         \
    WITH(rnn_real *, pass.name, NULL, OF(of, RNN_E_ARG, #name " is NULL"))
#define SHORT(of, name, len, has)                                              \
    WITH(size_t, pass.len, has - 1,                                            \
         OF(of, RNN_E_BUFFER, #name " has room for %d: %d are needed",       \
              (has)-1, has))
    WITH(const rnn_real *, pass.params, NULL,
         OF(forward, RNN_E_ARG, "params is NULL"));
    SHORT(forward, params, params_len, 9);
    SHORT(backward, params, params_len, 9);
    SHORT(grads, grads, params_len, 9);
    NONE(forward, y);
    NONE(backward, y);
    NONE(backward, dy);
    NONE(grads, dy);
    NONE(grads, grads);
    SHORT(forward, y, y_len, 9);
    SHORT(grads, dy, y_len, 9);
    SHORT(backward, dx, dx_len, 6);
    seq.step_stride = (size_t)PTRDIFF_MAX, seq.row_stride = 1;
    seq.steps = 3;
    OF(forward, RNN_E_BUFFER, "x has room for 6: %lu are needed",
       (unsigned long)PTRDIFF_MAX);
    seq.step_stride = seq.row_stride = 0;
    seq.ids = ids;
    seq.ids_len = 3;
    WITH(size_t, seq.ids_len, 2,
         OF(forward, RNN_E_BUFFER, "ids has room for 2: 3 are needed"));
    OF(forward, RNN_E_ID, "ids: 2 at step 2 of row 0, and there are 0 to 1");
    seq.steps = 2;
    OF(backward, RNN_E_ARG, "dx is wanted, but the input is no numbers");
    pass.dx = NULL;
    GOOD(&why, rnn_linear_backward(&lin, &pass, &run));
    GOOD(&why, rnn_linear_grads(&lin, &pass, &run));
#undef SHORT
#undef NONE
#undef OF
    test_free();
}

/* The block of attention: every description and array that it refuses. */
#define LOOK() rnn_attention_forward(&att, &pass, &run)

static void check_looks(void)
{
    rnn_attention att = {RNN_SCORE_ADDITIVE, 3, 2, 4};
    rnn_attention_pass pass;
    rnn_seq source, seq;

    memset(&seq, 0, sizeof seq);
    memset(&pass, 0, sizeof pass);
    seq.steps = 2;
    seq.batch = 1;
    seq.x = test_reals(6, 1);
    say_seq(&seq, NULL, 1);
    source = seq;
    SAID(rnn_attention_forward(&att, NULL, &run), RNN_E_ARG, "pass is NULL");
    SAID(LOOK(), RNN_E_ARG, "source is NULL");
    pass.source = &source;
    SAID(LOOK(), RNN_E_ARG, "seq is NULL");
    pass.seq = &seq;
    pass.work = test_reals(1, 0);
    pass.work_len = 1;
    SAID(rnn_attention_forward(NULL, &pass, &run), RNN_E_ARG,
         "attention is NULL");
#define ATT(s, Q, K, A, ...)                                                   \
    WITH(rnn_attention, att, ((rnn_attention){(rnn_score)(s), Q, K, A}),       \
         SAID(LOOK(), __VA_ARGS__))
    ATT(0, 3, 3, 0, RNN_E_ARG, "score is 0: 1 is the least");
    ATT(9, 3, 3, 0, RNN_E_ARG, "score is 9: 4 is the most");
    ATT(1, 0, 2, 4, RNN_E_SIZE, "query_size is 0: 1 is the least");
    ATT(1, 3, -1, 4, RNN_E_SIZE, "key_size is -1: 1 is the least");
    ATT(1, 3, 2, 0, RNN_E_SIZE, "attention's size is 0: 1 is the least");
    ATT(RNN_SCORE_DOT, 3, 3, 4, RNN_E_ARG,
        "attention's size is 4, but this score has none");
    ATT(RNN_SCORE_DOT, 3, 2, 0, RNN_E_ARG,
        "attention compares a query of 3 numbers with keys of 2: this score "
        "has no weights between them");
    ATT(1, INT_MAX, INT_MAX, INT_MAX, RNN_E_SIZE,
        "attention is too large for this machine");
#undef ATT
    WITH(int, source.steps, 0,
         SAID(LOOK(), RNN_E_SIZE, "source steps is 0: 1 is the least"));
    WITH(int, seq.steps, 0,
         SAID(LOOK(), RNN_E_SIZE, "steps is 0: 1 is the least"));
    WITH(int, seq.batch, 0,
         SAID(LOOK(), RNN_E_SIZE, "batch is 0: 1 is the least"));
    source.steps = seq.steps = INT_MAX;
    SAID(LOOK(), RNN_E_SIZE,
         "attention of 2147483647 steps over 2147483647 is too large for this "
         "machine");
    test_free();
}

static void check_look_arrays(void)
{
    rnn_attention att = {RNN_SCORE_GENERAL, 3, 3, 0};
    rnn_attention_pass pass;
    rnn_seq source, seq;
    size_t params, keys, work;

    memset(&seq, 0, sizeof seq);
    memset(&pass, 0, sizeof pass);
    seq.steps = 2;
    seq.batch = 1;
    seq.x = test_reals(6, 1);
    say_seq(&seq, NULL, 1);
    source = seq;
    pass.source = &source;
    pass.seq = &seq;
    MUST(!rnn_attention_sizes(&att, 2, 2, 1, &params, &keys, &work, NULL),
         "sizes");
    pass.work = test_reals(work, 0);
    pass.work_len = work - 1;
    WITH(size_t, seq.step_stride, 1,
         SAID(LOOK(), RNN_E_ARG,
              "step_stride is 1 and row_stride 0: attention takes none"));
    WITH(int, source.batch, 2,
         SAID(LOOK(), RNN_E_ARG, "source has 2 rows, seq has 1"));
    WITH(const rnn_real *, source.x, NULL,
         SAID(LOOK(), RNN_E_ARG, "x of source is NULL: numbers are read here"));
    WITH(
        size_t, source.x_len, 5,
        SAID(LOOK(), RNN_E_BUFFER, "x of source has room for 5: 6 are needed"));
    SAID(LOOK(), RNN_E_BUFFER, "work has room for %lu: %lu are needed",
         (unsigned long)work - 1, (unsigned long)work);
    pass.work_len = work;
    SAID(LOOK(), RNN_E_ARG, "params is NULL");
    pass.params = test_reals(params, 1);
    SAID(LOOK(), RNN_E_BUFFER, "params has room for 0: %lu are needed",
         (unsigned long)params);
    pass.params_len = params;
    SAID(LOOK(), RNN_E_ARG, "keys is NULL");
    pass.keys = test_reals(keys, 1);
    pass.keys_len = keys - 1;
    SAID(LOOK(), RNN_E_BUFFER, "keys has room for %lu: %lu are needed",
         (unsigned long)keys - 1, (unsigned long)keys);
    pass.keys_len = keys;
    SAID(LOOK(), RNN_E_ARG, "attn is NULL");
    pass.attn = test_reals(pass.attn_len = 4, 0);
    SAID(LOOK(), RNN_E_ARG, "context is NULL");
    pass.context = test_reals(pass.context_len = 6, 0);
    GOOD(&why, LOOK());
#define BACK(...) SAID(rnn_attention_backward(&att, &pass, &run), __VA_ARGS__)
    BACK(RNN_E_ARG, "dcontext is NULL");
    pass.dcontext = pass.context;
    pass.dh = test_reals(6, 0);
    pass.ds = test_reals(6, 0);
    pass.dh_len = 5;
    BACK(RNN_E_BUFFER, "dh has room for 5: 6 are needed");
    pass.dh_len = 6;
    BACK(RNN_E_BUFFER, "ds has room for 0: 6 are needed");
#undef BACK
    SAID(rnn_attention_grads(&att, &pass, &run), RNN_E_ARG, "grads is NULL");
    test_free();
}

/* ---- numbers, and nothing ------------------------------------------------ */

/* A number in a text: six digits of it, and no more than it needs. */
static void check_number(rnn_real x)
{
    rnn_optimizer o;
    rnn_real p = 0;
    const char *text;
    char *end = NULL;
    double read;

    MUST(!rnn_optimizer_init(&o, RNN_OPT_SGD, 1, NULL), "init");
    o.lr = x;
    stale(&why);
    CHECK(rnn_optimizer_step_array(&o, &p, &p, NULL, 1, &run) == RNN_E_ARG,
          "lr %g", (double)x);
    text = reason(&why);
    if (strncmp(text, "lr is ", 6) != 0) {
        CHECK(0, "%s", text);
        return;
    }
    read = strtod(text + 6, &end);
    CHECK(test_close(read, (double)x, 6e-6, 0) &&
              !strcmp(end, ": 0 is the least") && end - text < 6 + 14,
          "%.9g: %s", (double)x, text);
}

/* Those of a row end in many zeros or nines, or are the ends of their range. */
static void check_numbers(void)
{
    static const double numbers[] = {
        -0.1,      -1.5,    -2,           -1e30,   -0.25,    -100,
        -0.001,    -0.3,    -0.7,         -2.5e-8, -1e10,    -123456.7,
        -1234567., -33.3,   -1.0000001,   -3.4028234e38,     -1.1754944e-38,
        -99999.99, -1e-45,  -0.9999989,   -10,     -65504,   -3.1415927};
    static const double nines[] = {-1e-30,     -1e-5,     -1e-10,
                                   -0.9999999, -9.999999, -0.99999994};
    size_t i;
    int k;

    for (i = 0; i < LEN(numbers); i++)
        check_number((rnn_real)numbers[i]);
    for (k = 0; k < 20000; k++) {
        const double x =
            -ldexp(1.1 + 0.44 * (test_number() + 1), test_below(250) - 125);
        check_number((rnn_real)x);
    }
    for (i = 0; i < LEN(nines); i++)
        check_number((rnn_real)nines[i]);
}

/* No reason, and what a caller may make of one. */
static void check_nothing(void)
{
    rnn_why w;
    char out[160];
    int st;

    memset(&w, 0, sizeof w);
    CHECK(!strcmp(rnn_why_text(NULL, out, sizeof out), rnn_status_text(RNN_OK)),
          "no reason is no error");
    for (st = RNN_OK; st >= RNN_E_ORDER; st--) {
        w.status = (rnn_status)st;
        CHECK(!strcmp(rnn_why_text(&w, out, sizeof out),
                      rnn_status_text((rnn_status)st)),
              "a status alone");
        check_cut(__LINE__, &w, rnn_status_text((rnn_status)st));
    }
    w.text = "#, #, #, #, # and @ of % at ~";
    w.of = "that";
    w.n[0] = PTRDIFF_MIN;
    w.n[1] = PTRDIFF_MAX;
    w.n[3] = -1;
    w.x = (rnn_real)-HUGE_VAL;
    strcpy(w.name, "#@%~");
    sprintf(out, "%ld, %ld, 0, -1, # and #@%%~ of that at -infinity",
            (long)PTRDIFF_MIN, (long)PTRDIFF_MAX);
    if (sizeof(long) == sizeof(ptrdiff_t))
        check_cut(__LINE__, &w, out);
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_unread();
    check_ranges();
    check_contradictions();
    check_decoders();
    check_sizes();
    check_bind();
    check_runs();
    check_sequences();
    check_states();
    check_order();
    check_places();
    check_sources();
    check_own();
    check_steps();
    check_writing();
    check_sampling();
    check_beams();
    check_beam_room();
    check_losses();
    check_rows();
    check_pass_lens();
    check_decoder_lens();
    check_optimizers();
    check_optimizer_steps();
    check_linear();
    check_linear_arrays();
    check_looks();
    check_look_arrays();
    check_numbers();
    check_nothing();
    kinds_unused();
    return test_end();
}
