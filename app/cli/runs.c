#include "runs.h"

#include <math.h>
#include <stdio.h>

#include "interrupt.h"
#include "progress.h"

/* "3", or "3 fold 1". */
static const char *block_of(const og_study_progress *progress, size_t size, char *text)
{
    if (progress->fold < 0)
        snprintf(text, size, "%lld", (long long)progress->seed);
    else
        snprintf(text, size, "%lld fold %lld", (long long)progress->seed, (long long)progress->fold);
    return text;
}

static void note_trial(const og_study_progress *progress)
{
    char outcome[512], elapsed[32], block[64];
    format_duration(progress->train.elapsed_s, sizeof elapsed, elapsed);
    if (progress->pruned)
        snprintf(outcome, sizeof outcome, "Dice %.4f  stopped early", progress->train.dice);
    else if (progress->error)
        snprintf(outcome, sizeof outcome, "failed: %s", progress->error);
    else if (progress->kept)
        snprintf(outcome, sizeof outcome, "Dice %.4f  kept from before", progress->train.dice);
    else
        snprintf(outcome, sizeof outcome, "Dice %.4f  loss %.4f  in %s", progress->train.dice, progress->train.loss,
                 elapsed);
    progress_note("%4lld/%lld  %-20s seed %-2s  %s", (long long)progress->trial, (long long)progress->trials,
                  progress->act, block_of(progress, sizeof block, block), outcome);
}

bool runs_show(const og_study_progress *progress)
{
    const og_train_progress *train = &progress->train;
    if (progress->finished) {
        note_trial(progress);
        return !interrupted();
    }
    if (progress->waiting) {
        progress_show((double)(progress->trial - 1) / (double)(progress->trials > 0 ? progress->trials : 1),
                      progress->eta_s, "%lld runs are done; waiting for other processes",
                      (long long)(progress->trial - 1));
        return !interrupted();
    }
    char dice[32], prefix[192], block[64];
    snprintf(prefix, sizeof prefix, "%s seed %s: ", progress->act, block_of(progress, sizeof block, block));
    progress_warn(prefix, train->warnings, train->warning_count);
    snprintf(dice, sizeof dice, isnan(train->dice) ? "-" : "%.3f", train->dice);
    double done = ((double)(train->epoch - 1) + (double)train->step / (double)train->steps) / (double)train->epochs;
    progress_show(((double)(progress->trial - 1) + done) / (double)progress->trials, progress->eta_s,
                  "%lld/%lld %s seed %s  epoch %lld/%lld  loss %.4f  Dice %s", (long long)progress->trial,
                  (long long)progress->trials, progress->act, block, (long long)train->epoch, (long long)train->epochs,
                  train->loss, dice);
    return !interrupted();
}
