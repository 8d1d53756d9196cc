#include "study/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The versions that this schema has in Optuna. `schema_version` is frozen there; the revision is what counts. */
static const char revision[] = "v3.2.0.a";
enum { SCHEMA_VERSION = 12 };

/* Types that the two databases name differently stand in braces. */
static const char *const names[][3] = {
    /* written, SQLite, PostgreSQL */
    {"{id}", "INTEGER NOT NULL", "SERIAL NOT NULL"},
    {"{real}", "FLOAT", "FLOAT(53)"},
    {"{time}", "DATETIME", "TIMESTAMP WITHOUT TIME ZONE"},
    {"{direction}", "VARCHAR(8)", "studydirection"},
    {"{state}", "VARCHAR(8)", "trialstate"},
    {"{value_type}", "VARCHAR(7)", "trialvaluetype"},
    {"{step_type}", "VARCHAR(7)", "trialintermediatevaluetype"},
};

static const struct {
    const char *name, *values;
} enums[] = {
    {"studydirection", "'NOT_SET', 'MINIMIZE', 'MAXIMIZE'"},
    {"trialstate", "'RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'"},
    {"trialvaluetype", "'FINITE', 'INF_POS', 'INF_NEG'"},
    {"trialintermediatevaluetype", "'FINITE', 'INF_POS', 'INF_NEG', 'NAN'"},
};

static const char *const tables[] = {
    "CREATE TABLE IF NOT EXISTS studies (study_id {id}, study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id))",
    "CREATE UNIQUE INDEX IF NOT EXISTS ix_studies_study_name ON studies (study_name)",
    "CREATE TABLE IF NOT EXISTS version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER, "
    "library_version VARCHAR(256), PRIMARY KEY (version_info_id), CHECK (version_info_id = 1))",
    "CREATE TABLE IF NOT EXISTS study_directions (study_direction_id {id}, direction {direction} NOT NULL, "
    "study_id INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id), "
    "UNIQUE (study_id, objective), FOREIGN KEY(study_id) REFERENCES studies (study_id))",
    "CREATE TABLE IF NOT EXISTS study_user_attributes (study_user_attribute_id {id}, study_id INTEGER, "
    "\"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (study_user_attribute_id), UNIQUE (study_id, \"key\"), "
    "FOREIGN KEY(study_id) REFERENCES studies (study_id))",
    "CREATE TABLE IF NOT EXISTS study_system_attributes (study_system_attribute_id {id}, study_id INTEGER, "
    "\"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (study_system_attribute_id), UNIQUE (study_id, \"key\"), "
    "FOREIGN KEY(study_id) REFERENCES studies (study_id))",
    "CREATE TABLE IF NOT EXISTS trials (trial_id {id}, number INTEGER, study_id INTEGER, state {state} NOT NULL, "
    "datetime_start {time}, datetime_complete {time}, PRIMARY KEY (trial_id), "
    "FOREIGN KEY(study_id) REFERENCES studies (study_id))",
    "CREATE INDEX IF NOT EXISTS ix_trials_study_id ON trials (study_id)",
    "CREATE TABLE IF NOT EXISTS trial_user_attributes (trial_user_attribute_id {id}, trial_id INTEGER, "
    "\"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_user_attribute_id), UNIQUE (trial_id, \"key\"), "
    "FOREIGN KEY(trial_id) REFERENCES trials (trial_id))",
    "CREATE TABLE IF NOT EXISTS trial_system_attributes (trial_system_attribute_id {id}, trial_id INTEGER, "
    "\"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_system_attribute_id), UNIQUE (trial_id, \"key\"), "
    "FOREIGN KEY(trial_id) REFERENCES trials (trial_id))",
    "CREATE TABLE IF NOT EXISTS trial_params (param_id {id}, trial_id INTEGER, param_name VARCHAR(512), "
    "param_value {real}, distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE (trial_id, param_name), "
    "FOREIGN KEY(trial_id) REFERENCES trials (trial_id))",
    "CREATE TABLE IF NOT EXISTS trial_values (trial_value_id {id}, trial_id INTEGER NOT NULL, "
    "objective INTEGER NOT NULL, value {real}, value_type {value_type} NOT NULL, PRIMARY KEY (trial_value_id), "
    "UNIQUE (trial_id, objective), FOREIGN KEY(trial_id) REFERENCES trials (trial_id))",
    "CREATE TABLE IF NOT EXISTS trial_intermediate_values (trial_intermediate_value_id {id}, "
    "trial_id INTEGER NOT NULL, step INTEGER NOT NULL, intermediate_value {real}, "
    "intermediate_value_type {step_type} NOT NULL, PRIMARY KEY (trial_intermediate_value_id), "
    "UNIQUE (trial_id, step), FOREIGN KEY(trial_id) REFERENCES trials (trial_id))",
    "CREATE TABLE IF NOT EXISTS trial_heartbeats (trial_heartbeat_id {id}, trial_id INTEGER NOT NULL, "
    "heartbeat {time} DEFAULT CURRENT_TIMESTAMP NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id), "
    "FOREIGN KEY(trial_id) REFERENCES trials (trial_id))",
    "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
};

static og_status run_text(og__database *database, const og__text *sql)
{
    OG_TRY(og__text_status(sql));
    return og__database_run(database, og__text_get(sql), 0, NULL, NULL);
}

static og_status make_table(og__database *database, const char *at)
{
    int dialect = og__database_is_postgres(database) ? 2 : 1;
    og__text sql = {0};
    while (*at) {
        size_t plain = strcspn(at, "{");
        og__text_add_bytes(&sql, at, plain);
        at += plain;
        for (size_t i = 0; *at == '{' && i < sizeof names / sizeof names[0]; i++) {
            if (strncmp(at, names[i][0], strlen(names[i][0])) != 0)
                continue;
            og__text_add(&sql, names[i][dialect]);
            at += strlen(names[i][0]);
        }
    }
    og_status status = run_text(database, &sql);
    og__text_deinit(&sql);
    return status;
}

/* PostgreSQL has no CREATE TYPE IF NOT EXISTS. */
static og_status make_enum(og__database *database, const char *name, const char *values)
{
    og__text sql = {0};
    og__sql_rows rows = {0};
    OG_TRY(og__database_run(database, "SELECT 1 FROM pg_type WHERE typname = $1", 1,
                            (og__sql_value[]){og__sql_text(name)}, &rows));
    bool exists = rows.count > 0;
    og__sql_rows_deinit(&rows);
    if (exists)
        return OG_OK;
    og__text_format(&sql, "CREATE TYPE %s AS ENUM (%s)", name, values);
    og_status status = run_text(database, &sql);
    og__text_deinit(&sql);
    return status;
}

static og_status check_version(og__database *database)
{
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    OG_GO(og__database_run(database, "SELECT version_num FROM alembic_version", 0, NULL, &rows));
    if (rows.count == 0)
        OG_GO(og__database_run(database, "INSERT INTO alembic_version (version_num) VALUES ($1)", 1,
                               (og__sql_value[]){og__sql_text(revision)}, NULL));
    else if (strcmp(og__sql_cell(&rows, 0, 0), revision) != 0)
        status =
            og__fail(OG_ERR_FORMAT,
                     "the store's tables are of Optuna's revision %s, ogive works with %s; 'optuna storage upgrade' "
                     "brings old ones up to date",
                     og__sql_cell(&rows, 0, 0), revision);
done:
    og__sql_rows_deinit(&rows);
    return status;
}

static og_status make(og__database *database, void *context)
{
    (void)context;
    if (og__database_is_postgres(database))
        for (size_t i = 0; i < sizeof enums / sizeof enums[0]; i++)
            OG_TRY(make_enum(database, enums[i].name, enums[i].values));
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        OG_TRY(make_table(database, tables[i]));
    OG_TRY(og__database_run(database,
                            "INSERT INTO version_info (version_info_id, schema_version, library_version) "
                            "SELECT 1, $1, '4.9.0' WHERE NOT EXISTS (SELECT 1 FROM version_info)",
                            1, (og__sql_value[]){og__sql_int(SCHEMA_VERSION)}, NULL));
    return check_version(database);
}

og_status og__schema_make(og__database *database)
{
    return og__database_transact(database, make, NULL);
}
