/* The batches of examples/batches.h: each sequence once an epoch, sequences of
 * about one length together, another order for every seed and epoch, and the
 * same one whenever it is asked for, from any batch on. */
#include "../examples/batches.h"
#include "test.h"

enum { MOST_COUNT = 1000 };

/* Lengths from least to most, and batches of them. */
static batches *some(int count, int rows, int width, int least, int most,
                     int seed)
{
    int *lengths = (int *)test_memory((size_t)count * sizeof *lengths), i;

    for (i = 0; i < count; i++)
        lengths[i] = least + test_below(most - least + 1);
    return open_batches(lengths, count, rows, width, seed);
}

/* The rest of an epoch, as one array: the batches' sequences, -1 after each
 * batch. Returns how many numbers that are. */
static int rest(batches *b, int *all)
{
    const int *which;
    int n, at = 0;

    while ((n = next_batch(b, &which)) > 0) {
        memcpy(all + at, which, (size_t)n * sizeof *all);
        at += n;
        all[at++] = -1;
    }
    return at;
}

/* Of one seed and epoch. */
static int epoch_of(batches *b, int epoch, int *all)
{
    begin_epoch(b, epoch);
    return rest(b, all);
}

static int same(const int *a, int n, const int *b, int m)
{
    return n == m && memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* ---- what an epoch consists of ------------------------------------------- */

/* Every sequence once; whole batches, but for one that has the rest. */
static void check_once(batches *b, int epoch)
{
    int *times = (int *)test_memory((size_t)b->count * sizeof *times);
    int n, i, all = 0, whole = 0, wrong = 0;
    const int *which;

    begin_epoch(b, epoch);
    while ((n = next_batch(b, &which)) > 0) {
        all++;
        whole += n == b->rows;
        wrong += n != b->rows && n != b->count % b->rows;
        for (i = 0; i < n; i++)
            if (which[i] < 0 || which[i] >= b->count)
                wrong++;
            else
                times[which[i]]++;
    }
    for (i = 0; i < b->count; i++)
        wrong += times[i] != 1;
    CHECK(!wrong && whole == b->count / b->rows &&
              all == whole + (b->count % b->rows != 0) && all == b->all,
          "%d sequences, %d rows: %d wrong, %d batches, %d of them whole",
          b->count, b->rows, wrong, all, whole);
    CHECK(next_batch(b, &which) == 0 && next_batch(b, &which) == 0,
          "an epoch of %d batches goes on", all);
}

static void check_counts(void)
{
    static const int counts[] = {1, 2, 7, 8, 9, 15, 16, 17, 100, 333};
    static const int rows[] = {1, 2, 8, 64, 333, 1000};
    size_t i, k;
    int epoch;

    for (i = 0; i < sizeof counts / sizeof *counts; i++)
        for (k = 0; k < sizeof rows / sizeof *rows; k++)
            for (epoch = 0; epoch < 3; epoch++) {
                check_once(some(counts[i], rows[k], 3, 1, 40, 1), epoch);
                check_once(some(counts[i], rows[k], 5, 9, 9, 1), epoch);
                check_once(some(counts[i], rows[k], 1, 0, 2, 1), epoch);
            }
}

/* No sequence, and no epoch begun: no batch. */
static void check_none(void)
{
    batches *none = open_batches(NULL, 0, 8, 1, 1), *b = some(9, 4, 2, 1, 9, 1);
    const int *which;

    CHECK(next_batch(none, &which) == 0, "a batch of nothing");
    CHECK(any_batch(none, &which) == 0, "a batch of any epoch of nothing");
    CHECK(share_padding(none) <= 0, "padding of nothing");
    CHECK(next_batch(b, &which) == 0, "a batch before the first epoch");
}

/* ---- buckets ------------------------------------------------------------- */

static int bucket_of(const batches *b, int which)
{
    const int n = b->lengths[which];

    return n <= b->width ? 0 : (n - 1) / b->width;
}

/* Of any two batches all buckets of one are at most the least of the other:
 * they share one at the most, at its border. */
static void check_apart_by_length(batches *b, int epoch)
{
    int *least = (int *)test_memory((size_t)b->all * sizeof *least);
    int *most = (int *)test_memory((size_t)b->all * sizeof *most);
    int n, i, k, k2, bad = 0;
    const int *which;

    begin_epoch(b, epoch);
    for (k = 0; (n = next_batch(b, &which)) > 0; k++)
        for (i = 0; i < n; i++) {
            k2 = bucket_of(b, which[i]);
            least[k] = i == 0 || k2 < least[k] ? k2 : least[k];
            most[k] = k2 > most[k] ? k2 : most[k];
        }
    for (k = 0; k < b->all; k++)
        for (k2 = 0; k2 < k; k2++)
            bad += most[k] > least[k2] && most[k2] > least[k];
    CHECK(!bad, "%d sequences, buckets of %d: %d pairs of batches overlap",
          b->count, b->width, bad);
}

/* Lengths 1 to `width` are one bucket, and lie in it by chance alone. */
static void check_bucket(void)
{
    static const int lengths[] = {4, 1, 5, 8, 4, 1, 8, 5};
    batches *b = open_batches(lengths, 8, 4, 4, 1);
    batches *mixed = some(400, 4, 2, 1, 2, 1);
    int n, i, epoch, bad = 0, sum, two = 0;
    const int *which;

    for (epoch = 0; epoch < 20; epoch++) {
        begin_epoch(b, epoch);
        while ((n = next_batch(b, &which)) > 0)
            for (i = 1; i < n; i++)
                bad += (lengths[which[i]] > 4) != (lengths[which[0]] > 4);
    }
    CHECK(!bad, "lengths 1 to 4 and 5 to 8 are mixed, %d times", bad);
    begin_epoch(mixed, 1);
    while ((n = next_batch(mixed, &which)) > 0) {
        for (sum = i = 0; i < n; i++)
            sum += mixed->lengths[which[i]];
        two += sum > n && sum < 2 * n; /* 7 in 8 of them, by chance */
    }
    CHECK(two > 70, "only %d of 100 batches have both lengths of a bucket",
          two);
}

/* The share that is padding, by its definition; and what buckets save. */
static double padding_of(batches *b)
{
    double padding = 0, all = 0;
    const int *which;
    int n, i, most;

    begin_epoch(b, 0);
    while ((n = next_batch(b, &which)) > 0) {
        for (most = i = 0; i < n; i++)
            most = b->lengths[which[i]] > most ? b->lengths[which[i]] : most;
        for (i = 0; i < n; i++) {
            padding += most - b->lengths[which[i]];
            all += most;
        }
    }
    return all > 0 ? padding / all : 0;
}

static void check_padding(int least, int most)
{
    batches *narrow = some(MOST_COUNT, 20, 4, least, most, 3);
    batches *none = open_batches(narrow->lengths, MOST_COUNT, 20, 1000, 3);
    const double share = share_padding(narrow), without = share_padding(none);

    CHECK(test_close(share, padding_of(narrow), 1e-12, 0),
          "%g is padding, not %g", padding_of(narrow), share);
    CHECK(test_close(without, padding_of(none), 1e-12, 0),
          "without buckets %g is padding, not %g", padding_of(none), without);
    CHECK(share < 0.2 * without, "padding: %g, without buckets %g", share,
          without);
}

static void check_buckets(void)
{
    int epoch;

    for (epoch = 0; epoch < 5; epoch++) {
        check_apart_by_length(some(500, 16, 8, 1, 120, 7), epoch);
        check_apart_by_length(some(501, 32, 1, 1, 30, 7), epoch);
        check_apart_by_length(some(37, 10, 3, 0, 11, 7), epoch);
        check_apart_by_length(some(64, 8, 5, 6, 6, 7), epoch);
    }
    check_bucket();
    check_padding(1, 100);
    check_padding(30, 120);
    CHECK(share_padding(some(100, 8, 4, 17, 17, 1)) <= 0,
          "padding of sequences of one length");
    CHECK(share_padding(some(1, 8, 4, 5, 5, 1)) <= 0, "padding of one");
    CHECK(share_padding(some(30, 8, 4, 0, 0, 1)) <= 0, "padding of empty ones");
}

/* ---- chance -------------------------------------------------------------- */

static int one[2 * MOST_COUNT], other[2 * MOST_COUNT];

/* Seed and epoch say all; another of either is another order. */
static void check_order(int width)
{
    batches *b = some(200, 7, width, 1, 50, 5), *again, *seed, *high;
    int n, m, epoch;

    again = open_batches(b->lengths, 200, 7, width, 5);
    seed = open_batches(b->lengths, 200, 7, width, 6);
    high = open_batches(b->lengths, 200, 7, width, 5 + 65536);
    for (epoch = 0; epoch < 10; epoch++)
        n = epoch_of(b, epoch, one);
    m = epoch_of(again, 9, other); /* without those before */
    CHECK(same(one, n, other, m), "the same seed and epoch, another order");
    again->next = 3;
    m = epoch_of(again, 9, other); /* begun in the middle of it */
    CHECK(same(one, n, other, m), "an epoch begun again has another order");
    m = epoch_of(seed, 9, other);
    CHECK(!same(one, n, other, m), "another seed, the same order");
    m = epoch_of(high, 9, other);
    CHECK(!same(one, n, other, m), "of a seed the low bits alone count");
    for (epoch = 0; epoch < 9; epoch++) {
        m = epoch_of(b, epoch, other);
        CHECK(!same(one, n, other, m), "epochs %d and 9 have one order", epoch);
    }
}

/* In many epochs each of 20 sequences is in a batch's place as often as any;
 * four buckets that are one batch each come in any turn. */
static void check_fair(void)
{
    enum { EPOCHS = 800 };
    static int lengths[20];
    batches *alike = some(20, 5, 4, 3, 3, 11), *four;
    int place[20] = {0}, turn[4] = {0}, together = 0, epoch, i, k, at, n;
    int bad = 0;

    for (i = 0; i < 20; i++)
        lengths[i] = 1 + i % 4;
    four = open_batches(lengths, 20, 5, 1, 11);
    for (epoch = 0; epoch < EPOCHS; epoch++) {
        n = epoch_of(alike, epoch, one);
        for (i = 0; i < 5; i++)
            place[one[i]]++;
        for (k = at = 0; at < n && one[at] != 0; at++)
            k += one[at] < 0;
        for (i = 6 * k; i < 6 * k + 5; i++)
            together += one[i] == 1; /* with 0: 4 of the 19 others are */
        epoch_of(four, epoch, one);
        for (k = 0; k < 3 && lengths[one[6 * k]] != 4; k++)
            ;
        turn[k]++;
    }
    for (i = 0; i < 20; i++) /* five standard deviations */
        bad += abs(place[i] - EPOCHS / 4) > 61;
    CHECK(!bad, "%d of 20 are seldom, or often, in the first batch", bad);
    CHECK(abs(together - EPOCHS * 4 / 19) <= 57,
          "0 and 1 are together in %d of %d epochs", together, EPOCHS);
    for (bad = i = 0; i < 4; i++)
        bad += abs(turn[i] - EPOCHS / 4) > 61;
    CHECK(!bad, "the longest come at each turn: %d, %d, %d, %d", turn[0],
          turn[1], turn[2], turn[3]);
}

/* ---- going on ------------------------------------------------------------ */

/* An epoch's number and b->next are all that must be kept. */
static void check_resume(int count, int rows)
{
    batches *b = some(count, rows, 4, 1, 30, 2), *again;
    int n, m, k, at = 0;

    again = open_batches(b->lengths, count, rows, 4, 2);
    n = epoch_of(b, 6, one);
    for (k = 0; k <= b->all; k++) {
        begin_epoch(again, 6);
        again->next = k;
        m = rest(again, other);
        CHECK(same(one + at, n - at, other, m),
              "%d sequences, from batch %d on: another rest", count, k);
        while (at < n && one[at++] >= 0)
            ;
    }
}

/* Epoch 1, 2, 3, ... by any_batch; and from every place of these on. */
static void check_any(int count, int rows)
{
    batches *b = some(count, rows, 4, 1, 30, 4), *again;
    const int *which, *next;
    int epoch, n, m, k, bad = 0, last;

    again = open_batches(b->lengths, count, rows, 4, 4);
    for (epoch = 1; epoch <= 4; epoch++) {
        begin_epoch(b, epoch);
        for (k = 0; (n = next_batch(b, &which)) > 0; k++) {
            m = any_batch(again, &next);
            bad += !same(which, n, next, m);
            bad += (int)again->epoch != epoch || again->next != k + 1;
            last = again->next;
            begin_epoch(again, epoch);
            again->next = last;
        }
    }
    CHECK(!bad, "%d sequences: %d of any_batch's are others", count, bad);
}

int main(int argc, char **argv)
{
    static const int counts[] = {1, 30, 64, 101}, rows[] = {8, 7, 16, 10};
    int i;

    test_seed(argc, argv);
    check_counts();
    check_none();
    check_buckets();
    check_order(1);
    check_order(8);
    check_order(100);
    check_fair();
    for (i = 0; i < 4; i++) {
        check_resume(counts[i], rows[i]);
        check_any(counts[i], rows[i]);
    }
    test_free();
    test_unused();
    return test_end();
}
