#include "study/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "format/json.h"
#include "study/schema.h"
#include "study/store_sql.h"

static const char *const state_names[] = {"RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"};

typedef og_status (*database_opener)(const char *url, double patience_s, og__database **database);

static og_status open_by(database_opener open, const char *url, double patience_s, og__store **store)
{
    og__store *opened;
    *store = NULL;
    OG_TRY(og__alloc(1, sizeof *opened, &opened));
    og_status status = open(url, patience_s, &opened->database);
    if (status == OG_OK)
        *store = opened;
    else
        free(opened);
    return status;
}

og_status og__store_connect(const char *url, double patience_s, og__store **store)
{
    return open_by(og__database_join, url, patience_s, store);
}

og_status og__store_open(const char *url, double patience_s, og__store **store)
{
    OG_TRY(open_by(og__database_open, url, patience_s, store));
    og_status status = og__schema_make((*store)->database);
    if (status != OG_OK) {
        og__store_close(*store);
        *store = NULL;
    }
    return status;
}

void og__store_close(og__store *store)
{
    if (!store)
        return;
    og__database_close(store->database);
    free(store);
}

/* --- one value, one attribute ------------------------------------------------------------------------------- */

og_status og__sql_query_int(og__database *database, const char *sql, size_t count, const og__sql_value *values,
                            int64_t *result)
{
    og__sql_rows rows = {0};
    OG_TRY(og__database_run(database, sql, count, values, &rows));
    *result = rows.count > 0 ? og__sql_cell_int(&rows, 0, 0) : -1;
    og__sql_rows_deinit(&rows);
    return OG_OK;
}

static const struct {
    const char *set, *get;
} attribute_sql[] = {
#define ATTRIBUTES(table, id)                                                                                          \
    {                                                                                                                  \
        "INSERT INTO " table " (" id ", \"key\", value_json) VALUES ($1, $2, $3) ON CONFLICT (" id ", \"key\") DO "    \
        "UPDATE SET value_json = excluded.value_json",                                                                 \
            "SELECT value_json FROM " table " WHERE " id " = $1 AND \"key\" = $2"                                      \
    }
    [OG_OWNER_STUDY_USER] = ATTRIBUTES("study_user_attributes", "study_id"),
    [OG_OWNER_STUDY_SYSTEM] = ATTRIBUTES("study_system_attributes", "study_id"),
    [OG_OWNER_TRIAL_USER] = ATTRIBUTES("trial_user_attributes", "trial_id"),
    [OG_OWNER_TRIAL_SYSTEM] = ATTRIBUTES("trial_system_attributes", "trial_id"),
};

static og_status set_json(og__database *database, og__attribute_owner owner, int64_t id, const char *key,
                          const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (!text)
        return og__fail(OG_ERR_MEMORY, "no memory for the attribute %s", key);
    og_status status = og__database_run(database, attribute_sql[owner].set,
                                        VALUES(og__sql_int(id), og__sql_text(key), og__sql_text(text)), NULL);
    free(text);
    return status;
}

og_status og__sql_set_attribute(og__database *database, og__attribute_owner owner, int64_t id, const char *key,
                                json_t *value)
{
    og_status status = value ? set_json(database, owner, id, key, value)
                             : og__fail(OG_ERR_MEMORY, "no memory for the attribute %s, or its text is not UTF-8", key);
    json_decref(value);
    return status;
}

og_status og__sql_get_attribute(og__database *database, og__attribute_owner owner, int64_t id, const char *key,
                                json_t **value)
{
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    json_error_t error;
    *value = NULL;
    OG_GO(og__database_run(database, attribute_sql[owner].get, VALUES(og__sql_int(id), og__sql_text(key)), &rows));
    if (rows.count == 0)
        goto done;
    const char *text = og__sql_cell(&rows, 0, 0);
    *value = json_loads(text ? text : "", JSON_DECODE_ANY, &error);
    if (!*value)
        status = og__fail(OG_ERR_FORMAT, "the attribute %s in the store is not JSON: %s", key, error.text);
done:
    og__sql_rows_deinit(&rows);
    return status;
}

typedef struct attribute_call {
    int64_t id;
    og__attribute_owner owner;
    const char *key;
    json_t *value; /* borrowed when it is set */
} attribute_call;

static og_status set_attribute(og__database *database, void *context)
{
    const attribute_call *call = context;
    return set_json(database, call->owner, call->id, call->key, call->value);
}

static og_status get_attribute(og__database *database, void *context)
{
    attribute_call *call = context;
    json_decref(call->value); /* of an attempt before */
    return og__sql_get_attribute(database, call->owner, call->id, call->key, &call->value);
}

og_status og__store_set_attribute(og__store *store, int64_t study, bool system, const char *key, const json_t *value)
{
    attribute_call call = {study, system ? OG_OWNER_STUDY_SYSTEM : OG_OWNER_STUDY_USER, key, (json_t *)value};
    return og__database_transact(store->database, set_attribute, &call);
}

og_status og__store_get_attribute(og__store *store, int64_t study, bool system, const char *key, json_t **value)
{
    attribute_call call = {study, system ? OG_OWNER_STUDY_SYSTEM : OG_OWNER_STUDY_USER, key, NULL};
    og_status status = og__database_transact(store->database, get_attribute, &call);
    *value = call.value;
    return status;
}

/* --- studies ------------------------------------------------------------------------------------------------ */

typedef struct study_call {
    const char *name, *metric;
    int64_t study;
} study_call;

static og_status find_study(og__database *database, const char *name, int64_t *study)
{
    return og__sql_query_int(database, "SELECT study_id FROM studies WHERE study_name = $1", VALUES(og__sql_text(name)),
                             study);
}

static og_status make_study(og__database *database, void *context)
{
    study_call *call = context;
    OG_TRY(find_study(database, call->name, &call->study));
    if (call->study >= 0)
        return OG_OK;
    OG_TRY(og__database_run(database, "INSERT INTO studies (study_name) VALUES ($1)", VALUES(og__sql_text(call->name)),
                            NULL));
    OG_TRY(find_study(database, call->name, &call->study));
    OG_TRY(og__database_run(database,
                            "INSERT INTO study_directions (direction, study_id, objective) VALUES ('MAXIMIZE', $1, 0)",
                            VALUES(og__sql_int(call->study)), NULL));
    return og__sql_set_attribute(database, OG_OWNER_STUDY_SYSTEM, call->study, "study:metric_names",
                                 json_pack("[s]", call->metric));
}

og_status og__store_study(og__store *store, const char *name, const char *metric, int64_t *study)
{
    study_call call = {name, metric, -1};
    OG_TRY(og__database_transact(store->database, make_study, &call));
    *study = call.study;
    return OG_OK;
}

/* --- reading trials ----------------------------------------------------------------------------------------- */

static og_status read_state(const char *name, og__trial_state *state)
{
    for (size_t i = 0; i < sizeof state_names / sizeof state_names[0]; i++) {
        if (name && strcmp(name, state_names[i]) == 0) {
            *state = (og__trial_state)i;
            return OG_OK;
        }
    }
    return og__fail(OG_ERR_FORMAT, "a trial in the store has the state '%s'", name ? name : "");
}

og_status og__sql_read_text(const char *json, char **text)
{
    *text = NULL;
    json_t *value = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
    og_status status = json_is_string(value) ? og__copy_text(json_string_value(value), text) : OG_OK;
    json_decref(value);
    return status;
}

void og__sql_age(const og__database *database, const char *column, char sql[200])
{
    snprintf(sql, 200,
             og__database_is_postgres(database) ? "EXTRACT(EPOCH FROM (CURRENT_TIMESTAMP AT TIME ZONE 'UTC' - %s))"
                                                : "(julianday('now') - julianday(%s)) * 86400",
             column);
}

og_status og__sql_write_text(const char *text, char **json)
{
    json_t *value = json_string(text);
    *json = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    json_decref(value);
    return *json ? OG_OK : og__fail(OG_ERR_MEMORY, "no memory for a text of the store, or it is not UTF-8");
}

og_status og__sql_read_trial(const og__sql_rows *rows, size_t row, og__stored_trial *trial)
{
    *trial = (og__stored_trial){
        .id = og__sql_cell_int(rows, row, 0),
        .number = og__sql_cell_int(rows, row, 1),
        .attempt = og__sql_cell(rows, row, 4) ? og__sql_cell_int(rows, row, 4) : 1,
        .value = og__sql_cell_real(rows, row, 5),
    };
    OG_TRY(read_state(og__sql_cell(rows, row, 2), &trial->state));
    OG_TRY(og__sql_read_text(og__sql_cell(rows, row, 3), &trial->run));
    OG_TRY(og__sql_read_text(og__sql_cell(rows, row, 6), &trial->reason));
    const char *settings = og__sql_cell(rows, row, 7);
    return settings ? og__json_parse(settings, strlen(settings), "settings of a run in the store", &trial->settings)
                    : OG_OK;
}

typedef struct list_call {
    int64_t study;
    og__stored_trials *trials;
} list_call;

static og_status list(og__database *database, void *context)
{
    const list_call *call = context;
    og__stored_trials *trials = call->trials;
    og__stored_trials_deinit(trials); /* of an attempt before */
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    OG_GO(og__database_run(database, SELECT_TRIALS "WHERE t.study_id = $1 ORDER BY t.number",
                           VALUES(og__sql_int(call->study)), &rows));
    OG_GO(og__alloc(rows.count, sizeof *trials->items, &trials->items));
    for (; trials->count < rows.count; trials->count++)
        OG_GO(og__sql_read_trial(&rows, trials->count, &trials->items[trials->count]));
done:
    og__sql_rows_deinit(&rows);
    if (status != OG_OK)
        og__stored_trials_deinit(trials);
    return status;
}

og_status og__store_list(og__store *store, int64_t study, og__stored_trials *trials)
{
    *trials = (og__stored_trials){0};
    return og__database_transact(store->database, list, &(list_call){study, trials});
}

void og__stored_trial_deinit(og__stored_trial *trial)
{
    free(trial->run);
    free(trial->reason);
    json_decref(trial->settings);
    *trial = (og__stored_trial){0};
}

void og__stored_trials_deinit(og__stored_trials *trials)
{
    for (size_t i = 0; i < trials->count; i++)
        og__stored_trial_deinit(&trials->items[i]);
    free(trials->items);
    *trials = (og__stored_trials){0};
}

/* --- adding trials ------------------------------------------------------------------------------------------ */

og_status og__sql_lock_study(og__database *database, int64_t study)
{
    if (!og__database_is_postgres(database))
        return OG_OK;
    return og__database_run(database, "SELECT 1 FROM studies WHERE study_id = $1 FOR UPDATE",
                            VALUES(og__sql_int(study)), NULL);
}

og_status og__sql_insert_waiting(og__database *database, int64_t study, int64_t *trial)
{
    int64_t number;
    OG_TRY(og__sql_lock_study(database, study));
    OG_TRY(og__sql_query_int(database, "SELECT COUNT(*) FROM trials WHERE study_id = $1", VALUES(og__sql_int(study)),
                             &number));
    return og__sql_query_int(
        database, "INSERT INTO trials (number, study_id, state) VALUES ($1, $2, 'WAITING') RETURNING trial_id",
        VALUES(og__sql_int(number), og__sql_int(study)), trial);
}

static json_t *describe_dimension(const og__dimension *d)
{
    json_t *attributes = json_object();
    if (d->kind == OG_DIMENSION_CHOICE) {
        json_t *choices = json_array();
        for (size_t i = 0; i < og__dimension_choices(d); i++)
            json_array_append_new(choices, json_string(d->choices[i]));
        json_object_set_new(attributes, "choices", choices);
        return json_pack("{s:s, s:o}", "name", "CategoricalDistribution", "attributes", attributes);
    }
    bool whole = d->kind == OG_DIMENSION_INT;
    json_object_set_new(attributes, "low", whole ? json_integer((json_int_t)d->low) : json_real(d->low));
    json_object_set_new(attributes, "high", whole ? json_integer((json_int_t)d->high) : json_real(d->high));
    json_object_set_new(attributes, "log", json_boolean(d->log));
    json_object_set_new(attributes, "step",
                        whole         ? json_integer((json_int_t)d->step)
                        : d->step > 0 ? json_real(d->step)
                                      : json_null());
    return json_pack("{s:s, s:o}", "name", whole ? "IntDistribution" : "FloatDistribution", "attributes", attributes);
}

static og_status set_parameter(og__database *database, int64_t trial, const og__dimension *d, double value)
{
    json_t *distribution = describe_dimension(d);
    char *text = distribution ? json_dumps(distribution, JSON_COMPACT) : NULL;
    json_decref(distribution);
    if (!text)
        return og__fail(OG_ERR_MEMORY, "no memory for the distribution of %s, or a choice is not UTF-8", d->name);
    og_status status = og__database_run(
        database,
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES ($1, $2, $3, $4)",
        VALUES(og__sql_int(trial), og__sql_text(d->name), og__sql_real(value), og__sql_text(text)), NULL);
    free(text);
    return status;
}

/* What Optuna's own workers read of a waiting trial: values as a user would write them. */
static json_t *describe_fixed(const og__space *space, const double *point)
{
    json_t *fixed = json_object();
    for (size_t i = 0; i < space->count; i++) {
        const og__dimension *d = &space->dimensions[i];
        if (isnan(point[i]))
            continue;
        json_object_set_new(fixed, d->name,
                            d->kind == OG_DIMENSION_CHOICE ? json_string(d->choices[(size_t)point[i]])
                            : d->kind == OG_DIMENSION_INT  ? json_integer((json_int_t)point[i])
                                                           : json_real(point[i]));
    }
    return fixed;
}

og_status og__sql_describe_trial(og__database *database, int64_t trial, const char *run, const json_t *settings,
                                 const og__space *space, const double *point)
{
    OG_TRY(og__sql_set_attribute(database, OG_OWNER_TRIAL_USER, trial, OG_KEY_RUN, json_string(run)));
    OG_TRY(og__sql_set_attribute(database, OG_OWNER_TRIAL_USER, trial, OG_KEY_ATTEMPT, json_integer(1)));
    if (settings)
        OG_TRY(set_json(database, OG_OWNER_TRIAL_USER, trial, OG_KEY_SETTINGS, settings));
    OG_TRY(og__sql_set_attribute(database, OG_OWNER_TRIAL_SYSTEM, trial, "fixed_params", describe_fixed(space, point)));
    for (size_t i = 0; i < space->count; i++)
        if (!isnan(point[i]))
            OG_TRY(set_parameter(database, trial, &space->dimensions[i], point[i]));
    return OG_OK;
}

og_status og__sql_set_state(og__database *database, int64_t trial, og__trial_state state)
{
    char now[40];
    OG_TRY(og__database_now(database, now));
    return og__database_run(database, "UPDATE trials SET state = $1, datetime_complete = $2 WHERE trial_id = $3",
                            VALUES(og__sql_text(state_names[state]), og__sql_text(now), og__sql_int(trial)), NULL);
}

og_status og__sql_set_value(og__database *database, int64_t trial, double value)
{
    return og__database_run(
        database, "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES ($1, 0, $2, 'FINITE')",
        VALUES(og__sql_int(trial), og__sql_real(value)), NULL);
}

typedef struct add_call {
    int64_t study;
    const char *run;
    const json_t *settings;
    const og__space *space;
    const double *point;
} add_call;

static og_status add(og__database *database, void *context)
{
    const add_call *call = context;
    int64_t trial;
    char *run;
    OG_TRY(og__sql_write_text(call->run, &run));
    og_status status =
        og__sql_query_int(database,
                          "SELECT t.trial_id FROM trials t JOIN trial_user_attributes r ON r.trial_id = t.trial_id "
                          "WHERE t.study_id = $1 AND r.\"key\" = '" OG_KEY_RUN "' AND r.value_json = $2 "
                          "LIMIT 1",
                          VALUES(og__sql_int(call->study), og__sql_text(run)), &trial);
    free(run);
    if (status != OG_OK || trial >= 0)
        return status;
    OG_TRY(og__sql_insert_waiting(database, call->study, &trial));
    return og__sql_describe_trial(database, trial, call->run, call->settings, call->space, call->point);
}

og_status og__store_add(og__store *store, int64_t study, const char *run, const json_t *settings,
                        const og__space *space, const double *point)
{
    return og__database_transact(store->database, add, &(add_call){study, run, settings, space, point});
}
