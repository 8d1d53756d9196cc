/* The wall time that a comparison may take, all calls of its command together. */
#ifndef OG_STUDY_BUDGET_H
#define OG_STUDY_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "study/store.h"

typedef struct og__budget {
    double deadline_s; /* Unix time; INFINITY for none */
    double total_s;    /* INFINITY for none */
    double kept_s;     /* Unix time at which the store was last told */
    bool keeps;        /* this process tells it */
} og__budget;

/* Begin a call; workers take the deadline from the process that proposes, through the store. */
og_status og__budget_begin(double total_s, bool proposes, og__store *store, int64_t study, og__budget *budget);

/* Tell the store how much is spent, every few seconds, or `now`. */
og_status og__budget_keep(og__budget *budget, og__store *store, int64_t study, bool now);

double og__budget_left_s(const og__budget *budget);
double og__budget_spent_s(const og__budget *budget);

#endif
