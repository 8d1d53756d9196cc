/* What the files of the test of augmentation share. Include after cmocka.h. */
#ifndef OG_TESTS_AUGMENT_SHARED_H
#define OG_TESTS_AUGMENT_SHARED_H

#include "data/patch.h"

enum { H = 9, W = 11, ITEMS = 64 };

extern float image[2 * H * W]; /* channel 0: x + 100 y; channel 1: the same, negative */
extern uint8_t labels[H * W];
extern const og_sample sample;
extern const og__window whole;

extern bool exercised[OG_AUGMENT_COUNT]; /* by levels() */

/* "rotate=180 zoom=0.3@0.5": these rows and no others. */
og_augment_options levels(const char *text);

void augment(const og_augment_options *options, const og_sample *src, og__window window, uint64_t seed, uint64_t item,
             float *out, uint8_t *out_labels);

/* Fill `image` and `labels`: a set-up of cmocka. */
int fill_sample(void **state);

/* image = (np.arange(35)**2 % 23).reshape(5, 7) */
void small_picture(float values[35]);

void statistics(size_t count, const float *values, double *mean, double *sd);
void assert_all_near(size_t count, const float *values, const float *expected, float tolerance);

/* The tests of values.c and volumes.c. */
enum { VALUE_TESTS = 9, VOLUME_TESTS = 7 };
extern const struct CMUnitTest value_tests[VALUE_TESTS], volume_tests[VOLUME_TESTS];

#endif
