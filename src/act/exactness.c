#include <math.h>
#include <string.h>

#include <ogive/act.h>

typedef struct inexact_row {
    const char *id;
    og_act_inexact range;
} inexact_row;

static const inexact_row rows[] = {
#define OG_INEXACT(id, of, from, to, ulp, absolute, why) {id, {of, from, to, ulp, absolute, why}},
#define OG_INEXACT_BEYOND(id, reach, why)                                                                              \
    {id, {"*", -INFINITY, -(reach), INFINITY, 0, why}}, {id, {"*", reach, INFINITY, INFINITY, 0, why}},
#include "act/exactness.def"
#undef OG_INEXACT
#undef OG_INEXACT_BEYOND
};

const og_act_inexact *og_act_inexact_at(const char *id, size_t index)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].id, id) == 0 && index-- == 0)
            return &rows[i].range;
    return NULL;
}
