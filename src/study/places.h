/* Activations by place: what it is worth to have one function here and another there.
 *
 * The best new and the best known function of the promotion are put into encoder, bottleneck and decoder in every way
 * that uses both, and the better one of them everywhere is joined with the built-in heads but the usual one; all are
 * trained like the promotion, on its seeds. The best of these goes on to the confirmation's seeds
 * if it is ahead of both functions everywhere, and is compared there with the better of these two. */
#ifndef OG_STUDY_PLACES_H
#define OG_STUDY_PLACES_H

#include "study/campaign.h"
#include "study/discovery.h"

/* How many there are to try. */
int og__places_tried(const og__campaign *campaign);

/* Append the round that tries them; *added is false where there is no new or no known function to do it with. */
og_status og__places_try(og__campaign *campaign, bool *added);

/* The assignment that is ahead, as a place in the pool; -1 where none was, or none was tried. */
og_status og__places_chosen(const og__campaign *campaign, int *chosen);

/* "silu", "x*erf(x) in the encoder and bottleneck, silu in the decoder", or "silu with the head sigmoid". Released with
 * free(). */
og_status og__places_describe(const og__pool *pool, int index, char **text);

/* Append its runs on the seeds of the last round, which is one of the confirmation; *added is false where there is
 * nothing to be added. */
og_status og__places_confirm(og__campaign *campaign, bool *added);

/* What came of it. */
typedef struct og__places_verdict {
    int chosen;     /* -1 */
    int everywhere; /* of the confirmation's first and last function the better one, on the seeds that all have */
    og__discovery discovery; /* chosen against everywhere, as if that were the known function; blocks 0 without seeds */
} og__places_verdict;

og_status og__places_judge(const og__campaign *campaign, double alpha, double margin, og__places_verdict *verdict);

#endif
