#include "act/quadrature.h"

#include <math.h>
#include <stdbool.h>

typedef struct point {
    double at, weight;
} point;

/* The positive halves of the symmetric rules (zeros of the Legendre polynomials). */
static const point rule_10[] = {
    {0.97390652851717172, 0.066671344308688138}, {0.86506336668898451, 0.14945134915058059},
    {0.67940956829902441, 0.21908636251598204},  {0.43339539412924719, 0.26926671930999636},
    {0.14887433898163121, 0.29552422471475287},
};
static const point rule_20[] = {
    {0.99312859918509492, 0.017614007139152118}, {0.96397192727791379, 0.040601429800386941},
    {0.91223442825132591, 0.062672048334109064}, {0.83911697182221882, 0.083276741576704749},
    {0.74633190646015079, 0.10193011981724044},  {0.63605368072651503, 0.11819453196151842},
    {0.5108670019508271, 0.13168863844917663},   {0.37370608871541956, 0.14209610931838205},
    {0.22778585114164508, 0.14917298647260375},  {0.076526521133497334, 0.15275338713072585},
};

enum { DEPTH_MAX = 40 };

typedef struct integration {
    og__integrands integrands;
    void *context;
    int count;
    long *budget;
    double *sums;
} integration;

static void apply(const integration *in, const point *rule, int half_count, double from, double to, double *result)
{
    double middle = 0.5 * (from + to), half = 0.5 * (to - from), values[OG_INTEGRALS_MAX];
    for (int k = 0; k < in->count; k++)
        result[k] = 0;
    for (int i = 0; i < 2 * half_count; i++) {
        double offset = half * rule[i / 2].at;
        in->integrands(in->context, i % 2 ? middle + offset : middle - offset, values);
        for (int k = 0; k < in->count; k++)
            result[k] += half * rule[i / 2].weight * values[k];
    }
    *in->budget -= 2 * half_count;
}

static void refine(const integration *in, double from, double to, int depth)
{
    double coarse[OG_INTEGRALS_MAX], fine[OG_INTEGRALS_MAX];
    apply(in, rule_10, 5, from, to, coarse);
    apply(in, rule_20, 10, from, to, fine);
    bool agree = true;
    for (int k = 0; k < in->count; k++) /* NaN agrees with nothing better */
        agree &= !(fabs(fine[k] - coarse[k]) > 1e-13 + 1e-11 * fabs(fine[k]));
    if (agree || depth == DEPTH_MAX || *in->budget <= 0) {
        for (int k = 0; k < in->count; k++)
            in->sums[k] += fine[k];
        return;
    }
    double middle = 0.5 * (from + to);
    refine(in, from, middle, depth + 1);
    refine(in, middle, to, depth + 1);
}

void og__integrate(og__integrands integrands, void *context, int count, double from, double to, long *budget,
                   double *sums)
{
    integration in = {.integrands = integrands, .context = context, .count = count, .budget = budget, .sums = sums};
    refine(&in, from, to, 0);
}
