#include "data/splits_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/entries.h"

static const struct {
    const char *word;
    int part;
} part_words[] = {
    {"train", OG_PART_TRAIN},      {"training", OG_PART_TRAIN},        {"val", OG_PART_VALIDATION},
    {"valid", OG_PART_VALIDATION}, {"validation", OG_PART_VALIDATION}, {"test", OG_PART_LEFT_OUT},
    {"testing", OG_PART_LEFT_OUT},
};

bool og__part_of_word(const char *word, int *part)
{
    for (size_t i = 0; i < sizeof part_words / sizeof part_words[0]; i++) {
        if (strcasecmp(word, part_words[i].word) != 0)
            continue;
        *part = part_words[i].part;
        return true;
    }
    return false;
}

int og__table_column(const og__table *table, const char *name)
{
    for (size_t c = 0; table->count && c < table->rows[0].count; c++)
        if (strcasecmp(table->rows[0].fields[c], name) == 0)
            return (int)c;
    return -1;
}

/* The columns of splits.csv; the first two must be there. */
enum { IMAGE, SPLIT, MASK, GROUP, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {"image", "split", "mask", "group"};

static og__pair *find_pair(const og__listing *listing, const char *image)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->pairs[i].images.items[0], image) == 0)
            return &listing->pairs[i];
    return NULL;
}

static og_status apply_row(const char *folder, const char *file, const og__table_row *row,
                           const int columns[COLUMN_COUNT], bool *listed, og__listing *listing)
{
    char *image;
    int part;
    for (int c = 0; c < MASK; c++)
        if ((size_t)columns[c] >= row->count)
            return og__fail(OG_ERR_DATA, "%s:%d: %zu fields, fewer than the header has", file, row->line, row->count);
    const char *name = row->fields[columns[IMAGE]], *word = row->fields[columns[SPLIT]];
    if (!og__part_of_word(word, &part))
        return og__fail(OG_ERR_DATA, "%s:%d: unknown split '%s'; expected train, val or test", file, row->line, word);
    OG_TRY(og__path_join(folder, name, &image));
    og__pair *pair = find_pair(listing, image);
    og_status status = pair ? OG_OK : og__fail(OG_ERR_DATA, "%s:%d: there is no image '%s'", file, row->line, image);
    free(image);
    OG_TRY(status);
    if (listed[pair - listing->pairs])
        return og__fail(OG_ERR_DATA, "%s:%d: '%s' is listed twice", file, row->line, name);
    listed[pair - listing->pairs] = true;
    pair->part = part;
    if (columns[MASK] >= 0 && (size_t)columns[MASK] < row->count) {
        og__paths_deinit(&pair->masks);
        OG_TRY(og__paths_add(&pair->masks, folder, row->fields[columns[MASK]]));
    }
    if (columns[GROUP] >= 0 && (size_t)columns[GROUP] < row->count)
        OG_TRY(og__copy_text(row->fields[columns[GROUP]], &pair->group));
    return OG_OK;
}

static og_status report(size_t test, size_t unlisted, og__findings *findings)
{
    if (test)
        OG_TRY(og__findings_add(findings, OG_SEVERITY_NOTE, "images that splits.csv keeps for testing: %zu", test));
    if (unlisted)
        OG_TRY(og__findings_add(findings, OG_SEVERITY_WARNING, "images that splits.csv does not list are left out: %zu",
                                unlisted));
    return OG_OK;
}

og_status og__splits_apply(const char *folder, og__listing *listing)
{
    og_status status = OG_OK;
    og__table table = {0};
    char *file = NULL;
    bool *listed = NULL;
    int columns[COLUMN_COUNT];
    size_t test = 0, unlisted = 0;
    if (!og__holds_file(folder, "splits.csv"))
        return OG_OK;
    OG_GO(og__path_join(folder, "splits.csv", &file));
    OG_GO(og__table_load(file, OG_TABLE_COMMAS, &table));
    OG_GO(og__alloc(listing->count, sizeof *listed, &listed));
    for (int c = 0; c < COLUMN_COUNT; c++)
        columns[c] = og__table_column(&table, column_names[c]);
    if (columns[IMAGE] < 0 || columns[SPLIT] < 0) {
        status = og__fail(OG_ERR_DATA, "%s:1: expected a header with the columns image and split", file);
        goto done;
    }
    for (size_t i = 1; i < table.count; i++)
        OG_GO(apply_row(folder, file, &table.rows[i], columns, listed, listing));
    for (size_t i = 0; i < listing->count; i++) {
        test += listing->pairs[i].part == OG_PART_LEFT_OUT;
        unlisted += !listed[i];
        if (!listed[i])
            listing->pairs[i].part = OG_PART_LEFT_OUT;
    }
    og__listing_drop_left_out(listing);
    status = report(test, unlisted, &listing->findings);
done:
    og__table_deinit(&table);
    free(listed);
    free(file);
    return status;
}
