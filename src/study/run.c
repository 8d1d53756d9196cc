#include "study/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/settings.h"
#include "train/options.h"

static og_status check(const char *name, const json_t *settings)
{
    if (!name[0] || name[0] == '.' || strchr(name, '/'))
        return og__fail(OG_ERR_FORMAT, "'%s' cannot be the name of a run", name);
    if (!json_is_string(json_object_get(settings, "act")) || !json_is_integer(json_object_get(settings, "seed")))
        return og__fail(OG_ERR_FORMAT, "the run '%s' has no activation, or no seed", name);
    return OG_OK;
}

og_status og__run_new(const char *name, const json_t *settings, size_t count, const double *point, og__run **run)
{
    og_status status = OG_OK;
    og__run *made = NULL;
    *run = NULL;
    OG_GO(check(name, settings));
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->trial.elapsed_s = NAN;
    OG_GO(og__copy_text(name, &made->name));
    made->settings = json_deep_copy(settings);
    if (!made->settings) {
        status = og__fail(OG_ERR_MEMORY, "no memory for the settings of the run '%s'", name);
        goto done;
    }
    if (point) {
        OG_GO(og__alloc(count, sizeof *made->point, &made->point));
        memcpy(made->point, point, count * sizeof *point);
    }
    *run = made;
    made = NULL;
done:
    og__run_free(made);
    return status;
}

void og__run_free(og__run *run)
{
    if (!run)
        return;
    free(run->name);
    free(run->point);
    json_decref(run->settings);
    og__trial_deinit(&run->trial);
    free(run);
}

bool og__run_is_done(const og__run *run)
{
    return run->trial.result || run->pruned;
}

const char *og__run_act(const og__run *run)
{
    return json_string_value(json_object_get(run->settings, "act"));
}

int64_t og__run_seed(const og__run *run)
{
    return json_integer_value(json_object_get(run->settings, "seed"));
}

int64_t og__run_fold(const og__run *run)
{
    const json_t *fold = json_object_get(run->settings, "fold");
    return json_is_integer(fold) ? json_integer_value(fold) : OG_NO_FOLD;
}

og_status og__run_options(const og__run *run, const og_train_options *question, og_train_options *own)
{
    OG_TRY(og__train_options_copy(question, own));
    json_t *settings = json_copy(run->settings);
    og_status status = settings ? OG_OK : og__fail(OG_ERR_MEMORY, "no memory for the settings of a run");
    json_object_del(settings, "fold"); /* of the data set, not of training */
    if (status == OG_OK)
        status = og__settings_apply(og_train_option_table(), settings, own);
    json_decref(settings);
    if (status == OG_OK)
        return OG_OK;
    og_options_deinit(og_train_option_table(), own);
    return og__fail_in(OG_ERR_FORMAT, "settings of the run '%s'", run->name);
}
