#include "output.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"

og_status print_json(json_t *document, int digits)
{
    if (!document)
        return fail(OG_ERR_MEMORY, "out of memory");
    int failed = json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION((size_t)digits));
    json_decref(document);
    putchar('\n');
    return failed ? fail(OG_ERR_FILE, "cannot write to standard output") : OG_OK;
}

og_status print_json_or_words(json_t *document, bool json, void (*words)(const json_t *document))
{
    if (json)
        return print_json(document, 17);
    words(document);
    json_decref(document);
    return OG_OK;
}

og_status read_json(char *text, json_t **document)
{
    *document = json_loads(text, 0, NULL);
    free(text);
    return *document ? OG_OK : fail(OG_ERR_MEMORY, "out of memory");
}

og_status save_json(const char *path, const json_t *document)
{
    char *part;
    if (asprintf(&part, "%s.%ld.part", path, (long)getpid()) < 0)
        return fail(OG_ERR_MEMORY, "out of memory");
    bool written = json_dump_file(document, part, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) == 0;
    written = written && rename(part, path) == 0;
    og_status status = written ? OG_OK : fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    if (!written)
        unlink(part);
    free(part);
    return status;
}

og_status load_json(const char *path, json_t **document)
{
    json_error_t error;
    *document = json_load_file(path, 0, &error);
    if (*document)
        return OG_OK;
    if (error.line < 0)
        return fail(OG_ERR_FILE, "cannot read '%s': %s", path, error.text);
    return fail(OG_ERR_FORMAT, "%s:%d: %s", path, error.line, error.text);
}

void set_memory(json_t *document, size_t planned_bytes)
{
    struct rusage usage;
    size_t peak = getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
    json_object_set_new(document, "planned_bytes", json_integer((json_int_t)planned_bytes));
    json_object_set_new(document, "peak_bytes", json_integer((json_int_t)peak));
}

void print_csv_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

json_t *json_text(const char *text)
{
    json_t *value = json_string(text);
    char *copy = value ? NULL : malloc(3 * strlen(text) + 1), *at = copy;
    if (!copy)
        return value;
    for (; *text; text++) {
        if ((unsigned char)*text < 0x80) {
            *at++ = *text;
        } else {
            memcpy(at, "\xef\xbf\xbd", 3);
            at += 3;
        }
    }
    *at = '\0';
    value = json_string(copy);
    free(copy);
    return value;
}

json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_float(float value)
{
    char text[32];
    if (!isfinite(value))
        return json_null();
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return json_real(strtod(text, NULL));
}

json_t *json_learn(og_learn learn)
{
    switch (learn) {
    case OG_LEARN_NO:
        return json_null();
    case OG_LEARN_LAYER:
        return json_string("layer");
    case OG_LEARN_CHANNEL:
        return json_string("channel");
    }
    return json_null();
}

char *join_path(const char *folder, const char *name)
{
    char *path = NULL;
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] == '/';
    return asprintf(&path, "%s%s%s", folder, slash ? "" : "/", name) < 0 ? NULL : path;
}

og_status make_folder(const char *path)
{
    char copy[4096];
    if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy)
        return fail(OG_ERR_FILE, "the path '%.60s...' is too long", path);
    for (char *at = copy + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        mkdir(copy, 0777); /* that it failed shows at the last one */
        *at = '/';
    }
    struct stat info;
    if (mkdir(copy, 0777) == 0 || (errno == EEXIST && stat(copy, &info) == 0 && S_ISDIR(info.st_mode)))
        return OG_OK;
    return fail(OG_ERR_FILE, "cannot create folder '%s': %s", path, strerror(errno));
}
