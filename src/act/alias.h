/* How libraries spell activations (aliases.def). */
#ifndef OG_ACT_ALIAS_H
#define OG_ACT_ALIAS_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/act.h>

#include "act/catalogue.h"

enum { OG_ALIAS_ARGS_MAX = 6, OG_ALIAS_WORD_BYTES = 48 };

/* One argument of a signature, or one that was typed. */
typedef struct og__alias_arg {
    char name[OG_ALIAS_WORD_BYTES], other_name[OG_ALIAS_WORD_BYTES]; /* "" for none */
    char value[OG_ALIAS_WORD_BYTES];                                 /* without quotes; "" for none */
    bool is_quoted;
    bool is_exact; /* '==': given, and equal to the value */
} og__alias_arg;

/* NAME(argument, ...) */
typedef struct og__alias_call {
    char path[OG_ALIAS_WORD_BYTES], name[OG_ALIAS_WORD_BYTES]; /* "torch.nn", "LeakyReLU" */
    int count;
    og__alias_arg args[OG_ALIAS_ARGS_MAX];
} og__alias_call;

typedef struct og__alias {
    og_library library;
    const char *signature, *target, *note;
} og__alias;

size_t og__alias_count(void);
const og__alias *og__alias_at(size_t index);

/* Read `path.name(args)` into its parts; false when the text is none. */
bool og__alias_read(const char *text, og__alias_call *call);

/* Whether an argument's value is a number. */
bool og__alias_is_number(const char *value);

/**
 * Find what a text stands for.
 *
 * @param use     the use of the formula language that the text means; NULL when it is no library's spelling. Released
 *                with free()
 * @param note    "nn.LeakyReLU is leaky_relu in PyTorch", without the values; released with free()
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_NAME for a library's name with what ogive does not know
 */
og_status og__alias_resolve(const char *text, const og__catalogue *catalogue, char **use, char **note);

/* The catalogue's or formula language's name for a bare name ("silu" for "swish"), or NULL: for a hint. */
const char *og__alias_hint(const char *name);

/* The name nearest to what was typed, out of `names` and the libraries' names: `nearest`, or NULL for none near.
 * nearest: char[OG_ALIAS_WORD_BYTES] */
const char *og__alias_nearest(const char *name, size_t count, const char *const *names, char *nearest);

#endif
