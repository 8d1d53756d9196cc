/* A study's data set, opened as the study was begun. */
#ifndef OG_STUDY_SOURCE_H
#define OG_STUDY_SOURCE_H

#include <ogive/data.h>

#include "study/study.h"

/**
 * Open the data set of a study's record.
 *
 * @param fold   which one to hold out, of a study whose blocks are folds; OG_NO_FOLD: as it was opened
 */
og_status og__source_open(const og__study *study, int64_t fold, og_dataset **data);

#endif
