/* What programs without an operating system share: the routines that compilers
 * call, and how many bytes of stack were ever in use. A core's own header
 * comes before and gives say, stack_pointer, stack_end and stack_top. */
#ifndef FIRMWARE_BARE_H
#define FIRMWARE_BARE_H

#ifndef HAS_LIBC
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);

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
#endif

enum { UNUSED = 0x5e }; /* what lies where the stack has not been */

/* Below, and not as far as this function's own calls reach: it makes none. */
static void stack_paint(void)
{
    volatile unsigned char *p = stack_end;

    while (p < stack_pointer() - 16)
        *p++ = UNUSED;
}

/* The program ends where the stack has met the data. */
static uint32_t stack_used(const unsigned char *top)
{
    const volatile unsigned char *p = stack_end;

    while (p < top && *p == UNUSED)
        p++;
    if (p == stack_end)
        leave(71);
    return (uint32_t)(top - p);
}

static uint32_t stack_step; /* what run has measured of a step, or 0 */

/* Runs f and sees how much stack it takes. Not inline: what is below its own
 * frame is f's. */
__attribute__((noinline)) void measured(void (*f)(void))
{
    const unsigned char *top = stack_pointer();
    uint32_t used;

    stack_paint();
    f();
    used = stack_used(top);
    if (used > stack_step)
        stack_step = used;
}

/* "stack=01234\n": subtractions, because the smallest cores do not divide. */
static void report_stack(void)
{
    static char text[] = "stack=00000\n";
    static const uint32_t tens[] = {10000, 1000, 100, 10, 1};
    uint32_t n = stack_used(stack_top);
    int i;

    n = stack_step ? stack_step : n;
    for (i = 0; i < 5; i++)
        for (; n >= tens[i]; n -= tens[i])
            text[6 + i]++;
    say(text);
}

#endif
