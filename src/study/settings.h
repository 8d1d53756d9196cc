/* Options in a study's record: written under their names as numbers, true or false, or texts, and read again. */
#ifndef OG_STUDY_SETTINGS_H
#define OG_STUDY_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>

#include <ogive/option.h>

#include "base/status.h"

/* Add the options of a table to an object; those that `wanted` (NULL: all) is true of. */
og_status og__settings_describe(og_option_table table, const void *settings, bool (*wanted)(const og_option *option),
                                json_t *object);

/**
 * Fill settings with the defaults and what the object has; the object may be NULL.
 *
 * @param settings   released with og_options_deinit()
 */
og_status og__settings_restore(og_option_table table, const json_t *object, void *settings);

/**
 * Set the options that the object names; others stay.
 *
 * @return OG_OK, or OG_ERR_ARGUMENT for a name that the table does not have or a value that the option does not take
 */
og_status og__settings_apply(og_option_table table, const json_t *object, void *settings);

#endif
