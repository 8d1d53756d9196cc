#include "train/slices.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"
#include "data/dataset.h"
#include "train/options.h"

enum { SLICES_LEAST = 8 };         /* to be halved */
static const double far_apart = 2; /* as nnU-Net has it */

/* "1,3,3": one number for each of `count` stages, `one` or `other`; "auto" leaves zeros. */
static og_status read_list(const char *option, const char *text, int count, int other, int *numbers)
{
    const char *at = text;
    if (strcmp(text, "auto") == 0)
        return OG_OK;
    for (int stage = 0; stage < count; stage++) {
        char *end;
        long number = strtol(at, &end, 10);
        if (end == at || (number != 1 && number != other) || *end != (stage < count - 1 ? ',' : '\0'))
            return og__fail(OG_ERR_ARGUMENT,
                            "option '%s': found '%s'; give %d numbers, 1 or %d each, separated by commas, or auto",
                            option, text, count, other);
        numbers[stage] = (int)number;
        at = end + 1;
    }
    return OG_OK;
}

og_status og__slices_read(const og_train_options *options, og_net_spec *spec)
{
    spec->dims = options->dims + 2;
    if (spec->dims != 3)
        return OG_OK;
    OG_TRY(read_list("slice-strides", options->slice_strides, spec->depth, 2, spec->slice_stride));
    return read_list("slice-kernels", options->slice_kernels, spec->depth + 1, 3, spec->slice_kernel);
}

/* How much farther apart than pixels the slices lie, in the mean, and how many the largest volume has, at the
 * resolution of the training. */
static og_status measure(const og_dataset *data, const og_train_options *options, double *ratio, int *slices)
{
    size_t count = og_dataset_count(data, OG_PART_TRAIN);
    og__resolution resolution;
    double sum = 0;
    *slices = 1;
    OG_TRY(og__train_options_resolution(options, &resolution));
    for (size_t i = 0; i < count; i++) {
        og_sample sample = og_dataset_sample(data, OG_PART_TRAIN, i);
        OG_TRY(og__resolution_of_sample(&resolution, &sample));
        sum += og__slice_ratio(&sample);
        *slices = og_sample_slices(&sample) > *slices ? og_sample_slices(&sample) : *slices;
    }
    *ratio = sum / (double)count;
    return OG_OK;
}

static og_status store(og_train_options *options, const char *name, int count, const int *numbers)
{
    og__text text = {0};
    for (int i = 0; i < count; i++)
        og__text_format(&text, "%s%d", i > 0 ? "," : "", numbers[i]);
    og_status status = og__text_status(&text);
    if (status == OG_OK)
        status = og_option_set(og_option_find(og_train_option_table(), name), options, og__text_get(&text));
    og__text_deinit(&text);
    return status;
}

og_status og__slices_settle(const og_dataset *data, og_train_options *options)
{
    int depth = (int)options->depth, strides[OG_DEPTH_MAX], kernels[OG_STAGES_MAX], d, h, w, left;
    double ratio;
    bool cut = false, volumes = options->dims == 1;
    for (size_t i = 0; i < data->count; i++)
        cut = cut || (!data->volumes && data->samples[i].slices > 1);
    if (volumes && cut)
        return og__fail(OG_ERR_ARGUMENT,
                        "the data set '%s' was opened slice by slice; a network of volumes needs volumes",
                        og_dataset_name(data));
    if (!volumes && data->volumes)
        return og__fail(OG_ERR_ARGUMENT, "the data set '%s' was opened as volumes; a network of images needs images",
                        og_dataset_name(data));
    if (!volumes)
        return OG_OK;
    OG_TRY(og__train_options_patch(options, &d, &h, &w));
    OG_TRY(measure(data, options, &ratio, &left));
    left = d > 0 ? d : left;
    bool near = false;
    for (int stage = 0; stage <= depth; stage++) {
        near = near || ratio < far_apart;
        kernels[stage] = near ? 3 : 1;
        if (stage == depth)
            break;
        strides[stage] = ratio < far_apart && left >= SLICES_LEAST ? 2 : 1;
        left /= strides[stage];
        ratio *= strides[stage] / 2.0;
    }
    if (strcmp(options->slice_strides, "auto") == 0)
        OG_TRY(store(options, "slice-strides", depth, strides));
    if (strcmp(options->slice_kernels, "auto") == 0)
        OG_TRY(store(options, "slice-kernels", depth + 1, kernels));
    return OG_OK;
}
