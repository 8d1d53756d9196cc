#include "data/dataset.h"

#include <stdlib.h>

#include "base/memory.h"

static const og_option option_rows[] = {
    {"layout", NULL, OG_OPTION_CHOICE, offsetof(og_data_options, layout), "auto", 0, 0, og__layout_choices, NULL,
     "Data", "How the files of the data set are arranged, where several ways are possible (docs/datasets.md)"},
    {"masks", NULL, OG_OPTION_CHOICE, offsetof(og_data_options, masks), "auto", 0, 0, "auto|classes|objects", NULL,
     "Data",
     "What values in masks are: classes, exactly as they are; numbers of objects, all of one class; or found out"},
    {"ignore", NULL, OG_OPTION_TEXT, offsetof(og_data_options, ignore), "", 0, 0, NULL, NULL, "Data",
     "Mask values that are neither learned nor scored: numbers (0,255), ranges (250-255) or colours (#ff00ff)"},
    {"volumes", NULL, OG_OPTION_FLAG, offsetof(og_data_options, volumes), "false", 0, 0, NULL, NULL, "Data",
     "Take volumes as they are, as --dims 3 does, and not slice by slice"},
    {"validation", NULL, OG_OPTION_REAL, offsetof(og_data_options, validation), "0.2", 0, 0.9, NULL, NULL, "Data",
     "Share of the images to hold out where the data set does not say which"},
    {"split-seed", NULL, OG_OPTION_INT, offsetof(og_data_options, split_seed), "0", 0, 4294967295.0, NULL, NULL, "Data",
     "Which images are held out, apart from the seed of the training"},
    {"folds", NULL, OG_OPTION_INT, offsetof(og_data_options, folds), "0", 0, 100, NULL, NULL, "Data",
     "Deal the images out to this many folds, of which one is held out; 0 holds out a share instead"},
    {"fold", NULL, OG_OPTION_INT, offsetof(og_data_options, fold), "0", 0, 99, NULL, NULL, "Data",
     "Which of the folds to hold out, counting from 0"},
    {"group", NULL, OG_OPTION_TEXT, offsetof(og_data_options, group), "", 0, 0, NULL, NULL, "Data",
     "Regular expression that finds in an image's name what must stay together (a patient, a scene), as in '^[^_]+'"},
    {"stratify", NULL, OG_OPTION_FLAG, offsetof(og_data_options, stratify), "false", 0, 0, NULL, NULL, "Data",
     "Hold out images such that every class has its share among them"},
    {"normalize", NULL, OG_OPTION_CHOICE, offsetof(og_data_options, normalize), "dataset", 0, 0, "dataset|image|none",
     NULL, "Data", "Scale values to mean 0 and deviation 1 over the training images, over each image, or not at all"},
    {"cache", NULL, OG_OPTION_CHOICE, offsetof(og_data_options, cache), "auto", 0, 0, "auto|memory|disk", NULL, "Data",
     "Where pixels are kept: in memory as far as --data-memory and the rest on disk, in memory, or on disk"},
    {"data-memory", NULL, OG_OPTION_INT, offsetof(og_data_options, memory_mb), "0", 0, 1e9, NULL, "MB", "Data",
     "Memory for pixels, and a quarter as much for batches prepared ahead; 0 is half of the machine's"},
    {"cache-folder", NULL, OG_OPTION_TEXT, offsetof(og_data_options, cache_folder), "", 0, 0, NULL, "folder", "Data",
     "Where pixels on disk are kept, in a file that is gone when the program ends; otherwise $TMPDIR, or /var/tmp"},
};

og_option_table og_data_option_table(void)
{
    return (og_option_table){option_rows, sizeof option_rows / sizeof option_rows[0]};
}

static og_scaling make_scaling(const og_dataset *data, og_normalize kind)
{
    og_scaling scaling = {.kind = kind, .channels = data->channels};
    if (kind != OG_NORMALIZE_DATASET)
        return scaling;
    og__moments moments;
    og__moments_of_part(data, OG_PART_TRAIN, &moments);
    for (int c = 0; c < data->channels; c++) {
        scaling.mean[c] = (float)moments.mean[c];
        scaling.sd[c] = (float)moments.sd[c];
    }
    return scaling;
}

static og__store_options store_options(const og_data_options *options)
{
    size_t half = og__memory_limit() / 3 * 2; /* the limit is three quarters of the machine's memory */
    return (og__store_options){
        .cache = (og__cache)options->cache,
        .bound_bytes = options->memory_mb > 0 ? (size_t)options->memory_mb << 20 : half,
    };
}

/* Bytes of decoded masks that are kept between a first look at them and their reading: a small part of what pixels may
 * take in memory. */
static size_t kept_masks(const og__store_options *store)
{
    size_t bound = store->cache == OG_CACHE_AUTO ? store->bound_bytes : og__memory_limit();
    return store->cache == OG_CACHE_DISK ? 0 : bound / 16;
}

static og_status open_with(const char *path, const og_data_options *options, og_dataset *data)
{
    OG_TRY(og__copy_text(options->cache_folder, &data->cache_folder));
    data->store.options = store_options(options);
    data->store.options.folder = data->cache_folder;
    OG_TRY(og__listing_open(path, options, &data->listing));
    OG_TRY(og__survey_run(&data->listing, kept_masks(&data->store.options), &data->survey));
    OG_TRY(og__mapping_make(&data->listing, &data->survey, options, &data->mapping));
    data->volumes = options->volumes;
    OG_TRY(og__samples_read(data));
    OG_TRY(og__regions_settle(&data->listing.regions, &data->listing.classes, &data->mapping, &data->regions));
    for (int k = 0; data->regions.count > 0 && k < 256; k++)
        data->digest = (data->digest ^ data->regions.of_class[k]) * 0x100000001b3u;
    OG_TRY(og__split(data, options));
    data->scaling = make_scaling(data, (og_normalize)options->normalize);
    return OG_OK;
}

og_status og_dataset_open(const char *path, const og_data_options *options, og_dataset **data)
{
    og_data_options defaults = {0};
    og_dataset *made;
    *data = NULL;
    OG_TRY(og_options_init(og_data_option_table(), &defaults));
    og_status status = og__alloc(1, sizeof *made, &made);
    if (status == OG_OK)
        status = open_with(path, options ? options : &defaults, made);
    og_options_deinit(og_data_option_table(), &defaults);
    if (status == OG_OK)
        *data = made;
    else
        og_dataset_free(made);
    return status;
}

void og_dataset_free(og_dataset *data)
{
    if (!data)
        return;
    for (size_t i = 0; i < data->count; i++) {
        free(data->samples[i].name);
    }
    og__store_deinit(&data->store);
    free(data->cache_folder);
    free(data->samples);
    for (int p = 0; p < OG_PART_COUNT; p++)
        free(data->parts[p]);
    og__mapping_deinit(&data->mapping);
    og__survey_deinit(&data->survey);
    og__listing_deinit(&data->listing);
    free(data);
}

const char *og_dataset_name(const og_dataset *data)
{
    return data->listing.name;
}

int og_dataset_channels(const og_dataset *data)
{
    return data->channels;
}

int og_dataset_class_count(const og_dataset *data)
{
    return data->listing.classes.count;
}

const char *og_dataset_class_name(const og_dataset *data, int class_index)
{
    return data->listing.classes.names[class_index];
}

size_t og_dataset_count(const og_dataset *data, og_part part)
{
    return data->part_counts[part];
}

uint64_t og_dataset_digest(const og_dataset *data)
{
    return data->digest;
}

og_sample og_dataset_sample(const og_dataset *data, og_part part, size_t index)
{
    return data->samples[data->parts[part][index]].view;
}

og_status og__source_take(og_dataset *data, int channels, size_t pixels, og__source *source)
{
    size_t bytes;
    void *room;
    OG_TRY(og__product(&bytes, 2, (size_t[]){pixels, (size_t)channels * sizeof(float) + 1}));
    OG_TRY(og__store_take(&data->store, bytes, &room, &source->mapped));
    source->image = room;
    source->labels = (uint8_t *)(source->image + pixels * (size_t)channels);
    return OG_OK;
}

void og__source_release(const og__source *source)
{
    size_t pixels = og_sample_pixels(&source->view);
    if (source->mapped)
        og__store_release(source->image, pixels * ((size_t)source->view.channels * sizeof(float) + 1));
}

void og__sample_release(const og_dataset *data, og_part part, size_t index)
{
    og__source_release(&data->samples[data->parts[part][index]]);
}

bool og__sample_is_mapped(const og_dataset *data, og_part part, size_t index)
{
    return data->samples[data->parts[part][index]].mapped;
}

const og_regions *og_dataset_regions(const og_dataset *data)
{
    return &data->regions;
}

const char *og_dataset_region_name(const og_dataset *data, int region)
{
    return data->listing.regions.names[region];
}

int og_dataset_scored_count(const og_dataset *data)
{
    return data->regions.count > 0 ? data->regions.count + 1 : data->listing.classes.count;
}

const char *og_dataset_scored_name(const og_dataset *data, int scored)
{
    if (data->regions.count == 0)
        return og_dataset_class_name(data, scored);
    return scored == 0 ? "in no region" : og_dataset_region_name(data, scored - 1);
}

og_scaling og_dataset_scaling(const og_dataset *data)
{
    return data->scaling;
}
