#include <ogive/version.h>

const char *og_version(void)
{
    return OGIVE_VERSION;
}
