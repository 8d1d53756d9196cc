#include "outputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"
#include "output.h"

/* Endings of images, and of the labels made from them. */
static const char *const endings[][2] = {
    {".png", ".png"}, {".tif", ".tif"},  {".tiff", ".tiff"}, {".nii.gz", ".nii.gz"}, {".nii", ".nii"},
    {".jpg", ".png"}, {".jpeg", ".png"}, {".bmp", ".png"},   {".pgm", ".png"},       {".ppm", ".png"},
    {".pnm", ".png"}, {".gif", ".png"},  {".webp", ".png"},  {".jp2", ".png"},
};

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The row of `endings` that a name has, or -1. */
static int find_ending(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i][0]);
        if (length > ending && strcasecmp(name + length - ending, endings[i][0]) == 0)
            return (int)i;
    }
    return -1;
}

/* The ending of what is made of an image: a kind that can hold it, its own where that one can. */
static const char *output_ending(og_output output, int row)
{
    const char *labels = row < 0 ? ".png" : endings[row][1];
    bool reals = output == OG_OUTPUT_PROBABILITIES || output == OG_OUTPUT_LOGITS;
    if (output == OG_OUTPUT_POLYGONS)
        return ".geojson";
    if (output == OG_OUTPUT_OBJECTS)
        return ".csv";
    return reals && strcmp(labels, ".png") == 0 ? ".tif" : labels;
}

/* The channel of "CASE_0002.nii.gz", or -1; *length is that of CASE. */
static int find_channel(const char *name, size_t *length)
{
    int row = find_ending(name);
    size_t stem = strlen(name) - (row < 0 ? 0 : strlen(endings[row][0]));
    if (stem < 6 || name[stem - 5] != '_' || strspn(name + stem - 4, "0123456789") < 4)
        return -1;
    *length = stem - 5;
    return (int)strtol(name + stem - 4, NULL, 10);
}

/* dst/NAME with the ending of its output; of the first file of a case dst/CASE. */
static char *output_path(const char *dst, const char *name, bool of_case, og_output output)
{
    char *path = NULL, *labels = NULL;
    int row = find_ending(name);
    size_t stem = strlen(name) - (row < 0 ? 0 : strlen(endings[row][0]));
    if (of_case)
        find_channel(name, &stem);
    if (asprintf(&labels, "%.*s%s", (int)stem, name, output_ending(output, row)) < 0)
        return NULL;
    path = join_path(dst, labels);
    free(labels);
    return path;
}

static og_status add_job(label_jobs *jobs, char *src, char *dst)
{
    label_job *list = realloc(jobs->list, (jobs->count + 1) * sizeof *list);
    if (list)
        jobs->list = list;
    if (!list || !src || !dst) {
        free(src);
        free(dst);
        return fail(OG_ERR_MEMORY, "out of memory");
    }
    list[jobs->count++] = (label_job){src, dst};
    return OG_OK;
}

static int is_image(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && find_ending(entry->d_name) >= 0;
}

/* In how many files each image of a folder is, by its first one that could be of a case; and whether all images are
 * called CASE_0000. */
static og_status look_for_cases(const og_predictor *predictor, const char *src, struct dirent **entries, int count,
                                size_t *files, bool *all_first)
{
    og_status status = OG_OK;
    size_t length;
    bool looked = false;
    *files = 1;
    *all_first = count > 0;
    for (int i = 0; i < count && status == OG_OK; i++) {
        bool first = find_channel(entries[i]->d_name, &length) == 0;
        *all_first = *all_first && first;
        if (!first || looked)
            continue;
        char *path = join_path(src, entries[i]->d_name);
        status = path ? og_predictor_file_count(predictor, path, files) : fail(OG_ERR_MEMORY, "out of memory");
        free(path);
        looked = true;
    }
    return status;
}

static og_status add_folder(const og_predictor *predictor, label_jobs *jobs, const char *src, const char *dst,
                            og_output output)
{
    struct dirent **entries;
    size_t files, length;
    bool all_first;
    int count = scandir(src, &entries, is_image, alphasort);
    if (count < 0)
        return fail(OG_ERR_FILE, "cannot read folder '%s': %s", src, strerror(errno));
    og_status status = look_for_cases(predictor, src, entries, count, &files, &all_first);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        int channel = find_channel(name, &length);
        bool later = files > 1 && channel > 0 && (size_t)channel < files; /* goes with its case's first file */
        if (status == OG_OK && !later)
            status = add_job(jobs, join_path(src, name),
                             output_path(dst, name, channel == 0 && (files > 1 || all_first), output));
        free(entries[i]);
    }
    free(entries);
    if (status == OG_OK && jobs->count == 0)
        return fail(OG_ERR_FILE, "folder '%s' holds no image (PNG, JPEG, TIFF, BMP, PNM, GIF, WebP, JPEG 2000, NIfTI)",
                    src);
    return status;
}

/* Takes `src` over; the output goes into the folder `dst`. */
static og_status add_into(const og_predictor *predictor, label_jobs *jobs, char *src, const char *dst, og_output output)
{
    const char *slash = src ? strrchr(src, '/') : NULL, *name = slash ? slash + 1 : src;
    size_t files = 1;
    og_status status = src ? og_predictor_file_count(predictor, src, &files) : OG_OK;
    if (status == OG_OK)
        return add_job(jobs, src, src ? output_path(dst, name, files > 1, output) : NULL);
    free(src);
    return status;
}

static og_status add_file(const og_predictor *predictor, label_jobs *jobs, const char *src, const char *dst,
                          og_output output)
{
    size_t length = strlen(dst);
    bool into = is_folder(dst) || (length > 0 && dst[length - 1] == '/');
    return into ? add_into(predictor, jobs, strdup(src), dst, output) : add_job(jobs, strdup(src), strdup(dst));
}

static bool is_list(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcasecmp(path + length - 4, ".txt") == 0;
}

/* The path of a list's line, beside the list where it is not absolute; NULL when memory ran out. */
static char *listed_path(const char *list, const char *line)
{
    const char *slash = strrchr(list, '/');
    char *path;
    if (line[0] == '/' || !slash)
        return strdup(line);
    return asprintf(&path, "%.*s%s", (int)(slash - list + 1), list, line) < 0 ? NULL : path;
}

/* One image a line; empty lines and those that begin with '#' are passed over. */
static og_status add_list(const og_predictor *predictor, label_jobs *jobs, const char *src, const char *dst,
                          og_output output)
{
    og_status status = OG_OK;
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(src, "r");
    if (!file)
        return fail(OG_ERR_FILE, "cannot open '%s': %s", src, strerror(errno));
    while (status == OG_OK && getline(&line, &room, file) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        char *path = listed_path(src, line);
        if (!path || access(path, R_OK) == 0) {
            status = add_into(predictor, jobs, path, dst, output);
        } else {
            status = fail(OG_ERR_FILE, "cannot open '%s', which '%s' lists: %s", path, src, strerror(errno));
            free(path);
        }
    }
    free(line);
    fclose(file);
    if (status == OG_OK && jobs->count == 0)
        return fail(OG_ERR_FILE, "the list '%s' names no image", src);
    return status;
}

static int compare_outputs(const void *a, const void *b)
{
    return strcmp(((const label_job *)a)->dst, ((const label_job *)b)->dst);
}

static bool same_file(const char *a, const char *b)
{
    struct stat info_a, info_b;
    return stat(a, &info_a) == 0 && stat(b, &info_b) == 0 && info_a.st_dev == info_b.st_dev &&
           info_a.st_ino == info_b.st_ino;
}

static const char *const output_names[] = {
    [OG_OUTPUT_LABELS] = "labels",   [OG_OUTPUT_PROBABILITIES] = "probabilities",
    [OG_OUTPUT_LOGITS] = "logits",   [OG_OUTPUT_POLYGONS] = "polygons",
    [OG_OUTPUT_OBJECTS] = "objects",
};

/* Refuse what cannot be written or would lose data: two images with one output, an image as its own output, a file that
 * exists. */
static og_status check_jobs(const label_jobs *jobs, og_output output, bool force)
{
    qsort(jobs->list, jobs->count, sizeof *jobs->list, compare_outputs);
    for (size_t i = 0; i < jobs->count; i++) {
        const label_job *job = &jobs->list[i];
        if (i > 0 && strcmp(job->dst, job[-1].dst) == 0)
            return fail(OG_ERR_ARGUMENT, "the labels of '%s' and of '%s' would both be '%s'; predict them one by one",
                        job[-1].src, job->src, job->dst);
        if (!og_output_holds(output, job->dst))
            return fail(OG_ERR_ARGUMENT, "cannot write %s to '%s': its ending must be %s", output_names[output],
                        job->dst, og_output_endings(output));
        if (same_file(job->src, job->dst))
            return fail(OG_ERR_ARGUMENT, "the labels would replace the image '%s' itself; give another --output",
                        job->src);
        if (!force && access(job->dst, F_OK) == 0)
            return fail(OG_ERR_FILE, "'%s' exists; --force replaces it", job->dst);
    }
    return OG_OK;
}

/* Make the folder that the labels go into, so that a wrong one is found before the work. */
static og_status make_output_folder(const label_jobs *jobs, const char *dst)
{
    if (jobs->folder)
        return make_folder(dst);
    const char *path = jobs->list[0].dst, *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return OG_OK;
    char *folder = strndup(path, (size_t)(slash - path));
    if (!folder)
        return fail(OG_ERR_MEMORY, "out of memory");
    og_status status = make_folder(folder);
    free(folder);
    return status;
}

og_status jobs_plan(const og_predictor *predictor, const char *src, const char *dst, og_output output, bool force,
                    label_jobs *jobs)
{
    og_status status = OG_OK;
    *jobs = (struct label_jobs){.folder = is_folder(src) || is_list(src)};
    if (is_folder(src))
        GO(add_folder(predictor, jobs, src, dst, output));
    else if (is_list(src))
        GO(add_list(predictor, jobs, src, dst, output));
    else if (access(src, R_OK) != 0)
        GO(fail(OG_ERR_FILE, "cannot open '%s': %s", src, strerror(errno)));
    else
        GO(add_file(predictor, jobs, src, dst, output));
    GO(check_jobs(jobs, output, force));
    GO(make_output_folder(jobs, dst));
done:
    if (status != OG_OK)
        jobs_deinit(jobs);
    return status;
}

void jobs_deinit(label_jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        free(jobs->list[i].src);
        free(jobs->list[i].dst);
    }
    free(jobs->list);
    *jobs = (struct label_jobs){0};
}
