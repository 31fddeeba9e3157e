/* Faults that were found by saving and loading, and what others' files bring: a
 * function for each, with the right value, and with other inputs of the same
 * kind. What a disk adds is test_disk's; reasons, test_why_files'. In float
 * alone.
 *
 *     test_faults_files [SEED]
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "kinds.h"

#include <limits.h>

static int same(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}

/* ---- what saves, loads --------------------------------------------------- */

/* A file of a model in memory of exactly its size. */
static bytes saved(const rnn_model *m, const rnn_real *p, size_t n,
                   const rnn_beside *beside)
{
    bytes b;
    size_t len = 0;

    b.p = NULL;
    b.n = 0;
    CHECK(!rnn_save(m, p, n, beside, NULL, 0, &b.n, NULL), "length");
    b.p = (unsigned char *)test_memory(b.n);
    CHECK(!rnn_save(m, p, n, beside, b.p, b.n, &len, NULL) && len == b.n,
          "save");
    return b;
}

/* A description that can be planned is saved, and comes back; one that cannot
 * is not saved. Gives whether it can. */
static int check_saves(const rnn_model *m)
{
    rnn_net net, again;
    rnn_model back;
    rnn_real *p, *q;
    size_t n, len = 7;
    bytes b;
    const rnn_status st = rnn_plan(&net, m, NULL);

    if (st) {
        CHECK(rnn_save(m, NULL, 0, NULL, NULL, 0, &len, NULL) == st && len == 7,
              "what is no model is not saved");
        return 0;
    }
    n = net.sizes.params;
    if (rnn_save(m, NULL, 0, NULL, NULL, 0, &len, NULL) == RNN_E_SIZE) {
        CHECK(len == 7 && (m->num_layers > 250 || m->decoder_layers > 250),
              "more tensors than can be read");
        return 0;
    }
    if (n > 200000)
        return 0;
    p = test_reals(n, 1);
    q = test_reals(n, 0);
    b = saved(m, p, n, NULL);
    CHECK(!rnn_load_description(b.p, b.n, &back, NULL, 0, NULL, NULL) &&
              !rnn_plan(&again, &back, NULL) && again.sizes.params == n &&
              !rnn_load_params(b.p, b.n, &back, q, n, NULL, NULL) &&
              same(p, q, n * sizeof *p),
          "wiring %d, %d %d %d %d: by its description", (int)m->wiring,
          m->hidden_size, m->num_layers, m->decoder_hidden_size,
          m->decoder_layers);
    memset(q, 0, n * sizeof *q);
    CHECK(!rnn_load_params(b.p, b.n, m, q, n, NULL, NULL) &&
              same(p, q, n * sizeof *p),
          "wiring %d, %d %d %d %d: as it was", (int)m->wiring, m->hidden_size,
          m->num_layers, m->decoder_hidden_size, m->decoder_layers);
    return 1;
}

/* All combinations of the sizes of two stacks, one of which 1 vs N has not. */
static void check_two_stacks(int wiring)
{
    static const int sizes[] = {-2147483647 - 1, -3, 0, 1, 2, 4, 1000000007,
                                INT_MAX};
    enum { N = LEN(sizes) };
    int i, good = 0;

    for (i = 0; i < N * N * N * N; i++) {
        rnn_model m;
        memset(&m, 0, sizeof m);
        m.wiring = (rnn_wiring)wiring;
        m.cell = (rnn_cell)(i % RNN_CELLS);
        m.input_size = 3;
        m.output_size = 2;
        m.hidden_size = sizes[i % N];
        m.num_layers = sizes[i / N % N];
        m.decoder_hidden_size = sizes[i / N / N % N];
        m.decoder_layers = sizes[i / N / N / N];
        if (wiring >= RNN_WIRING_1_TO_N)
            m.context_size = or_else(m.decoder_hidden_size, m.hidden_size);
        good += check_saves(&m);
        test_free();
    }
    CHECK(good >= (wiring < RNN_WIRING_1_TO_N ? 9 : 20), "%d of wiring %d load",
          good, wiring);
}

/* Models of every kind in which some fields are anything small. */
static void check_any_fields(void)
{
    int round, k, good = 0;

    for (round = 0; round < 4000; round++) {
        rnn_model m = kinds[test_below(KINDS)].model;
        for (k = test_below(4); k > 0; k--)
            set_field(&m, test_below(FIELDS), test_below(6) - 1);
        if (test_below(4) == 0)
            m.dropout = (rnn_real)(test_number() * 0.7);
        good += check_saves(&m);
        test_free();
    }
    CHECK(good > 1000, "%d models load", good);
    {
        rnn_model deep;
        memset(&deep, 0, sizeof deep);
        deep.input_size = deep.hidden_size = deep.output_size = 1;
        deep.num_layers = RNN_ST_MAX_TENSORS / 4 + 1;
        CHECK(!check_saves(&deep), "many layers");
    }
}

/* ---- nothing is written with an error ------------------------------------ */

/* Buffers of every length that is too short. */
static void check_short(void)
{
    rnn_model m = kinds[test_below(KINDS)].model;
    static const unsigned char words[] = "abcdefgh";
    rnn_beside beside = {words, 8, NULL, 0};
    rnn_real *p;
    size_t n, cap, len, bad = 0;
    unsigned char *room;
    rnn_st st;
    bytes b;

    p = some_params(&m, &n);
    b = saved(&m, p, n, &beside);
    room = (unsigned char *)test_memory(b.n);
    for (cap = 0; cap < b.n; cap++) {
        memset(room, MARK, b.n);
        len = 0;
        bad += rnn_save(&m, p, n, &beside, room, cap, &len, NULL) !=
                   RNN_E_BUFFER ||
               len != b.n || !all_mark(room, b.n);
    }
    CHECK(!bad, "save: %lu of %lu lengths", (unsigned long)bad,
          (unsigned long)b.n);
    bad +=
        rnn_save(&m, p, n - 1, &beside, room, b.n, &len, NULL) != RNN_E_BUFFER;
    CHECK(!bad && all_mark(room, b.n), "a parameter too few");
    MUST(!rnn_st_open(b.p, b.n, &st, NULL), "open");
    for (cap = 0; cap < 8; cap++) {
        rnn_model back;
        memset(room, MARK, 16);
        memset(&back, MARK, sizeof back);
        len = 77;
        bad += rnn_load_description(b.p, b.n, &back, room, cap, &len, NULL) !=
                   RNN_E_BUFFER ||
               !all_mark(room, 16) || !all_mark(&back, sizeof back) ||
               len != 77;
        /* the vocabulary stands there in hexadecimal */
        bad += rnn_st_meta(&st, "vocabulary", room, 2 * cap, &len) !=
                   RNN_E_BUFFER ||
               !all_mark(room, 16) || len != 16;
    }
    CHECK(!bad, "a vocabulary of 8 bytes");
    test_free();
}

/* ---- numbers of eight bytes ---------------------------------------------- */

/* A double as C converts it. */
static void check_double(const unsigned char *bits, const rnn_real *got)
{
    double d;
    rnn_real f;
    uint64_t b = 0;
    int i;

    for (i = 8; i-- > 0;)
        b = b << 8 | bits[i];
    memcpy(&d, &b, sizeof d);
    f = (rnn_real)d;
    CHECK(d != d ? *got != *got : same(&f, got, sizeof f), "%a is %a, not %a",
          d, (double)*got, (double)f);
}

/* Any bits, those near and between two floats, subnormals, infinities. */
static uint64_t some_double(int i)
{
    const uint64_t any = (uint64_t)test_next() << 32 | test_next();
    const uint64_t exponent = 1023u - 160 + (uint64_t)test_below(300);
    const uint64_t sign = any & (uint64_t)1 << 63;
    const uint64_t top = any >> 12 & ~(uint64_t)0x1fffffff;

    switch (i % 7) {
    case 0: return any;
    case 1: return sign | exponent << 52 | top | 0x10000000; /* a tie */
    case 2: return sign | exponent << 52 | top | 0x0fffffff;
    case 3: return sign | exponent << 52 | top | 0x10000001;
    case 4: /* subnormal as a float, many of them ties */
        return sign | (uint64_t)(1023 - 127 - test_below(26)) << 52 |
               (top & ~(((uint64_t)1 << test_below(52)) - 1));
    case 5: return sign | (uint64_t)1150 << 52 | any >> 12; /* near the end */
    default: return sign | (any >> 12) >> test_below(52);   /* subnormal */
    }
}

static void check_f64(void)
{
    static const uint64_t ends[] = {
        0, (uint64_t)1 << 63, (uint64_t)2047 << 52, (uint64_t)4095 << 52,
        ((uint64_t)2047 << 52) + 1, 1, ((uint64_t)1 << 52) - 1,
        (uint64_t)1 << 52, 0x47efffffe0000000u, 0x47efffffefffffffu,
        0x47effffff0000000u, 0x47f0000000000000u, 0x36a0000000000000u,
        0x3690000000000000u, 0x3690000000000001u, 0x3680000000000000u,
        0x380fffffe0000000u, 0x380fffffffffffffu, 0x3810000000000000u,
        0x380ffffff0000000u};
    enum { N = 40000, ENDS = LEN(ends) };
    char json[100];
    rnn_real *to = test_reals(N, 0);
    bytes b;
    rnn_st st;
    int i, k;

    sprintf(json,
            "{\"a\":{\"dtype\":\"F64\",\"shape\":[%d],\"data_offsets\":"
            "[0,%d]}}",
            (int)N, 8 * N);
    b = file_of(json, 8 * N);
    for (i = 0; i < N; i++) {
        const uint64_t v = i < ENDS ? ends[i] : some_double(i);
        for (k = 0; k < 8; k++)
            b.p[b.n - 8 * (size_t)(N - i) + (size_t)k] =
                (unsigned char)(v >> 8 * k & 255);
    }
    CHECK(!rnn_st_open(b.p, b.n, &st, NULL) &&
              !rnn_load_tensor(&st, "a", to, N, NULL),
          "F64");
    for (i = 0; i < N; i++)
        check_double(b.p + b.n - 8 * (size_t)(N - i), to + i);
    free(b.p);
    test_free();
}

/* ---- names of others ----------------------------------------------------- */

/* The state_dict of a model by other names: `from` at their beginning is
 * replaced by `to`, with a tensor of another's in front. wide: as F64. */
typedef struct naming {
    const char *from, *to;
} naming;

static void put_name(char *json, const rnn_tensor *t, const naming *names)
{
    for (; names->from; names++)
        if (!strncmp(t->name, names->from, strlen(names->from))) {
            sprintf(json, "%s%s", names->to, t->name + strlen(names->from));
            return;
        }
    strcpy(json, t->name);
}

/* A number of a tensor, in PyTorch's order. */
static double number_of(const rnn_tensor *t, const rnn_real *p, size_t i)
{
    const size_t cols = t->cols ? (size_t)t->cols : 1;
    const size_t r = i / cols, c = i % cols;

    return (double)p[t->offset + (t->transposed ? c * (size_t)t->rows + r : i)];
}

static bytes by_others(const rnn_model *m, const rnn_real *p,
                       const naming *names, const char *first)
{
    char *json = (char *)test_memory(20000), name[200];
    rnn_tensor t;
    size_t at = 0, i;
    double d;
    uint64_t v;
    bytes b;
    int k, byte;

    sprintf(json, "{%s", first);
    for (k = 0; !rnn_model_tensor(m, k, &t, NULL); k++, at += 8 * t.size) {
        put_name(name, &t, names);
        sprintf(json + strlen(json),
                t.cols ? "%s\"%s\":{\"dtype\":\"F64\",\"shape\":[%d,%d],"
                       : "%s\"%s\":{\"dtype\":\"F64\",\"shape\":[%d],",
                k || *first ? "," : "", name, t.rows, t.cols);
        sprintf(json + strlen(json), "\"data_offsets\":[%lu,%lu]}",
                (unsigned long)at, (unsigned long)(at + 8 * t.size));
    }
    strcat(json, "}");
    b = file_of(json, at);
    for (at = 8 + strlen(json), k = 0; !rnn_model_tensor(m, k, &t, NULL); k++)
        for (i = 0; i < t.size; i++, at += 8) {
            d = number_of(&t, p, i);
            memcpy(&v, &d, sizeof v);
            for (byte = 0; byte < 8; byte++)
                b.p[at + (size_t)byte] = (unsigned char)(v >> 8 * byte & 255);
        }
    return b;
}

#define EMPTY "\":{\"dtype\":\"I64\",\"shape\":[0],\"data_offsets\":[0,0]}"

/* Whether a file under those names loads by that map, with all its numbers; if
 * not, nothing is written. */
static rnn_status renamed(const rnn_model *m, const naming *file,
                          const rnn_rename *names, const char *first)
{
    const size_t n = params_of(m);
    rnn_real *p = test_reals(n, 1), *q = test_reals(n, 0);
    const bytes b = by_others(m, p, file, first);
    rnn_status st;

    memset(q, MARK, n * sizeof *q);
    st = rnn_load_params(b.p, b.n, m, q, n, names, NULL);
    CHECK(st ? all_mark(q, n * sizeof *q) : same(p, q, n * sizeof *p),
          "numbers under other names");
    free(b.p);
    test_free();
    return st;
}

static void check_names(void)
{
    static const naming prefix[] = {{"", "module."}, {NULL, NULL}};
    static const naming parts[] = {{"rnn.", "lstm."}, {"enc.", "lstm."},
                                   {"out.", "fc."}, {NULL, NULL}};
    static const rnn_rename to_prefix[] = {{"", "module."}, {NULL, NULL}};
    static const rnn_rename to_parts[] = {{"rnn.", "lstm."}, {"enc.", "lstm."},
                                          {"out.", "fc."}, {NULL, NULL}};
    int k;

    for (k = 0; k < KINDS; k++) {
        const rnn_model *m = &kinds[k].model;
        const int bare = !strncmp(kinds[k].name, "bare", 4);
        CHECK(!renamed(m, prefix, to_prefix, ""), "%s: module.", kinds[k].name);
        CHECK(!renamed(m, parts, to_parts, ""), "%s: a map", kinds[k].name);
        CHECK(renamed(m, prefix, NULL, "") == RNN_E_MISMATCH, "%s: as ours",
              kinds[k].name);
        if (!bare)
            CHECK(!renamed(m, parts, to_parts, "\"optimizer.step" EMPTY),
                  "%s: somebody else's tensor", kinds[k].name);
        CHECK(renamed(m, prefix, to_prefix,
                      bare ? "\"module.weight" EMPTY
                           : "\"module.out.more" EMPTY) == RNN_E_MISMATCH,
              "%s: one too many in a module", kinds[k].name);
        CHECK(!renamed(m, prefix, to_prefix, "\"out.more" EMPTY),
              "%s: one that is ours by name alone", kinds[k].name);
    }
}

/* ---- tensors beside a model ---------------------------------------------- */

/* What a program keeps of its own comes back, and is in nobody's way. */
static void check_beside(void)
{
    static const char *const names[] = {"moments", "caf\303\251", "x.mean",
                                        "a b",     "state/h",     "rnn",
                                        "module.rnn.weight_ih_l0"};
    enum { N = LEN(names) };
    rnn_extra extras[N];
    rnn_beside beside = {NULL, 0, extras, N};
    int k, i;

    for (k = 0; k < KINDS; k++) {
        const rnn_model *m = &kinds[k].model;
        size_t n;
        const rnn_real *p = some_params(m, &n);
        rnn_real *q = test_reals(n, 0);
        rnn_st st;
        bytes b;
        if (!strncmp(kinds[k].name, "bare", 4))
            continue; /* there names without a dot are the model's */
        for (i = 0; i < N; i++) {
            extras[i].name = names[i];
            extras[i].rows = 1 + test_below(4);
            extras[i].cols = test_below(4);
            extras[i].data = test_reals(16, 9);
        }
        b = saved(m, p, n, &beside);
        CHECK(!rnn_load_params(b.p, b.n, m, q, n, NULL, NULL) &&
                  same(p, q, n * sizeof *p) &&
                  !rnn_st_open(b.p, b.n, &st, NULL),
              "%s with others beside it", kinds[k].name);
        for (i = 0; i < N; i++) {
            const size_t size =
                (size_t)(extras[i].rows * or_else(extras[i].cols, 1));
            rnn_real *to = test_reals(size, 0);
            CHECK(!rnn_load_tensor(&st, names[i], to, size, NULL) &&
                      same(to, extras[i].data, size * sizeof *to),
                  "%s", names[i]);
        }
        test_free();
    }
}

/* Names that cannot be; those with quotes can, and do not come back. */
static void check_beside_names(void)
{
    static const char *const bad[] = {"", "rnn.x", "out.bias", "emb_tgt.a",
                                      "att2.W", "__metadata__", "a\nb",
                                      "\377", "\355\240\200"};
    const rnn_model m = tiny_model();
    const rnn_real x[2] = {1, 2};
    rnn_extra twice[2] = {{"a", x, 2, 0}, {"a", x, 2, 0}};
    rnn_beside beside = {NULL, 0, twice, 2};
    size_t i, len = 7;

    CHECK(rnn_save(&m, NULL, 0, &beside, NULL, 0, &len, NULL) == RNN_E_ARG,
          "one name twice");
    beside.num_extras = 1;
    for (i = 0; i < LEN(bad); i++) {
        twice[0].name = bad[i];
        CHECK(rnn_save(&m, NULL, 0, &beside, NULL, 0, &len, NULL) == RNN_E_ARG,
              "\"%s\" beside a model", bad[i]);
    }
    twice[0].name = NULL;
    CHECK(rnn_save(&m, NULL, 0, &beside, NULL, 0, &len, NULL) == RNN_E_ARG &&
              len == 7,
          "no name");
    {
        static const char *const odd[] = {"a\"b", "a\\b", "a\\u0041"};
        rnn_real p[TINY] = {0}, got[2];
        for (i = 0; i < LEN(odd); i++) {
            rnn_st st;
            bytes b;
            twice[0].name = odd[i];
            b = saved(&m, p, TINY, &beside);
            CHECK(!rnn_st_open(b.p, b.n, &st, NULL) &&
                      !rnn_load_tensor(&st, odd[i], got, 2, NULL),
                  "%s does not come back", odd[i]);
        }
    }
}

/* ---- files of others ----------------------------------------------------- */

/* What a model's file is beside: other types, further keys, no metadata. */
static void check_foreign(void)
{
    static const char *const first[] = {
        "\"__metadata__\":null", "\"__metadata__\":{}",
        "\"a\":{\"dtype\":\"F4\",\"shape\":[0],\"data_offsets\":[0,0]}",
        "\"a\":{\"dtype\":\"C64\",\"shape\":[7,0],\"data_offsets\":[0,0]}",
        ("\"a\":{\"more\":{\"x\":[1,{\"y\":null}]},\"dtype\":\"I64\","
         "\"shape\":[0],\"data_offsets\":[0,0],\"z\":\"\"}")};
    static const char *const other[] = {
        "PK\003\004\024", "\200\002}q", "<!DOCTYPE html><html>",
        "{\"error\": \"not found\"}", "GGUF\003", "\211HDF\r\n", "Invalid"};
    static const naming same_names[] = {{NULL, NULL}};
    const rnn_model tiny = tiny_model();
    unsigned char file[600];
    size_t i, n;

    for (i = 0; i < LEN(first); i++)
        CHECK(
            !renamed(&kind_of("each_token")->model, same_names, NULL, first[i]),
            "behind %s", first[i]);
    for (i = 0; i < LEN(other); i++)
        for (n = strlen(other[i]); n <= sizeof file; n += 97) {
            bytes b;
            verdict v;
            memset(file, i & 1 ? 0 : ' ', sizeof file);
            memcpy(file, other[i], strlen(other[i]));
            b = file_cut(file, n);
            v = ask_model(b, &tiny);
            CHECK(v.open == RNN_E_FORMAT && v.model == RNN_E_FORMAT &&
                      v.load == RNN_E_FORMAT && v.reasons && v.untouched,
                  "%s", other[i]);
            free(b.p);
        }
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_two_stacks(RNN_WIRING_N_TO_N);
    check_two_stacks(RNN_WIRING_1_TO_N);
    check_two_stacks(RNN_WIRING_N_TO_M);
    check_any_fields();
    check_short();
    check_f64();
    check_names();
    check_beside();
    check_beside_names();
    check_foreign();
    kinds_unused();
    return test_end();
}
