#include "train/rate.h"

#include <math.h>

static double constant(double progress)
{
    (void)progress;
    return 1;
}

static double poly(double progress)
{
    return pow(1 - progress, 0.9);
}

static double cosine(double progress)
{
    return 0.5 * (1 + cos(3.141592653589793 * progress));
}

static const struct {
    const char *name;
    double (*factor)(double progress); /* progress in [0, 1) */
} rows[] = {
    [OG_SCHEDULE_CONSTANT] = {"constant", constant},
    [OG_SCHEDULE_POLY] = {"poly", poly},
    [OG_SCHEDULE_COSINE] = {"cosine", cosine},
};

double og__rate_at(const og__rate *rate, int64_t step)
{
    if (step < rate->warmup_steps)
        return rate->peak * (double)(step + 1) / (double)(rate->warmup_steps + 1);
    double progress = (double)(step - rate->warmup_steps) / (double)(rate->steps - rate->warmup_steps);
    return rate->peak * rows[rate->schedule].factor(progress);
}

const char *og__schedule_name(og_schedule schedule)
{
    return rows[schedule].name;
}
