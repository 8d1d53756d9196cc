/* What is worth telling a user about a data set that works. */
#ifndef OG_DATA_FINDINGS_H
#define OG_DATA_FINDINGS_H

#include <stdbool.h>

#include <ogive/data.h>

#include "base/status.h"
#include "base/text.h"

typedef struct og__findings {
    size_t count, capacity;
    og_finding *items;
} og__findings;

/* Add one sentence without a full stop, unless it is there already. */
og_status og__findings_add(og__findings *findings, og_severity severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Append copies of all findings of `from`. */
og_status og__findings_copy(og__findings *findings, const og__findings *from);
void og__findings_deinit(og__findings *findings);

/* Names in a message: collects the first few, and how many there are. */
typedef struct og__names {
    og__text text; /* "a.png, b.png" */
    size_t count;
    bool ended; /* the text says how many more there are */
} og__names;

void og__names_add(og__names *names, const char *name);

/* "a.png, b.png and 12 more"; lives until og__names_deinit(). */
const char *og__names_get(og__names *names);
void og__names_deinit(og__names *names);

#endif
