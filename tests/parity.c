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
 * In this order: cases, their tensors, the comparison, the writer, then one
 * function per kind of case, and the table that names them. A kind fetches its
 * inputs, calls the library, and hands every result to put_*.
 *
 * All memory is malloc'd at its exact size and filled with NaN, so that an
 * AddressSanitizer sees an overrun, and the comparison sees a number that is
 * read before it is written or never written at all. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#define MAKE_DIR(path) ((void)mkdir(path, 0777))
#else
#define MAKE_DIR(path) ((void)(path))
#endif

#define NAME_CAP 256                /* of a tensor's name, a metadata value */
#define MAX_BYTES ((size_t)1 << 30) /* of one buffer: cases are small       */
#define MAX_INT (1 << 20)           /* of a size in the metadata            */

/* ----------------------------------------------------------------------------
 * A case: an open file, the memory it uses, and the tensors computed so far
 * ------------------------------------------------------------------------- */

enum verdict { PASSED, FAILED, SKIPPED };

struct block { /* one piece of memory */
    struct block *next;
    void *data;
};

struct product { /* one tensor that the library computed */
    struct product *next;
    char name[NAME_CAP];
    double *values; /* PyTorch's layout */
    size_t count;
};

struct test_case {
    char name[NAME_CAP]; /* of the file, without folder and extension */
    rnn_st st;
    unsigned char *bytes; /* the whole file */
    struct block *blocks;
    struct product *products;
    enum verdict verdict;
    char why[2 * NAME_CAP];
    double worst; /* error / tolerance */
    char worst_name[NAME_CAP];
    jmp_buf leave; /* where a case that cannot go on jumps to */
};

/* Ends the case. The first reason stays. */
static void leave(struct test_case *c, enum verdict verdict, const char *form,
                  va_list args)
{
    if (c->verdict == PASSED) {
        c->verdict = verdict;
        vsnprintf(c->why, sizeof c->why, form, args);
    }
    longjmp(c->leave, 1);
}

static void fail(struct test_case *c, const char *form, ...)
{
    va_list args;
    va_start(args, form);
    leave(c, FAILED, form, args);
    va_end(args);
}

static void skip(struct test_case *c, const char *form, ...)
{
    va_list args;
    va_start(args, form);
    leave(c, SKIPPED, form, args);
    va_end(args);
}

/* Every call of the library goes through here. */
static void check(struct test_case *c, const char *call, rnn_status status)
{
    if (status != RNN_OK) fail(c, "%s: %s", call, rnn_status_text(status));
}

static size_t times(struct test_case *c, size_t a, size_t b)
{
    if (b != 0 && a > (size_t)-1 / b) fail(c, "a size is too large to count");
    return a * b;
}

/* count elements of size bytes that live as long as the case. */
static void *get(struct test_case *c, size_t count, size_t size)
{
    size_t bytes = times(c, count, size);
    struct block *b = NULL;
    if (bytes > MAX_BYTES) fail(c, "a buffer would be larger than 1 GiB");
    b = malloc(sizeof *b);
    if (b == NULL) fail(c, "out of memory");
    b->next = c->blocks;
    b->data = malloc(bytes ? bytes : 1);
    c->blocks = b;
    if (b->data == NULL) fail(c, "out of memory");
    memset(b->data, 0xff, bytes); /* NaN, or -1 */
    return b->data;
}

static rnn_real *get_reals(struct test_case *c, size_t count)
{
    return get(c, count, sizeof(rnn_real));
}

static rnn_real *get_zeros(struct test_case *c, size_t count)
{
    rnn_real *v = get_reals(c, count);
    size_t i;
    for (i = 0; i < count; i++) v[i] = 0;
    return v;
}

static void free_all(struct test_case *c)
{
    while (c->blocks) {
        struct block *b = c->blocks;
        c->blocks = b->next;
        free(b->data);
        free(b);
    }
    c->products = NULL;
}

/* ----------------------------------------------------------------------------
 * Metadata
 * ------------------------------------------------------------------------- */

/* 1 and the text, or 0 if there is no such key. */
static int meta_text(struct test_case *c, const char *key, char text[NAME_CAP])
{
    size_t len = 0;
    rnn_status status = rnn_st_meta(&c->st, key, (unsigned char *)text,
                                    NAME_CAP - 1, &len);
    text[0] = status == RNN_OK ? text[0] : 0;
    if (status == RNN_E_END) return 0;
    if (status != RNN_OK)
        fail(c, "metadata %s: %s", key, rnn_status_text(status));
    if (len >= NAME_CAP) fail(c, "metadata %s: a length out of range", key);
    text[len] = 0;
    if (strlen(text) != len) fail(c, "metadata %s: not a text", key);
    return 1;
}

static void need_text(struct test_case *c, const char *key, char text[NAME_CAP])
{
    if (!meta_text(c, key, text)) fail(c, "metadata %s is missing", key);
}

static int meta_is(struct test_case *c, const char *key, const char *value)
{
    char text[NAME_CAP];
    return meta_text(c, key, text) && strcmp(text, value) == 0;
}

/* Numbers between commas, at most max of them; gives how many there are. */
static int meta_list(struct test_case *c, const char *key, double *out, int max)
{
    char text[NAME_CAP];
    char *p = text, *end = text;
    int n = 0;
    need_text(c, key, text);
    for (;;) {
        if (n == max) fail(c, "metadata %s: too many numbers", key);
        out[n++] = strtod(p, &end);
        if (end == p) fail(c, "metadata %s: not a number", key);
        if (*end == 0) return n;
        if (*end != ',') fail(c, "metadata %s: not a list", key);
        p = end + 1;
    }
}

static double need_number(struct test_case *c, const char *key)
{
    double x = 0;
    meta_list(c, key, &x, 1);
    return x;
}

static double meta_number(struct test_case *c, const char *key, double other)
{
    char text[NAME_CAP];
    return meta_text(c, key, text) ? need_number(c, key) : other;
}

static int as_size(struct test_case *c, const char *key, double x)
{
    if (!(x >= 0 && x <= (double)MAX_INT) || floor(x) < x)
        fail(c, "metadata %s: not a size", key);
    return (int)x;
}

static int need_size(struct test_case *c, const char *key)
{
    return as_size(c, key, need_number(c, key));
}

static int meta_size(struct test_case *c, const char *key, int other)
{
    return as_size(c, key, meta_number(c, key, (double)other));
}

/* ----------------------------------------------------------------------------
 * Tensors of the file
 * ------------------------------------------------------------------------- */

static int find(struct test_case *c, const char *name, rnn_st_tensor *t)
{
    return rnn_st_find(&c->st, name, t) == RNN_OK;
}

static int has(struct test_case *c, const char *name)
{
    rnn_st_tensor t;
    return find(c, name, &t);
}

static size_t width_of(struct test_case *c, const rnn_st_tensor *t)
{
    if (t->dtype == RNN_ST_F32 || t->dtype == RNN_ST_I32) return 4;
    if (t->dtype != RNN_ST_F64)
        fail(c, "a tensor is of type %s", rnn_st_dtype_name(t->dtype));
    return 8;
}

static size_t count_of(struct test_case *c, const rnn_st_tensor *t)
{
    return t->size / width_of(c, t);
}

static uint32_t bits32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static double f32_at(const unsigned char *p)
{
    uint32_t u = bits32(p);
    float f;
    memcpy(&f, &u, sizeof f);
    return (double)f;
}

static double f64_at(const unsigned char *p)
{
    uint64_t u = (uint64_t)bits32(p) | (uint64_t)bits32(p + 4) << 32;
    double d;
    memcpy(&d, &u, sizeof d);
    return d;
}

static int32_t i32_at(const unsigned char *p)
{
    uint32_t u = bits32(p);
    return u <= 0x7fffffffu ? (int32_t)u : -(int32_t)(0xffffffffu - u) - 1;
}

/* Element i; the type is one that width_of accepts. */
static double value_at(const rnn_st_tensor *t, size_t i)
{
    if (t->dtype == RNN_ST_F64) return f64_at(t->data + 8 * i);
    if (t->dtype == RNN_ST_I32) return (double)i32_at(t->data + 4 * i);
    return f32_at(t->data + 4 * i);
}

static void need_tensor(struct test_case *c, const char *name, size_t count,
                        rnn_st_tensor *t)
{
    if (!find(c, name, t)) fail(c, "%s is missing", name);
    if (count_of(c, t) != count)
        fail(c, "%s has %lu elements, not %lu", name,
             (unsigned long)count_of(c, t), (unsigned long)count);
}

/* The count numbers of a tensor. */
static rnn_real *reals(struct test_case *c, const char *name, size_t count)
{
    rnn_st_tensor t;
    rnn_real *v = NULL;
    size_t i;
    need_tensor(c, name, count, &t);
    if (t.dtype == RNN_ST_I32) fail(c, "%s is not of floats", name);
    v = get_reals(c, count);
    for (i = 0; i < count; i++) v[i] = (rnn_real)value_at(&t, i);
    return v;
}

static int *ints(struct test_case *c, const char *name, size_t count)
{
    rnn_st_tensor t;
    int *v = NULL;
    size_t i;
    need_tensor(c, name, count, &t);
    if (t.dtype != RNN_ST_I32) fail(c, "%s is not of I32", name);
    v = get(c, count, sizeof *v);
    for (i = 0; i < count; i++) v[i] = (int)i32_at(t.data + 4 * i);
    return v;
}

/* The shape of a matrix, both sizes from 1 to MAX_INT. */
static void matrix(struct test_case *c, const char *name, int *rows, int *cols)
{
    const size_t max = MAX_INT;
    rnn_st_tensor t;
    if (!find(c, name, &t)) fail(c, "%s is missing", name);
    if (t.ndim != 2 || t.dims[0] - 1 >= max || t.dims[1] - 1 >= max)
        fail(c, "%s is not a matrix", name);
    *rows = (int)t.dims[0];
    *cols = (int)t.dims[1];
}

/* As reals and ints, or NULL if the file has no such tensor. */
static rnn_real *some_reals(struct test_case *c, const char *name, size_t count)
{
    return has(c, name) ? reals(c, name, count) : NULL;
}

static int *some_ints(struct test_case *c, const char *name, size_t count)
{
    return has(c, name) ? ints(c, name, count) : NULL;
}

/* ----------------------------------------------------------------------------
 * Tensors that the library computed
 * ------------------------------------------------------------------------- */

static struct product *produced(const struct test_case *c, const char *name)
{
    struct product *p = c->products;
    while (p && strcmp(p->name, name) != 0) p = p->next;
    return p;
}

/* Room for a tensor of count numbers, to be filled in PyTorch's layout. */
static double *put_new(struct test_case *c, const char *name, size_t count)
{
    struct product *p = get(c, 1, sizeof *p);
    rnn_st_tensor t;
    if (find(c, name, &t) && count_of(c, &t) != count)
        fail(c, "%s has %lu elements, the library gives %lu", name,
             (unsigned long)count_of(c, &t), (unsigned long)count);
    snprintf(p->name, sizeof p->name, "%s", name);
    p->count = count;
    p->values = get(c, count, sizeof *p->values);
    p->next = c->products;
    c->products = p;
    return p->values;
}

static void put_reals(struct test_case *c, const char *name, const rnn_real *v,
                      size_t count)
{
    double *out = put_new(c, name, count);
    size_t i;
    for (i = 0; i < count; i++) out[i] = (double)v[i];
}

static void put_number(struct test_case *c, const char *name, double v)
{
    *put_new(c, name, 1) = v;
}

/* ----------------------------------------------------------------------------
 * The comparison
 * ------------------------------------------------------------------------- */

/* 1 and the name if the tensor is one that the library must give. */
static int is_wanted(struct test_case *c, const rnn_st_tensor *t,
                     char name[NAME_CAP])
{
    size_t len = rnn_st_unescape(t->name, t->name_len, NULL, 0);
    if (len >= NAME_CAP) fail(c, "a tensor's name is too long");
    rnn_st_unescape(t->name, t->name_len, (unsigned char *)name, NAME_CAP - 1);
    name[len] = 0;
    return strncmp(name, "out.", 4) == 0 || strncmp(name, "grad.", 5) == 0;
}

/* The float64 tensor of that name (out.h: out64.h), or the tensor itself. */
static rnn_st_tensor reference_of(struct test_case *c, const char *name,
                                  const rnn_st_tensor *t)
{
    const char *dot = strchr(name, '.');
    char name64[NAME_CAP + 8];
    rnn_st_tensor ref;
    snprintf(name64, sizeof name64, "%.*s64%s", (int)(dot - name), name, dot);
    if (!find(c, name64, &ref)) return *t;
    if (count_of(c, &ref) != count_of(c, t))
        fail(c, "%s and %s differ in size", name, name64);
    return ref;
}

/* PyTorch's own error in float32; 0 where that run overflowed and so says
 * nothing about what is possible. */
static double err32_of(struct test_case *c, const char *name)
{
    char key[NAME_CAP + 8];
    double err;
    snprintf(key, sizeof key, "err32.%s", name);
    err = meta_number(c, key, 0.0);
    if (!isfinite(meta_number(c, "torch_f32_norm", 0.0))) return 0;
    return isfinite(err) ? fabs(err) : 0;
}

/* Equal numbers, also infinite ones, and two NaNs do not differ. */
static double difference(double a, double b)
{
    if ((isnan(a) && isnan(b)) || !(a < b || a > b || isnan(a) || isnan(b)))
        return 0;
    return isfinite(a) && isfinite(b) ? fabs(a - b) : HUGE_VAL;
}

static void compare_tensor(struct test_case *c, const char *name,
                           const rnn_st_tensor *t, const struct product *p)
{
    rnn_st_tensor ref = reference_of(c, name, t);
    double error = 0, scale = 0, tolerance, ratio;
    size_t i;
    for (i = 0; i < p->count; i++) {
        double b = value_at(&ref, i), e = difference(p->values[i], b);
        if (e > error) error = e;
        if (isfinite(b) && fabs(b) > scale) scale = fabs(b);
    }
    tolerance = 10 * err32_of(c, name) + 1e-6 * scale + 1e-9;
    ratio = error / tolerance;
    if (c->worst_name[0] && ratio <= c->worst) return;
    c->worst = ratio;
    snprintf(c->worst_name, sizeof c->worst_name, "%s", name);
    snprintf(c->why, sizeof c->why, "tensor=%s error=%.3g tolerance=%.3g", name,
             error, tolerance);
}

/* Every tensor that the case has; a missing one is worse than a wrong one. */
static void compare(struct test_case *c)
{
    char name[NAME_CAP];
    rnn_st_tensor t;
    rnn_status status;
    size_t pos = 0;
    while ((status = rnn_st_next(&c->st, &pos, &t)) == RNN_OK) {
        const struct product *p;
        if (!is_wanted(c, &t, name)) continue;
        p = produced(c, name);
        if (p == NULL) fail(c, "tensor=%s is not computed", name);
        compare_tensor(c, name, &t, p);
    }
    if (status != RNN_E_END) check(c, "rnn_st_next", status);
    if (!c->worst_name[0]) fail(c, "the case expects nothing");
    if (!(c->worst <= 1)) c->verdict = FAILED;
}

/* ----------------------------------------------------------------------------
 * The writer: a safetensors file of what was computed, F32 or I32
 *
 * 8 bytes length of the header, the header (JSON, padded with spaces so that
 * the data begins at a multiple of 8), then the data without a hole.
 * ------------------------------------------------------------------------- */

struct text { /* a buffer that grows, or, with data NULL, only counts */
    char *data;
    size_t len, cap;
};

static void append(struct text *s, const char *form, ...)
{
    va_list args;
    int n;
    va_start(args, form);
    n = vsnprintf(s->data ? s->data + s->len : NULL,
                  s->data ? s->cap - s->len : 0, form, args);
    va_end(args);
    if (n > 0) s->len += (size_t)n;
}

/* One entry of the header. The name stands as it does in the case. */
static void append_entry(struct text *s, const rnn_st_tensor *t, size_t begin,
                         size_t end)
{
    int i;
    append(s, "%s\"%.*s\":{\"dtype\":\"%s\",\"shape\":[",
           s->len > 1 ? "," : "", (int)t->name_len, (const char *)t->name,
           t->dtype == RNN_ST_I32 ? "I32" : "F32");
    for (i = 0; i < t->ndim; i++)
        append(s, "%s%lu", i ? "," : "", (unsigned long)t->dims[i]);
    append(s, "],\"data_offsets\":[%lu,%lu]}", (unsigned long)begin,
           (unsigned long)end);
}

/* The whole header, padded; s->data NULL measures it. */
static void append_header(struct test_case *c, struct text *s)
{
    char name[NAME_CAP];
    rnn_st_tensor t;
    size_t pos = 0, offset = 0;
    append(s, "{");
    while (rnn_st_next(&c->st, &pos, &t) == RNN_OK) {
        const struct product *p;
        if (!is_wanted(c, &t, name)) continue;
        p = produced(c, name);
        if (p == NULL) continue;
        append_entry(s, &t, offset, offset + 4 * p->count);
        offset += 4 * p->count;
    }
    append(s, "}");
    while (s->len % 8) append(s, " ");
}

static void write_bytes(FILE *f, uint64_t bits, int bytes)
{
    int i;
    for (i = 0; i < bytes; i++) putc((int)(bits >> (8 * i) & 0xff), f);
}

static uint32_t bits_of(double value, int dtype)
{
    float f = (float)value;
    uint32_t u;
    if (dtype == RNN_ST_I32) return (uint32_t)(int32_t)value;
    memcpy(&u, &f, sizeof u);
    return u;
}

static void write_data(struct test_case *c, FILE *f)
{
    char name[NAME_CAP];
    rnn_st_tensor t;
    size_t pos = 0, i;
    while (rnn_st_next(&c->st, &pos, &t) == RNN_OK) {
        const struct product *p;
        if (!is_wanted(c, &t, name)) continue;
        p = produced(c, name);
        for (i = 0; p && i < p->count; i++)
            write_bytes(f, bits_of(p->values[i], t.dtype), 4);
    }
}

static void write_case(struct test_case *c, const char *dir)
{
    struct text header = {NULL, 0, 0};
    size_t room = strlen(dir) + strlen(c->name) + 16;
    char *path = get(c, room, 1);
    FILE *f = NULL;
    int bad;
    append_header(c, &header);
    header.cap = header.len + 1;
    header.data = get(c, header.cap, 1);
    header.len = 0;
    append_header(c, &header);
    snprintf(path, room, "%s/%s.safetensors", dir, c->name);
    MAKE_DIR(dir);
    f = fopen(path, "wb");
    if (f == NULL) fail(c, "cannot write %s", path);
    write_bytes(f, (uint64_t)header.len, 8);
    fwrite(header.data, 1, header.len, f);
    write_data(c, f);
    bad = ferror(f);
    if (fclose(f) != 0 || bad) fail(c, "cannot write %s", path);
}

/* ----------------------------------------------------------------------------
 * Parameters: a stack's or a model's, PyTorch's layout and ours
 * ------------------------------------------------------------------------- */

struct net { /* what has parameters: one of the two */
    const rnn_stack *stack;
    const rnn_model *model;
    int bias_may_lack; /* a bias that the file lacks is zero */
};

/* Tensor i, within params_len numbers; 0 after the last. */
static int tensor_at(struct test_case *c, const struct net *net, int i,
                     size_t params_len, rnn_tensor *t)
{
    rnn_status status = net->model ? rnn_model_tensor(net->model, i, t)
                                   : rnn_stack_tensor(net->stack, i, t);
    size_t cols;
    if (status == RNN_E_END) return 0;
    check(c, net->model ? "rnn_model_tensor" : "rnn_stack_tensor", status);
    cols = (size_t)(t->cols ? t->cols : 1);
    if (t->size != times(c, (size_t)t->rows, cols) || t->size > params_len ||
        t->offset > params_len - t->size)
        fail(c, "parameter %s lies outside of the parameters", t->name);
    return 1;
}

/* Where element k of PyTorch's tensor lies in the parameters. */
static size_t place(const rnn_tensor *t, size_t k)
{
    size_t rows = (size_t)t->rows, cols = (size_t)t->cols;
    if (!t->transposed) return t->offset + k;
    return t->offset + k % cols * rows + k / cols;
}

static int same_shape(const rnn_st_tensor *t, const rnn_tensor *p)
{
    if (t->ndim != (p->cols ? 2 : 1)) return 0;
    return t->dims[0] == (size_t)p->rows &&
           (p->cols == 0 || t->dims[1] == (size_t)p->cols);
}

static void load_tensor(struct test_case *c, const struct net *net,
                        const rnn_tensor *p, rnn_real *params)
{
    char name[NAME_CAP];
    rnn_st_tensor t;
    size_t k;
    snprintf(name, sizeof name, "p.%s", p->name);
    if (net->bias_may_lack && p->cols == 0 && !has(c, name)) {
        for (k = 0; k < p->size; k++) params[p->offset + k] = 0;
        return;
    }
    need_tensor(c, name, p->size, &t);
    if (!same_shape(&t, p)) fail(c, "%s has another shape", name);
    for (k = 0; k < p->size; k++)
        params[place(p, k)] = (rnn_real)value_at(&t, k);
}

/* All parameters of the net, from p.* */
static rnn_real *load_params(struct test_case *c, const struct net *net,
                             size_t params_len)
{
    rnn_real *params = get_reals(c, params_len);
    rnn_tensor t;
    int i;
    for (i = 0; tensor_at(c, net, i, params_len, &t); i++)
        load_tensor(c, net, &t, params);
    return params;
}

/* All their gradients, to grad.* */
static void put_grads(struct test_case *c, const struct net *net,
                      const rnn_real *grads, size_t params_len)
{
    char name[NAME_CAP];
    rnn_tensor t;
    size_t k;
    int i;
    for (i = 0; tensor_at(c, net, i, params_len, &t); i++) {
        double *out;
        snprintf(name, sizeof name, "grad.%s", t.name);
        out = put_new(c, name, t.size);
        for (k = 0; k < t.size; k++) out[k] = (double)grads[place(&t, k)];
    }
}

/* ----------------------------------------------------------------------------
 * What kinds share
 * ------------------------------------------------------------------------- */

struct shape {
    int steps, batch, input, hidden, layers, dirs; /* T B I H L D           */
    size_t rows, x, y, state;                      /* T B, and what it says */
};

static void read_shape(struct test_case *c, int bidirectional, struct shape *s)
{
    size_t layers;
    s->steps = need_size(c, "T");
    s->batch = need_size(c, "B");
    s->input = need_size(c, "I");
    s->hidden = need_size(c, "H");
    s->layers = meta_size(c, "L", 1);
    if (s->layers == 0) fail(c, "metadata L: not a number of layers");
    s->dirs = bidirectional ? 2 : 1;
    layers = (size_t)s->layers * (size_t)s->dirs;
    s->rows = times(c, (size_t)s->steps, (size_t)s->batch);
    s->x = times(c, s->rows, (size_t)s->input);
    s->y = times(c, s->rows, (size_t)s->hidden * (size_t)s->dirs);
    s->state = times(c, times(c, layers, (size_t)s->batch), (size_t)s->hidden);
}

/* The library's sizes are the shape's. */
static void check_sizes(struct test_case *c, const struct shape *s,
                        const rnn_sizes *sizes, size_t output)
{
    if (sizes->state != s->state || sizes->output != output)
        fail(c, "sizes: the library counts otherwise");
}

static int read_cell(struct test_case *c)
{
    static const struct {
        const char *name;
        int cell;
    } cells[] = {{"rnn_tanh", RNN_TANH},
                 {"rnn_relu", RNN_RELU},
                 {"gru", RNN_GRU},
                 {"lstm", RNN_LSTM}};
    char text[NAME_CAP];
    size_t i;
    need_text(c, "cell", text);
    for (i = 0; i < sizeof cells / sizeof cells[0]; i++)
        if (strcmp(text, cells[i].name) == 0) return cells[i].cell;
    skip(c, "cell %s", text);
    return -1;
}

static void set_stack(rnn_stack *stack, int cell, const struct shape *s)
{
    memset(stack, 0, sizeof *stack);
    stack->cell = cell;
    stack->input_size = s->input;
    stack->hidden_size = s->hidden;
    stack->num_layers = s->layers;
    stack->bidirectional = s->dirs == 2;
}

static void set_seq(rnn_seq *seq, int steps, int batch)
{
    memset(seq, 0, sizeof *seq);
    seq->steps = steps;
    seq->batch = batch;
}

/* sum of a[i] b[i]; b NULL gives 0, as an upstream gradient that is not. */
static double dot(const rnn_real *a, const rnn_real *b, size_t n)
{
    double sum = 0;
    size_t i;
    for (i = 0; b && i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* ----------------------------------------------------------------------------
 * kind=cell: a stack, forward and backward
 *
 *     loss = sum y up.y + sum hn up.hn + sum cn up.cn
 * ------------------------------------------------------------------------- */

/* x, lengths and initial states of a stack. */
static void read_seq(struct test_case *c, const struct shape *s, rnn_seq *seq)
{
    set_seq(seq, s->steps, s->batch);
    seq->x = reals(c, "in.x", s->x);
    seq->lengths = some_ints(c, "in.lengths", (size_t)s->batch);
    if (meta_is(c, "varlen", "1") && seq->lengths == NULL)
        fail(c, "in.lengths is missing");
    seq->h0 = some_reals(c, "in.h0", s->state);
    seq->c0 = some_reals(c, "in.c0", s->state);
}

static void cell_backward(struct test_case *c, const struct net *net,
                          const rnn_real *params, const rnn_seq *seq,
                          const struct shape *s, const rnn_sizes *sizes,
                          const rnn_real *y, rnn_real *work)
{
    int lstm = net->stack->cell == RNN_LSTM;
    rnn_real *grads = get_zeros(c, sizes->params);
    rnn_real *dy = some_reals(c, "up.y", s->y);
    rnn_flow flow;
    memset(&flow, 0, sizeof flow);
    flow.dhn = some_reals(c, "up.hn", s->state);
    flow.dcn = some_reals(c, "up.cn", s->state);
    flow.dx = get_reals(c, s->x);
    flow.dh0 = get_reals(c, s->state);
    flow.dc0 = lstm ? get_reals(c, s->state) : NULL;
    check(c, "rnn_stack_backward",
          rnn_stack_backward(net->stack, params, seq, dy, &flow, work,
                             sizes->train, NULL));
    check(c, "rnn_stack_grads",
          rnn_stack_grads(net->stack, seq, work, sizes->train, grads, NULL));
    put_reals(c, "grad.x", flow.dx, s->x);
    put_reals(c, "grad.h0", flow.dh0, s->state);
    if (lstm) put_reals(c, "grad.c0", flow.dc0, s->state);
    put_grads(c, net, grads, sizes->params);
    put_number(c, "out.loss",
               dot(y, dy, s->y) + dot(seq->hn, flow.dhn, s->state) +
                   dot(seq->cn, flow.dcn, s->state));
}

static void run_cell(struct test_case *c)
{
    struct net net = {NULL, NULL, 0};
    struct shape s;
    rnn_stack stack;
    rnn_sizes sizes;
    rnn_seq seq;
    rnn_real *params, *y, *work;
    read_shape(c, meta_size(c, "bidirectional", 0), &s);
    set_stack(&stack, read_cell(c), &s);
    stack.no_bias = meta_is(c, "bias", "0");
    net.stack = &stack;
    read_seq(c, &s, &seq);
    check(c, "rnn_stack_sizes",
          rnn_stack_sizes(&stack, s.steps, s.batch, &sizes));
    check_sizes(c, &s, &sizes, s.y);
    params = load_params(c, &net, sizes.params);
    y = get_reals(c, sizes.output);
    work = get_reals(c, sizes.train);
    seq.hn = get_reals(c, sizes.state);
    seq.cn = stack.cell == RNN_LSTM ? get_reals(c, sizes.state) : NULL;
    check(c, "rnn_stack_forward",
          rnn_stack_forward(&stack, params, &seq, y, work, sizes.train, NULL));
    put_reals(c, "out.y", y, sizes.output);
    put_reals(c, "out.hn", seq.hn, sizes.state);
    if (seq.cn) put_reals(c, "out.cn", seq.cn, sizes.state);
    cell_backward(c, &net, params, &seq, &s, &sizes, y, work);
}

/* ----------------------------------------------------------------------------
 * kind=onnx: a stack of one layer, forward only
 * ------------------------------------------------------------------------- */

static int onnx_cell(struct test_case *c)
{
    char op[NAME_CAP];
    need_text(c, "op", op);
    if (meta_is(c, "needs", "peephole")) skip(c, "peephole connections");
    if (strcmp(op, "RNN") == 0) return RNN_TANH;
    if (strcmp(op, "LSTM") == 0) return RNN_LSTM;
    if (strcmp(op, "GRU") != 0) skip(c, "op %s", op);
    return meta_size(c, "linear_before_reset", 0) ? RNN_GRU
                                                  : RNN_GRU_RESET_BEFORE;
}

static void run_onnx(struct test_case *c)
{
    struct net net = {NULL, NULL, 1};
    struct shape s;
    rnn_stack stack;
    rnn_sizes sizes;
    rnn_seq seq;
    rnn_real *params, *y, *work;
    read_shape(c, has(c, "p.weight_ih_l0_reverse"), &s);
    set_stack(&stack, onnx_cell(c), &s);
    stack.no_bias = !has(c, "p.bias_ih_l0") && !has(c, "p.bias_hh_l0");
    net.stack = &stack;
    read_seq(c, &s, &seq);
    check(c, "rnn_stack_sizes",
          rnn_stack_sizes(&stack, s.steps, s.batch, &sizes));
    check_sizes(c, &s, &sizes, s.y);
    params = load_params(c, &net, sizes.params);
    y = get_reals(c, sizes.output);
    work = get_reals(c, sizes.infer);
    seq.hn = get_reals(c, sizes.state);
    seq.cn = stack.cell == RNN_LSTM ? get_reals(c, sizes.state) : NULL;
    check(c, "rnn_stack_infer",
          rnn_stack_infer(&stack, params, &seq, y, work, sizes.infer, NULL));
    put_reals(c, "out.y", y, sizes.output);
    put_reals(c, "out.hn", seq.hn, sizes.state);
    if (seq.cn) put_reals(c, "out.cn", seq.cn, sizes.state);
}

/* ----------------------------------------------------------------------------
 * kind=wiring wiring=n_vs_n: a model, its loss, and back
 *
 * The sequence runs in chunks; without metadata tbptt_chunks there is one. From
 * chunk to chunk the state is carried in place, its gradient is cut, and the
 * gradients of the parameters add up. Arrays hold all T steps; a chunk is a
 * range of steps in them.
 * ------------------------------------------------------------------------- */

struct n_to_n {
    struct shape s;
    rnn_model model;
    rnn_stack stack;
    rnn_sizes sizes; /* of all T steps */
    const rnn_real *params, *x, *mask, *h0, *c0;
    const int *ids, *targets, *lengths;
    rnn_real n; /* of the loss: 0 lets the library count */
    rnn_real *h, *c, *y, *logits, *nll, *dlogits, *dx, *dh0, *dc0, *grads;
    double loss;
};

static void n_to_n_input(struct test_case *c, struct n_to_n *m)
{
    char input[NAME_CAP];
    int rows;
    need_text(c, "input", input);
    if (strcmp(input, "dense") == 0) {
        m->model.input = RNN_DENSE;
        m->x = reals(c, "in.x", m->s.x);
        m->dx = get_reals(c, m->s.x);
        return;
    }
    m->ids = ints(c, "in.ids", m->s.rows);
    m->model.input = RNN_ONE_HOT;
    if (strcmp(input, "onehot") == 0) return;
    if (strcmp(input, "emb") != 0) skip(c, "input %s", input);
    m->model.input = RNN_EMBEDDING;
    matrix(c, "p.emb.weight", &rows, &m->model.embedding_size);
}

static void n_to_n_model(struct test_case *c, struct n_to_n *m)
{
    read_shape(c, meta_size(c, "bidirectional", 0), &m->s);
    m->model.wiring = RNN_N_TO_N;
    m->model.cell = read_cell(c);
    m->model.input_size = m->s.input;
    m->model.hidden_size = m->s.hidden;
    m->model.num_layers = m->s.layers;
    m->model.bidirectional = m->s.dirs == 2;
    m->model.no_bias = !has(c, "p.rnn.bias_ih_l0");
    m->model.output_size = need_size(c, "V");
    n_to_n_input(c, m);
    check(c, "rnn_model_stack", rnn_model_stack(&m->model, &m->stack));
    check(c, "rnn_model_sizes",
          rnn_model_sizes(&m->model, 0, m->s.steps, m->s.batch, &m->sizes));
    check_sizes(c, &m->s, &m->sizes,
                times(c, m->s.rows, (size_t)m->model.output_size));
}

/* Lengths of the rows; chunks count on 0 .. T. */
static const int *lengths(struct test_case *c, const char *name,
                          const struct shape *s)
{
    const int *v = ints(c, name, (size_t)s->batch);
    int b;
    for (b = 0; b < s->batch; b++)
        if (v[b] < 0 || v[b] > s->steps) fail(c, "%s is out of range", name);
    return v;
}

static void n_to_n_buffers(struct test_case *c, struct n_to_n *m)
{
    size_t rows = m->s.rows, state = m->s.state;
    m->targets = ints(c, "in.tgt", rows);
    m->mask = some_reals(c, "in.mask", rows);
    if (meta_is(c, "varlen_cell", "1"))
        m->lengths = lengths(c, "in.len", &m->s);
    m->h0 = some_reals(c, "in.h0", state);
    m->c0 = some_reals(c, "in.c0", state);
    m->h = get_reals(c, state);
    m->dh0 = get_reals(c, state);
    if (m->model.cell == RNN_LSTM) {
        m->c = get_reals(c, state);
        m->dc0 = get_reals(c, state);
    }
    m->y = get_zeros(c, m->s.y);
    m->logits = get_reals(c, m->sizes.output);
    m->dlogits = get_reals(c, m->sizes.output);
    m->nll = get_reals(c, rows);
    m->grads = get_zeros(c, m->sizes.params);
}

/* The lengths that are left for steps `from` to `from + steps`. */
static const int *chunk_lengths(struct test_case *c, const struct n_to_n *m,
                                int from, int steps)
{
    int *out = NULL;
    int b;
    if (m->lengths == NULL) return NULL;
    out = get(c, (size_t)m->s.batch, sizeof *out);
    for (b = 0; b < m->s.batch; b++) {
        int left = m->lengths[b] - from;
        out[b] = left < 0 ? 0 : left > steps ? steps : left;
    }
    return out;
}

static void chunk_seq(struct test_case *c, const struct n_to_n *m, int from,
                      int steps, rnn_seq *seq)
{
    size_t row = (size_t)from * (size_t)m->s.batch;
    set_seq(seq, steps, m->s.batch);
    seq->lengths = chunk_lengths(c, m, from, steps);
    seq->x = m->x ? m->x + row * (size_t)m->s.input : NULL;
    seq->ids = m->ids ? m->ids + row : NULL;
    seq->h0 = from ? m->h : m->h0;
    seq->c0 = from ? m->c : m->c0;
    seq->hn = m->h;
    seq->cn = m->c;
    seq->first_step = (uint32_t)from;
}

/* out.h: the last layer's states, [forward; reverse], 0 on padding. */
static void chunk_states(struct test_case *c, const struct n_to_n *m,
                         const rnn_seq *seq, const rnn_real *work,
                         size_t work_len, rnn_real *y)
{
    size_t hidden = (size_t)m->s.hidden, dirs = (size_t)m->s.dirs, k;
    int d, t, b;
    for (d = 0; d < m->s.dirs; d++) {
        const rnn_real *h;
        rnn_view view;
        check(c, "rnn_stack_view",
              rnn_stack_view(&m->stack, seq, work, work_len, m->s.layers - 1,
                             d, &view));
        h = view.h;
        for (t = 0; t < seq->steps; t++)
            for (b = 0; b < seq->batch; b++) {
                size_t row = (size_t)t * (size_t)seq->batch + (size_t)b;
                rnn_real *to = y + (row * dirs + (size_t)d) * hidden;
                if (seq->lengths && t >= seq->lengths[b]) continue;
                for (k = 0; k < hidden; k++) to[k] = h[row * hidden + k];
            }
    }
}

static void run_chunk(struct test_case *c, struct n_to_n *m, int from,
                      int steps)
{
    size_t row = (size_t)from * (size_t)m->s.batch;
    size_t rows = (size_t)steps * (size_t)m->s.batch;
    size_t out = row * (size_t)m->model.output_size;
    rnn_sizes sizes;
    rnn_seq seq;
    rnn_flow flow;
    rnn_real *work, loss;
    check(c, "rnn_model_sizes",
          rnn_model_sizes(&m->model, 0, steps, m->s.batch, &sizes));
    work = get_reals(c, sizes.train);
    chunk_seq(c, m, from, steps, &seq);
    check(c, "rnn_forward",
          rnn_forward(&m->model, m->params, &seq, m->logits + out, work,
                      sizes.train, NULL));
    chunk_states(c, m, &seq, work, sizes.train,
                 m->y + row * (size_t)m->s.hidden * (size_t)m->s.dirs);
    check(c, "rnn_cross_entropy",
          rnn_cross_entropy(m->logits + out, rows, m->model.output_size,
                            m->targets + row, m->mask ? m->mask + row : NULL,
                            m->n, 0, m->nll + row, m->dlogits + out, &loss,
                            NULL));
    m->loss += (double)loss;
    memset(&flow, 0, sizeof flow);
    flow.dx = m->dx ? m->dx + row * (size_t)m->s.input : NULL;
    flow.dh0 = from ? NULL : m->dh0;
    flow.dc0 = from ? NULL : m->dc0;
    check(c, "rnn_backward",
          rnn_backward(&m->model, m->params, &seq, m->dlogits + out, &flow,
                       m->grads, work, sizes.train, NULL));
}

/* The steps of each chunk, at most max of them; gives how many there are. */
static int read_chunks(struct test_case *c, const struct n_to_n *m,
                       double *steps, int max)
{
    char text[NAME_CAP];
    steps[0] = (double)m->s.steps;
    if (!meta_text(c, "tbptt_chunks", text)) return 1;
    return meta_list(c, "tbptt_chunks", steps, max);
}

/* What all chunks divide their losses by: the sum of all weights. */
static rnn_real sum_of_mask(const struct n_to_n *m)
{
    rnn_real sum = 0;
    size_t k;
    if (m->mask == NULL) return (rnn_real)m->s.rows;
    for (k = 0; k < m->s.rows; k++) sum += m->mask[k];
    return sum;
}

/* The chunks tile the T steps. */
static void run_chunks(struct test_case *c, struct n_to_n *m)
{
    double steps[NAME_CAP / 2];
    int count = read_chunks(c, m, steps, NAME_CAP / 2);
    int i, from = 0;
    m->n = count > 1 ? sum_of_mask(m) : 0;
    for (i = 0; i < count; i++) {
        int n = as_size(c, "tbptt_chunks", steps[i]);
        if (n > m->s.steps - from) fail(c, "the chunks are longer than T");
        run_chunk(c, m, from, n);
        from += n;
    }
    if (from != m->s.steps) fail(c, "the chunks are shorter than T");
}

static void put_n_to_n(struct test_case *c, const struct n_to_n *m)
{
    size_t outputs = m->sizes.output;
    rnn_real *prob = get_reals(c, outputs), sum;
    check(c, "rnn_softmax",
          rnn_softmax(m->logits, m->s.rows, m->model.output_size, prob, NULL));
    check(c, "rnn_mean",
          rnn_mean(m->nll, m->mask, m->s.rows, 1, &sum, NULL));
    put_reals(c, "out.h", m->y, m->s.y);
    put_reals(c, "out.logits", m->logits, outputs);
    put_reals(c, "out.prob", prob, outputs);
    put_reals(c, "out.nll", m->nll, m->s.rows);
    put_number(c, "out.loss", m->loss);
    put_number(c, "out.loss_sum", (double)sum);
    put_reals(c, "out.hn", m->h, m->s.state);
    if (m->c) put_reals(c, "out.cn", m->c, m->s.state);
    put_reals(c, "grad.logits", m->dlogits, outputs);
    put_reals(c, "grad.h0", m->dh0, m->s.state);
    if (m->dc0) put_reals(c, "grad.c0", m->dc0, m->s.state);
    if (m->dx) put_reals(c, "grad.x", m->dx, m->s.x);
}

static void run_n_to_n(struct test_case *c)
{
    struct net net = {NULL, NULL, 0};
    struct n_to_n *m = get(c, 1, sizeof *m);
    char head[NAME_CAP];
    memset(m, 0, sizeof *m);
    if (meta_text(c, "head", head) && strcmp(head, "xent") != 0)
        skip(c, "head %s", head);
    n_to_n_model(c, m);
    n_to_n_buffers(c, m);
    net.model = &m->model;
    m->params = load_params(c, &net, m->sizes.params);
    run_chunks(c, m);
    put_n_to_n(c, m);
    put_grads(c, &net, m->grads, m->sizes.params);
}

/* ----------------------------------------------------------------------------
 * kind=optim: an optimiser, on (a) a linear regression and (b) a sequence of
 * gradients
 *
 *     (a) y = X w^T + b    loss = mean of (y - Y)^2, all elements
 * ------------------------------------------------------------------------- */

static int read_algo(struct test_case *c)
{
    static const struct {
        const char *name;
        int kind;
    } algos[] = {{"SGD", RNN_SGD},           {"Adagrad", RNN_ADAGRAD},
                 {"Adadelta", RNN_ADADELTA}, {"RMSprop", RNN_RMSPROP},
                 {"Adam", RNN_ADAM},         {"AdamW", RNN_ADAMW}};
    char text[NAME_CAP];
    size_t i;
    need_text(c, "algo", text);
    for (i = 0; i < sizeof algos / sizeof algos[0]; i++)
        if (strcmp(text, algos[i].name) == 0) return algos[i].kind;
    skip(c, "algo %s", text);
    return -1;
}

/* One hyper-parameter, if the metadata has it. */
static void set_number(struct test_case *c, const char *key, rnn_real *field)
{
    *field = (rnn_real)meta_number(c, key, (double)*field);
}

static void read_optimizer(struct test_case *c, rnn_optimizer *o)
{
    int kind = read_algo(c);
    char text[NAME_CAP];
    check(c, "rnn_optimizer_init",
          rnn_optimizer_init(o, kind, (rnn_real)need_number(c, "lr")));
    set_number(c, "weight_decay", &o->weight_decay);
    set_number(c, "momentum", &o->momentum);
    set_number(c, "dampening", &o->dampening);
    set_number(c, kind == RNN_RMSPROP ? "alpha" : "rho", &o->rho);
    set_number(c, "eps", &o->eps);
    set_number(c, "lr_decay", &o->lr_decay);
    set_number(c, "initial_accumulator_value", &o->initial);
    o->nesterov = meta_is(c, "nesterov", "True");
    o->centered = meta_is(c, "centered", "True");
    o->amsgrad = meta_is(c, "amsgrad", "True");
    if (meta_is(c, "maximize", "True")) skip(c, "maximize");
    if (meta_text(c, "betas", text)) {
        double betas[2];
        if (meta_list(c, "betas", betas, 2) != 2)
            fail(c, "metadata betas: not two numbers");
        o->beta1 = (rnn_real)betas[0];
        o->beta2 = (rnn_real)betas[1];
    }
}

/* Moments need not be cleared: they stay NaN until the first step. */
static rnn_real *get_moments(struct test_case *c, const rnn_optimizer *o,
                             size_t n)
{
    size_t count = 0;
    check(c, "rnn_optimizer_moments", rnn_optimizer_moments(o, &count));
    return get_reals(c, times(c, count, n));
}

struct regression {
    rnn_optimizer opt;
    rnn_linear lin;
    rnn_seq seq;
    size_t rows, inputs, outputs, params_len, steps;
    rnn_real *params, *grads, *moments, *y, *dy;
    const rnn_real *targets;
    double *w, *b, *gw, *gb, *loss; /* what the case expects, all steps */
};

/* Parameters in our layout to PyTorch's w (O, I) and b (O), or back. */
static void split(const struct regression *r, const rnn_real *params, double *w,
                  double *b)
{
    size_t inputs = r->inputs, outputs = r->outputs, i, o;
    for (o = 0; o < outputs; o++) {
        for (i = 0; i < inputs; i++)
            w[o * inputs + i] = (double)params[i * outputs + o];
        b[o] = (double)params[inputs * outputs + o];
    }
}

static void join(const struct regression *r, const rnn_real *w,
                 const rnn_real *b, rnn_real *params)
{
    size_t inputs = r->inputs, outputs = r->outputs, i, o;
    for (o = 0; o < outputs; o++) {
        for (i = 0; i < inputs; i++)
            params[i * outputs + o] = w[o * inputs + i];
        params[inputs * outputs + o] = b[o];
    }
}

static void regression_inputs(struct test_case *c, struct regression *r)
{
    int rows, inputs, outputs, columns;
    matrix(c, "in.X", &rows, &inputs);
    matrix(c, "in.w0", &outputs, &columns);
    if (columns != inputs) fail(c, "in.X and in.w0 do not fit");
    r->lin.input_size = inputs;
    r->lin.output_size = outputs;
    r->rows = (size_t)rows;
    r->inputs = (size_t)inputs;
    r->outputs = (size_t)outputs;
    check(c, "rnn_linear_size", rnn_linear_size(&r->lin, &r->params_len));
    if (r->params_len != (r->inputs + 1) * r->outputs)
        fail(c, "rnn_linear_size: the library counts otherwise");
    set_seq(&r->seq, 1, rows);
    r->seq.x = reals(c, "in.X", r->rows * r->inputs);
    r->targets = reals(c, "in.Y", r->rows * r->outputs);
    r->params = get_reals(c, r->params_len);
    join(r, reals(c, "in.w0", r->outputs * r->inputs),
         reals(c, "in.b0", r->outputs), r->params);
}

static void regression_buffers(struct test_case *c, struct regression *r)
{
    size_t weights = r->outputs * r->inputs, outputs = r->outputs;
    r->moments = get_moments(c, &r->opt, r->params_len);
    r->y = get_reals(c, r->rows * outputs);
    r->dy = get_reals(c, r->rows * outputs);
    r->w = put_new(c, "out.w", times(c, r->steps + 1, weights));
    r->b = put_new(c, "out.b", times(c, r->steps + 1, outputs));
    r->gw = put_new(c, "out.gw", times(c, r->steps, weights));
    r->gb = put_new(c, "out.gb", times(c, r->steps, outputs));
    r->loss = put_new(c, "out.loss", r->steps + 1);
}

/* The loss at step k, and dy. */
static void regression_forward(struct test_case *c, struct regression *r,
                               size_t k)
{
    rnn_real loss = 0;
    check(c, "rnn_linear_forward",
          rnn_linear_forward(&r->lin, r->params, &r->seq, r->y, NULL));
    check(c, "rnn_squared_error",
          rnn_squared_error(r->y, r->rows, r->lin.output_size, r->targets,
                            NULL, 0, NULL, r->dy, &loss, NULL));
    r->loss[k] = (double)loss;
}

static void regression_backward(struct test_case *c, struct regression *r)
{
    check(c, "rnn_linear_backward",
          rnn_linear_backward(&r->lin, r->params, &r->seq, r->y, r->dy, NULL,
                              NULL));
    r->grads = get_zeros(c, r->params_len);
    check(c, "rnn_linear_grads",
          rnn_linear_grads(&r->lin, &r->seq, r->dy, r->grads, NULL));
}

static void run_regression(struct test_case *c, const rnn_optimizer *opt,
                           size_t steps)
{
    struct regression *r = get(c, 1, sizeof *r);
    size_t weights, k;
    memset(r, 0, sizeof *r);
    r->opt = *opt;
    r->steps = steps;
    regression_inputs(c, r);
    regression_buffers(c, r);
    weights = r->outputs * r->inputs;
    for (k = 0; k <= steps; k++) {
        split(r, r->params, r->w + k * weights, r->b + k * r->outputs);
        regression_forward(c, r, k);
        if (k == steps) break;
        regression_backward(c, r);
        split(r, r->grads, r->gw + k * weights, r->gb + k * r->outputs);
        check(c, "rnn_optimizer_step",
              rnn_optimizer_step(&r->opt, r->params, r->grads, r->moments,
                                 r->params_len, NULL));
    }
}

static void run_gradients(struct test_case *c, const rnn_optimizer *opt,
                          size_t steps)
{
    rnn_optimizer o = *opt;
    rnn_st_tensor start;
    rnn_real *params, *g, *moments;
    double *out;
    size_t n, i, k;
    if (!find(c, "in.seq_p0", &start)) fail(c, "in.seq_p0 is missing");
    n = count_of(c, &start);
    params = reals(c, "in.seq_p0", n);
    g = reals(c, "in.seq_g", times(c, steps, n));
    moments = get_moments(c, &o, n);
    out = put_new(c, "out.seq_p", times(c, steps + 1, n));
    for (k = 0; k <= steps; k++) {
        for (i = 0; i < n; i++) out[k * n + i] = (double)params[i];
        if (k == steps) break;
        check(c, "rnn_optimizer_step",
              rnn_optimizer_step(&o, params, g + k * n, moments, n, NULL));
    }
}

static void run_optim(struct test_case *c)
{
    size_t steps = (size_t)need_size(c, "steps");
    rnn_optimizer opt;
    read_optimizer(c, &opt);
    if (has(c, "in.X")) run_regression(c, &opt, steps);
    if (has(c, "in.seq_g")) run_gradients(c, &opt, steps);
}

/* ----------------------------------------------------------------------------
 * kind=clip: all of in.g0, in.g1, ... as one gradient
 * ------------------------------------------------------------------------- */

/* The size of in.gk; 0 if there is none. */
static int clip_part(struct test_case *c, int k, size_t *size)
{
    char name[NAME_CAP];
    rnn_st_tensor t;
    snprintf(name, sizeof name, "in.g%d", k);
    if (!find(c, name, &t)) return 0;
    *size = count_of(c, &t);
    return 1;
}

static void clip(struct test_case *c, rnn_real *g, size_t n, rnn_real *norm)
{
    rnn_real max_norm = (rnn_real)need_number(c, "max_norm");
    double type = meta_number(c, "norm_type", 2.0);
    if (isinf(type))
        check(c, "rnn_clip_grad_max",
              rnn_clip_grad_max(g, n, max_norm, norm, NULL));
    else if (!(type < 2 || type > 2))
        check(c, "rnn_clip_grad_norm",
              rnn_clip_grad_norm(g, n, max_norm, norm, NULL));
    else
        skip(c, "norm_type %g", type);
}

static void run_clip(struct test_case *c)
{
    char name[NAME_CAP];
    rnn_real *g, norm = 0;
    size_t n = 0, at = 0, size, i;
    int k;
    for (k = 0; clip_part(c, k, &size); k++) n += size;
    g = get_reals(c, n);
    for (k = 0; clip_part(c, k, &size); k++) {
        const rnn_real *part;
        snprintf(name, sizeof name, "in.g%d", k);
        part = reals(c, name, size);
        for (i = 0; i < size; i++) g[at++] = part[i];
    }
    clip(c, g, n, &norm);
    for (k = 0, at = 0; clip_part(c, k, &size); k++, at += size) {
        snprintf(name, sizeof name, "out.g%d", k);
        put_reals(c, name, g + at, size);
    }
    put_number(c, "out.norm", (double)norm);
}

/* ----------------------------------------------------------------------------
 * kind=unit: one block alone
 * ------------------------------------------------------------------------- */

static void run_xent(struct test_case *c)
{
    int outputs = need_size(c, "V");
    size_t rows = (size_t)need_size(c, "N");
    size_t n = times(c, rows, (size_t)outputs);
    const rnn_real *logits = reals(c, "in.logits", n);
    const rnn_real *mask = some_reals(c, "in.mask", rows);
    const int *targets = ints(c, "in.tgt", rows);
    rnn_real *nll = get_reals(c, rows);
    rnn_real *prob = get_reals(c, n);
    rnn_real *dlogits = get_reals(c, n);
    rnn_real loss = 0, sum = 0;
    check(c, "rnn_softmax", rnn_softmax(logits, rows, outputs, prob, NULL));
    check(c, "rnn_cross_entropy",
          rnn_cross_entropy(logits, rows, outputs, targets, mask, 0, 0, nll,
                            dlogits, &loss, NULL));
    check(c, "rnn_mean", rnn_mean(nll, mask, rows, 1, &sum, NULL));
    put_reals(c, "out.prob", prob, n);
    put_reals(c, "out.nll", nll, rows);
    put_number(c, "out.loss", (double)loss);
    put_number(c, "out.loss_sum", (double)sum);
    put_reals(c, "grad.logits", dlogits, n);
}

/* loss = sum y in.up */
static void run_embedding(struct test_case *c)
{
    rnn_st_tensor ids;
    const rnn_real *table, *up;
    rnn_real *y, *grads;
    rnn_seq seq;
    size_t size, rows, n;
    int vocabulary, width;
    matrix(c, "p.emb.weight", &vocabulary, &width);
    size = (size_t)vocabulary * (size_t)width;
    table = reals(c, "p.emb.weight", size);
    if (!find(c, "in.ids", &ids)) fail(c, "in.ids is missing");
    rows = count_of(c, &ids);
    if (rows > (size_t)MAX_INT) fail(c, "in.ids is too large");
    n = rows * (size_t)width;
    up = reals(c, "in.up", n);
    y = get_reals(c, n);
    grads = get_zeros(c, size);
    set_seq(&seq, 1, (int)rows);
    seq.ids = ints(c, "in.ids", rows);
    check(c, "rnn_embedding_forward",
          rnn_embedding_forward(vocabulary, width, table, &seq, y, NULL));
    check(c, "rnn_embedding_grads",
          rnn_embedding_grads(vocabulary, width, &seq, up, grads, NULL));
    put_reals(c, "out.y", y, n);
    put_number(c, "out.loss", dot(y, up, n));
    put_reals(c, "grad.emb.weight", grads, size);
}

/* ----------------------------------------------------------------------------
 * The kinds, and the program
 * ------------------------------------------------------------------------- */

struct entry { /* the value of a metadata key, and what runs it */
    const char *name;
    void (*run)(struct test_case *c);
};

static const struct entry wirings[] = {{"n_vs_n", run_n_to_n}, {NULL, NULL}};

static const struct entry units[] = {
    {"softmax_xent", run_xent}, {"embedding", run_embedding}, {NULL, NULL}};

static void run_entry(struct test_case *c, const char *key,
                      const struct entry *e)
{
    char text[NAME_CAP];
    need_text(c, key, text);
    while (e->name && strcmp(e->name, text) != 0) e++;
    if (e->name == NULL) skip(c, "%s %s", key, text);
    e->run(c);
}

static void run_wiring(struct test_case *c)
{
    run_entry(c, "wiring", wirings);
}

static void run_unit(struct test_case *c)
{
    run_entry(c, "unit", units);
}

static const struct entry kinds[] = {
    {"cell", run_cell},   {"onnx", run_onnx}, {"wiring", run_wiring},
    {"optim", run_optim}, {"clip", run_clip}, {"unit", run_unit},
    {NULL, NULL}};

/* The bytes of a file; NULL, and why, if it cannot be read. */
static unsigned char *read_bytes(const char *path, size_t *len,
                                 const char **why)
{
    unsigned char *bytes;
    if (rnn_read_file(path, NULL, 0, len) != RNN_OK) {
        *why = "cannot be read";
        return NULL;
    }
    bytes = malloc(*len ? *len : 1);
    if (bytes && rnn_read_file(path, bytes, *len, len) == RNN_OK) return bytes;
    free(bytes);
    *why = "cannot be read, or no memory";
    return NULL;
}

/* The file's name without folder and extension. */
static void name_case(struct test_case *c, const char *path)
{
    static const char ending[] = ".safetensors";
    const char *slash = strrchr(path, '/');
    size_t n;
    snprintf(c->name, sizeof c->name, "%s", slash ? slash + 1 : path);
    n = strlen(c->name);
    if (n > sizeof ending - 1 && strcmp(c->name + n - (sizeof ending - 1),
                                        ending) == 0)
        c->name[n - (sizeof ending - 1)] = 0;
}

static enum verdict run_file(const char *path, const char *dir)
{
    struct test_case *c = calloc(1, sizeof *c);
    const char *why = NULL;
    size_t len = 0;
    enum verdict verdict;
    if (c == NULL) {
        printf("FAIL %s out of memory\n", path);
        return FAILED;
    }
    name_case(c, path);
    c->bytes = read_bytes(path, &len, &why);
    if (setjmp(c->leave) == 0) {
        if (c->bytes == NULL) fail(c, "%s", why);
        if (rnn_st_open(c->bytes, len, &c->st, &why) != RNN_OK)
            fail(c, "%s", why);
        run_entry(c, "kind", kinds);
        if (dir) write_case(c, dir);
        compare(c);
    }
    if (c->verdict == PASSED)
        printf("ok %s worst=%.3f\n", c->name, c->worst);
    else
        printf("%s %s %s\n", c->verdict == FAILED ? "FAIL" : "unsupported",
               c->name, c->why);
    fflush(stdout); /* a crash of the next case shows who it was */
    verdict = c->verdict;
    free_all(c);
    free(c->bytes);
    free(c);
    return verdict;
}

int main(int argc, char **argv)
{
    const char *dir = NULL;
    int count[3] = {0, 0, 0}, i = 1;
    if (argc > 2 && strcmp(argv[1], "--write") == 0) {
        dir = argv[2];
        i = 3;
    }
    if (i >= argc) {
        fprintf(stderr, "usage: parity [--write DIR] FILE...\n");
        return 2;
    }
    for (; i < argc; i++) count[run_file(argv[i], dir)]++;
    printf("%d passed, %d failed, %d skipped\n", count[PASSED], count[FAILED],
           count[SKIPPED]);
    return count[FAILED] != 0;
}
