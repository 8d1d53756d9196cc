/* How every function of ogive reports failure: a status, and a text that says what to do. */
#ifndef OGIVE_STATUS_H
#define OGIVE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the library exports; everything else is hidden. */
#if defined(__GNUC__)
#define OG_API __attribute__((visibility("default")))
#else
#define OG_API
#endif

/* Kinds of failure. status.def lists them with their meaning and exit code. */
typedef enum og_status {
    OG_OK = 0,
    OG_ERR_MEMORY,
    OG_ERR_ARGUMENT,
    OG_ERR_SYNTAX,
    OG_ERR_NAME,
    OG_ERR_FILE,
    OG_ERR_FORMAT,
    OG_ERR_DATA,
    OG_ERR_SHAPE,
    OG_ERR_NUMERIC,
    OG_ERR_UNSUPPORTED,
    OG_ERR_STOPPED,
} og_status;

/**
 * Return the text of the last failure in this thread: what was asked, what was
 * found, in which file, and what to do. Never NULL; "" before the first failure.
 *
 * Lifetime: until the next failing call in the same thread.
 */
OG_API const char *og_error_text(void);

/** Return a short description of a status ("a file or folder cannot be read or written"). */
OG_API const char *og_status_meaning(og_status status);

/** Return the exit code that the command line uses for a status. */
OG_API int og_status_exit_code(og_status status);

#ifdef __cplusplus
}
#endif
#endif
