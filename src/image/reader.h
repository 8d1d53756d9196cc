/* What the kinds of image files (raster.c, volume.c) have in common behind ogive/image.h. */
#ifndef OG_IMAGE_READER_H
#define OG_IMAGE_READER_H

#include <stdbool.h>

#include <ogive/image.h>

/* What og_image.geo points to: the first field of raster.c's or volume.c's own record. */
typedef struct og__geo {
    enum { OG_GEO_RASTER, OG_GEO_VOLUME } kind;
    void (*release)(struct og__geo *geo);
} og__geo;

/* Set the sizes and allocate the pixels, zeroed. Refuses empty sizes and more than this machine's memory. */
og_status og__image_alloc(og_image *image, const char *path, int64_t channels, int64_t depth, int64_t height,
                          int64_t width);

/* Give the operating system's own reason why a file cannot be read, before a library guesses at one. */
og_status og__check_readable(const char *path);

/* --- rasters (GDAL) ----------------------------------------------------------------------------------------------- */

og_status og__raster_load(const char *path, bool palette_indices, og_image *image);

typedef enum og__raster_kind { OG_RASTER_PNG, OG_RASTER_TIFF } og__raster_kind;

/* labels: u8[D, H, W]; geo may be NULL or of another kind. */
og_status og__raster_save(const char *path, og__raster_kind kind, const uint8_t *labels, int depth, int height,
                          int width, const og__geo *geo);

/* Turn a position in pixels (x, y) into one on the map; it stays where the image has none. */
void og__raster_map(const og__geo *geo, double at[2]);

/* The name of the coordinate system, "urn:ogc:def:crs:EPSG::32633", or "". */
void og__raster_crs(const og__geo *geo, size_t size, char *name);

/* --- volumes (NIfTI) ---------------------------------------------------------------------------------------------- */

/* Whether the file begins as NIfTI, gzip-compressed or not. */
bool og__volume_is(const char *path);
og_status og__volume_load(const char *path, og_image *image);

/* Write labels (u8[D, H, W], one channel) or reals (f32[C, D, H, W]), whichever is not NULL. `like` gives the header
 * geometry, or only the spacing; compressed when the path ends in ".gz". */
og_status og__volume_save(const char *path, const uint8_t *labels, const float *reals, int channels, int depth,
                          int height, int width, const og_image *like);

/* --- arrays (NPY) ------------------------------------------------------------------------------------------------- */

/* Whether the file begins as NumPy's arrays do. */
bool og__array_is(const char *path);

/* (H, W), (H, W, C), (C, H, W) or (D, H, W), (D, H, W, C) or (C, D, H, W): C is up to 4, but in the last. */
og_status og__array_load(const char *path, og_image *image);

#endif
