/* What a tuning varies: the activation, below it its parameters and whether they are learned, and what else was asked
 * for; and what a point of that space means as settings of a run. */
#ifndef OG_STUDY_TUNE_SPACE_H
#define OG_STUDY_TUNE_SPACE_H

#include <jansson.h>

#include <ogive/train.h>

#include "study/arms.h"
#include "study/space.h"

typedef struct og__tune_axis og__tune_axis;

typedef struct og__tune_space {
    og__space space;      /* the first dimension is the activation */
    const og__arms *arms; /* borrowed */
    og__dimension *dimensions;
    og__tune_axis *axes; /* (space.count) what each dimension sets */
    char **texts;        /* names and choices, owned */
    size_t text_count;
    double *usual; /* (space.count) the question's own settings, as far as they lie in the space */
} og__tune_space;

/* Every name that `vary` knows, as "lr, weight-decay, ...". */
#define OG_TUNE_VARY "lr, weight-decay, params, learn, places, width, norm, head"

/**
 * Make the space.
 *
 * A parameter goes from 1/32 to 32 times its own value, in the logarithm, or, where that is not positive, by 2 to both
 * sides; in either case only as far as the function still bends (nonlinearity >= 0.02) and keeps gradients within
 * bounds (chi_norm <= 1.6, or its own). The learning rate goes from 1/10 to 10 times the question's, weight decay from
 * 1e-6 to 0.1.
 *
 * @param arms    borrowed as long as the space lives
 * @param train   the question's options
 * @param vary    comma-separated, out of OG_TUNE_VARY
 *
 * @return OG_OK, or OG_ERR_ARGUMENT for a word that is not one of those
 */
og_status og__tune_space_init(const og__arms *arms, const og_train_options *train, const char *vary,
                              og__tune_space *space);
void og__tune_space_deinit(og__tune_space *space);

/* An activation as it is given, with the question's own settings. */
void og__tune_space_usual(const og__tune_space *space, size_t arm, double *point);

/* Whether places have activations of their own at a point; *asked: whether that is varied at all. */
bool og__tune_space_is_apart(const og__tune_space *space, const double *point, bool *asked);

/* Round numbers to four digits, which a user can read and type: within the range. */
void og__tune_space_round(const og__tune_space *space, double *point);

/**
 * Training options of a point by their names.
 *
 * @param usual      leave out what is as in the question: the activation's own parameters as well
 * @param settings   released with json_decref()
 */
og_status og__tune_space_settings(const og__tune_space *space, const double *point, bool usual, int64_t seed,
                                  json_t **settings);

#endif
