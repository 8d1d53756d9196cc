/* A patch while it is being augmented (augment.c): what moves its pixels, what changes its values. */
#ifndef OG_DATA_PATCH_H
#define OG_DATA_PATCH_H

#include "base/random.h"
#include "data/augment.h"
#include "data/bend.h"

/* The voxel d = (z, y, x) of the patch shows the point
 *
 *   s = window + center + map (d + bend(d) - center),   center = ((d - 1) / 2, (h - 1) / 2, (w - 1) / 2)
 *
 * of the image. A patch is flat when its slices stay as they are, each moved by itself and all alike: a picture, and a
 * volume whose slices lie far apart. */
typedef struct og__patch {
    const og_sample *sample;
    og__window window;
    const float *zero; /* (C) or NULL */
    bool flat;
    float ratio;     /* distance of slices / distance of pixels */
    float map[3][3]; /* rows z, y, x; columns z, y, x */
    og__bend bend;
    float *scratch;  /* (window.d, window.h, window.w) */
    float *images;   /* (C, window.d, window.h, window.w) */
    uint8_t *labels; /* (window.d, window.h, window.w) */
} og__patch;

/* A patch that shows its window as it is. */
void og__patch_init(og__patch *patch, const og_sample *sample, og__window window);

/* A number of a row's range. */
float og__level_draw(og__level level, og__range_kind range, og__random *random);

/* --- patch_move.c --- */

void og__patch_rotate(og__patch *patch, float degrees);              /* within the slices */
void og__patch_tilt(og__patch *patch, float about_y, float about_x); /* degrees, in millimetres' space */
void og__patch_scale(og__patch *patch, float z, float y, float x);   /* -1 mirrors */

/* By displacements of a deviation in pixels; across slices by as much of the patch's depth. */
void og__patch_bend(og__patch *patch, og__random *random, float sd);

/* Cut the patch out of its image along the map. */
void og__patch_resample(og__patch *patch);

/* --- patch_space.c: the same where voxels leave their slices, trilinearly --- */

void og__patch_resample_space(og__patch *patch);

/* --- patch_values.c: one channel of `count`, h x w or d x h x w values, in place --- */

void og__values_noise(size_t count, float *values, og__random *random, float level);
void og__values_blur(int h, int w, float *values, float *scratch, float sd_y, float sd_x);
void og__values_blur_slices(int d, size_t plane, float *values, float *scratch, float sd_z);
void og__values_stretch(size_t count, float *values, float center, float factor);
void og__values_contrast(size_t count, float *values, float factor);
void og__values_lowres(int d, int h, int w, float *values, float *scratch, float share);
void og__values_gamma(size_t count, float *values, float power);
void og__values_tone(size_t count, float *values, float power, bool invert);

/* Turn the colours of f32[3, count] about the grey axis: greys stay, 120 degrees make red green. */
void og__colours_turn(size_t count, float *values, float degrees);

/* values = grey + factor * (values - grey), grey = 0.299 R + 0.587 G + 0.114 B */
void og__colours_strengthen(size_t count, float *values, float factor);

#endif
