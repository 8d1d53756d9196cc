/* Inputs that cover float32: every exponent of both signs, the zones where exponentials overflow, special values. */
#ifndef OG_TESTS_ACT_SAMPLE_H
#define OG_TESTS_ACT_SAMPLE_H

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"

enum { SAMPLE_PER_OCTAVE = 48, SAMPLE_MAX = 60000 };

/* Fill x (SAMPLE_MAX floats) and return how many: stratified by exponent, dense where activations bend, and always
 * zeros, denormals, infinities, NaN and the neighbourhoods of 22, 44 and 88, where e^x, its square and its fourth power
 * leave float32. */
static inline size_t sample_floats(float *x)
{
    static const float special[] = {0.0f,     -0.0f,     1e-45f, -1e-45f, FLT_MIN, -FLT_MIN, FLT_MAX, -FLT_MAX,
                                    INFINITY, -INFINITY, NAN,    1.0f,    -1.0f,   0.5f,     -0.5f};
    static const float zones[] = {0.5f,  1.0f,  3.0f,  5.5f,  6.0f,  9.2f,  10.0f, 17.0f,
                                  20.0f, 22.0f, 44.0f, 44.4f, 88.0f, 88.7f, 103.0f};
    og__random random = og__random_at(7, OG_STREAM_TEST, 0);
    size_t count = 0;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        x[count++] = special[i];
    for (int exponent = -148; exponent <= 128; exponent++)
        for (int i = 0; i < SAMPLE_PER_OCTAVE; i++) {
            float magnitude = ldexpf(0.5f + 0.5f * og__random_uniform(&random), exponent);
            x[count++] = i % 2 ? -magnitude : magnitude;
        }
    for (size_t zone = 0; zone < sizeof zones / sizeof zones[0]; zone++)
        for (int sign = -1; sign <= 1; sign += 2) {
            float up = (float)sign * zones[zone], down = up;
            for (int i = 0; i < 4; i++) {
                x[count++] = up;
                x[count++] = down;
                up = nextafterf(up, INFINITY);
                down = nextafterf(down, -INFINITY);
            }
            for (int i = 0; i < 200; i++)
                x[count++] = (float)sign * (zones[zone] + og__random_uniform(&random) - 0.5f);
        }
    for (int i = 0; i < 20000; i++)
        x[count++] = 24 * og__random_uniform(&random) - 12;
    return count;
}

#endif
