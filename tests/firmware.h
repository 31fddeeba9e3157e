/* What firmware programs share: weights, a hash of what they compute, one line
 *
 *     fma=1 steps=32 hash=0123abcd
 *
 * that the desk prints alike, and the start of a bare Cortex-M with what
 * compilers call to copy a struct and to clear one. A program says STEPS,
 * defines run and includes this before it. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

/* Runs all steps; 0, or the step that failed, counted from 1. */
static int run(uint32_t *hash);

/* Weight i, between -1/2 and 1/2 and exact in float. */
#define W1(i) ((rnn_real)((int)((i) * 7919 % 1021) - 510) / (rnn_real)1024)
#define W4(i) W1(i), W1((i) + 1), W1((i) + 2), W1((i) + 3)
#define W16(i) W4(i), W4((i) + 4), W4((i) + 8), W4((i) + 12)
#define W64(i) W16(i), W16((i) + 16), W16((i) + 32), W16((i) + 48)
#define W256(i) W64(i), W64((i) + 64), W64((i) + 128), W64((i) + 192)

/* FNV-1a */
static uint32_t hash_word(uint32_t hash, uint32_t word)
{
    int b;

    for (b = 0; b < 32; b += 8)
        hash = (hash ^ (word >> b & 255u)) * 16777619u;
    return hash;
}

static uint32_t hash_reals(uint32_t hash, const rnn_real *p, int n)
{
    union {
        rnn_real real;
        uint32_t bits;
    } u;
    int i;

    for (i = 0; i < n; i++) {
        u.real = p[i];
        hash = hash_word(hash, u.bits);
    }
    return hash;
}

/* the line, without printf */
static char line[] = "fma=0 steps=00 hash=00000000\n";

static int report(void)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t hash = 2166136261u;
    const int failed = run(&hash), done = failed ? failed - 1 : STEPS;
    int i;

    line[4] = (char)('0' + RNN_FMA);
    line[12] = (char)('0' + done / 10);
    line[13] = (char)('0' + done % 10);
    for (i = 0; i < 8; i++)
        line[20 + i] = digits[hash >> (28 - 4 * i) & 15u];
    return failed;
}

#if __STDC_HOSTED__

#include <stdio.h>

int main(void)
{
    const int failed = report();

    fputs(line, stdout);
    return failed;
}

#else /* bare Cortex-M: tests/firmware.ld names these places */

extern uint32_t data_from[], data_begin[], data_end[], bss_begin[], bss_end[];
extern uint32_t stack_top[];
void start(void);
void trap(void);
void work_begins(void);
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);

enum { UNUSED = 0x5eed5eed }; /* what lies where the stack has not been */

/* volatile, or these would be calls of themselves */
void *memcpy(void *to, const void *from, size_t n)
{
    volatile unsigned char *t = (unsigned char *)to;
    const unsigned char *f = (const unsigned char *)from;

    while (n--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    volatile unsigned char *t = (unsigned char *)to;

    while (n--)
        *t++ = (unsigned char)byte;
    return to;
}

/* Asks the debugger, here QEMU: Arm's semihosting. */
static void host(uint32_t what, const void *with)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = with;

    __asm__ volatile("bkpt #0xab" : "+r"(r0) : "r"(r1) : "memory", "cc");
}

static void leave(uint32_t status)
{
    uint32_t reason[2];

    reason[0] = 0x20026; /* the application ended by itself */
    reason[1] = status;
    host(0x20, reason);
    for (;;) {}
}

void trap(void)
{
    leave(70);
}

/* "stack=01234\n", the bytes that were ever in use: subtractions, because the
 * smallest cores do not divide. */
static void report_stack(void)
{
    static char text[] = "stack=00000\n";
    static const uint32_t tens[] = {10000, 1000, 100, 10, 1};
    const uint32_t *p = bss_end;
    uint32_t n;
    int i;

    while (p != stack_top && *p == UNUSED)
        p++;
    n = (uint32_t)(stack_top - p) * 4u;
    for (i = 0; i < 5; i++)
        for (; n >= tens[i]; n -= tens[i])
            text[6 + i]++;
    host(4, text);
}

/* not part of start, which must not touch floats before it allows them */
__attribute__((noinline)) void work_begins(void)
{
    const int failed = report();

    host(4, line);
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
    for (to = bss_begin; to != bss_end;)
        *to++ = 0;
    for (from = __builtin_frame_address(0); to < from - 16;)
        *to++ = UNUSED;
    work_begins();
}

/* the initial stack and the handlers of the first 15 exceptions */
typedef union vector {
    uint32_t *stack;
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
#endif
