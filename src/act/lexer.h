/* The tokens of the formula language, and error texts that show where in the text something is wrong. */
#ifndef OG_ACT_LEXER_H
#define OG_ACT_LEXER_H

#include <stddef.h>

#include "base/status.h"

enum { OG_FORMULA_BYTES_MAX = 4096, OG_NAME_BYTES_MAX = 32 };

typedef enum og__token_kind {
    OG_TOKEN_END,
    OG_TOKEN_NUMBER,
    OG_TOKEN_NAME,
    OG_TOKEN_SIGN, /* an operator or a bracket */
} og__token_kind;

typedef struct og__token {
    og__token_kind kind;
    char sign;         /* + - * / ^ ( ) , ; = < > or L <=, G >=, E ==, N != */
    int start, length; /* bytes of the text */
    double number;
    char name[OG_NAME_BYTES_MAX + 1];
} og__token;

typedef struct og__tokens {
    const char *text; /* borrowed */
    og__token *items; /* ends with OG_TOKEN_END */
    int count;
} og__tokens;

/**
 * Split a text into tokens, released with og__tokens_deinit().
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_SYNTAX for a character, number or length that no formula has
 */
og_status og__tokens_init(og__tokens *tokens, const char *text);
void og__tokens_deinit(og__tokens *tokens);

/* Fail with "at character N of the formula: MESSAGE", followed by the text and a caret under the token. */
og_status og__tokens_fail(og_status status, const char *text, int start, int length, const char *format, ...)
    __attribute__((format(printf, 5, 6), cold));

/* A token as a message names it: "'tanh'", "the end". `buffer` holds at least 64 bytes; returns it. */
const char *og__token_text(const og__tokens *tokens, const og__token *token, char *buffer);

#endif
