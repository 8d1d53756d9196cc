/* Tables for people: columns as wide as their widest cell. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

/* Zero-initialised but for `align`, it is empty and valid. */
typedef struct text_table {
    const char *align; /* one letter per column: 'l' or 'r' */
    char **cells;      /* row by row */
    size_t count;
} text_table;

/* Append a cell; rows fill from left to right. */
void table_cell(text_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append a number with `digits` decimals, or "-" when it is not finite. */
void table_number(text_table *table, double number, int digits);

/* Print all rows, each indented by two spaces, and empty the table. */
void table_print(text_table *table, FILE *file);

#endif
