/* oneDNN 2.6 and 3 differ in how descriptors are made; the differences are confined to the first section. */
#include "net/conv.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include "base/memory.h"
#include "net/conv_head.h"
#include "net/conv_stem.h"
#include "net/conv_taps.h"
#include "net/conv_up.h"

enum { PASS_FORWARD, PASS_DATA, PASS_WEIGHTS, PASS_COUNT };

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t desc;
#define DESC_FREE(d) dnnl_memory_desc_destroy(d)
typedef const_dnnl_memory_desc_t const_desc;
#else
typedef dnnl_memory_desc_t *desc;
#define DESC_FREE(d) free(d)
typedef const dnnl_memory_desc_t *const_desc;
#endif

static dnnl_status_t desc_new(desc *made, int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_tag(made, rank, dims, dnnl_f32, tag);
#else
    *made = calloc(1, sizeof **made);
    return *made ? dnnl_memory_desc_init_by_tag(*made, rank, dims, dnnl_f32, tag) : dnnl_out_of_memory;
#endif
}

static dnnl_status_t desc_new_strided(desc *made, int rank, const dnnl_dims_t dims, const dnnl_dims_t strides)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_strides(made, rank, dims, dnnl_f32, strides);
#else
    *made = calloc(1, sizeof **made);
    return *made ? dnnl_memory_desc_init_by_strides(*made, rank, dims, dnnl_f32, strides) : dnnl_out_of_memory;
#endif
}

static size_t desc_bytes(const_desc d)
{
    return d ? dnnl_memory_desc_get_size(d) : 0;
}

/* What a primitive is made of, the same for convolution and transposed convolution. */
typedef struct recipe {
    bool transposed;
    dnnl_alg_kind_t algorithm;
    const_desc src, weights, bias, dst;
    dnnl_dims_t strides, dilates, pads;
} recipe;

static dnnl_status_t primitive_desc_new(dnnl_primitive_desc_t *made, int pass, const recipe *r,
                                        const_dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr,
                                        dnnl_engine_t engine)
{
    dnnl_prop_kind_t forward = dnnl_forward_training;
#if DNNL_VERSION_MAJOR >= 3
    if (r->transposed) {
        switch (pass) {
        case PASS_FORWARD:
            return dnnl_deconvolution_forward_primitive_desc_create(made, engine, forward, r->algorithm, r->src,
                                                                    r->weights, r->bias, r->dst, r->strides, r->dilates,
                                                                    r->pads, r->pads, attr);
        case PASS_DATA:
            return dnnl_deconvolution_backward_data_primitive_desc_create(made, engine, r->algorithm, r->src,
                                                                          r->weights, r->dst, r->strides, r->dilates,
                                                                          r->pads, r->pads, hint, attr);
        default:
            return dnnl_deconvolution_backward_weights_primitive_desc_create(made, engine, r->algorithm, r->src,
                                                                             r->weights, r->bias, r->dst, r->strides,
                                                                             r->dilates, r->pads, r->pads, hint, attr);
        }
    }
    switch (pass) {
    case PASS_FORWARD:
        return dnnl_convolution_forward_primitive_desc_create(made, engine, forward, r->algorithm, r->src, r->weights,
                                                              r->bias, r->dst, r->strides, r->dilates, r->pads, r->pads,
                                                              attr);
    case PASS_DATA:
        return dnnl_convolution_backward_data_primitive_desc_create(made, engine, r->algorithm, r->src, r->weights,
                                                                    r->dst, r->strides, r->dilates, r->pads, r->pads,
                                                                    hint, attr);
    default:
        return dnnl_convolution_backward_weights_primitive_desc_create(made, engine, r->algorithm, r->src, r->weights,
                                                                       r->bias, r->dst, r->strides, r->dilates, r->pads,
                                                                       r->pads, hint, attr);
    }
#else
    dnnl_convolution_desc_t op; /* dnnl_deconvolution_desc_t is the same type */
    dnnl_status_t status;
    if (pass == PASS_FORWARD)
        status = (r->transposed ? dnnl_dilated_deconvolution_forward_desc_init
                                : dnnl_dilated_convolution_forward_desc_init)(
            &op, forward, r->algorithm, r->src, r->weights, r->bias, r->dst, r->strides, r->dilates, r->pads, r->pads);
    else if (pass == PASS_DATA)
        status = (r->transposed ? dnnl_dilated_deconvolution_backward_data_desc_init
                                : dnnl_dilated_convolution_backward_data_desc_init)(
            &op, r->algorithm, r->src, r->weights, r->dst, r->strides, r->dilates, r->pads, r->pads);
    else
        status = (r->transposed ? dnnl_dilated_deconvolution_backward_weights_desc_init
                                : dnnl_dilated_convolution_backward_weights_desc_init)(
            &op, r->algorithm, r->src, r->weights, r->bias, r->dst, r->strides, r->dilates, r->pads, r->pads);
    return status == dnnl_success ? dnnl_primitive_desc_create(made, &op, attr, engine, hint) : status;
#endif
}

static const_desc queried(const_dnnl_primitive_desc_t from, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(from, what, 0);
}

/* --- one engine and stream for the process ------------------------------------------------------------------------ */

static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_status_t engine_status;

/* oneDNN follows the instruction set that the kernels use, so that block sizes agree. */
static void limit_isa(og__isa isa)
{
    if (isa == OG_ISA_AVX2)
        dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2);
    else if (isa == OG_ISA_BASELINE)
        dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41);
}

static void start_engine(void)
{
    limit_isa(og__cpu_isa());
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
    if (engine_status == dnnl_success)
        engine_status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
}

static og_status checked(dnnl_status_t result, const char *what)
{
    if (result == dnnl_success)
        return OG_OK;
    if (result == dnnl_out_of_memory)
        return og__fail(OG_ERR_MEMORY, "oneDNN: out of memory in %s; use a smaller batch, patch or network", what);
    return og__fail(OG_ERR_UNSUPPORTED, "oneDNN: %s failed with status %d", what, (int)result);
}

#define DNNL_TRY(call, what) OG_TRY(checked(call, what))

/* --- convolutions ------------------------------------------------------------------------------------------------- */

/* One pass: its primitive, and memory objects whose data handles are set at each run. */
typedef struct pass {
    dnnl_primitive_desc_t about;
    dnnl_primitive_t primitive;
    dnnl_memory_t src, weights, bias, dst, scratch; /* or their gradients */
    dnnl_primitive_t reorder;                       /* plain -> packed weights; packed -> plain for their gradient */
    float *packed; /* weights in the layout that the pass wants; NULL for PASS_WEIGHTS */
    size_t packed_bytes;
} pass;

/* oneDNN's fast kernels want at least one full block of channels; with fewer it falls back to a reference loop that is
 * a hundred times slower. Such convolutions run with the padding lanes as channels, on weights copied between zeros. */
struct og__conv {
    og__conv_shape shape;
    og__conv_taps *taps; /* serves instead of oneDNN, or NULL */
    og__conv_up *up;     /* likewise */
    og__conv_head *head; /* likewise */
    og__conv_stem *stem; /* likewise */
    int ic, oc;          /* channels as oneDNN sees them */
    pass passes[PASS_COUNT];
    dnnl_memory_t plain; /* this convolution's part of the weights in PyTorch's layout, or `padded` */
    size_t plain_offset; /* floats before that part */
    float *padded; /* (oc, ic, k, k), transposed (ic, oc, 2, 2), depthwise (oc, k, k), and then (oc) for the bias; NULL
                      when not needed */
    size_t copy_floats[2]; /* room in scratch for src and dst as oneDNN has volumes, where that differs */
    size_t scratch_bytes;
};

/* Volumes whose slices are to be seen together, by oneDNN as (N, blocks, D, H, W, lanes). */
static bool is_volume(const og__conv_shape *s)
{
    return s->d > 1 || s->slice_kernel > 1;
}

static size_t kernel_floats(const og__conv_shape *s)
{
    return (size_t)s->slice_kernel * (size_t)s->kernel * (size_t)s->kernel;
}

static bool is_padded(const og__conv *conv)
{
    return conv->ic != conv->shape.ic || conv->oc != conv->shape.oc;
}

static size_t padded_count(const og__conv *conv)
{
    return (size_t)conv->oc * (conv->shape.depthwise ? 1 : (size_t)conv->ic) * kernel_floats(&conv->shape);
}

static int at_least_a_block(int channels, og__isa isa)
{
    int lanes = og__isa_lanes(isa);
    return channels < lanes ? lanes : channels;
}

static int whole_blocks(int channels, og__isa isa)
{
    int lanes = og__isa_lanes(isa);
    return (channels + lanes - 1) / lanes * lanes;
}

typedef struct descs {
    desc src, weights, bias, dst;
} descs;

static void descs_free(descs *d)
{
    desc all[] = {d->src, d->weights, d->bias, d->dst};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i])
            DESC_FREE(all[i]);
}

/* Sizes of a tensor, or weights: without what is between the first `kept` and the last two in two dimensions. */
static int sizes_of(const og__conv_shape *s, int kept, const dnnl_dims_t with_slices, dnnl_dims_t sizes)
{
    int rank = 0;
    for (int i = 0; i < kept + 3; i++)
        if (i != kept || is_volume(s))
            sizes[rank++] = with_slices[i];
    return rank;
}

static dnnl_format_tag_t layout_of(const og__conv_shape *s, bool planar)
{
    bool wide = og__isa_lanes(s->isa) == 16;
    if (is_volume(s))
        return planar ? dnnl_ncdhw : wide ? dnnl_nCdhw16c : dnnl_nCdhw8c;
    return planar ? dnnl_nchw : wide ? dnnl_nChw16c : dnnl_nChw8c;
}

static og_status descs_new(const og__conv *conv, descs *d)
{
    const og__conv_shape *s = &conv->shape;
    int scale = s->transposed ? 2 : 1, part = s->strided ? 2 : 1, slice_scale = s->transposed ? s->slice_kernel : 1;
    dnnl_dims_t sizes, bias = {conv->oc};
    int rank = sizes_of(s, 2, (dnnl_dims_t){s->n, conv->ic, s->d, s->h, s->w}, sizes);
    DNNL_TRY(desc_new(&d->src, rank, sizes, layout_of(s, s->planar)), "describing a source");
    sizes_of(
        s, 2,
        (dnnl_dims_t){s->n, conv->oc, s->d * slice_scale / s->slice_stride, s->h * scale / part, s->w * scale / part},
        sizes);
    DNNL_TRY(desc_new(&d->dst, rank, sizes, layout_of(s, false)), "describing a destination");
    if (s->depthwise)
        rank = sizes_of(s, 3, (dnnl_dims_t){conv->oc, 1, 1, s->slice_kernel, s->kernel, s->kernel}, sizes);
    else
        rank = sizes_of(s, 2, (dnnl_dims_t){conv->oc, conv->ic, s->slice_kernel, s->kernel, s->kernel}, sizes);
    DNNL_TRY(desc_new(&d->weights, rank, sizes, dnnl_format_tag_any), "describing weights");
    if (s->bias)
        DNNL_TRY(desc_new(&d->bias, 1, bias, dnnl_a), "describing a bias");
    return OG_OK;
}

static dnnl_status_t attributes_new(const og__conv_shape *s, int which, dnnl_primitive_attr_t *attr)
{
    dnnl_status_t result = dnnl_primitive_attr_create(attr);
    if (result == dnnl_success)
        result = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
    if (result != dnnl_success || which != PASS_FORWARD || !s->accumulate)
        return result;
    dnnl_post_ops_t ops;
    result = dnnl_post_ops_create(&ops);
    if (result != dnnl_success)
        return result;
#if DNNL_VERSION_MAJOR >= 3
    result = dnnl_post_ops_append_sum(ops, 1, 0, dnnl_data_type_undef);
#else
    result = dnnl_post_ops_append_sum(ops, 1);
#endif
    if (result == dnnl_success)
        result = dnnl_primitive_attr_set_post_ops(*attr, ops);
    dnnl_post_ops_destroy(ops);
    return result;
}

static dnnl_status_t about_new(const og__conv_shape *s, int which, const descs *d, const_dnnl_primitive_desc_t hint,
                               dnnl_primitive_desc_t *about)
{
    int stride = s->transposed || s->strided ? 2 : 1, pad = s->transposed ? 0 : s->kernel / 2 * s->dilation;
    recipe r = {
        .transposed = s->transposed,
        .algorithm = s->transposed ? dnnl_deconvolution_direct : dnnl_convolution_direct,
        .src = d->src,
        .weights = d->weights,
        .bias = which != PASS_DATA && s->bias ? d->bias : NULL,
        .dst = d->dst,
    };
    int slice_stride = s->transposed ? s->slice_kernel : s->slice_stride, slice_pad = s->slice_kernel == 3 ? 1 : 0;
    sizes_of(s, 0, (dnnl_dims_t){slice_stride, stride, stride}, r.strides);
    sizes_of(s, 0, (dnnl_dims_t){slice_pad, pad, pad}, r.pads);
    sizes_of(s, 0, (dnnl_dims_t){0, s->dilation - 1, s->dilation - 1}, r.dilates); /* it counts the pixels between */
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t result = attributes_new(s, which, &attr);
    if (result == dnnl_success)
        result = primitive_desc_new(about, which, &r, hint, attr, engine);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return result;
}

static og_status memory_new(const_desc about, dnnl_memory_t *memory)
{
    return checked(dnnl_memory_create(memory, about, engine, DNNL_MEMORY_NONE), "creating a memory object");
}

/* The strided view of this convolution's weights in the plain layout; transposed weights are (I, O, ...). */
static og_status plain_new(og__conv *conv)
{
    const og__conv_shape *s = &conv->shape;
    dnnl_dim_t area = (dnnl_dim_t)kernel_floats(s), plane = (dnnl_dim_t)s->kernel * s->kernel;
    dnnl_dim_t by_output = (is_padded(conv) ? conv->ic : s->ic_all) * area, by_input = area;
    if (s->transposed) {
        by_output = area;
        by_input = conv->oc * area;
    }
    if (is_padded(conv))
        OG_TRY(og__alloc(padded_count(conv) + (size_t)conv->oc, sizeof(float), &conv->padded));
    else if (!s->depthwise)
        conv->plain_offset = (size_t)(s->ic_first * by_input);
    desc about = NULL;
    dnnl_dims_t sizes, strides;
    int rank;
    if (s->depthwise) {
        rank = sizes_of(s, 3, (dnnl_dims_t){conv->oc, 1, 1, s->slice_kernel, s->kernel, s->kernel}, sizes);
        sizes_of(s, 3, (dnnl_dims_t){area, area, area, plane, s->kernel, 1}, strides);
    } else {
        rank = sizes_of(s, 2, (dnnl_dims_t){conv->oc, conv->ic, s->slice_kernel, s->kernel, s->kernel}, sizes);
        sizes_of(s, 2, (dnnl_dims_t){by_output, by_input, plane, s->kernel, 1}, strides);
    }
    og_status status = checked(desc_new_strided(&about, rank, sizes, strides), "describing plain weights");
    if (status == OG_OK)
        status = memory_new(about, &conv->plain);
    if (about)
        DESC_FREE(about);
    return status;
}

static og_status reorder_new(const_desc from, const_desc to, dnnl_primitive_t *reorder)
{
    dnnl_primitive_desc_t about = NULL;
    DNNL_TRY(dnnl_reorder_primitive_desc_create(&about, from, engine, to, engine, NULL), "planning a reorder");
    dnnl_status_t result = dnnl_primitive_create(reorder, about);
    dnnl_primitive_desc_destroy(about);
    return checked(result, "creating a reorder");
}

static const_desc memory_about(dnnl_memory_t memory)
{
    const_desc about = NULL;
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_get_memory_desc(memory, &about);
#else
    dnnl_memory_get_memory_desc(memory, &about);
#endif
    return about;
}

static og_status pass_new(og__conv *conv, int which, const descs *d)
{
    static const dnnl_query_t weights_query[PASS_COUNT] = {dnnl_query_weights_md, dnnl_query_weights_md,
                                                           dnnl_query_diff_weights_md};
    pass *p = &conv->passes[which];
    const_dnnl_primitive_desc_t hint = which == PASS_FORWARD ? NULL : conv->passes[PASS_FORWARD].about;
    DNNL_TRY(about_new(&conv->shape, which, d, hint, &p->about), "planning a convolution");
    DNNL_TRY(dnnl_primitive_create(&p->primitive, p->about), "creating a convolution");

    const_desc packed = queried(p->about, weights_query[which]);
    const_desc scratch = queried(p->about, dnnl_query_scratchpad_md);
    OG_TRY(memory_new(d->src, &p->src));
    OG_TRY(memory_new(d->dst, &p->dst));
    OG_TRY(memory_new(packed, &p->weights));
    OG_TRY(memory_new(scratch, &p->scratch));
    if (d->bias && which != PASS_DATA)
        OG_TRY(memory_new(d->bias, &p->bias));

    p->packed_bytes = desc_bytes(packed);
    size_t scratch_bytes = desc_bytes(scratch);
    if (which == PASS_WEIGHTS) {
        scratch_bytes += p->packed_bytes + OG_ALIGN_BYTES; /* the packed gradient lives behind oneDNN's scratch */
        OG_TRY(reorder_new(packed, memory_about(conv->plain), &p->reorder));
    } else {
        OG_TRY(og__alloc(p->packed_bytes, 1, &p->packed));
        OG_TRY(reorder_new(memory_about(conv->plain), packed, &p->reorder));
    }
    if (scratch_bytes > conv->scratch_bytes)
        conv->scratch_bytes = scratch_bytes;
    return OG_OK;
}

/* What does not look beyond a slice sees images; a planar volume's slices are no images by themselves. */
static void settle_slices(og__conv_shape *s)
{
    s->d = s->d > 0 ? s->d : 1;
    s->slice_kernel = s->slice_kernel > 0 ? s->slice_kernel : 1;
    s->slice_stride = s->slice_stride > 0 ? s->slice_stride : 1;
    if (s->slice_kernel > 1 || s->slice_stride > 1 || s->planar || s->planar_dst)
        return;
    s->n *= s->d;
    s->d = 1;
}

/* A tensor's slices, channel blocks, and floats of a block of a slice: of src (side 0) or dst (side 1). */
typedef struct extent {
    size_t d, blocks, run;
} extent;

static extent extent_of(const og__conv *conv, int side)
{
    const og__conv_shape *s = &conv->shape;
    size_t lanes = (size_t)og__isa_lanes(s->isa), channels = (size_t)(side == 0 ? conv->ic : conv->oc);
    extent e = {(size_t)s->d, (channels + lanes - 1) / lanes, (size_t)s->h * (size_t)s->w * lanes};
    if (side == 0)
        return e;
    if (s->transposed)
        return (extent){e.d * (size_t)s->slice_kernel, e.blocks, 4 * e.run};
    return (extent){e.d / (size_t)s->slice_stride, e.blocks, s->strided ? e.run / 4 : e.run};
}

/* Room for what oneDNN has in another order. */
static void find_copies(og__conv *conv)
{
    for (int side = 0; side < 2; side++) {
        extent e = extent_of(conv, side);
        if (e.d > 1 && e.blocks > 1 && !(side == 0 && conv->shape.planar))
            conv->copy_floats[side] = (size_t)conv->shape.n * e.d * e.blocks * e.run;
    }
    conv->scratch_bytes += (conv->copy_floats[0] + conv->copy_floats[1]) * sizeof(float);
}

og_status og__conv_new(const og__conv_shape *shape, og__conv **conv)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    og_status status = OG_OK;
    descs d = {0};
    og__conv *made = NULL;
    *conv = NULL;
    pthread_once(&once, start_engine);
    DNNL_TRY(engine_status, "starting its CPU engine");
    og__conv_shape by_slices = *shape;
    settle_slices(&by_slices);
    shape = &by_slices;
    omp_set_num_threads(shape->threads); /* oneDNN partitions the work when a primitive is made */
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->shape = *shape;
    if (og__conv_taps_serves(shape)) {
        OG_GO(og__conv_taps_new(shape, &made->taps));
        made->scratch_bytes = og__conv_taps_scratch_bytes(made->taps);
        *conv = made;
        made = NULL;
        goto done;
    }
    if (og__conv_up_serves(shape)) {
        OG_GO(og__conv_up_new(shape, &made->up));
        made->scratch_bytes = og__conv_up_scratch_bytes(made->up);
        *conv = made;
        made = NULL;
        goto done;
    }
    if (og__conv_head_serves(shape)) {
        OG_GO(og__conv_head_new(shape, &made->head));
        made->scratch_bytes = og__conv_head_scratch_bytes(made->head);
        *conv = made;
        made = NULL;
        goto done;
    }
    if (og__conv_stem_serves(shape)) {
        OG_GO(og__conv_stem_new(shape, &made->stem));
        made->scratch_bytes = og__conv_stem_scratch_bytes(made->stem);
        *conv = made;
        made = NULL;
        goto done;
    }
    made->ic = shape->planar ? shape->ic : at_least_a_block(shape->ic, shape->isa);
    made->oc = at_least_a_block(shape->oc, shape->isa);
    if (shape->depthwise)
        made->ic = made->oc = whole_blocks(shape->oc, shape->isa);
    OG_GO(descs_new(made, &d));
    OG_GO(plain_new(made));
    OG_GO(pass_new(made, PASS_FORWARD, &d));
    if (shape->training && shape->data_grad)
        OG_GO(pass_new(made, PASS_DATA, &d));
    if (shape->training)
        OG_GO(pass_new(made, PASS_WEIGHTS, &d));
    find_copies(made);
    *conv = made;
    made = NULL;
done:
    descs_free(&d);
    og__conv_free(made);
    return status;
}

void og__conv_free(og__conv *conv)
{
    if (!conv)
        return;
    og__conv_taps_free(conv->taps);
    og__conv_up_free(conv->up);
    og__conv_head_free(conv->head);
    og__conv_stem_free(conv->stem);
    for (int which = 0; which < PASS_COUNT; which++) {
        pass *p = &conv->passes[which];
        dnnl_memory_t memories[] = {p->src, p->weights, p->bias, p->dst, p->scratch};
        for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++)
            if (memories[i])
                dnnl_memory_destroy(memories[i]);
        if (p->primitive)
            dnnl_primitive_destroy(p->primitive);
        if (p->reorder)
            dnnl_primitive_destroy(p->reorder);
        if (p->about)
            dnnl_primitive_desc_destroy(p->about);
        free(p->packed);
    }
    if (conv->plain)
        dnnl_memory_destroy(conv->plain);
    free(conv->padded);
    free(conv);
}

bool og__conv_fuses(const og__conv *conv)
{
    return conv->taps != NULL;
}

size_t og__conv_bytes(const og__conv *conv)
{
    size_t bytes = conv->taps ? og__conv_taps_bytes(conv->taps) : 0;
    bytes += conv->up ? og__conv_up_bytes(conv->up) : 0;
    bytes += conv->head ? og__conv_head_bytes(conv->head) : 0;
    bytes += conv->stem ? og__conv_stem_bytes(conv->stem) : 0;
    for (int which = 0; which < PASS_COUNT; which++)
        if (conv->passes[which].packed)
            bytes += conv->passes[which].packed_bytes;
    return bytes;
}

size_t og__conv_scratch_bytes(const og__conv *conv)
{
    return conv->scratch_bytes;
}

/* Point a memory object at data; oneDNN's handles are not const even where it only reads. */
static void point(dnnl_memory_t memory, const void *data)
{
    dnnl_memory_set_data_handle(memory, (void *)(uintptr_t)data);
}

static og_status reorder(const pass *p, dnnl_memory_t from, dnnl_memory_t to)
{
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    return checked(dnnl_primitive_execute(p->reorder, stream, 2, args), "a reorder of weights");
}

/* Address of the kernel of output o, input i in weights with `oc` outputs and `ic` inputs. */
static size_t kernel_at(const og__conv *conv, int o, int i, int oc, int ic)
{
    size_t area = kernel_floats(&conv->shape);
    return area * (conv->shape.transposed ? (size_t)i * (size_t)oc + (size_t)o : (size_t)o * (size_t)ic + (size_t)i);
}

/* Copy this convolution's part of the weights between zeros, or their gradient from there. */
static void copy_padded(og__conv *conv, const float *weights, float *d_weights)
{
    const og__conv_shape *s = &conv->shape;
    size_t bytes = kernel_floats(s) * sizeof(float);
    if (s->depthwise) {
        memcpy(weights ? conv->padded : d_weights, weights ? weights : conv->padded, bytes * (size_t)s->oc);
        return;
    }
    for (int o = 0; o < s->oc; o++)
        for (int i = 0; i < s->ic; i++) {
            float *padded = conv->padded + kernel_at(conv, o, i, conv->oc, conv->ic);
            size_t plain = kernel_at(conv, o, s->ic_first + i, s->oc, s->ic_all);
            if (weights)
                memcpy(padded, weights + plain, bytes);
            else
                memcpy(d_weights + plain, padded, bytes);
        }
}

og_status og__conv_pack(og__conv *conv, const float *weights)
{
    if (conv->taps) {
        og__conv_taps_pack(conv->taps, weights);
        return OG_OK;
    }
    if (conv->up) {
        og__conv_up_pack(conv->up, weights);
        return OG_OK;
    }
    if (conv->head) {
        og__conv_head_pack(conv->head, weights);
        return OG_OK;
    }
    if (conv->stem) {
        og__conv_stem_pack(conv->stem, weights);
        return OG_OK;
    }
    omp_set_num_threads(conv->shape.threads);
    if (is_padded(conv)) {
        memset(conv->padded, 0, padded_count(conv) * sizeof(float)); /* a gradient may have passed through */
        copy_padded(conv, weights, NULL);
        weights = conv->padded;
    }
    point(conv->plain, weights + conv->plain_offset);
    for (int which = 0; which < PASS_COUNT; which++) {
        const pass *p = &conv->passes[which];
        if (!p->packed)
            continue;
        point(p->weights, p->packed);
        OG_TRY(reorder(p, conv->plain, p->weights));
    }
    return OG_OK;
}

/* Between volumes slice by slice and block by block: (n, a, b, run) to (n, b, a, run). */
static void exchange(const og__conv *conv, size_t a, size_t b, size_t run, const float *from, float *to)
{
    size_t rows = (size_t)conv->shape.n * a * b;
#pragma omp parallel for num_threads(conv->shape.threads) schedule(static)
    for (size_t i = 0; i < rows; i++) {
        size_t volume = i / (a * b), at = i % (a * b);
        memcpy(to + ((volume * b + at % b) * a + at / b) * run, from + i * run, run * sizeof(float));
    }
}

/* src (side 0) or dst (side 1) on the way to oneDNN, or back. */
static void carry(const og__conv *conv, int side, bool back, const float *from, float *to)
{
    extent e = extent_of(conv, side);
    if (back)
        exchange(conv, e.blocks, e.d, e.run, from, to);
    else
        exchange(conv, e.d, e.blocks, e.run, from, to);
}

/* Where oneDNN finds src or dst: in place, or in a copy at the start of scratch, which is filled if `read`. */
static float *lend(const og__conv *conv, int side, bool read, const float *tensor, void *scratch)
{
    if (conv->copy_floats[side] == 0)
        return (float *)(uintptr_t)tensor;
    float *copy = (float *)scratch + (side == 1 ? conv->copy_floats[0] : 0);
    if (read)
        carry(conv, side, false, tensor, copy);
    return copy;
}

static void take_back(const og__conv *conv, int side, const float *lent, float *tensor)
{
    if (lent != tensor)
        carry(conv, side, true, lent, tensor);
}

static char *behind_copies(const og__conv *conv, void *scratch)
{
    return (char *)scratch + (conv->copy_floats[0] + conv->copy_floats[1]) * sizeof(float);
}

static og_status execute(const pass *p, int count, const dnnl_exec_arg_t *args, void *scratch, int threads)
{
    omp_set_num_threads(threads);
    point(p->scratch, scratch);
    return checked(dnnl_primitive_execute(p->primitive, stream, count, args), "a convolution");
}

og_status og__conv_forward(og__conv *conv, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                           void *scratch)
{
    if (conv->taps) {
        og__conv_taps_forward(conv->taps, src, bias, dst, fused, scratch);
        return OG_OK;
    }
    if (conv->up) {
        og__conv_up_forward(conv->up, src, bias, dst, scratch);
        return OG_OK;
    }
    if (conv->head) {
        og__conv_head_forward(conv->head, src, bias, dst, scratch);
        return OG_OK;
    }
    if (conv->stem) {
        og__conv_stem_forward(conv->stem, src, bias, dst, scratch);
        return OG_OK;
    }
    const pass *p = &conv->passes[PASS_FORWARD];
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->src},
                              {DNNL_ARG_WEIGHTS, p->weights},
                              {DNNL_ARG_DST, p->dst},
                              {DNNL_ARG_SCRATCHPAD, p->scratch},
                              {DNNL_ARG_BIAS, p->bias}};
    float *lent = lend(conv, 1, conv->shape.accumulate, dst, scratch);
    point(p->src, lend(conv, 0, true, src, scratch));
    point(p->weights, p->packed);
    point(p->dst, lent);
    if (p->bias && is_padded(conv)) {
        float *padded = conv->padded + padded_count(conv);
        memset(padded, 0, (size_t)conv->oc * sizeof(float));
        bias = memcpy(padded, bias, (size_t)conv->shape.oc * sizeof(float));
    }
    if (p->bias)
        point(p->bias, bias);
    OG_TRY(execute(p, p->bias ? 5 : 4, args, behind_copies(conv, scratch), conv->shape.threads));
    take_back(conv, 1, lent, dst);
    return OG_OK;
}

og_status og__conv_backward_data(og__conv *conv, const float *d_dst, float *d_src, const og__conv_fused *fused,
                                 void *scratch)
{
    if (conv->taps) {
        og__conv_taps_backward_data(conv->taps, d_dst, d_src, fused, scratch);
        return OG_OK;
    }
    if (conv->up) {
        og__conv_up_backward_data(conv->up, d_dst, d_src, scratch);
        return OG_OK;
    }
    if (conv->head) {
        og__conv_head_backward_data(conv->head, d_dst, d_src, scratch);
        return OG_OK;
    }
    const pass *p = &conv->passes[PASS_DATA];
    dnnl_exec_arg_t args[] = {{DNNL_ARG_DIFF_SRC, p->src},
                              {DNNL_ARG_WEIGHTS, p->weights},
                              {DNNL_ARG_DIFF_DST, p->dst},
                              {DNNL_ARG_SCRATCHPAD, p->scratch}};
    float *lent = lend(conv, 0, false, d_src, scratch);
    point(p->src, lent);
    point(p->weights, p->packed);
    point(p->dst, lend(conv, 1, true, d_dst, scratch));
    OG_TRY(execute(p, 4, args, behind_copies(conv, scratch), conv->shape.threads));
    take_back(conv, 0, lent, d_src);
    return OG_OK;
}

og_status og__conv_backward_weights(og__conv *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, const og__conv_fused *fused, void *scratch)
{
    if (conv->taps) {
        og__conv_taps_backward_weights(conv->taps, src, d_dst, d_weights, d_bias, fused, scratch);
        return OG_OK;
    }
    if (conv->up) {
        og__conv_up_backward_weights(conv->up, src, d_dst, d_weights, d_bias, scratch);
        return OG_OK;
    }
    if (conv->head) {
        og__conv_head_backward_weights(conv->head, src, d_dst, d_weights, d_bias, scratch);
        return OG_OK;
    }
    if (conv->stem) {
        og__conv_stem_backward_weights(conv->stem, src, d_dst, d_weights, d_bias, scratch);
        return OG_OK;
    }
    const pass *p = &conv->passes[PASS_WEIGHTS];
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->src},
                              {DNNL_ARG_DIFF_WEIGHTS, p->weights},
                              {DNNL_ARG_DIFF_DST, p->dst},
                              {DNNL_ARG_SCRATCHPAD, p->scratch},
                              {DNNL_ARG_DIFF_BIAS, p->bias}};
    size_t packed_at = (conv->scratch_bytes - p->packed_bytes) / OG_ALIGN_BYTES * OG_ALIGN_BYTES;
    point(p->src, lend(conv, 0, true, src, scratch));
    point(p->weights, (char *)scratch + packed_at);
    point(p->dst, lend(conv, 1, true, d_dst, scratch));
    float *bias_at = is_padded(conv) ? conv->padded + padded_count(conv) : d_bias;
    if (p->bias)
        point(p->bias, bias_at);
    OG_TRY(execute(p, p->bias ? 5 : 4, args, behind_copies(conv, scratch), conv->shape.threads));
    point(conv->plain, is_padded(conv) ? conv->padded : d_weights + conv->plain_offset);
    OG_TRY(reorder(p, p->weights, conv->plain));
    if (!is_padded(conv))
        return OG_OK;
    copy_padded(conv, NULL, d_weights);
    if (p->bias)
        memcpy(d_bias, bias_at, (size_t)conv->shape.oc * sizeof(float));
    return OG_OK;
}
