/* The built-in activations, parsed. */
#ifndef OG_ACT_CATALOGUE_H
#define OG_ACT_CATALOGUE_H

#include <ogive/act.h>

#include "act/expression.h"

typedef struct og__catalogue_row {
    og_act_entry entry;
    og__exprs graph;
    og__expr value;
} og__catalogue_row;

typedef struct og__catalogue {
    og__catalogue_row *rows;
    size_t count;
} og__catalogue;

/* The catalogue, parsed at the first call; empty only when memory ran out then. */
const og__catalogue *og__catalogue_get(void);

/* The row of a name, or NULL. */
const og__catalogue_row *og__catalogue_find(const og__catalogue *catalogue, const char *name);

#endif
