/* src/train/rate.c: values worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "train/rate.h"

static void expect(og_schedule schedule, int64_t warmup, int64_t steps, int64_t step, double value)
{
    og__rate rate = {.schedule = schedule,
                     .peak = 0.1,
                     .warmup_steps = warmup,
                     .steps = steps,
                     .steps_per_epoch = 10,
                     .step_epochs = 4,
                     .factor = 0.5};
    double found = og__rate_at(&rate, step);
    if (fabs(found - value) > 1e-12)
        fail_msg("%s, warm-up %d of %d: step %d has rate %.15g, not %.15g", og__schedule_name(schedule), (int)warmup,
                 (int)steps, (int)step, found, value);
}

static void every_schedule_starts_at_the_peak_and_follows_its_formula(void **state)
{
    (void)state;
    expect(OG_SCHEDULE_CONSTANT, 0, 100, 0, 0.1);
    expect(OG_SCHEDULE_CONSTANT, 0, 100, 99, 0.1);
    expect(OG_SCHEDULE_POLY, 0, 100, 0, 0.1);
    expect(OG_SCHEDULE_POLY, 0, 100, 50, 0.1 * 0.535886731268146); /* 0.5^0.9 */
    expect(OG_SCHEDULE_POLY, 0, 100, 99, 0.1 * 0.015848931924611); /* 0.01^0.9 */
    expect(OG_SCHEDULE_COSINE, 0, 100, 0, 0.1);
    expect(OG_SCHEDULE_COSINE, 0, 100, 25, 0.1 * 0.853553390593274); /* (1 + sqrt(1/2)) / 2 */
    expect(OG_SCHEDULE_COSINE, 0, 100, 50, 0.05);
    expect(OG_SCHEDULE_POLY_EPOCH, 0, 100, 9, 0.1);
    expect(OG_SCHEDULE_POLY_EPOCH, 0, 100, 50, 0.1 * 0.535886731268146); /* 0.5^0.9, for all of epoch 5 */
    expect(OG_SCHEDULE_POLY_EPOCH, 0, 100, 59, 0.1 * 0.535886731268146);
    expect(OG_SCHEDULE_STEP, 0, 100, 39, 0.1);
    expect(OG_SCHEDULE_STEP, 0, 100, 40, 0.05);
    expect(OG_SCHEDULE_STEP, 0, 100, 99, 0.025);
    expect(OG_SCHEDULE_PLATEAU, 0, 100, 99, 0.1);
    expect(OG_SCHEDULE_ONE_CYCLE, 7, 100, 0,
           0.004); /* torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=100) */
    expect(OG_SCHEDULE_ONE_CYCLE, 7, 100, 10, 0.029516394846410);
    expect(OG_SCHEDULE_ONE_CYCLE, 7, 100, 29, 0.1);
    expect(OG_SCHEDULE_ONE_CYCLE, 7, 100, 64, 0.0500002);
    expect(OG_SCHEDULE_ONE_CYCLE, 7, 100, 99, 4e-7);
}

static void the_warm_up_rises_linearly_to_the_peak(void **state)
{
    (void)state;
    for (og_schedule schedule = OG_SCHEDULE_CONSTANT; schedule < OG_SCHEDULE_ONE_CYCLE; schedule++) {
        expect(schedule, 4, 100, 0, 0.02);
        expect(schedule, 4, 100, 3, 0.08);
        expect(schedule, 4, 100, 4, 0.1);
    }
    expect(OG_SCHEDULE_COSINE, 20, 100, 60, 0.05); /* half of the way after the warm-up */
}

/* The option table lists the choices in the order of the rows. */
static void names_are_the_options_choices(void **state)
{
    (void)state;
    const og_option *option = og_option_find(og_train_option_table(), "schedule");
    assert_non_null(option);
    char names[100];
    names[0] = '\0';
    for (og_schedule schedule = OG_SCHEDULE_CONSTANT; schedule < OG_SCHEDULE_COUNT; schedule++) {
        strcat(names, names[0] ? "|" : "");
        strcat(names, og__schedule_name(schedule));
    }
    assert_string_equal(names, option->choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schedule_starts_at_the_peak_and_follows_its_formula),
        cmocka_unit_test(the_warm_up_rises_linearly_to_the_peak),
        cmocka_unit_test(names_are_the_options_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
