#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data/test_augment/shared.h"

float image[2 * H * W];
uint8_t labels[H * W];
const og_sample sample = {"test", 2, H, W, image, labels, 1, {1, 1, 1}};
const og__window whole = {0, 0, H, W, 0, 1};
bool exercised[OG_AUGMENT_COUNT];

og_augment_options levels(const char *text)
{
    og_augment_options options = {0};
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        char *level = strchr(word, '=');
        int row = 0;
        assert_non_null(level);
        *level++ = '\0';
        while (row < OG_AUGMENT_COUNT && strcmp(og__augment_entries[row].name, word) != 0)
            row++;
        assert_in_range(row, 0, OG_AUGMENT_COUNT - 1);
        if (og__level_parse((og__augment_row)row, level, &options.rows[row]) != OG_OK)
            fail_msg("%s", og_error_text());
        exercised[row] = true;
    }
    return options;
}

void augment(const og_augment_options *options, const og_sample *src, og__window window, uint64_t seed, uint64_t item,
             float *out, uint8_t *out_labels)
{
    static float scratch[128 * 128];
    og__augment(options, src, window, NULL, seed, item, scratch, out, out_labels);
}

int fill_sample(void **state)
{
    (void)state;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            image[y * W + x] = (float)(x + 100 * y);
            image[H * W + y * W + x] = -(float)(x + 100 * y);
            labels[y * W + x] = (uint8_t)((x + y) % 3);
        }
    return 0;
}

void small_picture(float values[35])
{
    for (int i = 0; i < 35; i++)
        values[i] = (float)(i * i % 23);
}

void statistics(size_t count, const float *values, double *mean, double *sd)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[i] - *mean) * ((double)values[i] - *mean);
    *sd = sqrt(squares / (double)count);
}

void assert_all_near(size_t count, const float *values, const float *expected, float tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(values[i] - expected[i]) <= tolerance))
            fail_msg("value %zu is %g, not %g", i, (double)values[i], (double)expected[i]);
}
