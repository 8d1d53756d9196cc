/* src/study/database.c, schema.c and store.c, on SQLite and, where OGIVE_TEST_POSTGRES names an empty database, on
 * PostgreSQL: who gets which trial, what happens to lost ones, and that no run is lost or doubled. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/scratch.h"
#include "near.h"
#include "study/database.h"
#include "study/store.h"

static const char *const acts[] = {"relu", "silu"};
static const og__dimension dimensions[] = {
    {"act", OG_DIMENSION_CHOICE, 0, 1, 1, false, OG_NO_PARENT, 0, acts},
    {"seed", OG_DIMENSION_INT, 0, 1000000, 1, false, OG_NO_PARENT, 0, NULL},
    {"silu.b", OG_DIMENSION_REAL, 0.5, 2, 0, true, 0, 1, NULL},
};
static const og__space space = {3, dimensions};
static const og__lease_rules rules = {.grace_s = 60, .attempts_max = 3};
static const og__lease_rules impatient = {.grace_s = -1, .attempts_max = 3}; /* every heart has stopped */

static bool on_postgres;

/* Each test has a study of its own, in the database that all tests share on a server. */
static og__store *open_store(const char *name, int64_t *study)
{
    og__store *store;
    char path[600];
    const char *url = getenv("OGIVE_TEST_POSTGRES");
    if (!on_postgres) {
        snprintf(path, sizeof path, "sqlite:///%s", scratch("store.db"));
        url = path;
    }
    if (og__store_open(url, 30, &store) != OG_OK || og__store_study(store, name, "dice", study) != OG_OK)
        fail_msg("%s", og_error_text());
    return store;
}

static void add_runs(og__store *store, int64_t study, int count)
{
    for (int i = 0; i < count; i++) {
        char run[32];
        snprintf(run, sizeof run, "%s-s%d", acts[i % 2], i / 2);
        double point[] = {i % 2, i / 2, i % 2 ? 1.25 : (double)NAN};
        assert_int_equal(og__store_add(store, study, run, NULL, &space, point), OG_OK);
    }
}

/* Every claim is of a worker of its own. */
static bool claim(og__store *store, int64_t study, const og__lease_rules *by, og__stored_trial *trial)
{
    static int claims;
    bool claimed;
    char worker[40];
    snprintf(worker, sizeof worker, "tester-%d-%d", (int)getpid(), claims++);
    assert_int_equal(og__store_claim(store, study, worker, by, trial, &claimed), OG_OK);
    return claimed;
}

static void runs_are_added_once_and_claimed_in_order(void **state)
{
    (void)state;
    int64_t study, same;
    og__store *store = open_store("order", &study);
    og__stored_trial trial;
    add_runs(store, study, 4);
    add_runs(store, study, 4);
    assert_int_equal(og__store_study(store, "order", "dice", &same), OG_OK);
    assert_int_equal(same, study);
    const char *const expected[] = {"relu-s0", "silu-s0", "relu-s1", "silu-s1"};
    for (int i = 0; i < 4; i++) {
        assert_true(claim(store, study, &rules, &trial));
        assert_string_equal(trial.run, expected[i]);
        assert_int_equal(trial.number, i);
        assert_int_equal(trial.attempt, 1);
        og__stored_trial_deinit(&trial);
    }
    assert_false(claim(store, study, &rules, &trial));
    og__store_close(store);
}

static void a_value_is_kept_to_the_bit_and_only_once(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("values", &study);
    og__stored_trial trial;
    og__stored_trials all;
    bool held;
    const double value = 0.1 + 0.2;
    add_runs(store, study, 2);
    assert_true(claim(store, study, &rules, &trial));
    const og__trial_step steps[] = {{0, 0.25}, {1, INFINITY}, {0, NAN}}; /* the last one replaces the first */
    assert_int_equal(og__store_report(store, trial.id, steps, 3, &held), OG_OK);
    assert_true(held);
    assert_int_equal(og__store_finish(store, trial.id, value, NULL, &held), OG_OK);
    assert_true(held);
    assert_int_equal(og__store_finish(store, trial.id, 0.5, NULL, &held), OG_OK);
    assert_false(held);
    og__stored_trial_deinit(&trial);
    assert_true(claim(store, study, &rules, &trial));
    assert_int_equal(og__store_finish(store, trial.id, NAN, "its numbers became non-finite", &held), OG_OK);
    og__stored_trial_deinit(&trial);
    assert_int_equal(og__store_list(store, study, &all), OG_OK);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.items[0].state, OG_TRIAL_COMPLETE);
    assert_true(all.items[0].value == value);
    assert_int_equal(all.items[1].state, OG_TRIAL_FAIL);
    assert_string_equal(all.items[1].reason, "its numbers became non-finite");
    og__stored_trials_deinit(&all);
    og__store_close(store);
}

static void settings_reach_whoever_claims_the_run(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("settings", &study);
    og__stored_trial trial;
    bool held;
    double point[] = {1, 3, 1.5};
    json_t *settings = json_pack("{s:s,s:f,s:i}", "act", "silu", "learning-rate", 0.1 + 0.2, "seed", 3);
    assert_int_equal(og__store_add(store, study, "c7", settings, &space, point), OG_OK);
    assert_true(claim(store, study, &rules, &trial));
    assert_true(json_equal(trial.settings, settings));
    assert_int_equal(og__store_return(store, trial.id, &held), OG_OK);
    og__stored_trial_deinit(&trial);
    assert_true(claim(store, study, &impatient, &trial));
    og__stored_trial_deinit(&trial);
    assert_true(claim(store, study, &impatient, &trial)); /* lost, and put back */
    assert_int_equal(trial.attempt, 2);
    assert_true(json_equal(trial.settings, settings));
    og__stored_trial_deinit(&trial);
    json_decref(settings);
    og__store_close(store);
}

static void a_pruned_run_has_its_last_value_and_may_be_asked_for_again(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("pruned", &study);
    og__stored_trial trial;
    og__stored_trials all;
    bool held;
    add_runs(store, study, 1);
    int64_t last;
    bool ended;
    assert_int_equal(og__store_last(store, study, "relu-s0", &last, &ended), OG_OK);
    assert_false(ended);
    assert_int_equal(og__store_again(store, study, "relu-s0", last), OG_OK); /* it waits already */
    assert_true(claim(store, study, &rules, &trial));
    assert_int_equal(trial.id, last);
    assert_int_equal(og__store_again(store, study, "relu-s0", last), OG_OK); /* it runs */
    assert_int_equal(og__store_report(store, trial.id, &(og__trial_step){1, 0.5}, 1, &held), OG_OK);
    assert_int_equal(og__store_prune(store, trial.id, 0.5, &held), OG_OK);
    assert_true(held);
    assert_int_equal(og__store_finish(store, trial.id, 0.9, NULL, &held), OG_OK);
    assert_false(held);
    og__stored_trial_deinit(&trial);
    assert_int_equal(og__store_last(store, study, "relu-s0", &last, &ended), OG_OK);
    assert_true(ended);
    for (int asked = 0; asked < 2; asked++) /* the second time it waits already */
        assert_int_equal(og__store_again(store, study, "relu-s0", last), OG_OK);
    assert_int_equal(og__store_list(store, study, &all), OG_OK);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.items[0].state, OG_TRIAL_PRUNED);
    assert_near(all.items[0].value, 0.5, 0);
    assert_int_equal(all.items[1].state, OG_TRIAL_WAITING);
    assert_string_equal(all.items[1].run, "relu-s0");
    assert_int_equal(all.items[1].attempt, 1);
    og__stored_trials_deinit(&all);
    /* Somebody asked with what they saw earlier, while the run was done again. */
    assert_true(claim(store, study, &rules, &trial));
    assert_int_equal(og__store_finish(store, trial.id, 0.75, NULL, &held), OG_OK);
    og__stored_trial_deinit(&trial);
    assert_int_equal(og__store_again(store, study, "relu-s0", last), OG_OK);
    assert_int_equal(og__store_list(store, study, &all), OG_OK);
    assert_int_equal(all.count, 2);
    og__stored_trials_deinit(&all);
    og__store_close(store);
}

static void a_lost_run_is_tried_again_and_its_ghost_is_not_believed(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("lost", &study);
    og__stored_trial ghost, heir;
    bool held;
    add_runs(store, study, 1);
    assert_true(claim(store, study, &rules, &ghost));
    assert_false(claim(store, study, &rules, &heir)); /* its heart beats */
    assert_true(claim(store, study, &impatient, &heir));
    assert_string_equal(heir.run, ghost.run);
    assert_int_equal(heir.attempt, 2);
    assert_int_not_equal(heir.id, ghost.id);
    assert_int_equal(og__store_beat(store, ghost.id, &held), OG_OK);
    assert_false(held);
    assert_int_equal(og__store_finish(store, ghost.id, 0.9, NULL, &held), OG_OK);
    assert_false(held);
    assert_int_equal(og__store_finish(store, heir.id, 0.7, NULL, &held), OG_OK);
    assert_true(held);
    og__stored_trial_deinit(&ghost);
    og__stored_trial_deinit(&heir);
    og__store_close(store);
}

static void a_run_that_is_always_lost_is_given_up(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("cursed", &study);
    og__stored_trial trial;
    og__stored_trials all;
    add_runs(store, study, 1);
    for (int attempt = 1; attempt <= 3; attempt++) {
        assert_true(claim(store, study, &impatient, &trial));
        assert_int_equal(trial.attempt, attempt);
        og__stored_trial_deinit(&trial);
    }
    assert_false(claim(store, study, &impatient, &trial));
    assert_int_equal(og__store_list(store, study, &all), OG_OK);
    assert_int_equal(all.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(all.items[i].state, OG_TRIAL_FAIL);
    assert_string_equal(all.items[2].reason, "its worker was lost at every attempt; given up");
    og__stored_trials_deinit(&all);
    og__store_close(store);
}

static bool everyone_is_gone(const char *worker)
{
    (void)worker;
    return true;
}

static bool nobody_is_gone(const char *worker)
{
    (void)worker;
    return false;
}

/* The state and number of all trials after a run's result came, but no word of it. */
static void expect_concluded(og__store *store, int64_t study, const og__lease_rules *by, size_t count,
                             og__trial_state last)
{
    og__stored_trials all;
    for (int again = 0; again < 2; again++) /* once more changes nothing */
        assert_int_equal(og__store_conclude(store, study, "relu-s0", 0.625, NULL, by), OG_OK);
    assert_int_equal(og__store_list(store, study, &all), OG_OK);
    assert_int_equal(all.count, count);
    assert_int_equal(all.items[count - 1].state, last);
    if (last == OG_TRIAL_COMPLETE)
        assert_near(all.items[count - 1].value, 0.625, 0);
    og__stored_trials_deinit(&all);
}

static void a_result_without_a_word_of_it_ends_its_trial(void **state)
{
    (void)state;
    int64_t study;
    og__stored_trial trial;
    bool held;
    const og__lease_rules gone = {.grace_s = 60, .attempts_max = 1, .is_gone = everyone_is_gone};
    const og__lease_rules alive = {.grace_s = 60, .attempts_max = 1, .is_gone = nobody_is_gone};
    og__store *store = open_store("wordless-waiting", &study);
    add_runs(store, study, 1);
    expect_concluded(store, study, &alive, 1, OG_TRIAL_COMPLETE);
    assert_int_equal(og__store_study(store, "wordless-running", "dice", &study), OG_OK);
    add_runs(store, study, 1);
    assert_true(claim(store, study, &rules, &trial));
    og__stored_trial_deinit(&trial);
    expect_concluded(store, study, &alive, 1, OG_TRIAL_RUNNING);
    expect_concluded(store, study, &gone, 1, OG_TRIAL_COMPLETE);
    assert_int_equal(og__store_study(store, "wordless-lost", "dice", &study), OG_OK);
    add_runs(store, study, 1);
    assert_true(claim(store, study, &rules, &trial));
    og__stored_trial_deinit(&trial);
    assert_false(claim(store, study, &gone, &trial)); /* lost at its only attempt */
    expect_concluded(store, study, &alive, 2, OG_TRIAL_COMPLETE);
    assert_int_equal(og__store_study(store, "wordless-failed", "dice", &study), OG_OK);
    add_runs(store, study, 1);
    assert_true(claim(store, study, &rules, &trial));
    assert_int_equal(og__store_finish(store, trial.id, NAN, "its numbers became non-finite", &held), OG_OK);
    og__stored_trial_deinit(&trial);
    expect_concluded(store, study, &gone, 1, OG_TRIAL_FAIL);
    og__store_close(store);
}

/* As after a claim that was done, but whose answer was lost with the connection. */
static void a_worker_that_asks_again_gets_the_run_that_it_has(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("asked-again", &study);
    og__stored_trial first, again, other;
    bool claimed, held;
    add_runs(store, study, 2);
    assert_int_equal(og__store_claim(store, study, "forgetful", &rules, &first, &claimed), OG_OK);
    assert_int_equal(og__store_claim(store, study, "forgetful", &rules, &again, &claimed), OG_OK);
    assert_true(claimed);
    assert_int_equal(again.id, first.id);
    assert_int_equal(again.attempt, 1);
    assert_true(claim(store, study, &rules, &other));
    assert_int_not_equal(other.id, first.id);
    assert_int_equal(og__store_finish(store, again.id, 0.5, NULL, &held), OG_OK);
    assert_true(held);
    og__stored_trial_deinit(&first);
    og__stored_trial_deinit(&again);
    assert_int_equal(og__store_claim(store, study, "forgetful", &rules, &again, &claimed), OG_OK);
    assert_false(claimed);
    og__stored_trial_deinit(&other);
    og__store_close(store);
}

static void a_returned_run_waits_again(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("returned", &study);
    og__stored_trial first, second;
    bool held;
    add_runs(store, study, 1);
    assert_true(claim(store, study, &rules, &first));
    assert_int_equal(og__store_return(store, first.id, &held), OG_OK);
    assert_true(held);
    assert_true(claim(store, study, &rules, &second));
    assert_int_equal(second.id, first.id);
    assert_int_equal(second.attempt, 1); /* nothing was lost */
    og__stored_trial_deinit(&first);
    og__stored_trial_deinit(&second);
    og__store_close(store);
}

static void attributes_are_kept_as_json(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("attributes", &study);
    json_t *value = json_pack("{s:[i,f], s:s}", "a", 1, 0.1, "b", "Mitte \"ü\""), *found;
    assert_int_equal(og__store_get_attribute(store, study, false, "question", &found), OG_OK);
    assert_null(found);
    for (int again = 0; again < 2; again++)
        assert_int_equal(og__store_set_attribute(store, study, false, "question", value), OG_OK);
    assert_int_equal(og__store_get_attribute(store, study, false, "question", &found), OG_OK);
    assert_true(json_equal(value, found));
    json_decref(value);
    json_decref(found);
    og__store_close(store);
}

/* Claim and finish until nothing waits; now and then die in the middle. */
static void work_and_die(uint64_t seed)
{
    int64_t study;
    og__store *store = open_store("crowd", &study);
    og__lease_rules quick = {.grace_s = 0.5, .attempts_max = 100};
    srand((unsigned)seed);
    for (int idle = 0; idle < 8;) {
        og__stored_trial trial;
        bool held;
        if (!claim(store, study, &quick, &trial)) {
            usleep(100000);
            idle++;
            continue;
        }
        idle = 0;
        if (rand() % 8 == 0)
            raise(SIGKILL);
        assert_int_equal(og__store_finish(store, trial.id, (double)strlen(trial.run), NULL, &held), OG_OK);
        og__stored_trial_deinit(&trial);
    }
    _exit(0);
}

static void no_run_is_lost_or_doubled_among_dying_workers(void **state)
{
    (void)state;
    enum { RUNS = 60, WORKERS = 4 };
    int64_t study;
    og__store *store = open_store("crowd", &study);
    add_runs(store, study, RUNS);
    og__store_close(store);
    pid_t workers[WORKERS] = {0};
    uint64_t seed = 0;
    for (int living = 1; living > 0;) { /* a worker that died has a successor; those that found nothing to do do not */
        living = 0;
        for (int i = 0; i < WORKERS; i++) {
            int status = 1;
            if (workers[i] > 0)
                waitpid(workers[i], &status, WNOHANG) == 0 ? (status = -1) : 0;
            if (status == -1) {
                living++;
            } else if (workers[i] >= 0 && (workers[i] == 0 || WIFSIGNALED(status))) {
                workers[i] = fork();
                if (workers[i] == 0)
                    work_and_die(++seed * WORKERS + (uint64_t)i);
                living++;
                seed++;
            } else {
                workers[i] = -1;
            }
        }
        usleep(20000);
    }
    int complete[RUNS] = {0}, deaths = 0;
    og__stored_trials all;
    store = open_store("crowd", &study);
    assert_int_equal(og__store_list(store, study, &all), OG_OK);
    for (size_t i = 0; i < all.count; i++) {
        int seed_of, arm = strncmp(all.items[i].run, "silu", 4) == 0;
        assert_int_equal(sscanf(all.items[i].run + 4, "-s%d", &seed_of), 1);
        assert_int_equal(all.items[i].number, i);
        assert_true(all.items[i].state == OG_TRIAL_COMPLETE || all.items[i].state == OG_TRIAL_FAIL);
        complete[2 * seed_of + arm] += all.items[i].state == OG_TRIAL_COMPLETE;
        deaths += all.items[i].state == OG_TRIAL_FAIL;
    }
    for (int i = 0; i < RUNS; i++)
        assert_int_equal(complete[i], 1);
    print_message("# %d workers died\n", deaths);
    assert_true(deaths > 0);
    og__stored_trials_deinit(&all);
    og__store_close(store);
}

/* --- SQLite alone ------------------------------------------------------------------------------------------- */

static void a_locked_database_is_waited_for(void **state)
{
    (void)state;
    int64_t study;
    char path[600];
    og__database *other;
    og__store *store = open_store("locked", &study);
    add_runs(store, study, 1);
    snprintf(path, sizeof path, "%s", scratch("store.db"));
    pid_t child = fork();
    if (child == 0) {
        if (og__database_open(path, 0, &other) != OG_OK ||
            og__database_run(other, "BEGIN IMMEDIATE", 0, NULL, NULL) != OG_OK)
            _exit(1);
        usleep(1500000);
        _exit(og__database_run(other, "COMMIT", 0, NULL, NULL) != OG_OK);
    }
    usleep(300000);
    og__stored_trial trial;
    assert_true(claim(store, study, &rules, &trial));
    og__stored_trial_deinit(&trial);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    og__store_close(store);
}

/* As a network drive that is away for a while, at the time when a worker connects. */
static void a_database_that_is_gone_is_waited_for_and_never_made_anew(void **state)
{
    (void)state;
    int64_t study;
    og__store *store = open_store("gone", &study), *late;
    bool held;
    char path[600], away[600];
    og__stored_trial trial;
    add_runs(store, study, 1);
    assert_true(claim(store, study, &rules, &trial));
    og__store_close(store); /* the last connection: all is in one file */
    snprintf(path, sizeof path, "%s", scratch("store.db"));
    snprintf(away, sizeof away, "%s", scratch("away.db"));
    assert_int_equal(rename(path, away), 0);
    assert_int_equal(og__store_connect(path, 0, &late), OG_OK);
    assert_int_equal(og__store_beat(late, trial.id, &held), OG_ERR_FILE);
    assert_int_equal(access(path, F_OK), -1);
    og__store_close(late);
    assert_int_equal(og__store_connect(path, 30, &late), OG_OK);
    pid_t child = fork();
    if (child == 0) {
        usleep(1000000);
        _exit(rename(away, path) != 0);
    }
    assert_int_equal(og__store_beat(late, trial.id, &held), OG_OK);
    assert_true(held);
    waitpid(child, NULL, 0);
    og__stored_trial_deinit(&trial);
    og__store_close(late);
}

/* The disk is full: here by the largest size that a process may give a file. */
static void a_full_disk_is_waited_for(void **state)
{
    (void)state;
    int64_t study;
    struct rlimit usual, full = {0};
    og__store *store = open_store("full", &study);
    og__stored_trial trial;
    bool held;
    add_runs(store, study, 1);
    assert_true(claim(store, study, &rules, &trial));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    signal(SIGXFSZ, SIG_IGN);
    full.rlim_max = usual.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    pid_t tester = getpid(), child = fork();
    if (child == 0) {
        usleep(1500000);
        _exit(prlimit(tester, RLIMIT_FSIZE, &usual, NULL) != 0);
    }
    og_status status = og__store_finish(store, trial.id, 0.75, NULL, &held);
    waitpid(child, NULL, 0);
    assert_int_equal(status, OG_OK);
    assert_true(held);
    og__stored_trial_deinit(&trial);
    og__store_close(store);
}

static void other_databases_are_refused(void **state)
{
    (void)state;
    og__store *store;
    assert_int_equal(og__store_open("mysql://host/name", 0, &store), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "mysql://host/name"));
    assert_int_equal(og__store_open("/no/such/folder/store.db", 0, &store), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "/no/such/folder/store.db"));
    FILE *file = fopen(scratch("text.db"), "w");
    fputs("this is no database, but long enough to look at: ................................................", file);
    fclose(file);
    assert_int_equal(og__store_open(scratch("text.db"), 0, &store), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "not a database"));
}

static void tables_of_another_revision_are_refused(void **state)
{
    (void)state;
    og__database *database;
    og__store *store;
    char path[600];
    snprintf(path, sizeof path, "%s", scratch("old.db"));
    assert_int_equal(og__database_open(path, 0, &database), OG_OK);
    assert_int_equal(
        og__database_run(database, "CREATE TABLE alembic_version (version_num VARCHAR(32))", 0, NULL, NULL), OG_OK);
    assert_int_equal(og__database_run(database, "INSERT INTO alembic_version VALUES ('v3.0.0.d')", 0, NULL, NULL),
                     OG_OK);
    og__database_close(database);
    assert_int_equal(og__store_open(path, 0, &store), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), "v3.0.0.d"));
}

static int open_again(void **state)
{
    (void)state;
    return mkdir(scratch_folder, 0700);
}

static int use_postgres(void **state)
{
    on_postgres = true;
    return scratch_open(state);
}

int main(void)
{
    const struct CMUnitTest shared[] = {
        cmocka_unit_test(runs_are_added_once_and_claimed_in_order),
        cmocka_unit_test(a_value_is_kept_to_the_bit_and_only_once),
        cmocka_unit_test(settings_reach_whoever_claims_the_run),
        cmocka_unit_test(a_pruned_run_has_its_last_value_and_may_be_asked_for_again),
        cmocka_unit_test(a_lost_run_is_tried_again_and_its_ghost_is_not_believed),
        cmocka_unit_test(a_run_that_is_always_lost_is_given_up),
        cmocka_unit_test(a_worker_that_asks_again_gets_the_run_that_it_has),
        cmocka_unit_test(a_result_without_a_word_of_it_ends_its_trial),
        cmocka_unit_test(a_returned_run_waits_again),
        cmocka_unit_test(attributes_are_kept_as_json),
        cmocka_unit_test(no_run_is_lost_or_doubled_among_dying_workers),
    };
    const struct CMUnitTest sqlite[] = {
        cmocka_unit_test(a_locked_database_is_waited_for),
        cmocka_unit_test(a_database_that_is_gone_is_waited_for_and_never_made_anew),
        cmocka_unit_test(a_full_disk_is_waited_for),
        cmocka_unit_test(other_databases_are_refused),
        cmocka_unit_test(tables_of_another_revision_are_refused),
    };
    if (getenv("OGIVE_TEST_POSTGRES"))
        return cmocka_run_group_tests_name("on PostgreSQL", shared, use_postgres, scratch_close);
    int failed = cmocka_run_group_tests_name("on SQLite", shared, scratch_open, scratch_close);
    return failed + cmocka_run_group_tests_name("SQLite alone", sqlite, open_again, scratch_close);
}
