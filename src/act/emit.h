/* What the emitters share. Each target is one function in a file of its own; emit.def lists them. */
#ifndef OG_ACT_EMIT_H
#define OG_ACT_EMIT_H

#include "act/act.h"
#include "base/text.h"

enum { OG_EMIT_NAME_BYTES_MAX = 64 };

/* What a target's function works from. */
typedef struct og__emission {
    const og_act *act;
    og_emit_options options;                                /* with the name filled in */
    char params[OG_ACT_PARAMS_MAX][OG_EMIT_NAME_BYTES_MAX]; /* no reserved word in any target */
    const char *param_names[OG_ACT_PARAMS_MAX];             /* the same, as the printers take them */
    og__text *text;                                         /* bytes, for a binary target */
} og__emission;

/* Append the header comment, each line after `prefix`: formula, parameters, version, licence. */
og_status og__emit_header(const og__emission *emission, const char *prefix);

#define OG_TARGET(function, name, extension, binary, summary) og_status function(const og__emission *emission);
#include "act/emit.def"
#undef OG_TARGET

#endif
