/* Beam search, on small vocabularies: what it finds is what its definition
 * says, computed in double over all paths; width 1 is greedy; a row's sequences
 * depend neither on the batch nor on the kernel. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "job_make.h"

enum { LONGEST = 5, PATHS = 300, MOST = 4, LARGEST = 4096 };

typedef struct path {
    int tokens[LONGEST], n, ended, taken;
    double p, score;
} path;

typedef struct beams {
    int *ids, *counts;
    rnn_real *scores;
} beams;

static void run_beam(const job *j, int kernel, const rnn_writing *d, beams *o)
{
    const size_t best = (size_t)(d->best ? d->best : 1);
    rnn_writing said = *d;
    how w = some_how();
    results r;
    stream s;

    memset(&r, 0, sizeof r);
    w.kernel = kernel;
    w.dirty = w.alias = 0;
    w.more = test_below(2);
    open_stream_of(j, &w, &r, &s, j->B * (size_t)d->width,
                   d->max_tokens + (d->max_tokens ? test_below(2) : 1));
    o->ids = test_ids(j->B * best * (size_t)d->max_tokens, 1);
    o->counts = test_ids(j->B * best, 1);
    o->scores = zeros(j->B * best);
    say_writing(&said, s.h, s.c, o->ids, o->counts, NULL);
    if (s.net.sizes.ints && !w.more) {
        s.work.ints_len = 3;
        short_by_one(j,
                     rnn_beam_search(&s.net, &s.work, &said, s.h, s.c, o->ids,
                                     o->counts, o->scores),
                     "ints");
        s.work.ints_len = s.net.sizes.ints;
    }
    MUST_OK(rnn_beam_search(&s.net, &s.work, &said, s.h, s.c, o->ids, o->counts,
                            o->scores));
}

/* log p of every token after those of a path, of row b of the source. */
static void log_p(const job *j, stream *s, int b, int begin, const path *a,
                  double *p)
{
    static rnn_real h[LARGEST], c[LARGEST], y[MOST];
    double sum = 0, max;
    turn q = open_turn(j, s, y);
    size_t i;

    MUST(j->L[0] * j->H[0] <= LARGEST && j->O <= MOST, "states too large");
    copy_row(j, h, 1, 0, s->h, j->B, (size_t)b);
    copy_row(j, c, 1, 0, s->c, j->B, (size_t)b);
    q.rows = 1;
    q.from = &b;
    q.h = h;
    q.c = c;
    for (q.t = 0; q.t <= a->n; q.t++) {
        q.ids = q.t ? &a->tokens[q.t - 1] : &begin;
        MUST_OK(call_step(s, &q));
    }
    max = (double)y[greatest(y, j->O)];
    for (i = 0; i < j->O; i++)
        sum += exp((double)y[i] - max);
    for (i = 0; i < j->O; i++)
        p[i] = (double)y[i] - max - log(sum);
}

static int by_p(const void *a, const void *b)
{
    const double p = ((const path *)a)->p, q = ((const path *)b)->p;
    return (p < q) - (p > q);
}

static int by_score(const void *a, const void *b)
{
    const double p = ((const path *)a)->score, q = ((const path *)b)->score;
    return (p < q) - (p > q);
}

/* Beam search by definition, in double: the finished paths, best first, in
 * done; how many. *gap: by how much the nearest choice was made. */
static int search(const job *j, stream *s, int b, const rnn_writing *d,
                  path *done, double *gap)
{
    static path live[PATHS], next[PATHS];
    int n = 0, alive = d->max_tokens > 0, t, i, k;
    double p[MOST];

    memset(live, 0, sizeof *live);
    *gap = 1;
    if (!alive) {
        memset(done, 0, sizeof *done);
        return 1;
    }
    for (t = 0; t < d->max_tokens && alive; t++) {
        const int room = d->width - n;
        int count = 0;
        for (i = 0; i < alive; i++) {
            log_p(j, s, b, d->begin, &live[i], p);
            for (k = 0; k < (int)j->O; k++) {
                path *to = &next[count];
                if (k == d->end && t < d->min_tokens)
                    continue;
                *to = live[i];
                to->p += p[k];
                to->ended = k == d->end;
                if (!to->ended)
                    to->tokens[to->n++] = k;
                count++;
                MUST(count < PATHS, "too many paths");
            }
        }
        qsort(next, (size_t)count, sizeof *next, by_p);
        if (count > room && room > 0 && next[room - 1].p - next[room].p < *gap)
            *gap = next[room - 1].p - next[room].p;
        for (alive = i = 0; i < count && i < room; i++)
            if (next[i].ended || t + 1 == d->max_tokens)
                done[n++] = next[i];
            else
                live[alive++] = next[i];
    }
    for (i = 0; i < n; i++)
        done[i].score =
            done[i].p / pow(done[i].n + done[i].ended, (double)d->length_power);
    qsort(done, (size_t)n, sizeof *done, by_score);
    return n;
}

/* The sequences of row b are those of the search, best first. */
static void check_found(const job *j, const rnn_writing *d, int b,
                        const beams *o, path *done, int n)
{
    const int best = d->best ? d->best : 1;
    int r, i, k, bad = 0;

    for (r = 0; r < best; r++) {
        const int out = b * best + r, count = o->counts[out];
        const int *ids = o->ids + out * d->max_tokens;
        if (r >= n) {
            bad += count != -1;
            continue;
        }
        for (i = 0; i < n; i++) {
            for (k = 0;
                 k < count && done[i].n == count && done[i].tokens[k] == ids[k];
                 k++)
                ;
            if (k == count && done[i].n == count && !done[i].taken)
                break;
        }
        if (i == n) {
            bad++;
            continue;
        }
        done[i].taken = 1;
        bad += !(fabs(done[i].score - (double)o->scores[out]) <
                 1e-4 * (1 + fabs(done[i].score)));
        bad += !(fabs(done[r].score - (double)o->scores[out]) <
                 1e-4 * (1 + fabs(done[r].score)));
        bad += r > 0 && !(o->scores[out] <= o->scores[out - 1]);
    }
    CHECK(bad == 0,
          "beam of row %d: width %d best %d of %d, steps %d to %d, "
          "end %d, power %g; %s",
          b, d->width, best, n, d->min_tokens, d->max_tokens, d->end,
          (double)d->length_power, describe(j));
}

/* All that a row found, as in the whole batch; so too on any kernel. */
static void check_alike(const job *j, const rnn_writing *d, const beams *o,
                        size_t b, const beams *p, size_t k, const char *what)
{
    const size_t best = (size_t)(d->best ? d->best : 1);
    const size_t max = (size_t)d->max_tokens;
    size_t r, bad = 0;

    for (r = 0; r < best; r++) {
        const int n = o->counts[b * best + r];
        bad += n != p->counts[k * best + r] ||
               !same(o->scores + b * best + r, p->scores + k * best + r, 1);
        if (n > 0)
            bad += memcmp(o->ids + (b * best + r) * max,
                          p->ids + (k * best + r) * max,
                          (size_t)n * sizeof *o->ids) != 0;
    }
    CHECK(bad == 0, "beam, %s; %s", what, describe(j));
}

/* Width 1 is greedy. */
static void check_narrow(const job *j, const rnn_writing *whole)
{
    rnn_writing d = *whole;
    const size_t n = (size_t)d.max_tokens;
    int *ids = test_ids(n * j->B, 1), *counts = test_ids(j->B, 1);
    size_t b, t, bad = 0;
    results r;
    stream s;
    beams o;

    d.width = 1;
    d.best = test_below(2);
    memset(&r, 0, sizeof r);
    open_stream(j, &plain, &r, &s);
    say_writing(&d, s.h, s.c, ids, counts, NULL);
    MUST_OK(rnn_generate(&s.net, &s.work, &d, s.h, s.c, ids, counts, NULL));
    run_beam(j, RNN_KERNEL_AUTO, &d, &o);
    for (b = 0; b < j->B; b++) {
        bad += counts[b] != o.counts[b];
        for (t = 0; counts[b] == o.counts[b] && (int)t < counts[b]; t++)
            bad += ids[t * j->B + b] != o.ids[b * n + t];
    }
    CHECK(bad == 0, "width 1 is not greedy; %s", describe(j));
}

static int beams_clear, beams_near; /* searches without, and with, near ties */

static void check_beam(int round)
{
    static const double powers[] = {0, 1, 0.6, 2};
    static path done[PATHS];
    job j, one;
    rnn_writing d;
    beams o, p;
    results r;
    stream s;
    int b, n, k;
    double gap;

    do {
        test_free();
        make_token_job(&j, 0, 1, 1.2);
    } while (j.O > MOST);
    make_writing(&j, &d);
    d.max_tokens = round % 16 ? 1 + test_below(j.O > 3 ? 4 : LONGEST) : 0;
    d.min_tokens = test_below(2) ? 0 : test_below(d.max_tokens + 1);
    d.length_power = (rnn_real)powers[round % 4];
    check_narrow(&j, &d);
    d.width = round % 3 ? 2 + test_below(7) : PATHS; /* or everything */
    d.best = test_below(3) ? 1 + test_below(d.width) : 0;
    run_beam(&j, RNN_KERNEL_PORTABLE, &d, &o);
    memset(&r, 0, sizeof r);
    open_stream(&j, &plain, &r, &s);
    for (b = 0; b < (int)j.B; b++) {
        n = search(&j, &s, b, &d, done, &gap);
        beams_clear += gap > 1e-4;
        beams_near += !(gap > 1e-4);
        if (gap > 1e-4)
            check_found(&j, &d, b, &o, done, n);
    }
    for (k = 1; k < kernel_count; k++) {
        run_beam(&j, kernels[k], &d, &p);
        for (b = 0; b < (int)j.B; b++)
            check_alike(&j, &d, &o, (size_t)b, &p, (size_t)b, "kernel");
    }
    for (b = 0; b < (int)j.B; b++) {
        take_rows(&j, &one, &b, 1, NULL);
        run_beam(&one, RNN_KERNEL_AUTO, &d, &p);
        check_alike(&j, &d, &o, (size_t)b, &p, 0, "row alone");
    }
}

int main(int argc, char **argv)
{
    int i;

    open_jobs(argc, argv);
    for (i = 0; i < 240; i++) {
        check_beam(i);
        test_free();
    }
    CHECK(beams_near < beams_clear / 4, "%d of %d beams are not compared",
          beams_near, beams_near + beams_clear);
    job_make_unused();
    return test_end();
}
