/* Writes the catalogue's kernels as one C file that is compiled once per instruction set: emit_catalogue FILE */
#include <stdio.h>
#include <stdlib.h>

#include "act/emit_c.h"
#include "base/file.h"
#include "base/text.h"

static og_status emit_row(const og_act_entry *entry, og__text *text, og__text *table)
{
    og_status status = OG_OK;
    og_act *act = NULL;
    og__text name = {0};
    OG_GO(og_act_parse(entry->id, &act));
    og__text_format(&name, "act_%s", entry->id);
    OG_GO(og__text_status(&name));
    OG_GO(og__emit_c(act, name.data, text));
    og__text_add(text, "#include \"kernel/frames.h\"\n\n");
    og__text_format(table, "    {\"%s\", &%s_frames},\n", act->key, name.data);
done:
    og__text_deinit(&name);
    og_act_free(act);
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
