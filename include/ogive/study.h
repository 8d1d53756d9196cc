/* Studies: which activation, and how sure is that.
 *
 * A study runs every activation on every seed (a block), paired: the seed fixes initial weights (up to each
 * activation's own gain), batches and augmentation.
 *
 *   STUDY/study.json              what is compared, on what; written first
 *   STUDY/study.db                which runs wait, run and are done, in the tables of Optuna, unless a store was named
 *   STUDY/trials/ID-sSEED/        one training run each (ogive/train.h)
 *
 * og_report_study() (ogive/report.h) writes the results, statistics and verdict beside them:
 *
 *   STUDY/report.json             one document (docs/report.md)
 *   STUDY/report.html             the same as a page
 *   STUDY/artifacts/              what og_report_publish() shows in optuna-dashboard */
#ifndef OGIVE_STUDY_H
#define OGIVE_STUDY_H

#include <stdbool.h>

#include <ogive/data.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_compare_options {
    char *acts;    /* comma-separated uses; commas within parentheses and quotes do not separate */
    int64_t seeds; /* blocks; seeds first_seed, first_seed + 1, ...; 0: what the study has or the budget allows, or 3 */
    int64_t
        folds; /* every seed runs on each of so many folds of the data set: seeds x folds blocks; 0: on its own parts */
    bool race; /* clear losers stop early, and the two best are confirmed on fresh seeds behind `seeds` others */
    int64_t first_seed;
    double target_dice; /* for "time to a given Dice"; 0 chooses 95 % of the best final mean */
    double confidence;  /* of intervals, e.g. 0.95 */
    double margin;      /* differences of the mean Dice below it do not matter */
    bool rates;         /* each activation's own learning rate is found first, by short runs on other seeds */
    char *budget;       /* wall time that all calls together may take, "2h"; "": any */
    char *store;        /* URL of the database of runs; "": STUDY/study.db */
} og_compare_options;

OG_API og_option_table og_compare_option_table(void);

typedef struct og_study_progress {
    int64_t trial, trials; /* counting from 1; of a tuning or search as far as they are proposed */
    int64_t screened,
        candidates;  /* of a search that screens formulas before its first run; candidates is 0 behind that */
    bool waiting;    /* no run is at work in this process: others work on what there is to do */
    const char *act; /* canonical text */
    int64_t seed;
    int64_t fold; /* that is held out; -1 where the study has no folds */
    og_train_progress train;
    double eta_s;      /* of the whole study; NaN until something was measured */
    bool finished;     /* the trial just ended (train.dice holds its score) */
    const char *error; /* ... without a score, for this reason; else NULL */
    bool pruned;       /* ... stopped early, for it promised little */
    bool kept;         /* ... in an earlier call: its result was read, not computed */
} og_study_progress;

/* Return false to stop; the running trial is checkpointed and the caller returns OG_ERR_STOPPED. */
typedef bool (*og_study_watch)(void *context, const og_study_progress *progress);

/**
 * Compare activations on a data set; `train` gives everything but `act` and `seed`.
 *
 * Goes on with an existing study of the same question: finished trials are kept, an unfinished one is resumed to the
 * same bits, more seeds may be asked for. A trial that fails by OG_ERR_NUMERIC is a result, and so is one
 * whose settings make no network where others' do. Blocks are completed one after the other, so that a stopped study is
 * balanced but for its last block. Call og_report_study() afterwards.
 *
 * @param data          with options->folds opened with as many folds, the first held out
 * @param data_options  what it was opened with: workers, and runs on other folds, open it again
 *
 * @return OG_OK, OG_ERR_STOPPED, or
 *         OG_ERR_ARGUMENT  the folder holds a study of a different question (the difference is named), an activation
 *                          is listed twice, or there are fewer than two
 *         OG_ERR_DATA      the validation part is empty or holds the background alone: there is no Dice to compare
 *         OG_ERR_FILE      the folder cannot be written, or another process works in it
 *         or the failure of a trial or file
 */
OG_API og_status og_compare(const og_dataset *data, const char *data_path, const og_data_options *data_options,
                            const og_train_options *train, const og_compare_options *options, const char *study,
                            og_study_watch report, void *context);

typedef struct og_search_options {
    char *budget;       /* time for all runs: "90s", "30m", "12h" */
    char *acts;         /* known activations that go through the same search, as og_compare_options.acts */
    int64_t candidates; /* formulas that are screened before the first run */
    int64_t trained;    /* the most new formulas that are trained; 0: as the budget allows */
    double max_cost;    /* of a formula's code, times relu's */
    double price;       /* Dice that each doubling of the cost must bring */
    int64_t small_width;
    int64_t generation; /* children of one */
    bool places;        /* the best functions are also tried each at some places of the network */
    int64_t first_seed;
    double confidence; /* of the verdict */
    char *store;       /* URL of the database of runs; "": STUDY/study.db */
    int64_t workers;   /* processes that share the budget; 0 is 1. No option of the table */
} og_search_options;

OG_API og_option_table og_search_option_table(void);

/**
 * Search for new activation functions for a data set; `train` gives everything but `act` and `seed`.
 *
 * Formulas are screened without training, tried on small networks by successive halving, and varied by generations; the
 * best meet the best known function on fresh seeds with the full settings (docs/search.md). STUDY/search.json keeps
 * every formula. Goes on with an existing search of the same question, to the same results but for what follows from
 * how long runs took. Call og_report_study() afterwards.
 *
 * @return as og_compare(); OG_ERR_ARGUMENT also for a budget that is no time
 */
OG_API og_status og_search(const og_dataset *data, const char *data_path, const og_data_options *data_options,
                           const og_train_options *train, const og_search_options *options, const char *study,
                           og_study_watch report, void *context);

typedef struct og_tune_options {
    char *acts;     /* as og_compare_options.acts */
    char *vary;     /* comma-separated: lr, weight-decay, params, learn, places, width, norm, head */
    int64_t trials; /* configurations; 0: as many as the budget allows */
    char *budget;   /* "4h"; "": none */
    int sampler;    /* 0 tpe, 1 random, 2 grid */
    int pruner;     /* 0 none, 1 median, 2 patient, 3 asha, 4 hyperband, 5 wilcoxon */
    int64_t seeds, confirm, first_seed, proposal_seed;
    double confidence, margin;
    char *store;
} og_tune_options;

OG_API og_option_table og_tune_option_table(void);

/**
 * Find which of the activations, with which parameters, learning rate and weight decay, suits a data set.
 *
 * Every activation is tried as it is; then configurations are proposed from what the earlier ones scored, each run on
 * the same few seeds. The best two, and the activation of the best one as it is, meet on fresh seeds. Goes on with an
 * existing study as og_compare() does, and may be asked for more trials, time or fresh seeds. Call og_report_study()
 * afterwards.
 *
 * @return as og_compare()
 */
OG_API og_status og_tune(const og_dataset *data, const char *data_path, const og_data_options *data_options,
                         const og_train_options *train, const og_tune_options *options, const char *study,
                         og_study_watch report, void *context);

/**
 * Work on a study beside the process that compares, and any number of others, on this machine or on one that sees the
 * same folder and store: claim runs and do them until all are done.
 *
 * A process that dies loses nothing but the work since its last checkpoint: another one goes on with its run.
 *
 * @param threads   cores to compute on; 0 takes all
 *
 * @return OG_OK, OG_ERR_STOPPED, or
 *         OG_ERR_FILE  there is no study in the folder, or its store cannot be reached
 *         OG_ERR_DATA  the data set is not the one that the study began with
 *         or the failure of a run
 */
OG_API og_status og_study_join(const char *study, int64_t threads, og_study_watch report, void *context);

/**
 * Go on with a study as it was asked last, whatever kind it is: what its command does when it is given again.
 *
 * @param data   the study's data set, from og_study_open_data()
 *
 * @return as og_study_join(), or OG_ERR_FILE when another process does the same
 */
OG_API og_status og_study_resume(const og_dataset *data, const char *study, int64_t threads, og_study_watch report,
                                 void *context);

/* Open a study's data set as it was opened when the study began; OG_ERR_DATA if it is not the same any more. */
OG_API og_status og_study_open_data(const char *study, og_dataset **data);

/**
 * Who works on a study, as a JSON object on one line, released with free():
 *
 *   {"store", "waiting", "complete", "pruned": counts of runs, "running": [{"run", "trial", "attempt", "worker":
 *    "HOST:PROCESS", "gone": whether it is known to be dead, "since_s", "beat_age_s", "epoch", "dice"}],
 *    "failed": [{"run", "trial", "attempt", "worker", "reason", ...}]}, in which lost attempts are among the failed
 */
OG_API og_status og_study_workers(const char *study, char **json);

#ifdef __cplusplus
}
#endif
#endif
