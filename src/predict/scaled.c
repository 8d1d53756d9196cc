#include "predict/scaled.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/resample.h"

struct og__scaled {
    const og__pixels *src;
    const og__rows *dst;
    int classes, h, w; /* of the image */
    int small_h, small_w;
    og__pixels pixels; /* the view */
    og__rows rows;
    int next;     /* row of the image to be handed on */
    float *above; /* (K, small_w): the last row that came */
    uint8_t *above_valid;
    float *row;         /* (K, w) */
    uint8_t *row_valid; /* (w) */
};

static og_status read_small(void *context, const int first[OG_AXES], const int size[OG_AXES], float *dst)
{
    og_status status = OG_OK;
    const og__scaled *s = context;
    og__stretch small_rows = {first[1], size[1]}, small_columns = {first[2], size[2]};
    og__stretch rows = og__shrink_source(small_rows, s->small_h, s->h);
    og__stretch columns = og__shrink_source(small_columns, s->small_w, s->w);
    size_t pixels = (size_t)rows.count * (size_t)columns.count, small = (size_t)size[1] * (size_t)size[2];
    const int from[OG_AXES] = {0, rows.first, columns.first}, count[OG_AXES] = {1, rows.count, columns.count};
    float *window;
    OG_TRY(og__alloc(pixels * (size_t)s->src->channels, sizeof *window, &window));
    OG_GO(s->src->read(s->src->context, from, count, window));
    for (size_t c = 0; c < (size_t)s->src->channels; c++)
        og__shrink_part(s->h, s->w, window + c * pixels, s->small_h, s->small_w, small_rows, small_columns,
                        dst + c * small);
done:
    free(window);
    return status;
}

/* Hand on the next row of the image, made of two small rows. */
static og_status hand_on(og__scaled *s, const float *above, size_t above_stride, const float *below,
                         size_t below_stride, const uint8_t *above_valid, const uint8_t *below_valid, float part)
{
    for (size_t k = 0; k < (size_t)s->classes; k++)
        og__enlarge_row(s->small_w, above + k * above_stride, below + k * below_stride, part, s->w,
                        s->row + k * (size_t)s->w);
    const uint8_t *nearest = part < 0.5f ? above_valid : below_valid;
    for (int x = 0; nearest && x < s->w; x++) {
        og__between b = og__between_of(x, s->w, s->small_w);
        s->row_valid[x] = nearest[b.part < 0.5f ? b.low : b.high];
    }
    return s->dst->write(s->dst->context, s->next++, 1, s->row, (size_t)s->w, nearest ? s->row_valid : NULL);
}

static og_status write_small(void *context, int first, int count, const float *values, size_t stride,
                             const uint8_t *valid)
{
    og__scaled *s = context;
    size_t w = (size_t)s->small_w;
    for (int i = 0; i < count; i++) {
        const float *row = values + (size_t)i * w;
        const uint8_t *row_valid = valid ? valid + (size_t)i * w : NULL;
        for (; s->next < s->h;) {
            og__between b = og__between_of(s->next, s->h, s->small_h);
            if (b.high > first + i)
                break;
            bool same = b.low == first + i;
            OG_TRY(hand_on(s, same ? row : s->above, same ? stride : w, row, stride,
                           same || !valid ? row_valid : s->above_valid, row_valid, b.part));
        }
        for (size_t k = 0; k < (size_t)s->classes; k++)
            memcpy(s->above + k * w, row + k * stride, w * sizeof *row);
        if (valid)
            memcpy(s->above_valid, row_valid, w);
    }
    return OG_OK;
}

og_status og__scaled_new(const og__pixels *src, const og__rows *dst, int classes, double scale, og__scaled **scaled)
{
    og_status status = OG_OK;
    og__scaled *s;
    *scaled = NULL;
    OG_TRY(og__alloc(1, sizeof *s, &s));
    s->src = src;
    s->dst = dst;
    s->classes = classes;
    s->h = src->size[1];
    s->w = src->size[2];
    s->small_h = og__scaled_size(s->h, scale);
    s->small_w = og__scaled_size(s->w, scale);
    s->pixels = (og__pixels){.channels = src->channels,
                             .size = {1, s->small_h, s->small_w},
                             .has_gaps = src->has_gaps,
                             .read = read_small,
                             .context = s};
    s->rows = (og__rows){write_small, s};
    OG_GO(og__alloc((size_t)classes * (size_t)s->small_w, sizeof *s->above, &s->above));
    OG_GO(og__alloc((size_t)classes * (size_t)s->w, sizeof *s->row, &s->row));
    OG_GO(og__alloc((size_t)s->small_w, 1, &s->above_valid));
    OG_GO(og__alloc((size_t)s->w, 1, &s->row_valid));
    *scaled = s;
    s = NULL;
done:
    og__scaled_free(s);
    return status;
}

void og__scaled_free(og__scaled *scaled)
{
    if (!scaled)
        return;
    free(scaled->above);
    free(scaled->above_valid);
    free(scaled->row);
    free(scaled->row_valid);
    free(scaled);
}

const og__pixels *og__scaled_pixels(const og__scaled *scaled)
{
    return &scaled->pixels;
}

const og__rows *og__scaled_rows(const og__scaled *scaled)
{
    return &scaled->rows;
}
