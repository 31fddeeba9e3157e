/* st_list [--table] FILE: reads a safetensors file with the header's reader and
 * prints
 *
 *     T name dtype dims payload
 *
 * for each tensor in the header's order: name and payload in hex, dims joined
 * by x, `-` for what is empty; with --table name, dtype, dims and bytes for
 * people. Exit 0; or one line with the reason on stderr, and exit 1. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_hex(const unsigned char *p, size_t n)
{
    static const char digit[] = "0123456789abcdef";

    if (n == 0)
        putchar('-');
    for (; n; n--, p++) {
        putchar(digit[*p >> 4]);
        putchar(digit[*p & 15]);
    }
}

/* A tensor for people: whatever is no printable ASCII in its name is a `?`. */
static void put_row(const unsigned char *name, size_t n, const rnn_st_tensor *t)
{
    size_t i;
    int k;

    for (i = 0; i < n; i++)
        putchar(name[i] < ' ' || name[i] > '~' ? '?' : name[i]);
    printf("%*s %-8s", n < 32 ? (int)(32 - n) : 1, "",
           rnn_st_dtype_name(t->dtype));
    for (k = 0; k < t->ndim; k++)
        printf("%s%lu", k ? " x " : " ", (unsigned long)t->dims[k]);
    printf("  (%lu bytes)\n", (unsigned long)t->size);
}

static int list(const unsigned char *bytes, size_t len, const char *path,
                int table)
{
    rnn_st st;
    rnn_st_tensor t;
    rnn_why why = {0};
    char text[160];
    unsigned char *name = (unsigned char *)malloc(len ? len : 1);
    size_t pos = 0, n;
    int i;

    if (!name || rnn_st_open(bytes, len, &st, &why) != RNN_OK) {
        fprintf(stderr, "st_list: %s: %s\n", path,
                name ? rnn_why_text(&why, text, sizeof text) : "no memory");
        free(name);
        return 1;
    }
    while (rnn_st_next(&st, &pos, &t) == RNN_OK) {
        n = rnn_st_unescape(t.name, t.name_len, name, len);
        if (table) {
            put_row(name, n, &t);
            continue;
        }
        fputs("T ", stdout);
        put_hex(name, n);
        printf(" %s ", rnn_st_dtype_name(t.dtype));
        for (i = 0; i < t.ndim; i++)
            printf("%s%lu", i ? "x" : "", (unsigned long)t.dims[i]);
        fputs(t.ndim ? " " : "- ", stdout);
        put_hex(t.data, t.size);
        putchar('\n');
    }
    free(name);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned char *bytes;
    size_t len = 0;
    int code = 1;
    const int table = argc == 3 && strcmp(argv[1], "--table") == 0;
    const char *path = argv[argc - 1];

    if (argc != 2 + table) {
        fprintf(stderr, "usage: st_list [--table] FILE\n");
        return 1;
    }
    if (rnn_read_file(path, NULL, 0, &len, NULL) != RNN_OK) {
        fprintf(stderr, "st_list: %s: cannot be read\n", path);
        return 1;
    }
    bytes = (unsigned char *)malloc(len ? len : 1);
    if (bytes && rnn_read_file(path, bytes, len, &len, NULL) == RNN_OK)
        code = list(bytes, len, path, table);
    else
        fprintf(stderr, "st_list: %s: no memory\n", path);
    free(bytes);
    return code;
}
