/* Time and memory. */
#ifndef OG_BASE_METER_H
#define OG_BASE_METER_H

#include <stdint.h>

/* Seconds on a clock that never jumps; only differences mean something. */
double og__now_s(void);

/* Begin a new measurement of the process's peak memory. Where the system does not allow it (outside Linux, in some
 * containers) the peak stays that of the whole process. */
void og__peak_reset(void);

/* Largest resident memory since the reset; 0 where the system does not tell. */
int64_t og__peak_bytes(void);

#endif
