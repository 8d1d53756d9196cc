/* Regions: sets of classes that may overlap, each learned as a yes or no of its own (a whole tumour, and its core).
 * Masks still hold one class per pixel; a region is the union of some classes. */
#ifndef OGIVE_REGION_H
#define OGIVE_REGION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OG_REGIONS_MAX = 64 };

typedef struct og_regions {
    int count;                      /* 0: the classes themselves are learned, and exclude each other */
    uint64_t of_class[256];         /* bit r of the set of class c: c belongs to region r */
    uint8_t outside;                /* the class of pixels in no region: the first that has none, else 0 */
    uint8_t writes[OG_REGIONS_MAX]; /* the class that region r becomes where labels are written, unless a later region
                                       is there too: one that no later region has, if there is such */
} og_regions;

/* What is scored: the regions, counting from 1, where there are regions; scored class 0 is what lies in none of them.
 * Without regions (NULL, or a count of 0) the classes themselves. */
static inline int og_regions_has(const og_regions *regions, int class_index, int scored)
{
    if (!regions || regions->count == 0)
        return class_index == scored;
    return scored == 0 ? regions->of_class[class_index] == 0
                       : (int)(regions->of_class[class_index] >> (scored - 1) & 1);
}

#ifdef __cplusplus
}
#endif
#endif
