#ifndef OGIVE_VERSION_H
#define OGIVE_VERSION_H

#include <ogive/status.h>

/** Return ogive's version, "0.1.0". */
OG_API const char *og_version(void);

#endif
