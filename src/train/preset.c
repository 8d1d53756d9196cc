#include <ogive/preset.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "format/safetensors.h"
#include "train/model.h"

static const og_preset networks[] = {
#define OG_PRESET(name, about, settings) {name, about, settings},
#include "train/presets.def"
#undef OG_PRESET
};

static const og_preset recipes[] = {
#define OG_PRESET(name, about, settings) {name, about, settings},
#include "train/recipes.def"
#undef OG_PRESET
};

enum { NETWORKS = sizeof networks / sizeof networks[0], RECIPES = sizeof recipes / sizeof recipes[0], ROWS_MAX = 64 };

/* The rows that an option names. */
typedef struct rows {
    const char *option;
    const og_preset *rows;
    size_t count;
} rows;

static const rows of_networks = {"preset", networks, NETWORKS}, of_recipes = {"recipe", recipes, RECIPES};

size_t og_preset_count(void)
{
    return NETWORKS;
}

const og_preset *og_preset_at(size_t index)
{
    return &networks[index];
}

size_t og_recipe_count(void)
{
    return RECIPES;
}

const og_preset *og_recipe_at(size_t index)
{
    return &recipes[index];
}

static const og_preset *find_row(const rows *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->rows[i].name, name) == 0)
            return &t->rows[i];
    return NULL;
}

static og_status fail_unknown(const rows *t, const char *name)
{
    const char *names[ROWS_MAX];
    og__text all = {0};
    for (size_t i = 0; i < t->count; i++) {
        names[i] = t->rows[i].name;
        og__text_format(&all, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = og__nearest_name(name, names, t->count);
    og_status status = og__fail(OG_ERR_NAME, "option '%s': there is no '%s', only %s%s%s%s", t->option, name,
                                og__text_get(&all), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    og__text_deinit(&all);
    return status;
}

static og_status apply_row(const rows *t, const char *name, og_train_options *options)
{
    og_status status = OG_OK;
    char *copy, *rest;
    if (!name[0])
        return OG_OK;
    const og_preset *row = find_row(t, name);
    if (!row)
        return fail_unknown(t, name);
    OG_TRY(og__copy_text(row->settings, &copy));
    rest = copy;
    for (char *item; status == OG_OK && (item = strsep(&rest, " ")) != NULL;) {
        char *value = strchr(item, '=');
        *value++ = '\0';
        status = og_option_set(og_option_find(og_train_option_table(), item), options, value);
    }
    free(copy);
    return status;
}

og_status og_preset_apply_model(og_train_options *options)
{
    og_status status = OG_OK;
    og_option_table all = og_train_option_table();
    og__safetensors *file = NULL;
    char *found;
    if (!options->from[0])
        return OG_OK;
    OG_TRY(og__model_find(options->from, &found));
    OG_GO(og__safetensors_load(found, &file));
    for (size_t i = 0; i < all.count; i++) {
        char key[128];
        snprintf(key, sizeof key, "option.%s", all.options[i].name);
        const char *value = og__safetensors_metadata(file, key);
        if (value && strcmp(all.options[i].topic, "Network") == 0)
            OG_GO(og_option_set(&all.options[i], options, value));
    }
done:
    if (status != OG_OK)
        status = og__fail_in(status, "from = %s", options->from);
    og__safetensors_free(file);
    free(found);
    return status;
}

og_status og_preset_apply(og_train_options *options)
{
    return apply_row(&of_networks, options->preset, options);
}

og_status og_recipe_apply(og_train_options *options)
{
    return apply_row(&of_recipes, options->recipe, options);
}
