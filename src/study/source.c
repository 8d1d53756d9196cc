#include "study/source.h"

#include "format/json.h"
#include "study/settings.h"

og_status og__source_open(const og__study *study, int64_t fold, og_dataset **data)
{
    const char *path;
    const json_t *settings = json_object_get(study->record, "data_options"); /* absent in old studies: the defaults */
    og_data_options options;
    OG_TRY(og__json_get_text(study->record, json_object_get(study->record, "data_place") ? "data_place" : "data_path",
                             &path));
    OG_TRY(og__settings_restore(og_data_option_table(), settings, &options));
    if (fold != OG_NO_FOLD)
        options.fold = fold;
    og_status status = og_dataset_open(path, &options, data);
    og_options_deinit(og_data_option_table(), &options);
    return status;
}
