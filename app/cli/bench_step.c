/* ogive bench step: how long a training step takes, and where the time goes. */
#include "bench_pass.h"

static og_status run(const void *values, const char *const *positionals)
{
    (void)positionals;
    return bench_run(values, true);
}

const cli_command bench_step_command = {
    .name = "bench step",
    .summary = "time a training step, and its parts",
    .parallel = true,
    .groups = {{bench_options, 0, NULL, NULL},
               {og_train_option_table, offsetof(bench_settings, network), NULL, BENCH_NETWORK " optimizer loss clip"}},
    .settings_bytes = sizeof(bench_settings),
    .description =
        "Measures whole training steps - forward, loss, backward and the optimiser's update - of any network on "
        "made-up images: no data set is needed. Times are medians; other programs that run meanwhile disturb them.\n\n"
        "GFLOP counts products and sums as a direct convolution needs them. The Winograd algorithm gets along with fewer, so "
        "that it may pass the peak, which is measured too: the fastest loop of nothing but arithmetic. Normalisation and "
        "activation that work on rows within a convolution's pass count there.\n\n"
        "With --json: {\"ms_per_step\", \"best_ms\", \"ready_ms\", \"first_ms\", \"gflop\", \"gflops\", \"percent_of_peak\", \"peak_gflops\", "
        "\"plan_bytes\", \"peak_bytes\", \"by_kind\": {KIND: {\"ms\", \"gflop\", \"percent_of_peak\", \"convolution\"}}, "
        "\"by_layer\": [{\"layer\", \"kind\", \"stage\", \"channels\", \"ms\", \"gflop\", \"percent_of_peak\"}]}, beside the "
        "settings. ready_ms is the time from nothing to the beginning of the first step, first_ms that to its end.",
    .examples = "  ogive bench step --width 16\n"
                "  ogive bench step --act 'x*sigmoid(b*x); b=learn(1)' --batch 1 --size 512 --json | jq .ms_per_step\n",
    .run = run,
};
