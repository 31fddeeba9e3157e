/* gradcheck: a loss of one's own, a layer of one's own, and whether their
 * gradients are right.
 *
 *         y1     y2     y3         y_t = V h_t + c
 *         ^      ^      ^
 *         h1 ->  h2 ->  h3 -> ...
 *         ^      ^      ^
 *         x1     x2     x3         x_t = A s_t: ours, before the network
 *         ^      ^      ^
 *         s1     s2     s3
 *
 * The library knows three losses. This one is none of them:
 *
 *     L = 1/n sum log cosh(y - y*)         dL/dy = 1/n tanh(y - y*)
 *
 * which is the square of small errors and the size of large ones. So we write
 * dL/dy where a loss of the library would (work.dlogits), ask rnn_backward for
 * dL/dx (rnn_flow.dx), and go on by hand: dL/dA = sum dL/dx_t s_t^T.
 *
 * Then gradcheck.h tries some gradients of every tensor against two more
 * forward passes, in the arithmetic that the program is compiled for:
 * build/gradcheck in float, build/gradcheck_double, with -DRNN_DOUBLE, in
 * double. --spoil 1 makes a mistake, to see it named. A moment. */
#include "training.h"
#include "gradcheck.h"

#include <math.h>

enum { STEPS = 6, BATCH = 3, SIGNALS = 4, INPUTS = 5, OUTPUTS = 3 };

typedef struct problem {
    rnn_net net;
    rnn_work work;
    rnn_real *a;        /* (INPUTS, SIGNALS)               */
    rnn_real *s;        /* (STEPS, BATCH, SIGNALS)         */
    rnn_real *x;        /* (STEPS, BATCH, INPUTS)          */
    rnn_real *wanted;   /* (STEPS, BATCH, OUTPUTS)         */
    rnn_real *h0;       /* (layers, BATCH, hidden)         */
    rnn_seq seq;
    int spoil;          /* a mistake: step 0 is forgotten  */
} problem;

/* x_t = A s_t */
static void ours_forward(problem *p)
{
    int row, i, j;

    for (row = 0; row < STEPS * BATCH; row++)
        for (i = 0; i < INPUTS; i++) {
            rnn_real sum = 0;
            for (j = 0; j < SIGNALS; j++)
                sum += p->a[i * SIGNALS + j] * p->s[row * SIGNALS + j];
            p->x[row * INPUTS + i] = sum;
        }
}

/* dL/dA = sum over t of dL/dx_t s_t^T */
static void ours_backward(const problem *p, const rnn_real *dx, rnn_real *da)
{
    int row = p->spoil ? BATCH : 0, i, j;

    for (; row < STEPS * BATCH; row++)
        for (i = 0; i < INPUTS; i++)
            for (j = 0; j < SIGNALS; j++)
                da[i * SIGNALS + j] +=
                    dx[row * INPUTS + i] * p->s[row * SIGNALS + j];
}

/* L, and dL/dy in work.dlogits. */
static double log_cosh(problem *p)
{
    const int n = STEPS * BATCH * OUTPUTS;
    double sum = 0, d;
    int i;

    for (i = 0; i < n; i++) {
        d = (double)p->work.logits[i] - (double)p->wanted[i];
        sum += log(cosh(d)) / n;
        p->work.dlogits[i] = (rnn_real)(tanh(d) / n);
    }
    return sum;
}

/* The loss of x as it stands. */
static double forward_of_x(void *arg)
{
    problem *p = (problem *)arg;

    check(rnn_forward(&p->net, &p->work, &p->seq), &p->work.why, "forward");
    return log_cosh(p);
}

static double forward(void *arg)
{
    ours_forward((problem *)arg);
    return forward_of_x(arg);
}

static void open_problem(problem *p, const options *o, int layers)
{
    rnn_model model = {0};
    rnn_most most = {0};
    rnn_rng rng;
    int i;

    model.wiring = RNN_WIRING_N_TO_N;
    model.cell = (rnn_cell)o->cell;
    model.input_size = INPUTS;
    model.hidden_size = o->hidden;
    model.num_layers = layers;
    model.output_size = OUTPUTS;
    most.steps = STEPS;
    most.batch = BATCH;
    most.train = 1;
    open_work(&p->net, &p->work, &model, &most);
    rnn_rng_seed(&rng, (uint32_t)o->seed);
    check(
        rnn_init_params(&model, p->work.params, p->work.params_len, &rng, &why),
        &why, "first weights");
    p->a = reals(INPUTS * SIGNALS);
    p->s = reals(STEPS * BATCH * SIGNALS);
    p->x = reals(STEPS * BATCH * INPUTS);
    p->wanted = reals(STEPS * BATCH * OUTPUTS);
    p->h0 = reals(p->net.sizes.state);
    for (i = 0; i < INPUTS * SIGNALS; i++)
        p->a[i] = rnn_normal(&rng);
    for (i = 0; i < STEPS * BATCH * SIGNALS; i++)
        p->s[i] = rnn_normal(&rng);
    for (i = 0; i < STEPS * BATCH * OUTPUTS; i++)
        p->wanted[i] = rnn_normal(&rng);
    for (i = 0; i < (int)p->net.sizes.state; i++)
        p->h0[i] = rnn_normal(&rng) / 2;
    p->seq.steps = STEPS;
    p->seq.batch = BATCH;
    p->seq.x = p->x;
    p->seq.x_len = STEPS * BATCH * INPUTS;
    p->seq.h0 = p->h0;
    p->seq.state_len = p->net.sizes.state;
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_LSTM, 8, 0};
    problem p = {0};
    int layers = 2, all = 0;
    const option own[] = {
        {"--layers", WHOLE, &layers, 1, 8, NULL, "recurrent layers"},
        {"--spoil", WHOLE, &p.spoil, 0, 1, NULL,
         "1: the gradient of our layer forgets a step"},
        {"--all", WHOLE, &all, 0, 1, NULL, "1: every gradient is tried"},
        OPTIONS_END};
    gradcheck g = {0};
    rnn_flow flow = {0};
    rnn_real *da, *dx, *dh0;

    read_options(argc, argv,
                 "gradcheck holds the gradients of a loss and a layer of our "
                 "own\nagainst differences of the loss.\n",
                 &o, own);
    open_problem(&p, &o, layers);
    da = reals(INPUTS * SIGNALS);
    dx = reals(p.seq.x_len);
    dh0 = reals(p.seq.state_len);
    flow.dx = dx;
    flow.dx_len = p.seq.x_len;
    flow.dh0 = dh0;
    flow.state_len = p.seq.state_len;

    printf("loss %.6f\n\n", forward(&p));
    check(rnn_backward(&p.net, &p.work, &p.seq, &flow), &p.work.why,
          "backward");
    ours_backward(&p, dx, da);

    g.loss = forward;
    g.arg = &p;
    g.most = all ? 1000000 : 0;
    puts("gradients of               tried       worst  at");
    check_model(&g, &p.net, &p.work);
    check_array(&g, "A", p.a, da, INPUTS, SIGNALS);
    check_array(&g, "h0", p.h0, dh0, (int)p.seq.state_len, 0);
    g.loss = forward_of_x;
    check_array(&g, "x", p.x, dx, STEPS * BATCH, INPUTS);
    if (g.wrong)
        printf("\nthe worst: %s\n", g.where);
    putchar('\n');
    return result("gradcheck", g.worst, '<', GRADCHECK_BOUND);
}
