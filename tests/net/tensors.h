/* Tensors for the tests of the network: made, laid out and compared independently of src/. Include after cmocka.h. */
#ifndef OG_TESTS_TENSORS_H
#define OG_TESTS_TENSORS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline float *floats_new(size_t count)
{
    float *data = aligned_alloc(64, (count * sizeof(float) + 64) / 64 * 64);
    assert_non_null(data);
    return data;
}

/* Numbers of a linear congruential generator, uniform in [-1, 1). */
static inline float *random_tensor(size_t count, uint64_t seed)
{
    float *data = floats_new(count);
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        data[i] = (float)((double)(state >> 40) / (1 << 23) - 1);
    }
    return data;
}

static inline float *copy_tensor(const float *from, size_t count)
{
    float *data = floats_new(count);
    memcpy(data, from, count * sizeof *data);
    return data;
}

static inline double *zeros(size_t count)
{
    double *data = calloc(count, sizeof *data);
    assert_non_null(data);
    return data;
}

static inline size_t blocked_count(int n, int c, int pixels, int lanes)
{
    return (size_t)n * (size_t)((c + lanes - 1) / lanes) * (size_t)pixels * (size_t)lanes;
}

static inline size_t blocked_at(int n, int c, int p, int channels, int pixels, int lanes)
{
    int blocks = (channels + lanes - 1) / lanes;
    return (((size_t)n * (size_t)blocks + (size_t)(c / lanes)) * (size_t)pixels + (size_t)p) * (size_t)lanes +
           (size_t)(c % lanes);
}

/* (n, c, pixels) to blocks of lanes, padding 0. */
static inline float *to_blocked(const float *planar, int n, int c, int pixels, int lanes)
{
    float *data = floats_new(blocked_count(n, c, pixels, lanes));
    memset(data, 0, blocked_count(n, c, pixels, lanes) * sizeof *data);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c; k++)
            for (int p = 0; p < pixels; p++)
                data[blocked_at(i, k, p, c, pixels, lanes)] =
                    planar[((size_t)i * (size_t)c + (size_t)k) * (size_t)pixels + (size_t)p];
    return data;
}

/* Relative L2 distance |got - want| / |want|. */
static inline double distance(const float *got, const double *want, size_t count)
{
    double off = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)got[i] - want[i];
        off += d * d;
        all += want[i] * want[i];
    }
    return sqrt(off / (all > 0 ? all : 1));
}

static inline void assert_near(const float *got, const double *want, size_t count, double tolerance)
{
    double off = distance(got, want, count);
    if (!(off <= tolerance))
        fail_msg("relative L2 distance %g exceeds %g (first: got %g, want %g)", off, tolerance, (double)got[0],
                 want[0]);
}

static inline void assert_blocked_near(const float *blocked, const double *want, int n, int c, int pixels, int lanes,
                                       double tolerance)
{
    float *got = floats_new((size_t)(n * c * pixels));
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c; k++)
            for (int p = 0; p < pixels; p++)
                got[((size_t)i * (size_t)c + (size_t)k) * (size_t)pixels + (size_t)p] =
                    blocked[blocked_at(i, k, p, c, pixels, lanes)];
    assert_near(got, want, (size_t)(n * c * pixels), tolerance);
    int padded = (c + lanes - 1) / lanes * lanes;
    for (int i = 0; i < n; i++) /* padding lanes must stay 0: the next convolution multiplies them */
        for (int k = c; k < padded; k++)
            for (int p = 0; p < pixels; p++)
                assert_true(blocked[blocked_at(i, c - 1, p, c, pixels, lanes) + (size_t)(k - c + 1)] == 0);
    free(got);
}

#endif
