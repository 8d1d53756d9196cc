#include "data/augment.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include <ogive/net.h>

#include "base/random.h"

enum { ROWS_MAX = 64 }; /* of augment.def: each has its own random numbers */

/* A patch on its way. The pixel d = (y, x) of the patch shows the point
 *   s = window + center + map (d - center)
 * of the image, center = ((h - 1) / 2, (w - 1) / 2). */
typedef struct work {
    const og_sample *sample;
    og__window window;
    float map[2][2]; /* rows y, x; columns y, x */
    float *images;   /* (C, window.h, window.w) */
    uint8_t *labels; /* (window.h, window.w) */
} work;

static size_t plane_of(const work *on)
{
    return (size_t)on->window.h * (size_t)on->window.w;
}

/* --- moving pixels ------------------------------------------------------------------------------------------------ */

/* map = map * [a b; c d] */
static void compose(work *on, float a, float b, float c, float d)
{
    for (int i = 0; i < 2; i++) {
        float y = on->map[i][0], x = on->map[i][1];
        on->map[i][0] = y * a + x * c;
        on->map[i][1] = y * b + x * d;
    }
}

static void apply_flip_x(work *on, og__random *random, double strength)
{
    (void)strength;
    if (og__random_u32(random) & 1)
        compose(on, 1, 0, 0, -1);
}

static void apply_flip_y(work *on, og__random *random, double strength)
{
    (void)strength;
    if (og__random_u32(random) & 1)
        compose(on, -1, 0, 0, 1);
}

static float uniform_between(og__random *random, double low, double high)
{
    return (float)(low + (high - low) * (double)og__random_uniform(random));
}

static void apply_rotate(work *on, og__random *random, double strength)
{
    float angle = uniform_between(random, -strength, strength) * 0.017453293f; /* pi / 180 */
    compose(on, cosf(angle), sinf(angle), -sinf(angle), cosf(angle));
}

/* As likely larger as smaller: the factor's logarithm is uniform. */
static float factor_about_one(og__random *random, double strength)
{
    return expf(uniform_between(random, -log1p(strength), log1p(strength)));
}

static void apply_zoom(work *on, og__random *random, double strength)
{
    float shrink = 1 / factor_about_one(random, strength);
    compose(on, shrink, 0, 0, shrink);
}

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

/* Copy without interpolation: each axis runs forwards or backwards. */
static void copy_patch(work *on)
{
    const og_sample *sample = on->sample;
    size_t plane = plane_of(on), image_plane = (size_t)sample->h * (size_t)sample->w, p = 0;
    for (int y = 0; y < on->window.h; y++) {
        int sy = on->window.y + (on->map[0][0] > 0 ? y : on->window.h - 1 - y), my = mirror(sy, sample->h);
        for (int x = 0; x < on->window.w; x++, p++) {
            int sx = on->window.x + (on->map[1][1] > 0 ? x : on->window.w - 1 - x), mx = mirror(sx, sample->w);
            size_t at = (size_t)my * (size_t)sample->w + (size_t)mx;
            for (int c = 0; c < sample->channels; c++)
                on->images[(size_t)c * plane + p] = sample->image[(size_t)c * image_plane + at];
            on->labels[p] = sy == my && sx == mx ? sample->labels[at] : OG_LABEL_IGNORE;
        }
    }
}

/* Show the image at the point (y, x), bilinearly, and the label of the nearest pixel, as pixel p of the patch. */
static inline void sample_point(work *on, float y, float x, size_t p)
{
    const og_sample *sample = on->sample;
    size_t plane = plane_of(on), image_plane = (size_t)sample->h * (size_t)sample->w, w = (size_t)sample->w;
    float fy = floorf(y), fx = floorf(x), ty = y - fy, tx = x - fx;
    int y0 = (int)fy, x0 = (int)fx, y1 = y0 + 1, x1 = x0 + 1;
    int near_y = ty < 0.5f ? y0 : y1, near_x = tx < 0.5f ? x0 : x1;
    bool inside = near_y >= 0 && near_x >= 0 && near_y < sample->h && near_x < sample->w;
    on->labels[p] = inside ? sample->labels[(size_t)near_y * w + (size_t)near_x] : OG_LABEL_IGNORE;
    if (y0 < 0 || x0 < 0 || y1 >= sample->h || x1 >= sample->w) {
        y0 = mirror(y0, sample->h);
        y1 = mirror(y1, sample->h);
        x0 = mirror(x0, sample->w);
        x1 = mirror(x1, sample->w);
    }
    size_t upper = (size_t)y0 * w, lower = (size_t)y1 * w;
    for (int c = 0; c < sample->channels; c++) {
        const float *src = sample->image + (size_t)c * image_plane;
        float above = src[upper + (size_t)x0] + tx * (src[upper + (size_t)x1] - src[upper + (size_t)x0]);
        float below = src[lower + (size_t)x0] + tx * (src[lower + (size_t)x1] - src[lower + (size_t)x0]);
        on->images[(size_t)c * plane + p] = above + ty * (below - above);
    }
}

static void resample(work *on)
{
    bool straight = on->map[0][1] == 0 && on->map[1][0] == 0 && fabsf(on->map[0][0]) == 1 && fabsf(on->map[1][1]) == 1;
    if (straight) {
        copy_patch(on);
        return;
    }
    float center_y = (float)(on->window.h - 1) / 2, center_x = (float)(on->window.w - 1) / 2;
    size_t p = 0;
    for (int y = 0; y < on->window.h; y++) {
        float dy = (float)y - center_y;
        float base_y = (float)on->window.y + center_y + on->map[0][0] * dy;
        float base_x = (float)on->window.x + center_x + on->map[1][0] * dy;
        for (int x = 0; x < on->window.w; x++, p++) {
            float dx = (float)x - center_x;
            sample_point(on, base_y + on->map[0][1] * dx, base_x + on->map[1][1] * dx, p);
        }
    }
}

/* --- changing values ---------------------------------------------------------------------------------------------- */

static float mean_of(size_t count, const float *values)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return (float)(sum / (double)count);
}

static void apply_brightness(work *on, og__random *random, double strength)
{
    float factor = uniform_between(random, 1 - strength, 1 + strength);
    size_t count = plane_of(on) * (size_t)on->sample->channels;
    for (size_t i = 0; i < count; i++)
        on->images[i] *= factor;
}

static void apply_contrast(work *on, og__random *random, double strength)
{
    float factor = uniform_between(random, 1 - strength, 1 + strength);
    size_t plane = plane_of(on);
    for (int c = 0; c < on->sample->channels; c++) {
        float *values = on->images + (size_t)c * plane, mean = mean_of(plane, values);
        for (size_t i = 0; i < plane; i++)
            values[i] = mean + (values[i] - mean) * factor;
    }
}

/* value = low + range * ((value - low) / range)^power */
static void apply_gamma(work *on, og__random *random, double strength)
{
    float power = factor_about_one(random, strength);
    size_t plane = plane_of(on);
    for (int c = 0; c < on->sample->channels; c++) {
        float *values = on->images + (size_t)c * plane, low = values[0], high = values[0];
        for (size_t i = 1; i < plane; i++) {
            low = values[i] < low ? values[i] : low;
            high = values[i] > high ? values[i] : high;
        }
        float range = high - low;
        for (size_t i = 0; i < plane && range > 0; i++)
            values[i] = low + range * powf((values[i] - low) / range, power);
    }
}

/* Two independent standard normal numbers (Box-Muller, in float: half the cost of og__random_normal() twice). */
static void normal_pair(og__random *random, float pair[2])
{
    float u = ((float)(og__random_u32(random) >> 8) + 0.5f) * 0x1p-24f, angle = og__random_uniform(random) * 6.2831853f;
    float radius = sqrtf(-2 * logf(u));
    pair[0] = radius * cosf(angle);
    pair[1] = radius * sinf(angle);
}

static void apply_noise(work *on, og__random *random, double strength)
{
    float level = uniform_between(random, 0, strength), pair[2];
    size_t plane = plane_of(on);
    for (int c = 0; c < on->sample->channels; c++) {
        float *values = on->images + (size_t)c * plane, mean = mean_of(plane, values);
        double squares = 0;
        for (size_t i = 0; i < plane; i++)
            squares += (double)(values[i] - mean) * (double)(values[i] - mean);
        float sd = level * (float)sqrt(squares / (double)plane);
        for (size_t i = 0; i < plane; i++) {
            if (i % 2 == 0)
                normal_pair(random, pair);
            values[i] += sd * pair[i % 2];
        }
    }
}

/* --- all rows ----------------------------------------------------------------------------------------------------- */

void og__augment(const og_augment_options *options, const og_sample *sample, og__window window, uint64_t seed,
                 uint64_t item, float *images, uint8_t *labels)
{
    work on = {sample, window, {{1, 0}, {0, 1}}, images, labels};
    og__random random;
#define OG_AUGMENT_REAL(id, field, initial, min, max, unit, help)                                                      \
    if (options->field > 0) {                                                                                          \
        random = og__random_at(seed, OG_STREAM_AUGMENT, item * ROWS_MAX + id);                                         \
        apply_##field(&on, &random, (double)options->field);                                                           \
    }
#define OG_AUGMENT_FLAG(id, field, initial, help) OG_AUGMENT_REAL(id, field, initial, 0, 1, NULL, help)
#define OG_AUGMENT_RESAMPLE resample(&on);
#include "data/augment.def"
#undef OG_AUGMENT_RESAMPLE
#undef OG_AUGMENT_FLAG
#undef OG_AUGMENT_REAL
}
