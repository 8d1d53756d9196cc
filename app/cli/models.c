#include "models.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "failure.h"
#include "output.h"

static og_status add_model(model_list *list, const char *path)
{
    if (list->count == MODELS_MAX)
        return fail(OG_ERR_ARGUMENT, "more than %d networks to average", MODELS_MAX);
    TRY(og_model_load(path, &list->models[list->count]));
    list->pointers[list->count] = &list->models[list->count];
    list->count++;
    return OG_OK;
}

/* FOLDER/fold-N/model.safetensors; NULL when memory ran out. */
static char *fold_model(const char *folder, int fold)
{
    char *path;
    return asprintf(&path, "%s/fold-%d/model.safetensors", folder, fold) < 0 ? NULL : path;
}

/* The networks of all folds; none when it is no folder of a cross-validation. */
static og_status add_folds(model_list *list, const char *folder, size_t *added)
{
    og_status status = OG_OK;
    *added = 0;
    for (int fold = 1; status == OG_OK; fold++) {
        char *path = fold_model(folder, fold);
        if (!path)
            return fail(OG_ERR_MEMORY, "out of memory");
        bool there = access(path, F_OK) == 0;
        if (there)
            status = add_model(list, path);
        free(path);
        if (!there)
            break;
        ++*added;
    }
    return status;
}

og_status models_load(const char *const *paths, size_t count, model_list *list)
{
    og_status status = OG_OK;
    *list = (model_list){0};
    for (size_t i = 0; i < count; i++) {
        size_t folds;
        GO(add_folds(list, paths[i], &folds));
        if (folds == 0)
            GO(add_model(list, paths[i]));
    }
done:
    if (status != OG_OK)
        models_deinit(list);
    return status;
}

void models_deinit(model_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        og_model_deinit(&list->models[i]);
    list->count = 0;
}
