/* src/train/optimizer.c against PyTorch's documented algorithms, written out here in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "kernel/ops.h"
#include "train/optimizer.h"

enum { SMALL = 37, LARGE = 40001, COUNT = SMALL + LARGE, STEPS = 25 };

/* A tensor without decay in front of one with decay that is larger than a chunk. */
static const og_param params[] = {
    {.name = "norm", .offset = 0, .count = SMALL, .decays = false},
    {.name = "conv", .offset = SMALL, .count = LARGE, .decays = true},
};

static float gradient_of(og__random *random, int i)
{
    return og__random_normal(random) * (i % 5 == 0 ? 1e-4f : 1.0f);
}

/* torch.optim.SGD(lr, momentum, nesterov=True, weight_decay), as its page has it. */
static void reference_sgd(int t, double lr, double momentum, double decay, double g, double *w, double *b,
                          double *unused)
{
    (void)unused;
    g += decay * *w;
    *b = t > 1 ? momentum * *b + g : g;
    *w -= lr * (g + momentum * *b);
}

/* torch.optim.Adam(lr, weight_decay). */
static void reference_adam(int t, double lr, double momentum, double decay, double g, double *w, double *m, double *v)
{
    (void)momentum;
    g += decay * *w;
    *m = 0.9 * *m + (1 - 0.9) * g;
    *v = 0.999 * *v + (1 - 0.999) * g * g;
    *w -= lr * (*m / (1 - pow(0.9, t))) / (sqrt(*v / (1 - pow(0.999, t))) + 1e-8);
}

/* torch.optim.AdamW(lr, weight_decay). */
static void reference_adamw(int t, double lr, double momentum, double decay, double g, double *w, double *m, double *v)
{
    *w -= lr * decay * *w;
    reference_adam(t, lr, momentum, 0, g, w, m, v);
}

/* torch.optim.RMSprop(lr, momentum, weight_decay), alpha 0.99. */
static void reference_rmsprop(int t, double lr, double momentum, double decay, double g, double *w, double *v,
                              double *b)
{
    (void)t;
    g += decay * *w;
    *v = 0.99 * *v + (1 - 0.99) * g * g;
    *b = momentum * *b + g / (sqrt(*v) + 1e-8);
    *w -= lr * *b;
}

typedef void (*reference)(int t, double lr, double momentum, double decay, double g, double *w, double *a, double *b);

static void compare_with(og_optimizer kind, reference refer, double lr)
{
    og__optimizer *optimizer;
    og__optimizer_options options = {.kind = kind, .momentum = 0.9, .weight_decay = 0.02, .threads = 2};
    float *weights = calloc(COUNT, sizeof *weights), *gradients = calloc(COUNT, sizeof *gradients);
    double *expected = calloc(3 * COUNT, sizeof *expected), *a = expected + COUNT, *b = a + COUNT;
    og__random random = og__random_at(3, OG_STREAM_TEST, (uint64_t)kind);
    for (int i = 0; i < COUNT; i++)
        expected[i] = weights[i] = og__random_normal(&random);
    assert_int_equal(og__optimizer_new(&options, params, 2, &optimizer), OG_OK);
    for (int t = 1; t <= STEPS; t++) {
        double rate = lr / t;
        for (int i = 0; i < COUNT; i++) {
            gradients[i] = gradient_of(&random, i);
            refer(t, rate, 0.9, i < SMALL ? 0 : 0.02, gradients[i], &expected[i], &a[i], &b[i]);
        }
        og__optimizer_step(optimizer, rate, gradients, weights);
    }
    /* float32 rounds weights of size 1 by 6e-8 per step; 25 steps stay below 25 times that */
    for (int i = 0; i < COUNT; i++)
        if (fabs(weights[i] - expected[i]) > 1.5e-6 * (1 + fabs(expected[i])))
            fail_msg("%s: weight %d is %.9g; PyTorch's formula gives %.9g", og__optimizer_name(kind), i,
                     (double)weights[i], expected[i]);
    assert_int_equal(og__optimizer_steps(optimizer), STEPS);
    og__optimizer_free(optimizer);
    free(weights);
    free(gradients);
    free(expected);
}

static void sgd_is_pytorchs(void **state)
{
    (void)state;
    compare_with(OG_OPTIMIZER_SGD, reference_sgd, 0.05);
}

static void adam_is_pytorchs(void **state)
{
    (void)state;
    compare_with(OG_OPTIMIZER_ADAM, reference_adam, 0.01);
}

static void adamw_is_pytorchs(void **state)
{
    (void)state;
    compare_with(OG_OPTIMIZER_ADAMW, reference_adamw, 0.01);
}

static void rmsprop_is_pytorchs(void **state)
{
    (void)state;
    compare_with(OG_OPTIMIZER_RMSPROP, reference_rmsprop, 1e-3);
}

/* Values worked out by hand: the first step of each optimiser from w = 2 with gradient 0.5, rate 0.1, decay 0.1. */
static void first_steps_are_as_worked_out_by_hand(void **state)
{
    (void)state;
    const struct {
        og_optimizer kind;
        double weight;
    } cases[] = {
        {OG_OPTIMIZER_SGD, 2 - 0.1 * (0.7 + 0.9 * 0.7)}, /* g = 0.5 + 0.1 * 2, buffer = g */
        {OG_OPTIMIZER_ADAM, 2 - 0.1},                    /* m / sqrt(v) = sign(g) */
        {OG_OPTIMIZER_ADAMW, 2 * (1 - 0.01) - 0.1},
        {OG_OPTIMIZER_RMSPROP, 2 - 0.1 * 10}, /* g / (0.1 g) */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const og_param one = {.name = "w", .count = 1, .decays = true};
        og__optimizer_options options = {.kind = cases[i].kind, .momentum = 0.9, .weight_decay = 0.1, .threads = 1};
        og__optimizer *optimizer;
        float weight = 2, gradient = 0.5f;
        assert_int_equal(og__optimizer_new(&options, &one, 1, &optimizer), OG_OK);
        og__optimizer_step(optimizer, 0.1, &gradient, &weight);
        assert_true(fabs(weight - cases[i].weight) < 1e-6);
        og__optimizer_free(optimizer);
    }
}

/* eps stands beside the root, as in PyTorch, not under it: it shows where gradients are tiny. */
static void eps_is_added_to_the_root(void **state)
{
    (void)state;
    const og_param one = {.name = "w", .count = 1};
    og__optimizer_options options = {.kind = OG_OPTIMIZER_ADAM, .threads = 1};
    og__optimizer *optimizer;
    float weight = 0, gradient = 1e-8f;
    assert_int_equal(og__optimizer_new(&options, &one, 1, &optimizer), OG_OK);
    og__optimizer_step(optimizer, 1.0, &gradient, &weight);
    assert_true(fabs(weight - -0.5) < 1e-4); /* -1e-8 / (1e-8 + 1e-8) */
    og__optimizer_free(optimizer);
}

static void the_gradient_is_clipped_by_its_global_norm(void **state)
{
    (void)state;
    const og_param two[] = {{.name = "a", .offset = 0, .count = 1}, {.name = "b", .offset = 1, .count = 1}};
    og__optimizer_options options = {.kind = OG_OPTIMIZER_SGD, .clip = 1, .threads = 1};
    const struct {
        float gradients[2], weights[2];
    } cases[] = {
        {{3, 4}, {-0.6f, -0.8f}},       /* norm 5 becomes 1 */
        {{0.3f, 0.4f}, {-0.3f, -0.4f}}, /* norm 0.5 stays */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og__optimizer *optimizer;
        float weights[2] = {0};
        assert_int_equal(og__optimizer_new(&options, two, 2, &optimizer), OG_OK);
        og__optimizer_step(optimizer, 1.0, cases[i].gradients, weights);
        for (int k = 0; k < 2; k++)
            assert_true(fabsf(weights[k] - cases[i].weights[k]) < 2e-6f); /* PyTorch adds 1e-6 to the norm */
        og__optimizer_free(optimizer);
    }
}

static void run_clipped(int threads, float *weights)
{
    og__optimizer *optimizer;
    og__optimizer_options options = {.kind = OG_OPTIMIZER_ADAMW, .weight_decay = 0.1, .clip = 0.5, .threads = threads};
    float *gradients = calloc(COUNT, sizeof *gradients);
    og__random random = og__random_at(5, OG_STREAM_TEST, 0);
    assert_int_equal(og__optimizer_new(&options, params, 2, &optimizer), OG_OK);
    for (int i = 0; i < COUNT; i++)
        weights[i] = og__random_normal(&random);
    for (int t = 0; t < 3; t++) {
        for (int i = 0; i < COUNT; i++)
            gradients[i] = gradient_of(&random, i);
        og__optimizer_step(optimizer, 0.01, gradients, weights);
    }
    og__optimizer_free(optimizer);
    free(gradients);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    float *one = calloc(2 * COUNT, sizeof *one), *three = one + COUNT;
    run_clipped(1, one);
    run_clipped(3, three);
    assert_memory_equal(one, three, COUNT * sizeof *one);
    free(one);
}

/* Every instruction set of this machine: the sum has the same bits, the updates agree to rounding. */
static void instruction_sets_agree(void **state)
{
    (void)state;
    enum { N = 1003 };
    const og__sgd_step sgd = {0.5f, 0.1f, 0.9f, 0.1f};
    const og__adam_step adam = {0.5f, 0.1f, 0.99f, 0.1f, 0.999f, 0.001f, 0.01f, 0.0316f, 1e-8f};
    const og__rmsprop_step rmsprop = {0.5f, 0.1f, 0.99f, 0.01f, 0.9f, 0.001f, 1e-8f};
    float first[4][3][N], w[3][N], g[N];
    double first_sum = 0;
    for (og__isa isa = OG_ISA_BASELINE; isa <= og__cpu_isa(); isa++) {
        const og__ops *ops = og__ops_for(isa);
        for (int update = 0; update < 4; update++) {
            og__random random = og__random_at(11, OG_STREAM_TEST, 0);
            for (int i = 0; i < N; i++) {
                g[i] = og__random_normal(&random);
                w[0][i] = og__random_normal(&random);
                w[1][i] = og__random_normal(&random);
                w[2][i] = og__random_uniform(&random);
            }
            if (update == 0)
                ops->sgd_update(N, &sgd, g, w[1], w[0]);
            else if (update == 1)
                ops->adam_update(N, &adam, g, w[1], w[2], w[0]);
            else if (update == 2)
                ops->rmsprop_update(N, &rmsprop, g, w[2], w[1], w[0]);
            else
                ops->average(N, 0.125f, g, w[0]);
            if (isa == OG_ISA_BASELINE)
                memcpy(first[update], w, sizeof w);
            for (int slot = 0; slot < 3; slot++)
                for (int i = 0; i < N; i++)
                    assert_true(fabsf(w[slot][i] - first[update][slot][i]) <= 1e-6f * (1 + fabsf(w[slot][i])));
        }
        double sum = 0;
        ops->sum_squares(N, g, &sum);
        if (isa == OG_ISA_BASELINE)
            first_sum = sum;
        assert_memory_equal(&sum, &first_sum, sizeof sum);
    }
    long double exact = 0;
    for (int i = 0; i < N; i++)
        exact += (long double)g[i] * g[i];
    assert_true(fabs(first_sum - (double)exact) < 1e-12 * (double)exact);
}

static void slots_hold_the_state_under_pytorchs_names(void **state)
{
    (void)state;
    const og_param one = {.name = "w", .count = 1};
    og__optimizer_options options = {.kind = OG_OPTIMIZER_ADAMW, .threads = 1};
    og__optimizer *optimizer;
    float weight = 0, gradient = 2;
    assert_int_equal(og__optimizer_new(&options, &one, 1, &optimizer), OG_OK);
    og__optimizer_step(optimizer, 0.1, &gradient, &weight);
    assert_int_equal(og__optimizer_slot_count(optimizer), 2);
    assert_string_equal(og__optimizer_slot_name(optimizer, 0), "exp_avg");
    assert_string_equal(og__optimizer_slot_name(optimizer, 1), "exp_avg_sq");
    assert_true(fabsf(og__optimizer_slot(optimizer, 0)[0] - 0.2f) < 1e-6f);
    assert_true(fabsf(og__optimizer_slot(optimizer, 1)[0] - 0.004f) < 1e-6f);
    og__optimizer_free(optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd_is_pytorchs),
        cmocka_unit_test(adam_is_pytorchs),
        cmocka_unit_test(adamw_is_pytorchs),
        cmocka_unit_test(rmsprop_is_pytorchs),
        cmocka_unit_test(first_steps_are_as_worked_out_by_hand),
        cmocka_unit_test(eps_is_added_to_the_root),
        cmocka_unit_test(the_gradient_is_clipped_by_its_global_norm),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(instruction_sets_agree),
        cmocka_unit_test(slots_hold_the_state_under_pytorchs_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
