/* An encoder-decoder with attention translates, as firmware runs it: it encodes
 * a sentence of eight tokens, then decodes greedily. Weights are constants in
 * flash, all memory is static, and neither a C library nor libm is linked.
 * tests/firmware.sh builds it and compares its line with the desk's. */
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../rnn.h"

enum { V = 8, H = 8, A = 4, S = 8, MAX = 8, STEPS = 4 }; /* STEPS sentences */

#include "firmware.h"

static const rnn_model model = {
    .wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_GRU,
    .input = RNN_INPUT_ONE_HOT, .input_size = V, .hidden_size = H,
    .output_size = V, .target = RNN_INPUT_ONE_HOT, .target_size = V,
    .attention = RNN_SCORE_ADDITIVE, .attention_size = A, .head_context = 1};

/* cell, I, E, H, L, D, bias, O; V, F, Hd, Ld, X, Z, C, R, A, N */
#define NET RNN_CELL_GRU, V, 0, H, 1, 1, 1, V, V, 0, H, 1, H, H, 0, 0, A, 1
enum { PARAMS = RNN_DECODER_PARAMS(NET) };

static const rnn_real params[] = {
    W256(0), W256(256), W256(512), W256(768), W64(1024), W64(1088), W64(1152),
    W16(1216), W16(1232), W4(1248), W4(1252), W4(1256)};

/* a division by zero unless these are as many */
enum { ALL_WEIGHTS = 1 / (sizeof params / sizeof params[0] == PARAMS) };

static rnn_real room[RNN_DECODER_INFER(S, 1, 1, NET)], h[H], attn[MAX * S];

static int run(uint32_t *hash)
{
    static const rnn_most most = {.source_steps = S, .packed = RNN_PACK_NONE};
    static const rnn_writing how = {.end = 1, .min_tokens = 1,
                                    .max_tokens = MAX};
    static int source_ids[S], ids[MAX];
    static rnn_net net;
    static rnn_work work;
    static rnn_seq source;
    int n, i, count;

    work.weights = params;
    work.weights_len = PARAMS;
    if (rnn_plan(&net, &model, &most) != RNN_OK || net.sizes.params != PARAMS ||
        rnn_bind(&net, &work, room, sizeof room / sizeof *room) != RNN_OK)
        return 1;
    source.steps = S;
    source.batch = 1;
    source.ids = source_ids;
    for (n = 1; n <= STEPS; n++) {
        for (i = 0; i < S; i++)
            source_ids[i] = (i * n + i / n) % V;
        if (rnn_encode(&net, &work, &source, h, NULL) != RNN_OK ||
            rnn_generate(&net, &work, &how, h, NULL, ids, &count, attn) !=
                RNN_OK)
            return n;
        *hash = hash_word(*hash, (uint32_t)count);
        for (i = 0; i < count; i++)
            *hash = hash_word(*hash, (uint32_t)ids[i]);
        *hash = hash_reals(*hash, attn, count * S);
        *hash = hash_reals(*hash, h, H);
    }
    return 0;
}
