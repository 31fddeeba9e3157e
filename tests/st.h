/* What the tests of files share: files in memory of exactly their size, a model
 * of six numbers, and what all four readers say of some bytes. */
#ifndef ST_H
#define ST_H

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

/* A file of these bytes in a folder; whether it could not be written. */
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

/* ---- a model of six numbers ---------------------------------------------- */

enum { TINY = 6 };

static rnn_model tiny_model(void)
{
    rnn_model m;

    memset(&m, 0, sizeof m);
    m.input_size = m.hidden_size = m.output_size = 1;
    return m;
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

/* What all readers say of a file as one of the model m. */
static verdict ask_model(bytes b, const rnn_model *m)
{
    static const char before[] = "";
    unsigned char vocabulary[2];
    const char *why = before;
    size_t len = 77, size;
    rnn_real *params;
    rnn_sizes sizes;
    rnn_stack stack;
    rnn_model got;
    rnn_st st;
    verdict v;

    MUST(rnn_model_stack(m, &stack) == RNN_OK &&
             rnn_model_sizes(m, 1, 1, 1, &sizes) == RNN_OK, "sizes");
    size = sizes.params * sizeof *params;
    params = (rnn_real *)malloc(size);
    if (!params)
        exit(1);
    v.open = rnn_st_open(b.p, b.n, &st, &why);
    v.reasons = told(v.open, why);
    memset(&got, MARK, sizeof got);
    memset(vocabulary, MARK, sizeof vocabulary);
    why = before;
    v.model = rnn_load_model(b.p, b.n, &got, vocabulary, sizeof vocabulary,
                             &len, &why);
    v.reasons = v.reasons && told(v.model, why);
    v.untouched = !v.model || (all_mark(&got, sizeof got) && len == 77 &&
                               all_mark(vocabulary, sizeof vocabulary));
    memset(params, MARK, size);
    why = before;
    v.load = rnn_load(b.p, b.n, m, params, sizes.params, &why);
    v.reasons = v.reasons && told(v.load, why);
    v.untouched = v.untouched && (!v.load || all_mark(params, size));
    memset(params, MARK, size);
    why = before;
    v.stack = rnn_load_stack(b.p, b.n, &stack, params, sizes.params, &why);
    v.reasons = v.reasons && told(v.stack, why);
    v.untouched = v.untouched && (!v.stack || all_mark(params, size));
    free(params);
    return v;
}

#endif
