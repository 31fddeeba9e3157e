/* The accuracy of rnn_map over every float: 2^32 bit patterns of each function.
 *
 *     build/ulp [stride [kernel]]
 *
 * A stride of 1, the default, takes some minutes; 1000003 takes no time. The
 * kernel is a number of RNN_KERNEL_...; all give the same bits. One line per
 * function, and an exit status of 1 where the bound of rnn.h does not hold. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdio.h>
#include <stdlib.h>

#include "ulp.h"

enum { BLOCK = 4096 };

int main(int argc, char **argv)
{
    const uint64_t stride = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    static float x[BLOCK], y[BLOCK];
    rnn_run run = {0, 0, NULL, NULL, NULL};
    int i, bad = 0;

    if (argc > 2)
        run.kernel = (rnn_kernel)atoi(argv[2]);
    if (!stride) {
        printf("usage: ulp [stride [kernel]]\n");
        return 2;
    }
    printf("fma=%d stride %lu\n", RNN_FMA, (unsigned long)stride);
    for (i = 0; i < ULP_FUNCTIONS; i++) {
        const struct ulp_function *u = &ulp_functions[i];
        ulp_worst worst = {0, 0};
        uint64_t b = 0;

        while (b <= 0xffffffffu) {
            size_t n = 0;
            for (; n < BLOCK && b <= 0xffffffffu; b += stride)
                x[n++] = ulp_float((uint32_t)b);
            if (rnn_map((rnn_fn)u->f, n, x, y, &run) != RNN_OK) {
                printf("this machine lacks kernel %d\n", run.kernel);
                return 2;
            }
            ulp_compare(u->f, n, x, y, &worst);
        }
        printf("%-7s max %.4f ulp at 0x%08lx = %.9g\n", u->name, worst.ulp,
               (unsigned long)worst.at, (double)ulp_float(worst.at));
        fflush(stdout);
        bad |= worst.ulp > u->allowed;
    }
    return bad;
}
