#include "study/runner.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "format/json.h"
#include "study/arms.h"
#include "study/kind.h"
#include "study/lock.h"
#include "study/question.h"
#include "study/racing.h"
#include "study/rates.h"
#include "study/record.h"
#include "study/study.h"
#include "study/work.h"
#include "train/options.h"
#include "train/session.h"

enum { SEEDS_USUAL = 3, SEEDS_WITH_BUDGET = 100 };

/* --- the study's record ----------------------------------------------------------------------------------------- */

static og_status parse_budget(const og_compare_options *options, double *budget_s)
{
    og_status status = og__duration_parse(options->budget, budget_s);
    return status == OG_OK ? OG_OK : og__fail_in(status, "budget");
}

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
static og_status describe_own(const og_compare_options *options, json_t *own)
{
    double budget_s;
    OG_TRY(parse_budget(options, &budget_s));
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

static og_status settle_record(const og__comparison *c, const og__arms *arms)
{
    og_status status = OG_OK;
    json_t *question = NULL, *own = json_object();
    OG_GO(og__question_make(c->data, c->train, arms, c->options->first_seed, &question));
    if (c->options->folds > 0)
        OG_GO(og__json_set(question, "folds", json_integer(c->options->folds)));
    if (c->options->rates)
        OG_GO(og__rates_describe(c->train->learning_rate, c->train->epochs, c->options->first_seed, question));
    OG_GO(describe_own(c->options, own));
    OG_GO(og__record_settle(&(og__asked){.kind = og__kind_compare.name,
                                         .data = c->data,
                                         .data_path = c->data_path,
                                         .data_options = c->data_options,
                                         .train = c->train,
                                         .store = c->options->store,
                                         .study = c->study},
                            question, own, check_own));
done:
    json_decref(question);
    json_decref(own);
    return status;
}

static og_status check_folds(const og__comparison *c)
{
    int64_t folds = c->options->folds;
    if (folds == 0)
        return OG_OK;
    if (folds == 1)
        return og__fail(OG_ERR_ARGUMENT, "folds: one fold leaves nothing to train on; give 2 or more");
    if (c->options->race)
        return og__fail(OG_ERR_ARGUMENT, "folds: a race takes seeds as its blocks; leave out --folds or --race");
    if (c->data_options && c->data_options->fold != 0)
        return og__fail(OG_ERR_ARGUMENT,
                        "folds: every one of the %" PRId64 " folds is held out in turn; leave out --fold", folds);
    if (!c->data_options || c->data_options->folds != folds)
        return og__fail(OG_ERR_ARGUMENT, "folds: the data set was not opened with %" PRId64 " folds", folds);
    return OG_OK;
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
    OG_GO(check_folds(comparison));
    OG_GO(og__record_check_scorable(comparison->data));
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
    og_compare_options options = *comparison->options; /* its texts are borrowed */
    og_train_options train;
    own.options = &options;
    if (options.seeds == 0)
        OG_TRY(settle_seeds(own.study, &options));
    OG_TRY(og__train_options_copy(comparison->train, &train));
    own.train = &train;
    og_status status = og__record_settle_placement(&train);
    if (status == OG_OK)
        status = run_comparison(&own);
    og_options_deinit(og_train_option_table(), &train);
    return status;
}
