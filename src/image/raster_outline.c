/* Outlines of labels as polygons. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal_alg.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "base/text.h"
#include "image/raster.h"
#include "image/raster_target.h"

static const char *driver_of(const char *path)
{
    size_t length = strlen(path);
    return length > 5 && strcasecmp(path + length - 5, ".gpkg") == 0 ? "GPKG" : "GeoJSON";
}

static OGRLayerH add_layer(GDALDatasetH file, OGRSpatialReferenceH place)
{
    OGRLayerH layer = GDALDatasetCreateLayer(file, "classes", place, wkbPolygon, NULL);
    const struct {
        const char *name;
        OGRFieldType type;
    } fields[] = {{"class", OFTInteger}, {"name", OFTString}, {"area", OFTReal}};
    for (size_t i = 0; layer && i < sizeof fields / sizeof fields[0]; i++) {
        OGRFieldDefnH field = OGR_Fld_Create(fields[i].name, fields[i].type);
        if (OGR_L_CreateField(layer, field, FALSE) != OGRERR_NONE)
            layer = NULL;
        OGR_Fld_Destroy(field);
    }
    return layer;
}

/* Copy polygons that have their class only, adding the class's name and the area. */
static int64_t copy_polygons(OGRLayerH src, OGRLayerH dst, const og__target_spec *spec)
{
    int64_t count = 0;
    bool whole = true;
    OGR_L_ResetReading(src);
    for (OGRFeatureH from; whole && (from = OGR_L_GetNextFeature(src)) != NULL;) {
        int class_index = OGR_F_GetFieldAsInteger(from, 0);
        OGRGeometryH shape = OGR_F_GetGeometryRef(from);
        OGRFeatureH to = OGR_F_Create(OGR_L_GetLayerDefn(dst));
        OGR_F_SetFieldInteger(to, 0, class_index);
        if (class_index < spec->class_count && spec->class_names)
            OGR_F_SetFieldString(to, 1, spec->class_names[class_index]);
        OGR_F_SetFieldDouble(to, 2, OGR_G_Area(shape));
        OGR_F_SetGeometry(to, shape);
        whole = OGR_L_CreateFeature(dst, to) == OGRERR_NONE;
        OGR_F_Destroy(to);
        OGR_F_Destroy(from);
        count++;
    }
    return whole ? count : -1;
}

/* What is open while labels are outlined. */
typedef struct outline {
    GDALDatasetH labels, rough, file;
} outline;

static bool run_outline(const char *labels, const char *rough, const char *part, const char *path,
                        const og__target_spec *spec, outline *o, int64_t *polygons)
{
    GDALDriverH driver = GDALGetDriverByName(driver_of(path)), store = GDALGetDriverByName("GPKG");
    o->labels = og__raster_open(labels);
    if (!o->labels || !driver || !store)
        return false;
    GDALRasterBandH band = GDALGetRasterBand(o->labels, 1);
    OGRSpatialReferenceH place = GDALGetSpatialRef(o->labels);
    /* A file of its own, as a layer in memory would grow with the image. */
    o->rough = GDALCreate(store, rough, 0, 0, 0, GDT_Unknown, NULL);
    o->file = GDALCreate(driver, part, 0, 0, 0, GDT_Unknown, NULL);
    if (!o->rough || !o->file)
        return false;
    OGRLayerH from = add_layer(o->rough, place), to = add_layer(o->file, place);
    if (!from || !to)
        return false;
    GDALDatasetStartTransaction(o->rough, FALSE);
    /* The labels are their own mask, so that class 0 is left out. */
    if (GDALPolygonize(band, band, from, 0, NULL, NULL, NULL) != CE_None)
        return false;
    GDALDatasetCommitTransaction(o->rough);
    GDALDatasetStartTransaction(o->file, FALSE);
    *polygons = copy_polygons(from, to, spec);
    GDALDatasetCommitTransaction(o->file);
    return *polygons >= 0;
}

og_status og__raster_outline(const char *labels, const char *part, const char *path, const og__target_spec *spec,
                             int64_t *polygons)
{
    og_status status = OG_OK;
    outline o = {0};
    og__gdal in;
    og__text rough = {0};
    *polygons = 0;
    og__gdal_enter(&in);
    og__text_format(&rough, "%s.rough.part", part);
    OG_GO(og__text_status(&rough));
    bool done = run_outline(labels, rough.data, part, path, spec, &o, polygons);
    GDALDatasetH open[] = {o.labels, o.rough, o.file};
    for (int i = 0; i < 3; i++)
        if (open[i])
            GDALClose(open[i]);
    if (!done || in.message[0])
        status = og__fail(OG_ERR_FILE, "cannot write '%s': %s", path, og__gdal_reason(&in));
    VSIUnlink(rough.data);
done:
    og__text_deinit(&rough);
    og__gdal_leave(&in);
    return status;
}
