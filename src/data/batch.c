#include "data/batch.h"

#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "data/dataset.h"
#include "data/resample.h"

enum { PATCH_MAX = 1 << 16 };

/* --- what batches have in common ---------------------------------------------------------------------------------- */

static int rounded_up(int size, int multiple)
{
    return (size + multiple - 1) / multiple * multiple;
}

/* The smallest side of a patch that is at least `size`. */
static int side_from(const og__loader_options *options, int size)
{
    int least = options->least > 0 ? options->least : options->multiple;
    return size <= least ? least : least + rounded_up(size - least, options->multiple);
}

static og_status resample_sample(const og__resolution *resolution, og_sample *sample, og__store *store, bool *mapped)
{
    const og_sample own = *sample;
    const int size[3] = {og_sample_slices(&own), own.h, own.w};
    OG_TRY(og__resolution_of_sample(resolution, sample));
    const int working[3] = {sample->d, sample->h, sample->w};
    size_t bytes, pixels = og_sample_pixels(sample), channels = (size_t)own.channels;
    void *room;
    OG_TRY(og__product(&bytes, 2, (size_t[]){pixels, channels * sizeof(float) + 1}));
    OG_TRY(og__store_take(store, bytes, &room, mapped));
    float *image = room;
    uint8_t *labels = (uint8_t *)(image + channels * pixels);
    for (size_t c = 0; c < channels; c++)
        OG_TRY(og__resample(size, own.image + c * og_sample_pixels(&own), working, image + c * pixels));
    og__resample_labels(size, own.labels, working, labels);
    sample->image = image;
    sample->labels = labels;
    return OG_OK;
}

/* The pixels of a sample in a file are not needed for now. */
static void release_sample(const og__recipe *recipe, size_t index)
{
    const og_sample *sample = &recipe->samples[index];
    size_t pixels = og_sample_pixels(sample);
    if (recipe->mapped[index])
        og__store_release(sample->image, pixels * ((size_t)sample->channels * sizeof(float) + 1));
}

static og_status collect_samples(og__recipe *recipe)
{
    const og__resolution *resolution = &recipe->options.resolution;
    OG_TRY(og__alloc(recipe->count, sizeof *recipe->samples, &recipe->samples));
    OG_TRY(og__alloc(recipe->count, sizeof *recipe->mapped, &recipe->mapped));
    for (size_t i = 0; i < recipe->count; i++) {
        recipe->samples[i] = og_dataset_sample(recipe->data, OG_PART_TRAIN, i);
        recipe->mapped[i] = og__sample_is_mapped(recipe->data, OG_PART_TRAIN, i);
    }
    if (og__resolution_is_full(resolution))
        return OG_OK;
    recipe->store.options = og__store_rest(&recipe->data->store);
    for (size_t i = 0; i < recipe->count; i++) {
        OG_TRY(resample_sample(resolution, &recipe->samples[i], &recipe->store, &recipe->mapped[i]));
        og__sample_release(recipe->data, OG_PART_TRAIN, i);
        release_sample(recipe, i);
    }
    return OG_OK;
}

static og_status choose_patch(og__recipe *recipe)
{
    const og__loader_options *options = &recipe->options;
    int d = options->patch_d, h = options->patch_h, w = options->patch_w, largest_d = 0, largest_h = 0, largest_w = 0;
    for (size_t i = 0; i < recipe->count; i++) {
        og_sample sample = recipe->samples[i];
        largest_d = og_sample_slices(&sample) > largest_d ? og_sample_slices(&sample) : largest_d;
        largest_h = sample.h > largest_h ? sample.h : largest_h;
        largest_w = sample.w > largest_w ? sample.w : largest_w;
    }
    d = d == 0 ? largest_d : d;
    h = h == 0 ? largest_h + 2 * options->margin : h;
    w = w == 0 ? largest_w + 2 * options->margin : w;
    if (options->batch < 1 || options->multiple < 1 || options->threads < 0 || d < 1 || h < 1 || w < 1 ||
        d > PATCH_MAX || h > PATCH_MAX || w > PATCH_MAX)
        return og__fail(OG_ERR_ARGUMENT,
                        "cannot make batches of %d patches of %d x %d (multiples of %d); sides are 1 to %d",
                        options->batch, w, h, options->multiple, PATCH_MAX);
    recipe->d = rounded_up(d, options->slice_multiple > 0 ? options->slice_multiple : 1);
    recipe->h = side_from(options, h);
    recipe->w = side_from(options, w);
    return OG_OK;
}

static og_status fix_scaling(og__recipe *recipe)
{
    size_t channels = (size_t)recipe->channels;
    og_scaling scaling = og_dataset_scaling(recipe->data);
    OG_TRY(og__alloc(recipe->count * channels, sizeof *recipe->scale, &recipe->scale));
    OG_TRY(og__alloc(recipe->count * channels, sizeof *recipe->shift, &recipe->shift));
    OG_TRY(og__alloc(recipe->count * channels, sizeof *recipe->zero, &recipe->zero));
    for (size_t i = 0; i < recipe->count; i++) {
        og_sample sample = og_dataset_sample(recipe->data, OG_PART_TRAIN, i);
        og__scaling_factors(&scaling, recipe->channels, og_sample_pixels(&sample), sample.image,
                            recipe->scale + i * channels, recipe->shift + i * channels);
        og__sample_release(recipe->data, OG_PART_TRAIN, i);
    }
    for (size_t i = 0; i < recipe->count * channels; i++)
        recipe->zero[i] = -recipe->shift[i] / recipe->scale[i];
    return OG_OK;
}

static og_status count_places(og__recipe *recipe)
{
    OG_TRY(og__places_make(recipe->count, og_dataset_class_count(recipe->data), &recipe->places));
    for (size_t i = 0; i < recipe->count; i++) {
        OG_TRY(og__places_count(&recipe->places, i, &recipe->samples[i]));
        release_sample(recipe, i);
    }
    return OG_OK;
}

og_status og__recipe_make(const og_dataset *data, const og__loader_options *options, og__recipe *recipe)
{
    *recipe = (og__recipe){.data = data,
                           .options = *options,
                           .count = og_dataset_count(data, OG_PART_TRAIN),
                           .channels = og_dataset_channels(data)};
    if (recipe->count == 0 || recipe->count > UINT32_MAX)
        return og__fail(OG_ERR_DATA, "'%s' has %zu training images; nothing can be learned", og_dataset_name(data),
                        recipe->count);
    og_status status = collect_samples(recipe);
    if (status == OG_OK)
        status = choose_patch(recipe);
    if (status == OG_OK)
        status = fix_scaling(recipe);
    if (status == OG_OK && options->foreground > 0)
        status = count_places(recipe);
    if (status == OG_OK)
        recipe->steps_per_epoch = options->steps_per_epoch > 0
                                      ? options->steps_per_epoch
                                      : (recipe->count + (size_t)options->batch - 1) / (size_t)options->batch;
    if (status != OG_OK)
        og__recipe_deinit(recipe);
    return status;
}

void og__recipe_deinit(og__recipe *recipe)
{
    og__store_deinit(&recipe->store);
    free(recipe->mapped);
    free(recipe->samples);
    free(recipe->scale);
    free(recipe->shift);
    free(recipe->zero);
    og__places_deinit(&recipe->places);
    *recipe = (og__recipe){0};
}

/* --- order -------------------------------------------------------------------------------------------------------- */

og_status og__order_make(const og__recipe *recipe, og__order *order)
{
    *order = (og__order){0};
    og_status status = og__alloc(recipe->count, sizeof *order->items, &order->items);
    if (status == OG_OK)
        status = og__alloc((size_t)recipe->d * (size_t)recipe->h * (size_t)recipe->w, sizeof *order->scratch,
                           &order->scratch);
    if (status != OG_OK)
        og__order_deinit(order);
    return status;
}

void og__order_deinit(og__order *order)
{
    free(order->items);
    free(order->scratch);
    *order = (og__order){0};
}

static void shuffle(const og__recipe *recipe, uint64_t epoch, og__order *order)
{
    if (order->known && order->epoch == epoch)
        return;
    uint32_t count = (uint32_t)recipe->count;
    og__random random = og__random_at(recipe->options.seed, OG_STREAM_ORDER, epoch);
    for (uint32_t i = 0; i < count; i++)
        order->items[i] = i;
    for (uint32_t i = 0; i + 1 < count; i++) { /* Fisher-Yates */
        uint32_t other = i + og__random_below(&random, count - i), spare = order->items[i];
        order->items[i] = order->items[other];
        order->items[other] = spare;
    }
    order->known = true;
    order->epoch = epoch;
}

/* The sample at a place of a step's batch. Each pass has an order of its own; where an epoch is a pass, a short last
 * batch goes on in the next one's order. */
static size_t choose_sample(const og__recipe *recipe, uint64_t step, int place, og__order *order)
{
    uint64_t first = recipe->options.steps_per_epoch > 0 ? 0 : step / recipe->steps_per_epoch;
    uint64_t at = (step - first * recipe->steps_per_epoch) * (uint64_t)recipe->options.batch + (uint64_t)place;
    shuffle(recipe, first + at / recipe->count, order);
    return order->items[at % recipe->count];
}

/* --- one batch ---------------------------------------------------------------------------------------------------- */

/* Which sample a place of the batch shows, and what of it. */
static og__window choose_window(const og__recipe *recipe, int place, og__random *random, size_t *index)
{
    const og__loader_options *options = &recipe->options;
    int class_index = -1;
    if (og__place_is_forced(options->foreground, place, options->batch, random)) {
        if (!options->balance || !og__place_choose_sample(&recipe->places, random, index, &class_index))
            class_index = og__place_choose_class(&recipe->places, *index, random);
    }
    const og_sample *sample = &recipe->samples[*index];
    int margin = options->margin, d = recipe->d, h = recipe->h - 2 * margin, w = recipe->w - 2 * margin;
    og__window window = class_index < 0
                            ? og__place_anywhere(sample, d, h, w, random)
                            : og__place_about(&recipe->places, sample, *index, class_index, d, h, w, random);
    window.y -= margin;
    window.x -= margin;
    window.h = recipe->h;
    window.w = recipe->w;
    return window;
}

void og__batch_make(const og__recipe *recipe, uint64_t step, og__order *order, float *images, uint8_t *labels)
{
    const og__loader_options *options = &recipe->options;
    size_t plane = (size_t)recipe->d * (size_t)recipe->h * (size_t)recipe->w, channels = (size_t)recipe->channels;
    for (int n = 0; n < options->batch; n++) {
        uint64_t item = step * (uint64_t)options->batch + (uint64_t)n;
        size_t index = choose_sample(recipe, step, n, order);
        og__random random = og__random_at(options->seed, OG_STREAM_PATCH, item);
        og__window window = choose_window(recipe, n, &random, &index);
        float *patch = images + (size_t)n * channels * plane;
        og__augment(&options->augment, &recipe->samples[index], window, recipe->zero + index * channels, options->seed,
                    item, order->scratch, patch, labels + (size_t)n * plane);
        release_sample(recipe, index);
        for (size_t c = 0; c < channels; c++) {
            float scale = recipe->scale[index * channels + c], shift = recipe->shift[index * channels + c];
            for (size_t p = 0; p < plane; p++)
                patch[c * plane + p] = patch[c * plane + p] * scale + shift;
        }
    }
}
