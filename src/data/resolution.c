#include "data/resolution.h"

#include <math.h>
#include <stdlib.h>

#include "base/status.h"
#include "data/resample.h"

enum { AXES = 3, SIDE_MAX = 1 << 16 };

static bool is_share(double scale)
{
    return scale > 0 && scale <= 1;
}

/* "1.5", "2x1.5" or "3x1x1"; how many numbers, or 0. */
static int read_spacing(const char *text, double numbers[AXES])
{
    const char *at = text;
    for (int count = 0; count < AXES; at++) {
        char *end;
        numbers[count++] = strtod(at, &end);
        bool good = end != at && isfinite(numbers[count - 1]) && numbers[count - 1] > 0;
        if (!good || (*end != 'x' && *end != '\0'))
            return 0;
        if (*end == '\0')
            return count;
        at = end;
    }
    return 0;
}

og_status og__resolution_make(double scale, const char *spacing, int dims, og__resolution *resolution)
{
    double numbers[AXES];
    *resolution = (og__resolution){.scale = scale, .volumes = dims == 3};
    if (!is_share(scale))
        return og__fail(OG_ERR_ARGUMENT, "cannot work at %g of the images' size; the share is above 0 and at most 1",
                        scale);
    if (!spacing || !*spacing)
        return OG_OK;
    int count = read_spacing(spacing, numbers);
    if (count != 1 && count != dims)
        return og__fail(OG_ERR_ARGUMENT, "option 'spacing': found '%s'; give millimetres, for all axes or as %s",
                        spacing, dims == 3 ? "SLICESxHEIGHTxWIDTH, as in '3x1x1'" : "HEIGHTxWIDTH, as in '1.5x1'");
    if (scale < 1)
        return og__fail(OG_ERR_ARGUMENT,
                        "options 'scale' (%g) and 'spacing' (%s) both set the size to work at; give one", scale,
                        spacing);
    for (int a = dims == 3 ? 0 : 1; a < AXES; a++)
        resolution->spacing[a] = count == 1 ? numbers[0] : numbers[a - (AXES - dims)];
    return OG_OK;
}

bool og__resolution_is_full(const og__resolution *resolution)
{
    return resolution->scale >= 1 && resolution->spacing[2] == 0;
}

static double known(double spacing)
{
    return spacing > 0 ? spacing : 1;
}

/* By how much an axis changes. */
static double factor_of(const og__resolution *resolution, const double spacing[AXES], int axis)
{
    double scale = resolution->scale;
    if (axis == 0 && !resolution->volumes)
        return 1;
    if (resolution->spacing[2] > 0)
        return known(spacing[axis]) / resolution->spacing[axis];
    if (axis > 0)
        return scale;
    double apart = scale * known(spacing[0]) / ((known(spacing[1]) + known(spacing[2])) / 2);
    return fmin(fmax(apart, scale), 1);
}

og_status og__resolution_apply(const og__resolution *resolution, const int size[AXES], const double spacing[AXES],
                               int working[AXES])
{
    for (int a = 0; a < AXES; a++) {
        double factor = factor_of(resolution, spacing, a);
        if (factor > 1 && size[a] * factor > SIDE_MAX)
            return og__fail(OG_ERR_ARGUMENT,
                            "option 'spacing': an axis of %d pixels %g mm apart becomes one of %.0f, more than %d",
                            size[a], known(spacing[a]), size[a] * factor, SIDE_MAX);
        working[a] = og__scaled_size(size[a], factor);
    }
    return OG_OK;
}

double og__slice_ratio(const og_sample *sample)
{
    return known(sample->spacing[2]) / ((known(sample->spacing[0]) + known(sample->spacing[1])) / 2);
}

og_status og__resolution_of_sample(const og__resolution *resolution, og_sample *sample)
{
    const int size[AXES] = {og_sample_slices(sample), sample->h, sample->w};
    const double spacing[AXES] = {sample->spacing[2], sample->spacing[1], sample->spacing[0]};
    int working[AXES];
    OG_TRY(og__resolution_apply(resolution, size, spacing, working));
    for (int a = 0; a < AXES; a++)
        sample->spacing[AXES - 1 - a] = known(spacing[a]) * size[a] / working[a];
    sample->d = working[0];
    sample->h = working[1];
    sample->w = working[2];
    return OG_OK;
}
