/* Why files are refused: for every text, a file that gets it, word for word, as
 * test_why has it of all other calls. What a reader does besides, test_st and
 * test_edited look at.
 *
 *     test_why_files [SEED]
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "why.h"

/* ---- files --------------------------------------------------------------- */

/* A file in memory that test_free takes back. */
static bytes kept(bytes b)
{
    unsigned char *p = (unsigned char *)test_memory(b.n);

    memcpy(p, b.p, b.n);
    free(b.p);
    b.p = p;
    return b;
}

static rnn_status open_file(bytes b)
{
    rnn_st st;

    return rnn_st_open(b.p, b.n, &st, &why);
}

/* What people have in place of a safetensors file. */
static void check_strangers(void)
{
    static const struct {
        const char *begin, *text;
    } kinds_of[] = {{"PK\003\004", ": a zip archive, as torch.save writes"},
                    {"\200\002\212\n", ": a pickle, as old torch.save writes"},
                    {"<!DOCTYPE html>", ": a page of HTML or XML"},
                    {"{\"a\": 1}", ": text in JSON"},
                    {"GGUF\3", ": GGUF"},
                    {"\211HDF\r\n\032\n", ": HDF5, as Keras writes"},
                    {"version https://git-lfs.github.com/spec/v1",
                     ": a pointer of Git LFS"},
                    {"ustar", ""}};
    unsigned char file[64];
    rnn_st st;
    size_t i, n;

    for (i = 0; i < LEN(kinds_of); i++)
        for (n = strlen(kinds_of[i].begin); n <= sizeof file; n += 13) {
            memset(file, ' ', sizeof file);
            memcpy(file, kinds_of[i].begin, strlen(kinds_of[i].begin));
            SAID(open_file(kept(file_cut(file, n))), RNN_E_FORMAT,
                 "not a safetensors file%s", kinds_of[i].text);
        }
    SAID(open_file(kept(file_cut(file, 0))), RNN_E_FORMAT,
         "not a safetensors file");
    SAID(open_file(kept(file_raw(9, "{}", 2, 0))), RNN_E_FORMAT,
         "the file's header has 9 bytes, but 2 are there");
    memset(file, 0, sizeof file); /* of 256 MB, it says, and so does len */
    file[3] = 16;
    file[8] = '{';
    SAID(rnn_st_open(file, 1ul << 29, &st, &why), RNN_E_FORMAT,
         "the file's header has 268435456 bytes: 100000000 is the most");
    SAID(rnn_st_open(NULL, 2, &st, &why), RNN_E_ARG, "bytes is NULL");
    SAID(rnn_st_open("{}", 2, NULL, &why), RNN_E_ARG, "st is NULL");
    GOOD(&why, open_file(kept(file_of("{}", 0))));
}

#define F32(shape, from, to)                                                   \
    "{\"dtype\":\"F32\",\"shape\":[" shape "],"                                \
    "\"data_offsets\":[" #from "," #to "]}"
typedef struct fault { /* a header, and what is wrong in it */
    const char *json, *text;
} fault;
static const fault faults[] = {
    {"{ ", "header: a string is missing"},
    {"{}x", "header: something follows its end"},
    {"{\"a\" 1}", "header: a colon is missing"},
    {"{\"a", "header: a string does not end"},
    {"{\"a\\x\":1}", "header: a string is not valid JSON or UTF-8"},
    {"{\"a\":1}", "a is not an object"},
    {"{\"a\":{}}", "a lacks dtype, shape or data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\"}}", "a lacks dtype, shape or data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", "a has a key twice"},
    {"{\"a\":{\"dtype\":\"F31\"}}", "a, F31: an unknown dtype"},
    {"{\"a\":{\"dtype\":1}}", "a: a string is missing"},
    {"{\"a\":{\"shape\":1}}", "a: shape is not an array"},
    {"{\"a\":{\"shape\":[1}}", "a: shape does not end"},
    {"{\"a\":{\"shape\":[-1]}}", "a: a number is not whole, or below 0"},
    {"{\"a\":{\"shape\":[2.0]}}", "a: a number is not whole, or below 0"},
    {"{\"a\":{\"shape\":[99999999999999999999999]}}",
     "a: a number is too large"},
    {"{\"a\":{\"shape\":[4294967295,4294967295,4294967295,0]}}",
     "a: shape is too large"},
    {"{\"a\":{\"data_offsets\":1}}", "a: data_offsets is not an array"},
    {"{\"a\":{\"data_offsets\":[1]}}", "a: data_offsets needs two numbers"},
    {"{\"a\":{\"data_offsets\":[1,2,3]}}",
     "a: data_offsets needs two numbers"},
    {"{\"a\":{\"b\":01}}", "a: a number is not valid JSON"},
    {"{\"a\":{\"b\":[1 2]}}", "a: a value does not end"},
    {"{\"a\":" F32("1", 0, 9) "}", "a: data_offsets end at 9, the data at 8"},
    {"{\"a\":" F32("1", 5, 4) "}", "a: data_offsets are 5 and 4"},
    {"{\"a\":" F32("3", 0, 4) "}",
     "a has 4 bytes, but dtype and shape want 12"},
    {"{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}",
     "a: 3 numbers of 4 bits are no whole bytes"},
    {"{\"a\":" F32("1", 0, 4) "}", "header: its tensors have 4 bytes, 8 are "
                                   "there"},
    {"{\"a\":" F32("1", 0, 4) " \"b\"}", "header does not end"},
    {"{\"a\":" F32("1", 0, 4) ",\"a\":" F32("1", 4, 8) "}", "a stands twice"},
    {"{\"a\":" F32("1", 0, 4) ",\"b\":" F32("2", 0, 8) "}", "a, b overlap"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4] ]}",
     "a does not end"},
    {"{\"__metadata__\":1}", "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"a\":\"b\" ]}", "__metadata__ does not end"},
    {"{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}",
     "__metadata__, a stands twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}",
     "__metadata__ stands twice"},
    {"{\"__metadata__\":{\"a\":1}}", "__metadata__: a string is missing"}};

/* What the reference takes: white space at the end, more dimensions than
 * rnn_st_tensor has, of which the last is then a product. */
static void check_taken(void)
{
    const bytes b =
        kept(file_of("{\"a\":" F32("1,1,1,2,1,1,1,1,3,2", 0, 48) "} \n\t", 48));
    rnn_st st;
    rnn_st_tensor t;
    size_t pos = 0;

    GOOD(&why, rnn_st_open(b.p, b.n, &st, &why));
    CHECK(rnn_st_next(&st, &pos, &t) == RNN_OK && t.ndim == RNN_ST_MAX_DIMS &&
              t.dims[3] == 2 && t.dims[RNN_ST_MAX_DIMS - 1] == 6 &&
              t.size == 48,
          "ten dimensions");
}

/* Names too long for a reason: the end of each says more. */
static void check_long_names(void)
{
    static const fault longs[] = {
        {"{\"model.encoder.layers.11.self_attention.q_proj.weight\":" F32(
             "3", 0, 4) "}",
         "...yers.11.self_attention.q_proj.weight has 4 bytes, but dtype and "
         "shape want 12"},
        {"{\"encoder.layer.0.weight\":" F32(
             "1", 0, 4) ",\"encoder.layer.1.weight\":" F32("2", 0, 8) "}",
         "....layer.0.weight, ...r.layer.1.weight overlap"},
        {"{\"model.encoder.layers.11.q_proj.weight\":{\"dtype\":\"F31\"}}",
         "...encoder.layers.11.q_proj.weight, F31: an unknown dtype"},
        {"{\"a\":{\"dtype\":\"a very long name for a dtype, is it not\"}}",
         "a, ... long name for a dtype, is it not: an unknown dtype"},
        {"{\"model.encoder.layers.11.self_attention.q_proj\":{\"dtype\":\"\"}}",
         "....layers.11.self_attention.q_proj, \"\": an unknown dtype"},
        {"{\"\":" F32("3", 0, 4) "}",
         "\"\" has 4 bytes, but dtype and shape want 12"},
        {"{\"x\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
         "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
         "\303\244\303\244\303\244\303\244\303\244xx\":" F32("3", 0, 4) "}",
         "...\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
         "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
         "\303\244xx has 4 bytes, but dtype and shape want 12"}};
    size_t i;

    for (i = 0; i < LEN(longs); i++)
        SAID(open_file(kept(file_of(longs[i].json, 8))), RNN_E_FORMAT, "%s",
             longs[i].text);
}

/* What is wrong in a header; with eight bytes of data behind it. */
static void check_headers(void)
{
    char deep[300] = "{\"a\":{\"b\":";
    size_t i;

    for (i = 0; i < LEN(faults); i++)
        SAID(open_file(kept(file_of(faults[i].json, 8))), RNN_E_FORMAT, "%s",
             faults[i].text);
    check_taken();
    check_long_names();
    memset(deep + strlen(deep), '[', 130);
    SAID(open_file(kept(file_of(deep, 8))), RNN_E_FORMAT,
         "a: a value is nested too deeply");
}

/* ---- models in files ----------------------------------------------------- */

typedef struct entry { /* a tensor of a file; cols 0: a vector */
    const char *name, *dtype;
    size_t rows, cols;
} entry;

/* A state_dict of zeros: four bytes a number. */
static bytes state_dict(const entry *e, size_t n)
{
    char json[2000] = "{", shape[40];
    size_t at = 0, i;
    bytes b;

    for (i = 0; i < n; i++) {
        const size_t end = at + 4 * e[i].rows * (e[i].cols ? e[i].cols : 1);
        sprintf(shape, e[i].cols ? "%lu,%lu" : "%lu", (unsigned long)e[i].rows,
                (unsigned long)e[i].cols);
        sprintf(json + strlen(json),
                "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],"
                "\"data_offsets\":[%lu,%lu]}",
                i ? "," : "", e[i].name, e[i].dtype, shape, (unsigned long)at,
                (unsigned long)end);
        at = end;
    }
    strcat(json, "}");
    b = kept(file_of(json, at));
    memset(b.p + 8 + strlen(json), 0, at);
    return b;
}

/* An LSTM of 10 units; cells, a head, and nothing else. */
static const rnn_model ten = {.cell = RNN_CELL_LSTM, .input_size = 3,
                              .hidden_size = 10, .output_size = 5};
static const entry ten_tensors[] = {
    {"rnn.weight_ih_l0", "F32", 40, 3}, {"rnn.weight_hh_l0", "F32", 40, 10},
    {"rnn.bias_ih_l0", "F32", 40, 0}, {"rnn.bias_hh_l0", "F32", 40, 0},
    {"out.weight", "F32", 5, 10}, {"out.bias", "F32", 5, 0}};
enum { TENSORS = LEN(ten_tensors) };

static rnn_status load_as(bytes b, const rnn_model *m, const rnn_rename *names)
{
    const size_t n = params_of(m);

    return rnn_load_params(b.p, b.n, m, test_reals(n, 0), n, names, &why);
}

/* Its state_dict, in which tensor i is another. */
static rnn_status load_with(int i, const char *name, const char *dtype,
                            size_t rows, size_t cols)
{
    entry e[TENSORS];

    memcpy(e, ten_tensors, sizeof e);
    e[i].name = name;
    e[i].dtype = dtype;
    e[i].rows = rows;
    e[i].cols = cols;
    return load_as(state_dict(e, TENSORS), &ten, NULL);
}

/* Tensors of another shape, name or type than the model's. */
static void check_shapes(void)
{
    const char *const hh = "rnn.weight_hh_l0";

    GOOD(&why, load_with(1, hh, "F32", 40, 10));
    SAID(load_with(1, hh, "F32", 32, 8), RNN_E_MISMATCH,
         "rnn.weight_hh_l0: file has 32x8, model wants 40x10");
    SAID(load_with(1, hh, "F32", 10, 40), RNN_E_MISMATCH,
         "rnn.weight_hh_l0: file has 10x40, model wants 40x10");
    SAID(load_with(1, hh, "F32", 400, 0), RNN_E_MISMATCH,
         "rnn.weight_hh_l0: file has 1 dimensions, model wants 2");
    SAID(load_with(3, "rnn.bias_hh_l0", "F32", 32, 0), RNN_E_MISMATCH,
         "rnn.bias_hh_l0: file has 32, model wants 40");
    SAID(load_with(3, "rnn.bias_hh_l0", "F32", 40, 1), RNN_E_MISMATCH,
         "rnn.bias_hh_l0: file has 2 dimensions, model wants 1");
    SAID(load_with(4, "out.weight", "I32", 5, 10), RNN_E_MISMATCH,
         "out.weight is I32: F64, F32, F16 and BF16 are read");
    SAID(load_with(4, "out.weight", "X99", 5, 10), RNN_E_FORMAT,
         "out.weight, X99: an unknown dtype");
    SAID(load_with(4, "fc.weight", "F32", 5, 10), RNN_E_MISMATCH,
         "the file has no out.weight");
    SAID(load_with(5, "out.Bias", "F32", 5, 0), RNN_E_MISMATCH,
         "the file has out.Bias, which the model has not");
}

/* A file that says what it is. */
static void check_descriptions(void)
{
    rnn_model m = ten;
    size_t n;
    const rnn_real *p = some_params(&ten, &n);
    const bytes b = save(&ten, p, NULL, 0);
    rnn_real *to = test_reals(n, 0);

    GOOD(&why, load_as(b, &ten, NULL));
    m.hidden_size = 8;
    SAID(load_as(b, &m, NULL), RNN_E_MISMATCH,
         "hidden_size: the file's model has 10, this one 8");
    m = ten;
    m.cell = RNN_CELL_GRU;
    SAID(load_as(b, &m, NULL), RNN_E_MISMATCH,
         "cell: the file's model has lstm, this one does not");
    m = ten;
    m.bidirectional = 1;
    SAID(load_as(b, &m, NULL), RNN_E_MISMATCH,
         "bidirectional: the file's model has 0, this one 1");
    m.bidirectional = 2;
    SAID(rnn_load_params(b.p, b.n, &m, to, n, NULL, &why), RNN_E_ARG,
         "bidirectional is 2: 1 is the most");
    SAID(rnn_load_params(b.p, b.n, &ten, NULL, n, NULL, &why), RNN_E_ARG,
         "params is NULL");
    SAID(rnn_load_params(b.p, b.n, &ten, to, n - 1, NULL, &why), RNN_E_BUFFER,
         "params has room for %lu: %lu are needed", (unsigned long)n - 1,
         (unsigned long)n);
    SAID(rnn_load_params(b.p, b.n - 1, &ten, to, n, NULL, &why), RNN_E_FORMAT,
         "out.bias: data_offsets end at 2620, the data at 2619");
    test_free();
}

/* A name that is longer than there is room for. */
static void check_names(void)
{
    char longest[300];
    rnn_rename names[2] = {{"rnn.", longest}, {NULL, NULL}};
    const bytes b = state_dict(ten_tensors, TENSORS);

    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = 0;
    SAID(load_as(b, &ten, names), RNN_E_ARG,
         "rnn.weight_ih_l0 has a name above 159 bytes");
    strcpy(longest, "module.rnn.");
    SAID(load_as(b, &ten, names), RNN_E_MISMATCH,
         "the file has no module.rnn.weight_ih_l0");
    names[0].theirs = "rnn.";
    GOOD(&why, load_as(b, &ten, names));
    names[0].theirs = NULL; /* where "" was meant */
    SAID(load_as(b, &ten, names), RNN_E_ARG,
         "rnn. has no name in the file: theirs is NULL");
    strcpy(longest, "model.language_model.encoder.layers.0.rnn.");
    names[0].theirs = longest; /* what differs is at the end */
    SAID(load_as(b, &ten, names), RNN_E_MISMATCH,
         "the file has no ...el.encoder.layers.0.rnn.weight_ih_l0");
    test_free();
}

/* One tensor by its name. */
static void check_tensors(void)
{
    const bytes b = state_dict(ten_tensors, TENSORS);
    const entry odd = {"odd", "U32", 2, 2};
    rnn_real to[6];
    rnn_st st;

    MUST(!rnn_st_open(b.p, b.n, &st, NULL), "open");
    SAID(rnn_load_tensor(NULL, "out.bias", to, 5, &why), RNN_E_ARG,
         "st is NULL");
    SAID(rnn_load_tensor(&st, NULL, to, 5, &why), RNN_E_ARG, "name is NULL");
    SAID(rnn_load_tensor(&st, "out.bias", NULL, 5, &why), RNN_E_ARG,
         "to is NULL");
    SAID(rnn_load_tensor(&st, "fc.bias", to, 5, &why), RNN_E_END,
         "the file has no fc.bias");
    SAID(rnn_load_tensor(&st, "out.bias", to, 6, &why), RNN_E_MISMATCH,
         "out.bias: file has 5 numbers, 6 are wanted");
    GOOD(&why, rnn_load_tensor(&st, "out.bias", to, 5, &why));
    MUST(!rnn_st_open(state_dict(&odd, 1).p, state_dict(&odd, 1).n, &st, NULL),
         "open");
    SAID(rnn_load_tensor(&st, "odd", to, 4, &why), RNN_E_MISMATCH,
         "odd is U32: F64, F32, F16 and BF16 are read");
}

/* ---- descriptions in files ----------------------------------------------- */

/* A header that holds nothing but what a file says of its model. */
static rnn_status described_by(const char *format, ...)
{
    char meta[400], json[500];
    unsigned char vocabulary[2];
    rnn_model m;
    bytes b;
    va_list list;

    va_start(list, format);
    vsnprintf(meta, sizeof meta, format, list);
    va_end(list);
    sprintf(json, "{\"__metadata__\":{%s}}", meta);
    b = kept(file_of(json, 0));
    return rnn_load_description(b.p, b.n, &m, vocabulary, 2, NULL, &why);
}

#define WORDS                                                                  \
    "\"rnn.h\":\"1\",\"wiring\":\"n_to_n\",\"cell\":\"gru\","                  \
    "\"input\":\"dense\",\"input_size\":\"3\",\"embedding_size\":\"0\","       \
    "\"hidden_size\":\"4\",\"num_layers\":\"%s\",\"bidirectional\":\"%s\","    \
    "\"no_bias\":\"0\",\"output_size\":\"5\"%s"

static void check_words(void)
{
    rnn_model m;

    GOOD(&why, described_by(WORDS, "1", "0", ""));
    SAID(described_by("\"a\":\"b\""), RNN_E_END, "the file describes no model");
    SAID(described_by("\"rnn.h\":\"2\""), RNN_E_MISMATCH,
         "the description is of another version than 1: its key is "
         "rnn.h");
    SAID(described_by("\"rnn.h\":\"1\""), RNN_E_MISMATCH,
         "the description's wiring is missing, or no value of it");
    SAID(described_by(WORDS, "one", "0", ""), RNN_E_MISMATCH,
         "the description's num_layers is missing, or no value of it");
    SAID(described_by(WORDS, "-1", "0", ""), RNN_E_MISMATCH,
         "the description's num_layers is missing, or no value of it");
    SAID(described_by(WORDS, "2", "0", ",\"dropout\":\"1.5\""), RNN_E_MISMATCH,
         "the description's dropout is no probability");
    SAID(described_by(WORDS, "2", "0", ",\"dropout_last\":\"1.5\""),
         RNN_E_MISMATCH, "the description's dropout_last is no probability");
    SAID(described_by(WORDS, "1", "2", ""), RNN_E_MISMATCH,
         "bidirectional is 2: 1 is the most");
    SAID(described_by(WORDS, "1", "0", ",\"vocabulary\":\"6x\""),
         RNN_E_MISMATCH, "the file's vocabulary is not in hexadecimal");
    SAID(described_by(WORDS, "1", "0", ",\"vocabulary\":\"616263\""),
         RNN_E_BUFFER, "vocabulary has room for 2: 3 are needed");
    SAID(described_by(""), RNN_E_END, "the file describes no model");
    SAID(rnn_load_description("PK", 2, &m, NULL, 0, NULL, &why), RNN_E_FORMAT,
         "not a safetensors file: a zip archive, as torch.save writes");
    SAID(rnn_load_description("PK", 2, NULL, NULL, 0, NULL, &why), RNN_E_ARG,
         "model is NULL");
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_strangers();
    check_headers();
    check_shapes();
    check_descriptions();
    check_names();
    check_tensors();
    check_words();
    test_free();
    (void)run;
    kinds_unused();
    return test_end();
}
