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
 * learnt; then the same if the softmax is used as it is. It takes about 25
 * seconds on one core; music --help lists the options. */

#include "pairs.h"
#include "sound.h"
#include <math.h>

/* ---- the rules ---------------------------------------------------------- */

enum { STYLES = 5, KEYS = 3, CATEGORIES = STYLES * KEYS };

static const struct style {
    const char *name, *metre;
    int degrees, scale[7];  /* semitones above the tonic         */
    const char *t, *s, *d;  /* the degrees of three chords       */
    const char *harmony;    /* the chord of every bar            */
    int leap;               /* most degrees between two notes    */
    const char *whole;      /* the length of a bar, in eighths,  */
    const char *rhythms[4]; /* and those of its notes            */
    int tempo, instrument;  /* eighths a minute; MIDI's number   */
} styles[STYLES] = {
    {"march", "4/4", 7, {0, 2, 4, 5, 7, 9, 11},
     "024", "035", "146", "ttstdsdt", 3,
     "8", {"2222", "3122", "422", "31211"}, 230, 56},
    {"waltz", "3/4", 7, {0, 2, 3, 5, 7, 8, 11}, /* in minor */
     "024", "035", "146", "ttdtssdt", 3,
     "6", {"222", "42", "2211", "312"}, 300, 21},
    {"lullaby", "6/8", 5, {0, 2, 4, 7, 9}, /* of five tones */
     "023", "044", "133", "tsttsddt", 2,
     "6", {"2121", "33", "321", "213"}, 170, 10},
    {"jig", "6/8", 7, {0, 2, 3, 5, 7, 9, 10}, /* dorian, d is the seventh */
     "024", "035", "136", "tdtdtsdt", 3,
     "6", {"111111", "21111", "2121", "11121"}, 330, 40},
    {"blues", "4/4", 6, {0, 3, 5, 6, 7, 10},
     "014", "012", "244", "ttttssttdstt", 3,
     "8", {"2222", "3131", "314", "1124"}, 220, 65}};

static const struct key {
    const char *name;
    int tonic; /* MIDI's number: 60 is C4 */
} keys[KEYS] = {{"C", 60}, {"D", 62}, {"G", 55}};

/* Tokens: END; i, the line before bar i; notes, any of some pitches with any of
 * some lengths. A melody has MOST of them at most. */
enum { FIRST_NOTE = 13, LENGTHS = 6, LOWEST = 50, PITCHES = 30,
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
    const char name = s->harmony[bar];
    const char *chord = s->harmony[bar + 1] == 0 ? "0" /* the tonic alone */
                        : name == 't'            ? s->t
                        : name == 's'            ? s->s
                                                 : s->d;

    return degree >= -2 && degree <= s->degrees + 2 &&
           abs(degree - last) <= s->leap &&
           (!first || strchr(chord, '0' + (degree + s->degrees) % s->degrees));
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
            ids[n++] = bar;
        for (i = 0; rhythm[i]; i++, degree = next) {
            do
                next =
                    degree + below(rng, s->leap + 1) - below(rng, s->leap + 1);
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
        if (bar > 0 && *ids++ != bar)
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

enum { LEARNT = 9000, BATCH = 40, INPUTS = STYLES + KEYS };
static int learnt[LEARNT][MOST]; /* melody i is of category i % CATEGORIES */
static rnn_real x[BATCH * INPUTS];

static void compose_all(rnn_rng *rng)
{
    int i;

    for (i = 0; i < LEARNT; i++) {
        compose(learnt[i], i % CATEGORIES, rng);
        if (!obeys(learnt[i], i % CATEGORIES))
            die("composer and judge differ");
    }
}

/* x has a one for the style and a one for the key. */
static void put_category(int row, int category)
{
    rnn_real *to = x + row * INPUTS;

    memset(to, 0, INPUTS * sizeof *to);
    to[category / KEYS] = to[STYLES + category % KEYS] = 1;
}

/* ---- melodies as text and as files -------------------------------------- */

/* ABC notation (abcnotation.com): C is 60, c is 72; a number counts eighths; ^
 * is a sharp, and holds to the end of the bar if = does not take it away. */
static void put_abc(const int *ids, int n, int category)
{
    static const char white[] = "CCDDEFFGGAAB", black[] = "010100101010";
    const struct style *s = &styles[category / KEYS];
    int sharp[128] = {0}; /* whether that white key is sharp in this bar */
    int i, pitch, is;

    printf("\nX:%d\nT:%s in %s\nM:%s\nL:1/8\nK:C\n", category + 1, s->name,
           keys[category % KEYS].name, s->metre);
    for (i = 0; i < n; i++) {
        if (ids[i] < FIRST_NOTE) {
            printf("| ");
            memset(sharp, 0, sizeof sharp);
            continue;
        }
        pitch = pitch_of(ids[i]);
        is = black[pitch % 12] - '0';
        if (sharp[pitch - is] != is)
            putchar(is ? '^' : '=');
        sharp[pitch - is] = is;
        printf("%c%s", white[pitch % 12] + (pitch >= 72 ? 'a' - 'A' : 0),
               pitch < 60 ? "," : "");
        if (eighths(ids[i]) > 1)
            putchar(length_of(ids[i]));
        putchar(' ');
    }
    puts("|]");
}

/* The most significant byte first. */
static void put_big(FILE *f, unsigned long value, int bytes)
{
    while (bytes-- > 0)
        fputc((int)(value >> 8 * bytes & 255), f);
}

/* A standard MIDI file of one track; a quarter has 96 ticks. */
static void write_midi(const char *name, const int *ids, int n,
                       const struct style *s)
{
    FILE *f = open_beside(name, "mid");
    unsigned long notes = 0, pitch, ticks;
    int i;

    for (i = 0; i < n; i++)
        notes += ids[i] >= FIRST_NOTE;
    fputs("MThd", f);
    put_big(f, 6, 4);
    put_big(f, 0x00000001, 4); /* format 0: one track */
    put_big(f, 96, 2);
    fputs("MTrk", f);
    put_big(f, 14 + 9 * notes, 4); /* its bytes */
    put_big(f, 0x00ff5103, 4);     /* microseconds a quarter */
    put_big(f, 120000000ul / (unsigned long)s->tempo, 3);
    put_big(f, 0x00c000 | (unsigned long)s->instrument, 3);
    for (i = 0; i < n; i++)
        if (ids[i] >= FIRST_NOTE) {
            pitch = (unsigned long)pitch_of(ids[i]) << 8;
            ticks = 48ul * (unsigned long)eighths(ids[i]);
            put_big(f, 0x00900060 | pitch, 4); /* it begins at once */
            put_big(f, 0x8000 | ticks >> 7 << 8 | (ticks & 127), 2);
            put_big(f, 0x800000 | pitch, 3); /* and ends after that */
        }
    put_big(f, 0x00ff2f00, 4); /* the end */
    close_beside(f);
}

/* A note at a time since it has begun, at most 1 in size: four partials, struck
 * and dying away. */
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

/* A melody in ABC, and in music_march.mid and music_march.wav. */
static void show(const int *ids, int n, int category)
{
    enum { RATE = 22050 };
    const struct style *s = &styles[category / KEYS];
    const int eighth = RATE * 60 / s->tempo; /* in samples */
    rnn_real *wave = reals((size_t)(MOST * 8 * eighth));
    int i, j, length, count = 0;
    char name[20];

    for (i = 0; i < n; i++) {
        length = ids[i] < FIRST_NOTE ? 0 : eighth * eighths(ids[i]);
        for (j = 0; j < length; j++)
            wave[count++] = (rnn_real)sound(pitch_of(ids[i]), j / (double)RATE,
                                            length / (double)RATE);
    }
    put_abc(ids, n, category);
    sprintf(name, "music_%.13s", s->name);
    write_midi(name, ids, n, s);
    write_wav(name, RATE, wave, count);
}

/* ---- inventing ---------------------------------------------------------- */

/* A melody of that category in each row. */
static void invent(decoder *d, int category)
{
    int row;

    for (row = 0; row < BATCH; row++)
        put_category(row, category);
    decode(d);
}

/* How many melodies obey, and how many are copies of what is learnt. Returns
 * the share of those that obey and are no copies. */
static double test(decoder *d)
{
    enum { EACH = KEYS * BATCH, OF = STYLES * EACH };
    int style, i, row, category, ok, copy, obey, copies, good = 0;

    puts("         melodies   obey  copies");
    for (style = 0; style < STYLES; style++) {
        obey = copies = 0;
        for (i = 0; i < EACH; i++) {
            category = style * KEYS + i / BATCH;
            row = i % BATCH;
            if (row == 0)
                invent(d, category);
            ok = d->counts[row] < MOST && obeys(said(d, row), category);
            copy = is_among(said(d, row), learnt, LEARNT, sizeof *learnt);
            obey += ok;
            copies += copy;
            good += ok && !copy;
        }
        printf("%-8s %8d  %5.3f  %6d\n", styles[style].name, EACH,
               obey / (double)EACH, copies);
    }
    printf("of %d, obey and are no copies: %.3f\n", OF, good / (double)OF);
    return good / (double)OF;
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_GRU, 128, 1400};
    double temperature = 0.7, top_p = 0.9, good;
    const option own[] = {
        {"--temperature", REAL, &temperature, 0, 10, NULL,
         "of the softmax from which a note is drawn"},
        {"--top-p", REAL, &top_p, 0, 1, NULL,
         "draw from the likeliest with that share together;\n0: from all"},
        OPTIONS_END};
    pairs *p = open_pairs(BATCH, 1, MOST);
    rnn_model model = {0};
    rnn_rng rngs[BATCH], rng;
    rnn_sampling draw = {0};
    trainer *t;
    decoder *d;
    int i, k;

    read_options(argc, argv,
                 "music learns to invent melodies, marches, waltzes and "
                 "others, and writes\nsome as .mid and .wav files.\n",
                 &o, own);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    compose_all(&rng);
    p->source[0].x = x;
    p->source[0].x_len = sizeof x / sizeof *x;
    printf("%d melodies to learn, %d tokens\n", LEARNT, TOKENS);
    model.wiring = RNN_WIRING_1_TO_N;
    model.cell = (rnn_cell)o.cell;
    model.input = RNN_INPUT_DENSE;
    model.input_size = INPUTS;
    model.feed = RNN_FEED_EACH;
    model.hidden_size = o.hidden;
    model.target = RNN_INPUT_EMBEDDING;
    model.target_embedding_size = 32;
    model.target_size = model.output_size = TOKENS;
    t = open_trainer(&model, 1, MOST, BATCH, &o, 0.02);
    while (go_on(t)) {
        for (i = 0; i < BATCH; i++) {
            k = below(&rng, LEARNT);
            put_category(i, k % CATEGORIES);
            put_target(p, i, learnt[k]);
        }
        must(t, rnn_forward(&t->net, &t->work, &p->target), "forward");
        loss_of(t, &p->target, &p->want);
        must(t, rnn_backward(&t->net, &t->work, &p->target, NULL), "backward");
        update(t);
    }
    for (i = 0; i < BATCH; i++)
        rnn_rng_seed(&rngs[i], rnn_rng_next(&rng));
    d = open_decoder(t, p, 1);
    d->how.sampling = &draw;
    d->how.rngs = rngs;
    draw.temperature = (rnn_real)temperature;
    draw.top_p = (rnn_real)(temperature > 0 ? top_p : 0);
    for (i = 0; i < STYLES; i++) {
        k = i * KEYS + i % KEYS; /* a style, in one of the keys */
        invent(d, k);
        show(said(d, 0), d->counts[0], k);
    }
    putchar('\n');
    good = test(d);
    puts("\nIf the softmax is used as it is:\n");
    draw.temperature = 1;
    draw.top_p = 0;
    test(d);
    return result("music_obeys_new", good, '>', 0.95);
}
