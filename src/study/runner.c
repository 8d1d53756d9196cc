#include "study/runner.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cpu.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "study/arms.h"
#include "study/database.h"
#include "study/lock.h"
#include "study/question.h"
#include "study/racing.h"
#include "study/settings.h"
#include "study/study.h"
#include "study/work.h"
#include "train/options.h"
#include "train/placement.h"

/* --- the study's record -------------------------------------------------------------------------------------- */

/* What timings were measured on. */
static og_status describe_machine(const og__comparison *c, json_t *record)
{
    json_t *machine = json_object();
    OG_TRY(og__json_set(record, "machine", machine));
    OG_TRY(og__json_set(machine, "isa", json_string(og__isa_name(og__cpu_isa()))));
    OG_TRY(og__json_set(machine, "cores", json_integer(og__cpu_count())));
    return og__json_set(machine, "threads", json_integer(c->train->threads > 0 ? c->train->threads : og__cpu_count()));
}

/* How the data set was opened, for the workers that open it again. */
static og_status describe_data_options(const og__comparison *c, json_t *record)
{
    json_t *settings = json_object();
    OG_TRY(og__json_set(record, "data_options", settings));
    return c->data_options ? og__settings_describe(og_data_option_table(), c->data_options, NULL, settings) : OG_OK;
}

/* Where workers find data and store, whatever folder they are started in. */
static og_status describe_places(const og__comparison *c, json_t *record)
{
    char *data = realpath(c->data_path, NULL), *store = NULL;
    og_status status = og__json_set(record, "data_place", og__json_string(data ? data : c->data_path));
    free(data);
    OG_TRY(status);
    OG_TRY(og__database_place(c->options->store, &store));
    status = og__json_set(record, "store", og__json_string(store));
    free(store);
    return status;
}

/* A name that no other study has, so that two in folders of the same name are told apart in a database. */
static og_status make_identity(json_t *record)
{
    unsigned char bytes[8];
    char text[2 * sizeof bytes + 1];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return og__fail(OG_ERR_FILE, "the system gave no random numbers to name the study by");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return og__json_set(record, "id", json_string(text));
}

static og_status make_record(const og__comparison *c, json_t *question, json_t *record)
{
    OG_TRY(og__json_set(record, "format", json_string("ogive-study")));
    OG_TRY(og__json_set(record, "format_version", json_integer(1)));
    OG_TRY(og__json_set(record, "question", json_incref(question)));
    OG_TRY(og__json_set(record, "data_path", og__json_string(c->data_path)));
    OG_TRY(describe_data_options(c, record));
    OG_TRY(describe_places(c, record));
    OG_TRY(describe_machine(c, record));
    OG_TRY(og__json_set(record, "seeds", json_integer(c->options->seeds)));
    OG_TRY(og__json_set(record, "race", json_boolean(c->options->race)));
    OG_TRY(og__json_set(record, "target_dice", og__json_real(c->options->target_dice)));
    return og__json_set(record, "confidence", og__json_real(c->options->confidence));
}

/* A study may be asked for more seeds, never for fewer: results that were seen are not taken back. */
static og_status check_record(const json_t *old, const json_t *new)
{
    json_t *was, *now;
    int64_t seeds_was, seeds_now;
    OG_TRY(og__json_get(old, "question", JSON_OBJECT, &was));
    OG_TRY(og__json_get(new, "question", JSON_OBJECT, &now));
    OG_TRY(og__question_compare(was, now));
    OG_TRY(og__json_get_int(old, "seeds", &seeds_was));
    OG_TRY(og__json_get_int(new, "seeds", &seeds_now));
    bool raced = json_is_true(json_object_get(old, "race")), races = json_is_true(json_object_get(new, "race"));
    if (raced != races)
        return og__fail(OG_ERR_ARGUMENT, "race was %s and is now %s", raced ? "on" : "off", races ? "on" : "off");
    if (raced && !json_equal(json_object_get(old, "confidence"), json_object_get(new, "confidence")))
        return og__fail(OG_ERR_ARGUMENT,
                        "confidence was %g and is now %g; a race keeps its rules, or its looks mean nothing",
                        json_number_value(json_object_get(old, "confidence")),
                        json_number_value(json_object_get(new, "confidence")));
    if (raced && seeds_now != seeds_was)
        return og__fail(OG_ERR_ARGUMENT,
                        "seeds was %" PRId64 " and is now %" PRId64
                        "; a race keeps its rules, or its looks mean nothing",
                        seeds_was, seeds_now);
    const char *store_was = json_string_value(json_object_get(old, "store"));
    const char *store_now = json_string_value(json_object_get(new, "store"));
    if (store_was && store_now && store_now[0] && strcmp(store_was, store_now) != 0)
        return og__fail(OG_ERR_ARGUMENT, "store was '%s' and is now '%s'; workers may still be at the old one",
                        store_was[0] ? store_was : "study.db in the folder", store_now);
    if (seeds_now < seeds_was)
        return og__fail(OG_ERR_ARGUMENT, "seeds was %" PRId64 " and is now %" PRId64, seeds_was, seeds_now);
    return OG_OK;
}

/* What a study goes on with unless it is told otherwise. */
static og_status keep_places(const json_t *old, json_t *record)
{
    static const char *const kept[] = {"id", "store"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        json_t *value = json_object_get(old, kept[i]);
        if (value)
            OG_TRY(og__json_set(record, kept[i], json_incref(value)));
    }
    return OG_OK;
}

/* Write study.json, or find that the one there asks the same. */
static og_status settle_record(const og__comparison *c, const og__arms *arms)
{
    og_status status = OG_OK;
    json_t *question = NULL, *record = json_object(), *old = NULL;
    char *path = NULL;
    OG_GO(og__question_make(c->data, c->train, arms, c->options->first_seed, &question));
    OG_GO(make_record(c, question, record));
    OG_GO(make_identity(record));
    OG_GO(og__path_join(c->study, "study.json", &path));
    if (og__file_exists(path)) {
        OG_GO(og__json_load(path, &old));
        status = check_record(old, record);
        if (status == OG_OK)
            status = keep_places(old, record);
        if (status != OG_OK) {
            og__fail_in(status, "the folder '%s' holds a study of another question; name another folder", c->study);
            goto done;
        }
    }
    if (!json_equal(old, record))
        OG_GO(og__json_save(path, record));
done:
    json_decref(question);
    json_decref(record);
    json_decref(old);
    free(path);
    return status;
}

/* Every score would be undefined: say so before hours of training, not after. */
static og_status check_scorable(const og_dataset *data)
{
    size_t count = og_dataset_count(data, OG_PART_VALIDATION);
    if (count == 0)
        return og__fail(OG_ERR_DATA, "'%s' has no validation images; activations are compared by their scores on them",
                        og_dataset_name(data));
    for (size_t i = 0; i < count; i++) {
        og_sample sample = og_dataset_sample(data, OG_PART_VALIDATION, i);
        size_t pixels = og_sample_pixels(&sample);
        for (size_t p = 0; p < pixels; p++)
            if (sample.labels[p] != 0 && sample.labels[p] != OG_LABEL_IGNORE)
                return OG_OK;
    }
    return og__fail(OG_ERR_DATA,
                    "the validation images of '%s' show no class but '%s'; activations are compared by the Dice of the "
                    "others, so hold out other images",
                    og_dataset_name(data), og_dataset_class_name(data, 0));
}

/* The arms stand where no place option puts another activation; canonical texts let a study go on however it is asked.
 */
static og_status settle_placement(og_train_options *train)
{
    og__placement placement;
    OG_TRY(og__placement_init(train, &placement));
    og_status status = og__placement_store(&placement, train);
    if (status == OG_OK && !og__placement_uses_act(&placement))
        status = og__fail(OG_ERR_ARGUMENT,
                          "act-encoder, act-bottleneck, act-decoder and act-stage give every layer its activation, so "
                          "that the activations to compare stand nowhere; leave one of them out");
    og__placement_deinit(&placement);
    return status;
}

static og_status run_comparison(const og__comparison *comparison)
{
    og_status status = OG_OK;
    og__arms arms = {0};
    og__study study = {0};
    int lock = -1;
    OG_GO(og__arms_parse(comparison->options->acts, &arms));
    if (arms.count < 2) {
        status = og__fail(OG_ERR_ARGUMENT, "a comparison needs at least two activations; the list has only %s",
                          og_act_text(arms.items[0].act));
        goto done;
    }
    if (comparison->options->race && (size_t)comparison->options->seeds < og__race_rules_default().first_look) {
        status = og__fail(OG_ERR_ARGUMENT,
                          "seeds: a race looks at %zu seeds before any activation leaves it; %" PRId64 " are too few",
                          og__race_rules_default().first_look, comparison->options->seeds);
        goto done;
    }
    if (comparison->options->race && arms.count < 3) {
        status = og__fail(OG_ERR_ARGUMENT, "a race needs at least three activations; two are compared without --race");
        goto done;
    }
    OG_GO(check_scorable(comparison->data));
    OG_GO(og__folder_make(comparison->study));
    OG_GO(og__lock_take(comparison->study, &lock));
    OG_GO(settle_record(comparison, &arms));
    OG_GO(og__study_load(comparison->study, &study));
    OG_GO(og__work(&(og__job){.data = comparison->data,
                              .train = comparison->train,
                              .study = &study,
                              .proposes = true,
                              .report = comparison->report,
                              .context = comparison->context,
                              .run = comparison->run}));
done:
    og__study_deinit(&study);
    og__arms_deinit(&arms);
    og__lock_release(lock);
    return status;
}

og_status og__comparison_run(const og__comparison *comparison)
{
    og__comparison own = *comparison;
    og_train_options train;
    OG_TRY(og__train_options_copy(comparison->train, &train));
    own.train = &train;
    og_status status = settle_placement(&train);
    if (status == OG_OK)
        status = run_comparison(&own);
    og_options_deinit(og_train_option_table(), &train);
    return status;
}
