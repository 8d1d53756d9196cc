/* JSON in the house's habits, over jansson: errors with file, line and column; numbers that survive; atomic files. */
#ifndef OG_FORMAT_JSON_H
#define OG_FORMAT_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Read a document from a file, or from `count` bytes of text that errors call `source`. Released with json_decref().
 * OG_ERR_FORMAT with "source:line:column: what" for bad syntax and for a key that occurs twice. */
og_status og__json_load(const char *path, json_t **root);
og_status og__json_parse(const char *text, size_t count, const char *source, json_t **root);

/* Write as text: one line, or indented with one member per line and a final newline. Arrays of plain values stay on one
 * line. A real number is the shortest text that reads back as the same double, so that a float or double survives;
 * one that is not finite is null. Released with free(). */
og_status og__json_line(const json_t *root, char **text);
og_status og__json_pretty(const json_t *root, char **text);

/* Write an indented document to a file that is replaced as a whole or not at all. */
og_status og__json_save(const char *path, const json_t *root);

/* New values: null for a number that is not finite; bytes that are not UTF-8 become U+FFFD. NULL without memory. */
json_t *og__json_real(double value);
json_t *og__json_string(const char *text);

/* Put a new value into an object or at the end of an array, which own it from then on, also when the call fails.
 * A NULL value or container stands for memory that could not be had and gives OG_ERR_MEMORY, so that
 * og__json_set(object, key, json_integer(3)) needs one check. */
og_status og__json_set(json_t *object, const char *key, json_t *value);
og_status og__json_append(json_t *array, json_t *value);

/* Read a member. OG_ERR_FORMAT naming key, what was expected and what was found. A real takes an integer too, and
 * null as NaN. Texts and members are borrowed from `object`. */
og_status og__json_get(const json_t *object, const char *key, json_type type, json_t **member);
og_status og__json_get_real(const json_t *object, const char *key, double *value);
og_status og__json_get_int(const json_t *object, const char *key, int64_t *value);
og_status og__json_get_text(const json_t *object, const char *key, const char **value);

#endif
