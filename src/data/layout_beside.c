/* Images beside their masks in one folder, told apart by an ending of the name: a.png and a_mask.png. One folder per
 * patient or scene within the data set's folder is read, too; its images stay together. train/ and test/ are parts. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/entries.h"
#include "data/layout.h"
#include "data/pairing.h"
#include "data/splits_file.h"

static bool ends_with(const char *stem, const char *suffix)
{
    size_t length = strlen(stem), tail = strlen(suffix);
    return length > tail && strcmp(stem + length - tail, suffix) == 0;
}

static og__custom custom_of(const og__layout *layout)
{
    return (og__custom){"", layout->images, "", layout->masks};
}

/* The mask beside an image, or NULL when the entry is no image of this layout. */
static const og__entry *mask_beside(const og__layout *layout, const og__entries *entries, const og__entry *image)
{
    const og__custom custom = custom_of(layout);
    og__text stem = {0};
    const og__entry *mask = NULL;
    if (!ends_with(image->stem, layout->masks) && og__custom_apply(&custom, image->stem, &stem))
        mask = og__entries_find(entries, og__text_get(&stem));
    og__text_deinit(&stem);
    return mask;
}

static bool holds_pair(const og__layout *layout, const char *folder, const char *name)
{
    og__entries entries;
    bool found = false;
    if (og__entries_list(folder, name, OG_ENTRIES_IMAGES, &entries) != OG_OK)
        return false;
    for (size_t i = 0; i < entries.count && !found; i++)
        found = mask_beside(layout, &entries, &entries.items[i]) != NULL;
    og__entries_deinit(&entries);
    return found;
}

bool og__layout_beside_matches(const og__layout *layout, const char *path)
{
    char **folders;
    size_t count;
    if (!og__is_folder(path))
        return false;
    bool found = holds_pair(layout, path, ".");
    if (og__folders_list(path, &folders, &count) != OG_OK)
        return false;
    for (size_t i = 0; i < count && !found; i++)
        found = holds_pair(layout, path, folders[i]);
    og__names_free(folders, count);
    return found;
}

/* Add the pairs of one folder; `group` NULL: each image for itself. */
static og_status add_folder(const og__layout *layout, const char *path, const char *name, const char *group, int part,
                            og__listing *listing)
{
    og_status status = OG_OK;
    og__entries entries;
    og__names bare = {0};
    OG_TRY(og__entries_list(path, name, OG_ENTRIES_IMAGES, &entries));
    OG_GO(og__entries_check(&entries));
    for (size_t i = 0; i < entries.count; i++) {
        const og__entry *image = &entries.items[i], *mask = mask_beside(layout, &entries, image);
        if (!mask && !ends_with(image->stem, layout->masks))
            og__names_add(&bare, image->name);
        if (!mask)
            continue;
        OG_GO(
            og__listing_add_files(listing, image->stem, entries.folder, image->name, entries.folder, mask->name, part));
        OG_GO(og__copy_text(group, &listing->pairs[listing->count - 1].group));
    }
    if (bare.count)
        OG_GO(og__findings_add(&listing->findings, OG_SEVERITY_WARNING,
                               "files in '%s' without a mask are left out (%zu): %s", entries.folder, bare.count,
                               og__names_get(&bare)));
done:
    og__names_deinit(&bare);
    og__entries_deinit(&entries);
    return status;
}

og_status og__layout_beside_list(const og__layout *layout, const char *path, const og_data_options *options,
                                 og__listing *listing)
{
    (void)options;
    og_status status = OG_OK;
    char **folders;
    size_t count;
    OG_TRY(og__folders_list(path, &folders, &count));
    OG_GO(add_folder(layout, path, ".", NULL, OG_PART_OPEN, listing));
    for (size_t i = 0; i < count; i++) {
        int part = OG_PART_OPEN;
        bool is_part = og__part_of_word(folders[i], &part);
        if (part == OG_PART_LEFT_OUT)
            OG_GO(og__findings_add(&listing->findings, OG_SEVERITY_NOTE, "'%s/' is kept for testing", folders[i]));
        else if (holds_pair(layout, path, folders[i]))
            OG_GO(add_folder(layout, path, folders[i], is_part ? NULL : folders[i], part, listing));
    }
    listing->objects = strcmp(layout->name, "cellpose") == 0; /* its masks number the cells */
    OG_GO(og__splits_apply(path, listing));
done:
    og__names_free(folders, count);
    return status;
}
