/* curve.h: how a loss fell, on the terminal and as SVG.
 *
 * A history is of fixed size however long the run is: where it is full, two
 * neighbouring means become one, and of measured points every other stays. So
 * it can be kept with the run, and drawn at any moment. A loss in nats has a
 * second scale in bits: 1 nat is 1 / ln 2 = 1.4427 bits. */
#ifndef CURVE_H
#define CURVE_H

#include "pictures.h"

enum { CURVE = 256, CURVE_ROWS = 12, CURVE_COLS = 60 };
#define BITS_A_NAT 1.4426950408889634

typedef struct history {
    double learnt[CURVE];   /* means over `width` iterations each           */
    double sum;             /* of the iterations since the last of these    */
    int count, width, since;
    int at[CURVE];          /* iterations, and their validation losses      */
    double measured[CURVE];
    int points;
} history;

static inline void add_learnt(history *h, double loss)
{
    int i;

    h->width = h->width ? h->width : 1;
    h->sum += loss;
    if (++h->since < h->width)
        return;
    h->learnt[h->count++] = h->sum / h->since;
    h->sum = h->since = 0;
    if (h->count < CURVE)
        return;
    for (i = 0; i < CURVE / 2; i++)
        h->learnt[i] = (h->learnt[2 * i] + h->learnt[2 * i + 1]) / 2;
    h->count = CURVE / 2;
    h->width *= 2;
}

static inline void add_measured(history *h, int iteration, double loss)
{
    int i;

    if (h->points == CURVE) {
        for (i = 0; i < CURVE / 2; i++) {
            h->at[i] = h->at[2 * i + 1];
            h->measured[i] = h->measured[2 * i + 1];
        }
        h->points = CURVE / 2;
    }
    h->at[h->points] = iteration;
    h->measured[h->points++] = loss;
}

/* The scales of both curves; 0: there is nothing to draw. */
static inline int scales_of(const history *h, axis *x, axis *y)
{
    int i;

    x->least = 0;
    x->most = (double)h->count * (h->width ? h->width : 1);
    for (i = 0; i < h->count + h->points; i++) {
        const int k = i - h->count;
        const double v = k < 0 ? h->learnt[i] : h->measured[k];

        x->most = k >= 0 && h->at[k] > x->most ? h->at[k] : x->most;
        y->least = i == 0 || v < y->least ? v : y->least;
        y->most = i == 0 || v > y->most ? v : y->most;
    }
    return h->count > 1 && x->most > 0 && y->most > y->least &&
           y->most - y->least < 1e9;
}

/* ---- on the terminal ---------------------------------------------------- */

/* A mark in the picture, of rows of CURVE_COLS. */
static inline void mark(char *picture, const axis *x, const axis *y, double u,
                        double v, char with)
{
    const int col = (int)(on(x, u) + 0.5), row = (int)(on(y, v) + 0.5);

    if (col >= 0 && col < CURVE_COLS && row >= 0 && row < CURVE_ROWS)
        picture[row * CURVE_COLS + col] = with;
}

/* unit: what a loss is of, "byte". */
static inline void draw_curve(const history *h, const char *unit)
{
    char picture[CURVE_ROWS * CURVE_COLS];
    axis x = {0, 0, 0, CURVE_COLS - 1}, y = {0, 0, CURVE_ROWS - 1, 0};
    double v;
    int i, j;

    if (!scales_of(h, &x, &y))
        return;
    memset(picture, ' ', sizeof picture);
    for (i = 0; i < h->count; i++)
        mark(picture, &x, &y, (i + 0.5) * h->width, h->learnt[i], '.');
    for (i = 0; i < h->points; i++)
        mark(picture, &x, &y, h->at[i], h->measured[i], 'o');
    printf("\n   nats a %-*s bits a %s\n", CURVE_COLS - 2, unit, unit);
    for (i = 0; i < CURVE_ROWS; i++) {
        v = y.most - (y.most - y.least) * i / (CURVE_ROWS - 1);
        printf("%7.3f |", v);
        for (j = 0; j < CURVE_COLS; j++) {
            const char c = picture[i * CURVE_COLS + j];

            fputs(c == '.' ? "·" : c == 'o' ? "●" : " ", stdout);
        }
        printf("| %.3f\n", v * BITS_A_NAT);
    }
    printf("        0%*.0f\n", CURVE_COLS, x.most);
    puts("        iterations; · what it learns from, ● validation");
}

/* ---- as SVG ------------------------------------------------------------- */

static inline void svg_bits(FILE *f, const axis *x, const axis *y)
{
    double step = 0.01, at;
    char number[32];
    int i;

    while (step * 8 < (y->most - y->least) * BITS_A_NAT)
        step *= 2;
    for (i = (int)(y->least * BITS_A_NAT / step) + 1;
         (at = i * step / BITS_A_NAT) <= y->most; i++) {
        sprintf(number, "%.2f", i * step);
        svg_text(f, x->to + 8, on(y, at) + 5, "start", "#777", number);
    }
}

static inline void svg_curve(FILE *f, const char *title, const history *h,
                             const char *unit)
{
    rnn_real u[2][CURVE], v[2][CURVE];
    const curve learnt = {"learning", h->count, u[0], v[0], 1};
    const curve measured = {"validation", h->points, u[1], v[1], 0};
    axis x = {0, 0, 80, 640}, y = {0, 0, 380, 70};
    char text[100];
    int i;

    if (!scales_of(h, &x, &y))
        x.most = y.most = 1;
    for (i = 0; i < h->count; i++) {
        u[0][i] = (rnn_real)((i + 0.5) * h->width);
        v[0][i] = (rnn_real)h->learnt[i];
    }
    for (i = 0; i < h->points; i++) {
        u[1][i] = (rnn_real)h->at[i];
        v[1][i] = (rnn_real)h->measured[i];
    }
    svg_begin(f, title, 860, 440);
    svg_ticks(f, &x, &y, 0);
    svg_ticks(f, &x, &y, 1);
    svg_bits(f, &x, &y);
    sprintf(text, "nats a %.20s", unit);
    svg_title_y(f, &x, &y, text);
    sprintf(text, "bits a %.20s", unit);
    svg_text(f, x.to, y.to - 14, "start", "#777", text);
    svg_text(f, x.to, y.from + 44, "end", "#000", "iterations");
    svg_line(f, &x, &y, 0, &learnt, x.to + 60, y.to + 20);
    svg_line(f, &x, &y, 1, &measured, x.to + 60, y.to + 44);
    fputs("</svg>\n", f);
}

#endif
