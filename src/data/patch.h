/* A patch while it is being augmented (augment.c): what moves its pixels, what changes its values. */
#ifndef OG_DATA_PATCH_H
#define OG_DATA_PATCH_H

#include "base/random.h"
#include "data/augment.h"

enum {
    OG_BEND_CELLS = 3,                  /* of the grid that bends a patch, along each side */
    OG_BEND_POINTS = OG_BEND_CELLS + 3, /* a cubic B-spline looks one point before and two behind its cell */
};

/* The pixel d = (y, x) of the patch shows the point
 *
 *   s = window + center + map (d + bend(d) - center),   center = ((h - 1) / 2, (w - 1) / 2)
 *
 * of the image; bend is a cubic B-spline over a grid of displacements. */
typedef struct og__patch {
    const og_sample *sample;
    og__window window;
    const float *zero; /* (C) or NULL */
    float map[2][2];   /* rows y, x; columns y, x */
    bool bent;
    float bend[2][OG_BEND_POINTS][OG_BEND_POINTS]; /* by y and by x, px */
    float *scratch;                                /* (window.h, window.w) */
    bool turned;                                   /* slices run backwards */
    float *images;                                 /* (C, window.d, window.h, window.w) */
    uint8_t *labels;                               /* (window.d, window.h, window.w) */
} og__patch;

/* A number of a row's range. */
float og__level_draw(og__level level, og__range_kind range, og__random *random);

/* --- patch_move.c --- */

void og__patch_rotate(og__patch *patch, float degrees);
void og__patch_scale(og__patch *patch, float y, float x); /* -1 mirrors */
void og__patch_bend(og__patch *patch, og__random *random, float sd);

/* Cut the patch out of its image along the map. */
void og__patch_resample(og__patch *patch);

/* --- patch_values.c: one channel of `count` or h x w values, in place --- */

void og__values_noise(size_t count, float *values, og__random *random, float level);
void og__values_blur(int h, int w, float *values, float *scratch, float sd_y, float sd_x);
void og__values_stretch(size_t count, float *values, float center, float factor);
void og__values_contrast(size_t count, float *values, float factor);
void og__values_lowres(int h, int w, float *values, float *scratch, float share);
void og__values_gamma(size_t count, float *values, float power);
void og__values_tone(size_t count, float *values, float power, bool invert);

/* Turn the colours of f32[3, count] about the grey axis: greys stay, 120 degrees make red green. */
void og__colours_turn(size_t count, float *values, float degrees);

/* values = grey + factor * (values - grey), grey = 0.299 R + 0.587 G + 0.114 B */
void og__colours_strengthen(size_t count, float *values, float factor);

#endif
