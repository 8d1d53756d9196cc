/* The functions of one argument, from their textbook definitions. */
#include <stdbool.h>
#include <string.h>

#include "act/definition_parts.h"

#define BITS mpfr_get_prec(y)
#define PRIMITIVE(name) static void name##_(mpfr_ptr y, mpfr_ptr dy, mpfr_srcptr u)

/* s = 1 / (1 + e^-u), ds = e^-|u| / (1 + e^-|u|)^2 */
static void logistic(mpfr_ptr s, mpfr_ptr ds, mpfr_srcptr u)
{
    mpfr_t e, below;
    mpfr_inits2(mpfr_get_prec(s), e, below, (mpfr_ptr)0);
    bool negative = mpfr_sgn(u) < 0;
    mpfr_abs(e, u, RN);
    mpfr_neg(e, e, RN);
    mpfr_exp(e, e, RN);
    mpfr_add_ui(below, e, 1, RN);
    mpfr_ui_div(s, 1, below, RN);
    if (negative)
        mpfr_mul(s, s, e, RN);
    mpfr_sqr(below, below, RN);
    mpfr_div(ds, e, below, RN);
    mpfr_clears(e, below, (mpfr_ptr)0);
}

PRIMITIVE(abs)
{
    mpfr_abs(y, u, RN);
    mpfr_set_si(dy, mpfr_sgn(u), RN);
}
PRIMITIVE(sign)
{
    mpfr_set_si(y, mpfr_sgn(u), RN);
    mpfr_set_ui(dy, 0, RN);
}
PRIMITIVE(sqrt)
{
    mpfr_sqrt(y, u, RN);
    mpfr_mul_ui(dy, y, 2, RN);
    mpfr_ui_div(dy, 1, dy, RN);
}
PRIMITIVE(rsqrt)
{
    mpfr_rec_sqrt(y, u, RN);
    mpfr_div(dy, y, u, RN);
    mpfr_div_si(dy, dy, -2, RN);
}
PRIMITIVE(exp)
{
    mpfr_exp(y, u, RN);
    mpfr_set(dy, y, RN);
}
PRIMITIVE(expm1)
{
    mpfr_expm1(y, u, RN);
    mpfr_exp(dy, u, RN);
}
PRIMITIVE(log)
{
    mpfr_log(y, u, RN);
    mpfr_ui_div(dy, 1, u, RN);
}
PRIMITIVE(log1p)
{
    mpfr_log1p(y, u, RN);
    mpfr_add_ui(dy, u, 1, RN);
    mpfr_ui_div(dy, 1, dy, RN);
}
PRIMITIVE(sigmoid)
{
    logistic(y, dy, u);
}
PRIMITIVE(softplus)
{
    mpfr_t e;
    mpfr_init2(e, BITS);
    mpfr_abs(e, u, RN);
    mpfr_neg(e, e, RN);
    mpfr_exp(e, e, RN);
    mpfr_log1p(e, e, RN);
    logistic(dy, y, u);
    if (mpfr_sgn(u) > 0)
        mpfr_add(y, u, e, RN);
    else
        mpfr_set(y, e, RN);
    mpfr_clear(e);
}
PRIMITIVE(log_sigmoid)
{
    mpfr_t minus;
    mpfr_init2(minus, BITS);
    mpfr_neg(minus, u, RN);
    softplus_(y, dy, minus);
    mpfr_neg(y, y, RN);
    mpfr_clear(minus);
}
PRIMITIVE(tanh)
{
    mpfr_tanh(y, u, RN);
    mpfr_sech(dy, u, RN);
    mpfr_sqr(dy, dy, RN);
}
PRIMITIVE(sech2)
{
    tanh_(dy, y, u);
    mpfr_mul(dy, dy, y, RN);
    mpfr_mul_si(dy, dy, -2, RN);
}
PRIMITIVE(tanhshrink)
{
    mpfr_tanh(y, u, RN);
    mpfr_sqr(dy, y, RN);
    mpfr_sub(y, u, y, RN);
}
PRIMITIVE(exp_rest)
{
    mpfr_expm1(dy, u, RN);
    mpfr_sub(y, dy, u, RN);
}
PRIMITIVE(exp_turn)
{
    mpfr_exp(dy, u, RN);
    mpfr_mul(dy, dy, u, RN);
    mpfr_expm1(y, u, RN);
    mpfr_sub(y, y, dy, RN);
    mpfr_neg(dy, dy, RN);
}
static void through_softplus(mpfr_ptr y, mpfr_ptr dy, mpfr_srcptr u, primitive outer)
{
    mpfr_t s, ds;
    mpfr_inits2(BITS, s, ds, (mpfr_ptr)0);
    softplus_(s, ds, u);
    outer(y, dy, s);
    mpfr_mul(dy, dy, ds, RN);
    mpfr_clears(s, ds, (mpfr_ptr)0);
}
PRIMITIVE(tanh_softplus)
{
    through_softplus(y, dy, u, tanh_);
}
PRIMITIVE(sech2_softplus)
{
    through_softplus(y, dy, u, sech2_);
}
PRIMITIVE(gaussian)
{
    mpfr_sqr(y, u, RN);
    mpfr_neg(y, y, RN);
    mpfr_exp(y, y, RN);
    mpfr_mul(dy, y, u, RN);
    mpfr_mul_si(dy, dy, -2, RN);
}
static void two_over_root_pi(mpfr_ptr c)
{
    mpfr_const_pi(c, RN);
    mpfr_rec_sqrt(c, c, RN);
    mpfr_mul_ui(c, c, 2, RN);
}
PRIMITIVE(erf)
{
    gaussian_(dy, y, u);
    two_over_root_pi(y);
    mpfr_mul(dy, dy, y, RN);
    mpfr_erf(y, u, RN);
}
PRIMITIVE(erfc)
{
    erf_(y, dy, u);
    mpfr_neg(dy, dy, RN);
    mpfr_erfc(y, u, RN);
}
/* y = e^(-u^2/2) / sqrt(2 pi) */
PRIMITIVE(normal_pdf)
{
    mpfr_sqr(y, u, RN);
    mpfr_div_si(y, y, -2, RN);
    mpfr_exp(y, y, RN);
    mpfr_const_pi(dy, RN);
    mpfr_mul_ui(dy, dy, 2, RN);
    mpfr_rec_sqrt(dy, dy, RN);
    mpfr_mul(y, y, dy, RN);
    mpfr_mul(dy, y, u, RN);
    mpfr_neg(dy, dy, RN);
}
PRIMITIVE(normal_cdf)
{
    normal_pdf_(dy, y, u);
    mpfr_set_ui(y, 2, RN);
    mpfr_rec_sqrt(y, y, RN);
    mpfr_mul(y, y, u, RN);
    mpfr_neg(y, y, RN);
    mpfr_erfc(y, y, RN);
    mpfr_div_ui(y, y, 2, RN);
}
PRIMITIVE(sin)
{
    mpfr_sin_cos(y, dy, u, RN);
}
PRIMITIVE(cos)
{
    mpfr_sin_cos(dy, y, u, RN);
    mpfr_neg(dy, dy, RN);
}
PRIMITIVE(atan)
{
    mpfr_atan(y, u, RN);
    mpfr_sqr(dy, u, RN);
    mpfr_add_ui(dy, dy, 1, RN);
    mpfr_ui_div(dy, 1, dy, RN);
}
PRIMITIVE(asinh)
{
    mpfr_asinh(y, u, RN);
    mpfr_sqr(dy, u, RN);
    mpfr_add_ui(dy, dy, 1, RN);
    mpfr_rec_sqrt(dy, dy, RN);
}

static const struct {
    const char *name;
    primitive function;
} primitives[] = {
#define NAMED(name)                                                                                                    \
    {                                                                                                                  \
#name, name##_                                                                                                 \
    }
    NAMED(abs),
    NAMED(sign),
    NAMED(sqrt),
    NAMED(rsqrt),
    NAMED(exp),
    NAMED(expm1),
    NAMED(log),
    NAMED(log1p),
    NAMED(sigmoid),
    NAMED(tanh),
    NAMED(sech2),
    NAMED(softplus),
    NAMED(erf),
    NAMED(erfc),
    NAMED(gaussian),
    NAMED(sin),
    NAMED(cos),
    NAMED(normal_pdf),
    NAMED(atan),
    NAMED(asinh),
    NAMED(log_sigmoid),
    NAMED(tanh_softplus),
    NAMED(sech2_softplus),
    NAMED(tanhshrink),
    NAMED(exp_rest),
    NAMED(exp_turn),
    NAMED(normal_cdf),
};

primitive definition_primitive(const char *name)
{
    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
        if (strcmp(primitives[i].name, name) == 0)
            return primitives[i].function;
    return NULL;
}
