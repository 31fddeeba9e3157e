/* Softmax, greedy choice and sampling against plain versions in double; the
 * ends of their ranges; and rnn_generate against the loop that it stands for.
 * It runs in float and, for coverage, in double. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#include <math.h>

/* ---- softmax, greedy ----------------------------------------------------- */

/* Rows of probabilities: a sum of 1, the right parts, in place, in shares. */
static void check_softmax(double scale)
{
    enum { ROWS = 37, O = 19 };
    rnn_real *x = test_reals(ROWS * O, scale), *p = test_reals(ROWS * O, 0);
    rnn_real one = 0;
    rnn_run run = {0, 4, 0, NULL, NULL};
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
    for (run.part = 0; run.part < 4; run.part++)
        MUST(rnn_softmax(x, ROWS, O, x, &run) == RNN_OK, "a share");
    CHECK(!memcmp(x, p, ROWS * O * sizeof *p), "softmax in place, in shares");
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
        MUST(rnn_greedy(x, n, &id) == RNN_OK && id >= 0 && id < n, "greedy");
        for (i = 0; i < n; i++)
            bad += i < id ? x[i] >= x[id] : x[i] > x[id];
    }
    CHECK(!bad, "not the first of the greatest");
    for (i = 0; i < 70; i++)
        x[i] = -inf;
    CHECK(rnn_greedy(x, 70, &id) == RNN_OK && id == 0, "all are masked");
    x[61] = -3e38f;
    CHECK(rnn_greedy(x, 70, &id) == RNN_OK && id == 61, "all but one");
    for (i = 0; i < 70; i++) {
        x[69] = i == 69 ? 0 : 3;
        x[i] = inf - inf;
        id = -7;
        bad += rnn_greedy(x, 70, &id) != RNN_E_NOT_FINITE || id != -7;
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
        MUST(rnn_sample(x, V, &how, &rng, work, &id) == RNN_OK && id >= 0 &&
             id < V, "sample");
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
    CHECK(rnn_sample(x, 20, &how, &rng, NULL, &id) == RNN_OK && id == 2,
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
    CHECK(rnn_sample(x, 20, &how, &rng, NULL, &id) == RNN_E_ARG,
          "top_k needs work");
    y[1] = (rnn_real)HUGE_VAL;
    nan = y[1] - y[1];
    how.top_k = 0;
    CHECK(rnn_sample(y, 3, &how, &rng, NULL, &id) == RNN_OK && id == 1,
          "an infinite logit wins");
    y[2] = nan;
    CHECK(rnn_sample(y, 3, &how, &rng, NULL, &id) == RNN_E_NOT_FINITE, "NaN");
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
            MUST(rnn_sample(x, n, &how, &rng, work, &id) == RNN_OK && id >= 0 &&
                 id < n, "sample");
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

/* The greatest token of 200 draws. */
static int greatest_drawn(const rnn_real *x, int n, const rnn_sampling *how,
                          rnn_rng *rng, rnn_real *work)
{
    int id = -1, most = 0, k;

    for (k = 0; k < 200; k++) {
        CHECK(rnn_sample(x, n, how, rng, work, &id) == RNN_OK,
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
          rng.count[0] == 200, "top_p of 1 cuts nothing and needs no work");
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
        CHECK(rnn_sample(logits, 3, &how, &rng, NULL, &id) == RNN_OK &&
              id == 1 && rng.count[0] == 0, "hardly any temperature");
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
        MUST(rnn_sample(x, V, &how, &rng, NULL, &id) == RNN_OK, "sample");
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
        MUST(rnn_sample(x, V, &how, &rng, work, &id) == RNN_OK, "sample");
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
    MUST(rnn_sample(x, V, &how, &rng, NULL, &id) == RNN_OK, "sample");
    bad = id;
    CHECK(rnn_sample(x, V, &how, &before, NULL, &id) == RNN_OK && id == bad &&
          !memcmp(&rng, &before, sizeof rng), "a copy draws the same");
    x[V - 1] = inf - inf;
    id = -7;
    CHECK(rnn_sample(x, V, &how, &rng, NULL, &id) == RNN_E_NOT_FINITE &&
          id == -7 && !memcmp(&rng, &before, sizeof rng),
          "NaN: nothing is written");
    test_free();
}

/* ---- a model that writes ------------------------------------------------- */

/* rnn_generate against the loop that it stands for. */
static void check_generate(void)
{
    rnn_model model = {0};
    rnn_sampling how = {1, 3, 0};
    rnn_sizes s;
    rnn_rng a, b;
    rnn_real *p, *work, *h, *c, *h2, *c2, logits[6], sorted[6];
    int ids[40], count = 0, id, i, bad = 0;

    model.cell = RNN_LSTM;
    model.input = RNN_EMBEDDING;
    model.input_size = model.output_size = 6;
    model.embedding_size = 3;
    model.hidden_size = 5;
    MUST(rnn_model_sizes(&model, 0, 1, 1, &s) == RNN_OK, "sizes");
    p = test_reals(s.params, 2);
    work = test_reals(s.step + 12, 0);
    h = test_reals(s.state, 0);
    c = test_reals(s.state, 0);
    h2 = test_reals(s.state, 0);
    c2 = test_reals(s.state, 0);
    rnn_rng_seed(&a, 3);
    b = a;
    CHECK(rnn_generate(&model, p, h, c, 1, &how, &a, 4, ids, 40, &count, work,
                       s.step + 12, NULL) == RNN_OK && count <= 40,
          "generate: %d", count);
    /* the token that stops is drawn too, but not given */
    for (id = 1, i = 0; i < count + (count < 40); i++) {
        MUST(rnn_step(&model, p, 1, NULL, &id, h2, c2, logits, work, s.step,
                      NULL) == RNN_OK &&
             rnn_sample(logits, 6, &how, &b, sorted, &id) == RNN_OK, "loop");
        bad += id != (i < count ? ids[i] : 4);
    }
    CHECK(!bad && !memcmp(h, h2, s.state * sizeof *h) &&
          !memcmp(c, c2, s.state * sizeof *c), "generate is not the loop");
    CHECK(rnn_generate(&model, p, h, c, 1, &how, &a, 4, ids, 40, &count, work,
                       s.step + 11, NULL) == RNN_E_BUFFER, "too short");
    test_free();
}

/* A token that the model cannot read, after one that it could: what was
 * written is said, and the status. */
static void check_unknown_token(void)
{
    enum { I = 2, O = 3, H = 1, MAX = 4 };
    rnn_model m = {0};
    rnn_sampling greedy = {0, 0, 0};
    rnn_rng rng;
    rnn_sizes z;
    rnn_real *params, *work, h[H] = {0};
    int ids[MAX] = {-5, -5, -5, -5}, count = -1;
    rnn_status st;

    m.cell = RNN_TANH;
    m.input = RNN_ONE_HOT;
    m.input_size = I;
    m.output_size = O;
    m.hidden_size = H;
    rnn_rng_seed(&rng, 1);
    MUST(rnn_model_sizes(&m, 0, 1, 1, &z) == RNN_OK, "sizes");
    params = test_reals(z.params, 0);
    params[z.params - 1] = 1; /* the bias of token 2 */
    work = test_reals(z.step + 2 * O, 0);
    st = rnn_generate(&m, params, h, NULL, 0, &greedy, &rng, -1, ids, MAX,
                      &count, work, z.step + 2 * O, NULL);
    CHECK(st == RNN_E_ID && count == 1 && ids[0] == 2 && ids[1] == -5,
          "status %d, count %d", (int)st, count);
    count = -1;
    st = rnn_generate(&m, params, h, NULL, 2, &greedy, &rng, -1, ids, MAX,
                      &count, work, z.step + 2 * O, NULL);
    CHECK(st == RNN_E_ID && count == -1, "the first token");
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
    check_cuts();
    check_sampling_ends();
    check_generate();
    check_unknown_token();
    test_unused();
    return test_end();
}
