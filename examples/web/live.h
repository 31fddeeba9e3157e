/* live.h: a network of the page: a model, what it learns from, and one row of
 * it that is shown.
 *
 *     work     trains on batches
 *     shown    reads what somebody looks at with the same weights, one row, and
 *              keeps all states and gates, from which the page draws
 *
 * Nothing is allocated: a network lives in an array of its own. */

#ifndef LIVE_H
#define LIVE_H

enum { SINGLE, N_TO_N, N_TO_1, ONE_TO_N, N_TO_M, N_TO_M_ATTENTION, TRANSLATE,
       NETWORKS };
enum { LONGEST = 32,    /* steps of what is shown               */
       LEARN = 26,      /* steps of a batch, at most            */
       ROWS = 32,       /* rows of a batch, at most             */
       OUTPUTS = 64,    /* of a head, at most                   */
       HIDDEN = 64,     /* the most units that one can ask for  */
       ROOM = 1200000 }; /* numbers in a network's arrays       */

typedef struct live {
    int how, open;
    rnn_model model;
    rnn_net net, one;
    rnn_work work, shown;
    rnn_optimizer adam;
    rnn_rng data, pen; /* what is learnt next; what is written */
    uint32_t trace;    /* a hash of all losses so far          */
    int updates;
    rnn_real loss, right; /* the last; a mean of what was right */
    rnn_real price;       /* the share of an encoder's W that an update takes */
    size_t priced, priced_len; /* where it is */

    /* the batch */
    rnn_seq seq, source;
    int ids[LEARN * ROWS], targets[LEARN * ROWS], lengths[ROWS];
    int source_ids[LEARN * ROWS], source_lengths[ROWS];
    rnn_real x[ROWS * 4];

    /* what is shown: tokens that are read, or x; tokens that are written */
    int input[LONGEST], inputs, output[LONGEST];
    rnn_real input_x[4];
    rnn_seq view_seq, view_source;
    int view_ids[LONGEST];
    rnn_real p[LONGEST * OUTPUTS]; /* what the softmax says at each step */
    rnn_real h[HIDDEN * ROWS], c[HIDDEN * ROWS];
    rnn_real pen_h[HIDDEN], pen_c[HIDDEN];
    int pen_last;

    rnn_real memory[ROOM], shown_memory[ROOM / 4];
} live;

/* A number from 0 to n - 1. */
static int below(rnn_rng *rng, int n)
{
    return (int)((uint64_t)rnn_rng_next(rng) * (uint64_t)n >> 32);
}

/* The batch has T steps, S of the source, and B rows of full length. */
static void set_steps(live *l, int T, int S, int B)
{
    l->seq.steps = T;
    l->seq.batch = l->source.batch = B;
    l->source.steps = S;
    l->seq.lengths = l->source.lengths = NULL;
    l->seq.targets_len = (size_t)(T * B);
}

static void clear(void *p, size_t n)
{
    unsigned char *byte = (unsigned char *)p;

    while (n--)
        *byte++ = 0;
}

/* FNV-1a, of numbers as words: the same on every machine */
static uint32_t hash_reals(uint32_t hash, const rnn_real *x, size_t n)
{
    union {
        float f;
        uint32_t u;
    } word;
    int byte;

    for (; n--; x++)
        for (word.f = *x, byte = 0; byte < 4; byte++)
            hash = (hash ^ (word.u >> 8 * byte & 255)) * 16777619u;
    return hash;
}

/* ---- opening ------------------------------------------------------------ */

/* What a model reads: ids, or x; of a decoder in its source. */
static void tie(live *l, rnn_seq *seq, rnn_seq *source, const int *ids,
                const int *source_ids, const rnn_real *x)
{
    const int decoder = l->model.wiring >= RNN_WIRING_1_TO_N;

    if (!decoder || l->model.target_size > 0)
        seq->ids = ids;
    if (!decoder)
        return;
    seq->source = source;
    if (l->model.input == RNN_INPUT_DENSE)
        source->x = x;
    else
        source->ids = source_ids;
}

/* Where a tensor lies. */
static void find_tensor(live *l, const char *name, size_t *at, size_t *len)
{
    rnn_tensor tensor;
    int i, k;

    for (i = 0; !rnn_model_tensor(&l->model, i, &tensor, NULL); i++) {
        for (k = 0; name[k] && name[k] == tensor.name[k]; k++)
            ;
        if (name[k] == tensor.name[k]) {
            *at = tensor.offset;
            *len = tensor.size;
        }
    }
}

/* Batches have at most T steps, S of the source, and B rows. */
static rnn_status open_model(live *l, int T, int S, int B, rnn_real lr,
                             uint32_t seed)
{
    const rnn_most most = {T, B, S, B, 0, 1, 2, RNN_PACK_FLOAT, 0};
    const rnn_most one = {LONGEST, 1, LONGEST, 1, 0, 1, 0, RNN_PACK_NONE, 0};
    rnn_status st = rnn_plan(&l->net, &l->model, &most);
    rnn_rng rng;

    rnn_rng_seed(&l->data, seed);
    rnn_rng_seed(&l->pen, seed);
    rnn_rng_seed(&rng, seed + 1);
    if (!st)
        st = rnn_bind(&l->net, &l->work, l->memory, ROOM);
    if (!st)
        st = rnn_plan(&l->one, &l->model, &one);
    l->shown.weights = l->work.params;
    l->shown.weights_len = l->work.params_len;
    if (!st)
        st = rnn_bind(&l->one, &l->shown, l->shown_memory, ROOM / 4);
    if (!st)
        st = rnn_init_params(&l->model, l->work.params, l->work.params_len,
                             &rng, NULL);
    if (!st && l->model.cell >= RNN_CELL_LSTM)
        st = rnn_init_forget_bias(&l->model, l->work.params, l->work.params_len,
                                  1, NULL);
    if (!st)
        st = rnn_optimizer_init(&l->adam, RNN_OPT_ADAM, lr, NULL);
    find_tensor(l, "enc.weight_hh_l0", &l->priced, &l->priced_len);
    tie(l, &l->seq, &l->source, l->ids, l->source_ids, l->x);
    tie(l, &l->view_seq, &l->view_source, l->view_ids, l->input, l->input_x);
    return st;
}

/* ---- learning ----------------------------------------------------------- */

static int likeliest(const rnn_real *x, int n)
{
    int best = 0, i;

    for (i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

/* The share of the targets that are likeliest, as the network was before it has
 * learnt from them. */
static rnn_real share_right(const live *l)
{
    const int O = l->model.output_size, B = l->seq.batch;
    const int one = l->model.wiring == RNN_WIRING_N_TO_1;
    const int rows = one ? B : l->seq.steps * B;
    int i, of = 0, right = 0;

    for (i = 0; i < rows; i++) {
        if (!one && l->seq.lengths && i / B >= l->seq.lengths[i % B])
            continue;
        of++;
        right += likeliest(l->work.logits + i * O, O) == l->targets[i];
    }
    return (rnn_real)right / (rnn_real)of;
}

/* One update: forward, loss, backward, a step of the optimiser, the price. */
static rnn_status learn(live *l)
{
    rnn_status st = rnn_forward(&l->net, &l->work, &l->seq);
    const rnn_real left = 1 - l->price;
    rnn_real right;
    size_t i;

    if (!st)
        st = rnn_cross_entropy(&l->net, &l->work, &l->seq, l->targets, NULL,
                               &l->loss);
    if (!st) {
        right = share_right(l) - l->right;
        l->right += right / (rnn_real)(l->updates < 40 ? l->updates + 1 : 40);
        st = rnn_backward(&l->net, &l->work, &l->seq, NULL);
    }
    if (!st)
        st =
            rnn_clip_grad_norm(l->work.grads, l->work.grads_len, 1, NULL, NULL);
    if (!st)
        st = rnn_optimizer_step(&l->adam, &l->net, &l->work);
    for (i = 0; !st && l->price > 0 && i < l->priced_len; i++)
        l->work.params[l->priced + i] *= left;
    return st;
}

/* ---- showing ------------------------------------------------------------ */

/* What a decoder thinks likeliest for the sources of so many rows, up to END or
 * `most` tokens: ids (most, rows), their numbers in counts. */
static rnn_status write_greedily(live *l, const rnn_net *net, rnn_work *work,
                                 const rnn_seq *source, int *ids, int *counts,
                                 int most)
{
    rnn_status st = rnn_encode(net, work, source, l->h, l->c);
    rnn_writing how = {0};

    how.rows = source->batch;
    how.max_tokens = most;
    if (!st)
        st = rnn_generate(net, work, &how, l->h, l->c, ids, counts, NULL);
    return st;
}

/* What the network would say if the sequence ended here: after every token. */
static rnn_status read_stepwise(live *l)
{
    const size_t O = (size_t)l->model.output_size, n = l->one.sizes.state;
    rnn_status st = RNN_OK;
    rnn_row row = {0};
    int t;

    clear(l->h, n * sizeof *l->h);
    clear(l->c, n * sizeof *l->c);
    for (t = 0; !st && t < l->view_seq.steps; t++) {
        row.ids = &l->view_ids[t];
        st = rnn_step(&l->one, &l->shown, &row, l->h, l->c);
        if (!st)
            st = rnn_softmax(l->shown.logits, 1, (int)O, l->p + (size_t)t * O,
                             NULL);
    }
    return st;
}

/* A decoder's view has its own tokens as what it reads, END in front. */
static rnn_status write_shown(live *l)
{
    const int most = 2 * l->inputs + 4 < LEARN ? 2 * l->inputs + 4 : LEARN;
    int count, t;
    rnn_status st = write_greedily(l, &l->one, &l->shown, &l->view_source,
                                   l->output, &count, most - 1);

    if (st)
        return st;
    l->output[count] = 0;
    l->view_seq.steps = count < most - 1 ? count + 1 : count;
    for (t = 0; t < l->view_seq.steps; t++)
        l->view_ids[t] = t ? l->output[t - 1] : 0;
    return RNN_OK;
}

/* The network reads `input`, or input_x, and keeps all that there is to draw.
 */
static rnn_status show(live *l)
{
    const int writes = l->model.wiring == RNN_WIRING_N_TO_M;
    const int one = l->model.wiring == RNN_WIRING_N_TO_1;
    rnn_status st = RNN_OK;
    int t;

    l->view_seq.batch = l->view_source.batch = 1;
    l->view_source.steps = writes ? l->inputs : 1;
    l->view_seq.steps = l->inputs;
    for (t = 0; t < l->inputs; t++)
        l->view_ids[t] = l->input[t];
    if (writes)
        st = write_shown(l);
    if (!st)
        st = rnn_forward(&l->one, &l->shown, &l->view_seq);
    if (!st && one)
        st = read_stepwise(l);
    else if (!st)
        st = rnn_softmax(l->shown.logits, (size_t)l->view_seq.steps,
                         l->model.output_size, l->p, NULL);
    return st;
}

/* The next of what it writes without end: a token drawn from its softmax; -1 if
 * it cannot. */
static int write_on(live *l)
{
    const rnn_sampling how = {(rnn_real)0.5, 0, 0};
    rnn_row row = {0};

    row.ids = &l->pen_last;
    if (rnn_step(&l->one, &l->shown, &row, l->pen_h, l->pen_c) ||
        rnn_sample(l->shown.logits, l->model.output_size, &how, &l->pen, NULL,
                   &l->pen_last, NULL))
        return -1;
    return l->pen_last;
}

#endif
