#include "verdict.h"

#include <stdio.h>

void verdict_print(const json_t *report)
{
    printf("%s\n", json_string_value(json_object_get(report, "verdict")));
}
