/* How the activations of a network do: dead and saturated units, non-linearity really used, gradients by depth.
 * All of it follows from z (the input of f), f(z), f'(z) and the gradient, and is valid for any f.
 *
 *   flat          |f'(z)| < 1e-3
 *   dead          channel: flat at more than 999 of 1000 positions, and Var f(z) < 1e-6
 *   rare          channel: not dead, but flat at more than 99 of 100 positions
 *   linear        channel: the slope f'(z) is the same at all positions to 1e-3 of it, and not flat (never bends)
 *   saturated     unit: |f'(z)| < 0.05 max |f'|, the maximum over [-8, 8]; left where z < 0, else right
 *   nonlinearity  1 - corr(f(z), z)^2, mean over the channels that vary: 0 for an affine f, or one used as such
 *   mean shift    E f(z) / sd f(z), over all units
 *
 * Positions of a channel are all pixels of all images of the probe batch; a unit is a channel at a position. */
#ifndef OG_TRAIN_HEALTH_H
#define OG_TRAIN_HEALTH_H

#include <jansson.h>

#include <ogive/net.h>

#include "kernel/activate.h"
#include "net/probe.h"

enum { OG_HEALTH_BINS = 64 };

/* A parameter of f that is learned, over the channels of a layer. */
typedef struct og__health_param {
    const char *name; /* borrowed from the activation */
    double initial, mean, min, max;
} og__health_param;

typedef struct og__health_layer {
    double dead, rare, linear;              /* shares of the channels */
    double saturated_left, saturated_right; /* shares of the units */
    double mean, sd, mean_shift;            /* of f(z) over all units; mean_shift is NaN where sd is 0 */
    double nonlinearity;                    /* NaN when no channel varies */
    double gradient_rms;                    /* of dL / df(z) over all units */
    int64_t counts[OG_HEALTH_BINS];         /* of z, 64 equal bins from -8 to 8 */
    int64_t below, above;
    size_t param_count;
    og__health_param params[OG_ACT_PARAMS_MAX];
} og__health_layer;

typedef struct og__health {
    og__health_layer *layers; /* (layer_count) */
    size_t layer_count;
    struct og__health_channel *channels; /* (channels_max) scratch */
    int channels_max, threads;
} og__health;

og_status og__health_init(og__health *health, size_t layer_count, int channels_max, int threads);
void og__health_deinit(og__health *health);

/* An og__probe: measure the layer; `health` is the context. The same bits for any thread count. */
void og__health_probe(void *health, const og__probe_layer *layer);

/* The same with f's frames given. */
void og__health_measure(og__health *health, const og__probe_layer *layer, const og__act_frames *frames,
                        const void *self);

/* The "health" member of result.json, a new value; NULL without memory. */
json_t *og__health_json(const og__health *health, const og_net *net);

#endif
