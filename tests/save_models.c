/* save_models: a file of each wiring, with every tensor and every entry of
 * metadata that a model can have in one of them at least.
 *
 *     save_models DIR        DIR/0.safetensors, 1.safetensors, ...
 *
 * tests/names.py holds them against the lists of examples/README.md. Sizes
 * differ from one another, so that no shape is right by chance. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdio.h>
#include <string.h>

enum { CAP = 1 << 17 };

static rnn_model models[64];
static int count;

/* One model more, as the last was. */
static rnn_model *next(void)
{
    count++;
    if (count > 1)
        models[count - 1] = models[count - 2];
    return &models[count - 1];
}

/* N vs N and N vs 1: cells, inputs, directions, biases; stacks alone. */
static void plain_models(void)
{
    rnn_model *m = next();
    int cell;

    m->input_size = 5;
    m->hidden_size = 4;
    m->output_size = 7;
    for (cell = 0; cell < RNN_CELLS; cell++, m = next())
        m->cell = (rnn_cell)cell;
    m->num_layers = 3;
    m->bidirectional = 1;
    m->dropout = (rnn_real)0.25;
    m->dropout_last = (rnn_real)0.5;
    m = next(); /* the same, N vs 1 */
    m->wiring = RNN_WIRING_N_TO_1;
    m->input = RNN_INPUT_EMBEDDING;
    m->embedding_size = 3;
    m = next();
    m->no_bias = 1;
    m->dropout = m->dropout_last = 0;
    m = next(); /* a table and a stack, without a head */
    m->output_size = 0;
    m = next(); /* a stack alone */
    m->input = RNN_INPUT_ONE_HOT;
    m->embedding_size = 0;
    m->no_bias = 0;
}

/* 1 vs N: how x enters, with q and without, and what else is read. */
static void given_models(void)
{
    rnn_model *m = next();

    memset(m, 0, sizeof *m);
    m->wiring = RNN_WIRING_1_TO_N;
    m->cell = RNN_CELL_LSTM_PEEPHOLE;
    m->input_size = 5;
    m->hidden_size = 4;
    m->output_size = 7;
    m->feed = RNN_FEED_FIRST;
    m = next(); /* x as the state, by q; reads its own output */
    m->feed = RNN_FEED_STATE;
    m->context_size = 4;
    m->target_size = 7;
    m->target = RNN_INPUT_ONE_HOT;
    m = next();
    m->feed = RNN_FEED_EACH;
    m->context_size = 6;
    m->head_context = 1;
    m->input = m->target = RNN_INPUT_EMBEDDING;
    m->embedding_size = 3;
    m->target_embedding_size = 2;
    m->num_layers = 2;
}

/* N vs M: contexts, scores, one source and two. */
static void encoder_models(void)
{
    rnn_model *m = next();
    int score;

    memset(m, 0, sizeof *m);
    m->wiring = RNN_WIRING_N_TO_M;
    m->cell = RNN_CELL_GRU;
    m->input_size = 5;
    m->hidden_size = 4;
    m->output_size = 7;
    m = next(); /* c = q(h_1 ... h_N), and reads its own output */
    m->context = RNN_CONTEXT_ALL;
    m->source_steps = 3;
    m->context_size = 6;
    m->feed = RNN_FEED_EACH;
    m->head_context = 1;
    m->target_size = 9;
    m->bidirectional = 1;
    m->decoder_hidden_size = 10;
    m->decoder_layers = 2;
    m->dropout = (rnn_real)0.5;
    m = next(); /* the mean, of two sources with tables */
    m->context = RNN_CONTEXT_MEAN;
    m->source_steps = 0;
    m->num_sources = 2;
    m->input = m->target = RNN_INPUT_EMBEDDING;
    m->embedding_size = 3;
    m->target_embedding_size = 2;
    m = next(); /* attention of every kind */
    m->context = RNN_CONTEXT_LAST;
    m->context_size = 0;
    m->feed = 0;
    m->attention = RNN_SCORE_ADDITIVE;
    m->attention_size = 11;
    for (score = RNN_SCORE_GENERAL; score < RNN_SCORES; score++) {
        m = next();
        m->attention = (rnn_score)score;
        m->attention_size = 0;
        if (m->attention != RNN_SCORE_GENERAL)
            m->decoder_hidden_size = 8; /* as wide as a key */
    }
    m = next(); /* every layer's state is handed over */
    m->attention = RNN_SCORE_NONE;
    m->cell = RNN_CELL_LSTM;
    m->num_sources = 1;
    m->num_layers = 2;
    m->head_context = 0;
    m->hand_over = RNN_HAND_CELL | RNN_HAND_LAYERS;
    m->no_bias = 1;
    m = next(); /* further vectors of a cell */
    m->cell = RNN_CELL_LSTM_PEEPHOLE;
    m->num_sources = 2;
    m->hand_over = 0;
    m->feed = RNN_FEED_FIRST;
}

int main(int argc, char **argv)
{
    static unsigned char bytes[CAP];
    static rnn_real params[CAP / 4];
    static const unsigned char letters[] = "ab\n";
    rnn_beside beside = {0};
    rnn_why why;
    char path[512], text[160];
    size_t len = 0;
    int i;

    if (argc != 2) {
        fprintf(stderr, "usage: save_models DIR\n");
        return 2;
    }
    plain_models();
    given_models();
    encoder_models();
    beside.vocabulary = letters;
    beside.vocabulary_len = 3;
    for (i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%d.safetensors", argv[1], i);
        if (rnn_save(&models[i], params, CAP / 4, i ? NULL : &beside, bytes,
                     CAP, &len, &why) != RNN_OK ||
            rnn_write_file(path, bytes, len, &why) != RNN_OK) {
            fprintf(stderr, "save_models: model %d: %s\n", i,
                    rnn_why_text(&why, text, sizeof text));
            return 1;
        }
    }
    return 0;
}
