/* What classify.c saved, as a stream: samples come in one by one, and after
 * each it says which class it hears. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>

static unsigned char file[1 << 16];
static rnn_real memory[1 << 14], h[64], x[3];

int main(void)
{
    const rnn_most most = {0}; /* a step of one row */
    const rnn_row row = {.rows = 1, .x = x, .x_len = sizeof x / sizeof *x,
                         .state_len = sizeof h / sizeof *h};
    rnn_model model;
    rnn_net net;
    rnn_work work = {0};
    char text[160];
    size_t n = 0;
    int id = 0;
    rnn_status st =
        rnn_read_file("classify.safetensors", file, sizeof file, &n, &work.why);

    if (!st && !(st = rnn_load_description(file, n, &model, NULL, 0, NULL,
                                           &work.why))) {
        st = rnn_plan(&net, &model, &most);
        work.why = net.why;
    }
    if (!st)
        st = rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory);
    if (!st)
        st = rnn_load_params(file, n, &model, work.params, work.params_len,
                             NULL, &work.why);
    while (!st && scanf("%f %f %f", &x[0], &x[1], &x[2]) == 3) {
        st = rnn_step(&net, &work, &row, h, NULL);
        if (!st &&
            !(st = rnn_greedy(work.logits, model.output_size, &id, &work.why)))
            printf("%d\n", id);
    }
    if (st)
        fprintf(stderr, "%s\n", rnn_why_text(&work.why, text, sizeof text));
    return st != RNN_OK;
}
