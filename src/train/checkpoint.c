/* Checkpoints: the model's file plus optimiser state and progress, so that a run goes on to the same bits. */
#include "train/session.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"
#include "format/json.h"
#include "train/model.h"

static const char progress_key[] = "progress", data_key[] = "data", step_ms_name[] = "run.step_ms";

enum { THREADS_MAX = 4096 };

/* --- saving --- */

/* The numbers of a run's progress. */
typedef struct number {
    const char *key;
    int64_t *integer; /* or */
    double *real;
} number;

enum { NUMBERS = 25 };

static void numbers_of(og__session *session, number numbers[NUMBERS])
{
    og__progress *p = &session->progress;
    const number all[NUMBERS] = {
        {"step", &p->step, NULL},
        {"epoch", &p->epoch, NULL},
        {"epochs", &p->epochs, NULL},
        {"ending", &p->ending, NULL},
        {"counted", &p->counted, NULL},
        {"updates", &p->updates, NULL},
        {"gathered", &session->gradients.count, NULL},
        {"averaged", &session->ema.updates, NULL},
        {"skipped", &p->skipped, NULL},
        {"skipped_in_row", &p->skipped_in_row, NULL},
        {"best_epoch", &p->best_epoch, NULL},
        {"best_waits", &p->best_waits, NULL},
        {"plateau_waits", &p->plateau_waits, NULL},
        {"peak_bytes", &p->peak_bytes, NULL},
        {"threads", &p->threads, NULL},
        {"loss", NULL, &p->loss},
        {"rate_scale", NULL, &p->rate_scale},
        {"best_dice", NULL, &p->best_dice},
        {"plateau_dice", NULL, &p->plateau_dice},
        {"last_dice", NULL, &p->last_dice},
        {"train_s", NULL, &p->train_s},
        {"elapsed_s", NULL, &p->elapsed_s},
        {"wait_s", NULL, &p->wait_s},
        {"health_s", NULL, &p->health_s},
        {NULL, NULL, NULL},
    };
    memcpy(numbers, all, sizeof all);
}

static og_status fill_progress(og__session *session, json_t *object)
{
    og__session now = *session; /* what grows outside of the progress, as it is now */
    og__progress *p = &now.progress;
    number numbers[NUMBERS];
    p->elapsed_s = og__session_elapsed_s(session);
    p->peak_bytes = og__session_peak_bytes(session);
    numbers_of(&now, numbers);
    for (const number *n = numbers; n->key; n++)
        OG_TRY(og__json_set(object, n->key, n->integer ? json_integer(*n->integer) : og__json_real(*n->real)));
    json_t *terms = json_array();
    OG_TRY(og__json_set(object, "terms", terms));
    for (int t = 0; t < OG_LOSS_TERMS_MAX; t++)
        OG_TRY(og__json_append(terms, og__json_real(p->terms[t])));
    OG_TRY(og__json_set(object, "curve", json_incref(p->curve)));
    OG_TRY(og__json_set(object, "samples", json_incref(p->samples)));
    OG_TRY(og__json_set(object, "events", json_incref(p->events)));
    return og__json_set(object, "health_first", p->health_first ? json_incref(p->health_first) : json_null());
}

static og_status describe_progress(og__session *session, og__bundle *bundle)
{
    char *text = NULL;
    json_t *object = json_object();
    og_status status = fill_progress(session, object);
    if (status == OG_OK)
        status = og__json_line(object, &text);
    if (status == OG_OK)
        og__bundle_add_text(bundle, "", progress_key, text);
    free(text);
    json_decref(object);
    return status;
}

/* What must be the same when the run goes on: the model's settings, and the data. */
static void describe_settings(const og__session *session, og__bundle *bundle)
{
    og__bundle_add_text(bundle, "", data_key, session->digest); /* first: other data may also mean another scaling */
    og__model_describe(&session->model, bundle);
}

static void slot_name(const og__optimizer *optimizer, size_t slot, size_t size, char name[size])
{
    snprintf(name, size, "optimizer.%s", og__optimizer_slot_name(optimizer, slot));
}

/* The vectors that only some runs have. */
typedef struct extra {
    const char *name;
    int64_t count;
    float *values; /* NULL: the run does not have it */
} extra;

enum { EXTRAS = 3 };

static void extras_of(const og__session *session, extra extras[EXTRAS])
{
    int64_t weights = (int64_t)og_net_weight_count(session->model.net);
    extras[0] = (extra){"run.gradients", weights, session->gradients.sum};
    extras[1] = (extra){"ema.weights", weights, session->ema.weights};
    extras[2] = (extra){"ema.state", (int64_t)og_net_state_size(session->model.net), session->ema.state};
}

static void describe_averages(const og__session *session, og__bundle *bundle)
{
    extra extras[EXTRAS];
    extras_of(session, extras);
    for (int i = 0; i < EXTRAS; i++)
        if (extras[i].values && extras[i].count > 0)
            og__bundle_add(bundle, extras[i].name, OG_DTYPE_F32, 1, &extras[i].count, extras[i].values);
}

og_status og__checkpoint_save(og__session *session)
{
    og_status status = OG_OK;
    og__bundle bundle = {0};
    char name[64];
    int64_t weight_count = (int64_t)og_net_weight_count(session->model.net);
    describe_settings(session, &bundle);
    for (size_t slot = 0; slot < og__optimizer_slot_count(session->optimizer); slot++) {
        slot_name(session->optimizer, slot, sizeof name, name);
        og__bundle_add(&bundle, name, OG_DTYPE_F32, 1, &weight_count, og__optimizer_slot(session->optimizer, slot));
    }
    describe_averages(session, &bundle);
    og__bundle_add(&bundle, step_ms_name, OG_DTYPE_F32, 1, &session->progress.step, session->progress.step_ms);
    OG_GO(describe_progress(session, &bundle));
    OG_GO(og__bundle_save(&bundle, session->files.checkpoint));
done:
    og__bundle_deinit(&bundle);
    return status;
}

/* --- comparing --- */

static og_status compare_texts(const og__session *session, const og__bundle *bundle, const og__safetensors *file)
{
    static const char option[] = "option.";
    for (size_t i = 0; i < bundle->text_count; i++) {
        const char *key = bundle->texts[i].key, *value = bundle->texts[i].value;
        const char *other = og__safetensors_metadata(file, key);
        bool is_data = strcmp(key, data_key) == 0;
        if (strcmp(key, "ogive") == 0 || (is_data && !other) || (other && strcmp(value, other) == 0))
            continue;
        if (is_data)
            return og__fail(OG_ERR_ARGUMENT,
                            "the data set has changed since the run in '%s' began; train into another folder",
                            session->run);
        bool is_option = strncmp(key, option, strlen(option)) == 0;
        return og__fail(OG_ERR_ARGUMENT,
                        "the run in '%s' was begun with %s = %s, not %s; resume it with the same settings, "
                        "or train into another folder",
                        session->run, is_option ? key + strlen(option) : key, other ? other : "(nothing)", value);
    }
    return OG_OK;
}

og_status og__checkpoint_compare(const og__session *session, const char *path)
{
    og_status status = OG_OK;
    og__bundle bundle = {0};
    og__safetensors *file = NULL;
    describe_settings(session, &bundle);
    OG_GO(bundle.status);
    OG_GO(og__safetensors_load(path, &file));
    OG_GO(compare_texts(session, &bundle, file));
done:
    og__safetensors_free(file);
    og__bundle_deinit(&bundle);
    return status;
}

/* --- loading --- */

static void replace(json_t **owner, json_t *value)
{
    json_decref(*owner);
    *owner = json_incref(value);
}

static og_status read_progress(og__session *session, const json_t *object)
{
    og__progress *p = &session->progress;
    json_t *curve, *samples, *events, *terms, *health = json_object_get(object, "health_first");
    number numbers[NUMBERS];
    numbers_of(session, numbers);
    for (const number *n = numbers; n->key; n++)
        OG_TRY(n->integer ? og__json_get_int(object, n->key, n->integer) : og__json_get_real(object, n->key, n->real));
    OG_TRY(og__json_get(object, "terms", JSON_ARRAY, &terms));
    for (size_t t = 0; t < OG_LOSS_TERMS_MAX; t++)
        p->terms[t] = json_number_value(json_array_get(terms, t));
    OG_TRY(og__json_get(object, "curve", JSON_ARRAY, &curve));
    OG_TRY(og__json_get(object, "samples", JSON_ARRAY, &samples));
    OG_TRY(og__json_get(object, "events", JSON_ARRAY, &events));
    if (p->threads < 1 || p->threads > THREADS_MAX)
        return og__fail(OG_ERR_FORMAT, "%lld threads are not possible", (long long)p->threads);
    if (p->epochs < 1 || p->epochs > session->model.options.epochs)
        return og__fail(OG_ERR_FORMAT, "%lld epochs are not of a run of %lld", (long long)p->epochs,
                        (long long)session->model.options.epochs);
    int64_t most = session->steps_per_epoch * session->model.options.epochs;
    int64_t least = p->epoch * session->steps_per_epoch;
    bool cut = p->ending == OG_ENDING_TIME && p->epoch == p->epochs; /* in the middle of its last epoch */
    if (p->epoch < p->epochs)
        og__session_set_epochs(session, p->epochs);
    if (p->epoch < 0 || p->epoch > p->epochs || json_array_size(curve) != (size_t)p->epoch || p->step < 0 ||
        (p->step < least && !cut) || p->step > most || p->step > least + session->steps_per_epoch)
        return og__fail(OG_ERR_FORMAT, "step %lld and epoch %lld do not belong to a run of %lld epochs of %lld steps",
                        (long long)p->step, (long long)p->epoch, (long long)p->epochs,
                        (long long)session->steps_per_epoch);
    OG_TRY(og__watch_replay(&session->watch, curve, samples));
    replace(&p->curve, curve);
    replace(&p->samples, samples);
    replace(&p->events, events);
    p->told = json_array_size(events);
    p->health_first = json_is_array(health) ? json_incref(health) : NULL;
    return OG_OK;
}

static og_status load_progress(og__session *session, const og__safetensors *file)
{
    json_t *object;
    const char *text = og__safetensors_metadata(file, progress_key);
    if (!text)
        return og__fail(OG_ERR_FORMAT, "it has no \"%s\"", progress_key);
    OG_TRY(og__json_parse(text, strlen(text), progress_key, &object));
    og_status status = read_progress(session, object);
    json_decref(object);
    return status;
}

static og_status load_optimizer(og__session *session, const og__safetensors *file)
{
    char name[64];
    int64_t weight_count = (int64_t)og_net_weight_count(session->model.net);
    for (size_t slot = 0; slot < og__optimizer_slot_count(session->optimizer); slot++) {
        slot_name(session->optimizer, slot, sizeof name, name);
        OG_TRY(og__safetensors_read(file, name, OG_DTYPE_F32, 1, &weight_count,
                                    og__optimizer_slot(session->optimizer, slot)));
    }
    og__optimizer_set_steps(session->optimizer, session->progress.updates);
    extra extras[EXTRAS];
    extras_of(session, extras);
    for (int i = 0; i < EXTRAS; i++)
        if (extras[i].values && extras[i].count > 0)
            OG_TRY(og__safetensors_read(file, extras[i].name, OG_DTYPE_F32, 1, &extras[i].count, extras[i].values));
    return OG_OK;
}

og_status og__checkpoint_load(og__session *session)
{
    og_status status = OG_OK;
    og__safetensors *file = NULL;
    og__progress *progress = &session->progress;
    OG_TRY(og__checkpoint_compare(session, session->files.checkpoint));
    OG_GO(og__safetensors_load(session->files.checkpoint, &file));
    status = load_progress(session, file);
    if (status != OG_OK) {
        status = og__fail_in(status, "'%s' is no checkpoint of this run", session->files.checkpoint);
        goto done;
    }
    OG_GO(og__model_read_tensors(file, &session->model));
    OG_GO(load_optimizer(session, file));
    OG_GO(og__safetensors_read(file, step_ms_name, OG_DTYPE_F32, 1, &progress->step, progress->step_ms));
done:
    og__safetensors_free(file);
    return status;
}
