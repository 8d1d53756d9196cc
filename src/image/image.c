#include <ogive/image.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "image/reader.h"

og_status og__image_alloc(og_image *image, const char *path, int64_t channels, int64_t depth, int64_t height,
                          int64_t width)
{
    size_t count, bytes;
    const int64_t sizes[] = {channels, depth, height, width};
    for (int i = 0; i < 4; i++)
        if (sizes[i] < 1 || sizes[i] > INT_MAX)
            return og__fail(OG_ERR_FORMAT,
                            "'%s' claims a size of %lld x %lld x %lld with %lld channels; at least 1 each is needed",
                            path, (long long)width, (long long)height, (long long)depth, (long long)channels);
    og_status status =
        og__product(&count, 4, (size_t[]){(size_t)channels, (size_t)depth, (size_t)height, (size_t)width});
    if (status == OG_OK)
        status = og__product(&bytes, 2, (size_t[]){count, sizeof(float)});
    if (status != OG_OK || bytes > og__memory_limit())
        return og__fail(OG_ERR_MEMORY,
                        "'%s' claims a size of %lld x %lld x %lld with %lld channels, more than this machine's memory",
                        path, (long long)width, (long long)height, (long long)depth, (long long)channels);
    status = og__alloc(count, sizeof(float), &image->data);
    if (status != OG_OK)
        return og__fail_in(status, "reading '%s'", path);
    image->channels = (int)channels;
    image->depth = (int)depth;
    image->height = (int)height;
    image->width = (int)width;
    for (int i = 0; i < 3; i++)
        image->spacing[i] = 1;
    return OG_OK;
}

void og_image_deinit(og_image *image)
{
    og__geo *geo = image->geo;
    if (geo)
        geo->release(geo);
    free(image->data);
    free(image->palette);
    *image = (og_image){0};
}

og_status og__check_readable(const char *path)
{
    if (og__is_folder(path))
        return og__fail(OG_ERR_FILE, "cannot read '%s': it is a folder, expected an image", path);
    int handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe that nobody writes to must not hang */
    if (handle < 0)
        return og__fail_file("open", path);
    struct stat info;
    if (fstat(handle, &info) == 0 && !S_ISREG(info.st_mode)) {
        close(handle);
        return og__fail(OG_ERR_FILE, "cannot read '%s': it is no ordinary file, expected an image", path);
    }
    char byte;
    ssize_t got = read(handle, &byte, 1);
    int reason = errno;
    close(handle);
    errno = reason;
    if (got < 0)
        return og__fail_file("read", path);
    return got == 1 ? OG_OK : og__fail(OG_ERR_FORMAT, "'%s' is empty, expected an image", path);
}

static og_status check_finite(const char *path, const og_image *image)
{
    size_t plane = (size_t)image->height * (size_t)image->width, volume = plane * (size_t)image->depth;
    for (size_t i = 0; i < volume * (size_t)image->channels; i++) {
        if (isfinite(image->data[i]))
            continue;
        size_t x = i % (size_t)image->width, y = i % plane / (size_t)image->width, z = i % volume / plane;
        return og__fail(OG_ERR_DATA,
                        "'%s' holds %s at x = %zu, y = %zu, z = %zu, channel %zu; replace such pixels first", path,
                        isnan(image->data[i]) ? "NaN" : "an infinite value", x, y, z, i / volume);
    }
    return OG_OK;
}

static og_status load(const char *path, bool palette_indices, og_image *image)
{
    *image = (og_image){0};
    OG_TRY(og__check_readable(path));
    og_status status = og__volume_is(path)  ? og__volume_load(path, image)
                       : og__array_is(path) ? og__array_load(path, image)
                                            : og__raster_load(path, palette_indices, image);
    if (status == OG_OK)
        status = check_finite(path, image);
    if (status != OG_OK)
        og_image_deinit(image);
    return status;
}

og_status og_image_load(const char *path, og_image *image)
{
    return load(path, false, image);
}

og_status og_labels_load(const char *path, og_image *image)
{
    return load(path, true, image);
}

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

og_status og_labels_save(const char *path, const uint8_t *labels, int depth, int height, int width,
                         const og_image *like)
{
    if (like && (like->depth != depth || like->height != height || like->width != width))
        return og__fail(OG_ERR_SHAPE, "cannot write '%s': labels of %d x %d x %d beside an image of %d x %d x %d", path,
                        width, height, depth, like->width, like->height, like->depth);
    const og__geo *geo = like ? like->geo : NULL;
    if (ends_with(path, ".nii") || ends_with(path, ".nii.gz"))
        return og__volume_save(path, labels, NULL, 1, depth, height, width, like);
    if (ends_with(path, ".tif") || ends_with(path, ".tiff"))
        return og__raster_save(path, OG_RASTER_TIFF, labels, depth, height, width, geo);
    if (ends_with(path, ".png") && depth == 1)
        return og__raster_save(path, OG_RASTER_PNG, labels, depth, height, width, geo);
    if (ends_with(path, ".png"))
        return og__fail(OG_ERR_ARGUMENT, "cannot write '%s': a PNG holds one page, not %d; write .tif or .nii.gz", path,
                        depth);
    return og__fail(OG_ERR_ARGUMENT, "cannot write '%s': unknown ending; write .png, .tif, .tiff, .nii or .nii.gz",
                    path);
}
