/* How the values in masks become classes.
 *
 * Declared: each class lists the mask values (or, with a code table, the codes of mask values) that belong to it.
 * Found: a mask value is the number of its class, with two customs understood once all masks are seen: 0 and 255 alone
 * are two classes, and 255 among several classes marks pixels that are not scored. */
#ifndef OG_DATA_CLASSES_H
#define OG_DATA_CLASSES_H

#include <stdint.h>

#include <ogive/data.h>

#include "data/findings.h"
#include "data/ranges.h"

/* A mask value with the code that a table gives it. */
typedef struct og__code {
    int64_t value, code;
} og__code;

typedef struct og__classes {
    int count;          /* 0 until known */
    char **names;       /* (count), or NULL until known */
    og__ranges *values; /* (count) declared values of each class; NULL: found */
    og__ranges ignore;  /* declared mask values that are not scored */
    og__code *codes;    /* (code_count), or NULL */
    size_t code_count;
    int16_t *cache;  /* class of the values 0 to 65535 so far, declared classes only */
    char *seen[256]; /* found classes: the first mask that holds each value */
} og__classes;

void og__classes_deinit(og__classes *classes);

/* Declare `count` classes by name alone; their values are 0, 1, 2, ... */
og_status og__classes_set_names(og__classes *classes, const char *const *names, size_t count);

/* The same from a text file with one name per line. */
og_status og__classes_load_names(og__classes *classes, const char *path);

/*
 * Read one mask.
 *
 * @param mask     f32[count], mask values
 * @param labels   u8[count]; written: classes or OG_LABEL_IGNORE when declared, else the mask values themselves until
 *                 og__classes_settle()
 *
 * @return OG_OK, or OG_ERR_DATA naming the value and `path`
 */
og_status og__classes_read(og__classes *classes, const char *path, size_t count, const float *mask, uint8_t *labels);

/*
 * Decide what the values found in all masks mean; fixes count and names.
 *
 * @param classes_of   u8[256]: the class of each label that og__classes_read() wrote; the identity when declared
 * @param findings     receives what was decided
 *
 * @return OG_OK, or OG_ERR_DATA naming values and files
 */
og_status og__classes_settle(og__classes *classes, uint8_t classes_of[256], og__findings *findings);

#endif
