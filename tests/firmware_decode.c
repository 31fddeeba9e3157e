/* An encoder-decoder with attention translates, as firmware runs it: it encodes
 * a sentence of eight tokens, then decodes greedily. Weights are constants in
 * flash, all memory is static, neither a C library nor libm is linked; memcpy,
 * which compilers call to copy a struct, is here. tests/firmware.sh builds it
 * and compares its line with the desk's. */
#define RNN_IMPLEMENTATION
#define RNN_NO_FILES
#include "../rnn.h"

enum { V = 8, H = 8, A = 4, S = 8, MAX = 8, STEPS = 4 }; /* STEPS sentences */

#include "firmware.h"

static const rnn_model model = {
    .wiring = RNN_N_TO_M, .cell = RNN_GRU, .input = RNN_ONE_HOT,
    .input_size = V, .hidden_size = H, .output_size = V, .target = RNN_ONE_HOT,
    .target_size = V, .attention = RNN_ADDITIVE, .attention_size = A,
    .head_context = 1};

/* encoder, W and U and v, decoder, head */
enum { PARAMS = RNN_STACK_PARAMS(RNN_GRU, V, H, 1, 1, 1) + A * (H + H + 1) +
                RNN_STACK_PARAMS(RNN_GRU, V + H, H, 1, 1, 1) +
                RNN_LINEAR_PARAMS(H + H, V, 1) };

static const rnn_real params[] = {
    W256(0), W256(256), W256(512), W256(768), W64(1024), W64(1088), W64(1152),
    W16(1216), W16(1232), W4(1248), W4(1252), W4(1256)};

/* a division by zero unless these are as many */
enum { ALL_WEIGHTS = 1 / (sizeof params / sizeof params[0] == PARAMS) };

/* what rnn_model_sizes says of S steps and one row: memory, infer, and step
 * with two rows of logits; run sees that it is enough */
static rnn_real memory[S * (H + A)], h[H], attn[MAX * S], work[588];

#if !__STDC_HOSTED__
void *memcpy(void *to, const void *from, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    volatile unsigned char *t = (unsigned char *)to; /* no call of itself */
    const unsigned char *f = (const unsigned char *)from;

    while (n--)
        *t++ = *f++;
    return to;
}
#endif

static int run(uint32_t *hash)
{
    static const rnn_decoding how = {0, 1, 1, MAX, 0, 0, 0};
    static int source_ids[S], ids[MAX];
    static rnn_seq source;
    rnn_sizes sizes;
    int n, i, count;

    source.steps = S;
    source.batch = 1;
    source.ids = source_ids;
    if (rnn_model_sizes(&model, S, 1, 1, &sizes) != RNN_OK ||
        sizes.params != PARAMS)
        return 1;
    for (n = 1; n <= STEPS; n++) {
        for (i = 0; i < S; i++)
            source_ids[i] = (i * n + i / n) % V;
        if (rnn_encode(&model, params, &source, memory,
                       sizeof memory / sizeof *memory, h, NULL, work,
                       sizeof work / sizeof *work, NULL) != RNN_OK ||
            rnn_decode(&model, params, &source, memory,
                       sizeof memory / sizeof *memory, &how, NULL, NULL, h,
                       NULL, ids, &count, attn, work,
                       sizeof work / sizeof *work, NULL) != RNN_OK)
            return n;
        *hash = hash_word(*hash, (uint32_t)count);
        for (i = 0; i < count; i++)
            *hash = hash_word(*hash, (uint32_t)ids[i]);
        *hash = hash_reals(*hash, attn, count * S);
        *hash = hash_reals(*hash, h, H);
    }
    return 0;
}
