/* recordings.h: labelled recordings of a sensor's axes: made here, or read from
 * a CSV file, one sample a line,
 *
 *     recording,label,x,y,z
 *     a1,shake,-312,87,1004
 *     a1,shake,-298,90,998
 *     b7,rest,3,-12,1001
 *
 * with or without that first line. Of axes there are as many as the first line
 * has, one to nine. A recording is named as one likes, its lines follow one
 * another, and each repeats its label. Numbers are in any unit; what is made
 * here has three axes in thousandths of g, whole ones, as an accelerometer gives
 * them.
 *
 *   a CSV file    read_csv, write_csv        made     make_recordings
 *   a line of it  read_line, cut_line, ...   learnt   open_knower, normalise */
#ifndef RECORDINGS_H
#define RECORDINGS_H

#include "base.h"
#include <math.h>

enum { MOST_AXES = 9, LONGEST = 5000, LINE = 1000 };

static const char *const axis_names[MOST_AXES] = {
    "x", "y", "z", "x2", "y2", "z2", "x3", "y3", "z3"};

typedef struct recording {
    const char *name;
    int label, steps; /* an id of recordings.labels; samples */
    size_t first;     /* its first sample among all          */
    long line;        /* where it begins in a file           */
} recording;

typedef struct recordings {
    recording *all;
    rnn_real *x;            /* (samples, axes)                */
    size_t samples, x_room; /* x_room, all_room: that fit     */
    int count, all_room, longest, axes;
    words labels;           /* in alphabetical order at last  */
} recordings;

/* ---- adding samples ----------------------------------------------------- */

/* Sample t of a recording. */
static inline const rnn_real *samples_of(const recordings *r,
                                         const recording *one, int t)
{
    return r->x + (one->first + (size_t)t) * (size_t)r->axes;
}

/* A greater copy of an array that holds n items; the old one stays. */
static inline void *grown(const void *old, size_t n, size_t room, size_t size)
{
    void *more = zeros(room, size);

    return n ? memcpy(more, old, n * size) : more;
}

static inline recording *add_recording(recordings *r, const char *name,
                                       int label)
{
    char *copy = (char *)zeros(strlen(name) + 1, 1);
    recording *one;

    if (r->count == r->all_room) {
        r->all_room = r->all_room ? 2 * r->all_room : 64;
        r->all = (recording *)grown(r->all, (size_t)r->count,
                                    (size_t)r->all_room, sizeof *r->all);
    }
    one = &r->all[r->count++];
    one->name = strcpy(copy, name);
    one->label = label;
    one->first = r->samples;
    return one;
}

/* To the last recording. */
static inline void add_sample(recordings *r, const double *v)
{
    const size_t axes = (size_t)r->axes;
    recording *one = &r->all[r->count - 1];
    size_t a;

    if (r->samples == r->x_room) {
        r->x_room = r->x_room ? 2 * r->x_room : 4096;
        r->x = (rnn_real *)grown(r->x, r->samples * axes, r->x_room * axes,
                                 sizeof *r->x);
    }
    for (a = 0; a < axes; a++)
        r->x[r->samples * axes + a] = (rnn_real)v[a];
    r->samples++;
    one->steps++;
    r->longest = one->steps > r->longest ? one->steps : r->longest;
}

static inline int by_text(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Labels get their numbers by the alphabet, whichever came first. */
static inline void sort_labels(recordings *r)
{
    words sorted = r->labels;
    const char *text;
    int i;

    qsort(sorted.text, (size_t)sorted.count, sizeof *sorted.text, by_text);
    for (i = 0; i < r->count; i++) {
        text = r->labels.text[r->all[i].label];
        r->all[i].label = word(&sorted, text, strlen(text));
    }
    r->labels = sorted;
}

/* ---- making them -------------------------------------------------------- */

enum { REST, TAP, SHAKE, CLOCKWISE, ANTICLOCKWISE, LIFT, LOWER, GESTURES };
static const char *const gestures[] = {"rest",          "tap",  "shake",
                                       "clockwise",     "anticlockwise",
                                       "lift",          "lower"};

static inline double between(rnn_rng *rng, double least, double most)
{
    return least + (most - least) * (double)rnn_uniform(rng);
}

/* How a gesture is done this time: by chance. */
typedef struct doing {
    int kind, begin, length, taps, tap[2]; /* in samples */
    double size, turn, phase, way;
} doing;

static inline doing draw_doing(int kind, int steps, rnn_rng *rng)
{
    static const double size[GESTURES][2] = {
        {0, 0},     {500, 1500}, {350, 1100}, {180, 550},
        {180, 550}, {180, 500},  {180, 500}};
    static const double turns[GESTURES][2] = /* a second */
        {{0, 0}, {0, 0}, {2.5, 5}, {0.9, 2}, {0.9, 2}, {0, 0}, {0, 0}};
    doing d = {0};

    d.kind = kind;
    d.length = 20 + below(rng, steps - 20);
    d.begin = below(rng, steps - d.length);
    d.taps = 1 + below(rng, 2);
    d.tap[0] = below(rng, steps);
    d.tap[1] = below(rng, steps);
    d.size = between(rng, size[kind][0], size[kind][1]);
    d.turn = 6.2831853 / 50 * between(rng, turns[kind][0], turns[kind][1]);
    d.phase = between(rng, 0, 6.2831853);
    d.way = between(rng, 0, 6.2831853);
    return d;
}

/* What a gesture adds to sample t. A tap rings for a few samples; a lift speeds
 * up and then slows down, and to lower is the other way round. */
static inline void add_gesture(double *v, const doing *d, int t)
{
    double now = d->phase + d->turn * t, s;
    int i, since;

    switch (d->kind) {
    case TAP:
        for (i = 0; i < d->taps; i++) {
            since = t - d->tap[i];
            if (since >= 0 && since < 8)
                v[2] += d->size * (since % 2 ? -1 : 1) * exp(-0.5 * since);
        }
        break;
    case SHAKE:
        v[0] += d->size * cos(d->way) * sin(now);
        v[1] += d->size * sin(d->way) * sin(now);
        break;
    case CLOCKWISE:
    case ANTICLOCKWISE:
        v[0] += d->size * cos(now);
        v[1] += d->size * (d->kind == CLOCKWISE ? -sin(now) : sin(now));
        break;
    case LIFT:
    case LOWER:
        s = (t - d->begin) / (double)d->length;
        if (s >= 0 && s < 1)
            v[2] += d->size * (d->kind == LIFT ? 1 : -1) * sin(6.2831853 * s);
        break;
    default: break;
    }
}

/* 0.6 to 2.4 seconds, 50 samples each, of a board that is held more or less
 * level: gravity, a hand that trembles, noise, and the gesture. */
static inline void make_recording(recordings *r, int kind, rnn_rng *rng)
{
    const int steps = 30 + below(rng, 91);
    const double tilt = between(rng, 0, 0.5), to = between(rng, 0, 6.2831853);
    const doing d = draw_doing(kind, steps, rng);
    double v[3], tremble[3] = {0};
    int t, a;

    for (t = 0; t < steps; t++) {
        v[0] = 1000 * sin(tilt) * cos(to);
        v[1] = 1000 * sin(tilt) * sin(to);
        v[2] = 1000 * cos(tilt);
        add_gesture(v, &d, t);
        for (a = 0; a < 3; a++) {
            tremble[a] = 0.9 * tremble[a] + 12 * (double)rnn_normal(rng);
            v[a] += tremble[a] + 25 * (double)rnn_normal(rng);
            v[a] = floor(v[a] + 0.5);
            v[a] = v[a] < -4000 ? -4000 : v[a] > 4000 ? 4000 : v[a];
        }
        add_sample(r, v);
    }
}

static inline void make_recordings(recordings *r, int count, rnn_rng *rng)
{
    char name[20];
    int i, kind;

    r->axes = 3;
    for (i = 0; i < count; i++) {
        kind = i < 3 * GESTURES ? i % GESTURES : below(rng, GESTURES);
        sprintf(name, "made%d", i + 1);
        add_recording(r, name,
                      word(&r->labels, gestures[kind], strlen(gestures[kind])));
        make_recording(r, kind, rng);
    }
    sort_labels(r);
}

/* ---- files -------------------------------------------------------------- */

static inline void write_csv(const recordings *r, const char *path)
{
    FILE *f = open_file(path, "wb");
    const recording *p;
    const rnn_real *x;
    int i, t, a;

    fputs("recording,label", f);
    for (a = 0; a < r->axes; a++)
        fprintf(f, ",%s", axis_names[a]);
    fputc('\n', f);
    for (i = 0; i < r->count; i++)
        for (p = &r->all[i], t = 0; t < p->steps; t++) {
            x = samples_of(r, p, t);
            fprintf(f, "%s,%s", p->name, r->labels.text[p->label]);
            for (a = 0; a < r->axes; a++)
                fprintf(f, ",%.9g", (double)x[a]);
            fputc('\n', f);
        }
    if (ferror(f) | fclose(f))
        die("%s is not completely written", path);
    printf("written: %s, %d recordings\n", path, r->count);
}

/* One line without its end, of whatever system; 0 after the last. */
static inline int read_line(FILE *f, char *line, const char *path, long number)
{
    int c, n = 0;

    while ((c = getc(f)) != EOF && c != '\n') {
        if (c == 0)
            die("%s, line %ld: a byte 0: this is no text", path, number);
        if (n == LINE - 1)
            die("%s, line %ld: longer than %d bytes", path, number, LINE - 1);
        line[n++] = (char)c;
    }
    if (ferror(f))
        die("%s: %s", path, strerror(errno));
    n -= n > 0 && line[n - 1] == '\r';
    line[n] = 0;
    return c != EOF || n > 0;
}

/* Cuts a line at its commas; blanks and quotes around a field go. Returns how
 * many fields there are; the first `most` are in `field`. */
static inline int cut_line(char *line, char **field, int most)
{
    char *at = line, *end;
    int n = 0, more = 1;

    for (; more; n++) {
        char *next = at + strcspn(at, ",");

        more = *next == ',';
        *next = 0;
        at += strspn(at, " \t");
        for (end = next; end > at && strchr(" \t", end[-1]); end--)
            ;
        if (end > at + 1 && *at == '"' && end[-1] == '"') {
            at++;
            end--;
        }
        *end = 0;
        if (n < most)
            field[n] = at;
        at = next + more;
    }
    return n;
}

/* Whether a text is a number, whose size nobody will measure in floats. */
static inline int read_number(const char *text, double *value)
{
    char *end;

    *value = strtod(text, &end);
    return *text && !*end && !text[strspn(text, "0123456789.eE+-")] &&
           *value >= -1e9 && *value <= 1e9;
}

/* The sample on a line, of as many axes as the first; 0: that line is a heading.
 */
static inline int read_sample(recordings *r, char *const *field, int fields,
                              double *v, const char *path, long line)
{
    int a, good[MOST_AXES], all = 0;

    if (!r->axes && (fields < 3 || fields > 2 + MOST_AXES))
        die("%s, line %ld: %d fields between commas, not recording, label, "
            "and 1 to %d axes",
            path, line, fields, MOST_AXES);
    r->axes = r->axes ? r->axes : fields - 2;
    if (fields != 2 + r->axes)
        die("%s, line %ld: %d fields between commas, not %d as before", path,
            line, fields, 2 + r->axes);
    for (a = 0; a < r->axes; a++)
        all += good[a] = read_number(field[2 + a], &v[a]);
    if (line == 1 && !all)
        return 0;
    for (a = 0; a < r->axes; a++)
        if (!good[a])
            die("%s, line %ld: %s is '%s', not a number from -1e9 to 1e9", path,
                line, axis_names[a], field[2 + a]);
    for (a = 0; a < 2; a++)
        if (!*field[a])
            die("%s, line %ld: the %s has no name", path, line,
                a ? "label" : "recording");
    return 1;
}

/* What a stream may consist of: lines x y z, or x,y,z, without a name, or those
 * of a file. 0: none of these. */
static inline int read_bare(char *line, int axes, const char **name, double *v)
{
    char *field[2 + MOST_AXES], **xyz = field, *at;
    int n = cut_line(line, field, 2 + MOST_AXES), a;

    *name = "";
    if (n == 1)
        for (n = 0, at = strtok(*field, " \t"); at; at = strtok(NULL, " \t"))
            field[n++ % MOST_AXES] = at;
    else if (n == 2 + axes) {
        *name = *field;
        xyz += 2;
        n = axes;
    }
    for (a = 0; n == axes && a < axes; a++)
        n -= !read_number(xyz[a], &v[a]);
    return n == axes;
}

static inline int by_name(const void *one, const void *other)
{
    const recording *p = *(const recording *const *)one;
    const recording *q = *(const recording *const *)other;
    const int d = strcmp(p->name, q->name);

    return d ? d : p->line < q->line ? -1 : p->line > q->line;
}

/* No name comes twice: its lines must follow one another. */
static inline void check_names(const recordings *r, const char *path)
{
    const size_t n = (size_t)r->count;
    const recording **p = (const recording **)zeros(n, sizeof *p);
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = &r->all[i];
    qsort(p, n, sizeof *p, by_name);
    for (i = 1; i < n; i++)
        if (strcmp(p[i - 1]->name, p[i]->name) == 0)
            die("%s, line %ld: recording '%s' was there before, from line %ld "
                "on",
                path, p[i]->line, p[i]->name, p[i - 1]->line);
}

/* The recording that a line belongs to: the last one, or a new one. */
static inline void continue_recording(recordings *r, char *const *field,
                                      const char *path, long line)
{
    const int label = word(&r->labels, field[1], strlen(field[1]));
    const recording *last = r->count ? &r->all[r->count - 1] : NULL;

    if (r->labels.count == WORDS)
        die("%s, line %ld: '%s' is label number %d: the label is the second of "
            "the fields",
            path, line, field[1], WORDS);
    if (!last || strcmp(last->name, field[0]) != 0) {
        add_recording(r, field[0], label)->line = line;
        return;
    }
    if (last->label != label)
        die("%s, line %ld: recording '%s' is '%s' here and '%s' before", path,
            line, field[0], field[1], r->labels.text[last->label]);
    if (last->steps == LONGEST)
        die("%s, line %ld: recording '%s' has more than %d samples; cut it, or "
            "take fewer a second",
            path, line, field[0], LONGEST);
}

static inline void read_csv(recordings *r, const char *path)
{
    FILE *f = open_file(path, "rb");
    char text[LINE], *field[2 + MOST_AXES];
    double v[MOST_AXES];
    long line;
    int n;

    for (line = 1; read_line(f, text, path, line); line++) {
        char *from = text;

        if (line == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
            from += 3; /* as some editors mark UTF-8 */
        if (!from[strspn(from, " \t")])
            continue;
        n = cut_line(from, field, 2 + MOST_AXES);
        if (!read_sample(r, field, n, v, path, line))
            continue;
        continue_recording(r, field, path, line);
        add_sample(r, v);
    }
    fclose(f);
    if (!r->count)
        die("%s: no sample", path);
    check_names(r, path);
    sort_labels(r);
}

/* ---- a network that knows them, as sensor.c saves it --------------------- */

typedef struct knower {
    rnn_model model;
    words names; /* of its classes */
    rnn_real mean[MOST_AXES], scale[MOST_AXES];
    unsigned char *bytes; /* the file, for rnn_load_params */
    size_t len;
} knower;

/* What it reads of a sample. Each operation is rounded by itself, so that a
 * microcontroller gets the same bits. */
static inline void normalise(const rnn_real *mean, const rnn_real *scale,
                             const rnn_real *sample, rnn_real *x, int axes)
{
    int a;

    for (a = 0; a < axes; a++)
        x[a] = (sample[a] - mean[a]) / scale[a];
}

static inline void open_knower(knower *k, const char *path)
{
    unsigned char *names;
    size_t n = 0;
    char *at;
    rnn_st st;
    int axes;

    check(rnn_read_file(path, NULL, 0, &k->len, &why), &why, "loading");
    k->bytes = (unsigned char *)zeros(k->len, 1);
    names = (unsigned char *)zeros(k->len + 1, 1); /* more than there can be */
    check(rnn_read_file(path, k->bytes, k->len, &k->len, &why), &why,
          "loading");
    check(rnn_load_description(k->bytes, k->len, &k->model, names, k->len, &n,
                               &why),
          &why, path);
    for (at = (char *)names; *at; at += n + (at[n] != 0)) {
        n = strcspn(at, "\n");
        word(&k->names, at, n);
    }
    axes = k->model.input_size;
    if (k->model.wiring != RNN_WIRING_N_TO_1 ||
        k->model.input != RNN_INPUT_DENSE || axes > MOST_AXES ||
        k->model.bidirectional || k->model.output_size != k->names.count)
        die("%s: not what sensor.c saves", path);
    check(rnn_st_open(k->bytes, k->len, &st, &why), &why, path);
    check(rnn_load_tensor(&st, "mean", k->mean, (size_t)axes, &why), &why,
          path);
    check(rnn_load_tensor(&st, "scale", k->scale, (size_t)axes, &why), &why,
          path);
}

#endif
