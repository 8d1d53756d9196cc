/* The executor of formulas where no C compiler is: the steps of an og__program, a block of numbers at a time, in the
 * same primitives as compiled formulas. */
#include <stdalign.h>

#include "act/f32.h"
#include "kernel/isa.h"
#include "kernel/program.h"

enum { RUN_PIXELS = 64 }; /* float sums stay this short, as in frames.h */

_Static_assert(OG_PROGRAM_BLOCK_MIN % OG_LANES == 0, "a block holds whole pixels");

typedef void (*operation)(int count, float *dst, const float *a, const float *b, const float *c);

#define OG_STEP(op, code)                                                                                              \
    static void run_##op(int count, float *dst, const float *a, const float *b, const float *c)                        \
    {                                                                                                                  \
        _Pragma("omp simd") for (int i = 0; i < count; i++)                                                            \
        {                                                                                                              \
            float u = a[i], v = b[i], w = c[i];                                                                        \
            (void)u, (void)v, (void)w;                                                                                 \
            dst[i] = code;                                                                                             \
        }                                                                                                              \
    }
#define OG_FUNCTION(op, name, derivative, reference) OG_STEP(op, f32_##name(u))
#define OG_OPERATOR(op, arity, reference, code) OG_STEP(op, code)
#define OG_LOWERED(op, arity, code) OG_STEP(op, code)
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR

static const operation operations[OG_OP_COUNT] = {
#define OG_FUNCTION(op, name, derivative, reference) [OG_OP_##op] = run_##op,
#define OG_OPERATOR(op, arity, reference, code) [OG_OP_##op] = run_##op,
#define OG_LOWERED(op, arity, code) [OG_OP_##op] = run_##op,
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};

/* The registers of one call. */
typedef struct machine {
    const og__program *program;
    alignas(64) float floats[OG_PROGRAM_FLOATS];
} machine;

static float *at(machine *m, int index)
{
    return m->floats + (size_t)index * (size_t)m->program->block;
}

static void start(machine *m, const og__program *program)
{
    m->program = program;
    for (int c = 0; c < program->constant_count; c++) {
        const og__constant *constant = &program->constants[c];
        float *floats = at(m, constant->dst);
        for (int i = 0; i < program->block; i++)
            floats[i] = (float)constant->value;
    }
}

/* Parameter k is values[k][i % lanes] in the i-th number of a block. */
static void set_param(machine *m, int k, const float *values, int lanes)
{
    float *block = at(m, m->program->operand_count + k);
    for (int i = 0; i < m->program->block; i++)
        block[i] = values[i % lanes];
}

static void run(machine *m, const og__steps *steps, int count)
{
    for (int i = 0; i < steps->count; i++) {
        const og__step *s = &steps->items[i];
        operations[s->op](count, at(m, s->dst), at(m, s->args[0]), at(m, s->args[1]), at(m, s->args[2]));
    }
}

/* z_i of `count` numbers from the `first` on, for each operand. */
static void load(machine *m, size_t first, int count, const float *const *src, const og__act_block *block)
{
    for (int operand = 0; operand < m->program->operand_count; operand++) {
        const float *from = src[operand] + first, *scale = block->scale[operand], *shift = block->shift[operand];
        float *z = at(m, operand);
        for (int i = 0; i < count; i += OG_LANES)
            for (int lane = 0; lane < OG_LANES; lane++)
                z[i + lane] = from[i + lane] * scale[lane] + shift[lane];
    }
}

static void forward(const void *self, size_t pixels, const float *const *src, float *dst, const og__act_block *block)
{
    machine m;
    start(&m, self);
    for (int k = 0; k < m.program->param_count; k++)
        set_param(&m, k, block->params[k], OG_LANES);
    const float *y = at(&m, m.program->value.results[0]);
    size_t total = pixels * OG_LANES, step = (size_t)m.program->block;
    for (size_t done = 0; done < total; done += step) {
        int count = (int)(total - done < step ? total - done : step);
        load(&m, done, count, src, block);
        run(&m, &m.program->value, count);
        for (int i = 0; i < count; i++)
            dst[done + (size_t)i] = y[i];
    }
}

static void copy(int count, const float *from, float *to)
{
    for (int i = 0; to && i < count; i++)
        to[i] = from[i];
}

/* totals[lane] += sum of a * (b - center), in float over the few pixels of a run. */
static void add_products(int count, const float *a, const float *b, const float *center, double *totals)
{
    for (int first = 0; first < count; first += RUN_PIXELS * OG_LANES) {
        float sums[OG_LANES] = {0};
        int end = first + RUN_PIXELS * OG_LANES < count ? first + RUN_PIXELS * OG_LANES : count;
        for (int i = first; i < end; i += OG_LANES)
            for (int lane = 0; lane < OG_LANES; lane++)
                sums[lane] += a[i + lane] * (b[i + lane] - center[lane]);
        for (int lane = 0; lane < OG_LANES; lane++)
            totals[lane] += (double)sums[lane];
    }
}

static void add_to(float *sums, const double *totals)
{
    for (int lane = 0; lane < OG_LANES; lane++)
        sums[lane] += (float)totals[lane];
}

/* The sums of a call in double, per lane. */
typedef struct totals {
    float ones[OG_PROGRAM_BLOCK_MAX];
    double dz[OG_INPUT_COUNT][OG_LANES], dz_src[OG_INPUT_COUNT][OG_LANES], params[OG_ACT_PARAMS_MAX][OG_LANES];
} totals;

/* From the derivatives in the registers to dz_i and the sums, for `count` numbers; d_dst is d[0]. */
static void reduce(machine *m, int count, const float *const *src, float *const *d, const og__act_sums *sums, totals *t)
{
    static const float zero[OG_LANES];
    float d_dst[OG_PROGRAM_BLOCK_MAX];
    const int *results = m->program->gradient.results;
    copy(count, d[0], d_dst);
    for (int k = 0; sums->params && k < m->program->param_count; k++)
        add_products(count, d_dst, at(m, results[m->program->operand_count + k]), zero, t->params[k]);
    for (int operand = 0; operand < m->program->gradient_count; operand++) {
        const float *slope = at(m, results[operand]);
        float *dz = d[operand];
        for (int i = 0; i < count; i++)
            dz[i] = d_dst[i] * slope[i];
        add_products(count, dz, t->ones, zero, t->dz[operand]);
        add_products(count, dz, src[operand], sums->center[operand], t->dz_src[operand]);
    }
}

static void backward_reduce(const void *self, size_t pixels, const float *const *src, float *const *d,
                            const og__act_block *block, const og__act_sums *sums)
{
    machine m;
    totals t = {0};
    const float *src_at[OG_INPUT_COUNT];
    float *d_at[OG_INPUT_COUNT];
    start(&m, self);
    int operands = m.program->operand_count, gradients = m.program->gradient_count;
    for (int i = 0; i < m.program->block; i++)
        t.ones[i] = 1;
    for (int k = 0; k < m.program->param_count; k++)
        set_param(&m, k, block->params[k], OG_LANES);
    size_t total = pixels * OG_LANES, step = (size_t)m.program->block;
    for (size_t done = 0; done < total; done += step) {
        int count = (int)(total - done < step ? total - done : step);
        load(&m, done, count, src, block);
        run(&m, &m.program->gradient, count);
        for (int i = 0; i < operands; i++)
            src_at[i] = src[i] + done;
        for (int i = 0; i < gradients; i++)
            d_at[i] = d[i] + done;
        reduce(&m, count, src_at, d_at, sums, &t);
    }
    for (int i = 0; i < gradients; i++) {
        add_to(sums->dz[i], t.dz[i]);
        add_to(sums->dz_src[i], t.dz_src[i]);
    }
    for (int k = 0; sums->params && k < m.program->param_count; k++)
        add_to(sums->params[k], t.params[k]);
}

static void eval(const void *self, size_t count, const float *const *z, const float *params, float *y, float *const *dz,
                 float *const *dparams)
{
    machine m;
    start(&m, self);
    int operands = m.program->operand_count;
    for (int k = 0; k < m.program->param_count; k++)
        set_param(&m, k, &params[k], 1);
    const int *results = m.program->gradient.results;
    size_t step = (size_t)m.program->block;
    for (size_t done = 0; done < count; done += step) {
        int part = (int)(count - done < step ? count - done : step);
        for (int i = 0; i < operands; i++)
            copy(part, z[i] + done, at(&m, i));
        run(&m, &m.program->value, part);
        copy(part, at(&m, m.program->value.results[0]), y ? y + done : NULL);
        run(&m, &m.program->gradient, part);
        for (int i = 0; dz && i < operands; i++)
            copy(part, at(&m, results[i]), dz[i] ? dz[i] + done : NULL);
        for (int k = 0; dparams && k < m.program->param_count; k++)
            copy(part, at(&m, results[operands + k]), dparams[k] ? dparams[k] + done : NULL);
    }
}

const og__act_frames OG_ISA_FN(interpreter) = {.forward = forward, .backward_reduce = backward_reduce, .eval = eval};
