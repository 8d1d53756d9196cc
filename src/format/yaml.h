/* YAML files as a read-only tree in which every node knows its line, so that messages can say "brain.yaml:12: ...".
 * Only what a person writes into a settings file: maps, lists and scalars; no aliases and no second document. */
#ifndef OG_FORMAT_YAML_H
#define OG_FORMAT_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum og__yaml_kind {
    OG_YAML_NULL, /* nothing, "~" or "null" without quotes */
    OG_YAML_SCALAR,
    OG_YAML_LIST,
    OG_YAML_MAP,
} og__yaml_kind;

/* A node. The root owns the whole tree; everything that the functions below return is borrowed from it. */
typedef struct og__yaml og__yaml;

/* Read a file; OG_ERR_FILE, or OG_ERR_SYNTAX with file, line and reason. An empty file is a NULL node. */
og_status og__yaml_load(const char *path, og__yaml **root);

/* The same from text; `name` stands for the file's name in messages. */
og_status og__yaml_parse(const char *text, size_t length, const char *name, og__yaml **root);
void og__yaml_free(og__yaml *root);

og__yaml_kind og__yaml_kind_of(const og__yaml *node);
int og__yaml_line(const og__yaml *node); /* counting from 1 */

/* Entries of a list or map, 0 for anything else. */
size_t og__yaml_count(const og__yaml *node);
const og__yaml *og__yaml_at(const og__yaml *node, size_t index);      /* an item of a list, or a value of a map */
const og__yaml *og__yaml_key_at(const og__yaml *map, size_t index);   /* a key of a map, always a scalar */
const og__yaml *og__yaml_find(const og__yaml *map, const char *name); /* the value of a key, or NULL */

/* The text of a scalar as written, without quotes; NULL for anything else. */
const char *og__yaml_scalar(const og__yaml *node);

/* Values of a kind and within a range (both ends included); OG_ERR_SYNTAX names the place, what was found and what was
 * expected. `what` is how the message calls the value ("'axis'"). */
og_status og__yaml_text(const og__yaml *node, const char *what, const char **value);
og_status og__yaml_int(const og__yaml *node, const char *what, int64_t min, int64_t max, int64_t *value);
og_status og__yaml_real(const og__yaml *node, const char *what, double min, double max, double *value);
og_status og__yaml_expect(const og__yaml *node, const char *what, og__yaml_kind kind);

/* Fail unless `node` is a map whose keys all are among `names`; suggests the nearest name. */
og_status og__yaml_check_keys(const og__yaml *node, const char *what, const char *const *names, size_t count);

/* Fail at a node: "FILE:LINE: " and the message. */
og_status og__yaml_fail(og_status status, const og__yaml *node, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

#endif
