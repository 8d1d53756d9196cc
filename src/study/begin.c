#include "study/begin.h"

#include "base/file.h"
#include "format/json.h"
#include "study/arms.h"
#include "study/lock.h"
#include "study/question.h"
#include "train/options.h"
#include "train/session.h"

static og_status settle_record(const og__beginning *b, const og__arms *arms)
{
    og_status status = OG_OK;
    const og__call *call = &b->call;
    json_t *question = NULL, *own = json_object();
    OG_GO(og__question_make(call->data, call->train, arms, b->first_seed, &question));
    OG_GO(b->describe(b, question, own));
    OG_GO(og__record_settle(&(og__asked){.kind = b->kind,
                                         .data = call->data,
                                         .data_path = call->data_path,
                                         .data_options = call->data_options,
                                         .train = call->train,
                                         .store = b->store,
                                         .study = call->study},
                            question, own, b->check_own));
done:
    json_decref(question);
    json_decref(own);
    return status;
}

static og_status begin(const og__beginning *b)
{
    og_status status = OG_OK;
    og__arms arms = {0};
    og__study study = {0};
    int lock = -1;
    OG_GO(og__arms_parse(b->acts, &arms));
    if (b->check)
        OG_GO(b->check(b, &arms));
    OG_GO(og__record_check_scorable(b->call.data));
    OG_GO(og__folder_make(b->call.study));
    OG_GO(og__lock_take(b->call.study, &lock));
    OG_GO(settle_record(b, &arms));
    OG_GO(og__study_load(b->call.study, &study));
    if (b->prepare)
        OG_GO(b->prepare(b, &study));
    OG_GO(og__work(&(og__job){.data = b->call.data,
                              .train = b->call.train,
                              .study = &study,
                              .proposes = true,
                              .report = b->call.report,
                              .context = b->call.context,
                              .run = b->call.run}));
done:
    og__study_deinit(&study);
    og__arms_deinit(&arms);
    og__lock_release(lock);
    return status;
}

og_status og__begin(const og__beginning *beginning)
{
    og__beginning own = *beginning;
    og_train_options train;
    OG_TRY(og__train_options_copy(beginning->call.train, &train));
    own.call.train = &train;
    og_status status = og__duration_parse("budget", own.budget, &own.budget_s);
    if (status == OG_OK)
        status = og__record_settle_placement(&train);
    if (status == OG_OK)
        status = begin(&own);
    og_options_deinit(og_train_option_table(), &train);
    return status;
}
