/* char_training.h: how char_rnn learns: batches, an iteration, a validation.
 *
 * A text of N letters is cut into `batch` rows of N / batch letters, which are
 * read side by side, `steps` letters in a batch. States are carried from batch
 * to batch, and start from zeros where the rows do.
 *
 * The rows of a batch may be learnt in --shares, by as many processes or fewer.
 * Gradients are added as a tree of shares, losses in their order: where a share
 * is learnt makes no difference to a bit. */
#ifndef CHAR_TRAINING_H
#define CHAR_TRAINING_H

#include "char_options.h"
#include "curve.h"
#include "report.h"
#include "team.h"

typedef struct training {
    settings *s;
    stream *net;            /* with the weights that are measured and saved */
    const uint16_t *text;   /* to learn from: B rows of `stream` letters,   */
    size_t stream, windows; /* which last for `windows` batches             */
    const uint16_t *held;   /* to validate on, and how many                 */
    size_t held_count;
    rnn_net plan;           /* of the same model, for batches */
    rnn_work work;          /* on the same weights, or, with --average, on
                               those whose mean the others are */
    rnn_run run;            /* on so many threads */
    int batch;              /* rows of a share, which is all that a pass has */
    size_t rows;            /* steps times batch */
    int *ids;               /* (steps + 1, batch): what a step is to say is
                               what the next one reads */
    rnn_real *h;            /* states: of each share its h, then its c */
    rnn_real *before, *losses; /* before: h and c of the batch's start */
    rnn_real *sums;         /* gradients, one after another: learn_shares */
    double *told;           /* losses of the shares */
    rnn_optimizer optimizer;
    rnn_schedule schedule;
    FILE *log;
    char *run_path;         /* FILE.run */
    kept list[OPTIONS_MOST + 20];
    keeper model_file, run_file;
    uint64_t text_is[2];    /* length and hash */
    int done;               /* iterations */
    int saved;              /* the iteration that --save is of; -1: none yet */
    int measured;           /* whether a validation was due at the last one */
    int worse;              /* validations since the best */
    int stopped;            /* by Ctrl-C, or --stop-after */
    double best;            /* the least validation loss so far, or -1 */
    double first, limit;    /* the first loss, and one that is absurd */
    history seen;
    double spent[3];        /* seconds on gradients; up to their sum; in all */
} training;

/* How the text is shared out. */
static inline void divide(training *t, const char *name, const uint16_t *text,
                          size_t len)
{
    const settings *s = t->s;
    const char *unit = letter_name(&t->net->letters);
    /* the small number keeps floor(0.7 * 10) at 7 */
    size_t learnt = (size_t)((1 - s->valid) * (double)len + 1e-6);
    size_t held = s->valid > 0 ? len - learnt : len;
    double least = (double)s->batch * s->steps + 1;

    if ((double)learnt < least)
        die("%s: too short: of its %lu %ss %lu are to learn from; --batch %d "
            "--steps %d need %.0f",
            name, (unsigned long)len, unit, (unsigned long)learnt, s->batch,
            s->steps, least);
    if (held < 2)
        die("%s: too short: --valid %g leaves %lu of its %lu %ss to "
            "validate; 2 are needed",
            name, s->valid, (unsigned long)held, (unsigned long)len, unit);
    printf("%s: %lu %ss to learn from, %lu to validate\n", name,
           (unsigned long)learnt, unit, (unsigned long)(len - learnt));
    t->text = text;
    t->stream = (learnt - 1) / (size_t)s->batch;
    t->windows = t->stream / (size_t)s->steps;
    t->held = text + (len - held);
    t->held_count = held - 1;
    if (s->measure && t->held_count > (size_t)s->measure)
        t->held_count = (size_t)s->measure;
}

/* Says how many arrays of moments it keeps. */
static inline int open_optimizer(training *t)
{
    const settings *s = t->s;
    size_t count;

    check(rnn_optimizer_init(&t->optimizer, (rnn_optimizer_kind)s->optimizer,
                             (rnn_real)s->lr, &why),
          &why, "the optimiser");
    if (s->optimizer == RNN_OPT_SGD || s->optimizer == RNN_OPT_RMSPROP)
        t->optimizer.momentum = (rnn_real)s->momentum;
    t->optimizer.weight_decay = (rnn_real)s->decay;
    check(rnn_optimizer_moments(&t->optimizer, &count, &why), &why,
          "the optimiser");
    return (int)count;
}

static inline void open_schedule(training *t)
{
    const settings *s = t->s;

    t->schedule.kind = (rnn_schedule_kind)s->schedule;
    t->schedule.base = (rnn_real)s->lr;
    t->schedule.warmup = (uint32_t)s->warmup;
    if (s->schedule == RNN_SCHEDULE_STEP ||
        s->schedule == RNN_SCHEDULE_EXPONENTIAL)
        t->schedule.gamma = (rnn_real)s->gamma;
    if (s->schedule == RNN_SCHEDULE_STEP || s->schedule == RNN_SCHEDULE_COSINE)
        t->schedule.every = (uint32_t)s->every;
}

/* Runs the library's tasks 0 ... n-1, each on a thread if there is OpenMP. */
static inline void each(void *threads, int n, void (*task)(void *arg, int i),
                        void *arg)
{
    int i;

    (void)threads;
#ifdef _OPENMP
#pragma omp parallel for num_threads(n)
#endif
    for (i = 0; i < n; i++)
        task(arg, i);
}

static inline void check_shares(const settings *s)
{
    if ((s->shares & (s->shares - 1)) != 0 || s->batch % s->shares != 0)
        die("--shares %d: not a power of 2 that divides --batch %d", s->shares,
            s->batch);
    if (team.count > s->shares || s->shares % team.count != 0)
        die("%d processes cannot share --shares %d evenly; a power of 2 can, "
            "up to that many",
            team.count, s->shares);
}

/* Of a tree with so many leaves. */
static inline size_t levels(int leaves)
{
    size_t n = 1;

    for (; leaves > 1; leaves /= 2)
        n++;
    return n;
}

static inline void open_training(training *t, settings *s, stream *net,
                                 const char *name, const uint16_t *text,
                                 size_t len)
{
    const rnn_model *model = &net->plan.model;
    const size_t params = net->work.params_len, shares = (size_t)s->shares;
    const size_t more = team.count > 1; /* room for what others have summed */
    rnn_real guess = (rnn_real)model->output_size;
    rnn_most most = {0};

    t->s = s;
    t->net = net;
    check_shares(s);
    divide(t, name, text, len);
    t->batch = s->batch / s->shares;
    most.steps = s->steps;
    most.batch = t->batch;
    most.train = 1;
    most.moments = open_optimizer(t);
    t->run.parts = s->threads;
    t->run.each = each;
    t->work.run = &t->run;
    t->work.params = s->average ? reals(params) : net->work.params;
    t->work.params_len = params;
    if (s->average)
        memcpy(t->work.params, net->work.params, params * sizeof *t->before);
    t->sums = t->work.grads =
        reals((levels(s->shares / team.count) + more) * params);
    t->work.grads_len = params;
    open_work(&t->plan, &t->work, model, &most);
    t->rows = (size_t)s->steps * (size_t)t->batch;
    t->ids = ints(t->rows + (size_t)t->batch);
    t->h = reals(shares * 2 * t->plan.sizes.state);
    t->before = reals(2 * t->plan.sizes.state);
    t->told = (double *)zeros(shares, sizeof *t->told);
    t->losses = reals(t->rows);
    t->saved = -1;
    t->best = -1;
    /* all letters equally likely: a loss of ln V */
    check(rnn_map(RNN_FN_LOG, 1, &guess, &guess, NULL), NULL, "a logarithm");
    t->first = t->limit = 3 * (double)guess;
    printf("%s, %d x %d units, %d different %ss, %lu parameters\n",
           cell_names[model->cell], model->num_layers ? model->num_layers : 1,
           model->hidden_size, model->input_size, letter_name(&net->letters),
           (unsigned long)t->plan.sizes.params);
}

/* ---- an iteration -------------------------------------------------------- */

/* What has been read last, once more. */
static inline rnn_seq batch_of(training *t)
{
    return carry_on(t->net, t->s->steps, t->batch, t->ids, t->before,
                    t->before + t->plan.sizes.state);
}

static inline void explode(training *t, int iteration, const char *what,
                           double value)
{
    const rnn_seq seq = batch_of(t);
    char kept_text[64] = "";

    team_let_first_tell();
    fflush(stdout);
    fputs("\n", stderr);
    report_tensors(stderr, &t->plan, &t->work);
    report_steps(stderr, &t->plan, &t->work, &seq);
    if (t->saved >= 0)
        sprintf(kept_text, "; --save's file is of iteration %d", t->saved);
    die("stopped in iteration %d: the %s, %g, has exploded; try a smaller "
        "--lr%s",
        iteration, what, value, kept_text);
}

/* The letters that a share reads of batch k = 0, 1, ...: all rows read on, and
 * start again together. Returns the share's states. */
static inline rnn_real *take_batch(training *t, int share, size_t k)
{
    const size_t batch = (size_t)t->batch, steps = (size_t)t->s->steps;
    const size_t at = k % t->windows * steps, n = 2 * t->plan.sizes.state;
    const uint16_t *text = t->text + (size_t)share * batch * t->stream + at;
    rnn_real *h = t->h + (size_t)share * n;
    size_t step, row;

    if (at == 0)
        memset(h, 0, n * sizeof *h);
    memcpy(t->before, h, n * sizeof *h);
    for (step = 0; step <= steps; step++)
        for (row = 0; row < batch; row++)
            t->ids[step * batch + row] = text[row * t->stream + step];
    return h;
}

/* A share of batch k = 0, 1, ...: its part of the gradient, and of the loss. Of
 * more batches than one in an iteration the second and later ones add. */
static inline double learn_batch(training *t, int share, size_t k)
{
    const settings *s = t->s;
    rnn_work *w = &t->work;
    rnn_real *h = take_batch(t, share, k);
    rnn_seq seq = carry_on(t->net, s->steps, t->batch, t->ids, h,
                           h + t->plan.sizes.state);
    rnn_loss how = {0};
    rnn_flow flow = {0};
    rnn_real mean = 0;
    rnn_status status;

    seq.seed[0] = (uint32_t)s->o.seed; /* should the model have dropout */
    seq.first_step = (uint32_t)k * (uint32_t)s->steps;
    seq.first_row = (uint32_t)share * (uint32_t)t->batch;
    check(rnn_forward(&t->plan, w, &seq), &w->why, "forward");
    how.values = t->losses;
    how.values_len = seq.targets_len;
    if (s->accumulate > 1 || s->shares > 1)
        how.n =
            (rnn_real)s->accumulate * (rnn_real)s->batch * (rnn_real)s->steps;
    status =
        rnn_cross_entropy(&t->plan, w, &seq, t->ids + t->batch, &how, &mean);
    if (status != RNN_E_NOT_FINITE)
        check(status, &w->why, "the loss");
    flow.accumulate = k % (size_t)s->accumulate > 0;
    check(rnn_backward(&t->plan, w, &seq, &flow), &w->why, "backward");
    return (double)mean;
}

/* The gradient of so many shares, a power of 2, of iteration k into `to`: the
 * sum of that of either half, and so on down. Behind `to` is room for one more
 * a level. */
static inline void learn_shares(training *t, int k, int first, int count,
                                rnn_real *to)
{
    const size_t n = (size_t)t->s->accumulate, len = t->work.grads_len;
    size_t i;

    if (count > 1) {
        learn_shares(t, k, first, count / 2, to);
        learn_shares(t, k, first + count / 2, count / 2, to + len);
        team_add(to, to + len, len);
        return;
    }
    t->work.grads = to;
    t->told[first] = 0;
    for (i = 0; i < n; i++)
        t->told[first] += learn_batch(t, first, ((size_t)k - 1) * n + i);
}

/* The gradient of iteration k, in all processes; returns its loss. */
static inline double learn_team(training *t, int k)
{
    const int own = t->s->shares / team.count;
    const double begin = seconds();
    double loss = 0;
    int i;

    learn_shares(t, k, team.rank * own, own, t->sums);
    t->spent[0] += seconds() - begin;
    t->work.grads = t->sums;
    team_share(t->told, (size_t)own * sizeof *t->told);
    for (i = 0; i < t->s->shares; i++)
        loss += t->told[i];
    team_sum(t->sums, t->work.grads_len, t->sums + t->work.grads_len);
    t->spent[1] += seconds() - begin;
    return loss;
}

/* The mean of about the last n weights: of all, as long as there are fewer. */
static inline void average(rnn_real *mean, const rnn_real *now, size_t count,
                           int n, int iteration)
{
    const rnn_real share = 1 / (rnn_real)(iteration < n ? iteration : n);
    size_t i;

    for (i = 0; i < count; i++)
        mean[i] += share * (now[i] - mean[i]);
}

/* Iteration k = 1, 2, ...; returns its loss, of the weights before it. */
static inline double update(training *t, int k, double *norm)
{
    const settings *s = t->s;
    const double begin = seconds(), loss = learn_team(t, k);
    rnn_work *w = &t->work;
    rnn_real length = 0;

    if (k == 1)
        t->first = loss;
    if (!(loss <= 3 * t->first))
        explode(t, k, "loss", loss);
    if (rnn_clip_grad_norm(w->grads, w->grads_len, (rnn_real)s->clip, &length,
                           w->run))
        explode(t, k, "gradient's norm", (double)length);
    check(
        rnn_schedule_lr(&t->schedule, (uint32_t)k - 1, &t->optimizer.lr, &why),
        &why, "the schedule");
    check(rnn_optimizer_step(&t->optimizer, &t->plan, w), &w->why,
          "the optimiser");
    if (s->average)
        average(t->net->work.params, w->params, w->params_len, s->average, k);
    t->spent[2] += seconds() - begin;
    *norm = (double)length;
    return loss;
}

/* --minutes: iterations are tried for some seconds, on copies, and a part of a
 * validation; then it is known how many there will be, once and for all. */
static inline void set_iterations(training *t, double begun)
{
    settings *s = t->s;
    const size_t n = t->work.params_len;
    const size_t states = (size_t)s->shares * 2 * t->plan.sizes.state;
    const int average_too = s->average;
    const double least = s->minutes * 0.6 < 1 ? s->minutes * 0.6 : 1;
    rnn_real *copy = reals(n);
    const rnn_optimizer optimizer = t->optimizer;
    const size_t part = t->held_count < 2000 ? t->held_count : 2000;
    double norm, begin, one, valid;
    int tried = 0;

    memcpy(copy, t->work.params, n * sizeof *copy);
    t->schedule.base = (rnn_real)(s->lr * 1e-6);
    s->average = 0; /* its time is that of a sum, and its mean begins later */
    update(t, 1, &norm);
    begin = team_seconds();
    for (one = 0; one < least || tried < 3; one = team_seconds() - begin)
        update(t, 1 + ++tried, &norm);
    one /= tried;
    s->average = average_too;
    begin = seconds();
    (void)mean_loss(t->net, t->held, part);
    valid = (seconds() - begin) * (double)t->held_count / (double)part;
    memcpy(t->work.params, copy, n * sizeof *copy);
    memset(t->h, 0, states * sizeof *copy);
    t->optimizer = optimizer;
    one += valid / (s->validate_every ? s->validate_every : 500);
    norm = (60 * s->minutes - (seconds() - begun) - 3 * valid) / one;
    s->o.iterations = norm < 1 ? 1 : norm > 2e9 ? 2000000000 : (int)norm;
    team_tell(&s->o.iterations, sizeof s->o.iterations);
    printf("%g minutes are about %d iterations\n", s->minutes, s->o.iterations);
}

/* ---- validation ---------------------------------------------------------- */

/* Of the weights that learn, and, with --average, of their mean. */
typedef struct measures {
    double last, mean;
} measures;

static inline void swap_weights(training *t)
{
    rnn_real *one = t->work.params, *other = t->net->work.params, kept_one;
    size_t i;

    for (i = 0; i < t->work.params_len; i++) {
        kept_one = one[i];
        one[i] = other[i];
        other[i] = kept_one;
    }
}

/* One process measures, and all know. */
static inline measures validate(training *t, int iteration)
{
    measures m = {0, 0};

    if (team.rank == 0) {
        if (t->s->average)
            swap_weights(t);
        m.last = m.mean = mean_loss(t->net, t->held, t->held_count);
        if (t->s->average) {
            swap_weights(t);
            m.mean = mean_loss(t->net, t->held, t->held_count);
        }
    }
    team_tell(&m, sizeof m);
    if (!(m.last <= t->limit || m.last <= 3 * t->first))
        explode(t, iteration, "validation loss", m.last);
    return m;
}

#endif
