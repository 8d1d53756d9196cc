/* How the activations of a network do: dead and saturated units, non-linearity really used, gradients by depth.
 * All of it follows from z (the input of f), f(z), f'(z) and the gradient, and is valid for any f.
 *
 *   flat          |f'(z)| < 1e-3
 *   dead          channel: flat at more than 999 of 1000 positions, and Var f(z) < 1e-6
 *   rare          channel: not dead, but flat at more than 99 of 100 positions
 *   linear        channel: the slope f'(z) is the same at all positions to 1e-3 of it, and not flat (never bends)
 *   saturated     unit: |f'(z)| < 0.05 max |f'|, the maximum over [-8, 8]; left where z < 0, else right
 *   sparsity      share of the units with |f(z)| < 1e-3 rms f(z)
 *   mean shift    E f(z) / sd f(z), over all units
 *   variation     sqrt(mean over the channels of Var f(z)) / rms f(z): 0 when every channel is constant
 *   nonlinearity  1 - corr(f(z), z)^2, mean over the channels that vary: 0 for an affine f, or one used as such
 *   variance ratio  sum over the channels of Var f(z), by that of Var z; _normal: what normal inputs of each channel's
 *                 own mean and spread would give. Where the two part, the inputs are far from normal
 *   chi           E f'^2 Var z / Var f (with a norm) or E f'^2 E z^2 / E f^2: growth of the squared gradient per layer,
 *                 for the inputs as they are
 *   norm low, high  channel: the norm's bias / |weight| is below -3, above 3
 *   constant      channel of a normalised group whose variance is below the norm's epsilon: it amplifies noise
 *
 * Positions of a channel are the pixels of all images of the batch, all or a regular sample of them; a unit is a
 * channel at a position. */
#ifndef OG_TRAIN_HEALTH_H
#define OG_TRAIN_HEALTH_H

#include <jansson.h>

#include <ogive/net.h>

#include "kernel/activate.h"
#include "net/probe.h"

enum {
    OG_HEALTH_BINS = 64,
    OG_HEALTH_SAMPLE = 1024, /* positions of a channel that are enough to watch a run */
};

/* A parameter of f that is learned, over the channels of a layer. */
typedef struct og__health_param {
    const char *name; /* borrowed from the activation */
    double initial, mean, min, max;
    double moved;    /* max |theta - theta_0|; NaN before og__health_follow() */
    double gradient; /* rms of dL / dtheta of the last training pass; likewise */
} og__health_param;

typedef struct og__health_layer {
#define OG_HEALTH_NUMBER(name) double name;
#include "train/health.def"
#undef OG_HEALTH_NUMBER
    int64_t counts[OG_HEALTH_BINS]; /* of z, 64 equal bins from -8 to 8 */
    int64_t below, above;
    size_t param_count;
    og__health_param params[OG_ACT_PARAMS_MAX];
} og__health_layer;

/* A position: its image, and where it begins in a tensor's first channel block. */
typedef struct og__health_place {
    size_t image, unit;
} og__health_place;

typedef struct og__health {
    og__health_layer *layers; /* (layer_count) */
    size_t layer_count;
    struct og__health_channel *channels; /* (channels_max) scratch */
    float *kept;                         /* (channels_max, OG_HEALTH_SAMPLE) scratch: some f(z) of each channel */
    og__health_place *places;            /* (OG_HEALTH_SAMPLE) scratch */
    int channels_max, threads;
    size_t positions; /* of a channel at most, up to OG_HEALTH_SAMPLE; 0: all */
    double spent_s;   /* in og__health_probe() */
} og__health;

og_status og__health_init(og__health *health, const og_net *net, int threads);
og_status og__health_init_for(og__health *health, size_t layer_count, int channels_max, int threads);
void og__health_deinit(og__health *health);

/* An og__probe: measure the layer; `health` is the context. The same bits for any thread count. */
void og__health_probe(void *health, const og__probe_layer *layer);

/* The same with f's frames given. */
void og__health_measure(og__health *health, const og__probe_layer *layer, const og__act_frames *frames,
                        const void *self);

/* --- learned parameters: health_params.c --- */

/* The learned parameters of all layers, one after the other; released with free(). NULL where there are none. */
og_status og__health_initial(const og_net *net, float **initial);

/* Fill `moved` and `gradient` of the parameters that the probe found. */
void og__health_follow(og__health *health, const og_net *net, const float *initial);

/* --- as JSON: health_json.c --- */

/* The "health" member of result.json, a new value; NULL without memory. */
json_t *og__health_json(const og__health *health, const og_net *net);

/* A sample for the log: one array over the layers for each number, to 4 digits; NULL without memory.
 *
 *   {"epoch", "step", "dead": [...], ..., "params": [{"layer", "name", "mean", "moved", "gradient"}]} */
json_t *og__health_sample_json(const og__health *health, const og_net *net, int64_t epoch, int64_t step);

/* Read such a sample; names of parameters are borrowed from it. OG_ERR_FORMAT when it does not fit the layers. */
og_status og__health_sample_read(const json_t *sample, og__health_layer *layers, const og_layer *places, size_t count,
                                 int64_t *epoch, int64_t *step);

#endif
