/* speech: a network that hears Morse code and writes letters.
 *
 *                       s      e      a      END     y_i
 *                       ^      ^      ^      ^
 *        s0 ----------> s1 --> s2 --> s3 --> s4      decoder: s_i reads
 *                       ^      ^      ^      ^       y_(i-1) and c_i
 *                       c1     c2     c3     c4      c_i = sum_j a_ij h_j
 *                       | \  / | \  / |  \  /
 *        h1 <-> h2 <-> h3 <-> h4 <-> ... <-> hN      encoder, both directions
 *        ^      ^      ^      ^              ^
 *        x1     x2     x3     x4     ...     xN      10 ms of sound each
 *
 *        .  .  .    .    .  -                        the sound, under noise
 *
 * This is the article's N vs M with attention as speech recognition: what comes
 * in is a signal, some hundreds of frames, and what goes out is letters, two to
 * five. The program makes the sound itself: a sine wave that is keyed on and
 * off, whose pitch, speed, loudness of noise and unsteadiness of hand are drawn
 * anew for every sound. Goertzel's filter measures how much of five pitches is
 * in each 10 ms, and those five numbers are x_j. Nothing tells the network
 * where a letter begins: it learns where to listen, letter after letter.
 *
 * It learns from letters drawn by chance, and is tested on words of English,
 * none of which it has ever heard. Short words come first, since who knows
 * where the first letter is finds the second more easily.
 *
 * The program prints lines of progress (iteration, cross-entropy of a letter,
 * time left), what it hears in some of the sounds and how often it is right,
 * and the weights a_ij of one of them: a row for every letter, time to the
 * right. That sound is in speech.wav beside the program, to be heard. It takes
 * about SECONDS seconds on one core; speech --help lists the options. */

#include "example.h"
#include <math.h>

/* ---- sound -------------------------------------------------------------- */

enum { RATE = 8000, FRAME = RATE / 100, PITCHES = 5, LETTERS = 5,
       FRAMES = 500, SAMPLES = FRAMES * FRAME, TAPE = 100000 };

static const char *const morse[26] = {
    ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..",
    ".---", "-.-", ".-..", "--", "-.", "---", ".--.", "--.-", ".-.",
    "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--.."};

typedef struct sound {
    int count;         /* samples */
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

/* A word is keyed, the key sounds a wave, and a tape of noise plays, from
 * anywhere on. */
static void make_sound(sound *s, const char *text, const rnn_real *tape,
                       rnn_rng *rng)
{
    const double dot = RATE * between(rng, 0.03, 0.05);
    const double turn = 6.2831853 * between(rng, 500, 900) / RATE;
    const double noise = between(rng, 0.2, 0.8);
    const char *c;
    int i, from;

    s->count = 0;
    key(s, 0, between(rng, 1, 4) * dot, rng);
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

/* How loud each pitch is in a frame, 1 for a pure wave of it (Goertzel 1958):
 * a filter that rings at the pitch is struck by every sample. */
static void listen(const rnn_real *x, rnn_real *loud)
{
    int i, k;

    for (k = 0; k < PITCHES; k++) {
        const double turn = 6.2831853 * (500 + 100 * k) / RATE;
        const double ring = 2 * cos(turn);
        double a = 0, b = 0, next;

        for (i = 0; i < FRAME; i++) {
            next = (double)x[i] + ring * a - b;
            b = a;
            a = next;
        }
        loud[k] = (rnn_real)(sqrt(a * a + b * b - ring * a * b) * 2 / FRAME);
    }
}

/* ---- words -------------------------------------------------------------- */

/* none of these is learnt */
static const char tests[][LETTERS + 1] = {
    "sea", "sun", "moon", "star", "wind", "rain", "snow", "storm", "cloud",
    "sky", "tree", "leaf", "root", "grass", "river", "lake", "hill", "rock",
    "sand", "ship", "boat", "sail", "port", "night", "day", "light", "dark",
    "fire", "smoke", "water", "ice", "earth", "air", "bird", "fish", "fox",
    "wolf", "bear", "horse", "sheep", "goat", "cow", "bee", "ant", "owl",
    "hand", "foot", "eye", "ear", "face", "heart", "voice", "word", "song",
    "book", "page", "line", "note", "bell", "drum", "horn", "piano", "radio",
    "code", "key", "dot", "dash", "tone", "wave", "quiet", "noise", "sound",
    "hear", "speak", "write", "read", "go", "come", "we", "us", "he", "it",
    "is", "be", "to", "at", "in", "on", "up", "no", "yes", "one", "two",
    "three", "four", "five", "six", "seven", "eight", "zero"};
enum { WORDS_TESTED = sizeof tests / sizeof *tests, TIMES = 5,
       TESTED = WORDS_TESTED * TIMES, BATCH = 25, END = 26, OUT = 27 };

typedef struct batch {
    char text[BATCH][LETTERS + 1];
    sound sounds[BATCH];
    rnn_real x[FRAMES * BATCH * PITCHES];
    int frames[BATCH], letters[BATCH];
    int before[(LETTERS + 1) * BATCH], after[(LETTERS + 1) * BATCH];
    rnn_seq source, target;
    goal want;
} batch;

static batch *open_batch(void)
{
    batch *b = (batch *)zeros(1, sizeof *b);

    b->source.x = b->x;
    b->source.lengths = b->frames;
    b->target.source = &b->source;
    b->target.ids = b->before;
    b->target.lengths = b->letters;
    b->want.ids = b->after;
    b->source.batch = b->target.batch = BATCH;
    return b;
}

/* The words of b->text are sounded and heard. */
static void sound_out(batch *b, const rnn_real *tape, rnn_rng *rng)
{
    int row, i, n, id;

    b->source.steps = b->target.steps = 0;
    for (row = 0; row < BATCH; row++) {
        make_sound(&b->sounds[row], b->text[row], tape, rng);
        n = b->frames[row] = b->sounds[row].count / FRAME;
        b->source.steps = n > b->source.steps ? n : b->source.steps;
        for (i = 0; i < n; i++)
            listen(b->sounds[row].x + i * FRAME,
                   b->x + (i * BATCH + row) * PITCHES);
        n = b->letters[row] = (int)strlen(b->text[row]) + 1;
        b->target.steps = n > b->target.steps ? n : b->target.steps;
        for (id = END, i = 0; i < n; i++) {
            b->before[i * BATCH + row] = id;
            id = i + 1 < n ? b->text[row][i] - 'a' : END;
            b->after[i * BATCH + row] = id;
        }
    }
}

/* Letters by chance, at most so many. */
static void make_words(batch *b, int most, rnn_rng *rng)
{
    int row, i, n;

    for (row = 0; row < BATCH; row++)
        do {
            memset(b->text[row], 0, sizeof b->text[row]);
            n = 2 + below(rng, most - 1);
            for (i = 0; i < n; i++)
                b->text[row][i] = (char)('a' + below(rng, 26));
        } while (is_among(b->text[row], tests, WORDS_TESTED, LETTERS + 1));
    check_apart(b->text, BATCH, tests, WORDS_TESTED, LETTERS + 1);
}

/* ---- hearing ------------------------------------------------------------ */

static int is_right(const decoder *d, const batch *b, int row)
{
    const int *said = d->ids + row * d->how.max_steps, n = d->counts[row];
    int i, good = n + 1 == b->letters[row];

    for (i = 0; good && i < n; i++)
        good = said[i] == b->after[i * BATCH + row];
    return good;
}

static double test(const trainer *t, decoder *d, batch *b,
                   const rnn_real *tape, rnn_rng *rng)
{
    int i, j, row, good = 0;

    for (i = 0; i < TESTED; i += BATCH) {
        for (row = 0; row < BATCH; row++)
            memcpy(b->text[row], tests[(i + row) % WORDS_TESTED], LETTERS + 1);
        sound_out(b, tape, rng);
        decode(d, t, &b->source, 0);
        for (row = 0; row < BATCH; row++) {
            int ok = is_right(d, b, row);

            good += ok;
            if (i == 0 && row < 12) {
                printf("  %-6s ", b->text[row]);
                for (j = 0; j < d->counts[row]; j++)
                    putchar('a' + d->ids[row * d->how.max_steps + j]);
                puts(ok ? "" : "   (wrong)");
            }
        }
    }
    return good / (double)TESTED;
}

/* ---- the program -------------------------------------------------------- */

int main(int argc, char **argv)
{
    options o = {1, RNN_GRU, 48, 600};
    const option none[] = {OPTIONS_END};
    rnn_decoding how = {0};
    rnn_model model = {0};
    rnn_real *tape;
    batch *b;
    trainer t;
    decoder d;
    int i;
    double lr = getenv("LR") ? atof(getenv("LR")) : 0.005;
    double grow = getenv("GROW") ? atof(getenv("GROW")) : 0.4;

    read_options(argc, argv, "speech learns to read Morse code by ear.\n", &o,
                 none);
    model.wiring = RNN_N_TO_M;
    model.cell = o.cell;
    model.input_size = PITCHES;
    model.target = RNN_EMBEDDING;
    model.target_embedding_size = 16;
    model.target_size = model.output_size = OUT;
    model.hidden_size = model.attention_size = o.hidden;
    model.bidirectional = 1;
    model.attention = RNN_ADDITIVE;
    model.head_context = 1;
    t = open_trainer(&model, FRAMES, LETTERS + 1, BATCH, &o, lr);
    b = open_batch();
    tape = reals(TAPE);
    for (i = 0; i < TAPE; i++)
        tape[i] = rnn_normal(&t.rng);
    while (go_on(&t)) {
        i = 2 + (int)(t.done / (grow * o.iterations + 1) * 4);
        make_words(b, i < LETTERS ? i : LETTERS, &t.rng);
        sound_out(b, tape, &t.rng);
        learn(&t, &b->target, &b->want);
    }
    how.begin = how.end = END;
    how.max_steps = LETTERS + 1;
    d = open_decoder(&t, FRAMES, BATCH, &how);
    return result("speech_words", test(&t, &d, b, tape, &t.rng), '>', 0.95);
}
