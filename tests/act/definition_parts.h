/* What the parts of the second reading of the catalogue share: the tree that is read, and the functions of one argument
 * in it. */
#ifndef OG_TESTS_ACT_DEFINITION_PARTS_H
#define OG_TESTS_ACT_DEFINITION_PARTS_H

#include "act/definition.h"

#include <mpfr.h>

#define RN MPFR_RNDN

enum { NAME_BYTES = 64, SCOPE_MAX = DEFINITION_PARAMS_MAX + DEFINITION_INPUTS };

/* A function of one argument: y and dy/du at u. */
typedef void (*primitive)(mpfr_ptr y, mpfr_ptr dy, mpfr_srcptr u);

typedef struct node {
    char op; /* 'n' number, 'v' variable, 'f' primitive, '+' '-' '*' '/' '^', '~' negative, 'm' min, 'M' max,
                '<' 'L' '>' 'G' '=' '!' comparisons, '?' where */
    int args[3];
    int variable;
    primitive function;
    char *number; /* its text: decimal numbers are exact */
} node;

struct definition {
    char name[NAME_BYTES];
    char params[DEFINITION_PARAMS_MAX][NAME_BYTES];
    int param_count;
    node nodes[DEFINITION_NODES_MAX];
    int count, root;
    int variables[SCOPE_MAX]; /* input i, or DEFINITION_INPUTS + parameter k */
    int variable_count;
};

/* The function of that name, by its textbook definition; NULL for none. */
primitive definition_primitive(const char *name);

#endif
