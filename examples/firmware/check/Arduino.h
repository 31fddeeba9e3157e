/* What the sketch uses of Arduino's core, for check_packages.sh alone: to
 * compile it, and run it in QEMU, where that core is not. Serial is the board's
 * console; loop is run 300 times. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stddef.h>
#include <stdint.h>

extern "C" {
#include "board.h"
}

/* what rnn.h must live with: macros of the cores for AVR */
#define F(text) (text)
#define B1 1
#define bit(b) (1UL << (b))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x)-0.5))
#define PI 3.1415926535897932384626433832795

struct Console {
    void begin(unsigned long) const {}
    operator bool() const
    {
        return true;
    }
    void print(const char *text) const
    {
        board_write(text);
    }
    void println(int number) const
    {
        board_number(number);
        board_put('\n');
    }
    void write(uint8_t byte) const
    {
        board_put((char)byte);
    }
};
static const Console Serial = Console();

static inline void delay(unsigned long)
{
    board_end(1);
}

void setup();
void loop();

#ifdef ARDUINO_MAIN
extern "C" int main()
{
    setup();
    for (int k = 0; k < 300; k++)
        loop();
    board_put('\n');
    return 0;
}
#endif
#endif
