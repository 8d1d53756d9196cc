/* One training run of a study, read from its result.json (docs/report.md). */
#ifndef OG_STUDY_TRIAL_H
#define OG_STUDY_TRIAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef struct og__trial {
    json_t *result;    /* the whole document; NULL while the run is not done */
    bool failed;       /* its numbers became non-finite, or its settings make no network here */
    const char *error; /* why it failed; of the result */
    double dice, iou;  /* mean over the classes, last epoch; 0 for a failed run */
    double elapsed_s;  /* wall time it took; NaN where unknown */
} og__trial;

/**
 * Read RUN/result.json; a run without one is not done, which is no error.
 *
 * @param act, seed   what the run must be of
 *
 * @return OG_OK, OG_ERR_FILE, or OG_ERR_FORMAT when the file is not a result or is one of another run
 */
og_status og__trial_read(const char *run, const char *act, int64_t seed, og__trial *trial);

/* Write RUN/result.json of a run that failed before it could train. OG_ERR_FILE or OG_ERR_MEMORY. */
og_status og__trial_fail(const char *run, const char *act, int64_t seed, const char *error);

void og__trial_deinit(og__trial *trial);

#endif
