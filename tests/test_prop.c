/* Properties, bit for bit (NaNs equal): what is computed does not depend on
 * kernels, threads, batch, chunks, streaming, alignment, aliasing, the length
 * of work, what lies in padding or what lay in the outputs before.
 *
 * A job is one training step and one inference over random sizes; its results
 * are arrays of shape (outer, rows, width), so that rows and steps of one
 * job's results compare with those of another. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

enum { GUARD = 4, KERNELS = 4, RESULTS = 20 };

static const rnn_real rubbish = (rnn_real)-7.25e11;
static int kernels[KERNELS], kernel_count;

typedef struct array { /* one output, between guards or of exact size */
    const char *name;
    rnn_real *p;
    size_t outer, rows, width;
    int guarded;
} array;

typedef struct results {
    array a[RESULTS];
    int count;
    rnn_real *work;
    size_t work_len;
} results;

typedef struct how { /* the ways to run one job that must not matter */
    int kernel, parts, columns; /* columns: the parts of weight gradients    */
    int shift;                  /* buffers begin one number later            */
    int tight, alias;           /* the least work; hn is h0, dlogits logits  */
    int guarded, dirty;         /* dirty: NaN as dlogits on padding          */
} how;

typedef struct job {
    rnn_model model;            /* output_size 0: the stack alone            */
    rnn_stack stack;
    rnn_sizes sizes;
    rnn_seq seq;                /* hn, cn unused                             */
    rnn_real *params, *x, *h0, *c0, *dhn, *dcn, *up, *weights, *before;
    int *ids, *targets, *lengths;
    size_t outer;               /* L*D                                       */
    rnn_real n;                 /* of the loss                               */
} job;

static rnn_real not_a_number(void)
{
    const rnn_real zero = 0;
    return zero / zero;
}

/* ---- comparing ----------------------------------------------------------- */

static int same(const rnn_real *a, const rnn_real *b, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0 &&
            !(a[i] != a[i] && b[i] != b[i]))
            return 0;
    return 1;
}

static rnn_real *results_find(const results *r, const char *name, array *a)
{
    int i;

    for (i = 0; i < r->count; i++)
        if (strcmp(r->a[i].name, name) == 0) {
            *a = r->a[i];
            return a->p;
        }
    memset(a, 0, sizeof *a);
    return NULL;
}

static int guards_stand(const array *a)
{
    const size_t n = a->outer * a->rows * a->width;
    size_t i;

    for (i = 0; a->guarded && i < GUARD; i++)
        if (a->p[n + i] != rubbish || *(a->p - 1 - i) != rubbish)
            return 0;
    return 1;
}

/* Everything that both have is the same; `but` is left out. */
static void check_same(const job *j, const results *a, const results *b,
                       const char *but, const char *what)
{
    array other;
    int i;

    for (i = 0; i < a->count; i++) {
        const array *p = &a->a[i];
        const size_t n = p->outer * p->rows * p->width;
        if ((but && strcmp(but, p->name) == 0) ||
            !results_find(b, p->name, &other))
            continue;
        CHECK(n == other.outer * other.rows * other.width &&
              same(p->p, other.p, n),
              "%s: %s; cell %d input %d I %d E %d H %d L %d both %d O %d T %d "
              "B %d", what, p->name, j->model.cell, j->model.input,
              j->model.input_size, j->model.embedding_size,
              j->model.hidden_size, j->model.num_layers,
              j->model.bidirectional, j->model.output_size, j->seq.steps,
              j->seq.batch);
        CHECK(guards_stand(p) && guards_stand(&other), "%s: around %s", what,
              p->name);
    }
}

/* ---- one job ------------------------------------------------------------- */

/* An output full of rubbish, of different kinds, which begins after a guard
 * and, with shift, one number later than malloc's alignment. */
static rnn_real *output(results *r, const how *w, const char *name,
                        size_t outer, size_t rows, size_t width)
{
    const size_t n = outer * rows * width;
    const size_t before = (size_t)w->shift + (w->guarded ? GUARD : 0);
    const size_t all = before + n + (w->guarded ? GUARD : 0);
    rnn_real *p = test_reals(all, 0);
    array *a = &r->a[r->count++];
    size_t i;

    for (i = 0; i < all; i++)
        p[i] = w->guarded || w->alias ? rubbish : 3;
    a->name = name;
    a->p = p + before;
    a->outer = outer;
    a->rows = rows;
    a->width = width;
    a->guarded = w->guarded;
    return a->p;
}

/* A copy of an input, exact at its end, with shift off alignment. */
static rnn_real *input(const how *w, const rnn_real *p, size_t n)
{
    rnn_real *copy;

    if (!p)
        return NULL;
    copy = test_reals(n + (size_t)w->shift, 0) + w->shift;
    memcpy(copy, p, n * sizeof *p);
    return copy;
}

/* The k-th of n parts, in an order that no thread can rely on. */
static int shuffled(int k, int n)
{
    return n % 2 ? (k * 2 + 1) % n : n - 1 - k;
}

static void set_run(rnn_run *run, int kernel, int k, int parts)
{
    run->kernel = kernel;
    run->parts = parts;
    run->part = parts ? shuffled(k, parts) : 0;
}

#define MUST_OK(call)                                                          \
    do {                                                                       \
        rnn_status st_ = (call);                                               \
        MUST(st_ == RNN_OK, "%s: %s", #call, rnn_status_text(st_));            \
    } while (0)
#define EACH_PART(k, run, w, parts)                                            \
    for ((k) = 0; (k) < ((parts) ? (parts) : 1) &&                             \
                  (set_run((run), (w)->kernel, (k), (parts)), 1); (k)++)

/* seq with outputs in r; with alias, states are carried in place. */
static rnn_seq open_seq(const job *j, const how *w, results *r, int infer)
{
    const size_t B = (size_t)j->seq.batch, H = (size_t)j->model.hidden_size;
    rnn_seq s = j->seq;

    s.x = input(w, j->seq.x, (size_t)s.steps * B *
                             (size_t)j->stack.input_size);
    s.hn = output(r, w, infer ? "infer hn" : "hn", j->outer, B, H);
    if (j->model.cell == RNN_LSTM)
        s.cn = output(r, w, infer ? "infer cn" : "cn", j->outer, B, H);
    if (w->alias && s.h0) {
        memcpy(s.hn, s.h0, j->sizes.state * sizeof *s.hn);
        s.h0 = s.hn;
    }
    if (w->alias && s.c0 && s.cn) {
        memcpy(s.cn, s.c0, j->sizes.state * sizeof *s.cn);
        s.c0 = s.cn;
    }
    return s;
}

/* Forward, and the loss of a model, into r; gives dlogits or dy. */
static rnn_real *run_forward(const job *j, const how *w, results *r,
                             rnn_seq *seq)
{
    const size_t B = (size_t)j->seq.batch, T = (size_t)j->seq.steps;
    const int O = j->model.output_size;
    rnn_real *params = input(w, j->params, j->sizes.params);
    rnn_real *y, *values, *d;
    array loss;
    rnn_run run;
    size_t i;
    int k;

    memset(r, 0, sizeof *r);
    memset(&run, 0, sizeof run);
    r->work_len = w->tight ? j->sizes.train_tight : j->sizes.train;
    r->work = output(r, w, "work", 1, 1, r->work_len);
    *seq = open_seq(j, w, r, 0);
    y = output(r, w, "y", T, B, j->sizes.output / T / B);
    if (!O) {
        EACH_PART(k, &run, w, w->parts)
            MUST_OK(rnn_stack_forward(&j->stack, params, seq, y, r->work,
                                      r->work_len, &run));
        return j->up;
    }
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_forward(&j->model, params, seq, y, r->work, r->work_len,
                            &run));
    values = output(r, w, "losses", T, B, 1);
    d = output(r, w, "dlogits", T, B, (size_t)O);
    loss.p = output(r, w, "loss", 1, 1, 1);
    if (w->alias)
        memcpy(d, y, j->sizes.output * sizeof *d);
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_cross_entropy(w->alias ? d : y, T * B, O, j->targets,
                                  j->weights, j->n, (rnn_real)0.1, values, d,
                                  w->parts > 1 ? NULL : loss.p, &run));
    if (w->parts > 1)
        MUST_OK(rnn_mean(values, j->weights, T * B, j->n, loss.p, NULL));
    for (i = 0; w->dirty && j->lengths && i < j->sizes.output; i++)
        if ((int)(i / (size_t)O / B) >= j->lengths[i / (size_t)O % B])
            d[i] = not_a_number();
    return d;
}

/* Backward after it; grads begin as `before`. */
static void run_backward(const job *j, const how *w, results *r,
                         const rnn_seq *seq, const rnn_real *d,
                         const rnn_real *before)
{
    const size_t B = (size_t)j->seq.batch, T = (size_t)j->seq.steps;
    const size_t H = (size_t)j->model.hidden_size;
    const rnn_real *params = input(w, j->params, j->sizes.params);
    rnn_real *grads = output(r, w, "grads", 1, 1, j->sizes.params);
    rnn_flow flow;
    rnn_run run;
    int k;

    memset(&run, 0, sizeof run);
    memset(&flow, 0, sizeof flow);
    memcpy(grads, before, j->sizes.params * sizeof *grads);
    flow.dhn = j->dhn;
    flow.dcn = j->dcn;
    flow.dh0 = output(r, w, "dh0", j->outer, B, H);
    if (j->model.cell == RNN_LSTM)
        flow.dc0 = output(r, w, "dc0", j->outer, B, H);
    if (j->seq.x)
        flow.dx = output(r, w, "dx", T, B, (size_t)j->stack.input_size);
    if (!j->model.output_size) {
        EACH_PART(k, &run, w, w->parts)
            MUST_OK(rnn_stack_backward(&j->stack, params, seq, d, &flow,
                                       r->work, r->work_len, &run));
        EACH_PART(k, &run, w, w->columns)
            MUST_OK(rnn_stack_grads(&j->stack, seq, r->work, r->work_len,
                                    grads, &run));
        return;
    }
    if (w->parts < 2 && w->columns < 2) {
        run.kernel = w->kernel;
        MUST_OK(rnn_backward(&j->model, params, seq, d, &flow, grads, r->work,
                             r->work_len, &run));
        return;
    }
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_backward(&j->model, params, seq, d, &flow, NULL, r->work,
                             r->work_len, &run));
    EACH_PART(k, &run, w, w->columns)
        MUST_OK(rnn_grads(&j->model, seq, d, grads, r->work, r->work_len,
                          &run));
}

static void run_infer(const job *j, const how *w, results *r)
{
    const size_t B = (size_t)j->seq.batch, T = (size_t)j->seq.steps;
    rnn_real *params = input(w, j->params, j->sizes.params);
    rnn_real *work = output(r, w, "infer work", 1, 1, j->sizes.infer);
    rnn_seq seq = open_seq(j, w, r, 1);
    rnn_real *y = output(r, w, "infer y", T, B, j->sizes.output / T / B);
    rnn_run run;
    int k;

    memset(&run, 0, sizeof run);
    EACH_PART(k, &run, w, w->parts) {
        if (j->model.output_size)
            MUST_OK(rnn_infer(&j->model, params, &seq, y, work,
                              j->sizes.infer, &run));
        else
            MUST_OK(rnn_stack_infer(&j->stack, params, &seq, y, work,
                                    j->sizes.infer, &run));
    }
}

/* work is no result: its guards are looked at, its numbers are not. */
static void drop_work(results *r)
{
    int i, n = 0;

    for (i = 0; i < r->count; i++)
        if (strstr(r->a[i].name, "work"))
            CHECK(guards_stand(&r->a[i]), "around %s", r->a[i].name);
        else
            r->a[n++] = r->a[i];
    r->count = n;
}

static void run_job(const job *j, const how *w, results *r)
{
    rnn_seq seq;
    const rnn_real *d = run_forward(j, w, r, &seq);

    run_backward(j, w, r, &seq, d, j->before);
    run_infer(j, w, r);
    drop_work(r);
}

/* ---- making jobs --------------------------------------------------------- */

/* mostly small, sometimes up to 70 */
static int some_size(void)
{
    return 1 + test_below(test_below(6) ? 20 : 70);
}

/* sizes and pointers of a job whose model and seq.steps, batch are set */
static void finish_job(job *j)
{
    j->stack.cell = j->model.cell;
    j->stack.input_size = j->model.input_size;
    j->stack.hidden_size = j->model.hidden_size;
    j->stack.num_layers = j->model.num_layers;
    j->stack.bidirectional = j->model.bidirectional;
    j->stack.no_bias = j->model.no_bias;
    j->stack.dropout = j->model.dropout;
    j->stack.dropout_last = j->model.dropout_last;
    if (j->model.output_size)
        MUST_OK(rnn_model_sizes(&j->model, 0, j->seq.steps, j->seq.batch,
                                &j->sizes));
    else
        MUST_OK(rnn_stack_sizes(&j->stack, j->seq.steps, j->seq.batch,
                                &j->sizes));
    j->outer = (size_t)j->model.num_layers *
               (size_t)(j->model.bidirectional ? 2 : 1);
    j->seq.x = j->x;
    j->seq.ids = j->ids;
    j->seq.lengths = j->lengths;
    j->seq.h0 = j->h0;
    j->seq.c0 = j->c0;
}

static void make_job(job *j, int cell, int input_kind, int alone, int lengths,
                     int dropout)
{
    const int T = 1 + test_below(6), B = 1 + test_below(test_below(4) ? 5 : 17);
    const size_t TB = (size_t)T * (size_t)B;
    size_t i;

    memset(j, 0, sizeof *j);
    j->model.cell = cell;
    j->model.input = input_kind;
    j->model.input_size = some_size();
    if (input_kind == RNN_EMBEDDING)
        j->model.embedding_size = some_size();
    j->model.hidden_size = some_size();
    j->model.num_layers = 1 + test_below(3);
    j->model.bidirectional = test_below(2);
    j->model.no_bias = test_below(3) == 0;
    j->model.output_size = alone ? 0 : some_size();
    if (dropout) {
        j->model.dropout = (rnn_real)0.3;
        j->model.dropout_last = (rnn_real)0.4;
    }
    j->seq.steps = T;
    j->seq.batch = B;
    j->seq.seed[0] = (uint32_t)test_next();
    j->seq.seed[1] = 5;
    j->seq.first_step = 1000000;
    j->seq.first_row = 77;
    finish_job(j);
    j->params = test_reals(j->sizes.params, 0.5);
    j->before = test_reals(j->sizes.params, 1);
    if (input_kind == RNN_DENSE)
        j->x = test_reals(TB * (size_t)j->model.input_size, 1);
    else
        j->ids = test_ids(TB, j->model.input_size);
    if (test_below(3)) {
        j->h0 = test_reals(j->sizes.state, 1);
        j->dhn = test_reals(j->sizes.state, 1);
        if (cell == RNN_LSTM) {
            j->c0 = test_reals(j->sizes.state, 1);
            j->dcn = test_reals(j->sizes.state, 1);
        }
    }
    j->up = test_reals(j->sizes.output, 1);
    j->targets = test_ids(TB, alone ? 1 : j->model.output_size);
    j->weights = test_reals(TB, 0);
    for (i = 0; i < TB; i++)
        j->weights[i] = (rnn_real)test_below(4);
    j->n = 3;
    if (lengths) {
        j->lengths = test_ids((size_t)B, T + 1);
        j->lengths[test_below(B)] = test_below(2) ? 0 : T;
        for (i = 0; i < TB; i++)
            if ((int)(i / (size_t)B) >= j->lengths[i % (size_t)B])
                j->weights[i] = 0;
    }
    finish_job(j);
}

static void *copy(const void *from, size_t bytes)
{
    return from ? memcpy(test_memory(bytes), from, bytes) : NULL;
}

/* Rows index[0 .. count - 1] of an array (outer, rows, bytes). */
static void *take(const void *from, size_t outer, size_t rows, size_t bytes,
                  const int *index, size_t count)
{
    unsigned char *to;
    size_t o, i;

    if (!from)
        return NULL;
    to = (unsigned char *)test_memory(outer * count * bytes);
    for (o = 0; o < outer; o++)
        for (i = 0; i < count; i++)
            memcpy(to + (o * count + i) * bytes,
                   (const unsigned char *)from +
                       (o * rows + (size_t)index[i]) * bytes, bytes);
    return to;
}

#define TAKE(type, from, outer, rows, width)                                   \
    ((type *)take((from), (outer), (rows), (width) * sizeof(type), index,      \
                  count))

/* The job of some of the rows, for the first `steps` steps. */
static void take_rows(const job *j, job *k, const int *index, size_t count,
                      int steps)
{
    const size_t B = (size_t)j->seq.batch, T = (size_t)steps;
    const size_t H = (size_t)j->model.hidden_size;

    *k = *j;
    k->seq.batch = (int)count;
    k->seq.steps = steps;
    k->seq.first_row = j->seq.first_row + (uint32_t)index[0];
    k->lengths = TAKE(int, j->lengths, 1, B, 1);
    k->x = TAKE(rnn_real, j->x, T, B, (size_t)j->model.input_size);
    k->ids = TAKE(int, j->ids, T, B, 1);
    k->targets = TAKE(int, j->targets, T, B, 1);
    k->weights = TAKE(rnn_real, j->weights, T, B, 1);
    k->h0 = TAKE(rnn_real, j->h0, j->outer, B, H);
    k->c0 = TAKE(rnn_real, j->c0, j->outer, B, H);
    k->dhn = TAKE(rnn_real, j->dhn, j->outer, B, H);
    k->dcn = TAKE(rnn_real, j->dcn, j->outer, B, H);
    k->up = TAKE(rnn_real, j->up, T, B,
                 j->sizes.output / B / (size_t)j->seq.steps);
    finish_job(k);
}

/* Those rows of all results with rows. */
static void take_results(const results *r, results *s, const job *j,
                         const int *index, size_t count, int steps)
{
    int i;

    memset(s, 0, sizeof *s);
    for (i = 0; i < r->count; i++) {
        array a = r->a[i];
        if (a.rows != (size_t)j->seq.batch || a.outer == 0 ||
            strcmp(a.name, "loss") == 0 || strcmp(a.name, "grads") == 0)
            continue;
        if (a.outer == (size_t)j->seq.steps &&
            !strstr(a.name, "hn") && !strstr(a.name, "cn") &&
            !strstr(a.name, "h0") && !strstr(a.name, "c0"))
            a.outer = (size_t)steps;
        a.p = TAKE(rnn_real, a.p, a.outer, a.rows, a.width);
        a.rows = count;
        a.guarded = 0;
        s->a[s->count++] = a;
    }
}

/* ---- properties of a job ------------------------------------------------- */

static void check_ways(const job *j, const results *r)
{
    static const int parts[] = {1, 2, 3, 5, 7, 40};
    how w;
    results s;
    int k;

    for (k = 0; k < kernel_count; k++) {
        memset(&w, 0, sizeof w);
        w.kernel = kernels[k];
        run_job(j, &w, &s);
        check_same(j, r, &s, NULL, "kernel");
        w.shift = w.guarded = 1;
        run_job(j, &w, &s);
        check_same(j, r, &s, NULL, "kernel, unaligned");
    }
    memset(&w, 0, sizeof w);
    w.kernel = RNN_KERNEL_PORTABLE;
    run_job(j, &w, &s);
    check_same(j, r, &s, NULL, "twice");
    memset(&w, 0, sizeof w);
    w.tight = w.guarded = 1;
    run_job(j, &w, &s);
    check_same(j, r, &s, NULL, "tight work");
    w.tight = test_below(2);
    w.alias = 1;
    run_job(j, &w, &s);
    check_same(j, r, &s, NULL, "aliased states");
    for (k = 0; k < 6; k++) {
        w.parts = parts[k];
        w.columns = parts[test_below(6)];
        w.tight = k & 1;
        w.alias = test_below(2);
        w.guarded = test_below(2);
        run_job(j, &w, &s);
        check_same(j, r, &s, NULL, "parts");
    }
    memset(&w, 0, sizeof w);
    w.columns = 64;
    run_job(j, &w, &s);
    check_same(j, r, &s, NULL, "columns");
}

/* Forward without dropout is inference. */
static void check_infer(const job *j, const results *r)
{
    static const char *const pairs[][2] = {
        {"y", "infer y"}, {"hn", "infer hn"}, {"cn", "infer cn"}};
    array a, b;
    size_t i;

    if (j->model.dropout > 0 || j->model.dropout_last > 0)
        return;
    for (i = 0; i < 3; i++)
        if (results_find(r, pairs[i][0], &a))
            CHECK(results_find(r, pairs[i][1], &b) &&
                  same(a.p, b.p, a.outer * a.rows * a.width),
                  "forward is not infer: %s", a.name);
}

/* Every row alone, only as far as it is valid, and in two other orders. */
static void check_rows(const job *j, const results *r)
{
    const int B = j->seq.batch;
    int *index = test_ids((size_t)B, 1), b, k, n;
    results s, t;
    job one;
    how w;

    memset(&w, 0, sizeof w);
    for (b = 0; b < B; b++) {
        take_rows(j, &one, &b, 1, j->seq.steps);
        run_job(&one, &w, &s);
        take_results(r, &t, j, &b, 1, j->seq.steps);
        check_same(j, &t, &s, NULL, "row alone");
        if (!j->lengths || j->lengths[b] == 0)
            continue;
        take_rows(j, &one, &b, 1, j->lengths[b]);
        one.lengths = NULL;
        finish_job(&one);
        run_job(&one, &w, &s);
        take_results(r, &t, j, &b, 1, j->lengths[b]);
        check_same(j, &t, &s, NULL, "row without its padding");
    }
    n = 1 + test_below(B); /* neighbours, from any row on */
    k = test_below(B - n + 1);
    for (b = 0; b < n; b++)
        index[b] = k + b;
    take_rows(j, &one, index, (size_t)n, j->seq.steps);
    run_job(&one, &w, &s);
    take_results(r, &t, j, index, (size_t)n, j->seq.steps);
    check_same(j, &t, &s, NULL, "some rows");
    if (j->model.dropout > 0) /* its masks stay with the place of a row */
        return;
    for (b = 0; b < B; b++)
        index[b] = B - 1 - b;
    for (b = B - 1; b > 0; b--) {
        k = test_below(b + 1);
        n = index[b];
        index[b] = index[k];
        index[k] = n;
    }
    take_rows(j, &one, index, (size_t)B, j->seq.steps);
    run_job(&one, &w, &s);
    take_results(r, &t, j, index, (size_t)B, j->seq.steps);
    check_same(j, &t, &s, NULL, "rows in another order");
}

/* Steps first .. end - 1 of a job, with the states h0, c0. */
static void take_steps(const job *j, job *k, int first, int end)
{
    const size_t B = (size_t)j->seq.batch, T = (size_t)j->seq.steps;
    const size_t count = (size_t)(end - first);
    int *index = test_ids(count, 1), i;

    for (i = 0; i < (int)count; i++)
        index[i] = first + i;
    *k = *j;
    k->seq.steps = (int)count;
    k->seq.first_step = j->seq.first_step + (uint32_t)first;
    k->x = TAKE(rnn_real, j->x, 1, T, B * (size_t)j->model.input_size);
    k->ids = TAKE(int, j->ids, 1, T, B);
    k->targets = TAKE(int, j->targets, 1, T, B);
    k->weights = TAKE(rnn_real, j->weights, 1, T, B);
    k->up = TAKE(rnn_real, j->up, 1, T, j->sizes.output / T);
    if (j->lengths) {
        k->lengths = test_ids(B, 1);
        for (i = 0; i < (int)B; i++) {
            const int n = j->lengths[i] - first;
            k->lengths[i] = n < 0 ? 0 : n < (int)count ? n : (int)count;
        }
    }
    finish_job(k);
}

/* Steps of a result, as a result of the same name. */
static void check_steps(const job *j, const results *whole, const results *part,
                        const char *name, int first)
{
    array a, b;

    if (!results_find(whole, name, &a) || !results_find(part, name, &b))
        return;
    CHECK(same(a.p + (size_t)first * a.rows * a.width, b.p,
               b.outer * b.rows * b.width),
          "chunk from %d of %d: %s, cell %d layers %d", first, j->seq.steps,
          name, j->model.cell, j->model.num_layers);
}

/* Two chunks with carried states: everything that has steps is that of the
 * whole; states too; and, as gradients flow back from the second into the
 * first, so are all gradients. */
static void check_chunks(const job *j, const results *r)
{
    static const char *const names[] = {"y", "losses", "dlogits", "dx",
                                        "infer y"};
    results s[2];
    rnn_seq seq[2];
    const rnn_real *d[2];
    job half[2];
    array a, b;
    how w;
    int cut, i;
    size_t k;

    if (j->model.bidirectional || j->seq.steps < 2)
        return;
    memset(&w, 0, sizeof w);
    cut = 1 + test_below(j->seq.steps - 1);
    take_steps(j, &half[0], 0, cut);
    take_steps(j, &half[1], cut, j->seq.steps);
    w.alias = test_below(2);
    d[0] = run_forward(&half[0], &w, &s[0], &seq[0]);
    half[1].h0 = results_find(&s[0], "hn", &a);
    half[1].c0 = results_find(&s[0], "cn", &a);
    finish_job(&half[1]);
    d[1] = run_forward(&half[1], &w, &s[1], &seq[1]);
    run_backward(&half[1], &w, &s[1], &seq[1], d[1], j->before);
    half[0].dhn = results_find(&s[1], "dh0", &a);
    half[0].dcn = results_find(&s[1], "dc0", &a);
    run_backward(&half[0], &w, &s[0], &seq[0], d[0],
                 results_find(&s[1], "grads", &a));
    run_infer(&half[0], &w, &s[0]); /* its own states, without dropout */
    half[1].h0 = results_find(&s[0], "infer hn", &a);
    half[1].c0 = results_find(&s[0], "infer cn", &a);
    finish_job(&half[1]);
    run_infer(&half[1], &w, &s[1]);
    for (i = 0; i < 2; i++)
        for (k = 0; k < sizeof names / sizeof *names; k++)
            check_steps(j, r, &s[i], names[k], i ? cut : 0);
    for (i = 0; i < r->count; i++) {
        const char *name = r->a[i].name;
        const int first = strcmp(name, "dh0") == 0 ||
                          strcmp(name, "dc0") == 0 ||
                          strcmp(name, "grads") == 0;
        if (!first && !strstr(name, "hn") && !strstr(name, "cn"))
            continue;
        MUST(results_find(&s[!first], name, &b), "no %s", name);
        CHECK(same(r->a[i].p, b.p, b.outer * b.rows * b.width),
              "chunks: %s, cell %d layers %d input %d", name, j->model.cell,
              j->model.num_layers, j->model.input);
    }
}

/* One step at a time in constant memory, exact in size. */
static void check_stream(const job *j, const results *r)
{
    const size_t B = (size_t)j->seq.batch, n = j->sizes.state;
    const size_t I = (size_t)j->model.input_size;
    const size_t out = j->sizes.output / (size_t)j->seq.steps;
    rnn_real *h, *c = NULL, *y, *work;
    array all, hn, cn;
    rnn_run run;
    results s;
    how w;
    int t, k;

    if (j->model.bidirectional || j->lengths)
        return;
    for (k = 0; k <= kernel_count; k++) {
        memset(&w, 0, sizeof w);
        memset(&s, 0, sizeof s);
        memset(&run, 0, sizeof run);
        w.guarded = k & 1;
        w.shift = k >> 1 & 1;
        run.kernel = k < kernel_count ? kernels[k] : RNN_KERNEL_AUTO;
        run.parts = k < kernel_count ? 0 : 3;
        h = output(&s, &w, "h", j->outer, B, (size_t)j->model.hidden_size);
        memset(h, 0, n * sizeof *h);
        if (j->h0)
            memcpy(h, j->h0, n * sizeof *h);
        if (j->model.cell == RNN_LSTM) {
            c = output(&s, &w, "c", j->outer, B,
                       (size_t)j->model.hidden_size);
            memset(c, 0, n * sizeof *c);
            if (j->c0)
                memcpy(c, j->c0, n * sizeof *c);
        }
        work = output(&s, &w, "work", 1, 1, j->sizes.step);
        MUST(results_find(r, "infer y", &all), "no y");
        for (t = 0; t < j->seq.steps; t++) {
            const rnn_real *x = j->x ? input(&w, j->x + (size_t)t * B * I,
                                             B * I) : NULL;
            const int *ids = j->ids ? j->ids + (size_t)t * B : NULL;
            y = j->model.output_size
                    ? output(&s, &w, "y", 1, B, out / B)
                    : h + n - out;
            for (run.part = 0; run.part < (run.parts ? run.parts : 1);
                 run.part++) {
                if (j->model.output_size)
                    MUST_OK(rnn_step(&j->model, j->params, (int)B, x, ids, h,
                                     c, y, work, j->sizes.step, &run));
                else
                    MUST_OK(rnn_stack_step(&j->stack, j->params, (int)B, x,
                                           ids, h, c, work, j->sizes.step,
                                           &run));
            }
            CHECK(same(y, all.p + (size_t)t * out, out),
                  "step %d is not infer's: cell %d layers %d input %d", t,
                  j->model.cell, j->model.num_layers, j->model.input);
            if (j->model.output_size)
                CHECK(guards_stand(&s.a[--s.count]), "around logits");
        }
        CHECK(results_find(r, "infer hn", &hn) && same(hn.p, h, n),
              "h after the last step");
        if (c)
            CHECK(results_find(r, "infer cn", &cn) && same(cn.p, c, n),
                  "c after the last step");
        for (t = 0; t < s.count; t++)
            CHECK(guards_stand(&s.a[t]), "step: around %s", s.a[t].name);
    }
}

/* Rubbish in padding, and where the weight of a loss is 0, is not read; the
 * outputs there are what the header says. */
static void check_padding(const job *j, const results *r)
{
    const size_t B = (size_t)j->seq.batch, T = (size_t)j->seq.steps;
    const size_t I = (size_t)j->model.input_size;
    const size_t H = (size_t)j->model.hidden_size;
    const rnn_real zero = 0, nan = not_a_number();
    job dirty = *j;
    array y, hn, dx;
    results s;
    size_t i, k;
    how w;

    if (j->model.output_size) {
        dirty.targets = (int *)copy(j->targets, T * B * sizeof *j->targets);
        for (i = 0; i < T * B; i++)
            if (j->weights[i] <= 0)
                dirty.targets[i] = i % 2 ? -1 : 1 << 30;
    }
    if (j->lengths) {
        dirty.x = (rnn_real *)copy(j->x, T * B * I * sizeof *j->x);
        dirty.ids = (int *)copy(j->ids, T * B * sizeof *j->ids);
        dirty.up = (rnn_real *)copy(j->up, j->sizes.output * sizeof *j->up);
        for (i = 0; i < T * B; i++) {
            if ((int)(i / B) < j->lengths[i % B])
                continue;
            for (k = 0; dirty.x && k < I; k++)
                dirty.x[i * I + k] = k % 2 ? (rnn_real)1e30 : nan;
            if (dirty.ids)
                dirty.ids[i] = i % 2 ? -5 : 1 << 30;
            for (k = 0; !j->model.output_size && k < j->sizes.output / T / B;
                 k++)
                dirty.up[i * (j->sizes.output / T / B) + k] = nan;
        }
    }
    finish_job(&dirty);
    memset(&w, 0, sizeof w);
    w.guarded = w.dirty = 1;
    w.parts = 2;
    run_job(&dirty, &w, &s);
    check_same(j, r, &s, "dlogits", "rubbish in padding");
    if (!j->lengths)
        return;
    results_find(r, "y", &y);
    for (i = 0; i < T * B; i++) {
        const rnn_real *bias = j->params + j->sizes.params - y.width;
        if ((int)(i / B) < j->lengths[i % B])
            continue;
        for (k = 0; k < y.width; k++)
            if (!same(y.p + i * y.width + k,
                      j->model.output_size ? bias + k : &zero, 1))
                break;
        CHECK(k == y.width, "padding's output");
        if (results_find(r, "dx", &dx)) {
            for (k = 0; k < I && same(dx.p + i * I + k, &zero, 1); k++)
                ;
            CHECK(k == I, "padding's dx");
        }
    }
    if (j->model.output_size || j->model.dropout_last > 0)
        return;
    results_find(r, "hn", &hn);
    for (i = 0; i < B; i++) { /* forward direction of the last layer */
        const size_t l = j->outer - (j->model.bidirectional ? 2 : 1);
        const size_t n = (size_t)j->lengths[i];
        const rnn_real *last = hn.p + (l * B + i) * H;
        if (n > 0)
            CHECK(same(last, y.p + ((n - 1) * B + i) * y.width, H),
                  "hn is not the last valid state");
        else if (j->h0)
            CHECK(same(last, j->h0 + (l * B + i) * H, H), "hn is not h0");
        else
            for (k = 0; k < H; k++)
                CHECK(same(last + k, &zero, 1), "hn is not 0");
    }
}

/* One-hot tokens are rows of zeros and a one. */
static void check_one_hot(const job *j, const results *r)
{
    const size_t rows = (size_t)j->seq.steps * (size_t)j->seq.batch;
    const size_t I = (size_t)j->model.input_size;
    job dense = *j;
    results s;
    size_t i;
    how w;

    if (j->model.input != RNN_ONE_HOT)
        return;
    dense.model.input = RNN_DENSE;
    dense.ids = NULL;
    dense.x = test_reals(rows * I, 0);
    for (i = 0; i < rows * I; i++)
        dense.x[i] = (int)(i % I) == j->ids[i / I];
    finish_job(&dense);
    memset(&w, 0, sizeof w);
    run_job(&dense, &w, &s);
    check_same(j, r, &s, NULL, "one-hot is dense");
}

/* The views into work: states are those that come out, and gates those that
 * make the states, for every layer and direction. */
static void check_view(const job *j)
{
    const size_t B = (size_t)j->seq.batch, H = (size_t)j->model.hidden_size;
    const size_t D = j->model.bidirectional ? 2 : 1;
    const size_t K = RNN_KEPT(j->model.cell), n = B * H;
    results r;
    rnn_stack stack;
    rnn_seq seq;
    rnn_view v;
    array y, hn, cn;
    size_t q, t, b, i;
    how w;

    memset(&w, 0, sizeof w);
    stack = j->stack;
    if (j->model.output_size)
        MUST_OK(rnn_model_stack(&j->model, &stack));
    (void)run_forward(j, &w, &r, &seq);
    results_find(&r, "y", &y);
    results_find(&r, "hn", &hn);
    results_find(&r, "cn", &cn);
    for (q = 0; q < j->outer; q++) {
        int bad = 0, bad_end = 0, bad_y = 0;
        MUST_OK(rnn_stack_view(&stack, &j->seq, r.work, r.work_len,
                               (int)(q / D), (int)(q % D), &v));
        for (i = 0; i < (size_t)j->seq.steps * n; i++) {
            const rnn_real *g = v.gates + i / H * K * H + i % H, *before;
            const size_t d = q % D;
            rnn_real h = g[0], one, h_prev = 0;
            size_t len;
            t = i / n;
            b = i / H % B;
            len = (size_t)(j->lengths ? j->lengths[b] : j->seq.steps);
            if (t >= len)
                continue;
            if (d ? t + 1 < len : t > 0)
                before = v.h + (d ? i + n : i - n);
            else
                before = j->h0 ? j->h0 + q * n + i % n : NULL;
            if (before)
                h_prev = *before;
            if (j->model.cell == RNN_LSTM) {
                one = v.c[i];
                MUST_OK(rnn_map(RNN_FN_TANH, 1, &one, &one, NULL));
                h = g[3 * H] * one;
                if (t == (d ? 0 : len - 1))
                    bad_end += !same(v.c + i, cn.p + q * n + i % n, 1);
            } else if (j->model.cell >= RNN_GRU) {
                h = g[2 * H] + g[H] * (h_prev - g[2 * H]);
                one = j->model.cell == RNN_GRU ? g[3 * H] : g[0] * h_prev;
                bad += !(g[3 * H] - one < (rnn_real)1e-5 &&
                         one - g[3 * H] < (rnn_real)1e-5);
            }
            bad += !(h - v.h[i] < (rnn_real)1e-5 &&
                     v.h[i] - h < (rnn_real)1e-5);
            if (t == (d ? 0 : len - 1))
                bad_end += !same(v.h + i, hn.p + q * n + i % n, 1);
            if (!j->model.output_size && q / D + 1 == j->outer / D &&
                j->model.dropout_last <= 0)
                bad_y += !same(v.h + i, y.p + (i / H * D + d) * H + i % H, 1);
        }
        CHECK(!bad && !bad_end && !bad_y,
              "view of layer %d, direction %d, cell %d: gates %d, final "
              "states %d, y %d", (int)(q / D), (int)(q % D), j->model.cell, bad,
              bad_end, bad_y);
        CHECK((v.c != NULL) == (j->model.cell == RNN_LSTM), "view's c");
    }
}

static void check_jobs(void)
{
    int cell, kind, bits;

    for (cell = 0; cell < RNN_CELLS; cell++)
        for (kind = 0; kind < 5; kind++) /* three inputs of a model, two */
            for (bits = 0; bits < 4; bits++) {
                how w;
                job j;
                results r;
                make_job(&j, cell, kind % 3, kind > 2, bits & 1, bits >> 1);
                memset(&w, 0, sizeof w);
                w.kernel = RNN_KERNEL_PORTABLE;
                run_job(&j, &w, &r);
                check_ways(&j, &r);
                check_infer(&j, &r);
                check_rows(&j, &r);
                check_chunks(&j, &r);
                check_stream(&j, &r);
                check_padding(&j, &r);
                check_one_hot(&j, &r);
                check_view(&j);
                test_free();
            }
}

/* ---- functions over vectors and rows ------------------------------------- */

/* One set of results of everything that is not a network, of n numbers or rows
 * x outputs; inputs are the same for the same seed. */
typedef struct vectors {
    int n, rows, outputs;
    rnn_real *x, *any, *w, *t, *grads, *params, *table;
    rnn_linear lin;
    rnn_seq seq;
    int *ids, *targets;
} vectors;

static void make_vectors(vectors *v)
{
    static const rnn_real edge[] = {
        0, (rnn_real)-0.0, 1, -1, (rnn_real)3e38, (rnn_real)-3e38,
        (rnn_real)88.8, (rnn_real)-87.4, (rnn_real)-104, (rnn_real)1e-30,
        (rnn_real)2e-38, (rnn_real)1e-40, (rnn_real)9.1, (rnn_real)0.999};
    const rnn_real zero = 0;
    const int edges = (int)(sizeof edge / sizeof *edge);
    int i;

    memset(v, 0, sizeof *v);
    v->n = 1 + test_below(test_below(3) ? 70 : 400);
    v->rows = 1 + test_below(9);
    v->outputs = some_size();
    v->any = test_reals((size_t)v->n, 20);
    for (i = 0; i < v->n; i++) {
        const int k = test_below(3 * edges);
        if (k < edges)
            v->any[i] = edge[k];
        else if (k < edges + 3)
            v->any[i] = (rnn_real)(k - edges - 1) / zero;
    }
    v->x = test_reals((size_t)(v->rows * v->outputs), 9);
    v->t = test_reals((size_t)(v->rows * v->outputs), 1);
    for (i = 0; i < v->rows * v->outputs; i++)
        v->t[i] *= v->t[i];
    v->w = test_reals((size_t)v->rows, 0);
    for (i = 0; i < v->rows; i++)
        v->w[i] = (rnn_real)test_below(3);
    v->w[0] = 1;
    v->targets = test_ids((size_t)v->rows, v->outputs);
    v->grads = test_reals((size_t)v->n, 3);
    v->params = test_reals((size_t)v->n, 1);
    v->lin.input_size = some_size();
    v->lin.output_size = v->outputs;
    v->lin.activation = test_below(4);
    v->lin.no_bias = test_below(2);
    v->seq.steps = 1 + test_below(3);
    v->seq.batch = v->rows;
    if (test_below(2))
        v->seq.lengths = test_ids((size_t)v->rows, v->seq.steps + 1);
    if (test_below(2))
        v->seq.x = test_reals((size_t)(v->seq.steps * v->rows *
                                       v->lin.input_size), 1);
    v->ids = test_ids((size_t)(v->seq.steps * v->rows), v->lin.input_size);
    v->seq.ids = v->ids;
    v->table = test_reals(RNN_LINEAR_PARAMS(v->lin.input_size, v->outputs, 1),
                          1);
}

/* Alias: outputs that may be inputs are. */
static void run_losses(const vectors *v, const how *w, results *r)
{
    const size_t rows = (size_t)v->rows, O = (size_t)v->outputs;
    int which, k;

    for (which = 0; which < 4; which++) {
        static const char *const names[4][3] = {
            {"softmax", "", ""}, {"xent", "xent d", "xent loss"},
            {"bce", "bce d", "bce loss"}, {"mse", "mse d", "mse loss"}};
        const int parts = w->parts > 1;
        rnn_real *x = input(w, v->x, rows * O);
        const rnn_real *t = input(w, v->t, rows * O);
        rnn_real *l = output(r, w, names[which][0], rows, 1, which ? 1 : O);
        rnn_real *d = which ? output(r, w, names[which][1], rows, 1, O) : l;
        rnn_real *loss = which ? output(r, w, names[which][2], 1, 1, 1) : NULL;
        rnn_real *one = parts ? NULL : loss;
        rnn_run run;

        if (w->alias) {
            memcpy(d, x, rows * O * sizeof *d);
            x = d;
        }
        memset(&run, 0, sizeof run);
        EACH_PART(k, &run, w, w->parts) {
            const rnn_status st =
                which == 0
                    ? rnn_softmax(x, rows, v->outputs, d, &run)
                : which == 1
                    ? rnn_cross_entropy(x, rows, v->outputs, v->targets, v->w,
                                        2, 0, l, d, one, &run)
                : which == 2
                    ? rnn_sigmoid_cross_entropy(x, rows, v->outputs, t, v->w,
                                                2, l, d, one, &run)
                    : rnn_squared_error(x, rows, v->outputs, t, v->w, 2, l, d,
                                        one, &run);
            MUST(st == RNN_OK, "loss %d: %s", which, rnn_status_text(st));
        }
        if (loss && parts)
            MUST_OK(rnn_mean(l, v->w, rows, 2, loss, NULL));
    }
}

static void run_training(const vectors *v, const how *w, results *r)
{
    static const char *const names[6] = {"sgd", "adagrad", "adadelta",
                                         "rmsprop", "adam", "adamw"};
    static const char *const moment_names[6] = {
        "sgd m", "adagrad m", "adadelta m", "rmsprop m", "adam m", "adamw m"};
    const size_t n = (size_t)v->n;
    const rnn_real *grads = input(w, v->grads, n);
    rnn_run run;
    int kind, k, step;

    memset(&run, 0, sizeof run);
    for (kind = 0; kind < RNN_OPTIMIZERS; kind++) {
        rnn_real *p = output(r, w, names[kind], 1, 1, n), *m;
        rnn_optimizer first, o;
        size_t count;
        MUST_OK(rnn_optimizer_init(&first, kind, (rnn_real)0.01));
        first.momentum = (rnn_real)0.9;
        first.weight_decay = (rnn_real)0.1;
        first.amsgrad = first.centered = v->n % 2;
        first.nesterov = v->rows % 2;
        MUST_OK(rnn_optimizer_moments(&first, &count));
        m = output(r, w, moment_names[kind], 1, 1, count * n);
        memcpy(p, v->params, n * sizeof *p);
        for (step = 0; step < 3; step++) {
            o = first;
            EACH_PART(k, &run, w, w->parts) {
                o = first;
                MUST_OK(rnn_optimizer_step(&o, p, grads, m, n, &run));
            }
            first = o;
        }
    }
    for (k = 0; k < 2; k++) { /* clipping by norms is for one thread */
        rnn_real *g = output(r, w, k ? "clip max" : "clip norm", 1, 1, n);
        rnn_real *norm = output(r, w, k ? "max" : "norm", 1, 1, 1);
        memcpy(g, v->grads, n * sizeof *g);
        memset(&run, 0, sizeof run);
        run.kernel = w->kernel;
        MUST_OK(k ? rnn_clip_grad_max(g, n, 1, norm, &run)
                  : rnn_clip_grad_norm(g, n, 1, norm, &run));
    }
}

static void run_blocks(const vectors *v, const how *w, results *r)
{
    const size_t rows = (size_t)v->seq.steps * (size_t)v->rows;
    const size_t O = (size_t)v->outputs, I = (size_t)v->lin.input_size;
    const size_t n = RNN_LINEAR_PARAMS(I, O, !v->lin.no_bias);
    const rnn_real *params = input(w, v->table, n);
    rnn_real *y = output(r, w, "linear", rows, 1, O);
    rnn_real *d = output(r, w, "linear dz", rows, 1, O);
    rnn_real *g = output(r, w, "linear grads", 1, 1, n);
    rnn_real *e = output(r, w, "table y", rows, 1, O);
    rnn_real *eg = output(r, w, "table grads", I, 1, O), *dx = NULL;
    rnn_seq seq = v->seq;
    rnn_run run;
    size_t i;
    int k;

    memset(&run, 0, sizeof run);
    memcpy(g, v->table, n * sizeof *g);
    memcpy(eg, v->table, I * O * sizeof *eg);
    seq.x = input(w, v->seq.x, rows * I);
    if (seq.x) {
        seq.ids = NULL;
        dx = output(r, w, "linear dx", rows, 1, I);
    }
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_linear_forward(&v->lin, params, &seq, y, &run));
    for (i = 0; i < rows * O; i++)
        d[i] = v->x[i % ((size_t)v->rows * O)];
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_linear_backward(&v->lin, params, &seq, y, d, dx, &run));
    EACH_PART(k, &run, w, w->columns)
        MUST_OK(rnn_linear_grads(&v->lin, &seq, d, g, &run));
    seq.ids = v->ids;
    EACH_PART(k, &run, w, w->parts)
        MUST_OK(rnn_embedding_forward(v->lin.input_size, v->outputs, params,
                                      &seq, e, &run));
    EACH_PART(k, &run, w, w->columns)
        MUST_OK(rnn_embedding_grads(v->lin.input_size, v->outputs, &seq, d,
                                    eg, &run));
}

static void run_maps(const vectors *v, const how *w, results *r)
{
    static const char *const names[] = {"identity", "tanh", "relu", "sigmoid",
                                        "exp", "log", "sqrt", "clamp"};
    const size_t n = (size_t)v->n;
    rnn_run run;
    int f, k;

    memset(&run, 0, sizeof run);
    for (f = RNN_IDENTITY; f <= RNN_FN_SQRT + 1; f++) {
        const rnn_real *x = input(w, v->any, n);
        rnn_real *y = output(r, w, names[f], 1, 1, n);
        if (w->alias || f > RNN_FN_SQRT) {
            memcpy(y, x, n * sizeof *y);
            x = y;
        }
        EACH_PART(k, &run, w, w->parts) {
            if (f > RNN_FN_SQRT)
                MUST_OK(rnn_clip_grad_value(y, n, 2, &run));
            else
                MUST_OK(rnn_map(f, n, x, y, &run));
        }
    }
}

static void run_vectors(const vectors *v, const how *w, results *sets)
{
    memset(sets, 0, 4 * sizeof *sets);
    run_maps(v, w, &sets[0]);
    run_losses(v, w, &sets[1]);
    run_training(v, w, &sets[2]);
    run_blocks(v, w, &sets[3]);
}

static void check_vectors(void)
{
    static const int parts[] = {0, 2, 3, 5, 7, 40};
    int round, k, i;
    job none;

    memset(&none, 0, sizeof none);
    for (round = 0; round < 300; round++) {
        results a[4], b[4];
        vectors v;
        how w;
        memset(&w, 0, sizeof w);
        make_vectors(&v);
        w.kernel = RNN_KERNEL_PORTABLE;
        run_vectors(&v, &w, a);
        for (k = 0; k < kernel_count + 6; k++) {
            w.kernel = k < kernel_count ? kernels[k]
                                        : kernels[test_below(kernel_count)];
            w.parts = k < kernel_count ? 0 : parts[k - kernel_count];
            w.columns = parts[test_below(6)];
            w.shift = test_below(2);
            w.alias = test_below(2);
            w.guarded = test_below(2);
            run_vectors(&v, &w, b);
            for (i = 0; i < 4; i++)
                check_same(&none, &a[i], &b[i], NULL, "vectors");
        }
        test_free();
    }
}

int main(int argc, char **argv)
{
    int k;

    test_seed(argc, argv);
    for (k = 0; k < RNN_KERNELS; k++) {
        rnn_real one = 1;
        rnn_run run = {0, 0, 0, NULL, NULL};
        rnn_status st;
        run.kernel = k;
        st = rnn_map(RNN_FN_EXP, 1, &one, &one, &run);
        CHECK(st == RNN_OK || (st == RNN_E_UNSUPPORTED &&
                               k > RNN_KERNEL_PORTABLE), "kernel %d", k);
        if (st == RNN_OK)
            kernels[kernel_count++] = k;
    }
    printf("%d kernels\n", kernel_count);
    check_jobs();
    check_vectors();
    test_unused();
    return test_end();
}
