/* Running another program and reading what it prints. */
#ifndef OG_KERNEL_PROCESS_H
#define OG_KERNEL_PROCESS_H

#include "base/status.h"
#include "base/text.h"

/**
 * Run a program without a shell and wait for it, at most `limit_s` seconds.
 *
 * @param argv     the program, looked up on PATH, and its arguments; NULL ends them
 * @param output   its standard output and error are appended, up to 64 KB
 *
 * @return OG_OK when it exited with 0, or
 *         OG_ERR_UNSUPPORTED  it is not there, exited otherwise, was killed, or ran over the limit
 */
og_status og__process_run(const char *const *argv, int limit_s, og__text *output);

#endif
