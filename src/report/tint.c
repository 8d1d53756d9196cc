#include "report/tint.h"

#include <stddef.h>

#include <ogive/net.h>

#include "image/colours.h"

static int between(int at, int low, int high)
{
    return at < low ? low : at > high ? high : at;
}

static uint8_t shade_of(const og__tinted *picture, float value)
{
    float shade = 255 * (value - picture->low) / (picture->high - picture->low);
    return (uint8_t)(shade < 0 ? 0 : shade > 255 ? 255 : shade + 0.5f);
}

/* The label at a place, or that of the nearest pixel inside. */
static uint8_t label_at(const og__tinted *picture, int y, int x)
{
    if (!picture->labels)
        return 0;
    y = between(y, 0, picture->h - 1);
    x = between(x, 0, picture->w - 1);
    return picture->labels[(size_t)y * (size_t)picture->w + (size_t)x];
}

void og__tint(const og__tinted *picture, int h, int w, uint8_t *rgb)
{
    size_t plane = (size_t)picture->h * (size_t)picture->w;
    bool colours = picture->channels == 3;
    int step_y = picture->h > h ? (picture->h + h - 1) / h : 1, step_x = picture->w > w ? (picture->w + w - 1) / w : 1;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int py = (int)((y + 0.5) * picture->h / h), px = (int)((x + 0.5) * picture->w / w);
            size_t p = (size_t)py * (size_t)picture->w + (size_t)px;
            uint8_t label = label_at(picture, py, px), *pixel = rgb + 3 * ((size_t)y * (size_t)w + (size_t)x);
            uint32_t colour = og__class_colour(label);
            bool edge = label_at(picture, py - step_y, px) != label || label_at(picture, py + step_y, px) != label ||
                        label_at(picture, py, px - step_x) != label || label_at(picture, py, px + step_x) != label;
            int tint = label == 0 || label == OG_LABEL_IGNORE ? 0 : edge ? 100 : 15;
            for (size_t c = 0; c < 3; c++) {
                int value = shade_of(picture, picture->image[(colours ? c * plane : 0) + p]);
                value = label == OG_LABEL_IGNORE ? value * 4 / 10 : value;
                pixel[c] = (uint8_t)((value * (100 - tint) + (int)(colour >> (16 - 8 * c) & 255) * tint) / 100);
            }
        }
}
