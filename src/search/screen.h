/* Which formulas are worth training, as far as that is known without training: the analysis of the formula
 * (docs/analysis.md), the way of a signal through an untrained network, and what it costs. */
#ifndef OG_SEARCH_SCREEN_H
#define OG_SEARCH_SCREEN_H

#include <ogive/act.h>
#include <ogive/facts.h>

#include "base/status.h"

typedef enum og__rejection {
    OG_REJECTION_NONE,
#define OG_REJECTION(id, name, words) OG_REJECTION_##id,
#include "search/screen.def"
    OG_REJECTION_COUNT,
} og__rejection;

const char *og__rejection_name(og__rejection rejection);  /* "gradient" */
const char *og__rejection_words(og__rejection rejection); /* completes "it is" or "it has" */

typedef struct og__screen_rules {
    double nonlinearity_least; /* 1 - corr(f(z), z)^2 */
    double chi_most;           /* growth of the squared gradient per layer behind a norm */
    int layers;                /* of the network that a signal goes through */
    double signal_least;       /* correlation at its end of two inputs that begin with 0.9 */
    double growth_most;        /* power of x */
    double cost_most;          /* times relu's */
    double relu_instructions;
} og__screen_rules;

/**
 * Rules that every function of the catalogue passes that people train U-Nets with: half of what relu leaves of a
 * signal, and limits that the others' moments keep.
 *
 * @param layers      of the network
 * @param cost_most   times relu's
 */
og_status og__screen_rules_init(int layers, double cost_most, og__screen_rules *rules);

/* What is known of a formula before it is trained. */
typedef struct og__prospect {
    double chi; /* chi_norm of its moments */
    double nonlinearity;
    double signal; /* see signal_least */
    double cost;   /* times relu's */
    og__rejection rejection;
    char why[160]; /* with the formula's own numbers; "" for none */
} og__prospect;

/**
 * Screen one formula of x.
 *
 * @return OG_OK, also for a rejection, or OG_ERR_MEMORY
 */
og_status og__screen(const og_act *act, const og__screen_rules *rules, og__prospect *prospect);

/**
 * What an activation computes per number in a training step: the instructions of its compiled value and derivatives,
 * with that of the norm beside it; exp, erf, sin, ... count as as many as their polynomials have.
 */
og_status og__instructions_of(const og_act *act, double *count);

#endif
