#include "study/study.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "study/racing.h"

og__trial *og__study_trial(const og__study *study, size_t block, size_t arm)
{
    return &study->trials[block * study->arms.count + arm];
}

og_status og__study_trial_folder(const og__study *study, size_t block, size_t arm, char **folder)
{
    og__text path = {0};
    og__text_format(&path, "%s/trials/%s-s%" PRId64, study->folder, study->arms.items[arm].id,
                    study->first_seed + (int64_t)block);
    *folder = path.data;
    return og__text_status(&path);
}

og_status og__study_read_trial(og__study *study, size_t block, size_t arm)
{
    og__trial *trial = og__study_trial(study, block, arm);
    char *folder;
    OG_TRY(og__study_trial_folder(study, block, arm, &folder));
    og__trial_deinit(trial);
    og_status status =
        og__trial_read(folder, og_act_text(study->arms.items[arm].act), study->first_seed + (int64_t)block, trial);
    free(folder);
    return status;
}

static og_status read_arms(const json_t *question, og__arms *arms)
{
    json_t *acts;
    OG_TRY(og__json_get(question, "acts", JSON_ARRAY, &acts));
    for (size_t a = 0; a < json_array_size(acts); a++) {
        const char *text = json_string_value(json_array_get(acts, a));
        if (!text)
            return og__fail(OG_ERR_FORMAT, "element %zu of acts is not a text", a);
        OG_TRY(og__arms_add(arms, text));
    }
    return arms->count > 0 ? OG_OK : og__fail(OG_ERR_FORMAT, "acts is empty");
}

static og_status read_record(og__study *study)
{
    json_t *question;
    int64_t seeds;
    const char *data_path;
    OG_TRY(og__json_get(study->record, "question", JSON_OBJECT, &question));
    OG_TRY(og__json_get_text(study->record, "data_path", &data_path));
    OG_TRY(read_arms(question, &study->arms));
    OG_TRY(og__json_get_int(question, "first_seed", &study->first_seed));
    OG_TRY(og__json_get_int(study->record, "seeds", &seeds));
    OG_TRY(og__json_get_real(study->record, "target_dice", &study->target_dice));
    OG_TRY(og__json_get_real(study->record, "confidence", &study->confidence));
    if (seeds < 1 || seeds > 1000000)
        return og__fail(OG_ERR_FORMAT, "seeds is %" PRId64, seeds);
    if (study->first_seed < 0 || study->first_seed > INT64_MAX - seeds)
        return og__fail(OG_ERR_FORMAT, "first_seed is %" PRId64, study->first_seed);
    if (!(study->confidence > 0 && study->confidence < 1))
        return og__fail(OG_ERR_FORMAT, "confidence is %g, not between 0 and 1", study->confidence);
    study->race = json_is_true(json_object_get(study->record, "race")); /* absent in old studies */
    study->race_blocks = (size_t)seeds;
    study->blocks = (size_t)seeds + (study->race ? og__race_rules_default().confirm_looks[OG_CONFIRM_LOOKS - 1] : 0);
    return OG_OK;
}

void og__study_count_blocks(og__study *study)
{
    bool complete = true;
    study->complete_blocks = 0;
    for (size_t b = 0; b < study->blocks; b++) {
        for (size_t a = 0; a < study->arms.count; a++)
            complete &= og__study_trial(study, b, a)->result != NULL;
        study->complete_blocks += complete;
    }
}

static og_status read_trials(og__study *study)
{
    size_t count;
    OG_TRY(og__product(&count, 2, (const size_t[]){study->blocks, study->arms.count}));
    OG_TRY(og__alloc(count, sizeof *study->trials, &study->trials));
    for (size_t b = 0; b < study->blocks; b++)
        for (size_t a = 0; a < study->arms.count; a++)
            OG_TRY(og__study_read_trial(study, b, a));
    og__study_count_blocks(study);
    return OG_OK;
}

/* The last part of the folder's absolute path, so that 'study' and '.' within it are the same. */
static og_status name_study(const char *folder, char **name)
{
    char *path = realpath(folder, NULL);
    if (!path)
        return og__fail_file("open", folder);
    const char *last = strrchr(path, '/');
    og_status status = og__copy_text(last && last[1] ? last + 1 : "study", name);
    free(path);
    return status;
}

og_status og__study_store(const og__study *study, char **url)
{
    const char *asked = json_string_value(json_object_get(study->record, "store")); /* absent in old studies */
    return asked && asked[0] ? og__copy_text(asked, url) : og__path_join(study->folder, "study.db", url);
}

og_status og__study_load(const char *folder, og__study *study)
{
    og_status status = OG_OK;
    char *path = NULL;
    *study = (og__study){0};
    OG_GO(og__copy_text(folder, &study->folder));
    OG_GO(name_study(folder, &study->name));
    OG_GO(og__path_join(folder, "study.json", &path));
    OG_GO(og__json_load(path, &study->record));
    status = read_record(study);
    if (status != OG_OK) {
        og__fail_in(status, "%s", path);
        goto done;
    }
    OG_GO(read_trials(study));
done:
    free(path);
    if (status != OG_OK)
        og__study_deinit(study);
    return status;
}

void og__study_deinit(og__study *study)
{
    for (size_t i = 0; study->trials && i < study->blocks * study->arms.count; i++)
        og__trial_deinit(&study->trials[i]);
    free(study->trials);
    og__arms_deinit(&study->arms);
    json_decref(study->record);
    free(study->folder);
    free(study->name);
    *study = (og__study){0};
}

og_status og__study_scores(const og__study *study, double **scores)
{
    size_t arms = study->arms.count;
    OG_TRY(og__alloc(study->complete_blocks * arms, sizeof **scores, scores));
    for (size_t b = 0; b < study->complete_blocks; b++)
        for (size_t a = 0; a < arms; a++)
            (*scores)[b * arms + a] = og__study_trial(study, b, a)->dice;
    return OG_OK;
}
