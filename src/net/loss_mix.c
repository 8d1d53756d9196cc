/* The table of losses, and the reader of mixes. */
#include "net/loss_mix.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/lexer.h"
#include "act/number.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"

/* clang-format off */
#define OG_HEAD_FN(function)
#define OG_LOG_FN(function) .of_logs = function,
#define OG_WEIGHT_FN(function) .of_labels = function,
#define OG_SUMS_FN(function) .of_sums = function,
#define OG_TENSOR_FN(function) .of_tensor = function,
static const og__loss_row rows[] = {
#define OG_LOSS(id, aliases, kind, function, formula, reference, ...) \
    {.entry = {id, aliases, formula, reference, {__VA_ARGS__}}, OG_##kind##_FN(function)},
#include "net/losses.def"
#undef OG_LOSS
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof rows[0] };

size_t og_loss_count(void)
{
    return ROWS;
}

const og_loss_entry *og_loss_at(size_t index)
{
    return &rows[index].entry;
}

static const og__loss_row *find_row(const char *name)
{
    for (int i = 0; i < ROWS; i++)
        if (strcmp(rows[i].entry.id, name) == 0 || og__has_word(rows[i].entry.aliases, name, strlen(name)))
            return &rows[i];
    return NULL;
}

static void init_term(const og__loss_row *row, double weight, og__loss_term *term)
{
    *term = (og__loss_term){.row = row, .weight = weight};
    for (int i = 0; row->entry.params[i].name; i++)
        term->params[i] = row->entry.params[i].initial;
}

og_loss og__loss_usual(void)
{
    og_loss loss = {.count = 2};
    init_term(find_row("ce"), 1, &loss.terms[0]);
    init_term(find_row("dice"), 1, &loss.terms[1]);
    return loss;
}

/* --- reading --- */

typedef struct reader {
    og__tokens tokens;
    const og__token *at;
} reader;

static og_status complain(const reader *r, og_status status, const char *message)
{
    return og__tokens_fail(status, r->tokens.text, r->at->start, r->at->length, "%s", message);
}

static og_status expected(const reader *r, const char *what)
{
    char found[64], message[192];
    snprintf(message, sizeof message, "expected %s, found %s", what, og__token_text(&r->tokens, r->at, found));
    return complain(r, OG_ERR_SYNTAX, message);
}

static bool is_sign(const reader *r, char sign)
{
    return r->at->kind == OG_TOKEN_SIGN && r->at->sign == sign;
}

static og_status take_sign(reader *r, char sign, const char *what)
{
    if (!is_sign(r, sign))
        return expected(r, what);
    r->at++;
    return OG_OK;
}

/* Names that would do, after a wrong one. */
static og_status unknown(const reader *r, const char *kind, const char *const *names, size_t count)
{
    og__text message = {0};
    const char *nearest = og__nearest_name(r->at->name, names, count);
    og__text_format(&message, "unknown %s '%s'; ", kind, r->at->name);
    if (nearest)
        og__text_format(&message, "did you mean '%s'?", nearest);
    for (size_t i = 0; i < count && !nearest; i++)
        og__text_format(&message, "%s%s", i == 0 ? "there are " : ", ", names[i]);
    og_status status = complain(r, OG_ERR_NAME, og__text_get(&message));
    og__text_deinit(&message);
    return status;
}

static og_status read_param(reader *r, og__loss_term *term)
{
    const og_loss_param_entry *params = term->row->entry.params;
    const char *names[OG_LOSS_PARAMS_MAX];
    char message[128];
    size_t count = 0, which = 0;
    for (; params[count].name; count++)
        names[count] = params[count].name;
    if (r->at->kind != OG_TOKEN_NAME)
        return expected(r, "a parameter's name");
    while (which < count && strcmp(names[which], r->at->name) != 0)
        which++;
    if (count == 0)
        return complain(r, OG_ERR_NAME, "this loss has no parameters");
    if (which == count)
        return unknown(r, "parameter", names, count);
    r->at++;
    OG_TRY(take_sign(r, '=', "'=' and a number"));
    if (r->at->kind != OG_TOKEN_NUMBER)
        return expected(r, "a number");
    if (!(r->at->number >= params[which].min && r->at->number <= params[which].max)) {
        snprintf(message, sizeof message, "%s is from %g to %g", names[which], params[which].min, params[which].max);
        return complain(r, OG_ERR_ARGUMENT, message);
    }
    term->params[which] = r->at->number;
    r->at++;
    return OG_OK;
}

static og_status read_params(reader *r, og__loss_term *term)
{
    if (!is_sign(r, '('))
        return OG_OK;
    do {
        r->at++;
        OG_TRY(read_param(r, term));
    } while (is_sign(r, ','));
    return take_sign(r, ')', "',' or ')'");
}

static og_status read_term(reader *r, og__loss_term *term)
{
    const char *names[ROWS];
    double weight = 1;
    if (r->at->kind == OG_TOKEN_NUMBER) {
        if (!(r->at->number <= 1e6))
            return complain(r, OG_ERR_ARGUMENT, "a weight is from 0 to 1e6");
        weight = r->at->number;
        r->at++;
        OG_TRY(take_sign(r, '*', "'*' and the name of a loss"));
    }
    if (r->at->kind != OG_TOKEN_NAME)
        return expected(r, "the name of a loss");
    const og__loss_row *row = find_row(r->at->name);
    for (int i = 0; i < ROWS; i++)
        names[i] = rows[i].entry.id;
    if (!row)
        return unknown(r, "loss", names, ROWS);
    r->at++;
    init_term(row, weight, term);
    return read_params(r, term);
}

static og_status read_mix(reader *r, og_loss *loss)
{
    double sum = 0;
    for (;;) {
        if (loss->count == OG_LOSS_TERMS_MAX)
            return complain(r, OG_ERR_ARGUMENT, "too many terms; there may be 8");
        OG_TRY(read_term(r, &loss->terms[loss->count]));
        sum += loss->terms[loss->count++].weight;
        if (r->at->kind == OG_TOKEN_END)
            break;
        OG_TRY(take_sign(r, '+', "'+' or the end"));
    }
    return sum > 0 ? OG_OK : complain(r, OG_ERR_ARGUMENT, "every weight is 0: there is nothing to learn from");
}

/* --- texts --- */

static void write_term(const og__loss_term *term, og__text *text)
{
    const og_loss_param_entry *params = term->row->entry.params;
    char number[OG_NUMBER_BYTES];
    int written = 0;
    if (term->weight != 1) {
        og__number_format(term->weight, number);
        og__text_format(text, "%s*", number);
    }
    og__text_add(text, term->row->entry.id);
    for (int i = 0; params[i].name; i++)
        if (term->params[i] != params[i].initial) {
            og__number_format(term->params[i], number);
            og__text_format(text, "%s%s=%s", written++ == 0 ? "(" : ", ", params[i].name, number);
        }
    og__text_add(text, written > 0 ? ")" : "");
}

static og_status write_texts(og_loss *loss)
{
    og__text text = {0};
    OG_TRY(og__alloc((size_t)loss->count, OG_LOSS_NAME_BYTES, &loss->names));
    for (int i = 0; i < loss->count; i++) {
        char *name = loss->names + (ptrdiff_t)i * OG_LOSS_NAME_BYTES;
        int before = 0;
        for (int k = 0; k < i; k++)
            before += loss->terms[k].row == loss->terms[i].row;
        og__text_add(&text, i > 0 ? " + " : "");
        write_term(&loss->terms[i], &text);
        snprintf(name, OG_LOSS_NAME_BYTES, before ? "%s_%d" : "%s", loss->terms[i].row->entry.id, before + 1);
    }
    og_status status = og__text_status(&text);
    if (status == OG_OK)
        status = og__copy_text(og__text_get(&text), &loss->text);
    og__text_deinit(&text);
    return status;
}

og_status og_loss_parse(const char *text, og_loss **loss)
{
    og_status status = OG_OK;
    og_loss *made = NULL;
    reader r = {0};
    *loss = NULL;
    OG_GO(og__alloc(1, sizeof *made, &made));
    OG_GO(og__tokens_init(&r.tokens, text));
    r.at = r.tokens.items;
    OG_GO(read_mix(&r, made));
    OG_GO(write_texts(made));
    *loss = made;
    made = NULL;
done:
    og__tokens_deinit(&r.tokens);
    og_loss_free(made);
    return status;
}

void og_loss_free(og_loss *loss)
{
    if (!loss)
        return;
    free(loss->text);
    free(loss->names);
    free(loss);
}

const char *og_loss_text(const og_loss *loss)
{
    return loss->text;
}

size_t og_loss_term_count(const og_loss *loss)
{
    return (size_t)loss->count;
}

const char *og_loss_term_name(const og_loss *loss, size_t term)
{
    return loss->names + term * OG_LOSS_NAME_BYTES;
}
