/* ogive net show [RUN]: stages, shapes, parameters, operations and memory of a network, before anything is run. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <ogive/cost.h>

#include "bench_pass.h"
#include "command.h"
#include "failure.h"
#include "output.h"
#include "table.h"

typedef struct own_settings {
    bool json, layers;
    char *config, *size;
    int64_t channels, classes;
    og_train_options network;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"size", NULL, OG_OPTION_TEXT, offsetof(own_settings, size), "256", 0, 0, NULL, "HxW", "Images",
         "Height and width of the images, of volumes slices, height and width, or one number for all"},
        OPTION_IMAGES(own_settings, "; a trained network's are its own"),
        {"layers", NULL, OG_OPTION_FLAG, offsetof(own_settings, layers), "false", 0, 0, NULL, NULL, "Output",
         "Print every operation, not only the stages"},
        OPTION_JSON(own_settings),
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static og_status parse_size(const char *text, bool volumes, int size[3])
{
    int length = 0, dims = volumes ? 3 : 2, *own = size + 3 - dims, count = 0;
    size[0] = 1;
    for (const char *at = text; count < dims && sscanf(at, "%5d%n", &own[count], &length) == 1 && own[count] > 0;) {
        count++;
        at += length;
        if (*at == 0 && (count == 1 || count == dims)) {
            for (; count < dims; count++)
                own[count] = own[0];
            return OG_OK;
        }
        at += *at == 'x';
    }
    return fail(OG_ERR_ARGUMENT, "option --size: '%s' is not %s, or one number", text,
                volumes ? "slices, height and width such as 16x128x96" : "a height and width such as 256x320");
}

/* --- for programs ------------------------------------------------------------------------------------------------- */

static json_t *memory_document(const og_memory_plan *m)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "program", (json_int_t)m->program, "weights",
                     (json_int_t)m->weights, "gradients", (json_int_t)m->gradients, "optimizer",
                     (json_int_t)m->optimizer, "packed", (json_int_t)m->packed, "arena", (json_int_t)m->arena,
                     "scratch", (json_int_t)m->scratch, "sums", (json_int_t)m->sums, "batch", (json_int_t)m->batch,
                     "total", (json_int_t)m->total);
}

static json_t *document_of(const og_net_outline *o)
{
    json_t *layers = json_array();
    for (size_t i = 0; i < o->node_count; i++) {
        const og_node_outline *n = &o->nodes[i];
        json_array_append_new(layers,
                              json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:f}", "name", n->name, "kind",
                                        n->kind, "stage", n->stage, "channels", n->channels, "d", n->d, "h", n->h, "w",
                                        n->w, "parameters", (json_int_t)n->params, "gflop", n->gflop));
    }
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:f, s:f, s:o, s:o, s:I, s:o}", "batch",
                     o->n, "channels", o->channels, "classes", o->classes, "d", o->d, "h", o->h, "w", o->w, "depth",
                     o->depth, "size_multiple", o->size_multiple, "size_least", o->size_least, "margin", o->margin,
                     "parameters", (json_int_t)o->params, "gflop", o->gflop, "training_gflop", o->training_gflop,
                     "inference_bytes", memory_document(&o->inference), "training_bytes", memory_document(&o->training),
                     "machine_bytes", (json_int_t)o->machine_bytes, "layers", layers);
}

/* --- for people --------------------------------------------------------------------------------------------------- */

/* "16 x 96 x 96", of images without the slices. */
static const char *size_text(char text[48], const og_net_outline *o, int d, int h, int w)
{
    if (o->volumes)
        snprintf(text, 48, "%d x %d x %d", d, h, w);
    else
        snprintf(text, 48, "%d x %d", h, w);
    return text;
}

static void print_row(text_table *table, const char *name, const char *size, int channels, int64_t params, double gflop)
{
    table_cell(table, "%s", name);
    table_cell(table, "%s", size);
    table_cell(table, "%d", channels);
    table_cell(table, "%lld", (long long)params);
    table_cell(table, "%.3f", gflop);
}

static void print_heading(text_table *table, const char *first)
{
    const char *const heading[] = {first, "size", "channels", "parameters", "GFLOP"};
    table->align = "lrrrr";
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_cell(table, "%s", heading[i]);
}

/* "encoder.0" of "encoder.0.conv.1", "bottleneck" of "bottleneck.conv.0"; returns the length. */
static size_t part_length(const char *name)
{
    size_t first = strcspn(name, ".");
    if (strncmp(name, "encoder.", 8) != 0 && strncmp(name, "decoder.", 8) != 0)
        return first;
    return first + 1 + strcspn(name + first + 1, ".");
}

/* Operations one behind the other that belong to one part are a row, of the last one's shape; a pooling counts to the
 * stage before it, whose shape it leaves. */
static void print_parts(const og_net_outline *o)
{
    text_table table = {0};
    print_heading(&table, "part");
    for (size_t i = 0; i < o->node_count;) {
        size_t length = part_length(o->nodes[i].name), last = i, end = i;
        int64_t params = 0;
        double gflop = 0;
        for (; end < o->node_count && part_length(o->nodes[end].name) == length &&
               strncmp(o->nodes[end].name, o->nodes[i].name, length) == 0;
             end++) {
            params += o->nodes[end].params;
            gflop += o->nodes[end].gflop;
            if (strcmp(o->nodes[end].kind, "pooling") != 0)
                last = end;
        }
        char name[96], size[48];
        const og_node_outline *n = &o->nodes[last];
        snprintf(name, sizeof name, "%.*s", (int)length, o->nodes[i].name);
        print_row(&table, name, size_text(size, o, n->d, n->h, n->w), n->channels, params, gflop);
        i = end;
    }
    table_print(&table, stdout);
}

static void print_layers(const og_net_outline *o)
{
    text_table table = {0};
    print_heading(&table, "operation");
    for (size_t i = 0; i < o->node_count; i++) {
        char size[48];
        const og_node_outline *n = &o->nodes[i];
        print_row(&table, n->name, size_text(size, o, n->d, n->h, n->w), n->channels, n->params, n->gflop);
    }
    table_print(&table, stdout);
}

static void print_memory(const og_net_outline *o)
{
    const og_memory_plan *a = &o->training, *b = &o->inference;
    const struct {
        const char *name;
        int64_t training, inference;
    } rows[] = {
        {"values and their gradients", a->arena, b->arena},
        {"weights", a->weights, b->weights},
        {"weights' gradients", a->gradients, b->gradients},
        {"optimiser", a->optimizer, b->optimizer},
        {"packed weights", a->packed, b->packed},
        {"scratch", a->scratch, b->scratch},
        {"sums", a->sums, b->sums},
        {"images, labels, results", a->batch, b->batch},
        {"program and libraries", a->program, b->program},
        {"in all", a->total, b->total},
    };
    text_table table = {.align = "lrr"};
    table_cell(&table, "memory");
    table_cell(&table, "training");
    table_cell(&table, "inference");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        table_cell(&table, "%s", rows[i].name);
        table_cell(&table, "%.1f MB", 1e-6 * (double)rows[i].training);
        table_cell(&table, "%.1f MB", 1e-6 * (double)rows[i].inference);
    }
    table_print(&table, stdout);
}

static void print_text(const own_settings *settings, const og_net_outline *o)
{
    char size[48];
    printf("  %s %s of %d channels, %d classes, %d at a time; ", size_text(size, o, o->d, o->h, o->w),
           o->volumes ? "volumes" : "images", o->channels, o->classes, o->n);
    if (o->margin > 0)
        printf("sides must be %d px and multiples of %d more\n  the result is %d x %d: %d px less at each side\n",
               o->size_least, o->size_multiple, o->h - 2 * o->margin, o->w - 2 * o->margin, o->margin);
    else
        printf("sides must be multiples of %d\n", o->size_multiple);
    if (o->volumes && o->slice_multiple > 1)
        printf("  slices must be a multiple of %d\n", o->slice_multiple);
    printf("  %lld parameters, %.2f GFLOP forward, %.2f with the backward pass\n\n", (long long)o->params, o->gflop,
           o->training_gflop);
    (settings->layers ? print_layers : print_parts)(o);
    printf("\n");
    print_memory(o);
}

/* What does not fit is said behind the figures; an error when not even inference does. */
static og_status check_memory(const og_net_outline *o)
{
    const char *hint = "use a smaller batch, size or network";
    if (o->machine_bytes <= 0)
        return OG_OK;
    if (o->inference.total > o->machine_bytes)
        return fail(OG_ERR_MEMORY, "inference needs %.0f MB; this machine has %.0f MB: %s",
                    1e-6 * (double)o->inference.total, 1e-6 * (double)o->machine_bytes, hint);
    if (o->training.total > o->machine_bytes)
        fprintf(stderr, "warning: training needs %.0f MB; this machine has %.0f MB: %s\n",
                1e-6 * (double)o->training.total, 1e-6 * (double)o->machine_bytes, hint);
    return OG_OK;
}

static og_status make_outline(const own_settings *settings, const char *run, og_net_outline *outline)
{
    og_model model = {0};
    int size[3];
    if (!run) {
        TRY(parse_size(settings->size, settings->network.dims == 1, size));
        return og_net_sketch(&settings->network, (int)settings->channels, (int)settings->classes, size[0], size[1],
                             size[2], outline);
    }
    TRY(og_model_load(run, &model));
    og_status status = parse_size(settings->size, model.options.dims == 1, size);
    if (status == OG_OK)
        status = og_model_sketch(&model, &settings->network, size[0], size[1], size[2], outline);
    og_model_deinit(&model);
    return status;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_net_outline outline = {0};
    GO(make_outline(settings, positionals[0], &outline));
    if (settings->json)
        GO(print_json(document_of(&outline), 6));
    else
        print_text(settings, &outline);
    status = check_memory(&outline);
done:
    og_net_outline_deinit(&outline);
    return status;
}

const cli_command net_show_command = {
    .name = "net show",
    .summary = "parts, shapes, parameters, operations and memory of a network",
    .positionals = {{"RUN", "a run's folder or a model file; without it, the network that the options describe"}},
    .optional = 1,
    .parallel = true,
    .groups = {{own_options, 0, NULL, NULL},
               {og_train_option_table, offsetof(own_settings, network), NULL, BENCH_NETWORK " optimizer loss"}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Tells what a network consists of and what training and inference on batches of one size need, before anything is "
        "run. With RUN only --size, --batch, --threads and --exact are read beside it.\n\n"
        "The memory is that of the process for such passes: 'ogive bench step' and 'ogive bench infer' peak within 10 % of "
        "it. 'ogive train' holds the data set's cache, batches ahead and, once it scores, inference of one image "
        "besides. GFLOP counts products and sums as direct convolutions need them.\n\n"
        "With --json: {\"batch\", \"channels\", \"classes\", \"d\", \"h\", \"w\", \"depth\", \"size_multiple\", \"size_least\", \"margin\", \"parameters\", \"gflop\", "
        "\"training_gflop\", \"inference_bytes\": {PART: bytes, \"total\"}, \"training_bytes\": {...}, \"machine_bytes\", "
        "\"layers\": [{\"name\", \"kind\", \"stage\", \"channels\", \"d\", \"h\", \"w\", \"parameters\", \"gflop\"}]}.",
    .examples =
        "  ogive net show --size 512 --batch 4\n"
        "  ogive net show --residual --norm group --skip attention --size 256x320 --json | jq .training_bytes.total\n",
    .run = run,
};
