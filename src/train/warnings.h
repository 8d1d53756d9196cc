/* Early warnings in words, from the samples of a run's health (src/train/health.h) by the rules of warnings.def.
 *
 * What is warned about follows from the samples alone, in their order: a run that is resumed hears the samples of
 * before again and goes on as if it had never stopped. */
#ifndef OG_TRAIN_WARNINGS_H
#define OG_TRAIN_WARNINGS_H

#include <jansson.h>

#include <ogive/facts.h>
#include <ogive/net.h>

#include "train/health.h"

/* A layer and what its activation lets one expect. */
typedef struct og__watched_layer {
    og_layer place; /* names borrowed */
    const og_act *act;
} og__watched_layer;

enum { OG_WARNING_ITEMS_MAX = 2 * OG_STAGES_MAX + 2, OG_WARNING_LAYERS_MAX = 2 * OG_CONVS_MAX * OG_STAGES_MAX };

/* Layers that are judged together: of one place and stage, or of a whole place. */
typedef struct og__warning_item {
    size_t first, count; /* layers */
    og_place place;
    int stage; /* -1 of a whole place */
    const og_act *act;
    og_act_facts facts;
} og__warning_item;

typedef struct og__warnings {
    og_layer layers[OG_WARNING_LAYERS_MAX];
    size_t layer_count;
    bool normalised;
    og__warning_item items[OG_WARNING_ITEMS_MAX];
    size_t item_count;
    struct og__warning_state *states; /* (rules, OG_WARNING_ITEMS_MAX) */
    og__health_layer *now;            /* (layer_count) the sample that is being judged */
    int64_t epoch, step;
    double gradient_end; /* rms at the last layer, which is the first that the loss reaches */
} og__warnings;

og_status og__warnings_init(og__warnings *warnings, const og__watched_layer *layers, size_t count, og_norm norm);
og_status og__warnings_init_net(og__warnings *warnings, const og_net *net);
void og__warnings_deinit(og__warnings *warnings);

/**
 * Judge the next sample.
 *
 * @param sample   as og__health_sample_json() makes it
 * @param events   array; what begins and what ends is appended:
 *                 {"warning", "serious", "state": "begins" or "ends", "epoch", "since", "where": ["encoder.3"],
 *                  "values", "text"}, at most one of either state for each rule
 */
og_status og__warnings_judge(og__warnings *warnings, const json_t *sample, json_t *events);

/* --- the words: warnings_text.c --- */

typedef struct og__warning_words {
    const og__warnings *warnings;
    const char *sentence, *advice;
    const og__warning_item *const *items; /* (count) of one rule, in forward order */
    const double *values;                 /* (count) */
    size_t count;
    int64_t since;
} og__warning_words;

/* "encoder stages 1 and 2: 41 to 63 % of the channels dead since epoch 4; ...". Released with free(). */
og_status og__warning_text(const og__warning_words *words, char **text);

/* "encoder stage 3: dead channels have subsided in epoch 9". Released with free(). */
og_status og__warning_end_text(const og__warning_words *words, const char *subject, int64_t epoch, char **text);

/* Geometric mean over neighbours in one stage of the gradient's growth by layer, towards the input, and the growth that
 * the activation predicts; NaN where there is no pair. */
double og__warning_growth(const og__warnings *warnings, const og__warning_item *item);
double og__warning_predicted(const og__warnings *warnings, const og__warning_item *item);

/* The first learned parameter of the layers that has not moved, with a gradient or without; NULL. */
const og__health_param *og__warning_unmoved(const og__warnings *warnings, const og__warning_item *item, bool gradient);

#endif
