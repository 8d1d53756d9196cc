#include "study/trial.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "format/json.h"

static og_status read_scores(const json_t *result, og__trial *trial)
{
    json_t *scores;
    OG_TRY(og__json_get(result, "scores", JSON_OBJECT, &scores));
    OG_TRY(og__json_get_real(scores, "mean_dice", &trial->dice));
    OG_TRY(og__json_get_real(scores, "mean_iou", &trial->iou));
    if (!isfinite(trial->dice) || !isfinite(trial->iou))
        return og__fail(OG_ERR_FORMAT, "mean_dice or mean_iou of a finished run is not a number");
    return OG_OK;
}

static og_status read_elapsed(const json_t *result, og__trial *trial)
{
    const json_t *curve = json_object_get(result, "curve");
    const json_t *last = json_array_get(curve, json_array_size(curve) - 1);
    trial->elapsed_s = NAN;
    return last ? og__json_get_real(last, "elapsed_s", &trial->elapsed_s) : OG_OK;
}

static og_status read_result(const json_t *result, const char *act, int64_t seed, og__trial *trial)
{
    const char *status, *text;
    int64_t number;
    OG_TRY(og__json_get_text(result, "status", &status));
    OG_TRY(og__json_get_text(result, "act", &text));
    OG_TRY(og__json_get_int(result, "seed", &number));
    if (strcmp(text, act) != 0 || number != seed)
        return og__fail(OG_ERR_FORMAT, "it is of %s with seed %" PRId64 ", not of %s with seed %" PRId64, text, number,
                        act, seed);
    OG_TRY(read_elapsed(result, trial));
    trial->failed = strcmp(status, "failed") == 0;
    if (trial->failed)
        return og__json_get_text(result, "error", &trial->error);
    if (strcmp(status, "finished") != 0)
        return og__fail(OG_ERR_FORMAT, "status is '%s', not 'finished' or 'failed'", status);
    return read_scores(result, trial);
}

og_status og__trial_read(const char *run, const char *act, int64_t seed, og__trial *trial)
{
    og_status status = OG_OK;
    char *path = NULL;
    *trial = (og__trial){.elapsed_s = NAN};
    OG_GO(og__path_join(run, "result.json", &path));
    if (!og__file_exists(path))
        goto done;
    OG_GO(og__json_load(path, &trial->result));
    status = read_result(trial->result, act, seed, trial);
    if (status != OG_OK)
        og__fail_in(status, "%s", path);
done:
    free(path);
    if (status != OG_OK)
        og__trial_deinit(trial);
    return status;
}

og_status og__trial_fail(const char *run, const char *act, int64_t seed, const char *error)
{
    og_status status = OG_OK;
    char *path = NULL;
    json_t *result = json_pack("{s:s, s:s, s:s, s:I, s:[]}", "status", "failed", "error", error, "act", act, "seed",
                               (json_int_t)seed, "curve");
    if (!result)
        OG_GO(og__fail(OG_ERR_MEMORY, "cannot allocate the result of '%s'", run));
    OG_GO(og__folder_make(run));
    OG_GO(og__path_join(run, "result.json", &path));
    OG_GO(og__json_save(path, result));
done:
    json_decref(result);
    free(path);
    return status;
}

void og__trial_deinit(og__trial *trial)
{
    json_decref(trial->result);
    *trial = (og__trial){0};
}
