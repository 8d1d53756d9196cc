#include "data/classes.h"

#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "base/file.h"
#include "base/memory.h"

void og__classes_deinit(og__classes *classes)
{
    og__names_free(classes->names, (size_t)classes->count);
    for (int k = 0; classes->values && k < classes->count; k++)
        og__ranges_deinit(&classes->values[k]);
    free(classes->values);
    og__ranges_deinit(&classes->ignore);
    free(classes->codes);
    *classes = (og__classes){0};
}

og_status og__classes_set_names(og__classes *classes, const char *const *names, size_t count)
{
    if (count < 2 || count > OG_CLASSES_MAX)
        return og__fail(OG_ERR_DATA, "%zu class names are given; 2 to %d are needed", count, OG_CLASSES_MAX);
    for (size_t k = 0; k < count; k++)
        for (size_t other = 0; other < k; other++)
            if (strcmp(names[other], names[k]) == 0)
                return og__fail(OG_ERR_DATA, "two classes, %zu and %zu, are called '%s'", other, k, names[k]);
    OG_TRY(og__alloc(count, sizeof *classes->names, &classes->names));
    classes->count = (int)count;
    for (size_t k = 0; k < count; k++)
        OG_TRY(og__copy_text(names[k], &classes->names[k]));
    return OG_OK;
}

og_status og__classes_load_names(og__classes *classes, const char *path)
{
    og_status status = OG_OK;
    char *text;
    const char *names[OG_CLASSES_MAX + 1];
    size_t length, count = 0;
    OG_TRY(og__file_read(path, &text, &length));
    for (char *line = strtok(text, "\r\n"); line && count <= OG_CLASSES_MAX; line = strtok(NULL, "\r\n"))
        if (line[strspn(line, " \t")])
            names[count++] = line;
    status = og__classes_set_names(classes, names, count);
    if (status != OG_OK)
        status = og__fail_in(status, "'%s'", path);
    free(text);
    return status;
}

static int compare_codes(const void *a, const void *b)
{
    int64_t x = ((const og__code *)a)->value, y = ((const og__code *)b)->value;
    return (x > y) - (x < y);
}

int og__classes_find(const og__classes *classes, int64_t value)
{
    if (og__ranges_has(&classes->ignore, value))
        return OG_LABEL_IGNORE;
    const og__code key = {value, 0};
    const og__code *found =
        classes->code_count == 0 ? NULL : bsearch(&key, classes->codes, classes->code_count, sizeof key, compare_codes);
    int64_t code = found ? found->code : value;
    for (int k = 0; k < classes->count; k++)
        if (og__ranges_has(&classes->values[k], code))
            return k;
    return -1;
}
