/* Regions as a data set declares them: names with the mask values of their classes. */
#ifndef OG_DATA_REGIONS_H
#define OG_DATA_REGIONS_H

#include <ogive/region.h>

#include "data/classes.h"
#include "data/ranges.h"
#include "format/json.h"
#include "format/yaml.h"

/* Zero-initialised: none. */
typedef struct og__region_list {
    int count;
    char **names;       /* (count) */
    og__ranges *values; /* (count) as classes list theirs */
    bool combined;      /* classes are all combinations of the regions, of which some may never occur */
    int64_t *written;   /* (count) the mask value that each becomes where labels are written; NULL: chosen */
} og__region_list;

/* Read lines of 'name: mask values'. */
og_status og__regions_read(const og__yaml *node, og__region_list *list);
void og__regions_deinit(og__region_list *list);

enum { OG_REGIONS_COMBINED_MAX = 7 }; /* 128 combinations */

/*
 * Declare regions that have a mask of their own each: the mask value of a pixel is the sum of 1 << r over its regions
 * r, and every such value is a class, named "first + third".
 *
 * @param names   2 to OG_REGIONS_COMBINED_MAX
 */
og_status og__regions_combine(const char *const *names, int count, og__region_list *list, og__classes *classes);

/* Read a dataset.json of nnU-Net with regions: "labels" of names with a value or a list of them, of which the
 * background (value 0) and "ignore" are none, and "regions_class_order". OG_ERR_DATA says what is wrong. */
og_status og__regions_read_json(const json_t *root, og__region_list *list);

/* Which classes the regions hold, once the classes are known. OG_ERR_DATA names a region with a value of no class. */
typedef struct og__mapping og__mapping;
og_status og__regions_settle(const og__region_list *list, const og__classes *classes, const og__mapping *mapping,
                             og_regions *regions);

#endif
