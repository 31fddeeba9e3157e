/* writing.h: a model of letters as one stream: to measure, to write, to talk.
 *
 *     open_stream(&s, &model, bf16)           weights go into s.work.params
 *     mean_loss(&s, ids, n)                   nats a letter
 *     write_sample(&s, &voice, count, "")     a prime, then what follows it
 *     chat(&s, &voice, count)                 a line in, a line out, for ever
 *
 * What is drawn becomes what is read next; the state h (and c, of an LSTM) is
 * all that it remembers, and is carried from letter to letter. */
#ifndef WRITING_H
#define WRITING_H

#include "text.h"

#define CHUNK 500 /* letters in one call */

typedef struct stream {
    rnn_net plan; /* of the model, for one stream of letters */
    rnn_work work;
    rnn_real *h, *c, *sorted; /* the states; for top-k and top-p */
    alphabet letters;
    int bf16; /* 1: weights are read rounded to bfloat16 */
} stream;

/* How it writes. */
typedef struct voice {
    const char *prime, *stop;
    double temperature, top_p;
    int top_k, seed;
} voice;

/* s->letters are known. */
static inline void open_stream(stream *s, const rnn_model *model, int bf16)
{
    rnn_most most = {0};

    s->bf16 = bf16;
    most.steps = CHUNK;
    /* one row reads the weights as they are */
    most.packed = bf16 ? RNN_PACK_BF16 : RNN_PACK_NONE;
    open_work(&s->plan, &s->work, model, &most);
    s->h = reals(2 * s->plan.sizes.state);
    s->c = s->h + s->plan.sizes.state;
    s->sorted = reals((size_t)model->output_size);
}

/* Steps that go on from the states h and c, which only LSTMs have, and leave
 * theirs in them. ids has a row more than is read: the last targets. */
static inline rnn_seq carry_on(const stream *s, int steps, int batch,
                               const int *ids, rnn_real *h, rnn_real *c)
{
    rnn_seq seq = {0};

    seq.steps = steps;
    seq.batch = batch;
    seq.ids = ids;
    seq.targets_len = (size_t)steps * (size_t)batch;
    seq.ids_len = seq.targets_len + (size_t)batch;
    seq.state_len = s->plan.sizes.state * (size_t)batch;
    seq.h0 = seq.hn = h;
    seq.c0 = seq.cn = RNN_HAS_C(s->plan.model.cell) ? c : NULL;
    return seq;
}

/* It starts afresh, with the weights of now. */
static inline void begin_stream(stream *s)
{
    memset(s->h, 0, 2 * s->plan.sizes.state * sizeof *s->h);
    if (s->bf16)
        check(rnn_pack(&s->plan, &s->work), &s->work.why, "packing");
}

/* The mean of -ln p(ids[i] | ids[0] ... ids[i-1]) for 1 <= i <= count. */
static inline double mean_loss(stream *s, const uint16_t *text, size_t count)
{
    int ids[CHUNK + 1];
    size_t done, n, i;
    double sum = 0;

    begin_stream(s);
    for (done = 0; done < count; done += n) {
        rnn_seq seq;
        rnn_real loss = 0;
        rnn_status status;

        n = count - done < CHUNK ? count - done : CHUNK;
        for (i = 0; i <= n; i++)
            ids[i] = text[done + i];
        seq = carry_on(s, (int)n, 1, ids, s->h, s->c);
        check(rnn_infer(&s->plan, &s->work, &seq), &s->work.why, "measuring");
        /* a loss that is not finite makes the sum such, as it should be */
        status =
            rnn_cross_entropy(&s->plan, &s->work, &seq, ids + 1, NULL, &loss);
        if (status != RNN_E_NOT_FINITE)
            check(status, &s->work.why, "measuring");
        sum += (double)loss * (double)n;
    }
    return sum / (double)count;
}

/* ---- writing ------------------------------------------------------------ */

static inline void read_id(stream *s, int id)
{
    rnn_row one = {0};

    one.ids = &id;
    one.state_len = s->plan.sizes.state;
    check(rnn_step(&s->plan, &s->work, &one, s->h, s->c), &s->work.why,
          "sampling");
}

/* Reads a text, letter by letter, and writes it on the page, should there be
 * one. What the model has never seen is left out, and said once. */
static inline void read_text(stream *s, const char *text, page *p)
{
    const size_t len = strlen(text);
    char shown[32];
    size_t at;
    int id, silent = 0;

    for (at = 0; at < len;) {
        at += (size_t)find_letter(&s->letters, (const unsigned char *)text + at,
                                  len - at, &id, shown);
        if (id < 0 && !silent++)
            fprintf(stderr, "(left out: the model has never seen %s)\n", shown);
        if (id >= 0 && p)
            put_id(p, &s->letters, id);
        if (id >= 0)
            read_id(s, id);
    }
}

static inline int draw(stream *s, const voice *v, rnn_rng *rng)
{
    const int draws = v->temperature > 0;
    const rnn_sampling how = {(rnn_real)v->temperature, draws ? v->top_k : 0,
                              (rnn_real)(draws ? v->top_p : 0)};
    int id = 0;

    check(rnn_sample(s->work.logits, s->plan.model.output_size, &how, rng,
                     s->sorted, &id, &why),
          &why, "sampling");
    return id;
}

/* So many letters, or up to the end that the page knows. If the last is a part
 * of a character, the rest of it comes, too, or the part does not. */
static inline void write_on(stream *s, const voice *v, rnn_rng *rng, page *p,
                            int count)
{
    int id, more = 3;

    for (; !is_stopped(p) && (count > 0 || (is_inside(p) && more-- > 0));
         count -= count > 0) {
        id = draw(s, v, rng);
        if (count <= 0 && (s->letters.codes[id] & 0xc0) != 0x80)
            break;
        put_id(p, &s->letters, id);
        read_id(s, id);
    }
}

/* Writes what v->prime begins. The same seed gives the same random numbers. */
static inline void write_sample(stream *s, const voice *v, int count,
                                const char *margin)
{
    const int line = s->letters.ids['\n'];
    page p = begin_page(margin, v->stop);
    rnn_rng rng;

    rnn_rng_seed(&rng, (uint32_t)v->seed);
    begin_stream(s);
    if (v->prime && *v->prime)
        read_text(s, v->prime, &p);
    else
        read_id(s, line < 0 ? 0 : line);
    flush_held(&p);
    memset(p.last, 0, sizeof p.last); /* what was given does not end it */
    write_on(s, v, &rng, &p, count);
    putchar('\n');
    fflush(stdout);
}

/* ---- talking ------------------------------------------------------------ */

/* A line of the standard input, with the new line at its end; 0: none is left.
 * Whoever types on Windows ends lines with two bytes. */
static inline int read_line(char *to, size_t cap)
{
    size_t n = 0;
    int byte = 0;

    while (byte != '\n' && (byte = getchar()) != EOF)
        if (byte != '\r' && byte != 0 && n + 2 < cap)
            to[n++] = (char)byte;
    if (n == 0)
        return 0;
    if (to[n - 1] != '\n')
        to[n++] = '\n';
    to[n] = 0;
    return 1;
}

/* The next letter; new lines before the first of an answer are read, not
 * written, or else a text with empty lines would be full of empty answers. */
static inline int first_letter(stream *s, const voice *v, rnn_rng *rng)
{
    int id = draw(s, v, rng), lines;

    for (lines = 0; lines < 4 && s->letters.codes[id] == '\n'; lines++) {
        read_id(s, id);
        id = draw(s, v, rng);
    }
    return id;
}

/* A line in; then it writes to the end of a line, or v->stop, or `count`
 * letters. It remembers all that was said: the state goes on. */
static inline void chat(stream *s, const voice *v, int count)
{
    char line[10000];
    rnn_rng rng;
    page p;
    int id;

    rnn_rng_seed(&rng, (uint32_t)v->seed);
    begin_stream(s);
    if (v->prime)
        read_text(s, v->prime, NULL);
    for (;;) {
        fputs("> ", stdout);
        fflush(stdout);
        if (!read_line(line, sizeof line))
            break;
        read_text(s, line, NULL);
        p = begin_page("", v->stop ? v->stop : "\n");
        if (!v->stop && count > 0) {
            id = first_letter(s, v, &rng);
            put_id(&p, &s->letters, id);
            read_id(s, id);
        }
        write_on(s, v, &rng, &p, count - !v->stop);
        if (p.end != '\n')
            putchar('\n');
    }
    putchar('\n');
}

#endif
