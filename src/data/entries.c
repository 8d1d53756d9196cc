#include "data/entries.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"

/* --- names -------------------------------------------------------------------------------------------------------- */

/* Longer endings first: ".nii.gz" before what is left of it. */
static const char *const image_endings[] = {
    ".nii.gz", ".nii", ".png", ".jpg", ".jpeg", ".tif",  ".tiff", ".bmp",
    ".gif",    ".pbm", ".pgm", ".ppm", ".pnm",  ".webp", ".jp2",  ".npy",
};

/* Files that other programs leave beside images. */
static const char *const litter_names[] = {"Thumbs.db", "desktop.ini"};
static const char *const litter_endings[] = {".aux.xml", ".ovr", ".prj", ".tfw", ".pgw", ".jgw", ".wld"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);
    return length > tail && strcasecmp(name + length - tail, ending) == 0;
}

static bool is_litter(const char *name)
{
    if (name[0] == '.')
        return true;
    for (size_t i = 0; i < COUNT(litter_names); i++)
        if (strcasecmp(name, litter_names[i]) == 0)
            return true;
    for (size_t i = 0; i < COUNT(litter_endings); i++)
        if (ends_with(name, litter_endings[i]))
            return true;
    return false;
}

/* The length of the ending of an image, or 0. */
static size_t image_ending(const char *name)
{
    for (size_t i = 0; i < COUNT(image_endings); i++)
        if (ends_with(name, image_endings[i]))
            return strlen(image_endings[i]);
    return 0;
}

bool og__is_image_name(const char *name)
{
    return image_ending(name) > 0 && !is_litter(name);
}

og_status og__stem_of(const char *name, char **stem)
{
    OG_TRY(og__copy_text(name, stem));
    size_t ending = image_ending(*stem);
    char *dot = strrchr(*stem, '.');
    if (ending)
        (*stem)[strlen(*stem) - ending] = '\0';
    else if (dot && dot != *stem)
        *dot = '\0';
    return OG_OK;
}

bool og__cut_channel(const char *stem, size_t *case_length, int *channel)
{
    size_t length = strlen(stem);
    if (length < 6 || stem[length - 5] != '_' || strspn(stem + length - 4, "0123456789") != 4)
        return false;
    *case_length = length - 5;
    *channel = atoi(stem + length - 4);
    return true;
}

/* --- folders ------------------------------------------------------------------------------------------------------ */

static int compare_entries(const void *a, const void *b)
{
    const og__entry *x = a, *y = b;
    int order = strcmp(x->stem, y->stem);
    return order || !x->name || !y->name ? order : strcmp(x->name, y->name);
}

og_status og__entries_list(const char *folder, const char *name, og__entry_kind kind, og__entries *entries)
{
    og_status status = OG_OK;
    char **names = NULL;
    size_t count = 0;
    *entries = (og__entries){0};
    OG_GO(og__path_join(folder, name, &entries->folder));
    OG_GO(og__folder_list(entries->folder, &names, &count));
    OG_GO(og__alloc(count, sizeof *entries->items, &entries->items));
    for (size_t i = 0; i < count; i++) {
        if (is_litter(names[i]) || (kind == OG_ENTRIES_IMAGES && !og__is_image_name(names[i])))
            continue;
        og__entry *item = &entries->items[entries->count++];
        OG_GO(og__copy_text(names[i], &item->name));
        OG_GO(og__stem_of(names[i], &item->stem));
    }
    qsort(entries->items, entries->count, sizeof *entries->items, compare_entries);
done:
    og__names_free(names, count);
    if (status != OG_OK)
        og__entries_deinit(entries);
    return status;
}

void og__entries_deinit(og__entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        free(entries->items[i].name);
        free(entries->items[i].stem);
    }
    free(entries->items);
    free(entries->folder);
    *entries = (og__entries){0};
}

og_status og__entries_list_both(const char *folder, const char *images, const char *masks, og__entry_kind kind,
                                og__entries *of_images, og__entries *of_masks)
{
    *of_masks = (og__entries){0};
    OG_TRY(og__entries_list(folder, images, kind, of_images));
    og_status status = og__entries_list(folder, masks, kind, of_masks);
    if (status != OG_OK)
        og__entries_deinit(of_images);
    return status;
}

og_status og__entries_check(const og__entries *entries)
{
    for (size_t i = 1; i < entries->count; i++)
        if (strcmp(entries->items[i - 1].stem, entries->items[i].stem) == 0)
            return og__fail(OG_ERR_DATA,
                            "'%s' and '%s' in '%s' have the same name but for the ending; which one is meant?",
                            entries->items[i - 1].name, entries->items[i].name, entries->folder);
    return OG_OK;
}

const og__entry *og__entries_find(const og__entries *entries, const char *stem)
{
    const og__entry key = {NULL, (char *)stem};
    return entries->count ? bsearch(&key, entries->items, entries->count, sizeof key, compare_entries) : NULL;
}

og_status og__folders_list(const char *folder, char ***names, size_t *count)
{
    size_t kept = 0;
    OG_TRY(og__folder_list(folder, names, count));
    for (size_t i = 0; i < *count; i++) {
        char *name = (*names)[i];
        if (name[0] != '.' && og__holds_folder(folder, name))
            (*names)[kept++] = name;
        else
            free(name);
    }
    *count = kept;
    return OG_OK;
}

/* Whether FOLDER/NAME is there, as a folder or as a file. */
static bool holds(const char *folder, const char *name, bool as_folder)
{
    char *path;
    if (og__path_join(folder, name, &path) != OG_OK)
        return false;
    bool found = og__file_exists(path) && og__is_folder(path) == as_folder;
    free(path);
    return found;
}

bool og__holds_folder(const char *folder, const char *name)
{
    return holds(folder, name, true);
}

bool og__holds_file(const char *folder, const char *name)
{
    return holds(folder, name, false);
}
