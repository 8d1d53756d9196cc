/* Data sets: images with masks, from folders, NIfTI volumes or a declarative file. */
#ifndef OGIVE_DATA_H
#define OGIVE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ogive/option.h>
#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_dataset og_dataset;

/* TRAIN is learned from, VALIDATION is held out and scored. */
typedef enum og_part { OG_PART_TRAIN, OG_PART_VALIDATION, OG_PART_COUNT } og_part;

typedef enum og_normalize {
    OG_NORMALIZE_DATASET, /* (x - mean) / sd per channel over the training part */
    OG_NORMALIZE_IMAGE,   /* the same per image */
    OG_NORMALIZE_NONE,
} og_normalize;

typedef struct og_data_options {
    double validation;  /* share held out where the data set does not say, 0 to 0.9 */
    int64_t split_seed;
    int normalize;      /* og_normalize */
} og_data_options;

OG_API og_option_table og_data_option_table(void);

/**
 * Open a data set: a folder with images/ and masks/ (and splits.csv if there is one), or a file *.yaml that declares it
 * (docs/datasets.md). Reads and checks every image and mask once; pixels stay in memory.
 *
 * @return OG_OK, OG_ERR_FILE, OG_ERR_FORMAT, or OG_ERR_DATA (image without mask, sizes that differ, mask value outside
 *         the classes) naming the files and values
 */
OG_API og_status og_dataset_open(const char *path, const og_data_options *options, og_dataset **data);
OG_API void og_dataset_free(og_dataset *data);

OG_API const char *og_dataset_name(const og_dataset *data);
OG_API int og_dataset_channels(const og_dataset *data);
OG_API int og_dataset_class_count(const og_dataset *data);
OG_API const char *og_dataset_class_name(const og_dataset *data, int class_index);
OG_API size_t og_dataset_count(const og_dataset *data, og_part part);

/* One image with its labels, borrowed from the data set. */
typedef struct og_sample {
    const char *name;      /* "z052", "00071198d059ba7f" */
    int channels, h, w;
    const float *image;    /* (C, H, W), raw values */
    const uint8_t *labels; /* (H, W), class or OG_LABEL_IGNORE */
} og_sample;

OG_API og_sample og_dataset_sample(const og_dataset *data, og_part part, size_t index);

/** How images are scaled before the network sees them; part of a trained model. */
typedef struct og_scaling {
    og_normalize kind;
    int channels;
    float mean[16], sd[16]; /* DATASET only */
} og_scaling;

OG_API og_scaling og_dataset_scaling(const og_dataset *data);

/** dst[c, y, x] = scaled src[c, y, x]; dst may be src. */
OG_API void og_scaling_run(const og_scaling *scaling, int channels, int h, int w, const float *src, float *dst);

#ifdef __cplusplus
}
#endif
#endif
