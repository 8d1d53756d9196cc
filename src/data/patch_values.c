/* Changing values: what the rows below the resampling do to one channel, or to the three of a colour image. */
#include <math.h>
#include <string.h>

#include "data/patch.h"
#include "data/resample.h"

static float mean_of(size_t count, const float *values)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return (float)(sum / (double)count);
}

static float sd_about(size_t count, const float *values, float mean)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (double)(values[i] - mean) * (double)(values[i] - mean);
    return (float)sqrt(squares / (double)count);
}

static void range_of(size_t count, const float *values, float *low, float *high)
{
    *low = *high = values[0];
    for (size_t i = 1; i < count; i++) {
        *low = values[i] < *low ? values[i] : *low;
        *high = values[i] > *high ? values[i] : *high;
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

void og__values_noise(size_t count, float *values, og__random *random, float level)
{
    float pair[2] = {0}, sd = level * sd_about(count, values, mean_of(count, values));
    for (size_t i = 0; i < count; i++) {
        if (i % 2 == 0)
            normal_pair(random, pair);
        values[i] += sd * pair[i % 2];
    }
}

void og__values_stretch(size_t count, float *values, float center, float factor)
{
    for (size_t i = 0; i < count; i++)
        values[i] = center + (values[i] - center) * factor;
}

void og__values_contrast(size_t count, float *values, float factor)
{
    float low, high, mean = mean_of(count, values);
    range_of(count, values, &low, &high);
    og__values_stretch(count, values, mean, factor);
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] < low ? low : values[i] > high ? high : values[i];
}

/* value = low + range * ((value - low) / range)^power */
void og__values_gamma(size_t count, float *values, float power)
{
    float low, high;
    range_of(count, values, &low, &high);
    float range = high - low;
    for (size_t i = 0; i < count && range > 0; i++)
        values[i] = low + range * powf((values[i] - low) / range, power);
}

void og__values_tone(size_t count, float *values, float power, bool invert)
{
    float mean = mean_of(count, values), sd = sd_about(count, values, mean), sign = invert ? -1.0f : 1.0f;
    if (!(sd > 0))
        return;
    for (size_t i = 0; invert && i < count; i++)
        values[i] = -values[i];
    og__values_gamma(count, values, power);
    float moved = mean_of(count, values), spread = sd_about(count, values, moved);
    float factor = spread > 0 ? sign * sd / spread : 0;
    for (size_t i = 0; i < count; i++)
        values[i] = mean + (values[i] - moved) * factor;
}

/* --- blur --------------------------------------------------------------------------------------------------------- */

enum { BLUR_RADIUS_MAX = 80 }; /* four deviations of the largest strength */

/* weights[BLUR_RADIUS_MAX + d] for d = -radius .. radius, the sum 1; the radius is four deviations, rounded. */
static int blur_weights(float sd, float weights[2 * BLUR_RADIUS_MAX + 1])
{
    int radius = (int)(4 * sd + 0.5f);
    radius = radius > BLUR_RADIUS_MAX ? BLUR_RADIUS_MAX : radius;
    float sum = 0, *center = weights + BLUR_RADIUS_MAX;
    for (int d = -radius; d <= radius; d++)
        sum += center[d] = radius == 0 ? 1 : expf(-0.5f * (float)(d * d) / (sd * sd));
    for (int d = -radius; d <= radius; d++)
        center[d] /= sum;
    return radius;
}

void og__values_blur(int h, int w, float *values, float *scratch, float sd_y, float sd_x)
{
    float weights[2 * BLUR_RADIUS_MAX + 1];
    int radius = blur_weights(sd_x, weights);
    for (int y = 0; y < h; y++) {
        const float *src = values + (size_t)y * (size_t)w;
        float *dst = scratch + (size_t)y * (size_t)w;
        for (int x = 0; x < w; x++) {
            float sum = 0;
            if (x >= radius && x + radius < w)
                for (int d = -radius; d <= radius; d++)
                    sum += weights[BLUR_RADIUS_MAX + d] * src[x + d];
            else
                for (int d = -radius; d <= radius; d++)
                    sum += weights[BLUR_RADIUS_MAX + d] * src[og__reflect(x + d, w)];
            dst[x] = sum;
        }
    }
    radius = blur_weights(sd_y, weights);
    memset(values, 0, (size_t)h * (size_t)w * sizeof *values);
    for (int y = 0; y < h; y++) {
        float *dst = values + (size_t)y * (size_t)w;
        for (int d = -radius; d <= radius; d++) {
            const float *src = scratch + (size_t)og__reflect(y + d, h) * (size_t)w,
                        weight = weights[BLUR_RADIUS_MAX + d];
            for (int x = 0; x < w; x++)
                dst[x] += weight * src[x];
        }
    }
}

void og__values_blur_slices(int d, size_t plane, float *values, float *scratch, float sd_z)
{
    float weights[2 * BLUR_RADIUS_MAX + 1];
    int radius = blur_weights(sd_z, weights);
    memcpy(scratch, values, (size_t)d * plane * sizeof *values);
    memset(values, 0, (size_t)d * plane * sizeof *values);
    for (int z = 0; z < d; z++)
        for (int k = -radius; k <= radius; k++) {
            const float *src = scratch + (size_t)og__reflect(z + k, d) * plane, weight = weights[BLUR_RADIUS_MAX + k];
            float *dst = values + (size_t)z * plane;
            for (size_t p = 0; p < plane; p++)
                dst[p] += weight * src[p];
        }
}

/* --- low resolution ----------------------------------------------------------------------------------------------- */

static int nearest(int index, int count, int small)
{
    int at = (int)(((double)index + 0.5) * count / small); /* PyTorch's "nearest-exact" */
    return at < count ? at : count - 1;
}

/* Every nearest value of a coarser grid, slice after slice. */
static void take_nearest(const int size[3], const float *values, const int small[3], float *dst)
{
    for (int z = 0; z < small[0]; z++)
        for (int y = 0; y < small[1]; y++) {
            size_t plane = (size_t)nearest(z, size[0], small[0]) * (size_t)size[1];
            const float *row = values + (plane + (size_t)nearest(y, size[1], small[1])) * (size_t)size[2];
            for (int x = 0; x < small[2]; x++)
                *dst++ = row[nearest(x, size[2], small[2])];
        }
}

static float mix(float low, float high, float part)
{
    return low + part * (high - low);
}

void og__values_lowres(int d, int h, int w, float *values, float *scratch, float share)
{
    const int size[3] = {d, h, w};
    const int small[3] = {og__scaled_size(d, (double)share), og__scaled_size(h, (double)share),
                          og__scaled_size(w, (double)share)};
    take_nearest(size, values, small, scratch);
    for (int z = 0; z < d; z++) {
        og__between slices = og__between_of(z, d, small[0]);
        for (int y = 0; y < h; y++) {
            og__between rows = og__between_of(y, h, small[1]);
            const float *from[2][2]; /* rows of the coarser grid, by slice and row */
            for (int i = 0; i < 4; i++) {
                int at_z = i >> 1 ? slices.high : slices.low, at_y = i & 1 ? rows.high : rows.low;
                from[i >> 1][i & 1] = scratch + ((size_t)at_z * (size_t)small[1] + (size_t)at_y) * (size_t)small[2];
            }
            for (int x = 0; x < w; x++) {
                og__between b = og__between_of(x, w, small[2]);
                float mixed[2];
                for (int i = 0; i < 2; i++)
                    mixed[i] = mix(mix(from[i][0][b.low], from[i][0][b.high], b.part),
                                   mix(from[i][1][b.low], from[i][1][b.high], b.part), rows.part);
                *values++ = mix(mixed[0], mixed[1], slices.part);
            }
        }
    }
}

/* --- colours ------------------------------------------------------------------------------------------------------ */

void og__colours_turn(size_t count, float *values, float degrees)
{
    float angle = degrees * 0.017453293f, c = cosf(angle), s = sinf(angle) * 0.57735027f; /* sin / sqrt(3) */
    float own = c + (1 - c) / 3, next = (1 - c) / 3 + s, last = (1 - c) / 3 - s; /* Rodrigues about (1, 1, 1) */
    float *red = values, *green = values + count, *blue = values + 2 * count;
    for (size_t i = 0; i < count; i++) {
        float r = red[i], g = green[i], b = blue[i];
        red[i] = own * r + last * g + next * b;
        green[i] = next * r + own * g + last * b;
        blue[i] = last * r + next * g + own * b;
    }
}

void og__colours_strengthen(size_t count, float *values, float factor)
{
    float *red = values, *green = values + count, *blue = values + 2 * count;
    for (size_t i = 0; i < count; i++) {
        float grey = 0.299f * red[i] + 0.587f * green[i] + 0.114f * blue[i];
        red[i] = grey + factor * (red[i] - grey);
        green[i] = grey + factor * (green[i] - grey);
        blue[i] = grey + factor * (blue[i] - grey);
    }
}
