/* What "bench step" and "bench infer" share: a network from the command line, measured, as text or JSON. */
#ifndef CLI_BENCH_PASS_H
#define CLI_BENCH_PASS_H

#include <ogive/cost.h>

#include "command.h"

typedef struct bench_settings {
    bool json;
    char *config;
    int64_t size, slices, channels, classes, turns;
    double seconds;
    og_train_options network;
} bench_settings;

og_option_table bench_options(void);

/* What the images of a network are like, where there are none yet; `more` is said behind. */
#define OPTION_IMAGES(type, more)                                                                                      \
    {"channels", NULL, OG_OPTION_INT, offsetof(type, channels),     "3", 1, 1024,                                      \
     NULL,       NULL, "Images",      "Channels of the images" more},                                                  \
    {                                                                                                                  \
        "classes", NULL, OG_OPTION_INT, offsetof(type, classes), "2", 2, 255, NULL, NULL, "Images",                    \
            "Classes to tell apart, with the background" more                                                          \
    }

/* Options of training that matter to a pass of either kind. */
#define BENCH_NETWORK                                                                                                                                                        \
    "act act-encoder act-bottleneck act-decoder act-stage act-head preset dims slice-strides slice-kernels depth width width-cap widths decoder-widths narrow convs kernel " \
    "dilation dilation-bottleneck residual norm groups conv-bias order down up skip padding dropout dropout-at "                                                             \
    "concat head-kernel deep-supervision batch threads exact"

/* Measure and print. */
og_status bench_run(const bench_settings *settings, bool training);

#endif
