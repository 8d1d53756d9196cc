/* Two folders, one of images and one of masks; the same under train/ and val/.
 *
 *   classes.txt   one class name per line; optional
 *   splits.csv    columns image, split and perhaps mask and group; paths are relative to the folder; optional */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/class_files.h"
#include "data/entries.h"
#include "data/layout.h"
#include "data/pairing.h"
#include "data/splits_file.h"

/* Whether a folder holds folders and nothing else. */
static bool holds_only_folders(const char *path, const char *name)
{
    og__entries entries;
    char **folders = NULL;
    size_t count = 0;
    bool only = false;
    if (og__entries_list(path, name, OG_ENTRIES_ANY, &entries) != OG_OK)
        return false;
    if (og__folders_list(entries.folder, &folders, &count) == OG_OK)
        only = count > 0 && count == entries.count;
    og__names_free(folders, count);
    og__entries_deinit(&entries);
    return only;
}

static og_status add_folders(const char *path, const char *image_folder, const char *mask_folder, int part,
                             og__listing *listing)
{
    og__entries images, masks;
    OG_TRY(og__entries_list_both(path, image_folder, mask_folder, OG_ENTRIES_ANY, &images, &masks));
    og_status status = og__pair_up(&images, &masks, part, listing);
    og__entries_deinit(&images);
    og__entries_deinit(&masks);
    return status;
}

/* --- folders ------------------------------------------------------------------------------------------------------ */

bool og__layout_folders_matches(const og__layout *layout, const char *path)
{
    return og__holds_folder(path, layout->images) && og__holds_folder(path, layout->masks) &&
           !holds_only_folders(path, layout->images) && !holds_only_folders(path, layout->masks);
}

og_status og__layout_folders_list(const og__layout *layout, const char *path, const og_data_options *options,
                                  og__listing *listing)
{
    (void)options;
    OG_TRY(add_folders(path, layout->images, layout->masks, OG_PART_OPEN, listing));
    OG_TRY(og__class_files_read(path, &listing->classes));
    return og__splits_apply(path, listing);
}

/* --- a folder per class ------------------------------------------------------------------------------------------- */

bool og__layout_classes_matches(const og__layout *layout, const char *path)
{
    return og__holds_folder(path, layout->images) && og__holds_folder(path, layout->masks) &&
           !holds_only_folders(path, layout->images) && holds_only_folders(path, layout->masks);
}

/* The mask of an image for each class, where there is one. */
static og_status add_class_masks(const char *masks, char *const *classes, size_t class_count,
                                 const og__entries *of_class, const og__entry *image, og__pair *pair)
{
    OG_TRY(og__alloc(class_count, sizeof *pair->marks, &pair->marks));
    for (size_t k = 0; k < class_count; k++) {
        const og__entry *mask = og__entries_find(&of_class[k], image->stem);
        if (!mask)
            continue;
        pair->marks[pair->masks.count] = (int)k + 1;
        OG_TRY(og__paths_add(&pair->masks, of_class[k].folder, mask->name));
    }
    return pair->masks.count
               ? OG_OK
               : og__fail(OG_ERR_DATA, "image '%s' has no mask in any of the %zu folders (%s, ...) of '%s'",
                          image->name, class_count, classes[0], masks);
}

og_status og__layout_classes_list(const og__layout *layout, const char *path, const og_data_options *options,
                                  og__listing *listing)
{
    (void)options;
    og_status status = OG_OK;
    char *folder = NULL, **classes = NULL;
    const char *names[OG_CLASSES_MAX] = {"background"};
    size_t count = 0;
    og__entries images = {0}, *of_class = NULL;
    OG_GO(og__path_join(path, layout->masks, &folder));
    OG_GO(og__folders_list(folder, &classes, &count));
    if (count >= OG_CLASSES_MAX) {
        status = og__fail(OG_ERR_DATA, "'%s' has %zu folders; up to %d classes are possible", folder, count,
                          OG_CLASSES_MAX - 1);
        goto done;
    }
    OG_GO(og__entries_list(path, layout->images, OG_ENTRIES_ANY, &images));
    OG_GO(og__entries_check(&images));
    OG_GO(og__alloc(count, sizeof *of_class, &of_class));
    for (size_t k = 0; k < count; k++) {
        OG_GO(og__entries_list(folder, classes[k], OG_ENTRIES_ANY, &of_class[k]));
        OG_GO(og__entries_check(&of_class[k]));
        names[k + 1] = classes[k];
    }
    for (size_t i = 0; i < images.count; i++) {
        og__pair *pair;
        OG_GO(og__listing_add(listing, &pair));
        OG_GO(og__copy_text(images.items[i].stem, &pair->name));
        OG_GO(og__paths_add(&pair->images, images.folder, images.items[i].name));
        OG_GO(add_class_masks(folder, classes, count, of_class, &images.items[i], pair));
    }
    OG_GO(og__classes_set_names(&listing->classes, names, count + 1));
    OG_GO(og__splits_apply(path, listing));
done:
    for (size_t k = 0; of_class && k < count; k++)
        og__entries_deinit(&of_class[k]);
    free(of_class);
    og__entries_deinit(&images);
    og__names_free(classes, count);
    free(folder);
    return status;
}

/* --- train/ and val/ ---------------------------------------------------------------------------------------------- */

static const char *const part_folders[] = {"train", "training", "val", "valid", "validation", "test", "testing"};
enum { PART_FOLDER_COUNT = sizeof part_folders / sizeof part_folders[0] };

/* The pattern with {part} replaced. */
static og_status fill_in(const char *pattern, const char *part, char **folder)
{
    static const char place[] = "{part}";
    const char *at = strstr(pattern, place);
    og__text text = {0};
    og__text_add_bytes(&text, pattern, (size_t)(at - pattern));
    og__text_add(&text, part);
    og__text_add(&text, at + strlen(place));
    *folder = text.data;
    return og__text_status(&text);
}

/* Whether both folders of a part are there, with files. */
static bool has_part(const og__layout *layout, const char *path, const char *part, char **images, char **masks)
{
    *images = *masks = NULL;
    return fill_in(layout->images, part, images) == OG_OK && fill_in(layout->masks, part, masks) == OG_OK &&
           og__holds_folder(path, *images) && og__holds_folder(path, *masks) && !holds_only_folders(path, *images) &&
           !holds_only_folders(path, *masks);
}

bool og__layout_parts_matches(const og__layout *layout, const char *path)
{
    bool found = false;
    for (int i = 0; i < PART_FOLDER_COUNT && !found; i++) {
        char *images, *masks;
        int part;
        if (!og__part_of_word(part_folders[i], &part) || part != OG_PART_TRAIN)
            continue;
        found = has_part(layout, path, part_folders[i], &images, &masks);
        free(images);
        free(masks);
    }
    return found;
}

og_status og__layout_parts_list(const og__layout *layout, const char *path, const og_data_options *options,
                                og__listing *listing)
{
    (void)options;
    og_status status = OG_OK;
    bool held = false;
    for (int i = 0; i < PART_FOLDER_COUNT && status == OG_OK; i++) {
        char *images, *masks;
        int part;
        if (!og__part_of_word(part_folders[i], &part))
            continue;
        if (has_part(layout, path, part_folders[i], &images, &masks)) {
            if (part == OG_PART_LEFT_OUT)
                status = og__findings_add(&listing->findings, OG_SEVERITY_NOTE, "'%s/' is kept for testing", images);
            else
                status = add_folders(path, images, masks, part, listing);
            held = held || part == OG_PART_VALIDATION;
        }
        free(images);
        free(masks);
    }
    for (size_t p = 0; p < listing->count && !held; p++)
        listing->pairs[p].part = OG_PART_OPEN;
    OG_TRY(status);
    return og__class_files_read(path, &listing->classes);
}
