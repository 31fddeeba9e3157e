/* One step of an LSTM at a time, as firmware runs it: the weights are constants
 * in flash, all memory is static and dimensioned by the header's macros, and
 * neither a C library nor libm is linked. It prints a hash of all outputs,
 *
 *     fma=1 steps=32 hash=0123abcd
 *
 * and the desk prints the same line. tests/firmware.sh builds and compares. */
#define RNN_IMPLEMENTATION
#define RNN_NO_FILES
#include "../rnn.h"

enum { I = 8, H = 16, O = 4, STEPS = 32 };
enum { PARAMS = RNN_MODEL_PARAMS(RNN_LSTM, I, 0, H, 1, 1, 1, O),
       WORK = RNN_MODEL_STEP(RNN_LSTM, 0, H, 1) };

static const rnn_model model = {RNN_N_TO_N, RNN_LSTM, RNN_DENSE, I, 0, H, 1, 0,
                                0, O, 0, 0};

/* Weight i, between -1/2 and 1/2 and exact in float. */
#define W1(i) ((rnn_real)((int)((i) * 7919 % 1021) - 510) / (rnn_real)1024)
#define W4(i) W1(i), W1((i) + 1), W1((i) + 2), W1((i) + 3)
#define W16(i) W4(i), W4((i) + 4), W4((i) + 8), W4((i) + 12)
#define W64(i) W16(i), W16((i) + 16), W16((i) + 32), W16((i) + 48)
#define W256(i) W64(i), W64((i) + 64), W64((i) + 128), W64((i) + 192)

static const rnn_real params[] = {
    W256(0), W256(256), W256(512), W256(768), W256(1024), W256(1280), W64(1536),
    W64(1600), W64(1664), W4(1728)};

/* a division by zero unless there are as many as the macro says */
enum { ALL_WEIGHTS = 1 / (sizeof params / sizeof params[0] == PARAMS) };

static rnn_real h[RNN_STACK_STATE(H, 1, 1, 1)], c[RNN_STACK_STATE(H, 1, 1, 1)];
static rnn_real x[I], logits[O], work[WORK];

static uint32_t hash_reals(uint32_t hash, const rnn_real *p, int n)
{
    union {
        rnn_real real;
        uint32_t bits;
    } u;
    int i, b;

    for (i = 0; i < n; i++) {
        u.real = p[i];
        for (b = 0; b < 32; b += 8) /* FNV-1a */
            hash = (hash ^ (u.bits >> b & 255u)) * 16777619u;
    }
    return hash;
}

/* Runs all steps; 0, or the step that failed, counted from 1. */
static int run(uint32_t *hash)
{
    uint32_t state = 1;
    int t, i, id;

    *hash = 2166136261u;
    for (t = 1; t <= STEPS; t++) {
        for (i = 0; i < I; i++) {
            state = state * 1664525u + 1013904223u;
            x[i] = (rnn_real)((int)(state >> 20) - 2048) / (rnn_real)512;
        }
        if (rnn_step(&model, params, 1, x, NULL, h, c, logits, work, WORK,
                     NULL) != RNN_OK ||
            rnn_greedy(logits, O, &id) != RNN_OK)
            return t;
        *hash = hash_reals(*hash, logits, O);
        *hash = hash_reals(*hash, h, H);
        *hash = hash_reals(*hash, c, H);
        *hash = (*hash ^ (uint32_t)id) * 16777619u;
    }
    return 0;
}

/* "fma=1 steps=32 hash=...", without printf */
static char line[] = "fma=0 steps=00 hash=00000000\n";

static int report(void)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t hash;
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

/* not part of start, which must not touch floats before it allows them */
__attribute__((noinline)) void work_begins(void)
{
    const int failed = report();

    host(4, line);
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
