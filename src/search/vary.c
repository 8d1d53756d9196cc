#include "search/vary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "act/number.h"
#include "search/draft.h"
#include "search/operators.h"

typedef struct variation_row {
    const char *name, *words;
} variation_row;

static const variation_row rows[] = {
#define OG_VARIATION(id, name, words) {name, words},
#include "search/vary.def"
};

const char *og__variation_name(og__variation variation)
{
    return rows[variation].name;
}

const char *og__variation_words(og__variation variation)
{
    return rows[variation].words;
}

/* --- draws -------------------------------------------------------------------------------------------------------- */

static bool draw_bool(og__random *random, float chance)
{
    return og__random_uniform(random) < chance;
}

/* To the three digits that a formula which people read should have. */
static double rounded(double number)
{
    char text[40];
    snprintf(text, sizeof text, "%.3g", number);
    return strtod(text, NULL);
}

static float draw_number(og__random *random)
{
    static const float numbers[] = {0.1f, 0.25f, 0.5f, 1, 1, 1.5f, 2, 3, -1};
    return numbers[og__random_below(random, sizeof numbers / sizeof numbers[0])];
}

static og__expr draw_leaf(og__draft *draft, og__random *random)
{
    const float number_share = 0.15f, param_share = 0.1f;
    float share = og__random_uniform(random);
    if (share < param_share)
        return og__draft_param(draft, draw_number(random));
    if (share < param_share + number_share)
        return og__expr_number(&draft->graph, og__number_of_float(draw_number(random)));
    return og__expr_input(&draft->graph, OG_INPUT_X);
}

static og_status apply_unary(og__draft *draft, og__random *random, og__expr u, og__expr *value)
{
    return og__unary_apply(&draft->graph, og__random_below(random, (uint32_t)og__unary_count()), u, value);
}

static og_status apply_binary(og__draft *draft, og__random *random, og__expr u, og__expr v, og__expr *value)
{
    return og__binary_apply(&draft->graph, og__random_below(random, (uint32_t)og__binary_count()), u, v, value);
}

/* A tree of `size` operators. */
static og_status draw_tree(og__draft *draft, og__random *random, int size, og__expr *value)
{
    og__expr u, v;
    if (size == 0) {
        *value = draw_leaf(draft, random);
        return OG_OK;
    }
    if (draw_bool(random, 0.5f)) {
        if (size == 1)
            u = og__expr_input(&draft->graph, OG_INPUT_X); /* of a number it would be a number */
        else
            OG_TRY(draw_tree(draft, random, size - 1, &u));
        return apply_unary(draft, random, u, value);
    }
    int left = (int)og__random_below(random, (uint32_t)size);
    OG_TRY(draw_tree(draft, random, left, &u));
    OG_TRY(draw_tree(draft, random, size - 1 - left, &v));
    return apply_binary(draft, random, u, v, value);
}

/* --- places ------------------------------------------------------------------------------------------------------- */

/* The places of a tree that a variation may be at. */
typedef struct choice {
    og__expr places[OG_DRAFT_PLACES_MAX];
    int indices[OG_DRAFT_PLACES_MAX];
    int count;
} choice;

typedef bool (*place_test)(const og__expr_node *node);

static bool is_any(const og__expr_node *node)
{
    return !og__op_is_comparison(node->op);
}

static bool is_operator(const og__expr_node *node)
{
    return is_any(node) && og__op_arity(node->op) > 0;
}

static bool is_changeable(const og__expr_node *node)
{
    return is_any(node) && (og__op_arity(node->op) == 1 || og__op_arity(node->op) == 2);
}

static bool is_number(const og__expr_node *node)
{
    return node->op == OG_OP_NUMBER;
}

static bool is_param(const og__expr_node *node)
{
    return node->op == OG_OP_PARAM;
}

static choice find_places(const og__draft *draft, place_test test)
{
    og__expr all[OG_DRAFT_PLACES_MAX];
    choice found = {.count = 0};
    int count = og__draft_places(draft, all, NULL);
    for (int i = 0; i < count; i++)
        if (test(&draft->graph.nodes[all[i]])) {
            found.places[found.count] = all[i];
            found.indices[found.count++] = i;
        }
    return found;
}

/* One of the places that pass the test: its index in the tree, -1 where there is none. */
static int choose_place(const og__draft *draft, og__random *random, place_test test, og__expr *expr)
{
    choice found = find_places(draft, test);
    if (found.count == 0)
        return -1;
    uint32_t i = og__random_below(random, (uint32_t)found.count);
    *expr = found.places[i];
    return found.indices[i];
}

/* --- variations --------------------------------------------------------------------------------------------------- */

static og_status insert(og__draft *draft, og__random *random)
{
    og__expr expr, value;
    int place = choose_place(draft, random, is_any, &expr);
    if (draw_bool(random, 0.5f)) {
        OG_TRY(apply_unary(draft, random, expr, &value));
    } else {
        og__expr leaf = draw_leaf(draft, random);
        bool first = draw_bool(random, 0.5f);
        OG_TRY(apply_binary(draft, random, first ? leaf : expr, first ? expr : leaf, &value));
    }
    og__draft_replace(draft, place, value);
    return OG_OK;
}

static og_status change(og__draft *draft, og__random *random)
{
    og__expr expr, value;
    int place = choose_place(draft, random, is_changeable, &expr);
    if (place < 0)
        return insert(draft, random);
    const og__expr_node node = draft->graph.nodes[expr];
    if (og__op_arity(node.op) == 1)
        OG_TRY(apply_unary(draft, random, node.args[0], &value));
    else
        OG_TRY(apply_binary(draft, random, node.args[0], node.args[1], &value));
    og__draft_replace(draft, place, value);
    return OG_OK;
}

static og_status take_out(og__draft *draft, og__random *random)
{
    og__expr expr;
    int place = choose_place(draft, random, is_operator, &expr);
    if (place < 0)
        return insert(draft, random);
    const og__expr_node *node = &draft->graph.nodes[expr];
    int first = node->op == OG_OP_WHERE ? 1 : 0; /* a condition is no value */
    int kept = first + (int)og__random_below(random, (uint32_t)(og__op_arity(node->op) - first));
    og__draft_replace(draft, place, node->args[kept]);
    return OG_OK;
}

static og_status regrow(og__draft *draft, og__random *random)
{
    og__expr expr, value;
    int place = choose_place(draft, random, is_any, &expr);
    OG_TRY(draw_tree(draft, random, 1 + (int)og__random_below(random, 3), &value));
    og__draft_replace(draft, place, value);
    return OG_OK;
}

static og__expr scaled(og__draft *draft, og__expr factor, og__expr expr)
{
    return og__expr_2(&draft->graph, OG_OP_MUL, factor, expr);
}

/* By a third or so; now and then to the other side of 0. */
static float move_number(og__random *random, float number)
{
    double factor = exp(0.4 * (double)og__random_normal(random)) * (draw_bool(random, 0.1f) ? -1 : 1);
    return (float)rounded(number == 0 ? 0.3 * (double)og__random_normal(random) : (double)number * factor);
}

static og_status move(og__draft *draft, og__random *random)
{
    og__expr expr;
    choice params = find_places(draft, is_param);
    int place = choose_place(draft, random, is_number, &expr);
    if (params.count > 0 && (place < 0 || draw_bool(random, 0.5f))) {
        int param = draft->graph.nodes[params.places[og__random_below(random, (uint32_t)params.count)]].param;
        draft->params[param] = move_number(random, draft->params[param]);
    } else if (place >= 0) {
        float number = (float)draft->graph.nodes[expr].number;
        og__draft_replace(draft, place,
                          og__expr_number(&draft->graph, og__number_of_float(move_number(random, number))));
    } else {
        place = choose_place(draft, random, is_any, &expr);
        og__expr factor = og__expr_number(&draft->graph, og__number_of_float(move_number(random, 1)));
        og__draft_replace(draft, place, scaled(draft, factor, expr));
    }
    return OG_OK;
}

static og_status learn(og__draft *draft, og__random *random)
{
    og__expr expr;
    int place = choose_place(draft, random, is_param, &expr);
    if (place >= 0 && (draft->param_count == OG_DRAFT_PARAMS_MAX || draw_bool(random, 0.3f))) {
        float initial = draft->params[draft->graph.nodes[expr].param];
        og__draft_replace(draft, place, og__expr_number(&draft->graph, og__number_of_float(initial)));
        return OG_OK;
    }
    place = choose_place(draft, random, is_number, &expr);
    if (place >= 0 && draw_bool(random, 0.7f)) {
        og__draft_replace(draft, place, og__draft_param(draft, (float)draft->graph.nodes[expr].number));
        return OG_OK;
    }
    place = choose_place(draft, random, is_any, &expr);
    bool factor = draw_bool(random, 0.7f);
    og__expr param = og__draft_param(draft, factor ? 1 : 0);
    og__draft_replace(draft, place,
                      factor ? scaled(draft, param, expr) : og__expr_2(&draft->graph, OG_OP_ADD, expr, param));
    return OG_OK;
}

static og_status cross(og__draft *draft, og__random *random, const og_act *father)
{
    og__draft other;
    og__expr own, part;
    OG_TRY(og__draft_read(father, &other));
    int place = choose_place(draft, random, is_any, &own);
    bool whole = draw_bool(random, 0.2f); /* f(g(x)) is a cross, too: the father in the place of an x */
    if (whole || choose_place(&other, random, is_operator, &part) < 0)
        part = other.value;
    og__draft_replace(draft, place, og__draft_import(draft, &other, part));
    og__draft_deinit(&other);
    return OG_OK;
}

/* The convolution that reads f makes up for a factor of it: c f and f are one function of the network. */
static void strip_factor(og__draft *draft)
{
    const og__exprs *graph = &draft->graph;
    for (bool again = true; again;) {
        const og__expr_node *node = &graph->nodes[draft->value];
        again = false;
        for (int k = 0; k < 2 && node->op == OG_OP_MUL && !again; k++) {
            const og__expr_node *factor = &graph->nodes[node->args[k]];
            if (factor->op != OG_OP_PARAM && factor->op != OG_OP_NUMBER)
                continue;
            draft->value = node->args[1 - k];
            if (factor->op == OG_OP_NUMBER && factor->number < 0)
                draft->value = og__expr_1(&draft->graph, OG_OP_NEG, draft->value);
            again = true;
        }
    }
}

static bool is_short(double number)
{
    for (int divisor = 1; divisor < 100; divisor++)
        if (fabs(number * divisor - rint(number * divisor)) < 1e-12 && fabs(number * divisor) < 100)
            return true; /* simplify.c makes 1/6, and print.c shows it so */
    return false;
}

static bool is_long_number(const og__expr_node *node)
{
    return node->op == OG_OP_NUMBER && !is_short(node->number) && node->number != rounded(node->number);
}

/* What numbers have become by arithmetic among them: 0.7310585786300049. */
static void shorten_numbers(og__draft *draft)
{
    for (int turn = 0; turn < OG_DRAFT_PLACES_MAX; turn++) {
        choice found = find_places(draft, is_long_number);
        if (found.count == 0)
            return;
        double number = draft->graph.nodes[found.places[0]].number;
        og__draft_replace(draft, found.indices[0], og__expr_number(&draft->graph, rounded(number)));
    }
}

static og_status finish(og__draft *draft, og_act **act)
{
    strip_factor(draft);
    shorten_numbers(draft);
    return og__draft_act(draft, act);
}

og_status og__formula_draw(og__random *random, int size, og_act **act)
{
    og__draft draft;
    *act = NULL;
    OG_TRY(og__draft_init(&draft));
    og_status status = draw_tree(&draft, random, size, &draft.value);
    if (status == OG_OK)
        status = finish(&draft, act);
    og__draft_deinit(&draft);
    return status;
}

static og_status vary(og__draft *draft, og__random *random, og__variation variation, const og_act *father)
{
    switch (variation) {
    case OG_VARIATION_CHANGE:
        return change(draft, random);
    case OG_VARIATION_INSERT:
        return insert(draft, random);
    case OG_VARIATION_REMOVE:
        return take_out(draft, random);
    case OG_VARIATION_REGROW:
        return regrow(draft, random);
    case OG_VARIATION_NUMBER:
        return move(draft, random);
    case OG_VARIATION_LEARN:
        return learn(draft, random);
    case OG_VARIATION_CROSS:
        return cross(draft, random, father);
    case OG_VARIATION_COUNT:
        break;
    }
    return OG_OK;
}

og_status og__formula_vary(og__random *random, og__variation variation, const og_act *mother, const og_act *father,
                           og_act **act)
{
    og__draft draft;
    *act = NULL;
    OG_TRY(og__draft_read(mother, &draft));
    og_status status = vary(&draft, random, variation, father);
    if (status == OG_OK)
        status = finish(&draft, act);
    og__draft_deinit(&draft);
    return status;
}
