/* What must hold for any text that claims to be an activation function: shared by the fuzzer (fuzz_formula.c) and by
 * the test that replays its corpus (test_formula.c).
 *
 *   - parsing ends with an activation, or with a status and a text that says why
 *   - the canonical text parses to the same canonical text
 *   - f, df/dx, every df/dinput and df/dparam, evaluated in double from our graph, agree with an independent reading of
 *     the text in MPFR, whose derivatives come by dual numbers, wherever both are finite and well conditioned */
#ifndef OG_TESTS_FUZZ_FORMULA_H
#define OG_TESTS_FUZZ_FORMULA_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/act.h"
#include "act/definition.h"
#include "base/text.h"

enum { FORMULA_BYTES_MAX = 2048, REFERENCE_BYTES_MAX = 600, REFERENCE_NODES_MAX = 400, REFERENCE_BITS = 256 };

#define FORMULA_FAIL(...) (fprintf(stderr, "formula: " __VA_ARGS__), fputc('\n', stderr), abort())

static const char *const formula_rows[] = {
#define OG_ACTIVATION(family, definition, ...) definition,
#include "act/catalogue.def"
#undef OG_ACTIVATION
    NULL};

/* "formula; a = 0.1": what the independent reader understands, with each parameter's value as a number. */
static char *formula_with_numbers(const og_act *act)
{
    og__text text = {0};
    og__text_add(&text, act->formula);
    for (size_t k = 0; k < act->param_count; k++)
        og__text_format(&text, "%s%s = %.9g", k == 0 ? "; " : ", ", act->params[k].name, (double)act->params[k].value);
    if (og__text_status(&text) != OG_OK)
        abort();
    return text.data;
}

/* Whether a choice hangs by less than rounding errors, so that two right evaluations may differ. */
static bool formula_is_tie(const og__exprs *graph, const og__expr_node *node, const double *work)
{
    double u = work[node->args[0]], v = work[node->args[1]];
    switch (node->op) {
    case OG_OP_ABS:
    case OG_OP_SIGN:
        return fabs(u) < 1e-9;
    case OG_OP_MIN:
    case OG_OP_MAX:
    case OG_OP_LT:
    case OG_OP_LE:
    case OG_OP_GT:
    case OG_OP_GE:
    case OG_OP_EQ:
    case OG_OP_NE:
        return !(fabs(u - v) > 1e-9 * (1 + fabs(u) + fabs(v)));
    case OG_OP_POW: /* of a negative number it is one for whole exponents only; 0^v jumps at v = 0 */
        return u < 1e-9 && graph->nodes[node->args[1]].op != OG_OP_NUMBER;
    default:
        return false;
    }
}

/* The largest intermediate value, by which rounding errors are measured; infinite where a choice is a tie
 * or something is not a number. */
static double formula_magnitude(const og__exprs *graph, int root_count, const og__expr *roots, const double *work)
{
    bool *needed = calloc((size_t)graph->count, sizeof *needed);
    double most = 1;
    if (!needed)
        abort();
    og__exprs_mark(graph, root_count, roots, needed);
    for (int i = 0; i < graph->count; i++) {
        if (!needed[i])
            continue;
        if (formula_is_tie(graph, &graph->nodes[i], work) || isnan(work[i]))
            most = INFINITY;
        if (fabs(work[i]) > most)
            most = fabs(work[i]);
    }
    free(needed);
    return most;
}

/* `rough` is the truth computed in double: how far it is off says how much rounding errors matter here. */
static void formula_compare(const og_act *act, const char *what, const char *name, double x, double found, double truth,
                            double rough, double magnitude)
{
    double tolerance = 1e-9 * magnitude * magnitude + 1e-6 * fabs(truth) + 1e4 * fabs(rough - truth);
    if (!isfinite(found) || !isfinite(truth) || !(magnitude < 1e4) || fabs(found - truth) <= tolerance)
        return;
    FORMULA_FAIL("%s%s of '%s' at %.17g is %.17g, expected %.17g", what, name, og_act_text(act), x, found, truth);
}

/* The value, and the derivatives by the inputs that are read and by the parameters. */
static void formula_truth(const og_act *act, const definition *d, int bits, const double *inputs, const double *params,
                          double *truth)
{
    double by_input[DEFINITION_INPUTS], by_param[DEFINITION_PARAMS_MAX];
    definition_evaluate(d, bits, inputs, params, truth++, by_input, by_param);
    for (int i = 0; i < OG_INPUT_COUNT; i++)
        if (og_act_uses(act, (og_input)i))
            *truth++ = by_input[i];
    memcpy(truth, by_param, act->param_count * sizeof *truth);
}

static void formula_check_point(const og_act *act, const definition *d, const double *inputs, const double *params,
                                double *work)
{
    og__expr roots[1 + OG_INPUT_COUNT + OG_ACT_PARAMS_MAX];
    const char *names[1 + OG_INPUT_COUNT + OG_ACT_PARAMS_MAX];
    double found[1 + OG_INPUT_COUNT + OG_ACT_PARAMS_MAX], truth[1 + OG_INPUT_COUNT + OG_ACT_PARAMS_MAX];
    double rough[1 + OG_INPUT_COUNT + OG_ACT_PARAMS_MAX];
    int count = 0;
    roots[count] = act->value, names[count++] = "";
    for (int i = 0; i < OG_INPUT_COUNT; i++)
        if (og_act_uses(act, (og_input)i))
            roots[count] = act->by_input[i], names[count++] = og_input_name((og_input)i);
    for (size_t k = 0; k < act->param_count; k++)
        roots[count] = act->by_param[k], names[count++] = act->params[k].name;
    formula_truth(act, d, REFERENCE_BITS, inputs, params, truth);
    formula_truth(act, d, DBL_MANT_DIG, inputs, params, rough);
    og__evaluate(&act->graph, count, roots, inputs, params, work, found);
    double magnitude = formula_magnitude(&act->graph, count, roots, work);
    for (int i = 0; i < count; i++)
        formula_compare(act, i == 0 ? "the value" : "the derivative by ", names[i], inputs[OG_INPUT_X], found[i],
                        truth[i], rough[i], magnitude);
}

/* Points that are no likely kinks. */
static void formula_check_values(const og_act *act)
{
    static const double points[] = {-21.7013, -5.3171, -2.2371, -1.0317, -0.4713, -0.0137, 0.00731,
                                    0.3129,   0.8713,  1.6171,  2.9137,  7.1713,  33.3371};
    char *text = formula_with_numbers(act);
    double params[OG_ACT_PARAMS_MAX], inputs[OG_INPUT_COUNT];
    double *work = malloc((size_t)act->graph.count * sizeof *work);
    if (!work)
        abort();
    definition *d = definition_new(text, formula_rows);
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)act->params[k].value;
    for (size_t p = 0; p < sizeof points / sizeof points[0]; p++) {
        for (int i = 0; i < OG_INPUT_COUNT; i++)
            inputs[i] = points[p] * (1 - 0.37 * i);
        formula_check_point(act, d, inputs, params, work);
    }
    definition_free(d);
    free(work);
    free(text);
}

static void formula_check_text(const og_act *act)
{
    og_act *again;
    char *derivative;
    if (og_act_parse(og_act_text(act), &again) != OG_OK)
        FORMULA_FAIL("the canonical text '%s' does not parse: %s", og_act_text(act), og_error_text());
    if (strcmp(og_act_text(act), og_act_text(again)) != 0)
        FORMULA_FAIL("the canonical text '%s' becomes '%s'", og_act_text(act), og_act_text(again));
    og_act_free(again);
    if (og_act_derivative(act, NULL, &derivative) == OG_OK)
        free(derivative);
}

static void formula_check(const uint8_t *data, size_t size)
{
    char text[FORMULA_BYTES_MAX + 1];
    og_act *act;
    if (size > FORMULA_BYTES_MAX || memchr(data, 0, size))
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    if (og_act_parse(text, &act) != OG_OK) {
        if (act || og_error_text()[0] == '\0')
            FORMULA_FAIL("'%s' fails without a reason", text);
        return;
    }
    formula_check_text(act);
    if (strlen(act->formula) <= REFERENCE_BYTES_MAX && act->graph.count <= REFERENCE_NODES_MAX)
        formula_check_values(act);
    og_act_free(act);
}

#endif
