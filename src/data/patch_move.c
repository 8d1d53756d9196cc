/* Moving pixels: a linear map and a bend, combined into one resampling; here for patches whose slices stay together. */
#include <math.h>
#include <string.h>

#include <ogive/net.h>

#include "data/patch.h"
#include "data/resample.h"
#include "data/resolution.h"

/* Beyond this ratio slices stay as they are: nnU-Net's threshold for augmenting volumes slice by slice. */
static const float far_apart = 3;

void og__patch_init(og__patch *on, const og_sample *sample, og__window window)
{
    *on = (og__patch){.sample = sample, .window = window, .map = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    on->window.d = window.d > 0 ? window.d : 1;
    on->ratio = (float)og__slice_ratio(sample);
    on->flat = on->window.d == 1 || on->ratio > far_apart;
}

/* map = map * m, where m works on the axes i and j: [a b; c d] */
static void compose(og__patch *on, int i, int j, float a, float b, float c, float d)
{
    for (int row = 0; row < 3; row++) {
        float at_i = on->map[row][i], at_j = on->map[row][j];
        on->map[row][i] = at_i * a + at_j * c;
        on->map[row][j] = at_i * b + at_j * d;
    }
}

static float radians(float degrees)
{
    return degrees * 0.017453293f; /* pi / 180 */
}

void og__patch_rotate(og__patch *on, float degrees)
{
    float angle = radians(degrees);
    compose(on, 1, 2, cosf(angle), sinf(angle), -sinf(angle), cosf(angle));
}

void og__patch_tilt(og__patch *on, float about_y, float about_x)
{
    const float angles[2] = {radians(about_x), radians(about_y)};
    for (int axis = 1; axis < 3; axis++) { /* a pixel is 1 long, a slice `ratio` */
        float c = cosf(angles[axis - 1]), s = sinf(angles[axis - 1]);
        compose(on, 0, axis, c, s / on->ratio, -s * on->ratio, c);
    }
}

void og__patch_scale(og__patch *on, float z, float y, float x)
{
    const float factors[3] = {z, y, x};
    for (int row = 0; row < 3; row++)
        for (int axis = 0; axis < 3; axis++)
            on->map[row][axis] *= factors[axis];
}

void og__patch_bend(og__patch *on, og__random *random, float sd)
{
    float thick = (float)on->window.d * on->ratio, wide = (float)(on->window.h + on->window.w) / 2;
    float share = thick < wide ? thick / wide : 1;
    og__bend_draw(&on->bend, random, on->flat ? 0 : sd * share / on->ratio, sd);
}

/* --- sampling ----------------------------------------------------------------------------------------------------- */

/* A slice of the sample that becomes a slice of the patch. */
typedef struct slice {
    const float *src; /* of the first channel; channels are src_stride apart */
    const uint8_t *src_labels;
    float *dst; /* likewise */
    uint8_t *dst_labels;
    size_t src_stride, dst_stride;
} slice;

/* Copy without interpolation: each axis runs forwards or backwards. */
static void copy_patch(const og__patch *on, const slice *s)
{
    const og_sample *sample = on->sample;
    size_t p = 0;
    for (int y = 0; y < on->window.h; y++) {
        int sy = on->window.y + (on->map[1][1] > 0 ? y : on->window.h - 1 - y), my = og__reflect(sy, sample->h);
        for (int x = 0; x < on->window.w; x++, p++) {
            int sx = on->window.x + (on->map[2][2] > 0 ? x : on->window.w - 1 - x), mx = og__reflect(sx, sample->w);
            size_t at = (size_t)my * (size_t)sample->w + (size_t)mx;
            for (int c = 0; c < sample->channels; c++)
                s->dst[(size_t)c * s->dst_stride + p] = s->src[(size_t)c * s->src_stride + at];
            s->dst_labels[p] = sy == my && sx == mx ? s->src_labels[at] : OG_LABEL_IGNORE;
        }
    }
}

/* Show the image at the point (y, x), bilinearly, and the label of the nearest pixel, as pixel p of the patch. */
static inline void sample_point(const og__patch *on, const slice *s, float y, float x, size_t p)
{
    const og_sample *sample = on->sample;
    size_t w = (size_t)sample->w;
    float fy = floorf(y), fx = floorf(x), ty = y - fy, tx = x - fx;
    int y0 = (int)fy, x0 = (int)fx, y1 = y0 + 1, x1 = x0 + 1;
    int near_y = ty < 0.5f ? y0 : y1, near_x = tx < 0.5f ? x0 : x1;
    bool inside = near_y >= 0 && near_x >= 0 && near_y < sample->h && near_x < sample->w;
    s->dst_labels[p] = inside ? s->src_labels[(size_t)near_y * w + (size_t)near_x] : OG_LABEL_IGNORE;
    if (y0 < 0 || x0 < 0 || y1 >= sample->h || x1 >= sample->w) {
        y0 = og__reflect(y0, sample->h);
        y1 = og__reflect(y1, sample->h);
        x0 = og__reflect(x0, sample->w);
        x1 = og__reflect(x1, sample->w);
    }
    size_t upper = (size_t)y0 * w, lower = (size_t)y1 * w;
    for (int c = 0; c < sample->channels; c++) {
        const float *src = s->src + (size_t)c * s->src_stride;
        float above = src[upper + (size_t)x0] + tx * (src[upper + (size_t)x1] - src[upper + (size_t)x0]);
        float below = src[lower + (size_t)x0] + tx * (src[lower + (size_t)x1] - src[lower + (size_t)x0]);
        s->dst[(size_t)c * s->dst_stride + p] = above + ty * (below - above);
    }
}

/* Whether the pixels of a slice lie one on one on those of the image, maybe backwards. */
static bool is_straight(const og__patch *on)
{
    return !on->bend.used && on->map[1][2] == 0 && on->map[2][1] == 0 && fabsf(on->map[1][1]) == 1 &&
           fabsf(on->map[2][2]) == 1;
}

static void resample_bent(const og__patch *on, const slice *s, float center_y, float center_x)
{
    size_t p = 0;
    og__bend_slice bend;
    og__bend_cut_slice(&on->bend, 0, 1, &bend);
    for (int y = 0; y < on->window.h; y++) {
        og__bend_row row;
        og__bend_cut_row(&bend, y, on->window.h, &row);
        for (int x = 0; x < on->window.w; x++, p++) {
            float moved[3];
            og__bend_at(&row, x, on->window.w, moved);
            float dy = (float)y - center_y + moved[1], dx = (float)x - center_x + moved[2];
            sample_point(on, s, (float)on->window.y + center_y + on->map[1][1] * dy + on->map[1][2] * dx,
                         (float)on->window.x + center_x + on->map[2][1] * dy + on->map[2][2] * dx, p);
        }
    }
}

static void resample_slice(const og__patch *on, const slice *s)
{
    float center_y = (float)(on->window.h - 1) / 2, center_x = (float)(on->window.w - 1) / 2;
    size_t p = 0;
    if (is_straight(on)) {
        copy_patch(on, s);
        return;
    }
    if (on->bend.used) {
        resample_bent(on, s, center_y, center_x);
        return;
    }
    for (int y = 0; y < on->window.h; y++) {
        float dy = (float)y - center_y;
        float base_y = (float)on->window.y + center_y + on->map[1][1] * dy;
        float base_x = (float)on->window.x + center_x + on->map[2][1] * dy;
        for (int x = 0; x < on->window.w; x++, p++) {
            float dx = (float)x - center_x;
            sample_point(on, s, base_y + on->map[1][2] * dx, base_x + on->map[2][2] * dx, p);
        }
    }
}

/* Whether every slice shows a slice: each is moved by itself, and all alike. */
static bool keeps_slices(const og__patch *on)
{
    bool across = on->map[0][1] != 0 || on->map[0][2] != 0 || on->map[1][0] != 0 || on->map[2][0] != 0;
    return !across && fabsf(on->map[0][0]) == 1 && !on->bend.deep;
}

/* What lies before the first and behind the last slice is mirrored, and not labelled. */
static void resample_slices(const og__patch *on)
{
    const og_sample *sample = on->sample;
    int d = on->window.d, slices = og_sample_slices(sample);
    size_t src_plane = (size_t)sample->h * (size_t)sample->w, dst_plane = (size_t)on->window.h * (size_t)on->window.w;
    for (int z = 0; z < d; z++) {
        int from = on->window.z + (on->map[0][0] > 0 ? z : d - 1 - z), within = og__reflect(from, slices);
        slice s = {.src = sample->image + (size_t)within * src_plane,
                   .src_labels = sample->labels + (size_t)within * src_plane,
                   .dst = on->images + (size_t)z * dst_plane,
                   .dst_labels = on->labels + (size_t)z * dst_plane,
                   .src_stride = (size_t)slices * src_plane,
                   .dst_stride = (size_t)d * dst_plane};
        resample_slice(on, &s);
        if (from != within)
            memset(s.dst_labels, OG_LABEL_IGNORE, dst_plane);
    }
}

void og__patch_resample(og__patch *on)
{
    if (keeps_slices(on))
        resample_slices(on);
    else
        og__patch_resample_space(on);
}
