/* One process at a time in a study's folder. */
#ifndef OG_STUDY_LOCK_H
#define OG_STUDY_LOCK_H

#include <stdbool.h>

#include "base/status.h"

/* Take the lock FOLDER/lock without waiting. The system releases it when the process ends, however it ends.
 * OG_ERR_FILE when another process, which is named, holds it. */
og_status og__lock_take(const char *folder, int *lock);

/* Whether a process holds the lock. */
bool og__lock_is_held(const char *folder);

/* Release; -1 is fine. */
void og__lock_release(int lock);

#endif
