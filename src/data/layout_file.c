/* A YAML file that declares a data set (docs/datasets.md). Paths in it are relative to the file. */
#include "data/layout.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "format/table.h"
#include "format/yaml.h"

/* Read a path and join it to the file's folder. */
static og_status read_path(const og__yaml *node, const char *what, const char *folder, char **path)
{
    const char *text;
    OG_TRY(og__yaml_text(node, what, &text));
    return og__path_join(folder, text, path);
}

/* The position of a text among names, or an error that lists them. */
static og_status read_choice(const og__yaml *node, const char *what, const char *const *names, int count, int *choice)
{
    const char *text;
    og__text list = {0};
    *choice = 0;
    OG_TRY(og__yaml_text(node, what, &text));
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0) {
            *choice = i;
            return OG_OK;
        }
    for (int i = 0; i < count; i++)
        og__text_format(&list, "%s%s", i ? ", " : "", names[i]);
    og_status status =
        og__yaml_fail(OG_ERR_NAME, node, "%s must be one of %s, found '%s'", what, og__text_get(&list), text);
    og__text_deinit(&list);
    return status;
}

/* --- classes ------------------------------------------------------------------------------------------------------ */

static og_status read_class_list(const og__yaml *node, og__classes *classes)
{
    const char *names[OG_CLASSES_MAX];
    size_t count = og__yaml_count(node);
    for (size_t k = 0; k < count && k < OG_CLASSES_MAX; k++)
        OG_TRY(og__yaml_text(og__yaml_at(node, k), "a class name", &names[k]));
    og_status status = og__classes_set_names(classes, names, count);
    return status == OG_ERR_DATA ? og__yaml_fail(OG_ERR_DATA, node, "%s", og_error_text()) : status;
}

static og_status read_class_map(const og__yaml *node, og__classes *classes)
{
    const char *names[OG_CLASSES_MAX];
    size_t count = og__yaml_count(node);
    for (size_t k = 0; k < count && k < OG_CLASSES_MAX; k++)
        names[k] = og__yaml_scalar(og__yaml_key_at(node, k));
    og_status status = og__classes_set_names(classes, names, count);
    if (status != OG_OK)
        return status == OG_ERR_DATA ? og__yaml_fail(OG_ERR_DATA, node, "%s", og_error_text()) : status;
    OG_TRY(og__alloc(count, sizeof *classes->values, &classes->values));
    for (size_t k = 0; k < count; k++) {
        OG_TRY(og__ranges_read(og__yaml_at(node, k), names[k], &classes->values[k]));
        classes->colours = classes->colours || classes->values[k].colours;
    }
    for (size_t k = 0; k < count; k++)
        for (size_t other = 0; other < k; other++) {
            int64_t value;
            if (og__ranges_meet(&classes->values[other], &classes->values[k], &value))
                return og__yaml_fail(OG_ERR_DATA, og__yaml_at(node, k), "%" PRId64 " is listed for both '%s' and '%s'",
                                     value, names[other], names[k]);
        }
    return OG_OK;
}

static og_status read_classes(const og__yaml *node, og__classes *classes)
{
    if (og__yaml_kind_of(node) == OG_YAML_LIST)
        return read_class_list(node, classes);
    if (og__yaml_kind_of(node) == OG_YAML_MAP)
        return read_class_map(node, classes);
    return og__yaml_fail(OG_ERR_SYNTAX, node, "'classes' must be a list of names, or lines of 'name: mask values'");
}

static og_status read_field(const char *path, const og__table_row *row, int64_t column, int64_t *number)
{
    if ((size_t)column > row->count)
        return og__fail(OG_ERR_DATA, "%s:%d: %zu columns, expected at least %" PRId64, path, row->line, row->count,
                        column);
    const char *field = row->fields[column - 1];
    char *end;
    *number = strtoll(field, &end, 10);
    if (end == field || *end != '\0')
        return og__fail(OG_ERR_DATA, "%s:%d: column %" PRId64 " must be a whole number, found '%s'", path, row->line,
                        column, field);
    return OG_OK;
}

static int compare_codes(const void *a, const void *b)
{
    int64_t x = ((const og__code *)a)->value, y = ((const og__code *)b)->value;
    return (x > y) - (x < y);
}

static og_status load_codes(const char *path, int64_t value_column, int64_t code_column, og__classes *classes)
{
    og_status status = OG_OK;
    og__table table;
    size_t length = strlen(path);
    bool commas = length > 4 && strcasecmp(path + length - 4, ".csv") == 0;
    OG_TRY(og__table_load(path, commas ? OG_TABLE_COMMAS : OG_TABLE_SPACES, &table));
    if (table.count == 0) {
        status = og__fail(OG_ERR_DATA, "'%s' holds no codes", path);
        goto done;
    }
    OG_GO(og__alloc(table.count, sizeof *classes->codes, &classes->codes));
    for (size_t i = 0; i < table.count; i++) {
        og__code *code = &classes->codes[i];
        OG_GO(read_field(path, &table.rows[i], value_column, &code->value));
        OG_GO(read_field(path, &table.rows[i], code_column, &code->code));
    }
    classes->code_count = table.count;
    qsort(classes->codes, classes->code_count, sizeof *classes->codes, compare_codes);
done:
    og__table_deinit(&table);
    return status;
}

static og_status read_codes(const og__yaml *node, const char *folder, og__classes *classes)
{
    static const char *const keys[] = {"file", "value", "code"};
    int64_t columns[2] = {1, 2};
    char *path;
    OG_TRY(og__yaml_check_keys(node, "'codes'", keys, 3));
    if (!classes->values)
        return og__yaml_fail(OG_ERR_SYNTAX, node, "'codes' needs 'classes' with the codes of each class");
    if (!og__yaml_find(node, "file"))
        return og__yaml_fail(OG_ERR_SYNTAX, node, "'codes' needs a 'file'");
    for (int c = 0; c < 2; c++)
        if (og__yaml_find(node, keys[c + 1]))
            OG_TRY(og__yaml_int(og__yaml_find(node, keys[c + 1]), "a column number", 1, 1000, &columns[c]));
    OG_TRY(read_path(og__yaml_find(node, "file"), "'file'", folder, &path));
    og_status status = load_codes(path, columns[0], columns[1], classes);
    free(path);
    return status;
}

/* --- pairs -------------------------------------------------------------------------------------------------------- */

/* "scans/a.nii.gz" is called "a". */
static og_status default_name(const char *path, char **name)
{
    OG_TRY(og__copy_text(og__path_name(path), name));
    char *dot = strchr(*name, '.');
    if (dot && dot != *name)
        *dot = '\0';
    return OG_OK;
}

static og_status read_files(const og__yaml *node, const char *what, const char *folder, og__paths *paths)
{
    bool list = og__yaml_kind_of(node) == OG_YAML_LIST;
    for (size_t i = 0; i < (list ? og__yaml_count(node) : 1); i++) {
        const char *text;
        OG_TRY(og__yaml_text(list ? og__yaml_at(node, i) : node, what, &text));
        OG_TRY(og__paths_add(paths, folder, text));
    }
    return paths->count ? OG_OK : og__yaml_fail(OG_ERR_SYNTAX, node, "%s names no file", what);
}

/* A mask for each region, by name; every pair has the same names. */
static og_status read_region_masks(const og__yaml *node, const char *folder, og__pair *pair, og__listing *listing)
{
    const char *names[OG_REGIONS_COMBINED_MAX];
    size_t count = og__yaml_count(node);
    og__region_list *regions = &listing->regions;
    OG_TRY(og__yaml_expect(node, "'masks' with lines of 'region: file'", OG_YAML_MAP));
    if (count < 2 || count > OG_REGIONS_COMBINED_MAX)
        return og__yaml_fail(OG_ERR_DATA, node,
                             "%zu masks are given; 2 to %d regions are possible, and a single mask is a 'mask'", count,
                             OG_REGIONS_COMBINED_MAX);
    OG_TRY(og__alloc(count, sizeof *pair->marks, &pair->marks));
    pair->overlapping = true;
    for (size_t r = 0; r < count; r++) {
        const char *text;
        names[r] = og__yaml_scalar(og__yaml_key_at(node, r));
        if (regions->combined && (r >= (size_t)regions->count || strcmp(names[r], regions->names[r]) != 0))
            return og__yaml_fail(OG_ERR_DATA, og__yaml_at(node, r),
                                 "the masks are not those of the first pair: '%s' is not the region number %zu",
                                 names[r], r + 1);
        OG_TRY(og__yaml_text(og__yaml_at(node, r), "a mask", &text));
        OG_TRY(og__paths_add(&pair->masks, folder, text));
        pair->marks[r] = 1 << r;
    }
    if (regions->combined)
        return count == (size_t)regions->count
                   ? OG_OK
                   : og__yaml_fail(OG_ERR_DATA, node, "%zu masks; the first pair has %d", count, regions->count);
    return og__regions_combine(names, (int)count, regions, &listing->classes);
}

static og_status read_pair(const og__yaml *node, const char *folder, og__listing *listing)
{
    static const char *const keys[] = {"image",  "mask",       "name",      "part",  "axis",
                                       "slices", "validation", "leave_out", "group", "masks"};
    static const char *const parts[] = {"train", "validation"}, *const axes[] = {"x", "y", "z"};
    og__pair *pair;
    int choice;
    OG_TRY(og__listing_add(listing, &pair));
    OG_TRY(og__yaml_check_keys(node, "a pair", keys, sizeof keys / sizeof keys[0]));
    const og__yaml *image = og__yaml_find(node, "image"), *mask = og__yaml_find(node, "mask"),
                   *masks = og__yaml_find(node, "masks");
    if (!image || !mask == !masks)
        return og__yaml_fail(OG_ERR_SYNTAX, node,
                             "a pair needs an 'image', and either a 'mask' or 'masks' of regions; %s",
                             !image  ? "'image' is missing"
                             : masks ? "here are both"
                                     : "'mask' is missing");
    OG_TRY(read_files(image, "'image'", folder, &pair->images));
    if (mask) {
        OG_TRY(og__yaml_expect(mask, "'mask'", OG_YAML_SCALAR));
        OG_TRY(read_files(mask, "'mask'", folder, &pair->masks));
    } else {
        OG_TRY(read_region_masks(masks, folder, pair, listing));
    }
    const og__yaml *value = og__yaml_find(node, "name");
    const char *name;
    if (value) {
        OG_TRY(og__yaml_text(value, "'name'", &name));
        OG_TRY(og__copy_text(name, &pair->name));
    } else {
        OG_TRY(default_name(pair->images.items[0], &pair->name));
    }
    if ((value = og__yaml_find(node, "group"))) {
        OG_TRY(og__yaml_text(value, "'group'", &name));
        OG_TRY(og__copy_text(name, &pair->group));
    }
    if ((value = og__yaml_find(node, "part"))) {
        OG_TRY(read_choice(value, "'part'", parts, 2, &choice));
        pair->part = choice == 0 ? OG_PART_TRAIN : OG_PART_VALIDATION;
    }
    if ((value = og__yaml_find(node, "axis"))) {
        OG_TRY(read_choice(value, "'axis'", axes, 3, &choice));
        pair->axis = (og__axis)choice;
    }
    if ((value = og__yaml_find(node, "slices")))
        OG_TRY(og__ranges_read(value, "'slices'", &pair->slices));
    if ((value = og__yaml_find(node, "leave_out")))
        OG_TRY(og__ranges_read(value, "'leave_out'", &pair->leave_out));
    if (!(value = og__yaml_find(node, "validation")))
        return OG_OK;
    if (pair->part != OG_PART_OPEN)
        return og__yaml_fail(OG_ERR_SYNTAX, value,
                             "'part' puts the whole pair into one part; 'validation' cannot be beside it");
    pair->part = OG_PART_TRAIN; /* but for the slices held out */
    return og__ranges_read(value, "'validation'", &pair->validation);
}

static og_status read_pairs(const og__yaml *root, const char *folder, const og_data_options *options,
                            og__listing *listing)
{
    const og__yaml *pairs = og__yaml_find(root, "pairs"), *inner = og__yaml_find(root, "folder");
    if (!pairs == !inner)
        return og__yaml_fail(OG_ERR_SYNTAX, root,
                             "give 'pairs' (a list of images with masks) or 'folder' (a data set of a known layout)%s",
                             pairs ? ", not both" : "");
    if (inner) {
        char *path;
        OG_TRY(read_path(inner, "'folder'", folder, &path));
        og_status status = og__listing_add_folder(path, options, listing);
        if (status == OG_ERR_FORMAT)
            status = og__yaml_fail(status, inner, "%s", og_error_text());
        free(path);
        return status;
    }
    OG_TRY(og__yaml_expect(pairs, "'pairs'", OG_YAML_LIST));
    if (og__yaml_count(pairs) == 0)
        return og__yaml_fail(OG_ERR_SYNTAX, pairs, "'pairs' is empty");
    for (size_t i = 0; i < og__yaml_count(pairs); i++)
        OG_TRY(read_pair(og__yaml_at(pairs, i), folder, listing));
    return OG_OK;
}

/* --- the layout --------------------------------------------------------------------------------------------------- */

static og_status read_root(const og__yaml *root, const char *folder, const og_data_options *options,
                           og__listing *listing)
{
    static const char *const keys[] = {"name", "classes", "ignore", "codes", "regions", "pairs", "folder"};
    const og__yaml *value;
    const char *name;
    OG_TRY(og__yaml_check_keys(root, "a data set", keys, sizeof keys / sizeof keys[0]));
    if ((value = og__yaml_find(root, "name"))) {
        OG_TRY(og__yaml_text(value, "'name'", &name));
        free(listing->name);
        OG_TRY(og__copy_text(name, &listing->name));
    }
    OG_TRY(read_pairs(root, folder, options, listing));
    for (size_t i = 0; listing->regions.combined && i < listing->count; i++)
        if (!listing->pairs[i].overlapping)
            return og__yaml_fail(OG_ERR_DATA, root, "'%s' has a 'mask' where other pairs have 'masks' of regions",
                                 listing->pairs[i].name);
    for (size_t i = 1; listing->regions.combined && i < sizeof keys / sizeof keys[0]; i++)
        if (i != 5 && (value = og__yaml_find(root, keys[i]))) /* all but the name and the pairs */
            return og__yaml_fail(OG_ERR_DATA, value, "'%s' cannot be beside pairs with 'masks' of regions", keys[i]);
    if ((value = og__yaml_find(root, "classes"))) {
        og__classes_deinit(&listing->classes); /* the file knows better than a folder's classes.txt */
        OG_TRY(read_classes(value, &listing->classes));
    }
    if ((value = og__yaml_find(root, "regions")))
        OG_TRY(og__regions_read(value, &listing->regions));
    if ((value = og__yaml_find(root, "codes")))
        OG_TRY(read_codes(value, folder, &listing->classes));
    if ((value = og__yaml_find(root, "ignore")))
        OG_TRY(og__ranges_read(value, "'ignore'", &listing->classes.ignore));
    return OG_OK;
}

bool og__layout_file_matches(const og__layout *layout, const char *path)
{
    (void)layout;
    size_t length = strlen(path);
    bool named = (length > 5 && strcasecmp(path + length - 5, ".yaml") == 0) ||
                 (length > 4 && strcasecmp(path + length - 4, ".yml") == 0);
    return named && og__file_exists(path) && !og__is_folder(path);
}

og_status og__layout_file_list(const og__layout *layout, const char *path, const og_data_options *options,
                               og__listing *listing)
{
    (void)layout;
    og_status status = OG_OK;
    og__yaml *root = NULL;
    char *folder = NULL;
    OG_GO(og__path_folder(path, &folder));
    OG_GO(og__yaml_load(path, &root));
    OG_GO(read_root(root, folder, options, listing));
done:
    og__yaml_free(root);
    free(folder);
    return status;
}
