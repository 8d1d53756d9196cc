/* "race": who left when, who was confirmed; null where every activation ran on every seed. */
#include <math.h>

#include "format/json.h"
#include "report/parts.h"

static og_status add_arms(const og__report *report, json_t *race)
{
    const og__race_state *state = &report->agenda.race;
    const og__study *study = report->study;
    json_t *arms = json_array();
    OG_TRY(og__json_set(race, "acts", arms));
    for (size_t a = 0; a < state->arms; a++) {
        json_t *arm = json_object();
        int64_t runs = 0;
        OG_TRY(og__json_append(arms, arm));
        for (size_t b = 0; b < study->blocks; b++)
            runs += og__study_trial(study, b, a)->result != NULL;
        OG_TRY(og__json_set(arm, "id", og__json_string(study->arms.items[a].id)));
        OG_TRY(og__json_set(arm, "runs", json_integer(runs)));
        OG_TRY(og__json_set(arm, "left_after",
                            state->left_after[a] > 0 ? json_integer((json_int_t)state->left_after[a]) : json_null()));
        OG_TRY(og__json_set(arm, "finalist", json_boolean(state->finalist[a])));
    }
    return OG_OK;
}

og_status og__report_race(const og__report *report, json_t *results)
{
    if (!report->study->race)
        return og__json_set(results, "race", json_null());
    const og__race_state *state = &report->agenda.race;
    json_t *race = json_object();
    OG_TRY(og__json_set(results, "race", race));
    OG_TRY(og__json_set(race, "phase", json_string(og__race_phase_name(state->phase))));
    OG_TRY(og__json_set(race, "blocks", json_integer((json_int_t)state->blocks)));
    OG_TRY(og__json_set(race, "looks", json_integer((json_int_t)state->looks)));
    OG_TRY(og__json_set(race, "look_alpha", og__json_real(report->agenda.rules.look_alpha)));
    OG_TRY(og__json_set(race, "fresh_blocks", json_integer((json_int_t)state->fresh_blocks)));
    OG_TRY(og__json_set(race, "p", og__json_real(state->p)));
    OG_TRY(og__json_set(race, "runs", json_integer((json_int_t)report->agenda.done_count)));
    OG_TRY(og__json_set(race, "runs_of_grid", json_integer((json_int_t)(report->study->race_blocks * state->arms))));
    return add_arms(report, race);
}
