/* ogive data check DATA: read a data set, describe it, and look for mistakes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ogive/data.h>
#include <ogive/net.h>
#include <ogive/report.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "table.h"

typedef struct own_settings {
    bool json;
    char *preview, *config;
    og_data_options data;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_JSON(own_settings),
        {"preview", NULL, OG_OPTION_TEXT, offsetof(own_settings, preview), "", 0, 0, NULL, "file", "Output",
         "Write images beside their masks to FILE.png, or all of them to sheets in a folder"},
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static const char *const part_names[OG_PART_COUNT] = {"train", "validation"};

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static json_t *part_document(const og_dataset *data, const og_part_facts *facts)
{
    json_t *classes = json_array();
    for (int i = 0; i < og_dataset_class_count(data); i++)
        json_array_append_new(classes, json_pack("{s:i, s:o, s:I, s:I}", "index", i, "name",
                                                 json_text(og_dataset_class_name(data, i)), "pixels",
                                                 (json_int_t)facts->class_pixels[i], "images",
                                                 (json_int_t)facts->class_images[i]));
    return json_pack("{s:I, s:I, s:I, s:o}", "images", (json_int_t)facts->count, "pixels", (json_int_t)facts->pixels,
                     "ignored", (json_int_t)facts->ignored, "classes", classes);
}

static json_t *mask_document(const og_data_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->mask_value_count; i++) {
        const og_mask_value *value = &report->mask_values[i];
        json_t *class_index = value->class_index == OG_LABEL_IGNORE ? json_null() : json_integer(value->class_index);
        json_array_append_new(list, json_pack("{s:s, s:o, s:b, s:I, s:I}", "value", value->text, "class", class_index,
                                              "between", value->between, "pixels", (json_int_t)value->pixels, "masks",
                                              (json_int_t)value->files));
    }
    return list;
}

/* [{"name", "classes": [index], "writes": index}] */
static json_t *region_documents(const og_dataset *data)
{
    const og_regions *regions = og_dataset_regions(data);
    json_t *rows = json_array();
    for (int r = 0; r < regions->count; r++) {
        json_t *classes = json_array();
        for (int k = 0; k < og_dataset_class_count(data); k++)
            if (regions->of_class[k] >> r & 1)
                json_array_append_new(classes, json_integer(k));
        json_array_append_new(rows, json_pack("{s:s, s:o, s:i}", "name", og_dataset_region_name(data, r), "classes",
                                              classes, "writes", (int)regions->writes[r]));
    }
    return rows;
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
        json_array_append_new(findings,
                              json_pack("{s:s, s:o}", "severity", severity, "text", json_text(finding->text)));
    }
    json_t *spacing = json_pack("{s:[f, f], s:[f, f]}", "min", report->spacing_min[0], report->spacing_min[1], "max",
                                report->spacing_max[0], report->spacing_max[1]);
    for (int part = 0; part < OG_PART_COUNT; part++)
        json_object_set_new(parts, part_names[part], part_document(data, &report->parts[part]));
    return print_json(json_pack("{s:o, s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "name",
                                json_text(og_dataset_name(data)), "layout", report->layout, "layout_name",
                                report->layout_name, "channels", report->channels, "class_count", report->class_count,
                                "sizes", sizes, "values", values, "regions", region_documents(data), "mask_values",
                                mask_document(report), "spacing", spacing, "parts", parts, "duplicates",
                                (json_int_t)report->duplicates, "near_duplicates", (json_int_t)report->near_duplicates,
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

/* What each mask value means; the many between those of the classes as one line. */
static void print_mask_values(const og_dataset *data, const og_data_report *report)
{
    enum { SHOWN = 40 };
    text_table table = {.align = "lrrl"};
    int64_t total = 0, between = 0;
    size_t between_count = 0, shown = 0;
    for (size_t i = 0; i < report->mask_value_count; i++)
        total += report->mask_values[i].pixels;
    table_cell(&table, "MASK VALUE");
    table_cell(&table, "%% OF PIXELS");
    table_cell(&table, "IN MASKS");
    table_cell(&table, "READ AS");
    for (size_t i = 0; i < report->mask_value_count; i++) {
        const og_mask_value *value = &report->mask_values[i];
        between += value->between ? value->pixels : 0;
        between_count += value->between;
        if (value->between || shown++ >= SHOWN)
            continue;
        table_cell(&table, "%s", value->text);
        table_number(&table, 100.0 * (double)value->pixels / (double)total, 3);
        table_cell(&table, "%" PRId64, value->files);
        if (value->class_index == OG_LABEL_IGNORE)
            table_cell(&table, "not scored");
        else
            table_cell(&table, "%d %s", value->class_index, og_dataset_class_name(data, value->class_index));
    }
    if (between_count) {
        table_cell(&table, "%zu in between", between_count);
        table_number(&table, 100.0 * (double)between / (double)total, 3);
        table_cell(&table, " ");
        table_cell(&table, "the nearest");
    }
    printf("\n");
    table_print(&table, stdout);
    if (shown > SHOWN)
        printf("  and %zu more\n", shown - SHOWN);
}

/* Whether masks hold nothing but the numbers of the classes. */
static bool is_plain(const og_data_report *report)
{
    char text[16];
    for (size_t i = 0; i < report->mask_value_count; i++) {
        snprintf(text, sizeof text, "%d", report->mask_values[i].class_index);
        if (strcmp(text, report->mask_values[i].text) != 0)
            return false;
    }
    return true;
}

static void print_regions(const og_dataset *data)
{
    const og_regions *regions = og_dataset_regions(data);
    for (int r = 0; r < regions->count; r++) {
        printf("%s  region %d, %s:", r == 0 ? "\n" : "", r + 1, og_dataset_region_name(data, r));
        for (int k = 0, shown = 0; k < og_dataset_class_count(data); k++)
            if (regions->of_class[k] >> r & 1)
                printf("%s %s", shown++ ? "," : "", og_dataset_class_name(data, k));
        printf("; written as %s\n", og_dataset_class_name(data, regions->writes[r]));
    }
}

static void print_report(const og_dataset *data, const og_data_report *report)
{
    enum { CHANNELS_SHOWN = 8 };
    printf("%s: %s\n\n", og_dataset_name(data), report->layout);
    printf("  %zu training and %zu validation images, %d channel%s, %d classes\n", report->parts[OG_PART_TRAIN].count,
           report->parts[OG_PART_VALIDATION].count, report->channels, report->channels == 1 ? "" : "s",
           report->class_count);
    print_sizes(report);
    for (int i = 0; i < report->channels && i < CHANNELS_SHOWN; i++)
        printf("  channel %d: %g to %g, mean %.4g, standard deviation %.4g\n", i, report->values[i].min,
               report->values[i].max, report->values[i].mean, report->values[i].sd);
    if (report->channels > CHANNELS_SHOWN)
        printf("  and %d more channels (--json)\n", report->channels - CHANNELS_SHOWN);
    if (isfinite(report->copy_dice))
        printf("  copying the nearest training slice's mask reaches a mean Dice of %.3f: a network must beat that\n",
               report->copy_dice);
    if (report->spacing_min[0] != 1 || report->spacing_max[0] != 1 || report->spacing_min[1] != 1 ||
        report->spacing_max[1] != 1)
        printf("  spacing of rows %.3g to %.3g mm, of columns %.3g to %.3g mm\n", report->spacing_min[0],
               report->spacing_max[0], report->spacing_min[1], report->spacing_max[1]);
    if (!is_plain(report))
        print_mask_values(data, report);
    print_classes(data, report);
    print_regions(data);
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
    if (*settings->preview)
        GO(og_report_contact(data, settings->preview));
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
        "Reads every image and mask as training would, and says how the data set was understood: its layout, what the "
        "values in masks mean, which images are held out. What makes training impossible (an image without mask, sizes that "
        "differ, a mask value outside the classes) is an error; what is likely to mislead is a warning: images in both parts "
        "or nearly so, slices beside each other, classes that never occur, smoothed masks. Look at the pictures that "
        "--preview writes: does each mask lie on its image?\n\n"
        "With --json: \"name\", \"layout\", \"layout_name\", \"channels\", \"class_count\", \"sizes\", \"values\", "
        "\"regions\", \"mask_values\", \"spacing\", \"parts\" (\"train\", \"validation\"), \"duplicates\", \"near_duplicates\", "
        "\"copy_dice\", \"findings\" (\"severity\", \"text\").",
    .examples = "  ogive data check my-data\n"
                "  ogive data check my-data --preview sheet.png\n"
                "  ogive data check examples/brain-lobes.yaml --json | jq .findings\n",
    .run = run,
};
