#include "failure.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_BYTES = 2048 };

static char text[TEXT_BYTES];

og_status fail(og_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return status;
}

og_status fail_in(og_status status, const char *format, ...)
{
    char context[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    char cause[TEXT_BYTES];
    snprintf(cause, sizeof cause, "%s", failure_text());
    return fail(status, "%s: %s", context, cause);
}

const char *failure_text(void)
{
    return text[0] ? text : og_error_text();
}
