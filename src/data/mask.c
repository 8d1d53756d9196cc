#include "data/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static size_t pixel_count(const og_image *image)
{
    return (size_t)image->depth * (size_t)image->height * (size_t)image->width;
}

static bool same_size(const og_image *a, const og_image *b)
{
    return a->depth == b->depth && a->height == b->height && a->width == b->width;
}

static og_status fail_size(const char *a_path, const og_image *a, const char *b_path, const og_image *b)
{
    return og__fail(OG_ERR_DATA, "'%s' is %d x %d x %d but '%s', which belongs to it, is %d x %d x %d", a_path,
                    a->width, a->height, a->depth, b_path, b->width, b->height, b->depth);
}

/* --- one file ----------------------------------------------------------------------------------------------------- */

static og_status check_whole(const char *path, const og_image *mask)
{
    size_t count = pixel_count(mask) * (size_t)mask->channels;
    for (size_t i = 0; i < count; i++)
        if (mask->data[i] != floorf(mask->data[i]) ||
            fabsf(mask->data[i]) > 0x1p24f) /* a float has lost the last digits */
            return og__fail(OG_ERR_DATA,
                            "mask value %g in '%s' is no whole number up to 2^24; a mask holds class numbers",
                            (double)mask->data[i], path);
    return OG_OK;
}

/* Whether all channels are the same, as when a grey picture was saved in colour. */
static bool is_grey(const og_image *mask)
{
    size_t count = pixel_count(mask);
    for (int c = 1; c < mask->channels; c++)
        if (memcmp(mask->data, mask->data + (size_t)c * count, count * sizeof *mask->data) != 0)
            return false;
    return true;
}

static og_status pack_colours(const char *path, og_image *mask)
{
    size_t count = pixel_count(mask);
    if (mask->channels != 1 && mask->channels != 3)
        return og__fail(OG_ERR_DATA, "mask '%s' has %d channels; expected one with class numbers, or three of a colour",
                        path, mask->channels);
    for (size_t i = 0; i < count; i++) {
        float colour = 0;
        for (size_t c = 0; c < 3; c++) {
            float part = mask->data[mask->channels == 3 ? c * count + i : i];
            if (part < 0 || part > 255)
                return og__fail(OG_ERR_DATA, "mask '%s' has the value %g in a colour; expected 0 to 255", path,
                                (double)part);
            colour = colour * 256 + part;
        }
        mask->data[i] = colour;
    }
    mask->channels = 1;
    return OG_OK;
}

static og_status load_file(const char *path, og__mask_style style, og_image *mask)
{
    OG_TRY(style == OG_MASK_NUMBERS ? og_labels_load(path, mask) : og_image_load(path, mask));
    OG_TRY(check_whole(path, mask));
    if (style == OG_MASK_COLOURS)
        return pack_colours(path, mask);
    if (is_grey(mask))
        mask->channels = 1;
    else if (style == OG_MASK_LEVELS || mask->channels != 3)
        return og__fail(OG_ERR_DATA, "mask '%s' has %d channels; expected one with class numbers, or three of a colour",
                        path, mask->channels);
    return OG_OK;
}

/* --- several files ------------------------------------------------------------------------------------------------ */

/* Write `mark`, or add it, where a file is brighter than half of its range. */
static void unite(const og_image *file, int mark, bool add, og_image *mask, uint64_t *overlap)
{
    size_t count = pixel_count(file);
    float brightest = 0;
    for (size_t i = 0; i < count; i++)
        brightest = fmaxf(brightest, file->data[i]);
    for (size_t i = 0; i < count; i++) {
        if (file->data[i] * 2 <= brightest)
            continue;
        *overlap += !add && mask->data[i] != 0 && mask->data[i] != (float)mark;
        mask->data[i] = add ? mask->data[i] + (float)mark : (float)mark;
    }
}

static og_status load_marks(const og__pair *pair, og_image *mask, uint64_t *overlap)
{
    for (size_t m = 0; m < pair->masks.count; m++) {
        og_image file = {0};
        const char *path = pair->masks.items[m];
        og_status status = load_file(path, OG_MASK_LEVELS, &file);
        if (status == OG_OK && m == 0) {
            *mask = file;
            status = og__alloc(pixel_count(&file), sizeof *mask->data, &mask->data);
            mask->geo = NULL;
            mask->palette = NULL;
            mask->channels = 1;
        }
        if (status == OG_OK && !same_size(&file, mask))
            status = fail_size(pair->masks.items[0], mask, path, &file);
        if (status == OG_OK)
            unite(&file, pair->marks[m], pair->overlapping, mask, overlap);
        og_image_deinit(&file);
        OG_TRY(status);
    }
    return OG_OK;
}

og_status og__mask_load(const og__pair *pair, og__mask_style style, og_image *mask, uint64_t *overlap)
{
    *mask = (og_image){0};
    og_status status = pair->marks ? load_marks(pair, mask, overlap) : load_file(pair->masks.items[0], style, mask);
    if (status != OG_OK)
        og_image_deinit(mask);
    return status;
}

/* --- images ------------------------------------------------------------------------------------------------------- */

/* Append the channels of `more`. */
static og_status append_channels(og_image *image, const og_image *more)
{
    size_t count = pixel_count(image), held = count * (size_t)image->channels, added = count * (size_t)more->channels;
    float *larger;
    OG_TRY(og__alloc(held + added, sizeof *larger, &larger));
    memcpy(larger, image->data, held * sizeof *larger);
    memcpy(larger + held, more->data, added * sizeof *larger);
    free(image->data);
    image->data = larger;
    image->channels += more->channels;
    return OG_OK;
}

og_status og__images_load(const char *const *paths, size_t count, og_image *image)
{
    OG_TRY(og_image_load(paths[0], image));
    og_status status = OG_OK;
    for (size_t i = 1; i < count && status == OG_OK; i++) {
        og_image more = {0};
        status = og_image_load(paths[i], &more);
        if (status == OG_OK)
            status =
                same_size(image, &more) ? append_channels(image, &more) : fail_size(paths[0], image, paths[i], &more);
        og_image_deinit(&more);
    }
    if (status != OG_OK)
        og_image_deinit(image);
    return status;
}
