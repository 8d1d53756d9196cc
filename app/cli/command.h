/* A subcommand, declared once: parsing, help, manual page and completion read the declaration. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/option.h>
#include <ogive/status.h>

enum { POSITIONALS_MAX = 3, GROUPS_MAX = 4, ARGUMENTS_MAX = 16 };

typedef struct positional {
    const char *name; /* "DATA" */
    const char *help; /* one sentence without a full stop */
} positional;

/* A table of options, and where its struct stands within the command's settings. */
typedef struct option_group {
    og_option_table (*table)(void);
    size_t offset;
    const char *except; /* options that this command does not take, "act seed", or NULL */
    const char *only;   /* the options that it takes, and no others; or NULL */
} option_group;

typedef struct cli_command {
    const char *name;                        /* "act show" */
    const char *summary;                     /* one line for the overview, without a full stop */
    positional positionals[POSITIONALS_MAX]; /* up to the first without a name */
    size_t optional;                         /* how many of the last positionals may be left out */
    bool repeated;                           /* the last positional may be given again, up to ARGUMENTS_MAX in all */
    bool parallel;                           /* computes by several threads */
    const char *required;                    /* an option that must be given, or NULL */
    option_group groups[GROUPS_MAX];         /* up to the first without a table */
    size_t settings_bytes;
    const char *description;                                                /* paragraphs, separated by an empty line */
    const char *examples;                                                   /* shell lines */
    og_status (*run)(const void *settings, const char *const *positionals); /* NULL behind the last */
} cli_command;

/* Each stands in the file of its name. */
extern const cli_command act_list_command, act_show_command, act_compare_command, act_eval_command, act_emit_command,
    act_document_command, data_check_command, data_preview_command, train_command, lr_find_command, cv_command,
    compare_command, tune_command, search_command, worker_command, study_show_command, study_export_command,
    study_profile_command, study_resume_command, study_workers_command, emit_command, predict_command, eval_command,
    import_command, export_command, net_show_command, bench_step_command, bench_infer_command, bench_act_command,
    help_command;

/* Every command, in the order of the overview; NULL at the end. */
extern const cli_command *const commands[];

/* Options that several commands declare in tables of their own; `type` is the command's settings struct. */
#define OPTION_JSON(type)                                                                                              \
    {                                                                                                                  \
        "json", NULL, OG_OPTION_FLAG, offsetof(type, json), "false", 0, 0, NULL, NULL, "Output",                       \
            "Print machine-readable JSON on standard output"                                                           \
    }
#define OPTION_QUIET(type)                                                                                             \
    {                                                                                                                  \
        "quiet", "q", OG_OPTION_FLAG, offsetof(type, quiet), "false", 0, 0, NULL, NULL, "Output",                      \
            "Show no progress; there is none either when standard error is not a terminal"                             \
    }
#define OPTION_CONFIG(type)                                                                                            \
    {                                                                                                                  \
        "config", "c", OG_OPTION_TEXT, offsetof(type, config), "", 0, 0, NULL, "file", "Settings",                     \
            "Read options from a YAML file of 'name: value' lines; the command line wins"                              \
    }
#define OPTION_OUTPUT(type, unit, help)                                                                                \
    {                                                                                                                  \
        "output", "o", OG_OPTION_TEXT, offsetof(type, output), "", 0, 0, NULL, unit, "Output", help                    \
    }
#define OPTION_THREADS(type)                                                                                           \
    {                                                                                                                  \
        "threads", "j", OG_OPTION_INT, offsetof(type, threads), "0", 0, 1024, NULL, NULL, "Running",                   \
            "Cores to compute on; 0 takes all"                                                                         \
    }

#define OPTION_WORKERS(type)                                                                                           \
    {                                                                                                                  \
        "workers", "w", OG_OPTION_INT, offsetof(type, workers), "1", 1, 256, NULL, "processes", "Running",             \
            "Processes that train at the same time, each on its share of the cores; more may join with 'ogive worker'" \
    }

#endif
