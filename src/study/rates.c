#include "study/rates.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "format/json.h"

/* Seeds this far behind the first of the comparison, which has a thousand at most. */
enum { SEEDS = 2, SEEDS_BEHIND = 1000000, SHARE_OF_EPOCHS = 4, NONE = OG_RATE_REACH + 1 };

og_status og__rates_describe(double start, int64_t epochs, int64_t first_seed, json_t *question)
{
    json_t *rates = json_object(), *seeds = json_array();
    OG_TRY(og__json_set(question, "learning_rates", rates));
    OG_TRY(og__json_set(rates, "start", og__json_real(start)));
    OG_TRY(og__json_set(rates, "epochs", json_integer((epochs + SHARE_OF_EPOCHS - 1) / SHARE_OF_EPOCHS)));
    OG_TRY(og__json_set(rates, "seeds", seeds));
    for (int s = 0; s < SEEDS; s++)
        OG_TRY(og__json_append(seeds, json_integer(first_seed + SEEDS_BEHIND + s)));
    return OG_OK;
}

static const json_t *rates_of(const og__study *study)
{
    return json_object_get(json_object_get(study->record, "question"), "learning_rates");
}

bool og__rates_are_tuned(const og__study *study)
{
    return rates_of(study) != NULL;
}

static double rate_at(const og__study *study, int exponent)
{
    return ldexp(json_number_value(json_object_get(rates_of(study), "start")), exponent);
}

/* --- one run ----------------------------------------------------------------------------------------------------- */

/* "relu-lr0.0005-s1000000" */
static og_status name_run(const og__study *study, size_t arm, int exponent, json_int_t seed, char **name)
{
    og__text text = {0};
    og__text_format(&text, "%s-lr%.4g-s%" JSON_INTEGER_FORMAT, study->arms.items[arm].id, rate_at(study, exponent),
                    seed);
    *name = text.data;
    return og__text_status(&text);
}

static og_status add_run(og__study *study, size_t arm, int exponent, json_int_t seed, og__run **run)
{
    og_status status = OG_OK;
    char *name;
    const json_t *rates = rates_of(study);
    double rate = rate_at(study, exponent);
    json_t *settings = json_pack("{s:s, s:I, s:f, s:I}", "act", og_act_text(study->arms.items[arm].act), "seed", seed,
                                 "learning-rate", rate, "epochs", json_integer_value(json_object_get(rates, "epochs")));
    OG_GO(name_run(study, arm, exponent, seed, &name));
    OG_GO(og__study_add_run(study, name, settings, (const double[]){(double)arm, (double)seed, rate, NAN}, run));
    if (!og__run_is_done(*run))
        OG_GO(og__study_read_run(study, *run));
    (*run)->wanted = true;
done:
    free(name);
    json_decref(settings);
    return status;
}

/* --- one rate ---------------------------------------------------------------------------------------------------- */

typedef struct tried {
    bool asked, done;
    double dice; /* mean over the seeds, of those that are done */
    int failed;
} tried;

static og_status ask_rate(og__study *study, size_t arm, int exponent, bool only_known, tried *at)
{
    size_t s;
    json_t *seed;
    double sum = 0;
    *at = (tried){.asked = true, .done = true};
    json_array_foreach(json_object_get(rates_of(study), "seeds"), s, seed) {
        og__run *run;
        char *name;
        if (only_known) {
            OG_TRY(name_run(study, arm, exponent, json_integer_value(seed), &name));
            run = og__study_find_run(study, name);
            free(name);
            at->asked &= run != NULL;
        } else {
            OG_TRY(add_run(study, arm, exponent, json_integer_value(seed), &run));
        }
        at->done &= run && run->trial.result;
        at->failed += run && run->trial.failed;
        sum += run && run->trial.result && !run->trial.failed ? run->trial.dice : 0;
    }
    at->dice = sum / SEEDS;
    return OG_OK;
}

/* --- the search -------------------------------------------------------------------------------------------------- */

/* Of one activation: what was tried at e = index - OG_RATE_REACH. */
typedef struct search {
    tried at[2 * OG_RATE_REACH + 1];
} search;

static tried *at(search *s, int exponent)
{
    return &s->at[exponent + OG_RATE_REACH];
}

/* The best of what is done; of equals the lower rate. */
static int find_best(search *s)
{
    int best = NONE;
    for (int e = -OG_RATE_REACH; e <= OG_RATE_REACH; e++)
        if (at(s, e)->done && (best == NONE || at(s, e)->dice > at(s, best)->dice))
            best = e;
    return best;
}

/* Ask for a rate if it was not; true when it is done. */
static og_status need(og__study *study, size_t arm, int exponent, search *s, bool *done)
{
    if (!at(s, exponent)->asked)
        OG_TRY(ask_rate(study, arm, exponent, false, at(s, exponent)));
    *done &= at(s, exponent)->done;
    return OG_OK;
}

static og_status search_on(og__study *study, size_t arm, search *s, int *chosen)
{
    bool done = true;
    *chosen = NONE;
    for (int e = -2; e <= 2; e += 2)
        OG_TRY(need(study, arm, e, s, &done));
    for (int best = NONE; done; best = *chosen) {
        *chosen = find_best(s);
        if (*chosen == best) /* both neighbours are done, and neither is better */
            return OG_OK;
        for (int side = -1; side <= 1; side += 2)
            if (abs(*chosen + side) <= OG_RATE_REACH)
                OG_TRY(need(study, arm, *chosen + side, s, &done));
    }
    *chosen = NONE;
    return OG_OK;
}

og_status og__rates_ask(og__study *study, double *chosen, bool *settled)
{
    *settled = true;
    for (size_t a = 0; a < study->arms.count; a++) {
        search s = {0};
        int exponent;
        OG_TRY(search_on(study, a, &s, &exponent));
        *settled &= exponent != NONE;
        if (exponent != NONE)
            chosen[a] = rate_at(study, exponent);
    }
    return OG_OK;
}

/* --- the evidence ------------------------------------------------------------------------------------------------ */

static og_status report_arm(const og__study *study, size_t arm, json_t *row)
{
    search s = {0};
    json_t *list = json_array();
    OG_TRY(og__json_set(row, "act", og__json_string(study->arms.items[arm].id)));
    OG_TRY(og__json_set(row, "tried", list));
    for (int e = -OG_RATE_REACH; e <= OG_RATE_REACH; e++) {
        OG_TRY(ask_rate((og__study *)study, arm, e, true, at(&s, e)));
        if (!at(&s, e)->asked)
            continue;
        json_t *cell = json_object();
        OG_TRY(og__json_append(list, cell));
        OG_TRY(og__json_set(cell, "rate", og__json_real(rate_at(study, e))));
        OG_TRY(og__json_set(cell, "dice", og__json_real(at(&s, e)->done ? at(&s, e)->dice : (double)NAN)));
        OG_TRY(og__json_set(cell, "failed", json_integer(at(&s, e)->failed)));
    }
    int best = find_best(&s);
    const tried *shared = at(&s, 0);
    OG_TRY(og__json_set(row, "shared_dice", og__json_real(shared->asked && shared->done ? shared->dice : (double)NAN)));
    OG_TRY(og__json_set(row, "own_dice", og__json_real(best == NONE ? (double)NAN : at(&s, best)->dice)));
    return og__json_set(row, "rate", og__json_real(best == NONE ? (double)NAN : rate_at(study, best)));
}

og_status og__rates_report(const og__study *study, json_t *rates)
{
    for (size_t a = 0; a < study->arms.count; a++) {
        json_t *row = json_object();
        OG_TRY(og__json_append(rates, row));
        OG_TRY(report_arm(study, a, row));
    }
    return OG_OK;
}
