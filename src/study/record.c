#include "study/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cpu.h"
#include "base/file.h"
#include "format/json.h"
#include "study/database.h"
#include "study/question.h"
#include "study/settings.h"
#include "train/placement.h"

/* What timings were measured on. */
static og_status describe_machine(const og__asked *asked, json_t *record)
{
    json_t *machine = json_object();
    OG_TRY(og__json_set(record, "machine", machine));
    OG_TRY(og__json_set(machine, "isa", json_string(og__isa_name(og__cpu_isa()))));
    OG_TRY(og__json_set(machine, "cores", json_integer(og__cpu_count())));
    return og__json_set(machine, "threads",
                        json_integer(asked->train->threads > 0 ? asked->train->threads : og__cpu_count()));
}

/* How the data set was opened, for the workers that open it again. */
static og_status describe_data_options(const og__asked *asked, json_t *record)
{
    json_t *settings = json_object();
    OG_TRY(og__json_set(record, "data_options", settings));
    return asked->data_options ? og__settings_describe(og_data_option_table(), asked->data_options, NULL, settings)
                               : OG_OK;
}

/* Where workers find data and store, whatever folder they are started in. */
static og_status describe_places(const og__asked *asked, json_t *record)
{
    char *data = realpath(asked->data_path, NULL), *store = NULL;
    og_status status = og__json_set(record, "data_place", og__json_string(data ? data : asked->data_path));
    free(data);
    OG_TRY(status);
    OG_TRY(og__database_place(asked->store, &store));
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

static og_status make_record(const og__asked *asked, json_t *question, json_t *own, json_t *record)
{
    OG_TRY(og__json_set(record, "format", json_string("ogive-study")));
    OG_TRY(og__json_set(record, "format_version", json_integer(1)));
    OG_TRY(og__json_set(record, "kind", json_string(asked->kind)));
    OG_TRY(og__json_set(record, "question", json_incref(question)));
    OG_TRY(og__json_set(record, "data_path", og__json_string(asked->data_path)));
    OG_TRY(describe_data_options(asked, record));
    OG_TRY(describe_places(asked, record));
    OG_TRY(describe_machine(asked, record));
    OG_TRY(make_identity(record));
    return json_object_update(record, own) == 0 ? OG_OK : og__fail(OG_ERR_MEMORY, "no memory for a study's record");
}

static og_status check_record(const og__asked *asked, const json_t *old, const json_t *new)
{
    json_t *was, *now;
    const json_t *kind = json_object_get(old, "kind"); /* absent in old studies, which are comparisons */
    const char *name = kind ? json_string_value(kind) : "compare";
    if (!name || strcmp(name, asked->kind) != 0)
        return og__fail(OG_ERR_ARGUMENT, "kind was '%s' and is now '%s'", name ? name : "", asked->kind);
    OG_TRY(og__json_get(old, "question", JSON_OBJECT, &was));
    OG_TRY(og__json_get(new, "question", JSON_OBJECT, &now));
    OG_TRY(og__question_compare(was, now));
    const char *store_was = json_string_value(json_object_get(old, "store"));
    const char *store_now = json_string_value(json_object_get(new, "store"));
    if (store_was && store_now && store_now[0] && strcmp(store_was, store_now) != 0)
        return og__fail(OG_ERR_ARGUMENT, "store was '%s' and is now '%s'; workers may still be at the old one",
                        store_was[0] ? store_was : "study.db in the folder", store_now);
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

og_status og__record_settle(const og__asked *asked, json_t *question, json_t *own,
                            og_status (*check)(const json_t *old, const json_t *new))
{
    og_status status = OG_OK;
    json_t *record = json_object(), *old = NULL;
    char *path = NULL;
    OG_GO(make_record(asked, question, own, record));
    OG_GO(og__path_join(asked->study, "study.json", &path));
    if (og__file_exists(path)) {
        OG_GO(og__json_load(path, &old));
        status = check_record(asked, old, record);
        if (status == OG_OK && check)
            status = check(old, record);
        if (status == OG_OK)
            status = keep_places(old, record);
        if (status != OG_OK) {
            og__fail_in(status, "the folder '%s' holds a study of another question; name another folder", asked->study);
            goto done;
        }
    }
    if (!json_equal(old, record))
        OG_GO(og__json_save(path, record));
done:
    json_decref(record);
    json_decref(old);
    free(path);
    return status;
}

og_status og__record_check_scorable(const og_dataset *data)
{
    size_t count = og_dataset_count(data, OG_PART_VALIDATION);
    if (count == 0)
        return og__fail(OG_ERR_DATA, "'%s' has no validation images; activations are judged by their scores on them",
                        og_dataset_name(data));
    for (size_t i = 0; i < count; i++) {
        og_sample sample = og_dataset_sample(data, OG_PART_VALIDATION, i);
        size_t pixels = og_sample_pixels(&sample);
        for (size_t p = 0; p < pixels; p++)
            if (sample.labels[p] != 0 && sample.labels[p] != OG_LABEL_IGNORE)
                return OG_OK;
    }
    return og__fail(OG_ERR_DATA,
                    "the validation images of '%s' show no class but '%s'; activations are judged by the Dice of the "
                    "others, so hold out other images",
                    og_dataset_name(data), og_dataset_class_name(data, 0));
}

og_status og__record_settle_placement(og_train_options *train)
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
