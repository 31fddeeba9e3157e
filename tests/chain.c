/* How the error of a weight gradient grows with the number of its terms, T*B.
 *
 *     build/chain [seed]
 *
 * rnn.h sums each gradient in one chain of fused multiply-adds, which makes it
 * the same on every machine. Its error here: the root of the mean of squares
 * over all weights of one layer, against sums in double, divided by that of the
 * gradient itself, in units of 2^-24. Inputs are normal ("mixed": terms cancel)
 * or their sizes ("alike"). Every rounding is of the sum so far, so the error
 * relative to the result grows as the square root of the number of terms: the
 * slope of its logarithm, printed at last, is 1/2. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { I = 24, O = 24, MOST = 1 << 16 };

static rnn_real x[MOST * I], dz[MOST * O], grads[I * O];

static double error_of(int n)
{
    rnn_linear lin = {0};
    rnn_linear_pass pass = {0};
    rnn_seq seq = {0};
    double wrong = 0, size = 0;
    int i, j, k;

    lin.input_size = I;
    lin.output_size = O;
    lin.no_bias = 1;
    seq.steps = n;
    seq.batch = 1;
    seq.x = x;
    for (i = 0; i < I * O; i++)
        grads[i] = 0;
    pass.seq = &seq;
    pass.dy = dz;
    pass.y_len = (size_t)n * O;
    pass.grads = grads;
    pass.params_len = I * O;
    if (rnn_linear_grads(&lin, &pass, NULL) != RNN_OK)
        exit(2);
    for (i = 0; i < I; i++)
        for (j = 0; j < O; j++) {
            double sum = 0, off;

            for (k = n - 1; k >= 0; k--)
                sum += (double)x[k * I + i] * (double)dz[k * O + j];
            off = (double)grads[i * O + j] - sum;
            wrong += off * off;
            size += sum * sum;
        }
    return sqrt(wrong / size) * 16777216.0;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"mixed", "alike"};
    rnn_rng rng;
    int alike, n, i;

    printf("terms            16      64     256    1024    4096   16384"
           "   65536   slope\n");
    for (alike = 0; alike < 2; alike++) {
        double first = 0, last = 0;

        rnn_rng_seed(&rng, argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1);
        for (i = 0; i < MOST * I; i++) {
            x[i] = rnn_normal(&rng);
            x[i] = alike && x[i] < 0 ? -x[i] : x[i];
        }
        for (i = 0; i < MOST * O; i++) {
            dz[i] = rnn_normal(&rng);
            dz[i] = alike && dz[i] < 0 ? -dz[i] : dz[i];
        }
        printf("%-12s", names[alike]);
        for (n = 16; n <= MOST; n *= 4) {
            last = error_of(n);
            first = n == 256 ? last : first;
            printf("%8.2f", last);
        }
        printf("%8.2f\n", log(last / first) / log((double)MOST / 256));
    }
    return 0;
}
