/* The middle of each channel block of some images, and the blocks around it: copies between the two. */
#ifndef OG_NET_MIDDLE_H
#define OG_NET_MIDDLE_H

#include <stdbool.h>
#include <stddef.h>

/* In floats. */
typedef struct og__middle {
    size_t run, line; /* of a row of the middle, and of a row around it */
    size_t first;     /* before the middle */
    size_t block;     /* of the whole block */
    int rows, blocks; /* of the middle; of all images */
    int threads;
} og__middle;

/* Of (blocks, h, w, lanes) what is left without `edge` pixels at each side. */
og__middle og__middle_of(int blocks, int h, int w, int edge, int lanes, int threads);

/* middle (+)= the middle of `around` */
void og__middle_take(const og__middle *m, bool add, const float *around, float *middle);

/* The middle of `around` (+)= middle; where it does not `add`, what is around becomes 0. */
void og__middle_put(const og__middle *m, bool add, const float *middle, float *around);

#endif
