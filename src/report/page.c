/* The HTML page: web/ with style, scripts, charting library and data put in place of its marks. */
#include <ogive/report.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "format/json.h"

#ifdef OG_PAGE

extern const char og__embed_page_html[];    /* web/page.html */
extern const char og__embed_page_style[];   /* web/style.css */
extern const char og__embed_page_scripts[]; /* web/ *.js, joined */
extern const char og__embed_page_library[]; /* Chart.js */

/* JSON as a script element may hold it: '<' occurs in strings only, where it may be written as an escape, so that no
 * text in the data can end the element. */
static og_status add_data(og__text *page, const json_t *report)
{
    char *line;
    OG_TRY(og__json_line(report, &line));
    for (const char *at = line; *at;) {
        size_t plain = strcspn(at, "<");
        og__text_add_bytes(page, at, plain);
        at += plain;
        if (*at == '<') {
            og__text_add(page, "\\u003c");
            at++;
        }
    }
    free(line);
    return og__text_status(page);
}

static og_status add_part(og__text *page, const char *name, size_t length, const json_t *report)
{
    const struct {
        const char *name, *content;
    } parts[] = {
        {"style", og__embed_page_style},
        {"library", og__embed_page_library},
        {"scripts", og__embed_page_scripts},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strlen(parts[i].name) == length && memcmp(parts[i].name, name, length) == 0)
            og__text_add(page, parts[i].content);
    if (length == strlen("data") && memcmp(name, "data", length) == 0)
        OG_TRY(add_data(page, report));
    return og__text_status(page);
}

static og_status fill_page(const json_t *report, og__text *page)
{
    static const char mark[] = "<!--@", mark_end[] = "-->";
    const char *at = og__embed_page_html;
    for (;;) {
        const char *next = strstr(at, mark);
        const char *end = next ? strstr(next, mark_end) : NULL;
        if (!end)
            break;
        og__text_add_bytes(page, at, (size_t)(next - at));
        const char *name = next + strlen(mark);
        OG_TRY(add_part(page, name, (size_t)(end - name), report));
        at = end + strlen(mark_end);
    }
    og__text_add(page, at);
    return og__text_status(page);
}

og_status og_report_html(const char *json_path, const char *html_path)
{
    og_status status = OG_OK;
    json_t *report = NULL;
    og__text page = {0};
    const char *format;
    OG_GO(og__json_load(json_path, &report));
    if (og__json_get_text(report, "format", &format) != OG_OK || strcmp(format, "ogive-report") != 0) {
        status = og__fail(OG_ERR_FORMAT, "'%s' is not a report of ogive: its member \"format\" is not \"ogive-report\"",
                          json_path);
        goto done;
    }
    OG_GO(fill_page(report, &page));
    OG_GO(og__file_write(html_path, page.data, page.length));
done:
    og__text_deinit(&page);
    json_decref(report);
    return status;
}

#else

og_status og_report_html(const char *json_path, const char *html_path)
{
    (void)json_path;
    return og__fail(OG_ERR_UNSUPPORTED, "cannot write '%s': this ogive was built without the HTML report (OGIVE_PAGE)",
                    html_path);
}

#endif
