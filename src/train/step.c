/* One step of a training run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/meter.h"
#include "base/status.h"
#include "base/text.h"
#include "format/json.h"
#include "net/probe.h"
#include "train/session.h"

enum { SKIPS_IN_ROW_MAX = 3, SKIPS_MAX = 20 };

/* The training pass, looked at where that is due. */
static og_status run_pass(og__session *session, const og__batch *batch, og_loss_value *value, double *health_s)
{
    const og_train_options *options = &session->model.options;
    og__progress *progress = &session->progress;
    bool look = og__watch_is_due(options->health_every, progress->step, progress->epoch,
                                 (progress->epoch + 1) * session->steps_per_epoch);
    og__health *health = &session->watch.health;
    *health_s = 0;
    health->spent_s = 0;
    og_plan_set_noise(session->plan, (uint64_t)options->seed, (uint64_t)progress->step);
    og__plan_set_probe(session->plan, look ? og__health_probe : NULL, health);
    og_status status = og_plan_train(session->plan, batch->images, batch->labels, value);
    og__plan_set_probe(session->plan, NULL, NULL);
    if (status != OG_OK || !look)
        return status;
    double start = og__now_s();
    status = og__watch_take(&session->watch, session->model.net, progress->epoch + 1, progress->step, progress->samples,
                            progress->events);
    *health_s = health->spent_s + og__now_s() - start;
    return status;
}

static double rate_of(const og__session *session)
{
    return og__rate_at(&session->rate, session->progress.step) * session->progress.rate_scale;
}

static og_status fill_event(const og__session *session, const char *name, bool serious, const char *text, json_t *event)
{
    OG_TRY(og__json_set(event, "warning", json_string(name)));
    OG_TRY(og__json_set(event, "serious", json_boolean(serious)));
    OG_TRY(og__json_set(event, "state", json_string("begins")));
    OG_TRY(og__json_set(event, "epoch", json_integer(session->progress.epoch + 1)));
    OG_TRY(og__json_set(event, "since", json_integer(session->progress.epoch + 1)));
    OG_TRY(og__json_set(event, "where", json_array()));
    OG_TRY(og__json_set(event, "values", json_array()));
    return og__json_set(event, "text", og__json_string(text));
}

og_status og__step_tell(og__session *session, const char *name, bool serious, const char *text)
{
    json_t *event = json_object();
    OG_TRY(og__json_append(session->progress.events, event));
    return fill_event(session, name, serious, text, event);
}

/* After a pass that was not finite: as if it had not been, but for a lower rate. `problem` is its error text. */
static og_status skip(og__session *session, const char *problem)
{
    og__progress *progress = &session->progress;
    og__text text = {0};
    memcpy(og_net_state(session->model.net), session->kept_state,
           og_net_state_size(session->model.net) * sizeof(float));
    progress->skipped++;
    progress->skipped_in_row++;
    if (progress->skipped_in_row >= SKIPS_IN_ROW_MAX || progress->skipped > SKIPS_MAX)
        return og__fail(
            OG_ERR_NUMERIC,
            "%s; %lld step%s skipped, %lld in a row, the last at a learning rate of %.3g; lower --lr, limit "
            "the gradient with --clip, or choose an activation or a norm that keeps values small",
            problem, (long long)progress->skipped, progress->skipped == 1 ? " was" : "s were",
            (long long)progress->skipped_in_row, rate_of(session));
    progress->rate_scale /= 2;
    og__text_format(&text, "%s; the step is skipped, and the learning rate halved from here on", problem);
    og_status status = og__step_tell(session, "skipped-step", true, og__text_get(&text));
    og__text_deinit(&text);
    return status;
}

/* Gather the gradient, and update the weights when it is of enough batches. */
static void learn(og__session *session)
{
    og__progress *progress = &session->progress;
    og_net *net = session->model.net;
    int64_t batch = progress->step - progress->epoch * session->steps_per_epoch + 1;
    bool due = batch % session->gradients.batches == 0 || batch == session->steps_per_epoch;
    if (!due || session->gradients.count == 0)
        return;
    og__gradient_sum_take(&session->gradients, net, session->threads);
    og__optimizer_step(session->optimizer, rate_of(session), og_net_gradients(net), og_net_weights(net));
    og__ema_update(&session->ema, net, session->threads);
    og_plan_refresh(session->plan);
    progress->updates++;
}

static void count(og__progress *progress, const og_loss_value *value)
{
    progress->skipped_in_row = 0;
    progress->counted++;
    progress->loss += value->total;
    for (int t = 0; t < OG_LOSS_TERMS_MAX; t++)
        progress->terms[t] += value->terms[t];
}

/* A pass with what follows from how it went. */
static og_status run_batch(og__session *session, const og__batch *batch, double *health_s)
{
    og__progress *progress = &session->progress;
    og_net *net = session->model.net;
    og_loss_value value;
    char *problem;
    memcpy(session->kept_state, og_net_state(net), og_net_state_size(net) * sizeof(float));
    og_status status = run_pass(session, batch, &value, health_s);
    if (status == OG_OK) {
        og__gradient_sum_add(&session->gradients, net, session->threads);
        count(progress, &value);
        return OG_OK;
    }
    status = og__fail_in(status, "epoch %lld, step %lld", (long long)progress->epoch + 1,
                         (long long)(progress->step - progress->epoch * session->steps_per_epoch) + 1);
    if (status != OG_ERR_NUMERIC)
        return status;
    OG_TRY(og__copy_text(og_error_text(), &problem));
    status = skip(session, problem);
    free(problem);
    return status;
}

og_status og__step_run(og__session *session)
{
    og__progress *progress = &session->progress;
    og__batch batch;
    double health_s, start = og__now_s();
    OG_TRY(og__loader_next(session->loader, &batch));
    double ready = og__now_s();
    OG_TRY(run_batch(session, &batch, &health_s));
    learn(session);
    double end = og__now_s();

    progress->step_ms[progress->step++] = (float)(1e3 * (end - ready - health_s));
    progress->health_s += health_s;
    progress->wait_s += ready - start;
    progress->train_s += end - start;
    return OG_OK;
}
