/* Rasters through GDAL; the files raster*.c alone include it. GDAL's messages never reach the terminal: they become
 * part of our error text. */
#include "image/raster.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <ogr_srs_api.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* The kinds that may be read. A closed list, because GDAL knows formats that reach into other files or the network. */
static const char *const read_drivers[] = {"PNG", "JPEG", "GTiff", "BMP", "PNM", "GIF", "WEBP", "JP2OpenJPEG", NULL};

/* --- GDAL's manners ----------------------------------------------------------------------------------------------- */

/* Settings for our calls only; set and restored per thread, because the program may use GDAL for itself. */
static const struct {
    const char *name, *value;
} settings[] = {
    {"GDAL_PAM_ENABLED", "NO"},               /* no .aux.xml files beside the user's images */
    {"GDAL_ERROR_ON_LIBJPEG_WARNING", "YES"}, /* a truncated JPEG is an error, not half an image */
    {"GDAL_NUM_THREADS", "1"},                /* other threads would not have our error handler */
    {"GDAL_DISABLE_READDIR_ON_OPEN", "TRUE"}, /* a folder of n images is not listed n times */
};
enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };

static_assert((int)SETTING_COUNT == (int)OG_GDAL_SETTINGS, "a session keeps every setting");

static void CPL_STDCALL note_error(CPLErr kind, CPLErrorNum number, const char *message)
{
    (void)number;
    og__gdal *in = CPLGetErrorHandlerUserData();
    if (kind >= CE_Failure && in->message[0] == '\0')
        snprintf(in->message, sizeof in->message, "%.*s", (int)strcspn(message, "\n"), message);
}

void og__gdal_enter(og__gdal *in)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *in = (og__gdal){0};
    CPLPushErrorHandlerEx(note_error, in);
    pthread_once(&once, GDALAllRegister);
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *before = CPLGetThreadLocalConfigOption(settings[i].name, NULL);
        in->before[i] = before ? CPLStrdup(before) : NULL;
        CPLSetThreadLocalConfigOption(settings[i].name, settings[i].value);
    }
}

void og__gdal_leave(og__gdal *in)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        CPLSetThreadLocalConfigOption(settings[i].name, in->before[i]);
        CPLFree(in->before[i]);
    }
    CPLPopErrorHandler();
}

const char *og__gdal_reason(const og__gdal *in)
{
    return in->message[0] ? in->message : "no reason given";
}

/* --- georeference ------------------------------------------------------------------------------------------------- */

typedef struct raster_geo {
    og__geo base;
    bool has_transform;
    double transform[6];
    char *projection; /* WKT, "" for none */
    int gcp_count;
    GDAL_GCP *gcps; /* (gcp_count) ground control points, in `projection` too */
    bool points;    /* pixels stand for points, not areas */
} raster_geo;

bool og__raster_is_placed(const og__geo *geo)
{
    const raster_geo *raster = (const raster_geo *)geo;
    return geo && geo->kind == OG_GEO_RASTER && (raster->has_transform || raster->gcp_count > 0);
}

void og__raster_map(const og__geo *geo, double at[2])
{
    const raster_geo *raster = (const raster_geo *)geo;
    if (!geo || geo->kind != OG_GEO_RASTER || !raster->has_transform)
        return;
    double x, y;
    GDALApplyGeoTransform((double *)raster->transform, at[0], at[1], &x, &y);
    at[0] = x;
    at[1] = y;
}

void og__raster_crs(const og__geo *geo, size_t size, char *name)
{
    const raster_geo *raster = (const raster_geo *)geo;
    name[0] = '\0';
    if (!geo || geo->kind != OG_GEO_RASTER || !raster->has_transform || !raster->projection[0])
        return;
    og__gdal in;
    og__gdal_enter(&in);
    OGRSpatialReferenceH place = OSRNewSpatialReference(raster->projection);
    const char *authority = place ? OSRGetAuthorityName(place, NULL) : NULL;
    const char *code = place ? OSRGetAuthorityCode(place, NULL) : NULL;
    if (authority && code)
        snprintf(name, size, "urn:ogc:def:crs:%s::%s", authority, code);
    if (place)
        OSRDestroySpatialReference(place);
    og__gdal_leave(&in);
}

static void release_geo(og__geo *geo)
{
    raster_geo *raster = (raster_geo *)geo;
    GDALDeinitGCPs(raster->gcp_count, raster->gcps);
    CPLFree(raster->gcps);
    free(raster->projection);
    free(raster);
}

og_status og__raster_keep_geo(GDALDatasetH source, og_image *image)
{
    raster_geo *geo;
    OG_TRY(og__alloc(1, sizeof *geo, &geo));
    geo->base = (og__geo){OG_GEO_RASTER, release_geo};
    image->geo = geo;
    geo->has_transform = GDALGetGeoTransform(source, geo->transform) == CE_None;
    geo->gcp_count = geo->has_transform ? 0 : GDALGetGCPCount(source);
    geo->gcps = geo->gcp_count > 0 ? GDALDuplicateGCPs(geo->gcp_count, GDALGetGCPs(source)) : NULL;
    const char *kind = GDALGetMetadataItem(source, GDALMD_AREA_OR_POINT, NULL);
    geo->points = kind && EQUAL(kind, GDALMD_AOP_POINT);
    const char *projection = geo->gcp_count > 0 ? GDALGetGCPProjection(source) : GDALGetProjectionRef(source);
    return og__copy_text(projection ? projection : "", &geo->projection);
}

void og__raster_give_geo(const og__geo *geo, GDALDatasetH target)
{
    if (!geo || geo->kind != OG_GEO_RASTER)
        return;
    const raster_geo *raster = (const raster_geo *)geo;
    if (raster->has_transform)
        GDALSetGeoTransform(target, (double *)raster->transform);
    if (raster->points)
        GDALSetMetadataItem(target, GDALMD_AREA_OR_POINT, GDALMD_AOP_POINT, NULL);
    if (raster->gcp_count > 0)
        GDALSetGCPs(target, raster->gcp_count, raster->gcps, raster->projection);
    else if (raster->projection[0])
        GDALSetProjection(target, raster->projection);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* The bands that are not alpha. */
int og__raster_bands(GDALDatasetH source, int bands[OG_BANDS_MAX])
{
    int count = 0;
    for (int b = 1; b <= GDALGetRasterCount(source) && count < OG_BANDS_MAX; b++)
        if (GDALGetRasterColorInterpretation(GDALGetRasterBand(source, b)) != GCI_AlphaBand)
            bands[count++] = b;
    return count;
}

/* Replace palette indices (one channel) by the colours they stand for: one channel when all are grey, else three. */
static og_status apply_palette(const char *path, GDALColorTableH palette, og_image *image)
{
    int entries = GDALGetColorEntryCount(palette);
    size_t count = (size_t)image->depth * (size_t)image->height * (size_t)image->width;
    bool grey = true;
    for (int i = 0; i < entries; i++) {
        GDALColorEntry colour;
        GDALGetColorEntryAsRGB(palette, i, &colour);
        grey = grey && colour.c1 == colour.c2 && colour.c2 == colour.c3;
    }
    og_image out = {0};
    OG_TRY(og__image_alloc(&out, path, grey ? 1 : 3, image->depth, image->height, image->width));
    for (size_t i = 0; i < count; i++) {
        int index = (int)image->data[i];
        GDALColorEntry colour = {0};
        if (index < entries)
            GDALGetColorEntryAsRGB(palette, index, &colour);
        out.data[i] = colour.c1;
        if (!grey) {
            out.data[count + i] = colour.c2;
            out.data[2 * count + i] = colour.c3;
        }
    }
    free(image->data);
    image->data = out.data;
    image->channels = out.channels;
    return OG_OK;
}

/* Keep the colours beside the indices. */
static og_status keep_palette(GDALColorTableH palette, og_image *image)
{
    int entries = GDALGetColorEntryCount(palette);
    OG_TRY(og__alloc((size_t)entries, 3, &image->palette));
    image->palette_count = entries;
    for (int i = 0; i < entries; i++) {
        GDALColorEntry colour;
        GDALGetColorEntryAsRGB(palette, i, &colour);
        image->palette[3 * i] = (uint8_t)colour.c1;
        image->palette[3 * i + 1] = (uint8_t)colour.c2;
        image->palette[3 * i + 2] = (uint8_t)colour.c3;
    }
    return OG_OK;
}

static og_status read_bands(const char *path, const og__gdal *in, GDALDatasetH source, int *bands,
                            const og_image *image, int page)
{
    size_t plane = (size_t)image->height * (size_t)image->width;
    for (int c = 0; c < image->channels; c++) {
        GDALRasterBandH band = GDALGetRasterBand(source, bands[c]);
        float *dst = image->data + ((size_t)c * (size_t)image->depth + (size_t)page) * plane;
        if (GDALDataTypeIsComplex(GDALGetRasterDataType(band)))
            return og__fail(OG_ERR_UNSUPPORTED, "'%s' has complex pixels; save their magnitude first", path);
        if (GDALRasterIO(band, GF_Read, 0, 0, image->width, image->height, dst, image->width, image->height,
                         GDT_Float32, 0, 0) != CE_None ||
            in->message[0])
            return og__fail(OG_ERR_FORMAT, "cannot read '%s': it is truncated or damaged (%s)", path,
                            og__gdal_reason(in));
    }
    return OG_OK;
}

GDALDatasetH og__raster_open(const char *name)
{
    return GDALOpenEx(name, GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, read_drivers, NULL, NULL);
}

/* Read the pages after the first, which is open as `first`. */
static og_status read_pages(const char *path, const og__gdal *in, CSLConstList pages, int *bands, int band_count,
                            const og_image *image)
{
    for (int page = 1; page < image->depth; page++) {
        char key[40];
        int page_bands[OG_BANDS_MAX];
        snprintf(key, sizeof key, "SUBDATASET_%d_NAME", page + 1);
        GDALDatasetH source = og__raster_open(CSLFetchNameValueDef(pages, key, ""));
        if (!source)
            return og__fail(OG_ERR_FORMAT, "cannot read page %d of '%s': %s", page + 1, path, og__gdal_reason(in));
        og_status status = OG_OK;
        if (GDALGetRasterXSize(source) != image->width || GDALGetRasterYSize(source) != image->height ||
            og__raster_bands(source, page_bands) != band_count)
            status = og__fail(OG_ERR_UNSUPPORTED,
                              "'%s' has pages of different sizes (page 1 is %d x %d, page %d is %d x %d); save them as "
                              "files of their own",
                              path, image->width, image->height, page + 1, GDALGetRasterXSize(source),
                              GDALGetRasterYSize(source));
        else
            status = read_bands(path, in, source, bands, image, page);
        GDALClose(source);
        OG_TRY(status);
    }
    return OG_OK;
}

/* How many times more bytes than a file has its pixels can take: DEFLATE's bound for PNG, what raw pixels leave room
 * for, and for formats that have no bound (one colour of any size in a few bytes) what no photograph reaches. */
static const struct {
    const char *driver;
    double ratio;
} ratios[] = {{"PNG", 1032}, {"BMP", 256}, {"PNM", 1.01}, {NULL, 100000}};

/* Refuse sizes that the file cannot hold, before memory is claimed for them. */
static og_status check_plausible(const char *path, GDALDatasetH source, int pages)
{
    enum { HARMLESS_BYTES = 1 << 24 };
    struct stat info;
    const char *driver = GDALGetDriverShortName(GDALGetDatasetDriver(source));
    double bits = 0;
    size_t row = 0;
    for (int b = 1; b <= GDALGetRasterCount(source); b++) {
        GDALRasterBandH band = GDALGetRasterBand(source, b);
        const char *depth = GDALGetMetadataItem(band, "NBITS", "IMAGE_STRUCTURE");
        bits += depth ? atoi(depth) : 8 * GDALGetDataTypeSizeBytes(GDALGetRasterDataType(band));
    }
    double bytes = bits / 8 * GDALGetRasterXSize(source) * GDALGetRasterYSize(source) * pages;
    while (ratios[row].driver && strcmp(ratios[row].driver, driver) != 0)
        row++;
    if (stat(path, &info) != 0 || bytes < HARMLESS_BYTES || bytes <= ratios[row].ratio * (double)info.st_size)
        return OG_OK;
    return og__fail(OG_ERR_FORMAT, "'%s' claims a size of %d x %d, more than a %s file of %lld bytes can hold", path,
                    GDALGetRasterXSize(source), GDALGetRasterYSize(source), driver, (long long)info.st_size);
}

og_status og__raster_load(const char *path, bool palette_indices, og_image *image)
{
    og_status status = OG_OK;
    int bands[OG_BANDS_MAX];
    og__gdal in;
    og__gdal_enter(&in);
    GDALDatasetH source = og__raster_open(path);
    if (!source) {
        status = og__fail(OG_ERR_FORMAT, "cannot read '%s': not an image of a known kind, or damaged (%s)", path,
                          og__gdal_reason(&in));
        goto done;
    }
    int band_count = og__raster_bands(source, bands);
    char **pages = GDALGetMetadata(source, "SUBDATASETS"); /* two lines per page; none for a single page */
    int page_count = pages && CSLCount(pages) > 2 ? CSLCount(pages) / 2 : 1;
    OG_GO(check_plausible(path, source, page_count));
    OG_GO(og__image_alloc(image, path, band_count, page_count, GDALGetRasterYSize(source), GDALGetRasterXSize(source)));
    OG_GO(read_bands(path, &in, source, bands, image, 0));
    OG_GO(read_pages(path, &in, pages, bands, band_count, image));
    GDALColorTableH palette = GDALGetRasterColorTable(GDALGetRasterBand(source, bands[0]));
    if (palette && band_count == 1)
        OG_GO(palette_indices ? keep_palette(palette, image) : apply_palette(path, palette, image));
    OG_GO(og__raster_keep_geo(source, image));
done:
    if (source)
        GDALClose(source);
    og__gdal_leave(&in);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *driver;
    const char *options[4];
} write_kinds[] = {
    [OG_RASTER_PNG] = {"PNG", {NULL}},
    [OG_RASTER_TIFF] = {"GTiff", {"COMPRESS=DEFLATE", NULL}},
};

/* Make a raster in memory from u8[H, W, channels]. */
static GDALDatasetH wrap_pixels(const uint8_t *pixels, int height, int width, int channels)
{
    GDALDatasetH source = GDALCreate(GDALGetDriverByName("MEM"), "", width, height, channels, GDT_Byte, NULL);
    if (!source)
        return NULL;
    if (GDALDatasetRasterIO(source, GF_Write, 0, 0, width, height, (void *)pixels, width, height, GDT_Byte, channels,
                            NULL, channels, channels * width, 1) != CE_None) {
        GDALClose(source);
        return NULL;
    }
    return source;
}

/* Append one page u8[H, W, channels] to the file `name`, which lies in GDAL's memory. */
static bool encode_page(const char *name, og__raster_kind kind, const uint8_t *pixels, int height, int width,
                        int channels, bool append, const og__geo *geo)
{
    GDALDatasetH source = wrap_pixels(pixels, height, width, channels), copy = NULL;
    if (source) {
        char **options = CSLDuplicate((char **)write_kinds[kind].options);
        if (append)
            options = CSLSetNameValue(options, "APPEND_SUBDATASET", "YES");
        og__raster_give_geo(geo, source);
        GDALDriverH driver = GDALGetDriverByName(write_kinds[kind].driver);
        copy = driver ? GDALCreateCopy(driver, name, source, FALSE, options, NULL, NULL) : NULL;
        CSLDestroy(options);
        GDALClose(source);
    }
    if (copy)
        GDALClose(copy);
    return copy != NULL;
}

/* Encode u8[D, H, W, channels] as a file in memory; *file is released with free(). */
static og_status encode(og__raster_kind kind, const uint8_t *pixels, int depth, int height, int width, int channels,
                        const og__geo *geo, uint8_t **file, size_t *count)
{
    og_status status = OG_OK;
    char name[64];
    og__gdal in;
    *file = NULL;
    *count = 0;
    snprintf(name, sizeof name, "/vsimem/ogive-%p", (void *)&in); /* one per running call */
    og__gdal_enter(&in);
    size_t page = (size_t)height * (size_t)width * (size_t)channels;
    for (int d = 0; d < depth; d++) {
        if (!encode_page(name, kind, pixels + (size_t)d * page, height, width, channels, d > 0, geo) || in.message[0]) {
            status = og__fail(OG_ERR_UNSUPPORTED, "cannot encode an image of %d x %d as %s: %s", width, height,
                              write_kinds[kind].driver, og__gdal_reason(&in));
            goto done;
        }
    }
    vsi_l_offset length = 0;
    const GByte *bytes = VSIGetMemFileBuffer(name, &length, FALSE);
    OG_GO(og__alloc((size_t)length, 1, file));
    memcpy(*file, bytes, (size_t)length);
    *count = (size_t)length;
done:
    VSIUnlink(name);
    og__gdal_leave(&in);
    return status;
}

og_status og__raster_save(const char *path, og__raster_kind kind, const uint8_t *labels, int depth, int height,
                          int width, const og__geo *geo)
{
    uint8_t *file;
    size_t count;
    OG_TRY(encode(kind, labels, depth, height, width, 1, geo, &file, &count));
    og_status status = og__file_write(path, file, count);
    free(file);
    return status;
}

og_status og_png_encode(const uint8_t *pixels, int height, int width, int channels, uint8_t **png, size_t *count)
{
    *png = NULL;
    *count = 0;
    if (channels != 1 && channels != 3)
        return og__fail(OG_ERR_ARGUMENT, "cannot encode %d channels as PNG; give 1 or 3", channels);
    return encode(OG_RASTER_PNG, pixels, 1, height, width, channels, NULL, png, count);
}
