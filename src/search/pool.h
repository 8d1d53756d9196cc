/* All formulas that a search has come across, each once: where it comes from, and what the screening made of it. */
#ifndef OG_SEARCH_POOL_H
#define OG_SEARCH_POOL_H

#include <stdint.h>

#include <ogive/net.h>

#include "search/screen.h"
#include "search/signature.h"
#include "search/vary.h"

/* Where a formula comes from: one of og__variation, or */
enum {
    OG_ORIGIN_RANDOM = OG_VARIATION_COUNT,
    OG_ORIGIN_CATALOGUE,
    OG_ORIGIN_ASKED,
    OG_ORIGIN_PLACES, /* no formula of its own: others, each at some places of the network */
    OG_ORIGIN_COUNT
};

typedef struct og__candidate {
    og_act *act;
    int origin;
    int parents[2]; /* -1 for none */
    og__prospect prospect;
    int same_as;                /* the candidate that it is one function with, -1 for none */
    bool known;                 /* of the catalogue, or asked for: trained as it is, and no discovery */
    bool parent;                /* further formulas can be made out of it */
    og__signature *signature;   /* NULL for what has none, or is the same as another */
    int places[OG_PLACE_COUNT]; /* of OG_ORIGIN_PLACES: the formula of each place; `act` is the encoder's */
    const char *head;           /* and a built-in head (og_head_at()), or NULL for the one that all others have */
} og__candidate;

typedef struct og__pool {
    og__screen_rules rules;
    int count, room;
    og__candidate *items;
    int formless; /* draws that were no formula of x, or none that fits a line: nothing is kept of them */
} og__pool;

const char *og__origin_name(int origin); /* "cross", "random", "catalogue", "asked" */
int og__origin_find(const char *name);   /* -1 for none */

void og__pool_deinit(og__pool *pool);

/**
 * Add a formula without screening it: its signature is taken, and it is merged with those before it.
 *
 * @param act     the pool's own from now on, also on failure
 * @param index   its place
 */
og_status og__pool_add(og__pool *pool, og_act *act, int origin, int mother, int father, int *index);

/* Screen candidates `first`, ... that are not merged with others, on all cores. Those that are known are screened, too,
 * for what is to be said of them. */
og_status og__pool_screen(og__pool *pool, int first);

/* Add what is to be trained as it is: the list of `asked`, then the catalogue's functions of x. */
og_status og__pool_add_known(og__pool *pool, size_t count, const char *const *asked);

/* Add the `number`-th formula of a search's start: at random, or out of the catalogue. */
og_status og__pool_draw(og__pool *pool, int64_t seed, int64_t number);

/* Add one child of `mother` (and `father`), the `number`-th of the search. *index is -1 where nothing came of it. */
og_status og__pool_breed(og__pool *pool, int64_t seed, int64_t number, int mother, int father, int *index);

/* Whether it may be trained: known, or passed by the screening. */
bool og__pool_may_train(const og__pool *pool, int index);

/**
 * Add an assignment of formulas to places. Its cost is the mean of the encoder's and the decoder's, whose layers are as
 * many and as large; the bottleneck's pixels are few.
 *
 * @param places   of formulas in the pool
 * @param head     of a built-in head, static; NULL for the usual one
 * @param index    its place
 */
og_status og__pool_add_places(og__pool *pool, const int places[OG_PLACE_COUNT], const char *head, int *index);

/* Put a candidate read from a file in its place behind the others; `known`, `parent` and the signature follow from the
 * rest. The pool takes act over, also on failure. */
og_status og__pool_restore(og__pool *pool, og__candidate candidate);

/* counts[og__rejection]: of those that are not known; OG_REJECTION_NONE those that passed. */
void og__pool_count(const og__pool *pool, int counts[OG_REJECTION_COUNT]);

#endif
