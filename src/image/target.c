#include "image/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/writer.h"
#include "image/objects.h"
#include "image/raster_target.h"
#include "image/reader.h"

/* --- kinds of files ----------------------------------------------------------------------------------------------- */

typedef enum file_kind { KIND_TIFF, KIND_NPY, KIND_VECTOR, KIND_MEMORY } file_kind;

static const struct {
    const char *ending;
    og__content content;
    file_kind kind;
} kinds[] = {
    {".png", OG_CONTENT_LABELS, KIND_MEMORY},      {".tif", OG_CONTENT_LABELS, KIND_TIFF},
    {".tiff", OG_CONTENT_LABELS, KIND_TIFF},       {".nii", OG_CONTENT_LABELS, KIND_MEMORY},
    {".nii.gz", OG_CONTENT_LABELS, KIND_MEMORY},   {".npy", OG_CONTENT_LABELS, KIND_NPY},
    {".tif", OG_CONTENT_REALS, KIND_TIFF},         {".tiff", OG_CONTENT_REALS, KIND_TIFF},
    {".npy", OG_CONTENT_REALS, KIND_NPY},          {".nii", OG_CONTENT_REALS, KIND_MEMORY},
    {".nii.gz", OG_CONTENT_REALS, KIND_MEMORY},    {".geojson", OG_CONTENT_POLYGONS, KIND_VECTOR},
    {".gpkg", OG_CONTENT_POLYGONS, KIND_VECTOR},   {".csv", OG_CONTENT_OBJECTS, KIND_MEMORY},
    {".geojson", OG_CONTENT_OBJECTS, KIND_MEMORY},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* The row of `kinds`, or -1. */
static int find_kind(og__content content, const char *path)
{
    size_t length = strlen(path);
    for (int i = 0; i < KIND_COUNT; i++) {
        size_t ending = strlen(kinds[i].ending);
        if (kinds[i].content == content && length > ending && strcasecmp(path + length - ending, kinds[i].ending) == 0)
            return i;
    }
    return -1;
}

bool og__target_holds(og__content content, const char *path)
{
    return find_kind(content, path) >= 0;
}

const char *og__target_endings(og__content content)
{
    static const char *const endings[] = {
        [OG_CONTENT_LABELS] = ".png, .tif, .tiff, .nii, .nii.gz or .npy",
        [OG_CONTENT_REALS] = ".tif, .tiff, .npy, .nii or .nii.gz",
        [OG_CONTENT_POLYGONS] = ".geojson or .gpkg",
        [OG_CONTENT_OBJECTS] = ".csv or .geojson",
    };
    return endings[content];
}

/* --- targets ------------------------------------------------------------------------------------------------------ */

struct og__target {
    og__target_spec spec;
    file_kind kind;
    char *path;
    char *part;                /* the temporary name; NULL for kinds in memory */
    char *shape;               /* of polygons: the temporary name of the vector file */
    og__raster_target *raster; /* TIFF and polygons' labels */
    int npy;                   /* handle, or -1 */
    size_t npy_head;           /* bytes before the pixels */
    unsigned char *pixels;     /* (C, D, H, W) of kinds in memory */
    int64_t shapes;
};

static size_t pixel_bytes(const og__target_spec *spec)
{
    return spec->content == OG_CONTENT_REALS ? sizeof(float) : 1;
}

static size_t all_bytes(const og__target_spec *spec)
{
    return (size_t)spec->channels * (size_t)spec->depth * (size_t)spec->height * (size_t)spec->width *
           pixel_bytes(spec);
}

size_t og__target_bytes(const char *path, const og__target_spec *spec)
{
    int row = find_kind(spec->content, path);
    if (row < 0 || kinds[row].kind == KIND_NPY)
        return 0;
    /* The file is made in memory from the pixels. */
    if (kinds[row].kind != KIND_MEMORY)
        return og__raster_target_bytes(spec);
    enum { FIND_BYTES = 10 }; /* a pixel, while components are found: mask and numbers, twice */
    return (spec->content == OG_CONTENT_OBJECTS ? FIND_BYTES : 2) * all_bytes(spec);
}

/* --- NPY ---------------------------------------------------------------------------------------------------------- */

static og_status write_at(og__target *target, const void *data, size_t count, size_t offset)
{
    const char *at = data;
    while (count > 0) {
        ssize_t written = pwrite(target->npy, at, count, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return og__fail_file("write", target->path);
        at += written;
        offset += (size_t)written;
        count -= (size_t)written;
    }
    return OG_OK;
}

/* Format 1.0 (numpy.lib.format): magic, length of the header, a Python dictionary padded to a multiple of 64 bytes.
 * Labels have no axis of channels, a picture none of depth. */
static og_status write_npy_head(og__target *target)
{
    enum { MAGIC = 10, ALIGNMENT = 64 };
    const og__target_spec *spec = &target->spec;
    og__text head = {0};
    og__text_format(&head, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                    spec->content == OG_CONTENT_REALS ? "<f4" : "|u1");
    if (spec->content == OG_CONTENT_REALS)
        og__text_format(&head, "%d, ", spec->channels);
    if (spec->depth > 1)
        og__text_format(&head, "%d, ", spec->depth);
    og__text_format(&head, "%d, %d), }", spec->height, spec->width);
    while ((MAGIC + head.length + 1) % ALIGNMENT != 0 && og__text_status(&head) == OG_OK)
        og__text_add(&head, " ");
    og__text_add(&head, "\n");
    og_status status = og__text_status(&head);
    const unsigned char magic[MAGIC] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(head.length & 255), (unsigned char)(head.length >> 8)};
    if (status == OG_OK)
        status = write_at(target, magic, sizeof magic, 0);
    if (status == OG_OK)
        status = write_at(target, head.data, head.length, sizeof magic);
    target->npy_head = sizeof magic + head.length;
    og__text_deinit(&head);
    return status;
}

static og_status open_npy(og__target *target)
{
    target->npy = open(target->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (target->npy < 0)
        return og__fail_file("write", target->path);
    return write_npy_head(target);
}

/* --- opening and writing ------------------------------------------------------------------------------------------ */

og_status og__target_open(const char *path, const og__target_spec *spec, og__target **target)
{
    og_status status = OG_OK;
    og__target *made;
    *target = NULL;
    int row = find_kind(spec->content, path);
    if (row < 0)
        return og__fail(OG_ERR_ARGUMENT, "cannot write '%s': its ending must be %s", path,
                        og__target_endings(spec->content));
    if (spec->depth > 1 && strcasecmp(kinds[row].ending, ".png") == 0)
        return og__fail(OG_ERR_ARGUMENT, "cannot write '%s': a PNG holds one page, not %d; write .tif or .nii.gz", path,
                        spec->depth);
    if (spec->depth > 1 && kinds[row].kind == KIND_VECTOR)
        return og__fail(OG_ERR_ARGUMENT, "cannot write '%s': polygons are of one page, not %d", path, spec->depth);
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->spec = *spec;
    made->kind = kinds[row].kind;
    made->npy = -1;
    OG_GO(og__copy_text(path, &made->path));
    og__writer_sweep(path);
    if (made->kind == KIND_MEMORY) {
        OG_GO(og__alloc(all_bytes(spec), 1, &made->pixels));
    } else {
        OG_GO(og__part_name(path, &made->part));
        OG_GO(made->kind == KIND_NPY ? open_npy(made) : og__raster_target_open(made->part, &made->spec, &made->raster));
    }
    *target = made;
    made = NULL;
done:
    og__target_close(made);
    return status;
}

og_status og__target_write(og__target *target, int channel, int page, int row, int rows, const void *pixels)
{
    const og__target_spec *spec = &target->spec;
    size_t line = (size_t)spec->width * pixel_bytes(spec), count = (size_t)rows * line;
    size_t plane = (size_t)channel * (size_t)spec->depth + (size_t)page;
    size_t at = (plane * (size_t)spec->height + (size_t)row) * line;
    switch (target->kind) {
    case KIND_TIFF:
    case KIND_VECTOR:
        return og__raster_target_write(target->raster, channel, page, row, rows, pixels);
    case KIND_NPY:
        return write_at(target, pixels, count, target->npy_head + at);
    case KIND_MEMORY:
        memcpy(target->pixels + at, pixels, count);
        return OG_OK;
    }
    return OG_OK;
}

static og_status save_memory(og__target *target)
{
    const og__target_spec *spec = &target->spec;
    if (spec->content == OG_CONTENT_OBJECTS)
        return og__objects_save(target->path, target->pixels, spec, &target->shapes);
    if (spec->content == OG_CONTENT_LABELS)
        return og_labels_save(target->path, target->pixels, spec->depth, spec->height, spec->width, spec->like);
    return og__volume_save(target->path, NULL, (const float *)(const void *)target->pixels, spec->channels, spec->depth,
                           spec->height, spec->width, spec->like);
}

static og_status finish_vector(og__target *target)
{
    og__text shape = {0};
    og__text_format(&shape, "%s.shape", target->part);
    OG_TRY(og__text_status(&shape));
    target->shape = shape.data;
    OG_TRY(og__raster_target_finish(target->raster));
    OG_TRY(og__raster_outline(target->part, target->shape, target->path, &target->spec, &target->shapes));
    return og__part_commit(target->shape, target->path);
}

og_status og__target_commit(og__target *target)
{
    switch (target->kind) {
    case KIND_MEMORY:
        return save_memory(target);
    case KIND_VECTOR:
        return finish_vector(target);
    case KIND_TIFF:
        OG_TRY(og__raster_target_finish(target->raster));
        break;
    case KIND_NPY:
        break;
    }
    return og__part_commit(target->part, target->path);
}

int64_t og__target_shapes(const og__target *target)
{
    return target->shapes;
}

void og__target_close(og__target *target)
{
    if (!target)
        return;
    og__raster_target_close(target->raster);
    if (target->npy >= 0)
        close(target->npy);
    if (target->part)
        unlink(target->part); /* gone already when it was committed */
    if (target->shape)
        unlink(target->shape);
    free(target->part);
    free(target->shape);
    free(target->pixels);
    free(target->path);
    free(target);
}
