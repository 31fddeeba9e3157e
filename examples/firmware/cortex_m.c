/* cortex_m.c: from reset to main on a bare Cortex-M, with neither a C library
 * nor a vendor's files. cortex_m.ld says where everything lies.
 *
 * Text goes to a debugger by Arm's semihosting: the core stops at bkpt 0xab,
 * and who debugs it (QEMU here, OpenOCD, a J-Link) reads r0 and r1, does what
 * they ask for, and lets it go on. Without a debugger that is a fault. A board
 * of yours needs board_put and board_end in other words, and nothing else:
 *
 *     void board_put(char c)
 *     {
 *         while (!(UART->STATUS & TX_EMPTY)) {}     -- names are the vendor's
 *         UART->DATA = c;
 *     }
 *
 * after the lines in reset_handler that give the UART its clock, pins and rate;
 * board_write loops over board_put, and board_end may sleep for ever. */

#include "board.h"

#include <stddef.h>

/* places that cortex_m.ld names */
extern uint32_t __data_load[], __data_start[], __data_end[];
extern uint32_t __bss_start[], __bss_end[], __stack_top[];

int main(void);
void reset_handler(void);
void fault_handler(void);
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);

/* ---- the console --------------------------------------------------------- */

enum { SYS_WRITEC = 0x03, SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20 };

static void ask_debugger(uint32_t what, const void *with)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = with;

    __asm__ volatile("bkpt #0xab" : "+r"(r0) : "r"(r1) : "memory", "cc");
}

void board_put(char c)
{
    ask_debugger(SYS_WRITEC, &c);
}

void board_write(const char *text)
{
    ask_debugger(SYS_WRITE0, text);
}

void board_end(int status)
{
    uint32_t reason[2];

    reason[0] = 0x20026u; /* the program has ended by itself */
    reason[1] = (uint32_t)status;
    ask_debugger(SYS_EXIT_EXTENDED, reason);
    for (;;) {}
}

/* ---- what the compiler calls --------------------------------------------- */

/* Copies of structs and zeroed ones. By way of volatile, or a compiler takes
 * the loops for calls of these very functions. */
void *memcpy(void *to, const void *from, size_t n)
{
    volatile unsigned char *t = (unsigned char *)to;
    const unsigned char *f = (const unsigned char *)from;

    for (; n; n--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    volatile unsigned char *t = (unsigned char *)to;

    for (; n; n--)
        *t++ = (unsigned char)byte;
    return to;
}

/* ---- the start ----------------------------------------------------------- */

/* Where a fault leads, or an interrupt that nobody has asked for. */
void fault_handler(void)
{
    board_end(70);
}

void reset_handler(void)
{
    const uint32_t *from = __data_load;
    volatile uint32_t *to;

#ifdef __ARM_FP
    /* CPACR: full access to coprocessors 10 and 11, which are the unit for
     * floats; before the first instruction that needs it */
    *(volatile uint32_t *)0xe000ed88u |= 0xfu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    for (to = __data_start; to != __data_end; to++)
        *to = *from++;
    for (to = __bss_start; to != __bss_end; to++)
        *to = 0;
    board_end(main());
}

/* The core reads the first two words at reset; then come the handlers of its
 * own exceptions. A board with interrupts has theirs behind them. */
typedef union vector {
    uint32_t *stack;
    void (*handler)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = __stack_top},
    {.handler = reset_handler},
    {.handler = fault_handler}, /* not maskable    */
    {.handler = fault_handler}, /* hard fault      */
    {.handler = fault_handler}, /* memory          */
    {.handler = fault_handler}, /* bus             */
    {.handler = fault_handler}, /* usage           */
    {.handler = fault_handler}, /* secure (ARMv8-M) */
    {.handler = fault_handler},
    {.handler = fault_handler},
    {.handler = fault_handler},
    {.handler = fault_handler}, /* service call    */
    {.handler = fault_handler}, /* debug           */
    {.handler = fault_handler},
    {.handler = fault_handler}, /* pending service */
    {.handler = fault_handler}  /* clock tick      */
};
