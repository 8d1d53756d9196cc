/* How a study of any kind is begun, or gone on with: what is asked becomes its record, and its runs are done. */
#ifndef OG_STUDY_BEGIN_H
#define OG_STUDY_BEGIN_H

#include "study/record.h"
#include "study/work.h"

typedef struct og__beginning og__beginning;

struct og__beginning {
    og__asked asked;
    const char *acts;
    int64_t first_seed;
    const char *budget;    /* "2h"; "": none */
    double budget_s;       /* of it; set by og__begin(), 0 for none */
    og_study_watch report; /* may be NULL */
    void *context;
    og__trial_runner run;

    const void *options; /* of the kind, which its functions get back */
    /* Refuse what cannot be done, before anything is written. May be NULL. */
    og_status (*check)(const og__beginning *beginning, const og__arms *arms);
    /* Add what is the kind's own: to the question, which stays, and to the record, which may change as `check_own`
     * (NULL: freely) allows. */
    og_status (*describe)(const og__beginning *beginning, json_t *question, json_t *own);
    og_status (*check_own)(const json_t *old, const json_t *new);
    /* What comes before the first run. May be NULL. */
    og_status (*prepare)(const og__beginning *beginning, const og__study *study);
};

/* Begin. The training options are copied, with the placement of activations in canonical texts. */
og_status og__begin(const og__beginning *beginning);

#endif
