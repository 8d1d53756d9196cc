/* All that is told about one activation, gathered for `act show`. */
#ifndef CLI_ACT_PORTRAIT_H
#define CLI_ACT_PORTRAIT_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/act.h>
#include <ogive/facts.h>

#include "act_cost.h"
#include "act_depth.h"

/* A text, or why there is none. */
typedef struct maybe_text {
    char *text;
    char *reason;
} maybe_text;

/* What cannot be known has a reason instead. */
typedef struct portrait {
    og_act *act;
    const og_act_entry *same; /* the row that a typed formula is in disguise, or NULL */
    og_act_facts facts;
    og_act_moments moments; /* at --sigma */
    char *trouble;          /* why no network can be trained with it */
    char *doubts;           /* one line each */
    maybe_text formula, slope, by_param[OG_ACT_PARAMS_MAX], by_input[OG_INPUT_COUNT];
    og_act_remark *remarks;
    size_t remark_count;
    bool has_depth; /* not for a formula that reads more than x, or has no moments */
    act_depth depth;
    bool has_costs;
    act_costs costs;
    char *no_costs;
} portrait;

typedef struct portrait_options {
    double sigma; /* of the normal inputs */
    int layers;   /* to follow a signal through */
    bool cost;    /* measure it */
    og_language language;
} portrait_options;

/* Find out about an activation, as far as it can be known. Released with portrait_deinit(), also after a failure. */
og_status portrait_init(const char *expression, const portrait_options *options, portrait *p);
void portrait_deinit(portrait *p);

#endif
