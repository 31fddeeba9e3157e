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

#include "pairs.h"
#include "sound.h"
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

static rnn_real tape[TAPE]; /* of noise */

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
 * and the tape plays from anywhere on. */
static void make_sound(sound *s, const char *text, rnn_rng *rng)
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

/* ---- words -------------------------------------------------------------- */

/* the letters are tokens 1 ... 26 */
enum { LETTERS = 5, TOKENS = 27, BATCH = 25 };

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

/* Letters by chance, at most so many; no word that is tested. */
static void make_word(char *text, int most, rnn_rng *rng)
{
    int i, n;

    do {
        memset(text, 0, LETTERS + 1);
        n = 1 + below(rng, most);
        for (i = 0; i < n; i++)
            text[i] = (char)('a' + below(rng, 26));
    } while (is_among(text, tested, WORDS_TESTED, LETTERS + 1));
    check_apart(text, 1, tested, WORDS_TESTED, LETTERS + 1);
}

/* The last sound, and what the network hears of all in a batch. */
static sound last;
static rnn_real heard[STEPS * BATCH * FRAMES * PITCHES];

static rnn_real *frame(int row, int i)
{
    return heard + ((i / FRAMES * BATCH + row) * FRAMES + i % FRAMES) * PITCHES;
}

/* A row: its word is sounded, unlike any sound before, and heard. */
static void put_word(pairs *p, int row, const char *text, rnn_rng *rng)
{
    int ids[LETTERS + 1], i, n;

    make_sound(&last, text, rng);
    n = last.count / (FRAME * FRAMES);
    for (i = 0; i < n * FRAMES; i++)
        listen(last.x + i * FRAME, frame(row, i));
    for (i = 0; i <= LETTERS; i++)
        ids[i] = text[i] ? text[i] - 'a' + 1 : END;
    set_length(&p->source[0], p->source_lengths[0], row, n);
    put_target(p, row, ids);
}

/* ---- hearing ------------------------------------------------------------ */

/* What a row says. */
static const char *letters(char *text, const decoder *d, int row)
{
    int i;

    for (i = 0; i < d->counts[row]; i++)
        text[i] = (char)('a' + said(d, row)[i] - 1);
    text[i] = 0;
    return text;
}

/* The share of words that are right to the last letter; some are shown. */
static double test(decoder *d, rnn_rng *rng)
{
    char text[LETTERS + 2];
    const char *keyed;
    int i, row, ok, good = 0;

    puts("\nWords that it has never heard:\n\n  keyed  heard");
    for (i = 0; i < TESTED; i += BATCH) {
        for (row = 0; row < BATCH; row++)
            put_word(d->p, row, tested[(i + row) % WORDS_TESTED], rng);
        decode(d);
        for (row = 0; row < BATCH; row++) {
            keyed = tested[(i + row) % WORDS_TESTED];
            ok = strcmp(letters(text, d, row), keyed) == 0;
            good += ok;
            if (i == 0 && row < 16)
                printf("  %-6s %s%s\n", keyed, text, ok ? "" : "   (wrong)");
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
static void show_attention(decoder *d, rnn_rng *rng)
{
    static const char *const bars[] = {"▁", "▃", "▅", "▆", "█"};
    static const char *const shades[] = {"·", "░", "▒", "▓", "█"};
    char text[LETTERS + 2], name[2] = "";
    rnn_real loud[STEPS] = {0}, x;
    heat m;
    int i, j;

    put_word(d->p, 0, tested[0], rng);
    decode(d);
    m = looks(d, 0, 0);
    for (j = 0; j < m.cols; j++)
        for (i = 0; i < FRAMES * PITCHES; i++) {
            x = frame(0, j * FRAMES)[i];
            loud[j] = x > loud[j] ? x : loud[j];
        }
    printf("\n%s is", tested[0]);
    for (i = 0; tested[0][i]; i++)
        printf("  %s", morse[tested[0][i] - 'a']);
    puts("\nHow loud it is, and where each letter of what is heard listens:\n");
    show_line("sound", loud, m.cols, bars);
    letters(text, d, 0);
    for (i = 0; i < m.rows; i++) {
        name[0] = text[i];
        show_line(name, m.values + i * m.row_step, m.cols, shades);
    }
    putchar('\n');
    for (i = 0; i < last.count; i++)
        last.x[i] *= (rnn_real)0.3; /* noise is louder than 1 */
    write_wav("speech", RATE, last.x, last.count);
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_GRU, 64, 1500};
    const option none[] = {OPTIONS_END};
    pairs *p = open_pairs(BATCH, STEPS, LETTERS + 1);
    double loss = 3, right_share;
    char text[LETTERS + 1];
    int most = 1, i;
    rnn_model model;
    trainer *t;
    decoder *d;

    read_options(argc, argv,
                 "speech learns to hear Morse code under noise, and shows "
                 "where each letter\nlistens.\n",
                 &o, none);
    model = attention_model(&o, FRAMES * PITCHES, TOKENS);
    model.input = RNN_INPUT_DENSE;
    model.embedding_size = 0;
    model.target_embedding_size = 16;
    p->source[0].x = heard;
    p->source[0].x_len = sizeof heard / sizeof *heard;
    t = open_trainer(&model, STEPS, LETTERS + 1, BATCH, &o, 0.01);
    for (i = 0; i < TAPE; i++)
        tape[i] = rnn_normal(&t->rng);
    while (go_on(t)) {
        for (i = 0; i < BATCH; i++) {
            make_word(text, most, &t->rng);
            put_word(p, i, text, &t->rng);
        }
        must(t, rnn_forward(&t->net, &t->work, &p->target), "forward");
        loss_of(t, &p->target, &p->want);
        must(t, rnn_backward(&t->net, &t->work, &p->target, NULL), "backward");
        update(t);
        loss += 0.1 * (t->loss - loss);
        if (loss < 0.4 && most < LETTERS) {
            printf("           words of up to %d letters\n", ++most);
            loss = 3;
        }
    }
    d = open_decoder(t, p, 1);
    right_share = test(d, &t->rng);
    show_attention(d, &t->rng);
    return result("speech_words", right_share, '>', 0.95);
}
