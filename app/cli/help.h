/* What people read about the commands: overview, help of one command, manual pages, completion. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "command.h"

/* Print all commands whose names begin with the word `family` ("act"), or all of them when NULL. */
void print_overview(FILE *file, const char *family);

/* Print the whole help of one command. */
og_status print_help(FILE *file, const cli_command *command);

/* Print a manual page (roff); of the program itself when `command` is NULL. */
og_status print_manual(FILE *file, const cli_command *command);

/* Print a bash completion script. */
og_status print_completion(FILE *file);

/* Find a command by the words of its name at the start of argv; *used is how many words it has. NULL when there is
 * none. */
const cli_command *find_command(int argc, const char *const *argv, int *used);

/* The word itself where it is the first of a two-word command ("act"), else NULL. */
const char *find_family(const char *word);

/* Write an option's name as people type it: "flip-x", also where its table has "flip_x". */
void format_name(const og_option *option, size_t size, char text[size]);

/* Write " EXPR", " N", ... : what stands for an option's value in help; "" for a flag. */
void format_placeholder(const og_option *option, size_t size, char text[size]);

/* Room for what format_domain() writes: the longest list of choices. */
enum { DOMAIN_BYTES = 1024 };

/* Write "1 to 8 stages, default 4": what an option accepts. */
void format_domain(const og_option *option, size_t size, char text[size]);

/* Call `visit` once per exit code with all meanings that share it. */
void each_exit_code(void (*visit)(FILE *file, int code, const char *meanings), FILE *file);

#endif
