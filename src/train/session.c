#include "train/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/meter.h"
#include "train/freeze.h"
#include "train/model.h"
#include "train/options.h"
#include "train/weights.h"

og_status og__run_files_init(const char *run, og__run_files *files)
{
    og_status status = OG_OK;
    *files = (og__run_files){0};
    OG_GO(og__path_join(run, "model.safetensors", &files->model));
    OG_GO(og__path_join(run, "best.safetensors", &files->best));
    OG_GO(og__path_join(run, "last.safetensors", &files->last));
    OG_GO(og__path_join(run, "checkpoint.safetensors", &files->checkpoint));
    OG_GO(og__path_join(run, "log.jsonl", &files->log));
    OG_GO(og__path_join(run, "result.json", &files->result));
done:
    if (status != OG_OK)
        og__run_files_deinit(files);
    return status;
}

void og__run_files_deinit(og__run_files *files)
{
    free(files->model);
    free(files->best);
    free(files->last);
    free(files->checkpoint);
    free(files->log);
    free(files->result);
    *files = (og__run_files){0};
}

static og_status open_progress(og__session *session)
{
    og__progress *progress = &session->progress;
    progress->last_dice = progress->best_dice = progress->plateau_dice = NAN;
    progress->rate_scale = 1;
    progress->threads = session->threads;
    progress->curve = json_array();
    progress->samples = json_array();
    progress->events = json_array();
    if (!progress->curve || !progress->samples || !progress->events)
        return og__fail(OG_ERR_MEMORY, "cannot allocate memory for the learning curve");
    return og__alloc((size_t)session->steps, sizeof *progress->step_ms, &progress->step_ms);
}

og_status og__session_open(const og_dataset *data, const og_train_options *options, const char *run,
                           og__session *session)
{
    og_status status = OG_OK;
    *session = (og__session){.data = data, .run = run, .started_s = og__now_s()};
    snprintf(session->digest, sizeof session->digest, "%016llx", (unsigned long long)og_dataset_digest(data));
    og__peak_reset();
    OG_GO(og__run_files_init(run, &session->files));
    OG_GO(og__model_new(data, options, &session->model));
    OG_GO(og_loss_parse(session->model.options.loss, &session->loss));
    session->threads = og__train_threads(options);
    session->steps_per_epoch = options->steps_per_epoch;
    if (session->steps_per_epoch == 0)
        session->steps_per_epoch =
            ((int64_t)og_dataset_count(data, OG_PART_TRAIN) + options->batch - 1) / options->batch;
    og__session_set_epochs(session, options->epochs);
    OG_GO(og__duration_parse("time-budget", options->time_budget, &session->budget_s));
    OG_GO(og__freeze_check(options->freeze, session->model.net));
    og__freeze_norms(options->freeze, session->model.net);
    OG_GO(og__gradient_sum_init(&session->gradients, session->model.net, options->accumulate));
    OG_GO(og__ema_init(&session->ema, session->model.net, options->ema));
    OG_GO(og__alloc(og_net_state_size(session->model.net), sizeof(float), &session->kept_state));
    OG_GO(og__optimizer_open(options, session->model.net, session->threads, &session->optimizer));
    OG_GO(open_progress(session));
    OG_GO(og__watch_init(session->model.net, session->threads, &session->watch));
    OG_GO(og__validation_new(&session->model, session->threads, &session->validation));
done:
    if (status != OG_OK)
        og__session_close(session);
    return status;
}

void og__session_set_epochs(og__session *session, int64_t epochs)
{
    const og_train_options *options = &session->model.options;
    session->progress.epochs = epochs;
    session->steps = session->steps_per_epoch * epochs;
    session->rate = (og__rate){
        .schedule = (og_schedule)options->schedule,
        .peak = options->learning_rate,
        .warmup_steps = (int64_t)(options->warmup * (double)session->steps),
        .steps = session->steps,
        .steps_per_epoch = session->steps_per_epoch,
        .step_epochs = options->lr_step,
        .factor = options->lr_factor,
    };
}

og_status og__session_open_loader(const og__session *session, int threads, uint64_t first_step, og__loader **loader)
{
    const og_train_options *options = &session->model.options;
    og__loader_options settings = {
        .batch = (int)options->batch,
        .multiple = og_net_size_multiple(session->model.net),
        .least = og_net_size_from(session->model.net, 1),
        .margin = og_net_margin(session->model.net),
        .slice_multiple = og_net_slice_multiple(session->model.net),
        .steps_per_epoch = (size_t)options->steps_per_epoch,
        .foreground = options->foreground,
        .balance = options->balance,
        .seed = (uint64_t)options->seed,
        .threads = threads,
        .first_step = first_step,
    };
    OG_TRY(og__train_options_resolution(options, &settings.resolution));
    OG_TRY(og__train_options_augment(options, &settings.augment));
    OG_TRY(og__train_options_patch(options, &settings.patch_d, &settings.patch_h, &settings.patch_w));
    return og__loader_open(session->data, &settings, loader);
}

og_status og__session_start(og__session *session)
{
    const og_train_options *options = &session->model.options;
    og_plan_options plan = {
        .n = (int)options->batch,
        .training = true,
        .exact = options->exact,
        .threads = (int)session->progress.threads,
        .loss = session->loss,
        .regions = &session->model.regions,
    };
    float class_weights[256];
    bool weighted;
    OG_TRY(og__class_weights(options->class_weights, session->data, class_weights, &weighted));
    plan.class_weights = weighted ? class_weights : NULL;
    OG_TRY(og__session_open_loader(session, (int)options->data_threads, (uint64_t)session->progress.step,
                                   &session->loader));
    og__loader_patch(session->loader, &plan.d, &plan.h, &plan.w);
    OG_TRY(og_plan_new(session->model.net, &plan, &session->plan));
    og__validation_share(session->validation, session->plan);
    return OG_OK;
}

og_status og__session_plan_memory(og__session *session)
{
    size_t other_sizes, batch = og__loader_batch_bytes(session->loader); /* of the health's own loader */
    size_t weights = og_net_weight_count(session->model.net) * sizeof(float);
    OG_TRY(og__validation_prepare(session->validation, session->data, OG_PART_VALIDATION, &other_sizes));
    size_t best = og__course_may_take_best(session) ? weights : 0; /* while it is read */
    session->planned_bytes = (int64_t)(og__settled_bytes() + other_sizes + batch + best + OG_FIRST_PASS_BYTES);
    return OG_OK;
}

void og__session_close(og__session *session)
{
    og__loader_close(session->loader);
    og__validation_free(session->validation);
    og__watch_deinit(&session->watch);
    og_plan_free(session->plan);
    og__optimizer_free(session->optimizer);
    og__gradient_sum_deinit(&session->gradients);
    og__ema_deinit(&session->ema);
    free(session->kept_state);
    og_loss_free(session->loss);
    og_model_deinit(&session->model);
    og_scores_deinit(&session->scores);
    json_decref(session->health);
    json_decref(session->progress.curve);
    json_decref(session->progress.samples);
    json_decref(session->progress.events);
    json_decref(session->progress.health_first);
    free(session->progress.step_ms);
    og__run_files_deinit(&session->files);
    *session = (og__session){0};
}

double og__session_elapsed_s(const og__session *session)
{
    return session->progress.elapsed_s + og__now_s() - session->started_s;
}

int64_t og__session_peak_bytes(const og__session *session)
{
    int64_t peak = og__peak_bytes();
    return peak > session->progress.peak_bytes ? peak : session->progress.peak_bytes;
}
