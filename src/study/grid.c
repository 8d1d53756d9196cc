/* The kind "compare": every activation on every seed, or those runs of them that a race asks for. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "study/agenda.h"
#include "study/kind.h"
#include "study/racing.h"
#include "study/rates.h"

/* --- blocks x arms ---------------------------------------------------------------------------------------------- */

og__block og__study_block(const og__study *study, size_t block)
{
    if (study->folds == 0)
        return (og__block){study->first_seed + (int64_t)block, OG_NO_FOLD};
    return (og__block){study->first_seed + (int64_t)(block / study->folds), (int64_t)(block % study->folds)};
}

og__trial *og__study_trial(const og__study *study, size_t block, size_t arm)
{
    return &study->runs[block * study->arms.count + arm]->trial;
}

og_status og__study_trial_folder(const og__study *study, size_t block, size_t arm, char **folder)
{
    return og__study_run_folder(study, study->runs[block * study->arms.count + arm], folder);
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

static void count_blocks(og__study *study)
{
    bool complete = true;
    study->complete_blocks = 0;
    for (size_t b = 0; b < study->blocks; b++) {
        for (size_t a = 0; a < study->arms.count; a++)
            complete &= og__study_trial(study, b, a)->result != NULL;
        study->complete_blocks += complete;
    }
}

/* --- loading ---------------------------------------------------------------------------------------------------- */

/* The parameters of a run as dimensions: the activation out of the study's, the seed, its learning rate where each
 * activation has its own, and the fold. */
typedef struct grid {
    const char **acts; /* (arms) */
    double *rates;     /* (arms) learning rates, where each activation has its own */
    bool settled;      /* they are known */
    og__dimension dimensions[4];
} grid;

static og_status read_record(og__study *study)
{
    json_t *question;
    int64_t seeds;
    OG_TRY(og__json_get(study->record, "question", JSON_OBJECT, &question));
    OG_TRY(og__arms_read(question, &study->arms));
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
    study->margin = 0.005; /* of studies that were begun before it could be set */
    if (json_object_get(study->record, "margin"))
        OG_TRY(og__json_get_real(study->record, "margin", &study->margin));
    if (!(study->margin > 0))
        return og__fail(OG_ERR_FORMAT, "margin is %g, not above 0", study->margin);
    if (json_object_get(study->record, "budget_s")) /* absent in old studies */
        OG_TRY(og__json_get_real(study->record, "budget_s", &study->budget_s));
    study->race = json_is_true(json_object_get(study->record, "race")); /* absent in old studies */
    study->race_blocks = (size_t)seeds;
    const json_t *folds = json_object_get(question, "folds"); /* absent where there are none */
    study->folds = folds ? (size_t)json_integer_value(folds) : 0;
    if (folds && (json_integer_value(folds) < 2 || json_integer_value(folds) > 1000 || study->race))
        return og__fail(OG_ERR_FORMAT, "folds is %" PRId64, (int64_t)json_integer_value(folds));
    study->blocks = (size_t)seeds * (study->folds > 0 ? study->folds : 1) +
                    (study->race ? og__race_rules_default().confirm_looks[OG_CONFIRM_LOOKS - 1] : 0);
    return OG_OK;
}

static og_status make_space(og__study *study)
{
    size_t arms = study->arms.count;
    grid *own;
    OG_TRY(og__alloc(1, sizeof *own, &own));
    study->own = own;
    OG_TRY(og__alloc(arms, sizeof *own->acts, &own->acts));
    for (size_t a = 0; a < arms; a++)
        own->acts[a] = og_act_text(study->arms.items[a].act);
    own->dimensions[0] =
        (og__dimension){"act", OG_DIMENSION_CHOICE, 0, (double)arms - 1, 1, false, OG_NO_PARENT, 0, own->acts};
    own->dimensions[1] = (og__dimension){"seed", OG_DIMENSION_INT, 0, 9e15, 1, false, OG_NO_PARENT, 0, NULL};
    own->dimensions[2] =
        (og__dimension){"learning-rate", OG_DIMENSION_REAL, 1e-15, 1e6, 0, true, OG_NO_PARENT, 0, NULL};
    own->settled = !og__rates_are_tuned(study);
    own->dimensions[3] =
        (og__dimension){"fold", OG_DIMENSION_INT, 0, (double)study->folds - 1, 1, false, OG_NO_PARENT, 0, NULL};
    study->space = (og__space){study->folds > 0 ? 4 : own->settled ? 2 : 3, own->dimensions};
    OG_TRY(og__alloc(arms, sizeof *own->rates, &own->rates));
    return OG_OK;
}

static og_status add_run(og__study *study, size_t block, size_t arm)
{
    og__block of = og__study_block(study, block);
    og__run *run;
    og__text name = {0};
    json_t *settings =
        json_pack("{s:s,s:I}", "act", og_act_text(study->arms.items[arm].act), "seed", (json_int_t)of.seed);
    og__text_format(&name, "%s-s%" PRId64, study->arms.items[arm].id, of.seed);
    if (of.fold != OG_NO_FOLD) {
        json_object_set_new(settings, "fold", json_integer(of.fold));
        og__text_format(&name, "-f%" PRId64, of.fold);
    }
    og_status status = og__text_status(&name);
    if (status == OG_OK)
        status = og__study_add_run(study, name.data, settings,
                                   (const double[]){(double)arm, (double)of.seed, NAN, (double)of.fold}, &run);
    if (status == OG_OK)
        status = og__study_read_run(study, run);
    json_decref(settings);
    og__text_deinit(&name);
    return status;
}

/* Find each activation's learning rate first; its runs of the comparison have it from then on. */
static og_status settle_rates(og__study *study)
{
    grid *own = study->own;
    if (own->settled)
        return OG_OK;
    OG_TRY(og__rates_ask(study, own->rates, &own->settled));
    for (size_t i = 0; i < study->blocks * study->arms.count && own->settled; i++) {
        double rate = own->rates[i % study->arms.count];
        OG_TRY(og__json_set(study->runs[i]->settings, "learning-rate", json_real(rate)));
        study->runs[i]->point[2] = rate;
    }
    return OG_OK;
}

static og_status load(og__study *study)
{
    OG_TRY(read_record(study));
    OG_TRY(make_space(study));
    for (size_t b = 0; b < study->blocks; b++)
        for (size_t a = 0; a < study->arms.count; a++)
            OG_TRY(add_run(study, b, a));
    count_blocks(study);
    return settle_rates(study);
}

static void unload(og__study *study)
{
    grid *own = study->own;
    if (own) {
        free(own->acts);
        free(own->rates);
    }
    free(own);
}

/* With a budget, a block is begun only if it is likely to fit: by the time that the blocks before it took, once there
 * is one. The next one waits until the last is done, or somebody is idle. */
static void keep_to_budget(const og__desk *desk, const bool *wanted, bool *ended)
{
    og__study *study = desk->study;
    size_t complete = 0;
    bool open = false, may_begin = true;
    for (size_t b = 0; b < study->blocks; b++) {
        bool begun = false, done = true, any = false;
        for (size_t a = 0; a < study->arms.count; a++) {
            size_t i = b * study->arms.count + a;
            begun |= study->runs[i]->stored || og__run_is_done(study->runs[i]);
            done &= !wanted[i] || og__run_is_done(study->runs[i]);
            any |= wanted[i];
        }
        complete += any && done;
        if (!begun && any) {
            double block_s = complete > 0 ? desk->spent_s / (double)complete : 0;
            begun = may_begin && block_s <= desk->left_s && (!open || desk->idle);
            may_begin = false;
        }
        open |= begun && any && !done;
        for (size_t a = 0; a < study->arms.count; a++)
            study->runs[b * study->arms.count + a]->wanted = wanted[b * study->arms.count + a] && begun;
    }
    *ended = !open;
}

static og_status plan(const og__desk *desk, bool *ended)
{
    og__study *study = desk->study;
    og__agenda agenda;
    *ended = false;
    OG_TRY(settle_rates(study));
    if (!((const grid *)study->own)->settled)
        return OG_OK;
    OG_TRY(og__agenda_init(study, &agenda));
    for (size_t i = 0; i < study->blocks * study->arms.count; i++)
        study->runs[i]->wanted = agenda.wanted[i];
    *ended = agenda.done_count == agenda.wanted_count;
    if (isfinite(desk->left_s) && !*ended)
        keep_to_budget(desk, agenda.wanted, ended);
    og__agenda_deinit(&agenda);
    return OG_OK;
}

/* --- configurations ----------------------------------------------------------------------------------------------- */

/* The last block that anybody ran. */
static size_t last_block(const og__study *study)
{
    size_t last = 0;
    for (size_t b = 0; b < study->blocks; b++)
        for (size_t a = 0; a < study->arms.count; a++)
            if (og__study_trial(study, b, a)->result)
                last = b;
    return last;
}

/* An activation on the seeds that it ran, as one trial: its value is the mean of its runs. One that a race let go is
 * pruned. */
static og_status conclude_arm(const og__desk *desk, int64_t stored, const og__space *space, size_t arm)
{
    const og__study *study = desk->study;
    const grid *own = study->own;
    double sum = 0;
    size_t runs = 0;
    og__text name = {0};
    for (size_t b = 0; b < study->blocks; b++) {
        const og__trial *trial = og__study_trial(study, b, arm);
        bool counts = study->race ? trial->result != NULL : b < study->complete_blocks;
        sum += counts && !trial->failed ? trial->dice : 0;
        runs += counts;
    }
    if (runs == 0)
        return OG_OK;
    bool left = study->race && !og__study_trial(study, last_block(study), arm)->result;
    og__text_format(&name, "%s-n%zu", study->arms.items[arm].id, runs);
    og_status status = og__text_status(&name);
    if (status == OG_OK)
        status = og__store_configure(desk->store, stored, name.data, NULL, space,
                                     (const double[]){(double)arm, own->rates[arm]},
                                     left ? OG_TRIAL_PRUNED : OG_TRIAL_COMPLETE, sum / (double)runs);
    og__text_deinit(&name);
    return status;
}

static og_status conclude(const og__desk *desk)
{
    og__study *study = desk->study;
    const grid *own = study->own;
    const og__dimension dimensions[] = {own->dimensions[0], own->dimensions[2]};
    const og__space space = {og__rates_are_tuned(study) ? 2 : 1, dimensions};
    int64_t stored;
    char *name;
    count_blocks(study);
    OG_TRY(og__study_configurations(study, &name));
    og_status status = og__store_study(desk->store, name, "dice", &stored);
    free(name);
    OG_TRY(status);
    for (size_t a = 0; a < study->arms.count; a++)
        OG_TRY(conclude_arm(desk, stored, &space, a));
    return OG_OK;
}

const og__kind og__kind_compare = {
    .name = "compare",
    .follows = true,
    .load = load,
    .unload = unload,
    .plan = plan,
    .conclude = conclude,
};
