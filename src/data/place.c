#include "data/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "base/memory.h"
#include "base/status.h"

og_status og__places_make(size_t count, int classes, og__places *places)
{
    *places = (og__places){.count = count, .classes = classes};
    og_status status = og__alloc(count * (size_t)classes, sizeof *places->pixels, &places->pixels);
    if (status == OG_OK)
        status = og__alloc(count, sizeof *places->slices, &places->slices);
    if (status == OG_OK)
        status = og__alloc((size_t)classes, sizeof *places->images, &places->images);
    if (status != OG_OK)
        og__places_deinit(places);
    return status;
}

og_status og__places_count(og__places *places, size_t index, const og_sample *sample)
{
    size_t slices = (size_t)og_sample_slices(sample), plane = (size_t)sample->h * (size_t)sample->w;
    size_t classes = (size_t)places->classes;
    uint32_t *row = places->pixels + index * classes;
    if (slices > 1)
        OG_TRY(og__alloc(slices * classes, sizeof **places->slices, &places->slices[index]));
    for (size_t z = 0; z < slices; z++) {
        uint32_t seen[256] = {0};
        for (size_t p = z * plane; p < (z + 1) * plane; p++)
            seen[sample->labels[p]]++;
        if (slices > 1)
            memcpy(places->slices[index] + z * classes, seen, classes * sizeof *seen);
        for (size_t k = 0; k < classes; k++)
            row[k] += seen[k];
    }
    for (size_t k = 0; k < classes; k++)
        places->images[k] += row[k] > 0;
    return OG_OK;
}

void og__places_deinit(og__places *places)
{
    for (size_t i = 0; places->slices && i < places->count; i++)
        free(places->slices[i]);
    free(places->slices);
    free(places->pixels);
    free(places->images);
    *places = (og__places){0};
}

bool og__place_is_forced(double share, int place, int batch, og__random *random)
{
    long plain = lround(batch * (1 - share));
    if (!(share > 0))
        return false;
    return plain < batch ? place >= plain : (double)og__random_uniform(random) < share;
}

/* Where a patch begins along one side. */
static int choose_origin(og__random *random, int image, int patch)
{
    return patch < image ? (int)og__random_below(random, (uint32_t)(image - patch) + 1) : -((patch - image) / 2);
}

/* A volume has few slices, and those at its ends are as much worth as the others: a patch may reach over an end by
 * half. */
static int choose_first_slice(og__random *random, int slices, int patch)
{
    int over = patch < slices ? patch / 2 : 0;
    return choose_origin(random, slices + 2 * over, patch) - over;
}

og__window og__place_anywhere(const og_sample *sample, int d, int h, int w, og__random *random)
{
    og__window window = {.h = h, .w = w, .d = d};
    window.y = choose_origin(random, sample->h, h);
    window.x = choose_origin(random, sample->w, w);
    window.z = choose_first_slice(random, og_sample_slices(sample), d);
    return window;
}

bool og__place_choose_sample(const og__places *places, og__random *random, size_t *index, int *class_index)
{
    uint32_t present = 0;
    for (int k = 1; k < places->classes; k++)
        present += places->images[k] > 0;
    if (present == 0)
        return false;
    uint32_t skip = og__random_below(random, present);
    int chosen = 1;
    while (places->images[chosen] == 0 || skip-- > 0)
        chosen++;
    size_t left = og__random_below(random, (uint32_t)places->images[chosen]), at = 0;
    while (places->pixels[at * (size_t)places->classes + (size_t)chosen] == 0 || left-- > 0)
        at++;
    *index = at;
    *class_index = chosen;
    return true;
}

int og__place_choose_class(const og__places *places, size_t index, og__random *random)
{
    const uint32_t *row = places->pixels + index * (size_t)places->classes;
    uint32_t present = 0;
    for (int k = 1; k < places->classes; k++)
        present += row[k] > 0;
    if (present == 0)
        return -1;
    uint32_t skip = og__random_below(random, present);
    int chosen = 1;
    while (row[chosen] == 0 || skip-- > 0)
        chosen++;
    return chosen;
}

/* As near to the middle of the patch as the image's ends let it be. */
static int origin_about(int at, int image, int patch)
{
    int origin = at - patch / 2;
    if (patch >= image)
        return -((patch - image) / 2);
    return origin < 0 ? 0 : origin > image - patch ? image - patch : origin;
}

og__window og__place_about(const og__places *places, const og_sample *sample, size_t index, int class_index, int d,
                           int h, int w, og__random *random)
{
    uint32_t skip = og__random_below(random, places->pixels[index * (size_t)places->classes + (size_t)class_index]);
    size_t at, slice = 0;
    const uint32_t *counts = places->slices[index];
    for (; counts && skip >= counts[slice * (size_t)places->classes + (size_t)class_index]; slice++)
        skip -= counts[slice * (size_t)places->classes + (size_t)class_index];
    at = slice * (size_t)sample->h * (size_t)sample->w;
    while (sample->labels[at] != class_index || skip-- > 0)
        at++;
    size_t row = at / (size_t)sample->w;
    og__window window = {.h = h, .w = w, .d = d};
    window.z = origin_about((int)(row / (size_t)sample->h), og_sample_slices(sample), d);
    window.y = origin_about((int)(row % (size_t)sample->h), sample->h, h);
    window.x = origin_about((int)(at % (size_t)sample->w), sample->w, w);
    return window;
}
