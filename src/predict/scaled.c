#include "predict/scaled.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/resample.h"

/* A row of the swept axis, at the image's size along the others. */
typedef struct line {
    float *values;  /* (K, row) */
    uint8_t *valid; /* (row) */
} line;

struct og__scaled {
    const og__pixels *src;
    const og__rows *dst;
    int classes, swept;
    int size[OG_AXES], small[OG_AXES]; /* of the image, and of the view (which may be the larger one) */
    size_t row, small_row;             /* pixels of a row */
    og__pixels pixels;                 /* the view */
    og__rows rows;
    int next;          /* row of the image to be handed on */
    line above, below; /* the last two rows that came */
    line made;
};

static og_status read_small(void *context, const int first[OG_AXES], const int size[OG_AXES], float *dst)
{
    og_status status = OG_OK;
    const og__scaled *s = context;
    og__stretch part[OG_AXES];
    int from[OG_AXES], count[OG_AXES];
    size_t pixels = 1, small = 1;
    float *window;
    for (int a = 0; a < OG_AXES; a++) {
        part[a] = (og__stretch){first[a], size[a]};
        og__stretch source = og__resample_source(part[a], s->small[a], s->size[a]);
        from[a] = source.first;
        count[a] = source.count;
        pixels *= (size_t)source.count;
        small *= (size_t)size[a];
    }
    OG_TRY(og__alloc(pixels * (size_t)s->src->channels, sizeof *window, &window));
    OG_GO(s->src->read(s->src->context, from, count, window));
    for (size_t c = 0; c < (size_t)s->src->channels; c++)
        OG_GO(og__resample_part(s->size, window + c * pixels, s->small, part, dst + c * small));
done:
    free(window);
    return status;
}

/* A row that came, at the image's size along the axes that are not swept. */
static void take(const og__scaled *s, const float *values, size_t stride, const uint8_t *valid, line *to)
{
    int h = s->swept == 0 ? s->size[1] : 1, small_h = s->swept == 0 ? s->small[1] : 1;
    int w = s->size[2], small_w = s->small[2];
    for (size_t k = 0; k < (size_t)s->classes; k++)
        og__enlarge(small_h, small_w, values + k * stride, h, w, to->values + k * s->row);
    for (int y = 0; valid && y < h; y++) {
        og__between rows = og__between_of(y, h, small_h);
        const uint8_t *nearest = valid + (size_t)(rows.part < 0.5f ? rows.low : rows.high) * (size_t)small_w;
        for (int x = 0; x < w; x++) {
            og__between b = og__between_of(x, w, small_w);
            to->valid[(size_t)y * (size_t)w + (size_t)x] = nearest[b.part < 0.5f ? b.low : b.high];
        }
    }
}

/* Hand on the next row of the image. */
static og_status hand_on(og__scaled *s, const line *above, float part, bool has_gaps)
{
    const float *high = above->values, *low = s->below.values;
    const uint8_t *valid = part < 0.5f ? above->valid : s->below.valid;
    for (size_t i = 0; i < (size_t)s->classes * s->row; i++)
        s->made.values[i] = high[i] + part * (low[i] - high[i]);
    return s->dst->write(s->dst->context, s->next++, 1, s->made.values, s->row, has_gaps ? valid : NULL);
}

static og_status write_small(void *context, int first, int count, const float *values, size_t stride,
                             const uint8_t *valid)
{
    og__scaled *s = context;
    for (int i = 0; i < count; i++) {
        line spare = s->above;
        s->above = s->below;
        s->below = spare;
        take(s, values + (size_t)i * s->small_row, stride, valid ? valid + (size_t)i * s->small_row : NULL, &s->below);
        for (; s->next < s->size[s->swept];) {
            og__between b = og__between_of(s->next, s->size[s->swept], s->small[s->swept]);
            if (b.high > first + i)
                break;
            OG_TRY(hand_on(s, b.low == first + i ? &s->below : &s->above, b.part, valid != NULL));
        }
    }
    return OG_OK;
}

static og_status open_line(const og__scaled *s, line *made)
{
    OG_TRY(og__alloc((size_t)s->classes * s->row, sizeof *made->values, &made->values));
    return og__alloc(s->row, 1, &made->valid);
}

og_status og__scaled_new(const og__pixels *src, const og__rows *dst, int classes, const og__resolution *resolution,
                         og__scaled **scaled)
{
    og_status status = OG_OK;
    og__scaled *s;
    *scaled = NULL;
    OG_TRY(og__alloc(1, sizeof *s, &s));
    s->src = src;
    s->dst = dst;
    s->classes = classes;
    s->swept = resolution->volumes ? 0 : 1;
    OG_GO(og__resolution_apply(resolution, src->size, src->spacing, s->small));
    s->pixels = (og__pixels){.channels = src->channels, .has_gaps = src->has_gaps, .read = read_small, .context = s};
    s->row = s->small_row = 1;
    for (int a = 0; a < OG_AXES; a++) {
        s->size[a] = src->size[a];
        s->pixels.size[a] = s->small[a];
        s->row *= a > s->swept ? (size_t)s->size[a] : 1;
        s->small_row *= a > s->swept ? (size_t)s->small[a] : 1;
    }
    s->rows = (og__rows){write_small, s};
    OG_GO(open_line(s, &s->above));
    OG_GO(open_line(s, &s->below));
    OG_GO(open_line(s, &s->made));
    *scaled = s;
    s = NULL;
done:
    og__scaled_free(s);
    return status;
}

static void close_line(line *made)
{
    free(made->values);
    free(made->valid);
}

void og__scaled_free(og__scaled *scaled)
{
    if (!scaled)
        return;
    close_line(&scaled->above);
    close_line(&scaled->below);
    close_line(&scaled->made);
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
