#include "data/regions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/mapping.h"

void og__regions_deinit(og__region_list *list)
{
    og__names_free(list->names, (size_t)list->count);
    for (int r = 0; list->values && r < list->count; r++)
        og__ranges_deinit(&list->values[r]);
    free(list->values);
    free(list->written);
    *list = (og__region_list){0};
}

og_status og__regions_read(const og__yaml *node, og__region_list *list)
{
    size_t count = og__yaml_count(node);
    OG_TRY(og__yaml_expect(node, "'regions' with lines of 'name: mask values'", OG_YAML_MAP));
    if (count < 2 || count > OG_REGIONS_MAX)
        return og__yaml_fail(OG_ERR_DATA, node,
                             "%zu regions are given; 2 to %d are possible, and a single one is what classes are for",
                             count, OG_REGIONS_MAX);
    OG_TRY(og__alloc(count, sizeof *list->names, &list->names));
    OG_TRY(og__alloc(count, sizeof *list->values, &list->values));
    for (; list->count < (int)count; list->count++) {
        size_t r = (size_t)list->count;
        const char *name = og__yaml_scalar(og__yaml_key_at(node, r));
        for (size_t other = 0; other < r; other++)
            if (strcmp(list->names[other], name) == 0)
                return og__yaml_fail(OG_ERR_DATA, og__yaml_at(node, r), "two regions are called '%s'", name);
        og_status status = og__ranges_read(og__yaml_at(node, r), name, &list->values[r]);
        if (status == OG_OK)
            status = og__copy_text(name, &list->names[r]);
        if (status != OG_OK) {
            og__ranges_deinit(&list->values[r]);
            return status;
        }
    }
    return OG_OK;
}

/* --- a mask for each region --------------------------------------------------------------------------------------- */

static og_status name_combinations(const char *const *names, int count, og__classes *classes)
{
    og_status status = OG_OK;
    const char *pointers[1 << OG_REGIONS_COMBINED_MAX] = {NULL};
    og__text texts[1 << OG_REGIONS_COMBINED_MAX] = {{0}};
    int combinations = 1 << count;
    for (int k = 0; k < combinations; k++) {
        og__text_format(&texts[k], "%s", k == 0 ? "in no region" : "");
        for (int r = 0, found = 0; r < count; r++)
            if (k >> r & 1)
                og__text_format(&texts[k], "%s%s", found++ ? " + " : "", names[r]);
        OG_GO(og__text_status(&texts[k]));
        pointers[k] = og__text_get(&texts[k]);
    }
    OG_GO(og__classes_set_names(classes, pointers, (size_t)combinations));
done:
    for (int k = 0; k < combinations; k++)
        og__text_deinit(&texts[k]);
    return status;
}

og_status og__regions_combine(const char *const *names, int count, og__region_list *list, og__classes *classes)
{
    OG_TRY(name_combinations(names, count, classes));
    OG_TRY(og__alloc((size_t)classes->count, sizeof *classes->values, &classes->values));
    for (int k = 0; k < classes->count; k++)
        OG_TRY(og__ranges_add(&classes->values[k], k, k));
    OG_TRY(og__alloc((size_t)count, sizeof *list->names, &list->names));
    OG_TRY(og__alloc((size_t)count, sizeof *list->values, &list->values));
    list->combined = true;
    for (; list->count < count; list->count++) {
        int r = list->count;
        OG_TRY(og__copy_text(names[r], &list->names[r]));
        for (int k = 0; k < classes->count; k++)
            if (k >> r & 1)
                OG_TRY(og__ranges_add(&list->values[r], k, k));
    }
    return OG_OK;
}

/* --- nnU-Net ------------------------------------------------------------------------------------------------------ */

static og_status add_values(const char *name, const json_t *value, og__ranges *ranges)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
        if (!json_is_integer(one))
            return og__fail(OG_ERR_DATA, "the region '%s' lists something that is no label", name);
        OG_TRY(og__ranges_add(ranges, json_integer_value(one), json_integer_value(one)));
    }
    return count > 0 ? OG_OK : og__fail(OG_ERR_DATA, "the region '%s' lists no label", name);
}

static bool is_region(const char *name, const json_t *value)
{
    return strcmp(name, "ignore") != 0 && !(json_is_integer(value) && json_integer_value(value) == 0);
}

static og_status read_order(const json_t *root, og__region_list *list)
{
    const json_t *order = json_object_get(root, "regions_class_order");
    if (!order)
        return OG_OK;
    if (!json_is_array(order) || json_array_size(order) != (size_t)list->count)
        return og__fail(OG_ERR_DATA, "\"regions_class_order\" must list a label for each of the %d regions",
                        list->count);
    OG_TRY(og__alloc((size_t)list->count, sizeof *list->written, &list->written));
    for (int r = 0; r < list->count; r++)
        list->written[r] = json_integer_value(json_array_get(order, (size_t)r));
    return OG_OK;
}

og_status og__regions_read_json(const json_t *root, og__region_list *list)
{
    const json_t *table = json_object_get(root, "labels");
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)table, name, value)
        count += is_region(name, value);
    if (count < 2 || count > OG_REGIONS_MAX)
        return og__fail(OG_ERR_DATA, "%zu regions are declared; 2 to %d are possible", count, OG_REGIONS_MAX);
    OG_TRY(og__alloc(count, sizeof *list->names, &list->names));
    OG_TRY(og__alloc(count, sizeof *list->values, &list->values));
    json_object_foreach((json_t *)table, name, value) {
        if (!is_region(name, value))
            continue;
        OG_TRY(og__copy_text(name, &list->names[list->count]));
        list->count++;
        OG_TRY(add_values(name, value, &list->values[list->count - 1]));
    }
    return read_order(root, list);
}

/* --- settling ----------------------------------------------------------------------------------------------------- */

/* Whether a class has a mask value of the range: as it was declared, or as it was found. */
static bool holds(const og__classes *classes, const og__mapping *mapping, int class_index, const og__range *range)
{
    int64_t value;
    og__ranges one = {.count = 1, .items = (og__range *)range};
    if (classes->values)
        return og__ranges_meet(&classes->values[class_index], &one, &value);
    for (size_t i = 0; i < mapping->count; i++)
        if (mapping->classes[i] == class_index && !mapping->snapped[i] && og__ranges_has(&one, mapping->values[i]))
            return true;
    return false;
}

static og_status settle_region(const og__region_list *list, int region, const og__classes *classes,
                               const og__mapping *mapping, og_regions *regions)
{
    for (size_t i = 0; i < list->values[region].count; i++) {
        const og__range *range = &list->values[region].items[i];
        bool found = false;
        for (int k = 0; k < classes->count; k++)
            if (holds(classes, mapping, k, range)) {
                regions->of_class[k] |= (uint64_t)1 << region;
                found = true;
            }
        if (!found)
            return og__fail(OG_ERR_DATA, "the region '%s' lists the mask value %" PRId64 ", which belongs to no class",
                            list->names[region], range->first);
    }
    return OG_OK;
}

static int bits_of(uint64_t set)
{
    return __builtin_popcountll(set);
}

/* The class that a region becomes: in no later region; else in the fewest regions; the lowest where equal. */
static uint8_t class_written(const og_regions *regions, int region, int class_count)
{
    uint64_t later = region + 1 < OG_REGIONS_MAX ? ~(uint64_t)0 << (region + 1) : 0;
    int best = -1;
    for (int k = 0; k < class_count; k++) {
        uint64_t set = regions->of_class[k];
        if (!(set >> region & 1))
            continue;
        if (best < 0 || bits_of(set & later) < bits_of(regions->of_class[best] & later) ||
            (bits_of(set & later) == bits_of(regions->of_class[best] & later) &&
             bits_of(set) < bits_of(regions->of_class[best])))
            best = k;
    }
    return (uint8_t)best;
}

static og_status find_written(const og__region_list *list, int region, const og__classes *classes,
                              const og__mapping *mapping, og_regions *regions)
{
    const og__range value = {list->written[region], list->written[region]};
    for (int k = 0; k < classes->count; k++)
        if (holds(classes, mapping, k, &value) && (regions->of_class[k] >> region & 1)) {
            regions->writes[region] = (uint8_t)k;
            return OG_OK;
        }
    return og__fail(OG_ERR_DATA, "the region '%s' is written as %" PRId64 ", which is none of its labels",
                    list->names[region], list->written[region]);
}

og_status og__regions_settle(const og__region_list *list, const og__classes *classes, const og__mapping *mapping,
                             og_regions *regions)
{
    *regions = (og_regions){.count = list->count};
    for (int r = 0; r < list->count; r++)
        OG_TRY(settle_region(list, r, classes, mapping, regions));
    while (regions->outside + 1 < classes->count && regions->of_class[regions->outside] != 0)
        regions->outside++;
    if (regions->of_class[regions->outside] != 0)
        regions->outside = 0;
    for (int r = 0; r < list->count; r++) {
        regions->writes[r] = class_written(regions, r, classes->count);
        if (list->written)
            OG_TRY(find_written(list, r, classes, mapping, regions));
    }
    return OG_OK;
}
