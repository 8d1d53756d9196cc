#include <ogive/train.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "format/json.h"
#include "net/probe.h"
#include "train/adopt.h"
#include "train/health.h"
#include "train/model.h"
#include "base/meter.h"
#include "base/writer.h"
#include "train/session.h"

typedef struct reporter {
    og_train_report report; /* may be NULL */
    void *context;
} reporter;

/* --- health --- */

/* A training pass over the run's first batch under the probe. Its traces are wiped: gradients are overwritten by the
 * next step, and the running statistics are put back. */
static og_status probe_pass(const og__session *session, const og__batch *batch, og__health *health)
{
    og_net *net = session->model.net;
    og_loss_value value;
    size_t bytes = og_net_state_size(net) * sizeof(float);
    float *kept;
    OG_TRY(og__alloc(bytes, 1, &kept));
    memcpy(kept, og_net_state(net), bytes);
    og__plan_set_probe(session->plan, og__health_probe, health);
    og_plan_set_noise(session->plan, (uint64_t)session->model.options.seed, (uint64_t)session->progress.step);
    og_status status = og_plan_train(session->plan, batch->images, batch->labels, &value);
    og__plan_set_probe(session->plan, NULL, NULL);
    memcpy(og_net_state(net), kept, bytes);
    free(kept);
    return status == OG_OK ? OG_OK : og__fail_in(status, "after step %lld", (long long)session->progress.step);
}

static og_status measure_health(const og__session *session, json_t **result)
{
    og_status status = OG_OK;
    const og_net *net = session->model.net;
    og__loader *loader = NULL;
    og__health health;
    og__batch batch;
    OG_TRY(og__health_init(&health, net, session->threads));
    OG_GO(og__session_open_loader(session, 0, 0, &loader));
    OG_GO(og__loader_next(loader, &batch));
    OG_GO(probe_pass(session, &batch, &health));
    og__health_follow(&health, net, session->watch.initial);
    *result = og__health_json(&health, net);
    if (!*result)
        status = og__fail(OG_ERR_MEMORY, "cannot allocate memory for the activations' health");
done:
    og__loader_close(loader);
    og__health_deinit(&health);
    return status;
}

/* --- epochs --- */

enum { WARNINGS_MAX = 64 };

/* What the caller has not been told of; the texts are the events'. */
static size_t new_warnings(og__progress *progress, og_train_warning warnings[WARNINGS_MAX])
{
    size_t count = 0;
    for (; progress->told < json_array_size(progress->events) && count < WARNINGS_MAX; progress->told++) {
        const json_t *event = json_array_get(progress->events, progress->told);
        warnings[count++] = (og_train_warning){
            .text = json_string_value(json_object_get(event, "text")),
            .serious = json_is_true(json_object_get(event, "serious")),
            .ended = strcmp(json_string_value(json_object_get(event, "state")), "ends") == 0,
        };
    }
    return count;
}

/* Tell the caller; false when it wants to stop. `first` is the step at which this session began. */
static bool report_step(og__session *session, const reporter *to, int64_t first)
{
    og__progress *progress = &session->progress;
    og_train_warning warnings[WARNINGS_MAX];
    int64_t step = progress->step - progress->epoch * session->steps_per_epoch;
    double here = og__now_s() - session->started_s;
    og_train_progress state = {
        .epoch = progress->epoch + 1,
        .epochs = progress->epochs,
        .step = step,
        .steps = session->steps_per_epoch,
        .loss = progress->loss / (double)(progress->counted > 0 ? progress->counted : 1),
        .dice = progress->last_dice,
        .elapsed_s = og__session_elapsed_s(session),
        .eta_s = progress->step > first
                     ? here / (double)(progress->step - first) * (double)(session->steps - progress->step)
                     : NAN,
        .warnings = warnings,
        .warning_count = new_warnings(progress, warnings),
        .planned_bytes = session->planned_bytes,
    };
    return !to->report || to->report(to->context, &state);
}

/* The old array has become part of the curve. */
static og_status renew(json_t **array)
{
    json_decref(*array);
    *array = json_array();
    return *array ? OG_OK : og__fail(OG_ERR_MEMORY, "cannot allocate memory for the activations' health");
}

/* Score where it is due, write down the epoch, and save the run's state. */
static og_status finish_epoch(og__session *session)
{
    og__progress *progress = &session->progress;
    const og_train_options *options = &session->model.options;
    bool due = (progress->epoch + 1) % options->eval_every == 0 || progress->epoch + 1 == progress->epochs;
    if (due)
        OG_TRY(og__course_score(session));
    OG_TRY(og__json_append(progress->curve, og__record_row(session, due ? &session->scores : NULL)));
    if (due)
        og__course_judge(session);
    progress->epoch++;
    progress->loss = 0;
    progress->counted = 0;
    memset(progress->terms, 0, sizeof progress->terms);
    OG_TRY(renew(&progress->samples));
    OG_TRY(renew(&progress->events));
    progress->told = 0;
    OG_TRY(og__checkpoint_save(session));
    return og__record_log_append(session);
}

/* The time is up: this epoch becomes the last, as far as it is. */
static bool is_late(og__session *session)
{
    og__progress *progress = &session->progress;
    if (session->budget_s <= 0 || progress->counted == 0 || og__session_elapsed_s(session) < session->budget_s)
        return false;
    progress->epochs = progress->epoch + 1;
    progress->ending = OG_ENDING_TIME;
    return true;
}

static og_status stop(og__session *session)
{
    const og__progress *progress = &session->progress;
    OG_TRY(og__checkpoint_save(session));
    return og__fail(OG_ERR_STOPPED, "stopped in epoch %lld of %lld; the run in '%s' can be resumed",
                    (long long)progress->epoch + 1, (long long)progress->epochs, session->run);
}

static og_status run_epochs(og__session *session, const reporter *to)
{
    og__progress *progress = &session->progress;
    int64_t first = progress->step;
    if (progress->epoch < progress->epochs && !report_step(session, to, first))
        return stop(session);
    while (progress->epoch < progress->epochs) {
        while (progress->step < (progress->epoch + 1) * session->steps_per_epoch && !is_late(session)) {
            OG_TRY(og__step_run(session));
            if (progress->step == 1)
                OG_TRY(measure_health(session, &progress->health_first));
            if (!report_step(session, to, first))
                return stop(session);
        }
        OG_TRY(finish_epoch(session));
    }
    return OG_OK;
}

/* The best network is what the run ends with: the last is kept beside it. */
static og_status take_best(og__session *session)
{
    og_status status = OG_OK;
    og__safetensors *file;
    OG_TRY(og_model_save(&session->model, session->files.last));
    OG_TRY(og__safetensors_load(session->files.best, &file));
    OG_GO(og__model_read_tensors(file, &session->model));
    og_scores_deinit(&session->scores);
    og__validation_refresh(session->validation);
    OG_GO(og__validation_score(session->validation, session->data, OG_PART_VALIDATION, &session->scores));
done:
    og__safetensors_free(file);
    return status;
}

static og_status finish_run(og__session *session)
{
    const og__progress *progress = &session->progress;
    if (!session->scores.classes) /* resumed after the last epoch */
        OG_TRY(og__course_score(session));
    og__ema_swap(&session->ema, session->model.net);
    og_plan_refresh(session->plan);
    OG_TRY(measure_health(session, &session->health));
    if (og__course_takes_best(session))
        OG_TRY(take_best(session));
    OG_TRY(og_model_save(&session->model, session->files.model));
    OG_TRY(og__record_result(session, NULL));
    if (og__course_takes_best(session) || progress->best_epoch == progress->epoch)
        unlink(session->files.best); /* it is the model */
    unlink(session->files.checkpoint);
    return OG_OK;
}

/* A value that is not finite is a result of the run's settings: the same command fails again in the same way. Other
 * failures are of the machine, and the run can be resumed. */
static og_status record_failure(const og__session *session)
{
    og_status status = OG_OK;
    char *error;
    OG_TRY(og__copy_text(og_error_text(), &error));
    OG_GO(og__record_result(session, error));
    status = og__fail_copy(OG_ERR_NUMERIC, error);
done:
    free(error);
    return status;
}

/* --- the run's folder --- */

static og_status check_unused(const og__run_files *files, const char *run)
{
    const char *const paths[] = {files->model, files->best, files->last, files->checkpoint, files->log, files->result};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (og__file_exists(paths[i]))
            return og__fail(OG_ERR_ARGUMENT,
                            "'%s' already holds a training run; resume it, or train into another folder", run);
    return OG_OK;
}

/* How a run ended; `error` is the text of one that failed. */
static og_status read_ending(const json_t *root, bool *finished, const char **error)
{
    const char *ended;
    OG_TRY(og__json_get_text(root, "status", &ended));
    *finished = strcmp(ended, "finished") == 0;
    if (*finished)
        return OG_OK;
    if (strcmp(ended, "failed") != 0)
        return og__fail(OG_ERR_FORMAT, "its status is '%s', not 'finished' or 'failed'", ended);
    return og__json_get_text(root, "error", error);
}

/* What result.json says about a run that has ended: nothing more to do, or the failure it ended with. */
static og_status repeat_result(const og__session *session)
{
    og_status status = OG_OK;
    json_t *root;
    const char *error;
    bool finished;
    OG_TRY(og__json_load(session->files.result, &root));
    status = read_ending(root, &finished, &error);
    if (status != OG_OK) {
        og__fail_in(status, "'%s' is no result of a run", session->files.result);
        goto done;
    }
    if (finished && !og__file_exists(session->files.model)) {
        status =
            og__fail(OG_ERR_FILE,
                     "the run in '%s' is finished, but its model.safetensors is gone; train into another folder, or "
                     "remove result.json to train here again",
                     session->run);
        goto done;
    }
    const char *settings = finished ? session->files.model : session->files.checkpoint;
    if (og__file_exists(settings))
        OG_GO(og__checkpoint_compare(session, settings));
    if (!finished)
        status = og__fail_copy(OG_ERR_NUMERIC, error);
done:
    json_decref(root);
    return status;
}

/* What a kill in the middle of writing has left. */
static void sweep(const og__run_files *files)
{
    const char *const paths[] = {files->model, files->best, files->last, files->checkpoint, files->log, files->result};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        og__writer_sweep(paths[i]);
}

/* What a run does before its first step. */
static og_status begin(og__session *session)
{
    const og_train_options *options = &session->model.options;
    char *told;
    if (*options->from) {
        OG_TRY(og__adopt(session->model.net, options->from, &told));
        og_status status = og__step_tell(session, "from", false, told);
        free(told);
        OG_TRY(status);
        og__ema_begin(&session->ema, session->model.net);
        og_plan_refresh(session->plan);
    }
    return og__course_fit(session);
}

/* Make the folder and the log, which also shows early whether it can be written to, and what the settings ask for.
 * Where that fails (a patch, a loss, an augmentation that cannot be) nothing is left of a run that has not begun. */
static og_status open_run(og__session *session)
{
    bool fresh = !og__file_exists(session->files.log), made = !og__file_exists(session->run);
    OG_TRY(og__folder_make(session->run));
    og_status status = og__record_log(session);
    if (status == OG_OK)
        status = og__session_start(session);
    if (status != OG_OK && fresh)
        unlink(session->files.log);
    if (status != OG_OK && made)
        rmdir(session->run);
    return status;
}

static og_status train(og__session *session, bool resume, const reporter *to)
{
    if (!resume)
        OG_TRY(check_unused(&session->files, session->run));
    if (resume && og__file_exists(session->files.result))
        return repeat_result(session);
    if (resume && og__file_exists(session->files.checkpoint))
        OG_TRY(og__checkpoint_load(session));
    if (resume)
        sweep(&session->files);
    OG_TRY(open_run(session));
    OG_TRY(og__session_plan_memory(session));
    if (session->progress.step == 0)
        OG_TRY(begin(session));
    og_status status = run_epochs(session, to);
    if (status == OG_OK)
        status = finish_run(session);
    return status == OG_ERR_NUMERIC ? record_failure(session) : status;
}

og_status og_train(const og_dataset *data, const og_train_options *options, const char *run, bool resume,
                   og_train_report report, void *context)
{
    og__session session;
    OG_TRY(og__session_open(data, options, run, &session));
    og_status status = train(&session, resume, &(reporter){report, context});
    og__session_close(&session);
    return status;
}
