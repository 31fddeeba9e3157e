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

#include "pairs.h"

/* ---- scenes and pictures ------------------------------------------------ */

enum { SIDE = 16, POINTS = SIDE * SIDE };

/* A shape is a number: its form, whether it is large, whether it is hollow. */
enum { SQUARE, CIRCLE, TRIANGLE, DIAMOND, FORMS, SHAPES = FORMS * 2 * 2 };
static const char *const forms[] = {"square", "circle", "triangle", "diamond"};
static const char *const sizes[] = {"small", "large"};
static const char *const fills[] = {"filled", "hollow"};

/* The pairs, and each shape alone. */
enum { ABOVE, LEFT_OF, ALONE };
static const char *const relations[] = {"above ", "to the left of ", ""};
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
enum { TESTED = 64, LEARNT = SCENES - TESTED, MOST = 13, BATCH = TESTED };
static scene scenes[SCENES];
static int captions[SCENES][MOST];
static words vocabulary; /* word 0 ends a caption */

static void say_shape(char *text, int shape)
{
    sprintf(strchr(text, 0), "a %s %s %s ", sizes[shape / FORMS % 2],
            fills[shape / FORMS / 2], forms[shape % FORMS]);
}

static void shuffle(rnn_rng *rng, int *ids, int n)
{
    int k, id;

    while (n > 1) {
        k = below(rng, n--);
        id = ids[n], ids[n] = ids[k], ids[k] = id;
    }
}

static void make_scenes(rnn_rng *rng)
{
    int order[SCENES], i;

    word(&vocabulary, ".", 1); /* END */
    for (i = 0; i < SCENES; i++)
        order[i] = i;
    shuffle(rng, order, PAIRS);
    for (i = 0; i < SCENES; i++) {
        scene *s = &scenes[i];
        char text[100] = "";

        s->relation = order[i] / (SHAPES * SHAPES);
        s->second = order[i] % SHAPES;
        s->first =
            s->relation == ALONE ? s->second : order[i] / SHAPES % SHAPES;
        say_shape(text, s->first);
        strcat(text, relations[s->relation]);
        if (s->relation != ALONE)
            say_shape(text, s->second);
        read_words(captions[i], MOST, &vocabulary, strcat(text, "."));
    }
    check_apart(captions[TESTED], LEARNT, captions, TESTED, sizeof *captions);
}

/* The pictures of a batch. */
static rnn_real pictures[BATCH * POINTS];

static void put_scene(pairs *p, int row, int i, double noise, rnn_rng *rng)
{
    draw_scene(pictures + row * POINTS, &scenes[i], noise, rng);
    put_target(p, row, captions[i]);
}

/* ---- looking and saying ------------------------------------------------- */

/* A picture, two rows a line, and what is said of it: of scene `row`. */
static void show(const decoder *d, int row)
{
    static const char *const halves[] = {"·", "▀", "▄", "█"};
    const rnn_real *x = pictures + row * POINTS;
    char text[200];
    int i, j;

    for (j = 0; j < SIDE; j += 2) {
        printf("\n  ");
        for (i = 0; i < SIDE; i++)
            fputs(halves[(int)(x[j * SIDE + i] + 2 * x[(j + 1) * SIDE + i])],
                  stdout);
        if (j == 6)
            printf("   %s",
                   spell(text, &vocabulary, said(d, row), d->counts[row]));
        else if (j == 8 && !is_right(d, row, captions[row]))
            printf("   wrong: %s",
                   spell(text, &vocabulary, captions[row], MOST));
    }
    putchar('\n');
}

/* The share of captions that are right, of some pictures of scenes first ...
 * first + TESTED - 1. */
static double test(decoder *d, int first, double noise, rnn_rng *rng)
{
    enum { TIMES = 10 };
    int i, k, good = 0;

    for (k = 0; k < TIMES; k++) {
        for (i = 0; i < TESTED; i++)
            put_scene(d->p, i, first + i, noise, rng);
        decode(d);
        for (i = 0; i < TESTED; i++)
            good += is_right(d, i, captions[first + i]);
    }
    return good / (double)(TIMES * TESTED);
}

int main(int argc, char **argv)
{
    static const char *const feeds[] = {"first", "each", "both", NULL};
    static const int feed_flags[] = {RNN_FEED_STATE, RNN_FEED_EACH,
                                     RNN_FEED_STATE | RNN_FEED_EACH};
    options o = {1, RNN_CELL_GRU, 128, 4000};
    int feed = 0, i;
    double noise = 0.01, learnt, tested;
    const option own[] = {
        {"--feed", NAME, &feed, 0, 0, feeds, "when the picture enters"},
        {"--noise", REAL, &noise, 0, 1, NULL,
         "share of points that are turned over"},
        OPTIONS_END};
    pairs *p = open_pairs(BATCH, 1, MOST);
    rnn_model model = {0};
    rnn_rng rng;
    trainer *t;
    decoder *d;

    read_options(argc, argv, "caption learns to say what is on a picture.\n",
                 &o, own);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    make_scenes(&rng);
    p->source[0].x = pictures;
    p->source[0].x_len = sizeof pictures / sizeof *pictures;
    model.wiring = RNN_WIRING_1_TO_N;
    model.cell = (rnn_cell)o.cell;
    model.input = RNN_INPUT_DENSE;
    model.input_size = POINTS;
    model.context_size = model.hidden_size = o.hidden;
    model.feed = (unsigned)feed_flags[feed];
    model.target = RNN_INPUT_EMBEDDING;
    model.target_size = model.output_size = vocabulary.count;
    model.target_embedding_size = 16;
    t = open_trainer(&model, 1, MOST, BATCH, &o, 0.005);
    check(rnn_optimizer_init(&t->adam, RNN_OPT_ADAMW, t->adam.lr, &why), &why,
          "AdamW");
    t->adam.weight_decay = (rnn_real)0.2;
    while (go_on(t)) {
        for (i = 0; i < BATCH; i++)
            put_scene(p, i, TESTED + below(&rng, LEARNT), noise, &rng);
        must(t, rnn_forward(&t->net, &t->work, &p->target), "forward");
        loss_of(t, &p->target, &p->want);
        must(t, rnn_backward(&t->net, &t->work, &p->target, NULL), "backward");
        update(t);
    }
    d = open_decoder(t, p, 1);
    learnt = test(d, TESTED, noise, &rng);
    tested = test(d, 0, noise, &rng);
    puts("\nPictures of pairs that it has not learnt:");
    for (i = 0; i < 6; i++)
        show(d, i);
    printf("\nright to the last word: of new pictures of pairs learnt %.3f, "
           "held out %.3f\n",
           learnt, tested);
    return result("caption_exact", tested, '>', 0.95);
}
