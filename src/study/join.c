#include <ogive/study.h>

#include "format/json.h"
#include "study/lock.h"
#include "study/question.h"
#include "study/source.h"
#include "study/study.h"
#include "study/work.h"

/* The data set must be the one that the study began with. */
static og_status check_data(const og__study *study, const og_dataset *data)
{
    json_t *was, *now = json_object();
    og_status status = og__json_get(study->record, "question", JSON_OBJECT, &was);
    if (status == OG_OK)
        status = og__question_describe_data(data, now);
    if (status == OG_OK)
        status = og__question_compare_member("data", was, now);
    json_decref(now);
    return status == OG_OK ? OG_OK : og__fail_in(OG_ERR_DATA, "the study '%s' cannot be joined here", study->folder);
}

og_status og_study_open_data(const char *folder, og_dataset **data)
{
    og_status status = OG_OK;
    og__study study = {0};
    *data = NULL;
    OG_GO(og__study_load(folder, &study));
    OG_GO(og__source_open(&study, OG_NO_FOLD, data));
    OG_GO(check_data(&study, *data));
done:
    if (status != OG_OK) {
        og_dataset_free(*data);
        *data = NULL;
    }
    og__study_deinit(&study);
    return status;
}

/* Work on a study with what it was asked; as the one who proposes, if it is that. */
static og_status work_on(const og_dataset *data, og__study *study, int64_t threads, bool proposes,
                         og_study_watch report, void *context)
{
    og_status status = OG_OK;
    og_train_options train = {0};
    json_t *question;
    OG_GO(og__json_get(study->record, "question", JSON_OBJECT, &question));
    OG_GO(og__question_train(question, &train));
    train.threads = threads;
    OG_GO(og__work(&(og__job){.data = data,
                              .train = &train,
                              .study = study,
                              .proposes = proposes,
                              .report = report,
                              .context = context,
                              .run = og_train}));
done:
    og_options_deinit(og_train_option_table(), &train);
    return status;
}

og_status og_study_join(const char *folder, int64_t threads, og_study_watch report, void *context)
{
    og_status status = OG_OK;
    og__study study = {0};
    og_dataset *data = NULL;
    OG_GO(og_study_open_data(folder, &data));
    OG_GO(og__study_load(folder, &study));
    OG_GO(work_on(data, &study, threads, false, report, context));
done:
    og_dataset_free(data);
    og__study_deinit(&study);
    return status;
}

og_status og_study_resume(const og_dataset *data, const char *folder, int64_t threads, og_study_watch report,
                          void *context)
{
    og_status status = OG_OK;
    og__study study = {0};
    int lock = -1;
    OG_GO(og__study_load(folder, &study));
    OG_GO(og__lock_take(folder, &lock));
    OG_GO(work_on(data, &study, threads, true, report, context));
done:
    og__lock_release(lock);
    og__study_deinit(&study);
    return status;
}
