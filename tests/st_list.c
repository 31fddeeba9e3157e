/* st_list FILE: reads any safetensors file with the header's reader, and prints
 *
 *     T name dtype dims payload
 *
 * for each tensor in the header's order: name and payload in hex, dims joined
 * by x, `-` for what is empty. Exit 0; or one line with the reason on stderr,
 * and exit 1. */
#define RNN_IMPLEMENTATION
#include "../rnn.h"

#include <stdio.h>
#include <stdlib.h>

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

static int list(const unsigned char *bytes, size_t len, const char *path)
{
    rnn_st st;
    rnn_st_tensor t;
    rnn_why why = {RNN_OK};
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

    if (argc != 2) {
        fprintf(stderr, "usage: st_list FILE\n");
        return 1;
    }
    if (rnn_read_file(argv[1], NULL, 0, &len) != RNN_OK) {
        fprintf(stderr, "st_list: %s: cannot be read\n", argv[1]);
        return 1;
    }
    bytes = (unsigned char *)malloc(len ? len : 1);
    if (bytes && rnn_read_file(argv[1], bytes, len, &len) == RNN_OK)
        code = list(bytes, len, argv[1]);
    else
        fprintf(stderr, "st_list: %s: no memory\n", argv[1]);
    free(bytes);
    return code;
}
