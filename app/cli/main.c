/* Find the command, read its arguments, run it, and turn failures into messages and exit codes. */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/option.h>
#include <ogive/status.h>
#include <ogive/version.h>

#include "arguments.h"
#include "command.h"
#include "failure.h"
#include "help.h"
#include "progress.h"
#include "waiting.h"

const cli_command *const commands[] = {&act_list_command,
                                       &act_show_command,
                                       &act_compare_command,
                                       &act_eval_command,
                                       &act_emit_command,
                                       &act_document_command,
                                       &data_check_command,
                                       &data_preview_command,
                                       &train_command,
                                       &lr_find_command,
                                       &cv_command,
                                       &compare_command,
                                       &tune_command,
                                       &search_command,
                                       &worker_command,
                                       &study_show_command,
                                       &study_export_command,
                                       &study_profile_command,
                                       &study_resume_command,
                                       &study_workers_command,
                                       &emit_command,
                                       &predict_command,
                                       &eval_command,
                                       &import_command,
                                       &export_command,
                                       &net_show_command,
                                       &bench_step_command,
                                       &bench_infer_command,
                                       &bench_act_command,
                                       &help_command,
                                       NULL};

static og_status fail_command(int argc, const char *const *argv)
{
    const char *names[32];
    size_t count = 0;
    char text[256];
    bool family = find_family(argv[0]) && argc > 1;
    snprintf(text, sizeof text, "%s%s%s", argv[0], family ? " " : "", family ? argv[1] : "");
    for (const cli_command *const *at = commands; *at; at++)
        names[count++] = (*at)->name;
    const char *near = og_name_nearest(text, names, count);
    return fail(OG_ERR_NAME, "there is no command '%s'%s%s%s", text, near ? "; did you mean 'ogive " : "",
                near ? near : "", near ? "'?" : "");
}

static bool misused; /* the command line itself is wrong, so that help may help */

/* `used` words of argv name the command. */
static og_status run_command(const cli_command *command, int used, int argc, char *const *argv)
{
    og_status status = OG_OK;
    cli_arguments arguments;
    misused = true;
    TRY(arguments_parse(command, argc - used, argv + used, &arguments));
    misused = false;
    if (command->parallel && !arguments.help)
        wait_briefly(argv);
    if (arguments.help)
        status = print_help(stdout, command);
    else
        status = command->run(arguments.settings, arguments.positionals);
    arguments_deinit(&arguments);
    return status;
}

/* Output that did not arrive is a failure, even though every printf() seemed to work. */
static og_status flush_output(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return OG_OK;
    return fail(OG_ERR_FILE, "cannot write to standard output: %s", strerror(errno ? errno : EIO));
}

static int report(const char *name, og_status status)
{
    progress_end();
    if (status == OG_OK)
        status = flush_output();
    if (status != OG_OK)
        fprintf(stderr, "ogive%s%s: %s\n", name[0] ? " " : "", name, failure_text());
    if (misused)
        fprintf(stderr, "'ogive help%s%s' explains more\n", name[0] ? " " : "", name);
    return og_status_exit_code(status);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, ""); /* whether the terminal shows more than ASCII; numbers keep their point */
    if (argc < 2) {
        print_overview(stderr, NULL);
        return og_status_exit_code(OG_ERR_ARGUMENT);
    }
    if (strcmp(argv[1], "--version") == 0 && argc == 2) {
        printf("ogive %s\n", og_version());
        return report("", OG_OK);
    }
    if ((strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) && argc == 2) {
        print_overview(stdout, NULL);
        return report("", OG_OK);
    }
    int used;
    const char *const *words = (const char *const *)(argv + 1);
    const cli_command *command = find_command(argc - 1, words, &used);
    if (command)
        return report(command->name, run_command(command, 1 + used, argc, argv));
    if (argc == 2 && find_family(argv[1])) {
        print_overview(stderr, argv[1]);
        return og_status_exit_code(OG_ERR_ARGUMENT);
    }
    if (argc == 3 && find_family(argv[1]) && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0)) {
        print_overview(stdout, argv[1]);
        return report("", OG_OK);
    }
    misused = true;
    return report("", fail_command(argc - 1, words));
}
