#include "act/act.h"

int og__act_operands(const og_act *act, og_input operands[OG_INPUT_COUNT])
{
    int count = 1;
    operands[0] = act->uses[OG_INPUT_MIRROR] ? OG_INPUT_MIRROR : OG_INPUT_X;
    for (og_input input = OG_INPUT_X; input < OG_INPUT_COUNT; input++)
        if (act->uses[input] && input != OG_INPUT_X && input != OG_INPUT_MIRROR)
            operands[count++] = input;
    return count;
}

float og__input_default(og_input input)
{
    if (input == OG_INPUT_NOISE)
        return 0.5f;
    return input >= OG_INPUT_GATE && input <= OG_INPUT_GATE3 ? 1 : 0;
}
