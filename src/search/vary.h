/* New formulas: at random, or out of others. */
#ifndef OG_SEARCH_VARY_H
#define OG_SEARCH_VARY_H

#include <ogive/act.h>

#include "base/random.h"
#include "base/status.h"

typedef enum og__variation {
#define OG_VARIATION(id, name, words) OG_VARIATION_##id,
#include "search/vary.def"
    OG_VARIATION_COUNT,
} og__variation;

const char *og__variation_name(og__variation variation); /* "cross" */
const char *og__variation_words(og__variation variation);

/**
 * Make a formula of `size` operators at random; simplification may leave fewer of them.
 *
 * @return OG_OK, or what og__draft_act() fails with: such a draw is to be thrown away
 */
og_status og__formula_draw(og__random *random, int size, og_act **act);

/**
 * Make a formula out of another. A variation that finds no place in it (there is no number to move) puts one in.
 *
 * @param father   of OG_VARIATION_CROSS; else not read
 *
 * @return as og__formula_draw(); OG_ERR_UNSUPPORTED also for parents that og__draft_read() refuses
 */
og_status og__formula_vary(og__random *random, og__variation variation, const og_act *mother, const og_act *father,
                           og_act **act);

#endif
