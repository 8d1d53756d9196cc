#include <ogive/config.h>

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/yaml.h"

static og_status fail_unknown(const og__yaml *key, const og_config_target *targets, size_t count)
{
    og_status status = OG_OK;
    const char **names = NULL;
    size_t total = 0, used = 0;
    for (size_t t = 0; t < count; t++)
        total += targets[t].table.count;
    OG_GO(og__alloc(total, sizeof *names, &names));
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < targets[t].table.count; i++)
            names[used++] = targets[t].table.options[i].name;
    const char *nearest = og__nearest_name(og__yaml_scalar(key), names, used);
    if (nearest)
        status =
            og__yaml_fail(OG_ERR_NAME, key, "unknown option '%s'; did you mean '%s'?", og__yaml_scalar(key), nearest);
    else
        status = og__yaml_fail(OG_ERR_NAME, key, "unknown option '%s'; --help lists the options", og__yaml_scalar(key));
done:
    free(names);
    return status;
}

/* The value as the command line would have it: items of a list are separated by commas. */
static og_status set_value(const og_option *option, const og__yaml *value, const char *key, void *settings)
{
    og_status status = OG_OK;
    og__text text = {0};
    size_t count = og__yaml_count(value);
    if (og__yaml_kind_of(value) != OG_YAML_LIST) {
        OG_TRY(og__yaml_expect(value, key, OG_YAML_SCALAR));
        return og_option_set(option, settings, og__yaml_scalar(value));
    }
    for (size_t i = 0; i < count; i++) {
        OG_GO(og__yaml_expect(og__yaml_at(value, i), key, OG_YAML_SCALAR));
        og__text_format(&text, "%s%s", i ? "," : "", og__yaml_scalar(og__yaml_at(value, i)));
    }
    OG_GO(og__text_status(&text));
    status = og_option_set(option, settings, og__text_get(&text));
done:
    og__text_deinit(&text);
    return status;
}

/* An option that is a list: one item, a list of items, or a map, whose entries are the items KEY=VALUE. */
static og_status set_list(const og_option *option, const og__yaml *value, const char *key, void *settings)
{
    og_status status = OG_OK;
    og__text item = {0};
    og__yaml_kind kind = og__yaml_kind_of(value);
    OG_TRY(og_option_set(option, settings, ""));
    if (kind != OG_YAML_LIST && kind != OG_YAML_MAP) {
        OG_TRY(og__yaml_expect(value, key, OG_YAML_SCALAR));
        return og_option_add(option, settings, og__yaml_scalar(value));
    }
    for (size_t i = 0; i < og__yaml_count(value); i++) {
        og__text_deinit(&item);
        OG_GO(og__yaml_expect(og__yaml_at(value, i), key, OG_YAML_SCALAR));
        if (kind == OG_YAML_MAP)
            og__text_format(&item, "%s=", og__yaml_scalar(og__yaml_key_at(value, i)));
        og__text_add(&item, og__yaml_scalar(og__yaml_at(value, i)));
        OG_GO(og__text_status(&item));
        OG_GO(og_option_add(option, settings, og__text_get(&item)));
    }
done:
    og__text_deinit(&item);
    return status;
}

static og_status set_entry(const og__yaml *key, const og__yaml *value, const og_config_target *targets, size_t count)
{
    const char *name = og__yaml_scalar(key);
    const og_option *option = NULL;
    void *settings = NULL;
    for (size_t t = 0; t < count && !option; t++) {
        option = og_option_find(targets[t].table, name);
        settings = targets[t].settings;
    }
    if (!option)
        return fail_unknown(key, targets, count);
    og_status status = option->type == OG_OPTION_LIST ? set_list(option, value, name, settings)
                                                      : set_value(option, value, name, settings);
    return status == OG_OK || status == OG_ERR_SYNTAX ? status : og__yaml_fail(status, key, "%s", og_error_text());
}

og_status og_config_load(const char *path, const og_config_target *targets, size_t count)
{
    og_status status = OG_OK;
    og__yaml *root;
    OG_TRY(og__yaml_load(path, &root));
    if (og__yaml_kind_of(root) != OG_YAML_NULL)
        OG_GO(og__yaml_expect(root, "a configuration", OG_YAML_MAP));
    for (size_t i = 0; i < og__yaml_count(root); i++)
        OG_GO(set_entry(og__yaml_key_at(root, i), og__yaml_at(root, i), targets, count));
done:
    og__yaml_free(root);
    return status;
}
