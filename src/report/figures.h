/* Figures for Plotly, {"data": [...], "layout": {...}}, made of a report (docs/report.md). */
#ifndef OG_REPORT_FIGURES_H
#define OG_REPORT_FIGURES_H

#include <jansson.h>
#include <stddef.h>

#include "base/status.h"

typedef struct og__figure {
    const char *id; /* letters and hyphens */
    /* Add traces and layout. */
    og_status (*draw)(const json_t *report, json_t *traces, json_t *layout);
} og__figure;

extern const og__figure og__figures[];
extern const size_t og__figure_count;

/* Released with json_decref(). */
og_status og__figure_make(const og__figure *figure, const json_t *report, json_t **made);

#endif
