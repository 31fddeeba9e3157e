/* checkpoint.h: a run's state as a file, from which it goes on to the bit.
 *
 *     const kept list[] = {{"run.h", KEPT_REALS, h, n},
 *                          {"run.best", KEPT_64, &best, 1}, KEPT_END};
 *     keeper k = open_keeper(&model, params, params_len, spelled, len, list);
 *     write_kept(&k, path);                               any number of times
 *     read_kept(&st, path, list);                         in a later process
 *
 * The file is a safetensors file of the model, with what is listed as tensors
 * beside it. A float holds whole numbers up to 2^24, so integers and doubles go
 * in pieces of 16 bits, the least significant first; a text as its bytes. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "base.h"

/* rnn_real; int or uint32_t; uint64_t or double; const char * (NULL: none) */
enum { KEPT_REALS, KEPT_32, KEPT_64, KEPT_TEXT };

typedef struct kept {
    const char *name;
    int kind;
    void *value;
    size_t count; /* of a text 1 */
} kept;

#define KEPT_END {NULL, 0, NULL, 0}

typedef struct keeper {
    const rnn_model *model;
    const rnn_real *params;
    size_t params_len;
    const kept *list;
    rnn_beside beside;
    rnn_extra *extras;
    rnn_real *pieces; /* those of all that is no rnn_real */
    unsigned char *file;
    size_t file_len;
} keeper;

static inline size_t pieces_of(const kept *one)
{
    const char *text;

    if (one->kind == KEPT_REALS)
        return one->count;
    if (one->kind != KEPT_TEXT)
        return one->count * (one->kind == KEPT_64 ? 4 : 2);
    text = *(const char *const *)one->value;
    return text ? strlen(text) + 1 : 1; /* 0 at its end, or -1: none */
}

static inline void to_pieces(const kept *one, rnn_real *to)
{
    const char *text;
    uint64_t wide;
    uint32_t word32;
    size_t i;
    int j;

    if (one->kind == KEPT_TEXT) {
        text = *(const char *const *)one->value;
        for (i = 0; text && text[i]; i++)
            to[i] = (rnn_real)(unsigned char)text[i];
        to[text ? i : 0] = (rnn_real)(text ? 0 : -1);
        return;
    }
    for (i = 0; i < one->count; i++) {
        if (one->kind == KEPT_64) {
            memcpy(&wide, (const char *)one->value + 8 * i, 8);
        } else {
            memcpy(&word32, (const char *)one->value + 4 * i, 4);
            wide = word32;
        }
        for (j = one->kind == KEPT_64 ? 4 : 2; j > 0; j--, wide >>= 16)
            *to++ = (rnn_real)(wide & 0xffff);
    }
}

/* A whole number below 65536; of what is none, 0. */
static inline uint32_t piece(rnn_real x)
{
    return x >= 0 && x < 65536 ? (uint32_t)x : 0;
}

static inline void from_pieces(const kept *one, const rnn_real *from)
{
    const int n = one->kind == KEPT_64 ? 4 : 2;
    uint64_t wide;
    uint32_t word32;
    size_t i;
    int j;

    for (i = 0; i < one->count; i++, from += n) {
        for (wide = 0, j = n - 1; j >= 0; j--)
            wide = wide << 16 | piece(from[j]);
        word32 = (uint32_t)wide;
        if (one->kind == KEPT_64)
            memcpy((char *)one->value + 8 * i, &wide, 8);
        else
            memcpy((char *)one->value + 4 * i, &word32, 4);
    }
}

/* The bytes of the file; while k->file is NULL, only how many there are. */
static inline void pack_kept(keeper *k)
{
    rnn_real *at = k->pieces;
    size_t i;

    for (i = 0; k->list[i].name; i++)
        if (k->list[i].kind != KEPT_REALS) {
            to_pieces(&k->list[i], at);
            at += pieces_of(&k->list[i]);
        }
    check(rnn_save(k->model, k->params, k->params_len, &k->beside, k->file,
                   k->file_len, &k->file_len, &why),
          &why, "a checkpoint");
}

/* The list may be empty: then the file is of the model alone. Texts must not
 * change afterwards. */
static inline keeper open_keeper(const rnn_model *model, const rnn_real *params,
                                 size_t params_len,
                                 const unsigned char *spelled,
                                 size_t spelled_len, const kept *list)
{
    keeper k = {0};
    rnn_real *at;
    size_t n = 0, i, all = 0;

    for (; list[n].name; n++)
        all += list[n].kind == KEPT_REALS ? 0 : pieces_of(&list[n]);
    k.model = model;
    k.params = params;
    k.params_len = params_len;
    k.list = list;
    k.pieces = at = reals(all);
    k.extras = (rnn_extra *)zeros(n, sizeof *k.extras);
    for (i = 0; i < n; i++) {
        k.extras[i].name = list[i].name;
        k.extras[i].rows = (int)pieces_of(&list[i]);
        k.extras[i].data = at;
        if (list[i].kind == KEPT_REALS)
            k.extras[i].data = (const rnn_real *)list[i].value;
        else
            at += k.extras[i].rows;
    }
    k.beside.vocabulary = spelled;
    k.beside.vocabulary_len = spelled_len;
    k.beside.extras = k.extras;
    k.beside.num_extras = (int)n;
    pack_kept(&k);
    k.file = (unsigned char *)zeros(k.file_len, 1);
    return k;
}

/* Whole or not at all: the older file stays until the newer is complete. */
static inline void write_kept(keeper *k, const char *path)
{
    pack_kept(k);
    if (!replace_file(path, k->file, k->file_len))
        die("%s: not written: %s", path, strerror(errno));
}

/* Reads what the file must have of the list; a text is allocated. */
static inline void read_kept(const rnn_st *st, const char *path,
                             const kept *list)
{
    rnn_st_tensor found;
    rnn_real *numbers;
    char doing[200];
    size_t n, i;

    for (; list->name; list++) {
        if (rnn_st_find(st, list->name, &found) != RNN_OK)
            die("%s: it does not keep a run: no tensor %s", path, list->name);
        n = list->kind == KEPT_TEXT ? found.dims[0] : pieces_of(list);
        numbers = list->kind == KEPT_REALS
                      ? (rnn_real *)list->value
                      : (rnn_real *)zeros(n + 1, sizeof *numbers);
        sprintf(doing, "%.150s", path);
        check(rnn_load_tensor(st, list->name, numbers, n, &why), &why, doing);
        if (list->kind == KEPT_TEXT) {
            char *text = (char *)zeros(n + 1, 1);

            for (i = 0; i < n; i++)
                text[i] = (char)(unsigned char)piece(numbers[i]);
            *(const char **)list->value = n && numbers[0] < 0 ? NULL : text;
        } else if (list->kind != KEPT_REALS)
            from_pieces(list, numbers);
    }
}

/* FNV-1a of 64 bits: whether a text is the same. */
static inline uint64_t hash_of(const unsigned char *bytes, size_t len)
{
    uint64_t hash = 14695981039346656037u;

    for (; len > 0; len--, bytes++)
        hash = (hash ^ *bytes) * 1099511628211u;
    return hash;
}

#endif
