/* writer for Zephyr: see writer.c of examples/firmware, which it is line by
 * line, with printk for a board. */
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_FILES
#define RNN_NO_WHY
#include <rnn.h>

#include "writer.h"

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

enum { CHARACTERS = 300, OUTPUTS = RNN_LOGITS(1, 1, WRITER_NET) };

RNN_DEFINE_STEP(writer_step, WRITER_NET)

static rnn_real h[RNN_STATE(1, WRITER_NET)], c[RNN_STATE(1, WRITER_NET)];
static rnn_real logits[OUTPUTS], scratch[RNN_SCRATCH_STEP(1, WRITER_NET)];

int main(void)
{
    const rnn_sampling how = {0.5f, 0, 0};
    rnn_rng rng;
    int k, id = 0; /* of a new line, the least character of a text */
    const int wrong = writer_check(writer_step, h, c, logits, scratch);

    if (wrong) {
        printk("other bits than on the desk, at step %d\n", wrong);
        return 0;
    }
    rnn_rng_seed(&rng, 1);
    for (k = 0; k < CHARACTERS; k++) {
        writer_step(writer_params, NULL, &id, h, c, logits, scratch);
        if (rnn_sample(logits, OUTPUTS, &how, &rng, NULL, &id, NULL))
            return 0;
        printk("%c", writer_vocabulary[id]);
    }
    printk("\n");
    return 0;
}
