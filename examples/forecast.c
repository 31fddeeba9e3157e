/* forecast: a network that learns a chaotic series and then goes on alone.
 *
 *     learning: what comes next?         forecasting: it reads itself
 *
 *     x2     x3     x4     xT+1          y1      y2      y3
 *     ^      ^      ^      ^             ^       ^       ^
 *     h1 --> h2 --> h3 ... hT            hT ---> h ----> h ----> ...
 *     ^      ^      ^      ^             ^       ^       ^
 *     x1     x2     x3     xT            xT      y1      y2
 *
 * This is the article's N vs N on its third sort of sequence, a time series:
 * numbers go in, numbers come out, and the error is squared. The series is that
 * of Mackey & Glass (1977), who modelled how blood cells are renewed: what is
 * made now depends on what was there a delay ago,
 *
 *     dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t)
 *
 * and so it is chaotic: two pasts that differ by a little part further and
 * further. x is taken every 3 units of time, set to mean 0 and deviation 1, and
 * measured with noise of a tenth of that. No number alone says what comes next,
 * nor does it say how much of itself is noise: the network must remember.
 *
 * It learns to predict the next measurement, which no one can do with an error
 * below the noise. Then, on stretches that come after all that it has learnt,
 * it reads 100 measurements one by one and forecasts 100 more, each step from
 * its own last output, with rnn_step: as a program would that runs for ever.
 *
 * The program prints lines of progress (iteration, mean squared error, time
 * left), one forecast beside the truth, and how the error grows with the
 * distance. Its figure is that of the first 50 steps, three swings; whoever
 * always forecasts the mean has an error of 1. forecast.svg and
 * forecast_error.svg are drawn beside the program. It takes about ten seconds
 * on one core; forecast --help lists the options. */

#include "pictures.h"
#include "training.h"
#include <math.h>

enum { PAST = 6000, KNOWN = 100, AHEAD = 100, STEPS = KNOWN + AHEAD,
       TESTS = 100, BATCH = 25, ASKED = 50 };

/* ---- the series --------------------------------------------------------- */

/* PAST numbers to learn from, then TESTS stretches of STEPS numbers. */
typedef struct series {
    rnn_real *truth, *measured;
} series;

/* What is made, from what was there a delay ago. */
static double made(double x)
{
    const double x2 = x * x, x4 = x2 * x2;

    return 0.2 * x / (1 + x4 * x4 * x2);
}

/* count numbers x(t), from a past by chance, by Heun's rule. */
static void mackey_glass(rnn_real *x, int count, rnn_rng *rng)
{
    enum { DELAY = 170, EVERY = 30, SETTLE = 3000 }; /* tenths of time */
    double ring[DELAY], now = 1.2, up, up2, next;
    int i, n = 0;

    for (i = 0; i < DELAY; i++)
        ring[i] = 0.5 + (double)rnn_uniform(rng);
    for (i = 0; n < count; i++) {
        if (i >= SETTLE && i % EVERY == 0)
            x[n++] = (rnn_real)now;
        up = made(ring[i % DELAY]) - 0.1 * now;
        up2 = made(ring[(i + 1) % DELAY]) - 0.1 * (now + 0.1 * up);
        next = now + 0.05 * (up + up2);
        ring[i % DELAY] = now; /* what is oldest has been read */
        now = next;
    }
}

static series make_series(double noise, rnn_rng *rng)
{
    const int count = PAST + TESTS * STEPS;
    series s = {reals((size_t)count), reals((size_t)count)};
    double mean = 0, square = 0, deviation;
    int i;

    mackey_glass(s.truth, count, rng);
    for (i = 0; i < PAST; i++) {
        mean += (double)s.truth[i] / PAST;
        square += (double)s.truth[i] * (double)s.truth[i] / PAST;
    }
    deviation = sqrt(square - mean * mean);
    for (i = 0; i < count; i++) {
        s.truth[i] = (rnn_real)(((double)s.truth[i] - mean) / deviation);
        s.measured[i] = s.truth[i] + (rnn_real)noise * rnn_normal(rng);
    }
    return s;
}

/* ---- learning ----------------------------------------------------------- */

/* BATCH stretches of the past, each with its measurements one step later. */
static void make_batch(rnn_real *x, rnn_real *next, const series *s,
                       rnn_rng *rng)
{
    const rnn_real *from;
    int row, k;

    for (row = 0; row < BATCH; row++) {
        from = s->measured + below(rng, PAST - STEPS);
        check_apart(from, 1, s->measured + PAST, TESTS, STEPS * sizeof *from);
        for (k = 0; k < STEPS; k++) {
            x[k * BATCH + row] = from[k];
            next[k * BATCH + row] = from[k + 1];
        }
    }
}

/* ---- forecasting -------------------------------------------------------- */

/* y (STEPS, TESTS): what the network says before every number of the stretches
 * but the first, where it has said nothing, from those before it while they are
 * known, then from its own. */
static rnn_real *forecast(trainer *t, const series *s)
{
    rnn_real *y = reals(STEPS * TESTS), *x = reals(TESTS);
    rnn_real *h = reals(t->net.sizes.state), *c = reals(t->net.sizes.state);
    rnn_row one = {0};
    int k, row;

    one.x = x;
    one.x_len = TESTS;
    one.state_len = t->net.sizes.state;
    for (k = 1; k < STEPS; k++) {
        for (row = 0; row < TESTS; row++)
            x[row] = k <= KNOWN ? s->measured[PAST + row * STEPS + k - 1]
                                : y[(k - 1) * TESTS + row];
        check(rnn_step(&t->net, &t->work, &one, h, c), &t->work.why, "a step");
        memcpy(y + k * TESTS, t->work.logits, TESTS * sizeof *y);
    }
    return y;
}

/* The errors of steps 1 ... AHEAD of the forecasts, over all stretches: roots
 * of mean squares; of the network, and of repeating what was measured last. */
static void errors_ahead(const series *s, const rnn_real *y, rnn_real *network,
                         rnn_real *repeat)
{
    double own, same, d;
    int k, row;

    for (k = 0; k < AHEAD; k++) {
        own = same = 0;
        for (row = 0; row < TESTS; row++) {
            const int last = PAST + row * STEPS + KNOWN - 1;
            const double truth = (double)s->truth[last + 1 + k];

            d = truth - (double)y[(KNOWN + k) * TESTS + row];
            own += d * d / TESTS;
            d = truth - (double)s->measured[last];
            same += d * d / TESTS;
        }
        network[k] = (rnn_real)sqrt(own);
        repeat[k] = (rnn_real)sqrt(same);
    }
}

/* Of predicting the next measurement, once the network has seen 20. */
static void show_one_step(const series *s, const rnn_real *y, double noise)
{
    double network = 0, repeat = 0, d;
    int k, row, n = 0;

    for (row = 0; row < TESTS; row++)
        for (k = 20; k < KNOWN; k++, n++) {
            const rnn_real *x = s->measured + PAST + row * STEPS + k;

            d = (double)x[0] - (double)y[k * TESTS + row];
            network += d * d;
            d = (double)x[0] - (double)x[-1];
            repeat += d * d;
        }
    printf("\nThe next measurement: error %.3f; of repeating the last %.3f; "
           "the noise is %.3f\n",
           sqrt(network / n), sqrt(repeat / n), noise);
}

/* ---- pictures ----------------------------------------------------------- */

/* The first stretch, turned by a quarter: time goes down. */
static void show_forecast(const series *s, const rnn_real *y)
{
    const axis across = {-2.5, 2.5, 0, 60};
    int k, i, truth, said;

    puts("\nA forecast (o) and the truth (|):\n");
    for (k = 0; k < ASKED; k += 2) {
        truth = (int)on(&across, (double)s->truth[PAST + KNOWN + k]);
        said = (int)on(&across, (double)y[(KNOWN + k) * TESTS]);
        printf("%4d  ", k + 1);
        for (i = 0; i < 60 && (i <= truth || i <= said); i++)
            putchar(i == said ? 'o' : i == truth ? '|' : ' ');
        putchar('\n');
    }
}

static void draw_forecast(const series *s, const rnn_real *y)
{
    enum { BEFORE = 40 };
    const rnn_real *truth = s->truth + PAST + KNOWN;
    const rnn_real *measured = s->measured + PAST + KNOWN;
    rnn_real *ahead = reals(BEFORE + AHEAD), *said = reals(AHEAD);
    curve curves[3] = {{"measured", BEFORE, NULL, NULL, 0},
                       {"the forecast", AHEAD, NULL, NULL, 0},
                       {"the truth", AHEAD, NULL, NULL, 0}};
    int k;

    for (k = 0; k < BEFORE + AHEAD; k++)
        ahead[k] = (rnn_real)(k - BEFORE + 1);
    for (k = 0; k < AHEAD; k++)
        said[k] = y[(KNOWN + k) * TESTS];
    curves[0].x = ahead;
    curves[1].x = curves[2].x = ahead + BEFORE;
    curves[0].y = measured - BEFORE;
    curves[1].y = said;
    curves[2].y = truth;
    svg_plot("forecast", "Beyond its end: a chaotic series and its forecast",
             "steps ahead", "value, in deviations of the series", curves, 3);
}

/* The errors, in figures and drawn. */
static void show_errors(const rnn_real *network, const rnn_real *repeat)
{
    const curve curves[2] = {{"the network", AHEAD, NULL, network, 0},
                             {"repeating the last", AHEAD, NULL, repeat, 0}};
    int k;

    puts("\nsteps ahead  error  of repeating the last");
    for (k = 1; k <= AHEAD; k += k < 10 ? 3 : 10)
        printf("%11d  %5.3f  %21.3f\n", k, (double)network[k - 1],
               (double)repeat[k - 1]);
    svg_plot("forecast_error", "Error of the forecasts; of the mean it is 1",
             "steps ahead", "root of the mean squared error, in deviations",
             curves, 2);
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_GRU, 64, 1500};
    double noise = 0.1, square = 0;
    const option own[] = {{"--noise", REAL, &noise, 0, 10, NULL,
                           "of a measurement; the series' deviation is 1"},
                          OPTIONS_END};
    rnn_real *x = reals(STEPS * BATCH), *next = reals(STEPS * BATCH), *y;
    rnn_real *network = reals(AHEAD), *repeat = reals(AHEAD);
    rnn_model model = {0};
    rnn_seq seq = {0};
    goal want = {0};
    trainer *t;
    series s;
    int k;

    read_options(argc, argv,
                 "forecast learns to predict the next number of a chaotic "
                 "series,\nand then goes on by itself.\n",
                 &o, own);
    model.wiring = RNN_WIRING_N_TO_N;
    model.cell = (rnn_cell)o.cell;
    model.input = RNN_INPUT_DENSE;
    model.input_size = model.output_size = 1;
    model.hidden_size = o.hidden;
    t = open_trainer(&model, 0, STEPS, TESTS, &o, 0.005);
    s = make_series(noise, &t->rng);
    seq.steps = STEPS;
    seq.batch = BATCH;
    seq.x = x;
    seq.x_len = want.len = STEPS * BATCH;
    want.values = next;
    while (go_on(t)) {
        make_batch(x, next, &s, &t->rng);
        must(t, rnn_forward(&t->net, &t->work, &seq), "forward");
        loss_of(t, &seq, &want);
        must(t, rnn_backward(&t->net, &t->work, &seq, NULL), "backward");
        update(t);
    }
    y = forecast(t, &s);
    errors_ahead(&s, y, network, repeat);
    show_forecast(&s, y);
    show_one_step(&s, y, noise);
    show_errors(network, repeat);
    draw_forecast(&s, y);
    for (k = 0; k < ASKED; k++)
        square += (double)network[k] * (double)network[k] / ASKED;
    return result("forecast_error", sqrt(square), '<', 0.15);
}
