#include "act/definition.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mpfr.h>

const char *const definition_input_names[DEFINITION_INPUTS] = {"x",      "gate",   "gate2", "gate3",
                                                               "funnel", "mirror", "noise"};

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

/* --- primitives from their textbook definitions ------------------------------------------------------------------- */

#define BITS mpfr_get_prec(y)
#define PRIMITIVE(name) static void name##_(mpfr_ptr y, mpfr_ptr dy, mpfr_srcptr u)
#define RN MPFR_RNDN

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

/* --- reading ------------------------------------------------------------------------------------------------------ */

typedef struct scope {
    int count;
    char names[SCOPE_MAX][NAME_BYTES];
    int nodes[SCOPE_MAX];
} scope;

typedef struct reader {
    definition *d;
    const char *text, *at;
    const char *const *rows;
    const scope *scope;
    int depth;
} reader;

static _Noreturn void fail(const reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "definition '%s', at '%.30s': ", r->text, r->at);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static int add(reader *r, node n)
{
    if (r->d->count == DEFINITION_NODES_MAX)
        fail(r, "too large");
    r->d->nodes[r->d->count] = n;
    return r->d->count++;
}

static int add_number(reader *r, const char *text, size_t length)
{
    return add(r, (node){.op = 'n', .number = strndup(text, length)});
}

static int add_2(reader *r, char op, int u, int v)
{
    return add(r, (node){.op = op, .args = {u, v}});
}

static void skip_space(reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

static bool accept(reader *r, const char *sign)
{
    skip_space(r);
    size_t length = strlen(sign);
    if (strncmp(r->at, sign, length) != 0)
        return false;
    r->at += length;
    return true;
}

static void expect(reader *r, const char *sign)
{
    if (!accept(r, sign))
        fail(r, "expected '%s'", sign);
}

static bool accept_name(reader *r, char name[NAME_BYTES])
{
    skip_space(r);
    size_t length = 0;
    if (!isalpha((unsigned char)*r->at))
        return false;
    while (isalnum((unsigned char)r->at[length]) || r->at[length] == '_')
        length++;
    if (length >= NAME_BYTES)
        fail(r, "a long name");
    memcpy(name, r->at, length);
    name[length] = '\0';
    r->at += length;
    return true;
}

static int comparison(reader *r);

static const char *find_row(const reader *r, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *row = r->rows; row && *row; row++)
        if (strncmp(*row, name, length) == 0 && (*row)[length] == '(')
            return *row;
    return NULL;
}

/* A default: a number, or the middle of what is drawn, or 1/2 for what the network predicts. */
static int default_value(reader *r)
{
    if (accept(r, "learn(") || accept(r, "alternate(")) {
        int value = default_value(r);
        while (accept(r, ","))
            if (!accept(r, "channel") && !accept(r, "layer"))
                fail(r, "an unknown word");
        expect(r, ")");
        return value;
    }
    if (accept(r, "uniform(") || accept(r, "normal(")) {
        bool uniform = r->at[-2] == 'm';
        int first = comparison(r);
        expect(r, ",");
        int second = comparison(r);
        expect(r, ")");
        return uniform ? add_2(r, '*', add_number(r, "0.5", 3), add_2(r, '+', first, second)) : first;
    }
    if (accept(r, "excite(")) {
        r->at += strcspn(r->at, ")");
        expect(r, ")");
        return add_number(r, "0.5", 3);
    }
    return comparison(r);
}

/* Read "name(p = default, ...) =" and bind each parameter to its default, or to what `given` has for it. */
static void signature(reader *r, scope *own, const scope *given)
{
    char name[NAME_BYTES];
    accept_name(r, name);
    expect(r, "(");
    while (!accept(r, ")")) {
        accept_name(r, own->names[own->count]);
        expect(r, "=");
        int value = default_value(r);
        for (int i = 0; i < given->count; i++)
            if (strcmp(given->names[i], own->names[own->count]) == 0)
                value = given->nodes[i];
        own->nodes[own->count++] = value;
        accept(r, ",");
    }
    expect(r, "=");
}

/* Another row as a function of `input`. */
static int row_call(reader *r, const char *row, int input, const scope *given)
{
    scope own = {.count = 1, .names = {"x"}, .nodes = {input}};
    reader inner = {r->d, row, row, r->rows, &own, r->depth + 1};
    if (inner.depth > 20)
        fail(r, "rows that call each other");
    signature(&inner, &own, given);
    return comparison(&inner);
}

static int call(reader *r, const char *name)
{
    scope given = {0};
    int args[3] = {0}, count = 0;
    while (!accept(r, ")")) {
        const char *before = r->at;
        char word[NAME_BYTES];
        if (accept_name(r, word) && !accept(r, "==") && accept(r, "=")) {
            strcpy(given.names[given.count], word);
            given.nodes[given.count++] = comparison(r);
        } else {
            r->at = before;
            if (count == 3)
                fail(r, "too many arguments");
            args[count++] = comparison(r);
        }
        accept(r, ",");
    }
    if (count == 2 && strcmp(name, "min") == 0)
        return add_2(r, 'm', args[0], args[1]);
    if (count == 2 && strcmp(name, "max") == 0)
        return add_2(r, 'M', args[0], args[1]);
    if (count == 2 && strcmp(name, "pow") == 0)
        return add_2(r, '^', args[0], args[1]);
    if (count == 3 && strcmp(name, "clamp") == 0)
        return add_2(r, 'm', add_2(r, 'M', args[0], args[1]), args[2]);
    if (count == 3 && strcmp(name, "where") == 0)
        return add(r, (node){.op = '?', .args = {args[0], args[1], args[2]}});
    for (size_t i = 0; count == 1 && given.count == 0 && i < sizeof primitives / sizeof primitives[0]; i++)
        if (strcmp(primitives[i].name, name) == 0)
            return add(r, (node){.op = 'f', .args = {args[0]}, .function = primitives[i].function});
    const char *row = find_row(r, name);
    if (!row || count != 1)
        fail(r, "no function '%s' of %d arguments", name, count);
    return row_call(r, row, args[0], &given);
}

static int atom(reader *r)
{
    char name[NAME_BYTES];
    if (accept(r, "(")) {
        int inside = comparison(r);
        expect(r, ")");
        return inside;
    }
    if (accept_name(r, name)) {
        if (accept(r, "("))
            return call(r, name);
        for (int i = 0; i < r->scope->count; i++)
            if (strcmp(r->scope->names[i], name) == 0)
                return r->scope->nodes[i];
        if (strcmp(name, "pi") == 0)
            return add_number(r, "pi", 2);
        fail(r, "no value '%s'", name);
    }
    char *end;
    strtod(r->at, &end);
    if (end == r->at)
        fail(r, "expected a value");
    int number = add_number(r, r->at, (size_t)(end - r->at));
    r->at = end;
    return number;
}

static int unary(reader *r)
{
    if (accept(r, "+"))
        return unary(r);
    if (accept(r, "-"))
        return add(r, (node){.op = '~', .args = {unary(r)}});
    int base = atom(r);
    return accept(r, "^") ? add_2(r, '^', base, unary(r)) : base;
}

static int term(reader *r)
{
    int left = unary(r);
    for (;;)
        if (accept(r, "*"))
            left = add_2(r, '*', left, unary(r));
        else if (accept(r, "/"))
            left = add_2(r, '/', left, unary(r));
        else
            return left;
}

static int sum(reader *r)
{
    int left = term(r);
    for (;;)
        if (accept(r, "+"))
            left = add_2(r, '+', left, term(r));
        else if (accept(r, "-"))
            left = add_2(r, '-', left, term(r));
        else
            return left;
}

static int comparison(reader *r)
{
    static const struct {
        const char *text;
        char op;
    } signs[] = {{"<=", 'L'}, {">=", 'G'}, {"==", '='}, {"!=", '!'}, {"<", '<'}, {">", '>'}};
    int left = sum(r);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (accept(r, signs[i].text))
            return add_2(r, signs[i].op, left, sum(r));
    return left;
}

/* --- definitions -------------------------------------------------------------------------------------------------- */

static void bind_variable(reader *r, scope *s, const char *name, int variable)
{
    strcpy(s->names[s->count], name);
    s->nodes[s->count++] = add(r, (node){.op = 'v', .variable = variable});
}

static bool is_read(const definition *d, int variable)
{
    bool *needed = calloc((size_t)d->count, sizeof *needed), found = false;
    needed[d->root] = true;
    for (int i = d->root; i >= 0; i--)
        if (needed[i]) {
            found |= d->nodes[i].op == 'v' && d->nodes[i].variable == variable;
            if (d->nodes[i].op != 'n' && d->nodes[i].op != 'v')
                for (int k = 0; k < 3; k++)
                    needed[d->nodes[i].args[k]] = true;
        }
    free(needed);
    return found;
}

definition *definition_new(const char *text, const char *const *rows)
{
    definition *d = calloc(1, sizeof *d);
    scope s = {0}, defaults = {0};
    reader r = {d, text, text, rows, &s, 0};
    add_number(&r, "0", 1); /* node 0: an unused argument */
    for (int i = 0; i < DEFINITION_INPUTS; i++)
        bind_variable(&r, &s, definition_input_names[i], i);
    const char *equals = strstr(text, ") = ");
    size_t name_length = strcspn(text, "(");
    if (equals && !strpbrk(text, ";") && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == name_length) {
        snprintf(d->name, sizeof d->name, "%.*s", (int)name_length, text);
        signature(&r, &defaults, &(scope){0});
        for (int k = 0; k < defaults.count; k++)
            strcpy(d->params[d->param_count++], defaults.names[k]);
    } else {
        const char *behind = strchr(text, ';');
        while (behind) {
            reader p = {d, text, behind + 1, rows, &s, 0};
            accept_name(&p, d->params[d->param_count++]);
            behind = strchr(behind + 1, ',');
        }
    }
    for (int k = 0; k < d->param_count; k++)
        bind_variable(&r, &s, d->params[k], DEFINITION_INPUTS + k);
    d->root = comparison(&r);
    skip_space(&r);
    if (*r.at != '\0' && *r.at != ';')
        fail(&r, "expected the end");
    for (int v = 0; v < DEFINITION_INPUTS + d->param_count; v++)
        if (is_read(d, v))
            d->variables[d->variable_count++] = v;
    return d;
}

void definition_free(definition *d)
{
    for (int i = 0; d && i < d->count; i++)
        free(d->nodes[i].number);
    free(d);
}

const char *definition_name(const definition *d)
{
    return d->name;
}

size_t definition_param_count(const definition *d)
{
    return (size_t)d->param_count;
}

const char *definition_param_name(const definition *d, size_t k)
{
    return d->params[k];
}

int definition_reads(const definition *d, int input)
{
    for (int v = 0; v < d->variable_count; v++)
        if (d->variables[v] == input)
            return 1;
    return 0;
}

/* --- dual numbers ------------------------------------------------------------------------------------------------- */

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
