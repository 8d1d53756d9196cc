/* study.json: what a study asks and where it finds what it needs; the same folder goes on with the same question. */
#ifndef OG_STUDY_RECORD_H
#define OG_STUDY_RECORD_H

#include <jansson.h>

#include <ogive/study.h>

/* What every kind of study is begun with. */
typedef struct og__asked {
    const char *kind; /* its name */
    const og_dataset *data;
    const char *data_path;
    const og_data_options *data_options; /* what `data` was opened with; NULL: the defaults */
    const og_train_options *train;
    const char *store; /* URL; "": STUDY/study.db */
    const char *study; /* the folder */
} og__asked;

/**
 * Write STUDY/study.json, or find that the one there asks the same.
 *
 * @param question   og__question_make()'s, with what is the kind's own
 * @param own        further members, which may change as `check` (NULL: freely) allows
 * @param check      (old record, new record)
 *
 * @return OG_OK, or OG_ERR_ARGUMENT naming the difference
 */
og_status og__record_settle(const og__asked *asked, json_t *question, json_t *own,
                            og_status (*check)(const json_t *old, const json_t *new));

/* OG_ERR_DATA when no image of the validation part shows a class to be scored: say so before hours of training. */
og_status og__record_check_scorable(const og_dataset *data);

/* Write the placement of activations in canonical texts, so that a study goes on however it is asked. The study's own
 * stand where no place option puts another one; OG_ERR_ARGUMENT where that is nowhere. */
og_status og__record_settle_placement(og_train_options *train);

#endif
