/* The files of a folder by their stems: "a" of "a.png" and of "a.nii.gz". */
#ifndef OG_DATA_ENTRIES_H
#define OG_DATA_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct og__entry {
    char *name; /* "a.nii.gz" */
    char *stem; /* "a" */
} og__entry;

typedef struct og__entries {
    char *folder;
    size_t count;
    og__entry *items; /* (count), sorted by stem */
} og__entries;

typedef enum og__entry_kind {
    OG_ENTRIES_ANY,   /* whatever is there: reading a folder as an image fails with its name */
    OG_ENTRIES_IMAGES /* files with the ending of an image only */
} og__entry_kind;

/* List FOLDER/NAME without hidden files and what other programs leave beside images. */
og_status og__entries_list(const char *folder, const char *name, og__entry_kind kind, og__entries *entries);
void og__entries_deinit(og__entries *entries);

/* The entries of FOLDER/IMAGES and FOLDER/MASKS; on failure both are empty. */
og_status og__entries_list_both(const char *folder, const char *images, const char *masks, og__entry_kind kind,
                                og__entries *of_images, og__entries *of_masks);

/* Fail when two files have the same stem. */
og_status og__entries_check(const og__entries *entries);

/* The entry of a stem, or NULL. */
const og__entry *og__entries_find(const og__entries *entries, const char *stem);

/* The folders in a folder, sorted, without hidden ones. Released with og__names_free(). */
og_status og__folders_list(const char *folder, char ***names, size_t *count);

/* Whether FOLDER/NAME is a folder, or a file. */
bool og__holds_folder(const char *folder, const char *name);
bool og__holds_file(const char *folder, const char *name);

/* Whether a name ends in one of the endings of images, and a name without such an ending. */
bool og__is_image_name(const char *name);
og_status og__stem_of(const char *name, char **stem);

/* nnU-Net's names: the case of "CASE_0000", and the channel; false when the stem does not end so. */
bool og__cut_channel(const char *stem, size_t *case_length, int *channel);

#endif
