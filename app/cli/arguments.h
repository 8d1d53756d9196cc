/* From argv to a command's settings. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/config.h>

#include "command.h"

typedef struct cli_arguments {
    const cli_command *command;
    void *settings; /* command->settings_bytes */
    og_config_target
        groups[GROUPS_MAX]; /* the command's tables without what it excepts, with their structs in `settings` */
    size_t group_count;
    const char *positionals[ARGUMENTS_MAX + 1]; /* borrowed from argv; NULL where left out, and at the end */
    bool help;                                  /* --help was given; nothing else was checked */
} cli_arguments;

/*
 * Read a command line: defaults, then the file of --config, then the options in argv.
 *
 * @param argv  what follows the command's name; must outlive `arguments`
 */
og_status arguments_parse(const cli_command *command, int argc, char *const *argv, cli_arguments *arguments);
void arguments_deinit(cli_arguments *arguments);

/* Prepare the option tables and defaults alone, as help needs them. */
og_status arguments_init(const cli_command *command, cli_arguments *arguments);

/* Whether an option's alias is a single letter, which stands after one dash. */
bool alias_is_letter(const og_option *option);

#endif
