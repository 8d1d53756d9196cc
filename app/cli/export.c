/* ogive export RUN --keys PROGRAM -o FILE: a model's weights under another program's names. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <ogive/foreign.h>

#include "command.h"
#include "failure.h"
#include "output.h"

typedef struct own_settings {
    bool force;
    char *config, *output, *keys;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"keys", NULL, OG_OPTION_TEXT, offsetof(own_settings, keys), "", 0, 0, NULL, "program", "Output",
         "Whose names the tensors get: milesial or nnunet"},
        OPTION_OUTPUT(own_settings, "file", "Safetensors file to write"),
        {"force", NULL, OG_OPTION_FLAG, offsetof(own_settings, force), "false", 0, 0, NULL, NULL, "Output",
         "Replace a file that exists"},
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_model model = {0};
    struct stat info;
    if (!settings->output[0])
        return fail(OG_ERR_ARGUMENT, "option '--output' is missing: the safetensors file to write");
    if (stat(settings->output, &info) == 0 && !settings->force)
        return fail(OG_ERR_FILE, "'%s' is there already; --force replaces it", settings->output);
    GO(og_model_load(positionals[0], &model));
    GO(og_model_export(&model, settings->keys, settings->output));
    printf("%s: %zu parameters under the names of %s\n", settings->output, og_net_weight_count(model.net),
           settings->keys);
done:
    og_model_deinit(&model);
    return status;
}

const cli_command export_command = {
    .name = "export",
    .summary = "write a model's weights under another program's names",
    .positionals = {{"RUN", "the folder of a training run, or its model.safetensors"}},
    .required = "keys",
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Writes what load_state_dict(strict=True) of milesial's UNet or nnU-Net's PlainConvUNet takes. The network must be "
        "that program's, as --preset makes it; any depth and number of channels will do. docs/networks.md has the lines "
        "that load the file into PyTorch.",
    .examples =
        "  ogive train my-data -o run --preset milesial && ogive export run --keys milesial -o unet.safetensors\n",
    .run = run,
};
