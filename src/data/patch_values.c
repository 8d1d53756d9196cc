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

static int reflected(int index, int n)
{
    while (index < 0 || index >= n)
        index = n == 1 ? 0 : index < 0 ? -index : 2 * (n - 1) - index;
    return index;
}

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
                    sum += weights[BLUR_RADIUS_MAX + d] * src[reflected(x + d, w)];
            dst[x] = sum;
        }
    }
    radius = blur_weights(sd_y, weights);
    memset(values, 0, (size_t)h * (size_t)w * sizeof *values);
    for (int y = 0; y < h; y++) {
        float *dst = values + (size_t)y * (size_t)w;
        for (int d = -radius; d <= radius; d++) {
            const float *src = scratch + (size_t)reflected(y + d, h) * (size_t)w, weight = weights[BLUR_RADIUS_MAX + d];
            for (int x = 0; x < w; x++)
                dst[x] += weight * src[x];
        }
    }
}

/* --- low resolution ----------------------------------------------------------------------------------------------- */

static int nearest(int index, int count, int small)
{
    int at = (int)(((double)index + 0.5) * count / small); /* PyTorch's "nearest-exact" */
    return at < count ? at : count - 1;
}

void og__values_lowres(int h, int w, float *values, float *scratch, float share)
{
    int small_h = og__scaled_size(h, (double)share), small_w = og__scaled_size(w, (double)share);
    for (int y = 0; y < small_h; y++)
        for (int x = 0; x < small_w; x++)
            scratch[(size_t)y * (size_t)small_w + (size_t)x] =
                values[(size_t)nearest(y, h, small_h) * (size_t)w + (size_t)nearest(x, w, small_w)];
    og__enlarge(small_h, small_w, scratch, h, w, values);
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
