/* The start of a bare Cortex-M, and how it speaks to the debugger, here QEMU:
 * Arm's semihosting. tests/firmware_arm.ld names the places. */
#ifndef FIRMWARE_ARM_H
#define FIRMWARE_ARM_H

extern uint32_t data_from[], data_begin[], data_end[], bss_begin[];
extern unsigned char bss_end[], stack_top[];
#define stack_end bss_end
void start(void);
void trap(void);
void work_begins(void);

static void host(uint32_t what, const void *with)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = with;

    __asm__ volatile("bkpt #0xab" : "+r"(r0) : "r"(r1) : "memory", "cc");
}

static void say(const char *text)
{
    host(4, text);
}

static void leave(uint32_t status)
{
    uint32_t reason[2];

    reason[0] = 0x20026; /* the application ended by itself */
    reason[1] = status;
    host(0x20, reason);
    for (;;) {}
}

static inline unsigned char *stack_pointer(void)
{
    unsigned char *sp;

    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

#include "firmware_bare.h"

void trap(void)
{
    leave(70);
}

/* not part of start, which must not touch floats before it allows them */
__attribute__((noinline)) void work_begins(void)
{
    const int failed = report();

    say(line);
    report_stack();
    leave((uint32_t)failed);
}

void start(void)
{
    volatile uint32_t *to;
    const uint32_t *from = data_from;

#ifdef __ARM_FP /* let the coprocessors of the floating-point unit work */
    *(volatile uint32_t *)0xe000ed88u |= 0x00f00000u;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    for (to = data_begin; to != data_end;)
        *to++ = *from++;
    for (to = bss_begin; to != (volatile uint32_t *)(void *)bss_end;)
        *to++ = 0;
    stack_paint();
    work_begins();
}

/* the initial stack and the handlers of the first 15 exceptions */
typedef union vector {
    unsigned char *stack;
    void (*handler)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = stack_top}, {.handler = start}, {.handler = trap},
    {.handler = trap},    {.handler = trap},  {.handler = trap},
    {.handler = trap},    {.handler = trap},  {.handler = trap},
    {.handler = trap},    {.handler = trap},  {.handler = trap},
    {.handler = trap},    {.handler = trap},  {.handler = trap},
    {.handler = trap}};

#endif
