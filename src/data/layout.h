/* Where a data set's files lie: each known layout turns a path into a listing of image and mask pairs. */
#ifndef OG_DATA_LAYOUT_H
#define OG_DATA_LAYOUT_H

#include <ogive/data.h>

#include "data/classes.h"
#include "data/findings.h"
#include "data/ranges.h"

enum { OG_PART_OPEN = -1 }; /* the data set does not say */

typedef enum og__axis { OG_AXIS_X, OG_AXIS_Y, OG_AXIS_Z } og__axis;

/* An image and its mask: one sample, or one per slice of a volume. */
typedef struct og__pair {
    char *name, *image, *mask;
    char *group;           /* pairs of one group stay in one part; NULL: the pair alone */
    int part;              /* og_part, or OG_PART_OPEN */
    og__axis axis;         /* slices are cut across this axis */
    og__ranges slices;     /* empty: all */
    og__ranges validation; /* slices held out */
    og__ranges leave_out;  /* slices that belong to no part */
} og__pair;

typedef struct og__listing {
    char *name;
    const char *layout; /* the layout's description */
    size_t count, capacity;
    og__pair *pairs; /* (count), in the order of their samples */
    og__classes classes;
    og__findings findings;
} og__listing;

/* Find the layout of a path and list what is there. OG_ERR_FORMAT says which layouts are known. */
og_status og__listing_open(const char *path, og__listing *listing);
void og__listing_deinit(og__listing *listing);

/* Append an empty pair, borrowed until the next call. */
og_status og__listing_add(og__listing *listing, og__pair **pair);

/* --- the layouts (a row each in layout.c) ------------------------------------------------------------------------- */

typedef struct og__layout {
    const char *what; /* "a folder with images/ and masks/" */
    bool (*matches)(const char *path);
    og_status (*list)(const char *path, og__listing *listing);
} og__layout;

bool og__layout_folder_matches(const char *path);
og_status og__layout_folder_list(const char *path, og__listing *listing);

bool og__layout_file_matches(const char *path);
og_status og__layout_file_list(const char *path, og__listing *listing);

#endif
