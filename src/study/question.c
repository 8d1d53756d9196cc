#include "study/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "format/json.h"
#include "study/settings.h"

og_status og__question_describe_data(const og_dataset *data, json_t *question)
{
    json_t *facts = json_object();
    OG_TRY(og__json_set(question, "data", facts));
    OG_TRY(og__json_set(facts, "name", og__json_string(og_dataset_name(data))));
    OG_TRY(og__json_set(facts, "channels", json_integer(og_dataset_channels(data))));
    json_t *classes = json_array();
    OG_TRY(og__json_set(facts, "classes", classes));
    for (int k = 0; k < og_dataset_class_count(data); k++)
        OG_TRY(og__json_append(classes, og__json_string(og_dataset_class_name(data, k))));
    OG_TRY(og__json_set(facts, "train_images", json_integer((json_int_t)og_dataset_count(data, OG_PART_TRAIN))));
    OG_TRY(
        og__json_set(facts, "validation_images", json_integer((json_int_t)og_dataset_count(data, OG_PART_VALIDATION))));
    char digest[20];
    snprintf(digest, sizeof digest, "%016" PRIx64, og_dataset_digest(data));
    return og__json_set(facts, "digest", json_string(digest));
}

/* The study chooses activation and seed itself; threads do not change results. */
static bool is_asked(const og_option *option)
{
    static const char *const others[] = {"act", "seed", "threads", "data-threads"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(option->name, others[i]) == 0)
            return false;
    return true;
}

static og_status describe(const og_dataset *data, const og_train_options *settings, const og__arms *arms,
                          int64_t first_seed, json_t *question)
{
    OG_TRY(og__question_describe_data(data, question));
    json_t *acts = json_array();
    OG_TRY(og__json_set(question, "acts", acts));
    for (size_t a = 0; a < arms->count; a++)
        OG_TRY(og__json_append(acts, og__json_string(og_act_text(arms->items[a].act))));
    OG_TRY(og__json_set(question, "first_seed", json_integer(first_seed)));
    json_t *train = json_object();
    OG_TRY(og__json_set(question, "train", train));
    return og__settings_describe(og_train_option_table(), settings, is_asked, train);
}

og_status og__question_make(const og_dataset *data, const og_train_options *train, const og__arms *arms,
                            int64_t first_seed, json_t **question)
{
    *question = json_object();
    og_status status = describe(data, train, arms, first_seed, *question);
    if (status != OG_OK) {
        json_decref(*question);
        *question = NULL;
    }
    return status;
}

og_status og__question_train(const json_t *question, og_train_options *train)
{
    json_t *settings;
    OG_TRY(og__json_get(question, "train", JSON_OBJECT, &settings));
    return og__settings_restore(og_train_option_table(), settings, train);
}

static og_status fail_different(const char *path, const json_t *old, const json_t *new)
{
    char *was = old ? json_dumps(old, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    char *now = new ? json_dumps(new, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    og_status status =
        og__fail(OG_ERR_ARGUMENT, "%s was %.300s and is now %.300s", path, was ? was : "absent", now ? now : "absent");
    free(was);
    free(now);
    return status;
}

/* Objects are entered; anything else is compared and shown whole. */
static og_status compare_members(const char *path, const json_t *old, const json_t *new)
{
    if (!json_is_object(old) || !json_is_object(new))
        return json_equal(old, new) ? OG_OK : fail_different(path, old, new);
    og_status status = OG_OK;
    og__text inner = {0};
    const json_t *sides[] = {new, old}; /* the second round finds members that only the old one has */
    for (int side = 0; side < 2; side++) {
        const char *key;
        json_t *unused;
        json_object_foreach((json_t *)sides[side], key, unused) {
            og__text_deinit(&inner);
            og__text_format(&inner, "%s%s%s", path, path[0] ? "." : "", key);
            OG_GO(og__text_status(&inner));
            OG_GO(compare_members(inner.data, json_object_get(old, key), json_object_get(new, key)));
        }
    }
done:
    og__text_deinit(&inner);
    return status;
}

og_status og__question_compare(const json_t *old, const json_t *new)
{
    return compare_members("", old, new);
}

og_status og__question_compare_member(const char *name, const json_t *old, const json_t *new)
{
    return compare_members(name, json_object_get(old, name), json_object_get(new, name));
}
