#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 2048 };

static _Thread_local char error_text[TEXT_BYTES];

static const struct {
    const char *meaning;
    int exit_code;
} kinds[] = {
#define OG_STATUS(name, code, text) {text, code},
#include <ogive/status.def>
#undef OG_STATUS
};

_Static_assert(sizeof kinds / sizeof kinds[0] == OG_ERR_STOPPED + 1, "status.def and og_status list the same kinds");

const char *og_error_text(void)
{
    return error_text;
}

const char *og_status_meaning(og_status status)
{
    return status <= OG_ERR_STOPPED ? kinds[status].meaning : "an unknown status";
}

int og_status_exit_code(og_status status)
{
    return status <= OG_ERR_STOPPED ? kinds[status].exit_code : 1;
}

og_status og__fail(og_status status, const char *format, ...)
{
    char text[TEXT_BYTES]; /* the arguments may point into error_text */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return og__fail_copy(status, text);
}

og_status og__fail_in(og_status status, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length >= 0 && length < (int)sizeof text)
        snprintf(text + length, sizeof text - (size_t)length, ": %s", error_text);
    return og__fail_copy(status, text);
}

og_status og__fail_copy(og_status status, const char *text)
{
    snprintf(error_text, sizeof error_text, "%s", text);
    return status;
}

og_status og__fail_file(const char *action, const char *path)
{
    return og__fail(OG_ERR_FILE, "cannot %s '%s': %s", action, path, strerror(errno));
}
