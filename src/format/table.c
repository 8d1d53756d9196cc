#include "format/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

void og__table_deinit(og__table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->rows[i].fields);
    free(table->rows);
    free(table->text);
    *table = (og__table){0};
}

/* Cut one field off at *at, in place; *at moves behind it and is NULL after the last. NULL: a quote does not end. */
static char *cut_commas(char **at)
{
    char *src = *at, *dst = *at, *field = *at;
    bool quoted = *src == '"';
    if (quoted)
        src++;
    for (; *src && (quoted || *src != ','); src++) {
        if (quoted && *src == '"' && src[1] != '"')
            break;
        if (quoted && *src == '"')
            src++;
        *dst++ = *src;
    }
    if (quoted && *src != '"')
        return NULL;
    if (quoted)
        src += strcspn(src, ",");
    *at = *src ? src + 1 : NULL;
    *dst = '\0';
    return field;
}

static char *cut_spaces(char **at)
{
    char *field = *at + strspn(*at, " \t"), *end = field + strcspn(field, " \t"), *next = end + strspn(end, " \t");
    *at = *next ? next : NULL;
    *end = '\0';
    return field;
}

/* Part one line, which is not blank, into fields. */
static og_status cut_line(const char *path, og__table_kind kind, char *line, og__table_row *row)
{
    OG_TRY(og__alloc(strlen(line) + 1, sizeof *row->fields, &row->fields)); /* no line has more fields than this */
    for (char *at = line; at;) {
        char *field = kind == OG_TABLE_COMMAS ? cut_commas(&at) : cut_spaces(&at);
        if (!field)
            return og__fail(OG_ERR_SYNTAX, "%s:%d: a quoted field does not end in this line", path, row->line);
        row->fields[row->count++] = field;
    }
    return OG_OK;
}

og_status og__table_load(const char *path, og__table_kind kind, og__table *table)
{
    og_status status = OG_OK;
    size_t length, lines = 1;
    *table = (og__table){0};
    OG_GO(og__file_read(path, &table->text, &length));
    for (size_t i = 0; i < length; i++)
        lines += table->text[i] == '\n';
    OG_GO(og__alloc(lines, sizeof *table->rows, &table->rows));
    int number = 0;
    char *begin = table->text;
    if (strncmp(begin, "\xef\xbb\xbf", 3) == 0) /* the mark that spreadsheets put before UTF-8 */
        begin += 3;
    for (char *line = begin, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        number++;
        if (line[strspn(line, " \t")] == '\0')
            continue;
        og__table_row *row = &table->rows[table->count++];
        row->line = number;
        OG_GO(cut_line(path, kind, line, row));
    }
done:
    if (status != OG_OK)
        og__table_deinit(table);
    return status;
}
