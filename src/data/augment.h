/* Augmentation of training patches: whatever moves pixels as one resampling, then changes of values. */
#ifndef OG_DATA_AUGMENT_H
#define OG_DATA_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <ogive/data.h>

/* How often an augmentation is done, and from which range its number is drawn. Zero-initialised: never. */
typedef struct og__level {
    double low, high;
    double share; /* of the patches, 0 to 1 */
} og__level;

/* What a single strength s means, and how the number is drawn. */
typedef enum og__range_kind {
    OG_RANGE_CHANCE, /* s is the share of the patches; there is no number */
    OG_RANGE_EITHER, /* -s to s, uniform */
    OG_RANGE_UP_TO,  /* 0 to s, uniform */
    OG_RANGE_ABOUT,  /* 1 - s to 1 + s, uniform */
    OG_RANGE_FACTOR, /* 1 / (1 + s) to 1 + s: below and above 1 as often, the logarithm uniform on either side */
    OG_RANGE_SHRINK, /* s to 1, uniform */
} og__range_kind;

typedef enum og__augment_row {
#define OG_AUGMENT(id, field, range, max, usual, light, nnunet, nnunet_3d, volumes, unit, help) OG_AUGMENT_##field,
#include "data/augment.def"
#undef OG_AUGMENT
    OG_AUGMENT_COUNT
} og__augment_row;

/* What a row does to a volume. Where slices lie more than three times as far apart as pixels, SPACE is SLICES, and of
 * ONLY what would take voxels out of their slices is left out (nnU-Net's rule). */
typedef enum og__in_volumes {
    OG_VOLUMES_VALUES, /* voxel by voxel */
    OG_VOLUMES_SLICES, /* within slices, all alike */
    OG_VOLUMES_SPACE,  /* along all three axes */
    OG_VOLUMES_ONLY,   /* is for volumes: pictures stay as they are */
} og__in_volumes;

/* A row of the table as a value. */
typedef struct og__augment_entry {
    const char *name; /* "flip_x" */
    og__range_kind range;
    double max;
    const char *usual, *light, *nnunet, *nnunet_3d;
    og__in_volumes volumes;
    const char *unit, *help;
} og__augment_entry;
extern const og__augment_entry og__augment_entries[OG_AUGMENT_COUNT];

/* One level for each row; rows can also be named: options.rotate. */
typedef union og_augment_options {
    struct {
#define OG_AUGMENT(id, field, range, max, usual, light, nnunet, nnunet_3d, volumes, unit, help) og__level field;
#include "data/augment.def"
#undef OG_AUGMENT
    };
    og__level rows[OG_AUGMENT_COUNT];
} og_augment_options;

typedef enum og__augment_set { OG_AUGMENT_SET_NONE, OG_AUGMENT_SET_LIGHT, OG_AUGMENT_SET_NNUNET } og__augment_set;

/*
 * Read the level of one row: "off", "on", STRENGTH or LOW..HIGH, and @SHARE behind the latter two.
 *
 * @return OG_OK, or OG_ERR_ARGUMENT naming the row, what was found, and what may stand there
 */
og_status og__level_parse(og__augment_row row, const char *text, og__level *level);

/* A set, of pictures (dims 2) or volumes (3), with some of its rows replaced; texts[row] is "" where the set stands. */
og_status og__augment_parse(og__augment_set set, int dims, const char *const texts[OG_AUGMENT_COUNT],
                            og_augment_options *options);

/* Where a patch lies in its image; it may reach over the edges. */
typedef struct og__window {
    int y, x, h, w;
    int z, d; /* slices; d 0 is 1 */
} og__window;

/*
 * Cut one patch out of a sample and augment it.
 *
 *   outside the image: the image is mirrored about its edge pixels (as numpy's "reflect"), labels are OG_LABEL_IGNORE;
 *   images are resampled linearly between pixels, labels take the nearest pixel
 *
 * @param zero         f32[C]: the raw value that is 0 once normalised; NULL is 0
 * @param seed, item   choose the random numbers; item is the running number of the patch
 * @param scratch      f32[window.d, window.h, window.w]; written
 * @param images       f32[C, window.d, window.h, window.w], raw values; written
 * @param labels       u8[window.d, window.h, window.w]; written
 *
 * Allocates: nothing.
 */
void og__augment(const og_augment_options *options, const og_sample *sample, og__window window, const float *zero,
                 uint64_t seed, uint64_t item, float *scratch, float *images, uint8_t *labels);

#endif
