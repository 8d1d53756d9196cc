/* Watching the activations' health while a run goes on: samples of it in the passes that are made anyway, and warnings.
 *
 * A look costs no pass of its own and changes nothing: it reads a training pass that is under way. Looks fall on the
 * last step of every health_every-th epoch, and on the step after the tenth, when learned parameters must have moved.
 */
#ifndef OG_TRAIN_WATCH_H
#define OG_TRAIN_WATCH_H

#include "train/health.h"
#include "train/warnings.h"

typedef struct og__watch {
    og__health health;
    og__warnings warnings;
    float *initial; /* learned parameters of the activations before the first step; NULL where there are none */
} og__watch;

/* `net` still has its initial weights. */
og_status og__watch_init(const og_net *net, int threads, og__watch *watch);
void og__watch_deinit(og__watch *watch);

/* Whether the step after `step` others, in an epoch that ends after `epoch_end` steps, is looked at. */
bool og__watch_is_due(int64_t every, int64_t step, int64_t epoch, int64_t epoch_end);

/* Hear the samples of before again: rows of the curve, then `samples`. OG_ERR_FORMAT when they are not of this net. */
og_status og__watch_replay(og__watch *watch, const json_t *curve, const json_t *samples);

/* After a pass under the probe: append its sample, and the warnings that begin or end. `step` updates came before. */
og_status og__watch_take(og__watch *watch, const og_net *net, int64_t epoch, int64_t step, json_t *samples,
                         json_t *events);

#endif
