/* An open data set: all samples in memory, in the order of their names, and which part each belongs to. */
#ifndef OG_DATA_DATASET_H
#define OG_DATA_DATASET_H

#include <ogive/data.h>

#include "data/layout.h"
#include "data/mapping.h"
#include "data/store.h"
#include "data/survey.h"

/* A sample with where it came from. */
typedef struct og__source {
    og_sample view;
    char *name;        /* view.name */
    float *image;      /* view.image, in the store with the labels behind it */
    uint8_t *labels;   /* view.labels */
    bool mapped;       /* in the store's file */
    size_t pair;       /* index of its pair in the listing */
    int slice;         /* in the volume, the first one; 0 when the pair is one sample */
    int slices;        /* of the volume; 1 when the pair is one sample */
    int part;          /* og_part, or OG_PART_OPEN when it belongs to none */
    uint64_t digest;   /* of the image's pixels */
    double spacing[2]; /* of rows and columns, mm; 1 where unknown */
} og__source;

struct og_dataset {
    og__listing listing; /* name, layout, classes, findings */
    og__survey survey;   /* what the masks hold */
    og__mapping mapping; /* what it means */
    int channels;
    bool volumes; /* samples are runs of slices */
    size_t count, capacity;
    og__source *samples; /* (count) */
    size_t part_counts[OG_PART_COUNT];
    size_t *parts[OG_PART_COUNT]; /* (part_counts[p]) indices into samples */
    og__store store;              /* of the pixels */
    char *cache_folder;           /* of the store's file */
    og_regions regions;
    og_scaling scaling;
    uint64_t digest;
};

/* Take room for a sample's image and labels. */
og_status og__source_take(og_dataset *data, int channels, size_t pixels, og__source *source);

/* Tell that a sample's pixels are not needed for now; they stay valid. */
void og__source_release(const og__source *source);
void og__sample_release(const og_dataset *data, og_part part, size_t index);
bool og__sample_is_mapped(const og_dataset *data, og_part part, size_t index);

/* Read every pair of the listing into samples. Their parts are what the listing declares, else TRAIN. */
og_status og__samples_read(og_dataset *data);

/* Hold out one of the folds, or a share of the pairs where the listing declares nothing held out; then list the samples
 * of each part. */
og_status og__split(og_dataset *data, const og_data_options *options);

/* Mean and standard deviation of each channel; pixels are summed in double, in a fixed order. */
typedef struct og__moments {
    double mean[OG_CHANNELS_MAX], sd[OG_CHANNELS_MAX];
} og__moments;
void og__moments_of_part(const og_dataset *data, og_part part, og__moments *moments);
void og__moments_of_image(int channels, size_t pixels, const float *image, og__moments *moments);

/* The scale and shift of each channel of an image: scaled = value * scale + shift. */
void og__scaling_factors(const og_scaling *scaling, int channels, size_t pixels, const float *image,
                         float scale[OG_CHANNELS_MAX], float shift[OG_CHANNELS_MAX]);

#endif
