/* ogive data check DATA: read a data set, describe it, and look for mistakes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include <ogive/data.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "table.h"

typedef struct own_settings {
    bool json;
    char *config;
    og_data_options data;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {OPTION_JSON(own_settings), OPTION_CONFIG(own_settings)};
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static const char *const part_names[OG_PART_COUNT] = {"train", "validation"};

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static json_t *part_document(const og_dataset *data, const og_part_facts *facts)
{
    json_t *classes = json_array();
    for (int i = 0; i < og_dataset_class_count(data); i++)
        json_array_append_new(
            classes, json_pack("{s:i, s:s, s:I, s:I}", "index", i, "name", og_dataset_class_name(data, i), "pixels",
                               (json_int_t)facts->class_pixels[i], "images", (json_int_t)facts->class_images[i]));
    return json_pack("{s:I, s:I, s:I, s:o}", "images", (json_int_t)facts->count, "pixels", (json_int_t)facts->pixels,
                     "ignored", (json_int_t)facts->ignored, "classes", classes);
}

static og_status print_document(const og_dataset *data, const og_data_report *report)
{
    json_t *sizes = json_array(), *values = json_array(), *findings = json_array(), *parts = json_object();
    for (size_t i = 0; i < report->size_count; i++)
        json_array_append_new(sizes, json_pack("{s:i, s:i, s:I}", "height", report->sizes[i].h, "width",
                                               report->sizes[i].w, "images", (json_int_t)report->sizes[i].count));
    for (int i = 0; i < report->channels; i++) {
        const og_channel_facts *facts = &report->values[i];
        json_array_append_new(values, json_pack("{s:o, s:o, s:o, s:o}", "min", json_number(facts->min), "max",
                                                json_number(facts->max), "mean", json_number(facts->mean), "sd",
                                                json_number(facts->sd)));
    }
    for (size_t i = 0; i < report->finding_count; i++) {
        const og_finding *finding = &report->findings[i];
        const char *severity = finding->severity == OG_SEVERITY_WARNING ? "warning" : "note";
        json_array_append_new(findings, json_pack("{s:s, s:s}", "severity", severity, "text", finding->text));
    }
    for (int part = 0; part < OG_PART_COUNT; part++)
        json_object_set_new(parts, part_names[part], part_document(data, &report->parts[part]));
    return print_json(json_pack("{s:s, s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:I, s:o, s:o}", "name",
                                og_dataset_name(data), "layout", report->layout, "layout_name", report->layout_name,
                                "channels", report->channels, "class_count", report->class_count, "sizes", sizes,
                                "values", values, "parts", parts, "duplicates", (json_int_t)report->duplicates,
                                "copy_dice", json_number(report->copy_dice), "findings", findings),
                      10);
}

/* --- for people --------------------------------------------------------------------------------------------------- */

static void print_sizes(const og_data_report *report)
{
    enum { SHOWN = 6 };
    printf("  sizes (height x width):");
    for (size_t i = 0; i < report->size_count && i < SHOWN; i++)
        printf("%s %d x %d (%zu)", i ? "," : "", report->sizes[i].h, report->sizes[i].w, report->sizes[i].count);
    if (report->size_count > SHOWN)
        printf(", and %zu more", report->size_count - SHOWN);
    printf("\n");
}

static void print_classes(const og_dataset *data, const og_data_report *report)
{
    text_table table = {.align = "lrrrr"};
    table_cell(&table, "CLASS");
    for (int part = 0; part < OG_PART_COUNT; part++) {
        table_cell(&table, "%% OF %s PIXELS", part == OG_PART_TRAIN ? "TRAINING" : "VALIDATION");
        table_cell(&table, "IN IMAGES");
    }
    for (int i = 0; i < report->class_count; i++) {
        table_cell(&table, "%d %s", i, og_dataset_class_name(data, i));
        for (int part = 0; part < OG_PART_COUNT; part++) {
            const og_part_facts *facts = &report->parts[part];
            int64_t labelled = facts->pixels - facts->ignored;
            table_number(&table, 100.0 * (double)facts->class_pixels[i] / (double)labelled, 3);
            table_cell(&table, "%" PRId64, facts->class_images[i]);
        }
    }
    printf("\n");
    table_print(&table, stdout);
}

static void print_report(const og_dataset *data, const og_data_report *report)
{
    printf("%s: %s\n\n", og_dataset_name(data), report->layout);
    printf("  %zu training and %zu validation images, %d channel%s, %d classes\n", report->parts[OG_PART_TRAIN].count,
           report->parts[OG_PART_VALIDATION].count, report->channels, report->channels == 1 ? "" : "s",
           report->class_count);
    print_sizes(report);
    for (int i = 0; i < report->channels; i++)
        printf("  channel %d: %g to %g, mean %.4g, standard deviation %.4g\n", i, report->values[i].min,
               report->values[i].max, report->values[i].mean, report->values[i].sd);
    if (isfinite(report->copy_dice))
        printf("  copying the nearest training slice's mask reaches a mean Dice of %.3f: a network must beat that\n",
               report->copy_dice);
    print_classes(data, report);
    if (report->finding_count > 0)
        printf("\n");
    for (size_t i = 0; i < report->finding_count; i++)
        printf("  %s: %s\n", report->findings[i].severity == OG_SEVERITY_WARNING ? "WARNING" : "note",
               report->findings[i].text);
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_dataset *data = NULL;
    og_data_report *report = NULL;
    GO(og_dataset_open(positionals[0], &settings->data, &data));
    GO(og_data_report_new(data, &report));
    if (settings->json)
        GO(print_document(data, report));
    else
        print_report(data, report);
done:
    og_data_report_free(report);
    og_dataset_free(data);
    return status;
}

const cli_command data_check_command = {
    .name = "data check",
    .summary = "read a data set, describe it, and look for mistakes",
    .positionals = {{"DATA", "a folder with images and masks, a list of pairs, or a *.yaml file (docs/datasets.md)"}},
    .groups = {{own_options, 0, NULL, NULL}, {og_data_option_table, offsetof(own_settings, data), NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Reads every image and mask as training would. What makes training impossible (an image without mask, sizes that "
        "differ, a mask value outside the classes) is an error; what is likely to mislead is a warning.\n\n"
        "With --json: \"name\", \"layout\", \"layout_name\", \"channels\", \"class_count\", \"sizes\", \"values\", \"parts\" (\"train\", "
        "\"validation\"), \"duplicates\", \"copy_dice\", \"findings\" (\"severity\", \"text\").",
    .examples = "  ogive data check my-data\n"
                "  ogive data check examples/brain-lobes.yaml --json | jq .findings\n",
    .run = run,
};
