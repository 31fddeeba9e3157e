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

#include "options.h"

#include <signal.h>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif

#define TEXT_FILE "examples/text.txt"
#define HELD_MOST 50000 /* bytes of validation                      */
#define CHUNK 500       /* of them in one call                      */
#define SHORT 160       /* bytes of a sample while it learns        */

/* ---- the command line --------------------------------------------------- */

typedef struct settings {
    const char *data, *init, *load, *save, *log, *prime;
    options o; /* cell, hidden, iterations, seed */
    int layers, batch, steps, optimizer, schedule, warmup, every, threads;
    int keep, sample, top_k, bf16;
    double lr, momentum, decay, gamma, clip, dropout, valid;
    double temperature, top_p;
} settings;

enum { KEEP_LAST, KEEP_BEST };
static const char *const keep_names[] = {"last", "best", NULL};

/* the library's numbers for optimisers and schedules, in its order */
static const char *const optimizer_names[] = {
    "sgd", "adagrad", "adadelta", "rmsprop", "adam", "adamw", NULL};
static const char *const schedule_names[] = {"constant", "step", "exponential",
                                             "cosine", NULL};

static const char about[] =
    "char_rnn learns to write like a text, byte by byte, and shows what it has"
    "\nlearnt. Without options it learns " TEXT_FILE ".\n\n"
    "  char_rnn --data book.txt --save book.safetensors\n"
    "  char_rnn --load book.safetensors --sample 1000 --prime \"Once \"\n"
    "  char_rnn --load book.safetensors --data book.txt --lr 0.0005\n\n"
    "Validation comes after 100 and 200 iterations, each 500, and the last,\n"
    "over 50000 bytes at most. A loss that is not finite or above three times\n"
    "the first ends the run with status 1; the file of --save stays good.\n";

/* Refuses options that contradict each other. */
static void check_settings(const settings *s, int argc, char **argv)
{
    if (s->load &&
        (s->init || is_given(argc, argv, "--cell") ||
         is_given(argc, argv, "--hidden") || is_given(argc, argv, "--layers")))
        die("--load brings its model: no --init, --cell, --hidden or --layers "
            "with it");
    if (s->load && !s->data &&
        (s->save || s->log || is_given(argc, argv, "--iterations")))
        die("--load without --data only writes a sample: no --iterations, "
            "--save or --log with it");
    if (s->schedule == RNN_SCHEDULE_STEP && s->every == 0)
        die("--schedule step needs --every");
#ifndef _OPENMP
    if (s->threads > 1)
        die("--threads %d: compiled without OpenMP, so only 1", s->threads);
#endif
}

static settings read_settings(int argc, char **argv)
{
    settings s = {0};
    const option own[] = {
        {"--data", PATH, &s.data, 0, 0, NULL,
         "the text to learn from, any bytes [" TEXT_FILE "]"},
        {"--save", PATH, &s.save, 0, 0, NULL,
         "write the model here at each validation, at the end and when Ctrl-C "
         "stops the run; the older file stays until the newer is complete"},
        {"--keep", NAME, &s.keep, 0, 0, keep_names,
         "what --save holds in the end, the last model or the best on "
         "validation"},
        {"--load", PATH, &s.load, 0, 0, NULL,
         "start from a file of --save: model, vocabulary and weights. With "
         "--data it learns on; without it only writes a sample. The optimiser "
         "starts afresh"},
        {"--init", PATH, &s.init, 0, 0, NULL,
         "start from the weights in this safetensors file; the options and "
         "the text say what model they are of"},
        {"--log", PATH, &s.log, 0, 0, NULL,
         "write a table here, a line for each iteration, tabs between: "
         "iteration, training loss, gradient norm before the cut, validation "
         "loss where measured"},
        OPTIONS_HEADING("Samples"),
        {"--sample", WHOLE, &s.sample, 0, 2e9, NULL,
         "bytes to write at the end; 0: no samples at all"},
        {"--prime", TEXT, &s.prime, 0, 0, NULL,
         "what a sample goes on from [a new line]"},
        {"--temperature", REAL, &s.temperature, 0, 1e6, NULL,
         "below 1 samples are safer, above 1 wilder; 0 always takes the "
         "likeliest byte"},
        {"--top-k", WHOLE, &s.top_k, 0, 256, NULL,
         "draw from the N likeliest bytes; 0: from all"},
        {"--top-p", REAL, &s.top_p, 0, 1, NULL,
         "draw from the likeliest bytes that together have this probability; "
         "0: from all"},
        OPTIONS_HEADING("Learning"),
        {"--batch", WHOLE, &s.batch, 1, 1e6, NULL,
         "places of the text that are read side by side"},
        {"--steps", WHOLE, &s.steps, 1, 1e6, NULL,
         "bytes that each of them goes on in an iteration"},
        {"--lr", REAL, &s.lr, 1e-12, 1e30, NULL, "learning rate"},
        {"--schedule", NAME, &s.schedule, 0, 0, schedule_names,
         "how the learning rate falls: times --gamma after every --every "
         "iterations (step) or after each (exponential), or down to 0 over "
         "--every iterations (cosine)"},
        {"--gamma", REAL, &s.gamma, 0, 1, NULL, "of --schedule"},
        {"--every", WHOLE, &s.every, 0, 2e9, NULL,
         "of --schedule; 0: the cosine goes over all"},
        {"--warmup", WHOLE, &s.warmup, 0, 2e9, NULL,
         "iterations that the learning rate rises for first"},
        {"--optimizer", NAME, &s.optimizer, 0, 0, optimizer_names,
         "how gradients change weights"},
        {"--momentum", REAL, &s.momentum, 0, 0.999999, NULL,
         "of sgd and rmsprop"},
        {"--weight-decay", REAL, &s.decay, 0, 1e6, NULL,
         "pulls weights, not biases, towards 0"},
        {"--clip", REAL, &s.clip, 1e-12, 1e30, NULL,
         "a gradient longer than this is cut to it"},
        {"--dropout", REAL, &s.dropout, 0, 0.999, NULL,
         "share of a layer's outputs left out at random"},
        {"--valid", REAL, &s.valid, 0, 0.999999, NULL,
         "share of the text, its end, that is not learnt but measured; with 0 "
         "all is learnt, and its beginning measured"},
        OPTIONS_HEADING("The network and the run"),
        {"--threads", WHOLE, &s.threads, 1, 256, NULL,
         "if compiled with OpenMP; any N gives one result"},
        {"--layers", WHOLE, &s.layers, 1, 1e3, NULL,
         "recurrent layers, one above the other"},
        {"--bf16", WHOLE, &s.bf16, 0, 1, NULL,
         "1: validation and samples read the layers' weights in half the "
         "bytes, rounded to bfloat16"},
        OPTIONS_END};

    s.o.seed = s.layers = s.threads = 1, s.o.cell = RNN_CELL_LSTM,
    s.o.hidden = 128;
    s.o.iterations = 2500, s.batch = 20, s.steps = 50, s.sample = 400;
    s.optimizer = RNN_OPT_ADAM, s.lr = 0.002, s.gamma = 0.5, s.clip = 5;
    s.valid = 0.1, s.temperature = 0.8;
    read_options(argc, argv, about, &s.o, own);
    check_settings(&s, argc, argv);
    if (s.schedule == RNN_SCHEDULE_COSINE && s.every == 0)
        s.every = s.o.iterations > s.warmup ? s.o.iterations - s.warmup : 1;
    return s;
}

/* ---- files -------------------------------------------------------------- */

/* All of it, to be freed. It may be a pipe, whose length nobody knows. */
static unsigned char *read_file(const char *path, size_t *len)
{
    FILE *file = open_file(path, "rb");
    unsigned char *bytes = NULL, *moved;
    size_t cap = 1 << 15;

    *len = 0;
    do {
        cap *= 2;
        moved = (unsigned char *)realloc(bytes, cap);
        if (!moved)
            die("%s: out of memory", path);
        bytes = moved;
        *len += fread(bytes + *len, 1, cap - *len, file);
    } while (*len == cap);
    if (ferror(file))
        die("%s: %s", path, strerror(errno));
    if (*len == 0)
        die("%s: it is empty", path);
    fclose(file);
    return bytes;
}

/* Our own text, from the root of the repository or beside the program:
 * build/char_rnn, ../examples/text.txt. */
static const char *own_text(void)
{
    const int folder = (int)(program_name() - program);
    char *path = (char *)zeros(strlen(program) + sizeof "../" TEXT_FILE, 1);
    FILE *file;

    file = fopen(strcpy(path, TEXT_FILE), "rb");
    if (!file) {
        sprintf(path, "%.*s../%s", folder, program, TEXT_FILE);
        file = fopen(path, "rb");
    }
    if (!file)
        die("%s is not here; --data FILE names a text", TEXT_FILE);
    fclose(file);
    return path;
}

/* ---- the network and its alphabet --------------------------------------- */

typedef struct network {
    rnn_net plan;             /* of the model, for one stream of bytes */
    rnn_work work;            /* with the weights */
    rnn_real *h, *c, *sorted; /* the stream's states; for top-k and top-p */
    unsigned char bytes[256]; /* of the ids 0, 1, ... */
    int ids[256];             /* of the bytes; -1: not in the alphabet */
    int bf16;                 /* --bf16 */
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

/* All else, when the bytes are known. */
static void open_network(network *net, const rnn_model *model)
{
    rnn_most most = {0};
    int i;

    for (i = 0; i < 256; i++)
        net->ids[i] = -1;
    for (i = 0; i < model->input_size; i++)
        net->ids[net->bytes[i]] = i;
    most.steps = CHUNK;
    /* one row reads the weights as they are */
    most.packed = net->bf16 ? RNN_PACK_BF16 : RNN_PACK_NONE;
    open_work(&net->plan, &net->work, model, &most);
    net->h = reals(2 * net->plan.sizes.state);
    net->c = net->h + net->plan.sizes.state;
    net->sorted = reals((size_t)model->output_size);
}

static void load_params(network *net, const char *path,
                        const unsigned char *file, size_t len)
{
    check(rnn_load_params(file, len, &net->plan.model, net->work.params,
                          net->work.params_len, NULL, &why),
          &why, path);
}

/* --init: the weights alone. If the file says what its ids mean, then they
 * must mean the same here. */
static void load_init(network *net, const char *path)
{
    size_t len, count = 0;
    unsigned char *file = read_file(path, &len), bytes[256];
    rnn_model model;

    load_params(net, path, file, len);
    if (rnn_load_description(file, len, &model, bytes, 256, &count, NULL) ==
            RNN_OK &&
        count > 0 && memcmp(bytes, net->bytes, count) != 0)
        die("%s: its vocabulary is not that of the text", path);
    free(file);
}

/* A new network for a text: its ids are the distinct bytes, ascending. */
static void make_network(network *net, const settings *s,
                         const unsigned char *text, size_t len)
{
    rnn_model model = {0};
    rnn_rng rng;
    size_t i;
    int seen[256] = {0}, byte, count = 0;

    for (i = 0; i < len; i++)
        seen[text[i]] = 1;
    for (byte = 0; byte < 256; byte++)
        if (seen[byte])
            net->bytes[count++] = (unsigned char)byte;
    model.wiring = RNN_WIRING_N_TO_N;
    model.cell = (rnn_cell)s->o.cell;
    model.input = RNN_INPUT_ONE_HOT;
    model.input_size = model.output_size = count;
    model.hidden_size = s->o.hidden;
    model.num_layers = s->layers;
    model.dropout = model.num_layers > 1 ? (rnn_real)s->dropout : 0;
    model.dropout_last = (rnn_real)s->dropout;
    open_network(net, &model);
    rnn_rng_seed(&rng, (uint32_t)s->o.seed);
    if (s->init)
        load_init(net, s->init);
    else
        check(rnn_init_params(&model, net->work.params, net->work.params_len,
                              &rng, &why), &why, "first weights");
}

/* --load: all of it. */
static void load_network(network *net, const char *path)
{
    rnn_model model;
    size_t len, count = 0;
    unsigned char *file = read_file(path, &len);
    rnn_status status;

    status =
        rnn_load_description(file, len, &model, net->bytes, 256, &count, &why);
    if (status == RNN_E_END)
        die("%s: weights without a description; --init reads them", path);
    check(status, &why, path);
    if (model.input == RNN_INPUT_DENSE || model.bidirectional ||
        model.input_size != (int)count || model.output_size != (int)count)
        die("%s: not a model that reads and writes bytes", path);
    open_network(net, &model);
    load_params(net, path, file, len);
    free(file);
}

/* ---- one stream: to measure and to write -------------------------------- */

/* Steps that go on from the states h and c, which only LSTMs have, and leave
 * theirs in them. ids has a row more than is read: the last targets. */
static rnn_seq carry_on(const network *net, int steps, int batch,
                        const int *ids, rnn_real *h, rnn_real *c)
{
    rnn_seq seq = {0};

    seq.steps = steps;
    seq.batch = batch;
    seq.ids = ids;
    seq.targets_len = (size_t)steps * (size_t)batch;
    seq.ids_len = seq.targets_len + (size_t)batch;
    seq.state_len = net->plan.sizes.state * (size_t)batch;
    seq.h0 = seq.hn = h;
    seq.c0 = seq.cn = RNN_HAS_C(net->plan.model.cell) ? c : NULL;
    return seq;
}

/* A stream starts afresh, with the weights of now. */
static void begin_stream(network *net)
{
    memset(net->h, 0, 2 * net->plan.sizes.state * sizeof *net->h);
    if (net->bf16)
        check(rnn_pack(&net->plan, &net->work), &net->work.why, "packing");
}

/* The mean of -ln p(text[i] | text[0] ... text[i-1]) for 1 <= i <= count. */
static double mean_loss(network *net, const unsigned char *text, size_t count)
{
    int ids[CHUNK + 1];
    size_t done, n, i;
    double sum = 0;

    begin_stream(net);
    for (done = 0; done < count; done += n) {
        rnn_seq seq;
        rnn_real loss = 0;
        rnn_status status;

        n = count - done < CHUNK ? count - done : CHUNK;
        for (i = 0; i <= n; i++)
            ids[i] = text[done + i];
        seq = carry_on(net, (int)n, 1, ids, net->h, net->c);
        check(rnn_infer(&net->plan, &net->work, &seq), &net->work.why,
              "measuring");
        /* a loss that is not finite makes the sum such, as it should be */
        status = rnn_cross_entropy(&net->plan, &net->work, &seq, ids + 1, NULL,
                                   &loss);
        if (status != RNN_E_NOT_FINITE)
            check(status, &net->work.why, "measuring");
        sum += (double)loss * (double)n;
    }
    return sum / (double)count;
}

static void read_byte(network *net, int id)
{
    rnn_row one = {0};

    one.ids = &id;
    one.state_len = net->plan.sizes.state;
    check(rnn_step(&net->plan, &net->work, &one, net->h, net->c),
          &net->work.why, "sampling");
}

static void put_byte(int byte, const char *margin)
{
    putchar(byte);
    if (byte == '\n')
        fputs(margin, stdout);
}

/* Writes what --prime begins. The same seed gives the same random numbers. */
static void write_sample(network *net, const settings *s, int count,
                         const char *margin)
{
    const int draws = s->temperature > 0;
    const rnn_sampling how = {(rnn_real)s->temperature, draws ? s->top_k : 0,
                              (rnn_real)(draws ? s->top_p : 0)};
    const char *p = s->prime ? s->prime : "";
    rnn_rng rng;
    int id = '\n';

    rnn_rng_seed(&rng, (uint32_t)s->o.seed);
    begin_stream(net);
    fputs(margin, stdout);
    if (!*p)
        read_byte(net, net->ids[id] < 0 ? 0 : net->ids[id]);
    for (; *p; p++) {
        put_byte(*p, margin);
        read_byte(net, id_of(net, (unsigned char)*p, "--prime"));
    }
    while (count-- > 0) {
        check(rnn_sample(net->work.logits, net->plan.model.output_size, &how,
                         &rng, net->sorted, &id, &why),
              &why, "sampling");
        put_byte(net->bytes[id], margin);
        read_byte(net, id);
    }
    putchar('\n');
    fflush(stdout);
}

/* ---- training: its beginning -------------------------------------------- */

typedef struct training {
    const settings *s;
    network *net;
    const unsigned char *text; /* ids to learn from: B rows of `stream`, */
    size_t stream, windows;    /* which last for `windows` iterations    */
    const unsigned char *held; /* ids to validate on, and how many       */
    size_t held_count;
    rnn_net plan;              /* of the same model, for batches */
    rnn_work work;             /* on the same weights */
    rnn_run run;               /* on so many threads */
    size_t rows;               /* steps times batch */
    int *ids;                  /* (steps + 1, batch): what a step is to say is
                                  what the next one reads */
    rnn_real *h, *c, *losses;
    rnn_optimizer optimizer;
    rnn_schedule schedule;
    FILE *log;
    unsigned char *file; /* the bytes of a checkpoint */
    size_t file_len;
    int saved;           /* the iteration it is of; -1: none yet */
    double best;         /* the least validation loss so far, or -1 */
    double first, limit; /* the first loss, and one that is absurd */
} training;

/* How the text is shared out. */
static void divide(training *t, const char *name, const unsigned char *text,
                   size_t len)
{
    const settings *s = t->s;
    /* the small number keeps floor(0.7 * 10) at 7 */
    size_t learnt = (size_t)((1 - s->valid) * (double)len + 1e-6);
    size_t held = s->valid > 0 ? len - learnt : len;
    double least = (double)s->batch * s->steps + 1;

    if ((double)learnt < least)
        die("%s: too short: of its %zu bytes %zu are to learn from; --batch %d "
            "--steps %d need %.0f",
            name, len, learnt, s->batch, s->steps, least);
    if (held < 2)
        die("%s: too short: --valid %g leaves %zu of its %zu bytes to "
            "validate; 2 are needed",
            name, s->valid, held, len);
    printf("%s: %zu bytes to learn from, %zu to validate\n", name, learnt,
           len - learnt);
    t->text = text;
    t->stream = (learnt - 1) / (size_t)s->batch;
    t->windows = t->stream / (size_t)s->steps;
    t->held = text + (len - held);
    t->held_count = held - 1 < HELD_MOST ? held - 1 : HELD_MOST;
}

/* Makes t->file a checkpoint; while it is NULL, says only how long one is. */
static void pack(training *t)
{
    const network *net = t->net;
    rnn_beside beside = {0};

    beside.vocabulary = net->bytes;
    beside.vocabulary_len = (size_t)net->plan.model.input_size;
    check(rnn_save(&net->plan.model, net->work.params, net->work.params_len,
                   &beside, t->file, t->file_len, &t->file_len, &why),
          &why, "a checkpoint");
}

/* A name that cannot be written shows now, not after hours. */
static void prepare_save(training *t, const char *path)
{
    char beside[1024];
#ifdef S_ISREG
    struct stat there;

    /* to be replaced is not what a device is for */
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        die("%s: not an ordinary file, --save would replace it", path);
#endif
    if (strlen(path) + 5 > sizeof beside)
        die("%s: too long a name", path);
    sprintf(beside, "%s.tmp", path); /* by way of which it is replaced */
    fclose(open_file(beside, "wb"));
    remove(beside);
    pack(t);
    t->file = (unsigned char *)zeros(t->file_len, 1);
}

/* Says how many arrays of moments it keeps. */
static int open_optimizer(training *t)
{
    const settings *s = t->s;
    size_t count;

    check(rnn_optimizer_init(&t->optimizer, (rnn_optimizer_kind)s->optimizer,
                             (rnn_real)s->lr, &why),
          &why, "the optimiser");
    if (s->optimizer == RNN_OPT_SGD || s->optimizer == RNN_OPT_RMSPROP)
        t->optimizer.momentum = (rnn_real)s->momentum;
    t->optimizer.weight_decay = (rnn_real)s->decay;
    t->schedule.kind = (rnn_schedule_kind)s->schedule;
    t->schedule.base = (rnn_real)s->lr;
    t->schedule.warmup = (uint32_t)s->warmup;
    if (s->schedule == RNN_SCHEDULE_STEP ||
        s->schedule == RNN_SCHEDULE_EXPONENTIAL)
        t->schedule.gamma = (rnn_real)s->gamma;
    if (s->schedule == RNN_SCHEDULE_STEP || s->schedule == RNN_SCHEDULE_COSINE)
        t->schedule.every = (uint32_t)s->every;
    check(rnn_optimizer_moments(&t->optimizer, &count, &why), &why,
          "the optimiser");
    return (int)count;
}

/* Runs the library's tasks 0 ... n-1, each on a thread if there is OpenMP. */
static void each(void *team, int n, void (*task)(void *arg, int i), void *arg)
{
    int i;

    (void)team;
#ifdef _OPENMP
#pragma omp parallel for num_threads(n)
#endif
    for (i = 0; i < n; i++)
        task(arg, i);
}

static void open_training(training *t, const settings *s, network *net,
                          const char *name, const unsigned char *text,
                          size_t len)
{
    const rnn_model *model = &net->plan.model;
    rnn_real guess = (rnn_real)model->output_size;
    rnn_most most = {0};

    t->s = s;
    t->net = net;
    divide(t, name, text, len);
    most.steps = s->steps;
    most.batch = s->batch;
    most.train = 1;
    most.moments = open_optimizer(t);
    t->run.parts = s->threads;
    t->run.each = each;
    t->work.run = &t->run;
    t->work.params = net->work.params;
    t->work.params_len = net->work.params_len;
    open_work(&t->plan, &t->work, model, &most);
    t->rows = (size_t)s->steps * (size_t)s->batch;
    t->ids = ints(t->rows + (size_t)s->batch);
    t->h = reals(2 * t->plan.sizes.state);
    t->c = t->h + t->plan.sizes.state;
    t->losses = reals(t->rows);
    t->saved = -1;
    t->best = -1;
    /* all bytes equally likely: a loss of ln V */
    check(rnn_map(RNN_FN_LOG, 1, &guess, &guess, NULL), NULL, "a logarithm");
    t->first = t->limit = 3 * (double)guess;
    if (s->save)
        prepare_save(t, s->save);
    if (s->log)
        t->log = open_file(s->log, "w");
    printf("%s, %d x %d units, %d different bytes, %zu parameters\n\n",
           cell_names[model->cell], model->num_layers ? model->num_layers : 1,
           model->hidden_size, model->input_size, t->plan.sizes.params);
}

/* ---- training: an iteration --------------------------------------------- */

static void stop(const training *t, int iteration, const char *what,
                 double value)
{
    char kept[64] = "";

    if (t->saved >= 0)
        sprintf(kept, "; --save's file is of iteration %d", t->saved);
    die("stopped in iteration %d: the %s, %g, has exploded; try a smaller "
        "--lr%s",
        iteration, what, value, kept);
}

/* The bytes of iteration k = 0, 1, ...: all rows read on, and start again
 * together. */
static void take_batch(training *t, size_t k)
{
    const size_t batch = (size_t)t->s->batch, steps = (size_t)t->s->steps;
    const size_t at = k % t->windows * steps;
    size_t step, row;

    if (at == 0)
        memset(t->h, 0, 2 * t->plan.sizes.state * sizeof *t->h);
    for (step = 0; step <= steps; step++)
        for (row = 0; row < batch; row++)
            t->ids[step * batch + row] = t->text[row * t->stream + at + step];
}

/* Iteration k = 0, 1, ...; returns its loss, of the weights before it. */
static double update(training *t, size_t k, double *norm)
{
    const settings *s = t->s;
    rnn_work *w = &t->work;
    rnn_seq seq = carry_on(t->net, s->steps, s->batch, t->ids, t->h, t->c);
    rnn_loss how = {0};
    rnn_real mean = 0, length = 0;
    rnn_status status;

    take_batch(t, k);
    seq.seed[0] = (uint32_t)s->o.seed; /* should the model have dropout */
    seq.first_step = (uint32_t)k * (uint32_t)s->steps;
    check(rnn_forward(&t->plan, w, &seq), &w->why, "forward");
    how.values = t->losses;
    how.values_len = seq.targets_len;
    status =
        rnn_cross_entropy(&t->plan, w, &seq, t->ids + s->batch, &how, &mean);
    if (status != RNN_E_NOT_FINITE)
        check(status, &w->why, "the loss");
    if (k == 0)
        t->first = (double)mean;
    if (!((double)mean <= 3 * t->first))
        stop(t, (int)k + 1, "loss", (double)mean);
    check(rnn_backward(&t->plan, w, &seq, NULL), &w->why, "backward");
    if (rnn_clip_grad_norm(w->grads, w->grads_len, (rnn_real)s->clip, &length,
                           w->run))
        stop(t, (int)k + 1, "gradient's norm", (double)length);
    check(rnn_schedule_lr(&t->schedule, (uint32_t)k, &t->optimizer.lr, &why),
          &why, "the schedule");
    check(rnn_optimizer_step(&t->optimizer, &t->plan, w), &w->why,
          "the optimiser");
    *norm = (double)length;
    return (double)mean;
}

/* ---- training: what comes between iterations ---------------------------- */

static int is_measured(int iteration, int last)
{
    return iteration == 100 || iteration == 200 || iteration % 500 == 0 ||
           iteration == last;
}

static double validate(const training *t, int iteration)
{
    double loss = mean_loss(t->net, t->held, t->held_count);

    if (!(loss <= t->limit || loss <= 3 * t->first))
        stop(t, iteration, "validation loss", loss);
    return loss;
}

/* A dash stands where there is nothing to say. */
static void print_line(const training *t, int iteration, double loss,
                       double valid, double spent)
{
    const double left = spent / iteration * (t->s->o.iterations - iteration);
    char measured[64] = "-";

    if (valid >= 0)
        sprintf(measured, "%.4f", valid);
    printf("%9d  %7.4f  %10s  %7.0f  %12.0f\n", iteration, loss, measured,
           (double)iteration * (double)t->rows / (spent + 1e-9), left);
    fflush(stdout);
}

/* What follows a validation: a checkpoint and a few words. */
static void milestone(training *t, int iteration, double valid)
{
    const settings *s = t->s;
    int count = s->sample < SHORT ? s->sample : SHORT;
    int best = t->best < 0 || valid < t->best;

    if (best)
        t->best = valid;
    if (s->save && (best || s->keep == KEEP_LAST)) {
        pack(t);
        if (rnn_write_file(s->save, t->file, t->file_len, NULL) != RNN_OK)
            die("%s: not written: %s", s->save, strerror(errno));
        t->saved = iteration;
    }
    if (count > 0 && iteration < s->o.iterations)
        write_sample(t->net, s, count, "    | ");
}

static volatile sig_atomic_t interrupted; /* Ctrl-C was pressed */

static void interrupt(int number)
{
    interrupted = 1;
    signal(number, SIG_DFL); /* a second one ends the program */
}

static void train(training *t)
{
    const int last = t->s->o.iterations, often = last / 50 + 1;
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
    if (t->log && (ferror(t->log) | fclose(t->log)))
        die("%s: not completely written", t->s->log);
    if (interrupted)
        puts(t->s->save ? "stopped; --save's file is written"
                        : "stopped; without --save nothing is kept");
}

/* ---- the program -------------------------------------------------------- */

int main(int argc, char **argv)
{
    const settings s = read_settings(argc, argv);
    const int learns = s.data || !s.load;
    const char *name = s.data || !learns ? s.data : own_text(), *p;
    size_t len = 0, i;
    unsigned char *text = learns ? read_file(name, &len) : NULL;
    network net = {0};
    training t = {0};

    net.bf16 = s.bf16;
    if (s.load)
        load_network(&net, s.load);
    else
        make_network(&net, &s, text, len);
    for (p = s.prime ? s.prime : ""; *p; p++) /* before hours go by */
        (void)id_of(&net, (unsigned char)*p, "--prime");
    for (i = 0; i < len; i++) /* from here on the text is of ids */
        text[i] = (unsigned char)id_of(&net, text[i], name);
    if (learns) {
        open_training(&t, &s, &net, name, text, len);
        train(&t);
    }
    if (s.sample > 0 && !interrupted) {
        fputs(learns ? "\nIt writes:\n\n" : "", stdout);
        write_sample(&net, &s, s.sample, "");
    }
    free(text);
    return 0;
}
