/* training.h: a network that learns from batches, whatever they are of.
 *
 *     trainer *t = open_trainer(&model, 0, steps, batch, &o, lr);
 *     while (go_on(t)) {
 *         ... make seq and want ...
 *         must(t, rnn_forward(&t->net, &t->work, &seq), "forward");
 *         loss_of(t, &seq, &want);
 *         must(t, rnn_backward(&t->net, &t->work, &seq, NULL), "backward");
 *         update(t);
 *     }
 *     predict(t, &seq); */
#ifndef TRAINING_H
#define TRAINING_H

#include "options.h"
#include "report.h"

/* ---- training ----------------------------------------------------------- */

/* A model and what training it needs. Fields may be changed before the first
 * step. */
typedef struct trainer {
    rnn_net net;             /* the model, planned for the largest sequences */
    rnn_work work;           /* its weights, gradients, logits, ...          */
    rnn_optimizer adam;
    rnn_schedule schedule;   /* half a cosine down to a twentieth            */
    rnn_real clip;           /* the longest gradient: 1                      */
    rnn_rng rng;             /* for first weights, then the example's data   */
    int iterations, done;
    double loss;             /* the last                                     */
    double sum, begun;       /* of losses since the last line; seconds       */
    int summed, printed;     /* printed: go_on has just printed a line       */
    rnn_real *losses;        /* (iterations), for a picture                  */
} trainer;

/* What should come out: ids (softmax cross-entropy) or values (squared
 * error): a row for every step, in N vs 1 for every sequence. weights of rows:
 * NULL is 1, and 0 on padding. */
typedef struct goal {
    const int *ids;
    const rnn_real *values, *weights;
    size_t len; /* of each of these                                          */
} goal;

/* PyTorch's first weights, and two kindnesses to long memories: an LSTM's
 * forget gates begin open, a ReLU network's recurrence as the identity. */
static inline void first_weights(trainer *t)
{
    const rnn_model *model = &t->net.model;
    rnn_real *params = t->work.params;
    rnn_tensor w;
    int k, bias;

    check(rnn_init_params(model, params, t->work.params_len, &t->rng, &why),
          &why, "first weights");
    if (RNN_HAS_C(model->cell))
        check(rnn_init_forget_bias(model, params, t->work.params_len, 1, &why),
              &why, "first weights");
    for (k = 0; model->cell == RNN_CELL_RELU &&
                rnn_model_tensor(model, k, &w, NULL) == RNN_OK;
         k++) {
        bias = strstr(w.name, "bias_") != NULL;
        if (bias || strstr(w.name, "_hh_l"))
            check(rnn_init_tensor(&w, params,
                                  bias ? RNN_INIT_CONSTANT : RNN_INIT_IDENTITY,
                                  !bias, &t->rng, &why),
                  &why, "first weights");
    }
}

/* For sources and sequences of at most so many steps, of `batch` rows. */
static inline trainer *open_trainer(const rnn_model *model, int source_steps,
                                    int steps, int batch, const options *o,
                                    double lr)
{
    trainer *t = (trainer *)zeros(1, sizeof *t);
    rnn_most most = {0};

    most.source_steps = source_steps;
    most.steps = steps;
    most.batch = batch;
    most.train = 1;
    most.moments = 2;
    open_work(&t->net, &t->work, model, &most);
    t->losses = reals((size_t)o->iterations);
    t->iterations = o->iterations;
    t->clip = 1;
    t->schedule.kind = RNN_SCHEDULE_COSINE;
    t->schedule.base = (rnn_real)lr;
    t->schedule.least = (rnn_real)(lr / 20);
    t->schedule.every = (uint32_t)(o->iterations + 1);
    check(rnn_optimizer_init(&t->adam, RNN_OPT_ADAM, (rnn_real)lr, &why), &why,
          "Adam");
    rnn_rng_seed(&t->rng, (uint32_t)o->seed);
    first_weights(t);
    printf("%s, %d units, %lu parameters\n", cell_names[model->cell],
           model->hidden_size, (unsigned long)t->net.sizes.params);
    return t;
}

/* Whether there is a further iteration; prints lines of progress. */
static inline int go_on(trainer *t)
{
    const int k = t->done, last = t->iterations;

    t->printed = k == 1 || (k > 0 && (k % (last / 20 + 1) == 0 || k == last));
    if (k == 0) {
        t->begun = seconds();
        puts("\niteration      loss  seconds left");
    } else if (t->printed) {
        printf("%9d  %8.4f  %12.0f\n", k, t->sum / t->summed,
               (seconds() - t->begun) / k * (last - k));
        fflush(stdout);
        t->sum = t->summed = 0;
    }
    if (k == last) /* the weights stay as they are: asking is faster so */
        check(rnn_pack(&t->net, &t->work), &t->work.why, "packing");
    return k < last;
}

/* What a call on a trainer's work has returned, which must be RNN_OK. */
static inline void must(const trainer *t, rnn_status status, const char *what)
{
    check(status, &t->work.why, what);
}

/* The loss of the logits, rnn_cross_entropy or rnn_squared_error; those of a
 * forward pass get their gradients. If it explodes, the tensors tell where. */
static inline double loss_of(trainer *t, const rnn_seq *seq, const goal *want)
{
    rnn_seq s = *seq;
    rnn_loss how = {0};
    rnn_real loss = 0;
    rnn_status status;

    how.weights = want->weights;
    how.weights_len = s.targets_len = want->len;
    status = want->ids ? rnn_cross_entropy(&t->net, &t->work, &s, want->ids,
                                           &how, &loss)
                       : rnn_squared_error(&t->net, &t->work, &s, want->values,
                                           &how, &loss);
    if (status == RNN_E_NOT_FINITE)
        report_tensors(stderr, &t->net, &t->work);
    must(t, status, want->ids ? "cross-entropy" : "squared error");
    return t->loss = (double)loss;
}

/* A row's length. There are as many steps as the longest row has. */
static inline void set_length(rnn_seq *seq, int *lengths, int row, int n)
{
    int i;

    lengths[row] = n;
    seq->lengths = lengths;
    for (seq->steps = 1, i = 0; i < seq->batch; i++)
        seq->steps = lengths[i] > seq->steps ? lengths[i] : seq->steps;
}

/* What gradients change: cut to a length, then Adam at the schedule's rate. */
static inline void update(trainer *t)
{
    rnn_work *w = &t->work;

    check(rnn_clip_grad_norm(w->grads, w->grads_len, t->clip, NULL, NULL), NULL,
          "clipping");
    check(rnn_schedule_lr(&t->schedule, t->adam.step, &t->adam.lr, &why), &why,
          "the schedule");
    must(t, rnn_optimizer_step(&t->adam, &t->net, w), "Adam");
    if (t->done < t->iterations)
        t->losses[t->done++] = (rnn_real)t->loss;
    t->sum += t->loss;
    t->summed++;
}

/* ---- asking ------------------------------------------------------------- */

/* The logits, as rnn_infer gives them. */
static inline rnn_real *predict(trainer *t, const rnn_seq *seq)
{
    check(rnn_infer(&t->net, &t->work, seq), &t->work.why, "inference");
    return t->work.logits;
}

/* Whether row i of a goal counts: no padding, and a weight that is not 0. */
static inline int counts(const rnn_seq *seq, const goal *want, size_t i)
{
    const size_t B = (size_t)seq->batch;

    return (!seq->lengths || (int)(i / B) < seq->lengths[i % B]) &&
           (!want->weights || want->weights[i] > 0);
}

/* After that: in how many rows the likeliest id is the goal's; adds to *of
 * how many count. */
static inline int right(trainer *t, const rnn_seq *seq, const goal *want,
                        int *of)
{
    const size_t O = (size_t)t->net.model.output_size;
    const int single = t->net.model.wiring == RNN_WIRING_N_TO_1;
    const size_t rows = (size_t)seq->batch * (single ? 1 : (size_t)seq->steps);
    size_t i;
    int id, good = 0;

    for (i = 0; i < rows; i++) {
        if (!counts(seq, want, i))
            continue;
        check(rnn_greedy(t->work.logits + i * O, (int)O, &id, &why), &why,
              "the likeliest");
        good += id == want->ids[i];
        ++*of;
    }
    return good;
}

#endif
