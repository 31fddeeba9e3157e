/* text.h: a text as numbers, each of which is a byte of it or a character.
 *
 *     read_file(path, &len)                          all bytes of a file
 *     alphabet_of(&a, characters, path, bytes, len)  what occurs, ascending
 *     encode(&a, path, bytes, len, &count)           the text as ids
 *     begin_page(&p, ...); put_id(&p, &a, id)        ids as text, to stdout
 *
 * A file of a model keeps the alphabet as bytes, letter after letter. There are
 * more of these than ids if letters are characters of UTF-8 and one of them is
 * not ASCII; else both readings are the same. */
#ifndef TEXT_H
#define TEXT_H

#include "base.h"

/* All of it, to be freed. It may be a pipe, whose length nobody knows. */
static inline unsigned char *read_file(const char *path, size_t *len)
{
    FILE *file = open_file(path, "rb");
    unsigned char *bytes = NULL, *moved;
    size_t cap = 1 << 15;

    *len = 0;
    do {
        cap *= 2;
        moved = (unsigned char *)realloc(bytes, cap);
        if (!moved)
            die("%s: out of memory", path);
        bytes = moved;
        *len += fread(bytes + *len, 1, cap - *len, file);
    } while (*len == cap);
    if (ferror(file))
        die("%s: %s", path, strerror(errno));
    if (*len == 0)
        die("%s: it is empty", path);
    fclose(file);
    return bytes;
}

/* ---- UTF-8 (RFC 3629) --------------------------------------------------- */

enum { CODES = 0x110000 }; /* code points are below it */

/* How many bytes a character has that begins so; 0: none begins so. */
static inline int utf8_length(int byte)
{
    return byte < 0x80   ? 1
           : byte < 0xc2 ? 0
           : byte < 0xe0 ? 2
           : byte < 0xf0 ? 3
           : byte < 0xf5 ? 4
                         : 0;
}

/* The character at p, of `left` bytes, and how many are its own; 0: there is
 * none, or not all of it, or it is longer than need be, or a surrogate. */
static inline int utf8_read(const unsigned char *p, size_t left, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const int n = left ? utf8_length(*p) : 0;
    int i;

    if (n == 0 || (size_t)n > left)
        return 0;
    *code = *p & (uint32_t)mask[n];
    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (p[i] & 0x3fu);
    }
    return *code < least[n] || *code >= CODES || *code >> 11 == 0x1b ? 0 : n;
}

/* A code point's bytes; says how many. */
static inline int utf8_write(unsigned char *to, uint32_t code)
{
    const int n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    int i;

    for (i = n - 1; i > 0; i--, code >>= 6)
        to[i] = (unsigned char)(0x80 | (code & 0x3f));
    to[0] = (unsigned char)(lead[n] | code);
    return n;
}

/* ---- the alphabet ------------------------------------------------------- */

enum { LETTERS = 65535 }; /* ids take 16 bits */

typedef struct alphabet {
    int characters; /* 1: its letters are characters, 0: bytes          */
    int count;
    uint32_t *codes; /* (count) of the ids 0, 1, ...                     */
    int *ids;        /* of bytes or code points; -1: not in the alphabet */
    unsigned char *spelled; /* the letters, one after another            */
    size_t spelled_len;
} alphabet;

/* "byte" or "character" */
static inline const char *letter_name(const alphabet *a)
{
    return a->characters ? "character" : "byte";
}

/* The letter at p, of `left` bytes, and its length; 0: it is none. */
static inline int read_letter(const alphabet *a, const unsigned char *p,
                              size_t left, uint32_t *code)
{
    if (a->characters)
        return utf8_read(p, left, code);
    *code = *p;
    return 1;
}

static inline int write_letter(const alphabet *a, unsigned char *to, int id)
{
    if (a->characters)
        return utf8_write(to, a->codes[id]);
    *to = (unsigned char)a->codes[id];
    return 1;
}

static inline void open_alphabet(alphabet *a, int characters, int count)
{
    const size_t most = characters ? CODES : 256;
    size_t i;

    a->characters = characters;
    a->count = count;
    a->codes = (uint32_t *)zeros((size_t)count, sizeof *a->codes);
    a->spelled = (unsigned char *)zeros((size_t)count, 4);
    if (!a->ids)
        a->ids = ints(most);
    for (i = 0; i < most; i++)
        a->ids[i] = -1;
}

static inline void add_letter(alphabet *a, int id, uint32_t code)
{
    a->codes[id] = code;
    a->ids[code] = id;
    a->spelled_len += (size_t)write_letter(a, a->spelled + a->spelled_len, id);
}

/* The letter at p, or the end: the text has no letter there. */
static inline int need_letter(const alphabet *a, const char *path,
                              const unsigned char *text, size_t at, size_t len,
                              uint32_t *code)
{
    const int n = read_letter(a, text + at, len - at, code);

    if (n == 0)
        die("%s: at byte %lu is no character of UTF-8; without --characters "
            "any bytes are learnt",
            path, (unsigned long)at);
    return n;
}

/* Of a text: what occurs there, ascending. */
static inline void alphabet_of(alphabet *a, int characters, const char *path,
                               const unsigned char *text, size_t len)
{
    const uint32_t most = characters ? CODES : 256;
    uint32_t code = 0;
    size_t at;
    int count = 0, id = 0, *seen = ints(most);

    a->characters = characters;
    for (at = 0; at < len;) {
        at += (size_t)need_letter(a, path, text, at, len, &code);
        count += !seen[code];
        seen[code] = 1;
    }
    if (count > LETTERS)
        die("%s: more than %d different characters", path, LETTERS);
    a->ids = seen;
    for (code = 0; code < most; code++)
        seen[code] = seen[code] ? 1 : -1;
    a->codes = (uint32_t *)zeros((size_t)count, sizeof *a->codes);
    a->spelled = (unsigned char *)zeros((size_t)count, 4);
    a->count = count;
    for (code = 0; code < most; code++)
        if (seen[code] > 0)
            add_letter(a, id++, code);
}

/* Of a file's vocabulary for so many ids; 0: it is not one of letters. */
static inline int alphabet_in(alphabet *a, const unsigned char *spelled,
                              size_t len, int count)
{
    uint32_t code = 0;
    size_t at = 0;
    int id, n;

    open_alphabet(a, len != (size_t)count, count);
    for (id = 0; id < count; id++, at += (size_t)n) {
        n = at < len ? read_letter(a, spelled + at, len - at, &code) : 0;
        if (n == 0 || a->ids[code] >= 0)
            return 0;
        add_letter(a, id, code);
    }
    return at == len;
}

/* ---- texts as ids ------------------------------------------------------- */

/* The first letter of some bytes as a person knows it: 'x', or byte 7. */
static inline const char *show_letter(const unsigned char *p, size_t left,
                                      char *to)
{
    uint32_t code = 0;
    int n = utf8_read(p, left, &code);

    if (n == 0 || code < 32 || code == 127)
        sprintf(to, "byte %d", *p);
    else
        sprintf(to, "'%.*s'", n, (const char *)p);
    return to;
}

/* The id of the letter at p and its length; an id of -1: it is no letter of
 * the alphabet, which `to` (32) says for people. */
static inline int find_letter(const alphabet *a, const unsigned char *p,
                              size_t left, int *id, char *to)
{
    uint32_t code = 0;
    int n = read_letter(a, p, left, &code);

    *id = n ? a->ids[code] : -1;
    if (*id < 0)
        show_letter(p, left, to);
    return n ? n : 1;
}

/* Every letter of a text must be of the alphabet. */
static inline void check_letters(const alphabet *a, const char *where,
                                 const char *text)
{
    const size_t len = strlen(text);
    char shown[32];
    size_t at;
    int id;

    for (at = 0; at < len;) {
        at += (size_t)find_letter(a, (const unsigned char *)text + at, len - at,
                                  &id, shown);
        if (id < 0)
            die("%s: the model has never seen %s: its vocabulary has no such "
                "%s",
                where, shown, letter_name(a));
    }
}

static inline uint16_t *encode(const alphabet *a, const char *path,
                               const unsigned char *text, size_t len,
                               size_t *count)
{
    uint16_t *ids = (uint16_t *)zeros(len, sizeof *ids);
    uint32_t code = 0;
    char shown[32];
    size_t at;
    int n;

    *count = 0;
    for (at = 0; at < len; at += (size_t)n) {
        n = need_letter(a, path, text, at, len, &code);
        if (a->ids[code] < 0)
            die("%s: the model's vocabulary has no %s (at byte %lu)", path,
                show_letter(text + at, len - at, shown), (unsigned long)at);
        ids[(*count)++] = (uint16_t)a->ids[code];
    }
    return ids;
}

/* ---- ids as text -------------------------------------------------------- */

/* What is being written. A byte of UTF-8 waits for those that complete its
 * character. */
enum { STOP_MOST = 100 };
typedef struct page {
    const char *margin, *stop; /* stop: the text after which it ends, or NULL */
    unsigned char held[4];
    int held_count;
    char last[STOP_MOST + 1]; /* as many bytes as stop has                    */
    int end;                  /* the byte that was written last               */
} page;

static inline page begin_page(const char *margin, const char *stop)
{
    page p = {0};

    p.margin = margin;
    p.stop = stop && *stop ? stop : NULL;
    if (stop && strlen(stop) > STOP_MOST)
        die("--stop: at most %d bytes", STOP_MOST);
    fputs(margin, stdout);
    return p;
}

static inline void put_byte(page *p, int byte)
{
    const size_t n = p->stop ? strlen(p->stop) : 0, have = strlen(p->last);

    putchar(byte);
    p->end = byte;
    if (byte == '\n')
        fputs(p->margin, stdout);
    if (n == 0)
        return;
    if (have == n)
        memmove(p->last, p->last + 1, have);
    p->last[have == n ? n - 1 : have] = (char)byte;
}

/* Whether what was to end it has just been written. */
static inline int is_stopped(const page *p)
{
    return p->stop && strcmp(p->last, p->stop) == 0;
}

/* Whether the bytes so far end inside a character. */
static inline int is_inside(const page *p)
{
    return p->held_count > 0;
}

/* Bytes that wait are written as they are; or dropped, at the end. */
static inline void flush_held(page *p)
{
    int i;

    for (i = 0; i < p->held_count; i++)
        put_byte(p, p->held[i]);
    p->held_count = 0;
}

static inline void put_page_byte(page *p, int byte)
{
    const int goes_on = (byte & 0xc0) == 0x80;

    if (!goes_on || !p->held_count)
        flush_held(p);
    if (p->held_count || utf8_length(byte) > 1) {
        p->held[p->held_count++] = (unsigned char)byte;
        if (p->held_count == utf8_length(p->held[0]))
            flush_held(p);
    } else
        put_byte(p, byte);
}

static inline void put_id(page *p, const alphabet *a, int id)
{
    unsigned char bytes[4];
    int i, n = write_letter(a, bytes, id);

    for (i = 0; i < n; i++)
        put_page_byte(p, bytes[i]);
}

#endif
