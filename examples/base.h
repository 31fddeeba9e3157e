/* base.h: what all examples bring, so that each can be about its network: the
 * library with its implementation, and
 *
 *   leaving   die, check, result        memory   zeros, reals, ints, open_work
 *   chance    below, is_among           files    open_file, open_beside
 *   sets      check_apart               words    word, read_words, spell
 *
 * What it allocates is freed when the program ends. */
#ifndef BASE_H
#define BASE_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#endif

#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- leaving, time, memory, files --------------------------------------- */

static const char *program = "example"; /* argv[0] */

static inline const char *program_name(void)
{
    const char *slash = strrchr(program, '/');

    return slash ? slash + 1 : program;
}

/* Leaves with one line and status 1. */
static inline void die(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s: ", program_name());
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static rnn_why why; /* of calls that have no rnn_work */

/* Leaves with the reason, if a call was refused: the work's, or `why`. */
static inline void check(rnn_status status, const rnn_why *of,
                         const char *doing)
{
    char line[160];

    if (status != RNN_OK)
        die("%s: %s", doing,
            of && of->status == status ? rnn_why_text(of, line, sizeof line)
                                       : rnn_status_text(status));
}

/* An example's last line and status: return result("mse", mse, '<', 0.01); or
 * '>', which is at least. To fall short is no failure of the program. */
static inline int result(const char *name, double value, int sense,
                         double threshold)
{
    int ok = sense == '<' ? value < threshold : value >= threshold;

    printf("RESULT %s %.6g %.6g %s\n", name, value, threshold,
           ok ? "ok" : "short");
    return 0;
}

static inline double seconds(void)
{
#if defined(CLOCK_MONOTONIC) && !defined(_WIN32)
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) == 0)
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
    return (double)clock() / CLOCKS_PER_SEC;
}

static void **blocks; /* all that was allocated */
static size_t block_count;

static inline void free_blocks(void)
{
    while (block_count)
        free(blocks[--block_count]);
    free(blocks);
    blocks = NULL;
}

static inline void *zeros(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    void **more = (void **)realloc(blocks, (block_count + 1) * sizeof *more);

    blocks = more ? more : blocks;
    if (!p || !more)
        die("out of memory: %.0f MB wanted",
            (double)count * (double)size / 1048576.0);
    if (block_count == 0)
        atexit(free_blocks);
    blocks[block_count++] = p;
    return p;
}

static inline rnn_real *reals(size_t count)
{
    return (rnn_real *)zeros(count, sizeof(rnn_real));
}

static inline int *ints(size_t count)
{
    return (int *)zeros(count, sizeof(int));
}

static inline FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (!file)
        die("%s: %s", path, strerror(errno));
    return file;
}

/* A plan, and room for all arrays of a work that are not set. */
static inline void open_work(rnn_net *net, rnn_work *work,
                             const rnn_model *model, const rnn_most *most)
{
    check(rnn_plan(net, model, most), &net->why, "this model");
    check(rnn_bind(net, work, reals(net->sizes.all), net->sizes.all),
          &work->why, "this model");
}

/* ---- chance, sets apart, words ------------------------------------------ */

/* One of 0 ... n-1. */
static inline int below(rnn_rng *rng, int n)
{
    return (int)((double)rnn_uniform(rng) * n);
}

/* Whether an item of `size` bytes is among n of them. */
static inline int is_among(const void *item, const void *items, size_t n,
                           size_t size)
{
    const char *p = (const char *)items;

    for (; n > 0; n--, p += size)
        if (memcmp(p, item, size) == 0)
            return 1;
    return 0;
}

/* What is tested has not been learnt: no item is in both sets. */
static inline void check_apart(const void *learnt, size_t n, const void *tested,
                               size_t m, size_t size)
{
    const char *p = (const char *)learnt;
    size_t i;

    for (i = 0; i < n; i++)
        if (is_among(p + i * size, tested, m, size))
            die("item %lu of what is learnt is tested, too", (unsigned long)i);
}

/* A vocabulary: the texts of ids 0, 1, ... */
enum { WORDS = 1000 };
typedef struct words {
    const char *text[WORDS];
    int count;
} words;

/* The id of a word of len bytes, which joins the vocabulary if it is new. */
static inline int word(words *w, const char *text, size_t len)
{
    char *copy;
    int i;

    for (i = 0; i < w->count; i++)
        if (strlen(w->text[i]) == len && memcmp(w->text[i], text, len) == 0)
            return i;
    if (w->count == WORDS)
        die("more than %d words", WORDS);
    copy = (char *)zeros(len + 1, 1);
    w->text[w->count] = (const char *)memcpy(copy, text, len);
    return w->count++;
}

/* The words of a text, which blanks part; -1 after them. Returns how many there
 * are. */
static inline int read_words(int *ids, int most, words *w, const char *text)
{
    const char *left = text;
    size_t len;
    int n, count = 0;

    for (n = 0; n < most; n++) {
        len = strcspn(left, " ");
        count += len > 0;
        ids[n] = len ? word(w, left, len) : -1;
        left += len + (left[len] == ' ');
    }
    if (*left)
        die("'%s' has more than %d words", text, most);
    return count;
}

/* The other way: a text of at most n words. Stops follow without a blank. */
static inline const char *spell(char *text, const words *w, const int *ids,
                                int n)
{
    int i;

    for (*text = 0, i = 0; i < n && ids[i] >= 0; i++) {
        strcat(text, i && !strchr(".?", *w->text[ids[i]]) ? " " : "");
        strcat(text, w->text[ids[i]]);
    }
    return text;
}

/* ---- files beside the program: build/adding.svg ------------------------- */

static inline FILE *open_beside(const char *name, const char *ending)
{
    char path[1000];
    FILE *f;

    sprintf(path, "%.*s%.99s.%.9s", (int)(program_name() - program) % 800,
            program, name, ending);
    f = open_file(path, "wb");
    printf("written: %s\n", path);
    return f;
}

static inline void close_beside(FILE *f)
{
    if (ferror(f) | fclose(f))
        die("a file is not completely written");
}

#endif
