/* A folder per image: images/ with the image, masks/ with a mask for each object (Data Science Bowl 2018). The folders
 * lie in the data set, or in its folder stage1_train/. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/entries.h"
#include "data/layout.h"
#include "data/splits_file.h"

static const char training_folder[] = "stage1_train";

static og_status root_of(const char *path, char **root)
{
    return og__holds_folder(path, training_folder) ? og__path_join(path, training_folder, root)
                                                   : og__copy_text(path, root);
}

static bool is_image_folder(const og__layout *layout, const char *root, const char *name)
{
    char *folder;
    int part;
    if (og__part_of_word(name, &part) || og__path_join(root, name, &folder) != OG_OK)
        return false;
    bool found = og__holds_folder(folder, layout->images) && og__holds_folder(folder, layout->masks);
    free(folder);
    return found;
}

bool og__layout_objects_matches(const og__layout *layout, const char *path)
{
    char *root = NULL, **names = NULL;
    size_t count = 0;
    bool found = false;
    if (og__is_folder(path) && root_of(path, &root) == OG_OK && og__folders_list(root, &names, &count) == OG_OK)
        for (size_t i = 0; i < count && !found; i++)
            found = is_image_folder(layout, root, names[i]);
    og__names_free(names, count);
    free(root);
    return found;
}

static og_status add_image(const og__layout *layout, const char *root, const char *name, og__listing *listing)
{
    og_status status = OG_OK;
    char *folder = NULL;
    og__entries images = {0}, masks = {0};
    og__pair *pair;
    OG_GO(og__path_join(root, name, &folder));
    OG_GO(og__entries_list_both(folder, layout->images, layout->masks, OG_ENTRIES_IMAGES, &images, &masks));
    if (images.count != 1 || masks.count == 0) {
        status = og__fail(OG_ERR_DATA, "'%s' holds %zu images and %zu masks; expected one image and its objects' masks",
                          folder, images.count, masks.count);
        goto done;
    }
    OG_GO(og__listing_add(listing, &pair));
    OG_GO(og__copy_text(name, &pair->name));
    OG_GO(og__paths_add(&pair->images, images.folder, images.items[0].name));
    OG_GO(og__alloc(masks.count, sizeof *pair->marks, &pair->marks));
    for (size_t i = 0; i < masks.count; i++) {
        pair->marks[i] = 1;
        OG_GO(og__paths_add(&pair->masks, masks.folder, masks.items[i].name));
    }
done:
    og__entries_deinit(&images);
    og__entries_deinit(&masks);
    free(folder);
    return status;
}

og_status og__layout_objects_list(const og__layout *layout, const char *path, const og_data_options *options,
                                  og__listing *listing)
{
    (void)options;
    og_status status = OG_OK;
    char *root = NULL, **names = NULL;
    size_t count = 0;
    OG_GO(root_of(path, &root));
    OG_GO(og__folders_list(root, &names, &count));
    for (size_t i = 0; i < count; i++)
        if (is_image_folder(layout, root, names[i]))
            OG_GO(add_image(layout, root, names[i], listing));
    OG_GO(og__findings_add(&listing->findings, OG_SEVERITY_NOTE, "the masks of an image's objects are united"));
done:
    og__names_free(names, count);
    free(root);
    return status;
}
