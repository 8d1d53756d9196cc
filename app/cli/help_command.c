/* ogive help [COMMAND]: help on the screen, as manual pages, or for bash. */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "failure.h"
#include "help.h"
#include "output.h"

typedef struct own_settings {
    char *manual;
    bool completion;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"man-pages", NULL, OG_OPTION_TEXT, offsetof(own_settings, manual), "", 0, 0, NULL, "folder", "Output",
         "Write the manual pages of all commands into a folder instead"},
        {"bash-completion", NULL, OG_OPTION_FLAG, offsetof(own_settings, completion), "false", 0, 0, NULL, NULL,
         "Output", "Print a completion script for bash instead"},
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* FOLDER/ogive.1 and FOLDER/ogive-act-show.1, ... */
static og_status write_manual(const char *folder, const cli_command *command)
{
    char path[4096];
    size_t start = strlen(folder) + 1;
    snprintf(path, sizeof path, "%s/ogive%s%s.1", folder, command ? "-" : "", command ? command->name : "");
    for (char *at = path + start; start < sizeof path && *at; at++)
        *at = *at == ' ' ? '-' : *at;
    FILE *file = fopen(path, "w");
    if (!file)
        return fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    og_status status = print_manual(file, command);
    if (fclose(file) != 0 && status == OG_OK)
        status = fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    return status;
}

static og_status write_manuals(const char *folder)
{
    TRY(make_folder(folder));
    TRY(write_manual(folder, NULL));
    for (const cli_command *const *at = commands; *at; at++)
        TRY(write_manual(folder, *at));
    return OG_OK;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    int used, given = !positionals[0] ? 0 : !positionals[1] ? 1 : 2;
    if (settings->manual[0])
        return write_manuals(settings->manual);
    if (settings->completion)
        return print_completion(stdout);
    const cli_command *command = find_command(given, positionals, &used);
    if (given > 0 && (!command || used < given)) {
        if (given > 1 || !find_family(positionals[0]))
            return fail(OG_ERR_NAME, "there is no command '%s%s%s'", positionals[0], given > 1 ? " " : "",
                        given > 1 ? positionals[1] : "");
        print_overview(stdout, positionals[0]);
        return OG_OK;
    }
    if (command)
        return print_help(stdout, command);
    print_overview(stdout, NULL);
    return OG_OK;
}

const cli_command help_command = {
    .name = "help",
    .summary = "explain a command",
    .positionals = {{"COMMAND", "the command to explain"}, {"PART", "its second word, as in 'act show'"}},
    .optional = 2,
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description = "Prints what a command does, its options with defaults and ranges, examples and exit codes. Without "
                   "COMMAND it lists the commands.",
    .examples = "  ogive help train\n"
                "  ogive help act show\n"
                "  ogive help --bash-completion > ~/.local/share/bash-completion/completions/ogive\n",
    .run = run,
};
