/* What database.c asks of SQLite and PostgreSQL: a table of functions for each. */
#ifndef OG_STUDY_DATABASE_DRIVER_H
#define OG_STUDY_DATABASE_DRIVER_H

#include "study/database.h"

typedef struct og__database_driver {
    /* Connect; `where` is the path or the URL; `make`: a file that does not exist is made. *passing tells whether
     * trying again may help, here and below. */
    og_status (*connect)(const char *where, bool make, void **connection, bool *passing);
    void (*disconnect)(void *connection);
    og_status (*run)(void *connection, const char *sql, size_t count, const og__sql_value *values, og__sql_rows *rows,
                     bool *passing);
    const char *begin; /* a transaction */
    const char *lock;  /* ... that no other one writes beside; NULL where it is that already */
    const char *now;   /* a query of the UTC time */
} og__database_driver;

extern const og__database_driver og__sqlite_driver;
extern const og__database_driver og__postgres_driver;

/* Append a row of `columns` cells, all NULL, and say where they are. */
og_status og__sql_rows_add(og__sql_rows *rows, size_t columns, char ***cells);

#endif
