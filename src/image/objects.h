/* Connected components of label images as files. */
#ifndef OG_IMAGE_OBJECTS_H
#define OG_IMAGE_OBJECTS_H

#include "image/target.h"

/*
 * Write the objects of all classes but 0, connected across corners, as CSV or GeoJSON, as the path's ending tells:
 * class, pixels, box (pixels from the first to behind the last) and centre; the boxes of GeoJSON lie on the map where
 * the image has a place there.
 *
 * @param labels   u8[D, H, W]
 * @param written  objects
 */
og_status og__objects_save(const char *path, const uint8_t *labels, const og__target_spec *spec, int64_t *written);

#endif
