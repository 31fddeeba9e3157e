/* options.h: a program's command line, and what --help says of it.
 *
 *     double lr = 0.01;
 *     options o = {1, RNN_CELL_GRU, 64, 2000};
 *     const option own[] = {
 *         {"--lr", REAL, &lr, 1e-9, 1, NULL, "learning rate"}, OPTIONS_END};
 *     read_options(argc, argv, "About the program.\n", &o, own);
 *
 * What stands there before is the default. Every option has one value. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base.h"

/* a FLAG has no value: it makes an int 1 */
enum { WHOLE, REAL, NAME, TEXT, PATH, FLAG, HEADING };

/* One of an example's own; OPTIONS_END ends a table of them. */
typedef struct option {
    const char *name;
    int kind;
    void *value;        /* int, double, int: an index of names, const char *
                           twice; before an option is read, its default */
    double least, most; /* of a number */
    const char *const *names; /* of NAME, NULL after the last */
    const char *help;
} option;

/* Stands above the options that follow it in --help. */
#define OPTIONS_HEADING(text) {text, HEADING, NULL, 0, 0, NULL, NULL}
#define OPTIONS_END {NULL, 0, NULL, 0, 0, NULL, NULL}

/* Those that all examples have; an example puts its defaults here. */
typedef struct options {
    int seed, cell, hidden, iterations;
} options;

static const char *const cell_names[] = {
    "tanh", "relu", "gru", "gru-reset-before", "lstm", "lstm-peephole", NULL};
/* a division by zero unless these are all cells of the library */
enum { ALL_CELLS = 1 / (sizeof cell_names / sizeof *cell_names ==
                        RNN_CELLS + 1) };
static const char *const option_kinds[] = {"N", "X", "NAME", "TEXT", "FILE",
                                          ""};

/* A text from column 24 on, in as many lines as it takes and says. */
static inline void put_lines(const char *text)
{
    int at = 0, len;

    for (; *text; text += len + (text[len] != 0)) {
        len = (int)strcspn(text, " \n");
        if (at > 0 && (at + len > 55 || text[-1] == '\n')) {
            printf("\n%24s", "");
            at = 0;
        }
        printf("%s%.*s", at ? " " : "", len, text);
        at += len + 1;
    }
    putchar('\n');
}

static inline void put_help(const option *o)
{
    char text[1000];
    int i, n;

    if (o->kind == HEADING) {
        printf("\n%s\n", o->name);
        return;
    }
    n = sprintf(text, "%.700s%s", o->help, o->kind == NAME ? ":" : "");
    for (i = 0; o->kind == NAME && o->names[i]; i++)
        n += sprintf(text + n, i ? ", %.20s" : " %.20s", o->names[i]);
    if (o->kind == REAL)
        sprintf(text + n, " [%g]", *(double *)o->value);
    else if (o->kind == NAME)
        sprintf(text + n, " [%.20s]", o->names[*(int *)o->value]);
    else if (o->kind == WHOLE)
        sprintf(text + n, " [%d]", *(int *)o->value);
    printf("  %s %-*s ", o->name, 20 - (int)strlen(o->name),
           option_kinds[o->kind]);
    put_lines(text);
}

/* A number of decimal digits, within the option's bounds. */
static inline double number_of(const option *o, const char *text)
{
    const int whole = o->kind == WHOLE;
    char *end;
    double value = strtod(text, &end);

    if (!*text || *end || !(value >= o->least && value <= o->most) ||
        text[strspn(text, whole ? "0123456789" : "0123456789.eE+-")])
        die("%s '%s': not a %snumber from %.10g to %.10g", o->name, text,
            whole ? "whole " : "", o->least, o->most);
    return value;
}

static inline void set_option(const option *o, const char *text)
{
    int i = 0;

    if (!text && o->kind != FLAG)
        die("%s: its value is missing", o->name);
    switch (o->kind) {
    case WHOLE: *(int *)o->value = (int)number_of(o, text); break;
    case REAL: *(double *)o->value = number_of(o, text); break;
    case NAME:
        while (o->names[i] && strcmp(o->names[i], text) != 0)
            i++;
        if (!o->names[i])
            die("%s '%s' is unknown; --help lists the names", o->name, text);
        *(int *)o->value = i;
        break;
    case FLAG: *(int *)o->value = 1; break;
    default: *(const char **)o->value = text;
    }
}

static inline const option *find_option(const option *table, const char *name)
{
    while (table->name &&
           (table->kind == HEADING || strcmp(table->name, name) != 0))
        table++;
    return table;
}

enum { GIVEN_MOST = 100 };
static const char
    *given_names[GIVEN_MOST]; /* options of the command line, in order */
static int given_count;

/* Whether it stands on the command line; its default may be given, too. */
static inline int is_given(const char *name)
{
    int i;

    for (i = 0; i < given_count; i++)
        if (strcmp(given_names[i], name) == 0)
            return 1;
    return 0;
}

/* Of the command line: an option of an example's own or a common one. */
static inline void read_option(const char *name, const char *text,
                               const option *own, const option *common)
{
    const option *p = find_option(own, name);
    const option *first = own->name ? own : common;

    while (first->kind == HEADING)
        first++;
    p = p->name ? p : find_option(common, name);
    if (!p->name)
        die("'%s' is not an option such as %s %s; --help lists all", name,
            first->name, option_kinds[first->kind]);
    set_option(p, text);
    if (given_count < GIVEN_MOST)
        given_names[given_count++] = p->name;
}

static inline int is_flag(const option *table, const char *name)
{
    const option *p = find_option(table, name);

    return p->name && p->kind == FLAG;
}

/* Those that every example has, of *o; ended. */
enum { COMMON = 5 };
static inline void common_options(options *o, option *to)
{
    const option common[COMMON] = {
        {"--cell", NAME, &o->cell, 0, 0, cell_names, "the kind of cell"},
        {"--hidden", WHOLE, &o->hidden, 1, 1e6, NULL,
         "units: more can learn more, and are slower"},
        {"--iterations", WHOLE, &o->iterations, 0, 2e9, NULL,
         "updates of the weights; 0 only measures"},
        {"--seed", WHOLE, &o->seed, 0, 2147483647.0, NULL,
         "of the first weights and of all that is drawn"},
        OPTIONS_END};

    memcpy(to, common, sizeof common);
}

/* Reads the command line into *o and what the table `own` points to. --help
 * prints `about`, a few lines that end with a newline, and all options. */
static inline void read_options(int argc, char **argv, const char *about,
                                options *o, const option *own)
{
    option common[COMMON];
    const option *p;
    int i;

    begin_program(&argc, &argv);
    common_options(o, common);
    for (i = 1; i < argc; i += is_flag(own, argv[i]) ? 1 : 2) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            printf("%s\n", about);
            for (p = own; p->name; p++)
                put_help(p);
            for (p = common; p->name; p++)
                put_help(p);
            exit(0);
        }
        read_option(argv[i], argv[i + 1], own, common);
    }
}

#endif
