/* Checkpoints saved and loaded: round trips bit for bit of models of every kind
 * and of random ones, what a file says of them, a file of version 0.1.0, room
 * too short, and files on disk. Every file is read from memory of exactly its
 * size, so that a sanitizer sees a byte too many. Files that somebody changed
 * are test_edited's, the reader below is test_st's. It runs in float and, for
 * coverage, in double.
 *
 *     test_files [SEED]
 *     test_files --write DIR     checkpoints of every kind, for check_st.py
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "kinds.h"
#include "tidy.h"
#include "saved.h"

/* ---- random models ------------------------------------------------------- */

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
    m.bidirectional = test_below(2);
    m.no_bias = test_below(2);
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
    m.head_context = test_below(2);
    tidy(&m);
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
    const size_t n = given ? 1 : (size_t)m->num_sources;
    size_t r = given ? x : n * K, c, in, out = Q, i;

    if (m->context == RNN_CONTEXT_ALL)
        r *= (size_t)m->source_steps;
    c = m->context_size ? (size_t)m->context_size : r;
    in = m->target_size
             ? width((int)m->target, m->target_size, m->target_embedding_size)
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

/* The bits of a number as an F32. */
static uint32_t bits_of(rnn_real x)
{
    const float f = (float)x;
    uint32_t b;

    memcpy(&b, &f, sizeof b);
    return b;
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
    for (i = 0; rnn_model_tensor(m, i, &ours, NULL) == RNN_OK; i++) {
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
                      RNN_OK &&
                  n == strlen(wants) && !memcmp(text, wants, n),
              "%s is not %s", fields[i].key, wants);
        entries++;
    }
    CHECK(!rnn_st_meta(&st, "format", text, sizeof text, &n) && n == 2 &&
              !memcmp(text, "pt", 2),
          "format");
    CHECK(!rnn_st_meta(&st, "rnn.h", text, sizeof text, &n) && n == 1 &&
              text[0] == '1',
          "version");
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
        rnn_why why = {0};
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
        r = rnn_load_params(b.p, b.n, &other, p, n, NULL, &why);
        if (same_model(&said, &m))
            CHECK(r == RNN_OK && !why.status, "%s said otherwise: %s",
                  fields[i].key, reason(&why));
        else
            CHECK(r == RNN_E_MISMATCH && why.status &&
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
    rnn_why why = {0};
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
          "description: %s", reason(&why));
    CHECK(same_model(&got, &said), "another description");
    CHECK(rnn_load_params(odd, b.n, &got, q, count, NULL, &why) == RNN_OK &&
              !memcmp(p, q, count * sizeof *p),
          "parameters: %s", reason(&why));
    memset(q, MARK, count * sizeof *q);
    CHECK(rnn_load_params(b.p, b.n, m, q, count, NULL, &why) == RNN_OK &&
              !why.status && !memcmp(p, q, count * sizeof *p),
          "as it was described: %s", reason(&why));
    CHECK(rnn_load_params(odd, b.n, &got, q, count - 1, NULL, &why) ==
                  RNN_E_BUFFER &&
              why.status,
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
        m.dropout_last = (rnn_real)((double)k / 1e7);
        sprintf(wants, "0.%07ld", k);
        MUST(!rnn_save(&m, p, TINY, NULL, file, sizeof file, &len, NULL) &&
                 !rnn_st_open(file, len, &st, NULL) &&
                 !rnn_load_description(file, len, &got, NULL, 0, NULL, NULL),
             "dropout %s", wants);
        said = spelt(&m);
        if (rnn_st_meta(&st, "dropout_last", text, sizeof text, &n) || n != 9 ||
            memcmp(text, wants, 9) || !same_model(&said, &got))
            if (!bad++)
                printf("%s is written as %.9s\n", wants, (char *)text);
    }
    CHECK(!bad, "%d of 500 fractions are lost", bad);
    m.dropout_last =
        sizeof(rnn_real) == 4 ? (rnn_real)0.99999994 : (rnn_real)0.9999999999;
    CHECK(!rnn_save(&m, p, TINY, NULL, file, sizeof file, &len, NULL) &&
              !rnn_load_description(file, len, &got, NULL, 0, NULL, NULL) &&
              got.dropout_last > (rnn_real)0.9999998 && got.dropout_last < 1,
          "dropout near 1");
}

/* Wrong arguments of rnn_save and of what reads its file, and room of every
 * length for what they give. */
static void check_room(void)
{
    const rnn_beside xyz = {(const unsigned char *)"xyz", 3, NULL, 0};
    const rnn_model m = kind_of("n_to_1")->model;
    unsigned char words[4] = {9, 9, 9, 9};
    rnn_model none, loaded;
    size_t count, n = 0, k;
    const rnn_real *p = some_params(&m, &count);
    rnn_real *q = test_reals(count, 0);
    rnn_why why = {0};
    bytes b;

    memset(&none, 0, sizeof none);
    CHECK(rnn_save(&none, p, count, NULL, NULL, 0, &n, NULL) == RNN_E_SIZE &&
              rnn_save(NULL, p, count, NULL, NULL, 0, &n, NULL) == RNN_E_ARG &&
              rnn_save(&m, p, count, NULL, NULL, 0, NULL, NULL) == RNN_E_ARG &&
              rnn_save(&m, NULL, count, NULL, words, 4, &n, NULL) ==
                  RNN_E_ARG &&
              n == 0,
          "bad arguments");
    CHECK(rnn_save(&m, NULL, count, &xyz, NULL, 0, &b.n, NULL) == RNN_OK &&
              b.n > 500,
          "its length");
    b.p = (unsigned char *)test_memory(b.n);
    b.p[200] = b.p[b.n - 1] = 77;
    CHECK(rnn_save(&m, p, count, &xyz, b.p, 200, &n, NULL) == RNN_E_BUFFER &&
              n == b.n && b.p[200] == 77,
          "too short by far");
    CHECK(rnn_save(&m, p, count, &xyz, b.p, b.n - 1, &n, NULL) ==
                  RNN_E_BUFFER &&
              b.p[b.n - 1] == 77,
          "by one byte");
    CHECK(rnn_save(&m, p, count, &xyz, b.p, b.n, &n, NULL) == RNN_OK &&
              n == b.n,
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
                  RNN_E_BUFFER &&
              words[0] == 9,
          "no room for it");
    CHECK(rnn_load_description(b.p, b.n, &loaded, words, 3, NULL, NULL) ==
                  RNN_OK &&
              memcmp(words, "xyz\t", 4) == 0,
          "room for it");
    CHECK(loaded.cell == m.cell && loaded.dropout_last == m.dropout_last &&
              loaded.dropout == 0,
          "the model");

    CHECK(rnn_load_params(b.p, b.n, &none, q, count, NULL, &why) ==
                  RNN_E_SIZE &&
              rnn_load_params(b.p, b.n, &m, NULL, count, NULL, &why) ==
                  RNN_E_ARG &&
              why.status,
          "no model, or nowhere");
    CHECK(rnn_load_params(b.p, b.n, &m, q, count - 1, NULL, NULL) ==
                  RNN_E_BUFFER &&
              q[0] == 0,
          "too short");
    CHECK(rnn_load_params(b.p, b.n, &m, q, count, NULL, NULL) == RNN_OK &&
              !memcmp(p, q, count * sizeof *p),
          "the parameters");
    test_free();
}

/* ---- a file of version 0.1.0 --------------------------------------------- */

/* A checkpoint of version 0.1.0 loads, and is written the same. */
static void check_saved(void)
{
    enum { N = sizeof saved_numbers, LEN = 8 + sizeof saved_header - 1 };
    unsigned char *file = (unsigned char *)test_memory(LEN + 4 * N);
    unsigned char *back = (unsigned char *)test_memory(LEN + 4 * N), text[4];
    const rnn_beside beside = {text, 3, NULL, 0};
    rnn_model m;
    rnn_real p[N];
    rnn_why why = {0};
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
          "description: %s", reason(&why));
    CHECK(m.wiring == RNN_WIRING_N_TO_M && RNN_HAS_C(m.cell) &&
              m.input == RNN_INPUT_EMBEDDING && m.bidirectional == 1 &&
              m.target == RNN_INPUT_ONE_HOT && m.feed == RNN_FEED_STATE &&
              m.attention == RNN_SCORE_ADDITIVE && m.context_size == 2 &&
              m.head_context == 1 && m.dropout_last == (rnn_real)0.25,
          "its fields");
    CHECK(rnn_load_params(file, LEN + 4 * N, &m, p, N, NULL, &why) == RNN_OK,
          "parameters: %s", reason(&why));
    for (i = 0; i < N; i++)
        bad += p[i] != (rnn_real)((int)(i * 7 % 31) - 15) / 16;
    CHECK(!bad, "%lu parameters lie elsewhere", (unsigned long)bad);
    CHECK(rnn_save(&m, p, N, &beside, back, LEN + 4 * N, &len, NULL) ==
                  RNN_OK &&
              len == LEN + 4 * N && !memcmp(file, back, len),
          "written anew");
    test_free();
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
    CHECK(rnn_write_file(name, a, sizeof a, NULL) == RNN_OK, "write");
    CHECK(rnn_write_file(name, a, 777, NULL) == RNN_OK, "write over");
    CHECK(rnn_read_file(name, NULL, 0, &n, NULL) == RNN_OK && n == 777,
          "length");
    CHECK(rnn_read_file(name, b, sizeof b, &n, NULL) == RNN_OK && n == 777 &&
              !memcmp(a, b, 777),
          "read");
    CHECK(rnn_read_file(name, b, 776, &n, NULL) == RNN_E_BUFFER && n == 777,
          "too short");
    remove(name);
    CHECK(rnn_read_file(name, b, sizeof b, &n, NULL) == RNN_E_UNSUPPORTED,
          "missing");
    CHECK(rnn_write_file("no/such/folder/x", a, 1, NULL) == RNN_E_UNSUPPORTED,
          "no folder");
}

/* Paths of every length, and things that are no files. */
static void check_paths(void)
{
    enum { LONGEST = 1016 }; /* with .tmp, a number and its end 1024 */
    char *path = (char *)test_memory(40001);
    unsigned char byte = 7;
    FILE *left;
    size_t n = 5;

    CHECK(rnn_read_file(NULL, &byte, 1, &n, NULL) == RNN_E_ARG &&
              rnn_read_file("x", &byte, 1, NULL, NULL) == RNN_E_ARG && n == 5,
          "read: no path, no length");
    CHECK(rnn_read_file(".", &byte, 1, &n, NULL) == RNN_E_UNSUPPORTED && n == 5,
          "read a folder");
    CHECK(rnn_write_file(NULL, &byte, 1, NULL) == RNN_E_ARG &&
              rnn_write_file("x", NULL, 1, NULL) == RNN_E_ARG,
          "write: no path, no bytes");
    CHECK(rnn_write_file(".", &byte, 1, NULL) == RNN_E_UNSUPPORTED,
          "write over a folder");
    left = fopen("..tmp", "rb");
    CHECK(!left, "what was half written is still there");
    if (left)
        fclose(left);
    memset(path, 'x', 40000);
    memcpy(path, "no/such/", 8);
    CHECK(rnn_write_file(path, &byte, 1, NULL) == RNN_E_SIZE,
          "a very long path");
    path[LONGEST + 1] = 0;
    CHECK(rnn_write_file(path, &byte, 1, NULL) == RNN_E_SIZE,
          "one letter too long");
    path[LONGEST] = 0;
    CHECK(rnn_write_file(path, &byte, 1, NULL) == RNN_E_UNSUPPORTED,
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
        bad += write_bytes(
            folder, name,
            save(&m, p, k % 3 ? NULL : words, k % 3 ? 0 : sizeof words));
    }
    test_free();
    return bad != 0 || test_failed != 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--write"))
        return write_checkpoints(argv[2]);
    test_seed(argc, argv);
    check_round_trips();
    check_saved();
    check_fractions();
    check_room();
    check_disk();
    check_paths();
    kinds_unused();
    return test_end();
}
