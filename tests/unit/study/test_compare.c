/* src/study/runner.c: order, resumption, failures, a changed question and the lock, with a runner that trains nothing.
 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_set.h"
#include "near.h"
#include "study/agenda.h"
#include "study/lock.h"
#include "study/runner.h"
#include "study/study.h"

static og_train_options train;
static og_compare_options options;

static int ask(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake.clock = 1;
    if (og_options_init(og_train_option_table(), &train) != OG_OK ||
        og_options_init(og_compare_option_table(), &options) != OG_OK)
        return -1;
    train.epochs = 10;
    free(options.acts);
    options.acts = strdup("relu, silu, mish");
    options.seeds = 2;
    return 0;
}

static int forget(void **state)
{
    (void)state;
    og_options_deinit(og_train_option_table(), &train);
    og_options_deinit(og_compare_option_table(), &options);
    return 0;
}

static og_status compare_with(const char *study, og_study_watch report, void *context)
{
    return og__comparison_run(&(og__call){.data = data,
                                          .data_path = "data",
                                          .train = &train,
                                          .study = study,
                                          .report = report,
                                          .context = context,
                                          .run = fake_train},
                              &options);
}

static og_status compare(const char *study)
{
    return compare_with(study, NULL, NULL);
}

static void expect_error(const char *part)
{
    if (!strstr(og_error_text(), part))
        fail_msg("'%s' does not say '%s'", og_error_text(), part);
}

static void blocks_are_completed_one_after_the_other(void **state)
{
    (void)state;
    og__study study;
    options.first_seed = 4;
    assert_int_equal(compare(scratch("order")), OG_OK);
    assert_string_equal(fake.order, "relu 4, silu 4, mish 4, relu 5, silu 5, mish 5");
    assert_int_equal(og__study_load(scratch("order"), &study), OG_OK);
    assert_int_equal(study.complete_blocks, 2);
    assert_true(og__study_trial(&study, 1, 2)->dice > 0.7);
    og__study_deinit(&study);
}

static void finished_trials_are_kept(void **state)
{
    (void)state;
    assert_int_equal(compare(scratch("kept")), OG_OK);
    assert_int_equal(fake.calls, 6);
    assert_int_equal(compare(scratch("kept")), OG_OK);
    assert_int_equal(fake.calls, 6);
}

/* Training would take its time and end in scores that are not numbers. */
static void data_without_scores_is_refused_before_training(void **state)
{
    (void)state;
    og_data_options all = {.validation = 0};
    og_dataset *usual = data;
    assert_int_equal(og_dataset_open(scratch("data"), &all, &data), OG_OK);
    og_status status = compare(scratch("unscored"));
    og_dataset_free(data);
    data = usual;
    assert_int_equal(status, OG_ERR_DATA);
    expect_error("no validation images");
    assert_int_equal(fake.calls, 0);
    assert_int_equal(access(scratch("unscored"), F_OK), -1);
}

static void a_stopped_study_goes_on(void **state)
{
    (void)state;
    og__study study;
    fake.stop_at = 5;
    assert_int_equal(compare(scratch("stopped")), OG_ERR_STOPPED);
    assert_int_equal(og__study_load(scratch("stopped"), &study), OG_OK);
    assert_int_equal(study.complete_blocks, 1);
    assert_null(og__study_trial(&study, 1, 1)->result);
    og__study_deinit(&study);
    fake.order[0] = '\0';
    assert_int_equal(compare(scratch("stopped")), OG_OK);
    assert_string_equal(fake.order, "silu 1, mish 1");
}

static void a_killed_study_goes_on(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        fake.stop_at = 0;
        fake.break_at = 0;
        options.seeds = 1;
        compare(scratch("killed"));
        raise(SIGKILL); /* with the lock still held */
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(compare(scratch("killed")), OG_OK);
    assert_string_equal(fake.order, "relu 1, silu 1, mish 1");
}

static void more_seeds_are_welcome_and_fewer_are_not(void **state)
{
    (void)state;
    assert_int_equal(compare(scratch("seeds")), OG_OK);
    options.seeds = 3;
    assert_int_equal(compare(scratch("seeds")), OG_OK);
    assert_int_equal(fake.calls, 9);
    options.seeds = 1;
    assert_int_equal(compare(scratch("seeds")), OG_ERR_ARGUMENT);
    expect_error("seeds was 3 and is now 1");
}

static void a_different_question_is_refused_and_the_difference_named(void **state)
{
    (void)state;
    assert_int_equal(compare(scratch("question")), OG_OK);
    train.epochs = 20;
    assert_int_equal(compare(scratch("question")), OG_ERR_ARGUMENT);
    expect_error("train.epochs was 10 and is now 20");
    expect_error("another question");
    train.epochs = 10;
    free(options.acts);
    options.acts = strdup("relu, silu, elu");
    assert_int_equal(compare(scratch("question")), OG_ERR_ARGUMENT);
    expect_error("acts was [\"relu\",\"silu\",\"mish\"] and is now [\"relu\",\"silu\",\"elu\"]");
    assert_int_equal(fake.calls, 6);
}

static void threads_and_reporting_are_no_part_of_the_question(void **state)
{
    (void)state;
    assert_int_equal(compare(scratch("threads")), OG_OK);
    train.threads = 3;
    train.data_threads = 0;
    options.confidence = 0.9;
    options.target_dice = 0.5;
    assert_int_equal(compare(scratch("threads")), OG_OK);
    assert_int_equal(fake.calls, 6);
    og__study study;
    assert_int_equal(og__study_load(scratch("threads"), &study), OG_OK);
    assert_near(study.confidence, 0.9, 0);
    assert_near(study.target_dice, 0.5, 0);
    og__study_deinit(&study);
}

static void a_run_of_non_finite_numbers_is_a_result(void **state)
{
    (void)state;
    og__study study;
    fake.fail_act = "silu";
    assert_int_equal(compare(scratch("failed")), OG_OK);
    assert_int_equal(compare(scratch("failed")), OG_OK);
    assert_int_equal(fake.calls, 6);
    assert_int_equal(og__study_load(scratch("failed"), &study), OG_OK);
    assert_int_equal(study.complete_blocks, 2);
    assert_true(og__study_trial(&study, 1, 1)->failed);
    assert_near(og__study_trial(&study, 1, 1)->dice, 0, 0);
    og__study_deinit(&study);
}

static void any_other_failure_ends_the_study_and_names_the_run(void **state)
{
    (void)state;
    fake.break_at = 2;
    assert_int_equal(compare(scratch("full")), OG_ERR_FILE);
    expect_error("silu with seed 0");
    expect_error("No space left");
    fake.break_at = 0;
    assert_int_equal(compare(scratch("full")), OG_OK);
}

static void two_processes_never_share_a_study(void **state)
{
    (void)state;
    int ready[2], done[2];
    char byte = 0;
    assert_int_equal(pipe(ready) | pipe(done), 0);
    assert_int_equal(og__folder_make(scratch("locked")), OG_OK);
    pid_t child = fork();
    if (child == 0) {
        int lock;
        byte = og__lock_take(scratch("locked"), &lock) == OG_OK;
        _exit(write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    char id[32];
    snprintf(id, sizeof id, "process with id %d", (int)child);
    assert_int_equal(compare(scratch("locked")), OG_ERR_FILE);
    expect_error(id);
    assert_int_equal(fake.calls, 0);
    assert_int_equal(write(done[1], &byte, 1), 1);
    waitpid(child, NULL, 0);
    assert_int_equal(compare(scratch("locked")), OG_OK);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(done[i]);
    }
}

static void ask_for_a_race(int64_t seeds)
{
    free(options.acts);
    options.acts = strdup("relu, silu, mish, sigmoid, tanh, elu");
    options.race = true;
    options.seeds = seeds;
}

/* The runs of a study in the order of blocks and arms, as texts. */
static void list_runs(const char *folder, char *list, size_t size)
{
    og__study study;
    assert_int_equal(og__study_load(folder, &study), OG_OK);
    list[0] = '\0';
    for (size_t i = 0; i < study.blocks * study.arms.count; i++) {
        size_t length = strlen(list);
        if (study.runs[i]->trial.result)
            snprintf(list + length, size - length, "%zu-%zu ", i / study.arms.count, i % study.arms.count);
    }
    og__study_deinit(&study);
}

static void a_race_stops_losers_and_confirms_the_best(void **state)
{
    (void)state;
    og__study study;
    og__agenda agenda;
    ask_for_a_race(12);
    assert_int_equal(compare(scratch("race")), OG_OK);
    assert_true(fake.calls < 12 * 6);
    assert_int_equal(og__study_load(scratch("race"), &study), OG_OK);
    assert_int_equal(og__agenda_init(&study, &agenda), OG_OK);
    assert_true(agenda.race.phase > OG_RACE_CONFIRMING);
    assert_int_equal(agenda.done_count, agenda.wanted_count);
    assert_int_equal(agenda.done_count, fake.calls);
    assert_true(agenda.race.left_after[3] >= 5); /* sigmoid, far behind */
    assert_false(agenda.race.finalist[3]);
    og__agenda_deinit(&agenda);
    og__study_deinit(&study);
    int calls = fake.calls;
    assert_int_equal(compare(scratch("race")), OG_OK); /* nothing is left to do */
    assert_int_equal(fake.calls, calls);
}

static void a_stopped_race_goes_on_to_the_same_runs(void **state)
{
    (void)state;
    char straight[4096], stopped[4096];
    ask_for_a_race(8);
    assert_int_equal(compare(scratch("straight-race")), OG_OK);
    list_runs(scratch("straight-race"), straight, sizeof straight);
    fake.calls = 0;
    for (int stop = 7; stop < 40; stop += 11) {
        fake.stop_at = stop;
        og_status status = compare(scratch("stopped-race"));
        assert_true(status == OG_ERR_STOPPED || status == OG_OK);
    }
    fake.stop_at = 0;
    assert_int_equal(compare(scratch("stopped-race")), OG_OK);
    list_runs(scratch("stopped-race"), stopped, sizeof stopped);
    assert_string_equal(straight, stopped);
}

static void a_race_keeps_its_rules(void **state)
{
    (void)state;
    ask_for_a_race(4);
    assert_int_equal(compare(scratch("rules")), OG_ERR_ARGUMENT);
    expect_error("5 seeds");
    ask_for_a_race(6);
    assert_int_equal(compare(scratch("rules")), OG_OK);
    options.seeds = 9;
    assert_int_equal(compare(scratch("rules")), OG_ERR_ARGUMENT);
    expect_error("seeds was 6 and is now 9");
    options.seeds = 6;
    options.race = false;
    assert_int_equal(compare(scratch("rules")), OG_ERR_ARGUMENT);
    expect_error("race was on and is now off");
}

static void one_activation_is_no_comparison(void **state)
{
    (void)state;
    free(options.acts);
    options.acts = strdup("relu");
    assert_int_equal(compare(scratch("one")), OG_ERR_ARGUMENT);
    expect_error("at least two");
    assert_false(og__file_exists(scratch("one")));
}

static void a_result_of_another_run_is_not_believed(void **state)
{
    (void)state;
    assert_int_equal(compare(scratch("mixed")), OG_OK);
    assert_int_equal(rename(scratch("mixed/trials/relu-s0/result.json"), scratch("mixed/trials/silu-s0/result.json")),
                     0);
    assert_int_equal(compare(scratch("mixed")), OG_ERR_FORMAT);
    expect_error("it is of relu with seed 0, not of silu with seed 0");
}

typedef struct record {
    int trials, kept;
    int64_t last_trial;
    double eta_s[16];
    int stop_after;
} record;

static bool note(void *context, const og_study_progress *progress)
{
    record *log = context;
    assert_int_equal(progress->trials, 6);
    if (!progress->finished)
        return true;
    assert_int_equal(progress->trial, log->last_trial + 1);
    log->last_trial = progress->trial;
    log->eta_s[log->trials++] = progress->eta_s;
    log->kept += progress->kept;
    return log->trials != log->stop_after;
}

static void progress_tells_trials_and_time_left(void **state)
{
    (void)state;
    record log = {.stop_after = 4};
    assert_int_equal(compare_with(scratch("progress"), note, &log), OG_ERR_STOPPED);
    assert_int_equal(log.trials, 4);
    assert_true(log.eta_s[0] > log.eta_s[1] && log.eta_s[1] > log.eta_s[2] && log.eta_s[3] > 0);
    log.stop_after = 0;
    log.trials = 0;
    log.last_trial = 0;
    assert_int_equal(compare_with(scratch("progress"), note, &log), OG_OK);
    assert_int_equal(log.trials, 6);
    assert_int_equal(log.kept, 4);
    assert_near(log.eta_s[5], 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ask, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(blocks_are_completed_one_after_the_other),
        TEST(finished_trials_are_kept),
        TEST(data_without_scores_is_refused_before_training),
        TEST(a_stopped_study_goes_on),
        TEST(a_killed_study_goes_on),
        TEST(more_seeds_are_welcome_and_fewer_are_not),
        TEST(a_different_question_is_refused_and_the_difference_named),
        TEST(threads_and_reporting_are_no_part_of_the_question),
        TEST(a_run_of_non_finite_numbers_is_a_result),
        TEST(any_other_failure_ends_the_study_and_names_the_run),
        TEST(two_processes_never_share_a_study),
        TEST(a_race_stops_losers_and_confirms_the_best),
        TEST(a_stopped_race_goes_on_to_the_same_runs),
        TEST(a_race_keeps_its_rules),
        TEST(one_activation_is_no_comparison),
        TEST(a_result_of_another_run_is_not_believed),
        TEST(progress_tells_trials_and_time_left),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}
