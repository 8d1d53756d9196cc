#include "study/parzen.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_erf.h>

#include "base/memory.h"

enum { FULL_WEIGHTS = 25 };

void og__parzen_weights(size_t n, double *weights)
{
    size_t ramp = n > FULL_WEIGHTS ? n - FULL_WEIGHTS : 0;
    double first = 1 / (double)(n > 0 ? n : 1);
    for (size_t i = 0; i < n; i++)
        weights[i] = i >= ramp ? 1 : ramp == 1 ? first : first + (1 - first) * (double)i / (double)(ramp - 1);
}

/* --- making it ---------------------------------------------------------------------------------------------- */

/* The neighbours of mean[i] in order of value, equal ones in order of age; -1 where there is none. */
static void find_neighbours(size_t n, const double *mean, size_t i, int *below, int *above)
{
    *below = *above = -1;
    for (size_t j = 0; j < n; j++) {
        if (j == i)
            continue;
        bool is_below = mean[j] < mean[i] || (mean[j] == mean[i] && j < i);
        int *nearest = is_below ? below : above;
        bool nearer = *nearest < 0 || (is_below ? mean[j] >= mean[*nearest] : mean[j] < mean[*nearest]);
        if (nearer)
            *nearest = (int)j;
    }
}

static void place_kernels(const og__dimension *d, size_t n, double *mean, double *sigma)
{
    double low, high;
    og__dimension_box(d, &low, &high);
    double width = high - low, least = width / fmin(100, (double)n + 2);
    for (size_t i = 0; i < n; i++) {
        int below, above;
        find_neighbours(n, mean, i, &below, &above);
        double left = below >= 0 ? mean[i] - mean[below] : n == 1 ? mean[i] - low : 0;
        double right = above >= 0 ? mean[above] - mean[i] : n == 1 ? high - mean[i] : 0;
        sigma[i] = fmin(fmax(fmax(left, right), least), width);
    }
    mean[n] = (low + high) / 2;
    sigma[n] = width;
}

static void place_choices(size_t choices, size_t n, const double *values, double *shares)
{
    double fill = 1 / (double)(n + 1), sum = fill * (double)choices + 1;
    for (size_t i = 0; i <= n; i++)
        for (size_t c = 0; c < choices; c++)
            shares[i * choices + c] = i == n ? 1 / (double)choices : (fill + (values[i] == (double)c ? 1 : 0)) / sum;
}

static og_status model(og__parzen *p, size_t d, size_t dimension, const double *const *points)
{
    size_t n = p->kernels - 1;
    double *mean = p->mean + d * p->kernels;
    for (size_t i = 0; i < n; i++)
        mean[i] = og__dimension_inward(p->modelled[d], points[i][dimension]);
    if (p->modelled[d]->kind != OG_DIMENSION_CHOICE) {
        place_kernels(p->modelled[d], n, mean, p->sigma + d * p->kernels);
        return OG_OK;
    }
    size_t choices = og__dimension_choices(p->modelled[d]);
    OG_TRY(og__alloc(p->kernels * choices, sizeof **p->choice, &p->choice[d]));
    place_choices(choices, n, mean, p->choice[d]);
    return OG_OK;
}

og_status og__parzen_init(const og__space *space, size_t count, const size_t *dimensions, size_t n,
                          const double *const *points, og__parzen *parzen)
{
    og_status status = OG_OK;
    double sum = 0;
    *parzen = (og__parzen){.count = count, .kernels = n + 1};
    OG_GO(og__alloc(count, sizeof *parzen->modelled, &parzen->modelled));
    OG_GO(og__alloc(n + 1, sizeof *parzen->weight, &parzen->weight));
    OG_GO(og__alloc(count * (n + 1), sizeof *parzen->mean, &parzen->mean));
    OG_GO(og__alloc(count * (n + 1), sizeof *parzen->sigma, &parzen->sigma));
    OG_GO(og__alloc(count, sizeof *parzen->choice, &parzen->choice));
    og__parzen_weights(n, parzen->weight);
    parzen->weight[n] = 1;
    for (size_t i = 0; i <= n; i++)
        sum += parzen->weight[i];
    for (size_t i = 0; i <= n; i++)
        parzen->weight[i] /= sum;
    for (size_t d = 0; d < count; d++) {
        parzen->modelled[d] = &space->dimensions[dimensions[d]];
        OG_GO(model(parzen, d, dimensions[d], points));
    }
done:
    if (status != OG_OK)
        og__parzen_deinit(parzen);
    return status;
}

void og__parzen_deinit(og__parzen *parzen)
{
    for (size_t d = 0; parzen->choice && d < parzen->count; d++)
        free(parzen->choice[d]);
    free(parzen->choice);
    free(parzen->modelled);
    free(parzen->weight);
    free(parzen->mean);
    free(parzen->sigma);
    *parzen = (og__parzen){0};
}

/* --- its density -------------------------------------------------------------------------------------------- */

/* log Phi(z), good in the lower tail. */
static double log_normal(double z)
{
    return gsl_sf_log_erfc(-z / M_SQRT2) - M_LN2;
}

/* log (Phi(b) - Phi(a)), a < b, computed in the lower tail: the upper one is its mirror image. */
static double log_mass(double a, double b)
{
    if (a > 0) {
        double mirrored = -a;
        a = -b;
        b = mirrored;
    }
    double log_a = log_normal(a), log_b = log_normal(b);
    return log_b + log1p(-exp(log_a - log_b));
}

static double log_kernel(const og__dimension *d, double mean, double sigma, double value)
{
    double low, high, log_density;
    og__dimension_box(d, &low, &high);
    if (d->step > 0) {
        double from = value - d->step / 2, to = value + d->step / 2;
        from = og__dimension_inward(d, from);
        to = og__dimension_inward(d, to);
        log_density = log_mass((from - mean) / sigma, (to - mean) / sigma);
    } else {
        double z = (og__dimension_inward(d, value) - mean) / sigma;
        log_density = -z * z / 2 - log(sigma) - 0.5 * log(2 * M_PI);
    }
    return log_density - log_mass((low - mean) / sigma, (high - mean) / sigma);
}

static double log_term(const og__parzen *p, size_t kernel, const double *values)
{
    double sum = log(p->weight[kernel]);
    for (size_t d = 0; d < p->count; d++) {
        size_t at = d * p->kernels + kernel;
        if (p->choice[d])
            sum += log(p->choice[d][kernel * og__dimension_choices(p->modelled[d]) + (size_t)values[d]]);
        else
            sum += log_kernel(p->modelled[d], p->mean[at], p->sigma[at], values[d]);
    }
    return sum;
}

double og__parzen_log_density(const og__parzen *parzen, const double *values)
{
    double largest = -INFINITY, sum = 0; /* sum of exp(term - largest), brought up to date when a larger term comes */
    for (size_t i = 0; i < parzen->kernels; i++) {
        double term = log_term(parzen, i, values);
        if (term > largest) {
            sum = sum * exp(largest - term) + 1;
            largest = term;
        } else if (term > -INFINITY) {
            sum += exp(term - largest);
        }
    }
    return largest + log(sum);
}

/* --- drawing from it ---------------------------------------------------------------------------------------- */

static size_t draw_index(size_t count, const double *shares, og__random *random)
{
    double u = og__draw_uniform(random), sum = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        sum += shares[i];
        if (u < sum)
            return i;
    }
    return count - 1;
}

/* A truncated normal by the inverse of its distribution. The mean is within the box, so that tails are never far. */
static double draw_number(const og__dimension *d, double mean, double sigma, og__random *random)
{
    double low, high;
    og__dimension_box(d, &low, &high);
    double from = gsl_cdf_ugaussian_P((low - mean) / sigma), to = gsl_cdf_ugaussian_P((high - mean) / sigma);
    double share = from + og__draw_uniform(random) * (to - from);
    double inward = share <= 0 ? low : share >= 1 ? high : mean + sigma * gsl_cdf_ugaussian_Pinv(share);
    return og__dimension_outward(d, fmin(fmax(inward, low), high));
}

void og__parzen_draw(const og__parzen *parzen, og__random *random, double *values)
{
    size_t kernel = draw_index(parzen->kernels, parzen->weight, random);
    for (size_t d = 0; d < parzen->count; d++) {
        size_t at = d * parzen->kernels + kernel;
        if (parzen->choice[d]) {
            size_t choices = og__dimension_choices(parzen->modelled[d]);
            values[d] = (double)draw_index(choices, parzen->choice[d] + kernel * choices, random);
        } else {
            values[d] = draw_number(parzen->modelled[d], parzen->mean[at], parzen->sigma[at], random);
        }
    }
}
