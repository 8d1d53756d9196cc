/* A second reading of the catalogue, for the tests: definitions are parsed and evaluated here from their text alone, in
 * MPFR at any precision, with the derivatives by forward differentiation (dual numbers). Nothing of src/act takes part,
 * so that its parser, simplifier, differentiator and primitives are all under test. */
#ifndef OG_TESTS_ACT_DEFINITION_H
#define OG_TESTS_ACT_DEFINITION_H

#include <stddef.h>

enum { DEFINITION_NODES_MAX = 1024, DEFINITION_PARAMS_MAX = 16, DEFINITION_INPUTS = 7 };

/* What a formula reads beside parameters, in the order of og_input. */
extern const char *const definition_input_names[DEFINITION_INPUTS];

typedef struct definition definition;

/**
 * Read "name(p = default, ...) = expression", or an expression whose parameters are `; p = value, ...` behind it.
 *
 * @param rows   the catalogue's definitions, for calls of one row in another; NULL behind the last
 *
 * Ends the process with a message when the text is not one of the language: a test cannot go on.
 */
definition *definition_new(const char *text, const char *const *rows);
void definition_free(definition *d);

const char *definition_name(const definition *d); /* "" for a bare expression */
size_t definition_param_count(const definition *d);
const char *definition_param_name(const definition *d, size_t k);
int definition_reads(const definition *d, int input);

/**
 * Evaluate at one point.
 *
 *   value, by_input[i], by_param[k]    rounded to double from `bits` bits; NaN and infinities as IEEE has them
 */
void definition_evaluate(const definition *d, int bits, const double inputs[DEFINITION_INPUTS], const double *params,
                         double *value, double by_input[DEFINITION_INPUTS], double *by_param);

#endif
