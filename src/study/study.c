#include "study/study.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "study/kind.h"

/* --- runs ------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const og__run *)a)->name, ((const og__run *)b)->name);
}

og__run *og__study_find_run(const og__study *study, const char *name)
{
    void *const *node = tfind(&(og__run){.name = (char *)name}, &study->run_names, by_name);
    return node ? *node : NULL;
}

static og_status make_room(og__study *study)
{
    if (study->run_count < study->run_room)
        return OG_OK;
    size_t room = study->run_room ? 2 * study->run_room : 64;
    og__run **runs = realloc(study->runs, room * sizeof(og__run *));
    if (!runs)
        return og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu runs", room);
    study->runs = runs;
    study->run_room = room;
    return OG_OK;
}

og_status og__study_add_run(og__study *study, const char *name, const json_t *settings, const double *point,
                            og__run **run)
{
    *run = og__study_find_run(study, name);
    if (*run)
        return OG_OK;
    OG_TRY(make_room(study));
    OG_TRY(og__run_new(name, settings, study->space.count, point, run));
    if (!tsearch(*run, &study->run_names, by_name)) {
        og__run_free(*run);
        *run = NULL;
        return og__fail(OG_ERR_MEMORY, "no memory for the name of the run '%s'", name);
    }
    (*run)->index = study->run_count;
    study->runs[study->run_count++] = *run;
    return OG_OK;
}

og_status og__study_run_folder(const og__study *study, const og__run *run, char **folder)
{
    og__text path = {0};
    og__text_format(&path, "%s/trials/%s", study->folder, run->name);
    *folder = path.data;
    return og__text_status(&path);
}

og_status og__study_read_run(const og__study *study, og__run *run)
{
    char *folder;
    OG_TRY(og__study_run_folder(study, run, &folder));
    og__trial_deinit(&run->trial);
    og_status status = og__trial_read(folder, og__run_act(run), og__run_seed(run), &run->trial);
    free(folder);
    return status;
}

/* --- the folder ------------------------------------------------------------------------------------------------- */

/* The last part of the folder's absolute path, so that 'study' and '.' within it are the same. */
static og_status name_study(const char *folder, char **name)
{
    char *path = realpath(folder, NULL);
    if (!path)
        return og__fail_file("open", folder);
    const char *last = strrchr(path, '/');
    og_status status = og__copy_text(last && last[1] ? last + 1 : "study", name);
    free(path);
    return status;
}

og_status og__study_configurations(const og__study *study, char **name)
{
    og__text text = {0};
    og__text_format(&text, "%s-configurations", study->name);
    *name = text.data;
    return og__text_status(&text);
}

og_status og__study_store(const og__study *study, char **url)
{
    const char *asked = json_string_value(json_object_get(study->record, "store")); /* absent in old studies */
    return asked && asked[0] ? og__copy_text(asked, url) : og__path_join(study->folder, "study.db", url);
}

static og_status load_kind(og__study *study, const char *path)
{
    const og__kind *kind;
    const char *data_path;
    og_status status = og__json_get_text(study->record, "data_path", &data_path);
    if (status == OG_OK)
        status = og__kind_find(study->record, &kind);
    if (status == OG_OK) {
        study->kind = kind; /* its unload() releases what load() has made, all or half of it */
        status = kind->load(study);
    }
    return status == OG_OK ? OG_OK : og__fail_in(status, "%s", path);
}

og_status og__study_load(const char *folder, og__study *study)
{
    og_status status = OG_OK;
    char *path = NULL;
    *study = (og__study){0};
    OG_GO(og__copy_text(folder, &study->folder));
    OG_GO(name_study(folder, &study->name));
    OG_GO(og__path_join(folder, "study.json", &path));
    OG_GO(og__json_load(path, &study->record));
    OG_GO(load_kind(study, path));
done:
    free(path);
    if (status != OG_OK)
        og__study_deinit(study);
    return status;
}

void og__study_deinit(og__study *study)
{
    for (size_t i = 0; i < study->run_count; i++) {
        tdelete(study->runs[i], &study->run_names, by_name);
        og__run_free(study->runs[i]);
    }
    free(study->runs);
    if (study->kind)
        study->kind->unload(study);
    og__arms_deinit(&study->arms);
    json_decref(study->record);
    free(study->folder);
    free(study->name);
    *study = (og__study){0};
}
