#include "study/runner.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "format/json.h"
#include "study/arms.h"
#include "study/begin.h"
#include "study/kind.h"
#include "study/racing.h"
#include "study/rates.h"

enum { SEEDS_USUAL = 3, SEEDS_WITH_BUDGET = 100 };

/* --- the study's record ----------------------------------------------------------------------------------------- */

/* Seeds where none are asked for: those that the study has, and with a budget as many as it may take. */
static og_status settle_seeds(const char *study, og_compare_options *options)
{
    og_status status = OG_OK;
    json_t *record = NULL;
    char *path = NULL;
    int64_t had = 0;
    OG_GO(og__path_join(study, "study.json", &path));
    if (og__file_exists(path)) {
        OG_GO(og__json_load(path, &record));
        had = json_integer_value(json_object_get(record, "seeds"));
    }
    bool raced = json_is_true(json_object_get(record, "race"));
    options->seeds = options->budget[0] && !(raced && had > 0) ? SEEDS_WITH_BUDGET : had > 0 ? had : SEEDS_USUAL;
    if (options->seeds < had)
        options->seeds = had;
done:
    json_decref(record);
    free(path);
    return status;
}

/* What does not change a run's result, and may change while the study goes on. */
static og_status describe_own(const og_compare_options *options, double budget_s, json_t *own)
{
    OG_TRY(og__json_set(own, "seeds", json_integer(options->seeds)));
    OG_TRY(og__json_set(own, "budget_s", og__json_real(budget_s)));
    OG_TRY(og__json_set(own, "race", json_boolean(options->race)));
    OG_TRY(og__json_set(own, "target_dice", og__json_real(options->target_dice)));
    OG_TRY(og__json_set(own, "margin", og__json_real(options->margin)));
    return og__json_set(own, "confidence", og__json_real(options->confidence));
}

/* A race keeps its rules, or its looks mean nothing. */
static og_status check_race(const json_t *old, const json_t *new, int64_t seeds_was, int64_t seeds_now)
{
    bool raced = json_is_true(json_object_get(old, "race")), races = json_is_true(json_object_get(new, "race"));
    if (raced != races)
        return og__fail(OG_ERR_ARGUMENT, "race was %s and is now %s", raced ? "on" : "off", races ? "on" : "off");
    static const char *const rules[] = {"confidence", "margin"};
    for (size_t i = 0; raced && i < sizeof rules / sizeof rules[0]; i++) {
        const json_t *rule_was = json_object_get(old, rules[i]), *rule_is = json_object_get(new, rules[i]);
        if (rule_was && !json_equal(rule_was, rule_is)) /* old studies have no margin */
            return og__fail(OG_ERR_ARGUMENT,
                            "%s was %g and is now %g; a race keeps its rules, or its looks mean nothing", rules[i],
                            json_number_value(rule_was), json_number_value(rule_is));
    }
    if (raced && seeds_now != seeds_was)
        return og__fail(OG_ERR_ARGUMENT,
                        "seeds was %" PRId64 " and is now %" PRId64
                        "; a race keeps its rules, or its looks mean nothing",
                        seeds_was, seeds_now);
    return OG_OK;
}

/* A study may be asked for more seeds, never for fewer: results that were seen are not taken back. */
static og_status check_own(const json_t *old, const json_t *new)
{
    int64_t seeds_was, seeds_now;
    OG_TRY(og__json_get_int(old, "seeds", &seeds_was));
    OG_TRY(og__json_get_int(new, "seeds", &seeds_now));
    OG_TRY(check_race(old, new, seeds_was, seeds_now));
    if (seeds_now < seeds_was)
        return og__fail(OG_ERR_ARGUMENT, "seeds was %" PRId64 " and is now %" PRId64, seeds_was, seeds_now);
    return OG_OK;
}

static og_status describe(const og__beginning *b, json_t *question, json_t *own)
{
    const og_compare_options *options = b->options;
    if (options->folds > 0)
        OG_TRY(og__json_set(question, "folds", json_integer(options->folds)));
    if (options->rates)
        OG_TRY(og__rates_describe(b->call.train->learning_rate, b->call.train->epochs, options->first_seed, question));
    return describe_own(options, b->budget_s, own);
}

static og_status check_folds(const og_compare_options *options, const og_data_options *data)
{
    int64_t folds = options->folds;
    if (folds == 0)
        return OG_OK;
    if (folds == 1)
        return og__fail(OG_ERR_ARGUMENT, "folds: one fold leaves nothing to train on; give 2 or more");
    if (options->race)
        return og__fail(OG_ERR_ARGUMENT, "folds: a race takes seeds as its blocks; leave out --folds or --race");
    if (data && data->fold != 0)
        return og__fail(OG_ERR_ARGUMENT,
                        "folds: every one of the %" PRId64 " folds is held out in turn; leave out --fold", folds);
    if (!data || data->folds != folds)
        return og__fail(OG_ERR_ARGUMENT, "folds: the data set was not opened with %" PRId64 " folds", folds);
    return OG_OK;
}

static og_status check(const og__beginning *b, const og__arms *arms)
{
    const og_compare_options *options = b->options;
    size_t first_look = og__race_rules_default().first_look;
    if (arms->count < 2)
        return og__fail(OG_ERR_ARGUMENT, "a comparison needs at least two activations; the list has only %s",
                        og_act_text(arms->items[0].act));
    if (options->race && (size_t)options->seeds < first_look)
        return og__fail(OG_ERR_ARGUMENT,
                        "seeds: a race looks at %zu seeds before any activation leaves it; %" PRId64 " are too few",
                        first_look, options->seeds);
    if (options->race && arms->count < 3)
        return og__fail(OG_ERR_ARGUMENT, "a race needs at least three activations; two are compared without --race");
    return check_folds(options, b->call.data_options);
}

og_status og__comparison_run(const og__call *call, const og_compare_options *asked)
{
    og_compare_options options = *asked; /* its texts are borrowed */
    if (options.seeds == 0)
        OG_TRY(settle_seeds(call->study, &options));
    return og__begin(&(og__beginning){.call = *call,
                                      .kind = og__kind_compare.name,
                                      .store = options.store,
                                      .acts = options.acts,
                                      .first_seed = options.first_seed,
                                      .budget = options.budget,
                                      .options = &options,
                                      .check = check,
                                      .describe = describe,
                                      .check_own = check_own});
}
