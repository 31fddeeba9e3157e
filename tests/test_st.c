/* The reader of safetensors files: bytes that are right and bytes that are not,
 * listings, metadata, strings. A file is refused whole, with a reason, and
 * nothing is written. Every file is read from memory of exactly its size, so
 * that a sanitizer sees a byte too many. It runs in float and, for coverage, in
 * double.
 *
 *     test_st [SEED [all]]       all: also what takes seconds
 *     test_st --corpus DIR       the malformed seeds of fuzz_files
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "st.h"

#include <math.h>
#include <time.h>

#define LEN(a) (sizeof(a) / sizeof *(a))

/* ---- malformed files ----------------------------------------------------- */

/* All four refuse it as no file at all. */
static void check_malformed(bytes b, const char *what)
{
    const rnn_model m = tiny_model();
    const verdict v = ask_model(b, &m);

    CHECK(v.open == RNN_E_FORMAT && v.model == RNN_E_FORMAT &&
              v.load == RNN_E_FORMAT && v.bare == RNN_E_FORMAT,
          "%s: %d %d %d %d", what, v.open, v.model, v.load, v.bare);
    CHECK(v.reasons, "%s: no reason", what);
    CHECK(v.untouched, "%s: something was written", what);
    free(b.p);
}

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
#define MORE(x) KEYS("\"dtype\":\"U8\",\"x\":" x "," AT(1, 0, 1))
#define TEN(x) x x x x x x x x x x
#define SIXTY(x) TEN(x) TEN(x) TEN(x) TEN(x) TEN(x) TEN(x)

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
    {"dtype a number", KEYS("\"dtype\":8," AT(1, 0, 1)), 1},
    {"no dtype", KEYS(AT(1, 0, 1)), 1},
    {"no shape", KEYS("\"dtype\":\"U8\",\"data_offsets\":[0,1]"), 1},
    {"no offsets", KEYS("\"dtype\":\"U8\",\"shape\":[0]"), 0},
    {"key in capitals", KEYS("\"DTYPE\":\"U8\"," AT(1, 0, 1)), 1},
    {"dtype twice", KEYS("\"dtype\":\"U8\",\"dtype\":\"U8\"," AT(1, 0, 1)), 1},
    {"dtype twice, escaped",
     KEYS("\"dtype\":\"U8\",\"d\\u0074ype\":\"U8\"," AT(1, 0, 1)), 1},
    {"unknown dtype", KEYS("\"dtype\":\"F31\"," AT(1, 0, 1)), 1},
    {"dtype in small", KEYS("\"dtype\":\"u8\"," AT(1, 0, 1)), 1},
    {"empty dtype", KEYS("\"dtype\":\"\"," AT(1, 0, 1)), 1},
    {"longer dtype", KEYS("\"dtype\":\"U8 \"," AT(1, 0, 1)), 1},
    {"shorter dtype", KEYS("\"dtype\":\"U\"," AT(1, 0, 1)), 1},
    {"an empty tensor", KEYS(""), 1},
    {"F4, half a byte", KEYS("\"dtype\":\"F4\"," AT(1, 0, 1)), 1},
    {"F6, a quarter", KEYS("\"dtype\":\"F6_E3M2\"," AT(3, 0, 2)), 2},
    {"F4, too long", KEYS("\"dtype\":\"F4\"," AT(2, 0, 2)), 2},
    {"unknown key, no value", MORE(""), 1},
    {"a word cut", MORE("nul"), 1},
    {"a word too long", MORE("nulll"), 1},
    {"a minus", MORE("-"), 1},
    {"a leading zero", MORE("01"), 1},
    {"no digit behind the dot", MORE("1."), 1},
    {"no exponent", MORE("1e"), 1},
    {"a plus", MORE("+1"), 1},
    {"an array cut", MORE("["), 1},
    {"a comma too much", MORE("[1,]"), 1},
    {"no comma", MORE("[1 2]"), 1},
    {"an object without key", MORE("{1}"), 1},
    {"an object without value", MORE("{\"a\"}"), 1},
    {"a comma in an object", MORE("{\"a\":1,}"), 1},
    {"the wrong end", MORE("[1}"), 1},
    {"another wrong end", MORE("{\"a\":1]"), 1},
    {"a wrong end inside", MORE("[{\"a\":1]}"), 1},
    {"121 deep", MORE(SIXTY("[") SIXTY("[") "[]" SIXTY("]") SIXTY("]")), 1},
    {"deep, and no end", MORE(SIXTY("[") SIXTY("{")), 1},
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

    for (i = 0; i < LEN(bad_json); i++)
        check_malformed(file_of(bad_json[i].json, bad_json[i].data),
                        bad_json[i].what);
    check_malformed(file_raw(3, "{}\0", 3, 0), "NUL behind");
    check_malformed(file_raw(5, "{\"\0\"}", 5, 0), "NUL in a name");
    check_malformed(file_raw(2, "\0{}", 2, 1), "NUL first");
    check_lengths();
}

/* ---- unusual files that are right ---------------------------------------- */

/* Walks the listings of a file that opened: as many as it says, all inside. */
static void check_inside(const unsigned char *p, size_t n, const rnn_st *st)
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

static const sample good_json[] = {
    {"nothing", "{}", 0},
    {"spaces behind", "{}   ", 0},
    {"space inside", "{ \t\r\n}", 0},
    {"metadata alone", META("{}"), 0},
    {"metadata", META("{\"a\":\"\",\"\":\"b\"}"), 0},
    {"metadata escaped", "{\"__met\\u0061data__\":{\"a\":\"b\"}}", 0},
    {"metadata null", META("null"), 0},
    {"metadata null, spread", META(" null "), 0},
    {"scalar", ONE("[]", "[0,1]"), 1},
    {"F4", KEYS("\"dtype\":\"F4\"," AT(6, 0, 3)), 3},
    {"F6", KEYS("\"dtype\":\"F6_E2M3\"," AT(4, 0, 3)), 3},
    {"unknown key", MORE("1"), 1},
    {"null", MORE("null"), 1},
    {"true", MORE(" true "), 1},
    {"false", MORE("false"), 1},
    {"a string", MORE("\"\\u0061]}\""), 1},
    {"numbers", MORE("[0,-0,-1.5,2e3,2E+3,0.5e-3,10]"), 1},
    {"an empty array", MORE("[ ]"), 1},
    {"an empty object", MORE("{ }"), 1},
    {"nested", MORE("[[],{},[{\"a\":[1,{\"b\":null}]}],\"\"]"), 1},
    {"nested, then more", MORE("{\"a\":[[]],\"b\":{\"c\":{}}},\"y\":[]"), 1},
    {"120 deep", MORE(SIXTY("[") SIXTY("[") SIXTY("]") SIXTY("]")), 1},
    {"empty", ONE("[0]", "[0,0]"), 0},
    {"empty of 3", ONE("[3,0,5]", "[0,0]"), 0},
    {"8 dims", ONE("[1,2,1,1,1,1,1,1]", "[0,2]"), 2},
    {"9 dims", ONE("[1,2,1,1,1,1,1,1,1]", "[0,2]"), 2},
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

    for (i = 0; i < LEN(good_json); i++) {
        bytes b = file_of(good_json[i].json, good_json[i].data);
        rnn_why why = {0};
        rnn_st st;
        rnn_status r = rnn_st_open(b.p, b.n, &st, &why);

        CHECK(r == RNN_OK && !why.status, "%s: %s", good_json[i].what,
              reason(&why));
        if (!r)
            check_inside(b.p, b.n, &st);
        CHECK(rnn_st_open(b.p, b.n, &st, NULL) == r, "without why");
        free(b.p);
    }
}

/* Every dtype by its name, with a tensor of eight numbers. */
static void check_dtypes(void)
{
    static const struct {
        const char *name;
        rnn_st_dtype dtype;
        int bits;
    } all[] = {{"BOOL", RNN_ST_BOOL, 8},
               {"F4", RNN_ST_F4, 4},
               {"F6_E2M3", RNN_ST_F6_E2M3, 6},
               {"F6_E3M2", RNN_ST_F6_E3M2, 6},
               {"U8", RNN_ST_U8, 8},
               {"I8", RNN_ST_I8, 8},
               {"F8_E5M2", RNN_ST_F8_E5M2, 8},
               {"F8_E4M3", RNN_ST_F8_E4M3, 8},
               {"F8_E8M0", RNN_ST_F8_E8M0, 8},
               {"F8_E4M3FNUZ", RNN_ST_F8_E4M3FNUZ, 8},
               {"F8_E5M2FNUZ", RNN_ST_F8_E5M2FNUZ, 8},
               {"I16", RNN_ST_I16, 16},
               {"U16", RNN_ST_U16, 16},
               {"F16", RNN_ST_F16, 16},
               {"BF16", RNN_ST_BF16, 16},
               {"I32", RNN_ST_I32, 32},
               {"U32", RNN_ST_U32, 32},
               {"F32", RNN_ST_F32, 32},
               {"C64", RNN_ST_C64, 64},
               {"F64", RNN_ST_F64, 64},
               {"I64", RNN_ST_I64, 64},
               {"U64", RNN_ST_U64, 64}};
    char json[128];
    int i;

    MUST(LEN(all) == RNN_ST_DTYPES, "a dtype is not listed here");
    for (i = 0; i < (int)LEN(all); i++) {
        rnn_st st;
        rnn_st_tensor t;
        bytes b;
        rnn_status r;

        sprintf(json,
                "{\"x\":{\"dtype\":\"%s\",\"shape\":[8],"
                "\"data_offsets\":[0,%d]}}",
                all[i].name, all[i].bits);
        b = file_of(json, (size_t)all[i].bits);
        r = rnn_st_open(b.p, b.n, &st, NULL);
        CHECK(!r && !rnn_st_find(&st, "x", &t) && t.dtype == all[i].dtype &&
                  t.ndim == 1 && t.dims[0] == 8 && t.data == st.data,
              "dtype %s", all[i].name);
        CHECK(!strcmp(rnn_st_dtype_name(all[i].dtype), all[i].name),
              "name of %s", all[i].name);
        free(b.p);
    }
    CHECK(rnn_st_dtype_name((rnn_st_dtype)-1) &&
              rnn_st_dtype_name((rnn_st_dtype)99),
          "no such dtype");
}

/* Many tensors before many keys: looked at in time quadratic in their number, a
 * tenth of the limit or less; a cubic reader takes several times the limit. */
static void check_many(void)
{
    enum { N = 600, SECONDS = 5 };
    char *json = (char *)test_memory(100 * N), *to = json;
    const clock_t began = clock();
    rnn_why why = {0};
    rnn_st st;
    bytes b;
    int i;

    for (i = 0; i < N; i++)
        to += sprintf(to,
                      "%c\"t%d\":{\"dtype\":\"U8\",\"shape\":[1],"
                      "\"data_offsets\":[%d,%d]}",
                      i ? ',' : '{', i, i, i + 1);
    to += sprintf(to, ",\"__metadata__\":{");
    for (i = 0; i < N; i++)
        to += sprintf(to, "%s\"k%d\":\"v\"", i ? "," : "", i);
    strcpy(to, "}}");
    b = file_of(json, N);
    CHECK(rnn_st_open(b.p, b.n, &st, &why) == RNN_OK, "many: %s", reason(&why));
    check_inside(b.p, b.n, &st);
    free(b.p);
    sprintf(to, ",\"k0\":\"v\"}}");
    check_malformed(file_of(json, N), "a key twice, far apart");
    CHECK(clock() - began < (clock_t)SECONDS * CLOCKS_PER_SEC,
          "a file of many tensors and keys takes long");
    test_free();
}

/* As many tensors as a file may have, and one more; entries of its metadata
 * likewise. */
static void check_most(int metadata)
{
    const size_t room = RNN_ST_MAX_TENSORS * 60u + 200u;
    char *json = (char *)test_memory(room), *to;
    int more, i;

    for (more = 0; more < 2; more++) {
        rnn_why why = {0};
        rnn_status st;
        rnn_st open;
        bytes f;

        to = json + sprintf(json, metadata ? "{\"__metadata__\":{" : "{");
        for (i = 0; i < RNN_ST_MAX_TENSORS + more; i++)
            to += sprintf(to,
                          metadata ? "%s\"%x\":\"\""
                                   : "%s\"%x\":{\"dtype\":\"U8\",\"shape\":[0],"
                                     "\"data_offsets\":[0,0]}",
                          i ? "," : "", (unsigned)i);
        sprintf(to, metadata ? "}}" : "}");
        f = file_of(json, 0);
        st = rnn_st_open(f.p, f.n, &open, &why);
        CHECK(more ? st == RNN_E_FORMAT && why.status : st == RNN_OK,
              "%s, %d more than the most: %d", metadata ? "keys" : "tensors",
              more, (int)st);
        free(f.p);
    }
    test_free();
}

/* ---- listings and strings ------------------------------------------------ */

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
              !memcmp(out, "v\n", 2),
          "k1");
    CHECK(!rnn_st_meta(&st, "k2", out, 5, &n) && n == 5 &&
              !memcmp(out, "\xe2\x82\xac/\"", 5),
          "k2");
    memset(out, MARK, sizeof out);
    CHECK(rnn_st_meta(&st, "k2", out, 4, &n) == RNN_E_BUFFER && n == 5 &&
              all_mark(out + 4, 4),
          "k2, too long");
    CHECK(!rnn_st_meta(&st, "k2", NULL, 0, &n) && n == 5, "k2's length");
    CHECK(rnn_st_meta(&st, "k3", out, 8, &n) == RNN_E_END, "no k3");
    free(b.p);
}

/* What listings say to wrong arguments and to places that are no entry. */
static void check_places(void)
{
    static const char json[] =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]},"
        "\"b\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[1,2]},"
        "\"__metadata__\":{\"k\":\"v\"}}";
    const bytes f = file_of(json, 2);
    const unsigned char *k, *v;
    rnn_why why = {0};
    unsigned char out[4];
    rnn_st st;
    rnn_st_tensor t;
    size_t pos = 0, kn, vn, n;

    CHECK(rnn_st_open(NULL, 8, &st, &why) == RNN_E_ARG && why.status,
          "no bytes");
    CHECK(rnn_st_open(f.p, f.n, NULL, NULL) == RNN_E_ARG, "nowhere");
    CHECK(rnn_st_open(f.p, f.n, &st, NULL) == RNN_OK && st.tensors == 2,
          "a file");
    CHECK(rnn_st_next(NULL, &pos, &t) == RNN_E_ARG &&
              rnn_st_next(&st, NULL, &t) == RNN_E_ARG &&
              rnn_st_next(&st, &pos, NULL) == RNN_E_ARG && pos == 0,
          "next");
    CHECK(rnn_st_find(&st, NULL, &t) == RNN_E_ARG, "no name");
    CHECK(rnn_st_find(&st, "\"", &t) == RNN_E_END, "a name that no file has");
    CHECK(rnn_st_meta_next(NULL, &pos, &k, &kn, &v, &vn) == RNN_E_ARG &&
              rnn_st_meta_next(&st, NULL, &k, &kn, &v, &vn) == RNN_E_ARG &&
              rnn_st_meta_next(&st, &pos, NULL, &kn, &v, &vn) == RNN_E_ARG &&
              rnn_st_meta_next(&st, &pos, &k, NULL, &v, &vn) == RNN_E_ARG &&
              rnn_st_meta_next(&st, &pos, &k, &kn, NULL, &vn) == RNN_E_ARG &&
              rnn_st_meta_next(&st, &pos, &k, &kn, &v, NULL) == RNN_E_ARG &&
              pos == 0,
          "next of metadata");
    CHECK(rnn_st_meta(&st, NULL, out, 4, &n) == RNN_E_ARG &&
              rnn_st_meta(&st, "k", out, 4, NULL) == RNN_E_ARG,
          "metadata");
    CHECK(rnn_st_next(&st, &pos, &t) == RNN_OK && t.name[0] == 'a', "first");
    /* what follows is a tensor, no entry of metadata */
    CHECK(rnn_st_meta_next(&st, &pos, &k, &kn, &v, &vn) == RNN_E_END,
          "a place that is not in metadata");
    pos = st.json_len + 1;
    CHECK(rnn_st_next(&st, &pos, &t) == RNN_E_END, "a place beyond the end");
    free(f.p);
}

/* A string of JSON: as far as it is right, what it means. */
static void check_text(const char *json, size_t len, const char *want)
{
    unsigned char out[20];
    unsigned char *copy = (unsigned char *)test_memory(len);
    size_t n;

    memcpy(copy, json, len);
    n = rnn_st_unescape(copy, len, out, sizeof out);
    CHECK(n == strlen(want) && memcmp(out, want, n) == 0, "%s: %lu bytes", json,
          (unsigned long)n);
}

static void check_texts(void)
{
    static const struct {
        const char *json, *want;
    } texts[] = {
        {"a\\u0062c", "abc"},
        {"a\\ud83d\\ude00", "a\xf0\x9f\x98\x80"},
        {"a\\ud800\\udc00", "a\xf0\x90\x80\x80"},
        {"a\\udbff\\udfff", "a\xf4\x8f\xbf\xbf"},
        {"a\\udbff", "a"},                 /* half a pair, and the end  */
        {"a\\udbffxxxxxx", "a"},           /* or no escape              */
        {"a\\udbff\\nxxxx", "a"},          /* or another                */
        {"a\\udbff\\u00zz", "a"},          /* or no number              */
        {"a\\udbff\\udbff", "a"},          /* or a first half again     */
        {"a\\udbff\\ue000", "a"},
        {"a\\udc00", "a"},                 /* the second half alone     */
        {"a\\udfff", "a"},
        {"a\\ue000", "a\xee\x80\x80"},
        {"a\\ud7ff", "a\xed\x9f\xbf"},
        {"a\\u00", "a"},
        {"a\\x", "a"},
        {"a\\", "a"},
        {"a\"b", "a"},
        {"a\x1f", "a"},
        {"a ", "a "},
        {"a\x80", "a"},
        {"a\xc1\xbf", "a"},
        {"a\xc2\x80", "a\xc2\x80"},
        {"a\xc2", "a"},                    /* cut off                   */
        {"a\xc2z", "a"},
        {"a\xe2\x82", "a"},
        {"a\xf5\x80\x80\x80", "a"},
    };
    unsigned i;

    for (i = 0; i < LEN(texts); i++)
        check_text(texts[i].json, strlen(texts[i].json), texts[i].want);
    CHECK(rnn_st_unescape(NULL, 3, NULL, 0) == 0, "no string");
    CHECK(rnn_st_unescape((const unsigned char *)"", 0, NULL, 0) == 0,
          "an empty string");
    test_free();
}

/* ---- what a stack alone reads -------------------------------------------- */

/* What the bits of an F16 mean, by powers of two. */
static double half_of(unsigned b)
{
    const int e = (int)(b >> 10 & 31), m = (int)(b & 1023);
    const double sign = b >> 15 ? -1 : 1;

    if (e == 31)
        return m ? (double)NAN : sign * HUGE_VAL;
    return sign * (e ? ldexp(1 + m / 1024.0, e - 15) : ldexp(m, -24));
}

/* Every number of two bytes. */
static void check_halves(int brain)
{
    enum { N = 65536 };
    char json[400];
    rnn_model s;
    rnn_real *p = test_reals(N + 1, 0);
    rnn_why why = {0};
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
    sprintf(json,
            "{\"weight_ih_l0\":{\"dtype\":\"%s\",\"shape\":[1,%d],"
            "\"data_offsets\":[0,%d]},\"weight_hh_l0\":{\"dtype\":\"F32\","
            "\"shape\":[1,1],\"data_offsets\":[%d,%d]}}",
            brain ? "BF16" : "F16", N, 2 * N, 2 * N, 2 * N + 4);
    b = file_of(json, 2 * N + 4);
    for (i = 0; i < N; i++) {
        b.p[8 + strlen(json) + 2 * i] = (unsigned char)(i & 255);
        b.p[8 + strlen(json) + 2 * i + 1] = (unsigned char)(i >> 8);
    }
    CHECK(rnn_load_params(b.p, b.n, &s, p, N + 1, NULL, &why) == RNN_OK,
          "halves: %s", reason(&why));
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

/* No model, no room, no tensor. */
static void check_load(void)
{
    rnn_model s = {0}, none = {0};
    rnn_real p[4] = {0};
    rnn_why why = {0};
    const bytes f = file_of("{}", 0);

    s.input_size = s.hidden_size = 1;
    CHECK(rnn_load_params(f.p, f.n, &none, p, 4, NULL, &why) == RNN_E_SIZE &&
              rnn_load_params(f.p, f.n, &s, NULL, 4, NULL, &why) == RNN_E_ARG &&
              why.status,
          "no model, or nowhere");
    CHECK(rnn_load_params(f.p, f.n, &s, p, 3, NULL, &why) == RNN_E_BUFFER &&
              why.status,
          "too short");
    CHECK(rnn_load_params(f.p, f.n, &s, p, 4, NULL, &why) == RNN_E_MISMATCH,
          "nothing in it");
    free(f.p);
}

/* ---- all ----------------------------------------------------------------- */

static int write_corpus(const char *folder)
{
    const size_t n = LEN(bad_json);
    char name[40];
    size_t i;
    int bad = 0;

    for (i = 0; i < n; i += n / 16) {
        bytes b = file_of(bad_json[i].json, bad_json[i].data);
        sprintf(name, "bad%lu", (unsigned long)i);
        bad += write_bytes(folder, name, b);
        free(b.p);
    }
    return bad != 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--corpus"))
        return write_corpus(argv[2]);
    test_seed(argc, argv);
    check_lengths();
    check_bad();
    check_good();
    check_dtypes();
    check_many();
    if (argc > 2)
        check_most(0);
    check_most(1);
    check_strings();
    check_places();
    check_texts();
    check_halves(0);
    check_halves(1);
    check_load();
    st_unused();
    return test_end();
}
