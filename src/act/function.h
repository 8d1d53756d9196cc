/* A formula of x with everything else fixed, ready to be evaluated in double, and the points where it may change from
 * one smooth piece to the next. */
#ifndef OG_ACT_FUNCTION_H
#define OG_ACT_FUNCTION_H

#include "act/act.h"

enum { OG_SPLITS_MAX = 64 };

typedef struct og__function {
    const og_act *act;
    double params[OG_ACT_PARAMS_MAX];
    double inputs[OG_INPUT_COUNT]; /* but x and mirror */
    bool is_own;                   /* the parameters are the activation's own: drawn ones stand for what is drawn */
    double *work;                  /* one per node */
    long budget;                   /* evaluations that each step of an analysis may spend */
    double splits[OG_SPLITS_MAX];  /* where a comparison, an absolute value, a denominator ... is 0, ascending */
    int split_count;
} og__function;

/* Bind a formula to parameter values (NULL: its own), at gate = 1, funnel = 0, noise = 1/2. */
og_status og__function_init(og__function *f, const og_act *act, const double *params);
void og__function_deinit(og__function *f);

/* Whether the formula reads more than x. */
bool og__function_is_section(const og_act *act);

double og__function_value(const og__function *f, double x);
double og__function_slope(const og__function *f, double x);
void og__function_both(const og__function *f, double x, double *value, double *slope);

/* Find the splits over the line; or coarsely, for common inputs only, when the other inputs have changed. */
og_status og__function_find_splits(og__function *f);
og_status og__function_find_common_splits(og__function *f);

/* Whether a curve of f goes to infinity at a split, seen from one side (-1 or 1): a pole, or the slope of a root. */
typedef double (*og__curve)(const og__function *f, double x);
bool og__function_pole(const og__function *f, og__curve g, double split, double side);

/* The i-th of `count` points that cover the line from -1e6 to 1e6: dense near 0, in growing steps further out. */
double og__function_scan_point(int i, int count);

/* How many points a step of an analysis may look at, odd, at most `most`. */
int og__function_scan_count(const og__function *f, int most);

#endif
