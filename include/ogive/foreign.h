/* Checkpoints of other programs' networks, as safetensors files under those programs' own names. */
#ifndef OGIVE_FOREIGN_H
#define OGIVE_FOREIGN_H

#include <ogive/status.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum og_import_scaling {
    OG_IMPORT_SCALING_AUTO,  /* as the program that the checkpoint comes from does */
    OG_IMPORT_SCALING_IMAGE, /* (x - mean) / sd per image and channel */
    OG_IMPORT_SCALING_BYTES, /* x / 255 */
    OG_IMPORT_SCALING_NONE,
} og_import_scaling;

typedef struct og_import_options {
    const char *act;     /* the network's activation; "" is its program's default */
    const char *classes; /* names, separated by commas; "" numbers them */
    og_import_scaling scaling;
} og_import_options;

/**
 * Make a model of a checkpoint: milesial's UNet, both forms, or nnU-Net's PlainConvUNet. Names and shapes of its
 * tensors tell which it is, and its depth, channels, classes and norm. A network with one output for two classes, by a
 * sigmoid, gets two, by softmax, with the same probabilities.
 *
 * @return OG_OK, what reading the file finds, or OG_ERR_FORMAT naming the tensors that are missing, that belong to no
 *         layer, or that have another shape
 */
OG_API og_status og_model_import(const char *path, const og_import_options *options, og_model *model);

/**
 * Write a model's weights under another program's names, for load_state_dict(strict = True).
 *
 * @param keys   "milesial" or "nnunet"
 *
 * @return OG_OK, OG_ERR_NAME for other keys, OG_ERR_UNSUPPORTED with what that program's network does not have, or
 *         OG_ERR_FILE
 */
OG_API og_status og_model_export(const og_model *model, const char *keys, const char *path);

/** The names that `keys` may be, the first NULL at the end. */
OG_API const char *const *og_foreign_names(void);

#ifdef __cplusplus
}
#endif
#endif
