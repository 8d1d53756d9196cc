#include "data/augment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "data/patch.h"

enum { ROWS_MAX = 64 }; /* of augment.def: each has its own random numbers */

const og__augment_entry og__augment_entries[OG_AUGMENT_COUNT] = {
#define OG_AUGMENT(id, field, range, max, usual, light, nnunet, nnunet_3d, volumes, unit, help)                        \
    {#field, OG_RANGE_##range, max, usual, light, nnunet, nnunet_3d, OG_VOLUMES_##volumes, unit, help},
#include "data/augment.def"
#undef OG_AUGMENT
};

/* --- levels ------------------------------------------------------------------------------------------------------- */

/* The range that a single strength stands for. */
static void range_of_strength(og__range_kind range, double strength, og__level *level)
{
    switch (range) {
    case OG_RANGE_CHANCE:
        level->share = strength;
        return;
    case OG_RANGE_EITHER:
        level->low = -strength;
        level->high = strength;
        return;
    case OG_RANGE_UP_TO:
        level->high = strength;
        return;
    case OG_RANGE_ABOUT:
        level->low = 1 - strength;
        level->high = 1 + strength;
        return;
    case OG_RANGE_FACTOR:
        level->low = 1 / (1 + strength);
        level->high = 1 + strength;
        return;
    case OG_RANGE_SHRINK:
        level->low = strength;
        level->high = 1;
        return;
    }
}

static bool is_word(const char *text, const char *const words[4])
{
    for (int i = 0; i < 4; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static og_status fail_level(const og__augment_entry *entry, const char *text)
{
    og__level widest = {0};
    char name[32];
    snprintf(name, sizeof name, "%s", entry->name);
    for (char *at = name; (at = strchr(at, '_')) != NULL;)
        *at = '-'; /* as people type it */
    range_of_strength(entry->range, entry->max, &widest);
    if (entry->range == OG_RANGE_SHRINK)
        widest.low = 0.01;
    if (entry->range == OG_RANGE_CHANCE)
        return og__fail(OG_ERR_ARGUMENT, "option '%s': found '%s'; give a probability from 0 to 1, on or off", name,
                        text);
    return og__fail(OG_ERR_ARGUMENT,
                    "option '%s': found '%s'; give a strength (%g to %g) or a range (within %g..%g), either with "
                    "@PROBABILITY behind it, as in '%s@0.5', or on or off",
                    name, text, entry->range == OG_RANGE_SHRINK ? 0.01 : 0.0, entry->max, widest.low, widest.high,
                    entry->usual);
}

/* Read a number and step behind it. */
static bool read_number(const char **at, double *number)
{
    char *end;
    *number = strtod(*at, &end);
    bool found = end != *at && isfinite(*number);
    *at = end;
    return found;
}

static bool read_level(const og__augment_entry *entry, const char *text, og__level *level)
{
    og__level read = {.share = 1}, widest = {0};
    double strength;
    const char *dots = strstr(text, "..");
    if (dots && entry->range != OG_RANGE_CHANCE) {
        char low[32];
        const char *at = low;
        if ((size_t)(dots - text) >= sizeof low)
            return false;
        memcpy(low, text, (size_t)(dots - text)); /* "1..2": strtod() would take the first dot */
        low[dots - text] = '\0';
        if (!read_number(&at, &read.low) || *at != '\0')
            return false;
        text = dots + 2;
        if (!read_number(&text, &read.high))
            return false;
        range_of_strength(entry->range, entry->range == OG_RANGE_SHRINK ? 0.01 : entry->max, &widest);
        if (read.low > read.high || read.low < widest.low || read.high > widest.high)
            return false;
    } else {
        double least = entry->range == OG_RANGE_SHRINK ? 0.01 : 0;
        if (!read_number(&text, &strength) || strength < least || strength > entry->max)
            return false;
        range_of_strength(entry->range, strength, &read);
        if (strength == 0)
            read.share = 0;
    }
    if (*text == '@' && entry->range != OG_RANGE_CHANCE) {
        double share;
        text++;
        if (!read_number(&text, &share) || share < 0 || share > 1)
            return false;
        read.share *= share;
    }
    *level = read;
    return *text == '\0';
}

og_status og__level_parse(og__augment_row row, const char *text, og__level *level)
{
    static const char *const off[4] = {"off", "false", "no", "0"}, *const on[4] = {"on", "true", "yes", "on"};
    const og__augment_entry *entry = &og__augment_entries[row];
    *level = (og__level){0};
    if (is_word(text, off))
        return OG_OK;
    return read_level(entry, is_word(text, on) ? entry->usual : text, level) ? OG_OK : fail_level(entry, text);
}

og_status og__augment_parse(og__augment_set set, int dims, const char *const texts[OG_AUGMENT_COUNT],
                            og_augment_options *options)
{
    *options = (og_augment_options){0};
    for (int row = 0; row < OG_AUGMENT_COUNT; row++) {
        const og__augment_entry *entry = &og__augment_entries[row];
        const char *const of_set[] = {"off", entry->light, dims == 3 ? entry->nnunet_3d : entry->nnunet};
        OG_TRY(og__level_parse((og__augment_row)row, texts[row][0] ? texts[row] : of_set[set], &options->rows[row]));
    }
    return OG_OK;
}

static float uniform_between(og__random *random, double low, double high)
{
    return (float)(low + (high - low) * (double)og__random_uniform(random));
}

float og__level_draw(og__level level, og__range_kind range, og__random *random)
{
    if (range != OG_RANGE_FACTOR)
        return uniform_between(random, level.low, level.high);
    double low = level.low, high = level.high;
    if (low < 1 && high > 1) {
        if (og__random_u32(random) & 1)
            low = 1;
        else
            high = 1;
    }
    return expf(uniform_between(random, log(low), log(high)));
}

/* --- the rows ----------------------------------------------------------------------------------------------------- */

/* Pixels of a channel. */
static size_t plane_of(const og__patch *on)
{
    return (size_t)on->window.d * (size_t)on->window.h * (size_t)on->window.w;
}

static float *slice_of(const og__patch *on, int c, int z)
{
    return on->images + (size_t)(c * on->window.d + z) * (size_t)on->window.h * (size_t)on->window.w;
}

static float *channel_of(const og__patch *on, int c)
{
    return on->images + (size_t)c * plane_of(on);
}

static void apply_flip_x(og__patch *on, og__random *random, og__level level)
{
    (void)random, (void)level;
    og__patch_scale(on, 1, 1, -1);
}

static void apply_flip_y(og__patch *on, og__random *random, og__level level)
{
    (void)random, (void)level;
    og__patch_scale(on, 1, -1, 1);
}

static void apply_flip_z(og__patch *on, og__random *random, og__level level)
{
    (void)random, (void)level;
    og__patch_scale(on, -1, 1, 1);
}

static void apply_rotate(og__patch *on, og__random *random, og__level level)
{
    og__patch_rotate(on, og__level_draw(level, OG_RANGE_EITHER, random));
}

static void apply_tilt(og__patch *on, og__random *random, og__level level)
{
    float about_y = og__level_draw(level, OG_RANGE_EITHER, random);
    float about_x = og__level_draw(level, OG_RANGE_EITHER, random);
    if (!on->flat)
        og__patch_tilt(on, about_y, about_x);
}

static void apply_zoom(og__patch *on, og__random *random, og__level level)
{
    float shrink = 1 / og__level_draw(level, OG_RANGE_FACTOR, random);
    og__patch_scale(on, on->flat ? 1 : shrink, shrink, shrink);
}

static void apply_elastic(og__patch *on, og__random *random, og__level level)
{
    og__patch_bend(on, random, og__level_draw(level, OG_RANGE_UP_TO, random));
}

static void apply_noise(og__patch *on, og__random *random, og__level level)
{
    float strength = og__level_draw(level, OG_RANGE_UP_TO, random);
    for (int c = 0; c < on->sample->channels; c++)
        og__values_noise(plane_of(on), channel_of(on, c), random, strength);
}

/* The numbers of a channel are drawn whether it is left out or not: those of the next one do not depend on it. */
static void apply_blur(og__patch *on, og__random *random, og__level level)
{
    for (int c = 0; c < on->sample->channels; c++) {
        bool here = og__random_u32(random) & 1;
        float sd_y = og__level_draw(level, OG_RANGE_UP_TO, random),
              sd_x = og__level_draw(level, OG_RANGE_UP_TO, random);
        float sd_z = on->flat ? 0 : og__level_draw(level, OG_RANGE_UP_TO, random) / on->ratio;
        for (int z = 0; here && z < on->window.d; z++)
            og__values_blur(on->window.h, on->window.w, slice_of(on, c, z), on->scratch, sd_y, sd_x);
        if (here && sd_z > 0)
            og__values_blur_slices(on->window.d, (size_t)on->window.h * (size_t)on->window.w, channel_of(on, c),
                                   on->scratch, sd_z);
    }
}

static void apply_brightness(og__patch *on, og__random *random, og__level level)
{
    og__values_stretch(plane_of(on) * (size_t)on->sample->channels, on->images, 0,
                       og__level_draw(level, OG_RANGE_ABOUT, random));
}

static void apply_intensity(og__patch *on, og__random *random, og__level level)
{
    for (int c = 0; c < on->sample->channels; c++)
        og__values_stretch(plane_of(on), channel_of(on, c), on->zero ? on->zero[c] : 0,
                           og__level_draw(level, OG_RANGE_ABOUT, random));
}

static void apply_contrast(og__patch *on, og__random *random, og__level level)
{
    float factor = og__level_draw(level, OG_RANGE_ABOUT, random);
    for (int c = 0; c < on->sample->channels; c++)
        og__values_contrast(plane_of(on), channel_of(on, c), factor);
}

static void apply_lowres(og__patch *on, og__random *random, og__level level)
{
    for (int c = 0; c < on->sample->channels; c++) {
        bool here = og__random_u32(random) & 1;
        float share = og__level_draw(level, OG_RANGE_SHRINK, random);
        int parts = on->flat ? on->window.d : 1; /* slices by themselves, or the volume */
        for (int z = 0; here && z < parts; z++)
            og__values_lowres(on->window.d / parts, on->window.h, on->window.w, slice_of(on, c, z), on->scratch, share);
    }
}

static void tone_all(og__patch *on, og__random *random, og__level level, bool invert)
{
    for (int c = 0; c < on->sample->channels; c++)
        og__values_tone(plane_of(on), channel_of(on, c), og__level_draw(level, OG_RANGE_FACTOR, random), invert);
}

static void apply_tone_inverted(og__patch *on, og__random *random, og__level level)
{
    tone_all(on, random, level, true);
}

static void apply_tone(og__patch *on, og__random *random, og__level level)
{
    tone_all(on, random, level, false);
}

static void apply_gamma(og__patch *on, og__random *random, og__level level)
{
    float power = og__level_draw(level, OG_RANGE_FACTOR, random);
    for (int c = 0; c < on->sample->channels; c++)
        og__values_gamma(plane_of(on), channel_of(on, c), power);
}

static void apply_hue(og__patch *on, og__random *random, og__level level)
{
    if (on->sample->channels == 3)
        og__colours_turn(plane_of(on), on->images, og__level_draw(level, OG_RANGE_EITHER, random));
}

static void apply_saturation(og__patch *on, og__random *random, og__level level)
{
    if (on->sample->channels == 3)
        og__colours_strengthen(plane_of(on), on->images, og__level_draw(level, OG_RANGE_ABOUT, random));
}

/* The mean of a channel over the patch. */
static float mean_of(size_t count, const float *values)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return (float)(sum / (double)count);
}

static void apply_cutout(og__patch *on, og__random *random, og__level level)
{
    float share_y = og__level_draw(level, OG_RANGE_UP_TO, random),
          share_x = og__level_draw(level, OG_RANGE_UP_TO, random);
    int h = (int)lroundf(share_y * (float)on->window.h), w = (int)lroundf(share_x * (float)on->window.w);
    int top = (int)og__random_below(random, (uint32_t)(on->window.h - h) + 1);
    int left = (int)og__random_below(random, (uint32_t)(on->window.w - w) + 1);
    int first = 0, d = on->window.d;
    if (!on->flat) {
        d = (int)lroundf(og__level_draw(level, OG_RANGE_UP_TO, random) * (float)on->window.d);
        first = (int)og__random_below(random, (uint32_t)(on->window.d - d) + 1);
    }
    for (int c = 0; c < on->sample->channels; c++) {
        float mean = mean_of(plane_of(on), channel_of(on, c));
        for (int row = 0; row < d * h; row++) {
            float *to = slice_of(on, c, first + row / h) + (size_t)(top + row % h) * (size_t)on->window.w + left;
            for (int x = 0; x < w; x++)
                to[x] = mean;
        }
    }
}

/* --- all rows ----------------------------------------------------------------------------------------------------- */

/* Whether a row's turn comes; a row that is always done takes no random number for that. */
static bool is_due(og__level level, og__random *random)
{
    return level.share >= 1 || (level.share > 0 && (double)og__random_uniform(random) < level.share);
}

void og__augment(const og_augment_options *options, const og_sample *sample, og__window window, const float *zero,
                 uint64_t seed, uint64_t item, float *scratch, float *images, uint8_t *labels)
{
    og__patch on;
    og__patch_init(&on, sample, window);
    on.zero = zero;
    on.scratch = scratch;
    on.images = images;
    on.labels = labels;
    og__random random;
#define OG_AUGMENT(id, field, range, max, usual, light, nnunet, nnunet_3d, volumes, unit, help)                        \
    random = og__random_at(seed, OG_STREAM_AUGMENT, item * ROWS_MAX + id);                                             \
    if (is_due(options->field, &random))                                                                               \
        apply_##field(&on, &random, options->field);
#define OG_AUGMENT_RESAMPLE og__patch_resample(&on);
#include "data/augment.def"
#undef OG_AUGMENT_RESAMPLE
#undef OG_AUGMENT
}
