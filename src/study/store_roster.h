/* Who works on what, and which attempts were lost. */
#ifndef OG_STUDY_STORE_ROSTER_H
#define OG_STUDY_STORE_ROSTER_H

#include "study/store.h"

/* og_study_workers() (ogive/study.h) as JSON; released with json_decref(). */
og_status og__store_roster(og__store *store, int64_t study, json_t **roster);

#endif
