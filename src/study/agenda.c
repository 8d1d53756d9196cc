#include "study/agenda.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "study/words.h"

static og_status plan_race(const og__study *study, og__agenda *agenda)
{
    size_t arms = study->arms.count, fresh_at = study->race_blocks * arms;
    og__race_state *race = &agenda->race;
    agenda->rules = og__race_rules_default();
    agenda->rules.race_blocks = study->race_blocks;
    agenda->rules.alpha = 1 - study->confidence;
    agenda->rules.margin = study->margin;
    OG_TRY(og__race_state_init(&agenda->rules, arms, study->race_blocks, agenda->scores,
                               study->blocks - study->race_blocks, agenda->scores + fresh_at, race));
    const bool *who = race->phase == OG_RACE_RUNNING ? race->in : race->finalist;
    size_t first = race->phase == OG_RACE_RUNNING ? race->blocks : study->race_blocks + race->fresh_blocks;
    for (size_t b = first; b < first + race->missing && b < study->blocks; b++)
        for (size_t a = 0; a < arms; a++)
            agenda->wanted[b * arms + a] |= who[a];
    return OG_OK;
}

og_status og__agenda_init(const og__study *study, og__agenda *agenda)
{
    og_status status = OG_OK;
    size_t runs = study->blocks * study->arms.count;
    *agenda = (og__agenda){0};
    OG_GO(og__alloc(runs, sizeof *agenda->wanted, &agenda->wanted));
    OG_GO(og__alloc(runs, sizeof *agenda->scores, &agenda->scores));
    for (size_t i = 0; i < runs; i++) {
        bool done = study->runs[i]->trial.result != NULL;
        agenda->scores[i] = done ? study->runs[i]->trial.dice : NAN;
        agenda->wanted[i] = done || !study->race;
        agenda->done_count += done;
    }
    if (study->race)
        OG_GO(plan_race(study, agenda));
    for (size_t i = 0; i < runs; i++)
        agenda->wanted_count += agenda->wanted[i];
done:
    if (status != OG_OK)
        og__agenda_deinit(agenda);
    return status;
}

void og__agenda_deinit(og__agenda *agenda)
{
    og__race_state_deinit(&agenda->race);
    free(agenda->wanted);
    free(agenda->scores);
    *agenda = (og__agenda){0};
}

/* --- in words --------------------------------------------------------------------------------------------------- */

static bool is_in(const void *race, size_t arm)
{
    return ((const og__race_state *)race)->in[arm];
}

static bool is_finalist(const void *race, size_t arm)
{
    return ((const og__race_state *)race)->finalist[arm];
}

static bool is_beaten_finalist(const void *race, size_t arm)
{
    return is_finalist(race, arm) && arm != ((const og__race_state *)race)->winner;
}

/* Mean lead of the winner over its closest fellow finalist, on the fresh blocks. */
static double lead(const og__agenda *agenda)
{
    const og__race_state *race = &agenda->race;
    const double *fresh = agenda->scores + agenda->rules.race_blocks * race->arms;
    double least = INFINITY;
    for (size_t a = 0; a < race->arms; a++) {
        double sum = 0;
        for (size_t b = 0; b < race->fresh_blocks; b++)
            sum += fresh[b * race->arms + race->winner] - fresh[b * race->arms + a];
        if (is_beaten_finalist(race, a))
            least = fmin(least, sum / (double)race->fresh_blocks);
    }
    return least;
}

static void add_looks(og__text *text, const og__agenda *agenda)
{
    const og__race_state *race = &agenda->race;
    og__text_format(text, " The race had %zu look%s in %zu seeds at a level of %.2g each.", race->looks,
                    race->looks == 1 ? "" : "s", race->blocks, agenda->rules.look_alpha);
}

static void add_outcome(og__text *text, const og__agenda *agenda, const char *const *names)
{
    const og__race_state *race = &agenda->race;
    og__arm_choice left = race->fresh_blocks > 0 ? is_finalist : is_in; /* of whom the end of a race speaks */
    switch (race->phase) {
    case OG_RACE_WON:
        og__words_add_name(text, names[race->winner]);
        og__text_format(text, " is the best of the %zu: on %zu fresh seeds %.3f mean Dice ahead of ", race->arms,
                        race->fresh_blocks, lead(agenda));
        og__words_add_names(text, race->arms, names, is_beaten_finalist, race);
        og__text_format(text, " (adjusted p %.2g); the others fell behind in the race.", race->p);
        return;
    case OG_RACE_TIED:
        og__text_add(text, "No difference that matters between ");
        og__words_add_names(text, race->arms, names, left, race);
        og__text_format(text, ": with a probability of %.2g or more any two of them are within %.3g mean Dice.",
                        agenda->rules.tie_probability, agenda->rules.margin);
        return;
    case OG_RACE_OPEN:
        og__text_add(text, "Undecided: ");
        og__words_add_names(text, race->arms, names, left, race);
        og__text_format(text, " cannot be told apart after %zu seeds%s.",
                        race->fresh_blocks > 0 ? race->fresh_blocks : race->blocks,
                        race->fresh_blocks > 0 ? " that nobody had looked at" : "");
        return;
    case OG_RACE_RUNNING:
    case OG_RACE_CONFIRMING:
        og__text_format(text, "Undecided as yet: the race is in seed %zu, with ", race->blocks);
        og__words_add_names(text, race->arms, names, race->phase == OG_RACE_CONFIRMING ? is_finalist : is_in, race);
        og__text_add(text, race->phase == OG_RACE_CONFIRMING ? " being confirmed." : " still in it.");
        return;
    }
}

og_status og__race_text(const og__agenda *agenda, const char *const *names, char **text)
{
    og__text words = {0};
    add_outcome(&words, agenda, names);
    add_looks(&words, agenda);
    *text = words.data;
    return og__text_status(&words);
}
