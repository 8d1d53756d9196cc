/* Sets of whole numbers as people write them: 7, 50-69, [50-69, 105-124]; a colour #rrggbb stands for its number. */
#ifndef OG_DATA_RANGES_H
#define OG_DATA_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/yaml.h"

typedef struct og__range {
    int64_t first, last; /* both included */
} og__range;

/* Zero-initialised is the empty set. */
typedef struct og__ranges {
    size_t count;
    og__range *items; /* (count) */
    bool colours;     /* some are written as colours */
} og__ranges;

/* Read one value or a list of values; OG_ERR_SYNTAX with the line. `what` is how messages call them. */
og_status og__ranges_read(const og__yaml *node, const char *what, og__ranges *ranges);
void og__ranges_deinit(og__ranges *ranges);

/* Append first to last, both included. */
og_status og__ranges_add(og__ranges *ranges, int64_t first, int64_t last);

/* Read a list as people type it: "255", "250-255,0", "#ff00ff" (a colour is its number 0xff00ff). */
og_status og__ranges_parse(const char *text, og__ranges *ranges);

bool og__ranges_has(const og__ranges *ranges, int64_t value);

/* Whether two lists share a value, and one such. */
bool og__ranges_meet(const og__ranges *a, const og__ranges *b, int64_t *value);

#endif
