#include "image/colours.h"

#include <ogive/net.h>

uint32_t og__class_colour(int class_index)
{
    static const unsigned char table[][3] = {
#define OG_COLOUR(red, green, blue) {red, green, blue},
#include "image/colours.def"
#undef OG_COLOUR
    };
    enum { COUNT = sizeof table / sizeof table[0] };
    if (class_index == 0)
        return 0;
    if (class_index == OG_LABEL_IGNORE)
        return 0x3c3c3c;
    uint32_t colour = 0;
    for (int i = 0; i < 3; i++) {
        unsigned part = table[(class_index - 1) % COUNT][i];
        for (int round = (class_index - 1) / COUNT; round > 0; round--)
            part = part * 6 / 10;
        colour = colour << 8 | part;
    }
    return colour;
}
