/* What a network is trained to make small: a weighted sum of losses, written as a text.
 *
 *   mix  := term { "+" term }
 *   term := [number "*"] name ["(" parameter "=" number { "," parameter "=" number } ")"]
 *
 * "ce + dice", "0.5*focal(gamma = 2) + tversky(alpha = 0.3, beta = 0.7)". docs/training.md has the names with their
 * formulas and sources. */
#ifndef OGIVE_LOSS_H
#define OGIVE_LOSS_H

#include <stddef.h>

#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OG_LOSS_TERMS_MAX = 8, OG_LOSS_PARAMS_MAX = 3 };

/** A mix of losses. Immutable. */
typedef struct og_loss og_loss;

/**
 * Parse a mix of losses.
 *
 * @param loss   released with og_loss_free(); NULL on failure
 *
 * @return OG_OK, OG_ERR_MEMORY, or with the place in the text
 *         OG_ERR_SYNTAX     what is no mix
 *         OG_ERR_NAME       an unknown loss or parameter, with the nearest name
 *         OG_ERR_ARGUMENT   a number out of its range, too many terms, or weights that are all 0
 */
OG_API og_status og_loss_parse(const char *text, og_loss **loss);
OG_API void og_loss_free(og_loss *loss);

/** Return the canonical text; og_loss_parse() of it gives an equal mix. Lives as long as `loss`. */
OG_API const char *og_loss_text(const og_loss *loss);

/** Terms of the mix, and a name for each that no other has: "dice", or "dice_2" for the second of that loss. */
OG_API size_t og_loss_term_count(const og_loss *loss);
OG_API const char *og_loss_term_name(const og_loss *loss, size_t term);

typedef struct og_loss_param_entry {
    const char *name; /* NULL ends the list */
    double initial, min, max;
} og_loss_param_entry;

/** One loss that a mix may name. */
typedef struct og_loss_entry {
    const char *id;      /* "tversky" */
    const char *aliases; /* other names, separated by spaces, or "" */
    const char *formula;
    const char *reference; /* source */
    og_loss_param_entry params[OG_LOSS_PARAMS_MAX + 1];
} og_loss_entry;

OG_API size_t og_loss_count(void);
OG_API const og_loss_entry *og_loss_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
