/* Parts of a network that a run leaves as they are. */
#ifndef OG_TRAIN_FREEZE_H
#define OG_TRAIN_FREEZE_H

#include <stdbool.h>

#include <ogive/net.h>

/* Whether a tensor is of the parts, a list separated by commas: a name up to a point ("encoder", "encoder.0"), or all
 * of it. */
bool og__is_frozen(const char *parts, const char *tensor);

/* OG_ERR_ARGUMENT when a part names no tensor, or nothing is left to train. */
og_status og__freeze_check(const char *parts, const og_net *net);

/* Fix the running statistics of the parts. */
void og__freeze_norms(const char *parts, og_net *net);

#endif
