/* Training runs: a folder with a trained network, its settings, its log and what is needed to go on.
 *
 *   RUN/model.safetensors       weights, running statistics; metadata: network, activations, head, classes, scaling,
 *                               options
 *   RUN/best.safetensors        likewise, of the epoch with the best validation Dice, where that is not
 * model.safetensors RUN/last.safetensors        likewise, of the last epoch, where that is not model.safetensors
 *   RUN/checkpoint.safetensors  the same plus optimiser state and position, for --resume; gone when the run is finished
 *   RUN/log.jsonl               one JSON object per epoch
 *   RUN/result.json             the finished run's scores, cost, health and warnings; written last */
#ifndef OGIVE_TRAIN_H
#define OGIVE_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ogive/data.h>
#include <ogive/net.h>
#include <ogive/option.h>
#include <ogive/region.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum og_optimizer {
    OG_OPTIMIZER_SGD,
    OG_OPTIMIZER_ADAM,
    OG_OPTIMIZER_ADAMW,
    OG_OPTIMIZER_RMSPROP,
    OG_OPTIMIZER_COUNT
} og_optimizer;
typedef enum og_schedule {
    OG_SCHEDULE_CONSTANT,
    OG_SCHEDULE_POLY,
    OG_SCHEDULE_COSINE,
    OG_SCHEDULE_POLY_EPOCH,
    OG_SCHEDULE_STEP,
    OG_SCHEDULE_PLATEAU,
    OG_SCHEDULE_ONE_CYCLE,
    OG_SCHEDULE_COUNT
} og_schedule;
typedef enum og_select { OG_SELECT_AUTO, OG_SELECT_LAST, OG_SELECT_BEST } og_select;

/* Settings of a run; og_train_option_table() declares name, default, range and meaning of each. */
typedef struct og_train_options {
    char *preset; /* ogive/preset.h; "" is none. The other options must be set from it by og_preset_apply() */
    /* network */
    char *act;
    char *act_encoder, *act_bottleneck, *act_decoder; /* "" where `act` stands */
    char *act_stage;                                  /* one STAGE=ACTIVATION per line */
    char *act_head;                                   /* ogive/head.h */
    int dims;                                         /* 0 for 2, 1 for 3 */
    char *slice_strides, *slice_kernels;              /* "auto", or one number per stage */
    int64_t depth, width, width_cap, convs;           /* depth 0: as the patch allows */
    int64_t dilation, dilation_bottleneck;
    char *widths, *decoder_widths; /* "" where width and width_cap stand */
    bool narrow, residual, conv_bias, deep_supervision;
    int head_kernel; /* 0 for 1, 1 for 3 */
    int padding;     /* og_padding */
    int dropout_at;  /* og_dropout_at */
    int64_t groups;
    int kernel;                              /* index into 1, 3, 5, 7 */
    int norm, order, down, up, skip, concat; /* og_norm, og_order, og_down, og_up, og_skip, og_concat */
    double dropout;
    /* optimisation */
    char *recipe;                           /* "": none; og_recipe_apply() sets what it names */
    int64_t epochs, steps_per_epoch, batch; /* steps_per_epoch 0: one pass over the images */
    char *patch;         /* "128", "128x96" (height first), "32x128x96" (slices first), or "0" for whole images */
    char *class_weights; /* "none", "median", "inverse", or "w0,w1,..." */
    double foreground;   /* share of the patches about objects */
    bool balance;
    double scale;  /* share of the images' size to work at */
    char *spacing; /* "", or the spacing to work at: "1.5", "2x1.5" (height first), "3x1x1" (slices first), mm */
    int64_t seed;
    int optimizer, schedule; /* og_optimizer, og_schedule */
    double learning_rate, momentum, weight_decay, warmup, clip;
    int64_t lr_step, lr_patience;
    double lr_factor;
    int64_t accumulate; /* batches per update */
    double ema;         /* 0: none */
    int64_t patience;   /* 0: never stops early */
    int select;         /* og_select */
    char *time_budget;  /* "": none */
    char *from, *freeze;
    char *loss; /* ogive/loss.h */
    /* augmentation */
    int augment; /* 0 none, 1 light, 2 nnunet; the rows that follow replace those of the set unless "" */
    char *flip_x, *flip_y, *flip_z; /* docs/augmentation.md */
    char *rotate, *tilt, *zoom, *elastic;
    char *noise, *blur, *brightness, *intensity, *contrast, *lowres, *tone_inverted, *tone, *gamma;
    char *hue, *saturation, *cutout;
    /* running */
    int64_t threads, data_threads; /* threads 0: all cores */
    int64_t eval_every;            /* epochs between scorings of the validation part; the last epoch is always scored */
    int64_t health_every;          /* epochs between looks at the activations' health; 0: none */
    bool exact;
} og_train_options;

OG_API og_option_table og_train_option_table(void);

/* Scores of one class over a set of images. Absent classes (in neither truth nor prediction) have has = false. */
typedef struct og_class_score {
    bool has;
    double dice, iou;             /* pooled: from pixel counts over all images */
    double image_dice, image_iou; /* mean over the images in which the class occurs in truth or prediction */
    int64_t true_positive, false_positive, false_negative;
} og_class_score;

typedef struct og_scores {
    int class_count;
    og_class_score *classes;                /* (class_count), 0 is the background */
    double mean_dice, mean_iou;             /* pooled, mean over the classes but the background */
    double mean_image_dice, mean_image_iou; /* per image, likewise */
    double accuracy;
} og_scores;
OG_API void og_scores_deinit(og_scores *scores);

/* A warning that begins or ends (docs/health.md). */
typedef struct og_train_warning {
    const char *text; /* one sentence without a full stop */
    bool serious;     /* the run is likely to be worse for it */
    bool ended;       /* what was warned about is over */
} og_train_warning;

/* How far a run is; passed to the caller's progress function before the first step and after every one. */
typedef struct og_train_progress {
    int64_t epoch, epochs, step, steps; /* step: of the epoch, that have been taken */
    double loss;                        /* running mean of the epoch */
    double dice;                        /* last validation mean_dice, NaN before the first */
    double elapsed_s, eta_s;
    const og_train_warning *warnings; /* (warning_count) since the last report, most serious first */
    size_t warning_count;
    int64_t planned_bytes; /* of the process at its peak, as planned before the first step */
} og_train_progress;

/* Return false to stop the run after a checkpoint (it can be resumed); og_train() then returns OG_ERR_STOPPED. */
typedef bool (*og_train_report)(void *context, const og_train_progress *progress);

/**
 * Train a network on a data set and write the run folder.
 *
 * A finished run is left alone and OG_OK returned when `resume`; an unfinished one is continued from its last
 * checkpoint, to the same bits as if never interrupted. Without `resume` a folder that holds a run is an error.
 *
 * @return OG_OK, or the failure; OG_ERR_FILE also for a finished run whose model is gone; OG_ERR_NUMERIC names the
 * layer whose values were not finite
 */
OG_API og_status og_train(const og_dataset *data, const og_train_options *options, const char *run, bool resume,
                          og_train_report report, void *context);

/** A trained network with all that its use needs. */
typedef struct og_model {
    og_net *net;
    og_scaling scaling;
    int class_count;
    char **class_names;
    og_regions regions;  /* what the network tells apart; count 0: the classes */
    char **region_names; /* (regions.count) */
    int scored_count;    /* og_regions_has() */
    char **scored_names; /* (scored_count), the class names or "in no region" and the regions' */
    og_train_options options;
} og_model;

/** Load RUN/model.safetensors (a run folder or the file). */
OG_API og_status og_model_load(const char *path, og_model *model);

/** Write a model to a file that is replaced as a whole or not at all. */
OG_API og_status og_model_save(const og_model *model, const char *path);
OG_API void og_model_deinit(og_model *model);

#ifdef __cplusplus
}
#endif
#endif
