#include "act/input.h"

#include <string.h>

static const struct {
    const char *name, *meaning;
} rows[OG_INPUT_COUNT] = {
#define OG_INPUT_ROW(input, name, meaning) [OG_INPUT_##input] = {#name, meaning},
#include "act/inputs.def"
#undef OG_INPUT_ROW
};

const char *og_input_name(og_input input)
{
    return (unsigned)input < OG_INPUT_COUNT ? rows[input].name : NULL;
}

const char *og_input_meaning(og_input input)
{
    return (unsigned)input < OG_INPUT_COUNT ? rows[input].meaning : NULL;
}

bool og__input_find(const char *name, og_input *input)
{
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0) {
            *input = i;
            return true;
        }
    return false;
}
