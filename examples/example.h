/* example.h: what the examples share, so that each can be about its network.
 *
 *   leaving   die, check, result        options   read_options, is_given
 *   memory    zeros, reals, open_file   chance    below, is_among, check_apart
 *   words     word, read_words, spell   training  open_trainer, go_on, learn
 *   asking    predict, right            pairs     open_pairs, put_source, ...
 *   decoding  open_decoder, decode      files     open_beside, write_wav
 *   pictures  put, put_bar, put_heat; svg_heat, svg_plot
 *
 * An example includes this file alone, which brings the library and its
 * implementation. What it allocates is freed when the program ends. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#endif

#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- leaving, time, memory, files --------------------------------------- */

static const char *program = "example"; /* argv[0] */

static inline const char *program_name(void)
{
    const char *slash = strrchr(program, '/');

    return slash ? slash + 1 : program;
}

/* Leaves with one line and status 1. */
static inline void die(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s: ", program_name());
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static rnn_why why; /* of calls that have no rnn_work */

/* Leaves with the reason, if a call was refused: the work's, or `why`. */
static inline void check(rnn_status status, const rnn_why *of,
                         const char *doing)
{
    char line[160];

    if (status != RNN_OK)
        die("%s: %s", doing,
            of && of->status == status ? rnn_why_text(of, line, sizeof line)
                                       : rnn_status_text(status));
}

/* An example's last line and status: return result("mse", mse, '<', 0.01); or
 * '>', which is at least. To fall short is no failure of the program. */
static inline int result(const char *name, double value, int sense,
                         double threshold)
{
    int ok = sense == '<' ? value < threshold : value >= threshold;

    printf("RESULT %s %.6g %.6g %s\n", name, value, threshold,
           ok ? "ok" : "short");
    return 0;
}

static inline double seconds(void)
{
#if defined(CLOCK_MONOTONIC) && !defined(_WIN32)
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) == 0)
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
    return (double)clock() / CLOCKS_PER_SEC;
}

static void **blocks; /* all that was allocated */
static size_t block_count;

static inline void free_blocks(void)
{
    while (block_count)
        free(blocks[--block_count]);
    free(blocks);
    blocks = NULL;
}

static inline void *zeros(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    void **more = (void **)realloc(blocks, (block_count + 1) * sizeof *more);

    blocks = more ? more : blocks;
    if (!p || !more)
        die("out of memory: %.0f MB wanted",
            (double)count * (double)size / 1048576.0);
    if (block_count == 0)
        atexit(free_blocks);
    blocks[block_count++] = p;
    return p;
}

static inline rnn_real *reals(size_t count)
{
    return (rnn_real *)zeros(count, sizeof(rnn_real));
}

static inline int *ints(size_t count)
{
    return (int *)zeros(count, sizeof(int));
}

static inline FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (!file)
        die("%s: %s", path, strerror(errno));
    return file;
}

/* ---- options ------------------------------------------------------------ */

enum { WHOLE, REAL, NAME, TEXT, PATH, HEADING };

/* One of an example's own; OPTIONS_END ends a table of them. */
typedef struct option {
    const char *name;
    int kind;
    void *value;        /* int, double, int: an index of names, const char *
                           twice; before an option is read, its default */
    double least, most; /* of a number */
    const char *const *names; /* of NAME, NULL after the last */
    const char *help;
} option;

/* Stands above the options that follow it in --help. */
#define OPTIONS_HEADING(text) {text, HEADING, NULL, 0, 0, NULL, NULL}
#define OPTIONS_END {NULL, 0, NULL, 0, 0, NULL, NULL}

/* Those that all examples have; an example puts its defaults here. */
typedef struct options {
    int seed, cell, hidden, iterations;
} options;

static const char *const cell_names[] = {
    "tanh", "relu", "gru", "gru-reset-before", "lstm", "lstm-peephole", NULL};
/* a division by zero unless these are all cells of the library */
enum { ALL_CELLS = 1 / (sizeof cell_names / sizeof *cell_names ==
                        RNN_CELLS + 1) };
static const char *const option_kinds[] = {"N", "X", "NAME", "TEXT", "FILE"};

/* A text from column 24 on, in as many lines as it takes and says. */
static inline void put_lines(const char *text)
{
    int at = 0, len;

    for (; *text; text += len + (text[len] != 0)) {
        len = (int)strcspn(text, " \n");
        if (at > 0 && (at + len > 55 || text[-1] == '\n')) {
            printf("\n%24s", "");
            at = 0;
        }
        printf("%s%.*s", at ? " " : "", len, text);
        at += len + 1;
    }
    putchar('\n');
}

static inline void put_help(const option *o)
{
    char text[1000];
    int i, n;

    if (o->kind == HEADING) {
        printf("\n%s\n", o->name);
        return;
    }
    n = sprintf(text, "%.700s%s", o->help, o->kind == NAME ? ":" : "");
    for (i = 0; o->kind == NAME && o->names[i]; i++)
        n += sprintf(text + n, i ? ", %.20s" : " %.20s", o->names[i]);
    if (o->kind == REAL)
        sprintf(text + n, " [%g]", *(double *)o->value);
    else if (o->kind == NAME)
        sprintf(text + n, " [%.20s]", o->names[*(int *)o->value]);
    else if (o->kind == WHOLE)
        sprintf(text + n, " [%d]", *(int *)o->value);
    printf("  %s %-*s ", o->name, 20 - (int)strlen(o->name),
           option_kinds[o->kind]);
    put_lines(text);
}

/* A number of decimal digits, within the option's bounds. */
static inline double number_of(const option *o, const char *text)
{
    const int whole = o->kind == WHOLE;
    char *end;
    double value = strtod(text, &end);

    if (!*text || *end || !(value >= o->least && value <= o->most) ||
        text[strspn(text, whole ? "0123456789" : "0123456789.eE+-")])
        die("%s '%s': not a %snumber from %.10g to %.10g", o->name, text,
            whole ? "whole " : "", o->least, o->most);
    return value;
}

static inline void set_option(const option *o, const char *text)
{
    int i = 0;

    if (!text)
        die("%s: its value is missing", o->name);
    switch (o->kind) {
    case WHOLE: *(int *)o->value = (int)number_of(o, text); break;
    case REAL: *(double *)o->value = number_of(o, text); break;
    case NAME:
        while (o->names[i] && strcmp(o->names[i], text) != 0)
            i++;
        if (!o->names[i])
            die("%s '%s' is unknown; --help lists the names", o->name, text);
        *(int *)o->value = i;
        break;
    default: *(const char **)o->value = text;
    }
}

static inline const option *find_option(const option *table, const char *name)
{
    while (table->name &&
           (table->kind == HEADING || strcmp(table->name, name) != 0))
        table++;
    return table;
}

/* Whether it stands on the command line; its default may be given, too. */
static inline int is_given(int argc, char **argv, const char *name)
{
    int i;

    for (i = 1; i < argc; i += 2)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return 0;
}

/* Reads the command line into *o and what the table `own` points to. --help
 * prints `about`, a few lines that end with a newline, and all options. */
static inline void read_options(int argc, char **argv, const char *about,
                                options *o, const option *own)
{
    const option common[] = {
        {"--cell", NAME, &o->cell, 0, 0, cell_names, "the kind of cell"},
        {"--hidden", WHOLE, &o->hidden, 1, 1e6, NULL,
         "units: more can learn more, and are slower"},
        {"--iterations", WHOLE, &o->iterations, 0, 2e9, NULL,
         "updates of the weights; 0 only measures"},
        {"--seed", WHOLE, &o->seed, 0, 2147483647.0, NULL,
         "of the first weights and of all that is drawn"},
        OPTIONS_END};
    const option *p, *first = own->name ? own : common;
    int i;

    program = argc > 0 ? argv[0] : program;
    for (i = 1; i < argc; i += 2) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            printf("%s\n", about);
            for (p = own; p->name; p++)
                put_help(p);
            for (p = common; p->name; p++)
                put_help(p);
            exit(0);
        }
        p = find_option(own, argv[i]);
        p = p->name ? p : find_option(common, argv[i]);
        if (!p->name)
            die("'%s' is not an option such as %s %s; --help lists all",
                argv[i], first->name, option_kinds[first->kind]);
        set_option(p, argv[i + 1]);
    }
}

/* ---- chance, sets apart, words ------------------------------------------ */

/* One of 0 ... n-1. */
static inline int below(rnn_rng *rng, int n)
{
    return (int)((double)rnn_uniform(rng) * n);
}

/* Whether an item of `size` bytes is among n of them. */
static inline int is_among(const void *item, const void *items, size_t n,
                           size_t size)
{
    const char *p = (const char *)items;

    for (; n > 0; n--, p += size)
        if (memcmp(p, item, size) == 0)
            return 1;
    return 0;
}

/* What is tested has not been learnt: no item is in both sets. */
static inline void check_apart(const void *learnt, size_t n, const void *tested,
                               size_t m, size_t size)
{
    const char *p = (const char *)learnt;
    size_t i;

    for (i = 0; i < n; i++)
        if (is_among(p + i * size, tested, m, size))
            die("item %lu of what is learnt is tested, too", (unsigned long)i);
}

/* A vocabulary: the texts of ids 0, 1, ... */
enum { WORDS = 1000 };
typedef struct words {
    const char *text[WORDS];
    int count;
} words;

/* The id of a word of len bytes, which joins the vocabulary if it is new. */
static inline int word(words *w, const char *text, size_t len)
{
    char *copy;
    int i;

    for (i = 0; i < w->count; i++)
        if (strlen(w->text[i]) == len && memcmp(w->text[i], text, len) == 0)
            return i;
    if (w->count == WORDS)
        die("more than %d words", WORDS);
    copy = (char *)zeros(len + 1, 1);
    w->text[w->count] = (const char *)memcpy(copy, text, len);
    return w->count++;
}

/* The words of a text, which blanks part; -1 after them. */
static inline void read_words(int *ids, int most, words *w, const char *text)
{
    const char *left = text;
    size_t len;
    int n;

    for (n = 0; n < most; n++) {
        len = strcspn(left, " ");
        ids[n] = len ? word(w, left, len) : -1;
        left += len + (left[len] == ' ');
    }
    if (*left)
        die("'%s' has more than %d words", text, most);
}

/* The other way: a text of at most n words. Stops follow without a blank. */
static inline const char *spell(char *text, const words *w, const int *ids,
                                int n)
{
    int i;

    for (*text = 0, i = 0; i < n && ids[i] >= 0; i++) {
        strcat(text, i && !strchr(".?", *w->text[ids[i]]) ? " " : "");
        strcat(text, w->text[ids[i]]);
    }
    return text;
}

/* ---- training ----------------------------------------------------------- */

/* A model and what training it needs. Fields may be changed before the first
 * step. */
typedef struct trainer {
    rnn_net net;             /* the model, planned for the largest sequences */
    rnn_work work;           /* its weights, gradients, logits, ...          */
    rnn_optimizer adam;
    rnn_schedule schedule;   /* half a cosine down to a twentieth            */
    rnn_real clip;           /* the longest gradient: 1                      */
    rnn_rng rng;             /* for first weights, then the example's data   */
    int iterations, done;
    double sum, begun;       /* of losses since the last line; seconds       */
    int summed, printed;     /* printed: go_on has just printed a line       */
    rnn_real *losses;        /* (iterations), for a picture                  */
} trainer;

/* What should come out: ids (softmax cross-entropy) or values (squared
 * error): a row for every step, in N vs 1 for every sequence. weights of rows:
 * NULL is 1, and 0 on padding. */
typedef struct goal {
    const int *ids;
    const rnn_real *values, *weights;
    size_t len; /* of each of these                                          */
} goal;

/* A plan, and room for all arrays of a work that are not set. */
static inline void open_work(rnn_net *net, rnn_work *work,
                             const rnn_model *model, const rnn_most *most)
{
    check(rnn_plan(net, model, most), &net->why, "this model");
    check(rnn_bind(net, work, reals(net->sizes.all), net->sizes.all),
          &work->why, "this model");
}

/* PyTorch's first weights, and two kindnesses to long memories: an LSTM's
 * forget gates begin open, a ReLU network's recurrence as the identity. */
static inline void first_weights(trainer *t)
{
    const rnn_model *model = &t->net.model;
    rnn_real *params = t->work.params;
    rnn_tensor w;
    int k, bias;

    check(rnn_init_params(model, params, t->work.params_len, &t->rng, &why),
          &why, "first weights");
    if (RNN_HAS_C(model->cell))
        check(rnn_init_forget_bias(model, params, t->work.params_len, 1, &why),
              &why, "first weights");
    for (k = 0; model->cell == RNN_CELL_RELU &&
                rnn_model_tensor(model, k, &w, NULL) == RNN_OK;
         k++) {
        bias = strstr(w.name, "bias_") != NULL;
        if (bias || strstr(w.name, "_hh_l"))
            check(rnn_init_tensor(&w, params,
                                  bias ? RNN_INIT_CONSTANT : RNN_INIT_IDENTITY,
                                  !bias, &t->rng, &why),
                  &why, "first weights");
    }
}

/* For sources and sequences of at most so many steps, of `batch` rows. */
static inline trainer *open_trainer(const rnn_model *model, int source_steps,
                                    int steps, int batch, const options *o,
                                    double lr)
{
    trainer *t = (trainer *)zeros(1, sizeof *t);
    rnn_most most = {0};

    most.source_steps = source_steps;
    most.steps = steps;
    most.batch = batch;
    most.train = 1;
    most.moments = 2;
    open_work(&t->net, &t->work, model, &most);
    t->losses = reals((size_t)o->iterations);
    t->iterations = o->iterations;
    t->clip = 1;
    t->schedule.kind = RNN_SCHEDULE_COSINE;
    t->schedule.base = (rnn_real)lr;
    t->schedule.least = (rnn_real)(lr / 20);
    t->schedule.every = (uint32_t)(o->iterations + 1);
    check(rnn_optimizer_init(&t->adam, RNN_OPT_ADAM, (rnn_real)lr, &why), &why,
          "Adam");
    rnn_rng_seed(&t->rng, (uint32_t)o->seed);
    first_weights(t);
    printf("%s, %d units, %lu parameters\n", cell_names[model->cell],
           model->hidden_size, (unsigned long)t->net.sizes.params);
    return t;
}

/* while (go_on(t)) { make a batch; learn(t, ...); } prints lines. */
static inline int go_on(trainer *t)
{
    const int k = t->done, last = t->iterations;

    t->printed = k == 1 || (k > 0 && (k % (last / 20 + 1) == 0 || k == last));
    if (k == 0) {
        t->begun = seconds();
        puts("\niteration      loss  seconds left");
    } else if (t->printed) {
        printf("%9d  %8.4f  %12.0f\n", k, t->sum / t->summed,
               (seconds() - t->begun) / k * (last - k));
        fflush(stdout);
        t->sum = t->summed = 0;
    }
    if (k == last) /* the weights stay as they are: asking is faster so */
        check(rnn_pack(&t->net, &t->work), &t->work.why, "packing");
    return k < last;
}

/* The loss of the logits; those of a forward pass get their gradients. */
static inline double loss_of(trainer *t, const rnn_seq *seq, const goal *want)
{
    rnn_seq s = *seq;
    rnn_loss how = {0};
    rnn_real loss = 0;

    how.weights = want->weights;
    how.weights_len = s.targets_len = want->len;
    if (want->ids)
        check(rnn_cross_entropy(&t->net, &t->work, &s, want->ids, &how, &loss),
              &t->work.why, "cross-entropy");
    else
        check(
            rnn_squared_error(&t->net, &t->work, &s, want->values, &how, &loss),
            &t->work.why, "squared error");
    return (double)loss;
}

/* One step: forward, loss, backward, clipping, Adam. Returns the loss. */
static inline double learn(trainer *t, const rnn_seq *seq, const goal *want)
{
    rnn_work *w = &t->work;
    rnn_seq s = *seq;
    double loss;

    s.seed[1] += t->adam.step; /* dropout leaves out others at every step */
    check(rnn_forward(&t->net, w, &s), &w->why, "forward");
    loss = loss_of(t, &s, want);
    check(rnn_backward(&t->net, w, &s, NULL), &w->why, "backward");
    check(rnn_clip_grad_norm(w->grads, w->grads_len, t->clip, NULL, NULL), NULL,
          "clipping");
    check(rnn_schedule_lr(&t->schedule, t->adam.step, &t->adam.lr, &why), &why,
          "the schedule");
    check(rnn_optimizer_step(&t->adam, &t->net, w), &w->why, "Adam");
    if (t->done < t->iterations)
        t->losses[t->done++] = (rnn_real)loss;
    t->sum += loss;
    t->summed++;
    return loss;
}

/* ---- asking ------------------------------------------------------------- */

/* The logits, as rnn_infer gives them. */
static inline rnn_real *predict(trainer *t, const rnn_seq *seq)
{
    check(rnn_infer(&t->net, &t->work, seq), &t->work.why, "inference");
    return t->work.logits;
}

/* Whether row i of a goal counts: no padding, and a weight that is not 0. */
static inline int counts(const rnn_seq *seq, const goal *want, size_t i)
{
    const size_t B = (size_t)seq->batch;

    return (!seq->lengths || (int)(i / B) < seq->lengths[i % B]) &&
           (!want->weights || want->weights[i] > 0);
}

/* After that: in how many rows the likeliest id is the goal's; adds to *of
 * how many count. */
static inline int right(trainer *t, const rnn_seq *seq, const goal *want,
                        int *of)
{
    const size_t O = (size_t)t->net.model.output_size;
    const int single = t->net.model.wiring == RNN_WIRING_N_TO_1;
    const size_t rows = (size_t)seq->batch * (single ? 1 : (size_t)seq->steps);
    size_t i;
    int id, good = 0;

    for (i = 0; i < rows; i++) {
        if (!counts(seq, want, i))
            continue;
        check(rnn_greedy(t->work.logits + i * O, (int)O, &id, &why), &why,
              "the likeliest");
        good += id == want->ids[i];
        ++*of;
    }
    return good;
}

/* ---- pairs: sources, and the tokens that are to come out ---------------- */

/* The token that ends a target, and that stands before its first. */
enum { END = 0 };

/* A batch as a network with a decoder reads it: time-major, its rows padded to
 * the longest. The right tokens are `after`, up to END; the decoder reads those
 * `before` each of them (teacher forcing). Sources are tokens, or numbers of
 * the example's own in source[0].x. */
typedef struct pairs {
    int batch, sources;                   /* rows; one source or two        */
    int source_steps[RNN_MAX_SOURCES];    /* of a source, at most           */
    int steps;                            /* of a target, at most           */
    int *ids[RNN_MAX_SOURCES];            /* (source_steps, batch)          */
    int *source_lengths[RNN_MAX_SOURCES]; /* (batch)                        */
    int *before, *after, *lengths;        /* (steps, batch), (batch)        */
    rnn_seq source[RNN_MAX_SOURCES], target;
    goal want;
} pairs;

/* open_pairs adds the first. */
static inline void add_source(pairs *p, int steps)
{
    const int k = p->sources++;

    p->source[k].steps = p->source_steps[k] = steps;
    p->source[k].batch = p->batch;
    p->source[k].ids = p->ids[k] = ints((size_t)(steps * p->batch));
    p->source[k].ids_len = (size_t)(steps * p->batch);
    p->source_lengths[k] = ints((size_t)p->batch);
}

/* Sources and targets have at most so many steps, END counted. */
static inline pairs *open_pairs(int batch, int source_steps, int steps)
{
    pairs *p = (pairs *)zeros(1, sizeof *p);

    p->batch = p->target.batch = batch;
    p->steps = steps;
    add_source(p, source_steps);
    p->target.source = p->source;
    p->target.ids = p->before = ints((size_t)(steps * batch));
    p->want.ids = p->after = ints((size_t)(steps * batch));
    p->target.ids_len = p->want.len = (size_t)(steps * batch);
    p->lengths = ints((size_t)batch);
    return p;
}

/* A row's length. There are as many steps as the longest row has. */
static inline void set_length(rnn_seq *seq, int *lengths, int row, int n)
{
    int i;

    lengths[row] = n;
    seq->lengths = lengths;
    for (seq->steps = 1, i = 0; i < seq->batch; i++)
        seq->steps = lengths[i] > seq->steps ? lengths[i] : seq->steps;
}

/* The tokens of a row's source: as many as there can be, or up to -1. */
static inline void put_source(pairs *p, int k, int row, const int *ids)
{
    int n;

    for (n = 0; n < p->source_steps[k] && ids[n] >= 0; n++)
        p->ids[k][n * p->batch + row] = ids[n];
    set_length(&p->source[k], p->source_lengths[k], row, n);
}

/* The tokens of a row's target, up to END. */
static inline void put_target(pairs *p, int row, const int *ids)
{
    int n = 0;

    do {
        p->before[n * p->batch + row] = n ? ids[n - 1] : END;
        p->after[n * p->batch + row] = ids[n];
    } while (ids[n++] != END && n < p->steps);
    set_length(&p->target, p->lengths, row, n);
}

/* The encoder-decoder with attention of Bahdanau, Cho & Bengio (2014), small:
 * an encoder of both directions, a head that reads [s_i; c_i], and tables of 32
 * numbers for each of so many tokens that it reads and writes. */
static inline rnn_model attention_model(const options *o, int reads, int writes)
{
    rnn_model model = {0};

    model.wiring = RNN_WIRING_N_TO_M;
    model.cell = (rnn_cell)o->cell;
    model.input = model.target = RNN_INPUT_EMBEDDING;
    model.input_size = reads;
    model.target_size = model.output_size = writes;
    model.embedding_size = model.target_embedding_size = 32;
    model.hidden_size = model.attention_size = o->hidden;
    model.bidirectional = 1;
    model.attention = RNN_SCORE_ADDITIVE;
    model.head_context = 1;
    return model;
}

/* ---- decoding: what comes out of a source ------------------------------- */

typedef struct decoder {
    rnn_net net;         /* the model, planned for decoding                  */
    rnn_work work;       /* with the trainer's weights                       */
    pairs *p;
    rnn_writing how;     /* a width above 1: by beam search; with sampling
                            and rngs (batch): drawn                          */
    int *ids, *counts;   /* (batch, steps): what it says, then END, then -1;
                            (batch): how many tokens before END              */
    rnn_real *attention; /* a_ij, without a beam: see looks                  */
    rnn_real *h, *c, *scores;
    int *by_step;
} decoder;

/* Of a network that has learnt all it will. how.width may be less later, but
 * not more. */
static inline decoder *open_decoder(const trainer *t, pairs *p, int width)
{
    const size_t B = (size_t)p->batch, steps = (size_t)p->steps * B;
    const int *n = p->source_steps;
    decoder *d = (decoder *)zeros(1, sizeof *d);
    rnn_most most = {0};

    most.batch = p->batch;
    most.source_steps = n[0] > n[1] ? n[0] : n[1];
    most.rows = p->batch * width;
    most.tokens = p->steps;
    d->work.weights = t->work.params;
    d->work.weights_len = t->work.params_len;
    open_work(&d->net, &d->work, &t->net.model, &most);
    check(rnn_pack(&d->net, &d->work), &d->work.why, "packing");
    d->work.ints_len = d->net.sizes.ints;
    d->work.ints = ints(d->work.ints_len);
    d->p = p;
    d->how.begin = d->how.end = END;
    d->how.max_tokens = p->steps;
    d->how.width = width;
    d->how.ids_len = steps;
    d->how.counts_len = B;
    d->how.attn_len = steps * (size_t)(n[0] + n[1]);
    d->how.state_len = p->source[0].state_len = d->net.sizes.state;
    d->h = reals(d->net.sizes.state);
    d->c = reals(d->net.sizes.state);
    d->scores = reals(B);
    d->attention = reals(steps * (size_t)(n[0] + n[1]));
    d->ids = ints(steps);
    d->by_step = ints(steps);
    d->counts = ints(B);
    return d;
}

static inline int *said(const decoder *d, int row)
{
    return d->ids + row * d->how.max_tokens;
}

/* What the network makes of each row's source: the likeliest token at every
 * step, one drawn, or the likeliest sequence that a beam finds. */
static inline void decode(decoder *d)
{
    int row, i;

    check(rnn_encode(&d->net, &d->work, d->p->source, d->h, d->c), &d->work.why,
          "encoding");
    if (d->how.width > 1)
        check(rnn_beam_search(&d->net, &d->work, &d->how, d->h, d->c, d->ids,
                              d->counts, d->scores),
              &d->work.why, "a beam");
    else
        check(rnn_generate(&d->net, &d->work, &d->how, d->h, d->c, d->by_step,
                           d->counts, d->attention),
              &d->work.why, "decoding");
    for (row = 0; row < d->p->batch; row++)
        for (i = 0; i < d->how.max_tokens; i++)
            if (i >= d->counts[row])
                said(d, row)[i] = i == d->counts[row] ? END : -1;
            else if (d->how.width == 1)
                said(d, row)[i] = d->by_step[i * d->p->batch + row];
}

/* Whether a row says what it should, up to END. */
static inline int is_right(const decoder *d, int row, const int *want)
{
    const int *ids = said(d, row);

    for (; *ids == *want; ids++, want++)
        if (*want == END)
            return 1;
    return 0;
}

/* Of n sources (n, source_steps) and targets (n, steps), whole batches: the
 * share that comes out right, to the last token. */
static inline double share_right(decoder *d, const int *sources,
                                 const int *targets, int n)
{
    const pairs *p = d->p;
    int i, row, good = 0;

    for (i = 0; i < n; i += p->batch) {
        for (row = 0; row < p->batch; row++)
            put_source(d->p, 0, row, sources + (i + row) * p->source_steps[0]);
        decode(d);
        for (row = 0; row < p->batch; row++)
            good += is_right(d, row, targets + (i + row) * p->steps);
    }
    return good / (double)n;
}

/* ---- pictures on the terminal ------------------------------------------- */

/* Columns that a text takes: two for each Chinese character. */
static inline int columns(const char *text)
{
    int n = 0;

    for (; *text; text++) /* bytes that go on with a character take none */
        n += (*text & 0xc0) == 0x80 ? 0 : (*text & 0xff) >= 0xe3 ? 2 : 1;
    return n;
}

/* A text in a column of `width`, or at the right end of one of -width. */
static inline void put(const char *text, int width)
{
    int gap = abs(width) - columns(text);

    gap = gap > 0 ? gap : 0;
    printf("%*s%s%*s", width < 0 ? gap : 0, "", text, width < 0 ? 0 : gap, "");
}

/* A bar of share * width columns, share in [0, 1]. */
static inline void put_bar(double share, int width)
{
    int i, full = (int)(share * width + 0.5);

    for (i = 0; i < width; i++)
        fputs(i < full ? "█" : "·", stdout);
}

/* A matrix of numbers in [0, 1], named at its edges. */
typedef struct heat {
    const char *title;
    int rows, cols, row_step, col_step; /* from one to the next in values */
    const rnn_real *values;
    const char *const *row_names, *const *col_names;
} heat;

static inline double heat_at(const heat *m, int row, int col)
{
    return (double)m->values[row * m->row_step + col * m->col_step];
}

/* With its rows as columns. */
static inline heat turn_heat(const heat *m)
{
    heat n = {m->title, m->cols, m->rows, m->col_step, m->row_step, m->values,
              m->col_names, m->row_names};

    return n;
}

/* How much each token that a row says looks at each step of a source: a_ij,
 * still without names. */
static inline heat looks(const decoder *d, int k, int row)
{
    const pairs *p = d->p;
    heat m = {0};
    int i;

    m.rows = d->counts[row];
    m.cols = p->source_lengths[k][row];
    m.col_step = 1;
    m.values = d->attention + row * p->source[k].steps;
    for (i = 0; i < p->sources; i++) {
        m.values += i < k ? p->batch * p->source[i].steps : 0;
        m.row_step += p->batch * p->source[i].steps;
    }
    return m;
}

static inline const char **names(const words *w, const int *ids, int n)
{
    const char **texts = (const char **)zeros((size_t)n, sizeof *texts);

    while (n-- > 0)
        texts[n] = w->text[ids[n]];
    return texts;
}

static inline void put_heat(const heat *m)
{
    static const char *const shades[] = {"  ", "░░", "▒▒", "▓▓", "██"};
    int i, j, width = 0;

    for (i = 0; i < m->rows; i++)
        if (columns(m->row_names[i]) > width)
            width = columns(m->row_names[i]);
    printf("%s\n\n%*s", m->title, width + 4, "");
    for (j = 0; j < m->cols; j++)
        put(m->col_names[j], 9);
    for (i = 0; i < m->rows; i++) {
        printf("\n  ");
        put(m->row_names[i], width + 2);
        for (j = 0; j < m->cols; j++)
            printf("%s %.2f  ", shades[(int)(heat_at(m, i, j) * 4.999)],
                   heat_at(m, i, j));
    }
    puts("\n");
}

/* ---- files beside the program: build/adding.svg ------------------------- */

static inline FILE *open_beside(const char *name, const char *ending)
{
    char path[1000];
    FILE *f;

    sprintf(path, "%.*s%.99s.%.9s", (int)(program_name() - program) % 800,
            program, name, ending);
    f = open_file(path, "wb");
    printf("written: %s\n", path);
    return f;
}

static inline void close_beside(FILE *f)
{
    if (ferror(f) | fclose(f))
        die("a file is not completely written");
}

/* The least significant byte first. */
static inline void put_number(FILE *f, unsigned long value, int bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        fputc((int)(value & 255), f);
}

/* A sound of `count` samples in [-1, 1], `rate` a second: one channel of 16
 * bits. */
static inline void write_wav(const char *name, int rate, const rnn_real *x,
                             int count)
{
    const unsigned long size = 2 * (unsigned long)count;
    FILE *f = open_beside(name, "wav");
    double v;
    int i;

    fputs("RIFF", f);
    put_number(f, 36 + size, 4);
    fputs("WAVEfmt ", f);
    put_number(f, 16, 4);
    put_number(f, 1, 2); /* plain numbers */
    put_number(f, 1, 2); /* a channel */
    put_number(f, (unsigned long)rate, 4);
    put_number(f, 2 * (unsigned long)rate, 4);
    put_number(f, 2, 2); /* bytes a sample, then bits */
    put_number(f, 16, 2);
    fputs("data", f);
    put_number(f, size, 4);
    for (i = 0; i < count; i++) {
        v = (double)x[i];
        v = v < -1 ? -1 : v > 1 ? 1 : v;
        put_number(f, (unsigned long)(long)(v * 32767), 2);
    }
    close_beside(f);
}

/* ---- pictures in SVG ---------------------------------------------------- */

/* anchor: start, middle or end; a colour as in SVG */
static inline void svg_text(FILE *f, double x, double y, const char *anchor,
                            const char *colour, const char *text)
{
    fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x,
            y, anchor, colour);
    for (; *text; text++)
        if (*text == '<' || *text == '&')
            fputs(*text == '<' ? "&lt;" : "&amp;", f);
        else
            fputc(*text, f);
    fputs("</text>\n", f);
}

static inline FILE *svg_open(const char *name, const char *title, int width,
                             int height)
{
    FILE *f = open_beside(name, "svg");

    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
            " font-family=\"sans-serif\" font-size=\"14\">\n<rect width=\"%d\""
            " height=\"%d\" fill=\"#fff\"/>\n",
            width, height, width, height);
    svg_text(f, 20, 30, "start", "#000", title);
    return f;
}

static inline void svg_close(FILE *f)
{
    fputs("</svg>\n", f);
    close_beside(f);
}

static inline void svg_heat(const char *name, const heat *m)
{
    const int cell = 56, left = 130, top = 90;
    FILE *f = svg_open(name, m->title, left + m->cols * cell + 20,
                       top + m->rows * cell + 20);
    char number[32];
    int i, j;

    for (j = 0; j < m->cols; j++)
        svg_text(f, left + (j + 0.5) * cell, top - 12, "middle", "#000",
                 m->col_names[j]);
    for (i = 0; i < m->rows; i++)
        svg_text(f, left - 12, top + (i + 0.5) * cell + 5, "end", "#000",
                 m->row_names[i]);
    for (i = 0; i < m->rows; i++)
        for (j = 0; j < m->cols; j++) {
            double v = heat_at(m, i, j);

            fprintf(f,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                    "fill=\"#1f5fa8\" fill-opacity=\"%.3f\" stroke=\"#ccc\"/>"
                    "\n",
                    left + j * cell, top + i * cell, cell, cell, v);
            sprintf(number, "%.2f", v);
            svg_text(f, left + (j + 0.5) * cell, top + (i + 0.5) * cell + 5,
                     "middle", v > 0.5 ? "#fff" : "#000", number);
        }
    svg_close(f);
}

/* A line through points. */
typedef struct curve {
    const char *name;
    int count;
    const rnn_real *x; /* NULL: 1, 2, 3, ... */
    const rnn_real *y;
} curve;

static inline double curve_x(const curve *c, int i)
{
    return c->x ? (double)c->x[i] : i + 1.0;
}

/* Numbers least ... most lie from `from` to `to`. */
typedef struct axis {
    double least, most, from, to;
} axis;

static inline double on(const axis *a, double v)
{
    return a->from + (v - a->least) / (a->most - a->least) * (a->to - a->from);
}

/* Lines across an axis and their numbers: 1, 2 or 5 times a power of ten. */
static inline void svg_ticks(FILE *f, const axis *x, const axis *y, int upward)
{
    const axis *a = upward ? y : x;
    double step = 1e-9, at;
    char number[32];
    int i;

    for (i = 0; step * 6 < a->most - a->least; i++)
        step *= i % 3 == 1 ? 2.5 : 2;
    for (i = (int)(a->least / step); i * step <= a->most; i++) {
        at = on(a, i * step);
        sprintf(number, "%.6g", i * step);
        if (i * step < a->least)
            continue;
        fprintf(f,
                upward ? "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#ddd\"/>\n"
                       : "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#ddd\"/>\n",
                upward ? x->from : at, upward ? at : y->from,
                upward ? x->to : y->to);
        svg_text(f, upward ? x->from - 8 : at, upward ? at + 5 : y->from + 20,
                 upward ? "end" : "middle", "#000", number);
    }
}

/* Curves over one another, their names at the right. 0 <= y is in sight. */
static inline void svg_plot(const char *name, const char *title,
                            const char *x_name, const curve *curves, int n)
{
    static const char *const colours[] = {"#1f5fa8", "#d1495b", "#3a7d44",
                                          "#d08c1d", "#6a4c93", "#555"};
    FILE *f = svg_open(name, title, 820, 440);
    axis x = {0, 0, 70, 640}, y = {0, 0, 380, 60};
    int i, k;

    for (k = 0; k < n; k++)
        for (i = 0; i < curves[k].count; i++) {
            double u = curve_x(&curves[k], i), v = (double)curves[k].y[i];

            x.least = (i | k) == 0 || u < x.least ? u : x.least;
            x.most = (i | k) == 0 || u > x.most ? u : x.most;
            y.least = v < y.least ? v : y.least;
            y.most = v > y.most ? v : y.most;
        }
    x.most += x.most > x.least ? 0 : 1;
    y.most += y.most > y.least ? 0 : 1;
    svg_ticks(f, &x, &y, 0);
    svg_ticks(f, &x, &y, 1);
    svg_text(f, x.to, y.from + 44, "end", "#000", x_name);
    for (k = 0; k < n; k++) {
        svg_text(f, x.to + 12, y.to + 10 + 24 * k, "start", colours[k % 6],
                 curves[k].name);
        fprintf(f,
                "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" "
                "points=\"",
                colours[k % 6]);
        for (i = 0; i < curves[k].count; i++)
            fprintf(f, "%.1f,%.1f ", on(&x, curve_x(&curves[k], i)),
                    on(&y, (double)curves[k].y[i]));
        fputs("\"/>\n", f);
    }
    svg_close(f);
}

#endif
