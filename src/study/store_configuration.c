/* Configurations in the store, and what runs have reported: what those who propose read and write. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/store_sql.h"

/* --- reports ------------------------------------------------------------------------------------------------------
 */

typedef struct steps_call {
    int64_t study;
    og__stored_step *steps;
    size_t count;
} steps_call;

static og_status read_steps(og__database *database, void *context)
{
    steps_call *call = context;
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    free(call->steps); /* of an attempt before */
    call->steps = NULL;
    OG_GO(og__database_run(database,
                           "SELECT i.trial_id, i.step, i.intermediate_value FROM trial_intermediate_values i "
                           "JOIN trials t ON t.trial_id = i.trial_id WHERE t.study_id = $1 ORDER BY t.number, i.step",
                           VALUES(og__sql_int(call->study)), &rows));
    OG_GO(og__alloc(rows.count, sizeof *call->steps, &call->steps));
    call->count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        call->steps[i] = (og__stored_step){og__sql_cell_int(&rows, i, 0), og__sql_cell_int(&rows, i, 1),
                                           og__sql_cell(&rows, i, 2) ? og__sql_cell_real(&rows, i, 2) : NAN};
done:
    og__sql_rows_deinit(&rows);
    return status;
}

og_status og__store_steps(og__store *store, int64_t study, og__stored_step **steps, size_t *count)
{
    steps_call call = {.study = study};
    og_status status = og__database_transact(store->database, read_steps, &call);
    *steps = status == OG_OK ? call.steps : NULL;
    *count = status == OG_OK ? call.count : 0;
    if (status != OG_OK)
        free(call.steps);
    return status;
}

/* --- parameters --------------------------------------------------------------------------------------------------- */

typedef struct point_call {
    int64_t trial;
    const og__space *space;
    double *point;
} point_call;

static og_status read_point(og__database *database, void *context)
{
    const point_call *call = context;
    og__sql_rows rows = {0};
    for (size_t d = 0; d < call->space->count; d++)
        call->point[d] = NAN;
    OG_TRY(og__database_run(database, "SELECT param_name, param_value FROM trial_params WHERE trial_id = $1",
                            VALUES(og__sql_int(call->trial)), &rows));
    for (size_t i = 0; i < rows.count; i++)
        for (size_t d = 0; d < call->space->count; d++)
            if (strcmp(og__sql_cell(&rows, i, 0), call->space->dimensions[d].name) == 0)
                call->point[d] = og__sql_cell_real(&rows, i, 1);
    og__sql_rows_deinit(&rows);
    return OG_OK;
}

og_status og__store_point(og__store *store, int64_t trial, const og__space *space, double *point)
{
    return og__database_transact(store->database, read_point, &(point_call){trial, space, point});
}

/* --- configurations ----------------------------------------------------------------------------------------------- */

typedef struct configure_call {
    int64_t study;
    const char *name;
    const json_t *settings;
    const og__space *space;
    const double *point;
    og__trial_state state;
    double value;
} configure_call;

static og_status find(og__database *database, const configure_call *call, int64_t *trial, bool *ended)
{
    og_status status = OG_OK;
    og__sql_rows rows = {0};
    char *text;
    *trial = -1;
    *ended = false;
    OG_TRY(og__sql_write_text(call->name, &text));
    OG_GO(og__database_run(database,
                           "SELECT t.trial_id, t.state FROM trials t JOIN trial_user_attributes r "
                           "ON r.trial_id = t.trial_id WHERE t.study_id = $1 AND r.\"key\" = '" OG_KEY_RUN
                           "' AND r.value_json = $2 LIMIT 1",
                           VALUES(og__sql_int(call->study), og__sql_text(text)), &rows));
    if (rows.count > 0) {
        *trial = og__sql_cell_int(&rows, 0, 0);
        *ended = strcmp(og__sql_cell(&rows, 0, 1), "RUNNING") != 0;
    }
done:
    og__sql_rows_deinit(&rows);
    free(text);
    return status;
}

static og_status begin(og__database *database, const configure_call *call, int64_t *trial)
{
    char now[40];
    OG_TRY(og__sql_insert_waiting(database, call->study, trial));
    OG_TRY(og__sql_describe_trial(database, *trial, call->name, call->settings, call->space, call->point));
    OG_TRY(og__database_now(database, now));
    return og__database_run(database, "UPDATE trials SET state = 'RUNNING', datetime_start = $1 WHERE trial_id = $2",
                            VALUES(og__sql_text(now), og__sql_int(*trial)), NULL);
}

static og_status configure(og__database *database, void *context)
{
    const configure_call *call = context;
    int64_t trial;
    bool ended;
    OG_TRY(og__sql_lock_study(database, call->study));
    OG_TRY(find(database, call, &trial, &ended));
    if (trial < 0)
        OG_TRY(begin(database, call, &trial));
    if (ended || call->state == OG_TRIAL_RUNNING)
        return OG_OK;
    if (isfinite(call->value) && call->state != OG_TRIAL_FAIL)
        OG_TRY(og__sql_set_value(database, trial, call->value));
    return og__sql_set_state(database, trial, call->state);
}

og_status og__store_configure(og__store *store, int64_t study, const char *name, const json_t *settings,
                              const og__space *space, const double *point, og__trial_state state, double value)
{
    return og__database_transact(store->database, configure,
                                 &(configure_call){study, name, settings, space, point, state, value});
}
