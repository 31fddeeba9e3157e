/* sensor: a network that knows a movement by how a sensor was accelerated.
 *
 *                                        Y         which of seven gestures?
 *                                        ^
 *     h1 --> h2 --> h3 --> h4 -- ... --> hT
 *     ^      ^      ^      ^             ^
 *     x1     x2     x3     x4            xT        x, y, z of one sample
 *
 * This is the article's N vs 1 as a microcontroller wants it: recordings of some
 * axes and unequal length, each of one movement. The program makes its own, of
 * a board in a hand, three axes in thousandths of g as an accelerometer gives
 * them: rest, a tap, shaking, a circle one way or the other, a lift, or the
 * same downwards; and all of it in gravity, at a tilt, with noise. A circle and
 * its reverse, a lift and its opposite differ in their order alone, and a tap
 * lasts a tenth of a second, anywhere. With --data it reads yours from a CSV
 * file, of one to nine axes; --write-data shows what one looks like.
 *
 * Of each kind, 5 recordings in 7 are learnt, 1 says when to stop (the weights
 * that are kept are those with which it went best) and 1 is tested. Each axis
 * gets mean 0 and deviation 1 in what is learnt. These numbers and the names
 * are saved with the weights, so that whoever loads them needs nothing else:
 *
 *     mean, scale        the network reads (sample - mean) / scale
 *     the vocabulary     names of the classes, a line each
 *
 * What comes after: sensor_stream.c hears samples one by one from a pipe, and
 * firmware/classifier.c does on a microcontroller, with a header that export.c
 * makes of the model. It compares itself with the desk on recordings that
 * --export-recordings writes. There are two sets of bits, with fma and without
 * (ARITHMETIC in rnn.h); those of the second come from a second object:
 *
 *     cc -O2 -c -DTWIN_PLAIN -DRNN_NO_FMA -DRNN_NO_SIMD sensor.c -o plain.o
 *     cc -O2 -DTWIN_BOTH sensor.c plain.o -o sensor -lm
 *
 * The program prints a line for every epoch, how each kind of the test was
 * understood, and the share that is right; sensor.svg is drawn beside the
 * program. It takes a second or two on one core; sensor --help lists the
 * options. */

#include "pictures.h"
#include "training.h"
#include "batches.h"
#include "recordings.h"

/* ---- a recording as a stream --------------------------------------------- */

/* What is said at its end, and a hash (FNV-1a) of the bits of all logits on the
 * way. */
typedef struct heard {
    int said;
    uint32_t hash;
} heard;

/* x (steps, axes) */
typedef struct stream {
    const rnn_model *model;
    const rnn_real *params, *x;
    size_t params_len;
    int steps;
} stream;

/* In the arithmetic of this object: see the top comment. */
heard listen_plain(const stream *from);

#ifdef TWIN_PLAIN
heard listen_plain(const stream *from)
#else
static heard listen(const stream *from)
#endif
{
    const int O = from->model->output_size;
    const rnn_most one_row = {0};
    heard is = {0, 2166136261u};
    rnn_net net;
    rnn_work work = {0};
    rnn_row row = {0};
    rnn_real *h, *c;
    int t, i, b;
    const int axes = from->model->input_size;

    work.weights = from->params;
    work.weights_len = from->params_len;
    open_work(&net, &work, from->model, &one_row);
    h = reals(net.sizes.state);
    c = reals(net.sizes.state);
    row.x_len = (size_t)axes;
    row.state_len = net.sizes.state;
    for (t = 0; t < from->steps; t++) {
        row.x = from->x + t * axes;
        check(rnn_step(&net, &work, &row, h, c), &work.why, "a step");
        for (i = 0; i < O; i++) {
            const float logit = (float)work.logits[i];
            uint32_t bits;

            memcpy(&bits, &logit, sizeof bits);
            for (b = 0; b < 32; b += 8)
                is.hash = (is.hash ^ (bits >> b & 255u)) * 16777619u;
        }
    }
    check(rnn_greedy(work.logits, O, &is.said, &why), &why, "the likeliest");
    return is;
}

#ifndef TWIN_PLAIN /* all the rest is in the first object alone */

enum { BATCH = 32, WIDTH = 8, EPOCHS = 1000 };

enum { LEARNT, HELD, TESTED, PARTS };
static const char *const part_names[] = {"learnt", "held", "tested"};

/* Some of the recordings. */
typedef struct part {
    int count, *which, *lengths; /* (count) */
    batches *b;
} part;

typedef struct sensor {
    recordings data;
    part parts[PARTS];
    rnn_real mean[MOST_AXES], scale[MOST_AXES];
    rnn_real *x;            /* a batch (T, B, axes), time-major */
    int *lengths, *classes; /* (B)                              */
    rnn_seq seq;
    goal want;
    trainer *t;
} sensor;

/* ---- parts -------------------------------------------------------------- */

/* A chance that name and seed decide: where in a file a recording stands does
 * not matter. */
static uint32_t chance_of(const char *name, int seed)
{
    uint32_t key[2] = {0, 0x70617274}, counter[2] = {2166136261u, 0}, out[2];

    key[0] = (uint32_t)seed;
    for (; *name; name++)
        counter[0] = (counter[0] ^ (unsigned char)*name) * 16777619u;
    rnn_threefry(key, counter, out);
    return out[0];
}

/* Label by label, and by chance within a label: of every seven, one is held
 * back, one is for the test, and the rest is learnt. */
static void divide(sensor *s, int seed)
{
    const recordings *r = &s->data;
    const size_t n = (size_t)r->count;
    draw_of *draws = (draw_of *)zeros(n, sizeof *draws);
    int i, k, since;

    for (i = 0; i < r->count; i++) {
        draws[i].bucket = r->all[i].label;
        draws[i].chance = chance_of(r->all[i].name, seed);
        draws[i].number = i;
    }
    qsort(draws, n, sizeof *draws, by_draw);
    for (k = 0; k < PARTS; k++) {
        s->parts[k].which = ints(n);
        s->parts[k].lengths = ints(n);
    }
    for (since = i = 0; i < r->count; i++) {
        const recording *one = &r->all[draws[i].number];
        part *p;

        since = i && draws[i].bucket == draws[i - 1].bucket ? since + 1 : 0;
        p = &s->parts[since % 7 == 1   ? HELD
                      : since % 7 == 2 ? TESTED
                                       : LEARNT];
        p->lengths[p->count] = one->steps;
        p->which[p->count++] = draws[i].number;
    }
    for (k = 0; k < PARTS; k++)
        s->parts[k].b = open_batches(s->parts[k].lengths, s->parts[k].count,
                                     BATCH, WIDTH, seed);
}

/* Whether there is enough of everything to learn and to test. */
static void check_data(const recordings *r)
{
    int *count = ints((size_t)r->labels.count), i;

    if (r->labels.count < 2)
        die("all recordings are '%s': two labels are needed",
            r->labels.text[0]);
    for (i = 0; i < r->count; i++)
        count[r->all[i].label]++;
    for (i = 0; i < r->labels.count; i++)
        if (count[i] < PARTS)
            die("%d recording%s '%s': at least %d are needed, to learn from, "
                "to stop and to test",
                count[i], count[i] == 1 ? " is" : "s are", r->labels.text[i],
                PARTS);
}

/* Mean and deviation of each axis in what is learnt. */
static void measure_scale(sensor *s)
{
    const part *p = &s->parts[LEARNT];
    const int axes = s->data.axes;
    double n = 0, mean, square, v;
    int a, i, t;

    for (i = 0; i < p->count; i++)
        n += p->lengths[i];
    for (a = 0; a < axes; a++) {
        mean = square = 0;
        for (i = 0; i < p->count; i++) {
            const recording *one = &s->data.all[p->which[i]];
            const rnn_real *x = samples_of(&s->data, one, 0);

            for (t = 0; t < one->steps; t++) {
                v = (double)x[t * axes + a];
                mean += v / n;
                square += v * v / n;
            }
        }
        square -= mean * mean;
        s->mean[a] = (rnn_real)mean;
        s->scale[a] = square > 1e-12 * (1 + mean * mean)
                          ? (rnn_real)sqrt(square)
                          : 1; /* an axis that stands still */
    }
}

/* ---- batches ------------------------------------------------------------ */

static void open_batch(sensor *s)
{
    const size_t most = (size_t)s->data.longest * BATCH * (size_t)s->data.axes;

    s->x = reals(most);
    s->lengths = ints(BATCH);
    s->classes = ints(BATCH);
    s->seq.x = s->x;
    s->seq.x_len = most;
    s->seq.lengths = s->lengths;
    s->want.ids = s->classes;
}

/* n recordings of a part. */
static void put_batch(sensor *s, const part *p, const int *rows, int n)
{
    int b, t;

    s->seq.batch = n;
    s->want.len = (size_t)n;
    for (b = 0; b < n; b++) {
        const recording *one = &s->data.all[p->which[rows[b]]];

        set_length(&s->seq, s->lengths, b, one->steps);
        s->classes[b] = one->label;
        for (t = 0; t < one->steps; t++)
            normalise(s->mean, s->scale, samples_of(&s->data, one, t),
                      s->x + (t * n + b) * s->data.axes, s->data.axes);
    }
}

/* ---- learning ----------------------------------------------------------- */

/* What the network makes of a part. */
typedef struct measured {
    double loss, right;
    int *said; /* (count) its classes, in the part's order */
} measured;

static measured measure(sensor *s, int which)
{
    const part *p = &s->parts[which];
    const int O = s->t->net.model.output_size;
    measured m = {0, 0, NULL};
    const int *rows;
    int n, b, id;

    m.said = ints((size_t)p->count);
    begin_epoch(p->b, 0);
    while ((n = next_batch(p->b, &rows)) > 0) {
        put_batch(s, p, rows, n);
        predict(s->t, &s->seq);
        for (b = 0; b < n; b++) {
            check(rnn_greedy(s->t->work.logits + b * O, O, &id, &why), &why,
                  "the likeliest");
            m.said[rows[b]] = id;
            m.right += (double)(id == s->classes[b]) / p->count;
        }
        m.loss += loss_of(s->t, &s->seq, &s->want) * n / p->count;
    }
    return m;
}

/* The curves, and the best weights so far. */
typedef struct progress {
    rnn_real learnt[EPOCHS], held[EPOCHS];
    rnn_real *weights;
    double best;
    int epochs, best_epoch;
} progress;

/* After an epoch: a line, and the weights are kept if they are the best. */
static void look(sensor *s, progress *p)
{
    const measured m = measure(s, HELD);
    trainer *t = s->t;
    const int k = p->epochs, better = k == 0 || m.loss < p->best;

    if (t->summed)
        p->learnt[k] = (rnn_real)(t->sum / t->summed);
    p->held[k] = (rnn_real)m.loss;
    if (k == 0)
        printf("%5d %11d          ", k, t->done);
    else
        printf("%5d %11d  %8.4f", k, t->done, (double)p->learnt[k]);
    printf("  %8.4f  %5.3f  %7.1f%s\n", m.loss, m.right, seconds() - t->begun,
           better ? "  *" : "");
    fflush(stdout);
    t->sum = t->summed = 0;
    if (better) {
        p->best = m.loss;
        p->best_epoch = k;
        memcpy(p->weights, t->work.params,
               t->work.params_len * sizeof *p->weights);
    }
}

/* Until all iterations are done, or the held recordings have gone no better for
 * `patience` epochs. */
static void train(sensor *s, progress *p, int patience)
{
    part *from = &s->parts[LEARNT];
    trainer *t = s->t;
    const int *rows;
    int n;

    printf("\n* is the best so far\nepoch  iterations    learnt      held  "
           "right  seconds\n");
    t->begun = seconds();
    p->weights = reals(t->work.params_len);
    look(s, p);
    while (t->done < t->iterations && p->epochs + 1 < EPOCHS &&
           p->epochs - p->best_epoch < patience) {
        begin_epoch(from->b, ++p->epochs);
        while (t->done < t->iterations &&
               (n = next_batch(from->b, &rows)) > 0) {
            put_batch(s, from, rows, n);
            must(t, rnn_forward(&t->net, &t->work, &s->seq), "forward");
            loss_of(t, &s->seq, &s->want);
            must(t, rnn_backward(&t->net, &t->work, &s->seq, NULL), "backward");
            update(t);
        }
        look(s, p);
    }
    memcpy(t->work.params, p->weights, t->work.params_len * sizeof *p->weights);
    printf("the weights are those after epoch %d of %d\n", p->best_epoch,
           p->epochs);
}

static void draw_curves(const progress *p)
{
    curve curves[2] = {{"learnt", 0, NULL, NULL, 0}, {"held", 0, NULL, NULL, 0}};

    curves[0].count = curves[1].count = p->epochs;
    curves[0].y = p->learnt + 1;
    curves[1].y = p->held + 1;
    if (p->epochs > 1)
        svg_plot("sensor", "Cross-entropy after each epoch", "epochs",
                 "nats a recording", curves, 2);
}

/* ---- the test ----------------------------------------------------------- */

/* Rows are what it is, columns what is said. */
static double test(sensor *s)
{
    const part *p = &s->parts[TESTED];
    const words *w = &s->data.labels;
    const int C = w->count;
    const measured m = measure(s, TESTED);
    int *table = ints((size_t)C * (size_t)C), i, j, all, good = 0;

    for (i = 0; i < p->count; i++)
        table[s->data.all[p->which[i]].label * C + m.said[i]]++;
    fputs("\ntested, as            ", stdout);
    for (j = 0; j < C; j++)
        printf("%5d", j);
    puts("  right");
    for (i = 0; i < C; i++) {
        printf("%4d  ", i);
        put(w->text[i], 16);
        for (all = j = 0; j < C; j++) {
            all += table[i * C + j];
            if (table[i * C + j])
                printf("%5d", table[i * C + j]);
            else
                fputs("    .", stdout);
        }
        good += table[i * C + i];
        printf("  %.3f\n", table[i * C + i] / (double)all);
    }
    printf("\nright: %d of %d, cross-entropy %.4f; by guessing: %.3f\n", good,
           p->count, m.loss, 1.0 / C);
    return m.right;
}

/* ---- the checkpoint ----------------------------------------------------- */

static void save(sensor *s, const char *path)
{
    const words *w = &s->data.labels;
    rnn_extra extras[2] = {{"mean", NULL, s->data.axes, 0},
                           {"scale", NULL, s->data.axes, 0}};
    rnn_beside beside = {NULL, 0, NULL, 2};
    unsigned char *names, *bytes;
    size_t n = 0, len, cap = 1;
    rnn_work *work = &s->t->work;
    int i, again;

    for (i = 0; i < w->count; i++)
        cap += strlen(w->text[i]) + 1;
    names = (unsigned char *)zeros(cap, 1);
    for (i = 0; i < w->count; i++) {
        len = strlen(w->text[i]);
        memcpy(names + n, w->text[i], len);
        names[n + len] = '\n';
        n += len + 1;
    }
    extras[0].data = s->mean;
    extras[1].data = s->scale;
    beside.extras = extras;
    beside.vocabulary = names;
    beside.vocabulary_len = n;
    bytes = NULL;
    for (again = 0; again < 2; again++) { /* how many bytes, then these */
        bytes = again ? (unsigned char *)zeros(len, 1) : NULL;
        check(rnn_save(&s->t->net.model, work->params, work->params_len,
                       &beside, bytes, again ? len : 0, &len, &why),
              &why, path);
    }
    check(rnn_write_file(path, bytes, len, &why), &why, path);
    printf("written: %s, %lu bytes\n", path, (unsigned long)len);
}

/* A model that was saved, with its normalisation, to measure or to export. The
 * data's labels get the numbers that its classes have. */
static void load(sensor *s, const char *path, options *o)
{
    recordings *r = &s->data;
    knower *k = (knower *)zeros(1, sizeof *k);
    const char *text;
    int i, classes;

    open_knower(k, path);
    if (k->model.input_size != r->axes)
        die("%s has learnt %d axes, and in the recordings there are %d", path,
            k->model.input_size, r->axes);
    classes = k->names.count;
    for (i = 0; i < r->count; i++) {
        text = r->labels.text[r->all[i].label];
        r->all[i].label = word(&k->names, text, strlen(text));
        if (r->all[i].label >= classes)
            die("'%s' is no class of %s", text, path);
    }
    r->labels = k->names;
    memcpy(s->mean, k->mean, sizeof s->mean);
    memcpy(s->scale, k->scale, sizeof s->scale);
    o->iterations = 0;
    s->t = open_trainer(&k->model, 0, r->longest, BATCH, o, 0.01);
    check(rnn_load_params(k->bytes, k->len, &k->model, s->t->work.params,
                          s->t->work.params_len, NULL, &why),
          &why, path);
}

/* ---- recordings for firmware -------------------------------------------- */

/* Whether all numbers are such as a sensor's registers hold. */
static int are_whole(const sensor *s, const recording *one)
{
    const rnn_real *x = samples_of(&s->data, one, 0);
    int i;

    for (i = 0; i < one->steps * s->data.axes; i++)
        if (!(x[i] >= -32768 && x[i] <= 32767 &&
              (double)x[i] == floor((double)x[i])))
            return 0;
    return 1;
}

static void put_samples(FILE *f, const sensor *s, const part *p, int count)
{
    const int axes = s->data.axes;
    int k, t, a, whole = 1;

    for (k = 0; k < count; k++)
        whole &= are_whole(s, &s->data.all[p->which[k]]);
    fprintf(f, "\nstatic const %s recorded_samples[][%d] = {\n",
            whole ? "int16_t" : "float", axes);
    for (k = 0; k < count; k++) {
        const recording *one = &s->data.all[p->which[k]];

        for (t = 0; t < one->steps; t++) {
            const rnn_real *x = samples_of(&s->data, one, t);

            for (a = 0; a < axes; a++)
                fprintf(f, whole ? "%s%.0f" : "%s%.8eF", a ? ", " : "    {",
                        (double)x[a]);
            fputs("},\n", f);
        }
    }
    fputs("};\n", f);
}

/* Spreads `count` of a part over the part, so that all labels are there. */
static part spread(const part *p, int count)
{
    part some = {0, NULL, NULL, NULL};

    some.which = ints((size_t)count);
    for (; some.count < count; some.count++)
        some.which[some.count] =
            p->which[(int)((2.0 * some.count + 1) * p->count / (2.0 * count))];
    return some;
}

/* Fills in what is heard in each arithmetic, without fma and with; returns how
 * many of the two are known. */
static int hear(sensor *s, const recording *one, heard is[2])
{
    stream from = {NULL, NULL, NULL, 0, 0};
    int t;

    for (t = 0; t < one->steps; t++)
        normalise(s->mean, s->scale, samples_of(&s->data, one, t),
                  s->x + t * s->data.axes, s->data.axes);
    from.model = &s->t->net.model;
    from.params = s->t->work.params;
    from.params_len = s->t->work.params_len;
    from.x = s->x;
    from.steps = one->steps;
    is[0] = is[1] = listen(&from);
#if defined(TWIN_BOTH) && RNN_FMA
    is[0] = listen_plain(&from);
    return 2;
#else
    return 1;
#endif
}

static const char recorded_text[] =
    "#ifndef RECORDED_H\n"
    "#define RECORDED_H\n"
    "\n"
    "#include <stdint.h>\n"
    "\n"
    "typedef struct recorded {\n"
    "    int steps, is;    /* samples; its class                          */\n"
    "    int said[2];      /* the desk's, without fma and with: [RNN_FMA] */\n"
    "    uint32_t hash[2]; /* of all logits on the way: FNV-1a            */\n"
    "} recorded;\n"
    "\n";

static void export_recordings(sensor *s, const char *path, int count)
{
    const part *all = &s->parts[TESTED];
    const part some = spread(all, count < all->count ? count : all->count);
    FILE *f = open_file(path, "wb");
    int k, right = 0, known = 0;

    fprintf(f,
            "/* %d recordings that a network has not learnt, as the sensor gave"
            " them, and what\n * it says of each on the desk. sensor.c of rnn.h"
            " %s makes this. */\n%s",
            some.count, RNN_VERSION, recorded_text);
    fputs("static const recorded recorded_list[] = {\n", f);
    for (k = 0; k < some.count; k++) {
        const recording *one = &s->data.all[some.which[k]];
        heard is[2];

        known = hear(s, one, is);
        right += is[RNN_FMA].said == one->label;
        fprintf(f, "    {%d, %d, {%d, %d}, {0x%08lxu, 0x%08lxu}},\n",
                one->steps, one->label, is[0].said, is[1].said,
                (unsigned long)is[0].hash, (unsigned long)is[1].hash);
    }
    fprintf(f, "};\n\n/* which of the two arithmetics are the desk's own */\n"
               "#define RECORDED_PLAIN %d\n#define RECORDED_FMA %d\n",
            !RNN_FMA || known == 2, RNN_FMA);
    put_samples(f, s, &some, some.count);
    fputs("\n#endif\n", f);
    if (ferror(f) | fclose(f))
        die("%s is not completely written", path);
    printf("written: %s, %d recordings, %d of them said right\n", path,
           some.count, right);
}

/* ---- the program -------------------------------------------------------- */

static void open_data(sensor *s, const char *path, int count, int seed)
{
    rnn_rng rng;
    int k;

    rnn_rng_seed(&rng, (uint32_t)seed);
    rng.key[1] ^= 1; /* not the numbers of the first weights */
    if (path)
        read_csv(&s->data, path);
    else
        make_recordings(&s->data, count, &rng);
    check_data(&s->data);
    divide(s, seed);
    measure_scale(s);
    open_batch(s);
    printf("%d recordings of up to %d samples, %d labels", s->data.count,
           s->data.longest, s->data.labels.count);
    for (k = 0; k < PARTS; k++)
        printf(", %d %s", s->parts[k].count, part_names[k]);
    putchar('\n');
    put_padding(s->parts[LEARNT].b, "steps");
}

static void learn_all(sensor *s, const options *o, double lr, int patience)
{
    progress *p = (progress *)zeros(1, sizeof *p);
    rnn_model model = {0};

    model.wiring = RNN_WIRING_N_TO_1;
    model.cell = (rnn_cell)o->cell;
    model.input = RNN_INPUT_DENSE;
    model.input_size = s->data.axes;
    model.hidden_size = o->hidden;
    model.output_size = s->data.labels.count;
    s->t = open_trainer(&model, 0, s->data.longest, BATCH, o, lr);
    train(s, p, patience);
    draw_curves(p);
}

int main(int argc, char **argv)
{
    static sensor s;
    options o = {1, RNN_CELL_GRU, 24, 1500};
    const char *data = NULL, *csv = NULL, *to = NULL, *from = NULL,
               *header = NULL;
    int count = 1400, exported = 14, patience = 8;
    double lr = 0.01, good;
    const option own[] = {
        {"--data", PATH, &data, 0, 0, NULL,
         "recordings to learn from: recording,label,x,y,z in every line, or 1 "
         "to 9 other axes"},
        {"--write-data", PATH, &csv, 0, 0, NULL,
         "write the recordings like that, and end"},
        {"--save", PATH, &to, 0, 0, NULL, "write the model here"},
        {"--load", PATH, &from, 0, 0, NULL,
         "learn nothing: test, or export, a model that was saved (give the "
         "--seed and --data it had, or it is tested on what it has learnt)"},
        {"--export-recordings", PATH, &header, 0, 0, NULL,
         "write some that are tested, and what is said of them, for firmware"},
        {"--exported", WHOLE, &exported, 1, 10000, NULL, "how many of them"},
        {"--recordings", WHOLE, &count, 3 * GESTURES, 1e5, NULL,
         "how many are made"},
        {"--patience", WHOLE, &patience, 1, EPOCHS, NULL,
         "epochs without a better one, before it stops"},
        {"--lr", REAL, &lr, 1e-6, 1, NULL, "learning rate, at first"},
        OPTIONS_END};

    read_options(argc, argv,
                 "sensor learns to tell movements from recordings of a "
                 "sensor's axes.\n",
                 &o, own);
    open_data(&s, data, count, o.seed);
    if (csv) {
        write_csv(&s.data, csv);
        return 0;
    }
    if (from)
        load(&s, from, &o);
    else
        learn_all(&s, &o, lr, patience);
    good = test(&s);
    if (to)
        save(&s, to);
    if (header)
        export_recordings(&s, header, exported);
    return result("sensor", good, '>', 0.95);
}

#endif
