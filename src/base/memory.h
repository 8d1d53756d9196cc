/* Checked allocation, and the arena that one lifetime's tensors share. */
#ifndef OG_BASE_MEMORY_H
#define OG_BASE_MEMORY_H

#include <stddef.h>

#include "base/status.h"

enum { OG_ALIGN_BYTES = 64 };

/* Allocate count * size zeroed bytes, aligned to OG_ALIGN_BYTES, released with free().
 * *block is NULL on failure. OG_ERR_MEMORY also when the product overflows, or is more than the memory that is left:
 * the block is written to, so that it is truly there. */
og_status og__alloc(size_t count, size_t size, void *block);

/* Make room for one item more in a list of `count` items that has room for `*capacity`: *list may move. `what` is what
 * the error calls the items. */
og_status og__list_grow(void *list, size_t count, size_t *capacity, size_t size, const char *what);

/* Multiply sizes; OG_ERR_MEMORY when the product overflows size_t. The only place sizes are multiplied unchecked. */
og_status og__product(size_t *product, size_t count, const size_t *factors);

/* The most bytes that one object may claim: three quarters of the machine's memory, or of what this process is allowed.
 */
size_t og__memory_limit(void);

/* What a plan of the process's memory leaves for a first pass: threads' stacks, what libraries allocate when they are
 * first used, and small things. */
enum { OG_FIRST_PASS_BYTES = 4000000 };

/* Resident memory of this process now; 0 where the system does not tell. */
size_t og__held_bytes(void);

/* The same after what was freed has been given back: a base for what is yet to come. */
size_t og__settled_bytes(void);

/* Copy a text, released with free(). NULL stays NULL. */
og_status og__copy_text(const char *text, char **copy);

#endif
