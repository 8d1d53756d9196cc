/* Which image is for what, from a table that stands beside the images. */
#ifndef OG_DATA_SPLITS_FILE_H
#define OG_DATA_SPLITS_FILE_H

#include "data/layout.h"
#include "format/table.h"

/* Find the part that a word stands for ("val", "Training", "test"): og_part or OG_PART_LEFT_OUT. */
bool og__part_of_word(const char *word, int *part);

/* The column of a name in the first row, any case, or -1. */
int og__table_column(const og__table *table, const char *name);

/* Apply FOLDER/splits.csv to the listing, where there is one: columns image and split, and perhaps mask and group. */
og_status og__splits_apply(const char *folder, og__listing *listing);

#endif
