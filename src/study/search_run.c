/* og_search(): the record, the screening, and the work. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "format/json.h"
#include "study/lock.h"
#include "study/question.h"
#include "study/record.h"
#include "study/search.h"
#include "study/settings.h"
#include "train/options.h"
#include "train/session.h"

/* What makes it another search; the rest may change while it goes on. */
static bool is_asked(const og_option *option)
{
    static const char *const others[] = {"acts", "first-seed", "store", "budget", "trained"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(option->name, others[i]) == 0)
            return false;
    return true;
}

static og_status settle_record(const og__searching *s, const og__arms *arms)
{
    og_status status = OG_OK;
    double budget_s;
    json_t *question = NULL, *settings = json_object(), *own = json_object();
    status = og__duration_parse(s->options->budget, &budget_s);
    if (status == OG_OK && !(budget_s > 0))
        status = og__fail(OG_ERR_ARGUMENT, "it is empty; a search needs a time, such as 2h");
    if (status != OG_OK) {
        og__fail_in(status, "budget");
        goto done;
    }
    OG_GO(og__question_make(s->data, s->train, arms, s->options->first_seed, &question));
    OG_GO(og__settings_describe(og_search_option_table(), s->options, is_asked, settings));
    OG_GO(og__json_set(question, "search", json_incref(settings)));
    OG_GO(og__json_set(own, "budget_s", og__json_real(budget_s)));
    OG_GO(og__json_set(own, "workers", json_integer(s->options->workers > 0 ? s->options->workers : 1)));
    OG_GO(og__json_set(own, "trained", json_integer(s->options->trained)));
    OG_GO(og__record_settle(&(og__asked){.kind = og__kind_search.name,
                                         .data = s->data,
                                         .data_path = s->data_path,
                                         .data_options = s->data_options,
                                         .train = s->train,
                                         .store = s->options->store,
                                         .study = s->study},
                            question, own, NULL));
done:
    json_decref(question);
    json_decref(settings);
    json_decref(own);
    return status;
}

/* Whether to go on. */
static bool tell(void *context, int64_t screened, int64_t candidates)
{
    const og__searching *s = context;
    og_study_progress progress = {.screened = screened, .candidates = candidates, .eta_s = NAN};
    return !s->report || s->report(s->context, &progress);
}

static og_status run_search(const og__searching *s)
{
    og_status status = OG_OK;
    og__arms arms = {0};
    og__study study = {0};
    int lock = -1;
    OG_GO(og__arms_parse(s->options->acts, &arms));
    OG_GO(og__record_check_scorable(s->data));
    OG_GO(og__folder_make(s->study));
    OG_GO(og__lock_take(s->study, &lock));
    OG_GO(settle_record(s, &arms));
    OG_GO(og__study_load(s->study, &study));
    if (og__search_of(&study)->pool.count == 0)
        OG_GO(og__search_screen(&study, tell, (void *)s));
    OG_GO(og__work(&(og__job){.data = s->data,
                              .train = s->train,
                              .study = &study,
                              .proposes = true,
                              .report = s->report,
                              .context = s->context,
                              .run = s->run}));
done:
    og__study_deinit(&study);
    og__arms_deinit(&arms);
    og__lock_release(lock);
    return status;
}

og_status og__searching_run(const og__searching *searching)
{
    og__searching own = *searching;
    og_train_options train;
    OG_TRY(og__train_options_copy(searching->train, &train));
    own.train = &train;
    og_status status = og__record_settle_placement(&train);
    if (status == OG_OK)
        status = run_search(&own);
    og_options_deinit(og_train_option_table(), &train);
    return status;
}

og_status og_search(const og_dataset *data, const char *data_path, const og_data_options *data_options,
                    const og_train_options *train, const og_search_options *options, const char *study,
                    og_study_watch report, void *context)
{
    return og__searching_run(&(og__searching){
        .data = data,
        .data_path = data_path,
        .data_options = data_options,
        .train = train,
        .options = options,
        .study = study,
        .report = report,
        .context = context,
        .run = og_train,
    });
}
