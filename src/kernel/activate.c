#include "kernel/activate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "act/act.h"
#include "base/memory.h"
#include "base/text.h"
#include "kernel/builtin.h"
#include "kernel/compile.h"
#include "kernel/program.h"
#include "kernel/tabulated.h"

struct og__act_kernel {
    const og__act_frames *frames;
    const void *self;
    og__executor executor;
    char *reason; /* why AUTO took the interpreter, or NULL */
};

static const struct {
    const og__builtin_act *const *acts;
    const og__act_frames *interpreter, *tabulated; /* the latter may be NULL */
} isa_tables[OG_ISA_COUNT] = {
    [OG_ISA_BASELINE] = {og__builtin_acts_baseline, &og__interpreter_baseline, NULL},
#if defined(__x86_64__)
    [OG_ISA_AVX2] = {og__builtin_acts_avx2, &og__interpreter_avx2, NULL},
    [OG_ISA_AVX512] = {og__builtin_acts_avx512, &og__interpreter_avx512, &og__tabulated_avx512},
#endif
};

static const char *const executor_names[] = {
    [OG_EXECUTOR_AUTO] = "auto",
    [OG_EXECUTOR_BUILT_IN] = "built-in",
    [OG_EXECUTOR_COMPILED] = "compiled",
    [OG_EXECUTOR_INTERPRETER] = "interpreter",
};

const char *og__executor_name(og__executor executor)
{
    return executor_names[executor];
}

/* --- formulas made runnable, kept for the rest of the process ----------------------------------------------------- */

/* One formula for one executor and instruction set. A thread that finds it unfinished waits for the thread that makes
 * it. A failure is kept too: every layer of a network asks for the same formula. */
typedef struct entry {
    struct entry *next;
    char *key;
    og__executor executor;
    og__isa isa;
    bool finished;
    og_status status;
    char *error; /* its text when status is a failure */
    const og__act_frames *frames;
    const void *self;
} entry;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
static entry *entries;

static entry *find_entry(const og_act *act, og__executor executor, og__isa isa)
{
    for (entry *e = entries; e; e = e->next)
        if (e->executor == executor && e->isa == isa && strcmp(e->key, act->key) == 0)
            return e;
    return NULL;
}

static og_status new_entry(const og_act *act, og__executor executor, og__isa isa, entry **made)
{
    OG_TRY(og__alloc(1, sizeof **made, made));
    if (og__copy_text(act->key, &(*made)->key) != OG_OK) {
        free(*made);
        return OG_ERR_MEMORY;
    }
    (*made)->executor = executor;
    (*made)->isa = isa;
    (*made)->next = entries;
    entries = *made;
    return OG_OK;
}

static og_status make_runnable(const og_act *act, entry *e)
{
    if (e->executor == OG_EXECUTOR_COMPILED)
        return og__compile_act(act, e->isa, &e->frames);
    og__program *program;
    OG_TRY(og__program_new(act, &program));
    e->self = program;
    e->frames = isa_tables[e->isa].interpreter;
    return OG_OK;
}

/* Find or make the entry; the lock is not held while a compiler runs. */
static og_status get_entry(const og_act *act, og__executor executor, og__isa isa, const entry **found)
{
    og_status status = OG_OK;
    pthread_mutex_lock(&lock);
    entry *e = find_entry(act, executor, isa);
    if (!e) {
        OG_GO(new_entry(act, executor, isa, &e));
        pthread_mutex_unlock(&lock);
        og_status made = make_runnable(act, e);
        pthread_mutex_lock(&lock);
        e->status = made;
        if (made != OG_OK)
            og__copy_text(og_error_text(), &e->error);
        e->finished = true;
        pthread_cond_broadcast(&finished);
    }
    while (!e->finished)
        pthread_cond_wait(&finished, &lock);
    status = e->status;
    if (status != OG_OK)
        og__fail_copy(status, e->error ? e->error : "");
    *found = e;
done:
    pthread_mutex_unlock(&lock);
    return status;
}

/* --- kernels ------------------------------------------------------------------------------------------------------ */

static og_status new_kernel(const og__act_frames *frames, const void *self, og__executor executor,
                            og__act_kernel **kernel)
{
    OG_TRY(og__alloc(1, sizeof **kernel, kernel));
    (*kernel)->frames = frames;
    (*kernel)->self = self;
    (*kernel)->executor = executor;
    return OG_OK;
}

static const og__act_frames *find_builtin(const og_act *act, og__isa isa)
{
    for (const og__builtin_act *const *table = isa_tables[isa].acts; *table; table++)
        for (const og__builtin_act *row = *table; row->key; row++)
            if (strcmp(row->key, act->key) == 0)
                return row->frames;
    return NULL;
}

static og_status open_entry(const og_act *act, og__executor executor, og__isa isa, og__act_kernel **kernel)
{
    const entry *e;
    OG_TRY(get_entry(act, executor, isa, &e));
    return new_kernel(e->frames, e->self, executor, kernel);
}

static og_status open_auto(const og_act *act, og__isa isa, og__act_kernel **kernel)
{
    const og__act_frames *frames = find_builtin(act, isa);
    if (frames)
        return new_kernel(frames, NULL, OG_EXECUTOR_BUILT_IN, kernel);
    if (open_entry(act, OG_EXECUTOR_COMPILED, isa, kernel) == OG_OK)
        return OG_OK;
    char *reason;
    OG_TRY(og__copy_text(og_error_text(), &reason));
    og_status status = open_entry(act, OG_EXECUTOR_INTERPRETER, isa, kernel);
    if (status == OG_OK)
        (*kernel)->reason = reason;
    else
        free(reason);
    return status;
}

/* OGIVE_EXECUTOR stands in for AUTO. */
static og_status choose_executor(og__executor *executor)
{
    const char *wish = getenv("OGIVE_EXECUTOR");
    if (*executor != OG_EXECUTOR_AUTO || !wish || !wish[0])
        return OG_OK;
    for (og__executor i = OG_EXECUTOR_AUTO; i <= OG_EXECUTOR_INTERPRETER; i++)
        if (strcmp(executor_names[i], wish) == 0) {
            *executor = i;
            return OG_OK;
        }
    return og__fail(OG_ERR_ARGUMENT, "OGIVE_EXECUTOR is '%s'; it can be auto, built-in, compiled or interpreter", wish);
}

og_status og__act_kernel_open(const og_act *act, og__executor executor, og__isa isa, og__act_kernel **kernel)
{
    *kernel = NULL;
    OG_TRY(choose_executor(&executor));
    if (executor == OG_EXECUTOR_AUTO)
        return open_auto(act, isa, kernel);
    if (executor != OG_EXECUTOR_BUILT_IN)
        return open_entry(act, executor, isa, kernel);
    const og__act_frames *frames = find_builtin(act, isa);
    if (!frames)
        return og__fail(OG_ERR_UNSUPPORTED, "'%s' is not in the catalogue, so there is no built-in code for it",
                        og_act_text(act));
    return new_kernel(frames, NULL, executor, kernel);
}

void og__act_kernel_close(og__act_kernel *kernel)
{
    if (!kernel)
        return;
    free(kernel->reason);
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
    return kernel->reason ? kernel->reason : "";
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

/* A formula with its parameters' values and tables, kept for the rest of the process. */
typedef struct tables {
    struct tables *next;
    char *key;
    float params[OG_ACT_PARAMS_MAX];
    og__tabulated act;
} tables;

static tables *all_tables;

static bool is_for(const tables *t, const og__act_kernel *kernel, const og_act *act)
{
    bool same = t->act.plain == kernel->frames && t->act.plain_self == kernel->self && strcmp(t->key, act->key) == 0;
    for (size_t k = 0; k < act->param_count; k++)
        same = same && t->params[k] == act->params[k].value;
    return same;
}

static og_status new_tables(const og__act_kernel *kernel, const og_act *act, tables **made)
{
    og_status status = OG_OK;
    tables *t;
    OG_TRY(og__alloc(1, sizeof *t, &t));
    OG_GO(og__copy_text(act->key, &t->key));
    OG_GO(og__table_fit(act, &t->act.value, &t->act.slope));
    t->act.plain = kernel->frames;
    t->act.plain_self = kernel->self;
    for (size_t k = 0; k < act->param_count; k++)
        t->params[k] = act->params[k].value;
    t->next = all_tables;
    *made = all_tables = t;
    t = NULL;
done:
    if (t)
        free(t->key);
    free(t);
    return status;
}

static og_status find_tables(const og__act_kernel *kernel, const og_act *act, tables **found)
{
    og_status status = OG_OK;
    pthread_mutex_lock(&lock);
    *found = all_tables;
    while (*found && !is_for(*found, kernel, act))
        *found = (*found)->next;
    if (!*found)
        status = new_tables(kernel, act, found);
    pthread_mutex_unlock(&lock);
    return status;
}

og_status og__act_kernel_tabulate(const og_act *act, og__isa isa, og__act_kernel *kernel)
{
    const og__act_frames *tabulated = isa_tables[isa].tabulated;
    tables *found;
    if (!tabulated || !og__table_serves(act))
        return OG_OK;
    OG_TRY(find_tables(kernel, act, &found));
    kernel->frames = tabulated;
    kernel->self = &found->act;
    return OG_OK;
}

/* --- evaluation --------------------------------------------------------------------------------------------------- */

enum { EVAL_CHUNK = 512 };

/* EVAL_CHUNK points at most, from `first` on. */
static void eval_chunk(const og__act_kernel *kernel, const og_act *act, const float *params, size_t first, size_t count,
                       const float *const *inputs, float *y, float *const *dinputs, float *const *dparams)
{
    og_input operands[OG_INPUT_COUNT];
    float defaults[OG_INPUT_COUNT][EVAL_CHUNK], *dz[OG_INPUT_COUNT], *dp[OG_ACT_PARAMS_MAX];
    const float *z[OG_INPUT_COUNT];
    int operand_count = og__act_operands(act, operands);
    for (int i = 0; i < operand_count; i++) {
        const float *given = inputs[operands[i]];
        if (!given && operands[i] == OG_INPUT_MIRROR)
            given = inputs[OG_INPUT_X];
        for (size_t k = 0; !given && k < count; k++)
            defaults[i][k] = og__input_default(operands[i]);
        z[i] = given ? given + first : defaults[i];
        dz[i] = dinputs && dinputs[operands[i]] ? dinputs[operands[i]] + first : NULL;
    }
    for (size_t k = 0; dparams && k < act->param_count; k++)
        dp[k] = dparams[k] ? dparams[k] + first : NULL;
    kernel->frames->eval(kernel->self, count, z, params, y ? y + first : NULL, dz, dparams ? dp : NULL);
}

og_status og_act_eval_inputs(const og_act *act, size_t count, const float *const inputs[OG_INPUT_COUNT], float *y,
                             float *const dinputs[OG_INPUT_COUNT], float *const *dparams)
{
    og__act_kernel *kernel;
    float params[OG_ACT_PARAMS_MAX];
    OG_TRY(og__act_kernel_open(act, OG_EXECUTOR_AUTO, og__cpu_isa(), &kernel));
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = act->params[k].value;
    for (size_t first = 0; first < count; first += EVAL_CHUNK)
        eval_chunk(kernel, act, params, first, count - first < EVAL_CHUNK ? count - first : EVAL_CHUNK, inputs, y,
                   dinputs, dparams);
    for (og_input input = OG_INPUT_X; dinputs && input < OG_INPUT_COUNT; input++)
        for (size_t k = 0; dinputs[input] && !act->uses[input] && k < count; k++)
            dinputs[input][k] = 0;
    og__act_kernel_close(kernel);
    return OG_OK;
}

og_status og_act_eval(const og_act *act, size_t count, const float *x, float *y, float *dy, float *const *dparams)
{
    bool mirrored = act->uses[OG_INPUT_MIRROR];
    float *dinputs[OG_INPUT_COUNT] = {[OG_INPUT_X] = mirrored ? NULL : dy, [OG_INPUT_MIRROR] = mirrored ? dy : NULL};
    return og_act_eval_inputs(act, count, (const float *const[OG_INPUT_COUNT]){x}, y, dinputs, dparams);
}
