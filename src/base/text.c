#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void og__text_deinit(og__text *text)
{
    free(text->data);
    *text = (og__text){0};
}

static bool reserve(og__text *text, size_t extra)
{
    if (text->status != OG_OK)
        return false;
    size_t needed = text->length + extra + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = needed < 128 ? 128 : needed * 2;
    char *data = realloc(text->data, capacity);
    if (!data) {
        text->status = og__fail(OG_ERR_MEMORY, "cannot allocate %zu bytes for a text", capacity);
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void og__text_add_bytes(og__text *text, const char *bytes, size_t count)
{
    if (!reserve(text, count))
        return;
    memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = '\0';
}

void og__text_add(og__text *text, const char *piece)
{
    og__text_add_bytes(text, piece, strlen(piece));
}

void og__text_format(og__text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (count < 0 || !reserve(text, (size_t)count))
        return;
    va_start(args, format);
    vsnprintf(text->data + text->length, (size_t)count + 1, format, args);
    va_end(args);
    text->length += (size_t)count;
}

void og__text_add_xml(og__text *text, const char *words)
{
    for (; *words; words++)
        if (*words == '<')
            og__text_add(text, "&lt;");
        else if (*words == '>')
            og__text_add(text, "&gt;");
        else if (*words == '&')
            og__text_add(text, "&amp;");
        else
            og__text_add_bytes(text, words, 1);
}

const char *og__text_get(const og__text *text)
{
    return text->data ? text->data : "";
}

og_status og__text_status(const og__text *text)
{
    return text->status;
}

enum { NAME_BYTES = 64 };

/* Damerau-Levenshtein (optimal string alignment) distance, case ignored; names longer than NAME_BYTES never match. */
static int edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > NAME_BYTES || m > NAME_BYTES)
        return NAME_BYTES;
    int rows[3][NAME_BYTES + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            int best = last[j - 1] + (ca != cb);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            bool swapped =
                i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && cb == tolower((unsigned char)a[i - 2]);
            if (swapped && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        int *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[m];
}

bool og__has_word(const char *list, const char *word, size_t length)
{
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t own = strcspn(at, " ");
        if (own == length && strncmp(at, word, length) == 0)
            return true;
        at += own;
    }
    return false;
}

const char *og__nearest_name(const char *name, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    int limit = (int)strlen(name) / 2; /* further away than half of the word is no suggestion */
    int best = limit < 1 ? 2 : limit < 3 ? limit + 1 : 4;
    for (size_t i = 0; i < count && name[0]; i++) {
        int distance = edit_distance(name, names[i]);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
