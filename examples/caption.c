/* caption: a network that looks at a picture and says what is on it.
 *
 *           a      large  circle above         .         y_t
 *           ^      ^      ^      ^             ^
 *     s0 -> s1 --> s2 --> s3 --> s4 -> ...  -> sN        s_t reads y_(t-1)
 *     ^            ^      ^      ^             ^
 *     x            a      large  circle        ...
 *
 *     s0 = tanh(Q x + q)
 *
 * This is the article's 1 vs N, on the first of its uses: a caption for an
 * image (Vinyals et al. 2015). The picture x enters before the first word, so
 * all that will be said of it must be in s0. With --feed each it enters at
 * every word instead, as in the article's other drawing; --feed both has both.
 * The decoder reads the word that it has said last, and ends with a full stop.
 *
 * A picture has 16 x 16 points, black or white: a shape in the middle, or two
 * shapes, one above or to the left of the other. A shape is small or large,
 * filled or hollow, of one of four forms; places vary, and a few points are
 * turned over by chance. Of the 512 pairs 64 are held out: of these the network
 * sees no picture and reads no caption, and on these it is tested. What it says
 * it must put together from what it has learnt of others. So that it does not
 * learn the others by heart, weights decay and all pictures are new.
 *
 * The program prints lines of progress (iteration, cross-entropy of a word,
 * time left), some pictures of pairs held out with what it says of them, and
 * the share of captions that are right to the last word. It takes about 20
 * seconds on one core; caption --help lists the options. */

#include "example.h"

/* ---- scenes and pictures ------------------------------------------------ */

enum { SIDE = 16, POINTS = SIDE * SIDE };

/* A shape is a number: its form, whether it is large, whether it is hollow. */
enum { SQUARE, CIRCLE, TRIANGLE, DIAMOND, FORMS, SHAPES = FORMS * 2 * 2 };
static const char *const forms[] = {"square", "circle", "triangle", "diamond"};
static const char *const sizes[] = {"small", "large"};
static const char *const fills[] = {"filled", "hollow"};

/* The pairs, and each shape alone. */
enum { ABOVE, LEFT_OF, ALONE };
static const char *const relations[] = {" above", " to the left of", ""};
enum { PAIRS = 2 * SHAPES * SHAPES, SCENES = PAIRS + SHAPES };

typedef struct scene {
    int relation, first, second; /* second: not of ALONE */
} scene;

static int side(int shape)
{
    return shape / FORMS % 2 ? 7 : 5;
}

/* Whether point x, y from its middle is in a shape, were it filled. */
static int covers(int shape, int x, int y)
{
    const int form = shape % FORMS, r = side(shape) / 2;
    const int u = abs(x), v = abs(y);

    return v <= r && u <= (form == DIAMOND    ? r - v
                           : form == TRIANGLE ? (y + r + 1) / 2
                           : form == CIRCLE   ? r - (v == r) - (v == r && r > 2)
                                              : r);
}

/* A shape whose upper left corner is at column x, row y. */
static void draw_shape(rnn_real *points, int shape, int x, int y)
{
    const int r = side(shape) / 2, hollow = shape / FORMS / 2;
    int i, j, edge;

    for (j = -r; j <= r; j++)
        for (i = -r; i <= r; i++) {
            edge = !covers(shape, i - 1, j) || !covers(shape, i + 1, j) ||
                   !covers(shape, i, j - 1) || !covers(shape, i, j + 1);
            if (covers(shape, i, j) && (edge || !hollow))
                points[(y + r + j) * SIDE + x + r + i] = 1;
        }
}

/* One of least ... most. */
static int between(rnn_rng *rng, int least, int most)
{
    return least + below(rng, most - least + 1);
}

/* Where a shape of that side begins, in the middle or a point off. */
static int middle(int size, rnn_rng *rng)
{
    const int half = (SIDE - size) / 2;

    return between(rng, half - 1, half + 1);
}

/* Of a pair each shape has its half, and there is a gap. */
static void draw_scene(rnn_real *points, const scene *s, double noise,
                       rnn_rng *rng)
{
    const int n = side(s->first), m = side(s->second);
    const int first = between(rng, 0, SIDE / 2 - n);
    const int then = between(rng, SIDE / 2 + 1, SIDE - m);
    const int across = middle(n, rng), across2 = middle(m, rng);
    int i;

    memset(points, 0, POINTS * sizeof *points);
    if (s->relation == ALONE) {
        draw_shape(points, s->first, across, middle(n, rng));
    } else if (s->relation == ABOVE) {
        draw_shape(points, s->first, across, first);
        draw_shape(points, s->second, across2, then);
    } else {
        draw_shape(points, s->first, first, across);
        draw_shape(points, s->second, then, across2);
    }
    for (i = 0; i < POINTS; i++)
        if ((double)rnn_uniform(rng) < noise)
            points[i] = 1 - points[i];
}

/* ---- captions, and which scenes are learnt ------------------------------ */

/* of all scenes the first, which are pairs, are tested, the others learnt */
enum { TESTED = 64, LEARNT = SCENES - TESTED, MOST = 13, END = 0 };

typedef struct gallery {
    words vocabulary;
    scene scenes[SCENES];
    int captions[SCENES][MOST]; /* words and END; -1 after them */
} gallery;

static void add_words(gallery *g, int *ids, int *n, const char *text)
{
    size_t len;

    for (; *text; text += len) {
        text += *text == ' ';
        len = strcspn(text, " ");
        ids[(*n)++] = word(&g->vocabulary, text, len);
    }
}

static void add_shape(gallery *g, int *ids, int *n, int shape)
{
    add_words(g, ids, n, "a");
    add_words(g, ids, n, sizes[shape / FORMS % 2]);
    add_words(g, ids, n, fills[shape / FORMS / 2]);
    add_words(g, ids, n, forms[shape % FORMS]);
}

static void write_caption(gallery *g, int i)
{
    const scene *s = &g->scenes[i];
    int *ids = g->captions[i], n = 0;

    memset(ids, -1, sizeof g->captions[i]);
    add_shape(g, ids, &n, s->first);
    add_words(g, ids, &n, relations[s->relation]);
    if (s->relation != ALONE)
        add_shape(g, ids, &n, s->second);
    ids[n] = END;
}

static gallery *make_gallery(rnn_rng *rng)
{
    gallery *g = (gallery *)zeros(1, sizeof *g);
    int order[SCENES], i;

    word(&g->vocabulary, ".", 1); /* END */
    for (i = 0; i < SCENES; i++)
        order[i] = i;
    shuffle(rng, order, PAIRS);
    for (i = 0; i < SCENES; i++) {
        scene *s = &g->scenes[i];

        s->relation = order[i] / (SHAPES * SHAPES);
        s->second = order[i] % SHAPES;
        s->first = s->relation == ALONE ? s->second
                                        : order[i] / SHAPES % SHAPES;
        write_caption(g, i);
    }
    check_apart(g->captions[TESTED], LEARNT, g->captions[0], TESTED,
                sizeof g->captions[0]);
    return g;
}

/* Pictures and captions as the network reads them. */
enum { BATCH = TESTED };
typedef struct batch {
    rnn_real x[BATCH * POINTS];
    int before[MOST * BATCH], after[MOST * BATCH], lengths[BATCH];
    rnn_seq source, target;
    goal want;
} batch;

/* A picture of each scene which[0 ... BATCH-1]. */
static void make_batch(batch *b, const gallery *g, const int *which,
                       double noise, rnn_rng *rng)
{
    int row, i;

    memset(b, 0, sizeof *b);
    for (row = 0; row < BATCH; row++) {
        const int *ids = g->captions[which[row]];

        draw_scene(b->x + row * POINTS, &g->scenes[which[row]], noise, rng);
        for (i = 0; i < MOST && ids[i] >= 0; i++) {
            b->before[i * BATCH + row] = i ? ids[i - 1] : END;
            b->after[i * BATCH + row] = ids[i];
        }
        b->lengths[row] = i;
    }
    b->source.steps = 1;
    b->source.batch = b->target.batch = BATCH;
    b->source.x = b->x;
    b->target.source = &b->source;
    b->target.steps = MOST;
    b->target.ids = b->before;
    b->target.lengths = b->lengths;
    b->want.ids = b->after;
}

/* ---- looking and saying ------------------------------------------------- */

static int is_right(const decoder *d, int row, const int *ids)
{
    const int n = d->counts[row];

    return ids[n] == END && memcmp(d->ids + row * d->how.max_steps, ids,
                                   (size_t)n * sizeof *ids) == 0;
}

static void put_words(const gallery *g, const int *ids, int n)
{
    int i;

    for (i = 0; i < n && ids[i] != END; i++)
        printf(" %s", g->vocabulary.text[ids[i]]);
}

/* A picture, two rows a line, and what is said of it. */
static void show(const gallery *g, const batch *b, const decoder *d, int row)
{
    static const char *const halves[] = {"·", "▀", "▄", "█"};
    const rnn_real *x = b->x + row * POINTS;
    const int good = is_right(d, row, g->captions[row]);
    int i, j;

    for (j = 0; j < SIDE; j += 2) {
        printf("\n  ");
        for (i = 0; i < SIDE; i++)
            fputs(halves[(int)(x[j * SIDE + i] + 2 * x[(j + 1) * SIDE + i])],
                  stdout);
        if (j == 6) {
            printf("  ");
            put_words(g, d->ids + row * d->how.max_steps, d->counts[row]);
        } else if (j == 8 && !good) {
            printf("   wrong:");
            put_words(g, g->captions[row], MOST);
        }
    }
    putchar('\n');
}

/* The share of captions that are right, of some pictures of scenes first ...
 * first + TESTED - 1. */
static double test(const trainer *t, decoder *d, batch *b, const gallery *g,
                   int first, double noise, rnn_rng *rng)
{
    enum { TIMES = 10 };
    int which[BATCH], i, k, good = 0;

    for (i = 0; i < BATCH; i++)
        which[i] = first + i;
    for (k = 0; k < TIMES; k++) {
        make_batch(b, g, which, noise, rng);
        decode(d, t, &b->source, 0);
        for (i = 0; i < BATCH; i++)
            good += is_right(d, i, g->captions[which[i]]);
    }
    return good / (double)(TIMES * BATCH);
}

/* ---- the program -------------------------------------------------------- */

int main(int argc, char **argv)
{
    static const char *const feeds[] = {"first", "each", "both", NULL};
    static const int feed_flags[] = {RNN_AS_STATE, RNN_AT_EACH,
                                     RNN_AS_STATE | RNN_AT_EACH};
    options o = {1, RNN_GRU, 128, 4000};
    int feed = 0, which[BATCH], i;
    double noise = 0.01, learnt, tested;
    const option own[] = {
        {"--feed", NAME, &feed, 0, 0, feeds, "when the picture enters"},
        {"--noise", REAL, &noise, 0, 1, NULL,
         "share of points that are turned over"},
        OPTIONS_END};
    rnn_decoding how = {0};
    rnn_model model = {0};
    batch *b = (batch *)zeros(1, sizeof *b);
    gallery *g;
    rnn_rng rng;
    trainer t;
    decoder d;

    read_options(argc, argv,
                 "caption learns to say what is on a picture.\n", &o, own);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    g = make_gallery(&rng);
    model.wiring = RNN_1_TO_N;
    model.cell = o.cell;
    model.input = RNN_DENSE;
    model.input_size = POINTS;
    model.context_size = model.hidden_size = o.hidden;
    model.feed = feed_flags[feed];
    model.target = RNN_EMBEDDING;
    model.target_size = model.output_size = g->vocabulary.count;
    model.target_embedding_size = 16;
    t = open_trainer(&model, 1, MOST, BATCH, &o, 0.005);
    check(rnn_optimizer_init(&t.adam, RNN_ADAMW, t.adam.lr), "AdamW");
    t.adam.weight_decay = (rnn_real)0.2;
    while (go_on(&t)) {
        for (i = 0; i < BATCH; i++)
            which[i] = TESTED + below(&rng, LEARNT);
        make_batch(b, g, which, noise, &rng);
        learn(&t, &b->target, &b->want);
    }
    how.begin = how.end = END;
    how.max_steps = MOST - 1;
    how.width = 1;
    d = open_decoder(&t, 1, BATCH, &how);
    learnt = test(&t, &d, b, g, TESTED, noise, &rng);
    tested = test(&t, &d, b, g, 0, noise, &rng);
    puts("\nPictures of pairs that it has not learnt:");
    for (i = 0; i < 6; i++)
        show(g, b, &d, i);
    printf("\nright to the last word: of new pictures of pairs learnt %.3f, "
           "held out %.3f\n", learnt, tested);
    return result("caption_exact", tested, '>', 0.95);
}
