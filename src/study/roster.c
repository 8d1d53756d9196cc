#include <ogive/study.h>

#include <stdlib.h>

#include "format/json.h"
#include "study/store_roster.h"
#include "study/study.h"

static const double patience_s = 5; /* somebody looks at the screen */

og_status og_study_workers(const char *folder, char **json)
{
    og_status status = OG_OK;
    og__study study = {0};
    og__store *store = NULL;
    json_t *roster = NULL;
    char *url = NULL;
    int64_t stored;
    *json = NULL;
    OG_GO(og__study_load(folder, &study));
    OG_GO(og__study_store(&study, &url));
    OG_GO(og__store_connect(url, patience_s, &store));
    OG_GO(og__store_study(store, study.name, "dice", &stored));
    OG_GO(og__store_roster(store, stored, &roster));
    OG_GO(og__json_set(roster, "store", og__json_string(url)));
    OG_GO(og__json_line(roster, json));
done:
    json_decref(roster);
    og__store_close(store);
    free(url);
    og__study_deinit(&study);
    return status;
}
