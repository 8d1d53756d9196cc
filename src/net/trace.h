/* Where the time of a plan's passes goes, by node and kind of work. Without a trace nothing is measured; with one, the
 * clock is read once per piece of work. */
#ifndef OG_NET_TRACE_H
#define OG_NET_TRACE_H

#include <ogive/net.h>

#include "net/schedule.h"

typedef enum og__work {
#define OG_WORK(id, name, convolution, about) OG_WORK_##id,
#include "net/trace.def"
#undef OG_WORK
    OG_WORK_COUNT
} og__work;

/* What a piece of work is called in reports. */
typedef struct og__work_kind {
    const char *name;  /* "conv3x3_forward" */
    bool convolution;  /* its operations are counted */
    const char *about; /* in words */
} og__work_kind;
extern const og__work_kind og__work_kinds[OG_WORK_COUNT];

/* Times add up over passes; the row behind the last node's is what belongs to none. */
typedef struct og__trace {
    int node_count;
    double (*ms)[OG_WORK_COUNT];    /* (node_count + 1) */
    double (*gflop)[OG_WORK_COUNT]; /* (node_count + 1) of one pass: products and sums of a direct convolution */
    double last_s;                  /* when the clock was read last */
} og__trace;

/* Prepare a trace of a plan's passes, all times 0. */
og_status og__trace_init(const og_plan *plan, og__trace *trace);
void og__trace_deinit(og__trace *trace);

/* Measure the passes from here on; NULL turns it off. Borrowed. */
void og__plan_set_trace(og_plan *plan, og__trace *trace);

/* Read the clock: what comes next is charged from here. Nothing happens without a trace. */
void og__trace_begin(og__trace *trace);

/* Charge the time since the clock was read last. `node` may be the node count: no node. */
void og__trace_charge(og__trace *trace, int node, og__work work);

/* The kind of a step. A convolution's backward step has two: the rest of it counts as the pass that is always there. */
og__work og__trace_work(const og__graph *graph, const og__step *step);
og__work og__trace_backward_data(const og__graph *graph, int node);
og__work og__trace_backward_weights(const og__graph *graph, int node);

enum { OG_NODE_NAME_BYTES = 96 };

/* Write a node's name: "encoder.0.conv.0", "encoder.0.act.0", "encoder.0.pool", "decoder.0.up", "head". */
void og__trace_name(const og__graph *graph, int node, size_t size, char text[size]);

#endif
