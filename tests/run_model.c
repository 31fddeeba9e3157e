/* run_model: models that came from elsewhere, run, and models that go there.
 *
 *     run_model load DIR     every case of cases.h: DIR/NAME.safetensors by its
 *                            description and names, DIR/NAME.saved.safetensors
 *                            by the description in it: the same parameters; and
 *                            run, the results in DIR/NAME.io.safetensors
 *     run_model make DIR     the same descriptions, initialised, trained for a
 *                            few steps, and saved with inputs and results to
 *                            DIR/NAME.made.safetensors
 *     run_model why FILE NAME     why case NAME refuses FILE; NAME may be
 *                            one of `described`, too; or `loaded`
 *
 * tests/torch_io.py writes cases.h, with the C that examples/torch_io.py prints
 * for each, and the files. A result agrees within TOLERANCE. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct made_case {
    const char *name;
    const rnn_model *model;
    const rnn_rename *names; /* NULL: the library's */
    int batch_first;
} made_case;

#include "cases.h"

#define TOLERANCE 2e-6
enum { T = 6, B = 3, TRAINING = 3, CAP = 1 << 20 };

static unsigned char bytes[CAP];
static rnn_real x[CAP / 64], h0[CAP / 64], c0[CAP / 64];
static rnn_real hn[CAP / 64], cn[CAP / 64], wanted[CAP / 64];
static int ids[T * B];

typedef struct trial { /* a case at work */
    const made_case *c;
    rnn_net net;
    rnn_work work;
    rnn_seq seq;
    rnn_real *memory;
    rnn_why why;
    double worst;
} trial;

static size_t read_case(const char *folder, const char *name, const char *kind)
{
    char path[512];
    size_t len = 0;

    snprintf(path, sizeof path, "%s/%s%s.safetensors", folder, name, kind);
    if (rnn_read_file(path, bytes, CAP, &len, NULL) != RNN_OK) {
        fprintf(stderr, "run_model: %s cannot be read\n", path);
        exit(1);
    }
    return len;
}

static rnn_status open_trial(trial *t, const made_case *c, int train)
{
    rnn_most most = {0};
    rnn_status st;

    memset(t, 0, sizeof *t);
    t->c = c;
    most.steps = T;
    most.batch = B;
    most.train = train;
    most.moments = train ? 2 : 0;
    st = rnn_plan(&t->net, c->model, &most);
    t->why = t->net.why;
    if (st)
        return st;
    t->memory = (rnn_real *)malloc(t->net.sizes.all * sizeof(rnn_real));
    t->seq.steps = T;
    t->seq.batch = B;
    if (c->batch_first) {
        t->seq.step_stride = 1;
        t->seq.row_stride = T;
    }
    if (c->model->input == RNN_INPUT_DENSE)
        t->seq.x = x;
    else
        t->seq.ids = ids;
    t->seq.hn = hn;
    if (c->model->cell == RNN_CELL_LSTM)
        t->seq.cn = cn;
    return rnn_bind(&t->net, &t->work, t->memory, t->net.sizes.all);
}

static size_t results(const trial *t)
{
    const rnn_model *m = t->c->model;
    const size_t width =
        (size_t)(m->output_size ? m->output_size
                                : m->hidden_size * (1 + m->bidirectional));

    return width * (m->wiring == RNN_WIRING_N_TO_1 ? B : T * B);
}

/* ---- load ---------------------------------------------------------------- */

/* By the description in the file, without names: the same numbers. */
static rnn_status load_saved(trial *t, const char *folder)
{
    const size_t n = t->net.sizes.params;
    const size_t len = read_case(folder, t->c->name, ".saved");
    rnn_real *again = (rnn_real *)malloc(n * sizeof *again);
    rnn_model model;
    size_t i;
    rnn_status st =
        rnn_load_description(bytes, len, &model, NULL, 0, NULL, &t->why);

    if (!st)
        st = rnn_load_params(bytes, len, &model, again, n, NULL, &t->why);
    for (i = 0; !st && i < n; i++)
        if (fabs((double)(again[i] - t->work.params[i])) > 0)
            t->worst = HUGE_VAL;
    free(again);
    return st;
}

static void compare(trial *t, const rnn_st *st, const char *name,
                    const rnn_real *got, size_t n)
{
    size_t i;

    if (n > CAP / 64 || rnn_load_tensor(st, name, wanted, n, &t->why))
        t->worst = HUGE_VAL;
    for (i = 0; i < n && t->worst < HUGE_VAL; i++) {
        const double d = fabs((double)got[i] - (double)wanted[i]);
        t->worst = d <= t->worst ? t->worst : d < HUGE_VAL ? d : HUGE_VAL;
    }
}

/* Inputs from the file; what comes out, beside what should. */
static rnn_status run_case(trial *t, const char *folder)
{
    const rnn_model *m = t->c->model;
    rnn_st file;
    int i;
    rnn_status st = rnn_st_open(bytes, read_case(folder, t->c->name, ".io"),
                                &file, &t->why);

    if (!st && t->seq.x)
        st = rnn_load_tensor(&file, "x", x, (size_t)(T * B * m->input_size),
                             &t->why);
    if (!st && t->seq.ids)
        st = rnn_load_tensor(&file, "ids", wanted, T * B, &t->why);
    for (i = 0; i < T * B; i++)
        ids[i] = t->seq.ids ? (int)wanted[i] : 0;
    if (!st)
        st = rnn_load_tensor(&file, "h0", h0, t->net.sizes.state, &t->why);
    t->seq.h0 = h0;
    if (!st && t->seq.cn) {
        st = rnn_load_tensor(&file, "c0", c0, t->net.sizes.state, &t->why);
        t->seq.c0 = c0;
    }
    if (st)
        return st;
    st = rnn_infer(&t->net, &t->work, &t->seq);
    t->why = t->work.why;
    compare(t, &file, "y", t->work.logits, results(t));
    compare(t, &file, "hn", hn, t->net.sizes.state);
    if (t->seq.cn)
        compare(t, &file, "cn", cn, t->net.sizes.state);
    return st;
}

static rnn_status load_case(trial *t, const made_case *c, const char *folder)
{
    rnn_status st = open_trial(t, c, 0);

    if (!st)
        st = rnn_load_params(bytes, read_case(folder, c->name, ""), c->model,
                             t->work.params, t->work.params_len, c->names,
                             &t->why);
    if (!st)
        st = load_saved(t, folder);
    return st ? st : run_case(t, folder);
}

/* ---- make ---------------------------------------------------------------- */

static void draw(rnn_rng *rng, rnn_real *to, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        to[i] = 2 * rnn_uniform(rng) - 1;
}

/* A few steps towards outputs of 0: the loss is half their square. */
static rnn_status train(trial *t, rnn_rng *rng)
{
    const size_t n = results(t);
    rnn_optimizer adam;
    int k;
    rnn_status st = rnn_init_params(t->c->model, t->work.params,
                                    t->work.params_len, rng, &t->work.why);

    if (!st)
        st = rnn_optimizer_init(&adam, RNN_OPT_ADAM, (rnn_real)0.01,
                                &t->work.why);
    for (k = 0; k < TRAINING && !st; k++) {
        st = rnn_forward(&t->net, &t->work, &t->seq);
        memcpy(t->work.dlogits, t->work.logits, n * sizeof(rnn_real));
        if (!st)
            st = rnn_backward(&t->net, &t->work, &t->seq, NULL);
        if (!st)
            st = rnn_optimizer_step(&adam, &t->net, &t->work);
    }
    return st ? st : rnn_infer(&t->net, &t->work, &t->seq);
}

static rnn_status save_case(trial *t, const char *folder)
{
    const rnn_model *m = t->c->model;
    rnn_extra extras[4] = {{0}};
    rnn_beside beside = {0};
    char path[512];
    size_t len = 0;
    int i, n = 0;
    rnn_status st;

    if (t->seq.ids)
        for (i = 0; i < T * B; i++)
            x[i] = (rnn_real)ids[i];
    extras[n].name = "io.x";
    extras[n].data = x;
    extras[n++].rows = T * B * (t->seq.ids ? 1 : m->input_size);
    extras[n].name = "io.y";
    extras[n].data = t->work.logits;
    extras[n++].rows = (int)results(t);
    extras[n].name = "io.hn";
    extras[n].data = hn;
    extras[n++].rows = (int)t->net.sizes.state;
    beside.extras = extras;
    beside.num_extras = n;
    snprintf(path, sizeof path, "%s/%s.made.safetensors", folder, t->c->name);
    st = rnn_save(m, t->work.params, t->work.params_len, &beside, bytes, CAP,
                  &len, &t->work.why);
    return st ? st : rnn_write_file(path, bytes, len, &t->work.why);
}

static rnn_status make_case(trial *t, const made_case *c, const char *folder)
{
    rnn_rng rng;
    int i;
    rnn_status st = open_trial(t, c, 1);

    if (st)
        return st;
    rnn_rng_seed(&rng, 7);
    draw(&rng, x, (size_t)(T * B * c->model->input_size));
    for (i = 0; i < T * B; i++)
        ids[i] = i * i % c->model->input_size;
    st = train(t, &rng);
    if (!st)
        st = save_case(t, folder);
    t->why = t->work.why;
    return st;
}

/* ---- why ----------------------------------------------------------------- */

static const made_case *find(const made_case *c, const char *name)
{
    while (c->name && strcmp(c->name, name) != 0)
        c++;
    return c->name ? c : NULL;
}

static int print_why(const char *path, const char *name)
{
    static rnn_real params[CAP / 64];
    const made_case *c = find(cases, name);
    rnn_why why;
    char text[160];
    size_t len = 0;

    if (!c)
        c = find(described, name);
    if (!c || rnn_read_file(path, bytes, CAP, &len, NULL) != RNN_OK)
        return 2;
    if (rnn_load_params(bytes, len, c->model, params, CAP / 64, c->names,
                        &why) == RNN_OK) {
        puts("loaded");
        return 1;
    }
    puts(rnn_why_text(&why, text, sizeof text));
    return 0;
}

int main(int argc, char **argv)
{
    const made_case *c;
    trial t;
    char text[160];
    int passed = 0, failed = 0;

    if (argc == 4 && strcmp(argv[1], "why") == 0)
        return print_why(argv[2], argv[3]);
    if (argc != 3 ||
        (strcmp(argv[1], "load") != 0 && strcmp(argv[1], "make") != 0)) {
        fprintf(stderr, "usage: run_model load|make DIR, or why FILE NAME\n");
        return 2;
    }
    for (c = cases; c->name; c++) {
        const rnn_status st = argv[1][0] == 'l' ? load_case(&t, c, argv[2])
                                                : make_case(&t, c, argv[2]);
        const int good = st == RNN_OK && t.worst <= TOLERANCE;
        passed += good;
        failed += !good;
        if (!good)
            printf("FAIL %s %s: error %g, %s\n", argv[1], c->name, t.worst,
                   rnn_why_text(&t.why, text, sizeof text));
        free(t.memory);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
