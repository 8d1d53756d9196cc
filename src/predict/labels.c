/* Scores of labels that other programs made. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ogive/image.h>
#include <ogive/predict.h>

#include "base/memory.h"
#include "base/status.h"
#include "predict/predictor.h"

static const char *const endings[] = {".png", ".tif", ".tiff", ".nii.gz", ".nii", ".bmp", ".gif", ".pgm", ".npy"};

static og_status find_file(const char *folder, const char *name, char **path)
{
    *path = NULL;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (asprintf(path, "%s/%s%s", folder, name, endings[i]) < 0) {
            *path = NULL;
            return og__fail(OG_ERR_MEMORY, "no memory for a path");
        }
        if (access(*path, F_OK) == 0)
            return OG_OK;
        free(*path);
        *path = NULL;
    }
    return og__fail(OG_ERR_FILE,
                    "'%s' has no labels for the image '%s': looked for '%s.png', '%s.tif', '%s.nii.gz' and so on",
                    folder, name, name, name, name);
}

/* u8 classes of pixels that hold whole numbers below class_count. */
static og_status take_classes(const og_image *image, const char *path, int class_count, uint8_t *labels)
{
    size_t pixels = (size_t)image->depth * (size_t)image->height * (size_t)image->width;
    for (size_t i = 0; i < pixels; i++) {
        float value = image->data[i];
        if (!(value >= 0 && value < (float)class_count) || value != (float)(int)value)
            return og__fail(OG_ERR_DATA, "'%s' has the value %g; predicted labels are the numbers of classes, 0 to %d",
                            path, (double)value, class_count - 1);
        labels[i] = (uint8_t)value;
    }
    return OG_OK;
}

static og_status score_file(const char *folder, const og_sample *sample, int class_count, og_scorer *scorer)
{
    og_status status = OG_OK;
    og_image image = {0};
    char *path = NULL;
    uint8_t *labels = NULL;
    OG_GO(find_file(folder, sample->name, &path));
    OG_GO(og_labels_load(path, &image));
    if (image.channels != 1 || image.depth != og_sample_slices(sample) || image.height != sample->h ||
        image.width != sample->w) {
        status = og__fail(OG_ERR_SHAPE,
                          "'%s' has %d x %d x %d pixels and %d channels; the image has %d x %d x %d and labels "
                          "have one",
                          path, image.width, image.height, image.depth, image.channels, sample->w, sample->h,
                          og_sample_slices(sample));
        goto done;
    }
    OG_GO(og__alloc(og_sample_pixels(sample), 1, &labels));
    OG_GO(take_classes(&image, path, class_count, labels));
    const og_scored_image scored = og__scored_image(sample, labels, NULL);
    OG_GO(og_scorer_add(scorer, &scored));
done:
    free(labels);
    free(path);
    og_image_deinit(&image);
    return status;
}

og_status og_labels_score(const char *folder, const og_dataset *data, og_part part, og_scorer *scorer)
{
    for (size_t i = 0; i < og_dataset_count(data, part); i++) {
        og_sample sample = og_dataset_sample(data, part, i);
        OG_TRY(score_file(folder, &sample, og_dataset_class_count(data), scorer));
    }
    return OG_OK;
}
