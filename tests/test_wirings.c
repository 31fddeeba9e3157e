/* Gradients of every wiring against central differences, in double
 * (-DRNN_DOUBLE). test_grad.c has the same of stacks and of N vs N.
 *
 * Crossed in full: cell, wiring, context, q, feed, hand_over, head_context,
 * attention, direction, layers and lengths. The other axes are drawn anew for
 * each of these: input, target, sources, dropout, scheduled sampling, states,
 * biases, the decoder's layers; a table then shows that every two values of
 * any two axes that can meet have met. Sizes are drawn too, such that they fit
 * where any do. The rest is refused, as `valid`, a second telling of the rule,
 * says; it also judges each description with some of its fields spoilt.
 *
 * The value is sum logits up + sum hn dhn + sum cn dcn, over the decoder and
 * the encoders. Of every combination the derivative along two random directions
 * of all tensors at once is compared with <gradient, direction>; of some, as
 * they are drawn, that of each tensor alone; of fewer, every element. The state
 * at which a decoder starts has no array of the caller's where the context is
 * put there, so dh0 and dc0 are held against rnn_step, which takes it.
 *
 * Padding holds NaN and tokens that do not exist, outputs and work begin as
 * NaN: whatever is read that may not be, shows. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "tidy.h"

#include <math.h>

#define STEP 1e-5
#define BOUND 1e-7

enum { SLOTS = 72, SIDES = RNN_MAX_SOURCES + 1 };

static long checked, refused, spoilt, spoilt_refused;
static long blocks, kinks, flips, own_tokens;

/* ---- differences --------------------------------------------------------- */

typedef struct slot {       /* a tensor and its gradient           */
    char name[40];
    rnn_real *v;
    const rnn_real *d;
    rnn_real before;        /* what d held when it was added to it */
    size_t n, at;           /* at: of old and way                  */
} slot;

typedef struct task {       /* something to differentiate          */
    rnn_real (*value)(void *of);
    const char *(*name)(const void *of);
    void *of;
    int kinks;              /* it may have kinks                   */
    int flipped;            /* value: a choice came out otherwise  */
    int slots;
    slot slot[SLOTS];
    size_t n;
    rnn_real *old, *way;    /* the place, and a direction from it  */
} task;

static rnn_real dot(const rnn_real *a, const rnn_real *b, size_t n)
{
    rnn_real s = 0;
    size_t i;

    for (i = 0; a && b && i < n; i++)
        s += a[i] * b[i];
    return s;
}

static void add_slot(task *k, const char *what, const char *name, rnn_real *v,
                     const rnn_real *d, rnn_real before, size_t n)
{
    slot *s = &k->slot[k->slots];

    MUST(k->slots < SLOTS, "more than %d tensors", SLOTS);
    if (!d || k->slots == SLOTS)
        return;
    sprintf(s->name, "%.12s%.24s", what, name);
    s->v = v;
    s->d = d;
    s->before = before;
    s->n = n;
    s->at = k->n;
    k->n += n;
    k->slots++;
}

static void keep_place(task *k)
{
    int i;

    k->old = test_reals(k->n, 0);
    k->way = test_reals(k->n, 0);
    for (i = 0; i < k->slots; i++)
        memcpy(k->old + k->slot[i].at, k->slot[i].v,
               k->slot[i].n * sizeof *k->old);
}

/* Goes a step along the way of slots from .. to - 1. */
static void go(task *k, int from, int to, rnn_real step)
{
    size_t j;
    int i;

    for (i = from; i < to; i++) {
        const slot *s = &k->slot[i];
        for (j = 0; j < s->n; j++)
            s->v[j] = k->old[s->at + j] + step * k->way[s->at + j];
    }
}

static rnn_real value_at(task *k, int from, int to, rnn_real step)
{
    go(k, from, to, step);
    return k->value(k->of);
}

static rnn_real quotient(task *k, int from, int to, rnn_real step)
{
    const rnn_real up = value_at(k, from, to, step);
    return (up - value_at(k, from, to, -step)) / (2 * step);
}

/* How far the quotients of the two sides are apart. */
static rnn_real bend(task *k, int from, int to, rnn_real step)
{
    const rnn_real up = value_at(k, from, to, step);
    const rnn_real down = value_at(k, from, to, -step);
    return fabs(up + down - 2 * value_at(k, from, to, 0)) / step;
}

/* Whether a kink lies within a step: the quotients of two steps are this far
 * apart; or at the place itself, where ReLU reads 0: those of the two sides
 * are, and no nearer at a shorter step. */
static int at_kink(task *k, int from, int to, rnn_real steps_apart)
{
    const rnn_real fine = bend(k, from, to, STEP / 8);

    return fabs(steps_apart) > BOUND / 4 ||
           (fine > BOUND && fine > bend(k, from, to, STEP) / 2);
}

/* How far gradient and quotient along the way are apart; 0 where the quotient
 * says nothing, at a kink or a flip. */
static rnn_real off_along(task *k, int from, int to)
{
    rnn_real expected = 0, q, fine, error;
    size_t j;
    int i;

    for (i = from; i < to; i++) {
        const slot *s = &k->slot[i];
        for (j = 0; j < s->n; j++)
            expected += (s->d[j] - s->before) * k->way[s->at + j];
    }
    k->flipped = 0;
    q = quotient(k, from, to, STEP);
    error = fabs(q - expected);
    if (!(error <= BOUND)) { /* a shorter step for what bends a lot */
        fine = quotient(k, from, to, STEP / 8);
        error = fabs(fine - expected);
        if (!(error <= BOUND) && k->kinks && at_kink(k, from, to, fine - q)) {
            kinks++;
            error = 0;
        }
    }
    if (k->flipped) {
        flips++;
        error = 0;
    }
    go(k, from, to, 0);
    return error;
}

/* The same along a random direction, about 2 long. */
static rnn_real off(task *k, int from, int to)
{
    const slot *first = &k->slot[from], *last = &k->slot[to - 1];
    const size_t end = last->at + last->n;
    const rnn_real scale = sqrt(12 / (rnn_real)(end - first->at));
    size_t j;

    for (j = first->at; j < end; j++)
        k->way[j] = scale * test_number();
    return off_along(k, from, to);
}

static void check_elements(task *k)
{
    rnn_real worst, e;
    size_t j;
    int i;

    for (i = 0; i < k->slots; i++) {
        const slot *s = &k->slot[i];
        for (j = 0; j < s->n; j++)
            k->way[s->at + j] = 0;
        for (worst = 0, j = 0; j < s->n; j++) {
            k->way[s->at + j] = 1;
            e = off_along(k, i, i + 1);
            k->way[s->at + j] = 0;
            worst = e <= worst ? worst : e; /* a NaN is the worst */
        }
        CHECK(worst <= BOUND, "%s: an element of %s off by %g", k->name(k->of),
              s->name, worst);
    }
}

static void check_slots(task *k)
{
    rnn_real e;
    int i;

    for (i = 0; i < k->slots; i++) {
        e = off(k, i, i + 1);
        CHECK(e <= BOUND, "%s: %s off by %g", k->name(k->of), k->slot[i].name,
              e);
    }
}

/* Along two directions of everything; and more closely, if asked or wrong. */
static void check_task(task *k, int slots, int elements)
{
    rnn_real e;
    int i, good = 1;

    if (!k->slots)
        return;
    keep_place(k);
    for (i = 0; i < 2; i++) {
        e = off(k, 0, k->slots);
        good &= e <= BOUND;
        CHECK(e <= BOUND, "%s: off by %g", k->name(k->of), e);
    }
    if (slots || !good)
        check_slots(k);
    if (elements)
        check_elements(k);
}

/* ---- what there is to combine -------------------------------------------- */

enum {
    CELL, WIRING, CONTEXT, BRIDGE, FEED, HAND, HEAD, ATTENTION, BOTH, LAYERS,
    LENGTHS, /* up to here crossed, from here drawn */
    INPUT, TARGET, SOURCES, DROPOUT, OWN, STATES, BIAS, DEPTH, AXES
};
enum { CROSSED = INPUT, VALUES = 9 };

#define NAMED(a, name, ...) #name,

static const struct {
    int count;
    const char *value[VALUES];
} axes[AXES] = {
    {RNN_CELLS, {RNN_I_CELLS(NAMED, 0)}},
    {RNN_WIRINGS - 1, {"N vs 1", "1 vs N", "N vs M"}},
    {RNN_CONTEXTS, {RNN_I_CONTEXTS(NAMED, 0)}},
    {2, {"no q", "q"}},
    {6, {"as state", "at first", "at each", "as state, at first",
         "as state, at each", "feed 0"}},
    {4, {"hands nothing", "hands cell", "hands layers", "hands both"}},
    {2, {"head s", "head s c"}},
    {RNN_SCORES, {RNN_I_SCORES(NAMED, 0)}},
    {2, {"forward", "both ways"}},
    {2, {"1 layer", "2 layers"}},
    {2, {"full", "lengths"}},
    {3, {"dense", "one-hot", "embedding"}},
    {4, {"no target", "target dense", "target one-hot", "target embedding"}},
    {2, {"1 source", "2 sources"}},
    {2, {"no dropout", "dropout"}},
    {2, {"tokens given", "tokens own"}},
    {2, {"no states", "states"}},
    {2, {"bias", "no bias"}},
    {2, {"decoder as deep", "decoder of other depth"}}
};

static long met[AXES][VALUES][AXES][VALUES];

/* Whether an axis means nothing in a wiring but its first value. */
static int idle(int wiring, int axis)
{
    switch (axis) {
    case CONTEXT:
    case HAND:
    case ATTENTION:
    case SOURCES: return wiring < 2;
    case BOTH: return wiring == 1;
    case BRIDGE:
    case FEED:
    case HEAD:
    case TARGET:
    case OWN:
    case DEPTH: return wiring == 0;
    default: return 0;
    }
}

/* Whether no description has value x of axis a and y of b; a is before b. */
static int apart(int a, int x, int b, int y)
{
    return (a == WIRING && y > 0 && idle(x, b)) ||
           (b == WIRING && x > 0 && idle(y, a)) ||
           (a == HAND && x >= 2 && b == DEPTH && y) ||
           (a == CELL && !RNN_HAS_C(x) && b == HAND && y & RNN_HAND_CELL) ||
           (a == HAND && x & RNN_HAND_CELL && b == CELL && !RNN_HAS_C(y)) ||
           (a == TARGET && x < 2 && b == OWN && y);
}

static void check_pairs(void)
{
    int a, b, x, y;

    for (a = 0; a < AXES; a++)
        for (b = a + 1; b < AXES; b++)
            for (x = 0; x < axes[a].count; x++)
                for (y = 0; y < axes[b].count; y++)
                    CHECK((met[a][x][b][y] > 0) == !apart(a, x, b, y),
                          "%s with %s: %ld times", axes[a].value[x],
                          axes[b].value[y], met[a][x][b][y]);
}

static void note_pairs(const int *v)
{
    int a, b;

    for (a = 0; a < AXES; a++)
        for (b = a + 1; b < AXES; b++)
            met[a][v[a]][b][v[b]]++;
}

/* ---- when a description is valid ----------------------------------------- */

static int within(int x, int least, int most)
{
    return x >= least && x <= most;
}

/* Each number by itself. */
static int in_range(const rnn_model *m)
{
    if (!within((int)m->wiring, 0, RNN_WIRINGS - 1) ||
        !within((int)m->cell, 0, RNN_CELLS - 1) ||
        !within((int)m->input, 0, RNN_INPUTS - 1) || m->input_size < 1 ||
        m->output_size < 0 || m->num_layers < 0 || m->hidden_size < 0 ||
        (m->input == RNN_INPUT_EMBEDDING && m->embedding_size < 1) ||
        !within(m->bidirectional, 0, 1) || !within(m->no_bias, 0, 1))
        return 0;
    if (m->wiring != RNN_WIRING_1_TO_N && m->hidden_size < 1)
        return 0; /* of 1 vs N only where the decoder has none of its own */
    if (m->wiring < RNN_WIRING_1_TO_N)
        return 1;
    return within((int)m->target, 0, RNN_INPUTS - 1) && m->target_size >= 0 &&
           (m->target_size == 0 || m->target != RNN_INPUT_EMBEDDING ||
            m->target_embedding_size >= 1) &&
           m->decoder_hidden_size >= 0 && m->decoder_layers >= 0 &&
           (m->decoder_hidden_size > 0 || m->hidden_size > 0) &&
           within((int)m->context, 0, RNN_CONTEXTS - 1) &&
           m->context_size >= 0 &&
           (m->context != RNN_CONTEXT_ALL || m->source_steps >= 1) &&
           within((int)m->feed, 0, 7) && within((int)m->hand_over, 0, 3) &&
           within((int)m->attention, 0, RNN_SCORES - 1) &&
           within(m->num_sources, 0, 2) && within(m->head_context, 0, 1) &&
           (m->attention != RNN_SCORE_ADDITIVE || m->attention_size >= 1);
}

/* All whole numbers of a description; the first few are those of N vs 1.
 * Enumerations are as wide as int on a desk. */
enum { FIELDS = 24 };
#define AT(field) ((int *)(void *)&m->field)
static void fields_of(rnn_model *m, int **f)
{
    int *const all[FIELDS] = {
        AT(wiring), AT(cell), AT(input), &m->input_size, &m->embedding_size,
        &m->hidden_size, &m->num_layers, &m->bidirectional, &m->output_size,
        AT(target), &m->target_size, &m->target_embedding_size,
        &m->decoder_hidden_size, &m->decoder_layers, AT(context),
        &m->source_steps, &m->context_size, AT(feed), AT(hand_over),
        AT(attention), &m->attention_size, &m->head_context, &m->num_sources,
        &m->no_bias};
    memcpy(f, all, sizeof all);
}

/* Whether nothing is said that nobody reads. */
static int is_tidy(const rnn_model *m)
{
    rnn_model same = *m, tidied;
    int *a[FIELDS], *b[FIELDS], i;

    if (m->wiring == RNN_WIRING_1_TO_N) { /* 0 means the decoder's */
        if (!m->hidden_size)
            same.hidden_size = m->decoder_hidden_size;
        if (!m->num_layers)
            same.num_layers = m->decoder_layers;
    }
    tidied = same;
    tidy(&tidied);
    fields_of(&same, a);
    fields_of(&tidied, b);
    for (i = 0; i < FIELDS; i++)
        if (*a[i] != *b[i])
            return 0;
    return !(same.dropout > tidied.dropout);
}

/* Whether c is the state at which the decoder's layer 0 starts. */
static int is_state(const rnn_model *m)
{
    return !(m->hand_over & RNN_HAND_LAYERS) &&
           (m->feed & RNN_FEED_STATE || (m->feed == 0 && !m->attention));
}

/* How wide h_N of all sources is, and c without q. */
static int handed_width(const rnn_model *m)
{
    return m->hidden_size * (m->bidirectional ? 2 : 1) *
           (m->num_sources == 2 ? 2 : 1);
}

static int plain_context(const rnn_model *m)
{
    if (m->wiring == RNN_WIRING_1_TO_N)
        return m->input == RNN_INPUT_EMBEDDING ? m->embedding_size
                                               : m->input_size;
    return handed_width(m) *
           (m->context == RNN_CONTEXT_ALL ? m->source_steps : 1);
}

/* What has to be as wide as the decoder's state: 0 or this. */
static int handed_needs(const rnn_model *m)
{
    return m->hand_over & RNN_HAND_LAYERS ||
                   (m->hand_over & RNN_HAND_CELL && RNN_HAS_C(m->cell))
               ? handed_width(m)
               : 0;
}

static int dot_needs(const rnn_model *m)
{
    return m->attention == RNN_SCORE_DOT || m->attention == RNN_SCORE_SCALED_DOT
               ? m->hidden_size * (m->bidirectional ? 2 : 1)
               : 0;
}

static int valid(const rnn_model *m)
{
    const int layers = m->num_layers ? m->num_layers : 1;
    const int deep = m->decoder_layers ? m->decoder_layers : layers;
    const int wide =
        m->decoder_hidden_size ? m->decoder_hidden_size : m->hidden_size;
    const int input = m->feed & (RNN_FEED_FIRST | RNN_FEED_EACH);
    const int head = m->head_context && !m->attention;
    int c;

    if (!in_range(m) || !is_tidy(m))
        return 0;
    if (m->wiring < RNN_WIRING_1_TO_N)
        return 1;
    if (m->wiring == RNN_WIRING_1_TO_N &&
        (m->context || m->hand_over || m->attention || m->bidirectional ||
         m->num_sources == 2))
        return 0; /* there is no encoder */
    if (input == (RNN_FEED_FIRST | RNN_FEED_EACH))
        return 0;
    if (m->context_size && !is_state(m) && !input && !head)
        return 0; /* nobody reads what q gives */
    c = m->context_size ? m->context_size : plain_context(m);
    return !(is_state(m) && c != wide) &&
           !(m->hand_over & RNN_HAND_LAYERS && layers != deep) &&
           !(handed_needs(m) && handed_needs(m) != wide) &&
           !(dot_needs(m) && dot_needs(m) != wide);
}

/* ---- a combination ------------------------------------------------------- */

typedef struct side {        /* a source, or what the stack before the head
                                reads                                       */
    rnn_seq *seq;
    rnn_flow *flow;
    rnn_real *x, *h0, *c0;   /* seq's own, to be changed                    */
    size_t states, width;    /* numbers of h0; of a row of x                */
} side;

typedef struct problem {
    int v[AXES];
    rnn_model model;
    rnn_net net;
    rnn_work work;
    rnn_sizes sizes;
    rnn_seq seq, source[RNN_MAX_SOURCES];
    rnn_flow flow, source_flow[RNN_MAX_SOURCES];
    side side[SIDES];        /* the last one: seq                           */
    int sides;
    size_t rows, out;        /* of what comes out, and its width            */
    rnn_real *params, *grads, *logits, *up, *dlogits;
    int no_flow;             /* backward is given none                      */
    int *own;                /* the tokens that were read at first          */
    task task;
    /* the decoder from a start that is given */
    task from_start;
    rnn_real *start_h, *start_c, *h, *c;
    int *tokens;
} problem;

static const char *problem_name(const void *of)
{
    static char text[640];
    const problem *p = (const problem *)of;
    const rnn_model *m = &p->model;
    char *to = text;
    int a;

    for (a = 0; a < AXES; a++)
        to += sprintf(to, "%s, ", axes[a].value[p->v[a]]);
    sprintf(to,
            "I %d E %d H %d O %d It %d Et %d Hd %d Ld %d C %d N %d A %d T "
            "%d S %d %d B %d own %g %d",
            m->input_size, m->embedding_size, m->hidden_size, m->output_size,
            m->target_size, m->target_embedding_size, m->decoder_hidden_size,
            m->decoder_layers, m->context_size, m->source_steps,
            m->attention_size, p->seq.steps, p->source[0].steps,
            p->source[1].steps, p->seq.batch, p->seq.own_rate,
            p->seq.own_sample);
    return text;
}

/* Sizes that fit one another, if any do. */
static void fit(rnn_model *m, int q)
{
    int need = handed_needs(m) ? handed_needs(m) : dot_needs(m);
    int wide;

    m->source_steps = 2 + test_below(2);
    if (is_state(m) && !q) { /* [h_1; ...; h_N] may be no wider than h_N */
        m->source_steps = need ? 1 : 2;
        need = need ? need : plain_context(m);
    }
    wide = need ? need : 2 + test_below(3);
    m->decoder_hidden_size = wide == m->hidden_size && test_below(2) ? 0 : wide;
    if (q)
        m->context_size = is_state(m) ? wide : 1 + test_below(4);
}

static void describe(problem *p)
{
    static const int feeds[] = {RNN_FEED_STATE, RNN_FEED_FIRST, RNN_FEED_EACH,
                                RNN_FEED_STATE | RNN_FEED_FIRST,
                                RNN_FEED_STATE | RNN_FEED_EACH, 0};
    rnn_model *m = &p->model;
    const int *v = p->v;

    m->wiring = (rnn_wiring)(v[WIRING] + RNN_WIRING_N_TO_1);
    m->cell = (rnn_cell)v[CELL];
    m->input = (rnn_input)v[INPUT];
    m->input_size = 2 + test_below(2);
    m->embedding_size = m->input == RNN_INPUT_EMBEDDING ? 1 + test_below(3) : 0;
    m->hidden_size = v[BOTH] && v[SOURCES] ? 2 : 2 + test_below(2);
    m->num_layers = v[LAYERS] ? 2 : test_below(2);
    m->bidirectional = v[BOTH];
    m->no_bias = v[BIAS];
    m->output_size = 2 + test_below(2);
    if (v[DROPOUT]) {
        m->dropout = m->num_layers > 1 || (v[WIRING] && v[DEPTH]) ? 0.4 : 0;
        m->dropout_last = 0.3;
    }
    if (v[WIRING] == 0)
        return;
    m->target = v[TARGET] ? (rnn_input)(v[TARGET] - 1) : RNN_INPUT_DENSE;
    m->target_size = v[TARGET] ? m->output_size + test_below(2) : 0;
    if (!v[OWN] && test_below(8) == 0)
        m->output_size = 0; /* without a head */
    m->target_embedding_size =
        m->target == RNN_INPUT_EMBEDDING ? 1 + test_below(3) : 0;
    m->decoder_layers =
        v[DEPTH] ? 2 - v[LAYERS] : (1 + v[LAYERS]) * test_below(2);
    m->context = (rnn_context)v[CONTEXT];
    m->feed = (unsigned)feeds[v[FEED]];
    m->hand_over = (unsigned)v[HAND];
    m->head_context = v[HEAD];
    m->attention = (rnn_score)v[ATTENTION];
    m->attention_size =
        m->attention == RNN_SCORE_ADDITIVE ? 2 + test_below(2) : 0;
    m->num_sources = v[SOURCES] ? 2 : test_below(2);
    fit(m, v[BRIDGE]);
    if (m->context != RNN_CONTEXT_ALL)
        m->source_steps = 0;
    if (m->wiring == RNN_WIRING_1_TO_N) { /* one stack */
        m->num_sources = m->num_sources == 2 ? 2 : 0;
        if (m->decoder_hidden_size)
            m->hidden_size = test_below(2) ? m->decoder_hidden_size : 0;
        if (m->decoder_layers)
            m->num_layers = test_below(2) ? m->decoder_layers : 0;
    }
    if (m->num_layers < 2 && m->decoder_layers < 2)
        m->dropout = 0;
}

static void draw(problem *p, int most_sources)
{
    int *v = p->v, a;

    for (a = CROSSED; a < AXES; a++)
        v[a] = idle(v[WIRING], a) ? 0 : test_below(axes[a].count);
    if (most_sources == 1)
        v[SOURCES] = 0;
    if (v[TARGET] < 2)
        v[OWN] = 0;
    if (v[HAND] >= 2)
        v[DEPTH] = 0;
}

/* ---- its numbers --------------------------------------------------------- */

static int length_of(const rnn_seq *seq, size_t b)
{
    return seq->lengths ? seq->lengths[b] : seq->steps;
}

/* Whether row i of the T*B is padding. */
static int is_padding(const rnn_seq *seq, size_t i)
{
    const size_t B = (size_t)seq->batch;
    return (int)(i / B) >= length_of(seq, i % B);
}

static rnn_real *nothing(size_t n)
{
    rnn_real *p = test_reals(n, 0);
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = NAN;
    return p;
}

/* None to all steps, and at least one row of either. */
static const int *draw_lengths(int batch, int steps)
{
    int *l = test_ids((size_t)batch, steps + 1);
    l[test_below(batch)] = test_below(2) ? steps : 0;
    return l;
}

/* x or ids; input: RNN_INPUT_DENSE, ... or -1. */
static void draw_input(side *s, int input, int size)
{
    const size_t rows = (size_t)s->seq->steps * (size_t)s->seq->batch;
    int *ids;
    size_t i, j;

    s->width = (size_t)size;
    if (input == RNN_INPUT_DENSE) {
        s->seq->x = s->x = test_reals(rows * s->width, 1);
        s->flow->dx = nothing(rows * s->width);
        for (i = 0; i < rows; i++)
            for (j = 0; j < s->width && is_padding(s->seq, i); j++)
                s->x[i * s->width + j] = NAN;
    } else if (input > RNN_INPUT_DENSE) {
        s->seq->ids = ids = test_ids(rows, size);
        for (i = 0; i < rows; i++)
            if (is_padding(s->seq, i))
                ids[i] = -1;
    }
}

static void draw_states(side *s, int given, int lstm)
{
    const size_t n = s->states;

    if (test_below(4))
        s->flow->dh0 = nothing(n);
    if (lstm && test_below(4))
        s->flow->dc0 = nothing(n);
    if (given && test_below(4))
        s->seq->h0 = s->h0 = test_reals(n, 0.9);
    if (given && lstm && test_below(4))
        s->seq->c0 = s->c0 = test_reals(n, 0.9);
    if (given && test_below(4)) {
        s->seq->hn = nothing(n);
        s->flow->dhn = test_reals(n, 1);
    }
    if (given && lstm && test_below(4)) {
        s->seq->cn = nothing(n);
        s->flow->dcn = test_reals(n, 1);
    }
}

static void draw_sources(problem *p, int batch)
{
    const rnn_model *m = &p->model;
    const int given = m->wiring == RNN_WIRING_1_TO_N;
    int i, steps;

    p->sides = m->wiring < RNN_WIRING_1_TO_N ? 0 : m->num_sources == 2 ? 2 : 1;
    for (i = 0; i < p->sides; i++) {
        side *s = &p->side[i];
        s->seq = &p->source[i];
        s->flow = &p->source_flow[i];
        steps = given ? 1 : 1 + (test_below(8) != 0) + test_below(2);
        s->seq->steps = steps;
        s->seq->batch = batch;
        s->seq->first_step = (uint32_t)test_below(9);
        if (m->context == RNN_CONTEXT_ALL && steps > m->source_steps)
            s->seq->steps = steps = m->source_steps;
        if (p->v[LENGTHS] && !given)
            s->seq->lengths = draw_lengths(batch, steps);
        draw_input(s, (int)m->input, m->input_size);
        if (given)
            continue;
        s->states = (size_t)(batch * m->hidden_size *
                             (m->num_layers ? m->num_layers : 1) *
                             (m->bidirectional ? 2 : 1));
        draw_states(s, p->v[STATES], RNN_HAS_C(m->cell) != 0);
    }
    p->seq.source = p->source;
}

static void draw_top(problem *p, int batch)
{
    const rnn_model *m = &p->model;
    side *s = &p->side[p->sides++];

    s->seq = &p->seq;
    s->flow = &p->flow;
    p->seq.steps = 1 + (test_below(8) != 0) + test_below(2);
    p->seq.batch = batch;
    p->seq.seed[0] = (uint32_t)test_below(99);
    p->seq.first_step = (uint32_t)test_below(9);
    p->seq.first_row = (uint32_t)test_below(9);
    if (p->v[LENGTHS])
        p->seq.lengths = draw_lengths(batch, p->seq.steps);
    if (m->wiring < RNN_WIRING_1_TO_N)
        draw_input(s, (int)m->input, m->input_size);
    else
        draw_input(s, p->v[TARGET] - 1, m->target_size);
    if (p->v[OWN]) {
        p->seq.own_rate = test_below(2) ? 1 : 0.6;
        p->seq.own_sample = test_below(2);
        p->seq.own_ids = test_ids((size_t)(p->seq.steps * batch), 1);
    }
}

/* Now and then nobody wants gradients of the sources, or of anything but the
 * parameters. */
static void drop_flows(problem *p)
{
    const int drawn = test_below(8);

    p->flow.source = p->source_flow;
    if (drawn > 1)
        return;
    memset(p->source_flow, 0, sizeof p->source_flow);
    p->flow.source = NULL;
    if (drawn)
        return;
    memset(&p->flow, 0, sizeof p->flow);
    p->no_flow = 1;
}

static void draw_numbers(problem *p)
{
    const rnn_model *m = &p->model;
    const int batch = 2 + (test_below(4) == 0);
    rnn_most most = {0};
    side *top;
    size_t i, j;
    int k;

    draw_sources(p, batch);
    draw_top(p, batch);
    most.steps = p->seq.steps + test_below(2);
    most.batch = batch;
    most.train = 1;
    most.packed = test_below(2) ? RNN_PACK_FLOAT : RNN_PACK_NONE;
    for (k = 0; k + 1 < p->sides; k++)
        if (p->source[k].steps > most.source_steps)
            most.source_steps = p->source[k].steps;
    MUST(rnn_plan(&p->net, m, &most) == RNN_OK, "%s: plan", problem_name(p));
    p->sizes = p->net.sizes;
    top = &p->side[p->sides - 1];
    top->states = p->sizes.state;
    draw_states(top, p->v[STATES], RNN_HAS_C(m->cell) != 0);
    drop_flows(p);
    for (k = 0; k < p->sides; k++) {
        say_seq(p->side[k].seq, NULL, 1);
        say_flow(p->side[k].flow);
    }
    p->rows = (size_t)batch;
    p->out = p->sizes.logits / p->rows;
    if (m->wiring != RNN_WIRING_N_TO_1) {
        p->rows *= (size_t)p->seq.steps;
        p->out /= (size_t)most.steps;
    }
    p->params = test_reals(p->sizes.params, 0.8);
    p->grads = test_reals(p->sizes.params, 0);
    p->logits = nothing(p->sizes.logits);
    p->up = test_reals(p->rows * p->out, 1);
    p->dlogits = nothing(p->sizes.logits);
    p->work.params = p->params;
    p->work.grads = p->grads;
    p->work.logits = p->logits;
    p->work.dlogits = p->dlogits;
    p->work.params_len = p->work.grads_len = p->sizes.params;
    p->work.logits_len = p->work.dlogits_len = p->sizes.logits;
    MUST(rnn_bind(&p->net, &p->work, nothing(p->sizes.all), p->sizes.all) ==
             RNN_OK,
         "%s: bind", problem_name(p));
    for (i = 0; i < p->rows; i++)
        for (j = 0; j < p->out; j++)
            if (m->wiring != RNN_WIRING_N_TO_1 && is_padding(&p->seq, i))
                p->up[i * p->out + j] = 0;
            else
                p->dlogits[i * p->out + j] = p->up[i * p->out + j];
}

/* ---- its value and its gradients ----------------------------------------- */

static rnn_real value(void *of)
{
    problem *p = (problem *)of;
    const size_t rows = (size_t)p->seq.steps * (size_t)p->seq.batch;
    rnn_real sum;
    size_t j;
    int i;
    const rnn_status st = rnn_forward(&p->net, &p->work, &p->seq);

    MUST(st == RNN_OK, "%s: forward: %s", problem_name(p), rnn_status_text(st));
    sum = dot(p->logits, p->up, p->rows * p->out);
    for (i = 0; i < p->sides; i++) {
        const side *s = &p->side[i];
        sum += dot(s->seq->hn, s->flow->dhn, s->states);
        sum += dot(s->seq->cn, s->flow->dcn, s->states);
    }
    for (j = 0; p->own && j < rows; j++)
        if (p->own[j] != p->seq.own_ids[j])
            p->task.flipped = 1;
    return sum;
}

static int top_width(const rnn_model *m)
{
    return m->wiring >= RNN_WIRING_1_TO_N && m->decoder_hidden_size
               ? m->decoder_hidden_size
               : m->hidden_size;
}

/* Of the decoder's first state: how many layers have theirs from elsewhere than
 * from seq. */
static int layers_of_h(const rnn_model *m)
{
    return m->wiring < RNN_WIRING_1_TO_N    ? 0
           : m->hand_over & RNN_HAND_LAYERS ? 2
                                            : is_state(m);
}

static int layers_of_c(const rnn_model *m)
{
    return m->wiring < RNN_WIRING_1_TO_N || !(m->hand_over & RNN_HAND_CELL) ? 0
           : m->hand_over & RNN_HAND_LAYERS                                 ? 2
                                                                            : 1;
}

/* What grads hold before: 0.25 that is added to, or rubbish that is
 * overwritten. */
static rnn_real before(const problem *p)
{
    return p->no_flow || !p->flow.accumulate ? 0 : 0.25;
}

static void list_slots(problem *p)
{
    static const char *const what[] = {"source ", "source 2 ", "top "};
    const rnn_model *m = &p->model;
    task *k = &p->task;
    rnn_tensor t;
    size_t over;
    int i;

    for (i = 0; rnn_model_tensor(m, i, &t, NULL) == RNN_OK; i++)
        add_slot(k, "", t.name, p->params + t.offset, p->grads + t.offset,
                 before(p), t.size);
    for (i = 0; i < p->sides; i++) {
        const side *s = &p->side[i];
        const rnn_seq *q = s->seq;
        const int top = i == p->sides - 1;
        const char *name = what[top ? 2 : i];
        const size_t layer = (size_t)top_width(m) * (size_t)q->batch;
        if (s->x)
            add_slot(k, name, "x", s->x, s->flow->dx, 0,
                     (size_t)q->steps * (size_t)q->batch * s->width);
        over = top ? layer * (size_t)layers_of_h(m) : 0;
        if (s->h0 && s->flow->dh0 && over < s->states)
            add_slot(k, name, "h0", s->h0 + over, s->flow->dh0 + over, 0,
                     s->states - over);
        over = top ? layer * (size_t)layers_of_c(m) : 0;
        if (s->c0 && s->flow->dc0 && over < s->states)
            add_slot(k, name, "c0", s->c0 + over, s->flow->dc0 + over, 0,
                     s->states - over);
    }
}

static int finite(const rnn_real *p, size_t n)
{
    while (p && n--)
        if (!(fabs(p[n]) < HUGE_VAL))
            return 0;
    return 1;
}

/* All that flows out is written, and dx on padding is 0, to the bit. */
static void check_flows(const problem *p)
{
    size_t j, r;
    int i, zero = 1, written = 1;

    for (i = 0; i < p->sides; i++) {
        const side *s = &p->side[i];
        const rnn_flow *f = s->flow;
        const size_t rows = (size_t)s->seq->steps * (size_t)s->seq->batch;
        written &= finite(f->dx, rows * s->width) &&
                   finite(f->dh0, s->states) && finite(f->dc0, s->states);
        for (r = 0; f->dx && r < rows; r++)
            for (j = 0; j < s->width && is_padding(s->seq, r); j++)
                zero &= f->dx[r * s->width + j] == 0;
    }
    CHECK(written, "%s: not all of dx, dh0, dc0", problem_name(p));
    CHECK(zero, "%s: dx on padding", problem_name(p));
}

/* What flows out starts as NaN and must be overwritten. */
static void go_back(problem *p)
{
    rnn_status st;
    size_t i;

    p->flow.accumulate = test_below(4) > 0;
    for (i = 0; i < p->sizes.params; i++)
        p->grads[i] = before(p) > 0 ? before(p) : 1e30;
    st = rnn_backward(&p->net, &p->work, &p->seq, p->no_flow ? NULL : &p->flow);
    MUST(st == RNN_OK, "%s: backward: %s", problem_name(p),
         rnn_status_text(st));
}

/* ---- the decoder from a start that is given ------------------------------ */

/* What the final states of the rows of length n add, while they are in h, c. */
static rnn_real ended(const problem *p, int n)
{
    const size_t B = (size_t)p->seq.batch, H = (size_t)top_width(&p->model);
    rnn_real sum = 0;
    size_t l, b, at;

    for (l = 0; l < p->sizes.state / (B * H); l++)
        for (b = 0; b < B; b++) {
            at = (l * B + b) * H;
            if (length_of(&p->seq, b) != n)
                continue;
            if (p->flow.dhn)
                sum += dot(p->h + at, p->flow.dhn + at, H);
            if (p->flow.dcn)
                sum += dot(p->c + at, p->flow.dcn + at, H);
        }
    return sum;
}

/* The decoder's share of the value, a step at a time from start_h, start_c. */
static rnn_real value_from_start(void *of)
{
    problem *p = (problem *)of;
    const rnn_seq *q = &p->seq;
    const size_t n = p->sizes.state * sizeof *p->h, B = (size_t)q->batch;
    const size_t O = p->out;
    const size_t width = p->side[p->sides - 1].width;
    rnn_real sum;
    rnn_row row = {0};
    rnn_status st;
    size_t b;
    int t;

    row.rows = q->batch;
    memcpy(p->h, p->start_h, n);
    memcpy(p->c, p->start_c, n);
    sum = ended(p, 0);
    for (t = 0; t < q->steps; t++) {
        const size_t at = (size_t)t * B;
        row.t = t;
        row.x = q->x ? q->x + at * width : NULL;
        row.ids = p->tokens ? p->tokens + at : NULL;
        say_row(&row, p->h, p->c);
        st = rnn_step(&p->net, &p->work, &row, p->h, p->c);
        MUST(st == RNN_OK, "%s: step: %s", problem_name(p),
             rnn_status_text(st));
        for (b = 0; b < B; b++)
            if (length_of(q, b) > t)
                sum += dot(p->logits + b * O, p->up + (at + b) * O, O);
        sum += ended(p, t + 1);
    }
    return sum;
}

/* The tokens that were read; on padding one that exists. */
static int *tokens_read(const problem *p)
{
    const rnn_seq *q = &p->seq;
    const size_t rows = (size_t)q->steps * (size_t)q->batch;
    int *ids = q->ids ? test_ids(rows, 1) : NULL;
    size_t i;

    for (i = 0; ids && i < rows; i++)
        if (!is_padding(q, i))
            ids[i] = p->own ? p->own[i] : q->ids[i];
    return ids;
}

/* dh0 and dc0 of a decoder, also where the start is made of the context. */
static void check_start(problem *p, rnn_real whole)
{
    const size_t n = p->sizes.state;
    task *k = &p->from_start;
    rnn_view view;
    rnn_real sum;
    rnn_status st;
    int i;

    k->value = value_from_start;
    k->name = problem_name;
    k->of = p;
    k->kinks = p->task.kinks;
    value(p); /* keep is as after forward again */
    st = rnn_view_model(&p->net, &p->work, &p->seq, &view);
    MUST(st == RNN_OK && view.h0, "%s: view", problem_name(p));
    p->h = nothing(n);
    p->c = nothing(n);
    p->start_h = nothing(n);
    p->start_c = nothing(n);
    p->tokens = tokens_read(p);
    if (p->source->state_len < n) /* of start_h, start_c */
        p->source->state_len = n;
    st = rnn_encode(&p->net, &p->work, p->source, p->start_h, p->start_c);
    MUST(st == RNN_OK, "%s: encode: %s", problem_name(p), rnn_status_text(st));
    memcpy(p->start_h, view.h0, n * sizeof *view.h0);
    if (view.c0)
        memcpy(p->start_c, view.c0, n * sizeof *view.c0);
    sum = value_from_start(p);
    for (i = 0; i + 1 < p->sides; i++) {
        const side *s = &p->side[i];
        sum += dot(s->seq->hn, s->flow->dhn, s->states);
        sum += dot(s->seq->cn, s->flow->dcn, s->states);
    }
    CHECK(fabs(sum - whole) < 1e-12, "%s: in steps off by %g", problem_name(p),
          fabs(sum - whole));
    add_slot(k, "start ", "h", p->start_h, p->flow.dh0, 0, n);
    add_slot(k, "start ", "c", p->start_c, p->flow.dc0, 0, n);
    check_task(k, test_below(4) == 0, test_below(32) == 0);
}

/* ---- all combinations ---------------------------------------------------- */

/* The rule, on the description and on one with fields of it spoilt. */
static rnn_status check_rule(const problem *p)
{
    rnn_model m = p->model;
    rnn_net net;
    rnn_tensor t;
    int *f[FIELDS], i;
    const rnn_status st = rnn_plan(&net, &m, NULL);
    rnn_status spoil;

    CHECK((st == RNN_OK) == valid(&m), "%s: %s", problem_name(p),
          rnn_status_text(st));
    CHECK(rnn_model_tensor(&m, 0, &t, NULL) == st, "%s: no tensor",
          problem_name(p));
    fields_of(&m, f);
    for (i = 1 + test_below(2); i > 0; i--)
        *f[test_below(FIELDS)] = test_below(9) - 1;
    spoil = rnn_plan(&net, &m, NULL);
    CHECK((spoil == RNN_OK) == valid(&m),
          "%s: spoilt: %s; wiring %d cell %d input %d %d %d H %d L %d both %d "
          "O %d target %d %d %d Hd %d Ld %d context %d N %d C %d feed %d hand "
          "%d att %d A %d head %d sources %d",
          problem_name(p), rnn_status_text(spoil), m.wiring, m.cell, m.input,
          m.input_size, m.embedding_size, m.hidden_size, m.num_layers,
          m.bidirectional, m.output_size, m.target, m.target_size,
          m.target_embedding_size, m.decoder_hidden_size, m.decoder_layers,
          m.context, m.source_steps, m.context_size, m.feed, m.hand_over,
          m.attention, m.attention_size, m.head_context, m.num_sources);
    spoilt++;
    spoilt_refused += spoil != RNN_OK;
    return st;
}

/* What was read in place of ids, if the model reads its own tokens. */
static void keep_tokens(problem *p)
{
    const size_t rows = (size_t)p->seq.steps * (size_t)p->seq.batch;
    size_t i;

    if (!p->v[OWN])
        return;
    p->own = test_ids(rows, 1);
    memcpy(p->own, p->seq.own_ids, rows * sizeof *p->own);
    for (i = 0; i < rows; i++)
        own_tokens += !is_padding(&p->seq, i) && p->own[i] != p->seq.ids[i];
}

/* Returns whether it is refused where one source in place of two may not be. */
static int check_combination(const int *crossed, int most_sources)
{
    rnn_real whole;
    problem p;

    memset(&p, 0, sizeof p);
    memcpy(p.v, crossed, CROSSED * sizeof *crossed);
    draw(&p, most_sources);
    describe(&p);
    if (check_rule(&p) != RNN_OK) {
        refused++;
        return p.v[SOURCES];
    }
    draw_numbers(&p);
    p.task.value = value;
    p.task.name = problem_name;
    p.task.of = &p;
    p.task.kinks = p.model.cell == RNN_CELL_RELU;
    whole = value(&p);
    keep_tokens(&p);
    go_back(&p);
    check_flows(&p);
    list_slots(&p);
    check_task(&p.task, test_below(16) == 0, test_below(96) == 0);
    if (p.model.wiring >= RNN_WIRING_1_TO_N && !p.v[DROPOUT] &&
        test_below(4) == 0)
        check_start(&p, whole);
    note_pairs(p.v);
    checked++;
    test_free();
    return 0;
}

/* The next of all values of the crossed axes; 0 after the last. */
static int step_on(int *v)
{
    int a;

    for (a = 0; a < CROSSED; a++) {
        if (++v[a] < axes[a].count)
            return 1;
        v[a] = 0;
    }
    return 0;
}

/* Where few axes mean anything, each combination comes up more often, so that
 * the drawn ones have their turn. */
static void check_all(void)
{
    static const int times[] = {24, 8, 1};
    int v[CROSSED] = {0}, a, i, means;

    do {
        for (means = 1, a = 0; a < CROSSED; a++)
            means &= !(v[a] && idle(v[WIRING], a));
        for (i = 0; i < (means ? times[v[WIRING]] : v[WIRING]); i++)
            if (check_combination(v, 2))
                check_combination(v, 1);
    } while (step_on(v));
    check_pairs();
}

/* ---- attention alone ----------------------------------------------------- */

typedef struct block {
    rnn_attention att;
    rnn_seq source, seq;
    size_t params_len, keys_len, work_len, attn_len, context_len;
    rnn_real *params, *h, *s, *keys, *work, *attn, *context, *scores;
    const rnn_real *dcontext, *dattn;
    rnn_real *up_context, *up_attn;
    task task;
} block;

static const char *block_name(const void *of)
{
    static char text[128];
    const block *b = (const block *)of;

    sprintf(text, "score %d Q %d K %d A %d T %d S %d B %d lengths %d %d "
            "dattn %d", b->att.score, b->att.query_size, b->att.key_size,
            b->att.size, b->seq.steps, b->source.steps, b->seq.batch,
            b->seq.lengths != NULL, b->source.lengths != NULL,
            b->dattn != NULL);
    return text;
}

static rnn_attention_pass pass_of(const block *b)
{
    rnn_attention_pass p;

    memset(&p, 0, sizeof p);
    p.params = b->params;
    p.source = &b->source;
    p.seq = &b->seq;
    p.keys = b->keys;
    p.attn = b->attn;
    p.context = b->context;
    p.scores = b->scores;
    p.dcontext = b->dcontext;
    p.dattn = b->dattn;
    p.work = b->work;
    say_look(&p);
    return p;
}

static rnn_real block_value(void *of)
{
    block *b = (block *)of;
    const rnn_attention_pass pass = pass_of(b);
    const rnn_status st = rnn_attention_forward(&b->att, &pass, NULL);

    MUST(st == RNN_OK, "%s: forward: %s", block_name(b), rnn_status_text(st));
    return dot(b->context, b->up_context, b->context_len) +
           dot(b->attn, b->up_attn, b->attn_len);
}

/* What comes in: NaN where it may not be read, and 0 there in its copy. */
static const rnn_real *draw_up(const block *b, size_t width, int weights,
                               rnn_real **copy)
{
    const size_t rows = (size_t)b->seq.steps * (size_t)b->seq.batch;
    rnn_real *d = test_reals(rows * width, 1);
    size_t i, j;

    *copy = test_reals(rows * width, 0);
    for (i = 0; i < rows; i++)
        for (j = 0; j < width; j++)
            if (is_padding(&b->seq, i) ||
                (weights && is_padding(&b->source, j * (size_t)b->seq.batch +
                                       i % (size_t)b->seq.batch)))
                d[i * width + j] = NAN;
            else
                (*copy)[i * width + j] = d[i * width + j];
    return d;
}

/* Scores, weights and what goes back are 0 on padding, to the bit. */
static void check_block_padding(const block *b, const rnn_real *dh,
                                const rnn_real *ds)
{
    const size_t B = (size_t)b->seq.batch, S = (size_t)b->source.steps;
    const size_t K = (size_t)b->att.key_size, Q = (size_t)b->att.query_size;
    size_t i, j;
    int good = 1;

    for (i = 0; i < (size_t)b->seq.steps * B; i++) {
        const int out = is_padding(&b->seq, i);
        for (j = 0; j < S; j++)
            if (out || is_padding(&b->source, j * B + i % B))
                good &= b->attn[i * S + j] == 0 && b->scores[i * S + j] == 0;
        for (j = 0; j < K; j++)
            if (out || length_of(&b->source, i % B) == 0)
                good &= b->context[i * K + j] == 0;
        for (j = 0; ds && j < Q; j++)
            good &= !out || ds[i * Q + j] == 0;
    }
    for (i = 0; dh && i < S * B * K; i++)
        good &= !is_padding(&b->source, i / K) || dh[i] == 0;
    CHECK(good, "%s: padding", block_name(b));
}

static void draw_block(block *b, int score, int lengths)
{
    rnn_flow none;
    side s;

    memset(&s, 0, sizeof s);
    memset(&none, 0, sizeof none);
    s.flow = &none;
    b->att.score = (rnn_score)score;
    b->att.query_size = 1 + test_below(4);
    b->att.key_size =
        score >= RNN_SCORE_DOT ? b->att.query_size : 1 + test_below(4);
    b->att.size = score == RNN_SCORE_ADDITIVE ? 1 + test_below(4) : 0;
    b->seq.batch = b->source.batch = 1 + test_below(3);
    b->seq.steps = 1 + test_below(4);
    b->source.steps = 1 + test_below(4);
    if (lengths & 1)
        b->seq.lengths = draw_lengths(b->seq.batch, b->seq.steps);
    if (lengths & 2)
        b->source.lengths = draw_lengths(b->seq.batch, b->source.steps);
    s.seq = &b->seq;
    draw_input(&s, RNN_INPUT_DENSE, b->att.query_size);
    b->s = s.x;
    s.seq = &b->source;
    draw_input(&s, RNN_INPUT_DENSE, b->att.key_size);
    b->h = s.x;
    say_seq(&b->seq, NULL, 1);
    say_seq(&b->source, NULL, 1);
}

static void check_block(int score, int lengths, int weights)
{
    rnn_attention_pass pass;
    size_t queries, states, j;
    rnn_status st;
    block b;

    memset(&b, 0, sizeof b);
    draw_block(&b, score, lengths);
    st = rnn_attention_sizes(&b.att, b.source.steps, b.seq.steps, b.seq.batch,
                             &b.params_len, &b.keys_len, &b.work_len, NULL);
    MUST(st == RNN_OK, "%s: sizes", block_name(&b));
    queries = (size_t)(b.seq.steps * b.seq.batch);
    states = (size_t)(b.source.steps * b.seq.batch * b.att.key_size);
    b.attn_len = queries * (size_t)b.source.steps;
    b.context_len = queries * (size_t)b.att.key_size;
    queries *= (size_t)b.att.query_size;
    b.params = test_reals(b.params_len, 1);
    b.keys = nothing(b.keys_len);
    b.work = nothing(b.work_len);
    b.attn = nothing(b.attn_len);
    b.context = nothing(b.context_len);
    b.scores = nothing(b.attn_len);
    b.dcontext = draw_up(&b, (size_t)b.att.key_size, 0, &b.up_context);
    if (weights)
        b.dattn = draw_up(&b, (size_t)b.source.steps, 1, &b.up_attn);
    block_value(&b);
    pass = pass_of(&b);
    pass.grads = test_reals(b.params_len, 0);
    for (j = 0; j < b.params_len; j++)
        pass.grads[j] = 0.25;
    pass.dh = test_below(4) ? nothing(states) : NULL;
    pass.ds = test_below(4) ? nothing(queries) : NULL;
    say_look(&pass);
    st = rnn_attention_backward(&b.att, &pass, NULL);
    MUST(st == RNN_OK, "%s: backward", block_name(&b));
    st = rnn_attention_grads(&b.att, &pass, NULL);
    MUST(st == RNN_OK, "%s: grads", block_name(&b));
    check_block_padding(&b, pass.dh, pass.ds);
    b.task.value = block_value;
    b.task.name = block_name;
    b.task.of = &b;
    j = (size_t)(b.att.query_size * b.att.size); /* W, and U with it */
    j += (size_t)b.att.key_size * (size_t)(score == RNN_SCORE_ADDITIVE
                                               ? b.att.size
                                               : b.att.query_size);
    if (score <= RNN_SCORE_GENERAL)
        add_slot(&b.task, "", "W, U", b.params, pass.grads, 0.25, j);
    if (score == RNN_SCORE_ADDITIVE)
        add_slot(&b.task, "", "v", b.params + j, pass.grads + j, 0.25,
                 (size_t)b.att.size);
    add_slot(&b.task, "", "h", b.h, pass.dh, 0, states);
    add_slot(&b.task, "", "s", b.s, pass.ds, 0, queries);
    check_task(&b.task, 1, 1);
    blocks++;
    test_free();
}

static void check_attention(void)
{
    int score, bits, i;

    for (score = RNN_SCORE_NONE + 1; score < RNN_SCORES; score++)
        for (bits = 0; bits < 8; bits++)
            for (i = 0; i < 12; i++)
                check_block(score, bits & 3, bits >> 2);
}

/* Scores without parameters need none, backward as well as forward. */
static void check_no_params(void)
{
    enum { S = 3, T = 2, B = 2, K = 2 };
    rnn_attention att = {RNN_SCORE_DOT, K, K, 0};
    rnn_seq source = {0}, seq = {0};
    size_t params, keys, work;
    rnn_attention_pass pass;
    rnn_status st;

    source.steps = S;
    seq.steps = T;
    source.batch = seq.batch = B;
    source.x = test_reals(S * B * K, 1);
    seq.x = test_reals(T * B * K, 1);
    st = rnn_attention_sizes(&att, S, T, B, &params, &keys, &work, NULL);
    CHECK(!st && params == 0, "dot has no parameters");
    memset(&pass, 0, sizeof pass);
    pass.source = &source;
    pass.seq = &seq;
    pass.keys = test_reals(pass.keys_len = keys, 0);
    pass.work = test_reals(pass.work_len = work, 0);
    pass.attn = test_reals(T * B * S, 0);
    pass.context = test_reals(T * B * K, 0);
    pass.dcontext = pass.context;
    pass.dh = test_reals(S * B * K, 0);
    say_look(&pass);
    say_seq(&source, NULL, 1);
    say_seq(&seq, NULL, 1);
    CHECK(rnn_attention_forward(&att, &pass, NULL) == RNN_OK, "forward");
    CHECK(rnn_attention_backward(&att, &pass, NULL) == RNN_OK &&
              pass.dh[0] != 0,
          "backward");
    att.score = RNN_SCORE_ADDITIVE;
    att.size = 1;
    MUST(!rnn_attention_sizes(&att, S, T, B, &params, &keys, &work, NULL),
         "sizes");
    pass.keys = test_reals(pass.keys_len = keys, 0);
    pass.work = test_reals(pass.work_len = work, 0);
    pass.params = test_reals(pass.params_len = params, 1);
    CHECK(rnn_attention_forward(&att, &pass, NULL) == RNN_OK, "forward");
    pass.params = NULL;
    CHECK(rnn_attention_backward(&att, &pass, NULL) == RNN_E_ARG,
          "additive without parameters");
    test_free();
}

int main(int argc, char **argv)
{
    long want = 0;
    int cell;

    test_seed(argc, argv);
    check_all();
    check_attention();
    check_no_params();
    printf("%ld combinations checked, %ld refused; of %ld descriptions with "
           "fields spoilt %ld refused\n",
           checked, refused, spoilt, spoilt_refused);
    printf("%ld attentions alone, %ld tokens of a model's own\n", blocks,
           own_tokens);
    printf("%ld quotients left out at a kink, %ld where a token of the "
           "model's own changed\n",
           kinks, flips);
    for (cell = 0; cell < RNN_CELLS; cell++) /* with c more is handed over */
        want +=
            (RNN_HAS_C(cell) ? 2 : 1) * (1712 + (RNN_CONTEXTS - 1) * 1504L) +
            8 * 96 + 24 * 8;
    CHECK(checked == want, "%ld, not what sizes can fit", checked);
    CHECK(spoilt - spoilt_refused > 10000 && own_tokens > 5000, "too few");
    CHECK(kinks <= 200, "too many kinks");
    CHECK(flips <= 20, "too many flips");
    test_unused();
    return test_end();
}
