#include "study/importance.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "base/memory.h"

enum { PLACES = 50, REGIME_LEAST = 2 };
static const double best_share = 0.1, floor_density = 1e-12;

typedef struct grid {
    size_t size;
    double *counts; /* (size) observations at each place */
    double *density;
} grid;

/* --- the grid ----------------------------------------------------------------------------------------------------- */

static size_t grid_size(const og__dimension *d)
{
    if (d->kind == OG_DIMENSION_CHOICE)
        return og__dimension_choices(d);
    if (d->kind == OG_DIMENSION_INT && d->log) {
        size_t doublings = (size_t)ceil(log2(d->high - d->low + 1)) + 1;
        return doublings < PLACES ? doublings : PLACES;
    }
    if (d->step > 0) {
        double steps = round((d->high - d->low) / d->step) + 1;
        return steps < PLACES ? (size_t)steps : PLACES;
    }
    return PLACES;
}

static size_t place_of(const og__dimension *d, size_t size, double value)
{
    if (d->kind == OG_DIMENSION_CHOICE)
        return (size_t)value;
    double low = d->log ? log(d->low) : d->low, high = d->log ? log(d->high) : d->high;
    double at = ceil(((d->log ? log(value) : value) - low) / ((high - low) / (double)(size - 1)) - 0.5);
    return (size_t)fmin(fmax(at, 0), (double)(size - 1));
}

/* --- densities ---------------------------------------------------------------------------------------------------- */

/* A kernel on each place that was observed, weighted by how often, and one for the prior, of weight 1. */
static void add_choices(const grid *g, double kernels, double total)
{
    double prior = 1 / kernels, row = 1 + prior * (double)g->size;
    for (size_t i = 0; i < g->size; i++) {
        double sum = 1 / (double)g->size;
        for (size_t k = 0; k < g->size; k++)
            sum += g->counts[k] * (prior + (i == k)) / row;
        g->density[i] = sum / (total + 1);
    }
}

/* Scott's rule, with the interquartile range on the places as Optuna takes it. */
static double bandwidth(const grid *g, double total)
{
    double mean = 0, square = 0, low = -1, high = -1, cumulated = 0, last = 0;
    for (size_t i = 0; i < g->size; i++)
        mean += g->counts[i] * (double)i / total;
    for (size_t i = 0; i < g->size; i++)
        square += g->counts[i] * ((double)i - mean) * ((double)i - mean);
    for (size_t i = 0; i < g->size; i++) {
        if (g->counts[i] == 0)
            continue;
        cumulated += g->counts[i];
        last = (double)i;
        if (low < 0 && cumulated >= floor(total / 4))
            low = (double)i;
        if (high < 0 && cumulated > floor(total * 3 / 4))
            high = (double)i;
    }
    double spread = fmin(((high < 0 ? last : high) - low) / 1.34, sqrt(square / fmax(1, total - 1)));
    return fmax(1.059 * spread * pow(total, -0.2), 0.5 / 1.64);
}

/* Mass of a normal around a place, of what it has over the whole grid. */
static double mass(double place, double mean, double sigma, double size)
{
    double whole = gsl_cdf_gaussian_P(size - 0.5 - mean, sigma) - gsl_cdf_gaussian_P(-0.5 - mean, sigma);
    return (gsl_cdf_gaussian_P(place + 0.5 - mean, sigma) - gsl_cdf_gaussian_P(place - 0.5 - mean, sigma)) / whole;
}

static void add_numbers(const grid *g, double total)
{
    double size = (double)g->size, sigma = bandwidth(g, total);
    for (size_t i = 0; i < g->size; i++) {
        double sum = mass((double)i, (size - 1) / 2, size, size);
        for (size_t k = 0; k < g->size; k++)
            if (g->counts[k] > 0)
                sum += g->counts[k] * mass((double)i, (double)k, sigma, size);
        g->density[i] = sum / (total + 1);
    }
}

static void estimate(const og__dimension *d, const grid *g)
{
    double kernels = 1, total = 0;
    for (size_t i = 0; i < g->size; i++) {
        kernels += g->counts[i] > 0;
        total += g->counts[i];
    }
    if (d->kind == OG_DIMENSION_CHOICE)
        add_choices(g, kernels, total);
    else
        add_numbers(g, total);
    for (size_t i = 0; i < g->size; i++)
        g->density[i] += floor_density;
}

/* --- importance --------------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The value that the best tenth reach; equal ones belong to them. */
static og_status find_cutoff(size_t count, const double *values, double *cutoff)
{
    double *sorted;
    OG_TRY(og__alloc(count, sizeof *sorted, &sorted));
    for (size_t i = 0; i < count; i++)
        sorted[i] = values[i];
    qsort(sorted, count, sizeof *sorted, by_value);
    *cutoff = sorted[(size_t)ceil(best_share * (double)count) - 1];
    free(sorted);
    return OG_OK;
}

static double divergence(const grid *all, const grid *best)
{
    double sum = 0;
    for (size_t i = 0; i < all->size; i++) {
        double ratio = best->density[i] / all->density[i] - 1;
        sum += all->density[i] * ratio * ratio;
    }
    return sum;
}

static og_status judge(const og__dimension *d, size_t index, size_t count, const double *const *points,
                       const double *values, double cutoff, double *importance)
{
    og_status status = OG_OK;
    size_t size = grid_size(d);
    grid all = {.size = size}, best = {.size = size};
    double have = 0, good = 0, good_have = 0;
    OG_GO(og__alloc(size, sizeof(double), &all.counts));
    OG_GO(og__alloc(size, sizeof(double), &all.density));
    OG_GO(og__alloc(size, sizeof(double), &best.counts));
    OG_GO(og__alloc(size, sizeof(double), &best.density));
    for (size_t i = 0; i < count; i++) {
        good += values[i] >= cutoff;
        if (isnan(points[i][index]))
            continue;
        size_t place = place_of(d, size, points[i][index]);
        all.counts[place]++;
        have++;
        best.counts[place] += values[i] >= cutoff;
        good_have += values[i] >= cutoff;
    }
    if (have < REGIME_LEAST || good_have == 0)
        goto done;
    estimate(d, &all);
    estimate(d, &best);
    double share = good / (double)count, a = good_have / good, b = have / (double)count;
    *importance = share * share * a * a / b * divergence(&all, &best);
done:
    free(all.counts);
    free(all.density);
    free(best.counts);
    free(best.density);
    return status;
}

og_status og__importance(const og__space *space, size_t count, const double *const *points, const double *values,
                         double *importance)
{
    double cutoff;
    for (size_t d = 0; d < space->count; d++)
        importance[d] = 0;
    if (count < 2)
        return OG_OK;
    OG_TRY(find_cutoff(count, values, &cutoff));
    for (size_t d = 0; d < space->count; d++)
        if (space->dimensions[d].low < space->dimensions[d].high)
            OG_TRY(judge(&space->dimensions[d], d, count, points, values, cutoff, &importance[d]));
    return OG_OK;
}
