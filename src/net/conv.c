/* Convolutions by oneDNN, for every shape. Versions 2.6 and 3 differ in how descriptors are made; the differences are
 * confined to the first section. It is the only file that may include oneDNN, which is why it is a long one. */
#include "net/conv_kind.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include "base/memory.h"
#include "net/conv_copies.h"

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

/* Products of planar matrices are cut by the number of threads, so that results would depend on it. */
static void set_threads(const og__conv_shape *s)
{
    omp_set_num_threads(og__conv_copies_planar(s->isa) ? 1 : s->threads);
}

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
typedef struct onednn_conv {
    og__conv_shape shape;
    int ic, oc; /* channels as oneDNN sees them */
    pass passes[PASS_COUNT];
    dnnl_memory_t plain; /* this convolution's part of the weights in PyTorch's layout, or `padded` */
    size_t plain_offset; /* floats before that part */
    float *padded; /* (oc, ic, k, k), transposed (ic, oc, 2, 2), depthwise (oc, k, k), and then (oc) for the bias; NULL
                      when not needed */
    og__conv_copies copies;
    size_t scratch_bytes;
} onednn_conv;

/* Volumes whose slices are to be seen together, by oneDNN as (N, blocks, D, H, W, lanes). */
static bool is_volume(const og__conv_shape *s)
{
    return s->d > 1 || s->slice_kernel > 1;
}

static size_t kernel_floats(const og__conv_shape *s)
{
    return (size_t)s->slice_kernel * (size_t)s->kernel * (size_t)s->kernel;
}

static bool is_padded(const onednn_conv *conv)
{
    return conv->ic != conv->shape.ic || conv->oc != conv->shape.oc;
}

static size_t padded_count(const onednn_conv *conv)
{
    return (size_t)conv->oc * (conv->shape.depthwise ? 1 : (size_t)conv->ic) * kernel_floats(&conv->shape);
}

static int at_least_a_block(int channels, og__isa isa)
{
    int lanes = og__isa_lanes(isa);
    return channels < lanes ? lanes : channels;
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

static int weights_sizes(const onednn_conv *conv, dnnl_dims_t sizes)
{
    const og__conv_shape *s = &conv->shape;
    if (s->depthwise)
        return sizes_of(s, 3, (dnnl_dims_t){conv->oc, 1, 1, s->slice_kernel, s->kernel, s->kernel}, sizes);
    return sizes_of(s, 2, (dnnl_dims_t){conv->oc, conv->ic, s->slice_kernel, s->kernel, s->kernel}, sizes);
}

static dnnl_format_tag_t layout_of(const og__conv_shape *s, bool planar)
{
    planar = planar || og__conv_copies_planar(s->isa);
    bool wide = og__isa_lanes(s->isa) == 16;
    if (is_volume(s))
        return planar ? dnnl_ncdhw : wide ? dnnl_nCdhw16c : dnnl_nCdhw8c;
    return planar ? dnnl_nchw : wide ? dnnl_nChw16c : dnnl_nChw8c;
}

static og_status descs_new(const onednn_conv *conv, descs *d)
{
    const og__conv_shape *s = &conv->shape;
    int scale = s->transposed ? 2 : 1, part = s->strided ? 2 : 1, slice_scale = s->transposed ? s->slice_kernel : 1;
    int lost = s->valid ? (s->kernel - 1) * s->dilation : 0;
    dnnl_dims_t sizes, bias = {conv->oc};
    int rank = sizes_of(s, 2, (dnnl_dims_t){s->n, conv->ic, s->d, s->h, s->w}, sizes);
    DNNL_TRY(desc_new(&d->src, rank, sizes, layout_of(s, s->planar)), "describing a source");
    sizes_of(s, 2,
             (dnnl_dims_t){s->n, conv->oc, s->d * slice_scale / s->slice_stride, s->h * scale / part - lost,
                           s->w * scale / part - lost},
             sizes);
    DNNL_TRY(desc_new(&d->dst, rank, sizes, layout_of(s, false)), "describing a destination");
    rank = weights_sizes(conv, sizes);
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
    int stride = s->transposed || s->strided ? 2 : 1, pad = s->transposed || s->valid ? 0 : s->kernel / 2 * s->dilation;
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
static og_status plain_new(onednn_conv *conv)
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
    int rank = weights_sizes(conv, sizes);
    if (s->depthwise)
        sizes_of(s, 3, (dnnl_dims_t){area, area, area, plane, s->kernel, 1}, strides);
    else
        sizes_of(s, 2, (dnnl_dims_t){by_output, by_input, plane, s->kernel, 1}, strides);
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
    dnnl_memory_get_memory_desc(memory, &about);
    return about;
}

static og_status pass_new(onednn_conv *conv, int which, const descs *d)
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
        OG_TRY(og__alloc(conv->shape.dry ? 0 : p->packed_bytes, 1, &p->packed));
        OG_TRY(reorder_new(memory_about(conv->plain), packed, &p->reorder));
    }
    if (scratch_bytes > conv->scratch_bytes)
        conv->scratch_bytes = scratch_bytes;
    return OG_OK;
}

static void onednn_free(void *self)
{
    onednn_conv *conv = self;
    if (!conv)
        return;
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

static og_status onednn_new(const og__conv_shape *shape, void **conv)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    og_status status = OG_OK;
    descs d = {0};
    onednn_conv *made = NULL;
    *conv = NULL;
    pthread_once(&once, start_engine);
    DNNL_TRY(engine_status, "starting its CPU engine");
    set_threads(shape); /* fewer than og__conv_new() has set, where tensors are planar */
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->shape = *shape;
    made->ic = shape->planar ? shape->ic : at_least_a_block(shape->ic, shape->isa);
    made->oc = at_least_a_block(shape->oc, shape->isa);
    if (shape->depthwise)
        made->ic = made->oc = og__isa_padded(shape->isa, shape->oc);
    OG_GO(descs_new(made, &d));
    OG_GO(plain_new(made));
    OG_GO(pass_new(made, PASS_FORWARD, &d));
    if (shape->training && shape->data_grad)
        OG_GO(pass_new(made, PASS_DATA, &d));
    if (shape->training)
        OG_GO(pass_new(made, PASS_WEIGHTS, &d));
    made->copies = og__conv_copies_of(shape, made->ic, made->oc);
    made->scratch_bytes += og__conv_copies_bytes(&made->copies);
    *conv = made;
    made = NULL;
done:
    descs_free(&d);
    onednn_free(made);
    return status;
}

static size_t onednn_bytes(const void *self)
{
    const onednn_conv *conv = self;
    size_t bytes = 0;
    for (int which = 0; which < PASS_COUNT; which++)
        if (conv->passes[which].packed)
            bytes += conv->passes[which].packed_bytes;
    return bytes;
}

static size_t onednn_scratch_bytes(const void *self)
{
    const onednn_conv *conv = self;
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
static size_t kernel_at(const onednn_conv *conv, int o, int i, int oc, int ic)
{
    size_t area = kernel_floats(&conv->shape);
    return area * (conv->shape.transposed ? (size_t)i * (size_t)oc + (size_t)o : (size_t)o * (size_t)ic + (size_t)i);
}

/* Copy this convolution's part of the weights between zeros, or their gradient from there. */
static void copy_padded(onednn_conv *conv, const float *weights, float *d_weights)
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

static og_status onednn_pack(void *self, const float *weights)
{
    onednn_conv *conv = self;
    set_threads(&conv->shape);
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

static og_status execute(const onednn_conv *conv, const pass *p, int count, const dnnl_exec_arg_t *args, void *scratch)
{
    set_threads(&conv->shape);
    point(p->scratch, (char *)scratch + og__conv_copies_bytes(&conv->copies));
    return checked(dnnl_primitive_execute(p->primitive, stream, count, args), "a convolution");
}

static og_status onednn_forward(void *self, const float *src, const float *bias, float *dst,
                                const og__conv_fused *fused, void *scratch)
{
    onednn_conv *conv = self;
    const pass *p = &conv->passes[PASS_FORWARD];
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->src},
                              {DNNL_ARG_WEIGHTS, p->weights},
                              {DNNL_ARG_DST, p->dst},
                              {DNNL_ARG_SCRATCHPAD, p->scratch},
                              {DNNL_ARG_BIAS, p->bias}};
    float *lent = og__conv_copies_lend(&conv->copies, OG_SIDE_DST, conv->shape.accumulate, dst, scratch);
    (void)fused;
    point(p->src, og__conv_copies_lend(&conv->copies, OG_SIDE_SRC, true, src, scratch));
    point(p->weights, p->packed);
    point(p->dst, lent);
    if (p->bias && is_padded(conv)) {
        float *padded = conv->padded + padded_count(conv);
        memset(padded, 0, (size_t)conv->oc * sizeof(float));
        bias = memcpy(padded, bias, (size_t)conv->shape.oc * sizeof(float));
    }
    if (p->bias)
        point(p->bias, bias);
    OG_TRY(execute(conv, p, p->bias ? 5 : 4, args, scratch));
    og__conv_copies_take_back(&conv->copies, OG_SIDE_DST, lent, dst);
    return OG_OK;
}

static og_status onednn_backward_data(void *self, const float *d_dst, float *d_src, const og__conv_fused *fused,
                                      void *scratch)
{
    onednn_conv *conv = self;
    const pass *p = &conv->passes[PASS_DATA];
    dnnl_exec_arg_t args[] = {{DNNL_ARG_DIFF_SRC, p->src},
                              {DNNL_ARG_WEIGHTS, p->weights},
                              {DNNL_ARG_DIFF_DST, p->dst},
                              {DNNL_ARG_SCRATCHPAD, p->scratch}};
    float *lent = og__conv_copies_lend(&conv->copies, OG_SIDE_SRC, false, d_src, scratch);
    (void)fused;
    point(p->src, lent);
    point(p->weights, p->packed);
    point(p->dst, og__conv_copies_lend(&conv->copies, OG_SIDE_DST, true, d_dst, scratch));
    OG_TRY(execute(conv, p, 4, args, scratch));
    og__conv_copies_take_back(&conv->copies, OG_SIDE_SRC, lent, d_src);
    return OG_OK;
}

static og_status onednn_backward_weights(void *self, const float *src, const float *d_dst, float *d_weights,
                                         float *d_bias, const og__conv_fused *fused, void *scratch)
{
    onednn_conv *conv = self;
    const pass *p = &conv->passes[PASS_WEIGHTS];
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->src},
                              {DNNL_ARG_DIFF_WEIGHTS, p->weights},
                              {DNNL_ARG_DIFF_DST, p->dst},
                              {DNNL_ARG_SCRATCHPAD, p->scratch},
                              {DNNL_ARG_DIFF_BIAS, p->bias}};
    size_t packed_at = (conv->scratch_bytes - p->packed_bytes) / OG_ALIGN_BYTES * OG_ALIGN_BYTES;
    (void)fused;
    point(p->src, og__conv_copies_lend(&conv->copies, OG_SIDE_SRC, true, src, scratch));
    point(p->weights, (char *)scratch + packed_at);
    point(p->dst, og__conv_copies_lend(&conv->copies, OG_SIDE_DST, true, d_dst, scratch));
    float *bias_at = is_padded(conv) ? conv->padded + padded_count(conv) : d_bias;
    if (p->bias)
        point(p->bias, bias_at);
    OG_TRY(execute(conv, p, p->bias ? 5 : 4, args, scratch));
    point(conv->plain, is_padded(conv) ? conv->padded : d_weights + conv->plain_offset);
    OG_TRY(reorder(p, p->weights, conv->plain));
    if (!is_padded(conv))
        return OG_OK;
    copy_padded(conv, NULL, d_weights);
    if (p->bias)
        memcpy(d_bias, bias_at, (size_t)conv->shape.oc * sizeof(float));
    return OG_OK;
}

const og__conv_kind og__conv_onednn = {
    .new = onednn_new,
    .free = onednn_free,
    .bytes = onednn_bytes,
    .scratch_bytes = onednn_scratch_bytes,
    .pack = onednn_pack,
    .forward = onednn_forward,
    .backward_data = onednn_backward_data,
    .backward_weights = onednn_backward_weights,
};
