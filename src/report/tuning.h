/* The results of a tuning: "results" of its report.json (docs/report.md). */
#ifndef OG_REPORT_TUNING_H
#define OG_REPORT_TUNING_H

#include <jansson.h>

#include "study/study.h"

/* Read what the study's store has of its configurations and runs. */
og_status og__report_read_tuning(og__study *study);

/* Likewise, and fill the object. OG_ERR_DATA when no configuration is complete. */
og_status og__report_tuning(og__study *study, json_t *results);

#endif
