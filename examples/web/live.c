/* live: the networks of the page that learns while one watches.
 *
 * The same file twice: compiled to WebAssembly, without a C library, it is what
 * `make web` puts into build/web/index.html; compiled here it is a program that
 * trains one of these networks and prints what tests/web.sh compares:
 *
 *     build/web/live NETWORK CELL HIDDEN LR SEED UPDATES [HOW]
 *
 * prints the loss after so many updates and a hash of all losses, parameters,
 * states, gates, weights of attention and probabilities. The page shows the
 * same number: its arithmetic is that of any machine without fma (RNN_NO_FMA).
 *
 * What is learnt stands in single.h and tasks.h, how in live.h; this file is
 * what the page calls. NETWORK 0 to 6 are the single layer, N vs N, N vs 1, 1
 * vs N, N vs M by c = h_N, the same with attention, and Chinese to English;
 * CELL is that of rnn.h, or f of the single layer; HOW says where x enters 1 vs
 * N: 0 at first, 1 at every step, 2 as h_0; where c enters N vs M: 0 as s_0, 1
 * at every step; and of Chinese to English how many hundredths of the encoder's
 * W an update takes. */

#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_FMA
#define RNN_NO_FILES
#define RNN_NO_STATUS_TEXT
#define RNN_NO_WHY
#include "../../rnn.h"
#include "live.h"
#include "single.h"
#include "tasks.h"

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name)
#endif

static live lives[NETWORKS];

/* of a batch: steps, steps of the source, rows */
static const int most[NETWORKS][3] = {{0, 0, 0},    {24, 1, 8},   {15, 1, 32},
                                      {16, 1, 16},  {21, 20, 16}, {21, 20, 16},
                                      {8, 8, 24}};

/* ---- opening and learning ----------------------------------------------- */

static void make_model(rnn_model *m, int k, int how)
{
    switch (k) {
    case N_TO_N: text_model(m); break;
    case N_TO_1: opinion_model(m); break;
    case ONE_TO_N: tune_model(m, how); break;
    case N_TO_M: reverse_model(m, 0, how); break;
    case N_TO_M_ATTENTION: reverse_model(m, 1, how); break;
    default: translate_model(m); break;
    }
}

static void make_batch(live *l, int k)
{
    switch (k) {
    case N_TO_N: text_batch(l); break;
    case N_TO_1: opinion_batch(l); break;
    case ONE_TO_N: tune_batch(l); break;
    case N_TO_M:
    case N_TO_M_ATTENTION: reverse_batch(l); break;
    default: translate_batch(l); break;
    }
}

/* What is shown until somebody asks for something else. */
static void make_input(live *l, int k)
{
    static const char begin[] = "The lamp";
    static const int sentence[] = {SAY_THE, SAY_THING, SAY_WAS, SAY_NOT,
                                   SAY_BAD, SAY_BUT, SAY_THE, SAY_THING + 1,
                                   SAY_WAS, SAY_BAD + 1};
    int i, n = 6;

    if (k == N_TO_N)
        for (n = 0; begin[n]; n++)
            l->input[n] = letter_of[(int)begin[n]];
    else if (k == N_TO_1)
        for (n = 0; n < (int)(sizeof sentence / sizeof *sentence); n++)
            l->input[n] = sentence[n];
    else if (k == ONE_TO_N)
        n = NOTES;
    else if (k == TRANSLATE)
        for (n = 0; n < 4; n++)
            l->input[n] = china[n];
    else
        for (i = 0; i < n; i++)
            l->input[i] = i + 1;
    l->inputs = n;
    l->input_x[0] = 1;
}

/* A network from its beginning; 0 if it is one. */
EXPORT(live_open)
int live_open(int k, int cell, int hidden, rnn_real lr, uint32_t seed, int how)
{
    live *l = &lives[k];
    rnn_status st;

    if (k == SINGLE)
        return open_single(cell, lr, seed);
    if (hidden < 1 || hidden > HIDDEN)
        return RNN_E_SIZE;
    clear(l, sizeof *l);
    l->how = how;
    l->trace = 2166136261u;
    l->model.cell = (rnn_cell)cell;
    l->model.hidden_size = hidden;
    make_model(&l->model, k, how);
    st = open_model(l, most[k][0], most[k][1], most[k][2], lr, seed);
    l->price = k == TRANSLATE ? (rnn_real)how / 100 : 0;
    make_input(l, k);
    l->open = !st;
    return st;
}

/* n updates. */
EXPORT(live_learn)
int live_learn(int k, int n)
{
    live *l = &lives[k];
    rnn_status st = RNN_OK;

    for (; !st && n > 0; n--) {
        if (k == SINGLE) {
            st = learn_single();
            single.trace = hash_reals(single.trace, &single.loss, 1);
            single.updates += !st;
            continue;
        }
        make_batch(l, k);
        st = learn(l);
        l->trace = hash_reals(l->trace, &l->loss, 1);
        l->updates += !st;
    }
    return st;
}

EXPORT(live_loss)
rnn_real live_loss(int k)
{
    return k == SINGLE ? single.loss : lives[k].loss;
}

/* The share that was right, before it was learnt. */
EXPORT(live_right)
rnn_real live_right(int k)
{
    return k == SINGLE ? single.right : lives[k].right;
}

/* ---- looking ------------------------------------------------------------ */

/* A pass over what is shown, for live_array. */
EXPORT(live_show)
int live_show(int k)
{
    return k == SINGLE ? show_single() : show(&lives[k]);
}

/* One token more of what N vs N writes without end. */
EXPORT(live_write)
int live_write(int k)
{
    return write_on(&lives[k]);
}

/* Of sequences of n letters that nobody has learnt, the share of letters that
 * are right in their places. */
EXPORT(live_test)
rnn_real live_test(int k, int n)
{
    enum { B = 16 };
    static int ids[LEARN * B], counts[B];
    live *l = &lives[k];
    rnn_rng rng;
    int b, t, right = 0;

    rnn_rng_seed(&rng, (uint32_t)(1000000 + n));
    put_reversed(l, n, B, &rng);
    if (write_greedily(l, &l->net, &l->work, &l->source, ids, counts, n + 1))
        return 0;
    for (b = 0; b < B; b++)
        for (t = 0; t < n; t++)
            right += t < counts[b] && ids[t * B + b] == l->targets[t * B + b];
    return (rnn_real)right / (rnn_real)(n * B);
}

/* Tokens that live_show is to read are written to array INPUT, n of them. */
EXPORT(live_input)
void live_input(int k, int n)
{
    lives[k].inputs = n;
}

enum { INPUT, OUTPUT, P, H_OF, C_OF, GATES_OF, ENCODER_H, ENCODER_C,
       ENCODER_GATES, ATTENTION, X, PARAMS, BEGIN, PLANE, PLANE_Y, FIELD,
       SHOWN_Y };

static const void *single_array(int what)
{
    switch (what) {
    case X: return single.shown;
    case SHOWN_Y: return &single.shown_y;
    case PARAMS: return single.params;
    case PLANE: return single.x;
    case PLANE_Y: return single.targets;
    case FIELD: return single.field;
    default: return NULL;
    }
}

static const void *layer_array(live *l, int which, int what)
{
    rnn_layer_view v;

    if (rnn_view_layer(&l->one, &l->shown, &l->view_seq, which, 0, 0, &v))
        return NULL;
    return what == H_OF ? v.h : what == C_OF ? v.c : v.gates;
}

/* Where an array of numbers, or of tokens, begins. */
EXPORT(live_array)
const void *live_array(int k, int what)
{
    live *l = &lives[k];
    rnn_view v;

    if (k == SINGLE)
        return single_array(what);
    if (what >= H_OF && what <= GATES_OF)
        return layer_array(l, 0, what);
    if (what >= ENCODER_H && what <= ENCODER_GATES)
        return layer_array(l, 1, what - ENCODER_H + H_OF);
    if (what == ATTENTION || what == BEGIN) {
        if (rnn_view_model(&l->one, &l->shown, &l->view_seq, &v))
            return NULL;
        return what == BEGIN ? v.h0 : v.source[0].attention;
    }
    return what == INPUT    ? (const void *)l->input
           : what == OUTPUT ? (const void *)l->output
           : what == P      ? (const void *)l->p
           : what == X      ? (const void *)l->input_x
           : what == PARAMS ? (const void *)l->work.params
                            : NULL;
}

enum { STEPS, SOURCE_STEPS, UPDATES, VOCABULARY, OUTPUTS_OF, STATE, SOURCE_STATE
};

EXPORT(live_number)
int live_number(int k, int what)
{
    const live *l = &lives[k];

    switch (what) {
    case STEPS: return l->view_seq.steps;
    case SOURCE_STEPS: return l->view_source.steps;
    case UPDATES: return k == SINGLE ? single.updates : l->updates;
    case VOCABULARY: return l->model.input_size;
    case OUTPUTS_OF: return l->model.output_size;
    case STATE: return (int)l->one.sizes.state;
    case SOURCE_STATE: return (int)l->one.sizes.source_state;
    default: return 0;
    }
}

/* Token i as text: of what is read, or (side 1) of what is written. */
EXPORT(live_word)
const char *live_word(int k, int side, int i)
{
    switch (k) {
    case N_TO_N: return letters[i];
    case N_TO_1: return opinion_words[i];
    case ONE_TO_N: return pitch_names[i];
    case TRANSLATE: return side ? en_words[i] : zh_words[i];
    default: return symbols[i];
    }
}

/* A hash of all losses and, of now, the parameters; with `views` 1 of what
 * live_show has left, too. */
EXPORT(live_hash)
uint32_t live_hash(int k, int views)
{
    live *l = &lives[k];
    const size_t T = (size_t)l->view_seq.steps,
                 S = (size_t)l->view_source.steps;
    const size_t H = l->one.sizes.state, E = l->one.sizes.source_state;
    static const size_t kept[] = {1, 1, 4, 4, 4, 4};
    const size_t K = kept[l->model.cell];
    const size_t lens[] = {T * (size_t)l->model.output_size, T * H, T * H,
                           T * K * H, S * E, S * E, S * K * E, T * S};
    uint32_t hash;
    int what;

    if (k == SINGLE) {
        hash = hash_reals(single.trace, single.params, 3);
        return views ? hash_reals(hash, single.field, GRID * GRID) : hash;
    }
    hash = hash_reals(l->trace, l->work.params, l->work.params_len);
    for (what = P; views && what <= ATTENTION; what++) {
        const rnn_real *x = (const rnn_real *)live_array(k, what);

        if (x)
            hash = hash_reals(hash, x, lens[what - P]);
    }
    return hash;
}

#ifdef __wasm__

/* What the compiler may call. */
void *memcpy(void *to, const void *from, size_t n)
{
    unsigned char *p = (unsigned char *)to;
    const unsigned char *q = (const unsigned char *)from;

    while (n--)
        *p++ = *q++;
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    unsigned char *p = (unsigned char *)to;

    while (n--)
        *p++ = (unsigned char)byte;
    return to;
}

#else

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int k, status;

    if (argc < 7) {
        fputs("live NETWORK CELL HIDDEN LR SEED UPDATES [HOW]\n", stderr);
        return 2;
    }
    k = atoi(argv[1]);
    if (k < 0 || k >= NETWORKS)
        return 2;
    status = live_open(
        k, atoi(argv[2]), atoi(argv[3]), (rnn_real)strtod(argv[4], NULL),
        (uint32_t)strtoul(argv[5], NULL, 10), argc > 7 ? atoi(argv[7]) : 0);
    if (!status)
        status = live_learn(k, atoi(argv[6]));
    if (!status)
        status = live_show(k);
    if (status) {
        fprintf(stderr, "status %d\n", status);
        return 1;
    }
    printf("loss %.9g right %.3f hash %08x views %08x\n", (double)live_loss(k),
           (double)live_right(k), (unsigned)live_hash(k, 0),
           (unsigned)live_hash(k, 1));
    return 0;
}
#endif
