#include "train/adopt.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "format/safetensors.h"
#include "train/model.h"

typedef struct adoption {
    const og__safetensors *file;
    size_t taken, count;
    og__text heads, adapted, lacking; /* names */
} adoption;

static bool is_of_head(const char *name)
{
    return strncmp(name, "head.", 5) == 0 || strstr(name, ".head.");
}

/* All dimensions but one are as they should be. */
static bool differs_at(const og_param *param, const og__tensor *found, int axis)
{
    if (found->rank != param->rank || param->rank <= axis)
        return false;
    for (int i = 0; i < param->rank; i++)
        if ((found->shape[i] != param->shape[i]) != (i == axis))
            return false;
    return true;
}

static bool is_first_conv(const og_net *net, const og_param *param)
{
    return param->rank >= 4 && param->shape[1] == og_net_spec_of(net)->in_channels &&
           strncmp(param->name, "encoder.0.conv.", strlen("encoder.0.conv.")) == 0;
}

static void add_name(og__text *names, const char *name)
{
    og__text_format(names, "%s%s", names->length > 0 ? ", " : "", name);
}

static og_status adapt_channels(adoption *a, const og_param *param, const og__tensor *found, float *to)
{
    int64_t old = found->shape[1], now = param->shape[1], outer = param->shape[0];
    size_t inner = param->count / (size_t)(outer * now), count = inner * (size_t)(outer * old);
    float *from;
    OG_TRY(og__alloc(count, sizeof *from, &from));
    og_status status = og__safetensors_read_reals(a->file, found->name, found->rank, found->shape, from);
    float share = now == 1 ? 1 : (float)old / (float)now;
    memset(to, 0, param->count * sizeof *to);
    for (int64_t o = 0; status == OG_OK && o < outer; o++)
        for (int64_t c = 0; c < (now == 1 ? old : now); c++) {
            const float *source = from + (size_t)(o * old + c % old) * inner;
            float *place = to + (size_t)(o * now + c % now) * inner;
            for (size_t i = 0; i < inner; i++)
                place[i] += share * source[i];
        }
    free(from);
    if (status == OG_OK)
        og__text_format(&a->adapted, "%s from %lld to %lld channels", param->name, (long long)old, (long long)now);
    return status;
}

static og_status adopt_tensor(adoption *a, const og_net *net, const og_param *param, float *to)
{
    const og__tensor *found = og__safetensors_find(a->file, param->name);
    a->count++;
    if (!found) {
        add_name(&a->lacking, param->name);
        return OG_OK;
    }
    if (is_of_head(param->name) && differs_at(param, found, 0)) {
        add_name(&a->heads, param->name);
        return OG_OK;
    }
    a->taken++;
    if (is_first_conv(net, param) && differs_at(param, found, 1))
        return adapt_channels(a, param, found, to);
    return og__safetensors_read_reals(a->file, param->name, param->rank, param->shape, to);
}

static og_status adopt_all(adoption *a, og_net *net)
{
    for (size_t i = 0; i < og_net_param_count(net); i++) {
        const og_param *param = og_net_param_at(net, i);
        OG_TRY(adopt_tensor(a, net, param, og_net_weights(net) + param->offset));
    }
    for (size_t i = 0; i < og_net_state_count(net); i++) {
        const og_param *param = og_net_state_at(net, i);
        OG_TRY(adopt_tensor(a, net, param, og_net_state(net) + param->offset));
    }
    if (a->taken > 0)
        return OG_OK;
    return og__fail(OG_ERR_FORMAT, "%s has none of this network's tensors, such as '%s'", og__safetensors_path(a->file),
                    og_net_param_at(net, 0)->name);
}

static og_status tell(const adoption *a, char **told)
{
    og__text text = {0};
    og__text_format(&text, "%zu of %zu tensors are from %s", a->taken, a->count, og__safetensors_path(a->file));
    if (a->adapted.length > 0)
        og__text_format(&text, "; %s is adapted", og__text_get(&a->adapted));
    if (a->heads.length > 0)
        og__text_format(&text, "; for another number of classes there, new are %s", og__text_get(&a->heads));
    if (a->lacking.length > 0)
        og__text_format(&text, "; the file lacks %s, which are new", og__text_get(&a->lacking));
    og_status status = og__text_status(&text);
    if (status == OG_OK)
        status = og__copy_text(og__text_get(&text), told);
    og__text_deinit(&text);
    return status;
}

og_status og__adopt(og_net *net, const char *path, char **told)
{
    og_status status = OG_OK;
    og__safetensors *file = NULL;
    adoption a = {0};
    char *found;
    *told = NULL;
    OG_TRY(og__model_find(path, &found));
    OG_GO(og__safetensors_load(found, &file));
    a.file = file;
    OG_GO(adopt_all(&a, net));
    OG_GO(tell(&a, told));
done:
    if (status != OG_OK)
        status = og__fail_in(status, "from = %s: the network to begin with", path);
    og__text_deinit(&a.heads);
    og__text_deinit(&a.adapted);
    og__text_deinit(&a.lacking);
    og__safetensors_free(file);
    free(found);
    return status;
}
