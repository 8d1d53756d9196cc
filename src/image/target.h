/* Image files written row by row: `path` names the old content or the whole new one, never half of it. TIFF and NPY go
 * to the disk as the rows come; the other kinds are kept in memory until the end. */
#ifndef OG_IMAGE_TARGET_H
#define OG_IMAGE_TARGET_H

#include <stdbool.h>

#include <ogive/image.h>

typedef struct og__target og__target;

typedef enum og__content {
    OG_CONTENT_LABELS,   /* u8: a class, or 255 where there is no data */
    OG_CONTENT_REALS,    /* f32, a channel per class; NaN where there is no data */
    OG_CONTENT_POLYGONS, /* outlines of labels: written as u8, 0 where nothing is to be outlined */
    OG_CONTENT_OBJECTS,  /* the list of their connected components, with boxes: written likewise */
} og__content;

typedef struct og__target_spec {
    og__content content;
    int channels, depth, height, width;
    const og_image *like; /* whose georeference or geometry is carried on; may be NULL */
    bool has_gaps;
    int class_count;
    const char *const *class_names;
} og__target_spec;

/* Whether a content can be written to a file of that name, and the endings that it can: ".png, .tif, ...". */
bool og__target_holds(og__content content, const char *path);
const char *og__target_endings(og__content content);

/* Bytes of memory that writing needs. */
size_t og__target_bytes(const char *path, const og__target_spec *spec);

/* Start to write. What `spec` points to must outlive the target. */
og_status og__target_open(const char *path, const og__target_spec *spec, og__target **target);

/*
 * Write pixels of one channel and page: `rows` rows from `row` on, all of their width. Rows of a channel come in order,
 * and so do pages.
 *
 * @param pixels   u8 or f32, as the content has
 */
og_status og__target_write(og__target *target, int channel, int page, int row, int rows, const void *pixels);

/* Finish the file and give it its name. */
og_status og__target_commit(og__target *target);

/* Polygons or objects written; 0 before og__target_commit(). */
int64_t og__target_shapes(const og__target *target);

/* Release; what was not committed is deleted. NULL is fine. */
void og__target_close(og__target *target);

#endif
