#include "study/kind.h"

#include <string.h>

#include "study/tuning.h"

static const og__kind *const kinds[] = {&og__kind_compare, &og__kind_tune, &og__kind_search};

og_status og__kind_find(const json_t *record, const og__kind **kind)
{
    const json_t *name = json_object_get(record, "kind"); /* absent in old studies */
    const char *wanted = name ? json_string_value(name) : og__kind_compare.name;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (wanted && strcmp(wanted, kinds[i]->name) == 0) {
            *kind = kinds[i];
            return OG_OK;
        }
    }
    return og__fail(OG_ERR_FORMAT, "kind is '%s', which this version of ogive does not know", wanted ? wanted : "");
}
