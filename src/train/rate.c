#include "train/rate.h"

#include <math.h>
#include <stdbool.h>

static const double pi = 3.141592653589793;

/* Of the steps after the warm-up. */
static double progress_at(const og__rate *rate, int64_t step)
{
    return (double)(step - rate->warmup_steps) / (double)(rate->steps - rate->warmup_steps);
}

static double constant(const og__rate *rate, int64_t step)
{
    (void)rate;
    (void)step;
    return 1;
}

static double poly(const og__rate *rate, int64_t step)
{
    return pow(1 - progress_at(rate, step), 0.9);
}

static double cosine(const og__rate *rate, int64_t step)
{
    return 0.5 * (1 + cos(pi * progress_at(rate, step)));
}

static int64_t epoch_of(const og__rate *rate, int64_t step)
{
    return step / rate->steps_per_epoch;
}

static double poly_epoch(const og__rate *rate, int64_t step)
{
    return pow(1 - (double)(epoch_of(rate, step) * rate->steps_per_epoch) / (double)rate->steps, 0.9);
}

static double fall_by_steps(const og__rate *rate, int64_t step)
{
    int64_t epochs = (rate->steps + rate->steps_per_epoch - 1) / rate->steps_per_epoch;
    int64_t every = rate->step_epochs > 0 ? rate->step_epochs : (epochs + 2) / 3;
    return pow(rate->factor, (double)(epoch_of(rate, step) / every));
}

static double between(double from, double to, double share)
{
    return to + (from - to) / 2 * (1 + cos(pi * share));
}

/* torch.optim.lr_scheduler.OneCycleLR with its defaults but for momentum, which stays. */
static double one_cycle(const og__rate *rate, int64_t step)
{
    const double start = 1.0 / 25, end = start / 1e4, rise = 0.3;
    double last = (double)(rate->steps - 1), peak = rise * (double)rate->steps - 1, at = (double)step;
    if (at <= peak)
        return peak > 0 ? between(start, 1, at / peak) : 1;
    return last > peak ? between(1, end, (at - peak) / (last - peak)) : 1;
}

static const struct {
    const char *name;
    double (*factor)(const og__rate *rate, int64_t step);
    bool rises; /* has its own way up, without a warm-up before it */
} rows[] = {
    [OG_SCHEDULE_CONSTANT] = {"constant", constant, false},
    [OG_SCHEDULE_POLY] = {"poly", poly, false},
    [OG_SCHEDULE_COSINE] = {"cosine", cosine, false},
    [OG_SCHEDULE_POLY_EPOCH] = {"poly-epoch", poly_epoch, false},
    [OG_SCHEDULE_STEP] = {"step", fall_by_steps, false},
    [OG_SCHEDULE_PLATEAU] = {"plateau", constant, false}, /* what falls is a factor of the run's progress */
    [OG_SCHEDULE_ONE_CYCLE] = {"one-cycle", one_cycle, true},
};

double og__rate_at(const og__rate *rate, int64_t step)
{
    if (step < rate->warmup_steps && !rows[rate->schedule].rises)
        return rate->peak * (double)(step + 1) / (double)(rate->warmup_steps + 1);
    return rate->peak * rows[rate->schedule].factor(rate, step);
}

const char *og__schedule_name(og_schedule schedule)
{
    return rows[schedule].name;
}
