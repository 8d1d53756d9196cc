/* Reading and writing rasters (PNG, JPEG, TIFF, GeoTIFF, BMP, PNM, GIF, WebP, JPEG 2000), volumes (NIfTI) and arrays
 * (NPY). */
#ifndef OGIVE_IMAGE_H
#define OGIVE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An image or volume in memory: f32[C, D, H, W], x fastest; D = 1 for rasters of one page. */
typedef struct og_image {
    int channels, depth, height, width; /* 1 or more each */
    float *data;
    double spacing[3]; /* x, y, z in mm for NIfTI; 1 where unknown */
    int palette_count; /* colours that og_labels_load() found for the values; 0 for none */
    uint8_t *palette;  /* u8[palette_count, 3], red, green, blue; NULL for none */
    void *geo;         /* what a written result must carry on (georeference, NIfTI header); opaque, may be NULL */
} og_image;

/**
 * Read an image of any of the kinds above; the content decides, not the name.
 *
 * Alpha is dropped, a palette gives the colours it stands for (one channel when all are grey), the pages of a TIFF
 * become its depth, the fourth dimension of a NIfTI volume its channels, and its slope and intercept are applied.
 *
 * @param image   written; released with og_image_deinit(); empty on failure
 *
 * @return OG_OK, or
 *         OG_ERR_FILE         missing, a folder, or unreadable
 *         OG_ERR_FORMAT       not an image of a known kind, truncated, or damaged
 *         OG_ERR_DATA         a pixel is NaN or infinite (its place is named)
 *         OG_ERR_MEMORY       the size that the file claims does not fit into this machine's memory
 *         OG_ERR_UNSUPPORTED  complex pixels, pages of different sizes, NIfTI in two files
 *
 * Threads: may run in several at once.
 */
OG_API og_status og_image_load(const char *path, og_image *image);

/** Read a mask: as og_image_load(), but a palette gives its indices. */
OG_API og_status og_labels_load(const char *path, og_image *image);

OG_API void og_image_deinit(og_image *image);

/**
 * Write labels in the kind that the path's ending names: .png (one page), .tif or .tiff, .nii or .nii.gz.
 * The old file stays until the new one is whole.
 *
 * @param labels   u8[D, H, W]
 * @param like     an image of the same size whose georeference (TIFF) or header geometry (NIfTI) is carried on;
 *                 may be NULL
 *
 * @return OG_OK, OG_ERR_ARGUMENT for another ending, OG_ERR_SHAPE when `like` has another size, or OG_ERR_FILE
 */
OG_API og_status og_labels_save(const char *path, const uint8_t *labels, int depth, int height, int width,
                                const og_image *like);

/** Encode u8[H, W, channels] (1 or 3 channels) as PNG in memory. Released with free(). */
OG_API og_status og_png_encode(const uint8_t *pixels, int height, int width, int channels, uint8_t **png,
                               size_t *count);

#ifdef __cplusplus
}
#endif
#endif
