/* The classes of a data set: their names, and which mask values belong to them where somebody said so. */
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
    og__ranges *values; /* (count) declared values of each class; NULL: to be found (mapping.h) */
    bool colours;       /* declared values are colours */
    og__ranges ignore;  /* declared mask values that are not scored */
    og__code *codes;    /* (code_count) by value, or NULL */
    size_t code_count;
} og__classes;

void og__classes_deinit(og__classes *classes);

/* Declare `count` classes by name alone; their values are 0, 1, 2, ... */
og_status og__classes_set_names(og__classes *classes, const char *const *names, size_t count);

/* The same from a text file with one name per line. */
og_status og__classes_load_names(og__classes *classes, const char *path);

/* The class of a mask value where values are declared, OG_LABEL_IGNORE, or -1. A value that the code table does not
 * list is its own code. */
int og__classes_find(const og__classes *classes, int64_t value);

#endif
