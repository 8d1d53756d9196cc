#include "study/space.h"

#include <math.h>

static og_status check(const og__space *space, size_t index)
{
    const og__dimension *d = &space->dimensions[index];
    if (!(d->low <= d->high) || !isfinite(d->low) || !isfinite(d->high))
        return og__fail(OG_ERR_ARGUMENT, "%s goes from %g to %g", d->name, d->low, d->high);
    if (d->step < 0 || (d->kind != OG_DIMENSION_REAL && (d->step < 1 || d->step != floor(d->step))))
        return og__fail(OG_ERR_ARGUMENT, "%s has steps of %g", d->name, d->step);
    if (d->log && (d->low <= 0 || d->kind == OG_DIMENSION_CHOICE || (d->kind == OG_DIMENSION_REAL && d->step > 0) ||
                   (d->kind == OG_DIMENSION_INT && d->step != 1)))
        return og__fail(OG_ERR_ARGUMENT,
                        "%s is logarithmic, from %g by %g: it has to begin above 0 and has no steps but those of whole "
                        "numbers",
                        d->name, d->low, d->step);
    if (d->step > 0 && fabs(remainder(d->high - d->low, d->step)) > 1e-9 * d->step)
        return og__fail(OG_ERR_ARGUMENT, "%s ends at %g, which steps of %g from %g do not meet", d->name, d->high,
                        d->step, d->low);
    if (d->parent == OG_NO_PARENT)
        return OG_OK;
    if (d->parent < 0 || (size_t)d->parent >= index || space->dimensions[d->parent].kind != OG_DIMENSION_CHOICE ||
        d->parent_choice < 0 || (size_t)d->parent_choice >= og__dimension_choices(&space->dimensions[d->parent]))
        return og__fail(OG_ERR_ARGUMENT, "%s depends on dimension %d being %d, which is no choice before it", d->name,
                        d->parent, d->parent_choice);
    return OG_OK;
}

og_status og__space_check(const og__space *space)
{
    for (size_t i = 0; i < space->count; i++)
        OG_TRY(check(space, i));
    return OG_OK;
}

bool og__dimension_exists(const og__space *space, size_t index, const double *point)
{
    const og__dimension *d = &space->dimensions[index];
    return d->parent == OG_NO_PARENT || point[d->parent] == d->parent_choice; /* NaN is not equal */
}

size_t og__dimension_choices(const og__dimension *dimension)
{
    return (size_t)dimension->high + 1;
}

void og__dimension_box(const og__dimension *dimension, double *low, double *high)
{
    *low = dimension->low - dimension->step / 2;
    *high = dimension->high + dimension->step / 2;
    if (dimension->log) {
        *low = log(*low);
        *high = log(*high);
    }
}

double og__dimension_inward(const og__dimension *dimension, double value)
{
    return dimension->log ? log(value) : value;
}

double og__dimension_outward(const og__dimension *dimension, double inward)
{
    double value = dimension->log ? exp(inward) : inward;
    if (dimension->step > 0)
        value = dimension->low + nearbyint((value - dimension->low) / dimension->step) * dimension->step;
    return fmin(fmax(value, dimension->low), dimension->high);
}

double og__draw_uniform(og__random *random)
{
    uint64_t high = og__random_u32(random) >> 5, low = og__random_u32(random) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

double og__dimension_draw(const og__dimension *dimension, og__random *random)
{
    if (dimension->kind == OG_DIMENSION_CHOICE)
        return og__random_below(random, (uint32_t)og__dimension_choices(dimension));
    double low, high;
    og__dimension_box(dimension, &low, &high);
    return og__dimension_outward(dimension, low + og__draw_uniform(random) * (high - low));
}
