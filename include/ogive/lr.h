/* Which learning rate an activation wants: the learning-rate range test.
 *
 * A network is trained for a few hundred steps whose learning rate rises exponentially. Where the loss falls fastest is
 * a good rate; where it rises again, the largest that can be.
 *
 * Source: Smith: Cyclical Learning Rates for Training Neural Networks, WACV 2017, section 3.3. */
#ifndef OGIVE_LR_H
#define OGIVE_LR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ogive/data.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_lr_options {
    double least, largest; /* learning rates of the first and the last step */
    int64_t steps;
} og_lr_options;
OG_API og_option_table og_lr_option_table(void);

typedef struct og_lr_point {
    double rate, loss;
    double smooth; /* mean of the losses about this step */
} og_lr_point;

typedef struct og_lr_curve {
    char act[64]; /* for a legend; a long formula is shortened */
    size_t count;
    og_lr_point *points;
    bool diverged;     /* the loss exceeded four times its least, or was not finite: the curve ends there */
    double suggestion; /* the rate at which the smooth loss falls fastest; NaN when it falls nowhere */
    double lowest;     /* the rate at which it is lowest */
} og_lr_curve;

/* Return false to stop; og_lr_find() then returns OG_ERR_STOPPED. */
typedef bool (*og_lr_report)(void *context, int64_t step, int64_t steps, double rate, double loss);

/**
 * Train from the initial weights (or those of `from`) with a rising rate; nothing is written.
 *
 * @param train   everything but learning rate, schedule and epochs; update by update, without accumulation or averages
 *
 * @return OG_OK also when the loss is not finite, OG_ERR_STOPPED, or what og_train() may return before its first step
 *
 * Result: depends on the settings and the number of threads only.
 */
OG_API og_status og_lr_find(const og_dataset *data, const og_train_options *train, const og_lr_options *options,
                            og_lr_report report, void *context, og_lr_curve *curve);
OG_API void og_lr_curve_deinit(og_lr_curve *curve);

enum { OG_LR_CURVES_MAX = 16 };

/**
 * Draw the smooth losses over the rate, with the suggestions marked, into an SVG or PNG file.
 *
 * @return OG_OK, OG_ERR_ARGUMENT for another ending or too many curves, or OG_ERR_FILE
 */
OG_API og_status og_lr_save(size_t count, const og_lr_curve *curves, const char *path);

#ifdef __cplusplus
}
#endif
#endif
