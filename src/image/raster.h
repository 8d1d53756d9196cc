/* What the files that call GDAL (raster*.c) have in common. */
#ifndef OG_IMAGE_RASTER_H
#define OG_IMAGE_RASTER_H

#include <gdal.h>

#include "image/reader.h"

enum { OG_BANDS_MAX = 4096, OG_GDAL_SETTINGS = 4 };

/* One stretch of GDAL calls: from og__gdal_enter() to og__gdal_leave(), in one thread. */
typedef struct og__gdal {
    char message[512]; /* the first failure that GDAL reported, or "" */
    char *before[OG_GDAL_SETTINGS];
} og__gdal;

void og__gdal_enter(og__gdal *in);
void og__gdal_leave(og__gdal *in);
const char *og__gdal_reason(const og__gdal *in);

/* Open a file of one of the kinds that may be read; NULL when GDAL cannot. */
GDALDatasetH og__raster_open(const char *name);

/* The bands that are not alpha. */
int og__raster_bands(GDALDatasetH source, int bands[OG_BANDS_MAX]);

/* Remember a file's georeference with an image, tell whether it has one, and give one to a file. */
og_status og__raster_keep_geo(GDALDatasetH source, og_image *image);
bool og__raster_is_placed(const og__geo *geo);
void og__raster_give_geo(const og__geo *geo, GDALDatasetH target);

#endif
