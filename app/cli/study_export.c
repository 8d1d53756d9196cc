/* ogive study export STUDY: the runs as a table for other programs. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ogive/report.h>

#include "command.h"
#include "failure.h"
#include "output.h"

typedef struct own_settings {
    char *output, *score;
    int64_t format, layout;
} own_settings;

enum { FORMAT_AUTO, FORMAT_CSV, FORMAT_JSON };
enum { LAYOUT_RUNS, LAYOUT_BLOCKS };

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "file", "File to write; left out, standard output"),
        {"format", "f", OG_OPTION_CHOICE, offsetof(own_settings, format), "auto", 0, 0, "auto|csv|json", NULL, "Output",
         "Form of the table; auto is json for a file *.json, else csv"},
        {"layout", "l", OG_OPTION_CHOICE, offsetof(own_settings, layout), "runs", 0, 0, "runs|blocks", NULL, "Output",
         "A row for every run, with all its numbers; or a row for every block, with one score of every activation"},
        {"score", "s", OG_OPTION_TEXT, offsetof(own_settings, score), "dice", 0, 0, NULL, "column", "Output",
         "Column of the runs that --layout blocks shows"},
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* --- a row for every block --------------------------------------------------------------------------------------- */

/* What runs share in a block; the rest of a block's row are activations. */
static const char *const keys[] = {"seed", "fold", "epochs", "width"};
enum { KEYS = sizeof keys / sizeof keys[0] };

static bool is_of_block(const json_t *run, const json_t *block)
{
    for (int i = 0; i < KEYS; i++) {
        const json_t *left = json_object_get(run, keys[i]), *right = json_object_get(block, keys[i]);
        if (left && !json_equal(left, right))
            return false;
    }
    return true;
}

static json_t *find_block(json_t *blocks, const json_t *run)
{
    size_t i;
    json_t *block;
    json_array_foreach(blocks, i, block)
        if (is_of_block(run, block))
            return block;
    block = json_object();
    for (int k = 0; k < KEYS; k++) {
        json_t *value = json_object_get(run, keys[k]);
        if (value)
            json_object_set(block, keys[k], value);
    }
    json_array_append_new(blocks, block);
    return block;
}

static og_status spread_blocks(const json_t *runs, const char *score, json_t **blocks)
{
    size_t i;
    const json_t *run;
    *blocks = json_array();
    json_array_foreach(runs, i, run) {
        json_t *value = json_object_get(run, score);
        if (!value)
            return fail(OG_ERR_NAME,
                        "score: the runs have no column '%s'; 'ogive study export STUDY | head -n 1' names them",
                        score);
        json_object_set(find_block(*blocks, run), json_string_value(json_object_get(run, "act")), value);
    }
    return OG_OK;
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static void print_value(FILE *file, const json_t *value)
{
    if (json_is_string(value))
        print_csv_text(file, json_string_value(value));
    else if (json_is_integer(value))
        fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        fprintf(file, "%.17g", json_real_value(value));
}

/* The columns are those of the row that has most: a block that is not complete has fewer. */
static void print_csv(FILE *file, const json_t *rows)
{
    const json_t *widest = NULL, *row;
    size_t i;
    json_array_foreach(rows, i, row)
        if (!widest || json_object_size(row) > json_object_size(widest))
            widest = row;
    const char *key, *comma = "";
    json_t *unused;
    json_object_foreach((json_t *)widest, key, unused) {
        fputs(comma, file);
        print_csv_text(file, key);
        comma = ",";
    }
    fputc('\n', file);
    json_array_foreach(rows, i, row) {
        comma = "";
        json_object_foreach((json_t *)widest, key, unused) {
            fputs(comma, file);
            print_value(file, json_object_get(row, key));
            comma = ",";
        }
        fputc('\n', file);
    }
}

static og_status save_csv(const char *path, const json_t *rows)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    print_csv(file, rows);
    int failed = ferror(file);
    if (fclose(file) != 0 || failed)
        return fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    return OG_OK;
}

static bool is_json(const own_settings *settings)
{
    size_t length = strlen(settings->output);
    if (settings->format == FORMAT_AUTO)
        return length > 5 && strcmp(settings->output + length - 5, ".json") == 0;
    return settings->format == FORMAT_JSON;
}

static og_status write_rows(const own_settings *settings, json_t *rows)
{
    if (is_json(settings))
        return settings->output[0] ? save_json(settings->output, rows) : print_json(json_incref(rows), 17);
    if (settings->output[0])
        return save_csv(settings->output, rows);
    print_csv(stdout, rows);
    return OG_OK;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    char *text;
    json_t *runs = NULL, *blocks = NULL;
    GO(og_report_rows(positionals[0], &text));
    GO(read_json(text, &runs));
    if (json_array_size(runs) == 0)
        GO(fail(OG_ERR_DATA, "the study '%s' has no run yet that is done", positionals[0]));
    if (settings->layout == LAYOUT_BLOCKS)
        GO(spread_blocks(runs, settings->score, &blocks));
    status = write_rows(settings, blocks ? blocks : runs);
done:
    json_decref(blocks);
    json_decref(runs);
    return status;
}

const cli_command study_export_command = {
    .name = "study export",
    .summary = "write the runs of a study as CSV or JSON",
    .positionals = {{"STUDY", "the folder of a study that 'ogive compare' began"}},
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "One row for every run that is done: act, id, seed, status, dice, iou (means over the classes; 0 where the run failed), "
        "dice_NAME and iou_NAME of every class but the background, ms_per_step, peak_bytes, train_s, elapsed_s. A number that "
        "is not known is empty, or null. Runs of a search have stage, epochs and width, too.\n\n"
        "With --layout blocks one row for every seed and one column for every activation: what autorank and other statistics "
        "packages take.",
    .examples = "  ogive study export study -o runs.csv\n"
                "  ogive study export study --layout blocks -o dice.csv\n"
                "  ogive study export study --layout blocks --score iou --format json\n",
    .run = run,
};
