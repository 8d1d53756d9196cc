/* A function of one number as polynomials over equal intervals, for CPUs that look coefficients up in a register: any
 * function then costs the same few instructions. */
#ifndef OG_ACT_TABLE_H
#define OG_ACT_TABLE_H

#include <stdbool.h>

#include "act/act.h"

enum {
    OG_TABLE_PARTS = 32,  /* intervals of a step, 16 to each side of 0 */
    OG_TABLE_DEGREES = 9, /* of a polynomial: at most 8 */
    OG_TABLE_DEGREE_MIN = 3,
    OG_TABLE_REACH_MIN = 9, /* in steps: of normal numbers seven in a million lie further out */
};
#define OG_TABLE_STEP 0.5f

/* h(x) = sum of terms[k][i] t^k, where u = x / OG_TABLE_STEP, t = u - centers[i], i = ceil(u) modulo 32. Intervals have
 * their right end: at a kink the derivative is that of the left side, as for PyTorch's functions at 0. */
typedef struct og__table {
    _Alignas(64) float terms[OG_TABLE_DEGREES][OG_TABLE_PARTS];
    float centers[OG_TABLE_PARTS];
    int degree; /* 0: no table */
    int reach;  /* it serves for |u| < reach */
} og__table;

/**
 * Tabulate a function of x with fixed parameters, and its derivative, where that pays: each of them unless it is
 * arithmetic and roots alone, which a look-up does not beat.
 *
 * Each degree is tried in float32 as a kernel computes it, at some thousand numbers, against the formula in double. An
 * interval will do when no error is larger than 3 units in the last place, or, about a change of sign, half a unit of
 * the largest value there: less than src/act/exactness.def allows. The degree is the least whose intervals all do, or
 * that with which they do furthest from 0.
 */
og_status og__table_fit(const og_act *act, og__table *value, og__table *slope);

/* Whether an activation is such a function: one input, x, and no parameter that is learned, drawn, or differs between
 * channels. */
bool og__table_serves(const og_act *act);

/* What a table gives within its reach, bit for bit as kernels compute it. */
float og__table_at(const og__table *table, float x);

#endif
