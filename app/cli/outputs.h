/* Which images `ogive predict` reads, and where the labels of each go. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/predict.h>

typedef struct label_job {
    char *src; /* image */
    char *dst; /* labels */
} label_job;

typedef struct label_jobs {
    label_job *list;
    size_t count;
    bool folder; /* every image of a folder or list, rather than one file */
} label_jobs;

/*
 * Plan the outputs of one image, of every image in a folder, or of those that a text file (.txt) lists line by line.
 *
 * An image's output goes to `dst` itself, or into it when it is a folder or ends in '/'; those of a folder or list go
 * into `dst`, under the images' names. The kind stays where it can hold the output; otherwise labels become PNG,
 * probabilities and logits TIFF, polygons GeoJSON.
 *
 * Files whose channels together make an image, CASE_0000, CASE_0001, ..., are one job, whose output is called CASE; so
 * is that of CASE_0000 in a folder in which all images are called so.
 *
 * @param predictor  whose networks tell how many channels an image has
 * @param force  existing files may be replaced; otherwise one of them is OG_ERR_FILE before anything is written
 */
og_status jobs_plan(const og_predictor *predictor, const char *src, const char *dst, og_output output, bool force,
                    label_jobs *jobs);
void jobs_deinit(label_jobs *jobs);

#endif
