/* A look into a training pass, for the diagnostics of activations (src/train/health.c). */
#ifndef OG_NET_PROBE_H
#define OG_NET_PROBE_H

#include <ogive/net.h>

#include "kernel/activate.h"

/* One activation layer during the backward pass, before d_dst is overwritten. Tensors are blocked:
 * (n, channels / lanes rounded up, h * w, lanes); lanes beyond `channels` are to be ignored. */
typedef struct og__probe_layer {
    size_t layer; /* index for og_net_layer_at() */
    const og_act *act;
    const og__act_kernel *kernel;
    int n, channels, lanes;
    size_t pixels;      /* h * w */
    const float *src;   /* the convolution's output */
    const float *d_dst; /* gradient of the loss by the activation's output */
    const float *scale; /* z = src * scale + shift; (channels rounded up to lanes) for batch norm, */
    const float *shift; /*   (n, channels rounded up) when per_image */
    bool per_image;
    const float *const *params; /* params[k]: (channels rounded up) */
} og__probe_layer;

typedef void (*og__probe)(void *context, const og__probe_layer *layer);

/* Call `probe` for every activation layer during the next training passes; NULL turns it off. */
void og__plan_set_probe(og_plan *plan, og__probe probe, void *context);

#endif
