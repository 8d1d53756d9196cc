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

int og__act_roots(const og_act *act, og__expr roots[OG_ACT_ROOTS_MAX])
{
    og_input operands[OG_INPUT_COUNT];
    int count = 0, operand_count = og__act_operands(act, operands);
    roots[count++] = act->value;
    for (int i = 0; i < operand_count; i++)
        roots[count++] = act->by_input[operands[i]];
    for (size_t k = 0; k < act->param_count; k++)
        roots[count++] = act->by_param[k];
    return count;
}
