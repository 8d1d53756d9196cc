/* Moving pixels: a linear map and a bend, combined into one resampling. */
#include <math.h>
#include <string.h>

#include <ogive/net.h>

#include "data/patch.h"

/* map = map * [a b; c d] */
static void compose(og__patch *on, float a, float b, float c, float d)
{
    for (int i = 0; i < 2; i++) {
        float y = on->map[i][0], x = on->map[i][1];
        on->map[i][0] = y * a + x * c;
        on->map[i][1] = y * b + x * d;
    }
}

void og__patch_rotate(og__patch *on, float degrees)
{
    float angle = degrees * 0.017453293f; /* pi / 180 */
    compose(on, cosf(angle), sinf(angle), -sinf(angle), cosf(angle));
}

void og__patch_scale(og__patch *on, float y, float x)
{
    compose(on, y, 0, 0, x);
}

void og__patch_bend(og__patch *on, og__random *random, float sd)
{
    on->bent = true;
    for (int axis = 0; axis < 2; axis++)
        for (int i = 0; i < OG_BEND_POINTS; i++)
            for (int j = 0; j < OG_BEND_POINTS; j++)
                on->bend[axis][i][j] = sd * og__random_normal(random);
}

/* --- the bend ----------------------------------------------------------------------------------------------------- */

/* Where a pixel lies in the grid of points, and the weights of the four points about it (cubic B-spline). */
typedef struct knot {
    int first;
    float weights[4];
} knot;

static knot knot_at(int pixel, int count)
{
    float at = ((float)pixel + 0.5f) / (float)count * (float)OG_BEND_CELLS;
    int cell = (int)at < OG_BEND_CELLS ? (int)at : OG_BEND_CELLS - 1;
    float t = at - (float)cell, s = 1 - t;
    return (knot){
        cell, {s * s * s / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * s * s * s - 6 * s * s + 4) / 6, t * t * t / 6}};
}

/* The displacement of the pixels of one row, by the columns of points. */
static void bend_row(const og__patch *on, int axis, int y, float row[OG_BEND_POINTS])
{
    knot in = knot_at(y, on->window.h);
    for (int j = 0; j < OG_BEND_POINTS; j++) {
        row[j] = 0;
        for (int i = 0; i < 4; i++)
            row[j] += in.weights[i] * on->bend[axis][in.first + i][j];
    }
}

static float bend_at(const float row[OG_BEND_POINTS], const knot *in)
{
    float sum = 0;
    for (int j = 0; j < 4; j++)
        sum += in->weights[j] * row[in->first + j];
    return sum;
}

/* --- sampling ----------------------------------------------------------------------------------------------------- */

/* Mirror an index about the first and last pixel, which are not repeated: -1 is 1, n is n - 2. */
static int mirror(int index, int n)
{
    int period = 2 * (n - 1);
    if (n == 1)
        return 0;
    index %= period;
    if (index < 0)
        index += period;
    return index < n ? index : period - index;
}

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
        int sy = on->window.y + (on->map[0][0] > 0 ? y : on->window.h - 1 - y), my = mirror(sy, sample->h);
        for (int x = 0; x < on->window.w; x++, p++) {
            int sx = on->window.x + (on->map[1][1] > 0 ? x : on->window.w - 1 - x), mx = mirror(sx, sample->w);
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
        y0 = mirror(y0, sample->h);
        y1 = mirror(y1, sample->h);
        x0 = mirror(x0, sample->w);
        x1 = mirror(x1, sample->w);
    }
    size_t upper = (size_t)y0 * w, lower = (size_t)y1 * w;
    for (int c = 0; c < sample->channels; c++) {
        const float *src = s->src + (size_t)c * s->src_stride;
        float above = src[upper + (size_t)x0] + tx * (src[upper + (size_t)x1] - src[upper + (size_t)x0]);
        float below = src[lower + (size_t)x0] + tx * (src[lower + (size_t)x1] - src[lower + (size_t)x0]);
        s->dst[(size_t)c * s->dst_stride + p] = above + ty * (below - above);
    }
}

static bool is_straight(const og__patch *on)
{
    return !on->bent && on->map[0][1] == 0 && on->map[1][0] == 0 && fabsf(on->map[0][0]) == 1 &&
           fabsf(on->map[1][1]) == 1;
}

static void resample_bent(const og__patch *on, const slice *s, float center_y, float center_x)
{
    size_t p = 0;
    for (int y = 0; y < on->window.h; y++) {
        float rows[2][OG_BEND_POINTS];
        for (int axis = 0; axis < 2; axis++)
            bend_row(on, axis, y, rows[axis]);
        for (int x = 0; x < on->window.w; x++, p++) {
            knot in = knot_at(x, on->window.w);
            float dy = (float)y - center_y + bend_at(rows[0], &in), dx = (float)x - center_x + bend_at(rows[1], &in);
            sample_point(on, s, (float)on->window.y + center_y + on->map[0][0] * dy + on->map[0][1] * dx,
                         (float)on->window.x + center_x + on->map[1][0] * dy + on->map[1][1] * dx, p);
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
    if (on->bent) {
        resample_bent(on, s, center_y, center_x);
        return;
    }
    for (int y = 0; y < on->window.h; y++) {
        float dy = (float)y - center_y;
        float base_y = (float)on->window.y + center_y + on->map[0][0] * dy;
        float base_x = (float)on->window.x + center_x + on->map[1][0] * dy;
        for (int x = 0; x < on->window.w; x++, p++) {
            float dx = (float)x - center_x;
            sample_point(on, s, base_y + on->map[0][1] * dx, base_x + on->map[1][1] * dx, p);
        }
    }
}

/* All slices are moved alike. What lies before the first and behind the last slice is mirrored, and not labelled. */
void og__patch_resample(og__patch *on)
{
    const og_sample *sample = on->sample;
    int d = on->window.d > 0 ? on->window.d : 1, slices = og_sample_slices(sample);
    size_t src_plane = (size_t)sample->h * (size_t)sample->w, dst_plane = (size_t)on->window.h * (size_t)on->window.w;
    for (int z = 0; z < d; z++) {
        int from = on->window.z + (on->turned ? d - 1 - z : z), within = mirror(from, slices);
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
