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

/* Length of a use up to the comma behind it, within neither parentheses nor quotes. */
static size_t use_length(const char *at)
{
    size_t length = 0;
    char quote = '\0';
    for (int depth = 0; at[length] && (at[length] != ',' || depth > 0 || quote); length++) {
        char c = at[length];
        depth += quote ? 0 : (c == '(') - (c == ')');
        quote = quote ? (c == quote ? '\0' : quote) : c == '\'' || c == '"' ? c : '\0';
    }
    return length;
}

char *uses_next(const char **uses)
{
    const char *at = *uses + strspn(*uses, " \t\n");
    size_t length = use_length(at), quoted = at[0] == '\'' || at[0] == '"';
    *uses = at + length + (at[length] == ',');
    if (length == 0 && at[length] != ',')
        return NULL;
    return strndup(at + quoted, length > 2 * quoted ? length - 2 * quoted : 0);
}

void doubts_print_list(const char *uses)
{
    for (char *use = uses_next(&uses); use; use = uses_next(&uses)) {
        doubts_print(use);
        free(use);
    }
}
