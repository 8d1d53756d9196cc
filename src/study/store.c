#include "study/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/database.h"
#include "study/schema.h"

struct og__store {
    og__database *database;
};

#define VALUES(...)                                                                                                    \
    sizeof((og__sql_value[]){__VA_ARGS__}) / sizeof(og__sql_value), (og__sql_value[])                                  \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static const char key_run[] = "ogive:run", key_attempt[] = "ogive:attempt", key_reason[] = "ogive:reason",
                  key_worker[] = "ogive:worker";

static const char *const state_names[] = {"RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"};

og_status og__store_open(const char *url, double patience_s, og__store **store)
{
    og_status status = OG_OK;
    *store = NULL;
    og__store *opened;
    OG_TRY(og__alloc(1, sizeof *opened, &opened));
    OG_GO(og__database_open(url, patience_s, &opened->database));
    OG_GO(og__schema_make(opened->database));
    *store = opened;
done:
    if (status != OG_OK)
        og__store_close(opened);
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

/* The first cell of a query as a whole number; -1 where it has no row. */
static og_status query_int(og__database *database, const char *sql, size_t count, const og__sql_value *values,
                           int64_t *result)
{
    og__sql_rows rows = {0};
    OG_TRY(og__database_run(database, sql, count, values, &rows));
    *result = rows.count > 0 ? og__sql_cell_int(&rows, 0, 0) : -1;
    og__sql_rows_deinit(&rows);
    return OG_OK;
}

typedef enum owner { STUDY_USER, STUDY_SYSTEM, TRIAL_USER, TRIAL_SYSTEM } owner;

static const struct {
    const char *set, *get;
} attribute_sql[] = {
#define ATTRIBUTES(table, id)                                                                                          \
    {                                                                                                                  \
        "INSERT INTO " table " (" id ", \"key\", value_json) VALUES ($1, $2, $3) ON CONFLICT (" id ", \"key\") DO "    \
        "UPDATE SET value_json = excluded.value_json",                                                                 \
            "SELECT value_json FROM " table " WHERE " id " = $1 AND \"key\" = $2"                                      \
    }
    [STUDY_USER] = ATTRIBUTES("study_user_attributes", "study_id"),
    [STUDY_SYSTEM] = ATTRIBUTES("study_system_attributes", "study_id"),
    [TRIAL_USER] = ATTRIBUTES("trial_user_attributes", "trial_id"),
    [TRIAL_SYSTEM] = ATTRIBUTES("trial_system_attributes", "trial_id"),
};

static og_status set_json(og__database *database, owner kind, int64_t id, const char *key, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (!text)
        return og__fail(OG_ERR_MEMORY, "no memory for the attribute %s", key);
    og_status status = og__database_run(database, attribute_sql[kind].set,
                                        VALUES(og__sql_int(id), og__sql_text(key), og__sql_text(text)), NULL);
    free(text);
    return status;
}

/* Takes the value over. */
static og_status set_new_json(og__database *database, owner kind, int64_t id, const char *key, json_t *value)
{
    og_status status = value ? set_json(database, kind, id, key, value)
                             : og__fail(OG_ERR_MEMORY, "no memory for the attribute %s, or its text is not UTF-8", key);
    json_decref(value);
    return status;
}

static og_status get_json(og__database *database, owner kind, int64_t id, const char *key, json_t **value)
{
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    json_error_t error;
    *value = NULL;
    OG_GO(og__database_run(database, attribute_sql[kind].get, VALUES(og__sql_int(id), og__sql_text(key)), &rows));
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

og_status og__store_set_attribute(og__store *store, int64_t study, bool system, const char *key, const json_t *value)
{
    return set_json(store->database, system ? STUDY_SYSTEM : STUDY_USER, study, key, value);
}

og_status og__store_get_attribute(og__store *store, int64_t study, bool system, const char *key, json_t **value)
{
    return get_json(store->database, system ? STUDY_SYSTEM : STUDY_USER, study, key, value);
}

/* --- studies ------------------------------------------------------------------------------------------------ */

typedef struct study_call {
    const char *name, *metric;
    int64_t study;
} study_call;

static og_status find_study(og__database *database, const char *name, int64_t *study)
{
    return query_int(database, "SELECT study_id FROM studies WHERE study_name = $1", VALUES(og__sql_text(name)), study);
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
    return set_new_json(database, STUDY_SYSTEM, call->study, "study:metric_names", json_pack("[s]", call->metric));
}

og_status og__store_study(og__store *store, const char *name, const char *metric, int64_t *study)
{
    study_call call = {name, metric, -1};
    OG_TRY(og__database_transact(store->database, make_study, &call));
    *study = call.study;
    return OG_OK;
}

og_status og__store_find_study(og__store *store, const char *name, int64_t *study)
{
    return find_study(store->database, name, study);
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

/* A text attribute as its JSON stands in a cell; NULL stays NULL. */
static og_status read_text(const char *json, char **text)
{
    *text = NULL;
    json_t *value = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
    og_status status = json_is_string(value) ? og__copy_text(json_string_value(value), text) : OG_OK;
    json_decref(value);
    return status;
}

#define TRIAL_COLUMNS "t.trial_id, t.number, t.state, r.value_json, a.value_json, v.value, w.value_json"
enum { TRIAL_COLUMN_COUNT = 7 };
#define TRIAL_TABLES                                                                                                   \
    "trials t "                                                                                                        \
    "LEFT JOIN trial_user_attributes r ON r.trial_id = t.trial_id AND r.\"key\" = 'ogive:run' "                        \
    "LEFT JOIN trial_user_attributes a ON a.trial_id = t.trial_id AND a.\"key\" = 'ogive:attempt' "                    \
    "LEFT JOIN trial_user_attributes w ON w.trial_id = t.trial_id AND w.\"key\" = 'ogive:reason' "                     \
    "LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0 "
#define SELECT_TRIALS "SELECT " TRIAL_COLUMNS " FROM " TRIAL_TABLES

static og_status read_trial(const og__sql_rows *rows, size_t row, og__stored_trial *trial)
{
    *trial = (og__stored_trial){
        .id = og__sql_cell_int(rows, row, 0),
        .number = og__sql_cell_int(rows, row, 1),
        .attempt = og__sql_cell(rows, row, 4) ? og__sql_cell_int(rows, row, 4) : 1,
        .value = og__sql_cell_real(rows, row, 5),
    };
    OG_TRY(read_state(og__sql_cell(rows, row, 2), &trial->state));
    OG_TRY(read_text(og__sql_cell(rows, row, 3), &trial->run));
    return read_text(og__sql_cell(rows, row, 6), &trial->reason);
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
        OG_GO(read_trial(&rows, trials->count, &trials->items[trials->count]));
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

/* Optuna's lock of a study, for those who share a PostgreSQL server with it; the transaction itself keeps ours apart.
 */
static og_status lock_study(og__database *database, int64_t study)
{
    if (!og__database_is_postgres(database))
        return OG_OK;
    return og__database_run(database, "SELECT 1 FROM studies WHERE study_id = $1 FOR UPDATE",
                            VALUES(og__sql_int(study)), NULL);
}

/* A new trial that waits, with the next number of its study. */
static og_status insert_waiting(og__database *database, int64_t study, int64_t *trial)
{
    int64_t number;
    OG_TRY(lock_study(database, study));
    OG_TRY(query_int(database, "SELECT COUNT(*) FROM trials WHERE study_id = $1", VALUES(og__sql_int(study)), &number));
    return query_int(database,
                     "INSERT INTO trials (number, study_id, state) VALUES ($1, $2, 'WAITING') RETURNING trial_id",
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

typedef struct add_call {
    int64_t study;
    const char *run;
    const og__space *space;
    const double *point;
    bool again;
} add_call;

static og_status add(og__database *database, void *context)
{
    const add_call *call = context;
    int64_t trial;
    json_t *name = json_string(call->run);
    char *run = name ? json_dumps(name, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    json_decref(name);
    if (!run)
        return og__fail(OG_ERR_MEMORY, "no memory for the name of a run, or it is not UTF-8");
    og_status status =
        query_int(database,
                  "SELECT t.trial_id FROM trials t JOIN trial_user_attributes r ON r.trial_id = t.trial_id "
                  "WHERE t.study_id = $1 AND r.\"key\" = 'ogive:run' AND r.value_json = $2 "
                  "AND ($3 = 0 OR t.state IN ('WAITING', 'RUNNING')) LIMIT 1",
                  VALUES(og__sql_int(call->study), og__sql_text(run), og__sql_int(call->again)), &trial);
    free(run);
    if (status != OG_OK || trial >= 0)
        return status;
    OG_TRY(insert_waiting(database, call->study, &trial));
    OG_TRY(set_new_json(database, TRIAL_USER, trial, key_run, json_string(call->run)));
    OG_TRY(set_new_json(database, TRIAL_USER, trial, key_attempt, json_integer(1)));
    OG_TRY(set_new_json(database, TRIAL_SYSTEM, trial, "fixed_params", describe_fixed(call->space, call->point)));
    for (size_t i = 0; i < call->space->count; i++)
        if (!isnan(call->point[i]))
            OG_TRY(set_parameter(database, trial, &call->space->dimensions[i], call->point[i]));
    return OG_OK;
}

og_status og__store_add(og__store *store, int64_t study, const char *run, const og__space *space, const double *point,
                        bool again)
{
    return og__database_transact(store->database, add, &(add_call){study, run, space, point, again});
}

/* --- claims ------------------------------------------------------------------------------------------------- */

static og_status copy_rows(og__database *database, int64_t from, int64_t to)
{
    static const char *const copies[] = {
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
        "SELECT $1, param_name, param_value, distribution_json FROM trial_params WHERE trial_id = $2",
        "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) SELECT $1, \"key\", value_json "
        "FROM trial_user_attributes WHERE trial_id = $2 AND \"key\" NOT IN ('ogive:worker', 'ogive:reason')",
        "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) SELECT $1, \"key\", value_json "
        "FROM trial_system_attributes WHERE trial_id = $2",
    };
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++)
        OG_TRY(og__database_run(database, copies[i], VALUES(og__sql_int(to), og__sql_int(from)), NULL));
    return OG_OK;
}

static og_status set_state(og__database *database, int64_t trial, const char *state)
{
    char now[40];
    OG_TRY(og__database_now(database, now));
    return og__database_run(database, "UPDATE trials SET state = $1, datetime_complete = $2 WHERE trial_id = $3",
                            VALUES(og__sql_text(state), og__sql_text(now), og__sql_int(trial)), NULL);
}

/* The attributes by which Optuna's retry callback links attempts: the first trial's number, and all that failed. */
static og_status link_attempts(og__database *database, const og__stored_trial *lost, int64_t next)
{
    json_t *history, *first;
    OG_TRY(get_json(database, TRIAL_SYSTEM, lost->id, "retry_history", &history));
    if (!json_is_array(history)) {
        json_decref(history);
        history = json_array();
    }
    json_array_append_new(history, json_integer(lost->number));
    first = json_incref(json_array_get(history, 0));
    og_status status = set_new_json(database, TRIAL_SYSTEM, next, "retry_history", history);
    if (status != OG_OK) {
        json_decref(first);
        return status;
    }
    return set_new_json(database, TRIAL_SYSTEM, next, "failed_trial", first);
}

static og_status replace(og__database *database, int64_t study, const og__stored_trial *lost,
                         const og__lease_rules *rules)
{
    int64_t next;
    bool again = lost->attempt < rules->attempts_max;
    OG_TRY(set_new_json(
        database, TRIAL_USER, lost->id, key_reason,
        json_string(again ? "its worker was lost; tried again" : "its worker was lost at every attempt; given up")));
    OG_TRY(set_state(database, lost->id, "FAIL"));
    if (!again)
        return OG_OK;
    OG_TRY(insert_waiting(database, study, &next));
    OG_TRY(copy_rows(database, lost->id, next));
    OG_TRY(set_new_json(database, TRIAL_USER, next, key_attempt, json_integer(lost->attempt + 1)));
    return link_attempts(database, lost, next);
}

/* Whether a running trial's worker is lost: columns behind TRIAL_COLUMNS are the age of its last beat and its name. */
static og_status is_lost(const og__sql_rows *rows, size_t row, const og__lease_rules *rules, bool *lost)
{
    char *worker;
    *lost = og__sql_cell_real(rows, row, TRIAL_COLUMN_COUNT) > rules->grace_s;
    OG_TRY(read_text(og__sql_cell(rows, row, TRIAL_COLUMN_COUNT + 1), &worker));
    *lost |= worker && rules->is_gone && rules->is_gone(worker);
    free(worker);
    return OG_OK;
}

static og_status put_back(og__database *database, int64_t study, const og__sql_rows *rows, size_t row,
                          const og__lease_rules *rules)
{
    og__stored_trial trial;
    bool lost;
    OG_TRY(is_lost(rows, row, rules, &lost));
    if (!lost)
        return OG_OK;
    og_status status = read_trial(rows, row, &trial);
    if (status == OG_OK)
        status = replace(database, study, &trial, rules);
    og__stored_trial_deinit(&trial);
    return status;
}

static og_status put_back_lost(og__database *database, int64_t study, const og__lease_rules *rules)
{
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    const char *age = og__database_is_postgres(database)
                          ? "EXTRACT(EPOCH FROM (CURRENT_TIMESTAMP AT TIME ZONE 'UTC' - h.heartbeat))"
                          : "(julianday('now') - julianday(h.heartbeat)) * 86400";
    char sql[1600];
    snprintf(sql, sizeof sql,
             "SELECT " TRIAL_COLUMNS ", %s, n.value_json FROM " TRIAL_TABLES
             "JOIN trial_heartbeats h ON h.trial_id = t.trial_id "
             "LEFT JOIN trial_user_attributes n ON n.trial_id = t.trial_id AND n.\"key\" = 'ogive:worker' "
             "WHERE t.study_id = $1 AND t.state = 'RUNNING' AND r.value_json IS NOT NULL",
             age);
    OG_GO(og__database_run(database, sql, VALUES(og__sql_int(study)), &rows));
    for (size_t i = 0; i < rows.count; i++)
        OG_GO(put_back(database, study, &rows, i, rules));
done:
    og__sql_rows_deinit(&rows);
    return status;
}

static og_status beat(og__database *database, int64_t trial)
{
    char now[40];
    OG_TRY(og__database_now(database, now));
    return og__database_run(database,
                            "INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES ($1, $2) "
                            "ON CONFLICT (trial_id) DO UPDATE SET heartbeat = excluded.heartbeat",
                            VALUES(og__sql_int(trial), og__sql_text(now)), NULL);
}

typedef struct claim_call {
    int64_t study;
    const char *worker;
    const og__lease_rules *rules;
    og__stored_trial *trial;
    bool claimed;
} claim_call;

static og_status take(og__database *database, claim_call *call, const og__sql_rows *rows)
{
    char now[40];
    OG_TRY(read_trial(rows, 0, call->trial));
    OG_TRY(og__database_now(database, now));
    OG_TRY(og__database_run(database,
                            "UPDATE trials SET state = 'RUNNING', datetime_start = $1 WHERE trial_id = $2 AND state = "
                            "'WAITING'",
                            VALUES(og__sql_text(now), og__sql_int(call->trial->id)), NULL));
    OG_TRY(set_new_json(database, TRIAL_USER, call->trial->id, key_worker, json_string(call->worker)));
    OG_TRY(beat(database, call->trial->id));
    call->trial->state = OG_TRIAL_RUNNING;
    call->claimed = true;
    return OG_OK;
}

static og_status claim(og__database *database, void *context)
{
    claim_call *call = context;
    og__sql_rows rows = {0};
    call->claimed = false;
    og__stored_trial_deinit(call->trial); /* of an attempt before */
    OG_TRY(lock_study(database, call->study));
    OG_TRY(put_back_lost(database, call->study, call->rules));
    OG_TRY(og__database_run(database,
                            SELECT_TRIALS "WHERE t.study_id = $1 AND t.state = 'WAITING' AND r.value_json IS NOT NULL "
                                          "ORDER BY CAST(a.value_json AS INTEGER) DESC, t.number LIMIT 1",
                            VALUES(og__sql_int(call->study)), &rows));
    og_status status = rows.count > 0 ? take(database, call, &rows) : OG_OK;
    og__sql_rows_deinit(&rows);
    return status;
}

og_status og__store_claim(og__store *store, int64_t study, const char *worker, const og__lease_rules *rules,
                          og__stored_trial *trial, bool *claimed)
{
    *trial = (og__stored_trial){0};
    claim_call call = {.study = study, .worker = worker, .rules = rules, .trial = trial};
    og_status status = og__database_transact(store->database, claim, &call);
    *claimed = status == OG_OK && call.claimed;
    if (!*claimed)
        og__stored_trial_deinit(trial);
    return status;
}

/* --- the life of a claimed trial ---------------------------------------------------------------------------- */

typedef enum change_kind { BEAT, REPORT, FINISH, RETURN } change_kind;

typedef struct change_call {
    int64_t trial;
    change_kind kind;
    int64_t step;
    double value;
    const char *reason;
    bool held;
} change_call;

static og_status report(og__database *database, const change_call *call)
{
    bool finite = isfinite(call->value);
    const char *type = finite ? "FINITE" : isnan(call->value) ? "NAN" : call->value > 0 ? "INF_POS" : "INF_NEG";
    return og__database_run(
        database,
        "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (trial_id, step) DO UPDATE SET intermediate_value = "
        "excluded.intermediate_value, intermediate_value_type = excluded.intermediate_value_type",
        VALUES(og__sql_int(call->trial), og__sql_int(call->step), finite ? og__sql_real(call->value) : og__sql_null(),
               og__sql_text(type)),
        NULL);
}

static og_status finish(og__database *database, const change_call *call)
{
    if (call->reason) {
        OG_TRY(set_new_json(database, TRIAL_USER, call->trial, key_reason, json_string(call->reason)));
        return set_state(database, call->trial, "FAIL");
    }
    OG_TRY(og__database_run(
        database, "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES ($1, 0, $2, 'FINITE')",
        VALUES(og__sql_int(call->trial), og__sql_real(call->value)), NULL));
    return set_state(database, call->trial, "COMPLETE");
}

static og_status give_back(og__database *database, const change_call *call)
{
    OG_TRY(og__database_run(database, "DELETE FROM trial_heartbeats WHERE trial_id = $1",
                            VALUES(og__sql_int(call->trial)), NULL));
    return og__database_run(database, "UPDATE trials SET state = 'WAITING', datetime_start = NULL WHERE trial_id = $1",
                            VALUES(og__sql_int(call->trial)), NULL);
}

static og_status change(og__database *database, void *context)
{
    change_call *call = context;
    int64_t running;
    OG_TRY(query_int(database, "SELECT COUNT(*) FROM trials WHERE trial_id = $1 AND state = 'RUNNING'",
                     VALUES(og__sql_int(call->trial)), &running));
    call->held = running == 1;
    if (!call->held)
        return OG_OK;
    switch (call->kind) {
    case BEAT:
        return beat(database, call->trial);
    case REPORT:
        return report(database, call);
    case FINISH:
        return finish(database, call);
    case RETURN:
        return give_back(database, call);
    }
    return OG_OK;
}

static og_status make_change(og__store *store, change_call call, bool *held)
{
    *held = false;
    OG_TRY(og__database_transact(store->database, change, &call));
    *held = call.held;
    return OG_OK;
}

og_status og__store_beat(og__store *store, int64_t trial, bool *held)
{
    return make_change(store, (change_call){.trial = trial, .kind = BEAT}, held);
}

og_status og__store_report(og__store *store, int64_t trial, int64_t step, double value, bool *held)
{
    return make_change(store, (change_call){.trial = trial, .kind = REPORT, .step = step, .value = value}, held);
}

og_status og__store_finish(og__store *store, int64_t trial, double value, const char *reason, bool *held)
{
    return make_change(store, (change_call){.trial = trial, .kind = FINISH, .value = value, .reason = reason}, held);
}

og_status og__store_return(og__store *store, int64_t trial, bool *held)
{
    return make_change(store, (change_call){.trial = trial, .kind = RETURN}, held);
}
