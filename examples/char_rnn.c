/* char_rnn: a network that learns to write, one byte after another.
 *
 *          y1     y2     y3     y4          probabilities of the next byte
 *          ^      ^      ^      ^
 *    0 ->  h1 ->  h2 ->  h3 ->  h4 -> ...   a recurrent layer, or several
 *          ^      ^      ^      ^
 *          x1     x2     x3     x4          the bytes of a text, one-hot
 *
 * This is the article's N vs N, and its best known use: y_t says what comes
 * after x_1 ... x_t. In training the next byte is known, so every step has a
 * target; a softmax, the cross-entropy and Adam do the rest. To write, a byte
 * is drawn from y_t and becomes x_(t+1), for ever.
 *
 * The program reads a text, learns from nine tenths of it and prints lines of
 * progress: iteration, loss (the mean since the line before, in nats a byte),
 * the same on the tenth that it does not learn from, speed, and time left. At
 * some of them it writes a few words, first noise, then syllables, then names
 * and lines of the text's own kind. Without options it learns examples/text.txt
 * and needs about a minute on one core; char_rnn --help lists the options. */

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#endif

#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif

#ifdef _OPENMP
#include <omp.h>
#define MEET _Pragma("omp barrier")
#else
#define MEET
#endif

#define TEXT_FILE "examples/text.txt"
#define HELD_MOST 50000 /* bytes of validation                      */
#define CHUNK 500       /* of them in one call                      */
#define SHORT 160

/* ---- leaving with one line, time, memory, files ------------------------- */

static void die(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("char_rnn: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* For calls that fail only if this program has a fault or a model is absurd. */
static void check(rnn_status status, const char *doing)
{
    if (status != RNN_OK)
        die("%s: %s", doing, rnn_status_text(status));
}

static double seconds(void)
{
#if defined(CLOCK_MONOTONIC) && !defined(_WIN32)
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) == 0)
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
    return (double)clock() / CLOCKS_PER_SEC;
}

static void *zeros(size_t count, size_t size)
{
    void *p = calloc(count, size);

    if (!p)
        die("out of memory: %.0f MB wanted",
            (double)count * (double)size / 1048576.0);
    return p;
}

static rnn_real *reals(size_t count)
{
    return (rnn_real *)zeros(count, sizeof(rnn_real));
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (!file)
        die("%s: %s", path, strerror(errno));
    return file;
}

static unsigned char *read_file(const char *path, size_t *len)
{
    size_t cap = 1 << 16, got;
    FILE *file = open_file(path, "rb");
    unsigned char *bytes = (unsigned char *)zeros(cap, 1), *moved;

    *len = 0;
    while ((got = fread(bytes + *len, 1, cap - *len, file)) > 0) {
        *len += got;
        if (*len < cap)
            continue;
        cap *= 2;
        moved = (unsigned char *)realloc(bytes, cap);
        if (!moved)
            die("%s: out of memory", path);
        bytes = moved;
    }
    if (ferror(file))
        die("%s: %s", path, strerror(errno));
    fclose(file);
    moved = (unsigned char *)realloc(bytes, *len ? *len : 1);
    return moved ? moved : bytes;
}

/* ---- options ------------------------------------------------------------ */

typedef struct options {
    const char *data, *init, *load, *save, *log, *prime;
    int cell, optimizer, schedule, keep; /* names: numbers in these lists */
    int hidden, layers, batch, steps, iterations, seed, sample, threads;
    int warmup, every, top_k;
    double lr, clip, valid, temperature, top_p, dropout, momentum, decay, gamma;
} options;

/* the library's numbers for cells, optimisers and schedules, in its order */
static const char *const cell_names[] = {
    "tanh", "relu", "gru", "gru-reset-before", "lstm", NULL};
static const char *const optimizer_names[] = {
    "sgd", "adagrad", "adadelta", "rmsprop", "adam", "adamw", NULL};
static const char *const schedule_names[] = {"constant", "step", "exponential",
                                             "cosine", NULL};
enum { KEEP_LAST, KEEP_BEST };
static const char *const keep_names[] = {"last", "best", NULL};

enum { TEXT, NAME, WHOLE, REAL };

#define FIELD(name) offsetof(options, name)
static const struct {
    const char *name;
    int kind;
    size_t field;
    double least, most;
    const char *const *names;
} option_table[] = {
    {"--data", TEXT, FIELD(data), 0, 0, NULL},
    {"--init", TEXT, FIELD(init), 0, 0, NULL},
    {"--load", TEXT, FIELD(load), 0, 0, NULL},
    {"--save", TEXT, FIELD(save), 0, 0, NULL},
    {"--log", TEXT, FIELD(log), 0, 0, NULL},
    {"--prime", TEXT, FIELD(prime), 0, 0, NULL},
    {"--cell", NAME, FIELD(cell), 0, 0, cell_names},
    {"--optimizer", NAME, FIELD(optimizer), 0, 0, optimizer_names},
    {"--schedule", NAME, FIELD(schedule), 0, 0, schedule_names},
    {"--keep", NAME, FIELD(keep), 0, 0, keep_names},
    {"--hidden", WHOLE, FIELD(hidden), 1, 1e6, NULL},
    {"--layers", WHOLE, FIELD(layers), 1, 1e3, NULL},
    {"--batch", WHOLE, FIELD(batch), 1, 1e6, NULL},
    {"--steps", WHOLE, FIELD(steps), 1, 1e6, NULL},
    {"--iterations", WHOLE, FIELD(iterations), 0, 2e9, NULL},
    {"--seed", WHOLE, FIELD(seed), 0, 2147483647.0, NULL},
    {"--sample", WHOLE, FIELD(sample), 0, 2e9, NULL},
    {"--threads", WHOLE, FIELD(threads), 1, 256, NULL},
    {"--lr", REAL, FIELD(lr), 1e-12, 1e30, NULL},
    {"--clip", REAL, FIELD(clip), 1e-12, 1e30, NULL},
    {"--valid", REAL, FIELD(valid), 0, 0.999999, NULL},
    {"--temperature", REAL, FIELD(temperature), 0, 1e6, NULL},
    {"--warmup", WHOLE, FIELD(warmup), 0, 2e9, NULL},
    {"--every", WHOLE, FIELD(every), 1, 2e9, NULL},
    {"--gamma", REAL, FIELD(gamma), 0, 1, NULL},
    {"--momentum", REAL, FIELD(momentum), 0, 0.999999, NULL},
    {"--weight-decay", REAL, FIELD(decay), 0, 1e6, NULL},
    {"--dropout", REAL, FIELD(dropout), 0, 0.999, NULL},
    {"--top-k", WHOLE, FIELD(top_k), 0, 256, NULL},
    {"--top-p", REAL, FIELD(top_p), 0, 1, NULL},
};
#define OPTIONS (sizeof option_table / sizeof *option_table)

static const char help[] =
    "char_rnn learns to write like a text, byte by byte, and shows what it\n"
    "has learnt. Without options it learns " TEXT_FILE ".\n\n"
    "  --data FILE      the text to learn from, any bytes\n"
    "  --cell NAME      tanh, relu, gru, gru-reset-before or lstm [lstm]\n"
    "  --hidden N       units of a layer: more learn more, slower [128]\n"
    "  --layers N       recurrent layers, one above the other [1]\n"
    "  --batch N        places of the text that are read side by side [20]\n"
    "  --steps N        bytes that each of them goes on in an iteration [50]\n"
    "  --lr X           learning rate [0.002]\n"
    "  --optimizer NAME sgd, adagrad, adadelta, rmsprop, adam or adamw [adam]\n"
    "  --momentum X     of sgd and rmsprop [0]\n"
    "  --weight-decay X pulls weights, not biases, towards 0 [0]\n"
    "  --schedule NAME  of the learning rate: constant; step and exponential,\n"
    "                   times --gamma X [0.5] at every --every N iterations\n"
    "                   or at each; cosine, down to 0 over --every N iterations,\n"
    "                   without it over all [constant]\n"
    "  --warmup N       iterations that it rises for first [0]\n"
    "  --dropout X      share of a layer's outputs left out at random [0]\n"
    "  --clip X         a gradient longer than this is cut to it [5]\n"
    "  --iterations N   updates of the weights; 0 only measures [2500]\n"
    "  --valid X        share of the text, its end, that is not learnt but\n"
    "                   measured; with 0 all is learnt, and its beginning\n"
    "                   measured [0.1]\n"
    "  --seed N         of the first weights and of the samples [1]\n"
    "  --init FILE      start from the weights in this safetensors file; the\n"
    "                   options and the text say what model they are of\n"
    "  --load FILE      start from a file of --save: model, vocabulary and\n"
    "                   weights. With --data it learns on; without it only\n"
    "                   writes a sample. The optimiser starts afresh\n"
    "  --save FILE      write the model here at each validation, at the end\n"
    "                   and when Ctrl-C stops the run; the older file stays\n"
    "                   until the newer is complete\n"
    "  --keep NAME      what --save holds in the end: the last model, or the\n"
    "                   best on validation [last]\n"
    "  --log FILE       write a table here, a line for each iteration, tabs\n"
    "                   between: iteration, training loss, gradient norm\n"
    "                   before the cut, validation loss where measured\n"
    "  --sample N       bytes to write at the end; 0: no samples at all [400]\n"
    "  --prime TEXT     what a sample goes on from [a new line]\n"
    "  --temperature X  below 1 samples are safer, above 1 wilder; 0 always\n"
    "                   takes the likeliest byte [0.8]\n"
    "  --top-k N        draw from the N likeliest bytes; 0: from all [0]\n"
    "  --top-p X        draw from the likeliest bytes that together have this\n"
    "                   probability; 0: from all [0]\n"
    "  --threads N      if compiled with OpenMP; any N gives one result [1]\n\n"
    "Validation comes after 100 and 200 iterations, each 500, and the last,\n"
    "over 50000 bytes at most. A loss that is not finite or above three times\n"
    "the first ends the run with status 1; the file of --save stays good.\n\n"
    "  char_rnn --data book.txt --save book.safetensors\n"
    "  char_rnn --load book.safetensors --sample 1000 --prime \"Once \"\n"
    "  char_rnn --load book.safetensors --data book.txt --lr 0.0005\n";

/* A decimal number within the bounds of option i, and nothing after it. */
static double number(size_t i, const char *s)
{
    int whole = option_table[i].kind == WHOLE;
    double least = option_table[i].least, most = option_table[i].most;
    size_t len = strspn(s, whole ? "0123456789" : "0123456789.eE+-");
    char *end;
    double value = strtod(s, &end);

    if (!*s || s[len] || *end || !(value >= least && value <= most))
        die("%s '%s': not a %snumber from %.10g to %.10g",
            option_table[i].name, s, whole ? "whole " : "", least, most);
    return value;
}

static int name_of(size_t i, const char *value)
{
    const char *const *names = option_table[i].names;
    int k;

    for (k = 0; names[k]; k++)
        if (strcmp(names[k], value) == 0)
            return k;
    die("%s '%s' is unknown; --help lists the names", option_table[i].name,
        value);
    return -1;
}

static void set_option(options *o, const char *name, const char *value)
{
    size_t i = 0;
    void *field;

    while (i < OPTIONS && strcmp(option_table[i].name, name) != 0)
        i++;
    if (i == OPTIONS)
        die("'%s' is not an option (--data FILE names a text, --help lists "
            "all)", name);
    if (!value)
        die("%s: its value is missing", name);
    field = (char *)o + option_table[i].field;
    switch (option_table[i].kind) {
    case TEXT: *(const char **)field = value; break;
    case NAME: *(int *)field = name_of(i, value); break;
    case WHOLE: *(int *)field = (int)number(i, value); break;
    default: *(double *)field = number(i, value); break;
    }
}

static options parse(int argc, char **argv)
{
    options o = {0};
    int i;

    o.cell = o.hidden = o.layers = o.iterations = -1; /* not given */
    o.batch = 20, o.steps = 50, o.seed = 1, o.sample = 400, o.threads = 1;
    o.lr = 0.002, o.clip = 5, o.valid = 0.1, o.temperature = 0.8;
    o.optimizer = RNN_ADAM, o.gamma = 0.5;
    for (i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help, stdout);
            exit(0);
        }
        set_option(&o, argv[i], argv[i + 1]);
    }
    if (o.load && (o.init || o.cell >= 0 || o.hidden >= 0 || o.layers >= 0))
        die("--load brings its model: no --init, --cell, --hidden or --layers "
            "with it");
    if (o.load && !o.data && (o.iterations >= 0 || o.save || o.log))
        die("--load without --data only writes a sample: no --iterations, "
            "--save or --log with it");
#ifndef _OPENMP
    if (o.threads > 1)
        die("--threads %d: compiled without OpenMP, so only 1", o.threads);
#endif
    o.cell = o.cell < 0 ? RNN_LSTM : o.cell;
    o.hidden = o.hidden < 0 ? 128 : o.hidden;
    o.layers = o.layers < 0 ? 1 : o.layers;
    o.iterations = o.iterations < 0 ? 2500 : o.iterations;
    if (o.schedule == RNN_STEP && o.every == 0)
        die("--schedule step needs --every");
    if (o.schedule == RNN_COSINE && o.every == 0)
        o.every = o.iterations > o.warmup ? o.iterations - o.warmup : 1;
    return o;
}

/* ---- the network and its alphabet --------------------------------------- */

typedef struct network {
    rnn_model model;
    unsigned char bytes[256]; /* of the ids 0, 1, ... */
    int ids[256];             /* of the bytes; -1: not in the alphabet */
    rnn_real *params;
    size_t params_len;
} network;

static int id_of(const network *net, unsigned char byte, const char *where)
{
    if (net->ids[byte] < 0)
        die(byte > 32 && byte < 127
                ? "%s: the model's vocabulary has no byte %d, '%c'"
                : "%s: the model's vocabulary has no byte %d",
            where, byte, byte);
    return net->ids[byte];
}

static void alphabet(network *net)
{
    int i;

    for (i = 0; i < 256; i++)
        net->ids[i] = -1;
    for (i = 0; i < net->model.input_size; i++)
        net->ids[net->bytes[i]] = i;
}

static void make_params(network *net)
{
    rnn_sizes sizes;

    check(rnn_model_sizes(&net->model, 0, 1, 1, &sizes), "this model");
    net->params_len = sizes.params;
    net->params = reals(sizes.params);
}

static void load_params(network *net, const char *path,
                        const unsigned char *file, size_t len)
{
    const char *why = NULL;
    rnn_status status = rnn_load(file, len, &net->model, net->params,
                                 net->params_len, &why);

    if (status != RNN_OK)
        die("%s: %s", path, why ? why : rnn_status_text(status));
}

/* --init: the weights alone. If the file says what its ids mean, then they
 * must mean the same here. */
static void load_init(network *net, const char *path)
{
    size_t len, count = 0;
    unsigned char *file = read_file(path, &len), bytes[256];
    rnn_model model;

    load_params(net, path, file, len);
    if (rnn_load_model(file, len, &model, bytes, 256, &count, NULL) == RNN_OK &&
        count > 0 && memcmp(bytes, net->bytes, count) != 0)
        die("%s: its vocabulary is not that of the text", path);
    free(file);
}

/* A new network for a text: its ids are the distinct bytes, ascending. */
static network make_network(const options *o, const unsigned char *text,
                            size_t len)
{
    network net = {0};
    rnn_rng rng;
    size_t i;
    int seen[256] = {0}, byte, count = 0;

    for (i = 0; i < len; i++)
        seen[text[i]] = 1;
    for (byte = 0; byte < 256; byte++)
        if (seen[byte])
            net.bytes[count++] = (unsigned char)byte;
    net.model.wiring = RNN_N_TO_N;
    net.model.cell = o->cell;
    net.model.input = RNN_ONE_HOT;
    net.model.input_size = net.model.output_size = count;
    net.model.hidden_size = o->hidden;
    net.model.num_layers = o->layers;
    net.model.dropout = net.model.dropout_last = (rnn_real)o->dropout;
    alphabet(&net);
    make_params(&net);
    rnn_rng_seed(&rng, (uint32_t)o->seed);
    if (o->init)
        load_init(&net, o->init);
    else
        check(rnn_init_params(&net.model, net.params, net.params_len, &rng),
              "first weights");
    return net;
}

/* --load: all of it. */
static network load_network(const char *path)
{
    network net = {0};
    size_t len, count = 0;
    unsigned char *file = read_file(path, &len);
    const char *why = NULL;
    rnn_status status;

    status = rnn_load_model(file, len, &net.model, net.bytes, 256, &count,
                            &why);
    if (status == RNN_E_END)
        die("%s: weights without a description; --init reads them", path);
    if (status != RNN_OK)
        die("%s: %s", path, why ? why : rnn_status_text(status));
    if (net.model.input == RNN_DENSE || net.model.bidirectional ||
        net.model.input_size != (int)count ||
        net.model.output_size != (int)count)
        die("%s: not a model that reads and writes bytes", path);
    alphabet(&net);
    make_params(&net);
    load_params(&net, path, file, len);
    free(file);
    return net;
}

/* ---- one stream: to measure and to write -------------------------------- */

typedef struct reader {
    rnn_real *h, *c, *logits, *work, *sorted;
    size_t state_len, work_len;
    int ids[CHUNK], targets[CHUNK];
} reader;

static rnn_real *cell_state(const network *net, size_t len)
{
    return net->model.cell == RNN_LSTM ? reals(len) : NULL;
}

static void zero_state(rnn_real *h, rnn_real *c, size_t len)
{
    memset(h, 0, len * sizeof *h);
    if (c)
        memset(c, 0, len * sizeof *c);
}

static reader open_reader(const network *net)
{
    reader r = {0};
    rnn_sizes sizes;

    check(rnn_model_sizes(&net->model, 0, CHUNK, 1, &sizes), "this model");
    r.state_len = sizes.state;
    r.work_len = sizes.infer > sizes.step ? sizes.infer : sizes.step;
    r.h = reals(sizes.state);
    r.c = cell_state(net, sizes.state);
    r.logits = reals(sizes.output);
    r.work = reals(r.work_len);
    r.sorted = reals((size_t)net->model.output_size);
    return r;
}

static void close_reader(reader *r)
{
    free(r->h), free(r->c), free(r->logits), free(r->work), free(r->sorted);
}

/* Steps that go on from the states h and c and leave theirs in them. */
static rnn_seq carry_on(int steps, int batch, const int *ids, rnn_real *h,
                        rnn_real *c)
{
    rnn_seq seq = {0};

    seq.steps = steps;
    seq.batch = batch;
    seq.ids = ids;
    seq.h0 = seq.hn = h;
    seq.c0 = seq.cn = c;
    return seq;
}

/* The mean of -ln p(text[i] | text[0] ... text[i-1]) for 1 <= i <= count. */
static double measure(const network *net, reader *r, const unsigned char *text,
                      size_t count)
{
    size_t done, n, i;
    double sum = 0;

    zero_state(r->h, r->c, r->state_len);
    for (done = 0; done < count; done += n) {
        rnn_seq seq;
        rnn_real loss = 0;

        n = count - done < CHUNK ? count - done : CHUNK;
        for (i = 0; i < n; i++) {
            r->ids[i] = text[done + i];
            r->targets[i] = text[done + i + 1];
        }
        seq = carry_on((int)n, 1, r->ids, r->h, r->c);
        check(rnn_infer(&net->model, net->params, &seq, r->logits, r->work,
                        r->work_len, NULL), "measuring");
        /* a loss that is not finite makes the sum such, as it should be */
        rnn_cross_entropy(r->logits, n, net->model.output_size, r->targets,
                          NULL, 0, 0, NULL, NULL, &loss, NULL);
        sum += (double)loss * (double)n;
    }
    return sum / (double)count;
}

static void read_byte(const network *net, reader *r, int id)
{
    check(rnn_step(&net->model, net->params, 1, NULL, &id, r->h, r->c,
                   r->logits, r->work, r->work_len, NULL), "sampling");
}

static void put_byte(int byte, const char *margin)
{
    putchar(byte);
    if (byte == '\n')
        fputs(margin, stdout);
}

/* Writes what --prime begins. The same seed gives the same random numbers. */
static void write_sample(const network *net, reader *r, const options *o,
                         int count, const char *margin)
{
    const char *p = o->prime ? o->prime : "";
    rnn_sampling how = {0};
    rnn_rng rng;
    int id = net->ids['\n'] < 0 ? 0 : net->ids['\n'];

    how.temperature = (rnn_real)o->temperature;
    how.top_k = o->top_k;
    how.top_p = (rnn_real)o->top_p;
    rnn_rng_seed(&rng, (uint32_t)o->seed);
    zero_state(r->h, r->c, r->state_len);
    fputs(margin, stdout);
    if (!*p)
        read_byte(net, r, id);
    for (; *p; p++) {
        put_byte(*p, margin);
        read_byte(net, r, id_of(net, (unsigned char)*p, "--prime"));
    }
    while (count-- > 0) {
        check(rnn_sample(r->logits, net->model.output_size, &how, &rng,
                         r->sorted, &id), "sampling");
        put_byte(net->bytes[id], margin);
        read_byte(net, r, id);
    }
    putchar('\n');
    fflush(stdout);
}

/* ---- training ----------------------------------------------------------- */

typedef struct trainer {
    const options *o;
    const network *net;
    const unsigned char *text; /* ids to learn from: B rows of `stream`, */
    size_t stream, windows;    /* which last for `windows` iterations    */
    const unsigned char *held; /* ids to validate on, and how many       */
    size_t held_count;
    size_t rows, state_len, work_len;
    rnn_real *h, *c, *logits, *nll, *work, *grads, *moments;
    int *ids, *targets;
    rnn_optimizer optimizer;
    rnn_schedule schedule;
    reader *reader;
    FILE *log;
    unsigned char *file; /* the bytes of a checkpoint */
    size_t file_len;
    char *file_tmp;      /* the name it has until it is complete */
    int saved;           /* the iteration it is of; -1: none yet */
    double best;         /* the least validation loss so far, or -1 */
    double first, limit; /* the first loss, and one that is absurd */
} trainer;

/* How the text is shared out. */
static void divide(trainer *t, const char *name, const unsigned char *text,
                   size_t len)
{
    const options *o = t->o;
    /* the small number keeps floor(0.7 * 10) at 7 */
    size_t train = (size_t)((1 - o->valid) * (double)len + 1e-6);
    size_t held = o->valid > 0 ? len - train : len;
    double least = (double)o->batch * o->steps + 1;

    if ((double)train < least)
        die("%s: too short: of its %zu bytes %zu are to learn from; --batch %d "
            "--steps %d need %.0f", name, len, train, o->batch, o->steps,
            least);
    if (held < 2)
        die("%s: too short: --valid %g leaves %zu of its %zu bytes to "
            "validate; 2 are needed", name, o->valid, held, len);
    printf("%s: %zu bytes to learn from, %zu to validate\n", name, train,
           len - train);
    t->text = text;
    t->stream = (train - 1) / (size_t)o->batch;
    t->windows = t->stream / (size_t)o->steps;
    t->held = text + (len - held);
    t->held_count = held - 1 < HELD_MOST ? held - 1 : HELD_MOST;
}

/* A rename would put a checkpoint in the place of a device, too. */
static void refuse_special(const char *path)
{
#ifdef S_ISREG
    struct stat there;

    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        die("%s: not an ordinary file, --save would replace it", path);
#else
    (void)path;
#endif
}

/* Everything that a checkpoint needs; a name that cannot be written shows
 * now, not after hours. */
static void prepare_save(trainer *t, const char *path)
{
    const network *net = t->net;
    size_t len = strlen(path);

    refuse_special(path);
    check(rnn_save(&net->model, net->params, net->bytes,
                   (size_t)net->model.input_size, NULL, 0, &t->file_len),
          "a checkpoint");
    t->file = (unsigned char *)zeros(t->file_len, 1);
    t->file_tmp = (char *)zeros(len + 5, 1);
    memcpy(t->file_tmp, path, len);
    memcpy(t->file_tmp + len, ".tmp", 4);
    fclose(open_file(t->file_tmp, "wb"));
    remove(t->file_tmp);
}

static void open_optimizer(trainer *t, size_t params)
{
    const options *o = t->o;
    size_t count;

    check(rnn_optimizer_init(&t->optimizer, o->optimizer, (rnn_real)o->lr),
          "the optimiser");
    t->optimizer.momentum = (rnn_real)o->momentum;
    t->optimizer.weight_decay = (rnn_real)o->decay;
    t->schedule.kind = o->schedule;
    t->schedule.base = (rnn_real)o->lr;
    t->schedule.gamma = (rnn_real)o->gamma;
    t->schedule.warmup = (uint32_t)o->warmup;
    t->schedule.every = (uint32_t)o->every;
    check(rnn_optimizer_moments(&t->optimizer, &count), "the optimiser");
    t->moments = reals(count * params + 1);
}

static void open_trainer(trainer *t)
{
    const options *o = t->o;
    const rnn_model *model = &t->net->model;
    rnn_sizes sizes;
    rnn_real guess = (rnn_real)model->output_size;

    check(rnn_model_sizes(model, 0, o->steps, o->batch, &sizes), "this model");
    t->rows = (size_t)o->steps * (size_t)o->batch;
    t->state_len = sizes.state;
    t->work_len = sizes.train;
    t->h = reals(sizes.state);
    t->c = cell_state(t->net, sizes.state);
    t->logits = reals(sizes.output);
    t->nll = reals(t->rows);
    t->work = reals(sizes.train);
    t->grads = reals(sizes.params);
    open_optimizer(t, sizes.params);
    t->ids = (int *)zeros(t->rows, sizeof(int));
    t->targets = (int *)zeros(t->rows, sizeof(int));
    t->saved = -1;
    t->best = -1;
    /* all bytes equally likely: a loss of ln V */
    check(rnn_map(RNN_FN_LOG, 1, &guess, &guess, NULL), "a logarithm");
    t->first = t->limit = 3 * (double)guess;
    if (o->save)
        prepare_save(t, o->save);
    if (o->log)
        t->log = open_file(o->log, "w");
    printf("%s, %d x %d units, %d different bytes, %zu parameters\n\n",
           cell_names[model->cell], model->num_layers ? model->num_layers : 1,
           model->hidden_size, model->input_size, sizes.params);
}

static void close_trainer(trainer *t)
{
    if (t->log && (ferror(t->log) | fclose(t->log)))
        die("%s: not completely written", t->o->log);
    free(t->h), free(t->c), free(t->logits), free(t->nll), free(t->work);
    free(t->grads), free(t->moments), free(t->ids), free(t->targets);
    free(t->file), free(t->file_tmp);
}

/* The file of --save changes in one moment, from the older to the newer. */
static void save(trainer *t, int iteration)
{
    const network *net = t->net;
    FILE *file;
    size_t done;

    check(rnn_save(&net->model, net->params, net->bytes,
                   (size_t)net->model.input_size, t->file, t->file_len,
                   &t->file_len), "a checkpoint");
    file = open_file(t->file_tmp, "wb");
    done = fwrite(t->file, 1, t->file_len, file);
    if (fclose(file) != 0 || done != t->file_len)
        die("%s: not completely written", t->file_tmp);
#ifdef _WIN32
    remove(t->o->save); /* rename replaces no file there */
#endif
    if (rename(t->file_tmp, t->o->save) != 0)
        die("%s: %s", t->o->save, strerror(errno));
    t->saved = iteration;
}

static void stop(const trainer *t, int iteration, const char *what,
                 double value)
{
    char kept[64] = "";

    if (t->saved >= 0)
        sprintf(kept, "; --save's file is of iteration %d", t->saved);
    die("stopped in iteration %d: the %s, %g, has exploded; try a smaller "
        "--lr%s", iteration, what, value, kept);
}

/* The bytes of iteration k = 0, 1, ...: all rows read on, and start again
 * together. */
static void take_batch(trainer *t, size_t k)
{
    size_t batch = (size_t)t->o->batch, steps = (size_t)t->o->steps;
    size_t at = k % t->windows * steps, step, row;

    if (at == 0)
        zero_state(t->h, t->c, t->state_len);
    for (step = 0; step < steps; step++, at++)
        for (row = 0; row < batch; row++) {
            t->ids[step * batch + row] = t->text[row * t->stream + at];
            t->targets[step * batch + row] = t->text[row * t->stream + at + 1];
        }
}

/* Forward, loss and back, the share of one thread. The logits turn into their
 * gradients. */
static int pass(const trainer *t, const rnn_seq *seq, int part, int parts)
{
    const network *net = t->net;
    rnn_run run = {0};
    int status[4];

    run.part = part;
    run.parts = parts;
    status[0] = rnn_forward(&net->model, net->params, seq, t->logits, t->work,
                            t->work_len, &run);
    MEET
    status[1] = rnn_cross_entropy(t->logits, t->rows, net->model.output_size,
                                  t->targets, NULL, (rnn_real)t->rows, 0,
                                  t->nll, t->logits, NULL, &run);
    MEET
    status[2] = rnn_backward(&net->model, net->params, seq, t->logits, NULL,
                             NULL, t->work, t->work_len, &run);
    MEET
    status[3] = rnn_grads(&net->model, seq, t->logits, t->grads, t->work,
                          t->work_len, &run);
    return status[0] ? status[0] : status[1] ? status[1]
         : status[2] ? status[2] : status[3];
}

static int pass_of_all(const trainer *t, const rnn_seq *seq)
{
    int status = RNN_OK;

#ifdef _OPENMP
#pragma omp parallel num_threads(t->o->threads) reduction(min : status)
    status = pass(t, seq, omp_get_thread_num(), omp_get_num_threads());
#else
    status = pass(t, seq, 0, 1);
#endif
    return status;
}

/* Iteration k = 0, 1, ...; returns its loss, of the weights before it. */
static double update(trainer *t, size_t k, double *norm)
{
    size_t n = t->net->params_len;
    rnn_seq seq = carry_on(t->o->steps, t->o->batch, t->ids, t->h, t->c);
    rnn_real mean = 0, length = 0;
    int status;

    take_batch(t, k);
    seq.seed[0] = (uint32_t)t->o->seed; /* should the model have dropout */
    seq.first_step = (uint32_t)k * (uint32_t)t->o->steps;
    memset(t->grads, 0, n * sizeof *t->grads);
    status = pass_of_all(t, &seq);
    if (status != RNN_E_NOT_FINITE)
        check((rnn_status)status, "an iteration");
    rnn_mean(t->nll, NULL, t->rows, 0, &mean, NULL);
    if (k == 0)
        t->first = (double)mean;
    if (!((double)mean <= 3 * t->first))
        stop(t, (int)k + 1, "loss", (double)mean);
    if (rnn_clip_grad_norm(t->grads, n, (rnn_real)t->o->clip, &length, NULL))
        stop(t, (int)k + 1, "gradient's norm", (double)length);
    check(rnn_schedule_lr(&t->schedule, (uint32_t)k, &t->optimizer.lr),
          "the schedule");
    check(rnn_optimizer_step_model(&t->optimizer, &t->net->model,
                                   t->net->params, t->grads, t->moments, NULL),
          "the optimiser");
    *norm = (double)length;
    return (double)mean;
}

static int is_measured(int iteration, int last)
{
    return iteration == 100 || iteration == 200 || iteration % 500 == 0 ||
           iteration == last;
}

static double validate(trainer *t, int iteration)
{
    double loss = measure(t->net, t->reader, t->held, t->held_count);

    if (!(loss <= t->limit || loss <= 3 * t->first))
        stop(t, iteration, "validation loss", loss);
    return loss;
}

/* A dash stands where there is nothing to say. */
static void print_line(const trainer *t, int iteration, double loss,
                       double valid, double spent)
{
    double left = spent / iteration * (t->o->iterations - iteration);
    double speed = (double)iteration * (double)t->rows / (spent + 1e-9);

    printf("%9d  %7.4f  ", iteration, loss);
    if (valid < 0)
        printf("%10s", "-");
    else
        printf("%10.4f", valid);
    printf("  %7.0f  %12.0f\n", speed, left);
    fflush(stdout);
}

/* What follows a validation: a checkpoint and a few words. */
static void milestone(trainer *t, int iteration, double valid)
{
    int count = t->o->sample < SHORT ? t->o->sample : SHORT;
    int best = t->best < 0 || valid < t->best;

    if (best)
        t->best = valid;
    if (t->o->save && (best || t->o->keep == KEEP_LAST))
        save(t, iteration);
    if (count > 0 && iteration < t->o->iterations)
        write_sample(t->net, t->reader, t->o, count, "    | ");
}

static volatile sig_atomic_t interrupted; /* Ctrl-C was pressed */

static void interrupt(int number)
{
    interrupted = 1;
    signal(number, SIG_DFL); /* a second one ends the program */
}

static void learn(trainer *t)
{
    const int last = t->o->iterations, often = last / 50 + 1;
    double norm, valid = 0, loss, begin, sum = 0, spent = 0, shown = 0;
    int k, summed = 0;

    puts("iteration     loss  validation  bytes/s  seconds left");
    if (last == 0) {
        valid = validate(t, 0);
        printf("        0        -  %10.4f\n", valid);
        milestone(t, 0, valid);
    }
    signal(SIGINT, interrupt);
    for (k = 1; k <= last && !interrupted; k++) {
        begin = seconds();
        loss = update(t, (size_t)k - 1, &norm);
        spent += seconds() - begin;
        sum += loss;
        summed++;
        valid = is_measured(k, last) || interrupted ? validate(t, k) : -1;
        if (t->log) {
            fprintf(t->log, "%d\t%.9g\t%.9g", k, loss, norm);
            fprintf(t->log, valid < 0 ? "\n" : "\t%.9g\n", valid);
        }
        if (k == 1 || k % often == 0 || valid >= 0 || spent - shown > 10) {
            print_line(t, k, sum / summed, valid, spent);
            sum = summed = 0;
            shown = spent;
        }
        if (valid >= 0)
            milestone(t, k, valid);
    }
    signal(SIGINT, SIG_DFL);
    if (interrupted && valid < 0) { /* it came after the last look at it */
        valid = validate(t, k - 1);
        milestone(t, k - 1, valid);
    }
    if (interrupted)
        puts(t->o->save ? "stopped; --save's file is written"
                        : "stopped; without --save nothing is kept");
}

static void check_prime(const options *o, const network *net)
{
    const char *p;

    for (p = o->prime ? o->prime : ""; *p; p++)
        (void)id_of(net, (unsigned char)*p, "--prime");
}

/* Makes or loads the network and teaches it the text. */
static void train(const options *o, network *net, const char *name)
{
    trainer t = {0};
    reader r;
    size_t len, i;
    unsigned char *text = read_file(name, &len);

    t.o = o;
    t.net = net;
    if (len == 0)
        die("%s: it is empty", name);
    *net = o->load ? load_network(o->load) : make_network(o, text, len);
    for (i = 0; i < len; i++) /* from here on the text is of ids */
        text[i] = (unsigned char)id_of(net, text[i], name);
    check_prime(o, net);
    divide(&t, name, text, len);
    r = open_reader(net);
    t.reader = &r;
    open_trainer(&t);
    learn(&t);
    close_trainer(&t);
    close_reader(&r);
    free(text);
}

/* ---- the program -------------------------------------------------------- */

/* Our own text, from the root of the repository or beside the program:
 * build/char_rnn, ../examples/text.txt. */
static char *own_text(const char *program)
{
    const char *slash = strrchr(program, '/');
    size_t len = slash ? (size_t)(slash - program) + 1 : 0;
    char *name = (char *)zeros(len + sizeof "../" TEXT_FILE, 1);
    FILE *file = fopen(TEXT_FILE, "rb");

    if (!file) {
        memcpy(name, program, len);
        strcpy(name + len, "../");
        file = fopen(strcat(name, TEXT_FILE), "rb");
    } else
        strcpy(name, TEXT_FILE);
    if (!file)
        die("%s is not here; --data FILE names a text", TEXT_FILE);
    fclose(file);
    return name;
}

int main(int argc, char **argv)
{
    options o = parse(argc, argv);
    network net;
    char *own = NULL;
    reader r;

    if (o.load && !o.data) {
        net = load_network(o.load);
        check_prime(&o, &net);
    } else {
        if (!o.data)
            own = own_text(argv[0]);
        train(&o, &net, own ? own : o.data);
    }
    if (o.sample > 0 && !interrupted) {
        if (!o.load || o.data)
            printf("\nIt writes:\n\n");
        r = open_reader(&net);
        write_sample(&net, &r, &o, o.sample, "");
        close_reader(&r);
    }
    free(net.params);
    free(own);
    return 0;
}
