/* The colours that classes have in pictures. */
#ifndef OG_IMAGE_COLOURS_H
#define OG_IMAGE_COLOURS_H

#include <stdint.h>

/* The table's colours (colours.def); further rounds of it are darker. Background is black, ignored pixels dark
 * grey. 0xRRGGBB. */
uint32_t og__class_colour(int class_index);

#endif
