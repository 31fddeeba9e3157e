/* Properties of stacks and of models of every wiring, bit for bit: what is
 * computed does not depend on kernels, threads, batch, chunks, streaming,
 * alignment, aliasing, the length of work, what lies in padding or what lay in
 * the outputs before. The same of functions over vectors and rows. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "job_make.h"

/* Without masks and tokens of its own, forward computes what infer does. */
static int exact(const job *j)
{
    return j->model.dropout <= 0 && j->model.dropout_last <= 0 &&
           j->seq[0].own_rate <= 0;
}

/* ---- one step at a time -------------------------------------------------- */

/* Rows of step t, with a token of its own where a row has ended. */
static void step_input(const job *j, size_t t, rnn_real *x, int *ids)
{
    const rnn_seq *s = &j->seq[0];
    const size_t I = j->I[0];
    size_t b, i;

    for (b = 0; b < j->B; b++) {
        const int valid = t < length_of(s, b);
        for (i = 0; s->x && i < I; i++)
            x[b * I + i] = valid ? s->x[(t * j->B + b) * I + i] : 0;
        if (s->ids)
            ids[b] = valid ? s->ids[t * j->B + b] : 0;
    }
}

/* Rows of h at their ends. */
static void keep_states(const job *j, size_t steps, const rnn_real *h,
                        rnn_real *hn)
{
    const size_t H = j->H[0];
    size_t b, l;

    for (b = 0; b < j->B && h; b++)
        for (l = 0; l < j->L[0] && length_of(&j->seq[0], b) == steps; l++)
            memcpy(hn + (l * j->B + b) * H, h + (l * j->B + b) * H,
                   H * sizeof *h);
}

/* Rows of width n at step t, `end` where they have ended; of N vs 1 those that
 * end here. */
static void keep_step(const job *j, size_t t, size_t n, const rnn_real *now,
                      const rnn_real *end, rnn_real *all)
{
    const int one = j->model.wiring == RNN_WIRING_N_TO_1;
    size_t b;

    for (b = 0; b < j->B; b++, now += n) {
        const size_t len = length_of(&j->seq[0], b);
        if (!one)
            memcpy(all + (t * j->B + b) * n, t < len ? now : end,
                   n * sizeof *all);
        else if (t + 1 == len)
            memcpy(all + b * n, now, n * sizeof *all);
    }
}

/* All steps, one by one, as results of inference; where it is exact, weights of
 * attention as those of training. */
static void run_steps(const job *j, const how *w, results *r)
{
    const rnn_real *end =
        j->alone ? zeros(j->O) : j->params + j->sizes.params - j->O;
    rnn_real *y, *hn, *cn = NULL, *x, *attn[3] = {NULL, NULL, NULL};
    int *ids = test_ids(j->B, 1), i;
    size_t t, S[3], weights = 0;
    stream s;
    turn p;

    memset(r, 0, sizeof *r);
    open_stream(j, w, r, &s);
    y = open_y(j, w, r);
    hn = output(r, w, "hn", ONCE, j->L[0], j->B, j->H[0]);
    if (j->lstm)
        cn = output(r, w, "cn", ONCE, j->L[0], j->B, j->H[0]);
    p = open_turn(j, &s, work_of(r, w, j->B * j->O));
    r->phase = "";
    for (i = 1; i <= j->sources && j->model.attention && exact(j); i++) {
        S[i] = (size_t)j->seq[i].steps;
        attn[i] = output(r, w, of("attention", i), TARGET, j->T, j->B, S[i]);
        weights += j->B * S[i];
    }
    p.attn = weights ? work_of(r, w, weights) : NULL;
    x = zeros(j->B * j->I[0] + (size_t)w->shift) + w->shift;
    p.x = j->seq[0].x ? x : NULL;
    p.ids = j->seq[0].ids ? ids : NULL;
    keep_states(j, 0, s.h, hn);
    keep_states(j, 0, s.c, cn);
    for (t = 0; t < j->T; t++) {
        const rnn_real *from = p.attn;
        step_input(j, t, x, ids);
        p.t = (int)t;
        MUST_OK(call_step(&s, &p));
        keep_step(j, t, j->O, p.y, end, y);
        for (i = 1; i < 3 && attn[i]; from += j->B * S[i++])
            keep_step(j, t, S[i], from, zeros(S[i]), attn[i]);
        keep_states(j, t + 1, s.h, hn);
        keep_states(j, t + 1, s.c, cn);
    }
}

static void check_stream(const job *j, const results *r)
{
    const rnn_real *whole = numbers(r, "infer y");
    results s;
    size_t b;
    how w;
    int k;

    if (j->both)
        return;
    for (k = 0; k <= kernel_count; k++) {
        w = some_how();
        w.kernel = k < kernel_count ? kernels[k] : (int)RNN_KERNEL_AUTO;
        w.parts = k < kernel_count && test_below(3) ? 0 : 1 + test_below(4);
        run_steps(j, &w, &s);
        for (b = 0; b < j->B && j->model.wiring == RNN_WIRING_N_TO_1; b++)
            if (length_of(&j->seq[0], b) == 0) /* there is no step */
                memcpy(numbers(&s, "infer y") + b * j->O, whole + b * j->O,
                       j->O * sizeof *whole);
        check_same(j, r, &s, "one step at a time");
    }
}

/* ---- weights in half the bytes ------------------------------------------- */

/* The nearest number of eight bits, of two the even one. */
static rnn_real rounded(rnn_real x)
{
    int e;
    const double m = frexp((double)x, &e);

    return (rnn_real)ldexp(rint(ldexp(m, 8)), e - 8);
}

/* A job of the same with the weights of its stacks rounded. */
static void round_weights(const job *j, job *k)
{
    rnn_real *params =
        (rnn_real *)copy(j->params, j->sizes.params * sizeof *params);
    rnn_tensor t;
    size_t n;
    int i;

    *k = *j;
    k->params = params;
    for (i = 0; rnn_model_tensor(&j->model, i, &t, NULL) == RNN_OK; i++)
        for (n = 0; n < t.size && t.cols && strstr(t.name, "weight_"); n++)
            params[t.offset + n] = rounded(params[t.offset + n]);
}

/* Halves are read as the numbers that they are: the bits of weights that have
 * been rounded before, whatever the kernel, whole and step by step. Rows that
 * a one-hot input picks are not copied, so there they are rounded for both. */
static void check_halves(const job *j)
{
    const int picks = j->model.input == RNN_INPUT_ONE_HOT ||
                      j->model.target == RNN_INPUT_ONE_HOT;
    results r, s;
    job k;
    how w;
    int i;

    round_weights(j, &k);
    memset(&r, 0, sizeof r);
    run_infer(&k, &plain, &r);
    for (i = 0; i < kernel_count; i++) {
        w = some_how();
        w.kernel = kernels[i];
        w.tight = 0;
        w.half = 1;
        memset(&s, 0, sizeof s);
        run_infer(picks ? &k : j, &w, &s);
        check_same(j, &r, &s, "halves");
        if (j->both || j->model.wiring == RNN_WIRING_N_TO_1)
            continue;
        run_steps(picks ? &k : j, &w, &s);
        check_same(j, &r, &s, "halves, one step at a time");
    }
}

/* ---- properties of a job ------------------------------------------------- */

static int n_to_n(const job *j)
{
    return j->model.wiring == RNN_WIRING_N_TO_N;
}

/* Of other wirings there are many jobs: a third of their runs infer, too. */
static void run_again(const job *j, const how *w, results *r)
{
    run_train(j, w, r);
    if (n_to_n(j) || test_below(3) == 0)
        run_infer(j, w, r);
}

static void check_ways(const job *j, const results *r)
{
    static const int parts[] = {1, 2, 3, 5, 7, 40};
    results s;
    how w;
    int k;

    for (k = 0; k < kernel_count; k++) {
        w = plain;
        w.kernel = kernels[k];
        if (n_to_n(j)) {
            run_again(j, &w, &s);
            check_same(j, r, &s, "kernel");
        }
        w.guarded = 1;
        w.shift = n_to_n(j) || test_below(2);
        w.fill = test_below(2) ? rubbish : not_a_number();
        run_again(j, &w, &s);
        check_same(j, r, &s, "kernel, unaligned");
    }
    w = plain;
    w.tight = w.guarded = 1;
    w.fill = not_a_number();
    run_again(j, &w, &s);
    check_same(j, r, &s, "tight work");
    if (n_to_n(j)) {
        w.tight = test_below(2);
        w.alias = 1;
        run_again(j, &w, &s);
        check_same(j, r, &s, "aliased states");
    }
    for (k = n_to_n(j) ? 0 : 1; k < 6; k++) {
        w = some_how();
        w.parts = parts[k];
        w.tight = k & 1;
        run_again(j, &w, &s);
        check_same(j, r, &s, "parts");
    }
    w = plain;
    w.more = 1 + test_below(3);
    w.guarded = 1;
    run_again(j, &w, &s);
    check_same(j, r, &s, "a plan for more");
}

/* The same again, and a third time in the second's work. */
static void check_twice(const job *j, const results *r)
{
    results s, t;
    how w = plain;

    run_again(j, &w, &s);
    check_same(j, r, &s, "again");
    w.work = &s.work;
    run_again(j, &w, &t);
    check_same(j, &s, &t, "twice in one work");
}

static void check_infer(const job *j, const results *r)
{
    char name[sizeof r->a[0].name];
    int i;

    for (i = 0; i < r->count && exact(j); i++) {
        const array *a = &r->a[i], *b;
        sprintf(name, "infer %.16s", a->name);
        b = find(r, name);
        if (b && strcmp(a->name, "work") != 0)
            CHECK(same(a->p, b->p, array_size(a)),
                  "forward is not infer: %s; %s", a->name, describe(j));
    }
}

/* Every row alone, only as far as it is valid, and in two other orders. */
static void check_rows(const job *j, const results *r)
{
    const int B = (int)j->B;
    int *index = test_ids(j->B, 1), b, i, k, n, least[3], padded;
    results s, t;
    how w = plain;
    job one;

    for (b = 0; b < B; b++) {
        take_rows(j, &one, &b, 1, NULL);
        run_again(&one, &w, &s);
        take_results(j, r, &t, &b, 1, NULL);
        check_same(&one, &t, &s, "row alone");
        for (i = padded = 0; i <= j->sources; i++) {
            least[i] = (int)length_of(&j->seq[i], (size_t)b);
            if (least[i] == 0)
                least[i] = 1;
            padded |= least[i] < j->seq[i].steps;
        }
        if (!padded)
            continue;
        take_rows(j, &one, &b, 1, least);
        run_again(&one, &w, &s);
        take_results(j, r, &t, &b, 1, least);
        check_same(&one, &t, &s, "row without its padding");
    }
    n = 1 + test_below(B); /* neighbours, from any row on */
    k = test_below(B - n + 1);
    for (b = 0; b < n; b++)
        index[b] = k + b;
    take_rows(j, &one, index, (size_t)n, NULL);
    run_again(&one, &w, &s);
    take_results(j, r, &t, index, (size_t)n, NULL);
    check_same(&one, &t, &s, "some rows");
    /* masks and choices of tokens stay with the place of a row */
    if (j->model.dropout > 0 || j->model.dropout_last > 0 ||
        j->seq[0].own_rate > 0)
        return;
    for (b = 0; b < B; b++)
        index[b] = B - 1 - b;
    for (b = B - 1; b > 0; b--) {
        k = test_below(b + 1);
        n = index[b];
        index[b] = index[k];
        index[k] = n;
    }
    take_rows(j, &one, index, j->B, NULL);
    run_again(&one, &w, &s);
    take_results(j, r, &t, index, j->B, NULL);
    check_same(&one, &t, &s, "rows in another order");
}

/* Steps first .. end - 1 of a job without sources. */
static void take_steps(const job *j, job *k, int first, int end)
{
    const size_t at = (size_t)first * j->B;
    const rnn_seq *from = &j->seq[0];
    rnn_seq *s = &k->seq[0];
    int *lengths = test_ids(j->B, 1), i;

    *k = *j;
    s->steps = end - first;
    s->first_step += (uint32_t)first;
    s->x = from->x ? from->x + at * j->I[0] : NULL;
    s->ids = from->ids ? from->ids + at : NULL;
    for (i = 0; i < (int)j->B && from->lengths; i++) {
        const int n = from->lengths[i] - first;
        lengths[i] = n < 0 ? 0 : n < s->steps ? n : s->steps;
    }
    s->lengths = from->lengths ? lengths : NULL;
    k->up = j->up + at * j->O;
    k->targets = j->targets ? j->targets + at : NULL;
    k->weights = j->weights ? j->weights + at : NULL;
    finish_job(k);
}

/* Two chunks with carried states: everything that has steps is that of the
 * whole; states too; and, as gradients flow back from the second into the
 * first, so are all gradients. */
static void check_chunks(const job *j, const results *r)
{
    results s[2];
    rnn_seq seq[2][3];
    const rnn_real *d[2];
    job half[2];
    how w = plain;
    int cut, i, k;

    if (!n_to_n(j) || j->model.bidirectional || j->T < 2)
        return;
    cut = 1 + test_below((int)j->T - 1);
    take_steps(j, &half[0], 0, cut);
    take_steps(j, &half[1], cut, (int)j->T);
    w.alias = test_below(2);
    d[0] = run_forward(&half[0], &w, &s[0], seq[0]);
    half[1].seq[0].h0 = numbers(&s[0], "hn");
    half[1].seq[0].c0 = numbers(&s[0], "cn");
    d[1] = run_forward(&half[1], &w, &s[1], seq[1]);
    run_backward(&half[1], &w, &s[1], seq[1], d[1], j->before);
    half[0].flow[0].dhn = numbers(&s[1], "dh0");
    half[0].flow[0].dcn = numbers(&s[1], "dc0");
    run_backward(&half[0], &w, &s[0], seq[0], d[0], numbers(&s[1], "grads"));
    run_infer(&half[0], &w, &s[0]); /* its own states, without dropout */
    half[1].seq[0].h0 = numbers(&s[0], "infer hn");
    half[1].seq[0].c0 = numbers(&s[0], "infer cn");
    run_infer(&half[1], &w, &s[1]);
    for (i = 0; i < r->count; i++) {
        const array *a = &r->a[i], *b;
        /* gradients of states and grads come out of the first chunk */
        const int from = a->along == TARGET || a->name[0] == 'd' ||
                                 strcmp(a->name, "grads") == 0
                             ? 0
                             : 1;
        const int to = a->along == TARGET ? 1 : from;
        if (strstr(a->name, "work") || strcmp(a->name, "loss") == 0)
            continue;
        for (k = from; k <= to; k++) {
            b = find(&s[k], a->name);
            MUST(b != NULL, "no %s", a->name);
            CHECK(b && same(b->p,
                            a->p + (a->along == TARGET && k
                                        ? (size_t)cut * a->rows * a->width
                                        : 0),
                            array_size(b)),
                  "chunk %d of two, cut at %d: %s; %s", k, cut, a->name,
                  describe(j));
        }
    }
}

/* Rows of a result that have ended are `want`, or 0. */
static void check_ended(const job *j, const results *r, const char *name,
                        const rnn_real *want)
{
    const array *a = find(r, name);
    const rnn_seq *s = a ? &j->seq[a->along - TARGET] : NULL;
    size_t i;

    if (!want && a)
        want = zeros(a->width);
    for (i = 0; a && i < a->outer * j->B; i++)
        if (i / j->B >= length_of(s, i % j->B))
            CHECK(same(a->p + i * a->width, want, a->width),
                  "%s on padding; %s", name, describe(j));
}

/* Of a stack alone: the forward direction of the last layer. */
static void check_last_valid(const job *j, const array *y, const rnn_real *hn)
{
    const size_t H = j->H[0], l = j->L[0] - (j->both ? 2 : 1);
    const rnn_real *h0 = j->seq[0].h0, *want;
    size_t b, n;

    for (b = 0; b < j->B; b++) {
        n = length_of(&j->seq[0], b);
        want = n    ? y->p + ((n - 1) * j->B + b) * y->width
               : h0 ? h0 + (l * j->B + b) * H
                    : zeros(H);
        CHECK(same(hn + (l * j->B + b) * H, want, H),
              "hn is not the last valid state; %s", describe(j));
    }
}

/* Rubbish in padding, and where the weight of a loss is 0, is not read; the
 * outputs there are what the header says. */
static void check_padding(const job *j, const results *r)
{
    static const char *const names[] = {
        "dx", "dx 1", "dx 2", "attention 1", "attention 2", "context 1",
        "context 2", "memory 1", "memory 2"};
    const rnn_real *end = j->alone ? NULL : j->params + j->sizes.params - j->O;
    how w = plain;
    results s;
    size_t i;

    w.guarded = w.dirty = 1;
    w.parts = test_below(4);
    run_job(j, &w, &s);
    check_same(j, r, &s, "rubbish in padding");
    for (i = 0; i < sizeof names / sizeof *names; i++)
        check_ended(j, r, names[i], NULL);
    if (j->model.wiring == RNN_WIRING_N_TO_1)
        return;
    check_ended(j, r, "y", end);
    check_ended(j, r, "infer y", end);
    if (!j->alone)
        return;
    check_last_valid(j, find(r, "infer y"), numbers(r, "infer hn"));
    if (j->model.dropout_last <= 0)
        check_last_valid(j, find(r, "y"), numbers(r, "hn"));
}

/* Rows of x or tokens from time-major to batch-first, or back. */
static rnn_real *turned(const rnn_real *x, size_t T, size_t B, size_t width,
                        int back)
{
    rnn_real *to = zeros(T * B * width);
    size_t t, b;

    for (t = 0; t < T; t++)
        for (b = 0; b < B; b++) {
            const size_t major = (t * B + b) * width;
            const size_t first = (b * T + t) * width;
            memcpy(to + (back ? major : first), x + (back ? first : major),
                   width * sizeof *to);
        }
    return to;
}

/* Batch-first sequences are the same. */
static void check_batch_first(const job *j, const results *r)
{
    job laid = *j;
    results s;
    int i;

    for (i = 0; i <= j->sources; i++) {
        rnn_seq *q = &laid.seq[i];
        const size_t T = (size_t)q->steps;
        q->step_stride = 1;
        q->row_stride = T;
        if (q->x)
            q->x = turned(q->x, T, j->B, j->I[i], 0);
        if (q->ids) {
            int *ids = test_ids(T * j->B, 1);
            size_t k;
            for (k = 0; k < T * j->B; k++)
                ids[k % j->B * T + k / j->B] = q->ids[k];
            q->ids = ids;
        }
    }
    run_job(&laid, &plain, &s);
    for (i = 0; i <= j->sources; i++) {
        rnn_real *dx = numbers(&s, of("dx", i));
        const size_t T = (size_t)j->seq[i].steps, n = T * j->B * j->I[i];
        if (dx)
            memcpy(dx, turned(dx, T, j->B, j->I[i], 1), n * sizeof *dx);
    }
    check_same(j, r, &s, "batch-first");
}

/* One-hot tokens are rows of zeros and a one. */
static void check_one_hot(const job *j, const results *r)
{
    job dense = *j;
    rnn_input *target = j->decoder ? &dense.model.target : &dense.model.input;
    const rnn_input kinds[3] = {*target, dense.model.input, dense.model.input};
    results s;
    size_t k, n;
    int i, found = 0;

    for (i = 0; i <= j->sources; i++) {
        rnn_seq *q = &dense.seq[i];
        rnn_real *x;
        if (kinds[i] != RNN_INPUT_ONE_HOT || !q->ids)
            continue;
        found = 1;
        n = (size_t)q->steps * j->B;
        q->x = x = zeros(n * j->I[i]);
        for (k = 0; k < n; k++)
            x[k * j->I[i] + (size_t)q->ids[k]] = 1;
        q->ids = NULL;
        *(i ? &dense.model.input : target) = RNN_INPUT_DENSE;
    }
    if (!found || j->seq[0].own_rate > 0)
        return;
    finish_job(&dense);
    run_job(&dense, &plain, &s);
    check_same(j, r, &s, "one-hot is dense");
}

/* The views into a stack: states are those that come out, and gates those that
 * make the states, for every layer and direction. y may be NULL. */
static void check_stack_view(const job *j, results *r, const rnn_seq *all,
                             int which, const rnn_real *y)
{
    const rnn_real *hn = numbers(r, of("hn", which)), *cn;
    const rnn_seq *seq = all + which;
    const int cell = (int)j->model.cell;
    const size_t D = (which ? j->model.bidirectional : j->both) ? 2 : 1;
    const size_t H = j->H[which], B = j->B, n = B * H, top = j->L[which];
    const size_t K = RNN_KEPT(cell);
    rnn_real *squashed = zeros((size_t)seq->steps * n);
    rnn_layer_view v;
    size_t q, t, b, i;

    cn = numbers(r, of("cn", which));
    for (q = 0; q < top; q++) {
        const size_t d = q % D;
        int bad = 0, bad_end = 0, bad_y = 0;
        MUST_OK(rnn_view_layer(&r->net, &r->work, all, which, (int)(q / D),
                               (int)d, &v));
        if (v.c)
            MUST_OK(rnn_map(RNN_FN_TANH, (size_t)seq->steps * n, v.c, squashed,
                            NULL));
        for (i = 0; i < (size_t)seq->steps * n; i++) {
            const rnn_real *g = v.gates + i / H * K * H + i % H, *before;
            rnn_real h = g[0], one, h_prev = 0;
            size_t last;
            t = i / n;
            b = i / H % B;
            if (t >= length_of(seq, b))
                continue;
            last = d ? 0 : length_of(seq, b) - 1;
            if (d ? t + 1 < length_of(seq, b) : t > 0)
                before = v.h + (d ? i + n : i - n);
            else
                before = seq->h0 ? seq->h0 + q * n + i % n : NULL;
            if (before)
                h_prev = *before;
            if (RNN_HAS_C(cell)) {
                h = g[3 * H] * squashed[i];
                if (t == last)
                    bad_end += !same(v.c + i, cn + q * n + i % n, 1);
            } else if (cell >= RNN_CELL_GRU) {
                h = g[3 * H] + g[H] * (h_prev - g[3 * H]);
                one = cell == RNN_CELL_GRU ? g[2 * H] : g[0] * h_prev;
                bad += !(fabs((double)(g[2 * H] - one)) < 1e-5);
            }
            bad += !(fabs((double)(h - v.h[i])) < 1e-5);
            if (t == last)
                bad_end += !same(v.h + i, hn + q * n + i % n, 1);
            if (y && q / D + 1 == top / D)
                bad_y += !same(v.h + i, y + (i / H * D + d) * H + i % H, 1);
        }
        CHECK(!bad && !bad_end && !bad_y,
              "view of layer %d, direction %d: "
              "gates %d, final states %d, y %d; %s",
              (int)(q / D), (int)d, bad, bad_end, bad_y, describe(j));
        CHECK((v.c != NULL) == (RNN_HAS_C(cell) != 0), "view's c");
    }
}

/* Of all stacks of a job. */
static void check_view(const job *j)
{
    rnn_seq seq[3], shown[3];
    rnn_view v;
    results r;
    int i;

    run_forward(j, &plain, &r, seq);
    MUST_OK(rnn_view_model(&r.net, &r.work, seq, &v));
    memcpy(shown, seq, sizeof shown);
    if (j->decoder)
        shown[0].h0 = v.h0;
    shown[0].source = shown + 1;
    check_stack_view(j, &r, shown, 0,
                     j->alone && j->model.dropout_last <= 0 ? numbers(&r, "y")
                                                            : NULL);
    for (i = 1; i <= j->sources && !j->given; i++)
        check_stack_view(j, &r, shown, i, numbers(&r, of("memory", i)));
}

/* Between forward and backward the same work infers, another job's sequences
 * go through it too, and a decoder encodes and steps: gradients stay the same.
 */
static void check_between(const job *j, const results *r)
{
    const rnn_real *d;
    rnn_seq seq[3], other[3];
    rnn_real *h = zeros(j->sizes.state), *c = zeros(j->sizes.state);
    results s, t;
    rnn_row row;
    how w = plain;

    w.more = test_below(2);
    d = run_forward(j, &w, &s, seq);
    d = (rnn_real *)copy(d, j->Y * j->B * j->O * sizeof *d);
    memset(&t, 0, sizeof t);
    open_seqs(j, &w, &t, 0, other);
    MUST_OK(rnn_pack(&s.net, &s.work));
    MUST_OK(rnn_infer(&s.net, &s.work, other));
    memset(&row, 0, sizeof row);
    row.rows = (int)j->B;
    row.x = j->seq[0].x;
    row.ids = j->seq[0].ids;
    say_row(&row, h, c);
    if (j->decoder)
        MUST_OK(rnn_encode(&s.net, &s.work, for_encode(j, other + 1), h, c));
    if (!j->both)
        MUST_OK(rnn_step(&s.net, &s.work, &row, h, c));
    run_backward(j, &w, &s, seq, d, j->before);
    check_same(j, r, &s, "with uses in between");
    CHECK(rnn_backward(&s.net, &s.work, seq, NULL) == RNN_E_ORDER, "twice; %s",
          describe(j));
}

/* Gradients that are overwritten are those that are added to zeros. */
static void check_overwritten(const job *j)
{
    const rnn_real *none = zeros(j->sizes.params), *d;
    rnn_seq seq[3];
    results r, s;
    how w = plain;

    d = run_forward(j, &w, &r, seq);
    run_backward(j, &w, &r, seq, d, none);
    w.fill = not_a_number();
    w.parts = test_below(4);
    d = run_forward(j, &w, &s, seq);
    run_backward(j, &w, &s, seq, d, NULL);
    check_same(j, &r, &s, "overwritten");
}

/* Tokens of the first step, of rows without steps too. */
static const int *first_tokens(const job *j)
{
    int *ids = (int *)copy(j->seq[0].ids, j->B * sizeof *ids);
    size_t b;

    for (b = 0; ids && b < j->B; b++)
        if (length_of(&j->seq[0], b) == 0)
            ids[b] = 0;
    return ids;
}

/* Rows that start afresh are rows whose states are zeros; no gradient flows
 * into what they did not read. A decoder's dh0 is that of where it starts. */
static void check_fresh(const job *j)
{
    unsigned char *fresh = (unsigned char *)test_memory(j->B);
    job zero = *j, other = *j;
    results r, s;
    stream a, b;
    turn p, q;
    size_t k, l, row;
    int i;

    for (k = 0; k < j->B; k++)
        fresh[k] = (unsigned char)test_below(2);
    for (i = 0; i <= j->sources; i++) {
        const rnn_real **state[2];
        const size_t n = j->L[i] * j->B * j->H[i];
        state[0] = &zero.seq[i].h0;
        state[1] = &zero.seq[i].c0;
        for (k = 0; k < 2; k++) {
            rnn_real *to = (rnn_real *)copy(*state[k], n * sizeof *to);
            for (row = 0; to && row < j->L[i] * j->B; row++)
                for (l = 0; fresh[row % j->B] && l < j->H[i]; l++)
                    to[row * j->H[i] + l] = 0;
            *state[k] = to;
        }
        other.seq[i].fresh = fresh;
    }
    run_job(&zero, &plain, &r);
    for (i = 0; i <= j->sources; i++)
        for (k = 0; k < 2 && (i || !j->decoder); k++) {
            rnn_real *d = numbers(&r, of(k ? "dc0" : "dh0", i));
            for (row = 0; d && row < j->L[i] * j->B; row++)
                for (l = 0; fresh[row % j->B] && l < j->H[i]; l++)
                    d[row * j->H[i] + l] = 0;
        }
    run_job(&other, &plain, &s);
    check_same(j, &r, &s, "fresh rows");
    if (j->both)
        return;
    memset(&s, 0, sizeof s);
    open_stream(j, &plain, &s, &a);
    open_stream(j, &plain, &s, &b);
    p = open_turn(j, &a, zeros(j->B * j->O));
    q = open_turn(j, &b, zeros(j->B * j->O));
    p.x = q.x = j->seq[0].x;
    p.ids = q.ids = first_tokens(j);
    q.fresh = fresh;
    for (row = 0; row < j->L[0] * j->B; row++)
        for (l = 0; fresh[row % j->B] && l < j->H[0]; l++) {
            p.h[row * j->H[0] + l] = 0;
            if (p.c)
                p.c[row * j->H[0] + l] = 0;
        }
    MUST_OK(call_step(&a, &p));
    MUST_OK(call_step(&b, &q));
    l = j->L[0] * j->B * j->H[0];
    CHECK(same(p.y, q.y, j->B * j->O) && same(p.h, q.h, l) &&
              (!p.c || same(p.c, q.c, l)),
          "a step of fresh rows; %s", describe(j));
}

/* An array that is one number too short is not bound; one of scratch is found
 * by a call. */
static void check_least(const job *j)
{
    results r;
    rnn_seq seq[3];
    rnn_work w;
    size_t *len[5];
    int i;

    run_forward(j, &plain, &r, seq);
    w = r.work;
    len[0] = &w.weights_len;
    len[1] = &w.packed_len;
    len[2] = &w.logits_len;
    len[3] = &w.keep_len;
    len[4] = &w.grads_len;
    for (i = 0; i < 5; i++) {
        --*len[i];
        short_by_one(j, rnn_bind(&r.net, &w, NULL, 0), "an array");
        ++*len[i];
    }
    w.scratch_len = 0;
    MUST_OK(rnn_bind(&r.net, &w, NULL, 0));
    if (!j->decoder)
        short_by_one(j, rnn_infer(&r.net, &w, seq), "scratch");
}

/* N vs 1: the head of the last valid state, [forward's last; reverse's
 * first]. */
static void check_last(const job *j, const results *r)
{
    const size_t D = j->both ? 2 : 1, H = j->H[0];
    const rnn_real *hn = numbers(r, "hn") + (j->L[0] - D) * j->B * H, *y;
    rnn_real *h = zeros(j->B * D * H);
    rnn_seq flat;
    size_t b, d;

    if (j->model.wiring != RNN_WIRING_N_TO_1 || !exact(j))
        return;
    for (b = 0; b < j->B; b++)
        for (d = 0; d < D; d++)
            memcpy(h + (b * D + d) * H, hn + (d * j->B + b) * H, H * sizeof *h);
    memset(&flat, 0, sizeof flat);
    flat.steps = 1;
    flat.batch = (int)j->B;
    flat.x = h;
    y = linear_of(j->params + offset_of(j, "out.weight"), D * H, j->O,
                  RNN_FN_IDENTITY, &flat);
    CHECK(same(numbers(r, "y"), y, j->B * j->O), "head of the last state; %s",
          describe(j));
}

/* How often each value of a field was met. */
static int met[13][6];

static void count_fields(const job *j)
{
    const rnn_model *m = &j->model;
    const int field[13] = {(int)m->wiring,
                           (int)m->cell,
                           (int)m->input,
                           m->num_layers,
                           m->bidirectional,
                           j->decoder && m->target_size ? (int)m->target : 3,
                           (int)m->context,
                           (int)m->feed,
                           (int)m->hand_over,
                           (int)m->attention,
                           m->num_sources,
                           m->head_context,
                           j->loss};
    int i;

    for (i = 0; i < 13; i++)
        met[i][field[i]]++;
}

static void check_met(void)
{
    static const int first[13] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const int end[13] = {
        RNN_WIRINGS, RNN_CELLS, RNN_INPUTS, 4, 2, RNN_INPUTS + 1, RNN_CONTEXTS,
        6, 4, RNN_SCORES, 3, 2, 2};
    int i, k;

    for (i = 0; i < 13; i++)
        for (k = first[i]; k < end[i]; k++)
            CHECK(met[i][k] > 0, "field %d is never %d", i, k);
}

static void check_job(const job *j)
{
    results r;

    run_job(j, &plain, &r);
    check_ways(j, &r);
    check_twice(j, &r);
    check_infer(j, &r);
    check_rows(j, &r);
    check_chunks(j, &r);
    check_stream(j, &r);
    check_halves(j);
    check_padding(j, &r);
    check_one_hot(j, &r);
    check_batch_first(j, &r);
    check_view(j);
    check_between(j, &r);
    check_overwritten(j);
    check_fresh(j);
    check_least(j);
    check_last(j, &r);
    test_free();
}

static void check_jobs(void)
{
    int i, cell, kind, bits;
    job j;

    for (cell = 0; cell < RNN_CELLS; cell++)
        for (kind = 0; kind < 5; kind++) /* three inputs of a model, two */
            for (bits = 0; bits < 4; bits++) {
                wish o = free_wish;
                o.wiring = RNN_WIRING_N_TO_N;
                o.large = o.loss = 1;
                o.cell = cell;
                o.input = kind % RNN_INPUTS;
                o.alone = kind >= RNN_INPUTS;
                o.lengths = bits & 1;
                o.dropout = bits >> 1;
                make_job(&j, &o);
                count_fields(&j);
                check_job(&j);
            }
    for (i = 0; i < 900; i++) {
        wish o = free_wish;
        o.wiring = RNN_WIRING_N_TO_1 + i % 4 % 3;
        o.cell = i / 4 % RNN_CELLS;
        o.attention = i / (4 * RNN_CELLS) % RNN_SCORES;
        o.context = i / (4 * RNN_CELLS * RNN_SCORES) % RNN_CONTEXTS;
        o.dropout = test_below(3) == 0;
        o.large = test_below(64) == 0;
        make_job(&j, &o);
        count_fields(&j);
        check_job(&j);
    }
    check_met();
    for (i = 0; i < 160; i++) { /* tokens of its own */
        make_own_job(&j, i);
        check_job(&j);
    }
}

/* One row of so many units that several parts have strips of every gate, the
 * last of which is narrow; kind 3 is a decoder whose input is a token and c. */
static void check_one_row(int cell, int kind)
{
    rnn_model *m;
    results r, s;
    how w;
    job j;
    int i;

    memset(&j, 0, sizeof j);
    m = &j.model;
    m->cell = (rnn_cell)cell;
    m->input = kind < 3 ? (rnn_input)kind : RNN_INPUT_DENSE;
    m->input_size = 5;
    m->embedding_size = m->input == RNN_INPUT_EMBEDDING ? 4 : 0;
    m->hidden_size = 130;
    m->num_layers = 2;
    m->output_size = 70;
    if (kind == 3) {
        m->wiring = RNN_WIRING_N_TO_M;
        m->target = RNN_INPUT_ONE_HOT;
        m->target_size = 70;
        m->feed = RNN_FEED_EACH;
    }
    for (i = 0; i < 2; i++) {
        j.seq[i].steps = 3;
        j.seq[i].batch = 1;
    }
    finish_job(&j);
    fill_job(&j, 0.1);
    run_job(&j, &plain, &r);
    for (i = 0; i < 2 * kernel_count; i++) {
        w = plain;
        w.kernel = kernels[i % kernel_count];
        w.parts = 2 + i % 4;
        w.tight = i < kernel_count;
        run_job(&j, &w, &s);
        check_same(&j, &r, &s, "one row in parts");
        run_steps(&j, &w, &s);
        check_same(&j, &r, &s, "steps of one row in parts");
    }
    check_halves(&j);
    test_free();
}

/* ---- dropout ------------------------------------------------------------- */

/* Back through the same mask: the stack's own backward pass from the gradient
 * of the last state, to the same gradients. */
static void check_masked_back(const job *j, const results *r)
{
    static const char *const names[] = {"hn", "cn", "dh0", "dc0", "dx",
                                        "grads"};
    const rnn_real keep_rate = 1 / (1 - j->model.dropout_last), zero = 0;
    const rnn_real *y = numbers(r, "y");
    rnn_real *d = zeros(j->sizes.state);
    job alone = *j;
    rnn_seq seq[3];
    results s;
    size_t i;

    for (i = 0; i < j->sizes.state; i++)
        d[i] = same(y + i, &zero, 1) ? 0 : j->up[i] * keep_rate;
    alone.model.wiring = RNN_WIRING_N_TO_N;
    alone.model.output_size = 0;
    alone.flow[0].dhn = d;
    finish_job(&alone);
    run_forward(&alone, &plain, &s, seq);
    run_backward(&alone, &plain, &s, seq, zeros(j->T * j->B * alone.O),
                 j->before);
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        const array *a = find(&s, names[i]);
        CHECK(same(numbers(r, names[i]), a->p, array_size(a)),
              "back through the mask: %s", names[i]);
    }
}

/* N vs 1 with dropout_last: a head that is the identity shows the masked last
 * state: each unit 0, as often as is asked, or divided by 1 - p. */
static void check_mask(void)
{
    enum { ROWS = 400, UNITS = 10 };
    const double p = 0.3, n = (double)ROWS * UNITS;
    job j;
    results r, s;
    rnn_real *params;
    const rnn_real *h, *y;
    int *lengths = test_ids(ROWS, 3);
    size_t i, b, dropped = 0, bad = 0;

    memset(&j, 0, sizeof j);
    j.model.wiring = RNN_WIRING_N_TO_1;
    j.model.cell = RNN_CELL_LSTM;
    j.model.input_size = 2;
    j.model.hidden_size = UNITS;
    j.model.num_layers = 1;
    j.model.output_size = UNITS;
    j.model.dropout_last = (rnn_real)p;
    j.seq[0].steps = 3;
    j.seq[0].batch = ROWS;
    j.seq[0].lengths = lengths;
    j.seq[0].seed[0] = (uint32_t)test_next();
    for (i = 0; i < ROWS; i++)
        lengths[i]++;
    finish_job(&j);
    fill_job(&j, 0.6);
    j.flow[0].dhn = j.flow[0].dcn = NULL;
    params = (rnn_real *)j.params + offset_of(&j, "out.weight");
    for (i = 0; i < UNITS * UNITS + UNITS; i++)
        params[i] = i < UNITS * UNITS && i / UNITS == i % UNITS;
    run_job(&j, &plain, &r);
    h = numbers(&r, "hn");
    y = numbers(&r, "y");
    for (b = 0; b < ROWS; b++)
        for (i = b * UNITS; i < (b + 1) * UNITS; i++) {
            const double kept = (double)h[i] / (1 - p);
            if (same(y + i, params + UNITS * UNITS, 1))
                dropped++;
            else
                bad += !(fabs((double)y[i] - kept) <= 1e-6 * fabs(kept));
        }
    check_masked_back(&j, &r);
    CHECK(bad == 0, "kept units");
    CHECK(fabs((double)dropped - n * p) < 5 * sqrt(n * p * (1 - p)),
          "%d of %d dropped", (int)dropped, ROWS * UNITS);
    CHECK(same(h, numbers(&r, "infer y"), (size_t)ROWS * UNITS), "infer drops");
    j.seq[0].seed[1]++;
    run_job(&j, &plain, &s);
    CHECK(!same(y, numbers(&s, "y"), (size_t)ROWS * UNITS), "another seed");
    test_free();
}

/* Two encoders with the same weights, on the same source, have masks of their
 * own. */
static void check_two_masks(void)
{
    rnn_real *params;
    size_t from, to, n;
    int dropout;
    results r;
    job j;

    memset(&j, 0, sizeof j);
    j.model.wiring = RNN_WIRING_N_TO_M;
    j.model.input_size = j.model.output_size = 3;
    j.model.hidden_size = 9;
    j.model.num_layers = 2;
    j.model.num_sources = 2;
    j.model.context = RNN_CONTEXT_MEAN;
    j.model.feed = RNN_FEED_EACH;
    j.seq[0].steps = 1;
    j.seq[1].steps = j.seq[2].steps = 4;
    j.seq[0].batch = j.seq[1].batch = j.seq[2].batch = 3;
    j.seq[0].seed[0] = (uint32_t)test_next();
    finish_job(&j);
    fill_job(&j, 0.6);
    j.seq[2] = j.seq[1];
    params = (rnn_real *)j.params;
    from = offset_of(&j, "enc.weight_ih_l0");
    to = offset_of(&j, "enc2.weight_ih_l0");
    memcpy(params + to, params + from, (to - from) * sizeof *params);
    for (dropout = 0; dropout < 2; dropout++) {
        j.model.dropout = (rnn_real)(dropout * 0.5);
        finish_job(&j);
        run_job(&j, &plain, &r);
        n = array_size(find(&r, "memory 1"));
        CHECK(same(numbers(&r, "memory 1"), numbers(&r, "memory 2"), n) ==
                  !dropout,
              "masks of two encoders, dropout %d", dropout);
    }
    test_free();
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
    v->outputs = some_size(1);
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
    v->lin.input_size = some_size(1);
    v->lin.output_size = v->outputs;
    v->lin.activation = (rnn_fn)test_below(4);
    v->lin.no_bias = test_below(2);
    v->seq.steps = 1 + test_below(3);
    v->seq.batch = v->rows;
    if (test_below(2))
        v->seq.lengths = test_ids((size_t)v->rows, v->seq.steps + 1);
    if (test_below(2))
        v->seq.x =
            test_reals((size_t)(v->seq.steps * v->rows * v->lin.input_size), 1);
    v->ids = test_ids((size_t)(v->seq.steps * v->rows), v->lin.input_size);
    v->seq.ids = v->ids;
    v->table =
        test_reals(RNN_LINEAR_PARAMS(v->lin.input_size, v->outputs, 1), 1);
}

static rnn_real *rows_of(results *r, const how *w, const char *name,
                         size_t rows, size_t width)
{
    return output(r, w, name, SHARED, rows, 1, width);
}

/* Alias: outputs that may be inputs are. */
static void run_losses(const vectors *v, const how *w, results *r)
{
    const size_t rows = (size_t)v->rows, O = (size_t)v->outputs;
    int which;

    for (which = 0; which < 4; which++) {
        static const char *const names[4][3] = {
            {"softmax", "", ""}, {"xent", "xent d", "xent loss"},
            {"bce", "bce d", "bce loss"}, {"mse", "mse d", "mse loss"}};
        const rnn_real *x = input(w, v->x, rows * O);
        const rnn_real *t = input(w, v->t, rows * O);
        rnn_real *l = rows_of(r, w, names[which][0], rows, which ? 1 : O);
        rnn_real *d = which ? rows_of(r, w, names[which][1], rows, O) : l;
        rnn_real *loss = which ? rows_of(r, w, names[which][2], 1, 1) : NULL;
        rnn_run run;
        rnn_loss rule = {0};
        rnn_status st;

        if (w->alias) {
            memcpy(d, x, rows * O * sizeof *d);
            x = d;
        }
        set_run(&run, w);
        rule.weights = v->w;
        rule.n = 2;
        rule.values = l;
        st = which == 0 ? rnn_softmax(x, rows, v->outputs, d, &run)
             : which == 1
                 ? rnn_cross_entropy_rows(x, rows, v->outputs, v->targets,
                                          &rule, d, loss, &run)
             : which == 2 ? rnn_sigmoid_cross_entropy_rows(
                                x, rows, v->outputs, t, &rule, d, loss, &run)
                          : rnn_squared_error_rows(x, rows, v->outputs, t,
                                                   &rule, d, loss, &run);
        MUST(st == RNN_OK, "loss %d: %s", which, rnn_status_text(st));
    }
}

/* A linear block's x, dx or tokens batch-first. */
static void check_linear_strides(int tokens)
{
    enum { T = 5, B = 3, I = 4, Y = 20 };
    static const int lengths[B] = {5, 2, 0};
    const rnn_linear lin = {I, Y, RNN_FN_TANH, 0};
    const rnn_real *params = test_reals(I * Y + Y, 1), *dy;
    rnn_linear_pass pass[2];
    rnn_seq seq = {0};
    int *ids = test_ids(T * B, I), *turned_ids = test_ids(T * B, 1), k;

    seq.steps = T;
    seq.batch = B;
    seq.lengths = lengths;
    seq.x = tokens ? NULL : test_reals(T * B * I, 1);
    seq.ids = tokens ? ids : NULL;
    dy = test_reals(T * B * Y, 1);
    for (k = 0; k < T * B; k++)
        turned_ids[k % B * T + k / B] = ids[k];
    for (k = 0; k < 2; k++) {
        rnn_linear_pass *p = &pass[k];
        memset(p, 0, sizeof *p);
        p->seq = &seq;
        p->params = params;
        p->grads = zeros(I * Y + Y);
        p->y = zeros(T * B * Y);
        p->dy = zeros(T * B * Y);
        p->dx = tokens ? NULL : zeros(T * B * I);
        memcpy(p->dy, dy, T * B * Y * sizeof *dy);
        say_linear(p);
        say_seq(&seq, NULL, 1);
        MUST_OK(rnn_linear_forward(&lin, p, NULL));
        MUST_OK(rnn_linear_backward(&lin, p, NULL));
        MUST_OK(rnn_linear_grads(&lin, p, NULL));
        seq.step_stride = 1;
        seq.row_stride = T;
        if (tokens)
            seq.ids = turned_ids;
        else
            seq.x = turned(seq.x, T, B, I, 0);
    }
    CHECK(!memcmp(pass[0].y, pass[1].y, T * B * Y * sizeof *dy) &&
              !memcmp(pass[0].grads, pass[1].grads, (I * Y + Y) * sizeof *dy) &&
              (tokens || !memcmp(pass[0].dx, turned(pass[1].dx, T, B, I, 1),
                                 T * B * I * sizeof *dy)),
          "a linear block, batch-first, %s", tokens ? "tokens" : "x");
    test_free();
}

/* What 1 vs N is given, with a row between one and the next. */
static void check_given_strides(rnn_input input)
{
    enum { T = 3, B = 4, I = 5, Y = 2 };
    rnn_real *x[2], *dx[2], *logits = test_reals(T * B * Y, 0);
    int *ids[2], k;
    size_t b;
    rnn_model model = {0};
    rnn_most most = {0};
    rnn_seq seq = {0}, source = {0};
    rnn_flow flow = {0}, from = {0};
    rnn_net net;
    rnn_work work;

    model.wiring = RNN_WIRING_1_TO_N;
    model.input = input;
    model.input_size = I;
    model.embedding_size = input == RNN_INPUT_EMBEDDING ? 3 : 0;
    model.hidden_size = input == RNN_INPUT_EMBEDDING ? 3 : I;
    model.output_size = Y;
    most.steps = T;
    most.batch = B;
    most.train = 1;
    memset(&work, 0, sizeof work);
    MUST_OK(rnn_plan(&net, &model, &most));
    work.params = test_reals(net.sizes.params, 1);
    work.params_len = net.sizes.params;
    MUST_OK(rnn_bind(&net, &work, test_reals(net.sizes.all, 1), net.sizes.all));
    for (k = 0; k < 2; k++) {
        x[k] = test_reals(2 * B * I, 1);
        dx[k] = zeros(2 * B * I);
        ids[k] = test_ids(2 * B, I);
    }
    for (b = 0; b < B; b++) {
        ids[1][2 * b] = ids[0][b];
        memcpy(x[1] + 2 * b * I, x[0] + b * I, I * sizeof *x[0]);
    }
    seq.steps = T;
    seq.batch = source.batch = B;
    source.steps = 1;
    seq.source = &source;
    flow.source = &from;
    for (k = 0; k < 2; k++) {
        source.x = x[k];
        source.ids = ids[k];
        source.row_stride = k ? 2 : 0;
        from.dx = input == RNN_INPUT_DENSE ? dx[k] : NULL;
        say_seq(&source, NULL, 1);
        say_flow(&from);
        MUST_OK(rnn_forward(&net, &work, &seq));
        if (k == 0)
            memcpy(logits, work.logits, T * B * Y * sizeof *logits);
        CHECK(!memcmp(logits, work.logits, T * B * Y * sizeof *logits),
              "what is given, with strides");
        memset(work.dlogits, 0, T * B * Y * sizeof *logits);
        work.dlogits[1] = work.dlogits[3] = 1;
        MUST_OK(rnn_backward(&net, &work, &seq, &flow));
    }
    for (b = 0; b < B; b++)
        CHECK(!memcmp(dx[0] + b * I, dx[1] + 2 * b * I, I * sizeof *logits),
              "its dx, with strides");
    CHECK(input != RNN_INPUT_DENSE || dx[0][0] != 0, "no dx");
    test_free();
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

    set_run(&run, w);
    for (kind = 0; kind < RNN_OPTIMIZERS; kind++) {
        rnn_real *p = rows_of(r, w, names[kind], 1, n), *m;
        rnn_optimizer o;
        size_t count;
        MUST_OK(rnn_optimizer_init(&o, (rnn_optimizer_kind)kind, (rnn_real)0.01,
                                   NULL));
        o.momentum = (rnn_real)0.9;
        o.weight_decay = (rnn_real)0.1;
        o.amsgrad = o.centered = v->n % 2;
        o.nesterov = v->rows % 2;
        tidy_optimizer(&o);
        MUST_OK(rnn_optimizer_moments(&o, &count, NULL));
        m = rows_of(r, w, moment_names[kind], 1, count * n);
        memcpy(p, v->params, n * sizeof *p);
        for (step = 0; step < 3; step++)
            MUST_OK(rnn_optimizer_step_array(&o, p, grads, m, n, &run));
    }
    for (k = 0; k < 2; k++) {
        rnn_real *g = rows_of(r, w, k ? "clip max" : "clip norm", 1, n);
        rnn_real *norm = rows_of(r, w, k ? "max" : "norm", 1, 1);
        memcpy(g, v->grads, n * sizeof *g);
        MUST_OK(k ? rnn_clip_grad_max(g, n, 1, norm, &run)
                  : rnn_clip_grad_norm(g, n, 1, norm, &run));
    }
}

static void run_blocks(const vectors *v, const how *w, results *r)
{
    const size_t rows = (size_t)v->seq.steps * (size_t)v->rows;
    const size_t O = (size_t)v->outputs, I = (size_t)v->lin.input_size;
    const size_t n = RNN_LINEAR_PARAMS(I, O, !v->lin.no_bias);
    const rnn_linear table = {(int)I, (int)O, RNN_FN_IDENTITY, 1};
    rnn_linear_pass pass, look_up;
    rnn_seq seq = v->seq, tokens;
    rnn_run run;
    size_t i;

    set_run(&run, w);
    memset(&pass, 0, sizeof pass);
    pass.seq = &seq;
    pass.params = input(w, v->table, n);
    pass.params_len = n;
    pass.y_len = rows * O;
    pass.dx_len = rows * I;
    look_up = pass;
    look_up.seq = &tokens;
    pass.y = rows_of(r, w, "linear", rows, O);
    pass.dy = rows_of(r, w, "linear dz", rows, O);
    pass.grads = rows_of(r, w, "linear grads", 1, n);
    look_up.y = rows_of(r, w, "table y", rows, O);
    look_up.dy = pass.dy;
    look_up.grads = rows_of(r, w, "table grads", I, O);
    look_up.params_len = I * O;
    memcpy(pass.grads, v->table, n * sizeof *pass.grads);
    memcpy(look_up.grads, v->table, I * O * sizeof *pass.grads);
    seq.x = input(w, v->seq.x, rows * I);
    if (seq.x) {
        seq.ids = NULL;
        pass.dx = rows_of(r, w, "linear dx", rows, I);
    }
    seq.x_len = rows * I;
    seq.ids_len = rows;
    tokens = seq;
    tokens.ids = v->ids;
    MUST_OK(rnn_linear_forward(&v->lin, &pass, &run));
    for (i = 0; i < rows * O; i++)
        pass.dy[i] = v->x[i % ((size_t)v->rows * O)];
    MUST_OK(rnn_linear_backward(&v->lin, &pass, &run));
    MUST_OK(rnn_linear_grads(&v->lin, &pass, &run));
    MUST_OK(rnn_linear_forward(&table, &look_up, &run));
    MUST_OK(rnn_linear_grads(&table, &look_up, &run));
}

static void run_maps(const vectors *v, const how *w, results *r)
{
    static const char *const names[] = {"identity", "tanh", "relu", "sigmoid",
                                        "exp", "log", "sqrt", "clamp"};
    const size_t n = (size_t)v->n;
    rnn_run run;
    int f;

    set_run(&run, w);
    for (f = RNN_FN_IDENTITY; f <= RNN_FN_SQRT + 1; f++) {
        const rnn_real *x = input(w, v->any, n);
        rnn_real *y = rows_of(r, w, names[f], 1, n);
        if (w->alias || f > RNN_FN_SQRT) {
            memcpy(y, x, n * sizeof *y);
            x = y;
        }
        if (f > RNN_FN_SQRT)
            MUST_OK(rnn_clip_grad_value(y, n, 2, &run));
        else
            MUST_OK(rnn_map((rnn_fn)f, n, x, y, &run));
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
    for (round = 0; round < 300; round++, test_free()) {
        results a[4], b[4];
        vectors v;
        how w;
        make_vectors(&v);
        run_vectors(&v, &in_c, a);
        for (k = 0; k < kernel_count + 6; k++) {
            w = some_how();
            if (k < kernel_count)
                w.kernel = kernels[k];
            w.parts = k < kernel_count ? 0 : parts[k - kernel_count];
            run_vectors(&v, &w, b);
            for (i = 0; i < 4; i++)
                check_same(&none, &a[i], &b[i], "vectors");
        }
    }
}

int main(int argc, char **argv)
{
    int k;

    open_jobs(argc, argv);
    check_jobs();
    for (k = 0; k < 4 * RNN_CELLS; k++)
        check_one_row(k / 4, k % 4);
    check_mask();
    check_two_masks();
    check_linear_strides(0);
    check_linear_strides(1);
    for (k = 0; k < RNN_INPUTS; k++)
        check_given_strides((rnn_input)k);
    check_vectors();
    job_make_unused();
    return test_end();
}
