#include "study/discovery.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "study/words.h"

static const double same_least = 0.95; /* probability of practical equivalence that counts as the same */
static const double power = 0.8;

const char *og__discovery_kind_name(og__discovery_kind kind)
{
    static const char *const names[] = {"found", "nothing", "undecided"};
    return names[kind];
}

static og_status compare(og__discovery *discovery, size_t arm, const double *scores, double margin, double *d)
{
    size_t arms = discovery->count + 1;
    og__contender *c = &discovery->contenders[arm];
    for (size_t b = 0; b < discovery->blocks; b++)
        d[b] = scores[b * arms + arm] - scores[b * arms + discovery->count];
    c->lead = og__t_interval(discovery->blocks, d, 1 - discovery->level);
    c->p = discovery->blocks >= OG_TEST_BLOCKS ? og__sign_flip_p(discovery->blocks, d) : NAN;
    c->p_adjusted = NAN;
    if (arm == discovery->best && discovery->blocks >= 3)
        discovery->blocks_needed = og__blocks_needed(og__deviation(discovery->blocks, d), fabs(c->lead.mean),
                                                     discovery->level / (double)discovery->count, power, 0);
    return og__signed_rank_posterior(discovery->blocks, d, margin, &c->rope);
}

static void find_best(og__discovery *discovery, const double *scores)
{
    double highest = -INFINITY;
    for (size_t a = 0; a < discovery->count; a++) {
        double sum = 0;
        for (size_t b = 0; b < discovery->blocks; b++)
            sum += scores[b * (discovery->count + 1) + a];
        if (sum > highest) {
            highest = sum;
            discovery->best = a;
        }
    }
}

static void decide(og__discovery *discovery)
{
    size_t settled = 0;
    double p[OG_CONTENDERS_MAX], adjusted[OG_CONTENDERS_MAX];
    discovery->kind = OG_DISCOVERY_UNDECIDED;
    if (discovery->blocks < OG_TEST_BLOCKS)
        return;
    for (size_t a = 0; a < discovery->count; a++)
        p[a] = discovery->contenders[a].p;
    og__holm(discovery->count, p, adjusted);
    for (size_t a = 0; a < discovery->count; a++) {
        og__contender *c = &discovery->contenders[a];
        c->p_adjusted = adjusted[a];
        bool differs = adjusted[a] <= discovery->level;
        c->same = c->rope.inside >= same_least;
        c->ahead = differs && c->lead.mean > 0 && !c->same; /* by more than nothing, if surely */
        c->behind = differs && c->lead.mean < 0;
        settled += c->same || c->behind || c->rope.below >= same_least;
        if (c->ahead)
            discovery->kind = OG_DISCOVERY_FOUND;
    }
    if (discovery->kind != OG_DISCOVERY_FOUND && settled == discovery->count)
        discovery->kind = OG_DISCOVERY_NOTHING;
}

og_status og__discovery_judge(size_t blocks, size_t count, const double *scores, double alpha, int looks, double margin,
                              og__discovery *discovery)
{
    og_status status = OG_OK;
    double *d = NULL;
    assert(count >= 1 && count <= OG_CONTENDERS_MAX);
    *discovery = (og__discovery){.kind = OG_DISCOVERY_UNDECIDED, .blocks = blocks, .count = count};
    discovery->level = alpha / looks;
    OG_GO(og__alloc(blocks, sizeof *d, &d));
    find_best(discovery, scores);
    for (size_t a = 0; a < count; a++)
        OG_GO(compare(discovery, a, scores, margin, d));
    decide(discovery);
    if (discovery->kind == OG_DISCOVERY_FOUND && !discovery->contenders[discovery->best].ahead)
        for (size_t a = 0; a < count; a++)
            if (discovery->contenders[a].ahead)
                discovery->best = a;
done:
    free(d);
    return status;
}

/* --- in words ----------------------------------------------------------------------------------------------------- */

void og__discovery_lead(og__text *text, const og__discovery *discovery, size_t arm, const char *known,
                        const char *where)
{
    const og__contender *c = &discovery->contenders[arm];
    og__text_format(text, "%.4f mean Dice %s ", fabs(c->lead.mean), c->lead.mean >= 0 ? "ahead of" : "behind");
    og__words_add_name(text, known);
    og__text_format(text, "%s on %zu fresh seed%s", where, discovery->blocks, discovery->blocks == 1 ? "" : "s");
    if (isfinite(c->lead.low))
        og__text_format(text, " (%.3g %% interval %+.4f to %+.4f)", 100 * (1 - discovery->level), c->lead.low,
                        c->lead.high);
}

static void add_undecided(og__text *text, const og__discovery *discovery, const char *const *names)
{
    og__text_add(text, "Undecided: ");
    og__words_add_name(text, names[discovery->best]);
    og__text_add(text, ", the best of the new functions, is ");
    og__discovery_lead(text, discovery, discovery->best, names[discovery->count], "");
    if (discovery->blocks < OG_TEST_BLOCKS)
        og__text_format(text, "; fewer than %d seeds tell nothing for sure, and the budget allowed no more.",
                        OG_TEST_BLOCKS);
    else if (discovery->blocks_needed > (int)discovery->blocks)
        og__text_format(text, ", which is no proof; if it stays as it looks, about %d seeds would tell.",
                        discovery->blocks_needed);
    else if (discovery->blocks_needed == 0)
        og__text_format(text, ", which is no proof; so small a difference would take more than %d seeds to show.",
                        OG_BLOCKS_MAX);
    else
        og__text_add(text, ", which is no proof.");
}

og_status og__discovery_text(const og__discovery *discovery, double margin, const char *const *names, char **text)
{
    og__text words = {0};
    const og__contender *best = &discovery->contenders[discovery->best];
    const char *known = names[discovery->count];
    switch (discovery->kind) {
    case OG_DISCOVERY_FOUND:
        og__text_add(&words, "A better function was found: ");
        og__words_add_name(&words, names[discovery->best]);
        og__text_add(&words, " is ");
        og__discovery_lead(&words, discovery, discovery->best, known, "");
        og__text_format(&words, ", adjusted p %.2g at a level of %.2g.", best->p_adjusted, discovery->level);
        break;
    case OG_DISCOVERY_NOTHING:
        og__text_add(&words, "Nothing better than ");
        og__words_add_name(&words, known);
        og__text_add(&words, " was found: ");
        og__words_add_name(&words, names[discovery->best]);
        og__text_add(&words, ", the best of the new functions, is ");
        og__discovery_lead(&words, discovery, discovery->best, known, "");
        if (best->same)
            og__text_format(&words, ", and within %.3g of it with a probability of %.2f.", margin, best->rope.inside);
        else
            og__text_add(&words, ".");
        break;
    case OG_DISCOVERY_UNDECIDED:
        add_undecided(&words, discovery, names);
        break;
    }
    *text = words.data;
    return og__text_status(&words);
}
