/* From pairs of files to samples: reading, cutting volumes into slices, checking that image and mask fit together. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/image.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/mask.h"

/* What is remembered between pairs. */
typedef struct reading {
    og_dataset *data;
    og__names misfits; /* pairs whose sizes differ */
} reading;

/* FNV-1a over 32-bit words, folded: a checksum, not a signature. */
static uint64_t digest_of(uint64_t digest, const void *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 4) {
        uint32_t word = 0;
        memcpy(&word, (const char *)data + i, bytes - i < 4 ? bytes - i : 4);
        digest = (digest ^ word) * 0x100000001b3u;
        digest ^= digest >> 29;
    }
    return digest;
}

/* --- slices ------------------------------------------------------------------------------------------------------- */

/* A slice across an axis: pixel (y, x) of slice s lies at s * slice_step + y * row_step + x * column_step. */
typedef struct cut {
    int slices, h, w;
    size_t slice_step, row_step, column_step;
    double spacing[2]; /* of rows and columns */
    int axes[3];       /* of the volume, along width, height and the slices: 0 is x */
} cut;

static cut cut_across(og__axis axis, const og_image *image)
{
    const size_t row = (size_t)image->width, plane = row * (size_t)image->height;
    const double *mm = image->spacing;
    switch (image->depth == 1 ? OG_AXIS_Z : axis) {
    case OG_AXIS_X:
        return (cut){image->width, image->depth, image->height, 1, plane, row, {mm[2], mm[1]}, {1, 2, 0}};
    case OG_AXIS_Y:
        return (cut){image->height, image->depth, image->width, row, plane, 1, {mm[2], mm[0]}, {0, 2, 1}};
    default:
        return (cut){image->depth, image->height, image->width, plane, row, 1, {mm[1], mm[0]}, {0, 1, 2}};
    }
}

static void copy_slice(const cut *how, int slice, const float *volume, float *plane)
{
    const float *src = volume + (size_t)slice * how->slice_step;
    for (int y = 0; y < how->h; y++)
        for (int x = 0; x < how->w; x++)
            *plane++ = src[(size_t)y * how->row_step + (size_t)x * how->column_step];
}

/* --- one pair ----------------------------------------------------------------------------------------------------- */

static og_status check_image_channels(reading *in, const og__pair *pair, const og_image *image)
{
    if (image->channels > OG_CHANNELS_MAX)
        return og__fail(OG_ERR_DATA, "'%s' has %d channels; up to %d are supported", pair->images.items[0],
                        image->channels, OG_CHANNELS_MAX);
    if (in->data->channels == 0)
        in->data->channels = image->channels;
    if (in->data->channels != image->channels)
        return og__fail(OG_ERR_DATA, "'%s' has %d channels but '%s' has %d; all images need the same channels",
                        pair->images.items[0], image->channels, in->data->listing.pairs[0].images.items[0],
                        in->data->channels);
    return OG_OK;
}

static void note_misfit(reading *in, const og__pair *pair, const og_image *image, const og_image *mask)
{
    og__text text = {0};
    if (image->depth == 1 && mask->depth == 1)
        og__text_format(&text, "%s (image %d x %d, mask %d x %d)", pair->name, image->width, image->height, mask->width,
                        mask->height);
    else
        og__text_format(&text, "%s (image %d x %d x %d, mask %d x %d x %d)", pair->name, image->width, image->height,
                        image->depth, mask->width, mask->height, mask->depth);
    og__names_add(&in->misfits, og__text_get(&text));
    og__text_deinit(&text);
}

static og_status check_slices(const og__pair *pair, const og__ranges *ranges, const char *what, int slices)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->items[i].first < 0 || ranges->items[i].last >= slices)
            return og__fail(OG_ERR_DATA, "%s %lld-%lld lie outside of '%s', whose slices across %c are 0-%d", what,
                            (long long)ranges->items[i].first, (long long)ranges->items[i].last, pair->images.items[0],
                            "xyz"[pair->axis], slices - 1);
    return OG_OK;
}

/* A sample's slices: one, or of a data set of volumes as many as follow each other in one part. */
typedef struct run {
    int first, count, part;
} run;

/* The part of a slice, or -1 where it is left out. */
static int part_of(const og__pair *pair, int slice)
{
    if ((pair->slices.count > 0 && !og__ranges_has(&pair->slices, slice)) || og__ranges_has(&pair->leave_out, slice))
        return -1;
    return pair->part == OG_PART_VALIDATION || og__ranges_has(&pair->validation, slice) ? OG_PART_VALIDATION
                                                                                        : OG_PART_TRAIN;
}

static run run_from(const og__pair *pair, const cut *how, int first, bool volumes)
{
    run r = {first, 1, part_of(pair, first)};
    while (volumes && first + r.count < how->slices && part_of(pair, first + r.count) == r.part)
        r.count++;
    return r;
}

static og_status name_sample(const og__listing *listing, const og__pair *pair, const cut *how, const run *r,
                             char **name)
{
    char text[256], last[24] = "";
    if (how->slices == r->count)
        return og__copy_text(pair->name, name);
    if (r->count > 1)
        snprintf(last, sizeof last, "-%03d", r->first + r->count - 1);
    snprintf(text, sizeof text, "%.200s%s%c%03d%s", listing->count > 1 ? pair->name : "", listing->count > 1 ? "." : "",
             "xyz"[pair->axis], r -> first, last);
    return og__copy_text(text, name);
}

static og_status next_sample(og_dataset *data, og__source **sample)
{
    *sample = NULL;
    OG_TRY(og__list_grow(&data->samples, data->count, &data->capacity, sizeof *data->samples, "samples"));
    *sample = &data->samples[data->count++];
    **sample = (og__source){.part = OG_PART_TRAIN};
    return OG_OK;
}

/* The image, (C, D, H, W), and the labels of a run of slices. */
static og_status fill_sample(const og_dataset *data, const og__pair *pair, const og_image *image, const og_image *mask,
                             const cut *how, const run *r, og__source *made)
{
    size_t volume = (size_t)image->depth * (size_t)image->height * (size_t)image->width;
    size_t plane = (size_t)how->h * (size_t)how->w;
    float *values;
    OG_TRY(og__alloc(plane, sizeof *values, &values));
    og_status status = OG_OK;
    for (int z = 0; z < r->count && status == OG_OK; z++) {
        for (int c = 0; c < image->channels; c++)
            copy_slice(how, r->first + z, image->data + (size_t)c * volume,
                       made->image + ((size_t)c * (size_t)r->count + (size_t)z) * plane);
        copy_slice(how, r->first + z, mask->data, values);
        status =
            og__mapping_apply(&data->mapping, pair->masks.items[0], plane, values, made->labels + (size_t)z * plane);
    }
    free(values);
    return status;
}

static og_status add_sample(reading *in, size_t pair_index, const og_image *image, const og_image *mask, const cut *how,
                            const run *r)
{
    og_dataset *data = in->data;
    const og__pair *pair = &data->listing.pairs[pair_index];
    size_t pixels = (size_t)r->count * (size_t)how->h * (size_t)how->w;
    og__source *made;
    OG_TRY(next_sample(data, &made));
    made->pair = pair_index;
    made->slice = r->first;
    made->slices = how->slices;
    memcpy(made->spacing, how->spacing, sizeof made->spacing);
    made->part = r->part;
    OG_TRY(name_sample(&data->listing, pair, how, r, &made->name));
    OG_TRY(og__source_take(data, image->channels, pixels, made));
    OG_TRY(fill_sample(data, pair, image, mask, how, r, made));
    made->view = (og_sample){.name = made->name,
                             .channels = image->channels,
                             .h = how->h,
                             .w = how->w,
                             .image = made->image,
                             .labels = made->labels,
                             .d = r->count};
    for (int axis = 0; axis < 3; axis++)
        made->view.spacing[axis] = image->spacing[how->axes[axis]];
    made->digest = digest_of((uint64_t)how->h << 32 | (uint64_t)how->w, made->image,
                             pixels * (size_t)image->channels * sizeof(float));
    og__source_release(made);
    return OG_OK;
}

static og_status read_pair(reading *in, size_t pair_index)
{
    og_status status = OG_OK;
    const og__pair *pair = &in->data->listing.pairs[pair_index];
    og_image image = {0}, mask = {0};
    OG_GO(og__images_load((const char *const *)pair->images.items, pair->images.count, &image));
    OG_GO(og__survey_mask(&in->data->survey, pair_index, pair, &mask));
    if (image.depth != mask.depth || image.height != mask.height || image.width != mask.width) {
        note_misfit(in, pair, &image, &mask); /* go on, to name them all */
        goto done;
    }
    OG_GO(check_image_channels(in, pair, &image));
    cut how = cut_across(pair->axis, &image);
    OG_GO(check_slices(pair, &pair->slices, "the slices", how.slices));
    OG_GO(check_slices(pair, &pair->validation, "the validation slices", how.slices));
    OG_GO(check_slices(pair, &pair->leave_out, "the slices left out", how.slices));
    for (run r = {0}; r.first < how.slices; r.first += r.count) {
        r = run_from(pair, &how, r.first, in->data->volumes);
        if (r.part >= 0)
            OG_GO(add_sample(in, pair_index, &image, &mask, &how, &r));
    }
done:
    og_image_deinit(&image);
    og_image_deinit(&mask);
    return status;
}

/* --- all pairs ---------------------------------------------------------------------------------------------------- */

og_status og__samples_read(og_dataset *data)
{
    og_status status = OG_OK;
    reading in = {.data = data};
    for (size_t i = 0; i < data->listing.count; i++)
        OG_GO(read_pair(&in, i));
    if (in.misfits.count) {
        status = og__fail(OG_ERR_DATA, "image and mask differ in size in %zu of %zu pairs: %s", in.misfits.count,
                          data->listing.count, og__names_get(&in.misfits));
        goto done;
    }
    if (data->count == 0) {
        status = og__fail(OG_ERR_DATA, "'%s' has no images: all are left out", data->listing.name);
        goto done;
    }
    for (size_t i = 0; i < data->count; i++) {
        const og__source *sample = &data->samples[i];
        size_t pixels = og_sample_pixels(&sample->view);
        data->digest = digest_of(data->digest ^ sample->digest, sample->labels, pixels);
        og__source_release(sample);
    }
done:
    og__survey_drop_masks(&data->survey);
    og__names_deinit(&in.misfits);
    return status;
}
