#include <ogive/preset.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "format/safetensors.h"
#include "train/model.h"

static const og_preset rows[] = {
#define OG_PRESET(name, about, settings) {name, about, settings},
#include "train/presets.def"
#undef OG_PRESET
};

enum { PRESETS = sizeof rows / sizeof rows[0] };

size_t og_preset_count(void)
{
    return PRESETS;
}

const og_preset *og_preset_at(size_t index)
{
    return &rows[index];
}

static const og_preset *find_preset(const char *name)
{
    for (size_t i = 0; i < PRESETS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static og_status fail_unknown(const char *name)
{
    const char *names[PRESETS];
    og__text all = {0};
    for (size_t i = 0; i < PRESETS; i++) {
        names[i] = rows[i].name;
        og__text_format(&all, "%s%s", i ? ", " : "", rows[i].name);
    }
    const char *near = og__nearest_name(name, names, PRESETS);
    og_status status = og__fail(OG_ERR_NAME, "option 'preset': there is no '%s', only %s%s%s%s", name,
                                og__text_get(&all), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    og__text_deinit(&all);
    return status;
}

og_status og_preset_apply(og_train_options *options)
{
    og_status status = OG_OK;
    char *copy, *rest;
    if (!options->preset[0])
        return OG_OK;
    const og_preset *preset = find_preset(options->preset);
    if (!preset)
        return fail_unknown(options->preset);
    OG_TRY(og__copy_text(preset->settings, &copy));
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
    og_option_table table = og_train_option_table();
    og__safetensors *file = NULL;
    char *found;
    if (!options->from[0])
        return OG_OK;
    OG_TRY(og__model_find(options->from, &found));
    OG_GO(og__safetensors_load(found, &file));
    for (size_t i = 0; i < table.count; i++) {
        char key[128];
        snprintf(key, sizeof key, "option.%s", table.options[i].name);
        const char *value = og__safetensors_metadata(file, key);
        if (value && strcmp(table.options[i].topic, "Network") == 0)
            OG_GO(og_option_set(&table.options[i], options, value));
    }
done:
    if (status != OG_OK)
        status = og__fail_in(status, "from = %s", options->from);
    og__safetensors_free(file);
    free(found);
    return status;
}
