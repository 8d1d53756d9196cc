#include "kernel/activate.h"

#include <stdlib.h>
#include <string.h>

#include "act/act.h"
#include "base/memory.h"
#include "kernel/builtin.h"

struct og__act_kernel {
    const og__act_frames *frames;
    const void *self;
    og__executor executor;
};

static const og__builtin_act *const builtin_tables[OG_ISA_COUNT] = {
    [OG_ISA_BASELINE] = og__builtin_acts_baseline,
#if defined(__x86_64__)
    [OG_ISA_AVX2] = og__builtin_acts_avx2,
    [OG_ISA_AVX512] = og__builtin_acts_avx512,
#endif
};

og_status og__act_kernel_open(const og_act *act, og__executor executor, og__isa isa, og__act_kernel **kernel)
{
    (void)executor;
    *kernel = NULL;
    for (const og__builtin_act *row = builtin_tables[isa]; row->key; row++)
        if (strcmp(row->key, act->key) == 0) {
            OG_TRY(og__alloc(1, sizeof **kernel, kernel));
            **kernel = (og__act_kernel){.frames = row->frames, .executor = OG_EXECUTOR_BUILT_IN};
            return OG_OK;
        }
    return og__fail(OG_ERR_UNSUPPORTED, "'%s' is not in the catalogue", act->text);
}

void og__act_kernel_close(og__act_kernel *kernel)
{
    free(kernel);
}

const og__act_frames *og__act_kernel_frames(const og__act_kernel *kernel, const void **self)
{
    *self = kernel->self;
    return kernel->frames;
}

og__executor og__act_kernel_executor(const og__act_kernel *kernel)
{
    return kernel->executor;
}

const char *og__act_kernel_reason(const og__act_kernel *kernel)
{
    (void)kernel;
    return "";
}

og_status og_act_eval(const og_act *act, size_t count, const float *x, float *y, float *dy, float *const *dparams)
{
    og__act_kernel *kernel;
    float params[OG_ACT_PARAMS_MAX];
    const void *self;
    OG_TRY(og__act_kernel_open(act, OG_EXECUTOR_AUTO, og__cpu_isa(), &kernel));
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = act->params[k].value;
    og__act_kernel_frames(kernel, &self)->eval(self, count, x, params, y, dy, dparams);
    og__act_kernel_close(kernel);
    return OG_OK;
}
