/* Which class each mask value is: as declared, or by the customs of masks. */
#ifndef OG_DATA_MAPPING_H
#define OG_DATA_MAPPING_H

#include "data/survey.h"

typedef struct og__mapping {
    size_t count;
    int64_t *values;  /* (count), ascending */
    uint8_t *classes; /* (count) class or OG_LABEL_IGNORE */
    bool *snapped;    /* (count) the value is none of a class's own, but near one */
} og__mapping;

/*
 * Decide what the values found in all masks mean; fixes the count and names of the listing's classes.
 *
 * Declared values are taken as declared. Otherwise, in this order:
 *   - objects: 0 is the background, any other number one of its objects;
 *   - negative numbers, and 255 beside 0, 1, ..., are not scored;
 *   - 0, 1, 2, ... are the classes; two values alone are background and foreground;
 *   - a few frequent values among many rare ones between them are classes with smoothed edges: a rare value takes the
 *     class of the nearest frequent one;
 *   - up to 64 other values are classes in ascending order, with a warning.
 *
 * @return OG_OK, or OG_ERR_DATA naming values and files
 */
og_status og__mapping_make(og__listing *listing, const og__survey *survey, const og_data_options *options,
                           og__mapping *mapping);
void og__mapping_deinit(og__mapping *mapping);

/* labels[i] = class of mask[i]; OG_ERR_DATA for a value that the survey did not see. */
og_status og__mapping_apply(const og__mapping *mapping, const char *path, size_t count, const float *mask,
                            uint8_t *labels);

/* Write a mask value as people do: "7", or "#ff8000" for a colour. */
void og__mask_value_format(og__mask_style style, int64_t value, og__text *text);

#endif
