#include "act/head.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/facts.h>

#include "act/number.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"

static const char binary_cross_entropy[] = "binary cross-entropy of each class";

typedef struct row {
    og_head_entry entry;
    og__head_kind kind;
    const char *log, *log_rest; /* POINTWISE */
} row;

static const row rows[] = {
#define OG_HEAD_CLASSES(kind, id, aliases, formula, loss, reference)                                                   \
    {{id, aliases, formula, loss, reference}, OG_HEAD_##kind, NULL, NULL},
#define OG_HEAD_POINTWISE(id, aliases, formula, log, log_rest, reference)                                              \
    {{id, aliases, formula, binary_cross_entropy, reference}, OG_HEAD_POINTWISE, log, log_rest},
#include "act/heads.def"
#undef OG_HEAD_CLASSES
#undef OG_HEAD_POINTWISE
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

size_t og_head_count(void)
{
    return ROW_COUNT;
}

const og_head_entry *og_head_at(size_t index)
{
    return &rows[index].entry;
}

const char *og_head_text(const og_head *head)
{
    return head->text;
}

const char *og_head_loss(const og_head *head)
{
    return head->loss;
}

void og_head_free(og_head *head)
{
    if (!head)
        return;
    for (int part = 0; part < OG_HEAD_PARTS; part++)
        og_act_free(head->acts[part]);
    free(head->text);
    free(head);
}

static const row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (og__has_word(rows[i].entry.id, name, length) || og__has_word(rows[i].entry.aliases, name, length))
            return &rows[i];
    return NULL;
}

static og_status fill_row(const row *from, og_head *head)
{
    head->kind = from->kind;
    head->loss = from->entry.loss;
    OG_TRY(og__copy_text(from->entry.id, &head->text));
    if (from->kind != OG_HEAD_POINTWISE)
        return OG_OK;
    OG_TRY(og_act_parse(from->entry.formula, &head->acts[OG_HEAD_VALUE]));
    OG_TRY(og_act_parse(from->log, &head->acts[OG_HEAD_LOG]));
    return og_act_parse(from->log_rest, &head->acts[OG_HEAD_LOG_REST]);
}

/* --- formulas --- */

static og_status check_inputs(const og_act *act)
{
    for (og_input input = OG_INPUT_X + 1; input < OG_INPUT_COUNT; input++)
        if (og_act_uses(act, input))
            return og__fail(OG_ERR_ARGUMENT, "the head %s reads %s; a head is a function of x alone", og_act_text(act),
                            og_input_name(input));
    for (size_t k = 0; k < og_act_param_count(act); k++) {
        og_act_param p = og_act_param_at(act, k);
        if (p.learn != OG_LEARN_NO || p.source != OG_PARAM_NUMBER)
            return og__fail(OG_ERR_ARGUMENT, "the head %s has the parameter %s that is not a number; give it one",
                            og_act_text(act), p.name);
    }
    return OG_OK;
}

/* "; a = 0.5, b = 2", or nothing. */
static void add_params(const og_act *act, og__text *text)
{
    for (size_t k = 0; k < og_act_param_count(act); k++) {
        og_act_param p = og_act_param_at(act, k);
        char value[OG_ACT_PARAM_BYTES];
        og_act_param_format(&p, value);
        og__text_format(text, "%s %s = %s", k ? "," : ";", p.name, value);
    }
}

/* Rounding may push a limit of 0 or 1 a little outside; what lies there is cut off. */
static const double range_slack = 1e-6;

static bool about(double value, double number)
{
    return fabs(value - number) < range_slack;
}

/* A head with the formula in it whose values lie between 0 and 1. */
static og_status suggest_formula(const og_act *act, double min, double max, og__text *text)
{
    char *formula;
    OG_TRY(og_act_formula(act, &formula));
    if (!isfinite(min) || !isfinite(max))
        og__text_format(text, "sigmoid(%s)", formula);
    else if (about(min, -1) && about(max, 1))
        og__text_format(text, "0.5 + 0.5*(%s)", formula);
    else if (about(min, 0))
        og__text_format(text, "(%s)/%.9g", formula, max);
    else
        og__text_format(text, "(%s - %.9g)/%.9g", formula, min, max - min);
    free(formula);
    add_params(act, text);
    return og__text_status(text);
}

static og_status check_range(const og_act *act)
{
    og_act_facts facts;
    og__text other = {0};
    OG_TRY(og_act_analyse(act, &facts));
    if (facts.min >= -range_slack && facts.max <= 1 + range_slack)
        return OG_OK;
    og_status status = suggest_formula(act, facts.min, facts.max, &other);
    if (status == OG_OK)
        status = og__fail(OG_ERR_ARGUMENT, "the head %s has values from %.6g to %.6g, not from 0 to 1; try '%s'",
                          og_act_text(act), facts.min, facts.max, og__text_get(&other));
    og__text_deinit(&other);
    return status;
}

/* log(max(BEFORE (formula), 0) + floor) at the formula's own parameters. */
static og_status compose(const og_act *act, const char *before, og_act **composed)
{
    og_status status = OG_OK;
    char *formula = NULL, floor[OG_NUMBER_BYTES];
    og__text text = {0};
    OG_GO(og_act_formula(act, &formula));
    og__number_format(OG_HEAD_FLOOR, floor);
    og__text_format(&text, "log(max(%s(%s), 0) + %s)", before, formula, floor);
    add_params(act, &text);
    OG_GO(og__text_status(&text));
    OG_GO(og_act_parse(text.data, composed));
done:
    free(formula);
    og__text_deinit(&text);
    return status;
}

static og_status fill_formula(const char *text, og_head *head)
{
    head->kind = OG_HEAD_POINTWISE;
    head->loss = binary_cross_entropy;
    OG_TRY(og_act_parse(text, &head->acts[OG_HEAD_VALUE]));
    const og_act *act = head->acts[OG_HEAD_VALUE];
    OG_TRY(og__copy_text(og_act_text(act), &head->text));
    OG_TRY(check_inputs(act));
    OG_TRY(check_range(act));
    OG_TRY(compose(act, "", &head->acts[OG_HEAD_LOG]));
    return compose(act, "1 - ", &head->acts[OG_HEAD_LOG_REST]);
}

/* A name that is neither a head nor an activation, but near a head's. */
static og_status suggest_head(og_status status, const char *name, size_t length)
{
    const char *ids[ROW_COUNT];
    char copy[64];
    size_t plain = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (status != OG_ERR_NAME || length >= sizeof copy || plain < length || name[length] != '\0')
        return status;
    for (size_t i = 0; i < ROW_COUNT; i++)
        ids[i] = rows[i].entry.id;
    snprintf(copy, sizeof copy, "%.*s", (int)length, name);
    const char *near = og__nearest_name(copy, ids, ROW_COUNT);
    return near ? og__fail(OG_ERR_NAME, "unknown head '%s'; did you mean '%s'?", copy, near) : status;
}

og_status og_head_parse(const char *text, og_head **head)
{
    og_status status = OG_OK;
    og_head *made = NULL;
    *head = NULL;
    text += strspn(text, " \t");
    size_t length = strcspn(text, " \t");
    const row *found = text[length + strspn(text + length, " \t")] == '\0' ? find_row(text, length) : NULL;
    OG_GO(og__alloc(1, sizeof *made, &made));
    status = found ? fill_row(found, made) : suggest_head(fill_formula(text, made), text, length);
    if (status != OG_OK)
        goto done;
    *head = made;
    made = NULL;
done:
    og_head_free(made);
    return status;
}
