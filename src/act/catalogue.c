#include "act/catalogue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "act/parse.h"
#include "base/memory.h"

#define OG_FAMILY(family, name) static const char OG_FAMILY_##family[] = name;
#include "act/families.def"
#undef OG_FAMILY

static const struct {
    const char *family, *definition, *reference, *note;
} sources[] = {
#define OG_ACTIVATION(family, definition, reference, note) {OG_FAMILY_##family, definition, reference, note},
#include "act/catalogue.def"
#undef OG_ACTIVATION
};

enum { COUNT = sizeof sources / sizeof sources[0] };

static og__catalogue_row rows[COUNT];
static og__catalogue catalogue = {.rows = rows};
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The rows live as long as the process, and so do their names. */
static og_status fill_row(size_t index)
{
    og__parsed parsed;
    og__catalogue_row *row = &rows[index];
    OG_TRY(og__parse(sources[index].definition, &catalogue, &parsed));
    row->graph = parsed.graph;
    row->value = parsed.value;
    memcpy(row->entry.uses, parsed.uses, sizeof row->entry.uses);
    row->entry.formula = sources[index].definition + parsed.formula_start;
    row->entry.family = sources[index].family;
    row->entry.definition = sources[index].definition;
    row->entry.reference = sources[index].reference;
    row->entry.note = sources[index].note;
    row->entry.param_count = (size_t)parsed.param_count;
    char *name;
    OG_TRY(og__copy_text(parsed.name, &name));
    row->entry.id = name;
    for (int i = 0; i < parsed.param_count; i++) {
        OG_TRY(og__copy_text(parsed.params[i].name, &name));
        row->entry.params[i] = parsed.params[i].is;
        row->entry.params[i].name = name;
    }
    return OG_OK;
}

static void fill(void)
{
    while (catalogue.count < COUNT && fill_row(catalogue.count) == OG_OK)
        catalogue.count++;
}

const og__catalogue *og__catalogue_get(void)
{
    pthread_once(&once, fill);
    return &catalogue;
}

const og__catalogue_row *og__catalogue_find(const og__catalogue *from, const char *name)
{
    for (size_t i = 0; i < from->count; i++)
        if (strcmp(from->rows[i].entry.id, name) == 0)
            return &from->rows[i];
    return NULL;
}

size_t og_act_entry_count(void)
{
    return og__catalogue_get()->count;
}

const og_act_entry *og_act_entry_at(size_t index)
{
    const og__catalogue *all = og__catalogue_get();
    return index < all->count ? &all->rows[index].entry : NULL;
}
