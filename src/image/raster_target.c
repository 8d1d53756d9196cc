/* TIFF files written row by row. */
#include "image/raster_target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <cpl_string.h>

#include "base/memory.h"
#include "image/colours.h"
#include "image/raster.h"

enum { NO_LABEL = 255, BLOCK = 256, STRIP_ROWS = 16 };

struct og__raster_target {
    const og__target_spec *spec;
    char *part;
    GDALDatasetH file; /* of the current page; NULL between pages */
    int page;
};

/* --- metadata ----------------------------------------------------------------------------------------------------- */

/* Colours for programs that show labels; the pixels stay class numbers. */
static void give_colours(GDALRasterBandH band, int class_count)
{
    GDALColorTableH table = GDALCreateColorTable(GPI_RGB);
    for (int k = 0; k < 256; k++) {
        uint32_t c = k < class_count ? og__class_colour(k) : 0;
        GDALColorEntry entry = {(short)(c >> 16 & 255), (short)(c >> 8 & 255), (short)(c & 255), 255};
        GDALSetColorEntry(table, k, &entry);
    }
    GDALSetRasterColorTable(band, table);
    GDALDestroyColorTable(table);
}

static void describe(const og__target_spec *spec, GDALDatasetH file)
{
    bool labels = spec->content != OG_CONTENT_REALS;
    if (spec->like)
        og__raster_give_geo(spec->like->geo, file);
    for (int c = 0; c < spec->channels; c++) {
        GDALRasterBandH band = GDALGetRasterBand(file, c + 1);
        if (spec->has_gaps)
            GDALSetRasterNoDataValue(band, labels ? NO_LABEL : (double)NAN);
        if (!labels && spec->class_names)
            GDALSetDescription(band, spec->class_names[c]);
    }
    if (!labels)
        return;
    GDALRasterBandH band = GDALGetRasterBand(file, 1);
    give_colours(band, spec->class_count);
    for (int k = 0; k < spec->class_count && spec->class_names; k++) {
        char key[16];
        snprintf(key, sizeof key, "CLASS_%d", k);
        GDALSetMetadataItem(band, key, spec->class_names[k], NULL);
    }
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static bool in_tiles(const og__target_spec *spec)
{
    return spec->width > 2 * BLOCK && spec->height > 2 * BLOCK;
}

static og_status create(og__raster_target *target, const og__gdal *in, int page)
{
    const og__target_spec *spec = target->spec;
    bool labels = spec->content != OG_CONTENT_REALS;
    char number[16];
    char **options = CSLSetNameValue(NULL, "COMPRESS", "DEFLATE");
    options = CSLSetNameValue(options, "BIGTIFF", "IF_SAFER");
    options = CSLSetNameValue(options, "INTERLEAVE", "BAND");
    options = CSLSetNameValue(options, "PREDICTOR", labels ? "1" : "3");
    snprintf(number, sizeof number, "%d", in_tiles(spec) ? BLOCK : STRIP_ROWS);
    options = CSLSetNameValue(options, "BLOCKYSIZE", number);
    if (in_tiles(spec)) {
        options = CSLSetNameValue(options, "TILED", "YES");
        options = CSLSetNameValue(options, "BLOCKXSIZE", number);
    }
    if (page > 0)
        options = CSLSetNameValue(options, "APPEND_SUBDATASET", "YES");
    target->file = GDALCreate(GDALGetDriverByName("GTiff"), target->part, spec->width, spec->height, spec->channels,
                              labels ? GDT_Byte : GDT_Float32, options);
    CSLDestroy(options);
    if (!target->file)
        return og__fail(OG_ERR_FILE, "cannot write '%s': %s", target->part, og__gdal_reason(in));
    target->page = page;
    describe(spec, target->file);
    return OG_OK;
}

static og_status close_page(og__raster_target *target, const og__gdal *in)
{
    if (target->file)
        GDALClose(target->file);
    target->file = NULL;
    if (in->message[0])
        return og__fail(OG_ERR_FILE, "cannot write '%s': %s", target->part, og__gdal_reason(in));
    return OG_OK;
}

og_status og__raster_target_open(const char *part, const og__target_spec *spec, og__raster_target **target)
{
    og_status status = OG_OK;
    og__raster_target *made;
    og__gdal in;
    *target = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    og__gdal_enter(&in);
    made->spec = spec;
    OG_GO(og__copy_text(part, &made->part));
    OG_GO(create(made, &in, 0));
    *target = made;
    made = NULL;
done:
    og__gdal_leave(&in);
    og__raster_target_close(made);
    return status;
}

og_status og__raster_target_write(og__raster_target *target, int channel, int page, int row, int rows,
                                  const void *pixels)
{
    og_status status = OG_OK;
    GDALDataType type = target->spec->content == OG_CONTENT_REALS ? GDT_Float32 : GDT_Byte;
    int width = target->spec->width;
    og__gdal in;
    og__gdal_enter(&in);
    if (page != target->page) {
        OG_GO(close_page(target, &in));
        OG_GO(create(target, &in, page));
    }
    if (GDALRasterIO(GDALGetRasterBand(target->file, channel + 1), GF_Write, 0, row, width, rows, (void *)pixels, width,
                     rows, type, 0, 0) != CE_None ||
        in.message[0])
        status = og__fail(OG_ERR_FILE, "cannot write '%s': %s", target->part, og__gdal_reason(&in));
done:
    og__gdal_leave(&in);
    return status;
}

og_status og__raster_target_finish(og__raster_target *target)
{
    og__gdal in;
    og__gdal_enter(&in);
    og_status status = close_page(target, &in);
    og__gdal_leave(&in);
    return status;
}

void og__raster_target_close(og__raster_target *target)
{
    if (!target)
        return;
    og__gdal in;
    og__gdal_enter(&in);
    close_page(target, &in);
    og__gdal_leave(&in);
    free(target->part);
    free(target);
}

size_t og__raster_target_bytes(const og__target_spec *spec)
{
    size_t pixel = spec->content == OG_CONTENT_REALS ? sizeof(float) : 1;
    size_t block = in_tiles(spec) ? BLOCK : STRIP_ROWS, width = (size_t)spec->width + (in_tiles(spec) ? BLOCK : 0);
    return 2 * block * width * pixel * (size_t)spec->channels;
}
