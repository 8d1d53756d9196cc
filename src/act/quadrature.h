/* Integrals over an interval: adaptive, bounded in work. */
#ifndef OG_ACT_QUADRATURE_H
#define OG_ACT_QUADRATURE_H

enum { OG_INTEGRALS_MAX = 8 };

/* Fill values[] with the integrands at x. */
typedef void (*og__integrands)(void *context, double x, double *values);

/**
 * Add the integrals over [from, to] to sums[count].
 *
 * Gauss-Legendre rules of 10 and 20 points on halves, quarters, ... until they agree.
 *
 * @param count    integrands, at most OG_INTEGRALS_MAX
 * @param budget   evaluations left; when it runs out, what is left is integrated coarsely
 */
void og__integrate(og__integrands integrands, void *context, int count, double from, double to, long *budget,
                   double *sums);

#endif
