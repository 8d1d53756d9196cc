/* Evaluation with derivatives, by dual numbers. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "act/definition_parts.h"

/* A value and its derivatives by the definition's variables; moves[v] is false where a derivative is 0 by structure, so
 * that 0 times infinity does not arise from what does not depend on v. */
typedef struct dual {
    mpfr_t value, slopes[SCOPE_MAX];
    bool moves[SCOPE_MAX];
} dual;

/* to.slopes += factor * from.slopes */
static void add_slopes(dual *to, mpfr_srcptr factor, const dual *from, int variables)
{
    mpfr_t product;
    mpfr_init2(product, mpfr_get_prec(to->value));
    for (int v = 0; v < variables; v++)
        if (from->moves[v]) {
            mpfr_mul(product, factor, from->slopes[v], RN);
            if (to->moves[v])
                mpfr_add(to->slopes[v], to->slopes[v], product, RN);
            else
                mpfr_set(to->slopes[v], product, RN);
            to->moves[v] = true;
        }
    mpfr_clear(product);
}

static void copy(dual *to, const dual *from, int variables)
{
    mpfr_set(to->value, from->value, RN);
    for (int v = 0; v < variables; v++) {
        to->moves[v] = from->moves[v];
        if (from->moves[v])
            mpfr_set(to->slopes[v], from->slopes[v], RN);
    }
}

static void set_number(const node *n, dual *to)
{
    if (strcmp(n->number, "pi") == 0)
        mpfr_const_pi(to->value, RN);
    else
        mpfr_set_str(to->value, n->number, 10, RN);
}

static bool holds(char op, const dual *u, const dual *v)
{
    bool unordered = mpfr_nan_p(u->value) || mpfr_nan_p(v->value);
    int order = unordered ? 0 : mpfr_cmp(u->value, v->value);
    switch (op) {
    case '<':
        return order < 0;
    case 'L':
        return !unordered && order <= 0;
    case '>':
        return order > 0;
    case 'G':
        return !unordered && order >= 0;
    case '=':
        return !unordered && order == 0;
    default:
        return unordered || order != 0;
    }
}

/* The second operand at a tie and when it is NaN; a number counts as second, since it does not move. */
static const dual *extreme(char op, const dual *u, const dual *v, bool u_is_number)
{
    if (mpfr_nan_p(u->value) || mpfr_nan_p(v->value))
        return mpfr_nan_p(v->value) ? v : u;
    int order = mpfr_cmp(u->value, v->value);
    if (order == 0)
        return u_is_number ? u : v;
    return (op == 'M') == (order > 0) ? u : v;
}

/* u^v, with v u^(v-1) and u^v ln u, where 0^v counts as constant in v. */
static void power(dual *to, const dual *u, const dual *v, int variables)
{
    mpfr_t factor, less;
    mpfr_inits2(mpfr_get_prec(to->value), factor, less, (mpfr_ptr)0);
    mpfr_pow(to->value, u->value, v->value, RN);
    mpfr_sub_ui(less, v->value, 1, RN);
    mpfr_pow(factor, u->value, less, RN);
    mpfr_mul(factor, factor, v->value, RN);
    add_slopes(to, factor, u, variables);
    if (mpfr_zero_p(u->value))
        mpfr_set_ui(factor, 0, RN);
    else {
        mpfr_log(factor, u->value, RN);
        mpfr_mul(factor, factor, to->value, RN);
    }
    add_slopes(to, factor, v, variables);
    mpfr_clears(factor, less, (mpfr_ptr)0);
}

static void quotient(dual *to, const dual *u, const dual *v, int variables)
{
    mpfr_t factor;
    mpfr_init2(factor, mpfr_get_prec(to->value));
    mpfr_div(to->value, u->value, v->value, RN);
    mpfr_ui_div(factor, 1, v->value, RN);
    add_slopes(to, factor, u, variables);
    mpfr_mul(factor, factor, to->value, RN);
    mpfr_neg(factor, factor, RN);
    add_slopes(to, factor, v, variables);
    mpfr_clear(factor);
}

static void function(const node *n, dual *to, const dual *u, int variables)
{
    mpfr_t slope;
    mpfr_init2(slope, mpfr_get_prec(to->value));
    n->function(to->value, slope, u->value);
    if (mpfr_nan_p(u->value)) {
        mpfr_set_nan(to->value);
        mpfr_set_nan(slope);
    }
    add_slopes(to, slope, u, variables);
    mpfr_clear(slope);
}

static void compute(const definition *d, const node *n, dual *duals, dual *to)
{
    const dual *u = &duals[n->args[0]], *v = &duals[n->args[1]], *w = &duals[n->args[2]];
    int count = d->variable_count;
    mpfr_t one;
    mpfr_init2(one, 2);
    switch (n->op) {
    case 'f':
        function(n, to, u, count);
        break;
    case '+':
    case '-':
        (n->op == '+' ? mpfr_add : mpfr_sub)(to->value, u->value, v->value, RN);
        mpfr_set_si(one, 1, RN);
        add_slopes(to, one, u, count);
        mpfr_set_si(one, n->op == '+' ? 1 : -1, RN);
        add_slopes(to, one, v, count);
        break;
    case '~':
        mpfr_neg(to->value, u->value, RN);
        mpfr_set_si(one, -1, RN);
        add_slopes(to, one, u, count);
        break;
    case '*':
        mpfr_mul(to->value, u->value, v->value, RN);
        add_slopes(to, v->value, u, count);
        add_slopes(to, u->value, v, count);
        break;
    case '/':
        quotient(to, u, v, count);
        break;
    case '^':
        power(to, u, v, count);
        break;
    case 'm':
    case 'M':
        copy(to, extreme(n->op, u, v, d->nodes[n->args[0]].op == 'n'), count);
        break;
    case '?':
        copy(to, mpfr_zero_p(u->value) ? w : v, count);
        break;
    default:
        mpfr_set_ui(to->value, holds(n->op, u, v), RN);
    }
    mpfr_clear(one);
}

static double rounded(const dual *result, int v)
{
    return result->moves[v] ? mpfr_get_d(result->slopes[v], RN) : 0;
}

void definition_evaluate(const definition *d, int bits, const double inputs[DEFINITION_INPUTS], const double *params,
                         double *value, double by_input[DEFINITION_INPUTS], double *by_param)
{
    int count = d->variable_count;
    dual *duals = calloc((size_t)d->count, sizeof *duals);
    for (int i = 0; i <= d->root; i++) {
        const node *n = &d->nodes[i];
        mpfr_init2(duals[i].value, bits);
        for (int v = 0; v < count; v++)
            mpfr_init2(duals[i].slopes[v], bits);
        if (n->op == 'n')
            set_number(n, &duals[i]);
        else if (n->op == 'v') {
            int at = n->variable;
            mpfr_set_d(duals[i].value, at < DEFINITION_INPUTS ? inputs[at] : params[at - DEFINITION_INPUTS], RN);
            for (int v = 0; v < count; v++)
                if (d->variables[v] == at) {
                    duals[i].moves[v] = true;
                    mpfr_set_ui(duals[i].slopes[v], 1, RN);
                }
        } else
            compute(d, n, duals, &duals[i]);
    }
    *value = mpfr_get_d(duals[d->root].value, RN);
    for (int i = 0; i < DEFINITION_INPUTS; i++)
        by_input[i] = 0;
    for (int k = 0; k < d->param_count; k++)
        by_param[k] = 0;
    for (int v = 0; v < count; v++)
        *(d->variables[v] < DEFINITION_INPUTS ? &by_input[d->variables[v]]
                                              : &by_param[d->variables[v] - DEFINITION_INPUTS]) =
            rounded(&duals[d->root], v);
    for (int i = 0; i <= d->root; i++) {
        mpfr_clear(duals[i].value);
        for (int v = 0; v < count; v++)
            mpfr_clear(duals[i].slopes[v]);
    }
    free(duals);
}
