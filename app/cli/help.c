#include "help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <ogive/version.h>

#include "arguments.h"
#include "failure.h"

enum { WIDTH = 80, COLUMN = 26 };

/* Print words from column `at` on, starting new lines at `indent`. */
static void print_wrapped(FILE *file, const char *text, int at, int indent)
{
    while (*text) {
        size_t length = strcspn(text, " \n");
        if (at > indent && at + 1 + (int)length > WIDTH) {
            fprintf(file, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', file);
            at++;
        }
        fprintf(file, "%.*s", (int)length, text);
        at += (int)length;
        text += length;
        text += strspn(text, " ");
        if (*text == '\n') { /* an empty line in the text starts a paragraph */
            size_t breaks = strspn(text, "\n");
            text += breaks;
            fprintf(file, breaks > 1 ? "\n\n%*s" : "\n%*s", indent, "");
            at = indent;
        }
    }
    fputc('\n', file);
}

void format_name(const og_option *option, size_t size, char text[size])
{
    snprintf(text, size, "%s", option->name);
    for (char *at = text; *at; at++)
        *at = *at == '_' ? '-' : *at;
}

void format_placeholder(const og_option *option, size_t size, char text[size])
{
    switch (option->type) {
    case OG_OPTION_FLAG:
        text[0] = '\0';
        return;
    case OG_OPTION_INT:
        snprintf(text, size, " N");
        return;
    case OG_OPTION_REAL:
        snprintf(text, size, " X");
        return;
    case OG_OPTION_CHOICE:
        snprintf(text, size, " NAME");
        return;
    case OG_OPTION_TEXT:
    case OG_OPTION_LIST: /* the unit of a text is what it names: "file", "folder", "formula" */
        snprintf(text, size, " %s", option->unit ? option->unit : "text");
        for (char *at = text; *at; at++)
            *at = (char)toupper((unsigned char)*at);
        return;
    }
}

/* "a|b|c", or "a, b, c" where a line has to break in between. */
static void format_choices(const char *choices, size_t size, char text[size])
{
    enum { BREAK_AT = 50 };
    const char *gap = strlen(choices) > BREAK_AT ? ", " : "|";
    size_t used = 0;
    for (; *choices && used + 3 < size; choices++) {
        if (*choices == '|')
            used += (size_t)snprintf(text + used, size - used, "%s", gap);
        else
            text[used++] = *choices;
    }
    text[used] = '\0';
}

/* A bound beyond this is none: nobody types it. */
static const double unbounded = 9e15;

void format_domain(const og_option *option, size_t size, char text[size])
{
    char range[DOMAIN_BYTES - 64] = "";
    bool low = option->min > -unbounded, high = option->max < unbounded;
    const char *unit = option->unit ? option->unit : "", *gap = option->unit ? " " : "";
    if (option->type == OG_OPTION_CHOICE)
        format_choices(option->choices, sizeof range, range);
    else if (option->type != OG_OPTION_INT && option->type != OG_OPTION_REAL)
        range[0] = '\0';
    else if (low && high)
        snprintf(range, sizeof range, "%.15g to %.15g%s%s", option->min, option->max, gap, unit);
    else if (low)
        snprintf(range, sizeof range, "at least %.15g%s%s", option->min, gap, unit);
    else if (high)
        snprintf(range, sizeof range, "at most %.15g%s%s", option->max, gap, unit);
    else
        snprintf(range, sizeof range, "%s", unit);
    bool quiet = option->type == OG_OPTION_FLAG && strcmp(option->initial, "true") != 0;
    const char *initial = option->type == OG_OPTION_FLAG ? "on" : option->initial;
    bool has_initial = !quiet && initial[0];
    snprintf(text, size, "%s%s%s%s", range, range[0] && has_initial ? "; " : "", has_initial ? "default " : "",
             has_initial ? initial : "");
}

static void print_option(FILE *file, const og_option *option)
{
    char name[64], value[64], domain[DOMAIN_BYTES], flag[256], text[2048];
    format_name(option, sizeof name, name);
    format_placeholder(option, sizeof value, value);
    format_domain(option, sizeof domain, domain);
    bool on = option->type == OG_OPTION_FLAG && strcmp(option->initial, "true") == 0;
    bool letter = alias_is_letter(option), longer = option->alias && !letter;
    int at =
        snprintf(flag, sizeof flag, "  %s%s%s--%s%s%s%s%s", letter ? "-" : "", letter ? option->alias : "",
                 letter ? ", " : "", on ? "[no-]" : "", name, longer ? ", --" : "", longer ? option->alias : "", value);
    fputs(flag, file);
    if (at + 2 > COLUMN)
        fprintf(file, "\n%*s", COLUMN, "");
    else
        fprintf(file, "%*s", COLUMN - at, "");
    snprintf(text, sizeof text, "%s%s%s%s", option->help, domain[0] ? " (" : "", domain, domain[0] ? ")" : "");
    print_wrapped(file, text, COLUMN, COLUMN);
}

/* Whether an option before this one has the same topic, so that its heading is already printed. */
static bool topic_seen(const cli_arguments *arguments, size_t group, size_t row)
{
    const char *topic = arguments->groups[group].table.options[row].topic;
    for (size_t i = 0; i <= group; i++)
        for (size_t j = 0; j < (i == group ? row : arguments->groups[i].table.count); j++)
            if (strcmp(arguments->groups[i].table.options[j].topic, topic) == 0)
                return true;
    return false;
}

static void print_topic(FILE *file, const cli_arguments *arguments, const char *topic)
{
    fprintf(file, "\n%s\n", topic);
    for (size_t i = 0; i < arguments->group_count; i++)
        for (size_t j = 0; j < arguments->groups[i].table.count; j++)
            if (strcmp(arguments->groups[i].table.options[j].topic, topic) == 0)
                print_option(file, &arguments->groups[i].table.options[j]);
}

void each_exit_code(void (*visit)(FILE *file, int code, const char *meanings), FILE *file)
{
    for (int status = OG_OK; status <= OG_ERR_STOPPED; status++) {
        int code = og_status_exit_code((og_status)status);
        if (status > OG_OK && og_status_exit_code((og_status)(status - 1)) == code)
            continue; /* kinds that share a code stand together in status.def */
        char meanings[512] = "";
        size_t length = 0;
        for (int other = status; other <= OG_ERR_STOPPED && og_status_exit_code((og_status)other) == code; other++)
            length += (size_t)snprintf(meanings + length, sizeof meanings - length, "%s%s", length ? "; " : "",
                                       og_status_meaning((og_status)other));
        visit(file, code, meanings);
    }
}

static void print_exit_code(FILE *file, int code, const char *meanings)
{
    int at = fprintf(file, "  %3d  ", code);
    print_wrapped(file, meanings, at, at);
}

og_status print_help(FILE *file, const cli_command *command)
{
    cli_arguments arguments;
    TRY(arguments_init(command, &arguments));
    fprintf(file, "ogive %s: %s\n\nUsage: ogive %s", command->name, command->summary, command->name);
    size_t count = 0;
    while (count < POSITIONALS_MAX && command->positionals[count].name)
        count++;
    for (size_t i = 0; i < count; i++)
        fprintf(file, i + command->optional < count ? " %s" : " [%s]", command->positionals[i].name);
    fputs(command->repeated ? " ... [options]\n\n" : " [options]\n\n", file);
    for (size_t i = 0; i < count; i++) {
        int at = fprintf(file, "  %-22s", command->positionals[i].name);
        fprintf(file, "%*s", at < COLUMN ? COLUMN - at : 2, "");
        print_wrapped(file, command->positionals[i].help, COLUMN, COLUMN);
    }
    if (count > 0)
        fputc('\n', file);
    print_wrapped(file, command->description, 0, 0);
    for (size_t i = 0; i < arguments.group_count; i++)
        for (size_t j = 0; j < arguments.groups[i].table.count; j++)
            if (!topic_seen(&arguments, i, j))
                print_topic(file, &arguments, arguments.groups[i].table.options[j].topic);
    fprintf(file, "\nExamples\n%s\nExit codes\n", command->examples);
    each_exit_code(print_exit_code, file);
    arguments_deinit(&arguments);
    return OG_OK;
}

void print_overview(FILE *file, const char *family)
{
    if (!family)
        fprintf(file, "ogive %s: which activation functions should your U-Net use?\n\nUsage: ogive COMMAND ...\n\n",
                og_version());
    size_t length = family ? strlen(family) : 0;
    for (const cli_command *const *at = commands; *at; at++)
        if (!family || (strncmp((*at)->name, family, length) == 0 && (*at)->name[length] == ' '))
            fprintf(file, "  %-14s %s\n", (*at)->name, (*at)->summary);
    fprintf(file, "\n'ogive help COMMAND' explains one command.\n");
}

/* The number of words of `name` when argv begins with them, else 0. */
static int match_words(const char *name, int argc, const char *const *argv)
{
    int words = 0;
    for (const char *at = name; *at; words++) {
        size_t length = strcspn(at, " ");
        if (words >= argc || strlen(argv[words]) != length || strncmp(argv[words], at, length) != 0)
            return 0;
        at += length;
        at += strspn(at, " ");
    }
    return words;
}

const char *find_family(const char *word)
{
    size_t length = strlen(word);
    for (const cli_command *const *at = commands; *at; at++)
        if (strncmp((*at)->name, word, length) == 0 && (*at)->name[length] == ' ')
            return word;
    return NULL;
}

const cli_command *find_command(int argc, const char *const *argv, int *used)
{
    for (const cli_command *const *at = commands; *at; at++)
        if ((*used = match_words((*at)->name, argc, argv)) > 0)
            return *at;
    return NULL;
}
