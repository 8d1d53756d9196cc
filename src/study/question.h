/* What a study asks, as JSON; the same question may be continued in a folder, another may not. */
#ifndef OG_STUDY_QUESTION_H
#define OG_STUDY_QUESTION_H

#include <jansson.h>

#include <ogive/study.h>

#include "study/arms.h"

/**
 * Describe a comparison: {"data", "acts", "first_seed", "train"}; a kind adds what is its own.
 *
 * Left out is what does not change a result: the number of seeds (more may be asked for later), the threads, and how
 * results are reported.
 *
 * @param question   released with json_decref()
 */
og_status og__question_make(const og_dataset *data, const og_train_options *train, const og__arms *arms,
                            int64_t first_seed, json_t **question);

/**
 * The settings of a question's runs again. `act` and `seed` are the defaults.
 *
 * @param train   released with og_options_deinit(og_train_option_table(), train)
 */
og_status og__question_train(const json_t *question, og_train_options *train);

/* Add "data": what tells a data set from another one. */
og_status og__question_describe_data(const og_dataset *data, json_t *question);

/* OG_OK when both are equal; else OG_ERR_ARGUMENT naming the first difference. */
og_status og__question_compare(const json_t *old, const json_t *new);
og_status og__question_compare_member(const char *name, const json_t *old, const json_t *new);

#endif
