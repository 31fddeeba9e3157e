/* The end of an AVR program in simavr: text goes to the first serial port, and
 * sleep without interrupts ends the run. It has no status to give, so that of a
 * failure is a line of its own. avr-libc starts the program. */
#ifndef FIRMWARE_AVR_H
#define FIRMWARE_AVR_H

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

#define HAS_LIBC
extern unsigned char __heap_start[]; /* where the linker's data ends */
#define stack_end __heap_start
#define stack_top ((const unsigned char *)RAMEND + 1)

static void say(const char *text)
{
    for (; *text; text++) {
        while (!(UCSR0A & 1 << UDRE0)) {}
        UDR0 = (uint8_t)*text;
    }
}

static void leave(int status)
{
    if (status)
        say("failed\n");
    cli();
    sleep_enable();
    sleep_cpu();
    for (;;) {}
}

static inline unsigned char *stack_pointer(void)
{
    return (unsigned char *)SP;
}

#include "firmware_bare.h"

int main(void)
{
    int failed;

    UCSR0B = 1 << TXEN0;
    stack_paint();
    failed = report();
    say(line);
    report_stack();
    leave(failed);
    return 0;
}

#endif
