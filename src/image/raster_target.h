/* Rasters and outlines as GDAL writes them, behind target.c. */
#ifndef OG_IMAGE_RASTER_TARGET_H
#define OG_IMAGE_RASTER_TARGET_H

#include "image/target.h"

typedef struct og__raster_target og__raster_target;

/* Create a TIFF under a temporary name, or memory for a PNG. */
og_status og__raster_target_open(const char *part, const og__target_spec *spec, og__raster_target **target);
og_status og__raster_target_write(og__raster_target *target, int channel, int page, int row, int rows,
                                  const void *pixels);

/* Write all to the disk; the file stays under its temporary name. */
og_status og__raster_target_finish(og__raster_target *target);
void og__raster_target_close(og__raster_target *target);

/* Bytes that GDAL keeps while rows are written. */
size_t og__raster_target_bytes(const og__target_spec *spec);

/* Outline the labels of a TIFF, but 0, in a vector file `part` of the kind that the ending of `path` names. */
og_status og__raster_outline(const char *labels, const char *part, const char *path, const og__target_spec *spec,
                             int64_t *polygons);

#endif
