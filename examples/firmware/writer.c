/* writer: a network that writes, on a microcontroller, one character after
 * another, for ever if need be.
 *
 * ../char_rnn.c has learnt ../text.txt on a desk; ../export.c has made its
 * checkpoint writer.h: constants, which stay in flash. Here are the arrays of a
 * step, a few hundred bytes to a few KB, and a loop: the step says how likely
 * each character is to come next, one is drawn, and it goes in again.
 *
 * First the program makes the steps of the header's self-check. If their
 * outputs have not the desk's bits to the last, it ends with status 1: then
 * flags, compiler or unit for floats compute something else. So what it writes
 * is what char_rnn writes on the desk from the same seed, letter by letter, and
 * the Makefile here compares the two. */

#define RNN_IMPLEMENTATION
#define RNN_STATIC /* all of it is here */
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../../rnn.h"

#include "board.h"
#include "writer.h"

enum { CHARACTERS = 300, OUTPUTS = RNN_LOGITS(1, 1, WRITER_NET) };

RNN_DEFINE_STEP(step, WRITER_NET)

static rnn_real h[RNN_STATE(1, WRITER_NET)], c[RNN_STATE(1, WRITER_NET)];
static rnn_real logits[OUTPUTS], scratch[RNN_SCRATCH_STEP(1, WRITER_NET)];

/* The id of a character; 0 if the text had none such. */
static int id_of(char character)
{
    int id;

    for (id = OUTPUTS - 1; id > 0; id--)
        if (writer_vocabulary[id] == (unsigned char)character)
            return id;
    return 0;
}

int main(void)
{
    const rnn_sampling how = {(rnn_real)0.5, 0, 0}; /* the temperature */
    rnn_rng rng;
    int k, id = id_of('\n');
    const int wrong = writer_check(step, h, c, logits, scratch);

    if (wrong) {
        board_write("other bits than on the desk, at step ");
        board_number(wrong);
        board_put('\n');
        return 1;
    }
    rnn_rng_seed(&rng, 1);
    for (k = 0; k < CHARACTERS; k++) {
        step(writer_params, NULL, &id, h, c, logits, scratch);
        if (rnn_sample(logits, OUTPUTS, &how, &rng, NULL, &id, NULL))
            return 1;
        board_put((char)writer_vocabulary[id]);
    }
    board_put('\n');
    return 0;
}
