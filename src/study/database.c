#include "study/database.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "study/database_driver.h"

struct og__database {
    const og__database_driver *driver;
    char *where;
    double patience_s;
    void *connection; /* NULL before the first use, and after the connection was lost */
    bool make;        /* its file, where that does not exist; until it was connected to once */
    bool passing;     /* the last failure may pass by itself */
};

/* --- rows --------------------------------------------------------------------------------------------------- */

og_status og__sql_rows_add(og__sql_rows *rows, size_t columns, char ***cells)
{
    size_t before = rows->count * columns;
    char **grown = realloc(rows->cells, (before + columns) * sizeof *grown);
    if (!grown)
        return og__fail(OG_ERR_MEMORY, "no memory for %zu rows of a query", rows->count + 1);
    memset(grown + before, 0, columns * sizeof *grown);
    rows->cells = grown;
    rows->columns = columns;
    rows->count++;
    *cells = grown + before;
    return OG_OK;
}

const char *og__sql_cell(const og__sql_rows *rows, size_t row, size_t column)
{
    return rows->cells[row * rows->columns + column];
}

int64_t og__sql_cell_int(const og__sql_rows *rows, size_t row, size_t column)
{
    const char *cell = og__sql_cell(rows, row, column);
    return cell ? strtoll(cell, NULL, 10) : 0;
}

double og__sql_cell_real(const og__sql_rows *rows, size_t row, size_t column)
{
    const char *cell = og__sql_cell(rows, row, column);
    return cell ? strtod(cell, NULL) : NAN;
}

void og__sql_rows_deinit(og__sql_rows *rows)
{
    for (size_t i = 0; i < rows->count * rows->columns; i++)
        free(rows->cells[i]);
    free(rows->cells);
    *rows = (og__sql_rows){0};
}

/* --- opening ------------------------------------------------------------------------------------------------ */

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static og_status read_url(const char *url, const og__database_driver **driver, const char **where)
{
    *driver = &og__sqlite_driver;
    *where = url;
    if (starts_with(url, "postgresql://") || starts_with(url, "postgres://"))
        *driver = &og__postgres_driver;
    else if (starts_with(url, "sqlite:///"))
        *where = url + strlen("sqlite:///");
    else if (strstr(url, "://"))
        return og__fail(OG_ERR_ARGUMENT,
                        "'%s' is no database that ogive knows: give a path, sqlite:///PATH or postgresql://HOST/NAME",
                        url);
    return OG_OK;
}

og_status og__database_place(const char *url, char **place)
{
    const og__database_driver *driver;
    const char *where;
    og__text path = {0};
    char folder[4096];
    *place = NULL;
    if (url[0] == '\0')
        return og__copy_text("", place);
    OG_TRY(read_url(url, &driver, &where));
    if (driver != &og__sqlite_driver || where[0] == '/')
        return og__copy_text(driver == &og__sqlite_driver ? where : url, place);
    if (!getcwd(folder, sizeof folder))
        return og__fail_file("find the path of", ".");
    og__text_format(&path, "%s/%s", folder, where);
    *place = path.data;
    return og__text_status(&path);
}

static og_status connect_again(og__database *database)
{
    if (database->connection)
        return OG_OK;
    OG_TRY(database->driver->connect(database->where, database->make, &database->connection, &database->passing));
    database->make = false;
    return OG_OK;
}

og_status og__database_join(const char *url, double patience_s, og__database **database)
{
    og_status status = OG_OK;
    const og__database_driver *driver;
    const char *where;
    *database = NULL;
    OG_TRY(read_url(url, &driver, &where));
    og__database *opened;
    OG_TRY(og__alloc(1, sizeof *opened, &opened));
    *opened = (og__database){.driver = driver, .patience_s = patience_s};
    OG_GO(og__copy_text(where, &opened->where));
    *database = opened;
done:
    if (status != OG_OK)
        og__database_close(opened);
    return status;
}

void og__database_close(og__database *database)
{
    if (!database)
        return;
    if (database->connection)
        database->driver->disconnect(database->connection);
    free(database->where);
    free(database);
}

bool og__database_is_postgres(const og__database *database)
{
    return database->driver == &og__postgres_driver;
}

og_status og__database_now(og__database *database, char now[40])
{
    og__sql_rows rows = {0};
    OG_TRY(og__database_run(database, database->driver->now, 0, NULL, &rows));
    snprintf(now, 40, "%s", og__sql_cell(&rows, 0, 0));
    og__sql_rows_deinit(&rows);
    return OG_OK;
}

og_status og__database_run(og__database *database, const char *sql, size_t count, const og__sql_value *values,
                           og__sql_rows *rows)
{
    og__sql_rows unused = {0}, *into = rows ? rows : &unused;
    *into = (og__sql_rows){0};
    database->passing = false;
    OG_TRY(connect_again(database));
    og_status status = database->driver->run(database->connection, sql, count, values, into, &database->passing);
    if (status != OG_OK || !rows)
        og__sql_rows_deinit(into);
    return status;
}

/* --- transactions ------------------------------------------------------------------------------------------- */

enum { FIRST_PAUSE_US = 10000 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Wait before the next attempt at what failed; false where there is to be none. */
static bool wait_to_retry(const og__database *database, double end, useconds_t *pause_us)
{
    if (!database->passing || seconds() + 1e-6 * *pause_us > end)
        return false;
    usleep(*pause_us);
    *pause_us = *pause_us < 1000000 ? *pause_us * 2 : 1000000;
    return true;
}

static og_status attempt(og__database *database, og__transaction work, void *context)
{
    OG_TRY(og__database_run(database, database->driver->begin, 0, NULL, NULL));
    if (database->driver->lock)
        OG_TRY(og__database_run(database, database->driver->lock, 0, NULL, NULL));
    OG_TRY(work(database, context));
    return og__database_run(database, "COMMIT", 0, NULL, NULL);
}

/* Undo an attempt; a connection on which even that fails is given up. The error text of the attempt stays. */
static void undo(og__database *database)
{
    char text[1024];
    bool passing = database->passing;
    snprintf(text, sizeof text, "%s", og_error_text());
    if (database->connection && og__database_run(database, "ROLLBACK", 0, NULL, NULL) != OG_OK) {
        database->driver->disconnect(database->connection);
        database->connection = NULL;
    }
    database->passing = passing;
    og__fail_copy(OG_ERR_FILE, text);
}

og_status og__database_transact(og__database *database, og__transaction work, void *context)
{
    double end = seconds() + database->patience_s;
    useconds_t pause_us = FIRST_PAUSE_US;
    for (;;) {
        og_status status = attempt(database, work, context);
        if (status == OG_OK)
            return OG_OK;
        undo(database);
        if (!wait_to_retry(database, end, &pause_us))
            return status;
    }
}

og_status og__database_open(const char *url, double patience_s, og__database **database)
{
    double end = seconds() + patience_s;
    useconds_t pause_us = FIRST_PAUSE_US;
    og_status status;
    OG_TRY(og__database_join(url, patience_s, database));
    (*database)->make = true;
    do {
        status = connect_again(*database);
    } while (status != OG_OK && wait_to_retry(*database, end, &pause_us));
    if (status != OG_OK) {
        og__database_close(*database);
        *database = NULL;
    }
    return status;
}
