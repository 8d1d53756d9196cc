/* From logits to probabilities; the loss and its gradient in their place. */
#include "net/loss.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

enum { LOSS_CHUNK = 4096 };

/* --- chunks of pixels, the units of parallel work ----------------------------------------------------------------- */

static int chunks_per_image(const og__loss *loss)
{
    return (int)((loss->shape.pixels + LOSS_CHUNK - 1) / LOSS_CHUNK);
}

static int chunk_count(const og__loss *loss)
{
    return loss->shape.n * chunks_per_image(loss);
}

/* Where chunk `i`, counting over all images, begins in an array of (n, planes, pixels). */
static size_t chunk_at(const og__loss *loss, int i, int planes)
{
    int chunks = chunks_per_image(loss);
    return (size_t)(i / chunks) * (size_t)planes * loss->shape.pixels + (size_t)(i % chunks) * LOSS_CHUNK;
}

static og__head_block chunk_of(const og__loss *loss, int i, float *logits, const uint8_t *labels)
{
    size_t first = (size_t)(i % chunks_per_image(loss)) * LOSS_CHUNK, pixels = loss->shape.pixels;
    return (og__head_block){
        .pixels = pixels - first < LOSS_CHUNK ? pixels - first : LOSS_CHUNK,
        .stride = pixels,
        .block = logits + chunk_at(loss, i, loss->shape.classes),
        .labels = labels ? labels + chunk_at(loss, i, 1) : NULL,
        .first = chunk_at(loss, i, 1),
    };
}

void og__loss_probabilities(const og__loss *loss, float *logits)
{
    int count = chunk_count(loss);
#pragma omp parallel for num_threads(loss->shape.threads) schedule(static)
    for (int i = 0; i < count; i++) {
        og__head_block chunk = chunk_of(loss, i, logits, NULL);
        og__head_apply(loss->head, &chunk);
    }
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static bool is_of_pixels(const og__loss_row *row)
{
    return !row->of_sums && !row->of_tensor;
}

/* Doubles per chunk: the losses of pixels, then per class p g, p and g. */
static size_t row_size(const og__loss *loss)
{
    return OG_LOSS_TERMS_MAX + 3 * (size_t)loss->shape.classes;
}

static og_status check_mix(const og__loss *loss)
{
    for (int t = 0; t < loss->mix.count; t++)
        if (loss->mix.terms[t].row->of_logs && !og__head_has_logs(loss->head))
            return og__fail(
                OG_ERR_ARGUMENT,
                "the loss '%s' is a function of log p, which the head '%s' does not have; take another head, "
                "such as softmax, or another loss, such as ce",
                loss->mix.terms[t].row->entry.id, loss->head->head->text);
    for (int t = 0; loss->regions.count > 0 && t < loss->mix.count; t++)
        if (loss->mix.terms[t].row->of_tensor)
            return og__fail(
                OG_ERR_ARGUMENT,
                "the loss '%s' does not know regions that overlap; take another, such as ce, dice, focal or "
                "tversky",
                loss->mix.terms[t].row->entry.id);
    if (loss->regions.count > 0 && loss->head->head->kind != OG_HEAD_POINTWISE)
        return og__fail(OG_ERR_ARGUMENT,
                        "the head '%s' makes classes exclude each other, but regions overlap; take sigmoid, or another "
                        "head of single classes",
                        loss->head->head->text);
    if (loss->regions.count > 0 && loss->regions.count != loss->shape.classes)
        return og__fail(OG_ERR_ARGUMENT, "%d regions for a network of %d outputs", loss->regions.count,
                        loss->shape.classes);
    if (loss->shape.pixels > UINT32_MAX / (size_t)loss->shape.n)
        return og__fail(OG_ERR_ARGUMENT, "a batch of %d images of %zu pixels is too large: there may be 2^32 pixels",
                        loss->shape.n, loss->shape.pixels);
    return OG_OK;
}

static og_status add_room(og__loss *loss, size_t planes, size_t size, void *block)
{
    size_t count;
    OG_TRY(og__product(&count, 3, (size_t[]){(size_t)loss->shape.n, planes, loss->shape.pixels}));
    OG_TRY(og__alloc(count, size, block));
    loss->bytes += count * size;
    return OG_OK;
}

static og_status make_room(og__loss *loss)
{
    size_t weights = 0, tensors = 0, numbers = ((size_t)chunk_count(loss) + 1) * row_size(loss);
    for (int t = 0; t < loss->mix.count; t++) {
        weights += loss->mix.terms[t].row->of_labels != NULL;
        tensors += loss->mix.terms[t].row->of_tensor != NULL;
    }
    OG_TRY(og__alloc(numbers, sizeof(double), &loss->partials));
    loss->bytes += numbers * sizeof(double);
    if (weights > 0)
        OG_TRY(add_room(loss, weights, sizeof(float), &loss->weights));
    if (loss->weighted)
        OG_TRY(add_room(loss, 1, sizeof(float), &loss->pixel_weights));
    if (tensors > 0)
        OG_TRY(add_room(loss, (size_t)loss->shape.classes, sizeof(float), &loss->each));
    if (tensors > 0 && loss->head->head->kind == OG_HEAD_POINTWISE)
        OG_TRY(add_room(loss, (size_t)loss->shape.classes, sizeof(float), &loss->probabilities));
    return OG_OK;
}

/* Every region counts: there is no background among the outputs. */
static void count_all_regions(og_loss *mix)
{
    for (int t = 0; t < mix->count; t++)
        for (int i = 0; mix->terms[t].row->entry.params[i].name; i++)
            if (strcmp(mix->terms[t].row->entry.params[i].name, "background") == 0)
                mix->terms[t].params[i] = 0; /* the place of the background is empty: mix_terms() */
}

og_status og__loss_open(const og_loss *mix, const og_plan_options *options, og__head_run *head,
                        const og__loss_shape *shape, og__loss *loss)
{
    og_status status = OG_OK;
    *loss = (og__loss){.head = head, .shape = *shape};
    if (!mix)
        return OG_OK;
    loss->mix = *mix;
    loss->mix.text = loss->mix.names = NULL;
    loss->weighted = options->class_weights != NULL;
    if (loss->weighted)
        memcpy(loss->class_weights, options->class_weights, sizeof loss->class_weights);
    if (options->regions && options->regions->count > 0) {
        loss->regions = *options->regions;
        head->regions = &loss->regions;
        count_all_regions(&loss->mix);
    }
    OG_GO(check_mix(loss));
    OG_GO(make_room(loss));
done:
    if (status != OG_OK)
        og__loss_close(loss);
    return status;
}

void og__loss_close(og__loss *loss)
{
    free(loss->partials);
    free(loss->weights);
    free(loss->pixel_weights);
    free(loss->probabilities);
    free(loss->each);
    *loss = (og__loss){0};
}

void og__loss_size(og__loss *loss, int d, int h, int w)
{
    loss->shape.d = d;
    loss->shape.h = h;
    loss->shape.w = w;
    loss->shape.pixels = (size_t)d * (size_t)h * (size_t)w;
}

/* --- running ------------------------------------------------------------------------------------------------------ */

/* Labelled pixels, and the sum of their class weights. */
typedef struct labelled {
    int64_t pixels;
    double weight;
} labelled;

static labelled count_labelled(const og__loss *loss, const uint8_t *labels)
{
    size_t count = (size_t)loss->shape.n * loss->shape.pixels;
    int64_t of_label[256] = {0};
    labelled found = {0};
    for (size_t i = 0; i < count; i++)
        of_label[labels[i]]++;
    for (int k = 0; k < OG_LABEL_IGNORE; k++) {
        found.pixels += of_label[k];
        found.weight += (double)of_label[k] * (loss->weighted ? (double)loss->class_weights[k] : 1);
    }
    return found;
}

static void weigh_pixels(const og__loss *loss, const uint8_t *labels)
{
    int64_t count = (int64_t)((size_t)loss->shape.n * loss->shape.pixels);
#pragma omp parallel for num_threads(loss->shape.threads) schedule(static)
    for (int64_t i = 0; i < count; i++)
        loss->pixel_weights[i] = labels[i] == OG_LABEL_IGNORE ? 0 : loss->class_weights[labels[i]];
}

static double inverse_of(double sum)
{
    return sum > 0 ? 1 / sum : 0;
}

static og_status find_pixel_losses(og__loss *loss, const uint8_t *labels, labelled found, double share,
                                   og__pixel_losses *losses)
{
    float *weights = loss->weights;
    int per_pixel = og__head_losses_per_pixel(loss->head);
    losses->count = 0;
    if (loss->weighted)
        weigh_pixels(loss, labels);
    for (int t = 0; t < loss->mix.count; t++) {
        const og__loss_term *term = &loss->mix.terms[t];
        if (!is_of_pixels(term->row))
            continue;
        og__pixel_loss *l = &losses->items[losses->count++];
        *l = (og__pixel_loss){.of_logs = term->row->of_logs, .params = term->params, .weights = loss->pixel_weights};
        l->of_sum = inverse_of((term->row->of_labels ? (double)found.pixels : found.weight) * per_pixel);
        l->factor = (float)(term->weight * share * l->of_sum);
        if (!term->row->of_labels)
            continue;
        OG_TRY(term->row->of_labels(term->params, &loss->shape, labels, weights));
        l->weights = weights;
        weights += (size_t)loss->shape.n * loss->shape.pixels;
    }
    return OG_OK;
}

/* Only the head's own loss, without weights, is left for the kernels that do no more. */
static bool is_plain(const og__pixel_losses *losses)
{
    return losses->count == 0 || (losses->count == 1 && !losses->items[0].of_logs && !losses->items[0].weights);
}

/* Sum chunk by chunk, then add the chunks up in order. */
static const double *total_sums(og__loss *loss, float *logits, const uint8_t *labels, const og__pixel_losses *losses)
{
    int rows = chunk_count(loss), classes = loss->shape.classes;
    size_t row = row_size(loss);
    memset(loss->partials, 0, ((size_t)rows + 1) * row * sizeof(double));
#pragma omp parallel for num_threads(loss->shape.threads) schedule(static)
    for (int i = 0; i < rows; i++) {
        og__head_block chunk = chunk_of(loss, i, logits, labels);
        double *sums = loss->partials + (size_t)i * row, *of_classes = sums + OG_LOSS_TERMS_MAX;
        og__head_add_sums(loss->head, &chunk, losses,
                          &(og__head_sums){sums, of_classes, of_classes + classes, of_classes + 2 * classes});
    }
    double *total = loss->partials + (size_t)rows * row;
    for (int i = 0; i < rows; i++)
        for (size_t j = 0; j < row; j++)
            total[j] += loss->partials[(size_t)i * row + j];
    return total;
}

/* The probabilities, which heads of all classes have left in the place of the logits. */
static const float *probabilities_of(og__loss *loss, const float *logits)
{
    size_t count = (size_t)loss->shape.n * (size_t)loss->shape.classes * loss->shape.pixels;
    memset(loss->each, 0, count * sizeof(float));
    if (!loss->probabilities)
        return logits;
    memcpy(loss->probabilities, logits, count * sizeof(float));
    og__loss_probabilities(loss, loss->probabilities);
    return loss->probabilities;
}

/* Value by value; the slopes by p, as numbers for each class, and for each pixel in `each`. The losses of sums leave
 * out class 0, the background: regions begin at 1, and so do their slopes. */
static og_status mix_terms(og__loss *loss, const double *total, const float *logits, const uint8_t *labels,
                           const og__pixel_losses *losses, double share, double *slope_both, double *slope_predicted,
                           og_loss_value *value)
{
    double numbers[3][OG_LABEL_IGNORE + 1] = {{0}};
    int classes = loss->shape.classes, of_pixels = 0, first = loss->regions.count > 0;
    for (int i = 0; i < 3; i++)
        memcpy(numbers[i] + first, total + OG_LOSS_TERMS_MAX + i * classes, (size_t)classes * sizeof(double));
    const og__loss_sums sums = {classes + first, numbers[0], numbers[1], numbers[2]};
    const float *p = loss->each ? probabilities_of(loss, logits) : NULL;
    for (int t = 0; t < loss->mix.count; t++) {
        const og__loss_term *term = &loss->mix.terms[t];
        double own = 0, weight = term->weight * share;
        if (term->row->of_sums)
            own = term->row->of_sums(term->params, &sums, weight, slope_both, slope_predicted);
        else if (term->row->of_tensor)
            OG_TRY(term->row->of_tensor(term->params, &loss->shape, labels, p, weight, loss->each, &own));
        else {
            own = total[of_pixels] * losses->items[of_pixels].of_sum;
            of_pixels++;
        }
        value->terms[t] += share * own;
        value->total += weight * own;
    }
    return OG_OK;
}

static void put_gradient(const og__loss *loss, float *logits, const uint8_t *labels, const og__pixel_losses *losses,
                         const og__head_slopes *slopes)
{
    int rows = chunk_count(loss);
#pragma omp parallel for num_threads(loss->shape.threads) schedule(static)
    for (int i = 0; i < rows; i++) {
        og__head_block chunk = chunk_of(loss, i, logits, labels);
        og__head_slopes of_chunk = *slopes;
        if (loss->each)
            of_chunk.each = loss->each + chunk_at(loss, i, loss->shape.classes);
        og__head_gradient(loss->head, &chunk, losses, &of_chunk);
    }
}

og_status og__loss_run(og__loss *loss, float *logits, const uint8_t *labels, double share, og_loss_value *value)
{
    int classes = loss->shape.classes, first = loss->regions.count > 0;
    double both[OG_LABEL_IGNORE + 1] = {0}, predicted[OG_LABEL_IGNORE + 1] = {0};
    float slope_both[OG_LABEL_IGNORE], slope_predicted[OG_LABEL_IGNORE];
    og__pixel_losses losses;
    labelled found = count_labelled(loss, labels);
    OG_TRY(find_pixel_losses(loss, labels, found, share, &losses));
    og__pixel_losses *mixed = is_plain(&losses) ? NULL : &losses;
    const double *total = total_sums(loss, logits, labels, mixed);
    value->pixels = found.pixels;
    OG_TRY(mix_terms(loss, total, logits, labels, &losses, share, both, predicted, value));
    for (int k = 0; k < classes; k++) {
        slope_both[k] = (float)both[k + first];
        slope_predicted[k] = (float)predicted[k + first];
    }
    put_gradient(
        loss, logits, labels, mixed,
        &(og__head_slopes){losses.count > 0 ? losses.items[0].factor : 0, slope_both, slope_predicted, NULL, NULL});
    return OG_OK;
}
