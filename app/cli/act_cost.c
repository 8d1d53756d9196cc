#include "act_cost.h"

#include <stdio.h>

#include "act_facts.h"
#include "failure.h"
#include "output.h"
#include "table.h"

const size_t cost_sizes[COST_SIZES] = {1 << 20, 16 << 20};

og_status costs_measure(size_t count, og_act *const *acts, act_costs *costs)
{
    for (size_t size = 0; size < COST_SIZES; size++) {
        og_act_cost_options options = {.bytes = cost_sizes[size], .seconds = 0.1};
        TRY(og_act_measure(count, (const og_act *const *)acts, &options, costs->at[size]));
    }
    return OG_OK;
}

void costs_print(const act_costs *costs, og_language language)
{
    text_table table = {.align = "lrrrr"};
    printf(in_language(language, "\nCost on this machine, ns per element (%s code, %s, one thread)\n",
                       "\n在这台机器上的开销，每元素纳秒（%s 代码，%s，单线程）\n"),
           costs->at[0][0].executor, costs->at[0][0].isa);
    table_cell(&table, "%s", in_language(language, "tensor", "张量"));
    table_cell(&table, "%s", in_language(language, "forward", "前向"));
    table_cell(&table, "%s", in_language(language, "x relu", "relu 的倍数"));
    table_cell(&table, "%s", in_language(language, "backward", "反向"));
    table_cell(&table, "%s", in_language(language, "x relu", "relu 的倍数"));
    for (size_t size = 0; size < COST_SIZES; size++) {
        const og_act_cost *cost = &costs->at[size][0];
        table_cell(&table, "%zu MB", cost_sizes[size] >> 20);
        table_cell(&table, "%.3f", cost->forward_ns);
        table_cell(&table, "%.2f", cost->forward_ratio);
        table_cell(&table, "%.3f", cost->backward_ns);
        table_cell(&table, "%.2f", cost->backward_ratio);
    }
    table_print(&table, stdout);
}

json_t *costs_document(const act_costs *costs, size_t index)
{
    json_t *sizes = json_array();
    for (size_t size = 0; size < COST_SIZES; size++) {
        const og_act_cost *cost = &costs->at[size][index];
        json_array_append_new(sizes, json_pack("{s:I, s:o, s:o, s:o, s:o}", "bytes", (json_int_t)cost_sizes[size],
                                               "forward_ns", json_number(cost->forward_ns), "backward_ns",
                                               json_number(cost->backward_ns), "forward_ratio",
                                               json_number(cost->forward_ratio), "backward_ratio",
                                               json_number(cost->backward_ratio)));
    }
    return json_pack("{s:s, s:s, s:o}", "executor", costs->at[0][index].executor, "isa", costs->at[0][index].isa,
                     "sizes", sizes);
}
