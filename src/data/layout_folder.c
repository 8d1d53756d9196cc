/* A folder with images/ and masks/: files of the same stem belong together.
 *
 *   classes.txt   one class name per line; optional
 *   splits.csv    columns image, split and perhaps mask; paths are relative to the folder; optional */
#include "data/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "format/table.h"

/* A file of images/ or masks/. */
typedef struct entry {
    char *name; /* "a.nii.gz" */
    char *stem; /* "a" */
} entry;

typedef struct entries {
    size_t count;
    entry *items; /* (count), sorted by stem */
    char *folder;
} entries;

static void deinit_entries(entries *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].stem);
    }
    free(list->items);
    free(list->folder);
    *list = (entries){0};
}

/* Files that other programs leave beside images. */
static bool is_litter(const char *name)
{
    static const char *const names[] = {"Thumbs.db", "desktop.ini"};
    static const char *const endings[] = {".aux.xml", ".ovr", ".prj", ".tfw", ".pgw", ".jgw", ".wld"};
    if (name[0] == '.')
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t length = strlen(name), tail = strlen(endings[i]);
        if (length > tail && strcasecmp(name + length - tail, endings[i]) == 0)
            return true;
    }
    return false;
}

static og_status stem_of(const char *name, char **stem)
{
    OG_TRY(og__copy_text(name, stem));
    size_t length = strlen(*stem);
    if (length > 7 && strcasecmp(*stem + length - 7, ".nii.gz") == 0)
        (*stem)[length - 3] = '\0';
    char *dot = strrchr(*stem, '.');
    if (dot && dot != *stem)
        *dot = '\0';
    return OG_OK;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->stem, ((const entry *)b)->stem);
}

static og_status list_entries(const char *path, const char *name, entries *list)
{
    og_status status = OG_OK;
    char **names = NULL;
    size_t count = 0;
    *list = (entries){0};
    OG_GO(og__path_join(path, name, &list->folder));
    OG_GO(og__folder_list(list->folder, &names, &count));
    OG_GO(og__alloc(count, sizeof *list->items, &list->items));
    for (size_t i = 0; i < count; i++) {
        if (is_litter(names[i]))
            continue;
        entry *item = &list->items[list->count++];
        OG_GO(og__copy_text(names[i], &item->name));
        OG_GO(stem_of(names[i], &item->stem));
    }
    qsort(list->items, list->count, sizeof *list->items, compare_entries);
    for (size_t i = 1; i < list->count; i++) {
        if (strcmp(list->items[i - 1].stem, list->items[i].stem) != 0)
            continue;
        status =
            og__fail(OG_ERR_DATA, "'%s' and '%s' in '%s' have the same name but for the ending; which one is meant?",
                     list->items[i - 1].name, list->items[i].name, list->folder);
        goto done;
    }
done:
    og__names_free(names, count);
    return status;
}

static const entry *find_entry(const entries *list, const char *stem)
{
    const entry key = {NULL, (char *)stem};
    return list->count ? bsearch(&key, list->items, list->count, sizeof key, compare_entries) : NULL;
}

/* --- pairing ------------------------------------------------------------------------------------------------------ */

/* Names in `of` without a partner in `in`. */
static void find_orphans(const entries *of, const entries *in, og__names *orphans)
{
    for (size_t i = 0; i < of->count; i++)
        if (!find_entry(in, of->items[i].stem))
            og__names_add(orphans, of->items[i].name);
}

static og_status check_orphans(const char *path, const entries *images, const entries *masks, og__findings *findings)
{
    og_status status = OG_OK;
    og__names bare = {0}, spare = {0};
    find_orphans(images, masks, &bare);
    find_orphans(masks, images, &spare);
    if (bare.count)
        status = og__fail(OG_ERR_DATA, "%zu of %zu images in '%s' have no mask of the same name in '%s': %s",
                          bare.count, images->count, images->folder, masks->folder, og__names_get(&bare));
    else if (images->count == 0)
        status = og__fail(OG_ERR_DATA, "'%s' holds no images", images->folder);
    else if (spare.count)
        status =
            og__findings_add(findings, OG_SEVERITY_WARNING, "masks in '%s' without an image are left out (%zu): %s",
                             path, spare.count, og__names_get(&spare));
    og__names_deinit(&bare);
    og__names_deinit(&spare);
    return status;
}

static og_status add_pairs(const entries *images, const entries *masks, og__listing *listing)
{
    for (size_t i = 0; i < images->count; i++) {
        og__pair *pair;
        OG_TRY(og__listing_add(listing, &pair));
        OG_TRY(og__copy_text(images->items[i].stem, &pair->name));
        OG_TRY(og__path_join(images->folder, images->items[i].name, &pair->image));
        OG_TRY(og__path_join(masks->folder, find_entry(masks, images->items[i].stem)->name, &pair->mask));
    }
    return OG_OK;
}

/* --- splits.csv --------------------------------------------------------------------------------------------------- */

enum { PART_LEFT_OUT = -2 };

static const struct {
    const char *word;
    int part;
} part_words[] = {
    {"train", OG_PART_TRAIN},      {"training", OG_PART_TRAIN},        {"val", OG_PART_VALIDATION},
    {"valid", OG_PART_VALIDATION}, {"validation", OG_PART_VALIDATION}, {"test", PART_LEFT_OUT},
};

static bool find_part(const char *word, int *part)
{
    for (size_t i = 0; i < sizeof part_words / sizeof part_words[0]; i++) {
        if (strcasecmp(word, part_words[i].word) != 0)
            continue;
        *part = part_words[i].part;
        return true;
    }
    return false;
}

/* The column of a name in the first row, or -1. */
static int find_column(const og__table *table, const char *name)
{
    for (size_t c = 0; table->count && c < table->rows[0].count; c++)
        if (strcasecmp(table->rows[0].fields[c], name) == 0)
            return (int)c;
    return -1;
}

static og__pair *find_pair(const og__listing *listing, const char *image)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->pairs[i].image, image) == 0)
            return &listing->pairs[i];
    return NULL;
}

static og_status apply_row(const char *path, const char *file, const og__table_row *row, const int columns[4],
                           og__listing *listing)
{
    og_status status = OG_OK;
    char *image = NULL, *mask = NULL;
    int part;
    for (int c = 0; c < 2; c++)
        if ((size_t)columns[c] >= row->count)
            return og__fail(OG_ERR_DATA, "%s:%d: %zu fields, fewer than the header has", file, row->line, row->count);
    const char *word = row->fields[columns[1]];
    if (!find_part(word, &part))
        return og__fail(OG_ERR_DATA, "%s:%d: unknown split '%s'; expected train, val or test", file, row->line, word);
    OG_GO(og__path_join(path, row->fields[columns[0]], &image));
    og__pair *pair = find_pair(listing, image);
    if (!pair) {
        status = og__fail(OG_ERR_DATA, "%s:%d: there is no image '%s'", file, row->line, image);
        goto done;
    }
    if (pair->part != OG_PART_OPEN) {
        status = og__fail(OG_ERR_DATA, "%s:%d: '%s' is listed twice", file, row->line, row->fields[columns[0]]);
        goto done;
    }
    pair->part = part;
    if (columns[2] >= 0 && (size_t)columns[2] < row->count) {
        OG_GO(og__path_join(path, row->fields[columns[2]], &mask));
        free(pair->mask);
        pair->mask = mask;
        mask = NULL;
    }
    if (columns[3] >= 0 && (size_t)columns[3] < row->count)
        OG_GO(og__copy_text(row->fields[columns[3]], &pair->group));
done:
    free(image);
    free(mask);
    return status;
}

/* Drop the pairs that belong to no part. */
static og_status drop_left_out(og__listing *listing)
{
    size_t kept = 0, test = 0, unlisted = 0;
    for (size_t i = 0; i < listing->count; i++) {
        og__pair *pair = &listing->pairs[i];
        test += pair->part == PART_LEFT_OUT;
        unlisted += pair->part == OG_PART_OPEN;
        if (pair->part >= 0) {
            og__pair keep = *pair;
            *pair = listing->pairs[kept];
            listing->pairs[kept++] = keep;
        }
    }
    for (size_t i = kept; i < listing->count; i++) {
        free(listing->pairs[i].name);
        free(listing->pairs[i].image);
        free(listing->pairs[i].mask);
        free(listing->pairs[i].group);
    }
    listing->count = kept;
    if (test)
        OG_TRY(og__findings_add(&listing->findings, OG_SEVERITY_NOTE, "images that splits.csv keeps for testing: %zu",
                                test));
    if (unlisted)
        OG_TRY(og__findings_add(&listing->findings, OG_SEVERITY_WARNING,
                                "images that splits.csv does not list are left out: %zu", unlisted));
    return OG_OK;
}

static og_status apply_splits(const char *path, const char *file, og__listing *listing)
{
    og_status status = OG_OK;
    og__table table;
    OG_TRY(og__table_load(file, OG_TABLE_COMMAS, &table));
    const int columns[] = {find_column(&table, "image"), find_column(&table, "split"), find_column(&table, "mask"),
                           find_column(&table, "group")};
    if (columns[0] < 0 || columns[1] < 0) {
        status = og__fail(OG_ERR_DATA, "%s:1: expected a header with the columns image and split", file);
        goto done;
    }
    for (size_t i = 1; i < table.count; i++)
        OG_GO(apply_row(path, file, &table.rows[i], columns, listing));
    OG_GO(drop_left_out(listing));
done:
    og__table_deinit(&table);
    return status;
}

/* --- the layout --------------------------------------------------------------------------------------------------- */

static bool holds(const char *path, const char *name, bool folder)
{
    char *inner;
    if (og__path_join(path, name, &inner) != OG_OK)
        return false;
    bool found = folder ? og__is_folder(inner) : og__file_exists(inner);
    free(inner);
    return found;
}

bool og__layout_folder_matches(const char *path)
{
    return holds(path, "images", true) && holds(path, "masks", true);
}

og_status og__layout_folder_list(const char *path, og__listing *listing)
{
    og_status status = OG_OK;
    entries images = {0}, masks = {0};
    char *names = NULL, *splits = NULL;
    OG_GO(list_entries(path, "images", &images));
    OG_GO(list_entries(path, "masks", &masks));
    OG_GO(check_orphans(path, &images, &masks, &listing->findings));
    OG_GO(add_pairs(&images, &masks, listing));
    OG_GO(og__path_join(path, "classes.txt", &names));
    if (holds(path, "classes.txt", false))
        OG_GO(og__classes_load_names(&listing->classes, names));
    OG_GO(og__path_join(path, "splits.csv", &splits));
    if (holds(path, "splits.csv", false))
        OG_GO(apply_splits(path, splits, listing));
done:
    deinit_entries(&images);
    deinit_entries(&masks);
    free(names);
    free(splits);
    return status;
}
