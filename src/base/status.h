/* Raising and passing on failures. Public side: ogive/status.h. */
#ifndef OG_BASE_STATUS_H
#define OG_BASE_STATUS_H

#include <ogive/status.h>

/* Set this thread's error text and return `status`. The text should say what was asked,
 * what was found, where, and a hint. */
og_status og__fail(og_status status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Put "context: " before this thread's error text and return `status`. */
og_status og__fail_in(og_status status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Set this thread's error text from a copy taken in another thread. */
og_status og__fail_copy(og_status status, const char *text);

/* Fail for a path with the reason in errno: "cannot open 'x': No such file or directory". */
og_status og__fail_file(const char *action, const char *path);

/* Return early with the status of a failed call; for functions that own nothing. */
#define OG_TRY(call)                                                                                                   \
    do {                                                                                                               \
        og_status og_try_status_ = (call);                                                                             \
        if (og_try_status_ != OG_OK)                                                                                   \
            return og_try_status_;                                                                                     \
    } while (0)

/* Leave through the `done` label with `status` set; for functions that own something. */
#define OG_GO(call)                                                                                                    \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != OG_OK)                                                                                           \
            goto done;                                                                                                 \
    } while (0)

#endif
