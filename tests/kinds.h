/* What the tests of checkpoints share beside st.h: the fields of a description
 * in a file, models of every kind, and their files. */
#ifndef KINDS_H
#define KINDS_H

#include <math.h>
#include <stddef.h>

#include "test.h"
#include "st.h"

#define LEN(a) (sizeof(a) / sizeof *(a))

/* ---- descriptions -------------------------------------------------------- */

/* What __metadata__ says of a model: a key, its place, the names of values. */
typedef struct field {
    const char *key;
    size_t at;
    const char *const *names; /* NULL: a number */
} field;

#define FIRST(text, ...) text,
#define TEXT(a, name, ...) FIRST(__VA_ARGS__, 0)
static const char *const wirings[] = {RNN_I_WIRINGS(TEXT, 0) NULL};
static const char *const cells[] = {RNN_I_CELLS(TEXT, 0) NULL};
static const char *const inputs[] = {RNN_I_INPUTS(TEXT, 0) NULL};
static const char *const contexts[] = {RNN_I_CONTEXTS(TEXT, 0) NULL};
static const char *const attentions[] = {RNN_I_SCORES(TEXT, 0) NULL};

#define FIELD(name) #name, offsetof(rnn_model, name)
static const field fields[] = {
    {FIELD(wiring), wirings}, {FIELD(cell), cells}, {FIELD(input), inputs},
    {FIELD(input_size), NULL}, {FIELD(embedding_size), NULL},
    {FIELD(hidden_size), NULL}, {FIELD(num_layers), NULL},
    {FIELD(bidirectional), NULL}, {FIELD(no_bias), NULL},
    {FIELD(output_size), NULL},
    /* of models with a decoder alone */
    {FIELD(target), inputs}, {FIELD(target_size), NULL},
    {FIELD(target_embedding_size), NULL}, {FIELD(decoder_hidden_size), NULL},
    {FIELD(decoder_layers), NULL}, {FIELD(context), contexts},
    {FIELD(source_steps), NULL}, {FIELD(context_size), NULL},
    {FIELD(feed), NULL}, {FIELD(hand_over), NULL},
    {FIELD(attention), attentions}, {FIELD(attention_size), NULL},
    {FIELD(head_context), NULL}, {FIELD(num_sources), NULL}};
enum { FIELDS = LEN(fields), PLAIN_FIELDS = 10 };

static int get_field(const rnn_model *m, int i)
{
    int v;
    memcpy(&v, (const char *)m + fields[i].at, sizeof v);
    return v;
}

static void set_field(rnn_model *m, int i, int v)
{
    memcpy((char *)m + fields[i].at, &v, sizeof v);
}

/* how many fields a description has */
static int described(const rnn_model *m)
{
    return m->wiring < RNN_WIRING_1_TO_N ? (int)PLAIN_FIELDS : (int)FIELDS;
}

static int or_else(int v, int otherwise)
{
    return v ? v : otherwise;
}

/* The description as a file spells it: no default, nothing that is unused. */
static rnn_model spelt(const rnn_model *model)
{
    rnn_model m = *model;
    int i;

    m.num_layers = or_else(m.num_layers, 1);
    m.bidirectional = m.bidirectional != 0;
    m.no_bias = m.no_bias != 0;
    m.embedding_size = m.input == RNN_INPUT_EMBEDDING ? m.embedding_size : 0;
    for (i = PLAIN_FIELDS; i < FIELDS && m.wiring < RNN_WIRING_1_TO_N; i++)
        set_field(&m, i, 0);
    if (m.num_layers < 2 && m.decoder_layers < 2)
        m.dropout = 0;
    if (m.wiring < RNN_WIRING_1_TO_N)
        return m;
    m.target = m.target_size ? m.target : 0;
    if (m.target != RNN_INPUT_EMBEDDING)
        m.target_embedding_size = 0;
    m.decoder_hidden_size = or_else(m.decoder_hidden_size, m.hidden_size);
    m.decoder_layers = or_else(m.decoder_layers, m.num_layers);
    m.source_steps = m.context == RNN_CONTEXT_ALL ? m.source_steps : 0;
    if (!RNN_HAS_C(m.cell))
        m.hand_over &= RNN_HAND_LAYERS;
    if (m.hand_over & RNN_HAND_LAYERS)
        m.feed &= RNN_FEED_FIRST | RNN_FEED_EACH;
    else if (!m.attention)
        m.feed = (unsigned)or_else((int)m.feed, RNN_FEED_STATE);
    m.attention_size = m.attention == RNN_SCORE_ADDITIVE ? m.attention_size : 0;
    m.head_context = m.head_context != 0;
    if (m.wiring == RNN_WIRING_N_TO_M)
        m.num_sources = or_else(m.num_sources, 1);
    else
        m.hidden_size = m.decoder_hidden_size, m.num_layers = m.decoder_layers;
    return m;
}

static int same_model(const rnn_model *a, const rnn_model *b)
{
    int i;

    for (i = 0; i < FIELDS; i++)
        if (get_field(a, i) != get_field(b, i))
            return 0;
    return memcmp(&a->dropout, &b->dropout, sizeof a->dropout) == 0 &&
           memcmp(&a->dropout_last, &b->dropout_last, sizeof a->dropout_last) ==
               0;
}

static void value_of(const rnn_model *m, int i, char text[40])
{
    const int v = get_field(m, i);

    if (fields[i].names)
        strcpy(text, fields[i].names[v]);
    else
        sprintf(text, "%d", v);
}

/* ---- models of every kind ------------------------------------------------ */

typedef struct kind {
    const char *name;
    rnn_model model;
} kind;

/* small: those that are seeds of the fuzzer */
static const kind kinds[] = {
    {"n_to_n", {.cell = RNN_CELL_GRU_RESET_BEFORE, .input = RNN_INPUT_ONE_HOT,
      .input_size = 3, .hidden_size = 2, .num_layers = 2, .bidirectional = 1,
      .output_size = 3, .dropout = (rnn_real)0.25}},
    {"n_to_1", {.wiring = RNN_WIRING_N_TO_1, .cell = RNN_CELL_RELU,
      .input = RNN_INPUT_EMBEDDING, .input_size = 4, .embedding_size = 2,
      .hidden_size = 3, .bidirectional = 1, .output_size = 2,
      .dropout_last = (rnn_real)0.5}},
    {"bare", {.cell = RNN_CELL_GRU, .input_size = 2, .hidden_size = 1}},
    {"bare_deep", {.cell = RNN_CELL_LSTM, .input_size = 3, .hidden_size = 2,
      .num_layers = 2, .bidirectional = 1, .no_bias = 1}},
    {"bare_one_hot", {.wiring = RNN_WIRING_N_TO_1, .input = RNN_INPUT_ONE_HOT,
      .input_size = 3, .hidden_size = 2}},
    {"headless", {.cell = RNN_CELL_LSTM, .input = RNN_INPUT_EMBEDDING,
      .input_size = 4, .embedding_size = 3, .hidden_size = 2}},
    {"headless_two", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_GRU,
      .input = RNN_INPUT_ONE_HOT, .input_size = 3, .hidden_size = 2,
      .target = RNN_INPUT_EMBEDDING, .target_size = 4,
      .target_embedding_size = 2, .attention = RNN_SCORE_GENERAL}},
    {"first", {.wiring = RNN_WIRING_1_TO_N, .cell = RNN_CELL_GRU,
      .input_size = 3, .hidden_size = 2, .output_size = 4,
      .feed = RNN_FEED_FIRST}},
    {"reads_nothing", {.wiring = RNN_WIRING_1_TO_N, .cell = RNN_CELL_LSTM,
      .input_size = 2, .hidden_size = 2, .num_layers = 2, .output_size = 3}},
    {"each_token", {.wiring = RNN_WIRING_1_TO_N, .input = RNN_INPUT_EMBEDDING,
      .input_size = 3, .embedding_size = 2, .hidden_size = 2, .output_size = 3,
      .target = RNN_INPUT_EMBEDDING, .target_size = 3,
      .target_embedding_size = 1, .context_size = 2,
      .feed = RNN_FEED_EACH | RNN_FEED_STATE, .head_context = 1}},
    {"last", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_LSTM,
      .input = RNN_INPUT_ONE_HOT, .input_size = 3, .hidden_size = 2,
      .output_size = 4, .target = RNN_INPUT_ONE_HOT, .target_size = 4,
      .hand_over = RNN_HAND_CELL}},
    {"mean", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_GRU,
      .input_size = 3, .hidden_size = 2, .bidirectional = 1, .output_size = 2,
      .target_size = 2, .decoder_hidden_size = 3, .context = RNN_CONTEXT_MEAN,
      .context_size = 5, .feed = RNN_FEED_EACH}},
    {"all", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_GRU_RESET_BEFORE,
      .input_size = 2, .hidden_size = 2, .no_bias = 1, .output_size = 2,
      .context = RNN_CONTEXT_ALL, .source_steps = 3, .feed = RNN_FEED_FIRST,
      .head_context = 1}},
    {"layers", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_LSTM,
      .input = RNN_INPUT_EMBEDDING, .input_size = 3, .embedding_size = 2,
      .hidden_size = 2, .num_layers = 2, .bidirectional = 1, .output_size = 3,
      .decoder_hidden_size = 4, .hand_over = RNN_HAND_CELL | RNN_HAND_LAYERS,
      .dropout = (rnn_real)0.125}},
    {"additive", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_TANH,
      .input = RNN_INPUT_EMBEDDING, .input_size = 2, .embedding_size = 1,
      .hidden_size = 1, .output_size = 2, .target = RNN_INPUT_EMBEDDING,
      .target_size = 2, .target_embedding_size = 1,
      .attention = RNN_SCORE_ADDITIVE, .attention_size = 1}},
    {"general", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_GRU,
      .input = RNN_INPUT_ONE_HOT, .input_size = 3, .hidden_size = 2,
      .bidirectional = 1, .output_size = 3, .decoder_hidden_size = 3,
      .decoder_layers = 2, .attention = RNN_SCORE_GENERAL, .head_context = 1}},
    {"dot", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_LSTM,
      .input_size = 2, .hidden_size = 2, .output_size = 3,
      .attention = RNN_SCORE_DOT, .feed = RNN_FEED_STATE}},
    {"scaled_dot", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_LSTM,
      .input_size = 2, .hidden_size = 2, .output_size = 3,
      .attention = RNN_SCORE_SCALED_DOT, .feed = RNN_FEED_STATE}},
    {"two", {.wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_LSTM,
      .input = RNN_INPUT_EMBEDDING, .input_size = 3, .embedding_size = 2,
      .hidden_size = 1, .bidirectional = 1, .output_size = 4,
      .target = RNN_INPUT_EMBEDDING, .target_size = 4,
      .target_embedding_size = 3, .decoder_hidden_size = 4,
      .context = RNN_CONTEXT_ALL, .source_steps = 2, .context_size = 4,
      .feed = RNN_FEED_STATE | RNN_FEED_EACH, .hand_over = RNN_HAND_CELL,
      .attention = RNN_SCORE_ADDITIVE, .attention_size = 3, .head_context = 1,
      .num_sources = 2}}};
enum { KINDS = LEN(kinds) };

static const kind *kind_of(const char *name)
{
    int k;

    for (k = 0; k < KINDS && strcmp(kinds[k].name, name) != 0; k++) {}
    MUST(k < KINDS, "no kind %s", name);
    return &kinds[k < KINDS ? k : 0];
}

/* The models of the fuzzer's seeds, which have these names. */
static const char *const seeds[] = {"additive", "each_token", "n_to_1", "bare"};

/* ---- their files --------------------------------------------------------- */

/* Numbers of a model, among them those whose bits are easily lost. */
static rnn_real *some_params(const rnn_model *m, size_t *count)
{
    const rnn_real odd[5] = {(rnn_real)-0.0, (rnn_real)HUGE_VAL,
                             (rnn_real)-HUGE_VAL, (rnn_real)NAN,
                             (rnn_real)1e-40}; /* the last is subnormal */
    const size_t n = params_of(m);
    rnn_real *p = test_reals(n, 2);
    size_t i;

    MUST(n > 0, "not a model");
    for (i = 0; i < n; i++) {
        if (test_below(8) == 0)
            p[i] = odd[test_below(5)];
        p[i] = (rnn_real)(float)p[i]; /* as a file keeps it */
    }
    *count = n;
    return p;
}

/* The checkpoint of a model, in memory of exactly its size. */
static bytes save(const rnn_model *m, const rnn_real *p,
                  const unsigned char *vocabulary, size_t vocabulary_len)
{
    rnn_beside beside = {NULL, 0, NULL, 0};
    size_t len = 0, n = 0, params;
    rnn_net net;
    bytes b;

    beside.vocabulary = vocabulary;
    beside.vocabulary_len = vocabulary_len;
    MUST(!rnn_plan(&net, m, NULL), "plan");
    params = net.sizes.params;
    CHECK(rnn_save(m, p, params, &beside, NULL, 0, &b.n, NULL) == RNN_OK,
          "length");
    b.p = (unsigned char *)test_memory(b.n);
    CHECK(rnn_save(m, p, params - 1, &beside, b.p, b.n, &len, NULL) ==
              RNN_E_BUFFER,
          "one parameter too few");
    CHECK(rnn_save(m, p, params, &beside, b.p, b.n - 1, &len, NULL) ==
                  RNN_E_BUFFER &&
              len == b.n,
          "one byte too few");
    CHECK(rnn_save(m, p, params, &beside, b.p, b.n, &n, NULL) == RNN_OK &&
              n == b.n,
          "save");
    return b;
}

static bytes save_kind(const kind *k)
{
    size_t count;
    const rnn_real *p = some_params(&k->model, &count);
    return save(&k->model, p, NULL, 0);
}

/* The bits of an F32 in a file. */
static uint32_t bits_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

/* Helpers that a program may leave unused. */
static void kinds_unused(void)
{
    (void)bits_at;
    (void)described;
    (void)kind_of;
    (void)kinds_unused;
    (void)same_model;
    (void)save_kind;
    (void)spelt;
    (void)value_of;
    st_unused();
}

#endif
