/* Who works: the name of a worker, which tells whether it still lives, and the heart that beats for its trial. */
#ifndef OG_STUDY_WORKER_H
#define OG_STUDY_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "study/store.h"

enum { OG_WORKER_NAME_BYTES = 200 };

/* "HOST/BOOT/SPACE:PROCESS:START" of this process; START tells it from a later one with the same number. */
void og__worker_name(char name[OG_WORKER_NAME_BYTES]);

/* Whether a worker was a process of this host that is gone. False for other hosts and containers, for processes that
 * cannot be looked at, and for names of another form. */
bool og__worker_is_gone(const char *name);

typedef struct og__heart og__heart;

/**
 * Beat for a claimed trial, every so many seconds, in a thread and over a connection of its own, so that training never
 * waits for the store.
 *
 * A store that cannot be reached is tried again at the next beat: only what it says ends the beating.
 */
og_status og__heart_start(const char *url, double every_s, int64_t trial, og__heart **heart);

/* Report an intermediate value: at once if the store can be reached, else with the next beat that comes through. */
void og__heart_tell(og__heart *heart, int64_t step, double value);

/* Whether the trial was taken away: it was given up for lost, and belongs to someone else. */
bool og__heart_is_broken(const og__heart *heart);

/* Seconds since the store last heard the heart, and since it was last tried; those in which the process was stopped or
 * the machine asleep are included. */
double og__heart_silence_s(const og__heart *heart);
double og__heart_idle_s(const og__heart *heart);

/* Stop beating. What could not be told goes to `store`, which is waited for; NULL: nowhere. */
void og__heart_stop(og__heart *heart, og__store *store);

#endif
