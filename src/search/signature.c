#include "search/signature.h"

#include <math.h>
#include <stdlib.h>

#include "act/act.h"
#include "base/memory.h"

static const double tolerance = 1e-4; /* of the root mean square: far below what training could tell apart */
static const double moved = 0.37;     /* of a parameter, which is no other formula's number by chance */

/* Evenly spaced where inputs are common, and two beyond on each side: symmetric, rising. */
static double point(int index)
{
    static const double far[] = {8, 5};
    enum { LAST = OG_SIGNATURE_POINTS - 1 };
    if (index < 2)
        return -far[index];
    if (index > LAST - 2)
        return far[LAST - index];
    return 3.5 * (2.0 * (index - 2) / (LAST - 4) - 1);
}

static og_status find_values(const og_act *act, const double *params, double *work, double *values)
{
    double inputs[OG_INPUT_COUNT] = {0};
    for (int i = 0; i < OG_SIGNATURE_POINTS; i++) {
        inputs[OG_INPUT_X] = point(i);
        og__evaluate(&act->graph, 1, &act->value, inputs, params, work, &values[i]);
        if (!isfinite(values[i]))
            return og__fail(OG_ERR_NUMERIC, "'%s' is not finite at x = %.3g", og_act_text(act), point(i));
    }
    return OG_OK;
}

/* The rows that are moved keep the factor of the first one. */
static og_status normalise(const og_act *act, og__signature *signature)
{
    double square = 0;
    for (int i = 0; i < OG_SIGNATURE_POINTS; i++)
        square += signature->values[0][i] * signature->values[0][i];
    if (!(square > 0) || isinf(square))
        return og__fail(OG_ERR_NUMERIC, "'%s' is 0 for all common inputs", og_act_text(act));
    double factor = 1 / sqrt(square / OG_SIGNATURE_POINTS);
    for (int r = 0; r < signature->rows; r++)
        for (int i = 0; i < OG_SIGNATURE_POINTS; i++)
            signature->values[r][i] *= factor;
    return OG_OK;
}

og_status og__signature_take(const og_act *act, og__signature *signature)
{
    og_status status = OG_OK;
    double params[OG_ACT_PARAMS_MAX], *work = NULL;
    *signature = (og__signature){.rows = 1};
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (i != OG_INPUT_X && act->uses[i])
            return og__fail(OG_ERR_UNSUPPORTED, "'%s' reads more than x", og_act_text(act));
    OG_TRY(og__alloc((size_t)act->graph.count, sizeof *work, &work));
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)act->params[k].value;
    OG_GO(find_values(act, params, work, signature->values[0]));
    for (size_t k = 0; k < act->param_count; k++) {
        if (act->params[k].learn == OG_LEARN_NO)
            continue;
        if (signature->rows == OG_SIGNATURE_ROWS) {
            status = og__fail(OG_ERR_UNSUPPORTED, "'%s' learns more than %d parameters", og_act_text(act),
                              OG_DRAFT_PARAMS_MAX);
            goto done;
        }
        params[k] += moved;
        OG_GO(find_values(act, params, work, signature->values[signature->rows++]));
        params[k] -= moved;
    }
    OG_GO(normalise(act, signature));
done:
    free(work);
    return status;
}

static bool equal(const og__signature *a, const og__signature *b, bool mirrored)
{
    for (int r = 0; r < a->rows; r++)
        for (int i = 0; i < OG_SIGNATURE_POINTS; i++) {
            double other = b->values[r][mirrored ? OG_SIGNATURE_POINTS - 1 - i : i];
            if (!(fabs(a->values[r][i] - other) <= tolerance * fmax(1, fabs(other))))
                return false;
        }
    return true;
}

bool og__signature_equal(const og__signature *a, const og__signature *b)
{
    return a->rows == b->rows && (equal(a, b, false) || equal(a, b, true));
}

double og__signature_distance(const og__signature *a, const og__signature *b)
{
    double squares[2] = {0, 0};
    for (int i = 0; i < OG_SIGNATURE_POINTS; i++) {
        double direct = a->values[0][i] - b->values[0][i];
        double mirrored = a->values[0][i] - b->values[0][OG_SIGNATURE_POINTS - 1 - i];
        squares[0] += direct * direct;
        squares[1] += mirrored * mirrored;
    }
    return sqrt(fmin(squares[0], squares[1]) / OG_SIGNATURE_POINTS);
}
