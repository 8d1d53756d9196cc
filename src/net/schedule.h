/* In which order the nodes run, which values are kept and which computed again, and where in one block of memory
 * each lives. Pure bookkeeping: no data is touched. */
#ifndef OG_NET_SCHEDULE_H
#define OG_NET_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/graph.h"

enum { OG_NO_BUFFER = -1, OG_NO_NODE = -1 };

typedef enum og__step_kind {
    OG_STEP_FORWARD,  /* compute a node's value */
    OG_STEP_AGAIN,    /* compute it once more in the backward pass, with the statistics of the first time */
    OG_STEP_LOSS,     /* turn the logits into their gradient */
    OG_STEP_BACKWARD, /* from the gradient by a node's value to those by its sources and parameters */
} og__step_kind;

typedef struct og__step {
    og__step_kind kind;
    int node;
    int src[OG_NODE_SRC_MAX];   /* buffers of the sources' values; OG_NO_BUFFER for a planar input image */
    int act[OG_NODE_SRC_MAX];   /* the NORM_ACT node that makes a source's rows when they are read, from what src[i]
                                   then holds; else OG_NO_NODE */
    int dst;                    /* buffer of the node's value (FORWARD, AGAIN); OG_NO_BUFFER when its readers make it */
    int d_dst;                  /* gradient by the node's value (BACKWARD); NORM_ACT turns it into d_src[0] in place */
    int d_src[OG_NODE_SRC_MAX]; /* gradients by the sources' values; OG_NO_BUFFER where not wanted */
    bool add[OG_NODE_SRC_MAX];  /* d_src holds another consumer's gradient already: add to it */
    int spare;                  /* CONV, GATE, NORM_ACT that adds: where to compute what is added; else OG_NO_BUFFER */
    bool gathered;              /* FORWARD of a CONV and of the norm behind it: the CONV gathers the norm's moments */
    bool reduced;               /* BACKWARD of a NORM_ACT and of the node behind it, which makes its d_dst: that node
                                   turns d_dst into the gradient by z */
    int applied; /* BACKWARD of a NORM_ACT and of the CONV before it: buffer of the CONV's value, when the CONV turns
                    the gradient by z into its d_dst; else OG_NO_BUFFER */
} og__step;

typedef struct og__buffer {
    size_t floats;
    int first, last; /* steps of its first write and last use */
    size_t offset;   /* in floats, a multiple of the alignment */
} og__buffer;

typedef struct og__schedule {
    og__step *steps;
    int step_count;
    og__buffer *buffers;
    int buffer_count;
    size_t floats; /* of the block that holds all buffers */
    int logits;    /* buffer of the last node's value */
} og__schedule;

/* Whether a node's value stays in memory until its last use; others are computed again backward. */
bool og__node_is_stored(const og__node *node);

/* What can be done inside of other nodes' passes. */
typedef struct og__fusion {
    bool by_rows; /* CONV, POOL: it can make its sources' rows; NORM_ACT: its value can be made by rows */
    bool gathers; /* NORM_ACT: its moments can be gathered where its source is computed */
} og__fusion;

/**
 * Plan one pass.
 *
 * @param floats         per node: size of its value
 * @param fusions        per node
 * @param planar_input   the first convolution reads the caller's image as it is
 */
og_status og__schedule_init(const og__graph *graph, const size_t *floats, const og__fusion *fusions, bool training,
                            bool planar_input, og__schedule *schedule);
void og__schedule_deinit(og__schedule *schedule);

#endif
