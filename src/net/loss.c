/* From logits to probabilities; the loss and its gradient in their place. */
#include "net/plan.h"

#include <math.h>
#include <string.h>

enum { LOSS_CHUNK = 4096 };
static const double dice_smooth = 1e-5;

/* Doubles per chunk: the head's loss, then per class p*g, p and g. */
static size_t row_size(int classes)
{
    return 1 + 3 * (size_t)classes;
}

static int chunks_per_image(size_t pixels)
{
    return (int)((pixels + LOSS_CHUNK - 1) / LOSS_CHUNK);
}

/* The head that makes the result. */
static int main_head(const og_plan *plan)
{
    return plan->net->graph.node_count - 1;
}

size_t og__loss_partials(const og_plan *plan)
{
    size_t rows = (size_t)plan->options.n * (size_t)chunks_per_image(plan->nodes[main_head(plan)].pixels);
    return (rows + 1) * row_size(plan->net->spec.classes); /* the last row is the total */
}

/* Chunk `i` of a head's logits, counting over all images. */
static og__head_block chunk_of(const og_plan *plan, int node, int i, float *logits, const uint8_t *labels)
{
    const og__plan_node *head = &plan->nodes[node];
    int chunks = chunks_per_image(head->pixels);
    size_t first = (size_t)(i % chunks) * LOSS_CHUNK, image = (size_t)(i / chunks);
    size_t count = head->pixels - first < LOSS_CHUNK ? head->pixels - first : LOSS_CHUNK;
    return (og__head_block){
        .pixels = count,
        .stride = head->pixels,
        .block = logits + image * (size_t)plan->net->spec.classes * head->pixels + first,
        .labels = labels ? labels + image * head->pixels + first : NULL,
    };
}

static int chunk_count(const og_plan *plan, int node)
{
    return plan->options.n * chunks_per_image(plan->nodes[node].pixels);
}

void og__head_probabilities(og_plan *plan, float *logits)
{
    int head = main_head(plan), count = chunk_count(plan, head);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < count; i++) {
        og__head_block chunk = chunk_of(plan, head, i, logits, NULL);
        og__head_apply(&plan->head, &chunk);
    }
}

/* Sum chunk by chunk, then add the chunks up in order. */
static const double *total_sums(og_plan *plan, int node, float *logits, const uint8_t *labels)
{
    int classes = plan->net->spec.classes, rows = chunk_count(plan, node);
    size_t row = row_size(classes);
    memset(plan->loss_partials, 0, ((size_t)rows + 1) * row * sizeof(double));
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < rows; i++) {
        og__head_block chunk = chunk_of(plan, node, i, logits, labels);
        double *sums = plan->loss_partials + (size_t)i * row;
        og__head_add_sums(&plan->head, &chunk,
                          &(og__head_sums){sums, sums + 1, sums + 1 + classes, sums + 1 + 2 * classes});
    }
    double *total = plan->loss_partials + (size_t)rows * row;
    for (int i = 0; i < rows; i++)
        for (size_t j = 0; j < row; j++)
            total[j] += plan->loss_partials[(size_t)i * row + j];
    return total;
}

/* The Dice loss, and its slopes: d/dp = slope_both * g + slope_predicted. */
static double dice_loss(int classes, bool background, const double *sums, double weight, float *slope_both,
                        float *slope_predicted)
{
    const double *both = sums + 1, *predicted = both + classes, *truth = predicted + classes;
    int first = background ? 0 : 1;
    double share = 1.0 / (classes - first), loss = 0;
    for (int k = 0; k < classes; k++)
        slope_both[k] = slope_predicted[k] = 0;
    for (int k = first; k < classes; k++) {
        double above = 2 * both[k] + dice_smooth, below = predicted[k] + truth[k] + dice_smooth;
        loss += share * (1 - above / below);
        slope_both[k] = (float)(-weight * share * 2 / below);
        slope_predicted[k] = (float)(weight * share * above / (below * below));
    }
    return loss;
}

/* Labels at a coarser stage's resolution: those in the middle of its pixels (PyTorch's nearest-exact). */
static const uint8_t *labels_at(og_plan *plan, int node, const uint8_t *labels)
{
    const og__plan_node *at = &plan->nodes[node];
    int stage = plan->net->graph.nodes[node].stage, middle = (1 << stage) >> 1;
    if (stage == 0)
        return labels;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int row = 0; row < plan->options.n * at->h; row++) {
        size_t y = (size_t)(row / at->h * plan->options.h + (row % at->h << stage) + middle);
        for (int x = 0; x < at->w; x++)
            plan->coarse_labels[(size_t)row * (size_t)at->w + (size_t)x] =
                labels[y * (size_t)plan->options.w + (size_t)((x << stage) + middle)];
    }
    return plan->coarse_labels;
}

void og__loss_run(og_plan *plan, int node, float *logits, const uint8_t *labels, const og_loss *loss,
                  og_loss_value *value)
{
    int classes = plan->net->spec.classes, rows = chunk_count(plan, node);
    double part = plan->net->graph.nodes[node].loss_share;
    float slope_both[OG_LABEL_IGNORE], slope_predicted[OG_LABEL_IGNORE];
    labels = labels_at(plan, node, labels);
    const double *sums = total_sums(plan, node, logits, labels);
    double labelled = 0;
    for (int k = 0; k < classes; k++)
        labelled += sums[1 + 2 * classes + k];
    double share = labelled > 0 ? 1 / (labelled * og__head_losses_per_pixel(&plan->head)) : 0;
    double ce = sums[0] * share, weight = (double)loss->dice * part;
    double dice = dice_loss(classes, loss->dice_background, sums, weight, slope_both, slope_predicted);
    if (node == main_head(plan))
        value->pixels = (int64_t)labelled;
    value->ce += part * ce;
    value->dice += part * dice;
    value->total += part * ((double)loss->ce * ce + (double)loss->dice * dice);
    og__head_slopes slopes = {(float)((double)loss->ce * part * share), slope_both, slope_predicted};
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < rows; i++) {
        og__head_block chunk = chunk_of(plan, node, i, logits, labels);
        og__head_gradient(&plan->head, &chunk, &slopes);
    }
}
