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
#define MAX_BYTES ((size_t)1 << 30) /* of a case's buffers: cases are small */
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
    size_t used; /* bytes in them */
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
    if (bytes > MAX_BYTES - c->used) fail(c, "it needs more than 1 GiB");
    c->used += bytes;
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
    if (dtype == RNN_ST_I32)
        return fabs(value) < 2147483648.0 ? (uint32_t)(int32_t)value : 0;
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
 * Parameters: a stack's, a model's or an attention's, PyTorch's layout and ours
 * ------------------------------------------------------------------------- */

struct net { /* what has parameters: one of the three */
    const rnn_stack *stack;
    const rnn_model *model;
    const rnn_attention *att;
    int bias_may_lack; /* a bias that the file lacks is zero */
};

/* Of an attention alone, which the library does not list: W, U, v. */
static rnn_status attention_tensor(const rnn_attention *att, int i,
                                   rnn_tensor *t)
{
    size_t size = (size_t)att->size, query = (size_t)att->query_size;
    size_t key = (size_t)att->key_size;
    if (i > 2) return RNN_E_END;
    memset(t, 0, sizeof *t);
    snprintf(t->name, sizeof t->name, "att.%c", "WUv"[i]);
    t->rows = att->size;
    t->cols = i == 0 ? att->query_size : i == 1 ? att->key_size : 0;
    t->transposed = t->cols != 0;
    t->offset = size * (i == 0 ? 0 : i == 1 ? query : query + key);
    t->size = size * (i == 0 ? query : i == 1 ? key : 1);
    return RNN_OK;
}

static rnn_status any_tensor(const struct net *net, int i, rnn_tensor *t)
{
    if (net->model) return rnn_model_tensor(net->model, i, t);
    if (net->stack) return rnn_stack_tensor(net->stack, i, t);
    return attention_tensor(net->att, i, t);
}

/* Tensor i, within params_len numbers; 0 after the last. */
static int tensor_at(struct test_case *c, const struct net *net, int i,
                     size_t params_len, rnn_tensor *t)
{
    rnn_status status = any_tensor(net, i, t);
    size_t cols;
    if (status == RNN_E_END) return 0;
    check(c, "a parameter", status);
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

static void count_shape(struct test_case *c, struct shape *s)
{
    size_t layers = times(c, (size_t)s->layers, (size_t)s->dirs);
    size_t width = times(c, (size_t)s->hidden, (size_t)s->dirs);
    s->rows = times(c, (size_t)s->steps, (size_t)s->batch);
    s->x = times(c, s->rows, (size_t)s->input);
    s->y = times(c, s->rows, width);
    s->state = times(c, times(c, layers, (size_t)s->batch), (size_t)s->hidden);
}

/* Metadata L, which may lack. */
static int read_layers(struct test_case *c)
{
    int layers = meta_size(c, "L", 1);
    if (layers == 0) fail(c, "metadata L: not a number of layers");
    return layers;
}

static void read_shape(struct test_case *c, int bidirectional, struct shape *s)
{
    s->steps = need_size(c, "T");
    s->batch = need_size(c, "B");
    s->input = need_size(c, "I");
    s->hidden = need_size(c, "H");
    s->layers = read_layers(c);
    s->dirs = bidirectional ? 2 : 1;
    count_shape(c, s);
}

/* That of a stack over so many steps. */
static void shape_of(struct test_case *c, const rnn_stack *stack, int steps,
                     int batch, struct shape *s)
{
    s->steps = steps;
    s->batch = batch;
    s->input = stack->input_size;
    s->hidden = stack->hidden_size;
    s->layers = stack->num_layers ? stack->num_layers : 1;
    s->dirs = stack->bidirectional ? 2 : 1;
    count_shape(c, s);
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
    struct net net = {NULL, NULL, NULL, 0};
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
    struct net net = {NULL, NULL, NULL, 1};
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
 * kind=wiring: a model, its loss, and back
 *
 * The functions of the wirings describe the model and say what it reads; one
 * runner does the rest for all of them.
 *
 * The sequence runs in chunks; without metadata tbptt_chunks there is one. From
 * chunk to chunk the state is carried in place, its gradient is cut, and the
 * gradients of the parameters add up. Arrays hold all T steps; a chunk is a
 * range of steps in them.
 * ------------------------------------------------------------------------- */

struct wiring {
    rnn_model model;
    rnn_stack top, encoder; /* the stack in front of the head, and a source's */
    struct shape s, e;      /* theirs                                         */
    rnn_sizes sizes;        /* of all T steps                                 */
    rnn_seq seq, source;    /* all T steps, and what a decoder encodes        */
    rnn_flow flow, source_flow;
    size_t results;         /* rows of logits: T B, or of N vs 1 B            */
    size_t x;               /* numbers in in.x                                */
    const rnn_real *params, *mask;
    const int *targets;
    const rnn_real *numbers; /* or numbers as targets: squared error          */
    rnn_real n;              /* of the loss: 0 lets the library count         */
    rnn_real *y, *logits, *values, *dlogits, *grads, *dx, *dh0, *dc0;
    double loss;
};

static struct wiring *new_wiring(struct test_case *c, int wiring)
{
    struct wiring *m = get(c, 1, sizeof *m);
    memset(m, 0, sizeof *m);
    m->model.wiring = wiring;
    m->model.cell = read_cell(c);
    m->model.num_layers = read_layers(c);
    set_seq(&m->seq, need_size(c, "T"), need_size(c, "B"));
    return m;
}

/* ---- what a model reads -------------------------------------------------- */

/* Lengths of a batch, 0 .. steps. */
static const int *lengths(struct test_case *c, const char *name, int steps,
                          int batch)
{
    const int *v = ints(c, name, (size_t)batch);
    int b;
    for (b = 0; b < batch; b++)
        if (v[b] < 0 || v[b] > steps) fail(c, "%s is out of range", name);
    return v;
}

static size_t rows_of(struct test_case *c, const rnn_seq *seq)
{
    return times(c, (size_t)seq->steps, (size_t)seq->batch);
}

/* One-hot, or through the table if the file has it. */
static void read_ids(struct test_case *c, const char *name, const char *table,
                     rnn_seq *seq, int *input, int *width)
{
    int rows;
    seq->ids = ints(c, name, rows_of(c, seq));
    *input = RNN_ONE_HOT;
    if (!has(c, table)) return;
    *input = RNN_EMBEDDING;
    matrix(c, table, &rows, width);
}

/* What enters a model, as its field input says later: in.x, or ids. */
static void read_input(struct test_case *c, struct wiring *m, const char *ids,
                       const char *table, rnn_seq *seq, rnn_flow *flow)
{
    char input[NAME_CAP];
    int dense = meta_text(c, "input", input) ? strcmp(input, "dense") == 0
                                             : has(c, "in.x");
    if (!dense) {
        read_ids(c, ids, table, seq, &m->model.input,
                 &m->model.embedding_size);
        return;
    }
    m->model.input = RNN_DENSE;
    m->x = times(c, rows_of(c, seq), (size_t)m->model.input_size);
    seq->x = reals(c, "in.x", m->x);
    m->dx = flow->dx = get_reals(c, m->x);
}

/* in.tgt: ids, or numbers if metadata head is mse. */
static void read_targets(struct test_case *c, struct wiring *m, int squared)
{
    size_t outputs = (size_t)m->model.output_size;
    m->results = m->model.wiring == RNN_N_TO_1 ? (size_t)m->seq.batch
                                               : rows_of(c, &m->seq);
    m->mask = some_reals(c, "in.mask", m->results);
    if (squared)
        m->numbers = reals(c, "in.tgt", times(c, m->results, outputs));
    else
        m->targets = ints(c, "in.tgt", m->results);
}

static int is_squared(struct test_case *c)
{
    char head[NAME_CAP];
    if (!meta_text(c, "head", head) || strcmp(head, "xent") == 0) return 0;
    if (strcmp(head, "mse") != 0) skip(c, "head %s", head);
    return 1;
}

/* in.h0 and in.c0, zeros where the file has none, and their gradients. */
static void read_states(struct test_case *c, struct wiring *m,
                        const struct shape *s, rnn_seq *seq, rnn_flow *flow)
{
    seq->h0 = some_reals(c, "in.h0", s->state);
    m->dh0 = flow->dh0 = get_reals(c, s->state);
    seq->hn = get_reals(c, s->state);
    if (m->model.cell != RNN_LSTM) return;
    seq->c0 = some_reals(c, "in.c0", s->state);
    m->dc0 = flow->dc0 = get_reals(c, s->state);
    seq->cn = get_reals(c, s->state);
}

/* ---- running it ---------------------------------------------------------- */

/* The sizes, after the description; what the case says first, so that a broken
 * one fails before it takes memory. */
static void prepare(struct test_case *c, struct wiring *m)
{
    struct net net = {NULL, NULL, NULL, 0};
    int steps = m->seq.steps, batch = m->seq.batch;
    net.model = &m->model;
    check(c, "rnn_model_stack", rnn_model_stack(&m->model, &m->top));
    check(c, "rnn_model_sizes",
          rnn_model_sizes(&m->model, m->source.steps, steps, batch,
                          &m->sizes));
    shape_of(c, &m->top, steps, batch, &m->s);
    check_sizes(c, &m->s, &m->sizes,
                times(c, m->results, (size_t)m->model.output_size));
    m->params = load_params(c, &net, m->sizes.params);
    m->y = get_zeros(c, m->s.y);
    m->logits = get_reals(c, m->sizes.output);
    m->dlogits = get_reals(c, m->sizes.output);
    m->values = get_reals(c, m->results);
    m->grads = get_zeros(c, m->sizes.params);
    if (m->model.wiring != RNN_N_TO_M) {
        read_states(c, m, &m->s, &m->seq, &m->flow);
        return;
    }
    check(c, "rnn_model_encoder", rnn_model_encoder(&m->model, &m->encoder));
    shape_of(c, &m->encoder, m->source.steps, batch, &m->e);
    read_states(c, m, &m->e, &m->source, &m->source_flow);
    m->seq.hn = get_reals(c, m->s.state);
    if (m->dc0) m->seq.cn = get_reals(c, m->s.state);
}

/* The lengths that are left for steps `from` to `from + steps`. */
static const int *chunk_lengths(struct test_case *c, const struct wiring *m,
                                int from, int steps)
{
    int *out = NULL;
    int b;
    if (m->seq.lengths == NULL) return NULL;
    out = get(c, (size_t)m->seq.batch, sizeof *out);
    for (b = 0; b < m->seq.batch; b++) {
        int left = m->seq.lengths[b] - from;
        out[b] = left < 0 ? 0 : left > steps ? steps : left;
    }
    return out;
}

static void chunk_seq(struct test_case *c, const struct wiring *m, int from,
                      int steps, rnn_seq *seq, rnn_flow *flow)
{
    size_t row = (size_t)from * (size_t)m->seq.batch;
    size_t x = row * (size_t)m->model.input_size;
    *seq = m->seq;
    *flow = m->flow;
    seq->steps = steps;
    seq->lengths = chunk_lengths(c, m, from, steps);
    if (from == 0) return;
    seq->x = seq->x ? seq->x + x : NULL;
    seq->ids = seq->ids ? seq->ids + row : NULL;
    seq->h0 = seq->hn;
    seq->c0 = seq->cn;
    seq->first_step = (uint32_t)from;
    flow->dx = flow->dx ? flow->dx + x : NULL;
    flow->dh0 = flow->dc0 = NULL;
}

/* The last layer's states, [forward; reverse]; padding in y stays. */
static void states(struct test_case *c, const rnn_stack *stack,
                   const struct shape *s, const rnn_seq *seq,
                   const rnn_real *work, size_t work_len, rnn_real *y)
{
    size_t hidden = (size_t)s->hidden, dirs = (size_t)s->dirs, k;
    int d, t, b;
    for (d = 0; d < s->dirs; d++) {
        const rnn_real *h;
        rnn_view view;
        check(c, "rnn_stack_view",
              rnn_stack_view(stack, seq, work, work_len, s->layers - 1, d,
                             &view));
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

/* The last layer's final states (B, D H), [forward; reverse], of hn. */
static void put_last(struct test_case *c, const char *name,
                     const struct shape *s, const rnn_real *hn)
{
    size_t batch = (size_t)s->batch, hidden = (size_t)s->hidden;
    size_t dirs = (size_t)s->dirs, d, b, k;
    double *out = put_new(c, name, batch * dirs * hidden);
    hn += (size_t)(s->layers - 1) * dirs * batch * hidden;
    for (d = 0; d < dirs; d++)
        for (b = 0; b < batch; b++)
            for (k = 0; k < hidden; k++)
                out[(b * dirs + d) * hidden + k] =
                    (double)hn[(d * batch + b) * hidden + k];
}

/* Of N vs M: encoder, context, attention. c is not kept where every layer is
 * handed its state: it is h_N. */
static void put_source(struct test_case *c, const struct wiring *m,
                       const rnn_model_view *view)
{
    size_t width = (size_t)m->e.hidden * (size_t)m->e.dirs;
    size_t C = m->model.context_size ? (size_t)m->model.context_size : width;
    rnn_real *h = get_zeros(c, m->e.y);
    states(c, &m->encoder, &m->e, &m->source, view->source[0].stack,
           view->source[0].stack_len, h);
    put_reals(c, "out.enc_h", h, m->e.y);
    put_reals(c, "out.s0", view->h0, m->s.state);
    if (view->c)
        put_reals(c, "out.c", view->c, times(c, C, (size_t)m->s.batch));
    else
        put_last(c, "out.c", &m->e, m->source.hn);
    if (!m->model.attention) return;
    put_reals(c, "out.attn", view->source[0].attention,
              times(c, m->s.rows, (size_t)m->e.steps));
    put_reals(c, "out.context", view->source[0].context,
              times(c, m->s.rows, width));
}

/* Of `rows` rows of logits from `row` on. */
static void chunk_loss(struct test_case *c, struct wiring *m, size_t row,
                       size_t rows)
{
    int outputs = m->model.output_size;
    size_t at = row * (size_t)outputs;
    const rnn_real *mask = m->mask ? m->mask + row : NULL;
    rnn_real loss = 0;
    if (m->numbers)
        check(c, "rnn_squared_error",
              rnn_squared_error(m->logits + at, rows, outputs,
                                m->numbers + at, mask, m->n, m->values + row,
                                m->dlogits + at, &loss, NULL));
    else
        check(c, "rnn_cross_entropy",
              rnn_cross_entropy(m->logits + at, rows, outputs,
                                m->targets + row, mask, m->n, 0,
                                m->values + row, m->dlogits + at, &loss,
                                NULL));
    m->loss += (double)loss;
}

static void run_chunk(struct test_case *c, struct wiring *m, int from,
                      int steps)
{
    size_t row = (size_t)from * (size_t)m->seq.batch;
    size_t rows = (size_t)steps * (size_t)m->seq.batch;
    size_t out = row * (size_t)m->model.output_size;
    rnn_model_view view;
    rnn_sizes sizes;
    rnn_seq seq;
    rnn_flow flow;
    rnn_real *work;
    check(c, "rnn_model_sizes",
          rnn_model_sizes(&m->model, m->source.steps, steps, m->seq.batch,
                          &sizes));
    work = get_reals(c, sizes.train);
    chunk_seq(c, m, from, steps, &seq, &flow);
    check(c, "rnn_forward",
          rnn_forward(&m->model, m->params, &seq, m->logits + out, work,
                      sizes.train, NULL));
    check(c, "rnn_view_model",
          rnn_view_model(&m->model, &seq, work, sizes.train, &view));
    states(c, &m->top, &m->s, &seq, view.stack, view.stack_len,
           m->y + row * (size_t)m->s.hidden * (size_t)m->s.dirs);
    if (m->model.wiring == RNN_N_TO_M) put_source(c, m, &view);
    chunk_loss(c, m, row, m->results < rows ? m->results : rows);
    check(c, "rnn_backward",
          rnn_backward(&m->model, m->params, &seq, m->dlogits + out, &flow,
                       m->grads, work, sizes.train, NULL));
}

/* The steps of each chunk, at most max of them; gives how many there are. */
static int read_chunks(struct test_case *c, const struct wiring *m,
                       double *steps, int max)
{
    char text[NAME_CAP];
    steps[0] = (double)m->seq.steps;
    if (!meta_text(c, "tbptt_chunks", text)) return 1;
    if (m->model.wiring != RNN_N_TO_N) skip(c, "chunks of such a wiring");
    return meta_list(c, "tbptt_chunks", steps, max);
}

/* What all chunks divide their losses by: the sum of all weights. */
static rnn_real sum_of_mask(const struct wiring *m)
{
    rnn_real sum = 0;
    size_t k;
    if (m->mask == NULL) return (rnn_real)m->results;
    for (k = 0; k < m->results; k++) sum += m->mask[k];
    return sum;
}

/* The chunks tile the T steps. */
static void run_chunks(struct test_case *c, struct wiring *m)
{
    double steps[NAME_CAP / 2];
    int count = read_chunks(c, m, steps, NAME_CAP / 2);
    int i, from = 0;
    m->n = count > 1 ? sum_of_mask(m) : 0;
    for (i = 0; i < count; i++) {
        int n = as_size(c, "tbptt_chunks", steps[i]);
        if (n > m->seq.steps - from) fail(c, "the chunks are longer than T");
        run_chunk(c, m, from, n);
        from += n;
    }
    if (from != m->seq.steps) fail(c, "the chunks are shorter than T");
}

/* Logits and losses. */
static void put_results(struct test_case *c, const struct wiring *m)
{
    size_t outputs = m->sizes.output;
    rnn_real *prob, sum;
    check(c, "rnn_mean",
          rnn_mean(m->values, m->mask, m->results, 1, &sum, NULL));
    put_number(c, "out.loss", m->loss);
    put_number(c, "out.loss_sum", (double)sum);
    if (m->numbers) {
        put_reals(c, "out.y", m->logits, outputs);
        put_reals(c, "grad.y", m->dlogits, outputs);
        return;
    }
    prob = get_reals(c, outputs);
    check(c, "rnn_softmax",
          rnn_softmax(m->logits, m->results, m->model.output_size, prob,
                      NULL));
    put_reals(c, "out.logits", m->logits, outputs);
    put_reals(c, "out.prob", prob, outputs);
    put_reals(c, "out.nll", m->values, m->results);
    put_reals(c, "grad.logits", m->dlogits, outputs);
}

static void put_wiring(struct test_case *c, const struct wiring *m)
{
    struct net net = {NULL, NULL, NULL, 0};
    int encoder = m->model.wiring == RNN_N_TO_M;
    size_t start = encoder ? m->e.state : m->s.state;
    net.model = &m->model;
    put_results(c, m);
    put_reals(c, m->model.attention ? "out.s" : "out.h", m->y, m->s.y);
    put_reals(c, "out.hn", m->seq.hn, m->s.state);
    if (m->seq.cn) put_reals(c, "out.cn", m->seq.cn, m->s.state);
    if (m->model.wiring == RNN_N_TO_1)
        put_last(c, "out.last", &m->s, m->seq.hn);
    put_reals(c, "grad.h0", m->dh0, start);
    if (m->dc0) put_reals(c, "grad.c0", m->dc0, start);
    if (m->dx) put_reals(c, "grad.x", m->dx, m->x);
    put_grads(c, &net, m->grads, m->sizes.params);
}

/* out.greedy_ids (steps, B): what a decoder says from id 0 on, unstopped. */
static void put_greedy(struct test_case *c, const struct wiring *m)
{
    int batch = m->seq.batch, steps, columns, *ids, *counts;
    size_t work_len, n, k;
    rnn_real *memory, *h, *cell, *work;
    rnn_decoding d;
    rnn_sizes sizes;
    double *out;
    memset(&d, 0, sizeof d);
    d.end = -1;
    matrix(c, "out.greedy_ids", &steps, &columns);
    if (columns != batch) fail(c, "out.greedy_ids has another shape");
    d.max_steps = steps;
    check(c, "rnn_model_sizes",
          rnn_model_sizes(&m->model, m->source.steps, 1, batch, &sizes));
    memory = get_reals(c, sizes.memory);
    h = get_reals(c, sizes.state);
    cell = m->model.cell == RNN_LSTM ? get_reals(c, sizes.state) : NULL;
    work = get_reals(c, sizes.infer);
    check(c, "rnn_encode",
          rnn_encode(&m->model, m->params, &m->source, memory, sizes.memory, h,
                     cell, work, sizes.infer, NULL));
    n = times(c, (size_t)steps, (size_t)batch);
    out = put_new(c, "out.greedy_ids", n);
    ids = get(c, n, sizeof *ids);
    counts = get(c, (size_t)batch, sizeof *counts);
    work_len = sizes.step + ((size_t)batch + 1) * (size_t)m->model.output_size;
    work = get_reals(c, work_len);
    check(c, "rnn_decode",
          rnn_decode(&m->model, m->params, &m->source, memory, sizes.memory,
                     &d, NULL, NULL, h, cell, ids, counts, NULL, work,
                     work_len, NULL));
    for (k = 0; k < n; k++) out[k] = (double)ids[k];
}

static void run_model(struct test_case *c, struct wiring *m)
{
    prepare(c, m);
    run_chunks(c, m);
    put_wiring(c, m);
    if (has(c, "out.greedy_ids")) put_greedy(c, m);
}

/* ---- wiring=n_vs_n, n_vs_1: a stack and a head --------------------------- */

static void run_plain(struct test_case *c, int wiring)
{
    struct wiring *m = new_wiring(c, wiring);
    m->model.input_size = need_size(c, "I");
    m->model.hidden_size = need_size(c, "H");
    m->model.bidirectional = meta_size(c, "bidirectional", 0) != 0;
    m->model.no_bias = !has(c, "p.rnn.bias_ih_l0");
    m->model.output_size = need_size(c, "V");
    read_input(c, m, "in.ids", "p.emb.weight", &m->seq, &m->flow);
    if (meta_is(c, "varlen", "1") || meta_is(c, "varlen_cell", "1"))
        m->seq.lengths = lengths(c, "in.len", m->seq.steps, m->seq.batch);
    read_targets(c, m, is_squared(c));
    run_model(c, m);
}

static void run_n_to_n(struct test_case *c)
{
    run_plain(c, RNN_N_TO_N);
}

static void run_n_to_1(struct test_case *c)
{
    run_plain(c, RNN_N_TO_1);
}

/* ---- wiring=1_vs_n: a decoder of x --------------------------------------- */

static int read_mode(struct test_case *c)
{
    char mode[NAME_CAP];
    need_text(c, "mode", mode);
    if (strcmp(mode, "first") == 0) return RNN_AT_FIRST;
    if (strcmp(mode, "each") != 0) skip(c, "mode %s", mode);
    return RNN_AT_EACH;
}

/* A first layer wider than x reads the previous output, too. */
static void read_feedback(struct test_case *c, struct wiring *m)
{
    int rows, columns, width = m->model.input_size;
    if (m->model.input == RNN_EMBEDDING) width = m->model.embedding_size;
    matrix(c, "p.rnn.weight_ih_l0", &rows, &columns);
    if (columns == width) return;
    m->model.target_size = m->model.output_size;
    read_ids(c, "in.tgt_in", "p.emb.weight", &m->seq, &m->model.target,
             &m->model.target_embedding_size);
}

static void run_1_to_n(struct test_case *c)
{
    struct wiring *m = new_wiring(c, RNN_1_TO_N);
    m->model.input_size = need_size(c, "I");
    m->model.hidden_size = need_size(c, "H");
    m->model.no_bias = !has(c, "p.rnn.bias_ih_l0");
    m->model.output_size = need_size(c, "V");
    m->model.feed = read_mode(c);
    set_seq(&m->source, 1, m->seq.batch);
    m->seq.source = &m->source;
    m->flow.source = &m->source_flow;
    read_input(c, m, "in.ids", "p.emb_src.weight", &m->source,
               &m->source_flow);
    read_feedback(c, m);
    read_targets(c, m, is_squared(c));
    run_model(c, m);
}

/* ---- wiring=encdec, bahdanau: an encoder and a decoder ------------------- */

static struct wiring *new_decoder(struct test_case *c)
{
    struct wiring *m = new_wiring(c, RNN_N_TO_M);
    int steps = need_size(c, "S");
    m->model.input_size = need_size(c, "Vs");
    m->model.hidden_size = need_size(c, "He");
    m->model.bidirectional = has(c, "p.enc.weight_ih_l0_reverse");
    m->model.no_bias = !has(c, "p.enc.bias_ih_l0");
    m->model.decoder_hidden_size = need_size(c, "Hd");
    m->model.target_size = m->model.output_size = need_size(c, "Vt");
    m->model.hand_over = meta_is(c, "c0_dec", "enc") ? RNN_HAND_CELL : 0;
    set_seq(&m->source, steps, m->seq.batch);
    m->seq.source = &m->source;
    m->flow.source = &m->source_flow;
    if (meta_size(c, "masked", has(c, "in.src_len")))
        m->source.lengths = lengths(c, "in.src_len", steps, m->seq.batch);
    read_input(c, m, "in.src", "p.emb_src.weight", &m->source,
               &m->source_flow);
    read_ids(c, "in.tgt_in", "p.emb_tgt.weight", &m->seq, &m->model.target,
             &m->model.target_embedding_size);
    read_targets(c, m, 0);
    return m;
}

/* ctx: what c is made of, with q or without. */
static void read_context(struct test_case *c, rnn_model *model)
{
    static const struct {
        const char *name;
        int context, q;
    } contexts[] = {{"last", RNN_LAST, 0},
                    {"qlast", RNN_LAST, 1},
                    {"qmean", RNN_MEAN, 1},
                    {"qcat", RNN_ALL, 1}};
    char text[NAME_CAP];
    size_t i;
    need_text(c, "ctx", text);
    for (i = 0; i < sizeof contexts / sizeof contexts[0]; i++)
        if (strcmp(text, contexts[i].name) == 0) {
            model->context = contexts[i].context;
            model->context_size = contexts[i].q ? need_size(c, "C") : 0;
            return;
        }
    skip(c, "ctx %s", text);
}

/* use: where c enters. */
static int read_use(struct test_case *c)
{
    char use[NAME_CAP];
    need_text(c, "use", use);
    if (strcmp(use, "h0") == 0) return RNN_AS_STATE;
    if (strcmp(use, "input") == 0) return RNN_AT_EACH;
    if (strcmp(use, "both") != 0) skip(c, "use %s", use);
    return RNN_AS_STATE | RNN_AT_EACH;
}

/* Without q, several layers start at the encoder's final states, each. */
static void run_encdec(struct test_case *c)
{
    struct wiring *m = new_decoder(c);
    rnn_model *model = &m->model;
    model->source_steps = m->source.steps;
    model->feed = read_use(c);
    read_context(c, model);
    if (model->num_layers > 1 && !model->context_size &&
        (model->feed & RNN_AS_STATE))
        model->hand_over |= RNN_HAND_LAYERS;
    run_model(c, m);
}

/* s0: zero, or q of the encoder's last state. head: what it reads, s or
 * [s; c]. */
static void run_attend(struct test_case *c)
{
    struct wiring *m = new_decoder(c);
    rnn_model *model = &m->model;
    char s0[NAME_CAP], head[NAME_CAP];
    need_text(c, "s0", s0);
    need_text(c, "head", head);
    model->attention = RNN_ADDITIVE;
    model->attention_size = need_size(c, "A");
    model->head_context = strcmp(head, "sc") == 0;
    if (!model->head_context && strcmp(head, "s") != 0)
        skip(c, "head %s", head);
    if (strcmp(s0, "q") == 0) {
        model->feed = RNN_AS_STATE;
        model->context_size = model->decoder_hidden_size;
    } else if (strcmp(s0, "zero") != 0) {
        skip(c, "s0 %s", s0);
    }
    run_model(c, m);
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

/* An attention: its case, and what the library makes of it. */
struct look {
    rnn_attention att;
    rnn_seq source, seq;
    size_t params_len, keys_len, work_len;
    size_t s, h, a, c; /* numbers in queries, states, weights, contexts */
    rnn_real *params, *keys, *attn, *context, *scores, *work;
};

static void read_look(struct test_case *c, struct look *o)
{
    struct net net = {NULL, NULL, NULL, 0};
    int steps = need_size(c, "S"), batch = need_size(c, "B");
    size_t rows;
    memset(o, 0, sizeof *o);
    o->att.score = RNN_ADDITIVE;
    o->att.query_size = need_size(c, "Hs");
    o->att.key_size = need_size(c, "K");
    o->att.size = need_size(c, "A");
    set_seq(&o->source, steps, batch);
    set_seq(&o->seq, meta_size(c, "T", 1), batch);
    check(c, "rnn_attention_sizes",
          rnn_attention_sizes(&o->att, steps, o->seq.steps, batch,
                              &o->params_len, &o->keys_len, &o->work_len));
    rows = rows_of(c, &o->seq);
    o->s = times(c, rows, (size_t)o->att.query_size);
    o->a = times(c, rows, (size_t)steps);
    o->c = times(c, rows, (size_t)o->att.key_size);
    o->h = times(c, rows_of(c, &o->source), (size_t)o->att.key_size);
    o->source.x = reals(c, "in.h", o->h);
    o->source.lengths = some_ints(c, "in.len", (size_t)batch);
    o->seq.x = reals(c, "in.s", o->s);
    net.att = &o->att;
    o->params = load_params(c, &net, o->params_len);
}

static void look_forward(struct test_case *c, struct look *o)
{
    o->keys = get_reals(c, o->keys_len);
    o->work = get_reals(c, o->work_len);
    o->attn = get_reals(c, o->a);
    o->scores = get_reals(c, o->a);
    o->context = get_reals(c, o->c);
    check(c, "rnn_attention_forward",
          rnn_attention_forward(&o->att, o->params, &o->source, &o->seq,
                                o->keys, o->keys_len, o->attn, o->context,
                                o->scores, o->work, o->work_len, NULL));
    put_reals(c, "out.attn", o->attn, o->a);
    put_reals(c, "out.context", o->context, o->c);
    put_reals(c, "out.score", o->scores, o->a);
}

/* loss = sum context in.up_c + sum attn in.up_a */
static void run_attention(struct test_case *c)
{
    struct net net = {NULL, NULL, NULL, 0};
    const rnn_real *dcontext, *dattn;
    rnn_real *dh, *ds, *grads;
    struct look o;
    read_look(c, &o);
    dcontext = reals(c, "in.up_c", o.c);
    dattn = some_reals(c, "in.up_a", o.a);
    look_forward(c, &o);
    dh = get_reals(c, o.h);
    ds = get_reals(c, o.s);
    grads = get_zeros(c, o.params_len);
    check(c, "rnn_attention_backward",
          rnn_attention_backward(&o.att, o.params, &o.source, &o.seq, o.keys,
                                 o.keys_len, o.attn, dcontext, dattn, dh, ds,
                                 o.work, o.work_len, NULL));
    check(c, "rnn_attention_grads",
          rnn_attention_grads(&o.att, &o.source, &o.seq, o.work, o.work_len,
                              grads, NULL));
    net.att = &o.att;
    put_number(c, "out.loss",
               dot(o.context, dcontext, o.c) + dot(o.attn, dattn, o.a));
    put_reals(c, "grad.h", dh, o.h);
    put_reals(c, "grad.s", ds, o.s);
    put_grads(c, &net, grads, o.params_len);
}

/* ----------------------------------------------------------------------------
 * The kinds, and the program
 * ------------------------------------------------------------------------- */

struct entry { /* the value of a metadata key, and what runs it */
    const char *name;
    void (*run)(struct test_case *c);
};

static const struct entry wirings[] = {
    {"n_vs_n", run_n_to_n}, {"n_vs_1", run_n_to_1},   {"1_vs_n", run_1_to_n},
    {"encdec", run_encdec}, {"bahdanau", run_attend}, {NULL, NULL}};

static const struct entry units[] = {{"softmax_xent", run_xent},
                                     {"attention", run_attention},
                                     {"embedding", run_embedding},
                                     {NULL, NULL}};

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
    const char *why = NULL, *dot = strrchr(path, '.');
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
        if (dot != NULL && strcmp(dot, ".md") == 0)
            skip(c, "a text"); /* what describes the cases lies beside them */
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
