/* The loops that activations run in, as a template: include it behind the functions that src/act/emit_c.c writes, with
 *
 *   OG_LANES                channels per block
 *   OG_ACT                  the functions' prefix
 *   OG_ACT_PARAMS           the number of parameters
 *   OG_ACT_EACH_PARAM(DO)   DO(0) DO(1) ...
 *
 * It defines `OG_ACT_frames`, an og__act_frames, and takes back the last three. Self-contained but for act_types.h:
 * this text is also compiled at run time.
 *
 * The inner loops run over the OG_LANES lanes of one pixel and become one vector operation per step. Everything that
 * does not change with the pixel is first copied to locals, which nothing can alias, and so stays in registers. */

#define OG_PASTE_(a, b) a##b
#define OG_PASTE(a, b) OG_PASTE_(a, b)
#define OG_ACT_FN(name) OG_PASTE(OG_ACT, name)

#ifndef OG_FRAMES_ONCE
#define OG_FRAMES_ONCE
enum { OG_RUN_PIXELS = 64 }; /* float sums stay this short; their totals are double */
#endif

#define OG_ADD_BY_PARAM(k) sum_params[k][lane] += d * OG_ACT_FN(_by_param_##k)(z, params, lane);
#define OG_SET_BY_PARAM(k) by_params[k][lane] = OG_ACT_FN(_by_param_##k)(z[lane], params, lane);

/* An array of length 0 is no C. */
#define OG_ACT_SLOTS (OG_ACT_PARAMS > 0 ? OG_ACT_PARAMS : 1)

static void OG_ACT_FN(_forward)(const void *self, size_t pixels, const float *src, float *dst,
                                const og__act_block *block)
{
    (void)self;
    float scale[OG_LANES], shift[OG_LANES], params[OG_ACT_SLOTS][OG_LANES];
    for (int lane = 0; lane < OG_LANES; lane++) {
        scale[lane] = block->scale[lane];
        shift[lane] = block->shift[lane];
        for (int k = 0; k < OG_ACT_PARAMS; k++)
            params[k][lane] = block->params[k][lane];
    }
    for (size_t pixel = 0; pixel < pixels; pixel++, src += OG_LANES, dst += OG_LANES)
#pragma omp simd
        for (int lane = 0; lane < OG_LANES; lane++)
            dst[lane] = OG_ACT_FN(_value)(src[lane] * scale[lane] + shift[lane], params, lane);
}

static inline __attribute__((always_inline)) void OG_ACT_FN(_reduce)(size_t pixels, const float *src, float *d_dst,
                                                                     const og__act_block *block,
                                                                     const og__act_sums *sums, const int learned)
{
    float scale[OG_LANES], shift[OG_LANES], center[OG_LANES], params[OG_ACT_SLOTS][OG_LANES];
    double total_dz[OG_LANES], total_dz_src[OG_LANES], total_params[OG_ACT_SLOTS][OG_LANES];
    for (int lane = 0; lane < OG_LANES; lane++) {
        scale[lane] = block->scale[lane];
        shift[lane] = block->shift[lane];
        center[lane] = sums->center[lane];
        total_dz[lane] = total_dz_src[lane] = 0;
        for (int k = 0; k < OG_ACT_PARAMS; k++) {
            params[k][lane] = block->params[k][lane];
            total_params[k][lane] = 0;
        }
    }
    for (size_t done = 0; done < pixels;) {
        size_t run = pixels - done < OG_RUN_PIXELS ? pixels - done : OG_RUN_PIXELS;
        float sum_dz[OG_LANES] = {0}, sum_dz_src[OG_LANES] = {0}, sum_params[OG_ACT_SLOTS][OG_LANES] = {{0}};
        for (size_t pixel = 0; pixel < run; pixel++, src += OG_LANES, d_dst += OG_LANES)
#pragma omp simd
            for (int lane = 0; lane < OG_LANES; lane++) {
                float d = d_dst[lane], z = src[lane] * scale[lane] + shift[lane];
                float dz = d * OG_ACT_FN(_slope)(z, params, lane);
                d_dst[lane] = dz;
                sum_dz[lane] += dz;
                sum_dz_src[lane] += dz * (src[lane] - center[lane]);
                if (learned) {
                    OG_ACT_EACH_PARAM(OG_ADD_BY_PARAM)
                }
            }
        for (int lane = 0; lane < OG_LANES; lane++) {
            total_dz[lane] += (double)sum_dz[lane];
            total_dz_src[lane] += (double)sum_dz_src[lane];
            for (int k = 0; learned && k < OG_ACT_PARAMS; k++)
                total_params[k][lane] += (double)sum_params[k][lane];
        }
        done += run;
    }
    for (int lane = 0; lane < OG_LANES; lane++) {
        sums->dz[lane] += (float)total_dz[lane];
        sums->dz_src[lane] += (float)total_dz_src[lane];
        for (int k = 0; learned && k < OG_ACT_PARAMS; k++)
            sums->params[k][lane] += (float)total_params[k][lane];
    }
}

static void OG_ACT_FN(_backward_reduce)(const void *self, size_t pixels, const float *src, float *d_dst,
                                        const og__act_block *block, const og__act_sums *sums)
{
    (void)self;
    if (OG_ACT_PARAMS > 0 && sums->params)
        OG_ACT_FN(_reduce)(pixels, src, d_dst, block, sums, 1);
    else
        OG_ACT_FN(_reduce)(pixels, src, d_dst, block, sums, 0);
}

static void OG_ACT_FN(_eval)(const void *self, size_t count, const float *x, const float *values, float *y, float *dy,
                             float *const *dparams)
{
    (void)self, (void)values;
    float params[OG_ACT_SLOTS][OG_LANES];
    for (int k = 0; k < OG_ACT_PARAMS; k++)
        for (int lane = 0; lane < OG_LANES; lane++)
            params[k][lane] = values[k];
    for (size_t done = 0; done < count; done += OG_LANES) {
        int part = count - done < OG_LANES ? (int)(count - done) : OG_LANES;
        float z[OG_LANES] = {0}, value[OG_LANES], slope[OG_LANES], by_params[OG_ACT_SLOTS][OG_LANES];
        for (int lane = 0; lane < part; lane++)
            z[lane] = x[done + (size_t)lane];
#pragma omp simd
        for (int lane = 0; lane < OG_LANES; lane++) {
            value[lane] = OG_ACT_FN(_value)(z[lane], params, lane);
            slope[lane] = OG_ACT_FN(_slope)(z[lane], params, lane);
            OG_ACT_EACH_PARAM(OG_SET_BY_PARAM)
        }
        for (int lane = 0; lane < part; lane++) {
            size_t at = done + (size_t)lane;
            if (y)
                y[at] = value[lane];
            if (dy)
                dy[at] = slope[lane];
            for (int k = 0; dparams && k < OG_ACT_PARAMS; k++)
                if (dparams[k])
                    dparams[k][at] = by_params[k][lane];
        }
    }
}

static const og__act_frames OG_ACT_FN(_frames) = {
    .forward = OG_ACT_FN(_forward),
    .backward_reduce = OG_ACT_FN(_backward_reduce),
    .eval = OG_ACT_FN(_eval),
};

#undef OG_PASTE_
#undef OG_PASTE
#undef OG_ACT_FN
#undef OG_ACT_SLOTS
#undef OG_ACT
#undef OG_ACT_PARAMS
#undef OG_ACT_EACH_PARAM
#undef OG_ADD_BY_PARAM
#undef OG_SET_BY_PARAM
