/* Weights of the classes in losses of single pixels. */
#ifndef OG_TRAIN_WEIGHTS_H
#define OG_TRAIN_WEIGHTS_H

#include <stdbool.h>

#include <ogive/data.h>

/*
 * Read the option "class-weights".
 *
 *   median    w_k = median of f / f_k, f_k: share of the class among the pixels of the training images that hold it
 *   inverse   w_k = pixels / (classes * pixels of the class)
 *
 * Pixels without a label are not counted; a class that does not occur has the weight 1.
 *
 * @param weights    (256) by label; written
 * @param weighted   false for "none": all are 1
 *
 * @return OG_OK, or OG_ERR_ARGUMENT for another text, another number of weights, or none above 0
 */
og_status og__class_weights(const char *text, const og_dataset *data, float weights[256], bool *weighted);

#endif
