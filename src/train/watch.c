#include "train/watch.h"

#include <stdlib.h>

#include "base/status.h"
#include "format/json.h"

enum { EARLY_STEP = 10 };

og_status og__watch_init(const og_net *net, int threads, og__watch *watch)
{
    og_status status = OG_OK;
    *watch = (og__watch){0};
    OG_GO(og__health_init(&watch->health, net, threads));
    watch->health.positions = OG_HEALTH_SAMPLE;
    OG_GO(og__warnings_init_net(&watch->warnings, net));
    OG_GO(og__health_initial(net, &watch->initial));
done:
    if (status != OG_OK)
        og__watch_deinit(watch);
    return status;
}

void og__watch_deinit(og__watch *watch)
{
    og__health_deinit(&watch->health);
    og__warnings_deinit(&watch->warnings);
    free(watch->initial);
    *watch = (og__watch){0};
}

bool og__watch_is_due(int64_t every, int64_t step, int64_t epoch, int64_t epoch_end)
{
    return every > 0 && (step == EARLY_STEP || (step + 1 == epoch_end && (epoch + 1) % every == 0));
}

static og_status replay(og__watch *watch, const json_t *samples, json_t *unused)
{
    size_t i;
    const json_t *sample;
    json_array_foreach(samples, i, sample)
        OG_TRY(og__warnings_judge(&watch->warnings, sample, unused));
    return OG_OK;
}

og_status og__watch_replay(og__watch *watch, const json_t *curve, const json_t *samples)
{
    og_status status = OG_OK;
    size_t i;
    const json_t *row;
    json_t *unused = json_array();
    json_array_foreach(curve, i, row)
        OG_GO(replay(watch, json_object_get(row, "health"), unused));
    OG_GO(replay(watch, samples, unused));
done:
    json_decref(unused);
    return status;
}

og_status og__watch_take(og__watch *watch, const og_net *net, int64_t epoch, int64_t step, json_t *samples,
                         json_t *events)
{
    og__health_follow(&watch->health, net, watch->initial);
    json_t *sample = og__health_sample_json(&watch->health, net, epoch, step);
    OG_TRY(og__json_append(samples, sample));
    return og__warnings_judge(&watch->warnings, sample, events);
}
