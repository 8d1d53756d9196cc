/* The page that shows a study. */
#ifndef OGIVE_REPORT_H
#define OGIVE_REPORT_H

#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Write a self-contained HTML page (no network) that shows a report.json. */
OG_API og_status og_report_html(const char *json_path, const char *html_path);

#ifdef __cplusplus
}
#endif
#endif
