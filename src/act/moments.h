/* Gaussian moments of a bound formula. Public side: ogive/facts.h. */
#ifndef OG_ACT_MOMENTS_H
#define OG_ACT_MOMENTS_H

#include <ogive/facts.h>

#include "act/function.h"

/* Beyond 14 standard deviations the density is below 1e-43; what still matters there grows so fast that the integral is
 * infinite, or of no use. Beyond 8, a value that is not finite is left out: no network ever sees it. */
enum { OG_MOMENTS_REACH = 14, OG_MOMENTS_COMMON = 8 };

/**
 * Find the moments for x ~ N(mean, sd^2); `f` has its splits. Fields that do not exist are NaN or infinite.
 *
 * @return OG_OK or OG_ERR_MEMORY
 */
og_status og__moments_find(og__function *f, double mean, double sd, og_act_moments *moments);

/* OG_ERR_NUMERIC with the place and the reason unless mean and variance are finite. */
og_status og__moments_check(const og__function *f, double mean, double sd, const og_act_moments *moments);

#endif
