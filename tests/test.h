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
typedef struct test_block {
    char *p;
    size_t bytes;
} test_block;
static test_block *test_blocks;
static size_t test_count, test_room;

static void *test_memory(size_t bytes)
{
    char *p = (char *)malloc(bytes ? bytes : 1);

    if (test_count == test_room) {
        test_room = test_room ? 2 * test_room : 64;
        test_blocks =
            (test_block *)realloc(test_blocks, test_room * sizeof *test_blocks);
    }
    if (!p || !test_blocks) {
        printf("out of memory\n0 passed, 1 failed\n");
        exit(1);
    }
    memset(p, 0, bytes ? bytes : 1);
    test_blocks[test_count].p = p;
    test_blocks[test_count++].bytes = bytes;
    return p;
}

/* How many bytes there are from p on, in what test_memory gave; 0: it is not
 * from there. */
static size_t test_bytes(const void *p)
{
    const char *at = (const char *)p;
    size_t i;

    for (i = test_count; i--;) {
        const test_block *b = &test_blocks[i];
        if (at && at >= b->p && at < b->p + b->bytes)
            return b->bytes - (size_t)(at - b->p);
    }
    return 0;
}

static void test_free(void)
{
    while (test_count)
        free(test_blocks[--test_count].p);
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

/* ---- the lengths of arrays, which a checking build wants to know ----------
 *
 * How much of each array test_memory has given; what is not from there keeps
 * the length that it has. */

static void say(size_t *len, const void *p, size_t size)
{
    const size_t n = test_bytes(p) / size;

    if (n)
        *len = n;
}

/* The same of several arrays, of which the shortest counts. */
static void say_least(size_t *len, const rnn_real *const *p, size_t count)
{
    size_t n, least = 0, i;

    for (i = 0; i < count; i++) {
        n = test_bytes(p[i]) / sizeof(rnn_real);
        least = n && (!least || n < least) ? n : least;
    }
    *len = least ? least : *len;
}

/* Of a sequence; targets: a loss's, or NULL, each of so many bytes. */
static void say_seq(rnn_seq *s, const void *targets, size_t size)
{
    const rnn_real *state[4];

    state[0] = s->h0;
    state[1] = s->c0;
    state[2] = s->hn;
    state[3] = s->cn;
    say_least(&s->state_len, state, 4);
    say(&s->x_len, s->x, sizeof *s->x);
    say(&s->ids_len, s->ids, sizeof *s->ids);
    say(&s->own_ids_len, s->own_ids, sizeof *s->own_ids);
    say(&s->targets_len, targets, size);
}

static void say_flow(rnn_flow *f)
{
    const rnn_real *state[4];

    state[0] = f->dhn;
    state[1] = f->dcn;
    state[2] = f->dh0;
    state[3] = f->dc0;
    say_least(&f->state_len, state, 4);
    say(&f->dx_len, f->dx, sizeof *f->dx);
}

static void say_row(rnn_row *r, const rnn_real *h, const rnn_real *c)
{
    const rnn_real *state[2];

    state[0] = h;
    state[1] = c;
    say_least(&r->state_len, state, 2);
    say(&r->x_len, r->x, sizeof *r->x);
    say(&r->attn_len, r->attn, sizeof *r->attn);
}

static void say_writing(rnn_writing *w, const rnn_real *h, const rnn_real *c,
                        const int *ids, const int *counts, const rnn_real *attn)
{
    const rnn_real *state[2];

    state[0] = h;
    state[1] = c;
    say_least(&w->state_len, state, 2);
    say(&w->ids_len, ids, sizeof *ids);
    say(&w->counts_len, counts, sizeof *counts);
    say(&w->attn_len, attn, sizeof *attn);
}

/* Of the passes of blocks alone. */
static void say_linear(rnn_linear_pass *p)
{
    const rnn_real *weights[2], *rows[2];

    weights[0] = p->params;
    weights[1] = p->grads;
    rows[0] = p->y;
    rows[1] = p->dy;
    say_least(&p->params_len, weights, 2);
    say_least(&p->y_len, rows, 2);
    say(&p->dx_len, p->dx, sizeof *p->dx);
}

static void say_look(rnn_attention_pass *p)
{
    const rnn_real *weights[2], *attn[3], *context[2];

    weights[0] = p->params;
    weights[1] = p->grads;
    attn[0] = p->attn;
    attn[1] = p->scores;
    attn[2] = p->dattn;
    context[0] = p->context;
    context[1] = p->dcontext;
    say_least(&p->params_len, weights, 2);
    say_least(&p->attn_len, attn, 3);
    say_least(&p->context_len, context, 2);
    say(&p->keys_len, p->keys, sizeof *p->keys);
    say(&p->work_len, p->work, sizeof *p->work);
    say(&p->dh_len, p->dh, sizeof *p->dh);
    say(&p->ds_len, p->ds, sizeof *p->ds);
}

/* Helpers that a program may leave unused. */
static void test_unused(void)
{
    (void)say_linear;
    (void)say_look;
    (void)say_flow;
    (void)say_row;
    (void)say_seq;
    (void)say_writing;
    (void)test_close;
    (void)test_end;
    (void)test_seed;
    (void)test_ids;
    (void)test_reals;
    (void)test_free;
    (void)test_unused;
}

#endif
