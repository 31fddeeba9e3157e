/* classifier: a network on a microcontroller that says what a movement was.
 *
 * ../sensor.c has learnt it on a desk and saved it; ../export.c has made the
 * checkpoint gesture.h: weights, normalisation and the names of the classes,
 * all constant, so that they stay in flash. recorded.h, which sensor.c has
 * written, stands here for the sensor: recordings that the network has not
 * learnt, as an accelerometer's registers hold them, and what the desk makes of
 * each. A step of the network takes in a sample; nothing else is kept of it.
 *
 * The program makes the header's self-check first, then hears all recordings.
 * It ends with status 0 only if everything is as on the desk: each class, right
 * or wrong, and every bit of all logits on the way. */

#define RNN_IMPLEMENTATION
#define RNN_STATIC /* all of it is here */
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../../rnn.h"

#include "board.h"
#include "gesture.h"
#include "recorded.h"

#if !(RNN_FMA ? RECORDED_FMA : RECORDED_PLAIN)
#error "recorded.h has other bits than this target's: see ../sensor.c"
#endif

enum { AXES = 3, CLASSES = RNN_LOGITS(1, 1, GESTURE_NET),
       STATE = RNN_STATE(1, GESTURE_NET),
       RECORDINGS = sizeof recorded_list / sizeof *recorded_list };

RNN_DEFINE_STEP(step, GESTURE_NET)

static rnn_real h[STATE], c[STATE]; /* c is an LSTM's alone */
static rnn_real logits[CLASSES], scratch[RNN_SCRATCH_STEP(1, GESTURE_NET)];

/* FNV-1a of the bits of all logits since begin */
static uint32_t hash;

static void begin(void)
{
    int i;

    for (i = 0; i < STATE; i++)
        h[i] = c[i] = 0;
    hash = 2166136261u;
}

/* One sample, in the sensor's numbers. */
static void hear(const rnn_real *sample)
{
    union {
        rnn_real real;
        uint32_t bits;
    } u;
    rnn_real x[AXES];
    int i, b;

    for (i = 0; i < AXES; i++)
        x[i] = (sample[i] - gesture_mean[i]) / gesture_scale[i];
    step(gesture_params, x, NULL, h, c, logits, scratch);
    for (i = 0; i < CLASSES; i++) {
        u.real = logits[i];
        for (b = 0; b < 32; b += 8)
            hash = (hash ^ (u.bits >> b & 255u)) * 16777619u;
    }
}

/* The name of a class, in a column: a line of the vocabulary. */
static void put_name(int class_id)
{
    const int end = (int)sizeof gesture_vocabulary;
    int i, width;

    for (i = 0; i < end && class_id > 0; i++)
        class_id -= gesture_vocabulary[i] == '\n';
    for (width = 0; i < end && gesture_vocabulary[i] != '\n'; i++, width++)
        board_put((char)gesture_vocabulary[i]);
    for (; width < 16; width++)
        board_put(' ');
}

/* Hears recording k, whose first sample is number `first`, and says what it
 * was; returns whether that is as on the desk. */
static int classify(int k, size_t first, int *right)
{
    const recorded *r = &recorded_list[k];
    rnn_real sample[AXES];
    int t, a, id = -1, same;

    begin();
    for (t = 0; t < r->steps; t++) {
        for (a = 0; a < AXES; a++)
            sample[a] = recorded_samples[first + (size_t)t][a];
        hear(sample);
    }
    if (rnn_greedy(logits, CLASSES, &id, NULL))
        board_write("logits that are no numbers ");
    same = id == r->said[RNN_FMA] && hash == r->hash[RNN_FMA];
    *right += id == r->is;
    put_name(id);
    put_name(r->is);
    board_number(r->steps);
    board_write(id == r->is ? " samples" : " samples, which is wrong");
    board_write(same ? "\n" : ", and not as on the desk\n");
    return same;
}

int main(void)
{
    const int wrong = gesture_check(step, h, c, logits, scratch);
    int k, right = 0, same = 0;
    size_t first = 0;

    board_write("self-check: ");
    if (wrong) {
        board_write("other bits than on the desk, at step ");
        board_number(wrong);
        board_put('\n');
        return 1;
    }
    board_write("the desk's bits\n\nsays            it is\n");
    for (k = 0; k < RECORDINGS; k++) {
        same += classify(k, first, &right);
        first += (size_t)recorded_list[k].steps;
    }
    board_put('\n');
    board_number(right);
    board_write(" of ");
    board_number(RECORDINGS);
    board_write(" right; as on the desk, to the bit: ");
    board_number(same);
    board_put('\n');
    return same != RECORDINGS;
}
