#include "data/resample.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { AXES = 3 };

int og__scaled_size(int size, double scale)
{
    long scaled = lround(size * scale);
    return scaled < 1 ? 1 : (int)scaled;
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

int og__reflect(int i, int count)
{
    int period = count > 1 ? 2 * (count - 1) : 1;
    int at = ((i % period) + period) % period;
    return at < count ? at : period - at;
}

/* The stretch of a line of `count` that position `i` of a line of `dst_count` covers. */
typedef struct span {
    double begin, end;
    int first, last; /* pixels touched, last included */
} span;

static span span_of(int i, int dst_count, int count)
{
    double ratio = (double)count / dst_count;
    span s = {.begin = i * ratio, .end = (i + 1) * ratio};
    s.first = (int)s.begin;
    s.last = (int)ceil(s.end) - 1;
    s.last = s.last < s.first ? s.first : s.last >= count ? count - 1 : s.last;
    return s;
}

/* How much of pixel `i` lies in the span. */
static double overlap(span s, int i)
{
    double begin = s.begin > i ? s.begin : i, end = s.end < i + 1 ? s.end : i + 1;
    return end > begin ? end - begin : 0;
}

og__between og__between_of(int i, int dst_count, int count)
{
    double at = (i + 0.5) * count / dst_count - 0.5;
    at = at < 0 ? 0 : at;
    og__between b = {.low = (int)at};
    b.low = b.low > count - 1 ? count - 1 : b.low;
    b.high = b.low + 1 < count ? b.low + 1 : b.low;
    b.part = (float)(at - b.low);
    return b;
}

/* What one position of a resampled line is made of. */
typedef struct taps {
    int first, last;
    bool linear;
    span covered;
    og__between between; /* where linear */
} taps;

static taps taps_of(int i, int dst_count, int count, bool linear)
{
    taps t = {.linear = linear || dst_count > count};
    if (t.linear) {
        t.between = og__between_of(i, dst_count, count);
        t.first = t.between.low;
        t.last = t.between.high;
    } else {
        t.covered = span_of(i, dst_count, count);
        t.first = t.covered.first;
        t.last = t.covered.last;
    }
    return t;
}

static float weight_of(const taps *t, int i)
{
    if (t->linear)
        return t->first == t->last ? 1 : i == t->first ? 1 - t->between.part : t->between.part;
    return (float)(overlap(t->covered, i) / (t->covered.end - t->covered.begin));
}

og__stretch og__resample_source(og__stretch dst, int dst_count, int count)
{
    int first = taps_of(dst.first, dst_count, count, false).first;
    return (og__stretch){first, taps_of(dst.first + dst.count - 1, dst_count, count, false).last + 1 - first};
}

/* --- axes --------------------------------------------------------------------------------------------------------- */

/* One axis of src f32[outer, .., inner], whose positions `had` are there of `count`, to the positions `part` of
 * `dst_count`. */
typedef struct pass {
    size_t outer, inner;
    og__stretch had, part;
    int count, dst_count;
    bool linear;
} pass;

static void run_pass(const pass *p, const float *src, float *dst)
{
    memset(dst, 0, p->outer * (size_t)p->part.count * p->inner * sizeof *dst);
    for (int i = 0; i < p->part.count; i++) {
        taps t = taps_of(p->part.first + i, p->dst_count, p->count, p->linear);
        for (int j = t.first; j <= t.last; j++) {
            float weight = weight_of(&t, j);
            for (size_t o = 0; o < p->outer; o++) {
                const float *from = src + (o * (size_t)p->had.count + (size_t)(j - p->had.first)) * p->inner;
                float *to = dst + (o * (size_t)p->part.count + (size_t)i) * p->inner;
                for (size_t x = 0; x < p->inner; x++)
                    to[x] += weight * from[x];
            }
        }
    }
}

static og__stretch source_of(og__stretch part, int dst_count, int count, bool linear)
{
    return linear ? (og__stretch){0, count} : og__resample_source(part, dst_count, count);
}

/* Axis after axis, the slices first: what follows works on fewer of them. */
static og_status run(const int size[AXES], const float *src, const int dst_size[AXES], const og__stretch part[AXES],
                     bool linear, float *dst)
{
    og_status status = OG_OK;
    og__stretch had[AXES];
    float *between[2] = {NULL, NULL};
    const float *from = src;
    for (int a = 0; a < AXES; a++)
        had[a] = source_of(part[a], dst_size[a], size[a], linear);
    for (int a = 0; a < AXES; a++) {
        pass p = {.had = had[a],
                  .part = part[a],
                  .count = size[a],
                  .dst_count = dst_size[a],
                  .linear = linear,
                  .outer = 1,
                  .inner = 1};
        for (int b = 0; b < AXES; b++)
            *(b < a ? &p.outer : &p.inner) *= b == a ? 1 : (size_t)(b < a ? part[b].count : had[b].count);
        float *to = dst;
        if (a + 1 < AXES) {
            OG_GO(og__alloc(p.outer * (size_t)part[a].count * p.inner, sizeof(float), &between[a]));
            to = between[a];
        }
        run_pass(&p, from, to);
        from = to;
    }
done:
    free(between[0]);
    free(between[1]);
    return status;
}

/* --- channels ----------------------------------------------------------------------------------------------------- */

og_status og__resample_part(const int size[AXES], const float *src, const int dst_size[AXES],
                            const og__stretch part[AXES], float *dst)
{
    return run(size, src, dst_size, part, false, dst);
}

og_status og__resample(const int size[AXES], const float *src, const int dst_size[AXES], float *dst)
{
    const og__stretch all[AXES] = {{0, dst_size[0]}, {0, dst_size[1]}, {0, dst_size[2]}};
    return run(size, src, dst_size, all, false, dst);
}

og_status og__interpolate(const int size[AXES], const float *src, const int dst_size[AXES], float *dst)
{
    const og__stretch all[AXES] = {{0, dst_size[0]}, {0, dst_size[1]}, {0, dst_size[2]}};
    return run(size, src, dst_size, all, true, dst);
}

/* A box of labels; x fastest. */
typedef struct box {
    const uint8_t *src;
    size_t plane, row; /* labels of a slice, and of a row */
    span in[AXES];
} box;

static const uint8_t *row_of(const box *b, int z, int y)
{
    return b->src + (size_t)z * b->plane + (size_t)y * b->row;
}

static bool holds_only(const box *b, uint8_t label)
{
    for (int z = b->in[0].first; z <= b->in[0].last; z++)
        for (int y = b->in[1].first; y <= b->in[1].last; y++)
            for (int x = b->in[2].first; x <= b->in[2].last; x++)
                if (row_of(b, z, y)[x] != label)
                    return false;
    return true;
}

static uint8_t commonest(const box *b)
{
    double share[256] = {0};
    int best = 0;
    for (int z = b->in[0].first; z <= b->in[0].last; z++)
        for (int y = b->in[1].first; y <= b->in[1].last; y++)
            for (int x = b->in[2].first; x <= b->in[2].last; x++)
                share[row_of(b, z, y)[x]] += overlap(b->in[0], z) * overlap(b->in[1], y) * overlap(b->in[2], x);
    for (int k = 1; k < 256; k++)
        if (share[k] > share[best])
            best = k;
    return (uint8_t)best;
}

void og__resample_labels(const int size[AXES], const uint8_t *src, const int dst_size[AXES], uint8_t *dst)
{
    box b = {.src = src, .plane = (size_t)size[1] * (size_t)size[2], .row = (size_t)size[2]};
    for (int z = 0; z < dst_size[0]; z++) {
        b.in[0] = span_of(z, dst_size[0], size[0]);
        for (int y = 0; y < dst_size[1]; y++) {
            b.in[1] = span_of(y, dst_size[1], size[1]);
            for (int x = 0; x < dst_size[2]; x++) {
                b.in[2] = span_of(x, dst_size[2], size[2]);
                uint8_t first = row_of(&b, b.in[0].first, b.in[1].first)[b.in[2].first];
                *dst++ = holds_only(&b, first) ? first : commonest(&b);
            }
        }
    }
}

void og__enlarge(int h, int w, const float *src, int dst_h, int dst_w, float *dst)
{
    for (int y = 0; y < dst_h; y++) {
        og__between rows = og__between_of(y, dst_h, h);
        const float *top = src + (size_t)rows.low * (size_t)w, *bottom = src + (size_t)rows.high * (size_t)w;
        for (int x = 0; x < dst_w; x++) {
            og__between columns = og__between_of(x, dst_w, w);
            float above = top[columns.low] + columns.part * (top[columns.high] - top[columns.low]);
            float below = bottom[columns.low] + columns.part * (bottom[columns.high] - bottom[columns.low]);
            *dst++ = above + rows.part * (below - above);
        }
    }
}
