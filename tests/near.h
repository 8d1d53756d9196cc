/* Comparing doubles in cmocka tests: this version of cmocka compares floats only. */
#ifndef OG_TESTS_NEAR_H
#define OG_TESTS_NEAR_H

#include <math.h>

/* |found - expected| <= tolerance; a NaN fails. */
#define assert_near(found, expected, tolerance)                                                                        \
    do {                                                                                                               \
        double near_found_ = (found), near_expected_ = (expected);                                                     \
        if (!(fabs(near_found_ - near_expected_) <= (tolerance)))                                                      \
            fail_msg("%s is %.17g, expected %.17g within %g", #found, near_found_, near_expected_,                     \
                     (double)(tolerance));                                                                             \
    } while (0)

#endif
