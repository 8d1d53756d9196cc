#include "train/health.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "act/act.h"
#include "base/memory.h"
#include "base/status.h"
#include "format/json.h"
#include "train/placement.h"

static const double flat_slope = 1e-3, dead_share = 0.999, rare_share = 0.99, dead_variance = 1e-6;
static const double linear_spread = 1e-3, saturated_slope = 0.05;
static const double histogram_low = -8, histogram_high = 8;

enum { CHUNK = 512, GRID = 1025, LANES_MAX = 16 };

/* Sums over the positions of one channel. z and y are counted from their first value, against cancellation. */
typedef struct og__health_channel {
    int64_t units, flat, left, right;
    double z0, y0, z, zz, y, yy, zy;
    double slope_min, slope_max; /* f' */
    double gradient;             /* squared */
    double steepest;             /* max |f'| over the histogram's range */
    int64_t counts[OG_HEALTH_BINS], below, above;
} channel_sums;

og_status og__health_init(og__health *health, size_t layer_count, int channels_max, int threads)
{
    *health = (og__health){.layer_count = layer_count, .channels_max = channels_max, .threads = threads};
    og_status status = og__alloc(layer_count, sizeof *health->layers, &health->layers);
    if (status == OG_OK)
        status = og__alloc((size_t)channels_max, sizeof *health->channels, &health->channels);
    if (status != OG_OK)
        og__health_deinit(health);
    return status;
}

void og__health_deinit(og__health *health)
{
    free(health->layers);
    free(health->channels);
    *health = (og__health){0};
}

/* --- one channel --- */

/* Max |f'| by the first operand, the others at what stands for them where no network is. */
static double steepest_slope(const og__probe_layer *layer, const og__act_frames *frames, const void *self,
                             const float *params)
{
    float z[OG_INPUT_COUNT][GRID], slope[GRID], *dz[OG_INPUT_COUNT] = {slope};
    const float *operands[OG_INPUT_COUNT];
    og_input inputs[OG_INPUT_COUNT];
    double steepest = 0;
    int count = og__act_operands(layer->act, inputs);
    for (int operand = 0; operand < count; operand++) {
        operands[operand] = z[operand];
        for (int i = 0; i < GRID; i++)
            z[operand][i] = operand == 0 ? (float)(histogram_low + (histogram_high - histogram_low) * i / (GRID - 1))
                                         : og__input_default(inputs[operand]);
    }
    frames->eval(self, GRID, operands, params, NULL, dz, NULL);
    for (int i = 0; i < GRID; i++)
        if (isfinite(slope[i]))
            steepest = fmax(steepest, fabs(slope[i]));
    return steepest;
}

static void count_in_histogram(channel_sums *sums, double z)
{
    if (z >= histogram_low && z < histogram_high)
        sums->counts[(int)((z - histogram_low) * (OG_HEALTH_BINS / (histogram_high - histogram_low)))]++;
    else if (z < histogram_low)
        sums->below++;
    else
        sums->above++;
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
    for (size_t i = 0; i < count; i++) {
        double dz = z[i] - sums->z0, dy = y[i] - sums->y0, steep = fabs(slope[i]);
        sums->z += dz;
        sums->zz += dz * dz;
        sums->y += dy;
        sums->yy += dy * dy;
        sums->zy += dz * dy;
        sums->gradient += (double)gradient[i] * gradient[i];
        sums->slope_min = fmin(sums->slope_min, slope[i]);
        sums->slope_max = fmax(sums->slope_max, slope[i]);
        sums->flat += steep < flat_slope;
        if (steep < saturated_slope * sums->steepest) {
            sums->left += z[i] < 0;
            sums->right += !(z[i] < 0);
        }
        count_in_histogram(sums, z[i]);
    }
}

/* z of an operand in one channel of an image: `count` pixels from `first` on; noise is 1/2. */
static void read_operand(const og__probe_layer *layer, int operand, size_t image, size_t channel, size_t first,
                         size_t count, float *z)
{
    const og__probe_operand *o = &layer->operands[operand];
    size_t lanes = (size_t)layer->lanes, blocks = ((size_t)layer->channels + lanes - 1) / lanes;
    const float *src =
        o->src ? o->src + (image * blocks + channel / lanes) * layer->pixels * lanes + channel % lanes : NULL;
    for (size_t i = 0; i < count; i++)
        z[i] = src ? src[(first + i) * lanes] * o->scale[image * o->stride + channel] +
                         o->shift[image * o->stride + channel]
                   : og__input_default(OG_INPUT_NOISE);
}

static channel_sums measure_channel(const og__probe_layer *layer, int channel, const og__act_frames *frames,
                                    const void *self, size_t param_count)
{
    size_t lanes = (size_t)layer->lanes, blocks = ((size_t)layer->channels + lanes - 1) / lanes;
    size_t block = (size_t)channel / lanes, lane = (size_t)channel % lanes;
    float params[OG_ACT_PARAMS_MAX], z[OG_INPUT_COUNT][CHUNK], y[CHUNK], slope[CHUNK], gradient[CHUNK];
    const float *operands[OG_INPUT_COUNT];
    float *dz[OG_INPUT_COUNT] = {slope};
    channel_sums sums = {0};
    for (int i = 0; i < layer->operand_count; i++)
        operands[i] = z[i];
    for (size_t n = 0; n < (size_t)layer->n; n++) {
        size_t start = (n * blocks + block) * layer->pixels * lanes + lane;
        for (size_t k = 0; k < param_count; k++)
            params[k] = layer->params[k][n * layer->param_stride + (size_t)channel];
        if (n == 0)
            sums.steepest = steepest_slope(layer, frames, self, params);
        for (size_t at = 0; at < layer->pixels; at += CHUNK) {
            size_t count = layer->pixels - at < CHUNK ? layer->pixels - at : CHUNK;
            for (int i = 0; i < layer->operand_count; i++)
                read_operand(layer, i, n, (size_t)channel, at, count, z[i]);
            for (size_t i = 0; i < count; i++)
                gradient[i] = layer->d_dst[start + (at + i) * lanes];
            frames->eval(self, count, operands, params, y, dz, NULL);
            add_units(&sums, count, z[0], y, slope, gradient);
        }
    }
    return sums;
}

/* --- from channels to the layer --- */

static double variance(double sum, double squares, double count)
{
    return fmax(0, squares / count - sum / count * (sum / count));
}

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

static void combine(og__health_layer *result, const channel_sums *channels, int count)
{
    double units = 0, total = 0, squares = 0, gradient = 0, bend = 0, left = 0, right = 0;
    int varying = 0;
    for (int c = 0; c < count; c++) {
        const channel_sums *sums = &channels[c];
        double n = (double)sums->units, bent = channel_nonlinearity(sums);
        judge_channel(result, sums);
        units += n;
        total += n * sums->y0 + sums->y;
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
    result->mean = total / units;
    for (int c = 0; c < count; c++) {
        double n = (double)channels[c].units, apart = channels[c].y0 + channels[c].y / n - result->mean;
        squares += n * (variance(channels[c].y, channels[c].yy, n) + apart * apart);
    }
    result->sd = sqrt(squares / units);
    result->mean_shift = result->sd > 0 ? result->mean / result->sd : NAN;
    result->nonlinearity = varying > 0 ? bend / varying : NAN;
    result->gradient_rms = sqrt(gradient / units);
    result->saturated_left = left / units;
    result->saturated_right = right / units;
    result->dead /= count;
    result->rare /= count;
    result->linear /= count;
}

static void measure_params(og__health_layer *result, const og__probe_layer *layer)
{
    for (size_t k = 0; k < og_act_param_count(layer->act); k++) {
        og_act_param param = og_act_param_at(layer->act, k);
        const float *values = layer->params[k];
        if (param.learn == OG_LEARN_NO)
            continue;
        og__health_param *row = &result->params[result->param_count++];
        *row = (og__health_param){.name = param.name, .initial = param.value, .min = values[0], .max = values[0]};
        for (int c = 0; c < layer->channels; c++) {
            row->mean += values[c] / (double)layer->channels;
            row->min = fmin(row->min, values[c]);
            row->max = fmax(row->max, values[c]);
        }
    }
}

void og__health_measure(og__health *health, const og__probe_layer *layer, const og__act_frames *frames,
                        const void *self)
{
    og__health_layer *result = &health->layers[layer->layer];
    size_t param_count = og_act_param_count(layer->act);
    assert(layer->layer < health->layer_count && layer->channels <= health->channels_max);
    *result = (og__health_layer){0};
#pragma omp parallel for num_threads(health->threads) schedule(static)
    for (int c = 0; c < layer->channels; c++)
        health->channels[c] = measure_channel(layer, c, frames, self, param_count);
    combine(result, health->channels, layer->channels);
    measure_params(result, layer);
}

void og__health_probe(void *health, const og__probe_layer *layer)
{
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(layer->kernel, &self);
    og__health_measure(health, layer, frames, self);
}

/* --- as JSON --- */

static og_status fill_histogram(json_t *object, const og__health_layer *layer)
{
    json_t *histogram = json_pack("{s:i, s:i, s:[], s:I, s:I}", "lo", (int)histogram_low, "hi", (int)histogram_high,
                                  "counts", "below", (json_int_t)layer->below, "above", (json_int_t)layer->above);
    OG_TRY(og__json_set(object, "histogram", histogram));
    for (int bin = 0; bin < OG_HEALTH_BINS; bin++)
        OG_TRY(og__json_append(json_object_get(histogram, "counts"), json_integer(layer->counts[bin])));
    return OG_OK;
}

static og_status fill_params(json_t *object, const og__health_layer *layer)
{
    json_t *params = json_object();
    OG_TRY(og__json_set(object, "params", params));
    for (size_t k = 0; k < layer->param_count; k++) {
        const og__health_param *param = &layer->params[k];
        json_t *row = json_pack("{s:f, s:f, s:f, s:f}", "initial", param->initial, "mean", param->mean, "min",
                                param->min, "max", param->max);
        OG_TRY(og__json_set(params, param->name, row));
    }
    return OG_OK;
}

static og_status fill_layer(json_t *object, const og__health_layer *layer, const og_layer *place)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"dead", layer->dead},
        {"rare", layer->rare},
        {"linear", layer->linear},
        {"saturated_left", layer->saturated_left},
        {"saturated_right", layer->saturated_right},
        {"mean", layer->mean},
        {"sd", layer->sd},
        {"mean_shift", layer->mean_shift},
        {"nonlinearity", layer->nonlinearity},
        {"gradient_rms", layer->gradient_rms},
    };
    OG_TRY(og__json_set(object, "layer", json_string(place->name)));
    OG_TRY(og__json_set(object, "place", json_string(og__place_name(place->place))));
    OG_TRY(og__json_set(object, "stage", json_integer(place->stage)));
    OG_TRY(og__json_set(object, "channels", json_integer(place->channels)));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        OG_TRY(og__json_set(object, numbers[i].key, og__json_real(numbers[i].value)));
    OG_TRY(fill_histogram(object, layer));
    return fill_params(object, layer);
}

json_t *og__health_json(const og__health *health, const og_net *net)
{
    json_t *layers = json_array();
    for (size_t i = 0; i < health->layer_count; i++) {
        json_t *object = json_object();
        if (og__json_append(layers, object) == OG_OK &&
            fill_layer(object, &health->layers[i], og_net_layer_at(net, i)) == OG_OK)
            continue;
        json_decref(layers);
        return NULL;
    }
    return layers;
}
