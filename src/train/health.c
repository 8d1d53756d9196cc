#include "train/health.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "act/act.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/meter.h"

static const double flat_slope = 1e-3, dead_share = 0.999, rare_share = 0.99, dead_variance = 1e-6;
static const double linear_spread = 1e-3, saturated_slope = 0.05, tiny_output = 1e-3, norm_reach = 3;
static const double histogram_low = -8, histogram_high = 8;

enum { CHUNK = 512, GRID = 257, NORMAL_POINTS = 64 };

/* Sums over the positions of one channel. z and y are counted from their first value, against cancellation. */
typedef struct og__health_channel {
    int64_t units, flat, left, right;
    double z0, y0, z, zz, y, yy, zy;
    double slope_min, slope_max, slopes; /* f'; sum of its squares */
    double gradient;                     /* squared */
    double steepest;                     /* max |f'| over the histogram's range */
    double normal_variance;              /* of f at normal inputs of this channel's mean and spread */
    int64_t counts[OG_HEALTH_BINS], below, above;
    size_t kept; /* values of y that stand in the health's `kept` */
} channel_sums;

og_status og__health_init_for(og__health *health, size_t layer_count, int channels_max, int threads)
{
    *health = (og__health){.layer_count = layer_count, .channels_max = channels_max, .threads = threads};
    og_status status = og__alloc(layer_count, sizeof *health->layers, &health->layers);
    if (status == OG_OK)
        status = og__alloc((size_t)channels_max, sizeof *health->channels, &health->channels);
    if (status == OG_OK)
        status = og__alloc((size_t)channels_max * OG_HEALTH_SAMPLE, sizeof *health->kept, &health->kept);
    if (status == OG_OK)
        status = og__alloc(OG_HEALTH_SAMPLE, sizeof *health->places, &health->places);
    if (status != OG_OK)
        og__health_deinit(health);
    return status;
}

og_status og__health_init(og__health *health, const og_net *net, int threads)
{
    int most = 0;
    for (size_t i = 0; i < og_net_layer_count(net); i++) {
        int channels = og_net_layer_at(net, i)->channels;
        most = channels > most ? channels : most;
    }
    return og__health_init_for(health, og_net_layer_count(net), most, threads);
}

void og__health_deinit(og__health *health)
{
    free(health->layers);
    free(health->channels);
    free(health->kept);
    free(health->places);
    *health = (og__health){0};
}

/* --- one channel --- */

/* A layer with its function, ready to be evaluated. */
typedef struct subject {
    const og__probe_layer *layer;
    const og__act_frames *frames;
    const void *self;
    size_t param_count;
    const og__health_place *places; /* (count) that are looked at; NULL: all */
    size_t count;
    double steepest; /* of all channels when the parameters are the same for all, else NaN */
} subject;

/* Max |f'| by the first operand, the others at what stands for them where no network is. */
static double steepest_slope(const subject *s, const float *params)
{
    float z[OG_INPUT_COUNT][GRID], slope[GRID], *dz[OG_INPUT_COUNT] = {slope};
    const float *operands[OG_INPUT_COUNT];
    og_input inputs[OG_INPUT_COUNT];
    double steepest = 0;
    int count = og__act_operands(s->layer->act, inputs);
    for (int operand = 0; operand < count; operand++) {
        operands[operand] = z[operand];
        for (int i = 0; i < GRID; i++)
            z[operand][i] = operand == 0 ? (float)(histogram_low + (histogram_high - histogram_low) * i / (GRID - 1))
                                         : og__input_default(inputs[operand]);
    }
    s->frames->eval(s->self, GRID, operands, params, NULL, dz, NULL);
    for (int i = 0; i < GRID; i++)
        if (isfinite(slope[i]))
            steepest = fmax(steepest, fabs((double)slope[i]));
    return steepest;
}

static double variance(double sum, double squares, double count)
{
    return fmax(0, squares / count - sum / count * (sum / count));
}

/* Var f(z), z ~ N(mean, sd^2), by midpoints between -5 and 5 standard deviations; of functions of z alone. */
static double normal_variance(const subject *s, const float *params, double mean, double sd)
{
    if (s->layer->operand_count > 1 || s->layer->param_stride > 0)
        return NAN;
    float z[NORMAL_POINTS], y[NORMAL_POINTS];
    double weight = 0, sum = 0, squares = 0, density[NORMAL_POINTS];
    for (int i = 0; i < NORMAL_POINTS; i++) {
        double t = 10 * (i + 0.5) / NORMAL_POINTS - 5;
        density[i] = exp(-0.5 * t * t);
        z[i] = (float)(mean + sd * t);
    }
    s->frames->eval(s->self, NORMAL_POINTS, (const float *const[]){z}, params, y, (float *const[]){NULL}, NULL);
    for (int i = 0; i < NORMAL_POINTS; i++) {
        double dy = (double)y[i] - (double)y[NORMAL_POINTS / 2];
        weight += density[i];
        sum += density[i] * dy;
        squares += density[i] * dy * dy;
    }
    return variance(sum, squares, weight);
}

static void count_in_histogram(channel_sums *sums, size_t count, const float *z)
{
    const double bins = OG_HEALTH_BINS / (histogram_high - histogram_low);
    for (size_t i = 0; i < count; i++) {
        double at = (double)z[i]; /* in float the largest value below 8 would fall out of the last bin */
        if (at >= histogram_low && at < histogram_high)
            sums->counts[(int)((at - histogram_low) * bins)]++;
        else if (at < histogram_low)
            sums->below++;
        else
            sums->above++;
    }
}

static void count_slopes(channel_sums *sums, size_t count, const float *z, const float *slope)
{
    const float flat = (float)flat_slope, saturated = (float)(saturated_slope * sums->steepest);
    float least = (float)sums->slope_min, most = (float)sums->slope_max;
    int flats = 0, lefts = 0, rights = 0;
#pragma omp simd reduction(+ : flats, lefts, rights) reduction(min : least) reduction(max : most)
    for (size_t i = 0; i < count; i++) {
        float steep = fabsf(slope[i]);
        least = slope[i] < least ? slope[i] : least;
        most = slope[i] > most ? slope[i] : most;
        flats += steep < flat;
        lefts += steep < saturated && z[i] < 0;
        rights += steep < saturated && !(z[i] < 0);
    }
    sums->slope_min = (double)least;
    sums->slope_max = (double)most;
    sums->flat += flats;
    sums->left += lefts;
    sums->right += rights;
}

/* The sums are the same for any instruction set: each of PARTS runs over every PARTS-th unit. */
static void add_moments(channel_sums *sums, size_t count, const float *z, const float *y, const float *slope,
                        const float *gradient)
{
    enum { PARTS = 8, MOMENTS = 7 };
    double parts[MOMENTS][PARTS] = {0},
           *totals[MOMENTS] = {&sums->z, &sums->zz, &sums->y, &sums->yy, &sums->zy, &sums->slopes, &sums->gradient};
    for (size_t at = 0; at < count; at += PARTS) {
        int some = count - at < PARTS ? (int)(count - at) : PARTS;
#pragma omp simd
        for (int i = 0; i < some; i++) {
            double dz = (double)z[at + (size_t)i] - sums->z0, dy = (double)y[at + (size_t)i] - sums->y0;
            double steep = (double)slope[at + (size_t)i], back = (double)gradient[at + (size_t)i];
            parts[0][i] += dz;
            parts[1][i] += dz * dz;
            parts[2][i] += dy;
            parts[3][i] += dy * dy;
            parts[4][i] += dz * dy;
            parts[5][i] += steep * steep;
            parts[6][i] += back * back;
        }
    }
    for (int m = 0; m < MOMENTS; m++)
        for (int i = 0; i < PARTS; i++)
            *totals[m] += parts[m][i];
}

static void add_units(channel_sums *sums, size_t count, const float *z, const float *y, const float *slope,
                      const float *gradient)
{
    if (sums->units == 0) {
        sums->z0 = z[0];
        sums->y0 = y[0];
        sums->slope_min = sums->slope_max = slope[0];
    }
    sums->units += (int64_t)count;
    add_moments(sums, count, z, y, slope, gradient);
    count_slopes(sums, count, z, slope);
    count_in_histogram(sums, count, z);
}

static size_t block_count(const og__probe_layer *layer)
{
    return ((size_t)layer->channels + (size_t)layer->lanes - 1) / (size_t)layer->lanes;
}

/* One position from each of equal stretches of all, at a place in it that the golden ratio moves, so that no period of
 * the picture is met. */
static void choose_places(og__health_place *places, size_t count, const og__probe_layer *layer)
{
    size_t lanes = (size_t)layer->lanes, blocks = block_count(layer), total = (size_t)layer->n * layer->pixels;
    for (size_t i = 0; i < count; i++) {
        double offset = fmod((double)i * 0.61803398874989485, 1);
        size_t at = (size_t)(((double)i + offset) * (double)total / (double)count);
        at = at < total ? at : total - 1;
        size_t image = at / layer->pixels, pixel = at % layer->pixels;
        places[i] = (og__health_place){image, (image * blocks * layer->pixels + pixel) * lanes};
    }
}

/* A channel's positions from the at-th on that lie in one image, at most CHUNK. */
typedef struct stretch {
    size_t image, sample, count;
    size_t units[CHUNK]; /* in a tensor, of the channel */
} stretch;

static void find_stretch(const subject *s, int channel, size_t at, stretch *found)
{
    const og__probe_layer *layer = s->layer;
    size_t lanes = (size_t)layer->lanes, image_floats = block_count(layer) * layer->pixels * lanes;
    size_t first = (size_t)channel / lanes * layer->pixels * lanes + (size_t)channel % lanes;
    size_t pixel = at % layer->pixels, left = s->count - at < CHUNK ? s->count - at : CHUNK;
    found->image = s->places ? s->places[at].image : at / layer->pixels;
    found->sample = found->image / (size_t)layer->slices;
    if (!s->places && left > layer->pixels - pixel)
        left = layer->pixels - pixel;
    for (found->count = 0; found->count < left; found->count++) {
        size_t i = found->count;
        if (s->places && s->places[at + i].image != found->image)
            return;
        found->units[i] =
            first + (s->places ? s->places[at + i].unit : found->image * image_floats + (pixel + i) * lanes);
    }
}

/* z of an operand; noise is 1/2. */
static void read_operand(const og__probe_operand *o, const stretch *where, int channel, float *z)
{
    size_t row = where->sample * o->stride + (size_t)channel;
    for (size_t i = 0; i < where->count; i++)
        z[i] = o->src ? o->src[where->units[i]] * o->scale[row] + o->shift[row] : og__input_default(OG_INPUT_NOISE);
}

static void measure_channel(const og__health *health, const subject *s, int channel, channel_sums *sums)
{
    const og__probe_layer *layer = s->layer;
    size_t keep_every = (s->count + OG_HEALTH_SAMPLE - 1) / OG_HEALTH_SAMPLE;
    float *kept = health->kept + (size_t)channel * OG_HEALTH_SAMPLE;
    float params[OG_ACT_PARAMS_MAX], z[OG_INPUT_COUNT][CHUNK], y[CHUNK], slope[CHUNK], gradient[CHUNK];
    const float *operands[OG_INPUT_COUNT];
    float *dz[OG_INPUT_COUNT] = {slope};
    stretch where;
    *sums = (channel_sums){0};
    for (int i = 0; i < layer->operand_count; i++)
        operands[i] = z[i];
    for (size_t at = 0; at < s->count; at += where.count) {
        find_stretch(s, channel, at, &where);
        for (size_t k = 0; k < s->param_count; k++)
            params[k] = layer->params[k][where.sample * layer->param_stride + (size_t)channel];
        if (at == 0)
            sums->steepest = isnan(s->steepest) ? steepest_slope(s, params) : s->steepest;
        for (int i = 0; i < layer->operand_count; i++)
            read_operand(&layer->operands[i], &where, channel, z[i]);
        for (size_t i = 0; i < where.count; i++)
            gradient[i] = layer->d_dst[where.units[i]];
        s->frames->eval(s->self, where.count, operands, params, y, dz, NULL);
        add_units(sums, where.count, z[0], y, slope, gradient);
        for (size_t i = (keep_every - at % keep_every) % keep_every; i < where.count; i += keep_every)
            kept[sums->kept++] = y[i];
    }
    double units = (double)sums->units;
    sums->normal_variance =
        normal_variance(s, params, sums->z0 + sums->z / units, sqrt(variance(sums->z, sums->zz, units)));
}

/* --- from channels to the layer --- */

static void judge_channel(og__health_layer *result, const channel_sums *sums)
{
    double units = (double)sums->units, flat = (double)sums->flat / units;
    double steep = fmax(fabs(sums->slope_min), fabs(sums->slope_max));
    bool dead = flat > dead_share && variance(sums->y, sums->yy, units) < dead_variance;
    result->dead += dead;
    result->rare += !dead && flat > rare_share;
    result->linear += steep >= flat_slope && sums->slope_max - sums->slope_min <= linear_spread * steep;
}

/* 1 - corr(y, z)^2, NaN where y or z does not vary. */
static double channel_nonlinearity(const channel_sums *sums)
{
    double units = (double)sums->units;
    double vz = variance(sums->z, sums->zz, units), vy = variance(sums->y, sums->yy, units);
    double covariance = sums->zy / units - sums->z / units * (sums->y / units);
    return vz > 0 && vy > 0 ? fmax(0, 1 - covariance * covariance / (vz * vy)) : NAN;
}

/* What is counted by unit or by channel. */
static void count_all(og__health_layer *result, const channel_sums *channels, int count, double units)
{
    double gradient = 0, bend = 0, left = 0, right = 0;
    int varying = 0;
    for (int c = 0; c < count; c++) {
        const channel_sums *sums = &channels[c];
        double bent = channel_nonlinearity(sums);
        judge_channel(result, sums);
        gradient += sums->gradient;
        left += (double)sums->left;
        right += (double)sums->right;
        if (!isnan(bent)) {
            bend += bent;
            varying++;
        }
        for (int bin = 0; bin < OG_HEALTH_BINS; bin++)
            result->counts[bin] += sums->counts[bin];
        result->below += sums->below;
        result->above += sums->above;
    }
    result->nonlinearity = varying > 0 ? bend / varying : NAN;
    result->gradient_rms = sqrt(gradient / units);
    result->saturated_left = left / units;
    result->saturated_right = right / units;
    result->dead /= count;
    result->rare /= count;
    result->linear /= count;
}

/* Moments of z, f(z) and f'(z). Channels have equally many units. */
static void take_moments(og__health_layer *result, const channel_sums *channels, int count, bool normalised)
{
    double vz = 0, vy = 0, normal = 0, yy = 0, chi = 0, spread = 0;
    for (int c = 0; c < count; c++)
        result->mean += (channels[c].y0 + channels[c].y / (double)channels[c].units) / count;
    for (int c = 0; c < count; c++) {
        const channel_sums *sums = &channels[c];
        double n = (double)sums->units, mz = sums->z0 + sums->z / n, my = sums->y0 + sums->y / n;
        double own_vz = variance(sums->z, sums->zz, n), own_vy = variance(sums->y, sums->yy, n);
        vz += own_vz;
        vy += own_vy;
        yy += own_vy + my * my;
        spread += own_vy + (my - result->mean) * (my - result->mean);
        normal += sums->normal_variance;
        chi += sums->slopes / n * (normalised ? own_vz : own_vz + mz * mz);
    }
    result->sd = sqrt(spread / count);
    result->mean_shift = result->sd > 0 ? result->mean / result->sd : NAN;
    result->variation = yy > 0 ? sqrt(vy / yy) : NAN;
    result->variance_ratio = vz > 0 ? vy / vz : NAN;
    result->variance_ratio_normal = vz > 0 ? normal / vz : NAN;
    result->chi = (normalised ? vy : yy) > 0 ? chi / (normalised ? vy : yy) : NAN;
}

static double sparsity(const og__health *health, int count, double rms)
{
    double tiny = 0, all = 0;
    for (int c = 0; c < count; c++) {
        all += (double)health->channels[c].kept;
        for (size_t i = 0; i < health->channels[c].kept; i++)
            tiny += fabs(health->kept[(size_t)c * OG_HEALTH_SAMPLE + i]) < tiny_output * rms;
    }
    return tiny / all;
}

/* --- the norm --- */

static void measure_norm(og__health_layer *result, const og__probe_layer *layer)
{
    const og__probe_operand *o = &layer->operands[0];
    int groups = o->stride > 0 ? layer->n / layer->slices : 1;
    result->norm_low = result->norm_high = result->constant = o->rstd ? 0 : NAN;
    for (int c = 0; c < layer->channels && o->rstd; c++) {
        double reach = norm_reach * fabs((double)o->norm_weight[c]), bias = (double)o->norm_bias[c];
        result->norm_low += (double)(bias < -reach) / layer->channels;
        result->norm_high += (double)(bias > reach) / layer->channels;
        for (int g = 0; g < groups; g++) {
            double rstd = (double)o->rstd[(size_t)g * o->stride + (size_t)c];
            result->constant += (double)(rstd * rstd * 2 * layer->epsilon > 1) / layer->channels / groups;
        }
    }
}

/* --- the layer --- */

static void measure_params(og__health_layer *result, const og__probe_layer *layer)
{
    for (size_t k = 0; k < og_act_param_count(layer->act); k++) {
        og_act_param param = og_act_param_at(layer->act, k);
        const float *values = layer->params[k];
        if (param.learn == OG_LEARN_NO || param.source == OG_PARAM_EXCITE)
            continue;
        og__health_param *row = &result->params[result->param_count++];
        *row =
            (og__health_param){.name = param.name, .initial = (double)param.value, .min = INFINITY, .max = -INFINITY};
        row->moved = row->gradient = NAN;
        for (int c = 0; c < layer->channels; c++) {
            row->mean += (double)values[c] / layer->channels;
            row->min = fmin(row->min, (double)values[c]);
            row->max = fmax(row->max, (double)values[c]);
        }
    }
}

/* Channels mostly share their parameters, and then the function's steepest slope too. */
static double common_steepest(const subject *s)
{
    float params[OG_ACT_PARAMS_MAX];
    if (s->layer->param_stride > 0)
        return NAN;
    for (size_t k = 0; k < s->param_count; k++) {
        params[k] = s->layer->params[k][0];
        for (int c = 1; c < s->layer->channels; c++)
            if (s->layer->params[k][c] != params[k])
                return NAN;
    }
    return steepest_slope(s, params);
}

void og__health_measure(og__health *health, const og__probe_layer *layer, const og__act_frames *frames,
                        const void *self)
{
    og__health_layer *result = &health->layers[layer->layer];
    size_t total = (size_t)layer->n * layer->pixels;
    bool all = health->positions == 0 || health->positions >= total;
    subject s = {.layer = layer,
                 .frames = frames,
                 .self = self,
                 .param_count = og_act_param_count(layer->act),
                 .places = all ? NULL : health->places,
                 .count = all ? total : health->positions};
    assert(layer->layer < health->layer_count && layer->channels <= health->channels_max);
    assert(health->positions <= OG_HEALTH_SAMPLE);
    *result = (og__health_layer){0};
    s.steepest = common_steepest(&s);
    if (!all)
        choose_places(health->places, s.count, layer);
#pragma omp parallel for num_threads(health->threads) schedule(static)
    for (int c = 0; c < layer->channels; c++)
        measure_channel(health, &s, c, &health->channels[c]);
    count_all(result, health->channels, layer->channels, (double)health->channels[0].units * (double)layer->channels);
    take_moments(result, health->channels, layer->channels, layer->operands[0].rstd != NULL);
    result->sparsity = sparsity(health, layer->channels, hypot(result->mean, result->sd));
    measure_norm(result, layer);
    measure_params(result, layer);
}

void og__health_probe(void *health, const og__probe_layer *layer)
{
    const void *self;
    double start = og__now_s();
    const og__act_frames *frames = og__act_kernel_frames(layer->kernel, &self);
    og__health_measure(health, layer, frames, self);
    ((og__health *)health)->spent_s += og__now_s() - start;
}
