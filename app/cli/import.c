/* ogive import FILE -o RUN: a model of another program's checkpoint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ogive/foreign.h>

#include "command.h"
#include "failure.h"
#include "output.h"

typedef struct own_settings {
    bool json, force;
    char *config, *output, *act, *classes;
    int scaling; /* og_import_scaling */
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"act", "activation", OG_OPTION_TEXT, offsetof(own_settings, act), "", 0, 0, NULL, "name or formula", "Network",
         "Activation function of every hidden layer, where it is not the usual one of the checkpoint's program"},
        {"classes", NULL, OG_OPTION_TEXT, offsetof(own_settings, classes), "", 0, 0, NULL, "names", "Network",
         "Names of the classes, separated by commas, the background first"},
        {"scaling", NULL, OG_OPTION_CHOICE, offsetof(own_settings, scaling), "auto", 0, 0, "auto|image|255|none", NULL,
         "Network",
         "What is done to pixels: image makes mean 0 and standard deviation 1 of each image, 255 divides by 255, auto does "
         "as the checkpoint's program"},
        OPTION_OUTPUT(own_settings, "folder", "Folder for the model, which predict, eval and export take"),
        {"force", NULL, OG_OPTION_FLAG, offsetof(own_settings, force), "false", 0, 0, NULL, NULL, "Output",
         "Replace a model that is there"},
        OPTION_JSON(own_settings),
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static og_status print_model(const own_settings *settings, const og_model *model)
{
    const og_net_spec *spec = og_net_spec_of(model->net);
    size_t weights = og_net_weight_count(model->net);
    if (settings->json)
        return print_json(json_pack("{s:s, s:s, s:i, s:i, s:i, s:I}", "model", settings->output, "preset",
                                    model->options.preset, "channels", spec->in_channels, "classes", spec->classes,
                                    "depth", spec->depth, "parameters", (json_int_t)weights),
                          10);
    printf("%s: %s, %d channel%s, %d classes, %d stages, %zu parameters\n", settings->output, model->options.preset,
           spec->in_channels, spec->in_channels == 1 ? "" : "s", spec->classes, spec->depth + 1, weights);
    return OG_OK;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_model model = {0};
    struct stat info;
    const og_import_options options = {settings->act, settings->classes, (og_import_scaling)settings->scaling};
    char *path = join_path(settings->output, "model.safetensors");
    if (!path)
        return fail(OG_ERR_MEMORY, "out of memory");
    if (stat(path, &info) == 0 && !settings->force)
        GO(fail(OG_ERR_FILE, "'%s' is there already; --force replaces it", path));
    GO(og_model_import(positionals[0], &options, &model));
    GO(make_folder(settings->output));
    GO(og_model_save(&model, path));
    GO(print_model(settings, &model));
done:
    og_model_deinit(&model);
    free(path);
    return status;
}

const cli_command import_command = {
    .name = "import",
    .summary = "make a model of another program's checkpoint",
    .positionals = {{"FILE", "a safetensors file with the checkpoint's tensors under their own names"}},
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Knows milesial's UNet, with transposed convolutions and bilinear, of any version, and nnU-Net's PlainConvUNet, by "
        "the names and shapes of their tensors; what stands before every name, as \"module.\", is left out. "
        "docs/networks.md says how to write such a file from a .pth.\n\n"
        "A network with one output, which a sigmoid makes a probability, becomes one with two classes.\n\n"
        "With --json: {\"model\", \"preset\", \"channels\", \"classes\", \"depth\", \"parameters\"}.",
    .examples = "  ogive import unet_carvana.safetensors -o carvana --classes background,car\n"
                "  ogive import nnunet.safetensors -o heart && ogive predict heart scan.nii.gz -o labels.nii.gz\n",
    .run = run,
};
