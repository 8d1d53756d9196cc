#include "study/words.h"

#include <string.h>

void og__words_add_name(og__text *text, const char *name)
{
    const char *quote = strpbrk(name, " ,;*+-/^") ? "'" : "";
    og__text_format(text, "%s%s%s", quote, name, quote);
}

void og__words_add_names(og__text *text, size_t arms, const char *const *names, og__arm_choice chosen,
                         const void *context)
{
    size_t left = 0;
    for (size_t a = 0; a < arms; a++)
        left += chosen(context, a);
    for (size_t a = 0; a < arms; a++) {
        if (!chosen(context, a))
            continue;
        left--;
        og__words_add_name(text, names[a]);
        og__text_add(text, left > 1 ? ", " : left == 1 ? " and " : "");
    }
}
