/* Claims of the store: who works on a trial, and how that ends. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/store_sql.h"

/* --- claims ------------------------------------------------------------------------------------------------- */

static og_status copy_rows(og__database *database, int64_t from, int64_t to)
{
    static const char *const copies[] = {
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
        "SELECT $1, param_name, param_value, distribution_json FROM trial_params WHERE trial_id = $2",
        "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) SELECT $1, \"key\", value_json "
        "FROM trial_user_attributes WHERE trial_id = $2 AND \"key\" NOT IN ('" OG_KEY_WORKER "', '" OG_KEY_REASON "')",
        "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) SELECT $1, \"key\", value_json "
        "FROM trial_system_attributes WHERE trial_id = $2",
    };
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++)
        OG_TRY(og__database_run(database, copies[i], VALUES(og__sql_int(to), og__sql_int(from)), NULL));
    return OG_OK;
}

/* The attributes by which Optuna's retry callback links attempts: the first trial's number, and all that failed. */
static og_status link_attempts(og__database *database, const og__stored_trial *lost, int64_t next)
{
    json_t *history, *first;
    OG_TRY(og__sql_get_attribute(database, OG_OWNER_TRIAL_SYSTEM, lost->id, "retry_history", &history));
    if (!json_is_array(history)) {
        json_decref(history);
        history = json_array();
    }
    json_array_append_new(history, json_integer(lost->number));
    first = json_incref(json_array_get(history, 0));
    og_status status = og__sql_set_attribute(database, OG_OWNER_TRIAL_SYSTEM, next, "retry_history", history);
    if (status != OG_OK) {
        json_decref(first);
        return status;
    }
    return og__sql_set_attribute(database, OG_OWNER_TRIAL_SYSTEM, next, "failed_trial", first);
}

static og_status replace(og__database *database, int64_t study, const og__stored_trial *lost,
                         const og__lease_rules *rules)
{
    int64_t next;
    bool again = lost->attempt < rules->attempts_max;
    OG_TRY(og__sql_set_attribute(
        database, OG_OWNER_TRIAL_USER, lost->id, OG_KEY_REASON,
        json_string(again ? OG_REASON_LOST "; tried again" : OG_REASON_LOST " at every attempt; given up")));
    OG_TRY(og__sql_set_state(database, lost->id, OG_TRIAL_FAIL));
    if (!again)
        return OG_OK;
    OG_TRY(og__sql_insert_waiting(database, study, &next));
    OG_TRY(copy_rows(database, lost->id, next));
    OG_TRY(og__sql_set_attribute(database, OG_OWNER_TRIAL_USER, next, OG_KEY_ATTEMPT, json_integer(lost->attempt + 1)));
    return link_attempts(database, lost, next);
}

og_status og__sql_insert_copy(og__database *database, int64_t study, int64_t from, int64_t *trial)
{
    OG_TRY(og__sql_insert_waiting(database, study, trial));
    OG_TRY(copy_rows(database, from, *trial));
    return og__sql_set_attribute(database, OG_OWNER_TRIAL_USER, *trial, OG_KEY_ATTEMPT, json_integer(1));
}

typedef struct again_call {
    int64_t study;
    const char *run;
    int64_t last;
    bool ended;
} again_call;

static og_status find_last(og__database *database, void *context)
{
    again_call *call = context;
    og__sql_rows rows = {0};
    char *run;
    OG_TRY(og__sql_write_text(call->run, &run));
    og_status status = og__database_run(database,
                                        "SELECT t.trial_id, t.state FROM trials t JOIN trial_user_attributes r "
                                        "ON r.trial_id = t.trial_id WHERE t.study_id = $1 AND r.\"key\" = '" OG_KEY_RUN
                                        "' AND r.value_json = $2 ORDER BY t.number DESC LIMIT 1",
                                        VALUES(og__sql_int(call->study), og__sql_text(run)), &rows);
    free(run);
    const char *state = rows.count > 0 ? og__sql_cell(&rows, 0, 1) : "";
    call->last = rows.count > 0 ? og__sql_cell_int(&rows, 0, 0) : -1;
    call->ended = rows.count > 0 && strcmp(state, "WAITING") != 0 && strcmp(state, "RUNNING") != 0;
    og__sql_rows_deinit(&rows);
    return status;
}

og_status og__store_last(og__store *store, int64_t study, const char *run, int64_t *trial, bool *ended)
{
    again_call call = {.study = study, .run = run, .last = -1};
    og_status status = og__database_transact(store->database, find_last, &call);
    *trial = call.last;
    *ended = call.ended;
    return status;
}

static og_status again(og__database *database, void *context)
{
    const again_call *call = context;
    again_call now = *call;
    int64_t next;
    OG_TRY(find_last(database, &now));
    if (now.last != call->last || !now.ended)
        return OG_OK;
    return og__sql_insert_copy(database, call->study, call->last, &next);
}

og_status og__store_again(og__store *store, int64_t study, const char *run, int64_t last)
{
    return og__database_transact(store->database, again, &(again_call){.study = study, .run = run, .last = last});
}

/* Whether a running trial's worker is lost: columns behind TRIAL_COLUMNS are the age of its last beat and its name. */
static og_status is_lost(const og__sql_rows *rows, size_t row, const og__lease_rules *rules, bool *lost)
{
    char *worker;
    *lost = og__sql_cell_real(rows, row, TRIAL_COLUMN_COUNT) > rules->grace_s;
    OG_TRY(og__sql_read_text(og__sql_cell(rows, row, TRIAL_COLUMN_COUNT + 1), &worker));
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
    og_status status = og__sql_read_trial(rows, row, &trial);
    if (status == OG_OK)
        status = replace(database, study, &trial, rules);
    og__stored_trial_deinit(&trial);
    return status;
}

static og_status put_back_lost(og__database *database, int64_t study, const og__lease_rules *rules)
{
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    char age[200];
    char sql[1800];
    og__sql_age(database, "h.heartbeat", age);
    snprintf(sql, sizeof sql,
             "SELECT " TRIAL_COLUMNS ", %s, n.value_json FROM " TRIAL_TABLES
             "JOIN trial_heartbeats h ON h.trial_id = t.trial_id "
             "LEFT JOIN trial_user_attributes n ON n.trial_id = t.trial_id AND n.\"key\" = '" OG_KEY_WORKER "' "
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
    OG_TRY(og__sql_read_trial(rows, 0, call->trial));
    OG_TRY(og__database_now(database, now));
    OG_TRY(og__database_run(database,
                            "UPDATE trials SET state = 'RUNNING', datetime_start = $1 WHERE trial_id = $2 AND state = "
                            "'WAITING'",
                            VALUES(og__sql_text(now), og__sql_int(call->trial->id)), NULL));
    OG_TRY(og__sql_set_attribute(database, OG_OWNER_TRIAL_USER, call->trial->id, OG_KEY_WORKER,
                                 json_string(call->worker)));
    OG_TRY(beat(database, call->trial->id));
    call->trial->state = OG_TRIAL_RUNNING;
    call->claimed = true;
    return OG_OK;
}

/* A trial that this worker has already: an earlier attempt of its claim was done, but the answer got lost. */
static og_status find_own(og__database *database, const claim_call *call, og__sql_rows *rows)
{
    char *worker;
    OG_TRY(og__sql_write_text(call->worker, &worker));
    og_status status =
        og__database_run(database,
                         SELECT_TRIALS "JOIN trial_user_attributes n ON n.trial_id = t.trial_id AND n.\"key\" = "
                                       "'" OG_KEY_WORKER "' WHERE t.study_id = $1 AND t.state = 'RUNNING' "
                                       "AND n.value_json = $2 AND r.value_json IS NOT NULL LIMIT 1",
                         VALUES(og__sql_int(call->study), og__sql_text(worker)), rows);
    free(worker);
    return status;
}

static og_status find_waiting(og__database *database, const claim_call *call, og__sql_rows *rows)
{
    OG_TRY(put_back_lost(database, call->study, call->rules));
    return og__database_run(database,
                            SELECT_TRIALS "WHERE t.study_id = $1 AND t.state = 'WAITING' AND r.value_json IS NOT NULL "
                                          "ORDER BY CAST(a.value_json AS INTEGER) DESC, t.number LIMIT 1",
                            VALUES(og__sql_int(call->study)), rows);
}

static og_status claim(og__database *database, void *context)
{
    claim_call *call = context;
    og__sql_rows rows = {0};
    call->claimed = false;
    og__stored_trial_deinit(call->trial); /* of an attempt before */
    OG_TRY(og__sql_lock_study(database, call->study));
    OG_TRY(find_own(database, call, &rows));
    if (rows.count == 0)
        OG_TRY(find_waiting(database, call, &rows));
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

typedef enum change_kind { BEAT, FINISH, PRUNE, RETURN } change_kind;

typedef struct change_call {
    int64_t trial;
    change_kind kind;
    const og__trial_step *steps; /* (step_count) of a beat */
    size_t step_count;
    double value;
    const char *reason;
    bool held;
} change_call;

static og_status report(og__database *database, int64_t trial, const og__trial_step *step)
{
    double value = step->value;
    bool finite = isfinite(value);
    const char *type = finite ? "FINITE" : isnan(value) ? "NAN" : value > 0 ? "INF_POS" : "INF_NEG";
    return og__database_run(
        database,
        "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (trial_id, step) DO UPDATE SET intermediate_value = "
        "excluded.intermediate_value, intermediate_value_type = excluded.intermediate_value_type",
        VALUES(og__sql_int(trial), og__sql_int(step->step), finite ? og__sql_real(value) : og__sql_null(),
               og__sql_text(type)),
        NULL);
}

static og_status beat_and_report(og__database *database, const change_call *call)
{
    for (size_t i = 0; i < call->step_count; i++)
        OG_TRY(report(database, call->trial, &call->steps[i]));
    return beat(database, call->trial);
}

static og_status prune(og__database *database, const change_call *call)
{
    if (isfinite(call->value))
        OG_TRY(og__sql_set_value(database, call->trial, call->value));
    return og__sql_set_state(database, call->trial, OG_TRIAL_PRUNED);
}

static og_status finish(og__database *database, const change_call *call)
{
    if (call->reason) {
        OG_TRY(og__sql_set_attribute(database, OG_OWNER_TRIAL_USER, call->trial, OG_KEY_REASON,
                                     json_string(call->reason)));
        return og__sql_set_state(database, call->trial, OG_TRIAL_FAIL);
    }
    OG_TRY(og__sql_set_value(database, call->trial, call->value));
    return og__sql_set_state(database, call->trial, OG_TRIAL_COMPLETE);
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
    OG_TRY(og__sql_query_int(database, "SELECT COUNT(*) FROM trials WHERE trial_id = $1 AND state = 'RUNNING'",
                             VALUES(og__sql_int(call->trial)), &running));
    call->held = running == 1;
    if (!call->held)
        return OG_OK;
    switch (call->kind) {
    case BEAT:
        return beat_and_report(database, call);
    case FINISH:
        return finish(database, call);
    case PRUNE:
        return prune(database, call);
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

og_status og__store_report(og__store *store, int64_t trial, const og__trial_step *steps, size_t count, bool *held)
{
    return make_change(store, (change_call){.trial = trial, .kind = BEAT, .steps = steps, .step_count = count}, held);
}

og_status og__store_finish(og__store *store, int64_t trial, double value, const char *reason, bool *held)
{
    return make_change(store, (change_call){.trial = trial, .kind = FINISH, .value = value, .reason = reason}, held);
}

og_status og__store_prune(og__store *store, int64_t trial, double value, bool *held)
{
    return make_change(store, (change_call){.trial = trial, .kind = PRUNE, .value = value}, held);
}

og_status og__store_return(og__store *store, int64_t trial, bool *held)
{
    return make_change(store, (change_call){.trial = trial, .kind = RETURN}, held);
}
