/* Checkpoints that somebody changed: other metadata, other tensors, the words
 * of one model with the numbers of another, numbers of two bytes, bytes cut off
 * or changed. A file loads whole or is refused with its status, a reason and
 * nothing written. Every file is read from memory of exactly its size, so that
 * a sanitizer sees a byte too many. Files as rnn_save writes them are
 * test_files', the reader below is test_st's. It runs in float and, for
 * coverage, in double.
 *
 *     test_edited [SEED]
 *     test_edited --corpus DIR   the seeds of fuzz_files that are right
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "kinds.h"

/* ---- changing files ------------------------------------------------------ */

/* A file of this header and data. */
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
    CHECK(
        (int)v.model == model ||
            (model == ANY && (v.model == RNN_OK || v.model == RNN_E_MISMATCH)),
        "%s: model %d", what, v.model);
    CHECK((v.bare == RNN_OK) ==
              (v.load == RNN_OK && is_bare(m, v.model != RNN_E_END)),
          "%s: as a stack alone: %d", what, v.bare);
    CHECK(v.reasons, "%s: no reason", what);
    CHECK(v.untouched, "%s: something was written", what);
    free(b.p);
}

/* ---- right files of the wrong model -------------------------------------- */

#define SAY(key, value) "\"" key "\":\"" value "\""
#define TENSOR(name, shape, begin, end)                                        \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape                         \
    ",\"data_offsets\":[" #begin "," #end "]}"

/* The file of the model of six numbers, without a description. */
static const char tiny_json[] =
    "{" TENSOR("rnn.weight_ih_l0", "[1,1]", 0, 4) "," TENSOR(
        "rnn.weight_hh_l0", "[1,1]", 4,
        8) "," TENSOR("rnn.bias_ih_l0", "[1]", 8,
                      12) "," TENSOR("rnn.bias_hh_l0", "[1]", 12,
                                     16) "," TENSOR("out.weight", "[1,1]", 16,
                                                    20) "," TENSOR("out.bias",
                                                                   "[1]", 20,
                                                                   24) "}";

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
    {"an extra tensor", "{", "{" TENSOR("out.x", "[1]", 24, 28) ",", NO, END},
    {"an empty extra", "{", "{" TENSOR("rnn.x", "[0]", 24, 24) ",", NO, END},
    {"somebody's own", "{", "{" TENSOR("own.out.x", "[1]", 24, 28) ",", RNN_OK,
     END},
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
     "F64\",\"shape\":[1],\"data_offsets\":[20,28]", RNN_OK, END},
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
            if (m.wiring == RNN_WIRING_1_TO_N) { /* version 0.1's files */
                other.hidden_size = other.decoder_hidden_size;
                other.num_layers = other.decoder_layers;
                other.num_sources =
                    other.num_sources == 1 ? 0 : other.num_sources;
            }
            valid = params_of(&other) > 0;
            other = spelt(&other);
            check_said(
                &m, b, key, value, other_value,
                valid && same_model(&other, &m) ? RNN_OK : RNN_E_MISMATCH, ANY);
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
    {"two", "attention", "additive", "general", NO, NO},
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
    {"each_token", "num_sources", "0", "1", RNN_OK, RNN_OK},
    {"each_token", "num_sources", "0", "2", NO, NO},
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
    sprintf(to,
            "\"out.x\":{\"dtype\":\"F32\",\"shape\":[0],"
            "\"data_offsets\":[0,0]},%s",
            last);
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
    return (unsigned)((b >> 16 & 0x8000u) | ((b >> 23 & 255u) - 112u) << 10 |
                      (b >> 13 & 1023u));
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
        to += sprintf(to, "],\"data_offsets\":[%lu,%lu]}", (unsigned long)begin,
                      (unsigned long)n);
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
    rnn_why why = {0};
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
        CHECK(rnn_load_params(b.p, b.n, m, q, count, NULL, &why) == RNN_OK &&
                  !memcmp(p, q, count * sizeof *p),
              "%s in halves: %s", kinds[k % KINDS].name, reason(&why));
        free(b.p);
        for (n = 0; rnn_model_tensor(m, n, &tensor, NULL) == RNN_OK; n++) {
            b = rewritten(saved, n);
            v = ask_model(b, m);
            CHECK(v.model == RNN_OK && v.load == RNN_E_MISMATCH && v.reasons &&
                      v.untouched,
                  "%s, a wider tensor %d: %d", kinds[k % KINDS].name, n,
                  v.load);
            free(b.p);
        }
        test_free();
    }
}

/* ---- files for others ---------------------------------------------------- */

static int write_corpus(const char *folder)
{
    const bytes plain = file_of(tiny_json, 4 * TINY);
    const bytes described = file_of(tiny_full(), 4 * TINY);
    size_t i;
    int bad = write_bytes(folder, "plain", plain) +
              write_bytes(folder, "described", described);

    for (i = 0; i < LEN(seeds); i++)
        bad += write_bytes(folder, seeds[i], save_kind(kind_of(seeds[i])));
    free(plain.p);
    free(described.p);
    test_free();
    return bad != 0 || test_failed != 0;
}

int main(int argc, char **argv)
{
    int k;

    if (argc == 3 && !strcmp(argv[1], "--corpus"))
        return write_corpus(argv[2]);
    test_seed(argc, argv);
    check_mismatches();
    check_edits();
    for (k = 0; k < KINDS; k++)
        check_each_tensor(&kinds[k]);
    check_strangers();
    check_damages();
    check_mixed();
    kinds_unused();
    return test_end();
}
