/* Formulas compiled at run time: the private cache, damage, many at once, and machines without a compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "act/cache.h"
#include "kernel/activate.h"
#include "kernel/code_cache.h"
#include "kernel/compile.h"
#include "kernel/process.h"

static void need_compiler(void)
{
    if (system("cc --version > /dev/null 2>&1") != 0) {
        print_message("# no C compiler here\n");
        skip();
    }
}

static og_act *parse(const char *text)
{
    og_act *act;
    if (og_act_parse(text, &act) != OG_OK)
        fail_msg("'%s': %s", text, og_error_text());
    return act;
}

static float value_at(const og__act_frames *frames, float x)
{
    float y;
    frames->eval(NULL, 1, (const float *const[]){&x}, NULL, &y, NULL, NULL);
    return y;
}

/* The only library in the cache. */
static void only_library(char *path, size_t size)
{
    char **names;
    size_t count;
    assert_int_equal(og__folder_list(cache_folder, &names, &count), OG_OK);
    assert_int_equal(count, 1); /* nothing temporary is left behind */
    snprintf(path, size, "%s/%s", cache_folder, names[0]);
    og__names_free(names, count);
}

static void test_cached_and_private(void **state)
{
    (void)state;
    need_compiler();
    empty_folder(cache_folder);
    og_act *act = parse("x*cos(x) + 1");
    const og__act_frames *frames;
    char path[512];
    struct stat first, second;
    assert_int_equal(og__compile_act(act, og__cpu_isa(), &frames), OG_OK);
    assert_true(value_at(frames, 0) == 1);
    only_library(path, sizeof path);
    assert_int_equal(stat(path, &first), 0);
    assert_int_equal(first.st_mode & 0777, 0700);
    assert_int_equal(og__compile_act(act, og__cpu_isa(), &frames), OG_OK); /* found, not built again */
    assert_int_equal(stat(path, &second), 0);
    assert_true(first.st_ino == second.st_ino && first.st_mtim.tv_nsec == second.st_mtim.tv_nsec);
    og_act_free(act);
}

/* Whatever was done to a file of the cache, it is not loaded but built again. */
static void test_damaged_files(void **state)
{
    (void)state;
    need_compiler();
    og_act *act = parse("x*cos(x) + 2");
    const og__act_frames *frames;
    char path[512], *content;
    size_t size;
    void *library;
    empty_folder(cache_folder);
    assert_int_equal(og__compile_act(act, og__cpu_isa(), &frames), OG_OK);
    only_library(path, sizeof path);
    const char *name = strrchr(path, '/') + 1;
    assert_int_equal(og__file_read(path, &content, &size), OG_OK);
    for (int damage = 0; damage < 6; damage++) {
        char *copy = malloc(size);
        size_t count = size;
        memcpy(copy, content, size);
        if (damage == 0)
            copy[size / 2] ^= 1;
        else if (damage == 1)
            copy[size - 1] ^= 1; /* the digest */
        else if (damage == 2)
            count = size - 48; /* a library without a seal */
        else if (damage == 3)
            count = 100;
        else if (damage == 4)
            count = 0;
        assert_int_equal(og__file_write(path, copy, count), OG_OK);
        assert_int_equal(chmod(path, damage == 5 ? 0777 : 0700), 0); /* the last is sound, but anyone may write to it */
        assert_int_equal(og__code_cache_load(cache_folder, name, &library), OG_OK);
        assert_null(library);
        if (damage < 2) {
            assert_int_equal(og__compile_act(act, og__cpu_isa(), &frames), OG_OK);
            assert_int_equal(og__code_cache_load(cache_folder, name, &library), OG_OK);
            assert_non_null(library);
        }
        free(copy);
    }
    char other[600]; /* a sound file under another name, and a link to one */
    snprintf(other, sizeof other, "%s/other.so", cache_folder);
    assert_int_equal(og__file_write(other, content, size), OG_OK);
    assert_int_equal(chmod(other, 0700), 0);
    assert_int_equal(og__code_cache_load(cache_folder, "other.so", &library), OG_OK);
    assert_null(library);
    assert_int_equal(og__file_write(path, content, size), OG_OK);
    assert_int_equal(remove(other), 0);
    assert_int_equal(symlink(path, other), 0);
    assert_int_equal(og__code_cache_load(cache_folder, "other.so", &library), OG_OK);
    assert_null(library);
    free(content);
    og_act_free(act);
}

static void assert_folder_refused(const char *folder, const char *words)
{
    og_act *act = parse("x*cos(x) + 3");
    const og__act_frames *frames;
    setenv("OGIVE_CACHE", folder, 1);
    og_status status = og__compile_act(act, og__cpu_isa(), &frames);
    setenv("OGIVE_CACHE", cache_folder, 1);
    if (status != OG_ERR_FILE || !strstr(og_error_text(), words))
        fail_msg("%s: %d %s", folder, status, og_error_text());
    og_act_free(act);
}

static void test_refused_folders(void **state)
{
    char path[512];
    (void)state;
    snprintf(path, sizeof path, "%s/open", cache_folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, 0755), 0);
    assert_folder_refused(path, "open to others (mode 755)");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_folder_refused(path, "is not a folder");
    assert_int_equal(remove(path), 0);
    assert_int_equal(og__file_write(path, "x", 1), OG_OK);
    assert_folder_refused(path, "is not a folder");
    snprintf(path, sizeof path, "%s/open/below", cache_folder);
    assert_folder_refused(path, "cannot create folder");
    if (geteuid() == 0) {
        snprintf(path, sizeof path, "%s/foreign", cache_folder);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_folder_refused(path, "belongs to another user");
        assert_int_equal(rmdir(path), 0);
    }
    unsetenv("OGIVE_CACHE");
    char *folder, *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME");
    assert_int_equal(og__code_cache_folder(&folder), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "HOME is not set"));
    setenv("XDG_CACHE_HOME", cache_folder, 1);
    assert_int_equal(og__code_cache_folder(&folder), OG_OK);
    snprintf(path, sizeof path, "%s/ogive", cache_folder);
    assert_string_equal(folder, path);
    free(folder);
    rmdir(path);
    unsetenv("XDG_CACHE_HOME");
    if (home)
        setenv("HOME", home, 1);
    free(home);
    setenv("OGIVE_CACHE", cache_folder, 1);
}

/* Without a working compiler AUTO interprets and can say why; COMPILED fails with the reason. */
static void assert_no_compiler(const char *compiler, const char *formula, const char *words)
{
    og_act *act = parse(formula);
    og__act_kernel *kernel;
    const void *self;
    float x = 2, y = 0;
    setenv("OGIVE_CC", compiler, 1);
    assert_int_equal(og__act_kernel_open(act, OG_EXECUTOR_AUTO, og__cpu_isa(), &kernel), OG_OK);
    assert_int_equal(og__act_kernel_executor(kernel), OG_EXECUTOR_INTERPRETER);
    if (!strstr(og__act_kernel_reason(kernel), words))
        fail_msg("%s: %s", compiler, og__act_kernel_reason(kernel));
    og__act_kernel_frames(kernel, &self)->eval(self, 1, (const float *const[]){&x}, NULL, &y, NULL, NULL);
    assert_true(y > 0);
    og__act_kernel_close(kernel);
    assert_int_equal(og__act_kernel_open(act, OG_EXECUTOR_COMPILED, og__cpu_isa(), &kernel), OG_ERR_UNSUPPORTED);
    assert_non_null(strstr(og_error_text(), words));
    assert_null(kernel);
    unsetenv("OGIVE_CC");
    og_act_free(act);
}

static void write_script(const char *path, const char *text)
{
    assert_int_equal(og__file_write(path, text, strlen(text)), OG_OK);
    assert_int_equal(chmod(path, 0700), 0);
}

static void test_no_compiler(void **state)
{
    char script[512];
    (void)state;
    snprintf(script, sizeof script, "%s/broken cc; echo", cache_folder); /* a shell would stumble over the name */
    assert_no_compiler("/nonexistent/cc", "x^2 + 1", "'/nonexistent/cc'");
    assert_no_compiler("/bin/false", "x^2 + 2", "OGIVE_CC names one that does not work");
    write_script(
        script,
        "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\necho note >&2\necho 'f.c:1: error: no such luck' >&2\nexit 1\n");
    assert_no_compiler(script, "x^2 + 3", "f.c:1: error: no such luck");
    write_script(script, "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\nkill -SEGV $$\n");
    assert_no_compiler(script, "x^2 + 4", "stopped by a signal");
    write_script(script, "#!/bin/sh\nexit 0\n"); /* says that all went well, and wrote nothing */
    og_act *act = parse("x^2 + 5");
    const og__act_frames *frames;
    setenv("OGIVE_CC", script, 1);
    assert_int_not_equal(og__compile_act(act, og__cpu_isa(), &frames), OG_OK);
    unsetenv("OGIVE_CC");
    og_act_free(act);
    remove(script);
}

static void test_process_limit(void **state)
{
    og__text output = {0};
    (void)state;
    const char *const sleeper[] = {"sleep", "30", NULL}, *const talker[] = {"echo", "one two", NULL};
    assert_int_equal(og__process_run(sleeper, 1, &output), OG_ERR_UNSUPPORTED);
    assert_non_null(strstr(og_error_text(), "did not finish within 1 seconds"));
    assert_int_equal(og__process_run(talker, 10, &output), OG_OK);
    assert_string_equal(og__text_get(&output), "one two\n");
    og__text_deinit(&output);
}

static void test_executor_from_environment(void **state)
{
    og_act *act = parse("relu");
    og__act_kernel *kernel;
    (void)state;
    setenv("OGIVE_EXECUTOR", "interpreter", 1);
    assert_int_equal(og__act_kernel_open(act, OG_EXECUTOR_AUTO, og__cpu_isa(), &kernel), OG_OK);
    assert_int_equal(og__act_kernel_executor(kernel), OG_EXECUTOR_INTERPRETER);
    og__act_kernel_close(kernel);
    setenv("OGIVE_EXECUTOR", "gpu", 1);
    assert_int_equal(og__act_kernel_open(act, OG_EXECUTOR_AUTO, og__cpu_isa(), &kernel), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "'gpu'"));
    unsetenv("OGIVE_EXECUTOR");
    og_act_free(act);
    act = parse("relu(x) + 0.125");
    assert_int_equal(og__act_kernel_open(act, OG_EXECUTOR_BUILT_IN, og__cpu_isa(), &kernel), OG_ERR_UNSUPPORTED);
    assert_non_null(strstr(og_error_text(), "not in the catalogue"));
    og_act_free(act);
}

/* Eight threads open the same three formulas: each is made once, all get the same code. */
static void *open_in_thread(void *argument)
{
    static const char *const formulas[] = {"x*cos(x) + 11", "x*cos(x) + 12", "x*cos(x) + 13"};
    const og__act_frames **frames = argument;
    for (int i = 0; i < 3; i++) {
        og_act *act;
        og__act_kernel *kernel;
        const void *self;
        if (og_act_parse(formulas[i], &act) != OG_OK)
            return argument;
        if (og__act_kernel_open(act, OG_EXECUTOR_COMPILED, og__cpu_isa(), &kernel) == OG_OK) {
            frames[i] = og__act_kernel_frames(kernel, &self);
            og__act_kernel_close(kernel);
        }
        og_act_free(act);
    }
    return NULL;
}

static void test_threads(void **state)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    const og__act_frames *frames[THREADS][3] = {{0}};
    (void)state;
    need_compiler();
    empty_folder(cache_folder);
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, open_in_thread, frames[t]), 0);
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < 3; i++) {
            assert_non_null(frames[t][i]);
            assert_ptr_equal(frames[t][i], frames[0][i]);
            assert_true(value_at(frames[t][i], 0) == 11 + (float)i);
        }
    assert_int_equal(count_files(cache_folder), 3);
}

/* Six processes compile the same formula into an empty cache at the same time. */
static void test_processes(void **state)
{
    enum { PROCESSES = 6 };
    pid_t children[PROCESSES];
    (void)state;
    need_compiler();
    empty_folder(cache_folder);
    og_act *act = parse("x*cos(x) + 21");
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            const og__act_frames *frames;
            _exit(og__compile_act(act, og__cpu_isa(), &frames) == OG_OK && value_at(frames, 0) == 21 ? 0 : 1);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(count_files(cache_folder), 1);
    og_act_free(act);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cached_and_private),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_refused_folders),
        cmocka_unit_test(test_no_compiler),
        cmocka_unit_test(test_process_limit),
        cmocka_unit_test(test_executor_from_environment),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_processes),
    };
    return cmocka_run_group_tests(tests, make_cache, remove_cache);
}
