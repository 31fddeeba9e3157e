/* What whole numbers cost a model of characters: its validation loss with
 * floats and with RNN_DEFINE_STEP_INT8's arithmetic, on the last tenth of a
 * text, step by step from zeros, as char_rnn splits it.
 *
 *     build/int8 MODEL TEXT        a model that char_rnn has saved
 *
 * make int8 trains one of each cell first. */
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#include "../rnn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *memory(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    return p;
}

static void must(rnn_status st, const rnn_why *why, const char *what)
{
    char text[160];

    if (!st)
        return;
    fprintf(stderr, "%s: %s\n", what, rnn_why_text(why, text, sizeof text));
    exit(1);
}

static unsigned char *whole(const char *path, size_t *len)
{
    unsigned char *p = (unsigned char *)memory(1 << 25, 1);
    rnn_why why;

    must(rnn_read_file(path, p, 1 << 25, len, &why), &why, path);
    return p;
}

/* -log softmax(x)[k], logits in such units */
static double loss_of(const double *x, int n, int k)
{
    double most = x[0], sum = 0;
    int i;

    for (i = 1; i < n; i++)
        most = fmax(most, x[i]);
    for (i = 0; i < n; i++)
        sum += exp(x[i] - most);
    return most + log(sum) - x[k];
}

static double with_floats(const rnn_model *m, rnn_real *params, const int *ids,
                          size_t n)
{
    const rnn_most most = {0};
    rnn_net net;
    static rnn_work work;
    rnn_row row = {0};
    rnn_real *h, *c;
    double *x = (double *)memory((size_t)m->output_size, sizeof *x), sum = 0;
    size_t t;
    int i;

    must(rnn_plan(&net, m, &most), &net.why, "plan");
    work.weights = params;
    work.weights_len = net.sizes.params;
    must(rnn_bind(&net, &work, (rnn_real *)memory(net.sizes.all, sizeof *h),
                  net.sizes.all),
         &work.why, "bind");
    must(rnn_pack(&net, &work), &work.why, "pack");
    h = (rnn_real *)memory(net.sizes.state, sizeof *h);
    c = (rnn_real *)memory(net.sizes.state, sizeof *c);
    row.state_len = net.sizes.state;
    for (t = 0; t < n; t++) {
        row.ids = ids + t;
        must(rnn_step(&net, &work, &row, h, RNN_HAS_C(m->cell) ? c : NULL),
             &work.why, "a step");
        for (i = 0; i < m->output_size; i++)
            x[i] = (double)work.logits[i];
        sum += loss_of(x, m->output_size, ids[t + 1]);
    }
    return sum / (double)n;
}

#define NET                                                                    \
    m->cell, m->input_size, m->embedding_size, m->hidden_size, m->num_layers,  \
        1, !m->no_bias, m->output_size

static double with_int8(const rnn_model *m, const rnn_real *params, size_t len,
                        const int *ids, size_t n)
{
    const rnn_i_fixed f = {RNN_WIRING_N_TO_N,       (int)m->cell,
                           (size_t)m->input_size,   (size_t)m->embedding_size,
                           (size_t)m->hidden_size,  (size_t)m->num_layers,
                           (size_t)m->output_size,  !m->no_bias};
    const size_t state = RNN_STATE(1, NET);
    int16_t *h = (int16_t *)memory(state, sizeof *h);
    int32_t *c = (int32_t *)memory(state, sizeof *c), *scratch, *logits;
    double *x = (double *)memory((size_t)m->output_size, sizeof *x), sum = 0;
    rnn_int8_room room;
    rnn_int8 q;
    rnn_why why;
    size_t t;
    int i;

    scratch = (int32_t *)memory(RNN_INT8_SCRATCH(NET), sizeof *scratch);
    logits = (int32_t *)memory((size_t)m->output_size, sizeof *logits);
    room.weights_len = RNN_INT8_WEIGHTS(NET);
    room.factors_len = RNN_INT8_FACTORS(NET);
    room.biases_len = RNN_INT8_BIASES(NET);
    room.shifts_len = RNN_INT8_SHIFTS(NET);
    q.weights = room.weights = (uint8_t *)memory(room.weights_len, 1);
    q.factors = room.factors = (int16_t *)memory(room.factors_len, 2);
    q.biases = room.biases = (int32_t *)memory(room.biases_len, 4);
    q.shifts = room.shifts = (uint8_t *)memory(room.shifts_len, 1);
    must(rnn_quantize(m, params, len, 0, &room, &why), &why, "int8");
    for (t = 0; t < n; t++) {
        rnn_i_int8_step(&f, &q, NULL, ids + t, h, RNN_HAS_C(m->cell) ? c : NULL,
                        logits, scratch);
        for (i = 0; i < m->output_size; i++)
            x[i] = logits[i] / 4096.0;
        sum += loss_of(x, m->output_size, ids[t + 1]);
    }
    return sum / (double)n;
}

int main(int argc, char **argv)
{
    unsigned char vocabulary[256];
    int *ids, of[256];
    unsigned char *file, *text;
    size_t len, text_len, count, first, n, i;
    rnn_model m;
    rnn_why why;
    rnn_net net;
    rnn_real *params;
    const rnn_most most = {0};
    double a, b;

    if (argc != 3) {
        fprintf(stderr, "int8 MODEL TEXT\n");
        return 1;
    }
    file = whole(argv[1], &len);
    text = whole(argv[2], &text_len);
    must(rnn_load_description(file, len, &m, vocabulary, sizeof vocabulary,
                              &count, &why),
         &why, argv[1]);
    must(rnn_plan(&net, &m, &most), &net.why, "plan");
    params = (rnn_real *)memory(net.sizes.params, sizeof *params);
    must(rnn_load_params(file, len, &m, params, net.sizes.params, NULL, &why),
         &why, argv[1]);
    memset(of, 0, sizeof of);
    for (i = 0; i < count; i++)
        of[vocabulary[i]] = (int)i;
    ids = (int *)memory(text_len, sizeof *ids);
    for (i = 0; i < text_len; i++)
        ids[i] = of[text[i]];
    first = (size_t)(0.9 * (double)text_len + 1e-6);
    n = text_len - first - 1;
    a = with_floats(&m, params, ids + first, n);
    b = with_int8(&m, params, net.sizes.params, ids + first, n);
    printf("%-32s floats %.4f   int8 %.4f nats a character\n", argv[1], a, b);
    return 0;
}
