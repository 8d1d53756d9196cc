/* ogive bench infer: how long inference takes, and where the time goes. */
#include "bench_pass.h"

static og_status run(const void *values, const char *const *positionals)
{
    (void)positionals;
    return bench_run(values, false);
}

const cli_command bench_infer_command = {
    .name = "bench infer",
    .summary = "time inference, and its parts",
    .parallel = true,
    .groups = {{bench_options, 0, NULL, NULL},
               {og_train_option_table, offsetof(bench_settings, network), NULL, BENCH_NETWORK}},
    .settings_bytes = sizeof(bench_settings),
    .description =
        "Measures how long any network takes from images to probabilities, on made-up images. The figures are those of "
        "'bench step', where they are explained; a step is one batch here.",
    .examples = "  ogive bench infer --width 16 --batch 1\n"
                "  ogive bench infer --act mish --json | jq .by_kind\n",
    .run = run,
};
