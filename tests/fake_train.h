/* A trial runner that trains nothing: it writes the result.json of a plausible run (ogive/train.h), fast and always
 * the same for the same activation, seed and epochs, so that the loop around it and the report can be tested. */
#ifndef OG_TESTS_FAKE_TRAIN_H
#define OG_TESTS_FAKE_TRAIN_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/facts.h>
#include <ogive/study.h>

#include "base/file.h"
#include "base/random.h"
#include "base/status.h"
#include "data/scratch.h"
#include "format/json.h"

/* What the runner shall do, and what it did. */
static struct {
    const char *fail_act; /* this activation's numbers become non-finite on seed 1 */
    int stop_at;          /* the stop_at-th call stops as if interrupted; 0 never */
    int break_at;         /* the break_at-th call fails as on a full disk; 0 never */
    double clock;         /* factor of every measured time */
    int calls;
    char order[4096]; /* "relu 0, silu 0, ..." */
} fake = {.clock = 1};

/* Final mean Dice of an activation: the ranking that the literature would lead one to expect. */
static inline double fake_quality(const char *act)
{
    static const struct {
        const char *act;
        double dice;
    } known[] = {{"sigmoid", 0.612}, {"tanh", 0.706}, {"relu", 0.731}, {"leaky_relu", 0.733},
                 {"elu", 0.729},     {"silu", 0.741}, {"gelu", 0.739}, {"mish", 0.744}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].act, act) == 0)
            return known[i].dice;
    return 0.72;
}

static inline og__random fake_random(const char *act, int64_t seed)
{
    uint64_t item = 0;
    for (; *act; act++)
        item = item * 31 + (unsigned char)*act;
    return og__random_at((uint64_t)seed, OG_STREAM_TEST, item);
}

static inline json_t *fake_layer(const og_act *act, const char *place, int stage, int conv, double distance, bool last,
                                 og__random *random)
{
    og_act_facts facts;
    char name[64];
    og_act_analyse(act, &facts);
    if (strcmp(place, "bottleneck") == 0)
        snprintf(name, sizeof name, "bottleneck.%d", conv);
    else
        snprintf(name, sizeof name, "%s.%d.%d", place, stage, conv);
    double saturated = facts.min > -1e-3 && facts.max > 1e9 ? 0.5 : 0.05;
    double gradient = 1e-5 * pow(facts.moments.chi_norm, 0.5 * distance) * facts.slope_max *
                      exp(0.1 * og__random_normal(random)) * (last ? 0.4 : 1);
    json_t *counts = json_array();
    for (int bin = 0; bin < 64; bin++) {
        double z = -8 + 0.25 * (bin + 0.5) + 0.1 * conv, width = last ? 1.25 : 1;
        json_array_append_new(counts, json_integer((json_int_t)(20000 * exp(-0.5 * z * z / width / width))));
    }
    json_t *params = json_object();
    for (size_t i = 0; i < og_act_param_count(act); i++) {
        og_act_param param = og_act_param_at(act, i);
        if (param.learn != OG_LEARN_NO)
            json_object_set_new(params, param.name,
                                json_pack("{s:f,s:f,s:f,s:f}", "initial", param.value, "mean", param.value + 0.1, "min",
                                          param.value - 0.2, "max", param.value + 0.4));
    }
    return json_pack("{s:s,s:s,s:i,s:i,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:{s:i,s:i,s:o,s:i,s:i},s:o}", "layer",
                     name, "place", place, "stage", stage, "channels", 16 << stage, "dead",
                     saturated > 0.1 ? 0.02 * og__random_uniform(random) : 0.0, "rare", 0.01, "linear", 0.005,
                     "saturated_left", saturated + 0.02 * og__random_uniform(random), "saturated_right",
                     facts.max < 10 ? 0.04 : 0.0, "mean", facts.moments.mean, "sd", sqrt(facts.moments.variance),
                     "mean_shift", facts.moments.mean / sqrt(facts.moments.variance), "nonlinearity", 0.2,
                     "gradient_rms", gradient, "histogram", "lo", -8, "hi", 8, "counts", counts, "below", 12, "above",
                     3, "params", params);
}

static inline json_t *fake_health(const og_act *act, bool last, og__random *random)
{
    enum { DEPTH = 3 };
    json_t *layers = json_array();
    for (int stage = 0; stage < DEPTH; stage++)
        for (int conv = 0; conv < 2; conv++)
            json_array_append_new(layers, fake_layer(act, "encoder", stage, conv, 6 - 2 * stage - conv, last, random));
    for (int conv = 0; conv < 2; conv++)
        json_array_append_new(layers, fake_layer(act, "bottleneck", DEPTH, conv, 2 - conv, last, random));
    for (int stage = DEPTH - 1; stage >= 0; stage--)
        for (int conv = 0; conv < 2; conv++)
            json_array_append_new(layers, fake_layer(act, "decoder", stage, conv, 2 * stage + 2 - conv, last, random));
    return layers;
}

static inline json_t *fake_curve(const og_train_options *options, double dice, double step_ms, int64_t epochs,
                                 og__random *random)
{
    json_t *curve = json_array();
    double lag = 0.12 * (double)options->epochs * (dice < 0.65 ? 3 : 1);
    for (int64_t epoch = 1; epoch <= epochs; epoch++) {
        bool end = epoch == options->epochs;
        double now = end ? dice : dice * (1 - exp(-(double)epoch / lag)) + 0.005 * og__random_normal(random);
        double train_s = (double)epoch * 23 * step_ms / 1000;
        bool scored = end || epoch % options->eval_every == 0;
        json_array_append_new(curve, json_pack("{s:I,s:I,s:f,s:f,s:f,s:f,s:o,s:o,s:f,s:f,s:f}", "epoch",
                                               (json_int_t)epoch, "step", (json_int_t)(23 * epoch), "loss",
                                               2.1 * exp(-(double)epoch / lag) + 1 - dice, "loss_ce",
                                               1.1 * exp(-(double)epoch / lag), "loss_dice", 1 - now, "learning_rate",
                                               options->learning_rate, "dice", scored ? json_real(now) : json_null(),
                                               "iou", scored ? json_real(now / (2 - now)) : json_null(), "train_s",
                                               train_s, "elapsed_s", 1.1 * train_s, "wait_s", 0.01 * train_s));
    }
    return curve;
}

static inline json_t *fake_scores(const og_dataset *data, double dice, og__random *random)
{
    json_t *rows = json_array();
    for (int k = 0; k < og_dataset_class_count(data); k++) {
        double own = k == 0 ? 0.98 : dice + 0.04 * sin(2.0 * k) + 0.004 * og__random_normal(random);
        json_array_append_new(rows, json_pack("{s:i,s:s,s:f,s:f,s:f,s:f}", "index", k, "name",
                                              og_dataset_class_name(data, k), "dice", own, "iou", own / (2 - own),
                                              "image_dice", own, "image_iou", own / (2 - own)));
    }
    return json_pack("{s:f,s:f,s:f,s:f,s:f,s:o}", "mean_dice", dice, "mean_iou", dice / (2 - dice), "mean_image_dice",
                     dice, "mean_image_iou", dice / (2 - dice), "accuracy", 0.9, "per_class", rows);
}

/* An og__trial_runner. */
static inline og_status fake_train(const og_dataset *data, const og_train_options *options, const char *run,
                                   bool resume, og_train_report report, void *context)
{
    char path[512];
    og_act *act;
    int call = ++fake.calls;
    size_t used = strlen(fake.order);
    snprintf(fake.order + used, sizeof fake.order - used, "%s%s %lld", used ? ", " : "", options->act,
             (long long)options->seed);
    if (!resume)
        return og__fail(OG_ERR_ARGUMENT, "the study must ask to resume");
    OG_TRY(og__folder_make(run));
    if (call == fake.stop_at)
        return og__fail(OG_ERR_STOPPED, "stopped");
    if (call == fake.break_at)
        return og__fail(OG_ERR_FILE, "cannot write '%s/checkpoint.safetensors': No space left on device", run);
    bool failed = fake.fail_act && strcmp(fake.fail_act, options->act) == 0 && options->seed == 1;
    og__random block = fake_random("", options->seed), random = fake_random(options->act, options->seed);
    double dice = fake_quality(options->act) + 0.008 * og__random_normal(&block) + 0.004 * og__random_normal(&random);
    double step_ms = fake.clock * (40 + 2 * og__random_uniform(&random));
    OG_TRY(og_act_parse(options->act, &act));
    json_t *result =
        json_pack("{s:s,s:s,s:o,s:s,s:I,s:I,s:I,s:o,s:o,s:{s:f,s:f,s:I,s:f,s:f},s:o,s:o}", "ogive", "0.1.0", "status",
                  failed ? "failed" : "finished", "error",
                  failed ? json_string("layer encoder.0.1: its output is not finite") : json_null(), "act",
                  options->act, "seed", (json_int_t)options->seed, "epochs", (json_int_t)options->epochs,
                  "weight_count", (json_int_t)485961, "scores", failed ? json_null() : fake_scores(data, dice, &random),
                  "curve", fake_curve(options, dice, step_ms, failed ? options->epochs / 3 : options->epochs, &random),
                  "cost", "ms_per_step", step_ms, "peak_bytes", 6.1e8 * fake.clock, "plan_bytes", (json_int_t)410000000,
                  "train_s", (double)options->epochs * 23 * step_ms / 1000, "wait_share", 0.01, "health_first",
                  fake_health(act, false, &random), "health", failed ? json_array() : fake_health(act, true, &random));
    og_act_free(act);
    snprintf(path, sizeof path, "%s/result.json", run);
    og_train_progress progress = {.epoch = options->epochs,
                                  .epochs = options->epochs,
                                  .step = 23,
                                  .steps = 23,
                                  .dice = dice,
                                  .elapsed_s = step_ms / 10,
                                  .eta_s = step_ms / 10};
    bool go_on = !report || report(context, &progress);
    og_status status = go_on ? og__json_save(path, result) : og__fail(OG_ERR_STOPPED, "stopped");
    json_decref(result);
    if (status == OG_OK && failed)
        return og__fail(OG_ERR_NUMERIC, "layer encoder.0.1: its output is not finite");
    return status;
}

/* A folder data set of six small images with two shapes, made on the spot. */
static inline const char *fake_data(const char *name)
{
    enum { SIDE = 48 };
    for (int i = 0; i < 6; i++) {
        uint8_t image[SIDE * SIDE], labels[SIDE * SIDE], *png;
        size_t count;
        char file[64];
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                int disc = (x - 16 - i) * (x - 16 - i) + (y - 20) * (y - 20)<100, bar = x> 34 && x < 42 && y > 8 + i;
                labels[y * SIDE + x] = (uint8_t)(disc ? 1 : bar ? 2 : 0);
                image[y * SIDE + x] = (uint8_t)(40 + 80 * labels[y * SIDE + x] + (x * 7 + y * 13) % 17);
            }
        snprintf(file, sizeof file, "%s/images/i%d.png", name, i);
        if (og_png_encode(image, SIDE, SIDE, 1, &png, &count) != OG_OK)
            return NULL;
        og_status status = og__file_write(scratch(file), png, count);
        free(png);
        snprintf(file, sizeof file, "%s/masks/i%d.png", name, i);
        if (status != OG_OK || og_labels_save(scratch(file), labels, 1, SIDE, SIDE, NULL) != OG_OK)
            return NULL;
    }
    return scratch(name);
}

#endif
