/* The table of metrics. */
#include <string.h>

#include <ogive/option.h>
#include <ogive/score.h>

#include "base/status.h"
#include "metric/family.h"

#define CLASS true
#define ALL false
#define HIGHER true
#define LOWER false

static const og_metric_info infos[OG_METRIC_COUNT] = {
#define OG_METRIC(id, name, title, unit, family, scope, better, help)                                                  \
    {name, title, sizeof unit > 1, scope, OG__POOLS_##family, better, help},
#include <ogive/metric.def>
#undef OG_METRIC
};

static const og__family families[OG_METRIC_COUNT] = {
#define OG_METRIC(id, name, title, unit, family, scope, better, help) OG__FAMILY_##family,
#include <ogive/metric.def>
#undef OG_METRIC
};

const og_metric_info *og_metric_info_of(og_metric metric)
{
    return &infos[metric];
}

bool og__metrics_need(og_metric_set set, og__family family)
{
    for (int m = 0; m < OG_METRIC_COUNT; m++)
        if ((set >> m & 1) != 0 && families[m] == family)
            return true;
    return false;
}

static og_status parse_name(const char *name, og_metric_set *set)
{
    const char *names[OG_METRIC_COUNT];
    for (int m = 0; m < OG_METRIC_COUNT; m++) {
        names[m] = infos[m].name;
        if (strcmp(names[m], name) == 0) {
            *set |= 1u << m;
            return OG_OK;
        }
    }
    const char *nearest = og_name_nearest(name, names, OG_METRIC_COUNT);
    return og__fail(OG_ERR_NAME, "there is no metric '%s'%s%s%s; known are dice, iou, hd95, ... (ogive eval --help)",
                    name, nearest ? ": did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

og_status og_metric_set_parse(const char *text, og_metric_set *set)
{
    enum { NAME_MAX_BYTES = 64 };
    *set = 0;
    if (strcmp(text, "all") == 0) {
        *set = (1u << OG_METRIC_COUNT) - 1;
        return OG_OK;
    }
    while (true) {
        char name[NAME_MAX_BYTES];
        text += strspn(text, " ");
        size_t length = strcspn(text, ", ");
        if (length == 0 || length >= sizeof name)
            return og__fail(OG_ERR_ARGUMENT,
                            "a list of metrics has names separated by commas, as in 'dice,hd95'; "
                            "found '%s'",
                            text);
        memcpy(name, text, length);
        name[length] = '\0';
        OG_TRY(parse_name(name, set));
        text += length + strspn(text + length, " ");
        if (*text == '\0')
            return OG_OK;
        if (*text++ != ',')
            return og__fail(OG_ERR_ARGUMENT,
                            "a list of metrics has names separated by commas, as in 'dice,hd95'; "
                            "found '%s'",
                            text - 1);
    }
}
