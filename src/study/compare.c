#include <ogive/study.h>

#include "study/runner.h"

og_status og_compare(const og_dataset *data, const char *data_path, const og_data_options *data_options,
                     const og_train_options *train, const og_compare_options *options, const char *study,
                     og_study_watch report, void *context)
{
    return og__comparison_run(&(og__call){.data = data,
                                          .data_path = data_path,
                                          .data_options = data_options,
                                          .train = train,
                                          .study = study,
                                          .report = report,
                                          .context = context,
                                          .run = og_train},
                              options);
}
