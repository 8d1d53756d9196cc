/* An image with its classes tinted over it. */
#ifndef OG_REPORT_TINT_H
#define OG_REPORT_TINT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct og__tinted {
    int channels, h, w;
    const float *image;    /* (C, H, W); three channels are red, green and blue, of others the first is shown */
    const uint8_t *labels; /* (H, W), or NULL for the image alone */
    float low, high;       /* values shown as black and white, low < high */
} og__tinted;

/* Draw into rgb[h, w, 3], of any size, by nearest pixels: classes but the background tinted, their edges in full
 * colour, what is not scored dim. */
void og__tint(const og__tinted *picture, int h, int w, uint8_t *rgb);

#endif
