/* parity: does the library agree with PyTorch?
 *
 *     build/parity [--write DIR] FILE...
 *
 * A FILE is a safetensors file that holds one case: a configuration (in its
 * __metadata__), inputs in.*, parameters p.*, upstream gradients up.*, and what
 * PyTorch made of them in float32 (out.*, grad.*) and in float64 (out64.*,
 * grad64.*). The program runs the same through rnn.h, compares every out.* and
 * grad.* tensor, and prints one line per file:
 *
 *     ok NAME worst=...              worst error / tolerance, over its tensors
 *     FAIL NAME tensor=... error=... tolerance=...
 *     FAIL NAME why
 *     unsupported NAME why
 *
 * then `N passed, N failed, N skipped`. It exits 1 if any case failed and 2 if
 * it is called wrongly. --write DIR also writes what the library computed to
 * DIR/NAME.safetensors, under the names and in the shapes of the case.
 *
 * A tensor agrees when max|a - b| <= 10 err32 + 1e-6 max|b| + 1e-9, where b is
 * the float64 value and err32 (metadata err32.<tensor>) is how far PyTorch's
 * own float32 run lies from it.
 *
 * A kind of case fetches its inputs, calls the library, and hands every result
 * to put_*. Memory is of exact size and filled with NaN: a sanitizer sees an
 * overrun, the comparison what is read or compared before it is written. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#define MAKE_DIR(path) ((void)mkdir(path, 0777))
#else
#define MAKE_DIR(path) ((void)(path))
#endif

#define NAME_CAP 256                /* of a tensor's name, a metadata value */
#define MAX_BYTES ((size_t)1 << 30) /* of a case's buffers: cases are small */
#define MAX_SIZE (1 << 20)          /* in metadata: products of three fit   */
#define LEN(a) (sizeof(a) / sizeof *(a))

/* ---- the case that runs -------------------------------------------------- */

typedef enum verdict { PASSED, FAILED, SKIPPED } verdict;

typedef struct result { /* a tensor that the library computed */
    struct result *next;
    char name[NAME_CAP];
    double *values; /* in PyTorch's layout */
    size_t count;
} result;

typedef struct stack { /* what the case says of one */
    size_t hidden, layers, directions;
} stack;

static struct {
    char name[NAME_CAP]; /* of the file, without folder and extension */
    rnn_st st;
    size_t used; /* bytes of memory */
    result *made;
    verdict verdict;
    char why[2 * NAME_CAP];
    double worst; /* error / tolerance */
    char worst_name[NAME_CAP];
    jmp_buf leave;       /* where a case that cannot go on jumps to */
    char *file, *end;    /* what is written, to the end of its header */
    unsigned char *data; /* what follows */
    size_t data_len;
    /* what its metadata say */
    rnn_model model;
    rnn_seq seq, source;
    rnn_attention att;
    rnn_optimizer opt;
    int bias, varlen, varlen_cell, masked, head, reset_after, maximize;
    int rows, steps;
    rnn_real max_norm, norm_type, torch_norm, clip, smoothing;
    /* what it runs */
    stack top, encoder; /* alone, or in front of a head; of a source */
    rnn_linear lin;
    rnn_net net;
    rnn_work work;
    rnn_flow flow, source_flow;
    rnn_real *params;
    /* of a model: rows of logits, numbers of in.x, targets of either kind */
    size_t results, x;
    const int *targets;
    const rnn_real *mask, *numbers;
    rnn_real n, *y, *logits, *values, *dlogits, *dx, *dh0, *dc0;
    double loss;
} the;

/* Ends the case. The first reason stays. */
static void stop(verdict v, const char *form, ...)
{
    va_list args;

    va_start(args, form);
    if (the.verdict == PASSED) {
        the.verdict = v;
        vsnprintf(the.why, sizeof the.why, form, args);
    }
    va_end(args);
    longjmp(the.leave, 1);
}

#define FAIL(...) stop(FAILED, __VA_ARGS__)
#define SKIP(...) stop(SKIPPED, __VA_ARGS__)

static void check_call(const char *call, rnn_status status)
{
    if (status != RNN_OK)
        FAIL("%s: %s", call, rnn_status_text(status));
}

/* A call of the library that has to succeed. */
#define CALL(function, ...) check_call(#function, function(__VA_ARGS__))

/* count elements of size bytes that live as long as the case. */
static void *get(size_t count, size_t size)
{
    void *p;

    if (count > (MAX_BYTES - the.used) / size)
        FAIL("it needs more than 1 GiB");
    the.used += count * size;
    p = test_memory(count * size);
    return memset(p, 0xff, count * size); /* NaN, or -1 */
}

#define ROOM(count) ((rnn_real *)get(count, sizeof(rnn_real)))

static rnn_real *zeros(size_t count)
{
    return (rnn_real *)memset(ROOM(count), 0, count * sizeof(rnn_real));
}

/* ---- metadata ------------------------------------------------------------ */

/* The value of a key until the next call, or NULL. */
static const char *text_of(const char *key)
{
    static char text[NAME_CAP];
    size_t len = 0;
    const rnn_status status =
        rnn_st_meta(&the.st, key, (unsigned char *)text, NAME_CAP - 1, &len);

    if (status == RNN_E_END)
        return NULL;
    text[status ? 0 : len] = 0;
    if (status || strlen(text) != len)
        FAIL("metadata %s: not a short text", key);
    return text;
}

static const char *need_text(const char *key)
{
    if (!text_of(key))
        FAIL("metadata %s is missing", key);
    return text_of(key);
}

static int says(const char *key, const char *value)
{
    const char *text = text_of(key);

    return text && strcmp(text, value) == 0;
}

static double list[NAME_CAP / 2]; /* a key's numbers: with commas they fit */

/* Reads numbers between commas; gives how many there are. */
static int read_list(const char *key)
{
    const char *text = need_text(key);
    char *end;
    int n = 0;

    for (;; text = end + 1) {
        list[n++] = strtod(text, &end);
        if (end == text || (*end && *end != ','))
            FAIL("metadata %s: not a number", key);
        if (!*end)
            return n;
    }
}

static int size_of(const char *key, double x)
{
    if (!(x >= 0 && x <= MAX_SIZE) || floor(x) < x)
        FAIL("metadata %s: not a size", key);
    return (int)x;
}

enum { HEAD_S, HEAD_S_C, HEAD_SQUARED };

/* A key, or "" for flags, one of its values, and what that means. */
static const struct {
    const char *key, *text;
    int value;
} words[] = {{"", "0", 0},
             {"", "1", 1},
             {"", "False", 0},
             {"", "True", 1},
             {"cell", "rnn_tanh", RNN_CELL_TANH},
             {"cell", "rnn_relu", RNN_CELL_RELU},
             {"cell", "gru", RNN_CELL_GRU},
             {"cell", "lstm", RNN_CELL_LSTM},
             {"cell", "lstm_peephole", RNN_CELL_LSTM_PEEPHOLE},
             {"cell", "gru_reset_before", RNN_CELL_GRU_RESET_BEFORE},
             {"op", "RNN", RNN_CELL_TANH},
             {"op", "GRU", RNN_CELL_GRU_RESET_BEFORE},
             {"op", "LSTM", RNN_CELL_LSTM},
             {"wiring", "n_vs_n", RNN_WIRING_N_TO_N},
             {"wiring", "n_vs_1", RNN_WIRING_N_TO_1},
             {"wiring", "1_vs_n", RNN_WIRING_1_TO_N},
             {"wiring", "encdec", RNN_WIRING_N_TO_M},
             {"wiring", "bahdanau", RNN_WIRING_N_TO_M},
             {"mode", "first", RNN_FEED_FIRST},
             {"mode", "each", RNN_FEED_EACH},
             {"use", "h0", RNN_FEED_STATE},
             {"use", "input", RNN_FEED_EACH},
             {"use", "both", RNN_FEED_STATE | RNN_FEED_EACH},
             {"ctx", "last", RNN_CONTEXT_LAST},
             {"ctx", "qlast", RNN_CONTEXT_LAST},
             {"ctx", "qmean", RNN_CONTEXT_MEAN},
             {"ctx", "qcat", RNN_CONTEXT_ALL},
             {"s0", "zero", 0},
             {"s0", "q", RNN_FEED_STATE},
             {"head", "xent", HEAD_S},
             {"head", "mse", HEAD_SQUARED},
             {"head", "s", HEAD_S},
             {"head", "sc", HEAD_S_C},
             {"algo", "SGD", RNN_OPT_SGD},
             {"algo", "Adagrad", RNN_OPT_ADAGRAD},
             {"algo", "Adadelta", RNN_OPT_ADADELTA},
             {"algo", "RMSprop", RNN_OPT_RMSPROP},
             {"algo", "Adam", RNN_OPT_ADAM},
             {"algo", "AdamW", RNN_OPT_ADAMW}};

/* An int: what a key's word means, what a flag's does, a number; an rnn_real: a
 * number, the first of two, the second. */
enum { WORD, FLAG, SIZE, NUMBER, FIRST, SECOND };

/* A key, what it is, and where it goes. */
static const struct field {
    const char *key;
    int kind;
    void *to;
} fields[] = {
    {"cell", WORD, &the.model.cell}, {"op", WORD, &the.model.cell},
    {"I", SIZE, &the.model.input_size}, {"H", SIZE, &the.model.hidden_size},
    {"L", SIZE, &the.model.num_layers}, {"bias", FLAG, &the.bias},
    {"bidirectional", FLAG, &the.model.bidirectional},
    {"linear_before_reset", FLAG, &the.reset_after},
    {"T", SIZE, &the.seq.steps}, {"B", SIZE, &the.seq.batch},
    {"S", SIZE, &the.source.steps}, {"B", SIZE, &the.source.batch},
    {"varlen", FLAG, &the.varlen}, {"varlen_cell", FLAG, &the.varlen_cell},
    /* models */
    {"S", SIZE, &the.model.source_steps},
    {"wiring", WORD, &the.model.wiring}, {"head", WORD, &the.head},
    {"Vs", SIZE, &the.model.input_size}, {"He", SIZE, &the.model.hidden_size},
    {"Hd", SIZE, &the.model.decoder_hidden_size},
    {"V", SIZE, &the.model.output_size}, {"Vt", SIZE, &the.model.output_size},
    {"Vt", SIZE, &the.model.target_size}, {"masked", FLAG, &the.masked},
    {"ctx", WORD, &the.model.context}, {"mode", WORD, &the.model.feed},
    {"use", WORD, &the.model.feed}, {"s0", WORD, &the.model.feed},
    {"A", SIZE, &the.model.attention_size}, {"A", SIZE, &the.att.size},
    {"Hs", SIZE, &the.att.query_size}, {"K", SIZE, &the.att.key_size},
    /* losses, clipping, optimisers */
    {"N", SIZE, &the.rows}, {"label_smoothing", NUMBER, &the.smoothing},
    {"max_norm", NUMBER, &the.max_norm},
    {"norm_type", NUMBER, &the.norm_type}, {"clip", NUMBER, &the.clip},
    {"torch_f32_norm", NUMBER, &the.torch_norm},
    {"steps", SIZE, &the.steps}, {"algo", WORD, &the.opt.kind},
    {"lr", NUMBER, &the.opt.lr}, {"momentum", NUMBER, &the.opt.momentum},
    {"weight_decay", NUMBER, &the.opt.weight_decay},
    {"dampening", NUMBER, &the.opt.dampening},
    {"nesterov", FLAG, &the.opt.nesterov}, {"alpha", NUMBER, &the.opt.rho},
    {"rho", NUMBER, &the.opt.rho}, {"centered", FLAG, &the.opt.centered},
    {"betas", FIRST, &the.opt.beta1}, {"betas", SECOND, &the.opt.beta2},
    {"amsgrad", FLAG, &the.opt.amsgrad}, {"eps", NUMBER, &the.opt.eps},
    {"lr_decay", NUMBER, &the.opt.lr_decay},
    {"initial_accumulator_value", NUMBER, &the.opt.initial},
    {"maximize", FLAG, &the.maximize}};

static int value_of_word(const char *key, const char *text)
{
    size_t i;

    for (i = 0; i < LEN(words); i++)
        if (!strcmp(words[i].key, key) && !strcmp(words[i].text, text))
            return words[i].value;
    return -1;
}

/* All that the file says; what it does not say stays. */
static void read_fields(void)
{
    const struct field *f;
    rnn_real x;
    int i = 0;

    for (f = fields; f < fields + LEN(fields); f++) {
        const char *text = text_of(f->key);
        if (!text)
            continue;
        if (f->kind <= FLAG) {
            i = value_of_word(f->kind == WORD ? f->key : "", text);
            if (i < 0)
                stop(f->kind == WORD ? SKIPPED : FAILED, "%s %s", f->key, text);
        } else if (read_list(f->key) != (f->kind >= FIRST ? 2 : 1)) {
            FAIL("metadata %s: not so many numbers", f->key);
        } else if (f->kind == SIZE) {
            i = size_of(f->key, list[0]);
        }
        x = (rnn_real)list[f->kind == SECOND];
        if (f->kind >= NUMBER)
            memcpy(f->to, &x, sizeof x);
        else
            memcpy(f->to, &i, sizeof i);
    }
}

/* ---- tensors of the file ------------------------------------------------- */

/* The tensor of that name until the next call, or NULL. */
static const rnn_st_tensor *find(const char *name)
{
    static rnn_st_tensor t;

    return rnn_st_find(&the.st, name, &t) == RNN_OK ? &t : NULL;
}

static size_t count_of(const rnn_st_tensor *t)
{
    if (t->dtype == RNN_ST_F64)
        return t->size / 8;
    if (t->dtype != RNN_ST_F32 && t->dtype != RNN_ST_I32)
        FAIL("a tensor is of type %s", rnn_st_dtype_name(t->dtype));
    return t->size / 4;
}

/* Element i; the type is one that count_of accepts. */
static double value_at(const rnn_st_tensor *t, size_t i)
{
    const size_t width = t->dtype == RNN_ST_F64 ? 8 : 4;
    uint64_t wide = 0;
    uint32_t low;
    double d;
    float f;
    size_t k;

    for (k = 0; k < width; k++)
        wide |= (uint64_t)t->data[width * i + k] << 8 * k;
    low = (uint32_t)(wide & 0xffffffffu);
    memcpy(&d, &wide, sizeof d);
    memcpy(&f, &low, sizeof f);
    if (t->dtype == RNN_ST_I32)
        return (double)low - (low > 0x7fffffffu ? 4294967296.0 : 0);
    return width == 8 ? d : (double)f;
}

static const rnn_st_tensor *need(const char *name)
{
    if (!find(name))
        FAIL("%s is missing", name);
    return find(name);
}

static const rnn_st_tensor *need_count(const char *name, size_t count)
{
    const rnn_st_tensor *t = need(name);

    if (count_of(t) != count)
        FAIL("%s has %lu elements, not %lu", name, (unsigned long)count_of(t),
             (unsigned long)count);
    return t;
}

/* The count numbers of a tensor, as int or as rnn_real. */
static void *numbers(const char *name, size_t count, int whole)
{
    const rnn_st_tensor *t = need_count(name, count);
    void *v = get(count, whole ? sizeof(int) : sizeof(rnn_real));
    size_t i;

    if ((t->dtype == RNN_ST_I32) != whole)
        FAIL("%s is not of %s", name, whole ? "I32" : "floats");
    for (i = 0; i < count; i++)
        if (whole)
            ((int *)v)[i] = (int)value_at(t, i);
        else
            ((rnn_real *)v)[i] = (rnn_real)value_at(t, i);
    return v;
}

#define INTS(name, count) ((int *)numbers(name, count, 1))
#define REALS(name, count) ((rnn_real *)numbers(name, count, 0))

/* As REALS, or NULL if the file has no such tensor. */
static rnn_real *some_reals(const char *name, size_t count)
{
    return find(name) ? REALS(name, count) : NULL;
}

/* The shape of a matrix, both sizes from 1 to MAX_SIZE. */
static void matrix(const char *name, int *rows, int *cols)
{
    const rnn_st_tensor *t = need(name);
    const size_t max = MAX_SIZE;

    if (t->ndim != 2 || t->dims[0] - 1 >= max || t->dims[1] - 1 >= max)
        FAIL("%s is not a matrix", name);
    *rows = (int)t->dims[0];
    *cols = (int)t->dims[1];
}

/* ---- tensors that the library computed ----------------------------------- */

/* Room for a tensor of count numbers, to be filled in PyTorch's layout. */
static double *put_new(const char *name, size_t count)
{
    result *r = (result *)get(1, sizeof *r);
    const rnn_st_tensor *t = find(name);

    if (t && count_of(t) != count)
        FAIL("%s has %lu elements, the library gives %lu", name,
             (unsigned long)count_of(t), (unsigned long)count);
    snprintf(r->name, sizeof r->name, "%s", name);
    r->count = count;
    r->values = (double *)get(count, sizeof *r->values);
    r->next = the.made;
    the.made = r;
    return r->values;
}

/* v may be NULL: there is none. */
static void put_reals(const char *name, const rnn_real *v, size_t count)
{
    double *out = v ? put_new(name, count) : NULL;
    size_t i;

    for (i = 0; v && i < count; i++)
        out[i] = (double)v[i];
}

/* ---- the comparison ------------------------------------------------------ */

/* Equal numbers, also infinite ones, and two NaNs do not differ. */
static double difference(double a, double b)
{
    if ((isnan(a) && isnan(b)) || !(a < b || a > b || isnan(a) || isnan(b)))
        return 0;
    return isfinite(a) && isfinite(b) ? fabs(a - b) : HUGE_VAL;
}

/* With the float64 tensor of that name (out.h: out64.h), if there is one.
 * PyTorch's own error says nothing where its float32 overflowed. */
static void compare_tensor(const char *name, const rnn_st_tensor *t,
                           const result *r)
{
    const char *dot = strchr(name, '.');
    double error = 0, scale = 0, tolerance = 0;
    const rnn_st_tensor *ref;
    char other[NAME_CAP + 8];
    size_t i;

    snprintf(other, sizeof other, "err32.%s", name);
    if (text_of(other) && read_list(other) == 1 && isfinite(the.torch_norm))
        tolerance = 10 * fabs(list[0]);
    snprintf(other, sizeof other, "%.*s64%s", (int)(dot - name), name, dot);
    ref = find(other) ? find(other) : t;
    if (count_of(ref) != count_of(t))
        FAIL("%s and %s differ in size", name, other);
    for (i = 0; i < r->count; i++) {
        const double b = value_at(ref, i), e = difference(r->values[i], b);
        error = e > error ? e : error;
        if (isfinite(b) && fabs(b) > scale)
            scale = fabs(b);
    }
    tolerance = (isfinite(tolerance) ? tolerance : 0) + 1e-6 * scale + 1e-9;
    if (the.worst_name[0] && error / tolerance <= the.worst)
        return;
    the.worst = error / tolerance;
    snprintf(the.worst_name, sizeof the.worst_name, "%s", name);
    snprintf(the.why, sizeof the.why, "tensor=%s error=%.3g tolerance=%.3g",
             name, error, tolerance);
}

/* ---- the writer: a safetensors file of what was computed, F32 or I32 ----- */

static void put_bytes(void *to, uint64_t bits, int bytes)
{
    int i;

    for (i = 0; i < bytes; i++)
        ((unsigned char *)to)[i] = (unsigned char)(bits >> 8 * i & 0xff);
}

/* Its name stands in the header as it does in that of the case. */
static void write_tensor(const rnn_st_tensor *t, const result *r)
{
    char *s = the.end;
    size_t i;

    s += sprintf(s, "%s\"%.*s\":{\"dtype\":\"%s\",\"shape\":[",
                 s[-1] == '{' ? "" : ",", (int)t->name_len,
                 (const char *)t->name, t->dtype == RNN_ST_I32 ? "I32" : "F32");
    for (i = 0; i < (size_t)t->ndim; i++)
        s += sprintf(s, "%s%lu", i ? "," : "", (unsigned long)t->dims[i]);
    s += sprintf(s, "],\"data_offsets\":[%lu,", (unsigned long)the.data_len);
    for (i = 0; i < r->count; i++, the.data_len += 4) {
        const float f = (float)r->values[i];
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        if (t->dtype == RNN_ST_I32)
            bits = fabs((double)f) < 2e9 ? (uint32_t)(int32_t)r->values[i] : 0;
        put_bytes(the.data + the.data_len, bits, 4);
    }
    the.end = s + sprintf(s, "%lu]}", (unsigned long)the.data_len);
}

/* The data begin at a multiple of 8. */
static void write_case(const char *dir)
{
    char path[2048];
    size_t len;

    *the.end++ = '}';
    while ((the.end - the.file) % 8)
        *the.end++ = ' ';
    len = (size_t)(the.end - the.file);
    put_bytes(the.file, len - 8, 8);
    memcpy(the.end, the.data, the.data_len);
    snprintf(path, sizeof path, "%s/%s.safetensors", dir, the.name);
    MAKE_DIR(dir);
    if (rnn_write_file(path, the.file, len + the.data_len, NULL) != RNN_OK)
        FAIL("cannot write %s", path);
}

/* Compares and writes every tensor that the case has; a missing one is worse
 * than a wrong one. The new header is no longer than the case's, but for the
 * offsets; the data are no more. */
static void settle(const char *dir)
{
    char name[NAME_CAP], missing[NAME_CAP];
    const result *r;
    rnn_st_tensor t;
    size_t pos = 0, len = the.st.data_len;

    missing[0] = 0;
    the.data = (unsigned char *)get(len, 1);
    len += 2 * the.st.json_len + 128 * the.st.tensors + 24;
    the.file = (char *)get(len, 1);
    the.end = the.file + sprintf(the.file, "        {");
    while (rnn_st_next(&the.st, &pos, &t) == RNN_OK) {
        len = rnn_st_unescape(t.name, t.name_len, (unsigned char *)name,
                              NAME_CAP - 1);
        if (len >= NAME_CAP)
            FAIL("a tensor's name is too long");
        name[len] = 0;
        if (strncmp(name, "out.", 4) && strncmp(name, "grad.", 5))
            continue;
        for (r = the.made; r && strcmp(r->name, name);)
            r = r->next;
        if (r) {
            compare_tensor(name, &t, r);
            write_tensor(&t, r);
        } else if (!missing[0]) {
            strcpy(missing, name);
        }
    }
    if (dir)
        write_case(dir);
    if (missing[0])
        FAIL("tensor=%s is not computed", missing);
    if (!the.worst_name[0])
        FAIL("the case expects nothing");
    if (!(the.worst <= 1))
        the.verdict = FAILED;
}

/* ---- parameters, in PyTorch's layout and in ours ------------------------- */

/* A matrix, or with cols 0 a vector, that the library does not list. */
static rnn_tensor tensor_of(const char *name, int rows, int cols, size_t offset)
{
    const size_t size = (size_t)rows * (size_t)(cols ? cols : 1);
    rnn_tensor t = {"", rows, cols, cols != 0, 0, offset, size};

    snprintf(t.name, sizeof t.name, "%s", name);
    return t;
}

/* Tensor i of a model, or W, U, v of an attention alone. */
static rnn_status list_tensor(int i, rnn_tensor *t)
{
    const int A = the.att.size, Q = the.att.query_size, K = the.att.key_size;
    const size_t W = (size_t)A * (size_t)Q, U = (size_t)A * (size_t)K;

    if (!says("kind", "unit"))
        return rnn_model_tensor(&the.model, i, t, NULL);
    *t = i == 0   ? tensor_of("att.W", A, Q, 0)
         : i == 1 ? tensor_of("att.U", A, K, W)
                  : tensor_of("att.v", A, 0, W + U);
    return i <= 2 ? RNN_OK : RNN_E_END;
}

/* Where element k of PyTorch's tensor lies in the parameters. */
static size_t place(const rnn_tensor *t, size_t k)
{
    const size_t rows = (size_t)t->rows, cols = (size_t)t->cols;

    return t->offset + (t->transposed ? k % cols * rows + k / cols : k);
}

static void load_tensor(const char *name, const rnn_tensor *p, rnn_real *params)
{
    const rnn_st_tensor *t = need_count(name, p->size);
    size_t k;

    if (t->ndim != (p->cols ? 2 : 1) || t->dims[0] != (size_t)p->rows)
        FAIL("%s has another shape", name);
    for (k = 0; k < p->size; k++)
        params[place(p, k)] = (rnn_real)value_at(t, k);
}

/* In PyTorch's order. */
static void unload_tensor(const rnn_tensor *p, const rnn_real *params,
                          double *out)
{
    size_t k;

    for (k = 0; k < p->size; k++)
        out[k] = (double)params[place(p, k)];
}

/* All parameters from p.*, or all their gradients to grad.*; of an ONNX node a
 * bias may lack, which then is 0. */
static void each_param(rnn_real *v, int grads)
{
    const int onnx = says("kind", "onnx");
    char name[NAME_CAP];
    rnn_tensor t;
    int i;

    for (i = 0; list_tensor(i, &t) == RNN_OK; i++) {
        snprintf(name, sizeof name, "%s.%s", grads ? "grad" : "p", t.name);
        if (grads)
            unload_tensor(&t, v, put_new(name, t.size));
        else if (t.cols || !onnx || find(name))
            load_tensor(name, &t, v);
        else
            memset(v + t.offset, 0, t.size * sizeof *v);
    }
}

/* ---- what kinds share ---------------------------------------------------- */

static size_t rows_of(const rnn_seq *seq)
{
    return (size_t)seq->steps * (size_t)seq->batch;
}

/* Numbers of a row of a stack's output, and of the states of B rows. */
static size_t width_of(const stack *s)
{
    return s->hidden * s->directions;
}

static size_t state_of(const stack *s)
{
    return width_of(s) * s->layers * (size_t)the.seq.batch;
}

/* The plan of the model, whose sizes are what the case says: `rows` rows come
 * out. Every array is of exactly its size. */
static void make_work(int train, size_t rows)
{
    rnn_model *m = &the.model;
    const int decoder = m->wiring >= RNN_WIRING_1_TO_N;
    const int encoder = m->wiring == RNN_WIRING_N_TO_M;
    const rnn_sizes *z = &the.net.sizes;
    rnn_work *w = &the.work;
    rnn_most most = {0};

    the.top.hidden =
        (size_t)(decoder && m->decoder_hidden_size ? m->decoder_hidden_size
                                                   : m->hidden_size);
    the.top.layers = (size_t)m->num_layers;
    the.top.directions = !decoder && m->bidirectional ? 2 : 1;
    the.encoder.hidden = (size_t)m->hidden_size;
    the.encoder.layers = (size_t)m->num_layers;
    the.encoder.directions = m->bidirectional ? 2 : 1;
    most.steps = the.seq.steps;
    most.batch = the.seq.batch;
    most.source_steps = the.source.steps;
    most.train = train;
    if (m->context != RNN_CONTEXT_ALL) /* the case says it of all sources */
        m->source_steps = 0;
    if (rnn_plan(&the.net, m, &most) != RNN_OK) {
        char why[160];
        FAIL("%s", rnn_why_text(&the.net.why, why, sizeof why));
    }
    if (z->state != state_of(&the.top) ||
        z->source_state != (encoder ? state_of(&the.encoder) : 0) ||
        z->logits != rows * (m->output_size ? (size_t)m->output_size
                                            : width_of(&the.top)))
        FAIL("sizes: the library counts otherwise");
    w->params = the.params = ROOM(w->params_len = z->params);
    each_param(the.params, 0);
    w->logits = ROOM(w->logits_len = z->logits);
    w->packed = ROOM(w->packed_len = z->packed);
    w->scratch = ROOM(w->scratch_len = z->scratch);
    w->memory = ROOM(w->memory_len = z->memory);
    if (train) {
        w->grads = ROOM(w->grads_len = z->params);
        w->dlogits = ROOM(w->dlogits_len = z->logits);
        w->keep = ROOM(w->keep_len = z->keep);
    }
    CALL(rnn_bind, &the.net, w, NULL, 0);
}

/* sum of a[i] b[i]; NULL gives 0, as an upstream gradient that is not. */
static double dot(const rnn_real *a, const rnn_real *b, size_t n)
{
    double sum = 0;
    size_t i;

    for (i = 0; a && b && i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* ---- kind=cell: a stack, forward and backward; kind=onnx: forward alone -- */

/* loss = sum y up.y + sum hn up.hn + sum cn up.cn */
static void stack_backward(const rnn_real *y)
{
    const rnn_seq *seq = &the.seq;
    const rnn_sizes *z = &the.net.sizes;
    const size_t x = rows_of(seq) * (size_t)the.model.input_size;
    const rnn_real *dy = some_reals("up.y", z->logits);
    rnn_flow flow = {0};

    flow.dhn = some_reals("up.hn", z->state);
    flow.dcn = some_reals("up.cn", z->state);
    flow.dx = ROOM(x);
    flow.dh0 = ROOM(z->state);
    flow.dc0 = seq->cn ? ROOM(z->state) : NULL;
    memcpy(the.work.dlogits, dy ? dy : zeros(z->logits),
           z->logits * sizeof *dy);
    CALL(rnn_backward, &the.net, &the.work, seq, &flow);
    put_reals("grad.x", flow.dx, x);
    put_reals("grad.h0", flow.dh0, z->state);
    put_reals("grad.c0", flow.dc0, z->state);
    each_param(the.work.grads, 1);
    *put_new("out.loss", 1) = dot(y, dy, z->logits) +
                              dot(seq->hn, flow.dhn, z->state) +
                              dot(seq->cn, flow.dcn, z->state);
}

static void run_stack(void)
{
    const int train = says("kind", "cell");
    const rnn_sizes *z = &the.net.sizes;
    rnn_model *m = &the.model;
    rnn_seq *seq = &the.seq;

    if (m->cell == RNN_CELL_GRU_RESET_BEFORE && the.reset_after)
        m->cell = RNN_CELL_GRU;
    m->no_bias = !the.bias;
    if (!train) {
        m->bidirectional = find("p.weight_ih_l0_reverse") != NULL;
        m->no_bias = !find("p.bias_ih_l0") && !find("p.bias_hh_l0");
    }
    make_work(train, rows_of(seq));
    seq->x = REALS("in.x", rows_of(seq) * (size_t)m->input_size);
    if (the.varlen || find("in.lengths"))
        seq->lengths = INTS("in.lengths", (size_t)seq->batch);
    seq->h0 = some_reals("in.h0", z->state);
    seq->c0 = some_reals("in.c0", z->state);
    seq->hn = ROOM(z->state);
    seq->cn = RNN_HAS_C(m->cell) ? ROOM(z->state) : NULL;
    if (train) {
        CALL(rnn_forward, &the.net, &the.work, seq);
    } else {
        CALL(rnn_pack, &the.net, &the.work);
        CALL(rnn_infer, &the.net, &the.work, seq);
    }
    put_reals("out.y", the.work.logits, z->logits);
    put_reals("out.hn", seq->hn, z->state);
    put_reals("out.cn", seq->cn, z->state);
    if (train)
        stack_backward(the.work.logits);
}

/* ---- kind=wiring: a model, its loss, and back -----------------------------
 *
 * The sequence runs in chunks; without metadata tbptt_chunks there is one. From
 * chunk to chunk the state is carried in place, its gradient is cut, and the
 * gradients of the parameters add up. Arrays hold all T steps; a chunk is a
 * range of steps in them. */

/* One-hot, or through the table if the file has it. */
static void read_ids(const char *name, const char *table, rnn_seq *seq,
                     rnn_input *input, int *width)
{
    int rows;

    seq->ids = INTS(name, rows_of(seq));
    *input = find(table) ? RNN_INPUT_EMBEDDING : RNN_INPUT_ONE_HOT;
    if (find(table))
        matrix(table, &rows, width);
}

/* What enters a model, in.x or ids; and the previous outputs that a decoder
 * reads: that of 1 vs N if its first layer is wider than x. Lengths, mask, and
 * targets: ids, or numbers of a squared error. */
static void read_inputs(void)
{
    rnn_model *m = &the.model;
    const int encoder = m->wiring == RNN_WIRING_N_TO_M;
    const int given = m->wiring == RNN_WIRING_1_TO_N;
    rnn_seq *seq = encoder || given ? &the.source : &the.seq;
    const char *input = text_of("input");
    const size_t batch = (size_t)seq->batch;
    int rows, columns = 0, width = m->input_size;

    if (input ? strcmp(input, "dense") : !find("in.x")) {
        read_ids(encoder ? "in.src" : "in.ids",
                 encoder || given ? "p.emb_src.weight" : "p.emb.weight", seq,
                 &m->input, &m->embedding_size);
        width = m->input == RNN_INPUT_EMBEDDING ? m->embedding_size : width;
    } else {
        the.x = rows_of(seq) * (size_t)width;
        seq->x = REALS("in.x", the.x);
        the.dx = (seq == &the.seq ? &the.flow : &the.source_flow)->dx =
            ROOM(the.x);
    }
    if (given)
        matrix("p.rnn.weight_ih_l0", &rows, &columns);
    if (given && columns != width)
        m->target_size = m->output_size;
    if (m->target_size)
        read_ids("in.tgt_in", given ? "p.emb.weight" : "p.emb_tgt.weight",
                 &the.seq, &m->target, &m->target_embedding_size);
    if (encoder && (the.masked < 0 ? find("in.src_len") != NULL : the.masked))
        seq->lengths = INTS("in.src_len", batch);
    if (!encoder && !given && (the.varlen || the.varlen_cell))
        seq->lengths = INTS("in.len", batch);
    the.results = m->wiring == RNN_WIRING_N_TO_1 ? batch : rows_of(&the.seq);
    the.mask = some_reals("in.mask", the.results);
    if (the.head == HEAD_SQUARED)
        the.numbers = REALS("in.tgt", the.results * (size_t)m->output_size);
    else
        the.targets = INTS("in.tgt", the.results);
}

/* Parameters first, so that a broken case fails before it takes memory. Initial
 * states and their gradients are the encoder's, where there is one. */
static void prepare(void)
{
    const int encoder = the.model.wiring == RNN_WIRING_N_TO_M;
    rnn_seq *seq = encoder ? &the.source : &the.seq;
    rnn_flow *flow = encoder ? &the.source_flow : &the.flow;
    const rnn_sizes *z = &the.net.sizes;
    size_t n;

    make_work(1, the.results);
    n = encoder ? z->source_state : z->state;
    the.y = zeros(rows_of(&the.seq) * width_of(&the.top));
    the.logits = ROOM(z->logits);
    the.dlogits = ROOM(z->logits);
    the.values = ROOM(the.results);
    seq->h0 = some_reals("in.h0", n);
    seq->hn = ROOM(n);
    the.dh0 = flow->dh0 = ROOM(n);
    if (RNN_HAS_C(the.model.cell)) {
        seq->c0 = some_reals("in.c0", n);
        seq->cn = ROOM(n);
        the.dc0 = flow->dc0 = ROOM(n);
    }
    if (encoder) {
        the.seq.hn = ROOM(z->state);
        the.seq.cn = the.dc0 ? ROOM(z->state) : NULL;
    }
}

/* Steps `from` to `from + steps`, with the lengths that are left there; those
 * that are wrong are left to the library. */
static void chunk_seq(int from, int steps, rnn_seq *seq, rnn_flow *flow)
{
    const size_t row = (size_t)from * (size_t)the.seq.batch;
    const size_t x = row * (size_t)the.model.input_size;
    int *lengths = NULL, b, left;

    *seq = the.seq;
    *flow = the.flow;
    seq->steps = steps;
    if (seq->lengths)
        lengths = (int *)get((size_t)seq->batch, sizeof *lengths);
    for (b = 0; lengths && b < seq->batch; b++) {
        left = seq->lengths[b] - from;
        if (left > steps && from + steps < the.seq.steps)
            left = steps;
        lengths[b] = left < 0 && from > 0 ? 0 : left;
    }
    seq->lengths = lengths;
    if (from == 0)
        return;
    seq->x = seq->x ? seq->x + x : NULL;
    seq->ids = seq->ids ? seq->ids + row : NULL;
    seq->h0 = seq->hn;
    seq->c0 = seq->cn;
    seq->first_step = (uint32_t)from;
    flow->dx = flow->dx ? flow->dx + x : NULL;
    flow->dh0 = flow->dc0 = NULL;
    flow->accumulate = 1;
}

/* The last layer's states, [forward; reverse], of a stack by rnn_view_layer's
 * number; padding in y stays. */
static void read_top(int which, const stack *of, const rnn_seq *call,
                     rnn_real *y)
{
    const rnn_seq *seq = which ? call->source : call;
    const size_t hidden = of->hidden, n = width_of(of);
    const size_t batch = (size_t)seq->batch;
    size_t at, row, k;
    rnn_layer_view view;

    for (at = 0; at < n; at += hidden) {
        CALL(rnn_view_layer, &the.net, &the.work, call, which,
             (int)of->layers - 1, at != 0, &view);
        for (row = 0; row < rows_of(seq); row++)
            for (k = 0; k < hidden; k++)
                if (!seq->lengths ||
                    (int)(row / batch) < seq->lengths[row % batch])
                    y[row * n + at + k] = view.h[row * hidden + k];
    }
}

/* The last layer's final states (B, D H), [forward; reverse], of hn. */
static void put_last(const char *name, const stack *of, const rnn_real *hn)
{
    const size_t batch = (size_t)the.seq.batch, n = width_of(of);
    const size_t hidden = of->hidden;
    double *out = put_new(name, batch * n);
    size_t b, k;

    hn += (of->layers - 1) * batch * n;
    for (b = 0; b < batch; b++)
        for (k = 0; k < n; k++)
            out[b * n + k] =
                (double)hn[(k / hidden * batch + b) * hidden + k % hidden];
}

/* Of N vs M: encoder, context, attention. c is not kept where every layer is
 * handed its state: it is h_N. */
static void put_source(const rnn_seq *seq, const rnn_view *view)
{
    const size_t width = width_of(&the.encoder), rows = rows_of(&the.seq);
    const size_t n = rows_of(&the.source) * width;
    const size_t c =
        the.model.context_size ? (size_t)the.model.context_size : width;
    rnn_real *h = zeros(n);

    read_top(1, &the.encoder, seq, h);
    put_reals("out.enc_h", h, n);
    put_reals("out.s0", view->h0, the.net.sizes.state);
    if (view->c)
        put_reals("out.c", view->c, c * (size_t)the.seq.batch);
    else
        put_last("out.c", &the.encoder, the.source.hn);
    put_reals("out.attn", view->source[0].attention,
              rows * (size_t)the.source.steps);
    put_reals("out.context", view->source[0].context, rows * width);
}

static void run_chunk(int from, int steps)
{
    const rnn_model *m = &the.model;
    const int O = m->output_size;
    const size_t row = (size_t)from * (size_t)the.seq.batch;
    const size_t out = row * (size_t)O;
    const rnn_real *mask = the.mask ? the.mask + row : NULL;
    rnn_real *logits = the.work.logits, *dlogits = the.work.dlogits, loss = 0;
    rnn_loss how = {0};
    rnn_view view;
    rnn_seq seq;
    rnn_flow flow;
    size_t rows, n;

    chunk_seq(from, steps, &seq, &flow);
    CALL(rnn_forward, &the.net, &the.work, &seq);
    CALL(rnn_view_model, &the.net, &the.work, &seq, &view);
    read_top(0, &the.top, &seq, the.y + row * width_of(&the.top));
    if (m->wiring == RNN_WIRING_N_TO_M)
        put_source(&seq, &view);
    rows = m->wiring == RNN_WIRING_N_TO_1 ? the.results : rows_of(&seq);
    how.weights = mask;
    how.n = the.n;
    how.padding = 1; /* only the mask says what counts */
    how.values = the.values + row;
    if (the.numbers)
        CALL(rnn_squared_error, &the.net, &the.work, &seq, the.numbers + out,
             &how, &loss);
    else
        CALL(rnn_cross_entropy, &the.net, &the.work, &seq, the.targets + row,
             &how, &loss);
    the.loss += (double)loss;
    n = rows * (size_t)O * sizeof *logits;
    memcpy(the.logits + out, logits, n);
    memcpy(the.dlogits + out, dlogits, n);
    CALL(rnn_backward, &the.net, &the.work, &seq, &flow);
}

/* The chunks tile the T steps; several of them divide their losses by the sum
 * of all weights. */
static void run_chunks(void)
{
    const int chunks = text_of("tbptt_chunks") != NULL;
    const int count = chunks ? read_list("tbptt_chunks") : 1;
    int i, n, from = 0;
    size_t k;

    if (chunks && the.model.wiring != RNN_WIRING_N_TO_N)
        SKIP("chunks of such a wiring");
    for (k = 0; count > 1 && k < the.results; k++)
        the.n += the.mask ? the.mask[k] : 1;
    for (i = 0; i < count; i++, from += n) {
        n = chunks ? size_of("tbptt_chunks", list[i]) : the.seq.steps;
        if (n > the.seq.steps - from)
            FAIL("the chunks are longer than T");
        run_chunk(from, n);
    }
    if (from != the.seq.steps)
        FAIL("the chunks are shorter than T");
}

static void put_wiring(void)
{
    const rnn_sizes *z = &the.net.sizes;
    const size_t n = z->state, outputs = z->logits;
    const size_t start =
        the.model.wiring == RNN_WIRING_N_TO_M ? z->source_state : n;
    rnn_real *prob = ROOM(outputs), sum;

    CALL(rnn_mean, the.values, the.mask, the.results, 1, &sum, NULL);
    CALL(rnn_softmax, the.logits, the.results, the.model.output_size, prob,
         NULL);
    *put_new("out.loss", 1) = the.loss;
    *put_new("out.loss_sum", 1) = (double)sum;
    put_reals(the.numbers ? "out.y" : "out.logits", the.logits, outputs);
    put_reals(the.numbers ? "grad.y" : "grad.logits", the.dlogits, outputs);
    put_reals("out.prob", prob, outputs);
    put_reals("out.nll", the.values, the.results);
    put_reals(the.model.attention ? "out.s" : "out.h", the.y,
              rows_of(&the.seq) * width_of(&the.top));
    put_reals("out.hn", the.seq.hn, n);
    put_reals("out.cn", the.seq.cn, n);
    if (the.model.wiring == RNN_WIRING_N_TO_1)
        put_last("out.last", &the.top, the.seq.hn);
    put_reals("grad.h0", the.dh0, start);
    put_reals("grad.c0", the.dc0, start);
    put_reals("grad.x", the.dx, the.x);
    each_param(the.work.grads, 1);
}

/* out.greedy_ids (steps, B): what a decoder says from id 0 on, unstopped. */
static void put_greedy(void)
{
    const rnn_seq *source = &the.source;
    const size_t state = the.net.sizes.state;
    rnn_real *h = ROOM(state), *c = the.dc0 ? ROOM(state) : NULL;
    rnn_writing how = {0};
    int columns, *ids;
    size_t n, k;
    double *out;

    how.end = -1;
    matrix("out.greedy_ids", &how.max_tokens, &columns);
    if (columns != source->batch)
        FAIL("out.greedy_ids has another shape");
    n = (size_t)how.max_tokens * (size_t)columns;
    out = put_new("out.greedy_ids", n);
    ids = (int *)get(n, sizeof *ids);
    CALL(rnn_encode, &the.net, &the.work, source, h, c);
    CALL(rnn_generate, &the.net, &the.work, &how, h, c, ids,
         (int *)get((size_t)columns, sizeof *ids), NULL);
    for (k = 0; k < n; k++)
        out[k] = (double)ids[k];
}

/* What a model is that its fields do not say; then all of it. */
static void run_wiring(void)
{
    rnn_model *m = &the.model;

    m->no_bias = !find(m->wiring == RNN_WIRING_N_TO_M ? "p.enc.bias_ih_l0"
                                                      : "p.rnn.bias_ih_l0");
    if (m->wiring >= RNN_WIRING_1_TO_N) {
        the.seq.source = &the.source;
        the.flow.source = &the.source_flow;
    }
    if (m->wiring == RNN_WIRING_1_TO_N)
        the.source.steps = 1;
    if (m->wiring == RNN_WIRING_N_TO_M)
        m->bidirectional = find("p.enc.weight_ih_l0_reverse") != NULL;
    if (says("c0_dec", "enc"))
        m->hand_over = RNN_HAND_CELL;
    if (says("wiring", "bahdanau")) {
        m->attention = RNN_SCORE_ADDITIVE;
        m->head_context = the.head == HEAD_S_C;
        m->context_size = m->feed ? m->decoder_hidden_size : 0;
    } else if (says("ctx", "last")) {
        /* no q: each layer starts at an encoder's */
        if (m->num_layers > 1 && (m->feed & RNN_FEED_STATE))
            m->hand_over |= RNN_HAND_LAYERS;
    } else if (m->wiring == RNN_WIRING_N_TO_M) {
        read_list("C");
        m->context_size = size_of("C", list[0]);
    }
    read_inputs();
    prepare();
    run_chunks();
    put_wiring();
    if (find("out.greedy_ids"))
        put_greedy();
}

/* ---- kind=optim ---------------------------------------------------------- */

/* y = X w^T + b: the mean of (y - Y)^2 over all elements, and its gradients. */
static double differentiate(const rnn_real *p, rnn_real *g)
{
    const size_t rows = rows_of(&the.seq);
    const size_t n = rows * (size_t)the.lin.output_size;
    rnn_real loss = 0;
    rnn_linear_pass pass = {0};

    pass.seq = &the.seq;
    pass.params = p;
    pass.grads = g;
    CALL(rnn_linear_size, &the.lin, &pass.params_len, NULL);
    pass.y = ROOM(pass.y_len = n);
    pass.dy = ROOM(n);
    CALL(rnn_linear_forward, &the.lin, &pass, NULL);
    CALL(rnn_squared_error_rows, pass.y, rows, the.lin.output_size,
         REALS("in.Y", n), NULL, pass.dy, &loss, NULL);
    CALL(rnn_linear_backward, &the.lin, &pass, NULL);
    CALL(rnn_linear_grads, &the.lin, &pass, NULL);
    return (double)loss;
}

/* All steps from in.p0, p being a part: out.p before each, and out.gp, its
 * gradient, which is given, or else that of the regression. */
static void descend(const rnn_tensor *part, int parts, size_t n,
                    const rnn_real *given)
{
    const size_t steps = (size_t)the.steps;
    double *out[2], *grad[2], *loss;
    rnn_real *p = ROOM(n), *g, *moments;
    rnn_optimizer opt = the.opt;
    size_t count = 0, k;
    char name[64];
    int i;

    CALL(rnn_optimizer_moments, &opt, &count, NULL);
    moments = ROOM(count * n); /* NaN: the first step begins them */
    loss = given ? NULL : put_new("out.loss", steps + 1);
    for (i = 0; i < parts; i++) {
        snprintf(name, sizeof name, "in.%s0", part[i].name);
        load_tensor(name, &part[i], p);
        snprintf(name, sizeof name, "out.%s", part[i].name);
        out[i] = put_new(name, (steps + 1) * part[i].size);
        snprintf(name, sizeof name, "out.g%s", part[i].name);
        grad[i] = put_new(name, steps * part[i].size);
    }
    for (k = 0; k <= steps; k++) {
        for (i = 0; i < parts; i++)
            unload_tensor(&part[i], p, out[i] + k * part[i].size);
        g = zeros(n);
        if (!given)
            loss[k] = differentiate(p, g);
        if (k == steps)
            return;
        if (given)
            memcpy(g, given + k * n, n * sizeof *g);
        for (i = 0; i < parts; i++)
            unload_tensor(&part[i], g, grad[i] + k * part[i].size);
        CALL(rnn_optimizer_step_array, &opt, p, g, moments, n, NULL);
    }
}

/* PyTorch's defaults, then once more what the file says. */
static void run_optim(void)
{
    rnn_linear *lin = &the.lin;
    rnn_tensor part[2];
    int columns;
    size_t n;

    CALL(rnn_optimizer_init, &the.opt, the.opt.kind, the.opt.lr, NULL);
    read_fields();
    if (the.maximize)
        SKIP("maximize");
    if (find("in.X")) {
        the.seq.steps = 1;
        matrix("in.X", &the.seq.batch, &columns);
        matrix("in.w0", &lin->output_size, &lin->input_size);
        the.seq.x = REALS("in.X", rows_of(&the.seq) * (size_t)lin->input_size);
        part[0] = tensor_of("w", lin->output_size, lin->input_size, 0);
        part[1] = tensor_of("b", lin->output_size, 0, part[0].size);
        CALL(rnn_linear_size, lin, &n, NULL);
        descend(part, 2, n, NULL);
    }
    if (find("in.seq_g")) {
        n = count_of(need("in.seq_p0"));
        part[0] = tensor_of("seq_p", (int)n, 0, 0);
        descend(part, 1, n, REALS("in.seq_g", (size_t)the.steps * n));
    }
}

/* ---- kind=clip, clip_value: all of in.g0, in.g1, ... as one gradient ----- */

/* in.gk, and its name for the results; NULL after the last. */
static const rnn_st_tensor *clip_part(int k, char name[32])
{
    snprintf(name, 32, "in.g%d", k);
    return find(name);
}

static void run_clip(void)
{
    const rnn_real type = the.norm_type;
    const rnn_st_tensor *t;
    size_t n = 0, at = 0, i;
    rnn_real *g, norm = 0;
    char name[32];
    int k;

    for (k = 0; (t = clip_part(k, name)) != NULL; k++)
        n += count_of(t);
    g = ROOM(n);
    for (k = 0; (t = clip_part(k, name)) != NULL; k++)
        for (i = 0; i < count_of(t); i++)
            g[at++] = (rnn_real)value_at(t, i);
    if (says("kind", "clip_value"))
        CALL(rnn_clip_grad_value, g, n, the.clip, NULL);
    else if (isinf(type))
        CALL(rnn_clip_grad_max, g, n, the.max_norm, &norm, NULL);
    else if (!(type < 2 || type > 2))
        CALL(rnn_clip_grad_norm, g, n, the.max_norm, &norm, NULL);
    else
        SKIP("norm_type %g", (double)type);
    for (k = 0; (t = clip_part(k, name)) != NULL; k++, g += n) {
        n = count_of(t);
        snprintf(name, sizeof name, "out.g%d", k);
        put_reals(name, g, n);
    }
    *put_new("out.norm", 1) = (double)norm;
}

/* ---- kind=unit: one block alone ------------------------------------------ */

static void run_xent(void)
{
    const int outputs = the.model.output_size;
    const size_t rows = (size_t)the.rows, n = rows * (size_t)outputs;
    const rnn_real *logits = REALS("in.logits", n);
    const int *targets = INTS("in.tgt", rows);
    rnn_real *nll = ROOM(rows), *prob = ROOM(n), *dlogits = ROOM(n);
    rnn_real loss = 0, sum = 0;
    rnn_loss how = {0};

    how.weights = some_reals("in.mask", rows);
    how.class_weights = some_reals("in.class_weight", (size_t)outputs);
    how.smoothing = the.smoothing;
    how.values = nll;
    CALL(rnn_softmax, logits, rows, outputs, prob, NULL);
    CALL(rnn_cross_entropy_rows, logits, rows, outputs, targets, &how, dlogits,
         &loss, NULL);
    CALL(rnn_mean, nll, how.weights, rows, 1, &sum, NULL);
    put_reals("out.prob", prob, n);
    put_reals("out.nll", nll, rows);
    *put_new("out.loss", 1) = (double)loss;
    *put_new("out.loss_sum", 1) = (double)sum;
    put_reals("grad.logits", dlogits, n);
}

/* loss = sum y in.up */
static void run_embedding(void)
{
    rnn_linear table = {0};
    rnn_linear_pass pass = {0};
    size_t size, rows, n;

    matrix("p.emb.weight", &table.input_size, &table.output_size);
    table.no_bias = 1;
    CALL(rnn_linear_size, &table, &size, NULL);
    rows = count_of(need("in.ids")); /* an int: of at most MAX_BYTES */
    n = rows * (size_t)table.output_size;
    the.seq.steps = 1;
    the.seq.batch = (int)rows;
    the.seq.ids = INTS("in.ids", rows);
    pass.seq = &the.seq;
    pass.params = REALS("p.emb.weight", size);
    pass.grads = zeros(pass.params_len = size);
    pass.y = ROOM(pass.y_len = n);
    pass.dy = REALS("in.up", n);
    CALL(rnn_linear_forward, &table, &pass, NULL);
    CALL(rnn_linear_grads, &table, &pass, NULL);
    put_reals("out.y", pass.y, n);
    *put_new("out.loss", 1) = dot(pass.y, pass.dy, n);
    put_reals("grad.emb.weight", pass.grads, size);
}

/* loss = sum context in.up_c + sum attn in.up_a */
static void run_attention(void)
{
    rnn_attention *att = &the.att;
    rnn_seq *h = &the.source, *s = &the.seq;
    const size_t rows = rows_of(s), K = (size_t)att->key_size;
    const size_t s_len = rows * (size_t)att->query_size, c_len = rows * K;
    const size_t h_len = rows_of(h) * K, a_len = rows * (size_t)h->steps;
    rnn_attention_pass pass = {0};

    att->score = RNN_SCORE_ADDITIVE;
    CALL(rnn_attention_sizes, att, h->steps, s->steps, s->batch,
         &pass.params_len, &pass.keys_len, &pass.work_len, NULL);
    h->x = REALS("in.h", h_len);
    if (find("in.len"))
        h->lengths = INTS("in.len", (size_t)h->batch);
    s->x = REALS("in.s", s_len);
    the.params = ROOM(pass.params_len);
    each_param(the.params, 0);
    pass.params = the.params;
    pass.grads = zeros(pass.params_len);
    pass.source = h;
    pass.seq = s;
    pass.keys = ROOM(pass.keys_len);
    pass.work = ROOM(pass.work_len);
    pass.attn = ROOM(pass.attn_len = a_len);
    pass.scores = ROOM(a_len);
    pass.dattn = some_reals("in.up_a", a_len);
    pass.context = ROOM(pass.context_len = c_len);
    pass.dcontext = REALS("in.up_c", c_len);
    pass.dh = ROOM(pass.dh_len = h_len);
    pass.ds = ROOM(pass.ds_len = s_len);
    CALL(rnn_attention_forward, att, &pass, NULL);
    CALL(rnn_attention_backward, att, &pass, NULL);
    CALL(rnn_attention_grads, att, &pass, NULL);
    put_reals("out.attn", pass.attn, a_len);
    put_reals("out.context", pass.context, c_len);
    put_reals("out.score", pass.scores, a_len);
    *put_new("out.loss", 1) = dot(pass.context, pass.dcontext, c_len) +
                              dot(pass.attn, pass.dattn, a_len);
    put_reals("grad.h", pass.dh, h_len);
    put_reals("grad.s", pass.ds, s_len);
    each_param(pass.grads, 1);
}

/* ---- the kinds, and the program ------------------------------------------ */

/* A kind: what it is called, what keys it needs, and what runs it. */
static const struct {
    const char *key, *value, *needs;
    void (*run)(void);
} entries[] = {
    {"kind", "cell", "cell T B I H", run_stack},
    {"kind", "onnx", "op T B I H", run_stack},
    {"kind", "optim", "algo lr steps", run_optim},
    {"kind", "clip", "max_norm", run_clip},
    {"kind", "clip_value", "clip", run_clip},
    {"wiring", "n_vs_n", "cell T B I H V", run_wiring},
    {"wiring", "n_vs_1", "cell T B I H V", run_wiring},
    {"wiring", "1_vs_n", "cell T B I H V mode", run_wiring},
    {"wiring", "encdec", "cell S T B Vs Vt He Hd ctx use", run_wiring},
    {"wiring", "bahdanau", "cell S T B Vs Vt He Hd A s0 head", run_wiring},
    {"unit", "softmax_xent", "N V", run_xent},
    {"unit", "attention", "S B Hs K A", run_attention},
    {"unit", "embedding", "", run_embedding}};

/* Of kind wiring and unit the key of that name says which. */
static void run_case(void)
{
    const char *key = says("kind", "wiring") ? "wiring"
                      : says("kind", "unit") ? "unit"
                                             : "kind";
    const char *text = need_text(key), *needs;
    char word_of[NAME_CAP];
    size_t i;
    int n;

    for (i = 0; i < LEN(entries); i++)
        if (!strcmp(entries[i].key, key) && !strcmp(entries[i].value, text))
            break;
    if (i == LEN(entries))
        SKIP("%s %s", key, text);
    needs = entries[i].needs;
    for (; sscanf(needs, "%255s%n", word_of, &n) == 1; needs += n)
        need_text(word_of);
    the.model.num_layers = 1;
    the.seq.steps = the.bias = 1;
    the.masked = -1;
    the.norm_type = 2;
    read_fields();
    entries[i].run();
}

/* The file, and its name without folder and extension. */
static void open_case(const char *path)
{
    const char *name = strrchr(path, '/'), *dot;
    char text[160];
    rnn_why why;
    unsigned char *bytes;
    size_t len = 0;
    int end;

    name = name ? name + 1 : path;
    dot = strrchr(name, '.');
    end = dot && dot > name && !strcmp(dot, ".safetensors");
    snprintf(the.name, sizeof the.name, "%.*s",
             end ? (int)(dot - name) : NAME_CAP, name);
    if (rnn_read_file(path, NULL, 0, &len, NULL) != RNN_OK)
        FAIL("cannot be read");
    if (dot && !strcmp(dot, ".md"))
        SKIP("a text"); /* what describes the cases lies beside them */
    bytes = (unsigned char *)get(len, 1);
    if (rnn_read_file(path, bytes, len, &len, NULL) != RNN_OK)
        FAIL("cannot be read");
    if (rnn_st_open(bytes, len, &the.st, &why) != RNN_OK)
        FAIL("%s", rnn_why_text(&why, text, sizeof text));
}

static verdict run_file(const char *path, const char *dir)
{
    memset(&the, 0, sizeof the);
    if (setjmp(the.leave) == 0) {
        open_case(path);
        run_case();
        settle(dir);
    }
    if (the.verdict == PASSED)
        printf("ok %s worst=%.3f\n", the.name, the.worst);
    else
        printf("%s %s %s\n", the.verdict == FAILED ? "FAIL" : "unsupported",
               the.name, the.why);
    fflush(stdout); /* a crash of the next case shows who it was */
    test_free();
    return the.verdict;
}

int main(int argc, char **argv)
{
    const int writes = argc > 2 && strcmp(argv[1], "--write") == 0;
    int count[3] = {0, 0, 0}, i = writes ? 3 : 1;

    if (i >= argc) {
        fprintf(stderr, "usage: parity [--write DIR] FILE...\n");
        return 2;
    }
    for (; i < argc; i++)
        count[run_file(argv[i], writes ? argv[2] : NULL)]++;
    printf("%d passed, %d failed, %d skipped\n", count[PASSED], count[FAILED],
           count[SKIPPED]);
    test_unused();
    return count[FAILED] != 0;
}
