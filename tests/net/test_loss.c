/* Losses: every row of the table under every head that it goes with, its value against the definition in double and its
 * gradient against finite differences of that; mixes as texts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/loss.h>
#include <ogive/net.h>

#include "base/file.h"
#include "format/json.h"
#include "format/safetensors.h"
#include "net/loss.h"
#include "tensors.h"

enum { N = 2, H = 21, W = 17, PIXELS = H * W, K = 4, ALL = N * PIXELS }; /* more than a tile of 256 */

static const og_plan_options classes_alone = {0}; /* neither weights nor regions: test_regions.c */

/* --- definitions, written without looking at src/ --- */

typedef struct problem {
    const char *head;
    uint8_t labels[ALL]; /* class 3 is absent from image 1 */
    double z[N * K * PIXELS], p[N * K * PIXELS];
    double log_own[N * K * PIXELS]; /* sigmoid: log of p, or of 1 - p where the label is another */
    int labelled;
} problem;

static size_t at(int image, int k, int i)
{
    return (size_t)((image * K + k) * PIXELS + i);
}

static void find_probabilities(problem *p)
{
    for (int image = 0; image < N; image++)
        for (int i = 0; i < PIXELS; i++) {
            double top = -INFINITY, sum = 0;
            for (int k = 0; k < K; k++)
                top = fmax(top, p->z[at(image, k, i)]);
            for (int k = 0; k < K; k++)
                sum += exp(p->z[at(image, k, i)] - top);
            for (int k = 0; k < K; k++) {
                size_t a = at(image, k, i);
                bool own = p->labels[image * PIXELS + i] == k, softmax = strcmp(p->head, "softmax") == 0;
                p->p[a] = softmax ? exp(p->z[a] - top) / sum : 1 / (1 + exp(-p->z[a]));
                p->log_own[a] = softmax ? log(p->p[a]) : log(own ? p->p[a] : 1 - p->p[a]);
            }
        }
}

static bool is(const problem *p, int image, int i, int k)
{
    return p->labels[image * PIXELS + i] == k;
}

static bool ignored(const problem *p, int image, int i)
{
    return is(p, image, i, OG_LABEL_IGNORE);
}

/* Mean of weight * f(log p) over pixels, and with sigmoid over classes. */
static double mean_of_logs(const problem *p, double (*f)(double log), const double *weights)
{
    bool softmax = strcmp(p->head, "softmax") == 0;
    double sum = 0;
    for (int image = 0; image < N; image++)
        for (int i = 0; i < PIXELS; i++)
            for (int k = 0; k < K; k++)
                if (!ignored(p, image, i) && (!softmax || is(p, image, i, k)))
                    sum += f(p->log_own[at(image, k, i)]) * (weights ? weights[image * PIXELS + i] : 1);
    return sum / p->labelled / (softmax ? 1 : K);
}

static double minus(double log)
{
    return -log;
}

static double ce(const problem *p)
{
    return mean_of_logs(p, minus, NULL);
}

static double focal_15(double log)
{
    return pow(1 - exp(log), 1.5) * -log;
}

static double focal(const problem *p)
{
    return mean_of_logs(p, focal_15, NULL);
}

typedef struct counts {
    double tp, fp, fn;
} counts;

static counts count(const problem *p, int k)
{
    counts c = {0};
    for (int image = 0; image < N; image++)
        for (int i = 0; i < PIXELS; i++) {
            double q = p->p[at(image, k, i)], g = is(p, image, i, k);
            if (ignored(p, image, i))
                continue;
            c.tp += q * g;
            c.fp += q * (1 - g);
            c.fn += (1 - q) * g;
        }
    return c;
}

static double dice(const problem *p)
{
    double sum = 0;
    for (int k = 1; k < K; k++) {
        counts c = count(p, k);
        sum += (2 * c.tp + 1e-5) / (2 * c.tp + c.fp + c.fn + 1e-5);
    }
    return 1 - sum / (K - 1);
}

static double dice_of_all(const problem *p)
{
    double sum = 0;
    for (int k = 0; k < K; k++) {
        counts c = count(p, k);
        sum += (2 * c.tp + 1) / (2 * c.tp + c.fp + c.fn + 1);
    }
    return 1 - sum / K;
}

static double generalised_dice(const problem *p)
{
    double above = 1e-5, below = 1e-5;
    for (int k = 0; k < K; k++) {
        counts c = count(p, k);
        double volume = c.tp + c.fn, weight = 1 / (volume * volume);
        above += 2 * weight * c.tp;
        below += weight * (2 * c.tp + c.fp + c.fn);
    }
    return 1 - above / below;
}

static double tversky_of(const problem *p, int k, double alpha, double beta)
{
    counts c = count(p, k);
    return (c.tp + 1e-5) / (c.tp + alpha * c.fp + beta * c.fn + 1e-5);
}

static double tversky(const problem *p)
{
    double sum = 0;
    for (int k = 1; k < K; k++)
        sum += 1 - tversky_of(p, k, 0.2, 0.9);
    return sum / (K - 1);
}

static double focal_tversky(const problem *p)
{
    double sum = 0;
    for (int k = 1; k < K; k++)
        sum += pow(1 - tversky_of(p, k, 0.3, 0.7), 0.5);
    return sum / (K - 1);
}

typedef struct error_of {
    double error;
    bool own;
} error_of;

static int falling(const void *a, const void *b)
{
    double x = ((const error_of *)a)->error, y = ((const error_of *)b)->error;
    return (x < y) - (x > y);
}

/* Berman et al., algorithm 1: sum of the sorted errors times what each adds to the set function 1 - IoU. */
static double lovasz(const problem *p)
{
    double sum = 0;
    for (int k = 0; k < K; k++) {
        static error_of errors[ALL];
        int n = 0, truth = 0, wrong = 0, missed = 0;
        double before = 0;
        for (int image = 0; image < N; image++)
            for (int i = 0; i < PIXELS; i++)
                if (!ignored(p, image, i)) {
                    bool own = is(p, image, i, k);
                    errors[n++] = (error_of){fabs(own - p->p[at(image, k, i)]), own};
                    truth += own;
                }
        qsort(errors, (size_t)n, sizeof errors[0], falling);
        for (int i = 0; i < n; i++) { /* the set of mistakes grows by this pixel */
            missed += errors[i].own;
            wrong += !errors[i].own;
            double jaccard = 1 - (double)(truth - missed) / (truth + wrong);
            sum += errors[i].error * (jaccard - before) / K;
            before = jaccard;
        }
    }
    return sum;
}

/* Distance of pixel i to the nearest one that does or does not have class k. */
static double nearest(const problem *p, int image, int i, int k, bool with)
{
    double least = INFINITY;
    for (int j = 0; j < PIXELS; j++)
        if (is(p, image, j, k) == with)
            least = fmin(least, hypot(i / W - j / W, i % W - j % W));
    return least;
}

static double boundary(const problem *p)
{
    double sum = 0;
    for (int image = 0; image < N; image++)
        for (int k = 1; k < K; k++)
            for (int i = 0; i < PIXELS && isfinite(nearest(p, image, 0, k, true)); i++)
                if (!ignored(p, image, i))
                    sum += p->p[at(image, k, i)] *
                           (is(p, image, i, k) ? 1 - nearest(p, image, i, k, false) : nearest(p, image, i, k, true));
    return sum / p->labelled / (K - 1);
}

static void flood(const problem *p, int image, int i, int number, int *numbers)
{
    const int steps[4][2] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}};
    numbers[i] = number;
    for (int s = 0; s < 4; s++) {
        int y = i / W + steps[s][0], x = i % W + steps[s][1], j = y * W + x;
        if (y >= 0 && y < H && x >= 0 && x < W && !numbers[j] &&
            p->labels[image * PIXELS + j] == p->labels[image * PIXELS + i])
            flood(p, image, j, number, numbers);
    }
}

static double border(const problem *p)
{
    static double weights[ALL], distances[ALL];
    for (int image = 0; image < N; image++) {
        int numbers[PIXELS] = {0}, objects = 0;
        for (int i = 0; i < PIXELS; i++)
            if (!numbers[i] && !is(p, image, i, 0) && !ignored(p, image, i))
                flood(p, image, i, ++objects, numbers);
        for (int i = 0; i < PIXELS; i++) {
            double least = INFINITY, second = INFINITY;
            for (int object = 1; object <= objects; object++)
                distances[object] = INFINITY;
            for (int j = 0; j < PIXELS; j++)
                if (numbers[j])
                    distances[numbers[j]] = fmin(distances[numbers[j]], hypot(i / W - j / W, i % W - j % W));
            for (int object = 1; object <= objects; object++) {
                second = fmin(second, fmax(least, distances[object]));
                least = fmin(least, distances[object]);
            }
            weights[image * PIXELS + i] =
                is(p, image, i, 0) ? 1 + 4 * exp(-pow(least + second, 2) / (2 * 2.5 * 2.5)) : 1;
        }
    }
    return mean_of_logs(p, minus, weights);
}

static double mixed(const problem *p)
{
    return 0.25 * focal(p) + 2 * tversky(p) + 0.5 * lovasz(p) + ce(p) + 0.1 * border(p);
}

/* Of every row, one with other parameters than its own; and of a mix of all kinds. */
static const struct {
    const char *text;
    double (*value)(const problem *p);
    double tolerance; /* of the value, relative: the border's weights are cut off at 1/1000 */
} cases[] = {
    {"ce", ce, 2e-6},
    {"dice", dice, 2e-6},
    {"dice(background=1, smooth=1)", dice_of_all, 2e-6},
    {"generalised_dice", generalised_dice, 2e-6},
    {"tversky(alpha=0.2, beta=0.9)", tversky, 2e-6},
    {"focal_tversky(gamma=2)", focal_tversky, 2e-6},
    {"focal(gamma=1.5)", focal, 2e-6},
    {"lovasz", lovasz, 2e-6},
    {"boundary", boundary, 2e-6},
    {"border(w0=4, sigma=2.5)", border, 1e-3},
    {"0.25*focal(gamma=1.5) + 2*tversky(alpha=0.2, beta=0.9) + 0.5*lovasz + ce + 0.1*border(w0=4, sigma=2.5)", mixed,
     1e-4},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* --- the loss under test --- */

static og_loss *parse(const char *text)
{
    og_loss *loss;
    if (og_loss_parse(text, &loss) != OG_OK)
        fail_msg("%s", og_error_text());
    return loss;
}

/* Blobs of classes in a background, some pixels ignored. */
static problem *problem_new(const char *head)
{
    problem *p = calloc(1, sizeof *p);
    assert_non_null(p);
    float *random = random_tensor(N * K * PIXELS, 3);
    p->head = head;
    for (int i = 0; i < N * K * PIXELS; i++)
        p->z[i] = (double)(float)(3 * (double)random[i]);
    for (int image = 0; image < N; image++)
        for (int i = 0; i < PIXELS; i++) {
            int y = i / W, x = i % W, k = y % 7 < 4 && x % 6 < 4 ? 1 + (y / 7 + x / 6 + image) % (image ? 2 : 3) : 0;
            p->labels[image * PIXELS + i] = i % 19 == 5 ? OG_LABEL_IGNORE : (uint8_t)k;
            p->labelled += i % 19 != 5;
        }
    free(random);
    find_probabilities(p);
    return p;
}

typedef struct outcome {
    double total;
    float *gradient;
} outcome;

static outcome run(const problem *p, const char *text, int threads)
{
    og__isa isa = og__cpu_isa();
    og_loss *mix = parse(text);
    og_head *head;
    og__head_run head_run;
    og__loss loss;
    og_loss_value value;
    outcome result = {.gradient = floats_new(N * K * PIXELS)};
    og__loss_shape shape = {N, 1, H, W, K, threads, PIXELS};
    assert_int_equal(og_head_parse(p->head, &head), OG_OK);
    assert_int_equal(og__head_open(head, og__ops_for(isa), isa, K, &head_run), OG_OK);
    if (og__loss_open(mix, &classes_alone, &head_run, &shape, &loss) != OG_OK)
        fail_msg("%s", og_error_text());
    og_loss_free(mix);
    for (int i = 0; i < N * K * PIXELS; i++)
        result.gradient[i] = (float)p->z[i];
    for (int turn = 0; turn < 2; turn++) { /* nothing is left of the first */
        value = (og_loss_value){0};
        for (int i = 0; i < N * K * PIXELS; i++)
            result.gradient[i] = (float)p->z[i];
        assert_int_equal(og__loss_run(&loss, result.gradient, p->labels, 1, &value), OG_OK);
    }
    assert_int_equal(value.pixels, p->labelled);
    result.total = value.total;
    og__loss_close(&loss);
    og__head_close(&head_run);
    og_head_free(head);
    return result;
}

/* Every ninth logit and those of ignored pixels; the definitions take their time. */
static void check_gradient(problem *p, int c, const float *gradient)
{
    double off = 0, size = 0, step = 1e-6;
    for (int i = 0; i < N * K * PIXELS; i += 31) {
        double sides[2], keep = p->z[i];
        for (int side = 0; side < 2; side++) {
            p->z[i] = keep + (side ? step : -step);
            find_probabilities(p);
            sides[side] = cases[c].value(p);
        }
        p->z[i] = keep;
        double want = (sides[1] - sides[0]) / (2 * step), got = (double)gradient[i];
        off += (got - want) * (got - want);
        size += want * want;
        if (p->labels[i / (K * PIXELS) * PIXELS + i % PIXELS] == OG_LABEL_IGNORE && (want != 0 || got != 0))
            fail_msg("%s, %s: slope %g at an ignored pixel", p->head, cases[c].text, got);
    }
    find_probabilities(p);
    double tolerance = fmax(1e-4, cases[c].tolerance);
    if (!(size > 0) || !(sqrt(off) <= tolerance * sqrt(size)))
        fail_msg("%s, %s: the gradient is off by %g of its size", p->head, cases[c].text, sqrt(off / size));
}

static void every_loss_has_its_value_and_gradient(void **state)
{
    static const char *const heads[] = {"softmax", "sigmoid"};
    (void)state;
    for (int h = 0; h < 2; h++) {
        problem *p = problem_new(heads[h]);
        for (int c = 0; c < CASES; c++) {
            outcome got = run(p, cases[c].text, 2), alone = run(p, cases[c].text, 1);
            double want = cases[c].value(p);
            if (!(fabs(got.total - want) <= cases[c].tolerance * fabs(want)))
                fail_msg("%s, %s: %.9g, should be %.9g", p->head, cases[c].text, got.total, want);
            check_gradient(p, c, got.gradient);
            assert_memory_equal(got.gradient, alone.gradient, N * K * PIXELS * sizeof(float));
            assert_true(got.total == alone.total);
            free(got.gradient);
            free(alone.gradient);
        }
        free(p);
    }
}

static void every_row_is_in_the_list_above(void **state)
{
    (void)state;
    for (size_t i = 0; i < og_loss_count(); i++) {
        bool found = false;
        for (int c = 0; c < CASES; c++)
            found |= strncmp(cases[c].text, og_loss_at(i)->id, strcspn(cases[c].text, "(")) == 0;
        if (!found)
            fail_msg("the loss '%s' is not tested", og_loss_at(i)->id);
        assert_true(og_loss_at(i)->formula[0] && og_loss_at(i)->reference[0]);
    }
}

/* A head without logarithms: its own loss with the border's weights; what needs log p is refused by name. */
static void sparsemax_takes_what_it_can(void **state)
{
    (void)state;
    problem *p = problem_new("sparsemax");
    outcome plain = run(p, "ce", 2), weighted = run(p, "border(w0=0)", 2), far = run(p, "border(w0=5, sigma=3)", 2);
    assert_true(fabs(plain.total - weighted.total) < 1e-9 * plain.total);
    assert_memory_equal(plain.gradient, weighted.gradient, N * K * PIXELS * sizeof(float));
    assert_true(far.total > plain.total);
    free(plain.gradient);
    free(weighted.gradient);
    free(far.gradient);
    free(p);

    og_head *head;
    og_loss *mix = parse("dice + focal");
    og__head_run head_run;
    og__loss loss;
    og__loss_shape shape = {N, 1, H, W, K, 1, PIXELS};
    assert_int_equal(og_head_parse("sparsemax", &head), OG_OK);
    assert_int_equal(og__head_open(head, og__ops_for(og__cpu_isa()), og__cpu_isa(), K, &head_run), OG_OK);
    assert_int_equal(og__loss_open(mix, &classes_alone, &head_run, &shape, &loss), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "focal"));
    assert_non_null(strstr(og_error_text(), "sparsemax"));
    og__head_close(&head_run);
    og_loss_free(mix);
    og_head_free(head);
}

/* Batches of a patch sampler may have no labelled pixel, or one class only. */
static void odd_batches_have_finite_losses(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        for (int label = 0; label <= OG_LABEL_IGNORE; label += OG_LABEL_IGNORE) {
            problem *p = problem_new(c % 2 ? "softmax" : "sigmoid");
            memset(p->labels, label, sizeof p->labels);
            p->labelled = label == 0 ? ALL : 0;
            outcome got = run(p, cases[c].text, 2);
            bool finite = isfinite(got.total);
            for (int i = 0; i < N * K * PIXELS; i++)
                finite = finite && isfinite(got.gradient[i]);
            if (!finite)
                fail_msg("%s with label %d everywhere: %g", cases[c].text, label, got.total);
            free(got.gradient);
            free(p);
        }
}

/* --- PyTorch (tests/interop/test_losses) --- */

static void check_case(const char *path)
{
    const int64_t shape[4] = {N, K, H, W}, pixels[3] = {N, H, W};
    og__safetensors *file;
    json_t *about;
    problem *p = calloc(1, sizeof *p);
    float *logits = floats_new(N * K * PIXELS), *want = floats_new(N * K * PIXELS);
    double off = 0, size = 0;
    assert_non_null(p);
    if (og__safetensors_load(path, &file) != OG_OK)
        fail_msg("%s", og_error_text());
    assert_int_equal(og__safetensors_read(file, "logits", OG_DTYPE_F32, 4, shape, logits), OG_OK);
    assert_int_equal(og__safetensors_read(file, "gradient", OG_DTYPE_F32, 4, shape, want), OG_OK);
    assert_int_equal(og__safetensors_read(file, "labels", OG_DTYPE_U8, 3, pixels, p->labels), OG_OK);
    const char *text = og__safetensors_metadata(file, "case");
    assert_int_equal(og__json_parse(text, strlen(text), "case", &about), OG_OK);
    const char *mix = json_string_value(json_object_get(about, "text"));
    p->head = json_string_value(json_object_get(about, "head"));
    for (int i = 0; i < ALL; i++)
        p->labelled += p->labels[i] != OG_LABEL_IGNORE;
    for (int i = 0; i < N * K * PIXELS; i++)
        p->z[i] = (double)logits[i];
    outcome got = run(p, mix, 2);
    double loss = json_number_value(json_object_get(about, "loss"));
    for (int i = 0; i < N * K * PIXELS; i++) {
        off += ((double)got.gradient[i] - (double)want[i]) * ((double)got.gradient[i] - (double)want[i]);
        size += (double)want[i] * (double)want[i];
    }
    if (!(fabs(got.total - loss) <= 5e-6 * fabs(loss)) || !(sqrt(off) <= 2e-5 * sqrt(size)))
        fail_msg("%s, %s: %.9g, PyTorch %.9g; the gradient is off by %g of its size", p->head, mix, got.total, loss,
                 sqrt(off / size));
    free(got.gradient);
    free(logits);
    free(want);
    free(p);
    json_decref(about);
    og__safetensors_free(file);
}

static void losses_are_pytorchs(void **state)
{
    const char *folder = getenv("OGIVE_LOSS_DIR");
    char **names, path[512];
    size_t count;
    (void)state;
    if (!folder)
        skip();
    assert_int_equal(og__folder_list(folder, &names, &count), OG_OK);
    assert_true(count >= 20);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        check_case(path);
    }
    og__names_free(names, count);
}

/* --- texts --- */

static void texts_are_canonical(void **state)
{
    static const char *const texts[][2] = {
        {"ce+dice", "ce + dice"},
        {" bce +  gdl", "ce + generalised_dice"},
        {"1*focal( gamma = 2.0 )", "focal"},
        {"0.50*focal(gamma=3) + tversky(beta=0.6,alpha=0.4)", "0.5*focal(gamma=3) + tversky(alpha=0.4, beta=0.6)"},
        {"0*ce + surface", "0*ce + boundary"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        og_loss *loss = parse(texts[i][0]), *again = parse(og_loss_text(loss));
        assert_string_equal(og_loss_text(loss), texts[i][1]);
        assert_string_equal(og_loss_text(again), texts[i][1]);
        og_loss_free(loss);
        og_loss_free(again);
    }
    og_loss *loss = parse("tversky + ce + tversky(alpha=0.5)");
    assert_int_equal(og_loss_term_count(loss), 3);
    assert_string_equal(og_loss_term_name(loss, 0), "tversky");
    assert_string_equal(og_loss_term_name(loss, 2), "tversky_2");
    og_loss_free(loss);
}

static void what_is_no_mix_is_refused(void **state)
{
    static const struct {
        const char *text;
        og_status status;
        const char *says;
    } bad[] = {
        {"", OG_ERR_SYNTAX, "the name of a loss"},
        {"ce +", OG_ERR_SYNTAX, "found the end"},
        {"ce dice", OG_ERR_SYNTAX, "'+' or the end"},
        {"ce - dice", OG_ERR_SYNTAX, "'+' or the end"},
        {"dce", OG_ERR_NAME, "did you mean 'ce'"},
        {"cross", OG_ERR_NAME, "tversky"},
        {"tversky(alfa=1)", OG_ERR_NAME, "did you mean 'alpha'"},
        {"ce(gamma=1)", OG_ERR_NAME, "no parameters"},
        {"focal(gamma=11)", OG_ERR_ARGUMENT, "gamma is from 0 to 10"},
        {"focal(gamma)", OG_ERR_SYNTAX, "'='"},
        {"focal(gamma=2", OG_ERR_SYNTAX, "')'"},
        {"0*ce + 0*dice", OG_ERR_ARGUMENT, "nothing to learn from"},
        {"2e6*ce", OG_ERR_ARGUMENT, "from 0 to 1e6"},
        {"ce+ce+ce+ce+ce+ce+ce+ce+ce", OG_ERR_ARGUMENT, "too many"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        og_loss *loss;
        og_status status = og_loss_parse(bad[i].text, &loss);
        if (status != bad[i].status || !strstr(og_error_text(), bad[i].says))
            fail_msg("'%s': %d, %s", bad[i].text, status, og_error_text());
        assert_null(loss);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_in_the_list_above),
        cmocka_unit_test(every_loss_has_its_value_and_gradient),
        cmocka_unit_test(sparsemax_takes_what_it_can),
        cmocka_unit_test(odd_batches_have_finite_losses),
        cmocka_unit_test(losses_are_pytorchs),
        cmocka_unit_test(texts_are_canonical),
        cmocka_unit_test(what_is_no_mix_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
