#include "waiting.h"

#include <stdlib.h>
#include <unistd.h>

/* Rounds of about 50 ns on current Intel processors. libgomp's own default is 300 times as long: 15 ms, in which a
 * thread that has lost its core to another program keeps all the others waiting. */
static const char rounds[] = "1000";

void wait_briefly(char *const *argv)
{
    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT") || setenv("GOMP_SPINCOUNT", rounds, 1) != 0)
        return;
    execv("/proc/self/exe", argv);
}
