/* char_rnn: a network that learns to write, one letter after another.
 *
 *          y1     y2     y3     y4          probabilities of the next letter
 *          ^      ^      ^      ^
 *    0 ->  h1 ->  h2 ->  h3 ->  h4 -> ...   a recurrent layer, or several
 *          ^      ^      ^      ^
 *          x1     x2     x3     x4          the letters of a text, one-hot
 *
 * This is the article's N vs N, and its best known use: y_t says what comes
 * after x_1 ... x_t. In training the next letter is known, so every step has a
 * target; a softmax, the cross-entropy and Adam do the rest. To write, a letter
 * is drawn from y_t and becomes x_(t+1), for ever. Letters are bytes, or, with
 * --characters, those of any alphabet.
 *
 * The program reads a text, learns from nine tenths of it and prints lines of
 * progress: iteration, loss (the mean since the line before, in nats a letter),
 * the same on the tenth that it does not learn from, speed, and time left. At
 * some of them it writes a few words, first noise, then syllables, then names
 * and lines of the text's own kind. Without options it learns examples/text.txt
 * and needs about a minute on one core; char_rnn --help lists the options.
 *
 * How it learns is in char_training.h, how it writes in writing.h, how a run
 * that was stopped goes on to the bit in char_run.h. */

#include "char_run.h"

#include <signal.h>

#define SHORT 160       /* letters of a sample while it learns      */

/* Our own text, from the root of the repository or beside the program:
 * build/char_rnn, ../examples/text.txt. */
static const char *own_text(void)
{
    const int folder = (int)(program_name() - program);
    char *path = (char *)zeros(strlen(program) + sizeof "../" TEXT_FILE, 1);
    FILE *file;

    file = try_open(strcpy(path, TEXT_FILE), "rb");
    if (!file) {
        sprintf(path, "%.*s../%s", folder, program, TEXT_FILE);
        file = try_open(path, "rb");
    }
    if (!file)
        die("%s is not here; --data FILE names a text", TEXT_FILE);
    fclose(file);
    return path;
}

/* ---- the network -------------------------------------------------------- */

/* A file that brings a model: its bytes, and the network that they describe. */
static void load_network(stream *net, settings *s, const char *path,
                         const unsigned char *file, size_t len)
{
    unsigned char *spelled = (unsigned char *)zeros(LETTERS, 4);
    rnn_model model;
    size_t n = 0;
    rnn_status status = rnn_load_description(file, len, &model, spelled,
                                             LETTERS * (size_t)4, &n, &why);

    if (status == RNN_E_END)
        die("%s: weights without a description; --init reads them", path);
    check(status, &why, path);
    if (model.input == RNN_INPUT_DENSE || model.bidirectional ||
        model.wiring != RNN_WIRING_N_TO_N || model.input_size > LETTERS ||
        model.output_size != model.input_size ||
        !alphabet_in(&net->letters, spelled, n, model.input_size))
        die("%s: not a model that reads and writes bytes or characters", path);
    open_stream(net, &model, s->bf16);
    check(rnn_load_params(file, len, &model, net->work.params,
                          net->work.params_len, NULL, &why),
          &why, path);
    s->o.cell = (int)model.cell;
    s->o.hidden = model.hidden_size;
    s->layers = model.num_layers ? model.num_layers : 1;
    s->characters = net->letters.characters;
}

/* --init: the weights alone. If the file says what its ids mean, then they
 * must mean the same here. */
static void load_init(stream *net, const char *path)
{
    const alphabet *a = &net->letters;
    unsigned char *spelled = (unsigned char *)zeros(LETTERS, 4);
    size_t len, n = 0;
    unsigned char *file = read_file(path, &len);
    rnn_model model;

    check(rnn_load_params(file, len, &net->plan.model, net->work.params,
                          net->work.params_len, NULL, &why),
          &why, path);
    if (rnn_load_description(file, len, &model, spelled, LETTERS * (size_t)4,
                             &n, NULL) == RNN_OK &&
        n > 0 && (n != a->spelled_len || memcmp(spelled, a->spelled, n) != 0))
        die("%s: its vocabulary is not that of the text", path);
    free(file);
}

/* A new network, for the letters of a text. */
static void make_network(stream *net, const settings *s)
{
    rnn_model model = {0};
    rnn_rng rng;

    model.wiring = RNN_WIRING_N_TO_N;
    model.cell = (rnn_cell)s->o.cell;
    model.input = RNN_INPUT_ONE_HOT;
    model.input_size = model.output_size = net->letters.count;
    model.hidden_size = s->o.hidden;
    model.num_layers = s->layers;
    model.dropout = model.num_layers > 1 ? (rnn_real)s->dropout : 0;
    model.dropout_last = (rnn_real)s->dropout;
    open_stream(net, &model, s->bf16);
    rnn_rng_seed(&rng, (uint32_t)s->o.seed);
    if (s->init)
        load_init(net, s->init);
    else
        check(rnn_init_params(&model, net->work.params, net->work.params_len,
                              &rng, &why),
              &why, "first weights");
}

/* ---- training: what comes between iterations ---------------------------- */

static int is_measured(const settings *s, int iteration)
{
    if (iteration == s->o.iterations)
        return 1;
    if (s->validate_every)
        return iteration % s->validate_every == 0;
    return iteration == 100 || iteration == 200 || iteration % 500 == 0;
}

/* A dash stands where there is nothing to say. */
static void print_line(const training *t, int iteration, double loss,
                       const measures *m, double each_one)
{
    char measured[64] = "-", mean[64] = "";
    const double letters = (double)t->rows * t->s->shares * t->s->accumulate;

    if (m)
        sprintf(measured, "%.4f", m->last);
    if (m && t->s->average)
        sprintf(mean, "  of the mean: %.4f", m->mean);
    printf("%9d  %7.4f  %10s  %7.0f  %12.0f%s\n", iteration, loss, measured,
           letters / (each_one + 1e-12),
           each_one * (t->s->o.iterations - iteration), mean);
    fflush(stdout);
}

/* The states of all rows. */
static void gather(training *t)
{
    const rnn_work *w = &t->work;
    const size_t shares = (size_t)(t->s->shares / team.count);

    team_share(t->h, shares * 2 * t->plan.sizes.state * sizeof *t->h);
    team_agree(hash_of((const unsigned char *)w->params,
                       w->params_len * sizeof *w->params),
               "the weights");
}

/* What follows a validation: checkpoints and a few words. One that was not due
 * is news for people alone: the run that goes on knows nothing of it. */
static void milestone(training *t, int iteration, const measures *m, int due)
{
    const settings *s = t->s;
    int count = s->sample < SHORT ? s->sample : SHORT;
    int best = due && (t->best < 0 || m->mean < t->best);

    if (best)
        t->best = m->mean;
    if (due) {
        t->worse = best ? 0 : t->worse + 1;
        add_measured(&t->seen, iteration, m->mean);
    }
    t->measured = due;
    gather(t);
    if (s->save) {
        if (t->log && fflush(t->log))
            die("%s: not completely written", s->log);
        if (best || s->keep == KEEP_LAST || t->saved < 0) {
            t->saved = iteration;
            write_kept(&t->model_file, s->save);
        }
        write_kept(&t->run_file, t->run_path);
    }
    if (count > 0 && iteration < s->o.iterations)
        write_sample(t->net, &s->how, count, "    | ");
}

static int is_over(const training *t)
{
    return t->done >= t->s->o.iterations ||
           (t->s->patience > 0 && t->worse >= t->s->patience);
}

static volatile sig_atomic_t interrupted; /* Ctrl-C was pressed */

static void interrupt(int number)
{
    interrupted = 1;
    signal(number, SIG_DFL); /* a second one ends the program */
}

static void catch_signals(void (*handler)(int))
{
    signal(SIGINT, handler);
    signal(SIGTERM, handler);
}

static void train_on(training *t)
{
    const settings *s = t->s;
    const int often = s->o.iterations / 50 + 1, from = t->done;
    double norm, loss, begin, sum = 0, spent = 0, shown = 0;
    int k, summed = 0, due;
    measures m;

    while (!is_over(t) && !t->stopped) {
        begin = seconds();
        k = t->done + 1;
        loss = update(t, k, &norm);
        t->done = k;
        add_learnt(&t->seen, loss);
        spent += seconds() - begin;
        sum += loss;
        summed++;
        due = is_measured(s, k);
        t->stopped = team_any(interrupted) || k == s->stop_after;
        if (due || t->stopped)
            m = validate(t, k);
        write_log(t, loss, norm, due || t->stopped ? &m : NULL);
        if (k == from + 1 || k % often == 0 || due || t->stopped ||
            spent - shown > 10) {
            print_line(t, k, sum / summed, due || t->stopped ? &m : NULL,
                       spent / (k - from));
            sum = summed = 0;
            shown = spent;
        }
        if (due || t->stopped)
            milestone(t, k, &m, due);
    }
    if (t->stopped)
        puts(s->save ? "stopped; --save's file is written"
                     : "stopped; without --save nothing is kept");
    else if (t->done < s->o.iterations)
        printf("stopped: %d validations without a new best\n", t->worse);
}

/* A sum lasts until the last process has come to it. */
static void show_times(const training *t, int iterations)
{
    const double *s = t->spent, each_one = 1000.0 / iterations;

    if (!TEAM || iterations == 0)
        return;
    printf("\n%d process%s, milliseconds an iteration: gradients %.3f, their "
           "sum %.3f, the rest %.3f\n",
           team.count, team.count > 1 ? "es" : "", s[0] * each_one,
           (s[1] - s[0]) * each_one, (s[2] - s[1]) * each_one);
}

static void train(training *t)
{
    const int from = t->done;
    measures m;

    printf("\niteration     loss  validation  %s  seconds left\n",
           t->net->letters.characters ? "chars/s" : "bytes/s");
    if (t->s->o.iterations == 0) {
        m = validate(t, 0);
        printf("        0        -  %10.4f\n", m.mean);
        milestone(t, 0, &m, 1);
    }
    memset(t->spent, 0, sizeof t->spent);
    catch_signals(interrupt);
    train_on(t);
    catch_signals(SIG_DFL);
    show_times(t, t->done - from);
    if (t->log && (ferror(t->log) | fclose(t->log)))
        die("%s: not completely written", t->s->log);
}

static void show_curve(const training *t)
{
    const char *unit = letter_name(&t->net->letters);
    FILE *f;

    draw_curve(&t->seen, unit);
    if (t->best >= 0)
        printf("\nthe best validation: %.4f nats a %s, %.4f bits\n", t->best,
               unit, t->best * BITS_A_NAT);
    if (!t->s->curve)
        return;
    f = open_file(t->s->curve, "wb");
    svg_curve(f, "char_rnn: cross-entropy", &t->seen, unit);
    close_beside(f);
}

/* ---- the program -------------------------------------------------------- */

/* All that comes before the first iteration. */
static void begin(training *t, const source *run, double begun)
{
    settings *s = t->s;

    if (s->minutes > 0)
        set_iterations(t, begun);
    set_every(s);
    open_schedule(t);
    list_run(t);
    if (s->resume)
        restore(t, run);
    if (s->save)
        open_files(t);
    if (s->log)
        t->log = s->resume ? cut_log(t, s->log) : open_file(s->log, "wb");
}

int main(int argc, char **argv)
{
    static training t;
    static stream net;
    settings s;
    source file, text;
    double begun;
    uint16_t *ids;
    size_t len;
    int learns;

    team_begin(&argc, &argv);
    begun = seconds();
    s = read_settings(argc, argv);
    file = s.resume ? open_run(&s) : open_source(s.load);
    learns = s.data || !s.load;
    if (team.rank > 0) { /* they only learn */
        s.save = s.log = s.curve = NULL;
        s.sample = s.chat = 0;
    }
    text = open_source(s.data || !learns ? s.data : own_text());
    t.text_is[0] = text.len;
    t.text_is[1] = hash_of(text.bytes, text.len);
    if (s.resume)
        check_text(&t, &file, &text);
    if (file.path) {
        load_network(&net, &s, file.path, file.bytes, file.len);
    } else {
        alphabet_of(&net.letters, s.characters, text.path, text.bytes,
                    text.len);
        make_network(&net, &s);
    }
    s.how.seed = s.o.seed;
    if (s.how.prime) /* before hours go by */
        check_letters(&net.letters, "--prime", s.how.prime);
    if (learns) {
        ids = encode(&net.letters, text.path, text.bytes, text.len, &len);
        open_training(&t, &s, &net, text.path, ids, len);
        team_follow();
        team_agree(t.text_is[1], "the text");
        begin(&t, &file, begun);
        train(&t);
        show_curve(&t);
    }
    free(text.bytes);
    free(file.bytes);
    if (s.chat) {
        chat(&net, &s.how, s.sample);
    } else if (s.sample > 0 && !t.stopped) {
        fputs(learns ? "\nIt writes:\n\n" : "", stdout);
        write_sample(&net, &s.how, s.sample, "");
    }
    team_end();
    return 0;
}
