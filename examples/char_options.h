/* char_options.h: the command line of char_rnn, and what of it a run keeps. */
#ifndef CHAR_OPTIONS_H
#define CHAR_OPTIONS_H

#include "checkpoint.h"
#include "options.h"
#include "text.h"
#include "writing.h"

#define TEXT_FILE "examples/text.txt"

typedef struct settings {
    const char *data, *init, *load, *save, *resume, *log, *curve;
    options o; /* cell, hidden, iterations, seed */
    int layers, batch, steps, optimizer, schedule, warmup, every, threads;
    int keep, sample, bf16, characters, chat;
    int measure, validate_every, patience, accumulate, average, stop_after;
    int shares;
    double lr, momentum, decay, gamma, clip, dropout, valid, minutes;
    voice how; /* its seed is that of o */
} settings;

enum { KEEP_LAST, KEEP_BEST };
static const char *const keep_names[] = {"last", "best", NULL};

/* the library's numbers for optimisers and schedules, in its order */
static const char *const optimizer_names[] = {
    "sgd", "adagrad", "adadelta", "rmsprop", "adam", "adamw", NULL};
static const char *const schedule_names[] = {"constant", "step", "exponential",
                                             "cosine", NULL};

static const char about[] =
    "char_rnn learns to write like a text, letter by letter, and shows what it"
    "\nhas learnt. Without options it learns " TEXT_FILE ".\n\n"
    "  char_rnn --data book.txt --save book.safetensors     learn a text\n"
    "  char_rnn --resume book.safetensors                   go on after a "
    "stop\n"
    "  char_rnn --load book.safetensors --prime \"Once \"     write\n"
    "  char_rnn --load book.safetensors --chat              talk with it\n\n"
    "What to give it, of a text of 1 MB (a book or two); the last on two "
    "cores:\n\n"
    "   1 minute   --minutes 1 --lr 0.005 --schedule cosine\n"
    "   6 minutes  --minutes 6 --hidden 256 --dropout 0.2 --lr 0.005\n"
    "              --schedule cosine --keep best\n"
    "  20 minutes  --minutes 20 --layers 2 --hidden 512 --dropout 0.5\n"
    "              --batch 64 --steps 64 --lr 0.003 --schedule cosine\n"
    "              --keep best --threads 2\n\n"
    "A shorter text, or a longer run, wants more --dropout, since the text is "
    "soon\nknown by heart: then the loss still falls and validation rises.\n\n"
    "A loss is in nats: 0 would be certainty, ln V to know nothing of V "
    "letters;\nof bytes of English 2.0 are words, 1.5 are sentences in the "
    "text's manner.\nA loss that is not finite or above three times the first "
    "ends the run with\nstatus 1 and a report; the file of --save stays good. "
    "Ctrl-C ends a run after\nwriting it; a second one at once.\n";

/* ---- the table ---------------------------------------------------------- */

enum { OPTIONS_MOST = 64 };

static inline option *join(option *to, const option *part, size_t size)
{
    memcpy(to, part, size);
    return to + size / sizeof *part;
}

static inline option *file_options(settings *s, option *to)
{
    const option part[] = {
        {"--data", PATH, &s->data, 0, 0, NULL,
         "the text to learn from, any bytes [" TEXT_FILE "]"},
        {"--characters", FLAG, &s->characters, 0, 0, NULL,
         "learn the characters of UTF-8, not bytes"},
        {"--save", PATH, &s->save, 0, 0, NULL,
         "write the model here at each validation, at the end and when Ctrl-C "
         "stops the run, and to FILE.run all that --resume needs; an older "
         "file stays until the newer is complete"},
        {"--keep", NAME, &s->keep, 0, 0, keep_names,
         "what --save holds in the end, the last model or the best on "
         "validation"},
        {"--resume", PATH, &s->resume, 0, 0, NULL,
         "go on with the run that --save FILE began, to the bit as if it had "
         "not been stopped; text and options are those of the run"},
        {"--load", PATH, &s->load, 0, 0, NULL,
         "start from a file of --save: model, vocabulary and weights. With "
         "--data it learns on; without it only writes a sample. The optimiser "
         "starts afresh"},
        {"--init", PATH, &s->init, 0, 0, NULL,
         "start from the weights in this safetensors file; the options and "
         "the text say what model they are of"},
        {"--log", PATH, &s->log, 0, 0, NULL,
         "write a table here, a line for each iteration, tabs between: "
         "iteration, training loss, gradient norm before the cut, validation "
         "loss where measured, and with --average its own"},
        {"--curve", PATH, &s->curve, 0, 0, NULL,
         "draw here how the losses fell, an SVG file for a browser"}};

    return join(to, part, sizeof part);
}

static inline option *sample_options(settings *s, option *to)
{
    const option part[] = {
        OPTIONS_HEADING("Samples"),
        {"--sample", WHOLE, &s->sample, 0, 2e9, NULL,
         "letters to write at the end, in a chat at most; 0: no samples"},
        {"--prime", TEXT, &s->how.prime, 0, 0, NULL,
         "what a sample goes on from [a new line]"},
        {"--stop", TEXT, &s->how.stop, 0, 0, NULL,
         "a sample ends after this text; \\n in it is a new line"},
        {"--temperature", REAL, &s->how.temperature, 0, 1e6, NULL,
         "below 1 samples are safer, above 1 wilder; 0 always takes the "
         "likeliest letter"},
        {"--top-k", WHOLE, &s->how.top_k, 0, LETTERS, NULL,
         "draw from the N likeliest letters; 0: from all"},
        {"--top-p", REAL, &s->how.top_p, 0, 1, NULL,
         "draw from the likeliest letters that together have this "
         "probability; 0: from all"},
        {"--chat", FLAG, &s->chat, 0, 0, NULL,
         "a line in, then it writes a line, or up to --stop; it remembers all "
         "that was said"}};

    return join(to, part, sizeof part);
}

static inline option *rate_options(settings *s, option *to)
{
    const option part[] = {
        OPTIONS_HEADING("Learning"),
        {"--batch", WHOLE, &s->batch, 1, 1e6, NULL,
         "places of the text that are read side by side"},
        {"--steps", WHOLE, &s->steps, 1, 1e6, NULL,
         "letters that each of them goes on in an iteration"},
        {"--lr", REAL, &s->lr, 1e-12, 1e30, NULL, "learning rate"},
        {"--schedule", NAME, &s->schedule, 0, 0, schedule_names,
         "how the learning rate falls: times --gamma after every --every "
         "iterations (step) or after each (exponential), or down to 0 over "
         "--every iterations (cosine)"},
        {"--gamma", REAL, &s->gamma, 0, 1, NULL, "of --schedule"},
        {"--every", WHOLE, &s->every, 0, 2e9, NULL,
         "of --schedule; 0: the cosine goes over all"},
        {"--warmup", WHOLE, &s->warmup, 0, 2e9, NULL,
         "iterations that the learning rate rises for first"},
        {"--optimizer", NAME, &s->optimizer, 0, 0, optimizer_names,
         "how gradients change weights"},
        {"--momentum", REAL, &s->momentum, 0, 0.999999, NULL,
         "of sgd and rmsprop"},
        {"--weight-decay", REAL, &s->decay, 0, 1e6, NULL,
         "pulls weights, not biases, towards 0"},
        {"--clip", REAL, &s->clip, 1e-12, 1e30, NULL,
         "a gradient longer than this is cut to it"},
        {"--accumulate", WHOLE, &s->accumulate, 1, 1e6, NULL,
         "batches whose gradients an iteration adds up"},
        {"--average", WHOLE, &s->average, 0, 2e9, NULL,
         "samples and --save are of the mean of the weights of about the last "
         "N iterations; 0: of the last weights"},
        {"--dropout", REAL, &s->dropout, 0, 0.999, NULL,
         "share of a layer's outputs left out at random"}};

    return join(to, part, sizeof part);
}

static inline option *run_options(settings *s, option *to)
{
    const option part[] = {
        OPTIONS_HEADING("How long, and what is measured"),
        {"--minutes", REAL, &s->minutes, 0, 1e6, NULL,
         "as many iterations as take so long here, by the first seconds; 0: "
         "--iterations says how many"},
        {"--stop-after", WHOLE, &s->stop_after, 0, 2e9, NULL,
         "stop after this iteration as Ctrl-C would; 0: do not"},
        {"--valid", REAL, &s->valid, 0, 0.999999, NULL,
         "share of the text, its end, that is not learnt but measured; with 0 "
         "all is learnt, and its beginning measured"},
        {"--measure", WHOLE, &s->measure, 0, 2e9, NULL,
         "letters of it that a validation reads at most; 0: all"},
        {"--validate-every", WHOLE, &s->validate_every, 0, 2e9, NULL,
         "iterations from one validation to the next; 0: 100, 200, each 500"},
        {"--patience", WHOLE, &s->patience, 0, 2e9, NULL,
         "stop after so many validations without a new best; 0: do not"},
        OPTIONS_HEADING("The network and the run"),
        {"--threads", WHOLE, &s->threads, 1, 256, NULL,
         "if compiled with OpenMP; any N gives one result"},
        {"--shares", WHOLE, &s->shares, 1, 1 << 20, NULL,
         "parts, a power of 2, that the rows of a batch are learnt in; the sum "
         "of their gradients, a tree, is the same in any number of processes: "
         "mpirun -np N char_rnn_mpi, N up to this"},
        {"--layers", WHOLE, &s->layers, 1, 1e3, NULL,
         "recurrent layers, one above the other"},
        {"--bf16", WHOLE, &s->bf16, 0, 1, NULL,
         "1: validation and samples read the layers' weights in half the "
         "bytes, rounded to bfloat16"},
        OPTIONS_END};

    return join(to, part, sizeof part);
}

static inline void options_of(settings *s, option *to)
{
    run_options(s, rate_options(s, sample_options(s, file_options(s, to))));
}

static inline settings default_settings(void)
{
    settings s = {0};

    s.o.seed = s.layers = s.threads = s.accumulate = s.shares = 1;
    s.o.cell = RNN_CELL_LSTM, s.o.hidden = 128;
    s.o.iterations = 2500, s.batch = 20, s.steps = 50, s.sample = 400;
    s.optimizer = RNN_OPT_ADAM, s.lr = 0.002, s.gamma = 0.5, s.clip = 5;
    s.valid = 0.1, s.measure = 50000, s.how.temperature = 0.8;
    return s;
}

/* ---- what a run keeps of it --------------------------------------------- */

/* What later losses depend on: a resumed run has these as they were. */
static const char *const fixed_options[] = {
    "--cell", "--hidden", "--layers", "--seed", "--characters", "--batch",
    "--steps", "--lr", "--schedule", "--gamma", "--every", "--warmup",
    "--optimizer", "--momentum", "--weight-decay", "--clip", "--accumulate",
    "--average", "--dropout", "--valid", "--measure", "--validate-every",
    "--keep", "--shares", "--bf16", NULL};
/* What may be another: how far it goes, where things are, how it writes. */
static const char *const free_options[] = {
    "--iterations", "--patience", "--threads", "--data", "--log", "--curve",
    "--sample", "--prime", "--stop", "--temperature", "--top-k", "--top-p",
    NULL};

/* The options of a list as things to keep, "options.lr"; returns the end. */
static inline kept *keep_options(settings *s, const char *const *names, kept *k)
{
    static const int kinds[] = {KEPT_32, KEPT_64, KEPT_32, KEPT_TEXT,
                                KEPT_TEXT, KEPT_32};
    option own[OPTIONS_MOST], common[COMMON];
    const option *p;
    char *name;

    options_of(s, own);
    common_options(&s->o, common);
    for (; *names; names++, k++) {
        p = find_option(own, *names);
        p = p->name ? p : find_option(common, *names);
        name = (char *)zeros(strlen(p->name) + 10, 1);
        sprintf(name, "options.%s", p->name + 2);
        k->name = name;
        k->kind = kinds[p->kind];
        k->value = p->value;
        k->count = 1;
    }
    k->name = NULL;
    return k;
}

static inline void show_value(const option *o, char *to)
{
    if (o->kind == NAME)
        sprintf(to, "%.40s", o->names[*(int *)o->value]);
    else if (o->kind == REAL)
        sprintf(to, "%.15g", *(double *)o->value);
    else
        sprintf(to, "%d", *(int *)o->value);
}

/* An option of the file: into the settings, unless the command line has it;
 * a fixed one must then be the same. */
static inline void settle(const option *ours, const option *theirs, int fixed,
                          const char *path)
{
    const size_t size = ours->kind == REAL ? sizeof(double)
                        : ours->kind == TEXT || ours->kind == PATH
                            ? sizeof(char *)
                            : sizeof(int);
    char here[64], there[64];

    if (theirs->kind == NAME) {
        int n = 0;

        while (theirs->names[n])
            n++;
        if (*(int *)theirs->value < 0 || *(int *)theirs->value >= n)
            die("%s: its %s is unknown here", path, theirs->name);
    }
    if (!is_given(ours->name))
        memcpy(ours->value, theirs->value, size);
    else if (fixed && memcmp(ours->value, theirs->value, size) != 0) {
        show_value(ours, here);
        show_value(theirs, there);
        die("%s %s: the run of %s has %s; --resume goes on with that",
            ours->name, here, path, there);
    }
}

static inline void settle_all(settings *s, settings *stored,
                              const char *const *names, int fixed,
                              const char *path)
{
    option own[2][OPTIONS_MOST], common[2][COMMON];
    const option *p, *q;

    options_of(s, own[0]);
    options_of(stored, own[1]);
    common_options(&s->o, common[0]);
    common_options(&stored->o, common[1]);
    for (; *names; names++) {
        p = find_option(own[0], *names);
        q = find_option(own[1], *names);
        p = p->name ? p : find_option(common[0], *names);
        q = q->name ? q : find_option(common[1], *names);
        settle(p, q, fixed, path);
    }
}

/* --resume: the settings of the run. */
static inline void resume_settings(settings *s, const rnn_st *st,
                                   const char *path)
{
    settings stored = *s;
    kept list[OPTIONS_MOST];

    keep_options(&stored, free_options,
                 keep_options(&stored, fixed_options, list));
    read_kept(st, path, list);
    settle_all(s, &stored, fixed_options, 1, path);
    settle_all(s, &stored, free_options, 0, path);
    if (s->schedule == RNN_SCHEDULE_COSINE &&
        s->o.iterations > stored.o.iterations &&
        s->o.iterations > s->warmup + s->every)
        die("--iterations %d: the cosine of the run of %s ends after %d, where "
            "the learning rate is 0",
            s->o.iterations, path, s->warmup + s->every);
}

/* ---- reading ------------------------------------------------------------ */

/* Refuses options that contradict each other. */
static inline void check_settings(const settings *s)
{
    if (s->resume && (s->load || s->init || s->save || is_given("--minutes")))
        die("--resume goes on with a run and its file: no --load, --init, "
            "--save or --minutes with it");
    if (s->load && (s->init || is_given("--cell") || is_given("--hidden") ||
                    is_given("--layers") || s->characters))
        die("--load brings its model: no --init, --cell, --hidden, --layers or "
            "--characters with it");
    if (s->load && !s->data &&
        (s->save || s->log || s->curve || is_given("--iterations") ||
         is_given("--minutes")))
        die("--load without --data only writes a sample: no --iterations, "
            "--minutes, --save, --log or --curve with it");
    if (s->minutes > 0 && is_given("--iterations"))
        die("--minutes says how many iterations: no --iterations with it");
    if (s->schedule == RNN_SCHEDULE_STEP && s->every == 0)
        die("--schedule step needs --every");
#ifndef _OPENMP
    if (s->threads > 1)
        die("--threads %d: compiled without OpenMP, so only 1", s->threads);
#endif
}

/* \n is a new line, \t a tab, and \\ is one of these. */
static inline const char *unescape(const char *text)
{
    char *to = text ? (char *)zeros(strlen(text) + 1, 1) : NULL, *at = to;

    for (; text && *text; text++) {
        const int escaped = *text == '\\' && text[1] && strchr("nt\\", text[1]);

        text += escaped;
        *at++ = !escaped       ? *text
                : *text == 'n' ? '\n'
                : *text == 't' ? '\t'
                               : '\\';
    }
    return to;
}

/* How the cosine goes over all, once it is known how many there are. */
static inline void set_every(settings *s)
{
    if (s->schedule == RNN_SCHEDULE_COSINE && s->every == 0)
        s->every =
            s->o.iterations > s->warmup ? s->o.iterations - s->warmup : 1;
}

/* Of the command line alone. */
static inline settings read_settings(int argc, char **argv)
{
    settings s = default_settings();
    option own[OPTIONS_MOST];

    options_of(&s, own);
    read_options(argc, argv, about, &s.o, own);
    s.how.stop = unescape(s.how.stop);
    check_settings(&s);
    return s;
}

#endif
