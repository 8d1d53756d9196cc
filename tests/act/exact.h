/* Judging float32 results against definition.h: the points, the truth at them, and what each output is allowed. */
#ifndef OG_TESTS_ACT_EXACT_H
#define OG_TESTS_ACT_EXACT_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/act.h>

#include "act/definition.h"
#include "base/random.h"
#include "ulp.h"

enum { EXACT_BITS = 320, EXACT_BITS_AGAIN = 2400, EXACT_OUTPUTS = 1 + DEFINITION_INPUTS + DEFINITION_PARAMS_MAX };

/* The budget where no row of src/act/exactness.def says otherwise. */
static const double exact_ulp = 4;

/* Definitions of the catalogue, NULL behind the last. */
static const char *const exact_rows[] = {
#define OG_ACTIVATION(family, definition, ...) definition,
#include "act/catalogue.def"
#undef OG_ACTIVATION
    NULL};

/* The outputs of a definition: 0 the value, 1 + i by input i, 1 + DEFINITION_INPUTS + k by parameter k. */
static inline const char *exact_output_name(const definition *d, int output)
{
    if (output == 0)
        return "value";
    return output <= DEFINITION_INPUTS ? definition_input_names[output - 1]
                                       : definition_param_name(d, (size_t)(output - 1 - DEFINITION_INPUTS));
}

static inline void exact_truth(const definition *d, int bits, const double *inputs, const double *params,
                               double truth[EXACT_OUTPUTS])
{
    definition_evaluate(d, bits, inputs, params, truth, truth + 1, truth + 1 + DEFINITION_INPUTS);
}

/* What one output is allowed at x: units in the last place, or an absolute error (times |x| where that is larger than
 * 1), whichever is more. */
static inline void exact_allowance(const char *id, const char *of, double x, double *ulp, double *absolute)
{
    *ulp = exact_ulp;
    *absolute = 0;
    const og_act_inexact *range;
    for (size_t i = 0; (range = og_act_inexact_at(id, i)); i++)
        if ((range->of[0] == '*' || strcmp(range->of, of) == 0) && x >= range->from && x <= range->to) {
            *ulp = fmax(*ulp, range->ulp);
            *absolute = fmax(*absolute, range->absolute * fmax(1, fabs(x)));
        }
}

static inline bool exact_is_right(double found, double truth, double ulp, double absolute)
{
    if (isnan(truth)) /* infinity less infinity, also in MPFR: the true value is too large for float32 */
        return !isfinite(found);
    return ulp_error((float)found, truth) <= ulp || fabs(found - truth) <= absolute;
}

static inline float exact_step(float x, float towards, int steps)
{
    while (steps-- > 0)
        x = nextafterf(x, towards);
    return x;
}

enum { EXACT_POINTS_MAX = 8192 };

/* Points: zeros, denormals, infinities, NaN; every octave of both signs; where e^x, its square and its fourth power
 * leave float32; `extra` ones (kinks) with their neighbours. */
static inline size_t exact_points(size_t extra_count, const double *extra, float *x)
{
    static const float special[] = {0.0f,     -0.0f,     1e-45f, -1e-45f, FLT_MIN, -FLT_MIN, FLT_MAX, -FLT_MAX,
                                    INFINITY, -INFINITY, NAN,    1e-44f,  -1e-44f, 1e38f,    -1e38f};
    static const float zones[] = {0.5f,  1,  2,  3,  5.5f, 6,     7,     9.2f, 10,    12.5f,
                                  14.4f, 17, 20, 22, 44,   44.4f, 87.3f, 88,   88.7f, 103};
    og__random random = og__random_at(11, OG_STREAM_TEST, 0);
    size_t count = 0;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        x[count++] = special[i];
    for (int exponent = -148; exponent <= 128; exponent++)
        for (int i = 0; i < 4; i++) {
            float magnitude = ldexpf(0.5f + 0.5f * og__random_uniform(&random), exponent);
            x[count++] = i % 2 ? -magnitude : magnitude;
        }
    for (size_t i = 0; i < extra_count && count < EXACT_POINTS_MAX / 2; i++)
        for (int steps = 0; steps <= 3; steps++) {
            x[count++] = exact_step((float)extra[i], INFINITY, steps);
            x[count++] = exact_step((float)extra[i], -INFINITY, steps);
        }
    for (size_t zone = 0; zone < sizeof zones / sizeof zones[0]; zone++)
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int steps = 0; steps <= 2; steps++) {
                x[count++] = (float)sign * exact_step(zones[zone], INFINITY, steps);
                x[count++] = (float)sign * exact_step(zones[zone], -INFINITY, steps);
            }
            for (int i = 0; i < 8; i++)
                x[count++] = (float)sign * (zones[zone] + og__random_uniform(&random) - 0.5f);
        }
    for (int i = 0; i < 800; i++)
        x[count++] = 24 * og__random_uniform(&random) - 12;
    for (int i = 0; i < 300; i++)
        x[count++] = 210 * og__random_uniform(&random) - 105;
    return count;
}

#endif
