/* Reading and writing rasters (GDAL) and volumes (NIfTI). */
#ifndef OGIVE_IMAGE_H
#define OGIVE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An image or volume in memory: f32[C, D, H, W], D = 1 for rasters. */
typedef struct og_image {
    int channels, depth, height, width;
    float *data;
    double spacing[3];  /* x, y, z in mm for NIfTI; 1 where unknown */
    void *geo;          /* what a written result must carry on (georeference, NIfTI header); opaque, may be NULL */
} og_image;

/** Read PNG, JPEG, TIFF, GeoTIFF, BMP, ... or NIfTI by content. Palettes give indices in one channel; alpha is dropped. */
OG_API og_status og_image_load(const char *path, og_image *image);
OG_API void og_image_deinit(og_image *image);

/** Write labels u8[D, H, W] in the kind that the path's ending names; georeference and spacing come from `like` (may be NULL). */
OG_API og_status og_labels_save(const char *path, const uint8_t *labels, int depth, int height, int width,
                                const og_image *like);

/** Encode u8[H, W, channels] (1 or 3 channels) as PNG in memory. Released with free(). */
OG_API og_status og_png_encode(const uint8_t *pixels, int height, int width, int channels, uint8_t **png, size_t *count);

#ifdef __cplusplus
}
#endif
#endif
