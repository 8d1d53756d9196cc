/* What follows from an activation's formula alone: its shape, its moments under normal inputs, what a deep network
 * would do with a signal, and what to think of it. docs/analysis.md explains the numbers. */
#ifndef OGIVE_FACTS_H
#define OGIVE_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/act.h>
#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- moments ------------------------------------------------------------------------------------------------------ */

/** Moments for z ~ N(mean, sd^2). f' is the derivative by x.
 *
 * Where a formula reads more than x, gates and funnel are independent N(0, 1), mirror is x, and noise is uniform in
 * [0, 1): what a network has at its start behind a norm. Excited parameters are 1/2. Over drawn ones the moments are
 * averaged (by two points for each); facts of shape are those at their mean. */
typedef struct og_act_moments {
    double mean;          /* E f(z) */
    double second_moment; /* E f(z)^2 */
    double variance;      /* Var f(z) */
    double slope_moment;  /* E f'(z)^2 */
    double slope_mean;    /* E f'(z) */
    double gain;          /* 1 / sqrt(E f^2): weight initialisation that keeps E y^2 */
    double gain_variance; /* 1 / sqrt(Var f) */
    double gain_backward; /* 1 / sqrt(E f'^2) */
    double chi;           /* E f'^2 / E f^2: growth of squared gradients per layer without a norm, for a unit input */
    double chi_norm;      /* E f'^2 / Var f: the same with a norm before f */
    double nonlinearity;  /* 1 - corr(f(z), z)^2: 0 for a straight line */
    double odd_share;     /* E f_odd^2 / E f^2, f_odd being the odd part about the mean: 1 odd, 0 even */
} og_act_moments;

/**
 * Find the moments by quadrature in double; relative error below 1e-8 for smooth or piecewise smooth formulas of x.
 *
 * @param sd       above 0
 * @param params   the parameters' values, [og_act_param_count()], or NULL for the activation's own
 *
 * @return OG_OK, OG_ERR_MEMORY, OG_ERR_ARGUMENT for a mean or sd that is no such number, or
 *         OG_ERR_NUMERIC  when f has no finite mean and variance there: the text says where it is not finite
 */
OG_API og_status og_act_moments_at(const og_act *act, double mean, double sd, const double *params,
                                   og_act_moments *moments);

/* --- shape -------------------------------------------------------------------------------------------------------- */

enum {
    OG_FACT_ITEMS_MAX = 16,     /* kinks, zeros, pieces, domain intervals that are kept: the nearest to 0 */
    OG_SMOOTH_WITHOUT_END = 99, /* og_act_facts.smoothness of a C^inf function */
};

/** What f does far out on one side. */
typedef enum og_tail {
    OG_TAIL_NONE,       /* not finite there */
    OG_TAIL_LIMIT,      /* approaches a number */
    OG_TAIL_LINE,       /* approaches slope*x + intercept, slope != 0 */
    OG_TAIL_GROWTH,     /* grows without a line: about |x|^power, power infinite for exponentials, 0 for logarithms */
    OG_TAIL_OSCILLATES, /* neither */
} og_tail;

typedef struct og_act_tail {
    og_tail kind;
    double limit;            /* a number, an infinity, or NaN where there is none */
    double slope, intercept; /* of the line (a limit is the line of slope 0), else NaN */
    double power;            /* of the growth: 0 for a limit, 1 for a line; NaN where f oscillates or is not finite */
    bool saturates;          /* f' goes to 0 */
    double flat_from;        /* beyond it |f'| stays below 0.05 max |f'| over [-8, 8]; NaN where it does not */
    double flat_share;       /* P(|f'(z)| below that, z on this side of 0), z ~ N(0, 1) */
} og_act_tail;

/** A point where f or f' jumps. */
typedef struct og_act_kink {
    double x;
    bool jump;                      /* f itself */
    double left, right;             /* f on either side */
    double slope_left, slope_right; /* f' on either side */
} og_act_kink;

/** [from, to], infinite where it does not end; a point where both are equal. */
typedef struct og_interval {
    double from, to;
} og_interval;

typedef struct og_act_piece {
    double from, to;
    int direction; /* 1 rises, -1 falls, 0 constant */
} og_act_piece;

/** Facts of the function of x alone: of its section at gate = 1, funnel = 0, noise = 1/2 where it reads more. */
typedef struct og_act_facts {
    og_act_moments moments; /* for z ~ N(0, 1) */
    bool is_section;        /* the formula reads more than x */
    int shifted_param;      /* a drawn parameter that is taken one standard deviation above its mean, because f is
                               constant at the means; -1 for none */
    double min, max;        /* range over the reals; -inf and inf where unbounded */
    bool min_attained, max_attained;
    double min_at, max_at; /* where, when attained: the place nearest to 0 */
    og_act_tail left, right;
    double slope_max;    /* sup |f'| outside jumps, inf where unbounded */
    double slope_max_at; /* -inf or inf where it is approached, not attained */
    double lipschitz;    /* the same, inf where f jumps */
    int smoothness;      /* n of C^n, -1 where f jumps or has a pole */
    bool monotonic;      /* never decreasing, or never increasing */
    bool odd, even, affine;
    bool homogeneous;  /* f(s x) = s f(x) for s > 0 */
    double flat_share; /* P(|f'(z)| < 1e-3), z ~ N(0, 1): inputs that pass no gradient */
    double zero_share; /* P(f(z) = 0) */
    int cost;          /* evaluations of exp, log, a root, a power, a trigonometric or an error function in f */
    int kink_count;    /* counts may be larger than what is kept */
    og_act_kink kinks[OG_FACT_ITEMS_MAX];
    int domain_count; /* where f is finite, over the float32 line */
    og_interval domain[OG_FACT_ITEMS_MAX];
    int zero_count;
    og_interval zeros[OG_FACT_ITEMS_MAX];
    int piece_count; /* of one direction each; a function that oscillates has as many as were looked at */
    og_act_piece pieces[OG_FACT_ITEMS_MAX];
} og_act_facts;

/**
 * Find the facts by evaluating the formula in double.
 *
 * @param facts   filled as far as they can be known, also on OG_ERR_NUMERIC
 *
 * @return OG_OK, OG_ERR_MEMORY, or
 *         OG_ERR_NUMERIC  when f has no finite mean and variance for normal inputs (it is not finite somewhere, or
 *                         grows too fast), so that no network can be trained with it
 *
 * Takes up to a second for the largest formulas; a result may be coarser for these, never absent.
 */
OG_API og_status og_act_analyse(const og_act *act, og_act_facts *facts);

/** The same for other values of the parameters, such as learned ones: params[og_act_param_count()]. */
OG_API og_status og_act_analyse_at(const og_act *act, const double *params, og_act_facts *facts);

/**
 * Judge whether a network can be trained with an activation.
 *
 * @param warnings   set to one line for each doubt, ending in a newline, or NULL when there is none; released with
 * free(); NULL to learn only whether it is refused
 *
 * @return OG_OK, OG_ERR_MEMORY, or
 *         OG_ERR_NUMERIC  it cannot: f is constant, its gradient is 0 nearly everywhere, it is not finite for common
 *                         inputs, or has no moments; the text says which and where
 */
OG_API og_status og_act_check(const og_act *act, char **warnings);

/* --- a signal through depth ----------------------------------------------------------------------------------------
 */

/** Wide layers h = W f(h_before) + b with independent normal weights of variance gain^2 / fan_in. */
typedef struct og_act_depth {
    double gain;          /* above 0 */
    double bias_variance; /* 0 or more; a norm takes the bias away */
    int layers;           /* 1 or more */
    bool normalised;      /* h is brought to mean 0 and variance 1 over the inputs before f */
    double variance;      /* of h in layer 0, above 0 */
    double correlation;   /* of two inputs' h in layer 0, in [-1, 1] */
} og_act_depth;

/** One layer's h; row 0 is the input's. */
typedef struct og_act_signal {
    double variance;    /* E h^2 before the norm */
    double correlation; /* of two inputs' h */
    double gradient;    /* rms gradient by h here, in units of the last layer's */
} og_act_signal;

/** Where the signal ends in a network without end. */
typedef struct og_act_limit {
    double variance;    /* fixed point of E h^2 that is reached, 0 or inf where it dies out or explodes */
    double correlation; /* fixed point of the correlation that is reached; NaN without a variance */
    double chi;         /* E f'^2 gain^2 at that variance: growth of the squared gradient per layer */
    double depth_scale; /* layers in which a difference of correlation shrinks to 1/e; inf at criticality */
} og_act_limit;

/**
 * Predict variance, correlation and gradient through a deep network.
 *
 *   q' = gain^2 E f(sqrt(q) z)^2 + bias_variance,  c' = (gain^2 E f(u) f(v) + bias_variance) / q',
 *   u, v normal with variance q and correlation c;  d = gain^2 E f'(sqrt(q) z)^2 d'
 *
 * and with a norm q = 1 before f, c' = Cov(f(u), f(v)) / Var f, d = E f'^2 / Var f d'.
 *
 * @param params    see og_act_moments_at()
 * @param signals   [depth->layers + 1], or NULL
 * @param limit     or NULL
 *
 * @return OG_OK, OG_ERR_MEMORY, OG_ERR_ARGUMENT for options out of range, OG_ERR_UNSUPPORTED for a formula that reads
 *         more than x, or OG_ERR_NUMERIC when f has no moments
 *
 * Source: Poole et al., Exponential expressivity in deep neural networks, 2016; Schoenholz et al., Deep information
 * propagation, 2017.
 */
OG_API og_status og_act_propagate(const og_act *act, const double *params, const og_act_depth *depth,
                                  og_act_signal *signals, og_act_limit *limit);

/* --- in words ------------------------------------------------------------------------------------------------------
 */

typedef enum og_language {
    OG_LANGUAGE_ENGLISH,
    OG_LANGUAGE_CHINESE,
} og_language;

typedef enum og_remark_kind {
    OG_REMARK_STRENGTH,
    OG_REMARK_WEAKNESS,
    OG_REMARK_ADVICE,
} og_remark_kind;

/** A sentence about an activation with its own numbers, such as "Half of all normal inputs pass no gradient ...". */
typedef struct og_act_remark {
    og_remark_kind kind;
    const char *rule; /* "dying": a name for programs, static */
    char *text;       /* UTF-8 */
} og_act_remark;

/**
 * Say what the facts mean for training.
 *
 * @param remarks   [*count], strengths first, then weaknesses, then advice; released with og_act_remarks_free()
 */
OG_API og_status og_act_remarks(const og_act *act, og_language language, og_act_remark **remarks, size_t *count);
OG_API void og_act_remarks_free(og_act_remark *remarks, size_t count);

#ifdef __cplusplus
}
#endif
#endif
