#include "search_print.h"

#include <stdio.h>
#include <string.h>

#include "verdict.h"

static const json_t *search_of(const json_t *report)
{
    return json_object_get(json_object_get(report, "results"), "search");
}

bool is_search(const json_t *report)
{
    return search_of(report) != NULL;
}

static long long whole(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

long long search_number(const json_t *report, const char *text)
{
    size_t index;
    json_t *formula;
    json_array_foreach(json_object_get(search_of(report), "formulas"), index, formula) {
        if (strcmp(text_at(formula, "text"), text) == 0)
            return whole(formula, "number");
    }
    return -1;
}

static void print_screening(const json_t *search)
{
    const json_t *screening = json_object_get(search, "screening");
    size_t index, trained = 0;
    json_t *each;
    printf("%lld formulas were drawn, of which %lld passed the screening. The others were\n\n",
           whole(screening, "drawn"), whole(screening, "passed"));
    json_array_foreach(json_object_get(screening, "rejected"), index, each) {
        const char *example = text_at(each, "example");
        printf("  %6lld  %s", whole(each, "count"), text_at(each, "words"));
        if (example[0])
            printf("\n          such as %s: %s", example, text_at(each, "why"));
        printf("\n");
    }
    json_array_foreach(json_object_get(search, "formulas"), index, each)
        trained += !json_is_true(json_object_get(each, "known"));
    printf("\n%zu new formulas were trained. The confirmation, on seeds that nothing was chosen by:\n\n", trained);
}

static void print_places(const json_t *places)
{
    const char *command = text_at(places, "command");
    if (!json_is_object(places))
        return;
    printf("\n%s\n", text_at(places, "text"));
    if (command[0])
        printf("\n  %s\n", command);
}

void search_print(const json_t *report)
{
    const json_t *search = search_of(report);
    size_t index;
    json_t *command;
    print_screening(search);
    verdict_print(report);
    print_places(json_object_get(search, "places"));
    printf("\n");
    json_array_foreach(json_object_get(search, "commands"), index, command)
        printf("  %s\n", json_string_value(command));
}
