/* Faults that were found by using the library, and mistakes that it was blind
 * to: a function for each, with the right value, and with other inputs of the
 * same kind. Those of files are test_faults_files' and test_disk's; reasons,
 * test_why's. It runs in float alone.
 *
 *     test_faults [SEED]
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200112L
#endif
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "kinds.h"
#include "each.h"
#include "tidy.h"

#include <float.h>
#include <limits.h>
#if defined(__unix__)
#include <unistd.h>
#endif

static rnn_real infinity(void)
{
    return (rnn_real)HUGE_VAL;
}

static rnn_real not_a_number(void)
{
    return infinity() - infinity();
}

static int same(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}

/* ---- schedules ----------------------------------------------------------- */

/* As ReduceLROnPlateau means it, whatever the sign of metrics: better is what
 * is below the best by more than a part of its size. */
typedef struct plateau {
    double best, lr;
    int bad, cool;
} plateau;

static void plateau_step(plateau *p, const rnn_plateau *how, double metric)
{
    const double threshold = how->threshold > 0 ? (double)how->threshold : 1e-4;
    const double factor = how->factor > 0 ? (double)how->factor : 0.1;
    const double border = fabs(p->best) < HUGE_VAL
                              ? p->best - threshold * fabs(p->best)
                              : p->best;
    const double next = p->lr * factor > (double)how->least
                            ? p->lr * factor
                            : (double)how->least;

    p->bad = metric < border ? 0 : p->bad + 1;
    p->best = metric < border ? metric : p->best;
    if (p->cool > 0) {
        p->cool--;
        p->bad = 0;
    }
    if (p->bad <= how->patience)
        return;
    p->lr = p->lr - next > 1e-8 ? next : p->lr;
    p->cool = how->cooldown;
    p->bad = 0;
}

/* What lr is behind n metrics; as the reference has it at every one. */
static double plateau_of(const rnn_real *metric, int n, rnn_plateau how)
{
    plateau want = {HUGE_VAL, 0.1, 0, 0};
    rnn_real lr = (rnn_real)0.1;
    int i, bad = 0;

    for (i = 0; i < n; i++) {
        bad += rnn_plateau_step(&how, metric[i], &lr, NULL) != RNN_OK;
        plateau_step(&want, &how, (double)metric[i]);
        bad += !test_close((double)lr, want.lr, 1e-5, 0);
    }
    CHECK(!bad, "%d of %d metrics, patience %d, cooldown %d: %g, not %g", bad,
          n, how.patience, how.cooldown, (double)lr, want.lr);
    return (double)lr;
}

/* Metrics below 0, equal, NaN first, infinite. */
static void check_plateau(void)
{
    const rnn_real nan = not_a_number(), inf = infinity();
    const rnn_real odd[4] = {nan, inf, -inf, 0};
    rnn_real down[8], worse[4] = {-10, (rnn_real)-9.99999, (rnn_real)-9.9999,
                                  (rnn_real)-9.999};
    rnn_real first[7] = {0, 6, 5, 4, 3, 2, 1}, m[40];
    rnn_plateau two = {0}, none = {0}, how;
    int i, k, sign;

    two.patience = 2;
    for (sign = -1; sign <= 1; sign++) {
        for (i = 0; i < 8; i++)
            down[i] = (rnn_real)sign;
        CHECK(test_close(plateau_of(down, 8, two), 0.001, 1e-5, 0),
              "%d eight times", sign);
    }
    CHECK(test_close(plateau_of(worse, 4, none), 1e-4, 1e-5, 0),
          "worse by a little");
    for (k = 0; k < 2; k++) {
        first[0] = odd[k];
        CHECK(test_close(plateau_of(first, 7, none), 0.01, 1e-5, 0),
              "%g is no best", (double)odd[k]);
    }
    for (k = 0; k < 3000; k++) {
        memset(&how, 0, sizeof how);
        how.patience = test_below(4);
        how.cooldown = test_below(3);
        how.factor = (rnn_real)(test_below(2) * 0.5);
        how.least = (rnn_real)(test_below(2) * 0.003);
        sign = test_below(3) - 1;
        for (i = 0; i < 40; i++)
            m[i] = test_below(12)
                       ? (rnn_real)(test_below(21) * 0.5 + 10 * sign - 5)
                       : odd[test_below(4)];
        (void)plateau_of(m, 40, how);
    }
}

/* Numbers that no schedule can have: nothing is written. */
static void check_schedules(void)
{
    const rnn_real bad[4] = {not_a_number(), infinity(), -infinity(), -1};
    int k, i;

    for (k = 0; k < 4; k++) {
        for (i = 0; i < 3; i++) {
            rnn_schedule s = {RNN_SCHEDULE_COSINE, 1, 0, 0, 0, 5};
            rnn_real lr = 7;
            *(i == 0 ? &s.base : i == 1 ? &s.gamma : &s.least) = bad[k];
            CHECK(rnn_schedule_lr(&s, 2, &lr, NULL) == RNN_E_ARG && lr == 7,
                  "schedule %d, %d", k, i);
        }
        for (i = 0; i < 4; i++) {
            rnn_plateau p = {0}, old;
            rnn_real lr = 7;
            *(i == 0   ? &p.factor
              : i == 1 ? &p.threshold
              : i == 2 ? &p.least
                       : &lr) = bad[k];
            old = p;
            CHECK(rnn_plateau_step(&p, 1, &lr, NULL) == RNN_E_ARG &&
                      (i == 3 || lr == 7) && same(&p, &old, sizeof p),
                  "plateau %d, %d", k, i);
        }
    }
}

/* ---- a model that writes, and in which tokens can be forbidden ----------- */

enum { SOURCES = 2, STEPS = 2, LONGEST = 4, WIDEST = 40, VOCABULARY = 6 };

typedef struct writer {
    rnn_model model;
    rnn_net net;
    rnn_work work;
    rnn_seq source;
    rnn_writing how;
    rnn_real *h, *c, scores[SOURCES * WIDEST];
    int ids[SOURCES * WIDEST * LONGEST], counts[SOURCES * WIDEST];
} writer;

/* A decoder (or a stream) of these cells over V tokens, ready to write. */
static writer *open_writer(int cell, int V, int decoder)
{
    const rnn_most most = {STEPS, SOURCES, STEPS, SOURCES * WIDEST, LONGEST,
                           0, 0, RNN_PACK_FLOAT, 0};
    writer *w = (writer *)test_memory(sizeof *w);
    rnn_rng rng;

    w->model.wiring = decoder ? RNN_WIRING_N_TO_M : RNN_WIRING_N_TO_N;
    w->model.cell = (rnn_cell)cell;
    w->model.input = RNN_INPUT_ONE_HOT;
    w->model.input_size = w->model.output_size = V;
    w->model.hidden_size = 4;
    if (decoder) {
        w->model.target = RNN_INPUT_ONE_HOT;
        w->model.target_size = V;
    }
    MUST(!rnn_plan(&w->net, &w->model, &most), "plan");
    w->work.ints = (int *)test_memory(w->net.sizes.ints * sizeof(int));
    w->work.ints_len = w->net.sizes.ints;
    MUST(!rnn_bind(&w->net, &w->work, test_reals(w->net.sizes.all, 0),
                   w->net.sizes.all),
         "bind");
    rnn_rng_seed(&rng, (uint32_t)test_next());
    MUST(!rnn_init_params(&w->model, w->work.params, w->work.params_len, &rng,
                          NULL),
         "init");
    w->source.steps = STEPS;
    w->source.batch = SOURCES;
    w->source.ids = test_ids(STEPS * SOURCES, V);
    w->h = test_reals(SOURCES * WIDEST * 4, 0);
    w->c = test_reals(SOURCES * WIDEST * 4, 0);
    w->how.end = 1;
    w->how.rows = SOURCES;
    w->how.max_tokens = LONGEST;
    say_seq(&w->source, NULL, 1);
    w->source.state_len = w->how.state_len = SOURCES * WIDEST * 4;
    w->how.ids_len = sizeof w->ids / sizeof *w->ids;
    w->how.counts_len = sizeof w->counts / sizeof *w->counts;
    return w;
}

/* The head's bias of a token, which ends params. */
static rnn_real *bias_of(const writer *w, int token)
{
    return w->work.params + w->net.sizes.params - (size_t)w->model.output_size +
           token;
}

static rnn_status encode(writer *w)
{
    if (w->model.wiring == RNN_WIRING_N_TO_N)
        return RNN_OK;
    return rnn_encode(&w->net, &w->work, &w->source, w->h, w->c);
}

static rnn_status generate(writer *w)
{
    return rnn_generate(&w->net, &w->work, &w->how, w->h, w->c, w->ids,
                        w->counts, NULL);
}

static rnn_status beam(writer *w)
{
    return rnn_beam_search(&w->net, &w->work, &w->how, w->h, w->c, w->ids,
                           w->counts, w->scores);
}

/* ---- fewer results than were asked for ----------------------------------- */

/* One source's results: the first `possible` are allowed, differ, and come best
 * first; of the others there is none. */
static void check_results(const writer *w, int b, int possible)
{
    const int best = w->how.best;
    const int *counts = w->counts + b * best;
    const int *ids = w->ids + b * best * w->how.max_tokens;
    int i, j, k, bad = 0;

    for (i = 0; i < best && i < possible; i++) {
        const int *x = ids + i * w->how.max_tokens;
        bad += counts[i] < 0 || counts[i] > w->how.max_tokens;
        for (j = 0; j < counts[i]; j++)
            bad += x[j] == w->how.end || *bias_of(w, x[j]) < -1e30f;
        bad += !(w->scores[b * best + i] <= 0) ||
               !(w->scores[b * best + i] > -infinity());
        bad += i && w->scores[b * best + i] > w->scores[b * best + i - 1];
        for (k = 0; k < i; k++)
            bad +=
                counts[k] == counts[i] && same(ids + k * w->how.max_tokens, x,
                                               (size_t)counts[i] * sizeof *x);
    }
    for (; i < best; i++)
        bad += counts[i] != -1;
    CHECK(!bad, "%d of %d results", possible, best);
}

/* How many sequences of at most n tokens there are, out of so many. */
static int sequences(int tokens, int n, int most)
{
    int sum = 0, of_one = 1, i;

    for (i = 0; i < n && sum <= most; i++) {
        sum += of_one; /* those that end here */
        of_one *= tokens;
    }
    return sum + of_one;
}

/* All but `end` and some tokens are forbidden, as users ban <unk> and <pad>. */
static void check_few_beams(void)
{
    int round, v, left, width, tokens;

    for (round = 0; round < 300; round++) {
        const int V = 3 + test_below(VOCABULARY - 2);
        writer *w = open_writer(round % RNN_CELLS, V, 1);
        left = 1 + test_below(V - 1);
        for (v = 0; v < V; v++)
            if (v != 1 && v > left)
                *bias_of(w, v) = -infinity();
        for (tokens = 0, v = 0; v < V; v++)
            tokens += v != 1 && *bias_of(w, v) > -infinity();
        w->how.max_tokens = 1 + test_below(3);
        width = 1 + test_below(WIDEST);
        w->how.width = w->how.best = width;
        w->how.length_power = (rnn_real)(0.5 * test_below(3));
        v = sequences(tokens, w->how.max_tokens, 1000);
        MUST(!encode(w), "encode");
        CHECK(beam(w) == RNN_OK, "width %d of %d sequences", width, v);
        check_results(w, 0, v < width ? v : width);
        check_results(w, 1, v < width ? v : width);
        test_free();
    }
}

/* ---- nothing possible ---------------------------------------------------- */

/* n logits of which nothing can be taken: greedy, sampling and softmax. */
static void check_no_token(const rnn_real *x, int n, const char *what)
{
    rnn_real *work = test_reals((size_t)n, 0), *p = test_reals((size_t)n, 0);
    rnn_sampling how = {0, 0, 0};
    rnn_rng rng, before;
    int id = -7, k;

    rnn_rng_seed(&rng, 3);
    before = rng;
    CHECK(rnn_greedy(x, n, &id, NULL) == RNN_E_NOT_FINITE, "greedy: %s", what);
    for (k = 0; k < 8; k++) {
        how.temperature = (rnn_real)(k & 1);
        how.top_k = k & 1 ? k & 2 : 0;
        how.top_p = (rnn_real)(k & 1 && k & 4 ? 0.5 : 0);
        CHECK(rnn_sample(x, n, &how, &rng, work, &id, NULL) == RNN_E_NOT_FINITE,
              "sample %d: %s", k, what);
    }
    memset(p, MARK, (size_t)n * sizeof *p);
    CHECK(rnn_softmax(x, 1, n, p, NULL) == RNN_E_NOT_FINITE, "softmax: %s",
          what);
    CHECK(id == -7 && same(&rng, &before, sizeof rng) &&
              all_mark(p, (size_t)n * sizeof *p),
          "%s: nothing is written", what);
}

/* All -infinity, or a NaN anywhere, in vectors of every length. */
static void check_impossible_logits(void)
{
    int n, i, id;

    for (n = 1; n < 70; n++) {
        rnn_real *x = test_reals((size_t)n, 1);
        i = test_below(n);
        x[i] = not_a_number();
        check_no_token(x, n, "a NaN");
        for (i = 0; i < n; i++)
            x[i] = -infinity();
        check_no_token(x, n, "all -infinity");
        i = test_below(n);
        x[i] = -3e38f;
        CHECK(!rnn_greedy(x, n, &id, NULL) && id == i, "one that is possible");
        test_free();
    }
}

/* The same of what writes; of a NaN and of +infinity in beams, too. */
static void check_impossible_writing(void)
{
    rnn_sampling how = {1, 0, 0};
    rnn_rng rngs[SOURCES];
    int cell, v, width, k;

    for (k = 0; k < SOURCES; k++)
        rnn_rng_seed(&rngs[k], 1);
    for (cell = 0; cell < 2 * RNN_CELLS; cell++) {
        writer *w = open_writer(cell % RNN_CELLS, 5, cell >= RNN_CELLS);
        for (v = 0; v < 5; v++)
            *bias_of(w, v) = -infinity();
        for (k = 0; k < 2; k++) { /* then a NaN among them */
            MUST(!encode(w), "encode");
            w->how.sampling = NULL;
            CHECK(generate(w) == RNN_E_NOT_FINITE && !w->counts[0], "greedy");
            w->how.sampling = &how;
            w->how.rngs = rngs;
            CHECK(generate(w) == RNN_E_NOT_FINITE && !w->counts[0], "drawn");
            for (width = 1; width < 4 && w->net.sizes.ints; width++) {
                w->how.width = width;
                CHECK(beam(w) == RNN_E_NOT_FINITE, "width %d", width);
            }
            *bias_of(w, 3) = not_a_number();
        }
        test_free();
    }
}

/* Where `end` alone is possible, and comes too early. */
static void check_too_early(void)
{
    int v, width;
    writer *w = open_writer(RNN_CELL_GRU, 5, 1);

    for (v = 0; v < 5; v++)
        *bias_of(w, v) = v == 1 ? 0 : -infinity();
    MUST(!encode(w), "encode");
    for (width = 1; width < 4; width++) {
        w->how.width = w->how.best = width;
        w->how.min_tokens = 0;
        CHECK(!beam(w) && w->counts[0] == 0, "the empty sequence");
        check_results(w, 0, 1);
        w->how.min_tokens = 2;
        CHECK(beam(w) == RNN_E_NOT_FINITE, "none is long enough");
        CHECK(generate(w) == RNN_E_NOT_FINITE, "greedy does not end either");
    }
    test_free();
}

/* What is infinite wins, or is refused, in all of them alike. */
static void check_infinite_logit(void)
{
    const rnn_real x[3] = {0, infinity(), 1};
    rnn_sampling how = {1, 0, 0};
    rnn_rng rng;
    int id = -7;

    rnn_rng_seed(&rng, 3);
    CHECK(!rnn_greedy(x, 3, &id, NULL) && id == 1, "greedy");
    id = -7;
    CHECK(!rnn_sample(x, 3, &how, &rng, NULL, &id, NULL) && id == 1, "sample");
    {
        rnn_real p[3];
        const rnn_status st = rnn_softmax(x, 1, 3, p, NULL);
        CHECK(st == RNN_E_NOT_FINITE ||
                  (!st && p[0] == 0 && p[1] == 1 && p[2] == 0),
              "softmax of +infinity: %d, %g", (int)st, (double)p[1]);
    }
}

/* ---- numbers of a sampling and of a beam --------------------------------- */

static void check_sampling_numbers(void)
{
    const rnn_real bad[3] = {not_a_number(), infinity(), -1};
    const rnn_real x[4] = {1, 2, 3, 4};
    rnn_rng rng, before;
    rnn_real work[4];
    writer *w = open_writer(RNN_CELL_LSTM, 4, 1);
    int k, i, id = -7;

    rnn_rng_seed(&rng, 3);
    before = rng;
    MUST(!encode(w), "encode");
    w->how.width = 2;
    for (k = 0; k < 3; k++) {
        for (i = 0; i < 2; i++) {
            rnn_sampling how = {1, 0, 0};
            *(i ? &how.top_p : &how.temperature) = bad[k];
            CHECK(rnn_sample(x, 4, &how, &rng, work, &id, NULL) == RNN_E_ARG &&
                      id == -7 && same(&rng, &before, sizeof rng),
                  "sample %d, %d", k, i);
            w->how.sampling = &how;
            w->how.rngs = &rng;
            w->how.rows = 1;
            w->counts[0] = -9;
            CHECK(generate(w) == RNN_E_ARG && w->counts[0] == -9,
                  "generate %d, %d", k, i);
        }
        w->how.sampling = NULL;
        w->how.rows = 0;
        w->how.length_power = bad[k];
        CHECK(beam(w) == RNN_E_ARG && w->counts[0] == -9, "beam %d", k);
        w->how.length_power = 0;
    }
    CHECK(beam(w) == RNN_OK, "beam");
    test_free();
}

/* ---- top_k and top_p ----------------------------------------------------- */

static const rnn_real *by; /* what likelier sorts by */

/* The greater comes first, of equals the first. */
static int likelier(const void *a, const void *b)
{
    const int i = *(const int *)a, j = *(const int *)b;

    return by[i] > by[j] ? -1 : by[i] < by[j] ? 1 : i - j;
}

/* What a sampling keeps of n logits, by sorting them: keep[i]; or 0 where
 * rounding may decide. weight[i] is e^((x - max) / temperature). */
static int sorted_keep(const rnn_real *x, int n, const rnn_sampling *how,
                       const double *weight, int *order, int *keep)
{
    double sum = 0, part = 0, want;
    int i, count = how->top_k && how->top_k < n ? how->top_k : n;

    for (i = 0; i < n; i++) {
        order[i] = i;
        keep[i] = 0;
    }
    by = x;
    qsort(order, (size_t)n, sizeof *order, likelier);
    for (i = 0; i < count; i++)
        sum += weight[order[i]];
    want = how->top_p > 0 && how->top_p < 1 ? (double)how->top_p * sum : sum;
    for (i = 0; i < count && (i == 0 || want == sum || part < want); i++) {
        part += weight[order[i]];
        keep[order[i]] = 1;
        if (want < sum && fabs(part - want) < 2e-6 * sum)
            return 0;
    }
    return 1;
}

/* The token that u takes from what is kept, or -1 where rounding may decide. */
static int token_at(double u, int n, const double *weight, const int *keep,
                    double tolerance)
{
    double sum = 0, at = 0;
    int i;

    for (i = 0; i < n; i++)
        sum += keep[i] ? weight[i] : 0;
    u *= sum;
    for (i = 0; i < n; i++) {
        const double end = at + (keep[i] ? weight[i] : 0);
        if (end > u)
            return u - at < tolerance * sum || end - u < tolerance * sum ? -1
                                                                         : i;
        at = end;
    }
    return -1;
}

/* Draws of n logits against that: how many were compared. */
static int check_draws(const rnn_real *x, int n, rnn_sampling how, int draws)
{
    double *weight = (double *)test_memory((size_t)n * sizeof *weight);
    int *keep = test_ids((size_t)n, 1), *order = test_ids((size_t)n, 1);
    rnn_real *work = test_reals((size_t)n, 0), max = x[0];
    int i, id = -1, want, sure, bad = 0, compared = 0, alike = 1;
    rnn_rng rng, copy;

    rnn_rng_seed(&rng, (uint32_t)test_next());
    for (i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    for (i = 0; i < n; i++)
        weight[i] = exp(((double)x[i] - (double)max) / (double)how.temperature);
    for (i = 0; i < n; i++) /* then their sums are whole numbers */
        alike = alike && weight[i] == 1;
    sure = sorted_keep(x, n, &how, weight, order, keep);
    for (i = 0; i < draws && sure; i++) {
        copy = rng;
        want = token_at((double)rnn_uniform(&copy), n, weight, keep,
                        alike      ? 1e-7
                        : n < 2000 ? 2e-5
                                   : 1e-4);
        MUST(!rnn_sample(x, n, &how, &rng, work, &id, NULL), "sample");
        bad += id < 0 || id >= n || !keep[id] || (want >= 0 && id != want);
        compared += want >= 0;
    }
    CHECK(!bad, "%d of %d draws of %d: T %g, top_k %d, top_p %g", bad, draws, n,
          (double)how.temperature, how.top_k, (double)how.top_p);
    return compared;
}

/* Logits of a kind: all differ, few values, one value, sorted either way. */
static rnn_real *some_logits(int n, int kind_of)
{
    rnn_real *x = test_reals((size_t)n, 4);
    int i;

    for (i = 0; i < n; i++)
        x[i] = kind_of == 1   ? (rnn_real)test_below(9)
               : kind_of == 2 ? 1
               : kind_of == 3 ? (rnn_real)i * (rnn_real)1e-4
               : kind_of == 4 ? -(rnn_real)i * (rnn_real)1e-4
               : kind_of == 5 ? (rnn_real)(i % 7 ? -1e30 : test_below(3))
                              : x[i];
    return x;
}

/* top_k, top_p or both, of few tokens or of many, of logits of every kind. */
static void check_kept(void)
{
    static const int sizes[] = {1,  2,  3,   5,    16,   17,    33,
                                64, 65, 257, 1000, 4099, 32000, 50000};
    int s, k, c = 0, compared = 0;
    size_t i;

    for (i = 0; i < LEN(sizes); i++) {
        const int n = sizes[i], rounds = n < 2000 ? 144 : 18;
        for (s = 0; s < rounds; s++) {
            const rnn_real *x = some_logits(n, s % 6);
            const int few = test_below(2) && n > 40, cut = s / 6 % 3;
            rnn_sampling how;
            k = 1 + test_below(few ? 40 : n);
            how.temperature = (rnn_real)(test_below(2) ? 1 : 1e30);
            how.top_k = cut == 1 ? 0 : k;
            how.top_p = (rnn_real)(cut ? test_below(99) / 100. + 0.005 : 0);
            compared += check_draws(x, n, how, 30);
            c += 30;
            test_free();
        }
    }
    CHECK(compared > c / 2, "%d of %d draws were compared", compared, c);
}

/* ---- initialisers -------------------------------------------------------- */

/* Orthogonal at hidden size 1, on draws of which the first, the second ... is
 * exactly 0: each block is 1 or -1, times the gain. */
static void check_orthogonal(void)
{
    /* seeds, and which of their draws is 0: 512 of 2^32 are */
    static const uint32_t zeros[][2] = {
        {7, 240377}, {9, 352736}, {23, 762073}, {26, 80774}, {32, 534308},
        {68, 970651}, {102, 953919}, {116, 760885}, {130, 879207},
        {150, 433434}, {152, 390397}, {161, 248047}};
    rnn_real p[5];
    rnn_rng rng;
    size_t k;
    int gates, before, g, bad;

    for (k = 0; k < LEN(zeros); k++)
        for (gates = 1; gates < 5; gates++)
            for (before = 0; before < gates; before++) {
                rnn_tensor t = {"rnn.weight_hh_l0", 1, 1, 1, 1, 0, 1};
                t.rows = gates;
                t.size = (size_t)gates;
                t.transposed = before % 2;
                rnn_rng_seed(&rng, zeros[k][0]);
                rng.count[0] = zeros[k][1];
                MUST(rnn_normal(&rng) == 0, "a draw of 0");
                rng.count[0] = zeros[k][1] - (uint32_t)before;
                p[gates] = 77;
                CHECK(!rnn_init_tensor(&t, p, RNN_INIT_ORTHOGONAL,
                                       (rnn_real)-1.5, &rng, NULL),
                      "orthogonal");
                for (bad = 0, g = 0; g < gates; g++)
                    bad += p[g] * p[g] != (rnn_real)2.25;
                CHECK(!bad && p[gates] == 77, "seed %lu, %d gates: %g %g",
                      (unsigned long)zeros[k][0], gates, (double)p[0],
                      (double)p[gates - 1]);
            }
}

/* ---- gradients that are large, where small numbers are flushed to 0 ------ */

/* Bits 15 and 6 of MXCSR: what becomes subnormal is 0, what is subnormal is. */
static void flush(int how)
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_ia32_ldmxcsr(0x1f80u | (how & 1 ? 0x8000u : 0u) |
                           (how & 2 ? 0x40u : 0u));
#else
    (void)how;
#endif
}

/* The norm, and what is left behind clipping to 1. */
static void check_clipped(rnn_real greatest, int n, int how)
{
    rnn_real *g = test_reals((size_t)n, 3), norm = 0;
    double sum = 0, left = 0, root;
    rnn_status st;
    int i;

    g[test_below(n)] = greatest;
    for (i = 0; i < n; i++)
        sum += (double)g[i] * (double)g[i];
    root = sqrt(sum);
    flush(how);
    st = rnn_clip_grad_norm(g, (size_t)n, 1, &norm, NULL);
    flush(0);
    for (i = 0; i < n; i++)
        left += (double)g[i] * (double)g[i];
    CHECK(!st, "%g: %d", (double)greatest, (int)st);
    CHECK(test_close((double)norm, root, 1e-5, 0) ||
              (root > 3.402e38 && norm == infinity()),
          "norm %g, not %g", (double)norm, root);
    CHECK(test_close(sqrt(left), root < 1 ? root : 1, 2e-5, 0),
          "%g is left of %g, flushing %d", sqrt(left), root, how);
}

static void check_clip(void)
{
    static const double sizes[] = {1e-3,          3,
                                   1e20,          8.5e37,
                                   1.7e38,        1.7014118346046923e38,
                                   1.8e38,        3.4028234e38,
                                   -3.4028234e38, -1.7014118346046923e38};
    rnn_real g[3] = {1, 2, 3e37f}, norm;
    size_t k;
    int n, how;

    for (how = 0; how < 4; how++)
        for (k = 0; k < LEN(sizes); k++)
            for (n = 1; n < 50; n += 7) {
                check_clipped((rnn_real)sizes[k], n, how);
                test_free();
            }
    flush(1);
    CHECK(!rnn_clip_grad_max(g, 3, 2, &norm, NULL) && norm == 3e37f &&
              test_close((double)g[2], 2, 1e-5, 0),
          "clipped by the greatest");
    flush(0);
}

/* ---- optimisers ---------------------------------------------------------- */

enum { WEIGHTS = 37, ZERO_STEPS = 3000 };

/* A step, then so many in which the gradient is 0, on one kernel; 0 where the
 * machine has none. No moment is ever subnormal. */
static int steps_of_zero(rnn_optimizer o, rnn_kernel kernel, rnn_real *p,
                         rnn_real *m)
{
    rnn_run how = {0, 0, NULL, NULL, NULL};
    rnn_real g[WEIGHTS];
    size_t moments = 0;
    int i, t, bad = 0;

    how.kernel = kernel;
    MUST(!rnn_optimizer_moments(&o, &moments, NULL), "moments");
    for (i = 0; i < WEIGHTS; i++) {
        g[i] = (rnn_real)ldexp(i % 2 ? 1.5 : -1, -4 * i);
        p[i] = 1;
    }
    for (t = 0; t <= ZERO_STEPS; t++) {
        const rnn_status st =
            rnn_optimizer_step_array(&o, p, g, m, WEIGHTS, &how);
        if (st == RNN_E_UNSUPPORTED)
            return 0;
        bad += st != RNN_OK;
        for (i = 0; i < WEIGHTS; i++)
            g[i] = 0;
        for (i = 0; i < (int)moments * WEIGHTS; i++)
            bad += m[i] != 0 && fabs((double)m[i]) < FLT_MIN;
    }
    CHECK(!bad, "kind %d on kernel %d: %d", (int)o.kind, (int)kernel, bad);
    return 1;
}

/* Moments that vanish are 0, alike on all kernels, and what decays is gone. */
static void check_vanishing(const rnn_optimizer *o)
{
    rnn_real p[WEIGHTS], q[WEIGHTS], m[3 * WEIGHTS], n[3 * WEIGHTS];
    int kernel, kernels = 0, i, bad = 0;

    memset(m, 0, sizeof m);
    MUST(steps_of_zero(*o, RNN_KERNEL_AUTO, p, m), "no kernel");
    for (kernel = 1; kernel < RNN_KERNELS; kernel++) {
        memset(n, 0, sizeof n);
        if (!steps_of_zero(*o, (rnn_kernel)kernel, q, n))
            continue;
        kernels++;
        CHECK(same(p, q, sizeof p) && same(m, n, sizeof m),
              "kind %d: kernel %d has other bits", (int)o->kind, kernel);
    }
    CHECK(kernels > 0, "no kernel");
    for (i = 0; i < WEIGHTS && o->kind >= RNN_OPT_ADAM; i++) {
        const double v = ldexp(i % 2 ? 2.25e-3 : 1e-3, -8 * i) * 0.0497;
        bad += m[i] != 0; /* 0.9^3000 */
        bad += v < 0.9 * FLT_MIN ? m[WEIGHTS + i] != 0
                                 : v > 1.1 * FLT_MIN && !(m[WEIGHTS + i] > 0);
    }
    CHECK(!bad, "kind %d, amsgrad %d: %d moments", (int)o->kind, o->amsgrad,
          bad);
}

static void check_zero_gradients(void)
{
    rnn_optimizer o;
    int kind_of, more;

    for (kind_of = 0; kind_of < RNN_OPTIMIZERS; kind_of++)
        for (more = 0; more < 2; more++) {
            MUST(!rnn_optimizer_init(&o, (rnn_optimizer_kind)kind_of,
                                     (rnn_real)1e-3, NULL),
                 "init");
            o.amsgrad = more;
            o.centered = more;
            o.momentum = (rnn_real)(more ? 0.9 : 0);
            tidy_optimizer(&o);
            check_vanishing(&o);
        }
}

/* The bias correction of a constant gradient leaves lr itself, whatever beta2;
 * 1 - 0.999999 has few bits left in float, of both sides alike. */
static void check_bias(void)
{
    static const double betas[] = {0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999};
    rnn_real p, g, m[2];
    rnn_optimizer o;
    size_t k;
    int t;

    for (k = 0; k < LEN(betas); k++) {
        MUST(!rnn_optimizer_init(&o, RNN_OPT_ADAM, (rnn_real)0.125, NULL),
             "init");
        o.beta2 = (rnn_real)betas[k];
        p = 0;
        for (t = 1; t <= 200; t++) {
            g = (rnn_real)0.75;
            MUST(!rnn_optimizer_step_array(&o, &p, &g, m, 1, NULL), "step");
        }
        CHECK(test_close((double)p, -25, 2e-4, 0), "beta2 %g: %g", betas[k],
              (double)p);
    }
}

/* Switched on at step 2, another kind: a status, and nothing changes. */
static void check_switched(int kind_of, int what, int on)
{
    rnn_real p[3] = {1, 2, 3}, g[3] = {1, 1, 1}, m[9], q[3], n[9];
    rnn_optimizer o, old;

    memset(m, 0, sizeof m);
    MUST(!rnn_optimizer_init(&o, (rnn_optimizer_kind)kind_of, (rnn_real)0.1, NULL),
         "init");
    CHECK(!rnn_optimizer_step_array(&o, p, g, m, 3, NULL), "step 1");
    if (what == 0)
        o.momentum = (rnn_real)(on ? 0.9 : 0);
    else if (what == 1)
        o.amsgrad = on;
    else if (what == 2)
        o.centered = on;
    else
        o.kind = (rnn_optimizer_kind)((kind_of + on) % RNN_OPTIMIZERS);
    old = o;
    memcpy(q, p, sizeof q);
    memcpy(n, m, sizeof n);
    CHECK(rnn_optimizer_step_array(&o, p, g, m, 3, NULL) ==
                  (on ? RNN_E_ORDER : RNN_OK) &&
              (!on || (same(&o, &old, sizeof o) && same(p, q, sizeof p) &&
                       same(m, n, sizeof m))),
          "kind %d, %d is %d at step 2", kind_of, what, on);
    CHECK(rnn_optimizer_begin(&o, NULL) == (on ? RNN_E_ORDER : RNN_OK), "begin");
}

static void check_optimizer(void)
{
    rnn_real p[2] = {1, 2}, g[2] = {1, 1}, m[4] = {0, 0, 0, 0};
    rnn_optimizer zero;
    size_t count;
    int on, kind_of;

    for (on = 0; on < 2; on++) {
        check_switched(RNN_OPT_SGD, 0, on);
        check_switched(RNN_OPT_RMSPROP, 0, on);
        check_switched(RNN_OPT_RMSPROP, 2, on);
        check_switched(RNN_OPT_ADAM, 1, on);
        check_switched(RNN_OPT_ADAMW, 1, on);
    }
    for (kind_of = 0; kind_of < RNN_OPTIMIZERS; kind_of++)
        for (on = 0; on < RNN_OPTIMIZERS; on++)
            check_switched(kind_of, 3, on);
    memset(&zero, 0, sizeof zero);
    for (kind_of = 0; kind_of < RNN_OPTIMIZERS; kind_of++) {
        zero.kind = (rnn_optimizer_kind)kind_of;
        CHECK(rnn_optimizer_step_array(&zero, p, g, m, 2, NULL) ==
                      RNN_E_ORDER &&
                  rnn_optimizer_begin(&zero, NULL) == RNN_E_ORDER &&
                  rnn_optimizer_moments(&zero, &count, NULL) == RNN_E_ORDER &&
                  !zero.step && p[0] == 1,
              "kind %d, all zeros", kind_of);
    }
}

/* ---- passes, losses and gradients that do not belong together ------------ */

enum { T = 4, B = 3, CLASSES = 5 };

typedef struct job {
    rnn_model model;
    rnn_net net;
    rnn_work work;
    rnn_seq seq, source;
    int *targets, *own, lengths[B];
    unsigned char fresh[B];
} job;

/* One of four wirings of a cell, with dropout, bound for training. */
static job *open_job(int wiring, int cell)
{
    const rnn_most most = {T, B, T, 0, 0, 1, 2, RNN_PACK_FLOAT, 0};
    job *j = (job *)test_memory(sizeof *j);
    rnn_model *m = &j->model;
    rnn_rng rng;

    m->wiring = (rnn_wiring)wiring;
    m->cell = (rnn_cell)cell;
    m->input_size = m->hidden_size = 4;
    m->output_size = CLASSES;
    m->dropout_last = (rnn_real)0.25;
    if (wiring >= RNN_WIRING_1_TO_N) {
        m->target = RNN_INPUT_ONE_HOT;
        m->target_size = CLASSES;
    }
    MUST(!rnn_plan(&j->net, m, &most), "plan: %s", reason(&j->net.why));
    MUST(!rnn_bind(&j->net, &j->work, test_reals(j->net.sizes.all, 0),
                   j->net.sizes.all),
         "bind");
    rnn_rng_seed(&rng, (uint32_t)test_next());
    MUST(!rnn_init_params(m, j->work.params, j->work.params_len, &rng, NULL),
         "init");
    j->seq.steps = T;
    j->seq.batch = B;
    j->seq.x = test_reals(T * B * 4, 1);
    j->seq.ids = test_ids(T * B, CLASSES);
    j->seq.lengths = j->lengths;
    j->lengths[0] = T - 1;
    j->lengths[1] = 1;
    j->lengths[2] = T - 2;
    j->seq.source = &j->source;
    j->seq.seed[0] = 5;
    j->source.steps = wiring == RNN_WIRING_1_TO_N ? 1 : T;
    j->source.batch = B;
    j->source.x = test_reals(T * B * 4, 1);
    j->targets = test_ids(wiring == RNN_WIRING_N_TO_1 ? B : T * B, CLASSES);
    j->own = test_ids(T * B, 1);
    say_seq(&j->seq, j->targets, sizeof *j->targets);
    say_seq(&j->source, NULL, 1);
    j->seq.state_len = B * 4;
    j->seq.own_ids_len = T * B;
    return j;
}

static rnn_status forward(job *j)
{
    return rnn_forward(&j->net, &j->work, &j->seq);
}

static rnn_status loss(job *j, rnn_real *value)
{
    return rnn_cross_entropy(&j->net, &j->work, &j->seq, j->targets, NULL,
                             value);
}

static rnn_status backward(job *j)
{
    return rnn_backward(&j->net, &j->work, &j->seq, NULL);
}

/* Backward with something changed since forward: a status, and no gradient. */
static void check_changed(job *j, const char *what, rnn_status st)
{
    const size_t n = j->net.sizes.params * sizeof(rnn_real);

    CHECK(st == RNN_E_ORDER && all_mark(j->work.grads, n),
          "wiring %d, cell %d, %s: %d", (int)j->model.wiring,
          (int)j->model.cell, what, (int)st);
}

#define CHANGED(type, place, value)                                            \
    do {                                                                       \
        type old_ = place;                                                     \
        place = (type)(value);                                                 \
        check_changed(j, #place, backward(j));                                 \
        place = old_;                                                          \
    } while (0)

/* Each of what backward must find as forward has left it. */
static void check_changes(job *j)
{
    CHANGED(int, j->seq.steps, T - 1);
    j->source.batch = B - 1;
    CHANGED(int, j->seq.batch, B - 1);
    j->source.batch = B;
    CHANGED(uint32_t, j->seq.seed[0], 6);
    CHANGED(uint32_t, j->seq.seed[1], 1);
    CHANGED(uint32_t, j->seq.first_step, 1);
    CHANGED(uint32_t, j->seq.first_row, 1);
    CHANGED(int, j->lengths[1], 2);
    CHANGED(int, j->lengths[2], 0);
    CHANGED(const int *, j->seq.lengths, NULL);
    CHANGED(uint32_t, j->net.id, j->net.id ^ 1); /* a plan made anew */
    j->seq.step_stride = 1;                      /* batch-first */
    j->seq.row_stride = T;
    check_changed(j, "strides", backward(j));
    j->seq.step_stride = j->seq.row_stride = 0;
    j->fresh[1] = 1;
    j->seq.fresh = j->fresh;
    check_changed(j, "fresh", backward(j));
    j->seq.fresh = NULL;
    if (j->model.wiring == RNN_WIRING_N_TO_M) {
        j->seq.own_ids = j->own;
        CHANGED(rnn_real, j->seq.own_rate, 0.5);
        CHANGED(int, j->source.steps, T - 1);
        CHANGED(const int *, j->source.lengths, j->lengths);
    }
}

/* Backward behind an infer, with something changed, twice; each time what was
 * meant can then be done. */
static void check_backward(int wiring, int cell)
{
    job *j = open_job(wiring, cell);
    const size_t n = j->net.sizes.params * sizeof(rnn_real);
    rnn_real *right = test_reals(j->net.sizes.params, 0), value;

    memset(j->work.grads, MARK, n);
    check_changed(j, "nothing before", backward(j));
    MUST(!rnn_infer(&j->net, &j->work, &j->seq) && !loss(j, &value), "infer");
    check_changed(j, "infer in place of forward", backward(j));
    MUST(!forward(j) && !loss(j, &value), "forward");
    check_changes(j);
    CHECK(!backward(j), "as it was meant");
    memcpy(right, j->work.grads, n);
    memset(j->work.grads, MARK, n);
    check_changed(j, "backward twice", backward(j));
    MUST(!rnn_infer(&j->net, &j->work, &j->seq), "infer");
    check_changed(j, "infer after it", backward(j));
    MUST(!forward(j) && !loss(j, &value), "forward");
    CHECK(!backward(j) && same(right, j->work.grads, n),
          "gradients are not added to what was there");
    test_free();
}

/* A step of an optimiser wants gradients that are new; a mistake changes
 * nothing, and leaves them to the step that was meant. */
static void check_steps(int wiring, int cell)
{
    job *j = open_job(wiring, cell);
    const size_t n = j->net.sizes.params * sizeof(rnn_real);
    rnn_real *p = (rnn_real *)test_memory(n);
    rnn_flow frozen;
    rnn_optimizer o, old;
    rnn_real value;
    int k;

    memset(&frozen, 0, sizeof frozen);
    frozen.frozen = 1;
    MUST(!rnn_optimizer_init(&o, RNN_OPT_ADAM, (rnn_real)0.01, NULL), "init");
    old = o;
    memcpy(p, j->work.params, n);
    for (k = 0; k < 4; k++) { /* before backward; all that is not backward */
        CHECK(rnn_optimizer_step(&o, &j->net, &j->work) == RNN_E_ORDER &&
                  same(&o, &old, sizeof o) && same(p, j->work.params, n),
              "%d: a step without gradients", k);
        if (k == 0)
            MUST(!forward(j), "forward");
        else if (k == 1)
            MUST(!loss(j, &value), "loss");
        else if (k == 2)
            MUST(!rnn_backward(&j->net, &j->work, &j->seq, &frozen), "frozen");
    }
    MUST(!forward(j) && !loss(j, &value) && !backward(j), "backward");
    o.lr = not_a_number();
    CHECK(rnn_optimizer_step(&o, &j->net, &j->work) == RNN_E_ARG, "lr NaN");
    o.lr = old.lr;
    CHECK(!rnn_optimizer_step(&o, &j->net, &j->work), "a step");
    old = o;
    memcpy(p, j->work.params, n);
    CHECK(rnn_optimizer_step(&o, &j->net, &j->work) == RNN_E_ORDER &&
              same(&o, &old, sizeof o) && same(p, j->work.params, n),
          "two steps of one backward");
    test_free();
}

/* Rows by hand: those that count, in logits and targets of their own. */
static double loss_by_rows(const job *j, const int *targets)
{
    const int n_to_1 = j->model.wiring == RNN_WIRING_N_TO_1;
    rnn_real *x = test_reals(T * B * CLASSES, 0), value = 0;
    int *ids = test_ids(T * B, 1), t, b, n = 0;

    for (t = 0; t < (n_to_1 ? 1 : T); t++)
        for (b = 0; b < B; b++) {
            if (t >= j->lengths[b])
                continue;
            memcpy(x + n * CLASSES, j->work.logits + (t * B + b) * CLASSES,
                   CLASSES * sizeof *x);
            ids[n++] = targets[t * B + b];
        }
    MUST(!rnn_cross_entropy_rows(x, (size_t)n, CLASSES, ids, NULL, NULL, &value,
                                 NULL),
         "rows");
    return (double)value;
}

/* A loss is that of the rows there are: B of N vs 1; padding, whose targets may
 * be anything, leaves no trace; and none where all lengths are 0. */
static void check_loss(int wiring, int cell)
{
    job *j = open_job(wiring, cell);
    const int n_to_1 = wiring == RNN_WIRING_N_TO_1;
    rnn_loss how = {0};
    rnn_real value = 0;
    int t, b, k, bad = 0;

    for (t = 0; t < (n_to_1 ? 1 : T); t++)
        for (b = 0; b < B; b++)
            if (t >= j->lengths[b])
                j->targets[t * B + b] = -1 - test_below(9);
    MUST(!forward(j), "forward");
    CHECK(!loss(j, &value) &&
              test_close((double)value, loss_by_rows(j, j->targets), 1e-5, 0),
          "wiring %d, cell %d: loss %g", wiring, cell, (double)value);
    for (t = 0; t < (n_to_1 ? 1 : T); t++)
        for (b = 0; b < B; b++)
            for (k = 0; t >= j->lengths[b] && k < CLASSES; k++)
                bad += j->work.dlogits[(t * B + b) * CLASSES + k] != 0;
    CHECK(!bad, "padding has gradients");
    for (b = 0; b < B; b++)
        j->lengths[b] = 0;
    value = 7;
    CHECK(loss(j, &value) == RNN_E_LENGTH && value == 7, "all lengths 0");
    MUST(!forward(j), "forward of nothing");
    how.n = 2;
    CHECK(!rnn_cross_entropy(&j->net, &j->work, &j->seq, j->targets, &how,
                             &value) &&
              value == 0,
          "nothing, of a whole that is counted elsewhere");
    test_free();
}

/* The other two losses of no row. */
static void check_no_rows(void)
{
    job *j = open_job(RNN_WIRING_N_TO_N, RNN_CELL_GRU);
    const rnn_real *x = test_reals(T * B * CLASSES, 1);

    MUST(!forward(j), "forward");
    memset(j->lengths, 0, sizeof j->lengths);
    say_seq(&j->seq, x, sizeof *x);
    CHECK(rnn_squared_error(&j->net, &j->work, &j->seq, x, NULL, NULL) ==
                  RNN_E_LENGTH &&
              rnn_sigmoid_cross_entropy(&j->net, &j->work, &j->seq, x, NULL,
                                        NULL) == RNN_E_LENGTH,
          "all lengths 0");
    test_free();
}

/* Threads need no call of their own, for gradients or for writing: any number
 * of parts gives the bits of one. */
static void check_parts(int wiring, int cell)
{
    rnn_run run = {0, 1, each_shuffled, NULL, NULL};
    job *j = open_job(wiring, cell);
    const size_t n = j->net.sizes.params * sizeof(rnn_real);
    rnn_real *right = (rnn_real *)test_memory(n), value;
    writer *w = open_writer(cell, VOCABULARY, wiring >= RNN_WIRING_1_TO_N);
    int ids[SOURCES * LONGEST], parts;

    MUST(!forward(j) && !loss(j, &value) && !backward(j), "backward");
    memcpy(right, j->work.grads, n);
    w->how.end = -1;
    MUST(!encode(w) && !generate(w), "generate");
    memcpy(ids, w->ids, sizeof ids);
    for (parts = 2; parts < 9; parts += 3) {
        run.parts = parts;
        j->work.run = w->work.run = &run;
        MUST(!forward(j) && !loss(j, &value), "forward");
        CHECK(!backward(j) && same(right, j->work.grads, n), "%d parts", parts);
        memset(w->h, 0, SOURCES * 4 * sizeof *w->h);
        memset(w->c, 0, SOURCES * 4 * sizeof *w->c);
        MUST(!encode(w), "encode");
        CHECK(!generate(w) && same(ids, w->ids, sizeof ids),
              "written in %d parts", parts);
    }
    test_free();
}

static void check_passes(void)
{
    int wiring, cell;

    for (wiring = 0; wiring < RNN_WIRINGS; wiring++)
        for (cell = 0; cell < RNN_CELLS; cell++) {
            check_backward(wiring, cell);
            check_steps(wiring, cell);
            check_loss(wiring, cell);
            check_parts(wiring, cell);
        }
    check_no_rows();
}

/* c, of cells that have none. */
static void check_no_c(void)
{
    int cell, wiring;

    for (wiring = 0; wiring < RNN_WIRINGS; wiring++)
        for (cell = 0; cell < RNN_CELLS; cell++) {
            const rnn_status st = RNN_HAS_C(cell) ? RNN_OK : RNN_E_ARG;
            job *j = open_job(wiring, cell);
            rnn_flow flow;
            rnn_real value;
            memset(&flow, 0, sizeof flow);
            flow.state_len = B * 4;
            j->seq.c0 = test_reals(B * 4, 1);
            CHECK(forward(j) == st, "c0 of cell %d", cell);
            j->seq.c0 = NULL;
            j->seq.cn = test_reals(B * 4, 1);
            CHECK(rnn_infer(&j->net, &j->work, &j->seq) == st, "cn");
            j->seq.cn = NULL;
            MUST(!forward(j) && !loss(j, &value), "forward");
            flow.dcn = test_reals(B * 4, 1);
            if (st)
                CHECK(rnn_backward(&j->net, &j->work, &j->seq, &flow) == st,
                      "dcn");
            flow.dcn = NULL;
            flow.dc0 = test_reals(B * 4, 1);
            CHECK(rnn_backward(&j->net, &j->work, &j->seq, &flow) == st, "dc0");
            test_free();
        }
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
#if defined(__unix__)
    (void)alarm(300); /* clipping has once not come back */
#endif
    check_plateau();
    check_schedules();
    check_few_beams();
    check_impossible_logits();
    check_impossible_writing();
    check_too_early();
    check_infinite_logit();
    check_sampling_numbers();
    check_kept();
    check_orthogonal();
    check_clip();
    check_zero_gradients();
    check_bias();
    check_optimizer();
    check_passes();
    check_no_c();
    kinds_unused();
    return test_end();
}
