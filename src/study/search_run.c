/* og_search(): the record, the screening, and the work. */
#include <math.h>
#include <string.h>

#include "format/json.h"
#include "study/begin.h"
#include "study/search.h"
#include "study/settings.h"

/* What makes it another search; the rest may change while it goes on. */
static bool is_asked(const og_option *option)
{
    static const char *const others[] = {"acts", "first-seed", "store", "budget", "trained"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(option->name, others[i]) == 0)
            return false;
    return true;
}

static og_status check(const og__beginning *b, const og__arms *arms)
{
    const og_train_options *train = b->call.train;
    const og_search_options *options = b->options;
    (void)arms;
    if (!(b->budget_s > 0))
        return og__fail(OG_ERR_ARGUMENT, "budget: it is empty; a search needs a time, such as 2h");
    if (options->places && (train->act_encoder[0] || train->act_bottleneck[0] || train->act_decoder[0]))
        return og__fail(OG_ERR_ARGUMENT, "places: they are given activations by --act-encoder, --act-bottleneck or "
                                         "--act-decoder already; leave out either");
    return OG_OK;
}

static og_status describe(const og__beginning *b, json_t *question, json_t *own)
{
    const og_search_options *options = b->options;
    og_status status = OG_OK;
    json_t *settings = json_object();
    OG_GO(og__settings_describe(og_search_option_table(), options, is_asked, settings));
    OG_GO(og__json_set(question, "search", json_incref(settings)));
    OG_GO(og__json_set(own, "budget_s", og__json_real(b->budget_s)));
    OG_GO(og__json_set(own, "workers", json_integer(options->workers > 0 ? options->workers : 1)));
    OG_GO(og__json_set(own, "trained", json_integer(options->trained)));
done:
    json_decref(settings);
    return status;
}

/* Whether to go on. */
static bool tell(void *context, int64_t screened, int64_t candidates)
{
    const og__beginning *b = context;
    og_study_progress progress = {.screened = screened, .candidates = candidates, .eta_s = NAN};
    return !b->call.report || b->call.report(b->call.context, &progress);
}

static og_status screen(const og__beginning *b, const og__study *study)
{
    return og__search_of(study)->pool.count == 0 ? og__search_screen(study, tell, (void *)b) : OG_OK;
}

static og_status run_search(const og__call *call, const og_search_options *options)
{
    return og__begin(&(og__beginning){.call = *call,
                                      .kind = og__kind_search.name,
                                      .store = options->store,
                                      .acts = options->acts,
                                      .first_seed = options->first_seed,
                                      .budget = options->budget,
                                      .options = options,
                                      .check = check,
                                      .describe = describe,
                                      .prepare = screen});
}

og_status og_search(const og_dataset *data, const char *data_path, const og_data_options *data_options,
                    const og_train_options *train, const og_search_options *options, const char *study,
                    og_study_watch report, void *context)
{
    return run_search(&(og__call){.data = data,
                                  .data_path = data_path,
                                  .data_options = data_options,
                                  .train = train,
                                  .study = study,
                                  .report = report,
                                  .context = context,
                                  .run = og_train},
                      options);
}
