#include "data/sides.h"

#include <stdbool.h>
#include <stdlib.h>

og_status og__sides_parse(const char *text, int dims, int sides[3])
{
    enum { SIDE_MAX = 16384 };
    long found[3];
    int count = 0;
    const char *at = text;
    bool good = true;
    for (bool more = true; more && good && count < 3; at += more) {
        char *end;
        found[count] = strtol(at, &end, 10);
        good = end != at && found[count] >= 0 && found[count] <= SIDE_MAX;
        more = *end == 'x';
        at = end;
        count++;
    }
    for (int i = 0; i < count && count > 1; i++)
        good = good && found[i] > 0;
    if (!good || *at != '\0' || (count != 1 && count != dims))
        return og__fail(OG_ERR_ARGUMENT,
                        "option 'patch': found '%s'; give the side of a %s (up to %d px), %s, or 0 for whole images",
                        text, dims == 3 ? "cube" : "square", SIDE_MAX,
                        dims == 3 ? "SLICESxHEIGHTxWIDTH as in '32x128x96'" : "HEIGHTxWIDTH as in '128x96'");
    sides[2] = (int)found[count - 1];
    sides[1] = (int)found[count > 1 ? count - 2 : 0];
    sides[0] = dims == 3 ? (int)found[0] : 1;
    return OG_OK;
}
