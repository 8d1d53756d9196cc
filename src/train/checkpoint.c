/* Checkpoints: the model's file plus optimiser state and progress, so that a run goes on to the same bits. */
#include "train/session.h"

#include <math.h>
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

static og_status fill_progress(const og__session *session, json_t *object)
{
    const og__progress *p = &session->progress;
    OG_TRY(og__json_set(object, "step", json_integer(p->step)));
    OG_TRY(og__json_set(object, "epoch", json_integer(p->epoch)));
    OG_TRY(og__json_set(object, "loss", og__json_real(p->loss)));
    json_t *terms = json_array();
    OG_TRY(og__json_set(object, "terms", terms));
    for (int t = 0; t < OG_LOSS_TERMS_MAX; t++)
        OG_TRY(og__json_append(terms, og__json_real(p->terms[t])));
    OG_TRY(og__json_set(object, "train_s", og__json_real(p->train_s)));
    OG_TRY(og__json_set(object, "elapsed_s", og__json_real(og__session_elapsed_s(session))));
    OG_TRY(og__json_set(object, "wait_s", og__json_real(p->wait_s)));
    OG_TRY(og__json_set(object, "last_dice", og__json_real(p->last_dice)));
    OG_TRY(og__json_set(object, "peak_bytes", json_integer(og__session_peak_bytes(session))));
    OG_TRY(og__json_set(object, "threads", json_integer(p->threads)));
    OG_TRY(og__json_set(object, "health_s", og__json_real(p->health_s)));
    OG_TRY(og__json_set(object, "curve", json_incref(p->curve)));
    OG_TRY(og__json_set(object, "samples", json_incref(p->samples)));
    OG_TRY(og__json_set(object, "events", json_incref(p->events)));
    return og__json_set(object, "health_first", p->health_first ? json_incref(p->health_first) : json_null());
}

static og_status describe_progress(const og__session *session, og__bundle *bundle)
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

og_status og__checkpoint_save(const og__session *session)
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
    OG_TRY(og__json_get_int(object, "step", &p->step));
    OG_TRY(og__json_get_int(object, "epoch", &p->epoch));
    OG_TRY(og__json_get_real(object, "loss", &p->loss));
    OG_TRY(og__json_get(object, "terms", JSON_ARRAY, &terms));
    for (size_t t = 0; t < OG_LOSS_TERMS_MAX; t++)
        p->terms[t] = json_number_value(json_array_get(terms, t));
    OG_TRY(og__json_get_real(object, "train_s", &p->train_s));
    OG_TRY(og__json_get_real(object, "elapsed_s", &p->elapsed_s));
    OG_TRY(og__json_get_real(object, "wait_s", &p->wait_s));
    OG_TRY(og__json_get_real(object, "last_dice", &p->last_dice));
    OG_TRY(og__json_get_int(object, "peak_bytes", &p->peak_bytes));
    OG_TRY(og__json_get_int(object, "threads", &p->threads));
    OG_TRY(og__json_get_real(object, "health_s", &p->health_s));
    OG_TRY(og__json_get(object, "curve", JSON_ARRAY, &curve));
    OG_TRY(og__json_get(object, "samples", JSON_ARRAY, &samples));
    OG_TRY(og__json_get(object, "events", JSON_ARRAY, &events));
    if (p->threads < 1 || p->threads > THREADS_MAX)
        return og__fail(OG_ERR_FORMAT, "%lld threads are not possible", (long long)p->threads);
    if (p->epoch < 0 || p->epoch > session->model.options.epochs || json_array_size(curve) != (size_t)p->epoch ||
        p->step < p->epoch * session->steps_per_epoch || p->step > session->steps ||
        p->step > (p->epoch + 1) * session->steps_per_epoch)
        return og__fail(OG_ERR_FORMAT, "step %lld and epoch %lld do not belong to a run of %lld epochs of %lld steps",
                        (long long)p->step, (long long)p->epoch, (long long)session->model.options.epochs,
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
    og__optimizer_set_steps(session->optimizer, session->progress.step);
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
