#include "bench_pass.h"

#include <jansson.h>
#include <stdio.h>

#include "failure.h"
#include "output.h"
#include "table.h"

og_option_table bench_options(void)
{
    static const og_option rows[] = {
        {"size", NULL, OG_OPTION_INT, offsetof(bench_settings, size), "256", 1, 16384, NULL, "px", "Images",
         "Side of the square images, or with --dims 3 of the volumes' slices"},
        {"slices", NULL, OG_OPTION_INT, offsetof(bench_settings, slices), "0", 0, 16384, NULL, NULL, "Images",
         "Slices of the volumes, with --dims 3; 0 is as many as --size"},
        OPTION_IMAGES(bench_settings, ""),
        {"turns", NULL, OG_OPTION_INT, offsetof(bench_settings, turns), "15", 1, 1000, NULL, "passes", "Measuring",
         "Passes to time, after two that are not counted"},
        {"seconds", NULL, OG_OPTION_REAL, offsetof(bench_settings, seconds), "60", 0, 1e5, NULL, "s", "Measuring",
         "After so long no further pass begins"},
        OPTION_JSON(bench_settings),
        OPTION_CONFIG(bench_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* --- for programs ------------------------------------------------------------------------------------------------- */

static double percent(double gflop, double ms, double peak_gflops)
{
    return ms > 0 ? 100 * gflop / (1e-3 * ms) / peak_gflops : 0;
}

static json_t *works_document(const og_pass_cost *cost)
{
    json_t *works = json_object();
    for (size_t i = 0; i < cost->work_count; i++) {
        const og_work_cost *work = &cost->works[i];
        json_object_set_new(works, work->name,
                            json_pack("{s:f, s:f, s:f, s:b}", "ms", work->ms, "gflop", work->gflop, "percent_of_peak",
                                      percent(work->gflop, work->ms, cost->peak_gflops), "convolution",
                                      work->convolution));
    }
    return works;
}

static json_t *nodes_document(const og_pass_cost *cost)
{
    json_t *nodes = json_array();
    for (size_t i = 0; i < cost->node_count; i++) {
        const og_node_cost *node = &cost->nodes[i];
        json_array_append_new(nodes, json_pack("{s:s, s:s, s:i, s:i, s:f, s:f, s:f}", "layer", node->name, "kind",
                                               cost->works[node->work].name, "stage", node->stage, "channels",
                                               node->channels, "ms", node->ms, "gflop", node->gflop, "percent_of_peak",
                                               percent(node->gflop, node->ms, cost->peak_gflops)));
    }
    return nodes;
}

static int slices_of(const bench_settings *settings)
{
    return settings->network.dims == 0 ? 1 : (int)(settings->slices > 0 ? settings->slices : settings->size);
}

static json_t *document_of(const bench_settings *settings, bool training, const og_pass_cost *cost)
{
    const og_train_options *network = &settings->network;
    json_t *document = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:I, s:I, s:I, s:b, s:i, s:i}", "pass", training ? "step" : "infer", "act",
        network->act, "isa", cost->isa, "width", (json_int_t)network->width, "depth", (json_int_t)network->depth,
        "batch", (json_int_t)network->batch, "slices", slices_of(settings), "size", (json_int_t)settings->size,
        "channels", (json_int_t)settings->channels, "classes", (json_int_t)settings->classes, "exact", network->exact,
        "threads", cost->threads, "turns", cost->turns);
    json_t *figures =
        json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:o, s:o}", "ms_per_step", cost->ms, "best_ms",
                  cost->best_ms, "ready_ms", cost->ready_ms, "first_ms", cost->first_ms, "gflop", cost->gflop, "gflops",
                  cost->gflop / (1e-3 * cost->ms), "percent_of_peak", percent(cost->gflop, cost->ms, cost->peak_gflops),
                  "peak_gflops", cost->peak_gflops, "plan_bytes", (json_int_t)cost->plan_bytes, "peak_bytes",
                  (json_int_t)cost->peak_bytes, "by_kind", works_document(cost), "by_layer", nodes_document(cost));
    if (!document || !figures || json_object_update(document, figures) != 0) {
        json_decref(document);
        document = NULL;
    }
    json_decref(figures);
    return document;
}

/* --- for people --------------------------------------------------------------------------------------------------- */

static void print_works(const og_pass_cost *cost)
{
    text_table table = {.align = "rrrrl"};
    const char *const heading[] = {"ms", "share", "GFLOP/s", "of peak", "work"};
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_cell(&table, "%s", heading[i]);
    for (size_t i = 0; i < cost->work_count; i++) {
        const og_work_cost *work = &cost->works[i];
        table_cell(&table, "%.2f", work->ms);
        table_cell(&table, "%.1f %%", 100 * work->ms / cost->ms);
        if (work->convolution) {
            table_cell(&table, "%.0f", work->gflop / (1e-3 * work->ms));
            table_cell(&table, "%.0f %%", percent(work->gflop, work->ms, cost->peak_gflops));
        } else {
            table_cell(&table, "-");
            table_cell(&table, "-");
        }
        table_cell(&table, "%s", work->about);
    }
    table_print(&table, stdout);
}

static void print_text(const og_pass_cost *cost)
{
    printf("  %.1f ms (best %.1f) per pass, %d passes, %d threads, %s code; the first one from %.0f to %.0f ms\n",
           cost->ms, cost->best_ms, cost->turns, cost->threads, cost->isa, cost->ready_ms, cost->first_ms);
    printf("  %.2f GFLOP of convolution, %.0f GFLOP/s: %.0f %% of the %.0f that these threads can do\n", cost->gflop,
           cost->gflop / (1e-3 * cost->ms), percent(cost->gflop, cost->ms, cost->peak_gflops), cost->peak_gflops);
    printf("  %.0f MB at most, %.0f MB of them in the plan\n\n", 1e-6 * (double)cost->peak_bytes,
           1e-6 * (double)cost->plan_bytes);
    print_works(cost);
}

og_status bench_run(const bench_settings *settings, bool training)
{
    og_status status = OG_OK;
    og_pass_options options = {
        .training = training,
        .channels = (int)settings->channels,
        .classes = (int)settings->classes,
        .d = slices_of(settings),
        .h = (int)settings->size,
        .w = (int)settings->size,
        .turns = (int)settings->turns,
        .seconds = settings->seconds,
    };
    og_pass_cost cost = {0};
    GO(og_pass_measure(&settings->network, &options, &cost));
    if (settings->json)
        status = print_json(document_of(settings, training, &cost), 6);
    else
        print_text(&cost);
done:
    og_pass_cost_deinit(&cost);
    return status;
}
