/* A formula that is being changed: an expression of x and learned parameters, seen as a tree whose places are counted
 * in the order in which they are written. Everything is simplified as it is made (act/simplify.c). */
#ifndef OG_SEARCH_DRAFT_H
#define OG_SEARCH_DRAFT_H

#include <ogive/act.h>

#include "act/expression.h"

enum {
    OG_DRAFT_PARAMS_MAX = 3,  /* learned ones; more are hard to read, and cost a sum over each layer */
    OG_DRAFT_PLACES_MAX = 96, /* nodes of the tree; a larger formula is none that anybody would use */
};

typedef struct og__draft {
    og__exprs graph;
    og__expr value;
    int param_count;
    float params[OG_DRAFT_PARAMS_MAX]; /* initial values */
} og__draft;

/* An empty draft, whose value is x. */
og_status og__draft_init(og__draft *draft);
void og__draft_deinit(og__draft *draft);

/**
 * A draft of an activation: fixed parameters become numbers, learned ones stay (one value per layer).
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_UNSUPPORTED for what the search does not make: a formula that reads more than
 *         x, parameters that are drawn, alternate or are predicted, or too many
 */
og_status og__draft_read(const og_act *act, og__draft *draft);

/**
 * The activation of a draft; parameters that the formula has lost are left out, and the others named a, b, c in the
 * order in which they occur.
 *
 * @return OG_OK, OG_ERR_MEMORY, OG_ERR_UNSUPPORTED for a formula that is too large, or what og_act_parse() refuses
 */
og_status og__draft_act(const og__draft *draft, og_act **act);

/* Copy an expression of another draft into this one; its parameters come along as far as there is room, and are numbers
 * beyond. */
og__expr og__draft_import(og__draft *draft, const og__draft *source, og__expr expr);

/* A new parameter, or a number where there is no room for one. */
og__expr og__draft_param(og__draft *draft, float initial);

/* List the expressions at every place; places[0] is the value. Returns their number, OG_DRAFT_PLACES_MAX at most; when
 * there are more, *fits (may be NULL) is false. */
int og__draft_places(const og__draft *draft, og__expr places[OG_DRAFT_PLACES_MAX], bool *fits);

/* Put an expression in one place; the rest of the tree stays. */
void og__draft_replace(og__draft *draft, int place, og__expr replacement);

#endif
