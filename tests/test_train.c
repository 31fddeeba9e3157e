/* Losses, clipping, optimisers, schedules and initialisers against plain
 * versions of them in double; and small trainings that must succeed. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "tidy.h"
#include "each.h"

#include <float.h>
#include <math.h>

/* ---- losses -------------------------------------------------------------- */

enum { ROWS = 37, O = 19 };

/* Which loss, how: cross-entropy, sigmoid cross-entropy, squared error. */
typedef struct loss_case {
    int which, weighted;
    double scale, n, smoothing; /* scale: of x */
    int classes;                /* 1: classes have weights, one of them 0 */
} loss_case;

static rnn_real class_weights[O];

/* Row i of a loss and its derivative, in double. */
static double plain_row(const loss_case *p, const rnn_real *x,
                        const rnn_real *t, int id, double *d)
{
    double max = (double)x[0], sum = 0, l = 0, all = 0;
    int j;

    for (j = 1; j < O; j++)
        max = (double)x[j] > max ? (double)x[j] : max;
    for (j = 0; j < O; j++)
        sum += exp((double)x[j] - max);
    for (j = 0; j < O; j++)
        all += ((j == id ? 1 - p->smoothing : 0) + p->smoothing / O) *
               (p->classes ? (double)class_weights[j] : 1);
    for (j = 0; j < O; j++) {
        const double q = ((j == id ? 1 - p->smoothing : 0) + p->smoothing / O) *
                         (p->classes ? (double)class_weights[j] : 1);
        const double v = (double)x[j], u = (double)t[j];
        if (p->which == 0) {
            l -= q * (v - max - log(sum));
            d[j] = all * exp(v - max) / sum - q;
        } else if (p->which == 1) {
            l += ((v > 0 ? v : 0) - v * u + log1p(exp(-fabs(v)))) / O;
            d[j] = (1 / (1 + exp(-v)) - u) / O;
        } else {
            l += (v - u) * (v - u) / O;
            d[j] = 2 * (v - u) / O;
        }
    }
    return l;
}

static rnn_status run_loss(const loss_case *p, const rnn_real *x, const void *t,
                           const rnn_loss *how, rnn_real *dx, rnn_real *loss,
                           const rnn_run *run)
{
    const rnn_real *numbers = (const rnn_real *)t;

    if (p->which == 0)
        return rnn_cross_entropy_rows(x, ROWS, O, (const int *)t, how, dx, loss,
                                      run);
    if (p->which == 1)
        return rnn_sigmoid_cross_entropy_rows(x, ROWS, O, numbers, how, dx,
                                              loss, run);
    return rnn_squared_error_rows(x, ROWS, O, numbers, how, dx, loss, run);
}

static void check_loss(loss_case p)
{
    const double scale = p.scale;
    rnn_real *x = test_reals(ROWS * O, scale), *t = test_reals(ROWS * O, 0.5);
    rnn_real *w = p.weighted ? test_reals(ROWS, 1) : NULL, loss = 0, mean;
    rnn_real *l = test_reals(ROWS, 0), *dx = test_reals(ROWS * O, 0), shared;
    rnn_real *l2 = test_reals(ROWS, 0), *dx2 = test_reals(ROWS * O, 0);
    double total = 0, count = p.n, d[O], row, wi;
    int *ids = test_ids(ROWS, O), i, j, bad = 0, tasks = 0;
    const void *to = p.which ? (const void *)t : (const void *)ids;
    rnn_run run = {0, 3, each_shuffled, NULL, NULL};
    rnn_loss how = {0};

    for (i = 0; i < O; i++)
        class_weights[i] = i == 4 ? 0 : (rnn_real)(i % 3 + 1) / 2;
    ids[2] = 4;
    for (i = 0; i < ROWS * O; i++)
        t[i] += (rnn_real)0.5;
    for (i = 0; w && i < ROWS; i++) {
        w[i] = i % 5 ? (rnn_real)fabs((double)w[i]) : 0;
        if (i % 5 == 0)
            ids[i] = i % 2 ? -3 : O; /* is not read */
    }
    for (i = 0; p.n <= 0 && i < ROWS; i++)
        if (!w || w[i] > 0)
            count += (w ? (double)w[i] : 1) *
                     (p.classes ? (double)class_weights[ids[i]] : 1);
    how.weights = w;
    how.class_weights = p.classes ? class_weights : NULL;
    how.n = (rnn_real)p.n;
    how.smoothing = (rnn_real)p.smoothing;
    how.values = l;
    CHECK(run_loss(&p, x, to, &how, dx, &loss, NULL) == RNN_OK, "loss %d",
          p.which);
    for (i = 0; i < ROWS; i++) {
        wi = w ? (double)w[i] : 1;
        if (wi <= 0) {
            bad += l[i] != 0;
            for (j = 0; j < O; j++)
                bad += dx[i * O + j] != 0;
            continue;
        }
        row = plain_row(&p, x + i * O, t + i * O, ids[i], d);
        total += wi * row;
        bad += !test_close((double)l[i], row, 1e-5, 1e-6 * scale);
        for (j = 0; j < O; j++)
            bad += !test_close((double)dx[i * O + j], d[j] * wi / count, 1e-5,
                               2e-7 * (1 + scale) / count);
    }
    CHECK(!bad, "loss %d scale %g: %d numbers are off", p.which, scale, bad);
    CHECK(test_close((double)loss, total / count, 1e-5, 1e-7),
          "loss %d: %g, not %g", p.which, (double)loss, total / count);
    /* three parts, and the mean of what they give: the same bits */
    if (!p.classes) /* else their order of sums is another */
        how.n = (rnn_real)count;
    run.team = &tasks;
    how.values = l2;
    CHECK(run_loss(&p, x, to, &how, dx2, &shared, &run) == RNN_OK && tasks == 3,
          "loss %d in %d parts", p.which, tasks);
    how.values = l;
    MUST(run_loss(&p, x, to, &how, x, &loss, NULL) == RNN_OK, "dx in x");
    CHECK((p.classes ||
           (rnn_mean(l2, w, ROWS, (rnn_real)count, &mean, NULL) == RNN_OK &&
            mean == loss)) &&
              shared == loss && !memcmp(l, l2, ROWS * sizeof *l) &&
              !memcmp(x, dx2, ROWS * O * sizeof *x),
          "loss %d: parts", p.which);
    how.values = NULL;
    CHECK(run_loss(&p, x, to, &how, dx2, &loss, &run) == RNN_OK && tasks == 3,
          "loss %d: without values there is one part", p.which);
    test_free();
}

/* Of what a pass has left: against ids, or against numbers. */
static rnn_status pass_loss(int which, const rnn_net *net, rnn_work *work,
                            const rnn_seq *seq, const int *ids,
                            const rnn_real *numbers, const rnn_loss *how,
                            rnn_real *loss)
{
    if (which == 0)
        return rnn_cross_entropy(net, work, seq, ids, how, loss);
    if (which == 1)
        return rnn_sigmoid_cross_entropy(net, work, seq, numbers, how, loss);
    return rnn_squared_error(net, work, seq, numbers, how, loss);
}

enum { PASS_T = 5, PASS_B = 4, PASS_I = 3, PASS_O = 4 };

/* A pass of this wiring, with rows of these lengths. */
static void open_pass(rnn_wiring wiring, const int *lengths, rnn_net *net,
                      rnn_work *work, rnn_seq *seq)
{
    rnn_model model = {0};
    rnn_most most = {0};
    size_t i;

    model.wiring = wiring;
    model.input_size = PASS_I;
    model.hidden_size = 6;
    model.output_size = PASS_O;
    most.steps = PASS_T;
    most.batch = PASS_B;
    most.train = 1;
    memset(work, 0, sizeof *work);
    MUST(
        !rnn_plan(net, &model, &most) &&
            !rnn_bind(net, work, test_reals(net->sizes.all, 1), net->sizes.all),
        "bind");
    for (i = 0; i < net->sizes.params; i++)
        work->params[i] = (rnn_real)test_number();
    memset(seq, 0, sizeof *seq);
    seq->steps = PASS_T;
    seq->batch = PASS_B;
    seq->lengths = lengths;
    seq->x = test_reals(PASS_T * PASS_B * PASS_I, 1);
    seq->x_len = PASS_T * PASS_B * PASS_I;
}

/* The loss of a model whose rows have lengths is that of its rows with weights
 * of 0 and 1; of N vs 1 a row without a step is not there. Of an infer there
 * are no gradients. */
static void check_lengths(int which, rnn_wiring wiring)
{
    enum { T = PASS_T, B = PASS_B, Y = PASS_O };
    static const int lengths[B] = {3, 5, 0, 1};
    const size_t rows = wiring == RNN_WIRING_N_TO_1 ? B : T * B;
    rnn_seq seq;
    rnn_loss how = {0}, all = {0};
    rnn_net net;
    rnn_work work;
    rnn_real *w = test_reals(T * B, 0), *d = test_reals(T * B * Y, 0), loss[2];
    const rnn_real *numbers = test_reals(T * B * Y, 1);
    int *ids = test_ids(T * B, Y), k;
    size_t i;

    open_pass(wiring, lengths, &net, &work, &seq);
    seq.targets_len = which ? T * B * Y : T * B;
    how.weights_len = T * B;
    for (i = 0; i < rows; i++) {
        w[i] = (int)(i / B) < lengths[i % B];
        if (w[i] <= 0)
            ids[i] = -1;
    }
    for (k = 0; k < 4; k++) { /* padding, then weights besides */
        how.padding = k & 1;
        how.weights = k & 2 ? w : NULL;
        all.weights = k == 1 ? NULL : w;
        for (i = 0; i < rows && k == 1; i++)
            ids[i] = ids[i] < 0 ? 0 : ids[i];
        loss[0] = loss[1] = -1;
        MUST(!rnn_forward(&net, &work, &seq) &&
                 !pass_loss(which, &net, &work, &seq, ids, numbers, &how,
                            &loss[0]),
             "a model's loss");
        MUST(!(which == 0 ? rnn_cross_entropy_rows(work.logits, rows, Y, ids,
                                                   &all, d, &loss[1], NULL)
               : which == 1
                   ? rnn_sigmoid_cross_entropy_rows(
                         work.logits, rows, Y, numbers, &all, d, &loss[1], NULL)
                   : rnn_squared_error_rows(work.logits, rows, Y, numbers, &all,
                                            d, &loss[1], NULL)),
             "of rows");
        CHECK(loss[0] == loss[1] && loss[0] != -1 &&
                  !memcmp(d, work.dlogits, rows * Y * sizeof *d),
              "loss %d of wiring %d, way %d: %g, not %g", which, (int)wiring, k,
              (double)loss[0], (double)loss[1]);
    }
    MUST(!rnn_infer(&net, &work, &seq), "infer");
    memset(work.logits, 0, rows * Y * sizeof *d);
    loss[0] = -1;
    CHECK(!pass_loss(which, &net, &work, &seq, ids, numbers, NULL, &loss[0]) &&
              loss[0] > 0 && !memcmp(d, work.dlogits, rows * Y * sizeof *d),
          "the loss of an infer leaves gradients alone");
    test_free();
}

/* Targets that lie as the strides of seq say; of N vs 1 as they are. */
static void check_target_strides(int which, rnn_wiring wiring)
{
    enum { T = PASS_T, B = PASS_B, Y = PASS_O };
    static const int lengths[B] = {3, 5, 0, 1};
    const int single = wiring == RNN_WIRING_N_TO_1;
    const size_t n = (single ? B : T * B) * Y;
    rnn_real *numbers[2], loss[2] = {-1, -2}, *d = test_reals(n, 0);
    int *ids[2], k;
    size_t i, to;
    rnn_net net;
    rnn_work work;
    rnn_seq seq, strided;

    open_pass(wiring, lengths, &net, &work, &seq);
    for (k = 0; k < 2; k++) { /* a row more behind each of the second */
        numbers[k] = test_reals((T + 1) * B * Y, 1);
        ids[k] = test_ids((T + 1) * B, Y);
    }
    for (i = 0; i < T * B; i++) {
        to = single ? i : i % B * (T + 1) + i / B;
        ids[1][to] = ids[0][i];
        memcpy(numbers[1] + to * Y, numbers[0] + i * Y, Y * sizeof *d);
    }
    seq.targets_len = (size_t)(T + 1) * B * (which ? Y : 1);
    strided = seq;
    strided.step_stride = 1;
    strided.row_stride = T + 1;
    for (k = 0; k < 2; k++) {
        MUST(!rnn_forward(&net, &work, &seq) &&
             !pass_loss(which, &net, &work, k ? &strided : &seq, ids[k],
                        numbers[k], NULL, &loss[k]), "a loss");
        if (k == 0)
            memcpy(d, work.dlogits, n * sizeof *d);
    }
    CHECK(loss[0] == loss[1] && !memcmp(d, work.dlogits, n * sizeof *d),
          "loss %d with strides: %g, not %g", which, (double)loss[1],
          (double)loss[0]);
    test_free();
}

/* Masked classes: a logit of -infinity has no probability and no gradient. Rows
 * up to the end of the range, whose losses still are numbers. */
static void check_far_logits(void)
{
    enum { V = 21 };
    rnn_real x[V], l, loss, d[V], inf = (rnn_real)HUGE_VAL;
    double want, sum, max;
    int i, j, k, id, bad = 0;
    rnn_loss how = {0};

    how.values = &l;
    for (k = 0; k < 400; k++) {
        const double scale = k % 4 == 0 ? 1.6e38 : k % 4 == 1 ? 1e30 : 4;
        id = test_below(V);
        for (i = 0; i < V; i++)
            x[i] = i != id && i % 3 == k % 3
                       ? -inf
                       : (rnn_real)(test_number() * scale);
        for (max = (double)x[id], j = 0; j < V; j++)
            max = (double)x[j] > max ? (double)x[j] : max;
        for (sum = 0, j = 0; j < V; j++)
            sum += exp((double)x[j] - max);
        want = log(sum) - ((double)x[id] - max);
        memcpy(d, x, sizeof d);
        MUST(rnn_cross_entropy_rows(d, 1, V, &id, &how, d, &loss, NULL) ==
                 RNN_OK,
             "a row at %g", scale);
        bad += !test_close((double)l, want, 1e-6, 1e-6) || l != loss;
        for (j = 0; j < V; j++)
            bad += !test_close((double)d[j],
                               exp((double)x[j] - max) / sum - (j == id), 1e-5,
                               2e-7);
    }
    CHECK(!bad, "far logits: %d numbers are off", bad);
    for (j = 0; j < V; j++)
        x[j] = j == 3 ? -inf : 1;
    id = 3;
    loss = 9;
    CHECK(rnn_cross_entropy_rows(x, 1, V, &id, &how, d, &loss, NULL) ==
                  RNN_E_NOT_FINITE &&
              loss == inf && l == inf &&
              test_close((double)d[0], 1. / (V - 1), 1e-6, 0) && d[3] == -1,
          "a masked target: infinite, and everything is written");
    x[3] = inf - inf;
    id = 2;
    for (j = 0; j < V; j++)
        d[j] = 77;
    CHECK(rnn_cross_entropy_rows(x, 1, V, &id, &how, d, &loss, NULL) ==
                  RNN_E_NOT_FINITE &&
              loss != loss && l != l && d[0] != d[0] && d[V - 1] != d[V - 1],
          "NaN goes everywhere");
    id = V;
    d[0] = 77;
    loss = 9;
    CHECK(rnn_cross_entropy_rows(x, 1, V, &id, &how, d, &loss, NULL) ==
                  RNN_E_ID &&
              d[0] == 77 && loss == 9,
          "no such target");
}

/* The order of a sum, as it is written down: 16 lanes, folded 8, 4, 2, 1. */
static void check_mean_order(void)
{
    size_t n, i, j;
    int bad = 0;

    for (n = 1; n < 100; n++) {
        rnn_real *l = test_reals(n, 3), lane[16], mean = 0;
        memset(lane, 0, sizeof lane);
        for (i = 0; i < n; i++)
            lane[i % 16] += l[i];
        for (j = 8; j; j /= 2)
            for (i = 0; i < j; i++)
                lane[i] += lane[i + j];
        MUST(rnn_mean(l, NULL, n, 0, &mean, NULL) == RNN_OK, "mean");
        bad += mean != lane[0] / (rnn_real)n;
        MUST(rnn_mean(l, NULL, n, 8, &mean, NULL) == RNN_OK, "mean");
        bad += mean != lane[0] / 8;
        test_free();
    }
    CHECK(!bad, "%d means are not of that order", bad);
}

/* Sums that overflow although every row is a number. */
static void check_infinite(void)
{
    const rnn_real far =
        sizeof(rnn_real) == 4 ? (rnn_real)1e15 : (rnn_real)1e150;
    const rnn_real l[2] = {1, (rnn_real)HUGE_VAL};
    rnn_real x[1], t[1] = {0}, weight[1], value, loss = 0;
    rnn_loss how = {0};

    CHECK(rnn_mean(l, NULL, 2, 0, &loss, NULL) == RNN_E_NOT_FINITE &&
              loss == l[1],
          "the mean of an infinity");
    x[0] = far; /* its square, 1e30, is a number; a thousand times that 1e27 */
    weight[0] = far;
    how.weights = weight;
    how.n = 1;
    how.values = &value;
    CHECK(rnn_squared_error_rows(x, 1, 1, t, &how, NULL, &loss, NULL) ==
                  RNN_E_NOT_FINITE &&
              value == far * far && loss == l[1],
          "a sum that overflows");
}

static void check_losses(void)
{
    rnn_real x[3] = {3e38f, -3e38f, 0}, w[3] = {0, 0, 0}, loss = 9, l[3], d[3];
    int ids[3] = {0, 0, 0}, which, k;
    rnn_loss how = {0}, none = {0};

    how.values = none.values = l;
    none.weights = w;
    check_far_logits();
    check_mean_order();
    for (which = 0; which < 3; which++) {
        loss_case p[4] = {{0, 0, 3, 0, 0, 0}, {0, 1, 3, 0, 0.3, 0},
                          {0, 1, 1e4, 11, 0, 0}, {0, 0, 1e-3, 100, 0.1, 0}};
        for (k = 0; k < 4; k++) {
            p[k].which = which;
            p[k].smoothing = which ? 0 : p[k].smoothing;
            check_loss(p[k]);
            p[k].classes = 1;
            if (which == 0)
                check_loss(p[k]);
        }
        check_lengths(which, RNN_WIRING_N_TO_N);
        check_lengths(which, RNN_WIRING_N_TO_1);
        check_target_strides(which, RNN_WIRING_N_TO_N);
        check_target_strides(which, RNN_WIRING_N_TO_1);
    }
    CHECK(rnn_cross_entropy_rows(x, 1, 3, ids, &how, d, &loss, NULL) ==
                  RNN_OK &&
              loss == 0 && d[0] == 0 && d[1] == 0,
          "huge and right");
    CHECK(rnn_cross_entropy_rows(x, 3, 1, ids, &none, d, &loss, NULL) ==
                  RNN_OK &&
              loss == 0,
          "no weight at all: %g", (double)loss);
    x[2] = (rnn_real)HUGE_VAL;
    loss = 9;
    CHECK(rnn_cross_entropy_rows(x, 1, 3, ids, &how, d, &loss, NULL) ==
                  RNN_E_NOT_FINITE &&
              loss != 9,
          "an infinite logit");
    CHECK(rnn_squared_error_rows(x, 1, 3, w, &how, d, &loss, NULL) ==
              RNN_E_NOT_FINITE,
          "an infinite error");
    check_infinite();
}

/* ---- clipping ------------------------------------------------------------ */

static void check_clip(double scale)
{
    enum { N = 1001 };
    rnn_real *g = test_reals(N, scale), *old = test_reals(N, 0), norm = 0;
    rnn_run run = {0, 3, each_shuffled, NULL, NULL};
    double sum = 0, f, most = 0;
    int i, bad = 0;

    memcpy(old, g, N * sizeof *g);
    for (i = 0; i < N; i++) {
        sum += (double)g[i] * (double)g[i];
        most = fabs((double)g[i]) > most ? fabs((double)g[i]) : most;
    }
    sum = sqrt(sum);
    CHECK(rnn_clip_grad_norm(g, N, 5, &norm, NULL) == RNN_OK &&
              test_close((double)norm, sum, 1e-5, 0),
          "norm %g, not %g", (double)norm, sum);
    f = fmin(1, 5 / (sum + 1e-6));
    for (i = 0; i < N; i++)
        bad += !test_close((double)g[i], (double)old[i] * f, 1e-5, 0);
    CHECK(!bad, "clip by norm at %g", scale);
    memcpy(g, old, N * sizeof *g);
    CHECK(rnn_clip_grad_max(g, N, (rnn_real)0.5, &norm, NULL) == RNN_OK &&
              test_close((double)norm, most, 0, 0),
          "greatest");
    f = fmin(1, 0.5 / (most + 1e-6));
    for (bad = 0, i = 0; i < N; i++)
        bad += !test_close((double)g[i], (double)old[i] * f, 1e-5, 0);
    CHECK(!bad, "clip by greatest at %g", scale);
    memcpy(g, old, N * sizeof *g);
    CHECK(rnn_clip_grad_value(g, N, (rnn_real)0.25, &run) == RNN_OK, "value");
    for (bad = 0, i = 0; i < N; i++)
        bad += g[i] != (old[i] > 0.25f    ? 0.25f
                        : old[i] < -0.25f ? -0.25f
                                          : old[i]);
    CHECK(!bad, "clip by value at %g", scale);
    test_free();
}

/* The ends of the range: elements at the greatest number, subnormal ones, none;
 * what is clipped has the norm asked for. */
static void check_clip_ends(void)
{
    static const rnn_real sizes[] = {3.4e38f, 1e38f, 1e25f, 1e-25f, 2e-38f,
                                     1e-40f, 1e-44f};
    static const rnn_real limits[] = {1, 12, 1e20f, 3e38f};
    rnn_real g[40], old[40], norm;
    double sum, f, worst;
    size_t i, j;
    int k, bad = 0;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (j = 0; j < sizeof limits / sizeof limits[0]; j++) {
            for (sum = 0, k = 0; k < 40; k++) {
                g[k] = old[k] = k % 3 ? sizes[i] * ((rnn_real)(k - 20) / 20)
                                : k   ? 0
                                      : -sizes[i];
                sum += (double)g[k] * (double)g[k];
            }
            sum = sqrt(sum);
            MUST(rnn_clip_grad_norm(g, 40, limits[j], NULL, NULL) == RNN_OK,
                 "clip");
            f = fmin(1, (double)limits[j] / (sum + 1e-6));
            for (worst = 0, k = 0; k < 40; k++) {
                const double want = (double)old[k] * f;
                const double e = fabs((double)g[k] - want);
                worst = fmax(worst, e / (fabs(want) + 1e-38));
            }
            bad += !(worst < 1e-5);
        }
    CHECK(!bad, "%d clippings are off", bad);
    CHECK(rnn_clip_grad_norm(g, 0, 1, &norm, NULL) == RNN_OK && norm == 0,
          "no numbers, no norm");
    /* where torch's 1e-6 counts */
    g[0] = old[0] = -4e-6f;
    CHECK(rnn_clip_grad_norm(g, 1, 1e-6f, NULL, NULL) == RNN_OK &&
              test_close((double)g[0], -4e-6 * 1e-6 / 5e-6, 1e-6, 0),
          "norm + 1e-6");
    CHECK(rnn_clip_grad_max(old, 1, 1e-6f, NULL, NULL) == RNN_OK &&
              test_close((double)old[0], -4e-6 * 1e-6 / 5e-6, 1e-6, 0),
          "max + 1e-6");
    for (k = 0; k < 40; k++)
        g[k] = 1e-44f;
    CHECK(rnn_clip_grad_norm(g, 40, 1, &norm, NULL) == RNN_OK && g[0] > 0 &&
              test_close((double)norm, sqrt(40) * (double)g[0], 1e-4, 1.5e-45),
          "subnormal norm %g", (double)norm);
}

/* A NaN or an infinity is seen wherever it stands, on every kernel: clipping
 * leaves everything alone, a loss that depends on it says so. */
static void check_not_finite(void)
{
    enum { MOST = 40 };
    const rnn_real inf = (rnn_real)HUGE_VAL;
    rnn_real x[MOST], old[MOST], norm, loss, wrong[3];
    rnn_run run = {0, 0, NULL, NULL, NULL};
    int n, at, k, id, bad = 0, missed = 0;

    wrong[0] = inf;
    wrong[1] = -inf;
    wrong[2] = inf - inf;
    for (run.kernel = 0; run.kernel < RNN_KERNELS; run.kernel++)
        for (n = 1; n <= MOST; n++)
            for (at = 0; at < n; at++)
                for (k = 0; k < 3; k++) {
                    for (id = 0; id < n; id++)
                        x[id] = old[id] = (rnn_real)test_number() * 9;
                    x[at] = old[at] = wrong[k];
                    id = test_below(n);
                    if (rnn_clip_grad_value(x, 0, 1, &run) == RNN_E_UNSUPPORTED)
                        continue;
                    bad += rnn_clip_grad_norm(x, (size_t)n, 1, &norm, &run) !=
                               RNN_E_NOT_FINITE ||
                           norm - norm == 0;
                    bad += rnn_clip_grad_max(x, (size_t)n, 1, &norm, &run) !=
                               RNN_E_NOT_FINITE ||
                           norm - norm == 0;
                    bad += memcmp(x, old, (size_t)n * sizeof *x) != 0;
                    if (k == 1 && n > 1) /* a masked class is no fault */
                        id = at;
                    missed +=
                        rnn_cross_entropy_rows(x, 1, n, &id, NULL, NULL, &loss,
                                               &run) != RNN_E_NOT_FINITE;
                }
    CHECK(!bad, "%d of what is not finite is clipped", bad);
    CHECK(!missed, "%d of what is not finite has a loss", missed);
}

/* Clipping is for one thread, whatever parts there are. */
static void check_clip_run(void)
{
    int tasks = 0;
    rnn_run run = {0, 2, each_shuffled, NULL, NULL};
    rnn_real g[2] = {3, 4}, norm = -1;

    run.team = &tasks;
    CHECK(rnn_clip_grad_norm(g, 2, 10, &norm, &run) == RNN_OK && norm == 5 &&
          g[0] == 3, "a norm for two parts");
    CHECK(rnn_clip_grad_max(g, 2, 10, &norm, &run) == RNN_OK && norm == 4 &&
          g[0] == 3 && tasks == 0, "the greatest for two parts");
    run.parts = -1;
    norm = -1;
    CHECK(rnn_clip_grad_norm(g, 2, 1, &norm, &run) == RNN_E_ARG &&
          rnn_clip_grad_max(g, 2, 1, &norm, &run) == RNN_E_ARG &&
          rnn_clip_grad_value(g, 2, 1, &run) == RNN_E_ARG && norm == -1 &&
          g[0] == 3, "-1 parts");
}

static void check_clips(void)
{
    rnn_real g[3] = {0, 0, 0}, norm = 9, nan;

    check_clip(1e-3);
    check_clip(1);
    check_clip(1e30);
    check_clip(1e-30);
    check_clip_ends();
    check_clip_run();
    check_not_finite();
    CHECK(rnn_clip_grad_norm(g, 3, 1, &norm, NULL) == RNN_OK && norm == 0 &&
          g[0] == 0, "zeros");
    g[1] = 7;
    g[2] = (rnn_real)HUGE_VAL;
    nan = g[2] - g[2];
    CHECK(rnn_clip_grad_norm(g, 3, 1, &norm, NULL) == RNN_E_NOT_FINITE &&
          g[1] == 7, "infinity");
    g[0] = nan;
    CHECK(rnn_clip_grad_norm(g, 3, 1, &norm, NULL) == RNN_E_NOT_FINITE &&
          norm != norm && g[1] == 7, "NaN");
    CHECK(rnn_clip_grad_value(g, 3, 1, NULL) == RNN_OK && g[0] != g[0] &&
          g[1] == 1 && g[2] == 1, "NaN stays");
}

/* ---- optimisers: torch.optim 1.13 in double ------------------------------ */

static void plain_step(const rnn_optimizer *o, int t, double *p, double g,
                       double m[3])
{
    const double lr = (double)o->lr, wd = (double)o->weight_decay;
    const double mu = (double)o->momentum, eps = (double)o->eps;
    const double rho = (double)o->rho;
    const double b1 = (double)o->beta1, b2 = (double)o->beta2;
    double d, v;

    if (o->kind == RNN_OPT_ADAMW)
        *p *= 1 - lr * wd;
    else
        g += wd * *p;
    switch (o->kind) {
    case RNN_OPT_SGD:
        d = g;
        if (mu > 0) {
            m[0] = t == 1 ? g : mu * m[0] + (1 - (double)o->dampening) * g;
            d = o->nesterov ? g + mu * m[0] : m[0];
        }
        *p -= lr * d;
        return;
    case RNN_OPT_ADAGRAD:
        m[0] += g * g + (t == 1 ? (double)o->initial : 0);
        d = lr / (1 + (t - 1) * (double)o->lr_decay);
        *p -= d * g / (sqrt(m[0]) + eps);
        return;
    case RNN_OPT_ADADELTA:
        m[0] = rho * m[0] + (1 - rho) * g * g;
        d = sqrt(m[1] + eps) / sqrt(m[0] + eps) * g;
        m[1] = rho * m[1] + (1 - rho) * d * d;
        *p -= lr * d;
        return;
    case RNN_OPT_RMSPROP:
        m[0] = rho * m[0] + (1 - rho) * g * g;
        v = m[0];
        if (o->centered) {
            m[1] = rho * m[1] + (1 - rho) * g;
            v -= m[1] * m[1];
        }
        d = g / (sqrt(v) + eps);
        if (mu > 0)
            d = m[2] = mu * m[2] + d;
        *p -= lr * d;
        return;
    default:
        m[0] = b1 * m[0] + (1 - b1) * g;
        m[1] = b2 * m[1] + (1 - b2) * g * g;
        m[2] = m[1] > m[2] ? m[1] : m[2];
        v = (o->amsgrad ? m[2] : m[1]) / (1 - pow(b2, t));
        *p -= lr / (1 - pow(b1, t)) * m[0] / (sqrt(v) + eps);
    }
}

static void check_optimizer(rnn_optimizer o)
{
    enum { N = 21, STEPS = 200 };
    rnn_real *p = test_reals(N, 1), *g, *m, *p3, *m3;
    rnn_run run = {0, 3, each_shuffled, NULL, NULL};
    rnn_optimizer two = o, three = o;
    double q[N], k[N][3], worst = 0, e;
    size_t count = 0;
    int i, t;

    CHECK(rnn_optimizer_moments(&o, &count, NULL) == RNN_OK && count <= 3,
          "moments");
    m = test_reals(count * N, 50); /* rubbish: the first step begins them */
    m3 = test_reals(count * N, 50);
    p3 = test_reals(N, 0);
    memcpy(p3, p, N * sizeof *p);
    memset(k, 0, sizeof k);
    for (i = 0; i < N; i++)
        q[i] = (double)p[i];
    for (t = 1; t <= STEPS; t++) {
        g = test_reals(N, t % 7 ? 1 : 0.01);
        for (i = 0; i < N; i++)
            plain_step(&o, t, q + i, (double)g[i], k[i]);
        if (t % 2) {
            MUST(rnn_optimizer_step_array(&two, p, g, m, N, NULL) == RNN_OK,
                 "step");
        } else { /* the same in two ranges */
            MUST(rnn_optimizer_begin(&two, NULL) == RNN_OK &&
                     rnn_optimizer_range(&two, p, g, m, N, 5, N - 5, NULL) ==
                         RNN_OK &&
                     rnn_optimizer_range(&two, p, g, m, N, 0, 5, NULL) ==
                         RNN_OK,
                 "ranges");
        }
        MUST(rnn_optimizer_step_array(&three, p3, g, m3, N, &run) == RNN_OK,
             "in parts");
        for (i = 0; i < N; i++) {
            e = fabs((double)p[i] - q[i]) / (1 + fabs(q[i]));
            worst = e > worst || e != e ? e : worst;
        }
    }
    CHECK(worst < 3e-5, "optimiser %d: off by %g", o.kind, worst);
    CHECK(!memcmp(p, p3, N * sizeof *p) &&
              !memcmp(m, m3, count * N * sizeof *m),
          "optimiser %d in parts", o.kind);
    CHECK(rnn_optimizer_range(&two, p, g, m, N, 5, N - 4, NULL) != RNN_OK &&
              rnn_optimizer_range(&two, p, g, m, N, 5, (size_t)-5, NULL) !=
                  RNN_OK,
          "a range beyond the end");
    test_free();
}

static rnn_optimizer fresh(int kind, double lr)
{
    rnn_optimizer o;
    MUST(rnn_optimizer_init(&o, (rnn_optimizer_kind)kind, (rnn_real)lr, NULL) ==
             RNN_OK,
         "init");
    return o;
}

/* PyTorch's defaults: lr, weight_decay, momentum, dampening, nesterov, rho,
 * centered, betas, amsgrad, eps, lr_decay, initial. */
static void check_defaults(void)
{
    static const double eps[] = {1e-8, 1e-10, 1e-6, 1e-8, 1e-8, 1e-8};
    static const double moments[] = {0, 1, 2, 1, 2, 2};
    size_t count;
    int kind;

    for (kind = 0; kind < RNN_OPTIMIZERS; kind++) {
        rnn_optimizer o = fresh(kind, 0.3);
        CHECK((int)o.kind == kind && o.lr == (rnn_real)0.3 && o.step == 0 &&
                  o.weight_decay ==
                      (rnn_real)(kind == RNN_OPT_ADAMW ? 0.01 : 0) &&
                  o.momentum == 0 && o.dampening == 0 && !o.nesterov &&
                  !o.centered && !o.amsgrad && o.lr_decay == 0 &&
                  o.initial == 0,
              "defaults of %d", kind);
        CHECK((kind != RNN_OPT_ADADELTA || o.rho == (rnn_real)0.9) &&
                  (kind != RNN_OPT_RMSPROP || o.rho == (rnn_real)0.99) &&
                  (kind < RNN_OPT_ADAM ||
                   (o.beta1 == (rnn_real)0.9 && o.beta2 == (rnn_real)0.999)) &&
                  (kind == RNN_OPT_SGD || o.eps == (rnn_real)eps[kind]),
              "constants of %d", kind);
        CHECK(rnn_optimizer_moments(&o, &count, NULL) == RNN_OK &&
                  (double)count == moments[kind],
              "moments of %d", kind);
    }
}

static void check_decay_of_model(void)
{
    rnn_model model = {0};
    rnn_optimizer o = fresh(RNN_OPT_SGD, 0.5);
    rnn_most most = {0};
    rnn_net net;
    rnn_work work;
    rnn_tensor t;
    rnn_seq seq = {0};
    rnn_real *p;
    int i, bad = 0;
    size_t k, n;

    model.cell = RNN_CELL_GRU;
    model.input_size = model.output_size = 3;
    model.hidden_size = 4;
    o.weight_decay = (rnn_real)0.5;
    most.train = 1;
    MUST(rnn_plan(&net, &model, &most) == RNN_OK, "plan");
    n = net.sizes.params;
    memset(&work, 0, sizeof work);
    work.params = p = test_reals(n, 0);
    work.grads = test_reals(n, 0);
    work.params_len = work.grads_len = n;
    for (k = 0; k < n; k++)
        p[k] = 1;
    MUST(rnn_bind(&net, &work, test_reals(net.sizes.all, 1), net.sizes.all) ==
             RNN_OK,
         "bind");
    CHECK(rnn_optimizer_step(&o, &net, &work) == RNN_E_ORDER,
          "a step without gradients");
    seq.steps = seq.batch = 1;
    seq.x = test_reals(3, 1);
    seq.x_len = 3;
    MUST(rnn_forward(&net, &work, &seq) == RNN_OK, "forward");
    memset(work.dlogits, 0, 3 * sizeof *work.dlogits); /* gradients are 0 */
    CHECK(rnn_backward(&net, &work, &seq, NULL) == RNN_OK &&
              rnn_optimizer_step(&o, &net, &work) == RNN_OK &&
              o.weight_decay == (rnn_real)0.5 && o.step == 1,
          "a step");
    CHECK(rnn_optimizer_step(&o, &net, &work) == RNN_E_ORDER,
          "the same gradients again");
    for (i = 0; rnn_model_tensor(&model, i, &t, NULL) == RNN_OK; i++)
        for (k = 0; k < t.size; k++)
            bad += p[t.offset + k] != (t.cols ? (rnn_real)0.75 : 1);
    CHECK(!bad, "biases decay, or weights do not");
    test_free();
}

static void check_optimizers(void)
{
    rnn_optimizer o;
    int kind, bits;

    for (kind = 0; kind < RNN_OPTIMIZERS; kind++)
        for (bits = 0; bits < 8; bits++) {
            o = fresh(kind, kind == RNN_OPT_ADADELTA ? 1 : 0.01);
            if (bits & 1)
                o.weight_decay = (rnn_real)0.1;
            if (bits & 2) {
                o.momentum = (rnn_real)0.9;
                o.amsgrad = 1;
                o.lr_decay = (rnn_real)0.05;
            }
            if (bits & 4) {
                o.nesterov = o.momentum > 0;
                o.dampening = o.nesterov ? 0 : (rnn_real)0.3;
                o.centered = 1;
                o.initial = (rnn_real)0.2;
                o.eps = (rnn_real)1e-4;
            }
            tidy_optimizer(&o);
            check_optimizer(o);
        }
    o = fresh(RNN_OPT_SGD, 0.1);
    o.momentum = (rnn_real)0.9;
    o.dampening = (rnn_real)0.5; /* not with Nesterov: the first step is g */
    check_optimizer(o);
    o.nesterov = 1;
    CHECK(rnn_optimizer_begin(&o, NULL) == RNN_E_ARG,
          "Nesterov with dampening");
    check_defaults();
    check_decay_of_model();
}

/* ---- schedules ----------------------------------------------------------- */

/* However long half a cosine is, its end is not below `least`: an optimiser
 * refuses a rate below 0. */
static void check_long_cosine(void)
{
    static const uint32_t every[] = {1000,   5597,    55916,    100003,
                                     999983, 1u << 20, 16777259u, 0xffffffffu};
    rnn_schedule s = {RNN_SCHEDULE_COSINE, (rnn_real)0.002, 0, 0, 0, 0};
    rnn_real lr = 0;
    size_t i;
    uint32_t k;

    for (i = 0; i < sizeof every / sizeof *every; i++) {
        s.every = every[i];
        for (k = 999; k > 0; k--) {
            MUST(rnn_schedule_lr(&s, s.every - k, &lr, NULL) == RNN_OK, "lr");
            CHECK(lr >= 0 && lr <= s.base, "lr %g, %lu before %lu", (double)lr,
                  (unsigned long)k, (unsigned long)s.every);
        }
    }
}

static void check_schedules(void)
{
    static const rnn_schedule all = {RNN_SCHEDULE_CONSTANT, (rnn_real)0.1,
                                     (rnn_real)0.5, (rnn_real)0.01, 10, 40};
    rnn_schedule s;
    rnn_plateau plateau = {0};
    rnn_real lr = 0, metric;
    double want;
    uint32_t t;
    int i, kind, bad = 0;

    for (kind = 0; kind < RNN_SCHEDULES; kind++)
        for (t = 0; t < 120; t++) {
            const double u = (double)t - 10;
            s = all;
            s.kind = (rnn_schedule_kind)kind;
            tidy_schedule(&s);
            MUST(rnn_schedule_lr(&s, t, &lr, NULL) == RNN_OK, "schedule");
            want = t < 10                          ? 0.1 * (t + 1) / 10
                   : kind == RNN_SCHEDULE_CONSTANT ? 0.1
                   : kind == RNN_SCHEDULE_STEP ? 0.1 * pow(0.5, floor(u / 40))
                   : kind == RNN_SCHEDULE_EXPONENTIAL ? 0.1 * pow(0.5, u)
                   : u < 40
                       ? 0.01 + 0.09 *
                                    (1 + cos(3.14159265358979323846 * u / 40)) /
                                    2
                       : 0.01;
            bad += !test_close((double)lr, want, 2e-6, 1e-9);
        }
    CHECK(!bad, "%d learning rates are off", bad);
    /* 5 calls without progress at patience 3: one cut, then a pause of 2 */
    plateau.patience = 3;
    plateau.cooldown = 2;
    plateau.least = (rnn_real)0.02;
    lr = 1;
    for (bad = 0, i = 0; i < 20; i++) {
        static const double lrs[20] = {1,    1,    1,    1,    .1,   .1, .1,
                                       .1,   .1,   .1,   .02,  .02,  .02, .02,
                                       .02,  .02,  .02,  .02,  .02,  .02};
        metric = i == 0 ? 5 : (rnn_real)(5 - 1e-5 * i);
        MUST(rnn_plateau_step(&plateau, metric, &lr, NULL) == RNN_OK,
             "plateau");
        bad += !test_close((double)lr, lrs[i], 1e-6, 0);
    }
    CHECK(!bad, "plateau");
    lr = 1;
    memset(&plateau, 0, sizeof plateau);
    for (i = 0; i < 20; i++)
        (void)!rnn_plateau_step(&plateau, (rnn_real)(20 - i), &lr, NULL);
    CHECK(lr == 1, "progress leaves the rate alone");
    lr = (rnn_real)2e-8;
    plateau.factor = (rnn_real)0.75;
    for (i = 0; i < 20; i++)
        (void)!rnn_plateau_step(&plateau, 30, &lr, NULL);
    CHECK(lr == (rnn_real)2e-8, "a change below 1e-8 is not made");
}

/* A threshold of a tenth: 0.91 of the best is no progress, 0.89 is. */
static void check_threshold(void)
{
    rnn_plateau p = {0};
    rnn_real lr = 1;

    p.threshold = (rnn_real)0.1;
    p.factor = (rnn_real)0.5;
    CHECK(rnn_plateau_step(&p, 1, &lr, NULL) == RNN_OK && lr == 1, "first");
    CHECK(rnn_plateau_step(&p, (rnn_real)0.91, &lr, NULL) == RNN_OK &&
              lr == (rnn_real)0.5,
          "no progress");
    CHECK(rnn_plateau_step(&p, (rnn_real)0.89, &lr, NULL) == RNN_OK &&
              lr == (rnn_real)0.5 && p.best == (rnn_real)0.89,
          "progress");
}

/* ---- initialisers -------------------------------------------------------- */

static rnn_tensor matrix(int rows, int cols, int fan)
{
    rnn_tensor t;
    memset(&t, 0, sizeof t);
    t.rows = rows;
    t.cols = cols;
    t.transposed = 1;
    t.fan = fan;
    t.size = (size_t)rows * (size_t)cols;
    return t;
}

static void check_moments(int rule, double gain, double bound, double deviation)
{
    rnn_tensor t = matrix(80, 120, 40);
    rnn_real *p = test_reals(t.size, 0);
    double sum = 0, squares = 0, most = 0;
    rnn_rng rng;
    size_t i;

    rnn_rng_seed(&rng, 5);
    CHECK(rnn_init_tensor(&t, p, (rnn_init_rule)rule, (rnn_real)gain, &rng,
                          NULL) == RNN_OK,
          "init");
    for (i = 0; i < t.size; i++) {
        sum += (double)p[i];
        squares += (double)p[i] * (double)p[i];
        most = fabs((double)p[i]) > most ? fabs((double)p[i]) : most;
    }
    sum /= (double)t.size;
    squares = sqrt(squares / (double)t.size);
    CHECK(fabs(sum) < 0.05 * deviation, "rule %d: mean %g", rule, sum);
    CHECK(test_close(squares, deviation, 0.03, 0),
          "rule %d: deviation %g, not "
          "%g",
          rule, squares, deviation);
    if (bound > 0)
        CHECK(most <= bound * 1.000001 && most > 0.99 * bound,
              "rule %d: bound %g, not %g", rule, most, bound);
    test_free();
}

/* W W^T = gain^2 I over the shorter side of every block of fan rows. */
static void check_orthogonal(int rows, int cols, int fan)
{
    rnn_tensor t = matrix(rows, cols, fan);
    rnn_real *p = test_reals(t.size, 0);
    double worst = 0, s, e;
    rnn_rng rng;
    int r0, i, j, k, n = fan < cols ? fan : cols, m = fan < cols ? cols : fan;

    rnn_rng_seed(&rng, 6);
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_ORTHOGONAL, 2, &rng, NULL) == RNN_OK,
          "init");
#define AT(i, j)                                                               \
    ((double)p[fan < cols ? (j) * rows + r0 + (i) : (i) * rows + r0 + (j)])
    for (r0 = 0; r0 < rows; r0 += fan)
        for (i = 0; i < n; i++)
            for (j = 0; j <= i; j++) {
                for (s = 0, k = 0; k < m; k++)
                    s += AT(i, k) * AT(j, k);
                e = fabs(s - (i == j ? 4 : 0));
                worst = e > worst ? e : worst;
            }
#undef AT
    CHECK(worst < 1e-5, "orthogonal %d x %d: off by %g", rows, cols, worst);
    test_free();
}

static void check_initialisers(void)
{
    rnn_model model = {0};
    rnn_net net;
    rnn_tensor t = matrix(12, 4, 4);
    rnn_rng rng;
    rnn_real *p, *q;
    int i, bad = 0;
    size_t n;

    check_moments(RNN_INIT_DEFAULT, 1, 1 / sqrt(40), 1 / sqrt(120));
    check_moments(RNN_INIT_UNIFORM, 0.3, 0.3, 0.3 / sqrt(3));
    check_moments(RNN_INIT_NORMAL, 0.3, 0, 0.3);
    check_moments(RNN_INIT_XAVIER_UNIFORM, 2, 2 * sqrt(6. / 200),
                  2 * sqrt(2. / 200));
    check_moments(RNN_INIT_XAVIER_NORMAL, 2, 0, 2 * sqrt(2. / 200));
    check_moments(RNN_INIT_HE_UNIFORM, sqrt(2), sqrt(6. / 120), sqrt(2. / 120));
    check_moments(RNN_INIT_HE_NORMAL, sqrt(2), 0, sqrt(2. / 120));
    check_orthogonal(64, 16, 16);
    check_orthogonal(48, 7, 16);
    check_orthogonal(16, 33, 16);
    p = test_reals(48, 1);
    rnn_rng_seed(&rng, 1);
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_IDENTITY, 3, &rng, NULL) == RNN_OK,
          "eye");
    for (i = 0; i < 48; i++)
        bad += p[i] != (i % 12 % 4 == i / 12 ? 3 : 0);
    CHECK(!bad, "identity");
    model.cell = RNN_CELL_LSTM;
    model.input_size = 3;
    model.hidden_size = 4;
    model.num_layers = 2;
    MUST(rnn_plan(&net, &model, NULL) == RNN_OK, "plan");
    n = net.sizes.params;
    p = test_reals(n, 0);
    q = test_reals(n, 1);
    rnn_rng_seed(&rng, 9);
    MUST(rnn_init_params(&model, p, n, &rng, NULL) == RNN_OK, "stack alone");
    rnn_rng_seed(&rng, 9);
    MUST(rnn_init_params(&model, q, n, &rng, NULL) == RNN_OK, "stack alone");
    CHECK(!memcmp(p, q, n * sizeof *p), "a seed gives the same numbers");
    for (bad = 0, i = 0; i < (int)n; i++)
        bad += !(fabs((double)p[i]) <= 0.5) || p[i] == 0;
    CHECK(!bad, "PyTorch's bound 1 / sqrt(4)");
    CHECK(rnn_init_forget_bias(&model, p, n, 1, NULL) == RNN_OK, "forget bias");
    for (bad = 0, i = 0; rnn_model_tensor(&model, i, &t, NULL) == RNN_OK; i++) {
        int j;
        for (j = 0; j < t.rows && !t.cols; j++)
            bad += (p[t.offset + (size_t)j] ==
                    (strstr(t.name, "_ih_") ? 1 : 0)) != (j / 4 == 1);
    }
    CHECK(!bad, "forget bias");
    test_free();
}

/* The diagonals of blocks that are vectors, wide or tall; and what no rule
 * takes. */
static void check_identity(void)
{
    rnn_tensor t = {"", 4, 0, 0, 2, 0, 4}, bad;
    rnn_real p[12], sum = 0;
    rnn_rng rng;
    size_t i;

    rnn_rng_seed(&rng, 1);
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_IDENTITY, 3, &rng, NULL) == RNN_OK &&
          p[0] == 3 && p[1] == 0 && p[2] == 3 && p[3] == 0,
          "a vector: a block's first");
    t.cols = 3; /* two blocks of [2][3], stored transposed */
    t.transposed = 1;
    t.size = 12;
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_IDENTITY, 3, &rng, NULL) == RNN_OK,
          "wide blocks");
    for (i = 0; i < 12; i++)
        sum += p[i];
    CHECK(p[0] == 3 && p[5] == 3 && p[2] == 3 && p[7] == 3 && sum == 12,
          "their diagonals");
    t.rows = 3; /* one block of [3][2] */
    t.cols = 2;
    t.size = 6;
    t.fan = 3;
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_IDENTITY, 3, &rng, NULL) == RNN_OK &&
          p[0] == 3 && p[4] == 3 && p[1] == 0 && p[2] == 0 && p[3] == 0 &&
          p[5] == 0, "a tall block's diagonal");
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_ORTHOGONAL, 1, NULL, NULL) == RNN_E_ARG,
          "no generator");
    bad = t;
    bad.rows = 0;
    CHECK(rnn_init_tensor(&bad, p, RNN_INIT_CONSTANT, 1, &rng, NULL) == RNN_E_ARG,
          "no row");
    bad = t;
    bad.cols = -1;
    CHECK(rnn_init_tensor(&bad, p, RNN_INIT_CONSTANT, 1, &rng, NULL) == RNN_E_ARG,
          "columns below 0");
}

/* A model's parameters: every tensor within its own bound, spread over it, and
 * unrelated to its neighbour; the table normal. */
static void check_init_model(void)
{
    rnn_model model = {0};
    rnn_net net;
    rnn_tensor t;
    rnn_rng rng, at;
    rnn_real *p, *q;
    double last = 0;
    int i, count = 0;
    size_t k, all;

    model.cell = RNN_CELL_GRU;
    model.input = RNN_INPUT_EMBEDDING;
    model.input_size = 500;
    model.embedding_size = 24;
    model.hidden_size = 36;
    model.num_layers = 2;
    model.bidirectional = 1;
    model.output_size = 50;
    MUST(rnn_plan(&net, &model, NULL) == RNN_OK, "plan");
    all = net.sizes.params;
    p = test_reals(all + 1, 0);
    q = test_reals(all, 0);
    p[all] = 77;
    rnn_rng_seed(&rng, 21);
    CHECK(rnn_init_params(&model, p, all, &rng, NULL) == RNN_OK && p[all] == 77,
          "init_params");
    at = rng;
    rnn_rng_seed(&rng, 21);
    MUST(rnn_init_params(&model, q, all, &rng, NULL) == RNN_OK, "again");
    CHECK(!memcmp(p, q, all * sizeof *p) && !memcmp(&at, &rng, sizeof at),
          "a seed gives the same model");
    MUST(rnn_init_params(&model, q, all, &rng, NULL) == RNN_OK, "and on");
    CHECK(memcmp(p, q, all * sizeof *p) != 0, "the next model differs");
    for (i = 0; rnn_model_tensor(&model, i, &t, NULL) == RNN_OK; i++) {
        const double n = !strncmp(t.name, "out", 3) ? 72 : 36;
        const double bound = 1 / sqrt(n), size = (double)t.size;
        double sum = 0, squares = 0, most = 0, want = bound * bound / 3;
        if (!strcmp(t.name, "emb.weight"))
            want = 1;
        for (k = 0; k < t.size; k++) {
            const double v = (double)p[t.offset + k];
            sum += v;
            squares += v * v;
            most = fabs(v) > most ? fabs(v) : most;
        }
        CHECK(want == 1 ? most > 3 && most < 6.5
                        : most <= bound && most > 0.85 * bound,
              "%s: greatest %g", t.name, most);
        CHECK(fabs(sum / size) < 5 * sqrt(want / size), "%s: mean %g", t.name,
              sum / size);
        CHECK(test_close(squares / size, want, 7 / sqrt(size), 0),
              "%s: variance %g, not %g", t.name, squares / size, want);
        CHECK((double)p[t.offset] != last, "%s begins as the one before",
              t.name);
        last = (double)p[t.offset];
        count++;
    }
    CHECK(count == 1 + 16 + 2, "%d tensors", count);
    /* neighbours do not go together */
    for (last = 0, k = 12000; k + 1 < all; k++)
        last += (double)p[k] * (double)p[k + 1];
    last /= (double)(all - 12001) / (3 * 36);
    CHECK(fabs(last) < 5 / sqrt((double)all - 12001), "correlation %g", last);
    test_free();
}

/* ---- dropout ------------------------------------------------------------- */

static void check_dropout(void)
{
    enum { T = 20, B = 10, H = 30, N = T * B * H };
    rnn_model model = {0};
    rnn_most most = {0};
    rnn_seq seq = {0};
    rnn_net net;
    rnn_work work;
    rnn_real *y, *z;
    size_t i, dropped = 0;
    int bad = 0;

    model.cell = RNN_CELL_GRU;
    model.input_size = 4;
    model.hidden_size = H;
    model.dropout_last = (rnn_real)0.3;
    most.steps = T;
    most.batch = B;
    most.train = 1;
    MUST(rnn_plan(&net, &model, &most) == RNN_OK && net.sizes.logits == N,
         "plan");
    memset(&work, 0, sizeof work);
    work.params = test_reals(net.sizes.params, 1);
    work.params_len = net.sizes.params;
    MUST(rnn_bind(&net, &work, test_reals(net.sizes.all, 0), net.sizes.all) ==
             RNN_OK,
         "bind");
    y = test_reals(N, 0);
    z = work.logits;
    seq.steps = T;
    seq.batch = B;
    seq.x = test_reals(T * B * 4, 1);
    seq.x_len = T * B * 4;
    MUST(rnn_forward(&net, &work, &seq) == RNN_OK, "forward");
    memcpy(y, work.logits, N * sizeof *y);
    MUST(rnn_infer(&net, &work, &seq) == RNN_OK, "infer");
    for (i = 0; i < N; i++) {
        dropped += y[i] == 0;
        bad +=
            y[i] != 0 && !test_close((double)y[i], (double)z[i] / 0.7, 1e-6, 0);
        bad += z[i] == 0;
    }
    CHECK(!bad, "what is kept is not h / (1 - p)");
    CHECK(test_close((double)dropped / N, 0.3, 0.05, 0), "dropped %lu of %lu",
          (unsigned long)dropped, (unsigned long)N);
    test_free();
}

/* ---- trainings ----------------------------------------------------------- */

/* Says the token seen two steps before; a loss far below log 5 is memory. */
static void check_learning(int cell, int input)
{
    enum { T = 12, B = 8, V = 5, H = 24, STEPS = 250 };
    rnn_model model = {0};
    rnn_most most = {0};
    rnn_seq seq = {0};
    rnn_net net;
    rnn_work work;
    rnn_optimizer adam = fresh(RNN_OPT_ADAM, 0.02);
    rnn_rng rng;
    rnn_loss how = {0};
    rnn_real *w, loss = 9;
    int *ids, *targets, k, i;

    model.cell = (rnn_cell)cell;
    model.input = (rnn_input)input;
    model.input_size = model.output_size = V;
    model.embedding_size = input == RNN_INPUT_EMBEDDING ? 6 : 0;
    model.hidden_size = H;
    most.steps = T;
    most.batch = B;
    most.train = 1;
    most.moments = 2;
    MUST(rnn_plan(&net, &model, &most) == RNN_OK, "plan");
    memset(&work, 0, sizeof work);
    MUST(rnn_bind(&net, &work, test_reals(net.sizes.all, 0), net.sizes.all) ==
             RNN_OK,
         "bind");
    how.weights = w = test_reals(T * B, 0);
    targets = test_ids(T * B, 1);
    ids = test_ids(T * B, 1);
    seq.steps = T;
    seq.batch = B;
    seq.ids = ids;
    say_seq(&seq, targets, sizeof *targets);
    how.weights_len = T * B;
    rnn_rng_seed(&rng, 2);
    MUST(rnn_init_params(&model, work.params, work.params_len, &rng, NULL) ==
             RNN_OK,
         "init");
    for (k = 0; k < STEPS; k++) {
        for (i = 0; i < T * B; i++) {
            ids[i] = (int)(rnn_rng_next(&rng) % V);
            w[i] = i >= 2 * B;
            targets[i] = i >= 2 * B ? ids[i - 2 * B] : -1;
        }
        MUST(rnn_forward(&net, &work, &seq) == RNN_OK &&
                 rnn_cross_entropy(&net, &work, &seq, targets, &how, &loss) ==
                     RNN_OK &&
                 rnn_backward(&net, &work, &seq, NULL) == RNN_OK &&
                 rnn_clip_grad_norm(work.grads, net.sizes.params, 5, NULL,
                                    NULL) == RNN_OK &&
                 rnn_optimizer_step(&adam, &net, &work) == RNN_OK,
             "a step");
    }
    CHECK((double)loss < 0.2, "cell %d input %d: loss %g", cell, input,
          (double)loss);
    test_free();
}

int main(int argc, char **argv)
{
    int cell;

    test_seed(argc, argv);
    check_losses();
    check_clips();
    check_optimizers();
    check_schedules();
    check_long_cosine();
    check_threshold();
    check_initialisers();
    check_identity();
    check_init_model();
    check_dropout();
    for (cell = 0; cell < RNN_CELLS; cell++) {
        check_learning(cell, RNN_INPUT_ONE_HOT);
        check_learning(cell, RNN_INPUT_EMBEDDING);
    }
    test_unused();
    return test_end();
}
