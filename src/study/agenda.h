/* What is to be run: all runs of a study, or those that its race asks for, as far as the results so far tell. */
#ifndef OG_STUDY_AGENDA_H
#define OG_STUDY_AGENDA_H

#include "study/racing.h"
#include "study/study.h"

typedef struct og__agenda {
    bool *wanted; /* (study->blocks, arms) runs that are done or to be done now */
    size_t wanted_count, done_count;
    og__race_rules rules; /* of a race, as are these: */
    og__race_state race;
    double *scores; /* (study->blocks, arms) NaN where nothing ran yet; those of the confirmation behind race_blocks */
} og__agenda;

og_status og__agenda_init(const og__study *study, og__agenda *agenda);
void og__agenda_deinit(og__agenda *agenda);

/**
 * The outcome of a race in words, which claim no more than it supports. Released with free().
 *
 * @param names   (arms)
 */
og_status og__race_text(const og__agenda *agenda, const char *const *names, char **text);

#endif
