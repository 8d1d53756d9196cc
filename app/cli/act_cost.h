/* What an activation function costs on this machine, for people and programs. */
#ifndef CLI_ACT_COST_H
#define CLI_ACT_COST_H

#include <jansson.h>

#include <ogive/cost.h>
#include <ogive/facts.h>

enum { COST_SIZES = 2 };

/* Tensors that fit into a core's cache, and that do not. */
extern const size_t cost_sizes[COST_SIZES];

enum { COST_ACTS_MAX = 16 };

typedef struct act_costs {
    og_act_cost at[COST_SIZES][COST_ACTS_MAX];
} act_costs;

/* Measure up to COST_ACTS_MAX activations at every size, in turns. Takes about a third of a second for one. */
og_status costs_measure(size_t count, og_act *const *acts, act_costs *costs);

/* The table of one activation. */
void costs_print(const act_costs *costs, og_language language);

/* Of activation `index`: {"executor", "isa", "sizes": [{"bytes", "forward_ns", ...}]} */
json_t *costs_document(const act_costs *costs, size_t index);

#endif
