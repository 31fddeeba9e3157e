/* speech: a network that hears Morse code and writes letters.
 *
 *                       s      e      a      end     y_i
 *                       ^      ^      ^      ^
 *        s0 ----------> s1 --> s2 --> s3 --> s4      decoder: s_i reads
 *                       ^      ^      ^      ^       y_(i-1) and c_i
 *                       c1     c2     c3     c4      c_i = sum_j a_ij h_j
 *                       looking at h1 ... hN
 *
 *        h1 <-> h2 <-> h3 <-> h4 <-> ... <-> hN      encoder, both directions
 *        ^      ^      ^      ^              ^
 *        x1     x2     x3     x4     ...     xN      20 ms of sound each
 *
 *        . . .     .     . -                         keyed under noise
 *
 * This is the article's N vs M with attention as speech recognition: a signal
 * of a hundred steps or so goes in, and letters come out. The program makes
 * the sound itself: a wave is keyed on and off, and its pitch, its speed, how
 * unsteady the hand is and how loud the noise are drawn anew for every sound.
 * Goertzel's filter measures how much of five pitches is in every 10 ms; two
 * such frames are an x_j. Nothing tells the network where a letter begins: it
 * learns where to listen next.
 *
 * It learns from letters drawn by chance, and is tested on words of English of
 * two to five letters, none of which it has ever heard. Words of one letter
 * come first, and are let grow when it hears those well: who has found the
 * first letter finds the second sooner.
 *
 * The program prints lines of progress (iteration, cross-entropy of a letter,
 * time left), what it hears in some of the sounds, the share of words that is
 * right to the last letter, and for one word where each letter listens. That
 * sound is in speech.wav beside the program. It takes about 25 seconds on one
 * core. An LSTM hears as well, but is slower to find where: it needs 4000
 * iterations, a minute. speech --help lists the options. */

#include "example.h"
#include <math.h>

/* ---- sound -------------------------------------------------------------- */

/* STEPS are enough for five times the longest letter at the lowest speed */
enum { RATE = 8000, FRAME = RATE / 100, FRAMES = 2, PITCHES = 5, STEPS = 250,
       SAMPLES = STEPS * FRAMES * FRAME, TAPE = 100000 };

static const char *const morse[26] = {
    ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..",
    ".---", "-.-", ".-..", "--", "-.", "---", ".--.", "--.-", ".-.",
    "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--.."};

static const double two_pi = 6.283185307179586;

typedef struct sound {
    int count; /* samples */
    rnn_real x[SAMPLES];
} sound;

static double between(rnn_rng *rng, double least, double most)
{
    return least + (most - least) * (double)rnn_uniform(rng);
}

/* The key is down, or up, for about so many samples. */
static void key(sound *s, int down, double samples, rnn_rng *rng)
{
    int n = (int)(samples * between(rng, 0.85, 1.15));

    for (; n > 0 && s->count < SAMPLES; n--)
        s->x[s->count++] = (rnn_real)down;
}

/* A word is keyed, 24 to 40 such a minute; a wave sounds while the key is down,
 * and a tape of noise plays from anywhere on. */
static void make_sound(sound *s, const char *text, const rnn_real *tape,
                       rnn_rng *rng)
{
    const double dot = RATE * between(rng, 0.03, 0.05);
    const double turn = two_pi / RATE * between(rng, 500, 900);
    const double noise = between(rng, 0.2, 0.8);
    const char *c;
    int i, from;

    s->count = 0;
    key(s, 0, dot * between(rng, 1, 4), rng);
    for (; *text; text++) {
        for (c = morse[*text - 'a']; *c; c++) {
            key(s, 1, *c == '-' ? 3 * dot : dot, rng);
            key(s, 0, dot, rng);
        }
        key(s, 0, 2 * dot, rng);
    }
    from = below(rng, TAPE - s->count);
    for (i = 0; i < s->count; i++)
        s->x[i] = s->x[i] * (rnn_real)sin(turn * i) +
                  (rnn_real)noise * tape[from + i];
}

/* How loud each pitch is in a frame, 1 for a pure wave of it: every sample
 * strikes a filter that rings at the pitch (Goertzel 1958). */
static void listen(const rnn_real *x, rnn_real *loud)
{
    double ring, a, b, next;
    int i, k;

    for (k = 0; k < PITCHES; k++) {
        ring = 2 * cos(two_pi / RATE * (500 + 100 * k));
        for (a = b = 0, i = 0; i < FRAME; i++) {
            next = (double)x[i] + ring * a - b;
            b = a;
            a = next;
        }
        loud[k] = (rnn_real)(sqrt(a * a + b * b - ring * a * b) * 2 / FRAME);
    }
}

static void put_number(FILE *f, unsigned long value, int bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        fputc((int)(value & 0xff), f);
}

/* One channel of 16 bits. */
static void write_wav(const sound *s)
{
    const unsigned long size = 2 * (unsigned long)s->count;
    char path[1000];
    double x;
    FILE *f;
    int i;

    sprintf(path, "%.*sspeech.wav", (int)(program_name() - program) % 900,
            program);
    f = fopen(path, "wb");
    if (!f)
        die("%s: cannot be written", path);
    fputs("RIFF", f);
    put_number(f, 36 + size, 4);
    fputs("WAVEfmt ", f);
    put_number(f, 16, 4);
    put_number(f, 1, 2); /* PCM */
    put_number(f, 1, 2);
    put_number(f, RATE, 4);
    put_number(f, 2 * RATE, 4);
    put_number(f, 2, 2);
    put_number(f, 16, 2);
    fputs("data", f);
    put_number(f, size, 4);
    for (i = 0; i < s->count; i++) {
        x = 0.3 * (double)s->x[i];
        x = x < -1 ? -1 : x > 1 ? 1 : x;
        put_number(f, (unsigned long)(long)(x * 32767), 2);
    }
    if (ferror(f) | fclose(f))
        die("%s is not completely written", path);
    printf("to be heard in %s\n", path);
}

/* ---- words -------------------------------------------------------------- */

enum { LETTERS = 5, END = 26, OUTPUTS, BATCH = 25 };

/* none of these is learnt; the first is shown */
static const char tested[][LETTERS + 1] = {
    "water", "sea", "sun", "moon", "star", "wind", "rain", "snow", "storm",
    "cloud", "sky", "tree", "leaf", "root", "grass", "river", "lake", "hill",
    "rock", "sand", "ship", "boat", "sail", "port", "night", "day", "light",
    "dark", "fire", "smoke", "ice", "earth", "air", "bird", "fish", "fox",
    "wolf", "bear", "horse", "sheep", "goat", "cow", "bee", "ant", "owl",
    "hand", "foot", "eye", "ear", "face", "heart", "voice", "word", "song",
    "book", "page", "line", "note", "bell", "drum", "horn", "piano", "radio",
    "code", "key", "dot", "dash", "tone", "wave", "quiet", "noise", "sound",
    "hear", "speak", "write", "read", "go", "come", "we", "us", "he", "it",
    "is", "be", "to", "at", "in", "on", "up", "no", "yes", "one", "two",
    "three", "four", "five", "six", "seven", "eight", "zero"};
enum { WORDS_TESTED = sizeof tested / sizeof *tested,
       TESTED = 5 * WORDS_TESTED }; /* each word has five sounds */

/* Words and their sounds, as the network reads them: time-major. */
typedef struct batch {
    char text[BATCH][LETTERS + 1];
    sound last; /* of the last row */
    rnn_real x[STEPS * BATCH * FRAMES * PITCHES];
    int before[(LETTERS + 1) * BATCH], after[(LETTERS + 1) * BATCH];
    int steps[BATCH], letters[BATCH];
    rnn_seq source, target;
    goal want;
} batch;

static batch *open_batch(void)
{
    batch *b = (batch *)zeros(1, sizeof *b);

    b->source.x = b->x;
    b->source.lengths = b->steps;
    b->target.source = &b->source;
    b->target.ids = b->before;
    b->target.lengths = b->letters;
    b->want.ids = b->after;
    b->source.batch = b->target.batch = BATCH;
    return b;
}

/* One row: its word is sounded, and heard by the filters. */
static void put_sound(batch *b, int row, const rnn_real *tape, rnn_rng *rng)
{
    int i, n;

    make_sound(&b->last, b->text[row], tape, rng);
    n = b->steps[row] = b->last.count / (FRAME * FRAMES);
    b->source.steps = n > b->source.steps ? n : b->source.steps;
    for (i = 0; i < n * FRAMES; i++)
        listen(b->last.x + i * FRAME,
               b->x + ((i / FRAMES * BATCH + row) * FRAMES + i % FRAMES) *
                          PITCHES);
}

/* The words of b->text, of which no sound is like another. */
static void put_words(batch *b, const rnn_real *tape, rnn_rng *rng)
{
    int row, i, n;

    b->source.steps = b->target.steps = 0;
    for (row = 0; row < BATCH; row++) {
        put_sound(b, row, tape, rng);
        n = b->letters[row] = (int)strlen(b->text[row]) + 1;
        b->target.steps = n > b->target.steps ? n : b->target.steps;
        b->before[row] = b->after[(n - 1) * BATCH + row] = END;
        for (i = 0; i + 1 < n; i++)
            b->before[(i + 1) * BATCH + row] = b->after[i * BATCH + row] =
                b->text[row][i] - 'a';
    }
}

/* Letters by chance, at most so many. */
static void make_words(batch *b, int most, rnn_rng *rng)
{
    char *text;
    int row, n;

    for (row = 0; row < BATCH; row++)
        do {
            text = (char *)memset(b->text[row], 0, LETTERS + 1);
            for (n = 1 + below(rng, most); n > 0; n--)
                *text++ = (char)('a' + below(rng, 26));
        } while (is_among(b->text[row], tested, WORDS_TESTED, LETTERS + 1));
    check_apart(b->text, BATCH, tested, WORDS_TESTED, LETTERS + 1);
}

/* ---- hearing ------------------------------------------------------------ */

/* What it heard in a row. */
static const char *heard(char *text, const decoder *d, int row)
{
    int i;

    for (i = 0; i < d->counts[row]; i++)
        text[i] = (char)('a' + d->ids[row * d->how.max_steps + i]);
    text[i] = 0;
    return text;
}

/* The share of words that are right to the last letter; some are shown. */
static double test(const trainer *t, decoder *d, batch *b, const rnn_real *tape,
                   rnn_rng *rng)
{
    char text[LETTERS + 2];
    int i, row, ok, good = 0;

    puts("\nWords that it has never heard:\n\n  keyed  heard");
    for (i = 0; i < TESTED; i += BATCH) {
        for (row = 0; row < BATCH; row++)
            memcpy(b->text[row], tested[(i + row) % WORDS_TESTED], LETTERS + 1);
        put_words(b, tape, rng);
        decode(d, t, &b->source, 0);
        for (row = 0; row < BATCH; row++) {
            ok = strcmp(heard(text, d, row), b->text[row]) == 0;
            good += ok;
            if (i == 0 && row < 16)
                printf("  %-6s %s%s\n", b->text[row], text,
                       ok ? "" : "   (wrong)");
        }
    }
    printf("\nof %d sounds, right to the last letter: %.3f\n", TESTED,
           good / (double)TESTED);
    return good / (double)TESTED;
}

/* Numbers of n steps, some in a column: the greatest in it, compared with the
 * greatest of all. */
static void show_line(const char *name, const rnn_real *values, int n,
                      const char *const *shades)
{
    const int wide = (n + 69) / 70;
    rnn_real most = 0, here = 0;
    int j;

    for (j = 0; j < n; j++)
        most = values[j] > most ? values[j] : most;
    printf("  ");
    put(name, 7);
    for (j = 0; j < n; j++) {
        here = j % wide && here > values[j] ? here : values[j];
        if (j % wide == wide - 1 || j == n - 1)
            fputs(shades[(int)(here / most * (rnn_real)4.999)], stdout);
    }
    putchar('\n');
}

/* One word once more: how loud its steps are, and where each letter listens,
 * the weights a_ij. */
static void show_attention(const trainer *t, decoder *d, batch *b,
                           const rnn_real *tape, rnn_rng *rng)
{
    static const char *const bars[] = {"▁", "▃", "▅", "▆", "█"};
    static const char *const shades[] = {"·", "░", "▒", "▓", "█"};
    const int row = BATCH - 1, inputs = FRAMES * PITCHES;
    char text[LETTERS + 2], name[2] = "";
    rnn_real *loud = reals(STEPS), x;
    int i, j;

    for (i = 0; i < BATCH; i++)
        memcpy(b->text[i], tested[0], LETTERS + 1);
    put_words(b, tape, rng);
    decode(d, t, &b->source, 0);
    for (i = 0; i < b->steps[row] * inputs; i++) {
        j = i / inputs;
        x = b->x[(j * BATCH + row) * inputs + i % inputs];
        loud[j] = x > loud[j] ? x : loud[j];
    }
    printf("\n%s is", tested[0]);
    for (i = 0; tested[0][i]; i++)
        printf("  %s", morse[tested[0][i] - 'a']);
    puts("\nHow loud it is, and where each letter of what is heard listens:\n");
    show_line("sound", loud, b->steps[row], bars);
    heard(text, d, row);
    for (i = 0; text[i]; i++) {
        name[0] = text[i];
        show_line(name, d->attention + (i * BATCH + row) * b->source.steps,
                  b->steps[row], shades);
    }
    putchar('\n');
    write_wav(&b->last);
}

/* ---- the program -------------------------------------------------------- */

static rnn_model make_model(const options *o)
{
    rnn_model model = {0};

    model.wiring = RNN_N_TO_M;
    model.cell = o->cell;
    model.input = RNN_DENSE;
    model.input_size = FRAMES * PITCHES;
    model.target = RNN_EMBEDDING;
    model.target_size = model.output_size = OUTPUTS;
    model.target_embedding_size = 16;
    model.hidden_size = model.attention_size = o->hidden;
    model.bidirectional = 1;
    model.attention = RNN_ADDITIVE;
    model.head_context = 1;
    return model;
}

int main(int argc, char **argv)
{
    options o = {1, RNN_GRU, 64, 1500};
    const option none[] = {OPTIONS_END};
    rnn_decoding how = {0};
    rnn_real *tape = reals(TAPE);
    batch *b = open_batch();
    double loss = 3, right_share;
    int most = 1, i;
    rnn_model model;
    trainer t;
    decoder d;

    read_options(argc, argv,
                 "speech learns to hear Morse code under noise, and shows "
                 "where each letter\nlistens.\n", &o, none);
    model = make_model(&o);
    t = open_trainer(&model, STEPS, LETTERS + 1, BATCH, &o, 0.01);
    for (i = 0; i < TAPE; i++)
        tape[i] = rnn_normal(&t.rng);
    while (go_on(&t)) {
        make_words(b, most, &t.rng);
        put_words(b, tape, &t.rng);
        loss += 0.1 * (learn(&t, &b->target, &b->want) - loss);
        if (loss < 0.4 && most < LETTERS) {
            printf("           words of up to %d letters\n", ++most);
            loss = 3;
        }
    }
    how.begin = how.end = END;
    how.max_steps = LETTERS + 1;
    how.width = 1;
    d = open_decoder(&t, STEPS, BATCH, &how);
    right_share = test(&t, &d, b, tape, &t.rng);
    show_attention(&t, &d, b, tape, &t.rng);
    return result("speech_words", right_share, '>', 0.95);
}
