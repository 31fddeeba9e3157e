/* board.h: what the programs here want of a board, and nothing else: a place
 * for text, and an end. cortex_m.c has it for bare Cortex-M, board_host.c for a
 * desk, so one source runs on both and must say the same.
 *
 * A program defines int main(void); what it returns goes to board_end. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_put(char c);
void board_write(const char *text);
void board_end(int status); /* 0: all is well; does not come back */

/* Without divisions, which the smallest cores do not have. */
static inline void board_number(int32_t n)
{
    static const uint32_t tens[] = {1000000000u, 100000000u, 10000000u,
                                    1000000u,    100000u,    10000u,
                                    1000u,       100u,       10u};
    uint32_t left = n < 0 ? 0u - (uint32_t)n : (uint32_t)n;
    int i, digit, begun = 0;

    if (n < 0)
        board_put('-');
    for (i = 0; i < 9; i++) {
        for (digit = 0; left >= tens[i]; digit++)
            left -= tens[i];
        begun |= digit;
        if (begun)
            board_put((char)('0' + digit));
    }
    board_put((char)('0' + (int)left));
}

/* x with 0 to 6 decimals, rounded; of a size below 1,000,000. */
static inline void board_real(float x, int decimals)
{
    float size = x < 0 ? -x : x, unit = 1;
    int32_t whole;
    int i;

    for (i = 0; i < decimals; i++)
        unit *= 0.1f;
    size += unit * 0.5f;
    if (!(size < 1e6f)) { /* nor what is not a number */
        board_write(x < 0 ? "-large" : x > 0 ? "large" : "nan");
        return;
    }
    if (x < 0)
        board_put('-');
    whole = (int32_t)size;
    board_number(whole);
    if (decimals > 0)
        board_put('.');
    for (i = 0; i < decimals; i++) {
        size = (size - (float)whole) * 10;
        whole = (int32_t)size;
        board_put((char)('0' + (whole > 9 ? 9 : whole)));
    }
}

#endif
