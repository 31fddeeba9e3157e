// Writer: a network that writes to the serial port, one character after
// another. It has learnt a text on a desk; writer.h is what it has learnt, as
// `make -C examples/firmware packages` exports it. A header of your own takes
// its place if it is made with --name writer.
//
// The whole library is in this file, so that the compiler sees the step and the
// sizes of its network together. Weights stay in flash, but on AVR, where
// constants are copied to RAM: an ATmega2560 holds a model of 8 units, other
// boards hold hundreds.

#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_FILES
#define RNN_NO_WHY
#include <rnn.h>

#include "writer.h"

RNN_DEFINE_STEP(writer_step, WRITER_NET)

static rnn_real h[RNN_STATE(1, WRITER_NET)], c[RNN_STATE(1, WRITER_NET)];
static rnn_real logits[RNN_LOGITS(1, 1, WRITER_NET)];
static rnn_real scratch[RNN_SCRATCH_STEP(1, WRITER_NET)];
static rnn_rng rng;
static int id;

static void stop(const char *why, int number) {
  Serial.print(why);
  Serial.println(number);
  for (;;) {
    delay(1000);
  }
}

void setup() {
  Serial.begin(115200);
  while (!Serial) {
  }
  // the self-check: whether this board computes the bits of the desk
  const int wrong = writer_check(writer_step, h, c, logits, scratch);
  if (wrong) {
    stop("other bits than on the desk, at step ", wrong);
  }
  rnn_rng_seed(&rng, 1);
}

void loop() {
  const rnn_sampling how = {0.5f, 0, 0};  // the temperature

  writer_step(writer_params, NULL, &id, h, c, logits, scratch);
  if (rnn_sample(logits, sizeof logits / sizeof *logits, &how, &rng, NULL, &id,
                 NULL)) {
    stop("logits are not numbers: ", id);
  }
  Serial.write(writer_vocabulary[id]);
}
