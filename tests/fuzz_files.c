/* libFuzzer over everything that reads a stranger's bytes:
 *
 *     make fuzz      an hour; .ci/run does a minute
 *
 * What opens must list to the end with every byte inside the file; what is
 * refused must leave the outputs as they were. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
    if (!good)
        abort();
}

static void list_all(const uint8_t *data, size_t size, const rnn_st *st)
{
    const unsigned char *k, *v;
    unsigned char text[64];
    rnn_st_tensor t;
    size_t pos = 0, n = 0, kn, vn, sum = 0, len;
    volatile unsigned char seen = 0;

    while (rnn_st_next(st, &pos, &t) == RNN_OK) {
        must(t.data >= data && t.size <= size &&
             t.data + t.size <= data + size);
        must(t.name >= data && t.name + t.name_len <= data + size);
        (void)rnn_st_unescape(t.name, t.name_len, text, sizeof text);
        if (t.size)
            seen = (unsigned char)(seen + t.data[0] + t.data[t.size - 1]);
        sum += t.size;
        n++;
    }
    must(n == st->tensors && sum == st->data_len);
    for (pos = 0; rnn_st_meta_next(st, &pos, &k, &kn, &v, &vn) == RNN_OK;)
        must(k >= data && k + kn <= data + size && v >= data &&
             v + vn <= data + size);
    (void)rnn_st_meta(st, "format", text, sizeof text, &len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { N = 6 };
    static const rnn_real mark = (rnn_real)0.125;
    rnn_real params[N];
    unsigned char vocabulary[8];
    rnn_model model, got;
    rnn_stack stack;
    rnn_st st;
    const char *why = NULL;
    size_t len = 0;
    int i, refused;

    memset(&model, 0, sizeof model);
    model.input_size = model.hidden_size = model.output_size = 1;
    must(rnn_model_stack(&model, &stack) == RNN_OK);
    if (rnn_st_open(data, size, &st, &why) == RNN_OK)
        list_all(data, size, &st);
    else
        must(why != NULL);
    (void)rnn_load_model(data, size, &got, vocabulary, sizeof vocabulary, &len,
                         &why);
    for (i = 0; i < N; i++)
        params[i] = mark;
    refused = rnn_load(data, size, &model, params, N, &why) != RNN_OK;
    for (i = 0; refused && i < N; i++)
        must(params[i] == mark);
    for (i = 0; i < N; i++)
        params[i] = mark;
    refused = rnn_load_stack(data, size, &stack, params, N, &why) != RNN_OK;
    for (i = 0; refused && i < N; i++)
        must(params[i] == mark);
    return 0;
}
