/* Studies: which activation, and how sure is that.
 *
 * A study runs every activation on every seed (a block), paired: the seed fixes initial weights (up to each
 * activation's own gain), batches and augmentation.
 *
 *   STUDY/study.json              what is compared, on what; written first
 *   STUDY/trials/ID-sSEED/        one training run each (ogive/train.h)
 *   STUDY/report.json             results, statistics, verdict (docs/report.md)
 *   STUDY/report.html             the same as a page */
#ifndef OGIVE_STUDY_H
#define OGIVE_STUDY_H

#include <ogive/data.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_compare_options {
    char *acts;         /* comma-separated uses; commas within parentheses and quotes do not separate */
    int64_t seeds;      /* blocks; seeds 0, 1, 2, ... from first_seed */
    int64_t first_seed;
    double target_dice; /* for "time to a given Dice"; 0 chooses 95 % of the best final mean */
    double confidence;  /* of intervals, e.g. 0.95 */
} og_compare_options;

OG_API og_option_table og_compare_option_table(void);

typedef struct og_compare_progress {
    int64_t trial, trials;  /* counting from 1 */
    const char *act;        /* canonical text */
    int64_t seed;
    og_train_progress train;
    double eta_s;           /* of the whole study */
    bool finished;          /* the trial just ended (train holds its last state) */
} og_compare_progress;

typedef bool (*og_compare_report)(void *context, const og_compare_progress *progress);

/**
 * Compare activations on a data set; `train` gives everything but `act` and `seed`.
 *
 * Goes on with an existing study of the same question (finished trials are kept, an unfinished one is resumed);
 * a different question in the same folder is OG_ERR_ARGUMENT. A trial that fails by OG_ERR_NUMERIC is a result.
 */
OG_API og_status og_compare(const og_dataset *data, const char *data_path, const og_train_options *train,
                            const og_compare_options *options, const char *study, og_compare_report report,
                            void *context);

#ifdef __cplusplus
}
#endif
#endif
