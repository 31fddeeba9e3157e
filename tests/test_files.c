/* Checkpoints: round trips bit for bit, descriptions, files of other models,
 * damage, and files on disk. A file is refused with its status, a reason and
 * nothing written. Every file is read from memory of exactly its size, so that
 * a sanitizer sees a byte too many. The reader below them is test_st's. It runs
 * in float and, for coverage, in double.
 *
 *     test_files [SEED]
 *     test_files --write DIR     checkpoints of every kind, for check_st.py
 *     test_files --corpus DIR    the seeds of fuzz_files that are right
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "st.h"
#include "saved.h"

#include <math.h>
#include <stddef.h>

#define LEN(a) (sizeof(a) / sizeof *(a))

/* ---- building files ------------------------------------------------------ */

/* the same with this data */
static bytes file_with(const char *json, const void *data, size_t n)
{
    bytes b = file_of(json, n);

    if (n)
        memcpy(b.p + b.n - n, data, n);
    return b;
}

/* text with the first `from` in it replaced by `to` */
static char *swap_text(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *s = (char *)test_memory(strlen(text) + strlen(to) + 1);

    MUST(at != NULL, "no %s to replace", from);
    if (!at)
        return strcpy(s, text);
    memcpy(s, text, (size_t)(at - text));
    strcpy(s + (at - text), to);
    strcat(s, at + strlen(from));
    return s;
}

/* The bits of an F32 in a file, and of a number. */
static uint32_t bits_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static uint32_t bits_of(rnn_real x)
{
    const float f = (float)x;
    uint32_t b;

    memcpy(&b, &f, sizeof b);
    return b;
}

/* The header of a file as text, without the spaces behind. */
static char *header_of(bytes b)
{
    const size_t n = (size_t)(bits_at(b.p) & 0xffffffu);
    char *s = (char *)test_memory(n + 1);

    memcpy(s, b.p + 8, n);
    strrchr(s, '}')[1] = 0;
    return s;
}

static bytes with_header(bytes b, const char *json)
{
    const size_t n = 8 + (size_t)(bits_at(b.p) & 0xffffffu);
    return file_with(json, b.p + n, b.n - n);
}

/* ---- what readers say of a file ------------------------------------------ */

/* Whether m's file is one of a stack alone: it has neither table nor head, and
 * if it says how its input is read, that is as numbers. */
static int is_bare(const rnn_model *m, int described)
{
    return !m->output_size && m->wiring < RNN_WIRING_1_TO_N &&
           m->input != RNN_INPUT_EMBEDDING &&
           (!described ||
            (m->wiring == RNN_WIRING_N_TO_N && m->input == RNN_INPUT_DENSE));
}

/* What rnn_load_description says where either answer will do. */
enum { ANY = 1 };

/* The readers say of a file what they should, of m's own tensors or others. */
static void check_answers(const rnn_model *m, bytes b, const char *what,
                          rnn_status load, int model)
{
    const verdict v = ask_model(b, m);

    CHECK(v.open == RNN_OK, "%s: refused", what);
    CHECK(v.load == load, "%s: load %d", what, v.load);
    CHECK((int)v.model == model ||
              (model == ANY && (v.model == RNN_OK ||
                                v.model == RNN_E_MISMATCH)),
          "%s: model %d", what, v.model);
    CHECK((v.bare == RNN_OK) ==
              (v.load == RNN_OK && is_bare(m, v.model != RNN_E_END)),
          "%s: as a stack alone: %d", what, v.bare);
    CHECK(v.reasons, "%s: no reason", what);
    CHECK(v.untouched, "%s: something was written", what);
    free(b.p);
}

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
    m.num_sources = or_else(m.num_sources, 1);
    return m;
}

static int same_model(const rnn_model *a, const rnn_model *b)
{
    int i;

    for (i = 0; i < FIELDS; i++)
        if (get_field(a, i) != get_field(b, i))
            return 0;
    return memcmp(&a->dropout, &b->dropout, sizeof a->dropout) == 0 &&
           memcmp(&a->dropout_last, &b->dropout_last,
                  sizeof a->dropout_last) == 0;
}

/* ---- models of every kind ------------------------------------------------ */

typedef struct kind {
    const char *name;
    rnn_model model;
} kind;

/* small: additive, bare and each_token are seeds of the fuzzer */
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

/* A model, not always a valid one; what it does not use may be anything. */
static rnn_model draw_model(int wiring, int cell)
{
    static const int feeds[] = {0,
                                RNN_FEED_STATE,
                                RNN_FEED_FIRST,
                                RNN_FEED_EACH,
                                RNN_FEED_STATE | RNN_FEED_FIRST,
                                RNN_FEED_STATE | RNN_FEED_EACH};
    const int n_to_m = wiring == RNN_WIRING_N_TO_M,
              decoder = wiring >= RNN_WIRING_1_TO_N;
    rnn_model m;
    int K;

    memset(&m, 0, sizeof m);
    m.wiring = (rnn_wiring)wiring;
    m.cell = (rnn_cell)cell;
    m.input = (rnn_input)test_below(RNN_INPUTS);
    m.input_size = 1 + test_below(5);
    m.embedding_size = 1 + test_below(3);
    m.hidden_size = 1 + test_below(4);
    m.num_layers = test_below(3);
    m.bidirectional = wiring == RNN_WIRING_1_TO_N ? 0 : test_below(2) * 3;
    m.no_bias = test_below(2) * 5;
    m.output_size = test_below(7);
    m.dropout = test_below(2) ? (rnn_real)0.3 : 0;
    m.dropout_last = test_below(2) ? (rnn_real)0.15 : 0;
    m.target = (rnn_input)test_below(RNN_INPUTS);
    m.target_size = test_below(3) * test_below(3);
    m.target_embedding_size = 1 + test_below(3);
    m.num_sources = decoder ? test_below(n_to_m ? 3 : 2) : 7;
    K = m.hidden_size * (m.bidirectional ? 2 : 1);
    m.decoder_hidden_size =
        test_below(2) ? test_below(2) ? K : K * or_else(m.num_sources, 1)
                      : test_below(6);
    m.decoder_layers = test_below(2) ? m.num_layers : test_below(3);
    m.context = n_to_m ? (rnn_context)test_below(RNN_CONTEXTS) : 0;
    m.source_steps = test_below(4);
    m.context_size = test_below(3) ? 0 : 1 + test_below(5);
    m.feed = (unsigned)feeds[test_below(6)];
    m.hand_over = n_to_m ? (unsigned)test_below(4) : 0;
    if (!RNN_HAS_C(cell))
        m.hand_over &= ~(unsigned)RNN_HAND_CELL;
    if (m.hand_over & RNN_HAND_LAYERS)
        m.feed &= ~(unsigned)RNN_FEED_STATE;
    m.attention = n_to_m ? (rnn_score)test_below(RNN_SCORES) : 0;
    m.attention_size = 1 + test_below(4);
    m.head_context = test_below(2) * 2;
    return m;
}

static rnn_model some_model(int wiring, int cell)
{
    rnn_model m;
    int tries = 0;

    do
        m = draw_model(wiring, cell);
    while (!params_of(&m) && ++tries < 10000);
    MUST(tries < 10000, "no valid model of wiring %d", wiring);
    return m;
}

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
    size_t len = 0, n = 0, params;
    rnn_net net;
    bytes b;

    MUST(!rnn_plan(&net, m, NULL), "plan");
    params = net.sizes.params;
    CHECK(rnn_save(m, p, params, vocabulary, vocabulary_len, NULL, 0, &b.n) ==
              RNN_OK,
          "length");
    b.p = (unsigned char *)test_memory(b.n);
    CHECK(rnn_save(m, p, params - 1, vocabulary, vocabulary_len, b.p, b.n,
                   &len) == RNN_E_BUFFER, "one parameter too few");
    CHECK(rnn_save(m, p, params, vocabulary, vocabulary_len, b.p, b.n - 1,
                   &len) == RNN_E_BUFFER &&
              len == b.n,
          "one byte too few");
    CHECK(rnn_save(m, p, params, vocabulary, vocabulary_len, b.p, b.n, &n) ==
                  RNN_OK &&
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

/* ---- the tensors that a model has ---------------------------------------- */

typedef struct wanted {
    char name[40];
    size_t rows, cols; /* cols 0: a vector */
} wanted;

typedef struct list {
    wanted t[80];
    int n;
} list;

static void want(list *all, const char *name, const char *more, size_t rows,
                 size_t cols)
{
    wanted *t = &all->t[all->n++];

    sprintf(t->name, "%.10s%.29s", name, more);
    t->rows = rows;
    t->cols = cols;
}

static void want_stack(list *all, const char *prefix, const rnn_model *m,
                       size_t in, int H, int L, int D)
{
    const size_t gh = RNN_GATES(m->cell) * (size_t)H;
    char s[32];
    int l, d;

    for (l = 0; l < L; l++, in = (size_t)(D * H))
        for (d = 0; d < D; d++) {
            const char *end = d ? "_reverse" : "";
            if (in) {
                sprintf(s, "weight_ih_l%d%s", l, end);
                want(all, prefix, s, gh, in);
            }
            sprintf(s, "weight_hh_l%d%s", l, end);
            want(all, prefix, s, gh, (size_t)H);
            if (!m->no_bias) {
                sprintf(s, "bias_ih_l%d%s", l, end);
                want(all, prefix, s, gh, 0);
                sprintf(s, "bias_hh_l%d%s", l, end);
                want(all, prefix, s, gh, 0);
            }
            if (m->cell == RNN_CELL_LSTM_PEEPHOLE) {
                sprintf(s, "peephole_l%d%s", l, end);
                want(all, prefix, s, 3, (size_t)H);
            }
        }
}

/* What a stack reads of its input. */
static size_t width(int input, int size, int embedding)
{
    return (size_t)(input == RNN_INPUT_EMBEDDING ? embedding : size);
}

static void want_decoder(list *all, const rnn_model *m)
{
    static const char *const table[] = {"emb_src.", "emb_src2."};
    static const char *const enc[] = {"enc.", "enc2."};
    static const char *const att[] = {"att.", "att2."};
    const int given = m->wiring == RNN_WIRING_1_TO_N;
    const int D = m->bidirectional ? 2 : 1;
    const size_t x = width((int)m->input, m->input_size, m->embedding_size);
    const size_t K = (size_t)(D * m->hidden_size);
    const size_t Q = (size_t)m->decoder_hidden_size;
    const size_t A = (size_t)m->attention_size;
    const size_t n = (size_t)m->num_sources;
    size_t r = given ? x : n * K, c, in, out = Q, i;

    if (m->context == RNN_CONTEXT_ALL)
        r *= (size_t)m->source_steps;
    c = m->context_size ? (size_t)m->context_size : r;
    in = m->target_size ? width((int)m->target, m->target_size,
                                m->target_embedding_size)
                        : 0;
    in += m->attention ? n * K : 0;
    in += m->feed & (RNN_FEED_FIRST | RNN_FEED_EACH) ? c : 0;
    out += !m->head_context ? 0 : m->attention ? n * K : c;
    for (i = 0; i < n; i++) {
        if (m->input == RNN_INPUT_EMBEDDING)
            want(all, table[i], "weight", (size_t)m->input_size, x);
        if (!given)
            want_stack(all, enc[i], m, x, m->hidden_size, m->num_layers, D);
        if (m->attention == RNN_SCORE_ADDITIVE) {
            want(all, att[i], "W", A, Q);
            want(all, att[i], "U", A, K);
            want(all, att[i], "v", A, 0);
        } else if (m->attention == RNN_SCORE_GENERAL) {
            want(all, att[i], "U", Q, K);
        }
    }
    if (m->context_size) {
        want(all, "bridge.", "weight", c, r);
        want(all, "bridge.", "bias", c, 0);
    }
    if (m->target == RNN_INPUT_EMBEDDING)
        want(all, given ? "emb." : "emb_tgt.", "weight", (size_t)m->target_size,
             (size_t)m->target_embedding_size);
    want_stack(all, given ? "rnn." : "dec.", m, in, m->decoder_hidden_size,
               m->decoder_layers, 1);
    if (m->output_size)
        want(all, "out.", "weight", (size_t)m->output_size, out);
}

static list want_all(const rnn_model *model)
{
    const rnn_model m = spelt(model);
    const int D = m.bidirectional ? 2 : 1;
    list all;

    all.n = 0;
    if (m.wiring >= RNN_WIRING_1_TO_N) {
        want_decoder(&all, &m);
    } else {
        if (m.input == RNN_INPUT_EMBEDDING)
            want(&all, "emb.", "weight", (size_t)m.input_size,
                 (size_t)m.embedding_size);
        want_stack(
            &all, m.output_size || m.input == RNN_INPUT_EMBEDDING ? "rnn." : "",
            &m, width((int)m.input, m.input_size, m.embedding_size),
            m.hidden_size, m.num_layers, D);
        if (m.output_size)
            want(&all, "out.", "weight", (size_t)m.output_size,
                 (size_t)(D * m.hidden_size));
    }
    if (m.output_size)
        want(&all, "out.", "bias", (size_t)m.output_size, 0);
    return all;
}

/* Exactly the tensors of the model, PyTorch's way round: row r, column c. */
static void check_tensors(const rnn_model *m, const rnn_real *p, size_t count,
                          bytes b)
{
    const list all = want_all(m);
    size_t r, c, bad = 0, seen = 0;
    rnn_tensor ours;
    rnn_st_tensor t;
    rnn_st st;
    int i;

    MUST(rnn_st_open(b.p, b.n, &st, NULL) == RNN_OK, "open");
    CHECK(st.tensors == (size_t)all.n, "%lu tensors, not %d",
          (unsigned long)st.tensors, all.n);
    for (i = 0; i < all.n; i++) {
        const wanted *w = &all.t[i];
        CHECK(rnn_st_find(&st, w->name, &t) == RNN_OK &&
                  t.dtype == RNN_ST_F32 && t.ndim == (w->cols ? 2 : 1) &&
                  t.dims[0] == w->rows && (!w->cols || t.dims[1] == w->cols),
              "no %s of %lu x %lu", w->name, (unsigned long)w->rows,
              (unsigned long)w->cols);
    }
    for (i = 0; rnn_model_tensor(m, i, &ours) == RNN_OK; i++) {
        const size_t rows = (size_t)ours.rows, cols = (size_t)ours.cols;
        if (rnn_st_find(&st, ours.name, &t) != RNN_OK ||
            t.size != 4 * ours.size)
            continue; /* reported above */
        for (r = 0; r < rows; r++)
            for (c = 0; c < (cols ? cols : 1); c++, seen++) {
                const size_t theirs = cols ? r * cols + c : r;
                /* tables and peepholes stay as they are, other matrices are
                   turned */
                const size_t at = strncmp(ours.name, "emb", 3) != 0 &&
                                          !strstr(ours.name, "peephole") && cols
                                      ? c * rows + r
                                      : theirs;
                bad += bits_at(t.data + 4 * theirs) !=
                       bits_of(p[ours.offset + at]);
            }
    }
    CHECK(!bad && seen == count, "%lu of %lu numbers stand elsewhere",
          (unsigned long)bad, (unsigned long)count);
}

static void value_of(const rnn_model *m, int i, char text[40])
{
    const int v = get_field(m, i);

    if (fields[i].names)
        strcpy(text, fields[i].names[v]);
    else
        sprintf(text, "%d", v);
}

/* __metadata__ has these fields, with these values, and no others. */
static void check_meta(const rnn_model *model, int vocabulary, bytes b)
{
    const rnn_model m = spelt(model);
    const unsigned char *k, *v;
    unsigned char text[40];
    char wants[40];
    size_t pos = 0, kn, vn, n = 0;
    rnn_st st;
    int i, entries = 2 + (m.dropout > 0) + (m.dropout_last > 0) + vocabulary;

    MUST(rnn_st_open(b.p, b.n, &st, NULL) == RNN_OK, "open");
    for (i = 0; i < described(&m); i++) {
        value_of(&m, i, wants);
        CHECK(rnn_st_meta(&st, fields[i].key, text, sizeof text, &n) ==
                      RNN_OK && n == strlen(wants) && !memcmp(text, wants, n),
              "%s is not %s", fields[i].key, wants);
        entries++;
    }
    CHECK(!rnn_st_meta(&st, "format", text, sizeof text, &n) && n == 2 &&
              !memcmp(text, "pt", 2), "format");
    CHECK(!rnn_st_meta(&st, "rnn.h", text, sizeof text, &n) && n == 1 &&
              text[0] == '1', "version");
    while (!rnn_st_meta_next(&st, &pos, &k, &kn, &v, &vn))
        entries--;
    CHECK(entries == 0, "%d entries of metadata too few", entries);
}

/* ---- round trips --------------------------------------------------------- */

/* What can be said in two ways: a state for layer 0 that all layers are handed
 * anyhow, a cell state where there is none. */
static int two_ways(const rnn_model *m)
{
    return (m->hand_over & RNN_HAND_LAYERS && m->feed & RNN_FEED_STATE) ||
           (m->hand_over & RNN_HAND_CELL && !RNN_HAS_C(m->cell));
}

/* One field after another says something else: no longer this file's model. */
static void check_others(const rnn_model *model, bytes b)
{
    const rnn_model m = spelt(model);
    int i, to;

    for (i = 0; i < described(&m); i++) {
        rnn_model other = m, said;
        rnn_real *p;
        const char *why = NULL;
        size_t n;
        rnn_status r;

        to = test_below(4);
        set_field(&other, i, fields[i].names ? to : get_field(&m, i) + to - 1);
        n = params_of(&other);
        if (!n || two_ways(&other))
            continue;
        said = spelt(&other);
        p = (rnn_real *)test_memory(n * sizeof *p);
        memset(p, MARK, n * sizeof *p);
        r = rnn_load_params(b.p, b.n, &other, p, n, &why);
        if (same_model(&said, &m))
            CHECK(r == RNN_OK && !why, "%s said otherwise: %s", fields[i].key,
                  why ? why : "?");
        else
            CHECK(r == RNN_E_MISMATCH && why &&
                      all_mark(p, n * sizeof *p),
                  "another %s: status %d", fields[i].key, r);
    }
}

/* Saves, loads and loads again through odd addresses: the same bits. */
static void check_round_trip(const rnn_model *m, size_t vocabulary_len)
{
    unsigned char vocabulary[256], back[256], *odd;
    rnn_model got;
    const rnn_model said = spelt(m);
    rnn_real *p, *q;
    size_t count, n = 0, i;
    const char *why = NULL;
    bytes b, again;

    p = some_params(m, &count);
    q = test_reals(count, 0);
    for (i = 0; i < 256; i++)
        vocabulary[i] = (unsigned char)(i * 7 + 3);
    b = save(m, p, vocabulary, vocabulary_len);
    odd = (unsigned char *)test_memory(b.n + 1) + 1;
    memcpy(odd, b.p, b.n);
    check_meta(m, 1, b);
    check_tensors(m, p, count, b);
    CHECK(rnn_load_description(odd, b.n, &got, back, 256, &n, &why) == RNN_OK &&
          n == vocabulary_len && !memcmp(back, vocabulary, n),
          "description: %s", why ? why : "");
    CHECK(same_model(&got, &said), "another description");
    CHECK(rnn_load_params(odd, b.n, &got, q, count, &why) == RNN_OK &&
          !memcmp(p, q, count * sizeof *p), "parameters: %s", why ? why : "");
    memset(q, MARK, count * sizeof *q);
    CHECK(rnn_load_params(b.p, b.n, m, q, count, &why) == RNN_OK && !why &&
          !memcmp(p, q, count * sizeof *p), "as it was described: %s",
          why ? why : "");
    CHECK(rnn_load_params(odd, b.n, &got, q, count - 1, &why) == RNN_E_BUFFER &&
              why,
          "params one too short");
    again = save(&got, q, back, n);
    CHECK(again.n == b.n && !memcmp(again.p, b.p, b.n), "saved again");
    check_others(m, b);
    b = save(m, p, NULL, 0);
    check_meta(m, 0, b);
    n = 77;
    CHECK(rnn_load_description(b.p, b.n, &got, back, 0, &n, NULL) == RNN_OK &&
              n == 0,
          "no vocabulary");
    test_free();
}

/* Some fields of N vs M, how many values they have, and how often each came. */
typedef struct seen {
    const char *key;
    int values, count[16];
} seen;

static void count_values(seen *all, const rnn_model *m)
{
    int i;

    for (; all->key && m->wiring == RNN_WIRING_N_TO_M; all++)
        for (i = 0; i < FIELDS; i++)
            if (!strcmp(all->key, fields[i].key))
                all->count[get_field(m, i)]++;
}

static void check_round_trips(void)
{
    seen all[] = {{"input", RNN_INPUTS, {0}}, {"target", RNN_INPUTS, {0}},
                  {"context", RNN_CONTEXTS, {0}}, {"feed", 6, {0}},
                  {"hand_over", 4, {0}}, {"attention", RNN_SCORES, {0}},
                  {"num_sources", 3, {0}}, {NULL, 0, {0}}};
    int wiring, cell, k, i;

    for (k = 0; k < KINDS; k++) {
        count_values(all, &kinds[k].model);
        check_round_trip(&kinds[k].model, 5);
    }
    for (wiring = 0; wiring < RNN_WIRINGS; wiring++)
        for (cell = 0; cell < RNN_CELLS; cell++)
            for (k = 0; k < (wiring == RNN_WIRING_N_TO_M ? 40 : 10); k++) {
                const rnn_model m = some_model(wiring, cell);
                count_values(all, &m);
                check_round_trip(&m, k ? (size_t)test_below(256) : 256);
            }
    for (k = 0; all[k].key; k++)
        for (i = 0; i < all[k].values; i++)
            CHECK(all[k].count[i], "no model with %s %d", all[k].key, i);
}

/* Dropout of seven digits comes back as the same number; the greatest that
 * there is comes back below 1. */
static void check_fractions(void)
{
    static const long edge[] = {1, 2, 9999999, 9999998, 5000017, 8388607,
                                8388609, 4194303, 4194305, 1000000};
    rnn_model m = tiny_model(), got, said;
    rnn_real p[TINY] = {0, 0, 0, 0, 0, 0};
    unsigned char file[2048], text[16];
    char wants[16];
    size_t len = 0, n = 0;
    rnn_st st;
    int i, bad = 0;

    for (i = 0; i < 500; i++) {
        const long k = i < 10 ? edge[i] : 1 + test_below(9999999);
        m.dropout = (rnn_real)((double)k / 1e7);
        m.dropout_last = i & 1 ? m.dropout : 0;
        sprintf(wants, "0.%07ld", k);
        MUST(!rnn_save(&m, p, TINY, NULL, 0, file, sizeof file, &len) &&
                 !rnn_st_open(file, len, &st, NULL) &&
                 !rnn_load_description(file, len, &got, NULL, 0, NULL, NULL),
             "dropout %s", wants);
        said = spelt(&m);
        if (rnn_st_meta(&st, "dropout", text, sizeof text, &n) || n != 9 ||
            memcmp(text, wants, 9) || !same_model(&said, &got))
            if (!bad++)
                printf("%s is written as %.9s\n", wants, (char *)text);
    }
    CHECK(!bad, "%d of 500 fractions are lost", bad);
    m.dropout = sizeof(rnn_real) == 4 ? (rnn_real)0.99999994
                                      : (rnn_real)0.9999999999;
    CHECK(!rnn_save(&m, p, TINY, NULL, 0, file, sizeof file, &len) &&
          !rnn_load_description(file, len, &got, NULL, 0, NULL, NULL) &&
          got.dropout > (rnn_real)0.9999998 && got.dropout < 1,
          "dropout near 1");
}

/* Wrong arguments of rnn_save and of what reads its file, and room of every
 * length for what they give. */
static void check_room(void)
{
    const unsigned char *const xyz = (const unsigned char *)"xyz";
    const rnn_model m = kind_of("n_to_1")->model;
    unsigned char words[4] = {9, 9, 9, 9};
    rnn_model none, loaded;
    size_t count, n = 0, k;
    const rnn_real *p = some_params(&m, &count);
    rnn_real *q = test_reals(count, 0);
    const char *why = NULL;
    bytes b;

    memset(&none, 0, sizeof none);
    CHECK(rnn_save(&none, p, count, NULL, 0, NULL, 0, &n) == RNN_E_SIZE &&
              rnn_save(NULL, p, count, NULL, 0, NULL, 0, &n) == RNN_E_ARG &&
              rnn_save(&m, p, count, NULL, 0, NULL, 0, NULL) == RNN_E_ARG &&
              rnn_save(&m, NULL, count, NULL, 0, words, 4, &n) == RNN_E_ARG &&
              n == 0,
          "bad arguments");
    CHECK(rnn_save(&m, NULL, count, xyz, 3, NULL, 0, &b.n) == RNN_OK &&
              b.n > 500,
          "its length");
    b.p = (unsigned char *)test_memory(b.n);
    b.p[200] = b.p[b.n - 1] = 77;
    CHECK(rnn_save(&m, p, count, xyz, 3, b.p, 200, &n) == RNN_E_BUFFER &&
              n == b.n && b.p[200] == 77,
          "too short by far");
    CHECK(rnn_save(&m, p, count, xyz, 3, b.p, b.n - 1, &n) == RNN_E_BUFFER &&
          b.p[b.n - 1] == 77, "by one byte");
    CHECK(rnn_save(&m, p, count, xyz, 3, b.p, b.n, &n) == RNN_OK && n == b.n,
          "just right");

    CHECK(rnn_load_description(b.p, b.n, NULL, NULL, 0, NULL, &why) ==
              RNN_E_ARG,
          "no model");
    CHECK(rnn_load_description(b.p, b.n, NULL, NULL, 0, NULL, NULL) ==
              RNN_E_ARG,
          "no reason wanted");
    CHECK(rnn_load_description(b.p, b.n, &loaded, NULL, 0, &k, NULL) ==
                  RNN_OK &&
              k == 3,
          "a vocabulary's length");
    CHECK(rnn_load_description(b.p, b.n, &loaded, words, 2, &k, NULL) ==
              RNN_E_BUFFER && words[0] == 9, "no room for it");
    CHECK(rnn_load_description(b.p, b.n, &loaded, words, 3, NULL, NULL) ==
                  RNN_OK &&
              memcmp(words, "xyz\t", 4) == 0,
          "room for it");
    CHECK(loaded.cell == m.cell && loaded.dropout_last == m.dropout_last &&
          loaded.dropout == 0, "the model");

    CHECK(rnn_load_params(b.p, b.n, &none, q, count, &why) == RNN_E_SIZE &&
          rnn_load_params(b.p, b.n, &m, NULL, count, &why) == RNN_E_ARG && why,
          "no model, or nowhere");
    CHECK(rnn_load_params(b.p, b.n, &m, q, count - 1, NULL) == RNN_E_BUFFER &&
          q[0] == 0, "too short");
    CHECK(rnn_load_params(b.p, b.n, &m, q, count, NULL) == RNN_OK &&
          !memcmp(p, q, count * sizeof *p), "the parameters");
    test_free();
}

/* ---- right files of the wrong model -------------------------------------- */

#define SAY(key, value) "\"" key "\":\"" value "\""
#define TENSOR(name, shape, begin, end)                                        \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape                         \
    ",\"data_offsets\":[" #begin "," #end "]}"

/* The file of the model of six numbers, without a description. */
static const char tiny_json[] =
    "{" TENSOR("rnn.weight_ih_l0", "[1,1]", 0, 4)
    "," TENSOR("rnn.weight_hh_l0", "[1,1]", 4, 8)
    "," TENSOR("rnn.bias_ih_l0", "[1]", 8, 12)
    "," TENSOR("rnn.bias_hh_l0", "[1]", 12, 16)
    "," TENSOR("out.weight", "[1,1]", 16, 20)
    "," TENSOR("out.bias", "[1]", 20, 24) "}";

static const char tiny_meta[] =
    "\"__metadata__\":{\"format\":\"pt\",\"rnn.h\":\"1\",\"wiring\":\"n_to_n\","
    "\"cell\":\"tanh\",\"input\":\"dense\",\"input_size\":\"1\","
    "\"embedding_size\":\"0\",\"hidden_size\":\"1\",\"num_layers\":\"1\","
    "\"bidirectional\":\"0\",\"no_bias\":\"0\",\"output_size\":\"1\","
    "\"dropout\":\"0.2500000\",\"vocabulary\":\"00fF\"}";

/* the same with the description in front */
static char *tiny_full(void)
{
    char *s = (char *)test_memory(sizeof tiny_json + sizeof tiny_meta + 1);

    strcpy(s, "{");
    strcat(s, tiny_meta);
    strcat(s, ",");
    return strcat(s, tiny_json + 1);
}

typedef struct change {
    const char *what, *from, *to;
    rnn_status load, model;
} change;

/* In the file without a description: rnn_load_description always finds none. */
#define NO RNN_E_MISMATCH
#define END RNN_E_END
static const change plain_changes[] = {
    {"as it is", "{", "{", RNN_OK, END},
    {"escaped name", "out.bias", "out.bi\\u0061s", RNN_OK, END},
    {"a name differs", "out.bias", "out.biaS", NO, END},
    {"a name is longer", "out.bias", "out.bias0", NO, END},
    {"a name is shorter", "out.bias", "out.bia", NO, END},
    {"a tensor is missing", "," TENSOR("out.bias", "[1]", 20, 24), "", NO, END},
    {"an extra tensor", "{", "{" TENSOR("x", "[1]", 24, 28) ",", NO, END},
    {"an empty extra", "{", "{" TENSOR("x", "[0]", 24, 24) ",", NO, END},
    {"other metadata", "{", "{\"__metadata__\":{\"a\":\"b\"},", RNN_OK, END},
    {"matrix as vector", "[1,1]", "[1]", NO, END},
    {"matrix as cube", "[1,1]", "[1,1,1]", NO, END},
    {"vector as matrix", "[1],", "[1,1],", NO, END},
    {"vector as scalar", "[1],", "[],", NO, END},
    {"vector of two", "[1],\"data_offsets\":[20,24]",
     "[2],\"data_offsets\":[20,28]", NO, END},
    {"I32", "F32", "I32", NO, END},
    {"U32", "F32", "U32", NO, END},
    {"F64", "F32\",\"shape\":[1],\"data_offsets\":[20,24]",
     "F64\",\"shape\":[1],\"data_offsets\":[20,28]", NO, END},
    {"F16", "F32\",\"shape\":[1],\"data_offsets\":[20,24]",
     "F16\",\"shape\":[1],\"data_offsets\":[20,22]", RNN_OK, END},
    {"BF16", "F32\",\"shape\":[1],\"data_offsets\":[20,24]",
     "BF16\",\"shape\":[1],\"data_offsets\":[20,22]", RNN_OK, END}};

/* In the file with a description. */
#define HIDDEN(size) SAY("hidden_size", size)
static const change full_changes[] = {
    {"as it is", "{", "{", RNN_OK, RNN_OK},
    {"another cell", ":\"tanh", ":\"relu", NO, RNN_OK},
    {"no such cell", ":\"tanh", ":\"tanh2", NO, NO},
    {"half a cell", ":\"tanh", ":\"tan", NO, NO},
    {"empty cell", ":\"tanh", ":\"", NO, NO},
    {"a long cell", ":\"tanh", ":\"tanhtanhtanhtanhtanhtanhtanhtanh", NO, NO},
    {"escaped cell", ":\"tanh", ":\"t\\u0061nh", RNN_OK, RNN_OK},
    {"no cell", "\"cell\"", "\"sell\"", NO, NO},
    {"no wiring", "\"wiring\"", "\"firing\"", NO, NO},
    {"another wiring", "n_to_n", "n_to_m", NO, NO},
    {"another input", "dense", "one_hot", NO, RNN_OK},
    {"no such input", "dense", "tense", NO, NO},
    {"no input size", "\"input_size\"", "\"input\\u005fsizes\"", NO, NO},
    {"size 0", HIDDEN("1"), HIDDEN("0"), NO, NO},
    {"size 2", HIDDEN("1"), HIDDEN("2"), NO, RNN_OK},
    {"size -1", HIDDEN("1"), HIDDEN("-1"), NO, NO},
    {"size 1.0", HIDDEN("1"), HIDDEN("1.0"), NO, NO},
    {"size in words", HIDDEN("1"), HIDDEN("one"), NO, NO},
    {"size empty", HIDDEN("1"), HIDDEN(""), NO, NO},
    {"size with space", HIDDEN("1"), HIDDEN(" 1"), NO, NO},
    {"size with NUL", HIDDEN("1"), HIDDEN("1\\u0000"), NO, NO},
    {"size 2^32 + 1", HIDDEN("1"), HIDDEN("4294967297"), NO, NO},
    {"size 2^64 + 1", HIDDEN("1"), HIDDEN("18446744073709551617"), NO, NO},
    {"size of many digits", HIDDEN("1"),
     HIDDEN("111111111111111111111111111111"), NO, NO},
    {"two layers", SAY("num_layers", "1"), SAY("num_layers", "2"), NO, RNN_OK},
    {"bidirectional", SAY("bidirectional", "0"), SAY("bidirectional", "1"), NO,
     RNN_OK},
    {"no bias", SAY("no_bias", "0"), SAY("no_bias", "1"), NO, RNN_OK},
    {"another head", SAY("output_size", "1"), SAY("output_size", "3"), NO,
     RNN_OK},
    {"no head", SAY("output_size", "1"), SAY("output_size", "0"), NO, RNN_OK},
    {"another version", SAY("rnn.h", "1"), SAY("rnn.h", "2"), NO, NO},
    {"version 11", SAY("rnn.h", "1"), SAY("rnn.h", "11"), NO, NO},
    {"a long version", SAY("rnn.h", "1"), SAY("rnn.h", "1111"), NO, NO},
    {"empty version", SAY("rnn.h", "1"), SAY("rnn.h", ""), NO, NO},
    {"no version", SAY("rnn.h", "1"), "\"rnn.g\":\"1\"", RNN_OK, END},
    {"dropout 1", "0.2500000", "1.0000000", NO, NO},
    {"dropout differs", "0.2500000", "0.7500000", RNN_OK, RNN_OK},
    {"dropout short", "0.2500000", "0.25", NO, NO},
    {"dropout long", "0.2500000", "0.25000000", NO, NO},
    {"dropout of many digits", "0.2500000", "0.25000000000000000000", NO, NO},
    {"dropout not digits", "0.2500000", "0.25000x0", NO, NO},
    {"dropout not 0.", "0.2500000", "0,2500000", NO, NO},
    {"odd hex", "00fF", "00f", RNN_OK, NO},
    {"bad hex", "00fF", "00fg", RNN_OK, NO},
    {"escaped hex", "00fF", "\\u0030\\u0030", RNN_OK, NO},
    {"no hex", "00fF", "", RNN_OK, RNN_OK},
    {"too long", "00fF", "001122", RNN_OK, RNN_E_BUFFER}};
#undef END
#undef NO

/* A file of the six numbers, changed, and of as many as it says then. */
static void check_change(const char *json, const change *c)
{
    const rnn_model m = tiny_model();
    const char *changed = swap_text(json, c->from, c->to), *at;
    size_t data = 0, end;

    for (at = changed; (at = strstr(at, "_offsets")) != NULL; at++) {
        end = (size_t)strtoul(strchr(at, ',') + 1, NULL, 10);
        data = end > data ? end : data;
    }
    check_answers(&m, file_of(changed, data), c->what, c->load, (int)c->model);
}

static void check_mismatches(void)
{
    const char *full = tiny_full();
    size_t i;

    for (i = 0; i < LEN(plain_changes); i++)
        check_change(tiny_json, &plain_changes[i]);
    for (i = 0; i < LEN(full_changes); i++)
        check_change(full, &full_changes[i]);
    test_free();
}

/* ---- files of models with a decoder, changed ----------------------------- */

/* The file of m with one thing changed in its header. */
static void check_edit(const rnn_model *m, bytes b, const char *from,
                       const char *to, rnn_status load, int model)
{
    check_answers(m, with_header(b, swap_text(header_of(b), from, to)), to,
                  load, model);
}

/* The same where the value of one key of __metadata__ changes. */
static void check_said(const rnn_model *m, bytes b, const char *key,
                       const char *from, const char *to, rnn_status load,
                       int model)
{
    char was[80], is[120];

    sprintf(was, SAY("%s", "%s"), key, from);
    sprintf(is, SAY("%s", "%s"), key, to);
    check_edit(m, b, was, is, load, model);
}

/* Every field of a description missing, escaped, unknown, out of range,
 * another's. */
static void check_fields(const kind *k)
{
    static const char *const bad_number[] = {
        "", "-1", "+1", " 1", "1 ", "1.0", "0x1", "one", "1e1", "4294967297",
        "1000000000000000000000000000001", "\\u0661"};
    static const char *const bad_name[] = {"", "0", "1", "x", "Last", "LSTM",
                                           "dot2", "do", "nonenonenonenone"};
    const rnn_model m = spelt(&k->model);
    const bytes b = save_kind(k);
    char from[80], to[80], value[40], other_value[40];
    int i, to_value, valid;
    size_t j;

    for (i = 0; i < described(&m); i++) {
        const char *key = fields[i].key;
        const int named = fields[i].names != NULL;
        value_of(&m, i, value);
        sprintf(from, SAY("%s", "%s"), key, value);
        sprintf(to, SAY("x%s", "%s"), key, value);
        check_edit(&m, b, from, to, RNN_E_MISMATCH, RNN_E_MISMATCH);
        sprintf(to, SAY("\\u%04x%s", "%s"), (unsigned)key[0], key + 1, value);
        check_edit(&m, b, from, to, RNN_OK, RNN_OK);
        for (j = 0; j < (named ? LEN(bad_name) : LEN(bad_number)); j++)
            check_said(&m, b, key, value, named ? bad_name[j] : bad_number[j],
                       RNN_E_MISMATCH, RNN_E_MISMATCH);
        for (to_value = 0; to_value < 5; to_value++) {
            const int v = named ? to_value : get_field(&m, i) + to_value - 1;
            rnn_model other = m;
            if (named && !fields[i].names[v])
                break;
            if (v < 0)
                continue;
            set_field(&other, i, v);
            value_of(&other, i, other_value);
            valid = params_of(&other) > 0;
            other = spelt(&other); /* what is unused may say anything */
            check_said(&m, b, key, value, other_value,
                       valid && same_model(&other, &m) ? RNN_OK
                                                       : RNN_E_MISMATCH, ANY);
        }
    }
}

typedef struct edit {
    const char *kind, *key, *from, *to;
    rnn_status load;
    int model;
} edit;

/* Descriptions that say two things at once, and some that are right. */
#define NO RNN_E_MISMATCH
static const edit edits[] = {
    {"two", "feed", "5", "6", NO, NO},
    {"two", "feed", "5", "7", NO, NO},
    {"two", "feed", "5", "8", NO, NO},
    {"two", "feed", "5", "3", NO, RNN_OK},
    {"two", "hand_over", "1", "4", NO, NO},
    {"two", "hand_over", "1", "0", NO, RNN_OK},
    {"two", "num_sources", "2", "3", NO, NO},
    {"two", "num_sources", "2", "1", NO, NO},
    {"two", "source_steps", "2", "0", NO, NO},
    {"two", "source_steps", "2", "3", NO, RNN_OK},
    {"two", "context_size", "4", "0", NO, NO},
    {"two", "attention_size", "3", "0", NO, NO},
    {"two", "attention", "additive", "dot", NO, NO},
    {"two", "attention", "additive", "general", NO, RNN_OK},
    {"two", "bidirectional", "1", "0", NO, NO},
    {"two", "target_embedding_size", "3", "0", NO, NO},
    {"two", "decoder_hidden_size", "4", "5", NO, NO},
    {"two", "wiring", "n_to_m", "1_to_n", NO, NO},
    {"two", "wiring", "n_to_m", "n_to_1", NO, RNN_OK},
    {"two", "context", "all", "\\u0061ll", RNN_OK, RNN_OK},
    {"additive", "context_size", "0", "1", NO, NO},
    {"additive", "embedding_size", "1", "0", NO, NO},
    {"each_token", "context", "last", "mean", NO, NO},
    {"each_token", "attention", "none", "dot", NO, NO},
    {"each_token", "bidirectional", "0", "1", NO, NO},
    {"each_token", "num_sources", "1", "2", NO, NO},
    {"each_token", "hand_over", "0", "1", NO, NO},
    {"each_token", "context_size", "2", "3", NO, NO},
    {"each_token", "feed", "5", "4", NO, RNN_OK},
    {"each_token", "feed", "5", "0", NO, RNN_OK},
    {"each_token", "wiring", "1_to_n", "n_to_m", NO, RNN_OK},
    {"layers", "decoder_layers", "2", "1", NO, NO},
    {"layers", "dropout", "0.1250000", "1.1250000", NO, NO},
    {"dot", "attention", "dot", "scaled_dot", NO, RNN_OK},
    {"dot", "feed", "1", "0", NO, RNN_OK},
    {"dot", "decoder_hidden_size", "2", "3", NO, NO},
    {"n_to_1", "wiring", "n_to_1", "n_to_n", NO, RNN_OK},
    {"n_to_1", "wiring", "n_to_1", "1_to_n", NO, NO},
    {"n_to_1", "wiring", "n_to_1", "n_to_1\",\"attention\":\"what", RNN_OK,
     RNN_OK},
    {"n_to_1", "wiring", "n_to_1", "n_to_1\\u0000", NO, NO},
    {"n_to_1", "wiring", "n_to_1", "n_to_", NO, NO},
    {"n_to_1", "dropout_last", "0.5000000", "0.500000:", NO, NO},
    {"n_to_1", "dropout_last", "0.5000000", "0.50000/0", NO, NO},
    {"n_to_1", "dropout_last", "0.5000000", "0.500000", NO, NO},
    {"n_to_1", "dropout_last", "0.5000000", "1.5000000", NO, NO},
    {"n_to_1", "dropout_last", "0.5000000", "0,5000000", NO, NO}};
#undef NO

static void check_edits(void)
{
    static const char *const every[] = {"two", "all", "each_token", "n_to_1",
                                        "bare"};
    size_t i;

    for (i = 0; i < LEN(every); i++) {
        check_fields(kind_of(every[i]));
        test_free();
    }
    for (i = 0; i < LEN(edits); i++) {
        const edit *e = &edits[i];
        const kind *of = kind_of(e->kind);
        check_said(&of->model, save_kind(of), e->key, e->from, e->to, e->load,
                   e->model);
        test_free();
    }
}

/* Every tensor in turn has another name, shape or type, or a companion; and a
 * state_dict alone, without the description, loads. */
static void check_each_tensor(const kind *k)
{
    const rnn_model *m = &k->model;
    const bytes b = save_kind(k);
    const char *json = header_of(b);
    const char *rest = strchr(json, '}'); /* of __metadata__ */
    char from[160], to[200], last[60];
    rnn_st_tensor t;
    rnn_st st;
    size_t pos = 0;
    char *plain;
    bytes alone;

    MUST(rnn_st_open(b.p, b.n, &st, NULL) == RNN_OK && rest, "open");
    while (rnn_st_next(&st, &pos, &t) == RNN_OK) {
        const int n = (int)t.name_len;
        sprintf(last, "\"%.*s\"", n, (const char *)t.name);
        strcpy(from, last);
        sprintf(to, "\"%.*s?\"", n - 1, (const char *)t.name);
        check_edit(m, b, from, to, RNN_E_MISMATCH, RNN_OK);
        sprintf(from, "\"%.*s\":{\"dtype\":\"F32", n, (const char *)t.name);
        sprintf(to, "\"%.*s\":{\"dtype\":\"I32", n, (const char *)t.name);
        check_edit(m, b, from, to, RNN_E_MISMATCH, RNN_OK);
        sprintf(from, "\"%.*s\":{\"dtype\":\"F32\",\"shape\":[", n,
                (const char *)t.name);
        sprintf(to, "%s1,", from);
        check_edit(m, b, from, to, RNN_E_MISMATCH, RNN_OK);
        if (t.ndim == 2 && t.dims[0] != t.dims[1]) {
            sprintf(to, "%s%d,%d]", from, (int)t.dims[1], (int)t.dims[0]);
            sprintf(from + strlen(from), "%d,%d]", (int)t.dims[0],
                    (int)t.dims[1]);
            check_edit(m, b, from, to, RNN_E_MISMATCH, RNN_OK);
        }
    }
    sprintf(to, "\"x\":{\"dtype\":\"F32\",\"shape\":[0],"
            "\"data_offsets\":[0,0]},%s", last);
    check_edit(m, b, last, to, RNN_E_MISMATCH, RNN_OK);
    plain = (char *)test_memory(strlen(json) + 1);
    sprintf(plain, "{%s", rest + 2);
    alone = with_header(b, plain);
    check_edit(m, alone, "{", "{", RNN_OK, RNN_E_END);
    free(alone.p);
    test_free();
}

/* The description of one model with the tensors of another. */
static void check_strangers(void)
{
    int a, c;

    for (a = 0; a < KINDS; a++)
        for (c = 0; c < KINDS; c++) {
            const rnn_model *said = &kinds[a].model, *is = &kinds[c].model;
            const bytes b = save_kind(&kinds[c]);
            const char *words = header_of(save_kind(&kinds[a]));
            const char *json = header_of(b);
            const size_t n = (size_t)(strchr(words, '}') - words);
            char *s = (char *)test_memory(strlen(words) + strlen(json) + 1);
            const int alike = !strcmp(strchr(words, '}'), strchr(json, '}'));
            bytes mixed;
            verdict v, w;

            memcpy(s, words, n);
            strcpy(s + n, strchr(json, '}'));
            mixed = with_header(b, s);
            v = ask_model(mixed, said);
            w = ask_model(mixed, is);
            CHECK(v.model == RNN_OK && v.reasons && v.untouched &&
                      v.load == (alike ? RNN_OK : RNN_E_MISMATCH),
                  "%s with the tensors of %s: load %d", kinds[a].name,
                  kinds[c].name, v.load);
            CHECK(w.reasons && w.untouched &&
                      w.load == (a == c ? RNN_OK : RNN_E_MISMATCH),
                  "tensors of %s said to be %s: load %d", kinds[c].name,
                  kinds[a].name, w.load);
            free(mixed.p);
            test_free();
        }
}

/* ---- damage -------------------------------------------------------------- */

/* Every shorter file, and every other byte in the header, ends in a status. */
static void check_damage(const rnn_model *m, int stride)
{
    const unsigned char vocabulary[3] = {0, 'a', 255};
    size_t count, header, i, opened = 0;
    const rnn_real *p = some_params(m, &count);
    const bytes file = save(m, p, vocabulary, 3);
    verdict v;
    int c;

    for (i = 0; i < file.n; i++) {
        bytes b = file_cut(file.p, i);
        v = ask_model(b, m);
        CHECK(v.open == RNN_E_FORMAT && v.model == RNN_E_FORMAT &&
                  v.load == RNN_E_FORMAT && v.bare == RNN_E_FORMAT &&
                  v.reasons && v.untouched,
              "cut to %lu bytes", (unsigned long)i);
        free(b.p);
    }
    header = 8 + (size_t)(bits_at(file.p) & 0xffffffu);
    for (i = 0; i < header; i++)
        for (c = test_below(stride); c < 256; c += i < 8 ? 1 : stride) {
            bytes b = file_cut(file.p, file.n);
            b.p[i] = (unsigned char)c;
            v = ask_model(b, m);
            opened += v.open == RNN_OK;
            MUST(v.reasons && v.untouched, "byte %lu as %d", (unsigned long)i,
                 c);
            free(b.p);
        }
    CHECK(opened > 0, "some changes are harmless, as in the vocabulary");
    test_free();
}

static void check_damages(void)
{
    const rnn_model tiny = tiny_model();

    check_damage(&tiny, 5);
    check_damage(&kind_of("additive")->model, 200);
    check_damage(&kind_of("each_token")->model, 200);
    check_damage(&kind_of("bare")->model, 100);
}

/* ---- numbers of two bytes ------------------------------------------------ */

/* The two bytes of a number that F16 or BF16 has: up to 8 bits of it, and an
 * exponent far from the ends. */
static unsigned half_bits(uint32_t b, int brain)
{
    if (brain || !(b & 0x7fffffffu))
        return (unsigned)(b >> 16);
    return (unsigned)((b >> 16 & 0x8000u) |
                      ((b >> 23 & 255u) - 112u) << 10 | (b >> 13 & 1023u));
}

/* A checkpoint again, every tensor in a type that is drawn for it. Tensor
 * `wide`, if not negative, has one more column, or a vector one more number. */
static bytes rewritten(bytes b, int wide)
{
    static const char *const types[] = {"F32", "F16", "BF16"};
    const char *json = header_of(b);
    char *s = (char *)test_memory(2 * strlen(json)), *to = s;
    unsigned char *data = (unsigned char *)test_memory(2 * b.n);
    rnn_st_tensor t;
    rnn_st st;
    size_t pos = 0, i, n = 0, begin;

    MUST(rnn_st_open(b.p, b.n, &st, NULL) == RNN_OK, "open");
    to += sprintf(to, "%.*s}", (int)(strchr(json, '}') - json), json);
    for (; rnn_st_next(&st, &pos, &t) == RNN_OK; wide--) {
        const int type = test_below(3);
        for (begin = n, i = 0; i < t.size; i += 4, n += type ? 2 : 4) {
            const unsigned h = half_bits(bits_at(t.data + i), type == 2);
            if (type == 0)
                memcpy(data + n, t.data + i, 4);
            else
                data[n] = (unsigned char)(h & 255u);
            if (type != 0)
                data[n + 1] = (unsigned char)(h >> 8);
        }
        if (wide == 0) {
            n += (t.ndim == 2 ? t.dims[0] : 1) * (type ? 2 : 4);
            t.dims[t.ndim - 1]++;
        }
        to += sprintf(to, ",\"%.*s\":{\"dtype\":\"%s\",\"shape\":[%d",
                      (int)t.name_len, (const char *)t.name, types[type],
                      (int)t.dims[0]);
        if (t.ndim == 2)
            to += sprintf(to, ",%d", (int)t.dims[1]);
        to += sprintf(to, "],\"data_offsets\":[%lu,%lu]}",
                      (unsigned long)begin, (unsigned long)n);
    }
    strcpy(to, "}");
    return file_with(s, data, n);
}

/* Models of all kinds read F16 and BF16 among F32, and refuse a tensor that is
 * one column too wide. */
static void check_mixed(void)
{
    const rnn_model *m;
    rnn_tensor tensor;
    verdict v;
    rnn_real *p, *q;
    const char *why;
    size_t count, i;
    bytes b, saved;
    int k, n;

    for (k = 0; k < 3 * KINDS; k++) {
        m = &kinds[k % KINDS].model;
        count = params_of(m);
        p = test_reals(count, 0);
        q = test_reals(count, 0);
        for (i = 0; i < count; i++)
            p[i] = (rnn_real)(test_below(511) - 255) / 32;
        saved = save(m, p, NULL, 0);
        b = rewritten(saved, -1);
        why = NULL;
        CHECK(rnn_load_params(b.p, b.n, m, q, count, &why) == RNN_OK &&
                  !memcmp(p, q, count * sizeof *p), "%s in halves: %s",
              kinds[k % KINDS].name, why ? why : "other numbers");
        free(b.p);
        for (n = 0; rnn_model_tensor(m, n, &tensor) == RNN_OK; n++) {
            b = rewritten(saved, n);
            v = ask_model(b, m);
            CHECK(v.model == RNN_OK && v.load == RNN_E_MISMATCH &&
                      v.reasons && v.untouched, "%s, a wider tensor %d: %d",
                  kinds[k % KINDS].name, n, v.load);
            free(b.p);
        }
        test_free();
    }
}

/* ---- files on disk ------------------------------------------------------- */

/* Written, written over, read, and not there. */
static void check_disk(void)
{
    static const char name[] = "build_test_files.tmp_file";
    unsigned char a[1000], b[1000];
    size_t n = 0, i;

    for (i = 0; i < sizeof a; i++)
        a[i] = (unsigned char)(i * 31);
    CHECK(rnn_write_file(name, a, sizeof a) == RNN_OK, "write");
    CHECK(rnn_write_file(name, a, 777) == RNN_OK, "write over");
    CHECK(rnn_read_file(name, NULL, 0, &n) == RNN_OK && n == 777, "length");
    CHECK(rnn_read_file(name, b, sizeof b, &n) == RNN_OK && n == 777 &&
          !memcmp(a, b, 777), "read");
    CHECK(rnn_read_file(name, b, 776, &n) == RNN_E_BUFFER && n == 777,
          "too short");
    remove(name);
    CHECK(rnn_read_file(name, b, sizeof b, &n) == RNN_E_UNSUPPORTED, "missing");
    CHECK(rnn_write_file("no/such/folder/x", a, 1) == RNN_E_UNSUPPORTED,
          "no folder");
}

/* Paths of every length, and things that are no files. */
static void check_paths(void)
{
    enum { LONGEST = 1019 }; /* with .tmp and its end 1024 */
    char *path = (char *)test_memory(40001);
    unsigned char byte = 7;
    FILE *left;
    size_t n = 5;

    CHECK(rnn_read_file(NULL, &byte, 1, &n) == RNN_E_ARG &&
          rnn_read_file("x", &byte, 1, NULL) == RNN_E_ARG && n == 5,
          "read: no path, no length");
    CHECK(rnn_read_file(".", &byte, 1, &n) == RNN_E_UNSUPPORTED && n == 5,
          "read a folder");
    CHECK(rnn_write_file(NULL, &byte, 1) == RNN_E_ARG &&
          rnn_write_file("x", NULL, 1) == RNN_E_ARG,
          "write: no path, no bytes");
    CHECK(rnn_write_file(".", &byte, 1) == RNN_E_UNSUPPORTED,
          "write over a folder");
    left = fopen("..tmp", "rb");
    CHECK(!left, "what was half written is still there");
    if (left)
        fclose(left);
    memset(path, 'x', 40000);
    memcpy(path, "no/such/", 8);
    CHECK(rnn_write_file(path, &byte, 1) == RNN_E_SIZE, "a very long path");
    path[LONGEST + 1] = 0;
    CHECK(rnn_write_file(path, &byte, 1) == RNN_E_SIZE, "one letter too long");
    path[LONGEST] = 0;
    CHECK(rnn_write_file(path, &byte, 1) == RNN_E_UNSUPPORTED,
          "the longest path");
    test_free();
}

/* ---- files for others ---------------------------------------------------- */

/* Checkpoints of every kind; in each third one the vocabulary is text. */
static int write_checkpoints(const char *folder)
{
    static const unsigned char words[] = "\"a\"\\\n\x7f\xff";
    char name[60];
    rnn_model m;
    size_t count;
    const rnn_real *p;
    int k, bad = 0;

    for (k = 0; k < 60; k++) {
        if (k < KINDS) {
            m = kinds[k].model;
            sprintf(name, "%.40s.safetensors", kinds[k].name);
        } else {
            m = some_model(k % RNN_WIRINGS, k % RNN_CELLS);
            sprintf(name, "%s_%d.safetensors", wirings[k % RNN_WIRINGS], k);
        }
        p = some_params(&m, &count);
        bad += write_bytes(folder, name,
                           save(&m, p, k % 3 ? NULL : words,
                                k % 3 ? 0 : sizeof words));
    }
    test_free();
    return bad != 0 || test_failed != 0;
}

static int write_corpus(const char *folder)
{
    static const char *const models[] = {"additive", "each_token", "n_to_1",
                                         "bare"};
    const bytes plain = file_of(tiny_json, 4 * TINY);
    const bytes described = file_of(tiny_full(), 4 * TINY);
    size_t i;
    int bad = write_bytes(folder, "plain", plain) +
              write_bytes(folder, "described", described);

    for (i = 0; i < LEN(models); i++)
        bad += write_bytes(folder, models[i], save_kind(kind_of(models[i])));
    free(plain.p);
    free(described.p);
    test_free();
    return bad != 0 || test_failed != 0;
}

/* A checkpoint of version 0.1.0 loads, and is written the same. */
static void check_saved(void)
{
    enum { N = sizeof saved_numbers, LEN = 8 + sizeof saved_header - 1 };
    unsigned char *file = (unsigned char *)test_memory(LEN + 4 * N);
    unsigned char *back = (unsigned char *)test_memory(LEN + 4 * N), text[4];
    rnn_model m;
    rnn_real p[N];
    const char *why = NULL;
    size_t len = 0, i, k, bad = 0;

    memset(file, 0, 8);
    file[0] = (unsigned char)((LEN - 8) & 255);
    file[1] = (unsigned char)((LEN - 8) >> 8);
    memcpy(file + 8, saved_header, LEN - 8);
    for (i = 0; i < N; i++) {
        const float x = (float)saved_numbers[i] / 16;
        uint32_t bits;
        memcpy(&bits, &x, 4);
        for (k = 0; k < 4; k++)
            file[LEN + 4 * i + k] = (unsigned char)(bits >> 8 * k & 255u);
    }
    CHECK(rnn_load_description(file, LEN + 4 * N, &m, text, sizeof text, &len,
                               &why) == RNN_OK &&
              len == 3 && !memcmp(text, "ab\n", 3),
          "description: %s", why);
    CHECK(m.wiring == RNN_WIRING_N_TO_M && RNN_HAS_C(m.cell) &&
              m.input == RNN_INPUT_EMBEDDING && m.bidirectional == 1 &&
              m.target == RNN_INPUT_ONE_HOT && m.feed == RNN_FEED_STATE &&
              m.attention == RNN_SCORE_ADDITIVE && m.context_size == 2 &&
              m.head_context == 1 && m.dropout_last == (rnn_real)0.25,
          "its fields");
    CHECK(rnn_load_params(file, LEN + 4 * N, &m, p, N, &why) == RNN_OK,
          "parameters: %s", why);
    for (i = 0; i < N; i++)
        bad += p[i] != (rnn_real)((int)(i * 7 % 31) - 15) / 16;
    CHECK(!bad, "%lu parameters lie elsewhere", (unsigned long)bad);
    CHECK(rnn_save(&m, p, N, text, 3, back, LEN + 4 * N, &len) == RNN_OK &&
              len == LEN + 4 * N && !memcmp(file, back, len),
          "written anew");
    test_free();
}

int main(int argc, char **argv)
{
    int k;

    if (argc == 3 && !strcmp(argv[1], "--corpus"))
        return write_corpus(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "--write"))
        return write_checkpoints(argv[2]);
    test_seed(argc, argv);
    check_round_trips();
    check_saved();
    check_fractions();
    check_room();
    check_mismatches();
    check_edits();
    for (k = 0; k < KINDS; k++)
        check_each_tensor(&kinds[k]);
    check_strangers();
    check_damages();
    check_mixed();
    check_disk();
    check_paths();
    test_unused();
    return test_end();
}
