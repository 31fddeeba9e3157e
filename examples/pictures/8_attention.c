/* 8_attention: a context of its own for every word that comes out.
 *
 *                    I     love  China    y_i = softmax(V [s_i; c_i] + c)
 *                    ^     ^     ^
 *         s0 = 0 --> s1 -> s2 -> s3       s_i = tanh(U' c_i + W' s_(i-1) + b')
 *                    ^     ^     ^
 *                    c1    c2    c3       c_i = sum over j of a_ij h_j
 *                    |     |     | \
 *     h1 <-> h2 <-> h3 <-> h4             a_ij = softmax over j of
 *     ^      ^      ^      ^                v . tanh(Wa s_(i-1) + Ua h_j)
 *     我     爱     中     国
 *     U, W, b  enc.weight_ih_l0, ...; _reverse   U', W', b'  dec.weight_...
 *     V, c     out.weight, out.bias              Wa, Ua, v  att.W, att.U, att.v
 *
 * It learns sentences of three words, never 我爱中国. China needs 中 and 国, as
 * there are 中文 and 法国. But where h_3 knows what stands beside it, one look
 * is enough; so what states tell one another, W, has a price here: it loses a
 * fifth at each update. 8_attention SEED 0 has none, and looks at one alone. */
#define RNN_IMPLEMENTATION
#include "../../rnn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHARS = 16, WORDS = 16, N = 6, M = 3, B = 18, H = 8, S = 16, ALL = 90 };
static const char chars[] = "我你他们爱想喜欢中法英德国文茶书";
static const char *const words[WORDS][2] = {
    {"我", "I"}, {"你", "you"}, {"他们", "they"}, {"爱", "love"},
    {"想", "miss"}, {"喜欢", "like"}, {"中国", "China"}, {"中文", "Chinese"},
    {"法国", "France"}, {"法文", "French"}, {"英国", "UK"}, {"英文", "English"},
    {"德国", "Germany"}, {"德文", "German"}, {"茶", "tea"}, {"书", "books"}};
static rnn_real memory[200000];
static int from[N * B], from_len[B], to[M * B];
static const rnn_model model = {
    .wiring = RNN_WIRING_N_TO_M, .cell = RNN_CELL_TANH, .bidirectional = 1,
    .input = RNN_INPUT_ONE_HOT, .input_size = CHARS, .hidden_size = H,
    .attention = RNN_SCORE_ADDITIVE, .attention_size = S, .head_context = 1,
    .decoder_hidden_size = S, .output_size = WORDS};
static const rnn_most most = {.steps = M, .source_steps = N, .batch = B,
                              .train = 1, .moments = 2};
static const rnn_seq source = {.steps = N, .batch = B, .ids = from,
                               .ids_len = N * B, .lengths = from_len};
static const rnn_seq seq = {.steps = M, .batch = B, .source = &source,
                            .targets_len = M * B};

static int stop(const rnn_why *why)
{
    char text[160];

    fprintf(stderr, "%s\n", rnn_why_text(why, text, sizeof text));
    return 1;
}

/* Sentence n as row b; 0 is 我爱中国. */
static void put(int n, int b)
{
    const int word[M] = {n % 3, 3 + n / 3 % 3, 6 + n / 9};
    const char *c;
    int t, id;

    for (from_len[b] = t = 0; t < M; t++) {
        to[t * B + b] = word[t];
        for (c = words[word[t]][0]; *c; c += 3) /* a character: 3 bytes */
            for (id = 0; id < CHARS; id++)
                if (memcmp(c, chars + 3 * id, 3) == 0)
                    from[from_len[b]++ * B + b] = id;
    }
}

int main(int argc, char **argv)
{
    const rnn_real price = argc > 2 ? (rnn_real)atof(argv[2]) : 0.2f, *a;
    rnn_view view;
    rnn_net net;
    rnn_work work = {0};
    rnn_optimizer adam;
    rnn_rng rng;
    rnn_tensor w;
    rnn_real loss;
    int k, b, n, i, said, right = 0;

    rnn_rng_seed(&rng, argc > 1 ? (uint32_t)atoi(argv[1]) : 1);
    if (rnn_plan(&net, &model, &most))
        return stop(&net.why);
    if (rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
        rnn_init_params(&model, work.params, work.params_len, &rng,
                        &work.why) ||
        rnn_optimizer_init(&adam, RNN_OPT_ADAM, 0.01f, &work.why))
        return stop(&work.why);
    for (k = 1; k <= 1000; k++) {
        for (b = 0; b < B; b++) /* the first B are not learned */
            put((B + (int)(rnn_rng_next(&rng) % (ALL - B))) * 7 % ALL, b);
        if (rnn_forward(&net, &work, &seq) || /* h, a, s, y */
            rnn_cross_entropy(&net, &work, &seq, to, NULL, &loss) || /* L */
            rnn_backward(&net, &work, &seq, NULL) || /* dL/dU, ... */
            rnn_optimizer_step(&adam, &net, &work))  /* U, ... */
            return stop(&work.why);
        for (n = 0; rnn_model_tensor(&model, n, &w, NULL) == RNN_OK; n++)
            for (i = 0; strstr(w.name, "enc.weight_hh") && i < (int)w.size; i++)
                work.params[(int)w.offset + i] *= 1 - price;
    }
    for (b = 0; b < B; b++)
        put(b * 7 % ALL, b);
    if (rnn_forward(&net, &work, &seq) ||
        rnn_view_model(&net, &work, &seq, &view))
        return stop(&work.why);
    printf("loss %.4f\n%11s    爱    中    国\n", (double)loss, "我");
    for (k = 0; k < M * B; k++) { /* row 0 is 我爱中国 */
        if (rnn_greedy(work.logits + k * WORDS, WORDS, &said, &work.why))
            return stop(&work.why);
        right += said == to[k];
        a = view.source[0].attention + k * N;
        if (k % B == 0)
            printf("%-7s %5.2f %5.2f %5.2f %5.2f\n", words[said][1],
                   (double)a[0], (double)a[1], (double)a[2], (double)a[3]);
    }
    printf("%d of %d words right that were not learned\n", right, M * B);
    a = view.source[0].attention + 2 * B * N; /* of China */
    return right < M * B * 95 / 100 || a[2] < 0.2f || a[3] < 0.2f;
}
