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

/* The value as the command line would have it. */
static og_status value_text(const og__yaml *value, const char *key, og__text *text)
{
    if (og__yaml_kind_of(value) != OG_YAML_LIST) {
        OG_TRY(og__yaml_expect(value, key, OG_YAML_SCALAR));
        og__text_add(text, og__yaml_scalar(value));
        return og__text_status(text);
    }
    for (size_t i = 0; i < og__yaml_count(value); i++) {
        OG_TRY(og__yaml_expect(og__yaml_at(value, i), key, OG_YAML_SCALAR));
        og__text_format(text, "%s%s", i ? "," : "", og__yaml_scalar(og__yaml_at(value, i)));
    }
    return og__text_status(text);
}

static og_status set_entry(const og__yaml *key, const og__yaml *value, const og_config_target *targets, size_t count)
{
    og_status status = OG_OK;
    og__text text = {0};
    const char *name = og__yaml_scalar(key);
    const og_option *option = NULL;
    void *settings = NULL;
    for (size_t t = 0; t < count && !option; t++) {
        option = og_option_find(targets[t].table, name);
        settings = targets[t].settings;
    }
    if (!option)
        return fail_unknown(key, targets, count);
    OG_GO(value_text(value, name, &text));
    status = og_option_set(option, settings, og__text_get(&text));
    if (status != OG_OK)
        status = og__yaml_fail(status, key, "%s", og_error_text());
done:
    og__text_deinit(&text);
    return status;
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
