/* ogive predict RUN IMAGE|FOLDER -o OUT: labels for images of any size. */
#include <stdio.h>
#include <stdlib.h>

#include <ogive/image.h>
#include <ogive/predict.h>
#include <ogive/train.h>

#include "command.h"
#include "failure.h"
#include "interrupt.h"
#include "output.h"
#include "outputs.h"
#include "progress.h"

typedef enum slice_axis { AXIS_Z, AXIS_Y, AXIS_X } slice_axis;

typedef struct own_settings {
    bool json, quiet, force;
    char *config, *output;
    int axis; /* slice_axis */
    int64_t threads;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "path", "Label file to write (.png, .tif, .nii or .nii.gz), or a folder for them"),
        {"force", NULL, OG_OPTION_FLAG, offsetof(own_settings, force), "false", 0, 0, NULL, NULL, "Output",
         "Replace label files that exist"},
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_CONFIG(own_settings),
        {"axis", NULL, OG_OPTION_CHOICE, offsetof(own_settings, axis), "z", 0, 0, "z|y|x", NULL, "Input",
         "Axis along which a volume is cut into slices; take the one of the training data"},
        OPTION_THREADS(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* Slices of a volume: element (c, slice, row, column) lies at c * step[0] + slice * step[1] + ... */
typedef struct slicing {
    int channels, count, h, w;
    size_t step[4];
} slicing;

static slicing slice_image(const og_image *image, slice_axis axis)
{
    size_t x = 1, y = (size_t)image->width, z = y * (size_t)image->height, c = z * (size_t)image->depth;
    switch (axis) {
    case AXIS_Y:
        return (slicing){image->channels, image->height, image->depth, image->width, {c, y, z, x}};
    case AXIS_X:
        return (slicing){image->channels, image->width, image->depth, image->height, {c, x, z, y}};
    case AXIS_Z:
        break;
    }
    return (slicing){image->channels, image->depth, image->height, image->width, {c, z, y, x}};
}

/* dst[c, row, column] = slice number `index` */
static void gather_slice(const slicing *cut, int index, const float *src, float *dst)
{
    for (int c = 0; c < cut->channels; c++)
        for (int row = 0; row < cut->h; row++)
            for (int column = 0; column < cut->w; column++)
                *dst++ = src[(size_t)c * cut->step[0] + (size_t)index * cut->step[1] + (size_t)row * cut->step[2] +
                             (size_t)column * cut->step[3]];
}

static void scatter_labels(const slicing *cut, int index, const uint8_t *src, uint8_t *dst)
{
    for (int row = 0; row < cut->h; row++)
        for (int column = 0; column < cut->w; column++)
            dst[(size_t)index * cut->step[1] + (size_t)row * cut->step[2] + (size_t)column * cut->step[3]] = *src++;
}

/* Label every slice of an image. labels: u8[D, H, W]. */
static og_status label_image(og_predictor *predictor, const og_image *image, slice_axis axis, uint8_t *labels)
{
    og_status status = OG_OK;
    slicing cut = slice_image(image, axis);
    size_t area = (size_t)cut.h * (size_t)cut.w;
    float *slice = malloc(area * (size_t)cut.channels * sizeof *slice);
    uint8_t *slice_labels = malloc(area);
    if (!slice || !slice_labels) {
        status = fail(OG_ERR_MEMORY, "out of memory for a slice of %d x %d pixels", cut.h, cut.w);
        goto done;
    }
    for (int i = 0; i < cut.count; i++) {
        gather_slice(&cut, i, image->data, slice);
        GO(og_predictor_run(predictor, cut.channels, cut.h, cut.w, slice, slice_labels, NULL));
        scatter_labels(&cut, i, slice_labels, labels);
        if (interrupted())
            GO(fail(OG_ERR_STOPPED, "stopped"));
    }
done:
    free(slice);
    free(slice_labels);
    return status;
}

/* Pixels of each class, of the image just predicted. */
typedef struct class_counts {
    size_t pixels[256];
    size_t total;
} class_counts;

static og_status run_job(og_predictor *predictor, const label_job *job, slice_axis axis, class_counts *counts)
{
    og_status status = OG_OK;
    og_image image = {0};
    uint8_t *labels = NULL;
    *counts = (class_counts){0};
    GO(og_image_load(job->src, &image));
    counts->total = (size_t)image.depth * (size_t)image.height * (size_t)image.width;
    labels = calloc(counts->total, 1);
    if (!labels) {
        status = fail(OG_ERR_MEMORY, "out of memory for the labels of '%s'", job->src);
        goto done;
    }
    status = label_image(predictor, &image, axis, labels);
    if (status != OG_OK && status != OG_ERR_STOPPED)
        status = fail_in(status, "'%s'", job->src);
    if (status != OG_OK)
        goto done;
    for (size_t i = 0; i < counts->total; i++)
        counts->pixels[labels[i]]++;
    GO(og_labels_save(job->dst, labels, image.depth, image.height, image.width, &image));
done:
    free(labels);
    og_image_deinit(&image);
    return status;
}

static json_t *job_document(const label_job *job, const og_model *model, const class_counts *counts)
{
    json_t *pixels = json_object();
    for (int i = 0; i < model->class_count; i++)
        json_object_set_new(pixels, model->class_names[i], json_integer((json_int_t)counts->pixels[i]));
    return json_pack("{s:s, s:s, s:o}", "image", job->src, "labels", job->dst, "pixels", pixels);
}

/* "labels.png: background 82.81 %, disk 17.19 %": the classes that occur. */
static void print_job(const label_job *job, const og_model *model, const class_counts *counts)
{
    const char *gap = "";
    printf("%s: ", job->dst);
    for (int i = 0; i < model->class_count; i++) {
        if (counts->pixels[i] == 0)
            continue;
        printf("%s%s %.2f %%", gap, model->class_names[i], 100.0 * (double)counts->pixels[i] / (double)counts->total);
        gap = ", ";
    }
    printf("\n");
}

static og_status predict_all(const own_settings *settings, og_predictor *predictor, const og_model *model,
                             const label_jobs *jobs)
{
    og_status status = OG_OK;
    json_t *images = json_array();
    for (size_t i = 0; i < jobs->count; i++) {
        class_counts counts;
        progress_show((double)i / (double)jobs->count, -1, "%s", jobs->list[i].src);
        GO(run_job(predictor, &jobs->list[i], (slice_axis)settings->axis, &counts));
        json_array_append_new(images, job_document(&jobs->list[i], model, &counts));
        progress_end();
        if (!settings->json)
            print_job(&jobs->list[i], model, &counts);
    }
done:
    progress_end();
    if (status == OG_ERR_STOPPED)
        fail(status, "stopped; the %zu label files written so far are whole", json_array_size(images));
    if (settings->json && status == OG_OK)
        return print_json(json_pack("{s:o}", "images", images), 10);
    json_decref(images);
    return status;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_model model = {0};
    og_predictor *predictor = NULL;
    label_jobs jobs = {0};
    GO(og_model_load(positionals[0], &model));
    GO(jobs_plan(positionals[1], settings->output, settings->force, &jobs));
    GO(og_predictor_new(&model, (int)settings->threads, model.options.exact, &predictor));
    interrupt_catch();
    progress_begin(settings->quiet);
    GO(predict_all(settings, predictor, &model, &jobs));
done:
    jobs_deinit(&jobs);
    og_predictor_free(predictor);
    og_model_deinit(&model);
    return status;
}

const cli_command predict_command = {
    .name = "predict",
    .summary = "label images with a trained network",
    .positionals = {{"RUN", "the folder of a training run, or its model.safetensors"},
                    {"IMAGE", "an image or volume of any size, or a folder of them"}},
    .parallel = true,
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Writes the class of every pixel. The kind of file stays where it can hold labels (PNG, TIFF, NIfTI) and is PNG "
        "otherwise; georeference and volume geometry are carried over. A volume is labelled slice by slice.\n\n"
        "With --json: {\"images\": [{\"image\", \"labels\", \"pixels\": {class: count}}]}.",
    .examples = "  ogive predict run image.jpg -o labels.png\n"
                "  ogive predict run scans/ -o labels/\n"
                "  ogive predict run head.nii.gz -o labels.nii.gz\n",
    .run = run,
};
