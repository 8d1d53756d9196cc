/* Predictions beside the ground truth: a few held-out images as PNG data URIs. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/image.h>
#include <ogive/predict.h>
#include <ogive/train.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "image/colours.h"
#include "report/parts.h"

enum {
    EXAMPLES = 3,
    SIDE_MAX = 512, /* larger images are thinned for display */
};

typedef struct rgb {
    uint8_t part[3];
} rgb;

static rgb colour_of(int class_index)
{
    uint32_t colour = og__class_colour(class_index);
    return (rgb){{(uint8_t)(colour >> 16), (uint8_t)(colour >> 8), (uint8_t)colour}};
}

/* --- PNG as a data URI --------------------------------------------------------------------------------------- */

static void add_base64(og__text *text, const uint8_t *data, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        uint32_t group =
            (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) | (left > 2 ? data[i + 2] : 0);
        char four[4] = {digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                        left > 2 ? digits[group & 63] : '='};
        og__text_add_bytes(text, four, 4);
    }
}

static og_status add_png(json_t *owner, const char *key, const uint8_t *pixels, int h, int w, int channels)
{
    uint8_t *png;
    size_t count;
    OG_TRY(og_png_encode(pixels, h, w, channels, &png, &count));
    og__text uri = {0};
    og__text_add(&uri, "data:image/png;base64,");
    add_base64(&uri, png, count);
    free(png);
    json_t *value = json_string(og__text_get(&uri));
    og_status status = og__text_status(&uri);
    og__text_deinit(&uri);
    OG_TRY(og__json_set(owner, key, value));
    return status;
}

/* --- what is drawn ------------------------------------------------------------------------------------------- */

/* Every `step`-th pixel of a sample, of a volume in one slice. */
typedef struct thinned {
    const og_sample *sample;
    int slice, step, h, w;
} thinned;

/* The slice with the most pixels of objects, the first of such. */
static int fullest_slice(const og_sample *sample)
{
    size_t plane = (size_t)sample->h * (size_t)sample->w, most = 0;
    int fullest = 0;
    for (int z = 0; z < og_sample_slices(sample); z++) {
        size_t objects = 0;
        for (size_t p = (size_t)z * plane; p < (size_t)(z + 1) * plane; p++)
            objects += sample->labels[p] != 0 && sample->labels[p] != OG_LABEL_IGNORE;
        fullest = objects > most ? z : fullest;
        most = objects > most ? objects : most;
    }
    return fullest;
}

static thinned frame_of(const og_sample *sample)
{
    int side = sample->h > sample->w ? sample->h : sample->w;
    int step = (side + SIDE_MAX - 1) / SIDE_MAX;
    return (thinned){sample, fullest_slice(sample), step, (sample->h + step - 1) / step, (sample->w + step - 1) / step};
}

static size_t source_of(const thinned *frame, int y, int x)
{
    size_t row = (size_t)frame->slice * (size_t)frame->sample->h + (size_t)(y * frame->step);
    return row * (size_t)frame->sample->w + (size_t)(x * frame->step);
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Grey values or colours, from the 0.5 % to the 99.5 % quantile of all values drawn. */
static og_status add_image(const thinned *frame, json_t *owner)
{
    og_status status = OG_OK;
    int channels = frame->sample->channels == 3 ? 3 : 1;
    size_t channel = og_sample_pixels(frame->sample), count = 0;
    float *values = NULL, *sorted = NULL;
    uint8_t *pixels = NULL;
    size_t total = (size_t)frame->h * (size_t)frame->w * (size_t)channels;
    OG_GO(og__alloc(total, sizeof *values, &values));
    OG_GO(og__alloc(total, sizeof *sorted, &sorted));
    OG_GO(og__alloc(total, 1, &pixels));
    for (int y = 0; y < frame->h; y++)
        for (int x = 0; x < frame->w; x++)
            for (int c = 0; c < channels; c++)
                values[count++] = frame->sample->image[(size_t)c * channel + source_of(frame, y, x)];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_floats);
    float low = sorted[count / 200], high = sorted[count - 1 - count / 200];
    for (size_t i = 0; i < count; i++) {
        float level = high > low ? (values[i] - low) / (high - low) : 0;
        pixels[i] = (uint8_t)lrintf(255 * fminf(1, fmaxf(0, level)));
    }
    OG_GO(add_png(owner, "image", pixels, frame->h, frame->w, channels));
done:
    free(values);
    free(sorted);
    free(pixels);
    return status;
}

static og_status add_labels(const thinned *frame, const uint8_t *labels, json_t *owner, const char *key)
{
    og_status status = OG_OK;
    uint8_t *pixels;
    size_t count = 0;
    OG_TRY(og__alloc((size_t)frame->h * (size_t)frame->w, 3, &pixels));
    for (int y = 0; y < frame->h; y++)
        for (int x = 0; x < frame->w; x++, count += 3)
            memcpy(pixels + count, colour_of(labels[source_of(frame, y, x)]).part, 3);
    OG_GO(add_png(owner, key, pixels, frame->h, frame->w, 3));
done:
    free(pixels);
    return status;
}

/* White where the prediction is wrong. */
static og_status add_errors(const thinned *frame, const uint8_t *labels, json_t *owner)
{
    og_status status = OG_OK;
    uint8_t *pixels;
    size_t count = 0;
    OG_TRY(og__alloc((size_t)frame->h * (size_t)frame->w, 1, &pixels));
    for (int y = 0; y < frame->h; y++)
        for (int x = 0; x < frame->w; x++) {
            uint8_t truth = frame->sample->labels[source_of(frame, y, x)];
            pixels[count++] = truth != OG_LABEL_IGNORE && truth != labels[source_of(frame, y, x)] ? 255 : 0;
        }
    OG_GO(add_png(owner, "errors", pixels, frame->h, frame->w, 1));
done:
    free(pixels);
    return status;
}

/* Mean Dice over the classes, but the background, that occur in truth or prediction; NaN when none does. */
static double image_dice(const og_sample *sample, const uint8_t *labels)
{
    int64_t both[256] = {0}, truth[256] = {0}, found[256] = {0};
    size_t count = og_sample_pixels(sample);
    for (size_t i = 0; i < count; i++) {
        if (sample->labels[i] == OG_LABEL_IGNORE)
            continue;
        truth[sample->labels[i]]++;
        found[labels[i]]++;
        both[labels[i]] += labels[i] == sample->labels[i];
    }
    double sum = 0;
    int classes = 0;
    for (int k = 1; k < 255; k++)
        if (truth[k] + found[k] > 0) {
            sum += 2.0 * (double)both[k] / (double)(truth[k] + found[k]);
            classes++;
        }
    return classes > 0 ? sum / classes : NAN;
}

/* --- examples ------------------------------------------------------------------------------------------------ */

/* The i-th of `count` images, spread evenly over the held-out part. */
static og_sample example_at(const og_dataset *data, size_t i, size_t count)
{
    size_t all = og_dataset_count(data, OG_PART_VALIDATION);
    return og_dataset_sample(data, OG_PART_VALIDATION, (2 * i + 1) * all / (2 * count));
}

static og_status add_example(const og_sample *sample, json_t *examples)
{
    thinned frame = frame_of(sample);
    json_t *example = json_object();
    OG_TRY(og__json_append(examples, example));
    OG_TRY(og__json_set(example, "name", og__json_string(sample->name)));
    OG_TRY(og__json_set(example, "width", json_integer(frame.w)));
    OG_TRY(og__json_set(example, "height", json_integer(frame.h)));
    OG_TRY(add_image(&frame, example));
    OG_TRY(add_labels(&frame, sample->labels, example, "truth"));
    return og__json_set(example, "predictions", json_array());
}

/* One activation's prediction of one example; without a predictor (the run failed) its members are null. */
static og_status add_prediction(og_predictor *predictor, const og_sample *sample, const char *id, json_t *example)
{
    og_status status = OG_OK;
    thinned frame = frame_of(sample);
    uint8_t *labels = NULL;
    json_t *prediction = json_object();
    OG_TRY(og__json_append(json_object_get(example, "predictions"), prediction));
    OG_GO(og__json_set(prediction, "act", og__json_string(id)));
    if (!predictor) {
        OG_GO(og__json_set(prediction, "dice", json_null()));
        OG_GO(og__json_set(prediction, "labels", json_null()));
        OG_GO(og__json_set(prediction, "errors", json_null()));
        goto done;
    }
    OG_GO(og__alloc(og_sample_pixels(sample), 1, &labels));
    OG_GO(og_predictor_run_volume(predictor, sample->channels, og_sample_slices(sample), sample->h, sample->w,
                                  sample->spacing, sample->image, labels, NULL));
    OG_GO(og__json_set(prediction, "dice", og__json_real(image_dice(sample, labels))));
    OG_GO(add_labels(&frame, labels, prediction, "labels"));
    OG_GO(add_errors(&frame, labels, prediction));
done:
    free(labels);
    return status;
}

static og_status add_predictions(const og__report *report, const og_dataset *data, size_t arm, json_t *examples)
{
    og_status status = OG_OK;
    const og__study *study = report->study;
    og_model model = {0};
    og_predictor *predictor = NULL;
    char *folder = NULL;
    OG_GO(og__study_trial_folder(study, 0, arm, &folder));
    if (!og__study_trial(study, 0, arm)->failed) {
        OG_GO(og_model_load(folder, &model));
        OG_GO(og_predictor_new((const og_model *[]){&model}, 1, NULL, &predictor));
    }
    for (size_t i = 0; i < json_array_size(examples); i++) {
        og_sample sample = example_at(data, i, json_array_size(examples));
        OG_GO(add_prediction(predictor, &sample, study->arms.items[arm].id, json_array_get(examples, i)));
    }
done:
    og_predictor_free(predictor);
    og_model_deinit(&model);
    free(folder);
    return status;
}

static og_status add_colours(const og__report *report, json_t *results)
{
    json_t *classes =
        json_object_get(json_object_get(json_object_get(report->study->record, "question"), "data"), "classes");
    json_t *colours = json_array();
    OG_TRY(og__json_set(results, "colours", colours));
    for (size_t k = 0; k < json_array_size(classes); k++) {
        rgb colour = colour_of((int)k);
        json_t *row = json_array();
        OG_TRY(og__json_append(colours, row));
        for (int i = 0; i < 3; i++)
            OG_TRY(og__json_append(row, json_integer(colour.part[i])));
    }
    return OG_OK;
}

og_status og__report_pictures(const og__report *report, const og_dataset *data, json_t *results)
{
    json_t *examples = json_array();
    OG_TRY(add_colours(report, results));
    OG_TRY(og__json_set(results, "examples", examples));
    if (!data)
        return OG_OK;
    size_t count = og_dataset_count(data, OG_PART_VALIDATION);
    count = count < EXAMPLES ? count : EXAMPLES;
    for (size_t i = 0; i < count; i++) {
        og_sample sample = example_at(data, i, count);
        OG_TRY(add_example(&sample, examples));
    }
    for (size_t a = 0; a < report->verdict.arms; a++)
        OG_TRY(add_predictions(report, data, a, examples));
    return OG_OK;
}
