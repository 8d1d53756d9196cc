/* Options: one table per topic declares each option once; flags, configuration keys, validation,
 * help, manual pages and checkpoint metadata all read it. */
#ifndef OGIVE_OPTION_H
#define OGIVE_OPTION_H

#include <stddef.h>

#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum og_option_type {
    OG_OPTION_INT,    /* int64_t */
    OG_OPTION_REAL,   /* double */
    OG_OPTION_TEXT,   /* char *, owned by the settings; may be NULL only before og_options_init() */
    OG_OPTION_FLAG,   /* bool; on the command line without a value, or --no-NAME */
    OG_OPTION_CHOICE, /* int: the index into `choices` */
    OG_OPTION_LIST,   /* char * like TEXT, one item per line; on the command line given once per item */
} og_option_type;

typedef struct og_option {
    const char *name;  /* "learning-rate": flag --learning-rate, configuration key learning_rate or learning-rate */
    const char *alias; /* a second flag ("lr"), or NULL */
    og_option_type type;
    size_t offset;       /* of the field in the settings struct */
    const char *initial; /* default, as the user would type it */
    double min, max;     /* range of INT and REAL, both ends included */
    const char *choices; /* CHOICE: "sgd|adam|adamw"; TEXT: the value that --no-NAME stands for, or NULL */
    const char *unit;    /* "epochs", "px", ..., or NULL */
    const char *topic;   /* heading in help: "Network", "Training", ... */
    const char *help;    /* one sentence without a full stop */
} og_option;

/** A table of options that fill one settings struct. */
typedef struct og_option_table {
    const og_option *options;
    size_t count;
} og_option_table;

/** Set every field of `settings` to its default. Release with og_options_deinit(). */
OG_API og_status og_options_init(og_option_table table, void *settings);

/** Release the texts in `settings`. */
OG_API void og_options_deinit(og_option_table table, void *settings);

/** Find an option by name or alias ('_' and '-' are the same); NULL when there is none. */
OG_API const og_option *og_option_find(og_option_table table, const char *name);

/**
 * Set one field from text ("3", "1e-3", "adam", "true").
 *
 * @return OG_OK, or OG_ERR_ARGUMENT with name, value, and the range or choices; the field is then unchanged
 */
OG_API og_status og_option_set(const og_option *option, void *settings, const char *value);

/**
 * Add an item to the field of a LIST, behind those it has; for other types the same as og_option_set(), which replaces
 * the whole list.
 *
 * @return OG_OK, or OG_ERR_ARGUMENT for an item that is empty or longer than a line
 */
OG_API og_status og_option_add(const og_option *option, void *settings, const char *item);

/** Write a field as the text that og_option_set() reads; "" for a NULL text. Released by the caller with free(). */
OG_API og_status og_option_get(const og_option *option, const void *settings, char **value);

/** Return the one of `count` names that is nearest to a mistyped `name`, or NULL when none is near. */
OG_API const char *og_name_nearest(const char *name, const char *const *names, size_t count);

#ifdef __cplusplus
}
#endif
#endif
