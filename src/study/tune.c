#include "study/tune.h"

#include <inttypes.h>
#include <stdlib.h>

#include "format/json.h"
#include "study/arms.h"
#include "study/tuning.h"

enum { TRIALS_USUAL = 40 };

/* --- options ------------------------------------------------------------------------------------------------------ */

static const og_option tune_options[] = {
#define OG_TUNE_OPTION(field, type_, name_, alias_, initial_, min_, max_, choices_, unit_, help_)                      \
    {.name = name_,                                                                                                    \
     .alias = alias_,                                                                                                  \
     .type = OG_OPTION_##type_,                                                                                        \
     .offset = offsetof(og_tune_options, field),                                                                       \
     .initial = initial_,                                                                                              \
     .min = min_,                                                                                                      \
     .max = max_,                                                                                                      \
     .choices = choices_,                                                                                              \
     .unit = unit_,                                                                                                    \
     .topic = "Tuning",                                                                                                \
     .help = help_},
#include "study/tune.def"
#undef OG_TUNE_OPTION
};

og_option_table og_tune_option_table(void)
{
    return (og_option_table){tune_options, sizeof tune_options / sizeof tune_options[0]};
}

/* --- the study's record ------------------------------------------------------------------------------------------- */

/* What decides which runs are made, and may not change. */
static og_status describe_tune(const og_tune_options *options, json_t *question)
{
    json_t *tune = json_object();
    OG_TRY(og__json_set(question, "tune", tune));
    OG_TRY(og__json_set(tune, "vary", og__json_string(options->vary)));
    OG_TRY(og__json_set(tune, "sampler", json_string(og__tune_samplers[options->sampler])));
    OG_TRY(og__json_set(tune, "pruner", json_string(og__pruner_at((size_t)options->pruner)->name)));
    OG_TRY(og__json_set(tune, "seeds", json_integer(options->seeds)));
    return og__json_set(tune, "proposal_seed", json_integer(options->proposal_seed));
}

static og_status describe_own(const og_tune_options *options, double budget_s, json_t *own)
{
    int64_t trials = options->trials > 0 || budget_s > 0 ? options->trials : TRIALS_USUAL;
    OG_TRY(og__json_set(own, "trials", json_integer(trials)));
    OG_TRY(og__json_set(own, "budget_s", og__json_real(budget_s)));
    OG_TRY(og__json_set(own, "confirm", json_integer(options->confirm)));
    OG_TRY(og__json_set(own, "margin", og__json_real(options->margin)));
    return og__json_set(own, "confidence", og__json_real(options->confidence));
}

static og_status describe(const og__beginning *b, json_t *question, json_t *own)
{
    const og_tune_options *options = b->options;
    OG_TRY(describe_tune(options, question));
    return describe_own(options, b->budget_s, own);
}

/* --- running ------------------------------------------------------------------------------------------------------ */

static og_status check(const og__beginning *b, const og__arms *arms)
{
    const og_tune_options *options = b->options;
    og__tune_space space;
    if (options->trials > 0 && (size_t)options->trials < arms->count)
        return og__fail(OG_ERR_ARGUMENT,
                        "trials: %" PRId64 " are too few; each of the %zu activations is tried as it is first",
                        options->trials, arms->count);
    og_status status = OG_OK;
    OG_TRY(og__tune_space_init(arms, b->call.train, options->vary, &space));
    if (space.space.count == 1 && arms->count == 1)
        status =
            og__fail(OG_ERR_ARGUMENT, "there is nothing to tune: one activation, and vary names nothing that it has");
    og__tune_space_deinit(&space);
    return status;
}

og_status og__tune_run(const og__call *call, const og_tune_options *options)
{
    return og__begin(&(og__beginning){.call = *call,
                                      .kind = og__kind_tune.name,
                                      .store = options->store,
                                      .acts = options->acts,
                                      .first_seed = options->first_seed,
                                      .budget = options->budget,
                                      .options = options,
                                      .check = check,
                                      .describe = describe});
}

og_status og_tune(const og_dataset *data, const char *data_path, const og_data_options *data_options,
                  const og_train_options *train, const og_tune_options *options, const char *study,
                  og_study_watch report, void *context)
{
    return og__tune_run(&(og__call){.data = data,
                                    .data_path = data_path,
                                    .data_options = data_options,
                                    .train = train,
                                    .study = study,
                                    .report = report,
                                    .context = context,
                                    .run = og_train},
                        options);
}
