/* Manual pages (roff, man macros) and bash completion: the declarations in two more notations. */
#include "help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <ogive/version.h>

#include "arguments.h"
#include "failure.h"

/* Print text with what roff would take as a request or an escape made literal. */
static void print_roff(FILE *file, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", file);
        if (*text == '\\')
            fputs("\\e", file);
        else if (*text == '-')
            fputs("\\-", file);
        else if (*text == '\n' && text[1] == '\n')
            fputs("\n.PP", file);
        else
            fputc(*text, file);
        line_start = *text == '\n';
    }
    fputc('\n', file);
}

static void print_heading(FILE *file, const char *name, const char *summary)
{
    fprintf(file, ".TH OGIVE");
    for (const char *at = name; *at; at++)
        fputc(*at == ' ' ? '-' : toupper((unsigned char)*at), file);
    fprintf(file, " 1 \"\" \"ogive %s\" \"ogive manual\"\n.SH NAME\nogive", og_version());
    for (const char *at = name; *at; at++)
        fputs(*at == ' ' || *at == '-' ? "\\-" : (char[]){*at, '\0'}, file);
    fputs(" \\- ", file);
    print_roff(file, summary);
}

static void print_option(FILE *file, const og_option *option)
{
    char name[64], value[64], domain[DOMAIN_BYTES];
    format_name(option, sizeof name, name);
    format_placeholder(option, sizeof value, value);
    format_domain(option, sizeof domain, domain);
    bool on = option->type == OG_OPTION_FLAG && strcmp(option->initial, "true") == 0;
    fputs(".TP\n.B ", file);
    if (alias_is_letter(option))
        fprintf(file, "\\-%s, ", option->alias);
    fprintf(file, "\\-\\-%s", on ? "[no\\-]" : "");
    for (const char *at = name; *at; at++)
        fputs(*at == '-' ? "\\-" : (char[]){*at, '\0'}, file);
    if (option->alias && !alias_is_letter(option))
        fprintf(file, ", \\-\\-%s", option->alias);
    fprintf(file, "%s\n", value);
    print_roff(file, option->help);
    if (domain[0]) {
        fputs(".br\n", file);
        print_roff(file, domain);
    }
}

static void print_exit_code(FILE *file, int code, const char *meanings)
{
    fprintf(file, ".TP\n.B %d\n", code);
    print_roff(file, meanings);
}

static void print_exit_codes(FILE *file)
{
    fputs(".SH EXIT STATUS\n", file);
    each_exit_code(print_exit_code, file);
}

static void print_program(FILE *file)
{
    print_heading(file, "", "find the activation functions that a U-Net should use");
    fputs(".SH SYNOPSIS\n.B ogive\n.I COMMAND\n[arguments] [options]\n.br\n.B ogive \\-\\-version\n.SH COMMANDS\n",
          file);
    for (const cli_command *const *at = commands; *at; at++) {
        fprintf(file, ".TP\n.B %s\n", (*at)->name);
        print_roff(file, (*at)->summary);
    }
    fputs(".SH ENVIRONMENT\n.TP\n.B OGIVE_ISA\nbaseline, avx2 or avx512: use no wider instruction set than this.\n"
          ".TP\n.B OGIVE_CC\nThe C compiler for formulas (default: cc, gcc or clang, whichever there is).\n"
          ".TP\n.B OGIVE_EXECUTOR\nbuilt\\-in, compiled or interpreter: what runs formulas.\n"
          ".TP\n.B OGIVE_CACHE\nFolder of compiled formulas (default: ogive in XDG_CACHE_HOME or ~/.cache).\n",
          file);
    print_exit_codes(file);
}

og_status print_manual(FILE *file, const cli_command *command)
{
    cli_arguments arguments;
    if (!command) {
        print_program(file);
        return OG_OK;
    }
    TRY(arguments_init(command, &arguments));
    char name[64];
    snprintf(name, sizeof name, " %s", command->name);
    print_heading(file, name, command->summary);
    fprintf(file, ".SH SYNOPSIS\n.B ogive %s\n", command->name);
    for (size_t i = 0; i < POSITIONALS_MAX && command->positionals[i].name; i++)
        fprintf(file, ".I %s\n", command->positionals[i].name);
    fputs(command->repeated ? "\\&... [options]\n.SH DESCRIPTION\n" : "[options]\n.SH DESCRIPTION\n", file);
    print_roff(file, command->description);
    for (size_t i = 0; i < POSITIONALS_MAX && command->positionals[i].name; i++) {
        fprintf(file, ".TP\n.I %s\n", command->positionals[i].name);
        print_roff(file, command->positionals[i].help);
    }
    fputs(".SH OPTIONS\n", file);
    for (size_t i = 0; i < arguments.group_count; i++)
        for (size_t j = 0; j < arguments.groups[i].table.count; j++)
            print_option(file, &arguments.groups[i].table.options[j]);
    fputs(".SH EXAMPLES\n.nf\n", file);
    print_roff(file, command->examples);
    fputs(".fi\n", file);
    print_exit_codes(file);
    fputs(".SH SEE ALSO\n.BR ogive (1)\n", file);
    arguments_deinit(&arguments);
    return OG_OK;
}

/* The words that may follow `family` (NULL: the first words), each once. */
static void print_words(FILE *file, const char *family)
{
    const char *last = "";
    size_t last_length = 0;
    for (const cli_command *const *at = commands; *at; at++) {
        const char *word = (*at)->name;
        if (family) {
            size_t length = strlen(family);
            if (strncmp(word, family, length) != 0 || word[length] != ' ')
                continue;
            word += length + 1;
        }
        size_t length = strcspn(word, " ");
        if (length != last_length || strncmp(word, last, length) != 0)
            fprintf(file, "%.*s ", (int)length, word);
        last = word;
        last_length = length;
    }
}

og_status print_completion(FILE *file)
{
    fputs("# bash completion for ogive\n_ogive() {\n    local word=${COMP_WORDS[COMP_CWORD]} options= words=\n"
          "    case \"${COMP_WORDS[*]:1:COMP_CWORD-1} \" in\n",
          file);
    for (const cli_command *const *at = commands; *at; at++) {
        cli_arguments arguments;
        TRY(arguments_init(*at, &arguments));
        fprintf(file, "    '%s '*) options='--help", (*at)->name);
        for (size_t i = 0; i < arguments.group_count; i++)
            for (size_t j = 0; j < arguments.groups[i].table.count; j++) {
                char name[64];
                format_name(&arguments.groups[i].table.options[j], sizeof name, name);
                fprintf(file, " --%s", name);
            }
        fputs("' ;;\n", file);
        arguments_deinit(&arguments);
    }
    fputs("    'act ') words='", file);
    print_words(file, "act");
    fputs("' ;;\n    'data ') words='", file);
    print_words(file, "data");
    fputs("' ;;\n    ' ') words='", file);
    print_words(file, NULL);
    fputs("' ;;\n    esac\n    if [[ $words || $word == -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words $options\" -- \"$word\")\n    fi\n}\n"
          "complete -o default -F _ogive ogive\n",
          file);
    return OG_OK;
}
