/* What is fetched ahead of the tiles of a Winograd convolution (net/winograd_tiles.h), and how threads share its bands
 * (net/shares.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <omp.h>

#include "net/shares.h"
#include "net/winograd_tiles.h"
#include "tensors.h"

typedef struct example {
    int n, ic, oc, h, w;
} example;

static const example examples[] = {
    {1, 16, 16, 64, 64}, {3, 32, 16, 37, 50}, {2, 16, 48, 8, 300}, {1, 128, 128, 70, 70}, {4, 16, 16, 5, 4},
};

/* Count the visits of each line; all must lie in the tensor. */
static void visit(const og__ahead_part *part, const float *tensor, size_t floats, int *visits)
{
    for (int plane = 0; plane < part->planes; plane++)
        for (int row = 0; row < part->rows; row++) {
            const float *at = part->from + (size_t)plane * part->plane + (size_t)row * part->row;
            for (int line = 0; line < part->lines; line++, at += OG_AHEAD_LINE / sizeof(float)) {
                assert_true(at >= tensor && at < tensor + floats);
                visits[(size_t)(at - tensor) / (OG_AHEAD_LINE / sizeof(float))]++;
            }
        }
}

/* One thread fetches every pixel of the result behind its first block, and nothing outside of the tensors. */
static void test_all_of_the_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const example *e = &examples[i];
        og__winograd shape = og__winograd_of(e->n, e->ic, e->oc, e->h, e->w, og__cpu_isa());
        const og__tap slices = {1, 0};
        size_t src_floats = (size_t)(e->n * shape.ic * e->h * e->w);
        size_t dst_floats = (size_t)(e->n * shape.oc * e->h * e->w);
        float *src = floats_new(src_floats), *dst = floats_new(dst_floats);
        size_t lines = dst_floats * sizeof(float) / OG_AHEAD_LINE + 1;
        int *visits = calloc(lines, sizeof *visits), *read = calloc(src_floats, sizeof *read);
        const og__tile_tensors tensors = {src, dst, NULL};
        for (int b = 0; b < shape.bands; b++) {
            og__winograd_band band = og__winograd_band_at(&shape, b);
            for (int first = 0; first < band.count; first += shape.block) {
                og__ahead ahead = og__tiles_ahead(&shape, &slices, &tensors, b, first, shape.block, 7);
                for (int part = 0; part < ahead.count; part++)
                    visit(&ahead.parts[part], part == 0 ? src : dst, part == 0 ? src_floats : dst_floats,
                          part == 0 ? read : visits);
                for (int step = 0; step < 7; step++)
                    og__ahead_step(&ahead);
                assert_int_equal(ahead.part, ahead.count);
            }
        }
        og__winograd_band begin = og__winograd_band_at(&shape, 0);
        int rows = ((begin.count < shape.block ? begin.count : shape.block) + shape.tiles_x - 1) / shape.tiles_x;
        for (int image = 0; image < e->n; image++)
            for (int y = image == 0 ? rows * OG_WINOGRAD_TILE : 0; y < e->h; y++)
                for (int x = 0; x < e->w; x++) {
                    size_t at = (size_t)((image * (shape.oc / shape.lanes) * e->h + y) * e->w + x);
                    assert_true(visits[at * (size_t)shape.lanes * sizeof(float) / OG_AHEAD_LINE] > 0);
                }
        free(src);
        free(dst);
        free(visits);
        free(read);
    }
}

/* Slices of a volume are paired with their neighbours. */
static void test_slices(void **state)
{
    (void)state;
    const og__tap further = {5, 1}, same = {5, 0}, back = {5, -1}, beyond = {2, 3};
    assert_int_equal(og__tap_pairs(&same), 5);
    assert_int_equal(og__tap_pairs(&further), 4);
    assert_int_equal(og__tap_pairs(&beyond), 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(og__tap_source(&further, i), og__tap_result(&further, i) + 1);
        assert_int_equal(og__tap_source(&back, i), og__tap_result(&back, i) - 1);
        assert_int_equal(og__tap_source(&back, i) / 5, i / 4);
    }
}

/* Every unit once, each thread's own first, by any number of threads. */
static void test_shares(void **state)
{
    (void)state;
    enum { UNITS_MOST = 41 };
    for (int threads = 1; threads <= 5; threads++)
        for (int units = 0; units <= UNITS_MOST; units += 5) {
            og__shares shares;
            atomic_int taken[UNITS_MOST] = {0};
            og__shares_deal(&shares, units, threads);
#pragma omp parallel num_threads(threads)
            for (int unit; (unit = og__shares_take(&shares, omp_get_thread_num())) >= 0;)
                atomic_fetch_add(&taken[unit], 1);
            for (int unit = 0; unit < units; unit++)
                assert_int_equal(taken[unit], 1);
            og__shares_deal(&shares, units, threads);
            for (int thread = threads; thread-- > 0;)
                if (units * (thread + 1) / threads > units * thread / threads)
                    assert_int_equal(og__shares_take(&shares, thread), units * thread / threads);
        }
    og__shares many;
    og__shares_deal(&many, 1000, 3 * OG_SHARES_MAX);
    for (int unit = 0; unit < 1000; unit++)
        assert_true(og__shares_take(&many, 2 * OG_SHARES_MAX + 5) >= 0);
    assert_int_equal(og__shares_take(&many, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_the_result),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
