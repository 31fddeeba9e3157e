/* batches.h: sequences of unequal length, in batches, for epochs of learning.
 *
 * A batch takes as many steps as its longest row, and what the others are
 * shorter is padding: time for nothing. So rows of about one length go together
 * (a bucket), by chance within it, and the batches then come in any order.
 *
 *     batches *b = open_batches(lengths, count, rows, width, seed);
 *     begin_epoch(b, epoch);
 *     while ((n = next_batch(b, &which)) > 0) ...   which[0] ... which[n-1]
 *
 * or, where nothing is done between two epochs, from the first one on
 *
 *     while (go_on(t)) { n = any_batch(b, &which); ... }
 *
 * All chance is a hash of seed, epoch and number, so an epoch can be made again
 * from these alone: to go on in the middle of one, begin it and set b->next. */
#ifndef BATCHES_H
#define BATCHES_H

#include "base.h"

/* What is sorted: by bucket, then by chance, then by number. */
typedef struct draw_of {
    int bucket, number;
    uint32_t chance;
} draw_of;

typedef struct batches {
    const int *lengths; /* (count) the caller's                              */
    int count, rows;    /* sequences; of a batch, at most                    */
    int width;          /* of a bucket: lengths up to width are the first    */
    uint32_t seed, epoch;
    int all, next;      /* batches of an epoch; which of them comes next:
                           all of them have come before an epoch is begun    */
    int *order;         /* (count) sequences, batch by batch                 */
    draw_of *draws;     /* (count), then of the batches: their turns         */
} batches;

static inline batches *open_batches(const int *lengths, int count, int rows,
                                    int width, int seed)
{
    batches *b = (batches *)zeros(1, sizeof *b);

    b->lengths = lengths;
    b->count = count;
    b->rows = rows;
    b->width = width;
    b->seed = (uint32_t)seed;
    b->next = b->all = (count + rows - 1) / rows;
    b->order = ints((size_t)count);
    b->draws = (draw_of *)zeros((size_t)count, sizeof *b->draws);
    return b;
}

static inline int by_draw(const void *one, const void *other)
{
    const draw_of *p = (const draw_of *)one, *q = (const draw_of *)other;

    if (p->bucket != q->bucket)
        return p->bucket < q->bucket ? -1 : 1;
    if (p->chance != q->chance)
        return p->chance < q->chance ? -1 : 1;
    return p->number < q->number ? -1 : p->number > q->number;
}

/* Draws n numbers; those of lengths NULL are all of one bucket. */
static inline void sort_draws(batches *b, int n, const int *lengths,
                              uint32_t what)
{
    uint32_t key[2], counter[2], out[2];
    int i;

    key[0] = b->seed;
    key[1] = what;
    counter[1] = b->epoch;
    for (i = 0; i < n; i++) {
        counter[0] = (uint32_t)i;
        rnn_threefry(key, counter, out);
        b->draws[i].bucket = lengths ? (lengths[i] - 1) / b->width : 0;
        b->draws[i].chance = out[0];
        b->draws[i].number = i;
    }
    qsort(b->draws, (size_t)n, sizeof *b->draws, by_draw);
}

static inline void begin_epoch(batches *b, int epoch)
{
    int i;

    b->epoch = (uint32_t)epoch;
    b->next = 0;
    sort_draws(b, b->count, b->lengths, 0x726f7773); /* "rows" */
    for (i = 0; i < b->count; i++)
        b->order[i] = b->draws[i].number;
    sort_draws(b, b->all, NULL, 0x7475726e); /* "turn" */
}

/* How many sequences the next batch has, and which; 0 at the epoch's end. */
static inline int next_batch(batches *b, const int **which)
{
    int first;

    if (b->next == b->all)
        return 0;
    first = b->draws[b->next++].number * b->rows;
    *which = b->order + first;
    return b->count - first < b->rows ? b->count - first : b->rows;
}

/* The same, and after an epoch's last the next epoch's first. */
static inline int any_batch(batches *b, const int **which)
{
    if (b->next == b->all)
        begin_epoch(b, (int)b->epoch + 1);
    return next_batch(b, which);
}

/* The share of an epoch's steps that is padding. */
static inline double share_padding(batches *b)
{
    double steps = 0, padded = 0;
    const int *which;
    int n, i, most;

    begin_epoch(b, 0);
    while ((n = next_batch(b, &which)) > 0) {
        for (most = i = 0; i < n; i++) {
            steps += b->lengths[which[i]];
            most = b->lengths[which[i]] > most ? b->lengths[which[i]] : most;
        }
        padded += (double)most * n;
    }
    return padded > 0 ? 1 - steps / padded : 0;
}

static inline void put_padding(batches *b, const char *steps)
{
    printf("batches are by length: %.0f %% of their %s are padding\n",
           100 * share_padding(b), steps);
}

#endif
