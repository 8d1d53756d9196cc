/* A relational database: SQLite in a file, or PostgreSQL on a server, behind the few calls that the store needs.
 *
 * Statements are SQL that both understand; parameters are $1, $2, ... in the order of their first use. Cells of a
 * result are texts, numbers so that they read back to the same bits. */
#ifndef OG_STUDY_DATABASE_H
#define OG_STUDY_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct og__database og__database;

/* A parameter of a statement. */
typedef struct og__sql_value {
    enum { OG_SQL_NULL, OG_SQL_INT, OG_SQL_REAL, OG_SQL_TEXT } kind;
    int64_t integer;
    double real;
    const char *text; /* borrowed */
} og__sql_value;

static inline og__sql_value og__sql_null(void)
{
    return (og__sql_value){.kind = OG_SQL_NULL};
}
static inline og__sql_value og__sql_int(int64_t value)
{
    return (og__sql_value){.kind = OG_SQL_INT, .integer = value};
}
static inline og__sql_value og__sql_real(double value)
{
    return (og__sql_value){.kind = OG_SQL_REAL, .real = value};
}
static inline og__sql_value og__sql_text(const char *value)
{
    return (og__sql_value){.kind = value ? OG_SQL_TEXT : OG_SQL_NULL, .text = value};
}

/* The rows that a statement returned. */
typedef struct og__sql_rows {
    size_t count, columns;
    char **cells;    /* (count, columns) owned; NULL is SQL's */
    int64_t changed; /* rows that the statement inserted, updated or deleted */
} og__sql_rows;

const char *og__sql_cell(const og__sql_rows *rows, size_t row, size_t column);
int64_t og__sql_cell_int(const og__sql_rows *rows, size_t row, size_t column); /* 0 for NULL */
double og__sql_cell_real(const og__sql_rows *rows, size_t row, size_t column); /* NaN for NULL */
void og__sql_rows_deinit(og__sql_rows *rows);

/**
 * Open a database.
 *
 * @param url          a path, "sqlite:///PATH" (relative; four slashes are absolute), or
 *                     "postgresql://USER@HOST/NAME"; a file that does not exist is made
 * @param patience_s   how long it is tried, and later a transaction, while the database is locked, full or out of reach
 *
 * @return OG_OK, OG_ERR_ARGUMENT for a URL of another kind, OG_ERR_FILE when it cannot be opened
 */
og_status og__database_open(const char *url, double patience_s, og__database **database);

/* Likewise, but a database that is there already: its file is never made, and the connection comes with its first use.
 */
og_status og__database_join(const char *url, double patience_s, og__database **database);
void og__database_close(og__database *database);

bool og__database_is_postgres(const og__database *database);

/* The same database for processes in any folder: paths become absolute, other URLs and "" stay. Released with free().
 */
og_status og__database_place(const char *url, char **place);

/* The database's UTC time as the text that Optuna stores: "2026-11-30 22:30:43.123456". */
og_status og__database_now(og__database *database, char now[40]);

/* Run one statement. `rows` may be NULL. Outside of og__database_transact() it is a transaction by itself, not retried.
 */
og_status og__database_run(og__database *database, const char *sql, size_t count, const og__sql_value *values,
                           og__sql_rows *rows);

/**
 * Run `work` as one transaction that is alone in writing: all of it is done or nothing.
 *
 * `work` runs again from its beginning when the database was locked, full or gone meanwhile, until the patience ends;
 * it must not keep anything from an attempt that failed. When it fails otherwise, its changes are undone.
 */
typedef og_status (*og__transaction)(og__database *database, void *context);
og_status og__database_transact(og__database *database, og__transaction work, void *context);

#endif
