#include "net/schedule.h"

#include <stdlib.h>

#include "base/memory.h"

/* A value computed again is kept for the next node's backward step when that follows at once; a skip connection's
 * other use is far away, and keeping it would hold memory through the deeper stages. */
enum { KEEP_STEPS = 3, ALIGN_FLOATS = OG_ALIGN_BYTES / sizeof(float) };

typedef struct planner {
    const og__graph *graph;
    const size_t *floats;
    const og__fusion *fusions;
    bool training;
    og__schedule *s;
    int step_room, buffer_room;
    bool planar_input;
    int *value;    /* per node: buffer of its value, OG_NO_BUFFER when there is none now */
    int *gradient; /* per node: buffer of the gradient by its value */
    og_status status;
} planner;

bool og__node_is_stored(const og__node *n)
{
    bool sum = n->kind == OG_NODE_NORM_ACT && n->layer == OG_NO_LAYER && n->own == OG_OWN_SUM;
    return n->kind == OG_NODE_INPUT || n->kind == OG_NODE_CONV || n->kind == OG_NODE_UP || n->kind == OG_NODE_POOL ||
           sum;
}

static bool grow(planner *p, void **list, int count, int *room, size_t size)
{
    if (p->status != OG_OK)
        return false;
    if (count < *room)
        return true;
    int larger = *room ? 2 * *room : 64;
    void *data = realloc(*list, (size_t)larger * size);
    if (!data) {
        p->status = og__fail(OG_ERR_MEMORY, "cannot allocate a plan of %d steps", larger);
        return false;
    }
    *list = data;
    *room = larger;
    return true;
}

static int new_buffer(planner *p, int node)
{
    og__schedule *s = p->s;
    void *list = s->buffers;
    bool fits = grow(p, &list, s->buffer_count, &p->buffer_room, sizeof *s->buffers);
    s->buffers = list;
    if (!fits)
        return OG_NO_BUFFER;
    size_t rounded = (p->floats[node] + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    s->buffers[s->buffer_count] = (og__buffer){.floats = rounded, .first = s->step_count, .last = s->step_count};
    return s->buffer_count++;
}

/* The step about to be emitted uses a buffer. */
static int use(planner *p, int buffer)
{
    if (buffer != OG_NO_BUFFER)
        p->s->buffers[buffer].last = p->s->step_count;
    return buffer;
}

static og__step blank_step(og__step_kind kind, int node)
{
    og__step step = {.kind = kind,
                     .node = node,
                     .dst = OG_NO_BUFFER,
                     .d_dst = OG_NO_BUFFER,
                     .spare = OG_NO_BUFFER,
                     .applied = OG_NO_BUFFER};
    for (int i = 0; i < OG_NODE_SRC_MAX; i++) {
        step.src[i] = step.d_src[i] = OG_NO_BUFFER;
        step.act[i] = OG_NO_NODE;
    }
    return step;
}

static void emit(planner *p, og__step step)
{
    og__schedule *s = p->s;
    void *list = s->steps;
    bool fits = grow(p, &list, s->step_count, &p->step_room, sizeof *s->steps);
    s->steps = list;
    if (fits)
        s->steps[s->step_count++] = step;
}

/* Whether a node's value has more than one reader. */
static bool is_shared(const planner *p, int node)
{
    int readers = 0;
    for (int i = node + 1; i < p->graph->node_count; i++)
        for (int j = 0; j < p->graph->nodes[i].src_count; j++)
            readers += p->graph->nodes[i].src[j] == node;
    return readers > 1;
}

/* --- what is done inside of other nodes' passes ------------------------------------------------------------------- */

/* Whether a node can make the rows of its source `src` when it reads them. */
static bool makes_rows(const planner *p, int node, int src)
{
    return p->graph->nodes[src].kind == OG_NODE_NORM_ACT && p->fusions[src].by_rows && p->fusions[node].by_rows;
}

/* Whether all readers do, so that the value need not be stored. */
static bool is_virtual(const planner *p, int node)
{
    bool all = p->graph->nodes[node].kind == OG_NODE_NORM_ACT && p->fusions[node].by_rows;
    int readers = 0;
    for (int i = node + 1; i < p->graph->node_count; i++)
        for (int j = 0; j < p->graph->nodes[i].src_count; j++)
            if (p->graph->nodes[i].src[j] == node) {
                all = all && makes_rows(p, i, node);
                readers++;
            }
    return all && readers > 0;
}

/* Source i of a node's step: its value, or with `by_rows` what that is made from. */
static void give_source(planner *p, int node, int i, bool by_rows, og__step *step)
{
    int src = p->graph->nodes[node].src[i];
    if (by_rows)
        step->act[i] = src;
    step->src[i] = use(p, p->value[by_rows ? p->graph->nodes[src].src[0] : src]);
}

/* Whether a convolution and the norm right behind it go together forward: the first gathers moments for the second. */
static bool gathers(const planner *p, int conv, int norm)
{
    const og__graph *g = p->graph;
    return p->training && conv >= 0 && norm == conv + 1 && norm < g->node_count &&
           g->nodes[conv].kind == OG_NODE_CONV && p->fusions[conv].by_rows && p->fusions[norm].gathers &&
           g->nodes[norm].src[0] == conv;
}

/* Whether the gradient by a NORM_ACT's value is complete with the backward step of the node right behind it, and that
 * can turn it into the gradient by z. A convolution that adds computes it elsewhere. */
static bool reduces(const planner *p, int act, int reader)
{
    const og__graph *g = p->graph;
    if (act < 0 || reader != act + 1 || reader >= g->node_count || g->nodes[reader].src[0] != act)
        return false;
    return makes_rows(p, reader, act) && (g->nodes[reader].kind == OG_NODE_POOL || !is_shared(p, act));
}

/* Whether a convolution can turn the gradient by z, of the norm that alone reads it, into its own. */
static bool applies(const planner *p, int conv, int norm)
{
    const og__graph *g = p->graph;
    return conv >= 0 && norm == conv + 1 && norm < g->node_count && g->nodes[norm].kind == OG_NODE_NORM_ACT &&
           g->nodes[norm].src[0] == conv && g->nodes[conv].kind == OG_NODE_CONV && p->fusions[conv].by_rows &&
           p->fusions[norm].by_rows && g->nodes[norm].norms[0].weight != OG_NO_PARAM && !is_shared(p, conv);
}

/* Whether a pass leaves a node out: a head that only serves the training, or that does not count there. */
static bool is_idle(const planner *p, int node)
{
    const og__graph *g = p->graph;
    if (node + 1 < g->node_count && g->nodes[node + 1].kind == OG_NODE_PLANES)
        node++; /* the convolution before it goes with it */
    const og__node *n = &g->nodes[node];
    return n->head && node < p->graph->node_count - 1 && (!p->training || n->loss_share == 0);
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

static void emit_forward(planner *p, og__step_kind kind, int node, bool in_place)
{
    const og__node *n = &p->graph->nodes[node];
    og__step step = blank_step(kind, node);
    if ((n->kind == OG_NODE_INPUT && p->planar_input) || is_idle(p, node))
        return;
    for (int i = 0; i < n->src_count; i++)
        give_source(p, node, i, is_virtual(p, n->src[i]), &step);
    step.gathered = gathers(p, node, node + 1) || gathers(p, node - 1, node);
    if (!is_virtual(p, node))
        p->value[node] = in_place ? use(p, step.src[0]) : new_buffer(p, node);
    step.dst = p->value[node];
    emit(p, step);
}

/* Make sure that a node's value is in memory for the step to come. */
static void need(planner *p, int node)
{
    const og__node *n = &p->graph->nodes[node];
    if (og__node_is_stored(n) || p->status != OG_OK)
        return;
    int buffer = p->value[node];
    if (buffer != OG_NO_BUFFER && p->s->step_count - p->s->buffers[buffer].last <= KEEP_STEPS)
        return;
    for (int i = 0; i < n->src_count; i++)
        need(p, n->src[i]);
    emit_forward(p, OG_STEP_AGAIN, node, false);
}

/* Whether a node's backward step needs what it was computed from: the linear ones do not. */
static bool reads_values(const og__node *n)
{
    return n->kind != OG_NODE_RESIZE && n->kind != OG_NODE_SHUFFLE && n->kind != OG_NODE_MIRROR &&
           n->kind != OG_NODE_PLANES && n->kind != OG_NODE_CROP && !n->average;
}

/* Where the gradient by source i goes: the first one is made in place by NORM_ACT, and the first consumer's is kept. */
static void give_gradient(planner *p, const og__node *n, int i, og__step *step)
{
    int src = n->src[i];
    step->add[i] = p->gradient[src] != OG_NO_BUFFER;
    if (n->kind == OG_NODE_NORM_ACT && i == 0)
        p->gradient[src] = step->d_dst;
    else if (!step->add[i])
        p->gradient[src] = new_buffer(p, src);
    step->d_src[i] = use(p, p->gradient[src]);
}

/* A convolution, a gate and a norm's further operands cannot add to a gradient by themselves: room for the largest of
 * those that are added to. */
static void give_spare(planner *p, const og__node *n, og__step *step)
{
    int largest = -1;
    for (int i = 0; i < n->src_count && n->kind != OG_NODE_POOL && n->kind != OG_NODE_CROP; i++)
        if (step->add[i] && (largest < 0 || p->floats[n->src[i]] > p->floats[largest]))
            largest = n->src[i];
    if (largest >= 0)
        step->spare = use(p, new_buffer(p, largest));
}

static void emit_backward(planner *p, int node)
{
    const og__node *n = &p->graph->nodes[node];
    if (n->kind == OG_NODE_POOL && p->graph->nodes[n->src[0]].kind == OG_NODE_INPUT)
        return; /* nobody wants the image's gradient */
    for (int i = 0; i < n->src_count && reads_values(n); i++)
        if (!makes_rows(p, node, n->src[i]))
            need(p, n->src[i]);
    og__step step = blank_step(OG_STEP_BACKWARD, node);
    step.d_dst = use(p, p->gradient[node]);
    step.reduced = reduces(p, node, node + 1) || reduces(p, node - 1, node);
    if (applies(p, node, node + 1))
        step.applied = use(p, p->value[node]);
    else if (applies(p, node - 1, node))
        step.applied = use(p, p->value[node - 1]);
    for (int i = 0; i < n->src_count; i++) {
        bool by_rows = makes_rows(p, node, n->src[i]); /* its gradient may be reduced with them */
        if (reads_values(n) || by_rows)
            give_source(p, node, i, by_rows, &step);
        if (p->graph->nodes[n->src[i]].kind != OG_NODE_INPUT)
            give_gradient(p, n, i, &step);
    }
    give_spare(p, n, &step);
    emit(p, step);
}

static void emit_loss(planner *p, int head)
{
    og__step loss = blank_step(OG_STEP_LOSS, head);
    loss.d_dst = use(p, p->value[head]);
    p->gradient[head] = loss.d_dst;
    emit(p, loss);
}

static void plan_training(planner *p)
{
    int last = p->graph->node_count - 1;
    for (int i = 0; i <= last; i++)
        emit_forward(p, OG_STEP_FORWARD, i, false);
    for (int i = last; i > 0; i--) {
        if (is_idle(p, i))
            continue;
        if (p->graph->nodes[i].head)
            emit_loss(p, i);
        emit_backward(p, i);
    }
}

static void plan_inference(planner *p)
{
    for (int i = 0; i < p->graph->node_count; i++) {
        const og__node *n = &p->graph->nodes[i];
        emit_forward(p, OG_STEP_FORWARD, i, n->kind == OG_NODE_NORM_ACT && !is_shared(p, n->src[0]));
    }
    use(p, p->value[p->graph->node_count - 1]);
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

typedef struct placed {
    const og__buffer *buffer;
    int index;
} placed;

static int by_size(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->buffer->floats != y->buffer->floats)
        return x->buffer->floats < y->buffer->floats ? 1 : -1;
    return x->index - y->index;
}

static int by_offset(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    return (x->buffer->offset > y->buffer->offset) - (x->buffer->offset < y->buffer->offset);
}

/* The lowest gap between the buffers already placed that are alive at the same time. */
static size_t lowest_gap(const placed *rivals, int count, size_t floats)
{
    size_t offset = 0;
    for (int i = 0; i < count; i++) {
        if (rivals[i].buffer->offset >= offset + floats)
            break;
        size_t end = rivals[i].buffer->offset + rivals[i].buffer->floats;
        if (end > offset)
            offset = end;
    }
    return offset;
}

/* Largest buffers first, each at the lowest offset that is free for its whole life. */
static og_status place_buffers(og__schedule *s)
{
    og_status status = OG_OK;
    placed *order = NULL, *rivals = NULL;
    OG_GO(og__alloc((size_t)s->buffer_count, sizeof *order, &order));
    OG_GO(og__alloc((size_t)s->buffer_count, sizeof *rivals, &rivals));
    for (int i = 0; i < s->buffer_count; i++)
        order[i] = (placed){&s->buffers[i], i};
    qsort(order, (size_t)s->buffer_count, sizeof *order, by_size);
    for (int i = 0; i < s->buffer_count; i++) {
        og__buffer *b = &s->buffers[order[i].index];
        int count = 0;
        for (int j = 0; j < i; j++)
            if (order[j].buffer->first <= b->last && b->first <= order[j].buffer->last)
                rivals[count++] = order[j];
        qsort(rivals, (size_t)count, sizeof *rivals, by_offset);
        b->offset = lowest_gap(rivals, count, b->floats);
        if (b->offset + b->floats > s->floats)
            s->floats = b->offset + b->floats;
    }
done:
    free(order);
    free(rivals);
    return status;
}

og_status og__schedule_init(const og__graph *graph, const size_t *floats, const og__fusion *fusions, bool training,
                            bool planar_input, og__schedule *schedule)
{
    og_status status = OG_OK;
    planner p = {.graph = graph,
                 .floats = floats,
                 .fusions = fusions,
                 .training = training,
                 .s = schedule,
                 .planar_input = planar_input};
    *schedule = (og__schedule){0};
    OG_GO(og__alloc((size_t)graph->node_count, sizeof *p.value, &p.value));
    OG_GO(og__alloc((size_t)graph->node_count, sizeof *p.gradient, &p.gradient));
    for (int i = 0; i < graph->node_count; i++)
        p.value[i] = p.gradient[i] = OG_NO_BUFFER;
    if (training)
        plan_training(&p);
    else
        plan_inference(&p);
    OG_GO(p.status);
    schedule->logits = p.value[graph->node_count - 1];
    OG_GO(place_buffers(schedule));
done:
    free(p.value);
    free(p.gradient);
    if (status != OG_OK)
        og__schedule_deinit(schedule);
    return status;
}

void og__schedule_deinit(og__schedule *schedule)
{
    free(schedule->steps);
    free(schedule->buffers);
    *schedule = (og__schedule){0};
}
