/* Heads: probabilities, loss and gradient of every built-in head and of formulas, against their definitions in double;
 * tails, labels that are ignored, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/head.h>
#include <ogive/net.h>

#include "net/head.h"
#include "tensors.h"

/* --- definitions, written without looking at src/ --- */

static double logistic(double z)
{
    return z > 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

static double log_logistic(double z)
{
    return z > 0 ? -log1p(exp(-z)) : z - log1p(exp(z));
}

static double arc(double z)
{
    return z < 0 ? atan2(1, -z) / M_PI : 1 - atan2(1, z) / M_PI;
}

static double half_tanh(double z)
{
    return 0.5 + 0.5 * tanh(z);
}

static double ramp(double z)
{
    return fmin(fmax(0.25 * z + 0.5, 0), 1);
}

typedef struct definition {
    const char *head;
    double (*s)(double z);        /* pointwise */
    double (*log_s)(double z);    /* NULL: of s + OG_HEAD_FLOOR, */
    double (*log_rest)(double z); /*       and of 1 - s + OG_HEAD_FLOOR */
} definition;

static double log_rest_logistic(double z)
{
    return log_logistic(-z);
}

static double log_arc(double z)
{
    return log(arc(z));
}

static double log_rest_arc(double z)
{
    return log(arc(-z));
}

static const definition definitions[] = {
    {"softmax", NULL, NULL, NULL},
    {"sparsemax", NULL, NULL, NULL},
    {"sigmoid", logistic, log_logistic, log_rest_logistic},
    {"arctan", arc, log_arc, log_rest_arc},
    {"0.5 + 0.5*tanh(x)", half_tanh, NULL, NULL},
    {"clamp(a*x + 0.5, 0, 1); a = 0.25", ramp, NULL, NULL},
};
enum { DEFINITIONS = sizeof definitions / sizeof definitions[0] };

static void softmax(int classes, const double *z, double *p)
{
    double top = z[0], sum = 0;
    for (int k = 1; k < classes; k++)
        top = fmax(top, z[k]);
    for (int k = 0; k < classes; k++)
        sum += exp(z[k] - top);
    for (int k = 0; k < classes; k++)
        p[k] = exp(z[k] - top) / sum;
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Algorithm 1 of the paper: sort, and take the largest k with 1 + k z_(k) > sum of the first k. */
static double sparsemax(int classes, const double *z, double *p)
{
    double sorted[64], sum = 0, tau = 0;
    memcpy(sorted, z, (size_t)classes * sizeof *z);
    qsort(sorted, (size_t)classes, sizeof *sorted, falling);
    for (int k = 0; k < classes; k++) {
        sum += sorted[k];
        if (1 + (k + 1) * sorted[k] > sum)
            tau = (sum - 1) / (k + 1);
    }
    for (int k = 0; k < classes; k++)
        p[k] = fmax(z[k] - tau, 0);
    return tau;
}

/* Equation 20: -z_label + 1/2 sum over the support of (z^2 - tau^2) + 1/2. */
static double sparsemax_loss(int classes, const double *z, int label)
{
    double p[64], tau = sparsemax(classes, z, p), sum = 0;
    for (int k = 0; k < classes; k++)
        sum += p[k] > 0 ? z[k] * z[k] - tau * tau : 0;
    return sum / 2 - z[label] + 0.5;
}

static void probabilities(const definition *d, int classes, const double *z, double *p)
{
    if (strcmp(d->head, "softmax") == 0)
        softmax(classes, z, p);
    else if (strcmp(d->head, "sparsemax") == 0)
        sparsemax(classes, z, p);
    else
        for (int k = 0; k < classes; k++)
            p[k] = d->s(z[k]);
}

static double pixel_loss(const definition *d, int classes, const double *z, int label)
{
    double p[64], sum = 0;
    probabilities(d, classes, z, p);
    if (strcmp(d->head, "softmax") == 0)
        return -log(p[label]);
    if (strcmp(d->head, "sparsemax") == 0)
        return sparsemax_loss(classes, z, label);
    for (int k = 0; k < classes; k++) {
        double own = d->log_s ? d->log_s(z[k]) : log(p[k] + 0x1p-24);
        double rest = d->log_rest ? d->log_rest(z[k]) : log(1 - p[k] + 0x1p-24);
        sum -= k == label ? own : rest;
    }
    return sum;
}

/* --- the head under test --- */

static og_head *parse(const char *text)
{
    og_head *head;
    if (og_head_parse(text, &head) != OG_OK)
        fail_msg("%s", og_error_text());
    return head;
}

#define FOR_ISAS(isa) for (og__isa isa = OG_ISA_BASELINE; isa <= og__cpu_isa(); isa++)

enum { PIXELS = 300, CLASSES = 19 }; /* more than a tile, and more than a vector */

typedef struct problem {
    const definition *d;
    int classes;
    double z[CLASSES * PIXELS]; /* (classes, pixels) */
    uint8_t labels[PIXELS];
    double slope_both[CLASSES], slope_predicted[CLASSES];
} problem;

static problem *problem_new(const definition *d, int classes, double scale)
{
    problem *p = calloc(1, sizeof *p);
    assert_non_null(p);
    float *random = random_tensor((size_t)(classes * PIXELS + 2 * CLASSES), 5);
    p->d = d;
    p->classes = classes;
    for (int i = 0; i < classes * PIXELS; i++)
        p->z[i] = (double)(float)(scale * (double)random[i]);
    for (int i = 0; i < PIXELS; i++)
        p->labels[i] = i % 7 == 3 ? OG_LABEL_IGNORE : (uint8_t)(i * 5 / 3 % classes);
    for (int k = 0; k < classes; k++) {
        p->slope_both[k] = (double)random[classes * PIXELS + k];
        p->slope_predicted[k] = (double)random[classes * PIXELS + CLASSES + k];
    }
    free(random);
    return p;
}

static void column(const problem *p, int pixel, double *z)
{
    for (int k = 0; k < p->classes; k++)
        z[k] = p->z[k * PIXELS + pixel];
}

/* What one labelled pixel adds to 0.7 * loss + sum_k slope_both p g + slope_predicted p. */
static double objective(const problem *p, const double *z, int label)
{
    double probs[CLASSES], sum = 0.7 * pixel_loss(p->d, p->classes, z, label);
    probabilities(p->d, p->classes, z, probs);
    for (int k = 0; k < p->classes; k++)
        sum += (p->slope_predicted[k] + (k == label ? p->slope_both[k] : 0)) * probs[k];
    return sum;
}

static float *logits_of(const problem *p)
{
    float *planar = floats_new((size_t)(p->classes * PIXELS));
    for (int i = 0; i < p->classes * PIXELS; i++)
        planar[i] = (float)p->z[i];
    return planar;
}

static void check_sums(const problem *p, const double *loss, const double *both, const double *predicted,
                       const double *truth)
{
    double want_loss = 0, want_both[CLASSES] = {0}, want_predicted[CLASSES] = {0}, want_truth[CLASSES] = {0};
    for (int i = 0; i < PIXELS; i++) {
        double z[CLASSES], probs[CLASSES];
        if (p->labels[i] == OG_LABEL_IGNORE)
            continue;
        column(p, i, z);
        probabilities(p->d, p->classes, z, probs);
        want_loss += pixel_loss(p->d, p->classes, z, p->labels[i]);
        want_both[p->labels[i]] += probs[p->labels[i]];
        want_truth[p->labels[i]]++;
        for (int k = 0; k < p->classes; k++)
            want_predicted[k] += probs[k];
    }
    if (!(fabs(*loss - want_loss) <= 2e-5 * fabs(want_loss)))
        fail_msg("%s: loss %.9g, should be %.9g", p->d->head, *loss, want_loss);
    for (int k = 0; k < p->classes; k++) {
        assert_true(truth[k] == want_truth[k]);
        assert_true(fabs(both[k] - want_both[k]) <= 1e-5 * (want_both[k] + 1e-3));
        assert_true(fabs(predicted[k] - want_predicted[k]) <= 1e-5 * (want_predicted[k] + 1e-3));
    }
}

static double *finite_differences(problem *p)
{
    double *want = zeros((size_t)(p->classes * PIXELS));
    for (int i = 0; i < PIXELS; i++)
        for (int k = 0; k < p->classes && p->labels[i] != OG_LABEL_IGNORE; k++) {
            double z[CLASSES], step = 1e-5, sides[2];
            for (int side = 0; side < 2; side++) {
                column(p, i, z);
                z[k] += side ? step : -step;
                sides[side] = objective(p, z, p->labels[i]);
            }
            want[k * PIXELS + i] = (sides[1] - sides[0]) / (2 * step);
        }
    return want;
}

static void check_head(const definition *d, int classes, og__isa isa)
{
    problem *p = problem_new(d, classes, 3);
    og_head *head = parse(d->head);
    og__head_run run;
    if (og__head_open(head, og__ops_for(isa), isa, classes, &run) != OG_OK)
        fail_msg("%s", og_error_text());

    float *block = logits_of(p);
    og__head_block b = {PIXELS, PIXELS, block, NULL, 0};
    og__head_apply(&run, &b);
    double *want = zeros((size_t)(classes * PIXELS));
    for (int i = 0; i < PIXELS; i++) {
        double z[CLASSES], probs[CLASSES];
        column(p, i, z);
        probabilities(d, classes, z, probs);
        for (int k = 0; k < classes; k++)
            want[k * PIXELS + i] = probs[k];
    }
    assert_near(block, want, (size_t)(classes * PIXELS), 1e-6);
    free(want);
    free(block);

    double loss = 0, both[CLASSES] = {0}, predicted[CLASSES] = {0}, truth[CLASSES] = {0};
    float slope_both[CLASSES], slope_predicted[CLASSES];
    for (int k = 0; k < classes; k++) {
        slope_both[k] = (float)p->slope_both[k];
        slope_predicted[k] = (float)p->slope_predicted[k];
    }
    b = (og__head_block){PIXELS, PIXELS, block = logits_of(p), p->labels, 0};
    og__head_add_sums(&run, &b, NULL, &(og__head_sums){&loss, both, predicted, truth});
    check_sums(p, &loss, both, predicted, truth);
    og__head_gradient(&run, &b, NULL, &(og__head_slopes){0.7f, slope_both, slope_predicted, NULL, NULL});
    want = finite_differences(p);
    assert_near(block, want, (size_t)(classes * PIXELS), 1e-4);
    free(want);
    free(block);
    og__head_close(&run);
    og_head_free(head);
    free(p);
}

static void each_head_has_its_probabilities_loss_and_gradient(void **state)
{
    (void)state;
    FOR_ISAS(isa)
    {
        for (int i = 0; i < DEFINITIONS; i++) {
            check_head(&definitions[i], 2, isa);
            check_head(&definitions[i], CLASSES, isa);
        }
    }
}

static void every_built_in_head_is_defined_here(void **state)
{
    (void)state;
    for (size_t i = 0; i < og_head_count(); i++) {
        bool found = false;
        for (int k = 0; k < DEFINITIONS; k++)
            found |= strcmp(definitions[k].head, og_head_at(i)->id) == 0;
        if (!found)
            fail_msg("head %s is not tested", og_head_at(i)->id);
        assert_true(og_head_at(i)->reference[0] && og_head_at(i)->formula[0] && og_head_at(i)->loss[0]);
    }
}

/* --- tails --- */

/* Loss and gradient by class 0 of one pixel with two classes. */
static void one_pixel(const char *text, float z0, float z1, int label, double *loss, float *gradient)
{
    og__isa isa = og__cpu_isa();
    og_head *head = parse(text);
    og__head_run run;
    float block[] = {z0, z1}, none[2] = {0};
    uint8_t labels[] = {(uint8_t)label};
    double both[2] = {0}, predicted[2] = {0}, truth[2] = {0};
    assert_int_equal(og__head_open(head, og__ops_for(isa), isa, 2, &run), OG_OK);
    og__head_block b = {1, 1, block, labels, 0};
    *loss = 0;
    og__head_add_sums(&run, &b, NULL, &(og__head_sums){loss, both, predicted, truth});
    og__head_gradient(&run, &b, NULL, &(og__head_slopes){1, none, none, NULL, NULL});
    *gradient = block[0];
    og__head_close(&run);
    og_head_free(head);
}

static void check_tail(const char *head, float z, double want_loss, double want_gradient)
{
    double loss[2];
    float gradient[2];
    one_pixel(head, z, 0, 0, &loss[0], &gradient[0]);
    one_pixel(head, 0, 0, 0, &loss[1], &gradient[1]);
    double own = loss[0] - loss[1] / 2; /* class 1 is at its middle in both */
    if (!(fabs(own - want_loss) <= 2e-6 * want_loss) ||
        !(fabs((double)gradient[0] - want_gradient) <= 1e-5 * fabs(want_gradient)))
        fail_msg("%s at %g: loss %.9g and gradient %.9g, should be %.9g and %.9g", head, (double)z, own,
                 (double)gradient[0], want_loss, want_gradient);
}

static void far_from_the_truth_there_is_a_loss_and_a_gradient(void **state)
{
    (void)state;
    check_tail("sigmoid", -100, 100, -1);
    check_tail("sigmoid", -1e30f, (double)1e30f, -1);
    check_tail("arctan", -1e6f, log(M_PI * 1e6), -1e-6); /* s ~ 1/(pi |z|) */
    check_tail("arctan", -1e15f, log(M_PI * 1e15), -1e-15);
    check_tail("0.5 + 0.5*tanh(x)", -30, 24 * log(2), 0); /* s and s' round to 0 */
    double loss;
    float gradient;
    one_pixel("sparsemax", -1e6f, 1e6f, 0, &loss, &gradient);
    assert_true(fabs(loss - 2e6) <= 1 && gradient == -1); /* z_1 - z_0 */
    one_pixel("sparsemax", 1e6f, -1e6f, 0, &loss, &gradient);
    assert_true(loss == 0 && gradient == 0);
    one_pixel("sparsemax", 0.25f, 0, 0, &loss, &gradient);
    assert_true(fabs(loss - 0.5 * 2 * 0.375 * 0.375) < 1e-7 && gradient == -0.375f); /* p = (5/8, 3/8) */
}

static void a_logit_that_is_no_number_shows_in_the_loss(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY};
    for (int i = 0; i < DEFINITIONS; i++) {
        double loss;
        float gradient;
        one_pixel(definitions[i].head, bad[0], 0, 1, &loss, &gradient);
        if (isfinite(loss))
            fail_msg("%s: the loss of NaN is %g", definitions[i].head, loss);
        one_pixel(definitions[i].head, bad[1], 0, 0, &loss, &gradient); /* ends */
    }
}

/* --- texts --- */

static void texts_are_canonical(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"softmax", "softmax"},          {" log_softmax ", "softmax"}, {"sigmoid", "sigmoid"},
        {"logistic", "sigmoid"},         {"arctan", "arctan"},         {"sparsemax", "sparsemax"},
        {"0.5+0.5*tanh(x)", NULL},       {"hard_sigmoid", NULL},       {"clamp(a*x + 1/2, 0, 1); a = 2", NULL},
        {"sigmoid(k*x); k = 1.5", NULL}, {"exp(-exp(-x))", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_head *head = parse(cases[i][0]), *again = parse(og_head_text(head));
        if (cases[i][1])
            assert_string_equal(og_head_text(head), cases[i][1]);
        else
            assert_string_equal(og_head_loss(head), "binary cross-entropy of each class");
        assert_string_equal(og_head_text(again), og_head_text(head));
        og_head_free(head);
        og_head_free(again);
    }
}

static void what_is_no_head_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        og_status status;
        const char *says;
    } cases[] = {
        {"tanh", OG_ERR_ARGUMENT, "values from -1 to 1, not from 0 to 1; try '0.5 + 0.5*(tanh(x))'"},
        {"relu", OG_ERR_ARGUMENT, "from 0 to inf, not from 0 to 1; try 'sigmoid("},
        {"2*sigmoid(x)", OG_ERR_ARGUMENT, "try '(2*sigmoid(x))/2'"},
        {"a*x; a = 3", OG_ERR_ARGUMENT, "; a = 3'"},
        {"sigmoid(a*x); a = learn(1)", OG_ERR_ARGUMENT, "the parameter a"},
        {"sigmoid(x)*sigmoid(gate)", OG_ERR_ARGUMENT, "reads gate"},
        {"sofmax", OG_ERR_NAME, "did you mean 'softmax'?"},
        {"sigmoid(", OG_ERR_SYNTAX, ""},
        {"", OG_ERR_SYNTAX, ""},
        {"sigmoid(log(x))", OG_ERR_NUMERIC, "where inputs are common"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_head *head;
        og_status status = og_head_parse(cases[i].text, &head);
        if (status != cases[i].status || !strstr(og_error_text(), cases[i].says))
            fail_msg("'%s': status %d, \"%s\"", cases[i].text, status, og_error_text());
        assert_null(head);
    }
}

/* What the messages suggest is a head. */
static void suggestions_can_be_used(void **state)
{
    (void)state;
    static const char *const cases[] = {"tanh",         "relu",          "softplus",
                                        "2*sigmoid(x)", "3*tanh(x) - 1", "atan(a*x); a = 2"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_head *head;
        char text[512];
        assert_int_equal(og_head_parse(cases[i], &head), OG_ERR_ARGUMENT);
        const char *from = strstr(og_error_text(), "try '");
        assert_non_null(from);
        snprintf(text, sizeof text, "%.*s", (int)strcspn(from + 5, "'"), from + 5);
        og_head_free(parse(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_head_has_its_probabilities_loss_and_gradient),
        cmocka_unit_test(every_built_in_head_is_defined_here),
        cmocka_unit_test(far_from_the_truth_there_is_a_loss_and_a_gradient),
        cmocka_unit_test(a_logit_that_is_no_number_shows_in_the_loss),
        cmocka_unit_test(texts_are_canonical),
        cmocka_unit_test(what_is_no_head_is_refused),
        cmocka_unit_test(suggestions_can_be_used),
    };
    return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}
