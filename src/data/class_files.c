#include "data/class_files.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/entries.h"
#include "data/splits_file.h"
#include "format/table.h"

/* Class names with their mask values, on the way. */
typedef struct value_list {
    const char *path;
    size_t count;
    const char *names[OG_CLASSES_MAX];
    int64_t values[OG_CLASSES_MAX];
} value_list;

static og_status add_value(value_list *list, int line, const char *name, int64_t value)
{
    if (list->count == OG_CLASSES_MAX)
        return og__fail(OG_ERR_DATA, "'%s' names more than %d classes", list->path, OG_CLASSES_MAX);
    for (size_t k = 0; k < list->count; k++)
        if (list->values[k] == value)
            return og__fail(OG_ERR_DATA, "%s:%d: '%s' has the value of '%s'", list->path, line, name, list->names[k]);
    list->names[list->count] = name + strspn(name, " \t");
    list->values[list->count++] = value;
    return OG_OK;
}

static og_status add_index(value_list *list, int line, const char *name, const char *index)
{
    char *end;
    long long value = strtoll(index, &end, 10);
    if (end == index || *end)
        return og__fail(OG_ERR_DATA, "%s:%d: an index is a whole number, found '%s'", list->path, line, index);
    return add_value(list, line, name, value);
}

static og_status add_colour(value_list *list, int line, const char *name, const char *const rgb[3])
{
    int64_t colour = 0;
    for (int i = 0; i < 3; i++) {
        char *end;
        long part = strtol(rgb[i], &end, 10);
        end += strspn(end, " \t");
        if (end == rgb[i] || *end || part < 0 || part > 255)
            return og__fail(OG_ERR_DATA, "%s:%d: a colour has three parts of 0 to 255, found '%s'", list->path, line,
                            rgb[i]);
        colour = colour << 8 | part;
    }
    return add_value(list, line, name, colour);
}

/* Declare the classes; "void" is not scored, as CamVid has it. */
static og_status declare(value_list *list, bool colours, og__classes *classes)
{
    const char *names[OG_CLASSES_MAX];
    size_t count = 0;
    for (size_t k = 0; k < list->count; k++)
        if (strcasecmp(list->names[k], "void") != 0)
            names[count++] = list->names[k];
    OG_TRY(og__classes_set_names(classes, names, count));
    OG_TRY(og__alloc(count, sizeof *classes->values, &classes->values));
    classes->colours = colours;
    count = 0;
    for (size_t k = 0; k < list->count; k++) {
        og__ranges *target = strcasecmp(list->names[k], "void") == 0 ? &classes->ignore : &classes->values[count++];
        OG_TRY(og__ranges_add(target, list->values[k], list->values[k]));
    }
    return OG_OK;
}

/* --- the files ---------------------------------------------------------------------------------------------------- */

static og_status fail_columns(const char *path, int line, const char *expected)
{
    return og__fail(OG_ERR_DATA, "%s:%d: expected %s", path, line, expected);
}

/* Read lines of "r g b name". */
static og_status read_label_colours(const og__table *table, value_list *list, bool *colours)
{
    *colours = true;
    for (size_t i = 0; i < table->count; i++) {
        const og__table_row *row = &table->rows[i];
        if (row->count < 4)
            return fail_columns(list->path, row->line, "three parts of a colour and a name");
        OG_TRY(add_colour(list, row->line, row->fields[3], (const char *const *)row->fields));
    }
    return OG_OK;
}

/* Read lines of "name:r,g,b:parts:actions". */
static og_status read_label_map(const og__table *table, value_list *list, bool *colours)
{
    *colours = true;
    for (size_t i = 0; i < table->count; i++) {
        const og__table_row *row = &table->rows[i];
        char *colon = strchr(row->fields[0], ':');
        if (row->fields[0][0] == '#')
            continue;
        if (row->count < 3 || !colon)
            return fail_columns(list->path, row->line, "a line name:r,g,b:parts:actions");
        *colon = '\0';
        row->fields[2][strcspn(row->fields[2], ":")] = '\0';
        OG_TRY(add_colour(list, row->line, row->fields[0],
                          (const char *const[]){colon + 1, row->fields[1], row->fields[2]}));
    }
    return OG_OK;
}

/* Read a header with the columns name and r, g, b, or name and index, and what follows it. */
static og_status read_class_table(const og__table *table, value_list *list, bool *colours)
{
    int name = og__table_column(table, "name"), index = og__table_column(table, "index");
    const int rgb[3] = {og__table_column(table, "r"), og__table_column(table, "g"), og__table_column(table, "b")};
    *colours = rgb[0] >= 0 && rgb[1] >= 0 && rgb[2] >= 0;
    if (name < 0 || (!*colours && index < 0))
        return fail_columns(list->path, 1, "a header with the columns name and r, g, b, or name and index");
    for (size_t i = 1; i < table->count; i++) {
        const og__table_row *row = &table->rows[i];
        if (row->count != table->rows[0].count)
            return fail_columns(list->path, row->line, "as many fields as the header");
        if (*colours)
            OG_TRY(add_colour(list, row->line, row->fields[name],
                              (const char *const[]){row->fields[rgb[0]], row->fields[rgb[1]], row->fields[rgb[2]]}));
        else
            OG_TRY(add_index(list, row->line, row->fields[name], row->fields[index]));
    }
    return OG_OK;
}

/* Each kind of file but a list of names: `read` gathers the values of classes, and says whether they are colours. */
static const struct {
    const char *name;
    og__table_kind kind;
    og_status (*read)(const og__table *table, value_list *list, bool *colours);
} tables[] = {
    {"class_dict.csv", OG_TABLE_COMMAS, read_class_table},
    {"classes.csv", OG_TABLE_COMMAS, read_class_table},
    {"label_colors.txt", OG_TABLE_SPACES, read_label_colours},
    {"labelmap.txt", OG_TABLE_COMMAS, read_label_map},
};
enum { TABLES = sizeof tables / sizeof tables[0] };

static og_status read_table(const char *path, int kind, og__classes *classes)
{
    og_status status = OG_OK;
    og__table table;
    value_list list = {.path = path};
    bool colours;
    OG_TRY(og__table_load(path, tables[kind].kind, &table));
    OG_GO(tables[kind].read(&table, &list, &colours));
    OG_GO(declare(&list, colours, classes));
done:
    og__table_deinit(&table);
    return status;
}

og_status og__class_files_read(const char *folder, og__classes *classes)
{
    static const char names[] = "classes.txt"; /* one a line */
    bool listed = og__holds_file(folder, names);
    int kind = 0;
    char *path;
    while (!listed && kind < TABLES && !og__holds_file(folder, tables[kind].name))
        kind++;
    if (kind == TABLES)
        return OG_OK;
    OG_TRY(og__path_join(folder, listed ? names : tables[kind].name, &path));
    og_status status = listed ? og__classes_load_names(classes, path) : read_table(path, kind, classes);
    free(path);
    return status;
}
