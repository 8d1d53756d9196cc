/* Data sets: images with masks, from folders, volumes or a declarative file (docs/datasets.md). */
#ifndef OGIVE_DATA_H
#define OGIVE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ogive/option.h>
#include <ogive/region.h>
#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OG_CHANNELS_MAX = 256, OG_CLASSES_MAX = 255 };

typedef struct og_dataset og_dataset;

/* TRAIN is learned from, VALIDATION is held out and scored. */
typedef enum og_part { OG_PART_TRAIN, OG_PART_VALIDATION, OG_PART_COUNT } og_part;

typedef enum og_normalize {
    OG_NORMALIZE_DATASET, /* (x - mean) / sd per channel over the training part */
    OG_NORMALIZE_IMAGE,   /* the same per image */
    OG_NORMALIZE_NONE,
} og_normalize;

/* What the values in masks are. */
typedef enum og_masks {
    OG_MASKS_AUTO,    /* classes, perhaps with smoothed edges; or objects where the layout has them */
    OG_MASKS_CLASSES, /* classes, exactly */
    OG_MASKS_OBJECTS, /* 0 or the number of an object; all objects are of one class */
} og_masks;

typedef struct og_data_options {
    bool volumes;      /* samples are volumes, not their slices: what networks of three dimensions take */
    int layout;        /* how files are arranged: 0 finds out, else the choice of that number */
    int masks;         /* og_masks */
    char *ignore;      /* mask values that are not scored, "255,0-3"; NULL or "": what the data set says */
    double validation; /* share held out where the data set does not say, 0 to 0.9 */
    int64_t split_seed;
    int64_t folds, fold; /* hold out fold 0 <= fold < folds of all images, whatever the data set declares; 0: do not */
    char *group;         /* extended regular expression: images in whose names it finds the same text (in its first
                            parentheses, if any) stay in one part; NULL or "": groups are what the data set declares */
    bool stratify;       /* hold out such that every class has its share */
    int normalize;       /* og_normalize */
    int cache;           /* where pixels are kept: 0 memory, then disk; 1 memory; 2 disk */
    int64_t memory_mb;   /* bound of that memory; 0: half of the machine's */
    char *cache_folder;  /* of pixels on disk; NULL or "": $TMPDIR, or /var/tmp */
} og_data_options;

OG_API og_option_table og_data_option_table(void);

/**
 * Open a data set: a folder of any known layout, a list of pairs, or a file *.yaml that declares it (docs/datasets.md).
 * Reads and checks every image and mask once; pixels stay in memory, or in a file that is mapped.
 *
 * @param options   NULL takes the defaults
 *
 * @return OG_OK, or
 *         OG_ERR_FILE    a file or folder is missing or unreadable
 *         OG_ERR_FORMAT  an image cannot be read, or the folder has no known layout
 *         OG_ERR_SYNTAX, OG_ERR_NAME  in the declaring file, with the line
 *         OG_ERR_DATA    image without mask, sizes or channels that differ, mask value outside the classes; files and
 *                        values are named
 *         OG_ERR_MEMORY  more than fits into this machine's memory
 */
OG_API og_status og_dataset_open(const char *path, const og_data_options *options, og_dataset **data);
OG_API void og_dataset_free(og_dataset *data);

OG_API const char *og_dataset_name(const og_dataset *data);
OG_API int og_dataset_channels(const og_dataset *data);
OG_API int og_dataset_class_count(const og_dataset *data);
OG_API const char *og_dataset_class_name(const og_dataset *data, int class_index);
OG_API size_t og_dataset_count(const og_dataset *data, og_part part);

/** The regions that the data set declares, count 0 where it has none; and the name of one. */
OG_API const og_regions *og_dataset_regions(const og_dataset *data);
OG_API const char *og_dataset_region_name(const og_dataset *data, int region);

/** What is scored (og_regions_has()): the classes, or what is in no region and then the regions. */
OG_API int og_dataset_scored_count(const og_dataset *data);
OG_API const char *og_dataset_scored_name(const og_dataset *data, int scored);

/** Return a checksum over the pixels, labels, order and parts of the data set, to notice that it changed. */
OG_API uint64_t og_dataset_digest(const og_dataset *data);

/* One image with its labels, borrowed from the data set; of a data set of volumes, slices of one that follow each other
 * and are of one part. */
typedef struct og_sample {
    const char *name; /* "z052", "00071198d059ba7f" */
    int channels, h, w;
    const float *image;    /* (C, D, H, W), raw values */
    const uint8_t *labels; /* (D, H, W), class or OG_LABEL_IGNORE */
    int d;                 /* slices; 0 is 1 */
    double spacing[3];     /* of the pixels along w, h, d: mm for NIfTI; 1, or 0, where unknown */
} og_sample;

static inline int og_sample_slices(const og_sample *sample)
{
    return sample->d > 0 ? sample->d : 1;
}

/** Pixels of a channel. */
static inline size_t og_sample_pixels(const og_sample *sample)
{
    return (size_t)og_sample_slices(sample) * (size_t)sample->h * (size_t)sample->w;
}

/** Samples of a part are in the order of their names (folders) or of their declaration. */
OG_API og_sample og_dataset_sample(const og_dataset *data, og_part part, size_t index);

/** How images are scaled before the network sees them; part of a trained model. */
typedef struct og_scaling {
    og_normalize kind;
    int channels;
    float mean[OG_CHANNELS_MAX], sd[OG_CHANNELS_MAX]; /* DATASET only */
} og_scaling;

OG_API og_scaling og_dataset_scaling(const og_dataset *data);

/** dst[c, y, x] = scaled src[c, y, x]; dst may be src. */
OG_API void og_scaling_run(const og_scaling *scaling, int channels, int h, int w, const float *src, float *dst);

/* --- what `ogive data check` says --------------------------------------------------------------------------------- */

typedef enum og_severity {
    OG_SEVERITY_NOTE,    /* how the data set was understood */
    OG_SEVERITY_WARNING, /* works, but is likely to mislead or to train badly */
} og_severity;

typedef struct og_finding {
    og_severity severity;
    char *text; /* one sentence without a full stop */
} og_finding;

typedef struct og_size_count {
    int h, w;
    size_t count; /* images of this size, in both parts */
} og_size_count;

typedef struct og_channel_facts {
    double min, max, mean, sd; /* over the training part */
} og_channel_facts;

typedef struct og_part_facts {
    size_t count;          /* images */
    int64_t pixels;        /* all, the ignored ones too */
    int64_t ignored;       /* pixels with OG_LABEL_IGNORE */
    int64_t *class_pixels; /* (class_count) */
    int64_t *class_images; /* (class_count) images in which the class occurs */
} og_part_facts;

/* A value that masks hold, and what it means. */
typedef struct og_mask_value {
    char *text;      /* "7", or "#ff8000" for a colour */
    int class_index; /* or OG_LABEL_IGNORE */
    bool between;    /* none of the class's own: it only lies next to one, as at a smoothed edge */
    int64_t pixels, files;
} og_mask_value;

typedef struct og_data_report {
    const char *layout;      /* "a folder with images/ and masks/" */
    const char *layout_name; /* "images-masks", as option layout has it */
    int channels, class_count;
    size_t size_count;
    og_size_count *sizes;     /* (size_count), smallest first */
    og_channel_facts *values; /* (channels) */
    og_part_facts parts[OG_PART_COUNT];
    size_t duplicates;      /* validation images that are also in the training part, pixel for pixel */
    size_t near_duplicates; /* validation images that are nearly the same as a training image */
    size_t mask_value_count;
    og_mask_value *mask_values;            /* (mask_value_count) by class */
    double spacing_min[2], spacing_max[2]; /* of rows and columns over all images, mm; 1 where unknown */
    double copy_dice; /* mean pooled Dice (classes but the background) that copying the mask of the nearest training
                         slice of the same volume reaches on the validation part; NaN when there are no volumes */
    size_t finding_count;
    og_finding *findings; /* (finding_count) */
} og_data_report;

/** Describe an open data set and look for mistakes that og_dataset_open() does not refuse. */
OG_API og_status og_data_report_new(const og_dataset *data, og_data_report **report);
OG_API void og_data_report_free(og_data_report *report);

#ifdef __cplusplus
}
#endif
#endif
