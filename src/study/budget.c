#include "study/budget.h"

#include <math.h>
#include <time.h>

#include <jansson.h>

static const char *const elapsed_key = "ogive:elapsed_s", *const deadline_key = "ogive:deadline";
static const double keep_s = 5;

/* Deadlines are shared by machines, so they are by the clock that these have in common. */
static double unix_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static og_status read_number(og__store *store, int64_t study, const char *key, double fallback, double *number)
{
    json_t *value;
    OG_TRY(og__store_get_attribute(store, study, false, key, &value));
    *number = json_is_number(value) ? json_number_value(value) : fallback;
    json_decref(value);
    return OG_OK;
}

static og_status write_number(og__store *store, int64_t study, const char *key, double number)
{
    json_t *value = json_real(number);
    og_status status = og__store_set_attribute(store, study, false, key, value);
    json_decref(value);
    return status;
}

og_status og__budget_begin(double total_s, bool proposes, og__store *store, int64_t study, og__budget *budget)
{
    double elapsed_s;
    *budget = (og__budget){.deadline_s = INFINITY, .total_s = INFINITY, .keeps = proposes};
    if (!(total_s > 0))
        return OG_OK;
    budget->total_s = total_s;
    budget->kept_s = unix_s();
    if (!proposes)
        return read_number(store, study, deadline_key, INFINITY, &budget->deadline_s);
    OG_TRY(read_number(store, study, elapsed_key, 0, &elapsed_s));
    budget->deadline_s = unix_s() + total_s - elapsed_s;
    return write_number(store, study, deadline_key, budget->deadline_s);
}

og_status og__budget_keep(og__budget *budget, og__store *store, int64_t study, bool now)
{
    double time_s = unix_s();
    if (!budget->keeps || isinf(budget->total_s) || (!now && time_s - budget->kept_s < keep_s))
        return OG_OK;
    budget->kept_s = time_s;
    return write_number(store, study, elapsed_key, og__budget_spent_s(budget));
}

double og__budget_left_s(const og__budget *budget)
{
    return budget->deadline_s - unix_s();
}

double og__budget_spent_s(const og__budget *budget)
{
    return isinf(budget->total_s) ? 0 : budget->total_s - og__budget_left_s(budget);
}
