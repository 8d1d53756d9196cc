/* U-Nets: from a specification to trained weights and predictions.
 *
 * Three lifetimes: the net owns weights, gradients and running statistics, one flat vector each;
 * a plan owns the workspace of one input size; a call owns nothing. */
#ifndef OGIVE_NET_H
#define OGIVE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ogive/act.h>
#include <ogive/head.h>
#include <ogive/loss.h>
#include <ogive/region.h>
#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Over which values a norm takes mean and variance: a channel's in the whole batch (Ioffe, Szegedy 2015), a channel's
 * in one image (Ulyanov et al. 2016), those of some neighbouring channels in one image, or of all (Wu, He 2018). */
typedef enum og_norm { OG_NORM_BATCH, OG_NORM_INSTANCE, OG_NORM_GROUP, OG_NORM_LAYER, OG_NORM_NONE } og_norm;
typedef enum og_order { OG_ORDER_NORM_ACT, OG_ORDER_ACT_NORM } og_order;
/* STRIDED: by the next stage's first convolution. */
typedef enum og_down { OG_DOWN_MAX, OG_DOWN_AVERAGE, OG_DOWN_STRIDED } og_down;
/* The transposed convolution is 2 x 2, the one before a pixel shuffle (Shi et al. 2016) 3 x 3. BILINEAR has half-pixel
 * centres, as align_corners = False in PyTorch; CORNERS is True. */
typedef enum og_up {
    OG_UP_TRANSPOSED,
    OG_UP_BILINEAR,
    OG_UP_BILINEAR_CORNERS,
    OG_UP_NEAREST,
    OG_UP_PIXEL_SHUFFLE
} og_up;
/* What convolutions see beyond a border. SAME: zeros, so that the size stays. VALID: nothing, so that every border
 * loses what the window reaches over it; skip connections are cropped to what the decoder has (Ronneberger et al.
 * 2015). */
typedef enum og_padding { OG_PADDING_SAME, OG_PADDING_VALID } og_padding;

/* CONTRACTED: only at the end of the contracting path, behind the last layers of the two lowest stages. */
typedef enum og_dropout_at { OG_DROPOUT_ALL, OG_DROPOUT_CONTRACTED } og_dropout_at;
typedef enum og_concat { OG_CONCAT_SKIP_FIRST, OG_CONCAT_UP_FIRST } og_concat; /* order of the channels */

/* How a decoder stage gets the encoder's values: beside its own, added to them, or beside them after each pixel was
 * weighed by an attention gate (Oktay et al. 2018). */
typedef enum og_skip { OG_SKIP_CONCATENATE, OG_SKIP_ADD, OG_SKIP_ATTENTION } og_skip;

/* Where in the network an activation stands: a part, and a stage of it, which is the resolution (0 is the input's).
 * Encoder and decoder have the stages 0 to depth - 1, the bottleneck has the stage `depth`. */
typedef enum og_place { OG_PLACE_ENCODER, OG_PLACE_BOTTLENECK, OG_PLACE_DECODER, OG_PLACE_COUNT } og_place;
enum { OG_DEPTH_MAX = 8, OG_STAGES_MAX = OG_DEPTH_MAX + 1, OG_CONVS_MAX = 8, OG_DILATION_MAX = 64 };

typedef struct og_net_spec {
    int dims; /* 2, which 0 means too, or 3: volumes, whose slices the network relates */
    int in_channels;
    int classes;   /* >= 2 */
    int depth;     /* number of 2 x 2 down-samplings, 1 to OG_DEPTH_MAX */
    int width;     /* channels of the first stage; doubles per stage */
    int width_cap; /* largest number of channels of a stage */
    /* Channels by stage in place of width and width_cap, where widths[depth] and decoder_widths[0] are not 0. The
     * first stage's may be 0: no layers at full resolution, and no skip connection from there. */
    int widths[OG_STAGES_MAX], decoder_widths[OG_STAGES_MAX];
    bool narrow; /* the last layer before an enlargement makes the channels of the stage that it leads to */
    int convs;   /* convolutions per stage, 1 to OG_CONVS_MAX; 0 stands for 2 */
    /* Volumes: along the slices, the size of a stage's convolutions, 1 or 3, and the factor of the down-sampling behind
     * it, 1 or 2; 0 means 3 and 2. Stages whose slices lie far apart have 1 and 1, as in nnU-Net. */
    int slice_kernel[OG_STAGES_MAX], slice_stride[OG_DEPTH_MAX];
    og_norm norm;
    int kernel;              /* side of every layer's convolutions: 1, 3, 5 or 7; 0 stands for 3 */
    int dilation;            /* pixels between their taps, 1 to OG_DILATION_MAX; 0 stands for 1 */
    int dilation_bottleneck; /* the same in the bottleneck; 0 stands for `dilation` */
    bool residual;           /* a block's input is added to its last convolution's normed result */
    og_skip skip;
    og_padding padding; /* VALID: of images, down MAX or AVERAGE, up not BILINEAR_CORNERS */
    double dropout;     /* share of an activation's channels that a training pass sets to 0, 0 to below 1 */
    og_dropout_at dropout_at;
    int groups;     /* of channels, for OG_NORM_GROUP: they divide every normalised layer's channels; 0 stands for 8 */
    bool conv_bias; /* convolutions have a bias even where a norm follows */
    og_order order;
    og_down down;
    og_up up;
    og_concat concat;
    int head_kernel;       /* side of the last convolution: 1, which 0 means too, or 3 */
    bool deep_supervision; /* each decoder stage has a head of its own that counts in the training loss */
    const og_act *acts[OG_PLACE_COUNT][OG_STAGES_MAX]; /* borrowed during og_net_new() only; NULL where no layer is */
    const og_head *head;                               /* likewise; NULL is softmax */
} og_net_spec;

/** Whether a network of that depth has layers at a place and stage. */
OG_API bool og_place_exists(int depth, og_place place, int stage);

/** Give every layer of the specification one activation; its depth is set. */
OG_API void og_net_spec_fill(og_net_spec *spec, const og_act *act);

typedef struct og_net og_net;

enum { OG_PARAM_RANK_MAX = 5 };

/* One tensor in the flat weight vector, in PyTorch's layout (convolution: O, I, [kD,] kH, kW; transposed: I, O, ...).
 */
typedef struct og_param {
    const char *name; /* "encoder.0.conv.0.weight"; lives as long as the net */
    int rank;
    int64_t shape[OG_PARAM_RANK_MAX];
    size_t offset; /* in floats */
    size_t count;
    bool decays; /* weight decay applies: convolution weights only */
} og_param;

/** Make a net; its weights are 0 until og_net_init(), or until the caller fills them. */
OG_API og_status og_net_new(const og_net_spec *spec, og_net **net);
OG_API void og_net_free(og_net *net);

/**
 * Fill the weights from a seed: He-normal with each activation's own gain; biases 0, norms 1 and 0.
 *
 * @param threads   >= 1; the same bits for any number
 */
OG_API og_status og_net_init(og_net *net, uint64_t seed, int threads);

/** Trained tensors, and the floats they need in all. */
OG_API size_t og_net_param_count(const og_net *net);
OG_API const og_param *og_net_param_at(const og_net *net, size_t index);
OG_API size_t og_net_weight_count(const og_net *net);
OG_API float *og_net_weights(og_net *net);   /* f32[weight_count] */
OG_API float *og_net_gradients(og_net *net); /* f32[weight_count]; NULL before the first plan of training */

/** Running statistics of batch norm: tensors like parameters, in a vector of their own. */
OG_API size_t og_net_state_count(const og_net *net);
OG_API const og_param *og_net_state_at(const og_net *net, size_t index);
OG_API size_t og_net_state_size(const og_net *net);
OG_API float *og_net_state(og_net *net);

/**
 * Let a batch norm normalise by its running statistics in training, too, and leave these as they are, as PyTorch's
 * does in evaluation mode. To be said before plans are made.
 *
 * @param index   of the norm's running mean or variance
 */
OG_API void og_net_fix_state(og_net *net, size_t index);

/** Height and width that the network takes lie this far apart (2^depth); with padding SAME they are multiples of it. */
OG_API int og_net_size_multiple(const og_net *net);

/** By how many pixels the result is smaller than the image, at each of the four sides; 0 with padding SAME. */
OG_API int og_net_margin(const og_net *net);

/** The smallest height or width of at least `size` that the network takes. */
OG_API int og_net_size_from(const og_net *net, int size);

/** The number of slices must be a multiple of this; 1 in two dimensions. */
OG_API int og_net_slice_multiple(const og_net *net);
OG_API const og_net_spec *og_net_spec_of(const og_net *net); /* its acts and head live as long as the net */

/** A layer with an activation, in forward order. */
typedef struct og_layer {
    const char *name; /* "encoder.0.0" */
    og_place place;
    int stage;
    int channels;
} og_layer;
OG_API size_t og_net_layer_count(const og_net *net);
OG_API const og_layer *og_net_layer_at(const og_net *net, size_t index);

typedef struct og_plan og_plan;

typedef struct og_plan_options {
    int n;
    int d; /* slices of each of the n volumes; 0 means 1, the only choice in two dimensions */
    int h, w;
    bool training;
    bool exact;          /* direct convolution everywhere, no Winograd; activations are computed, never looked up */
    int threads;         /* >= 1 */
    const og_loss *loss; /* of training; borrowed during og_plan_new() only; NULL is "ce + dice" */
    /* Of training, both borrowed likewise: */
    const float *class_weights; /* (256) by label: factor of a pixel in the losses of single pixels, whose mean is over
                                   the factors (PyTorch's CrossEntropyLoss(weight)); NULL is 1. The others do without */
    const og_regions *regions;  /* what the outputs are, of a head that treats each by itself; labels are classes then,
                                   and every output counts in losses that leave out the background. NULL: classes */
} og_plan_options;

/** Plan all memory and choose kernels for one input size. The net must outlive the plan. */
OG_API og_status og_plan_new(og_net *net, const og_plan_options *options, og_plan **plan);
OG_API void og_plan_free(og_plan *plan);
OG_API size_t og_plan_bytes(const og_plan *plan);

/** Tell the plan that the net's weights changed (after an optimiser step or a load). */
OG_API void og_plan_refresh(og_plan *plan);

/**
 * Choose the noise of the next training passes, for dropout and for activations that read it: random numbers that
 * belong to this seed and step, and to layer, image, channel and pixel. Both are 0 in a new plan. Inference has 1/2 in
 * place of noise, and no dropout.
 */
OG_API void og_plan_set_noise(og_plan *plan, uint64_t seed, uint64_t step);

/* Of a training pass; the parts are in the order of the mix, without their weights. */
typedef struct og_loss_value {
    double total, terms[OG_LOSS_TERMS_MAX];
    int64_t pixels; /* labelled pixels (not ignored) */
} og_loss_value;

enum { OG_LABEL_IGNORE = 255 };

/**
 * Inference: running statistics in batch norm.
 *
 * @param src   f32[N, C, D, H, W]
 * @param dst   f32[N, K, D, H - 2 margin, W - 2 margin], probabilities in [0, 1] as the head makes them, or logits when
 * `logits`
 */
OG_API og_status og_plan_infer(og_plan *plan, const float *src, bool logits, float *dst);

/**
 * One training pass: forward with batch statistics, loss, backward. Fills the net's gradients (overwrites),
 * updates running statistics that are not fixed, leaves weights alone.
 *
 *   loss = the plan's mix; sums are over all labelled pixels of the batch (docs/training.md)
 *
 * With deep supervision, the mean of these losses over the decoder's stages s with the weights 2^-s, but 0 for the
 * coarsest, of labels that are those in the middle of each coarser pixel. Labels in the margin count nowhere.
 *
 * @param src      f32[N, C, D, H, W]
 * @param labels   u8[N, D, H, W], class or OG_LABEL_IGNORE
 *
 * @return OG_OK, OG_ERR_DATA for a label out of range, OG_ERR_MEMORY, or OG_ERR_NUMERIC with the first layer whose
 * output or gradient is not finite
 */
OG_API og_status og_plan_train(og_plan *plan, const float *src, const uint8_t *labels, og_loss_value *value);

#ifdef __cplusplus
}
#endif
#endif
