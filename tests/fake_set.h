/* fake_data() opened once for all tests of a program. */
#ifndef OG_TESTS_FAKE_SET_H
#define OG_TESTS_FAKE_SET_H

#include "fake_train.h"

static og_dataset *data;

/* For cmocka_run_group_tests(). */
static inline int open_data(void **state)
{
    if (scratch_open(state) != 0)
        return -1;
    const char *path = fake_data("data");
    return path && og_dataset_open(path, NULL, &data) == OG_OK ? 0 : -1;
}

static inline int close_data(void **state)
{
    og_dataset_free(data);
    return scratch_close(state);
}

#endif
