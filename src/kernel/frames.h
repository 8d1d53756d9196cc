/* The loops that activations run in, as a template: include it behind the functions that src/act/emit_c.c writes, with
 *
 *   OG_LANES                channels per block
 *   OG_ACT                  the functions' prefix
 *   OG_ACT_OPERANDS         the number of operands
 *   OG_ACT_Z                z0, z1, ...: the operands' values, as the functions take them
 *   OG_ACT_EACH_OPERAND(DO) DO(0) DO(1) ...
 *   OG_ACT_EACH_GRADIENT(DO) the same for the operands that gradients go to: all but noise
 *   OG_ACT_PARAMS           the number of parameters
 *   OG_ACT_EACH_PARAM(DO)   DO(0) DO(1) ...
 *
 * It defines `OG_ACT_frames`, an og__act_frames, and takes back all but OG_LANES. Self-contained but for act_types.h:
 * this text is also compiled at run time.
 *
 * The inner loops run over the OG_LANES lanes of one pixel and become one vector operation per step. Everything that
 * does not change with the pixel is first copied to locals, which nothing can alias, and so stays in registers. What
 * exists once per operand is written out by OG_ACT_EACH_OPERAND, so that with one operand nothing is left of it. */

#define OG_PASTE_(a, b) a##b
#define OG_PASTE(a, b) OG_PASTE_(a, b)
#define OG_ACT_FN(name) OG_PASTE(OG_ACT, name)

#ifndef OG_FRAMES_ONCE
#define OG_FRAMES_ONCE
#if defined(__GNUC__) && !defined(__clang__)
/* A choice must not become two copies of a loop's body: both would be computed, and their sums in memory. */
#pragma GCC optimize("no-thread-jumps")
#endif
enum {
    OG_RUN_PIXELS = 64,   /* float sums stay this short; their totals are double */
    OG_AHEAD_PIXELS = 24, /* fetched early: long code per pixel keeps the CPU from looking ahead by itself */
};
#endif

#define OG_TAKE_SRC(i) const float *src##i = src[i];
#define OG_NEXT_SRC(i)                                                                                                 \
    __builtin_prefetch(src##i + OG_AHEAD_PIXELS * OG_LANES);                                                           \
    src##i += OG_LANES;
#define OG_SET_Z(i) const float z##i = src##i[lane] * scale[i][lane] + shift[i][lane];
#define OG_TAKE_Z(i) const float z##i = values[i][lane];

#define OG_TAKE_D(i) float *d##i = d[i];
#define OG_NEXT_D(i)                                                                                                   \
    __builtin_prefetch(d##i + OG_AHEAD_PIXELS * OG_LANES, 1);                                                          \
    d##i += OG_LANES;
#define OG_ADD_BY_OPERAND(i)                                                                                           \
    {                                                                                                                  \
        const float dz = d_dst * OG_ACT_FN(_by_operand_##i)(OG_ACT_Z, params, lane);                                   \
        d##i[lane] = dz;                                                                                               \
        sum_dz[i][lane] += dz;                                                                                         \
        sum_dz_src[i][lane] += dz * (src##i[lane] - center[i][lane]);                                                  \
    }
#define OG_ADD_TOTALS(i)                                                                                               \
    total_dz[i][lane] += (double)sum_dz[i][lane];                                                                      \
    total_dz_src[i][lane] += (double)sum_dz_src[i][lane];
#define OG_GIVE_TOTALS(i)                                                                                              \
    sums->dz[i][lane] += (float)total_dz[i][lane];                                                                     \
    sums->dz_src[i][lane] += (float)total_dz_src[i][lane];
#define OG_SET_BY_OPERAND(i) by_operands[i][lane] = OG_ACT_FN(_by_operand_##i)(OG_ACT_Z, params, lane);

#define OG_ADD_BY_PARAM(k) sum_params[k][lane] += d_dst * OG_ACT_FN(_by_param_##k)(OG_ACT_Z, params, lane);
#define OG_SET_BY_PARAM(k) by_params[k][lane] = OG_ACT_FN(_by_param_##k)(OG_ACT_Z, params, lane);

/* An array of length 0 is no C. */
#define OG_ACT_SLOTS (OG_ACT_PARAMS > 0 ? OG_ACT_PARAMS : 1)

static void OG_ACT_FN(_forward)(const void *self, size_t pixels, const float *const *src, float *dst,
                                const og__act_block *block)
{
    (void)self;
    float scale[OG_ACT_OPERANDS][OG_LANES], shift[OG_ACT_OPERANDS][OG_LANES], params[OG_ACT_SLOTS][OG_LANES];
    OG_ACT_EACH_OPERAND(OG_TAKE_SRC)
    for (int lane = 0; lane < OG_LANES; lane++) {
        for (int i = 0; i < OG_ACT_OPERANDS; i++) {
            scale[i][lane] = block->scale[i][lane];
            shift[i][lane] = block->shift[i][lane];
        }
        for (int k = 0; k < OG_ACT_PARAMS; k++)
            params[k][lane] = block->params[k][lane];
    }
    for (size_t pixel = 0; pixel < pixels; pixel++, dst += OG_LANES) {
#pragma omp simd
        for (int lane = 0; lane < OG_LANES; lane++) {
            OG_ACT_EACH_OPERAND(OG_SET_Z)
            dst[lane] = OG_ACT_FN(_value)(OG_ACT_Z, params, lane);
        }
        OG_ACT_EACH_OPERAND(OG_NEXT_SRC)
    }
}

static inline __attribute__((always_inline)) void OG_ACT_FN(_reduce)(size_t pixels, const float *const *src,
                                                                     float *const *d, const og__act_block *block,
                                                                     const og__act_sums *sums, const int learned)
{
    float scale[OG_ACT_OPERANDS][OG_LANES], shift[OG_ACT_OPERANDS][OG_LANES], center[OG_ACT_OPERANDS][OG_LANES];
    float params[OG_ACT_SLOTS][OG_LANES];
    double total_dz[OG_ACT_OPERANDS][OG_LANES] = {{0}}, total_dz_src[OG_ACT_OPERANDS][OG_LANES] = {{0}};
    double total_params[OG_ACT_SLOTS][OG_LANES] = {{0}};
    OG_ACT_EACH_OPERAND(OG_TAKE_SRC)
    OG_ACT_EACH_GRADIENT(OG_TAKE_D)
    for (int lane = 0; lane < OG_LANES; lane++) {
        for (int i = 0; i < OG_ACT_OPERANDS; i++) {
            scale[i][lane] = block->scale[i][lane];
            shift[i][lane] = block->shift[i][lane];
            center[i][lane] = sums->center[i][lane];
        }
        for (int k = 0; k < OG_ACT_PARAMS; k++)
            params[k][lane] = block->params[k][lane];
    }
    for (size_t done = 0; done < pixels;) {
        size_t run = pixels - done < OG_RUN_PIXELS ? pixels - done : OG_RUN_PIXELS;
        float sum_dz[OG_ACT_OPERANDS][OG_LANES] = {{0}}, sum_dz_src[OG_ACT_OPERANDS][OG_LANES] = {{0}};
        float sum_params[OG_ACT_SLOTS][OG_LANES] = {{0}};
        for (size_t pixel = 0; pixel < run; pixel++) {
#pragma omp simd
            for (int lane = 0; lane < OG_LANES; lane++) {
                const float d_dst = d0[lane];
                OG_ACT_EACH_OPERAND(OG_SET_Z)
                OG_ACT_EACH_GRADIENT(OG_ADD_BY_OPERAND)
                if (learned) {
                    OG_ACT_EACH_PARAM(OG_ADD_BY_PARAM)
                }
            }
            OG_ACT_EACH_OPERAND(OG_NEXT_SRC)
            OG_ACT_EACH_GRADIENT(OG_NEXT_D)
        }
        for (int lane = 0; lane < OG_LANES; lane++) {
            OG_ACT_EACH_GRADIENT(OG_ADD_TOTALS)
            for (int k = 0; learned && k < OG_ACT_PARAMS; k++)
                total_params[k][lane] += (double)sum_params[k][lane];
        }
        done += run;
    }
    for (int lane = 0; lane < OG_LANES; lane++) {
        OG_ACT_EACH_GRADIENT(OG_GIVE_TOTALS)
        for (int k = 0; learned && k < OG_ACT_PARAMS; k++)
            sums->params[k][lane] += (float)total_params[k][lane];
    }
}

static void OG_ACT_FN(_backward_reduce)(const void *self, size_t pixels, const float *const *src, float *const *d,
                                        const og__act_block *block, const og__act_sums *sums)
{
    (void)self;
    if (OG_ACT_PARAMS > 0 && sums->params)
        OG_ACT_FN(_reduce)(pixels, src, d, block, sums, 1);
    else
        OG_ACT_FN(_reduce)(pixels, src, d, block, sums, 0);
}

static void OG_ACT_FN(_eval)(const void *self, size_t count, const float *const *z, const float *param_values, float *y,
                             float *const *dz, float *const *dparams)
{
    (void)self, (void)param_values;
    float params[OG_ACT_SLOTS][OG_LANES];
    for (int k = 0; k < OG_ACT_PARAMS; k++)
        for (int lane = 0; lane < OG_LANES; lane++)
            params[k][lane] = param_values[k];
    for (size_t done = 0; done < count; done += OG_LANES) {
        int part = count - done < OG_LANES ? (int)(count - done) : OG_LANES;
        float values[OG_ACT_OPERANDS][OG_LANES] = {{0}}, value[OG_LANES];
        float by_operands[OG_ACT_OPERANDS][OG_LANES], by_params[OG_ACT_SLOTS][OG_LANES];
        for (int i = 0; i < OG_ACT_OPERANDS; i++)
            for (int lane = 0; lane < part; lane++)
                values[i][lane] = z[i][done + (size_t)lane];
#pragma omp simd
        for (int lane = 0; lane < OG_LANES; lane++) {
            OG_ACT_EACH_OPERAND(OG_TAKE_Z)
            value[lane] = OG_ACT_FN(_value)(OG_ACT_Z, params, lane);
            OG_ACT_EACH_OPERAND(OG_SET_BY_OPERAND)
            OG_ACT_EACH_PARAM(OG_SET_BY_PARAM)
        }
        for (int lane = 0; lane < part; lane++) {
            size_t at = done + (size_t)lane;
            if (y)
                y[at] = value[lane];
            for (int i = 0; dz && i < OG_ACT_OPERANDS; i++)
                if (dz[i])
                    dz[i][at] = by_operands[i][lane];
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
#undef OG_ACT_OPERANDS
#undef OG_ACT_Z
#undef OG_ACT_EACH_OPERAND
#undef OG_ACT_EACH_GRADIENT
#undef OG_ACT_PARAMS
#undef OG_ACT_EACH_PARAM
#undef OG_TAKE_SRC
#undef OG_NEXT_SRC
#undef OG_SET_Z
#undef OG_TAKE_Z
#undef OG_TAKE_D
#undef OG_NEXT_D
#undef OG_ADD_BY_OPERAND
#undef OG_ADD_TOTALS
#undef OG_GIVE_TOTALS
#undef OG_SET_BY_OPERAND
#undef OG_ADD_BY_PARAM
#undef OG_SET_BY_PARAM
