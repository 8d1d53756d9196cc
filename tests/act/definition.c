#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/definition_parts.h"

const char *const definition_input_names[DEFINITION_INPUTS] = {"x",      "gate",   "gate2", "gate3",
                                                               "funnel", "mirror", "noise"};

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
    primitive known = count == 1 && given.count == 0 ? definition_primitive(name) : NULL;
    if (known)
        return add(r, (node){.op = 'f', .args = {args[0]}, .function = known});
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
