/* A data set made at run time: grey images with a bright disc and a dark square on noise. Included by one test program
 * each; removed with remove_tree(). */
#ifndef TESTS_TINY_DATA_H
#define TESTS_TINY_DATA_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <ogive/data.h>
#include <ogive/image.h>
#include <ogive/train.h>

#include "base/file.h"
#include "base/random.h"

enum { TINY_COUNT = 10, TINY_H = 20, TINY_W = 28 }; /* sides that no size multiple divides */

static inline void tiny_remove_tree(const char *path)
{
    char **names, child[512];
    size_t count;
    if (og__is_folder(path) && og__folder_list(path, &names, &count) == OG_OK) {
        for (size_t i = 0; i < count; i++) {
            snprintf(child, sizeof child, "%s/%s", path, names[i]);
            tiny_remove_tree(child);
        }
        og__names_free(names, count);
    }
    remove(path);
}

static void tiny_draw(int index, uint8_t *image, uint8_t *mask)
{
    og__random random = og__random_at(1, OG_STREAM_TEST, (uint64_t)index);
    int cx = 6 + (int)og__random_below(&random, 10), cy = 6 + (int)og__random_below(&random, 8);
    int sx = 17 + (int)og__random_below(&random, 5), sy = (int)og__random_below(&random, 12);
    for (int y = 0; y < TINY_H; y++)
        for (int x = 0; x < TINY_W; x++) {
            int at = y * TINY_W + x;
            bool disc = (x - cx) * (x - cx) + (y - cy) * (y - cy) < 20;
            bool square = x >= sx && x < sx + 6 && y >= sy && y < sy + 6;
            mask[at] = disc ? 1 : square ? 2 : 0;
            image[at] = (uint8_t)(100 + (disc ? 100 : square ? -80 : 0) + (int)og__random_below(&random, 40));
        }
}

static void tiny_write_png(const char *folder, const char *kind, int index, const uint8_t *pixels)
{
    char path[256];
    uint8_t *png;
    size_t count;
    snprintf(path, sizeof path, "%s/%s/i%02d.png", folder, kind, index);
    assert_int_equal(og_png_encode(pixels, TINY_H, TINY_W, 1, &png, &count), OG_OK);
    assert_int_equal(og__file_write(path, png, count), OG_OK);
    free(png);
}

/* Make the folder and open it; a quarter of the images is the validation part. */
static inline og_dataset *tiny_open(const char *folder)
{
    static const char classes[] = "background\ndisc\nsquare\n";
    uint8_t image[TINY_H * TINY_W], mask[TINY_H * TINY_W];
    char path[256];
    og_data_options options;
    og_dataset *data;
    for (int kind = 0; kind < 2; kind++) {
        snprintf(path, sizeof path, "%s/%s", folder, kind ? "masks" : "images");
        assert_int_equal(og__folder_make(path), OG_OK);
    }
    snprintf(path, sizeof path, "%s/classes.txt", folder);
    assert_int_equal(og__file_write(path, classes, strlen(classes)), OG_OK);
    for (int i = 0; i < TINY_COUNT; i++) {
        tiny_draw(i, image, mask);
        tiny_write_png(folder, "images", i, image);
        tiny_write_png(folder, "masks", i, mask);
    }
    assert_int_equal(og_options_init(og_data_option_table(), &options), OG_OK);
    options.validation = 0.3;
    if (og_dataset_open(folder, &options, &data) != OG_OK)
        fail_msg("%s", og_error_text());
    og_options_deinit(og_data_option_table(), &options);
    return data;
}

/* Settings that train in a second: 7 images in batches of 2 make 4 steps per epoch. */
static inline og_train_options tiny_options(void)
{
    og_train_options options;
    assert_int_equal(og_options_init(og_train_option_table(), &options), OG_OK);
    options.depth = 2;
    options.width = 4;
    options.epochs = 3;
    options.batch = 2;
    options.learning_rate = 0.01;
    options.threads = 2;
    options.data_threads = 1;
    return options;
}

#endif
