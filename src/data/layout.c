#include "data/layout.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static const og__layout layouts[] = {
#define OG_LAYOUT(name, what, kind, images, masks)                                                                     \
    {name, what, og__layout_##kind##_matches, og__layout_##kind##_list, images, masks},
#include "data/layouts.def"
#undef OG_LAYOUT
};
enum { LAYOUT_COUNT = sizeof layouts / sizeof layouts[0] };

const char og__layout_choices[] = "auto"
#define OG_LAYOUT(name, what, kind, images, masks) "|" name
#include "data/layouts.def"
#undef OG_LAYOUT
    ;

/* --- finding the layout ------------------------------------------------------------------------------------------- */

static og_status fail_unknown(const char *path)
{
    og__text known = {0};
    if (!og__file_exists(path))
        return og__fail_file("open data set", path);
    for (int i = 0; i < LAYOUT_COUNT; i++)
        og__text_format(&known, "%s%s", i ? ", " : "", layouts[i].name);
    og_status status =
        og__fail(OG_ERR_FORMAT,
                 "'%s' is no data set that ogive knows; expected a folder with images/ and masks/, a YAML "
                 "file, or another layout of docs/datasets.md (%s)",
                 path, og__text_get(&known));
    og__text_deinit(&known);
    return status;
}

static og_status fail_ambiguous(const char *path, const int *fitting, int count)
{
    og__text names = {0};
    for (int i = 0; i < count; i++)
        og__text_format(&names, "\n  --layout %-15s %s", layouts[fitting[i]].name, layouts[fitting[i]].what);
    og_status status =
        og__fail(OG_ERR_DATA, "'%s' can be read in %d ways; say which is meant:%s", path, count, og__text_get(&names));
    og__text_deinit(&names);
    return status;
}

static og_status find_layout(const char *path, const og_data_options *options, const og__layout **layout)
{
    int fitting[LAYOUT_COUNT], count = 0;
    if (options->layout > 0) {
        *layout = &layouts[options->layout - 1];
        if ((*layout)->matches(*layout, path))
            return OG_OK;
        return og__file_exists(path) ? og__fail(OG_ERR_FORMAT, "'%s' is not %s, as --layout %s says", path,
                                                (*layout)->what, (*layout)->name)
                                     : og__fail_file("open data set", path);
    }
    for (int i = 0; i < LAYOUT_COUNT; i++)
        if (layouts[i].matches(&layouts[i], path))
            fitting[count++] = i;
    if (count == 0)
        return fail_unknown(path);
    if (count > 1)
        return fail_ambiguous(path, fitting, count);
    *layout = &layouts[fitting[0]];
    return OG_OK;
}

/* The last part of the path without its ending names the data set. */
static og_status name_of(const char *path, char **name)
{
    OG_TRY(og__copy_text(path, name));
    size_t length = strlen(*name);
    while (length > 1 && (*name)[length - 1] == '/')
        (*name)[--length] = '\0';
    const char *last = og__path_name(*name);
    memmove(*name, last, strlen(last) + 1);
    char *dot = strrchr(*name, '.');
    if (dot && dot != *name && !og__is_folder(path))
        *dot = '\0';
    return OG_OK;
}

og_status og__listing_add_folder(const char *path, const og_data_options *options, og__listing *listing)
{
    const og__layout *layout = NULL;
    OG_TRY(find_layout(path, options, &layout));
    listing->layout = layout->what;
    listing->layout_name = layout->name;
    return layout->list(layout, path, options, listing);
}

/* Name a file that is missing or locked before anything is read. */
static og_status check_files(const og__listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        for (int kind = 0; kind < 2; kind++) {
            const og__paths *paths = kind == 0 ? &listing->pairs[i].images : &listing->pairs[i].masks;
            for (size_t f = 0; f < paths->count; f++)
                if (access(paths->items[f], R_OK) != 0)
                    return og__fail_file("open", paths->items[f]);
        }
    return OG_OK;
}

og_status og__listing_open(const char *path, const og_data_options *options, og__listing *listing)
{
    og_status status = OG_OK;
    *listing = (og__listing){0};
    OG_GO(name_of(path, &listing->name));
    if (og__layout_file_matches(NULL, path)) { /* --layout is about the folder in it */
        listing->layout = layouts[0].what;
        listing->layout_name = layouts[0].name;
        OG_GO(og__layout_file_list(NULL, path, options, listing));
    } else {
        OG_GO(og__listing_add_folder(path, options, listing));
    }
    if (listing->count == 0)
        status = og__fail(OG_ERR_DATA, "'%s' has no images: all are left out", listing->name);
    else
        status = check_files(listing);
done:
    if (status != OG_OK)
        og__listing_deinit(listing);
    return status;
}

/* --- the list ----------------------------------------------------------------------------------------------------- */

static void deinit_pair(og__pair *pair)
{
    free(pair->name);
    og__paths_deinit(&pair->images);
    og__paths_deinit(&pair->masks);
    free(pair->marks);
    free(pair->group);
    og__ranges_deinit(&pair->slices);
    og__ranges_deinit(&pair->validation);
    og__ranges_deinit(&pair->leave_out);
}

void og__listing_deinit(og__listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        deinit_pair(&listing->pairs[i]);
    free(listing->pairs);
    free(listing->name);
    og__classes_deinit(&listing->classes);
    og__regions_deinit(&listing->regions);
    og__findings_deinit(&listing->findings);
    *listing = (og__listing){0};
}

og_status og__listing_add(og__listing *listing, og__pair **pair)
{
    *pair = NULL;
    OG_TRY(og__list_grow(&listing->pairs, listing->count, &listing->capacity, sizeof *listing->pairs, "images"));
    *pair = &listing->pairs[listing->count++];
    **pair = (og__pair){.part = OG_PART_OPEN, .axis = OG_AXIS_Z};
    return OG_OK;
}

og_status og__listing_add_files(og__listing *listing, const char *name, const char *image_folder, const char *image,
                                const char *mask_folder, const char *mask, int part)
{
    og__pair *pair;
    OG_TRY(og__listing_add(listing, &pair));
    pair->part = part;
    OG_TRY(og__copy_text(name, &pair->name));
    OG_TRY(og__paths_add(&pair->images, image_folder, image));
    return og__paths_add(&pair->masks, mask_folder, mask);
}

void og__listing_drop_left_out(og__listing *listing)
{
    size_t kept = 0;
    for (size_t i = 0; i < listing->count; i++) {
        if (listing->pairs[i].part == OG_PART_LEFT_OUT)
            deinit_pair(&listing->pairs[i]);
        else
            listing->pairs[kept++] = listing->pairs[i];
    }
    listing->count = kept;
}
