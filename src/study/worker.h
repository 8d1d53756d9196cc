/* Who works: the name of a worker, which tells whether it still lives, and the heart that beats for its trial. */
#ifndef OG_STUDY_WORKER_H
#define OG_STUDY_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { OG_WORKER_NAME_BYTES = 200 };

/* "HOST/BOOT/SPACE:PROCESS:START" of this process; START tells it from a later one with the same number. */
void og__worker_name(char name[OG_WORKER_NAME_BYTES]);

/* Whether a worker was a process of this host that is gone. False for other hosts and containers, for processes that
 * cannot be looked at, and for names of another form. */
bool og__worker_is_gone(const char *name);

typedef struct og__heart og__heart;

/**
 * Beat for a claimed trial, every so many seconds, in a thread and over a connection of its own.
 *
 * A database that cannot be reached is tried again at the next beat: only what it says ends the beating.
 */
og_status og__heart_start(const char *url, double every_s, int64_t trial, og__heart **heart);

/* Whether the trial was taken away: it was given up for lost, and belongs to someone else. */
bool og__heart_is_broken(const og__heart *heart);

/* Seconds since the heart last beat, those in which the process was stopped or the machine asleep included. */
double og__heart_silence_s(const og__heart *heart);

void og__heart_stop(og__heart *heart);

#endif
