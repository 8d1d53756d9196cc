/* The verdict in words. A sentence names what was seen (means, seeds, leads) and claims no more than the standing of
 * each activation allows. */
#include "study/verdict.h"

#include <math.h>

#include "base/text.h"
#include "study/words.h"

typedef struct writer {
    const og__verdict *verdict;
    const char *const *names;
    double best_mean;
    og__text text;
} writer;

static bool is_behind(const void *context, size_t arm)
{
    const og__verdict *verdict = context;
    return verdict->rivals[arm].standing == OG_STANDING_BEHIND;
}

static bool is_open(const void *context, size_t arm)
{
    const og__verdict *verdict = context;
    return verdict->rivals[arm].standing == OG_STANDING_OPEN;
}

static bool is_best_or_equal(const void *context, size_t arm)
{
    const og__verdict *verdict = context;
    og__standing standing = verdict->rivals[arm].standing;
    return standing == OG_STANDING_BEST || standing == OG_STANDING_EQUIVALENT;
}

static bool is_lower_throughout(const void *context, size_t arm)
{
    const og__verdict *verdict = context;
    return arm != verdict->best && verdict->rivals[arm].lower_every_block;
}

static bool is_mixed(const void *context, size_t arm)
{
    const og__verdict *verdict = context;
    return arm != verdict->best && !verdict->rivals[arm].lower_every_block;
}

static bool is_equal(const void *context, size_t arm)
{
    const og__verdict *verdict = context;
    return verdict->rivals[arm].standing == OG_STANDING_EQUIVALENT;
}

static size_t count(const writer *w, og__arm_choice chosen)
{
    size_t total = 0;
    for (size_t a = 0; a < w->verdict->arms; a++)
        total += chosen(w->verdict, a);
    return total;
}

static void add_name(writer *w, size_t arm)
{
    og__words_add_name(&w->text, w->names[arm]);
}

static void add_names(writer *w, og__arm_choice chosen)
{
    og__words_add_names(&w->text, w->verdict->arms, w->names, chosen, w->verdict);
}

static void add_blocks(writer *w, const char *after)
{
    size_t blocks = w->verdict->blocks, folds = w->verdict->folds;
    if (folds > 0)
        og__text_format(&w->text, "%zu paired runs (%.3g seed%s of %zu folds)%s", blocks,
                        (double)blocks / (double)folds, blocks == folds ? "" : "s", folds, after);
    else
        og__text_format(&w->text, "%zu paired seed%s%s", blocks, blocks == 1 ? "" : "s", after);
}

static void add_winner(writer *w)
{
    const og__verdict *verdict = w->verdict;
    size_t closest = verdict->arms;
    double p_max = 0;
    for (size_t a = 0; a < verdict->arms; a++) {
        if (a == verdict->best)
            continue;
        p_max = fmax(p_max, verdict->rivals[a].test.adjusted);
        if (closest == verdict->arms || verdict->rivals[a].lead.mean < verdict->rivals[closest].lead.mean)
            closest = a;
    }
    const og__interval *lead = &verdict->rivals[closest].lead;
    add_name(w, verdict->best);
    og__text_format(&w->text, " is the best of the %zu: %.3f mean Dice ahead of ", verdict->arms, lead->mean);
    add_name(w, closest);
    og__text_format(&w->text, "%s (%.3g %% interval %.3f to %.3f), adjusted p at most %.2g, over ",
                    verdict->arms > 2 ? ", the closest" : "", 100 * (1 - verdict->alpha), lead->low, lead->high, p_max);
    add_blocks(w, ".");
}

static void add_tie(writer *w)
{
    og__text_add(&w->text, "No difference that matters between ");
    add_names(w, is_best_or_equal);
    og__text_format(&w->text,
                    ": each is within %.3g mean Dice of the best (%.3f) with a probability of %.3g or more, over ",
                    w->verdict->margin, w->best_mean, OG_VERDICT_EQUIVALENCE);
    add_blocks(w, count(w, is_behind) > 0 ? "; behind: " : "");
    add_names(w, is_behind);
    og__text_add(&w->text, ".");
}

static void add_needed(writer *w)
{
    const og__verdict *verdict = w->verdict;
    int least = og__verdict_more_seeds(verdict, verdict->blocks_least);
    int more = og__verdict_more_seeds(verdict, verdict->blocks_needed);
    if (verdict->blocks_needed > 0)
        og__text_format(&w->text, " About %d more seed%s should decide it if the differences stay as they are.", more,
                        more == 1 ? "" : "s");
    else if (verdict->blocks < OG_TEST_BLOCKS) /* too few for a word on many */
        og__text_format(&w->text, " At least %d more seed%s needed for a test.", least, least == 1 ? " is" : "s are");
    else if (verdict->overlap > 0)
        og__text_add(&w->text,
                     " At these differences more seeds would not decide it: the folds' training sets overlap, "
                     "and only more images would help.");
    else
        og__text_format(&w->text, " At these differences even %d seeds would not decide it.", OG_BLOCKS_MAX);
}

static void add_untested(writer *w)
{
    og__text_add(&w->text, "Undecided: ");
    add_blocks(w, w->verdict->blocks == 1 ? " is too few for a test" : " are too few for a test");
    if (w->verdict->blocks >= OG_TEST_BLOCKS)
        og__text_format(&w->text, ", with %zu comparisons to correct for", w->verdict->arms - 1);
    og__text_add(&w->text, ". ");
    add_name(w, w->verdict->best);
    og__text_format(&w->text, " has the highest mean Dice (%.3f)", w->best_mean);
    if (count(w, is_lower_throughout) > 0) {
        og__text_add(&w->text, w->verdict->blocks == 1 ? "; lower: " : "; lower than it in every seed: ");
        add_names(w, is_lower_throughout);
    }
    if (count(w, is_mixed) > 0) {
        og__text_add(&w->text, w->verdict->blocks == 1 ? "; equal: " : "; not lower in every seed: ");
        add_names(w, is_mixed);
    }
    og__text_add(&w->text, ".");
    add_needed(w);
}

static void add_undecided(writer *w)
{
    og__text_add(&w->text, "Undecided after ");
    add_blocks(w, ": ");
    add_name(w, w->verdict->best);
    og__text_format(&w->text, " has the highest mean Dice (%.3f), but ", w->best_mean);
    add_names(w, is_open);
    og__text_add(&w->text, " cannot be told from it");
    if (count(w, is_equal) > 0)
        og__text_format(&w->text, "; within %.3g of it: ", w->verdict->margin);
    add_names(w, is_equal);
    og__text_add(&w->text, count(w, is_behind) > 0 ? "; behind: " : "");
    add_names(w, is_behind);
    og__text_add(&w->text, ".");
    add_needed(w);
}

og_status og__verdict_text(const og__verdict *verdict, const og__evidence *evidence, const char *const *names,
                           char **text)
{
    writer w = {.verdict = verdict, .names = names};
    for (size_t b = 0; b < verdict->blocks; b++)
        w.best_mean += evidence->scores[b * verdict->arms + verdict->best] / (double)verdict->blocks;
    if (w.best_mean <= 0)
        og__text_add(&w.text, "No verdict: every run failed or scored 0.");
    else if (verdict->kind == OG_VERDICT_WINNER)
        add_winner(&w);
    else if (verdict->kind == OG_VERDICT_TIE)
        add_tie(&w);
    else if (verdict->blocks < (size_t)verdict->blocks_least && count(&w, is_equal) == 0)
        add_untested(&w);
    else
        add_undecided(&w);
    *text = w.text.data;
    return og__text_status(&w.text);
}
