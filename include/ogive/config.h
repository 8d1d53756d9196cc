/* Configuration files: the options of one or several tables as `name: value` lines of a YAML file. */
#ifndef OGIVE_CONFIG_H
#define OGIVE_CONFIG_H

#include <stddef.h>

#include <ogive/option.h>
#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An option table with the settings that it fills. */
typedef struct og_config_target {
    og_option_table table;
    void *settings;
} og_config_target;

/**
 * Set options from a file. A key is an option's name or alias ('_' and '-' are the same); a list of values stands for
 * the same values joined by commas; the first target that knows a key takes it.
 *
 * @return OG_OK, OG_ERR_FILE, OG_ERR_SYNTAX, OG_ERR_NAME for an unknown key (with the nearest name), or OG_ERR_ARGUMENT
 *         for a value out of order; each but OG_ERR_FILE with file and line
 */
OG_API og_status og_config_load(const char *path, const og_config_target *targets, size_t count);

#ifdef __cplusplus
}
#endif
#endif
