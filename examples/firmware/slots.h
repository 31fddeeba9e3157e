/* slots.h: what a program has learnt, kept in flash, in two slots in turn.
 *
 *     slot 0   [ header | weights, moments, counters ]      saves 0, 2, 4, ...
 *     slot 1   [ header | weights, moments, counters ]      saves 1, 3, 5, ...
 *
 * A save goes to the slot that does not hold the newest, and counts once the
 * CRC-32 over all of it is there, which is written last. So power may fail at
 * any write or erase: the slot at work is then invalid, and the other one holds
 * the save before. At most the last save is lost, never both, and what comes
 * back is what was saved, bit for bit.
 *
 * Flash is memory that is read as such; erasing a page sets its bits, writing a
 * word clears some. Words are written once after an erase; the CRC perhaps
 * twice (slots.c says why). Each page is erased at every other save. A board's
 * brown-out detector, which holds the core in reset while the supply is too low
 * for flash, should be on. No allocation, no C library, no globals. */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdint.h>

/* The board's, or a test's: each comes back when it is done. */
void flash_erase(volatile uint32_t *page); /* its first word */
void flash_write(volatile uint32_t *word, uint32_t value);

/* One of the arrays that are kept. */
typedef struct slots_part {
    void *data;
    uint32_t size; /* bytes: a multiple of 4 */
} slots_part;

typedef struct slots {
    volatile uint32_t *flash; /* two slots, from the start of a page on */
    uint32_t page, pages;     /* bytes of a page, pages of one slot     */
    uint32_t of;              /* whose data it is: a slot in which something
                                 else stands is not taken               */
    const slots_part *parts;
    int count;
} slots;

/* CRC-32 (that of Ethernet) of n words, lowest byte first; of several arrays
 * where crc is what came out before, at first 0. */
uint32_t slots_crc(uint32_t crc, const volatile uint32_t *words, uint32_t n);

/* Once after reset. 1: the parts are those of the newest save that is whole; 0:
 * there is none, and nothing is written. */
int slots_load(const slots *s);

/* The parts as they are now. 0: they do not fit, and nothing is written, or the
 * flash does not read as it was written, and the save before is the newest. */
int slots_save(const slots *s);

#endif
