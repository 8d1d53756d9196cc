/* SHA-256 (FIPS 180-4), for names that follow from a content and for noticing damage. */
#ifndef OG_BASE_DIGEST_H
#define OG_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { OG_DIGEST_BYTES = 32, OG_DIGEST_TEXT_BYTES = 2 * OG_DIGEST_BYTES + 1 };

typedef struct og__digest {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
} og__digest;

og__digest og__digest_start(void);
void og__digest_add(og__digest *digest, const void *data, size_t count);
void og__digest_end(og__digest *digest, unsigned char bytes[OG_DIGEST_BYTES]);

/* Write as lower-case hexadecimal, with a NUL. */
void og__digest_text(const unsigned char bytes[OG_DIGEST_BYTES], char text[OG_DIGEST_TEXT_BYTES]);

#endif
