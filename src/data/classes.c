#include "data/classes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

enum {
    CACHE_COUNT = 65536,
    CACHE_EMPTY = -1,
    VALUES_SHOWN = 12,
    FOUND_MAX = 64, /* more classes than this are only believed when they are declared */
};

void og__classes_deinit(og__classes *classes)
{
    og__names_free(classes->names, (size_t)classes->count);
    for (int k = 0; classes->values && k < classes->count; k++)
        og__ranges_deinit(&classes->values[k]);
    free(classes->values);
    og__ranges_deinit(&classes->ignore);
    free(classes->codes);
    free(classes->cache);
    for (int v = 0; v < 256; v++)
        free(classes->seen[v]);
    *classes = (og__classes){0};
}

og_status og__classes_set_names(og__classes *classes, const char *const *names, size_t count)
{
    if (count < 2 || count > OG_CLASSES_MAX)
        return og__fail(OG_ERR_DATA, "%zu class names are given; 2 to %d are needed", count, OG_CLASSES_MAX);
    for (size_t k = 0; k < count; k++)
        for (size_t other = 0; other < k; other++)
            if (strcmp(names[other], names[k]) == 0)
                return og__fail(OG_ERR_DATA, "two classes, %zu and %zu, are called '%s'", other, k, names[k]);
    OG_TRY(og__alloc(count, sizeof *classes->names, &classes->names));
    classes->count = (int)count;
    for (size_t k = 0; k < count; k++)
        OG_TRY(og__copy_text(names[k], &classes->names[k]));
    return OG_OK;
}

og_status og__classes_load_names(og__classes *classes, const char *path)
{
    og_status status = OG_OK;
    char *text;
    const char *names[OG_CLASSES_MAX + 1];
    size_t length, count = 0;
    OG_TRY(og__file_read(path, &text, &length));
    for (char *line = strtok(text, "\r\n"); line && count <= OG_CLASSES_MAX; line = strtok(NULL, "\r\n"))
        if (line[strspn(line, " \t")])
            names[count++] = line;
    status = og__classes_set_names(classes, names, count);
    if (status != OG_OK)
        status = og__fail_in(status, "'%s'", path);
    free(text);
    return status;
}

/* --- reading masks ------------------------------------------------------------------------------------------------ */

static int compare_codes(const void *a, const void *b)
{
    int64_t x = ((const og__code *)a)->value, y = ((const og__code *)b)->value;
    return (x > y) - (x < y);
}

/* The class of one mask value, or -1. A value that the code table does not list is its own code. */
static int declared_class(const og__classes *classes, int64_t value)
{
    if (og__ranges_has(&classes->ignore, value))
        return OG_LABEL_IGNORE;
    const og__code key = {value, 0};
    const og__code *found =
        classes->code_count == 0 ? NULL : bsearch(&key, classes->codes, classes->code_count, sizeof key, compare_codes);
    int64_t code = found ? found->code : value;
    for (int k = 0; k < classes->count; k++)
        if (og__ranges_has(&classes->values[k], code))
            return k;
    return -1;
}

static og_status read_declared(og__classes *classes, const char *path, size_t count, const float *mask, uint8_t *labels)
{
    if (!classes->cache) {
        OG_TRY(og__alloc(CACHE_COUNT, sizeof *classes->cache, &classes->cache));
        for (int v = 0; v < CACHE_COUNT; v++)
            classes->cache[v] = CACHE_EMPTY;
        if (classes->code_count)
            qsort(classes->codes, classes->code_count, sizeof *classes->codes, compare_codes);
    }
    for (size_t i = 0; i < count; i++) {
        int64_t value = (int64_t)mask[i];
        bool cached = value >= 0 && value < CACHE_COUNT;
        int found =
            cached && classes->cache[value] != CACHE_EMPTY ? classes->cache[value] : declared_class(classes, value);
        if (found < 0)
            return og__fail(OG_ERR_DATA,
                            "mask value %lld in '%s' belongs to no class; list it under 'classes' or 'ignore'",
                            (long long)value, path);
        if (cached)
            classes->cache[value] = (int16_t)found;
        labels[i] = (uint8_t)found;
    }
    return OG_OK;
}

static og_status read_found(og__classes *classes, const char *path, size_t count, const float *mask, uint8_t *labels)
{
    bool here[256] = {false};
    for (size_t i = 0; i < count; i++) {
        if (mask[i] < 0 || mask[i] > 255)
            return og__fail(OG_ERR_DATA,
                            "mask value %.0f in '%s' is no class number (0 to 255); a YAML file can say which values "
                            "form which class",
                            (double)mask[i], path);
        labels[i] = (uint8_t)mask[i];
        here[labels[i]] = true;
    }
    for (int v = 0; v < 256; v++)
        if (here[v] && !classes->seen[v])
            OG_TRY(og__copy_text(path, &classes->seen[v]));
    return OG_OK;
}

og_status og__classes_read(og__classes *classes, const char *path, size_t count, const float *mask, uint8_t *labels)
{
    for (size_t i = 0; i < count; i++)
        if (mask[i] != floorf(mask[i]) || fabsf(mask[i]) > 0x1p24f) /* beyond 2^24 a float has lost the last digits */
            return og__fail(OG_ERR_DATA,
                            "mask value %g in '%s' is no whole number up to 2^24; a mask holds class numbers",
                            (double)mask[i], path);
    return classes->values ? read_declared(classes, path, count, mask, labels)
                           : read_found(classes, path, count, mask, labels);
}

/* --- meaning ------------------------------------------------------------------------------------------------------ */

/* "0, 38, 75 and 9 more": the values that occur in masks. */
static void list_seen(const og__classes *classes, og__text *text)
{
    int shown = 0, total = 0;
    for (int v = 0; v < 256; v++)
        total += classes->seen[v] != NULL;
    for (int v = 0; v < 256 && shown < VALUES_SHOWN; v++)
        if (classes->seen[v])
            og__text_format(text, "%s%d", shown++ ? ", " : "", v);
    if (total > shown)
        og__text_format(text, " and %d more", total - shown);
}

/* The number of classes when nobody said it: 0, 1, 2, ... without a gap. */
static og_status count_found(og__classes *classes, const bool scored[256])
{
    og_status status = OG_OK;
    og__text values = {0};
    int highest = -1, gap = -1, count = 0;
    for (int v = 0; v < 256; v++) {
        if (!scored[v])
            continue;
        highest = v;
        if (v != count++ && gap < 0)
            gap = v;
    }
    list_seen(classes, &values);
    if (gap >= 0)
        status = og__fail(OG_ERR_DATA,
                          "mask values %s are not 0, 1, 2, ... (%d is in '%s'); a YAML file can say which values form "
                          "which class",
                          og__text_get(&values), gap, classes->seen[gap]);
    else if (highest < 1)
        status = og__fail(OG_ERR_DATA, "every mask holds the value %s alone; there is nothing to tell apart",
                          og__text_get(&values));
    else if (count > FOUND_MAX)
        status = og__fail(OG_ERR_DATA,
                          "masks hold %d different values, as a photograph or a smoothed edge would; if they are "
                          "classes, name them",
                          count);
    else
        classes->count = count;
    og__text_deinit(&values);
    return status;
}

static og_status check_known(const og__classes *classes, const bool scored[256])
{
    for (int v = classes->count; v < 256; v++)
        if (scored[v])
            return og__fail(OG_ERR_DATA, "mask value %d in '%s' is outside of the %d classes (0 to %d)", v,
                            classes->seen[v], classes->count, classes->count - 1);
    return OG_OK;
}

static og_status name_found(og__classes *classes)
{
    static const char *const two[] = {"background", "foreground"};
    char name[32];
    OG_TRY(og__alloc((size_t)classes->count, sizeof *classes->names, &classes->names));
    for (int k = 0; k < classes->count; k++) {
        snprintf(name, sizeof name, "class %d", k);
        OG_TRY(og__copy_text(classes->count == 2 ? two[k] : name, &classes->names[k]));
    }
    return OG_OK;
}

og_status og__classes_settle(og__classes *classes, uint8_t classes_of[256], og__findings *findings)
{
    bool scored[256];
    int others = 0; /* values above 0 but 255 */
    for (int v = 0; v < 256; v++) {
        classes_of[v] = (uint8_t)v;
        scored[v] = classes->seen[v] && !og__ranges_has(&classes->ignore, v);
        others += scored[v] && v > 0 && v < 255;
        if (og__ranges_has(&classes->ignore, v))
            classes_of[v] = OG_LABEL_IGNORE;
    }
    if (classes->values)
        return OG_OK;
    if (scored[255] && others == 0 && (classes->count == 0 || classes->count == 2)) {
        scored[0] = scored[1] = true;
        classes_of[255] = 1;
        scored[255] = false;
        OG_TRY(og__findings_add(findings, OG_SEVERITY_NOTE, "mask values 0 and 255 are read as classes 0 and 1"));
    } else if (scored[255]) {
        scored[255] = false;
        OG_TRY(og__findings_add(findings, OG_SEVERITY_NOTE, "pixels with mask value 255 are not scored"));
    }
    if (classes->names)
        return check_known(classes, scored);
    OG_TRY(count_found(classes, scored));
    return name_found(classes);
}
