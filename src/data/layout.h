/* Where a data set's files lie: each known layout turns a path into a listing of image and mask pairs. */
#ifndef OG_DATA_LAYOUT_H
#define OG_DATA_LAYOUT_H

#include <ogive/data.h>

#include "data/classes.h"
#include "data/findings.h"
#include "data/paths.h"
#include "data/ranges.h"
#include "data/regions.h"

enum {
    OG_PART_OPEN = -1,     /* the data set does not say */
    OG_PART_LEFT_OUT = -2, /* for testing, or not listed */
};

typedef enum og__axis { OG_AXIS_X, OG_AXIS_Y, OG_AXIS_Z } og__axis;

/* An image and its mask: one sample, or one per slice of a volume. */
typedef struct og__pair {
    char *name;
    og__paths images;      /* one, or one per channel (or several each) */
    og__paths masks;       /* one with the classes, or several of which each marks one object or one class */
    int *marks;            /* (masks.count) the mask value that each file's foreground stands for; NULL: the only file's
                              values are the mask values */
    bool overlapping;      /* a mark is added to what other files have marked, rather than written over it */
    char *group;           /* pairs of one group stay in one part; NULL: the pair alone */
    int part;              /* og_part, or OG_PART_OPEN */
    og__axis axis;         /* slices are cut across this axis */
    og__ranges slices;     /* empty: all */
    og__ranges validation; /* slices held out */
    og__ranges leave_out;  /* slices that belong to no part */
} og__pair;

typedef struct og__listing {
    char *name;
    const char *layout, *layout_name; /* the layout's description, and what --layout calls it */
    size_t count, capacity;
    og__pair *pairs; /* (count), in the order of their samples */
    int fold_count;  /* > 0: the parts are those of a fold of the data set's own list of so many */
    bool objects;    /* mask values number objects, all of one class */
    og__classes classes;
    og__region_list regions;
    og__findings findings;
} og__listing;

/* Find the layout of a path, or take the one that options->layout names, and list what is there. OG_ERR_FORMAT says
 * which layouts are known; OG_ERR_DATA which ones fit when several do. */
og_status og__listing_open(const char *path, const og_data_options *options, og__listing *listing);
void og__listing_deinit(og__listing *listing);

/* The same for a folder within a declared data set, into a listing that is open. */
og_status og__listing_add_folder(const char *path, const og_data_options *options, og__listing *listing);

/* Append an empty pair, borrowed until the next call. */
og_status og__listing_add(og__listing *listing, og__pair **pair);

/* Append a pair of one image and one mask, files of a folder as og__paths_add() takes them. */
og_status og__listing_add_files(og__listing *listing, const char *name, const char *image_folder, const char *image,
                                const char *mask_folder, const char *mask, int part);

/* Remove the pairs of OG_PART_LEFT_OUT. */
void og__listing_drop_left_out(og__listing *listing);

/* The choices of --layout: "auto|yaml|...", in the order of og__layout_at(). */
extern const char og__layout_choices[];

/* --- the layouts (a row each in layouts.def) ---------------------------------------------------------------------- */

typedef struct og__layout og__layout;
struct og__layout {
    const char *name, *what;
    bool (*matches)(const og__layout *layout, const char *path);
    og_status (*list)(const og__layout *layout, const char *path, const og_data_options *options, og__listing *listing);
    const char *images, *masks;
};

#define OG__LAYOUT_FUNCTIONS(kind)                                                                                     \
    bool og__layout_##kind##_matches(const og__layout *layout, const char *path);                                      \
    og_status og__layout_##kind##_list(const og__layout *layout, const char *path, const og_data_options *options,     \
                                       og__listing *listing);
OG__LAYOUT_FUNCTIONS(file)
OG__LAYOUT_FUNCTIONS(list)
OG__LAYOUT_FUNCTIONS(nnunet)
OG__LAYOUT_FUNCTIONS(msd)
OG__LAYOUT_FUNCTIONS(folders)
OG__LAYOUT_FUNCTIONS(classes)
OG__LAYOUT_FUNCTIONS(parts)
OG__LAYOUT_FUNCTIONS(objects)
OG__LAYOUT_FUNCTIONS(volumes)
OG__LAYOUT_FUNCTIONS(beside)

#endif
