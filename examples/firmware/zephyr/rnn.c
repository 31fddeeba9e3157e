/* The library, for programs that plan at run time: CONFIG_RNN_LIBRARY. */
#define RNN_IMPLEMENTATION
#define RNN_NO_STDIO
#include <rnn.h>
