/* A look into a training pass, for the diagnostics of activations (src/train/health.c). */
#ifndef OG_NET_PROBE_H
#define OG_NET_PROBE_H

#include <ogive/net.h>

#include "kernel/activate.h"

/* One operand of a layer's function: z = src * scale + shift. Noise has all NULL here, and counts as 1/2. Tensors are
 * blocked, (n, channels / lanes rounded up, h * w, lanes); lanes beyond the layer's channels are to be ignored. */
typedef struct og__probe_operand {
    const float *src;   /* the convolution's output, or what else the operand is made of */
    const float *scale; /* (channels rounded up to lanes), those of image i at i / slices * stride */
    const float *shift;
    size_t stride;            /* 0 where all images share them */
    const float *rstd;        /* 1 / sqrt(variance + epsilon), in the shape of scale; NULL without a norm */
    const float *norm_weight; /* (channels) scale = norm_weight * rstd; NULL without a norm */
    const float *norm_bias;
} og__probe_operand;

/* One activation layer during the backward pass, before d_dst is overwritten. */
typedef struct og__probe_layer {
    size_t layer; /* index for og_net_layer_at() */
    const og_act *act;
    const og__act_kernel *kernel;
    int n, channels, lanes;
    int slices;        /* so many images on end are the slices of one volume; 1 in two dimensions */
    size_t pixels;     /* h * w */
    int operand_count; /* og__act_operands(): x or mirror first */
    og__probe_operand operands[OG_INPUT_COUNT]; /* as eval() of the kernel's frames takes them */
    const float *d_dst;                         /* gradient of the loss by the activation's output, a tensor */
    const float *params[OG_ACT_PARAMS_MAX]; /* (channels rounded up), those of image i at i / slices * param_stride */
    size_t param_stride;                    /* 0 where all images share them */
    double epsilon;                         /* that a norm adds to the variance */
} og__probe_layer;

typedef void (*og__probe)(void *context, const og__probe_layer *layer);

/* Call `probe` for every activation layer during the next training passes; NULL turns it off. */
void og__plan_set_probe(og_plan *plan, og__probe probe, void *context);

#endif
