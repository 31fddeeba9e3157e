/* report.h: where the numbers of a network went wrong.
 *
 *     report_tensors(stderr, &net, &work)      norms, sizes, the first NaN
 *     report_steps(stderr, &net, &work, &seq)  saturated units, and in time
 *
 * The second walks through a sequence once more, step by step, and looks at
 * every state; it is for models without a decoder, of one direction. */
#ifndef REPORT_H
#define REPORT_H

#include "base.h"

/* What is seen of some numbers. */
typedef struct finding {
    double squares, most;
    size_t wrong, first; /* how many are not finite, and which is the first */
} finding;

static inline finding finding_in(const rnn_real *x, size_t n)
{
    finding l = {0, 0, 0, 0};
    double v;
    size_t i;

    for (i = 0; i < n; i++) {
        v = (double)x[i];
        if (!(v - v == 0)) {
            l.first = l.wrong++ ? l.first : i;
            continue;
        }
        l.squares += v * v;
        v = v < 0 ? -v : v;
        l.most = v > l.most ? v : l.most;
    }
    return l;
}

/* Newton's method: a report needs no libm. */
static inline double root(double x)
{
    double y = x > 1 ? x : 1;
    int i;

    for (i = 0; i < 1100 && x > 0 && y * y > x * (1 + 1e-12); i++)
        y = (y + x / y) / 2;
    return x > 0 ? y : 0;
}

/* A table: of each tensor the norm and the largest size of a number, of the
 * weights and of their gradients, which are those of the last backward pass: of
 * the update before, if a loss has exploded. Then the first of each that is not
 * finite. */
static inline void report_tensors(FILE *to, const rnn_net *net,
                                  const rnn_work *work)
{
    const rnn_real *from[2];
    static const char *const what[] = {"weight", "gradient"};
    rnn_tensor t;
    finding l;
    char place[32];
    int i, k;

    from[0] = work->params;
    from[1] = work->grads_len >= net->sizes.params ? work->grads : NULL;
    fprintf(to, "%-24s %10s %10s %12s %12s\n", "tensor", "norm", "largest",
            "its grad's", "largest");
    for (i = 0; rnn_model_tensor(&net->model, i, &t, NULL) == RNN_OK; i++) {
        fprintf(to, "%-24s", t.name);
        for (k = 0; k < 2 && from[k]; k++) {
            l = finding_in(from[k] + t.offset, t.size);
            fprintf(to, k ? " %12.4g %12.4g" : " %10.4g %10.4g",
                    root(l.squares), l.most);
            if (l.wrong)
                fprintf(to, " (%lu not finite)", (unsigned long)l.wrong);
        }
        fputc('\n', to);
    }
    for (k = 0; k < 2 && from[k]; k++)
        for (i = 0; rnn_model_tensor(&net->model, i, &t, NULL) == RNN_OK; i++) {
            l = finding_in(from[k] + t.offset, t.size);
            if (!l.wrong)
                continue;
            fprintf(to, "the first %s that is not finite: %s %s\n", what[k],
                    t.name, place_in(place, &t, l.first));
            break;
        }
}

/* ---- in time ------------------------------------------------------------ */

/* A walk: one step of the sequence at a time. */
typedef struct walk {
    rnn_real *h, *c;
    size_t *full; /* (L) states near the ends of what they can be */
    int found;    /* the first number that is not finite was named */
} walk;

/* After a step: (L, B, H) states. A unit is saturated where |h| > 0.99, or, of
 * cells that have c, |tanh c| > 0.99. */
static inline void look_at_states(FILE *to, walk *w, const rnn_model *m,
                                  int step, int batch)
{
    const int layers = m->num_layers > 0 ? m->num_layers : 1;
    const int has_c = RNN_HAS_C(m->cell) ? 1 : 0;
    const size_t per = (size_t)batch * (size_t)m->hidden_size;
    size_t i;
    int k;

    for (k = 0; k < layers; k++)
        for (i = 0; i < per; i++) {
            const rnn_real h = w->h[(size_t)k * per + i];
            const rnn_real v = has_c ? w->c[(size_t)k * per + i] : h;

            w->full[k] += size_of((double)v) > (has_c ? 2.65 : 0.99);
            if (w->found || (h - h == 0 && v - v == 0))
                continue;
            w->found = 1;
            fprintf(to,
                    "the first state that is not finite: step %d, layer %d, "
                    "row %lu, unit %lu\n",
                    step, k, (unsigned long)(i / (size_t)m->hidden_size),
                    (unsigned long)(i % (size_t)m->hidden_size));
        }
}

/* seq has tokens or numbers, time-major, of equal lengths; work's plan is for
 * so many rows. */
static inline void report_steps(FILE *to, const rnn_net *net, rnn_work *work,
                                const rnn_seq *seq)
{
    const rnn_model *m = &net->model;
    const int layers = m->num_layers > 0 ? m->num_layers : 1;
    const size_t n =
        (size_t)layers * (size_t)seq->batch * (size_t)m->hidden_size;
    const size_t tokens = (size_t)seq->batch;
    rnn_seq one = *seq;
    walk w = {0};
    int t, k;

    w.h = reals(2 * n);
    w.c = w.h + n;
    w.full = (size_t *)zeros((size_t)layers, sizeof *w.full);
    if (seq->h0)
        memcpy(w.h, seq->h0, n * sizeof *w.h);
    if (seq->c0)
        memcpy(w.c, seq->c0, n * sizeof *w.c);
    one.steps = 1;
    one.h0 = one.hn = w.h;
    one.c0 = one.cn = RNN_HAS_C(m->cell) ? w.c : NULL;
    one.state_len = n;
    for (t = 0; t < seq->steps; t++) {
        one.ids = seq->ids ? seq->ids + (size_t)t * tokens : NULL;
        one.ids_len = seq->ids ? tokens : 0;
        one.x =
            seq->x ? seq->x + (size_t)t * tokens * (size_t)m->input_size : NULL;
        one.x_len = seq->x ? tokens * (size_t)m->input_size : 0;
        if (rnn_infer(net, work, &one) != RNN_OK)
            break;
        look_at_states(to, &w, m, t, seq->batch);
    }
    for (k = 0; k < layers && m->cell != RNN_CELL_RELU; k++)
        fprintf(to, "layer %d: %.1f%% of its states are saturated\n", k,
                100.0 * (double)w.full[k] * layers / ((double)n * (t ? t : 1)));
    if (!w.found)
        fputs("all states of the sequence are finite\n", to);
}

#endif
