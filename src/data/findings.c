#include "data/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { NAMES_SHOWN = 8, SENTENCE_BYTES = 1024 };

og_status og__findings_add(og__findings *findings, og_severity severity, const char *format, ...)
{
    char text[SENTENCE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (size_t i = 0; i < findings->count; i++) /* each folder of a data set may find the same */
        if (strcmp(findings->items[i].text, text) == 0)
            return OG_OK;
    OG_TRY(og__list_grow(&findings->items, findings->count, &findings->capacity, sizeof *findings->items, "findings"));
    og_finding *finding = &findings->items[findings->count];
    finding->severity = severity;
    OG_TRY(og__copy_text(text, &finding->text));
    findings->count++;
    return OG_OK;
}

og_status og__findings_copy(og__findings *findings, const og__findings *from)
{
    for (size_t i = 0; i < from->count; i++)
        OG_TRY(og__findings_add(findings, from->items[i].severity, "%s", from->items[i].text));
    return OG_OK;
}

void og__findings_deinit(og__findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        free(findings->items[i].text);
    free(findings->items);
    *findings = (og__findings){0};
}

void og__names_add(og__names *names, const char *name)
{
    if (names->count < NAMES_SHOWN)
        og__text_format(&names->text, "%s%s", names->count ? ", " : "", name);
    names->count++;
}

const char *og__names_get(og__names *names)
{
    if (names->count > NAMES_SHOWN && !names->ended)
        og__text_format(&names->text, " and %zu more", names->count - NAMES_SHOWN);
    names->ended = true;
    return og__text_get(&names->text);
}

void og__names_deinit(og__names *names)
{
    og__text_deinit(&names->text);
    *names = (og__names){0};
}
