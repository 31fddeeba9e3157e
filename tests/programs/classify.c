/* A classifier of recordings of unequal length: it makes some, learns from
 * nine tenths of them, says how many of the rest it knows, and saves itself for
 * classify_stream.c. A recording is a wave of three axes in noise; its class is
 * which of three wave lengths it has. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { AXES = 3, CLASSES = 3, MOST = 80, ALL = 2000, TRAIN = 1800, B = 20 };

typedef struct recording {
    float x[MOST][AXES];
    int steps, class;
} recording;

static recording all[ALL];
static float x[MOST * B * AXES];
static int lengths[B], classes[B];

static float uniform(void)
{
    return (float)rand() / (float)RAND_MAX;
}

static void make(recording *r)
{
    const float phase = 6.28f * uniform();
    int t, a;

    r->class = rand() % CLASSES;
    r->steps = MOST / 4 + rand() % (MOST * 3 / 4);
    for (t = 0; t < r->steps; t++)
        for (a = 0; a < AXES; a++)
            r->x[t][a] = sinf(phase + (float)a +
                              (float)t * (0.3f + 0.2f * (float)r->class)) +
                         uniform() - 0.5f;
}

/* B recordings from `first` on, as a batch (T, B, AXES). */
static void batch(int first)
{
    int t, b, a;

    for (b = 0; b < B; b++) {
        const recording *r = &all[first + b];
        lengths[b] = r->steps;
        classes[b] = r->class;
        for (t = 0; t < r->steps; t++)
            for (a = 0; a < AXES; a++)
                x[(t * B + b) * AXES + a] = r->x[t][a];
    }
}

static rnn_status save(const rnn_net *net, rnn_work *work)
{
    static unsigned char bytes[1 << 16];
    size_t len = 0;
    rnn_status st = rnn_save(&net->model, work->params, work->params_len, NULL,
                             bytes, sizeof bytes, &len, &work->why);

    return st ? st
              : rnn_write_file("classify.safetensors", bytes, len, &work->why);
}

int main(void)
{
    const rnn_model model = {.wiring = RNN_WIRING_N_TO_1, .cell = RNN_CELL_GRU,
                             .input_size = AXES, .hidden_size = 24,
                             .output_size = CLASSES};
    const rnn_most most = {.steps = MOST, .batch = B, .train = 1, .moments = 2};
    const rnn_seq seq = {.steps = MOST, .batch = B, .lengths = lengths, .x = x,
                         .x_len = sizeof x / sizeof *x, .targets_len = B};
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_real loss = 0, *memory = NULL;
    rnn_status st;
    int i, b, id, right = 0;

    for (i = 0; i < ALL; i++)
        make(&all[i]);
    rnn_rng_seed(&rng, 1);
    if ((st = rnn_plan(&net, &model, &most)) ||
        !(memory = malloc(net.sizes.all * sizeof *memory)) ||
        (st = rnn_bind(&net, &work, memory, net.sizes.all)) ||
        (st = rnn_init_params(&model, work.params, work.params_len, &rng,
                              &work.why)) ||
        (st = rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.01f, &work.why)))
        return printf("%s\n", rnn_status_text(st)), 1;
    for (i = 0; i < 10 * TRAIN && !st; i += B) {
        batch(i % TRAIN);
        if (!(st = rnn_forward(&net, &work, &seq)) &&
            !(st =
                  rnn_cross_entropy(&net, &work, &seq, classes, NULL, &loss)) &&
            !(st = rnn_backward(&net, &work, &seq, NULL)))
            st = rnn_optimizer_step(&adam, &net, &work);
    }
    for (i = TRAIN; i < ALL && !st; i += B) {
        batch(i);
        st = rnn_infer(&net, &work, &seq);
        for (b = 0; b < B && !st; b++) {
            st = rnn_greedy(work.logits + b * CLASSES, CLASSES, &id, &work.why);
            right += id == classes[b];
        }
    }
    if (!st)
        st = save(&net, &work);
    printf("loss %.3f, %d of %d right: %s\n", (double)loss, right, ALL - TRAIN,
           rnn_status_text(st));
    free(memory);
    return st != RNN_OK;
}
