/* Failures that the command line itself finds; the library's have og_error_text(). */
#ifndef CLI_FAILURE_H
#define CLI_FAILURE_H

#include <ogive/status.h>

/* Remember a text and return `status`. */
og_status fail(og_status status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Put "context: " before the text of the failure so far and return `status`. */
og_status fail_in(og_status status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* The text of the last fail(), or the library's when there was none. */
const char *failure_text(void);

/* Return early with the status of a failed call; for functions that own nothing. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        og_status try_status_ = (call);                                                                                \
        if (try_status_ != OG_OK)                                                                                      \
            return try_status_;                                                                                        \
    } while (0)

/* Leave through the `done` label with `status` set; for functions that own something. */
#define GO(call)                                                                                                       \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != OG_OK)                                                                                           \
            goto done;                                                                                                 \
    } while (0)

#endif
