/* Gradients against central differences, in double (-DRNN_DOUBLE), for every
 * tensor of every combination: parameters, x, h0, c0.
 *
 * The loss of a stack is sum y up + sum hn up_h + sum cn up_c; of a model the
 * cross-entropy of its logits plus the latter two. A difference quotient of
 * step 1e-5 has an error of about 1e-10 here, so 1e-7 is far above it and far
 * below any wrong term. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "tidy.h"

#include <math.h>

#define STEP 1e-5
#define BOUND 1e-7

enum { T = 4, B = 3, I = 3, H = 3, O = 4, E = 2 };

typedef struct problem {
    rnn_model model; /* output_size 0: the stack alone */
    rnn_net net;
    rnn_work work;
    rnn_sizes sizes;
    rnn_seq seq;
    rnn_real *params, *grads, *x, *h0, *c0, *y, *hn, *cn;
    rnn_real *up, *up_h, *up_c, *weights, *dlogits;
    rnn_real *dx, *dh0, *dc0;
    int *targets;
    const char *what;
} problem;

static long combinations, skipped;

static rnn_real dot(const rnn_real *a, const rnn_real *b, size_t n)
{
    rnn_real s = 0;
    size_t i;
    for (i = 0; a && b && i < n; i++)
        s += a[i] * b[i];
    return s;
}

/* The value that is differentiated; leaves dlogits and keep behind. */
static rnn_real value(problem *p)
{
    const size_t n = p->sizes.state;
    rnn_real loss = 0;
    rnn_loss how = {0};
    rnn_status st = rnn_forward(&p->net, &p->work, &p->seq);

    how.weights = p->weights;
    how.weights_len = T * B;
    how.smoothing = (rnn_real)0.1;

    if (!st && p->model.output_size)
        st = rnn_cross_entropy(&p->net, &p->work, &p->seq, p->targets, &how,
                               &loss);
    else
        loss = dot(p->y, p->up, p->sizes.logits);
    MUST(st == RNN_OK, "forward: %s", rnn_status_text(st));
    return loss + dot(p->hn, p->up_h, n) + dot(p->cn, p->up_c, n);
}

static void check_tensor(problem *p, const char *name, rnn_real *v,
                         const rnn_real *d, rnn_real before, size_t n)
{
    rnn_real worst = 0, old, up, down, twice, quotient, error;
    size_t i;

    for (i = 0; i < n; i++) {
        old = v[i];
        v[i] = old + STEP;
        up = value(p);
        v[i] = old - STEP;
        down = value(p);
        v[i] = old;
        quotient = (up - down) / (2 * STEP);
        error = fabs(quotient - (d[i] - before));
        if (error > BOUND && p->model.cell == RNN_CELL_RELU) {
            /* a kink lies between: the quotients of two steps differ */
            v[i] = old + STEP / 8;
            twice = value(p);
            v[i] = old - STEP / 8;
            twice = (twice - value(p)) / (STEP / 4);
            v[i] = old;
            if (fabs(twice - quotient) > BOUND / 4) {
                skipped++;
                continue;
            }
        }
        if (!(error <= worst))
            worst = error;
    }
    CHECK(worst <= BOUND, "%s, cell %d layers %d both %d: %s off by %g",
          p->what, p->model.cell, p->model.num_layers, p->model.bidirectional,
          name, worst);
}

/* grads start at 0.25 and must be added to; dx, dh0, dc0 start as rubbish and
 * must be overwritten. */
static void check_all(problem *p)
{
    const rnn_real before = 0.25;
    rnn_tensor t;
    rnn_flow flow;
    rnn_status st;
    size_t i;
    int k, idle = 0;

    value(p);
    memset(&flow, 0, sizeof flow);
    flow.dhn = p->up_h;
    flow.dcn = p->up_c;
    flow.dh0 = p->seq.h0 ? p->dh0 : NULL;
    flow.dc0 = p->seq.c0 ? p->dc0 : NULL;
    flow.dx = p->seq.ids ? NULL : p->dx;
    say_flow(&flow);
    for (i = 0; i < p->sizes.params; i++)
        p->grads[i] = before;
    flow.accumulate = 1;
    st = rnn_backward(&p->net, &p->work, &p->seq, &flow);
    MUST(st == RNN_OK, "backward: %s", rnn_status_text(st));
    for (k = 0; rnn_model_tensor(&p->model, k, &t, NULL) == RNN_OK; k++) {
        check_tensor(p, t.name, p->params + t.offset, p->grads + t.offset,
                     before, t.size);
        for (i = 0; i < t.size; i++)
            idle += fabs(p->grads[t.offset + i] - before) < 1e-14;
    }
    /* a parameter that nothing depends on: a product or a bias was forgotten */
    if (p->seq.x && !p->seq.lengths && p->model.cell != RNN_CELL_RELU &&
        !(p->model.dropout > 0))
        CHECK(idle == 0, "%s, cell %d: %d parameters have no gradient", p->what,
              p->model.cell, idle);
    if (flow.dx)
        check_tensor(p, "x", p->x, p->dx, 0, T * B * I);
    if (flow.dh0)
        check_tensor(p, "h0", p->h0, p->dh0, 0, p->sizes.state);
    if (flow.dc0)
        check_tensor(p, "c0", p->c0, p->dc0, 0, p->sizes.state);
    combinations++;
}

/* Fills a problem whose stack or model is set: states and upstream gradients
 * of states come with `states`, lengths with `lengths`. */
static void prepare(problem *p, int states, const int *lengths)
{
    const int lstm = RNN_HAS_C(p->model.cell) != 0;
    rnn_most most = {0};
    rnn_status st;
    size_t n, i;

    most.steps = T;
    most.batch = B;
    most.train = 1;
    st = rnn_plan(&p->net, &p->model, &most);
    MUST(st == RNN_OK, "plan: %s", rnn_status_text(st));
    p->sizes = p->net.sizes;
    n = p->sizes.state;
    p->params = test_reals(p->sizes.params, 0.8);
    p->grads = test_reals(p->sizes.params, 1);
    p->x = test_reals(T * B * I, 1);
    p->dx = test_reals(T * B * I, 100);
    p->y = test_reals(p->sizes.logits, 0);
    p->up = test_reals(p->sizes.logits, 1);
    p->dlogits = p->model.output_size ? test_reals(p->sizes.logits, 0) : p->up;
    p->work.params = p->params;
    p->work.grads = p->grads;
    p->work.logits = p->y;
    p->work.dlogits = p->dlogits;
    p->work.params_len = p->work.grads_len = p->sizes.params;
    p->work.logits_len = p->work.dlogits_len = p->sizes.logits;
    st = rnn_bind(&p->net, &p->work, test_reals(p->sizes.all, 1), p->sizes.all);
    MUST(st == RNN_OK, "bind: %s", rnn_status_text(st));
    p->targets = test_ids(T * B, O);
    p->weights = test_reals(T * B, 1);
    for (i = 0; i < T * B; i++) /* some 0, none below */
        p->weights[i] = p->weights[i] < -0.5 ? 0 : fabs(p->weights[i]);
    p->seq.steps = T;
    p->seq.batch = B;
    p->seq.lengths = lengths;
    p->seq.seed[0] = 7;
    if (lengths && p->model.output_size) /* padding counts for nothing */
        for (i = 0; i < T * B; i++)
            if ((int)(i / B) >= lengths[i % B])
                p->weights[i] = 0;
    p->h0 = test_reals(n, 0.9);
    p->c0 = test_reals(n, 0.9);
    p->dh0 = test_reals(n, 100);
    p->dc0 = test_reals(n, 100);
    if (states) {
        p->seq.h0 = p->h0;
        p->seq.hn = p->hn = test_reals(n, 0);
        p->up_h = test_reals(n, 1);
        if (lstm) {
            p->seq.c0 = p->c0;
            p->seq.cn = p->cn = test_reals(n, 0);
            p->up_c = test_reals(n, 1);
        }
    }
}

/* Everything that a stack can be, alone or in a model. */
static void check_combination(int cell, int layers, int both, int no_bias,
                              int states, const int *lengths, int input,
                              int model, int dropout)
{
    problem p;

    memset(&p, 0, sizeof p);
    p.what = model ? "model" : "stack";
    p.model.cell = (rnn_cell)cell;
    p.model.input = (rnn_input)input;
    p.model.input_size = I;
    p.model.embedding_size = input == RNN_INPUT_EMBEDDING ? E : 0;
    p.model.hidden_size = H;
    p.model.num_layers = layers;
    p.model.bidirectional = both;
    p.model.no_bias = no_bias;
    p.model.output_size = model ? O : 0;
    if (dropout) {
        p.model.dropout = 0.4;
        p.model.dropout_last = 0.3;
    }
    tidy(&p.model);
    prepare(&p, states, lengths);
    if (input == RNN_INPUT_DENSE)
        p.seq.x = p.x;
    else
        p.seq.ids = test_ids(T * B, I);
    say_seq(&p.seq, p.targets, sizeof *p.targets);
    check_all(&p);
    test_free();
}

static void check_stacks_and_models(void)
{
    static const int lengths[B] = {2, 0, T};
    int cell, layers, both, bits;

    for (cell = 0; cell < RNN_CELLS; cell++)
        for (layers = 1; layers <= 2; layers++)
            for (both = 0; both <= 1; both++)
                for (bits = 0; bits < 16; bits++) {
                    const int *l = bits & 4 ? lengths : NULL;
                    const int no_bias = bits & 1, states = bits & 2;
                    const int dropout = bits >> 3;
                    int input;
                    check_combination(cell, layers, both, no_bias, states, l,
                                      RNN_INPUT_DENSE, 0, dropout);
                    check_combination(cell, layers, both, no_bias, states, l,
                                      RNN_INPUT_ONE_HOT, 0, dropout);
                    for (input = 0; input < RNN_INPUTS; input++)
                        check_combination(cell, layers, both, no_bias, states,
                                          l, input, 1, dropout);
                }
}

/* ---- the linear block and the table -------------------------------------- */

typedef struct affine {
    rnn_linear lin;
    rnn_linear_pass pass;
    rnn_seq seq;
    rnn_real *params, *up;
    size_t n, out;
} affine;

static rnn_real affine_value(affine *a)
{
    MUST(rnn_linear_forward(&a->lin, &a->pass, NULL) == RNN_OK, "linear");
    return dot(a->pass.y, a->up, a->out);
}

static void check_affine(int f, int no_bias, const int *lengths, int tokens)
{
    affine a;
    rnn_real *x = test_reals(T * B * I, 1), *dx = test_reals(T * B * I, 9);
    rnn_real *v, old, up, down, worst = 0, e;
    size_t i, k;

    memset(&a, 0, sizeof a);
    a.lin.input_size = I;
    a.lin.output_size = O;
    a.lin.activation = (rnn_fn)f;
    a.lin.no_bias = no_bias;
    a.seq.steps = T;
    a.seq.batch = B;
    a.seq.lengths = lengths;
    a.seq.x = tokens ? NULL : x;
    a.seq.ids = tokens ? test_ids(T * B, I) : NULL;
    CHECK(rnn_linear_size(&a.lin, &a.n, NULL) == RNN_OK, "size");
    a.out = T * B * O;
    a.params = test_reals(a.n, 1);
    a.up = test_reals(a.out, 1);
    for (i = 0; lengths && i < a.out; i++) /* y is f(b) there, not a result */
        if ((int)(i / (B * O)) >= lengths[i / O % B])
            a.up[i] = 0;
    a.pass.seq = &a.seq;
    a.pass.params = a.params;
    a.pass.grads = test_reals(a.n, 0);
    a.pass.y = test_reals(a.out, 0);
    a.pass.dy = test_reals(a.out, 0);
    a.pass.dx = tokens ? NULL : dx;
    say_linear(&a.pass);
    say_seq(&a.seq, NULL, 1);
    affine_value(&a);
    memcpy(a.pass.dy, a.up, a.out * sizeof *a.up);
    CHECK(rnn_linear_backward(&a.lin, &a.pass, NULL) == RNN_OK, "back");
    CHECK(rnn_linear_grads(&a.lin, &a.pass, NULL) == RNN_OK, "grads");
    for (k = 0; k < 2; k++)
        for (i = 0; i < (k ? (tokens ? 0 : T * B * I) : a.n); i++) {
            v = (k ? x : a.params) + i;
            old = *v;
            *v = old + STEP;
            up = affine_value(&a);
            *v = old - STEP;
            down = affine_value(&a);
            *v = old;
            e = fabs((up - down) / (2 * STEP) - (k ? dx : a.pass.grads)[i]);
            worst = e > worst ? e : worst;
        }
    CHECK(worst <= BOUND, "linear f %d: off by %g", f, worst);
    combinations++;
    test_free();
}

static void check_linear(void)
{
    static const int lengths[B] = {T, 1, 0};
    int f, bits;

    for (f = RNN_FN_IDENTITY; f <= RNN_FN_SIGMOID; f++)
        for (bits = 0; bits < 8; bits++)
            check_affine(f, bits & 1, bits & 2 ? lengths : NULL, bits & 4);
}

/* ---- the losses ---------------------------------------------------------- */

static rnn_real loss_value(int which, const rnn_real *x, const rnn_real *t,
                           const int *ids, const rnn_real *w, rnn_real *dx)
{
    static const rnn_real c[O] = {0.5, 0, 2, 1.5};
    rnn_real loss = 0;
    rnn_loss how = {0};
    rnn_status st;

    how.weights = w;
    how.n = which == 1 ? 5 : which == 3 ? 3 : 0;
    how.smoothing = which == 1 || which == 5 ? 0.2 : 0;
    how.class_weights = which > 3 ? c : NULL;
    st = which == 2
             ? rnn_sigmoid_cross_entropy_rows(x, B, O, t, &how, dx, &loss, NULL)
         : which == 3
             ? rnn_squared_error_rows(x, B, O, t, &how, dx, &loss, NULL)
             : rnn_cross_entropy_rows(x, B, O, ids, &how, dx, &loss, NULL);
    MUST(st == RNN_OK, "loss %d: %s", which, rnn_status_text(st));
    return loss;
}

static void check_losses(void)
{
    int which, i;

    for (which = 0; which < 6; which++) {
        rnn_real *x = test_reals(B * O, 3), *t = test_reals(B * O, 0.5);
        rnn_real *w = test_reals(B, 1), *dx = test_reals(B * O, 9);
        rnn_real old, up, down, worst = 0, e;
        int *ids = test_ids(B, O);

        for (i = 0; i < B * O; i++)
            t[i] += 0.5;
        for (i = 0; i < B; i++)
            w[i] = i == 1 ? 0 : fabs(w[i]);
        loss_value(which, x, t, ids, w, dx);
        for (i = 0; i < B * O; i++) {
            old = x[i];
            x[i] = old + STEP;
            up = loss_value(which, x, t, ids, w, NULL);
            x[i] = old - STEP;
            down = loss_value(which, x, t, ids, w, NULL);
            x[i] = old;
            e = fabs((up - down) / (2 * STEP) - dx[i]);
            worst = e > worst ? e : worst;
        }
        CHECK(worst <= BOUND, "loss %d: off by %g", which, worst);
        combinations++;
        test_free();
    }
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_stacks_and_models();
    check_linear();
    check_losses();
    printf("%ld combinations, %ld elements skipped at a kink of ReLU\n",
           combinations, skipped);
    CHECK(skipped <= 200, "too many kinks");
    test_unused();
    return test_end();
}
