/* Presets: published networks by name, and recipes: ways to train by name; both as the options that make them. */
#ifndef OGIVE_PRESET_H
#define OGIVE_PRESET_H

#include <stddef.h>

#include <ogive/status.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_preset {
    const char *name;     /* "milesial" */
    const char *about;    /* one sentence without a full stop */
    const char *settings; /* "depth=4 width=64": options by name, separated by spaces */
} og_preset;

OG_API size_t og_preset_count(void);
OG_API const og_preset *og_preset_at(size_t index);

/** Recipes, in the same form. */
OG_API size_t og_recipe_count(void);
OG_API const og_preset *og_recipe_at(size_t index);

/**
 * Set the options that `options->preset` names, or `options->recipe`; those that were set otherwise must be set again
 * afterwards.
 *
 * @return OG_OK, also for "", or OG_ERR_NAME for an unknown preset or recipe, with the nearest
 */
OG_API og_status og_preset_apply(og_train_options *options);
OG_API og_status og_recipe_apply(og_train_options *options);

/**
 * Likewise with the network of the model that `options->from` names; a file without settings, of another program,
 * leaves the options as they are.
 *
 * @return OG_OK, also for "", or what reading the file finds
 */
OG_API og_status og_preset_apply_model(og_train_options *options);

#ifdef __cplusplus
}
#endif
#endif
