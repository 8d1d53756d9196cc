#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/preset.h>

#include "failure.h"

bool alias_is_letter(const og_option *option)
{
    return option->alias && strlen(option->alias) == 1;
}

/* Whether `name` is a word of the space-separated `list`. */
static bool has_word(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at && (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static bool takes(const option_group *group, const char *name)
{
    return group->only ? has_word(group->only, name) : !has_word(group->except, name);
}

/* Copy of a group's table what the command takes. */
static og_status copy_table(const option_group *group, og_option_table *table)
{
    og_option_table all = group->table();
    og_option *rows = malloc((all.count + 1) * sizeof *rows);
    if (!rows)
        return fail(OG_ERR_MEMORY, "out of memory");
    *table = (og_option_table){rows, 0};
    for (size_t i = 0; i < all.count; i++)
        if (takes(group, all.options[i].name))
            rows[table->count++] = all.options[i];
    return OG_OK;
}

og_status arguments_init(const cli_command *command, cli_arguments *arguments)
{
    og_status status = OG_OK;
    *arguments = (struct cli_arguments){.command = command};
    arguments->settings = calloc(1, command->settings_bytes + 1);
    if (!arguments->settings)
        return fail(OG_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < GROUPS_MAX && command->groups[i].table; i++) {
        const option_group *group = &command->groups[i];
        og_config_target *target = &arguments->groups[i];
        target->settings = (char *)arguments->settings + group->offset;
        /* All of the table gets its default; only what the command takes can be changed afterwards. */
        GO(og_options_init(group->table(), target->settings));
        arguments->group_count++;
        GO(copy_table(group, &target->table));
    }
done:
    if (status != OG_OK)
        arguments_deinit(arguments);
    return status;
}

void arguments_deinit(cli_arguments *arguments)
{
    for (size_t i = 0; i < arguments->group_count; i++) {
        og_options_deinit(arguments->command->groups[i].table(), arguments->groups[i].settings);
        free((void *)arguments->groups[i].table.options);
    }
    free(arguments->settings);
    *arguments = (struct cli_arguments){0};
}

/* Find an option by name or alias, where a one-letter alias counts only with one dash and a name only with two. */
static const og_option *find_option(const cli_arguments *arguments, const char *name, bool one_dash, void **settings)
{
    for (size_t i = 0; i < arguments->group_count; i++) {
        const og_option *option = og_option_find(arguments->groups[i].table, name);
        if (!option || (strlen(name) == 1 && alias_is_letter(option)) != one_dash)
            continue;
        if (settings)
            *settings = arguments->groups[i].settings;
        return option;
    }
    return NULL;
}

/* The long option nearest to a mistyped name, or NULL. */
static const char *nearest_option(const cli_arguments *arguments, const char *name)
{
    const char *names[256] = {"help"};
    size_t count = 1;
    for (size_t i = 0; i < arguments->group_count; i++)
        for (size_t j = 0; j < arguments->groups[i].table.count && count < 256; j++)
            names[count++] = arguments->groups[i].table.options[j].name;
    return og_name_nearest(name, names, count);
}

static og_status fail_unknown(const cli_arguments *arguments, const char *flag, const char *name)
{
    const char *near = nearest_option(arguments, name);
    if (near)
        return fail(OG_ERR_ARGUMENT, "unknown option '%s'; did you mean '--%s'?", flag, near);
    if (flag[1] != '-')
        return fail(OG_ERR_ARGUMENT, "unknown option '%s'; a value that begins with '-' goes after '--'", flag);
    return fail(OG_ERR_ARGUMENT, "unknown option '%s'", flag);
}

/* One option as it was given: `value` is NULL for a flag without one. */
typedef struct assignment {
    const og_option *option;
    void *settings;
    const char *value;
} assignment;

/* Read the option at argv[*at], with its value where it needs one, and step over both. */
static og_status read_option(const cli_arguments *arguments, int argc, char *const *argv, int *at, assignment *result)
{
    char name[128];
    const char *flag = argv[(*at)++];
    bool one_dash = flag[1] != '-';
    const char *start = flag + (one_dash ? 1 : 2), *equals = strchr(start, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - start : (long)strlen(start)), start);
    result->option = find_option(arguments, name, one_dash, &result->settings);
    result->value = equals ? equals + 1 : NULL;
    if (!result->option && !one_dash && strncmp(name, "no-", 3) == 0) {
        result->option = find_option(arguments, name + 3, false, &result->settings);
        bool text = result->option && result->option->type == OG_OPTION_TEXT && result->option->choices;
        if (result->option && ((result->option->type != OG_OPTION_FLAG && !text) || equals))
            return fail(OG_ERR_ARGUMENT, "option '%s' is not a switch that '--no-' turns off", flag);
        result->value = text ? result->option->choices : "false";
    }
    if (!result->option)
        return fail_unknown(arguments, flag, name);
    if (result->value)
        return OG_OK;
    if (result->option->type == OG_OPTION_FLAG) {
        result->value = "true";
        return OG_OK;
    }
    bool option_follows =
        *at < argc && strncmp(argv[*at], "--", 2) == 0 && find_option(arguments, argv[*at] + 2, false, NULL);
    if (*at >= argc || option_follows)
        return fail(OG_ERR_ARGUMENT, "option '%s' needs a value", flag);
    result->value = argv[(*at)++];
    return OG_OK;
}

/* "--NAME auto" switches on what a command has as --NAME-auto. */
static void read_auto(const cli_arguments *arguments, assignment *given)
{
    char name[128];
    void *settings;
    if (given->option->type != OG_OPTION_REAL || !given->value || strcmp(given->value, "auto") != 0)
        return;
    snprintf(name, sizeof name, "%s-auto", given->option->name);
    const og_option *found = find_option(arguments, name, false, &settings);
    if (found)
        *given = (assignment){found, settings, "true"};
}

static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

/* Split argv into assignments (in order) and positionals. */
static og_status read_arguments(cli_arguments *arguments, int argc, char *const *argv, assignment *assignments,
                                size_t *assignment_count)
{
    size_t positional_count = 0, accepted = 0;
    const cli_command *command = arguments->command;
    while (accepted < POSITIONALS_MAX && command->positionals[accepted].name)
        accepted++;
    size_t named = accepted;
    if (command->repeated)
        accepted = ARGUMENTS_MAX;
    bool options_over = false;
    for (int at = 0; at < argc;) {
        if (!options_over && strcmp(argv[at], "--") == 0) {
            options_over = true;
            at++;
        } else if (!options_over && (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)) {
            arguments->help = true;
            return OG_OK;
        } else if (!options_over && is_option(argv[at])) {
            TRY(read_option(arguments, argc, argv, &at, &assignments[*assignment_count]));
            read_auto(arguments, &assignments[*assignment_count]);
            ++*assignment_count;
        } else if (positional_count < accepted) {
            arguments->positionals[positional_count++] = argv[at++];
        } else {
            return fail(OG_ERR_ARGUMENT, "too many arguments: '%s'", argv[at]);
        }
    }
    if (positional_count + command->optional < named)
        return fail(OG_ERR_ARGUMENT, "%s is missing: %s", command->positionals[positional_count].name,
                    command->positionals[positional_count].help);
    return OG_OK;
}

/* What is given on the command line takes the place of the configuration's value, a list as a whole. */
static og_status apply_one(const assignment *assignments, size_t index)
{
    const assignment *a = &assignments[index];
    bool first = true;
    for (size_t i = 0; i < index; i++)
        first &= assignments[i].option != a->option;
    if (first && a->option->type == OG_OPTION_LIST)
        TRY(og_option_set(a->option, a->settings, ""));
    return og_option_add(a->option, a->settings, a->value);
}

/* Options that set others, which may be given beside them: the weaker one first. */
static const struct {
    const char *name;
    og_status (*apply)(og_train_options *options);
} bases[] = {{"from", og_preset_apply_model}, {"preset", og_preset_apply}, {"recipe", og_recipe_apply}};

enum { BASES = sizeof bases / sizeof bases[0] };

/* In a configuration, too, they come before all else. */
static og_status load_config(const cli_arguments *arguments, const char *path)
{
    TRY(og_config_load(path, arguments->groups, arguments->group_count));
    for (size_t b = 0; b < BASES; b++) {
        void *settings = NULL;
        if (find_option(arguments, bases[b].name, false, &settings))
            TRY(bases[b].apply(settings));
    }
    return og_config_load(path, arguments->groups, arguments->group_count);
}

static og_status apply(const cli_arguments *arguments, const assignment *assignments, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(assignments[i].option->name, "config") == 0)
            TRY(load_config(arguments, assignments[i].value));
    for (size_t b = 0; b < BASES; b++)
        for (size_t i = 0; i < count; i++)
            if (strcmp(assignments[i].option->name, bases[b].name) == 0) {
                TRY(apply_one(assignments, i));
                TRY(bases[b].apply(assignments[i].settings));
            }
    for (size_t i = 0; i < count; i++)
        TRY(apply_one(assignments, i));
    return OG_OK;
}

static og_status check_required(const cli_arguments *arguments)
{
    void *settings = NULL;
    const char *name = arguments->command->required;
    const og_option *option = name ? find_option(arguments, name, false, &settings) : NULL;
    if (!option)
        return OG_OK;
    const char *text = *(char *const *)((const char *)settings + option->offset);
    if (text[0])
        return OG_OK;
    return fail(OG_ERR_ARGUMENT, "option '--%s' is missing: %s", name, option->help);
}

og_status arguments_parse(const cli_command *command, int argc, char *const *argv, cli_arguments *arguments)
{
    og_status status = OG_OK;
    assignment *assignments = NULL;
    size_t count = 0;
    TRY(arguments_init(command, arguments));
    assignments = calloc((size_t)argc + 1, sizeof *assignments);
    if (!assignments) {
        status = fail(OG_ERR_MEMORY, "out of memory");
        goto done;
    }
    GO(read_arguments(arguments, argc, argv, assignments, &count));
    if (arguments->help)
        goto done;
    GO(apply(arguments, assignments, count));
    GO(check_required(arguments));
done:
    free(assignments);
    if (status != OG_OK)
        arguments_deinit(arguments);
    return status;
}
