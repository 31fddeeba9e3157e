/* What all tests share: counting checks, memory of exact size, numbers. */
#ifndef TEST_H
#define TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long test_passed, test_failed;

/* One check; the first failures say where and, as printf does, what. */
#define CHECK(good, ...)                                                       \
    do {                                                                       \
        if (good) {                                                            \
            test_passed++;                                                     \
        } else if (++test_failed <= 20) {                                      \
            printf("%s:%d: ", __FILE__, __LINE__);                             \
            printf(__VA_ARGS__);                                               \
            printf("\n");                                                      \
        }                                                                      \
    } while (0)

/* A condition of the test itself: counts only where it fails. */
#define MUST(good, ...)                                                        \
    do {                                                                       \
        if (!(good))                                                           \
            CHECK(0, __VA_ARGS__);                                             \
    } while (0)

/* The last line of a test program, and its exit status. */
static int test_end(void)
{
    printf("%ld passed, %ld failed\n", test_passed, test_failed);
    return test_failed != 0;
}

/* Everything that tests allocate, of exactly the size asked for, so that a
 * sanitizer sees one byte too many; freed by test_free. */
static void **test_blocks;
static size_t test_count, test_room;

static void *test_memory(size_t bytes)
{
    void *p = malloc(bytes ? bytes : 1);

    if (test_count == test_room) {
        test_room = test_room ? 2 * test_room : 64;
        test_blocks =
            (void **)realloc(test_blocks, test_room * sizeof *test_blocks);
    }
    if (!p || !test_blocks) {
        printf("out of memory\n0 passed, 1 failed\n");
        exit(1);
    }
    memset(p, 0, bytes ? bytes : 1);
    test_blocks[test_count++] = p;
    return p;
}

static void test_free(void)
{
    while (test_count)
        free(test_blocks[--test_count]);
    free(test_blocks);
    test_blocks = NULL;
    test_room = 0;
}

/* A generator of the tests' own (xorshift32), seeded by argv[1]. */
static unsigned long test_state = 1;

static void test_seed(int argc, char **argv)
{
    test_state = argc > 1 ? strtoul(argv[1], NULL, 10) & 0xffffffffu : 1;
    printf("seed %lu\n", test_state);
    test_state = test_state * 2654435761u & 0xffffffffu;
    if (!test_state)
        test_state = 1;
}

static unsigned long test_next(void)
{
    test_state ^= test_state << 13 & 0xffffffffu;
    test_state ^= test_state >> 17;
    test_state ^= test_state << 5 & 0xffffffffu;
    return test_state;
}

/* from 0 to n - 1 */
static int test_below(int n)
{
    return (int)(test_next() % (unsigned long)n);
}

/* from -1 to 1 */
static double test_number(void)
{
    return (double)test_next() / 2147483648.0 - 1.0;
}

/* n numbers in exact memory, from -scale to scale */
static rnn_real *test_reals(size_t n, double scale)
{
    rnn_real *p = (rnn_real *)test_memory(n * sizeof *p);
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = (rnn_real)(test_number() * scale);
    return p;
}

/* n numbers below limit */
static int *test_ids(size_t n, int limit)
{
    int *p = (int *)test_memory(n * sizeof *p);
    size_t i;

    for (i = 0; i < n; i++)
        p[i] = test_below(limit);
    return p;
}

/* Whether a is b, within a part of b and a number besides. */
static int test_close(double a, double b, double relative, double absolute)
{
    const double off = a < b ? b - a : a - b;

    return off <= relative * (b < 0 ? -b : b) + absolute;
}

/* Helpers that a program may leave unused. */
static void test_unused(void)
{
    (void)test_close;
    (void)test_end;
    (void)test_seed;
    (void)test_ids;
    (void)test_reals;
    (void)test_free;
    (void)test_unused;
}

#endif
