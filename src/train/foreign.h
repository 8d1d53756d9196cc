/* How other programs call the tensors of the networks that ogive has too: foreign.def, looked up. */
#ifndef OG_TRAIN_FOREIGN_H
#define OG_TRAIN_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

typedef enum og__foreign {
#define OG_FOREIGN(id, name, presets, free) OG_FOREIGN_##id,
#define OG_FOREIGN_KEY(id, ours, theirs)
#include "train/foreign.def"
#undef OG_FOREIGN
#undef OG_FOREIGN_KEY
    OG_FOREIGN_COUNT
} og__foreign;

typedef struct og__foreign_about {
    const char *name, *presets, *free; /* as foreign.def says */
} og__foreign_about;

extern const og__foreign_about og__foreigns[OG_FOREIGN_COUNT];

enum { OG_FOREIGN_NAME_BYTES = 160 };

/**
 * The foreign names of one of ogive's tensors ("encoder.0.conv.1.weight") in a network of some depth.
 *
 * @param row    where to look from: 0, then what the call before left there
 * @param name   set to the next name
 *
 * @return false when there are no more
 */
bool og__foreign_name(og__foreign foreign, int depth, const char *ours, size_t *row, char name[OG_FOREIGN_NAME_BYTES]);

#endif
