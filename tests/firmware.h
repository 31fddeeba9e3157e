/* What firmware programs share: weights, a hash of what they compute, one line
 *
 *     fma=1 steps=32 hash=0123abcd
 *
 * that the desk prints alike, and the start of what has no operating system. A
 * program says STEPS, defines run and includes this before it. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

/* Runs all steps; 0, or the step that failed, counted from 1. */
static int run(uint32_t *hash);

/* Runs f; where there is no operating system, sees how much stack it takes. */
void measured(void (*f)(void));

/* Weight i, between -1/2 and 1/2 and exact in float; ints may have 16 bits. */
#define W1(i) ((rnn_real)((i) * 7919L % 1021 - 510) / (rnn_real)1024)
#define W4(i) W1(i), W1((i) + 1), W1((i) + 2), W1((i) + 3)
#define W16(i) W4(i), W4((i) + 4), W4((i) + 8), W4((i) + 12)
#define W64(i) W16(i), W16((i) + 16), W16((i) + 32), W16((i) + 48)
#define W256(i) W64(i), W64((i) + 64), W64((i) + 128), W64((i) + 192)
#define W1024(i) W256(i), W256((i) + 256), W256((i) + 512), W256((i) + 768)

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

/* a step's stack is measured where there is nothing else on it */
void measured(void (*f)(void))
{
    f();
}

int main(void)
{
    const int failed = report();

    fputs(line, stdout);
    return failed;
}

#elif defined(__arm__)
#include "firmware_arm.h"
#elif defined(__riscv)
#include "firmware_riscv.h"
#elif defined(__AVR__)
#include "firmware_avr.h"
#else
#error "no start-up for this target"
#endif
#endif
