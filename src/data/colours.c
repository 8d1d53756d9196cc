#include "data/colours.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/entries.h"
#include "data/splits_file.h"
#include "format/table.h"

/* Class names with their mask values, on the way. */
typedef struct colour_list {
    const char *path;
    size_t count;
    const char *names[OG_CLASSES_MAX];
    int64_t values[OG_CLASSES_MAX];
} colour_list;

static og_status add_value(colour_list *list, int line, const char *name, int64_t value)
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

static og_status add_index(colour_list *list, int line, const char *name, const char *index)
{
    char *end;
    long long value = strtoll(index, &end, 10);
    if (end == index || *end)
        return og__fail(OG_ERR_DATA, "%s:%d: an index is a whole number, found '%s'", list->path, line, index);
    return add_value(list, line, name, value);
}

static og_status add_colour(colour_list *list, int line, const char *name, const char *const rgb[3])
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
static og_status declare(colour_list *list, bool colours, og__classes *classes)
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

static og_status read_names(const char *path, og__classes *classes)
{
    return og__classes_load_names(classes, path);
}

static og_status fail_columns(const char *path, int line, const char *expected)
{
    return og__fail(OG_ERR_DATA, "%s:%d: expected %s", path, line, expected);
}

/* A header with the columns name and r, g, b, or name and index. */
static og_status read_class_table(const char *path, og__classes *classes)
{
    og_status status = OG_OK;
    og__table table;
    colour_list list = {.path = path};
    OG_TRY(og__table_load(path, OG_TABLE_COMMAS, &table));
    int name = og__table_column(&table, "name"), index = og__table_column(&table, "index");
    const int rgb[3] = {og__table_column(&table, "r"), og__table_column(&table, "g"), og__table_column(&table, "b")};
    bool colours = rgb[0] >= 0 && rgb[1] >= 0 && rgb[2] >= 0;
    if (name < 0 || (!colours && index < 0)) {
        status = fail_columns(path, 1, "a header with the columns name and r, g, b, or name and index");
        goto done;
    }
    for (size_t i = 1; i < table.count; i++) {
        const og__table_row *row = &table.rows[i];
        OG_GO(row->count == table.rows[0].count ? OG_OK
                                                : fail_columns(path, row->line, "as many fields as the header"));
        if (colours)
            OG_GO(add_colour(&list, row->line, row->fields[name],
                             (const char *const[]){row->fields[rgb[0]], row->fields[rgb[1]], row->fields[rgb[2]]}));
        else
            OG_GO(add_index(&list, row->line, row->fields[name], row->fields[index]));
    }
    OG_GO(declare(&list, colours, classes));
done:
    og__table_deinit(&table);
    return status;
}

static og_status read_label_colours(const char *path, og__classes *classes)
{
    og_status status = OG_OK;
    og__table table;
    colour_list list = {.path = path};
    OG_TRY(og__table_load(path, OG_TABLE_SPACES, &table));
    for (size_t i = 0; i < table.count; i++) {
        const og__table_row *row = &table.rows[i];
        OG_GO(row->count >= 4 ? OG_OK : fail_columns(path, row->line, "three parts of a colour and a name"));
        OG_GO(add_colour(&list, row->line, row->fields[3], (const char *const *)row->fields));
    }
    OG_GO(declare(&list, true, classes));
done:
    og__table_deinit(&table);
    return status;
}

static og_status read_label_map(const char *path, og__classes *classes)
{
    og_status status = OG_OK;
    og__table table;
    colour_list list = {.path = path};
    OG_TRY(og__table_load(path, OG_TABLE_COMMAS, &table));
    for (size_t i = 0; i < table.count; i++) {
        const og__table_row *row = &table.rows[i];
        if (row->fields[0][0] == '#')
            continue;
        char *colon = strchr(row->fields[0], ':');
        OG_GO(row->count >= 3 && colon ? OG_OK : fail_columns(path, row->line, "a line name:r,g,b:parts:actions"));
        *colon = '\0';
        row->fields[2][strcspn(row->fields[2], ":")] = '\0';
        OG_GO(add_colour(&list, row->line, row->fields[0],
                         (const char *const[]){colon + 1, row->fields[1], row->fields[2]}));
    }
    OG_GO(declare(&list, true, classes));
done:
    og__table_deinit(&table);
    return status;
}

og_status og__class_files_read(const char *folder, og__classes *classes)
{
    static const struct {
        const char *name;
        og_status (*read)(const char *path, og__classes *classes);
    } files[] = {
        {"classes.txt", read_names},       {"class_dict.csv", read_class_table},
        {"classes.csv", read_class_table}, {"label_colors.txt", read_label_colours},
        {"labelmap.txt", read_label_map},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path;
        if (!og__holds_file(folder, files[i].name))
            continue;
        OG_TRY(og__path_join(folder, files[i].name, &path));
        og_status status = files[i].read(path, classes);
        free(path);
        return status;
    }
    return OG_OK;
}
