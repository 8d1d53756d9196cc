#include "act/lexer.h"

#include <ctype.h>
#include <float.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/number.h"
#include "base/memory.h"

enum { WINDOW = 72 }; /* characters of a long formula that an error text shows */

/* Length in bytes of the UTF-8 character at `text`; 1 for a byte that starts none. */
static int character_bytes(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    int length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (int i = 1; i < length; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
    return length;
}

/* Characters before byte `end`: continuation bytes do not count. */
static int columns(const char *text, int end)
{
    int count = 0;
    for (int i = 0; i < end; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

og_status og__tokens_fail(og_status status, const char *text, int start, int length, const char *format, ...)
{
    char message[512], line[4 * WINDOW + 8], caret[WINDOW + 8];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);

    int total = (int)strnlen(text, OG_FORMULA_BYTES_MAX), from = start > WINDOW / 2 ? start - WINDOW / 2 : 0;
    while (from > 0 && ((unsigned char)text[from] & 0xc0) == 0x80)
        from--;
    int to = from + WINDOW < total ? from + WINDOW : total, used = 0;
    for (int i = from; i < to; i++)
        line[used++] = iscntrl((unsigned char)text[i]) ? ' ' : text[i];
    line[used] = '\0';

    int before = columns(text + from, start - from), width = columns(text + start, length);
    if (width > WINDOW - before)
        width = WINDOW - before;
    memset(caret, ' ', (size_t)before);
    memset(caret + before, '^', (size_t)(width < 1 ? 1 : width));
    caret[before + (width < 1 ? 1 : width)] = '\0';
    return og__fail(status, "character %d of the formula: %s\n  %s%s%s\n  %s%s", columns(text, start) + 1, message,
                    from > 0 ? "..." : "", line, to < total ? "..." : "", from > 0 ? "   " : "", caret);
}

const char *og__token_text(const og__tokens *tokens, const og__token *token, char *buffer)
{
    if (token->kind == OG_TOKEN_END)
        snprintf(buffer, 64, "the end");
    else
        snprintf(buffer, 64, "'%.*s'", token->length < 48 ? token->length : 48, tokens->text + token->start);
    return buffer;
}

/* Digits, a point, an exponent: strtod would also take hexadecimal, "inf", "nan" and the locale's comma. */
static int number_length(const char *text)
{
    int i = 0, digits = 0;
    for (; isdigit((unsigned char)text[i]); i++)
        digits++;
    if (text[i] == '.')
        for (i++; isdigit((unsigned char)text[i]); i++)
            digits++;
    if (digits == 0)
        return 0;
    if (text[i] == 'e' || text[i] == 'E') {
        int exponent = i + 1 + (text[i + 1] == '+' || text[i + 1] == '-');
        if (isdigit((unsigned char)text[exponent]))
            for (i = exponent; isdigit((unsigned char)text[i]); i++)
                continue;
    }
    return i;
}

static og_status number_token(og__tokens *tokens, int at, og__token *token)
{
    token->kind = OG_TOKEN_NUMBER;
    token->length = number_length(tokens->text + at);
    char digits[128];
    if (token->length >= (int)sizeof digits)
        return og__tokens_fail(OG_ERR_SYNTAX, tokens->text, at, token->length, "a number of %d characters is too long",
                               token->length);
    memcpy(digits, tokens->text + at, (size_t)token->length);
    digits[token->length] = '\0';
    token->number = og__number_read(digits);
    if (token->number > FLT_MAX || (token->number > 0 && token->number < FLT_MIN))
        return og__tokens_fail(OG_ERR_SYNTAX, tokens->text, at, token->length,
                               "%s is outside the range of float32, %.8g to %.8g", digits, FLT_MIN, FLT_MAX);
    return OG_OK;
}

static og_status name_token(og__tokens *tokens, int at, og__token *token)
{
    const char *text = tokens->text + at;
    int length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    token->kind = OG_TOKEN_NAME;
    token->length = length;
    if (length > OG_NAME_BYTES_MAX)
        return og__tokens_fail(OG_ERR_SYNTAX, tokens->text, at, length, "a name has at most %d characters, this one %d",
                               OG_NAME_BYTES_MAX, length);
    memcpy(token->name, text, (size_t)length);
    return OG_OK;
}

static og_status sign_token(og__tokens *tokens, int at, og__token *token)
{
    static const struct {
        const char *text;
        char sign;
    } pairs[] = {{"<=", 'L'}, {">=", 'G'}, {"==", 'E'}, {"!=", 'N'}};
    const char *text = tokens->text + at;
    token->kind = OG_TOKEN_SIGN;
    token->length = 2;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strncmp(text, pairs[i].text, 2) == 0) {
            token->sign = pairs[i].sign;
            return OG_OK;
        }
    if (strncmp(text, "**", 2) == 0)
        return og__tokens_fail(OG_ERR_SYNTAX, tokens->text, at, 2, "found '**', expected '^' for a power");
    token->length = 1;
    token->sign = text[0];
    if (strchr("+-*/^(),;=<>", text[0]))
        return OG_OK;
    int length = character_bytes(text);
    if (isprint((unsigned char)text[0]) || length > 1)
        return og__tokens_fail(OG_ERR_SYNTAX, tokens->text, at, length, "'%.*s' has no meaning in a formula", length,
                               text);
    return og__tokens_fail(OG_ERR_SYNTAX, tokens->text, at, 1, "byte 0x%02x has no meaning in a formula",
                           (unsigned char)text[0]);
}

og_status og__tokens_init(og__tokens *tokens, const char *text)
{
    og_status status = OG_OK;
    size_t length = strnlen(text, OG_FORMULA_BYTES_MAX + 1);
    *tokens = (og__tokens){.text = text};
    if (length > OG_FORMULA_BYTES_MAX)
        return og__fail(OG_ERR_SYNTAX, "the formula is longer than %d characters", OG_FORMULA_BYTES_MAX);
    OG_GO(og__alloc(length + 1, sizeof *tokens->items, &tokens->items));
    for (int at = 0;;) {
        while (isspace((unsigned char)text[at]))
            at++;
        og__token *token = &tokens->items[tokens->count++];
        token->start = at;
        if (!text[at])
            break;
        if (number_length(text + at) > 0)
            OG_GO(number_token(tokens, at, token));
        else if (isalpha((unsigned char)text[at]) || text[at] == '_')
            OG_GO(name_token(tokens, at, token));
        else
            OG_GO(sign_token(tokens, at, token));
        at += token->length;
    }
done:
    if (status != OG_OK)
        og__tokens_deinit(tokens);
    return status;
}

void og__tokens_deinit(og__tokens *tokens)
{
    free(tokens->items);
    *tokens = (og__tokens){0};
}
