/* og_train() end to end on a tiny data set: what is written, that interruptions leave no trace, and what fails how. */
#include "unit/train/tiny_data.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/text.h"
#include "format/json.h"

static char base[] = "/tmp/ogive-train-XXXXXX";
static og_dataset *data;

static const char *in_base(const char *name)
{
    static char paths[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", base, name);
    return paths[next];
}

static int make_data(void **state)
{
    (void)state;
    if (!mkdtemp(base))
        return -1;
    data = tiny_open(in_base("data"));
    return 0;
}

static int remove_data(void **state)
{
    (void)state;
    og_dataset_free(data);
    tiny_remove_tree(base);
    return 0;
}

static og_status train_with(og_train_options options, const char *run, bool resume, og_train_report report,
                            void *context)
{
    og_status status = og_train(data, &options, in_base(run), resume, report, context);
    og_options_deinit(og_train_option_table(), &options);
    return status;
}

static void train_whole(og_train_options options, const char *run)
{
    if (train_with(options, run, false, NULL, NULL) != OG_OK)
        fail_msg("%s", og_error_text());
}

static bool has_file(const char *run, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", in_base(run), name);
    return og__file_exists(path);
}

static json_t *load_result(const char *run)
{
    char path[512];
    json_t *root;
    snprintf(path, sizeof path, "%s/result.json", in_base(run));
    if (og__json_load(path, &root) != OG_OK)
        fail_msg("%s", og_error_text());
    return root;
}

/* Without the members that only tell time and memory. */
static json_t *load_timeless(const char *run)
{
    json_t *root = load_result(run), *row;
    size_t i;
    json_object_del(root, "cost");
    json_array_foreach(json_object_get(root, "curve"), i, row) {
        json_object_del(row, "train_s");
        json_object_del(row, "elapsed_s");
        json_object_del(row, "wait_s");
    }
    return root;
}

static void assert_same_run(const char *a, const char *b)
{
    char path[512], *bytes[2];
    size_t count[2];
    const char *runs[] = {a, b};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/model.safetensors", in_base(runs[i]));
        assert_int_equal(og__file_read(path, &bytes[i], &count[i]), OG_OK);
    }
    assert_int_equal(count[0], count[1]);
    assert_memory_equal(bytes[0], bytes[1], count[0]);
    json_t *one = load_timeless(a), *two = load_timeless(b);
    assert_true(json_equal(one, two));
    json_decref(one);
    json_decref(two);
    free(bytes[0]);
    free(bytes[1]);
}

/* The run that others are compared with; made once. */
static const char *straight(void)
{
    if (!has_file("straight", "result.json"))
        train_whole(tiny_options(), "straight");
    return "straight";
}

/* --- what a run leaves --- */

static void a_run_learns_and_leaves_its_files(void **state)
{
    (void)state;
    og_train_options options = tiny_options();
    options.epochs = 12;
    train_whole(options, "learns");
    assert_true(has_file("learns", "model.safetensors"));
    assert_true(has_file("learns", "log.jsonl"));
    assert_false(has_file("learns", "checkpoint.safetensors"));
    json_t *root = load_result("learns"), *scores = json_object_get(root, "scores");
    json_t *curve = json_object_get(root, "curve"), *cost = json_object_get(root, "cost");
    assert_string_equal(json_string_value(json_object_get(root, "status")), "finished");
    assert_true(json_is_null(json_object_get(root, "error")));
    assert_int_equal(json_array_size(curve), 12);
    double first = json_number_value(json_object_get(json_array_get(curve, 0), "loss"));
    double last = json_number_value(json_object_get(json_array_get(curve, 11), "loss"));
    assert_true(last < 0.7 * first);
    assert_true(json_number_value(json_object_get(scores, "mean_dice")) > 0.5); /* 0.12 for a constant answer */
    assert_int_equal(json_array_size(json_object_get(scores, "per_class")), 3);
    assert_true(json_number_value(json_object_get(cost, "ms_per_step")) > 0);
    assert_true(json_integer_value(json_object_get(cost, "peak_bytes")) > 1000000);
    assert_int_equal(json_array_size(json_object_get(root, "acts")), 2 * options.depth + 1);
    json_decref(root);
}

static void the_log_has_the_curves_rows(void **state)
{
    (void)state;
    char path[512], *text;
    size_t count, i = 0;
    json_t *root = load_result(straight());
    snprintf(path, sizeof path, "%s/log.jsonl", in_base("straight"));
    assert_int_equal(og__file_read(path, &text, &count), OG_OK);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), i++) {
        json_t *row;
        assert_int_equal(og__json_parse(line, strlen(line), "log", &row), OG_OK);
        assert_true(json_equal(row, json_array_get(json_object_get(root, "curve"), i)));
        json_decref(row);
    }
    assert_int_equal(i, 3);
    free(text);
    json_decref(root);
}

static void health_is_measured_at_both_ends(void **state)
{
    (void)state;
    og_train_options options = tiny_options();
    og_option_set(og_option_find(og_train_option_table(), "act"), &options,
                  "where(x > 0, x, a*x); a = learn(0.25, channel)");
    train_whole(options, "health");
    json_t *root = load_result("health"), *layer;
    const char *const ends[] = {"health_first", "health"};
    for (int end = 0; end < 2; end++) {
        json_t *layers = json_object_get(root, ends[end]);
        assert_int_equal(json_array_size(layers), 2 * 5); /* two convolutions in each of 2 + 1 + 2 stages */
        size_t i;
        json_array_foreach(layers, i, layer) {
            json_t *a = json_object_get(json_object_get(layer, "params"), "a");
            double min = json_number_value(json_object_get(a, "min")),
                   max = json_number_value(json_object_get(a, "max"));
            assert_true(json_number_value(json_object_get(a, "initial")) == 0.25);
            assert_true(min > 0.1 && max < 0.4 && (min < 0.25 || max > 0.25)); /* it moves */
            assert_true(json_number_value(json_object_get(layer, "gradient_rms")) > 0);
            json_t *counts = json_object_get(json_object_get(layer, "histogram"), "counts");
            json_int_t sum = 0;
            for (size_t bin = 0; bin < json_array_size(counts); bin++)
                sum += json_integer_value(json_array_get(counts, bin));
            int stage = (int)json_integer_value(json_object_get(layer, "stage"));
            int pixels = (20 >> stage) * (28 >> stage), channels = 4 << stage;
            assert_true(sum <= 2 * channels * pixels && sum > 2 * channels * pixels * 9 / 10);
        }
    }
    json_decref(root);
}

static void scoring_follows_eval_every_and_the_end(void **state)
{
    (void)state;
    og_train_options options = tiny_options();
    options.eval_every = 2;
    train_whole(options, "every2");
    json_t *root = load_result("every2"), *curve = json_object_get(root, "curve");
    const bool scored[] = {false, true, true};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(json_is_real(json_object_get(json_array_get(curve, i), "dice")), scored[i]);
    json_decref(root);
}

/* --- the same bits --- */

static void the_same_command_gives_the_same_bits(void **state)
{
    (void)state;
    for (int data_threads = 0; data_threads <= 3; data_threads += 3) {
        char run[32];
        og_train_options options = tiny_options();
        options.data_threads = data_threads;
        snprintf(run, sizeof run, "again%d", data_threads);
        train_whole(options, run);
        assert_same_run(straight(), run);
    }
}

static void the_seed_changes_the_run(void **state)
{
    (void)state;
    og_train_options options = tiny_options();
    options.seed = 1;
    train_whole(options, "seed1");
    json_t *one = load_timeless(straight()), *two = load_timeless("seed1");
    assert_false(json_equal(json_object_get(one, "curve"), json_object_get(two, "curve")));
    json_decref(one);
    json_decref(two);
}

/* Stops when `at` steps have been reported in this session. */
static bool stop_after(void *at, const og_train_progress *progress)
{
    (void)progress;
    return --*(int *)at > 0;
}

static void a_stopped_run_resumes_to_the_same_bits(void **state)
{
    (void)state;
    og_train_options options;
    const int stops[] = {1, 3, 4, 6, 12}; /* first step, within an epoch, at its end, in the second, at the very end */
    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        char run[32];
        int left = stops[i];
        snprintf(run, sizeof run, "stopped%d", stops[i]);
        assert_int_equal(train_with(tiny_options(), run, false, stop_after, &left), OG_ERR_STOPPED);
        assert_false(has_file(run, "result.json"));
        assert_true(has_file(run, "checkpoint.safetensors"));
        options = tiny_options();
        options.threads = 1; /* a machine with fewer cores */
        if (train_with(options, run, true, NULL, NULL) != OG_OK)
            fail_msg("%s", og_error_text());
        assert_same_run(straight(), run);
    }
}

/* Epochs of five batches, where a pass over the images is three. */
static void an_epoch_of_steps_resumes_to_the_same_bits(void **state)
{
    (void)state;
    static const char *const runs[] = {"steps", "steps-stopped"};
    for (int i = 0; i < 2; i++) {
        og_train_options options = tiny_options();
        int left = i == 0 ? 1 << 30 : 7;
        options.steps_per_epoch = 5;
        assert_int_equal(train_with(options, runs[i], false, stop_after, &left), i == 0 ? OG_OK : OG_ERR_STOPPED);
    }
    og_train_options options = tiny_options();
    int64_t epochs = options.epochs;
    options.steps_per_epoch = 5;
    assert_int_equal(train_with(options, runs[1], true, NULL, NULL), OG_OK);
    assert_same_run(runs[0], runs[1]);
    json_t *root = load_result(runs[0]);
    const json_t *curve = json_object_get(root, "curve");
    assert_int_equal(json_array_size(curve), epochs);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(curve, 1), "step")), 10);
    json_decref(root);
}

static void every_optimiser_resumes_to_the_same_bits(void **state)
{
    (void)state;
    for (int kind = 0; kind < OG_OPTIMIZER_COUNT; kind++) {
        char run[2][32];
        int left = 6;
        og_train_options options[3];
        for (int i = 0; i < 3; i++) {
            options[i] = tiny_options();
            options[i].optimizer = kind;
            options[i].norm = kind == OG_OPTIMIZER_SGD ? OG_NORM_INSTANCE : OG_NORM_BATCH;
            options[i].weight_decay = 0.01;
        }
        snprintf(run[0], sizeof run[0], "optimizer%d", kind);
        snprintf(run[1], sizeof run[1], "optimizer%d-stopped", kind);
        train_whole(options[0], run[0]);
        assert_int_equal(train_with(options[1], run[1], false, stop_after, &left), OG_ERR_STOPPED);
        assert_int_equal(train_with(options[2], run[1], true, NULL, NULL), OG_OK);
        assert_same_run(run[0], run[1]);
    }
}

/* The killed process is this program run again, because a process with threads cannot go on after fork(). */
/* Noise in an activation belongs to the step, and what is drawn at the start to the seed. */
static void a_noisy_run_resumes_to_the_same_bits(void **state)
{
    (void)state;
    static const char act[] = "where(x > 0, x, (p + noise)*x*gate); p = learn(uniform(0, 0.5), channel)";
    const char *const runs[] = {"noisy", "noisy-stopped"};
    for (size_t i = 0; i < 2; i++) {
        og_train_options options = tiny_options();
        int left = i == 0 ? 1 << 30 : 5;
        assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "act"), &options, act), OG_OK);
        og_status status = train_with(options, runs[i], false, stop_after, &left);
        assert_int_equal(status, i == 0 ? OG_OK : OG_ERR_STOPPED);
    }
    og_train_options options = tiny_options();
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "act"), &options, act), OG_OK);
    assert_int_equal(train_with(options, runs[1], true, NULL, NULL), OG_OK);
    assert_same_run(runs[0], runs[1]);
}

static void a_killed_run_resumes_to_the_same_bits(void **state)
{
    (void)state;
    char self[512], checkpoint[512];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = '\0';
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint.safetensors", in_base("killed"));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, STDOUT_FILENO);
        execl(self, self, "train-slowly", in_base("data"), in_base("killed"), (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 6000 && !og__file_exists(checkpoint); i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    kill(child, SIGKILL);
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    assert_true(og__file_exists(checkpoint));
    assert_false(has_file("killed", "result.json"));
    if (train_with(tiny_options(), "killed", true, NULL, NULL) != OG_OK)
        fail_msg("%s", og_error_text());
    assert_same_run(straight(), "killed");
}

static bool sleep_a_little(void *unused, const og_train_progress *progress)
{
    (void)unused, (void)progress;
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    return true;
}

static int train_slowly(const char *folder, const char *run)
{
    og_train_options options = tiny_options();
    data = tiny_open(folder);
    return og_train(data, &options, run, false, sleep_a_little, NULL) == OG_OK ? 0 : 1;
}

/* --- folders that hold a run --- */

static void a_finished_run_is_left_alone(void **state)
{
    (void)state;
    struct stat before, after;
    char path[512];
    snprintf(path, sizeof path, "%s/result.json", in_base(straight()));
    stat(path, &before);
    assert_int_equal(train_with(tiny_options(), "straight", true, NULL, NULL), OG_OK);
    stat(path, &after);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void a_finished_run_without_its_model_is_refused(void **state)
{
    (void)state;
    char path[512];
    train_whole(tiny_options(), "no-model");
    snprintf(path, sizeof path, "%s/model.safetensors", in_base("no-model"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(train_with(tiny_options(), "no-model", true, NULL, NULL), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "model.safetensors is gone"));
    snprintf(path, sizeof path, "%s/result.json", in_base("no-model"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(train_with(tiny_options(), "no-model", true, NULL, NULL), OG_OK); /* as the message says */
    assert_true(has_file("no-model", "model.safetensors"));
}

static void a_used_folder_needs_resume(void **state)
{
    (void)state;
    straight();
    assert_int_equal(train_with(tiny_options(), "straight", false, NULL, NULL), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "already holds a training run"));
}

static void other_settings_cannot_resume(void **state)
{
    (void)state;
    int left = 1;
    og_train_options options = tiny_options();
    assert_int_equal(train_with(tiny_options(), "settings", false, stop_after, &left), OG_ERR_STOPPED);
    options.learning_rate = 0.02;
    assert_int_equal(train_with(options, "settings", true, NULL, NULL), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "learning-rate = 0.01, not 0.02"));
    options = tiny_options();
    options.epochs = 4;
    straight();
    assert_int_equal(train_with(options, "straight", true, NULL, NULL), OG_ERR_ARGUMENT); /* finished with others */
    assert_non_null(strstr(og_error_text(), "epochs = 3, not 4"));
}

static void other_data_cannot_resume(void **state)
{
    (void)state;
    int left = 1;
    og_dataset *kept = data;
    char path[512];
    uint8_t image[TINY_H * TINY_W], mask[TINY_H * TINY_W];
    assert_int_equal(train_with(tiny_options(), "data-changes", false, stop_after, &left), OG_ERR_STOPPED);
    snprintf(path, sizeof path, "%s", in_base("data2"));
    og_dataset_free(tiny_open(path));
    tiny_draw(0, image, mask);
    image[0] ^= 1;
    tiny_write_png(path, "images", 0, image);
    og_data_options options;
    assert_int_equal(og_options_init(og_data_option_table(), &options), OG_OK);
    options.validation = 0.3;
    assert_int_equal(og_dataset_open(path, &options, &data), OG_OK);
    assert_int_equal(train_with(tiny_options(), "data-changes", true, NULL, NULL), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "data set has changed"));
    og_dataset_free(data);
    data = kept;
    og_options_deinit(og_data_option_table(), &options);
}

static void a_damaged_checkpoint_is_refused(void **state)
{
    (void)state;
    int left = 1;
    char path[512], *bytes;
    size_t count;
    assert_int_equal(train_with(tiny_options(), "damaged", false, stop_after, &left), OG_ERR_STOPPED);
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", in_base("damaged"));
    assert_int_equal(og__file_read(path, &bytes, &count), OG_OK);
    assert_int_equal(og__file_write(path, bytes, count - 1), OG_OK);
    assert_int_equal(train_with(tiny_options(), "damaged", true, NULL, NULL), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), path));
    free(bytes);
}

static void a_damaged_result_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {"{\"status\": \"well\"}", "{\"status\": \"failed\"}", "{}", "[]", "{"};
    char path[160];
    snprintf(path, sizeof path, "%s/result.json", in_base("said"));
    assert_int_equal(og__folder_make(in_base("said")), OG_OK);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(og__file_write(path, texts[i], strlen(texts[i])), OG_OK);
        assert_int_equal(train_with(tiny_options(), "said", true, NULL, NULL), OG_ERR_FORMAT);
        assert_non_null(strstr(og_error_text(), path));
    }
}

/* --- failures --- */

static void a_loss_that_is_not_finite_is_a_recorded_failure(void **state)
{
    (void)state;
    for (int resume = 0; resume < 2; resume++) { /* the second time the recorded failure is repeated */
        og_train_options options = tiny_options();
        options.norm = OG_NORM_NONE;
        options.learning_rate = 1000; /* the first step makes every weight +-1000, ten layers in a row */
        options.warmup = 0;
        assert_int_equal(train_with(options, "numeric", resume, NULL, NULL), OG_ERR_NUMERIC);
        assert_non_null(strstr(og_error_text(), "after step 1"));
        assert_non_null(strstr(og_error_text(), "decoder.")); /* the layer */
    }
    json_t *root = load_result("numeric");
    assert_string_equal(json_string_value(json_object_get(root, "status")), "failed");
    assert_string_equal(json_string_value(json_object_get(root, "error")), og_error_text());
    assert_true(json_is_null(json_object_get(root, "scores")));
    assert_int_equal(json_array_size(json_object_get(root, "curve")), 0);
    json_decref(root);
    assert_false(has_file("numeric", "model.safetensors"));
}

static void bad_settings_fail_before_anything_is_written(void **state)
{
    (void)state;
    og_train_options options = tiny_options();
    og_option_set(og_option_find(og_train_option_table(), "act"), &options, "sillu");
    assert_int_equal(train_with(options, "unknown-act", false, NULL, NULL), OG_ERR_NAME);
    assert_non_null(strstr(og_error_text(), "silu"));
    assert_false(og__file_exists(in_base("unknown-act")));
    options = tiny_options();
    og_option_set(og_option_find(og_train_option_table(), "loss"), &options, "0*ce + 0*dice");
    assert_int_equal(train_with(options, "no-loss", false, NULL, NULL), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "nothing to learn from"));
    assert_false(og__file_exists(in_base("no-loss")));
}

static void an_unusable_folder_fails_early(void **state)
{
    (void)state;
    assert_int_equal(og__file_write(in_base("a-file"), "x", 1), OG_OK);
    assert_int_equal(train_with(tiny_options(), "a-file/run", false, NULL, NULL), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "a-file"));
    if (geteuid() == 0)
        return; /* root may write everywhere */
    assert_int_equal(mkdir(in_base("read-only"), 0555), 0);
    int steps = 1;
    assert_int_equal(train_with(tiny_options(), "read-only", false, stop_after, &steps), OG_ERR_FILE);
    assert_int_equal(steps, 1); /* not after hours of training */
}

/* A file size limit stands for a full disk: write() fails in the same way. */
static void a_full_disk_leaves_no_half_files(void **state)
{
    (void)state;
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 20000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    og_status status = train_with(tiny_options(), "full", false, NULL, NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), ".safetensors"));
    char **names;
    size_t count;
    assert_int_equal(og__folder_list(in_base("full"), &names, &count), OG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "log.jsonl");
    og__names_free(names, count);
    if (train_with(tiny_options(), "full", true, NULL, NULL) != OG_OK) /* with room again */
        fail_msg("%s", og_error_text());
    assert_same_run(straight(), "full");
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "train-slowly") == 0)
        return train_slowly(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_learns_and_leaves_its_files),
        cmocka_unit_test(the_log_has_the_curves_rows),
        cmocka_unit_test(health_is_measured_at_both_ends),
        cmocka_unit_test(scoring_follows_eval_every_and_the_end),
        cmocka_unit_test(the_same_command_gives_the_same_bits),
        cmocka_unit_test(the_seed_changes_the_run),
        cmocka_unit_test(a_stopped_run_resumes_to_the_same_bits),
        cmocka_unit_test(an_epoch_of_steps_resumes_to_the_same_bits),
        cmocka_unit_test(every_optimiser_resumes_to_the_same_bits),
        cmocka_unit_test(a_noisy_run_resumes_to_the_same_bits),
        cmocka_unit_test(a_killed_run_resumes_to_the_same_bits),
        cmocka_unit_test(a_finished_run_is_left_alone),
        cmocka_unit_test(a_finished_run_without_its_model_is_refused),
        cmocka_unit_test(a_used_folder_needs_resume),
        cmocka_unit_test(other_settings_cannot_resume),
        cmocka_unit_test(other_data_cannot_resume),
        cmocka_unit_test(a_damaged_checkpoint_is_refused),
        cmocka_unit_test(a_damaged_result_is_refused),
        cmocka_unit_test(a_loss_that_is_not_finite_is_a_recorded_failure),
        cmocka_unit_test(bad_settings_fail_before_anything_is_written),
        cmocka_unit_test(an_unusable_folder_fails_early),
        cmocka_unit_test(a_full_disk_leaves_no_half_files),
    };
    return cmocka_run_group_tests(tests, make_data, remove_data);
}
