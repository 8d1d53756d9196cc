/* Windows of rasters. */
#include "image/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_string.h>

#include "base/file.h"
#include "base/memory.h"
#include "image/raster.h"

struct og__stream {
    char *path;
    og_image image; /* data: NULL, or all pixels */
    GDALDatasetH source;
    int page;     /* that `source` shows */
    char **pages; /* names of the pages, two lines each; NULL for a single one */
    int bands[OG_BANDS_MAX];
    bool gaps;
    uint8_t *mask, *band_mask; /* of the last window's size */
    size_t mask_count;
    bool palette, grey;
    float colours[256][3];
};

/* --- opening ------------------------------------------------------------------------------------------------------ */

/* Whether a band's mask says where there is data: a no-data value, a mask, or the alpha band of a placed image. Other
 * pictures have alpha for their looks. */
static bool band_has_gaps(const og__stream *stream, GDALRasterBandH band)
{
    int flags = GDALGetMaskFlags(band);
    if (flags & GMF_ALL_VALID)
        return false;
    return !(flags & GMF_ALPHA) || og__raster_is_placed(stream->image.geo);
}

static void note_palette(og__stream *stream)
{
    GDALColorTableH palette = GDALGetRasterColorTable(GDALGetRasterBand(stream->source, stream->bands[0]));
    if (!palette || stream->image.channels != 1)
        return;
    stream->palette = stream->grey = true;
    for (int i = 0; i < GDALGetColorEntryCount(palette) && i < 256; i++) {
        GDALColorEntry c;
        GDALGetColorEntryAsRGB(palette, i, &c);
        const short parts[3] = {c.c1, c.c2, c.c3};
        for (int p = 0; p < 3; p++)
            stream->colours[i][p] = parts[p];
        stream->grey = stream->grey && c.c1 == c.c2 && c.c2 == c.c3;
    }
    stream->image.channels = stream->grey ? 1 : 3;
}

static og_status open_file(og__stream *stream, const og__gdal *in)
{
    og_image *image = &stream->image;
    stream->source = og__raster_open(stream->path);
    if (!stream->source)
        return og__fail(OG_ERR_FORMAT, "cannot read '%s': not an image of a known kind, or damaged (%s)", stream->path,
                        og__gdal_reason(in));
    stream->pages = CSLDuplicate(GDALGetMetadata(stream->source, "SUBDATASETS"));
    image->channels = og__raster_bands(stream->source, stream->bands);
    image->depth = CSLCount(stream->pages) > 2 ? CSLCount(stream->pages) / 2 : 1;
    image->height = GDALGetRasterYSize(stream->source);
    image->width = GDALGetRasterXSize(stream->source);
    for (int i = 0; i < 3; i++)
        image->spacing[i] = 1;
    if (image->channels < 1)
        return og__fail(OG_ERR_FORMAT, "'%s' has no bands of pixels", stream->path);
    OG_TRY(og__raster_keep_geo(stream->source, image));
    for (int c = 0; c < image->channels; c++) {
        GDALRasterBandH band = GDALGetRasterBand(stream->source, stream->bands[c]);
        if (GDALDataTypeIsComplex(GDALGetRasterDataType(band)))
            return og__fail(OG_ERR_UNSUPPORTED, "'%s' has complex pixels; save their magnitude first", stream->path);
        stream->gaps = stream->gaps || band_has_gaps(stream, band);
    }
    note_palette(stream);
    return OG_OK;
}

og_status og__stream_open(const char *path, og__stream **stream)
{
    og_status status = OG_OK;
    og__stream *made;
    *stream = NULL;
    OG_TRY(og__check_readable(path));
    OG_TRY(og__alloc(1, sizeof *made, &made));
    OG_GO(og__copy_text(path, &made->path));
    if (og__volume_is(path)) {
        OG_GO(og_image_load(path, &made->image));
    } else {
        og__gdal in;
        og__gdal_enter(&in);
        status = open_file(made, &in);
        og__gdal_leave(&in);
        OG_GO(status);
    }
    *stream = made;
    made = NULL;
done:
    og__stream_close(made);
    return status;
}

void og__stream_close(og__stream *stream)
{
    if (!stream)
        return;
    if (stream->source) {
        og__gdal in;
        og__gdal_enter(&in);
        GDALClose(stream->source);
        og__gdal_leave(&in);
    }
    CSLDestroy(stream->pages);
    og_image_deinit(&stream->image);
    free(stream->mask);
    free(stream->band_mask);
    free(stream->path);
    free(stream);
}

const og_image *og__stream_image(const og__stream *stream)
{
    return &stream->image;
}

bool og__stream_has_gaps(const og__stream *stream)
{
    return stream->gaps;
}

size_t og__stream_row_bytes(const og__stream *stream)
{
    const og_image *image = &stream->image;
    if (!stream->source)
        return 0;
    GDALRasterBandH band = GDALGetRasterBand(stream->source, stream->bands[0]);
    return (size_t)image->width * (size_t)GDALGetRasterCount(stream->source) *
           (size_t)GDALGetDataTypeSizeBytes(GDALGetRasterDataType(band));
}

size_t og__stream_fixed_bytes(const og__stream *stream)
{
    const og_image *image = &stream->image;
    if (!stream->source)
        return 0;
    int block_w, block_h;
    GDALGetBlockSize(GDALGetRasterBand(stream->source, stream->bands[0]), &block_w, &block_h);
    block_h = block_h < image->height ? block_h : image->height;
    return 2 * (size_t)block_h * og__stream_row_bytes(stream);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static og_status show_page(og__stream *stream, const og__gdal *in, int page)
{
    char key[40];
    int bands[OG_BANDS_MAX];
    if (page == stream->page)
        return OG_OK;
    snprintf(key, sizeof key, "SUBDATASET_%d_NAME", page + 1);
    GDALDatasetH source = og__raster_open(CSLFetchNameValueDef(stream->pages, key, ""));
    if (!source)
        return og__fail(OG_ERR_FORMAT, "cannot read page %d of '%s': %s", page + 1, stream->path, og__gdal_reason(in));
    if (GDALGetRasterXSize(source) != stream->image.width || GDALGetRasterYSize(source) != stream->image.height ||
        og__raster_bands(source, bands) != og__raster_bands(stream->source, stream->bands)) {
        og_status status = og__fail(OG_ERR_UNSUPPORTED,
                                    "'%s' has pages of different sizes (page 1 is %d x %d, page %d is %d x %d); save "
                                    "them as files of their own",
                                    stream->path, stream->image.width, stream->image.height, page + 1,
                                    GDALGetRasterXSize(source), GDALGetRasterYSize(source));
        GDALClose(source);
        return status;
    }
    GDALClose(stream->source);
    stream->source = source;
    stream->page = page;
    return OG_OK;
}

static og_status fail_damaged(const og__stream *stream, const og__gdal *in)
{
    return og__fail(OG_ERR_FORMAT, "cannot read '%s': it is truncated or damaged (%s)", stream->path,
                    og__gdal_reason(in));
}

/* mask[p] = whether any band has data at p */
static og_status read_mask(og__stream *stream, const og__gdal *in, int y, int x, int h, int w)
{
    size_t count = (size_t)h * (size_t)w;
    if (count > stream->mask_count) {
        free(stream->mask);
        free(stream->band_mask);
        stream->mask = stream->band_mask = NULL;
        stream->mask_count = 0;
        OG_TRY(og__alloc(count, 1, &stream->mask));
        OG_TRY(og__alloc(count, 1, &stream->band_mask));
        stream->mask_count = count;
    }
    memset(stream->mask, 0, count);
    int bands = stream->palette ? 1 : stream->image.channels;
    for (int c = 0; c < bands; c++) {
        GDALRasterBandH band = GDALGetRasterBand(stream->source, stream->bands[c]);
        if (!band_has_gaps(stream, band)) {
            memset(stream->mask, 1, count);
            return OG_OK;
        }
        if (GDALRasterIO(GDALGetMaskBand(band), GF_Read, x, y, w, h, stream->band_mask, w, h, GDT_Byte, 0, 0) !=
            CE_None)
            return fail_damaged(stream, in);
        for (size_t i = 0; i < count; i++)
            stream->mask[i] |= stream->band_mask[i] != 0;
        if (GDALGetMaskFlags(band) & GMF_PER_DATASET)
            break;
    }
    return OG_OK;
}

/* Write NaN where there is no data; refuse what is not finite elsewhere. */
static og_status mark_gaps(const og__stream *stream, int page, int y, int x, int h, int w, float *dst)
{
    size_t count = (size_t)h * (size_t)w;
    for (size_t i = 0; i < count; i++) {
        bool gap = stream->gaps && !stream->mask[i];
        for (size_t c = 0; c < (size_t)stream->image.channels; c++) {
            float *value = &dst[c * count + i];
            if (gap)
                *value = NAN;
            else if (!isfinite(*value) && !stream->gaps)
                return og__fail(OG_ERR_DATA,
                                "'%s' holds %s at x = %d, y = %d, z = %d, channel %zu; replace such pixels first, or "
                                "declare them as no data",
                                stream->path, isnan(*value) ? "NaN" : "an infinite value", x + (int)(i % (size_t)w),
                                y + (int)(i / (size_t)w), page, c);
            else if (!isfinite(*value))
                *value = NAN; /* no data in this band alone */
        }
    }
    return OG_OK;
}

static og_status read_file(og__stream *stream, const og__gdal *in, int page, int y, int x, int h, int w, float *dst)
{
    size_t count = (size_t)h * (size_t)w;
    OG_TRY(show_page(stream, in, page));
    int bands = stream->palette ? 1 : stream->image.channels;
    for (int c = 0; c < bands; c++) {
        GDALRasterBandH band = GDALGetRasterBand(stream->source, stream->bands[c]);
        if (GDALRasterIO(band, GF_Read, x, y, w, h, dst + (size_t)c * count, w, h, GDT_Float32, 0, 0) != CE_None ||
            in->message[0])
            return fail_damaged(stream, in);
    }
    if (stream->gaps)
        OG_TRY(read_mask(stream, in, y, x, h, w));
    if (stream->palette)
        for (size_t i = 0; i < count; i++) {
            const float *colour = stream->colours[(int)dst[i] & 255];
            for (size_t c = (size_t)stream->image.channels; c-- > 0;)
                dst[c * count + i] = colour[c];
        }
    return mark_gaps(stream, page, y, x, h, w, dst);
}

static void read_memory(const og_image *image, int page, int y, int x, int h, int w, float *dst)
{
    for (int c = 0; c < image->channels; c++)
        for (int row = 0; row < h; row++) {
            size_t plane = (size_t)c * (size_t)image->depth + (size_t)page;
            size_t line = plane * (size_t)image->height + (size_t)(y + row);
            memcpy(dst, image->data + line * (size_t)image->width + x, (size_t)w * sizeof *dst);
            dst += w;
        }
}

og_status og__stream_read(og__stream *stream, int page, int y, int x, int h, int w, float *dst)
{
    og__gdal in;
    if (!stream->source) {
        read_memory(&stream->image, page, y, x, h, w, dst);
        return OG_OK;
    }
    og__gdal_enter(&in);
    og_status status = read_file(stream, &in, page, y, x, h, w, dst);
    og__gdal_leave(&in);
    return status;
}

size_t og__raster_bound_cache(size_t bytes)
{
    size_t before = (size_t)GDALGetCacheMax64();
    GDALSetCacheMax64((GIntBig)bytes);
    return before;
}
