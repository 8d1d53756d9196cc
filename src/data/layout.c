#include "data/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

static const og__layout layouts[] = {
    {"a folder with images/ and masks/", og__layout_folder_matches, og__layout_folder_list},
    {"a YAML file that declares the data set", og__layout_file_matches, og__layout_file_list},
};
enum { LAYOUT_COUNT = sizeof layouts / sizeof layouts[0] };

static og_status fail_unknown(const char *path)
{
    og__text known = {0};
    if (!og__file_exists(path))
        return og__fail_file("open data set", path);
    for (int i = 0; i < LAYOUT_COUNT; i++)
        og__text_format(&known, "%s%s", i ? ", or " : "", layouts[i].what);
    og_status status =
        og__fail(OG_ERR_FORMAT, "'%s' is no data set that ogive knows; expected %s", path, og__text_get(&known));
    og__text_deinit(&known);
    return status;
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

og_status og__listing_open(const char *path, og__listing *listing)
{
    og_status status = OG_OK;
    int i = 0;
    *listing = (og__listing){0};
    while (i < LAYOUT_COUNT && !layouts[i].matches(path))
        i++;
    if (i == LAYOUT_COUNT)
        return fail_unknown(path);
    listing->layout = layouts[i].what;
    OG_GO(name_of(path, &listing->name));
    OG_GO(layouts[i].list(path, listing));
done:
    if (status != OG_OK)
        og__listing_deinit(listing);
    return status;
}

void og__listing_deinit(og__listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        og__pair *pair = &listing->pairs[i];
        free(pair->name);
        free(pair->image);
        free(pair->mask);
        free(pair->group);
        og__ranges_deinit(&pair->slices);
        og__ranges_deinit(&pair->validation);
        og__ranges_deinit(&pair->leave_out);
    }
    free(listing->pairs);
    free(listing->name);
    og__classes_deinit(&listing->classes);
    og__findings_deinit(&listing->findings);
    *listing = (og__listing){0};
}

og_status og__listing_add(og__listing *listing, og__pair **pair)
{
    *pair = NULL;
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? 2 * listing->capacity : 64;
        og__pair *larger = realloc(listing->pairs, capacity * sizeof *larger);
        if (!larger)
            return og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu images", capacity);
        listing->pairs = larger;
        listing->capacity = capacity;
    }
    *pair = &listing->pairs[listing->count++];
    **pair = (og__pair){.part = OG_PART_OPEN, .axis = OG_AXIS_Z};
    return OG_OK;
}
