/* An image as a network takes it, in one file, or with its channels in several: CASE_0000.nii.gz, CASE_0001.nii.gz, ...
 * as nnU-Net has them. */
#ifndef OG_PREDICT_CASE_H
#define OG_PREDICT_CASE_H

#include "image/stream.h"

/* Zero-initialised: closed. */
typedef struct og__case {
    size_t count;
    og__stream **streams; /* (count) the channels of one follow those of the other */
    char **paths;         /* (count) */
    og_image image;       /* the first file's, with the channels of all; no pixels; borrowed from it */
} og__case;

/*
 * Open a file; where it has fewer channels than wanted and is called CASE_0000, the files of further channels as well.
 *
 * @return OG_OK, also where there are more or fewer channels than wanted in one file, OG_ERR_FILE for a channel that
 * has no file, OG_ERR_SHAPE for one of another size, or what og__stream_open() finds
 */
og_status og__case_open(const char *path, int channels, og__case *opened);
void og__case_close(og__case *opened);

/* In how many files the image is whose first file this is. */
og_status og__case_count(const char *path, int channels, size_t *count);

/* Read all pixels, or a window as og__stream_read() does. */
og_status og__case_load(const og__case *opened, og_image *image);
og_status og__case_read(const og__case *opened, int page, int y, int x, int h, int w, float *dst);

bool og__case_has_gaps(const og__case *opened);
size_t og__case_fixed_bytes(const og__case *opened);
size_t og__case_row_bytes(const og__case *opened);

#endif
