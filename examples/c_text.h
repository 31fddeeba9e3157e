/* c_text.h: C source, line by line, in memory until it is whole. */
#ifndef C_TEXT_H
#define C_TEXT_H

#include "base.h"

typedef struct text {
    char *bytes;
    size_t len, cap;
    size_t column; /* of an array's numbers */
} text;

static inline void put_text(text *t, const char *format, ...)
{
    va_list args;
    char line[400], *more;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof line)
        die("a line is too long");
    if (t->len + (size_t)n > t->cap) {
        t->cap = 2 * t->cap + sizeof line;
        more = (char *)realloc(t->bytes, t->cap);
        if (!more)
            die("out of memory");
        t->bytes = more;
    }
    memcpy(t->bytes + t->len, line, (size_t)n);
    t->len += (size_t)n;
}

/* An element of an array, in lines of at most 79 columns. */
static inline void put_element(text *t, const char *number)
{
    const size_t n = strlen(number) + 2;

    if (t->column == 0 || t->column + n > 79) {
        put_text(t, "\n   ");
        t->column = 3;
    }
    put_text(t, " %s,", number);
    t->column += n;
}

static inline void begin_array(text *t, const char *type, const char *name,
                               const char *what, const char *length)
{
    put_text(t, "static const %s %s_%s[%s] = {", type, name, what, length);
    t->column = 0;
}

static inline void end_array(text *t)
{
    put_text(t, "\n};\n");
}

/* A constant with the bits of x, whose text is read again. */
static inline void spell_real(char *out, size_t cap, rnn_real x, const char *where)
{
    rnn_real again;
    size_t n;

    if (!(x - x == 0))
        die("%s holds %s: a header can hold finite numbers alone", where,
            x == x ? "an infinity" : "what is not a number");
    n = (size_t)snprintf(out, cap, "%.9g", (double)x);
    again = strtof(out, NULL);
    if (memcmp(&again, &x, sizeof x) != 0)
        die("%s: this C library does not read %s as it has written it", where,
            out);
    snprintf(out + n, cap - n, "%s", strpbrk(out, ".e") ? "f" : ".f");
}

static inline void put_int(text *t, long v)
{
    char number[40];

    sprintf(number, "%ld", v);
    put_element(t, number);
}

static inline void put_reals(text *t, const rnn_real *x, size_t n, const char *where)
{
    char number[40];
    size_t i;

    for (i = 0; i < n; i++) {
        spell_real(number, sizeof number, x[i], where);
        put_element(t, number);
    }
}

#endif
