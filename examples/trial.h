/* trial.h: the bits of some steps, by which export's header checks a target.
 *
 * Compiled once or twice: of two objects, one of them with TWIN_PLAIN, each
 * computes in its own arithmetic. */
#ifndef TRIAL_H
#define TRIAL_H

#include "options.h"

enum { CHECK_STEPS = 16, CHECK_NUMBERS = 256, CHECK_SEED = 1 };

/* What is computed: steps from x, or from ids. */
typedef struct trial {
    const rnn_model *model;
    const rnn_real *params;
    size_t params_len;
    int steps;
    const rnn_real *x;
    const int *ids;
    uint32_t hash[CHECK_STEPS]; /* of all outputs so far, after each step */
} trial;

/* FNV-1a; header_check writes the same for the target */
static inline uint32_t hash_reals(uint32_t hash, const rnn_real *p, size_t n)
{
    union {
        rnn_real real;
        uint32_t bits;
    } u;
    size_t i;
    int b;

    for (i = 0; i < n; i++) {
        u.real = p[i];
        for (b = 0; b < 32; b += 8)
            hash = (hash ^ (u.bits >> b & 255u)) * 16777619u;
    }
    return hash;
}

/* Runs it, in the arithmetic of this object. */
void trial_plain(trial *t);

#ifdef TWIN_PLAIN
void trial_plain(trial *t)
#else
static inline void trial_here(trial *t)
#endif
{
    const rnn_model *model = t->model;
    const rnn_most most = {0};
    rnn_net net;
    rnn_work work = {0};
    rnn_row row = {0};
    rnn_real *h, *c;
    uint32_t hash = 2166136261u;
    int k;

    work.weights = t->params;
    work.weights_len = t->params_len;
    open_work(&net, &work, model, &most);
    h = reals(net.sizes.state);
    c = reals(net.sizes.state);
    row.state_len = net.sizes.state;
    row.x_len = t->x ? (size_t)model->input_size : 0;
    for (k = 0; k < t->steps; k++) {
        row.x = t->x ? t->x + (size_t)k * row.x_len : NULL;
        row.ids = t->ids ? t->ids + k : NULL;
        check(rnn_step(&net, &work, &row, h, RNN_HAS_C(model->cell) ? c : NULL),
              &work.why, "a step");
        hash = hash_reals(hash, work.logits, net.sizes.logits);
        t->hash[k] = hash;
    }
}

#endif
