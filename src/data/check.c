/* What `ogive data check` says about an open data set. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/near.h"

/* The public report with the list that its findings grow in. */
typedef struct report {
    og_data_report public;
    og__findings findings;
} report;

/* --- counting ----------------------------------------------------------------------------------------------------- */

static int compare_sizes(const void *a, const void *b)
{
    const og_size_count *x = a, *y = b;
    return x->h * (int64_t)x->w != y->h * (int64_t)y->w ? (x->h * (int64_t)x->w > y->h * (int64_t)y->w ? 1 : -1)
                                                        : (x->h > y->h) - (x->h < y->h);
}

static og_status count_sizes(const og_dataset *data, og_data_report *out)
{
    OG_TRY(og__alloc(data->count, sizeof *out->sizes, &out->sizes));
    for (size_t i = 0; i < data->count; i++) {
        og_sample sample = data->samples[i].view;
        size_t s = 0;
        while (s < out->size_count && (out->sizes[s].h != sample.h || out->sizes[s].w != sample.w))
            s++;
        if (s == out->size_count)
            out->sizes[out->size_count++] = (og_size_count){sample.h, sample.w, 0};
        out->sizes[s].count++;
    }
    qsort(out->sizes, out->size_count, sizeof *out->sizes, compare_sizes);
    return OG_OK;
}

static og_status describe_values(const og_dataset *data, og_data_report *out)
{
    OG_TRY(og__alloc((size_t)data->channels, sizeof *out->values, &out->values));
    og__moments moments;
    og__moments_of_part(data, OG_PART_TRAIN, &moments);
    for (int c = 0; c < data->channels; c++) {
        og_channel_facts *facts = &out->values[c];
        *facts = (og_channel_facts){INFINITY, -INFINITY, moments.mean[c], moments.sd[c]};
        for (size_t i = 0; i < data->part_counts[OG_PART_TRAIN]; i++) {
            og_sample sample = og_dataset_sample(data, OG_PART_TRAIN, i);
            size_t pixels = og_sample_pixels(&sample);
            const float *plane = sample.image + (size_t)c * pixels;
            for (size_t p = 0; p < pixels; p++) {
                facts->min = fmin(facts->min, (double)plane[p]);
                facts->max = fmax(facts->max, (double)plane[p]);
            }
            og__sample_release(data, OG_PART_TRAIN, i);
        }
    }
    return OG_OK;
}

static og_status count_classes(const og_dataset *data, og_part part, og_part_facts *facts)
{
    int classes = data->listing.classes.count;
    OG_TRY(og__alloc((size_t)classes, sizeof *facts->class_pixels, &facts->class_pixels));
    OG_TRY(og__alloc((size_t)classes, sizeof *facts->class_images, &facts->class_images));
    facts->count = data->part_counts[part];
    for (size_t i = 0; i < facts->count; i++) {
        og_sample sample = og_dataset_sample(data, part, i);
        int64_t here[256] = {0};
        size_t pixels = og_sample_pixels(&sample);
        for (size_t p = 0; p < pixels; p++)
            here[sample.labels[p]]++;
        facts->pixels += (int64_t)pixels;
        facts->ignored += here[OG_LABEL_IGNORE];
        for (int k = 0; k < classes; k++) {
            facts->class_pixels[k] += here[k];
            facts->class_images[k] += here[k] > 0;
        }
        og__sample_release(data, part, i);
    }
    return OG_OK;
}

/* --- leakage ------------------------------------------------------------------------------------------------------ */

static const og__source *source(const og_dataset *data, og_part part, size_t index)
{
    return &data->samples[data->parts[part][index]];
}

/* Validation images whose pixels are also in the training part. */
static og_status find_duplicates(const og_dataset *data, report *out)
{
    og_status status = OG_OK;
    og__names names = {0};
    for (size_t v = 0; v < data->part_counts[OG_PART_VALIDATION]; v++)
        for (size_t t = 0; t < data->part_counts[OG_PART_TRAIN]; t++) {
            const og__source *held = source(data, OG_PART_VALIDATION, v), *learned = source(data, OG_PART_TRAIN, t);
            if (!og__same_image(held, learned))
                continue;
            og__text pair = {0};
            og__text_format(&pair, "%s = %s", held->name, learned->name);
            og__names_add(&names, og__text_get(&pair));
            og__text_deinit(&pair);
            break;
        }
    out->public.duplicates = names.count;
    if (names.count)
        status =
            og__findings_add(&out->findings, OG_SEVERITY_WARNING,
                             "validation images that are also among the training images, pixel for pixel (%zu), make "
                             "scores look better than they are: %s",
                             names.count, og__names_get(&names));
    og__names_deinit(&names);
    return status;
}

/* The training slice of the same volume that is nearest to a validation slice (the lower one of two), or NULL. */
static const og__source *nearest_slice(const og_dataset *data, const og__source *held)
{
    const og__source *nearest = NULL;
    for (size_t t = 0; held->slices > 1 && t < data->part_counts[OG_PART_TRAIN]; t++) {
        const og__source *learned = source(data, OG_PART_TRAIN, t);
        if (learned->pair == held->pair &&
            (!nearest || abs(learned->slice - held->slice) < abs(nearest->slice - held->slice)))
            nearest = learned;
    }
    return nearest;
}

/* Pixels of each class in the copied mask, in the true one, and in both. */
typedef struct overlap {
    int64_t copied[256], truth[256], both[256];
} overlap;

static void add_overlap(const og__source *copied, const og__source *truth, overlap *sums)
{
    size_t pixels = og_sample_pixels(&truth->view);
    for (size_t p = 0; p < pixels; p++) {
        if (truth->labels[p] == OG_LABEL_IGNORE)
            continue;
        sums->copied[copied->labels[p]]++;
        sums->truth[truth->labels[p]]++;
        sums->both[truth->labels[p]] += truth->labels[p] == copied->labels[p];
    }
}

/* What a network has to beat on slices of a volume, and whether slices of both parts touch. */
static og_status check_slices(const og_dataset *data, report *out)
{
    overlap sums = {0};
    size_t compared = 0, touching = 0;
    out->public.copy_dice = NAN;
    for (size_t v = 0; v < data->part_counts[OG_PART_VALIDATION]; v++) {
        const og__source *held = source(data, OG_PART_VALIDATION, v), *nearest = nearest_slice(data, held);
        if (!nearest)
            continue;
        add_overlap(nearest, held, &sums);
        compared++;
        touching += abs(nearest->slice - held->slice) == 1;
    }
    if (touching)
        OG_TRY(og__findings_add(
            &out->findings, OG_SEVERITY_WARNING,
            "validation slices directly beside training slices (%zu) make scores look better than they are; leave some "
            "slices between them out ('leave_out')",
            touching));
    double dice = 0;
    int classes = 0;
    for (int k = 1; k < data->listing.classes.count; k++) {
        int64_t size = sums.copied[k] + sums.truth[k];
        dice += size ? 2 * (double)sums.both[k] / (double)size : 0;
        classes += size > 0;
    }
    if (compared && classes)
        out->public.copy_dice = dice / classes;
    return OG_OK;
}

/* --- classes and images ------------------------------------------------------------------------------------------- */

static og_status check_classes(const og_dataset *data, report *out)
{
    const og_part_facts *train = &out->public.parts[OG_PART_TRAIN], *held = &out->public.parts[OG_PART_VALIDATION];
    for (int k = 0; k < data->listing.classes.count; k++) {
        const char *name = og_dataset_class_name(data, k);
        if (data->listing.regions.combined && train->class_pixels[k] + held->class_pixels[k] == 0)
            continue; /* not every combination of regions need occur */
        if (train->class_pixels[k] == 0)
            OG_TRY(og__findings_add(&out->findings, OG_SEVERITY_WARNING,
                                    "class %d (%s) does not occur in the training images and cannot be learned", k,
                                    name));
        else if (held->count && held->class_pixels[k] == 0)
            OG_TRY(og__findings_add(&out->findings, OG_SEVERITY_WARNING,
                                    "class %d (%s) does not occur in the validation images and cannot be scored", k,
                                    name));
        else if (train->class_pixels[k] * 1000 < train->pixels - train->ignored)
            OG_TRY(og__findings_add(&out->findings, OG_SEVERITY_NOTE,
                                    "class %d (%s) is rare: %.3f %% of the training pixels", k, name,
                                    100 * (double)train->class_pixels[k] / (double)(train->pixels - train->ignored)));
    }
    if (held->count == 0)
        OG_TRY(og__findings_add(&out->findings, OG_SEVERITY_WARNING, "no images are held out: nothing can be scored"));
    return OG_OK;
}

static bool is_constant(const og_sample *sample)
{
    size_t count = og_sample_pixels(sample) * (size_t)sample->channels;
    for (size_t i = 1; i < count; i++)
        if (sample->image[i] != sample->image[0])
            return false;
    return true;
}

static og_status check_images(const og_dataset *data, report *out)
{
    og_status status = OG_OK;
    og__names flat = {0};
    for (size_t i = 0; i < data->count; i++)
        if (is_constant(&data->samples[i].view))
            og__names_add(&flat, data->samples[i].name);
    if (flat.count)
        status = og__findings_add(&out->findings, OG_SEVERITY_WARNING,
                                  "images with the same value everywhere (%zu): %s", flat.count, og__names_get(&flat));
    og__names_deinit(&flat);
    return status;
}

/* --- masks -------------------------------------------------------------------------------------------------------- */

/* The values that stand for themselves, in the order of their classes, ignored ones last; values between them as sums.
 */
static og_status list_mask_values(const og_dataset *data, og_data_report *out)
{
    const og__survey *survey = &data->survey;
    const og__mapping *mapping = &data->mapping;
    OG_TRY(og__alloc(survey->count, sizeof *out->mask_values, &out->mask_values));
    for (int k = 0; k < 256; k++)
        for (size_t i = 0; i < survey->count; i++) {
            og__text text = {0};
            const og__mask_value *seen = &survey->values[i];
            if (mapping->classes[i] != k)
                continue;
            og__mask_value_format(survey->style, seen->value, &text);
            OG_TRY(og__text_status(&text));
            out->mask_values[out->mask_value_count++] =
                (og_mask_value){text.data, k, mapping->snapped[i], (int64_t)seen->pixels, (int64_t)seen->files};
        }
    return OG_OK;
}

/* --- spacing ------------------------------------------------------------------------------------------------------ */

static og_status check_spacing(const og_dataset *data, report *out)
{
    og_data_report *public = &out->public;
    bool differs = false;
    for (int axis = 0; axis < 2; axis++) {
        public->spacing_min[axis] = public->spacing_max[axis] = data->samples[0].spacing[axis];
        for (size_t i = 1; i < data->count; i++) {
            public->spacing_min[axis] = fmin(public->spacing_min[axis], data->samples[i].spacing[axis]);
            public->spacing_max[axis] = fmax(public->spacing_max[axis], data->samples[i].spacing[axis]);
        }
        differs = differs || public->spacing_max[axis] > 1.1 * public->spacing_min[axis];
    }
    return differs ? og__findings_add(&out->findings, OG_SEVERITY_WARNING,
                                      "the spacing of pixels differs between images (%.3g to %.3g by %.3g to %.3g mm): "
                                      "the same object has different sizes in pixels; resample them to one spacing",
                                      public->spacing_min[0], public->spacing_max[0], public->spacing_min[1],
                                      public->spacing_max[1])
                   : OG_OK;
}

/* --- the report --------------------------------------------------------------------------------------------------- */

static og_status fill(const og_dataset *data, report *out)
{
    out->public.layout = data->listing.layout;
    out->public.layout_name = data->listing.layout_name;
    out->public.channels = data->channels;
    out->public.class_count = data->listing.classes.count;
    OG_TRY(count_sizes(data, &out->public));
    OG_TRY(describe_values(data, &out->public));
    for (int p = 0; p < OG_PART_COUNT; p++)
        OG_TRY(count_classes(data, (og_part)p, &out->public.parts[p]));
    OG_TRY(og__findings_copy(&out->findings, &data->listing.findings));
    OG_TRY(check_classes(data, out));
    OG_TRY(check_images(data, out));
    OG_TRY(find_duplicates(data, out));
    OG_TRY(og__near_find(data, &out->findings, &out->public.near_duplicates));
    OG_TRY(check_slices(data, out));
    OG_TRY(check_spacing(data, out));
    OG_TRY(list_mask_values(data, &out->public));
    out->public.finding_count = out->findings.count;
    out->public.findings = out->findings.items;
    return OG_OK;
}

og_status og_data_report_new(const og_dataset *data, og_data_report **made)
{
    report *out;
    *made = NULL;
    OG_TRY(og__alloc(1, sizeof *out, &out));
    og_status status = fill(data, out);
    if (status == OG_OK)
        *made = &out->public;
    else
        og_data_report_free(&out->public);
    return status;
}

void og_data_report_free(og_data_report *made)
{
    if (!made)
        return;
    report *out = (report *)made; /* its first field */
    for (int p = 0; p < OG_PART_COUNT; p++) {
        free(made->parts[p].class_pixels);
        free(made->parts[p].class_images);
    }
    for (size_t i = 0; i < made->mask_value_count; i++)
        free(made->mask_values[i].text);
    free(made->mask_values);
    free(made->sizes);
    free(made->values);
    og__findings_deinit(&out->findings);
    free(out);
}
