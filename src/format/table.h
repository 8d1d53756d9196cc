/* Text tables: comma-separated values (RFC 4180) and columns parted by white space. */
#ifndef OG_FORMAT_TABLE_H
#define OG_FORMAT_TABLE_H

#include <stddef.h>

#include "base/status.h"

typedef struct og__table_row {
    int line; /* in the file, counting from 1 */
    size_t count;
    char **fields; /* (count), never NULL */
} og__table_row;

typedef struct og__table {
    size_t count;
    og__table_row *rows; /* (count); empty lines are left out */
    char *text;          /* what the fields point into */
} og__table;

typedef enum og__table_kind {
    OG_TABLE_COMMAS, /* fields may be quoted: "a, b" with "" for a quote; no line breaks within quotes */
    OG_TABLE_SPACES, /* any run of spaces and tabs parts two fields */
} og__table_kind;

/* Read a file. OG_ERR_FILE, or OG_ERR_SYNTAX for a quote that does not end. */
og_status og__table_load(const char *path, og__table_kind kind, og__table *table);
void og__table_deinit(og__table *table);

#endif
