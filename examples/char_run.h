/* char_run.h: what a run of char_rnn keeps, and how it goes on from that.
 *
 * All that later losses depend on is: the weights; the optimiser's moments; the
 * states h and c that the rows carry along, share by share; and the number of
 * iterations done, of which the learning rate, the place in the text and
 * dropout's chance are functions. It is in FILE.run, beside the FILE of --save
 * that others read: a model alone, as PyTorch or firmware wants it, and with
 * --keep best one of another iteration. FILE is written first: if the program
 * dies between the two, the run goes on from the older state and writes the
 * same FILE again. */
#ifndef CHAR_RUN_H
#define CHAR_RUN_H

#include "char_training.h"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif

/* ---- what is written ----------------------------------------------------- */

/* A name that cannot be written shows now, not after hours. */
static inline void try_path(const char *path)
{
    char beside[1024];
#ifdef S_ISREG
    struct stat there;

    /* to be replaced is not what a device is for */
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        die("%s: not an ordinary file, --save would replace it", path);
#endif
    if (strlen(path) + 9 > sizeof beside)
        die("%s: too long a name", path);
    sprintf(beside, "%s.tmp", path); /* by way of which it is replaced */
    fclose(open_file(beside, "wb"));
    remove(beside);
}

/* All that a later process needs, but the weights. */
static inline void list_run(training *t)
{
    const kept own[] = {
        {"run.state", KEPT_REALS, t->h,
         (size_t)t->s->shares * 2 * t->plan.sizes.state},
        {"run.step", KEPT_32, &t->optimizer.step, 1},
        {"run.keeps", KEPT_32, &t->optimizer.keeps, 1},
        {"run.bias1", KEPT_REALS, &t->optimizer.bias1, 1},
        {"run.bias2", KEPT_REALS, &t->optimizer.bias2, 1},
        {"run.text", KEPT_64, t->text_is, 2},
        {"run.iteration", KEPT_32, &t->done, 1},
        {"run.saved", KEPT_32, &t->saved, 1},
        {"run.measured", KEPT_32, &t->measured, 1},
        {"run.worse", KEPT_32, &t->worse, 1},
        {"run.best", KEPT_64, &t->best, 1},
        {"run.first", KEPT_64, &t->first, 1},
        {"curve.learnt", KEPT_64, t->seen.learnt, CURVE},
        {"curve.sum", KEPT_64, &t->seen.sum, 1},
        {"curve.count", KEPT_32, &t->seen.count, 1},
        {"curve.width", KEPT_32, &t->seen.width, 1},
        {"curve.since", KEPT_32, &t->seen.since, 1},
        {"curve.at", KEPT_32, t->seen.at, CURVE},
        {"curve.measured", KEPT_64, t->seen.measured, CURVE},
        {"curve.points", KEPT_32, &t->seen.points, 1}};
    kept *k = t->list;

    memcpy(k, own, sizeof own);
    k += sizeof own / sizeof *own;
    if (t->work.moments_len > 0) {
        k->name = "run.moments";
        k->kind = KEPT_REALS;
        k->value = t->work.moments;
        k++->count = t->work.moments_len;
    }
    if (t->s->average) {
        k->name = "run.average";
        k->kind = KEPT_REALS;
        k->value = t->net->work.params;
        k++->count = t->net->work.params_len;
    }
    k->name = NULL;
}

/* After list_run, and with the settings as they stay. */
static inline void open_files(training *t)
{
    static const kept none = KEPT_END;
    const stream *net = t->net;
    const alphabet *a = &net->letters;
    kept *k = t->list;

    t->run_path = (char *)zeros(strlen(t->s->save) + 5, 1);
    sprintf(t->run_path, "%s.run", t->s->save);
    try_path(t->s->save);
    try_path(t->run_path);
    while (k->name)
        k++;
    keep_options(t->s, free_options, keep_options(t->s, fixed_options, k));
    t->model_file =
        open_keeper(&net->plan.model, net->work.params, net->work.params_len,
                    a->spelled, a->spelled_len, &none);
    t->run_file =
        open_keeper(&net->plan.model, t->work.params, t->work.params_len,
                    a->spelled, a->spelled_len, t->list);
}

/* ---- the log ------------------------------------------------------------- */

/* The number at the beginning of a line; 0: there is none. */
static inline long line_number(const char *line)
{
    return *line >= '0' && *line <= '9' ? strtol(line, NULL, 10) : 0;
}

/* The log of a run that goes on: what lies behind the checkpoint happens once
 * more, and a validation that was not due will not have been. */
static inline FILE *cut_log(const training *t, const char *path)
{
    FILE *old = try_open(path, "rb");
    unsigned char *bytes;
    char *text, *at, *end;
    size_t len;
    long first;
    int tabs, n = 0;

    if (!old || fgetc(old) == EOF) {
        if (old)
            fclose(old);
        return open_file(path, "wb");
    }
    fclose(old);
    bytes = read_file(path, &len);
    text = (char *)zeros(len + 2, 1);
    memcpy(text, bytes, len);
    free(bytes);
    for (at = text; (end = strchr(at, '\n')) != NULL && line_number(at) > 0 &&
                    line_number(at) <= t->done;
         at = end + 1) {
        if (n && line_number(at) != n + 1)
            break;
        n = (int)line_number(at);
        if (n == t->done && !t->measured) {
            for (tabs = 0; tabs < 3 && at < end; at++)
                tabs += *at == '\t';
            if (tabs == 3) {
                at[-1] = '\n';
                break;
            }
        }
    }
    first = line_number(text); /* it may have begun with the last checkpoint */
    if (first == 0 || (first != t->done + 1L && n != t->done))
        die("%s: not the log of this run, whose iteration %d is not there; "
            "--log FILE names another",
            path, t->done);
    if (!replace_file(path, text, (size_t)(at - text)))
        die("%s: not written: %s", path, strerror(errno));
    return open_file(path, "ab");
}

static inline void write_log(training *t, double loss, double norm,
                             const measures *m)
{
    if (!t->log)
        return;
    fprintf(t->log, "%d\t%.9g\t%.9g", t->done, loss, norm);
    if (m)
        fprintf(t->log, "\t%.9g", m->last);
    if (m && t->s->average)
        fprintf(t->log, "\t%.9g", m->mean);
    fputc('\n', t->log);
}

/* ---- going on ------------------------------------------------------------ */

/* A file that is read once, and where it is. */
typedef struct source {
    const char *path;
    unsigned char *bytes;
    size_t len;
} source;

static inline source open_source(const char *path)
{
    source from = {NULL, NULL, 0};

    from.path = path;
    if (path)
        from.bytes = read_file(path, &from.len);
    return from;
}

/* --resume FILE: the settings of the run that FILE.run keeps. */
static inline source open_run(settings *s)
{
    const size_t n = strlen(s->resume);
    const int is_run = n > 4 && strcmp(s->resume + n - 4, ".run") == 0;
    char *path = (char *)zeros(n + 5, 1), *file = (char *)zeros(n + 1, 1);
    source from;
    rnn_st st;

    sprintf(path, is_run ? "%s" : "%s.run", s->resume);
    from = open_source(path);
    check(rnn_st_open(from.bytes, from.len, &st, &why), &why, path);
    resume_settings(s, &st, path);
    memcpy(file, s->resume, is_run ? n - 4 : n);
    s->save = file;
    return from;
}

/* It must be the text of the run: then places in it mean the same. */
static inline void check_text(const training *t, const source *run,
                              const source *text)
{
    uint64_t was[2];
    const kept list[] = {{"run.text", KEPT_64, was, 2}, KEPT_END};
    rnn_st st;

    check(rnn_st_open(run->bytes, run->len, &st, &why), &why, run->path);
    read_kept(&st, run->path, list);
    if (was[0] != t->text_is[0])
        die("%s: not the text of the run of %s: %.0f bytes, there %.0f",
            text->path, run->path, (double)t->text_is[0], (double)was[0]);
    if (was[1] != t->text_is[1])
        die("%s: not the text of the run of %s: as long, but not the same",
            text->path, run->path);
}

/* What was listed, and whether it can be. */
static inline void restore(training *t, const source *run)
{
    const history *h = &t->seen;
    rnn_st st;

    check(rnn_st_open(run->bytes, run->len, &st, &why), &why, run->path);
    read_kept(&st, run->path, t->list);
    if (t->done < 0 || h->count < 0 || h->count >= CURVE || h->points < 0 ||
        h->points > CURVE || h->width < 0 || h->since < 0 || t->worse < 0)
        die("%s: its numbers are not those of a run", run->path);
    printf("goes on after iteration %d of %d\n", t->done, t->s->o.iterations);
}

#endif
