/* An activation written for another world: what ogive act emit and ogive emit have in common. */
#ifndef CLI_EMISSION_H
#define CLI_EMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include <ogive/act.h>
#include <ogive/option.h>

typedef struct emission {
    char *to, *name, *output;
    bool native;
    int64_t opset, channels;
} emission;

og_option_table emission_options(void);

/* Whether the target may go where it is asked to go: binary models do not go to a terminal. */
og_status emission_check(const emission *emission);

og_status emission_write(const emission *emission, const og_act *act);

#endif
