/* libFuzzer over everything that reads a stranger's bytes:
 *
 *     make fuzz      an hour; .ci/run does a minute
 *
 * What opens must list to the end with every byte inside the file; what is
 * refused must leave the outputs as they were; what loads, as the model that
 * the file describes or as one of five, must come back from its own checkpoint.
 */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "kinds.h"

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
    (void)!rnn_st_meta(st, "format", text, sizeof text, &len);
}

enum { ROOM = 2048 }; /* numbers of a model; more are not loaded */
static rnn_real params[ROOM], back[ROOM];
static unsigned char file[128 * ROOM];

/* Loads all of it or writes nothing. What loaded is saved and loads again: the
 * same numbers to the bit, and the same file when that is saved. */
static void load(const uint8_t *data, size_t size, const rnn_model *model)
{
    rnn_net net;
    rnn_model again;
    rnn_why why;
    size_t len = 0, n = 0, count;
    rnn_status r = rnn_plan(&net, model, NULL);

    must(r == RNN_OK || r == RNN_E_SIZE);
    count = net.sizes.params;
    if (r || count > ROOM)
        return;
    memset(params, 0x5a, sizeof params);
    memset(back, 0x5a, sizeof back);
    r = rnn_load_params(data, size, model, params, count, NULL, &why);
    must(memcmp(params + count, back + count, (ROOM - count) * sizeof *back) ==
         0);
    if (r) {
        must(why.status != RNN_OK && memcmp(params, back, sizeof back) == 0);
        return;
    }
    must(why.status == RNN_OK);
    must(rnn_save(model, params, count, NULL, file, sizeof file, &len, NULL) ==
         RNN_OK);
    must(rnn_load_description(file, len, &again, NULL, 0, NULL, NULL) ==
         RNN_OK);
    must(rnn_load_params(file, len, &again, back, count, NULL, &why) == RNN_OK);
    must(memcmp(params, back, sizeof back) == 0);
    must(rnn_save(&again, back, count, NULL, NULL, 0, &n, NULL) == RNN_OK &&
         n == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const rnn_model tiny = tiny_model(); /* of the seeds plain and described */
    unsigned char vocabulary[8];
    rnn_model got;
    rnn_st st;
    rnn_why why;
    size_t len = 77, i;

    if (rnn_st_open(data, size, &st, &why) == RNN_OK)
        list_all(data, size, &st);
    else
        must(why.status != RNN_OK);
    if (rnn_load_description(data, size, &got, vocabulary, sizeof vocabulary,
                             &len, &why) == RNN_OK)
        load(data, size, &got);
    else
        must(len == 77);
    load(data, size, &tiny);
    for (i = 0; i < LEN(seeds); i++)
        load(data, size, &kind_of(seeds[i])->model);
    must(!test_failed); /* there is a kind of each name */
    kinds_unused();
    return 0;
}
