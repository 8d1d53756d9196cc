/* Prediction from file to file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/status.h"
#include "image/target.h"
#include "predict/case.h"
#include "predict/predictor.h"

enum { NO_LABEL = 255 };

/* --- outputs ------------------------------------------------------------------------------------------------------ */

static og__content content_of(og_output output)
{
    switch (output) {
    case OG_OUTPUT_PROBABILITIES:
    case OG_OUTPUT_LOGITS:
        return OG_CONTENT_REALS;
    case OG_OUTPUT_POLYGONS:
        return OG_CONTENT_POLYGONS;
    case OG_OUTPUT_OBJECTS:
        return OG_CONTENT_OBJECTS;
    case OG_OUTPUT_LABELS:
        break;
    }
    return OG_CONTENT_LABELS;
}

bool og_output_holds(og_output output, const char *path)
{
    return og__target_holds(content_of(output), path);
}

const char *og_output_endings(og_output output)
{
    return og__target_endings(content_of(output));
}

/* --- slices ------------------------------------------------------------------------------------------------------- */

/* One file on its way through. A picture is the only slice along z. Slices along other axes are cut out of `volume`,
 * and their results gathered in `whole`. */
typedef struct job {
    og_predictor *predictor;
    og_slice_axis axis;
    og__case source;
    const og_image *image;
    og_image volume;         /* pixels in memory, for slices along x and y; else empty */
    int slices, h, w;        /* of each slice */
    double spacing[OG_AXES]; /* of slices, rows and columns, mm */
    size_t step[4]; /* element (c, slice, row, column) of a volume lies at c * step[0] + slice * step[1] + ... */
    int slice;      /* at work */
    og__target *target;
    void *whole;        /* what the target takes, (channels, D, H, W); NULL where rows go to it at once */
    uint8_t *labels;    /* (rows, w) */
    float *reals;       /* (rows, w) */
    size_t room;        /* pixels of labels and reals */
    size_t cache_bytes; /* for GDAL's blocks of files */
    og_predict_report report;
    void *context;
    og_prediction *done;
} job;

static void cut_slices(job *j)
{
    const og_image *image = j->image;
    size_t x = 1, y = (size_t)image->width, z = y * (size_t)image->height, c = z * (size_t)image->depth;
    j->slices = image->depth;
    j->h = image->height;
    j->w = image->width;
    size_t step[4] = {c, z, y, x};
    int axes[OG_AXES] = {2, 1, 0}; /* of the volume, for slices, rows and columns: 0 is x */
    if (j->axis == OG_SLICE_Y) {
        j->slices = image->height;
        j->h = image->depth;
        step[1] = y;
        step[2] = z;
        memcpy(axes, (int[]){1, 2, 0}, sizeof axes);
    } else if (j->axis == OG_SLICE_X) {
        j->slices = image->width;
        j->h = image->depth;
        j->w = image->height;
        step[1] = x;
        step[2] = z;
        step[3] = y;
        memcpy(axes, (int[]){0, 2, 1}, sizeof axes);
    }
    for (int a = 0; a < OG_AXES; a++)
        j->spacing[a] = image->spacing[axes[a]];
    memcpy(j->step, step, sizeof j->step);
}

static og_status read_slice(void *context, const int first[OG_AXES], const int size[OG_AXES], float *dst)
{
    const job *j = context;
    if (!j->volume.data)
        return og__case_read(&j->source, j->slice, first[1], first[2], size[1], size[2], dst);
    int slice = j->predictor->dims == 3 ? first[0] : j->slice;
    for (size_t c = 0; c < (size_t)j->image->channels; c++)
        for (int z = slice; z < slice + size[0]; z++)
            for (int row = first[1]; row < first[1] + size[1]; row++) {
                const float *src = j->volume.data + c * j->step[0] + (size_t)z * j->step[1];
                src += (size_t)row * j->step[2] + (size_t)first[2] * j->step[3];
                for (int column = 0; column < size[2]; column++)
                    *dst++ = src[(size_t)column * j->step[3]];
            }
    return OG_OK;
}

/* --- results ------------------------------------------------------------------------------------------------------ */

static og_status make_room(job *j, size_t pixels)
{
    if (pixels <= j->room)
        return OG_OK;
    free(j->labels);
    free(j->reals);
    j->labels = NULL;
    j->reals = NULL;
    j->room = 0;
    OG_TRY(og__alloc(pixels, sizeof *j->labels, &j->labels));
    OG_TRY(og__alloc(pixels, sizeof *j->reals, &j->reals));
    j->room = pixels;
    return OG_OK;
}

/* Write rows of the slice at work: to the file, or to their places in the volume. */
static og_status put(const job *j, int channel, int first, int count, const void *pixels, size_t pixel_bytes)
{
    if (!j->whole)
        return og__target_write(j->target, channel, j->slice, first, count, pixels);
    const char *src = pixels;
    for (int row = first; row < first + count; row++)
        for (int column = 0; column < j->w; column++, src += pixel_bytes) {
            size_t at = (size_t)channel * j->step[0] + (size_t)j->slice * j->step[1] + (size_t)row * j->step[2] +
                        (size_t)column * j->step[3];
            memcpy((char *)j->whole + at * pixel_bytes, src, pixel_bytes);
        }
    return OG_OK;
}

static og_status put_reals(job *j, int first, int count, const float *values, size_t stride, const uint8_t *valid)
{
    size_t pixels = (size_t)count * (size_t)j->w;
    for (int k = 0; k < j->predictor->outputs; k++) {
        const float *plane = values + (size_t)k * stride;
        for (size_t i = 0; valid && i < pixels; i++)
            j->reals[i] = valid[i] ? plane[i] : NAN;
        OG_TRY(put(j, k, first, count, valid ? j->reals : plane, sizeof *plane));
    }
    return OG_OK;
}

static og_status write_slice(void *context, int first, int count, const float *values, size_t stride,
                             const uint8_t *valid)
{
    job *j = context;
    size_t pixels = (size_t)count * (size_t)j->w;
    og_output output = (og_output)j->predictor->options.output;
    OG_TRY(make_room(j, pixels));
    og__choose_labels(&j->predictor->regions, og__region_threshold(&j->predictor->options), j->predictor->outputs,
                      pixels, values, stride, j->labels);
    for (size_t i = 0; i < pixels; i++) {
        if (valid && !valid[i]) {
            j->labels[i] = output == OG_OUTPUT_LABELS ? NO_LABEL : 0;
            j->done->no_data++;
        } else {
            j->done->pixels[j->labels[i]]++;
        }
    }
    if (content_of(output) == OG_CONTENT_REALS)
        return put_reals(j, first, count, values, stride, valid);
    return put(j, 0, first, count, j->labels, 1);
}

/* Whole slices of a volume, one after the other. */
static og_status write_volume(void *context, int first, int count, const float *values, size_t stride,
                              const uint8_t *valid)
{
    job *j = context;
    size_t plane = (size_t)j->h * (size_t)j->w;
    for (int i = 0; i < count; i++) {
        j->slice = first + i;
        OG_TRY(write_slice(j, 0, j->h, values + (size_t)i * plane, stride, valid ? valid + (size_t)i * plane : NULL));
    }
    return OG_OK;
}

/* --- one file ----------------------------------------------------------------------------------------------------- */

static og_status open_source(job *j, const char *src)
{
    OG_TRY(og__case_open(src, j->predictor->channels, &j->source));
    j->image = &j->source.image;
    if (j->image->depth == 1)
        j->axis = OG_SLICE_Z;
    if (j->axis != OG_SLICE_Z || j->predictor->dims == 3) {
        OG_TRY(og__case_load(&j->source, &j->volume));
        j->image = &j->volume;
    }
    cut_slices(j);
    return OG_OK;
}

static og__target_spec describe_target(const job *j)
{
    const og_predictor *predictor = j->predictor;
    og__content content = content_of((og_output)predictor->options.output);
    return (og__target_spec){
        .content = content,
        .channels = content == OG_CONTENT_REALS ? predictor->outputs : 1,
        .depth = j->image->depth,
        .height = j->image->height,
        .width = j->image->width,
        .like = j->image,
        .has_gaps = og__case_has_gaps(&j->source),
        .class_count = content == OG_CONTENT_REALS ? predictor->outputs : predictor->classes,
        .class_names =
            (const char *const *)(content == OG_CONTENT_REALS ? predictor->output_names : predictor->class_names),
    };
}

static size_t whole_bytes(const og__target_spec *spec)
{
    return (size_t)spec->channels * (size_t)spec->depth * (size_t)spec->height * (size_t)spec->width *
           (spec->content == OG_CONTENT_REALS ? sizeof(float) : 1);
}

/* Rows on their way out: labels and reals. */
static size_t passing_bytes(const job *j)
{
    size_t pixels = (size_t)j->h * (size_t)j->w, most = (size_t)1 << 20;
    return (sizeof(float) + 1) * (pixels < most || j->predictor->dims == 3 ? pixels : most);
}

/* Bytes of the image's own window behind each pixel that the networks see at another resolution. */
static size_t window_bytes(const job *j, const og__pixels *seen)
{
    double own = (double)j->h * j->w * (j->predictor->dims == 3 ? j->slices : 1);
    double pixels = (double)seen->size[0] * seen->size[1] * seen->size[2];
    return own == pixels ? 0 : (size_t)(own / pixels * j->image->channels * sizeof(float)) + 1;
}

/* Plan the tiles beside all else that the process holds or will hold; tells it. */
static og_status plan_job(job *j, const char *dst, const og__pixels *pixels, const og__target_spec *spec)
{
    const og__tiling *layout;
    og__engine *engine = j->predictor->engine;
    og_prediction *done = j->done;
    bool streams = !j->volume.data;
    size_t held = og__settled_bytes() - og__engine_bytes(engine) + OG_FIRST_PASS_BYTES + passing_bytes(j);
    size_t target = og__target_bytes(dst, spec);
    size_t fixed = target + (streams ? og__case_fixed_bytes(&j->source) : whole_bytes(spec));
    const og__beside beside = {
        .fixed = held + fixed, .row = streams ? og__case_row_bytes(&j->source) : 0, .pixel = window_bytes(j, pixels)};
    OG_TRY(og__engine_plan(engine, pixels->size, pixels->has_gaps, &beside, &layout));
    size_t rows = beside.row * (size_t)layout->axes[1].tile, files = fixed + rows;
    j->cache_bytes = beside.row > 0 ? files : target;
    done->tile_height = layout->axes[1].tile;
    done->tile_width = layout->axes[2].tile;
    done->tiles = (int64_t)layout->axes[0].count * layout->axes[1].count * layout->axes[2].count;
    if (j->predictor->dims != 3)
        done->tiles *= j->slices;
    done->network_bytes = layout->network_bytes;
    done->band_bytes = layout->band_bytes;
    done->file_bytes = files;
    size_t window =
        beside.pixel * (size_t)layout->axes[0].seen * (size_t)layout->axes[1].seen * (size_t)layout->axes[2].seen;
    done->band_bytes += window;
    done->planned_bytes = held + files + og__engine_bytes(engine) + window;
    return OG_OK;
}

static bool tell(void *context, double share)
{
    const job *j = context;
    double all = j->predictor->dims == 3 ? share : ((double)j->slice + share) / (double)j->slices;
    return !j->report || j->report(j->context, all, j->done);
}

/* Hand the volume on to the file, in the file's order. */
static og_status write_whole(const job *j, const og__target_spec *spec)
{
    size_t page = (size_t)spec->height * (size_t)spec->width * (spec->content == OG_CONTENT_REALS ? sizeof(float) : 1);
    for (int z = 0; z < spec->depth; z++)
        for (int c = 0; c < spec->channels; c++)
            OG_TRY(og__target_write(j->target, c, z, 0, spec->height,
                                    (const char *)j->whole + ((size_t)c * (size_t)spec->depth + (size_t)z) * page));
    return OG_OK;
}

static og_status run_job(job *j, const char *dst)
{
    og_status status = OG_OK;
    bool volume = j->predictor->dims == 3;
    const og__pixels pixels = {.channels = j->image->channels,
                               .size = {volume ? j->slices : 1, j->h, j->w},
                               .spacing = {j->spacing[0], j->spacing[1], j->spacing[2]},
                               .has_gaps = og__case_has_gaps(&j->source),
                               .read = read_slice,
                               .context = j};
    const og__rows rows = {volume ? write_volume : write_slice, j};
    const og__target_spec spec = describe_target(j);
    og__picture picture = {0};
    size_t cache = 0;
    *j->done = (og_prediction){
        .channels = j->image->channels, .depth = j->image->depth, .height = j->image->height, .width = j->image->width};
    OG_GO(og__picture_init(j->predictor, &pixels, &rows, &picture));
    OG_GO(plan_job(j, dst, picture.network_src, &spec));
    OG_GO(og__target_open(dst, &spec, &j->target));
    if (j->axis != OG_SLICE_Z)
        OG_GO(og__alloc(whole_bytes(&spec), 1, &j->whole));
    cache = og__raster_bound_cache(j->cache_bytes);
    if (!tell(j, 0))
        OG_GO(og__fail(OG_ERR_STOPPED, "stopped"));
    for (int runs = volume ? 1 : j->slices; j->slice < runs; j->slice++) {
        og__picture_deinit(&picture); /* a fresh one, as rows begin anew */
        OG_GO(og__picture_init(j->predictor, &pixels, &rows, &picture));
        OG_GO(og__picture_run(j->predictor, &picture, tell, j));
    }
    j->slice = j->slices - 1;
    if (j->whole)
        OG_GO(write_whole(j, &spec));
    OG_GO(og__target_commit(j->target));
    j->done->shapes = og__target_shapes(j->target);
done:
    if (cache > 0)
        og__raster_bound_cache(cache);
    og__target_close(j->target);
    og__picture_deinit(&picture);
    return status;
}

og_status og_predictor_file_count(const og_predictor *predictor, const char *src, size_t *count)
{
    return og__case_count(src, predictor->channels, count);
}

og_status og_predictor_file(og_predictor *predictor, const char *src, const char *dst, og_slice_axis axis,
                            og_predict_report report, void *context, og_prediction *prediction)
{
    job j = {.predictor = predictor, .axis = axis, .report = report, .context = context, .done = prediction};
    *prediction = (og_prediction){0};
    og_status status = open_source(&j, src);
    if (status == OG_OK) {
        status = run_job(&j, dst);
        if (status == OG_ERR_SHAPE)
            status = og__fail_in(status, "'%s'", src);
    }
    free(j.whole);
    free(j.labels);
    free(j.reals);
    og__case_close(&j.source);
    og_image_deinit(&j.volume);
    return status;
}
