/* sensor_stream: what sensor.c has saved, as a stream that may run for ever.
 *
 *     build/sensor --save gesture.safetensors
 *     build/sensor_stream gesture.safetensors < samples
 *
 * Each line of the input is a sample: x y z, or as many axes as the model has
 * learnt; or one of a CSV file as sensor.c reads it. A step of the network takes it in; all that is kept is the state.
 * Whenever another class becomes the likeliest a line says so, and at the end
 * of a recording (a blank line, another name, the end of input) there are the
 * likeliest three and their probabilities. */

#include "base.h"
#include "recordings.h"

enum { BEST = 3 };

typedef struct ear {
    knower k;
    rnn_net net;
    rnn_work work;
    rnn_row row;
    rnn_real x[MOST_AXES], *h, *c;
    int heard, said; /* samples of this recording; the last class */
    long recordings;
} ear;

static void open_ear(ear *e, const char *path)
{
    const rnn_most one_row = {0};
    rnn_work *w = &e->work;

    open_knower(&e->k, path);
    open_work(&e->net, w, &e->k.model, &one_row);
    check(rnn_load_params(e->k.bytes, e->k.len, &e->k.model, w->params,
                          w->params_len, NULL, &why),
          &why, path);
    e->row.x = e->x;
    e->row.x_len = (size_t)e->k.model.input_size;
    e->row.state_len = e->net.sizes.state;
    e->h = reals(e->net.sizes.state);
    e->c = reals(e->net.sizes.state);
}

static void hear(ear *e, const double *v)
{
    const int axes = e->k.model.input_size;
    rnn_real sample[MOST_AXES];
    int a, id;

    for (a = 0; a < axes; a++)
        sample[a] = (rnn_real)v[a];
    normalise(e->k.mean, e->k.scale, sample, e->x, axes);
    check(rnn_step(&e->net, &e->work, &e->row, e->h, e->c), &e->work.why,
          "a step");
    check(rnn_greedy(e->work.logits, e->k.names.count, &id, &why), &why,
          "the likeliest");
    if (e->heard++ == 0 || id != e->said)
        printf("%6d  %s\n", e->heard, e->k.names.text[id]);
    e->said = id;
    fflush(stdout);
}

/* The end of a recording: what it was, and the next one begins from zero. */
static void conclude(ear *e, const char *name)
{
    const words *w = &e->k.names;
    rnn_real *p = e->work.logits;
    int k, id;

    if (!e->heard)
        return;
    check(rnn_softmax(p, 1, w->count, p, NULL), NULL, "softmax");
    printf("recording %ld%s%s, %d samples:", ++e->recordings, *name ? " " : "",
           name, e->heard);
    for (k = 0; k < BEST && k < w->count; k++) {
        check(rnn_greedy(p, w->count, &id, &why), &why, "the best");
        printf("%s %s %.3f", k ? "," : "", w->text[id], (double)p[id]);
        p[id] = -1;
    }
    puts("\n");
    memset(e->h, 0, e->net.sizes.state * sizeof *e->h);
    memset(e->c, 0, e->net.sizes.state * sizeof *e->c);
    e->heard = 0;
}

int main(int argc, char **argv)
{
    static ear e;
    static char line[LINE], last[LINE];
    const char *name;
    double v[MOST_AXES];
    long number;

    program = argc > 0 ? argv[0] : program;
    if (argc != 2 || argv[1][0] == '-')
        die("wants the file that sensor --save has written, and samples from "
            "its input");
    open_ear(&e, argv[1]);
    for (number = 1; read_line(stdin, line, "input", number); number++) {
        const int blank = !line[strspn(line, " \t")];
        const int good =
            !blank && read_bare(line, e.k.model.input_size, &name, v);

        if (blank || (good && strcmp(name, last) != 0))
            conclude(&e, last);
        if (good) {
            strcpy(last, name);
            hear(&e, v);
        } else if (!blank && number > 1) /* the first may be a heading */
            die("input, line %ld: neither the %d axes of a sample nor "
                "recording, "
                "label and these",
                number, e.k.model.input_size);
    }
    conclude(&e, last);
    return 0;
}
