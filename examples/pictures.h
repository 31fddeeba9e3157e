/* pictures.h: what a program has to show, on the terminal and as SVG files
 * beside it.
 *
 *   terminal  put, put_bar, put_heat        SVG  svg_heat, svg_plot
 */
#ifndef PICTURES_H
#define PICTURES_H

#include "base.h"

/* ---- pictures on the terminal ------------------------------------------- */

/* Columns that a text takes: two for each Chinese character. */
static inline int columns(const char *text)
{
    int n = 0;

    for (; *text; text++) /* bytes that go on with a character take none */
        n += (*text & 0xc0) == 0x80 ? 0 : (*text & 0xff) >= 0xe3 ? 2 : 1;
    return n;
}

/* A text in a column of `width`, or at the right end of one of -width. */
static inline void put(const char *text, int width)
{
    int gap = abs(width) - columns(text);

    gap = gap > 0 ? gap : 0;
    printf("%*s%s%*s", width < 0 ? gap : 0, "", text, width < 0 ? 0 : gap, "");
}

/* A bar of share * width columns, share in [0, 1]. */
static inline void put_bar(double share, int width)
{
    int i, full = (int)(share * width + 0.5);

    for (i = 0; i < width; i++)
        fputs(i < full ? "█" : "·", stdout);
}

/* A matrix of numbers in [0, 1], named at its edges. */
typedef struct heat {
    const char *title;
    int rows, cols, row_step, col_step; /* from one to the next in values */
    const rnn_real *values;
    const char *const *row_names, *const *col_names;
} heat;

static inline double heat_at(const heat *m, int row, int col)
{
    return (double)m->values[row * m->row_step + col * m->col_step];
}

/* With its rows as columns. */
static inline heat turn_heat(const heat *m)
{
    heat n = {m->title, m->cols, m->rows, m->col_step, m->row_step, m->values,
              m->col_names, m->row_names};

    return n;
}

static inline const char **names(const words *w, const int *ids, int n)
{
    const char **texts = (const char **)zeros((size_t)n, sizeof *texts);

    while (n-- > 0)
        texts[n] = w->text[ids[n]];
    return texts;
}

static inline void put_heat(const heat *m)
{
    static const char *const shades[] = {"  ", "░░", "▒▒", "▓▓", "██"};
    int i, j, width = 0;

    for (i = 0; i < m->rows; i++)
        if (columns(m->row_names[i]) > width)
            width = columns(m->row_names[i]);
    printf("%s\n\n%*s", m->title, width + 4, "");
    for (j = 0; j < m->cols; j++)
        put(m->col_names[j], 9);
    for (i = 0; i < m->rows; i++) {
        printf("\n  ");
        put(m->row_names[i], width + 2);
        for (j = 0; j < m->cols; j++)
            printf("%s %.2f  ", shades[(int)(heat_at(m, i, j) * 4.999)],
                   heat_at(m, i, j));
    }
    puts("\n");
}

/* ---- pictures in SVG ---------------------------------------------------- */

/* anchor: start, middle or end; a colour as in SVG */
static inline void svg_text(FILE *f, double x, double y, const char *anchor,
                            const char *colour, const char *text)
{
    fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x,
            y, anchor, colour);
    for (; *text; text++)
        if (*text == '<' || *text == '&')
            fputs(*text == '<' ? "&lt;" : "&amp;", f);
        else
            fputc(*text, f);
    fputs("</text>\n", f);
}

static inline void svg_begin(FILE *f, const char *title, int width, int height)
{
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
            " font-family=\"sans-serif\" font-size=\"14\">\n<rect width=\"%d\""
            " height=\"%d\" fill=\"#fff\"/>\n",
            width, height, width, height);
    svg_text(f, 20, 30, "start", "#000", title);
}

static inline FILE *svg_open(const char *name, const char *title, int width,
                             int height)
{
    FILE *f = open_beside(name, "svg");

    svg_begin(f, title, width, height);
    return f;
}

static inline void svg_close(FILE *f)
{
    fputs("</svg>\n", f);
    close_beside(f);
}

static inline void svg_heat(const char *name, const heat *m)
{
    const int cell = 56, left = 130, top = 90;
    FILE *f = svg_open(name, m->title, left + m->cols * cell + 20,
                       top + m->rows * cell + 20);
    char number[32];
    int i, j;

    for (j = 0; j < m->cols; j++)
        svg_text(f, left + (j + 0.5) * cell, top - 12, "middle", "#000",
                 m->col_names[j]);
    for (i = 0; i < m->rows; i++)
        svg_text(f, left - 12, top + (i + 0.5) * cell + 5, "end", "#000",
                 m->row_names[i]);
    for (i = 0; i < m->rows; i++)
        for (j = 0; j < m->cols; j++) {
            double v = heat_at(m, i, j);

            fprintf(f,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                    "fill=\"#1f5fa8\" fill-opacity=\"%.3f\" stroke=\"#ccc\"/>"
                    "\n",
                    left + j * cell, top + i * cell, cell, cell, v);
            sprintf(number, "%.2f", v);
            svg_text(f, left + (j + 0.5) * cell, top + (i + 0.5) * cell + 5,
                     "middle", v > 0.5 ? "#fff" : "#000", number);
        }
    svg_close(f);
}

/* A line through points. */
typedef struct curve {
    const char *name;
    int count;
    const rnn_real *x; /* NULL: 1, 2, 3, ... */
    const rnn_real *y;
    int noisy; /* 1: a mean of some 2 % of the points lies over a pale line */
} curve;

static inline double curve_x(const curve *c, int i)
{
    return c->x ? (double)c->x[i] : i + 1.0;
}

/* Numbers least ... most lie from `from` to `to`. */
typedef struct axis {
    double least, most, from, to;
} axis;

static inline double on(const axis *a, double v)
{
    return a->from + (v - a->least) / (a->most - a->least) * (a->to - a->from);
}

/* Lines across an axis and their numbers: 1, 2 or 5 times a power of ten. */
static inline void svg_ticks(FILE *f, const axis *x, const axis *y, int upward)
{
    const axis *a = upward ? y : x;
    double step = 1e-9, at;
    char number[32];
    int i;

    for (i = 0; step * 6 < a->most - a->least; i++)
        step *= i % 3 == 1 ? 2.5 : 2;
    for (i = (int)(a->least / step); i * step <= a->most; i++) {
        at = on(a, i * step);
        sprintf(number, "%.6g", i * step);
        if (i * step < a->least)
            continue;
        fprintf(f,
                upward ? "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#ddd\"/>\n"
                       : "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#ddd\"/>\n",
                upward ? x->from : at, upward ? at : y->from,
                upward ? x->to : y->to);
        svg_text(f, upward ? x->from - 8 : at, upward ? at + 5 : y->from + 20,
                 upward ? "end" : "middle", "#000", number);
    }
}

/* Lines are told apart by colour, dashes and the shape of their points, so that
 * none of the three has to be seen. */
typedef struct pen {
    const char *colour, *dashes, *shape;
} pen;
enum { PENS = 6 };

static inline const pen *pen_of(int k)
{
    static const pen pens[PENS] = {
        {"#1f5fa8", "none", "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z"},
        {"#c8553d", "8 4", "m-4 -4h8v8h-8z"},
        {"#2f7d5b", "3 3", "m0 -5l5 9h-10z"},
        {"#b8860b", "12 4 3 4", "m0 -6l5 6l-5 6l-5 -6z"},
        {"#6a4c93", "6 2 2 2 2 2", "m0 5l5 -9h-10z"},
        {"#555", "2 5", "m-5 -2h3v-3h4v3h3v4h-3v3h-4v-3h-3z"}};

    return &pens[k % PENS];
}

static inline void svg_shape(FILE *f, const pen *p, double x, double y)
{
    fprintf(f, "<path d=\"M%.1f %.1f%s\" fill=\"%s\"/>\n", x, y, p->shape,
            p->colour);
}

/* The mean of the points around i. */
static inline double smooth(const curve *c, int i)
{
    const int reach = c->noisy ? c->count / 100 : 0;
    const int first = i > reach ? i - reach : 0;
    const int last = i + reach < c->count ? i + reach : c->count - 1;
    double sum = 0;
    int k;

    for (k = first; k <= last; k++)
        sum += (double)c->y[k];
    return sum / (last - first + 1);
}

static inline void svg_path(FILE *f, const axis *x, const axis *y, const pen *p,
                            const curve *c, int pale)
{
    int i;

    fprintf(f,
            "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" "
            "stroke-opacity=\"%s\" stroke-dasharray=\"%s\" points=\"",
            p->colour, pale ? "1" : "2", pale ? "0.3" : "1",
            pale ? "none" : p->dashes);
    for (i = 0; i < c->count; i++)
        fprintf(f, "%.1f,%.1f ", on(x, curve_x(c, i)),
                on(y, pale ? (double)c->y[i] : smooth(c, i)));
    fputs("\"/>\n", f);
}

/* A curve, and its name with a piece of it at (right, row). */
static inline void svg_line(FILE *f, const axis *x, const axis *y, int k,
                            const curve *c, double right, double row)
{
    const pen *p = pen_of(k);
    int i, step = c->count / 10 + 1;

    if (c->noisy)
        svg_path(f, x, y, p, c, 1);
    svg_path(f, x, y, p, c, 0);
    for (i = c->count - 1; i >= 0; i -= step)
        svg_shape(f, p, on(x, curve_x(c, i)), on(y, smooth(c, i)));
    fprintf(f,
            "<path d=\"M%.1f %.1fh32\" stroke=\"%s\" stroke-width=\"2\" "
            "stroke-dasharray=\"%s\"/>\n",
            right, row - 5, p->colour, p->dashes);
    svg_shape(f, p, right + 16, row - 5);
    svg_text(f, right + 40, row, "start", p->colour, c->name);
}

/* What y is of, above its axis. */
static inline void svg_title_y(FILE *f, const axis *x, const axis *y,
                               const char *y_name)
{
    svg_text(f, x->from - 50, y->to - 12, "start", "#000", y_name);
}

/* Curves over one another, their names at the right; what x and y are, with
 * units. 0 <= y is in sight. */
static inline void svg_plot(const char *name, const char *title,
                            const char *x_name, const char *y_name,
                            const curve *curves, int n)
{
    FILE *f = svg_open(name, title, 860, 460);
    axis x = {0, 0, 70, 640}, y = {0, 0, 400, 80};
    int i, k;

    for (k = 0; k < n; k++)
        for (i = 0; i < curves[k].count; i++) {
            double u = curve_x(&curves[k], i), v = (double)curves[k].y[i];

            x.least = (i | k) == 0 || u < x.least ? u : x.least;
            x.most = (i | k) == 0 || u > x.most ? u : x.most;
            y.least = v < y.least ? v : y.least;
            y.most = v > y.most ? v : y.most;
        }
    x.most += x.most > x.least ? 0 : 1;
    y.most += y.most > y.least ? 0 : 1;
    svg_ticks(f, &x, &y, 0);
    svg_ticks(f, &x, &y, 1);
    svg_text(f, x.to, y.from + 44, "end", "#000", x_name);
    svg_title_y(f, &x, &y, y_name);
    for (k = 0; k < n; k++)
        svg_line(f, &x, &y, k, &curves[k], x.to + 12, y.to + 10 + 24 * k);
    svg_close(f);
}

#endif
