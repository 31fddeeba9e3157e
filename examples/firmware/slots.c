/* slots.c: a header and the data, twice. slots.h says what for.
 *
 * The order of a save is what makes it safe:
 *
 *   1. the other slot's seal, if it has none
 *   2. erase, the page with the header first: what was there is invalid
 *   3. magic, of, count, size; the data
 *   4. the CRC: from here on this slot is valid, and the newest
 *   5. the seal
 *
 * A word whose writing was cut off may read right today and wrong tomorrow, as
 * its cells hold too little charge. In the middle of a slot that does no harm,
 * since no CRC follows. Of the CRC itself the seal tells: it is written later,
 * so where a bit of it is cleared the CRC was written in full. Where none is,
 * the CRC is written once more before its slot becomes the only one. A page
 * whose erasing was cut off may read blank, for the same reason, so that pages
 * are always erased anew. */

#include "slots.h"

/* the words of a header, and how many there are */
enum { MAGIC, OF, COUNT, SIZE, CRC, SEAL, HEADER };

#define IS_SLOT 0x31544c53u /* and of which layout */
#define BLANK 0xffffffffu

/* Arrays have any type: words of them go byte by byte. */
static uint32_t get_word(const unsigned char *from)
{
    uint32_t word;
    unsigned char *to = (unsigned char *)&word;
    int i;

    for (i = 0; i < 4; i++)
        to[i] = from[i];
    return word;
}

static void put_word(unsigned char *to, uint32_t word)
{
    const unsigned char *from = (const unsigned char *)&word;
    int i;

    for (i = 0; i < 4; i++)
        to[i] = from[i];
}

/* Half a byte at a time: 64 bytes of table. */
uint32_t slots_crc(uint32_t crc, const volatile uint32_t *words, uint32_t n)
{
    static const uint32_t table[16] = {
        0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu,
        0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
        0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
        0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu};
    int i;

    crc = ~crc;
    for (; n; n--) {
        crc ^= *words++;
        for (i = 0; i < 8; i++)
            crc = crc >> 4 ^ table[crc & 15u];
    }
    return ~crc;
}

static uint32_t data_words(const slots *s)
{
    uint32_t words = 0;
    int i;

    for (i = 0; i < s->count; i++)
        words += s->parts[i].size / 4u;
    return words;
}

static volatile uint32_t *slot_at(const slots *s, int which)
{
    return s->flash + (which ? s->pages * (s->page / 4u) : 0u);
}

static uint32_t crc_of(const slots *s, const volatile uint32_t *slot)
{
    return slots_crc(slots_crc(0, slot, CRC), slot + HEADER, data_words(s));
}

static int is_valid(const slots *s, const volatile uint32_t *slot)
{
    return slot[MAGIC] == IS_SLOT && slot[OF] == s->of &&
           slot[SIZE] == data_words(s) && slot[CRC] == crc_of(s, slot);
}

/* The slot that holds the newest save, or -1. Counts go round, so what is ahead
 * of the other is less than half a round ahead. */
static int newest_slot(const slots *s)
{
    const volatile uint32_t *slot[2];
    int valid[2], i;

    for (i = 0; i < 2; i++) {
        slot[i] = slot_at(s, i);
        valid[i] = is_valid(s, slot[i]);
    }
    if (valid[0] && valid[1])
        return slot[1][COUNT] - slot[0][COUNT] < 0x80000000u;
    return valid[1] ? 1 : valid[0] ? 0 : -1;
}

int slots_load(const slots *s)
{
    const int newest = newest_slot(s);
    const volatile uint32_t *from;
    int i;

    if (newest < 0)
        return 0;
    from = slot_at(s, newest) + HEADER;
    for (i = 0; i < s->count; i++) {
        unsigned char *to = (unsigned char *)s->parts[i].data;
        const unsigned char *const end = to + s->parts[i].size;

        for (; to != end; to += 4)
            put_word(to, *from++);
    }
    return 1;
}

static void erase_slot(const slots *s, volatile uint32_t *slot)
{
    uint32_t i;

    for (i = 0; i < s->pages; i++)
        flash_erase(slot + i * (s->page / 4u));
}

/* Header and data with their CRC, which comes last. */
static void write_slot(const slots *s, volatile uint32_t *slot, uint32_t count)
{
    volatile uint32_t *to = slot + HEADER;
    uint32_t crc, head[CRC];
    int i;

    head[MAGIC] = IS_SLOT;
    head[OF] = s->of;
    head[COUNT] = count;
    head[SIZE] = data_words(s);
    for (i = 0; i < CRC; i++)
        flash_write(slot + i, head[i]);
    crc = slots_crc(0, head, CRC);
    for (i = 0; i < s->count; i++) {
        const unsigned char *from = (const unsigned char *)s->parts[i].data;
        const unsigned char *const end = from + s->parts[i].size;

        for (; from != end; from += 4) {
            const uint32_t word = get_word(from);

            crc = slots_crc(crc, &word, 1);
            flash_write(to++, word);
        }
    }
    flash_write(slot + CRC, crc);
}

int slots_save(const slots *s)
{
    const int newest = newest_slot(s);
    volatile uint32_t *const to = slot_at(s, newest == 0);
    volatile uint32_t *const other = slot_at(s, newest != 0);
    uint32_t count = 0;

    if (HEADER + data_words(s) > s->pages * (s->page / 4u))
        return 0;
    if (newest >= 0) {
        count = other[COUNT] + 1u;
        if (other[SEAL] == BLANK) {
            flash_write(other + CRC, crc_of(s, other));
            flash_write(other + SEAL, 0);
        }
    }
    erase_slot(s, to);
    write_slot(s, to, count);
    if (!is_valid(s, to))
        return 0;
    flash_write(to + SEAL, 0);
    return 1;
}
