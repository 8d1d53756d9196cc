/* Which images `ogive predict` reads, and where the labels of each go. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/status.h>

typedef struct label_job {
    char *src; /* image */
    char *dst; /* labels */
} label_job;

typedef struct label_jobs {
    label_job *list;
    size_t count;
    bool folder; /* every image of a folder, rather than one file */
} label_jobs;

/*
 * Plan the outputs of one image or of every image in a folder.
 *
 * An image's labels go to `dst` itself, or into it when it is a folder or ends in '/'; a folder's labels go into `dst`,
 * under the images' names. The kind stays where it can hold labels (PNG, TIFF, NIfTI); any other becomes PNG.
 *
 * @param force  existing files may be replaced; otherwise one of them is OG_ERR_FILE before anything is written
 */
og_status jobs_plan(const char *src, const char *dst, bool force, label_jobs *jobs);
void jobs_deinit(label_jobs *jobs);

#endif
