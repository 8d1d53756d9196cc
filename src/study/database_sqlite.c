/* SQLite. Write-ahead logging, so that readers such as a dashboard never stand in a writer's way. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/memory.h"
#include "study/database_driver.h"

/* Short: what waits longer is tried again by og__database_transact(). */
enum { BUSY_MS = 5000 };

static og_status fail(sqlite3 *connection, const char *what, bool *passing)
{
    int code = sqlite3_errcode(connection);
    *passing = code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_FULL || code == SQLITE_IOERR ||
               code == SQLITE_CANTOPEN || code == SQLITE_PROTOCOL ||
               sqlite3_extended_errcode(connection) == SQLITE_READONLY_DBMOVED;
    const char *path = sqlite3_db_filename(connection, "main");
    return og__fail(code == SQLITE_NOMEM ? OG_ERR_MEMORY : OG_ERR_FILE, "%s the database '%s': %s", what,
                    path ? path : "", sqlite3_errmsg(connection));
}

static og_status connect(const char *path, bool make, void **connection, bool *passing)
{
    sqlite3 *opened = NULL;
    *connection = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (make ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &opened, flags, NULL);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(opened, BUSY_MS);
        code = sqlite3_exec(opened, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
                            NULL, NULL, NULL);
    }
    if (code != SQLITE_OK) {
        /* A file that was there comes back with its file system; one that cannot be made is a mistake in its path. */
        *passing =
            code == SQLITE_BUSY || code == SQLITE_IOERR || code == SQLITE_FULL || (code == SQLITE_CANTOPEN && !make);
        og_status status = og__fail(OG_ERR_FILE, "cannot open the database '%s': %s", path,
                                    opened ? sqlite3_errmsg(opened) : "no memory");
        sqlite3_close(opened);
        return status;
    }
    *connection = opened;
    return OG_OK;
}

static void disconnect(void *connection)
{
    sqlite3_close(connection);
}

static int bind(sqlite3_stmt *statement, int at, const og__sql_value *value)
{
    switch (value->kind) {
    case OG_SQL_INT:
        return sqlite3_bind_int64(statement, at, value->integer);
    case OG_SQL_REAL:
        return sqlite3_bind_double(statement, at, value->real);
    case OG_SQL_TEXT:
        return sqlite3_bind_text(statement, at, value->text, -1, SQLITE_TRANSIENT);
    case OG_SQL_NULL:
        break;
    }
    return sqlite3_bind_null(statement, at);
}

static og_status copy_cell(sqlite3_stmt *statement, int column, char **cell)
{
    char number[40];
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        return OG_OK;
    case SQLITE_FLOAT: /* SQLite's own text has 15 digits */
        snprintf(number, sizeof number, "%.17g", sqlite3_column_double(statement, column));
        return og__copy_text(number, cell);
    default:
        return og__copy_text((const char *)sqlite3_column_text(statement, column), cell);
    }
}

static og_status copy_row(sqlite3_stmt *statement, og__sql_rows *rows)
{
    int columns = sqlite3_column_count(statement);
    char **cells;
    OG_TRY(og__sql_rows_add(rows, (size_t)columns, &cells));
    for (int i = 0; i < columns; i++)
        OG_TRY(copy_cell(statement, i, &cells[i]));
    return OG_OK;
}

static og_status run(void *connection, const char *sql, size_t count, const og__sql_value *values, og__sql_rows *rows,
                     bool *passing)
{
    og_status status = OG_OK;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection, sql, -1, &statement, NULL);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = bind(statement, (int)i + 1, &values[i]);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            OG_GO(copy_row(statement, rows));
    }
    if (code != SQLITE_DONE)
        status = fail(connection, "cannot work with", passing);
    rows->changed = sqlite3_changes(connection);
done:
    sqlite3_finalize(statement);
    return status;
}

const og__database_driver og__sqlite_driver = {
    .connect = connect,
    .disconnect = disconnect,
    .run = run,
    .begin = "BEGIN IMMEDIATE",
    .now = "SELECT strftime('%Y-%m-%d %H:%M:', 'now') || substr(strftime('%f', 'now') || '000', 1, 9)",
};
