/* The kind "search": runs of the rounds that a campaign asks for. */
#include "study/search.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "study/question.h"

og__search *og__search_of(const og__study *study)
{
    return study->kind == &og__kind_search ? study->own : NULL;
}

/* --- loading ------------------------------------------------------------------------------------------------------ */

static og_status read_settings(const og__study *study, og__search *search)
{
    json_t *question, *settings;
    og__campaign_rules *rules = &search->campaign.rules;
    int64_t generation, workers, trained;
    double budget_s, confidence;
    OG_TRY(og__json_get(study->record, "question", JSON_OBJECT, &question));
    OG_TRY(og__json_get(question, "search", JSON_OBJECT, &settings));
    OG_TRY(og__json_get_int(settings, "candidates", &search->candidates));
    OG_TRY(og__json_get_real(settings, "price", &rules->price));
    OG_TRY(og__json_get_int(settings, "generation", &generation));
    OG_TRY(og__json_get_real(settings, "confidence", &confidence));
    OG_TRY(og__json_get_real(study->record, "budget_s", &budget_s));
    OG_TRY(og__json_get_int(study->record, "workers", &workers));
    OG_TRY(og__json_get_int(study->record, "trained", &trained));
    if (generation < 1 || generation > 100000 || workers < 1 || !(budget_s > 0) || trained < 0 || trained > 1000000 ||
        !(confidence > 0 && confidence < 1))
        return og__fail(OG_ERR_FORMAT, "generation, workers, budget_s, trained or confidence is out of range");
    rules->places = json_is_true(json_object_get(settings, "places")); /* searches of before do not have it */
    rules->generation = (int)generation;
    rules->most = (int)trained;
    rules->budget_s = budget_s * (double)workers;
    rules->alpha = 1 - confidence;
    rules->margin = study->margin;
    return OG_OK;
}

/* Of the network that all runs train: epochs and width of each level. */
static og_status set_levels(const og__study *study, og__search *search)
{
    json_t *question, *settings;
    og_train_options train;
    int64_t small;
    OG_TRY(og__json_get(study->record, "question", JSON_OBJECT, &question));
    OG_TRY(og__json_get(question, "search", JSON_OBJECT, &settings));
    OG_TRY(og__json_get_int(settings, "small-width", &small));
    OG_TRY(og__question_train(question, &train));
    bool narrow = small > 0 && small < train.width && !train.widths[0] && !train.decoder_widths[0];
    static const char *const names[OG_LEVELS] = {"l0", "l1", "l2", "full"};
    int64_t divisor = OG_HALVING * OG_HALVING;
    for (int l = 0; l < OG_LEVELS; l++) {
        bool full = l == OG_LEVEL_FULL;
        int64_t epochs = full ? train.epochs : (train.epochs + divisor / 2) / divisor;
        search->levels[l] = (og__rung){names[l], epochs > 1 ? epochs : 1, narrow && !full ? small : train.width};
        divisor /= divisor > 1 ? OG_HALVING : 1;
    }
    for (int l = 0; l < 3; l++)
        search->campaign.rules.level_share[l] = (double)search->levels[l].epochs / (double)search->levels[2].epochs;
    snprintf(search->campaign.rules.head, sizeof search->campaign.rules.head, "%s", train.act_head);
    int64_t depth = train.depth > 0 ? train.depth : 4;
    og_options_deinit(og_train_option_table(), &train);
    double cost_most;
    OG_TRY(og__json_get_real(settings, "max-cost", &cost_most));
    return og__screen_rules_init(2 * (2 * (int)depth + 1), cost_most, &search->pool.rules);
}

static void set_space(og__study *study, og__search *search)
{
    search->dimensions[0] = (og__dimension){"formula", OG_DIMENSION_INT, 0, 1e9, 1, false, OG_NO_PARENT, 0, NULL};
    search->dimensions[1] =
        (og__dimension){"level", OG_DIMENSION_INT, 0, OG_LEVELS - 1, 1, false, OG_NO_PARENT, 0, NULL};
    search->dimensions[2] = (og__dimension){"seed", OG_DIMENSION_INT, 0, 9e15, 1, false, OG_NO_PARENT, 0, NULL};
    study->space = (og__space){3, search->dimensions};
}

/* --- runs --------------------------------------------------------------------------------------------------------- */

og_status og__search_settings(const og__search *search, int formula, json_t *settings)
{
    const og__pool *pool = &search->pool;
    const og__candidate *c = &pool->items[formula];
    OG_TRY(og__json_set(settings, "act", og__json_string(og_act_text(c->act))));
    if (c->origin != OG_ORIGIN_PLACES)
        return OG_OK;
    const char *bottleneck = og_act_text(pool->items[c->places[OG_PLACE_BOTTLENECK]].act);
    const char *decoder = og_act_text(pool->items[c->places[OG_PLACE_DECODER]].act);
    if (c->head)
        OG_TRY(og__json_set(settings, "act-head", json_string(c->head)));
    OG_TRY(og__json_set(settings, "act-bottleneck", og__json_string(bottleneck)));
    return og__json_set(settings, "act-decoder", og__json_string(decoder));
}

/* The settings of a run beside the question's. A small run is scored at its end only, and nobody looks at its health.
 */
static og_status fill_settings(const og__study *study, int formula, int level, int64_t seed, json_t *settings)
{
    const og__search *search = study->own;
    const og__rung *own = &search->levels[level];
    OG_TRY(og__search_settings(search, formula, settings));
    OG_TRY(og__json_set(settings, "seed", json_integer((json_int_t)seed)));
    if (level == OG_LEVEL_FULL)
        return OG_OK;
    OG_TRY(og__json_set(settings, "epochs", json_integer((json_int_t)own->epochs)));
    OG_TRY(og__json_set(settings, "width", json_integer((json_int_t)own->width)));
    OG_TRY(og__json_set(settings, "eval-every", json_integer((json_int_t)own->epochs)));
    return og__json_set(settings, "health-every", json_integer(0));
}

static og_status add_run(og__study *study, int formula, int level, int64_t seed, og__run **run)
{
    const og__search *search = study->own;
    og__text name = {0};
    json_t *settings = json_object();
    const double point[3] = {formula, level, (double)seed};
    og__text_format(&name, "f%d-%s-s%" PRId64, formula, search->levels[level].name, seed);
    og_status status = og__text_status(&name);
    if (status == OG_OK)
        status = fill_settings(study, formula, level, seed, settings);
    if (status == OG_OK)
        status = og__study_add_run(study, name.data, settings, point, run);
    json_decref(settings);
    og__text_deinit(&name);
    return status;
}

/* The runs of all rounds that have none yet. */
static og_status add_runs(og__study *study, int first)
{
    og__search *search = study->own;
    int count = search->campaign.round_count;
    og__run ***runs = realloc(search->runs, (size_t)(count + 1) * sizeof *runs);
    if (!runs)
        return og__fail(OG_ERR_MEMORY, "no memory for %d rounds", count);
    search->runs = runs;
    for (int r = first; r < count; r++)
        runs[r] = NULL;
    for (int r = first; r < count; r++) {
        const og__round *round = &search->campaign.rounds[r];
        OG_TRY(og__alloc((size_t)(round->count * round->seeds), sizeof *runs[r], &runs[r]));
        for (int i = 0; i < round->count * round->seeds; i++) {
            int64_t seed = search->campaign.rules.seed + round->seed + i % round->seeds;
            OG_TRY(add_run(study, round->formulas[i / round->seeds], round->level, seed, &runs[r][i]));
            runs[r][i]->wanted = true;
            if (!og__run_is_done(runs[r][i]))
                OG_TRY(og__study_read_run(study, runs[r][i]));
        }
    }
    return OG_OK;
}

/* The networks of small runs are of no use, and would fill the disk. */
static void remove_model(const og__study *study, const og__run *run)
{
    char *folder, *path;
    if (og__study_run_folder(study, run, &folder) != OG_OK)
        return;
    if (og__path_join(folder, "model.safetensors", &path) == OG_OK) {
        unlink(path);
        free(path);
    }
    free(folder);
}

static void read_outcomes(const og__study *study)
{
    og__search *search = study->own;
    for (int r = 0; r < search->campaign.round_count; r++) {
        const og__round *round = &search->campaign.rounds[r];
        for (int i = 0; i < round->count * round->seeds; i++) {
            const og__run *run = search->runs[r][i];
            og__outcome *outcome = &search->campaign.outcomes[r][i];
            if (outcome->done || !og__run_is_done(run))
                continue;
            bool counted = r > 1 && run == search->runs[1][0]; /* the first full run may be one of the confirmation's */
            *outcome = (og__outcome){true, run->trial.failed, run->trial.failed ? 0 : run->trial.dice,
                                     counted ? NAN : run->trial.elapsed_s};
            if (round->level != OG_LEVEL_FULL)
                remove_model(study, run);
        }
    }
}

/* --- the screening ------------------------------------------------------------------------------------------------ */

og_status og__search_screen(const og__study *study, bool (*tell)(void *context, int64_t screened, int64_t candidates),
                            void *context)
{
    enum { AT_ONCE = 32 }; /* between two looks at whether to stop */
    og_status status = OG_OK;
    og__search *search = og__search_of(study);
    const char **asked = NULL;
    OG_GO(og__alloc(study->arms.count, sizeof *asked, &asked));
    for (size_t a = 0; a < study->arms.count; a++)
        asked[a] = og_act_text(study->arms.items[a].act);
    OG_GO(og__pool_add_known(&search->pool, study->arms.count, asked));
    OG_GO(og__pool_screen(&search->pool, 0));
    for (int64_t drawn = 0; drawn < search->candidates;) {
        int before = search->pool.count;
        for (int i = 0; i < AT_ONCE && drawn < search->candidates; i++)
            OG_GO(og__pool_draw(&search->pool, study->first_seed, drawn++));
        OG_GO(og__pool_screen(&search->pool, before));
        if (tell && !tell(context, drawn, search->candidates)) {
            status = og__fail(OG_ERR_STOPPED, "stopped while formulas were screened; the same command begins again");
            goto done;
        }
    }
    OG_GO(og__search_write(study->folder, search));
done:
    free(asked);
    return status;
}

/* --- the kind ----------------------------------------------------------------------------------------------------- */

static og_status load(og__study *study)
{
    og__search *search;
    json_t *question;
    OG_TRY(og__alloc(1, sizeof *search, &search));
    study->own = search;
    search->campaign.pool = &search->pool;
    OG_TRY(og__json_get(study->record, "question", JSON_OBJECT, &question));
    OG_TRY(og__arms_read(question, &study->arms));
    OG_TRY(og__json_get_int(question, "first_seed", &study->first_seed));
    search->campaign.references = (int)study->arms.count;
    study->margin = 0.005;
    OG_TRY(read_settings(study, search));
    search->campaign.rules.seed = study->first_seed;
    study->confidence = 1 - search->campaign.rules.alpha;
    OG_TRY(set_levels(study, search));
    set_space(study, search);
    OG_TRY(og__search_read(study->folder, search));
    OG_TRY(add_runs(study, 0));
    read_outcomes(study);
    return OG_OK;
}

static void unload(og__study *study)
{
    og__search *search = study->own;
    if (!search)
        return;
    for (int r = 0; search->runs && r < search->campaign.round_count; r++)
        free(search->runs[r]);
    free(search->runs);
    og__campaign_deinit(&search->campaign);
    og__pool_deinit(&search->pool);
    free(search);
}

/* A round that is decided is written down before its runs are asked for, so that it stays as it is. */
static og_status plan(const og__desk *desk, bool *ended)
{
    og__study *study = desk->study;
    og__search *search = study->own;
    if (search->pool.count == 0) /* resumed where not even the screening was done */
        OG_TRY(og__search_screen(study, NULL, NULL));
    read_outcomes(study);
    while (!search->campaign.ended && og__campaign_is_due(&search->campaign)) {
        int before = search->campaign.round_count;
        OG_TRY(og__campaign_next(&search->campaign));
        OG_TRY(og__search_write(study->folder, search));
        OG_TRY(add_runs(study, before));
        read_outcomes(study);
    }
    *ended = search->campaign.ended;
    return OG_OK;
}

const og__kind og__kind_search = {
    .name = "search",
    .load = load,
    .unload = unload,
    .plan = plan,
};
