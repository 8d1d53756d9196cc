/* Image files read window by window, so that their size does not matter. What only can be read as a whole (NIfTI) is
 * kept in memory behind the same calls. */
#ifndef OG_IMAGE_STREAM_H
#define OG_IMAGE_STREAM_H

#include <stdbool.h>

#include <ogive/image.h>

typedef struct og__stream og__stream;

/* Open an image of any kind; fails as og_image_load() does, but for what only reading pixels shows. */
og_status og__stream_open(const char *path, og__stream **stream);
void og__stream_close(og__stream *stream);

/* Sizes, spacing and geometry; `data` is NULL when the pixels stay in the file. */
const og_image *og__stream_image(const og__stream *stream);

/* Whether pixels may be without data: the file names a value for that, or has a mask or (georeferenced) an alpha band.
 */
bool og__stream_has_gaps(const og__stream *stream);

/* Bytes that reading takes beside what the stream holds, while windows are read side by side: a fixed number, and so
 * many for each row of the windows. */
size_t og__stream_fixed_bytes(const og__stream *stream);
size_t og__stream_row_bytes(const og__stream *stream);

/*
 * Read a window of one page (plane of the depth).
 *
 * @param dst   f32[C, h, w]; NaN in every channel where the image has no data
 *
 * @return OG_OK, OG_ERR_FORMAT when the file is damaged, OG_ERR_DATA for a pixel that is not finite though it has data
 */
og_status og__stream_read(og__stream *stream, int page, int y, int x, int h, int w, float *dst);

/* Bound the memory that GDAL keeps blocks of files in, for the whole process; returns the bound that stood. */
size_t og__raster_bound_cache(size_t bytes);

#endif
