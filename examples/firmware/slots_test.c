/* slots_test: power fails at every write and every erase of slots.c, and what
 * comes back is the newest save or the one before, bit for bit.
 *
 *     cc slots_test.c slots.c -o slots_test && ./slots_test
 *
 * The flash is an array: erasing a page sets its bits, writing clears some. The
 * operation at which power fails is left torn: not begun, with some of its bits
 * done, or with all of them, but weak: at a later start they may read as if
 * they had never been done. */

#include "slots.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

enum {
    PAGE = 1024,
    WORDS = PAGE / 4,
    PAGES = 2, /* of a slot */
    ALL = 2 * PAGES * WORDS,
    HEADER = 6,
    DATA = PAGES * WORDS - HEADER, /* a slot is full */
    FIRST = 300,                   /* of them in the first part */
    OPS = PAGES + HEADER + DATA + 2 /* of a save, two of the slot before */
};

static int passed, failed;

static int check(int good, const char *what)
{
    if (good)
        passed++;
    else if (failed++ < 20)
        printf("FAIL %s\n", what);
    return good;
}

/* xorshift32 */
static uint32_t chance = 1;

static uint32_t any(void)
{
    chance ^= chance << 13;
    chance ^= chance >> 17;
    chance ^= chance << 5;
    return chance;
}

/* ---- the flash ----------------------------------------------------------- */

static volatile uint32_t flash[ALL];
static uint32_t weak[ALL];   /* bits that may read as before         */
static int blank[2 * PAGES]; /* a page whose erasing was cut off     */
static int writes[ALL];      /* of a word since its page was erased  */
static int most_writes, erases[2 * PAGES], strayed;
static long erased;    /* pages, in all                        */
static long left = -1; /* operations until power fails; -1: it does
                                   not */
static jmp_buf power;

static int fails_now(void)
{
    return left >= 0 && left-- == 0;
}

void flash_erase(volatile uint32_t *page)
{
    const long at = (long)(page - flash), p = at / WORDS;
    const uint32_t how = any() % 4;
    const int fails = fails_now();
    int i;

    strayed += at < 0 || at >= ALL || at % WORDS != 0;
    for (i = 0; i < WORDS; i++) {
        if (!fails || how == 3)
            page[i] = 0xffffffffu;
        else if (how == 2)
            page[i] |= any();
        else if (how == 1 && any() % 2)
            page[i] = 0xffffffffu;
        writes[at + i] = 0;
        weak[at + i] = 0;
    }
    blank[p] = fails && how == 3;
    erases[p]++;
    erased++;
    if (fails)
        longjmp(power, 1);
}

void flash_write(volatile uint32_t *word, uint32_t value)
{
    const long at = (long)(word - flash);
    uint32_t bits = *word & ~value; /* that are to be cleared */

    strayed += at < 0 || at >= ALL;
    if (++writes[at] > most_writes)
        most_writes = writes[at];
    if (!fails_now()) {
        *word &= value;
        weak[at] &= value; /* what is cleared again is so for good */
        return;
    }
    switch (any() % 4) {
    case 0: bits = 0; break;
    case 1: bits &= any(); break;
    case 2: bits &= any() | any(); break;
    default: break;
    }
    *word &= ~bits;
    weak[at] |= bits;
    longjmp(power, 1);
}

/* Power comes back: what is weak may have changed. */
static void start(void)
{
    int i;

    left = -1;
    for (i = 0; i < ALL; i++)
        if (weak[i] && any() % 2) {
            flash[i] |= weak[i] & any();
            weak[i] &= ~flash[i];
        }
    for (i = 0; i < ALL; i++)
        if (blank[i / WORDS] && any() % 64 == 0)
            flash[i] &= any() | any();
}

static void fill(int garbage)
{
    int i;

    for (i = 0; i < ALL; i++) {
        flash[i] = garbage ? any() : 0xffffffffu;
        weak[i] = 0;
        writes[i] = 0;
    }
    memset(blank, 0, sizeof blank);
    memset(erases, 0, sizeof erases);
}

/* ---- what is kept -------------------------------------------------------- */

typedef struct content {
    uint32_t word[DATA];
} content;

static content ram; /* as the program has it */
static slots_part parts[2];
static slots one = {flash, PAGE, PAGES, 7, parts, 2};

static void set_content(uint32_t number)
{
    int i;

    for (i = 0; i < DATA; i++)
        ram.word[i] = number * 2654435761u + (uint32_t)i * 40503u;
}

static int is_content(uint32_t number)
{
    const content is = ram;
    int same;

    set_content(number);
    same = memcmp(&is, &ram, sizeof ram) == 0;
    ram = is;
    return same;
}

/* The number, `least` to `most`, of the content that a load brings back; -1: it
 * says that there is none; -2: it brings back something else. */
static long load(long least, long most)
{
    const content before = ram;
    long n;

    if (!slots_load(&one))
        return memcmp(&before, &ram, sizeof ram) ? -2 : -1;
    for (n = least < 0 ? 0 : least; n <= most; n++)
        if (is_content((uint32_t)n))
            return n;
    return -2;
}

/* Saves content n; power fails at operation `at`, 0 the first, -1: never. 1: it
 * is saved; 0: power has failed; -1: refused. */
static int save(long n, long at)
{
    int done;

    set_content((uint32_t)n);
    left = at;
    if (setjmp(power))
        return 0;
    done = slots_save(&one);
    left = -1;
    return done ? 1 : -1;
}

static void history(long saves)
{
    long n;

    for (n = 0; n < saves; n++)
        check(save(n, -1) == 1 && load(0, n) == n, "a save in peace");
}

/* ---- what must come back ------------------------------------------------- */

/* The content that must be there, unless it is the one whose save was cut off;
 * what the last start has found: once a save erases, it is all there is. */
static long kept, maybe, found;

static void begin(int garbage, long saves)
{
    fill(garbage);
    history(saves);
    kept = maybe = found = saves - 1;
}

static int start_and_look(const char *what)
{
    start();
    found = load(kept, maybe);
    return check(found == kept || found == maybe, what);
}

static void save_and_note(long n, long at)
{
    const long before = erased;

    if (save(n, at) == 1) {
        kept = n;
    } else if (erased != before) {
        kept = found;
    }
    maybe = n;
}

/* ---- the tests ----------------------------------------------------------- */

/* Power fails at operation `at` of a save. Then at one of the first start's own
 * save, `next`, and at any of the second's; and then no more. */
static void cut(long at, long next)
{
    const long n = kept + 1;

    save_and_note(n, at);
    if (!start_and_look("what a cut leaves"))
        return;
    save_and_note(n + 1, next);
    if (!start_and_look("what a cut of the first start's save leaves"))
        return;
    save_and_note(n + 2, any() % OPS);
    if (!start_and_look("what a third cut leaves"))
        return;
    save_and_note(n + 3, -1);
    start_and_look("what is saved after cuts");
    check(found == n + 3, "all of it");
}

/* 0 to 3 saves before, over blank flash and over garbage */
static void test_each_cut(void)
{
    long at, saves;
    int round;

    for (saves = 0; saves < 4; saves++)
        for (at = 0; at < OPS; at++)
            for (round = 0; round < 4; round++) {
                begin(round & 1, saves);
                cut(at, round > 1 ? at : any() % OPS);
            }
}

/* The first start's save at each operation in turn, behind cuts where a save
 * goes from one thing to the next. */
static void test_each_second_cut(void)
{
    static const long firsts[] = {0,       1,       PAGES,   PAGES + 1,
                                  OPS - 6, OPS - 5, OPS - 4, OPS - 3};
    unsigned i;
    long next;

    for (i = 0; i < sizeof firsts / sizeof firsts[0]; i++)
        for (next = 0; next < OPS; next++) {
            begin(0, 3);
            cut(firsts[i], next);
        }
}

/* Long ones, in which any save may be cut off. */
static void test_histories(void)
{
    long h, n, at;

    for (h = 0; h < 60; h++) {
        begin(h & 1, 0);
        for (n = 0; n < 40; n++) {
            at = any() % 3 ? (long)(any() % OPS) : -1;
            if (any() % 4 == 0) /* near the end, where it matters most */
                at = OPS - 1 - (long)(any() % 6);
            save_and_note(n, at);
            if (!start_and_look("in a history"))
                break;
        }
    }
}

/* In peace both slots wear alike, and no word is written twice. */
static void test_wear(void)
{
    int p, least, most;

    fill(0);
    most_writes = 0;
    history(101);
    least = most = erases[0];
    for (p = 1; p < 2 * PAGES; p++) {
        least = erases[p] < least ? erases[p] : least;
        most = erases[p] > most ? erases[p] : most;
    }
    check(least == 50 && most == 51, "both slots are erased as often");
    check(most_writes == 1, "a word is written once");
}

/* A slot with another word in its header, and the CRC of that. */
enum { MAGIC = 0, COUNT = 2, SIZE = 3 };
static void set_head(int slot, int which, uint32_t word)
{
    volatile uint32_t *at = flash + slot * PAGES * WORDS;

    at[which] = word;
    at[4] = slots_crc(slots_crc(0, at, 4), at + HEADER, DATA);
}

static void test_counts(void)
{
    static const uint32_t counts[] = {0xfffffffcu, 0x7ffffffcu, 0x3u};
    unsigned i;
    long n;

    for (i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        fill(0);
        history(2);
        set_head(0, COUNT, counts[i]);
        set_head(1, COUNT, counts[i] + 1);
        check(load(0, 1) == 1, "the newest by its count");
        for (n = 2; n < 12; n++)
            check(save(n, -1) == 1 && load(0, n) == n, "counts go round");
        check(flash[COUNT] == counts[i] + 10,
              "the count of the newest but one");
        set_head(0, COUNT, counts[i] + 12);
        check(load(0, 12) == 10, "the other slot, if its count is ahead");
    }
}

/* Garbage, blank flash, another model, another size, one changed bit. */
static void test_refusals(void)
{
    int i, bit;

    for (i = 0; i < 200; i++) {
        fill(i != 0);
        check(load(0, 0) == -1, "nothing comes out of garbage");
        check(save(3, -1) == 1 && load(3, 3) == 3, "a save over garbage");
    }
    fill(0);
    history(5);
    one.of = 8;
    check(load(0, 9) == -1, "another model's slots are not taken");
    check(save(9, -1) == 1 && load(9, 9) == 9, "but written over");
    one.of = 7;
    check(load(0, 9) == 3, "the one that is left is not");
    parts[1].size -= 4;
    check(load(0, 9) == -1, "a save of another size");
    parts[1].size += 8;
    check(save(9, -1) == -1 && load(0, 9) == -1, "too large for a slot");
    parts[1].size -= 4;
    set_head(1, SIZE, DATA - 1);
    check(load(0, 9) == -1, "a size that is not ours");
    set_head(1, SIZE, DATA);
    check(load(0, 9) == 3, "ours again");
    set_head(1, MAGIC, 0x30544c53);
    check(load(0, 9) == -1, "another layout");
    fill(0);
    history(2);
    for (i = 0; i < PAGES * WORDS; i++)
        for (bit = 0; bit < 32; bit += 5) {
            volatile uint32_t *at = flash + PAGES * WORDS + i;

            *at ^= 1u << bit;
            check(load(0, 1) == (i == 5 ? 1 : 0), "one bit changes");
            *at ^= 1u << bit;
        }
}

static void test_crc(void)
{
    static const uint32_t words[] = {0x34333231u, 0x38373635u};

    check(slots_crc(0, words, 2) == 0x9ae0daafu, "CRC-32 of 12345678");
    check(slots_crc(slots_crc(0, words, 1), words + 1, 1) == 0x9ae0daafu,
          "CRC-32 in two");
}

int main(void)
{
    parts[0].data = ram.word;
    parts[0].size = 4u * FIRST;
    parts[1].data = ram.word + FIRST;
    parts[1].size = 4u * (DATA - FIRST);
    test_crc();
    test_wear();
    test_counts();
    test_refusals();
    test_each_cut();
    test_each_second_cut();
    test_histories();
    check(strayed == 0, "outside of the flash");
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
