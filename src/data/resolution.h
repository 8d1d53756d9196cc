/* At which resolution a network works: at a share of the images' size, or at a spacing in millimetres. */
#ifndef OG_DATA_RESOLUTION_H
#define OG_DATA_RESOLUTION_H

#include <stdbool.h>

#include <ogive/data.h>

/* Zero-initialised with a scale of 1: that of the images. */
typedef struct og__resolution {
    double scale;      /* in (0, 1] */
    double spacing[3]; /* along D, H, W in mm; 0: by the scale */
    bool volumes;      /* slices are resampled too */
} og__resolution;

/**
 * @param spacing   "": none; "1.5" for every axis; "HxW", of volumes "DxHxW" (slices first)
 * @param dims      2 or 3
 *
 * @return OG_OK, or OG_ERR_ARGUMENT that names the option
 */
og_status og__resolution_make(double scale, const char *spacing, int dims, og__resolution *resolution);

bool og__resolution_is_full(const og__resolution *resolution);

/**
 * Size at which the network sees an image.
 *
 *   spacing: size * own spacing / spacing; 1 mm stands for an unknown one
 *   scale:   size * scale in the plane. Slices follow only until they lie as far apart as the smaller pixels do: their
 *            share is scale * (distance of slices / distance of pixels), within [scale, 1]
 *
 * @param size      D, H, W; @param spacing likewise, mm; 0 where unknown
 * @param working   D, H, W; written
 *
 * @return OG_OK, or OG_ERR_ARGUMENT when a side would be too long
 */
og_status og__resolution_apply(const og__resolution *resolution, const int size[3], const double spacing[3],
                               int working[3]);

/* The same of a sample: its sizes and spacing become those at which the network sees it. Its pixels stay. */
og_status og__resolution_of_sample(const og__resolution *resolution, og_sample *sample);

/* How much farther apart than its pixels a sample's slices lie; 1 where that is unknown. */
double og__slice_ratio(const og_sample *sample);

#endif
