/* PostgreSQL. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/database_driver.h"

#ifdef OGIVE_POSTGRES

#include <libpq-fe.h>

/* Error messages of the server end with a line break. */
static int message_length(const char *message)
{
    size_t length = strlen(message);
    while (length > 0 && message[length - 1] == '\n')
        length--;
    return (int)length;
}

/* Such as "relation exists already, skipping", which libpq would print. */
static void ignore_notice(void *context, const char *message)
{
    (void)context, (void)message;
}

/* Whether a failure to connect is of the server, which may come back, rather than of the user's name or the URL. */
static bool server_is_away(const char *const *keys, const char *const *values)
{
    PGPing answer = PQpingParams(keys, values, 1);
    return answer == PQPING_REJECT || answer == PQPING_NO_RESPONSE;
}

static og_status connect(const char *url, bool make, void **connection, bool *passing)
{
    (void)make; /* databases are made by whoever runs the server */
    *connection = NULL;
    /* A dead link is noticed, and a process that was stopped within a transaction does not stop everyone. What the URL
     * says goes before the defaults in front of it. */
    const char *const keys[] = {"connect_timeout",
                                "keepalives_idle",
                                "keepalives_interval",
                                "keepalives_count",
                                "tcp_user_timeout",
                                "dbname",
                                NULL};
    const char *const values[] = {"10", "15", "5", "3", "30000", url, NULL};
    PGconn *opened = PQconnectdbParams(keys, values, 1);
    if (PQstatus(opened) != CONNECTION_OK) {
        const char *message = opened ? PQerrorMessage(opened) : "no memory";
        og_status status = og__fail(OG_ERR_FILE, "cannot reach the database: %.*s", message_length(message), message);
        PQfinish(opened);
        *passing = server_is_away(keys, values);
        return status;
    }
    PQsetNoticeProcessor(opened, ignore_notice, NULL);
    PQclear(PQexec(opened, "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s'"));
    *connection = opened;
    return OG_OK;
}

static void disconnect(void *connection)
{
    PQfinish(connection);
}

/* A parameter as text, in `number` where it is one. */
static const char *format(const og__sql_value *value, char number[40])
{
    switch (value->kind) {
    case OG_SQL_INT:
        snprintf(number, 40, "%" PRId64, value->integer);
        return number;
    case OG_SQL_REAL:
        snprintf(number, 40, "%.17g", value->real);
        return number;
    case OG_SQL_TEXT:
        return value->text;
    case OG_SQL_NULL:
        break;
    }
    return NULL;
}

/* What passes by itself: a lost connection, a server that starts or stops, no room, and transactions that got into one
 * another's way (classes 08, 40, 53 and 57 of SQLSTATE, and a lock that was not to be had). */
static bool may_pass(PGconn *connection, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (PQstatus(connection) != CONNECTION_OK || !state)
        return true;
    static const char *const classes[] = {"08", "40", "53", "57", "55P03"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(state, classes[i], strlen(classes[i])) == 0)
            return true;
    return false;
}

static og_status copy_rows(const PGresult *result, og__sql_rows *rows)
{
    int columns = PQnfields(result);
    for (int r = 0; r < PQntuples(result); r++) {
        char **cells;
        OG_TRY(og__sql_rows_add(rows, (size_t)columns, &cells));
        for (int c = 0; c < columns; c++)
            if (!PQgetisnull(result, r, c))
                OG_TRY(og__copy_text(PQgetvalue(result, r, c), &cells[c]));
    }
    rows->changed = strtoll(PQcmdTuples((PGresult *)result), NULL, 10);
    return OG_OK;
}

static og_status run(void *connection, const char *sql, size_t count, const og__sql_value *values, og__sql_rows *rows,
                     bool *passing)
{
    enum { MOST = 16 };
    const char *texts[MOST];
    char numbers[MOST][40];
    if (count > MOST)
        return og__fail(OG_ERR_ARGUMENT, "a statement of %zu parameters; %d is the most", count, MOST);
    for (size_t i = 0; i < count; i++)
        texts[i] = format(&values[i], numbers[i]);
    PGresult *result = PQexecParams(connection, sql, (int)count, NULL, texts, NULL, NULL, 0);
    ExecStatusType code = PQresultStatus(result);
    og_status status = OG_OK;
    if (code == PGRES_TUPLES_OK || code == PGRES_COMMAND_OK) {
        status = copy_rows(result, rows);
    } else {
        const char *message = PQerrorMessage(connection);
        *passing = may_pass(connection, result);
        status = og__fail(OG_ERR_FILE, "cannot work with the database: %.*s", message_length(message), message);
    }
    PQclear(result);
    return status;
}

#else

static og_status connect(const char *url, bool make, void **connection, bool *passing)
{
    (void)make;
    *connection = NULL;
    *passing = false;
    return og__fail(OG_ERR_ARGUMENT, "this ogive was built without PostgreSQL, so that it cannot open '%s'", url);
}

static void disconnect(void *connection)
{
    (void)connection;
}

static og_status run(void *connection, const char *sql, size_t count, const og__sql_value *values, og__sql_rows *rows,
                     bool *passing)
{
    (void)connection, (void)sql, (void)count, (void)values, (void)rows;
    *passing = false;
    return og__fail(OG_ERR_ARGUMENT, "this ogive was built without PostgreSQL");
}

#endif

const og__database_driver og__postgres_driver = {
    .connect = connect,
    .disconnect = disconnect,
    .run = run,
    .begin = "BEGIN",
    .lock = "SELECT pg_advisory_xact_lock(1869047142)", /* any number, but everyone's the same */
    .now = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
};
