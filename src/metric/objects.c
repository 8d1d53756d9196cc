/* Objects of all classes, with their boxes. */
#include <stdlib.h>
#include <string.h>

#include <ogive/score.h>

#include "base/memory.h"
#include "base/status.h"
#include "metric/components.h"

/* Boxes, sizes and centres of the components of one class, numbers 1 to `count`. */
static void describe(int d, int h, int w, const uint32_t *numbers, int class_index, size_t count, og_object *objects)
{
    size_t i = 0;
    for (size_t n = 0; n < count; n++)
        objects[n] = (og_object){.class_index = class_index, .first = {w, h, d}, .last = {-1, -1, -1}};
    for (int z = 0; z < d; z++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++, i++) {
                if (numbers[i] == 0)
                    continue;
                og_object *object = &objects[numbers[i] - 1];
                const int at[3] = {x, y, z};
                object->pixels++;
                for (int a = 0; a < 3; a++) {
                    object->first[a] = at[a] < object->first[a] ? at[a] : object->first[a];
                    object->last[a] = at[a] > object->last[a] ? at[a] : object->last[a];
                    object->centre[a] += at[a] + 0.5;
                }
            }
    for (size_t n = 0; n < count; n++)
        for (int a = 0; a < 3; a++)
            objects[n].centre[a] /= (double)objects[n].pixels;
}

static og_status append(size_t added, og_object **objects, size_t count)
{
    og_object *grown = realloc(*objects, (count + added + 1) * sizeof *grown);
    if (!grown)
        return og__fail(OG_ERR_MEMORY, "no memory for a list of %zu objects", count + added);
    *objects = grown;
    return OG_OK;
}

og_status og_objects_find(int d, int h, int w, const uint8_t *labels, bool full_neighbours, int64_t smallest,
                          uint32_t *numbers, og_object **objects, size_t *count)
{
    og_status status = OG_OK;
    size_t pixels = (size_t)d * (size_t)h * (size_t)w;
    bool present[256] = {false};
    uint8_t *mask = NULL;
    uint32_t *of_class = NULL;
    *objects = NULL;
    *count = 0;
    OG_GO(og__alloc(pixels, 1, &mask));
    OG_GO(og__alloc(pixels, sizeof *of_class, &of_class));
    if (numbers)
        memset(numbers, 0, pixels * sizeof *numbers);
    for (size_t i = 0; i < pixels; i++)
        present[labels[i]] = true;
    for (int c = 1; c < 256; c++) {
        uint32_t found;
        if (!present[c])
            continue;
        for (size_t i = 0; i < pixels; i++)
            mask[i] = labels[i] == c;
        OG_GO(og__components_find(d, h, w, full_neighbours, smallest, mask, of_class, &found));
        OG_GO(append(found, objects, *count));
        describe(d, h, w, of_class, c, found, *objects + *count);
        for (size_t i = 0; numbers && i < pixels; i++)
            if (of_class[i] != 0)
                numbers[i] = (uint32_t)*count + of_class[i];
        *count += found;
    }
done:
    free(mask);
    free(of_class);
    if (status != OG_OK) {
        free(*objects);
        *objects = NULL;
        *count = 0;
    }
    return status;
}
