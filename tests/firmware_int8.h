/* The int8 networks of firmware_int8_steps.c, and the arrays of the program
 * that these are linked with. */
#ifndef FIRMWARE_INT8_H
#define FIRMWARE_INT8_H

#include "firmware_folded.h"

extern const rnn_int8 whole;
extern int16_t xs[], hs[];
extern int32_t cs[], outs[], room[];

/* One step from xs, hs and cs to hs, cs and outs. */
void folded_INT8_TANH(void);
void folded_INT8_GRU(void);
void folded_INT8_LSTM(void);

#endif
