/* The colours that classes have in pictures. */
#ifndef OG_REPORT_COLOURS_H
#define OG_REPORT_COLOURS_H

#include "report/canvas.h"

/* The table's colours (colours.def); further rounds of it are darker. Background is black, ignored pixels dark grey. */
og__colour og__class_colour(int class_index);

#endif
