/* Softmax, greedy choice and sampling against plain versions in double; the
 * ends of their ranges; and rnn_generate against the loop that it stands for.
 * It runs in float and, for coverage, in double. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "each.h"

#include <math.h>

/* ---- softmax, greedy ----------------------------------------------------- */

/* Rows of probabilities: a sum of 1, the right parts, in place. */
static void check_softmax(double scale)
{
    enum { ROWS = 37, O = 19 };
    rnn_real *x = test_reals(ROWS * O, scale), *p = test_reals(ROWS * O, 0);
    rnn_real one = 0;
    rnn_run run = {0, 4, each_shuffled, NULL, NULL};
    const double near = 1e-6 + (scale < 1e6 ? 3e-7 * scale : 0);
    double sum, all, max;
    int i, j, bad = 0;

    CHECK(rnn_softmax(x, ROWS, O, p, NULL) == RNN_OK, "softmax");
    for (i = 0; i < ROWS; i++) {
        const rnn_real *a = x + i * O, *b = p + i * O;
        for (max = (double)a[0], j = 0; j < O; j++)
            max = (double)a[j] > max ? (double)a[j] : max;
        for (sum = 0, all = 0, j = 0; j < O; j++) {
            sum += exp((double)a[j] - max);
            all += (double)b[j];
        }
        bad += fabs(all - 1) > 1e-6;
        for (j = 0; j < O; j++)
            /* x - max itself is rounded */
            bad += !test_close((double)b[j], exp((double)a[j] - max) / sum,
                               near, 1e-38);
    }
    CHECK(!bad, "softmax at %g: %d", scale, bad);
    CHECK(rnn_softmax(x, ROWS, O, x, &run) == RNN_OK &&
              !memcmp(x, p, ROWS * O * sizeof *p),
          "softmax in place");
    CHECK(rnn_softmax(x, 1, 1, &one, NULL) == RNN_OK && one == 1, "of one");
    test_free();
}

static void check_greedy(void)
{
    const rnn_real inf = (rnn_real)HUGE_VAL;
    rnn_real x[70];
    int i, k, n, id, bad = 0;

    for (k = 0; k < 2000; k++) {
        n = 1 + test_below(70);
        for (i = 0; i < n; i++)
            x[i] = (rnn_real)(test_below(9) - 12) * (k % 2 ? 1e37f : 1);
        MUST(rnn_greedy(x, n, &id, NULL) == RNN_OK && id >= 0 && id < n,
             "greedy");
        for (i = 0; i < n; i++)
            bad += i < id ? x[i] >= x[id] : x[i] > x[id];
    }
    CHECK(!bad, "not the first of the greatest");
    for (i = 0; i < 70; i++)
        x[i] = -inf;
    CHECK(rnn_greedy(x, 70, &id, NULL) == RNN_E_NOT_FINITE, "all are masked");
    x[61] = -3e38f;
    CHECK(rnn_greedy(x, 70, &id, NULL) == RNN_OK && id == 61, "all but one");
    for (i = 0; i < 70; i++) {
        x[69] = i == 69 ? 0 : 3;
        x[i] = inf - inf;
        id = -7;
        bad += rnn_greedy(x, 70, &id, NULL) != RNN_E_NOT_FINITE || id != -7;
        x[i] = 1;
    }
    CHECK(!bad, "a NaN anywhere is seen, and no token is given");
}

/* ---- drawing ------------------------------------------------------------- */

/* Draws n times and compares with what is likely (0: must never come). */
static void check_draws(const rnn_real *x, int V, rnn_sampling how,
                        const double *want)
{
    enum { N = 20000 };
    rnn_real *work = test_reals((size_t)V, 0);
    int *count = test_ids((size_t)V, 1), i, id = -1;
    double chi = 0;
    rnn_rng rng;

    rnn_rng_seed(&rng, 12);
    for (i = 0; i < N; i++) {
        MUST(rnn_sample(x, V, &how, &rng, work, &id, NULL) == RNN_OK &&
                 id >= 0 && id < V,
             "sample");
        count[id]++;
    }
    for (i = 0; i < V; i++) {
        if (want[i] <= 0)
            CHECK(count[i] == 0, "token %d came %d times", i, count[i]);
        else
            chi += (count[i] - N * want[i]) * (count[i] - N * want[i]) /
                   (N * want[i]);
    }
    CHECK(chi < 4 * V + 20, "chi square %g of %d (T %g k %d p %g)", chi, V,
          (double)how.temperature, how.top_k, (double)how.top_p);
    test_free();
}

static void check_sampling(void)
{
    static const rnn_real x[20] = {1, 0, 2, 2, -1, 0.5f, 1.5f, -9, 2, 0,
                                   1, 0, 1, 1, -1, 0.5f, 1.5f, -9, 1, 0};
    rnn_real y[3] = {0, 0, 0}, nan;
    rnn_sampling how = {0, 0, 0};
    rnn_rng rng;
    double want[20], sum, at, p[20];
    int i, j, id = 7, k, rank[20];

    rnn_rng_seed(&rng, 1);
    CHECK(rnn_sample(x, 20, &how, &rng, NULL, &id, NULL) == RNN_OK && id == 2,
          "temperature 0 takes the first of the greatest, not %d", id);
    for (i = 0; i < 20; i++) /* how many are likelier: ties by index */
        for (rank[i] = 0, j = 0; j < 20; j++)
            rank[i] += x[j] > x[i] || (x[j] == x[i] && j < i);
    for (k = 0; k < 12; k++) {
        static const double T[3] = {0.5, 1, 2};
        how.temperature = (rnn_real)T[k % 3];
        how.top_k = k / 3 == 1 ? 5 : k / 3 == 3 ? 6 : 0;
        how.top_p = k / 3 >= 2 ? (rnn_real)0.6 : 0;
        for (sum = 0, i = 0; i < 20; i++) {
            want[i] = exp((double)x[i] / T[k % 3]);
            if (how.top_k && rank[i] >= how.top_k)
                want[i] = 0;
            sum += want[i];
            p[rank[i]] = want[i];
        }
        if (how.top_p > 0) { /* the fewest that reach 0.6 of the sum */
            for (at = 0, j = 0; at < 0.6 * sum; j++)
                at += p[j];
            for (sum = 0, i = 0; i < 20; i++) {
                want[i] = rank[i] < j ? want[i] : 0;
                sum += want[i];
            }
        }
        for (i = 0; i < 20; i++)
            want[i] /= sum;
        check_draws(x, 20, how, want);
    }
    how.top_k = 1;
    how.top_p = 0;
    CHECK(rnn_sample(x, 20, &how, &rng, NULL, &id, NULL) == RNN_E_ARG,
          "top_k needs work");
    y[1] = (rnn_real)HUGE_VAL;
    nan = y[1] - y[1];
    how.top_k = 0;
    CHECK(rnn_sample(y, 3, &how, &rng, NULL, &id, NULL) == RNN_OK && id == 1,
          "an infinite logit wins");
    y[2] = nan;
    CHECK(rnn_sample(y, 3, &how, &rng, NULL, &id, NULL) == RNN_E_NOT_FINITE,
          "NaN");
}

/* Which tokens top_k and top_p keep, for random logits: at a temperature where
 * all are alike each of the k comes, and no other; the same for those that make
 * up p. */
static void check_kept(void)
{
    enum { MOST = 40 };
    rnn_real x[MOST], work[MOST];
    int rank[MOST], seen[MOST], n, i, j, k, round, id, bad = 0, missing = 0;
    rnn_sampling how;
    rnn_rng rng;

    rnn_rng_seed(&rng, (uint32_t)test_next());
    for (round = 0; round < 400; round++) {
        n = 1 + test_below(MOST);
        for (i = 0; i < n; i++) {
            x[i] = (rnn_real)(round % 2 ? test_below(8) : test_number() * 5);
            seen[i] = 0;
        }
        for (i = 0; i < n; i++)
            for (rank[i] = 0, j = 0; j < n; j++)
                rank[i] += x[j] > x[i] || (x[j] == x[i] && j < i);
        k = 1 + test_below(n);
        how.temperature = (rnn_real)1e30;
        how.top_k = round % 4 < 2 ? k : 0;
        /* n alike: between k - 1 and k of them reach this p */
        how.top_p = how.top_k ? 0 : (rnn_real)((k - 0.5) / n);
        for (i = 0; i < 25 * k; i++) {
            MUST(rnn_sample(x, n, &how, &rng, work, &id, NULL) == RNN_OK &&
                     id >= 0 && id < n,
                 "sample");
            seen[id]++;
        }
        for (i = 0; i < n; i++) {
            bad += seen[i] && rank[i] >= k;
            missing += !seen[i] && rank[i] < k;
        }
    }
    CHECK(!bad, "%d tokens are not of the likeliest", bad);
    CHECK(!missing, "%d of the likeliest never come", missing);
}

/* Logits whose search by parts shrinks by two numbers a round (McIlroy 1999, "A
 * killer adversary for quicksort"); the greatest half are pairs. The pivot is
 * the middle one of the first, the middle and the last: the least numbers not
 * given yet go to the last and the middle one, and the rest is above. at[i]:
 * the logit that the search has at i. */
static void make_worst_logits(rnn_real *x, int *at, int n)
{
    int end, above, same, least = 0, i, v;

    for (i = 0; i < n; i++) {
        at[i] = i;
        x[i] = (rnn_real)(2 * n); /* not given yet */
    }
    for (end = n; end > n / 2; end = above) {
        const int pivot = at[end / 2];
        x[at[end - 1]] = (rnn_real)least++;
        x[pivot] = (rnn_real)least++;
        for (i = above = same = 0; i < end; i++) {
            v = at[i];
            if (x[v] < x[pivot])
                continue;
            at[i] = at[above + same];
            at[above + same] = v;
            if (x[v] > x[pivot]) {
                at[above + same] = at[above];
                at[above++] = v;
            } else {
                same++;
            }
        }
    }
    for (i = 0; i < end; i++)
        x[at[i]] = (rnn_real)(least + i / 2);
}

/* top_k and top_p of such logits: k of them, each and no other; of a pair that
 * is cut, the one that comes first. */
static void check_worst_logits(int K)
{
    enum { N = 400 };
    rnn_real x[N], work[N];
    int at[N], seen[N] = {0}, rank, i, p, id = -1;
    rnn_sampling how;
    rnn_rng rng;

    make_worst_logits(x, at, N);
    rnn_rng_seed(&rng, (uint32_t)test_next());
    how.temperature = (rnn_real)1e30; /* all are alike */
    for (p = 0; p < 2; p++) {
        how.top_k = p ? 0 : K;
        how.top_p = p ? (rnn_real)((K - 0.5) / N) : 0;
        for (i = 0; i < 25 * K; i++) {
            MUST(rnn_sample(x, N, &how, &rng, work, &id, NULL) == RNN_OK,
                 "a draw");
            seen[id] |= 1 << p;
        }
    }
    for (i = 0; i < N; i++) {
        for (rank = p = 0; p < N; p++)
            rank += x[p] > x[i] || (x[p] == x[i] && p < i);
        CHECK(seen[i] == (rank < K ? 3 : 0), "token %d of rank %d: seen %d", i,
              rank, seen[i]);
    }
}

/* The greatest token of 200 draws. */
static int greatest_drawn(const rnn_real *x, int n, const rnn_sampling *how,
                          rnn_rng *rng, rnn_real *work)
{
    int id = -1, most = 0, k;

    for (k = 0; k < 200; k++) {
        CHECK(rnn_sample(x, n, how, rng, work, &id, NULL) == RNN_OK,
              "draw %d of top_k %d, top_p %g", k, how->top_k,
              (double)how->top_p);
        most = id > most ? id : most;
    }
    return most;
}

/* What top_k and top_p cut off at their limits, and of logits that are alike;
 * a temperature so low that its inverse is no number. */
static void check_cuts(void)
{
    static const rnn_real logits[3] = {1, 2, 0}, alike[4] = {0, 0, 0, 0};
    rnn_sampling how = {1, 0, 1};
    rnn_real work[4];
    rnn_rng rng;
    int id = -1;

    rnn_rng_seed(&rng, 3);
    CHECK(greatest_drawn(logits, 3, &how, &rng, NULL) == 2 &&
              rng.count[0] == 200,
          "top_p of 1 cuts nothing and needs no work");
    how.top_p = (rnn_real)0.5;
    CHECK(greatest_drawn(alike, 4, &how, &rng, work) == 1,
          "two of four alike are a half");
    how.top_p = 1;
    how.top_k = 3;
    CHECK(greatest_drawn(alike, 4, &how, &rng, work) == 2,
          "three of four, and all that they share");
    how.top_k = 0;
    rnn_rng_seed(&rng, 3);
    how.temperature = (rnn_real)1e-39; /* subnormal in float */
    if (sizeof(rnn_real) == 4)
        CHECK(rnn_sample(logits, 3, &how, &rng, NULL, &id, NULL) == RNN_OK &&
                  id == 1 && rng.count[0] == 0,
              "hardly any temperature");
}

/* Masked and huge logits, temperatures at both ends, and a large vocabulary. */
static void check_sampling_ends(void)
{
    enum { V = 3000 };
    const rnn_real inf = (rnn_real)HUGE_VAL;
    rnn_sampling how = {1, 0, 0};
    rnn_real *x = test_reals(V, 0), *work = test_reals(V, 0);
    double sum = 0, squares = 0;
    rnn_rng rng, before;
    int i, id, bad = 0;

    rnn_rng_seed(&rng, (uint32_t)test_next());
    for (i = 0; i < V; i++)
        x[i] = i % 3 ? (rnn_real)0.25 : -inf;
    for (i = 0; i < 40000; i++) { /* 2000 tokens alike */
        how.temperature = i % 2 ? 1 : (rnn_real)1e30;
        MUST(rnn_sample(x, V, &how, &rng, NULL, &id, NULL) == RNN_OK, "sample");
        bad += id < 0 || id >= V || id % 3 == 0;
        sum += id;
        squares += (double)id * id;
    }
    sum /= 40000;
    squares = squares / 40000 - sum * sum;
    CHECK(!bad, "a masked token came");
    CHECK(fabs(sum - V / 2.) < 6 * V / sqrt(12 * 40000.) &&
              test_close(squares, V * (double)V / 12, 0.03, 0),
          "not uniform: %g %g", sum, squares);
    for (i = 0; i < V; i++)
        x[i] = (rnn_real)(test_number() * 3e38);
    x[77] = 3.2e38f;
    for (bad = 0, i = 0; i < 300; i++) {
        how.temperature = i % 2 ? 1 : (rnn_real)1e-38;
        how.top_k = i % 3 ? 0 : 40;
        how.top_p = i % 5 ? 0 : (rnn_real)0.9;
        MUST(rnn_sample(x, V, &how, &rng, work, &id, NULL) == RNN_OK, "sample");
        bad += id != 77;
    }
    CHECK(!bad, "a huge logit wins");
    /* the same numbers draw the same token; a NaN draws none */
    for (i = 0; i < V; i++)
        x[i] = (rnn_real)test_number();
    how.temperature = 1;
    how.top_k = 0;
    how.top_p = 0;
    before = rng;
    MUST(rnn_sample(x, V, &how, &rng, NULL, &id, NULL) == RNN_OK, "sample");
    bad = id;
    CHECK(rnn_sample(x, V, &how, &before, NULL, &id, NULL) == RNN_OK &&
              id == bad && !memcmp(&rng, &before, sizeof rng),
          "a copy draws the same");
    x[V - 1] = inf - inf;
    id = -7;
    CHECK(rnn_sample(x, V, &how, &rng, NULL, &id, NULL) == RNN_E_NOT_FINITE &&
              id == -7 && !memcmp(&rng, &before, sizeof rng),
          "NaN: nothing is written");
    test_free();
}

/* ---- a model that writes ------------------------------------------------- */

enum { V = 6, ROWS = 4, MOST = 24 };

/* A model of V tokens, and what writes with it. */
typedef struct writer {
    rnn_model model;
    rnn_net net;
    rnn_work work;
    rnn_real *h, *c;
    int ids[MOST * ROWS], counts[ROWS];
} writer;

static void make_writer(writer *w, int cell, int input, int rows)
{
    rnn_most most = {0};
    size_t n;

    memset(w, 0, sizeof *w);
    w->model.cell = (rnn_cell)cell;
    w->model.input = (rnn_input)input;
    w->model.input_size = w->model.output_size = V;
    w->model.embedding_size = input == RNN_INPUT_EMBEDDING ? 3 : 0;
    w->model.hidden_size = 5;
    w->model.num_layers = 2;
    most.rows = rows;
    MUST(rnn_plan(&w->net, &w->model, &most) == RNN_OK, "plan");
    n = w->net.sizes.params;
    w->work.params = test_reals(n, 1.5);
    w->work.params_len = n;
    n = w->net.sizes.all - n;
    MUST(rnn_bind(&w->net, &w->work, test_reals(n, 0), n) == RNN_OK, "bind");
    n = 2u * 5u * (size_t)rows;
    w->h = test_reals(n, 1);
    w->c = RNN_HAS_C(cell) ? test_reals(n, 1) : NULL;
    for (n = 0; n < MOST * ROWS; n++)
        w->ids[n] = -5;
}

/* The loop that rnn_generate stands for: a row that has ended reads its last
 * token again, until all have. */
static void write_by_steps(const writer *w, const rnn_writing *how, rnn_real *h,
                           rnn_real *c, int *ids, int *counts)
{
    const size_t n = w->net.sizes.all;
    const int rows = how->rows ? how->rows : 1;
    rnn_work own; /* of the same weights */
    rnn_row row = {0};
    rnn_real sorted[V];
    int last[ROWS], b, t, id, left = rows;

    memset(&own, 0, sizeof own);
    own.weights = w->work.params;
    own.weights_len = w->work.params_len;
    MUST(rnn_bind(&w->net, &own, test_reals(n, 0), n) == RNN_OK, "bind");
    row.rows = rows;
    row.ids = last;
    say_row(&row, h, c);
    for (b = 0; b < rows; b++) {
        last[b] = how->begin;
        counts[b] = -1;
    }
    for (t = 0; t < how->max_tokens && left; t++) {
        MUST(rnn_step(&w->net, &own, &row, h, c) == RNN_OK, "step");
        for (b = 0; b < rows; b++) {
            rnn_real *x = own.logits + b * V;
            if (counts[b] >= 0)
                continue;
            if (how->end >= 0 && t < how->min_tokens)
                x[how->end] = (rnn_real)-HUGE_VAL;
            MUST((how->sampling ? rnn_sample(x, V, how->sampling, how->rngs + b,
                                             sorted, &id, NULL)
                                : rnn_greedy(x, V, &id, NULL)) == RNN_OK,
                 "token");
            if (id == how->end) {
                counts[b] = t;
                left--;
            } else {
                ids[t * rows + b] = last[b] = id;
            }
        }
    }
    for (b = 0; b < rows; b++)
        if (counts[b] < 0)
            counts[b] = how->max_tokens;
}

/* rnn_generate against that loop: tokens, their number, states, and what is
 * left of the generators. Gives how many rows have ended. */
static int check_generate(int cell, int input, rnn_writing how, int parts)
{
    const int rows = how.rows ? how.rows : 1;
    const size_t n = 2u * 5u * (size_t)rows;
    rnn_run run = {0, 0, each_shuffled, NULL, NULL};
    rnn_rng rngs[ROWS], own[ROWS];
    rnn_real *h = test_reals(n, 0), *c = test_reals(n, 0);
    int ids[MOST * ROWS], counts[ROWS], b, t, bad = 0, ended = 0;
    writer w;

    make_writer(&w, cell, input, rows);
    run.parts = parts;
    w.work.run = &run;
    memcpy(h, w.h, n * sizeof *h);
    if (w.c)
        memcpy(c, w.c, n * sizeof *c);
    for (b = 0; b < ROWS; b++) {
        rnn_rng_seed(&rngs[b], (uint32_t)test_next());
        own[b] = rngs[b];
    }
    how.rngs = own;
    write_by_steps(&w, &how, h, w.c ? c : NULL, ids, counts);
    how.rngs = how.sampling ? rngs : NULL;
    say_writing(&how, w.h, w.c, w.ids, w.counts, NULL);
    how.ids_len = MOST * ROWS;
    how.counts_len = ROWS;
    CHECK(rnn_generate(&w.net, &w.work, &how, w.h, w.c, w.ids, w.counts,
                       NULL) == RNN_OK,
          "generate");
    for (b = 0; b < rows; b++) {
        bad += w.counts[b] != counts[b] ||
               memcmp(&rngs[b], &own[b], sizeof own[b]) != 0;
        ended += counts[b] < how.max_tokens;
        bad += counts[b] < how.max_tokens && counts[b] < how.min_tokens;
        for (t = 0; t < counts[b]; t++)
            bad += w.ids[t * rows + b] != ids[t * rows + b] ||
                   ids[t * rows + b] == how.end;
    }
    for (t = how.max_tokens * rows; t < MOST * ROWS; t++)
        bad += w.ids[t] != -5;
    CHECK(!bad && !memcmp(w.h, h, n * sizeof *h) &&
              (!w.c || !memcmp(w.c, c, n * sizeof *c)),
          "%d rows, end %d, at least %d, %s: generate is not the loop", rows,
          how.end, how.min_tokens, how.sampling ? "drawn" : "greedy");
    test_free();
    return ended;
}

static void check_generates(void)
{
    static const rnn_sampling drawn = {1, 3, 0};
    rnn_writing how = {0};
    int ended[2] = {0, 0}, n, k;

    for (k = 0; k < 200; k++) {
        how.begin = test_below(V);
        how.end = k % 4 ? test_below(V) : -1;
        how.min_tokens = k % 3 ? 0 : test_below(9);
        how.max_tokens = how.min_tokens + test_below(MOST - 8);
        how.rows = test_below(ROWS + 1); /* 0: one */
        how.sampling = k % 2 ? &drawn : NULL;
        n = check_generate(test_below(RNN_CELLS),
                           test_below(2) ? RNN_INPUT_ONE_HOT
                                         : RNN_INPUT_EMBEDDING,
                           how, k % 5 * 2);
        CHECK(how.end >= 0 || !n, "%d rows end without an end", n);
        ended[k % 2] += n;
    }
    CHECK(ended[0] > 10 && ended[1] > 10, "%d and %d rows have ended", ended[0],
          ended[1]);
}

/* What rows have in common: nothing. Each alone writes the same. */
static void check_rows_alone(void)
{
    static const rnn_sampling drawn = {(rnn_real)0.8, 0, (rnn_real)0.95};
    const size_t H = 5;
    rnn_writing how = {0};
    rnn_rng rngs[ROWS], own;
    rnn_real h[2 * 5], c[2 * 5], *h0, *c0;
    int ids[MOST], count = 0, b, t, bad = 0;
    size_t k;
    writer w;

    make_writer(&w, RNN_CELL_LSTM, RNN_INPUT_EMBEDDING, ROWS);
    h0 = test_reals(2 * H * ROWS, 0);
    c0 = test_reals(2 * H * ROWS, 0);
    memcpy(h0, w.h, 2 * H * ROWS * sizeof *h0);
    memcpy(c0, w.c, 2 * H * ROWS * sizeof *c0);
    how.begin = 2;
    how.end = 1;
    how.max_tokens = MOST;
    how.rows = ROWS;
    how.sampling = &drawn;
    how.rngs = rngs;
    for (b = 0; b < ROWS; b++)
        rnn_rng_seed(&rngs[b], (uint32_t)b + 7);
    say_writing(&how, w.h, w.c, w.ids, w.counts, NULL);
    how.ids_len = MOST * ROWS;
    how.counts_len = ROWS;
    MUST(rnn_generate(&w.net, &w.work, &how, w.h, w.c, w.ids, w.counts, NULL) ==
             RNN_OK,
         "rows");
    how.rows = 0;
    how.rngs = &own;
    for (b = 0; b < ROWS; b++) {
        rnn_rng_seed(&own, (uint32_t)b + 7);
        for (k = 0; k < 2 * H; k++) {
            h[k] = h0[(k / H * ROWS + (size_t)b) * H + k % H];
            c[k] = c0[(k / H * ROWS + (size_t)b) * H + k % H];
        }
        MUST(rnn_generate(&w.net, &w.work, &how, h, c, ids, &count, NULL) ==
                 RNN_OK,
             "a row");
        bad += count != w.counts[b] || memcmp(&own, &rngs[b], sizeof own) != 0;
        for (t = 0; t < count; t++)
            bad += ids[t] != w.ids[t * ROWS + b];
    }
    CHECK(!bad, "rows alone write otherwise");
    test_free();
}

/* What cannot be written, and no room. */
static void check_generate_arguments(void)
{
    static const rnn_sampling drawn = {1, 0, 0};
    rnn_writing how = {0};
    rnn_rng rngs[ROWS];
    size_t n;
    writer w;

    make_writer(&w, RNN_CELL_LSTM, RNN_INPUT_ONE_HOT, ROWS);
    memset(rngs, 0, sizeof rngs);
    how.end = -1;
    how.max_tokens = 3;
    how.rows = ROWS;
    say_writing(&how, w.h, w.c, w.ids, w.counts, NULL);
    how.ids_len = MOST * ROWS;
    how.counts_len = ROWS;
#define SAYS(status)                                                           \
    CHECK(rnn_generate(&w.net, &w.work, &how, w.h, w.c, w.ids, w.counts,       \
                       NULL) == (status), "generate should say %d", status)
    how.begin = V;
    SAYS(RNN_E_ID);
    how.begin = -1;
    SAYS(RNN_E_ID);
    how.begin = 0;
    how.end = V;
    SAYS(RNN_E_ID);
    how.end = V - 1;
    how.min_tokens = 4;
    SAYS(RNN_E_ARG);
    how.min_tokens = -1;
    SAYS(RNN_E_ARG);
    how.min_tokens = 0;
    how.rows = ROWS + 1;
    SAYS(RNN_E_SIZE);
    how.rows = -1;
    SAYS(RNN_E_ARG);
    how.rows = ROWS;
    how.sampling = &drawn;
    SAYS(RNN_E_ARG); /* without a generator */
    how.rngs = rngs;
    CHECK(rnn_generate(&w.net, &w.work, &how, w.h, NULL, w.ids, w.counts,
                       NULL) == RNN_E_ARG &&
              rnn_generate(&w.net, &w.work, &how, NULL, w.c, w.ids, w.counts,
                           NULL) == RNN_E_ARG &&
              rnn_generate(&w.net, &w.work, &how, w.h, w.c, NULL, w.counts,
                           NULL) == RNN_E_ARG &&
              rnn_generate(&w.net, &w.work, &how, w.h, w.c, w.ids, NULL,
                           NULL) == RNN_E_ARG &&
              rnn_generate(&w.net, &w.work, NULL, w.h, w.c, w.ids, w.counts,
                           NULL) == RNN_E_ARG &&
              w.ids[0] == -5,
          "NULL");
    n = w.net.sizes.step;
    w.work.scratch = test_reals(n, 0);
    w.work.scratch_len = n - 1;
    MUST(rnn_bind(&w.net, &w.work, NULL, 0) == RNN_OK, "bind again");
    SAYS(RNN_E_BUFFER);
    CHECK(w.ids[0] == -5 && w.counts[0] == 0, "something was written");
    w.work.scratch_len = n;
    MUST(rnn_bind(&w.net, &w.work, NULL, 0) == RNN_OK, "and again");
    SAYS(RNN_OK);
    how.max_tokens = 0;
    w.counts[1] = 9;
    SAYS(RNN_OK);
    CHECK(w.counts[1] == 0, "no token");
#undef SAYS
    test_free();
}

/* A model whose tokens are more than it can read cannot write; one with fewer
 * can. */
static void check_unknown_token(void)
{
    enum { I = 2, O = 3, MAX = 4 };
    rnn_model m = {0};
    rnn_writing how = {0};
    rnn_net net;
    rnn_work work;
    rnn_real h[1] = {0};
    int ids[MAX] = {-5, -5, -5, -5}, count = -1, k;
    rnn_status st;

    m.cell = RNN_CELL_TANH;
    m.input = RNN_INPUT_ONE_HOT;
    m.hidden_size = 1;
    how.end = -1;
    how.max_tokens = MAX;
    how.ids_len = MAX;
    how.counts_len = how.state_len = 1;
    for (k = 0; k < 2; k++) {
        m.input_size = k ? O : I;
        m.output_size = k ? I : O;
        MUST(rnn_plan(&net, &m, NULL) == RNN_OK, "plan");
        memset(&work, 0, sizeof work);
        MUST(rnn_bind(&net, &work, test_reals(net.sizes.all, 0),
                      net.sizes.all) == RNN_OK, "bind");
        memset(work.params, 0, net.sizes.params * sizeof *work.params);
        work.params[net.sizes.params - 1] = 1; /* the bias of the last token */
        st = rnn_generate(&net, &work, &how, h, NULL, ids, &count, NULL);
        if (k)
            CHECK(st == RNN_OK && count == MAX && ids[0] == 1 && ids[3] == 1,
                  "fewer tokens: status %d", (int)st);
        else
            CHECK(st == RNN_E_ID && count == -1 && ids[0] == -5,
                  "a token that cannot be read: status %d", (int)st);
    }
    test_free();
}

/* The weight of a model of N units from i to j. */
static rnn_real *weight_of(const rnn_model *m, rnn_real *params,
                           const char *name, int i, int j)
{
    rnn_tensor t;
    int k;

    for (k = 0; rnn_model_tensor(m, k, &t, NULL) == RNN_OK; k++)
        if (!strcmp(t.name, name))
            return params + t.offset + i * t.rows + j;
    MUST(0, "no %s", name);
    return params;
}

/* A step that fails after some that did not: what was written is said. A token
 * leads to the next, token 2 to infinity times 0; the second row starts in a
 * state in which token 0 leads to 2. */
static void check_failing_step(void)
{
    enum { N = 4, MAX = 5 };
    rnn_model m = {0};
    rnn_most most = {0};
    rnn_writing how = {0};
    rnn_net net;
    rnn_work work;
    rnn_real *p, h[2 * N];
    int ids[2 * MAX], counts[2], k, i;

    m.cell = RNN_CELL_RELU;
    m.input = RNN_INPUT_ONE_HOT;
    m.input_size = m.hidden_size = m.output_size = N;
    most.rows = how.rows = 2;
    MUST(rnn_plan(&net, &m, &most) == RNN_OK, "plan");
    memset(&work, 0, sizeof work);
    MUST(rnn_bind(&net, &work, test_reals(net.sizes.all, 0), net.sizes.all) ==
             RNN_OK,
         "bind");
    p = work.params;
    memset(p, 0, net.sizes.params * sizeof *p);
    *weight_of(&m, p, "rnn.weight_ih_l0", 0, 0) = 1;
    *weight_of(&m, p, "rnn.weight_ih_l0", 1, 1) = 1;
    *weight_of(&m, p, "rnn.weight_ih_l0", 2, 2) = (rnn_real)HUGE_VAL;
    *weight_of(&m, p, "rnn.weight_hh_l0", 0, 1) = 5;
    *weight_of(&m, p, "out.weight", 0, 1) = 1;
    *weight_of(&m, p, "out.weight", 1, 2) = 1;
    how.max_tokens = MAX;
    how.ids_len = 2 * MAX;
    how.counts_len = 2;
    how.state_len = 2 * N;
    for (k = 0; k < 2; k++) {
        for (i = 0; i < 2 * N; i++)
            h[i] = i == N; /* unit 0 of the second row */
        for (i = 0; i < 2 * MAX; i++)
            ids[i] = -5;
        how.end = k ? 1 : -1;
        CHECK(rnn_generate(&net, &work, &how, h, NULL, ids, counts, NULL) ==
                  RNN_E_NOT_FINITE,
              "a step gives NaN");
        CHECK(counts[0] == !k && counts[1] == 1 && ids[1] == 2 &&
                  (k || (ids[0] == 1 && ids[2] == 2)) && ids[3] == -5 &&
                  ids[4] == -5,
              "it came as far as %d and %d tokens", counts[0], counts[1]);
    }
    test_free();
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_softmax(1);
    check_softmax(80);
    check_softmax(3e38);
    check_greedy();
    check_sampling();
    check_kept();
    check_worst_logits(5);
    check_worst_logits(6);
    check_worst_logits(131);
    check_cuts();
    check_sampling_ends();
    check_generates();
    check_rows_alone();
    check_generate_arguments();
    check_unknown_token();
    check_failing_step();
    test_unused();
    return test_end();
}
