/* What calls without a plan say to wrong arguments: a status, with nothing
 * written; and what they take. Linear layers and tables, attention alone,
 * losses, initialisers, clipping, optimisers, schedules, sampling, and the
 * texts of all statuses. The calls of a plan are test_arguments'.
 *
 *     test_no_plan */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "arguments.h"

/* ---- linear and table ---------------------------------------------------- */

static void null_linear(void)
{
    static const int bad[] = {0, -1, INT_MIN};
    size_t *n = mem.sized;
    int i, k;

    for (i = 0; i < 3; i++) {
        lin.input_size = bad[i],
        BAD(RNN_E_SIZE, rnn_linear_size(&lin, n, NULL));
        lin.output_size = bad[i],
        BAD(RNN_E_SIZE, rnn_linear_size(&lin, n, NULL));
        EACH(LINEAR, LOOK, RNN_E_SIZE, lin.output_size = bad[i]);
        EACH(LINEAR, LOOK, RNN_E_SIZE, lin.input_size = bad[i]);
    }
    lin.input_size = lin.output_size = INT_MAX;
    BAD(RNN_E_SIZE, rnn_linear_size(&lin, n, NULL));
    lin.activation = (rnn_fn)-1, ARG(rnn_linear_size(&lin, n, NULL));
    lin.activation = RNN_FN_EXP, ARG(rnn_linear_size(&lin, n, NULL));
    TRY(LINEAR, RNN_E_ARG, lin.activation = RNN_FN_EXP);
    ARG(rnn_linear_size(NULL, n, NULL));
    ARG(rnn_linear_size(&lin, NULL, NULL));
    for (k = LINEAR; k <= LINEAR_GRADS; k++) {
        NUL(k, seq), NUL(k, lin);
        TRY(k, RNN_OK, a.run = NULL);
        TRY(k, RNN_E_ARG, a.no_pass = 1);
        TRY(k, RNN_E_BUFFER, a.linear.params_len--);
        TRY(k, RNN_E_BUFFER, a.linear.y_len--);
    }
    NUL(LINEAR, linear.params), NUL(LINEAR, linear.y);
    NUL(LINEAR_BACK, linear.params), NUL(LINEAR_BACK, linear.y);
    NUL(LINEAR_BACK, linear.dy);
    NUL(LINEAR_GRADS, linear.dy), NUL(LINEAR_GRADS, linear.grads);
    /* a call wants what it names alone */
    TRY(LINEAR, RNN_OK, a.linear.dy = a.linear.dx = a.linear.grads = NULL);
    TRY(LINEAR_BACK, RNN_OK, a.linear.dx = a.linear.grads = NULL);
    TRY(LINEAR_BACK, RNN_OK, a.linear.dx = NULL, a.linear.dx_len = 0);
    TRY(LINEAR_GRADS, RNN_OK, a.linear.params = a.linear.y = NULL);
    /* dx lies as x does */
    TRY(LINEAR_BACK, RNN_E_BUFFER, a.linear.dx_len--);
    TRY(LINEAR_BACK, RNN_E_ARG, read_ids());
    TRY(LINEAR_BACK, RNN_OK, seq.step_stride = 1, seq.row_stride = T);
    TRY(LINEAR_BACK, RNN_E_BUFFER, seq.step_stride = 1, seq.row_stride = T + 1);
    TRY(LINEAR_BACK, RNN_E_ARG, seq.step_stride = seq.row_stride = 1);
    TRY(LINEAR_BACK, RNN_OK, seq.step_stride = seq.row_stride = 1,
        a.linear.dx = NULL);
    /* how long x and ids are */
    EACH(LINEAR, LOOK, RNN_OK, seq.x_len = T * B * I);
    EACH(LINEAR, LOOK, RNN_E_BUFFER, seq.x_len = T * B * I - 1);
    EACH(LINEAR, LINEAR_BACK, RNN_E_BUFFER, read_ids(),
         seq.ids_len = T * B - 1);
}

/* ---- attention alone ----------------------------------------------------- */

/* All its calls, and its sizes. */
#define LOOKS(want, ...)                                                       \
    do {                                                                       \
        size_t *n_ = mem.sized;                                                \
        EACH(LOOK, CALLS, want, __VA_ARGS__);                                  \
        __VA_ARGS__, BAD(want, rnn_attention_sizes(                            \
                                   &att, source[0].steps, seq.steps,           \
                                   seq.batch, n_, n_ + 1, n_ + 2, NULL));            \
    } while (0)

static void check_attention(void)
{
    size_t *n = mem.sized;
    int k;

    LOOKS(RNN_OK, AS_IT_IS);
    LOOKS(RNN_E_ARG, att.score = RNN_SCORE_NONE);
    LOOKS(RNN_E_ARG, att.score = (rnn_score)-1);
    LOOKS(RNN_E_ARG, att.score = RNN_SCORES);
    LOOKS(RNN_E_ARG, att.score = RNN_SCORE_DOT); /* Q is not K */
    LOOKS(RNN_E_ARG, att.score = RNN_SCORE_SCALED_DOT);
    LOOKS(RNN_E_SIZE, att.query_size = 0);
    LOOKS(RNN_E_SIZE, att.key_size = -1);
    LOOKS(RNN_E_SIZE, att.size = 0);
    LOOKS(RNN_OK, att.score = RNN_SCORE_GENERAL, att.size = 0);
    LOOKS(RNN_E_ARG, att.score = RNN_SCORE_GENERAL, att.size = 1);
    LOOKS(RNN_E_ARG, att.score = RNN_SCORE_GENERAL, att.size = -1);
    LOOKS(RNN_E_SIZE, source[0].steps = 0);
    LOOKS(RNN_E_SIZE, seq.steps = -1);
    LOOKS(RNN_E_SIZE, seq.batch = 0);
    LOOKS(RNN_E_SIZE, seq.batch = source[0].batch = seq.steps = INT_MAX);
    LOOKS(RNN_E_SIZE, att.size = att.query_size = INT_MAX);
    for (k = LOOK; k < CALLS; k++) {
        TRY(k, RNN_E_BUFFER, a.look.work_len--);
        TRY(k, RNN_E_BUFFER, a.look.params_len--);
        TRY(k, RNN_E_BUFFER, source[0].x_len = S * B * I - 1);
        TRY(k, RNN_E_BUFFER, seq.x_len = T * B * H - 1);
        TRY(k, RNN_E_ARG, a.no_pass = 1);
        TRY(k, RNN_E_ARG, source[0].batch = 1);
        TRY(k, RNN_E_LENGTH, source_lengths[0][1] = S + 1);
        TRY(k, RNN_E_LENGTH, lengths[0] = -1);
        TRY(k, RNN_E_ARG, run.parts = -2);
        TRY(k, RNN_E_ARG, run.kernel = RNN_KERNELS + 2);
        TRY(k, RNN_OK, source_lengths[0][0] = 0, lengths[1] = 0);
        NUL(k, att), NUL(k, source), NUL(k, seq), NUL(k, look.work);
        if (k == LOOK_GRADS)
            continue;
        TRY(k, RNN_E_BUFFER, a.look.keys_len--);
        TRY(k, RNN_E_BUFFER, a.look.attn_len--);
        TRY(k, RNN_E_BUFFER, a.look.context_len--);
        NUL(k, look.params), NUL(k, look.keys), NUL(k, look.attn);
    }
    NUL(LOOK, look.context), NUL(LOOK_BACK, look.dcontext);
    NUL(LOOK_GRADS, look.grads);
    TRY(LOOK, RNN_OK, a.look.scores = NULL);
    TRY(LOOK_BACK, RNN_E_BUFFER, a.look.dh_len--);
    TRY(LOOK_BACK, RNN_E_BUFFER, a.look.ds_len--);
    /* has no parameters */
    TRY(LOOK, RNN_OK, att.score = RNN_SCORE_DOT, att.query_size = I,
        att.size = 0, a.look.params = NULL, a.look.params_len = 0);
    TRY(LOOK_BACK, RNN_OK, a.look.dattn = a.look.dh = a.look.ds = NULL);
    TRY(LOOK, RNN_E_ARG, source[0].x = NULL);
    TRY(LOOK, RNN_E_ARG, seq.x = NULL);
    TRY(LOOK, RNN_E_ARG, seq.row_stride = 2);
    TRY(LOOK, RNN_E_ARG, seq.batch = source[0].batch = 1, seq.step_stride = 2);
    TRY(LOOK, RNN_E_ARG, source[0].step_stride = 1);
    ARG(rnn_attention_sizes(NULL, S, T, B, n, n + 1, n + 2, NULL));
    ARG(rnn_attention_sizes(&att, S, T, B, NULL, n + 1, n + 2, NULL));
    ARG(rnn_attention_sizes(&att, S, T, B, n, NULL, n + 2, NULL));
    ARG(rnn_attention_sizes(&att, S, T, B, n, n + 1, NULL, NULL));
}

/* ---- losses, training, sampling ------------------------------------------ */

static void null_loss(void)
{
    const size_t n = T * B;
    rnn_real *to = mem.dx[0], *l = &mem.loss;
    rnn_run *r = &run;
    rnn_loss loss;
    const rnn_real nan = not_a_number();

#define HOW (memset(&loss, 0, sizeof loss), loss.values = mem.values, &loss)
#define SAID(field, value)                                                     \
    (memset(&loss, 0, sizeof loss), loss.field = (value), &loss)
#define XENT(x, o, t, how) rnn_cross_entropy_rows(x, n, o, t, how, to, l, r)
    GOOD(XENT(x, O, targets, NULL));
    GOOD(XENT(x, O, targets, HOW));
    ARG(XENT(NULL, O, targets, HOW));
    ARG(XENT(x, O, NULL, HOW));
    ARG(XENT(x, O, targets, SAID(n, -1)));
    ARG(XENT(x, O, targets, SAID(n, nan)));
    ARG(XENT(x, O, targets, SAID(smoothing, -1)));
    ARG(XENT(x, O, targets, SAID(smoothing, 1)));
    ARG(XENT(x, O, targets, SAID(smoothing, nan)));
    BAD(RNN_E_SIZE, XENT(x, 0, targets, HOW));
    BAD(RNN_E_SIZE, XENT(x, -1, targets, HOW));
    targets[5] = O, BAD(RNN_E_ID, XENT(x, O, targets, HOW));
    targets[0] = -1, BAD(RNN_E_ID, XENT(x, O, targets, HOW));
    BAD(RNN_E_SIZE,
        rnn_cross_entropy_rows(x, (size_t)-1, O, targets, HOW, to, l, r));
    run.parts = 2, GOOD(XENT(x, O, targets, HOW));
    run.parts = -1, ARG(XENT(x, O, targets, HOW));
    run.kernel = (rnn_kernel)-1, ARG(XENT(x, O, targets, HOW));
#define TWO(f)                                                                 \
    do {                                                                       \
        GOOD(f(x, n, O, dy, NULL, to, l, r));                                  \
        GOOD(f(x, n, O, dy, HOW, to, l, r));                                   \
        ARG(f(NULL, n, O, dy, HOW, to, l, r));                                 \
        ARG(f(x, n, O, NULL, HOW, to, l, r));                                  \
        ARG(f(x, n, O, dy, SAID(n, -1), to, l, r));                            \
        ARG(f(x, n, O, dy, SAID(smoothing, (rnn_real)0.1), to, l, r));         \
        ARG(f(x, n, O, dy, SAID(class_weights, dy), to, l, r));                \
        BAD(RNN_E_SIZE, f(x, n, 0, dy, HOW, to, l, r));                        \
        BAD(RNN_E_SIZE, f(x, (size_t)-1, O, dy, HOW, to, l, r));               \
        run.parts = 2, GOOD(f(x, n, O, dy, HOW, to, l, r));                    \
        run.parts = -1, ARG(f(x, n, O, dy, HOW, to, l, r));                    \
        run.kernel = 9, ARG(f(x, n, O, dy, HOW, to, l, r));                    \
        GOOD(f(x, n, O, dy, NULL, NULL, NULL, r));                             \
    } while (0)
    TWO(rnn_sigmoid_cross_entropy_rows);
    TWO(rnn_squared_error_rows);
    ARG(rnn_mean(NULL, NULL, n, 0, l, r));
    ARG(rnn_mean(x, NULL, n, 0, NULL, r));
    ARG(rnn_mean(x, NULL, n, -1, l, r));
    run.parts = -2, ARG(rnn_mean(x, NULL, n, 0, l, r));
    ARG(rnn_softmax(NULL, n, O, to, r));
    ARG(rnn_softmax(x, n, O, NULL, r));
    BAD(RNN_E_SIZE, rnn_softmax(x, n, 0, to, r));
    BAD(RNN_E_SIZE, rnn_softmax(x, (size_t)-1, INT_MAX, to, r));
    run.parts = -2, ARG(rnn_softmax(x, n, O, to, r));
    ARG(rnn_map(RNN_FN_EXP, n, NULL, mem.y, r));
    ARG(rnn_map(RNN_FN_EXP, n, x, NULL, r));
    ARG(rnn_map((rnn_fn)-1, n, x, mem.y, r));
    ARG(rnn_map(RNN_FN_SQRT + 1, n, x, mem.y, r));
    run.kernel = 9, ARG(rnn_map(RNN_FN_EXP, n, x, mem.y, r));
}

/* New gradients, for a step. */
static void learn(void)
{
    ready(BACKWARD);
    MUST(!call(BACKWARD), "backward");
}

/* An array that is there no more: RNN_CHECK calls it another one. */
static rnn_status gone(rnn_status st)
{
    return st == RNN_E_ORDER ? RNN_E_ARG : st;
}
#define GONE(call) BAD(RNN_E_ARG, gone(call))

static void null_train(void)
{
    rnn_real *p = mem.params, *g = mem.grads, *m = mem.moments;
    rnn_real *norm = &mem.loss;
    rnn_optimizer *o = &mem.opt;
    const size_t n = RNN_PARAMS(RNN_CELL_LSTM, I, 3, H, 2, 1, 1, I);
    const rnn_real nan = not_a_number();

    ARG(rnn_init_params(NULL, p, ROOM, mem.rng, NULL));
    ARG(rnn_init_params(&model, NULL, ROOM, mem.rng, NULL));
    ARG(rnn_init_params(&model, p, ROOM, NULL, NULL));
    BAD(RNN_E_BUFFER, rnn_init_params(&model, p, n - 1, mem.rng, NULL));
    GOOD(rnn_init_params(&model, p, n, mem.rng, NULL));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor, NULL);
    ARG(rnn_init_tensor(NULL, p, 0, 1, mem.rng, NULL));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor, NULL);
    ARG(rnn_init_tensor(&mem.tensor, NULL, 0, 1, mem.rng, NULL));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor, NULL);
    ARG(rnn_init_tensor(&mem.tensor, p, 0, 1, NULL, NULL));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor, NULL);
    ARG(rnn_init_tensor(&mem.tensor, p, (rnn_init_rule)-1, 1, mem.rng, NULL));
    (void)!rnn_model_tensor(&model, 1, &mem.tensor, NULL);
    ARG(rnn_init_tensor(&mem.tensor, p, RNN_INIT_IDENTITY + 1, 1, mem.rng,
                        NULL));
    ARG(rnn_init_forget_bias(NULL, p, ROOM, 1, NULL));
    ARG(rnn_init_forget_bias(&model, NULL, ROOM, 1, NULL));
    BAD(RNN_E_BUFFER, rnn_init_forget_bias(&model, p, n - 1, 1, NULL));
    GOOD(rnn_init_forget_bias(&model, p, n, 1, NULL));
    model.no_bias = 1, ARG(rnn_init_forget_bias(&model, p, ROOM, 1, NULL));
    model.cell = RNN_CELL_GRU,
    ARG(rnn_init_forget_bias(&model, p, ROOM, 1, NULL));
    ARG(rnn_clip_grad_norm(NULL, 9, 1, norm, &run));
    ARG(rnn_clip_grad_norm(g, 9, -1, norm, &run));
    ARG(rnn_clip_grad_norm(g, 9, nan, norm, &run));
    run.parts = -2, ARG(rnn_clip_grad_norm(g, 9, 1, norm, &run));
    ARG(rnn_clip_grad_max(NULL, 9, 1, norm, &run));
    ARG(rnn_clip_grad_max(g, 9, -1, norm, &run));
    run.parts = -2, ARG(rnn_clip_grad_max(g, 9, 1, norm, &run));
    ARG(rnn_clip_grad_value(NULL, 9, 1, &run));
    ARG(rnn_clip_grad_value(g, 9, nan, &run));
    run.kernel = 7, ARG(rnn_clip_grad_value(g, 9, 1, &run));
    g[3] = nan, BAD(RNN_E_NOT_FINITE, rnn_clip_grad_norm(g, 9, 1, NULL, NULL));
    g[3] = nan, BAD(RNN_E_NOT_FINITE, rnn_clip_grad_max(g, 9, 1, NULL, NULL));
    ARG(rnn_optimizer_init(NULL, RNN_OPT_SGD, 1, NULL));
    ARG(rnn_optimizer_init(o, (rnn_optimizer_kind)-1, 1, NULL));
    ARG(rnn_optimizer_init(o, RNN_OPT_ADAMW + 1, 1, NULL));
    ARG(rnn_optimizer_moments(NULL, mem.sized, NULL));
    ARG(rnn_optimizer_moments(o, NULL, NULL));
    ARG(rnn_optimizer_begin(NULL, NULL));
    mem.opt.step = 0xffffffffu, BAD(RNN_E_SIZE, rnn_optimizer_begin(o, NULL));
    mem.opt.step = 0xffffffffu;
    BAD(RNN_E_SIZE, rnn_optimizer_step_array(o, p, g, m, 9, NULL));
    ARG(rnn_optimizer_step_array(NULL, p, g, m, 9, &run));
    ARG(rnn_optimizer_step_array(o, NULL, g, m, 9, &run));
    ARG(rnn_optimizer_step_array(o, p, NULL, m, 9, &run));
    ARG(rnn_optimizer_step_array(o, p, g, NULL, 9, &run));
    run.parts = -1, ARG(rnn_optimizer_step_array(o, p, g, m, 9, &run));
    ARG(rnn_optimizer_range(o, p, g, m, 9, 0, 9, &run)); /* not begun */
    mem.opt.step = 1;
    BAD(RNN_E_SIZE, rnn_optimizer_range(o, p, g, m, 9, 10, 0, &run));
    mem.opt.step = 1;
    BAD(RNN_E_SIZE, rnn_optimizer_range(o, p, g, m, 9, 1, (size_t)-1, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(NULL, p, g, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, NULL, g, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, p, NULL, m, 9, 0, 9, &run));
    mem.opt.step = 1, ARG(rnn_optimizer_range(o, p, g, NULL, 9, 0, 9, &run));
    BAD(RNN_E_ORDER, rnn_optimizer_step(o, &net, &work));
    ARG(rnn_optimizer_step(NULL, &net, &work));
    ARG(rnn_optimizer_step(o, NULL, &work));
    ARG(rnn_optimizer_step(o, &net, NULL));
    learn(), work.grads = NULL, ARG(rnn_optimizer_step(o, &net, &work));
    learn(), work.params = NULL, GONE(rnn_optimizer_step(o, &net, &work));
    learn(), work.moments = NULL, GONE(rnn_optimizer_step(o, &net, &work));
    work.moments_len--, BAD(RNN_E_BUFFER, rnn_optimizer_step(o, &net, &work));
    mem.net = net, BAD(RNN_E_ORDER, rnn_optimizer_step(o, &mem.net, &work));
    work.run = &run, run.parts = -9;
    ARG(rnn_optimizer_step(o, &net, &work));
    learn(), GOOD(rnn_optimizer_step(o, &net, &work));
}

#define OPT(f, v)                                                              \
    do {                                                                       \
        mem.opt.f = (v), ARG(rnn_optimizer_moments(&mem.opt, mem.sized, NULL));      \
        mem.opt.f = (v), ARG(rnn_optimizer_begin(&mem.opt, NULL));                   \
        mem.opt.f = (v);                                                       \
        ARG(rnn_optimizer_step_array(&mem.opt, mem.params, dy, mem.moments, 9, \
                                     NULL));                                   \
        mem.opt.f = (v), mem.opt.step = 1;                                     \
        ARG(rnn_optimizer_range(&mem.opt, mem.params, dy, mem.moments, 9, 0,   \
                                9, NULL));                                     \
        mem.opt.f = (v);                                                       \
        ARG(rnn_optimizer_step(&mem.opt, &net, &work));                        \
    } while (0)

static void check_optimizer(void)
{
    const rnn_real nan = not_a_number();

    OPT(kind, (rnn_optimizer_kind)-1);
    OPT(kind, RNN_OPT_ADAMW + 1);
    OPT(lr, -1);
    OPT(lr, nan);
    OPT(weight_decay, -1);
    OPT(weight_decay, nan);
    OPT(momentum, -1);
    OPT(momentum, nan);
    OPT(eps, -1);
    OPT(eps, nan);
    OPT(lr_decay, -1);
    OPT(lr_decay, nan);
    OPT(initial, -1);
    OPT(initial, nan);
    OPT(rho, -1);
    OPT(rho, 2);
    OPT(rho, nan);
    OPT(beta1, -1);
    OPT(beta1, 1);
    OPT(beta1, nan);
    OPT(beta2, -1);
    OPT(beta2, 1);
    OPT(beta2, nan);
    OPT(nesterov, 1); /* without momentum */
    mem.opt.nesterov = 1;
    mem.opt.momentum = mem.opt.dampening = (rnn_real)0.5;
    ARG(rnn_optimizer_begin(&mem.opt, NULL));
}

static void check_schedule(void)
{
    const rnn_real nan = not_a_number();
    rnn_real *lr = &mem.loss;

    GOOD(rnn_schedule_lr(&plan, 0, lr, NULL));
    GOOD(rnn_schedule_lr(&plan, 0xffffffffu, lr, NULL));
    ARG(rnn_schedule_lr(NULL, 0, lr, NULL));
    ARG(rnn_schedule_lr(&plan, 0, NULL, NULL));
    plan.kind = (rnn_schedule_kind)-1, ARG(rnn_schedule_lr(&plan, 0, lr, NULL));
    plan.kind = RNN_SCHEDULE_COSINE + 1,
    ARG(rnn_schedule_lr(&plan, 0, lr, NULL));
    plan.every = 0, ARG(rnn_schedule_lr(&plan, 0, lr, NULL));
    plan.every = 0, plan.kind = RNN_SCHEDULE_COSINE, plan.gamma = 0,
    ARG(rnn_schedule_lr(&plan, 0, lr, NULL));
    GOOD(rnn_plateau_step(&mem.plateau, 1, lr, NULL));
    ARG(rnn_plateau_step(NULL, 1, lr, NULL));
    ARG(rnn_plateau_step(&mem.plateau, 1, NULL, NULL));
#define ARG_PLATEAU(f, v)                                                      \
    mem.plateau.f = (v), ARG(rnn_plateau_step(&mem.plateau, 1, lr, NULL))
    ARG_PLATEAU(factor, -1);
    ARG_PLATEAU(factor, 1);
    ARG_PLATEAU(factor, nan);
    ARG_PLATEAU(threshold, -1);
    ARG_PLATEAU(threshold, 1);
    ARG_PLATEAU(threshold, nan);
    ARG_PLATEAU(patience, -1);
    ARG_PLATEAU(cooldown, INT_MIN);
}

static void check_sampling(void)
{
    const rnn_real nan = not_a_number();
    static rnn_real some[3];
    rnn_real *w = mem.work;
    rnn_rng *r = mem.rng;
    int *id = mem.ids;

    draw.temperature = -1, ARG(rnn_sample(x, O, &draw, r, w, id, NULL));
    draw.temperature = nan, ARG(rnn_sample(x, O, &draw, r, w, id, NULL));
    draw.top_k = -1, ARG(rnn_sample(x, O, &draw, r, w, id, NULL));
    draw.top_p = -1, ARG(rnn_sample(x, O, &draw, r, w, id, NULL));
    draw.top_p = 2, ARG(rnn_sample(x, O, &draw, r, w, id, NULL));
    draw.top_p = nan, ARG(rnn_sample(x, O, &draw, r, w, id, NULL));
    GOOD(rnn_sample(x, O, &draw, r, w, id, NULL));
    ARG(rnn_sample(NULL, O, &draw, r, w, id, NULL));
    ARG(rnn_sample(x, O, NULL, r, w, id, NULL));
    ARG(rnn_sample(x, O, &draw, NULL, w, id, NULL));
    ARG(rnn_sample(x, O, &draw, r, NULL, id, NULL));
    ARG(rnn_sample(x, O, &draw, r, w, NULL, NULL));
    draw.top_k = 0, draw.top_p = 0,
    GOOD(rnn_sample(x, O, &draw, r, NULL, id, NULL));
    BAD(RNN_E_SIZE, rnn_sample(x, 0, &draw, r, w, id, NULL));
    some[1] = nan,
    BAD(RNN_E_NOT_FINITE, rnn_sample(some, 3, &draw, r, w, id, NULL));
    BAD(RNN_E_NOT_FINITE, rnn_greedy(some, 3, id, NULL));
    ARG(rnn_greedy(NULL, O, id, NULL));
    ARG(rnn_greedy(x, O, NULL, NULL));
    BAD(RNN_E_SIZE, rnn_greedy(x, -1, id, NULL));
}

static void check_texts(void)
{
    int i, j;

    for (i = 1; i >= -12; i--)
        CHECK(rnn_status_text((rnn_status)i) != NULL, "text %d", i);
    for (i = 0; i >= -11; i--)
        for (j = i - 1; j >= -11; j--)
            CHECK(strcmp(rnn_status_text((rnn_status)i),
                         rnn_status_text((rnn_status)j)),
                  "texts %d %d", i, j);
}

int main(void)
{
    int k;

    open_rooms(0);
    for (k = LINEAR; k <= LINEAR_GRADS; k++) {
        check_seq(k);
        check_kernels(k);
    }
    null_linear();
    null_loss();
    null_train();
    check_optimizer();
    check_schedule();
    check_sampling();
    check_texts();
    open_rooms(1); /* with sources for attention */
    check_attention();
    arguments_unused();
    return test_end();
}
