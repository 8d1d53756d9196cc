/* Folders with a dataset.json: nnU-Net's raw data and the Medical Segmentation Decathlon.
 *
 * nnU-Net: imagesTr/CASE_0000.ENDING, CASE_0001.ENDING, ... are the channels of a case, labelsTr/CASE.ENDING its mask;
 * "labels" is {name: value}, "ignore" among the names marks what is not scored; a list of values is a region
 * (regions.h); splits_final.json beside it lists the folds. Decathlon: "training" is [{image, label}], "labels" is
 * {value: name}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/entries.h"
#include "data/layout.h"
#include "format/json.h"

static const char description_name[] = "dataset.json";

static og_status load_beside(const char *folder, const char *name, json_t **root)
{
    char *path;
    OG_TRY(og__path_join(folder, name, &path));
    og_status status = og__json_load(path, root);
    free(path);
    return status;
}

/* --- classes ------------------------------------------------------------------------------------------------------ */

typedef struct label {
    const char *name;
    int64_t value;
} label;

static int compare_labels(const void *a, const void *b)
{
    int64_t x = ((const label *)a)->value, y = ((const label *)b)->value;
    return (x > y) - (x < y);
}

/* One entry of "labels", whichever way round: false for a region, which is a list of values. */
static bool read_label(const char *key, const json_t *value, label *found)
{
    char *end;
    if (json_is_integer(value)) {
        *found = (label){key, json_integer_value(value)};
        return true;
    }
    *found = (label){json_string_value(value), strtoll(key, &end, 10)};
    return found->name && end != key && *end == '\0';
}

static og_status read_labels(const char *folder, const json_t *root, og__listing *listing)
{
    label labels[OG_CLASSES_MAX];
    const char *names[OG_CLASSES_MAX], *key;
    size_t count = 0, regions = 0;
    json_t *value, *table = json_object_get(root, "labels");
    json_object_foreach(table, key, value) {
        label found;
        if (!read_label(key, value, &found))
            regions++;
        else if (strcmp(found.name, "ignore") == 0)
            OG_TRY(og__ranges_add(&listing->classes.ignore, found.value, found.value));
        else if (count < OG_CLASSES_MAX)
            labels[count++] = found;
    }
    if (regions) {
        og_status status = og__regions_read_json(root, &listing->regions);
        return status == OG_OK ? OG_OK : og__fail_in(status, "'%s/%s'", folder, description_name);
    }
    if (count < 2)
        return OG_OK;
    qsort(labels, count, sizeof *labels, compare_labels);
    for (size_t k = 0; k < count; k++)
        names[k] = labels[k].name;
    OG_TRY(og__classes_set_names(&listing->classes, names, count));
    OG_TRY(og__alloc(count, sizeof *listing->classes.values, &listing->classes.values));
    for (size_t k = 0; k < count; k++)
        OG_TRY(og__ranges_add(&listing->classes.values[k], labels[k].value, labels[k].value));
    return OG_OK;
}

/* --- nnU-Net ------------------------------------------------------------------------------------------------------ */

bool og__layout_nnunet_matches(const og__layout *layout, const char *path)
{
    og__entries images;
    size_t length;
    int channel;
    bool found = false;
    if (!og__holds_folder(path, layout->images) || !og__holds_folder(path, layout->masks) ||
        og__entries_list(path, layout->images, OG_ENTRIES_IMAGES, &images) != OG_OK)
        return false;
    for (size_t i = 0; i < images.count && !found; i++)
        found = og__cut_channel(images.items[i].stem, &length, &channel);
    og__entries_deinit(&images);
    return found;
}

/* Add the case that begins at `begin` (stems are sorted, so that its channels follow one another); *end is behind it.
 */
static og_status add_case(const og__entries *images, const og__entries *masks, size_t begin, size_t *end,
                          og__listing *listing)
{
    og__pair *pair;
    size_t length, other;
    int channel;
    const char *stem = images->items[begin].stem;
    *end = begin + 1;
    if (!og__cut_channel(stem, &length, &channel))
        return og__fail(OG_ERR_DATA, "'%s/%s' has no channel; expected a name like CASE_0000", images->folder,
                        images->items[begin].name);
    OG_TRY(og__listing_add(listing, &pair));
    OG_TRY(og__copy_text(stem, &pair->name));
    pair->name[length] = '\0';
    for (*end = begin; *end < images->count; ++*end) {
        const og__entry *image = &images->items[*end];
        if (!og__cut_channel(image->stem, &other, &channel) || other != length ||
            strncmp(image->stem, stem, length) != 0)
            break;
        if ((size_t)channel != *end - begin)
            return og__fail(OG_ERR_DATA, "case '%s' in '%s' has no channel %04zu; found '%s'", pair->name,
                            images->folder, *end - begin, image->name);
        OG_TRY(og__paths_add(&pair->images, images->folder, image->name));
    }
    const og__entry *mask = og__entries_find(masks, pair->name);
    if (!mask)
        return og__fail(OG_ERR_DATA, "case '%s' in '%s' has no mask of that name in '%s'", pair->name, images->folder,
                        masks->folder);
    return og__paths_add(&pair->masks, masks->folder, mask->name);
}

static og_status apply_fold(const char *path, const json_t *fold, og__listing *listing)
{
    static const char *const keys[OG_PART_COUNT] = {"train", "val"};
    for (size_t i = 0; i < listing->count; i++)
        listing->pairs[i].part = OG_PART_LEFT_OUT;
    for (int part = 0; part < OG_PART_COUNT; part++) {
        const json_t *names = json_object_get(fold, keys[part]);
        for (size_t n = 0; n < json_array_size(names); n++) {
            const char *name = json_string_value(json_array_get(names, n));
            size_t i = 0;
            while (name && i < listing->count && strcmp(listing->pairs[i].name, name) != 0)
                i++;
            if (!name || i == listing->count)
                return og__fail(OG_ERR_DATA, "'%s/splits_final.json' lists the case '%s', which is not there", path,
                                name ? name : "(no text)");
            listing->pairs[i].part = part;
        }
    }
    og__listing_drop_left_out(listing);
    return OG_OK;
}

/* Take the fold from splits_final.json, unless another number of folds is asked for. */
static og_status apply_splits(const char *path, const og_data_options *options, og__listing *listing)
{
    og_status status = OG_OK;
    json_t *root;
    if (!og__holds_file(path, "splits_final.json"))
        return OG_OK;
    OG_TRY(load_beside(path, "splits_final.json", &root));
    int64_t count = (int64_t)json_array_size(root);
    if (count == 0)
        status = og__fail(OG_ERR_DATA, "'%s/splits_final.json' must be a list of folds", path);
    if (count == 0 || (options->folds && options->folds != count))
        goto done;
    if (options->fold >= count) {
        status = og__fail(OG_ERR_ARGUMENT, "--fold %lld: '%s/splits_final.json' has the folds 0 to %lld",
                          (long long)options->fold, path, (long long)count - 1);
        goto done;
    }
    listing->fold_count = (int)count;
    OG_GO(apply_fold(path, json_array_get(root, (size_t)options->fold), listing));
    OG_GO(og__findings_add(&listing->findings, OG_SEVERITY_NOTE,
                           "fold %lld of 0 to %lld of splits_final.json is held out", (long long)options->fold,
                           (long long)count - 1));
done:
    json_decref(root);
    return status;
}

og_status og__layout_nnunet_list(const og__layout *layout, const char *path, const og_data_options *options,
                                 og__listing *listing)
{
    og_status status = OG_OK;
    og__entries images = {0}, masks = {0};
    json_t *root = NULL;
    OG_GO(og__entries_list_both(path, layout->images, layout->masks, OG_ENTRIES_IMAGES, &images, &masks));
    OG_GO(og__entries_check(&images));
    OG_GO(og__entries_check(&masks));
    for (size_t i = 0; i < images.count;)
        OG_GO(add_case(&images, &masks, i, &i, listing));
    if (og__holds_file(path, description_name)) {
        OG_GO(load_beside(path, description_name, &root));
        OG_GO(read_labels(path, root, listing));
    }
    OG_GO(apply_splits(path, options, listing));
done:
    og__entries_deinit(&images);
    og__entries_deinit(&masks);
    json_decref(root);
    return status;
}

/* --- Medical Segmentation Decathlon ------------------------------------------------------------------------------- */

/* Whether dataset.json lists pairs of which the first is there under its own name (nnU-Net's old lists have others). */
bool og__layout_msd_matches(const og__layout *layout, const char *path)
{
    (void)layout;
    json_t *root;
    if (!og__holds_file(path, description_name) || load_beside(path, description_name, &root) != OG_OK)
        return false;
    const json_t *first = json_array_get(json_object_get(root, "training"), 0);
    const char *image = json_string_value(json_object_get(first, "image"));
    bool found = image && json_is_string(json_object_get(first, "label")) && og__holds_file(path, image);
    json_decref(root);
    return found;
}

og_status og__layout_msd_list(const og__layout *layout, const char *path, const og_data_options *options,
                              og__listing *listing)
{
    (void)layout;
    (void)options;
    og_status status = OG_OK;
    json_t *root;
    OG_TRY(load_beside(path, description_name, &root));
    const json_t *training = json_object_get(root, "training");
    for (size_t i = 0; i < json_array_size(training); i++) {
        const json_t *entry = json_array_get(training, i);
        const char *image = json_string_value(json_object_get(entry, "image"));
        const char *mask = json_string_value(json_object_get(entry, "label"));
        char *name = NULL;
        if (!image || !mask) {
            status = og__fail(OG_ERR_DATA, "'%s/%s': entry %zu of \"training\" needs \"image\" and \"label\"", path,
                              description_name, i + 1);
            goto done;
        }
        OG_GO(og__stem_of(og__path_name(image), &name));
        status = og__listing_add_files(listing, name, path, image, path, mask, OG_PART_OPEN);
        free(name);
        OG_GO(status);
    }
    OG_GO(read_labels(path, root, listing));
done:
    json_decref(root);
    return status;
}
