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

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#undef TEXT /* of windows.h; an option may be one */
#endif

/* ---- leaving, time, memory, files --------------------------------------- */

static const char *program = "example"; /* argv[0] */

static inline const char *program_name(void)
{
    const char *slash = strrchr(program, '/');

#ifdef _WIN32
    if (strrchr(slash ? slash : program, '\\'))
        slash = strrchr(slash ? slash : program, '\\');
#endif
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
#if defined(_WIN32)
    return (double)GetTickCount64() / 1000; /* clock() is of the processor */
#elif defined(CLOCK_MONOTONIC)
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) == 0)
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
#ifndef _WIN32
    return (double)clock() / CLOCKS_PER_SEC;
#endif
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

/* ---- numbers and tensors ------------------------------------------------ */

static inline double size_of(double x)
{
    return x < 0 ? -x : x;
}

/* Where number i of a tensor stands in PyTorch's shape, "[2, 5]"; out. */
static inline char *place_in(char out[32], const rnn_tensor *t, size_t i)
{
    const size_t rows = (size_t)t->rows, cols = t->cols ? (size_t)t->cols : 1;
    const size_t row = t->transposed ? i % rows : i / cols;
    const size_t col = t->transposed ? i / rows : i % cols;

    if (t->cols)
        sprintf(out, "[%u, %u]", (unsigned)row, (unsigned)col);
    else
        sprintf(out, "[%u]", (unsigned)row);
    return out;
}

/* ---- text, arguments and paths of any alphabet --------------------------- */

#ifdef _WIN32

/* UTF-8 as Windows wants it; freed when the program ends. */
static inline wchar_t *wide(const char *text)
{
    const int n = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *to = (wchar_t *)zeros((size_t)n + 1, sizeof *to);

    MultiByteToWideChar(CP_UTF8, 0, text, -1, to, n);
    return to;
}

static inline FILE *try_open(const char *path, const char *mode)
{
    return _wfopen(wide(path), wide(mode));
}

/* The command line as UTF-8, and the bytes of the standard streams as they
 * are. */
static inline void begin_program(int *argc, char ***argv)
{
    wchar_t **from = CommandLineToArgvW(GetCommandLineW(), argc);
    char **to = (char **)zeros((size_t)*argc + 1, sizeof *to);
    int i, n;

    for (i = 0; from && i < *argc; i++) {
        n = WideCharToMultiByte(CP_UTF8, 0, from[i], -1, NULL, 0, NULL, NULL);
        to[i] = (char *)zeros((size_t)n + 1, 1);
        WideCharToMultiByte(CP_UTF8, 0, from[i], -1, to[i], n, NULL, NULL);
    }
    *argv = from ? to : *argv;
    program = *argc > 0 ? **argv : program;
    SetConsoleOutputCP(CP_UTF8);
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    _setmode(_fileno(stdin), _O_BINARY);
}

/* Whole or not at all, by way of a file beside it; 0 if that fails. */
static inline int replace_file(const char *path, const void *bytes, size_t len)
{
    char *beside = (char *)zeros(strlen(path) + 5, 1);
    FILE *file = try_open(strcat(strcpy(beside, path), ".tmp"), "wb");
    size_t written = file ? fwrite(bytes, 1, len, file) : 0;

    return file && fclose(file) == 0 && written == len &&
           MoveFileExW(wide(beside), wide(path),
                       MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}

#else

static inline FILE *try_open(const char *path, const char *mode)
{
    return fopen(path, mode);
}

static inline void begin_program(int *argc, char ***argv)
{
    program = *argc > 0 ? **argv : program;
}

static inline int replace_file(const char *path, const void *bytes, size_t len)
{
    return rnn_write_file(path, bytes, len, NULL) == RNN_OK;
}

#endif

static inline FILE *open_file(const char *path, const char *mode)
{
    FILE *file = try_open(path, mode);

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
