/* The parts of an analysis; each fills its fields of the facts from a bound formula that has its splits. */
#ifndef OG_ACT_ANALYSE_H
#define OG_ACT_ANALYSE_H

#include <ogive/facts.h>

#include "act/function.h"

/* kink.c: kinks, kink_count; smoothness, which needs the kinks. */
void og__find_kinks(const og__function *f, og_act_facts *facts);
og_status og__find_smoothness(const og__function *f, og_act_facts *facts);

/* tail.c: left, right, but for flat_from and flat_share; then these, flat_share, from the steepest common slope. */
void og__find_tails(const og__function *f, og_act_facts *facts);
void og__find_flats(const og__function *f, og_act_facts *facts);

/* piece.c: pieces, zeros, domain, which need the tails; zero_share. */
og_status og__find_pieces(const og__function *f, og_act_facts *facts);

/* range.c: min, max, slope_max, lipschitz, which need tails, kinks and pieces. */
void og__find_range(const og__function *f, og_act_facts *facts);

/* P(from < z < to) for z ~ N(0, 1). */
double og__normal_share(double from, double to);

#endif
