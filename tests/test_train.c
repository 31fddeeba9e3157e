/* Losses, clipping, optimisers, schedules, initialisers and sampling against
 * plain versions of them in double; and small trainings that must succeed. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#include <float.h>
#include <math.h>

static int close_to(double a, double b, double relative, double absolute)
{
    return fabs(a - b) <= relative * fabs(b) + absolute;
}

/* ---- losses -------------------------------------------------------------- */

enum { ROWS = 37, O = 19 };

/* Row i of a loss and its derivative, in double. */
static double plain_row(int which, const rnn_real *x, const rnn_real *t, int id,
                        double smoothing, double *d)
{
    double max = x[0], sum = 0, l = 0;
    int j;

    for (j = 1; j < O; j++)
        max = x[j] > max ? x[j] : max;
    for (j = 0; j < O; j++)
        sum += exp(x[j] - max);
    for (j = 0; j < O; j++) {
        const double q = (j == id ? 1 - smoothing : 0) + smoothing / O;
        const double s = 1 / (1 + exp(-(double)x[j]));
        if (which == 0) {
            l -= q * (x[j] - max - log(sum));
            d[j] = exp(x[j] - max) / sum - q;
        } else if (which == 1) {
            l += ((x[j] > 0 ? x[j] : 0) - (double)x[j] * t[j] +
                  log1p(exp(-fabs((double)x[j])))) / O;
            d[j] = (s - t[j]) / O;
        } else {
            l += ((double)x[j] - t[j]) * ((double)x[j] - t[j]) / O;
            d[j] = 2 * ((double)x[j] - t[j]) / O;
        }
    }
    return l;
}

static rnn_status run_loss(int which, const rnn_real *x, const rnn_real *t,
                           const int *ids, const rnn_real *w, rnn_real n,
                           rnn_real smoothing, rnn_real *l, rnn_real *dx,
                           rnn_real *loss, const rnn_run *run)
{
    if (which == 0)
        return rnn_cross_entropy(x, ROWS, O, ids, w, n, smoothing, l, dx, loss,
                                 run);
    if (which == 1)
        return rnn_sigmoid_cross_entropy(x, ROWS, O, t, w, n, l, dx, loss, run);
    return rnn_squared_error(x, ROWS, O, t, w, n, l, dx, loss, run);
}

static void check_loss(int which, double scale, int weighted, double n,
                       double smoothing)
{
    rnn_real *x = test_reals(ROWS * O, scale), *t = test_reals(ROWS * O, 0.5);
    rnn_real *w = weighted ? test_reals(ROWS, 1) : NULL, loss = 0, mean;
    rnn_real *l = test_reals(ROWS, 0), *dx = test_reals(ROWS * O, 0);
    rnn_real *l2 = test_reals(ROWS, 0), *dx2 = test_reals(ROWS * O, 0);
    double total = 0, count = n, d[O], row, wi;
    int *ids = test_ids(ROWS, O), i, j, bad = 0;
    rnn_run run = {0, 3, 0};

    for (i = 0; i < ROWS * O; i++)
        t[i] += (rnn_real)0.5;
    for (i = 0; w && i < ROWS; i++) {
        w[i] = i % 5 ? (rnn_real)fabs(w[i]) : 0;
        if (i % 5 == 0)
            ids[i] = i % 2 ? -3 : O; /* is not read */
    }
    for (i = 0; n <= 0 && i < ROWS; i++)
        count += w ? w[i] : 1;
    CHECK(run_loss(which, x, t, ids, w, (rnn_real)n, (rnn_real)smoothing, l, dx,
                   &loss, NULL) == RNN_OK, "loss %d", which);
    for (i = 0; i < ROWS; i++) {
        wi = w ? w[i] : 1;
        if (wi <= 0) {
            bad += l[i] != 0;
            for (j = 0; j < O; j++)
                bad += dx[i * O + j] != 0;
            continue;
        }
        row = plain_row(which, x + i * O, t + i * O, ids[i], smoothing, d);
        total += wi * row;
        bad += !close_to(l[i], row, 1e-5, 1e-6 * scale);
        for (j = 0; j < O; j++)
            bad += !close_to(dx[i * O + j], d[j] * wi / count, 1e-5,
                             2e-7 * (1 + scale) / count);
    }
    CHECK(!bad, "loss %d scale %g: %d numbers are off", which, scale, bad);
    CHECK(close_to(loss, total / count, 1e-5, 1e-7), "loss %d: %g, not %g",
          which, (double)loss, total / count);
    /* shares of three threads and the mean: the same bits */
    for (run.part = 0; run.part < 3; run.part++)
        MUST(run_loss(which, x, t, ids, w, (rnn_real)count, (rnn_real)smoothing,
                      l2, dx2, NULL, &run) == RNN_OK, "a share");
    MUST(run_loss(which, x, t, ids, w, (rnn_real)count, (rnn_real)smoothing, l,
                  x, &loss, NULL) == RNN_OK, "dx in x");
    CHECK(rnn_mean(l2, w, ROWS, (rnn_real)count, &mean, NULL) == RNN_OK &&
          mean == loss && !memcmp(l, l2, ROWS * sizeof *l) &&
          !memcmp(x, dx2, ROWS * O * sizeof *x), "loss %d: shares", which);
    test_free();
}

static void check_losses(void)
{
    rnn_real x[3] = {3e38f, -3e38f, 0}, w[3] = {0, 0, 0}, loss = 9, l[3], d[3];
    int ids[3] = {0, 0, 0}, which;

    for (which = 0; which < 3; which++) {
        check_loss(which, 3, 0, 0, 0);
        check_loss(which, 3, 1, 0, which ? 0 : 0.3);
        check_loss(which, 1e4, 1, 11, 0);
        check_loss(which, 1e-3, 0, 100, which ? 0 : 0.1);
    }
    CHECK(rnn_cross_entropy(x, 1, 3, ids, NULL, 0, 0, l, d, &loss, NULL) ==
          RNN_OK && loss == 0 && d[0] == 0 && d[1] == 0, "huge and right");
    CHECK(rnn_cross_entropy(x, 3, 1, ids, w, 0, 0, l, d, &loss, NULL) ==
          RNN_OK && loss == 0, "no weight at all: %g", (double)loss);
    x[2] = x[0] * 10; /* infinite */
    loss = 9;
    CHECK(rnn_cross_entropy(x, 1, 3, ids, NULL, 0, 0, l, d, &loss, NULL) ==
          RNN_E_NOT_FINITE && loss != 9, "an infinite logit");
    CHECK(rnn_squared_error(x, 1, 3, w, NULL, 0, l, d, &loss, NULL) ==
          RNN_E_NOT_FINITE, "an infinite error");
}

/* ---- clipping ------------------------------------------------------------ */

static void check_clip(double scale)
{
    enum { N = 1001 };
    rnn_real *g = test_reals(N, scale), *old = test_reals(N, 0), norm = 0;
    double sum = 0, f, most = 0;
    int i, bad = 0;

    memcpy(old, g, N * sizeof *g);
    for (i = 0; i < N; i++) {
        sum += (double)g[i] * g[i];
        most = fabs((double)g[i]) > most ? fabs((double)g[i]) : most;
    }
    sum = sqrt(sum);
    CHECK(rnn_clip_grad_norm(g, N, 5, &norm, NULL) == RNN_OK &&
          close_to(norm, sum, 1e-5, 0), "norm %g, not %g", (double)norm, sum);
    f = 5 / (sum + 1e-6);
    for (i = 0; i < N; i++)
        bad += !close_to(g[i], f < 1 ? old[i] * f : old[i], 1e-5, 0);
    CHECK(!bad, "clip by norm at %g", scale);
    memcpy(g, old, N * sizeof *g);
    CHECK(rnn_clip_grad_max(g, N, (rnn_real)0.5, &norm, NULL) == RNN_OK &&
          close_to(norm, most, 0, 0), "greatest");
    f = 0.5 / (most + 1e-6);
    for (bad = 0, i = 0; i < N; i++)
        bad += !close_to(g[i], f < 1 ? old[i] * f : old[i], 1e-5, 0);
    CHECK(!bad, "clip by greatest at %g", scale);
    memcpy(g, old, N * sizeof *g);
    CHECK(rnn_clip_grad_value(g, N, (rnn_real)0.25, NULL) == RNN_OK, "value");
    for (bad = 0, i = 0; i < N; i++)
        bad += g[i] != (old[i] > 0.25f ? 0.25f : old[i] < -0.25f ? -0.25f
                                                                 : old[i]);
    CHECK(!bad, "clip by value at %g", scale);
    test_free();
}

static void check_clips(void)
{
    rnn_real g[3] = {0, 0, 0}, norm = 9, nan;

    check_clip(1e-3);
    check_clip(1);
    check_clip(1e30);
    check_clip(1e-30);
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
    const double lr = o->lr, wd = o->weight_decay, mu = o->momentum;
    double d, v, bc1, bc2;

    if (o->kind == RNN_ADAMW)
        *p *= 1 - lr * wd;
    else
        g += wd * *p;
    switch (o->kind) {
    case RNN_SGD:
        d = g;
        if (mu > 0) {
            m[0] = t == 1 ? g : mu * m[0] + (1 - o->dampening) * g;
            d = o->nesterov ? g + mu * m[0] : m[0];
        }
        *p -= lr * d;
        return;
    case RNN_ADAGRAD:
        m[0] += g * g + (t == 1 ? o->initial : 0);
        *p -= lr / (1 + (double)(t - 1) * o->lr_decay) * g / (sqrt(m[0]) + o->eps);
        return;
    case RNN_ADADELTA:
        m[0] = o->rho * m[0] + (1 - o->rho) * g * g;
        d = sqrt(m[1] + o->eps) / sqrt(m[0] + o->eps) * g;
        m[1] = o->rho * m[1] + (1 - o->rho) * d * d;
        *p -= lr * d;
        return;
    case RNN_RMSPROP:
        m[0] = o->rho * m[0] + (1 - o->rho) * g * g;
        v = m[0];
        if (o->centered) {
            m[1] = o->rho * m[1] + (1 - o->rho) * g;
            v -= m[1] * m[1];
        }
        d = g / (sqrt(v) + o->eps);
        if (mu > 0)
            d = m[2] = mu * m[2] + d;
        *p -= lr * d;
        return;
    default:
        m[0] = o->beta1 * m[0] + (1 - o->beta1) * g;
        m[1] = o->beta2 * m[1] + (1 - o->beta2) * g * g;
        m[2] = m[1] > m[2] ? m[1] : m[2];
        bc1 = 1 - pow(o->beta1, t);
        bc2 = 1 - pow(o->beta2, t);
        v = o->amsgrad ? m[2] : m[1];
        *p -= lr / bc1 * m[0] / (sqrt(v) / sqrt(bc2) + o->eps);
    }
}

static void check_optimizer(rnn_optimizer o)
{
    enum { N = 21, STEPS = 200 };
    rnn_real *p = test_reals(N, 1), *g, *m;
    rnn_optimizer two = o;
    double q[N], k[N][3], worst = 0, e;
    size_t count = 0;
    int i, t;

    CHECK(rnn_optimizer_moments(&o, &count) == RNN_OK && count <= 3, "moments");
    m = test_reals(count * N, 50); /* rubbish: the first step begins them */
    memset(k, 0, sizeof k);
    for (i = 0; i < N; i++)
        q[i] = p[i];
    for (t = 1; t <= STEPS; t++) {
        g = test_reals(N, t % 7 ? 1 : 0.01);
        for (i = 0; i < N; i++)
            plain_step(&o, t, q + i, g[i], k[i]);
        if (t % 2) {
            MUST(rnn_optimizer_step(&two, p, g, m, N, NULL) == RNN_OK, "step");
        } else { /* the same in two ranges */
            MUST(rnn_optimizer_begin(&two) == RNN_OK &&
                 rnn_optimizer_range(&two, p, g, m, N, 5, N - 5, NULL) ==
                     RNN_OK &&
                 rnn_optimizer_range(&two, p, g, m, N, 0, 5, NULL) == RNN_OK,
                 "ranges");
        }
        for (i = 0; i < N; i++) {
            e = fabs(p[i] - q[i]) / (1 + fabs(q[i]));
            worst = e > worst || e != e ? e : worst;
        }
    }
    CHECK(worst < 3e-5, "optimiser %d: off by %g", o.kind, worst);
    test_free();
}

static rnn_optimizer fresh(int kind, double lr)
{
    rnn_optimizer o;
    MUST(rnn_optimizer_init(&o, kind, (rnn_real)lr) == RNN_OK, "init");
    return o;
}

static void check_decay_of_model(void)
{
    rnn_model model = {0};
    rnn_optimizer o = fresh(RNN_SGD, 0.5);
    rnn_sizes s;
    rnn_tensor t;
    rnn_real *p, *g;
    int i, bad = 0;
    size_t k;

    model.cell = RNN_GRU;
    model.input_size = model.output_size = 3;
    model.hidden_size = 4;
    o.weight_decay = (rnn_real)0.5;
    MUST(rnn_model_sizes(&model, 1, 1, &s) == RNN_OK, "sizes");
    p = test_reals(s.params, 0);
    g = test_reals(s.params, 0);
    for (k = 0; k < s.params; k++)
        p[k] = 1;
    CHECK(rnn_optimizer_step_model(&o, &model, p, g, NULL, NULL) == RNN_OK &&
          o.weight_decay == (rnn_real)0.5 && o.step == 1, "step_model");
    for (i = 0; rnn_model_tensor(&model, i, &t) == RNN_OK; i++)
        for (k = 0; k < t.size; k++)
            bad += p[t.offset + k] != (t.cols ? (rnn_real)0.75 : 1);
    CHECK(!bad, "biases decay, or weights do not");
    test_free();
}

static void check_optimizers(void)
{
    rnn_optimizer o;
    int kind, bits;

    for (kind = RNN_SGD; kind <= RNN_ADAMW; kind++)
        for (bits = 0; bits < 8; bits++) {
            o = fresh(kind, kind == RNN_ADADELTA ? 1 : 0.01);
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
            check_optimizer(o);
        }
    o = fresh(RNN_SGD, 0.1);
    o.momentum = (rnn_real)0.9;
    o.dampening = (rnn_real)0.5; /* not with Nesterov: the first step is g */
    check_optimizer(o);
    o.nesterov = 1;
    CHECK(rnn_optimizer_begin(&o) == RNN_E_ARG, "Nesterov with dampening");
    check_decay_of_model();
}

/* ---- schedules ----------------------------------------------------------- */

static void check_schedules(void)
{
    rnn_schedule s = {RNN_CONSTANT, (rnn_real)0.1, (rnn_real)0.5,
                      (rnn_real)0.01, 10, 40};
    rnn_plateau plateau = {0};
    rnn_real lr = 0, metric;
    double want;
    uint32_t t;
    int i, kind, bad = 0;

    for (kind = RNN_CONSTANT; kind <= RNN_COSINE; kind++)
        for (t = 0; t < 120; t++) {
            const double u = (double)t - 10;
            s.kind = kind;
            MUST(rnn_schedule_lr(&s, t, &lr) == RNN_OK, "schedule");
            want = t < 10                 ? 0.1 * (t + 1) / 10
                   : kind == RNN_CONSTANT ? 0.1
                   : kind == RNN_STEP     ? 0.1 * pow(0.5, floor(u / 40))
                   : kind == RNN_EXPONENTIAL
                       ? 0.1 * pow(0.5, u)
                       : u < 40 ? 0.01 + 0.09 * (1 + cos(3.14159265358979323846
                                                         * u / 40)) / 2
                                : 0.01;
            bad += !close_to(lr, want, 2e-6, 1e-9);
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
        MUST(rnn_plateau_step(&plateau, metric, &lr) == RNN_OK, "plateau");
        bad += !close_to(lr, lrs[i], 1e-6, 0);
    }
    CHECK(!bad, "plateau");
    lr = 1;
    memset(&plateau, 0, sizeof plateau);
    for (i = 0; i < 20; i++)
        rnn_plateau_step(&plateau, (rnn_real)(20 - i), &lr);
    CHECK(lr == 1, "progress leaves the rate alone");
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
    CHECK(rnn_init_tensor(&t, p, rule, (rnn_real)gain, &rng) == RNN_OK, "init");
    for (i = 0; i < t.size; i++) {
        sum += p[i];
        squares += (double)p[i] * p[i];
        most = fabs((double)p[i]) > most ? fabs((double)p[i]) : most;
    }
    sum /= (double)t.size;
    squares = sqrt(squares / (double)t.size);
    CHECK(fabs(sum) < 0.05 * deviation, "rule %d: mean %g", rule, sum);
    CHECK(close_to(squares, deviation, 0.03, 0), "rule %d: deviation %g, not "
          "%g", rule, squares, deviation);
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
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_ORTHOGONAL, 2, &rng) == RNN_OK,
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
    rnn_stack stack = {0};
    rnn_sizes s;
    rnn_tensor t = matrix(12, 4, 4);
    rnn_rng rng;
    rnn_real *p, *q;
    int i, bad = 0;

    check_moments(RNN_INIT_DEFAULT, 1, 1 / sqrt(40), 1 / sqrt(120));
    check_moments(RNN_INIT_UNIFORM, 0.3, 0.3, 0.3 / sqrt(3));
    check_moments(RNN_INIT_NORMAL, 0.3, 0, 0.3);
    check_moments(RNN_INIT_XAVIER_UNIFORM, 2, 2 * sqrt(6. / 200),
                  2 * sqrt(2. / 200));
    check_moments(RNN_INIT_XAVIER_NORMAL, 2, 0, 2 * sqrt(2. / 200));
    check_moments(RNN_INIT_HE_UNIFORM, sqrt(2), sqrt(6. / 120),
                  sqrt(2. / 120));
    check_moments(RNN_INIT_HE_NORMAL, sqrt(2), 0, sqrt(2. / 120));
    check_orthogonal(64, 16, 16);
    check_orthogonal(48, 7, 16);
    check_orthogonal(16, 33, 16);
    p = test_reals(48, 1);
    rnn_rng_seed(&rng, 1);
    CHECK(rnn_init_tensor(&t, p, RNN_INIT_IDENTITY, 3, &rng) == RNN_OK, "eye");
    for (i = 0; i < 48; i++)
        bad += p[i] != (i % 12 % 4 == i / 12 ? 3 : 0);
    CHECK(!bad, "identity");
    stack.cell = RNN_LSTM;
    stack.input_size = 3;
    stack.hidden_size = 4;
    stack.num_layers = 2;
    MUST(rnn_stack_sizes(&stack, 1, 1, &s) == RNN_OK, "sizes");
    p = test_reals(s.params, 0);
    q = test_reals(s.params, 1);
    rnn_rng_seed(&rng, 9);
    MUST(rnn_init_stack(&stack, p, s.params, &rng) == RNN_OK, "stack");
    rnn_rng_seed(&rng, 9);
    MUST(rnn_init_stack(&stack, q, s.params, &rng) == RNN_OK, "stack");
    CHECK(!memcmp(p, q, s.params * sizeof *p), "a seed gives the same numbers");
    for (bad = 0, i = 0; i < (int)s.params; i++)
        bad += !(fabs((double)p[i]) <= 0.5) || p[i] == 0;
    CHECK(!bad, "PyTorch's bound 1 / sqrt(4)");
    CHECK(rnn_init_forget_bias(&stack, p, 1) == RNN_OK, "forget bias");
    for (bad = 0, i = 0; rnn_stack_tensor(&stack, i, &t) == RNN_OK; i++) {
        int j;
        for (j = 0; j < t.rows && !t.cols; j++)
            bad += (p[t.offset + (size_t)j] ==
                    (strstr(t.name, "_ih_") ? 1 : 0)) != (j / 4 == 1);
    }
    CHECK(!bad, "forget bias");
    test_free();
}

/* ---- sampling ------------------------------------------------------------ */

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
            want[i] = exp(x[i] / T[k % 3]);
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
    MUST(rnn_model_sizes(&model, 1, 1, &s) == RNN_OK, "sizes");
    p = test_reals(s.params, 2);
    work = test_reals(s.step + 12, 0);
    h = test_reals(s.state, 0);
    c = test_reals(s.state, 0);
    h2 = test_reals(s.state, 0);
    c2 = test_reals(s.state, 0);
    rnn_rng_seed(&a, 3);
    b = a;
    CHECK(rnn_generate(&model, p, h, c, 1, &how, &a, 4, ids, 40, &count, work,
                       s.step + 12, NULL) == RNN_OK && count < 40,
          "generate: %d", count);
    for (id = 1, i = 0; i <= count; i++) {
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

/* ---- dropout ------------------------------------------------------------- */

static void check_dropout(void)
{
    enum { T = 20, B = 10, H = 30 };
    rnn_stack stack = {0};
    rnn_seq seq = {0};
    rnn_sizes s;
    rnn_real *p, *y, *z, *work;
    size_t i, dropped = 0;
    int bad = 0;

    stack.cell = RNN_GRU;
    stack.input_size = 4;
    stack.hidden_size = H;
    stack.dropout_last = (rnn_real)0.3;
    MUST(rnn_stack_sizes(&stack, T, B, &s) == RNN_OK, "sizes");
    p = test_reals(s.params, 1);
    y = test_reals(s.output, 0);
    z = test_reals(s.output, 0);
    work = test_reals(s.train, 0);
    seq.steps = T;
    seq.batch = B;
    seq.x = test_reals(T * B * 4, 1);
    MUST(rnn_stack_forward(&stack, p, &seq, y, work, s.train, NULL) == RNN_OK &&
         rnn_stack_infer(&stack, p, &seq, z, work, s.infer, NULL) == RNN_OK,
         "forward");
    for (i = 0; i < s.output; i++) {
        dropped += y[i] == 0;
        bad += y[i] != 0 && !close_to(y[i], z[i] / 0.7, 1e-6, 0);
        bad += z[i] == 0;
    }
    CHECK(!bad, "what is kept is not h / (1 - p)");
    CHECK(close_to((double)dropped / (double)s.output, 0.3, 0.05, 0),
          "dropped %lu of %lu", (unsigned long)dropped,
          (unsigned long)s.output);
    test_free();
}

/* ---- trainings ----------------------------------------------------------- */

/* Says the token seen two steps before; a loss far below log 5 is memory. */
static void check_learning(int cell, int input)
{
    enum { T = 12, B = 8, V = 5, H = 24, STEPS = 250 };
    rnn_model model = {0};
    rnn_seq seq = {0};
    rnn_sizes s;
    rnn_optimizer adam = fresh(RNN_ADAM, 0.02);
    rnn_rng rng;
    rnn_real *p, *g, *m, *work, *logits, *w, loss = 9;
    int *ids, *targets, k, i;

    model.cell = cell;
    model.input = input;
    model.input_size = model.output_size = V;
    model.embedding_size = input == RNN_EMBEDDING ? 6 : 0;
    model.hidden_size = H;
    MUST(rnn_model_sizes(&model, T, B, &s) == RNN_OK, "sizes");
    p = test_reals(s.params, 0);
    g = test_reals(s.params, 0);
    m = test_reals(2 * s.params, 0);
    work = test_reals(s.train, 0);
    logits = test_reals(s.output, 0);
    w = test_reals(T * B, 0);
    targets = test_ids(T * B, 1);
    ids = test_ids(T * B, 1);
    seq.steps = T;
    seq.batch = B;
    seq.ids = ids;
    rnn_rng_seed(&rng, 2);
    MUST(rnn_init_params(&model, p, s.params, &rng) == RNN_OK, "init");
    for (k = 0; k < STEPS; k++) {
        for (i = 0; i < T * B; i++) {
            ids[i] = (int)(rnn_rng_next(&rng) % V);
            w[i] = i >= 2 * B;
            targets[i] = i >= 2 * B ? ids[i - 2 * B] : -1;
        }
        memset(g, 0, s.params * sizeof *g);
        MUST(rnn_forward(&model, p, &seq, logits, work, s.train, NULL) ==
                 RNN_OK &&
             rnn_cross_entropy(logits, T * B, V, targets, w, 0, 0, NULL, logits,
                               &loss, NULL) == RNN_OK &&
             rnn_backward(&model, p, &seq, logits, NULL, g, work, s.train,
                          NULL) == RNN_OK &&
             rnn_clip_grad_norm(g, s.params, 5, NULL, NULL) == RNN_OK &&
             rnn_optimizer_step(&adam, p, g, m, s.params, NULL) == RNN_OK,
             "a step");
    }
    CHECK(loss < 0.2, "cell %d input %d: loss %g", cell, input, (double)loss);
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
    check_initialisers();
    check_sampling();
    check_generate();
    check_dropout();
    for (cell = RNN_TANH; cell <= RNN_LSTM; cell++) {
        check_learning(cell, RNN_ONE_HOT);
        check_learning(cell, RNN_EMBEDDING);
    }
    test_unused();
    return test_end();
}
