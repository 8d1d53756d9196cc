/* Moving voxels of a volume in three dimensions: trilinear for the image, nearest for the labels. */
#include <math.h>

#include <ogive/net.h>

#include "data/patch.h"
#include "data/resample.h"

/* The volume that is looked into. */
typedef struct volume {
    const og_sample *sample;
    int size[3]; /* D, H, W */
    size_t plane, row, voxels;
} volume;

/* The eight voxels about a point: in linear order, and how much of the upper one counts along each axis. */
typedef struct corners {
    size_t at[2][2][2];
    float part[3];
} corners;

/* Look for the voxels about a point; returns the label of the nearest one, or OG_LABEL_IGNORE outside. */
static inline uint8_t find_corners(const volume *v, const float point[3], corners *found)
{
    int index[3][2];
    bool inside = true;
    size_t nearest = 0;
    const size_t step[3] = {v->plane, v->row, 1};
    for (int a = 0; a < 3; a++) {
        float low = floorf(point[a]);
        int first = (int)low;
        found->part[a] = point[a] - low;
        int near = found->part[a] < 0.5f ? first : first + 1;
        inside = inside && near >= 0 && near < v->size[a];
        nearest += inside ? (size_t)near * step[a] : 0;
        bool between = first >= 0 && first + 1 < v->size[a];
        index[a][0] = between ? first : og__reflect(first, v->size[a]);
        index[a][1] = between ? first + 1 : og__reflect(first + 1, v->size[a]);
    }
    for (int i = 0; i < 8; i++)
        found->at[i >> 2][i >> 1 & 1][i & 1] =
            (size_t)index[0][i >> 2] * v->plane + (size_t)index[1][i >> 1 & 1] * v->row + (size_t)index[2][i & 1];
    return inside ? v->sample->labels[nearest] : OG_LABEL_IGNORE;
}

static inline float mix(float low, float high, float part)
{
    return low + part * (high - low);
}

static inline float value_at(const float *src, const corners *c)
{
    float slices[2];
    for (int z = 0; z < 2; z++)
        slices[z] = mix(mix(src[c->at[z][0][0]], src[c->at[z][0][1]], c->part[2]),
                        mix(src[c->at[z][1][0]], src[c->at[z][1][1]], c->part[2]), c->part[1]);
    return mix(slices[0], slices[1], c->part[0]);
}

/* A row of the patch; `bend` NULL: none. */
static void resample_row(const og__patch *on, const volume *v, int z, int y, const og__bend_row *bend)
{
    const og__window *window = &on->window;
    const float center[3] = {(float)(window->d - 1) / 2, (float)(window->h - 1) / 2, (float)(window->w - 1) / 2};
    const float origin[3] = {(float)window->z, (float)window->y, (float)window->x};
    size_t plane = (size_t)window->h * (size_t)window->w, voxels = (size_t)window->d * plane;
    size_t p = (size_t)z * plane + (size_t)y * (size_t)window->w;
    for (int x = 0; x < window->w; x++, p++) {
        float from[3] = {(float)z - center[0], (float)y - center[1], (float)x - center[2]}, moved[3], point[3];
        corners about;
        if (bend)
            og__bend_at(bend, x, window->w, moved);
        for (int a = 0; bend && a < 3; a++)
            from[a] += moved[a];
        for (int a = 0; a < 3; a++)
            point[a] =
                origin[a] + center[a] + on->map[a][0] * from[0] + on->map[a][1] * from[1] + on->map[a][2] * from[2];
        on->labels[p] = find_corners(v, point, &about);
        for (size_t c = 0; c < (size_t)v->sample->channels; c++)
            on->images[c * voxels + p] = value_at(v->sample->image + c * v->voxels, &about);
    }
}

void og__patch_resample_space(og__patch *on)
{
    const og_sample *sample = on->sample;
    const volume v = {.sample = sample,
                      .size = {og_sample_slices(sample), sample->h, sample->w},
                      .row = (size_t)sample->w,
                      .plane = (size_t)sample->h * (size_t)sample->w,
                      .voxels = og_sample_pixels(sample)};
    og__bend_slice slice;
    og__bend_row row;
    for (int z = 0; z < on->window.d; z++) {
        if (on->bend.used)
            og__bend_cut_slice(&on->bend, z, on->window.d, &slice);
        for (int y = 0; y < on->window.h; y++) {
            if (on->bend.used)
                og__bend_cut_row(&slice, y, on->window.h, &row);
            resample_row(on, &v, z, y, on->bend.used ? &row : NULL);
        }
    }
}
