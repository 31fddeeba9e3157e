/* What the calls without a work or a rnn_run say when they refuse: each into
 * the rnn_why that it is given, and nothing where that is NULL. */
#include <float.h>
#include <limits.h>
#include <math.h>

#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "why.h"

/* ---- sizes, tensors, first weights --------------------------------------- */

static void check_sizes(void)
{
    rnn_linear lin = {3, 4, RNN_FN_TANH, 0};
    rnn_attention att = {RNN_SCORE_ADDITIVE, 2, 2, 0};
    size_t n[3] = {7, 7, 7};

    GOOD(&why, rnn_linear_size(&lin, n, &why));
    SAID(rnn_linear_size(&lin, NULL, &why), RNN_E_ARG, "params is NULL");
    SAID(rnn_linear_size(NULL, n, &why), RNN_E_ARG, "lin is NULL");
    lin.output_size = 0;
    n[0] = 7;
    SAID(rnn_linear_size(&lin, n, &why), RNN_E_SIZE,
         "output_size is 0: 1 is the least");
    SAID(rnn_attention_sizes(&att, 4, 3, 2, n, n + 1, n + 2, &why), RNN_E_SIZE,
         "attention's size is 0: 1 is the least");
    att.size = 5;
    GOOD(&why, rnn_attention_sizes(&att, 4, 3, 2, n, n + 1, n + 2, &why));
    SAID(rnn_attention_sizes(&att, 4, 0, 2, n, n + 1, n + 2, &why), RNN_E_SIZE,
         "steps is 0: 1 is the least");
    SAID(rnn_attention_sizes(&att, 4, 3, 2, n, NULL, n + 2, &why), RNN_E_ARG,
         "params, keys or work is NULL");
}

static void check_tensors(void)
{
    rnn_model m = {0};
    rnn_tensor t;

    m.input_size = 2;
    m.hidden_size = 3;
    GOOD(&why, rnn_model_tensor(&m, 0, &t, &why));
    SAID(rnn_model_tensor(&m, 0, NULL, &why), RNN_E_ARG, "tensor is NULL");
    SAID(rnn_model_tensor(&m, -1, &t, &why), RNN_E_ARG,
         "i is -1: 0 is the least");
    SAID(rnn_model_tensor(NULL, 0, &t, &why), RNN_E_ARG, "model is NULL");
    CHECK(rnn_model_tensor(&m, 99, &t, &why) == RNN_E_END, "the end");
    m.hidden_size = 0;
    SAID(rnn_model_tensor(&m, 0, &t, &why), RNN_E_SIZE,
         "hidden_size is 0: 1 is the least");
    CHECK(rnn_model_tensor(&m, 0, &t, NULL) == RNN_E_SIZE, "without a reason");
}

static void check_init(void)
{
    rnn_model m = {0};
    rnn_real p[64];
    rnn_tensor t;
    rnn_rng rng;

    rnn_rng_seed(&rng, 1);
    m.cell = RNN_CELL_LSTM;
    m.input_size = m.hidden_size = 2;
    GOOD(&why, rnn_init_params(&m, p, 64, &rng, &why));
    SAID(rnn_init_params(&m, p, 47, &rng, &why), RNN_E_BUFFER,
         "params has room for 47: 48 are needed");
    SAID(rnn_init_params(&m, NULL, 48, &rng, &why), RNN_E_ARG,
         "params is NULL");
    SAID(rnn_init_params(&m, p, 48, NULL, &why), RNN_E_ARG, "rng is NULL");
    SAID(rnn_init_params(NULL, p, 48, &rng, &why), RNN_E_ARG, "model is NULL");
    GOOD(&why, rnn_init_forget_bias(&m, p, 48, 1, &why));
    SAID(rnn_init_forget_bias(&m, p, 47, 1, &why), RNN_E_BUFFER,
         "params has room for 47: 48 are needed");
    SAID(rnn_init_forget_bias(&m, p, 48, (rnn_real)NAN, &why), RNN_E_NOT_FINITE,
         "bias is NaN");
    m.no_bias = 1;
    SAID(rnn_init_forget_bias(&m, p, 64, 1, &why), RNN_E_ARG,
         "cell %d has no bias of a forget gate (no_bias is 1)",
         (int)RNN_CELL_LSTM);
    m.no_bias = 0;
    m.cell = RNN_CELL_GRU;
    SAID(rnn_init_forget_bias(&m, p, 64, 1, &why), RNN_E_ARG,
         "cell %d has no bias of a forget gate (no_bias is 0)",
         (int)RNN_CELL_GRU);
    m.hidden_size = -4;
    SAID(rnn_init_forget_bias(&m, p, 64, 1, &why), RNN_E_SIZE,
         "hidden_size is -4: 0 is the least");
    m.hidden_size = 2;
    MUST(!rnn_model_tensor(&m, 0, &t, NULL), "a tensor");
    GOOD(&why, rnn_init_tensor(&t, p, RNN_INIT_NORMAL, 1, &rng, &why));
    SAID(rnn_init_tensor(NULL, p, RNN_INIT_NORMAL, 1, &rng, &why), RNN_E_ARG,
         "tensor is NULL");
    SAID(rnn_init_tensor(&t, NULL, RNN_INIT_NORMAL, 1, &rng, &why), RNN_E_ARG,
         "params is NULL");
    SAID(rnn_init_tensor(&t, p, RNN_INIT_NORMAL, 1, NULL, &why), RNN_E_ARG,
         "rng is NULL");
    SAID(rnn_init_tensor(&t, p, (rnn_init_rule)RNN_INIT_RULES, 1, &rng, &why),
         RNN_E_ARG, "rule is %d: %d is the most", RNN_INIT_RULES,
         RNN_INIT_RULES - 1);
    SAID(rnn_init_tensor(&t, p, RNN_INIT_CONSTANT, (rnn_real)HUGE_VAL, &rng,
                         &why),
         RNN_E_NOT_FINITE, "gain is infinity");
    t.rows = 0;
    SAID(rnn_init_tensor(&t, p, RNN_INIT_NORMAL, 1, &rng, &why), RNN_E_ARG,
         "rows is 0: 1 is the least");
    t.rows = 6;
    t.cols = -1;
    SAID(rnn_init_tensor(&t, p, RNN_INIT_NORMAL, 1, &rng, &why), RNN_E_ARG,
         "cols is -1: 0 is the least");
}

/* ---- optimisers and learning rates --------------------------------------- */

/* Each option with each kind of optimiser: read, or refused. */
static void check_options(void)
{
    static const char *const reads[] = {
        "momentum dampening nesterov", "lr_decay initial", "",
        "momentum centered", "amsgrad", "amsgrad"};
    static const char *const names[] = {"momentum", "dampening", "nesterov",
                                        "centered", "amsgrad", "lr_decay",
                                        "initial"};
    int which, i;

    for (which = 0; which < RNN_OPTIMIZERS; which++)
        for (i = 0; i < 7; i++) {
            rnn_optimizer o;
            rnn_real *const real[] = {&o.momentum, &o.dampening, NULL, NULL,
                                      NULL,        &o.lr_decay,  &o.initial};
            int *const flag[] = {NULL, NULL, &o.nesterov, &o.centered,
                                 &o.amsgrad};
            GOOD(&why,
                 rnn_optimizer_init(&o, (rnn_optimizer_kind)which, 1, &why));
            if (real[i])
                *real[i] = (rnn_real)0.5;
            else
                *flag[i] = 1;
            if (i == 2 && which == RNN_OPT_SGD)
                o.momentum = (rnn_real)0.5;
            if (strstr(reads[which], names[i]))
                GOOD(&why, rnn_optimizer_begin(&o, &why));
            else
                SAID(rnn_optimizer_begin(&o, &why), RNN_E_ARG,
                     "%s is set, but kind %d does not read it", names[i],
                     which);
        }
}

/* An optimiser that is another one at its second step, by its options or by
 * the state that was saved with it. */
static void check_second_steps(void)
{
    rnn_optimizer o, one;

    GOOD(&why, rnn_optimizer_init(&o, RNN_OPT_RMSPROP, 1, &why));
    o.momentum = (rnn_real)0.9;
    GOOD(&why, rnn_optimizer_begin(&o, &why));
    one = o;
    one.momentum = 0;
    one.centered = 1; /* as many moments, and not the same */
    SAID(rnn_optimizer_begin(&one, &why), RNN_E_ORDER,
         "centered is 1, and was 0 at the first step");
    one.centered = 0; /* a moment less is good */
    GOOD(&why, rnn_optimizer_begin(&one, &why));

    GOOD(&why, rnn_optimizer_init(&o, RNN_OPT_RMSPROP, 1, &why));
    o.momentum = (rnn_real)0.9;
    o.centered = 1;
    GOOD(&why, rnn_optimizer_begin(&o, &why));
    o.centered = 0;
    SAID(rnn_optimizer_begin(&o, &why), RNN_E_ORDER,
         "centered is 0, and was 1 at the first step: momentum lies behind its "
         "moment");
    o.momentum = 0;
    GOOD(&why, rnn_optimizer_begin(&o, &why));

    GOOD(&why, rnn_optimizer_init(&o, RNN_OPT_ADAM, 1, &why));
    GOOD(&why, rnn_optimizer_begin(&o, &why));
    one = o;
    one.bias1 = (rnn_real)NAN;
    SAID(rnn_optimizer_begin(&one, &why), RNN_E_ORDER,
         "bias1 or bias2 is no 1 - beta^step, step being 1: saved with it?");
    one = o;
    one.bias2 = 2;
    SAID(rnn_optimizer_begin(&one, &why), RNN_E_ORDER,
         "bias1 or bias2 is no 1 - beta^step, step being 1: saved with it?");
    one = o;
    one.step = 1000; /* and the rest not */
    one.bias1 = one.bias2 = 0;
    SAID(rnn_optimizer_begin(&one, &why), RNN_E_ORDER,
         "bias1 or bias2 is no 1 - beta^step, step being 1000: saved with it?");
    one.bias1 = one.bias2 = 1;
    GOOD(&why, rnn_optimizer_begin(&one, &why));
}

static void check_optimizers(void)
{
    rnn_optimizer o;
    size_t n = 9;

    check_options();
    check_second_steps();
    SAID(rnn_optimizer_init(&o, RNN_OPT_ADAM, -1, &why), RNN_E_ARG,
         "lr is -1: 0 is the least");
    SAID(rnn_optimizer_init(&o, RNN_OPT_ADAM, (rnn_real)NAN, &why), RNN_E_ARG,
         "lr is NaN: no finite number");

    SAID(rnn_optimizer_init(NULL, RNN_OPT_ADAM, 1, &why), RNN_E_ARG,
         "opt is NULL");
    SAID(rnn_optimizer_init(&o, (rnn_optimizer_kind)RNN_OPTIMIZERS, 1, &why),
         RNN_E_ARG, "kind is %d: %d is the most", RNN_OPTIMIZERS,
         RNN_OPTIMIZERS - 1);
    GOOD(&why, rnn_optimizer_init(&o, RNN_OPT_SGD, 1, &why));
    GOOD(&why, rnn_optimizer_moments(&o, &n, &why));
    SAID(rnn_optimizer_moments(&o, NULL, &why), RNN_E_ARG, "count is NULL");
    SAID(rnn_optimizer_moments(NULL, &n, &why), RNN_E_ARG, "opt is NULL");
    GOOD(&why, rnn_optimizer_begin(&o, &why));
    o.momentum = (rnn_real)0.5;
    SAID(rnn_optimizer_begin(&o, &why), RNN_E_ORDER,
         "opt keeps 1 moments, and 0 since its first step");
    o.momentum = -1;
    SAID(rnn_optimizer_begin(&o, &why), RNN_E_ARG,
         "momentum is -1: 0 is the least");
    SAID(rnn_optimizer_moments(&o, &n, &why), RNN_E_ARG,
         "momentum is -1: 0 is the least");
    SAID(rnn_optimizer_begin(NULL, &why), RNN_E_ARG, "opt is NULL");
}

/* Each field of a schedule with each kind: read, or refused. */
static void check_unread(void)
{
    static const char *const reads[] = {"", "gamma every", "gamma",
                                        "least every"};
    static const char *const names[] = {"gamma", "least", "every"};
    int which, i;

    for (which = 0; which < RNN_SCHEDULES; which++)
        for (i = 0; i < 3; i++) {
            rnn_schedule s = {(rnn_schedule_kind)which, 1, 0, 0, 0, 0};
            rnn_real lr;
            s.every = strstr(reads[which], "every") != NULL;
            if (i == 0 || strstr(reads[which], "gamma"))
                s.gamma = (rnn_real)0.5;
            s.least = (rnn_real)(i == 1 ? 0.5 : 0);
            s.every += i == 2;
            if (strstr(reads[which], names[i]))
                GOOD(&why, rnn_schedule_lr(&s, 5, &lr, &why));
            else
                SAID(rnn_schedule_lr(&s, 5, &lr, &why), RNN_E_ARG,
                     "%s is set, but kind %d does not read it", names[i],
                     which);
        }
}

static void check_schedules(void)
{
    static const rnn_schedule right = {RNN_SCHEDULE_STEP, 1, 1, 0, 0, 2};
    rnn_schedule s = right;
    rnn_real lr = 3;

    GOOD(&why, rnn_schedule_lr(&s, 5, &lr, &why));
    SAID(rnn_schedule_lr(NULL, 5, &lr, &why), RNN_E_ARG, "schedule is NULL");
    SAID(rnn_schedule_lr(&s, 5, NULL, &why), RNN_E_ARG, "lr is NULL");
    s.kind = (rnn_schedule_kind)RNN_SCHEDULES;
    SAID(rnn_schedule_lr(&s, 5, &lr, &why), RNN_E_ARG,
         "kind is %d: %d is the most", RNN_SCHEDULES, RNN_SCHEDULES - 1);
    s = right;
    s.base = -2;
    SAID(rnn_schedule_lr(&s, 5, &lr, &why), RNN_E_ARG,
         "base is -2: 0 is the least");
    s = right;
    s.gamma = (rnn_real)HUGE_VAL;
    SAID(rnn_schedule_lr(&s, 5, &lr, &why), RNN_E_ARG,
         "gamma is infinity: no finite number");
    s = right;
    s.least = (rnn_real)NAN;
    SAID(rnn_schedule_lr(&s, 5, &lr, &why), RNN_E_ARG,
         "least is NaN: no finite number");
    s = right;
    s.every = 0;
    SAID(rnn_schedule_lr(&s, 5, &lr, &why), RNN_E_ARG,
         "every is 0: kind %d needs it", (int)s.kind);
    s = right;
    s.gamma = 0; /* forgotten: lr would be 0 from the first decay on */
    SAID(rnn_schedule_lr(&s, 5, &lr, &why), RNN_E_ARG,
         "gamma is 0: kind %d needs it", (int)s.kind);
    check_unread();
}

static void check_plateaus(void)
{
    static const rnn_plateau right = {0};
    rnn_plateau p = right;
    rnn_real lr = 1;

    GOOD(&why, rnn_plateau_step(&p, 2, &lr, &why));
    SAID(rnn_plateau_step(NULL, 2, &lr, &why), RNN_E_ARG, "plateau is NULL");
    SAID(rnn_plateau_step(&p, 2, NULL, &why), RNN_E_ARG, "lr is NULL");
    p.factor = 1;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "factor is 1: it must be below 1, and not below 0");
    p = right;
    p.threshold = (rnn_real)NAN;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "threshold is NaN: no finite number");
    p = right;
    p.least = -1;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "least is -1: 0 is the least");
    p = right;
    p.patience = -3;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "patience is -3: 0 is the least");
    p = right;
    p.cooldown = -1;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "cooldown is -1: 0 is the least");
    /* a state that was read from somewhere */
    p = right;
    p.calls = 1;
    p.best = (rnn_real)NAN;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_NOT_FINITE, "best is NaN");
    p = right;
    p.calls = 2;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "calls is 2: 1 is the most");
    p = right;
    p.bad = INT_MAX;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "bad is %d: %d is the most", INT_MAX, INT_MAX - 1);
    p = right;
    p.cool = -1;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "cool is -1: 0 is the least");
    p = right;
    lr = -(rnn_real)HUGE_VAL;
    SAID(rnn_plateau_step(&p, 2, &lr, &why), RNN_E_ARG,
         "lr is -infinity: no finite number");
}

/* ---- tokens -------------------------------------------------------------- */

static void check_tokens(void)
{
    rnn_real x[3] = {1, 3, 2}, work[3];
    rnn_sampling how = {1, 2, 0};
    rnn_rng rng;
    int id = 0;

    rnn_rng_seed(&rng, 1);
    GOOD(&why, rnn_greedy(x, 3, &id, &why));
    SAID(rnn_greedy(NULL, 3, &id, &why), RNN_E_ARG, "logits is NULL");
    SAID(rnn_greedy(x, 3, NULL, &why), RNN_E_ARG, "id is NULL");
    SAID(rnn_greedy(x, 0, &id, &why), RNN_E_SIZE,
         "outputs is 0: 1 is the least");
    GOOD(&why, rnn_sample(x, 3, &how, &rng, work, &id, &why));
    SAID(rnn_sample(x, 3, &how, &rng, NULL, &id, &why), RNN_E_ARG,
         "work is NULL");
    SAID(rnn_sample(x, 3, NULL, &rng, work, &id, &why), RNN_E_ARG,
         "sampling is NULL");
    SAID(rnn_sample(x, 3, &how, NULL, work, &id, &why), RNN_E_ARG,
         "rng, or rngs, is NULL");
    SAID(rnn_sample(NULL, 3, &how, &rng, work, &id, &why), RNN_E_ARG,
         "logits is NULL");
    how.temperature = 0;
    how.top_k = 2;
    SAID(rnn_sample(x, 3, &how, &rng, work, &id, &why), RNN_E_ARG,
         "top_k is set, but temperature is 0, which takes the likeliest: set "
         "one, 1 for instance");
    how.top_k = 0;
    how.top_p = 2;
    SAID(rnn_sample(x, 3, &how, &rng, work, &id, &why), RNN_E_ARG,
         "top_p is 2: 0 is the least, 1 the most");
    how.top_p = (rnn_real)0.5;
    SAID(rnn_sample(x, 3, &how, &rng, work, &id, &why), RNN_E_ARG,
         "top_p is set, but temperature is 0, which takes the likeliest: set "
         "one, 1 for instance");
    how.top_p = 1; /* cuts nothing */
    GOOD(&why, rnn_sample(x, 3, &how, &rng, work, &id, &why));
    how.temperature = 1;
    how.top_p = 0;
    x[1] = (rnn_real)NAN;
    SAID(rnn_greedy(x, 3, &id, &why), RNN_E_NOT_FINITE,
         "logits: number 1 is NaN");
    SAID(rnn_sample(x, 3, &how, &rng, work, &id, &why), RNN_E_NOT_FINITE,
         "logits: number 1 is NaN");
    CHECK(rnn_greedy(x, 3, &id, NULL) == RNN_E_NOT_FINITE, "without a reason");
}

/* ---- files --------------------------------------------------------------- */

static rnn_status save_with(const rnn_model *m, const rnn_real *p, size_t n,
                            const rnn_extra *extra, int count, size_t cap)
{
    static unsigned char file[4096];
    rnn_beside beside = {0};
    size_t len = 0;

    beside.extras = extra;
    beside.num_extras = count;
    return rnn_save(m, p, n, &beside, file, cap, &len, &why);
}

/* A tensor of the caller's of that name and size beside a model. */
static rnn_status save_one(const char *name, int rows, int cols, int none)
{
    static const rnn_real data[6] = {0};
    const rnn_model m = {.input_size = 1, .hidden_size = 1, .output_size = 1};
    const rnn_extra x = {name, none ? NULL : data, rows, cols};

    return save_with(&m, data, 6, &x, 1, 4096);
}

static void check_save(void)
{
    static const rnn_real p[8] = {0};
    const rnn_extra twice[2] = {{"mine", p, 2, 0}, {"mine", p, 2, 0}};
    rnn_beside beside = {0};
    rnn_model m = {.input_size = 1, .hidden_size = 1};
    size_t len = 0;

    GOOD(&why, rnn_save(&m, NULL, 0, NULL, NULL, 0, &len, &why));
    GOOD(&why, save_with(&m, p, 4, NULL, 0, len));
    SAID(save_with(&m, p, 4, NULL, 0, len - 1), RNN_E_BUFFER,
         "out has room for %lu: %lu are needed", (unsigned long)len - 1,
         (unsigned long)len);
    SAID(save_with(&m, p, 3, NULL, 0, len), RNN_E_BUFFER,
         "params has room for 3: 4 are needed");
    SAID(save_with(&m, NULL, 4, NULL, 0, len), RNN_E_ARG, "params is NULL");
    SAID(save_with(NULL, p, 4, NULL, 0, len), RNN_E_ARG, "model is NULL");
    SAID(rnn_save(&m, p, 4, NULL, NULL, 0, NULL, &why), RNN_E_ARG,
         "len is NULL");
    SAID(save_with(&m, p, 4, NULL, 1, len), RNN_E_ARG, "extras is NULL");
    SAID(save_with(&m, p, 4, NULL, -1, len), RNN_E_ARG,
         "num_extras is -1: 0 is the least");
    SAID(save_with(&m, p, 4, twice, 2, 4096), RNN_E_ARG,
         "mine is a name of a stack's own: it needs a dot");
    m.output_size = 1;
    SAID(save_with(&m, p, 6, twice, 2, 4096), RNN_E_ARG,
         "mine is there twice: extras 0 and 1");
    SAID(save_with(&m, p, 6, twice, RNN_ST_MAX_TENSORS, 4096), RNN_E_ARG,
         "mine is there twice: extras 0 and 1");
    GOOD(&why, save_one("mine", 2, 2, 0));
    SAID(save_one("mine", 2, -1, 0), RNN_E_ARG, "mine of 2 x -1 cannot be");
    SAID(save_one("mine", 0, 2, 0), RNN_E_ARG, "mine of 0 x 2 cannot be");
    SAID(save_one("mine", 2, 2, 1), RNN_E_ARG, "mine has no data");
    SAID(save_one("", 2, 2, 0), RNN_E_ARG, "extra 0 has no name");
    SAID(save_one(NULL, 2, 2, 0), RNN_E_ARG, "extra 0 has no name");
    SAID(save_one("a\377b", 2, 2, 0), RNN_E_ARG,
         "the name of extra 0 is no UTF-8, or has a control byte");
    SAID(save_one("a\nb", 2, 2, 0), RNN_E_ARG,
         "the name of extra 0 is no UTF-8, or has a control byte");
    SAID(save_one("rnn.mine", 2, 2, 0), RNN_E_ARG,
         "rnn.mine is a name of a model's own");
    SAID(save_one("__metadata__", 2, 2, 0), RNN_E_ARG,
         "no tensor can have the name __metadata__");
    beside.vocabulary_len = 5;
    SAID(rnn_save(&m, NULL, 0, &beside, NULL, 0, &len, &why), RNN_E_ARG,
         "vocabulary is NULL");
}

/* More tensors than can be read, each with a name of its own. */
static void check_many(void)
{
    static rnn_extra x[RNN_ST_MAX_TENSORS];
    static char names[RNN_ST_MAX_TENSORS][12];
    static const rnn_real one[1] = {0};
    rnn_model m = {.input_size = 1, .hidden_size = 1};
    int i;

    for (i = 0; i < RNN_ST_MAX_TENSORS; i++) {
        snprintf(names[i], sizeof names[i], "mine.%d", i);
        x[i].name = names[i];
        x[i].data = one;
        x[i].rows = 1;
    }
    SAID(save_with(&m, one, 4, x, RNN_ST_MAX_TENSORS - 3, 0), RNN_E_SIZE,
         "more tensors than can be read: 4 and %d extras",
         RNN_ST_MAX_TENSORS - 3);
}

static void check_files(void)
{
    static char path[2000];
    unsigned char four[4];
    size_t len = 0;

    memset(path, 'a', sizeof path - 1);
    SAID(rnn_read_file(NULL, four, 4, &len, &why), RNN_E_ARG, "path is NULL");
    SAID(rnn_read_file("a", four, 4, NULL, &why), RNN_E_ARG, "len is NULL");
    SAID(rnn_read_file("no/such/file", four, 4, &len, &why), RNN_E_UNSUPPORTED,
         "no/such/file cannot be opened");
    SAID(rnn_write_file(NULL, four, 4, &why), RNN_E_ARG, "path is NULL");
    SAID(rnn_write_file("a", NULL, 4, &why), RNN_E_ARG, "bytes is NULL");
    SAID(rnn_write_file("no/such/file", four, 4, &why), RNN_E_UNSUPPORTED,
         "no file can be made beside no/such/file");
    SAID(rnn_write_file(path, four, 4, &why), RNN_E_SIZE,
         "...%s is too long a path", path + sizeof path - 1 - 36);
    SAID(rnn_write_file(".", four, 4, &why), RNN_E_UNSUPPORTED,
         ". is there, and is no plain file");
    SAID(rnn_read_file("rnn.h", four, 4, &len, &why), RNN_E_BUFFER,
         "out has room for 4: %lu are needed", (unsigned long)len);
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_sizes();
    check_tensors();
    check_init();
    check_optimizers();
    check_schedules();
    check_plateaus();
    check_tokens();
    check_save();
    check_many();
    check_files();
    kinds_unused();
    return test_end();
}
