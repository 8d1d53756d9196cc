/* The inputs of formulas by name. */
#ifndef OG_ACT_INPUT_H
#define OG_ACT_INPUT_H

#include <ogive/act.h>

bool og__input_find(const char *name, og_input *input);

#endif
