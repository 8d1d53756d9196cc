#include "terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

bool terminal_has_unicode(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool terminal_has_colour(FILE *file)
{
    const char *kind = getenv("TERM"), *none = getenv("NO_COLOR");
    return isatty(fileno(file)) && kind && strcmp(kind, "dumb") != 0 && !(none && none[0]);
}

int terminal_width(FILE *file)
{
    enum { USUAL = 80, LEAST = 40, MOST = 120 };
    struct winsize size = {0};
    int width = 0;
    const char *columns = getenv("COLUMNS");
    if (isatty(fileno(file)) && ioctl(fileno(file), TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width <= 0 && columns)
        width = atoi(columns);
    if (width <= 0)
        width = USUAL;
    return width < LEAST ? LEAST : width > MOST ? MOST : width;
}

/* Bytes and columns of the character at `text`; one of each where it is none. */
static int character(const char *text, int *columns)
{
    wchar_t wide;
    mbstate_t state = {0};
    size_t bytes = mbrtowc(&wide, text, MB_CUR_MAX, &state);
    if (bytes == 0 || bytes > MB_CUR_MAX) {
        *columns = 1;
        return 1;
    }
    int found = wcwidth(wide);
    *columns = found < 0 ? 1 : found;
    return (int)bytes;
}

/* Whether a line may end behind the character that ends at `end`: at spaces, and around characters of double width,
 * which stand for words of languages without spaces, but not before what closes. */
static bool may_break(const char *end, int columns)
{
    static const char *const closing[] = {"，", "。", "；", "：", "、", "）", "”", "？"};
    if (*end == ' ')
        return true;
    if (columns < 2)
        return false;
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
        if (strncmp(end, closing[i], strlen(closing[i])) == 0)
            return false;
    return true;
}

/* Bytes of the next piece that stays together, and its columns; at most `room` of these. */
static int next_piece(const char *text, int room, int *columns)
{
    int bytes = 0;
    *columns = 0;
    while (text[bytes] && text[bytes] != ' ' && text[bytes] != '\n') {
        int width, length = character(text + bytes, &width);
        if (bytes > 0 && *columns + width > room)
            break;
        bytes += length;
        *columns += width;
        if (may_break(text + bytes, width))
            break;
    }
    return bytes;
}

/* A copy in the locale's own characters. Released with free(). */
static char *localise(const char *text)
{
    static const char *const signs[][2] = {
        {"∞", "inf"}, {"²", "^2"}, {"χ", "chi"}, {"σ", "sigma"}, {"−", "-"},  {"…", "..."}, {"≤", "<="}, {"≥", ">="},
        {"×", "x"},   {"·", "*"},  {"′", "'"},   {"–", "-"},     {"“", "\""}, {"”", "\""},  {"’", "'"},  {"√", "sqrt"}};
    enum { COUNT = sizeof signs / sizeof signs[0] };
    char *copy = malloc(2 * strlen(text) + 1), *to = copy;
    if (!copy)
        abort(); /* a few bytes for a message that is about to be printed */
    while (*text) {
        size_t i = 0;
        while (i < COUNT && strncmp(text, signs[i][0], strlen(signs[i][0])) != 0)
            i++;
        if (!(*text & 0x80) || terminal_has_unicode()) {
            *to++ = *text++;
        } else if (i < COUNT) {
            to = stpcpy(to, signs[i][1]);
            text += strlen(signs[i][0]);
        } else {
            *to++ = '?';
            do
                text++;
            while ((*text & 0xc0) == 0x80);
        }
    }
    *to = '\0';
    return copy;
}

void print_plain(FILE *file, const char *text)
{
    char *own = localise(text);
    fputs(own, file);
    free(own);
}

void print_padded(FILE *file, const char *text, int columns)
{
    char *own = localise(text);
    for (const char *at = own; *at;) {
        int width;
        at += character(at, &width);
        columns -= width;
    }
    fprintf(file, "%s%*s", own, columns > 0 ? columns : 0, "");
    free(own);
}

static void fold(FILE *file, const char *text, int at, int indent)
{
    int width = terminal_width(file);
    bool gap = false, fresh = true;
    while (*text) {
        int columns;
        if (*text == ' ' || *text == '\n') {
            gap = !fresh;
            text++;
            continue;
        }
        int bytes = next_piece(text, width - indent, &columns);
        if (!fresh && at + gap + columns > width) {
            fprintf(file, "\n%*s", indent, "");
            at = indent;
            gap = false;
        }
        fprintf(file, "%s%.*s", gap ? " " : "", bytes, text);
        at += gap + columns;
        text += bytes;
        gap = fresh = false;
    }
    fputc('\n', file);
}

void print_folded(FILE *file, const char *text, int at, int indent)
{
    char *own = localise(text);
    fold(file, own, at, indent);
    free(own);
}
