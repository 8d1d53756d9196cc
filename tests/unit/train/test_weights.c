/* Class weights from the pixels of a data set, and as numbers. */
#include "unit/train/tiny_data.h"

#include <ogive/net.h>

#include "train/weights.h"

static char base[] = "/tmp/ogive-weights-XXXXXX";
static og_dataset *data;

/* Two images of 10 x 10: 60, 30 and 10 pixels of classes 0, 1, 2; and 90 of class 0 with 10 not scored. */
static int make_data(void **state)
{
    (void)state;
    char path[128];
    if (!mkdtemp(base))
        return -1;
    for (int i = 0; i < 2; i++) {
        uint8_t mask[100], *png;
        size_t bytes;
        for (int p = 0; p < 100; p++)
            mask[p] = i == 0 ? (p < 60 ? 0 : p < 90 ? 1 : 2) : (p < 90 ? 0 : 255);
        for (int kind = 0; kind < 2; kind++) {
            assert_int_equal(og_png_encode(mask, 10, 10, 1, &png, &bytes), OG_OK);
            snprintf(path, sizeof path, "%s/%s", base, kind ? "masks" : "images");
            assert_int_equal(og__folder_make(path), OG_OK);
            snprintf(path, sizeof path, "%s/%s/%d.png", base, kind ? "masks" : "images", i);
            assert_int_equal(og__file_write(path, png, bytes), OG_OK);
            free(png);
        }
    }
    og_data_options options;
    if (og_options_init(og_data_option_table(), &options) != OG_OK)
        return -1;
    options.validation = 0;
    og_status status = og_dataset_open(base, &options, &data);
    og_options_deinit(og_data_option_table(), &options);
    return status == OG_OK ? 0 : -1;
}

static int remove_data(void **state)
{
    (void)state;
    og_dataset_free(data);
    tiny_remove_tree(base);
    return 0;
}

static void check(const char *text, double w0, double w1, double w2)
{
    float weights[256];
    bool weighted;
    if (og__class_weights(text, data, weights, &weighted) != OG_OK)
        fail_msg("%s", og_error_text());
    const double want[3] = {w0, w1, w2};
    for (int k = 0; k < 3; k++)
        if (fabs((double)weights[k] - want[k]) > 1e-6 * want[k])
            fail_msg("%s: weight %d is %g, not %g", text, k, (double)weights[k], want[k]);
    assert_int_equal(weighted, strcmp(text, "none") != 0);
}

static void weights_follow_from_pixels(void **state)
{
    (void)state;
    check("none", 1, 1, 1);
    check("inverse", 190.0 / (3 * 150), 190.0 / (3 * 30), 190.0 / (3 * 10)); /* scikit-learn's "balanced" */
    /* Eigen and Fergus: frequencies 150/190, 30/100, 10/100 within the images that hold the class; median 0.3 */
    check("median", 0.3 * 190 / 150, 1, 3);
    check("auto", 0.3 * 190 / 150, 1, 3);
    check("1,0,2.5", 1, 0, 2.5);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "1,2", "1,2,3,4", "1,x,3", "0,0,0", "-1,1,1", "medium", "1,,2", "nan,1,1"};
    float weights[256];
    bool weighted;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (og__class_weights(bad[i], data, weights, &weighted) != OG_ERR_ARGUMENT)
            fail_msg("'%s' is accepted", bad[i]);
        assert_non_null(strstr(og_error_text(), "class-weights"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_follow_from_pixels),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, make_data, remove_data);
}
