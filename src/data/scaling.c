/* Scaling images to mean 0 and standard deviation 1. */
#include <math.h>
#include <string.h>

#include "data/dataset.h"

/* Sum of (x - center)^power over one channel of one image. */
static double sum_powers(const float *values, size_t count, double center, int power)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)values[i] - center;
        sum += power == 1 ? d : d * d;
    }
    return sum;
}

/* A constant channel has no spread; 1 leaves it at 0 after scaling. */
static double sd_of(double squares, double count)
{
    double sd = sqrt(squares / count);
    return sd > 0 ? sd : 1;
}

void og__moments_of_image(int channels, size_t pixels, const float *image, og__moments *moments)
{
    for (int c = 0; c < channels; c++) {
        const float *plane = image + (size_t)c * pixels;
        moments->mean[c] = sum_powers(plane, pixels, 0, 1) / (double)pixels;
        moments->sd[c] = sd_of(sum_powers(plane, pixels, moments->mean[c], 2), (double)pixels);
    }
}

/* Sum of (x - center)^power over one channel of a part; adds up the pixels in *count. */
static double sum_part(const og_dataset *data, og_part part, int c, double center, int power, double *count)
{
    double sum = 0;
    *count = 0;
    for (size_t i = 0; i < data->part_counts[part]; i++) {
        og_sample sample = og_dataset_sample(data, part, i);
        size_t pixels = og_sample_pixels(&sample);
        sum += sum_powers(sample.image + (size_t)c * pixels, pixels, center, power);
        og__sample_release(data, part, i);
        *count += (double)pixels;
    }
    return sum;
}

void og__moments_of_part(const og_dataset *data, og_part part, og__moments *moments)
{
    for (int c = 0; c < data->channels; c++) {
        double count;
        moments->mean[c] = sum_part(data, part, c, 0, 1, &count) / count;
        moments->sd[c] = sd_of(sum_part(data, part, c, moments->mean[c], 2, &count), count);
    }
}

void og__scaling_factors(const og_scaling *scaling, int channels, size_t pixels, const float *image,
                         float scale[OG_CHANNELS_MAX], float shift[OG_CHANNELS_MAX])
{
    og__moments moments = {0};
    if (scaling->kind == OG_NORMALIZE_IMAGE)
        og__moments_of_image(channels, pixels, image, &moments);
    for (int c = 0; c < channels; c++) {
        double mean = 0, sd = 1;
        if (scaling->kind == OG_NORMALIZE_DATASET) {
            mean = (double)scaling->mean[c];
            sd = (double)scaling->sd[c];
        } else if (scaling->kind == OG_NORMALIZE_IMAGE) {
            mean = moments.mean[c];
            sd = moments.sd[c];
        }
        scale[c] = (float)(1 / sd);
        shift[c] = (float)(-mean / sd);
    }
}

void og_scaling_run(const og_scaling *scaling, int channels, int h, int w, const float *src, float *dst)
{
    float scale[OG_CHANNELS_MAX], shift[OG_CHANNELS_MAX];
    size_t pixels = (size_t)h * (size_t)w;
    og__scaling_factors(scaling, channels, pixels, src, scale, shift);
    for (int c = 0; c < channels; c++)
        for (size_t i = 0; i < pixels; i++)
            dst[(size_t)c * pixels + i] = src[(size_t)c * pixels + i] * scale[c] + shift[c];
}
