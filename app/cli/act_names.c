#include "act_names.h"

#include <stdlib.h>
#include <string.h>

#include "act_facts.h"
#include "failure.h"
#include "terminal.h"

og_status names_document(const og_act *act, json_t **document)
{
    json_t *names = json_object();
    *document = NULL;
    for (og_library library = OG_LIBRARY_COMMON; library < OG_LIBRARY_COUNT; library++) {
        char *text;
        og_status status = og_act_spelling(act, library, &text);
        if (status != OG_OK) {
            json_decref(names);
            return status;
        }
        if (text)
            json_object_set_new(names, og_library_name(library), json_string(text));
        free(text);
    }
    *document = json_pack("{s:o}", "names", names);
    return *document ? OG_OK : fail(OG_ERR_MEMORY, "out of memory");
}

og_status names_print(const og_act *act, og_language language)
{
    bool first = true;
    for (og_library library = OG_LIBRARY_COMMON; library < OG_LIBRARY_COUNT; library++) {
        char *text;
        TRY(og_act_spelling(act, library, &text));
        if (!text)
            continue;
        if (first)
            printf("\n%s\n", in_language(language, "Elsewhere", "在其他库中"));
        first = false;
        fputs("  ", stdout);
        print_padded(
            stdout,
            library == OG_LIBRARY_COMMON ? in_language(language, "also called", "又称") : og_library_name(library), 16);
        print_folded(stdout, text, 18, 18);
        free(text);
    }
    return OG_OK;
}

og_status names_write(FILE *file, const og_act *act, og_language language)
{
    bool first = true;
    for (og_library library = OG_LIBRARY_COMMON; library < OG_LIBRARY_COUNT; library++) {
        char *text;
        TRY(og_act_spelling(act, library, &text));
        if (!text)
            continue;
        if (first)
            fprintf(file, "| %s | ", in_language(language, "elsewhere", "其他名称"));
        fprintf(file, "%s%s%s`%s`", first ? "" : in_language(language, ", ", "，"),
                library == OG_LIBRARY_COMMON ? in_language(language, "also called", "又称") : og_library_name(library),
                " ", text);
        first = false;
        free(text);
    }
    if (!first)
        fprintf(file, " |\n");
    return OG_OK;
}

/* "nn.Mish()" to "Mish". */
static void strip(const char *spelling, size_t size, char text[size])
{
    size_t length = strcspn(spelling, "( "), start = length;
    while (start > 0 && spelling[start - 1] != '.')
        start--;
    snprintf(text, size, "%.*s", (int)(length - start), spelling + start);
}

og_status names_short(const og_act *act, size_t size, char text[size])
{
    char *spelling;
    text[0] = '\0';
    TRY(og_act_spelling(act, OG_LIBRARY_PYTORCH, &spelling));
    if (spelling) {
        strip(spelling, size, text);
    } else {
        TRY(og_act_spelling(act, OG_LIBRARY_ONNX, &spelling));
        if (spelling) {
            snprintf(text, size, "ONNX ");
            strip(spelling, size - 5, text + 5);
        }
    }
    free(spelling);
    return OG_OK;
}

og_status names_contain(const og_act *act, const char *piece, bool *found)
{
    *found = false;
    for (og_library library = OG_LIBRARY_COMMON; library < OG_LIBRARY_COUNT && !*found; library++) {
        char *text;
        TRY(og_act_spelling(act, library, &text));
        *found = text && (strcasestr(text, piece) || strcasestr(og_library_name(library), piece));
        free(text);
    }
    return OG_OK;
}
