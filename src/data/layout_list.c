/* A list of pairs: a table (.csv, .tsv) with a header, or JSON: a list of objects with the same keys, or an object
 * with such lists under "training" and "validation" (MONAI).
 *
 *   image   required; paths are relative to the file
 *   mask    required; or "label"
 *   split, group, name   optional, as in splits.csv; or "part"
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/entries.h"
#include "data/layout.h"
#include "data/splits_file.h"
#include "format/json.h"

enum { IMAGE, MASK, SPLIT, GROUP, NAME, COLUMN_COUNT };

/* A column and another word for it. */
static const char *const columns[COLUMN_COUNT][2] = {
    {"image", "image_path"}, {"mask", "label"}, {"split", "part"}, {"group", "patient"}, {"name", "id"},
};

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

bool og__layout_list_matches(const og__layout *layout, const char *path)
{
    (void)layout;
    return (ends_with(path, ".csv") || ends_with(path, ".tsv") || ends_with(path, ".json")) && og__file_exists(path) &&
           !og__is_folder(path);
}

/* Add a pair of texts, NULL where a column is missing; `where` is "FILE:LINE". */
static og_status add_row(const char *where, const char *folder, const char *const texts[COLUMN_COUNT],
                         og__listing *listing)
{
    int part = OG_PART_OPEN;
    char *name;
    for (int c = IMAGE; c <= MASK; c++)
        if (!texts[c] || !*texts[c])
            return og__fail(OG_ERR_DATA, "%s: '%s' is missing", where, columns[c][0]);
    if (texts[SPLIT] && *texts[SPLIT] && !og__part_of_word(texts[SPLIT], &part))
        return og__fail(OG_ERR_DATA, "%s: unknown split '%s'; expected train, val or test", where, texts[SPLIT]);
    OG_TRY(texts[NAME] && *texts[NAME] ? og__copy_text(texts[NAME], &name)
                                       : og__stem_of(og__path_name(texts[IMAGE]), &name));
    og_status status = og__listing_add_files(listing, name, folder, texts[IMAGE], folder, texts[MASK], part);
    free(name);
    if (status == OG_OK && texts[GROUP] && *texts[GROUP])
        status = og__copy_text(texts[GROUP], &listing->pairs[listing->count - 1].group);
    return status;
}

static og_status list_table(const char *path, const char *folder, og__listing *listing)
{
    og_status status = OG_OK;
    og__table table;
    int places[COLUMN_COUNT];
    OG_TRY(og__table_load(path, ends_with(path, ".csv") ? OG_TABLE_COMMAS : OG_TABLE_SPACES, &table));
    for (int c = 0; c < COLUMN_COUNT; c++)
        for (int word = 1; word >= 0; word--)
            if (word == 1 || og__table_column(&table, columns[c][word]) >= 0)
                places[c] = og__table_column(&table, columns[c][word]);
    if (places[IMAGE] < 0 || places[MASK] < 0) {
        status = og__fail(OG_ERR_DATA,
                          "%s:1: expected a header with the columns image and mask, and perhaps split, "
                          "group and name",
                          path);
        goto done;
    }
    for (size_t i = 1; i < table.count; i++) {
        const char *texts[COLUMN_COUNT] = {NULL};
        og__text where = {0};
        for (int c = 0; c < COLUMN_COUNT; c++)
            if (places[c] >= 0 && (size_t)places[c] < table.rows[i].count)
                texts[c] = table.rows[i].fields[places[c]];
        og__text_format(&where, "%s:%d", path, table.rows[i].line);
        status = add_row(og__text_get(&where), folder, texts, listing);
        og__text_deinit(&where);
        if (status != OG_OK)
            break;
    }
done:
    og__table_deinit(&table);
    return status;
}

/* Add the objects of a list; `part` is that of objects that do not say. */
static og_status add_objects(const char *path, const char *folder, const json_t *list, const char *part,
                             og__listing *listing)
{
    og_status status = OG_OK;
    for (size_t i = 0; i < json_array_size(list) && status == OG_OK; i++) {
        const char *texts[COLUMN_COUNT] = {[SPLIT] = part};
        og__text where = {0};
        for (int c = 0; c < COLUMN_COUNT; c++)
            for (int word = 1; word >= 0; word--) {
                const char *text = json_string_value(json_object_get(json_array_get(list, i), columns[c][word]));
                texts[c] = text ? text : texts[c];
            }
        og__text_format(&where, "%s: pair %zu%s%s", path, i + 1, part ? " of " : "", part ? part : "");
        status = add_row(og__text_get(&where), folder, texts, listing);
        og__text_deinit(&where);
    }
    return status;
}

static og_status list_json(const char *path, const char *folder, og__listing *listing)
{
    og_status status = OG_OK;
    json_t *root, *list;
    const char *key;
    bool found = false;
    int part;
    OG_TRY(og__json_load(path, &root));
    if (json_is_array(root)) {
        OG_GO(add_objects(path, folder, root, NULL, listing));
        found = true;
    }
    json_object_foreach(root, key, list) {
        if (!og__part_of_word(key, &part) || !json_is_array(list))
            continue;
        found = true;
        if (part != OG_PART_LEFT_OUT) /* often without masks */
            OG_GO(add_objects(path, folder, list, json_object_get(root, "validation") ? key : NULL, listing));
    }
    if (!found)
        status =
            og__fail(OG_ERR_DATA,
                     "'%s' must be a list of objects with \"image\" and \"mask\", or such lists under \"training\" "
                     "and \"validation\"",
                     path);
done:
    json_decref(root);
    return status;
}

og_status og__layout_list_list(const og__layout *layout, const char *path, const og_data_options *options,
                               og__listing *listing)
{
    (void)layout;
    (void)options;
    og_status status = OG_OK;
    char *folder;
    OG_TRY(og__path_folder(path, &folder));
    OG_GO(ends_with(path, ".json") ? list_json(path, folder, listing) : list_table(path, folder, listing));
    size_t listed = listing->count;
    og__listing_drop_left_out(listing);
    if (listed > listing->count)
        OG_GO(og__findings_add(&listing->findings, OG_SEVERITY_NOTE, "images that the list keeps for testing: %zu",
                               listed - listing->count));
done:
    free(folder);
    return status;
}
