/* frames: a network that watches a moving picture.
 *
 *            right  right  down        what it does in each frame: N vs N
 *            ^      ^      ^
 *     h1 --> h2 --> h3 --> h4 ... hT --> clockwise       in all: N vs 1
 *     ^      ^      ^      ^      ^
 *     ....   ....   ....   ....
 *     #...   .#..   ..#.   ....          x_t: a number for every pixel
 *     ....   ....   ....   ..#.
 *
 * This is the article's example of N vs N, a label for every frame of a video,
 * and its example of N vs 1, a label for the video. The program draws its own:
 * a spot moves over a field of 8 x 8 pixels, leaves it at one edge and enters
 * at the other, and there is noise on every pixel. The spot may be anywhere
 * whatever it does, so a frame alone says nothing: what is seen is the
 * difference to the frame before, which the network must keep in mind.
 *
 * In each frame the spot goes left, right, up, down, or stays where it is. In a
 * whole clip it walks straight on, to and fro, in stairs, or in a circle one
 * way or the other, and rests at times. Two networks learn from the same kind
 * of clips, one with a label for each frame and one with a label for each clip.
 * No path that is tested, where it begins and all that it does, is learnt.
 *
 * The program prints lines of progress (iteration, cross-entropy, time left) of
 * both, one clip with what they say about it, and the shares that are right. It
 * takes 20 to 30 seconds on one core; frames --help lists the options. */

#include "training.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, STEPS = 16, BATCH = 50, TESTS = 500 };

enum { RIGHT, DOWN, LEFT, UP, STILL, ACTIONS }; /* the first four go round */
static const char *const actions[] = {"right", "down", "left", "up", "still"};

enum { STRAIGHT, TO_AND_FRO, STAIRS, CLOCKWISE, ANTICLOCKWISE, KINDS };
static const char *const kinds[] = {"straight on", "to and fro", "stairs",
                                    "clockwise", "anticlockwise"};

/* ---- clips -------------------------------------------------------------- */

/* Where the spot begins and what it does before each frame; STILL before the
 * first, of which nobody can say. */
typedef struct path {
    int x, y, action[STEPS], kind;
} path;

/* A spot turns after every 2 or 3 pixels and rests in at most 4 frames, so each
 * clip has turns enough to tell its kind. */
static void make_path(path *p, rnn_rng *rng)
{
    static const int turns[KINDS] = {0, 2, 1, 1, 3}; /* quarters, clockwise */
    const int side = 2 + below(rng, 2);
    int way = below(rng, 4), gone = below(rng, side), rests = 0, turn, t;

    p->kind = below(rng, KINDS);
    p->x = below(rng, SIDE);
    p->y = below(rng, SIDE);
    turn = turns[p->kind];
    if (p->kind == STAIRS && below(rng, 2))
        turn = 4 - turn;
    for (t = 0; t < STEPS; t++)
        if (t == 0 || (rests < 4 && below(rng, 6) == 0)) {
            p->action[t] = STILL;
            rests += t > 0;
        } else {
            if (gone == side) {
                gone = 0;
                way = (way + turn) % 4;
                if (p->kind == STAIRS)
                    turn = 4 - turn; /* the other way next time */
            }
            p->action[t] = way;
            gone++;
        }
}

/* Clips as the networks see them: time-major. */
typedef struct batch {
    path paths[BATCH];
    rnn_real x[STEPS * BATCH * PIXELS], seen[STEPS * BATCH];
    int action[STEPS * BATCH], kind[BATCH];
    rnn_seq seq;
    goal want[2]; /* FRAME, CLIP */
} batch;

enum { FRAME, CLIP };

static batch *open_batch(void)
{
    batch *b = (batch *)zeros(1, sizeof *b);

    b->seq.steps = STEPS;
    b->seq.batch = BATCH;
    b->seq.x = b->x;
    b->seq.x_len = STEPS * BATCH * PIXELS;
    b->want[FRAME].ids = b->action;
    b->want[FRAME].weights = b->seen; /* 0 for the first frame, else 1 */
    b->want[CLIP].ids = b->kind;
    b->want[FRAME].len = STEPS * BATCH;
    b->want[CLIP].len = BATCH;
    return b;
}

/* A frame with the spot's middle at x, y. */
static void draw_frame(rnn_real *frame, int x, int y, double noise,
                       rnn_rng *rng)
{
    static const double light[] = {1, 0.6}; /* by the distance */
    int i, dx, dy, far;

    for (i = 0; i < PIXELS; i++) {
        dx = (i % SIDE - x + SIDE) % SIDE;
        dy = (i / SIDE - y + SIDE) % SIDE;
        far = (dx < SIDE - dx ? dx : SIDE - dx) +
              (dy < SIDE - dy ? dy : SIDE - dy);
        frame[i] = (rnn_real)((far < 2 ? light[far] : 0) +
                              noise * (double)rnn_normal(rng));
    }
}

/* Draws the clips of all paths. */
static void draw(batch *b, double noise, rnn_rng *rng)
{
    static const int to_x[] = {1, 0, SIDE - 1, 0, 0};
    static const int to_y[] = {0, 1, 0, SIDE - 1, 0};
    int row, t, x, y;

    for (row = 0; row < BATCH; row++) {
        const path *p = &b->paths[row];

        x = p->x;
        y = p->y;
        b->kind[row] = p->kind;
        for (t = 0; t < STEPS; t++) {
            const int i = t * BATCH + row;

            x = (x + to_x[p->action[t]]) % SIDE;
            y = (y + to_y[p->action[t]]) % SIDE;
            b->action[i] = p->action[t];
            b->seen[i] = t > 0;
            draw_frame(b->x + i * PIXELS, x, y, noise, rng);
        }
    }
}

/* ---- learning and testing ----------------------------------------------- */

static trainer *train(int what, batch *b, const path *tests, double noise,
                      const options *o)
{
    rnn_model model = {0};
    trainer *t;
    int row;

    model.wiring = RNN_WIRING_N_TO_N;
    model.output_size = ACTIONS;
    if (what == CLIP) {
        model.wiring = RNN_WIRING_N_TO_1;
        model.output_size = KINDS;
    }
    model.cell = (rnn_cell)o->cell;
    model.input = RNN_INPUT_DENSE;
    model.input_size = PIXELS;
    model.hidden_size = o->hidden;
    printf("a label for every %s: ", what == CLIP ? "clip" : "frame");
    t = open_trainer(&model, 0, STEPS, BATCH, o, 0.01);
    while (go_on(t)) {
        for (row = 0; row < BATCH; row++)
            do
                make_path(&b->paths[row], &t->rng);
            while (is_among(&b->paths[row], tests, TESTS, sizeof *tests));
        check_apart(b->paths, BATCH, tests, TESTS, sizeof *tests);
        draw(b, noise, &t->rng);
        must(t, rnn_forward(&t->net, &t->work, &b->seq), "forward");
        loss_of(t, &b->seq, &b->want[what]);
        must(t, rnn_backward(&t->net, &t->work, &b->seq, NULL), "backward");
        update(t);
    }
    return t;
}

/* The share that is right of all frames, or of all clips. */
static double test(trainer *t, int what, batch *b, const path *tests,
                   double noise)
{
    int i, good = 0, of = 0;

    for (i = 0; i < TESTS; i += BATCH) {
        memcpy(b->paths, tests + i, sizeof b->paths);
        draw(b, noise, &t->rng);
        predict(t, &b->seq);
        good += right(t, &b->seq, &b->want[what], &of);
    }
    return good / (double)of;
}

/* ---- showing a clip ----------------------------------------------------- */

static void put_pixel(rnn_real light)
{
    static const char *const shades[] = {"·", "░", "▒", "▓", "█"};
    const int shade = light < 0 ? 0 : light > 1 ? 4 : (int)(light * 4);

    fputs(shades[shade], stdout);
}

/* What a network says of row 0 at step t, or of its clip. */
static int says(const trainer *t, int step)
{
    const int O = t->net.model.output_size;
    int id;

    check(rnn_greedy(t->work.logits + step * BATCH * O, O, &id, &why), &why,
          "the likeliest");
    return id;
}

/* Frames of row 0 side by side, and below them what is said of each. */
static void show(trainer *each, trainer *whole, const batch *b)
{
    enum { ACROSS = 8 };
    int from, t, y, x, id;

    predict(each, &b->seq);
    for (from = 0; from < STEPS; from += ACROSS) {
        for (y = 0; y < SIDE; y++) {
            fputs("\n  ", stdout);
            for (t = from; t < from + ACROSS; t++, putchar(' '))
                for (x = 0; x < SIDE; x++)
                    put_pixel(b->x[(t * BATCH * SIDE + y) * SIDE + x]);
        }
        fputs("\n  ", stdout);
        for (t = from; t < from + ACROSS; t++) {
            id = says(each, t);
            printf("%c%-*s", t && id != b->action[t * BATCH] ? '!' : ' ', SIDE,
                   t ? actions[id] : "");
        }
    }
    predict(whole, &b->seq);
    id = says(whole, 0);
    printf("\n  the clip: %s%s\n", kinds[id],
           id == b->kind[0] ? "" : ", which is wrong");
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_GRU, 64, 2000};
    double noise = 0.15, good[2];
    const option own[] = {{"--noise", REAL, &noise, 0, 10, NULL,
                           "its deviation; the spot's light is 1"},
                          OPTIONS_END};
    path *tests = (path *)zeros(TESTS, sizeof *tests);
    batch *b = open_batch();
    trainer *t[2];
    rnn_rng rng;
    int i;

    read_options(argc, argv,
                 "frames says what a spot does in every frame of a moving "
                 "picture, and what\nit does on the whole.\n",
                 &o, own);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    for (i = 0; i < TESTS; i++)
        make_path(&tests[i], &rng);
    for (i = FRAME; i <= CLIP; i++) {
        t[i] = train(i, b, tests, noise, &o);
        good[i] = test(t[i], i, b, tests, noise);
    }
    puts("\nA clip that they have not seen; ! marks what is wrong:");
    show(t[FRAME], t[CLIP], b);
    printf("\nright of %d frames: %.3f, of %d clips: %.3f; by guessing: %.3f\n",
           TESTS * (STEPS - 1), good[FRAME], TESTS, good[CLIP], 1.0 / KINDS);
    result("frames_each", good[FRAME], '>', 0.95);
    return result("frames_clip", good[CLIP], '>', 0.95);
}
