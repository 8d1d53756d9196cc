/* A data set's images beside their masks, as sheets of pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/report.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "report/canvas.h"
#include "image/colours.h"
#include "report/tint.h"

/* In units of the canvas; a PNG has two pixels to each. A cell holds an image, and beside it the same with its mask. */
enum { SIDE = 150, GAP = 8, CAPTION = 14, TITLE = 40, COLUMNS = 3, ROWS = 5, CELLS = COLUMNS * ROWS, LEGEND_MAX = 40 };
enum { CELL_W = 2 * SIDE + GAP / 2 + GAP };

typedef struct contact {
    const og_dataset *data;
    og__canvas *canvas;
    int line;     /* from one line to the next, units */
    uint8_t *rgb; /* (2 SIDE, 2 SIDE, 3) */
} contact;

static void write(const contact *on, double x, double y, og__font font, const char *text)
{
    on->canvas->text(on->canvas, x, y, font, text);
}

/* Dark and bright: two and a half standard deviations about the mean, but no more than there is. */
static void find_range(const og_sample *sample, float *low, float *high)
{
    size_t count = (size_t)sample->h * (size_t)sample->w * (sample->channels == 3 ? 3 : 1);
    double sum = 0, square = 0;
    *low = *high = sample->image[0];
    for (size_t i = 0; i < count; i++) {
        double value = (double)sample->image[i];
        sum += value;
        square += value * value;
        *low = fminf(*low, sample->image[i]);
        *high = fmaxf(*high, sample->image[i]);
    }
    double mean = sum / (double)count, sd = sqrt(fmax(0, square / (double)count - mean * mean));
    *low = fmaxf(*low, (float)(mean - 2.5 * sd));
    *high = fminf(*high, (float)(mean + 2.5 * sd));
    if (!(*high > *low))
        *high = *low + 1;
}

/* The longer side fills the cell. */
static void find_size(const og_sample *sample, int *h, int *w)
{
    double longer = sample->h > sample->w ? sample->h : sample->w;
    *h = (int)fmax(1, round(2 * SIDE * sample->h / longer));
    *w = (int)fmax(1, round(2 * SIDE * sample->w / longer));
}

static void draw_cell(const contact *on, int cell, og_part part, size_t index)
{
    og_sample sample = og_dataset_sample(on->data, part, index);
    og__tinted picture = {sample.channels, sample.h, sample.w, sample.image, NULL, 0, 1};
    char caption[128];
    int h, w;
    find_size(&sample, &h, &w);
    double x = GAP + cell % COLUMNS * CELL_W, y = TITLE + cell / COLUMNS * on->line;
    find_range(&sample, &picture.low, &picture.high);
    snprintf(caption, sizeof caption, "%.48s  %d x %d  %s", sample.name, sample.w, sample.h,
             part == OG_PART_TRAIN ? "training" : "validation");
    write(on, x, y + CAPTION - 4,
          (og__font){.colour = part == OG_PART_TRAIN ? 0x444444 : 0xa03000, .size = 8.5, .anchor = OG_ANCHOR_START},
          caption);
    for (int with_mask = 0; with_mask < 2; with_mask++) {
        picture.labels = with_mask ? sample.labels : NULL;
        og__tint(&picture, h, w, on->rgb);
        og__canvas_png_image(on->canvas, x + with_mask * (SIDE + GAP / 2), y + CAPTION, h, w, on->rgb);
    }
    og__sample_release(on->data, part, index);
}

/* The classes with their colours, as far as the line goes. */
static void draw_legend(const contact *on)
{
    double x = GAP;
    for (int k = 1; k < og_dataset_class_count(on->data); k++) {
        const char *name = og_dataset_class_name(on->data, k);
        double width = og__text_width(8.5, name) + 22;
        if (x + width > COLUMNS * CELL_W)
            break;
        on->canvas->circle(on->canvas, x + 5, 29, 4, og__class_colour(k), (og__pen){og__class_colour(k), 1, false});
        write(on, x + 13, 32, (og__font){.colour = 0x444444, .size = 8.5, .anchor = OG_ANCHOR_START}, name);
        x += width;
    }
}

/* A place in a list that holds the training part, then the validation part. */
typedef struct place {
    og_part part;
    size_t index;
} place;

static place place_of(const og_dataset *data, size_t pick)
{
    size_t train = og_dataset_count(data, OG_PART_TRAIN);
    return pick < train ? (place){OG_PART_TRAIN, pick} : (place){OG_PART_VALIDATION, pick - train};
}

/* Draw the samples picks[begin, end). */
static og_status draw_sheet(contact *on, const size_t *picks, size_t begin, size_t end, const char *path)
{
    og_status status = OG_OK;
    char title[256];
    int rows = (int)((end - begin + COLUMNS - 1) / COLUMNS), tallest = 0;
    for (size_t i = begin; i < end; i++) {
        place at = place_of(on->data, picks[i]);
        og_sample sample = og_dataset_sample(on->data, at.part, at.index);
        int h, w;
        find_size(&sample, &h, &w);
        tallest = h > tallest ? h : tallest;
    }
    on->line = (tallest + 1) / 2 + CAPTION + GAP;
    OG_GO(og__canvas_png(GAP + COLUMNS * CELL_W, TITLE + rows * on->line, &on->canvas));
    snprintf(title, sizeof title, "%.100s: %zu training and %zu validation images; classes tinted, dim: not scored",
             og_dataset_name(on->data), og_dataset_count(on->data, OG_PART_TRAIN),
             og_dataset_count(on->data, OG_PART_VALIDATION));
    write(on, GAP, 15, (og__font){.colour = 0x222222, .size = 11, .bold = true, .anchor = OG_ANCHOR_START}, title);
    draw_legend(on);
    for (size_t i = begin; i < end; i++) {
        place at = place_of(on->data, picks[i]);
        draw_cell(on, (int)(i - begin), at.part, at.index);
    }
    status = on->canvas->save(on->canvas, path);
done:
    if (on->canvas)
        on->canvas->free(on->canvas);
    on->canvas = NULL;
    return status;
}

/* One sheet with images from all over the data set, a third of them held out ones if there are so many. */
static og_status draw_one(contact *on, const char *path)
{
    size_t picks[CELLS], count = 0;
    size_t train = og_dataset_count(on->data, OG_PART_TRAIN), held = og_dataset_count(on->data, OG_PART_VALIDATION);
    size_t shown_held = held < CELLS / 3 ? held : CELLS / 3;
    size_t shown = train < CELLS - shown_held ? train : CELLS - shown_held;
    for (size_t i = 0; i < shown; i++)
        picks[count++] = (2 * i + 1) * train / (2 * shown);
    for (size_t i = 0; i < shown_held; i++)
        picks[count++] = train + (2 * i + 1) * held / (2 * shown_held);
    return draw_sheet(on, picks, 0, count, path);
}

/* Every image, on as many sheets as they need. */
static og_status draw_all(contact *on, const char *folder)
{
    og_status status = OG_OK;
    size_t *picks;
    size_t count = og_dataset_count(on->data, OG_PART_TRAIN) + og_dataset_count(on->data, OG_PART_VALIDATION);
    OG_TRY(og__folder_make(folder));
    OG_TRY(og__alloc(count, sizeof *picks, &picks));
    for (size_t i = 0; i < count; i++)
        picks[i] = i;
    for (size_t begin = 0; begin < count; begin += CELLS) {
        char name[32], *path;
        snprintf(name, sizeof name, "sheet%03zu.png", begin / CELLS + 1);
        OG_GO(og__path_join(folder, name, &path));
        status = draw_sheet(on, picks, begin, begin + CELLS < count ? begin + CELLS : count, path);
        free(path);
        if (status != OG_OK)
            break;
    }
done:
    free(picks);
    return status;
}

og_status og_report_contact(const og_dataset *data, const char *path)
{
    contact on = {.data = data};
    size_t length = strlen(path);
    OG_TRY(og__alloc((size_t)4 * SIDE * SIDE, 3, &on.rgb));
    og_status status = length > 4 && strcmp(path + length - 4, ".png") == 0 && !og__is_folder(path)
                           ? draw_one(&on, path)
                           : draw_all(&on, path);
    free(on.rgb);
    return status;
}
