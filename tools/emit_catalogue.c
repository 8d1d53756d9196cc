/* Writes the kernels of catalogue and heads as one C file that is compiled once per instruction set: emit_catalogue
 * FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/emit_c.h"
#include "act/head.h"
#include "base/file.h"
#include "base/text.h"

/* Whether the table has a function already. */
static bool is_listed(const og__text *table, const char *key)
{
    char cell[4096];
    snprintf(cell, sizeof cell, "{\"%s\",", key);
    return strstr(og__text_get(table), cell) != NULL;
}

static og_status emit_act(const og_act *act, const char *name, og__text *text, og__text *table)
{
    OG_TRY(og__emit_c(act, name, text));
    og__text_add(text, "#include \"kernel/frames.h\"\n\n");
    og__text_format(table, "    {\"%s\", &%s_frames},\n", act->key, name);
    return OG_OK;
}

static og_status emit_row(const og_act_entry *entry, og__text *text, og__text *table)
{
    og_act *act;
    char name[128];
    OG_TRY(og_act_parse(entry->id, &act));
    snprintf(name, sizeof name, "act_%s", entry->id);
    og_status status = emit_act(act, name, text, table);
    og_act_free(act);
    return status;
}

/* The functions of a head that are not in the catalogue. */
static og_status emit_head(const og_head_entry *entry, og__text *text, og__text *table)
{
    static const char *const parts[OG_HEAD_PARTS] = {"value", "log", "log_rest"};
    og_status status = OG_OK;
    og_head *head;
    OG_TRY(og_head_parse(entry->id, &head));
    for (int part = 0; part < OG_HEAD_PARTS && status == OG_OK; part++) {
        char name[128];
        snprintf(name, sizeof name, "head_%s_%s", entry->id, parts[part]);
        if (head->acts[part] && !is_listed(table, head->acts[part]->key))
            status = emit_act(head->acts[part], name, text, table);
    }
    og_head_free(head);
    return status;
}

static og_status emit(const char *path)
{
    og_status status = OG_OK;
    og__text text = {0}, table = {0};
    og__text_add(&text, "/* The catalogue's kernels, written by emit_catalogue from src/act/catalogue.def. */\n"
                        "#include \"act/f32.h\"\n#include \"kernel/builtin.h\"\n#include \"kernel/isa.h\"\n\n");
    for (size_t i = 0; i < og_act_entry_count(); i++)
        OG_GO(emit_row(og_act_entry_at(i), &text, &table));
    for (size_t i = 0; i < og_head_count(); i++)
        OG_GO(emit_head(og_head_at(i), &text, &table));
    og__text_format(&text, "const og__builtin_act OG_ISA_FN(builtin_acts)[] = {\n%s    {NULL, NULL},\n};\n",
                    og__text_get(&table));
    OG_GO(og__text_status(&table));
    OG_GO(og__text_status(&text));
    OG_GO(og__file_write(path, text.data, text.length));
done:
    og__text_deinit(&text);
    og__text_deinit(&table);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: emit_catalogue FILE\n");
        return 2;
    }
    if (emit(argv[1]) == OG_OK)
        return 0;
    fprintf(stderr, "emit_catalogue: %s\n", og_error_text());
    return 1;
}
