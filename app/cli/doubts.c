#include "doubts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/facts.h>

void doubts_print(const char *use)
{
    og_act *act;
    char *warnings, *rest = NULL;
    if (use[0] == '\0' || og_act_parse(use, &act) != OG_OK)
        return;
    if (og_act_note(act)[0])
        fprintf(stderr, "note: %s\n", og_act_note(act));
    if (og_act_check(act, &warnings) == OG_OK && warnings) {
        for (char *line = strtok_r(warnings, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
            fprintf(stderr, "warning: %s: %s\n", og_act_text(act), line);
        free(warnings);
    }
    og_act_free(act);
}

void doubts_print_list(const char *uses)
{
    while (*uses) {
        size_t length = 0;
        for (int depth = 0; uses[length] && (uses[length] != ',' || depth > 0); length++)
            depth += uses[length] == '(' ? 1 : uses[length] == ')' ? -1 : 0;
        char *use = strndup(uses, length);
        if (use)
            doubts_print(use);
        free(use);
        uses += length + (uses[length] == ',');
    }
}
