/* Writes the kernels of catalogue and heads as C files that are compiled once per instruction set:
 *
 *   emit_catalogue FOLDER COUNT      FOLDER/catalogue_0.isa.c ... FOLDER/catalogue_(COUNT - 1).isa.c
 *
 * Several files, so that they compile at the same time; a file that would not change is left alone, so that it is not
 * compiled again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/emit_c.h"
#include "act/head.h"
#include "act/lexer.h"
#include "base/file.h"
#include "base/text.h"

enum { PARTS_MAX = 32 };

typedef struct part {
    og__text code, table;
} part;

typedef struct output {
    part parts[PARTS_MAX];
    int count;
    og__text keys; /* of the functions that are written, each between quotes */
} output;

static og_status emit_act(const og_act *act, const char *name, output *out)
{
    char key[OG_FORMULA_BYTES_MAX + 3];
    snprintf(key, sizeof key, "\"%s\"", act->key);
    if (strstr(og__text_get(&out->keys), key))
        return OG_OK; /* another name for the same function */
    og__text_add(&out->keys, key);
    part *least = &out->parts[0];
    for (int i = 1; i < out->count; i++)
        if (out->parts[i].code.length < least->code.length)
            least = &out->parts[i];
    OG_TRY(og__emit_c(act, name, &least->code));
    og__text_add(&least->code, "#include \"kernel/frames.h\"\n\n");
    og__text_format(&least->table, "    {%s, &%s_frames},\n", key, name);
    return OG_OK;
}

static og_status emit_row(const og_act_entry *entry, output *out)
{
    og_act *act;
    char name[128];
    OG_TRY(og_act_parse(entry->id, &act));
    snprintf(name, sizeof name, "act_%s", entry->id);
    og_status status = emit_act(act, name, out);
    og_act_free(act);
    return status;
}

/* The functions of a head that are not in the catalogue. */
static og_status emit_head(const og_head_entry *entry, output *out)
{
    static const char *const parts[OG_HEAD_PARTS] = {"value", "log", "log_rest"};
    og_status status = OG_OK;
    og_head *head;
    OG_TRY(og_head_parse(entry->id, &head));
    for (int i = 0; i < OG_HEAD_PARTS && status == OG_OK; i++) {
        char name[128];
        snprintf(name, sizeof name, "head_%s_%s", entry->id, parts[i]);
        if (head->acts[i])
            status = emit_act(head->acts[i], name, out);
    }
    og_head_free(head);
    return status;
}

/* The network's own functions that are not in the catalogue. */
static og_status emit_own(output *out)
{
    static const char *const formulas[] = {
#define OG_OWN_ACT(id, name, formula) formula,
#include "net/own_acts.def"
#undef OG_OWN_ACT
    };
    og_status status = OG_OK;
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0] && status == OG_OK; i++) {
        og_act *act;
        char name[32];
        OG_TRY(og_act_parse(formulas[i], &act));
        snprintf(name, sizeof name, "own_%zu", i);
        status = emit_act(act, name, out);
        og_act_free(act);
    }
    return status;
}

static og_status write_part(const char *folder, int index, const output *out)
{
    og_status status = OG_OK;
    const part *own = &out->parts[index];
    og__text path = {0}, text = {0};
    char *before = NULL;
    size_t size;
    og__text_format(&path, "%s/catalogue_%d.isa.c", folder, index);
    og__text_format(&text,
                    "/* Kernels of the catalogue, written by emit_catalogue from src/act/catalogue.def. */\n"
                    "#include \"act/f32.h\"\n#include \"kernel/builtin.h\"\n#include \"kernel/isa.h\"\n\n%s"
                    "const og__builtin_act OG_ISA_FN(builtin_acts_%d)[] = {\n%s    {NULL, NULL},\n};\n",
                    og__text_get(&own->code), index, og__text_get(&own->table));
    for (int i = 0; index == 0 && i < out->count; i++)
        og__text_format(&text, "extern const og__builtin_act OG_ISA_FN(builtin_acts_%d)[];\n", i);
    for (int i = 0; index == 0 && i < out->count; i++)
        og__text_format(&text, "%s    OG_ISA_FN(builtin_acts_%d),\n%s",
                        i == 0 ? "const og__builtin_act *const OG_ISA_FN(builtin_acts)[] = {\n" : "", i,
                        i + 1 == out->count ? "    NULL,\n};\n" : "");
    OG_GO(og__text_status(&own->code));
    OG_GO(og__text_status(&own->table));
    OG_GO(og__text_status(&path));
    OG_GO(og__text_status(&text));
    if (og__file_read(path.data, &before, &size) != OG_OK || strcmp(before, text.data) != 0)
        OG_GO(og__file_write(path.data, text.data, text.length));
done:
    free(before);
    og__text_deinit(&path);
    og__text_deinit(&text);
    return status;
}

static og_status emit(const char *folder, int count)
{
    og_status status = OG_OK;
    static output out;
    out.count = count;
    for (size_t i = 0; i < og_act_entry_count(); i++)
        OG_GO(emit_row(og_act_entry_at(i), &out));
    for (size_t i = 0; i < og_head_count(); i++)
        OG_GO(emit_head(og_head_at(i), &out));
    OG_GO(emit_own(&out));
    OG_GO(og__text_status(&out.keys));
    for (int i = 0; i < count; i++)
        OG_GO(write_part(folder, i, &out));
done:
    for (int i = 0; i < count; i++) {
        og__text_deinit(&out.parts[i].code);
        og__text_deinit(&out.parts[i].table);
    }
    og__text_deinit(&out.keys);
    return status;
}

int main(int argc, char **argv)
{
    int count = argc == 3 ? atoi(argv[2]) : 0;
    if (count < 1 || count > PARTS_MAX) {
        fprintf(stderr, "usage: emit_catalogue FOLDER COUNT, with COUNT from 1 to %d\n", PARTS_MAX);
        return 2;
    }
    if (emit(argv[1], count) == OG_OK)
        return 0;
    fprintf(stderr, "emit_catalogue: %s\n", og_error_text());
    return 1;
}
