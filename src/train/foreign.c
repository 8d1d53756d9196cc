#include "train/foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/foreign.h>

const og__foreign_about og__foreigns[OG_FOREIGN_COUNT] = {
#define OG_FOREIGN(id, name, presets, free) {name, presets, free},
#define OG_FOREIGN_KEY(id, ours, theirs)
#include "train/foreign.def"
#undef OG_FOREIGN
#undef OG_FOREIGN_KEY
};

static const struct {
    og__foreign foreign;
    const char *ours, *theirs;
} keys[] = {
#define OG_FOREIGN(id, name, presets, free)
#define OG_FOREIGN_KEY(id, ours, theirs) {OG_FOREIGN_##id, ours, theirs},
#include "train/foreign.def"
#undef OG_FOREIGN
#undef OG_FOREIGN_KEY
};

const char *const *og_foreign_names(void)
{
    static const char *const names[] = {
#define OG_FOREIGN(id, name, presets, free) name,
#define OG_FOREIGN_KEY(id, ours, theirs)
#include "train/foreign.def"
#undef OG_FOREIGN
#undef OG_FOREIGN_KEY
        NULL,
    };
    return names;
}

/* What the letters in a stem stand for. */
typedef struct place {
    int stage, unit, depth;
} place;

/* Whether `stem`, of `length` characters, is what a pattern says; sets the numbers in it. */
static bool matches(const char *pattern, const char *stem, size_t length, place *p)
{
    const char *end = stem + length;
    for (; *pattern; pattern++) {
        if (*pattern != '<') {
            if (stem == end || *stem++ != *pattern)
                return false;
            continue;
        }
        char *after;
        if (stem == end || !isdigit((unsigned char)*stem))
            return false;
        int number = (int)strtol(stem, &after, 10);
        stem = after;
        if (pattern[1] == 'U')
            p->unit = number;
        else
            p->stage = number;
        if (pattern[1] == 'P' && number == 0)
            return false;
        pattern += 2;
    }
    return stem == end;
}

static int number_of(char letter, const place *p)
{
    switch (letter) {
    case 'U':
        return p->unit;
    case 'C':
        return 3 * p->unit;
    case 'N':
        return 3 * p->unit + 1;
    case 'D':
        return p->depth;
    case 'R':
        return p->depth - p->stage;
    case 'K':
        return p->depth - p->stage - 1;
    default: /* S, P */
        return p->stage;
    }
}

static void expand(const char *pattern, const place *p, const char *suffix, char name[OG_FOREIGN_NAME_BYTES])
{
    size_t at = 0;
    for (; *pattern; pattern++) {
        if (*pattern != '<') {
            at += (size_t)snprintf(name + at, OG_FOREIGN_NAME_BYTES - at, "%c", *pattern);
            continue;
        }
        at += (size_t)snprintf(name + at, OG_FOREIGN_NAME_BYTES - at, "%d", number_of(pattern[1], p));
        pattern += 2;
    }
    snprintf(name + at, OG_FOREIGN_NAME_BYTES - at, "%s", suffix);
}

bool og__foreign_name(og__foreign foreign, int depth, const char *ours, size_t *row, char name[OG_FOREIGN_NAME_BYTES])
{
    const char *suffix = strrchr(ours, '.');
    while (*row < sizeof keys / sizeof keys[0]) {
        size_t i = (*row)++;
        place p = {.depth = depth};
        if (keys[i].foreign != foreign || !matches(keys[i].ours, ours, (size_t)(suffix - ours), &p))
            continue;
        expand(keys[i].theirs, &p, suffix, name);
        return true;
    }
    return false;
}
