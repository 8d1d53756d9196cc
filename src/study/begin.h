/* How a study of any kind is begun, or gone on with: what is asked becomes its record, and its runs are done. */
#ifndef OG_STUDY_BEGIN_H
#define OG_STUDY_BEGIN_H

#include "study/record.h"
#include "study/work.h"

/* What og_compare(), og_tune() and og_search() are given beside their own options. */
typedef struct og__call {
    const og_dataset *data;
    const char *data_path;
    const og_data_options *data_options; /* what `data` was opened with; NULL: the defaults */
    const og_train_options *train;
    const char *study;
    og_study_watch report; /* may be NULL */
    void *context;
    og__trial_runner run; /* og_train() in earnest */
} og__call;

typedef struct og__beginning og__beginning;

struct og__beginning {
    og__call call;
    const char *kind, *store, *acts;
    int64_t first_seed;
    const char *budget; /* "2h"; "": none */
    double budget_s;    /* of it; set by og__begin(), 0 for none */

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
