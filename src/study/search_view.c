/* The confirmation of a search as a comparison. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "study/search.h"

static og_status fail_early(const og__study *study)
{
    const og__search *search = og__search_of(study);
    int trained = 0;
    for (int r = 0; r < search->campaign.round_count; r++)
        trained += search->campaign.rounds[r].level == 0 ? search->campaign.rounds[r].count : 0;
    return og__fail(
        OG_ERR_DATA,
        "the search '%s' has no confirmation yet: it knows %d formulas and asked for %d of them to be trained; "
        "run 'ogive search' again to go on",
        study->folder, search->pool.count, trained);
}

/* Seeds of which every function of the confirmation has a result, one after the other. */
static og_status add_blocks(const og__search *search, og__study *view)
{
    for (int r = 0; r < search->campaign.round_count; r++) {
        const og__round *round = &search->campaign.rounds[r];
        if (round->stage != OG_STAGE_CONFIRMATION)
            continue;
        og__run **runs = realloc(view->runs, (view->run_count + (size_t)(round->count * round->seeds)) * sizeof *runs);
        if (!runs)
            return og__fail(OG_ERR_MEMORY, "no memory for the runs of a confirmation");
        view->runs = runs;
        for (int s = 0; s < round->seeds; s++) {
            bool complete = true;
            for (int f = 0; f < round->count; f++)
                complete &= search->runs[r][f * round->seeds + s]->trial.result != NULL;
            if (!complete)
                return OG_OK; /* blocks have seeds without gaps */
            for (int f = 0; f < round->count; f++)
                view->runs[view->run_count++] = search->runs[r][f * round->seeds + s];
            view->blocks++;
        }
    }
    return OG_OK;
}

og_status og__search_view(const og__study *study, og__study *view)
{
    og_status status = OG_OK;
    const og__search *search = og__search_of(study);
    *view = *study;
    view->arms = (og__arms){0};
    view->runs = NULL;
    view->run_count = view->blocks = view->complete_blocks = 0;
    view->race = false;
    view->first_seed = study->first_seed + OG_FRESH_SEEDS_AT;
    for (int r = 0; r < search->campaign.round_count && view->arms.count == 0; r++) {
        const og__round *round = &search->campaign.rounds[r];
        for (int f = 0; f < round->count && round->stage == OG_STAGE_CONFIRMATION; f++)
            OG_GO(og__arms_add(&view->arms, og_act_text(search->pool.items[round->formulas[f]].act)));
    }
    OG_GO(add_blocks(search, view));
    view->complete_blocks = view->blocks;
    if (view->blocks == 0)
        status = fail_early(study);
done:
    if (status != OG_OK)
        og__search_view_deinit(view);
    return status;
}

void og__search_view_deinit(og__study *view)
{
    og__arms_deinit(&view->arms);
    free(view->runs);
    *view = (og__study){0};
}
