/* What a run leaves for people and for the study: log.jsonl and result.json. */
#include "train/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/facts.h>
#include <ogive/version.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "format/json.h"
#include "kernel/activate.h"
#include "train/metrics.h"
#include "train/placement.h"

/* --- the curve and its log --- */

static og_status fill_row(const og__session *session, const og_scores *scores, json_t *row)
{
    const og__progress *p = &session->progress;
    double steps = (double)p->counted;
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"loss", p->loss / steps},
        {"learning_rate", og__rate_at(&session->rate, p->step - 1) * p->rate_scale},
        {"dice", scores ? scores->mean_dice : NAN},
        {"iou", scores ? scores->mean_iou : NAN},
        {"train_s", p->train_s},
        {"elapsed_s", og__session_elapsed_s(session)},
        {"wait_s", p->wait_s},
    };
    OG_TRY(og__json_set(row, "epoch", json_integer(p->epoch + 1)));
    OG_TRY(og__json_set(row, "step", json_integer(p->step)));
    for (size_t t = 0; t < og_loss_term_count(session->loss); t++) {
        char key[64];
        snprintf(key, sizeof key, "loss_%s", og_loss_term_name(session->loss, t));
        OG_TRY(og__json_set(row, key, og__json_real(p->terms[t] / steps)));
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        OG_TRY(og__json_set(row, numbers[i].key, og__json_real(numbers[i].value)));
    OG_TRY(og__json_set(row, "health", json_incref(p->samples)));
    return og__json_set(row, "warnings", json_incref(p->events));
}

json_t *og__record_row(const og__session *session, const og_scores *scores)
{
    json_t *row = json_object();
    if (fill_row(session, scores, row) == OG_OK)
        return row;
    json_decref(row);
    return NULL;
}

og_status og__record_log(const og__session *session)
{
    og_status status = OG_OK;
    og__text text = {0};
    char *line = NULL;
    for (size_t i = 0; i < json_array_size(session->progress.curve); i++) {
        OG_GO(og__json_line(json_array_get(session->progress.curve, i), &line));
        og__text_format(&text, "%s\n", line);
        free(line);
        line = NULL;
    }
    OG_GO(og__text_status(&text));
    OG_GO(og__file_write(session->files.log, og__text_get(&text), text.length));
done:
    og__text_deinit(&text);
    free(line);
    return status;
}

og_status og__record_log_append(const og__session *session)
{
    og_status status = OG_OK;
    const json_t *curve = session->progress.curve;
    char *line;
    OG_TRY(og__json_line(json_array_get(curve, json_array_size(curve) - 1), &line));
    FILE *file = fopen(session->files.log, "ae");
    bool written = file && fprintf(file, "%s\n", line) > 0;
    if (file && fclose(file) != 0)
        written = false;
    if (!written)
        status = og__fail_file("write", session->files.log);
    free(line);
    return status;
}

/* --- the result --- */

static const char *const executors[] = {
    [OG_EXECUTOR_AUTO] = "auto",
    [OG_EXECUTOR_BUILT_IN] = "built-in",
    [OG_EXECUTOR_COMPILED] = "compiled",
    [OG_EXECUTOR_INTERPRETER] = "interpreter",
};

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static og_status median(const float *values, size_t count, double *result)
{
    float *sorted;
    *result = NAN;
    if (count == 0)
        return OG_OK;
    OG_TRY(og__alloc(count, sizeof *sorted, &sorted));
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_floats);
    *result = ((double)sorted[(count - 1) / 2] + (double)sorted[count / 2]) / 2;
    free(sorted);
    return OG_OK;
}

static og_status fill_cost(const og__session *session, json_t *cost)
{
    const og__progress *p = &session->progress;
    double ms;
    OG_TRY(median(p->step_ms, (size_t)p->step, &ms));
    OG_TRY(og__json_set(cost, "ms_per_step", og__json_real(ms)));
    OG_TRY(og__json_set(cost, "peak_bytes", json_integer(og__session_peak_bytes(session))));
    OG_TRY(og__json_set(cost, "planned_bytes", json_integer(session->planned_bytes)));
    OG_TRY(og__json_set(cost, "plan_bytes", json_integer((json_int_t)og_plan_bytes(session->plan))));
    OG_TRY(og__json_set(cost, "train_s", og__json_real(p->train_s)));
    OG_TRY(og__json_set(cost, "wait_share", og__json_real(p->train_s > 0 ? p->wait_s / p->train_s : NAN)));
    return og__json_set(cost, "health_share", og__json_real(p->train_s > 0 ? p->health_s / p->train_s : NAN));
}

static og_status fill_act(json_t *row, og_place place, int stage, const og_act *act)
{
    og_act_facts facts;
    og__act_kernel *kernel;
    OG_TRY(og_act_analyse(act, &facts));
    OG_TRY(og__act_kernel_open(act, OG_EXECUTOR_AUTO, og__cpu_isa(), &kernel));
    const char *executor = executors[og__act_kernel_executor(kernel)];
    og__act_kernel_close(kernel);
    OG_TRY(og__json_set(row, "place", json_string(og__place_name(place))));
    OG_TRY(og__json_set(row, "stage", json_integer(stage)));
    OG_TRY(og__json_set(row, "text", json_string(og_act_text(act))));
    OG_TRY(og__json_set(row, "gain", og__json_real(facts.moments.gain)));
    return og__json_set(row, "executor", json_string(executor));
}

static og_status fill_acts(const og__session *session, json_t *rows)
{
    const og_net_spec *spec = og_net_spec_of(session->model.net);
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++) {
            if (!og_place_exists(spec->depth, place, stage))
                continue;
            json_t *row = json_object();
            OG_TRY(og__json_append(rows, row));
            OG_TRY(fill_act(row, place, stage, spec->acts[place][stage]));
        }
    return OG_OK;
}

static og_status fill_head(const og__session *session, json_t *root)
{
    const og_head *head = og_net_spec_of(session->model.net)->head;
    json_t *object = json_object();
    OG_TRY(og__json_set(root, "head", object));
    OG_TRY(og__json_set(object, "text", json_string(og_head_text(head))));
    return og__json_set(object, "loss", json_string(og_head_loss(head)));
}

/* What began and ended, of the finished epochs and of the one that is not. */
static og_status fill_warnings(const og__session *session, json_t *warnings)
{
    size_t i;
    const json_t *row;
    json_array_foreach(session->progress.curve, i, row)
        json_array_extend(warnings, json_object_get(row, "warnings"));
    return json_array_extend(warnings, session->progress.events) == 0
               ? OG_OK
               : og__fail(OG_ERR_MEMORY, "cannot allocate memory for the warnings");
}

/* Why the run ended, and which epoch was the best. */
static og_status fill_ending(const og__session *session, json_t *root)
{
    static const char *const endings[] = {
        [OG_ENDING_EPOCHS] = "epochs",
        [OG_ENDING_PATIENCE] = "patience",
        [OG_ENDING_TIME] = "time budget",
    };
    const og__progress *p = &session->progress;
    json_t *best = json_object();
    OG_TRY(og__json_set(root, "ended_by", json_string(endings[p->ending])));
    OG_TRY(og__json_set(root, "skipped_steps", json_integer(p->skipped)));
    OG_TRY(og__json_set(root, "model", json_string(og__course_takes_best(session) ? "best" : "last")));
    OG_TRY(og__json_set(root, "best", best));
    OG_TRY(og__json_set(best, "epoch", p->best_epoch > 0 ? json_integer(p->best_epoch) : json_null()));
    return og__json_set(best, "dice", og__json_real(p->best_dice));
}

static json_t *or_empty(json_t *array)
{
    return array ? json_incref(array) : json_array();
}

static og_status fill_result(const og__session *session, const char *error, json_t *root)
{
    const og_train_options *options = &session->model.options;
    const og_scores *scores = &session->scores;
    OG_TRY(og__json_set(root, "ogive", json_string(og_version())));
    OG_TRY(og__json_set(root, "status", json_string(error ? "failed" : "finished")));
    OG_TRY(og__json_set(root, "error", error ? og__json_string(error) : json_null()));
    OG_TRY(og__json_set(root, "act", json_string(options->act)));
    OG_TRY(og__json_set(root, "seed", json_integer(options->seed)));
    OG_TRY(og__json_set(root, "epochs", json_integer(session->progress.epochs)));
    OG_TRY(og__json_set(root, "loss", json_string(options->loss)));
    OG_TRY(og__json_set(root, "weight_count", json_integer((json_int_t)og_net_weight_count(session->model.net))));
    OG_TRY(fill_ending(session, root));
    OG_TRY(og__json_set(root, "scores",
                        scores->classes ? og__scores_json(scores, session->model.scored_names) : json_null()));
    OG_TRY(og__json_set(root, "curve", json_incref(session->progress.curve)));
    json_t *cost = json_object(), *acts = json_array(), *warnings = json_array();
    OG_TRY(og__json_set(root, "cost", cost));
    OG_TRY(og__json_set(root, "acts", acts));
    OG_TRY(og__json_set(root, "warnings", warnings));
    OG_TRY(fill_warnings(session, warnings));
    OG_TRY(fill_cost(session, cost));
    OG_TRY(fill_acts(session, acts));
    OG_TRY(fill_head(session, root));
    OG_TRY(og__json_set(root, "health_first", or_empty(session->progress.health_first)));
    return og__json_set(root, "health", or_empty(session->health));
}

og_status og__record_result(const og__session *session, const char *error)
{
    json_t *root = json_object();
    og_status status = fill_result(session, error, root);
    if (status == OG_OK)
        status = og__json_save(session->files.result, root);
    json_decref(root);
    return status;
}
