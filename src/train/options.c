#include "train/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/status.h"
#include "data/sides.h"

/* --- does each row's type fit its field? --- */

#define FIELD_INT int64_t
#define FIELD_REAL double
#define FIELD_TEXT char *
#define FIELD_LIST char *
#define FIELD_FLAG bool
#define FIELD_CHOICE int
#define OG_TRAIN_OPTION(field, name, alias, type, initial, min, max, choices, unit, topic, help)                       \
    _Static_assert(_Generic(((og_train_options *)0)->field, FIELD_##type : 1, default : 0), name);
#include "train/options.def"
#undef OG_TRAIN_OPTION

static const og_option rows[] = {
#define OG_TRAIN_OPTION(field, name, alias, type, initial, min, max, choices, unit, topic, help)                       \
    {name, alias, OG_OPTION_##type, offsetof(og_train_options, field), initial, min, max, choices, unit, topic, help},
#include "train/options.def"
#undef OG_TRAIN_OPTION
#define HELP_VALUES ""
#define HELP_SLICES "; in volumes within slices, all alike"
#define HELP_SPACE "; in volumes along three axes"
#define HELP_ONLY ""
#define OG_AUGMENT(id, field, range, max, usual, light, nnunet, nnunet_3d, volumes, unit, help)                        \
    {#field,                                                                                                           \
     NULL,                                                                                                             \
     OG_OPTION_TEXT,                                                                                                   \
     offsetof(og_train_options, field),                                                                                \
     "",                                                                                                               \
     0,                                                                                                                \
     0,                                                                                                                \
     "off",                                                                                                            \
     unit,                                                                                                             \
     "Augmentation",                                                                                                   \
     help HELP_##volumes " (light " light ", nnunet " nnunet ", for volumes " nnunet_3d ")"},
#include "data/augment.def"
#undef OG_AUGMENT
};

og_option_table og_train_option_table(void)
{
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

og_status og__train_options_copy(const og_train_options *options, og_train_options *copy)
{
    og_option_table table = og_train_option_table();
    OG_TRY(og_options_init(table, copy));
    for (size_t i = 0; i < table.count; i++) {
        char *value;
        og_status status = og_option_get(&table.options[i], options, &value);
        if (status == OG_OK)
            status = og_option_set(&table.options[i], copy, value);
        free(value);
        if (status != OG_OK) {
            og_options_deinit(table, copy);
            return status;
        }
    }
    return OG_OK;
}

bool og__train_option_matters(const og_option *option)
{
    static const char *const others[] = {"preset", "threads", "data-threads"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(option->name, others[i]) == 0)
            return false;
    return true;
}

og_status og__train_options_augment(const og_train_options *options, og_augment_options *augment)
{
    const char *const texts[OG_AUGMENT_COUNT] = {
#define OG_AUGMENT(id, field, range, max, usual, light, nnunet, nnunet_3d, volumes, unit, help) options->field,
#include "data/augment.def"
#undef OG_AUGMENT
    };
    return og__augment_parse((og__augment_set)options->augment, options->dims + 2, texts, augment);
}

og_status og__train_options_patch(const og_train_options *options, int *d, int *h, int *w)
{
    int sides[3];
    OG_TRY(og__sides_parse(options->patch, options->dims + 2, sides));
    *d = sides[0];
    *h = sides[1];
    *w = sides[2];
    return OG_OK;
}

og_status og__train_options_resolution(const og_train_options *options, og__resolution *resolution)
{
    return og__resolution_make(options->scale, options->spacing, options->dims + 2, resolution);
}

int og__train_depth(const og_train_options *options, int h, int w)
{
    enum { EDGE_LEAST = 4 }; /* px that nnU-Net leaves at the bottleneck */
    int edge = h < w ? h : w, depth = 1;
    if (options->depth > 0)
        return (int)options->depth;
    while (depth < OG_DEPTH_MAX && edge >> (depth + 1) >= EDGE_LEAST)
        depth++;
    return depth;
}

int og__train_threads(const og_train_options *options)
{
    return options->threads > 0 ? (int)options->threads : og__cpu_count();
}
