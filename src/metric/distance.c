#include "metric/distance.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* Room for one line. The lower envelope of parabolas: which points' parabolas it consists of, and from where on. */
typedef struct line {
    double *heights; /* (count) */
    int *points;     /* (count) */
    double *begins;  /* (count) */
} line;

/* min over j of (i - j)^2 spacing^2 + heights[j], at every i, written to values[i * stride]. */
static void lower_envelope(const line *room, int count, double spacing, float *values, size_t stride)
{
    double square = spacing * spacing;
    int last = -1;
    for (int i = 0; i < count; i++)
        room->heights[i] = (double)values[(size_t)i * stride];
    for (int i = 0; i < count; i++) {
        double begin = -INFINITY, height = room->heights[i] / square + (double)i * i;
        if (isinf(room->heights[i]))
            continue;
        for (; last >= 0; last--) { /* where the new parabola crosses the last one of the envelope */
            int point = room->points[last];
            begin = (height - (room->heights[point] / square + (double)point * point)) / (2.0 * (i - point));
            if (begin > room->begins[last])
                break;
        }
        last++;
        room->points[last] = i;
        room->begins[last] = last > 0 ? begin : -INFINITY;
    }
    for (int i = 0, at = 0; i < count && last >= 0; i++) {
        while (at < last && room->begins[at + 1] < i)
            at++;
        int away = i - room->points[at];
        values[(size_t)i * stride] = (float)(square * away * away + room->heights[room->points[at]]);
    }
}

og_status og__distance_squared(int d, int h, int w, const double spacing[3], const uint8_t *set, float *squared)
{
    og_status status = OG_OK;
    size_t plane = (size_t)h * (size_t)w, count = plane * (size_t)d;
    size_t longest = (size_t)(d > h ? (d > w ? d : w) : (h > w ? h : w));
    line room = {0};
    OG_GO(og__alloc(longest, sizeof *room.heights, &room.heights));
    OG_GO(og__alloc(longest, sizeof *room.points, &room.points));
    OG_GO(og__alloc(longest, sizeof *room.begins, &room.begins));
    for (size_t i = 0; i < count; i++)
        squared[i] = set[i] ? 0 : INFINITY;
    for (size_t row = 0; row < (size_t)d * (size_t)h; row++)
        lower_envelope(&room, w, spacing[0], squared + row * (size_t)w, 1);
    for (size_t z = 0; h > 1 && z < (size_t)d; z++)
        for (size_t x = 0; x < (size_t)w; x++)
            lower_envelope(&room, h, spacing[1], squared + z * plane + x, (size_t)w);
    for (size_t i = 0; d > 1 && i < plane; i++)
        lower_envelope(&room, d, spacing[2], squared + i, plane);
done:
    free(room.heights);
    free(room.points);
    free(room.begins);
    return status;
}
