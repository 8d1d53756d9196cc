/* A mix of losses from the inside, and the functions of the table's rows. Public side: ogive/loss.h. */
#ifndef OG_NET_LOSS_MIX_H
#define OG_NET_LOSS_MIX_H

#include <stdint.h>

#include <ogive/loss.h>

/* A batch of labels, or of any numbers per pixel. */
typedef struct og__loss_shape {
    int n, d, h, w;
    int classes, threads;
    size_t pixels; /* d * h * w */
} og__loss_shape;

/* (classes) sums over labelled pixels. */
typedef struct og__loss_sums {
    int classes;
    const double *both, *predicted, *truth; /* of p g, of p, of g */
} og__loss_sums;

/* Losses of pixels from their logarithms, and -d loss / d logarithm; either result may be NULL. */
typedef void og__loss_of_logs(const double *params, int count, const float *logs, float *losses, float *slopes);

/* weights f32[N, D, H, W], overwritten. */
typedef og_status og__loss_of_labels(const double *params, const og__loss_shape *shape, const uint8_t *labels,
                                     float *weights);

/* Returns the loss; `factor` times its slopes by both and predicted are ADDED. */
typedef double og__loss_of_sums(const double *params, const og__loss_sums *sums, double factor, double *d_both,
                                double *d_predicted);

/* Probabilities and their slopes: class k of image i at [(i * classes + k) * pixels]; `factor` times the slopes are
 * ADDED.
 */
typedef og_status og__loss_of_tensor(const double *params, const og__loss_shape *shape, const uint8_t *labels,
                                     const float *probabilities, double factor, float *slopes, double *loss);

/* The function of a row; all NULL for the head's own loss. */
typedef struct og__loss_row {
    og_loss_entry entry;
    og__loss_of_logs *of_logs;
    og__loss_of_labels *of_labels;
    og__loss_of_sums *of_sums;
    og__loss_of_tensor *of_tensor;
} og__loss_row;

typedef struct og__loss_term {
    const og__loss_row *row;
    double weight;
    double params[OG_LOSS_PARAMS_MAX];
} og__loss_term;

struct og_loss {
    char *text;  /* canonical */
    char *names; /* of the terms, OG_LOSS_NAME_BYTES each */
    int count;
    og__loss_term terms[OG_LOSS_TERMS_MAX];
};

enum { OG_LOSS_NAME_BYTES = 32 };

/* "ce + dice", which stands where none is given. */
og_loss og__loss_usual(void);

/* --- the rows' functions --- */

og__loss_of_logs og__loss_focal;
og__loss_of_labels og__loss_border;
og__loss_of_sums og__loss_dice, og__loss_generalised_dice, og__loss_tversky, og__loss_focal_tversky;
og__loss_of_tensor og__loss_lovasz, og__loss_boundary;

#endif
