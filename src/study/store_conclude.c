/* Trials whose worker died between the result of their run and the word of it. */
#include <math.h>
#include <string.h>

#include "study/store_sql.h"

typedef struct conclude_call {
    int64_t study;
    const char *run;
    double value;
    const char *reason;
    const og__lease_rules *rules;
} conclude_call;

/* Only a worker that lives will say so itself; a run that failed by itself has said so. */
static og_status is_open(const og__sql_rows *rows, const conclude_call *call, bool *open)
{
    char *worker = NULL, *reason = NULL;
    const char *state = og__sql_cell(rows, 0, 1);
    OG_TRY(og__sql_read_text(og__sql_cell(rows, 0, 2), &worker));
    og_status status = og__sql_read_text(og__sql_cell(rows, 0, 3), &reason);
    if (strcmp(state, "RUNNING") == 0)
        *open = worker && call->rules->is_gone && call->rules->is_gone(worker);
    else if (strcmp(state, "FAIL") == 0)
        *open = reason && strncmp(reason, OG_REASON_LOST, strlen(OG_REASON_LOST)) == 0;
    else
        *open = strcmp(state, "WAITING") == 0;
    free(worker);
    free(reason);
    return status;
}

static og_status complete(og__database *database, const conclude_call *call, int64_t trial)
{
    char now[40];
    OG_TRY(og__database_now(database, now));
    if (call->reason) {
        OG_TRY(og__sql_set_attribute(database, OG_OWNER_TRIAL_USER, trial, OG_KEY_REASON, json_string(call->reason)));
        return og__database_run(database,
                                "UPDATE trials SET state = 'FAIL', datetime_complete = $1 WHERE trial_id = $2",
                                VALUES(og__sql_text(now), og__sql_int(trial)), NULL);
    }
    OG_TRY(og__database_run(
        database, "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES ($1, 0, $2, 'FINITE')",
        VALUES(og__sql_int(trial), og__sql_real(call->value)), NULL));
    return og__database_run(database,
                            "UPDATE trials SET state = 'COMPLETE', datetime_complete = $1, datetime_start = "
                            "COALESCE(datetime_start, $1) WHERE trial_id = $2",
                            VALUES(og__sql_text(now), og__sql_int(trial)), NULL);
}

static og_status conclude(og__database *database, void *context)
{
    const conclude_call *call = context;
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    char *run;
    bool open = false;
    OG_TRY(og__sql_lock_study(database, call->study));
    OG_TRY(og__sql_write_text(call->run, &run));
    OG_GO(og__database_run(
        database,
        "SELECT t.trial_id, t.state, n.value_json, w.value_json FROM trials t "
        "JOIN trial_user_attributes r ON r.trial_id = t.trial_id AND r.\"key\" = '" OG_KEY_RUN "' "
        "LEFT JOIN trial_user_attributes n ON n.trial_id = t.trial_id AND n.\"key\" = '" OG_KEY_WORKER
        "' LEFT JOIN trial_user_attributes w ON w.trial_id = t.trial_id AND w.\"key\" = '" OG_KEY_REASON
        "' WHERE t.study_id = $1 AND r.value_json = $2 ORDER BY t.number DESC LIMIT 1",
        VALUES(og__sql_int(call->study), og__sql_text(run)), &rows));
    if (rows.count > 0)
        OG_GO(is_open(&rows, call, &open));
    if (!open)
        goto done;
    int64_t trial = og__sql_cell_int(&rows, 0, 0);
    if (strcmp(og__sql_cell(&rows, 0, 1), "FAIL") == 0)
        OG_GO(og__sql_insert_copy(database, call->study, trial, &trial));
    OG_GO(complete(database, call, trial));
done:
    og__sql_rows_deinit(&rows);
    free(run);
    return status;
}

og_status og__store_conclude(og__store *store, int64_t study, const char *run, double value, const char *reason,
                             const og__lease_rules *rules)
{
    return og__database_transact(
        store->database, conclude,
        &(conclude_call){.study = study, .run = run, .value = value, .reason = reason, .rules = rules});
}
