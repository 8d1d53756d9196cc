/* What the files of the store share: statements, attributes and trials in rows. Private to the store. */
#ifndef OG_STUDY_STORE_SQL_H
#define OG_STUDY_STORE_SQL_H

#include "study/database.h"
#include "study/store.h"

struct og__store {
    og__database *database;
};

/* Parameters of a statement: their number, and they. */
#define VALUES(...)                                                                                                    \
    sizeof((og__sql_value[]){__VA_ARGS__}) / sizeof(og__sql_value), (og__sql_value[])                                  \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/* Attributes of trials; the statements below have some of them in their texts. */
#define OG_KEY_RUN "ogive:run"
#define OG_KEY_ATTEMPT "ogive:attempt"
#define OG_KEY_REASON "ogive:reason"
#define OG_REASON_LOST "its worker was lost" /* how the reason of a lost attempt begins */
#define OG_KEY_WORKER "ogive:worker"
#define OG_KEY_SETTINGS "ogive:settings"

/* What og__sql_read_trial() reads: its columns, and the tables that they come from. */
#define TRIAL_COLUMNS "t.trial_id, t.number, t.state, r.value_json, a.value_json, v.value, w.value_json, s.value_json"
enum { TRIAL_COLUMN_COUNT = 8 };
#define TRIAL_TABLES                                                                                                   \
    "trials t "                                                                                                        \
    "LEFT JOIN trial_user_attributes r ON r.trial_id = t.trial_id AND r.\"key\" = '" OG_KEY_RUN "' "                   \
    "LEFT JOIN trial_user_attributes a ON a.trial_id = t.trial_id AND a.\"key\" = '" OG_KEY_ATTEMPT "' "               \
    "LEFT JOIN trial_user_attributes w ON w.trial_id = t.trial_id AND w.\"key\" = '" OG_KEY_REASON "' "                \
    "LEFT JOIN trial_user_attributes s ON s.trial_id = t.trial_id AND s.\"key\" = '" OG_KEY_SETTINGS "' "              \
    "LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0 "
#define SELECT_TRIALS "SELECT " TRIAL_COLUMNS " FROM " TRIAL_TABLES

og_status og__sql_read_trial(const og__sql_rows *rows, size_t row, og__stored_trial *trial);

/* An expression for the seconds since a time in a column. */
void og__sql_age(const og__database *database, const char *column, char sql[200]);

/* A text attribute as its JSON stands in a cell; NULL stays NULL. */
og_status og__sql_read_text(const char *json, char **text);

/* A text as an attribute holds it, as JSON. Released with free(). */
og_status og__sql_write_text(const char *text, char **json);

/* The first cell of a query as a whole number; -1 where it has no row. */
og_status og__sql_query_int(og__database *database, const char *sql, size_t count, const og__sql_value *values,
                            int64_t *result);

typedef enum og__attribute_owner {
    OG_OWNER_STUDY_USER,
    OG_OWNER_STUDY_SYSTEM,
    OG_OWNER_TRIAL_USER,
    OG_OWNER_TRIAL_SYSTEM,
} og__attribute_owner;

/* Set an attribute; the value is taken over, and NULL is a failure to make it. */
og_status og__sql_set_attribute(og__database *database, og__attribute_owner owner, int64_t id, const char *key,
                                json_t *value);

/* *value is NULL where absent, and released with json_decref(). */
og_status og__sql_get_attribute(og__database *database, og__attribute_owner owner, int64_t id, const char *key,
                                json_t **value);

/* Optuna's lock of a study, for those who share a PostgreSQL server with it; the transaction itself keeps ours apart.
 */
og_status og__sql_lock_study(og__database *database, int64_t study);

/* A new trial that waits, the first attempt at what another one was of. */
og_status og__sql_insert_copy(og__database *database, int64_t study, int64_t from, int64_t *trial);

/* End a trial, or begin it again, now. */
og_status og__sql_set_state(og__database *database, int64_t trial, og__trial_state state);
og_status og__sql_set_value(og__database *database, int64_t trial, double value);

/* Name, settings (may be NULL) and parameters of a new trial. */
og_status og__sql_describe_trial(og__database *database, int64_t trial, const char *run, const json_t *settings,
                                 const og__space *space, const double *point);

/* A new trial that waits, with the next number of its study. */
og_status og__sql_insert_waiting(og__database *database, int64_t study, int64_t *trial);

#endif
