/* Checkpoints: round trips bit for bit, and refusals, each with its status, a
 * reason and nothing written. Every file is read from memory of exactly its
 * size, so that a sanitizer sees a byte too many.
 *
 *     test_files [seed]
 *     test_files --write DIR     checkpoints of every kind, for check_st.py
 *     test_files --corpus DIR    the seeds of fuzz_files
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#include <math.h>
#include <stddef.h>
#include <time.h>

typedef struct bytes {
    unsigned char *p;
    size_t n;
} bytes;

/* ---- building files ------------------------------------------------------ */

/* A file with this length field, header and number of data bytes. */
static bytes file_raw(uint64_t field, const char *json, size_t json_len,
                      size_t data)
{
    bytes b;
    size_t i;

    b.n = 8 + json_len + data;
    b.p = (unsigned char *)malloc(b.n);
    if (!b.p)
        exit(1);
    for (i = 0; i < 8; i++)
        b.p[i] = (unsigned char)(field >> 8 * i & 255u);
    memcpy(b.p + 8, json, json_len);
    for (i = 0; i < data; i++)
        b.p[8 + json_len + i] = (unsigned char)(i % 7);
    return b;
}

static bytes file_of(const char *json, size_t data)
{
    return file_raw(strlen(json), json, strlen(json), data);
}

/* the same with this data */
static bytes file_with(const char *json, const void *data, size_t n)
{
    bytes b = file_of(json, n);

    if (n)
        memcpy(b.p + b.n - n, data, n);
    return b;
}

/* the first n bytes of b, alone */
static bytes file_cut(const void *p, size_t n)
{
    bytes b;

    b.n = n;
    b.p = (unsigned char *)malloc(n ? n : 1);
    if (!b.p)
        exit(1);
    memcpy(b.p, p, n);
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

/* ---- a model of six numbers, and its file without a description ---------- */

static const char tiny_json[] =
    "{\"rnn.weight_ih_l0\":{\"dtype\":\"F32\",\"shape\":[1,1],"
    "\"data_offsets\":[0,4]},"
    "\"rnn.weight_hh_l0\":{\"dtype\":\"F32\",\"shape\":[1,1],"
    "\"data_offsets\":[4,8]},"
    "\"rnn.bias_ih_l0\":{\"dtype\":\"F32\",\"shape\":[1],"
    "\"data_offsets\":[8,12]},"
    "\"rnn.bias_hh_l0\":{\"dtype\":\"F32\",\"shape\":[1],"
    "\"data_offsets\":[12,16]},"
    "\"out.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],"
    "\"data_offsets\":[16,20]},"
    "\"out.bias\":{\"dtype\":\"F32\",\"shape\":[1],"
    "\"data_offsets\":[20,24]}}";

static const char tiny_meta[] =
    "\"__metadata__\":{\"format\":\"pt\",\"rnn.h\":\"1\",\"wiring\":\"n_to_n\","
    "\"cell\":\"tanh\",\"input\":\"dense\",\"input_size\":\"1\","
    "\"embedding_size\":\"0\",\"hidden_size\":\"1\",\"num_layers\":\"1\","
    "\"bidirectional\":\"0\",\"no_bias\":\"0\",\"output_size\":\"1\","
    "\"dropout\":\"0.2500000\",\"vocabulary\":\"00fF\"}";

enum { TINY = 6, TINY_DATA = 24 };

static rnn_model tiny_model(void)
{
    rnn_model m;

    memset(&m, 0, sizeof m);
    m.input_size = m.hidden_size = m.output_size = 1;
    return m;
}

/* the same with the description in front */
static char *tiny_full(void)
{
    char *s = (char *)test_memory(sizeof tiny_json + sizeof tiny_meta + 1);

    strcpy(s, "{");
    strcat(s, tiny_meta);
    strcat(s, ",");
    return strcat(s, tiny_json + 1);
}

/* ---- what all readers say ------------------------------------------------ */

enum { MARK = 0x5a };

static int all_mark(const void *p, size_t n)
{
    const unsigned char *c = (const unsigned char *)p;

    while (n && *c == MARK)
        c++, n--;
    return n == 0;
}

typedef struct verdict {
    rnn_status open, model, load, stack;
    int reasons;   /* every refusal had one, every success had none */
    int untouched; /* no refusal wrote                              */
} verdict;

static int told(rnn_status r, const char *why)
{
    return r ? why && *why : !why;
}

/* params: room for the count numbers of m, and for those of s */
static verdict ask_all(const void *p, size_t n, const rnn_model *m,
                       const rnn_stack *s, rnn_real *params, size_t count)
{
    static const char before[] = "";
    verdict v;
    rnn_st st;
    rnn_model got;
    unsigned char vocabulary[2];
    size_t len = 77;
    const size_t size = count * sizeof *params;
    const char *why = before;

    v.open = rnn_st_open(p, n, &st, &why);
    v.reasons = told(v.open, why);
    memset(&got, MARK, sizeof got);
    memset(vocabulary, MARK, sizeof vocabulary);
    why = before;
    v.model = rnn_load_model(p, n, &got, vocabulary, sizeof vocabulary, &len,
                             &why);
    v.reasons = v.reasons && told(v.model, why);
    v.untouched = !v.model || (all_mark(&got, sizeof got) && len == 77 &&
                               all_mark(vocabulary, sizeof vocabulary));
    memset(params, MARK, size);
    why = before;
    v.load = rnn_load(p, n, m, params, count, &why);
    v.reasons = v.reasons && told(v.load, why);
    v.untouched = v.untouched && (!v.load || all_mark(params, size));
    memset(params, MARK, size);
    why = before;
    v.stack = rnn_load_stack(p, n, s, params, count, &why);
    v.reasons = v.reasons && told(v.stack, why);
    v.untouched = v.untouched && (!v.stack || all_mark(params, size));
    return v;
}

static verdict ask_tiny(bytes b)
{
    rnn_model m = tiny_model();
    rnn_stack s;
    rnn_real params[TINY];

    MUST(rnn_model_stack(&m, &s) == RNN_OK, "tiny stack");
    return ask_all(b.p, b.n, &m, &s, params, TINY);
}

/* All four refuse it as no file at all. */
static void check_malformed(bytes b, const char *what)
{
    verdict v = ask_tiny(b);

    CHECK(v.open == RNN_E_FORMAT && v.model == RNN_E_FORMAT &&
              v.load == RNN_E_FORMAT && v.stack == RNN_E_FORMAT,
          "%s: %d %d %d %d", what, v.open, v.model, v.load, v.stack);
    CHECK(v.reasons, "%s: no reason", what);
    CHECK(v.untouched, "%s: something was written", what);
    free(b.p);
}

/* rnn_load says `load`, rnn_load_model `model`; the form itself is right. */
static void check_says(const char *json, size_t data, rnn_status load,
                       rnn_status model, const char *what)
{
    bytes b = file_of(json, data);
    verdict v = ask_tiny(b);

    CHECK(v.open == RNN_OK, "%s: refused", what);
    CHECK(v.load == load && v.model == model, "%s: load %d, model %d", what,
          v.load, v.model);
    CHECK(v.reasons, "%s: no reason", what);
    CHECK(v.untouched, "%s: something was written", what);
    free(b.p);
}

/* Walks the listings of a file that opened: as many as it says, all inside. */
static void check_listing(const unsigned char *p, size_t n, const rnn_st *st)
{
    rnn_st_tensor t;
    const unsigned char *k, *v;
    size_t pos = 0, count = 0, sum = 0, kn, vn;
    int inside = 1;

    while (rnn_st_next(st, &pos, &t) == RNN_OK) {
        count++;
        sum += t.size;
        inside = inside && t.name >= p && t.name + t.name_len <= st->data &&
                 t.data >= st->data && t.data + t.size <= p + n;
    }
    CHECK(count == st->tensors && sum == st->data_len && inside,
          "listing: %lu of %lu tensors", (unsigned long)count,
          (unsigned long)st->tensors);
    for (pos = 0; !rnn_st_meta_next(st, &pos, &k, &kn, &v, &vn);)
        inside = inside && k >= p && v >= k && v + vn <= st->data;
    CHECK(inside, "a listing left the file");
}

/* ---- malformed files ----------------------------------------------------- */

/* a tensor `a` of one byte, and what may stand in its place */
#define ONE(shape, offsets)                                                    \
    "{\"a\":{\"dtype\":\"U8\",\"shape\":" shape                                \
    ",\"data_offsets\":" offsets "}}"
#define TWO(a, b)                                                              \
    "{\"a\":{\"dtype\":\"U8\"," a "},\"b\":{\"dtype\":\"U8\"," b "}}"
#define AT(n, begin, end)                                                      \
    "\"shape\":[" #n "],\"data_offsets\":[" #begin "," #end "]"
#define NAMED(x, y)                                                            \
    "{\"" x "\":{\"dtype\":\"U8\"," AT(1, 0, 1) "},\"" y                       \
    "\":{\"dtype\":\"U8\"," AT(1, 1, 2) "}}"
#define NAME(x) "{\"" x "\":{\"dtype\":\"U8\"," AT(1, 0, 1) "}}"
#define META(x) "{\"__metadata__\":" x "}"
#define KEYS(x) "{\"a\":{" x "}}"

typedef struct sample {
    const char *what, *json;
    size_t data;
} sample;

static const sample bad_json[] = {
    {"empty header", "", 0},
    {"not JSON", "hello", 0},
    {"an array", "[]", 0},
    {"null", "null", 0},
    {"a string", "\"a\"", 0},
    {"space first", " {}", 0},
    {"newline first", "\n{}", 0},
    {"byte order mark", "\xef\xbb\xbf{}", 0},
    {"brace alone", "{", 0},
    {"closing alone", "}", 0},
    {"two objects", "{}{}", 0},
    {"text behind", "{} x", 0},
    {"comma in nothing", "{,}", 0},
    {"trailing comma", "{\"a\":{\"dtype\":\"U8\"," AT(1, 0, 1) "},}", 1},
    {"comma first", "{,\"a\":{\"dtype\":\"U8\"," AT(1, 0, 1) "}}", 1},
    {"two commas", "{\"a\":{\"dtype\":\"U8\",," AT(1, 0, 1) "}}", 1},
    {"no comma", "{\"a\":{\"dtype\":\"U8\" " AT(1, 0, 1) "}}", 1},
    {"comma ends tensor", "{\"a\":{\"dtype\":\"U8\"," AT(1, 0, 1) ",}}", 1},
    {"comma ends shape", ONE("[1,]", "[0,1]"), 1},
    {"comma ends offsets", ONE("[1]", "[0,1,]"), 1},
    {"comment", "{/* a */}", 0},
    {"line comment", "{// a\n}", 0},
    {"single quotes", "{'a':{}}", 0},
    {"bare key", "{a:{}}", 0},
    {"no colon", "{\"a\" {\"dtype\":\"U8\"," AT(1, 0, 1) "}}", 1},
    {"two colons", "{\"a\"::{\"dtype\":\"U8\"," AT(1, 0, 1) "}}", 1},
    {"form feed", "{\f}", 0},
    {"no-break space", "{\xc2\xa0}", 0},
    {"tensor is null", "{\"a\":null}", 0},
    {"tensor is a number", "{\"a\":1}", 0},
    {"tensor is an array", "{\"a\":[1]}", 0},
    {"tensor is a string", "{\"a\":\"b\"}", 0},
    {"tensor is empty", "{\"a\":{}}", 0},
    {"nested tensor", "{\"a\":{\"a\":{\"dtype\":\"U8\"}}}", 0},
    {"deep", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}", 0},
    {"deep arrays", ONE("[[[[[[[[1]]]]]]]]", "[0,1]"), 1},
    /* numbers */
    {"NaN", ONE("[NaN]", "[0,1]"), 1},
    {"Infinity", ONE("[Infinity]", "[0,1]"), 1},
    {"minus", ONE("[-1]", "[0,1]"), 1},
    {"minus 0", ONE("[-0]", "[0,0]"), 0},
    {"plus", ONE("[+1]", "[0,1]"), 1},
    {"fraction", ONE("[1.0]", "[0,1]"), 1},
    {"point", ONE("[1.]", "[0,1]"), 1},
    {"exponent", ONE("[1e0]", "[0,1]"), 1},
    {"1e3", ONE("[1e3]", "[0,1000]"), 1000},
    {"1E0", ONE("[1E0]", "[0,1]"), 1},
    {"01", ONE("[01]", "[0,1]"), 1},
    {"00", ONE("[1]", "[00,1]"), 1},
    {"0x1", ONE("[0x1]", "[0,1]"), 1},
    {"1_", ONE("[1_]", "[0,1]"), 1},
    {"1 1", ONE("[1 1]", "[0,1]"), 1},
    {"true", ONE("[true]", "[0,1]"), 1},
    {"number as text", ONE("[\"1\"]", "[0,1]"), 1},
    {"2^64", ONE("[18446744073709551616]", "[0,0]"), 0},
    {"2^64 + 1", ONE("[18446744073709551617]", "[0,1]"), 1},
    {"2^64 - 1", ONE("[18446744073709551615]", "[0,1]"), 1},
    {"huge", ONE("[99999999999999999999999999999999999]", "[0,1]"), 1},
    {"offset 2^64", ONE("[1]", "[0,18446744073709551617]"), 1},
    {"offset 2^64 - 1", ONE("[1]", "[18446744073709551615,0]"), 1},
    {"product 2^64", ONE("[4294967296,4294967296]", "[0,0]"), 0},
    {"product 2^64 + 2^32", ONE("[4294967297,4294967296]", "[0,0]"), 0},
    {"product of size",
     "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],"
     "\"data_offsets\":[0,4]}}", 4},
    /* shapes and offsets */
    {"shape is a number", ONE("1", "[0,1]"), 1},
    {"shape is an object", ONE("{}", "[0,1]"), 1},
    {"shape does not end", ONE("[1", "[0,1]"), 1},
    {"9 dims", ONE("[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1},
    {"offsets is a number", ONE("[1]", "1"), 1},
    {"no offset", ONE("[1]", "[]"), 1},
    {"one offset", ONE("[1]", "[1]"), 1},
    {"three offsets", ONE("[1]", "[0,1,1]"), 1},
    {"begin > end", ONE("[1]", "[1,0]"), 1},
    {"beyond the data", ONE("[2]", "[0,2]"), 1},
    {"far beyond", ONE("[9223372036854775807]", "[0,9223372036854775807]"), 1},
    {"wholly outside", ONE("[1]", "[1,2]"), 1},
    {"empty outside", ONE("[0]", "[2,2]"), 0},
    {"not from 0", ONE("[1]", "[1,2]"), 2},
    {"too few bytes", ONE("[2]", "[0,1]"), 1},
    {"too many bytes", ONE("[1]", "[0,2]"), 2},
    {"bytes for nothing", ONE("[0]", "[0,1]"), 1},
    {"scalar of none", ONE("[]", "[0,0]"), 0},
    {"bytes follow", ONE("[1]", "[0,1]"), 2},
    {"data alone", "{}", 1},
    {"overlap", TWO(AT(2, 0, 2), AT(2, 1, 3)), 3},
    {"overlap, right sum", TWO(AT(2, 0, 2), AT(2, 1, 3)), 4},
    {"overlap backwards", TWO(AT(2, 1, 3), AT(2, 0, 2)), 4},
    {"one twice", TWO(AT(2, 0, 2), AT(2, 0, 2)), 4},
    {"one in the other", TWO(AT(3, 0, 3), AT(1, 1, 2)), 4},
    {"hole", TWO(AT(1, 0, 1), AT(1, 2, 3)), 3},
    {"empty inside", TWO(AT(2, 0, 2), AT(0, 1, 1)), 2},
    {"empty inside, first", TWO(AT(0, 1, 1), AT(2, 0, 2)), 2},
    /* keys */
    {"unknown dtype", KEYS("\"dtype\":\"F31\"," AT(1, 0, 1)), 1},
    {"dtype in small", KEYS("\"dtype\":\"u8\"," AT(1, 0, 1)), 1},
    {"empty dtype", KEYS("\"dtype\":\"\"," AT(1, 0, 1)), 1},
    {"longer dtype", KEYS("\"dtype\":\"U8 \"," AT(1, 0, 1)), 1},
    {"shorter dtype", KEYS("\"dtype\":\"U\"," AT(1, 0, 1)), 1},
    {"dtype a number", KEYS("\"dtype\":8," AT(1, 0, 1)), 1},
    {"no dtype", KEYS(AT(1, 0, 1)), 1},
    {"no shape", KEYS("\"dtype\":\"U8\",\"data_offsets\":[0,1]"), 1},
    {"no offsets", KEYS("\"dtype\":\"U8\",\"shape\":[0]"), 0},
    {"unknown key", KEYS("\"dtype\":\"U8\",\"x\":1," AT(1, 0, 1)), 1},
    {"key in capitals", KEYS("\"DTYPE\":\"U8\"," AT(1, 0, 1)), 1},
    {"dtype twice", KEYS("\"dtype\":\"U8\",\"dtype\":\"U8\"," AT(1, 0, 1)), 1},
    {"dtype twice, escaped",
     KEYS("\"dtype\":\"U8\",\"d\\u0074ype\":\"U8\"," AT(1, 0, 1)), 1},
    {"shape twice", KEYS("\"dtype\":\"U8\",\"shape\":[1]," AT(1, 0, 1)), 1},
    {"offsets twice",
     KEYS("\"dtype\":\"U8\",\"data_offsets\":[0,1]," AT(1, 0, 1)), 1},
    {"same name", NAMED("a", "a"), 2},
    {"same name, escaped", NAMED("\\u0061", "a"), 2},
    {"same name, escaped after", NAMED("a", "\\u0061"), 2},
    {"same slash", NAMED("/", "\\/"), 2},
    {"same capital hex", NAMED("\\u00e9", "\\u00E9"), 2},
    {"same two bytes", NAMED("\xc3\xa9", "\\u00e9"), 2},
    {"same three bytes", NAMED("\xe2\x82\xac", "\\u20AC"), 2},
    {"same pair", NAMED("\xf0\x9f\x98\x80", "\\ud83d\\ude00"), 2},
    {"both empty", NAMED("", ""), 2},
    /* strings */
    {"no end", "{\"a", 0},
    {"ends in backslash", "{\"a\\", 0},
    {"unknown escape", NAME("\\x61"), 1},
    {"escaped a", NAME("\\a"), 1},
    {"short escape", NAME("\\u006"), 1},
    {"escape without digits", NAME("\\u"), 1},
    {"capital U", NAME("\\U0061"), 1},
    {"not hex", NAME("\\u00g1"), 1},
    {"cut escape", "{\"\\u00", 0},
    {"lone high", NAME("\\ud800"), 1},
    {"lone low", NAME("\\udc00"), 1},
    {"low first", NAME("\\ude00\\ud83d"), 1},
    {"two high", NAME("\\ud83d\\ud83d"), 1},
    {"high and a letter", NAME("\\ud83da"), 1},
    {"high and a bad escape", NAME("\\ud83d\\u0061"), 1},
    {"high cut", "{\"\\ud83d\\ude", 0},
    {"control", NAME("a\x01"), 1},
    {"tab", NAME("a\tb"), 1},
    {"newline", NAME("a\nb"), 1},
    {"unit separator", NAME("\x1f"), 1},
    {"continuation alone", NAME("\x80"), 1},
    {"two-byte cut", NAME("\xc3"), 1},
    {"two-byte wrong", NAME("\xc3\x28"), 1},
    {"two-byte long form", NAME("\xc0\x80"), 1},
    {"two-byte long form 2", NAME("\xc1\xbf"), 1},
    {"three-byte cut", NAME("\xe2\x82"), 1},
    {"three-byte long form", NAME("\xe0\x9f\xbf"), 1},
    {"surrogate in UTF-8", NAME("\xed\xa0\x80"), 1},
    {"surrogate in UTF-8, last", NAME("\xed\xbf\xbf"), 1},
    {"four-byte cut", NAME("\xf0\x9f\x98"), 1},
    {"four-byte long form", NAME("\xf0\x8f\xbf\xbf"), 1},
    {"beyond U+10FFFF", NAME("\xf4\x90\x80\x80"), 1},
    {"f5", NAME("\xf5\x80\x80\x80"), 1},
    {"ff", NAME("\xff"), 1},
    /* __metadata__ */
    {"metadata null", META("null"), 0},
    {"metadata an array", META("[]"), 0},
    {"metadata a string", META("\"a\""), 0},
    {"metadata a number", META("{\"a\":1}"), 0},
    {"metadata true", META("{\"a\":true}"), 0},
    {"metadata nothing", META("{\"a\":null}"), 0},
    {"metadata nested", META("{\"a\":{\"b\":\"c\"}}"), 0},
    {"metadata list", META("{\"a\":[\"b\"]}"), 0},
    {"metadata comma", META("{\"a\":\"b\",}"), 0},
    {"metadata no value", META("{\"a\"}"), 0},
    {"metadata no end", "{\"__metadata__\":{\"a\":\"b\"", 0},
    {"metadata key twice", META("{\"a\":\"b\",\"a\":\"b\"}"), 0},
    {"metadata key twice, apart",
     META("{\"a\":\"b\",\"c\":\"\",\"\\u0061\":\"b\"}"), 0},
    {"metadata bad UTF-8", META("{\"a\":\"\xff\"}"), 0},
    {"metadata lone", META("{\"a\":\"\\ud800\"}"), 0},
    {"metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0},
    {"metadata twice, escaped",
     "{\"__metadata__\":{},\"\\u005f_metadata__\":{}}", 0},
    {"metadata as a tensor",
     NAME("__metadata__"), 1}};

/* The length field against the bytes that are there. */
static void check_lengths(void)
{
    static const char json[] = "{}      ";
    uint64_t fields[12];
    size_t i, n;
    char what[64];

    for (i = 0; i < 8; i++) {
        sprintf(what, "%d bytes", (int)i);
        check_malformed(file_cut("\2\0\0\0\0\0\0\0", i), what);
    }
    n = 0;
    fields[n++] = 0;
    fields[n++] = 1;
    fields[n++] = 9;
    fields[n++] = 16;
    fields[n++] = 0x01000008u;
    fields[n++] = 0x7fffffffu;
    fields[n++] = 0xffffffffu;
    fields[n++] = (uint64_t)1 << 32 | 8u;
    fields[n++] = (uint64_t)1 << 63;
    fields[n++] = (uint64_t)1 << 63 | 8u;
    fields[n++] = ~(uint64_t)0 - 7u;
    fields[n++] = ~(uint64_t)0;
    for (i = 0; i < n; i++) {
        sprintf(what, "length field %lx", (unsigned long)fields[i]);
        check_malformed(file_raw(fields[i], json, 8, 0), what);
    }
}

static void check_bad(void)
{
    size_t i;

    for (i = 0; i < sizeof bad_json / sizeof bad_json[0]; i++)
        check_malformed(file_of(bad_json[i].json, bad_json[i].data),
                        bad_json[i].what);
    check_malformed(file_raw(3, "{}\0", 3, 0), "NUL behind");
    check_malformed(file_raw(5, "{\"\0\"}", 5, 0), "NUL in a name");
    check_malformed(file_raw(2, "\0{}", 2, 1), "NUL first");
    check_lengths();
}

/* ---- unusual files that are right ---------------------------------------- */

static const sample good_json[] = {
    {"nothing", "{}", 0},
    {"spaces behind", "{}   ", 0},
    {"space inside", "{ \t\r\n}", 0},
    {"metadata alone", META("{}"), 0},
    {"metadata", META("{\"a\":\"\",\"\":\"b\"}"), 0},
    {"metadata escaped", "{\"__met\\u0061data__\":{\"a\":\"b\"}}", 0},
    {"scalar", ONE("[]", "[0,1]"), 1},
    {"empty", ONE("[0]", "[0,0]"), 0},
    {"empty of 3", ONE("[3,0,5]", "[0,0]"), 0},
    {"8 dims", ONE("[1,2,1,1,1,1,1,1]", "[0,2]"), 2},
    {"two", TWO(AT(1, 0, 1), AT(2, 1, 3)), 3},
    {"backwards", TWO(AT(2, 1, 3), AT(1, 0, 1)), 3},
    {"empty first", TWO(AT(0, 0, 0), AT(2, 0, 2)), 2},
    {"empty last", TWO(AT(2, 0, 2), AT(0, 2, 2)), 2},
    {"two empty", TWO(AT(0, 0, 0), AT(0, 0, 0)), 0},
    {"empty name", NAME(""), 1},
    {"all escapes", NAME("\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000"), 1},
    {"two bytes", NAME("\xc2\x80\xdf\xbf"), 1},
    {"three bytes", NAME("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"), 1},
    {"four bytes", NAME("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), 1},
    {"pair", NAME("\\uDBFF\\uDFFF"), 1},
    {"delete", NAME("\x7f"), 1},
    {"case differs", NAMED("a", "A"), 2},
    {"NUL differs", NAMED("a", "a\\u0000"), 2},
    {"other order",
     KEYS("\"data_offsets\":[0,1],\"shape\":[1],\"dtype\":\"U8\""), 1},
    {"spread",
     "{ \"a\"\n:\t{ \"dtype\" : \"U8\" , \"shape\" : [ 1 , 1 ] ,\r"
     "\"data_offsets\" : [ 0 , 1 ] } } ", 1},
    {"escaped keys",
     KEYS("\"dtyp\\u0065\":\"\\u00558\",\"sh\\u0061pe\":[1],"
          "\"data\\u005foffsets\":[0,1]"), 1}};

static void check_good(void)
{
    size_t i;

    for (i = 0; i < sizeof good_json / sizeof good_json[0]; i++) {
        bytes b = file_of(good_json[i].json, good_json[i].data);
        const char *why = "";
        rnn_st st;
        rnn_status r = rnn_st_open(b.p, b.n, &st, &why);

        CHECK(r == RNN_OK && !why, "%s: %s", good_json[i].what,
              why ? why : "?");
        if (!r)
            check_listing(b.p, b.n, &st);
        CHECK(rnn_st_open(b.p, b.n, &st, NULL) == r, "without why");
        free(b.p);
    }
}

/* Every dtype by its name, with a tensor of two numbers. */
static void check_dtypes(void)
{
    static const struct {
        const char *name;
        int dtype, size;
    } all[] = {{"BOOL", RNN_ST_BOOL, 1},       {"U8", RNN_ST_U8, 1},
               {"I8", RNN_ST_I8, 1},           {"F8_E5M2", RNN_ST_F8_E5M2, 1},
               {"F8_E4M3", RNN_ST_F8_E4M3, 1}, {"I16", RNN_ST_I16, 2},
               {"U16", RNN_ST_U16, 2},         {"F16", RNN_ST_F16, 2},
               {"BF16", RNN_ST_BF16, 2},       {"I32", RNN_ST_I32, 4},
               {"U32", RNN_ST_U32, 4},         {"F32", RNN_ST_F32, 4},
               {"F64", RNN_ST_F64, 8},         {"I64", RNN_ST_I64, 8},
               {"U64", RNN_ST_U64, 8}};
    char json[128];
    int i;

    for (i = 0; i < (int)(sizeof all / sizeof all[0]); i++) {
        rnn_st st;
        rnn_st_tensor t;
        bytes b;
        rnn_status r;

        sprintf(json,
                "{\"x\":{\"dtype\":\"%s\",\"shape\":[2],"
                "\"data_offsets\":[0,%d]}}", all[i].name, 2 * all[i].size);
        b = file_of(json, 2 * (size_t)all[i].size);
        r = rnn_st_open(b.p, b.n, &st, NULL);
        CHECK(!r && !rnn_st_find(&st, "x", &t) && t.dtype == all[i].dtype &&
                  t.ndim == 1 && t.dims[0] == 2 && t.data == st.data,
              "dtype %s", all[i].name);
        CHECK(!strcmp(rnn_st_dtype_name(all[i].dtype), all[i].name),
              "name of %s", all[i].name);
        free(b.p);
    }
    CHECK(rnn_st_dtype_name(-1) && rnn_st_dtype_name(99), "no such dtype");
}

/* What unescaping, finding and the listing of metadata give. */
static void check_strings(void)
{
    static const char json[] =
        "{\"b\\u0000\\ud83d\\ude00\":{\"dtype\":\"U8\",\"shape\":[],"
        "\"data_offsets\":[0,1]},\"__metadata__\":{\"k\\u0031\":\"v\\n\","
        "\"k2\":\"\\u20ac/\\\"\"},\"\\u007a\":{\"dtype\":\"U8\",\"shape\":[],"
        "\"data_offsets\":[1,2]}}";
    static const unsigned char name[] = {'b', 0, 0xf0, 0x9f, 0x98, 0x80};
    bytes b = file_of(json, 2);
    unsigned char out[8];
    const unsigned char *k, *v;
    rnn_st st;
    rnn_st_tensor t;
    size_t pos = 0, n = 0, kn, vn;

    MUST(rnn_st_open(b.p, b.n, &st, NULL) == RNN_OK, "strings");
    CHECK(st.tensors == 2, "two tensors");
    CHECK(!rnn_st_next(&st, &pos, &t) && t.ndim == 0 && t.size == 1, "first");
    CHECK(rnn_st_unescape(t.name, t.name_len, NULL, 0) == 6, "its length");
    n = rnn_st_unescape(t.name, t.name_len, out, sizeof out);
    CHECK(n == 6 && !memcmp(out, name, 6), "its name");
    memset(out, MARK, sizeof out);
    n = rnn_st_unescape(t.name, t.name_len, out, 3);
    CHECK(n == 6 && !memcmp(out, name, 3) && all_mark(out + 3, 5), "its start");
    CHECK(!rnn_st_next(&st, &pos, &t) && t.data == st.data + 1, "second");
    CHECK(rnn_st_next(&st, &pos, &t) == RNN_E_END, "no third");
    CHECK(rnn_st_next(&st, &pos, &t) == RNN_E_END, "still none");
    CHECK(rnn_st_find(&st, "z", &t) == RNN_OK, "find");
    CHECK(rnn_st_find(&st, "b", &t) == RNN_E_END, "find a beginning");
    CHECK(rnn_st_find(&st, "__metadata__", &t) == RNN_E_END, "no tensor");
    pos = 0;
    CHECK(!rnn_st_meta_next(&st, &pos, &k, &kn, &v, &vn) && kn == 7 && vn == 3,
          "first entry");
    CHECK(!rnn_st_meta_next(&st, &pos, &k, &kn, &v, &vn) && kn == 2, "second");
    CHECK(rnn_st_meta_next(&st, &pos, &k, &kn, &v, &vn) == RNN_E_END, "end");
    CHECK(!rnn_st_meta(&st, "k1", out, 8, &n) && n == 2 &&
              !memcmp(out, "v\n", 2), "k1");
    CHECK(!rnn_st_meta(&st, "k2", out, 5, &n) && n == 5 &&
              !memcmp(out, "\xe2\x82\xac/\"", 5), "k2");
    memset(out, MARK, sizeof out);
    CHECK(rnn_st_meta(&st, "k2", out, 4, &n) == RNN_E_BUFFER && n == 5 &&
              all_mark(out + 4, 4), "k2, too long");
    CHECK(!rnn_st_meta(&st, "k2", NULL, 0, &n) && n == 5, "k2's length");
    CHECK(rnn_st_meta(&st, "k3", out, 8, &n) == RNN_E_END, "no k3");
    free(b.p);
}

/* Many tensors before many keys: looked at in time quadratic in their number, a
 * tenth of the limit or less; a cubic reader takes several times the limit. */
static void check_many(void)
{
    enum { N = 600, SECONDS = 5 };
    char *json = (char *)test_memory(100 * N), *to = json;
    const clock_t began = clock();
    const char *why = NULL;
    rnn_st st;
    bytes b;
    int i;

    for (i = 0; i < N; i++)
        to += sprintf(to, "%c\"t%d\":{\"dtype\":\"U8\",\"shape\":[1],"
                      "\"data_offsets\":[%d,%d]}", i ? ',' : '{', i, i, i + 1);
    to += sprintf(to, ",\"__metadata__\":{");
    for (i = 0; i < N; i++)
        to += sprintf(to, "%s\"k%d\":\"v\"", i ? "," : "", i);
    strcpy(to, "}}");
    b = file_of(json, N);
    CHECK(rnn_st_open(b.p, b.n, &st, &why) == RNN_OK, "many: %s",
          why ? why : "?");
    check_listing(b.p, b.n, &st);
    free(b.p);
    sprintf(to, ",\"k0\":\"v\"}}");
    check_malformed(file_of(json, N), "a key twice, far apart");
    CHECK(clock() - began < (clock_t)SECONDS * CLOCKS_PER_SEC,
          "a file of many tensors and keys takes long");
    test_free();
}

/* ---- right files of the wrong model -------------------------------------- */

typedef struct change {
    const char *what, *from, *to;
    size_t data;
    rnn_status load, model;
} change;

/* In the file without a description: rnn_load_model always finds none. */
static const change plain_changes[] = {
    {"as it is", "{", "{", 24, RNN_OK, RNN_E_END},
    {"escaped name", "out.bias", "out.bi\\u0061s", 24, RNN_OK, RNN_E_END},
    {"a name differs", "out.bias", "out.biaS", 24, RNN_E_MISMATCH, RNN_E_END},
    {"a name is longer", "out.bias", "out.bias0", 24, RNN_E_MISMATCH,
     RNN_E_END},
    {"a name is shorter", "out.bias", "out.bia", 24, RNN_E_MISMATCH,
     RNN_E_END},
    {"a tensor is missing", ",\"out.bias\":{\"dtype\":\"F32\",\"shape\":[1],"
     "\"data_offsets\":[20,24]}", "", 20, RNN_E_MISMATCH, RNN_E_END},
    {"an extra tensor", "{", "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],"
     "\"data_offsets\":[24,28]},", 28, RNN_E_MISMATCH, RNN_E_END},
    {"an empty extra", "{", "{\"x\":{\"dtype\":\"F32\",\"shape\":[0],"
     "\"data_offsets\":[24,24]},", 24, RNN_E_MISMATCH, RNN_E_END},
    {"other metadata", "{", "{\"__metadata__\":{\"a\":\"b\"},", 24, RNN_OK,
     RNN_E_END},
    {"matrix as vector", "[1,1]", "[1]", 24, RNN_E_MISMATCH, RNN_E_END},
    {"matrix as cube", "[1,1]", "[1,1,1]", 24, RNN_E_MISMATCH, RNN_E_END},
    {"vector as matrix", "[1],", "[1,1],", 24, RNN_E_MISMATCH, RNN_E_END},
    {"vector as scalar", "[1],", "[],", 24, RNN_E_MISMATCH, RNN_E_END},
    {"vector of two", "[1],\"data_offsets\":[20,24]",
     "[2],\"data_offsets\":[20,28]", 28, RNN_E_MISMATCH, RNN_E_END},
    {"I32", "F32", "I32", 24, RNN_E_MISMATCH, RNN_E_END},
    {"U32", "F32", "U32", 24, RNN_E_MISMATCH, RNN_E_END},
    {"F64", "F32\",\"shape\":[1],\"data_offsets\":[20,24]",
     "F64\",\"shape\":[1],\"data_offsets\":[20,28]", 28, RNN_E_MISMATCH,
     RNN_E_END},
    {"F16", "F32\",\"shape\":[1],\"data_offsets\":[20,24]",
     "F16\",\"shape\":[1],\"data_offsets\":[20,22]", 22, RNN_OK, RNN_E_END},
    {"BF16", "F32\",\"shape\":[1],\"data_offsets\":[20,24]",
     "BF16\",\"shape\":[1],\"data_offsets\":[20,22]", 22, RNN_OK, RNN_E_END}};

/* In the file with a description. */
#define NO RNN_E_MISMATCH
static const change full_changes[] = {
    {"as it is", "{", "{", 24, RNN_OK, RNN_OK},
    {"another cell", ":\"tanh", ":\"relu", 24, NO, RNN_OK},
    {"no such cell", ":\"tanh", ":\"tanh2", 24, NO, NO},
    {"half a cell", ":\"tanh", ":\"tan", 24, NO, NO},
    {"empty cell", ":\"tanh", ":\"", 24, NO, NO},
    {"a long cell", ":\"tanh", ":\"tanhtanhtanhtanhtanhtanhtanhtanh", 24, NO,
     NO},
    {"escaped cell", ":\"tanh", ":\"t\\u0061nh", 24, RNN_OK, RNN_OK},
    {"no cell", "\"cell\"", "\"sell\"", 24, NO, NO},
    {"no wiring", "\"wiring\"", "\"firing\"", 24, NO, NO},
    {"another wiring", "n_to_n", "n_to_m", 24, NO, NO},
    {"another input", "dense", "one_hot", 24, NO, RNN_OK},
    {"no such input", "dense", "tense", 24, NO, NO},
    {"no input size", "\"input_size\"", "\"input\\u005fsizes\"", 24, NO, NO},
    {"size 0", "\"hidden_size\":\"1\"", "\"hidden_size\":\"0\"", 24, NO, NO},
    {"size 2", "\"hidden_size\":\"1\"", "\"hidden_size\":\"2\"", 24, NO,
     RNN_OK},
    {"size -1", "\"hidden_size\":\"1\"", "\"hidden_size\":\"-1\"", 24, NO, NO},
    {"size 1.0", "\"hidden_size\":\"1\"", "\"hidden_size\":\"1.0\"", 24, NO,
     NO},
    {"size in words", "\"hidden_size\":\"1\"", "\"hidden_size\":\"one\"", 24,
     NO, NO},
    {"size empty", "\"hidden_size\":\"1\"", "\"hidden_size\":\"\"", 24, NO,
     NO},
    {"size with space", "\"hidden_size\":\"1\"", "\"hidden_size\":\" 1\"", 24,
     NO, NO},
    {"size with NUL", "\"hidden_size\":\"1\"", "\"hidden_size\":\"1\\u0000\"",
     24, NO, NO},
    {"size 2^32 + 1", "\"hidden_size\":\"1\"", "\"hidden_size\":\"4294967297\"",
     24, NO, NO},
    {"size 2^64 + 1", "\"hidden_size\":\"1\"",
     "\"hidden_size\":\"18446744073709551617\"", 24, NO, NO},
    {"size of many digits", "\"hidden_size\":\"1\"",
     "\"hidden_size\":\"111111111111111111111111111111\"", 24, NO, NO},
    {"two layers", "\"num_layers\":\"1\"", "\"num_layers\":\"2\"", 24, NO,
     RNN_OK},
    {"bidirectional", "\"bidirectional\":\"0\"", "\"bidirectional\":\"1\"", 24,
     NO, RNN_OK},
    {"no bias", "\"no_bias\":\"0\"", "\"no_bias\":\"1\"", 24, NO, RNN_OK},
    {"another head", "\"output_size\":\"1\"", "\"output_size\":\"3\"", 24, NO,
     RNN_OK},
    {"another version", "\"rnn.h\":\"1\"", "\"rnn.h\":\"2\"", 24, NO, NO},
    {"version 11", "\"rnn.h\":\"1\"", "\"rnn.h\":\"11\"", 24, NO, NO},
    {"a long version", "\"rnn.h\":\"1\"", "\"rnn.h\":\"1111\"", 24, NO, NO},
    {"empty version", "\"rnn.h\":\"1\"", "\"rnn.h\":\"\"", 24, NO, NO},
    {"no version", "\"rnn.h\":\"1\"", "\"rnn.g\":\"1\"", 24, RNN_OK,
     RNN_E_END},
    {"dropout 1", "0.2500000", "1.0000000", 24, NO, NO},
    {"dropout differs", "0.2500000", "0.7500000", 24, RNN_OK, RNN_OK},
    {"dropout short", "0.2500000", "0.25", 24, NO, NO},
    {"dropout long", "0.2500000", "0.25000000", 24, NO, NO},
    {"dropout of many digits", "0.2500000", "0.25000000000000000000", 24, NO,
     NO},
    {"dropout not digits", "0.2500000", "0.25000x0", 24, NO, NO},
    {"dropout not 0.", "0.2500000", "0,2500000", 24, NO, NO},
    {"odd hex", "00fF", "00f", 24, RNN_OK, NO},
    {"bad hex", "00fF", "00fg", 24, RNN_OK, NO},
    {"escaped hex", "00fF", "\\u0030\\u0030", 24, RNN_OK, NO},
    {"no hex", "00fF", "", 24, RNN_OK, RNN_OK},
    {"too long", "00fF", "001122", 24, RNN_OK, RNN_E_BUFFER}};
#undef NO

static void check_mismatches(void)
{
    const char *full = tiny_full();
    size_t i;

    for (i = 0; i < sizeof plain_changes / sizeof plain_changes[0]; i++) {
        const change *c = &plain_changes[i];
        check_says(swap_text(tiny_json, c->from, c->to), c->data, c->load,
                   c->model, c->what);
    }
    for (i = 0; i < sizeof full_changes / sizeof full_changes[0]; i++) {
        const change *c = &full_changes[i];
        check_says(swap_text(full, c->from, c->to), c->data, c->load,
                   c->model, c->what);
    }
    test_free();
}

/* ---- descriptions -------------------------------------------------------- */

/* What __metadata__ says of a model: a key, its place, the names of values. */
typedef struct field {
    const char *key;
    size_t at;
    const char *const *names; /* NULL: a number */
} field;

static const char *const wirings[] = {"n_to_n", "n_to_1", "1_to_n", "n_to_m",
                                      NULL};
static const char *const cells[] = {"tanh", "relu", "gru", "gru_reset_before",
                                    "lstm", NULL};
static const char *const inputs[] = {"dense", "one_hot", "embedding", NULL};
static const char *const contexts[] = {"last", "mean", "all", NULL};
static const char *const attentions[] = {"none", "additive", "general", "dot",
                                         "scaled_dot", NULL};

#define FIELD(name) #name, offsetof(rnn_model, name)
static const field fields[] = {
    {FIELD(wiring), wirings},
    {FIELD(cell), cells},
    {FIELD(input), inputs},
    {FIELD(input_size), NULL},
    {FIELD(embedding_size), NULL},
    {FIELD(hidden_size), NULL},
    {FIELD(num_layers), NULL},
    {FIELD(bidirectional), NULL},
    {FIELD(no_bias), NULL},
    {FIELD(output_size), NULL},
    {FIELD(target), inputs},
    {FIELD(target_size), NULL},
    {FIELD(target_embedding_size), NULL},
    {FIELD(decoder_hidden_size), NULL},
    {FIELD(decoder_layers), NULL},
    {FIELD(context), contexts},
    {FIELD(source_steps), NULL},
    {FIELD(context_size), NULL},
    {FIELD(feed), NULL},
    {FIELD(hand_over), NULL},
    {FIELD(attention), attentions},
    {FIELD(attention_size), NULL},
    {FIELD(head_context), NULL},
    {FIELD(num_sources), NULL}};
enum { FIELDS = sizeof fields / sizeof fields[0], PLAIN_FIELDS = 10 };

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
    return m->wiring < RNN_1_TO_N ? (int)PLAIN_FIELDS : (int)FIELDS;
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
    m.embedding_size = m.input == RNN_EMBEDDING ? m.embedding_size : 0;
    for (i = PLAIN_FIELDS; i < FIELDS && m.wiring < RNN_1_TO_N; i++)
        set_field(&m, i, 0);
    if (m.wiring < RNN_1_TO_N)
        return m;
    m.target = m.target_size ? m.target : 0;
    if (m.target != RNN_EMBEDDING)
        m.target_embedding_size = 0;
    m.decoder_hidden_size = or_else(m.decoder_hidden_size, m.hidden_size);
    m.decoder_layers = or_else(m.decoder_layers, m.num_layers);
    m.source_steps = m.context == RNN_ALL ? m.source_steps : 0;
    if (m.cell != RNN_LSTM)
        m.hand_over &= RNN_HAND_LAYERS;
    if (m.hand_over & RNN_HAND_LAYERS)
        m.feed &= RNN_AT_FIRST | RNN_AT_EACH;
    else if (!m.attention)
        m.feed = or_else(m.feed, RNN_AS_STATE);
    m.attention_size = m.attention == RNN_ADDITIVE ? m.attention_size : 0;
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

/* small: additive and each_token are seeds of the fuzzer */
static const kind kinds[] = {
    {"n_to_n", {.cell = RNN_GRU_RESET_BEFORE, .input = RNN_ONE_HOT,
                .input_size = 3, .hidden_size = 2, .num_layers = 2,
                .bidirectional = 1, .output_size = 3,
                .dropout = (rnn_real)0.25}},
    {"n_to_1", {.wiring = RNN_N_TO_1, .cell = RNN_RELU,
                .input = RNN_EMBEDDING, .input_size = 4, .embedding_size = 2,
                .hidden_size = 3, .bidirectional = 1, .output_size = 2,
                .dropout_last = (rnn_real)0.5}},
    {"first", {.wiring = RNN_1_TO_N, .cell = RNN_GRU, .input_size = 3,
               .hidden_size = 2, .output_size = 4, .feed = RNN_AT_FIRST}},
    {"reads_nothing", {.wiring = RNN_1_TO_N, .cell = RNN_LSTM, .input_size = 2,
                       .hidden_size = 2, .num_layers = 2, .output_size = 3}},
    {"each_token", {.wiring = RNN_1_TO_N, .input = RNN_EMBEDDING,
                    .input_size = 3, .embedding_size = 2, .hidden_size = 2,
                    .output_size = 3, .target = RNN_EMBEDDING,
                    .target_size = 3, .target_embedding_size = 1,
                    .context_size = 2, .feed = RNN_AT_EACH | RNN_AS_STATE,
                    .head_context = 1}},
    {"last", {.wiring = RNN_N_TO_M, .cell = RNN_LSTM, .input = RNN_ONE_HOT,
              .input_size = 3, .hidden_size = 2, .output_size = 4,
              .target = RNN_ONE_HOT, .target_size = 4,
              .hand_over = RNN_HAND_CELL}},
    {"mean", {.wiring = RNN_N_TO_M, .cell = RNN_GRU, .input_size = 3,
              .hidden_size = 2, .bidirectional = 1, .output_size = 2,
              .target_size = 2, .decoder_hidden_size = 3,
              .context = RNN_MEAN, .context_size = 5, .feed = RNN_AT_EACH}},
    {"all", {.wiring = RNN_N_TO_M, .cell = RNN_GRU_RESET_BEFORE,
             .input_size = 2, .hidden_size = 2, .no_bias = 1,
             .output_size = 2, .context = RNN_ALL, .source_steps = 3,
             .feed = RNN_AT_FIRST, .head_context = 1}},
    {"layers", {.wiring = RNN_N_TO_M, .cell = RNN_LSTM,
                .input = RNN_EMBEDDING, .input_size = 3, .embedding_size = 2,
                .hidden_size = 2, .num_layers = 2, .bidirectional = 1,
                .output_size = 3, .decoder_hidden_size = 4,
                .hand_over = RNN_HAND_CELL | RNN_HAND_LAYERS,
                .dropout = (rnn_real)0.125}},
    {"additive", {.wiring = RNN_N_TO_M, .cell = RNN_TANH,
                  .input = RNN_EMBEDDING, .input_size = 2,
                  .embedding_size = 1, .hidden_size = 1, .output_size = 2,
                  .target = RNN_EMBEDDING, .target_size = 2,
                  .target_embedding_size = 1, .attention = RNN_ADDITIVE,
                  .attention_size = 1}},
    {"general", {.wiring = RNN_N_TO_M, .cell = RNN_GRU, .input = RNN_ONE_HOT,
                 .input_size = 3, .hidden_size = 2, .bidirectional = 1,
                 .output_size = 3, .decoder_hidden_size = 3,
                 .decoder_layers = 2, .attention = RNN_GENERAL,
                 .head_context = 1}},
    {"dot", {.wiring = RNN_N_TO_M, .cell = RNN_LSTM, .input_size = 2,
             .hidden_size = 2, .output_size = 3, .attention = RNN_DOT,
             .feed = RNN_AS_STATE}},
    {"scaled_dot", {.wiring = RNN_N_TO_M, .cell = RNN_LSTM, .input_size = 2,
                    .hidden_size = 2, .output_size = 3,
                    .attention = RNN_SCALED_DOT, .feed = RNN_AS_STATE}},
    {"two", {.wiring = RNN_N_TO_M, .cell = RNN_LSTM, .input = RNN_EMBEDDING,
             .input_size = 3, .embedding_size = 2, .hidden_size = 1,
             .bidirectional = 1, .output_size = 4, .target = RNN_EMBEDDING,
             .target_size = 4, .target_embedding_size = 3,
             .decoder_hidden_size = 4, .context = RNN_ALL, .source_steps = 2,
             .context_size = 4, .feed = RNN_AS_STATE | RNN_AT_EACH,
             .hand_over = RNN_HAND_CELL, .attention = RNN_ADDITIVE,
             .attention_size = 3, .head_context = 1, .num_sources = 2}}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* A model, not always a valid one; what it does not use may be anything. */
static rnn_model draw_model(int wiring, int cell)
{
    static const int feeds[] = {0, RNN_AS_STATE, RNN_AT_FIRST, RNN_AT_EACH,
                                RNN_AS_STATE | RNN_AT_FIRST,
                                RNN_AS_STATE | RNN_AT_EACH};
    const int n_to_m = wiring == RNN_N_TO_M, decoder = wiring >= RNN_1_TO_N;
    rnn_model m;
    int K;

    memset(&m, 0, sizeof m);
    m.wiring = wiring;
    m.cell = cell;
    m.input = test_below(3);
    m.input_size = 1 + test_below(5);
    m.embedding_size = 1 + test_below(3);
    m.hidden_size = 1 + test_below(4);
    m.num_layers = test_below(3);
    m.bidirectional = wiring == RNN_1_TO_N ? 0 : test_below(2) * 3;
    m.no_bias = test_below(2) * 5;
    m.output_size = 1 + test_below(6);
    m.dropout = test_below(2) ? (rnn_real)0.3 : 0;
    m.dropout_last = test_below(2) ? (rnn_real)0.15 : 0;
    m.target = test_below(3);
    m.target_size = test_below(3) * test_below(3);
    m.target_embedding_size = 1 + test_below(3);
    m.num_sources = decoder ? test_below(n_to_m ? 3 : 2) : 7;
    K = m.hidden_size * (m.bidirectional ? 2 : 1);
    m.decoder_hidden_size =
        test_below(2) ? test_below(2) ? K : K * or_else(m.num_sources, 1)
                      : test_below(6);
    m.decoder_layers = test_below(2) ? m.num_layers : test_below(3);
    m.context = n_to_m ? test_below(RNN_CONTEXTS) : 0;
    m.source_steps = test_below(4);
    m.context_size = test_below(3) ? 0 : 1 + test_below(5);
    m.feed = feeds[test_below(6)];
    m.hand_over = n_to_m ? test_below(4) : 0;
    if (cell != RNN_LSTM)
        m.hand_over &= ~(int)RNN_HAND_CELL;
    if (m.hand_over & RNN_HAND_LAYERS)
        m.feed &= ~(int)RNN_AS_STATE;
    m.attention = n_to_m ? test_below(RNN_SCORES) : 0;
    m.attention_size = 1 + test_below(4);
    m.head_context = test_below(2) * 2;
    return m;
}

static rnn_model some_model(int wiring, int cell)
{
    rnn_model m;
    rnn_sizes s;
    int tries = 0;

    do
        m = draw_model(wiring, cell);
    while (rnn_model_sizes(&m, 3, 1, 1, &s) != RNN_OK && ++tries < 10000);
    MUST(tries < 10000, "no valid model of wiring %d", wiring);
    return m;
}

/* Numbers of a model, among them those whose bits are easily lost. */
static rnn_real *some_params(const rnn_model *m, size_t *count)
{
    const rnn_real odd[5] = {(rnn_real)-0.0, (rnn_real)HUGE_VAL,
                             (rnn_real)-HUGE_VAL, (rnn_real)NAN,
                             (rnn_real)1e-40}; /* the last is subnormal */
    rnn_real *p;
    rnn_sizes s;
    size_t i;

    MUST(rnn_model_sizes(m, 3, 1, 1, &s) == RNN_OK, "sizes");
    p = test_reals(s.params, 2);
    for (i = 0; i < s.params; i++)
        if (test_below(8) == 0)
            p[i] = odd[test_below(5)];
    *count = s.params;
    return p;
}

/* The checkpoint of a model, in memory of exactly its size. */
static bytes save(const rnn_model *m, const rnn_real *p,
                  const unsigned char *vocabulary, size_t vocabulary_len)
{
    size_t len = 0, n = 0;
    bytes b;

    CHECK(rnn_save(m, p, vocabulary, vocabulary_len, NULL, 0, &b.n) == RNN_OK,
          "length");
    b.p = (unsigned char *)test_memory(b.n);
    CHECK(rnn_save(m, p, vocabulary, vocabulary_len, b.p, b.n - 1, &len) ==
              RNN_E_BUFFER && len == b.n, "one byte too few");
    CHECK(rnn_save(m, p, vocabulary, vocabulary_len, b.p, b.n, &n) == RNN_OK &&
              n == b.n, "save");
    return b;
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
            if (m->no_bias)
                continue;
            sprintf(s, "bias_ih_l%d%s", l, end);
            want(all, prefix, s, gh, 0);
            sprintf(s, "bias_hh_l%d%s", l, end);
            want(all, prefix, s, gh, 0);
        }
}

/* What a stack reads of its input. */
static size_t width(int input, int size, int embedding)
{
    return (size_t)(input == RNN_EMBEDDING ? embedding : size);
}

static void want_decoder(list *all, const rnn_model *m)
{
    static const char *const table[] = {"emb_src.", "emb_src2."};
    static const char *const enc[] = {"enc.", "enc2."};
    static const char *const att[] = {"att.", "att2."};
    const int given = m->wiring == RNN_1_TO_N;
    const int D = m->bidirectional ? 2 : 1;
    const size_t x = width(m->input, m->input_size, m->embedding_size);
    const size_t K = (size_t)(D * m->hidden_size);
    const size_t Q = (size_t)m->decoder_hidden_size;
    const size_t A = (size_t)m->attention_size;
    const size_t n = (size_t)m->num_sources;
    size_t r = given ? x : n * K, c, in, out = Q, i;

    if (m->context == RNN_ALL)
        r *= (size_t)m->source_steps;
    c = m->context_size ? (size_t)m->context_size : r;
    in = m->target_size ? width(m->target, m->target_size,
                                m->target_embedding_size)
                        : 0;
    in += m->attention ? n * K : 0;
    in += m->feed & (RNN_AT_FIRST | RNN_AT_EACH) ? c : 0;
    out += !m->head_context ? 0 : m->attention ? n * K : c;
    for (i = 0; i < n; i++) {
        if (m->input == RNN_EMBEDDING)
            want(all, table[i], "weight", (size_t)m->input_size, x);
        if (!given)
            want_stack(all, enc[i], m, x, m->hidden_size, m->num_layers, D);
        if (m->attention == RNN_ADDITIVE) {
            want(all, att[i], "W", A, Q);
            want(all, att[i], "U", A, K);
            want(all, att[i], "v", A, 0);
        } else if (m->attention == RNN_GENERAL) {
            want(all, att[i], "U", Q, K);
        }
    }
    if (m->context_size) {
        want(all, "bridge.", "weight", c, r);
        want(all, "bridge.", "bias", c, 0);
    }
    if (m->target == RNN_EMBEDDING)
        want(all, given ? "emb." : "emb_tgt.", "weight", (size_t)m->target_size,
             (size_t)m->target_embedding_size);
    want_stack(all, given ? "rnn." : "dec.", m, in, m->decoder_hidden_size,
               m->decoder_layers, 1);
    want(all, "out.", "weight", (size_t)m->output_size, out);
}

static list want_all(const rnn_model *model)
{
    const rnn_model m = spelt(model);
    const int D = m.bidirectional ? 2 : 1;
    list all;

    all.n = 0;
    if (m.wiring >= RNN_1_TO_N) {
        want_decoder(&all, &m);
    } else {
        if (m.input == RNN_EMBEDDING)
            want(&all, "emb.", "weight", (size_t)m.input_size,
                 (size_t)m.embedding_size);
        want_stack(&all, "rnn.", &m,
                   width(m.input, m.input_size, m.embedding_size),
                   m.hidden_size, m.num_layers, D);
        want(&all, "out.", "weight", (size_t)m.output_size,
             (size_t)(D * m.hidden_size));
    }
    want(&all, "out.", "bias", (size_t)m.output_size, 0);
    return all;
}

/* The bits of an F32 in a file, and of a number. */
static uint32_t bits_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static uint32_t bits_of(rnn_real x)
{
    uint32_t b;
    memcpy(&b, &x, sizeof b);
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
    for (i = 0; rnn_model_tensor(m, i, &ours) == RNN_OK; i++) {
        const size_t rows = (size_t)ours.rows, cols = (size_t)ours.cols;
        if (rnn_st_find(&st, ours.name, &t) != RNN_OK ||
            t.size != 4 * ours.size)
            continue; /* reported above */
        for (r = 0; r < rows; r++)
            for (c = 0; c < (cols ? cols : 1); c++, seen++) {
                const size_t theirs = cols ? r * cols + c : r;
                /* a table stays as it is, other matrices are turned */
                const size_t at = strncmp(ours.name, "emb", 3) != 0 && cols
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
    return (m->hand_over & RNN_HAND_LAYERS && m->feed & RNN_AS_STATE) ||
           (m->hand_over & RNN_HAND_CELL && m->cell != RNN_LSTM);
}

/* One field after another says something else: no longer this file's model. */
static void check_others(const rnn_model *model, bytes b)
{
    const rnn_model m = spelt(model);
    int i, to;

    for (i = 0; i < described(&m); i++) {
        rnn_model other = m, said;
        rnn_real *p;
        rnn_sizes s;
        const char *why = NULL;
        rnn_status r;

        to = test_below(4);
        set_field(&other, i, fields[i].names ? to : get_field(&m, i) + to - 1);
        if (rnn_model_sizes(&other, 3, 1, 1, &s) != RNN_OK || two_ways(&other))
            continue;
        said = spelt(&other);
        p = (rnn_real *)test_memory(s.params * sizeof *p);
        memset(p, MARK, s.params * sizeof *p);
        r = rnn_load(b.p, b.n, &other, p, s.params, &why);
        if (same_model(&said, &m))
            CHECK(r == RNN_OK && !why, "%s said otherwise: %s", fields[i].key,
                  why ? why : "?");
        else
            CHECK(r == RNN_E_MISMATCH && why &&
                      all_mark(p, s.params * sizeof *p),
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
    CHECK(rnn_load_model(odd, b.n, &got, back, 256, &n, &why) == RNN_OK &&
          n == vocabulary_len && !memcmp(back, vocabulary, n),
          "description: %s", why ? why : "");
    CHECK(same_model(&got, &said), "another description");
    CHECK(rnn_load(odd, b.n, &got, q, count, &why) == RNN_OK &&
          !memcmp(p, q, count * sizeof *p), "parameters: %s", why ? why : "");
    memset(q, MARK, count * sizeof *q);
    CHECK(rnn_load(b.p, b.n, m, q, count, &why) == RNN_OK && !why &&
          !memcmp(p, q, count * sizeof *p), "as it was described: %s",
          why ? why : "");
    CHECK(rnn_load(odd, b.n, &got, q, count - 1, &why) == RNN_E_BUFFER && why,
          "params one too short");
    again = save(&got, q, back, n);
    CHECK(again.n == b.n && !memcmp(again.p, b.p, b.n), "saved again");
    check_others(m, b);
    b = save(m, p, NULL, 0);
    check_meta(m, 0, b);
    n = 77;
    CHECK(rnn_load_model(b.p, b.n, &got, back, 0, &n, NULL) == RNN_OK && n == 0,
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

    for (; all->key && m->wiring == RNN_N_TO_M; all++)
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
            for (k = 0; k < (wiring == RNN_N_TO_M ? 40 : 10); k++) {
                const rnn_model m = some_model(wiring, cell);
                count_values(all, &m);
                check_round_trip(&m, k ? (size_t)test_below(256) : 256);
            }
    for (k = 0; all[k].key; k++)
        for (i = 0; i < all[k].values; i++)
            CHECK(all[k].count[i], "no model with %s %d", all[k].key, i);
}

/* Dropout of seven digits comes back as the same number. */
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
        MUST(!rnn_save(&m, p, NULL, 0, file, sizeof file, &len) &&
                 !rnn_st_open(file, len, &st, NULL) &&
                 !rnn_load_model(file, len, &got, NULL, 0, NULL, NULL),
             "dropout %s", wants);
        said = spelt(&m);
        if (rnn_st_meta(&st, "dropout", text, sizeof text, &n) || n != 9 ||
            memcmp(text, wants, 9) || !same_model(&said, &got))
            if (!bad++)
                printf("%s is written as %.9s\n", wants, (char *)text);
    }
    CHECK(!bad, "%d of 500 fractions are lost", bad);
}

/* ---- files of models with a decoder, changed ----------------------------- */

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

static verdict ask_model(bytes b, const rnn_model *m)
{
    rnn_stack s;
    rnn_sizes sizes;
    rnn_real *p;
    verdict v;

    MUST(rnn_model_stack(m, &s) == RNN_OK &&
             rnn_model_sizes(m, 1, 1, 1, &sizes) == RNN_OK, "sizes");
    p = (rnn_real *)malloc(sizes.params * sizeof *p);
    if (!p)
        exit(1);
    v = ask_all(b.p, b.n, m, &s, p, sizes.params);
    free(p);
    return v;
}

/* What rnn_load_model says where either answer will do. */
enum { ANY = 1 };

/* The file of m with one thing changed in its header. */
static void check_edit(const rnn_model *m, bytes b, const char *from,
                       const char *to, rnn_status load, int model)
{
    const bytes changed = with_header(b, swap_text(header_of(b), from, to));
    const verdict v = ask_model(changed, m);

    CHECK(v.open == RNN_OK, "%s: refused", to);
    CHECK(v.load == load, "%s for %s: load %d", to, from, v.load);
    CHECK((int)v.model == model ||
              (model == ANY && (v.model == RNN_OK ||
                                v.model == RNN_E_MISMATCH)),
          "%s for %s: model %d", to, from, v.model);
    CHECK(v.stack != RNN_OK, "%s: the file of a stack alone", to);
    CHECK(v.reasons, "%s: no reason", to);
    CHECK(v.untouched, "%s: something was written", to);
    free(changed.p);
}

/* Every field of a description missing, unknown, out of range, another's. */
static void check_fields(const kind *k)
{
    static const char *const bad_number[] = {
        "", "-1", "+1", " 1", "1 ", "1.0", "0x1", "one", "1e1", "4294967297",
        "1000000000000000000000000000001", "\\u0661"};
    static const char *const bad_name[] = {"", "0", "1", "x", "Last", "LSTM",
                                           "dot2", "do", "nonenonenonenone"};
    const rnn_model m = spelt(&k->model);
    size_t count, j;
    const rnn_real *p = some_params(&m, &count);
    const bytes b = save(&m, p, NULL, 0);
    char from[80], to[120], value[40];
    rnn_sizes sizes;
    int i, to_value, valid;

    for (i = 0; i < described(&m); i++) {
        const char *key = fields[i].key;
        const int named = fields[i].names != NULL;
        value_of(&m, i, value);
        sprintf(from, "\"%s\":\"%s\"", key, value);
        sprintf(to, "\"x%s\":\"%s\"", key, value);
        check_edit(&m, b, from, to, RNN_E_MISMATCH, RNN_E_MISMATCH);
        for (j = 0; j < (named ? sizeof bad_name / sizeof bad_name[0]
                               : sizeof bad_number / sizeof bad_number[0]);
             j++) {
            sprintf(to, "\"%s\":\"%s\"", key,
                    named ? bad_name[j] : bad_number[j]);
            check_edit(&m, b, from, to, RNN_E_MISMATCH, RNN_E_MISMATCH);
        }
        for (to_value = 0; to_value < 5; to_value++) {
            const int v = named ? to_value : get_field(&m, i) + to_value - 1;
            rnn_model other = m;
            if (named && !fields[i].names[v])
                break;
            if (v < 0)
                continue;
            set_field(&other, i, v);
            value_of(&other, i, value);
            sprintf(to, "\"%s\":\"%s\"", key, value);
            valid = rnn_model_sizes(&other, 1, 1, 1, &sizes) == RNN_OK;
            other = spelt(&other); /* what is unused may say anything */
            check_edit(&m, b, from, to,
                       valid && same_model(&other, &m) ? RNN_OK
                                                       : RNN_E_MISMATCH, ANY);
        }
    }
}

typedef struct edit {
    const char *kind, *from, *to;
    rnn_status load;
    int model;
} edit;

/* Descriptions that say two things at once, and some that are right. */
#define SAY(key, value) "\"" key "\":\"" value "\""
#define NO RNN_E_MISMATCH
static const edit edits[] = {
    {"two", SAY("feed", "5"), SAY("feed", "6"), NO, NO},
    {"two", SAY("feed", "5"), SAY("feed", "7"), NO, NO},
    {"two", SAY("feed", "5"), SAY("feed", "8"), NO, NO},
    {"two", SAY("feed", "5"), SAY("feed", "3"), NO, RNN_OK},
    {"two", SAY("hand_over", "1"), SAY("hand_over", "4"), NO, NO},
    {"two", SAY("hand_over", "1"), SAY("hand_over", "0"), NO, RNN_OK},
    {"two", SAY("num_sources", "2"), SAY("num_sources", "3"), NO, NO},
    {"two", SAY("num_sources", "2"), SAY("num_sources", "1"), NO, NO},
    {"two", SAY("source_steps", "2"), SAY("source_steps", "0"), NO, NO},
    {"two", SAY("source_steps", "2"), SAY("source_steps", "3"), NO, RNN_OK},
    {"two", SAY("context_size", "4"), SAY("context_size", "0"), NO, NO},
    {"two", SAY("attention_size", "3"), SAY("attention_size", "0"), NO, NO},
    {"two", SAY("attention", "additive"), SAY("attention", "dot"), NO, NO},
    {"two", SAY("attention", "additive"), SAY("attention", "general"), NO,
     RNN_OK},
    {"two", SAY("bidirectional", "1"), SAY("bidirectional", "0"), NO, NO},
    {"two", SAY("target_embedding_size", "3"),
     SAY("target_embedding_size", "0"), NO, NO},
    {"two", SAY("decoder_hidden_size", "4"), SAY("decoder_hidden_size", "5"),
     NO, NO},
    {"two", SAY("wiring", "n_to_m"), SAY("wiring", "1_to_n"), NO, NO},
    {"two", SAY("wiring", "n_to_m"), SAY("wiring", "n_to_1"), NO, RNN_OK},
    {"two", SAY("context", "all"), SAY("cont\\u0065xt", "\\u0061ll"), RNN_OK,
     RNN_OK},
    {"additive", SAY("context_size", "0"), SAY("context_size", "1"), NO, NO},
    {"additive", SAY("embedding_size", "1"), SAY("embedding_size", "0"), NO,
     NO},
    {"each_token", SAY("context", "last"), SAY("context", "mean"), NO, NO},
    {"each_token", SAY("attention", "none"), SAY("attention", "dot"), NO, NO},
    {"each_token", SAY("bidirectional", "0"), SAY("bidirectional", "1"), NO,
     NO},
    {"each_token", SAY("num_sources", "1"), SAY("num_sources", "2"), NO, NO},
    {"each_token", SAY("hand_over", "0"), SAY("hand_over", "1"), NO, NO},
    {"each_token", SAY("context_size", "2"), SAY("context_size", "3"), NO, NO},
    {"each_token", SAY("feed", "5"), SAY("feed", "4"), NO, RNN_OK},
    {"each_token", SAY("feed", "5"), SAY("feed", "0"), NO, RNN_OK},
    {"each_token", SAY("wiring", "1_to_n"), SAY("wiring", "n_to_m"), NO,
     RNN_OK},
    {"layers", SAY("decoder_layers", "2"), SAY("decoder_layers", "1"), NO, NO},
    {"layers", SAY("dropout", "0.1250000"), SAY("dropout", "1.1250000"), NO,
     NO},
    {"dot", SAY("attention", "dot"), SAY("attention", "scaled_dot"), NO,
     RNN_OK},
    {"dot", SAY("feed", "1"), SAY("feed", "0"), NO, RNN_OK},
    {"dot", SAY("decoder_hidden_size", "2"), SAY("decoder_hidden_size", "3"),
     NO, NO},
    {"n_to_1", SAY("wiring", "n_to_1"), SAY("wiring", "n_to_n"), NO, RNN_OK},
    {"n_to_1", SAY("wiring", "n_to_1"), SAY("wiring", "1_to_n"), NO, NO},
    {"n_to_1", SAY("wiring", "n_to_1"),
     SAY("wiring", "n_to_1") "," SAY("attention", "what"), RNN_OK, RNN_OK}};
#undef NO

static const kind *kind_of(const char *name)
{
    int k;

    for (k = 0; k < KINDS && strcmp(kinds[k].name, name) != 0; k++) {}
    MUST(k < KINDS, "no kind %s", name);
    return &kinds[k < KINDS ? k : 0];
}

static bytes save_kind(const kind *k)
{
    size_t count;
    const rnn_real *p = some_params(&k->model, &count);
    return save(&k->model, p, NULL, 0);
}

static void check_edits(void)
{
    static const char *const every[] = {"two", "all", "each_token", "n_to_1"};
    size_t i;

    for (i = 0; i < sizeof every / sizeof every[0]; i++) {
        check_fields(kind_of(every[i]));
        test_free();
    }
    for (i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        const edit *e = &edits[i];
        const kind *of = kind_of(e->kind);
        check_edit(&of->model, save_kind(of), e->from, e->to, e->load,
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
    char from[160], to[200];
    rnn_st_tensor t;
    rnn_st st;
    size_t pos = 0;
    char *plain;
    bytes alone;

    MUST(rnn_st_open(b.p, b.n, &st, NULL) == RNN_OK && rest, "open");
    while (rnn_st_next(&st, &pos, &t) == RNN_OK) {
        const int n = (int)t.name_len;
        sprintf(from, "\"%.*s\"", n, (const char *)t.name);
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
    check_edit(m, b, "\"out.bias\"",
               "\"x\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
               "\"out.bias\"", RNN_E_MISMATCH, RNN_OK);
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
                  v.load == RNN_E_FORMAT && v.stack != RNN_OK && v.reasons &&
                  v.untouched, "cut to %lu bytes", (unsigned long)i);
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
}

/* ---- halves -------------------------------------------------------------- */

/* What the bits of an F16 mean, by powers of two. */
static double half_of(unsigned b)
{
    const int e = (int)(b >> 10 & 31), m = (int)(b & 1023);
    const double sign = b >> 15 ? -1 : 1;

    if (e == 31)
        return m ? (double)NAN : sign * HUGE_VAL;
    return sign * (e ? ldexp(1 + m / 1024.0, e - 15) : ldexp(m, -24));
}

static void check_halves(int brain)
{
    enum { N = 65536 };
    char json[400];
    rnn_stack s;
    rnn_real *p = test_reals(N + 1, 0);
    const char *why = NULL;
    bytes b;
    uint32_t u;
    float f;
    double want;
    unsigned i;
    int bad = 0;

    memset(&s, 0, sizeof s);
    s.input_size = N;
    s.hidden_size = 1;
    s.no_bias = 1;
    sprintf(json, "{\"weight_ih_l0\":{\"dtype\":\"%s\",\"shape\":[1,%d],"
            "\"data_offsets\":[0,%d]},\"weight_hh_l0\":{\"dtype\":\"F32\","
            "\"shape\":[1,1],\"data_offsets\":[%d,%d]}}",
            brain ? "BF16" : "F16", N, 2 * N, 2 * N, 2 * N + 4);
    b = file_of(json, 2 * N + 4);
    for (i = 0; i < N; i++) {
        b.p[8 + strlen(json) + 2 * i] = (unsigned char)(i & 255);
        b.p[8 + strlen(json) + 2 * i + 1] = (unsigned char)(i >> 8);
    }
    CHECK(rnn_load_stack(b.p, b.n, &s, p, N + 1, &why) == RNN_OK, "halves: %s",
          why ? why : "");
    for (i = 0; i < N; i++) {
        want = half_of(i);
        if (brain) {
            u = (uint32_t)i << 16;
            memcpy(&f, &u, sizeof f);
            want = (double)f;
        }
        bad += !((double)p[i] == want || (p[i] != p[i] && want != want));
    }
    CHECK(!bad, "%d of 65536 halves are wrong", bad);
    free(b.p);
    test_free();
}

/* The two bytes of a number that F16 or BF16 has: up to 8 bits of it, and an
 * exponent far from the ends. */
static unsigned half_bits(rnn_real x, int brain)
{
    const uint32_t b = bits_of(x);

    if (brain || x == 0)
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
            const uint32_t bits = bits_at(t.data + i);
            rnn_real x;
            unsigned h;
            memcpy(&x, &bits, sizeof x);
            h = half_bits(x, type == 2);
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
    rnn_sizes sizes;
    rnn_real *p, *q;
    const char *why;
    size_t i;
    bytes b, saved;
    int k, n;

    for (k = 0; k < 3 * KINDS; k++) {
        m = &kinds[k % KINDS].model;
        MUST(rnn_model_sizes(m, 1, 1, 1, &sizes) == RNN_OK, "sizes");
        p = test_reals(sizes.params, 0);
        q = test_reals(sizes.params, 0);
        for (i = 0; i < sizes.params; i++)
            p[i] = (rnn_real)(test_below(511) - 255) / 32;
        saved = save(m, p, NULL, 0);
        b = rewritten(saved, -1);
        why = NULL;
        CHECK(rnn_load(b.p, b.n, m, q, sizes.params, &why) == RNN_OK &&
                  !memcmp(p, q, sizes.params * sizeof *p), "%s in halves: %s",
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

/* ---- files for others ---------------------------------------------------- */

static int write_bytes(const char *folder, const char *name, bytes b)
{
    char path[600];
    int bad;

    sprintf(path, "%.500s/%.60s", folder, name);
    bad = rnn_write_file(path, b.p, b.n) != RNN_OK;
    if (bad)
        printf("cannot write %s\n", path);
    return bad;
}

/* The same and frees it. */
static int write_seed(const char *folder, const char *name, bytes b)
{
    const int bad = write_bytes(folder, name, b);

    free(b.p);
    return bad;
}

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
            sprintf(name, "%s_%d.safetensors", wirings[k % 4], k);
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
    static const char *const models[] = {"additive", "each_token", "n_to_1"};
    char name[40];
    size_t i, n = sizeof bad_json / sizeof bad_json[0];
    int bad = 0;

    bad += write_seed(folder, "plain", file_of(tiny_json, TINY_DATA));
    bad += write_seed(folder, "described", file_of(tiny_full(), TINY_DATA));
    for (i = 0; i < 3; i++)
        bad += write_bytes(folder, models[i], save_kind(kind_of(models[i])));
    for (i = 0; i < n; i += n / 16) {
        sprintf(name, "bad%lu", (unsigned long)i);
        bad += write_seed(folder, name,
                          file_of(bad_json[i].json, bad_json[i].data));
    }
    test_free();
    return bad != 0 || test_failed != 0;
}

int main(int argc, char **argv)
{
    int k;

    if (argc == 3 && !strcmp(argv[1], "--corpus"))
        return write_corpus(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "--write"))
        return write_checkpoints(argv[2]);
    test_seed(argc, argv);
    check_lengths();
    check_bad();
    check_good();
    check_dtypes();
    check_strings();
    check_many();
    check_mismatches();
    check_round_trips();
    check_fractions();
    check_edits();
    for (k = 0; k < KINDS; k++)
        check_each_tensor(&kinds[k]);
    check_strangers();
    check_damages();
    check_halves(0);
    check_halves(1);
    check_mixed();
    check_disk();
    test_unused();
    return test_end();
}
