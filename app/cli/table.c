#include "table.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Columns that a text takes on the terminal. */
static int text_columns(const char *text)
{
    wchar_t wide[256];
    size_t count = mbstowcs(wide, text, sizeof wide / sizeof wide[0]);
    int columns = count == (size_t)-1 ? -1 : wcswidth(wide, count);
    return columns < 0 ? (int)strlen(text) : columns;
}

void table_cell(text_table *table, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    char **cells = realloc(table->cells, (table->count + 1) * sizeof *cells);
    if (!cells)
        abort(); /* a few bytes for a message that is about to be printed */
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    table->cells = cells;
    table->cells[table->count++] = text;
}

void table_number(text_table *table, double number, int digits)
{
    if (isfinite(number))
        table_cell(table, "%.*f", digits, number);
    else
        table_cell(table, "-");
}

void table_print(text_table *table, FILE *file)
{
    size_t columns = strlen(table->align);
    int widths[32] = {0};
    assert(columns <= sizeof widths / sizeof widths[0]);
    for (size_t i = 0; i < table->count; i++) {
        int width = text_columns(table->cells[i]);
        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % columns;
        int pad = widths[column] - text_columns(table->cells[i]);
        bool last = column == columns - 1, right = table->align[column] == 'r';
        fprintf(file, "  %*s%s%*s%s", right ? pad : 0, "", table->cells[i], right || last ? 0 : pad, "",
                last ? "\n" : "");
        free(table->cells[i]);
    }
    free(table->cells);
    table->cells = NULL;
    table->count = 0;
}
