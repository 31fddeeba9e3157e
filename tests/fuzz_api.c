/* Random calls of the whole API, right and wrong, and what must hold of each:
 *
 *     fuzz_api SECONDS [FIRST]     cases FIRST, FIRST + 1, ... for so long
 *     fuzz_api 0 CASE              that one case
 *
 * A case is drawn from its own number alone, so one that fails is run again by
 * it. `make fuzz` builds it with sanitizers and with guard pages (fuzz_api.h).
 *
 * A call with no fault is RNN_OK, one with exactly one is an error, which
 * writes nothing; no input is ever written. Every array has exactly the plan's
 * size, and what is not input, or is padding, is NaN, or not there at all for
 * MemorySanitizer; so results that are finite have read nothing of it. A step
 * of training is run twice, on other kernels, in other parts, from arrays that
 * lie otherwise, once with other calls between: the same bits. So are those of
 * infer, of steps, and of a model that was saved. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "fuzz_trial.h"
#include "tidy.h"

/* ---- faults of calls on a plan ------------------------------------------- */

/* What sequence i reads, as break_seq wants it. */
static int reads(int i)
{
    const rnn_model *m = &now.j.model;
    const int kind = (int)(i || !now.j.decoder ? m->input : m->target);

    return !now.j.I[i] ? -1 : kind == RNN_INPUT_DENSE ? 0 : (int)now.j.I[i];
}

/* One fault in a pass's sequences, seq[0] with its sources behind; 0: none. */
static int break_seqs(const pass *p, rnn_seq *seq)
{
    const rnn_most *most = &p->net->most;
    const int i = now.j.sources ? between(1, now.j.sources) : 0;

    switch (test_below(12)) {
    case 0: seq[0].steps = most->steps + between(1, 9); return 1;
    case 1: seq[0].batch = most->batch + between(1, 9); return 1;
    case 2: seq[0].own_rate = negative(); return 1;
    case 3: seq[0].source = NULL; return i > 0;
    case 4:
        seq[i].batch++;
        seq[i].lengths = NULL;
        return i > 0 && seq[i].batch <= most->batch;
    case 5: seq[i].steps = most->source_steps + between(1, 9); return i > 0;
    case 6: return i && break_seq(&seq[i], reads(i));
    case 7: /* longer than RNN_CONTEXT_ALL can join; padding has no tokens */
        if (seq[i].ids)
            return 0;
        seq[i].lengths = NULL;
        return i && now.j.model.context == RNN_CONTEXT_ALL &&
               seq[i].steps > now.j.model.source_steps;
    case 8:
        if (!seq[i].x || !break_len(&seq[i].x_len))
            return 0;
        seq[i].x = copy_of(seq[i].x, seq[i].x_len); /* that long, no more */
        return 1;
    case 9:
        if (!seq[i].ids || !break_len(&seq[i].ids_len))
            return 0;
        seq[i].ids =
            (int *)copy_of((const rnn_real *)seq[i].ids, seq[i].ids_len);
        return 1;
    case 10:
        return (seq[i].h0 || seq[i].c0 || seq[i].hn || seq[i].cn) &&
               break_len(&seq[i].state_len);
    default: return break_seq(&seq[0], reads(0));
    }
}

/* A call that takes these sequences, or these arguments. */
static rnn_status call_of(int call, const rnn_net *net, rnn_work *w,
                          const rnn_seq *seq, const rnn_flow *flow)
{
    static rnn_view view;
    static rnn_layer_view layer;

    switch (call) {
    case 0: return rnn_forward(net, w, seq);
    case 1: return rnn_infer(net, w, seq);
    case 2: return rnn_backward(net, w, seq, flow);
    case 3: return rnn_view_model(net, w, seq, &view);
    default: return rnn_view_layer(net, w, seq, 0, 0, 0, &layer);
    }
}

/* A call with one fault: refused, and nothing has happened. */
static void refuse(pass *p)
{
    const int call = test_below(p->train ? 5 : 2);
    rnn_work *none = new_work();
    rnn_net *copied = new_net();
    rnn_seq bad[3];

    memcpy(bad, p->seq, sizeof bad);
    if (now.j.sources)
        bad[0].source = bad + 1;
    switch (test_below(8)) {
    case 0: DO(BAD, call_of(call, NULL, p->work, p->seq, p->flow)); return;
    case 1: DO(BAD, call_of(call, p->net, NULL, p->seq, p->flow)); return;
    case 2: DO(BAD, call_of(call, p->net, p->work, NULL, p->flow)); return;
    case 3: DO(BAD, call_of(call, p->net, none, p->seq, p->flow)); return;
    case 4:
        *copied = *p->net;
        DO(BAD, call_of(call, copied, p->work, p->seq, p->flow));
        return;
    case 5:
        p->work->run = bad_run();
        DO(BAD, call_of(call, p->net, p->work, p->seq, p->flow));
        p->work->run = p->run;
        return;
    default:
        if (break_seqs(p, bad))
            DO(BAD, call_of(call, p->net, p->work, bad, p->flow));
    }
}

/* A row's length that is another; 0: there is none. */
static int other_length(rnn_seq *s)
{
    int *to = int_room((size_t)s->batch), b;

    for (b = 0; b < s->batch; b++)
        to[b] = (int)length_of(s, (size_t)b);
    b = test_below(s->batch);
    if (!to[b])
        return 0;
    to[b]--;
    s->lengths = to;
    return 1;
}

static void other_fresh(rnn_seq *s)
{
    unsigned char *to = (unsigned char *)test_memory((size_t)s->batch);

    if (s->fresh)
        memcpy(to, s->fresh, (size_t)s->batch);
    to[test_below(s->batch)] ^= 1;
    s->fresh = to;
}

/* Something that forward has had otherwise; 0: nothing. */
static int other_seqs(rnn_seq *seq)
{
    const int i = now.j.sources && !now.j.given ? between(1, now.j.sources) : 0;

    switch (test_below(9)) {
    case 0: seq[0].seed[test_below(2)] ^= 1u << test_below(32); return 1;
    case 1: seq[0].first_step++; return 1;
    case 2: seq[0].first_row--; return 1;
    case 3: other_fresh(&seq[0]); return 1;
    case 4: other_fresh(&seq[i]); return 1;
    case 5: return other_length(&seq[0]);
    case 6: return other_length(&seq[i]);
    case 7:
        if (seq[0].own_rate > 0)
            seq[0].own_rate = 0;
        else
            seq[0].steps--;
        return 1;
    default:
        if (seq[0].steps < 2 || seq[0].batch < 2 || seq[0].step_stride ||
            seq[0].lengths)
            return 0;
        seq[0].step_stride = 1;
        seq[0].row_stride = 1; /* every token the first row's next */
        return 1;
    }
}

/* Backward and the views of a pass that forward has not been through. */
static void disorder(pass *p)
{
    const int call = between(2, 4);
    rnn_seq other[3];
    rnn_flow flow = p->flow[0];

    memcpy(other, p->seq, sizeof other);
    if (now.j.sources)
        other[0].source = other + 1;
    if (other_seqs(other))
        DO(BAD, call_of(call, p->net, p->work, other, p->flow));
    if (now.j.sources && reads(1) > 0) {
        rnn_flow source[2];
        memset(source, 0, sizeof source);
        source[now.j.sources - 1].dx = room(extent(&p->seq[1]) * now.j.I[1]);
        flow.source = source;
        DO(BAD, rnn_backward(p->net, p->work, p->seq, &flow));
        flow.source = NULL;
    }
    if (reads(0)) {
        flow.dx = room(extent(&p->seq[0]) * (now.j.I[0] + 1));
        DO(BAD, rnn_backward(p->net, p->work, p->seq, &flow));
    }
}

/* ---- losses of a pass ---------------------------------------------------- */

static rnn_status loss_of(pass *p, const rnn_seq *seq, const rnn_loss *rule,
                          rnn_real *loss)
{
    static const rnn_loss none = {NULL, NULL, 0, 0, 0, NULL, 0, 0};

    if (memcmp(rule, &none, sizeof none) == 0 && chance(50))
        rule = NULL; /* the same */
    switch (now.kind) {
    case ENTROPY:
        return rnn_cross_entropy(p->net, p->work, seq, p->targets, rule, loss);
    case SIGMOID:
        return rnn_sigmoid_cross_entropy(p->net, p->work, seq, p->wanted, rule,
                                         loss);
    default:
        return rnn_squared_error(p->net, p->work, seq, p->wanted, rule, loss);
    }
}

/* Targets where the pass has its tokens; none where nothing counts. */
static void open_targets(pass *p)
{
    const job *j = &now.j;
    rnn_seq s = p->seq[0];

    if (j->model.wiring == RNN_WIRING_N_TO_1) {
        s.steps = 1;
        s.step_stride = s.row_stride = 0;
        s.lengths = NULL;
    }
    p->targets = spread_ids(&s, now.targets, now.rule.padding);
    p->wanted = spread_reals(&s, now.wanted, j->O, now.rule.padding);
}

/* What a loss refuses of a pass. */
static void refuse_loss(pass *p)
{
    rnn_seq bad = p->seq[0];
    rnn_loss rule = p->rule;
    const int *targets = p->targets;
    const rnn_real *wanted = p->wanted;

    if (now.kind == NO_LOSS)
        return;
    switch (test_below(6)) {
    case 0:
        if (break_seq(&bad, -1))
            DO(BAD, loss_of(p, &bad, &rule, p->loss));
        break;
    case 1:
        if (break_loss(&rule, now.kind))
            DO(BAD, loss_of(p, p->seq, &rule, p->loss));
        break;
    case 2:
        p->targets = NULL;
        p->wanted = NULL;
        DO(BAD, loss_of(p, p->seq, &rule, p->loss));
        p->targets = targets;
        p->wanted = wanted;
        break;
    case 3:
        bad.steps--;
        bad.lengths = NULL;
        DO(BAD, loss_of(p, &bad, &rule, p->loss));
        break;
    case 4: DO(BAD, loss_of(p, NULL, &rule, p->loss)); break;
    default:
        p->work->run = bad_run();
        DO(BAD, loss_of(p, p->seq, &rule, p->loss));
        p->work->run = p->run;
    }
}

/* Gradients of the logits: a loss's, or the caller's, none in padding. */
static void run_loss_of(pass *p)
{
    const job *j = &now.j;
    const size_t n = out_size();
    rnn_seq s = j->seq[0];

    if (now.kind == NO_LOSS) {
        if (j->model.wiring == RNN_WIRING_N_TO_1)
            memcpy(p->work->dlogits, now.up, n * sizeof *p->d);
        else
            memcpy(p->work->dlogits, spread_reals(&s, now.up, out_width(), 0),
                   n * sizeof *p->d);
        return;
    }
    if (wants(0, 2))
        p->rule.values = room(j->Y * j->B);
    DO(special ? EITHER | MAY_WRITE : GOOD,
       loss_of(p, p->seq, &p->rule, p->loss));
    FINITE(p->loss, 1);
    FINITE(p->work->dlogits, n);
    if (p->rule.values)
        FINITE(p->rule.values, j->Y * j->B);
}

/* ---- one step at a time -------------------------------------------------- */

/* The same sequences without what a call would write. */
static void quiet_seqs(const pass *p, rnn_seq *seq)
{
    const job *j = &now.j;
    const size_t n = j->L[0] * j->B * j->H[0]; /* of rnn_encode's h and c */
    int i;

    memcpy(seq, p->seq, 3 * sizeof *seq);
    for (i = 0; i < 3; i++)
        seq[i].hn = seq[i].cn = NULL;
    if (seq[1].state_len && seq[1].state_len < n)
        seq[1].state_len = n;
    seq[0].source = now.j.sources ? seq + 1 : NULL;
}

typedef struct walk { /* R rows, row r being row r % B of the job */
    rnn_row row;
    rnn_real *h, *c;
    int *from;
    unsigned char *fresh;
    size_t R;
    rnn_seq seq[3]; /* the sources that were read, which must stay */
} walk;

static int has_c(void)
{
    return RNN_HAS_C(now.j.model.cell) != 0;
}

static size_t source_steps(void)
{
    return (size_t)now.j.seq[1].steps +
           (now.j.sources > 1 ? (size_t)now.j.seq[2].steps : 0);
}

/* What encode refuses. */
static void refuse_encode(pass *p, const rnn_seq *seq, rnn_real *h, rnn_real *c)
{
    rnn_seq bad[2];

    memcpy(bad, seq + 1, sizeof bad);
    switch (test_below(5)) {
    case 0: DO(BAD, rnn_encode(p->net, p->work, NULL, h, c)); break;
    case 1: DO(BAD, rnn_encode(p->net, p->work, bad, NULL, c)); break;
    case 2:
        if (has_c())
            DO(BAD, rnn_encode(p->net, p->work, bad, h, NULL));
        break;
    case 3: DO(BAD, rnn_encode(p->net, new_work(), bad, h, c)); break;
    default:
        if (break_seq(&bad[0], reads(1)))
            DO(BAD, rnn_encode(p->net, p->work, bad, h, c));
    }
}

/* Where rows start: a decoder's after its sources, else where the job does. */
static int open_walk(pass *p, walk *w, size_t R)
{
    const job *j = &now.j;
    const size_t n = j->L[0] * j->B * j->H[0];
    rnn_real *h = clear_room(n), *c = has_c() ? clear_room(n) : NULL;
    size_t r;

    memset(w, 0, sizeof *w);
    quiet_seqs(p, w->seq);
    if (j->decoder) {
        refuse_encode(p, w->seq, h, c);
        if (DO(GOOD, rnn_encode(p->net, p->work, w->seq + 1, h, c)))
            return 0;
    }
    set_states(j, h, c);
    w->R = R;
    w->h = room(n / j->B * R);
    w->c = c ? room(n / j->B * R) : NULL;
    w->from = int_room(R);
    w->fresh = (unsigned char *)test_memory(R);
    for (r = 0; r < R; r++) {
        w->from[r] = (int)(r % j->B);
        copy_row(j, w->h, R, r, h, j->B, r % j->B);
        copy_row(j, w->c, R, r, c, j->B, r % j->B);
        if (now.fresh[0] && !j->decoder)
            w->fresh[r] = now.fresh[0][r % j->B];
    }
    block_of(w->from)->kind = INPUT;
    w->row.rows = (int)R;
    w->row.state_len = said(w->h, sizeof *w->h);
    w->row.from = R == j->B && chance(50) ? NULL : w->from;
    return 1;
}

/* What every row reads at step t; zeros after its end. */
static void step_input(walk *w, int t)
{
    const job *j = &now.j;
    const size_t I = j->I[0];
    rnn_real *x = j->seq[0].x ? clear_room(w->R * I) : NULL;
    int *ids = j->seq[0].ids ? int_room(w->R) : NULL;
    size_t r;

    for (r = 0; r < w->R; r++) {
        const size_t b = r % j->B, at = (size_t)t * j->B + b;
        const int there = (size_t)t < length_of(&j->seq[0], b);
        if (x && there)
            memcpy(x + r * I, j->seq[0].x + at * I, I * sizeof *x);
        if (ids)
            ids[r] = there ? j->seq[0].ids[at] : 0;
    }
    w->row.x = x;
    w->row.ids = ids;
    w->row.t = t;
    w->row.fresh = t == 0 && (now.fresh[0] || chance(20)) ? w->fresh : NULL;
    w->row.attn = NULL;
    if (j->model.attention && chance(50))
        w->row.attn = room(w->R * source_steps());
    w->row.x_len = said(x, sizeof *x);
    w->row.attn_len = said(w->row.attn, sizeof *w->row.attn);
}

/* A step with one fault. */
static void refuse_step(pass *p, walk *w)
{
    rnn_row bad = w->row;
    rnn_work *k = p->work;
    int *ids = (int *)copy(bad.ids, w->R * sizeof *ids);
    int *from = (int *)copy(w->from, w->R * sizeof *from);
    const int r = test_below((int)w->R);

    switch (test_below(9)) {
    case 0:
        bad.rows = chance(50) ? -between(1, 9) : p->net->most.rows + 1;
        break;
    case 1: bad.t = -between(1, 9); break;
    case 2:
        if (!bad.x && !bad.ids)
            return;
        bad.x = NULL;
        bad.ids = NULL;
        break;
    case 3:
        if (!ids)
            return;
        ids[r] = bad_id((int)now.j.I[0]);
        bad.ids = ids;
        break;
    case 4:
        if (!now.j.decoder)
            return;
        from[r] = bad_id((int)now.j.B);
        bad.from = from;
        break;
    case 5:
        if (!now.j.decoder || w->R == now.j.B || chance(50)) {
            DO(BAD, rnn_step(p->net, k, &bad, NULL, w->c));
            return;
        }
        bad.from = NULL; /* rows are not one of each of the sources' */
        break;
    case 6:
        if (has_c())
            DO(BAD, rnn_step(p->net, k, &bad, w->h, NULL));
        return;
    case 7:
        if (!break_len(chance(50)            ? &bad.state_len
                       : bad.x && chance(50) ? &bad.x_len
                       : bad.attn            ? &bad.attn_len
                                             : &bad.state_len))
            return;
        break;
    default:
        k->run = bad_run();
        DO(BAD, rnn_step(p->net, k, &bad, w->h, w->c));
        k->run = p->run;
        return;
    }
    DO(BAD, rnn_step(p->net, k, &bad, w->h, w->c));
}

/* What step t gave beside y and the final states of a whole pass. */
static void check_step(const pass *p, const walk *w, int t, const rnn_real *y)
{
    const job *j = &now.j;
    const size_t W = out_width(), H = j->H[0];
    const int last = j->model.wiring == RNN_WIRING_N_TO_1;
    size_t r, l;

    for (r = 0; r < w->R; r++) {
        const size_t b = r % j->B, n = length_of(&j->seq[0], b);
        const size_t at = last ? b : (size_t)t * j->B + b;
        if ((size_t)t + 1 != n && (last || (size_t)t >= n))
            continue;
        HOLDS(same(p->work->logits + r * W, y + at * W, W));
        for (l = 0; (size_t)t + 1 == n && p->seq[0].hn && l < j->L[0]; l++)
            HOLDS(same(w->h + (l * w->R + r) * H,
                       p->seq[0].hn + (l * j->B + b) * H, H));
    }
}

/* All steps of the job one by one; y is what infer gave, or NULL. */
static void walk_through(pass *p, const rnn_real *y)
{
    const job *j = &now.j;
    walk w;
    int t;

    if (j->both) {
        rnn_row row = {0, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0};
        rnn_real *h = room(p->net->sizes.state), *c = room(p->net->sizes.state);
        row.x = h;
        row.ids = int_room(1);
        DO(BAD, rnn_step(p->net, p->work, &row, h, c));
        return;
    }
    if (!open_walk(p, &w, chance(50) ? j->B : j->B * (size_t)now.width))
        return;
    for (t = 0; t < (int)j->T; t++) {
        step_input(&w, t);
        if (chance(20))
            refuse_step(p, &w);
        if (w.R == (size_t)p->net->most.rows && chance(30))
            w.row.rows = 0; /* the plan's */
        if (DO(GOOD, rnn_step(p->net, p->work, &w.row, w.h, w.c)))
            return;
        FINITE(p->work->logits, w.R * out_width());
        if (w.row.attn)
            FINITE(w.row.attn, w.R * source_steps());
        if (y && !(j->decoder && now.fresh[0]))
            check_step(p, &w, t, y);
    }
}

/* ---- writing ------------------------------------------------------------- */

/* n sequences of at most `most` tokens; those of sequence i are `by` apart. */
static void check_written(const rnn_writing *d, const int *ids,
                          const int *counts, size_t n, size_t step, size_t by,
                          int least)
{
    size_t i;
    int t;

    for (i = 0; i < n; i++) {
        HOLDS(counts[i] >= least && counts[i] <= d->max_tokens);
        HOLDS(counts[i] < 0 || counts[i] >= d->min_tokens);
        for (t = 0; t < counts[i] && t < d->max_tokens; t++) {
            const int id = ids[i * by + (size_t)t * step];
            HOLDS(id >= 0 && id < (int)now.j.O && id != d->end);
        }
    }
}

/* One thing wrong with how sequences are written. */
static int break_writing(rnn_writing *d, const rnn_most *most, int beam)
{
    switch (test_below(beam ? 10 : 5)) {
    case 0: d->min_tokens = chance(50) ? -1 : d->max_tokens + 1; return 1;
    case 1: d->max_tokens = -between(1, 9); return 1;
    case 2: d->end = (int)now.j.O + test_below(9); return 1;
    case 3:
        d->rows = now.j.decoder || chance(50) ? -between(1, 9)
                                              : most->rows + between(1, 9);
        return 1;
    case 4: d->begin = bad_id((int)now.j.I[0]); return now.j.I[0] > 0;
    case 5: d->width = chance(50) ? 0 : -1; return 1;
    case 6: d->width = most->rows / (int)now.j.B + 1; return 1;
    case 7: d->best = chance(50) ? -1 : d->width + 1; return 1;
    case 8: d->length_power = negative(); return 1;
    default:
        d->max_tokens = most->tokens + between(1, 9);
        d->min_tokens = 0;
        return 1;
    }
}

/* One length too few. */
static int break_written(rnn_writing *d)
{
    return break_len(chance(50)   ? &d->ids_len
                     : chance(50) ? &d->state_len
                                  : &d->counts_len);
}

static void refuse_generate(pass *p, const rnn_writing *d, const walk *w,
                            int *ids, int *counts)
{
    rnn_writing bad = *d;
    rnn_sampling rule = {1, 0, 0};
    rnn_work *k = p->work;

    switch (test_below(8)) {
    case 0:
        DO(BAD, rnn_generate(p->net, k, NULL, w->h, w->c, ids, counts, 0));
        return;
    case 1:
        DO(BAD, rnn_generate(p->net, k, d, NULL, w->c, ids, counts, 0));
        return;
    case 2:
        DO(BAD, rnn_generate(p->net, k, d, w->h, w->c, NULL, counts, 0));
        return;
    case 3:
        DO(BAD, rnn_generate(p->net, k, d, w->h, w->c, ids, NULL, 0));
        return;
    case 4:
        k->run = bad_run();
        DO(BAD, rnn_generate(p->net, k, d, w->h, w->c, ids, counts, NULL));
        k->run = p->run;
        return;
    case 5:
        break_sampling(&rule);
        bad.sampling = &rule;
        break;
    case 6:
        if (!break_written(&bad))
            return;
        break;
    default:
        if (!break_writing(&bad, &p->net->most, 0))
            return;
    }
    if (bad.rows < 0 && now.j.decoder)
        bad.min_tokens = -1; /* rows are the sources' */
    DO(BAD, rnn_generate(p->net, k, &bad, w->h, w->c, ids, counts, NULL));
}

static void generate(pass *p, rnn_writing *d)
{
    const size_t most = (size_t)d->max_tokens;
    const size_t B = now.j.B * (now.j.decoder ? 1u : (size_t)now.width);
    int *ids[2], *counts[2], i;
    rnn_sampling rule;
    size_t b;
    walk w;

    draw_sampling(&rule, (int)now.j.O);
    d->sampling = chance(70) ? &rule : NULL;
    d->rows = (int)B;
    for (i = 0; i < 2; i++) {
        rnn_real *attn = NULL;
        if (!open_walk(p, &w, B))
            return;
        ids[i] = int_room(most * B);
        counts[i] = int_room(B);
        d->rngs = (rnn_rng *)new_block(B * sizeof(rnn_rng), OUTPUT, 1)->p;
        for (b = 0; b < B; b++)
            rnn_rng_seed(&d->rngs[b], (uint32_t)b);
        if (now.j.model.attention && chance(50))
            attn = room(most * B * source_steps());
        d->state_len = w.row.state_len;
        d->ids_len = said(ids[i], sizeof(int));
        d->counts_len = said(counts[i], sizeof(int));
        d->attn_len = said(attn, sizeof *attn);
        if (chance(30))
            refuse_generate(p, d, &w, ids[i], counts[i]);
        if (DO(special ? EITHER | MAY_WRITE : GOOD,
               rnn_generate(p->net, p->work, d, w.h, w.c, ids[i], counts[i],
                            attn)))
            return;
        check_written(d, ids[i], counts[i], B, B, 1, 0);
        draw_run(p->run); /* another way */
    }
    HOLDS(!memcmp(counts[0], counts[1], B * sizeof(int)));
}

static void refuse_beam(pass *p, const rnn_writing *d, const walk *w, int *ids,
                        int *counts)
{
    rnn_work *k = p->work;
    rnn_writing bad = *d;
    int *const ints = k->ints;

    switch (test_below(10)) {
    case 0:
        DO(BAD, rnn_beam_search(p->net, k, 0, w->h, w->c, ids, counts, 0));
        return;
    case 1:
        DO(BAD, rnn_beam_search(p->net, k, d, 0, w->c, ids, counts, 0));
        return;
    case 2:
        DO(BAD, rnn_beam_search(p->net, k, d, w->h, w->c, 0, counts, 0));
        return;
    case 3:
        DO(BAD, rnn_beam_search(p->net, k, d, w->h, w->c, ids, NULL, 0));
        return;
    case 4:
        k->ints = NULL;
        DO(BAD, rnn_beam_search(p->net, k, d, w->h, w->c, ids, counts, NULL));
        k->ints = ints;
        return;
    case 5:
        k->run = bad_run();
        DO(BAD, rnn_beam_search(p->net, k, d, w->h, w->c, ids, counts, NULL));
        k->run = p->run;
        return;
    case 6:
        if (d->width < now.width || d->max_tokens < now.tokens ||
            p->net->most.batch > 1)
            return; /* it needs less than the plan has */
        k->ints_len--;
        DO(BAD, rnn_beam_search(p->net, k, d, w->h, w->c, ids, counts, NULL));
        k->ints_len++;
        return;
    case 7:
        if (!break_written(&bad))
            return;
        break;
    default:
        if (!break_writing(&bad, &p->net->most, 1) || bad.rows < 0)
            return; /* rows are the sources' */
    }
    DO(BAD, rnn_beam_search(p->net, k, &bad, w->h, w->c, ids, counts, NULL));
}

static void search(pass *p, rnn_writing *d)
{
    const size_t B = now.j.B;
    size_t best, i, most;
    int *ids, *counts;
    rnn_real *scores;
    walk w;

    d->max_tokens = test_below(now.tokens + 1);
    d->min_tokens = d->min_tokens > d->max_tokens ? 0 : d->min_tokens;
    d->width = between(1, now.width);
    d->best = test_below(d->width + 1);
    d->length_power = (rnn_real)test_below(3) / 2;
    best = d->best ? (size_t)d->best : 1;
    most = (size_t)d->max_tokens;
    if (!open_walk(p, &w, B))
        return;
    block_of(w.h)->kind = INPUT;
    ids = int_room(B * best * most);
    counts = int_room(B * best);
    scores = room(B * best);
    if (!now.tokens) { /* the plan is for none */
        DO(BAD,
           rnn_beam_search(p->net, p->work, d, w.h, w.c, ids, counts, scores));
        return;
    }
    d->state_len = w.row.state_len;
    d->ids_len = said(ids, sizeof *ids);
    d->counts_len = said(counts, sizeof *counts);
    if (chance(30))
        refuse_beam(p, d, &w, ids, counts);
    if (DO(special ? EITHER | MAY_WRITE : GOOD,
           rnn_beam_search(p->net, p->work, d, w.h, w.c, ids, counts, scores)))
        return;
    check_written(d, ids, counts, B * best, 1, most, -1);
    for (i = 0; i < B * best; i++) {
        if (counts[i] < 0)
            continue;
        FINITE(scores + i, 1);
        HOLDS(i % best == 0 ||
              (counts[i - 1] >= 0 && !(scores[i] > scores[i - 1])));
    }
}

static void write_on(pass *p)
{
    rnn_writing d;

    if (!writes())
        return;
    make_writing(&now.j, &d);
    if (now.j.O == 1)
        d.min_tokens = 0;
    if (!now.j.decoder || chance(50))
        generate(p, &d);
    else
        search(p, &d);
}

/* ---- a step of training, and what may come between ----------------------- */

/* Dead after every call. */
static void kill_scratch(pass *p)
{
    rnn_work *w = p->work;
    size_t i;

    for (i = 0; i < p->net->sizes.scratch; i++)
        w->scratch[i] = not_a_number();
#if MEMORY
    __msan_poison(w->scratch, i * sizeof *w->scratch);
#endif
}

/* Every view of a pass; layers and directions that there are not. */
static void look_at(pass *p)
{
    const job *j = &now.j;
    const int both = j->model.bidirectional != 0;
    const int last = j->given ? 0 : j->sources;
    const int i = test_below(last + 1), sides = i ? both + 1 : j->both + 1;
    const int layers = (int)j->L[i] / sides;
    const int k = p->net->most.keep_every;
    const int windows = k > 1 && k < p->seq[i].steps && sides == 1;
    rnn_layer_view v;
    rnn_view all;

    DO(GOOD, rnn_view_model(p->net, p->work, p->seq, &all));
    if (all.c)
        FINITE(all.c, j->B * j->C);
    if (all.h0)
        FINITE(all.h0, j->B * j->H[0]);
    if (windows) { /* most states are not there */
        DO(BAD, rnn_view_layer(p->net, p->work, p->seq, i, 0, 0, &v));
    } else {
        DO(GOOD, rnn_view_layer(p->net, p->work, p->seq, i, test_below(layers),
                                test_below(sides), &v));
        if (length_of(&p->seq[i], 0))
            FINITE(v.h, j->H[i]);
    }
    DO(BAD,
       rnn_view_layer(p->net, p->work, p->seq, bad_id(last + 1), 0, 0, &v));
    DO(BAD, rnn_view_layer(p->net, p->work, p->seq, i, bad_id(layers), 0, &v));
    DO(BAD, rnn_view_layer(p->net, p->work, p->seq, i, 0, bad_id(sides), &v));
    DO(BAD, rnn_view_layer(p->net, p->work, p->seq, i, 0, 0, NULL));
    DO(BAD, rnn_view_model(p->net, p->work, p->seq, NULL));
}

static void pack(pass *p)
{
    rnn_work *w = p->work;
    rnn_real *const at = w->packed;

    DO(BAD, rnn_pack(NULL, w));
    DO(BAD, rnn_pack(p->net, new_work()));
    if (p->tight) {
        DO(BAD, rnn_pack(p->net, w));
        return;
    }
    DO(GOOD, rnn_pack(p->net, w));
    w->packed = copy_of(at, p->net->sizes.packed);
    DO(BAD, rnn_pack(p->net, w)); /* moved since it was bound */
    DO(BAD, rnn_infer(p->net, w, p->seq));
    if (p->train)
        DO(BAD, rnn_forward(p->net, w, p->seq));
    w->packed = at;
    w->run = bad_run();
    DO(BAD, rnn_pack(p->net, w));
    w->run = p->run;
}

/* A sequence without its last step; 0: it stays as it is. */
static int shorten(rnn_seq *s)
{
    if (s->lengths || s->steps < 2 || chance(70))
        return 0;
    s->steps--;
    return 1;
}

/* An inference in between, of the same steps or of one less, and its loss. */
static void infer_between(pass *p)
{
    const int i = now.j.given ? 0 : now.j.sources;
    rnn_seq seq[3];
    int less;

    quiet_seqs(p, seq);
    if (i && shorten(&seq[i])) {
        DO(GOOD, rnn_infer(p->net, p->work, seq));
        seq[i].steps++;
    }
    less = shorten(&seq[0]);
    if (DO(GOOD, rnn_infer(p->net, p->work, seq)))
        return;
    FINITE(p->work->logits, out_size() / (less ? now.j.T : 1));
    if (!now.drops && !less)
        HOLDS(same(p->work->logits, p->y, out_size()));
    if (now.kind != NO_LOSS && !less && chance(50)) {
        rnn_loss rule = p->rule;
        rule.values = NULL;
        DO(special ? EITHER | MAY_WRITE : GOOD, loss_of(p, seq, &rule, NULL));
    }
}

/* Anything that spoils nothing between a loss and backward. */
static void disturb(pass *p)
{
    switch (test_below(8)) {
    case 0:
    case 1: infer_between(p); break;
    case 2: walk_through(p, NULL); break;
    case 3: write_on(p); break;
    case 4: look_at(p); break;
    case 5: pack(p); break;
    default: refuse(p);
    }
}

/* A step, or an encoding, that is refused for what it reads. */
static void refuse_reading(pass *p)
{
    const job *j = &now.j;
    const size_t R = (size_t)p->net->most.rows, n = j->L[0] * R * j->H[0];
    rnn_real *h = clear_room(n), *c = clear_room(n);
    rnn_row row = {0, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0};
    rnn_seq seq[3];
    int *ids;

    if (j->decoder) {
        quiet_seqs(p, seq);
        refuse_encode(p, seq, h, c);
        return;
    }
    if (j->both || !j->seq[0].ids)
        return;
    ids = test_ids(R, (int)j->I[0]);
    ids[test_below((int)R)] = bad_id((int)j->I[0]);
    row.ids = ids;
    DO(BAD, rnn_step(p->net, p->work, &row, h, c));
}

/* Before a loss: no call may write logits. */
static void disturb_logits(pass *p)
{
    switch (test_below(5)) {
    case 0: refuse(p); break;
    case 1: look_at(p); break;
    case 2: refuse_loss(p); break;
    case 3: refuse_reading(p); break;
    default: kill_scratch(p);
    }
}

/* Final states where the first ones are. */
static void carry(pass *p)
{
    rnn_seq *s = &p->seq[0];
    const size_t n = now.j.L[0] * now.j.B * now.j.H[0];

    if (!s->hn || !s->h0)
        return;
    memcpy(s->hn, s->h0, n * sizeof *s->hn);
    s->h0 = s->hn;
    p->carried = 1;
}

static void forward(pass *p, int disturbed)
{
    rnn_work *w = p->work;

    if (disturbed && chance(30)) {
        DO(BAD, call_of(between(2, 4), p->net, w, p->seq, p->flow));
        open_targets(p);
        if (now.kind != NO_LOSS)
            DO(BAD, loss_of(p, p->seq, &p->rule, p->loss));
    }
    if (disturbed && chance(50))
        refuse(p);
    if (!disturbed && chance(30))
        carry(p);
    if (chance(20)) /* logits, too */
        w->logits = room(p->net->sizes.logits);
    DO(GOOD, rnn_forward(p->net, w, p->seq));
    FINITE(w->logits, out_size());
    p->y = copy_of(w->logits, out_size());
    open_targets(p);
    while (disturbed && chance(40))
        disturb_logits(p);
    if (!disturbed && chance(30))
        w->dlogits = w->logits; /* they may share a place */
    run_loss_of(p);
    p->d = copy_of(w->dlogits, out_size());
}

/* Forward, loss, backward; disturbed: with other calls between, right and
 * wrong. */
static void train(pass *p, int disturbed)
{
    rnn_work *w = p->work;
    const size_t n = p->net->sizes.params;
    rnn_real *grads;

    if (now.accumulate)
        memcpy(w->grads, now.j.before, n * sizeof *grads);
    grads = copy_of(w->grads, n);
    forward(p, disturbed);
    while (disturbed && chance(60)) {
        disturb(p);
        if (differ((unsigned char *)w->dlogits, (unsigned char *)p->d,
                   out_size() * sizeof *p->d))
            complain(__FILE__, __LINE__, "dlogits", "have changed", 0);
    }
    if (disturbed && chance(50))
        disorder(p);
    kill_scratch(p);
    if (!w->params && chance(50)) /* weights may be elsewhere now */
        w->weights = copy_of(w->weights, n);
    DO(GOOD, rnn_backward(p->net, w, p->seq,
                          now.no_flow && chance(50) ? NULL : p->flow));
    if (disturbed && chance(50)) {
        DO(BAD, rnn_backward(p->net, w, p->seq, p->flow));
        look_at(p);
    }
    if (!now.frozen)
        FINITE(w->grads, n);
    else if (differ((unsigned char *)grads, (unsigned char *)w->grads,
                    n * sizeof *grads))
        complain(__FILE__, __LINE__, "grads", "are not frozen", 0);
    HOLDS(same(w->weights, now.j.params, n));
}

/* ---- two passes are the same --------------------------------------------- */

static void compare_seq(const pass *a, const pass *b, int i)
{
    const job *j = &now.j;
    const rnn_seq *s = &a->seq[i], *q = &b->seq[i];
    const rnn_flow *f = &a->flow[i], *g = &b->flow[i];
    const size_t n = j->L[i] * j->B * j->H[i];
    const size_t rows = (size_t)s->steps * j->B * j->I[i];

    if (s->hn) {
        FINITE(s->hn, n);
        HOLDS(same(s->hn, q->hn, n));
    }
    if (s->cn) {
        FINITE(s->cn, n);
        HOLDS(same(s->cn, q->cn, n));
    }
    if (f->dx) {
        const rnn_real *x = gather(s, f->dx, j->I[i]);
        FINITE(x, rows);
        HOLDS(same(x, gather(q, g->dx, j->I[i]), rows));
    }
    if (f->dh0) {
        FINITE(f->dh0, n);
        HOLDS(same(f->dh0, g->dh0, n));
    }
    if (f->dc0) {
        FINITE(f->dc0, n);
        HOLDS(same(f->dc0, g->dc0, n));
    }
}

static void compare(const pass *a, const pass *b)
{
    const job *j = &now.j;
    int i;

    HOLDS(same(a->y, b->y, out_size()));
    if (now.kind != NO_LOSS) {
        HOLDS(same(a->d, b->d, out_size()));
        HOLDS(same(a->loss, b->loss, 1));
    }
    if (!now.frozen)
        HOLDS(same(a->work->grads, b->work->grads, j->sizes.params));
    for (i = 0; i <= j->sources; i++)
        compare_seq(a, b, i);
    if (!a->seq[0].own_ids)
        return;
    for (i = 0; i < (int)(j->T * j->B); i++)
        if ((size_t)i / j->B < length_of(&j->seq[0], (size_t)i % j->B))
            HOLDS(a->seq[0].own_ids[i] == b->seq[0].own_ids[i] &&
                  a->seq[0].own_ids[i] >= 0 &&
                  a->seq[0].own_ids[i] < (int)j->I[0]);
}

/* What rnn_optimizer_step refuses. */
static void refuse_update(const pass *p, rnn_optimizer *o)
{
    rnn_optimizer more = *o;
    rnn_work *const w = p->work;

    DO(BAD, rnn_optimizer_step(NULL, p->net, w));
    DO(BAD, rnn_optimizer_step(o, NULL, w));
    DO(BAD, rnn_optimizer_step(o, p->net, new_work()));
    w->run = bad_run();
    DO(BAD, rnn_optimizer_step(o, p->net, w));
    w->run = p->run;
    more.kind = RNN_OPT_ADAM;
    more.nesterov = 0;
    more.amsgrad = 1;
    if (now.moments < 3)
        DO(BAD, rnn_optimizer_step(&more, p->net, w));
    more = *o;
    break_optimizer(&more);
    DO(BAD, rnn_optimizer_step(&more, p->net, w));
}

/* One update, where the weights are the pass's own; 1: there was one. */
static int update(pass *p)
{
    rnn_optimizer *o = (rnn_optimizer *)new_block(sizeof *o, OUTPUT, 1)->p;

    *o = now.opt;
    if (chance(20))
        refuse_update(p, o);
    if (!p->work->params) {
        DO(BAD, rnn_optimizer_step(o, p->net, p->work));
        return 0;
    }
    DO(GOOD, rnn_optimizer_step(o, p->net, p->work));
    FINITE(p->work->params, p->net->sizes.params);
    return 1;
}

/* The same update of both, and what they compute then. */
static void update_both(pass *a, pass *b)
{
    const size_t n = a->net->sizes.params;

    if (now.frozen || b->carried)
        return;
    if ((update(a) & update(b)) == 0)
        return;
    HOLDS(same(a->work->params, b->work->params, n));
    DO(GOOD, rnn_forward(a->net, a->work, a->seq));
    DO(GOOD, rnn_forward(b->net, b->work, b->seq));
    HOLDS(same(a->work->logits, b->work->logits, out_size()));
}

/* ---- a model in use ------------------------------------------------------ */

/* A call on scratch of any length works in it, or says that it cannot. */
static void use_little(pass *p)
{
    rnn_work *w = new_work();
    rnn_seq seq[3];

    quiet_seqs(p, seq);
    memcpy(w, p->work, offsetof(rnn_work, run));
    w->scratch_len = (size_t)test_next() % p->net->sizes.scratch;
    w->scratch = room(w->scratch_len);
    DO(GOOD, rnn_bind(p->net, w, NULL, 0));
    w->run = p->run;
    DO(EITHER, rnn_infer(p->net, w, seq));
    if (p->train)
        DO(EITHER, rnn_forward(p->net, w, p->seq));
}

/* A step of as many rows as there may be needs all of what the plan says. */
static void step_on_little(pass *p)
{
    const size_t less = (size_t)test_below(2), I = now.j.I[0];
    const size_t R = (size_t)p->net->most.rows, n = now.j.L[0] * R * now.j.H[0];
    rnn_work *w = new_work();
    rnn_real *h = clear_room(n), *c = clear_room(n);
    rnn_row row = {0, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0};

    if (now.j.both || now.j.decoder)
        return;
    row.x = reals(R * I, 1);
    row.ids = test_ids(R, (int)I);
    memcpy(w, p->work, offsetof(rnn_work, run));
    w->scratch_len = p->net->sizes.step - less;
    w->scratch = room(w->scratch_len);
    DO(GOOD, rnn_bind(p->net, w, NULL, 0));
    DO(less ? BAD : GOOD, rnn_step(p->net, w, &row, h, c));
}

/* A decoder that has read nothing. */
static void refuse_early(pass *p)
{
    const size_t n = p->net->sizes.state;
    rnn_real *h = clear_room(n), *c = clear_room(n);
    rnn_row row = {0, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0};
    rnn_writing d;

    row.x = h;
    row.ids = int_room(1);
    DO(BAD, rnn_step(p->net, p->work, &row, h, c));
    make_writing(&now.j, &d);
    d.width = 1;
    DO(BAD, rnn_beam_search(p->net, p->work, &d, h, c, int_room(99),
                            int_room(99), NULL));
    if (now.j.decoder)
        DO(BAD, rnn_generate(p->net, p->work, &d, h, c, int_room(99),
                             int_room(99), NULL));
    else
        DO(BAD, rnn_encode(p->net, p->work, p->seq, h, c));
}

/* Infer and all that goes one step at a time, twice: the bits of `of`. */
static void use(const pass *of)
{
    const rnn_real *y = now.drops ? NULL : of->y;
    int i;

    for (i = 0; i < 2; i++) {
        pass p;
        open_pass(&p, 0);
        if (chance(30))
            DO(BAD, rnn_forward(p.net, p.work, p.seq));
        if (chance(30) && (now.j.decoder || now.j.both))
            refuse_early(&p);
        if (chance(60))
            pack(&p);
        if (chance(40))
            refuse(&p);
        DO(GOOD, rnn_infer(p.net, p.work, p.seq));
        FINITE(p.work->logits, out_size());
        if (y)
            HOLDS(same(p.work->logits, y, out_size()));
        y = copy_of(p.work->logits, out_size());
        kill_scratch(&p);
        walk_through(&p, y);
        write_on(&p);
        use_little(&p);
        step_on_little(&p);
    }
}

static void try_model(void)
{
    pass a, b;

    draw_trial();
    open_pass(&a, 1);
    train(&a, 1);
    open_pass(&b, 1);
    train(&b, 0);
    compare(&a, &b);
    if (chance(60))
        use(&a);
    if (chance(40))
        update_both(&a, &b);
    if (chance(20))
        use_little(&a);
    if (chance(20))
        try_file(&now.j.model, now.j.params, now.j.sizes.params);
}

/* ---- descriptions -------------------------------------------------------- */

/* One field out of its range; 0: not this one. */
static int break_model(rnn_model *m)
{
    const int decoder = m->wiring >= RNN_WIRING_1_TO_N;

    switch (test_below(decoder ? 22 : 10)) {
    case 0: m->wiring = (rnn_wiring)bad_id(RNN_WIRINGS); return 1;
    case 1: m->cell = (rnn_cell)bad_id(RNN_CELLS); return 1;
    case 2: m->input = (rnn_input)bad_id(RNN_INPUTS); return 1;
    case 3: m->input_size = bad_size(); return 1;
    case 4: m->hidden_size = -between(1, 9); return 1;
    case 5: m->num_layers = -between(1, 9); return 1;
    case 6: m->output_size = -between(1, 9); return 1;
    case 7: m->dropout = chance(50) ? negative() : infinity(); return 1;
    case 8: m->dropout_last = chance(50) ? negative() : 1; return 1;
    case 9:
        m->embedding_size = bad_size();
        return m->input == RNN_INPUT_EMBEDDING;
    case 10: m->target = (rnn_input)bad_id(RNN_INPUTS); return m->target_size;
    case 11: m->target_size = -between(1, 9); return 1;
    case 12:
        m->target_embedding_size = bad_size();
        return m->target == RNN_INPUT_EMBEDDING;
    case 13: m->decoder_hidden_size = -between(1, 9); return 1;
    case 14: m->decoder_layers = -between(1, 9); return 1;
    case 15: m->context = (rnn_context)bad_id(RNN_CONTEXTS); return 1;
    case 16: m->context_size = -between(1, 9); return 1;
    case 17:
        m->feed = chance(50) ? 8u << test_below(29)
                             : (unsigned)RNN_FEED_FIRST | RNN_FEED_EACH;
        return 1;
    case 18: m->hand_over |= 4u << test_below(30); return 1;
    case 19: m->attention = (rnn_score)bad_id(RNN_SCORES); return 1;
    case 20:
        m->attention_size = bad_size();
        return m->attention == RNN_SCORE_ADDITIVE;
    default: m->num_sources = chance(50) ? 3 : -between(1, 9); return 1;
    }
}

/* What contradicts itself; 0: not this one. */
static int contradict(rnn_model *m)
{
    const int decoder = m->wiring >= RNN_WIRING_1_TO_N;
    const int layers = m->num_layers > 1 || m->decoder_layers > 1;

    switch (test_below(12)) {
    case 0: m->attention = RNN_SCORE_DOT; return !decoder;
    case 1: m->target_size = 3; return !decoder;
    case 2: m->context = RNN_CONTEXT_MEAN; return !decoder;
    case 3: m->feed = RNN_FEED_EACH; return !decoder;
    case 4: m->num_sources = 1; return !decoder;
    case 5: m->embedding_size = 3; return m->input != RNN_INPUT_EMBEDDING;
    case 6: m->bidirectional = chance(50) ? 2 : -1; return 1;
    case 7: m->no_bias = chance(50) ? 2 : -1; return 1;
    case 8: m->dropout = (rnn_real)0.5; return !layers;
    case 9: m->attention_size = 3; return m->attention != RNN_SCORE_ADDITIVE;
    case 10: m->head_context = 2; return 1;
    default: m->source_steps = 3; return m->context != RNN_CONTEXT_ALL;
    }
}

static int break_most(rnn_most *n)
{
    const int minus = chance(30) ? INT_MIN : -between(1, 9);

    switch (test_below(9)) {
    case 0: n->steps = minus; break;
    case 1: n->batch = minus; break;
    case 2: n->source_steps = minus; return !now.j.given;
    case 3: n->rows = minus; break;
    case 4: n->tokens = minus; break;
    case 5: n->moments = minus; break;
    case 6: n->packed = (rnn_packing)bad_id(RNN_PACK_BF16 + 1); break;
    case 7: n->keep_every = chance(30) ? INT_MIN : -between(2, 9); break;
    default: n->steps = n->batch = INT_MAX; break;
    }
    return 1;
}

/* All tensors of a model, one behind the other; initialised, every number is
 * there. */
static void check_tensors(const rnn_model *m, size_t n)
{
    rnn_tensor *t = (rnn_tensor *)new_block(sizeof *t, OUTPUT, 1)->p;
    rnn_real *p = room(n);
    rnn_rng *rng = (rnn_rng *)new_block(sizeof *rng, OUTPUT, 1)->p;
    size_t sum = 0;
    int i;

    rnn_rng_seed(rng, 7);
    DO(BAD, rnn_init_params(m, p, n - 1, rng, NULL));
    DO(BAD, rnn_init_params(m, NULL, n, rng, NULL));
    DO(BAD, rnn_init_params(m, p, n, NULL, NULL));
    DO(GOOD, rnn_init_params(m, p, n, rng, NULL));
    HOLDS(all_finite(p, n));
    memset(t, 0, sizeof *t);
    for (i = 0; !DO(EITHER, rnn_model_tensor(m, i, t, NULL)); i++) {
        HOLDS(t->offset <= n && t->size <= n - t->offset &&
              strlen(t->name) < sizeof t->name);
        HOLDS(t->size == (size_t)t->rows * (size_t)(t->cols ? t->cols : 1));
        sum += t->size;
        DO(GOOD,
           rnn_init_tensor(t, p, (rnn_init_rule)test_below(10), 1, rng, NULL));
        DO(BAD, rnn_init_tensor(t, p, (rnn_init_rule)bad_id(10), 1, rng, NULL));
        DO(BAD, rnn_init_tensor(NULL, p, RNN_INIT_NORMAL, 1, rng, NULL));
        DO(BAD, rnn_init_tensor(t, NULL, RNN_INIT_NORMAL, 1, rng, NULL));
        DO(BAD, rnn_init_tensor(t, p, RNN_INIT_NORMAL, 1, NULL, NULL));
        HOLDS(all_finite(p, n));
    }
    HOLDS(sum == n && rnn_model_tensor(m, i, t, NULL) == RNN_E_END);
    DO(BAD, rnn_model_tensor(m, -between(1, 9), t, NULL));
    DO(BAD, rnn_model_tensor(m, 0, NULL, NULL));
    DO(BAD, rnn_model_tensor(NULL, 0, t, NULL));
    DO(has_c() && !m->no_bias ? GOOD : BAD,
       rnn_init_forget_bias(m, p, n, 1, NULL));
    DO(BAD, rnn_init_forget_bias(m, p, n - 1, 1, NULL));
    DO(BAD, rnn_init_forget_bias(m, NULL, n, 1, NULL));
}

/* What a plan refuses, all refuse. */
static void refuse_model(const rnn_model *m)
{
    rnn_tensor *t = (rnn_tensor *)new_block(sizeof *t, OUTPUT, 1)->p;
    rnn_real *p = room(64);
    size_t len = 0;
    rnn_rng rng = {{1, 2}, {3, 4}};

    memset(t, 0, sizeof *t);
    DO(BAD, rnn_model_tensor(m, 0, t, NULL));
    DO(BAD, rnn_init_params(m, p, 64, &rng, NULL));
    DO(BAD, rnn_init_forget_bias(m, p, 64, 1, NULL));
    DO(BAD, rnn_save(m, p, 64, NULL, NULL, 0, &len, NULL));
    DO(BAD, rnn_load_params(p, 64, m, p, 64, NULL, NULL));
}

static void try_description(void)
{
    rnn_model m;
    rnn_most most;
    rnn_net *net;
    int want = GOOD;

    draw_trial();
    m = now.j.model;
    most = most_of(&now.j, chance(50), 0);
    net = new_net();
    DO(BAD, rnn_plan(NULL, &m, &most));
    DO(BAD, rnn_plan(net, NULL, &most));
    switch (test_below(6)) {
    case 0: want = break_model(&m) ? BAD : EITHER; break;
    case 1: want = contradict(&m) ? BAD : EITHER; break;
    case 2:
        if (break_most(&most))
            DO(BAD, rnn_plan(net, &m, &most));
        most = most_of(&now.j, 0, 0);
        break;
    case 3:
        break_field(&m, sizeof m, 3ul << offsetof(rnn_model, dropout) / 4);
        want = EITHER;
        break;
    default: break;
    }
    if (DO(want, rnn_plan(net, &m, chance(50) ? NULL : &most))) {
        if (want == BAD)
            refuse_model(&m);
        return;
    }
    now.j.model = m;
    if (net->sizes.params > 1u << 17)
        return;
    check_tensors(&m, net->sizes.params);
    if (chance(50))
        try_file(&m, reals(net->sizes.params, 1), net->sizes.params);
}

/* ---- all of it ----------------------------------------------------------- */

static void one_case(void)
{
    static void (*const tries[])(void) = {
        try_model,     try_model,    try_model,     try_model,
        try_model,     try_model,    try_model,     try_model,
        try_model,     try_model,    try_linear,    try_linear,
        try_attention, try_loss,     try_vectors,   try_random,
        try_clipping,  try_optimizer, try_schedule, try_plateau,
        try_sampling,  try_description, try_description, try_int8};
    uint32_t key[2], at[2], word[2];

    key[0] = 0x66757a7au;
    key[1] = 0;
    at[0] = (uint32_t)(the_case & 0xffffffffu);
    at[1] = (uint32_t)(the_case >> 32);
    rnn_threefry(key, at, word);
    test_state = word[0] ? word[0] : 1;
    special = chance(12);
    tries[test_below((int)(sizeof tries / sizeof *tries))]();
    drop_blocks();
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? atof(argv[1]) : 10;
    const time_t start = time(NULL);
    long passed = 0, failed = 0, so_far;

    the_case = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    watch();
    open_jobs(1, argv);
    drop_blocks();
    do {
        so_far = test_failed;
        alarm(300);
        one_case();
        if (test_failed > so_far) {
            printf("case %llu has failed\n", the_case);
            failed++;
        } else {
            passed++;
        }
        the_case++;
    } while (difftime(time(NULL), start) < seconds);
    printf("%ld calls, %ld of them refused\n", calls, calls - good_calls);
    printf("%ld passed, %ld failed\n", passed, failed);
    job_make_unused();
    return failed != 0;
}
