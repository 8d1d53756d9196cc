/* Who works on what, and which attempts were lost. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/json.h"
#include "study/store_roster.h"
#include "study/store_sql.h"
#include "study/worker.h"

/* Columns behind those of a trial. */
enum { BEAT_AGE = TRIAL_COLUMN_COUNT, START_AGE, WORKER, EPOCH, DICE };

/* "HOST/BOOT/SPACE:PROCESS:START" (study/worker.h) as people name a process. */
static og_status describe_worker(const char *name, json_t *row)
{
    const char *place = strchr(name, '/'), *process = strchr(name, ':');
    if (!place || !process)
        return og__json_set(row, "worker", og__json_string(name));
    OG_TRY(og__json_set(
        row, "worker",
        json_sprintf("%.*s:%.*s", (int)(place - name), name, (int)strspn(process + 1, "0123456789"), process + 1)));
    return og__json_set(row, "gone", json_boolean(og__worker_is_gone(name)));
}

static og_status describe_trial(const og__sql_rows *rows, size_t r, const og__stored_trial *trial, json_t *row)
{
    char *worker;
    OG_TRY(og__json_set(row, "run", og__json_string(trial->run)));
    OG_TRY(og__json_set(row, "trial", json_integer(trial->number)));
    OG_TRY(og__json_set(row, "attempt", json_integer(trial->attempt)));
    OG_TRY(og__sql_read_text(og__sql_cell(rows, r, WORKER), &worker));
    og_status status = worker ? describe_worker(worker, row) : og__json_set(row, "worker", json_null());
    free(worker);
    OG_TRY(status);
    OG_TRY(og__json_set(row, "epoch", json_integer(og__sql_cell_int(rows, r, EPOCH))));
    return og__json_set(row, "dice", og__json_real(og__sql_cell_real(rows, r, DICE)));
}

static og_status describe_running(const og__sql_rows *rows, size_t r, json_t *row)
{
    OG_TRY(og__json_set(row, "since_s", og__json_real(og__sql_cell_real(rows, r, START_AGE))));
    return og__json_set(row, "beat_age_s", og__json_real(og__sql_cell_real(rows, r, BEAT_AGE)));
}

typedef struct roster_call {
    int64_t study;
    json_t *roster;
} roster_call;

static og_status add_trial(const og__sql_rows *rows, size_t r, json_t *roster, int64_t counts[5])
{
    og__stored_trial trial;
    json_t *row = json_object();
    og_status status = og__sql_read_trial(rows, r, &trial);
    if (status != OG_OK || !trial.run) /* a trial of another program is no run */
        goto done;
    counts[trial.state]++;
    OG_GO(describe_trial(rows, r, &trial, row));
    if (trial.state == OG_TRIAL_RUNNING) {
        OG_GO(describe_running(rows, r, row));
        OG_GO(og__json_append(json_object_get(roster, "running"), json_incref(row)));
    } else if (trial.state == OG_TRIAL_FAIL) {
        OG_GO(og__json_set(row, "reason", og__json_string(trial.reason ? trial.reason : "")));
        OG_GO(og__json_append(json_object_get(roster, "failed"), json_incref(row)));
    }
done:
    og__stored_trial_deinit(&trial);
    json_decref(row);
    return status;
}

static og_status list(og__database *database, void *context)
{
    roster_call *call = context;
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    int64_t counts[5] = {0};
    char sql[2400], beat[200], start[200];
    og__sql_age(database, "h.heartbeat", beat);
    og__sql_age(database, "t.datetime_start", start);
    snprintf(sql, sizeof sql,
             "SELECT " TRIAL_COLUMNS ", %s, %s, n.value_json, i.step, i.intermediate_value FROM " TRIAL_TABLES
             "LEFT JOIN trial_heartbeats h ON h.trial_id = t.trial_id "
             "LEFT JOIN trial_user_attributes n ON n.trial_id = t.trial_id AND n.\"key\" = '" OG_KEY_WORKER "' "
             "LEFT JOIN trial_intermediate_values i ON i.trial_id = t.trial_id AND i.step = "
             "(SELECT MAX(step) FROM trial_intermediate_values j WHERE j.trial_id = t.trial_id) "
             "WHERE t.study_id = $1 ORDER BY t.number",
             beat, start);
    json_decref(call->roster); /* of an attempt before */
    call->roster = json_pack("{s:[], s:[]}", "running", "failed");
    OG_GO(og__database_run(database, sql, VALUES(og__sql_int(call->study)), &rows));
    for (size_t r = 0; r < rows.count; r++)
        OG_GO(add_trial(&rows, r, call->roster, counts));
    OG_GO(og__json_set(call->roster, "waiting", json_integer(counts[OG_TRIAL_WAITING])));
    OG_GO(og__json_set(call->roster, "complete", json_integer(counts[OG_TRIAL_COMPLETE])));
    OG_GO(og__json_set(call->roster, "pruned", json_integer(counts[OG_TRIAL_PRUNED])));
done:
    og__sql_rows_deinit(&rows);
    return status;
}

og_status og__store_roster(og__store *store, int64_t study, json_t **roster)
{
    roster_call call = {.study = study};
    og_status status = og__database_transact(store->database, list, &call);
    if (status != OG_OK)
        json_decref(call.roster);
    *roster = status == OG_OK ? call.roster : NULL;
    return status;
}
