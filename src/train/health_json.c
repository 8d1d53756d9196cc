/* Health as JSON: whole, for the ends of a run, and as short samples for the log. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "format/json.h"
#include "train/health.h"
#include "train/placement.h"

static const struct {
    const char *name;
    size_t offset;
} numbers[] = {
#define OG_HEALTH_NUMBER(name) {#name, offsetof(og__health_layer, name)},
#include "train/health.def"
#undef OG_HEALTH_NUMBER
};

enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static double number_of(const og__health_layer *layer, size_t index)
{
    return *(const double *)((const char *)layer + numbers[index].offset);
}

static json_t *or_null(json_t *object, og_status status)
{
    if (status == OG_OK)
        return object;
    json_decref(object);
    return NULL;
}

/* --- whole --- */

static og_status fill_histogram(json_t *object, const og__health_layer *layer)
{
    json_t *histogram = json_pack("{s:i, s:i, s:[], s:I, s:I}", "lo", -8, "hi", 8, "counts", "below",
                                  (json_int_t)layer->below, "above", (json_int_t)layer->above);
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
        json_t *row = json_object();
        OG_TRY(og__json_set(params, param->name, row));
        OG_TRY(og__json_set(row, "initial", og__json_real(param->initial)));
        OG_TRY(og__json_set(row, "mean", og__json_real(param->mean)));
        OG_TRY(og__json_set(row, "min", og__json_real(param->min)));
        OG_TRY(og__json_set(row, "max", og__json_real(param->max)));
        OG_TRY(og__json_set(row, "moved", og__json_real(param->moved)));
        OG_TRY(og__json_set(row, "gradient", og__json_real(param->gradient)));
    }
    return OG_OK;
}

static og_status fill_layer(json_t *object, const og__health_layer *layer, const og_layer *place)
{
    OG_TRY(og__json_set(object, "layer", json_string(place->name)));
    OG_TRY(og__json_set(object, "place", json_string(og__place_name(place->place))));
    OG_TRY(og__json_set(object, "stage", json_integer(place->stage)));
    OG_TRY(og__json_set(object, "channels", json_integer(place->channels)));
    for (size_t i = 0; i < NUMBERS; i++)
        OG_TRY(og__json_set(object, numbers[i].name, og__json_real(number_of(layer, i))));
    OG_TRY(fill_histogram(object, layer));
    return fill_params(object, layer);
}

static og_status fill_layers(json_t *layers, const og__health *health, const og_net *net)
{
    for (size_t i = 0; i < health->layer_count; i++) {
        json_t *object = json_object();
        OG_TRY(og__json_append(layers, object));
        OG_TRY(fill_layer(object, &health->layers[i], og_net_layer_at(net, i)));
    }
    return OG_OK;
}

json_t *og__health_json(const og__health *health, const og_net *net)
{
    json_t *layers = json_array();
    return or_null(layers, fill_layers(layers, health, net));
}

/* --- samples --- */

/* Four digits are enough to look at, and keep the log short. */
static json_t *rounded(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.4g", value);
    return og__json_real(strtod(text, NULL));
}

static og_status sample_param(json_t *rows, const og__health_param *param, const char *layer)
{
    json_t *row = json_object();
    OG_TRY(og__json_append(rows, row));
    OG_TRY(og__json_set(row, "layer", json_string(layer)));
    OG_TRY(og__json_set(row, "name", og__json_string(param->name)));
    OG_TRY(og__json_set(row, "mean", rounded(param->mean)));
    OG_TRY(og__json_set(row, "moved", rounded(param->moved)));
    return og__json_set(row, "gradient", rounded(param->gradient));
}

static og_status fill_sample(json_t *sample, const og__health *health, const og_net *net, int64_t epoch, int64_t step)
{
    OG_TRY(og__json_set(sample, "epoch", json_integer(epoch)));
    OG_TRY(og__json_set(sample, "step", json_integer(step)));
    for (size_t i = 0; i < NUMBERS; i++) {
        json_t *values = json_array();
        OG_TRY(og__json_set(sample, numbers[i].name, values));
        for (size_t l = 0; l < health->layer_count; l++)
            OG_TRY(og__json_append(values, rounded(number_of(&health->layers[l], i))));
    }
    json_t *params = json_array();
    OG_TRY(og__json_set(sample, "params", params));
    for (size_t l = 0; l < health->layer_count; l++)
        for (size_t k = 0; k < health->layers[l].param_count; k++)
            OG_TRY(sample_param(params, &health->layers[l].params[k], og_net_layer_at(net, l)->name));
    return OG_OK;
}

json_t *og__health_sample_json(const og__health *health, const og_net *net, int64_t epoch, int64_t step)
{
    json_t *sample = json_object();
    return or_null(sample, fill_sample(sample, health, net, epoch, step));
}

static og_status read_numbers(const json_t *sample, size_t index, og__health_layer *layers, size_t count)
{
    json_t *values;
    OG_TRY(og__json_get(sample, numbers[index].name, JSON_ARRAY, &values));
    if (json_array_size(values) != count)
        return og__fail(OG_ERR_FORMAT, "\"%s\" has %zu numbers for %zu layers", numbers[index].name,
                        json_array_size(values), count);
    for (size_t l = 0; l < count; l++) {
        const json_t *value = json_array_get(values, l);
        double number = json_is_number(value) ? json_number_value(value) : NAN;
        *(double *)((char *)&layers[l] + numbers[index].offset) = number;
    }
    return OG_OK;
}

static og_status read_param(const json_t *row, og__health_layer *layers, const og_layer *places, size_t count)
{
    const char *layer;
    og__health_param param = {0};
    OG_TRY(og__json_get_text(row, "layer", &layer));
    OG_TRY(og__json_get_text(row, "name", &param.name));
    OG_TRY(og__json_get_real(row, "mean", &param.mean));
    OG_TRY(og__json_get_real(row, "moved", &param.moved));
    OG_TRY(og__json_get_real(row, "gradient", &param.gradient));
    for (size_t l = 0; l < count; l++)
        if (strcmp(places[l].name, layer) == 0 && layers[l].param_count < OG_ACT_PARAMS_MAX) {
            layers[l].params[layers[l].param_count++] = param;
            return OG_OK;
        }
    return og__fail(OG_ERR_FORMAT, "there is no layer '%s' with a parameter '%s'", layer, param.name);
}

og_status og__health_sample_read(const json_t *sample, og__health_layer *layers, const og_layer *places, size_t count,
                                 int64_t *epoch, int64_t *step)
{
    json_t *params, *row;
    size_t i;
    memset(layers, 0, count * sizeof *layers);
    OG_TRY(og__json_get_int(sample, "epoch", epoch));
    OG_TRY(og__json_get_int(sample, "step", step));
    for (i = 0; i < NUMBERS; i++)
        OG_TRY(read_numbers(sample, i, layers, count));
    OG_TRY(og__json_get(sample, "params", JSON_ARRAY, &params));
    json_array_foreach(params, i, row)
        OG_TRY(read_param(row, layers, places, count));
    return OG_OK;
}
