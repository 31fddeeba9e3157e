/* The step of firmware_step.c as a function that the compiler folds to this one
 * network: no plan and no status, the same bits. */
#define FOLDED
#include "firmware_step.c"
