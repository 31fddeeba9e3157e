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
 * or wrong, and every bit of all logits on the way.
 *
 * Of a gesture.h that export has made with --int8 steps are in whole numbers.
 * Their bits are the self-check's matter; which recordings are heard otherwise
 * than with floats is printed, and is no error. */

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

enum { AXES = sizeof gesture_mean / sizeof *gesture_mean,
       CLASSES = RNN_LOGITS(1, 1, GESTURE_NET),
       STATE = RNN_STATE(1, GESTURE_NET),
       RECORDINGS = sizeof recorded_list / sizeof *recorded_list };

#ifdef GESTURE_X_UNIT
#define EXACT 0 /* the same as floats on the desk, by and large */
RNN_DEFINE_STEP_INT8(step, GESTURE_NET)

static int16_t h[STATE];
static int32_t c[STATE], logits[CLASSES];
static int32_t scratch[RNN_INT8_SCRATCH(GESTURE_NET)];
#else
#define EXACT 1 /* every bit */
RNN_DEFINE_STEP(step, GESTURE_NET)

static rnn_real h[STATE], c[STATE]; /* c is an LSTM's alone */
static rnn_real logits[CLASSES], scratch[RNN_SCRATCH_STEP(1, GESTURE_NET)];
#endif

/* FNV-1a of the bits of all logits since begin, of floats */
static uint32_t hash;

static void begin(void)
{
    int i;

    for (i = 0; i < STATE; i++) {
        h[i] = 0;
        c[i] = 0;
    }
    hash = 2166136261u;
}

#ifdef GESTURE_X_UNIT
/* A number in the unit of x: rounded, and no greater than fits. */
static int16_t in_units(rnn_real x)
{
    x /= (rnn_real)GESTURE_X_UNIT;
    x += x < 0 ? (rnn_real)-0.5 : (rnn_real)0.5;
    return x > 32767 ? 32767 : x < -32767 ? -32767 : (int16_t)x;
}

/* One sample, in the sensor's numbers. */
static void hear(const rnn_real *sample)
{
    int16_t x[AXES];
    int i;

    for (i = 0; i < AXES; i++)
        x[i] = in_units((sample[i] - gesture_mean[i]) / gesture_scale[i]);
    step(&gesture_int8, x, NULL, h, c, logits, scratch);
}
#else
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
#endif

/* The likeliest class; -1 of logits that are no numbers. */
static int likeliest(void)
{
    int id = -1;
#ifdef GESTURE_X_UNIT
    int i;

    for (id = 0, i = 1; i < CLASSES; i++)
        id = logits[i] > logits[id] ? i : id;
#else
    if (rnn_greedy(logits, CLASSES, &id, NULL))
        board_write("logits that are no numbers ");
#endif
    return id;
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
    int t, a, id, same;

    begin();
    for (t = 0; t < r->steps; t++) {
        for (a = 0; a < AXES; a++)
            sample[a] = recorded_samples[first + (size_t)t][a];
        hear(sample);
    }
    id = likeliest();
    same = id == r->said[RNN_FMA];
#ifndef GESTURE_X_UNIT
    same = same && hash == r->hash[RNN_FMA];
#endif
    *right += id == r->is;
    put_name(id);
    put_name(r->is);
    board_number(r->steps);
    board_write(id == r->is ? " samples" : " samples, which is wrong");
    if (!same)
        board_write(EXACT ? ", and not as on the desk"
                          : ", not as with floats");
    board_put('\n');
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
    board_write(EXACT ? " right; as on the desk, to the bit: "
                      : " right; as with floats on the desk: ");
    board_number(same);
    board_put('\n');
    return EXACT && same != RECORDINGS;
}
