/* An encoder-decoder with attention translates, as firmware runs it: it encodes
 * a sentence of eight tokens, then decodes by beams and greedily. Weights are
 * constants in flash, all memory is static, and neither a C library nor libm is
 * linked. tests/firmware.sh builds it and compares its line with the desk's.
 * FOLDED: by functions that the compiler folds, without a plan. */
#ifdef FOLDED
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#endif
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

enum { V = 8, H = 8, A = 4, S = 8, MAX = 8, WIDTH = 3, STEPS = 4 };
/* STEPS sentences */

#include "firmware.h"

/* cell, I, E, H, L, D, bias, O; V, F, Hd, Ld, X, Z, C, R, A, N */
#define NET RNN_CELL_GRU, V, 0, H, 1, 1, 1, V, V, 0, H, 1, H, H, 0, 0, A, 1
enum { PARAMS = RNN_DECODER_PARAMS(NET) };

static const rnn_real params[] = {
    W256(0), W256(256), W256(512), W256(768), W64(1024), W64(1088), W64(1152),
    W16(1216), W16(1232), W4(1248), W4(1252), W4(1256)};

/* a division by zero unless these are as many */
enum { ALL_WEIGHTS = 1 / (sizeof params / sizeof params[0] == PARAMS) };

static rnn_seq source;
static const rnn_writing how = {.end = 1, .min_tokens = 1, .max_tokens = MAX,
                                .width = WIDTH, .length_power = 1};
static int source_ids[S], ids[MAX], count, best[MAX], best_count;
static rnn_real score;
static rnn_real h[H], attn[MAX * S];

#ifdef FOLDED

RNN_DEFINE_ENCODE(encode, RNN_SCORE_ADDITIVE, 0, NET)
RNN_DEFINE_DECODE(decode, RNN_SCORE_ADDITIVE, 0, NET)
RNN_DEFINE_BEAM(search, decode, NET)

static rnn_real memory[RNN_DECODER_MEMORY(S, 1, NET)], logits[V];
static rnn_real scratch[RNN_FOLDED_SCRATCH_BEAM(WIDTH, S, NET)];
static int ints[RNN_FOLDED_INTS_BEAM(WIDTH, MAX)];
static rnn_row row;
static rnn_status found;

void folded_ENCODE(void);
void folded_DECODE(void);
void folded_BEAM(void);

void folded_ENCODE(void)
{
    encode(params, &source, memory, h, NULL, scratch);
}

void folded_DECODE(void)
{
    decode(params, memory, S, &row, h, NULL, logits, scratch);
}

void folded_BEAM(void)
{
    static rnn_search to = {.h = h, .scratch = scratch, .ints = ints,
                            .ids = best, .counts = &best_count,
                            .scores = &score};

    found = search(params, memory, S, &how, &to);
}

static int begin(void)
{
    return 0;
}

/* 1 ends it, but not before another token. */
static int translate(void)
{
    int token = 0, i;

    measured(folded_ENCODE);
    measured(folded_BEAM);
    row.ids = &token;
    for (count = 0; count < MAX; ids[count++] = token) {
        row.attn = attn + count * S;
        measured(folded_DECODE);
        token = 0;
        for (i = 1; i < V; i++)
            if (logits[i] > logits[token] && (i != 1 || count))
                token = i;
        if (token == 1)
            break;
    }
    return found != RNN_OK;
}

#else

static const rnn_model model = {
    .wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_GRU,
    .input = RNN_INPUT_ONE_HOT, .input_size = V, .hidden_size = H,
    .output_size = V, .target = RNN_INPUT_ONE_HOT, .target_size = V,
    .attention = RNN_SCORE_ADDITIVE, .attention_size = A, .head_context = 1};

static rnn_real room[RNN_DECODER_INFER(S, 1, 1, NET) + (WIDTH - 1) * V];
static rnn_net net;
static rnn_work work;

static int begin(void)
{
    static const rnn_most most = {.source_steps = S, .packed = RNN_PACK_NONE,
                                  .rows = WIDTH, .tokens = MAX};
    static int ints[RNN_FOLDED_INTS_BEAM(WIDTH, MAX)];

    work.weights = params;
    work.weights_len = PARAMS;
    work.ints = ints;
    work.ints_len = sizeof ints / sizeof *ints;
    return rnn_plan(&net, &model, &most) != RNN_OK ||
           net.sizes.params != PARAMS ||
           rnn_bind(&net, &work, room, sizeof room / sizeof *room) != RNN_OK;
}

static int translate(void)
{
    return rnn_encode(&net, &work, &source, h, NULL) != RNN_OK ||
           rnn_beam_search(&net, &work, &how, h, NULL, best, &best_count,
                           &score) != RNN_OK ||
           rnn_generate(&net, &work, &how, h, NULL, ids, &count, attn) !=
               RNN_OK;
}

#endif

static int run(uint32_t *hash)
{
    int n, i;

    if (begin())
        return 1;
    source.steps = S;
    source.batch = 1;
    source.ids = source_ids;
    for (n = 1; n <= STEPS; n++) {
        for (i = 0; i < S; i++)
            source_ids[i] = (i * n + i / n) % V;
        if (translate())
            return n;
        *hash = hash_word(*hash, (uint32_t)count);
        for (i = 0; i < count; i++)
            *hash = hash_word(*hash, (uint32_t)ids[i]);
        for (i = 0; i < best_count; i++)
            *hash = hash_word(*hash, (uint32_t)best[i]);
        *hash = hash_reals(*hash, &score, 1);
        *hash = hash_reals(*hash, attn, count * S);
        *hash = hash_reals(*hash, h, H);
    }
    return 0;
}
