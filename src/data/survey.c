#include "data/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { VALUES_MAX = 1 << 20, PALETTE_COUNT = 256 };

/* The survey with a hash table over its values (open addressing) and the palette's colours so far. */
typedef struct surveying {
    og__survey *survey;
    size_t slot_count;              /* a power of two */
    uint32_t *slots;                /* index of a value + 1, or 0 */
    int32_t palette[PALETTE_COUNT]; /* colour of each index, or -1 */
    bool needs_colours, black_and_white;
} surveying;

/* --- values ------------------------------------------------------------------------------------------------------- */

static size_t place_of(const surveying *in, int64_t value)
{
    size_t place = (size_t)((uint64_t)value * 0x9E3779B97F4A7C15u >> 32) & (in->slot_count - 1);
    while (in->slots[place] && in->survey->values[in->slots[place] - 1].value != value)
        place = (place + 1) & (in->slot_count - 1);
    return place;
}

static og_status grow(surveying *in)
{
    og__survey *survey = in->survey;
    OG_TRY(og__list_grow(&survey->values, survey->count, &survey->capacity, sizeof *survey->values, "mask values"));
    free(in->slots);
    in->slots = NULL;
    in->slot_count = 2 * survey->capacity;
    OG_TRY(og__alloc(in->slot_count, sizeof *in->slots, &in->slots));
    for (size_t i = 0; i < survey->count; i++)
        in->slots[place_of(in, survey->values[i].value)] = (uint32_t)i + 1;
    return OG_OK;
}

static og_status find_value(surveying *in, int64_t value, size_t pair, const char *path, og__mask_value **found)
{
    og__survey *survey = in->survey;
    if (survey->count == survey->capacity)
        OG_TRY(grow(in));
    size_t place = place_of(in, value);
    if (!in->slots[place]) {
        if (survey->count == VALUES_MAX)
            return og__fail(OG_ERR_DATA, "the masks up to '%s' hold over %d different values, as photographs do", path,
                            VALUES_MAX);
        survey->values[survey->count] = (og__mask_value){.value = value, .first = pair};
        in->slots[place] = (uint32_t)++survey->count;
    }
    *found = &survey->values[in->slots[place] - 1];
    return OG_OK;
}

/* Move the pixels of slices that are used to the front; others say nothing about the classes. Returns their count. */
static size_t keep_used(const og__pair *pair, og_image *mask)
{
    size_t w = (size_t)mask->width, plane = w * (size_t)mask->height, count = plane * (size_t)mask->depth, kept = 0;
    if (pair->slices.count == 0 && pair->leave_out.count == 0)
        return count;
    og__axis axis = mask->depth == 1 ? OG_AXIS_Z : pair->axis;
    for (size_t i = 0; i < count; i++) {
        int64_t slice = (int64_t)(axis == OG_AXIS_X ? i % w : axis == OG_AXIS_Y ? i % plane / w : i / plane);
        bool used = pair->slices.count == 0 || og__ranges_has(&pair->slices, slice);
        if (used && !og__ranges_has(&pair->leave_out, slice))
            mask->data[kept++] = mask->data[i];
    }
    return kept;
}

/* Count the values of one mask, by runs of equal pixels. */
static og_status count_values(surveying *in, size_t index, const og__pair *pair, og_image *mask)
{
    size_t count = keep_used(pair, mask);
    for (size_t i = 0, end; i < count; i = end) {
        og__mask_value *value = NULL;
        for (end = i + 1; end < count && mask->data[end] == mask->data[i]; end++)
            ;
        OG_TRY(find_value(in, (int64_t)mask->data[i], index, pair->masks.items[0], &value));
        value->pixels += end - i;
        if (value->files == 0 || value->last != index) {
            value->files++;
            value->last = index;
        }
    }
    in->survey->pixels += count;
    return OG_OK;
}

/* --- palettes ----------------------------------------------------------------------------------------------------- */

/* Compare the colours that this mask gives its indices with those of the masks before. */
static void look_at_palette(surveying *in, const og_image *mask)
{
    size_t count = (size_t)mask->depth * (size_t)mask->height * (size_t)mask->width;
    bool used[PALETTE_COUNT] = {false};
    for (size_t i = 0; i < count; i++)
        if (mask->data[i] >= 0 && mask->data[i] < PALETTE_COUNT)
            used[(int)mask->data[i]] = true;
    for (int v = 0; v < PALETTE_COUNT && v < mask->palette_count; v++) {
        if (!used[v])
            continue;
        const uint8_t *entry = mask->palette + 3 * v;
        int32_t colour = entry[0] << 16 | entry[1] << 8 | entry[2];
        if (in->palette[v] >= 0 && in->palette[v] != colour)
            in->needs_colours = true;
        in->palette[v] = colour;
        in->black_and_white = in->black_and_white && (colour == 0 || colour == 0xffffff);
    }
}

/* --- masks that are kept ------------------------------------------------------------------------------------------ */

/* Keep a mask whose values are bytes, as most are, while there is room. */
static og_status keep(og__survey *survey, size_t index, const og_image *mask)
{
    size_t count = (size_t)mask->depth * (size_t)mask->height * (size_t)mask->width;
    bool bytes = mask->channels == 1 && count <= survey->kept_most - survey->kept_bytes;
    for (size_t i = 0; i < count && bytes; i++)
        bytes = mask->data[i] >= 0 && mask->data[i] <= UINT8_MAX; /* whole numbers: og__mask_load() */
    if (!bytes)
        return OG_OK;
    og__kept_mask *kept = &survey->kept[index];
    OG_TRY(og__alloc(count, 1, &kept->values));
    for (size_t i = 0; i < count; i++)
        kept->values[i] = (uint8_t)mask->data[i];
    kept->depth = mask->depth;
    kept->height = mask->height;
    kept->width = mask->width;
    survey->kept_bytes += count;
    return OG_OK;
}

og_status og__survey_mask(const og__survey *survey, size_t index, const og__pair *pair, og_image *mask)
{
    uint64_t overlap = 0; /* known */
    const og__kept_mask *kept = index < survey->kept_count ? &survey->kept[index] : NULL;
    if (!kept || !kept->values)
        return og__mask_load(pair, survey->style, mask, &overlap);
    *mask = (og_image){.channels = 1, .depth = kept->depth, .height = kept->height, .width = kept->width};
    size_t count = (size_t)kept->depth * (size_t)kept->height * (size_t)kept->width;
    OG_TRY(og__alloc(count, sizeof *mask->data, &mask->data));
    for (size_t i = 0; i < count; i++)
        mask->data[i] = kept->values[i];
    return OG_OK;
}

void og__survey_drop_masks(og__survey *survey)
{
    for (size_t i = 0; i < survey->kept_count; i++)
        free(survey->kept[i].values);
    free(survey->kept);
    survey->kept = NULL;
    survey->kept_count = survey->kept_bytes = 0;
}

/* --- all masks ---------------------------------------------------------------------------------------------------- */

/* Count the values of one mask, and notice what calls for another style than the one it is read in. */
static og_status look_at(surveying *in, size_t index, const og__pair *pair)
{
    og_image mask;
    OG_TRY(og__mask_load(pair, in->survey->style, &mask, &in->survey->overlap));
    og_status status = keep(in->survey, index, &mask);
    if (in->survey->style == OG_MASK_NUMBERS && mask.palette)
        look_at_palette(in, &mask);
    else
        in->black_and_white = false;
    if (mask.channels > 1)
        in->needs_colours = true;
    else if (status == OG_OK)
        status = count_values(in, index, pair, &mask);
    og_image_deinit(&mask);
    return status;
}

static int compare_values(const void *a, const void *b)
{
    int64_t x = ((const og__mask_value *)a)->value, y = ((const og__mask_value *)b)->value;
    return (x > y) - (x < y);
}

/* Look at all masks in one style; *next is the style they call for. */
static og_status run_style(const og__listing *listing, size_t kept_most, og__survey *survey, og__mask_style style,
                           og__mask_style *next)
{
    og_status status = OG_OK;
    surveying in = {.survey = survey, .black_and_white = true};
    *survey = (og__survey){.style = style, .kept_most = kept_most};
    *next = style;
    for (int v = 0; v < PALETTE_COUNT; v++)
        in.palette[v] = -1;
    OG_GO(og__alloc(listing->count, sizeof *survey->kept, &survey->kept));
    survey->kept_count = listing->count;
    for (size_t i = 0; i < listing->count && !(style == OG_MASK_NUMBERS && in.needs_colours); i++)
        OG_GO(look_at(&in, i, &listing->pairs[i]));
    if (style == OG_MASK_NUMBERS && in.needs_colours)
        *next = OG_MASK_COLOURS;
    else if (style == OG_MASK_NUMBERS && in.black_and_white)
        *next = OG_MASK_LEVELS;
    if (survey->count > 0)
        qsort(survey->values, survey->count, sizeof *survey->values, compare_values);
done:
    free(in.slots);
    if (status != OG_OK)
        og__survey_deinit(survey);
    return status;
}

/* Colours that are all grey are better called by their levels. */
static bool all_grey(const og__survey *survey)
{
    for (size_t i = 0; i < survey->count; i++)
        if (survey->values[i].value % 0x010101 != 0)
            return false;
    return true;
}

og_status og__survey_run(const og__listing *listing, size_t kept_most, og__survey *survey)
{
    og__mask_style style = listing->classes.colours ? OG_MASK_COLOURS : OG_MASK_NUMBERS, next;
    OG_TRY(run_style(listing, kept_most, survey, style, &next));
    while (next != style) {
        style = next;
        og__survey_deinit(survey);
        OG_TRY(run_style(listing, kept_most, survey, style, &next));
        if (style == OG_MASK_COLOURS && all_grey(survey))
            next = OG_MASK_LEVELS;
    }
    return OG_OK;
}

void og__survey_deinit(og__survey *survey)
{
    og__survey_drop_masks(survey);
    free(survey->values);
    *survey = (og__survey){0};
}
