#include "emission.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "failure.h"

og_option_table emission_options(void)
{
    static const og_option rows[] = {
        {"to", NULL, OG_OPTION_TEXT, offsetof(emission, to), "", 0, 0, NULL, "target", "Target",
         "What to write: c, cuda, onnx, pytorch, jax or latex"},
        {"name", NULL, OG_OPTION_TEXT, offsetof(emission, name), "", 0, 0, NULL, "name", "Target",
         "Name of the function, class or graph; without it the catalogue's name, or 'activation'"},
        {"native", NULL, OG_OPTION_FLAG, offsetof(emission, native), "false", 0, 0, NULL, NULL, "ONNX",
         "Use the one operator that is this function, instead of elementary ones"},
        {"opset", NULL, OG_OPTION_INT, offsetof(emission, opset), "0", 0, 24, NULL, NULL, "ONNX",
         "Version of the operator set, 13 to 24; 0 takes 17, or what the native operator needs"},
        {"channels", NULL, OG_OPTION_INT, offsetof(emission, channels), "0", 0, 1 << 20, NULL, NULL, "ONNX",
         "Number of channels that the function gives; 0 leaves it open"},
        OPTION_OUTPUT(emission, "file", "Write to this file; '-' or nothing is standard output"),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static bool is_standard_output(const char *path)
{
    return path[0] == '\0' || strcmp(path, "-") == 0;
}

og_status emission_check(const emission *settings)
{
    for (size_t i = 0; i < og_emit_target_count(); i++)
        if (strcmp(og_emit_target_at(i)->name, settings->to) == 0 && og_emit_target_at(i)->binary &&
            is_standard_output(settings->output) && isatty(STDOUT_FILENO))
            return fail(OG_ERR_ARGUMENT,
                        "a model of %s is binary and nothing for a terminal: give a file with '--output'",
                        settings->to);
    return OG_OK;
}

static og_status write_file(const char *path, const char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    bool written = fwrite(bytes, 1, count, file) == count;
    int reason = errno;
    if (fclose(file) != 0 || !written)
        return fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(written ? errno : reason));
    return OG_OK;
}

og_status emission_write(const emission *settings, const og_act *act)
{
    og_status status = OG_OK;
    char *bytes = NULL;
    size_t count;
    og_emit_options options = {.name = settings->name[0] ? settings->name : NULL,
                               .native = settings->native,
                               .opset = (int)settings->opset,
                               .channels = (int)settings->channels};
    GO(og_act_emit(act, settings->to, &options, &bytes, &count));
    if (is_standard_output(settings->output))
        fwrite(bytes, 1, count, stdout);
    else
        GO(write_file(settings->output, bytes, count));
done:
    free(bytes);
    return status;
}
