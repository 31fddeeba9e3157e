/* Checkpoints: round trips bit for bit, and refusals, each with its status, a
 * reason and nothing written. Every file is read from memory of exactly its
 * size, so that a sanitizer sees a byte too many.
 *
 *     test_files [seed]
 *     test_files -corpus DIR     writes the seeds of fuzz_files instead
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#include <math.h>

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

static verdict ask_all(const void *p, size_t n, const rnn_model *m,
                       const rnn_stack *s)
{
    static const char before[] = "";
    verdict v;
    rnn_st st;
    rnn_model got;
    rnn_real params[TINY];
    unsigned char vocabulary[2];
    size_t len = 77;
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
    memset(params, MARK, sizeof params);
    why = before;
    v.load = rnn_load(p, n, m, params, TINY, &why);
    v.reasons = v.reasons && told(v.load, why);
    v.untouched = v.untouched && (!v.load || all_mark(params, sizeof params));
    memset(params, MARK, sizeof params);
    why = before;
    v.stack = rnn_load_stack(p, n, s, params, TINY, &why);
    v.reasons = v.reasons && told(v.stack, why);
    v.untouched = v.untouched && (!v.stack || all_mark(params, sizeof params));
    return v;
}

static verdict ask_tiny(bytes b)
{
    rnn_model m = tiny_model();
    rnn_stack s;

    MUST(rnn_model_stack(&m, &s) == RNN_OK, "tiny stack");
    return ask_all(b.p, b.n, &m, &s);
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
    "{\"a\":{\"dtype\":\"U8\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
#define TWO(a, b)                                                              \
    "{\"a\":{\"dtype\":\"U8\"," a "},\"b\":{\"dtype\":\"U8\"," b "}}"
#define AT(n, begin, end) "\"shape\":[" #n "],\"data_offsets\":[" #begin "," #end "]"
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
