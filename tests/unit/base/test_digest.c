/* SHA-256 against the examples of FIPS 180-4 and its successors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

static void assert_digest(const char *piece, int times, const char *expected)
{
    unsigned char bytes[OG_DIGEST_BYTES];
    char text[OG_DIGEST_TEXT_BYTES];
    og__digest digest = og__digest_start();
    for (int i = 0; i < times; i++)
        og__digest_add(&digest, piece, strlen(piece));
    og__digest_end(&digest, bytes);
    og__digest_text(bytes, text);
    assert_string_equal(text, expected);
}

static void test_examples(void **state)
{
    (void)state;
    assert_digest("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_digest("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_digest("0123456701234567012345670123456701234567012345670123456701234567", 10,
                  "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
