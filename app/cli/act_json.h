/* Activation functions as JSON: the parts that `act list`, `act show` and `act compare` have in common. */
#ifndef CLI_ACT_JSON_H
#define CLI_ACT_JSON_H

#include <jansson.h>

#include <ogive/act.h>

/* {"name", "value", "learn", "text"}: see og_act_param_format(). */
json_t *param_document(const og_act_param *param);

/* {"name", "meaning"} of each input but x. */
json_t *inputs_document(const og_act *act);

/* [{"of", "from", "to", "ulp", "absolute", "why"}]: where a row (NULL: none) is further than 4 units in the last place
 * from its formula. */
json_t *inexact_document(const og_act_entry *entry);

/* The catalogue's row, or NULL for a formula. */
const og_act_entry *entry_of(const og_act *act);

/* The row that a typed formula is in disguise: the same formula without parameters. NULL when there is none. */
og_status find_same(const og_act *act, const og_act_entry **entry);

#endif
