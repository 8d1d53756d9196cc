/* Using a trained network on images of any size. */
#ifndef OGIVE_PREDICT_H
#define OGIVE_PREDICT_H

#include <ogive/data.h>
#include <ogive/score.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_predictor og_predictor;

/* How overlapping tiles make one value of a pixel. */
typedef enum og_blend {
    OG_BLEND_GAUSSIAN, /* mean weighted by exp(-r^2 / 2 s^2) from the tile's centre, s = tile / 8 along each axis */
    OG_BLEND_FLAT,     /* plain mean */
    OG_BLEND_CENTER,   /* the value of the tile whose centre is nearest */
} og_blend;

typedef enum og_output {
    OG_OUTPUT_LABELS,
    OG_OUTPUT_PROBABILITIES,
    OG_OUTPUT_LOGITS,
    OG_OUTPUT_POLYGONS,
    OG_OUTPUT_OBJECTS
} og_output;

/* Settings of prediction; og_predict_option_table() declares name, default, range and meaning of each. */
typedef struct og_predict_options {
    int64_t tile;    /* px; 0: the whole image where it fits the memory, else the largest tile that does */
    double overlap;  /* share of a tile */
    int blend;       /* og_blend */
    bool mirror;     /* mean over all mirrored copies */
    int64_t memory;  /* MB; 0: 1000, or what sensible tiles need, where the tile is chosen; no bound else */
    int output;      /* og_output */
    int64_t threads; /* 0: all cores */
} og_predict_options;

OG_API og_option_table og_predict_option_table(void);

/**
 * Prepare one or several networks for prediction; they must outlive the predictor. Of several, the mean of the
 * probabilities (of the logits, where these are the output) is taken.
 *
 * @param options   NULL takes the defaults
 *
 * @return OG_OK, or OG_ERR_ARGUMENT for networks that differ in channels, classes or scale
 */
OG_API og_status og_predictor_new(const og_model *const *models, size_t count, const og_predict_options *options,
                                  og_predictor **predictor);
OG_API void og_predictor_free(og_predictor *predictor);

/**
 * Label one image. It is scaled as in training, padded (mirrored) to the networks' size multiple, and cut into tiles
 * where it does not fit the memory in one.
 *
 * @param src     f32[C, H, W], raw values
 * @param labels  u8[H, W], the class of highest probability, the lowest where equal; written
 * @param probs   f32[K, H, W], written; may be NULL
 */
OG_API og_status og_predictor_run(og_predictor *predictor, int channels, int h, int w, const float *src,
                                  uint8_t *labels, float *probs);

/**
 * The same for a volume, f32[C, D, H, W], of networks of volumes; labels u8[D, H, W], probs f32[K, D, H, W].
 *
 * @param spacing   of the pixels along w, h, d, mm, which networks that work at a spacing (--spacing) ask for; NULL or
 * 0:
 *                  1
 */
OG_API og_status og_predictor_run_volume(og_predictor *predictor, int channels, int d, int h, int w,
                                         const double spacing[3], const float *src, uint8_t *labels, float *probs);

/* Axis along which 2-D networks cut a volume into slices. */
typedef enum og_slice_axis { OG_SLICE_Z, OG_SLICE_Y, OG_SLICE_X } og_slice_axis;

/* What was done to a file. */
typedef struct og_prediction {
    int channels, depth, height, width; /* of the image */
    int tile_height, tile_width;        /* px */
    int64_t tiles;                      /* of all slices */
    int64_t pixels[OG_CLASSES_MAX];     /* of each class; 0 for logits and probabilities too: of the labels within */
    int64_t no_data;                    /* pixels without data */
    int64_t shapes;                     /* polygons or objects written */
    size_t planned_bytes;               /* of the process at its peak, as planned before the first tile */
    size_t network_bytes, band_bytes, file_bytes; /* of that: plans, blended rows and tiles, image files */
} og_prediction;

/* Called before the first tile (done = 0) with what is planned, and after every tile; return false to stop. */
typedef bool (*og_predict_report)(void *context, double done, const og_prediction *so_far);

/**
 * Predict an image file of any size and write the result, in the kind that the ending of `dst` names: labels as .png,
 * .tif, .nii or .nii.gz; probabilities and logits as .tif (a band per class), .nii, .nii.gz or .npy (K first); polygons
 * as .geojson or .gpkg; objects with their boxes as .csv or .geojson. Georeference, geometry, and no-data pixels are
 * carried on. TIFF to TIFF or NPY goes by windows: the memory does not grow with the image's height.
 *
 * @return OG_OK, OG_ERR_STOPPED, or what is wrong with the files; `dst` is then as it was
 */
OG_API og_status og_predictor_file(og_predictor *predictor, const char *src, const char *dst, og_slice_axis axis,
                                   og_predict_report report, void *context, og_prediction *prediction);

/**
 * In how many files the image is whose first file is `src`: more than 1 where that is called CASE_0000 and has fewer
 * channels than the networks take, and CASE_0001 lies beside it (nnU-Net's naming). og_predictor_file() reads them all.
 */
OG_API og_status og_predictor_file_count(const og_predictor *predictor, const char *src, size_t *count);

/** Whether og_predictor_file() can write an output to a file of that name, and the endings that it can. */
OG_API bool og_output_holds(og_output output, const char *path);
OG_API const char *og_output_endings(og_output output);

/**
 * Take the memory that og_predictor_score() will need of the networks, and tell what the process will hold at its peak.
 *
 * @return OG_OK, or what og_predictor_score() would find before the first image
 */
OG_API og_status og_predictor_score_plan(og_predictor *predictor, const og_dataset *data, og_part part,
                                         og_scorer *const *scorers, size_t count, size_t *planned_bytes);

/**
 * Label one part of a data set and add its images to the scores.
 *
 * @param scorers   (count) that all get every image
 *
 * @return OG_OK, what og_predictor_run() and og_scorer_add() find, or OG_ERR_DATA when the data set's channels or
 *         classes are not the network's
 */
OG_API og_status og_predictor_score(og_predictor *predictor, const og_dataset *data, og_part part,
                                    og_scorer *const *scorers, size_t count);

/**
 * The same for labels that stand in files: FOLDER/NAME.png (.tif, .nii.gz, ...) for the image NAME, with a class as the
 * value of each pixel, as `ogive predict` writes them.
 *
 * @return OG_OK, what og_labels_load() finds, OG_ERR_FILE for an image without a file, OG_ERR_SHAPE for another size,
 * or OG_ERR_DATA for a value that is not a class
 */
OG_API og_status og_labels_score(const char *folder, const og_dataset *data, og_part part, og_scorer *scorer);

#ifdef __cplusplus
}
#endif
#endif
