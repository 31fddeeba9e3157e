/* sound.h: samples as a WAV file beside the program. */
#ifndef SOUND_H
#define SOUND_H

#include "base.h"

/* The least significant byte first. */
static inline void put_number(FILE *f, unsigned long value, int bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        fputc((int)(value & 255), f);
}

/* A sound of `count` samples in [-1, 1], `rate` a second: one channel of 16
 * bits. */
static inline void write_wav(const char *name, int rate, const rnn_real *x,
                             int count)
{
    const unsigned long size = 2 * (unsigned long)count;
    FILE *f = open_beside(name, "wav");
    double v;
    int i;

    fputs("RIFF", f);
    put_number(f, 36 + size, 4);
    fputs("WAVEfmt ", f);
    put_number(f, 16, 4);
    put_number(f, 1, 2); /* plain numbers */
    put_number(f, 1, 2); /* a channel */
    put_number(f, (unsigned long)rate, 4);
    put_number(f, 2 * (unsigned long)rate, 4);
    put_number(f, 2, 2); /* bytes a sample, then bits */
    put_number(f, 16, 2);
    fputs("data", f);
    put_number(f, size, 4);
    for (i = 0; i < count; i++) {
        v = (double)x[i];
        v = v < -1 ? -1 : v > 1 ? 1 : v;
        put_number(f, (unsigned long)(long)(v * 32767), 2);
    }
    close_beside(f);
}

#endif
