/* Small data sets made on the spot: grey pictures and masks of any values. */
#ifndef OG_TESTS_DATA_PICTURES_H
#define OG_TESTS_DATA_PICTURES_H

#include "data/scratch.h"

/* Write a grey PNG of h x w whose pixel i is (start + i * step) % modulus. */
static inline void picture(const char *name, int h, int w, int start, int step, int modulus)
{
    uint8_t *pixels = malloc((size_t)h * (size_t)w), *png;
    size_t count;
    for (int i = 0; i < h * w; i++)
        pixels[i] = (uint8_t)((start + i * step) % modulus);
    int failed =
        og_png_encode(pixels, h, w, 1, &png, &count) != OG_OK || og__file_write(scratch(name), png, count) != OG_OK;
    assert(!failed);
    (void)failed;
    free(pixels);
    free(png);
}

/* Write `count` pairs FOLDER/images/a.png, b.png, ... with masks of `classes` classes. */
static inline void picture_set(const char *folder, int count, int h, int w, int classes)
{
    char name[128];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s/images/%c.png", folder, 'a' + i);
        picture(name, h, w, i, 7, 251);
        snprintf(name, sizeof name, "%s/masks/%c.png", folder, 'a' + i);
        picture(name, h, w, 0, 1, classes);
    }
}

#endif
