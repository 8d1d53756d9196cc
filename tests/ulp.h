/* Distance of a float32 result from the true value, in units of the last place. */
#ifndef OG_TESTS_ULP_H
#define OG_TESTS_ULP_H

#include <float.h>
#include <math.h>

/* |y - truth| in units of float32's last place at `truth`; of the smallest denormal below FLT_MIN. A NaN, or an
 * infinity where the true value rounds to one, is matched by the same only (else infinitely far). */
static inline double ulp_error(float y, double truth)
{
    float rounded = (float)truth;
    if (isnan(truth))
        return isnan(y) ? 0 : INFINITY;
    if (isinf(rounded) || isinf(y) || isnan(y))
        return y == rounded ? 0 : INFINITY;
    int exponent;
    frexp(truth, &exponent);
    double unit = fabs(truth) < (double)FLT_MIN ? 0x1p-149 : ldexp(1, exponent - 24);
    return fabs((double)y - truth) / unit;
}

#endif
