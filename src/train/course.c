/* What a run does besides stepping: scoring, plateaus, patience, and keeping to its time. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/meter.h"
#include "base/status.h"
#include "train/session.h"

/* --- scoring --- */

og_status og__course_score(og__session *session)
{
    og__progress *progress = &session->progress;
    og_scores_deinit(&session->scores);
    og__ema_swap(&session->ema, session->model.net);
    og__validation_refresh(session->validation);
    og_status status = og__validation_score(session->validation, session->data, OG_PART_VALIDATION, &session->scores);
    progress->last_dice = session->scores.mean_dice;
    bool better = progress->best_epoch == 0 || progress->last_dice > progress->best_dice;
    if (status == OG_OK && better && isfinite(progress->last_dice)) {
        progress->best_dice = progress->last_dice;
        progress->best_epoch = progress->epoch + 1;
        progress->best_waits = -1; /* og__course_judge() counts this scoring */
        status = og_model_save(&session->model, session->files.best);
    }
    og__ema_swap(&session->ema, session->model.net);
    return status;
}

/* Source: torch.optim.lr_scheduler.ReduceLROnPlateau, mode "max", with its threshold. */
static void judge_plateau(og__session *session)
{
    const og_train_options *options = &session->model.options;
    og__progress *progress = &session->progress;
    if (!(progress->last_dice <= progress->plateau_dice * (1 + 1e-4))) { /* also the first */
        progress->plateau_dice = progress->last_dice;
        progress->plateau_waits = 0;
    } else if (++progress->plateau_waits > options->lr_patience) {
        progress->rate_scale *= options->lr_factor;
        progress->plateau_waits = 0;
    }
}

void og__course_judge(og__session *session)
{
    const og_train_options *options = &session->model.options;
    og__progress *progress = &session->progress;
    if (options->schedule == OG_SCHEDULE_PLATEAU)
        judge_plateau(session);
    progress->best_waits++;
    if (options->patience == 0 || progress->best_waits < options->patience || progress->epoch + 1 == progress->epochs)
        return;
    progress->epochs = progress->epoch + 1;
    progress->ending = OG_ENDING_PATIENCE;
}

bool og__course_may_take_best(const og__session *session)
{
    const og_train_options *options = &session->model.options;
    return options->select == OG_SELECT_BEST || (options->select == OG_SELECT_AUTO && options->patience > 0);
}

bool og__course_takes_best(const og__session *session)
{
    const og__progress *progress = &session->progress;
    return og__course_may_take_best(session) && progress->best_epoch > 0 && progress->best_epoch < progress->epoch;
}

/* --- time --- */

og_status og__duration_parse(const char *option, const char *text, double *seconds)
{
    const char *at = text;
    *seconds = 0;
    while (*at) {
        char *end;
        double number = isdigit((unsigned char)*at) ? strtod(at, &end) : -1;
        double unit = number < 0    ? 0
                      : *end == 's' ? 1
                      : *end == 'm' ? 60
                      : *end == 'h' ? 3600
                      : *end == 'd' ? 86400
                                    : 0;
        if (!(number >= 0) || unit == 0)
            return og__fail(OG_ERR_ARGUMENT, "%s: '%s' is no time; write it as 90s, 10m or 1h30m", option, text);
        *seconds += number * unit;
        at = end + 1;
    }
    if (*text && !(*seconds >= 1 && *seconds <= 1e9))
        return og__fail(OG_ERR_ARGUMENT, "%s: '%s' is not between a second and 30 years", option, text);
    return OG_OK;
}

/* Seconds of a pass, the better of two behind one that warms up, and of making its batch. Gradients are overwritten by
 * the next step, running statistics put back. */
static og_status time_passes(og__session *session, double *pass_s, double *batch_s)
{
    og_status status = OG_OK;
    og__loader *loader = NULL;
    og__batch batch;
    og_loss_value value;
    og_net *net = session->model.net;
    size_t bytes = og_net_state_size(net) * sizeof(float);
    memcpy(session->kept_state, og_net_state(net), bytes);
    *pass_s = *batch_s = INFINITY;
    OG_GO(og__session_open_loader(session, 0, 0, &loader));
    for (int turn = 0; turn < 3; turn++) {
        double start = og__now_s();
        OG_GO(og__loader_next(loader, &batch));
        double ready = og__now_s();
        status = og_plan_train(session->plan, batch.images, batch.labels, &value);
        if (status != OG_OK && status != OG_ERR_NUMERIC) /* that is for the run to meet */
            goto done;
        status = OG_OK;
        *batch_s = fmin(*batch_s, ready - start);
        *pass_s = turn > 0 ? fmin(*pass_s, og__now_s() - ready) : *pass_s;
    }
done:
    memcpy(og_net_state(net), session->kept_state, bytes);
    og__loader_close(loader);
    return status;
}

og_status og__course_fit(og__session *session)
{
    const og_train_options *options = &session->model.options;
    double pass_s, batch_s, start;
    if (session->budget_s <= 0)
        return OG_OK;
    OG_TRY(time_passes(session, &pass_s, &batch_s));
    start = og__now_s();
    OG_TRY(og__validation_score(session->validation, session->data, OG_PART_VALIDATION, &session->scores));
    og_scores_deinit(&session->scores);
    double score_s = og__now_s() - start, threads = options->data_threads > 0 ? (double)options->data_threads : 1;
    double step_s = 1.05 * fmax(pass_s, batch_s / threads); /* and the update */
    double epoch_s = step_s * (double)session->steps_per_epoch + score_s / (double)options->eval_every;
    double epochs = floor((session->budget_s - og__session_elapsed_s(session) - score_s) / epoch_s);
    epochs = fmin(fmax(epochs, 1), (double)options->epochs);
    og__session_set_epochs(session, (int64_t)epochs);
    if (session->progress.epochs < options->epochs)
        session->progress.ending = OG_ENDING_TIME;
    return OG_OK;
}
