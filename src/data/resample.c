#include "data/resample.h"

#include <math.h>
#include <stddef.h>

int og__scaled_size(int size, double scale)
{
    long scaled = lround(size * scale);
    return scaled < 1 ? 1 : (int)scaled;
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

og__stretch og__shrink_source(og__stretch dst, int dst_count, int count)
{
    int first = span_of(dst.first, dst_count, count).first;
    return (og__stretch){first, span_of(dst.first + dst.count - 1, dst_count, count).last + 1 - first};
}

void og__shrink_part(int h, int w, const float *src, int dst_h, int dst_w, og__stretch dst_rows,
                     og__stretch dst_columns, float *dst)
{
    og__stretch src_rows = og__shrink_source(dst_rows, dst_h, h);
    og__stretch src_columns = og__shrink_source(dst_columns, dst_w, w);
    for (int y = 0; y < dst_rows.count; y++) {
        span rows = span_of(dst_rows.first + y, dst_h, h);
        for (int x = 0; x < dst_columns.count; x++) {
            span columns = span_of(dst_columns.first + x, dst_w, w);
            double sum = 0, area = 0;
            for (int j = rows.first; j <= rows.last; j++)
                for (int i = columns.first; i <= columns.last; i++) {
                    double weight = overlap(rows, j) * overlap(columns, i);
                    sum += weight * (double)src[(size_t)(j - src_rows.first) * (size_t)src_columns.count +
                                                (size_t)(i - src_columns.first)];
                    area += weight;
                }
            dst[(size_t)y * (size_t)dst_columns.count + (size_t)x] = (float)(sum / area);
        }
    }
}

void og__shrink(int h, int w, const float *src, int dst_h, int dst_w, float *dst)
{
    og__shrink_part(h, w, src, dst_h, dst_w, (og__stretch){0, dst_h}, (og__stretch){0, dst_w}, dst);
}

void og__shrink_labels(int h, int w, const uint8_t *src, int dst_h, int dst_w, uint8_t *dst)
{
    for (int y = 0; y < dst_h; y++) {
        span rows = span_of(y, dst_h, h);
        for (int x = 0; x < dst_w; x++) {
            span columns = span_of(x, dst_w, w);
            double share[256] = {0};
            int best = 0;
            for (int j = rows.first; j <= rows.last; j++)
                for (int i = columns.first; i <= columns.last; i++)
                    share[src[(size_t)j * (size_t)w + (size_t)i]] += overlap(rows, j) * overlap(columns, i);
            for (int k = 1; k < 256; k++)
                if (share[k] > share[best])
                    best = k;
            dst[(size_t)y * (size_t)dst_w + (size_t)x] = (uint8_t)best;
        }
    }
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

void og__enlarge_row(int w, const float *top, const float *bottom, float part, int dst_w, float *dst)
{
    for (int x = 0; x < dst_w; x++) {
        og__between columns = og__between_of(x, dst_w, w);
        float above = top[columns.low] + columns.part * (top[columns.high] - top[columns.low]);
        float below = bottom[columns.low] + columns.part * (bottom[columns.high] - bottom[columns.low]);
        dst[x] = above + part * (below - above);
    }
}

void og__enlarge(int h, int w, const float *src, int dst_h, int dst_w, float *dst)
{
    for (int y = 0; y < dst_h; y++) {
        og__between rows = og__between_of(y, dst_h, h);
        og__enlarge_row(w, src + (size_t)rows.low * (size_t)w, src + (size_t)rows.high * (size_t)w, rows.part, dst_w,
                        dst + (size_t)y * (size_t)dst_w);
    }
}
