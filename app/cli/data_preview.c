/* ogive data preview DATA --output SHEET.png: what augmentation does to the user's own images. */
#include <stdio.h>
#include <string.h>

#include <ogive/data.h>
#include <ogive/report.h>
#include <ogive/train.h>

#include "command.h"
#include "failure.h"

typedef struct own_settings {
    char *image, *output, *config;
    bool quiet;
    og_data_options data;
    og_train_options train;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "file", "The picture to write, a PNG"),
        OPTION_QUIET(own_settings),
        {"image", NULL, OG_OPTION_TEXT, offsetof(own_settings, image), "", 0, 0, NULL, "name", "Picture",
         "Name of the training image to show, without its ending; otherwise the first that is not all background"},
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_dataset *data = NULL;
    size_t length = strlen(settings->output);
    if (length < 5 || strcmp(settings->output + length - 4, ".png") != 0)
        return fail(OG_ERR_ARGUMENT, "cannot write '%s': the sheet is a PNG; give a name that ends in .png",
                    settings->output);
    GO(og_dataset_open(positionals[0], &settings->data, &data));
    GO(og_report_augment(data, &settings->train, settings->image, settings->output));
    if (!settings->quiet)
        printf("%s\n", settings->output);
done:
    og_dataset_free(data);
    return status;
}

const cli_command data_preview_command = {
    .name = "data preview",
    .summary = "show on one of your images what each augmentation does",
    .positionals = {{"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .required = "output",
    .groups =
        {{own_options, 0, NULL, NULL},
         {og_data_option_table, offsetof(own_settings, data), "volumes", NULL},
         {og_train_option_table, offsetof(own_settings, train), NULL,
          "patch scale seed augment flip_x flip_y flip_z rotate zoom elastic noise blur brightness intensity contrast "
          "lowres tone_inverted tone gamma hue saturation cutout"}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Draws a sheet with a line for each augmentation: the original patch, then five draws of that augmentation alone "
        "at the strength that training would use, on every patch. An augmentation that is off is shown at its usual "
        "strength. The last line is all of them together, as training does it. Classes are tinted, with their edges in full "
        "colour: they must move with the picture. What lies outside of the image is dim; it is not learned from.",
    .examples = "  ogive data preview my-data -o sheet.png\n"
                "  ogive data preview my-data -o sheet.png --augment nnunet --elastic 20 --patch 256\n",
    .run = run,
};
