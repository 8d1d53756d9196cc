/* ogive predict RUN... IMAGE|FOLDER -o OUT: labels for images of any size. */
#include <stdio.h>
#include <stdlib.h>

#include <ogive/predict.h>
#include <ogive/train.h>

#include "command.h"
#include "failure.h"
#include "interrupt.h"
#include "models.h"
#include "output.h"
#include "outputs.h"
#include "progress.h"

typedef struct own_settings {
    bool json, quiet, force;
    char *config, *output;
    int axis; /* og_slice_axis */
    og_predict_options predict;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "path",
                      "File to write, of a kind that its ending tells, or a folder for such files"),
        {"force", NULL, OG_OPTION_FLAG, offsetof(own_settings, force), "false", 0, 0, NULL, NULL, "Output",
         "Replace files that exist"},
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_CONFIG(own_settings),
        {"axis", NULL, OG_OPTION_CHOICE, offsetof(own_settings, axis), "z", 0, 0, "z|y|x", NULL, "Input",
         "Axis along which a volume is cut into slices; take the one of the training data"},
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* Where the work on one image stands among all. */
typedef struct position {
    const label_jobs *jobs;
    size_t at;
} position;

static double megabytes(size_t bytes)
{
    return (double)bytes / 1e6;
}

static bool show_progress(void *context, double done, const og_prediction *so_far)
{
    const position *p = context;
    const label_job *job = &p->jobs->list[p->at];
    if (done == 0 && so_far->tiles > so_far->depth)
        progress_say(
            "%s: %d x %d px in %lld tiles of %d x %d; planned memory %.0f MB (networks %.0f, tiles %.0f, files "
            "%.0f, the program %.0f)",
            job->src, so_far->width, so_far->height, (long long)so_far->tiles, so_far->tile_width, so_far->tile_height,
            megabytes(so_far->planned_bytes), megabytes(so_far->network_bytes), megabytes(so_far->band_bytes),
            megabytes(so_far->file_bytes),
            megabytes(so_far->planned_bytes - so_far->network_bytes - so_far->band_bytes - so_far->file_bytes));
    progress_show(((double)p->at + done) / (double)p->jobs->count, -1, "%s", job->src);
    return !interrupted();
}

static json_t *job_document(const label_job *job, const og_model *model, const og_prediction *made)
{
    json_t *pixels = json_object();
    for (int i = 0; i < model->class_count; i++)
        json_object_set_new(pixels, model->class_names[i], json_integer((json_int_t)made->pixels[i]));
    json_t *document =
        json_pack("{s:s, s:s, s:o, s:I, s:I, s:[i,i], s:I}", "image", job->src, "output", job->dst, "pixels", pixels,
                  "no_data", (json_int_t)made->no_data, "shapes", (json_int_t)made->shapes, "tile", made->tile_height,
                  made->tile_width, "tiles", (json_int_t)made->tiles);
    if (document)
        set_memory(document, made->planned_bytes);
    return document;
}

/* "labels.png: background 82.81 %, disk 17.19 %": the classes that occur. */
static void print_job(const label_job *job, const og_model *model, og_output output, const og_prediction *made)
{
    int64_t total = made->no_data;
    const char *gap = "";
    for (int i = 0; i < model->class_count; i++)
        total += made->pixels[i];
    printf("%s: ", job->dst);
    for (int i = 0; i < model->class_count; i++) {
        if (made->pixels[i] == 0)
            continue;
        printf("%s%s %.2f %%", gap, model->class_names[i], 100.0 * (double)made->pixels[i] / (double)total);
        gap = ", ";
    }
    if (made->no_data > 0)
        printf("%sno data %.2f %%", gap, 100.0 * (double)made->no_data / (double)total);
    if (made->shapes > 0)
        printf(", %lld %s", (long long)made->shapes, output == OG_OUTPUT_POLYGONS ? "polygons" : "objects");
    printf("\n");
}

static og_status predict_all(const own_settings *settings, og_predictor *predictor, const og_model *model,
                             const label_jobs *jobs)
{
    og_status status = OG_OK;
    json_t *images = json_array();
    for (size_t i = 0; i < jobs->count; i++) {
        og_prediction made;
        position at = {jobs, i};
        progress_show((double)i / (double)jobs->count, -1, "%s", jobs->list[i].src);
        GO(og_predictor_file(predictor, jobs->list[i].src, jobs->list[i].dst, (og_slice_axis)settings->axis,
                             show_progress, &at, &made));
        json_array_append_new(images, job_document(&jobs->list[i], model, &made));
        progress_end();
        if (!settings->json)
            print_job(&jobs->list[i], model, (og_output)settings->predict.output, &made);
    }
done:
    progress_end();
    if (status == OG_ERR_STOPPED)
        fail(status, "stopped; the %zu files written so far are whole", json_array_size(images));
    if (settings->json && status == OG_OK)
        return print_json(json_pack("{s:o}", "images", images), 10);
    json_decref(images);
    return status;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_predictor *predictor = NULL;
    label_jobs jobs = {0};
    size_t runs = 0;
    while (positionals[runs + 1])
        runs++; /* all but the last */
    model_list *list = calloc(1, sizeof *list);
    if (!list)
        return fail(OG_ERR_MEMORY, "out of memory");
    og_output output = (og_output)settings->predict.output;
    GO(models_load(positionals, runs, list));
    GO(og_predictor_new(list->pointers, list->count, &settings->predict, &predictor));
    GO(jobs_plan(predictor, positionals[runs], settings->output, output, settings->force, &jobs));
    interrupt_catch();
    progress_begin(settings->quiet);
    GO(predict_all(settings, predictor, &list->models[0], &jobs));
done:
    jobs_deinit(&jobs);
    og_predictor_free(predictor);
    models_deinit(list);
    free(list);
    return status;
}

const cli_command predict_command = {
    .name = "predict",
    .summary = "label images with one trained network, or with several together",
    .positionals = {{"RUN", "the folder of a training run, its model.safetensors, or the folder of a cross-validation; "
                            "several give the mean of their probabilities"},
                    {"IMAGE",
                     "the last: an image or volume of any size, a folder of them, or a text file (.txt) with one "
                     "a line; of channels in files of their own, CASE_0000.nii.gz and so on, the first"}},
    .repeated = true,
    .parallel = true,
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL}, {og_predict_option_table, offsetof(own_settings, predict), NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Writes the class of every pixel, or with --as the classes' probabilities, the network's own output, outlines, or a list of objects. "
        "The kind of file stays where it can hold that; otherwise labels become PNG, probabilities and logits TIFF (a band "
        "per class), outlines GeoJSON. Georeference, volume geometry and pixels without data are carried over. A volume is "
        "labelled slice by slice.\n\n"
        "An image that does not fit --memory goes through the network in overlapping tiles, and TIFFs are read and written "
        "by windows, so that their size does not matter. docs/prediction.md tells how tiles are blended.\n\n"
        "With --json: {\"images\": [{\"image\", \"output\", \"pixels\": {class: count}, \"no_data\", \"shapes\", "
        "\"tile\": [height, width], \"tiles\", \"planned_bytes\", \"peak_bytes\"}]}.",
    .examples = "  ogive predict run image.jpg -o labels.png\n"
                "  ogive predict run scans/ -o labels/ --mirror\n"
                "  ogive predict run1 run2 run3 head.nii.gz -o probabilities.nii.gz --as probabilities\n"
                "  ogive predict run scene.tif -o fields.gpkg --as polygons --memory 1000\n",
    .run = run,
};
