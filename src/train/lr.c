/* The learning-rate range test. */
#include <ogive/lr.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "train/adopt.h"
#include "train/session.h"

/* Divergence is looked for behind the first steps, whose losses are of chance. */
enum { EARLY = 10, TIMES_MAX = 4 };

og_option_table og_lr_option_table(void)
{
    static const og_option rows[] = {
        {"from-rate", NULL, OG_OPTION_REAL, offsetof(og_lr_options, least), "1e-6", 1e-12, 1e3, NULL, NULL, "Test",
         "Learning rate of the first step"},
        {"to-rate", NULL, OG_OPTION_REAL, offsetof(og_lr_options, largest), "10", 1e-12, 1e6, NULL, NULL, "Test",
         "Learning rate of the last step"},
        {"steps", NULL, OG_OPTION_INT, offsetof(og_lr_options, steps), "200", 20, 1e6, NULL, NULL, "Test",
         "Steps from the one to the other"},
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* --- training ----------------------------------------------------------------------------------------------------- */

/* One step; *finite is false where the loss or a gradient is not. */
static og_status take_step(og__session *session, int64_t step, double rate, double *loss, bool *finite)
{
    og_net *net = session->model.net;
    og_loss_value value;
    og__batch batch;
    OG_TRY(og__loader_next(session->loader, &batch));
    og_plan_set_noise(session->plan, (uint64_t)session->model.options.seed, (uint64_t)step);
    og_status status = og_plan_train(session->plan, batch.images, batch.labels, &value);
    *finite = status == OG_OK;
    if (status != OG_OK)
        return status == OG_ERR_NUMERIC ? OG_OK : status;
    og__optimizer_step(session->optimizer, rate, og_net_gradients(net), og_net_weights(net));
    og_plan_refresh(session->plan);
    *loss = value.total;
    return OG_OK;
}

/* A running mean of the losses so far, for the end of the test only: it lags behind. */
static bool has_diverged(og_lr_curve *curve, double *mean, double *least)
{
    double loss = curve->points[curve->count - 1].loss;
    *mean = curve->count == 1 ? loss : 0.8 * *mean + 0.2 * loss;
    *least = fmin(*least, *mean);
    return curve->count > EARLY && *mean > TIMES_MAX * fabs(*least);
}

static og_status run(og__session *session, const og_lr_options *options, og_lr_report report, void *context,
                     og_lr_curve *curve)
{
    double mean = 0, least = INFINITY;
    for (int64_t step = 0; step < options->steps && !curve->diverged; step++) {
        double share = (double)step / (double)(options->steps - 1), loss = 0;
        double rate = options->least * pow(options->largest / options->least, share);
        bool finite;
        OG_TRY(take_step(session, step, rate, &loss, &finite));
        curve->diverged = !finite;
        if (!finite)
            break;
        curve->points[curve->count++] = (og_lr_point){rate, loss, loss};
        curve->diverged = has_diverged(curve, &mean, &least);
        if (report && !report(context, step + 1, options->steps, rate, loss))
            return og__fail(OG_ERR_STOPPED, "the test of %s was stopped", session->model.options.act);
    }
    return OG_OK;
}

/* --- reading the curve -------------------------------------------------------------------------------------------- */

/* A twentieth of the steps on either side. */
static size_t reach_of(const og_lr_options *options)
{
    size_t reach = (size_t)options->steps / 20;
    return reach < 2 ? 2 : reach;
}

static void smooth(og_lr_curve *curve, size_t reach)
{
    for (size_t i = 0; i < curve->count; i++) {
        size_t near =
            i < curve->count - 1 - i ? i : curve->count - 1 - i; /* the same on both sides, so that it does not lag */
        size_t span = near < reach ? near : reach;
        double sum = 0;
        for (size_t k = i - span; k <= i + span; k++)
            sum += curve->points[k].loss;
        curve->points[i].smooth = sum / (double)(2 * span + 1);
    }
}

/* Slope of the least-squares line through the smooth losses about i; steps are even in the rate's logarithm. */
static double slope_at(const og_lr_curve *curve, size_t i, size_t reach)
{
    double sum = 0, squares = 0;
    for (size_t k = i - reach; k <= i + reach; k++) {
        double x = (double)k - (double)i;
        sum += x * curve->points[k].smooth;
        squares += x * x;
    }
    return sum / squares;
}

static void judge(og_lr_curve *curve, size_t reach)
{
    double least = INFINITY, steepest = 0;
    size_t lowest = 0;
    curve->suggestion = curve->lowest = NAN;
    for (size_t i = 0; i < curve->count; i++)
        if (curve->points[i].smooth < least) {
            least = curve->points[i].smooth;
            lowest = i;
        }
    if (curve->count > 0)
        curve->lowest = curve->points[lowest].rate;
    for (size_t i = reach; i + reach < curve->count && i <= lowest; i++) {
        double slope = slope_at(curve, i, reach);
        if (slope < steepest) {
            steepest = slope;
            curve->suggestion = curve->points[i].rate;
        }
    }
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static og_status open_session(const og_dataset *data, const og_train_options *train, og__session *session)
{
    char *told = NULL;
    OG_TRY(og__session_open(data, train, "", session));
    if (*train->from)
        OG_TRY(og__adopt(session->model.net, train->from, &told));
    free(told);
    return og__session_start(session);
}

og_status og_lr_find(const og_dataset *data, const og_train_options *train, const og_lr_options *options,
                     og_lr_report report, void *context, og_lr_curve *curve)
{
    og_status status = OG_OK;
    og__session session = {0};
    *curve = (og_lr_curve){0};
    if (!(options->least < options->largest))
        return og__fail(OG_ERR_ARGUMENT, "from-rate = %g and to-rate = %g: the rate rises", options->least,
                        options->largest);
    OG_TRY(og__alloc((size_t)options->steps, sizeof *curve->points, &curve->points));
    OG_GO(open_session(data, train, &session));
    snprintf(curve->act, sizeof curve->act, "%.60s", session.model.options.act);
    OG_GO(run(&session, options, report, context, curve));
    smooth(curve, reach_of(options));
    judge(curve, reach_of(options));
done:
    og__session_close(&session);
    if (status != OG_OK)
        og_lr_curve_deinit(curve);
    return status;
}

void og_lr_curve_deinit(og_lr_curve *curve)
{
    free(curve->points);
    *curve = (og_lr_curve){0};
}
