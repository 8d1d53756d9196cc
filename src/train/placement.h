/* Which function stands where: the options act, act-encoder, act-bottleneck, act-decoder, act-stage and act-head put
 * together.
 *
 * The more specific wins, in whatever order they are given: act, then a place, then a stage of both encoder and decoder
 * ("1=silu"), then a stage of one of them ("decoder.1=silu"). */
#ifndef OG_TRAIN_PLACEMENT_H
#define OG_TRAIN_PLACEMENT_H

#include <ogive/train.h>

/* Activations as they were given; NULL where nothing was. All owned. */
typedef struct og__placement {
    int depth;
    og_act *everywhere;
    og_act *places[OG_PLACE_COUNT];
    og_act *levels[OG_STAGES_MAX]; /* a stage of encoder and decoder, or, at `depth`, the bottleneck */
    og_act *stages[OG_PLACE_COUNT][OG_STAGES_MAX];
    og_head *head;
} og__placement;

/**
 * Read the options.
 *
 * @return OG_OK, what og_act_parse() or og_head_parse() finds (with the option's name), or
 *         OG_ERR_NAME      a place that no network has
 *         OG_ERR_SYNTAX    an item of act-stage is not STAGE=ACT
 *         OG_ERR_ARGUMENT  a stage that this network has not, or two activations for the same layers
 */
og_status og__placement_init(const og_train_options *options, og__placement *placement);
void og__placement_deinit(og__placement *placement);

/* The activation of a place and stage that exists. Borrowed. */
const og_act *og__placement_at(const og__placement *placement, og_place place, int stage);

/* Give each layer of a specification its activation, and the network its head. Borrowed. */
void og__placement_fill(const og__placement *placement, og_net_spec *spec);

/* Whether `act` stands anywhere, or is overridden in all layers. */
bool og__placement_uses_act(const og__placement *placement);

/* Write the options again with canonical texts in a fixed order, so that equal placements are equal texts. */
og_status og__placement_store(const og__placement *placement, og_train_options *options);

/* "encoder", "bottleneck", "decoder". */
const char *og__place_name(og_place place);

/* "encoder.0", "bottleneck", "decoder.3": what names a layer's activation in files and options. */
enum { OG_PLACE_TEXT_BYTES = 32 };
void og__place_text(og_place place, int stage, size_t size, char text[size]);

#endif
