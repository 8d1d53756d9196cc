/* src/metric/distance.c against the definition: every pair of points. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "metric/distance.h"

enum { PIXELS_MAX = 600 };

static double nearest(int d, int h, int w, const double spacing[3], const uint8_t *set, const int at[3])
{
    double best = INFINITY;
    for (int z = 0; z < d; z++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                double dx = (x - at[0]) * spacing[0], dy = (y - at[1]) * spacing[1], dz = (z - at[2]) * spacing[2];
                if (set[(z * h + y) * w + x])
                    best = fmin(best, dx * dx + dy * dy + dz * dz);
            }
    return best;
}

/* A share of `density` points is set. */
static void check(int d, int h, int w, const double spacing[3], double density, uint64_t seed)
{
    uint8_t set[PIXELS_MAX];
    float found[PIXELS_MAX];
    og__random random = og__random_at(seed, OG_STREAM_TEST, 0);
    for (int i = 0; i < d * h * w; i++)
        set[i] = (double)og__random_uniform(&random) < density;
    assert_int_equal(og__distance_squared(d, h, w, spacing, set, found), 0);
    for (int z = 0; z < d; z++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                double expected = nearest(d, h, w, spacing, set, (int[]){x, y, z});
                float value = found[(z * h + y) * w + x];
                if (isinf(expected) ? !isinf(value) : fabs((double)value - expected) > 1e-6 * expected)
                    fail_msg("(%d, %d, %d): %.9g is not %.9g", x, y, z, (double)value, expected);
            }
}

static void distances_are_those_to_the_nearest_point(void **state)
{
    (void)state;
    const int sizes[][3] = {{1, 1, 1}, {1, 1, 20}, {1, 20, 1}, {20, 1, 1}, {1, 17, 23}, {5, 9, 13}, {10, 6, 10}};
    const double spacings[][3] = {{1, 1, 1}, {0.5, 0.5, 3}, {2.25, 0.7, 1.1}};
    const double densities[] = {0, 0.01, 0.1, 0.6, 1};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t p = 0; p < sizeof spacings / sizeof spacings[0]; p++)
            for (size_t i = 0; i < sizeof densities / sizeof densities[0]; i++)
                check(sizes[s][0], sizes[s][1], sizes[s][2], spacings[p], densities[i], 100 * s + 10 * p + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_to_the_nearest_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
