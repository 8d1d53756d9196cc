/* How signal and gradient fare through many layers with an activation, for people and programs. */
#ifndef CLI_ACT_DEPTH_H
#define CLI_ACT_DEPTH_H

#include <jansson.h>

#include <ogive/facts.h>

enum { DEPTH_LAYERS_MAX = 1000 };

/* Without and with a norm before the activation, both from weights with the activation's own gain. */
typedef enum depth_case { DEPTH_PLAIN, DEPTH_NORM, DEPTH_CASES } depth_case;

typedef struct act_depth {
    int layers;
    og_act_depth options[DEPTH_CASES];
    og_act_signal signals[DEPTH_CASES][DEPTH_LAYERS_MAX + 1];
    og_act_limit limits[DEPTH_CASES];
} act_depth;

/* Predict for two inputs whose signals start with variance 1 and correlation 1/2.
 *
 * @return as og_act_propagate(): OG_ERR_UNSUPPORTED for a formula that reads more than x, OG_ERR_NUMERIC without
 * moments
 */
og_status depth_predict(const og_act *act, double gain, int layers, act_depth *depth);

/* A table of some of the layers, and where the signal ends. */
void depth_print(const act_depth *depth, og_language language);

/* {"layers", "plain": {"gain", "signals": [{"variance", "correlation", "gradient"}, ...], "limit": {...}}, "norm":
 * {...}} */
json_t *depth_document(const act_depth *depth);

#endif
