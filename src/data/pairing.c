#include "data/pairing.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

/* The first one wins where several fit equally many images. */
static const og__custom customs[] = {
    {"", "", "", ""},
    {"", "", "", "_mask"},
    {"", "", "", "_masks"},
    {"", "", "", "_label"},
    {"", "", "", "_labels"},
    {"", "", "", "_seg"},
    {"", "", "", "_segmentation"},
    {"", "", "", "_gt"},
    {"", "", "", "_GT"},
    {"", "", "", "_L"},
    {"", "", "", "_manual1"},
    {"", "", "", "-mask"},
    {"", "", "mask_", ""},
    {"", "", "label_", ""},
    {"", "_image", "", "_mask"},
    {"", "_image", "", "_label"},
    {"", "_img", "", "_mask"},
    {"", "_sat", "", "_mask"},
    {"", "_training", "", "_manual1"},
    {"", "_leftImg8bit", "", "_gtFine_labelIds"},
    {"", "_0000", "", ""},
    {"image", "", "mask", ""},
    {"image", "", "label", ""},
    {"image_", "", "mask_", ""},
    {"image_", "", "label_", ""},
    {"img_", "", "mask_", ""},
    {"img", "", "mask", ""},
    {"img", "", "label", ""},
};
enum { CUSTOM_COUNT = sizeof customs / sizeof customs[0] };

bool og__custom_apply(const og__custom *custom, const char *image, og__text *mask)
{
    size_t length = strlen(image), head = strlen(custom->image_prefix), tail = strlen(custom->image_suffix);
    if (length < head + tail || strncmp(image, custom->image_prefix, head) != 0 ||
        strcmp(image + length - tail, custom->image_suffix) != 0)
        return false;
    og__text_add(mask, custom->mask_prefix);
    og__text_add_bytes(mask, image + head, length - head - tail);
    og__text_add(mask, custom->mask_suffix);
    return og__text_status(mask) == OG_OK;
}

static const og__entry *find_mask(const og__custom *custom, const char *image, const og__entries *masks)
{
    og__text stem = {0};
    const og__entry *found = NULL;
    if (og__custom_apply(custom, image, &stem))
        found = og__entries_find(masks, og__text_get(&stem));
    og__text_deinit(&stem);
    return found;
}

static const og__custom *find_custom(const og__entries *images, const og__entries *masks)
{
    const og__custom *best = &customs[0];
    size_t most = 0;
    for (int c = 0; c < CUSTOM_COUNT && most < images->count; c++) {
        size_t fitting = 0;
        for (size_t i = 0; i < images->count; i++)
            fitting += find_mask(&customs[c], images->items[i].stem, masks) != NULL;
        if (fitting > most) {
            most = fitting;
            best = &customs[c];
        }
    }
    return best;
}

static og_status note_custom(const og__custom *custom, og__findings *findings)
{
    if (custom == &customs[0])
        return OG_OK;
    return og__findings_add(findings, OG_SEVERITY_NOTE, "the mask of image %sNAME%s is %sNAME%s", custom->image_prefix,
                            custom->image_suffix, custom->mask_prefix, custom->mask_suffix);
}

/* Images without mask are an error that names them; masks without image a warning. */
static og_status check_orphans(const og__entries *images, const og__entries *masks, const og__custom *custom,
                               og__findings *findings)
{
    og_status status = OG_OK;
    og__names bare = {0}, spare = {0};
    bool *used = NULL;
    OG_GO(og__alloc(masks->count, sizeof *used, &used));
    for (size_t i = 0; i < images->count; i++) {
        const og__entry *mask = find_mask(custom, images->items[i].stem, masks);
        if (mask)
            used[mask - masks->items] = true;
        else
            og__names_add(&bare, images->items[i].name);
    }
    for (size_t i = 0; i < masks->count; i++)
        if (!used[i])
            og__names_add(&spare, masks->items[i].name);
    if (images->count == 0)
        status = og__fail(OG_ERR_DATA, "'%s' holds no images", images->folder);
    else if (bare.count)
        status = og__fail(OG_ERR_DATA, "%zu of %zu images in '%s' have no mask of the same name in '%s': %s%s%s",
                          bare.count, images->count, images->folder, masks->folder, og__names_get(&bare),
                          spare.count ? "; masks without image: " : "", spare.count ? og__names_get(&spare) : "");
    else if (spare.count)
        status =
            og__findings_add(findings, OG_SEVERITY_WARNING, "masks in '%s' without an image are left out (%zu): %s",
                             masks->folder, spare.count, og__names_get(&spare));
done:
    free(used);
    og__names_deinit(&bare);
    og__names_deinit(&spare);
    return status;
}

og_status og__pair_up(const og__entries *images, const og__entries *masks, int part, og__listing *listing)
{
    OG_TRY(og__entries_check(images));
    OG_TRY(og__entries_check(masks));
    const og__custom *custom = find_custom(images, masks);
    OG_TRY(check_orphans(images, masks, custom, &listing->findings));
    OG_TRY(note_custom(custom, &listing->findings));
    for (size_t i = 0; i < images->count; i++) {
        const og__entry *image = &images->items[i], *mask = find_mask(custom, image->stem, masks);
        OG_TRY(
            og__listing_add_files(listing, image->stem, images->folder, image->name, masks->folder, mask->name, part));
    }
    return OG_OK;
}
