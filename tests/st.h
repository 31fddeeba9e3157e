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
    bad = rnn_write_file(path, b.p, b.n, NULL) != RNN_OK;
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

/* A stack alone of its cells: its file has torch.nn.LSTM's own names. */
static rnn_model bare_model(const rnn_model *m)
{
    rnn_model bare;

    memset(&bare, 0, sizeof bare);
    bare.cell = m->cell;
    bare.input_size =
        m->input == RNN_INPUT_EMBEDDING ? m->embedding_size : m->input_size;
    bare.hidden_size = m->hidden_size;
    bare.num_layers = m->num_layers;
    bare.bidirectional = m->bidirectional;
    bare.no_bias = m->no_bias;
    return bare;
}

/* How many parameters a model has; 0 if it is not valid. */
static size_t params_of(const rnn_model *m)
{
    rnn_net net;

    return rnn_plan(&net, m, NULL) == RNN_OK ? net.sizes.params : 0;
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
    rnn_status open, model, load, bare; /* bare: of bare_model */
    int reasons;   /* every refusal had one, every success had none */
    int untouched; /* no refusal wrote                              */
} verdict;

/* the reason of the last call */
static const char *reason(const rnn_why *why)
{
    static char text[160];

    return rnn_why_text(why, text, sizeof text);
}

/* A reason if there was a refusal, and only then. */
static int told(rnn_status r, const rnn_why *why)
{
    return why->status == r &&
           (r ? why->text && strcmp(reason(why), rnn_status_text(r)) != 0
              : !why->text);
}

static rnn_status ask_load(bytes b, const rnn_model *m, verdict *v)
{
    rnn_why why;
    const size_t n = params_of(m), size = n * sizeof(rnn_real);
    rnn_real *params = (rnn_real *)malloc(size ? size : 1);
    rnn_status r;

    MUST(n > 0, "not a model");
    if (!params)
        exit(1);
    memset(params, MARK, size);
    r = rnn_load_params(b.p, b.n, m, params, n, NULL, &why);
    v->reasons = v->reasons && told(r, &why);
    v->untouched = v->untouched && (!r || all_mark(params, size));
    free(params);
    return r;
}

/* What all readers say of a file as one of the model m. */
static verdict ask_model(bytes b, const rnn_model *m)
{
    const rnn_model bare = bare_model(m);
    unsigned char vocabulary[2];
    rnn_why why;
    size_t len = 77;
    rnn_model got;
    rnn_st st;
    verdict v;

    v.open = rnn_st_open(b.p, b.n, &st, &why);
    v.reasons = told(v.open, &why);
    memset(&got, MARK, sizeof got);
    memset(vocabulary, MARK, sizeof vocabulary);
    v.model = rnn_load_description(b.p, b.n, &got, vocabulary,
                                   sizeof vocabulary, &len, &why);
    v.reasons = v.reasons && told(v.model, &why);
    v.untouched = !v.model || (all_mark(&got, sizeof got) && len == 77 &&
                               all_mark(vocabulary, sizeof vocabulary));
    v.load = ask_load(b, m, &v);
    v.bare = ask_load(b, &bare, &v);
    return v;
}

/* Helpers that a program may leave unused. */
static void st_unused(void)
{
    (void)ask_model;
    (void)file_cut;
    (void)file_of;
    (void)st_unused;
    (void)tiny_model;
    (void)write_bytes;
    test_unused();
}

#endif
