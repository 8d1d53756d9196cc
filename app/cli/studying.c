#include "studying.h"

#include <stdio.h>
#include <stdlib.h>

#include <ogive/report.h>

#include "failure.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "runs.h"
#include "study_show.h"

static bool something_ran;

void studying_begin(bool quiet)
{
    something_ran = false;
    interrupt_catch();
    progress_begin(quiet);
}

bool studying_show(void *others, const og_study_progress *progress)
{
    if (progress->candidates > 0) { /* before the first run */
        progress_show((double)progress->screened / (double)progress->candidates, progress->eta_s,
                      "%lld/%lld formulas screened", (long long)progress->screened, (long long)progress->candidates);
        return !interrupted();
    }
    workers_start(others);
    something_ran |= !progress->kept; /* here or, where this process waits, in another */
    return runs_show(progress);
}

og_status studying_end(og_status worked, workers *others, const og_dataset *data)
{
    workers_wait(others, worked != OG_OK);
    progress_end();
    if (worked == OG_OK && !something_ran)
        progress_say(
            "nothing was left to run: the study is as large as it was asked to be, or its budget is spent; the "
            "command that began it takes more seeds, trials or --budget");
    if (worked == OG_ERR_STOPPED)
        return fail(worked, "stopped after a checkpoint; the same command goes on from there");
    TRY(worked);
    TRY(og_report_study(data, others->study));
    return og_report_publish(others->study);
}

og_status studying_print(const char *study, bool json, void (*more)(const json_t *report, const void *context),
                         const void *context)
{
    og_status status = OG_OK;
    json_t *report = NULL;
    char *path = join_path(study, "report.json");
    if (!path)
        return fail(OG_ERR_MEMORY, "out of memory");
    GO(load_json(path, &report));
    if (json) {
        status = print_json(json_incref(report), 17);
    } else {
        study_print(report);
        if (more)
            more(report, context);
        printf("\n  The whole report: %s/report.html\n", study);
    }
done:
    json_decref(report);
    free(path);
    return status;
}
