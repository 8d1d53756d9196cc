/* Losses with class weights, and of regions that overlap: value against the definition in double, gradient against
 * finite differences of that. */
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

#include "net/loss.h"
#include "tensors.h"

enum { N = 2, H = 19, W = 23, PIXELS = H * W, K = 3, ALL = N * PIXELS, LABELS = 4 };

/* Labels 0 to 3; without regions only 0 to 2 occur. Region 0: {1, 2, 3}, region 1: {2, 3}, region 2: {3}. */
static const og_regions regions = {.count = 3, .of_class = {0, 1, 3, 7}};
static const float weights[256] = {0.5f, 2, 0, 3};

typedef struct problem {
    bool softmax, weighted, regional;
    uint8_t labels[ALL];
    double z[N * K * PIXELS];
} problem;

static bool is_own(const problem *p, int label, int k)
{
    return p->regional ? label >= k + 1 : label == k; /* nested */
}

static double weight_of(const problem *p, int label)
{
    return p->weighted ? (double)weights[label] : 1;
}

static double prob(const problem *p, int image, int i, int k)
{
    const double *z = p->z + (size_t)image * K * PIXELS + i;
    double sum = 0;
    if (!p->softmax)
        return 1 / (1 + exp(-z[(size_t)k * PIXELS]));
    for (int j = 0; j < K; j++)
        sum += exp(z[(size_t)j * PIXELS] - z[(size_t)k * PIXELS]);
    return 1 / sum;
}

/* PyTorch: CrossEntropyLoss(weight), whose mean divides by the sum of the weights; and BCEWithLogitsLoss, likewise. */
static double ce(const problem *p, double gamma)
{
    double sum = 0, all = 0;
    for (int image = 0; image < N; image++)
        for (int i = 0; i < PIXELS; i++) {
            int label = p->labels[image * PIXELS + i];
            if (label == OG_LABEL_IGNORE)
                continue;
            double w = weight_of(p, label);
            for (int k = 0; k < K; k++) {
                double q = prob(p, image, i, k);
                bool own = is_own(p, label, k);
                if (p->softmax && !own)
                    continue;
                double of_own = own ? q : 1 - q;
                sum -= w * pow(1 - of_own, gamma) * log(of_own);
                all += w;
            }
        }
    return sum / all;
}

/* Dice over the batch: without class 0, or over every region. */
static double dice(const problem *p)
{
    double loss = 0;
    int first = p->regional ? 0 : 1;
    for (int k = first; k < K; k++) {
        double both = 0, sum = 0;
        for (int image = 0; image < N; image++)
            for (int i = 0; i < PIXELS; i++) {
                int label = p->labels[image * PIXELS + i];
                if (label == OG_LABEL_IGNORE)
                    continue;
                double q = prob(p, image, i, k), g = is_own(p, label, k);
                both += q * g;
                sum += q + g;
            }
        loss += (1 - (2 * both + 1e-5) / (sum + 1e-5)) / (K - first);
    }
    return loss;
}

static double generalised(const problem *p)
{
    double above = 1e-5, below = 1e-5;
    for (int k = 0; k < K; k++) {
        double both = 0, sum = 0, truth = 0;
        for (int i = 0; i < ALL; i++) {
            int label = p->labels[i];
            if (label == OG_LABEL_IGNORE)
                continue;
            double q = prob(p, i / PIXELS, i % PIXELS, k), g = is_own(p, label, k);
            both += q * g;
            sum += q + g;
            truth += g;
        }
        above += 2 * both / (truth * truth);
        below += sum / (truth * truth);
    }
    return 1 - above / below;
}

static double ce_and_dice(const problem *p)
{
    return ce(p, 0) + dice(p);
}

static double focal_and_dice(const problem *p)
{
    return 0.5 * ce(p, 2) + dice(p);
}

static const struct {
    const char *text;
    double (*value)(const problem *p);
    bool regional_only;
} cases[] = {{"ce + dice", ce_and_dice, false},
             {"0.5*focal + dice", focal_and_dice, false},
             {"ce + dice(background=1)", ce_and_dice, true}, /* there is no background among regions */
             {"generalised_dice", generalised, true}};

static problem *problem_new(bool softmax, bool weighted, bool regional)
{
    problem *p = calloc(1, sizeof *p);
    float *random = random_tensor(N * K * PIXELS, 5);
    assert_non_null(p);
    p->softmax = softmax;
    p->weighted = weighted;
    p->regional = regional;
    for (int i = 0; i < N * K * PIXELS; i++)
        p->z[i] = (double)(float)(2 * (double)random[i]);
    for (int i = 0; i < ALL; i++)
        p->labels[i] = i % 17 == 3 ? OG_LABEL_IGNORE : (uint8_t)((i / 5 + i / (7 * W)) % (regional ? LABELS : K));
    free(random);
    return p;
}

/* The loss, with its gradient in place of the logits. */
static double run(const problem *p, const char *text, int threads, float *gradient)
{
    og_loss *mix;
    og_head *head;
    og__head_run head_run;
    og__loss loss;
    og_loss_value value = {0};
    og__isa isa = og__cpu_isa();
    og__loss_shape shape = {N, 1, H, W, K, threads, PIXELS};
    og_plan_options options = {.class_weights = p->weighted ? weights : NULL, .regions = p->regional ? &regions : NULL};
    assert_int_equal(og_loss_parse(text, &mix), OG_OK);
    assert_int_equal(og_head_parse(p->softmax ? "softmax" : "sigmoid", &head), OG_OK);
    assert_int_equal(og__head_open(head, og__ops_for(isa), isa, K, &head_run), OG_OK);
    if (og__loss_open(mix, &options, &head_run, &shape, &loss) != OG_OK)
        fail_msg("%s", og_error_text());
    for (int i = 0; i < N * K * PIXELS; i++)
        gradient[i] = (float)p->z[i];
    assert_int_equal(og__loss_run(&loss, gradient, p->labels, 1, &value), OG_OK);
    og_loss_free(mix);
    og__loss_close(&loss);
    og__head_close(&head_run);
    og_head_free(head);
    return value.total;
}

static void check(problem *p, int c)
{
    float *gradient = floats_new(N * K * PIXELS), *alone = floats_new(N * K * PIXELS);
    double got = run(p, cases[c].text, 2, gradient), want = cases[c].value(p), off = 0, size = 0, step = 1e-6;
    if (!(fabs(got - want) <= 2e-6 * fabs(want))) /* f32 probabilities */
        fail_msg("%s (softmax %d, weights %d, regions %d): %.9g, should be %.9g", cases[c].text, p->softmax,
                 p->weighted, p->regional, got, want);
    assert_true(run(p, cases[c].text, 1, alone) == got);
    assert_memory_equal(alone, gradient, N * K * PIXELS * sizeof(float));
    for (int i = 0; i < N * K * PIXELS; i += 37) {
        double sides[2], keep = p->z[i];
        for (int side = 0; side < 2; side++) {
            p->z[i] = keep + (side ? step : -step);
            sides[side] = cases[c].value(p);
        }
        p->z[i] = keep;
        double slope = (sides[1] - sides[0]) / (2 * step);
        off += (slope - (double)gradient[i]) * (slope - (double)gradient[i]);
        size += slope * slope;
    }
    if (!(size > 0) || !(sqrt(off) <= 1e-4 * sqrt(size)))
        fail_msg("%s (softmax %d, weights %d, regions %d): the gradient is off by %g of its size", cases[c].text,
                 p->softmax, p->weighted, p->regional, sqrt(off / size));
    free(gradient);
    free(alone);
}

static void class_weights_are_those_of_pytorch(void **state)
{
    (void)state;
    for (int softmax = 0; softmax < 2; softmax++) {
        problem *p = problem_new(softmax, true, false);
        check(p, 0);
        check(p, 1);
        free(p);
    }
}

static void every_region_is_learned_by_itself(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        problem *p = problem_new(false, weighted, true);
        for (int c = 0; c < (int)(sizeof cases / sizeof cases[0]); c++)
            check(p, c);
        free(p);
    }
}

static void what_does_not_go_with_regions_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *loss, *head, *named;
    } bad[] = {{"ce + lovasz", "sigmoid", "lovasz"}, {"ce", "softmax", "softmax"}, {"boundary", "sigmoid", "boundary"}};
    for (int i = 0; i < 3; i++) {
        og_loss *mix;
        og_head *head;
        og__head_run head_run;
        og__loss loss;
        og__loss_shape shape = {N, 1, H, W, K, 1, PIXELS};
        const og_plan_options options = {.regions = &regions};
        assert_int_equal(og_loss_parse(bad[i].loss, &mix), OG_OK);
        assert_int_equal(og_head_parse(bad[i].head, &head), OG_OK);
        assert_int_equal(og__head_open(head, og__ops_for(og__cpu_isa()), og__cpu_isa(), K, &head_run), OG_OK);
        assert_int_equal(og__loss_open(mix, &options, &head_run, &shape, &loss), OG_ERR_ARGUMENT);
        assert_non_null(strstr(og_error_text(), bad[i].named));
        og_loss_free(mix);
        og__head_close(&head_run);
        og_head_free(head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(class_weights_are_those_of_pytorch),
        cmocka_unit_test(every_region_is_learned_by_itself),
        cmocka_unit_test(what_does_not_go_with_regions_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
