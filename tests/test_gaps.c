/* What breaking the header line by line (mutate.py) and counting the lines that
 * run (coverage.sh) found unwatched by the other tests: ends of ranges, rare
 * branches, arguments that are NULL. Section by section as in the header. */
#include <limits.h>
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

/* ---- [BASE] ------------------------------------------------------------- */

/* The longest buffer is of PTRDIFF_MAX bytes. A smoothing out of range stops
 * the call after its sizes are checked, before it reads. */
static void check_longest(void)
{
    const size_t most = (size_t)PTRDIFF_MAX / sizeof(rnn_real);
    rnn_real x = 0;
    int target = 0;
    rnn_status fits = rnn_cross_entropy(&x, most, 1, &target, NULL, 1, 2, NULL,
                                        NULL, NULL, NULL);
    rnn_status too_long = rnn_cross_entropy(&x, most + 1, 1, &target, NULL, 1,
                                            2, NULL, NULL, NULL, NULL);

    CHECK(fits == RNN_E_ARG, "the longest buffer: %d", (int)fits);
    CHECK(too_long == RNN_E_SIZE, "one number more: %d", (int)too_long);
}

/* ---- [RANDOM] ----------------------------------------------------------- */

/* The counter's carry: number 2^32 + k of a stream is the block that the
 * counter names, as for every other number. */
static void check_carry(void)
{
    static const uint32_t half[2] = {0x80000000u, 0}, top[2] = {0, 1};
    uint32_t out[2];
    rnn_rng rng;

    rnn_rng_seed(&rng, 5);
    CHECK(rng.key[0] == 5 && rng.key[1] == 0 && rng.count[0] == 0 &&
          rng.count[1] == 0, "a seed");
    rng.count[0] = 0xffffffffu;
    (void)rnn_rng_next(&rng);
    CHECK(rng.count[0] == 0 && rng.count[1] == 1, "carry: %lu %lu",
          (unsigned long)rng.count[0], (unsigned long)rng.count[1]);
    rnn_threefry(rng.key, half, out);
    CHECK(rnn_rng_next(&rng) == out[0] && rnn_rng_next(&rng) == out[1],
          "the block after it");
    rng.count[0] = 0;
    rng.count[1] = 2;
    rnn_threefry(rng.key, top, out);
    CHECK(rnn_rng_next(&rng) == out[0], "the high word");
    rnn_rng_seed(NULL, 1);
    CHECK(rnn_rng_next(NULL) == 0, "no generator");
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    check_longest();
    check_carry();
    test_unused();
    return test_end();
}
