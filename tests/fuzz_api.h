/* What fuzz_api.c stands on: buffers of exact size with a copy of each, the
 * oracle that looks at them around a call, and what is drawn for calls.
 *
 * Built with -DGUARD, every buffer lies against a page that cannot be touched,
 * behind it or in front of it: so vectors are seen that read too far, also with
 * masks, at which AddressSanitizer does not look. */
#ifndef FUZZ_API_H
#define FUZZ_API_H

#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef GUARD /* a name of job.h, too */
#undef GUARD
#define PAGES 1
#include <sys/mman.h>
#else
#define PAGES 0
#endif

#define MEMORY 0 /* MemorySanitizer */
#define UNCHECKED
#ifdef __has_feature
#if __has_feature(memory_sanitizer)
#undef MEMORY
#define MEMORY 1
#undef UNCHECKED
#define UNCHECKED __attribute__((no_sanitize("memory")))
#include <sanitizer/msan_interface.h>
#endif
#endif

/* ---- buffers ------------------------------------------------------------- */

/* INPUT is never written, OUTPUT not by a call that fails, DEAD whenever. */
enum { INPUT, OUTPUT, DEAD };
enum { BLOCKS = 6000, PAGE = 4096 };

typedef struct block {
    unsigned char *p, *copy;
    size_t n, held; /* bytes; of which a call that fails changes none */
    void *base;
    size_t mapped;
    int kind;
} block;
static block blocks[BLOCKS];
static int block_count;

static void give_up(const char *why)
{
    printf("%s\n0 passed, 1 failed\n", why);
    exit(1);
}

/* Bytes between two pages that cannot be touched, at one of them. */
static void map_block(block *b, int behind)
{
#if PAGES
    const size_t pages = (b->n + PAGE - 1) / PAGE * PAGE;

    b->mapped = pages + 2 * PAGE;
    b->base =
        mmap(NULL, b->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b->base == MAP_FAILED ||
        (pages &&
         mprotect((char *)b->base + PAGE, pages, PROT_READ | PROT_WRITE)))
        give_up("no pages");
    b->p = (unsigned char *)b->base + PAGE + (behind ? pages - b->n : 0);
#else
    b->base = malloc(b->n ? b->n : 1);
    b->p = (unsigned char *)b->base;
    (void)behind;
#endif
}

static block *new_block(size_t n, int kind, int behind)
{
    block *b = &blocks[block_count++];

    if (block_count >= BLOCKS)
        give_up("too many blocks");
    b->n = b->held = n;
    b->kind = kind;
    map_block(b, behind);
    b->copy = (unsigned char *)malloc(n ? n : 1);
    if (!b->p || !b->copy)
        give_up("out of memory");
    return b;
}

/* What test.h and job.h allocate becomes a block, too. */
static void *block_malloc(size_t n)
{
    return new_block(n, OUTPUT, 1)->p;
}
#define malloc(n) block_malloc(n)
#include "job_make.h"
#undef malloc

static void drop_blocks(void)
{
    while (block_count) {
        block *b = &blocks[--block_count];
        free(b->copy);
#if PAGES
        munmap(b->base, b->mapped);
#else
        free(b->base);
#endif
    }
    test_count = 0; /* they were these */
}

static block *block_of(const void *p)
{
    int i = block_count;

    while (i-- > 0)
        if (blocks[i].p == (const unsigned char *)p)
            return &blocks[i];
    give_up("no such block");
    return NULL;
}

/* Of blocks from that one on. */
static void set_kind(int first, int kind)
{
    for (; first < block_count; first++)
        blocks[first].kind = kind;
}

/* ---- the oracle ---------------------------------------------------------- */

/* What a call must answer: 0, anything else, or either; and whether it may have
 * written all the same. */
enum { GOOD, BAD, EITHER, MAY_WRITE = 4 };

static unsigned long long the_case;
static int special; /* numbers are odd: huge, tiny, infinite, NaN */
static long calls, good_calls;

/* Of each line the first failures are enough. */
static void complain(const char *file, int line, const char *what,
                     const char *why, int st)
{
    static unsigned char seen[2000];

    test_failed++;
    if (seen[line % 2000]++ < 3)
        printf("case %llu, %s:%d: %s (%d): %.160s\n", the_case, file, line, why,
               st, what);
    else
        seen[line % 2000] = 3;
    fflush(stdout);
}

#define HOLDS(x)                                                               \
    ((x) ? (void)0 : complain(__FILE__, __LINE__, #x, "does not hold", 0))

static int copied_blocks; /* without those that a call's arguments make */

static void before(void)
{
    int i;

    copied_blocks = block_count;
    for (i = 0; i < copied_blocks; i++)
        memcpy(blocks[i].copy, blocks[i].p, blocks[i].n);
}

/* memcmp that may look at what nobody has written */
UNCHECKED static int differ(const unsigned char *a, const unsigned char *b,
                            size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (a[i] != b[i])
            return 1;
    return 0;
}

static rnn_status after(rnn_status st, const char *what, const char *file,
                        int line, int want)
{
    const int may = want & MAY_WRITE;
    int i;

    want &= ~MAY_WRITE;
    calls++;
    good_calls += !st;
    if (st > RNN_OK || st < RNN_E_ORDER)
        complain(file, line, what, "no such status", (int)st);
    if (!*rnn_status_text(st))
        complain(file, line, what, "a status without a text", (int)st);
    if (want == GOOD && st)
        complain(file, line, what, "a valid call failed", (int)st);
    if (want == BAD && !st)
        complain(file, line, what, "a wrong call went well", 0);
    for (i = 0; i < copied_blocks; i++) {
        const block *b = &blocks[i];
        if (b->kind != INPUT && (b->kind != OUTPUT || !st || may))
            continue;
        if (differ(b->copy, b->p, b->held)) {
            complain(file, line, what,
                     b->kind ? "written in spite of an error"
                             : "an input was written",
                     (int)st);
            break;
        }
    }
    return st;
}

#define DO(want, call)                                                         \
    (before(), after((call), #call, __FILE__, __LINE__, (want)))

/* All numbers are finite, where those that went in were. */
static int all_finite(const rnn_real *x, size_t n)
{
    size_t i;

    for (i = 0; x && i < n; i++)
        if (!(x[i] - x[i] == 0))
            return 0;
    return 1;
}

#define FINITE(x, n) HOLDS(special || all_finite(x, n))

/* ---- numbers ------------------------------------------------------------- */

static int chance(int percent)
{
    return test_below(100) < percent;
}

static int between(int least, int most)
{
    return least + test_below(most - least + 1);
}

static rnn_real odd_number(void)
{
    static const double odd[] = {0,     -0.0,  1e-40, -1e-45, 3e38, -3e38,
                                 1e30,  1e-30, 88.8,  -103.9, 1,    -1};
    const int i = test_below(15);

    return i < 12    ? (rnn_real)odd[i]
           : i == 12 ? (rnn_real)HUGE_VAL
           : i == 13 ? -(rnn_real)HUGE_VAL
                     : not_a_number();
}

/* In a case of odd numbers some of these become that. */
static void spice(const rnn_real *x, size_t n)
{
    size_t i;

    for (i = 0; special && x && i < n; i++)
        if (chance(5))
            ((rnn_real *)x)[i] = odd_number();
}

/* An array's length, as far as a caller says it. */
static size_t said(const void *p, size_t size)
{
    return p && chance(70) ? block_of(p)->n / size : 0;
}

/* A length that has been said becomes one too few; 0: none has. */
static int break_len(size_t *len)
{
    return *len > 1 && (--*len, 1);
}

/* Room for n numbers, which begin wherever a float may; a NaN each, and under
 * MemorySanitizer not even that. */
static rnn_real *room(size_t n)
{
    const size_t shift = PAGES || chance(50) ? 0 : (size_t)between(1, 3);
    block *b = new_block((n + shift) * sizeof(rnn_real), OUTPUT, chance(75));
    rnn_real *p = (rnn_real *)b->p + shift;
    size_t i;

    memset(b->p, 0, shift * sizeof *p);
    b->p = (unsigned char *)p;
    b->n = b->held = n * sizeof *p;
    for (i = 0; i < n; i++)
        p[i] = not_a_number();
#if MEMORY
    __msan_poison(p, n * sizeof *p);
#endif
    return p;
}

static int *int_room(size_t n)
{
    int *p = (int *)new_block(n * sizeof *p, OUTPUT, chance(75))->p;

    memset(p, 0x83, n * sizeof *p);
#if MEMORY
    __msan_poison(p, n * sizeof *p);
#endif
    return p;
}

static rnn_real *clear_room(size_t n)
{
    rnn_real *p = room(n);
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = 0;
    return p;
}

/* From -scale to scale, an input; or a copy to write to. */
static rnn_real *reals(size_t n, double scale)
{
    rnn_real *p = room(n);
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = (rnn_real)(test_number() * scale);
    spice(p, n);
    block_of(p)->kind = INPUT;
    return p;
}

static rnn_real *copy_of(const rnn_real *from, size_t n)
{
    rnn_real *p = room(n);

    if (from)
        memcpy(p, from, n * sizeof *p);
    return p;
}

static int bad_int(void)
{
    static const int bad[] = {-1,        0,         INT_MIN, INT_MAX, -2, 1, 2,
                              3,         4,         5,       6,       7,  8, 9,
                              1 << 30,   65536,     46341,   255,     256,
                              INT_MAX - 1, 1000000007};
    return bad[test_below((int)(sizeof bad / sizeof *bad))];
}

/* An id that no vocabulary of so many has. */
static int bad_id(int vocabulary)
{
    return chance(50) ? vocabulary + test_below(3) : -between(1, 99);
}

/* A number that no range from 0 has. */
static rnn_real negative(void)
{
    const int i = test_below(4);

    return i == 0   ? -1
           : i == 1 ? -(rnn_real)HUGE_VAL
           : i == 2 ? (rnn_real)-1e-30
                    : not_a_number();
}

static rnn_real bad_real(void)
{
    return chance(30) ? negative() : odd_number();
}

/* ---- ways to run --------------------------------------------------------- */

/* Any kernel of this machine, any parts, whose tasks run in any order. */
static void draw_run(rnn_run *run)
{
    static const int parts[] = {0, 0, 1, 2, 3, 5, 7, 40};

    memset(run, 0, sizeof *run);
    run->kernel = (rnn_kernel)kernels[test_below(kernel_count)];
    run->parts = parts[test_below(8)];
    run->each = run->parts > 1 && chance(70) ? each_shuffled : NULL;
}

static const rnn_run *some_run(void)
{
    block *b = new_block(sizeof(rnn_run), INPUT, 1);

    draw_run((rnn_run *)b->p);
    return chance(15) ? NULL : (rnn_run *)b->p;
}

static const rnn_run *bad_run(void)
{
    block *b = new_block(sizeof(rnn_run), INPUT, 1);
    rnn_run *run = (rnn_run *)b->p;

    draw_run(run);
    if (chance(50))
        run->parts = chance(20) ? INT_MIN : -between(1, 9);
    else
        run->kernel = (rnn_kernel)(chance(50) ? RNN_KERNELS + test_below(9)
                                              : -between(1, 9));
    return run;
}

/* ---- sequences in memory ------------------------------------------------- */

/* Where token or row (t, b) stands. */
static size_t place(const rnn_seq *s, size_t t, size_t b)
{
    return t * (s->step_stride ? s->step_stride : (size_t)s->batch) +
           b * (s->row_stride ? s->row_stride : 1);
}

/* How many there are, with the gaps between them. */
static size_t extent(const rnn_seq *s)
{
    return place(s, (size_t)s->steps - 1, (size_t)s->batch - 1) + 1;
}

/* Strides: mostly none; batch-first, or steps or rows with gaps. */
static void draw_strides(rnn_seq *s)
{
    s->step_stride = s->row_stride = 0;
    switch (test_below(9)) {
    case 0:
        s->step_stride = 1;
        s->row_stride = (size_t)(s->steps + test_below(3));
        break;
    case 1:
        s->step_stride = (size_t)(s->batch + test_below(3));
        s->row_stride = 1;
        break;
    case 2: /* without a step or a row to stride to, one may be left out */
        if (s->batch == 1)
            s->step_stride = (size_t)between(1, 3);
        else if (s->steps == 1)
            s->row_stride = (size_t)between(1, 3);
        break;
    default: break;
    }
}

/* Rows of so many numbers, time-major, to where a sequence has them. Between
 * them, and where `all` is 0 in padding, is nothing. */
static const rnn_real *spread_reals(const rnn_seq *s, const rnn_real *from,
                                    size_t width, int all)
{
    const size_t B = (size_t)s->batch;
    rnn_real *to;
    size_t t, b;

    if (!from)
        return NULL;
    to = room(extent(s) * width);
    for (t = 0; t < (size_t)s->steps; t++)
        for (b = 0; b < B; b++)
            if (all || t < length_of(s, b))
                memcpy(to + place(s, t, b) * width, from + (t * B + b) * width,
                       width * sizeof *to);
    block_of(to)->kind = INPUT;
    return to;
}

static const int *spread_ids(const rnn_seq *s, const int *from, int all)
{
    const size_t B = (size_t)s->batch;
    size_t t, b;
    int *to;

    if (!from)
        return NULL;
    to = int_room(extent(s));
    for (t = 0; t < (size_t)s->steps; t++)
        for (b = 0; b < B; b++)
            if (all || t < length_of(s, b))
                to[place(s, t, b)] = from[t * B + b];
    block_of(to)->kind = INPUT;
    return to;
}

/* The other way: what a call has written, time-major. */
static const rnn_real *gather(const rnn_seq *s, const rnn_real *from,
                              size_t width)
{
    const size_t B = (size_t)s->batch;
    rnn_real *to;
    size_t t, b;

    if (!from)
        return NULL;
    to = room((size_t)s->steps * B * width);
    for (t = 0; t < (size_t)s->steps; t++)
        for (b = 0; b < B; b++)
            memcpy(to + (t * B + b) * width, from + place(s, t, b) * width,
                   width * sizeof *to);
    return to;
}

/* A sequence for a block alone: steps and rows, lengths, x of that width or,
 * with ids, tokens below it, with strides or without. */
static void draw_seq(rnn_seq *s, int T, int B, int width, int ids, int strides)
{
    const size_t rows = (size_t)T * (size_t)B;

    memset(s, 0, sizeof *s);
    s->steps = T;
    s->batch = B;
    if (chance(50))
        s->lengths = some_lengths(B, T);
    if (strides)
        draw_strides(s);
    if (ids) {
        s->ids = spread_ids(s, test_ids(rows, width), 0);
    } else {
        rnn_real *x = test_reals(rows * (size_t)width, 1);
        spice(x, rows * (size_t)width);
        s->x = spread_reals(s, x, (size_t)width, 0);
    }
}

/* ---- faults -------------------------------------------------------------- */

static int bad_size(void)
{
    return chance(50) ? 0 : chance(20) ? INT_MIN : -between(1, 9);
}

static void break_lengths(rnn_seq *s)
{
    int *to = int_room((size_t)s->batch), b;

    for (b = 0; b < s->batch; b++)
        to[b] = (int)length_of(s, (size_t)b);
    to[test_below(s->batch)] =
        chance(50) ? s->steps + between(1, 9) : -between(1, 99);
    s->lengths = to;
}

/* A token that is read becomes one that cannot be; 0: none is read. */
static int break_id(rnn_seq *s, int vocabulary)
{
    const size_t n = extent(s);
    int *to = int_room(n), b = test_below(s->batch);

    if (!length_of(s, (size_t)b))
        return 0;
    memcpy(to, s->ids, n * sizeof *to);
    to[place(s, (size_t)test_below((int)length_of(s, (size_t)b)), (size_t)b)] =
        bad_id(vocabulary);
    s->ids = to;
    return 1;
}

/* One of two strides that belong together; 0: none would be missed. */
static int break_strides(rnn_seq *s)
{
    if (s->steps == 1 && s->batch == 1)
        return 0;
    s->step_stride = s->steps > 1 ? 0 : (size_t)between(1, 9);
    s->row_stride = s->steps > 1 ? (size_t)between(1, 9) : 0;
    return 1;
}

/* One thing about a sequence made wrong. It reads x (ids = 0), ids below that,
 * or neither (-1). 0: it could not be. */
static int break_seq(rnn_seq *s, int ids)
{
    switch (test_below(6)) {
    case 0: s->steps = bad_size(); return 1;
    case 1: s->batch = bad_size(); return 1;
    case 2: break_lengths(s); return 1;
    case 3:
        s->x = NULL;
        s->ids = NULL;
        return ids >= 0;
    case 4: return ids > 0 && break_id(s, ids);
    default: return break_strides(s);
    }
}

/* A field of a description, at a place of it, becomes another value: a number
 * where bit i / 4 of `numbers_at` is set. */
static void break_field(void *p, size_t size, unsigned long numbers_at)
{
    const int i = test_below((int)(size / 4));
    const int n = chance(60) ? bad_int() : between(-2, 9);
    const float r = (float)bad_real();

    if (numbers_at >> i & 1)
        memcpy((char *)p + 4 * i, &r, 4);
    else
        memcpy((char *)p + 4 * i, &n, 4);
}

/* ---- what kills a program says which case it was ------------------------- */

static void say_case(const char *what)
{
    char text[100];
    const int n =
        sprintf(text, "case %llu: %.40s\n0 passed, 1 failed\n", the_case, what);

    fflush(stdout);
    if (write(1, text, (size_t)n) < 0)
        _exit(4);
}

static void on_signal(int sig)
{
    say_case(sig == SIGALRM ? "hangs" : "a signal");
    _exit(3);
}

#if MEMORY
static void on_death(void)
{
    say_case("a report");
}
#elif defined(__SANITIZE_ADDRESS__)
void __sanitizer_set_death_callback(void (*f)(void));
static void on_death(void)
{
    say_case("a report");
}
#endif

static void watch(void)
{
    signal(SIGALRM, on_signal);
#if MEMORY
    __msan_set_death_callback(on_death);
#elif defined(__SANITIZE_ADDRESS__)
    __sanitizer_set_death_callback(on_death);
#else
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    signal(SIGFPE, on_signal);
    signal(SIGILL, on_signal);
#endif
}

#endif
