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

/* A member that is text, or "". */
static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* The networks of all folds; none when it is no folder of a cross-validation. */
static og_status add_folds(model_list *list, const char *folder, size_t *added)
{
    og_status status = OG_OK;
    json_t *document = NULL;
    size_t i;
    const json_t *fold;
    char *first = fold_model(folder, 0), *path = join_path(folder, "cv.json");
    *added = 0;
    if (!first || !path)
        GO(fail(OG_ERR_MEMORY, "out of memory"));
    if (access(path, F_OK) != 0) {
        if (access(first, F_OK) == 0)
            GO(fail(OG_ERR_DATA,
                    "the cross-validation in '%s' is not finished; the same ogive cv command goes on with it", folder));
        goto done;
    }
    GO(load_json(path, &document));
    json_array_foreach(json_object_get(document, "folds"), i, fold) {
        char *run = join_path(folder, text_of(fold, "run"));
        status = run ? add_model(list, run) : fail(OG_ERR_MEMORY, "out of memory");
        free(run);
        if (status != OG_OK)
            goto done;
        ++*added;
    }
    if (*added == 0)
        status = fail(OG_ERR_FORMAT, "'%s' names no folds", path);
done:
    free(first);
    free(path);
    json_decref(document);
    return status;
}

bool models_are_in(const char *folder)
{
    char *paths[] = {join_path(folder, "model.safetensors"), fold_model(folder, 0)};
    bool found = false;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        found = found || (paths[i] && access(paths[i], F_OK) == 0);
        free(paths[i]);
    }
    return found;
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
