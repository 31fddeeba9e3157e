/* The start of a bare RISC-V as QEMU's board "virt" has it: text goes to its
 * serial port, a status to the device that ends a test. */
#ifndef FIRMWARE_RISCV_H
#define FIRMWARE_RISCV_H

extern uint32_t bss_begin[];
extern unsigned char bss_end[], stack_top[];
#define stack_end bss_end
void start(void);
void trap(void);

static void say(const char *text)
{
    while (*text)
        *(volatile unsigned char *)0x10000000u = (unsigned char)*text++;
}

static void leave(uint32_t status)
{
    *(volatile uint32_t *)0x100000u = status ? status << 16 | 0x3333u : 0x5555u;
    for (;;) {}
}

static inline unsigned char *stack_pointer(void)
{
    unsigned char *sp;

    __asm__ volatile("mv %0, sp" : "=r"(sp));
    return sp;
}

#include "firmware_bare.h"

__attribute__((aligned(4))) void trap(void)
{
    leave(70);
}

void start(void)
{
    volatile uint32_t *to;
    int failed;

    for (to = bss_begin; to != (volatile uint32_t *)(void *)bss_end;)
        *to++ = 0;
    stack_paint();
    failed = report();
    say(line);
    report_stack();
    leave((uint32_t)failed);
}

/* the first instructions: pointers, traps, and the unit for floats */
__asm__(".section .init,\"ax\"\n"
        ".globl enter\n"
        "enter:\n"
        ".option push\n"
        ".option norelax\n"
        "la gp, __global_pointer$\n"
        ".option pop\n"
        "la sp, stack_top\n"
        ".option arch, +zicsr\n"
        "la t0, trap\n"
        "csrw mtvec, t0\n"
#ifdef __riscv_flen
        "li t0, 0x2000\n"
        "csrs mstatus, t0\n"
#endif
        "j start\n"
        ".text\n");

#endif
