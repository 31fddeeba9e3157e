/* What the tests of reasons share: that a call says why it refuses, word for
 * word, and that one that succeeds does not. In float alone: numbers are
 * written with its digits. */
#ifndef WHY_H
#define WHY_H

#include <limits.h>
#include <stdarg.h>

#include "kinds.h"

/* ---- what was said ------------------------------------------------------- */

static rnn_why why; /* of calls that have no work */
static rnn_run run = {0, 0, 0, 0, &why};

/* A reason of another call, which this one must not leave. */
static rnn_why *stale(rnn_why *w)
{
    memset(w, MARK, sizeof *w);
    w->status = RNN_E_END;
    w->text = "stale: @ % # ~";
    w->of = "nothing";
    strcpy(w->name, "nobody");
    return w;
}

/* Room for cap bytes gets so much of the whole, a 0, and nothing behind it. */
static void check_cut(int line, const rnn_why *w, const char *whole)
{
    const size_t n = strlen(whole);
    size_t cap, keep;
    char out[200];
    int bad = 0;

    for (cap = 0; cap <= n + 2; cap++) {
        const char *said;
        memset(out, MARK, sizeof out);
        said = rnn_why_text(w, out, cap);
        keep = cap > n ? n : cap ? cap - 1 : 0;
        bad += memcmp(out, whole, keep) != 0 || (cap && out[keep] != 0);
        bad += !all_mark(out + keep + (cap > 0), sizeof out - keep - 1);
        bad += cap ? said != out : *said != 0;
    }
    CHECK(!bad, "line %d: cut short: %s", line, whole);
    CHECK(n < 160 && !*rnn_why_text(w, NULL, 9), "line %d: no room", line);
}

/* The status that was wanted, and as reason this text. */
static void check_said(int line, const rnn_why *w, rnn_status got,
                       rnn_status wanted, const char *format, ...)
{
    char text[300];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    CHECK(got == wanted && w->status == got, "line %d: %d (why %d), not %d",
          line, (int)got, (int)w->status, (int)wanted);
    CHECK(strcmp(reason(w), text) == 0, "line %d: \"%s\", not \"%s\"", line,
          reason(w), text);
    CHECK(*reason(w) && !strpbrk(reason(w), "@%~"), "line %d: %s", line,
          reason(w));
    CHECK(strcmp(reason(w), rnn_status_text(got)) != 0, "line %d: no reason",
          line);
    check_cut(line, w, text);
}

/* No reason is left, not even that of the call before. */
static void check_good(int line, const rnn_why *w, rnn_status got)
{
    CHECK(!got && w->status == RNN_OK && !w->text, "line %d: %d, why %d: %s",
          line, (int)got, (int)w->status, reason(w));
}

/* A call that refuses; how it must say why in the reason at w. */
#define SAYS(w, call, ...)                                                     \
    (stale(w), said = (call), check_said(__LINE__, w, said, __VA_ARGS__))
/* The same of calls that are given &why, or &run. */
#define SAID(call, ...) SAYS(&why, call, __VA_ARGS__)
/* A call that succeeds, and says so. */
#define GOOD(w, call) (stale(w), said = (call), check_good(__LINE__, w, said))
static rnn_status said;

#endif
