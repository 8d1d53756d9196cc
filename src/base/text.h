/* A text that grows, for building messages, formulas and documents. */
#ifndef OG_BASE_TEXT_H
#define OG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Zero-initialised is empty and valid. A failed append is remembered: further appends do
 * nothing and og__text_status() reports it, so that callers check once. */
typedef struct og__text {
    char *data; /* NUL-terminated, or NULL while empty */
    size_t length;
    size_t capacity;
    og_status status;
} og__text;

void og__text_deinit(og__text *text);
void og__text_add(og__text *text, const char *piece);
void og__text_add_bytes(og__text *text, const char *bytes, size_t count);
void og__text_format(og__text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append words as they stand between the tags of XML. */
void og__text_add_xml(og__text *text, const char *words);

/* The text so far, never NULL. */
const char *og__text_get(const og__text *text);
og_status og__text_status(const og__text *text);

/* Whether the first `length` bytes of `word` are a word of the space-separated list. */
bool og__has_word(const char *list, const char *word, size_t length);

/* Return the name out of `count` names that is nearest to `name` by edit distance, or NULL when none is near. */
const char *og__nearest_name(const char *name, const char *const *names, size_t count);

#endif
