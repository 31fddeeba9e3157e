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

/* ---- round trips ---------------------------------------------------------- */

/* Saves, loads and loads again through odd addresses: the same bits. */
static void check_round_trip(const rnn_model *m, size_t vocabulary_len)
{
    unsigned char vocabulary[256], back[256], *odd;
    rnn_sizes s;
    rnn_model got;
    rnn_real *p, *q;
    size_t len = 0, short_len = 0, n = 0, i;
    const char *why = NULL;
    bytes b;

    MUST(rnn_model_sizes(m, 0, 1, 1, &s) == RNN_OK, "sizes");
    p = test_reals(s.params, 2);
    q = test_reals(s.params, 0);
    for (i = 0; i < 256; i++)
        vocabulary[i] = (unsigned char)(i * 7 + 3);
    CHECK(rnn_save(m, p, vocabulary, vocabulary_len, NULL, 0, &len) == RNN_OK,
          "length");
    b.n = len;
    b.p = (unsigned char *)test_memory(len);
    CHECK(rnn_save(m, p, vocabulary, vocabulary_len, b.p, len - 1,
                   &short_len) == RNN_E_BUFFER && short_len == len,
          "one byte too few");
    CHECK(rnn_save(m, p, vocabulary, vocabulary_len, b.p, len, &n) == RNN_OK &&
          n == len, "save");
    odd = (unsigned char *)test_memory(len + 1) + 1;
    memcpy(odd, b.p, len);
    CHECK(rnn_load_model(odd, len, &got, back, 256, &n, &why) == RNN_OK &&
          n == vocabulary_len && !memcmp(back, vocabulary, n),
          "description: %s", why ? why : "");
    CHECK(got.cell == m->cell && got.input == m->input &&
          got.input_size == m->input_size && got.output_size ==
          m->output_size && got.hidden_size == m->hidden_size &&
          got.num_layers == (m->num_layers ? m->num_layers : 1) &&
          got.bidirectional == (m->bidirectional != 0) &&
          got.no_bias == (m->no_bias != 0) && got.dropout == m->dropout &&
          got.dropout_last == m->dropout_last, "another description");
    CHECK(rnn_load(odd, len, &got, q, s.params, &why) == RNN_OK &&
          !memcmp(p, q, s.params * sizeof *p), "parameters: %s",
          why ? why : "");
    CHECK(rnn_load(odd, len, &got, q, s.params - 1, &why) == RNN_E_BUFFER,
          "params one too short");
    got.hidden_size++;
    CHECK(rnn_load(odd, len, &got, test_reals(10 * s.params + 999, 0),
                   10 * s.params + 999, &why) == RNN_E_MISMATCH && why,
          "another model");
    test_free();
}

static void check_round_trips(void)
{
    rnn_model m;
    int cell, bits;

    for (cell = RNN_TANH; cell <= RNN_LSTM; cell++)
        for (bits = 0; bits < 32; bits++) {
            memset(&m, 0, sizeof m);
            m.cell = cell;
            m.input = bits % 3;
            m.input_size = 3 + bits % 4;
            m.embedding_size = m.input == RNN_EMBEDDING ? 2 : 0;
            m.hidden_size = 1 + bits % 5;
            m.num_layers = bits & 1 ? 3 : 0;
            m.bidirectional = bits & 2;
            m.no_bias = bits & 4;
            m.output_size = 1 + bits % 7;
            m.dropout = bits & 8 ? (rnn_real)0.3 : 0;
            m.dropout_last = bits & 16 ? (rnn_real)0.15 : 0;
            check_round_trip(&m, bits & 1 ? 256 : (size_t)bits);
        }
}

/* Every shorter file, and every other byte in the header, ends in a status. */
static void check_damage(void)
{
    rnn_model m = tiny_model();
    rnn_real p[TINY] = {1, 2, 3, 4, 5, 6};
    unsigned char file[4096], vocabulary[3] = {0, 'a', 255};
    size_t len = 0, header, i, opened = 0;
    int c;

    MUST(rnn_save(&m, p, vocabulary, 3, file, sizeof file, &len) == RNN_OK,
         "save");
    for (i = 0; i < len; i++)
        check_malformed(file_cut(file, i), "a truncated file");
    header = 8 + (size_t)file[0] + ((size_t)file[1] << 8);
    for (i = 0; i < header; i++)
        for (c = 0; c < 256; c += i < 8 ? 1 : 5) {
            bytes b = file_cut(file, len);
            verdict v;
            b.p[i] = (unsigned char)c;
            v = ask_tiny(b);
            opened += v.open == RNN_OK;
            MUST(v.reasons && v.untouched, "byte %lu as %d", (unsigned long)i,
                 c);
            free(b.p);
        }
    CHECK(opened > 0, "some changes are harmless, as in the vocabulary");
}

/* ---- halves --------------------------------------------------------------- */

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
            "\"shape\":[1,1],\"data_offsets\":[%d,%d]}}", brain ? "BF16" : "F16",
            N, 2 * N, 2 * N, 2 * N + 4);
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

/* ---- files on disk -------------------------------------------------------- */

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

/* ---- seeds of the fuzzer --------------------------------------------------- */

static void write_seed(const char *folder, const char *name, bytes b)
{
    char path[600];

    sprintf(path, "%.500s/%.40s", folder, name);
    if (rnn_write_file(path, b.p, b.n) != RNN_OK)
        printf("cannot write %s\n", path);
    free(b.p);
}

static int write_corpus(const char *folder)
{
    char name[40];
    size_t i, n = sizeof bad_json / sizeof bad_json[0];

    write_seed(folder, "plain", file_of(tiny_json, TINY_DATA));
    write_seed(folder, "described", file_of(tiny_full(), TINY_DATA));
    for (i = 0; i < n; i += n / 16) {
        sprintf(name, "bad%lu", (unsigned long)i);
        write_seed(folder, name, file_of(bad_json[i].json, bad_json[i].data));
    }
    test_free();
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "-corpus"))
        return write_corpus(argv[2]);
    test_seed(argc, argv);
    check_lengths();
    check_bad();
    check_good();
    check_dtypes();
    check_strings();
    check_mismatches();
    check_round_trips();
    check_damage();
    check_halves(0);
    check_halves(1);
    check_disk();
    test_unused();
    return test_end();
}
