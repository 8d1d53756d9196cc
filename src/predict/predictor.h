/* What the files of the predictor share. */
#ifndef OG_PREDICT_PREDICTOR_H
#define OG_PREDICT_PREDICTOR_H

#include "predict/engine.h"
#include "predict/scaled.h"

struct og_predictor {
    og__engine *engine;
    og_predict_options options;
    int channels, classes;
    int dims;                  /* of the networks: 3 takes a volume as a whole */
    int outputs;               /* planes of values: the classes, or the regions */
    og__resolution resolution; /* at which the networks work */
    char *const *class_names;  /* (classes), the first network's */
    char *const *output_names; /* (outputs) likewise */
    og_regions regions;        /* count 0: the outputs are classes */
};

/* One picture on its way through the networks: its pixels and rows at their own size, or at the networks' resolution.
 */
typedef struct og__picture {
    const og__pixels *src;
    const og__rows *dst;
    og__scaled *scaled; /* NULL where that is their own */
    const og__pixels *network_src;
    const og__rows *network_dst;
} og__picture;

og_status og__picture_init(const og_predictor *predictor, const og__pixels *src, const og__rows *dst,
                           og__picture *picture);
void og__picture_deinit(og__picture *picture);

/* Run the engine, which has been planned for the picture's network_src. */
og_status og__picture_run(const og_predictor *predictor, const og__picture *picture, og__engine_report report,
                          void *context);

/*
 * Run the networks over a picture or volume in memory, and hand its rows on as they are finished.
 *
 * @param size      D, H, W; D is 1 unless the networks take volumes
 * @param spacing   as og_sample has it, mm; NULL: unknown
 * @param src       f32[C, D, H, W], raw values
 * @param dst       rows of W pixels, of volumes slices of H * W
 *
 * @return OG_OK, or OG_ERR_SHAPE for what the networks do not take
 */
og_status og__predictor_sweep(og_predictor *predictor, int channels, const int size[OG_AXES], const double spacing[3],
                              const float *src, const og__rows *dst);

/* Take what a picture of that size needs, as the sweep would. */
og_status og__predictor_plan(og_predictor *predictor, int channels, const int size[OG_AXES], const double spacing[3]);

/* Plan for the largest image of a part, so that what does not fit is found before the first one.
 *
 * @param pixels   of that image; written
 * @param bytes    that images of other sizes may take besides; written
 */
og_status og__predictor_prepare(og_predictor *predictor, const og_dataset *data, og_part part, size_t *pixels,
                                size_t *bytes);

/* Pixels of such a row. */
size_t og__predictor_row(const og_predictor *predictor, const int size[OG_AXES]);

/*
 * Labels from f32[outputs] values, `stride` floats apart. Classes: the first of highest value. Regions: the class that
 * belongs to just those whose value is above `threshold`; where there is none, that of the last of them (nnU-Net's
 * rule).
 *
 * @param regions   NULL, or a count of 0: classes
 */
void og__choose_labels(const og_regions *regions, float threshold, int outputs, size_t count, const float *values,
                       size_t stride, uint8_t *labels);

/* A sample with what was predicted of it, for scorers; pixels of unknown spacing are 1 mm apart. NULL: no `probs`. */
og_scored_image og__scored_image(const og_sample *sample, const uint8_t *labels, const float *probs);

/* 1/2 of probabilities, 0 of logits. */
float og__region_threshold(const og_predict_options *options);

#endif
