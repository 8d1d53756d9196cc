/* The report of a study: one JSON document, and a page that shows it. */
#ifndef OGIVE_REPORT_H
#define OGIVE_REPORT_H

#include <stddef.h>

#include <ogive/data.h>
#include <ogive/status.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Write STUDY/report.json (docs/report.md) and STUDY/report.html from the trials of a study.
 *
 * Only complete blocks (seeds on which every activation has a result) are counted; a stopped study can be reported.
 *
 * @param data   the study's data set, for predictions beside the ground truth; NULL leaves the pictures out
 *
 * @return OG_OK, or OG_ERR_FILE, OG_ERR_FORMAT; OG_ERR_DATA when no block is complete
 */
OG_API og_status og_report_study(const og_dataset *data, const char *study);

/**
 * Give what og_report_study() would write to report.json now, without pictures, as text; writes nothing.
 *
 * @param json   released with free()
 *
 * @return as og_report_study()
 */
OG_API og_status og_report_text(const char *study, char **json);

/**
 * Give every run of a study that is done, also of blocks that are not complete, as
 * the text of a JSON array of flat objects:
 *
 *   act (canonical text), id, seed, status ("finished" or "failed"), dice, iou (means over the classes; 0 where the run
 *   failed), dice_NAME and iou_NAME of every class but the background, ms_per_step, peak_bytes, train_s, elapsed_s
 *
 * @param json   released with free()
 *
 * @return OG_OK, or OG_ERR_FILE, OG_ERR_FORMAT
 */
OG_API og_status og_report_rows(const char *study, char **json);

/**
 * Put a study's report into its store, for optuna-dashboard: the verdict as the study's note (unless somebody has
 * edited it), figures, and predictions of the best activation as files in STUDY/artifacts.
 *
 * @return OG_OK; OG_ERR_FILE when there is no report.json, or the store cannot be reached
 */
OG_API og_status og_report_publish(const char *study);

enum { OG_PROFILE_STUDIES = 64 };

/**
 * Compare the activations that several studies, of different data sets, have in common; as the text of a JSON object:
 *
 *   studies [folders], levels [0, 0.01, ..., 1] of the Dice, factors [1, 1.05, ...] of the least error,
 *   friedman_p, critical_difference   with data sets as blocks (Iman and Davenport; Nemenyi); null with fewer than 5,
 *   acts [{act,
 *          dice [mean of each study], mean_rank over the studies,
 *          iqm, iqm_low, iqm_high     mean of the middle half of all scores, with a 95 % interval,
 *          above, above_low, above_high [share of the scores above each level, mean over the studies, with a band],
 *          within [share of the studies in which 1 - mean Dice is at most each factor times the least one]}]
 *
 * Intervals are percentiles of resampling the blocks within each study.
 *
 * @param json   released with free()
 *
 * @return OG_OK, or OG_ERR_FILE, OG_ERR_FORMAT; OG_ERR_DATA when a study has no complete block; OG_ERR_ARGUMENT when
 *         they have fewer than two activations in common
 * Source: Agarwal et al., NeurIPS 2021 (interquartile mean, score distributions); Dolan, More, Mathematical Programming
 *         91 (2002), 201-213 (within); Demsar, JMLR 7 (2006) (ranks).
 */
OG_API og_status og_report_profile(const char *const *studies, size_t count, char **json);

/** Write a self-contained HTML page (no network) that shows a report.json. */
OG_API og_status og_report_html(const char *json_path, const char *html_path);

/**
 * Write pictures of a data set's images beside the same with their classes tinted.
 *
 * @param path   "NAME.png": one sheet of images from all over the data set; otherwise a folder, which is made, for
 * sheets of all images
 *
 * @return OG_OK, or OG_ERR_FILE
 */
OG_API og_status og_report_contact(const og_dataset *data, const char *path);

/**
 * Write a PNG that shows what augmentation does: a line for each one, with a training patch as it is and five draws of
 * that augmentation alone, and a last line with all of them as in training. Classes are tinted.
 *
 * @param options   augmentation, patch, scale and seed are read
 * @param image     the name of a training image, or NULL or "" for the first that is not all background
 *
 * @return OG_OK, or OG_ERR_NAME for an image that there is not, OG_ERR_ARGUMENT, OG_ERR_DATA, OG_ERR_FILE
 */
OG_API og_status og_report_augment(const og_dataset *data, const og_train_options *options, const char *image,
                                   const char *path);

#ifdef __cplusplus
}
#endif
#endif
