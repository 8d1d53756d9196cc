#include "data/mapping.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "base/memory.h"
#include "data/peaks.h"

enum {
    FOUND_MAX = 64, /* more classes than this are only believed when they are declared */
    VALUES_SHOWN = 12,
};

/* A mapping in the making. */
typedef struct making {
    og__listing *listing;
    const og__survey *survey;
    const og_data_options *options;
    og__ranges ignore; /* of --ignore */
    og__mapping *mapping;
    bool *scored; /* (count) values that are not ignored */
    size_t scored_count;
} making;

/* --- words -------------------------------------------------------------------------------------------------------- */

void og__mask_value_format(og__mask_style style, int64_t value, og__text *text)
{
    og__text_format(text, style == OG_MASK_COLOURS ? "#%06" PRIx64 : "%" PRId64, value);
}

/* "0, 38, 75 and 9 more": the values that are scored. */
static void list_values(const making *in, og__text *text)
{
    size_t shown = 0;
    for (size_t i = 0; i < in->survey->count && shown < VALUES_SHOWN; i++) {
        if (!in->scored[i])
            continue;
        og__text_add(text, shown++ ? ", " : "");
        og__mask_value_format(in->survey->style, in->survey->values[i].value, text);
    }
    if (in->scored_count > shown)
        og__text_format(text, " and %zu more", in->scored_count - shown);
}

static const char *file_of(const making *in, size_t value)
{
    return in->listing->pairs[in->survey->values[value].first].masks.items[0];
}

static og_status fail_value(const making *in, size_t value, const char *problem)
{
    og__text text = {0};
    og__mask_value_format(in->survey->style, in->survey->values[value].value, &text);
    og_status status =
        og__fail(OG_ERR_DATA, "mask value %s in '%s' %s", og__text_get(&text), file_of(in, value), problem);
    og__text_deinit(&text);
    return status;
}

/* --- what is not scored ------------------------------------------------------------------------------------------- */

static void ignore_value(making *in, size_t value)
{
    in->mapping->classes[value] = OG_LABEL_IGNORE;
    in->scored_count -= in->scored[value];
    in->scored[value] = false;
}

static og_status note_ignored(making *in, size_t value)
{
    ignore_value(in, value);
    const og__mask_value *seen = &in->survey->values[value];
    double share = 100 * (double)seen->pixels / (double)in->survey->pixels;
    return og__findings_add(&in->listing->findings, share > 50 ? OG_SEVERITY_WARNING : OG_SEVERITY_NOTE,
                            "pixels with mask value %" PRId64 " are not scored: %.3g %% of all", seen->value, share);
}

static og_status ignore_declared(making *in)
{
    for (size_t i = 0; i < in->survey->count; i++)
        if (og__ranges_has(&in->listing->classes.ignore, in->survey->values[i].value) ||
            og__ranges_has(&in->ignore, in->survey->values[i].value))
            ignore_value(in, i);
    return OG_OK;
}

/* --- classes that are declared ------------------------------------------------------------------------------------ */

/* Give what is not listed to the nearest listed value, if it looks like smoothed edges; an error otherwise. */
static og_status snap_unlisted(making *in, size_t unlisted)
{
    const og__survey *survey = in->survey;
    bool *peaks;
    OG_TRY(og__alloc(survey->count, sizeof *peaks, &peaks));
    for (size_t i = 0; i < survey->count; i++)
        peaks[i] = in->scored[i] && !in->mapping->snapped[i];
    bool smooth = in->options->masks == OG_MASKS_AUTO && og__peaks_explain(survey, in->scored, peaks);
    og_status status = OG_OK;
    if (smooth)
        for (size_t i = 0; i < survey->count; i++)
            if (in->mapping->snapped[i])
                in->mapping->classes[i] = in->mapping->classes[og__peaks_nearest(survey, peaks, i)];
    free(peaks);
    if (!smooth)
        status = fail_value(in, unlisted, "belongs to no class; list it under 'classes' or 'ignore'");
    return status;
}

static og_status map_declared(making *in)
{
    size_t unlisted = SIZE_MAX;
    for (size_t i = 0; i < in->survey->count; i++) {
        int found = og__classes_find(&in->listing->classes, in->survey->values[i].value);
        if (!in->scored[i])
            continue;
        in->mapping->classes[i] = (uint8_t)(found < 0 ? 0 : found);
        in->mapping->snapped[i] = found < 0;
        unlisted = found < 0 && unlisted == SIZE_MAX ? i : unlisted;
    }
    return unlisted == SIZE_MAX ? OG_OK : snap_unlisted(in, unlisted);
}

/* Names alone: their values are 0, 1, 2, ... */
static og_status map_named(making *in)
{
    char problem[96];
    int count = in->listing->classes.count;
    snprintf(problem, sizeof problem, "is outside of the %d classes (0 to %d)", count, count - 1);
    for (size_t i = 0; i < in->survey->count; i++) {
        int64_t value = in->survey->values[i].value;
        if (!in->scored[i])
            continue;
        if (value < 0 || value >= count)
            return fail_value(in, i, problem);
        in->mapping->classes[i] = (uint8_t)value;
    }
    return OG_OK;
}

/* --- classes that are found --------------------------------------------------------------------------------------- */

static bool has_value(const making *in, int64_t value, size_t *index)
{
    for (size_t i = 0; i < in->survey->count; i++)
        if (in->scored[i] && in->survey->values[i].value == value) {
            *index = i;
            return true;
        }
    return false;
}

/* Whether the scored values but for 255 are 0, 1, 2, ... without a gap, at least two of them. */
static bool is_consecutive(const making *in)
{
    int64_t next = 0;
    for (size_t i = 0; i < in->survey->count; i++) {
        int64_t value = in->survey->values[i].value;
        if (!in->scored[i] || value == 255)
            continue;
        if (value != next++)
            return false;
    }
    return next >= 2;
}

/* Number the marked values in ascending order. */
static og_status number_classes(making *in, const bool *marked)
{
    int count = 0;
    for (size_t i = 0; i < in->survey->count; i++)
        if (marked[i])
            in->mapping->classes[i] = (uint8_t)count++;
    in->listing->classes.count = count;
    return OG_OK;
}

static og_status note_mapping(making *in, og_severity severity, const char *reason)
{
    og__text text = {0};
    list_values(in, &text);
    og_status status =
        og__findings_add(&in->listing->findings, severity, "mask values %s are read as classes 0 to %d%s",
                         og__text_get(&text), in->listing->classes.count - 1, reason);
    og__text_deinit(&text);
    return status;
}

/* A few frequent values among many between them. */
static og_status map_smoothed(making *in, const bool *peaks)
{
    const og__survey *survey = in->survey;
    OG_TRY(number_classes(in, peaks));
    for (size_t i = 0; i < survey->count; i++) {
        if (!in->scored[i] || peaks[i])
            continue;
        in->mapping->classes[i] = in->mapping->classes[og__peaks_nearest(survey, peaks, i)];
        in->mapping->snapped[i] = true;
    }
    return OG_OK;
}

static og_status note_snapped(making *in)
{
    og__text text = {0};
    uint64_t pixels = 0;
    size_t values = 0, shown = 0;
    for (size_t i = 0; i < in->survey->count; i++) {
        if (in->mapping->snapped[i]) {
            pixels += in->survey->values[i].pixels;
            values++;
        } else if (in->scored[i] && shown < VALUES_SHOWN) {
            og__text_add(&text, shown++ ? ", " : "");
            og__mask_value_format(in->survey->style, in->survey->values[i].value, &text);
        }
    }
    og_status status =
        values == 0 ? OG_OK
                    : og__findings_add(&in->listing->findings, OG_SEVERITY_WARNING,
                                       "%.3g %% of the mask pixels hold one of %zu values between those of the classes "
                                       "(%s), as smoothed edges and JPEG do; they take the class of the nearest",
                                       100 * (double)pixels / (double)in->survey->pixels, values, og__text_get(&text));
    og__text_deinit(&text);
    return status;
}

static og_status fail_many(const making *in)
{
    og__text text = {0};
    list_values(in, &text);
    og_status status = og__fail(
        OG_ERR_DATA,
        "masks hold %zu different values (%s), as a photograph or a smoothed edge would; if they number objects of one "
        "class, say --masks objects; if they are classes, list them in a YAML file (docs/datasets.md)",
        in->scored_count, og__text_get(&text));
    og__text_deinit(&text);
    return status;
}

static og_status map_found(making *in)
{
    og_status status = OG_OK;
    size_t white;
    bool *peaks;
    if (in->survey->style != OG_MASK_COLOURS && has_value(in, 255, &white) && is_consecutive(in))
        OG_TRY(note_ignored(in, white));
    if (in->scored_count < 2) {
        og__text text = {0};
        list_values(in, &text);
        status = og__fail(OG_ERR_DATA, "every mask holds the value %s alone; there is nothing to tell apart",
                          og__text_get(&text));
        og__text_deinit(&text);
        return status;
    }
    if (in->survey->style != OG_MASK_COLOURS && is_consecutive(in) && in->scored_count <= FOUND_MAX)
        return number_classes(in, in->scored);
    OG_TRY(og__alloc(in->survey->count, sizeof *peaks, &peaks));
    if (in->options->masks == OG_MASKS_AUTO && og__peaks_find(in->survey, in->scored, FOUND_MAX, peaks)) {
        OG_GO(map_smoothed(in, peaks));
    } else if (in->scored_count > FOUND_MAX) {
        OG_GO(fail_many(in));
    } else {
        OG_GO(number_classes(in, in->scored));
        if (in->scored_count == 2 && has_value(in, 0, &white) && has_value(in, 255, &white))
            OG_GO(og__findings_add(&in->listing->findings, OG_SEVERITY_NOTE,
                                   "mask values 0 and 255 are read as classes 0 and 1"));
        else
            OG_GO(note_mapping(in, in->scored_count == 2 ? OG_SEVERITY_NOTE : OG_SEVERITY_WARNING,
                               in->scored_count == 2 ? "" : "; if that is wrong, list them in a YAML file"));
    }
done:
    free(peaks);
    return status;
}

static og_status map_objects(making *in)
{
    for (size_t i = 0; i < in->survey->count; i++)
        if (in->scored[i])
            in->mapping->classes[i] = in->survey->values[i].value != 0;
    in->listing->classes.count = 2;
    return og__findings_add(&in->listing->findings, OG_SEVERITY_NOTE,
                            "mask values number objects: every value but 0 is the foreground");
}

static og_status name_found(making *in)
{
    static const char *const two[] = {"background", "foreground"};
    og__classes *classes = &in->listing->classes;
    OG_TRY(og__alloc((size_t)classes->count, sizeof *classes->names, &classes->names));
    for (size_t i = 0; i < in->survey->count; i++) {
        int k = in->mapping->classes[i];
        og__text name = {0};
        if (k >= classes->count || in->mapping->snapped[i] || classes->names[k])
            continue;
        if (classes->count == 2)
            og__text_add(&name, two[k]);
        else if (in->survey->style == OG_MASK_COLOURS)
            og__mask_value_format(in->survey->style, in->survey->values[i].value, &name);
        else
            og__text_format(&name, "class %d", k);
        classes->names[k] = name.data;
        OG_TRY(og__text_status(&name));
    }
    for (int k = 0; k < classes->count; k++) /* objects in no mask at all */
        if (!classes->names[k])
            OG_TRY(og__copy_text(two[k], &classes->names[k]));
    return OG_OK;
}

/* --- the mapping -------------------------------------------------------------------------------------------------- */

static og_status make(making *in)
{
    const og__survey *survey = in->survey;
    og__classes *classes = &in->listing->classes;
    size_t white;
    for (size_t i = 0; i < survey->count; i++) {
        in->mapping->values[i] = survey->values[i].value;
        in->scored[i] = true;
    }
    OG_TRY(ignore_declared(in));
    for (size_t i = 0; i < survey->count && !classes->values; i++)
        if (in->scored[i] && survey->values[i].value < 0)
            OG_TRY(note_ignored(in, i));
    if (in->options->masks == OG_MASKS_OBJECTS || (in->options->masks == OG_MASKS_AUTO && in->listing->objects)) {
        og__classes_deinit(classes);
        OG_TRY(map_objects(in));
    } else if (classes->values) {
        OG_TRY(map_declared(in));
    } else if (classes->names && !(classes->count == 2 && has_value(in, 255, &white) && in->scored_count == 2)) {
        if (has_value(in, 255, &white) && classes->count <= 255)
            OG_TRY(note_ignored(in, white));
        OG_TRY(map_named(in));
    } else {
        OG_TRY(map_found(in));
    }
    OG_TRY(note_snapped(in));
    return classes->names ? OG_OK : name_found(in);
}

og_status og__mapping_make(og__listing *listing, const og__survey *survey, const og_data_options *options,
                           og__mapping *mapping)
{
    og_status status = OG_OK;
    making in = {listing, survey, options, {0}, mapping, NULL, survey->count};
    *mapping = (og__mapping){.count = survey->count};
    if (options->ignore && *options->ignore) {
        status = og__ranges_parse(options->ignore, &in.ignore);
        if (status != OG_OK)
            return og__fail_in(status, "--ignore");
    }
    OG_GO(og__alloc(survey->count, sizeof *mapping->values, &mapping->values));
    OG_GO(og__alloc(survey->count, sizeof *mapping->classes, &mapping->classes));
    OG_GO(og__alloc(survey->count, sizeof *mapping->snapped, &mapping->snapped));
    OG_GO(og__alloc(survey->count, sizeof *in.scored, &in.scored));
    OG_GO(make(&in));
    if (survey->overlap)
        OG_GO(og__findings_add(&listing->findings, OG_SEVERITY_WARNING,
                               "%.3g %% of the mask pixels belong to several classes; the last folder by name wins",
                               100 * (double)survey->overlap / (double)survey->pixels));
done:
    free(in.scored);
    og__ranges_deinit(&in.ignore);
    if (status != OG_OK)
        og__mapping_deinit(mapping);
    return status;
}

void og__mapping_deinit(og__mapping *mapping)
{
    free(mapping->values);
    free(mapping->classes);
    free(mapping->snapped);
    *mapping = (og__mapping){0};
}

static int compare_integers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

og_status og__mapping_apply(const og__mapping *mapping, const char *path, size_t count, const float *mask,
                            uint8_t *labels)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && mask[i] == mask[i - 1]) {
            labels[i] = labels[i - 1];
            continue;
        }
        int64_t value = (int64_t)mask[i];
        const int64_t *found =
            mapping->count ? bsearch(&value, mapping->values, mapping->count, sizeof value, compare_integers) : NULL;
        if (!found)
            return og__fail(OG_ERR_DATA, "'%s' was changed while it was being read: mask value %" PRId64 " is new",
                            path, value);
        labels[i] = mapping->classes[found - mapping->values];
    }
    return OG_OK;
}
