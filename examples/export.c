/* export: makes a checkpoint a C header for firmware.
 *
 *     build/export gesture.safetensors -o gesture.h
 *     build/export gesture.safetensors --name hand > hand.h
 *
 * It reads what rnn_save has written, and writes, all of it constant, so that
 * it stays in flash:
 *
 *     GESTURE_NET          cell, I, E, H, L, D, bias, O: for RNN_DEFINE_STEP
 *                          and for the sizes of arrays
 *     gesture_model        the same as a rnn_model, for rnn_plan
 *     gesture_params       the weights
 *     gesture_vocabulary   what the ids stand for, if the file has that
 *     gesture_mean, ...    every further tensor of the file, under its name
 *     gesture_check        a function that makes a few steps from inputs by
 *                          chance and says whether outputs have the desk's bits
 *
 * The comment on top of the header says what the model is and what it takes of
 * flash and memory. A program includes rnn.h before it:
 *
 *     #define RNN_IMPLEMENTATION
 *     #define RNN_NO_FILES
 *     #define RNN_NO_WHY
 *     #include "rnn.h"
 *     #include "gesture.h"
 *
 *     RNN_DEFINE_STEP(step, GESTURE_NET)
 *     static rnn_real h[RNN_STATE(1, GESTURE_NET)];
 *     static rnn_real c[RNN_STATE(1, GESTURE_NET)];        -- of an LSTM
 *     static rnn_real logits[RNN_LOGITS(1, 1, GESTURE_NET)];
 *     static rnn_real scratch[RNN_SCRATCH_STEP(1, GESTURE_NET)];
 *
 *     if (gesture_check(step, h, c, logits, scratch) != 0)
 *         ...                                              -- not these bits
 *     step(gesture_params, x, NULL, h, c, logits, scratch);
 *
 * With --int8 X_UNIT weights are of 8 bits and steps in whole numbers
 * (RNN_DEFINE_STEP_INT8): X_UNIT is what a 1 of x stands for, as 0.000122 for
 * inputs below 4; 0 where ids are read. In place of gesture_params there is
 *
 *     gesture_int8         the arrays of such a step
 *
 *     RNN_DEFINE_STEP_INT8(step, GESTURE_NET)
 *     static int16_t h[RNN_STATE(1, GESTURE_NET)];
 *     static int32_t c[RNN_STATE(1, GESTURE_NET)];
 *     static int32_t logits[RNN_LOGITS(1, 1, GESTURE_NET)];
 *     static int32_t scratch[RNN_INT8_SCRATCH(GESTURE_NET)];
 *
 *     step(&gesture_int8, x, NULL, h, c, logits, scratch);
 *
 * Numbers have nine significant digits, by which a float comes back bit for
 * bit; each is read again before it is written. There are two sets of bits,
 * with fma and without (ARITHMETIC in rnn.h). The header holds what is right
 * for both, if this program is made of two objects of this file:
 *
 *     cc -O2 -c -DTWIN_PLAIN -DRNN_NO_FMA -DRNN_NO_SIMD export.c -o plain.o
 *     cc -O2 -DTWIN_BOTH export.c plain.o -o export
 *
 * (make -C examples/firmware does that); else those of this machine alone.
 *
 * Models with a decoder and stacks in two directions are not for
 * RNN_DEFINE_STEP: of them there are description and weights, for rnn_plan.
 * Nothing is written unless all of it is right. */

#define RNN_STATIC
#include "trial.h"

#include <ctype.h>

#ifndef TWIN_PLAIN /* all the rest is in the other object */

#include "c_text.h"

/* ---- what goes in -------------------------------------------------------- */

typedef struct settings {
    const char *file, *to, *int8; /* X_UNIT, or NULL: floats */
    char name[41], NAME[41]; /* what all names begin with; macros */
} settings;

typedef struct checkpoint {
    unsigned char *bytes;
    size_t len;
    rnn_st st;
    rnn_model model;
    rnn_net net;
    rnn_real *params;
    unsigned char *vocabulary;
    size_t vocabulary_len;
    int steps; /* 1: RNN_DEFINE_STEP takes it */
    trial own, plain;
    const trial *fma, *no_fma; /* those two, or NULL */
    rnn_int8_room whole; /* --int8: its arrays, and the inputs of its steps */
    int16_t *whole_x;
    rnn_real x_unit;
} checkpoint;

static void read_checkpoint(checkpoint *c, const char *path)
{
    rnn_status st = rnn_read_file(path, NULL, 0, &c->len, &why);

    if (st)
        die("%s: it cannot be read", path);
    c->bytes = (unsigned char *)zeros(c->len, 1);
    c->vocabulary = (unsigned char *)zeros(c->len, 1);
    check(rnn_read_file(path, c->bytes, c->len, &c->len, &why), &why, path);
    check(rnn_st_open(c->bytes, c->len, &c->st, &why), &why, path);
    st = rnn_load_description(c->bytes, c->len, &c->model, c->vocabulary,
                              c->len, &c->vocabulary_len, &why);
    if (st == RNN_E_END)
        die("%s: weights without a description: rnn_save writes one", path);
    check(st, &why, path);
    check(rnn_plan(&c->net, &c->model, NULL), &c->net.why, path);
    if (c->net.sizes.params > c->len) /* each has two bytes or more */
        die("%s: weights are missing", path);
    c->params = reals(c->net.sizes.params);
    check(rnn_load_params(c->bytes, c->len, &c->model, c->params,
                          c->net.sizes.params, NULL, &why),
          &why, path);
    c->steps =
        !c->model.bidirectional && (c->model.wiring == RNN_WIRING_N_TO_N ||
                                    c->model.wiring == RNN_WIRING_N_TO_1);
}

/* Inputs by chance, and what comes out in both arithmetics. */
static void try_steps(checkpoint *c)
{
    const int I = c->model.input_size;
    int steps = CHECK_NUMBERS / I, k;
    rnn_real *x;
    int *ids;
    rnn_rng rng;

    if (c->model.input != RNN_INPUT_DENSE || steps > CHECK_STEPS)
        steps = CHECK_STEPS;
    steps = steps < 2 ? 2 : steps;
    rnn_rng_seed(&rng, CHECK_SEED);
    c->own.model = &c->model;
    c->own.params = c->params;
    c->own.params_len = c->net.sizes.params;
    c->own.steps = steps;
    if (c->model.input == RNN_INPUT_DENSE) {
        x = reals((size_t)steps * (size_t)I);
        for (k = 0; k < steps * I; k++)
            x[k] = 2 * rnn_uniform(&rng) - 1;
        c->own.x = x;
    } else {
        ids = ints((size_t)steps);
        for (k = 0; k < steps; k++)
            ids[k] = below(&rng, I);
        c->own.ids = ids;
    }
    c->plain = c->own;
    trial_here(&c->own);
    c->fma = RNN_FMA ? &c->own : NULL;
    c->no_fma = RNN_FMA ? NULL : &c->own;
#if defined(TWIN_BOTH) && RNN_FMA
    trial_plain(&c->plain);
    c->no_fma = &c->plain;
#endif
}

/* ---- the same in whole numbers ------------------------------------------- */

/* What a step takes, with those macros that size the target's arrays. */
#define NET_OF(m)                                                              \
    (m)->cell, (m)->input_size, (m)->embedding_size, (m)->hidden_size,         \
        ((m)->num_layers ? (m)->num_layers : 1), 1, !(m)->no_bias,             \
        (m)->output_size

static void make_int8(checkpoint *c, const settings *s)
{
    const rnn_model *m = &c->model;
    rnn_int8_room *to = &c->whole;
    char *end;

    c->x_unit = strtof(s->int8, &end);
    if (end == s->int8 || *end)
        die("--int8 '%s': a number is wanted", s->int8);
    to->weights_len = RNN_INT8_WEIGHTS(NET_OF(m));
    to->factors_len = RNN_INT8_FACTORS(NET_OF(m));
    to->biases_len = RNN_INT8_BIASES(NET_OF(m));
    to->shifts_len = RNN_INT8_SHIFTS(NET_OF(m));
    to->weights = (uint8_t *)zeros(to->weights_len, 1);
    to->factors = (int16_t *)zeros(to->factors_len, sizeof *to->factors);
    to->biases = (int32_t *)zeros(to->biases_len, sizeof *to->biases);
    to->shifts = (uint8_t *)zeros(to->shifts_len, 1);
    check(rnn_quantize(m, c->params, c->net.sizes.params, c->x_unit, to, &why),
          &why, s->file);
}

/* A step whose sizes the compiler does not know: what RNN_DEFINE_STEP_INT8
 * defines, by the library's function behind it. */
static void int8_step(const checkpoint *c, const int16_t *x, const int *id,
                      int16_t *h, int32_t *state, int32_t *logits,
                      int32_t *scratch)
{
    const rnn_model *m = &c->model;
    rnn_i_fixed f;
    rnn_int8 q;

    f.wiring = m->wiring;
    f.cell = (int)m->cell;
    f.I = (size_t)m->input_size;
    f.E = (size_t)m->embedding_size;
    f.H = (size_t)m->hidden_size;
    f.L = m->num_layers ? (size_t)m->num_layers : 1;
    f.O = (size_t)m->output_size;
    f.bias = !m->no_bias;
    q.weights = c->whole.weights;
    q.factors = c->whole.factors;
    q.biases = c->whole.biases;
    q.shifts = c->whole.shifts;
    rnn_i_int8_step(&f, &q, x, id, h, state, logits, scratch);
}

/* The trial's hashes are of its steps, whose x are whole numbers by chance. */
static void try_int8(checkpoint *c)
{
    const rnn_model *m = &c->model;
    const size_t I = (size_t)m->input_size, n = RNN_STATE(1, NET_OF(m));
    const size_t out = RNN_LOGITS(1, 1, NET_OF(m));
    int16_t *h = (int16_t *)zeros(n, sizeof *h);
    int32_t *state = (int32_t *)zeros(n, sizeof *state);
    int32_t *logits = (int32_t *)zeros(out, sizeof *logits);
    int32_t *scratch =
        (int32_t *)zeros(RNN_INT8_SCRATCH(NET_OF(m)), sizeof *scratch);
    trial *t = &c->own;
    uint32_t hash = 2166136261u;
    size_t i;
    int k, b;

    c->whole_x = (int16_t *)zeros((size_t)t->steps * I, sizeof *c->whole_x);
    for (i = 0; t->x && i < (size_t)t->steps * I; i++)
        c->whole_x[i] = (int16_t)(t->x[i] * 32767);
    for (k = 0; k < t->steps; k++) {
        int8_step(c, t->x ? c->whole_x + (size_t)k * I : NULL,
                  t->x ? NULL : t->ids + k, h, state, logits, scratch);
        for (i = 0; i < out; i++) {
            const uint32_t v =
                (uint32_t)(m->output_size ? logits[i] : h[n - out + i]);
            for (b = 0; b < 32; b += 8)
                hash = (hash ^ (v >> b & 255u)) * 16777619u;
        }
        t->hash[k] = hash;
    }
}

/* ---- the description ----------------------------------------------------- */

static const char *const wiring_names[] = {"N vs N", "N vs 1", "1 vs N",
                                           "N vs M"};
static const char *const wirings[] = {"N_TO_N", "N_TO_1", "1_TO_N", "N_TO_M"};
static const char *const inputs[] = {"DENSE", "ONE_HOT", "EMBEDDING"};
static const char *const contexts[] = {"LAST", "MEAN", "ALL"};
static const char *const scores[] = {"NONE", "ADDITIVE", "GENERAL", "DOT",
                                     "SCALED_DOT"};
/* a division by zero unless these are all that the library has */
#define COUNT(a) (sizeof(a) / sizeof *(a))
enum { ALL_NAMES = 1 / (COUNT(wirings) == RNN_WIRINGS &&
                        COUNT(inputs) == RNN_INPUTS &&
                        COUNT(contexts) == RNN_CONTEXTS &&
                        COUNT(scores) == RNN_SCORES) };

static const char *cell_enumerator(rnn_cell cell)
{
    static char name[40];
    size_t i;

    for (i = 0; cell_names[cell][i]; i++)
        name[i] = cell_names[cell][i] == '-'
                      ? '_'
                      : (char)toupper((unsigned char)cell_names[cell][i]);
    name[i] = 0;
    return name;
}

enum { FIELDS = 26 };

/* In the order of the struct, since C++11 knows no names in initialisers. */
static void put_model(text *t, const checkpoint *c, const settings *s)
{
    const rnn_model *m = &c->model;
    const struct {
        const char *name;
        int value;
    } ints_of[] = {
        {"target_size", m->target_size},
        {"target_embedding_size", m->target_embedding_size},
        {"decoder_hidden_size", m->decoder_hidden_size},
        {"decoder_layers", m->decoder_layers}};
    char drop[40], drop_last[40];
    size_t i;
    /* a division by zero unless the struct has this many fields */
    enum { ALL_FIELDS = 1 / (sizeof *m == FIELDS * sizeof(int)) };

    spell_real(drop, sizeof drop, m->dropout, "dropout");
    spell_real(drop_last, sizeof drop_last, m->dropout_last, "dropout_last");
    put_text(t, "static const rnn_model %s_model = {\n", s->name);
    put_text(t, "    RNN_WIRING_%s,\n", wirings[m->wiring]);
    put_text(t, "    RNN_CELL_%s,\n", cell_enumerator(m->cell));
    put_text(t, "    RNN_INPUT_%s,\n", inputs[m->input]);
    put_text(t, "    %d, /* input_size */\n", m->input_size);
    put_text(t, "    %d, /* embedding_size */\n", m->embedding_size);
    put_text(t, "    %d, /* hidden_size */\n", m->hidden_size);
    put_text(t, "    %d, /* num_layers */\n", m->num_layers);
    put_text(t, "    %d, /* bidirectional */\n", m->bidirectional);
    put_text(t, "    %d, /* no_bias */\n", m->no_bias);
    put_text(t, "    %d, /* output_size */\n", m->output_size);
    put_text(t, "    %s, /* dropout */\n", drop);
    put_text(t, "    %s, /* dropout_last */\n", drop_last);
    put_text(t, "    RNN_INPUT_%s, /* target */\n", inputs[m->target]);
    for (i = 0; i < COUNT(ints_of); i++)
        put_text(t, "    %d, /* %s */\n", ints_of[i].value, ints_of[i].name);
    put_text(t, "    RNN_CONTEXT_%s,\n", contexts[m->context]);
    put_text(t, "    %d, /* source_steps */\n", m->source_steps);
    put_text(t, "    %d, /* context_size */\n", m->context_size);
    put_text(t, "    %uu, /* feed */\n", m->feed);
    put_text(t, "    %uu, /* hand_over */\n", m->hand_over);
    put_text(t, "    RNN_SCORE_%s, /* attention */\n", scores[m->attention]);
    put_text(t, "    %d, /* attention_size */\n", m->attention_size);
    put_text(t, "    %d, /* head_context */\n", m->head_context);
    put_text(t, "    %d  /* num_sources */\n", m->num_sources);
    put_text(t, "};\n\n");
}

/* ---- names --------------------------------------------------------------- */

/* A file's name without its folders, or a tensor's, as part of a comment or of
 * a name in C: all but letters, digits and what `more` has is _ there. */
static void plain_name(char *out, size_t cap, const char *name, size_t n,
                       const char *more)
{
    size_t i;

    for (i = 0; i < n && i + 1 < cap; i++)
        out[i] = (char)(name[i] && (unsigned char)name[i] < 128 &&
                                (isalnum((unsigned char)name[i]) ||
                                 strchr(more, name[i]))
                            ? name[i]
                            : '_');
    out[i] = 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* s->name, as given or after the header or the file. */
static void set_names(settings *s, const char *given)
{
    const char *base = given ? given : base_name(s->to ? s->to : s->file);
    const size_t n = given ? strlen(given) : strcspn(base, ".");
    size_t i;

    plain_name(s->name, sizeof s->name, base, n, "_");
    if (given && strcmp(given, s->name) != 0)
        die("--name '%s': letters, digits and _ make a name, 40 at most",
            given);
    if (!isalpha((unsigned char)s->name[0]))
        die("'%s' begins no name in C; --name gives another", s->name);
    if (strncmp(s->name, "rnn", 3) == 0)
        die("'%s': names that begin with rnn are the library's; --name gives "
            "another",
            s->name);
    for (i = 0; s->name[i]; i++)
        s->NAME[i] = (char)toupper((unsigned char)s->name[i]);
}

/* Whether a tensor is the model's; in the file of a stack alone without the
 * prefix "rnn.". */
static int is_weight(const rnn_model *model, const char *name)
{
    const int alone = model->output_size == 0 &&
                      model->input != RNN_INPUT_EMBEDDING &&
                      model->wiring != RNN_WIRING_1_TO_N &&
                      model->wiring != RNN_WIRING_N_TO_M;
    rnn_tensor w;
    int k;

    for (k = 0; rnn_model_tensor(model, k, &w, NULL) == RNN_OK; k++)
        if (strcmp(w.name + (alone ? strlen("rnn.") : 0), name) == 0)
            return 1;
    return 0;
}

/* ---- the parts of the header --------------------------------------------- */

/* What it is, in words. */
static void put_words(text *t, const checkpoint *c)
{
    static const char *const reads[] = {"%d numbers a step", "one of %d tokens",
                                        "one of %d tokens by a table"};
    const rnn_model *m = &c->model;
    const int layers = m->num_layers ? m->num_layers : 1;

    put_text(t, " * %s, %d unit%s", cell_names[m->cell], m->hidden_size,
             m->hidden_size == 1 ? "" : "s");
    put_text(t, " in %d layer%s%s; ", layers, layers == 1 ? "" : "s",
             m->bidirectional ? " of two directions" : "");
    put_text(t, "%s;\n * reads ", wiring_names[m->wiring]);
    put_text(t, reads[m->input], m->input_size);
    if (m->output_size)
        put_text(t, ", says %d number%s", m->output_size,
                 m->output_size == 1 ? "" : "s");
    put_text(t, c->model.wiring == RNN_WIRING_N_TO_1 ? " after the last.\n"
                                                     : ".\n");
}

/* A line of the table; the name of what stands there, and bytes. */
static void put_bytes(text *t, const char *where, const char *what,
                      double bytes)
{
    put_text(t, " *     %-8s%-24s %8.0f\n", where, what, bytes);
}

/* The tensor at *pos that is not the model's; 0 after the last. n: how many
 * numbers; name is as C has it, part of a name in C. */
typedef struct extra {
    rnn_st_tensor tensor;
    char file_name[200], name[200];
    size_t n;
} extra;

static int next_extra(const checkpoint *c, size_t *pos, extra *e)
{
    unsigned char *name = (unsigned char *)e->file_name;
    size_t len;
    int k;

    while (rnn_st_next(&c->st, pos, &e->tensor) == RNN_OK) {
        len = rnn_st_unescape(e->tensor.name, e->tensor.name_len, NULL, 0);
        if (len >= sizeof e->file_name)
            die("a tensor's name has %lu bytes; at most %lu make a name in C",
                (unsigned long)len, (unsigned long)sizeof e->file_name - 1);
        (void)rnn_st_unescape(e->tensor.name, e->tensor.name_len, name, len);
        name[len] = 0;
        plain_name(e->name, sizeof e->name, e->file_name, len, "_");
        if (strlen(e->file_name) != len)
            die("the name of tensor %s has a byte 0", e->name);
        if (is_weight(&c->model, e->file_name))
            continue;
        for (e->n = 1, k = 0; k < e->tensor.ndim; k++)
            e->n *= e->tensor.dims[k];
        return 1;
    }
    return 0;
}

/* Whether it can stand in the header as floats. */
static int is_told(const extra *e)
{
    const rnn_st_dtype d = e->tensor.dtype;

    return e->n > 0 && (d == RNN_ST_F64 || d == RNN_ST_F32 || d == RNN_ST_F16 ||
                        d == RNN_ST_BF16);
}

#define BYTES(...) (4 * (double)(__VA_ARGS__))

/* States of whole numbers have half the bytes. */
static void put_memory(text *t, const checkpoint *c)
{
    const rnn_model *m = &c->model;
    const int whole = c->whole.weights != NULL;

    put_bytes(t, "RAM", "h", BYTES(RNN_STATE(1, NET_OF(m))) / (whole + 1));
    if (RNN_HAS_C(m->cell))
        put_bytes(t, "", "c", BYTES(RNN_STATE(1, NET_OF(m))));
    if (m->output_size)
        put_bytes(t, "", "logits", BYTES(RNN_LOGITS(1, 1, NET_OF(m))));
    put_bytes(t, "", "scratch",
              BYTES(whole ? RNN_INT8_SCRATCH(NET_OF(m))
                          : RNN_SCRATCH_STEP(1, NET_OF(m))));
    put_text(t,
             " *     stack   of a step at most 128 in all that `make firmware`"
             "\n *             measures at -O2 on Cortex-M4F\n");
}

/* The comment on top. */
static void put_top(text *t, const checkpoint *c, const settings *s)
{
    const rnn_int8_room *q = &c->whole;
    char file[80];
    size_t pos = 0;
    extra e;

    plain_name(file, sizeof file, base_name(s->file),
               strlen(base_name(s->file)), "._-");
    put_text(t, "/* %s: a model for firmware, which examples/export.c of\n",
             s->name);
    put_text(t, " * rnn.h %s has made of %s.\n *\n", RNN_VERSION, file);
    put_words(t, c);
    put_text(t, " *\n * Bytes:\n *\n");
    put_bytes(t, "flash", "weights",
              q->weights ? (double)q->weights_len + 2 * (double)q->factors_len +
                               4 * (double)q->biases_len + (double)q->shifts_len
                         : BYTES(c->net.sizes.params));
    if (c->vocabulary_len)
        put_bytes(t, "", "vocabulary", (double)c->vocabulary_len);
    while (next_extra(c, &pos, &e))
        if (is_told(&e))
            put_bytes(t, "", e.name, BYTES(e.n));
    if (c->steps) {
        put_bytes(
            t, "", "self-check",
            BYTES(c->own.steps) +
                (c->own.x ? (q->weights ? 2 : 4) * c->model.input_size : 4) *
                    c->own.steps);
        put_memory(t, c);
    }
    put_text(t, " *\n * Arrays that a program does not read are not linked.\n");
    put_text(t,
             c->steps
                 ? " * examples/export.c says how to use this. */\n"
                 : " * RNN_DEFINE_STEP is not for such a model: rnn_plan takes "
                   "%s_model,\n * and rnn_bind with work.weights = %s_params "
                   "says what memory it needs. */\n",
             s->name, s->name);
}

static void put_net(text *t, const checkpoint *c, const settings *s)
{
    const rnn_model *m = &c->model;

    put_text(t, "/* cell, I, E, H, L, D, bias, O */\n");
    put_text(t, "#define %s_NET \\\n", s->NAME);
    put_text(t, "    RNN_CELL_%s, %d, %d, %d, ", cell_enumerator(m->cell),
             m->input_size, m->embedding_size, m->hidden_size);
    put_text(t, "%d, 1, %d, %d\n\n", m->num_layers ? m->num_layers : 1,
             !m->no_bias, m->output_size);
}

static void put_vocabulary(text *t, const checkpoint *c, const settings *s)
{
    char number[40];
    size_t i;

    sprintf(number, "%lu", (unsigned long)c->vocabulary_len);
    begin_array(t, "unsigned char", s->name, "vocabulary", number);
    for (i = 0; i < c->vocabulary_len; i++) {
        sprintf(number, "%d", c->vocabulary[i]);
        put_element(t, number);
    }
    end_array(t);
    put_text(t, "\n");
}

/* Names that the header has anyhow. */
static int is_taken(const char *name)
{
    static const char *const own[] = {"net", "model", "params", "vocabulary",
                                      "stepper", "weights", "factors",
                                      "biases", "shifts", "int8"};
    size_t i;

    for (i = 0; i < COUNT(own); i++)
        if (strcmp(own[i], name) == 0)
            return 1;
    return strncmp(name, "check", 5) == 0;
}

static void put_extras(text *t, const checkpoint *c, const settings *s)
{
    size_t pos = 0, at;
    char length[40];
    extra e, other;
    rnn_real *x;

    while (next_extra(c, &pos, &e)) {
        if (!is_told(&e)) {
            put_text(t, "/* left out: %s, of %lu numbers %s */\n\n", e.name,
                     (unsigned long)e.n, rnn_st_dtype_name(e.tensor.dtype));
            continue;
        }
        if (is_taken(e.name))
            die("tensor %s: the header has that name for its own", e.name);
        for (at = pos; next_extra(c, &at, &other);)
            if (strcmp(e.name, other.name) == 0)
                die("two tensors have the name %s in C", e.name);
        x = reals(e.n);
        check(rnn_load_tensor(&c->st, e.file_name, x, e.n, &why), &why, e.name);
        sprintf(length, "%lu", (unsigned long)e.n);
        begin_array(t, "rnn_real", s->name, e.name, length);
        put_reals(t, x, e.n, e.name);
        end_array(t);
        put_text(t, "\n");
    }
}

static void put_hashes(text *t, const trial *of, const char *when)
{
    char number[40];
    int k;

    if (!of)
        return;
    put_text(t, "\n%s", when);
    t->column = 0;
    for (k = 0; k < of->steps; k++) {
        sprintf(number, "0x%08lxu", (unsigned long)of->hash[k]);
        put_element(t, number);
    }
}

/* What the self-check reads, and what must come out. */
static void put_check_data(text *t, const checkpoint *c, const settings *s)
{
    const int n = c->own.x ? c->own.steps * c->model.input_size : c->own.steps;
    char number[60];
    int k;

    put_text(t, "enum { %s_CHECK_STEPS = %d };\n", s->NAME, c->own.steps);
    sprintf(number, "%d", n);
    begin_array(t,
                !c->own.x    ? "int"
                : c->whole_x ? "int16_t"
                             : "rnn_real",
                s->name, c->own.x ? "check_x" : "check_ids", number);
    if (c->own.x && !c->whole_x)
        put_reals(t, c->own.x, (size_t)n, "the self-check");
    for (k = 0; k < n && c->own.x && c->whole_x; k++)
        put_int(t, c->whole_x[k]);
    for (k = 0; k < n && c->own.ids; k++)
        put_int(t, c->own.ids[k]);
    end_array(t);
    sprintf(number, "%.40s_CHECK_STEPS", s->NAME);
    begin_array(t, "uint32_t", s->name, "check_hash", number);
    if (c->whole_x) { /* one set of bits */
        put_hashes(t, &c->own, "");
    } else {
        put_hashes(t, c->fma, "#if RNN_FMA");
        put_hashes(t, c->no_fma, c->fma ? "#else" : "#if !RNN_FMA");
        put_text(t, "\n#endif");
    }
    end_array(t);
}

/* The self-check. @ stands for the name, # for that of macros, & before a comma
 * for the weights; a line that begins with x or i is for inputs that are
 * numbers or ids, with f or q for floats or whole numbers. */
static const char check_text[] =
    "ftypedef void @_stepper(const rnn_real *, const rnn_real *, const int *,\n"
    "f                       rnn_real *, rnn_real *, rnn_real *, rnn_real *);\n"
    "qtypedef void @_stepper(const rnn_int8 *, const int16_t *, const int *,\n"
    "q                       int16_t *, int32_t *, int32_t *, int32_t *);\n"
    " \n"
    " /* Makes the steps above, and returns 0, or the number, from 1, of the\n"
    "  * first whose outputs have other bits than the desk's. h and c begin\n"
    "  * and end at zero. */\n"
    "fstatic inline int @_check(@_stepper *step, rnn_real *h, rnn_real *c,\n"
    "f                          rnn_real *logits, rnn_real *scratch)\n"
    "qstatic inline int @_check(@_stepper *step, int16_t *h, int32_t *c,\n"
    "q                          int32_t *logits, int32_t *scratch)\n"
    " {\n"
    "     enum { n = RNN_STATE(1, #_NET),\n"
    "            outputs = RNN_LOGITS(1, 1, #_NET) };\n"
    "f    const rnn_real *out = logits ? logits : h + (n - outputs);\n"
    "f    union {\n"
    "f        rnn_real real;\n"
    "f        uint32_t bits;\n"
    "f    } u;\n"
    "q    uint32_t v;\n"
    "     uint32_t hash = 2166136261u;\n"
    "     int t, i, b, wrong = 0;\n"
    " \n"
    "     for (i = 0; i < n; i++)\n"
    "         h[i] = 0;\n"
    "     for (i = 0; c && i < n; i++)\n"
    "         c[i] = 0;\n"
    "     for (t = 0; t < #_CHECK_STEPS && !wrong; t++) {\n"
    "x        step(&, @_check_x + t * %d, NULL, h, c, logits,\n"
    "i        step(&, NULL, @_check_ids + t, h, c, logits,\n"
    "              scratch);\n"
    "         for (i = 0; i < outputs; i++) {\n"
    "f            u.real = out[i];\n"
    "q            v = (uint32_t)(logits ? logits[i] : h[n - outputs + i]);\n"
    "             for (b = 0; b < 32; b += 8)\n"
    "f                hash = (hash ^ (u.bits >> b & 255u)) * 16777619u;\n"
    "q                hash = (hash ^ (v >> b & 255u)) * 16777619u;\n"
    "         }\n"
    "         wrong = hash == @_check_hash[t] ? 0 : t + 1;\n"
    "     }\n"
    "     for (i = 0; i < n; i++)\n"
    "         h[i] = 0;\n"
    "     for (i = 0; c && i < n; i++)\n"
    "         c[i] = 0;\n"
    "     return wrong;\n"
    " }\n";

static void put_check(text *t, const checkpoint *c, const settings *s)
{
    const char *p = check_text, *end;

    for (; *p; p = end + 1) {
        end = strchr(p, '\n');
        if (*p == (c->own.x ? 'i' : 'x') || *p == (c->whole_x ? 'f' : 'q'))
            continue;
        p++;
        for (; p <= end; p++)
            if (*p == '@')
                put_text(t, "%s", s->name);
            else if (*p == '#')
                put_text(t, "%s", s->NAME);
            else if (*p == '&' && p[1] == ',')
                put_text(t, c->whole_x ? "&%s_int8" : "%s_params", s->name);
            else if (*p == '%' && p++)
                put_text(t, "%d", c->model.input_size);
            else
                put_text(t, "%c", *p);
    }
}

static void put_params(text *t, const checkpoint *c, const settings *s)
{
    char length[60];

    sprintf(length, "%lu", (unsigned long)c->net.sizes.params);
    begin_array(t, "rnn_real", s->name, "params", length);
    put_reals(t, c->params, c->net.sizes.params, "the model");
    end_array(t);
    put_text(t, "\n");
}

/* Weights begin at a word. */
static void put_int8(text *t, const checkpoint *c, const settings *s)
{
    const rnn_int8_room *q = &c->whole;
    char number[60];
    size_t i;

    put_text(t, "static const union {\n    uint8_t bytes[%lu];\n",
             (unsigned long)q->weights_len);
    put_text(t, "    uint32_t word;\n} %s_weights = {{", s->name);
    t->column = 0;
    for (i = 0; i < q->weights_len; i++)
        put_int(t, q->weights[i]);
    put_text(t, "\n}};\n\n");
    sprintf(number, "%lu", (unsigned long)q->factors_len);
    begin_array(t, "int16_t", s->name, "factors", number);
    for (i = 0; i < q->factors_len; i++)
        put_int(t, q->factors[i]);
    end_array(t);
    sprintf(number, "%lu", (unsigned long)q->biases_len);
    begin_array(t, "int32_t", s->name, "biases", number);
    for (i = 0; i < q->biases_len; i++)
        put_int(t, q->biases[i]);
    end_array(t);
    sprintf(number, "%lu", (unsigned long)q->shifts_len);
    begin_array(t, "uint8_t", s->name, "shifts", number);
    for (i = 0; i < q->shifts_len; i++)
        put_int(t, q->shifts[i]);
    end_array(t);
    put_text(t, "static const rnn_int8 %s_int8 = {\n", s->name);
    put_text(t, "    %s_weights.bytes, %s_factors,\n", s->name, s->name);
    put_text(t, "    %s_biases, %s_shifts};\n\n", s->name, s->name);
    if (c->x_unit > 0) { /* else ids are read */
        spell_real(number, sizeof number, c->x_unit, "X_UNIT");
        put_text(t, "#define %s_X_UNIT %s\n\n", s->NAME, number);
    }
}

static void put_header(text *t, checkpoint *c, const settings *s)
{
    put_top(t, c, s);
    put_text(t, "#ifndef %s_H\n#define %s_H\n\n", s->NAME, s->NAME);
    put_text(t, "#ifndef RNN_VERSION\n#error \"include rnn.h before this\"\n"
                "#endif\n\n");
    if (c->steps)
        put_net(t, c, s);
    put_model(t, c, s);
    if (c->whole.weights)
        put_int8(t, c, s);
    else
        put_params(t, c, s);
    if (c->vocabulary_len)
        put_vocabulary(t, c, s);
    put_extras(t, c, s);
    if (c->steps) {
        const int one = !c->whole_x && (!c->fma || !c->no_fma);

        if (one)
            put_text(t,
                     "/* Of one arithmetic: export has been built without "
                     "TWIN_BOTH. */\n#if %sRNN_FMA\n",
                     c->fma ? "" : "!");
        put_check_data(t, c, s);
        put_text(t, "\n");
        put_check(t, c, s);
        put_text(t, one ? "#endif\n\n" : "\n");
    }
    put_text(t, "#endif\n");
}

/* ---- the program --------------------------------------------------------- */

static const char about[] =
    "export makes a checkpoint a C header for firmware.\n\n"
    "  export FILE [-o HEADER] [--name NAME] [--int8 X_UNIT]\n\n"
    "  -o HEADER    where it goes [to the terminal]\n"
    "  --name NAME  what all names in it begin with [that of the header or of "
    "the\n               file]\n"
    "  --int8 X_UNIT  weights of 8 bits, for a step in whole numbers whose x "
    "are\n               in this unit; 0 if it reads ids\n";

static settings read_settings(int argc, char **argv)
{
    settings s = {0};
    const char *name = NULL, **to;
    int i;

    program = argc > 0 ? argv[0] : program;
    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            fputs(about, stdout);
            exit(0);
        }
        to = !strcmp(argv[i], "-o")       ? &s.to
             : !strcmp(argv[i], "--name") ? &name
             : !strcmp(argv[i], "--int8") ? &s.int8
                                          : &s.file;
        if (to == &s.file && argv[i][0] == '-')
            die("'%s' is no option; --help lists them", argv[i]);
        if (*to)
            die("'%s': %s is given already", argv[i],
                to == &s.file ? "a file" : "that");
        if (to != &s.file && ++i == argc)
            die("%s: its value is missing", argv[i - 1]);
        *to = argv[i];
    }
    if (!s.file)
        die("which file? --help says more");
    set_names(&s, name);
    return s;
}

int main(int argc, char **argv)
{
    const settings s = read_settings(argc, argv);
    checkpoint c = {0};
    text t = {0};

    read_checkpoint(&c, s.file);
    if (s.int8)
        make_int8(&c, &s);
    if (c.steps)
        try_steps(&c);
    if (s.int8)
        try_int8(&c);
    put_header(&t, &c, &s);
    if (s.to)
        check(rnn_write_file(s.to, t.bytes, t.len, &why), &why, s.to);
    else if (fwrite(t.bytes, 1, t.len, stdout) != t.len || fflush(stdout) != 0)
        die("not completely written: %s", strerror(errno));
    free(t.bytes);
    return 0;
}

#endif
