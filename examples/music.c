/* music: a network that is told a category and a key, and invents a melody.
 *
 *     D3     ^F     |      A2            |]          y_t
 *     ^      ^      ^      ^             ^
 *     s1 --> s2 --> s3 --> s4 --> ... -> sN          s_t reads y_(t-1), and x
 *     ^      ^      ^      ^             ^
 *     x      x      x      x             x           "a march in D"
 *
 * This is the article's 1 vs N in its second drawing, where x enters at every
 * step, and on its second use: music from a category. There are five of these,
 * march, waltz, lullaby, jig and blues, in three keys each; x has a one for the
 * category and a one for the key. A token is a note, which is a pitch and a
 * length, or a bar line, which is numbered, or the end.
 *
 * The program composes the melodies that are learnt: random walks under the
 * rules of a category. These say which scale it has; how far apart two notes
 * may be; which chord the first note of a bar is of; how many bars there are,
 * and which rhythms they may have, of which a melody uses two in turn; and that
 * it ends on a long tonic. Nobody tells the network. It learns from the notes,
 * and then draws each of its own from its softmax, at a temperature of 0.7 and
 * from the likeliest that have a share of 0.9 together (Holtzman et al. 2020).
 * One slip in some thirty notes spoils a melody: at any moment it must know the
 * key, the category, the bar, the last note, and the rhythm of two bars ago.
 *
 * The program prints lines of progress (iteration, cross-entropy of a token,
 * time left), a melody of each category in ABC notation, which it also writes
 * beside itself for players, music_march.mid, music_march.wav and so on, and at
 * last, of 600 melodies, the share that breaks no rule and is not one of those
 * learnt; the share that breaks none if the softmax is used as it is stands
 * below. It takes about 25 seconds on one core; music --help lists the options.
 */

#include "example.h"

#include <math.h>

/* ---- the rules ---------------------------------------------------------- */

enum { STYLES = 5, KEYS = 3, CATEGORIES = STYLES * KEYS };

/* A chord is a set of degrees of a scale, as bits. */
#define CHORD(a, b, c) (1 << (a) | 1 << (b) | 1 << (c))

static const struct style {
    const char *name, *metre;
    int degrees, scale[7];  /* semitones above the tonic         */
    int t, s, d;            /* three chords                      */
    const char *harmony;    /* the chord of every bar            */
    int leap;               /* most degrees between two notes    */
    const char *whole;      /* the length of a bar, in eighths,  */
    const char *rhythms[4]; /* and those of its notes            */
    int tempo, instrument;  /* eighths a minute; MIDI's number   */
} styles[STYLES] = {
    {"march", "4/4", 7, {0, 2, 4, 5, 7, 9, 11},
     CHORD(0, 2, 4), CHORD(0, 3, 5), CHORD(1, 4, 6), "ttstdsdt", 3,
     "8", {"2222", "3122", "422", "31211"}, 230, 56},
    {"waltz", "3/4", 7, {0, 2, 3, 5, 7, 8, 11}, /* in minor */
     CHORD(0, 2, 4), CHORD(0, 3, 5), CHORD(1, 4, 6), "ttdtssdt", 3,
     "6", {"222", "42", "2211", "312"}, 300, 21},
    {"lullaby", "6/8", 5, {0, 2, 4, 7, 9}, /* of five tones */
     CHORD(0, 2, 3), CHORD(0, 4, 4), CHORD(1, 3, 3), "tsttsddt", 2,
     "6", {"2121", "33", "321", "213"}, 170, 10},
    {"jig", "6/8", 7, {0, 2, 3, 5, 7, 9, 10}, /* dorian, d is the seventh */
     CHORD(0, 2, 4), CHORD(0, 3, 5), CHORD(1, 3, 6), "tdtdtsdt", 3,
     "6", {"111111", "21111", "2121", "11121"}, 330, 40},
    {"blues", "4/4", 6, {0, 3, 5, 6, 7, 10},
     CHORD(0, 1, 4), CHORD(0, 1, 2), CHORD(2, 4, 4), "ttttssttdstt", 3,
     "8", {"2222", "3131", "314", "1124"}, 220, 65}};

static const struct key {
    const char *name;
    int tonic; /* MIDI's number: 60 is C4 */
} keys[KEYS] = {{"C", 60}, {"D", 62}, {"G", 55}};

/* Tokens: END; BAR + i, the line before bar i; notes, any of some pitches with
 * any of some lengths. A melody has MOST of them at most. */
enum { END, BAR, FIRST_NOTE = BAR + 12, LENGTHS = 6, LOWEST = 50, PITCHES = 30,
       TOKENS = FIRST_NOTE + LENGTHS * PITCHES, MOST = 57 };
static const char lengths[] = "123468"; /* in eighths, as rhythms have them */

static int note(int pitch, char length)
{
    return FIRST_NOTE + (pitch - LOWEST) * LENGTHS +
           (int)(strchr(lengths, length) - lengths);
}

static int pitch_of(int token)
{
    return LOWEST + (token - FIRST_NOTE) / LENGTHS;
}

static char length_of(int token)
{
    return lengths[(token - FIRST_NOTE) % LENGTHS];
}

static int eighths(int token)
{
    return length_of(token) - '0';
}

/* Degrees reach from two below the tonic to two above its octave. */
static int pitch_at(const struct style *s, int tonic, int degree)
{
    const int up = degree + s->degrees; /* not negative */

    return tonic + 12 * (up / s->degrees - 1) + s->scale[up % s->degrees];
}

/* Whether a degree may follow another: in a bar, or as its first. */
static int may_follow(const struct style *s, int last, int degree, int bar,
                      int first)
{
    const char chord = s->harmony[bar];
    const int set = s->harmony[bar + 1] == 0 ? 1 /* the tonic alone */
                  : chord == 't' ? s->t : chord == 's' ? s->s : s->d;

    return degree >= -2 && degree <= s->degrees + 2 &&
           abs(degree - last) <= s->leap &&
           (!first || (set >> (degree + s->degrees) % s->degrees & 1));
}

/* A melody in ids (MOST), END and -1 after it. Small steps are likeliest. */
static void compose(int *ids, int category, rnn_rng *rng)
{
    const struct style *s = &styles[category / KEYS];
    const int tonic = keys[category % KEYS].tonic;
    const int a = below(rng, 4), b = below(rng, 4);
    const char *rhythm;
    int degree = 0, next, bar, i, n = 0;

    memset(ids, -1, MOST * sizeof *ids);
    for (bar = 0; s->harmony[bar]; bar++) {
        rhythm = s->harmony[bar + 1] ? s->rhythms[bar % 2 ? b : a] : s->whole;
        if (bar > 0)
            ids[n++] = BAR + bar;
        for (i = 0; rhythm[i]; i++, degree = next) {
            do
                next = degree + below(rng, s->leap + 1) -
                       below(rng, s->leap + 1);
            while (!may_follow(s, degree, next, bar, i == 0));
            ids[n++] = note(pitch_at(s, tonic, next), rhythm[i]);
        }
    }
    ids[n] = END;
}

/* ---- the judge ---------------------------------------------------------- */

/* Whether a bar may have that rhythm, and it is that of two bars ago, "" if
 * there is none. */
static int is_rhythm(const struct style *s, const char *rhythm,
                     const char *before)
{
    int i = 0;

    while (i < 4 && strcmp(s->rhythms[i], rhythm) != 0)
        i++;
    return i < 4 && (!*before || strcmp(before, rhythm) == 0);
}

/* The degree of a pitch, or one that may never follow. */
static int degree_of(const struct style *s, int tonic, int pitch)
{
    int degree = -2;

    while (degree <= s->degrees + 2 && pitch_at(s, tonic, degree) != pitch)
        degree++;
    return degree;
}

/* Whether a melody breaks no rule of a category. */
static int obeys(const int *ids, int category)
{
    const struct style *s = &styles[category / KEYS];
    const int tonic = keys[category % KEYS].tonic;
    char rhythms[3][MOST + 1] = {"", "", ""}, *rhythm;
    int degree = 0, next, bar, i;

    for (bar = 0; s->harmony[bar]; bar++) {
        if (bar > 0 && *ids++ != BAR + bar)
            return 0;
        rhythm = rhythms[2];
        for (i = 0; *ids >= FIRST_NOTE; i++, ids++, degree = next) {
            next = degree_of(s, tonic, pitch_of(*ids));
            if (!may_follow(s, degree, next, bar, i == 0))
                return 0;
            rhythm[i] = length_of(*ids);
        }
        rhythm[i] = 0;
        if (s->harmony[bar + 1] ? !is_rhythm(s, rhythm, rhythms[bar % 2])
                                : strcmp(s->whole, rhythm) != 0)
            return 0;
        strcpy(rhythms[bar % 2], rhythm);
    }
    return *ids == END;
}

/* ---- learning ----------------------------------------------------------- */

enum { LEARNT = 9000, BATCH = 40 };

/* Melody i is of category i % CATEGORIES. */
static int *compose_all(rnn_rng *rng)
{
    int *all = ints(LEARNT * MOST), i;

    for (i = 0; i < LEARNT; i++) {
        compose(all + i * MOST, i % CATEGORIES, rng);
        if (!obeys(all + i * MOST, i % CATEGORIES))
            die("composer and judge differ");
    }
    return all;
}

/* Melodies as the network reads them, each with its x: a one for its style and
 * a one for its key. */
typedef struct batch {
    rnn_real x[BATCH * (STYLES + KEYS)];
    int before[MOST * BATCH], after[MOST * BATCH], lengths[BATCH];
    rnn_seq source, target;
    goal want;
} batch;

static void put_category(batch *b, int row, int category)
{
    rnn_real *x = b->x + row * (STYLES + KEYS);

    memset(x, 0, (STYLES + KEYS) * sizeof *x);
    x[category / KEYS] = x[STYLES + category % KEYS] = 1;
}

static batch *open_batch(void)
{
    batch *b = (batch *)zeros(1, sizeof *b);

    b->source.steps = 1;
    b->source.batch = b->target.batch = BATCH;
    b->source.x = b->x;
    b->target.source = &b->source;
    b->target.steps = MOST;
    b->target.ids = b->before;
    b->target.lengths = b->lengths;
    b->want.ids = b->after;
    return b;
}

static void make_batch(batch *b, const int *learnt, rnn_rng *rng)
{
    int row, i, k;

    for (row = 0; row < BATCH; row++) {
        const int *ids = learnt + (k = below(rng, LEARNT)) * MOST;

        put_category(b, row, k % CATEGORIES);
        for (i = 0; i < MOST && ids[i] >= 0; i++) {
            b->after[i * BATCH + row] = ids[i];
            b->before[i * BATCH + row] = i ? ids[i - 1] : END;
        }
        b->lengths[row] = i;
    }
}

/* ---- inventing ---------------------------------------------------------- */

/* A melody for each row of the batch: ids (BATCH, MOST), as in compose. */
static void invent(int *ids, decoder *d, const trainer *t, const batch *b,
                   const rnn_sampling *draw, rnn_rng *rngs)
{
    int row, i;

    check(rnn_encode(&t->model, t->params, &b->source, d->memory, d->memory_len,
                     d->h, d->c, d->work, d->work_len, NULL), "x");
    check(rnn_decode(&t->model, t->params, &b->source, d->memory, d->memory_len,
                     &d->how, draw, rngs, d->h, d->c, d->by_step, d->counts,
                     NULL, d->work, d->work_len, NULL), "a melody");
    memset(ids, -1, BATCH * MOST * sizeof *ids);
    for (row = 0; row < BATCH; row++, ids += MOST) {
        for (i = 0; i < d->counts[row]; i++)
            ids[i] = d->by_step[i * BATCH + row];
        ids[i] = END;
    }
}

/* What the judge counts. */
typedef struct tally {
    int melodies, obey, copies, good; /* good: obey, and are no copies */
} tally;

static void judge(tally *count, const int *ids, int category,
                  const int *learnt)
{
    const int obey = obeys(ids, category);
    const int copy = is_among(ids, learnt, LEARNT, MOST * sizeof *ids);

    count->melodies++;
    count->obey += obey;
    count->copies += copy;
    count->good += obey && !copy;
}

static void put_tally(const char *name, const tally *count)
{
    printf("%-24s %8d  %5.3f  %6d\n", name, count->melodies,
           count->obey / (double)count->melodies, count->copies);
}

/* ---- melodies as text and as files -------------------------------------- */

/* ABC notation (abcnotation.com): C is 60, c is 72; a number counts eighths; ^
 * is a sharp, and holds to the end of the bar if = does not take it away. */
static void put_abc(const int *ids, int category)
{
    static const char letters[] = "CCDDEFFGGAAB";
    static const int black[] = {0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0};
    const struct style *s = &styles[category / KEYS];
    int sharp[128] = {0}; /* of the white key of that pitch */
    int pitch, white, i;

    printf("\nX:%d\nT:%s in %s\nM:%s\nL:1/8\nK:C\n", category + 1, s->name,
           keys[category % KEYS].name, s->metre);
    for (i = 0; ids[i] != END; i++) {
        if (ids[i] < FIRST_NOTE) {
            printf("| ");
            memset(sharp, 0, sizeof sharp);
            continue;
        }
        pitch = pitch_of(ids[i]);
        white = pitch - black[pitch % 12];
        if (sharp[white] != black[pitch % 12])
            putchar(sharp[white] ? '=' : '^');
        sharp[white] = black[pitch % 12];
        putchar(letters[pitch % 12] + (pitch >= 72 ? 'a' - 'A' : 0));
        if (pitch < 60)
            putchar(',');
        if (length_of(ids[i]) > '1')
            putchar(length_of(ids[i]));
        putchar(' ');
    }
    puts("|]");
}

typedef struct bytes {
    unsigned char *at;
    size_t count;
} bytes;

static void put_text(bytes *b, const char *text)
{
    while (*text)
        b->at[b->count++] = (unsigned char)*text++;
}

static void put_big(bytes *b, unsigned long value, int size)
{
    while (size-- > 0)
        b->at[b->count++] = (unsigned char)(value >> 8 * size & 255);
}

static void put_little(bytes *b, unsigned long value, int size)
{
    for (; size-- > 0; value >>= 8)
        b->at[b->count++] = (unsigned char)(value & 255);
}

/* music_march.mid and so on, beside the program. */
static void save(const bytes *b, const char *name, const char *ending)
{
    char path[1000];
    FILE *f;

    sprintf(path, "%.*smusic_%s.%s", (int)(program_name() - program) % 800,
            program, name, ending);
    f = fopen(path, "wb");
    if (!f || fwrite(b->at, 1, b->count, f) != b->count || fclose(f))
        die("%s: cannot be written", path);
    printf("%s%s", *ending == 'm' ? "written: " : ", ", path);
}

/* A standard MIDI file of one track; a quarter has 96 ticks. */
static void save_midi(const int *ids, const struct style *s)
{
    const unsigned long tempo = 120000000ul / (unsigned long)s->tempo;
    bytes b = {(unsigned char *)zeros(64 + 9 * MOST, 1), 0}, track;
    size_t length;
    int i;

    put_text(&b, "MThd");
    put_big(&b, 6, 4);
    put_big(&b, 0, 2); /* format 0: */
    put_big(&b, 1, 2); /* one track */
    put_big(&b, 96, 2);
    put_text(&b, "MTrk");
    length = b.count;
    put_big(&b, 0, 4);
    put_big(&b, 0x00ff5804, 4); /* metre: counted in 4 or 8, and two customs */
    put_big(&b, (unsigned long)(s->metre[0] - '0'), 1);
    put_big(&b, s->metre[2] == '8' ? 0x031808 : 0x021808, 3);
    put_big(&b, 0x00ff5103, 4); /* microseconds a quarter */
    put_big(&b, tempo, 3);
    put_big(&b, 0x00c000 | (unsigned long)s->instrument, 3);
    for (i = 0; ids[i] != END; i++)
        if (ids[i] >= FIRST_NOTE) {
            const unsigned long pitch = (unsigned long)pitch_of(ids[i]);
            const unsigned long ticks = 48ul * (unsigned long)eighths(ids[i]);

            put_big(&b, 0x00900060 | pitch << 8, 4); /* it begins at once */
            put_big(&b, 0x8000 | ticks >> 7 << 8 | (ticks & 127), 2);
            put_big(&b, 0x800000 | pitch << 8, 3);   /* and ends after that */
        }
    put_big(&b, 0x00ff2f00, 4); /* the end */
    track = b;
    track.count = length;
    put_big(&track, b.count - length - 4, 4);
    save(&b, s->name, "mid");
}

/* A sound at a time since a note has begun, up to 1 in size: four partials,
 * struck and dying away. */
static double sound(int pitch, double time, double length)
{
    const double turn = 6.283185307179586 * 440 * pow(2, (pitch - 69) / 12.0);
    const double begin = time / 0.01, end = (length - time) / 0.03;
    double sum = 0;
    int k;

    for (k = 1; k <= 4; k++)
        sum += sin(k * turn * time) / (k * k) * exp(-1.5 * k * time);
    return sum / 1.5 * (begin < 1 ? begin : 1) * (end < 1 ? end : 1);
}

/* A WAV file: 16 bits, one channel. */
static void save_wav(const int *ids, const struct style *s)
{
    enum { RATE = 22050 };
    const int eighth = RATE * 60 / s->tempo; /* in samples */
    unsigned long samples = 0;
    bytes b = {NULL, 0};
    int i, j, n;

    for (i = 0; ids[i] != END; i++)
        if (ids[i] >= FIRST_NOTE)
            samples += (unsigned long)(eighth * eighths(ids[i]));
    b.at = (unsigned char *)zeros(44 + 2 * samples, 1);
    put_text(&b, "RIFF");
    put_little(&b, 36 + 2 * samples, 4);
    put_text(&b, "WAVEfmt ");
    put_little(&b, 16, 4);
    put_little(&b, 1, 2); /* plain numbers */
    put_little(&b, 1, 2); /* a channel     */
    put_little(&b, RATE, 4);
    put_little(&b, 2 * RATE, 4);
    put_little(&b, 2, 2); /* bytes a sample, then bits */
    put_little(&b, 16, 2);
    put_text(&b, "data");
    put_little(&b, 2 * samples, 4);
    for (i = 0; ids[i] != END; i++) {
        n = ids[i] >= FIRST_NOTE ? eighth * eighths(ids[i]) : 0;
        for (j = 0; j < n; j++) {
            double v = sound(pitch_of(ids[i]), j / (double)RATE,
                             n / (double)RATE);

            put_little(&b, (unsigned long)(long)(v * 28000), 2);
        }
    }
    save(&b, s->name, "wav");
    putchar('\n');
}

/* ---- the program -------------------------------------------------------- */

/* As many melodies of each category as a batch has, and what the judge says;
 * with `files` the first of each style is shown and written, whatever it is. */
static double test(const trainer *t, decoder *d, batch *b, const int *learnt,
                   const rnn_sampling *draw, rnn_rng *rngs, int files)
{
    tally styled[STYLES] = {{0, 0, 0, 0}}, all = {0, 0, 0, 0};
    int *ids = ints(BATCH * MOST), category, row, style;

    for (category = 0; category < CATEGORIES; category++) {
        style = category / KEYS;
        for (row = 0; row < BATCH; row++)
            put_category(b, row, category);
        invent(ids, d, t, b, draw, rngs);
        for (row = 0; row < BATCH; row++) {
            judge(&styled[style], ids + row * MOST, category, learnt);
            judge(&all, ids + row * MOST, category, learnt);
        }
        if (files && category % KEYS == style % KEYS) {
            put_abc(ids, category);
            save_midi(ids, &styles[style]);
            save_wav(ids, &styles[style]);
        }
    }
    puts("\n                         melodies   obey  copies");
    for (style = 0; files && style < STYLES; style++)
        put_tally(styles[style].name, &styled[style]);
    put_tally(files ? "all" : "all, softmax as it is", &all);
    return all.good / (double)all.melodies;
}

int main(int argc, char **argv)
{
    options o = {1, RNN_GRU, 128, 1400};
    double temperature = 0.7, top_p = 0.9, good;
    const option own[] = {
        {"--temperature", REAL, &temperature, 0, 10, NULL,
         "of the softmax from which a note is drawn"},
        {"--top-p", REAL, &top_p, 0, 1, NULL,
         "draw from the likeliest with that share together;\n0: from all"},
        OPTIONS_END};
    const rnn_sampling plain = {1, 0, 0};
    rnn_sampling draw = {0, 0, 0};
    rnn_decoding how = {0};
    rnn_model model = {0};
    rnn_rng rngs[BATCH], rng;
    batch *b = open_batch();
    trainer t;
    decoder d;
    int *learnt, i;

    read_options(argc, argv,
                 "music learns to invent melodies, marches, waltzes and "
                 "others, and writes\nsome as .mid and .wav files.\n", &o, own);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    learnt = compose_all(&rng);
    printf("%d melodies to learn, %d tokens\n", LEARNT, TOKENS);
    model.wiring = RNN_1_TO_N;
    model.cell = o.cell;
    model.input = RNN_DENSE;
    model.input_size = STYLES + KEYS;
    model.feed = RNN_AT_EACH;
    model.hidden_size = o.hidden;
    model.target = RNN_EMBEDDING;
    model.target_embedding_size = 32;
    model.target_size = model.output_size = TOKENS;
    t = open_trainer(&model, 1, MOST, BATCH, &o, 0.02);
    while (go_on(&t)) {
        make_batch(b, learnt, &rng);
        learn(&t, &b->target, &b->want);
    }
    how.begin = how.end = END;
    how.max_steps = MOST - 1;
    how.width = 1;
    d = open_decoder(&t, 1, BATCH, &how);
    for (i = 0; i < BATCH; i++)
        rnn_rng_seed(&rngs[i], rnn_rng_next(&rng));
    draw.temperature = (rnn_real)temperature;
    draw.top_p = (rnn_real)top_p;
    good = test(&t, &d, b, learnt, &draw, rngs, 1);
    test(&t, &d, b, learnt, &plain, rngs, 0);
    return result("music_obeys_new", good, '>', 0.95);
}
