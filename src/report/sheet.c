/* What augmentation does to a user's own image, as a sheet of pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>
#include <ogive/report.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/batch.h"
#include "report/canvas.h"
#include "report/tint.h"
#include "train/options.h"

/* In units of the canvas; a PNG has two pixels to each. */
enum { CELL = 96, LINE_MIN = 32, GAP = 6, LABELS = 150, TITLE = 34, DRAWS = 5, COLUMNS = DRAWS + 1 };

typedef struct sheet {
    og__canvas *canvas;
    const og__recipe *recipe;
    size_t index; /* of the sample */
    og__window window;
    uint64_t seed;
    int h, w;        /* of a picture, pixels */
    int line;        /* from one line to the next, units */
    float low, high; /* values shown as black and white */
    float *images, *scratch;
    uint8_t *labels, *rgb; /* (h, w), (h, w, 3) of a picture */
} sheet;

/* --- which image, and where --------------------------------------------------------------------------------------- */

static bool is_object(uint8_t label)
{
    return label != 0 && label != OG_LABEL_IGNORE;
}

/* The first training image with a pixel that is not background, or the one of that name. */
static og_status choose_image(const og__recipe *recipe, const char *name, size_t *index)
{
    *index = 0;
    for (size_t i = 0; i < recipe->count; i++) {
        const og_sample *sample = &recipe->samples[i];
        size_t pixels = (size_t)sample->h * (size_t)sample->w;
        bool chosen = *name && strcmp(sample->name, name) == 0;
        for (size_t p = 0; !*name && !chosen && p < pixels; p++)
            chosen = is_object(sample->labels[p]);
        if (chosen) {
            *index = i;
            return OG_OK;
        }
    }
    return *name ? og__fail(OG_ERR_NAME, "'%s' has no training image '%s'; the first is '%s'",
                            og_dataset_name(recipe->data), name, recipe->samples[0].name)
                 : OG_OK;
}

static int between(int at, int low, int high)
{
    return at < low ? low : at > high ? high : at;
}

/* About the middle one of the image's object pixels, or the middle of the image. */
static og__window choose_window(const og__recipe *recipe, const og_sample *sample)
{
    size_t pixels = (size_t)sample->h * (size_t)sample->w, objects = 0, seen = 0;
    int y = sample->h / 2, x = sample->w / 2;
    for (size_t p = 0; p < pixels; p++)
        objects += is_object(sample->labels[p]);
    for (size_t p = 0; p < pixels; p++)
        if (is_object(sample->labels[p]) && seen++ == objects / 2) {
            y = (int)(p / (size_t)sample->w);
            x = (int)(p % (size_t)sample->w);
        }
    og__window window = {.h = recipe->h, .w = recipe->w};
    window.y =
        window.h < sample->h ? between(y - window.h / 2, 0, sample->h - window.h) : -((window.h - sample->h) / 2);
    window.x =
        window.w < sample->w ? between(x - window.w / 2, 0, sample->w - window.w) : -((window.w - sample->w) / 2);
    return window;
}

/* --- one picture -------------------------------------------------------------------------------------------------- */

static void draw_patch(const sheet *on, const og_augment_options *options, uint64_t item, int row, int column)
{
    const og__recipe *recipe = on->recipe;
    og__augment(options, &recipe->samples[on->index], on->window, recipe->zero + on->index * (size_t)recipe->channels,
                on->seed, item, on->scratch, on->images, on->labels);
    const og__tinted picture = {recipe->channels, on->window.h, on->window.w, on->images,
                                on->labels,       on->low,      on->high};
    og__tint(&picture, on->h, on->w, on->rgb);
    og__canvas_png_image(on->canvas, LABELS + column * (CELL + GAP), TITLE + row * on->line, on->h, on->w, on->rgb);
}

/* --- the sheet ---------------------------------------------------------------------------------------------------- */

static void write(const sheet *on, double x, double y, bool bold, og__colour colour, const char *text)
{
    og__font font = {.colour = colour, .size = bold ? 11 : 8.5, .bold = bold, .anchor = OG_ANCHOR_START};
    on->canvas->text(on->canvas, x, y, font, text);
}

static void draw_line(const sheet *on, int row, const char *name, const char *setting,
                      const og_augment_options *options)
{
    const og_augment_options none = {0};
    double y = TITLE + row * on->line + (on->line - GAP) / 2.0;
    write(on, GAP, y - 4, true, 0x222222, name);
    write(on, GAP, y + 10, false, 0x666666, setting);
    draw_patch(on, &none, 0, row, 0);
    for (int d = 0; d < DRAWS; d++)
        draw_patch(on, options, (uint64_t)d, row, d + 1);
}

static void write_level(og__range_kind range, og__level level, og__text *text)
{
    if (range != OG_RANGE_CHANCE)
        og__text_format(text, "%.3g to %.3g", level.low, level.high);
    if (range != OG_RANGE_CHANCE && level.share < 1)
        og__text_format(text, ", ");
    if (range == OG_RANGE_CHANCE || level.share < 1)
        og__text_format(text, "%.3g %% of patches", 100 * level.share);
}

/* A sheet shows pictures. */
static bool is_shown(int row)
{
    return og__augment_entries[row].volumes != OG_VOLUMES_ONLY;
}

static og_status draw_row(const sheet *on, int line, og__augment_row row, og__level level)
{
    const og__augment_entry *entry = &og__augment_entries[row];
    og_augment_options alone = {0};
    og__text text = {0};
    char name[32];
    og_status status = OG_OK;
    snprintf(name, sizeof name, "%s", entry->name);
    for (char *at = name; (at = strchr(at, '_')) != NULL;)
        *at = '-';
    if (level.share > 0) {
        write_level(entry->range, level, &text);
    } else {
        OG_GO(og__level_parse(row, entry->usual, &level));
        og__text_format(&text, "off; shown at %s", entry->usual);
    }
    OG_GO(og__text_status(&text));
    alone.rows[row] = level;
    alone.rows[row].share = 1;
    draw_line(on, line, name, og__text_get(&text), &alone);
done:
    og__text_deinit(&text);
    return status;
}

static og_status draw_sheet(const sheet *on, const og_augment_options *options)
{
    char title[256];
    int line = 0;
    snprintf(title, sizeof title, "%.100s, image %.80s: %d x %d px", og_dataset_name(on->recipe->data),
             on->recipe->samples[on->index].name, on->window.w, on->window.h);
    write(on, GAP, 14, true, 0x222222, title);
    write(on, LABELS, 28, false, 0x666666, "original");
    write(on, LABELS + CELL + GAP, 28, false, 0x666666,
          "the row alone, on every patch; classes tinted, dim: not learned from");
    for (int row = 0; row < OG_AUGMENT_COUNT; row++)
        if (is_shown(row))
            OG_TRY(draw_row(on, line++, (og__augment_row)row, options->rows[row]));
    draw_line(on, line, "all together", "as in training", options);
    return OG_OK;
}

static void find_range(sheet *on)
{
    const og_sample *sample = &on->recipe->samples[on->index];
    size_t count = (size_t)sample->h * (size_t)sample->w * (sample->channels == 3 ? 3 : 1);
    on->low = on->high = sample->image[0];
    for (size_t i = 1; i < count; i++) {
        on->low = fminf(on->low, sample->image[i]);
        on->high = fmaxf(on->high, sample->image[i]);
    }
    if (!(on->high > on->low))
        on->high = on->low + 1;
}

/* Pictures have the patch's shape. */
static void find_size(sheet *on)
{
    double longer = on->window.h > on->window.w ? on->window.h : on->window.w;
    on->h = (int)fmax(1, round(2 * CELL * on->window.h / longer));
    on->w = (int)fmax(1, round(2 * CELL * on->window.w / longer));
    on->line = (on->h / 2 > LINE_MIN ? on->h / 2 : LINE_MIN) + GAP;
}

static og_status open_sheet(const og__recipe *recipe, const char *image, sheet *on)
{
    size_t pixels = (size_t)recipe->h * (size_t)recipe->w;
    *on = (sheet){.recipe = recipe, .seed = recipe->options.seed};
    OG_TRY(choose_image(recipe, image, &on->index));
    on->window = choose_window(recipe, &recipe->samples[on->index]);
    find_range(on);
    find_size(on);
    OG_TRY(og__alloc(pixels, sizeof(float) * (size_t)recipe->channels, &on->images));
    OG_TRY(og__alloc(pixels, sizeof(float), &on->scratch));
    OG_TRY(og__alloc(pixels, 1, &on->labels));
    OG_TRY(og__alloc((size_t)on->h * (size_t)on->w, 3, &on->rgb));
    return og__canvas_png(LABELS + COLUMNS * (CELL + GAP), TITLE + OG_AUGMENT_COUNT * on->line, &on->canvas);
}

static void close_sheet(sheet *on)
{
    if (on->canvas)
        on->canvas->free(on->canvas);
    free(on->images);
    free(on->scratch);
    free(on->labels);
    free(on->rgb);
}

og_status og_report_augment(const og_dataset *data, const og_train_options *options, const char *image,
                            const char *path)
{
    og_status status = OG_OK;
    og__recipe recipe = {0};
    sheet on = {0};
    og__loader_options settings = {.batch = 1, .multiple = 1, .seed = (uint64_t)options->seed};
    OG_TRY(og__train_options_resolution(options, &settings.resolution));
    OG_TRY(og__train_options_augment(options, &settings.augment));
    OG_TRY(og__train_options_patch(options, &settings.patch_d, &settings.patch_h, &settings.patch_w));
    OG_TRY(og__recipe_make(data, &settings, &recipe));
    OG_GO(open_sheet(&recipe, image ? image : "", &on));
    OG_GO(draw_sheet(&on, &settings.augment));
    status = on.canvas->save(on.canvas, path);
done:
    close_sheet(&on);
    og__recipe_deinit(&recipe);
    return status;
}
