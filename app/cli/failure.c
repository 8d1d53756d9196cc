#include "failure.h"

#include <stdarg.h>
#include <stdio.h>

static char text[2048];

og_status fail(og_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return status;
}

const char *failure_text(void)
{
    return text[0] ? text : og_error_text();
}
